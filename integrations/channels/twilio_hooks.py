"""What Twilio posts to us: its signature, answers of clients, and delivery reports."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

from integrations.channels.base import (
    Heard,
    Incoming,
    NotGenuine,
    NotReadable,
    Params,
    StatusChange,
)
from integrations.channels.references import clean
from integrations.channels.twilio_codes import reason
from integrations.models import ChannelAccount
from integrations.platforms.base import Verified

MOST_FIELDS = 200
MOST_MEDIA = 10
STATUSES = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}


def verify(
    account: ChannelAccount, body: bytes, headers: Mapping[str, str], url: str, params: Params
) -> Verified:
    given = headers.get("X-Twilio-Signature", "")
    query = parse_qs(urlsplit(url).query)
    digests = query.get("bodySHA256", [])
    if digests and not params:
        # A body that is no form is not part of the signed text; its digest in the address is.
        if not hmac.compare_digest(hashlib.sha256(body).hexdigest(), digests[0].lower()):
            raise NotGenuine("the body is not the one that was signed")
        params = ()
    tokens = [account.secret("auth_token")]
    if account.has_secret("auth_token_previous"):
        tokens.append(account.secret("auth_token_previous"))
    texts = [_signed_text(form, params) for form in _forms_of(url)]
    if not any(_matches(token, text, given) for token in tokens for text in texts):
        raise NotGenuine("the signature is not right")
    return _named(_fields(body), query)


def read(delivery_id: str, body: bytes) -> Heard:
    """Pure. An odd body becomes ``odd``, never an exception."""
    try:
        fields = _fields(body)
    except NotReadable:
        return Heard(odd="Twilio's form could not be read.")
    sid = fields.get("MessageSid") or fields.get("SmsSid", "")
    if not sid:
        return Heard(odd="Twilio's form names no message.")
    if _is_report(fields):
        return _report(fields, sid, delivery_id)
    return Heard(messages=(_incoming(fields, sid),))


def _named(fields: Mapping[str, str], query: Mapping[str, list[str]]) -> Verified:
    sid = fields.get("MessageSid") or fields.get("SmsSid", "")
    if not re.fullmatch(r"[0-9a-zA-Z]{8,64}", sid):
        raise NotReadable("no message is named")
    if not _is_report(fields):
        return Verified(f"message/{sid}", "message")
    status = re.sub(r"\W", "", _status_of(fields))[:20]
    key = query.get("key", [""])[0][:80]
    return Verified(f"status/{sid}/{status}/{key}", "status")


def _is_report(fields: Mapping[str, str]) -> bool:
    return "Body" not in fields and _status_of(fields) not in {"", "received", "receiving"}


def _status_of(fields: Mapping[str, str]) -> str:
    return fields.get("MessageStatus") or fields.get("SmsStatus", "")


def _report(fields: Mapping[str, str], sid: str, delivery_id: str) -> Heard:
    status = STATUSES.get(_status_of(fields))
    if status is None:
        return Heard(odd="Twilio reported a status that we do not know.")
    key = [*delivery_id.split("/", 3), "", "", ""][3]
    code, plain = reason(fields.get("ErrorCode", "")) if status == "failed" else ("", "")
    return Heard(statuses=(StatusChange(sid, status, code, plain, key),))


def _incoming(fields: Mapping[str, str], sid: str) -> Incoming:
    opt_out = fields.get("OptOutType", "").lower()
    answered = fields.get("OriginalRepliedMessageSid", "")
    return Incoming(
        reference=sid,
        kind="sms",
        sender=clean(fields.get("From", "")).strip()[:254],
        body=clean(fields.get("Body", "").replace("\r\n", "\n").replace("\r", "\n")),
        answers=(answered,) if answered else (),
        media=_media(fields),
        opt_out=opt_out if opt_out in {"stop", "start", "help"} else "",
    )


def _media(fields: Mapping[str, str]) -> tuple[Mapping[str, str], ...]:
    count = fields.get("NumMedia", "0")
    count = count if re.fullmatch(r"\d{1,3}", count, re.ASCII) else "0"
    return tuple(
        {
            "type": clean(fields.get(f"MediaContentType{place}", ""))[:80],
            "url": clean(fields.get(f"MediaUrl{place}", ""))[:500],
        }
        for place in range(min(int(count), MOST_MEDIA))
    )


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise NotReadable("not a form") from None
    return dict(pairs)


def _forms_of(url: str) -> list[str]:
    """The address as it was called, and with its port written or left out: proxies differ."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    default = 443 if parts.scheme == "https" else 80
    hosts = {parts.netloc, host, f"{host}:{port or default}"}
    return [urlunsplit(parts._replace(netloc=netloc)) for netloc in sorted(hosts)]


def _signed_text(url: str, params: Params) -> str:
    """The address followed by every field's name and value, by name; a value given twice, once."""
    return url + "".join(name + value for name, value in sorted(set(params)))


def _matches(token: str, text: str, given: str) -> bool:
    digest = hmac.new(token.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha1).digest()
    return hmac.compare_digest(base64.b64encode(digest), given.encode("utf-8", "replace"))
