"""What an admin sets, held together before any call meets it: what does not fit is refused as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from contactcenter.acd.check import check_queues
from contactcenter.config import Settings
from contactcenter.configuration.kinds import FLOW, ROUTE
from contactcenter.configuration.models import Configuration
from contactcenter.configuration.outside import never_called
from contactcenter.configuration.reach import known_to_rules
from contactcenter.configuration.trunks import check_trunks
from contactcenter.errors import BadInput, NotFound
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.known import Known
from contactcenter.ivr.loader import load_flows, load_rules
from contactcenter.ivr.yaml_lines import read_text
from contactcenter.routing.check import check_rules
from contactcenter.site import Site

ONCE = datetime(2000, 1, 1, tzinfo=UTC)
"""Circles are the same at every hour."""

LANGUAGES = ("zh", "en")
ROUTES = "routes.yaml"

Prompts = Mapping[str, set[str]]
"""Language -> the prompts that have a sound file."""

Texts = Mapping[str, Mapping[str, str]]
"""Language -> prompt -> what it says, where that is known."""


def check_change(
    before: Configuration,
    after: Configuration,
    prompts: Prompts,
    texts: Callable[[], Texts] | None = None,
    *,
    settings: Settings,
) -> None:
    """What a change leads to, held together. Sounds that are missing since before are in the way only of changes that concern what
    is played, numbers that may not be called any more only where they are new: an emergency closing has to work. texts: asked for
    when flows change, whose menus have to fit what is spoken.

    Raises BadInput, NotFound or FileProblems.
    """
    same = (before.flows, before.hotlines, before.routes) == (after.flows, after.hotlines, after.routes)
    spoken = texts() if texts is not None and before.flows != after.flows else None
    flows = check_configuration(after, None if same else prompts, spoken)
    if wrong := [*never_called(after, flows, settings)]:
        known_before = {*never_called(before, check_configuration(before, None), settings)}
        if new := [line for line in wrong if line not in known_before]:
            raise BadInput(f"{new[0]}.")


def check_configuration(
    configuration: Configuration, prompts: Prompts | None, texts: Texts | None = None
) -> dict[str, Flow]:
    """The flows, ready to run. prompts: None leaves unchecked whether they have a sound; texts: what they say; without it menus
    are not compared with their prompts.

    Raises BadInput, NotFound or FileProblems when anything of it does not fit.
    """
    check_queues(configuration.queues.values(), {*configuration.agents})
    check_trunks(configuration.trunks.values())
    for hotline in configuration.hotlines.values():
        _exists("hotline", hotline.number, "calendar", hotline.calendar, configuration.calendars)
        _exists("hotline", hotline.number, "flow", hotline.flow, configuration.flows)
        if hotline.fallback:
            _exists("hotline", hotline.number, "queue", hotline.fallback, configuration.queues)
    flows = load_flows(sources(configuration), known(configuration, prompts, texts))
    nodes = {name for flow in flows.values() for name in flow.nodes}
    for rule in configuration.routes.values():
        if rule.queue is not None:
            _exists("route", rule.name, "queue", rule.queue, configuration.queues)
        if rule.flow is not None:
            _exists("route", rule.name, "flow", rule.flow, configuration.flows)
        for node in rule.when.menu or {}:
            _exists("route", rule.name, "menu node", node, nodes)
    for finding in check_rules(tuple(configuration.routes.values()), known_to_rules(configuration, flows, ONCE)):
        if finding.kind == "circle":
            raise BadInput(f"route {finding.rule}: {finding.text}.")
    return flows


def read_dialplans(folder: Path) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """The flows of a folder by name, each its text, and the rules of its routes.yaml by name in their plain form.

    Raises FileProblem, FileProblems.
    """
    flows = {}
    for file in sorted(folder.glob("*.yaml")):
        text = read_text(file)
        if "\nnodes:" in f"\n{text}":
            flows[file.stem] = text
    rules = load_rules(folder / ROUTES)
    return flows, {rule.name: rule.model_dump(mode="json", exclude={"name"}, exclude_none=True) for rule in rules}


def with_dialplans(now: Configuration, folder: Path) -> Configuration:
    """The flows and the rules of a folder in place of the configuration's. Raises FileProblem, FileProblems, BadInput."""
    flows, rules = read_dialplans(folder)
    return replace(
        now,
        flows={name: FLOW.read(name, {"text": text}) for name, text in flows.items()},
        routes={name: ROUTE.read(name, plain) for name, plain in rules.items()},
    )


def sources(configuration: Configuration) -> list[tuple[Path, str, int]]:
    """The published flows as the loader takes them, under the names of files that they would be in."""
    return [(Path(f"{name}.yaml"), flow.text, flow.version) for name, flow in configuration.flows.items()]


def known(configuration: Configuration, prompts: Prompts | None, texts: Texts | None = None) -> Known:
    """What a flow of the site may name, and in which languages callers come to each."""
    starts: dict[str, set[str]] = {}
    for hotline in configuration.hotlines.values():
        starts.setdefault(hotline.flow, set()).add(hotline.language)
    spoken = {language for languages in starts.values() for language in languages} or {"zh"}
    for rule in configuration.routes.values():
        if rule.flow is not None:
            starts.setdefault(rule.flow, set()).update(spoken)
    return Known(
        prompts=prompts,
        texts=texts or {},
        queues=configuration.queues,
        calendars=configuration.calendars,
        agents=configuration.agents,
        flows={},
        languages=spoken,
        starts=starts,
    )


def prompts(site: Site) -> dict[str, set[str]]:
    """Language -> the prompts that have a sound file in the site."""
    return prompts_in(site.sounds)


def prompts_in(sounds: Path) -> dict[str, set[str]]:
    return {
        language: {
            str(file.relative_to(sounds / language).with_suffix("")) for file in (sounds / language).rglob("*.wav")
        }
        for language in LANGUAGES
    }


def spoken_texts(site: Site) -> dict[str, dict[str, str]]:
    """Language -> prompt -> what it says."""
    return {language: prompt_texts(site, language) for language in LANGUAGES}


def prompt_texts(site: Site, language: str) -> dict[str, str]:
    """What each prompt says, where it is known."""
    file = site.sounds / language / "prompts.yaml"
    texts: dict[str, str] | None = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None
    return texts or {}


def _exists(kind: str, key: str, what: str, name: str, known: Mapping[Any, Any] | set[str]) -> None:
    if name not in known:
        raise NotFound(f"{kind} {key}: there is no {what} {name}. Use one of: {', '.join(sorted(known)) or 'none yet'}")
