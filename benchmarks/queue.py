"""The queue's page with 200,000 drafts beside the same page with 1,000, and a decision's answer.

Both arms run in this process against the same server code and database, before and after filling,
each with 500 drafts that wait. The decision is timed at the view: approve, and the answer with the
next card.
"""

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from benchmarks.figures import Figure, at_most, percentile
from benchmarks.stack import analyze, stack

PENDING = 500
SMALL, LARGE = 1_000, 200_000
PAGES = 60
DECISIONS = 40

FILL = """
INSERT INTO approvals_approvalitem
SELECT (jsonb_populate_record(item, jsonb_build_object(
    'id', nextval(pg_get_serial_sequence('approvals_approvalitem', 'id')),
    'state', 'sent', 'subject', 'past:' || n, 'revision_id', NULL,
    'closed_at', now() - n * interval '1 minute'))).*
FROM approvals_approvalitem item, generate_series(%s, %s) AS n WHERE item.id = %s
"""


def run() -> Iterator[Figure]:
    with stack():
        from tests.support.desks import desk_make

        desk = desk_make("Maple Street", "Harbor")
        person = desk.person()
        drafts = [desk.draft(location=desk.locations[n % 2]) for n in range(PENDING)]
        fill(drafts[0].pk, PENDING, SMALL)
        browser = signed_in(person)
        queries = counted(browser)
        few = [timed(browser, "/") for _ in range(PAGES)]
        fill(drafts[0].pk, SMALL, LARGE)
        many = [timed(browser, "/") for _ in range(PAGES)]
        yield at_most("queue page queries", queries, 12, f"{PENDING} pending, 50 shown")
        yield at_most(
            "queue page p95 at 200,000 drafts over 1,000",
            percentile(many, 95) / percentile(few, 95),
            1.3,
            f"{percentile(few, 95):.0f} ms at 1,000, {percentile(many, 95):.0f} ms at 200,000",
            "x",
        )
        yield from decisions(browser, many)


def fill(template: int, start: int, end: int) -> None:
    """Copies of one draft as sent ones, so that history is long and the queue is not."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(FILL, [start + 1, end, template])
    analyze()


def signed_in(person: Any) -> Any:
    from django.test import Client

    browser = Client(HTTP_HOST="127.0.0.1")
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    browser.get("/")
    return browser


def counted(browser: Any) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        browser.get("/")
    return len(captured)


def timed(browser: Any, address: str) -> float:
    began = time.perf_counter()
    answer = browser.get(address)
    took = (time.perf_counter() - began) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return took


def decisions(browser: Any, pages: list[float]) -> Iterator[Figure]:
    """Approve one draft after the other as the page does, and weigh the answers."""
    from approvals.models import ApprovalItem

    rows = ApprovalItem.objects.filter(state="pending").select_related("revision")
    page = len(browser.get("/").content)
    took, sizes = [], []
    waiting = list(rows.order_by("due_at", "id")[: DECISIONS + 1])
    for item, following in pairwise(waiting):
        revision: Any = item.revision
        # As the page's script sends it: with the draft that follows in the person's list.
        form = {
            "revision": revision.pk,
            "evidence": revision.evidence_sha256,
            "seconds": "5",
            "next": following.pk,
        }
        began = time.perf_counter()
        answer = browser.post(
            f"/drafts/{item.pk}/approve/", form, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="pane"
        )
        took.append((time.perf_counter() - began) * 1000)
        sizes.append(len(answer.content))
        item.refresh_from_db()
        if item.state not in ("approved", "manual"):
            raise RuntimeError(f"{item.pk} is {item.state}: {answer.status_code}")
    yield at_most(
        "approve to the next draft, server p95",
        percentile(took, 95),
        100,
        f"the whole page takes {percentile(pages, 95):.0f} ms",
        " ms",
    )
    yield at_most(
        "bytes of that answer over the page's",
        percentile([float(size) for size in sizes], 95) / page,
        0.15,
        f"page {page} bytes",
    )
