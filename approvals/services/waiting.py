"""The waitlist changed at the desk: a person's own decision, on its way to the platform at once.

Where the platform lets nobody change its waitlist, ``waitlist_closed`` says in plain words what to
do instead, and every function here refuses with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from approvals.actions import Action
from approvals.actions_offers import AddToWaitlist, UpdateWaitlist
from approvals.errors import NoRight, NotPossible
from approvals.ladders.counter import RIGHT
from approvals.models import ApprovalItem
from approvals.permissions import rights_of
from approvals.proposals import EvidenceItem, Proposal
from approvals.selectors.waitlist import SUBJECT, entries_seen, waitlist_closed
from approvals.services.approving import approve_locked
from approvals.services.items import item_fill, item_open
from approvals.writing_rules import WRITTEN
from core import clock
from integrations.models import (
    Client,
    Connection,
    Location,
    Service,
    StaffMember,
    User,
    WaitlistEntry,
)
from integrations.people import clients_at

USEFUL_FOR = timedelta(days=2)
LONGEST_NOTE = 500
GOING = (*ApprovalItem.LIVE, ApprovalItem.State.SENDING, ApprovalItem.State.UNKNOWN)


@dataclass(frozen=True)
class Wish:
    """What somebody waits for, as a person chose it. Ids are ours; no staff means anybody."""

    service_id: int
    staff_id: int | None = None
    window: Mapping[str, Any] | None = None
    note: str = ""


def entry_add(
    *, user: User, location_id: int, client_id: int, wish: Wish, key: str
) -> ApprovalItem:
    """Put a client on the platform's waitlist; returns the draft it went as.

    The same ``key`` again returns the same draft and adds nobody twice. Raises NoRight, or
    NotPossible in plain words.
    """
    with transaction.atomic():
        place = _place(user, location_id)
        client = _locked_client(place, client_id)
        if (before := _written_before(key)) is not None:
            return before
        service, staff = _records(place, wish)
        _not_twice(place, client, service)
        action = AddToWaitlist(
            client=client.external_id,
            location=place.external_id,
            service=service.external_id,
            staff=(staff.external_id,) if staff else (),
            windows=(dict(wish.window),) if wish.window else (),
            note=wish.note.strip()[:LONGEST_NOTE],
        )
        title = f"{client.short_name} waits for {service.name}"
        subject = f"{SUBJECT}client:{client.pk}"
        return _going(user, place, client, action, subject, key, title)


def entry_edit(
    *, user: User, entry_id: int, wish: Wish, key: str, seen: str
) -> ApprovalItem | None:
    """Change an entry; None when nothing is different. ``seen``: ``mark_of`` the entry as shown."""
    with transaction.atomic():
        entry = _entry(user, entry_id)
        if (before := _written_before(key)) is not None:
            return before
        _as_seen(entry, seen)
        service, staff = _records(entry.location, wish)
        fields: dict[str, Any] = {
            "service": service.external_id,
            "staff": staff.external_id if staff else None,
            **_when([wish.window] if wish.window else []),
            "note": wish.note.strip()[:LONGEST_NOTE],
        }
        was = _as_it_is(entry)
        if fields["windows"] == was["windows"][:1]:
            # The form shows the first of several times: unchanged, the others stay as well.
            fields["windows"] = was["windows"]
        fields = {name: value for name, value in fields.items() if value != was[name]}
        if not fields:
            return None
        title = f"{entry.client.short_name} waits for {service.name}"
        return _changing(user, entry, fields, key, title)


def entry_remove(*, user: User, entry_id: int, key: str, seen: str) -> ApprovalItem:
    """Take an entry off the list at the platform."""
    with transaction.atomic():
        entry = _entry(user, entry_id)
        if (before := _written_before(key)) is not None:
            return before
        _as_seen(entry, seen)
        title = f"{entry.client.short_name} leaves the waitlist"
        return _changing(user, entry, {"status": "removed"}, key, title)


def mark_of(entry: WaitlistEntry) -> str:
    """Changes when the entry does: what is edited is what was on the page."""
    at = entry.platform_updated_at or entry.synced_at
    return f"{entry.status}:{at.isoformat() if at else ''}"


def _place(user: User, location_id: int) -> Location:
    rights = rights_of(user)
    place = Location.objects.select_related("connection").filter(pk=location_id).first()
    if place is None or not rights.has(place.pk, RIGHT) or rights.provider_only(place.pk, RIGHT):
        raise NoRight
    _open(place.connection)
    return place


def _open(connection: Connection) -> None:
    closed = waitlist_closed(connection)
    if closed:
        raise NotPossible(closed)


def _locked_client(place: Location, client_id: int) -> Client:
    """Locked, so that the second press of a double click finds what the first one wrote."""
    known = clients_at([place.pk]).filter(pk=client_id).values_list("pk", flat=True)
    if not list(known):
        raise NotPossible("Choose a client of this location.")
    return Client.objects.select_for_update(of=("self",)).get(pk=client_id)


def _written_before(key: str) -> ApprovalItem | None:
    """What this very form was sent as already."""
    return ApprovalItem.objects.filter(agent=WRITTEN, occasion=_occasion(key)).first()


def _entry(user: User, entry_id: int) -> WaitlistEntry:
    entry = (
        WaitlistEntry.objects.select_for_update(of=("self",))
        .filter(entries_seen(rights_of(user)), pk=entry_id)
        .first()
    )
    if entry is None:
        raise NoRight
    _open(entry.location.connection)
    return entry


def _as_seen(entry: WaitlistEntry, seen: str) -> None:
    if mark_of(entry) != seen:
        raise NotPossible("This entry changed in the meantime. Here it is as it stands now.")
    going = ApprovalItem.objects.filter(
        subject=f"{SUBJECT}entry:{entry.pk}", agent=WRITTEN, state__in=GOING
    )
    if going.exists():
        raise NotPossible("A change of this entry is on its way. Wait a moment, and look again.")


def _records(place: Location, wish: Wish) -> tuple[Service, StaffMember | None]:
    here = {"connection_id": place.connection_id, "deleted_at": None}
    service = Service.objects.filter(**here, pk=wish.service_id).first()
    if service is None:
        raise NotPossible("Choose what they wait for.")
    staff = StaffMember.objects.filter(**here, pk=wish.staff_id or 0).first()
    if wish.staff_id and staff is None:
        raise NotPossible("This therapist is not here any more.")
    if staff is not None and service.skill and service.skill not in staff.skills:
        raise NotPossible(f"{staff.name} does not do {service.name}.")
    return service, staff


def _not_twice(place: Location, client: Client, service: Service) -> None:
    waits = WaitlistEntry.objects.filter(
        client=client, location=place, service=service, status="waiting", deleted_at=None
    )
    if waits.exists():
        raise NotPossible(f"{client.short_name} waits for {service.name} already.")


def _as_it_is(entry: WaitlistEntry) -> dict[str, Any]:
    return {
        "service": entry.service.external_id if entry.service else None,
        "staff": next((str(one) for one in entry.staff_ids), None),
        **_when([one for one in entry.windows if isinstance(one, dict)]),
        "note": entry.note,
    }


def _when(windows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Hours by themselves and the first and last day by themselves, as a platform keeps them."""
    first = windows[0] if windows else {}
    hours = [
        {name: one[name] for name in ("days", "from", "to") if one.get(name)} for one in windows
    ]
    dates = {name: first.get(name) or None for name in ("earliest", "latest")}
    return {"windows": [one or {"days": "MTWTFSS"} for one in hours], **dates}


