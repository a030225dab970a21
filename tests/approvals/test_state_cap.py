"""Where a state caps offers about one subject, a fourth within 24 hours stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals import guards
from approvals.guards import Asking, first_refusal, within_state_cap
from core import clock
from tests.approvals.desk import Desk, approved, drafted, message_action, sent_after
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db
MIAMI, PORTLAND = "33101", "97201"


@pytest.mark.parametrize(("code", "stays"), [(MIAMI, True), (PORTLAND, False)])
def test_florida_hears_of_one_subject_three_times_in_24_hours(
    desk: Desk, world: World, held: Any, code: str, stays: bool
) -> None:
    desk.client.postal_code = code
    desk.client.save()
    for number, hours in enumerate((0, 1, 22.5)):
        held.move(timedelta(hours=hours))
        item = drafted(desk, subject=f"visit:{number}", purpose="marketing", note=True)
        approved(desk, item)
        sent_after(held)
    assert len(world.bodies()) == 3
    fourth = drafted(desk, subject="visit:4", purpose="marketing")
    asking = Asking(fourth, message_action(desk, purpose="marketing"), clock.now())
    refusal = first_refusal(guards.AT_APPROVAL, asking)
    assert (refusal is not None) == stays
    assert refusal is None or "24 hours" in refusal.why
    later = Asking(fourth, asking.message, clock.now() + timedelta(hours=6))
    assert within_state_cap(later) is None
    as_answer = Asking(drafted(desk, subject="visit:5"), message_action(desk), clock.now())
    assert within_state_cap(as_answer) is None
