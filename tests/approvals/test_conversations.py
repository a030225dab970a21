"""Conversations as the desk sees them: threads, who wrote what, who may look, and at what cost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals.conversing import conversations_hear
from approvals.models import ApprovalItem, Effect, WrittenText
from approvals.permissions import rights_of
from approvals.selectors.threads import ThreadFilters, thread_list, unanswered_count
from approvals.services.decisions import item_approve
from core import clock
from core.hints import CHANNEL
from integrations import consent, events
from integrations.models import Client, Location, Message, User
from tests.support.desks import Desk, desk_make
from tests.support.polling import GENEROUS

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
GETS = ("conversation", "conversation-messages")
POSTS = ("conversation-write", "conversation-typed", "conversation-leave", "conversation-wish")


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor View")


@pytest.fixture
def maria(desk: Desk) -> User:
    return desk.person("Maria Ruiz", "front_desk", desk.location)


def visitor(user: User) -> Visitor:
    browser = Visitor()
    browser.force_login(user)
    return browser


def said(desk: Desk, client: Client | None, body: str, **fields: Any) -> Message:
    desk.made += 1
    minutes = fields.pop("ago", 10)
    defaults: dict[str, Any] = {
        "connection": desk.connection,
        "location": desk.location,
        "external_id": f"msg_{desk.made}",
        "client": client,
        "incoming": True,
        "channel": "sms",
        "source": "client",
        "sent_at": clock.now() - timedelta(minutes=minutes),
    }
    return Message.objects.create(body=body, **defaults | fields)


def replied(desk: Desk, client: Client, body: str, **fields: Any) -> Message:
    given = {"incoming": False, "source": "front_desk", "status": "delivered"}
    return said(desk, client, body, **given | fields)


def approved(item: ApprovalItem, user: User) -> Effect:
    assert item.revision is not None
    item_approve(
        user=user,
        item_id=item.pk,
        revision_id=item.revision.pk,
        evidence_sha256=item.revision.evidence_sha256,
    )
    return Effect.objects.get(item=item)


def page(user: User, url: str, **more: Any) -> str:
    answer = visitor(user).get(url, **more)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def thread(user: User, client: Client) -> str:
    return page(user, reverse("conversation", args=[client.pk]), headers=HTMX)


def listed(user: User, **filters: Any) -> list[str]:
    found = thread_list(rights=rights_of(user), filters=ThreadFilters(**filters))
    return [row.client.first_name if row.client else row.sender for row in found.rows]


def test_unanswered_threads_come_first_then_the_newest(desk: Desk, maria: User) -> None:
    dana, elena, jo, kim = (desk.client(name) for name in ("Dana", "Elena", "Jo", "Kim"))
    said(desk, dana, "Hello?", ago=300)
    said(desk, elena, "Thanks", ago=200)
    replied(desk, elena, "See you", ago=190)
    said(desk, jo, "Parking?", ago=400)
    said(desk, kim, "Your receipt", ago=5, incoming=False, source="platform")
    assert listed(maria) == ["Dana", "Jo", "Kim", "Elena"]
    assert listed(maria, unanswered=True) == ["Dana", "Jo"]
    assert unanswered_count(rights_of(maria)) == 2
    html = page(maria, "/conversations/")
    assert '<span class="num" id="nav-unanswered" data-count>2</span>' in html
    assert "waiting 5 h" in html and "Salon: Your receipt" in html


@pytest.mark.parametrize(
    "after",
    ["staff reply", "mark", "answer approved", "written here", "understood", "automatic", "stop"],
)
def test_what_ends_the_waiting_for_an_answer(desk: Desk, maria: User, after: str) -> None:
    dana = desk.client()
    first = said(desk, dana, "Is there parking?")
    assert unanswered_count(rights_of(maria)) == 1
    if after == "staff reply":
        replied(desk, dana, "Yes", ago=2)
    elif after == "mark":
        press(maria, dana, "conversation-wish", wish="settled")
    elif after == "answer approved":
        item = desk.draft(dana)
        ApprovalItem.objects.filter(pk=item.pk).update(purpose="answer")
        approved(item, maria)
    elif after == "written here":
        write(maria, dana, "Yes, behind the house.", seen_message=first.pk)
    elif after == "understood":
        Message.objects.filter(pk=first.pk).update(details={"handled": "confirmed"})
    elif after == "automatic":
        Message.objects.filter(pk=first.pk).update(details={"automatic": True})
    else:
        Message.objects.filter(pk=first.pk).update(body=" Stop! ")
    assert unanswered_count(rights_of(maria)) == 0


COURTESIES = ["thank you 🙏", "No, all good, thanks", "ok no problem", "¡Gracias!"]


@pytest.mark.parametrize("body", COURTESIES)
def test_a_courtesy_leaves_nobody_waiting(desk: Desk, maria: User, body: str) -> None:
    dana = desk.client()
    said(desk, dana, body)
    row = thread_list(rights=rights_of(maria)).rows[0]
    thread = visitor(maria).get(reverse("conversation", args=[dana.pk])).content.decode()
    assert (row.unanswered, unanswered_count(rights_of(maria))) == (False, 0)
    assert "Needs no answer" not in thread
    said(desk, dana, f"{body} Is there parking?", ago=1)
    assert unanswered_count(rights_of(maria)) == 1


@pytest.mark.parametrize("after", ["receipt", "reminder", "cancel"])
def test_what_answers_nothing(desk: Desk, maria: User, after: str) -> None:
    dana = desk.client()
    said(desk, dana, "CANCEL" if after == "cancel" else "Is there parking?")
    if after == "receipt":
        replied(desk, dana, "Your total is $12", source="platform", ago=1)
    elif after == "reminder":
        effect = approved(desk.draft(dana), maria)
        replied(desk, dana, "See you tomorrow", source="api", reference=effect.key, ago=1)
    assert unanswered_count(rights_of(maria)) == 1


def test_a_thread_is_found_by_name_number_and_location(desk: Desk, maria: User) -> None:
    zoe = desk.client("Zoë", "Núñez")
    Client.objects.filter(pk=zoe.pk).update(search_key="zoe nunez")
    said(desk, zoe, "Hola", ago=60 * 24 * 60)
    said(desk, None, "Who is this?", address="+12135550177")
    far = desk.client("Eva", "Far")
    said(desk, far, "Hi", location=desk.locations[1])
    assert listed(maria) == ["+12135550177"]
    assert listed(maria, older=True) == ["+12135550177", "Zoë"]
    assert listed(maria, text="zoë nuñ") == ["Zoë"]
    assert listed(maria, text="(213) 555-0177") == ["+12135550177"]
    assert listed(maria, text="eva") == []
    both = desk.person("Olga Owner", "owner")
    assert listed(both, location_id=desk.locations[1].pk) == ["Eva"]
    assert sorted(listed(both)) == ["+12135550177", "Eva"]


def test_somebody_without_messages_is_found_to_write_to_first(desk: Desk, maria: User) -> None:
    dana = desk.client()
    desk.appointment(dana)
    html = page(maria, "/conversations/?q=dana")
    assert "Write first" in html and f"/conversations/client/{dana.pk}/" in html
    assert "Nobody found" in page(maria, "/conversations/?q=nobody")
    assert "What you write starts the conversation." in thread(maria, dana)


def test_the_thread_says_who_wrote_what_and_who_approved_it(desk: Desk, maria: User) -> None:
    dana = desk.client()
    drafts = {writer: desk.draft(dana, writer=writer) for writer in ("template", "model")}
    for minutes, (writer, item) in enumerate(drafts.items(), 2):
        effect = approved(item, maria)
        replied(desk, dana, f"by {writer}", reference=effect.key, source="api", ago=90 - minutes)
    ours = replied(desk, dana, "Shall we move it?", ago=60)
    said(desk, dana, "1", in_reply_to=ours.external_id, ago=50)
    replied(desk, dana, "Your receipt", source="platform", channel="email", ago=40)
    replied(desk, dana, "Lost", status="failed", ago=30, details={"reason": "Landline"})
    html = thread(maria, dana)
    for words in (
        "Standard text, approved by Maria Ruiz",
        "Drafted with AI, approved by Maria Ruiz",
        "Written at the platform (front desk)",
        "Sent by the booking platform",
        "Answers: </span><bdi>Shall we move it?</bdi>",
        "Not delivered: Landline",
        "Delivered",
        "e-mail",
    ):
        assert words in html, words


def test_one_clock_for_the_whole_thread(desk: Desk) -> None:
    dana, olga, harbor = desk.client("Dana"), desk.person("Olga", "owner"), desk.locations[1]
    Location.objects.filter(pk=harbor.pk).update(timezone="America/New_York")
    with clock.frozen(datetime(2026, 6, 15, 17, tzinfo=UTC)):
        said(desk, dana, "First", ago=10, location=desk.location)
        said(desk, dana, "Second", ago=5, location=harbor)
        times = re.findall(r"(\d{1,2}:\d\d [ap]m) · text", thread(olga, dana))
    assert times in (["9:50 am", "9:55 am"], ["12:50 pm", "12:55 pm"])


def test_what_is_on_its_way_stands_in_the_thread_and_can_be_taken_back(
    desk: Desk, maria: User
) -> None:
    dana = desk.client()
    asked = said(desk, dana, "Is there parking?", ago=30)
    answer = write(maria, dana, "Yes, behind the house.", seen_message=asked.pk)
    assert answer.status_code == 302
    html = thread(maria, dana)
    assert "Written by Maria Ruiz" in html and "Leaves in a moment" in html
    item = ApprovalItem.objects.get()
    taken = press(maria, dana, "conversation-take-back", item.pk)
    assert taken.status_code == 302
    html = thread(maria, dana)
    assert "You took it back." in html and f'name="item" value="{item.pk}"' in html
    assert "Yes, behind the house.</textarea>" in html
    tom = desk.person("Tom Other", "front_desk", desk.location)
    other = thread(tom, dana)
    assert "Words that did not go out" in other and "behind the house.</textarea>" not in other
    press(maria, dana, "conversation-leave", item=item.pk)
    assert ApprovalItem.objects.get().state == "rejected"


def test_consent_is_said_in_the_thread_and_instead_of_the_composer(desk: Desk, maria: User) -> None:
    dana = desk.client()
    Client.objects.filter(pk=dana.pk).update(email="")
    dana.refresh_from_db()
    said(desk, dana, "STOP")
    consent.opt_out_record(actor=maria.as_actor(), client=dana, channel="sms", wording="STOP")
    html = thread(maria, dana)
    assert "Asked for no more messages" in html
    assert "No more: texts (“STOP”)" in html
    assert "Asked for no more texts since" in html and "<textarea" not in html
    assert "no texts" in page(maria, "/conversations/")
    assert write(maria, dana, "Hello").status_code == 422
    assert not Effect.objects.exists()


def test_the_channel_is_what_the_client_used_last(desk: Desk, maria: User) -> None:
    dana = desk.client()
    said(desk, dana, "By text", ago=90)
    said(desk, dana, "By mail", channel="email", subject="A question", ago=30)
    assert re.search(r'value="email" checked', thread(maria, dana))
    consent.opt_out_record(actor=maria.as_actor(), client=dana, channel="email")
    html = thread(maria, dana)
    assert re.search(r'value="sms" checked', html)
    assert re.search(r'value="email" disabled', html)


def test_hours_are_said_before_anybody_presses(desk: Desk, maria: User) -> None:
    dana = desk.client()
    night = clock.now().astimezone(desk.location.zone).replace(hour=22, minute=30)
    Location.objects.update(quiet_from="20:00", quiet_until="09:00")
    with clock.frozen(night):
        assert "Goes out tomorrow at 9 am, Dana&#x27;s time: these are quiet hours." in (
            opened(desk, maria, dana)
        )
        said(desk, dana, "Are you still there?", ago=20)
        assert "Dana wrote just now: it goes at once." in opened(desk, maria, dana)


def opened(desk: Desk, maria: User, client: Client) -> str:
    desk.appointment(client)
    return thread(maria, client)


def test_unknown_numbers_are_threads_of_their_own_and_never_guessed(
    desk: Desk, maria: User
) -> None:
    dana, tom = desk.client("Dana"), desk.client("Tom")
    Client.objects.filter(pk=tom.pk).update(phone=dana.phone)
    lost = said(desk, None, "Can I come at 3?", address=dana.phone)
    said(desk, None, "And bring a friend?", address=dana.phone, ago=5)
    other = said(desk, None, "Wrong number", address="+12135550177")
    nameless = [said(desk, None, "From nowhere"), said(desk, None, "From elsewhere")]
    assert len(listed(maria)) == 4
    html = page(maria, reverse("stranger", args=[lost.pk]))
    assert "Several clients have it" in html and "Who wrote is not guessed" in html
    assert "Dana K." in html and "Tom K." in html
    assert "And bring a friend?" in html and "Wrong number</p>" not in html
    assert "<textarea" not in html
    html = page(maria, reverse("stranger", args=[other.pk]), headers=HTMX)
    assert "(213) 555-0177" in html and "please call" in html
    html = page(maria, reverse("stranger", args=[nameless[0].pk]), headers=HTMX)
    assert "From nowhere" in html and "From elsewhere" not in html
    visitor(maria).post(reverse("stranger-settle", args=[lost.pk]))
    assert unanswered_count(rights_of(maria)) == 3
    assert "Shares a phone with" in opened(desk, maria, dana)


def test_what_a_stranger_wrote_can_hide_nothing(desk: Desk, maria: User) -> None:
    evil = "<script>alert(1)</script><img src=x> \u202egnp.exe \u200b{{ 7|add:7 }}"
    dana = desk.client("Da\u202ena", "<b>King</b>")
    said(desk, dana, evil)
    said(desk, dana, "", details={"media": [{"type": "image/png"}, {"type": "image/jpeg"}]})
    said(desk, dana, "   ")
    said(desk, dana, "x" * 2000)
    said(desk, dana, "مرحبا، هل يمكنني تغيير الموعد؟")
    for html in (page(maria, "/conversations/"), thread(maria, dana)):
        assert "<script>alert" not in html and "<img" not in html and "<b>King" not in html
        assert "\u202e" not in html and "\u200b" not in html
    assert "[right-to-left override]" in html
    assert "2 pictures, to be seen at the channel itself" in html
    assert "An empty message" in html and "A long message. Show it" in html
    assert 'dir="auto"' in html


def test_live_changes_bring_the_messages_and_leave_the_composer(desk: Desk, maria: User) -> None:
    dana = desk.client()
    said(desk, dana, "Hello")
    url = reverse("conversation-messages", args=[dana.pk])
    html = page(maria, url, headers=HTMX)
    mark = re.search(r'id="messages" data-mark="(\w+)"', html)
    assert mark is not None and "<textarea" not in html
    same = {"path": f"{url}?mark={mark[1]}", "headers": HTMX}
    assert visitor(maria).get(**same).status_code == 204
    new = said(desk, dana, "Are you there?", ago=1)
    html = str(visitor(maria).get(**same).content.decode())
    assert f'data-message="{new.pk}"' in html
    rows = re.search(r'id="rows" data-mark="(\w+)"', page(maria, "/conversations/"))
    assert rows is not None
    look = f"/conversations/rows/?mark={rows[1]}"
    assert visitor(maria).get(look, headers=HTMX).status_code == 204
    said(desk, desk.client("Elena"), "Hi")
    assert visitor(maria).get(look, headers=HTMX).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_message_makes_open_pages_look(desk: Desk, redis_db: Any) -> None:
    hints = redis_db.pubsub(ignore_subscribe_messages=True)
    hints.subscribe(CHANNEL)
    hints.get_message(timeout=GENEROUS)
    for place in (desk.location.pk, None):
        conversations_hear(
            events.MessageReceived(
                key=f"message:{place}",
                connection_id=str(desk.connection.pk),
                at=clock.now(),
                location_id=place,
                message_id=1,
            )
        )
    got = [hints.get_message(timeout=GENEROUS) for _ in range(3)]
    assert all(one and b'"message"' in one["data"] for one in got)


def press(user: User, client: Client, name: str, *args: int, **fields: Any) -> Any:
    return visitor(user).post(reverse(name, args=[client.pk, *args]), fields)


def write(user: User, client: Client, body: str, **fields: Any) -> Any:
    given = {"key": uuid4().hex, "channel": "sms", "body": body}
    return press(user, client, "conversation-write", **given | fields)


def test_words_that_were_refused_are_still_there(desk: Desk, maria: User) -> None:
    dana = desk.client()
    said(desk, dana, "Hello")
    answer = write(maria, dana, "My own words", seen_message=0)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Dana K. wrote in the meantime." in html and "My own words</textarea>" in html
    seen = Message.objects.get().pk
    asked = write(maria, dana, "We take 20% off", seen_message=seen)
    assert "Please say why it is right" in asked.content.decode()
    assert 'name="reason"' in asked.content.decode()
    done = write(maria, dana, "We take 20% off", seen_message=seen, reason="manager_ok")
    assert done.status_code == 302
    assert write(maria, dana, "x", key="short").status_code == 422


def test_a_minors_message_asks_for_a_reason_and_offers_some(desk: Desk, maria: User) -> None:
    young = desk.client(birthday=clock.now().date() - timedelta(days=12 * 365))
    said(desk, young, "Hello")
    answer = write(maria, young, "Hi!", seen_message=Message.objects.get().pk)
    assert answer.status_code == 422 and 'name="reason"' in answer.content.decode()


def test_what_is_typed_is_kept_and_thrown_away(desk: Desk, maria: User) -> None:
    dana = desk.client()
    said(desk, dana, "Hello")
    given = {"key": uuid4().hex, "channel": "sms", "body": "Reply YES\u200b"}
    answer = press(maria, dana, "conversation-typed", **given)
    assert "Asks for YES" in answer.content.decode()
    assert "zero-width space" in answer.content.decode()
    html = thread(maria, dana)
    assert "Here is what you were writing" in html and "Reply YES\u200b</textarea>" in html
    press(maria, dana, "conversation-leave")
    assert not WrittenText.objects.exists()


@pytest.mark.parametrize("wish", ["plain", "no-drafts", "no-sms", "no-email", "settled"])
def test_wishes_are_one_press_and_can_be_taken_back(desk: Desk, maria: User, wish: str) -> None:
    dana = desk.client()
    said(desk, dana, "Hello")
    back = {"plain": "personal", "no-drafts": "drafts", "no-sms": "sms", "no-email": "email"}
    before = thread(maria, dana)
    assert press(maria, dana, "conversation-wish", wish=wish).status_code == 302
    after = thread(maria, dana)
    assert before != after
    assert f'value="{back.get(wish, "")}"' in after
    assert press(maria, dana, "conversation-wish", wish=back.get(wish, "open")).status_code == 302
    assert press(maria, dana, "conversation-wish", wish="love").status_code == 422


def people(desk: Desk) -> dict[str, User]:
    here, there = desk.locations
    return {
        "front desk": desk.person("Fred Desk", "front_desk", here),
        "manager": desk.person("Olga Owner", "manager", here),
        "provider": desk.person("Sarah Lind", "provider", here),
        "elsewhere": desk.person("Eva Far", "front_desk", there),
        "no role": User.objects.create_user("nobody@example.com", "x" * 12, name="No Body"),
    }


def test_every_view_asks_for_the_right_and_the_location(desk: Desk) -> None:
    dana = desk.client()
    message = said(desk, dana, "Hello")
    lost = said(desk, None, "Who?", address="+12135550177")
    seen = {"front desk": 200, "manager": 200, "provider": 404, "elsewhere": 404, "no role": 403}
    persons = people(desk)
    for name in GETS:
        url = reverse(name, args=[dana.pk])
        assert {who: visitor(u).get(url).status_code for who, u in persons.items()} == seen, name
    for name in ("stranger", "stranger-messages"):
        url = reverse(name, args=[lost.pk])
        assert {who: visitor(u).get(url).status_code for who, u in persons.items()} == seen, name
        assert visitor(persons["manager"]).get(reverse(name, args=[message.pk])).status_code == 404
    urls = [reverse(name, args=[dana.pk]) for name in POSTS]
    urls.append(reverse("conversation-take-back", args=[dana.pk, 1]))
    urls.append(reverse("stranger-settle", args=[lost.pk]))
    for url in urls:
        assert Visitor().get(url).status_code in {302, 405}
        for who in ("provider", "elsewhere"):
            assert visitor(persons[who]).post(url).status_code == 404, (who, url)
        assert visitor(persons["no role"]).post(url).status_code == 403


def test_a_provider_sees_the_threads_of_their_own_clients(desk: Desk) -> None:
    sarah = desk.person("Sarah Lind", "provider", desk.location)
    member = desk.staff("Sarah Lind", sarah)
    mine, other = desk.client("Mine"), desk.client("Other")
    desk.appointment(mine, staff=member)
    desk.appointment(other)
    for client in (mine, other):
        said(desk, client, "Hello")
    said(desk, None, "Who?", address="+12135550177")
    assert listed(sarah) == ["Mine"]
    assert "Hello" in thread(sarah, mine)
    away = visitor(sarah).get(reverse("conversation", args=[other.pk]))
    assert away.status_code == 404


def test_messages_of_another_location_stay_there(desk: Desk, maria: User) -> None:
    dana = desk.client()
    said(desk, dana, "Said here")
    said(desk, dana, "Said there", location=desk.locations[1])
    said(desk, dana, "Said nowhere", location=None)
    html = thread(maria, dana)
    assert "Said here" in html and "Said nowhere" in html and "Said there" not in html


def test_a_merged_clients_thread_is_the_others_now(desk: Desk, maria: User) -> None:
    gone, kept = desk.client("Gone"), desk.client("Kept")
    desk.appointment(gone)
    Client.objects.filter(pk=gone.pk).update(merged_into=kept, deleted_at=clock.now())
    answer = visitor(maria).get(reverse("conversation", args=[gone.pk]))
    assert answer["Location"] == reverse("conversation", args=[kept.pk])


@pytest.mark.parametrize("length", [0, 14, pytest.param(45, marks=pytest.mark.soak)])
def test_thirteen_queries_whatever_the_length(desk: Desk, maria: User, length: int) -> None:
    dana = desk.client()
    desk.appointment(dana)
    for number in range(length):
        other = desk.client(f"Client{number}")
        said(desk, other, "Hello", ago=number)
        said(desk, dana, f"Message {number}", ago=number)
        desk.draft(other)
        effect = approved(desk.draft(dana), maria)
        replied(desk, dana, "Sent", reference=effect.key, source="api", ago=number)
    said(desk, None, "Who?", address="+12135550177")
    browser = visitor(maria)
    urls = [
        "/conversations/",
        "/conversations/?show=unanswered",
        "/conversations/?q=client",
        reverse("conversation", args=[dana.pk]),
        reverse("conversation", args=[dana.pk]) + "?q=client",
        reverse("stranger", args=[Message.objects.latest("id").pk]),
    ]
    for url in urls:
        browser.get(url)
        with CaptureQueriesContext(database) as queries:
            assert browser.get(url).status_code == 200
        assert len(queries) <= 13, (url, [one["sql"][:120] for one in queries])
    for name in GETS:
        with CaptureQueriesContext(database) as queries:
            browser.get(reverse(name, args=[dana.pk]), headers=HTMX)
        assert len(queries) <= 10, name


@pytest.mark.parametrize(
    "query",
    ["?q=%00", "?location=x", "?location=9999999999999999999", "?count=x", "?older=1",
     "?show=love", "?q=%25_%5C", "?all=1", "?count=9999"],
)  # fmt: skip
def test_a_mangled_address_still_opens(desk: Desk, maria: User, query: str) -> None:
    dana = desk.client()
    said(desk, dana, "Hello")
    assert visitor(maria).get(f"/conversations/{query}").status_code == 200
    assert visitor(maria).get(f"/conversations/client/{dana.pk}/{query}").status_code == 200


def test_no_page_holds_inline_script_or_style(desk: Desk, maria: User) -> None:
    dana = desk.client()
    said(desk, dana, "Hello")
    for url in ("/conversations/", reverse("conversation", args=[dana.pk])):
        html = page(maria, url)
        assert not re.search(r"<script(?![^>]*\bsrc=)", html), url
        assert not re.search(r"\son\w+=|\sstyle=|javascript:|hx-on", html), url


def test_the_queue_and_activity_lead_to_the_conversation(desk: Desk, maria: User) -> None:
    item = desk.draft()
    url = reverse("conversation", args=[item.client_id])
    assert url in page(maria, f"/drafts/{item.pk}/")
    ApprovalItem.objects.filter(pk=item.pk).update(closed_at=clock.now())
    assert url in page(maria, "/activity/")
