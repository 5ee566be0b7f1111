"""What an admin writes in a site's dialplans/: loaded and checked as a whole, before any call."""

import yaml

from contactcenter.center import Configuration
from contactcenter.errors import FileProblem, FileProblems
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.loader import load_flow, load_rules
from contactcenter.routing.rules import Rule
from contactcenter.site import Site

LANGUAGES = ("zh", "en")
ROUTES = "routes.yaml"


def load_dialplans(site: Site, configuration: Configuration) -> tuple[dict[str, Flow], tuple[Rule, ...]]:
    """The flows that hotlines name, and the routing rules. Raises FileProblems with all that is wrong in any of them."""
    known = prompts(site)
    languages = {hotline.language for hotline in configuration.hotlines.values()} or {"zh"}
    problems: list[FileProblem] = []
    flows: dict[str, Flow] = {}
    for name in sorted({hotline.flow for hotline in configuration.hotlines.values()}):
        try:
            flows[name] = load_flow(
                site.dialplans / f"{name}.yaml", {language: known[language] for language in languages}
            )
        except FileProblems as error:
            problems += error.problems
    rules: tuple[Rule, ...] = ()
    menus = {name for flow in flows.values() for name in flow.nodes}
    try:
        rules = load_rules(site.dialplans / ROUTES, configuration.queues, menus if flows else None)
    except FileProblems as error:
        problems += error.problems
    if problems:
        raise FileProblems(problems)
    return flows, rules


def prompts(site: Site) -> dict[str, set[str]]:
    """Language -> the prompts that have a sound file in the site."""
    return {
        language: {
            str(file.relative_to(site.sounds / language).with_suffix(""))
            for file in (site.sounds / language).rglob("*.wav")
        }
        for language in LANGUAGES
    }


def prompt_texts(site: Site, language: str) -> dict[str, str]:
    """What each prompt says, where it is known."""
    file = site.sounds / language / "prompts.yaml"
    texts: dict[str, str] | None = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None
    return texts or {}
