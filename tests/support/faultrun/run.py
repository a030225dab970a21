"""One fault run: things happen, people decide, processes die, and at the end all is settled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time as day_time
from datetime import timedelta
from random import Random
from unittest.mock import patch

from django.db import models

from agents.models import AgentConfig, AgentRun
from approvals.models import ApprovalItem, Effect
from core import clock
from core.work import WorkRow
from integrations.models import InboundEvent, ListenerRetry, Location, User
from tests.support.faultrun.deciders import Deciders
from tests.support.faultrun.house import House
from tests.support.faultrun.salon import Diary, diary
from tests.support.faultrun.witness import Verdict, verdict

KNOBS = {
    "duplicate_webhooks": 0.2,
    "shuffle_s": 1.5,
    "delay_s": 0.1,
    "retry_scale": 0.02,
    "drop_reply": 0.15,
    "rate_500": 0.05,
}
# What is to happen later than this is meant to: a text for the client's own hour.
LATER = timedelta(minutes=2)


@dataclass(frozen=True)
class Plan:
    """``kills`` deaths at seeded moments among ``events`` events, ``a_second`` of them a second."""

    events: int
    kills: int
    seed: int
    a_second: float
    settle_seconds: float
    services: int = 4
    restart_postgres: bool = False


def prepare() -> list[User]:
    """Settings an admin could choose: no quiet hours, no waiting for a booking to lie still."""
    Location.objects.update(quiet_from=day_time(0), quiet_until=day_time(0))
    for config in AgentConfig.objects.all():
        if config.agent == "confirmation":
            config.settings = {"still_minutes": 0, "wait_for_hour": False}
        config.daily_limit = 100_000
        config.save()
    people = User.objects.filter(preferences__persona__in=["Front desk, both locations", "Admin"])
    assert people.count() == 2
    return list(people)


@contextmanager
def short_hold(seconds: int) -> Iterator[None]:
    """How long an approved text can be taken back, for approvals made in this process."""
    waits = dict.fromkeys(("SMS_HOLD", "EMAIL_HOLD", "OTHER_HOLD"), seconds)
    with patch.multiple("approvals.policy", **waits):
        yield


def fault_run(house: House, plan: Plan, say: Callable[[str], None] = lambda _: None) -> Verdict:
    """Everything from the first booking to the verdict. Call from the main thread."""
    dice = Random(plan.seed)
    people = prepare()
    book = diary(house.salon, house.salon_token, dice, plan.services)
    house.salon.post("knobs", **KNOBS)
    with Deciders(people) as deciders:
        play(house, plan, dice, book)
        say(f"{plan.events} events happened, {dict(house.killed)} killed; settling")
        left = settle(house, deciders, plan.settle_seconds)
    assert not deciders.failures, deciders.failures
    found = verdict(house.salon, book.touched)
    found.lost += [f"{n} {what} not finished" for what, n in left.items()]
    found.injected.update({f"killed {name}": n for name, n in house.killed.items()})
    found.injected.update({f"{what} (deciders)": n for what, n in deciders.counts.items()})
    found.injected.update({f"ended by itself: {name}": n for name, n in house.fell.items()})
    return found


def play(house: House, plan: Plan, dice: Random, book: Diary) -> None:
    """Events at their rate; deaths at seeded moments between them, none in the first few."""
    deaths = deaths_of(plan, dice, house.mortal)
    begin, tick = time.monotonic(), threading.Event()
    for number in range(plan.events):
        while time.monotonic() < begin + number / plan.a_second:
            house.mend()
            tick.wait(0.02)
        book.happen()
        for name in deaths.get(number, ()):
            tick.wait(dice.uniform(0, 1 / plan.a_second))
            if name == "postgres":
                house.restart_postgres()
            elif house.children[name].alive:
                house.kill(name, dice.uniform(0.2, 1.5))


def deaths_of(plan: Plan, dice: Random, mortal: list[str]) -> dict[int, list[str]]:
    """Event number → who dies after it. Every kind in turn, so that a short run has them all."""
    order: list[str] = []
    while len(order) < plan.kills:
        order += dice.sample(mortal, len(mortal))
    order = order[: plan.kills]
    if plan.restart_postgres:
        order[len(order) // 2] = "postgres"
    made: dict[int, list[str]] = {}
    for place, name in enumerate(order, 1):
        at = round(place * plan.events / (plan.kills + 1)) + dice.randint(-2, 2)
        made.setdefault(min(max(at, 3), plan.events - 1), []).append(name)
    return made


def settle(house: House, deciders: Deciders, seconds: float) -> dict[str, int]:
    """Until nothing is due any more, twice in a row; what is left after the deadline."""
    deadline, tick, quiet = time.monotonic() + seconds, threading.Event(), 0
    left: dict[str, int] = {}
    while time.monotonic() < deadline:
        house.mend()
        left = unfinished(house, deciders)
        quiet = 0 if left else quiet + 1
        if quiet > 2:
            return {}
        tick.wait(0.3)
    return left


def unfinished(house: House, deciders: Deciders) -> dict[str, int]:
    """What is still on its way, by kind; what is meant for much later is not."""
    counts = house.salon.get("webhooks", limit="1")["counts"]
    texts = house.salon.get("messages", direction="outbound")["data"]
    tables: tuple[type[models.Model], ...] = (InboundEvent, ListenerRetry, AgentRun, Effect)
    left = {
        "deliveries": counts.get("pending", 0),
        "texts on their way": sum(one["status"] == "queued" for one in texts),
        "drafts waiting for a decision": len(deciders.waiting()),
        "drafts being written": ApprovalItem.objects.filter(
            state=ApprovalItem.State.DRAFTING
        ).count(),
    }
    for table in tables:
        open_ = table.objects.filter(  # type: ignore[attr-defined]
            state__in=[WorkRow.State.WAITING, WorkRow.State.LEASED],
            not_before__lt=clock.now() + LATER,
        )
        left[table.__name__] = open_.count()
    return {what: n for what, n in left.items() if n}
