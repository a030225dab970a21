"""Pressing the brakes: pause and resume sending, and "something went wrong today"."""

from datetime import timedelta

from django.db import transaction

from approvals.actions_answers import CallClient
from approvals.brakes import NICE_TO_SEND, PAUSED, may_brake
from approvals.errors import AlreadyDecided, NoRight, NotPossible
from approvals.models import ApprovalItem, Effect, Mishap, SendingPause
from approvals.permissions import MANAGER_RIGHT, rights_of
from approvals.proposals import EvidenceItem, Proposal
from approvals.selectors.thread import client_seen
from approvals.services.closing import item_withdraw
from approvals.services.items import item_fill, item_open
from approvals.services.noticing import managers_tell
from approvals.services.steps import item_step
from approvals.writing_rules import RIGHT, WRITTEN
from core import clock
from core.audit import audit_record
from core.doorbell import ring_on_commit
from core.hints import hint_on_commit
from core.work import WorkRow
from integrations.models import Appointment, Client, Location, User
from integrations.moments import when
from integrations.people import telephone

State = ApprovalItem.State
DRAIN = "approvals.effects_drain"
SPANS = (7, 14, 30, 90)
TOLD_FOR = timedelta(days=14)


def sending_pause(*, user: User, location_id: int, reason: str) -> SendingPause:
    """Hold back everything of a location, from this moment. The reason is shown to everybody."""
    why = " ".join(reason.split())[:200]
    if not why:
        raise NotPossible("Please say why, so that everybody knows.")
    with transaction.atomic():
        place = _place(user, location_id)
        if place.sending_paused_at is not None:
            held = SendingPause.objects.filter(location=place, resumed_at=None).first()
            who = held.paused_by_name if held else ""
            raise AlreadyDecided(who, place.sending_paused_at, "Sending is paused already.")
        now = clock.now()
        pause = SendingPause.objects.create(
            location=place, reason=why, paused_at=now, paused_by=user, paused_by_name=user.name
        )
        Location.objects.filter(pk=place.pk).update(
            sending_paused_at=now, sending_paused_reason=why
        )
        _audit(user, place, "sending.paused", pause, {"reason": why})
        return pause


def sending_resume(*, user: User, location_id: int) -> SendingPause:
    """Let it go again. Everything that waited is checked again before it leaves."""
    with transaction.atomic():
        place = _place(user, location_id)
        pause = SendingPause.objects.filter(location=place, resumed_at=None).first()
        if place.sending_paused_at is None:
            last = SendingPause.objects.filter(location=place).order_by("-paused_at").first()
            who, at = (last.resumed_by_name, last.resumed_at) if last else ("", None)
            raise AlreadyDecided(who, at, "Sending is on.")
        if pause is None:
            # Set by other means (an admin, a restored copy): the stretch is kept all the same.
            pause = SendingPause(
                location=place,
                reason=place.sending_paused_reason,
                paused_at=place.sending_paused_at,
            )
        Location.objects.filter(pk=place.pk).update(
            sending_paused_at=None, sending_paused_reason=""
        )
        pause.resumed_at, pause.resumed_by, pause.resumed_by_name = clock.now(), user, user.name
        pause.released = _released(place.pk)
        pause.save()
        _audit(user, place, "sending.resumed", pause, {})
        return pause


def _released(location_id: int) -> int:
    """What the worker had put back is due now; it reads every fact again before it calls."""
    waited = Effect.objects.filter(
        item__location_id=location_id,
        state=WorkRow.State.WAITING,
        outcome="",
        last_error=PAUSED,
    )
    changed = waited.update(not_before=clock.now())
    if changed:
        ring_on_commit(DRAIN)
    return changed


def _place(user: User, location_id: int) -> Location:
    """The location's row, locked first: the call of an effect takes the same order."""
    if not may_brake(rights_of(user), location_id):
        raise NoRight("You cannot decide about sending there.")
    return Location.objects.select_for_update(of=("self",), no_key=True).get(pk=location_id)


def _audit(
    user: User, place: Location, action: str, pause: SendingPause, detail: dict[str, str]
) -> None:
    audit_record(
        action=action,
        actor=user.as_actor(),
        connection=place.connection_id,
        location=place.pk,
        subject=f"pause:{pause.pk}",
        facts={"pause": pause.pk, "released": pause.released},
        detail=detail or None,
    )
    hint_on_commit(place.pk)


