"""The quality page over 200,000 drafts of two locations, beside the same page over 1,000.

Drafts are copies of one, a minute apart, each with its run and its approval. Both arms run in this
process against the same server code and database.
"""

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.figures import Figure, at_most, percentile
from benchmarks.stack import analyze, stack

SMALL, LARGE = 1_000, 200_000
PAGES = 12
ITEMS = """
INSERT INTO approvals_approvalitem
SELECT (jsonb_populate_record(item, jsonb_build_object(
    'id', nextval(pg_get_serial_sequence('approvals_approvalitem', 'id')),
    'state', 'sent', 'subject', 'past:' || n,
    'location_id', (%(places)s::bigint[])[1 + n %% 2],
    'agent', (ARRAY['confirmation', 'reminder', 'aftercare'])[1 + n %% 3],
    'pending_at', now() - n * interval '1 minute', 'closed_at', now() - n * interval '1 minute'
))).* FROM approvals_approvalitem item, generate_series(%(start)s, %(end)s) AS n
WHERE item.id = %(item)s
"""
DECISIONS = """
INSERT INTO approvals_decision (item_id, kind, scope, revision_id, evidence_sha256, actor_id,
  actor_name, actor_platform_id, reason, words, seconds, at)
SELECT i.id, 'approve', 'item', i.revision_id, '', %(user)s, 'x', '', '', '', 2 + i.id %% 20,
  i.pending_at + interval '9 seconds'
FROM approvals_approvalitem i WHERE i.subject LIKE 'past:%%'
  AND NOT EXISTS (SELECT 1 FROM approvals_decision d WHERE d.item_id = i.id)
"""
RUNS = """
INSERT INTO agents_agentrun
SELECT (jsonb_populate_record(run, jsonb_build_object(
    'id', nextval(pg_get_serial_sequence('agents_agentrun', 'id')), 'item_id', i.id,
    'event_key', 'past:' || i.id, 'agent', i.agent, 'location_id', i.location_id,
    'created_at', i.pending_at, 'compared', i.id %% 4 = 0, 'holdout', i.id %% 20 = 0
))).* FROM agents_agentrun run, approvals_approvalitem i
WHERE run.event_key = 'pattern' AND i.subject LIKE 'past:%%'
  AND NOT EXISTS (SELECT 1 FROM agents_agentrun r WHERE r.item_id = i.id)
"""


def run() -> Iterator[Figure]:
    with stack():
        from tests.support.desks import desk_make

        desk = desk_make("Maple Street", "Harbor")
        manager = desk.person("Olga Owner", "manager")
        item = desk.draft()
        _pattern(desk, item)
        _fill(desk, item, manager, 0, SMALL)
        browser = _signed_in(manager)
        few, queries = measured(browser, "/quality/?days=30")
        _fill(desk, item, manager, SMALL, LARGE)
        month, many_queries = measured(browser, "/quality/?days=30")
        quarter, _ = measured(browser, "/quality/?days=90")
    place = f"{LARGE:,} drafts, half of them at the location"
    yield at_most("quality page queries", many_queries, 40, f"{queries} at 1,000 drafts")
    yield at_most("quality page of 30 days p95", percentile(month, 95), 2000, f"{place}; "
                  f"{percentile(few, 95):.0f} ms at 1,000", " ms")  # fmt: skip
    yield at_most("quality page of 90 days p95", percentile(quarter, 95), 5000, place, " ms")


def _pattern(desk: Any, item: Any) -> None:
    from agents.models import AgentRun

    AgentRun.objects.create(
        connection=desk.connection, location=desk.location, agent="confirmation",
        event_key="pattern", event={}, outcome="drafted", state="done", writer="model",
        model="gpt-5-mini", facts_missing=0, latency_ms=900, item=item,
    )  # fmt: skip


def _fill(desk: Any, item: Any, user: Any, start: int, end: int) -> None:
    from django.db import connection

    places = [place.pk for place in desk.locations]
    said = {"places": places, "start": start + 1, "end": end, "item": item.pk, "user": user.pk}
    with connection.cursor() as cursor:
        for sql in (ITEMS, DECISIONS, RUNS):
            cursor.execute(sql, said)
    analyze()


def _signed_in(person: Any) -> Any:
    from django.test import Client

    browser = Client(HTTP_HOST="127.0.0.1")
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    browser.get("/quality/")
    return browser


def measured(browser: Any, url: str) -> tuple[list[float], int]:
    """Milliseconds of each page, and how many statements one took."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        assert browser.get(url).status_code == 200
    took = []
    for _ in range(PAGES):
        began = time.perf_counter()
        browser.get(url)
        took.append((time.perf_counter() - began) * 1000)
    return took, len(captured)
