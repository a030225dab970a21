"""How facts are written in English and Spanish. Each pattern names its part ``fact``.

Order decides: what an earlier pattern took, a later one leaves alone (a link's digits are no
phone number, a price's no time).
"""

import re

MONTHS = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|"
    r"enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre|"
    r"ene|abr|ago|dic)"
)
WEEKDAYS = (
    r"(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|"
    r"mon|tues?|wed|thurs?|thu|fri|sat|"
    r"lunes|martes|miércoles|miercoles|jueves|viernes|sábados?|sabados?|domingos?)"
)
HOURS = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)"
)
MINUTES = (
    r"(?:five|ten|fifteen|twenty[- ]five|twenty|thirty|forty[- ]five|forty|fifty[- ]five|fifty|"
    r"cinco|diez|quince|veinticinco|veinte|treinta|cuarenta y cinco|cuarenta)"
)
COUNTS = (
    r"(?:an?|one|two|three|four|five|six|eight|ten|twelve|fifteen|twenty|thirty|forty[- ]five|"
    r"forty|sixty|seventy[- ]five|ninety|un|una|dos|tres|cuatro|cinco|seis|diez|quince|veinte|"
    r"treinta|cuarenta y cinco|cuarenta|sesenta|noventa)"
)
HALF_DAY = r"(?:[ap]\.\s?m\.|[ap]\s?m)"
PART_OF_DAY = (
    r"(?:de la mañana|de la tarde|de la noche|in the morning|in the afternoon|in the evening)"
)
ORDINAL = r"(?:st|nd|rd|th|º|°)?"


