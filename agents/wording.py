"""Dates, times, money and lists in words, in the languages we write (English and Spanish).

Hours are the salon's own: that is where the client has to be. The client's zone only decides when
a text may be sent.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
}  # fmt: skip
CURRENCY_SIGNS = {"USD": "$", "CAD": "$", "AUD": "$", "EUR": "€", "GBP": "£"}
# One letter outside the GSM alphabet turns a text of 160 characters into three of 70. These have a
# spelling inside it that readers of texts are used to.
TO_GSM = str.maketrans(
    {
        "á": "a", "í": "i", "ó": "o", "ú": "u", "Á": "A", "Í": "I", "Ó": "O", "Ú": "U",
        "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-",
        "\u2014": "-", "\u2026": "...", "\u00a0": " ",
    }
)  # fmt: skip


def language_of(locale: str) -> str:
    """The language we write to somebody with this locale."""
    return "es" if locale.lower().startswith("es") else "en"


def gsm(text: str) -> str:
    """The text in letters that fit an ordinary text message, where there is such a spelling."""
    return text.translate(TO_GSM)


def weekday(at: datetime, zone: ZoneInfo, language: str) -> str:
    return WEEKDAYS[language][at.astimezone(zone).weekday()]


def day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """``Friday, June 15`` / ``viernes 15 de junio``."""
    local = at.astimezone(zone)
    month = MONTHS[language][local.month - 1]
    if language == "es":
        return f"{WEEKDAYS['es'][local.weekday()]} {local.day} de {month}"
    return f"{WEEKDAYS['en'][local.weekday()]}, {month} {local.day}"


def hour(at: datetime, zone: ZoneInfo) -> str:
    """``2:30 pm``, and ``2 pm`` on the hour."""
    local = at.astimezone(zone)
    half = "am" if local.hour < 12 else "pm"
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes} {half}"


def desk_day(at: datetime, as_of: datetime, zone: ZoneInfo) -> str:
    """For the desk's eyes: ``today``, ``tomorrow``, ``Friday`` within a week, else ``June 15``."""
    local, today = at.astimezone(zone).date(), as_of.astimezone(zone).date()
    days = (local - today).days
    if days in (0, 1):
        return ("today", "tomorrow")[days]
    if 1 < days < 7:
        return WEEKDAYS["en"][local.weekday()]
    return f"{MONTHS['en'][local.month - 1]} {local.day}"


def lasting_day(at: datetime, as_of: datetime, zone: ZoneInfo) -> str:
    """As ``desk_day``, for titles that are still read tomorrow: ``Friday``, never ``tomorrow``."""
    local, today = at.astimezone(zone).date(), as_of.astimezone(zone).date()
    if 0 <= (local - today).days < 7:
        return WEEKDAYS["en"][local.weekday()]
    return f"{MONTHS['en'][local.month - 1]} {local.day}"


def money(amount: Decimal, currency: str) -> str:
    sign = CURRENCY_SIGNS.get(currency)
    figure = f"{amount:.2f}".removesuffix(".00")
    return f"{sign}{figure}" if sign else f"{figure} {currency}"


def listed(parts: Sequence[str], language: str = "en") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    joint = " y " if language == "es" else " and "
    return ", ".join(parts[:-1]) + joint + parts[-1]


def sentences(parts: Iterable[str]) -> str:
    return " ".join(part.strip() for part in parts if part and part.strip())
