"""Moments, names and lists as clients and the desk read them. English and Spanish, nothing else."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from integrations.models import Client

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio"),
        *("agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
}
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def language_of(client: Client) -> str:
    return "es" if (client.locale or "").lower().startswith("es") else "en"


def hour(at: datetime, zone: ZoneInfo) -> str:
    """``2:30 pm``; full hours as ``2 pm``."""
    local = at.astimezone(zone)
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes} {'am' if local.hour < 12 else 'pm'}"


def day(at: datetime, zone: ZoneInfo, language: str = "en") -> str:
    """``Friday, June 19`` or ``viernes 19 de junio``."""
    local = at.astimezone(zone)
    weekday, month = WEEKDAYS[language][local.weekday()], MONTHS[language][local.month - 1]
    if language == "es":
        return f"{weekday} {local.day} de {month}"
    return f"{weekday}, {month} {local.day}"


def moment(at: datetime, zone: ZoneInfo, language: str = "en") -> str:
    """``Friday, June 19 at 2:30 pm``: the full date, because a later rung may leave another day."""
    joint = "a las" if language == "es" else "at"
    return f"{day(at, zone, language)} {joint} {hour(at, zone)}"


def short_moment(at: datetime, zone: ZoneInfo) -> str:
    """``Fri 2:30 pm`` for lists at the desk."""
    return f"{at.astimezone(zone):%a} {hour(at, zone)}"


def money(amount: Decimal | None, currency: str) -> str:
    """``$85`` or ``$85.50``; '' where no price is known."""
    if amount is None:
        return ""
    text = f"{amount:.2f}".removesuffix(".00")
    sign = SIGNS.get(currency, "")
    return f"{sign}{text}" if sign else f"{text} {currency}"


def span(minutes: int, language: str = "en") -> str:
    """``15 minutes``, ``1 hour``, ``2 hours``."""
    hours, rest = divmod(minutes, 60)
    if rest or not hours:
        return f"{minutes} {'minutos' if language == 'es' else 'minutes'}"
    word = ("hora", "horas") if language == "es" else ("hour", "hours")
    return f"{hours} {word[hours > 1]}"


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
