"""Checkout: who is at the counter, what to say to them, and one tap for what became of it."""

import hashlib
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from agents.models import CheckoutCard, CheckoutIdea
from agents.retail.answering import idea_answer
from agents.retail.selectors import RIGHT, came_of_it, cards_open
from approvals.counter_mode import ASKED, covers, uncovered_part
from approvals.errors import NoRight, NotPossible
from approvals.permissions import Rights, requires
from approvals.views.context import rights_in
from approvals.views.counter import place_of
from copilot.checkout_words import left_out_words, reasons_of, sentence_of
from copilot.shell import Shell
from core.htmx import hx_trigger, is_fragment


class Spoken:
    """One suggestion as it is drawn."""

    def __init__(self, idea: CheckoutIdea, card: CheckoutCard) -> None:
        idea.location = card.location
        self.idea, self.sentence, self.reasons = idea, sentence_of(idea), reasons_of(idea)


class Shown:
    """One card as it is drawn: the products first, then treatments."""

    def __init__(self, card: CheckoutCard) -> None:
        self.card = card
        ideas: list[CheckoutIdea] = card.shown  # type: ignore[attr-defined]
        order = {"product": 0, "add_on": 1, "next": 2}
        self.ideas = [
            Spoken(one, card)
            for one in sorted(ideas, key=lambda one: (order[one.kind], one.place, one.pk))
            if one.reasons
        ]
        self.left_out = left_out_words(card.left_out)

    @property
    def part(self) -> str:
        return f"checkout-{self.card.pk}"

    @property
    def mark(self) -> tuple[Any, ...]:
        said = [(one.idea.pk, one.idea.answer, one.idea.sold_at) for one in self.ideas]
        return (self.card.pk, self.card.finished, said, self.left_out)


def live_cards(rights: Rights, location_id: int | None = None) -> dict[str, Any]:
    """What ``checkout/_cards.html`` shows; two queries, none for whom it is not."""
    if not rights.any(RIGHT):
        return {"checkout": [], "checkout_quiet": [], "checkout_mark": "", "checkout_query": ""}
    shown = [Shown(card) for card in cards_open(rights, location_id)]
    marks = repr([one.mark for one in shown])
    return {
        "checkout": [one for one in shown if one.ideas],
        "checkout_quiet": [one for one in shown if not one.ideas and one.left_out],
        "checkout_mark": hashlib.sha256(marks.encode()).hexdigest()[:16],
        "checkout_query": f"?location={location_id}" if location_id else "",
        "checkout_places": len({one.card.location_id for one in shown}) > 1,
    }


def _context(request: HttpRequest, place: int | None) -> dict[str, Any]:
    return live_cards(rights_in(request), place) | {
        "cover": covers(request),
        "uncovered": uncovered_part(request),
        "uncover": _uncover(request, place),
    }


def _uncover(request: HttpRequest, place: int | None) -> str:
    """The page's own address, to which the card that is to be shown is added."""
    narrowed = f"location={place}&" if place else ""
    return f"{reverse('checkout')}?{narrowed}{ASKED}="


@require_GET
@requires(RIGHT)
def checkout(request: HttpRequest) -> HttpResponse:
    shell = Shell(request)
    places = [place for place in shell.locations if shell.rights.has(place.pk, RIGHT)]
    asked = place_of(request)
    chosen = asked if asked in {place.pk for place in places} else None
    context = _context(request, chosen) | {
        "shell": shell,
        "places": places,
        "chosen": chosen,
        "came_of_it": came_of_it(shell.rights, [chosen] if chosen else [p.pk for p in places]),
    }
    return render(request, "checkout/page.html", context)


@require_GET
@requires(RIGHT)
def live(request: HttpRequest) -> HttpResponse:
    """The cards alone. 204 when nothing of what ``mark`` stands for has changed."""
    context = _context(request, place_of(request))
    if request.GET.get("mark") == context["checkout_mark"]:
        return HttpResponse(status=204)
    return render(request, "checkout/_cards.html", context)


@require_POST
@requires(RIGHT)
def answer(request: HttpRequest, idea_id: int) -> HttpResponse:
    """Said it, not now, wrong; '' takes it back."""
    user: Any = request.user
    try:
        idea_answer(user=user, idea_id=idea_id, answer=str(request.POST.get("answer", "")))
    except NoRight as error:
        raise Http404(error.plain) from error
    except NotPossible as error:
        return _answered(request, error.plain, 409)
    return _answered(request)


def _answered(request: HttpRequest, wrong: str = "", status: int = 200) -> HttpResponse:
    """The cards as they are now; without a script the page one came from."""
    if not is_fragment(request):
        back = str(request.POST.get("back", ""))
        safe = url_has_allowed_host_and_scheme(back, None) and back.startswith("/")
        if wrong:
            return render(request, "checkout/wrong.html", {"shell": Shell(request), "wrong": wrong},
                          status=status)  # fmt: skip
        return redirect(back if safe else reverse("checkout"))
    response = render(request, "checkout/_cards.html", _context(request, place_of(request)))
    if wrong:
        return hx_trigger(response, "toast", {"text": wrong, "kind": "bad"})
    return response
