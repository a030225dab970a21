"""The page behind the unsubscribe link: looking changes nothing, one click does."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from integrations.channels.footer import unsubscribe_token
from integrations.consent import allowed
from integrations.models import Client, Consent, Location
from tests.integrations.channels.conftest import client_make


@pytest.fixture
def path(location: Location, grace: Client) -> str:
    for purpose in ("transactional", "marketing"):
        Consent.objects.create(
            client=grace, channel="email", purpose=purpose, origin="platform", granted=True
        )
    return f"/unsubscribe/{unsubscribe_token(grace, location)}/"


@pytest.mark.parametrize("method", ["get", "head"])
def test_scanners_that_only_look_change_nothing(path: str, grace: Client, method: str) -> None:
    answer = getattr(Browser(), method)(path)
    assert answer.status_code == 200
    assert allowed(grace, "email", "marketing").ok


def test_the_page_has_one_button_and_works_without_script(path: str) -> None:
    answer = Browser().get(path)
    page = answer.content.decode()
    assert page.count("<button") == 1
    assert "<script" not in page
    assert "Maple Street" in page
    assert "Grace" not in page
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store, private"
    assert "noindex" in answer["X-Robots-Tag"]


def test_the_button_stops_news_and_leaves_appointments(path: str, grace: Client) -> None:
    answer = Browser(enforce_csrf_checks=True).post(path)
    assert answer.status_code == 200
    assert "no more news" in answer.content.decode()
    assert not allowed(grace, "email", "marketing").ok
    assert not allowed(grace, "email", "care").ok
    assert allowed(grace, "email", "transactional").ok


def test_a_mail_programs_one_click_counts(path: str, grace: Client) -> None:
    answer = Browser(enforce_csrf_checks=True).post(
        path,
        data="List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200
    assert not allowed(grace, "email", "marketing").ok


def test_clicking_again_says_the_same(path: str, grace: Client) -> None:
    for _ in range(3):
        assert Browser().post(path).status_code == 200
    rows = Consent.objects.filter(client=grace, origin="here", purpose="marketing")
    assert rows.count() == 1


def test_a_merged_client_is_the_one_who_remained(path: str, grace: Client) -> None:
    remained = client_make(grace.connection, 457)
    grace.merged_into = remained
    grace.save()
    Browser().post(path)
    assert Consent.objects.filter(client=remained, purpose="marketing", granted=False).exists()


@pytest.mark.parametrize("token", ["x", "1-1.forged", "%00", "a" * 500])
def test_a_forged_or_cut_link_says_what_to_do(db: None, token: str) -> None:
    for method in ("get", "post"):
        answer = getattr(Browser(), method)(f"/unsubscribe/{token}/")
        assert answer.status_code == 404
    assert "answer the e-mail" in answer.content.decode()
    assert not Consent.objects.exists()


def test_other_methods_are_refused(path: str) -> None:
    assert Browser().put(path).status_code == 405
