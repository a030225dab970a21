"""House rules in the texts of offers, which are rendered where no agent is asked."""

from collections.abc import Sequence

from agents.learning.policy import in_house
from agents.learning.rules import rules_in_force
from approvals.answers.questions import asked_digit
from approvals.ladders.ladders import AGENT
from approvals.ladders.wording import Say, as_written, wording_declare
from approvals.proposals import KnownFact


def offers_wording(location_id: int) -> Say:
    """How offers are worded at this salon; one query."""
    rules = rules_in_force(location_id, AGENT)
    if not rules:
        return as_written

    def say(text: str, language: str, known: Sequence[KnownFact]) -> str:
        kept = in_house(text, language, known, rules)
        # An answer is told by the digit that was asked for: words around it must leave it readable.
        return kept if asked_digit(kept) == asked_digit(text) else text

    return say


wording_declare(offers_wording)
