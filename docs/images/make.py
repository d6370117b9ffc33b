"""Draw the pictures of the documentation: a real platform, real jobs, a real browser.

    python docs/images/make.py                 the picture in README.md
    python docs/images/make.py --all FOLDER    every page, at desktop and phone width

It runs on a folder, a database and a Redis of its own, which are gone afterwards.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import tests.support.environment  # noqa: E402, F401 - sets what Django then reads

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's own loop is in this thread

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

from core.accounts.models import User  # noqa: E402
from core.jobs.lifecycle import enqueue  # noqa: E402
from core.kinds.selftest import Selftest  # noqa: E402
from tests.e2e import scans  # noqa: E402
from tests.e2e.conftest import CHROMIUM_FLAGS, DESKTOP, PHONE  # noqa: E402
from tests.support.clips import clip  # noqa: E402
from tests.support.fixtures import PASSWORD  # noqa: E402
from tests.support.running import Platform  # noqa: E402

PICTURE = ROOT / "docs" / "images" / "dashboard.png"
EMAIL = "ada@example.org"
COLOURS = 128
PICTURE_IS_DRAWN = "() => document.getElementById('page-image').naturalWidth > 0"
WELL_UNDER_WAY = """() => [...document.querySelectorAll("#live progress")]
  .filter(({ value }) => value > 0.2).length > 1"""


@contextmanager
def running() -> Iterator[Platform]:
    """Run a platform with one administrator."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    User.objects.create_superuser(EMAIL, PASSWORD)
    User.objects.create_user("new@example.org", PASSWORD)
    platform = Platform()
    try:
        yield platform
    finally:
        platform.close()


def begin(**params: object) -> None:
    """Begin a test job."""
    asked = {"duration_s": 0, "stages": 1, "behaviour": "ok", "subprocess": False, **params}
    enqueue(Selftest, owner=User.objects.get(email=EMAIL), params=asked)


def sign_in(page: Page, url: str, email: str = EMAIL) -> None:
    """Sign in through the form."""
    page.goto(url + "/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(url + "/")


def send(page: Page, url: str, name: str, content: bytes, media_type: str) -> None:
    """Send a file on the page of uploads and open it."""
    page.goto(url + "/uploads/")
    page.locator("#files").set_input_files(
        {"name": name, "mimeType": media_type, "buffer": content}
    )
    # A new file opens itself where none is open; on a phone its row is out of sight then.
    row = page.locator("#list .row").filter(has_text=name).first
    page.goto(f"{url}/uploads/{row.get_attribute('href')}")
    page.wait_for_function(PICTURE_IS_DRAWN)


def fill(page: Page, url: str) -> None:
    """Bring the platform into a state worth a picture: finished and failed jobs, texts."""
    begin(behaviour="fail")
    for number, title in enumerate(("Invoice 2291", "Letter from Basel", "Minutes of May")):
        name = f"{title.lower().replace(' ', '-')}.png"
        send(page, url, name, scans.png(title, lines=14, seed=number), "image/png")
        expect(page.locator("#sheet-status")).to_have_text("Ready", timeout=60_000)


def keep(page: Page, path: Path) -> None:
    """Write a picture with few colours: interfaces need no more, and it stays small."""
    page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)


def dashboard(browser: Browser, url: str) -> None:
    """Draw the page of jobs while a book is read and a test job runs."""
    page = browser.new_page(viewport=DESKTOP, locale="en-GB", timezone_id="UTC")
    sign_in(page, url)
    fill(page, url)
    begin(duration_s=60, stages=3)
    send(page, url, "field-notes.pdf", scans.pdf(12), "application/pdf")
    page.goto(url + "/")
    page.wait_for_function(WELL_UNDER_WAY)
    keep(page, PICTURE)
    page.close()


