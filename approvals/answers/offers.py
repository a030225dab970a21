"""A yes or no to an open slot. The kind answers were approved with the ladder and leave alone."""

from approvals.answers.joining import Joined
from approvals.answers.questions import Question
from approvals.answers.reading import Came, Heard
from approvals.ladders import claims
from approvals.ladders.words import short_moment
from approvals.models import Answer, Offer

SAID: dict[str, str] = {
    "won": "said yes and has it",
    "already_yours": "has it already",
    "request_received": "said yes; the desk books it",
    "next_in_line": "said yes late and is next in line",
    "gone": "said yes, but it is gone",
    "expired": "said yes, but it is over",
    "declined": "said no",
}


def offer_answered(heard: Heard, answer: Joined) -> Came:
    """Claim or decline by text; late and doubled answers are settled by the claim itself."""
    question = answer.question
    if question is None or question.offer is None:
        raise ValueError("an answer to an offer needs the offer")
    offer = question.offer
    act = claims.claim if answer.yes else claims.decline
    result = act(by="text", offer=offer)
    outcome = Answer.Outcome.ACCEPTED if answer.yes else Answer.Outcome.DECLINED
    said = SAID.get(result.outcome, result.outcome)
    when = short_moment(offer.opening.starts_at, offer.opening.location.zone)
    return Came(outcome, f"{offer.client.short_name} {said} ({when}).", question, offer.item_id)


def offers_declined(heard: Heard, questions: list[Question]) -> None:
    """Whoever wants no more texts will not answer: the next one is asked at once."""
    for question in questions:
        offer = question.offer
        if offer is not None and question.live and offer.state != Offer.State.DECLINED:
            claims.decline(by="text", offer=offer)
