"""The model is away for ten minutes of a busy hour: every booking still has its draft, in time.

The hour is simulated (a booking every half minute), the calls are real: for ten minutes the server
hangs, answers 500, or breaks off in the middle. The baseline is a desk that waits for its model:
whatever was booked in those minutes would have no draft.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.figures import Figure, at_most, none_of
from benchmarks.stack import stack

EVENTS, EVERY = 120, timedelta(seconds=30)
AWAY = (timedelta(minutes=20), timedelta(minutes=30))
BUDGET = 1


def run() -> Iterator[Figure]:
    with stack():
        from tests.support.hostile import house

        with house() as made:
            yield from figures(made, EVENTS)


def figures(made: Any, events: int) -> Iterator[Figure]:
    """``events`` bookings, each for another client; ``made`` is tests/support/hostile.House."""
    from django.conf import settings

    from core import clock

    settings.MODEL_BUDGET_SECONDS = BUDGET
    began = clock.now()
    missing, late, took, away = 0, 0, [], 0
    for _ in range(events):
        is_away = AWAY[0] <= clock.now() - began < AWAY[1]
        away += is_away
        started = time.monotonic()
        item = made.one_booking(away=is_away)
        took.append(time.monotonic() - started)
        missing += item.state != "pending" or not item.revision.body
        late += item.pending_at is None or item.pending_at >= item.due_at
        made.clock.move(EVERY * 120 / events)
    waits = f"the model away for {away} of {events}; a desk that waits for it: {away} without"
    yield none_of("bookings without a draft", missing, events, waits)
    yield none_of("drafts later than their moment", late, events, "the start of the visit")
    yield at_most(
        "a draft at worst, the model away", max(took), BUDGET + 1.5, f"budget {BUDGET} s", " s"
    )
