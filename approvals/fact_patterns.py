"""How facts are written in English and Spanish. Each pattern names its part ``fact``.

Order decides: what an earlier pattern took, a later one leaves alone (a link's digits are no
phone number, a price's no time).
"""

import re

from approvals.fact_numbers import DAY_WORD, DIGIT_WORD, NUMBER_WORDS

MONTHS = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|"
    r"enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre|"
    r"ene|abr|ago|dic)"
)
WEEKDAYS = (
    r"(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|"
    # Short ones with a capital only: "keep it out of the sun" is no day.
    r"(?-i:Mon|Tues?|Wed|Thurs?|Thu|Fri|Sat|Sun)|"
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
HALF_DAY = r"(?:[ap]\.\s?m\.|[ap]\s?m)"
PART_OF_DAY = (
    r"(?:de la mañana|de la tarde|de la noche|in the morning|in the afternoon|in the evening|"
    r"at night)"
)
# A time may name a zone; then it must be said of that zone in the records.
ZONE = (
    r"(?:\s?(?:[ECMP][SD]?T\b|(?:eastern|central|mountain|pacific)(?: time)?\b|"
    r"GMT\b|UTC\b|CES?T\b|your time\b|hora local\b|su hora\b))"
)
IN_HALF = rf"(?:\s?(?:{HALF_DAY}(?!\w)|{PART_OF_DAY}\b))"
ORDINAL = r"(?:st|nd|rd|th|º|°)?"


def _one(*alternatives: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile("(?P<fact>" + "|".join(alternatives) + ")", flags)


TOP = (
    r"com|net|org|io|co|app|biz|info|us|uk|es|mx|me|ly|gl|example|test|salon|spa|link|page|xyz|ru|"
    r"cn|top|site|online|shop|store|click|live|club|pro|dev|ai|eu|de|fr|it|ca|au|nz|in|gg|tk|to"
)
_REST = r"[^\s<>\"']*[^\s<>\"'.,;:!?)\]\u2026]"
LINK = _one(
    rf"(?:h\w\wps?|ftps?|sftp)\s?:\s?/\s?/\s?{_REST}|javascript:{_REST}",
    r"(?<![\w.-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    rf"(?<![\w@.-])(?:[\w](?:[\w-]*[\w])?\.)+(?:{TOP})(?![\w-])(?:[/?#]{_REST})?",
    # Disguised: "salon [dot] com", "boss at salon dot com", "salon . com", a bare IP address.
    rf"(?<!\w)[\w-]+(?:\s+(?:at|arroba)\s+[\w-]+)?\s?(?:[\[(]\s?(?:dot|punto|\.)\s?[\])]|"
    rf"\s(?:dot|punto)\s|\s\.\s?(?=\w+/))\s?(?:{TOP})\b(?:/{_REST})?",
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])(?:[:/]" + _REST + ")?",
    r"(?<![\w@])@\w[\w.]{2,}",
)
# Every sign of a currency: a price in rupees is as little ours as one in dollars we never named.
SIGNS = "$€£¢¤¥₠-⃀﷼﹩＄￠￡￥￦"  # noqa: RUF001
PHONE = _one(
    rf"(?<![\w/.{SIGNS}])(?=(?:[^\d\n]{{0,3}}\d){{7}})\+?\(?\d{{1,4}}\)?"
    r"(?:(?:\s?[/.-]\s?|\s)?\(?\d{2,4}\)?){2,5}(?![\w/])",
    rf"(?<![\w/.{SIGNS}-])\d{{10,14}}(?!\w)",
    rf"\b(?:(?:{DIGIT_WORD}|\d+)[\s.,-]+)*{DIGIT_WORD}(?:[\s.,-]+(?:{DIGIT_WORD}|\d+)\b){{5,}}",
)
_MONEY = (
    rf"(?:[{SIGNS}]|usd\b|eur\b|(?:us\s)?dollars?\b|bucks\b|d[óo]lares\b|euros?\b|pesos\b|"
    r"quid\b|pounds?\b|libras\b)"
)
PRICE = _one(
    rf"(?:us)?[{SIGNS}]\s?\d{{1,3}}(?:,\d{{3}})+(?:\.\d{{2}})?",
    rf"(?:us)?[{SIGNS}]\s?\d+(?:[.,]\d{{1,2}})?(?!\d)",
    r"\b(?:usd|eur|gbp)\s?\d+(?:[.,]\d{1,2})?\b",
    rf"\b\d{{1,3}}(?:[.,]?\d{{3}})*(?:[.,]\d{{2}})?\s?{_MONEY}",
    rf"\b{NUMBER_WORDS}\s+{_MONEY}",
    rf"\b(?:\d{{1,3}}\s?%|(?:\d{{1,3}}|{NUMBER_WORDS})\s+(?:per\s?cent|por\s?ciento)\b)",
)
# A bare figure counts as a price only behind words that make it one.
BARE_PRICE = re.compile(
    r"\b(?:costs?(?: you)?|priced at|price is(?: now)?|pay(?: only| just)?|comes to|"
    r"charge(?: you)?|total(?: is|:)?|deposit of|fee of|for (?:only|just)|cuestan?|"
    r"precio es(?: de)?|pag(?:a|ue|ar)|"
    rf"por s[oó]lo|total es de|le costará)\s+(?P<fact>\d{{2,4}}|{NUMBER_WORDS})\b"
    r"(?!\s?(?:[:/]\d|am\b|pm\b|min|hour|hora|day|día|week|semana|%|visit|time|session|of\b))",
    re.IGNORECASE,
)
_UNIT = r"(?:minutes?|minutos?|mins?|hours?|horas?|hrs?|hr)"
DURATION = _one(
    r"\b\d+\s?(?:h|hrs?|hours?|horas?)\s?(?:and\s|y\s)?\d{1,2}\s?(?:m|min|mins|minutes?|minutos?)?\b",
    rf"\b\d+(?:[.,]\d+)?[\s-]?{_UNIT}\b",
    r"\b(?:an? (?:full )?hour and a half|one and a half hours|(?:una )?hora y media|"
    r"an? half[\s-]hour|half an hour|media hora|(?:an?|one) full hour|"
    r"(?:three[\s-])?(?:a )?quarters? of an hour|tres cuartos de hora|un cuarto de hora)\b",
    rf"\b{NUMBER_WORDS}[\s-]{_UNIT}(?: and a half| y media)?\b"
    rf"(?:\s(?:and|y)\s{NUMBER_WORDS}[\s-](?:minutes|minutos))?",
    rf"\b(?:\d+|{NUMBER_WORDS})[\s-](?:days?|días?|dias?|weeks?|semanas?|months?|meses|mes|"
    r"years?|años?)\b",
)
DATE = _one(
    r"\b\d{4}-\d{2}-\d{2}\b",
    r"\b(?:0?[1-9]|[12]\d|3[01])-(?:0?[1-9]|[12]\d|3[01])-(?:20)?\d{2}\b",
    r"\b(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:(?:20)?\d{2}\b)?",
    rf"\b{MONTHS}\.?\s+(?:the\s+)?\d{{1,2}}{ORDINAL}\b(?!\s?:)(?:,?\s+(?:of\s+)?\d{{4}}\b)?",
    rf"\b{MONTHS}\.?\s+(?:the\s+)?{DAY_WORD}\b",
    rf"\b(?:the\s+)?\d{{1,2}}{ORDINAL}\s+(?:of\s+|de\s+)?{MONTHS}(?!\w)"
    r"(?:,?\s+(?:de\s+|del\s+)?\d{4}\b)?",
    rf"\b(?:the\s+)?(?:{DAY_WORD}|{NUMBER_WORDS})\s+(?:of|de)\s+{MONTHS}(?!\w)",
    r"\b(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01])(?:/\d{2,4})?\b",
    r"\b(?:on the|el día|el dia)\s+\d{1,2}(?:st|nd|rd|th)?\b(?!\s?:)",
    r"\bthe\s+\d{1,2}(?:st|nd|rd|th)\b(?!\s(?:floor|street|avenue|time|visit|anniversary))",
    rf"\b(?:(?:on|for|until|till|to|by|move|calendar:)\s+)the\s+{DAY_WORD}\b"
    r"(?!\s(?:floor|street|avenue|time|visit|door|one|of))",
)
RELATIVE = _one(
    r"\b(?:day after tomorrow|tomorrow|tonight|today|yesterday|next week|this week|"
    r"this (?:morning|afternoon|evening|weekend)|pasado mañana|hoy|ayer|anoche|"
    r"esta (?:mañana|tarde|noche)|"
    r"la próxima semana|la semana que viene|esta semana|(?:this|next|el|este|próximo) "
    r"(?:weekend|fin de semana))\b",
    r"(?<!la )(?<!esta )(?<!una )\bmañana\b",
)
WEEKDAY = _one(rf"\b{WEEKDAYS}\b")
TIME = _one(
    rf"\b\d{{1,2}}[:.h]\d{{2}}{IN_HALF}{ZONE}?",
    rf"\b(?:[01]?\d|2[0-3])[:h][0-5]\d(?:\s?h\b|\s?[ap]\b|\b){ZONE}?",
    r"\b(?:[01]?\d|2[0-3])\.[0-5]\d\s?(?:h|hrs|hours|horas|uhr)\b",
    rf"\b\d{{1,2}}\s?{HALF_DAY}(?!\w){ZONE}?",
    rf"\b(?:half (?:past|after)|(?:a )?quarter (?:past|after|to|of)|{MINUTES} (?:past|after|to))"
    rf"\s+(?:{HOURS}|\d{{1,2}})\b{IN_HALF}?{ZONE}?",
    rf"\b(?:{HOURS}|\d{{1,2}})\s+(?:y media|y cuarto|menos cuarto|y {MINUTES}|menos {MINUTES}|"
    rf"en punto)\b(?!\s(?:minutos|horas)){IN_HALF}?",
    rf"\b{HOURS}[\s-]{MINUTES}\b(?!\s?(?:min|hour|hora|day|día|week|seman|dollar|buck|dól))"
    rf"{IN_HALF}?",
    rf"\b(?:{HOURS}|\d{{1,2}})\s?(?:o['\u2019]?clock(?:\s{PART_OF_DAY})?|{PART_OF_DAY})(?!\w)",
    rf"\b{HOURS}\s?{HALF_DAY}(?!\w)",
    r"\b(?:noon|midday|midnight|mediodía|mediodia|medianoche)\b",
    r"\b[01]\d[0-5]\d\s?(?:h|hrs|hours)\b",
)
# A bare hour counts only behind a word that makes it one: "at 10", "a las 10", "from 9 to".
BARE_HOUR = re.compile(
    rf"\b(?:at|by|until|till|before|after|around|from|a la|a las|"
    r"sobre las|hasta las|desde las|antes de las|to|and|until|is now)\s+"
    rf"(?P<fact>\d{{1,2}}|{HOURS})\b(?!\s?(?:[:.]\d|%|min|hour|hora|day|días?|"
    rf"week|semana|st\b|th\b|[{SIGNS}]|of\b|\d|step|people|text))",
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

STREET = re.compile(
    r"(?P<fact>\b\d{1,6}\s+(?:[NSEW]\.?\s+)?(?:[A-Z][\w'.]*\s+){1,3}"
    r"(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Ln|Lane|Dr|Drive|Ct|Court|Way|Pl|Place)\b|"
    r"\b(?:[Cc]alle|[Aa]venida|[Pp]laza|[Pp]aseo)\s+(?:de\s+|del\s+|la\s+)*[A-ZÁÉÍÓÚÑ][\wáéíóúñ]+"
    r"(?:,?\s+\d+)?)"
)

PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("link", LINK),
    ("address", STREET),
    ("price", PRICE),
    ("date", DATE),
    ("phone", PHONE),
    ("time", TIME),
    ("duration", DURATION),
    ("date", RELATIVE),
    ("weekday", WEEKDAY),
    ("price", BARE_PRICE),
    ("time", BARE_HOUR),
    ("name", GREETING),
    ("name", WITH_NAME),
    ("number", NUMBER),
)
