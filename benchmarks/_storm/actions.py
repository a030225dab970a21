"""The acting port of the storm's platform. One key is done once; an hour taken at the counter is
refused."""

from collections.abc import Mapping
from typing import Any

from benchmarks._storm import WALK_IN, moment, text_arrives, world
from core.errors import Permanent, Temporary, UnknownOutcome
from integrations.platforms.base import ActionResult, Actions


class StormActions(Actions):
    def perform(self, action: str, payload: Mapping[str, Any], key: str) -> ActionResult:
        luck = world.dice.random()
        if luck < world.faults / 2:
            raise Temporary("The platform is busy.")
        if key not in world.done:
            APPLY[action](payload)
            world.done[key] = f"ref-{len(world.done) + 1}"
        if luck > 1 - world.faults / 2:
            raise UnknownOutcome("The reply was lost.")
        return ActionResult(world.done[key])

    def look_up(self, action: str, payload: Mapping[str, Any], key: str) -> ActionResult | None:
        return ActionResult(world.done[key]) if key in world.done else None


def book(payload: Mapping[str, Any]) -> None:
    hour = (payload["staff"], moment(payload["starts_at"]))
    if world.booked.get(hour) == WALK_IN:
        world.refused += 1
        raise Permanent("slot_taken: That time is not free any more.", code="slot_taken")
    world.booked[hour] = payload["client"]
    world.sold.append((*hour, payload["client"]))
    if world.on_booked is not None:
        world.on_booked(payload)


def waitlist(payload: Mapping[str, Any]) -> None:
    if world.on_waitlist is not None:
        world.on_waitlist(payload["entry"], str(payload["fields"].get("status")))


def nothing(payload: Mapping[str, Any]) -> None:
    """Letting go of a later appointment changes nothing this run looks at."""


APPLY = {
    "send_message": text_arrives,
    "book_appointment": book,
    "update_waitlist": waitlist,
    "update_appointment": nothing,
    "add_note": nothing,
}


def actions(connection: Any) -> StormActions:
    return StormActions(connection)
