"""Every page: no serious finding of axe, in light and dark, wide and narrow; nothing overflows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from agents.autonomy import autonomy_grant
from agents.earning import records_of
from agents.models import AgentConfig, ClientOutlook, Outreach, ReturnModel
from approvals.absences.opening import absence_open
from approvals.models import ApprovalItem, Effect, LocationTrust, ObservedDraft
from approvals.services.calls import Call, call_settle
from approvals.services.decisions import item_approve, item_reject
from approvals.services.handovers import handover_offer
from approvals.services.parking import Spot, spot_park
from copilot.leaving.models import Leaving
from core import clock
from core.audit import Actor
from integrations.accounts import invitation_create
from integrations.channels.footer import unsubscribe_token
from integrations.imports import file_keep
from integrations.models import (
    Appointment,
    Connection,
    Feedback,
    HandGrant,
    InboundEvent,
    Location,
    Message,
    Sale,
    StaffMember,
    SyncRun,
    User,
)
from tests.approvals.rescheduling.salon import NOON, salon_make
from tests.support import openings, scan
from tests.support.desks import Desk
from tests.support.drafted import drawn, made, month
from tests.support.scan import MILD, NOT_MILD, SIZES, Scan, findings
from tests.support.stations import pin_give, station_make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Maximiliana Aurelia Wolfeschlegelsteinhausenbergerdorff"


# How a card gets beside the queue when its row is pressed, without the visit of a whole page.
INTO_THE_PANE = "url => htmx.ajax('GET', url, {target: '#pane', swap: 'innerHTML'})"


def every_state(desk: Desk, user: User) -> dict[str, ApprovalItem]:
    """One draft in each state that the card can show."""

    def make(name: str, **more: Any) -> ApprovalItem:
        return desk.draft(desk.client(name, "King"), title=f"Draft for {name}", **more)

    names = ("stale", "failed", "unknown", "manual", "approved", "rejected", "snoozed")
    made = {name: make(name) for name in names}
    made["one key"] = make("Dana", loss_risk="high", tag="likely no-show")
    made["open card"] = make("Zoë", writer="model", first_message=True)
    made["hold"] = make("Marcus", body="Hi Marcus, a discount of 10% on Tuesday at 4:15 pm.")
    made["email"] = make("Elena", channel="email", subject="See you soon")
    made["long"] = make(LONG, tag="a tag that says far more than a tag should", body=LONG * 9)
    made["short"] = make("Priya", due_at=clock.now() + timedelta(minutes=40))
    made["drafting"] = desk.placeholder(desk.client("Kim", "Sato"))
    change = {"label": "Starts", "before": "Friday 2:00 pm", "now": "Friday 3:00 pm"}
    for name in ("unknown", "failed", "manual"):
        approve(made[name], user)
        ApprovalItem.objects.filter(pk=made[name].pk).update(state="sending")
        ApprovalItem.objects.filter(pk=made[name].pk).update(state="unknown")
    ApprovalItem.objects.filter(pk=made["failed"].pk).update(state="failed")
    ApprovalItem.objects.filter(pk=made["stale"].pk).update(state="stale", changes=[change])
    approve(made["approved"], user)
    item_reject(
        user=user,
        item_id=made["rejected"].pk,
        revision_id=made["rejected"].revision_id or 0,
        reason="bad_timing",
    )
    later = clock.now() + timedelta(hours=3)
    ApprovalItem.objects.filter(pk=made["snoozed"].pk).update(snoozed_until=later)
    return made


def approve(item: ApprovalItem, user: User) -> None:
    assert item.revision is not None
    item_approve(
        user=user,
        item_id=item.pk,
        revision_id=item.revision.pk,
        evidence_sha256=item.revision.evidence_sha256,
    )


@pytest.fixture
def pages(desk: Desk, maria: User) -> dict[str, str]:
    made = every_state(desk, maria)
    client = desk.client("Nina", "Vogel")
    desk.message(client, "Could I come earlier?")
    desk.appointment(client, starts_at=clock.now() + timedelta(minutes=30))
    stranger = desk.message(client, "Who is this?")
    Message.objects.filter(pk=stranger.pk).update(client=None, address="+13105550199")
    cards = {f"card: {name}": f"/drafts/{item.pk}/" for name, item in made.items()}
    return {
        "queue": "/",
        "put off": "/?view=later",
        "nothing found": "/?q=zzzz",
        "editor": f"/drafts/{made['hold'].pk}/?edit=1",
        "today": "/today/",
        "activity": "/activity/",
        "conversations": "/conversations/",
        "thread": f"/conversations/client/{client.pk}/",
        "stranger": f"/conversations/message/{stranger.pk}/",
        "client": f"/clients/{client.pk}/",
        "to call": "/to-call/",
        "find": "/find/?q=ni",
        "preferences": "/preferences/",
        "password": "/password/",
        "not found": "/nothing-here/",
        **cards,
    }


@pytest.fixture
def slots(desk: Desk) -> tuple[User, dict[str, str]]:
    """The Waitlist page, free slots on Today and ladders in every state, as the manager sees them;
    the platform's waitlist can be changed from here."""
    Connection.objects.update(capabilities=[*desk.connection.capabilities, "waitlist"])
    manager = desk.person("Olga Owner", "manager")
    return manager, {**openings.every_state(desk, manager, LONG), "matching": "/waitlist/matching/"}


