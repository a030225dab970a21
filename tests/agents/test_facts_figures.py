"""A sample of the figures: planted errors are marked, clean drafts are left alone."""

import pytest

from benchmarks import _drafts as drafts
from benchmarks import facts


@pytest.mark.parametrize("held_out", [False, True])
def test_planted_errors_are_marked_and_clean_drafts_are_not(held_out: bool) -> None:
    planted = list(drafts.samples(80, 7, planted=True, held_out=held_out))
    missed = [sample.text for sample in planted if not facts.marked(sample)]
    assert len(missed) <= 1, missed
    clean = list(drafts.samples(80, 8, planted=False, held_out=held_out))
    false = [sample.text for sample in clean if facts.wrong_spans(sample)]
    assert len(false) <= 2, false


def test_a_planted_error_stands_where_it_is_said_to_stand() -> None:
    for sample in drafts.samples(80, 9, planted=True, held_out=True):
        assert sample.wrong is not None
        start, end, kind = sample.wrong
        assert sample.text[start:end].strip()
        assert kind in drafts.KINDS
