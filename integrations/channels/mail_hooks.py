"""Mail that a service posts to us, signed as Standard Webhooks says, over the raw bytes.

The package of that name reads bodies as UTF-8 only; mail is in whatever encoding it came.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

from core import clock
from core.errors import NeedsAttention
from integrations.channels.base import NotGenuine, NotReadable
from integrations.channels.mail_in import delivery_name, raw_mail
from integrations.models import ChannelAccount
from integrations.platforms.base import Verified

TOLERANCE = 300


def verify(account: ChannelAccount, body: bytes, headers: Mapping[str, str]) -> Verified:
    given_id = headers.get("webhook-id", "")
    at = headers.get("webhook-timestamp", "")
    if not given_id or not re.fullmatch(r"\d{1,12}", at, re.ASCII):
        raise NotGenuine("the signature's headers are missing")
    if abs(clock.now().timestamp() - int(at)) > TOLERANCE:
        raise NotGenuine("signed too long ago")
    signed = f"{given_id}.{at}.".encode("utf-8", "replace") + body
    expected = hmac.new(_key(account), signed, hashlib.sha256).digest()
    signatures = headers.get("webhook-signature", "").split(" ")
    if not any(_same(expected, signature) for signature in signatures):
        raise NotGenuine("the signature is not right")
    mail = raw_mail(body)
    if mail is None:
        raise NotReadable("no mail in it")
    return Verified(delivery_name(mail), "message")


def _key(account: ChannelAccount) -> bytes:
    secret = account.secret("hook_secret")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < 16:
        raise NeedsAttention("The webhook secret is not one (whsec_ and at least 24 characters).")
    return key


def _same(expected: bytes, signature: str) -> bool:
    version, _, text = signature.partition(",")
    try:
        given = base64.b64decode(text)
    except (binascii.Error, ValueError):
        return False
    return version == "v1" and hmac.compare_digest(expected, given)
