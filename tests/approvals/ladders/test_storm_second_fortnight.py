"""Another seed of the storm, in a file of its own so that both workers of a run share the work."""

from __future__ import annotations

from typing import Any

import pytest

from tests.approvals.ladders.weather import SMALL, weathered

pytestmark = pytest.mark.django_db


def test_another_storm_leaves_nothing_undone_and_nothing_done_twice(capsys: Any) -> None:
    with capsys.disabled():
        weathered(2, clients=SMALL)


@pytest.mark.soak
def test_another_storm_over_a_long_list_leaves_nothing_undone() -> None:
    assert weathered(2).stops > 0
