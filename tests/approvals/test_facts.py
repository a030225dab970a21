"""Every fact of a text is found, and only what the records say is verified."""

from __future__ import annotations

from datetime import date

import pytest

from approvals.facts import facts_check
from approvals.proposals import KnownFact

KNOWN = (
    KnownFact(
        "date", ("Friday, May 15", "May 15", "2026-05-15", "viernes 15 de mayo"), "appointment"
    ),
    KnownFact("weekday", ("Friday", "viernes", "tomorrow", "mañana"), "appointment"),
    KnownFact("time", ("2:30 pm", "14:30"), "appointment"),
    KnownFact("duration", ("60 minutes", "1 hour"), "service"),
    KnownFact("price", ("$120.00",), "service"),
    KnownFact("name", ("Dana", "Sarah"), "client"),
    KnownFact("service", ("Hot stone massage",), "service"),
    KnownFact("product", ("Argan oil",), "product"),
    KnownFact("link", ("https://maple.example/c/7Kq2",), "form"),
    KnownFact("phone", ("+1 503 555 0142",), "location"),
)
CATALOGUE = ["Hot stone massage", "Keratin treatment", "Argan oil", "Clay mask"]

VERIFIED = [
    ("Hi Dana, see you", "name", "Dana"),
    ("Hello Dana! All set.", "name", "Dana"),
    ("Hola Dana, te esperamos", "name", "Dana"),
    ("Buenos días Dana, te esperamos", "name", "Dana"),
    ("See you on Friday.", "weekday", "Friday"),
    ("See you Fri at 2:30 pm", "weekday", "Fri"),
    ("Te esperamos el viernes", "weekday", "viernes"),
    ("See you tomorrow!", "date", "tomorrow"),
    ("Nos vemos mañana.", "date", "mañana"),
    ("It is on May 15.", "date", "May 15"),
    ("It is on May 15th, 2026.", "date", "May 15th, 2026"),
    ("It is on 15 May.", "date", "15 May"),
    ("El 15 de mayo te esperamos", "date", "15 de mayo"),
    ("On 5/15 we open", "date", "5/15"),
    ("On 2026-05-15 we open", "date", "2026-05-15"),
    ("Come at 2:30 pm.", "time", "2:30 pm"),
    ("Come at 2:30pm.", "time", "2:30pm"),
    ("Come at 2:30 p.m. please", "time", "2:30 p.m."),
    ("Come at 14:30.", "time", "14:30"),
    ("Come at half past two.", "time", "half past two"),
    ("Come at two thirty.", "time", "two thirty"),
    ("A las dos y media", "time", "dos y media"),
    ("A las dos y media de la tarde", "time", "dos y media de la tarde"),
    ("A las 14:30 h", "time", "14:30 h"),
    ("It costs $120.", "price", "$120"),
    ("It costs $120.00 in all", "price", "$120.00"),
    ("It costs 120 dollars.", "price", "120 dollars"),
    ("Cuesta 120 dólares.", "price", "120 dólares"),
    ("It takes 60 minutes.", "duration", "60 minutes"),
    ("It takes 60 min", "duration", "60 min"),
    ("It takes an hour.", "duration", "an hour"),
    ("Dura una hora.", "duration", "una hora"),
    ("A 60-minute treat", "duration", "60-minute"),
    ("Your hot stone massage is booked", "service", "hot stone massage"),
    ("We kept some Argan oil", "product", "Argan oil"),
    ("Fill it in at https://maple.example/c/7Kq2.", "link", "https://maple.example/c/7Kq2"),
    ("Fill it in at maple.example/c/7Kq2", "link", "maple.example/c/7Kq2"),
    ("Call (503) 555-0142 any time", "phone", "(503) 555-0142"),
    ("Call +1 503 555 0142.", "phone", "+1 503 555 0142"),
    ("With Sarah on Friday", "name", "Sarah"),
    ("Con Sarah el viernes", "name", "Sarah"),
]

NOT_FOUND = [
    ("Hi Donna, see you", "name", "Donna"),
    ("Hola Diana, te esperamos", "name", "Diana"),
    ("See you on Thursday.", "weekday", "Thursday"),
    ("El jueves te esperamos", "weekday", "jueves"),
    ("See you today!", "date", "today"),
    ("Nos vemos pasado mañana.", "date", "pasado mañana"),
    ("It is on May 16.", "date", "May 16"),
    ("It is on June 15.", "date", "June 15"),
    ("It is on May 15, 2027.", "date", "May 15, 2027"),
    ("El 16 de mayo te esperamos", "date", "16 de mayo"),
    ("Come at 3:30 pm.", "time", "3:30 pm"),
    ("Come at 2:30 am.", "time", "2:30 am"),
    ("Come at 14:00.", "time", "14:00"),
    ("Come at half past three.", "time", "half past three"),
    ("Come at quarter to two.", "time", "quarter to two"),
    ("Come at 3.", "time", "3"),
    ("A las tres y media", "time", "tres y media"),
    ("Come at noon.", "time", "noon"),
    ("It costs $95.", "price", "$95"),
    ("It costs $1,200 now", "price", "$1,200"),
    ("It costs ₹900.", "price", "₹900"),
    ("It costs ₹120.", "price", "₹120"),
    ("Send 12 ₹ now", "price", "12 ₹"),
    ("You get 20% off", "discount", "20% off"),
    ("It takes 90 minutes.", "duration", "90 minutes"),
    ("Dura hora y media.", "duration", "hora y media"),
    ("Your keratin treatment is booked", "service", "keratin treatment"),
    ("Try the clay mask", "service", "clay mask"),
    ("Pay at https://evil.example/pay", "link", "https://evil.example/pay"),
    ("Fill it in at https://maple.example/c/7Kq2x", "link", "https://maple.example/c/7Kq2x"),
    ("Write to boss@evil.example now", "link", "boss@evil.example"),
    ("Call 503 555 9999 any time", "phone", "503 555 9999"),
    ("With Kim on Friday", "name", "Kim"),
    ("Your code is 48213", "number", "48213"),
]


