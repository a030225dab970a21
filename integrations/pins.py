"""PINs: four to six digits, hashed like passwords, counted against before they are compared.

A wrong one is charged to the person before the digits are looked at, so that guesses sent side by
side are counted like guesses sent one by one. Redis slows guessing down for a minute at a time; the
database locks, so that losing Redis opens nothing.
"""

import re
import secrets
from dataclasses import dataclass
from itertools import pairwise

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from core import clock, redis
from core.audit import Actor, audit_record
from integrations.models import Pin, Station, User

LOCK_AFTER = 6
SLOW_AFTER = 3
SLOW_SECONDS = 60
# Columns and corners of a keypad, which fingers find by themselves.
KEYPAD = frozenset({"2580", "0852", "1470", "3690", "1397", "7931", "147258", "159357", "123654"})


class PinError(Exception):
    """A PIN that cannot be set or used; ``plain`` says why and what to do."""

    def __init__(self, plain: str) -> None:
        super().__init__(plain)
        self.plain = plain


@dataclass(frozen=True)
class Tried:
    """What came of a try. ``ok`` may still be ``temporary``: choose your own first."""

    ok: bool
    why: str = ""
    temporary: bool = False


def pin_weakness(pin: str) -> str:
    """Why these digits are no PIN, in words; '' when they are one."""
    if not re.fullmatch(r"[0-9]{4,6}", pin):
        return "A PIN has four to six digits."
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1:
        return "That is an obvious row. Choose digits without a pattern."
    for size in (2, 3):
        if len(pin) % size == 0 and pin == pin[:size] * (len(pin) // size):
            return "That repeats itself. Choose digits without a pattern."
    if len(set(pin)) == 2 and pin[: len(pin) // 2] in {pin[0] * (len(pin) // 2)}:
        return "That repeats itself. Choose digits without a pattern."
    return "That one is on everybody's list. Choose another." if pin in KEYPAD else ""


@transaction.atomic
def pin_set(*, actor: Actor, user: User, pin: str, temporary: bool = False) -> Pin:
    """Give a person a PIN; whoever has taken over by the old one is asked again."""
    weak = pin_weakness(pin)
    if weak:
        raise PinError(weak)
    if not user.is_active:
        raise PinError(f"{user.name} cannot sign in any more.")
    before = Pin.objects.filter(user=user).first()
    if before is not None and before.temporary and check_password(pin, before.digest):
        raise PinError("That is the one you were given. Choose your own.")
    row, _ = Pin.objects.update_or_create(
        user=user,
        defaults={
            "digest": make_password(pin),
            "temporary": temporary,
            "failures": 0,
            "locked_at": None,
            "set_at": clock.now(),
            "set_by": actor.name,
        },
    )
    action = "pin.reset" if temporary else "pin.set"
    facts = {"locked": bool(before and before.locked_at), "first": before is None}
    audit_record(action=action, actor=actor, subject=f"user:{user.pk}", facts=facts)
    transaction.on_commit(lambda: _forgive(user.pk))
    return row


def pin_reset(*, actor: Actor, user: User) -> str:
    """A manager's way to let somebody in again: a PIN for once, shown to the manager this once."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(6))
        if not pin_weakness(pin):
            break
    pin_set(actor=actor, user=user, pin=pin, temporary=True)
    return pin


def pin_remove(*, actor: Actor, user: User) -> None:
    """No PIN: this person can take over no station."""
    if Pin.objects.filter(user=user).delete()[0]:
        audit_record(action="pin.removed", actor=actor, subject=f"user:{user.pk}")


def pin_try(*, user: User, station: Station, pin: str) -> Tried:
    """Whether these digits let this person take over, and if not, what to say."""
    if _slowed(user.pk):
        return Tried(False, "Too many wrong tries. Wait a minute, or ask your manager.")
    # Charged before comparing: of many tries at once each finds the count of the one before.
    charged = Pin.objects.filter(user=user, locked_at=None, failures__lt=LOCK_AFTER).update(
        failures=F("failures") + 1
    )
    row = Pin.objects.filter(user=user).first()
    if row is None:
        return Tried(False, "There is no PIN for you yet. Ask your manager for one.")
    if not charged:
        _lock(row, station)
        return Tried(False, LOCKED)
    if len(pin) <= 6 and check_password(pin, row.digest):
        Pin.objects.filter(pk=row.pk, digest=row.digest).update(failures=0)
        _forgive(user.pk)
        return Tried(True, temporary=row.temporary)
    _count_wrong(user.pk)
    _refused(user, station, row.failures)
    if row.failures >= LOCK_AFTER:
        _lock(row, station)
        return Tried(False, LOCKED)
    return Tried(False, "That is not your PIN.")


LOCKED = "Too many wrong tries. Your manager can let you in again, under People."


def _lock(row: Pin, station: Station) -> None:
    if Pin.objects.filter(pk=row.pk, locked_at=None).update(locked_at=clock.now()):
        _audit("pin.locked", row.user, station, {"failures": row.failures})


def _refused(user: User, station: Station, failures: int) -> None:
    _audit("pin.refused", user, station, {"failures": failures})


def _audit(action: str, user: User, station: Station, facts: dict[str, int]) -> None:
    audit_record(
        action=action,
        actor=Actor("person", station=f"{station.pk}: {station.name}"),
        connection=station.location.connection_id,
        location=station.location_id,
        subject=f"user:{user.pk}",
        facts=facts,
    )


def _key(user_id: int) -> str:
    return f"copilot:pin:{user_id}"


def _slowed(user_id: int) -> bool:
    found = redis.attempt("pins", lambda client: client.get(_key(user_id)) or "0")
    return int(found or 0) >= SLOW_AFTER


def _count_wrong(user_id: int) -> None:
    key = _key(user_id)

    def write(client: redis.redis.Redis) -> None:
        with client.pipeline() as pipe:
            pipe.set(key, 0, ex=SLOW_SECONDS, nx=True)
            pipe.incr(key)
            pipe.execute()

    redis.attempt("pins", write)


def _forgive(user_id: int) -> None:
    redis.attempt("pins", lambda client: client.delete(_key(user_id)))
