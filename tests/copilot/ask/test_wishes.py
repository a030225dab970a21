"""Wishes for a time as receptionists type them, in English and Spanish."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.ask.wishes import Names, Offered, Wish, asks_for_time, beside_time, wish_read

# A Friday.
TODAY = date(2026, 6, 12)
NAMES = Names(
    staff={1: "Sarah Lind", 2: "Kim Sato", 3: "José Ortega", 4: "May Stone", 5: "Kim Vale"},
    services={
        10: Offered("Hot stone massage", 90),
        11: Offered("Deep tissue massage", 60),
        12: Offered("Deep tissue massage 90", 90),
        13: Offered("Rose facial", 60),
        14: Offered("Balayage", 150),
    },
)


def read(text: str) -> Wish:
    return wish_read(text, TODAY, NAMES)


def spans(wish: Wish) -> tuple[str, str]:
    return wish.days.first.isoformat()[5:], wish.days.last.isoformat()[5:]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90 minutes with Sarah", 90),
        ("when is Sarah free for a 90?", 90),
        ("90 with Sarah tomorrow at 3", 90),
        ("an hour on Friday", 60),
        ("an hour and a half next week", 90),
        ("1.5 hours tomorrow", 90),
        ("half an hour after 4", 30),
        ("2h monday", 120),
        ("two hours monday", 120),
        ("75 min today", 75),
        ("una hora y media el jueves", 90),
        ("media hora hoy", 30),
        ("¿60 minutos con José mañana?", 60),
        ("hora y media con Sarah", 90),
        ("Sarah tomorrow at 3", None),
        ("free in the next 2 hours", None),
        ("at 10:30 or 11", None),
    ],
)
def test_how_long_it_shall_take(text: str, minutes: int | None) -> None:
    assert read(text).minutes == minutes


@pytest.mark.parametrize(
    ("text", "after", "before", "at", "within"),
    [
        ("Thursday after four", 960, None, None, None),
        ("after 4:30 pm", 990, None, None, None),
        ("after four thirty", 990, None, None, None),
        ("past half past four", 990, None, None, None),
        ("not before 9", 540, None, None, None),
        ("before noon", None, 720, None, None),
        ("until 5", None, 1020, None, None),
        ("done by 3", None, 900, None, None),
        ("after 2 and before 5", 840, 1020, None, None),
        ("between 2 and 4", 840, 960, None, None),
        ("from 10 to 12", 600, 720, None, None),
        ("2-4pm", 840, 960, None, None),
        ("10-12", 600, 720, None, None),
        ("11 to 2 pm", 660, 840, None, None),
        ("at 3", None, None, 900, None),
        ("around 10:30", None, None, 630, None),
        ("tomorrow 8am", None, None, 480, None),
        ("15:00", None, None, 900, None),
        ("in the morning", None, 720, None, None),
        ("tomorrow afternoon", 720, 1020, None, None),
        ("tonight", 1020, None, None, None),
        ("evening", 1020, None, None, None),
        ("at lunchtime", 720, 840, None, None),
        ("today after lunch", 780, None, None, None),
        ("before lunch", None, 720, None, None),
        ("después de comer", 780, None, None, None),
        ("in the next hour", None, None, None, 60),
        ("next two hours", None, None, None, 120),
        ("right now", None, None, None, 60),
        ("a partir de las cuatro", 960, None, None, None),
        ("despues de las 4 y media", 990, None, None, None),
        ("antes de las 11", None, 660, None, None),
        ("entre las 2 y las 4", 840, 960, None, None),
        ("de 10 a 12", 600, 720, None, None),
        ("a las 3 de la tarde", None, None, 900, None),
        ("a las 9 de la mañana", None, None, 540, None),
        ("mañana por la mañana", None, 720, None, None),
        ("por la tarde", 720, 1200, None, None),
        ("en la próxima hora", None, None, None, 60),
        ("ahora mismo", None, None, None, 60),
        ("after 99", None, None, None, None),
        ("with Sarah", None, None, None, None),
    ],
)
def test_at_what_hours(
    text: str, after: int | None, before: int | None, at: int | None, within: int | None
) -> None:
    hours = read(text).hours
    assert (hours.after, hours.before, hours.at, hours.within) == (after, before, at, within)


@pytest.mark.parametrize(
    ("text", "first", "last", "weekdays"),
    [
        ("today", "06-12", "06-12", set()),
        ("hoy", "06-12", "06-12", set()),
        ("tomorrow", "06-13", "06-13", set()),
        ("mañana", "06-13", "06-13", set()),
        ("mañana por la mañana", "06-13", "06-13", set()),
        ("pasado mañana", "06-14", "06-14", set()),
        ("today or tomorrow", "06-12", "06-13", set()),
        ("thursday", "06-12", "06-18", {3}),
        ("Thurs after 4", "06-12", "06-18", {3}),
        ("el jueves", "06-12", "06-18", {3}),
        ("thursday or friday", "06-12", "06-18", {3, 4}),
        ("next thursday", "06-15", "06-21", {3}),
        ("el jueves que viene", "06-15", "06-21", {3}),
        ("Tuesdays", "06-12", "07-09", {1}),
        ("mon-wed", "06-15", "06-17", {0, 1, 2}),
        ("from monday to wednesday", "06-15", "06-17", {0, 1, 2}),
        ("this weekend", "06-13", "06-14", set()),
        ("next week", "06-15", "06-21", set()),
        ("la próxima semana", "06-15", "06-21", set()),
        ("this week", "06-12", "06-14", set()),
        ("june 18", "06-18", "06-18", set()),
        ("18 de junio", "06-18", "06-18", set()),
        ("6/18", "06-18", "06-18", set()),
        ("2026-06-18", "06-18", "06-18", set()),
        ("the 18th", "06-18", "06-18", set()),
        ("el 18", "06-18", "06-18", set()),
        ("in 3 days", "06-15", "06-15", set()),
        ("in two weeks", "06-25", "07-01", set()),
        ("with Sarah", "06-12", "06-25", set()),
        ("next month", "07-01", "07-28", set()),
        ("between monday and wednesday", "06-15", "06-17", {0, 1, 2}),
        ("monday and wednesday", "06-12", "06-18", {0, 2}),
        ("weekdays after 5", "06-12", "06-25", {0, 1, 2, 3, 4}),
        ("entre semana", "06-12", "06-25", {0, 1, 2, 3, 4}),
        ("on weekends", "06-12", "07-09", {5, 6}),
        ("june 30 or july 1", "06-30", "07-01", set()),
        ("between june 15 and june 19", "06-15", "06-19", set()),
        ("weekdays next week", "06-15", "06-19", set()),
        ("between friday and sunday", "06-12", "06-18", {4, 5, 6}),
        ("de lunes y miércoles", "06-12", "06-18", {0, 2}),
        ("from june 15 to june 19", "06-15", "06-19", set()),
        ("6/18-6/20", "06-18", "06-20", set()),
        ("june 18 at 10", "06-18", "06-18", set()),
        ("a week from tuesday", "06-23", "06-23", set()),
        ("tuesday week", "06-23", "06-23", set()),
        ("a week from today", "06-19", "06-19", set()),
        ("a week from tomorrow", "06-20", "06-20", set()),
        ("2020-01-01", "06-12", "06-12", set()),
        ("february 31", "06-12", "06-25", set()),
    ],
)
def test_on_which_days(text: str, first: str, last: str, weekdays: set[int]) -> None:
    wish = read(text)
    assert (*spans(wish), set(wish.days.weekdays)) == (first, last, weekdays)


@pytest.mark.parametrize(
    ("text", "staff"),
    [
        ("with Sarah or Kim", (1, 2, 5)),
        ("with Kim Sato", (2,)),
        ("con jose", (3,)),
        ("is sarah's thursday free", (1,)),
        ("anyone but Sarah", (2, 3, 4, 5)),
        ("not with kim sato", (1, 3, 4, 5)),
        ("sin Sarah", (2, 3, 4, 5)),
        ("with anyone", ()),
        ("with Zelda", ()),
    ],
)
def test_with_whom(text: str, staff: tuple[int, ...]) -> None:
    assert read(text).staff == staff


def test_which_service_is_meant_and_its_figures_are_no_hour() -> None:
    assert read("hot stone tomorrow").services == (10,)
    assert read("hot stone massage tomorrow").services == (10,)
    assert read("balayage with Sarah").services == (14,)
    assert set(read("a massage tomorrow").services) == {10, 11, 12}
    assert read("deep tissue massage for 90 minutes").services in {(12,), (11,)}
    assert read("90 minutes massage on thursday").services == (10, 12)
    assert read("something on thursday").services == ()


def test_a_whole_sentence_is_read() -> None:
    wish = read("90 minutes with Sarah or Kim, Thursday after four")
    assert (wish.minutes, wish.staff, wish.hours.after) == (90, (1, 2, 5), 960)
    assert date(2026, 6, 18) in wish.days and date(2026, 6, 19) not in wish.days
    assert wish.is_one and not read("do you pierce ears").is_one


def test_two_dates_are_not_the_days_between_them() -> None:
    days = read("june 15 or june 22").days
    assert date(2026, 6, 15) in days and date(2026, 6, 22) in days
    assert not any(date(2026, 6, day) in days for day in range(16, 22))


def test_what_is_asked_beside_a_time() -> None:
    assert beside_time("Is parking free?") == "parking"
    assert beside_time("when can I come in") == beside_time("anything free today?") == ""
    assert read("is there anything free?").is_bare and not read("anything free today").is_bare


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("when is Sarah free for a 90?", True),
        ("any openings tomorrow", True),
        ("¿hay hueco mañana?", True),
        ("can I bring my dog", False),
        ("how much is a facial", False),
    ],
)
def test_whether_a_question_is_about_time(text: str, asks: bool) -> None:
    assert asks_for_time(text) is asks


@given(
    st.text(max_size=80) | st.sampled_from(["after", "next", "de 9999 a", "0h", "24:61", "a 90 "])
)
def test_nothing_typed_makes_it_fail_or_look_back(text: str) -> None:
    wish = read(text)
    assert TODAY <= wish.days.first <= wish.days.last
    assert (wish.days.last - wish.days.first).days < 28
    for minute in (wish.hours.after, wish.hours.before, wish.hours.at):
        assert minute is None or -15 <= minute < 24 * 60 + 60
