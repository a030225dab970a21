"""Notices on their way: push at once, e-mail three minutes later if nobody saw it."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse

from approvals.models import Notice, PushDevice
from approvals.permissions import Rights, rights_of
from approvals.selectors.queue import counts
from approvals.services.noticing import DRAIN, is_live
from core import clock
from core.errors import OutsideError
from core.work import Queue
from integrations.channels.push import Gone, Target, push
from integrations.idle import give_back_connection
from integrations.models import User

notices_queue: Queue[Notice] = Queue(Notice, task=DRAIN, lease=timedelta(seconds=90))
Kind = Notice.Kind
UNSEEN = timedelta(minutes=3)
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def notices_drain() -> int:
    """Send what is due; returns how many rows were taken."""
    return notices_queue.drain(notice_handle, batch=10)


def notice_handle(notice: Notice) -> None:
    """One row: seen, no longer theirs, nothing left to say; else a push, and later an e-mail."""
    user = User.objects.get(pk=notice.user_id)
    words, why = words_of(notice, user)
    if notice.seen_at is not None or is_live(user.pk):
        notices_queue.finish(notice, seen_at=notice.seen_at or clock.now(), why="seen")
    elif why:
        notices_queue.finish(notice, why=why)
    elif notice.pushed_at is None:
        _push(notice, words)
    else:
        _mail(notice, user, words)


def words_of(notice: Notice, user: User) -> tuple[str, str]:
    """(what is said, '') or ('', why nothing is). Numbers as this person would see them now."""
    rights = rights_of(user)
    place = notice.location
    if not user.is_active or place.pk not in rights.by_location:
        return "", "not theirs any more"
    if notice.kind == Kind.MISHAP:
        return f"Something went wrong at {place.name}. Please look.", ""
    if notice.kind == Kind.LATE:
        return f"A client of yours at {place.name} comes late.", ""
    if notice.kind == Kind.BRIEF:
        return f"A brief for a visit of yours at {place.name} is to be read.", ""
    return _counted(rights.at(place.pk), place.name)


def path_of(notice: Notice) -> str:
    """Where it leads: to the brief itself, else to what waits at the location."""
    if notice.kind == Kind.BRIEF:
        return reverse("visit-brief", args=[notice.key.split(":")[1]])
    return f"/?location={notice.location_id}"


def _counted(rights: Rights, name: str) -> tuple[str, str]:
    tally = counts(rights=rights)
    if not tally.total:
        return "", "nothing waits any more"
    many = f"{tally.total} drafts wait" if tally.total > 1 else "One draft waits"
    short = tally.by_group.get("short", 0)
    if not short:
        return f"{many} at {name}.", ""
    word = NUMBERS[short].lower() if short < len(NUMBERS) else str(short)
    verb = "is" if short == 1 else "are"
    return f"{many} at {name}, {word} {verb} short of time.", ""


def _push(notice: Notice, words: str) -> None:
    devices = list(PushDevice.objects.filter(user_id=notice.user_id).order_by("pk"))
    if not devices:
        notices_queue.finish(notice, why="no browser to tell")
        return
    said = {
        "text": words,
        "tag": f"desk-{notice.location_id}",
        "url": path_of(notice),
    }
    give_back_connection()
    for device in devices:
        _push_one(device, said)
    with transaction.atomic():
        now = clock.now()
        notices_queue.retry(notice, UNSEEN, "", attempts=0, pushed_at=now, why="pushed")


def _push_one(device: PushDevice, said: dict[str, str]) -> None:
    """A browser that is gone is forgotten; one that fails is tried at the next notice."""
    try:
        push(Target(device.endpoint, device.public_key, device.secret), said)
    except Gone:
        device.delete()
    except OutsideError:
        PushDevice.objects.filter(pk=device.pk).update(failed_at=clock.now())


def _mail(notice: Notice, user: User, words: str) -> None:
    """Once: the row is settled first, because a second e-mail is worse than none."""
    if not notices_queue.finish(notice, emailed_at=clock.now(), why="e-mailed"):
        return
    give_back_connection()
    address = f"{settings.WEB_ORIGIN}{path_of(notice)}"
    send_mail(words, f"{words}\n\n{address}\n", None, [user.email], fail_silently=True)
