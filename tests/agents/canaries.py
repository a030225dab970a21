"""A salon whose every personal field holds a word that stands nowhere else."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models

from core import clock
from integrations.models import (
    Appointment,
    Client,
    Consent,
    Feedback,
    FormResponse,
    Message,
    WaitlistEntry,
)
from tests.agents.conftest import Salon

# Fields of these models that hold nothing personal, or an id. Every other text, date or JSON field
# has to be planted: a field that is added later makes the test ask what it is.
PERSONAL = (Client, Consent, Message, Feedback, FormResponse, WaitlistEntry, Appointment)
NOT_PERSONAL: dict[type[models.Model], str] = {
    Client: "external_id as_of timezone locale last_visit_on",
    Consent: "channel purpose origin",
    Message: "external_id as_of channel reference source status in_reply_to",
    Feedback: "external_id as_of",
    FormResponse: "external_id as_of name expires_on",
    WaitlistEntry: "external_id as_of staff_ids windows status priority",
    Appointment: "external_id as_of service_name staff_name resource_id visit_id status currency "
    "source",
}
SAID = (
    "secret", "past", "tag", "drink", "custom", "reason", "message", "subject", "media", "form",
    "flow", "feedback", "wait", "wording",
)  # fmt: skip
WORDY = (models.CharField, models.TextField, models.JSONField, models.DateField)


@dataclass
class Planted:
    """Who the canaries point at. ``identity`` names, numbers and addresses; ``words`` what was said
    or noted; both belong in no prompt but where ``told`` says so, and in no log at all."""

    client: Client
    visit: Appointment
    identity: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        return [*self.identity, *self.words, *self.kept]


def planted(salon: Salon, mark: str, digits: str, day: int = 7) -> Planted:
    """One client with everything that can be kept about somebody. ``mark`` makes them unlike any
    other, ``digits`` (four) end their phone."""
    client = salon.client(
        f"Zor{mark}",
        last_name=f"Quij{mark}",
        phone=f"+1503555{digits}",
        email=f"mail{mark}@canary.example",
        birthday=date(1971, 3, 7),
        postal_code=f"973{digits[:2]}",
        past_services=[f"past{mark}"],
        notes=f"Prefers wish{mark} tea. Zor{mark} told secret{mark}. Call 503-555-{digits}.",
        tags=[f"tag{mark}"],
        preferences={"drink": f"drink{mark}"},
        custom_fields={"pet": f"custom{mark}"},
        search_key=f"zor{mark} quij{mark}",
        phone_last4=digits,
        merged_into=None,
    )
    at = clock.now() + timedelta(days=day)
    for days in (20, 40):
        salon.past(client, days, "no_show", cancel_reason=f"reason{mark}")
    note = (
        f"Zor{mark} QUIJ{mark.upper()} likes it slow. Is allergic to health{mark}. "
        f"mail{mark}@canary.example, +1 (503) 555-{digits}, born 3/7/1971."
    )
    visit = salon.book(client, at, notes=note)
    made = Planted(client, visit)
    made.identity = [f"zor{mark}", f"quij{mark}", digits, f"mail{mark}", "1971", f"973{digits[:2]}"]
    made.words = [f"{word}{mark}" for word in SAID]
    base = {"connection": salon.connection, "client": client}
    Message.objects.create(
        **base,
        external_id=f"msg{mark}",
        incoming=True,
        channel="sms",
        subject=f"subject{mark}",
        body=f"message{mark}",
        address=f"+1503555{digits}",
        details={"media": [f"media{mark}"]},
        sent_at=clock.now() - timedelta(days=3),
    )
    FormResponse.objects.create(
        **base,
        external_id=f"frm{mark}",
        name="Consultation",
        link=f"https://forms.example/flow{mark}",
        answers={"skin": f"form{mark}"},
    )
    Feedback.objects.create(
        **base, external_id=f"fbk{mark}", text=f"feedback{mark}", given_at=clock.now()
    )
    WaitlistEntry.objects.create(
        **base,
        external_id=f"wl{mark}",
        location=salon.location,
        service=salon.service,
        note=f"wait{mark}",
        waiting_since=clock.now() - timedelta(days=4),
    )
    Consent.objects.filter(client=client).update(wording=f"wording{mark}")
    return made


def pool_of(salon: Salon, who: Planted, *more: models.Model) -> dict[type[models.Model], Any]:
    """What a row about somebody can point at."""
    place = (salon.connection, salon.location, salon.staff, salon.service, *more)
    said = Message.objects.filter(client=who.client).order_by("pk")
    return {type(one): one for one in (*place, who.client, who.visit, *said[:1])}


def fields_without_a_canary(mark: str) -> list[str]:
    """Personal fields that nothing was planted in; empty when the test looks at all of them."""
    missing = []
    for model in PERSONAL:
        for one in model._meta.get_fields():
            if not isinstance(one, WORDY) or one.name in NOT_PERSONAL[model].split():
                continue
            if isinstance(one, models.DateTimeField):
                continue
            column = f'"{one.column}"::text'
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT count(*) FROM {model._meta.db_table} WHERE {column} ~* %s",
                    [f"{mark}|1971|4242|{mark[:0]}7301|973"],
                )
                if not cursor.fetchone()[0]:
                    missing.append(f"{model.__name__}.{one.name}")
    return missing


def everything_stored() -> dict[str, str]:
    """Every row of every table as text, bytes too."""
    stored = {}
    with connection.cursor() as cursor:

        def text(what: str, table: str) -> str:
            cursor.execute(f"SELECT string_agg({what}, chr(10)) FROM {table} t")
            return (cursor.fetchone()[0] or "").casefold()

        for model in apps.get_models():
            table = connection.ops.quote_name(model._meta.db_table)
            found = [text("to_jsonb(t)::text", table)]
            for one in model._meta.concrete_fields:
                if isinstance(one, models.BinaryField):
                    found.append(text(f"encode({one.column}, 'escape')", table))
            stored[model.__name__] = "\n".join(found)
    return stored


def found_in(text: str, canaries: list[str]) -> list[str]:
    folded = text.casefold()
    return [one for one in canaries if one.casefold() in folded]


def redis_holds(client: Any) -> str:
    """Every key of Redis and what is in it."""
    readers = {
        b"string": lambda key: client.get(key),
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": lambda key: client.smembers(key),
        b"hash": lambda key: client.hgetall(key),
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"stream": lambda key: client.xrange(key),
    }
    said = []
    for key in client.scan_iter("*"):
        held = readers[client.type(key)](key)
        said.append(f"{key!r} {held!r} {unpacked(held)}")
    return "\n".join(said)


def unpacked(held: Any) -> str:
    """Celery packs what its messages carry: what is in them could not be read as it stands."""
    bodies = [json.loads(one).get("body", "") for one in _messages(held)]
    return " ".join(base64.b64decode(body).decode() for body in bodies)


def _messages(held: Any) -> list[bytes]:
    rows = held if isinstance(held, list) else list(held.values()) if isinstance(held, dict) else []
    found = []
    for row in rows:
        try:
            # What was taken and not acknowledged yet stands beside its exchange.
            said = json.loads(row)
        except (TypeError, ValueError):
            continue
        said = said[0] if isinstance(said, list) and said else said
        if isinstance(said, dict) and "body" in said:
            found.append(json.dumps(said).encode())
    return found
