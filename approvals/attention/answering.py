"""A press on a planted draft: told at once to whoever pressed, and to nobody else."""

from dataclasses import dataclass

from django.db import transaction

from approvals.attention.planting import ACTOR
from approvals.errors import NoRight
from approvals.ladders.words import WEEKDAYS
from approvals.models import ApprovalItem, SeededDraft
from approvals.permissions import rights_of
from approvals.services.steps import already_decided, item_audit, item_step
from core import clock
from integrations.models import User

State, Outcome = ApprovalItem.State, SeededDraft.Outcome
SEND, CHANGE, REFUSE, ASIDE = "send", "change", "refuse", "aside"
OVER = "This was a test of attention. Nothing was sent."


@dataclass(frozen=True)
class Told:
    """What the person reads: how it went, what was wrong, and what would have been right."""

    item: ApprovalItem
    outcome: str
    kind: str
    planted: str
    right: str

    @property
    def caught(self) -> bool:
        return self.outcome == Outcome.CAUGHT

    @property
    def missed(self) -> bool:
        return self.outcome == Outcome.MISSED

    @property
    def is_name(self) -> bool:
        return self.kind == SeededDraft.Kind.WRONG_NAME


def seeded_answer(*, user: User, item_id: int, press: str, body: str | None = None) -> Told:
    """Close a test by the press that met it. ``body``: the words as the person left them.

    Neither a Decision nor anybody's name is kept: the manager sees the share of a team. Raises
    NoRight, or AlreadyDecided where somebody met it first.
    """
    with transaction.atomic():
        rows = ApprovalItem.objects.select_for_update(of=("self",)).filter(seeded=True)
        item = (
            rows.select_related("seed", "client", "location", "appointment", "revision")
            .filter(pk=item_id)
            .first()
        )
        if item is None or not rights_of(user).may_see(item):
            raise NoRight
        if not item_step(item, State.WITHDRAWN, state_reason=OVER):
            raise already_decided(item.pk)
        seed = item.seed
        seed.outcome = outcome_of(press, body, seed.planted)
        seed.answered_on = clock.now().astimezone(item.location.zone).date()
        seed.save(update_fields=["outcome", "answered_on"])
        item_audit(item, "attention.over", ACTOR)
    return Told(item, seed.outcome, seed.kind, seed.planted, _right(item, seed.kind))


def outcome_of(press: str, body: str | None, planted: str) -> str:
    """Sent with the wrong word still in it is missed; stopped, or put right, is caught."""
    if press == SEND:
        put_right = body is not None and planted not in body
        return Outcome.CAUGHT if put_right else Outcome.MISSED
    return Outcome.CAUGHT if press in (CHANGE, REFUSE) else Outcome.ASIDE


def _right(item: ApprovalItem, kind: str) -> str:
    if kind == SeededDraft.Kind.WRONG_NAME:
        return item.client.first_name if item.client else ""
    if item.appointment is None:
        return ""
    day = item.appointment.starts_at.astimezone(item.location.zone).weekday()
    language = item.revision.language if item.revision else "en"
    return WEEKDAYS.get(language, WEEKDAYS["en"])[day]
