"""Try it: the kept contexts of the last drafts once more, with a changed prompt or setting.

Nothing comes of it but text on a page: no item, no effect, no message. A row is worked by the
drafts queue like a draft, in few lanes of its own, so that trying never delays a desk. What a model
costs here counts against the location's budget like any other call.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from pydantic import ValidationError

from agents.base import Agent, Drafted, Setup
from agents.budgets import Asker
from agents.config import settings_of
from agents.context import Context
from agents.facts import known_facts
from agents.lanes import Lanes
from agents.learning.policy import Wording
from agents.learning.rules import rules_in_force
from agents.models import AgentRun, ModelCall, TryRow, TryRun
from agents.place import Place, place_of
from agents.prompting import prompt_problems
from agents.registry import agents
from agents.scope import in_scope
from agents.writer import writer_for
from approvals.facts import facts_check
from approvals.models import Revision
from core import clock
from core.audit import Actor, audit_record
from core.doorbell import ring_on_commit
from core.work import Queue, WorkRow
from integrations.models import Location, Service

DRAIN = "agents.tries_drain"
# How many are tried, and among how many of the newest drafts those in scope are looked for.
MOST, LOOK_THROUGH = 20, 200
KEPT = timedelta(days=3)
FORGOTTEN = "What it was written from is not kept any more."
tries_queue = Queue(TryRow, task=DRAIN, lease=timedelta(seconds=180), most_attempts=2)
lanes = Lanes(2)


@dataclass(frozen=True)
class Change:
    """What is tried: the prompt's text and the settings as typed, saved or not.

    ``services`` are names and narrow, with ``new_clients_only``, which drafts are looked at.
    """

    prompt_text: str
    settings: dict[str, Any]
    model: str = ""
    services: tuple[str, ...] = ()
    new_clients_only: bool = False
    said: tuple[str, ...] = ()
    # None: the house rules in force.
    house_rules: tuple[Wording, ...] | None = None


@dataclass(frozen=True)
class Progress:
    """How far a try is, and what it took in all."""

    total: int
    done: int
    tokens: int
    cost: Decimal
    changed: int
    odd: int

    @property
    def is_over(self) -> bool:
        return self.done >= self.total


@transaction.atomic
def try_start(
    *,
    actor: Actor,
    location: Location,
    agent: str,
    change: Change,
    back: str = "",
    typed: dict[str, Any] | None = None,
) -> TryRun:
    """Line up the last drafts of this agent here. ValueError says what is wrong with the prompt.

    ``back`` is the page it was pressed on, ``typed`` its form, so that coming back loses nothing.
    """
    wrong = prompt_problems(agent, change.prompt_text) if change.prompt_text else []
    if wrong:
        raise ValueError(" ".join(wrong))
    made = TryRun.objects.create(
        location=location,
        agent=agent,
        prompt_text=change.prompt_text,
        settings=change.settings,
        model=change.model,
        changes=list(change.said),
        house_rules=_told(change.house_rules),
        back=back[:200],
        typed=typed or {},
        started_by=actor.name[:160],
    )
    TryRow.objects.bulk_create(_row(made, run) for run in matching_runs(location, agent, change))
    audit_record(
        action="agent.tried",
        actor=actor,
        connection=location.connection_id,
        location=location.pk,
        subject=f"agent:{agent}",
        facts={"agent": agent, "drafts": made.rows.count()},
    )
    ring_on_commit(DRAIN)
    return made


def _told(rules: tuple[Wording, ...] | None) -> list[dict[str, str]] | None:
    if rules is None:
        return None
    return [{"avoid": one.avoid, "use": one.use, "language": one.language} for one in rules]


def matching_runs(location: Location, agent: str, change: Change) -> list[AgentRun]:
    """The newest runs here that ended in a draft, keep their context and are in scope."""
    reads = agents.get(agent)
    made = reads(Setup(settings=reads.Settings(), writer=writer_for(prompt="", model="",
                                                                    use_model=False)))  # fmt: skip
    found = []
    for run in _drafted(location, agent)[:LOOK_THROUGH]:
        try:
            context = made.reread(run.context)
        except ValidationError:  # an older release kept it in another form
            continue
        if in_scope(context, change.services, change.new_clients_only):
            found.append(run)
        if len(found) == MOST:
            break
    return found


def _drafted(location: Location, agent: str) -> QuerySet[AgentRun]:
    """With the first text of each draft, as the writer left it and before anybody edited it."""
    first = Revision.objects.filter(item=OuterRef("item_id"), erased_at=None).exclude(
        writer=Revision.Writer.PERSON
    )
    rows = AgentRun.objects.filter(
        location=location, agent=agent, outcome=AgentRun.Outcome.DRAFTED, instruction=""
    ).exclude(context={})
    return rows.annotate(
        old_body=Subquery(first.order_by("number").values("body")[:1]),
        old_subject=Subquery(first.order_by("number").values("subject")[:1]),
    ).order_by("-pk")


def _row(made: TryRun, run: Any) -> TryRow:
    return TryRow(
        try_run=made,
        run=run,
        old_body=run.old_body or "",
        old_subject=run.old_subject or "",
        old_writer=run.writer,
    )


def tries_start() -> int:
    """Work what is due in lanes of its own; how many were opened."""
    due = TryRow.objects.filter(state=WorkRow.State.WAITING, not_before__lte=clock.now())
    return lanes.fill(due[: lanes.most].count(), _next)


def tries_drain() -> int:
    """All that is due, in this thread."""
    return tries_queue.drain(row_handle, batch=1, most=200)


def _next() -> int:
    return tries_queue.drain(row_handle, batch=1, most=1)


def row_handle(row: TryRow) -> None:
    """One kept context through the change; the result is the row, and only that."""
    run = AgentRun.objects.select_related("location").get(pk=row.run_id)
    if not run.context:
        tries_queue.finish(row, why_nothing=FORGOTTEN, old_body="", old_subject="")
        return
    change = TryRun.objects.get(pk=row.try_run_id)
    asker = Asker(
        str(run.connection_id), run.location_id, run.agent, run.pk, purpose=ModelCall.Purpose.TRY
    )
    agent = _agent(change, asker)
    try:
        context = agent.retuned(agent.reread(run.context))
    except ValidationError:
        tries_queue.finish(row, why_nothing=FORGOTTEN)
        return
    drafted = agent.draft(context)
    tries_queue.finish(row, **_result(context, drafted, place_of(context, asker)))


def _agent(change: TryRun, asker: Asker) -> Agent:
    kind = agents.get(change.agent)
    settings = settings_of(kind, change.settings)
    rules = (
        rules_in_force(change.location_id, change.agent)
        if change.house_rules is None
        else tuple(Wording(**one) for one in change.house_rules)
    )
    writer = writer_for(
        prompt=change.prompt_text, model=change.model, use_model=settings.use_model, asker=asker,
        rules=rules,
    )  # fmt: skip
    return kind(Setup(settings=settings, writer=writer))


def _result(context: Context, drafted: Drafted, place: Place) -> dict[str, Any]:
    text, use = drafted.text, drafted.use
    today = context.as_of.astimezone(context.salon.zone).date()
    spans = facts_check(text.body, known_facts(context), catalogue=place.catalogue, today=today)
    return {
        "subject": text.subject[:300],
        "body": text.body,
        "writer": drafted.writer,
        "note": drafted.note[:300],
        "facts": [asdict(span) for span in spans],
        "refused": [asdict(one) for one in drafted.refused],
        "input_tokens": use.input_tokens,
        "cached_tokens": use.cached_tokens,
        "output_tokens": use.output_tokens,
        "cost": use.cost,
        "model_ms": use.milliseconds,
    }


def try_progress(made: TryRun) -> Progress:
    rows = list(made.rows.all())
    over = [row for row in rows if row.state in (WorkRow.State.DONE, WorkRow.State.DEAD)]
    sums = made.rows.aggregate(
        read=Sum("input_tokens"), written=Sum("output_tokens"), cost=Sum("cost")
    )
    return Progress(
        total=len(rows),
        done=len(over),
        tokens=(sums["read"] or 0) + (sums["written"] or 0),
        cost=sums["cost"] or Decimal(0),
        changed=sum(1 for row in over if row.body and row.body != row.old_body),
        odd=sum(1 for row in over if any(not span["verified"] for span in row.facts)),
    )


def tries_expire(now: datetime) -> int:
    """Tries leave after a few days: they hold texts to clients."""
    return TryRun.objects.filter(started_at__lt=now - KEPT).delete()[0]


def service_names(connection_id: Any, ids: list[int]) -> tuple[str, ...]:
    rows = Service.objects.filter(connection_id=connection_id, pk__in=ids)
    return tuple(rows.values_list("name", flat=True))
