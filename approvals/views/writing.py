"""The presses of a conversation: writing, taking back, wishes, and "needs no answer"."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from approvals.errors import AlreadyDecided, Changed, DecisionError, NoRight
from approvals.forms.writing import Writing, Written
from approvals.hygiene import hidden_characters
from approvals.models import ApprovalItem, Effect
from approvals.permissions import requires
from approvals.policy import asks_for_keyword, press_hold_reasons
from approvals.selectors.card import seconds_left
from approvals.selectors.thread import client_seen
from approvals.services import wishes
from approvals.services.decisions import item_undo
from approvals.services.writing import (
    Words,
    message_discard,
    message_write,
    written_drop,
    written_save,
)
from approvals.templatetags.desk import first_name, when
from approvals.views.context import rights_in
from approvals.views.conversations import filters_of, query_of, thread_page
from approvals.writing_rules import RIGHT
from core import clock
from core.htmx import hx_redirect, hx_trigger, is_fragment
from integrations.models import Client, User

View = Callable[..., HttpResponse]
State = ApprovalItem.State


def press(view: View) -> View:
    """A POST in a client's thread. What goes wrong is answered with the thread as it is."""

    @wraps(view)
    def pressing(request: HttpRequest, client_id: int, **more: Any) -> HttpResponse:
        client = client_seen(rights_in(request), client_id)
        try:
            return view(request, client, **more)
        except NoRight as error:
            raise Http404(error.plain) from error
        except DecisionError as error:
            status = 409 if isinstance(error, (AlreadyDecided, Changed)) else 422
            fresh = client_seen(rights_in(request), client_id)
            return thread_page(request, fresh, status=status, wrong=error.plain)

    guarded: View = require_POST(requires(RIGHT)(pressing))  # type: ignore[assignment]
    guarded.required_rights = (RIGHT,)  # type: ignore[attr-defined]
    return guarded


