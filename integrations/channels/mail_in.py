"""What an incoming e-mail says: who answers what, in which words, and whether anybody typed it.

Mail comes in every state of disrepair, so nothing here may raise: what cannot be read is ``odd``.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message as Mail
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from integrations.channels.base import Heard, Incoming, NotReadable, StatusChange
from integrations.channels.mail_text import from_html, without_quote
from integrations.channels.references import clean
from integrations.jsonsafe import parsed

LARGEST = 10 * 1024 * 1024
LONGEST_TEXT = 50_000
ID = re.compile(r"<[^<>\s]{1,250}>")
FORM_FIELDS = ("email", "body-mime", "message", "raw")


def read(body: bytes, own_address: str) -> Heard:
    """The message, or what a mail server says about one of ours."""
    try:
        raw = raw_mail(body)
        if raw is None:
            return Heard(odd="There is no mail in what was posted.")
        return _read(raw, own_address)
    except Exception as error:  # the parser has many ways to stumble over broken mail
        return Heard(odd=f"The mail could not be read ({type(error).__name__}).")


def _read(raw: bytes, own_address: str) -> Heard:
    mail = message_from_bytes(raw, policy=policy.compat32)
    bounced = _bounced(mail)
    if bounced is not None:
        return Heard(statuses=bounced)
    sender = _sender(mail)
    if not sender:
        return Heard(odd="The mail says nothing about its sender.")
    if sender == own_address.lower():
        return Heard()
    text, quoted = without_quote(_text(mail)[: 2 * LONGEST_TEXT])
    message = Incoming(
        reference=_reference(mail, raw),
        kind="email",
        sender=sender,
        subject=_header(mail, "Subject")[:300],
        body=text[:LONGEST_TEXT],
        at=_date(mail),
        answers=_answers(mail),
        media=_attachments(mail),
        quoted=quoted[:LONGEST_TEXT],
        automatic=_is_automatic(mail),
    )
    return Heard(messages=(message,))


def delivery_name(raw: bytes) -> str:
    """The same for one mail however often and by whichever way it comes to us.

    The sender and the date count too: somebody who knows a Message-ID could otherwise send a mail
    of the same one first, and the real one would be taken for known.
    """
    mail = message_from_bytes(raw, policy=policy.compat32)
    said = [_header(mail, name) for name in ("Message-ID", "From", "Date")]
    digest = hashlib.sha256("\n".join(said).encode() if said[0] else raw).hexdigest()
    return f"message/{digest[:48]}"


def raw_mail(body: bytes) -> bytes | None:
    """The mail in a delivery: raw, in a field of a form, or as a JSON document; None: none.

    The document holds ``raw`` (the mail), ``raw_base64``, or its parts: ``from``, ``subject``,
    ``text``, ``html``, ``message_id``, ``in_reply_to``, ``references``, ``date``, ``headers``.
    """
    start = body.lstrip()[:2]
    if start[:1] == b"{":
        return _from_document(body)
    if start == b"--":
        return _from_form(body)
    return body if b":" in body[:2000] else None


def _from_document(body: bytes) -> bytes | None:
    try:
        said = parsed(body)
    except NotReadable:
        return None
    if not isinstance(said, dict):
        return None
    if isinstance(said.get("raw_base64"), str):
        try:
            return base64.b64decode(said["raw_base64"])
        except (binascii.Error, ValueError):
            return None
    if isinstance(said.get("raw"), str):
        return str(said["raw"]).encode("utf-8", "replace")
    return _from_parts(said)


def _from_parts(said: Mapping[str, Any]) -> bytes | None:
    if not isinstance(said.get("from"), str):
        return None
    headers = said["headers"] if isinstance(said.get("headers"), dict) else {}
    named = {name.replace("_", "-"): value for name, value in said.items() if name != "headers"}
    lines = [
        f"{name}: {' '.join(str(value).split())}"
        for name, value in {**headers, **named}.items()
        if name not in {"text", "html"} and re.fullmatch(r"[A-Za-z][A-Za-z0-9\-]{0,60}", name)
    ]
    lines = [line for line in lines if not line.lower().startswith(("content-", "mime-"))]
    kind, text = ("plain", said.get("text")) if said.get("text") else ("html", said.get("html"))
    lines.append(f"Content-Type: text/{kind}; charset=utf-8")
    return ("\r\n".join(lines) + "\r\n\r\n" + str(text or "")).encode("utf-8", "replace")


def _from_form(body: bytes) -> bytes | None:
    boundary = body.lstrip().split(b"\n", 1)[0].strip()[2:]
    head = b'Content-Type: multipart/form-data; boundary="' + boundary + b'"\r\n\r\n'
    form = message_from_bytes(head + body, policy=policy.compat32)
    for part in form.get_payload() if form.is_multipart() else []:
        if isinstance(part, Mail):
            name = part.get_param("name", header="content-disposition")
            payload = part.get_payload(decode=True)
            if name in FORM_FIELDS and isinstance(payload, bytes):
                return payload
    return None


def _header(mail: Mail, name: str) -> str:
    """One header as a line of text, whatever its encoding claims to be."""
    value = mail.get(name)
    if value is None:
        return ""
    try:
        pieces = decode_header(value)
    except (ValueError, binascii.Error, UnicodeError):
        pieces = [(str(value), None)]
    text = "".join(
        _decoded(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in pieces
    )
    return " ".join(clean(text.replace("\r", " ").replace("\n", " ")).split())[:2000]


def _decoded(value: bytes, charset: str | None) -> str:
    try:
        return value.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return value.decode("utf-8", "replace")


def _sender(mail: Mail) -> str:
    found = getaddresses([str(mail.get("From") or "")])
    address = clean(found[0][1]).strip().lower() if found else ""
    return address[:254] if "@" in address else ""


def _reference(mail: Mail, raw: bytes) -> str:
    found = ID.findall(str(mail.get("Message-ID") or ""))
    return found[0] if found else f"<{hashlib.sha256(raw).hexdigest()}>"


def _answers(mail: Mail) -> tuple[str, ...]:
    direct = ID.findall(str(mail.get("In-Reply-To") or ""))
    earlier = ID.findall(str(mail.get("References") or ""))
    return tuple(dict.fromkeys([*direct, *reversed(earlier)]))[:20]


def _date(mail: Mail) -> datetime | None:
    try:
        moment = parsedate_to_datetime(str(mail.get("Date")))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else None


def _parts(mail: Mail) -> list[Mail]:
    return [part for part in list(mail.walk())[:200] if not part.is_multipart()]


def _is_attached(part: Mail) -> bool:
    if part.get_content_disposition() == "attachment" or part.get_filename():
        return True
    return part.get_content_maintype() != "text"


def _text(mail: Mail) -> str:
    bodies: dict[str, str] = {}
    for part in _parts(mail):
        payload = part.get_payload(decode=True)
        if not _is_attached(part) and isinstance(payload, bytes):
            charset = part.get_content_charset()
            bodies.setdefault(part.get_content_type(), _decoded(payload, charset))
    plain = bodies.get("text/plain", "")
    if not plain.strip() and "text/html" in bodies:
        plain = from_html(bodies["text/html"])
    return clean(plain.replace("\r\n", "\n").replace("\r", "\n"))


def _attachments(mail: Mail) -> tuple[Mapping[str, str], ...]:
    found = [part for part in _parts(mail) if _is_attached(part)][:10]
    return tuple(
        {
            "type": clean(part.get_content_type())[:80],
            "name": clean(str(part.get_filename() or ""))[:120],
        }
        for part in found
    )


def _is_automatic(mail: Mail) -> bool:
    """Out-of-office notes, lists and machines: nobody typed this to us."""
    said = str(mail.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
    precedence = str(mail.get("Precedence") or "").strip().lower()
    return (
        said != "no"
        or precedence in {"auto_reply", "bulk", "junk", "list"}
        or any(mail.get(name) for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
        or str(mail.get("Return-Path") or "").strip() == "<>"
        or _sender(mail).partition("@")[0] in {"mailer-daemon", "postmaster"}
    )


def _bounced(mail: Mail) -> tuple[StatusChange, ...] | None:
    """What a delivery report says; None when the mail is none."""
    if mail.get_content_type() != "multipart/report":
        return None
    if str(mail.get_param("report-type") or "").lower() != "delivery-status":
        return None
    action, code = "", ""
    ours: list[str] = []
    for part in mail.walk():
        action = action or str(part.get("Action") or "").strip().lower()
        code = code or str(part.get("Status") or "").strip()
        if part is not mail:
            ours += ID.findall(str(part.get("Message-ID") or ""))
        if part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            ours += re.findall(r"^message-id:\s*(<[^<>\s]{1,250}>)", text, re.I | re.M)
    if action != "failed" or not ours:
        return ()
    kept = code if re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", code, re.ASCII) else ""
    plain = f"The e-mail came back: it could not be delivered{f' ({kept})' if kept else ''}."
    return (StatusChange(ours[0], "failed", kept, plain),)
