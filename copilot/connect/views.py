"""The Connect pages: choose a platform, paste the token, test, read, hand over the address."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents.models import AgentConfig
from agents.services import agent_enable
from copilot.connect.access import (
    connection_or_404,
    connections_of,
    locations_of,
    own_connection_or_404,
    sees_clients,
    tunes,
    tunes_here,
    user_of,
)
from copilot.connect.channels import accounts_seen
from integrations.connections import connection_off, connection_ok
from integrations.models import Connection, InboundEvent, SyncRun
from integrations.platforms.base import platform_of, platforms
from integrations.roles import roles_sync
from integrations.setup import (
    SetupError,
    connection_create,
    connection_test,
    hook_url,
    key_renew,
    location_add,
)
from integrations.sync import stopped_close, sync_ask

FIRST_STEP = "confirmation"
SHOWN_ODD = 50


@require_GET
@tunes
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "connect/index.html", {"connections": connections_of(request)})


@require_http_methods(["GET", "POST"])
@tunes
def new(request: HttpRequest) -> HttpResponse:
    """One form per way of connecting; what was typed stays when something is wrong."""
    chosen = request.POST.get("way") or request.GET.get("way", "")
    platform, _, mode = chosen.partition(":")
    context: dict[str, Any] = {"ways": _ways(), "way": chosen, "typed": request.POST}
    if platform in platforms and mode in platforms.get(platform).modes:
        adapter = platforms.get(platform)
        context |= {
            "platform": adapter,
            "mode": mode,
            "words": adapter.modes[mode],
            "fields": () if mode else adapter.setup,
            "base_url": "" if mode else getattr(adapter, "default_base_url", ""),
        }
    if request.method == "POST":
        try:
            connection, key = _create(request, platform, mode)
        except SetupError as wrong:
            context["problem"] = wrong.plain
            return render(request, "connect/new.html", context, status=422)
        _key_show_once(request, connection, key)
        return redirect("connect-one", connection.pk)
    return render(request, "connect/new.html", context)


def _ways() -> list[tuple[str, str, str]]:
    return [
        (f"{adapter.name}:{mode}", adapter.label, words)
        for adapter in platforms
        for mode, words in adapter.modes.items()
    ]


def _create(request: HttpRequest, platform: str, mode: str) -> tuple[Connection, str]:
    if platform not in platforms:
        raise SetupError("Choose a platform first.")
    typed = request.POST
    fields = () if mode else platforms.get(platform).setup
    for field in fields:
        if field.required and not typed.get(field.name, "").strip():
            raise SetupError(f"{field.label} is missing. {field.help}".strip())
    return connection_create(
        actor=user_of(request).as_actor(),
        platform=platform,
        mode=mode,
        name=typed.get("name", ""),
        base_url=typed.get("base_url", "").strip(),
        typed_secrets={field.name: typed.get(field.name, "") for field in fields if field.secret},
    )


def _key_show_once(request: HttpRequest, connection: Connection, key: str) -> None:
    """The session carries it over the redirect; the page that shows it takes it out."""
    if key:
        request.session[f"hook-key:{connection.pk}"] = key


@require_GET
@tunes
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = connection_or_404(request, pk)
    key = request.session.pop(f"hook-key:{connection.pk}", "")
    adapter = platform_of(connection)
    has_address = bool(key) or not connection.mode
    address = hook_url(connection, key) if has_address else ""
    context = {
        "connection": connection,
        "platform": adapter,
        "mode_words": adapter.modes.get(connection.mode, ""),
        "locations": locations_of(request, connection),
        "address": address,
        "is_secret": bool(key),
        "note": adapter.support_note(connection, address) if address else "",
        "agents_on": AgentConfig.objects.filter(connection=connection, enabled=True).count(),
        "odd": _odd(connection).count(),
        "sees_clients": sees_clients(request, connection),
        "channel_accounts": accounts_seen(request, connection),
        **progress_of(connection),
    }
    return render(request, "connect/one.html", context)


def progress_of(connection: Connection) -> dict[str, Any]:
    """The newest runs, and whether one is under way: then the page asks again and again."""
    stopped_close(connection)
    runs = list(connection.syncs.exclude(kind="poll").order_by("-pk")[:5])
    held = connection.syncs.order_by("-pk").first()
    return {
        "runs": runs,
        "under_way": any(run.finished_at is None for run in runs),
        "held": bool(held and held.held),
        "can_read": "read" in platform_of(connection).capabilities(connection),
    }


@require_GET
@tunes
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = connection_or_404(request, pk)
    seen = {"connection": connection, "sees_clients": sees_clients(request, connection)}
    return render(request, "connect/_progress.html", {**seen, **progress_of(connection)})


@require_POST
@tunes
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = connection_or_404(request, pk)
    tested = connection_test(connection)
    return render(request, "connect/tested.html", {"connection": connection, "tested": tested})


@require_POST
@tunes
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = connection_or_404(request, pk)
    sync_ask(connection)
    return _back(connection, "progress")


@require_POST
@tunes
def new_key(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = connection_or_404(request, pk)
    if connection.mode:
        _key_show_once(request, connection, key_renew(connection))
        messages.success(request, "The old address ended. Give the new one to the platform.")
    return _back(connection, "address")


@require_POST
@tunes
def switch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Off: nothing is heard and nothing polled. On again: as it was."""
    connection = connection_or_404(request, pk)
    if connection.status == Connection.Status.OFF:
        connection_ok(connection, by=user_of(request).as_actor())
        messages.success(request, f"{connection.name} is on again.")
    else:
        connection_off(actor=user_of(request).as_actor(), connection=connection)
        messages.success(request, f"{connection.name} is off. What we hold stays.")
    return _back(connection)