Open = Callable[..., Any]


@pytest.fixture
def open_at(browser: Any, web_server: Any, sign_in: Any, maria: User) -> Iterator[Open]:
    """`open_at("desktop")`: a signed-in page of that size, made to fail on script errors."""
    contexts: list[Any] = []
    thrown: list[str] = []

    def give(size: str, user: User = maria) -> Any:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            has_touch=size in {"tablet", "phone"},
            base_url=web_server.url,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: thrown.append(str(error)))
        sign_in(page, user)
        return page

    yield give
    for context in contexts:
        context.close()
    assert thrown == []


@pytest.mark.sampled
def test_no_page_has_a_serious_finding_in_either_theme_or_overflows(
    open_at: Open, pages: dict[str, str]
) -> None:
    page = open_at("desktop")
    seen = Scan(page)
    cards = {name: url for name, url in pages.items() if name.startswith("card: ")}
    one_key = cards.pop("card: one key")
    for name, url in pages.items():
        if name in cards:
            continue
        page.goto(url)
        if name == "queue":
            page.wait_for_selector("#card[data-ready]")
        seen.look(name, light_at_the_desk=True)
    assert page.evaluate(NOT_MILD, MILD) == []
    # Around a card lies the queue, which was looked at as a page of its own.
    page.goto(one_key)
    for name, url in cards.items():
        page.evaluate(INTO_THE_PANE, url)
        page.wait_for_selector(f"#card[data-item='{url.split('/')[2]}']")
        seen.look(name, "#card")
    assert seen.found == {}
    assert seen.seen >= 20


def test_targets_are_large_enough_for_a_finger(open_at: Open, pages: dict[str, str]) -> None:
    page = open_at("phone")
    small: set[str] = set()
    for url in (pages["queue"], pages["card: one key"], pages["card: hold"], pages["today"]):
        page.goto(url)
        small |= set(page.eval_on_selector_all(scan.TARGETS, scan.SMALL))
    assert small == set()


@pytest.mark.sampled
def test_the_pages_of_open_slots_have_no_finding_and_fit(
    open_at: Open, slots: tuple[User, dict[str, str]]
) -> None:
    manager, addresses = slots
    page = open_at("desktop", manager)
    seen = Scan(page)
    for name, url in addresses.items():
        answer = page.goto(url)
        assert answer.status == 200, url
        page.eval_on_selector_all(
            "details:not(.menu)", "all => all.forEach(one => { one.open = true; })"
        )
        seen.look(name)
    assert seen.found == {}


def quality_shown(desk: Desk, manager: User) -> str:
    """The quality page with something in every part of it."""
    people = [desk.person(f"P{number} Desk") for number in range(3)]
    month(desk, people)
    for number in range(22):
        drawn(desk, number, holdout=False, came=number < 20)
        drawn(desk, number, holdout=True, came=number < 15)
    watched = made(desk, "missed", None, stage="observe")
    ObservedDraft.objects.create(
        item=watched, location=desk.location, agent="confirmation", outcome="same", minutes=42,
        drafted_at=clock.now() - timedelta(days=1),
    )  # fmt: skip
    for name in ("confirmation", "reminder", "aftercare"):
        AgentConfig.objects.create(connection=desk.connection, agent=name, enabled=True)
    LocationTrust.objects.create(location=desk.location, earn_after=20, seeded_percent=2)
    records = {one.agent.name: one for one in records_of(desk.location)}
    for name in ("confirmation", "reminder"):
        text = {"writer": "template", "template_version": records[name].version}
        for number in range(21):
            made(desk, "sent", people[number % 3], said=["approve"], text=text, agent=name)
    autonomy_grant(
        user=manager, location=desk.location, agent="reminder", version=records["reminder"].version
    )
    return "/quality/?days=90"


