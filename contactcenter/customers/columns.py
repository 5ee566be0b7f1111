"""The columns of a customer file: what admins and other programs call them, and what they mean here. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contactcenter.customers.sheets import Cells, fused
from contactcenter.errors import BadInput

COMPANY = {
    "name": (
        "公司",
        "公司名称",
        "客户",
        "客户名称",
        "单位",
        "单位名称",
        "企业名称",
        "company",
        "company name",
        "customer",
        "name",
    ),
    "group": ("客户组", "集团", "集团名称", "customer group", "group"),
    "level": ("级别", "客户级别", "等级", "客户等级", "level"),
    "package": ("套餐", "服务套餐", "服务包", "package"),
    "products": ("产品", "产品名称", "软件", "product", "products"),
    "versions": ("版本", "产品版本", "软件版本", "version", "versions"),
    "region": ("地区", "区域", "省份", "城市", "region"),
    "contract": ("合同", "合同号", "合同编号", "contract", "contract number"),
    "service_from": (
        "服务开始",
        "服务开始日期",
        "服务起始",
        "开始日期",
        "生效日期",
        "service from",
        "service start",
        "start",
    ),
    "service_until": (
        *("服务结束", "服务结束日期", "服务到期", "到期", "到期日", "到期日期", "服务截止", "结束日期"),
        *("service until", "service end", "expires", "end"),
    ),
    "service_code": ("服务码", "服务验证码", "验证码", "service code", "code"),
    "notes": ("备注", "公司备注", "说明", "notes", "remarks"),
    "external_id": ("crm编号", "客户编号", "公司编号", "外部编号", "external id", "crm id", "customer id"),
}
CONTACT = {
    "contact": ("联系人", "联系人姓名", "姓名", "contact", "contact name"),
    "numbers": (
        *("电话", "电话号码", "手机", "手机号", "手机号码", "联系电话", "座机", "固话", "号码"),
        *("phone", "phones", "telephone", "tel", "mobile", "number", "numbers", "phone number"),
    ),
    "mail": ("邮箱", "邮件", "电子邮箱", "电子邮件", "mail", "email"),
    "wechat": ("微信", "微信号", "wechat", "wechat id"),
    "contact_notes": ("联系人备注", "contact notes"),
    "contact_external_id": ("联系人编号", "联系人crm编号", "contact external id", "contact id"),
}
FIELD = re.compile(r"(?:字段|field)\s*[:：]\s*(.+)", re.IGNORECASE | re.DOTALL)
"""The heading of an own field, whatever it is called."""
LISTS = {"products", "versions", "numbers"}
"""Of these a row may have several: in one cell, or in several columns."""
CHINESE = {key: names[0] for key, names in (COMPANY | CONTACT).items()} | {"external_id": "CRM编号"}
ENGLISH = {key: key for key in COMPANY | CONTACT} | {"name": "company"}
REASON = ("原因", "reason")
"""The column that a file of refused rows has in addition; it is passed over."""


def _folded(heading: str) -> str:
    return re.sub(r"[\s_*:：-]+", "", heading).lower()


_KEYS = {_folded(name): key for key, names in (COMPANY | CONTACT).items() for name in (*names, key)}


@dataclass(frozen=True, slots=True)
class Columns:
    """keys: for each column what it is, "" for nothing. fields: own field of each column, "" for none. ignored: headings."""

    keys: tuple[str, ...]
    fields: tuple[str, ...]
    ignored: tuple[str, ...]


def columns_of(headings: Cells, own_fields: bool) -> Columns:
    """What each column means. own_fields: columns that nobody knows become fields of the company. Raises BadInput."""
    keys: list[str] = []
    fields: list[str] = []
    ignored: list[str] = []
    for cell in headings:
        heading = fused(cell).strip() if isinstance(cell, str) else "" if cell is None else str(cell)
        named = FIELD.fullmatch(heading)
        key = "" if named or heading in REASON else _KEYS.get(_folded(heading), "")
        if key and key in keys and key not in LISTS:
            raise BadInput(f"two columns are the {key}: the second is {heading!r}. Take one out.")
        own = named[1].strip() if named else heading if own_fields and not key and heading not in REASON else ""
        if own and own in fields:
            raise BadInput(f"two columns are named {own!r}. Take one out.")
        keys.append(key)
        fields.append(own)
        if heading and not key and not own and heading not in REASON:
            ignored.append(heading)
    if "name" not in keys and "external_id" not in keys:
        raise BadInput(f"no column names the company. Name one 公司 or company; the first row has: {_some(headings)}.")
    return Columns(tuple(keys), tuple(fields), tuple(ignored))


def _some(headings: Sequence[object]) -> str:
    return ", ".join(str(cell)[:30] for cell in headings[:8] if cell is not None) or "nothing"
