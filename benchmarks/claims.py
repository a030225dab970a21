"""Fifty claims of one slot at once, over HTTP: one booking, forty-nine kind answers, no errors.

Sandbox, web server, worker, PostgreSQL and Redis are the real ones. Every slot is offered to all
fifty, whose phones press the button in the same moment, twice each. The baseline is the same
fifty presses on links whose slot is gone already, where nobody has to wait for a winner.
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from benchmarks import _slots as slots
from benchmarks.figures import Figure, at_most, none_of, percentile
from benchmarks.stack import Stack, stack

CLAIMS = 50
SLOTS = 8
KIND = ("Sorry, this one is gone", "Lo sentimos, ya no está libre")
WON = ("We have you first", "It's yours", "Usted es la primera persona", "Es suya")


@dataclass
class Told:
    """What the phones were answered, and how long each press took."""

    answers: Counter[str] = field(default_factory=Counter)
    spent: list[float] = field(default_factory=list)


def run() -> Iterator[Figure]:
    with stack() as made:
        slots.prepare(made, CLAIMS)
        told, late, twice, unbooked = Told(), Told(), 0, 0
        for number in range(SLOTS):
            slot = slots.offered(number)
            pressed(made, slot.tokens, told)
            booked = slots.bookings(made, slot)
            twice += booked > 1
            unbooked += booked < 1
            pressed(made, slot.tokens, late)
        n = CLAIMS * SLOTS
        yield none_of("slots booked twice", twice, SLOTS, f"{unbooked} not booked")
        kind = told.answers["gone"]
        said = f"{told.answers['won']} won of {SLOTS} slots, {kind} kind answers"
        errors = n - told.answers["won"] - kind
        yield none_of("claims answered with an error", errors, n, said)
        wrong = abs(told.answers["won"] - SLOTS) + abs(kind - (CLAIMS - 1) * SLOTS)
        yield none_of("claims that were neither the one yes nor a kind answer", wrong, n, said)
        ours, gone = percentile(told.spent, 95), percentile(late.spent, 95)
        baseline = f"{ours:.0f} ms, and {gone:.0f} ms where the slot is gone already, n={n}"
        yield at_most(
            "claim p95 over a press on a slot that is gone", ours / gone, 2, baseline, "x"
        )


def pressed(made: Stack, tokens: list[str], told: Told) -> None:
    """All phones press at once; each looks at what it is then shown."""
    start = threading.Barrier(len(tokens))
    lock = threading.Lock()

    def press(token: str) -> None:
        with httpx.Client(base_url=made.url("web"), timeout=60) as phone:
            phone.get(f"/c/{token}")
            start.wait(60)
            began = time.perf_counter()
            answer = phone.post(f"/c/{token}", data={"answer": "yes"})
            spent = (time.perf_counter() - began) * 1000
            phone.post(f"/c/{token}", data={"answer": "yes"})
            page = phone.get(f"/c/{token}") if answer.is_redirect else answer
        with lock:
            told.answers[_kind(page)] += 1
            told.spent.append(spent)

    threads = [threading.Thread(target=press, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)


def _kind(page: httpx.Response) -> str:
    if page.status_code != 200:
        return str(page.status_code)
    text = re.sub(r"\s+", " ", page.text)
    if any(one in text for one in WON):
        return "won"
    return "gone" if any(one in text for one in KIND) else "other"
