"""The presses: each one form, one service, one answer."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from approvals.errors import Changed, NotPossible
from approvals.forms import Edited, Regenerated, Rejected, Seen, Snoozed
from approvals.ladders.selectors import asked_first
from approvals.models import ApprovalItem, Decision, Effect
from approvals.policy import REJECT_REASONS
from approvals.selectors.card import item_alone, seconds_left
from approvals.services import decisions
from approvals.services.typing import typed_drop
from approvals.templatetags.desk import first_name, when
from approvals.views.answers import decision, went
from approvals.views.context import card_context, item_of, rights_in
from approvals.views.kept import arrived_before
from approvals.views.reading import card_page
from core import clock
from core.htmx import is_fragment
from integrations.hours import next_opening
from integrations.models import User

State, Care = ApprovalItem.State, ApprovalItem.Care


def _user(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


@decision
def approve(request: HttpRequest, item_id: int) -> HttpResponse:
    """Send exactly what was on the card. What needs a hold is asked for on a page without one."""
    form = Seen(request.POST)
    if not form.is_valid():
        raise NotPossible("Please load the draft again, and then press.")
    before = arrived_before(request, item_id, Decision.Kind.APPROVE)
    if before is not None:
        return sent(request, item_id, before)
    item, said = item_alone(rights=rights_in(request), item_id=item_id), form.cleaned_data
    if _needs_hold(request, item):
        return ask_again(request, item_of(request, item_id))
    made = decisions.item_approve(
        user=_user(request),
        item_id=item_id,
        revision_id=said["revision"],
        evidence_sha256=said["evidence"],
        seconds=said["seconds"],
        reason=said["reason"],
        known=item,
    )
    return sent(request, item_id, made)


def _needs_hold(request: HttpRequest, item: ApprovalItem) -> bool:
    """A hold cannot be proved to the server; a reason and a second page stand in for it."""
    held = request.POST.get("held") == "1" or request.POST.get("sure") == "1"
    waits = item.state in {State.PENDING, State.FAILED}
    return waits and item.care == Care.PRESS_HOLD and not (held and request.POST.get("reason"))


def ask_again(request: HttpRequest, item: ApprovalItem, wrong: str = "") -> HttpResponse:
    """One more look, for whoever cannot hold a key: the text, a reason, and the button again."""
    context = card_context(request, item, confirming=True, wrong=wrong)
    template = "queue/_confirm.html" if is_fragment(request) else "queue/confirm.html"
    return render(request, template, context)


def sent(request: HttpRequest, item_id: int, made: Decision) -> HttpResponse:
    """The answer to an approval: when it leaves, and for how long it can be taken back."""
    item = made.item
    if item is None:
        raise NotPossible("The draft was removed.")
    if item.state == State.MANUAL:
        return went(request, item_id, _("Here is what to do by hand."), stays=True)
    if not made.made:
        return went(request, item_id, _("Approved."))
    effect, name = _leaves_first(made, item)
    later = (effect.not_before - effect.held_until).total_seconds() > 60
    hours = when(effect.not_before, item.location.zone)
    said = {"name": name, "when": hours}
    words = _("Goes to %(name)s %(when)s.") if later else _("Sending to %(name)s.")
    undo = round(seconds_left(effect.held_until))
    return went(request, item_id, words % said, undo_seconds=undo, after=item)


def _leaves_first(made: Decision, item: ApprovalItem) -> tuple[Effect, str]:
    """What leaves first, and whom it goes to: a ladder's rungs are parked until their turn."""
    asked = asked_first(item) if made.scope == Decision.Scope.LADDER else None
    if asked is None or asked.effect is None:
        return made.made[0], first_name(item.client)
    return asked.effect, first_name(asked.client)


@decision
def edit(request: HttpRequest, item_id: int) -> HttpResponse:
    """Save a person's words, or save and send them. What they typed is never lost."""
    form = Edited(request.POST)
    if not form.is_valid():
        return _editor_again(request, item_id, 422, str(next(iter(form.errors.values()))[0]))
    said = form.cleaned_data
    words = {
        "base_revision": said["base_revision"],
        "body": said["body"],
        "subject": said["subject"],
    }
    try:
        if request.POST.get("act") != "send":
            decisions.item_edit(user=_user(request), item_id=item_id, **words)
            return went(request, item_id, _("Your words are saved."), stays=True)
        made = decisions.item_edit_and_approve(
            user=_user(request),
            item_id=item_id,
            seconds=said["seconds"],
            reason=said["reason"],
            **words,
        )
    except NotPossible as error:
        return _editor_again(request, item_id, 422, error.plain)
    except Changed as error:
        return _editor_again(request, item_id, 409, error.plain)
    return sent(request, item_id, made)


