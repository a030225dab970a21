"""An open slot fills itself, and clients answer by text: played from both sides, the desk and the
clients' phones."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from agents.models import AgentConfig
from approvals.models import ApprovalItem, Offer, Opening
from approvals.permissions import rights_of
from copilot.demo import CONNECTION
from integrations.models import Client, Location, Service, User, WaitlistEntry
from tests.support.played import Played

pytestmark = pytest.mark.browser
PERSONA = "Front desk, both locations"
ANY_TIME = [{"days": "MTWTFSS", "from": "00:00", "to": "23:59"}]
NUMBERS = iter(range(131, 199))
ASKED = ".bubbles li.outbound:has-text('this just opened up')"
GONE = ".bubbles li.outbound:has-text('is gone now')"
OFF = '.bubbles li.outbound:has-text("you won\'t get more texts from us")'


@pytest.fixture
def desk(page: Any, played_stack: Played) -> Any:
    """The front desk, signed in."""
    page.goto(played_stack.desk)
    page.get_by_role("button", name=PERSONA).click()
    page.wait_for_selector("#list")
    return page


@pytest.fixture
def phone(desk: Any) -> Any:
    return desk.context.new_page()


def somebody(salon: Played, name: str) -> str:
    return salon.client(name, "Story", f"+12135550{next(NUMBERS)}")


def draft_of(salon: Played, **found: Any) -> ApprovalItem:
    """The draft for one client, once it is written."""
    rows = ApprovalItem.objects.filter(state__in=["pending", "manual"], **found)
    item = salon.until(lambda: rows.order_by("-pk").first(), "no draft was made")
    assert isinstance(item, ApprovalItem)
    return item


def opened(salon: Played, desk: Any, item: ApprovalItem) -> Any:
    desk.goto(f"{salon.desk}/drafts/{item.pk}/")
    card = desk.locator("#card[data-ready]")
    card.wait_for()
    return card


def approved(salon: Played, desk: Any, item: ApprovalItem) -> None:
    """One key, and the moment to take it back goes by."""
    desk.keyboard.press("a")
    gone = ApprovalItem.objects.filter(pk=item.pk, state__in=["approved", "sending", "sent"])
    salon.until(gone.exists, "the key did nothing")
    salon.moment_to_undo_passes()
    salon.work()


# ---- a review ----


MANAGERS_PAGES = (
    "/digest/", "/digest/week/", "/digest/reviews/", "/digest/settings/", "/clients-coming-back/",
    "/impact/", "/impact/letter/", "/quality/", "/audit/",
)  # fmt: skip


def test_a_one_star_review_is_on_the_managers_screen_within_a_minute_with_an_answer_to_edit(
    played_stack: Played, desk: Any, browser: Any
) -> None:
    manager = User.objects.get(staff__connection=CONNECTION, preferences__persona="Manager")
    (here,) = rights_of(manager).locations_with("read_digest")
    place = Location.objects.get(pk=here)
    visit = played_stack.book(somebody(played_stack, "Rhea"), at=place.external_id)
    played_stack.until(Client.objects.filter(first_name="Rhea").exists, "the client never came")
    given = played_stack.remote.act(
        "feedback", appointmentId=visit["id"], rating=1, comment="I waited for an hour."
    )
    item = draft_of(played_stack, agent="feedback", client__first_name="Rhea")
    assert item.pending_at is not None
    assert item.pending_at - datetime.fromisoformat(given["createdAt"]) < timedelta(minutes=1)

    context = browser.new_context()
    page = context.new_page()
    page.goto(played_stack.desk)
    page.get_by_role("button", name="Manager").click()
    page.locator(f"#row-{item.pk}").get_by_text("1 star", exact=True).wait_for()
    card = opened(played_stack, page, item)
    card.get_by_text("I waited for an hour.").first.wait_for()
    page.keyboard.press("e")
    page.wait_for_selector("#editor textarea")
    assert "thank you for telling us" in page.input_value("#editor textarea")
    page.goto(f"{played_stack.desk}/digest/reviews/?location={item.location_id}")
    page.locator(".review").get_by_text("I waited for an hour.").wait_for()
    page.get_by_role("rowheader", name="Waiting, time").wait_for()
    context.close()

    refused = {path: desk.request.get(played_stack.desk + path).status for path in MANAGERS_PAGES}
    assert set(refused.values()) <= {403, 404}, refused


# ---- the slot ----


@dataclass
class Slot:
    """What Cora gives up, and who waits for it."""

    salon: Played
    desk: Any
    phone: Any
    appointment: dict[str, Any]
    waiting: dict[str, str]

    def opening(self) -> Opening:
        """The slot, once its ladder is drafted."""
        visit = {"appointment__external_id": self.appointment["id"]}
        found = Opening.objects.filter(item__state__in=["pending", *ApprovalItem.LIVE], **visit)
        opening = self.salon.until(found.first, "nobody offers the slot")
        assert isinstance(opening, Opening)
        return opening

    def holding(self, how_many: int) -> list[str]:
        """Who holds an offer, in the order of the ladder, once they are so many."""
        names = {client: name for name, client in self.waiting.items()}
        rows = Offer.objects.filter(
            opening__appointment__external_id=self.appointment["id"], state="sent"
        ).order_by("position")
        self.salon.until(lambda: rows.count() == how_many, "they were not asked")
        return [names[one.client.external_id] for one in rows.select_related("client")]

    def booked(self) -> list[str]:
        """Whom the salon's own calendar shows at that hour with that therapist."""
        rows = self.salon.remote.get("records/appointment")["data"]
        mine = ("startTime", "staffId")
        return [
            one["clientId"]
            for one in rows
            if one["status"] != "cancelled"
            and all(one[key] == self.appointment[key] for key in mine)
        ]

    def look_at(self, name: str) -> None:
        self.phone.goto(f"{self.salon.sandbox}/phones/{self.waiting[name]}")


