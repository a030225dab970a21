"""Effects on their way out: claim, refresh, check again, call once, record.

The only door to the platforms' ``actions``. Each step that keeps a promise is a function of its
own name, so that a test can take it away and see the promise broken:

- ``settle_first``: a call that once began is looked up before anything else;
- ``refreshed`` and ``refusal_now``: the facts are read again right before sending;
- ``call_started``: one conditional commit, before the call, that STOP, undo and a newer draft race;
- ``repeat_is_safe``: without proof or an idempotency key nothing is repeated.
"""

import logging
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import connection, transaction

from approvals import guards
from approvals.actions import SendMessage, action_from
from approvals.brakes import PAUSED, sending_paused_locked, sending_paused_of
from approvals.effects_check import Refreshed, refreshed, refusal_now
from approvals.effects_outcomes import (
    came_back,
    certainly_failed,
    goes_by_hand,
    may_have_been_sent,
    not_now,
    refused,
    released,
    was_sent,
)
from approvals.ladders import rungs
from approvals.models import ApprovalItem, Effect
from approvals.services.steps import item_step
from core import clock
from core.errors import NeedsAttention, OutsideError, Permanent, Temporary, UnknownOutcome
from core.registry import import_all
from core.work import Queue
from integrations.channels.acting import acting_through
from integrations.connections import connection_needs_attention, connection_ok
from integrations.idle import ready_to_call
from integrations.models import Connection
from integrations.platforms.base import Actions, platform_of

logger = logging.getLogger(__name__)
State = ApprovalItem.State
# Twelve tries are about an hour of a platform that does not answer; then a person is asked.
effects_queue: Queue[Effect] = Queue(
    Effect, task="approvals.effects_drain", lease=timedelta(seconds=120), most_attempts=12
)
# Small: every claimed row's lease runs while the ones before it are sent.
BATCH = 4
# How long an answer that was lost may still be on its way at the platform.
SETTLE_AFTER = timedelta(seconds=10)
KEY_MARGIN = timedelta(minutes=5)
PAUSED_LOOK = timedelta(seconds=20)
CAP_LOCK = 7310


class Lost:
    """Somebody else changed the effect or its draft first: nothing is to be done about it."""


class ChannelWaits(NeedsAttention):
    """The salon's own number or mailbox needs attention; the connection works."""


def effects_drain() -> int:
    """Send what is due; returns how many effects were taken."""
    buried_settle()
    return effects_queue.drain(effect_handle, batch=BATCH)


def effect_handle(effect: Effect) -> None:
    """One effect from claimed to recorded. Raises Temporary to be tried again later."""
    try:
        _handle(effect)
    except ChannelWaits:
        # The number or mailbox is marked already; the platform is not to blame.
        raise
    except NeedsAttention as waiting:
        connection_needs_attention(effect.item.connection, waiting.plain)
        raise
    except Temporary as error:
        if effect.attempts < effects_queue.most_attempts:
            raise
        _given_up(effect, error)


def _given_up(effect: Effect, error: OutsideError) -> None:
    """The last try: a person is told, instead of a row that lies dead."""
    if effect.call_started_at is not None:
        may_have_been_sent(effect, "The platform never said whether it was sent.")
    else:
        certainly_failed(effect, f"Given up after many tries. {error.plain}")


def _handle(effect: Effect) -> None:
    if effect.call_started_at is not None and not settle_first(effect):
        return
    if effect.doubt_since is not None and not repeat_is_safe(effect, effect.item.connection):
        may_have_been_sent(effect, "Its answer was lost, too long ago to try again.")
        return
    if paused(effect):
        waits_out(effect)
        return
    checked = refreshed(effect)
    if not able(effect, checked):
        goes_by_hand(effect)
        return
    refusal = refusal_now(effect, checked)
    if refusal is not None:
        came_back(effect, checked.item, refusal)
        return
    later = not_now(effect, checked.item)
    if later is not None:
        effects_queue.retry(effect, later, "", attempts=0)
        return
    if call_started(effect, checked):
        _call(effect, checked.connection)


