"""Open slots at the sandbox's salon for a benchmark, each offered to the same waiting clients."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from benchmarks.stack import SANDBOX_TOKEN, Stack
from tests.support.services import wait_until

_state: dict[str, Any] = {}


@dataclass(frozen=True)
class Offered:
    """One slot that fifty people hold an offer of: its id, and their links' tokens."""

    opening_id: int
    tokens: list[str]


def prepare(made: Stack, clients: int) -> None:
    """The demo's salon, synced, with people who may be texted and free times to offer."""
    made.sandbox()
    made.web()
    made.manage("demo_setup", "--one-connection")
    made.workers()
    from integrations.models import Client, Location

    people = Client.objects.exclude(phone="").filter(
        consents__channel="sms", consents__purpose="transactional", consents__granted=True
    )
    _state["clients"] = list(people.distinct().order_by("pk")[:clients])
    location = Location.objects.order_by("pk").first()
    if location is None or len(_state["clients"]) < clients:
        raise RuntimeError("the sandbox has too few clients who may be texted")
    # A salon that may text at any hour: the figure must not depend on when it is measured.
    Location.objects.update(quiet_from="00:00", quiet_until="00:00")
    location.refresh_from_db()
    _state["location"] = location
    _state["free"] = _free(made, location.external_id)


def offered(number: int) -> Offered:
    """One more slot, approved, its fifty texts sent as far as the ladder is concerned."""
    from approvals.ladders import ladders
    from approvals.ladders.policy import Candidate, OfferPolicy
    from approvals.services import decisions, items
    from core.audit import Actor

    opening = _opening(number)
    # Caps are for people, not for a benchmark that asks the same fifty again.
    policy = OfferPolicy(mode="all", most_rungs=len(_state["clients"]), offers_per_day=1000)
    wanted = [Candidate(None, client.pk) for client in _state["clients"]]
    proposal = ladders.ladder_propose(opening, wanted, policy)
    if proposal is None:
        raise RuntimeError("nobody could be asked")
    location, actor = _state["location"], Actor.agent("open_slot")
    item = items.item_open(
        actor=actor, connection_id=location.connection_id, location_id=location.pk,
        agent="open_slot", subject=proposal.subject, occasion=proposal.occasion, stage="review",
        title=proposal.title, tag=proposal.tag, group=proposal.group, right=proposal.right,
        due_at=proposal.due_at,
    )  # fmt: skip
    filled = items.item_fill(actor=actor, item_id=item.pk, proposal=proposal)
    if filled is None or filled.revision is None:
        raise RuntimeError("the ladder was not stored")
    decisions.item_approve(
        user=_person(location), item_id=item.pk, revision_id=filled.revision.pk,
        evidence_sha256=filled.revision.evidence_sha256,
    )  # fmt: skip
    return _asked(opening)


def _asked(opening: Any) -> Offered:
    """Texting is not what is measured: all fifty count as asked, none is really sent."""
    from approvals.models import Action, Effect, Offer, Opening
    from core import clock

    until = clock.now() + timedelta(hours=2)
    offers = Offer.objects.filter(opening=opening)
    offers.update(state="sent", sent_at=clock.now(), released_at=clock.now(), answer_until=until)
    Effect.objects.filter(step__offer__opening=opening, step__role="offer").update(
        state="done", outcome="sent", settled_at=clock.now()
    )
    rows = Action.objects.filter(pk__in=offers.values_list("action_id", flat=True))
    tokens = [_token(bytes(row.payload or b"")) for row in rows]
    Opening.objects.filter(pk=opening.pk).update(state="offering")
    return Offered(opening.pk, tokens)


def bookings(made: Stack, slot: Offered) -> int:
    """How many appointments the salon's own calendar shows on that slot, once it was booked."""
    from approvals.models import Opening

    def settled() -> bool:
        return Opening.objects.get(pk=slot.opening_id).state not in {"offering", "held"}

    wait_until(settled, 60, "the slot was not booked within a minute")
    opening = Opening.objects.select_related("staff").get(pk=slot.opening_id)
    http = _http(made)
    begin = opening.starts_at
    rows = http.get(
        "/v1/appointments",
        params={"from": _iso(begin), "to": _iso(begin + timedelta(minutes=1)), "limit": 100},
    ).json()["data"]
    staff = opening.staff.external_id if opening.staff else ""
    return sum(
        1
        for row in rows
        if row["staffId"] == staff
        and row["status"] != "cancelled"
        and datetime.fromisoformat(row["startTime"]) == begin
    )


def _opening(number: int) -> Any:
    from approvals.ladders.openings import opening_found
    from approvals.models import Opening
    from core.audit import Actor
    from integrations.models import Service, StaffMember

    free, location = _state["free"][number], _state["location"]
    ours = {"connection_id": location.connection_id}
    made = opening_found(
        actor=Actor.system("benchmark"),
        connection_id=location.connection_id,
        location_id=location.pk,
        starts_at=datetime.fromisoformat(free["startTime"]),
        ends_at=datetime.fromisoformat(free["endTime"]),
        cause="still_free",
        service_id=Service.objects.get(**ours, external_id=free["serviceId"]).pk,
        staff_id=StaffMember.objects.get(**ours, external_id=free["staffId"]).pk,
    )
    if made is None:
        raise RuntimeError("the slot is not free")
    return Opening.objects.select_related(
        "location", "service", "staff", "given_up_by", "appointment"
    ).get(pk=made.pk)


def _person(location: Any) -> Any:
    from approvals.permissions import rights_of
    from integrations.models import User

    for user in User.objects.order_by("pk"):
        if rights_of(user).has(location.pk, "review_offers"):
            return user
    raise RuntimeError("nobody may decide on offers there")


def _free(made: Stack, location: str) -> list[dict[str, str]]:
    """Free times that do not touch each other, a few days ahead."""
    begin = datetime.now(UTC) + timedelta(days=2)
    http = _http(made)
    found: list[dict[str, str]] = []
    for service in http.get("/v1/services").json()["data"]:
        params = {"locationId": location, "serviceId": service["id"],
                  "from": _iso(begin), "to": _iso(begin + timedelta(days=9))}  # fmt: skip
        for slot in http.get("/v1/availability", params=params).json().get("data", []):
            if all(one["startTime"][:10] != slot["startTime"][:10] for one in found):
                found.append(slot | {"serviceId": service["id"]})
        begin += timedelta(days=9)
    return found


def _token(payload: bytes) -> str:
    found = re.search(r"/c/([\w-]{22})", json.loads(payload)["body"])
    if found is None:
        raise RuntimeError("the text holds no link")
    return found[1]


def _http(made: Stack) -> httpx.Client:
    headers = {"Authorization": f"Bearer {SANDBOX_TOKEN}"}
    return httpx.Client(base_url=made.url("sandbox"), headers=headers)


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
