"""A question becomes a durable row; a worker writes its answer and publishes it piece by piece.

Without a model the row is answered at once, in the request. Pieces go to the asker's own stream and
hold placeholders instead of names; whoever misses one reads the row.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction

from agents.answers import Unusable
from agents.budgets import Asker as Payer
from agents.doors import door_for
from agents.lanes import Lanes
from agents.llm import why_not
from approvals.models import ApprovalItem
from copilot.ask.asker import Asker, MayNot, asker_now, asker_of
from copilot.ask.bycode import NEXT_HOUR, answer_by_code, record_of_item
from copilot.ask.bymodel import AGENT, Writing
from copilot.ask.canned import canned_for
from copilot.ask.models import AskTalk, AskTurn
from copilot.ask.tools.base import Use
from copilot.ask.tools.matching import staff_here
from copilot.ask.veil import Veil, hidden
from core import clock, redis
from core.audit import audit_record
from core.doorbell import ring_on_commit
from core.hints import TOLD
from core.work import Queue
from integrations.models import Location, User

logger = logging.getLogger(__name__)
DRAIN = "ask.answers_drain"
LONGEST = 400
# So many turns of a conversation are told to the model again.
REMEMBERED = 4
KEPT_EVERY = 0.7
ABOUT_ITEM = "about_item"
BROKE = "something went wrong while it was written"
answers_queue = Queue(AskTurn, task=DRAIN, lease=timedelta(seconds=180), most_attempts=2)
lanes = Lanes(16)


def question_ask(
    *,
    user: User,
    location: Location,
    question: str,
    look: str = "",
    talk_id: int | None = None,
    item: ApprovalItem | None = None,
) -> AskTurn:
    """Keep a question and have it answered. Raises MayNot; the row is the answer's place.

    ``look``: one look-up by name, answered by code whatever is set up. ``item``: the draft whose
    panel it was asked in (one the asker may see).
    """
    asker = asker_of(user, location)
    clean = " ".join(question.replace("\x00", "").split())[:LONGEST]
    with transaction.atomic():
        talk = _talk(asker, talk_id, item)
        turn = AskTurn.objects.create(talk=talk, question=clean, look=look[:20])
        audit_record(
            action="ask.asked",
            actor=user.as_actor(),
            connection=location.connection_id,
            location=location.pk,
            subject=f"ask:{turn.pk}",
            correlation=f"ask:{turn.pk}",
            facts={"look": look, "item": talk.item_id},
            detail={"question": clean},
        )
    door = door_for(location.connection_id)
    payer = _payer(location)
    why = why_not(door, payer)
    if look or why or canned_for(location, clean):
        _settled_here(turn, asker, why)
    else:
        ring_on_commit(DRAIN)
    return turn


def _payer(location: Location) -> Payer:
    return Payer(str(location.connection_id), location.pk, agent=AGENT)


def _talk(asker: Asker, talk_id: int | None, item: ApprovalItem | None) -> AskTalk:
    station = asker.user.at_station
    mine = AskTalk.objects.filter(pk=talk_id or 0, user=asker.user, location=asker.location)
    talk = mine.first()
    if item is not None:
        mine = AskTalk.objects.filter(user=asker.user, item=item, location=asker.location)
        talk = mine.order_by("-pk").first()
    if talk is not None and talk.item_id == (item.pk if item else None):
        return talk
    return AskTalk.objects.create(
        user=asker.user, location=asker.location, station=station, item=item
    )


def _settled_here(turn: AskTurn, asker: Asker, why: str) -> None:
    """Answer in this request, by code or in the salon's own words."""
    use = _use(turn)
    kept = _by_code(turn, asker, use) if turn.look else _own_words(turn, asker) or _by_code(
        turn, asker, use
    )  # fmt: skip
    if not turn.look and kept["by"] == AskTurn.By.CODE:
        kept["why_not"] = why[:200]
    _keep_veil(turn, use)
    fields = kept | _found(use) | {"state": AskTurn.State.DONE, "done_at": clock.now()}
    AskTurn.objects.filter(pk=turn.pk).update(**fields)
    turn.refresh_from_db()
    _audit_done(turn, asker)


def _own_words(turn: AskTurn, asker: Asker) -> dict[str, Any] | None:
    canned = canned_for(asker.location, turn.question)
    return {"text": canned.answer, "by": AskTurn.By.SALON} if canned else None


def _by_code(turn: AskTurn, asker: Asker, use: Use) -> dict[str, Any]:
    if turn.look == ABOUT_ITEM and turn.talk.item and turn.talk.item.client_id:
        try:
            record_of_item(asker, use, turn.talk.item.client_id)
            said = ""
        except MayNot as error:
            said = error.plain
    else:
        said = answer_by_code(asker, use, turn.question, turn.look)
    return {"text": said, "by": AskTurn.By.CODE}


def _use(turn: AskTurn) -> Use:
    return Use(Veil(dict(turn.talk.veil)), correlation=f"ask:{turn.pk}")


def _keep_veil(turn: AskTurn, use: Use) -> None:
    AskTalk.objects.filter(pk=turn.talk_id).update(veil=use.veil.real)


def _found(use: Use) -> dict[str, Any]:
    sources = dict.fromkeys(one for found in use.found for one in found.sources)
    return {
        "blocks": [dict(block) for found in use.found for block in found.blocks],
        "sources": [list(one) for one in sources],
        "clients": sorted({one for found in use.found for one in found.clients}),
    }


