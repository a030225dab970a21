"""The fitted scorer: what it learns, how far it is believed, and that it survives being kept."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.scoring.columns import Columns, encoder_fit
from agents.scoring.fitting import Scorer, brier, log_loss, scorer_fit


def a_past(n: int, *, seed: int = 7, flip: bool = False) -> tuple[Columns, NDArray[np.bool_]]:
    """Visits whose loss grows with lead time (bending at ten days) and with one service."""
    rng = np.random.default_rng(seed)
    lead = rng.gamma(2.0, 6.0, n)
    service = rng.choice(["cut", "colour", "facial"], n)
    odds = -2.5 + 0.15 * np.maximum(lead - 10, 0) + 1.2 * (service == "colour")
    lost = rng.random(n) < 1 / (1 + np.exp(-odds))
    lead[rng.random(n) < 0.1] = np.nan
    return Columns({"lead": lead}, {"service": service.tolist()}), lost != flip


def test_a_scorer_learns_what_goes_with_a_loss_and_its_numbers_can_be_believed() -> None:
    columns, lost = a_past(8_000)
    scorer = scorer_fit(columns.rows(np.arange(6_000)), lost[:6_000])
    assert scorer is not None
    later, truth = columns.rows(np.arange(6_000, 8_000)), lost[6_000:]
    chances = scorer.chances(later)
    ordinary = np.full(len(truth), lost[:6_000].mean())
    assert brier(chances, truth) < 0.95 * brier(ordinary, truth)
    sure, unsure = chances > np.quantile(chances, 0.8), chances < np.quantile(chances, 0.2)
    assert abs(chances[sure].mean() - truth[sure].mean()) < 0.08
    assert truth[sure].mean() > 2 * truth[unsure].mean()


def test_the_parts_of_a_score_say_which_column_it_is_from() -> None:
    columns, lost = a_past(4_000)
    scorer = scorer_fit(columns, lost)
    assert scorer is not None
    two = Columns({"lead": np.array([40.0, 2.0])}, {"service": ["cut", "colour"]})
    parts = scorer.parts(two)
    assert parts["lead"][0] > 0 > parts["lead"][1]
    assert parts["service"][1] > parts["service"][0]


def test_a_scorer_that_was_kept_as_json_scores_the_same() -> None:
    columns, lost = a_past(4_000)
    scorer = scorer_fit(columns, lost)
    assert scorer is not None
    again = Scorer.from_json(json.loads(json.dumps(scorer.as_json())))
    np.testing.assert_allclose(again.chances(columns), scorer.chances(columns))


def test_a_kind_never_seen_and_an_unknown_number_count_as_ordinary() -> None:
    columns, lost = a_past(4_000)
    scorer = scorer_fit(columns, lost)
    assert scorer is not None
    strange = Columns({"lead": np.array([np.nan])}, {"service": ["a new one"]})
    assert 0 < scorer.chances(strange)[0] < 0.5
    with pytest.raises(KeyError, match="lead"):
        scorer.chances(Columns({}, {"service": ["cut"]}))


def test_too_little_past_gives_no_scorer_rather_than_a_bad_one() -> None:
    columns, lost = a_past(40)
    assert scorer_fit(columns, lost) is None
    columns, _ = a_past(500)
    assert scorer_fit(columns, np.zeros(500, dtype=bool)) is None


def test_a_past_that_turned_round_lately_is_not_believed_against_the_evidence() -> None:
    """Calibration is learned on the latest rows: a scorer that fails there says little."""
    early, lost_early = a_past(4_000)
    late, lost_late = a_past(1_000, seed=8, flip=True)
    columns = Columns(
        {"lead": np.concatenate([early.numbers["lead"], late.numbers["lead"]])},
        {"service": [*early.kinds["service"], *late.kinds["service"]]},
    )
    scorer = scorer_fit(columns, np.concatenate([lost_early, lost_late]))
    assert scorer is not None
    assert scorer.slope == 0.05
    assert np.ptp(scorer.chances(columns)) < 0.2


def test_bends_lie_inside_what_was_seen() -> None:
    columns = Columns({"seldom": np.array([0.0] * 95 + [1.0] * 5)}, {})
    (number,) = encoder_fit(columns, bent=True).numbers
    assert all(0.0 < bend < 1.0 for bend in number.bends)
    assert log_loss(np.array([0.5]), np.array([True])) == pytest.approx(np.log(2))
