"""The calendar's appointments and the waitlist: who comes is drawn by code, a model gets counts."""

from datetime import datetime, time, timedelta

from django.db.models import Q
from django.urls import reverse
from pydantic import Field

from approvals.selectors.visits import visits_seen
from approvals.waiting_words import windows_words
from approvals.writing_rules import RIGHT
from copilot.ask.asker import Asker
from copilot.ask.spoken_days import days_read
from copilot.ask.spoken_hours import Text
from copilot.ask.tools.base import Found, Params, tool
from copilot.ask.tools.clients import handle_read
from copilot.ask.tools.matching import services_named, staff_named
from copilot.ask.veil import Veil
from integrations.folding import fold
from integrations.models import Appointment, WaitlistEntry

MOST = 60


class When(Params):
    when: str = Field(default="today", max_length=120, description="Days in plain words.")
    client: str = Field(default="", max_length=40, description="A handle, or nothing for all.")
    staff: str = Field(default="", max_length=80, description="One person's appointments only.")


class What(Params):
    service: str = Field(default="", max_length=120, description="A service, or nothing for all.")


@tool(
    "appointments",
    "Appointments of some days, of everybody or of one client or one member of staff: how many.",
    When,
    rights=(RIGHT,),
    of_clients=True,
)
def appointments(asker: Asker, said: When, veil: Veil) -> Found:
    days = days_read(Text(fold(said.when)), asker.today)
    first = days.first if days.said or not said.client else asker.today
    last = days.last if days.said or said.client else asker.today
    zone = asker.location.zone
    rows = Appointment.objects.filter(
        visits_seen(asker.rights),
        location=asker.location,
        deleted_at=None,
        starts_at__gte=datetime.combine(first, time(), zone),
        starts_at__lt=datetime.combine(last + timedelta(days=1), time(), zone),
    ).exclude(status=Appointment.Status.CANCELLED)
    if said.client:
        rows = rows.filter(client=handle_read(asker.rights, veil, said.client))
    if said.staff:
        rows = rows.filter(staff__in=staff_named(asker.location, said.staff))
    found = [
        one
        for one in rows.select_related("client").order_by("starts_at", "pk")[: MOST + 1]
        if one.starts_at.astimezone(zone).date() in days
    ]
    clients = tuple(dict.fromkeys(one.client_id for one in found if one.client_id))
    told = f"{len(found)} appointments of {len(clients)} clients, shown on the page."
    if said.client:
        told = f"{said.client} has {len(found)} appointments then:\n" + "\n".join(
            f"{one.starts_at.astimezone(zone):%Y-%m-%d %H:%M}: {one.service_name}" for one in found
        )
    source = ("today", f"{reverse('today')}?day={first.isoformat()}&location={asker.location.pk}")
    block = {"kind": "visits", "ids": [one.pk for one in found[:MOST]], "more": len(found) > MOST}
    return Found(told, (block,), (source,), clients)


@tool(
    "waitlist",
    "Who waits for a service or for anything: how many, and for which services.",
    What,
    rights=("review_offers",),
    of_clients=True,
)
def waitlist(asker: Asker, said: What, veil: Veil) -> Found:
    rows = WaitlistEntry.objects.filter(
        location=asker.location, status__in=["waiting", "offered"], deleted_at=None
    )
    if said.service:
        named = services_named(asker.location, said.service)
        rows = rows.filter(Q(service__in=named) | Q(service=None)) if named else rows
    found = list(rows.select_related("client", "service").order_by("waiting_since", "pk")[:MOST])
    counts: dict[str, int] = {}
    for one in found:
        name = one.service.name if one.service else "anything"
        counts[name] = counts.get(name, 0) + 1
    told = f"{len(found)} wait: " + ", ".join(f"{n} for {name}" for name, n in counts.items())
    block = {
        "kind": "waiting",
        "ids": [one.pk for one in found],
        "hours": {str(one.pk): windows_words(one.windows) for one in found},
    }
    source = ("waitlist", reverse("waitlist"))
    return Found(told, (block,), (source,), tuple(one.client_id for one in found))
