"""What is known before a visit: answers, not questions; words, not the calendar's lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.health import health_in
from agents.known import known_of, written_of
from core import clock
from integrations.models import FormResponse
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street")


@pytest.fixture
def filled(desk: Desk) -> Callable[..., Any]:
    """`filled({question: answer}, …)`: a client who filled these forms in."""

    def make(*forms: dict[str, str], **fields: Any) -> Any:
        client = desk.client("Dana", "King", **fields)
        for number, answers in enumerate(forms):
            FormResponse.objects.create(
                connection=desk.connection, external_id=f"f{number}", client=client,
                name="Intake", complete=True, answers=answers,
            )  # fmt: skip
        return client

    return make


@pytest.mark.parametrize("answer", ["no", "None.", "n/a", "Nothing", "ninguna", "-"])
def test_a_question_answered_with_nothing_is_no_word_of_health(
    filled: Callable[..., Any], answer: str
) -> None:
    assert health_in(written_of(filled({"Any allergies?": answer}))) == []


def test_an_answer_is_told_with_its_question_and_once(filled: Callable[..., Any]) -> None:
    client = filled({"Any allergies?": "Nut oil"}, {"Any allergies?": "Nut oil"})
    assert [one.text for one in health_in(written_of(client))] == ["Any allergies: Nut oil"]


def test_lists_for_the_calendar_are_not_read_out(desk: Desk, filled: Callable[..., Any]) -> None:
    client = filled()
    client.preferences = {"channel": "sms", "room": "quiet", "staffIds": ["sta_1"], "windows": [{}]}
    client.save()
    visit = desk.appointment(client)
    assert known_of(visit, clock.now()).wishes == [("room", "quiet")]
