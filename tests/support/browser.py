"""A real Chromium, driven synchronously."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.support.polling import GENEROUS

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing in a test may leave the machine, and a container's /dev/shm is too small for tabs.
# Every window loads two hidden pages for the address bar: a third of the browser's time. The last
# list given counts, so it repeats what Playwright switches off and a test could notice.
SWITCHED_OFF = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,AimEnabled,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,"
    "ThirdPartyStoragePartitioning,OptimizationHints,PreconnectToSearch"
)
QUIET = [
    f"--disable-features={SWITCHED_OFF}",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


def chromium() -> str:
    named = os.environ.get("CHROMIUM")
    found = named or next((path for path in map(shutil.which, NAMES) if path), None)
    if not found:
        raise RuntimeError(
            "No Chromium found. Install it (apt-get install chromium) or set CHROMIUM to its path."
        )
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        _be_patient(browser)
        try:
            yield browser
        finally:
            browser.close()


def _be_patient(browser: Browser) -> None:
    """Every context waits as long as a test ever does: Playwright's own half a minute is not it."""
    new_context = browser.new_context

    def patient(**options: Any) -> BrowserContext:
        context = new_context(**options)
        context.set_default_timeout(GENEROUS * 1000)
        return context

    browser.new_context = patient  # type: ignore[method-assign]
