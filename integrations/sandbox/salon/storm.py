"""The scenario *a cancellation storm*: thirty cancellations in an hour, two hundred waiting.

The phones answer by themselves meanwhile: late, twice, with yes and then no, most of them never.
"""

import random
from datetime import timedelta

from integrations.sandbox import clock
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import clients, others, replies
from integrations.sandbox.salon.acts import perform
from integrations.sandbox.salon.scenario import Scenario
from integrations.sandbox.seed.names import FIRST, LAST
from integrations.sandbox.store import Record, store

OPENINGS, WAITING = 30, 200
# At normal speed the whole of it takes an hour.
STEP_S = 3600 / OPENINGS
# Nearly all answers come within the time that an offer gives.
ANSWER_MINUTES = 4.0
SOONEST, LATEST = timedelta(hours=3), timedelta(days=3)
WINDOWS: tuple[list[Record], ...] = (
    [],
    [{"days": "MTWTFSS", "from": "08:00", "to": "21:00"}],
    [{"days": "MTWTF", "from": "12:00", "to": "20:00"}],
    [{"days": "MTWTFSS", "from": "08:00", "to": "15:00"}],
)
_ACTOR = "scenario"


def _prepare(dice: random.Random) -> None:
    """Fills the waitlist up, and lets every phone answer in its own way."""
    waiting = store().select("waitlist", "status = 'waiting'")
    taken = {entry["clientId"] for entry in waiting}
    people = [one for one in store().select("client", order="id") if _may_wait(one, taken)]
    dice.shuffle(people)
    wanted, missing = _wanted(), max(0, WAITING - len(waiting))
    people = people[:missing]
    people += [_newcomer(dice, number) for number in range(missing - len(people))]
    for client in people:
        where, service = dice.choice(wanted)
        entry = {
            "clientId": client["id"], "serviceId": service, "locationId": where,
            "windows": dice.choice(WINDOWS),
        }  # fmt: skip
        others.waitlist_add(entry, _ACTOR)
    replies.set_script({"rule": replies.MIXED, "minutes": ANSWER_MINUTES}, _ACTOR)


def _may_wait(client: Record, taken: set[str]) -> bool:
    sms = (client.get("consent") or {}).get("sms") or {}
    gone = client.get("deletedAt") or client.get("mergedInto")
    may = bool(client.get("phone")) and bool(sms.get("transactional")) and not sms.get("optedOutAt")
    return may and not gone and client["id"] not in taken


def _newcomer(dice: random.Random, number: int) -> Record:
    """A small salon has fewer clients than wait in a storm."""
    agreed = {"transactional": True, "marketing": False, "at": clock.seconds(clock.now())}
    never = {"transactional": False, "marketing": False, "at": None}
    details = {
        "firstName": dice.choice(FIRST), "lastName": dice.choice(LAST),
        "phone": f"+1323555{number:04d}", "consent": {"sms": agreed, "email": never},
    }  # fmt: skip
    return clients.add(details, _ACTOR)


def _wanted() -> list[tuple[str, str]]:
    """(location, service) as often as it may be given up: people wait for what there is."""
    found = [(one["locationId"], one["serviceId"]) for one in _ahead()]
    if not found:
        raise Refused(
            409, "nothing_booked", "There is no appointment ahead that could be given up."
        )
    return found


def _ahead() -> list[Record]:
    since = clock.now()
    return store().select(
        "appointment",
        "status IN ('booked', 'confirmed') AND starts_at BETWEEN ? AND ?",
        (clock.seconds(since + SOONEST), clock.seconds(since + LATEST)),
        order="starts_at, id",
    )


def _step(dice: random.Random, progress: float) -> str:
    """One more cancellation."""
    found = _ahead()
    if not found:
        return "nothing left to cancel"
    chosen = dice.choice(found)
    try:
        perform("cancel", {"id": chosen["id"], "reason": "sick"}, _ACTOR)
    except Refused:
        return "a cancellation that came too late"
    return "a cancellation"


storm = Scenario("storm", steps=OPENINGS, seconds=STEP_S, prepare=_prepare, step=_step)