@pytest.mark.parametrize(("body", "kind", "text"), VERIFIED)
def test_a_fact_of_the_records_is_verified(body: str, kind: str, text: str) -> None:
    spans = facts_check(body, KNOWN, catalogue=CATALOGUE)
    found = next(span for span in spans if span.text == text)
    assert found.verified
    assert found.source
    assert found.kind == kind
    assert body[found.start : found.end] == text


@pytest.mark.parametrize(("body", "kind", "text"), NOT_FOUND)
def test_a_fact_of_no_record_is_marked(body: str, kind: str, text: str) -> None:
    spans = facts_check(body, KNOWN, catalogue=CATALOGUE)
    found = next(span for span in spans if span.text == text)
    assert not found.verified
    assert found.kind == kind


@pytest.mark.parametrize(
    "body",
    [
        "Thank you for coming, it was lovely.",
        "Reply 1 to confirm or 2 to change.",
        "Gracias por venir por la mañana temprano a vernos.",
        "Please arrive a little early. We may take a moment.",
    ],
)
def test_plain_words_are_no_facts(body: str) -> None:
    assert [
        span for span in facts_check(body, KNOWN, catalogue=CATALOGUE) if not span.verified
    ] == []


def test_spans_never_overlap_and_come_in_order() -> None:
    body = (
        "Hi Dana, your hot stone massage with Sarah is on Friday, May 15 at 2:30 pm (60 minutes, "
        "$120). Form: https://maple.example/c/7Kq2 or call (503) 555-0142."
    )
    spans = facts_check(body, KNOWN, catalogue=CATALOGUE)
    assert all(span.verified for span in spans)
    assert {span.kind for span in spans} >= {"name", "service", "date", "time", "price", "link"}
    ends = [0, *(span.end for span in spans)]
    assert all(span.start >= end for span, end in zip(spans, ends, strict=False))


def test_facts_kept_as_json_count_the_same() -> None:
    known = [{"kind": "time", "texts": ["2:30 pm"], "source": "appointment"}]
    assert [span.verified for span in facts_check("At 14:30.", known)] == [True]
    assert [span.verified for span in facts_check("At 14:30.", [])] == [False]


TODAY = date(2026, 5, 14)


@pytest.mark.parametrize("words", ["tomorrow", "mañana", "this week", "this Friday"])
def test_a_day_named_from_today_is_right_when_the_records_say_so(words: str) -> None:
    spans = facts_check(f"See you {words}.", KNOWN[:1], today=TODAY)
    assert [span.verified for span in spans] == [True]


@pytest.mark.parametrize("words", ["today", "pasado mañana", "next week", "esta noche"])
def test_and_marked_when_they_do_not(words: str) -> None:
    spans = facts_check(f"See you {words}.", KNOWN[:1], today=TODAY)
    assert [span.verified for span in spans] == [False]


DISGUISED = [
    ("Go to mаple.example now", "link"),  # a Cyrillic а
    ("Go to evil dot com", "link"),
    ("Go to evil[.]com/pay", "link"),
    ("Go to hxxps://evil.ru/x", "link"),
    ("Go to http://203.0.113.9/x", "link"),
    ("Write to @evilspa", "link"),
    ("Call five oh three five five five zero one nine nine", "phone"),
    ("Call ５０３-５５５-０１９９", "phone"),
    ("It is at 12 Elm Street", "address"),
    ("hi donna, see you", "name"),
    ("Your friend Maria Gonzalez is here", "name"),
    ("Come at 2:30 pm ET", "time"),
    ("It is one hundred and ninety dollars", "price"),
    ("Su cita de depilación láser", "service"),
    ("Пожалуйста reply", "letters"),
    ("We'll call you back", "promise"),
    ("It is on the house", "discount"),
    ("Take ibuprofen", "medical"),
    ("Send your card number", "payment"),
    ("Ignore my instructions", "internal"),
]


@pytest.mark.parametrize(("body", "kind"), DISGUISED)
def test_what_is_disguised_or_claimed_is_marked(body: str, kind: str) -> None:
    wrong = [span for span in facts_check(body, KNOWN) if not span.verified]
    assert kind in {span.kind for span in wrong}
    assert all(body[span.start : span.end] == span.text and span.why for span in wrong)


def test_the_end_of_a_visit_is_no_start() -> None:
    known = (KnownFact("end_time", ("3:30 pm",), "appointment"),)
    assert [span.verified for span in facts_check("Until 3:30 pm.", known)] == [True]
    assert [span.verified for span in facts_check("Come at 3:30 pm.", known)] == [False]


def test_an_hour_of_another_zone_is_right_only_in_that_zone() -> None:
    known = (KnownFact("time", ("14:30 PDT", "17:30 your time"), "appointment"),)
    for body, right in (("2:30 pm PT", True), ("2:30 pm ET", False), ("5:30 pm your time", True)):
        assert [span.verified for span in facts_check(body, known)] == [right], body


def test_a_service_in_other_words_is_the_same_service() -> None:
    known = (KnownFact("service", ("Hot stone massage",), "appointment"),)
    for body, right in (
        ("Su masaje de piedras calientes", True),
        ("your massage", True),
        ("your deep tissue massage", False),
        ("your hot stone facial", False),
    ):
        assert [span.verified for span in facts_check(body, known)] == [right], body
