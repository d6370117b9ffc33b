"""The commands about requests that were made before."""

from pathlib import Path
from typing import Any

import click

from medialoom.cli.actions import save
from medialoom.cli.context import Desk, with_desk
from medialoom.cli.following import byte_bar, exit_status, follow, line_of
from medialoom.errors import plain
from medialoom.progress import WORDS, Progress

STATUSES = [word.replace(" ", "-") for word in WORDS[:5]]
_rids = click.argument("rids", metavar="RID...", nargs=-1, required=True)


@click.command()
@_rids
@with_desk
def status(desk: Desk, rids: tuple[str, ...]) -> int:
    """Say how far requests are. The exit status is 0 for those that have not ended."""
    client, ends = desk.client(), {}
    for rid in rids:
        now = client.request(rid).status()
        pct = f", {now.pct} %" if now.stage > 0 else ""
        desk.say(line_of(now) if now.is_final else line_of(now) + pct, now.body())
        if now.is_final:
            ends[rid] = now
    return exit_status(ends)


@click.command(short_help="Follow requests until they end.")
@_rids
@with_desk
def watch(desk: Desk, rids: tuple[str, ...]) -> int:
    """Follow requests until they end; a lost connection is made again."""
    return exit_status(follow(desk, desk.client(), list(dict.fromkeys(rids))))


@click.command("list")
@click.option("--status", "wanted", type=click.Choice(STATUSES), help="Those of one status.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@with_desk
def list_requests(desk: Desk, wanted: str | None, limit: int) -> None:
    """List your requests, newest first."""
    number = None if wanted is None else STATUSES.index(wanted)
    for row in desk.client().requests(status=number, limit=limit):
        desk.say(_line(row), row)


def _line(row: dict[str, Any]) -> str:
    known = row.get("status")
    is_known = type(known) is int and 0 <= known < len(WORDS)
    word = Progress("").after({**row, "type": "status"}).word if is_known else "?"
    made = str(row.get("createdAt", ""))[:16].replace("T", " ")
    name = row.get("filename") or ""
    cells = [plain(str(cell)) for cell in (row.get("rid"), made, word, row.get("type"), name)]
    return "{}  {}  {:<14}  {:<13}  {}".format(*cells).rstrip()


@click.command()
@_rids
@with_desk
def cancel(desk: Desk, rids: tuple[str, ...]) -> None:
    """End requests that wait or run."""
    client = desk.client()
    for rid in rids:
        client.request(rid).cancel()
        desk.say(f"{rid}: canceled.", {"rid": rid, "status": 4})


@click.command(short_help="Ask for the same again.")
@click.argument("rid")
@with_desk
def retry(desk: Desk, rid: str) -> None:
    """Ask for the same again, of the input that the server still keeps; prints the new rid."""
    made = desk.client().request(rid).retry()
    desk.say(made.rid, {"rid": made.rid})


@click.command()
@_rids
@with_desk
def delete(desk: Desk, rids: tuple[str, ...]) -> None:
    """Remove requests and all of their files."""
    client = desk.client()
    for rid in rids:
        client.request(rid).delete()
        desk.say(f"{rid}: deleted.", {"rid": rid, "status": 5})


@click.command(short_help="Fetch the outputs of a request.")
@click.argument("rid")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    default=".",
    type=click.Path(path_type=Path),
    help="A folder for the outputs (default: here), or a file that ends with .zip.",
)
@with_desk
def download(desk: Desk, rid: str, output: Path) -> None:
    """Fetch the outputs of a request, over what has their names; a broken download is resumed."""
    made = desk.client().request(rid)
    if output.suffix != ".zip" or output.is_dir():
        save(desk, made, output)
        return
    with byte_bar(desk, "download") as on_bytes:
        made.fetch(output, on_bytes=on_bytes)
    desk.say(str(output), {"rid": rid, "path": str(output)})


COMMANDS = (status, watch, list_requests, download, cancel, retry, delete)
