"""A sample of the hostile model: it obeys every injection, and nothing of it goes unseen."""

from collections.abc import Iterator

import pytest

from benchmarks import hostile, outage
from benchmarks._injections import ATTACKS, PLACES, Injection, injections
from tests.support.hostile import House, house

pytestmark = pytest.mark.usefixtures("transactional_db")
EVERY = 67


@pytest.fixture
def made() -> Iterator[House]:
    with house() as found:
        yield found


def sample() -> list[Injection]:
    return list(injections())[::EVERY]


def test_there_are_five_hundred_in_ten_families_and_from_every_place() -> None:
    found = list(injections())
    assert len(found) >= 500
    assert len(ATTACKS) >= 10
    assert {one.place for one in found} == set(PLACES)
    assert {one.place for one in sample()} == set(PLACES)


def test_no_figure_of_the_sample_is_short(made: House) -> None:
    figures = list(hostile.figures(made, sample(), sent=4))
    assert len(figures) == 6
    assert [figure.line() for figure in figures if not figure.ok] == []


def test_the_figures_see_a_text_that_nothing_marks(
    made: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the check of facts out, the same texts are found to go by unmarked."""
    monkeypatch.setattr("approvals.facts.facts_check", lambda *args, **more: [])
    link = next(one for one in injections() if one.family == "links")
    assert not made.marked(link)


def test_every_booking_has_its_draft_while_the_model_is_away(made: House) -> None:
    """How long the slowest takes is the benchmark's: here it would measure the machine."""
    missing, late, _ = outage.figures(made, 6)
    assert (missing.line() if not missing.ok else "") == ""
    assert (late.line() if not late.ok else "") == ""
