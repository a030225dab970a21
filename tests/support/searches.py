"""Searches by Hypothesis: a seeded sample in `make test`, their full length in `make soak`.

A search that draws anew at every run finds its bug on somebody else's branch.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

SOAK = bool(os.environ.get("SOAK"))
SAMPLE = 15
settings.register_profile("sample", max_examples=SAMPLE, derandomize=True, deadline=None)
settings.register_profile("soak", max_examples=200, deadline=None)


def profile_load() -> None:
    """For every search of a run that says nothing else."""
    settings.load_profile("soak" if SOAK else "sample")


def searched(full: int, sample: int = SAMPLE) -> Callable[[Any], Any]:
    """Above ``@given``: so many examples in full. Fixtures are made once for all of them."""

    def mark(test: Any) -> Any:
        found = settings(
            max_examples=full if SOAK else sample,
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        )(test)
        return pytest.mark.sampled(found)

    return mark