def _editor_again(request: HttpRequest, item_id: int, status: int, plain: str) -> HttpResponse:
    """The editor with what was typed, and in words why it was not taken."""
    typed = {"body": request.POST.get("body", ""), "subject": request.POST.get("subject", "")}
    return card_page(request, item_id, status=status, wrong=plain, editing=True, refused=typed)


@decision
def drop_typed(request: HttpRequest, item_id: int) -> HttpResponse:
    """Leave the editor: what was typed is thrown away, the draft stays as it was."""
    typed_drop(user=_user(request), item=item_of(request, item_id))
    return went(request, item_id, _("The draft is as it was."), stays=True, kind="info")


@decision
def reject(request: HttpRequest, item_id: int) -> HttpResponse:
    form = Rejected(request.POST)
    if not form.is_valid():
        raise NotPossible("Please choose one of the reasons.")
    said = form.cleaned_data
    if said["revision"] is None:
        raise NotPossible("There is no text yet that could be rejected.")
    if arrived_before(request, item_id, Decision.Kind.REJECT) is None:
        decisions.item_reject(
            user=_user(request),
            item_id=item_id,
            revision_id=said["revision"],
            reason=said["reason"],
            words=said["words"],
        )
    why = _(REJECT_REASONS[said["reason"]]).lower()
    return went(request, item_id, _("Not sent: %(reason)s.") % {"reason": why})


@decision
def handled(request: HttpRequest, item_id: int) -> HttpResponse:
    decisions.item_handled(user=_user(request), item_id=item_id)
    return went(request, item_id, _("Marked as already handled. Nothing is sent."))


@decision
def snooze(request: HttpRequest, item_id: int) -> HttpResponse:
    """Later: at a time to choose, in the location's own time."""
    item = item_of(request, item_id)
    if request.POST.get("later") == "now":
        decisions.item_wake(user=_user(request), item_id=item_id)
        return went(request, item_id, _("It is back in the queue."), stays=True)
    opening = next_opening(item.location, _tomorrow(item))
    form = Snoozed(request.POST, zone=item.location.zone, opening=opening)
    if not form.is_valid():
        raise NotPossible("Please choose when it should come back.")
    moment = form.cleaned_data["moment"]
    decisions.item_snooze(user=_user(request), item_id=item_id, until=moment)
    words = _("It comes back %(when)s.") % {"when": when(moment, item.location.zone)}
    return went(request, item_id, words)


def _tomorrow(item: ApprovalItem) -> datetime:
    """The first moment of tomorrow where the location is: "at opening" means the next day's."""
    local = clock.now().astimezone(item.location.zone) + timedelta(days=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


@decision
def undo(request: HttpRequest, item_id: int) -> HttpResponse:
    decisions.item_undo(user=_user(request), item_id=item_id)
    return went(request, item_id, _("Taken back. Nothing was sent."), stays=True)


@decision
def regenerate(request: HttpRequest, item_id: int) -> HttpResponse:
    form = Regenerated(request.POST)
    if not form.is_valid():
        raise NotPossible("Please say it in fewer than 500 characters.")
    words = form.cleaned_data["instruction"]
    decisions.item_regenerate(user=_user(request), item_id=item_id, instruction=words)
    return went(request, item_id, _("It is being written anew."), stays=True)


@decision
def by_hand(request: HttpRequest, item_id: int) -> HttpResponse:
    decisions.item_done_by_hand(user=_user(request), item_id=item_id)
    return went(request, item_id, _("Noted as done by hand, by you."))


@decision
def settle(request: HttpRequest, item_id: int) -> HttpResponse:
    """Somebody looked at the platform and knows how it ended."""
    answer = request.POST.get("sent", "")
    if answer not in {"yes", "no"}:
        raise NotPossible("Please say whether it was sent or not.")
    decisions.item_settle(user=_user(request), item_id=item_id, sent=answer == "yes")
    if answer == "yes":
        return went(request, item_id, _("Noted: it was sent."))
    return went(request, item_id, _("Noted: it was not sent. You can send it now."), stays=True)