def coming_back_shown(desk: Desk) -> str:
    """Clients coming back, with a row of each kind, and a week of takings for the edition."""
    place, today = desk.location, clock.now().date()
    ReturnModel.objects.create(
        connection=place.connection, kind="rhythm", clients=3, data_from=today, data_to=today
    )
    AgentConfig.objects.create(connection=place.connection, agent="winback", enabled=True)
    for number, held in enumerate((None, True, False)):
        row = ClientOutlook.objects.create(
            client=desk.client(LONG[:40], "Keller"), location=place,
            visits=1 + number, last_visit_on=today - timedelta(days=90), rhythm_days=33,
            chance=0.2, worth=1240, at_risk=900 - number, slipping=True, segments=["slipping"],
        )  # fmt: skip
        if held is not None:
            Outreach.objects.create(
                client=row.client, location=place, agent="winback", held_out=held,
                key=f"since:{row.last_visit_on}", watched_until=clock.now(),
            )  # fmt: skip
    Sale.objects.bulk_create(
        Sale(connection=place.connection, location=place, external_id=f"week{back}",
             total=90 if back == 8 else 500 + back, closed_at=clock.now() - timedelta(days=back))
        for back in range(1, 60)
    )  # fmt: skip
    return f"/clients-coming-back/?location={place.pk}"


def reviews_shown(desk: Desk) -> str:
    """Reviews of every kind, one with an answer, and a name that goes on and on."""
    staff = desk.staff(LONG)
    for number in range(24):
        client = desk.client(LONG[:40] if number < 2 else f"R{number}", "Keller")
        visit = desk.appointment(
            client, staff=staff if number % 2 else None, status="completed",
            starts_at=clock.now() - timedelta(days=number + 1, hours=2),
        )  # fmt: skip
        Feedback.objects.create(
            connection=desk.connection, external_id=f"fbk{number}", location=desk.location,
            client=client, appointment=visit, rating=1 + number % 5, text=f"I waited. {LONG}",
            given_at=clock.now() - timedelta(days=number + 1),
        )  # fmt: skip
    return f"/digest/reviews/?location={desk.location.pk}"


def left_behind(desk: Desk, manager: User) -> Leaving:
    """A pack to be taken, and an erasure with its proof."""
    packed = {"connection": desk.connection, "asked_by_name": manager.name, "state": "done"}
    Leaving.objects.create(
        kind="export", outcome="ready", size=9_000_000, sha256="ab" * 32, **packed
    )
    counts = [{"table": LONG.lower(), "before": 5, "after": 0, "words": 0},
              {"table": "decision", "before": 3, "after": 3, "words": 0}]  # fmt: skip
    proof = {"whole": True, "sealed": 12, "details_erased": 4, "head": "cd" * 32}
    return Leaving.objects.create(
        kind="erase", outcome="erased", tables=counts, proof=proof, done_at=clock.now(), **packed
    )


@pytest.fixture
def set_up(desk: Desk) -> dict[str, str]:
    """The pages of Connect and People, with something on each."""
    hooks = Connection.objects.create(
        name="Cedar Lane", platform="mangomint", mode="hooks_only", status="needs_attention"
    )
    place = Location.objects.create(connection=hooks, external_id="loc_9", name="Cedar Lane")
    manager = desk.person("Olga Owner", "manager", *desk.locations, place)
    temp = desk.person("Tess Temp", "front_desk", place)
    HandGrant.objects.create(user=temp, location=place, role="front_desk", granted_by="Olga")
    roles = [{"location": place.external_id, "role": "front_desk"}]
    StaffMember.objects.create(connection=hooks, external_id="s1", name="Nils", roles=roles)
    raw = f"Client ID,First Name,Mobile Phone\n1,{LONG},503-555-0142\n,Nobody,\n".encode()
    kept = file_keep(actor=manager.as_actor(), connection=hooks, kind="clients", raw=raw)
    InboundEvent.objects.create(
        connection=hooks, delivery_id="1", outcome="odd", body=LONG.encode(), last_error="Odd."
    )
    now = clock.now()
    for kind, ended in (("full", None), ("file:clients", now), ("file:waitlist", now)):
        SyncRun.objects.create(
            connection=hooks, kind=kind, finished_at=ended, error="Line 3." if ended else "", done=7
        )
    one = f"/connect/{hooks.pk}/"
    return {
        "connect": "/connect/",
        "choose": "/connect/new/",
        "all of it": "/connect/new/?way=mangomint:",
        "webhooks": one,
        "full": f"/connect/{desk.connection.pk}/",
        "channels": f"{one}channels/",
        "number": f"{one}channels/twilio/new/",
        "columns": f"{one}files/{kept.pk}/",
        "odd": f"{one}odd/",
        "quality": quality_shown(desk, manager),
        "coming back": coming_back_shown(desk),
        "the week": "/digest/week/",
        "reviews": reviews_shown(desk),
        "impact": "/impact/?days=90",
        "impact of one": f"/impact/?location={desk.location.pk}",
        "letter": "/impact/letter/",
        "audit": "/audit/",
        "leaving": "/leaving/",
        "proof": f"/leaving/{left_behind(desk, manager).pk}/proof/",
        "ask": "/ask/?q=price",
        "material": "/ask/material/",
        "people": "/people/",
        "approved beforehand": "/approved-beforehand/",
    }


