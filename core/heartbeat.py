"""Heartbeats: rows that say when something last happened, for /readyz and for "once an hour"."""

import os
import time
from datetime import timedelta

from django.db import transaction

from core import clock
from core.models import Heartbeat

BEAT_EVERY = 5.0
_last_beats: dict[tuple[int, str], float] = {}


def beat(name: str) -> None:
    """Say that ``name`` (``worker:drafts``) lives; costs a query at most once in five seconds."""
    key = (os.getpid(), name)
    now = time.monotonic()
    if now - _last_beats.get(key, -BEAT_EVERY) < BEAT_EVERY:
        return
    _last_beats[key] = now
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=clock.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def due(name: str, every: timedelta) -> bool:
    """True for exactly one caller per ``every``, over all processes (the first call is due)."""
    now = clock.now()
    with transaction.atomic():
        fresh = Heartbeat(name=name, at=now - every)
        Heartbeat.objects.bulk_create([fresh], ignore_conflicts=True)
        return Heartbeat.objects.filter(name=name, at__lte=now - every).update(at=now) == 1
