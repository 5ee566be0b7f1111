"""flow check, show, try: what stands in a file or was published, proved, drawn, and walked."""

import os.path
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.tree import Tree

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import console, json_option, print_json, say
from contactcenter.clock import SystemClock
from contactcenter.configuration.models import Configuration
from contactcenter.customers.numbers import normalise
from contactcenter.dialplan import LANGUAGES, Texts, known, prompts, sources, spoken_texts
from contactcenter.errors import BadInput, CallerGone, FileProblems, NotFound, SiteError
from contactcenter.ivr.drawing.mermaid import mermaid
from contactcenter.ivr.drawing.picture import Picture, picture_of
from contactcenter.ivr.drawing.svg import svg
from contactcenter.ivr.flow import Flow
from contactcenter.ivr.loader import load_flows, parse_flow
from contactcenter.printable import printable
from contactcenter.reports.explain import explain_call
from contactcenter.simulator.terminal import HANG_UP, GivenKeys, Grounds, Keys, Pretended, Walked, told, walk_through
from contactcenter.store.customers import CustomerRepository
from contactcenter.store.history import HistoryRepository
from contactcenter.web.lookup import WebLookup


@click.group()
def flow() -> None:
    """Flows: what callers hear and choose, and where they go."""


@flow.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@json_option
@pass_context
def check(context: Context, files: tuple[Path, ...], as_json: bool) -> None:
    """Prove flows before they are published: files in place of published flows of the same name, else all that are published.

    Example: contactcenter flow check dialplans/main.yaml
    """
    try:
        flows = flows_with(context.configuration(), files, prompts(context.site), spoken_texts(context.site))
    except FileProblems as error:
        if not as_json:
            raise
        found = [{"file": str(p.file), "line": p.line, "problem": p.problem, "fix": p.fix} for p in error.problems]
        print_json(found)
        raise SystemExit(1) from None
    if as_json:
        print_json([])
        return
    for name in sorted({file.stem for file in files} or flows):
        say(f"{name}: {len(flows[name].nodes)} nodes, nothing wrong")


@flow.command()
@click.argument("which", metavar="FILE|NAME")
@click.option("--language", type=click.Choice(LANGUAGES), default="zh", help="Of the texts that are shown.")
@click.option("--mermaid", "mermaid_file", type=click.Path(path_type=Path), help="Write it as Mermaid text.")
@click.option("--svg", "svg_file", type=click.Path(path_type=Path), help="Write it as a picture.")
@pass_context
def show(context: Context, which: str, language: str, mermaid_file: Path | None, svg_file: Path | None) -> None:
    """Draw a flow: as a tree in the terminal, or to a file.

    Example: contactcenter flow show main --svg main.svg
    """
    picture = picture_of(_one(context, which), spoken_texts(context.site).get(language, {}))
    for file, draw in ((mermaid_file, mermaid), (svg_file, svg)):
        if file is not None:
            _write(file, draw(picture))
    if mermaid_file is None and svg_file is None:
        console().print(tree(picture))


@flow.command("try")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option("--hotline", default="", help="The dialed number; the first hotline without it.")
@click.option("--caller", default="", help="The calling number; withheld without it.")
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]), help="A pretended time; now without it."
)
@click.option(
    "--keys", help="Answers with commas between, such as 1,2# (h hangs up); without it the keyboard is asked."
)
@click.option("--flow", "name", default="", help="Another flow than the hotline's.")
@json_option
@pass_context
def try_(
    context: Context,
    files: tuple[Path, ...],
    hotline: str,
    caller: str,
    at: datetime | None,
    keys: str | None,
    name: str,
    as_json: bool,
) -> None:
    """Walk a call through the flows without a phone; files stand in place of published flows of the same name.

    Nothing is changed and nobody rings. A CRM is asked by GET only.

    Example: contactcenter flow try --caller 13800000001 --at "2026-12-31 18:05" --keys 1,2
    """
    moment = at.replace(tzinfo=context.zone) if at else SystemClock().now()
    call = pretended(context, context.configuration(), hotline, caller, moment, name)
    fingers: Keys = Keyboard() if keys is None else GivenKeys(keys)
    heard: list[str] = []
    walked = walk_on_site(context, call, fingers, heard.append if as_json else say, files)
    decided = explain_call(walked.facts)
    if as_json:
        print_json({"heard": heard, "nodes": walked.nodes, "decided": decided, "destination": told(walked.destination)})
        return
    say()
    for line in decided:
        say(f"{line['step']:<10} {line['text']}")
    say(f"{'end':<10} {destination_text(walked)}")


