"""From a free slot to a ranked list: who is asked, in which order, and who is not."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from agents.matching.facts import LeftOut, Ranked, Ranking, Slot, Waiting
from agents.matching.query import waiting_for
from agents.matching.rules import Asking, Terms, why_not
from agents.matching.scoring import ranked, weights_of
from agents.matching.settings import OpenSlotSettings
from approvals.ladders.policy import Candidate, Skipped
from approvals.models import Opening
from integrations.models import Appointment, Client, Location
from integrations.people import household

SHOWN_LEFT_OUT = 12


def candidates_for(
    slot: Slot, settings: OpenSlotSettings, as_of: datetime
) -> tuple[list[Candidate], list[Skipped]]:
    """Whom to ask, best first, and who is left out and why. At most three queries."""
    found = rank(slot, waiting_for(slot, settings, as_of), settings, as_of)
    return as_candidates(found), as_skipped(found)


def rank(
    slot: Slot, waiting: Sequence[Waiting], settings: OpenSlotSettings, as_of: datetime
) -> Ranking:
    """The list for one slot, from facts alone. One place per client, and one per phone."""
    scored: list[tuple[Ranked, Waiting]] = []
    left_out: list[LeftOut] = []
    terms, weights = Terms(slot, settings, as_of), weights_of(settings)
    for entry in waiting:
        asking = Asking(entry, terms)
        reason = why_not(asking)
        if reason:
            left_out.append(_left_out(entry, reason))
        else:
            scored.append((ranked(asking, weights), entry))
    # Equal scores: who has waited longer, then the older entry.
    scored.sort(key=lambda pair: (-pair[0].score, pair[1].waiting_since or as_of, pair[0].entry_id))
    best, twice = _once_each(scored)
    asked = {one.client_id for one in best}
    kept = [one for one in left_out if one.client_id not in asked]
    return Ranking(ranked=best, left_out=[*twice, *_one_per_client(kept)])


def _once_each(scored: Sequence[tuple[Ranked, Waiting]]) -> tuple[list[Ranked], list[LeftOut]]:
    """A phone rings once: a family's second member is left out, and it is said."""
    best: list[Ranked] = []
    left_out: list[LeftOut] = []
    clients: set[int] = set()
    phones: set[int] = set()
    for one, entry in scored:
        if one.client_id in clients:
            continue
        if entry.phone_of in phones:
            left_out.append(_left_out(entry, "Shares a phone with somebody who is asked."))
            continue
        best.append(one)
        clients.add(one.client_id)
        phones |= {entry.phone_of} - {0}
    return best, left_out


def _one_per_client(left_out: Sequence[LeftOut]) -> list[LeftOut]:
    first: dict[int, LeftOut] = {}
    for one in left_out:
        first.setdefault(one.client_id, one)
    return list(first.values())


def _left_out(entry: Waiting, reason: str) -> LeftOut:
    return LeftOut(entry_id=entry.entry_id, client_id=entry.client_id, reason=reason)


def as_candidates(found: Ranking) -> list[Candidate]:
    return [
        Candidate(
            entry_id=one.entry_id,
            client_id=one.client_id,
            score=one.score,
            reasons=tuple(one.reasons),
            doubts=tuple(one.doubts),
            instead_of=one.instead_of,
        )
        for one in found.ranked
    ]


def as_skipped(found: Ranking, most: int = SHOWN_LEFT_OUT) -> list[Skipped]:
    return [
        Skipped(client_id=one.client_id, reason=one.reason, entry_id=one.entry_id)
        for one in found.left_out[:most]
    ]


def slot_of(opening: Opening) -> Slot:
    """The slot of a recorded opening (reads what is not loaded yet)."""
    service, staff, location = opening.service, opening.staff, opening.location
    return Slot(
        opening_id=opening.pk,
        location_id=location.pk,
        timezone=location.timezone,
        starts_at=opening.starts_at,
        ends_at=opening.ends_at,
        service_id=opening.service_id,
        service=service.name if service else "",
        staff_id=opening.staff_id,
        staff_external_id=staff.external_id if staff else "",
        staff=staff.name if staff else "",
        skills=[str(skill) for skill in staff.skills] if staff else [],
        room_kind=room_kind(location, opening.resource_id),
        postal_code=location.postal_code,
        given_up_by=opening.given_up_by_id,
        given_up_phone_of=_oldest_on_phone(opening.given_up_by),
        appointment_id=opening.appointment_id,
    )


def slot_of_visit(row: Appointment) -> Slot:
    """The time of a visit that may yet be given up, as if it were free; nothing is recorded."""
    service, staff, location = row.service, row.staff, row.location
    length = timedelta(minutes=service.minutes if service and service.minutes else 60)
    return Slot(
        location_id=location.pk,
        timezone=location.timezone,
        starts_at=row.starts_at,
        ends_at=row.ends_at or row.starts_at + length,
        service_id=row.service_id,
        service=service.name if service else row.service_name,
        staff_id=row.staff_id,
        staff_external_id=staff.external_id if staff else "",
        staff=staff.name if staff else "",
        skills=[str(skill) for skill in staff.skills] if staff else [],
        room_kind=room_kind(location, row.resource_id),
        postal_code=location.postal_code,
        given_up_by=row.client_id,
        given_up_phone_of=_oldest_on_phone(row.client),
        appointment_id=row.pk,
    )


def room_kind(location: Location, resource_id: str) -> str:
    """``room`` or ``chair``, as the location names its resources; '' when it is not known."""
    for one in location.resources:
        if isinstance(one, dict) and resource_id and str(one.get("id")) == resource_id:
            return str(one.get("kind") or "")
    return ""


def _oldest_on_phone(client: Client | None) -> int:
    if client is None or not client.phone:
        return 0
    return min(one.pk for one in household(client))
