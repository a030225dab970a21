"""The Waitlist page: who waits, what was offered, what it brought; adding and changing entries."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from approvals.counter_mode import covered_page
from approvals.errors import DecisionError, NoRight, NotPossible
from approvals.forms.waiting import Waiting
from approvals.ladders.counter import RIGHT
from approvals.permissions import Rights, requires
from approvals.selectors.waitlist import (
    PERIODS,
    WaitlistFilters,
    entries_page,
    entries_seen,
    figures_of,
    openings_page,
    waitlist_closed,
)
from approvals.services.waiting import (
    entry_add,
    entry_edit,
    entry_remove,
    mark_of,
)
from approvals.views.context import rights_in
from approvals.views.counter import live_context
from approvals.waiting_words import clock_of, day_of, days_of
from core import clock
from integrations.cancelling import cancels_often
from integrations.models import Client, Location, WaitlistEntry
from integrations.people import client_search, clients_at

LIMIT, MOST = 50, 500
MANAGER = "read_digest"


def filters_of(params: Mapping[str, Any]) -> WaitlistFilters:
    """What the address says; anything unknown counts as not said."""
    place, days = str(params.get("location", "")), str(params.get("days", ""))
    return WaitlistFilters(
        text=str(params.get("q", "")).replace("\x00", "")[:80].strip(),
        location_id=int(place) if place.isdigit() and len(place) < 10 else None,
        done=params.get("done") == "1",
        days=int(days) if days in map(str, PERIODS) else 30,
    )


def query_of(filters: WaitlistFilters, **other: Any) -> str:
    said: dict[str, Any] = {
        "q": filters.text,
        "location": filters.location_id or "",
        "done": "1" if filters.done else "",
        "days": filters.days if filters.days != 30 else "",
    } | other
    kept = {name: value for name, value in said.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


def list_context(request: HttpRequest) -> dict[str, Any]:
    """The part that is fetched again when something happened."""
    rights, filters = rights_in(request), filters_of(request.GET)
    shows = "openings" if request.GET.get("show") == "openings" else "waiting"
    limit = _limit(request)
    context: dict[str, Any] = {
        "filters": filters,
        "shows": shows,
        "may_talk": rights.any("review_messages"),
        "query": query_of(filters, show="openings" if shows == "openings" else ""),
        "more_query": query_of(filters, show=request.GET.get("show", ""), count=limit + LIMIT),
    }
    if shows == "openings":
        context["openings"] = openings_page(rights=rights, filters=filters, limit=limit // 2)
    else:
        context["entries"] = entries_page(rights=rights, filters=filters, limit=limit)
    context["mark"] = _mark(context)
    return context


def _limit(request: HttpRequest) -> int:
    count = str(request.GET.get("count", ""))
    return min(max(int(count), LIMIT), MOST) if count.isdigit() and len(count) < 5 else LIMIT


def _mark(context: Mapping[str, Any]) -> str:
    """Changes when what is drawn does."""
    if "openings" in context:
        shown: Any = [(s.opening.pk, s.words, s.steps) for s in context["openings"].rows]
    else:
        rows, adding = context["entries"].rows, context["entries"].adding
        shown = [
            (
                row.entry.pk,
                mark_of(row.entry),
                row.asked and (row.asked.pk, row.asked.answer_until),
                [(offer.pk, offer.state) for offer in row.offers],
                row.on_its_way and row.on_its_way.version,
            )
            for row in rows
        ] + [(item.pk, item.version) for item in adding]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


@require_GET
@requires(RIGHT)
@covered_page("Waitlist")
def waitlist(request: HttpRequest) -> HttpResponse:
    rights, filters = rights_in(request), filters_of(request.GET)
    places = _places(request)
    closed = {waitlist_closed(place.connection) for place in places}
    context = list_context(request) | live_context(rights, filters.location_id)
    context |= {
        "places": places,
        "figures": figures_of(rights=rights, filters=filters),
        "periods": [(days, query_of(filters, days=days, show=_show(request))) for days in PERIODS],
        "tabs": {
            "waiting": query_of(filters) or "?",
            "openings": query_of(filters, show="openings"),
            "everybody": query_of(filters, done="" if filters.done else "1"),
        },
        "narrowed": {place.pk: query_of(filters, location=place.pk) for place in places},
        "closed": "" if "" in closed else next(iter(closed), ""),
        "often": _often(rights, filters),
    }
    return render(request, "waitlist/page.html", context)


def _show(request: HttpRequest) -> str:
    return "openings" if request.GET.get("show") == "openings" else ""


@require_GET
@requires(RIGHT)
def rows(request: HttpRequest) -> HttpResponse:
    """The list alone. 204 when nothing of what ``mark`` stands for has changed."""
    context = list_context(request)
    if request.GET.get("mark") == context["mark"]:
        return HttpResponse(status=204)
    return render(request, "waitlist/_list.html", context)


def _places(request: HttpRequest) -> list[Location]:
    """Where offers are decided on; the frame of the page reads the same list, asked for once."""
    rights = rights_in(request)
    found = Location.objects.filter(pk__in=rights.locations)
    known = list(found.select_related("connection").order_by("name"))
    request.places_known = known  # type: ignore[attr-defined]
    return [place for place in known if rights.has(place.pk, RIGHT)]


def _often(rights: Rights, filters: WaitlistFilters) -> list[Any]:
    """Who cancels often, for the manager of those locations alone."""
    places = rights.locations_with(MANAGER)
    if filters.location_id is not None:
        places = [place for place in places if place == filters.location_id]
    return cancels_often(places, clock.now()) if places else []


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def add(request: HttpRequest) -> HttpResponse:
    """First the client, then what they wait for. Works as plain forms."""
    said = request.POST if request.method == "POST" else request.GET
    places = _whole(request)
    place = _chosen(places, said)
    context: dict[str, Any] = {"place": place, "places": places, "key": uuid4().hex}
    context["closed"] = waitlist_closed(place.connection)
    client = _client_of(place, said)
    text = str(said.get("q", "")).replace("\x00", "")[:80].strip()
    if client is None:
        found = client_search([place.pk], text, limit=12) if text else []
        context |= {"text": text, "found": found}
        return render(request, "waitlist/add.html", context)
    form = Waiting(request.POST or None, location=place)
    context |= {"client": client, "form": form}
    if request.method != "POST" or not form.is_valid():
        return _page(request, "waitlist/add.html", context, form)
    key = str(request.POST.get("key", ""))[:60] or uuid4().hex
    try:
        entry_add(
            user=request.user,  # type: ignore[arg-type]
            location_id=place.pk,
            client_id=client.pk,
            wish=form.wish(),
            key=key,
        )
    except NotPossible as error:
        form.add_error(None, error.plain)
        return _page(request, "waitlist/add.html", context, form)
    messages.success(request, f"{client.short_name} is being added. It takes a few seconds.")
    return redirect(f"{reverse('waitlist')}?location={place.pk}")


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], form: Waiting
) -> HttpResponse:
    """The form, with what is wrong and everything that was typed."""
    context["chosen_days"] = form["days"].value() or []
    return render(request, template, context, status=422 if form.errors else 200)


def _whole(request: HttpRequest) -> list[Location]:
    """Where this person changes the list: not where they see their own clients only."""
    rights = rights_in(request)
    return [place for place in _places(request) if not rights.provider_only(place.pk, RIGHT)]


def _chosen(places: list[Location], said: Mapping[str, Any]) -> Location:
    wanted = str(said.get("location", ""))
    if not places or (wanted and wanted not in {str(place.pk) for place in places}):
        raise Http404("There is no such location.")
    return next((place for place in places if str(place.pk) == wanted), places[0])


def _client_of(place: Location, said: Mapping[str, Any]) -> Client | None:
    asked = str(said.get("client", ""))
    if not asked.isdigit() or len(asked) > 18:
        return None
    client = clients_at([place.pk]).filter(pk=int(asked)).first()
    if client is None:
        raise Http404("There is no such client here.")
    return client


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
@covered_page("Waitlist")
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Change one entry, or take it off the list."""
    found = _entry(rights_in(request), entry_id)
    closed = waitlist_closed(found.location.connection)
    posted = request.method == "POST"
    form = Waiting(request.POST if posted else None, location=found.location, initial=_as_is(found))
    context = {
        "entry": found,
        "client": found.client,
        "place": found.location,
        "form": form,
        "closed": closed,
        "seen": mark_of(found),
        "key": uuid4().hex,
        "several": len(found.windows) > 1,
    }
    if not posted or (request.POST.get("act") != "remove" and not form.is_valid()):
        return _page(request, "waitlist/entry.html", context, form)
    try:
        words = _change(request, found, form)
    except NoRight as error:
        raise Http404(error.plain) from error
    except DecisionError as error:
        form.add_error(None, error.plain)
        return _page(request, "waitlist/entry.html", context, form)
    messages.success(request, words)
    return redirect(f"{reverse('waitlist')}?location={found.location_id}")


