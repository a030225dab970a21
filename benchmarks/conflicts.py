"""Clashes on a day of twelve people, and proposals where one of them is out.

The finder is measured beside comparing every pair; proposals beside first-fit in the order of the
day, over the same places. Every proposal is asked of the sandbox, by its own rules; and the page is
measured as a person meets it.
"""

import time
from collections.abc import Iterator
from random import Random

from approvals.rescheduling.choosing import best, first_fit, warm_up
from approvals.rescheduling.conflicts import conflicts
from approvals.rescheduling.options import Outage, affected_by, options_for
from benchmarks._bookable import day_put, empty_salon, refused
from benchmarks._days import Shape, clean_day, pairwise, planted
from benchmarks._out_today import AFFECTED, seconds_to_the_page
from benchmarks.figures import Figure, at_most, none_of, percentile

DAYS = 1_000


def run() -> Iterator[Figure]:
    yield from _finder()
    yield from _proposals()
    yield from _page()


def _finder() -> Iterator[Figure]:
    spent, naive, wanted, missed, false = [], [], 0, 0, 0
    for seed in range(DAYS):
        day, truth = planted(Random(seed), clean_day(Random(seed), Shape(load=0.9)))
        began = time.perf_counter()
        found = {(one.kind, one.first, one.second) for one in conflicts(day)}
        spent.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        pairwise(day)
        naive.append((time.perf_counter() - began) * 1000)
        wanted += len(truth)
        missed += len(truth - found)
        false += len(found - truth)
    said = f"every pair {percentile(naive, 95):.3g} ms, n={DAYS} days"
    yield at_most("clashes of a day of 12 people p95", percentile(spent, 95), 20, said, " ms")
    yield none_of("planted clashes not found", missed, wanted, "every pair compared: 0")
    yield Figure("clashes found that are none", f"{false} of {DAYS} days", "0",
                 "every pair compared: 0", false == 0)  # fmt: skip


def _proposals() -> Iterator[Figure]:
    warm_up()
    with empty_salon():
        yield from _proposed()


def _proposed() -> Iterator[Figure]:
    spent, worse, ours, by_hand, clients, asked, no = [], 0, 0, 0, 0, 0, 0
    for seed in range(DAYS):
        rng = Random(seed)
        day = clean_day(rng, Shape(days=3, load=rng.uniform(0.3, 0.95)))
        outage = Outage(rng.randint(1, 12), 540, 1440, 540)
        began = time.perf_counter()
        affected = affected_by(day, outage, {})
        options = options_for(day, outage, affected)
        chosen = best(affected, options)
        spent.append(time.perf_counter() - began)
        day_put(day, outage.now)
        asked, no = asked + len(chosen), no + len(refused(day, chosen.values()))
        kept = sum(option.same_day for option in chosen.values())
        hand = sum(option.same_day for option in first_fit(affected, options).values())
        worse += kept < hand
        ours, by_hand, clients = ours + kept, by_hand + hand, clients + len(affected)
    said = f"first-fit keeps {by_hand}, ours {ours} of {clients} clients"
    yield none_of("days on which fewer keep their day than by first-fit", worse, DAYS, said)
    yield none_of("every proposal bookable: refused by the sandbox", no, asked, f"{DAYS} days")
    yield at_most("proposals for everybody affected p95", percentile(spent, 95), 1.0,
                  f"n={DAYS} days, without reading and drawing", " s")  # fmt: skip


def _page() -> Iterator[Figure]:
    spent = seconds_to_the_page()
    said = f"n={len(spent)} salons of 12 people, press to whole page, slowest {max(spent):.2g} s"
    yield at_most(f"Out today, {AFFECTED} affected p95", percentile(spent, 95), 1.0, said, " s")
