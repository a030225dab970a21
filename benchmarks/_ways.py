"""How each kind of fact is said: (language, kind) → ways, each from the record to words."""

from collections.abc import Callable
from typing import Any

from benchmarks import _phrasings as say

Way = Callable[[Any], str]
Ways = dict[tuple[str, str], list[Way]]

KNOWN: Ways = {
    ("en", "time"): [
        lambda r: f"{say.twelve(r.at)}:{r.at:%M} {say.half(r.at)}",
        lambda r: f"{say.twelve(r.at)}:{r.at:%M}{say.half(r.at).upper()}",
        lambda r: f"{say.twelve(r.at)}:{r.at:%M} {say.half(r.at)[0]}.m.",
        lambda r: f"{r.at:%H:%M}",
        lambda r: say.around_en(r.at),
        lambda r: f"{say.twelve(r.at)}:{r.at:%M}",
    ],
    ("es", "time"): [
        lambda r: f"{say.twelve(r.at)}:{r.at:%M} {say.half(r.at)}",
        lambda r: f"{r.at:%H:%M}",
        lambda r: f"{r.at:%H:%M} h",
        lambda r: say.around_es(r.at),
        lambda r: f"{say.twelve(r.at)}:{r.at:%M} {say.parts(r.at, 'es')}",
    ],
    ("en", "date"): [
        lambda r: f"{say.month(r.at, 'en')} {r.at.day}",
        lambda r: f"{say.month(r.at, 'en')[:3]} {r.at.day}",
        lambda r: f"{say.month(r.at, 'en')} {say.ordinal(r.at.day)}",
        lambda r: f"{r.at.day} {say.month(r.at, 'en')}",
        lambda r: f"{r.at.month}/{r.at.day}",
        lambda r: f"the {say.ordinal(r.at.day)} of {say.month(r.at, 'en')}",
    ],
    ("es", "date"): [
        lambda r: f"{r.at.day} de {say.month(r.at, 'es')}",
        lambda r: f"día {r.at.day} de {say.month(r.at, 'es')}",
        lambda r: f"{r.at.day} de {say.month(r.at, 'es')} de {r.at.year}",
    ],
    ("en", "weekday"): [
        lambda r: say.weekday(r.at, "en"),
        lambda r: say.weekday(r.at, "en")[:3],
    ],
    ("es", "weekday"): [lambda r: say.weekday(r.at, "es")],
    ("en", "price"): [
        lambda r: f"${r.price}",
        lambda r: f"${r.price}.00",
        lambda r: f"{r.price} dollars",
        lambda r: f"{say.word(r.price, 'en')} dollars",
    ],
    ("es", "price"): [
        lambda r: f"${r.price}",
        lambda r: f"{r.price} dólares",
        lambda r: f"{say.word(r.price, 'es')} dólares",
    ],
    ("en", "duration"): [
        lambda r: f"{r.minutes} minutes",
        lambda r: f"{r.minutes} min",
        lambda r: f"{say.word(r.minutes, 'en')} minutes",
        lambda r: {60: "an hour", 90: "an hour and a half", 30: "half an hour"}.get(
            r.minutes, f"{r.minutes} minutes"
        ),
    ],
    ("es", "duration"): [
        lambda r: f"{r.minutes} minutos",
        lambda r: {60: "una hora", 90: "hora y media", 30: "media hora"}.get(
            r.minutes, f"{r.minutes} minutos"
        ),
    ],
    ("en", "name"): [lambda r: r.first],
    ("es", "name"): [lambda r: r.first],
    ("en", "staff"): [lambda r: r.staff.split()[0], lambda r: r.staff],
    ("es", "staff"): [lambda r: r.staff.split()[0], lambda r: r.staff],
    ("en", "service"): [lambda r: r.service, lambda r: r.service.lower()],
    ("es", "service"): [lambda r: r.service, lambda r: r.service.lower()],
    ("en", "phone"): [
        lambda r: say.digits(r.phone, "(AAA) BBB-CCCC"),
        lambda r: say.digits(r.phone, "AAA-BBB-CCCC"),
        lambda r: say.digits(r.phone, "AAA.BBB.CCCC"),
        lambda r: say.digits(r.phone, "+1 AAA BBB CCCC"),
    ],
    ("en", "link"): [lambda r: f"https://{r.link}", lambda r: r.link],
}
HELD_OUT: Ways = {
    ("en", "time"): [
        lambda r: f"{r.at:%H}h{r.at:%M}",
        lambda r: f"{say.twelve(r.at)}:{r.at:%M} {say.parts(r.at, 'en')}",
        lambda r: f"{say.twelve(r.at)}.{r.at:%M} {say.half(r.at)}",
        lambda r: f"a {say.around_en(r.at)}" if r.at.minute in (15, 45) else say.around_en(r.at),
        lambda r: f"{r.at:%H%M} hours",
        lambda r: f"{say.around_en(r.at)} {say.parts(r.at, 'en')}",
        lambda r: f"{say.twelve(r.at)}:{r.at:%M}{say.half(r.at)[0]}",
    ],
    ("es", "time"): [
        lambda r: f"{r.at:%H}.{r.at:%M} horas",
        lambda r: f"{say.around_es(r.at)} {say.parts(r.at, 'es')}",
        lambda r: f"{r.at:%H}h{r.at:%M}",
        lambda r: f"{say.twelve(r.at)}:{r.at:%M} {say.half(r.at)[0]}. m.",
    ],
    ("en", "date"): [
        lambda r: f"{say.month(r.at, 'en')} {say.nth(r.at.day)}",
        lambda r: f"{r.at:%m}-{r.at:%d}-{r.at.year}",
        lambda r: f"{say.ordinal(r.at.day)} {say.month(r.at, 'en')[:3]}",
        lambda r: f"the {say.nth(r.at.day)}",
        lambda r: f"{r.at:%m}/{r.at:%d}/{r.at:%y}",
    ],
    ("es", "date"): [
        lambda r: f"{r.at.day}/{r.at:%m}",
        lambda r: f"{r.at.day} {say.month(r.at, 'es')[:3]}.",
        lambda r: f"{say.word(r.at.day, 'es')} de {say.month(r.at, 'es')}",
    ],
    ("en", "weekday"): [lambda r: f"{say.weekday(r.at, 'en')[:3]}."],
    ("es", "weekday"): [lambda r: say.weekday(r.at, "es").capitalize()],
    ("en", "price"): [
        lambda r: f"US${r.price}",
        lambda r: f"$ {r.price}",
        lambda r: f"{r.price} US dollars",
        lambda r: f"USD {r.price}",
        lambda r: say.word(r.price, "en").replace("hundred ", "hundred and ") + " bucks",
    ],
    ("es", "price"): [lambda r: f"{r.price},00 USD", lambda r: f"{r.price} $"],
    ("en", "duration"): [
        lambda r: f"{say.word(r.minutes, 'en')}-minute appointment",
        lambda r: {60: "a full hour", 90: "one and a half hours", 30: "a half hour"}.get(
            r.minutes, f"{r.minutes}mins"
        ),
        lambda r: f"{r.minutes // 60} hr {r.minutes % 60}" if r.minutes > 60 else f"{r.minutes}min",
    ],
    ("es", "duration"): [
        lambda r: f"{say.word(r.minutes, 'es')} minutos",
        lambda r: {60: "1 hora", 90: "1 hora y 30 minutos", 30: "30 min"}.get(
            r.minutes, f"{r.minutes} min"
        ),
    ],
    ("en", "name"): [lambda r: r.first, lambda r: f"{r.first} {r.last}"],
    ("es", "name"): [lambda r: r.first, lambda r: f"{r.first} {r.last}"],
    ("en", "staff"): [lambda r: r.staff.split()[0]],
    ("es", "staff"): [lambda r: r.staff.split()[0]],
    ("en", "service"): [lambda r: r.service.title(), lambda r: r.service.upper()],
    ("es", "service"): [lambda r: r.service.capitalize()],
    ("en", "phone"): [
        lambda r: r.phone[2:],
        lambda r: say.digits(r.phone, "1-AAA-BBB-CCCC"),
        lambda r: say.digits(r.phone, "AAA BBBCCCC"),
        lambda r: say.digits(r.phone, "AAA / BBB-CCCC"),
        lambda r: say.spelled(r.phone, "en"),
    ],
    ("en", "link"): [
        lambda r: f"www.{r.link}",
        lambda r: f"HTTPS://{r.link.upper().replace('/BOOK', '/book')}",
        lambda r: f"http://{r.link}/",
    ],
}
for _language in ("es",):
    for _kind in ("phone", "link"):
        KNOWN[_language, _kind] = KNOWN["en", _kind]
        HELD_OUT[_language, _kind] = HELD_OUT["en", _kind][:3]
