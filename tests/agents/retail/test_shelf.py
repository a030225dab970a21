"""The engine alone: what is learned from baskets, and that learning more never breaks the order."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.retail.fitting import Occasion, shelf_fit
from agents.retail.shelf import COLUMNS, FIRST_WEIGHTS, Past, shelf_empty, usual_days

KEYS = tuple(f"p{n}" for n in range(6))
baskets = st.lists(
    st.tuples(
        st.floats(0, 300), st.integers(0, 4) | st.none(), st.lists(st.integers(0, 5), max_size=5)
    ),
    max_size=40,
)


def together(*rows: tuple[float, object, list[int]]) -> list[Occasion]:
    return [Occasion(at, who, tuple(had), tuple(had)) for at, who, had in rows]  # type: ignore[arg-type]


def test_what_is_had_together_comes_first_and_rarely_together_counts_less() -> None:
    often = [(float(day), day, [0, 1]) for day in range(30)]
    once = [(5.0, 100, [0, 2])]
    shelf = shelf_fit(together(*often, *once), KEYS, 31.0)
    assert shelf.ranked([0], Past(), 2) == [1, 2]
    assert shelf.occasions == 31
    near = dict(zip(shelf.neighbours[0].tolist(), shelf.near[0].tolist(), strict=True))
    assert 0 not in near and near[1] > 4 * near[2]


def test_without_any_past_every_item_is_ranked_and_a_clients_own_comes_first() -> None:
    shelf = shelf_empty(KEYS)
    assert shelf.ranked([1], Past(), 10) == [0, 2, 3, 4, 5]
    assert shelf.ranked([1], Past.of([(4, 80.0)]), 1) == [4]
    assert shelf_empty(()).ranked([], Past(), 3) == []


def test_what_follows_is_learned_apart_from_what_is_had_together() -> None:
    cut_then_colour = [Occasion(float(day), day % 3, (0,), (1,)) for day in range(40)] + [
        Occasion(float(day), day % 3, (1,), (1,)) for day in range(5)
    ]
    shelf = shelf_fit(cut_then_colour, KEYS, 41.0)
    assert shelf.columns([0], Past())[1, 2] > 0.5
    assert shelf.columns([1], Past())[1, 2] > 0.3, "the same again may follow"
    assert shelf.columns([1], Past())[0].tolist()[:3] == [0, 0, 0]


def test_own_gaps_are_believed_the_more_the_more_there_are() -> None:
    assert usual_days([10.0], 70) == 70
    assert usual_days([10.0, 40.0], 70) == (30 + 140) / 3
    many = usual_days([float(day) for day in range(0, 600, 30)], 70)
    assert 30 < many < 35
    assert usual_days([5.0, 5.0], 70) == 70


def test_weights_move_to_what_a_salon_sells_and_little_data_moves_nothing() -> None:
    rows = []
    for number in range(400):
        own = number % 40
        rows.append((float(number) / 4, own, [own % 5, 5]))
    few = shelf_fit(together(*rows[:40]), KEYS, 100.0)
    assert few.weights == FIRST_WEIGHTS
    learned = shelf_fit(together(*rows), KEYS, 100.0)
    assert learned.weights[COLUMNS.index("share")] > FIRST_WEIGHTS[COLUMNS.index("share")]
    assert learned.ranked([5], Past.of([(3, 10.0), (3, 20.0)]), 1) == [3]


@settings(max_examples=25)
@given(baskets, st.lists(st.integers(0, 5), max_size=4), st.lists(st.integers(0, 5), max_size=6))
def test_any_baskets_make_a_shelf_that_ranks_everything_else_once(
    rows: list[tuple[float, object, list[int]]], today: list[int], had: list[int]
) -> None:
    shelf = shelf_fit(together(*rows), KEYS, 300.0)
    past = Past.of([(item, float(ago)) for ago, item in enumerate(had)])
    scores = shelf.scores(today, past)
    assert np.isfinite(scores).all() and len(scores) == len(KEYS)
    ranked = shelf.ranked(today, past, 10)
    assert sorted(ranked) == [item for item in range(6) if item not in today]
    assert [scores[one] for one in ranked] == sorted((scores[one] for one in ranked), reverse=True)
    assert (shelf.near >= 0).all() and (shelf.near <= 1 + 1e-6).all()
    assert (shelf.usual > 0).all()