def _one(*alternatives: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("(?P<fact>" + "|".join(alternatives) + ")", flags)


LINK = _one(
    r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]\u2026]",
    r"(?<![\w.-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    r"(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?:com|net|org|io|co|app|biz|info|us|uk|es|mx|me|ly|gl|example|test|salon|spa|link|page)"
    r"(?![\w-])(?:/[^\s<>\"']*[^\s<>\"'.,;:!?)\]\u2026])?",
)
PHONE = _one(
    r"(?<![\w/.$€£])(?=(?:[^\d\n]{0,2}\d){7})\+?\(?\d{1,4}\)?(?:[\s.-]?\(?\d{2,4}\)?){2,5}(?![\w/])"
)
PRICE = _one(
    r"(?:us)?[$€£]\s?\d{1,3}(?:,\d{3})+(?:\.\d{2})?",
    r"(?:us)?[$€£]\s?\d+(?:[.,]\d{1,2})?(?!\d)",
    r"\b\d+(?:[.,]\d{2})?\s?(?:[$€£]|usd\b|eur\b|dollars?\b|bucks\b|d[óo]lares\b|euros?\b|pesos\b)",
    r"\b\d{1,3}\s?%",
)
DURATION = _one(
    r"\b\d+\s?(?:h|hrs?|hours?|horas?)\s?(?:and\s|y\s)?\d{1,2}\s?(?:m|min|mins|minutes?|minutos?)?\b",
    r"\b\d+(?:[.,]\d+)?[\s-]?(?:minutes?|minutos?|mins?|min|hours?|horas?|hrs?|hr)\b",
    r"\b(?:an hour and a half|hora y media|una hora y media|half an hour|media hora|"
    r"(?:three )?quarters? of an hour|tres cuartos de hora|un cuarto de hora)\b",
    rf"\b{COUNTS}[\s-](?:minutes?|minutos?|hours?|horas?)(?: and a half| y media)?\b",
    r"\b\d+[\s-](?:days?|días?|dias?|weeks?|semanas?|months?|meses)\b",
)
DATE = _one(
    r"\b\d{4}-\d{2}-\d{2}\b",
    rf"\b{MONTHS}\.?\s+(?:the\s+)?\d{{1,2}}{ORDINAL}\b(?!\s?:)(?:,?\s+(?:of\s+)?\d{{4}}\b)?",
    rf"\b(?:the\s+)?\d{{1,2}}{ORDINAL}\s+(?:of\s+|de\s+)?{MONTHS}(?!\w)"
    r"(?:,?\s+(?:de\s+|del\s+)?\d{4}\b)?",
    r"\b(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01])(?:/\d{2,4})?\b",
    r"\b(?:on the|el día|el dia)\s+\d{1,2}(?:st|nd|rd|th)?\b(?!\s?:)",
    r"\bthe\s+\d{1,2}(?:st|nd|rd|th)\b",
)
RELATIVE = _one(
    r"\b(?:day after tomorrow|tomorrow|tonight|today|yesterday|next week|this week|"
    r"this (?:morning|afternoon|evening|weekend)|pasado mañana|hoy|ayer|anoche|"
    r"esta (?:mañana|tarde|noche)|"
    r"la próxima semana|la semana que viene|esta semana)\b",
    r"(?<!la )(?<!esta )(?<!una )\bmañana\b",
)
WEEKDAY = _one(rf"\b{WEEKDAYS}\b")
TIME = _one(
    rf"\b\d{{1,2}}[:.h]\d{{2}}\s?(?:{HALF_DAY}(?!\w)|{PART_OF_DAY}\b)",
    r"\b(?:[01]?\d|2[0-3])[:h][0-5]\d\b",
    rf"\b\d{{1,2}}\s?{HALF_DAY}(?!\w)",
    rf"\b(?:half past|quarter past|quarter to|{MINUTES} past|{MINUTES} to)\s+"
    rf"(?:{HOURS}|\d{{1,2}})\b"
    rf"(?:\s{PART_OF_DAY}\b|\s?{HALF_DAY}(?!\w))?",
    rf"\b{HOURS}\s+(?:y media|y cuarto|menos cuarto|y {MINUTES}|menos {MINUTES}|en punto)\b"
    rf"(?:\s{PART_OF_DAY}\b)?",
    rf"\b{HOURS}[\s-]{MINUTES}\b(?!\s?(?:min|hour|hora|day|día|week|semana))",
    rf"\b(?:{HOURS}|\d{{1,2}})\s?(?:o['\u2019]?clock|{PART_OF_DAY})(?!\w)",
    rf"\b{HOURS}\s?{HALF_DAY}(?!\w)",
    r"\b(?:noon|midday|midnight|mediodía|mediodia|medianoche)\b",
    r"\b[01]\d[0-5]\dh\b",
)
# A bare hour counts only behind a word that makes it one: "at 10", "a las 10", "from 9 to".
BARE_HOUR = re.compile(
    rf"\b(?:at|by|until|till|before|after|around|from|a la|a las|"
    r"sobre las|hasta las|desde las|antes de las)\s+"
    rf"(?P<fact>\d{{1,2}}|{HOURS})\b(?!\s?(?:[:.]\d|%|min|hour|hora|day|días?|"
    r"week|semana|st\b|th\b|[$€£]|of\b|\d|step|people|text))",
    re.IGNORECASE,
)
_WORD = r"[A-ZÁÉÍÓÚÜÑ][\w'\u2019\-]*[^\W\d_]|[A-ZÁÉÍÓÚÜÑ]"
GREETING = re.compile(
    r"(?:^|[\n:.!]\s*)(?:(?i:hi|hello|hey|dear|good (?:morning|afternoon|evening)|"
    r"welcome(?: back)?|thanks|thank you|hola|querid[oa]|estimad[oa]|"
    r"buen[oa]s (?:días|dias|tardes|noches)|gracias|bienvenid[oa]))"
    rf",?\s+(?P<fact>(?:{_WORD})(?:\s+(?:{_WORD}))*)",
)
# Only a name can follow these: the therapist's mostly.
WITH_NAME = re.compile(
    rf"\b(?i:with|con|from|by|de parte de|see|ask for|pregunta por)\s+"
    rf"(?P<fact>(?:{_WORD})(?:\s+(?:{_WORD}))*)"
)
NUMBER = _one(r"(?<![\w#])\d{3,}(?:[.,]\d+)?(?!\w)")

PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("link", LINK),
    ("date", re.compile(r"(?P<fact>\b\d{4}-\d{2}-\d{2}\b)")),
    ("price", PRICE),
    ("time", TIME),
    ("date", DATE),
    ("duration", DURATION),
    ("phone", PHONE),
    ("date", RELATIVE),
    ("weekday", WEEKDAY),
    ("time", BARE_HOUR),
    ("name", GREETING),
    ("name", WITH_NAME),
    ("number", NUMBER),
)
