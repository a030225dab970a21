"""Flag this: one press, and words for who wants to say why."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from approvals.services.flagging import item_flag
from approvals.views.answers import decision
from approvals.views.reading import card_page
from core.htmx import hx_trigger, is_fragment


@decision
def flag(request: HttpRequest, item_id: int) -> HttpResponse:
    """The draft stays as it is; the card asks, without insisting, what is wrong with it."""
    user = request.user
    made = item_flag(user=user, item_id=item_id, words=request.POST.get("words", ""))  # type: ignore[arg-type]
    response = card_page(request, item_id, flagged=made)
    if not is_fragment(request):
        return response
    said = _("Your admin reads that too.") if made.words else _("Flagged. An admin looks at it.")
    return hx_trigger(response, "toast", {"text": said, "kind": "good", "item": item_id})