def _user(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _thread_url(request: HttpRequest, client: Client) -> str:
    return reverse("conversation", args=[client.pk]) + query_of(filters_of(request.GET))


def _again(request: HttpRequest, client: Client, words: str = "", **said: Any) -> HttpResponse:
    """The thread as it is now, with a sentence about what was done."""
    if not is_fragment(request):
        if words:
            messages.success(request, words)
        return redirect(_thread_url(request, client))
    response = thread_page(request, client_seen(rights_in(request), client.pk))
    hx_trigger(response, "desk:written", {})
    return hx_trigger(response, "toast", {"text": words, "kind": "good", **said})


@press
def write(request: HttpRequest, client: Client) -> HttpResponse:
    """Send a person's own words. What they typed is never lost, whatever is wrong."""
    form = Written(request.POST)
    if not form.is_valid():
        return _refused(request, client, str(next(iter(form.errors.values()))[0]), 422)
    said = form.cleaned_data
    words = Words(
        key=said["key"],
        channel=said["channel"],
        body=said["body"],
        subject=said["subject"],
        advertising=said["advertising"],
        reason=said["reason"],
        seen=(said["seen_message"] or 0, said["seen_item"] or 0),
        item_id=said["item"],
        base=said["base"] or 0,
    )
    try:
        item = message_write(user=_user(request), client_id=client.pk, words=words)
    except NoRight as error:
        raise Http404(error.plain) from error
    except DecisionError as error:
        status = 409 if isinstance(error, (AlreadyDecided, Changed)) else 422
        return _refused(request, client, error.plain, status)
    return _sent(request, client, item)


def _sent(request: HttpRequest, client: Client, item: ApprovalItem) -> HttpResponse:
    name = first_name(client)
    if item.state == State.MANUAL:
        return _again(request, client, "Here is what to do by hand.")
    effect = Effect.objects.filter(item=item).order_by("-id").first()
    if item.state != State.APPROVED or effect is None:
        return _again(request, client, f"Already sent to {name}.")
    later = (effect.not_before - effect.held_until).total_seconds() > 60
    hours = when(effect.not_before, item.location.zone)
    seconds = round(seconds_left(effect.held_until))
    words = f"Goes to {name} {hours}." if later else f"Sending to {name}."
    undo = reverse("item-undo", args=[item.pk]) if seconds else ""
    return _again(request, client, words, undo=undo, item=item.pk, seconds=seconds)


def _refused(request: HttpRequest, client: Client, plain: str, status: int) -> HttpResponse:
    """The composer with what was typed, and in words why it was not taken."""
    typed = {name: str(request.POST.get(name, "")) for name in ("body", "subject", "channel")}
    held = reasons_to_hold(client, typed["body"])
    if held and not request.POST.get("reason"):
        plain = f"Please say why it is right, and send again: {held[0]}."
    fresh = client_seen(rights_in(request), client.pk)
    return thread_page(request, fresh, status=status, wrong=plain, refused=typed, held=held)


@press
def typed(request: HttpRequest, client: Client) -> HttpResponse:
    """Keep what was typed so far; the answer is what deserves a second look in it."""
    form = Writing(request.POST)
    if not form.is_valid():
        return HttpResponse("That is more than we can keep.", status=422)
    said = form.cleaned_data
    written_save(
        user=_user(request),
        client=client,
        key=said["key"],
        channel=said["channel"],
        subject=said["subject"][:300],
        body=said["body"],
        caret=said["caret"] or 0,
    )
    warnings = warnings_of(client, said["body"])
    return render(request, "queue/_warnings.html", {"warnings": warnings})


def reasons_to_hold(client: Client, body: str) -> list[str]:
    """Why these words need a reason of the person who sends them."""
    return press_hold_reasons(body, birthday=client.birthday, today=clock.now().date())


def warnings_of(client: Client, body: str) -> list[str]:
    warnings = [f"A hidden character: {one.name}." for one in hidden_characters(body)]
    keyword = asks_for_keyword(body)
    if keyword:
        warnings.append(f"Asks for {keyword}: phone carriers act on that word. Ask for a digit.")
    held = reasons_to_hold(client, body)
    if held:
        warnings.append(f"You will be asked for a reason: {held[0]}.")
    return warnings


@press
def leave(request: HttpRequest, client: Client) -> HttpResponse:
    """Throw away what was being written, also words that were taken back."""
    written_drop(user=_user(request), client=client)
    item = str(request.POST.get("item", ""))
    if item.isdigit() and len(item) < 19:
        message_discard(user=_user(request), item_id=int(item))
    return _again(request, client, "Thrown away. Nothing was sent.")


@press
def take_back(request: HttpRequest, client: Client, item_id: int) -> HttpResponse:
    """Before it left: the words are in the composer again."""
    item = ApprovalItem.objects.filter(pk=item_id, client=client).first()
    if item is None:
        raise NoRight
    item_undo(user=_user(request), item_id=item_id)
    return _again(request, client, "Taken back. Nothing was sent.")


WISHES: dict[str, tuple[Callable[..., Any], dict[str, Any], str]] = {
    "plain": (wishes.client_plain_texts, {"plain": True}, "{name} gets plain texts from now on."),
    "personal": (wishes.client_plain_texts, {"plain": False}, "{name} gets personal texts again."),
    "no-drafts": (wishes.client_no_drafts, {"none": True}, "No drafts for {name} from now on."),
    "drafts": (wishes.client_no_drafts, {"none": False}, "Drafts for {name} are made again."),
    "no-sms": (wishes.client_opt_out, {"channel": "sms"}, "{name} gets no more texts."),
    "sms": (wishes.client_opt_in, {"channel": "sms"}, "{name} gets texts about visits again."),
    "no-email": (wishes.client_opt_out, {"channel": "email"}, "{name} gets no more e-mails."),
    "email": (wishes.client_opt_in, {"channel": "email"}, "{name} gets e-mails again."),
    "settled": (wishes.thread_settle, {"settled": True}, "Noted: this needs no answer."),
    "open": (wishes.thread_settle, {"settled": False}, "It waits for an answer again."),
}


@press
def wish(request: HttpRequest, client: Client) -> HttpResponse:
    """What the client asked for, said to the desk."""
    found = WISHES.get(str(request.POST.get("wish", "")))
    if found is None:
        return _refused(request, client, "Please choose one of the wishes.", 422)
    service, given, words = found
    service(user=_user(request), client_id=client.pk, **given)
    return _again(request, client, words.format(name=first_name(client)))


@require_POST
@requires(RIGHT)
def stranger_settle(request: HttpRequest, message_id: int) -> HttpResponse:
    """A number nobody is known by needs no answer."""
    settled = request.POST.get("wish") != "open"
    wishes.stranger_settle(user=_user(request), message_id=message_id, settled=settled)
    if is_fragment(request):
        return hx_redirect(reverse("conversations") + query_of(filters_of(request.GET)))
    return redirect(reverse("conversations") + query_of(filters_of(request.GET)))
