"""Consent: whose word counts, and that a no recorded here outlives every sync."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.audit import Actor
from integrations import consent
from integrations.consent import Said, decide
from integrations.models import Client, Connection, Consent
from tests.integrations.salon import client_record, store

NOW = datetime(2026, 6, 8, 16, 0, tzinfo=UTC)
DESK = Actor("person", "1", "Maria")
SAID = st.builds(
    Said,
    purpose=st.sampled_from(consent.PURPOSES),
    origin=st.sampled_from(["platform", "here", "file"]),
    granted=st.booleans(),
    at=st.none() | st.integers(0, 5).map(lambda days: NOW + timedelta(days=days)),
)


@given(st.lists(SAID, max_size=6), st.sampled_from(consent.PURPOSES))
def test_nothing_goes_without_somebody_having_said_yes(rows: list[Said], purpose: str) -> None:
    found = decide(rows, "sms", purpose)
    meant = {purpose, "transactional"} if purpose == "care" else {purpose}
    if found.ok:
        assert any(row.granted and row.purpose in meant for row in rows)
    assert found.why


@given(st.integers(-3, 3), st.booleans())
def test_a_no_here_stands_until_the_platform_shows_a_later_yes(days: int, granted: bool) -> None:
    here = Said("transactional", "here", False, NOW)
    theirs = Said("transactional", "platform", granted, NOW + timedelta(days=days))
    assert decide([here, theirs], "sms", "transactional").ok == (granted and days > 0)


def test_a_file_never_undoes_a_no_recorded_here() -> None:
    here = Said("care", "here", False, NOW)
    file = Said("care", "file", True, NOW + timedelta(days=9))
    assert not decide([here, file], "sms", "care").ok


def test_care_follows_transactional_and_marketing_does_not() -> None:
    rows = [Said("transactional", "platform", True, NOW)]
    assert decide(rows, "sms", "care").ok
    assert not decide(rows, "sms", "marketing").ok


def test_an_opt_out_by_text_counts_for_everybody_on_the_phone(maple: Connection) -> None:
    said = [
        {
            "channel": "sms",
            "purpose": "transactional",
            "granted": True,
            "at": "2024-01-03T17:00:00Z",
        }
    ]
    store(maple, client_record(1, consent=said), client_record(2, consent=said))
    one, other = Client.objects.order_by("pk")
    assert consent.allowed(other, "sms", "transactional").ok
    consent.opt_out_record(actor=DESK, client=one, channel="sms", wording="please stop")
    assert consent.opted_out(other, "sms")
    assert not consent.opted_out(other, "email")
    for purpose in consent.PURPOSES:
        assert not consent.allowed(one, "sms", purpose).ok


def test_an_opt_out_outlives_every_sync_but_not_a_later_consent(maple: Connection) -> None:
    with clock.frozen(NOW):
        said = {"channel": "sms", "purpose": "transactional", "granted": True, "at": NOW}
        store(maple, client_record(consent=[said]))
        client = Client.objects.get()
        consent.opt_out_record(actor=DESK, client=client, channel="sms")
        store(maple, client_record(consent=[said], at=NOW + timedelta(hours=1)))
        assert not consent.allowed(client, "sms", "transactional").ok
        later = {**said, "at": NOW + timedelta(minutes=1)}
        store(maple, client_record(consent=[later], at=NOW + timedelta(hours=2)))
        assert consent.allowed(client, "sms", "transactional").ok


def test_one_purpose_can_be_withdrawn_alone(maple: Connection) -> None:
    said = [
        {"channel": "email", "purpose": purpose, "granted": True, "at": NOW}
        for purpose in ("transactional", "marketing")
    ]
    store(maple, client_record(consent=said))
    client = Client.objects.get()
    consent.opt_out_record(actor=DESK, client=client, channel="email", purposes=["marketing"])
    assert not consent.allowed(client, "email", "marketing").ok
    assert consent.allowed(client, "email", "transactional").ok
    assert not consent.opted_out(client, "email")
    consent.opt_in_record(actor=DESK, client=client, channel="email", purposes=["marketing"])
    assert consent.allowed(client, "email", "marketing").ok
    assert Consent.objects.filter(origin="here").count() == 1
