"""Which question a message answers. Pure: no database. Nobody guesses.

One open question: a plain yes or no is its answer. Several: only a digit, or words that fit one
kind alone ("I'll take it", "see you then"), say which. Everything else goes to a person.

A question that is over counts among the several while its text may still be meant: the slot went
to somebody else before they answered, or they answered it a moment ago. Taking their yes for the
one that happens to be open booked hours that nobody had said yes to.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from approvals.answers.questions import Question
from integrations.phrases.reading import Understood

TWO = "It could answer more than one question."
TORN = "It says two things at once."
NO_QUESTION = "It answers nothing that was asked by text."
OTHER_DIGIT = "That digit was not asked for."
# "I'll take it" may be an open slot, or another hour where somebody is out.
OFFERED = ("offer", "move")
WRONG_KIND = "It does not fit what was asked."


@dataclass(frozen=True)
class Joined:
    """The question and whether the answer is yes; without one, ``doubt`` says why, for the desk."""

    question: Question | None = None
    yes: bool = False
    doubt: str = ""


def joined(found: Understood, questions: Sequence[Question], answers_key: str = "") -> Joined:
    """Join a yes, no or digit with what it answers. ``answers_key``: of the message of ours that
    it names as the one it answers (an e-mail does), '' where nothing is known."""
    if found.torn:
        return Joined(doubt=TORN)
    named = [one for one in questions if answers_key and one.key == answers_key]
    live = named or [one for one in questions if one.live]
    past = [] if named else [one for one in questions if not one.live]
    if found.digit:
        return _by_digit(found, live, past)
    if found.meaning in {"accept", "decline"}:
        return _of_kind(found, OFFERED, live, past)
    if found.meaning == "confirm":
        return _of_kind(found, ("visit",), live, past)
    return _open(found, live, past) if live else _only(found, past)


def _by_digit(found: Understood, live: Sequence[Question], past: Sequence[Question]) -> Joined:
    """A digit says which question, and a word beside it must agree."""
    matching = _with_digit(found.digit, live) or _with_digit(found.digit, past)
    if not matching:
        return Joined(doubt=OTHER_DIGIT if live else NO_QUESTION)
    if len(matching) > 1:
        return Joined(doubt=TWO)
    yes = matching[0].yes == found.digit
    if (yes and found.is_no) or (not yes and found.is_yes):
        return Joined(doubt=TORN)
    return Joined(matching[0], yes)


def _with_digit(digit: str, questions: Sequence[Question]) -> list[Question]:
    return [one for one in questions if digit in {one.yes, one.no}]


def _of_kind(
    found: Understood, kinds: Collection[str], live: Sequence[Question], past: Sequence[Question]
) -> Joined:
    """Words that belong to one kind of question; "confirmed" may also answer an offer alone."""
    fitting = [one for one in live if one.kind in kinds]
    over = [one for one in past if one.kind in kinds]
    if fitting:
        return _open(found, fitting, over)
    if live:
        if found.meaning == "confirm":
            return _open(found, live, past)
        return Joined(doubt=WRONG_KIND)
    return _only(found, over)


def _open(found: Understood, live: Sequence[Question], past: Sequence[Question]) -> Joined:
    """The one that is open, unless the words may mean one that is over."""
    return _only(found, [*live, *(one for one in past if one.lingers)])


def _only(found: Understood, questions: Sequence[Question]) -> Joined:
    if len(questions) > 1:
        return Joined(doubt=TWO)
    if not questions:
        return Joined(doubt=NO_QUESTION)
    return Joined(questions[0], found.is_yes)
