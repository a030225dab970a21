"""Segments, hidden characters and the spelling in which texts are stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.hygiene import clean_text, hidden_characters, made_visible
from approvals.segments import sms_segments


@pytest.mark.parametrize(
    ("body", "encoding", "segments"),
    [
        ("", "GSM-7", 0),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 2),
        ("é" * 160, "GSM-7", 1),
        ("á" * 70, "UCS-2", 1),
        ("á" * 71, "UCS-2", 2),
        ("á" * 134, "UCS-2", 2),
        ("á" * 135, "UCS-2", 3),
        ("\U0001f600" * 35, "UCS-2", 1),
        ("\U0001f600" * 36, "UCS-2", 2),
        ("a" * 66 + "\U0001f600" + "a" * 10, "UCS-2", 2),
    ],
)
def test_segments_are_counted_as_carriers_do(body: str, encoding: str, segments: int) -> None:
    measured = sms_segments(body)
    assert (measured.encoding, measured.segments) == (encoding, segments)


def test_a_cheaper_spelling_is_offered_when_it_saves_a_text() -> None:
    body = "It’s all set – see you " + "soon " * 12
    measured = sms_segments(body)
    assert measured.segments == 2
    assert measured.fix.startswith("It's all set - see you soon")
    assert sms_segments(measured.fix).segments == 1
    assert measured.odd == ("’", "–")


def test_no_cheaper_spelling_is_offered_when_it_saves_nothing() -> None:
    assert sms_segments("It’s fine").fix == ""


def test_hidden_characters_are_named_and_shown() -> None:
    body = "pay\u200b now\u202e"
    assert [hidden.code for hidden in hidden_characters(body)] == ["U+200B", "U+202E"]
    assert made_visible(body) == "pay[zero-width space] now[right-to-left override]"
    assert clean_text(body) == "pay now"


def test_smuggled_tag_characters_are_spelled_out_and_removed() -> None:
    body = "hi" + "".join(chr(0xE0000 + ord(char)) for char in "pay")
    assert made_visible(body) == "hi[hidden “p”][hidden “a”][hidden “y”]"
    assert clean_text(body) == "hi"


@pytest.mark.parametrize(
    "emoji",
    ["\U0001f469\u200d\U0001f467", "❤\ufe0f", "1\ufe0f\u20e3", "\U0001f3f3\ufe0f\u200d\U0001f308",
     "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"],
)  # fmt: skip
def test_emoji_stay_whole(emoji: str) -> None:
    assert hidden_characters(emoji) == []
    assert clean_text(emoji) == emoji


def test_letters_get_one_spelling() -> None:
    assert clean_text("cafe\u0301\r\nmas") == "café\nmas"


@given(st.text(max_size=60))
def test_a_cleaned_text_is_clean_and_stays_as_it_is(body: str) -> None:
    once = clean_text(body)
    assert clean_text(once) == once
    assert hidden_characters(once) == []