class Keyboard:
    """Asks the person at the terminal what the caller keys in."""

    def answer(self, most: int) -> str:
        question = "keys (Enter for none, h hangs up)" if most > 1 else "key (Enter for none, h hangs up)"
        try:
            answer = click.prompt(question, default="", show_default=False, prompt_suffix="> ", err=True).strip()
        except click.Abort:
            answer = HANG_UP
        if answer == HANG_UP:
            raise CallerGone("the caller hung up")
        return str(answer[:most])


def pretended(
    context: Context, configuration: Configuration, hotline: str, caller: str, at: datetime, flow_name: str = ""
) -> Pretended:
    """A call as the options of a command tell it. Raises NotFound, BadInput."""
    if not hotline and not configuration.hotlines:
        raise NotFound("there is no hotline yet. Add one: contactcenter hotline add NUMBER")
    number = normalise(caller, context.settings.region, frozenset(configuration.agents)) if caller else ""
    if caller and not number:
        raise BadInput(f"{caller!r} is no number that a caller can have. Write it as 13800000001 or +8613800000001.")
    return Pretended(hotline or next(iter(configuration.hotlines)), number, at, flow_name)


def walk_on_site(context: Context, call: Pretended, keys: Keys, say: Any, files: tuple[Path, ...] = ()) -> Walked:
    """A pretended call on the site's own configuration, customers and history. Raises what the store and the checker raise."""
    configuration, texts = context.configuration(), spoken_texts(context.site)
    flows = flows_with(configuration, files, prompts(context.site), texts)
    if call.flow and call.flow not in flows:
        raise NotFound(f"there is no flow {call.flow}. Use one of: {', '.join(sorted(flows))}")
    return context.read(
        lambda database: walk_through(
            Grounds(
                configuration,
                flows,
                CustomerRepository(database),
                HistoryRepository(database),
                WebLookup(),
                timezone=context.settings.timezone,
                warning_days=context.settings.service.warning_days,
                texts=texts,
            ),
            call,
            keys,
            say,
        )
    )


def flows_with(
    configuration: Configuration, files: tuple[Path, ...], there: Mapping[str, set[str]], texts: Texts
) -> dict[str, Flow]:
    """The published flows, with those of files in place of others of the same name. Raises FileProblems, BadInput."""
    names = {file.stem for file in files}
    if len(names) < len(files):
        raise BadInput("two of these files have the same name, and so would their flows. Rename one.")
    published = [source for source in sources(configuration) if source[0].stem not in names]
    return load_flows([*published, *((file, None, 0) for file in files)], known(configuration, there, texts))


def tree(picture: Picture) -> Tree:
    """As a tree for the terminal; what was drawn before is named only."""
    root = Tree(f"flow {picture.flow}")
    seen: set[str] = set()

    todo = [(root, picture.start, "")]
    while todo:
        onto, name, label = todo.pop()
        box = picture.boxes.get(name)
        by = f"{label}: " if label else ""
        if box is None or name in seen:
            onto.add(printable(f"{by}-> {name}"))
            continue
        seen.add(name)
        said = f"  {''.join(box.said)}" if box.said else ""
        branch = onto.add(printable(f"{by}{name} ({box.about}){said}"))
        ways = [arrow for arrow in picture.arrows if arrow.source == name]
        if len(ways) == 1 and not ways[0].label:
            todo.append((onto, ways[0].target, "then"))
        else:
            todo += [(branch, arrow.target, arrow.label or "then") for arrow in reversed(ways)]
    return root


def destination_text(walked: Walked) -> str:
    to = told(walked.destination)
    kind = to.pop("kind")
    words = [f"{name} {', '.join(value) if isinstance(value, tuple) else value}" for name, value in to.items()]
    return ", ".join([kind.replace("_", " "), *words])


def _one(context: Context, which: str) -> Flow:
    file = Path(which)
    if file.suffix in {".yaml", ".yml"} or os.path.isfile(file):  # noqa: PTH113 (no error for what can be no file)
        return parse_flow(file).flow
    published = context.configuration().flows
    if which not in published:
        raise NotFound(
            f"there is no flow {which}. Use one of: {', '.join(sorted(published)) or 'none yet'}; or name a file"
        )
    return parse_flow(Path(f"{which}.yaml"), published[which].text, published[which].version).flow


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SiteError(f"{file} can't be written: {error.strerror}.") from None
