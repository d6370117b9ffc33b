"""The commands that ask for something."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from medialoom.cli import settings
from medialoom.cli.context import Desk, with_desk
from medialoom.cli.following import byte_bar, exit_status, follow
from medialoom.client import Client, Request, is_address
from medialoom.progress import DONE_PARTIALLY, FINISHED, Progress

ACTION_WORDS = ["compress", "transcribe", "extract_audio", "summarize", "to_text"]
Command = Callable[..., Any]


class Source(click.ParamType[str]):
    """A file that is there, or an address."""

    name = "FILE|URL"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the source as it is. Raises: `click.BadParameter`."""
        if not is_address(value) and not Path(value).is_file():
            self.fail(f"there is no file {value!r}, and it is no http(s) address.", param, ctx)
        return value


class Folder(click.ParamType[Path]):
    """A folder that can be written to, or made: better known now than when the work is done."""

    name = "DIR"

    def convert(self, value: Any, param: Any, ctx: Any) -> Path:
        """Return its path. Raises: `click.BadParameter`."""
        folder = Path(value)
        whole = folder.absolute()
        nearest = next(path for path in (whole, *whole.parents) if path.exists())
        if not nearest.is_dir():
            self.fail(f"{str(nearest)!r} is no folder.", param, ctx)
        if not os.access(nearest, os.W_OK | os.X_OK):
            self.fail(f"{str(nearest)!r} cannot be written to.", param, ctx)
        return folder


def _takes_source(command: Command) -> Command:
    for decorate in (
        click.option(
            "-o", "--output", metavar="DIR", type=Folder(),
            help="Put all outputs into this folder, over what has their names.",
        ),
        click.option("--wait/--no-wait", default=True, help="Wait for the end (default), or not."),
        click.argument("source", type=Source(), metavar="FILE|URL"),
        with_desk,
    ):  # fmt: skip
        command = decorate(command)
    return command


def _action(
    name: str, route: str, chosen_from: tuple[settings.Setting, ...], prints: str, text: str
) -> click.Command:
    """Make the command of one route; `prints` names the text that is printed at the end, if any."""

    @_takes_source
    def run(desk: Desk, source: str, wait: bool, output: Path | None, **chosen: Any) -> int:
        if output is not None and not wait:
            raise click.UsageError("-o needs the end, for which --no-wait does not wait.")
        more = {"actions": list(chosen.pop("actions"))} if "actions" in chosen else {}
        config = settings.config_in(chosen_from, chosen)
        made, client = _submit(desk, route, source, config, more)
        return _see_through(desk, client, made, wait=wait, output=output, prints=prints)

    run = settings.with_settings(chosen_from)(run)
    if route == "custom":
        run = click.option(
            "--action", "actions", multiple=True, required=True, type=click.Choice(ACTION_WORDS),
            help="What to do; repeat it for more.",
        )(run)  # fmt: skip
    return click.command(name, help=text, short_help=text.partition(";")[0].rstrip(".") + ".")(run)


def _submit(
    desk: Desk, route: str, source: str, config: dict[str, Any], more: dict[str, Any]
) -> tuple[Request, Client]:
    with byte_bar(desk, "upload") as on_bytes:
        client = desk.client(on_bytes=on_bytes)
        made = client.submit(route, source, config, **more)
    if made.is_earlier and not desk.is_json:
        desk.console.print("The same work is on its way already: this is that request.")
    return made, client


def _see_through(
    desk: Desk, client: Client, made: Request, *, wait: bool, output: Path | None, prints: str
) -> int:
    if desk.is_json:
        desk.say("", {"rid": made.rid, "isEarlier": made.is_earlier})
    elif wait:
        desk.console.print(f"Request {made.rid}")
    else:
        click.echo(made.rid)
    if not wait:
        return 0
    end = follow(desk, client, [made.rid])[made.rid]
    if end.status in (FINISHED, DONE_PARTIALLY):
        _give(desk, made, end, output, prints)
    return exit_status({made.rid: end})


def _give(desk: Desk, made: Request, end: Progress, output: Path | None, prints: str) -> None:
    if output is not None:
        save(desk, made, output)
    elif prints and end.status == FINISHED:
        text = made.text(prints)
        desk.say(text.rstrip("\n"), {"rid": made.rid, prints: text})
    elif not desk.is_json:
        desk.console.print(f"`medialoom download {made.rid}` fetches the outputs.")


def save(desk: Desk, made: Request, folder: Path) -> None:
    """Fetch all outputs into a folder and say where they are."""
    with byte_bar(desk, "download") as on_bytes:
        paths = made.download(folder, on_bytes)
    for path in paths:
        desk.say(str(path), {"rid": made.rid, "path": str(path)})


COMMANDS = (
    _action("compress", "compress", settings.COMPRESS, "", "Make a video smaller."),
    _action("extract-audio", "extract-audio", settings.AUDIO, "", "Take the sound of a video."),
    _action(
        "transcribe",
        "transcribe",
        (settings.LANGUAGE, settings.FORMATS),
        "text",
        "Write down what is said; the text is printed, unless -o is given.",
    ),
    _action(
        "summarize",
        "summarize",
        (settings.LANGUAGE, settings.MODEL),
        "summary",
        "Summarise speech or a text; the summary is printed, unless -o is given.",
    ),
    _action(
        "ocr",
        "file-to-text",
        settings.PRINT,
        "text",
        "Read a picture or a PDF; the text is printed, unless -o is given.",
    ),
    _action("custom", "custom", settings.CUSTOM, "", "Do several things with one file."),
)
