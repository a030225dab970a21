"""Many drafts at once: a slow model starves nobody, and nothing is held while it is waited for."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from agents import runs
from agents.lanes import Lanes
from agents.listeners import hear
from agents.models import AgentRun
from agents.prompting import prompts_seed
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import booked, pending
from tests.agents.model_server import Handler, completion

FRIDAY = MORNING + timedelta(days=7)
TEXT = '{"subject": "", "body": "Hi CLIENT_1, see you on Friday, June 19. Reply 1 to confirm."}'


def test_as_many_drafts_as_there_are_lanes_wait_for_the_model_together(
    live_salon: Salon,
    use_model: Callable,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable,
    settings: Any,
) -> None:
    lanes = Lanes(4)
    monkeypatch.setattr(runs, "lanes", lanes)
    live_salon.switch_on("confirmation")
    prompts_seed()
    together = threading.Barrier(4, timeout=60)
    held: list[bool] = []
    # This thread's own is open again while it starts the lanes.
    before = connections_held() + 1

    def answer(handler: Handler) -> None:
        # Passes only when four calls are under way at the same time.
        if together.wait() == 0:
            # The server notices a moment later that a connection was closed.
            held.append(eventually(lambda: connections_held() <= before))
        completion(TEXT)(handler)

    use_model().answers = [answer]
    settings.MODEL_BUDGET_SECONDS = 60
    for number in range(4):
        client = live_salon.client(f"Dana{number}")
        for days in (20, 40):
            live_salon.past(client, days, "no_show")
        hear(booked(live_salon.book(client, FRIDAY + timedelta(hours=number % 2))))
    assert runs.runs_start() == 4
    lanes.close()
    assert [item.revision.writer for item in pending()] == ["model"] * 4
    # Those there were before, and none of the four that wait.
    assert held == [True]


def connections_held() -> int:
    """Open connections of this database, seen by a thread that closes its own again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND usename = current_user"
        )
        found = int(cursor.fetchone()[0])
    connection.close()
    return found


def test_no_more_lanes_are_opened_than_are_due_or_free(
    live_salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes = Lanes(2)
    monkeypatch.setattr(runs, "lanes", lanes)
    assert runs.runs_start() == 0
    live_salon.switch_on("confirmation")
    for number in range(5):
        hear(booked(live_salon.book(live_salon.client(), FRIDAY + timedelta(hours=number))))
    assert runs.runs_start() == 2
    lanes._pool.shutdown(wait=True)
    assert lanes.busy == 0
    # Two lanes wrote all five, one after the other.
    assert AgentRun.objects.filter(outcome="drafted").count() == 5


def test_a_closed_worker_begins_nothing_new(live_salon: Salon) -> None:
    lanes = Lanes(2)
    lanes.close()
    assert lanes.fill(5, lambda: 1) == 0


def test_a_lane_that_breaks_off_is_free_again() -> None:
    lanes = Lanes(1)

    def broken() -> int:
        raise RuntimeError("no such luck")

    assert lanes.fill(1, broken) == 1
    lanes._pool.shutdown(wait=True)
    assert lanes.busy == 0