def _audit_done(turn: AskTurn, asker: Asker) -> None:
    audit_record(
        action="ask.answered",
        actor=asker.user.as_actor(),
        connection=asker.location.connection_id,
        location=asker.location.pk,
        subject=f"ask:{turn.pk}",
        correlation=f"ask:{turn.pk}",
        facts=turn.facts,
    )


# ---- the worker ----


def answers_start() -> int:
    """Have what is due written in lanes of their own; how many were opened."""
    due = AskTurn.objects.filter(state=AskTurn.State.WAITING, not_before__lte=clock.now())
    return lanes.fill(due[: lanes.most].count(), _next)


def answers_drain() -> int:
    """All that is due, in this thread."""
    return answers_queue.drain(turn_handle, batch=1, most=200)


def _next() -> int:
    return answers_queue.drain(turn_handle, batch=1, most=1)


def turn_handle(turn: AskTurn) -> None:
    """One question from claimed to answered. Where the model fails, the look-ups answer."""
    talk = AskTalk.objects.select_related("location__connection", "item__client").get(
        pk=turn.talk_id
    )
    turn.talk = talk

    def fresh() -> Asker:
        return asker_now(talk.user_id, talk.location_id, talk.station_id)

    pieces = Pieces(turn, talk.user_id)
    try:
        asker = fresh()
        use = _use(turn)
        kept = _by_model(turn, fresh, asker, use, pieces)
    except MayNot as error:
        use, asker, kept = Use(), None, {"text": error.plain, "by": AskTurn.By.CODE}
    kept |= _found(use)
    with transaction.atomic():
        if not answers_queue.finish(turn, done_at=clock.now(), heard=pieces.count, **kept):
            return
        _keep_veil(turn, use)
        turn.refresh_from_db()
        if asker is not None:
            _audit_done(turn, asker)
    pieces.over()


def _by_model(
    turn: AskTurn, fresh: Callable[[], Asker], asker: Asker, use: Use, pieces: "Pieces"
) -> dict[str, Any]:
    staff = staff_here(asker.location)
    turn.asked_as = hidden(turn.question, use.veil, asker.location, staff)
    payer = _payer(asker.location)
    door = door_for(asker.location.connection_id)
    why = why_not(door, payer)
    writing = Writing(
        fresh=fresh,
        door=door,
        payer=payer,
        use=use,
        asked=turn.asked_as,
        question=turn.question,
        on_text=pieces.add,
        before=_before(turn),
        about=_about(turn, asker, use.veil),
    )
    try:
        if why:
            raise Unusable(why)
        written = writing.write()
    except MayNot:
        raise
    except Exception as error:
        if not isinstance(error, Unusable):
            logger.error("an answer by the model broke off: %s", type(error).__name__)
        use.found.clear()
        said = answer_by_code(fresh(), use, turn.question)
        why = error.reason[:200] if isinstance(error, Unusable) else BROKE
        return {"text": said, "by": AskTurn.By.CODE, "why_not": why, "asked_as": turn.asked_as}
    return {
        "text": written.text,
        "odd": written.odd,
        "by": AskTurn.By.MODEL,
        "asked_as": turn.asked_as,
    }


def _before(turn: AskTurn) -> list[dict[str, Any]]:
    """The last questions and answers of this conversation, as the model read and wrote them."""
    rows = AskTurn.objects.filter(
        talk=turn.talk_id, pk__lt=turn.pk, by=AskTurn.By.MODEL, state=AskTurn.State.DONE
    ).order_by("-pk")[:REMEMBERED]
    found: list[dict[str, Any]] = []
    for one in reversed(rows):
        found += [
            {"role": "user", "content": one.asked_as},
            {"role": "assistant", "content": one.text},
        ]
    return found


def _about(turn: AskTurn, asker: Asker, veil: Veil) -> str:
    """Today, and the draft that is open beside the question: whom it is about, by handle."""
    zone = asker.location.zone
    said = f"It is {asker.now.astimezone(zone):%A %Y-%m-%d %H:%M} at the salon."
    item = turn.talk.item
    if item is None or not asker.rights.may_see(item) or item.client_id is None:
        return said
    return f"{said} The draft on the screen is about {veil.client(item.client_id)}."


@dataclass
class Pieces:
    """Publishes an answer as it grows, and keeps it in the row now and then."""

    turn: AskTurn
    user_id: int
    count: int = 0
    text: list[str] = field(default_factory=list)
    kept_at: float = field(default_factory=time.monotonic)

    def add(self, piece: str) -> None:
        self.count += 1
        self.text.append(piece)
        self._tell({"n": self.count, "text": piece})
        if time.monotonic() - self.kept_at > KEPT_EVERY:
            self._keep()

    def over(self) -> None:
        self._tell({"n": self.count, "over": True})

    def _keep(self) -> None:
        self.kept_at = time.monotonic()
        mine = AskTurn.objects.filter(
            pk=self.turn.pk, lease_token=self.turn.lease_token, state=AskTurn.State.LEASED
        )
        mine.update(text="".join(self.text), heard=self.count)

    def _tell(self, said: dict[str, Any]) -> None:
        told = json.dumps({"user": self.user_id, "turn": self.turn.pk, **said})
        redis.attempt("piece of an answer", lambda client: client.publish(TOLD, told))


__all__ = ["ABOUT_ITEM", "DRAIN", "NEXT_HOUR", "answers_drain", "answers_start", "question_ask"]
