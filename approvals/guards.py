"""What must hold before a message may go: asked at approval and again right before sending.

Each guard is one function that answers with a Refusal or None. They read the working copy, which
the effect worker has refreshed from the platform a moment before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from approvals import policy
from approvals.actions import SendMessage
from approvals.answers.fixed import is_opt_out_answer
from approvals.answers.questions import asked_digit, digit_is_free
from approvals.brakes import is_nice_to_send, stepping_back
from approvals.fact_days import is_relative
from approvals.facts import facts_check
from approvals.models import ApprovalItem, Effect, Evidence
from approvals.writing_rules import ANSWER, ANSWER_SLACK, ANSWER_WITHIN, CALLED, WRITTEN
from integrations import consent, quiet
from integrations.checks import Changed, Reading, run_check
from integrations.models import Connection, Message

State = ApprovalItem.State


@dataclass(frozen=True)
class Refusal:
    """Why a draft may not go: the state it returns to, a plain sentence, and what changed."""

    after: str
    why: str
    changes: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Asking:
    """One message about to go: the draft, the message (None for other actions), the moment."""

    item: ApprovalItem
    message: SendMessage | None
    at: datetime
    evidence: Sequence[Evidence] = field(default=())


Guard = Callable[[Asking], Refusal | None]
# What a person writes, and what the law asks for, is wanted whatever was said about drafts.
NO_AGENTS = (WRITTEN, CALLED, "consent")


def moment_not_passed(asking: Asking) -> Refusal | None:
    due = asking.item.due_at
    if due is not None and due <= asking.at:
        return Refusal(State.MISSED, "Its moment has passed.")
    return None


def client_is_there(asking: Asking) -> Refusal | None:
    """Merged or deleted at the platform since the draft was written."""
    client = asking.item.client
    if asking.message is None:
        return None
    if client is None or client.deleted_at is not None or client.merged_into_id is not None:
        return _changed("Client", "on record", "merged or removed at the platform")
    return None


def drafts_wanted(asking: Asking) -> Refusal | None:
    client = asking.item.client
    if client is not None and client.no_drafts and asking.item.agent not in NO_AGENTS:
        return Refusal(State.WITHDRAWN, f"The desk wants no drafts for {client.short_name}.")
    return None


def nothing_went_wrong(asking: Asking) -> Refusal | None:
    """After a mishap what is nice to send steps back: aftercare, reviews, retail, marketing."""
    item = asking.item
    if not is_nice_to_send(item) or not stepping_back([item.client_id or 0]):
        return None
    return Refusal(State.WITHDRAWN, "Something went wrong at their appointment lately.")


def consent_holds(asking: Asking) -> Refusal | None:
    """Consent by channel and purpose, opt-outs included; one fixed text may follow an opt-out."""
    client, message = asking.item.client, asking.message
    if client is None or message is None or is_opt_out_answer(asking.item, message, asking.at):
        return None
    rows = consent.rows_of(client, message.channel)
    if consent.decide(rows, message.channel, "transactional").denied:
        return Refusal(State.WITHDRAWN, f"{client.short_name} asked for no more messages here.")
    allowed = consent.decide(rows, message.channel, message.purpose)
    return None if allowed.ok else _changed("Consent", "given", allowed.why)


def address_is_theirs(asking: Asking) -> Refusal | None:
    """The recipient was frozen at approval: if the client's record says another, ask again."""
    client, message = asking.item.client, asking.message
    if client is None or message is None:
        return None
    now = client.phone if message.channel == "sms" else client.email
    if now.casefold() != message.address.casefold():
        return _changed("Address", message.address, now or "none")
    return None


def within_daily_cap(asking: Asking) -> Refusal | None:
    """At most two messages per client and day over all agents; care and marketing yield first."""
    item, message = asking.item, asking.message
    if message is None or item.client_id is None or not policy.counts_toward_cap(item.purpose):
        return None
    others = messages_of_day(item, asking.at)
    sent = sum(1 for outcome, _ in others if outcome)
    yields = item.purpose in policy.YIELDING_PURPOSES
    ahead = sum(
        1 for outcome, purpose in others if not outcome and purpose not in policy.YIELDING_PURPOSES
    )
    if sent + (ahead if yields else 0) < policy.MESSAGES_PER_DAY:
        return None
    return _changed("Messages today", "fewer than two", "two already; more would be too many")


def within_state_cap(asking: Asking) -> Refusal | None:
    """Some states cap how often somebody may be sent offers about the same subject.

    One agent writes about one subject. Unknown outcomes count: they may have arrived.
    """
    item, message, client = asking.item, asking.message, asking.item.client
    if message is None or client is None or item.purpose != "marketing":
        return None
    for region, _ in quiet.regions_of(item.location, client):
        most, span = policy.STATE_CAPS.get(region, (0, timedelta()))
        left = [Effect.Outcome.SENT, Effect.Outcome.UNKNOWN, Effect.Outcome.BY_HAND]
        before = Effect.objects.filter(
            item__client_id=client.pk,
            item__agent=item.agent,
            item__purpose="marketing",
            type=SendMessage.name,
            outcome__in=left,
            settled_at__gt=asking.at - span,
        )
        if most and before.exclude(item_id=item.pk).count() >= most:
            return _changed("Offers in 24 hours", f"fewer than {most}", f"{most} already, the most")
    return None


