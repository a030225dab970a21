"""Which question an answer belongs to; where two could be meant, nobody guesses."""

from __future__ import annotations

import pytest

from approvals.answers.joining import NO_QUESTION, OTHER_DIGIT, TORN, TWO, WRONG_KIND, joined
from approvals.answers.questions import Question, asked_digit
from integrations.phrases.reading import understand


def offer(yes: str = "1", live: bool = True, lingers: bool = False) -> Question:
    no = "2" if yes == "1" else "0"
    return Question("offer", 1, yes, no, live, key=f"o{yes}", lingers=lingers)


def visit(yes: str = "1", live: bool = True) -> Question:
    return Question("visit", 1, yes, "", live, key=f"v{yes}")


@pytest.mark.parametrize("body", ["yes", "1", "ok 👍", "I'll take it", "confirmed", "sí"])
def test_every_kind_of_yes_answers_the_only_open_question(body: str) -> None:
    one = offer()
    assert joined(understand(body), [one]).question is one
    assert joined(understand(body), [one]).yes


@pytest.mark.parametrize("body", ["no", "2", "no thanks", "pass", "nope 👎"])
def test_every_kind_of_no_answers_it_too(body: str) -> None:
    answer = joined(understand(body), [offer()])
    assert answer.question is not None
    assert not answer.yes


@pytest.mark.parametrize("body", ["yes", "no", "ok", "👍"])
def test_a_plain_word_never_chooses_between_two(body: str) -> None:
    assert joined(understand(body), [offer("3"), visit("1")]).doubt == TWO


def test_a_digit_chooses_between_two() -> None:
    questions = [offer("3"), visit("1")]
    assert joined(understand("3"), questions).question is questions[0]
    assert joined(understand("1"), questions).question is questions[1]
    no = joined(understand("0"), questions)
    assert (no.question, no.yes) == (questions[0], False)


def test_the_same_digit_for_two_is_not_guessed() -> None:
    assert joined(understand("1"), [offer(), visit()]).doubt == TWO
    assert joined(understand("1"), [offer(), offer()]).doubt == TWO


def test_a_digit_nobody_asked_for_is_not_guessed() -> None:
    assert joined(understand("7"), [offer()]).doubt == OTHER_DIGIT
    assert joined(understand("2"), [visit()]).doubt == OTHER_DIGIT


def test_words_of_one_kind_choose_between_kinds() -> None:
    questions = [offer("3"), visit("1")]
    assert joined(understand("I'll take it"), questions).question is questions[0]
    assert joined(understand("no thanks, pass"), questions).question is questions[0]
    assert joined(understand("see you then"), questions).question is questions[1]


def test_taking_it_is_no_answer_to_a_visit() -> None:
    assert joined(understand("I'll take it"), [visit()]).doubt == WRONG_KIND


@pytest.mark.parametrize("body", ["yes 2", "no 1", "yes 👎"])
def test_a_word_and_a_digit_that_disagree_answer_nothing(body: str) -> None:
    assert joined(understand(body), [offer()]).doubt == TORN


@pytest.mark.parametrize("body", ["yes", "no", "I'll take it", "no thanks, pass", "👍"])
def test_words_that_may_mean_an_offer_that_is_over_answer_no_other(body: str) -> None:
    over, now = offer("1", live=False, lingers=True), offer("3")
    assert joined(understand(body), [now, over]).doubt == TWO
    assert joined(understand("3"), [now, over]).question is now
    assert joined(understand("1"), [now, over]).question is over


def test_late_answers_count_where_nothing_else_is_open() -> None:
    late = offer(live=False)
    assert joined(understand("yes"), [late]).question is late
    assert joined(understand("1"), [late]).question is late
    now = visit("4")
    assert joined(understand("yes"), [late, now]).question is now
    assert joined(understand("1"), [late, now]).question is late


def test_nothing_asked_is_nothing_answered() -> None:
    assert joined(understand("yes"), []).doubt == NO_QUESTION
    assert joined(understand("1"), []).doubt == NO_QUESTION


def test_an_e_mail_that_names_what_it_answers_is_believed() -> None:
    questions = [offer("3"), visit("1")]
    assert joined(understand("yes"), questions, "o3").question is questions[0]
    assert joined(understand("yes"), questions, "unknown").doubt == TWO


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("Reply 1 to confirm, or call (503) 555-0100.", "1"),
        ("Responda 4 para confirmar", "4"),
        ("Reply 3 to take it or 0 to pass", "3"),
        ("See you Friday at 2", ""),
        ("Reply to this text", ""),
        ("Reply 10 minutes before", ""),
    ],
)
def test_the_digit_a_text_asks_for_is_read_from_it(body: str, digit: str) -> None:
    assert asked_digit(body) == digit
