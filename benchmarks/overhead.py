"""From an event at the platform to its draft, less what the model took.

The same road as ``visible``: sandbox, web, stream, workers, beat, PostgreSQL, Redis and the model's
stub share this machine. The confirmation's threshold is set so that every booking asks the model.
Two loads: 5 events a second with a model of 2 s (seen in an open browser), and with one of 10 s,
which keeps 50 calls in flight (seen by a reader of the database, because a queue page shows 50
rows). Then Redis is killed while calls are under way. The baseline is what the same events would
wait for one of the eight threads that a plain worker has.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import _salon as salon
from benchmarks import visible
from benchmarks.figures import Figure, at_least, at_most, none_of, percentile
from benchmarks.stack import PYTHON, Stack, stack
from copilot.supervisor import ports

RATE = visible.EVENTS_A_SECOND
QUICK, SLOW = 2.0, 10.0
QUICK_BURSTS, QUICK_EVENTS, SLOW_EVENTS, KILLED_EVENTS = 2, 30, 90, 25
KILLS = 3
THREADS_BEFORE = 8
LOOK = """
    SELECT (SELECT array_agg(id) FROM approvals_approvalitem WHERE state = 'pending'),
        (SELECT count(*) FROM agents_agentrun WHERE state = 'leased')"""


def run() -> Iterator[Figure]:
    with stack() as made:
        serve_model(made)
        remote = salon.open_salon(made)
        ask_for_all()
        ready = salon.bookings(made, remote)
        point_to(made, "quick")
        yield figure("browser", QUICK, 0.5, in_browser(made, remote, ready))
        point_to(made, "slow")
        took, flight = in_database(remote, [next(ready) for _ in range(SLOW_EVENTS)])
        yield figure(f"reader, {flight} calls in flight at the peak", SLOW, 1.0, took)
        yield at_most("around the model at worst", max(took), 5.0, f"n={len(took)}", " s")
        yield at_least("calls in flight at once", flight, 45, f"{RATE} a second x {SLOW:.0f} s")
        yield redis_killed(made, remote, [next(ready) for _ in range(KILLED_EVENTS)])


def figure(seen: str, seconds: float, goal: float, took: list[float]) -> Figure:
    name = f"around a model of {seconds:.0f} s p95 ({seen})"
    before = queueing(len(took), seconds)
    said = f"n={len(took)}, median {percentile(took, 50):.2f} s; 8 threads would add {before:.1f} s"
    return at_most(name, percentile(took, 95), goal, said, " s")


def serve_model(made: Stack) -> None:
    """Both stubs; which of them is asked is a row in admin."""
    for name, seconds in (("quick", QUICK), ("slow", SLOW)):
        port = made.ports[name] = ports.any_free()
        argv = [str(PYTHON), "-m", "benchmarks._model", str(port), str(seconds)]
        made.start(f"model-{name}", argv, lambda _, at=port: ports.answers(at))
        made.env["OUTBOUND_ALLOW"] += f",127.0.0.1:{port}"


def queueing(events: int, seconds: float) -> float:
    """What the 95th percentile of these events would wait for one of so many threads."""
    free = [0.0] * THREADS_BEFORE
    waits = []
    for number in range(events):
        at = number / RATE
        thread = min(range(THREADS_BEFORE), key=free.__getitem__)
        begin = max(at, free[thread])
        free[thread] = begin + seconds
        waits.append(begin - at)
    return percentile(waits, 95)


def ask_for_all() -> None:
    """Every booking is risky enough to ask the model."""
    from agents.models import AgentConfig

    for config in AgentConfig.objects.filter(agent="confirmation"):
        config.settings = config.settings | {"medium_from": 0.01}
        config.daily_limit = 10_000
        config.save()


def point_to(made: Stack, name: str) -> None:
    from agents.models import LanguageModel

    LanguageModel.objects.update_or_create(
        connection=None,
        defaults={"base_url": f"{made.url(name)}/v1", "model": "stub", "seconds": 60},
    )


def in_browser(made: Stack, remote: Any, ready: Iterator[salon.ToBook]) -> list[float]:
    """Seconds around the model until the row of each draft was in an open page."""
    from playwright.sync_api import sync_playwright

    took: list[float] = []
    with sync_playwright() as playwright:
        browser, page = visible.open_queue(playwright, made)
        for _ in range(QUICK_BURSTS):
            page.evaluate(visible.WATCH)
            sent = visible.book_at_rate(remote, [next(ready) for _ in range(QUICK_EVENTS)])
            visible.settled()
            page.wait_for_timeout(2500)
            seen = page.evaluate("window.seen")
            shown = {int(pk): one["draft"] / 1000 for pk, one in seen.items() if "draft" in one}
            took += around(sent, shown)
            salon.clear_queue()
            page.wait_for_timeout(1500)
        browser.close()
    return took


def in_database(remote: Any, many: list[salon.ToBook]) -> tuple[list[float], int]:
    """The same until a reader of the database finds the draft, and the most calls in flight."""
    with watching() as (shown, flights):
        sent = visible.book_at_rate(remote, many)
        visible.settled(120)
        time.sleep(0.5)
    took = around(sent, shown)
    salon.clear_queue()
    return took, max(flights)


@contextmanager
def watching() -> Iterator[tuple[dict[int, float], list[int]]]:
    """Looks forty times a second: when each draft was first there, how many runs are in work."""
    from django.db import connection, connections

    shown: dict[int, float] = {}
    flights: list[int] = [0]
    stop = threading.Event()

    def look() -> None:
        # One statement, put together once: the observer has the same two cores.
        with connection.cursor() as cursor:
            while not stop.wait(0.025):
                cursor.execute(LOOK)
                pending, flying = cursor.fetchone() or ((), 0)
                for pk in pending or ():
                    shown.setdefault(pk, time.time())
                flights.append(flying)
        connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield shown, flights
    finally:
        stop.set()
        thread.join()


def around(sent: dict[str, float], shown: dict[int, float]) -> list[float]:
    """Seconds from the booking to the draft, without its run's calls of the model. A draft that
    waits and was not seen, or for which no model was asked, makes the measurement worthless."""
    from agents.models import AgentRun
    from integrations.models import Appointment

    booked = dict(Appointment.objects.filter(external_id__in=sent).values_list("pk", "external_id"))
    took = []
    runs = AgentRun.objects.filter(event__appointment_id__in=list(booked), outcome="drafted")
    for run in runs.select_related("item").order_by("pk"):
        if run.item is None or run.item.state != "pending":
            continue
        if run.model_ms < 1000:
            raise RuntimeError(f"the model was not asked for draft {run.item_id}: {run.fallback}")
        began = max(sent[booked[pk]] for pk, _ in run.item.covers if pk in booked)
        took.append(shown[run.item.pk] - began - run.model_ms / 1000)
    if len(took) < len(sent) // 2:
        raise RuntimeError(f"{len(took)} drafts of {len(sent)} bookings were measured")
    return took


def redis_killed(made: Stack, remote: Any, many: list[salon.ToBook]) -> Figure:
    """Kill Redis while calls are under way. Every run has to come to its end all the same."""
    from agents.models import AgentRun
    from integrations.models import Appointment

    sent: dict[str, float] = {}
    booking = threading.Thread(target=lambda: sent.update(visible.book_at_rate(remote, many)))
    booking.start()
    # Here, not in a thread: the kernel ends a child with the thread that started it.
    for _ in range(KILLS):
        time.sleep(4)
        made.children["redis"].kill_group()
        time.sleep(1)
        made.children["redis"].start()
    booking.join()
    visible.settled(120)
    pks = list(Appointment.objects.filter(external_id__in=sent).values_list("pk", flat=True))
    runs = AgentRun.objects.filter(event__appointment_id__in=pks, agent="confirmation")
    ended = runs.filter(state="done").exclude(outcome="").count()
    dead = [name for name, child in made.children.items() if not child.alive]
    if dead:
        raise RuntimeError(f"did not outlive Redis: {', '.join(dead)}")
    written = runs.filter(outcome="drafted").count()
    return none_of(
        f"drafts lost while Redis was killed {KILLS} times",
        len(sent) - ended,
        len(sent),
        f"{written} drafted, the rest one message with another; no worker ended",
    )
