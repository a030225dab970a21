"""The salon's own answers: found by how they are asked, written by whoever looks after them."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from agents.knowledge.words import telling_stems
from copilot.ask.models import CannedAnswer
from core import clock
from core.audit import Actor, audit_record
from integrations.models import Connection, Location

MOST_SHOWN = 6


def canned_here(location: Location) -> QuerySet[CannedAnswer]:
    """What holds at this location, its own first."""
    rows = CannedAnswer.objects.filter(connection=location.connection_id)
    return rows.filter(Q(location=location) | Q(location=None)).order_by("question", "pk")


def canned_for(location: Location, question: str) -> CannedAnswer | None:
    """The one that is asked by these very words, in any order and form; the location's own first.

    All telling words of one phrasing and no other: a question nearly the same may have another.
    """
    said = telling_stems(question)
    if not said:
        return None
    found = [one for one in canned_here(location) if said in _spellings(one)]
    return min(found, key=lambda one: one.location_id is None, default=None)


def _spellings(one: CannedAnswer) -> list[frozenset[str]]:
    lines = [one.question, *one.phrasings.splitlines()]
    return [telling_stems(line) for line in lines if line.strip()]


@transaction.atomic
def canned_save(
    *,
    actor: Actor,
    connection: Connection,
    location: Location | None,
    question: str,
    phrasings: str,
    answer: str,
    pk: int | None = None,
) -> CannedAnswer:
    """Write or change one. IntegrityError where the same question is answered there already."""
    fields = {
        "connection": connection,
        "location": location,
        "question": " ".join(question.split())[:160],
        "phrasings": phrasings.replace("\x00", "")[:2000],
        "answer": answer.replace("\x00", "").strip()[:2000],
        "changed_by": actor.name[:160],
        "changed_at": clock.now(),
    }
    kept, _ = CannedAnswer.objects.update_or_create(
        pk=pk, connection_id=connection.pk, defaults=fields
    ) if pk else (CannedAnswer.objects.create(**fields), True)  # fmt: skip
    _audit("canned.saved", actor, kept)
    return kept


@transaction.atomic
def canned_delete(*, actor: Actor, canned: CannedAnswer) -> None:
    _audit("canned.deleted", actor, canned)
    canned.delete()


def _audit(action: str, actor: Actor, canned: CannedAnswer) -> None:
    where: UUID | None = canned.connection_id
    audit_record(
        action=action,
        actor=actor,
        connection=where,
        location=canned.location_id or "",
        subject=f"canned:{canned.pk}",
        detail={"question": canned.question, "answer": canned.answer},
    )
