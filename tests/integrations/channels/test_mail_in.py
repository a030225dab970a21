"""What incoming mail says: answers, quotes, machines, bounces, and broken mail."""

from __future__ import annotations

import base64
import json
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.channels.base import Incoming
from integrations.channels.mail_in import delivery_name, raw_mail, read
from integrations.channels.mail_text import from_html, without_quote
from tests.support.searches import searched

OWN = "desk@salon.example"


def mail(body: str = "Friday works!", html: str = "", **headers: str) -> EmailMessage:
    message = EmailMessage()
    defaults = {
        "From": "Grace Hale <Grace@Example.com>",
        "To": OWN,
        "Subject": "Re: Your Friday",
        "Message-ID": "<answer-1@phone.example>",
        "Date": "Mon, 15 Jun 2026 14:00:00 +0000",
    }
    for name, value in (defaults | {k.replace("_", "-"): v for k, v in headers.items()}).items():
        message[name] = value
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def heard(raw: bytes | EmailMessage) -> Incoming:
    found = read(bytes(raw), OWN)
    assert len(found.messages) == 1, found
    return found.messages[0]


def test_a_plain_answer() -> None:
    message = heard(mail(In_Reply_To="<desk-1@salon.example>"))
    assert (message.sender, message.subject) == ("grace@example.com", "Re: Your Friday")
    assert (message.body, message.automatic) == ("Friday works!", False)
    assert message.answers == ("<desk-1@salon.example>",)
    assert message.reference == "<answer-1@phone.example>"
    assert message.at is not None
    assert message.at.isoformat() == "2026-06-15T14:00:00+00:00"


def test_references_are_read_from_the_nearest() -> None:
    message = heard(mail(In_Reply_To="<b@x>", References="<a@x> <b@x> <c@x>"))
    assert message.answers == ("<b@x>", "<c@x>", "<a@x>")


@pytest.mark.parametrize(
    "quoted",
    [
        "On Mon, Jun 15, 2026 at 7:00 AM Maple Street <desk@salon.example> wrote:\n> Friday?",
        "On Mon, Jun 15, 2026 at 7:00 AM Maple Street\n<desk@salon.example> wrote:\n> Friday?",
        "El lun, 15 jun 2026 a las 7:00, Maple Street (<desk@salon.example>) escribió:\n> ¿El vi?",
        "Am 15.06.2026 um 07:00 schrieb Maple Street <desk@salon.example>:\n> Freitag?",
        "-----Original Message-----\nFrom: Maple Street\nFriday?",
        "________________________________\nFrom: Maple <desk@salon.example>\nSent: Monday\nFriday?",
        "> Friday?\n> See you",
    ],
)
def test_what_was_quoted_is_cut_and_kept_aside(quoted: str) -> None:
    new, kept = without_quote(f"Yes please!\n\nGrace\n\n{quoted}\n")
    assert new == "Yes please!\n\nGrace"
    assert kept.rstrip() == quoted.rstrip()


def test_an_answer_below_the_quote_is_found() -> None:
    new, kept = without_quote("On Mon, Maple <d@s.example> wrote:\n> Friday?\n> See you\n\nYes!")
    assert new == "Yes!"
    assert "Friday?" in kept


def test_answers_between_the_quoted_lines_are_kept() -> None:
    new, _ = without_quote("> Friday?\nYes\n> At three?\nNo, four")
    assert new == "Yes\nNo, four"


@pytest.mark.parametrize("text", ["", "  ", "On my way, she wrote:", "> only a quote"])
def test_nothing_new_means_the_whole_is_new(text: str) -> None:
    new, _ = without_quote(text)
    assert new == text.strip()


def test_a_signature_is_cut_but_not_a_text_that_is_only_one() -> None:
    assert without_quote("Yes\n-- \nGrace Hale\nSent from my phone")[0] == "Yes"
    assert without_quote("-- \nGrace")[0] == "-- \nGrace"


def test_a_page_without_plain_text_is_read() -> None:
    html = (
        "<html><head><style>p{}</style><title>x</title></head><body><p>Yes &amp; thanks</p>"
        "<div>Grace<br>Hale</div><blockquote>Friday?</blockquote></body></html>"
    )
    message = mail()
    message.clear_content()
    message.set_content(html, subtype="html")
    assert heard(message).body == "Yes & thanks\n\nGrace\nHale"


def test_a_head_that_is_never_closed_hides_nothing() -> None:
    assert from_html("<head><title>x<body><p>Hello") == "Hello"


@pytest.mark.parametrize(
    "charset, text", [("iso-8859-1", "Sí, mañana"), ("utf-8", "שלום 👋"), ("gb18030", "你好")]
)
def test_other_encodings_are_read(charset: str, text: str) -> None:
    message = mail()
    message.clear_content()
    message.set_content(text, charset=charset)
    assert heard(message).body == text


def test_an_encoding_nobody_knows_still_gives_a_text() -> None:
    raw = bytes(mail("abc")).replace(b'charset="utf-8"', b'charset="klingon"')
    assert heard(raw).body == "abc"


