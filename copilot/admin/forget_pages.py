"""Forgetting a client for good: typed confirmation, what was emptied, and the audit proved."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from agents.models import AgentRun, Correction
from approvals.models import CallOutcome, Flag, Revision, WrittenText
from approvals.services.erasing import Erased, client_erase
from copilot.admin.base import tuned_locations
from core.audit_verify import audit_verify
from core.models import AuditDetail, AuditEvent, AuditSeal
from integrations.models import (
    Appointment,
    Client,
    Feedback,
    FormResponse,
    Location,
    Message,
    WaitlistEntry,
)

# Above so many rows proving the chain takes longer than a page may: the command does it.
MOST_SEALS = 100_000


@dataclass(frozen=True)
class Kept:
    """How many records of one kind hold words about a client: before, and now."""

    label: str
    before: int
    now: int


def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows what is kept; a post with the client's name typed erases it and shows the proof."""
    client = get_object_or_404(_erasable(request), pk=pk)
    before = kept_about(client)
    context: dict[str, Any] = {
        "client": client,
        "name": client.name,
        "kept": [Kept(label, number, number) for label, number in before.items()],
    }
    if request.method != "POST":
        return render(request, "agents/forget.html", context)
    if " ".join(str(request.POST.get("name", "")).split()) != " ".join(client.name.split()):
        wrong = "That is not the name as it stands above. Nothing was erased."
        return render(request, "agents/forget.html", context | {"wrong": wrong}, status=422)
    return _erased(request, client, before, context)


def _erased(
    request: HttpRequest, client: Client, before: dict[str, int], context: dict[str, Any]
) -> HttpResponse:
    user: Any = request.user
    done: Erased = client_erase(actor=user.as_actor(), client=client)
    now = kept_about(client)
    context["kept"] = [Kept(label, number, now[label]) for label, number in before.items()]
    more = {"done": done, "left": sum(now.values()), "proof": _proof(str(client.connection_id))}
    return render(request, "agents/forget.html", context | more)


def _erasable(request: HttpRequest) -> QuerySet[Client]:
    """A client belongs to the whole connection: it takes who tunes all of its locations."""
    rows = Client.objects.select_related("connection").filter(deleted_at=None)
    own = tuned_locations(request)
    if own is None:
        return rows
    others = Location.objects.filter(deleted_at=None).exclude(pk__in=own).values("connection")
    mine = Location.objects.filter(pk__in=own).values("connection")
    return rows.filter(connection__in=mine).exclude(connection__in=others)


def kept_about(client: Client) -> dict[str, int]:
    """How many rows of each kind hold words about them."""
    runs = AgentRun.objects.filter(
        Q(item__client=client) | Q(context__people__contains=[{"id": client.pk}]),
        connection_id=client.connection_id,
    )
    events = AuditEvent.objects.filter(client=str(client.pk)).values("pk")
    found: dict[str, QuerySet[Any]] = {
        "Texts of drafts": Revision.objects.filter(item__client=client, erased_at=None),
        "Messages": Message.objects.filter(client=client).exclude(body=""),
        "Notes on appointments": Appointment.objects.filter(client=client).exclude(notes=""),
        "Forms they filled in": FormResponse.objects.filter(client=client).exclude(answers={}),
        "Feedback": Feedback.objects.filter(client=client).exclude(text=""),
        "Waitlist notes": WaitlistEntry.objects.filter(client=client).exclude(note=""),
        "Words about calls": CallOutcome.objects.filter(client=client).exclude(words=""),
        "Texts being written": WrittenText.objects.filter(client=client),
        "What agents were told": runs.exclude(context={}, refused=[]),
        "What people changed in drafts": Correction.objects.filter(
            Q(item__client=client) | Q(client=client)
        ).exclude(changes=[]),
        "Words of flags": Flag.objects.filter(item__client=client).exclude(words="", answer=""),
        "Words in the audit": AuditDetail.objects.filter(event_id__in=events),
    }
    named = Client.objects.filter(pk=client.pk).exclude(first_name="", last_name="", phone="")
    return {"Name, number, notes": named.count()} | {
        label: rows.count() for label, rows in found.items()
    }


def _proof(connection: str) -> str:
    """What proving the audit afterwards found, in a sentence."""
    seals = AuditSeal.objects.filter(connection=connection)
    if seals.count() > MOST_SEALS:
        return "The audit is long: manage.py audit verify proves it."
    chains = audit_verify(connection).chains
    if not chains:
        raise Http404("There is no audit of this connection.")
    (chain,) = chains
    if not chain.whole:
        return "The audit does not fit together any more. Please tell whoever runs this server."
    waits = f"; {chain.unsealed} newer rows are sealed within a second" if chain.unsealed else ""
    return f"The audit verifies: {chain.sealed} sealed rows fit together{waits}."
