"""The commands about videos that are streamed."""

from pathlib import Path
from typing import Any

import click

from medialoom.cli.context import Desk, with_desk
from medialoom.cli.following import byte_bar
from medialoom.errors import plain


@click.group()
def video() -> None:
    """Videos that the platform streams."""


@video.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="What it is called; otherwise as the file.")
@click.option("--language", default="", metavar="CODE", help="What is spoken, such as en.")
@with_desk
def upload(desk: Desk, file: Path, name: str | None, language: str) -> None:
    """Upload a video; the same call again resumes one that broke off. Prints its uuid."""
    with byte_bar(desk, "upload") as on_bytes:
        made = desk.client(on_bytes=on_bytes).upload_video(file, name or file.stem, language)
    desk.say(str(made["uuid"]), made)


@video.command("list")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@with_desk
def list_videos(desk: Desk, limit: int) -> None:
    """List your videos, newest first."""
    for row in desk.client().videos(limit=limit):
        desk.say(_line(row), row)


def _line(row: dict[str, Any]) -> str:
    state = row.get("state")
    word = state.get("label", "") if isinstance(state, dict) else state
    cells = [plain(str(cell)) for cell in (row.get("uuid"), word, row.get("name"))]
    return "{}  {:<20}  {}".format(*cells)
