"""What a call led to: one press tells the platform, closes what it settles, and is kept.

A change of the calendar goes the way of every draft: a revision, a decision by the person who
called, an effect with exactly that. Where the platform cannot, it becomes a step by hand.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from approvals.errors import AlreadyDecided, NoRight, NotPossible
from approvals.models import ApprovalItem, CallOutcome, CallWish
from approvals.permissions import Rights, rights_of
from approvals.policy import Happening, reached_by
from approvals.selectors.thread import client_seen
from approvals.selectors.visits import visit_seen, visits_together
from approvals.services import wishes
from approvals.services.call_drafts import platform_told
from approvals.services.closing import about, item_withdraw
from approvals.services.decisions import item_undo
from approvals.services.noticing import therapist_tell
from approvals.writing_rules import RIGHT
from core import clock
from core.audit import Actor, audit_record
from core.hints import hint_on_commit
from integrations.models import Appointment, Client, Location, User

Kind, State = CallOutcome.Kind, ApprovalItem.State
# What a confirmation by phone makes unnecessary. A visit called off or moved ends all its drafts.
CONFIRMING = ("confirmations", "reminders")
LATEST = 180


@dataclass(frozen=True)
class Call:
    """What the person pressed. ``key`` comes with the form: two presses of it are one call.

    ``moved_to`` (aware) and ``staff_id`` for *moved*; ``minutes`` for *running late*.
    """

    kind: str
    key: str
    appointment_id: int | None = None
    moved_to: datetime | None = None
    staff_id: int | None = None
    minutes: int = 0
    words: str = ""


def call_settle(*, user: User, client_id: int, call: Call) -> CallOutcome:
    """Keep what a call led to, tell the platform, and close the drafts it settles.

    Raises NoRight, or NotPossible in plain words; then nothing was written.
    """
    if call.kind not in Kind.values or not call.key:
        raise NotPossible("Please choose what the call led to.")
    with transaction.atomic():
        client = client_seen(rights_of(user), client_id)
        # The second press of a double click waits here, and finds what the first one wrote.
        Client.objects.select_for_update(of=("self",), no_key=True).get(pk=client.pk)
        before = CallOutcome.objects.filter(client=client, key=call.key[:80]).first()
        if before is not None:
            return before
        rights = rights_of(user)
        visit = visit_seen(rights, client, call.appointment_id) if call.appointment_id else None
        made = _kept(user, client, visit, _place(rights, client, visit), call)
        _do(user, client, visit, made, call)
        wishes_settled(actor=user.as_actor(), client_id=client.pk, kind=made.kind)
        _audit(user, made)
        return made


def _place(rights: Rights, client: Client, visit: Appointment | None) -> Location:
    if visit is not None:
        return visit.location
    last = (
        Appointment.objects.filter(client=client, location__in=rights.locations_with(RIGHT))
        .select_related("location")
        .order_by("-starts_at")
        .first()
    )
    if last is not None:
        return last.location
    held = Location.objects.filter(
        pk__in=rights.locations_with(RIGHT), connection_id=client.connection_id
    )
    place = held.order_by("pk").first()
    if place is None:
        raise NoRight
    return place


def _kept(
    user: User, client: Client, visit: Appointment | None, place: Location, call: Call
) -> CallOutcome:
    return CallOutcome.objects.create(
        location=place,
        client=client,
        appointment=visit,
        kind=call.kind,
        key=call.key[:80],
        user=user,
        user_name=user.name,
        at=clock.now(),
        starts_at=visit.starts_at if visit else None,
        moved_to=call.moved_to if call.kind == Kind.MOVED else None,
        minutes=call.minutes if call.kind == Kind.LATE else None,
        words=" ".join(call.words.split())[:300],
    )


def _do(
    user: User, client: Client, visit: Appointment | None, made: CallOutcome, call: Call
) -> None:
    """Everything an outcome leads to, in the caller's transaction."""
    if call.kind == Kind.STOPPED:
        wishes.client_opt_out(user=user, client_id=client.pk, channel="sms")
        return
    if visit is None:
        if call.kind != Kind.VOICEMAIL:
            raise NotPossible("Please choose which appointment it was about.")
        return
    together = visits_together(visit)
    if call.kind == Kind.LATE and not 0 < call.minutes <= LATEST:
        raise NotPossible("Please say by how many minutes.")
    drafts_settled(user=user, client=client, visits=together, kind=call.kind)
    made.item = platform_told(user=user, visits=together, made=made, staff_id=call.staff_id)
    made.save(update_fields=["item"])
    if call.kind == Kind.LATE:
        therapist_tell(visit=visit, key=f"late:{made.pk}")


