"""STOP, CANCEL, START, HELP: what counts at once, the one text that may follow, and the call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.answers import texts
from approvals.effects import effects_drain
from approvals.manual import manual_steps
from approvals.models import Effect
from approvals.policy import asks_for_keyword
from approvals.segments import sms_segments
from approvals.services import decisions
from core import clock
from integrations import consent
from integrations.models import Consent
from tests.approvals.answers.conversation import (
    fixed_allowed,
    hear,
    texted,
    waiting,
    wrote,
)
from tests.approvals.desk import (
    Desk,
    approved,
    client_make,
    drafted,
    effect_of,
    message_action,
    sent_after,
    state_of,
)
from tests.approvals.ladders.slot import running, worked
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"phone": "+15035550100"}
OFF = "Maple Street: you won't get more texts from us. Text START to get texts again."


@pytest.mark.parametrize("body", ["STOP", "stop!!", "please don't text me anymore", "ARRET"])
def test_an_opt_out_counts_at_once_and_is_confirmed_once_by_a_fixed_text(
    shared_desk: Desk, world: World, held: Any, body: str
) -> None:
    fixed_allowed(shared_desk)
    answer = texted(shared_desk, body)
    assert answer.outcome == "stopped"
    assert consent.opted_out(shared_desk.client, "sms")
    assert not consent.opted_out(shared_desk.client, "email")
    sent_after(held, 1)
    assert world.bodies() == [OFF]
    texted(shared_desk, body)
    sent_after(held, 30)
    assert world.bodies() == [OFF]


def test_a_platform_that_recorded_the_same_word_first_does_not_take_the_confirmation_away(
    shared_desk: Desk, world: World, held: Any
) -> None:
    fixed_allowed(shared_desk)
    theirs = {"client": shared_desk.client, "channel": "sms", "origin": "platform"}
    Consent.objects.filter(**theirs).delete()
    Consent.objects.create(
        **theirs, purpose="transactional", granted=False, at=clock.now().replace(microsecond=0)
    )
    texted(shared_desk, "STOP")
    sent_after(held, 1)
    assert world.bodies() == [OFF]
    Consent.objects.filter(**theirs).update(at=clock.now() + timedelta(seconds=1))
    texted(shared_desk, "STOP")
    sent_after(held, 1)
    assert world.bodies() == [OFF]


def test_who_was_off_long_before_by_the_platform_gets_no_text(
    shared_desk: Desk, world: World, held: Any
) -> None:
    fixed_allowed(shared_desk)
    known = Consent.objects.filter(client=shared_desk.client, channel="sms", origin="platform")
    assert known.update(granted=False, at=clock.now() - timedelta(days=3))
    texted(shared_desk, "STOP")
    sent_after(held, 1)
    assert world.bodies() == []


def test_without_a_standing_decision_the_fixed_text_is_one_press_away(
    shared_desk: Desk, world: World, held: Any
) -> None:
    texted(shared_desk, "STOP")
    sent_after(held)
    assert world.bodies() == []
    (item,) = waiting("opted-out:")
    approved(shared_desk, item)
    sent_after(held)
    assert world.bodies() == [OFF]


def test_the_fixed_text_is_too_late_after_five_minutes(
    shared_desk: Desk, world: World, held: Any
) -> None:
    texted(shared_desk, "STOP")
    (item,) = waiting("opted-out:")
    held.move(timedelta(minutes=6))
    with pytest.raises(decisions.NotPossible):
        approved(shared_desk, item)
    assert world.bodies() == []


def test_after_an_opt_out_nothing_but_the_fixed_words_may_go(
    shared_desk: Desk, world: World, held: Any
) -> None:
    texted(shared_desk, "STOP")
    (item,) = waiting("opted-out:")
    decisions.item_edit(
        user=shared_desk.maria, item_id=item.pk, base_revision=1, body=f"{OFF} Come back soon!"
    )
    with pytest.raises(decisions.NotPossible):
        approved(shared_desk, item)
    assert world.bodies() == []


def test_a_provider_that_confirmed_it_itself_needs_no_text_from_us(
    shared_desk: Desk, world: World, held: Any
) -> None:
    fixed_allowed(shared_desk)
    answer = texted(shared_desk, "Stop please", details={"opt_out": "stop"})
    sent_after(held)
    assert (answer.outcome, world.bodies()) == ("stopped", [])
    assert consent.opted_out(shared_desk.client, "sms")


def test_what_a_provider_took_for_an_opt_out_counts_whatever_it_reads_like(
    shared_desk: Desk,
) -> None:
    assert texted(shared_desk, "fin", details={"opt_out": "stop"}).outcome == "stopped"


def test_an_opt_out_voids_what_waits_and_what_is_held(shared_desk: Desk) -> None:
    one, two = drafted(shared_desk), drafted(shared_desk, subject="visit:2")
    approved(shared_desk, two)
    texted(shared_desk, "take me off your list")
    assert [state_of(one), state_of(two)] == ["withdrawn", "withdrawn"]
    assert effect_of(two).outcome == "withdrawn"


def test_an_opt_out_by_text_leaves_e_mail_alone(shared_desk: Desk) -> None:
    mail = message_action(
        shared_desk, channel="email", address="dana@example.com", subject="Friday"
    )
    item = drafted(shared_desk, actions=(mail,))
    texted(shared_desk, "STOP")
    assert state_of(item) == "pending"


def test_stop_answers_an_open_offer_too_so_that_the_next_one_is_asked(
    shared_desk: Desk, held: Any
) -> None:
    slot = running(shared_desk, held)
    texted(shared_desk, "STOP", slot.clients[0])
    worked()
    assert slot.offers()[:2] == ["declined", "sent"]


def test_an_opt_out_of_an_unclear_number_counts_for_everybody_on_it(shared_desk: Desk) -> None:
    lea = client_make(shared_desk.connection, "cli_2", first_name="Lea")
    message = wrote(shared_desk, "STOP", None, address=shared_desk.client.phone)
    hear(shared_desk, message)
    assert consent.opted_out(shared_desk.client, "sms")
    assert consent.opted_out(lea, "sms")


@pytest.mark.parametrize("word", ["CANCEL", "cancel!", "End"])
def test_cancel_and_end_opt_out_and_ask_the_desk_to_call_without_a_text(
    shared_desk: Desk, world: World, held: Any, word: str
) -> None:
    type(shared_desk.location).objects.update(**PHONE)
    fixed_allowed(shared_desk)
    answer = texted(shared_desk, word)
    assert answer.outcome == "stopped"
    assert consent.opted_out(shared_desk.client, "sms")
    (card,) = waiting("call:")
    shown = word.strip("!").upper()
    assert card.title == f"{shown} probably meant Fri 2:30 pm, please call Dana K."
    assert (card.state, card.group) == ("manual", "check")
    assert not Effect.objects.filter(item=card).exists()
    (step,) = manual_steps(card)
    assert step.call == f"tel:{shared_desk.client.phone}"
    assert step.text == ""
    assert step.link == ""
    sent_after(held, 1)
    assert world.bodies() == [
        "Maple Street: you won't get more texts from us. If you meant your appointment, please "
        "call: (503) 555-0100. Text START to get texts again."
    ]
    decisions.item_done_by_hand(user=shared_desk.maria, item_id=card.pk)
    assert state_of(card) == "by_hand"
    effects_drain()
    assert len(world.done) == 1


def test_cancel_without_a_visit_only_opts_out(shared_desk: Desk) -> None:
    shared_desk.appointment.delete()
    assert texted(shared_desk, "CANCEL").outcome == "stopped"
    assert waiting("call:") == []


def test_stop_never_asks_the_desk_to_call(shared_desk: Desk) -> None:
    texted(shared_desk, "STOP")
    assert waiting("call:") == []


def test_start_turns_texts_on_again_but_not_news(
    shared_desk: Desk, world: World, held: Any
) -> None:
    fixed_allowed(shared_desk)
    texted(shared_desk, "STOP")
    held.move(timedelta(minutes=10))
    assert texted(shared_desk, "START").outcome == "started"
    assert consent.allowed(shared_desk.client, "sms", "transactional").ok
    assert not consent.allowed(shared_desk.client, "sms", "marketing").ok
    sent_after(held, 1)
    assert world.bodies()[-1] == (
        "Maple Street: texts about your appointments are on again. Text STOP to opt out."
    )


def test_yes_is_start_only_for_who_opted_out_and_was_asked_nothing(shared_desk: Desk) -> None:
    assert texted(shared_desk, "yes").outcome != "started"
    texted(shared_desk, "STOP")
    assert texted(shared_desk, "YES").outcome == "started"


def test_help_gets_its_fixed_answer(shared_desk: Desk, world: World, held: Any) -> None:
    fixed_allowed(shared_desk)
    assert texted(shared_desk, "HELP").outcome == "helped"
    sent_after(held, 1)
    assert world.bodies() == [
        "Maple Street: texts about your appointments. Rates may apply. Text STOP to opt out."
    ]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", ["stop", "visit", "start", "help"])
def test_the_fixed_texts_ask_for_no_keyword_as_an_answer_and_are_short(
    kind: str, language: str
) -> None:
    body = texts.fixed(texts.Voice("Maple Street Spa", "(503) 555-0100", language), kind)
    assert asks_for_keyword(body) == ""
    assert sms_segments(body).segments <= 2 + (language == "es")
    assert body.startswith("Maple Street Spa: ")


def test_asking_for_start_as_an_answer_is_still_found() -> None:
    assert asks_for_keyword("Reply START to confirm your visit") == "START"
