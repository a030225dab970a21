"""From an event at the platform to its draft in an open browser, five events a second.

Sandbox, web, stream, workers, beat, PostgreSQL, Redis and the browser share this machine's two
cores. The clock starts before the booking is sent to the salon and stops when the row is in the
page. The baseline is the same run's placeholder: what the desk sees while the text is written.
The first few bookings after the start are not counted: processes that have just begun load their
code and templates with them, once a day and not once a booking. Their figure is printed beside.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks import _salon as salon
from benchmarks.figures import Figure, at_most, percentile
from benchmarks.stack import Stack, stack

EVENTS_A_SECOND = 5
BURST = 40
BURSTS = 4
WARMING = 10

WATCH = """() => {
  window.seen = {};
  const note = () => {
    for (const row of document.querySelectorAll('#rows .row:not(.gone)')) {
      const one = (window.seen[row.dataset.item] ??= {});
      one.placeholder ??= Date.now();
      if (!row.classList.contains('drafting')) one.draft ??= Date.now();
    }
  };
  new MutationObserver(note).observe(document.querySelector('#list'),
    {subtree: true, childList: true, attributes: true});
  note();
}"""


def run() -> Iterator[Figure]:
    with stack() as made:
        placeholder, draft, cold = measure(made)
    shown, written = percentile(placeholder, 95), percentile(draft, 95)
    n = len(draft)
    beside = f"n={n}, 5 events a second; the slowest of the first {len(cold)} {max(cold):.2f} s"
    yield at_most("event to placeholder p95", shown, 1.0, beside, " s")
    yield at_most(
        "event to draft visible p95", written, 2.0, f"placeholder {shown:.2f} s, n={n}", " s"
    )


def measure(made: Stack) -> tuple[list[float], list[float], list[float]]:
    """Seconds to placeholder, to draft, and to the drafts of the first bookings after the start."""
    from playwright.sync_api import sync_playwright

    remote = salon.open_salon(made)
    ready = salon.bookings(made, remote)
    placeholder: list[float] = []
    draft: list[float] = []
    cold: list[float] = []
    with sync_playwright() as playwright:
        browser, page = open_queue(playwright, made)
        for burst in (WARMING, *[BURST] * BURSTS):
            page.evaluate(WATCH)
            sent = book_at_rate(remote, [next(ready) for _ in range(burst)])
            settled()
            page.wait_for_timeout(2500)
            first, last = matched(sent, page.evaluate("window.seen"))
            if burst == WARMING:
                cold += last
            else:
                placeholder += first
                draft += last
            salon.clear_queue()
            page.wait_for_timeout(1500)
        browser.close()
    return placeholder, draft, cold


def open_queue(playwright: Any, made: Stack) -> tuple[Any, Any]:
    """A browser with the queue of both locations open: the browser and its page."""
    path = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
    browser = playwright.chromium.launch(executable_path=path, args=salon.LAUNCH)
    page = browser.new_context(viewport={"width": 1280, "height": 820}).new_page()
    page.goto(made.url("web"))
    page.click("form.personas button:has-text('both')")
    page.wait_for_selector("#rows")
    return browser, page


def book_at_rate(remote: object, many: list[salon.ToBook]) -> dict[str, float]:
    """Book at five a second; returns the moment each booking set out, by appointment."""
    sent: dict[str, float] = {}

    def one(booking: salon.ToBook) -> None:
        began = time.time()
        sent[remote.act("book", **booking.order)["id"]] = began  # type: ignore[attr-defined]

    begin = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        for number, booking in enumerate(many):
            time.sleep(max(0.0, begin + number / EVENTS_A_SECOND - time.monotonic()))
            pool.submit(one, booking)
    return sent


def settled(most: float = 60.0) -> None:
    """Wait until everything booked was heard and written: a slow draft counts, however slow."""
    from agents.models import AgentRun
    from integrations.models import InboundEvent

    deadline = time.monotonic() + most
    while time.monotonic() < deadline:
        time.sleep(1.0)
        heard = not InboundEvent.objects.filter(state__in=["waiting", "leased"]).exists()
        if heard and not AgentRun.objects.filter(state__in=["waiting", "leased"]).exists():
            return
    raise RuntimeError(f"drafts were still being written after {most:.0f} s")


def matched(
    sent: dict[str, float], seen: dict[str, dict[str, float]]
) -> tuple[list[float], list[float]]:
    """Seconds to placeholder and to draft. A booking that never showed up would be a lost event."""
    from approvals.models import ApprovalItem
    from integrations.models import Appointment

    booked = dict(Appointment.objects.filter(external_id__in=sent).values_list("pk", "external_id"))
    first, last, unseen = [], [], 0
    for item in ApprovalItem.objects.filter(state=ApprovalItem.State.PENDING):
        began = [sent[booked[pk]] for pk, _ in item.covers if pk in booked]
        moments = seen.get(str(item.pk), {})
        if began and "draft" in moments:
            first.append(max(0.0, moments["placeholder"] / 1000 - max(began)))
            last.append(moments["draft"] / 1000 - max(began))
        unseen += bool(began) and "draft" not in moments
    # Some bookings make no draft (no consent by the channel asked for, a family's one message),
    # but a draft that waits and was not in the page would be one the desk never saw.
    if unseen or len(last) < len(sent) // 2:
        raise RuntimeError(f"{len(last)} of {len(sent)} drafts were seen in the page, {unseen} not")
    return first, last
