"""Every page for every role; queries, sizes, and what a fragment may hold."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection as database
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from approvals.models import ApprovalItem
from approvals.proposals import Reason
from core import clock
from integrations.models import Location, User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
POSTS = [
    "item-approve", "item-edit", "item-leave-editor", "item-reject", "item-snooze", "item-undo",
    "item-regenerate", "item-handled", "item-by-hand", "item-settle", "item-typed",
    "item-presence",
]  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor View")


@pytest.fixture
def maple(desk: Desk) -> Location:
    return desk.locations[0]


def visitor(user: User | None, **more: Any) -> Visitor:
    browser = Visitor(**more)
    if user is not None:
        browser.force_login(user)
    return browser


def people(desk: Desk) -> dict[str, User | None]:
    here, there = desk.locations
    return {
        "front desk": desk.person("Maria Ruiz", "front_desk", here),
        "manager": desk.person("Olga Owner", "manager", here),
        "provider": desk.person("Sarah Lind", "provider", here),
        "elsewhere": desk.person("Eva Far", "front_desk", there),
        "no role": User.objects.create_user("nobody@example.com", "x" * 12, name="No Body"),
        "admin without a role": User.objects.create_superuser(
            "root@example.com", "x" * 12, name="Root"
        ),
        "nobody": None,
    }


# What each gets: 200 the page, 302 to the sign-in, 403 in plain words, 404 as if it were not there.
EVERYBODY = {"front desk": 200, "manager": 200, "provider": 200, "elsewhere": 200}
REFUSED = {"no role": 403, "admin without a role": 403, "nobody": 302}
OWN = dict.fromkeys((*EVERYBODY, "no role", "admin without a role"), 200) | {"nobody": 302}
DRAFT = EVERYBODY | {"provider": 404, "elsewhere": 404} | REFUSED
PAGES: dict[str, dict[str, int]] = {
    "queue": EVERYBODY | REFUSED,
    "queue-rows": EVERYBODY | REFUSED,
    "today": EVERYBODY | REFUSED,
    "activity": EVERYBODY | REFUSED,
    "stream-token": EVERYBODY | REFUSED,
    "preferences": OWN,
    "password": OWN,
    "item": DRAFT,
    "item-background": DRAFT,
}


def test_every_page_for_every_role(desk: Desk, maple: Location) -> None:
    browsers = {who: visitor(user) for who, user in people(desk).items()}
    item = desk.draft(location=maple)
    for name, wanted in PAGES.items():
        url = reverse(name, args=[item.pk] if name.startswith("item") else [])
        assert {who: one.get(url).status_code for who, one in browsers.items()} == wanted, name


def test_every_press_for_every_role(desk: Desk, maple: Location) -> None:
    browsers = {who: visitor(user) for who, user in people(desk).items()}
    for name in POSTS:
        item = desk.draft(desk.client(name, "King"), location=maple)
        url = reverse(name, args=[item.pk])
        got = {who: one.post(url).status_code for who, one in browsers.items()}
        for who in ("provider", "elsewhere"):
            assert got[who] == 404, (name, who)
        assert got["no role"] == got["admin without a role"] == 403, name
        assert got["nobody"] == 302, name
        assert got["front desk"] in {200, 302, 409, 422}, name


def test_a_provider_sees_their_own_appointments_drafts_only(desk: Desk, maple: Location) -> None:
    user = desk.person("Sarah Lind", "provider", maple)
    member = desk.staff("Sarah Lind", user)
    own = desk.draft(staff_id=member.pk)
    other = desk.draft(staff_id=desk.staff("Kim Ono").pk)
    page = visitor(user).get("/").content.decode()
    assert f'id="row-{own.pk}"' in page
    assert f'id="row-{other.pk}"' not in page
    assert visitor(user).get(f"/drafts/{other.pk}/").status_code == 404


def test_a_right_that_was_taken_away_is_gone_at_the_next_click(desk: Desk) -> None:
    user = desk.person("Maria Ruiz")
    item = desk.draft()
    browser = visitor(user)
    assert browser.get(f"/drafts/{item.pk}/").status_code == 200
    user.groups.clear()
    assert browser.get(f"/drafts/{item.pk}/").status_code == 403
    assert browser.post(f"/drafts/{item.pk}/approve/").status_code == 403


# Pages for clients, who have no sign-in.
FOR_CLIENTS = {
    "claim": "the link in a client's text; its token is the proof",
    "claim-calendar": "the same token, as a calendar file",
}


def test_every_address_says_who_may_come_in() -> None:
    found = []
    for module in ("approvals.urls", "copilot.pages"):
        for pattern in get_resolver(module).url_patterns:
            view: Any = pattern.callback  # type: ignore[union-attr]
            marks = ("required_rights", "signed_in_only", "public_reason")
            said = any(getattr(view, mark, None) for mark in marks)
            assert said or FOR_CLIENTS.get(str(pattern.name)), pattern
            found.append(pattern)
    assert len(found) > 20


def test_no_press_works_without_the_forms_token(desk: Desk) -> None:
    item, user = desk.draft(), desk.person("Maria Ruiz")
    strict = visitor(user, enforce_csrf_checks=True)
    for name in POSTS:
        answer = strict.post(reverse(name, args=[item.pk]))
        assert answer.status_code == 403, name
        assert "This page was open for too long" in answer.content.decode()
    for url in (reverse("bulk-approve"), reverse("preferences"), reverse("sign-in")):
        assert strict.post(url).status_code == 403


@pytest.mark.parametrize("length", [0, 3, 16, pytest.param(60, marks=pytest.mark.soak)])
def test_the_queue_takes_twelve_queries_whatever_its_length(desk: Desk, length: int) -> None:
    for number in range(length):
        desk.draft(desk.client(f"Client{number}", "King"))
    browser = visitor(desk.person("Maria Ruiz"))
    browser.get("/")
    with CaptureQueriesContext(database) as queries:
        assert browser.get("/").status_code == 200
    assert len(queries) <= 12
    with CaptureQueriesContext(database) as queries:
        browser.get("/queue/rows/")
    assert len(queries) <= 9


@pytest.mark.parametrize(
    ("url", "most"), [("/today/", 18), ("/activity/", 13), ("/preferences/", 9)]
)
def test_other_pages_take_few_queries_too(desk: Desk, url: str, most: int) -> None:
    for number in range(16):
        client = desk.client(f"Client{number}", "King")
        desk.appointment(client, starts_at=clock.now() + timedelta(minutes=number))
        item = desk.draft(client)
        ApprovalItem.objects.filter(pk=item.pk).update(closed_at=clock.now())
    browser = visitor(desk.person("Maria Ruiz"))
    with CaptureQueriesContext(database) as queries:
        assert browser.get(url).status_code == 200
    assert len(queries) <= most


def test_a_fragment_is_at_most_fifteen_percent_of_its_page(desk: Desk) -> None:
    reasons = (Reason("The booking is new.", "appointment"), Reason("Asks for texts.", "client"))
    for number in range(50):
        client = desk.client(f"Client{number}", "Kingsley", preferences={"drink": "mint tea"})
        body = f"Hi Client{number}, we've kept your place. See you soon!"
        item = desk.draft(client, body=body, reasons=reasons)
    browser = visitor(desk.person("Maria Ruiz"))
    page = browser.get("/").content
    card = browser.get(f"/drafts/{item.pk}/", headers=HTMX).content
    assert len(card) <= 0.15 * len(page), f"{len(card)} of {len(page)}"
    assert b"<html" not in card
    assert len(page) < 100_000


def test_an_unchanged_queue_is_answered_with_nothing(desk: Desk) -> None:
    item = desk.draft()
    browser = visitor(desk.person("Maria Ruiz"))
    mark = re.search(r'data-mark="(\w+)" data-url', browser.get("/").content.decode())
    assert mark is not None
    url = f"/queue/rows/?mark={mark[1]}"
    assert browser.get(url, headers=HTMX).status_code == 204
    desk.draft(desk.client("Elena", "Rossi"))
    assert browser.get(url, headers=HTMX).status_code == 200
    ApprovalItem.objects.filter(pk=item.pk).update(state="stale")
    assert "something changed" in browser.get(url, headers=HTMX).content.decode()


def test_no_page_holds_inline_script_or_style(desk: Desk) -> None:
    item = desk.draft()
    browser = visitor(desk.person("Maria Ruiz"))
    for url in ("/", f"/drafts/{item.pk}/", "/today/", "/activity/", "/preferences/", "/sign-in/"):
        answer = browser.get(url, follow=True)
        html = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", html), url
        assert not re.search(r"\son\w+=|\sstyle=|javascript:|hx-on", html), url
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert "no-store" in answer["Cache-Control"]
        assert "HX-Request" in answer["Vary"]


def test_what_a_client_or_a_model_wrote_is_only_text(desk: Desk) -> None:
    evil = '<img src=x onerror=alert(1)><script>alert(2)</script> {{ 7|add:"7" }}'
    client = desk.client("<b>Dana</b>", "O'Neill")
    desk.message(client, evil)
    item = desk.draft(client, body=f"Hi there {evil}", title=evil[:80])
    browser = visitor(desk.person("Maria Ruiz"))
    for url in ("/", f"/drafts/{item.pk}/", f"/drafts/{item.pk}/?edit=1"):
        html = browser.get(url).content.decode()
        assert "<img" not in html
        assert "<script>alert" not in html
        assert "<b>Dana" not in html
        assert "77" not in re.findall(r"\{\{.{0,20}", html)


MANGLED = (
    "?kind=nonsense", "?location=abc", "?location=99999999999999999999", "?q=%00", "?show=x",
    "?show=99999", "?view=later", "?batch=%F0%9F%92%A5", "?kind=check&q=dana&location=1",
)  # fmt: skip
MANGLED_ELSEWHERE = (
    "/today/?day=yesterday", "/today/?day=9999-99-99", "/today/?day=9999-12-31",
    "/today/?day=0001-01-01", "/today/?location=x", "/activity/?before=never",
    "/activity/?outcome=love", "/activity/?location=1e9&q=%00",
)  # fmt: skip


def test_a_mangled_address_still_opens_the_queue(desk: Desk) -> None:
    desk.draft()
    browser = visitor(desk.person("Maria Ruiz"))
    for query in MANGLED:
        assert browser.get(f"/{query}").status_code == 200, query
        assert browser.get(f"/queue/rows/{query}").status_code == 200, query


def test_a_mangled_address_still_opens_other_pages(desk: Desk) -> None:
    browser = visitor(desk.person("Maria Ruiz"))
    for url in MANGLED_ELSEWHERE:
        assert browser.get(url).status_code == 200, url


def test_an_ended_sign_in_never_shows_a_form_inside_a_card(desk: Desk) -> None:
    item = desk.draft()
    answer = Visitor().get(f"/drafts/{item.pk}/", headers=HTMX)
    assert answer.headers["HX-Redirect"].startswith("/sign-in/")
    assert b"<form" not in answer.content


def test_scripts_and_styles_are_packed_also_where_nothing_was_collected() -> None:
    for path in ("js/press.js", "copilot.css"):
        answer = Visitor().get(f"/static/{path}", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = answer.getvalue()
        whole = (Path(settings.BASE_DIR) / "static" / path).read_bytes()
        assert gzip.decompress(packed) == whole
        assert len(packed) < len(whole) / 2
