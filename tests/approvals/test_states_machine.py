"""The table of docs/states.md against the real database, in any order of happenings.

Each rule lets one thing of the table befall a draft and compares the state afterwards with
``REACTIONS``; the platform's own history is the witness that nothing is sent twice, without an
approval, or after it was voided.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from approvals import effects
from approvals.effects_outcomes import released
from approvals.models import Effect
from approvals.states import Happening
from integrations.checks import Changed, Holds, checks
from integrations.models import Appointment
from tests.approvals.states_machine import StatesMachine
from tests.approvals.stub_platform import World

SOAK = bool(os.environ.get("SOAK"))


def run_machine(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        StatesMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not SOAK,
            phases=(Phase.explicit, Phase.generate),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def subject_check(world: World) -> Any:
    checks.names()
    checks.register(
        "test_subject",
        lambda params, reading: (
            Holds()
            if StatesMachine.truth.get(params["subject"], True)
            else Changed("The appointment was moved.", "later")
        ),
    )
    yield
    checks.forget("test_subject")


@pytest.mark.django_db(transaction=True)
def test_the_table_holds_in_any_order_of_happenings(subject_check: None) -> None:
    run_machine(examples=4, steps=25)
    assert Appointment.objects.count() == 1


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_the_table_holds_in_any_order_of_happenings_at_length(subject_check: None) -> None:
    # Nothing here leads to a manual step: tests/approvals/test_effects.py does.
    live = {"drafting", "pending", "approved", "sending", "stale", "failed", "unknown"}
    missing = {(state, h) for state in live for h in Happening}
    # Chance leaves out one of the 49 now and then; the search then goes on for a while.
    for examples in (150, 60, 60):
        run_machine(examples=examples, steps=50)
        missing -= StatesMachine.met
        if not missing:
            break
    assert missing == set(), f"{len(StatesMachine.met)} cells of the table were met"


def send_blindly(effect: Effect) -> bool:
    """A guard taken out: without looking first, a lost answer is sent again."""
    released(effect, "")
    effect.call_started_at = None
    return True


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.django_db(transaction=True)
def test_the_machine_sees_a_guard_that_is_gone(
    removed: bool, subject_check: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One order of happenings that needs the guard; the search itself is left to the long run."""
    if removed:
        monkeypatch.setattr(effects, "settle_first", send_blindly)
    machine = StatesMachine()
    try:
        machine.begin(keys=False)
        machine.the_worker_works("visit:1", "lost after")
        assert machine.world.keys()
        for _ in range(3):
            machine.time_passes(130)
            machine.the_worker_works("visit:1", "")
        if removed:
            with pytest.raises(AssertionError):
                machine.nothing_is_sent_twice()
        else:
            machine.nothing_is_sent_twice()
    finally:
        machine.teardown()


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_the_search_finds_a_guard_that_is_gone(
    subject_check: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "settle_first", send_blindly)
    with pytest.raises(AssertionError):
        run_machine(examples=60, steps=40)
