"""Another seed of the storm, in a file of its own so that both workers of a run share the work."""

from __future__ import annotations

import pytest

from tests.approvals.ladders.weather import weathered

pytestmark = [pytest.mark.django_db, pytest.mark.soak]


def test_another_storm_leaves_nothing_undone_and_nothing_done_twice() -> None:
    assert weathered(2).stops > 0
