"""While somebody works on a draft: their words are kept, and the others see that they are there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from approvals.forms import Typed
from approvals.hygiene import hidden_characters
from approvals.ladders.editing import rung_warnings
from approvals.models import ApprovalItem
from approvals.permissions import requires
from approvals.presence import presence_left, presence_of, presence_seen
from approvals.services.filling import text_read
from approvals.services.typing import typed_save
from approvals.views.context import EDITABLE, REVIEW, item_of, rights_in
from core.hints import hint_publish


@require_POST
@requires(*REVIEW)
def typed(request: HttpRequest, item_id: int) -> HttpResponse:
    """Keep what was typed so far; the answer is what deserves a second look in it."""
    item = item_of(request, item_id)
    form = Typed(request.POST)
    if not form.is_valid():
        return HttpResponse("That is more than we can keep.", status=422)
    said = form.cleaned_data
    if item.state not in EDITABLE:
        return HttpResponse(status=409)
    typed_save(
        user=request.user,  # type: ignore[arg-type]
        item=item,
        body=said["body"],
        subject=said["subject"],
        base_revision=said["base_revision"] or 0,
        caret=said["caret"] or 0,
        offer_id=said["offer"],
    )
    hidden = [f"A hidden character: {one.name}." for one in hidden_characters(said["body"])]
    found = [*_warnings(item, said["body"], said["offer"]), *hidden]
    return render(request, "queue/_warnings.html", {"warnings": found})


def _warnings(item: ApprovalItem, body: str, offer_id: int | None) -> list[str]:
    if offer_id is not None:
        return rung_warnings(item, offer_id, body)
    read = text_read(item, body, item.known_facts, writer="person", first=False, tainted=False)
    return read.warnings


@require_POST
@requires(*REVIEW)
def presence(request: HttpRequest, item_id: int) -> HttpResponse:
    """Say that this person is at a draft (or left it), and hear who else is."""
    item = item_of(request, item_id)
    user_id, name = rights_in(request).user_id, str(request.user)
    if request.POST.get("gone"):
        presence_left(item_id=item.pk, user_id=user_id)
        hint_publish(item.location_id, "presence")
        return HttpResponse(status=204)
    news = presence_seen(
        item_id=item.pk,
        user_id=user_id,
        name=name,
        editing=bool(request.POST.get("editing")),
    )
    if news:
        hint_publish(item.location_id, "presence")
    here = presence_of([item.pk], but=user_id).get(item.pk, [])
    return render(request, "queue/_peers.html", {"present": here})