def mishap_report(
    *, user: User, client_id: int, appointment_id: int, days: int = 14, words: str = ""
) -> Mishap:
    """Something went wrong at this appointment: what is nice to send steps back, a manager is told.

    ``days``: of ``SPANS``. Drafts of that kind which wait are withdrawn, held ones do not leave.
    """
    if days not in SPANS:
        raise NotPossible("Please choose for how long.")
    with transaction.atomic():
        client = client_seen(rights_of(user), client_id)
        visit = (
            Appointment.objects.select_related("location")
            .filter(pk=appointment_id, client=client, deleted_at=None)
            .first()
        )
        if visit is None or not rights_of(user).has(visit.location_id, RIGHT):
            raise NoRight
        now = clock.now()
        mishap = Mishap.objects.create(
            location=visit.location,
            client=client,
            appointment=visit,
            words=" ".join(words.split())[:300],
            at=now,
            until=now + timedelta(days=days),
            user=user,
            user_name=user.name,
        )
        mishap.item = _for_the_manager(user, client, visit, mishap)
        mishap.save(update_fields=["item"])
        _step_back(user, client)
        _mishap_audit(user, mishap, "mishap.reported", {"days": days})
        managers_tell(location_id=visit.location_id, key=f"mishap:{mishap.pk}")
        return mishap


def mishap_end(*, user: User, mishap_id: int) -> Mishap:
    """It is all right again (or was pressed by mistake): drafts are made as before."""
    with transaction.atomic():
        mishap = (
            Mishap.objects.select_for_update(of=("self",))
            .select_related("location", "client", "item")
            .filter(pk=mishap_id)
            .first()
        )
        if mishap is None or not rights_of(user).has(mishap.location_id, RIGHT):
            raise NoRight
        client_seen(rights_of(user), mishap.client_id)
        if mishap.ended_at is not None:
            raise AlreadyDecided(mishap.ended_by_name, mishap.ended_at, "It was ended already.")
        mishap.ended_at, mishap.ended_by_name = clock.now(), user.name
        mishap.save(update_fields=["ended_at", "ended_by_name"])
        if mishap.item_id is not None:
            item_withdraw(
                actor=user.as_actor(), item_id=mishap.item_id, reason=f"Ended by {user.name}."
            )
        _mishap_audit(user, mishap, "mishap.ended", {})
        return mishap


def _step_back(user: User, client: Client) -> None:
    waiting = [State.DRAFTING, State.PENDING, State.STALE, State.FAILED, State.APPROVED]
    found = ApprovalItem.objects.filter(NICE_TO_SEND, client=client, state__in=waiting)
    why = "Something went wrong at their appointment."
    for item_id in found.order_by("id").values_list("pk", flat=True):
        item_withdraw(actor=user.as_actor(), item_id=item_id, reason=why)


def _mishap_audit(user: User, mishap: Mishap, action: str, facts: dict[str, int]) -> None:
    audit_record(
        action=action,
        actor=user.as_actor(),
        connection=mishap.client.connection_id,
        location=mishap.location_id,
        client=mishap.client_id,
        subject=f"appointment:{mishap.appointment_id}",
        correlation=f"mishap:{mishap.pk}",
        facts={"mishap": mishap.pk, "until": mishap.until.isoformat(), **facts},
        detail={"words": mishap.words} if mishap.words else None,
    )
    hint_on_commit(mishap.location_id)


def _for_the_manager(
    user: User, client: Client, visit: Appointment, mishap: Mishap
) -> ApprovalItem | None:
    """A line that only those who read the digest see: nothing to send, somebody to call."""
    at = when(visit.starts_at, visit.location.zone)
    about = f"Something went wrong at {client.short_name}'s appointment, {at}."
    item = item_open(
        actor=user.as_actor(),
        connection_id=client.connection_id,
        location_id=visit.location_id,
        agent=WRITTEN,
        subject=f"mishap:{mishap.pk}",
        occasion="reported",
        stage=ApprovalItem.Stage.REVIEW,
        title=f"Something went wrong: {client.short_name}",
        tag="for the manager",
        group="check",
        right=MANAGER_RIGHT,
        due_at=mishap.at + TOLD_FOR,
        client_id=client.pk,
        appointment_id=visit.pk,
    )
    said = f" {user.name}: {mishap.words}" if mishap.words else f" Reported by {user.name}."
    action = CallClient(
        client=client.external_id, phone=telephone(client.phone), about=f"{about}{said}"
    )
    proposal = _proposal(item, client, visit, action, user)
    filled = item_fill(actor=user.as_actor(), item_id=item.pk, proposal=proposal, author_id=user.pk)
    if filled is not None:
        item_step(filled, State.MANUAL, among=[State.PENDING], state_reason=f"{about}{said}"[:400])
    return filled


def _proposal(
    item: ApprovalItem, client: Client, visit: Appointment, action: CallClient, user: User
) -> Proposal:
    return Proposal(
        subject=item.subject,
        occasion=item.occasion,
        title=item.title,
        origin=f"Reported by {user.name}",
        tag=item.tag,
        group=item.group,
        right=item.right,
        actions=(action,),
        evidence=(
            EvidenceItem(
                label="Appointment",
                value=visit.service_name,
                source_kind="appointment",
                source_id=visit.external_id,
                source_label="appointment",
                read_at=clock.now(),
            ),
        ),
        reasons=(),
        known_facts=(),
        writer="person",
        due_at=item.due_at or clock.now() + TOLD_FOR,
        moment="two weeks after it",
        client_id=client.pk,
        appointment_id=visit.pk,
    )
