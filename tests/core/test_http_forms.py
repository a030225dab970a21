"""What APIs older than JSON want of the outbound door: forms, basic auth, numbered errors."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl

import pytest

from core.errors import NeedsAttention, Permanent
from core.http import OutboundClient
from tests.core.misbehaving import Misbehaving

ACCOUNT = ("AC1", "auth-token-canary")


def client(salon: Misbehaving) -> OutboundClient:
    return OutboundClient(salon.url, basic=ACCOUNT, timeout=2)


def test_a_form_goes_out_as_a_web_form_with_user_and_password(salon: Misbehaving) -> None:
    client(salon).post("/messages.json", form={"Body": "Hi Renée & co\n=1+1", "To": "+1503"})
    seen = salon.seen[0]
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(seen.body.decode())) == {"Body": "Hi Renée & co\n=1+1", "To": "+1503"}
    expected = base64.b64encode(b"AC1:auth-token-canary").decode()
    assert seen.headers["authorization"] == f"Basic {expected}"


def test_the_password_is_in_no_representation(salon: Misbehaving) -> None:
    assert "auth-token-canary" not in repr(client(salon))


def test_a_numbered_error_is_its_code(salon: Misbehaving) -> None:
    salon.answer("/messages.json", 400, {"code": 21610, "message": "opted out", "status": 400})
    with pytest.raises(Permanent) as raised:
        client(salon).post("/messages.json", form={})
    assert raised.value.code == "21610"
    assert "opted out" not in raised.value.plain


@pytest.mark.parametrize("body", [{"code": True}, {"code": "long words here"}, {"code": None}])
def test_a_code_that_is_no_number_is_left_out(salon: Misbehaving, body: Any) -> None:
    salon.answer("/messages.json", 400, body)
    with pytest.raises(Permanent) as raised:
        client(salon).post("/messages.json", form={})
    assert raised.value.code == ""


def test_a_password_with_a_line_break_sends_nothing(salon: Misbehaving) -> None:
    with pytest.raises(NeedsAttention):
        OutboundClient(salon.url, basic=("AC1", "a\nb")).get("/x")
    assert salon.seen == []
