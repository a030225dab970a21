"""Presses that waited in a browser for the connection: late ones are refused, never replayed."""

from django.http import HttpRequest

from approvals.errors import NotPossible
from approvals.forms import Waited
from approvals.views.context import item_of
from core import clock

# What was on a card ten minutes ago is no longer what somebody meant to decide.
LONGEST_WAIT = 600.0


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