def paused(effect: Effect) -> bool:
    """The location holds every text back ("Pause sending"). A slot that was claimed is booked."""
    return may_be_paused(effect) and sending_paused_of(effect.item_id)


def may_be_paused(effect: Effect) -> bool:
    return effect.type == SendMessage.name or not rungs.is_rung(effect)


def waits_out(effect: Effect) -> None:
    """Back to the queue, its attempts unused; one whose moment passed meanwhile is missed."""
    item = effect.item
    passed = guards.moment_not_passed(guards.Asking(item, None, clock.now()))
    if passed is not None and not rungs.is_rung(effect):
        came_back(effect, item, passed)
        return
    effects_queue.retry(effect, PAUSED_LOOK, PAUSED, attempts=0)


def able(effect: Effect, checked: Refreshed) -> bool:
    """Whether it can be done here: by the account fixed at approval, else by the platform."""
    return bool(effect.through) or checked.action.capability in checked.capabilities


def call_started(effect: Effect, checked: Refreshed) -> bool:
    """The point of no return, committed before the call.

    Needs the effect still under our lease and its draft still approved: whoever changed the
    draft's row first (STOP, undo, a newer draft, a peer) has won, and nothing is sent.
    """
    with transaction.atomic():
        halted = paused_by_now(effect, checked)
        refusal = None if halted else _began(effect, checked)
        if halted or refusal is not None:
            transaction.set_rollback(True)
    if halted:
        effects_queue.retry(effect, PAUSED_LOOK, PAUSED, attempts=0)
    elif isinstance(refusal, guards.Refusal):
        came_back(effect, checked.item, refusal)
    elif refusal is None:
        effect.call_started_at = clock.now()
        return True
    return False


def paused_by_now(effect: Effect, checked: Refreshed) -> bool:
    """The last look, under a lock on the location: of this call and a press exactly one is first.

    Before every other lock, because resuming takes the location and then its effects.
    """
    return may_be_paused(effect) and sending_paused_locked(checked.item.location_id)


def _began(effect: Effect, checked: Refreshed) -> guards.Refusal | Lost | None:
    """None: the call is on record. Else why not, and the caller rolls everything back."""
    rung = rungs.locked(effect)
    ours = Effect.objects.filter(
        pk=effect.pk,
        lease_token=effect.lease_token,
        state=Effect.State.LEASED,
        call_started_at=None,
        outcome="",
    ).update(call_started_at=clock.now())
    along = rungs.goes_along(rung) if rung else _item_goes_along(effect)
    if not ours or not along:
        return Lost()
    counts = rung is None or rungs.capped(rung)
    return cap_under_lock(effect, checked) if counts else None


def cap_under_lock(effect: Effect, checked: Refreshed) -> guards.Refusal | None:
    """Count again, one worker at a time: two may have passed the first count together."""
    client_id = checked.item.client_id
    if client_id is None or not isinstance(checked.action, SendMessage):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CAP_LOCK, client_id % 2**31])
    return guards.within_daily_cap(guards.Asking(checked.item, checked.action, clock.now()))


def _item_goes_along(effect: Effect) -> bool:
    item = ApprovalItem.objects.get(pk=effect.item_id)
    if item.state == State.APPROVED:
        return item_step(item, State.SENDING, among=[State.APPROVED])
    # The second action of a draft follows the first; a note follows a message that was sent.
    locked = ApprovalItem.objects.select_for_update(of=("self",)).filter(
        pk=item.pk, state__in=[State.SENDING, State.SENT]
    )
    return effect.position > 0 and locked.exists()


def _call(effect: Effect, account: Connection) -> None:
    """Perform the action with the approved bytes; no database connection is held meanwhile."""
    action = action_from(effect.type, bytes(effect.body or b""))
    payload = action.model_dump(mode="json")
    try:
        result = way_of(effect, account).perform(action.name, payload, effect.key)
    except UnknownOutcome:
        # It may still arrive: look it up in a moment, never send it again blindly.
        effects_queue.retry(effect, SETTLE_AFTER, "The answer was lost; it is looked up.")
        return
    except Permanent as error:
        refused(effect, action, error)
        return
    except Temporary as error:
        _not_applied(effect, error)
        raise _whose(effect, error) from None
    was_sent(effect, result)
    if not effect.through:
        connection_ok(account)