@pytest.mark.sampled
def test_the_pages_of_connect_and_people_have_no_finding_and_fit(
    open_at: Open, set_up: dict[str, str]
) -> None:
    seen = Scan(open_at("desktop", User.objects.get(name="Olga Owner")))
    for name, url in set_up.items():
        seen.visit(name, url)
    assert seen.found == {}


def test_open_menus_help_toasts_and_confirmation_have_no_finding(
    open_at: Open, pages: dict[str, str]
) -> None:
    page = open_at("desktop")
    page.goto(pages["card: hold"])
    page.wait_for_selector("#card[data-ready]")
    for menu in ("reject", "later", "again"):
        page.click(f"#{menu}-menu summary")
        assert findings(page, within="#card") == []
        page.keyboard.press("Escape")
    page.wait_for_timeout(200)  # faster than a hand can be counts as a scanner
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    assert findings(page, within="#help") == []
    page.click("[data-close]")
    page.evaluate("document.querySelector('#approve').click()")
    page.wait_for_selector("text=Please look once more")
    assert findings(page) == []
    page.goto(pages["card: one key"])
    page.wait_for_selector("#card[data-ready]")
    page.keyboard.press("a")
    page.wait_for_selector(".take-back")
    assert findings(page) == []


def signed_out_pages(desk: Desk) -> list[str]:
    """What people see who have no sign-in yet, or never will."""
    member = desk.staff("Kim Ono")
    member.email = "kim@example.com"
    member.save()
    _, invited = invitation_create(actor=Actor.system("test"), staff=member)
    news = unsubscribe_token(desk.client("Grace", "Hale"), desk.location)
    return [
        f"/invitation/{invited}/",
        "/invitation/made-up/",
        f"/unsubscribe/{news}/",
        "/unsubscribe/made-up/",
        "/password/new/x/made-up/",
    ]


def test_signing_in_and_the_empty_queue_have_no_finding(
    page: Any, desk: Desk, maria: User, web_server: Any, sign_in: Any
) -> None:
    for address in signed_out_pages(desk):
        page.goto(web_server.url + address)
        assert findings(page) == [], address
    page.goto(f"{web_server.url}/sign-in/")
    assert findings(page) == []
    page.fill("#id_username", "x@example.com")
    page.fill("#id_password", "wrong")
    page.click("text=Sign in >> nth=-1")
    page.wait_for_selector("[role=alert]")
    assert findings(page) == []
    sign_in(page, maria)
    page.goto(web_server.url)
    assert "All clear" in page.inner_text("#rows")
    assert findings(page) == []
    Connection.objects.update(status="needs_attention", status_reason="The token was refused.")
    page.reload()
    assert "Maple Street Spa needs attention: The token was refused." in page.inner_text("body")
    assert findings(page) == []


def test_the_whole_way_by_keyboard_alone(open_at: Open, desk: Desk) -> None:
    for name in ("Dana", "Elena"):
        desk.draft(desk.client(name, "King"))
    page = open_at("desktop")
    page.goto("/")
    page.wait_for_selector("#card[data-ready]")
    page.keyboard.press("Tab", delay=60)
    page.keyboard.press("Tab", delay=60)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.focus("#approve")
    page.wait_for_timeout(150)  # faster than a hand can be counts as a scanner
    page.keyboard.press("Enter")
    page.wait_for_selector(".take-back")
    assert page.evaluate("document.activeElement !== document.body")
    assert page.evaluate("document.activeElement.closest('#card') !== null")
    assert Effect.objects.count() == 1