GivenUp = Callable[..., Slot]


@pytest.fixture
def given_up(played_stack: Played, desk: Any, phone: Any) -> GivenUp:
    """`given_up(2, "Grace", …)`: only these wait for what Cora cancels, two are asked at once."""

    def give(at_once: int, *names: str) -> Slot:
        agents = AgentConfig.objects.filter(connection_id=CONNECTION, agent="open_slot")
        assert agents.update(settings={"mode": "waves", "wave_size": at_once})
        WaitlistEntry.objects.filter(connection_id=CONNECTION).update(status="removed")
        # Who has not filled in a form yet is skipped; that is told elsewhere.
        Service.objects.filter(connection_id=CONNECTION).update(form_required="")
        appointment = played_stack.book(somebody(played_stack, "Cora"))
        waiting = {name: somebody(played_stack, name) for name in names}
        for client in waiting.values():
            played_stack.remote.act(
                "waitlist_add", clientId=client, serviceId=appointment["serviceId"],
                locationId=appointment["locationId"], windows=ANY_TIME,
            )  # fmt: skip
        known = WaitlistEntry.objects.filter(
            client__external_id__in=waiting.values(), status="waiting"
        )
        played_stack.until(lambda: known.count() == len(names), "the waitlist never came")
        played_stack.remote.act("cancel", id=appointment["id"], reason="sick")
        return Slot(played_stack, desk, phone, appointment, waiting)

    return give


def ladder_approved(slot: Slot) -> None:
    """The desk sees whom it would ask and why, opens what is sent, and starts it with one key."""
    item = slot.opening().item
    assert item is not None
    card = opened(slot.salon, slot.desk, item)
    card.get_by_role("heading", name="Who is asked, in this order").wait_for()
    for name in slot.waiting:
        assert card.get_by_text(f"{name} S").count()
    grace = card.locator("li.rung", has_text="Grace S.")
    grace.locator("summary", has_text="What is sent").click()
    grace.get_by_text("Reply 1 to take it").wait_for()
    approved(slot.salon, slot.desk, item)


def filled_by(slot: Slot, winner: str, other: str) -> None:
    """The salon's calendar has the winner once; the other's phone has the kind note; the desk sees
    who got it."""
    slot.salon.until(lambda: slot.booked() == [slot.waiting[winner]], "it was not booked")
    opening = Opening.objects.get(appointment__external_id=slot.appointment["id"])
    done = Opening.objects.filter(pk=opening.pk, state=Opening.State.BOOKED)
    slot.salon.until(done.exists, "we did not notice that it is booked")
    slot.look_at(other)
    slot.phone.locator(GONE).wait_for()
    slot.look_at(winner)
    slot.phone.locator('.bubbles li.outbound:has-text("it\'s yours")').wait_for()
    assert slot.phone.locator(GONE).count() == 0
    slot.desk.goto(f"{slot.salon.desk}/drafts/{opening.item_id}/")
    slot.desk.get_by_text(f"{winner} S. has").first.wait_for()


