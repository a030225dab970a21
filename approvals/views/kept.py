"""Presses that waited in a browser for the connection: late ones are refused, never replayed."""

from datetime import timedelta

from django.http import HttpRequest

from approvals.errors import NotPossible
from approvals.forms import Waited
from approvals.models import Decision, Effect
from approvals.views.context import item_of
from core import clock

# What was on a card ten minutes ago is no longer what somebody meant to decide.
LONGEST_WAIT = 600.0
# How long a press may have been on its way before the browser began to wait for its answer.
ON_ITS_WAY = 60.0


def kept_check(request: HttpRequest, item_id: int) -> None:
    """Raise NotPossible for a press that came too late, or that another person made.

    The browser says how long it waited, by its own clock at both ends: a tablet whose clock is
    wrong must not make an old press young. One sent at once says nothing.
    """
    if "waited" not in request.POST:
        return
    form = Waited(request.POST)
    if not form.is_valid() or form.cleaned_data["person"] != request.user.pk:
        raise NotPossible("Somebody else pressed this while there was no connection.")
    due = item_of(request, item_id).due_at
    if form.cleaned_data["waited"] > LONGEST_WAIT or (due is not None and due <= clock.now()):
        raise NotPossible("This was pressed without a connection, and its moment has passed since.")


def arrived_before(request: HttpRequest, item_id: int, kind: str) -> Decision | None:
    """The decision that this very press made when its answer was lost on the line, or None.

    Whoever pressed once and was decided once is shown the next draft, not a conflict with
    themselves. ``made`` holds what the approval wrote, as it stands now.
    """
    if "waited" not in request.POST:
        return None
    last = Decision.objects.filter(item_id=item_id).order_by("-id").first()
    if last is None or last.kind != kind or last.actor_id != request.user.pk:
        return None
    since = clock.now() - timedelta(seconds=float(request.POST["waited"]) + ON_ITS_WAY)
    if last.at < since or str(last.revision_id) != request.POST.get("revision"):
        return None
    last.made = list(Effect.objects.filter(decision=last).order_by("position"))
    return last
