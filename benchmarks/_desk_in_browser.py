"""A desk's page in a real browser beside a real web process, for benchmarks of the hand and eye."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import _salon as salon
from benchmarks.stack import Stack, stack

TABLET = {"width": 820, "height": 1180}
DESKTOP = {"width": 1280, "height": 820}


@contextmanager
def desk_and_browser() -> Iterator[tuple[Stack, Any, Any]]:
    """(stack with the web running, a desk of one location, a browser)."""
    from playwright.sync_api import sync_playwright

    with stack() as made, sync_playwright() as playwright:
        made.web()
        from tests.support.desks import desk_make

        path = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=path, args=salon.LAUNCH)
        try:
            yield made, desk_make(), browser
        finally:
            browser.close()


def page_of(made: Stack, browser: Any, person: Any, size: dict[str, int]) -> Any:
    """A page of somebody who is signed in; nothing is loaded yet, and nothing is in its cache."""
    from django.conf import settings
    from django.test import Client as Visitor

    visitor = Visitor()
    visitor.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    value = visitor.cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(viewport=size)
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": made.url("web")}]
    )
    return context.new_page()


def line(page: Any, *, latency: int, kilobytes: float) -> Any:
    """Slow the page's line: milliseconds of delay, and kilobytes a second down; a third up."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": latency,
            "downloadThroughput": kilobytes * 1024,
            "uploadThroughput": kilobytes * 1024 / 3,
        },
    )
    return session
