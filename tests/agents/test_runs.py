"""From Event to item: durable, once, and never a placeholder left behind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from agents import runs
from agents.config import config_for
from agents.listeners import hear
from agents.models import AgentConfig, AgentRun, PromptVersion
from agents.prompting import prompts_seed, shipped_prompt
from agents.services import agent_disable, agent_enable, agent_upcoming_count
from approvals.models import ApprovalItem
from approvals.news import RegenerateAsked
from core import clock
from core.audit import Actor
from core.models import AuditEvent
from core.work import WorkRow
from integrations.models import Location
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import booked, happen, moved, pending, settle, why_nothing
from tests.agents.model_server import hang

FRIDAY = MORNING + timedelta(days=7)
ADMIN = Actor("person", "1", "Ada Admin")


def risky(salon: Salon, **fields: Any) -> Any:
    client = salon.client(**fields)
    for days in (20, 40):
        salon.past(client, days, "no_show")
    return client


def test_history_never_drafts(salon: Salon) -> None:
    salon.switch_on("confirmation")
    happen(booked(salon.book(salon.client(), FRIDAY), history=True))
    assert AgentRun.objects.count() == 0


def test_switched_on_means_from_now_on(salon: Salon) -> None:
    AgentConfig.objects.create(
        connection=salon.connection, agent="confirmation", enabled=True, enabled_at=MORNING
    )
    row = salon.book(salon.client(), FRIDAY)
    happen(booked(row, at=MORNING - timedelta(hours=1)))
    assert AgentRun.objects.count() == 0
    happen(booked(row))
    assert len(pending()) == 1


def test_an_agent_that_is_off_hears_nothing(salon: Salon) -> None:
    happen(booked(salon.book(salon.client(), FRIDAY)))
    assert AgentRun.objects.count() == 0


def test_a_row_for_the_location_wins_over_the_connections(salon: Salon) -> None:
    salon.switch_on("confirmation", daily_limit=7)
    AgentConfig.objects.create(
        connection=salon.connection, location=salon.location, agent="confirmation", enabled=False
    )
    assert not config_for("confirmation", salon.location).enabled
    other = Location.objects.create(connection=salon.connection, external_id="loc_2", name="Two")
    config = config_for("confirmation", other)
    assert (config.enabled, config.daily_limit) == (True, 7)


def test_settings_that_no_longer_fit_fall_back_to_the_defaults(salon: Salon) -> None:
    salon.switch_on("confirmation", settings={"high_from": "very", "still_minutes": 5})
    assert config_for("confirmation", salon.location).settings.high_from == 0.22


def test_the_same_event_heard_twice_is_one_run(salon: Salon) -> None:
    salon.switch_on("confirmation")
    event = booked(salon.book(salon.client(), FRIDAY))
    happen(event, event)
    happen(event)
    assert AgentRun.objects.count() == 1
    assert len(pending()) == 1


def test_a_run_keeps_its_context_prompt_and_what_it_took(
    live_salon: Salon, use_model: Callable
) -> None:
    live_salon.switch_on("confirmation")
    prompts_seed()
    use_model().says("Hi CLIENT_1, see you on Friday, June 19. Reply 1 to confirm.")
    happen(booked(live_salon.book(risky(live_salon), FRIDAY)))
    run = AgentRun.objects.get()
    assert (run.state, run.outcome, run.writer) == (WorkRow.State.DONE, "drafted", "model")
    assert run.context["people"][0]["fields"]["first_name"] == "Dana"
    assert run.prompt == shipped_prompt("confirmation")
    assert (run.input_tokens, run.cached_tokens, run.output_tokens) == (900, 800, 60)
    assert run.cost > 0
    item = pending()[0]
    assert item.revision.writer == "model"
    assert (item.care, item.note) == ("open_card", "")


def test_a_model_that_hangs_leaves_a_template_draft_with_a_note(
    live_salon: Salon, use_model: Callable, settings: Any
) -> None:
    live_salon.switch_on("confirmation")
    prompts_seed()
    server = use_model()
    settings.MODEL_BUDGET_SECONDS = 1
    server.answers = [hang]
    happen(booked(live_salon.book(risky(live_salon), FRIDAY)))
    (item,) = pending()
    assert item.note == "Written from the template because the model took too long."
    run = AgentRun.objects.get()
    assert run.fallback == "the model took too long"
    assert 900 <= run.model_ms < 20_000


def test_without_a_key_the_item_says_that_the_template_wrote_it(salon: Salon) -> None:
    salon.switch_on("confirmation")
    prompts_seed()
    happen(booked(salon.book(risky(salon), FRIDAY)))
    assert pending()[0].note == "Written from the template because no model is set up."


def test_the_daily_limit_holds_and_says_so(salon: Salon) -> None:
    salon.switch_on("confirmation", daily_limit=1)
    happen(booked(salon.book(salon.client(), FRIDAY)))
    happen(booked(salon.book(salon.client(), FRIDAY)))
    assert len(pending()) == 1
    assert why_nothing() == "Today's limit of 1 drafts is reached."
    assert not ApprovalItem.objects.filter(state="drafting").exists()


def test_a_run_that_fails_for_good_leaves_no_placeholder(
    salon: Salon, monkeypatch: pytest.MonkeyPatch, at: clock.Frozen
) -> None:
    from agents.definitions.confirmation import Confirmation

    def broken(*args: Any) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(Confirmation, "gather", broken)
    salon.switch_on("confirmation")
    happen(booked(salon.book(salon.client(), FRIDAY)))
    for _ in range(6):
        at.move(timedelta(hours=1))
        runs.runs_drain()
    assert AgentRun.objects.get().state == WorkRow.State.DEAD
    item = ApprovalItem.objects.get()
    assert item.state == "withdrawn"
    assert "could not be written" in item.state_reason


def test_a_run_that_died_with_its_worker_every_time_leaves_no_placeholder(
    salon: Salon, at: clock.Frozen
) -> None:
    salon.switch_on("confirmation")
    hear(booked(salon.book(salon.client(), FRIDAY)))
    for _ in range(runs.runs_queue.most_attempts):
        assert runs.runs_queue.claim(1)
        at.move(runs.runs_queue.lease + timedelta(seconds=1))
        runs.runs_queue.reclaim()
    assert AgentRun.objects.get().state == WorkRow.State.DEAD
    runs.runs_drain()
    item = ApprovalItem.objects.get()
    assert (item.state, item.state_reason) == ("withdrawn", runs.NOT_WRITTEN)


def test_a_worker_that_lost_its_lease_writes_nothing(salon: Salon) -> None:
    salon.switch_on("confirmation")
    hear(booked(salon.book(salon.client(), FRIDAY)))
    (run,) = runs.runs_queue.claim(1)
    AgentRun.objects.filter(pk=run.pk).update(lease_token="00000000-0000-4000-8000-000000000000")
    runs.run_handle(run)
    assert ApprovalItem.objects.get().state == "drafting"
    assert AgentRun.objects.get().outcome == ""


def test_a_placeholder_whose_run_is_over_is_taken_away_and_no_other(salon: Salon) -> None:
    salon.switch_on("confirmation")
    hear(booked(salon.book(salon.client(), FRIDAY)))
    item = ApprovalItem.objects.get()
    assert runs.buried_drop() == 0
    AgentRun.objects.update(state="done")
    assert runs.buried_drop() == 1
    item.refresh_from_db()
    assert (item.state, item.state_reason) == ("withdrawn", runs.NOT_WRITTEN)
    assert runs.buried_drop() == 0


def test_an_agent_switched_off_meanwhile_drops_its_placeholder(salon: Salon) -> None:
    config = salon.switch_on("confirmation")
    hear(booked(salon.book(salon.client(), FRIDAY)))
    config.enabled = False
    config.save()
    runs.runs_drain()
    assert ApprovalItem.objects.get().state == "withdrawn"
    assert why_nothing() == "The agent was switched off."


def test_observed_drafts_are_kept_apart(salon: Salon) -> None:
    salon.switch_on("confirmation", stage="observe")
    happen(booked(salon.book(salon.client(), FRIDAY)))
    assert pending()[0].stage == "observe"


def asked_again(item: ApprovalItem, instruction: str) -> RegenerateAsked:
    ApprovalItem.objects.filter(pk=item.pk).update(state="drafting")
    return RegenerateAsked(
        key=f"regenerate:{item.pk}:1",
        connection_id=str(item.connection_id),
        at=clock.now(),
        location_id=item.location_id,
        item_id=item.pk,
        instruction=instruction,
        asked_by="Maria",
    )


def test_regenerating_writes_another_revision_with_the_instruction(salon: Salon) -> None:
    salon.switch_on("confirmation")
    happen(booked(salon.book(salon.client(notes="Prefers tea."), FRIDAY)))
    (item,) = pending()
    happen(asked_again(item, "add that parking is behind the house"))
    (item,) = pending()
    assert item.revision.number == 2
    assert item.revision.body.endswith("Parking is behind the house.")
    assert item.note.startswith("The standard text, changed as you asked.")


def test_a_draft_that_cannot_be_written_again_goes_back_to_the_queue(salon: Salon) -> None:
    salon.switch_on("confirmation")
    happen(booked(salon.book(salon.client(), FRIDAY)))
    (item,) = pending()
    AgentRun.objects.all().delete()
    happen(asked_again(item, "shorter"))
    (item,) = pending()
    assert item.state_reason == "No new draft: what it was written from is not kept any more."


def test_regenerating_speaks_of_what_is_left_when_a_visit_was_cancelled(salon: Salon) -> None:
    salon.switch_on("confirmation")
    dana = salon.client()
    first = salon.book(dana, FRIDAY, visit_id="v")
    second = salon.book(dana, FRIDAY + timedelta(hours=1), visit_id="v")
    happen(booked(second), booked(first))
    (item,) = pending()
    first.status = "cancelled"
    first.save()
    happen(asked_again(item, ""))
    assert [pk for pk, _ in pending()[0].covers] == [second.pk]


def test_a_newer_event_takes_the_place_of_an_older_draft(salon: Salon, at: clock.Frozen) -> None:
    salon.switch_on("confirmation")
    row = salon.book(salon.client(), FRIDAY)
    happen(booked(row))
    row.starts_at = FRIDAY + timedelta(hours=1)
    row.save()
    happen(moved(row))
    at.move(timedelta(minutes=4))
    happen()
    (item,) = pending()
    assert "11 am" in item.revision.body
    assert ApprovalItem.objects.filter(state="superseded", superseded_by=item).count() == 1


def test_switching_on_can_also_draft_for_what_is_booked(salon: Salon) -> None:
    dana = salon.client()
    salon.book(dana, FRIDAY)
    salon.book(dana, FRIDAY + timedelta(days=1))
    salon.book(salon.client("Leo"), FRIDAY)
    salon.book(salon.client("Far"), FRIDAY + timedelta(days=30))
    scope = {"connection": salon.connection, "location": salon.location, "agent": "confirmation"}
    assert agent_upcoming_count(**scope) == 2
    enabled = agent_enable(actor=ADMIN, also_upcoming=True, **scope)
    runs.runs_drain()
    assert enabled.drafts == 2
    assert sorted(len(item.covers) for item in pending()) == [1, 2]
    assert AuditEvent.objects.filter(action="agent.enabled", actor_name="Ada Admin").count() == 1


def test_switching_on_alone_drafts_nothing(salon: Salon) -> None:
    salon.book(salon.client(), FRIDAY)
    agent_enable(actor=ADMIN, connection=salon.connection, location=None, agent="confirmation")
    runs.runs_drain()
    assert pending() == []


def test_switching_off_keeps_what_was_drafted(salon: Salon) -> None:
    scope = {"connection": salon.connection, "location": None, "agent": "confirmation"}
    agent_enable(actor=ADMIN, **scope)
    happen(booked(salon.book(salon.client(), FRIDAY)))
    agent_disable(actor=ADMIN, **scope)
    happen(booked(salon.book(salon.client(), FRIDAY)))
    assert len(pending()) == 1
    assert AuditEvent.objects.filter(action="agent.disabled").exists()


def test_a_sent_draft_stays_when_its_event_comes_again(salon: Salon) -> None:
    salon.switch_on("confirmation")
    row = salon.book(salon.client(), FRIDAY)
    happen(booked(row))
    settle(pending()[0])
    happen(booked(row, at=MORNING - timedelta(minutes=1)))
    assert pending() == []
    assert why_nothing() == "The client already knows about this booking."


@pytest.mark.django_db
def test_prompts_are_seeded_once_and_a_changed_file_is_the_next_number(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agents import prompting

    prompts_seed()
    assert prompts_seed() == []
    before = PromptVersion.objects.filter(agent="confirmation").count()
    text = prompting.prompt_file("confirmation").read_text() + "\nOne more line.\n"
    for agent in ("confirmation", "reminder", "aftercare"):
        (tmp_path / f"{agent}.md").write_text(
            text if agent == "confirmation" else prompting.prompt_file(agent).read_text()
        )
    monkeypatch.setattr(prompting, "FOLDER", tmp_path)
    (new,) = prompts_seed()
    assert (new.agent, new.number) == ("confirmation", before + 1)
    assert shipped_prompt("confirmation") == new


def test_a_prompt_with_unknown_variables_is_explained() -> None:
    from agents.prompting import prompt_problems

    assert prompt_problems("reminder", "Hello\n---\n{{salon}}") == []
    (problem,) = prompt_problems("reminder", "Hello\n---\n{{salary}}")
    assert "Not known here: salary" in problem
    assert prompt_problems("reminder", "Hello {{salon}}") != []