def _changing(
    user: User, entry: WaitlistEntry, fields: dict[str, Any], key: str, title: str
) -> ApprovalItem:
    action = UpdateWaitlist(entry=entry.external_id, fields=fields)
    subject = f"{SUBJECT}entry:{entry.pk}"
    return _going(user, entry.location, entry.client, action, subject, key, title)


def _occasion(key: str) -> str:
    return f"waitlist:{key}"[:120]


def _going(
    user: User,
    place: Location,
    client: Client,
    action: Action,
    subject: str,
    key: str,
    title: str,
) -> ApprovalItem:
    """A draft, a revision, a decision and an effect: the way of everything that leaves us."""
    due = clock.now() + USEFUL_FOR
    item = item_open(
        actor=user.as_actor(),
        connection_id=place.connection_id,
        location_id=place.pk,
        agent=WRITTEN,
        subject=subject,
        occasion=_occasion(key),
        stage=ApprovalItem.Stage.REVIEW,
        title=title,
        tag="Waitlist",
        group="changes",
        right=RIGHT,
        due_at=due,
        client_id=client.pk,
    )
    proposal = _proposal(user, item, client, action)
    filled = item_fill(actor=user.as_actor(), item_id=item.pk, proposal=proposal, author_id=user.pk)
    if filled is None or filled.revision is None:
        item.refresh_from_db()
        raise NotPossible(item.state_reason)
    approve_locked(item=filled, user=user, revision_id=filled.revision.pk)
    return filled


def _proposal(user: User, item: ApprovalItem, client: Client, action: Action) -> Proposal:
    return Proposal(
        subject=item.subject,
        occasion=item.occasion,
        title=item.title,
        origin=f"Changed at the desk by {user.name}",
        tag="Waitlist",
        group=item.group,
        right=RIGHT,
        actions=(action,),
        evidence=tuple(_evidence(client)),
        reasons=(),
        known_facts=(),
        writer="person",
        due_at=item.due_at or clock.now() + USEFUL_FOR,
        moment="of use until",
        client_id=client.pk,
    )


def _evidence(client: Client) -> Sequence[EvidenceItem]:
    return (
        EvidenceItem(
            label="Client",
            value=client.name,
            source_kind="client",
            source_id=client.external_id,
            source_label="client",
            read_at=clock.now(),
        ),
    )
