"""Web Push to a person's own browser: encrypted for it (RFC 8291), signed by us (RFC 8292).

Written with ``cryptography``, which is here anyway: see docs/adr. What is pushed holds numbers and
a location's name; the browser's maker carries it and cannot read even that.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from core import clock
from core.errors import Permanent, UnknownOutcome
from core.http import OutboundClient

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
RECORD = 4096
LONGEST = 2000
GONE = re.compile(r"\((?:404|410)[,)]")
# A push that could not be delivered by then says nothing that is still true.
KEPT = timedelta(minutes=30)
TOKEN_LIVES = timedelta(hours=12)


class Gone(Permanent):
    """The browser does not want to be told any more: forget the device."""


@dataclass(frozen=True)
class Target:
    """Where one browser is told, and its keys (base64url, as the browser gave them)."""

    endpoint: str
    public_key: str
    secret: str


def to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@lru_cache(maxsize=4)
def signing_key(secret: str) -> ec.EllipticCurvePrivateKey:
    """Our key, derived from the installation's own secret: nothing more to set up or to lose."""
    seed = hashlib.sha512(b"web push:" + secret.encode()).digest()
    return ec.derive_private_key(int.from_bytes(seed, "big") % (ORDER - 1) + 1, CURVE)


def public_text() -> str:
    """What a browser is given when it subscribes (``applicationServerKey``)."""
    return to_text(_point(signing_key(settings.SECRET_KEY).public_key()))


def is_target(target: Target) -> bool:
    """Whether a browser could have given these: an https address, a point, sixteen bytes."""
    try:
        parts = urlsplit(target.endpoint)
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, to_bytes(target.public_key))
        return (
            parts.scheme == "https" and bool(parts.hostname) and len(to_bytes(target.secret)) == 16
        )
    except ValueError:
        return False


def push(target: Target, said: Mapping[str, Any]) -> None:
    """Tell one browser. Raises Gone, or one of ``core.errors``; holds no database connection."""
    text = json.dumps(dict(said), ensure_ascii=False).encode()
    if len(text) > LONGEST:
        raise Permanent("That is more than a notice may hold.")
    parts = urlsplit(target.endpoint)
    origin = f"{parts.scheme}://{parts.netloc}"
    headers = {
        "Authorization": f"vapid t={_token(origin)}, k={public_text()}",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(KEPT.total_seconds())),
        "Urgency": "high",
        "Topic": hashlib.sha256(str(said.get("tag", "")).encode()).hexdigest()[:32],
    }
    try:
        OutboundClient(origin, timeout=10).post(
            parts.path,
            params=dict(parse_qsl(parts.query)),
            content=sealed(target, text),
            headers=headers,
        )
    except UnknownOutcome:
        # Told twice is no harm: the second takes the first one's place by its topic.
        return
    except Permanent as error:
        # The address is the browser's secret: it stays out of what is raised and kept.
        if GONE.search(error.plain):
            raise Gone("The browser does not want to be told any more.") from None
        raise Permanent("The browser's push service refused it.") from None


def sealed(
    target: Target,
    text: bytes,
    *,
    salt: bytes | None = None,
    own: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body as that browser alone can open it. ``salt`` and ``own`` are fresh each time."""
    salt, own = salt or os.urandom(16), own or ec.generate_private_key(CURVE)
    theirs_raw, ours_raw = to_bytes(target.public_key), _point(own.public_key())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs_raw)
    shared = own.exchange(ec.ECDH(), theirs)
    info = b"WebPush: info\0" + theirs_raw + ours_raw
    keying = _hkdf(to_bytes(target.secret), shared, info, 32)
    key = _hkdf(salt, keying, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, keying, b"Content-Encoding: nonce\0", 12)
    # One record, and the two that ends the last one.
    body = AESGCM(key).encrypt(nonce, text + b"\x02", None)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(ours_raw)]) + ours_raw + body


def _hkdf(salt: bytes, keying: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(keying)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _token(origin: str) -> str:
    """Who we are, for this push service and half a day."""
    until = int((clock.now() + TOKEN_LIVES).timestamp())
    claims = {"aud": origin, "exp": until, "sub": f"mailto:{settings.DEFAULT_FROM_EMAIL}"}
    head = {"typ": "JWT", "alg": "ES256"}
    signed = ".".join(to_text(json.dumps(part).encode()) for part in (head, claims))
    key = signing_key(settings.SECRET_KEY)
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{to_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
