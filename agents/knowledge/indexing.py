"""What the salon knows, brought in and made searchable. A version that cannot be read changes
nothing: the older one goes on answering."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max

from agents.knowledge.files import Unreadable, pieces_of_file
from agents.knowledge.splitting import Piece, pieces_of
from agents.knowledge.words import counted
from agents.models import KnowledgeChunk, KnowledgeSource, KnowledgeVersion, KnowledgeWord
from core import clock
from core.audit import Actor, audit_record
from integrations.models import Connection, Location


@dataclass(frozen=True)
class About:
    """What a source is: ``key`` is the same whenever the same text is brought again."""

    key: str
    title: str
    kind: str
    origin: str = KnowledgeSource.Origin.TEXT
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True)
class Kept:
    """``changed`` is False where the very same text was there already."""

    version: KnowledgeVersion
    changed: bool


def knowledge_file_put(
    *,
    actor: Actor,
    connection: Connection,
    location: Location | None,
    about: About,
    name: str,
    data: bytes,
) -> Kept:
    """Take a file as the newest version of a source. One that cannot be read is kept as a version
    with its problem, and raises Unreadable with the same words; what was there stays current."""
    try:
        pieces = pieces_of_file(name, data)
    except Unreadable as error:
        _refused(actor, connection, location, about, name, data, str(error))
        raise
    return knowledge_put(
        actor=actor,
        connection=connection,
        location=location,
        about=about,
        pieces=pieces,
        file_name=name,
    )


def knowledge_text_put(
    *, actor: Actor, connection: Connection, location: Location | None, about: About, text: str
) -> Kept:
    """Take what was typed or pasted. Raises Unreadable where there is nothing in it."""
    pieces = pieces_of(text, about.title)
    if not pieces:
        raise Unreadable("There is no text yet. Type or paste what clients ask about.")
    return knowledge_put(
        actor=actor, connection=connection, location=location, about=about, pieces=pieces
    )


@transaction.atomic
def knowledge_put(
    *,
    actor: Actor,
    connection: Connection,
    location: Location | None,
    about: About,
    pieces: Sequence[Piece],
    file_name: str = "",
) -> Kept:
    """Make these pieces the current version of a source and search in them from now on."""
    source = _source(connection, location, about)
    digest = _digest(pieces)
    before = source.versions.filter(current=True).first()
    if before is not None and before.sha256 == digest:
        return Kept(before, changed=False)
    source.versions.filter(current=True).update(current=False)
    version = KnowledgeVersion.objects.create(
        source=source,
        number=_next_number(source),
        current=True,
        file_name=file_name[:200],
        sha256=digest,
        pieces=[asdict(piece) for piece in pieces],
        added_by=actor.name[:160],
    )
    chunks_replace(source, pieces)
    _audit(actor, source, "knowledge.added", {"number": version.number, "pieces": len(pieces)})
    return Kept(version, changed=True)


@transaction.atomic
def knowledge_retire(*, actor: Actor, source: KnowledgeSource) -> None:
    """Nothing is answered from it any more; its versions stay to be read."""
    source.retired_at = clock.now()
    source.save(update_fields=["retired_at"])
    source.chunks.all().delete()
    _audit(actor, source, "knowledge.retired", {})


@transaction.atomic
def knowledge_revert(*, actor: Actor, source: KnowledgeSource, number: int) -> KnowledgeVersion:
    """Answer from an earlier version again. KnowledgeVersion.DoesNotExist for one that never was
    taken."""
    version = source.versions.get(number=number, problem="")
    source.versions.filter(current=True).update(current=False)
    version.current = True
    version.save(update_fields=["current"])
    KnowledgeSource.objects.filter(pk=source.pk).update(retired_at=None)
    chunks_replace(source, [Piece(**piece) for piece in version.pieces])
    _audit(actor, source, "knowledge.reverted", {"number": number})
    return version


def chunks_replace(source: KnowledgeSource, pieces: Sequence[Piece]) -> None:
    """The pieces of the current version as they are searched, in place of those before.

    By their words at once; their vectors come from the background (``fitting.fit_wanted``).
    """
    source.chunks.all().delete()
    rows, words, section = [], [], -1
    for place, piece in enumerate(pieces):
        if not place or piece.heading != pieces[place - 1].heading:
            section += 1
        found = counted(piece.heading, piece.text)
        words.append(found)
        rows.append(
            KnowledgeChunk(
                source=source,
                connection_id=source.connection_id,
                location_id=source.location_id,
                place=place,
                section=section,
                heading=piece.heading,
                text=piece.text,
                length=sum(times for times, _ in found.values()),
            )
        )
    chunks = KnowledgeChunk.objects.bulk_create(rows, batch_size=500)
    KnowledgeWord.objects.bulk_create(
        (
            KnowledgeWord(
                chunk=chunk,
                connection_id=source.connection_id,
                location_id=source.location_id,
                word=word,
                times=times,
                in_heading=above,
            )
            for chunk, found in zip(chunks, words, strict=True)
            for word, (times, above) in found.items()
        ),
        batch_size=2_000,
    )


def _source(connection: Connection, location: Location | None, about: About) -> KnowledgeSource:
    source, _ = KnowledgeSource.objects.update_or_create(
        connection=connection,
        location=location,
        key=about.key[:160],
        defaults={
            "title": about.title[:160],
            "kind": about.kind,
            "origin": about.origin,
            "valid_from": about.valid_from,
            "valid_until": about.valid_until,
            "retired_at": None,
        },
    )
    return source


@transaction.atomic
def _refused(
    actor: Actor,
    connection: Connection,
    location: Location | None,
    about: About,
    name: str,
    data: bytes,
    problem: str,
) -> None:
    source = KnowledgeSource.objects.filter(
        connection=connection, location=location, key=about.key[:160]
    ).first() or _source(connection, location, about)
    KnowledgeVersion.objects.create(
        source=source,
        number=_next_number(source),
        file_name=name[:200],
        sha256=hashlib.sha256(data).hexdigest(),
        problem=problem[:300],
        added_by=actor.name[:160],
    )
    _audit(actor, source, "knowledge.refused", {"bytes": len(data)})


def _next_number(source: KnowledgeSource) -> int:
    last: int | None = source.versions.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _digest(pieces: Sequence[Piece]) -> str:
    said = json.dumps([asdict(piece) for piece in pieces], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def _audit(actor: Actor, source: KnowledgeSource, action: str, facts: dict[str, object]) -> None:
    audit_record(
        action=action,
        actor=actor,
        connection=source.connection_id,
        location=source.location_id or "",
        subject=f"knowledge:{source.pk}",
        facts={"kind": source.kind, "origin": source.origin, **facts},
    )
