"""Runs: gather, draft, propose, for one event at a time.

The transactions are short and the model is asked between them, holding no connection. A run ends
with its item filled or dropped in the transaction that finishes it by its token, so that a worker
that lost its lease writes nothing.
"""

import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from agents.autonomy import in_force, regretted_end
from agents.base import Agent, Drafted, Skip
from agents.config import Effective, config_for, limit_reached
from agents.context import Context
from agents.fixed import version_written
from agents.here import drafting_at
from agents.lanes import Lanes
from agents.models import AgentRun, PromptVersion
from agents.opening import DRAIN, is_single, placeholder_open, run_open
from agents.registry import agents
from agents.scope import could_hold_out, drawn_out, opening_of
from approvals.models import ApprovalItem
from approvals.proposals import Proposal
from approvals.services.items import item_drop, item_fill, item_open
from approvals.services.standing import approve_if_granted
from core import clock
from core.audit import Actor
from core.errors import OutsideError, Permanent
from core.work import Queue
from integrations.events import Event, event_from_json
from integrations.models import Location

logger = logging.getLogger(__name__)
# The lease outlasts the longest budget of a model call that settings allow.
runs_queue = Queue(AgentRun, task=DRAIN, lease=timedelta(seconds=180), most_attempts=4)
Outcome = AgentRun.Outcome
lanes = Lanes(settings.DRAFTS_AT_ONCE)
NOT_WRITTEN = "The draft could not be written. An admin can see why under agent runs."


@dataclass(frozen=True)
class Work:
    """One run with all that belongs to it."""

    run: AgentRun
    event: Event
    location: Location
    config: Effective
    agent: Agent
    prompt: PromptVersion | None
    as_of: datetime


def runs_start() -> int:
    """Have what is due written in lanes of their own and come back at once; how many were opened.

    A worker that wrote them one after the other would let a slow model starve whoever comes next.
    """
    due = AgentRun.objects.filter(state=AgentRun.State.WAITING, not_before__lte=clock.now())
    return lanes.fill(due[: lanes.most].count(), run_next)


def run_next() -> int:
    """Write the oldest due draft; 0 when none is."""
    return runs_queue.drain(run_handle, batch=1, most=1)


def runs_drain() -> int:
    """Handle all that is due in this thread, one after the other."""
    buried_drop()
    return runs_queue.drain(run_handle, batch=1, most=200)


def buried_drop() -> int:
    """Placeholders that nobody writes any more are taken away: their run died with its worker, or
    ended while another one held the draft."""
    at_work = AgentRun.objects.filter(
        item_id=OuterRef("pk"), state__in=[AgentRun.State.WAITING, AgentRun.State.LEASED]
    )
    left = ApprovalItem.objects.filter(
        ~Exists(at_work),
        Exists(AgentRun.objects.filter(item_id=OuterRef("pk"))),
        state=ApprovalItem.State.DRAFTING,
    ).values("pk")[:100]
    newest = AgentRun.objects.filter(item_id__in=[row["pk"] for row in left])
    buried = newest.order_by("item_id", "-pk").distinct("item_id")
    for run in buried:
        _drop(run, NOT_WRITTEN)
    return len(buried)


def run_handle(run: AgentRun) -> None:
    """One run from claimed to finished; never leaves a placeholder behind when it gives up."""
    try:
        _handle(run)
    except OutsideError as error:
        if isinstance(error, Permanent) or run.attempts >= runs_queue.most_attempts:
            _drop(run, NOT_WRITTEN)
        raise
    except Exception:
        if run.attempts >= runs_queue.most_attempts:
            _drop(run, NOT_WRITTEN)
        raise


def _handle(run: AgentRun) -> None:
    if run.agent not in agents:
        raise Permanent("This agent is no longer part of the product.")
    work = work_of(run)
    if not run.instruction and not work.config.enabled:
        _nothing(run, Skip("The agent was switched off."))
        return
    spread = work.agent.spread(work.event, work.as_of)
    if spread or run_is_batch(work):
        _spread(work, spread)
        return
    if _limit_reached(work):
        _nothing(run, Skip(f"Today's limit of {work.config.daily_limit} drafts is reached."))
        return
    with drafting_at(work.location):
        if _ensure_item(work):
            _write(work)


def _write(work: Work) -> None:
    """Read, write, check, and fill the item."""
    run = work.run
    with transaction.atomic():
        context = work.agent.gather(work.event, work.as_of)
    if isinstance(context, Skip):
        _nothing(run, context)
        return
    if _compared(work, context):
        run.compared = True
        if drawn_out(work.config, context):
            run.holdout = True
            work = replace(work, agent=work.config.instance(run_id=run.pk, standard=True))
    drafted = work.agent.draft(context)
    _finish(work, context, drafted, work.agent.propose(context, drafted))


def _compared(work: Work, context: Context) -> bool:
    """Whether this one counts in a comparison with the standard text: where the model would not
    have written anyway there is nothing to compare."""
    if work.run.instruction or context.contact.plain or not work.agent.wants_model(context):
        return False
    return could_hold_out(work.config, context)


def work_of(run: AgentRun) -> Work:
    location = Location.objects.select_related("connection").get(pk=run.location_id)
    config = config_for(run.agent, location)
    prompt = config.prompt()
    return Work(
        run=run,
        event=event_from_json(run.event),
        location=location,
        config=config,
        agent=config.instance(prompt, run.instruction, run.pk),
        prompt=prompt,
        as_of=clock.now(),
    )