def drafts_settled(*, user: User, client: Client, visits: list[Appointment], kind: str) -> int:
    """Withdraw the drafts that this call makes unnecessary; returns how many. Held ones too."""
    if kind not in CallOutcome.SETTLES:
        return 0
    among = reached_by(Happening.STOP)[State.WITHDRAWN]
    why = f"Handled by phone ({user.name})."
    closed = 0
    for visit in visits:
        found = ApprovalItem.objects.filter(about(client.pk, visit.pk), state__in=among)
        found = found.filter(appointment=visit) | found.filter(covers__contains=[[visit.pk]])
        if kind == Kind.CONFIRMED:
            found = found.filter(group__in=CONFIRMING)
        # What a manager is told about a mishap is not settled by anybody's call.
        for item_id in (
            found.exclude(right="read_digest").order_by("id").values_list("pk", flat=True)
        ):
            closed += item_withdraw(actor=user.as_actor(), item_id=item_id, reason=why)
    return closed


def call_undo(*, user: User, outcome_id: int) -> CallOutcome:
    """A wrong press: what has not left for the platform is taken back, and the call was none."""
    with transaction.atomic():
        made = (
            CallOutcome.objects.select_for_update(of=("self",))
            .select_related("item", "client", "location")
            .filter(pk=outcome_id)
            .first()
        )
        if made is None or not rights_of(user).has(made.location_id, RIGHT):
            raise NoRight
        client_seen(rights_of(user), made.client_id)
        if made.undone_at is not None:
            raise AlreadyDecided(made.undone_by_name, made.undone_at, "It was taken back already.")
        if made.kind == Kind.STOPPED:
            raise NotPossible("Under Wishes you can note that texts are welcome again.")
        if made.item is not None:
            _item_back(user, made.item)
        made.undone_at, made.undone_by_name = clock.now(), user.name
        made.save(update_fields=["undone_at", "undone_by_name"])
        _audit(user, made, "call.undone")
        return made


def _item_back(user: User, item: ApprovalItem) -> None:
    if item.state in (State.APPROVED, State.MANUAL):
        item_undo(user=user, item_id=item.pk)
    item_withdraw(actor=user.as_actor(), item_id=item.pk, reason=f"Taken back by {user.name}.")
    item.refresh_from_db(fields=["state"])
    if item.state != State.WITHDRAWN:
        raise NotPossible("The platform knows it already. Please change it there.")


def _audit(user: User, made: CallOutcome, action: str = "") -> None:
    audit_record(
        action=action or f"call.{made.kind}",
        actor=user.as_actor(),
        connection=made.client.connection_id,
        location=made.location_id,
        client=made.client_id,
        subject=f"call:{made.pk}",
        correlation=f"item:{made.item_id}" if made.item_id else f"call:{made.pk}",
        facts={"appointment": made.appointment_id, "item": made.item_id, "minutes": made.minutes},
        detail={"words": made.words} if made.words else None,
    )
    hint_on_commit(made.location_id)


def call_wanted(
    *,
    actor: Actor,
    location_id: int,
    client_id: int,
    reason: str,
    due_at: datetime,
    key: str,
    appointment_id: int | None = None,
    item_id: int | None = None,
) -> CallWish:
    """Put somebody on *To call* with a reason in plain words, until ``due_at`` or a call.

    ``key`` is the occasion (unique at a location): the same again changes the line, and brings it
    back when it was settled. Call inside the transaction of whatever made it necessary.
    """
    wish, made = CallWish.objects.update_or_create(
        location_id=location_id,
        key=key[:120],
        defaults={
            "client_id": client_id,
            "appointment_id": appointment_id,
            "item_id": item_id,
            "reason": reason[:200],
            "due_at": due_at,
            "settled_at": None,
            "settled_by_name": "",
        },
    )
    audit_record(
        action="call.wanted",
        actor=actor,
        location=location_id,
        client=client_id,
        subject=f"call_wish:{wish.pk}",
        facts={"key": key[:120], "new": made, "item": item_id},
    )
    hint_on_commit(location_id)
    return wish


def wishes_settled(
    *, actor: Actor, client_id: int, kind: str = "", location_id: int | None = None, key: str = ""
) -> int:
    """Take lines off *To call*: all of a client after a call, or one by its location and key.

    A voicemail settles nothing: they are called again.
    """
    if kind == Kind.VOICEMAIL:
        return 0
    found = CallWish.objects.filter(client_id=client_id, settled_at=None)
    if key and location_id is not None:
        found = found.filter(location_id=location_id, key=key[:120])
    return found.update(settled_at=clock.now(), settled_by_name=actor.name[:200])
