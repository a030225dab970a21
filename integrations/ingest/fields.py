"""Values as they come, in the types and the safety the working copy wants."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from typing import Any

import phonenumbers
from django.db import models

from integrations.models import Connection, Location


class Unreadable(Exception):
    """A record without something it cannot do without; ``plain`` says what."""

    def __init__(self, plain: str) -> None:
        super().__init__(plain)
        self.plain = plain


def clean_line(value: Any) -> str:
    """One line: no control characters, nothing invisible, single spaces. For names and the like.

    A name with a hidden character would be a name that cannot be found, and one that turns the
    direction of writing could make a message read as another.
    """
    text = unicodedata.normalize("NFC", "" if value is None else str(value))
    kept = (
        " " if char in "\t\n\r\u2028\u2029" else char
        for char in text
        if char in "\t\n\r\u2028\u2029" or not unicodedata.category(char).startswith("C")
    )
    return " ".join("".join(kept).split())


def clean_text(value: Any) -> str:
    """A longer text: only what the database refuses or no text holds is taken out.

    Invisible characters stay: the screens show them, and they mark a draft as tainted.
    """
    text = "" if value is None else str(value)
    return "".join(
        char for char in text if char in "\t\n\r" or unicodedata.category(char) not in {"Cc", "Cs"}
    )


def clean_json(value: Any, depth: int = 0) -> Any:
    """JSON that jsonb takes: clean strings, no infinities, not too deep."""
    if depth > 20:
        return None
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(key): clean_json(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_json(inner, depth + 1) for inner in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return clean_text(value)


def moment(value: Any) -> datetime | None:
    """An aware moment in UTC; None when it cannot be read."""
    if isinstance(value, str) and value.strip():
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value or "").strip()[:10])
    except ValueError:
        return None


def decimal(value: Any, field: models.DecimalField[Any, Any]) -> Decimal | None:
    """Rounded to the column; None for what is no number or does not fit."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip()).quantize(Decimal(1).scaleb(-field.decimal_places))
    except (InvalidOperation, ValueError):
        return None
    whole = field.max_digits - field.decimal_places
    return number if number.is_finite() and abs(number) < 10**whole else None


def whole(value: Any, field: models.Field[Any, Any]) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    least = 0 if isinstance(field, POSITIVE) else -(2**31)
    most = 2**15 - 1 if isinstance(field, models.PositiveSmallIntegerField) else 2**31 - 1
    return number if least <= number <= most else None


POSITIVE = (models.PositiveIntegerField, models.PositiveSmallIntegerField)


def coerce(field: models.Field[Any, Any], value: Any) -> Any:
    """The value for one column. Never raises: what cannot be read becomes the column's empty."""
    if isinstance(field, models.DateTimeField):
        return moment(value)
    if isinstance(field, models.DateField):
        return day(value)
    if isinstance(field, models.DecimalField):
        found: Any = decimal(value, field)
    elif isinstance(field, models.BooleanField):
        return bool(value)
    elif isinstance(field, models.IntegerField):
        found = whole(value, field)
    elif isinstance(field, models.JSONField):
        found = clean_json(value)
    elif isinstance(field, models.TextField):
        return clean_text(value)
    else:
        return clean_line(value)[: field.max_length]
    return field.get_default() if found is None and not field.null else found


def phone_e164(raw: Any, region: str) -> str:
    """E.164 where the number can be read for this country, else what was typed, cleaned."""
    text = clean_line(raw)[:32]
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def last_four(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    return digits[-4:] if len(digits) >= 4 else ""


def region_of(connection: Connection) -> str:
    """The country in whose way phone numbers are written there, from its locations' time zone."""
    given = str(connection.settings.get("country") or "")
    if re.fullmatch(r"[A-Z]{2}", given):
        return given
    zone = (
        Location.objects.filter(connection=connection, deleted_at=None)
        .order_by("pk")
        .values_list("timezone", flat=True)
        .first()
    )
    return countries_of_zones().get(zone or "", "US")


@cache
def countries_of_zones() -> dict[str, str]:
    """{"America/New_York": "US", …} from the time zone database itself."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows if len(row) >= 3}
