"""Making a wrong draft out of one that was right, now and then, where a manager asked for it."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from approvals.actions import SendMessage
from approvals.ladders.words import WEEKDAYS
from approvals.models import ApprovalItem, Evidence, LocationTrust, Revision, SeededDraft
from approvals.policy import FOLLOW_UPS
from approvals.proposals import EvidenceItem, KnownFact, Proposal, Reason
from approvals.services.filling import actions_of
from approvals.services.items import item_fill, item_open
from core import clock
from core.audit import Actor
from integrations.hours import is_open
from integrations.models import Appointment, Location

State, Kind = ApprovalItem.State, SeededDraft.Kind
ACTOR = Actor.system("attention")
SUBJECT = "seeded:"
# Young enough that its texts are kept and its facts are those of now.
SOURCE_WITHIN = timedelta(days=7)
# The visit must still be ahead, or nobody would believe a reminder of it.
AHEAD = timedelta(hours=3)
LASTS = timedelta(hours=20)
LOOKED_AT = 20
NAMES = {
    "en": ("Karen", "Megan", "Oliver", "Hannah", "Walter", "Denise", "Trevor", "Paula"),
    "es": ("Carmen", "Rosa", "Javier", "Lucia", "Marta", "Andres", "Elena", "Pablo"),
}


@dataclass(frozen=True)
class Falsified:
    """A text with one thing wrong: the kind, the word planted, and the action that says it."""

    kind: str
    planted: str
    action: SendMessage


def attention_look(now: datetime) -> int:
    """Plant what is due, at most one per location at a time and only while the desk is open."""
    asked = LocationTrust.objects.filter(
        seeded_percent__gt=0,
        location__deleted_at=None,
        location__sending_paused_at=None,
    ).select_related("location__connection")
    return sum(1 for trust in asked.order_by("pk") if is_due(trust, now) and plant(trust.location))


def is_due(trust: LocationTrust, now: datetime) -> bool:
    """Whether enough real drafts came since the last test. How many differs from time to time, by
    up to a half, so that nobody can count along."""
    if not is_open(trust.location, now):
        return False
    tests = SeededDraft.objects.filter(location=trust.location)
    if tests.filter(item__state__in=ApprovalItem.OPEN).exists():
        return False
    last = tests.order_by("-pk").first()
    since = max(trust.changed_at, last.planted_at) if last else trust.changed_at
    came = ApprovalItem.real.filter(location=trust.location, pending_at__gt=since)
    drafts = came.exclude(stage=ApprovalItem.Stage.OBSERVE).count()
    return drafts * trust.seeded_percent >= 100 * (0.5 + _share(f"{last.pk if last else 0}"))


def _share(words: str) -> float:
    return int(hashlib.sha256(words.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


@transaction.atomic
def plant(location: Location) -> SeededDraft | None:
    """One wrong draft, or None where no draft of late lends itself to it."""
    for source in _sources(location):
        wrong = falsified(source)
        if wrong is not None:
            return _planted(source, wrong)
    return None


def _sources(location: Location) -> Iterable[ApprovalItem]:
    """Texts that went out lately about visits still ahead, of clients for whom nothing waits."""
    now = clock.now()
    waiting = ApprovalItem.objects.filter(
        client=OuterRef("client"), state__in=[*ApprovalItem.OPEN, State.APPROVED, State.SENDING]
    )
    tested = SeededDraft.objects.filter(
        item__client=OuterRef("client"), planted_at__gt=now - 2 * SOURCE_WITHIN
    )
    found = ApprovalItem.real.filter(
        ~Exists(waiting),
        ~Exists(tested),
        location=location,
        state=State.SENT,
        closed_at__gte=now - SOURCE_WITHIN,
        right="review_messages",
        client__deleted_at=None,
        client__no_drafts=False,
        appointment__starts_at__gt=now + AHEAD,
        appointment__status__in=Appointment.UPCOMING,
    )
    related = ("client", "location", "connection", "revision", "appointment")
    return found.select_related(*related).order_by("-closed_at", "-pk")[:LOOKED_AT]


def falsified(source: ApprovalItem) -> Falsified | None:
    """The same text with another name or another day in it; None where it names neither."""
    if source.revision is None or source.client is None:
        return None
    main = [one for one in actions_of(source.revision) if one.name not in FOLLOW_UPS]
    if len(main) != 1 or not isinstance(main[0], SendMessage):
        return None
    text, language = main[0], source.revision.language
    ways = [_other_name(text, source, language), _other_day(text, source, language)]
    if source.pk % 2:
        ways.reverse()
    return next((one for one in ways if one is not None), None)


def _other_name(text: SendMessage, source: ApprovalItem, language: str) -> Falsified | None:
    name = source.client.first_name.strip() if source.client else ""
    known = {word.casefold() for fact in source.known_facts for word in fact["texts"]}
    names = [one for one in NAMES.get(language, NAMES["en"]) if one.casefold() not in known]
    if not name or not names:
        return None
    return _replaced(text, Kind.WRONG_NAME, name, names[source.pk % len(names)])


def _other_day(text: SendMessage, source: ApprovalItem, language: str) -> Falsified | None:
    days = WEEKDAYS.get(language, WEEKDAYS["en"])
    if source.appointment is None:
        return None
    right = source.appointment.starts_at.astimezone(source.location.zone).weekday()
    wrong = days[(right + 1 + source.pk % 6) % 7]
    return _replaced(text, Kind.WRONG_DAY, days[right], wrong)


def _replaced(text: SendMessage, kind: str, right: str, wrong: str) -> Falsified | None:
    body, count = re.subn(rf"(?<!\w){re.escape(right)}(?!\w)", wrong, text.body)
    return Falsified(kind, wrong, text.model_copy(update={"body": body})) if count else None


def _planted(source: ApprovalItem, wrong: Falsified) -> SeededDraft | None:
    if source.revision is None or source.appointment is None:
        return None
    now, proposal = clock.now(), _proposal(source, wrong, source.revision, source.appointment)
    item = item_open(
        actor=ACTOR,
        connection_id=source.connection_id,
        location_id=source.location_id,
        agent=source.agent,
        subject=proposal.subject,
        occasion=proposal.occasion,
        stage=ApprovalItem.Stage.REVIEW,
        title=source.title,
        tag=source.tag,
        group=source.group,
        right=source.right,
        due_at=proposal.due_at,
        client_id=source.client_id,
        appointment_id=source.appointment_id,
        staff_id=source.staff_id,
        event_at=now,
    )
    # Before it is filled: from then on the database keeps a draft from becoming a test.
    ApprovalItem.objects.filter(pk=item.pk).update(seeded=True)
    if item_fill(actor=ACTOR, item_id=item.pk, proposal=proposal) is None:
        return None
    return SeededDraft.objects.create(
        item=item, location=source.location, kind=wrong.kind, planted=wrong.planted
    )


def _proposal(
    source: ApprovalItem, wrong: Falsified, revision: Revision, visit: Appointment
) -> Proposal:
    return Proposal(
        subject=f"{SUBJECT}{source.pk}",
        occasion=source.occasion,
        title=source.title,
        origin=source.origin,
        tag=source.tag,
        group=source.group,
        right=source.right,
        actions=(wrong.action,),
        evidence=tuple(_evidence(revision)),
        reasons=tuple(Reason(one["text"], one["source"]) for one in revision.reasons),
        known_facts=tuple(
            KnownFact(fact["kind"], tuple(fact["texts"]), fact["source"])
            for fact in source.known_facts
        ),
        writer=revision.writer,
        due_at=min(visit.starts_at - AHEAD / 2, clock.now() + LASTS),
        moment=source.moment,
        purpose=source.purpose,
        client_id=source.client_id,
        appointment_id=source.appointment_id,
        staff_id=source.staff_id,
        language=revision.language,
        loss_risk=source.loss_risk,
    )


def _evidence(revision: Revision) -> list[EvidenceItem]:
    return [_shown(fact) for fact in revision.evidence.order_by("position")]


def _shown(fact: Evidence) -> EvidenceItem:
    """As it stood beside the right text, read now; without a check, because nothing is sent."""
    return EvidenceItem(
        label=fact.label,
        value=fact.value,
        source_kind=fact.source_kind,
        source_id=fact.source_id,
        source_label=fact.source_label,
        read_at=clock.now(),
    )