def _change(request: HttpRequest, found: WaitlistEntry, form: Waiting) -> str:
    said = {
        "user": request.user,
        "entry_id": found.pk,
        "key": str(request.POST.get("key", ""))[:60] or uuid4().hex,
        "seen": str(request.POST.get("seen", "")),
    }
    who = found.client.short_name
    if request.POST.get("act") == "remove":
        entry_remove(**said)  # type: ignore[arg-type]
        return f"{who} is being taken off the list. It takes a few seconds."
    if entry_edit(wish=form.wish(), **said) is None:  # type: ignore[arg-type]
        return "Nothing was different, so nothing was changed."
    return f"The entry of {who} is being changed. It takes a few seconds."


def _entry(rights: Rights, entry_id: int) -> WaitlistEntry:
    rows = WaitlistEntry.objects.select_related("client", "service", "location__connection")
    found = rows.filter(entries_seen(rights), pk=entry_id).first()
    if found is None or rights.provider_only(found.location_id, RIGHT):
        raise Http404("There is no such entry.")
    return found


def _as_is(found: WaitlistEntry) -> dict[str, Any]:
    """What the form opens with: the first window, which is all that most platforms keep."""
    windows = [one for one in found.windows if isinstance(one, dict)]
    first: dict[str, Any] = windows[0] if windows else {}
    staff = found.connection.staffmember_set.filter(external_id__in=found.staff_ids[:1]).first()
    return {
        "service": found.service_id,
        "staff": staff.pk if staff else None,
        "days": days_of(first.get("days")),
        "opens": clock_of(first.get("from")),
        "closes": clock_of(first.get("to")),
        "earliest": day_of(first.get("earliest")),
        "latest": day_of(first.get("latest")),
        "note": found.note,
    }