def test_an_attachment_is_named_and_its_content_left_out() -> None:
    message = mail("See picture")
    message.add_attachment(b"\xff\xd8", maintype="image", subtype="jpeg", filename="me.jpg")
    found = heard(message)
    assert found.body == "See picture"
    assert found.media == ({"type": "image/jpeg", "name": "me.jpg"},)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated; x=y"},
        {"X-Autoreply": "yes"},
        {"Precedence": "bulk"},
        {"List-Id": "<news.example.com>"},
        {"Return-Path": "<>"},
        {"From": "Mail <MAILER-DAEMON@example.com>"},
    ],
)
def test_what_no_person_typed_is_marked(headers: dict[str, str]) -> None:
    assert heard(mail(**headers)).automatic


def test_a_person_is_no_machine() -> None:
    assert not heard(mail(**{"Auto-Submitted": "no"})).automatic


def test_our_own_mail_is_no_answer() -> None:
    found = read(bytes(mail(From="Maple <Desk@Salon.example>")), OWN)
    assert (found.messages, found.odd) == ((), "")


def bounce(action: str = "failed", headers_only: bool = False) -> bytes:
    """A delivery report (RFC 3464) as mail servers write it."""
    ours = b"Message-ID: <desk-abc@salon.example>\r\nFrom: desk@salon.example\r\nSubject: x\r\n"
    kind = b"text/rfc822-headers" if headers_only else b"message/rfc822"
    return (
        b"From: MAILER-DAEMON@mx.example\r\nMessage-ID: <bounce-1@mx.example>\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        b"--B\r\nContent-Type: text/plain\r\n\r\nYour mail to grace@example.com failed.\r\n"
        b"--B\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; grace@example.com\r\n"
        b"Action: " + action.encode() + b"\r\nStatus: 5.1.1\r\n\r\n"
        b"--B\r\nContent-Type: " + kind + b"\r\n\r\n" + ours + b"\r\nFriday?\r\n--B--\r\n"
    )


@pytest.mark.parametrize("headers_only", [True, False])
def test_a_bounce_says_which_mail_came_back(headers_only: bool) -> None:
    found = read(bounce(headers_only=headers_only), OWN)
    assert found.messages == ()
    change = found.statuses[0]
    assert (change.reference, change.status) == ("<desk-abc@salon.example>", "failed")
    assert change.code == "5.1.1"
    assert "grace" not in change.reason


def test_a_delay_is_no_failure() -> None:
    assert read(bounce("delayed"), OWN).statuses == ()


@pytest.mark.parametrize("form", ["raw", "document", "base64", "parts", "form"])
def test_each_way_to_post_a_mail_is_understood(form: str) -> None:
    raw = bytes(mail("Friday works!"))
    parts = {
        "from": "Grace <grace@example.com>",
        "subject": "Re: Your Friday\r\nBcc: x@example.com",
        "text": "Friday works!",
        "message_id": "<answer-1@phone.example>",
        "in_reply_to": "<desk-1@salon.example>",
        "headers": {"Auto-Submitted": "no", "Bad\nName": "x"},
    }
    posted: dict[str, bytes] = {
        "raw": raw,
        "document": json.dumps({"raw": raw.decode()}).encode(),
        "base64": json.dumps({"raw_base64": base64.b64encode(raw).decode()}).encode(),
        "parts": json.dumps(parts).encode(),
        "form": b'--xY\r\nContent-Disposition: form-data; name="to"\r\n\r\nx\r\n--xY\r\n'
        b'Content-Disposition: form-data; name="email"\r\n\r\n' + raw + b"\r\n--xY--\r\n",
    }
    message = heard(posted[form])
    assert (message.sender, message.body) == ("grace@example.com", "Friday works!")
    assert message.reference == "<answer-1@phone.example>"
    if form == "parts":
        assert message.answers == ("<desk-1@salon.example>",)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"raw": 7}', b'{"raw_base64": "%"}', b"--", b"nothing here"]
)
def test_what_holds_no_mail_is_kept_aside(body: bytes) -> None:
    assert read(body, OWN).odd


def test_a_mail_has_one_name_by_whichever_way_it_came() -> None:
    raw = bytes(mail())
    again = raw_mail(json.dumps({"raw": raw.decode()}).encode())
    assert again is not None
    assert delivery_name(raw) == delivery_name(again)
    assert delivery_name(raw) != delivery_name(bytes(mail(From="Eve <eve@example.com>")))


@searched(200)
@given(raw=st.binary(max_size=400), text=st.text(max_size=300))
def test_no_bytes_make_reading_raise(raw: bytes, text: str) -> None:
    head = b"From: a@example.com\r\nSubject: =?utf-8?q?=ff?=\r\n\r\n"
    for body in (raw, head + raw, head + text.encode("utf-8", "replace")):
        found = read(body, OWN)
        for message in found.messages:
            message.body.encode()
            message.subject.encode()
            assert "\x00" not in message.body


@searched(100)
@given(
    headers=st.dictionaries(
        st.sampled_from(["From", "Date", "Message-ID", "References"]),
        st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=60),
    )
)
def test_no_header_makes_reading_raise(headers: dict[str, Any]) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    found = read(lines.encode() + b"X: y\r\n\r\nHello", OWN)
    assert found.odd or found.messages