def test_approving_works_with_scripts_switched_off(
    browser: Any, web_server: Any, sign_in: Any, desk: Desk, maria: User
) -> None:
    item = desk.draft()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, maria)
    page.goto(web_server.url)
    page.click(f"#row-{item.pk} a")
    page.click("#approve")
    assert "Sending to Dana." in page.inner_text("body")
    page.click("text=Take it back")
    assert ApprovalItem.objects.get(pk=item.pk).state == "pending"
    page.click("#reject-menu summary")
    page.click("text=Wrong tone")
    assert ApprovalItem.objects.get(pk=item.pk).state == "rejected"
    context.close()


@pytest.mark.sampled
def test_the_pages_of_shared_devices_have_no_finding_and_fit(
    open_at: Open, desk: Desk, maria: User
) -> None:
    item, olga = desk.draft(), desk.person("Olga Owner", "manager")
    nina = desk.client("Nina")
    desk.appointment(nina, starts_at=clock.now() + timedelta(minutes=5))
    pin_give(maria)
    _, secret = station_make(desk.location)
    handover_offer(user=maria, location_id=desk.location.pk)
    spot_park(user=maria, spot=Spot(f"/drafts/{item.pk}/"))
    User.objects.filter(pk=olga.pk).update(preferences={"counter": "on"})
    page = open_at("desktop", olga)
    covered = ["/", f"/drafts/{item.pk}/", "/conversations/", "/today/", "/activity/"]
    covered.append(f"/clients/{nina.pk}/")
    seen = Scan(page)
    for url in [*covered, "/stations/", "/handover/?uncover=1", "/handover/", "/parked/"]:
        seen.visit(url, url)
    root = page.url.removesuffix("parked/")
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "station", "value": secret, "url": root}])
    seen.visit("station", "/station/")
    assert "Who is there?" in page.inner_text("h1")
    page.click("text=Take over")
    seen.look("taking over")
    assert seen.found == {}


@pytest.fixture
def absences(maria: User) -> dict[str, str]:
    """*Out today* with a line of every kind and somebody late; an absence that touches nobody."""
    salon = salon_make()
    maria.groups.add(salon.desk.role(salon.place, "front_desk"))
    Location.objects.filter(pk=salon.place.pk).update(name=LONG)
    now = clock.now().astimezone(salon.place.zone)
    begin = now.hour + now.minute / 60 - NOON.astimezone(salon.place.zone).hour
    ahead = (now.date() - NOON.astimezone(salon.place.zone).date()).days
    hour = 12 + begin
    for name, skills in (("Sarah Lind", ("massage", "facial")), ("Jonas Weber", ("massage",))):
        salon.worker(name, *skills, hours=(hour - 2, hour + 6), days=0)
        salon.shift(salon.staff[name.split()[0]], hour - 2, hour + 6, day=ahead)
    for n, (client, service) in enumerate(
        [("Dana King", "Deep massage"), (f"{LONG} {LONG}", "Facial"), ("Grace Hale", "Facial")]
    ):
        salon.book(client, "Sarah", hour + 1 + n, service, days=ahead)
    visit = Appointment.objects.get(client__first_name="Dana", location=salon.place)
    late = Call("late", "k", appointment_id=visit.pk, minutes=45)
    call_settle(user=maria, client_id=visit.client_id or 0, call=late)
    spans = {"starts_at": clock.now(), "ends_at": clock.now() + timedelta(hours=8)}
    made = {
        name: absence_open(user=maria, location=salon.place, staff=salon.staff[name], **spans)
        for name in ("Sarah", "Jonas")
    }
    return {
        "out today": f"/out-today/?location={salon.place.pk}",
        "the sheet": f"/out-today/{made['Sarah'].pk}/",
        "nobody affected": f"/out-today/{made['Jonas'].pk}/",
        # An hour before midnight the visit that somebody is late for is tomorrow's.
        "somebody late": f"/today/?location={salon.place.pk}&day="
        f"{visit.starts_at.astimezone(salon.place.zone):%Y-%m-%d}",
    }


@pytest.mark.sampled
def test_the_pages_of_who_is_out_and_late_have_no_finding_and_fit(
    open_at: Open, absences: dict[str, str]
) -> None:
    page = open_at("desktop")
    seen = Scan(page)

    def look(name: str) -> None:
        page.eval_on_selector_all("details.more", "all => all.forEach(one => { one.open = true })")
        seen.look(name)

    for name, url in absences.items():
        assert page.goto(url).status == 200, url
        look(name)
    assert "Running late" in page.inner_text("body")
    page.goto(absences["out today"])
    page.select_option("#staff", index=1)
    page.fill("#until_day", "2020-01-01")
    page.get_by_role("button", name="Show who is affected").click()
    page.wait_for_selector(".page [role=alert], main [role=alert]:not([hidden])")
    look("a span that is none")
    assert seen.found == {}
