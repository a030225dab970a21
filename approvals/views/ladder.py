"""The ladder on its card: another order, skipping with a reason, and any rung's own words."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from approvals.errors import Changed, NotPossible
from approvals.forms import Edited
from approvals.ladders.reordering import ladder_reorder
from approvals.models import Offer
from approvals.services.editing import rung_edit
from approvals.views.answers import decision
from approvals.views.context import filters_of, query_of
from approvals.views.reading import card_page
from core.htmx import hx_trigger, is_fragment
from integrations.models import User

LONGEST_REASON = 200


@dataclass
class _Wanted:
    """What was pressed: the order as wanted, whom to skip and why, whom to ask after all."""

    order: list[int]
    skips: dict[int, str] = field(default_factory=dict)
    back: list[int] = field(default_factory=list)
    said: str = ""
    focus: str = ""


def _user(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


@decision
def ladder(request: HttpRequest, item_id: int) -> HttpResponse:
    """One press: up, down, skip, or ask them after all. The list as it was seen comes along."""
    wanted = _wanted(request)
    seen = _number(request.POST.get("revision"))
    if seen is None:
        raise NotPossible("Please load the draft again, and then press.")
    ladder_reorder(
        user=_user(request),
        item_id=item_id,
        order=wanted.order,
        skips=wanted.skips,
        back=wanted.back,
        base_revision=seen,
    )
    return _shown(request, item_id, wanted.said, wanted.focus)


def _shown(request: HttpRequest, item_id: int, words: str, focus: str) -> HttpResponse:
    """The same card again: the hand stays where it is, and a screen reader hears what changed."""
    if not is_fragment(request):
        messages.success(request, words)
        address = reverse("item", args=[item_id]) + query_of(filters_of(request.GET))
        return redirect(f"{address}#{focus}")
    response = card_page(request, item_id)
    return hx_trigger(response, "desk:ladder", {"focus": focus, "words": words})


def _wanted(request: HttpRequest) -> _Wanted:
    order = [int(pk) for pk in str(request.POST.get("order", "")).split(",") if pk.isdigit()]
    press, _, which = str(request.POST.get("press", "")).partition(":")
    pk = _number(which)
    if pk is None or press not in {"up", "down", "skip", "back"}:
        raise NotPossible("Please load the draft again, and then press.")
    if press == "skip":
        reason = _reason(request)
        said = f"{_name(pk)} is skipped: {reason}."
        return _Wanted(order, {pk: reason}, said=said, focus="not-asked")
    if press == "back":
        said = f"{_name(pk)} is asked after all."
        return _Wanted([*order, pk], back=[pk], said=said, focus=f"rung-{pk}")
    moved = _moved(order, pk, -1 if press == "up" else 1)
    said = f"{_name(pk)} is number {moved.index(pk) + 1} of those who wait."
    return _Wanted(moved, said=said, focus=f"{press}-{pk}")


def _reason(request: HttpRequest) -> str:
    """One of the usual reasons, or words of one's own; a skip without any is not taken."""
    own = str(request.POST.get("words", "")).strip()
    reason = (own or str(request.POST.get("reason", "")).strip())[:LONGEST_REASON].rstrip(".")
    if not reason:
        raise NotPossible("Say why they are skipped: it is kept, and shown to whoever asks.")
    return reason


def _moved(order: list[int], pk: int, by: int) -> list[int]:
    if pk not in order:
        raise NotPossible("This person is not on the list any more.")
    at = order.index(pk)
    to = max(0, min(len(order) - 1, at + by))
    moved = [one for one in order if one != pk]
    moved.insert(to, pk)
    return moved


def _number(text: object) -> int | None:
    said = str(text or "")
    return int(said) if said.isdigit() and len(said) < 19 else None


def _name(offer_id: int) -> str:
    offer = Offer.objects.select_related("client").filter(pk=offer_id).first()
    return offer.client.short_name if offer else "This person"


@decision
def rung(request: HttpRequest, item_id: int, offer_id: int) -> HttpResponse:
    """Save a person's words for one rung. What they typed is never lost."""
    form = Edited(request.POST)
    if not form.is_valid():
        plain = str(next(iter(form.errors.values()))[0])
        return _again(request, item_id, offer_id, 422, plain)
    said = form.cleaned_data
    try:
        made = rung_edit(
            user=_user(request),
            item_id=item_id,
            offer_id=offer_id,
            base_revision=said["base_revision"],
            body=said["body"],
            subject=said["subject"],
        )
    except NotPossible as error:
        return _again(request, item_id, offer_id, 422, error.plain)
    except Changed as error:
        return _again(request, item_id, offer_id, 409, error.plain)
    doubts = " It has marked facts: please look at them." if made.warnings else ""
    return _shown(request, item_id, f"Your words are saved.{doubts}", f"rung-{offer_id}")


def _again(
    request: HttpRequest, item_id: int, offer_id: int, status: int, plain: str
) -> HttpResponse:
    """The editor with what was typed, and in words why it was not taken."""
    typed = {"body": request.POST.get("body", ""), "subject": request.POST.get("subject", "")}
    return card_page(request, item_id, status=status, wrong=plain, rung=offer_id, refused=typed)
