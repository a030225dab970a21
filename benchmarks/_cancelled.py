"""From a cancellation at the platform to its ranked ladder in an open browser.

The sandbox's own storm cancels; its history says when. The row counts as seen when it stands in the
page with its text, in the words the desk would read. A storm begins by putting two hundred people
on the list, whose deliveries stand before its first cancellations: they are heard before the clock
runs.
"""

import time
from typing import Any

from benchmarks import _salon as salon
from benchmarks.stack import Stack
from benchmarks.visible import WATCH, open_queue, settled
from tests.support.services import wait_until

# One every two seconds: a storm at sixty times its speed.
SPEED, STEPS = 60, 30


def ladders_seen(made: Stack) -> list[float]:
    """Seconds from each cancellation that became a ladder to its row in the page."""
    from playwright.sync_api import sync_playwright

    remote = salon.open_salon(made)
    with sync_playwright() as playwright:
        browser, page = open_queue(playwright, made)
        _storm(remote, 1)
        page.evaluate(WATCH)
        began = time.time()
        _storm(remote, STEPS)
        page.wait_for_timeout(2500)
        seen = page.evaluate("window.seen")
        browser.close()
    return _matched(remote, seen, began)


def _storm(remote: Any, steps: int) -> None:
    """So many cancellations, and everything of them heard and written."""
    remote.post("scenario", name="storm", speed=SPEED, steps=steps)
    wait_until(
        lambda: not remote.get("scenario", name="storm")["running"], 180, "the storm did not end"
    )
    settled()


def _matched(remote: Any, seen: dict[str, dict[str, float]], began: float) -> list[float]:
    from approvals.models import Opening

    rows = remote.get("history", kind="appointment.cancelled")["data"]
    cancelled = {
        row["subject"]: row["machineAt"]
        for row in rows
        if row["actor"] == "scenario" and row["machineAt"] >= began
    }
    found, unseen = [], 0
    ladders = Opening.objects.filter(
        appointment__external_id__in=cancelled, item__state="pending"
    ).select_related("appointment")
    for opening in ladders:
        moments = seen.get(str(opening.item_id), {})
        if "draft" not in moments or opening.appointment is None:
            unseen += 1
            continue
        found.append(moments["draft"] / 1000 - cancelled[opening.appointment.external_id])
    # Somebody's slot may fit nobody who waits; a ladder that waits and is in no page is a miss.
    if unseen or len(found) < STEPS // 2:
        raise RuntimeError(f"{len(found)} of {len(cancelled)} ladders were seen, {unseen} not")
    return found
