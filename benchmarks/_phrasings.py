"""Ways to say a fact and to build a sentence around it, in English and Spanish.

Written apart from the checker: nothing here is imported from it or by it, and the values are worded
by code of its own. ``HELD_OUT`` was written before the checker was last changed and is never
looked at while its patterns are made; it is measured as a set of its own.
"""

from datetime import datetime

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
}
DAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
}
TEENS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
    "quince dieciséis diecisiete dieciocho diecinueve",
}
TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
}
NTHS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)


def word(number: int, language: str) -> str:
    """A number up to 999 in words."""
    if number >= 100:
        rest = word(number % 100, language) if number % 100 else ""
        if language == "es":
            hundreds = ("ciento", "doscientos", "trescientos", "cuatrocientos")[number // 100 - 1]
            return f"{hundreds} {rest}" if rest else hundreds.replace("ciento", "cien", 1)
        return f"{word(number // 100, 'en')} hundred{' ' + rest if rest else ''}"
    if number < 20:
        return TEENS[language].split()[number]
    tens, one = TENS[language].split()[number // 10 - 2], number % 10
    if not one:
        return tens
    if language == "es":
        spoken = word(one, "es")
        return f"veinti{spoken}" if number < 30 else f"{tens} y {spoken}"
    return f"{tens}-{word(one, 'en')}"


def nth(day: int) -> str:
    if day <= 20:
        return NTHS.split()[day - 1]
    return (
        "thirtieth"
        if day == 30
        else f"{'twenty' if day < 30 else 'thirty'}-{NTHS.split()[day % 10 - 1]}"
    )


def ordinal(day: int) -> str:
    return f"{day}{'th' if 10 < day < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def month(at: datetime, language: str) -> str:
    return MONTHS[language].split()[at.month - 1]


def weekday(at: datetime, language: str) -> str:
    return DAYS[language].split()[at.weekday()]


def twelve(at: datetime) -> int:
    return at.hour % 12 or 12


def half(at: datetime) -> str:
    return "am" if at.hour < 12 else "pm"


def parts(at: datetime, language: str) -> str:
    if language == "en":
        return "in the morning" if at.hour < 12 else "in the afternoon"
    return "de la mañana" if at.hour < 12 else "de la tarde"


def around_en(at: datetime) -> str:
    hour, after = word(twelve(at), "en"), word(twelve(at) % 12 + 1, "en")
    said = {0: f"{hour} o'clock", 15: f"quarter past {hour}", 30: f"half past {hour}"}
    return {**said, 45: f"quarter to {after}"}[at.minute]


def around_es(at: datetime) -> str:
    hour = word(twelve(at), "es").replace("uno", "una")
    after = word(twelve(at) % 12 + 1, "es").replace("uno", "una")
    said = {0: f"{hour} en punto", 15: f"{hour} y cuarto", 30: f"{hour} y media"}
    return {**said, 45: f"{after} menos cuarto"}[at.minute]


def digits(phone: str, shape: str) -> str:
    a, b, c = phone[2:5], phone[5:8], phone[8:]
    return shape.replace("AAA", a).replace("BBB", b).replace("CCCC", c)


def spelled(phone: str, language: str) -> str:
    return " ".join(word(int(one), language) for one in phone[2:])