def every_page(browser: Browser, url: str, folder: Path) -> None:
    """Draw every page at two widths, light and dark."""
    for size, scheme, name in (
        (DESKTOP, "light", "desktop"),
        (DESKTOP, "dark", "dark"),
        (PHONE, "light", "phone"),
    ):
        context = browser.new_context(
            viewport=size, color_scheme=scheme, locale="en-GB", timezone_id="UTC"
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        for number, picture in enumerate(tour(page, url, name)):
            page.wait_for_timeout(400)
            page.screenshot(path=folder / f"{number:02}-{picture}-{name}.png", full_page=True)
        context.close()


def tour(page: Page, url: str, run: str) -> Iterator[str]:
    """Walk through every page and state; yields the name of each."""
    yield from _outside(page, url)
    sign_in(page, url, "new@example.org")
    yield "jobs-empty"
    page.goto(url + "/uploads/")
    page.locator("#list-empty").wait_for()
    yield "uploads-empty"
    page.goto(url + "/logout/")
    yield "logout"
    page.get_by_role("button", name="Sign out").last.click()
    sign_in(page, url)
    fill(page, url)
    begin(duration_s=20, stages=3)
    yield from _uploads(page, url, run)
    yield from _videos(page, url)
    page.goto(url + "/")
    page.wait_for_timeout(1500)
    yield "jobs"
    yield from _account(page, url)
    yield from _admin(page, url)
    page.goto(url + "/nowhere/")
    yield "404"


def _outside(page: Page, url: str) -> Iterator[str]:
    page.goto(url + "/login/")
    yield "login"
    page.get_by_label("E-mail").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    yield "login-refused"
    page.goto(url + "/signup/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Create the account").click()
    yield "signup-refused"


def _admin(page: Page, url: str) -> Iterator[str]:
    page.goto(url + "/admin/")
    yield "admin"
    for model in ("job", "upload"):
        page.goto(f"{url}/admin/core/{model}/")
        yield f"admin-{model}s"
        page.locator("#result_list tbody th a").first.click()
        yield f"admin-{model}"


def _account(page: Page, url: str) -> Iterator[str]:
    page.goto(url + "/account/")
    page.get_by_text("There are no tokens yet.").or_(page.locator(".token")).first.wait_for()
    page.get_by_label("Name of the new token").fill("The scanner downstairs")
    page.get_by_role("button", name="Make a token").click()
    page.locator("#key").wait_for()
    page.get_by_label("Present password").fill("wrong")
    page.get_by_label("New password").fill("password")
    page.get_by_role("button", name="Change the password").click()
    page.locator("#old_password-wrong").wait_for()
    yield "account"
    page.get_by_role("button", name="Sign out everywhere…").click()
    yield "account-everywhere"
    page.get_by_role("button", name="Stay signed in").click()


def _videos(page: Page, url: str) -> Iterator[str]:
    page.goto(url + "/videos/")
    page.locator("#list-empty, #list .video").first.wait_for()
    yield "videos-list"
    for name in ("portrait", "long_gop"):
        page.locator("#files").set_input_files(clip(name))
    card = page.locator("#list .video").filter(has_text="long_gop").first
    page.wait_for_timeout(1500)
    yield "videos-encoding"
    card.get_by_role("link").click()
    page.locator("#player .plyr__controls").wait_for()
    yield "video-encoding"
    expect(page.locator("#video-state")).to_have_text("Ready", timeout=120_000)
    page.locator("#player .plyr").hover()
    page.locator("#player .plyr__controls").get_by_role("button", name="Settings").click()
    yield "video-ready"
    page.keyboard.press("Escape")
    for button in ("Edit…", "Delete…"):
        page.get_by_role("button", name=button).click()
        yield f"video-{button[:-1].lower()}"
        page.keyboard.press("Escape")


def _uploads(page: Page, url: str, run: str) -> Iterator[str]:
    yield "upload-read"
    page.get_by_role("button", name="Read again").click()
    yield "upload-again"
    page.get_by_role("button", name="Keep the text").click()
    page.get_by_role("button", name="Delete").click()
    yield "upload-delete"
    page.get_by_role("button", name="Keep it").click()
    page.get_by_label("Recognised text").type("x")
    yield "upload-dirty"
    page.get_by_role("button", name="Discard").click()
    pages = scans.pdf(8, lines=30 + len(run))
    send(page, url, f"field-notes-{run}.pdf", pages, "application/pdf")
    page.wait_for_function("() => document.getElementById('text').value.length > 300")
    yield "upload-reading"
    page.context.set_offline(True)
    page.get_by_text("cannot be reached").wait_for()
    yield "upload-cut"
    page.context.set_offline(False)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("was cancelled").first.wait_for()
    yield "upload-cancelled"
    page.goto(url + "/uploads/")
    page.locator("#files").set_input_files(
        [
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"only words"},
            {
                "name": "again.png",
                "mimeType": "image/png",
                "buffer": scans.png("Invoice 2291", lines=14, seed=0),
            },
        ]
    )
    page.get_by_text("You have this file already").wait_for()
    yield "uploads-list"


def main() -> None:
    """Run the platform and draw what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    folder = parser.parse_args().all
    with running() as platform, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            every_page(browser, platform.url, folder)
        else:
            dashboard(browser, platform.url)
        browser.close()


if __name__ == "__main__":
    main()
