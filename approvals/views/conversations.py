"""Conversations: the list of threads, and one thread with the composer."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from approvals import policy
from approvals.counter_mode import ASKED, covered, covers
from approvals.permissions import requires
from approvals.segments import sms_segments
from approvals.selectors.composer import Way, composer_of
from approvals.selectors.thread import Thread, client_seen, client_thread, stranger_thread
from approvals.selectors.threads import (
    ThreadFilters,
    ThreadList,
    ThreadRow,
    beside_of,
    clients_in,
    rows_dressed,
    thread_list,
)
from approvals.templatetags.desk import first_name, when
from approvals.views.context import rights_in
from approvals.views.threads import (
    RowView,
    days_of,
    list_mark,
    row_view,
    seen_of,
    sender_words,
    waiting_drafts,
)
from approvals.writing_rules import RIGHT
from core import clock
from core.htmx import is_fragment
from integrations.models import Client

LIMIT, MOST = 50, 500


def filters_of(params: Mapping[str, Any]) -> ThreadFilters:
    """What the address says; anything unknown counts as not said."""
    place = str(params.get("location", ""))
    return ThreadFilters(
        text=str(params.get("q", "")).replace("\x00", "")[:80].strip(),
        location_id=int(place) if place.isdigit() and len(place) < 19 else None,
        unanswered=params.get("show") == "unanswered",
        older=bool(params.get("older")),
    )


def query_of(filters: ThreadFilters, **other: Any) -> str:
    """The address's part for these filters, with its question mark; '' for none."""
    said = {
        "q": filters.text,
        "location": filters.location_id or "",
        "show": "unanswered" if filters.unanswered else "",
        "older": "1" if filters.older else "",
    } | other
    kept = {name: value for name, value in said.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


def list_of(request: HttpRequest, strangers: bool = True) -> ThreadList:
    count = str(request.GET.get("count", ""))
    limit = min(max(int(count), LIMIT), MOST) if count.isdigit() and len(count) < 5 else LIMIT
    filters = filters_of(request.GET)
    return thread_list(rights=rights_in(request), filters=filters, limit=limit, strangers=strangers)


def list_context(request: HttpRequest, listed: ThreadList, rows: list[RowView]) -> dict[str, Any]:
    filters = filters_of(request.GET)
    home = reverse("conversations")
    return {
        "listed": listed,
        "rows": rows,
        "filters": filters,
        "query": query_of(filters),
        "home": home + query_of(filters),
        "everything": home + query_of(filters, show=""),
        "only_unanswered": home + query_of(filters, show="unanswered"),
        "longer_ago": home + query_of(filters, older="1"),
        "longer_list": home + query_of(filters, count=len(rows) + LIMIT),
        "mark": list_mark(rows, listed.total, listed.unanswered, listed.waiting, listed.more),
    }


def thread_context(request: HttpRequest, thread: Thread, **more: Any) -> dict[str, Any]:
    """One thread as it is drawn. ``more``: what is wrong, or words that were not taken."""
    composer = composer_of(thread, request.user)  # type: ignore[arg-type]
    mine = composer.item if composer else None
    days = days_of(thread, rights_in(request))
    drafts = list(waiting_drafts(thread, mine))
    seen = seen_of(thread)
    keys = [(one.key, one.status, one.by, one.held) for day in days for one in day.bubbles]
    waiting = [(item.pk, item.version) for item in drafts]
    ways = [(way.channel, way.ok) for way in composer.ways] if composer else []
    refused = more.get("refused") or {}
    held = more.get("held") or []
    usable = {way.channel for way in composer.ways if way.ok} if composer else set()
    channel = composer.chosen if composer else ""
    if refused.get("channel") in usable:
        channel = refused["channel"]
    return {
        "channel": channel,
        "body": refused.get("body", composer.body if composer else ""),
        "subject": refused.get("subject", composer.subject if composer else ""),
        "held": {"care_reasons": held},
        "asks_reason": bool(held),
        "thread": thread,
        "client": thread.client,
        "name": sender_words(thread.sender) if thread.client is None else thread.client.name,
        "zone": thread.location.zone if thread.location else None,
        "days": days,
        "drafts": drafts,
        "composer": composer,
        "ways": [way_words(way, thread) for way in composer.ways] if composer else [],
        "segments": sms_segments(composer.body) if composer and composer.body else None,
        "key": uuid4().hex,
        "seen": seen,
        "thread_mark": list_mark([], seen, keys, waiting, ways, thread.unanswered),
        "unanswered": thread.unanswered,
        "hold_reasons": policy.HOLD_REASONS,
        "query": query_of(filters_of(request.GET)),
        "home": reverse("conversations") + query_of(filters_of(request.GET)),
        **{name: value for name, value in more.items() if name != "held"},
    }


def way_words(way: Way, thread: Thread) -> dict[str, Any]:
    """A channel in words: its name, and what pressing Send would do."""
    name = first_name(thread.client)
    label = "Text" if way.channel == "sms" else "E-mail"
    if not way.ok:
        goes = way.why
    elif way.by_hand:
        goes = "Nothing here can send it for you: you get the text to send by hand."
    elif way.too_late:
        goes = "The quiet hours leave no time to send it."
    elif way.answering:
        goes = f"It is late there, but {name} wrote just now: it goes at once."
    elif way.at and (way.at - clock.now()).total_seconds() > 60:
        goes = f"Goes out {when(way.at, way.zone)}, {name}'s time: these are quiet hours."
    else:
        goes = (
            f"{way.hold} s undo" if way.hold else "Goes at once: you are in the middle of a talk."
        )
    return {"way": way, "label": label, "goes": goes, "to": sender_words(way.address)}


def thread_page(
    request: HttpRequest, client: Client, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The thread alone for htmx, else the page with the list beside it."""
    whole = bool(request.GET.get("all"))
    rights = rights_in(request)
    if covered(request):
        return covered_thread(request, client.name, {"chosen_client": client.pk})
    if is_fragment(request):
        thread, _ = client_thread(rights=rights, client=client, whole=whole)
        context = thread_context(request, thread, **more)
        return render(request, "conversations/_thread.html", context, status=status)
    listed = list_of(request, strangers=False)
    also = [pk for pk in clients_in(listed.rows) if pk != client.pk]
    thread, beside = client_thread(rights=rights, client=client, whole=whole, also=also)
    rows = [
        row_view(row, clock.now(), covers(request)) for row in rows_dressed(listed.rows, beside)
    ]
    if not thread.entries:
        listed = replace(listed, strangers=[client])
    context = list_context(request, listed, rows) | thread_context(request, thread, **more)
    shown = {"view": "item", "chosen": f"c{client.pk}", "chosen_client": client.pk}
    return render(request, "conversations/page.html", context | shown, status=status)


def _drawn(request: HttpRequest, rows: Iterable[ThreadRow]) -> list[RowView]:
    cover, now = covers(request), clock.now()
    return [row_view(row, now, cover) for row in rows]


def covered_thread(request: HttpRequest, name: str, chosen: dict[str, Any]) -> HttpResponse:
    """A name and a place to press; nothing of what was said."""
    query = request.GET.copy()
    query[ASKED] = "1"
    key = f"c{chosen['chosen_client']}" if "chosen_client" in chosen else ""
    words = {"name": name, "covered_key": key, "uncover": f"{request.path}?{query.urlencode()}"}
    home = reverse("conversations") + query_of(filters_of(request.GET))
    if is_fragment(request):
        return render(request, "conversations/_covered.html", {**words, "home": home})
    more = {"view": "item", "covered": True, "chosen": key, **words, **chosen}
    return list_page(request, "conversations/page.html", **more)


def list_page(request: HttpRequest, template: str, **more: Any) -> HttpResponse:
    listed = list_of(request)
    beside = beside_of(rights_in(request), clients_in(listed.rows))
    rows = [
        row_view(row, clock.now(), covers(request)) for row in rows_dressed(listed.rows, beside)
    ]
    context = list_context(request, listed, rows) | more
    if request.GET.get("mark") == context["mark"]:
        return HttpResponse(status=204)
    return render(request, template, context)


@require_GET
@requires(RIGHT)
def conversations(request: HttpRequest) -> HttpResponse:
    """The list; where there is room a thread opens beside it."""
    return list_page(request, "conversations/page.html", view="list")


@require_GET
@requires(RIGHT)
def rows(request: HttpRequest) -> HttpResponse:
    """The list alone. 204 when nothing of what ``mark`` stands for has changed."""
    return list_page(request, "conversations/_rows.html")


@require_GET
@requires(RIGHT)
def conversation(request: HttpRequest, client_id: int) -> HttpResponse:
    """One client's thread. A merged client's is the other's now."""
    client = client_seen(rights_in(request), client_id)
    if client.merged_into_id:
        return redirect("conversation", client.merged_into_id)
    return thread_page(request, client)


@require_GET
@requires(RIGHT)
def messages(request: HttpRequest, client_id: int) -> HttpResponse:
    """What was said and what may be sent, without the composer: it is fetched while one types."""
    client = client_seen(rights_in(request), client_id)
    whole = bool(request.GET.get("all"))
    thread, _ = client_thread(rights=rights_in(request), client=client, whole=whole)
    return _messages(request, thread)


def _messages(request: HttpRequest, thread: Thread, **more: Any) -> HttpResponse:
    context = thread_context(request, thread, **more)
    if request.GET.get("mark") == context["thread_mark"]:
        return HttpResponse(status=204)
    return render(request, "conversations/_messages.html", context | {"alone": True})


@require_GET
@requires(RIGHT)
def stranger(request: HttpRequest, message_id: int) -> HttpResponse:
    """A number nobody is known by. Whose it is, is never guessed."""
    thread = stranger_thread(
        rights=rights_in(request), message_id=message_id, whole=bool(request.GET.get("all"))
    )
    if covered(request):
        chosen = {"chosen_url": ("stranger", message_id)}
        return covered_thread(request, sender_words(thread.sender), chosen)
    context = thread_context(request, thread, stranger_id=message_id)
    if is_fragment(request):
        return render(request, "conversations/_thread.html", context)
    listed = list_of(request, strangers=False)
    beside = beside_of(rights_in(request), clients_in(listed.rows))
    drawn = [
        row_view(row, clock.now(), covers(request)) for row in rows_dressed(listed.rows, beside)
    ]
    shown = {"view": "item", "chosen_url": ("stranger", message_id)}
    page = list_context(request, listed, drawn) | context | shown
    return render(request, "conversations/page.html", page)


@require_GET
@requires(RIGHT)
def stranger_messages(request: HttpRequest, message_id: int) -> HttpResponse:
    thread = stranger_thread(
        rights=rights_in(request), message_id=message_id, whole=bool(request.GET.get("all"))
    )
    return _messages(request, thread, stranger_id=message_id)