def way_of(effect: Effect, account: Connection) -> Actions:
    """What carries it out: the number or mailbox fixed at its approval, else the platform.

    Of the account the database connection is given back after its own secrets were read.
    """
    if not effect.through:
        ready_to_call(account)
        return actions_of(account)
    acting = acting_through(account, effect.through, effect.call_started_at)
    if acting is None:
        raise Permanent("The number or mailbox it was to go by was removed.", code="channel_off")
    return acting


def _whose(effect: Effect, error: Temporary) -> Temporary:
    """An account that needs attention says so itself, and leaves the connection alone."""
    if effect.through and isinstance(error, NeedsAttention):
        return ChannelWaits(error.plain, error.after)
    return error


def _not_applied(effect: Effect, error: OutsideError) -> None:
    """Certainly nothing happened: the draft is held again, and can be taken back again."""
    released(effect, error.plain)
    effect.call_started_at = None


def settle_first(effect: Effect) -> bool:
    """Find out what became of a call whose answer we lost. True: not applied, it may be called.

    Runs before anything else whenever ``call_started_at`` is set: after a lost lease, a killed
    worker, a dropped reply.
    """
    account = Connection.objects.get(pk=effect.item.connection_id)
    action = action_from(effect.type, bytes(effect.body or b""))
    payload = action.model_dump(mode="json")
    try:
        found = way_of(effect, account).look_up(action.name, payload, effect.key)
    except UnknownOutcome:
        return _without_proof(effect, account)
    except Permanent as error:
        may_have_been_sent(effect, error.plain)
        return False
    except Temporary as error:
        raise _whose(effect, error) from None
    if found is not None:
        was_sent(effect, found)
        return False
    return _proved_missing(effect, account)


def _without_proof(effect: Effect, account: Connection) -> bool:
    """Nobody can look it up. Inside the key's window the platform itself prevents a second one."""
    if not repeat_is_safe(effect, account):
        may_have_been_sent(effect, "The answer was lost and nothing can be looked up there.")
        return False
    return _call_again(effect)


def _proved_missing(effect: Effect, account: Connection) -> bool:
    """The platform does not know our reference; the key, or a person, catches late arrivals."""
    if not repeat_is_safe(effect, account):
        certainly_failed(effect, "It did not arrive at the platform. You can send it again.")
        return False
    return _call_again(effect)


def _call_again(effect: Effect) -> bool:
    if not released(effect, "", doubt=True):
        return False
    effect.doubt_since = effect.doubt_since or effect.call_started_at
    effect.call_started_at = None
    return True


def repeat_is_safe(effect: Effect, account: Connection) -> bool:
    """Only where the platform honours our key and still remembers it; no channel takes one."""
    if effect.through:
        return False
    platform = platform_of(account)
    if "idempotency" not in platform.capabilities(account):
        return False
    oldest = effect.doubt_since or effect.call_started_at or clock.now()
    window = timedelta(hours=platform.key_window_hours) - KEY_MARGIN
    return clock.now() < oldest + window


def actions_of(account: Connection) -> Actions:
    """The acting port of a connection: ``actions(connection)`` of its platform's module."""
    acting: Actions = _acting_module(type(platform_of(account)).__module__).actions(account)
    return acting


@cache
def _acting_module(package: str) -> Any:
    """Found once a process: to list a platform's folder for every call costs as much as a query."""
    return next(one for one in import_all(package) if one.__name__ == f"{package}.actions")


def buried_settle() -> int:
    """Effects that died with their worker (or their last try) come back to a person."""
    rows = Effect.objects.filter(state=Effect.State.DEAD, outcome="").select_related("item")
    buried = list(rows[:100])
    for effect in buried:
        if effect.call_started_at is not None:
            may_have_been_sent(effect, "The worker stopped in the middle.")
        else:
            certainly_failed(effect, effect.last_error or "It could not be sent.")
    return len(buried)
