"""One tap on a checkout card: said it, not now, wrong. Whoever has the desk's right there may."""

from django.db import transaction

from agents.models import CheckoutIdea
from agents.retail.cards import card_look_again
from agents.retail.selectors import idea_seen
from approvals.errors import NotPossible
from approvals.permissions import rights_of
from core import clock
from core.audit import audit_record
from core.hints import hint_on_commit
from integrations.models import User

Answer = CheckoutIdea.Answer
OVER = "This visit is over; what was said can be put down only on the same day."


def idea_answer(*, user: User, idea_id: int, answer: str) -> CheckoutIdea:
    """Keep what the desk did with a suggestion; '' takes an answer back. Raises NoRight.

    A second tap changes the first: a hand slips, and both are in the audit. "Wrong" has the card
    looked at again without it.
    """
    if answer not in Answer.values:
        raise NotPossible("Please press one of the three answers.")
    with transaction.atomic():
        idea = idea_seen(rights_of(user), idea_id, lock=True)
        if idea.card.closed == idea.card.Closed.ERASED or not _same_day(idea):
            raise NotPossible(OVER)
        if idea.answer == answer:
            return idea
        before, idea.answer = idea.answer, answer
        idea.answered_at = clock.now() if answer else None
        idea.answered_by, idea.answered_by_name = (user, user.name) if answer else (None, "")
        idea.save(update_fields=["answer", "answered_at", "answered_by", "answered_by_name"])
        _audit(idea, user, before)
        if answer == Answer.WRONG:
            card_look_again(idea.card)
        hint_on_commit(idea.location_id, "checkout")
        return idea


def _same_day(idea: CheckoutIdea) -> bool:
    zone = idea.location.zone
    return idea.made_at.astimezone(zone).date() == clock.now().astimezone(zone).date()


def _audit(idea: CheckoutIdea, user: User, before: str) -> None:
    audit_record(
        action="checkout.answered",
        actor=user.as_actor(),
        connection=idea.card.connection_id,
        location=idea.location_id,
        client=idea.client_id,
        subject=f"checkout:{idea.card_id}",
        facts={
            "idea": idea.pk,
            "product": idea.product_id,
            "service": idea.service_id,
            "before": before,
            "answer": idea.answer,
        },
    )
