"""The scenario *checkout rush*: five o'clock on a Saturday, everybody wants to pay at once.

Who is in the chair is finished and paid one after the other, some take the shampoo of their brand
with them, and the next ones check in meanwhile.
"""

import random
from datetime import timedelta

from integrations.sandbox import clock
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon.acts import perform
from integrations.sandbox.salon.busy_friday import open_late, todays
from integrations.sandbox.salon.scenario import Scenario
from integrations.sandbox.store import Record, store

STEPS, STEP_S = 36, 5.0
IN_THE_CHAIR = 8
TAKES_HOME = 0.45
_ACTOR = "scenario"
# In turns: somebody is done, the one before pays, somebody comes in.
_TURNS = ("complete", "check_out", "check_in")


def _prepare(dice: random.Random) -> None:
    """Puts people into chairs where there are too few for a rush."""
    open_late(dice)
    for chosen in todays("booked", "confirmed")[: max(0, IN_THE_CHAIR - len(todays("checked_in")))]:
        try:
            perform("check_in", {"id": chosen["id"]}, _ACTOR)
        except Refused:
            continue


def _step(dice: random.Random, progress: float) -> str:
    turn = round(progress * STEPS) % len(_TURNS)
    for action in (*_TURNS[turn:], *_TURNS[:turn]):
        chosen = _next(action)
        if chosen is None:
            continue
        order: Record = {"id": chosen["id"]}
        if action == "check_out":
            order |= _basket(dice, chosen["clientId"])
        try:
            perform(action, order, _ACTOR)
            return action.replace("_", " ")
        except Refused:
            continue
    return "nobody left at the counter"


def _next(action: str) -> Record | None:
    if action == "check_in":
        soon = clock.seconds(clock.now() + timedelta(hours=4))
        found = [one for one in todays("booked", "confirmed") if one["startTime"] < soon]
    elif action == "complete":
        found = todays("checked_in")
    else:
        found = [one for one in todays("completed") if not one.get("_saleId")]
    return found[0] if found else None


def _basket(dice: random.Random, client_id: str) -> Record:
    """A tip, and often one of the products they use at home."""
    sales = store().select("sale", "client_id = ?", (client_id,), order="id DESC", limit=6)
    used = [line["productId"] for sale in sales for line in sale["lines"] if line.get("productId")]
    there = [one for one in used if _left(one)]
    wished = [dice.choice(there)] if there and dice.random() < TAKES_HOME else []
    return {
        "tip": str(dice.choice((0, 8, 12, 20))),
        "products": [{"productId": one, "quantity": 1} for one in wished],
    }


def _left(product_id: str) -> int:
    return int((store().find(product_id, "product") or {"stock": 0})["stock"])


rush = Scenario("rush", steps=STEPS, seconds=STEP_S, prepare=_prepare, step=_step)