def test_the_first_are_silent_then_one_says_yes_by_text_and_the_other_is_told_kindly(
    given_up: GivenUp,
) -> None:
    slot = given_up(2, "Grace", "Ben", "Iris", "Noor")
    ladder_approved(slot)
    silent = slot.holding(2)
    slot.salon.time_to_answer_passes()
    second, third = slot.holding(2)
    assert not {second, third} & set(silent)

    slot.look_at(second)
    slot.phone.locator(ASKED).wait_for()
    slot.phone.get_by_role("button", name="1", exact=True).click()
    filled_by(slot, second, third)
    slot.look_at(silent[0])
    slot.phone.locator(ASKED).wait_for()
    assert slot.phone.locator(GONE).count() == 0


def test_the_second_takes_it_by_the_link_and_the_third_is_told_kindly(given_up: GivenUp) -> None:
    slot = given_up(3, "Grace", "Ben", "Iris")
    ladder_approved(slot)
    _, second, third = slot.holding(3)
    slot.look_at(second)
    link = re.search(r"https?://\S+/c/[\w-]{22}", slot.phone.locator(ASKED).inner_text())
    assert link is not None
    slot.phone.goto(link[0])
    slot.salon.work()
    assert slot.booked() == []
    slot.phone.get_by_role("button", name="Yes, I take it").click()
    slot.phone.get_by_role("heading", name=re.compile("We have you first|It's yours")).wait_for()
    filled_by(slot, second, third)
    slot.phone.goto(link[0])
    slot.phone.get_by_role("heading", name="It's yours. See you").wait_for()


# ---- answers by text ----


def booked_client(salon: Played, name: str) -> tuple[str, Client, ApprovalItem]:
    """A client with a visit and the draft of its confirmation."""
    ident = somebody(salon, name)
    salon.book(ident)
    draft = draft_of(salon, client__external_id=ident, agent="confirmation")
    assert draft.client is not None
    return ident, draft.client, draft


def typed(salon: Played, phone: Any, ident: str, words: str) -> None:
    """What the client types on their own phone."""
    phone.goto(f"{salon.sandbox}/phones/{ident}")
    phone.get_by_label("Your text as the client").fill(words)
    phone.get_by_role("button", name="Send", exact=True).click()
    phone.locator(f".bubbles li.inbound:has-text('{words}')").wait_for()


def fixed_answer_goes(salon: Played, desk: Any, phone: Any, ident: str) -> str:
    """The one confirmation is a press away, cannot be changed, and reaches the phone."""
    item = draft_of(salon, client__external_id=ident, occasion__startswith="opted-out:")
    card = opened(salon, desk, item)
    assert "cannot be changed" in card.inner_text()
    approved(salon, desk, item)
    salon.until(lambda: salon.texts(ident), "the confirmation never came")
    phone.goto(f"{salon.sandbox}/phones/{ident}")
    return str(phone.locator(OFF).inner_text())


def test_stop_takes_every_draft_back_and_is_confirmed_once(
    played_stack: Played, desk: Any, phone: Any
) -> None:
    ident, client, draft = booked_client(played_stack, "Stella")
    opened(played_stack, desk, draft)
    typed(played_stack, phone, ident, "Stop!!")

    said = fixed_answer_goes(played_stack, desk, phone, ident)
    assert "Text START to get texts again" in said
    draft.refresh_from_db()
    assert (draft.state, "asked for no more messages" in draft.state_reason) == ("withdrawn", True)
    desk.goto(f"{played_stack.desk}/drafts/{draft.pk}/")
    assert desk.locator("#approve").count() == 0

    desk.goto(f"{played_stack.desk}/conversations/client/{client.pk}/")
    why = desk.locator("#why-not")
    why.wait_for()
    assert "Asked for no more texts" in why.inner_text() and desk.locator("#editor").count() == 0
    played_stack.work()
    assert len(played_stack.texts(ident)) == 1


def test_cancel_opts_out_and_asks_the_desk_to_call_about_the_visit(
    played_stack: Played, desk: Any, phone: Any
) -> None:
    ident, client, draft = booked_client(played_stack, "Callie")
    typed(played_stack, phone, ident, "CANCEL")

    call = draft_of(played_stack, client=client, occasion__startswith="call:")
    card = opened(played_stack, desk, call)
    words = card.inner_text()
    assert "CANCEL probably meant" in words and "lease call" in words
    assert (
        card.get_by_role("link", name="Call", exact=True).get_attribute("href")
        == f"tel:{client.phone}"
    )
    assert card.locator("textarea, #edit, #approve").count() == 0

    said = fixed_answer_goes(played_stack, desk, phone, ident)
    assert "If you meant your appointment, please call" in said
    assert ApprovalItem.objects.get(pk=draft.pk).state == "withdrawn"
    visits = [
        one["status"]
        for one in played_stack.remote.get("records/appointment")["data"]
        if one["clientId"] == ident
    ]
    assert visits == ["booked"]
    assert len(played_stack.texts(ident)) == 1