def messages_of_day(item: ApprovalItem, at: datetime) -> list[tuple[str, str]]:
    """(outcome or '' while waiting, purpose) of the client's other messages of that local day."""
    zone = item.location.zone
    start = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + timedelta(days=1)
    counted = ["", Effect.Outcome.SENT, Effect.Outcome.UNKNOWN, Effect.Outcome.BY_HAND]
    # Two halves, each along its own index: an offer's draft speaks of no single client.
    about: tuple[dict[str, Any], ...] = (
        {"item__client_id": item.client_id},
        {"step__offer__client_id": item.client_id, "step__role": "offer"},
    )
    theirs, offered = (
        Effect.objects.filter(**which, type=SendMessage.name, outcome__in=counted)
        .exclude(item__purpose="answer")
        .exclude(item_id=item.pk)
        .values_list("outcome", "item__purpose", "settled_at", "not_before", "call_started_at")
        for which in about
    )
    rows = theirs.union(offered, all=True)
    return [
        (outcome or ("going out" if began else ""), purpose)
        for outcome, purpose, settled, due, began in rows
        if start <= (settled or began or due) < end
    ]


def no_keyword_asked(asking: Asking) -> Refusal | None:
    word = policy.asks_for_keyword(asking.message.body) if asking.message else ""
    if word:
        why = f"The text asks for {word}, which phone carriers act on. Ask for a digit instead."
        return Refusal(State.STALE, why)
    return None


def one_question_each(asking: Asking) -> Refusal | None:
    """A digit that means something else already in that thread could not be told apart."""
    message = asking.message
    if message is None or digit_is_free(asking.item, message, asking.at):
        return None
    digit = asked_digit(message.body)
    why = f"Another question to them asks for {digit} already. Ask for another digit, or wait."
    return Refusal(State.STALE, why)


def day_words_still_true(asking: Asking) -> Refusal | None:
    """ "Tomorrow" was right when it was approved; a text that leaves after midnight says another
    day."""
    revision, message = asking.item.revision, asking.message
    if message is None or revision is None:
        return None
    said = [one for one in revision.facts if one["verified"] and is_relative(one["text"])]
    if not said:
        return None
    today = asking.at.astimezone(asking.item.location.zone).date()
    for span in facts_check(message.body, asking.item.known_facts, today=today):
        if not span.verified and any(one["text"] == span.text for one in said):
            return _changed("Day", f"“{span.text}”", "not right any more on the day it is sent")
    return None


def connection_works(asking: Asking) -> Refusal | None:
    if asking.item.connection.status == Connection.Status.OFF:
        return Refusal(State.FAILED, "The connection to the platform is switched off.")
    return None


def evidence_holds(asking: Asking) -> Refusal | None:
    """Every fact the draft rests on, read again. An unknown check counts as changed."""
    changes = []
    for fact in asking.evidence:
        if not fact.check_kind:
            continue
        reading = Reading(str(asking.item.connection_id), fact.read_at, asking.at)
        answer = run_check(fact.check_kind, fact.check_params, reading)
        if isinstance(answer, Changed):
            changes.append(
                {
                    "label": fact.label,
                    "before": fact.value,
                    "now": answer.now or answer.what,
                    "what": answer.what,
                    "check": fact.check_kind,
                }
            )
    if not changes:
        return None
    handled = any(change["check"] == "no_staff_reply" for change in changes)
    after = State.WITHDRAWN if handled else State.STALE
    return Refusal(after, " ".join(change["what"] for change in changes)[:400], tuple(changes))


AT_APPROVAL: tuple[Guard, ...] = (
    connection_works,
    moment_not_passed,
    client_is_there,
    drafts_wanted,
    nothing_went_wrong,
    consent_holds,
    address_is_theirs,
    no_keyword_asked,
    day_words_still_true,
    within_daily_cap,
    within_state_cap,
)
AT_SENDING: tuple[Guard, ...] = (*AT_APPROVAL, one_question_each, evidence_holds)


def first_refusal(guards: Sequence[Guard], asking: Asking) -> Refusal | None:
    for guard in guards:
        refusal = guard(asking)
        if refusal is not None:
            return refusal
    return None


def live_exchange(item: ApprovalItem, at: datetime) -> bool:
    """Whether the client wrote within two minutes: then waiting costs more than it saves."""
    if item.client_id is None:
        return False
    since = at - policy.LIVE_EXCHANGE
    written = Message.objects.filter(client_id=item.client_id, incoming=True, sent_at__gte=since)
    return written.exists()


def may_go_at_night(
    item: ApprovalItem,
    message: SendMessage,
    at: datetime,
    slack: bool,
    live: bool | None = None,
) -> bool:
    """Whether quiet hours are no matter: the client wrote just now and is being answered.

    ``slack``: on its way; what was approved in time does not wait until morning for a retry.
    ``live``: what ``live_exchange`` says, where it was asked already.
    """
    if message.purpose == "marketing" or item.client_id is None:
        return False
    if live_exchange(item, at) if live is None else live:
        return True
    if item.purpose != ANSWER:
        return False
    since = at - ANSWER_WITHIN - (ANSWER_SLACK if slack else timedelta())
    wrote = Message.objects.filter(
        client_id=item.client_id, incoming=True, channel=message.channel, sent_at__gte=since
    )
    return wrote.exists()


def _changed(label: str, before: str, now: str) -> Refusal:
    change = {"label": label, "before": before, "now": now, "what": f"{label}: {now}"}
    return Refusal(State.STALE, f"{label}: {now}"[:400], (change,))
