"""The salon's own number and mailbox: add, test, switch on, and choose per location."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from copilot.connect.access import connection_or_404, locations_of, tunes, user_of
from integrations.channels.accounts import accounts_usable
from integrations.channels.base import Channel, channel_of, channels, hook_url
from integrations.channels.setup import (
    KINDS,
    PLATFORM,
    SetupRefused,
    account_change,
    account_create,
    account_switch,
    account_test,
    choice_of,
    choice_set,
)
from integrations.models import ChannelAccount, Connection, Location
from integrations.platforms.base import platform_of

EVERYWHERE = "all"


@require_GET
@tunes
def index(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every number and mailbox of a connection, and which way each location's messages go."""
    connection = connection_or_404(request, pk)
    context = {
        "connection": connection,
        "accounts": [(one, channel_of(one)) for one in accounts_seen(request, connection)],
        "offered": list(channels),
        "choices": list(_choices(request, connection)),
        "platform_sends": "send" in platform_of(connection).capabilities(connection),
        "platform": platform_of(connection),
    }
    return render(request, "connect/channels.html", context)


def accounts_seen(request: HttpRequest, connection: Connection) -> list[ChannelAccount]:
    """Those of one's own locations; one for every location is for who has every location."""
    rows = ChannelAccount.objects.filter(connection=connection, channel__in=channels.names())
    own = {location.pk for location in locations_of(request, connection)}
    everything = _has_everything(request, connection)
    return [
        row
        for row in rows.select_related("connection", "location").order_by("channel", "created_at")
        if (row.location_id in own) or (row.location_id is None and everything)
    ]


def _has_everything(request: HttpRequest, connection: Connection) -> bool:
    if user_of(request).is_superuser:
        return True
    all_of_them = Location.objects.filter(connection=connection, deleted_at=None).count()
    return len(locations_of(request, connection)) == all_of_them


def _choices(request: HttpRequest, connection: Connection) -> Iterator[dict[str, Any]]:
    for location in locations_of(request, connection):
        for kind, words in KINDS.items():
            usable = accounts_usable(location, kind)
            if usable:
                yield {
                    "location": location,
                    "kind": kind,
                    "words": words,
                    "accounts": [(str(one.pk), one.address) for one in usable],
                    "chosen": choice_of(location, kind),
                    "platform": PLATFORM,
                }


def _account_or_404(request: HttpRequest, pk: UUID, account: UUID) -> ChannelAccount:
    connection = connection_or_404(request, pk)
    found = [one for one in accounts_seen(request, connection) if one.pk == account]
    if not found:
        raise Http404
    return found[0]


@require_http_methods(["GET", "POST"])
@tunes
def new(request: HttpRequest, pk: UUID, channel: str) -> HttpResponse:
    """What was typed stays when something is wrong, secrets excepted."""
    connection = connection_or_404(request, pk)
    if channel not in channels:
        raise Http404
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            made = account_create(
                actor=user_of(request).as_actor(),
                connection=connection,
                location=_place(request, connection),
                channel=channel,
                address=request.POST.get("address", ""),
                typed=_typed(request, channels.get(channel)),
            )
            messages.success(request, "It is added. Test it, then switch it on.")
            return _to(made)
        except SetupRefused as refused:
            problems = refused.problems
    context = {
        "connection": connection,
        "channel": channels.get(channel),
        "fields": _fields(channels.get(channel), request.POST, problems),
        "problems": problems,
        "typed": request.POST,
        "places": locations_of(request, connection),
        "everywhere": EVERYWHERE if _has_everything(request, connection) else "",
    }
    return render(request, "connect/channel_new.html", context, status=422 if problems else 200)


def _place(request: HttpRequest, connection: Connection) -> Location | None:
    chosen = request.POST.get("location", "")
    if chosen == EVERYWHERE and _has_everything(request, connection):
        return None
    own = {str(place.pk): place for place in locations_of(request, connection)}
    if chosen not in own:
        raise SetupRefused({"location": "Choose a location."})
    return own[chosen]


def _typed(request: HttpRequest, channel: Channel) -> dict[str, str]:
    return {entry.name: request.POST.get(entry.name, "") for entry in channel.setup}


def _fields(channel: Channel, values: Any, problems: dict[str, str]) -> list[dict[str, Any]]:
    """The fields of a form; a secret's value is never among them."""
    return [
        {
            "setup": entry,
            "value": "" if entry.secret else values.get(entry.name, ""),
            "problem": problems.get(entry.name, ""),
        }
        for entry in channel.setup
    ]


@require_http_methods(["GET", "POST"])
@tunes
def one(request: HttpRequest, pk: UUID, account: UUID) -> HttpResponse:
    """One number or mailbox: is it working, where answers have to be sent, its settings."""
    found = _account_or_404(request, pk, account)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            typed = _typed(request, channel_of(found))
            account_change(actor=user_of(request).as_actor(), account=found, typed=typed)
            messages.success(request, "Saved. Test it once more.")
            return _to(found)
        except SetupRefused as refused:
            problems = refused.problems
    values = request.POST if request.method == "POST" else found.settings
    context = {
        "connection": found.connection,
        "account": found,
        "channel": channel_of(found),
        "fields": _fields(channel_of(found), values, problems),
        "kept": [name for name in found.secrets if found.has_secret(name)],
        "problems": problems,
        "address": hook_url(found),
    }
    return render(request, "connect/channel.html", context, status=422 if problems else 200)


@require_POST
@tunes
def test(request: HttpRequest, pk: UUID, account: UUID) -> HttpResponse:
    found = _account_or_404(request, pk, account)
    tried = account_test(found)
    (messages.success if tried.ok else messages.error)(request, tried.said)
    return _to(found)


@require_POST
@tunes
def switch(request: HttpRequest, pk: UUID, account: UUID) -> HttpResponse:
    found = _account_or_404(request, pk, account)
    on = not found.enabled
    try:
        account_switch(actor=user_of(request).as_actor(), account=found, on=on)
        said = "is on: messages go out from it" if on else "is off: nothing goes out from it"
        messages.success(request, f"{found.address} {said}.")
    except SetupRefused as refused:
        messages.error(request, str(refused))
    return _to(found)


@require_POST
@tunes
def choose(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = connection_or_404(request, pk)
    places = {str(place.pk): place for place in locations_of(request, connection)}
    place = places.get(request.POST.get("location", ""))
    if place is None:
        raise Http404
    kind, chosen = request.POST.get("kind", ""), request.POST.get("chosen", "")
    try:
        choice_set(actor=user_of(request).as_actor(), location=place, kind=kind, chosen=chosen)
        said = f"Saved for {place.name}. What is approved already goes the way it was approved."
        messages.success(request, said)
    except SetupRefused as refused:
        messages.error(request, str(refused))
    return redirect(reverse("connect-channels", args=[connection.pk]))


def _to(account: ChannelAccount) -> HttpResponse:
    return redirect(reverse("connect-channel", args=[account.connection_id, account.pk]))
