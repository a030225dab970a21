"""The statistics against published values, and what must hold for any numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.quality.stats import (
    Sample,
    difference,
    difference_or_none,
    mean_difference,
    mean_difference_or_none,
    share,
    share_or_none,
    t_quantile,
)

FEW = settings(max_examples=25, deadline=None)


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(1, 2000))
    return draw(st.integers(0, n)), n


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_that_of_newcombes_table(
    hits: int, n: int, low: float, high: float
) -> None:
    found = share(hits, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(
    ("one", "two", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((0, 10), (0, 20), -0.1611, 0.2775),
    ],
)
def test_newcombes_interval_is_that_of_his_table(
    one: tuple[int, int], two: tuple[int, int], low: float, high: float
) -> None:
    found = difference(*one, *two)
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(("freedom", "known"), [(5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)])
def test_the_t_quantile_is_that_of_every_table(freedom: int, known: float) -> None:
    assert t_quantile(freedom) == pytest.approx(known, abs=2e-3)


def test_welchs_interval_is_the_one_of_a_statistics_package() -> None:
    one = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
    two = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 24.8]
    found = mean_difference(Sample.of(one), Sample.of(two))
    a, b = Sample.of(one), Sample.of(two)
    spread = (a.variance / a.n + b.variance / b.n) ** 0.5
    assert found.value == pytest.approx(a.mean - b.mean)
    assert found.value / spread == pytest.approx(-2.8746, abs=1e-4)
    assert (found.low, found.high) == pytest.approx((-4.89831, -0.82169), abs=1e-5)


@FEW
@given(shares())
def test_a_share_lies_in_its_interval_and_the_interval_in_zero_to_one(one: tuple[int, int]) -> None:
    found = share(*one)
    assert 0 <= found.low <= found.value <= found.high <= 1


@FEW
@given(shares(), shares())
def test_a_difference_turned_round_is_its_own_mirror(
    one: tuple[int, int], two: tuple[int, int]
) -> None:
    there, back = difference(*one, *two), difference(*two, *one)
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


@FEW
@given(shares(), st.integers(2, 20))
def test_more_of_the_same_narrows_the_interval(one: tuple[int, int], times: int) -> None:
    hits, n = one
    few, many = share(hits, n), share(hits * times, n * times)
    assert many.high - many.low < few.high - few.low


@FEW
@given(st.lists(st.floats(0, 500), min_size=2, max_size=30), st.floats(-100, 100))
def test_a_mean_moved_by_so_much_differs_by_so_much(values: list[float], by: float) -> None:
    found = mean_difference(Sample.of([value + by for value in values]), Sample.of(values))
    assert found.value == pytest.approx(by, abs=1e-6)
    assert found.low - 1e-6 <= by <= found.high + 1e-6


def test_too_few_is_no_number_and_nonsense_an_error() -> None:
    assert share_or_none(3, 19) is None and share_or_none(3, 20) is not None
    assert difference_or_none(3, 200, 3, 19) is None
    assert mean_difference_or_none(Sample(9, 1, 1), Sample(50, 1, 1)) is None
    for hits, n in ((1, 0), (5, 4), (-1, 4)):
        with pytest.raises(ValueError):
            share(hits, n)
    with pytest.raises(ValueError):
        mean_difference(Sample(1, 1, 0), Sample(5, 1, 1))