@require_POST
@tunes
def they_left(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An admin looked at a held sync: those people really left."""
    connection = connection_or_404(request, pk)
    report = roles_sync(connection, accepted_by=user_of(request).as_actor())
    SyncRun.objects.filter(connection=connection, held=True).update(held=False)
    gone = ", ".join(report.left) or "nobody who could sign in"
    messages.success(request, f"Taken over. Signed out: {gone}.")
    return _back(connection)


@require_POST
@tunes
def place(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = connection_or_404(request, pk)
    try:
        location_add(
            actor=user_of(request).as_actor(),
            connection=connection,
            name=request.POST.get("name", ""),
            timezone=request.POST.get("timezone", "").strip(),
        )
        messages.success(request, "The location is there. Load your files next.")
    except SetupError as wrong:
        messages.error(request, wrong.plain)
    return _back(connection, "locations")


@require_POST
@tunes
def first_step(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The one suggestion: confirmations, in review, from now on."""
    connection = connection_or_404(request, pk)
    agent_enable(
        actor=user_of(request).as_actor(), connection=connection, location=None, agent=FIRST_STEP
    )
    messages.success(request, "Confirmations are on. Each new booking gives a draft to look at.")
    return _back(connection)


@require_GET
@tunes_here
def odd(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Deliveries that could not be understood, newest first, with their bodies."""
    connection = own_connection_or_404(request, pk)
    rows = list(_odd(connection)[:SHOWN_ODD])
    shown = [(row, bytes(row.body).decode("utf-8", "replace")[:4000]) for row in rows]
    return render(request, "connect/odd.html", {"connection": connection, "shown": shown})


def _odd(connection: Connection) -> Any:
    rows = InboundEvent.objects.filter(connection=connection, outcome=InboundEvent.Outcome.ODD)
    return rows.order_by("-received_at")


def _back(connection: Connection, anchor: str = "") -> HttpResponse:
    url = reverse("connect-one", args=[connection.pk])
    return redirect(f"{url}#{anchor}" if anchor else url)
