"""Editing: a person's words become a Revision of their own, with the facts checked again."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from approvals.actions import Action as TypedAction
from approvals.actions import SendMessage
from approvals.errors import Changed, NotPossible
from approvals.hygiene import clean_text
from approvals.ladders.editing import ladder_read, rung_at, rung_keep
from approvals.models import ApprovalItem, Decision, Evidence, Revision, TypedText
from approvals.proposals import EvidenceItem
from approvals.services import filling
from approvals.services.approving import approve_locked, care_taken
from approvals.services.locking import item_locked, revision_seen
from approvals.services.steps import already_decided, item_audit, item_step
from core import clock
from integrations.models import Appointment, User

State = ApprovalItem.State
EDITABLE = (State.PENDING, State.FAILED, State.STALE)
LONGEST = 2000


def item_edit(
    *, user: User, item_id: int, base_revision: int, body: str, subject: str = ""
) -> Revision:
    """Store a person's text as a new Revision. ``base_revision`` is the number they started from.

    Editing a stale draft also accepts what changed: the facts are then the ones of now, and are
    checked again before sending.
    """
    with transaction.atomic():
        return _edit(user, item_id, base_revision, body, subject)


def rung_edit(
    *,
    user: User,
    item_id: int,
    offer_id: int,
    base_revision: int,
    body: str,
    subject: str = "",
) -> Revision:
    """The same for the text of one rung of a ladder, whichever it is; the others stay as they are.

    Raises NotPossible also for somebody who was asked already.
    """
    with transaction.atomic():
        return _edit(user, item_id, base_revision, body, subject, offer_id)


def item_edit_and_approve(
    *,
    user: User,
    item_id: int,
    base_revision: int,
    body: str,
    subject: str = "",
    seconds: float | None = None,
    reason: str = "",
) -> Decision:
    """Store the edit and approve it, or neither."""
    with transaction.atomic():
        revision = _edit(user, item_id, base_revision, body, subject)
        item = item_locked(user, item_id)
        # Who typed the words has read them: seconds count for a card that was only looked at.
        care_taken(item, user, None, reason)
        return approve_locked(
            item=item,
            user=user,
            revision_id=revision.pk,
            seconds=seconds,
            reason=reason,
            held=True,
        )


def _edit(
    user: User,
    item_id: int,
    base_revision: int,
    body: str,
    subject: str,
    offer_id: int | None = None,
) -> Revision:
    item = _locked(user, item_id, base_revision)
    if item.revision is None:
        raise Changed(item)
    body, subject = _checked(body), clean_text(subject).strip()
    rung = rung_at(item, offer_id)
    before = filling.actions_of(item.revision)
    actions = _with_text(before, body, subject, rung.place if rung else None)
    read = ladder_read(item, rung, actions, user) if rung else _read(item, body)
    revision = _revision(item, actions, read, user)
    whom = ""
    if rung is not None:
        rung_keep(item, rung, revision)
        whom = f"The text to {rung.offer.client.short_name}"
    _take(item, revision, read, user, whom)
    return revision


def _checked(body: str) -> str:
    body = clean_text(body).strip()
    if not body:
        raise NotPossible("The text is empty.")
    if len(body) > LONGEST:
        raise NotPossible(f"The text is longer than {LONGEST} characters. Please shorten it.")
    return body


def _read(item: ApprovalItem, body: str) -> filling.Read:
    return filling.text_read(
        item,
        body,
        item.known_facts,
        channel=item.revision.channel if item.revision else "",
        writer="person",
        first=False,
        tainted=False,
    )


def _revision(
    item: ApprovalItem, actions: Sequence[TypedAction], read: filling.Read, user: User
) -> Revision:
    base = item.revision
    if base is None:
        raise Changed(item)
    kept = list(base.evidence.order_by("position"))
    stale = item.state == State.STALE
    return filling.revision_write(
        item,
        writer=Revision.Writer.PERSON,
        actions=actions,
        evidence=[evidence_accepted(item, fact) for fact in kept] if stale else kept,
        read=read,
        reasons=base.reasons,
        language=base.language,
        author_id=user.pk,
    )


def _locked(user: User, item_id: int, base_revision: int) -> ApprovalItem:
    item = item_locked(user, item_id)
    if item.state not in EDITABLE:
        raise already_decided(item.pk)
    revision_seen(item, number=base_revision)
    return item


def _take(
    item: ApprovalItem, revision: Revision, read: filling.Read, user: User, words: str = ""
) -> None:
    fields: dict[str, Any] = {
        "revision": revision,
        "known_facts": item.known_facts,
        "preview": filling.preview_of(revision.body),
        "facts_ok": read.facts_ok,
        "care": read.care.care,
        "care_reasons": list(read.care.reasons),
        "changes": [],
    }
    if item.state == State.PENDING:
        ApprovalItem.objects.filter(pk=item.pk).update(version=item.version + 1, **fields)
        for name, value in fields.items():
            setattr(item, name, value)
    else:
        item_step(item, State.PENDING, among=list(EDITABLE), **fields)
    Decision.objects.create(
        item=item,
        kind=Decision.Kind.EDIT,
        revision=revision,
        actor=user,
        actor_name=user.name,
        actor_platform_id=user.as_actor().platform_id,
        words=words,
    )
    TypedText.objects.filter(item=item, user=user).delete()
    item_audit(
        item, "item.edited", user.as_actor(), {"revision": revision.pk, "number": revision.number}
    )


def _with_text(
    actions: Sequence[TypedAction], body: str, subject: str, place: int | None
) -> list[TypedAction]:
    """The same actions, one text replaced: the one at that place, else the first."""
    speaking = [at for at, action in enumerate(actions) if hasattr(action, "body")]
    at = speaking[0] if place is None and speaking else place
    if at is None or at not in speaking:
        raise NotPossible("There is no text to edit in this draft.")
    update = {"body": body}
    if isinstance(actions[at], SendMessage) and subject:
        update["subject"] = subject
    changed = list(actions)
    changed[at] = actions[at].model_copy(update=update)
    return changed


def evidence_accepted(item: ApprovalItem, fact: Evidence) -> EvidenceItem:
    """The fact as it is now, for somebody who has seen what changed and goes on.

    Consent and address are never accepted away: they are checked whatever the evidence says.
    """
    params, value, now = dict(fact.check_params), fact.value, clock.now()
    change = next((c for c in item.changes if c["label"] == fact.label), None)
    if change is not None:
        value = change["now"]
    if "since" in params:
        params["since"] = now.isoformat()
    if fact.check_kind == "appointment_as_was" and change is not None:
        params |= _appointment_now(item, params)
    return EvidenceItem(
        label=fact.label,
        value=value,
        source_kind=fact.source_kind,
        source_id=fact.source_id,
        source_label=fact.source_label,
        read_at=now,
        check_kind=fact.check_kind,
        check_params=params,
    )


def _appointment_now(item: ApprovalItem, params: dict[str, Any]) -> dict[str, Any]:
    appointment = Appointment.objects.filter(
        pk=params.get("appointment") or 0, connection_id=item.connection_id
    ).first()
    if appointment is None or not appointment.is_upcoming:
        raise NotPossible("The appointment is off. Please reject this draft.")
    now = {
        "starts_at": appointment.starts_at.isoformat(),
        "staff": appointment.staff_id,
        "service": appointment.service_id,
        "status_in": [str(status) for status in Appointment.UPCOMING],
    }
    return {name: value for name, value in now.items() if name in params}
