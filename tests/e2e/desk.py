"""The page of uploads in the hands of a test."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from tests.e2e import scans
from tests.e2e.conftest import Visitor
from tests.support.waiting import wait_until

DROP = """(target, [name, type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type }));
  for (const kind of ["dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""


def drop(page: Page, name: str, content: bytes, media_type: str) -> None:
    """Drop a file anywhere on the page, as a hand with a mouse would."""
    data = [name, media_type, b64encode(content).decode()]
    page.locator(".drop").evaluate(DROP, data)


def row(page: Page, name: str) -> Locator:
    """Return the row of a file in the list."""
    return page.locator("#list .row").filter(has_text=name)


def status(page: Page, word: str) -> None:
    """Wait until the open upload has come to a status."""
    expect(page.locator("#sheet-status")).to_have_text(word)


def at_uploads(visitor: Visitor, user) -> Page:
    """Sign in and open the page, live."""
    visitor.sign_in(user.email)
    page = visitor.goto("/uploads/")
    expect(page.locator("html")).to_have_attribute("data-connection", "open")
    return page


def send(page: Page, *paths: Path) -> None:
    """Choose files to be sent."""
    page.locator("#files").set_input_files([str(path) for path in paths])


def hold_back(page: Page, path: str) -> Callable[[], None]:
    """Keep a script (a pattern of its path) from coming; return what lets it come."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    def release() -> None:
        wait_until(lambda: held or page.wait_for_timeout(50))
        held[0].continue_()

    page.route(re.compile(path), hold)
    return release


@contextmanager
def overtaken(page: Page, path: str, ask: Callable[[], object]) -> Iterator[None]:
    """Have the answer to what `ask` has the page ask come later than what the block does.

    `path` is a pattern of what is asked. The server has answered before the block begins; what
    the page asks there besides, of itself, waits too.
    """
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        held.append((route, route.fetch()))

    pattern = re.compile(path)
    page.route(pattern, hold)
    ask()
    wait_until(lambda: held or page.wait_for_timeout(50))
    yield
    for route, answer in held:
        route.fulfill(response=answer)
    page.unroute(pattern, hold)  # what was asked meanwhile goes on by itself


def slow_down(page: Page) -> None:
    """Let the page send 200 kB in a second and no more."""
    devtools = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 200_000}
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", slow)


def growing(page: Page) -> set[int]:
    """Watch the open upload until two lengths of its text were seen while it was read."""
    lengths: set[int] = set()

    def look() -> bool:
        word, text = page.evaluate(
            "[document.getElementById('sheet-status').textContent,"
            " document.getElementById('text').value]"
        )
        assert word in ("", "Waiting", "Reading"), f"{word} before two lengths were seen: {lengths}"
        lengths.add(len(text))
        return len(lengths - {0}) >= 2

    wait_until(look, every_s=0.02)
    return lengths


def read(page: Page, tmp_path: Path, name: str = "scan.png", **scan) -> None:
    """Send one short scan, open it, and wait for its text."""
    send(page, scans.saved(tmp_path, name, scans.png(**scan)))
    row(page, name).click()
    status(page, "Ready")