def run_is_batch(work: Work) -> bool:
    """An event of a whole location that spread to nobody: nothing was due."""
    return not is_single(work.event)


def _spread(work: Work, events: list[Event]) -> None:
    """A batch becomes one run per contact, each with a placeholder of its own."""
    with transaction.atomic():
        if not runs_queue.still_ours(work.run):
            return
        made = [
            run_open(config=work.config, location=work.location, event=event) for event in events
        ]
        opened = sum(1 for one in made if one is not None)
        why = f"Handed on to {opened} drafts." if opened else "Nothing was due."
        runs_queue.finish(work.run, outcome=Outcome.NOTHING, why_nothing=why, done_at=clock.now())


def _limit_reached(work: Work) -> bool:
    """A person's own request always counts as wanted."""
    return not work.run.instruction and limit_reached(work.config, work.location, work.as_of)


def _ensure_item(work: Work) -> bool:
    """A run that was put off has no placeholder yet. False: there is nothing to draft after all."""
    if work.run.item_id is not None:
        return True
    with transaction.atomic():
        if not runs_queue.still_ours(work.run):
            return False
        opening = opening_of(work.config, work.agent, work.event, work.as_of)
        if isinstance(opening, Skip):
            _nothing(work.run, opening)
            return False
        item = placeholder_open(work.agent, work.config.stage, work.location, opening, work.event)
        work.run.item = item
        work.run.save(update_fields=["item"])
    return True


def _finish(work: Work, context: Context, drafted: Drafted, proposals: list[Proposal]) -> None:
    """Fill the placeholder, open what else was proposed, and finish the run: all or nothing."""
    run, actor = work.run, Actor.agent(work.agent.name)
    with transaction.atomic():
        if not runs_queue.still_ours(run):
            return
        kept = _used(work, context, drafted)
        version = version_written(work.agent, run, context, drafted)
        proposals = [
            one if one.template_version or one.rungs else replace(one, template_version=version)
            for one in proposals
        ]
        if not proposals:
            _nothing(run, Skip("There was nothing to say."), kept)
            return
        filled = item_fill(actor=actor, item_id=run.item_id or 0, proposal=proposals[0])
        for proposal in proposals[1:]:
            _open_and_fill(work, proposal)
        if filled is None:
            why = "A newer draft or a change took its place."
            runs_queue.finish(run, outcome=Outcome.SKIPPED, why_nothing=why, **kept)
            return
        kept["facts_missing"] = _facts_missing(filled)
        _by_itself(filled)
        runs_queue.finish(run, outcome=Outcome.DRAFTED, **kept)


def _facts_missing(item: ApprovalItem) -> int:
    return sum(1 for span in item.revision.facts if not span["verified"]) if item.revision else 0


def _by_itself(item: ApprovalItem) -> None:
    """Where the agent may act by itself, what was approved beforehand needs no press. A regret that
    came a moment ago counts already."""
    if item.stage == ApprovalItem.Stage.AUTO:
        for grant in in_force().filter(agent=item.agent, location_id=item.location_id):
            regretted_end(grant)
        approve_if_granted(actor=Actor.agent(item.agent), item=item)


def _open_and_fill(work: Work, proposal: Proposal) -> None:
    actor = Actor.agent(work.agent.name)
    item = item_open(
        actor=actor,
        connection_id=work.location.connection_id,
        location_id=work.location.pk,
        agent=work.agent.name,
        subject=proposal.subject,
        occasion=proposal.occasion,
        stage=work.config.stage,
        title=proposal.title,
        tag=proposal.tag,
        group=proposal.group,
        right=proposal.right,
        due_at=proposal.due_at,
        client_id=proposal.client_id,
        appointment_id=proposal.appointment_id,
        staff_id=proposal.staff_id,
        event_at=work.event.at,
    )
    filled = item_fill(actor=actor, item_id=item.pk, proposal=proposal)
    if filled is not None:
        _by_itself(filled)


def _used(work: Work, context: Context, drafted: Drafted) -> dict[str, Any]:
    """What the run keeps: the context as gathered, and what the writing took."""
    use, now = drafted.use, clock.now()
    return {
        "context": context.model_dump(mode="json"),
        "prompt": work.prompt,
        "writer": drafted.writer,
        "holdout": work.run.holdout,
        "compared": work.run.compared,
        "fallback": drafted.fallback,
        "house_rules": [rule.pk for rule in work.agent.setup.writer.rules],
        "refused": [asdict(one) for one in drafted.refused],
        "model": use.model[:80],
        "input_tokens": use.input_tokens,
        "cached_tokens": use.cached_tokens,
        "output_tokens": use.output_tokens,
        "cost": use.cost,
        "model_ms": use.milliseconds,
        "latency_ms": max(0, round((now - work.run.created_at).total_seconds() * 1000)),
        "done_at": now,
    }


def _nothing(run: AgentRun, skip: Skip, kept: dict[str, Any] | None = None) -> None:
    """Finish without a draft; the placeholder goes, and says why."""
    outcome = Outcome.MISSED if skip.missed else Outcome.SKIPPED
    with transaction.atomic():
        fields = kept or {"done_at": clock.now()}
        if runs_queue.finish(run, outcome=outcome, why_nothing=skip.why[:200], **fields):
            _drop(run, skip.why, missed=skip.missed)


def _drop(run: AgentRun, reason: str, *, missed: bool = False) -> None:
    if run.item_id is not None:
        actor = Actor.agent(run.agent)
        item_drop(actor=actor, item_id=run.item_id, reason=reason, missed=missed)
