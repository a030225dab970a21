"""The chart: bars stand on the line, never leave the frame, and add up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.quality.charts import HEIGHT, LEFT, WIDTH, Bar, scale_step, stacked


@pytest.mark.parametrize(
    ("most", "step"), [(1, 1), (4, 1), (5, 2), (8, 2), (9, 5), (21, 10), (999, 500)]
)
def test_the_scale_has_round_steps(most: int, step: int) -> None:
    assert scale_step(most) == step


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 90)), min_size=1, max_size=14))
def test_every_bar_fits_and_is_as_tall_as_its_number(counts: list[tuple[int, int]]) -> None:
    bars = [
        Bar(f"w{at}", [("unedited", "sent", one), ("edited", "edited", two)])
        for at, (one, two) in enumerate(counts)
    ]
    chart = stacked(bars)
    if not any(bar.total for bar in bars):
        assert chart is None
        return
    assert chart is not None
    tallest = max(bar.total for bar in bars)
    for piece in chart.pieces:
        assert piece.x >= LEFT and piece.x + piece.width <= WIDTH
        assert piece.y >= 0 and piece.y + piece.height <= chart.baseline + 0.2
    assert len(chart.pieces) == sum(n > 0 for bar in bars for _, _, n in bar.parts)
    assert int(chart.scale[-1].label) >= tallest
    assert chart.scale[0].at == chart.baseline < HEIGHT
