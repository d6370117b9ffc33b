"""A real browser: Debian's chromium, driven by playwright, one for each group of tests."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from core.accounts.models import User

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 180_000
# What the browser itself writes when a request fails or is refused.
NETWORK_WORDS = ("Failed to load resource", "WebSocket connection to")
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@dataclass
class Visitor:
    """A browser with its own cookies, on a running platform."""

    context: BrowserContext
    page: Page
    url: str
    may_lose_the_network: bool = False
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def watch(self, page: Page) -> Page:
        """Note what a page complains about and whom it asks."""
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("websocket", lambda socket: self.hosts.add(urlsplit(socket.url).netloc))
        return page

    def _note(self, said: ConsoleMessage) -> None:
        """Keep an error of the console, with the address that a refusal itself leaves out."""
        if said.type == "error":
            self.complaints.append(f"{said.text} ({said.location['url']})")

    def goto(self, path: str) -> Page:
        """Open a page of the platform."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, email: str) -> Page:
        """Come as somebody who has signed in; the form itself is for the tests of the doors."""
        client = Client()
        client.force_login(User.objects.get(email=email))
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": self.url}
        self.context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Lax"}])
        return self.goto("/")

    def another_tab(self) -> Page:
        """Open one more tab of the same session."""
        return self.watch(self.context.new_page())

    def check(self) -> None:
        """Assert that nothing was complained about and nobody else was asked."""
        complaints = [
            text
            for text in self.complaints
            if not (self.may_lose_the_network and text.startswith(NETWORK_WORDS))
        ]
        assert complaints == []
        assert self.hosts - {""} <= {urlsplit(self.url).netloc}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the browser, for the tests of one module."""
    # Playwright's own event loop runs in this thread, which Django would take for ours.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "chromium is not installed: run `make test`, which installs it"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visitor(browser: Browser, platform) -> Iterator[Visitor]:
    """Return somebody at a desk, whose browser must not complain."""
    yield from _visit(browser, platform.url, DESKTOP)


@pytest.fixture
def phone(browser: Browser, platform) -> Iterator[Visitor]:
    """Return somebody with a phone, whose browser must not complain."""
    yield from _visit(browser, platform.url, PHONE)


def _visit(browser: Browser, url: str, size: dict[str, int]) -> Iterator[Visitor]:
    context = browser.new_context(viewport=size, locale="en-GB", timezone_id="UTC")
    visitor = Visitor(context, context.new_page(), url)
    visitor.watch(visitor.page)
    yield visitor
    context.close()
    visitor.check()
