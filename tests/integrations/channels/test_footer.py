"""The end of every e-mail: part of what is shown, hashed and approved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NeedsAttention, Permanent
from integrations.channels.accounts import final_text
from integrations.channels.footer import unsubscribe_read, unsubscribe_token
from integrations.models import ChannelAccount, Client, Location
from tests.support.searches import searched


def test_every_mail_names_the_salon_and_its_address(
    mailbox: ChannelAccount, location: Location, grace: Client
) -> None:
    text = final_text("See you Friday.", location, "transactional", grace)
    assert text == (
        "See you Friday.\n\n--\nMaple Street\n12 Main St, Portland, OR 97205\n+15035550199\n"
    )


@pytest.mark.parametrize("purpose", ["marketing", "care"])
def test_news_say_how_to_get_no_more_of_them(
    mailbox: ChannelAccount, location: Location, grace: Client, purpose: str
) -> None:
    text = final_text("New colours!", location, purpose, grace)
    link = text.rsplit(" ", 1)[1].strip()
    token = link.removeprefix("https://desk.salon.example/unsubscribe/").strip("/")
    about = unsubscribe_read(token)
    assert about is not None
    assert (about.client_id, about.location_id) == (grace.pk, location.pk)


def test_the_footer_speaks_the_clients_language(
    mailbox: ChannelAccount, location: Location, grace: Client
) -> None:
    grace.locale = "es-MX"
    assert "Para no recibir" in final_text("¡Novedades!", location, "marketing", grace)


def test_news_without_a_postal_address_wait_for_an_admin(
    mailbox: ChannelAccount, location: Location, grace: Client
) -> None:
    location.address = " "
    with pytest.raises(NeedsAttention, match="postal address"):
        final_text("New!", location, "marketing", grace)
    assert "Maple Street" in final_text("See you", location, "transactional", grace)
    mailbox.settings |= {"postal_address": "PO Box 5"}
    mailbox.save()
    assert "PO Box 5" in final_text("New!", location, "marketing", grace)


def test_news_to_nobody_we_know_are_refused(mailbox: ChannelAccount, location: Location) -> None:
    with pytest.raises(Permanent):
        final_text("New!", location, "marketing", None)


def test_where_the_platform_sends_nothing_is_added(location: Location, grace: Client) -> None:
    assert final_text("New!", location, "marketing", grace) == "New!"


def test_an_edited_footer_is_renewed_and_not_doubled(
    mailbox: ChannelAccount, location: Location, grace: Client
) -> None:
    text = final_text("New!", location, "marketing", grace)
    shortened = text[: text.index("You get this")]
    assert final_text(shortened, location, "marketing", grace) == text
    assert final_text(text + "\n", location, "marketing", grace) == text


@searched(80)
@given(body=st.text(st.characters(codec="utf-8"), max_size=200))
def test_rendering_twice_changes_nothing_and_loses_no_word(
    mailbox: ChannelAccount, location: Location, grace: Client, body: str
) -> None:
    once = final_text(body, location, "marketing", grace)
    assert final_text(once, location, "marketing", grace) == once
    assert once.startswith(body.replace("\r\n", "\n").replace("\r", "\n").rstrip())


def test_a_line_of_dashes_of_ones_own_is_kept(
    mailbox: ChannelAccount, location: Location, grace: Client
) -> None:
    body = "First\n--\nMaple and more\nSecond"
    assert final_text(body, location, "transactional", grace).startswith(body)


def test_a_changed_token_is_none_of_ours(location: Location, grace: Client) -> None:
    token = unsubscribe_token(grace, location)
    assert unsubscribe_token(grace, location) == token
    other = f"{grace.pk + 1}-{location.pk}." + token.rsplit(".", 1)[1]
    for odd in (other, token[:-1], "", "x", f"{grace.pk}-{location.pk}"):
        assert unsubscribe_read(odd) is None
