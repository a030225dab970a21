"""Claim links: unguessable, signed, kept as a hash only.

Twenty-two characters, because every one of them is paid for in a text message: sixteen random
ones (96 bits) and six of a signature, so that a made-up link costs no query.
"""

import hashlib
import hmac
import secrets

from django.conf import settings
from django.urls import reverse

RANDOM, SIGNED = 16, 6


def token_make() -> str:
    """A fresh token for one offer."""
    part = secrets.token_urlsafe(12)
    return part + _signature(part, settings.SECRET_KEY)


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_ours(token: str) -> bool:
    """Whether we made it: also with a key that was replaced since."""
    if len(token) != RANDOM + SIGNED or not token.isascii():
        return False
    part, signed = token[:RANDOM], token[RANDOM:]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(_signature(part, key), signed) for key in keys)


def link_of(token: str) -> str:
    return str(settings.WEB_ORIGIN).rstrip("/") + reverse("claim", args=[token])


def _signature(part: str, key: str) -> str:
    made = hmac.new(f"claim:{key}".encode(), part.encode(), hashlib.sha256).hexdigest()
    return made[:SIGNED]
