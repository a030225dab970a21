"""People: who can sign in, invitations, and grants by hand."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from copilot.connect.access import connections_of, locations_of, tunes, user_of
from core import clock
from integrations.accounts import InvitationError, invitation_create, invitation_link
from integrations.models import HandGrant, Invitation, StaffMember
from integrations.models.rights import ROLES
from integrations.roles import grant_end

ROLE_WORDS = {
    "owner": "Owner",
    "manager": "Manager",
    "front_desk": "Front desk",
    "provider": "Therapist or stylist",
}


@require_GET
@tunes
def index(request: HttpRequest) -> HttpResponse:
    places = locations_of(request)
    context = {
        "staff": _staff(request),
        "grants": HandGrant.objects.filter(location__in=places)
        .select_related("user", "location")
        .order_by("user__name"),
        "places": places,
        "roles": [(role, ROLE_WORDS[role]) for role in ROLES],
        "held": connections_of(request).filter(syncs__held=True).distinct(),
    }
    return render(request, "connect/people.html", context)


def _staff(request: HttpRequest) -> list[dict[str, Any]]:
    """Everybody on the staff of one's own locations, with where their sign-in stands."""
    places = {place.external_id: place.name for place in locations_of(request)}
    rows = StaffMember.objects.filter(
        connection__in=connections_of(request), active=True, deleted_at=None
    )
    open_ones = Invitation.objects.filter(
        staff__isnull=False, used_at=None, expires_at__gt=clock.now()
    )
    asked = dict(open_ones.values_list("staff_id", "expires_at"))
    return [
        {
            "member": member,
            "roles": ", ".join(_roles(member, places)),
            "invited_until": asked.get(member.pk),
        }
        for member in rows.select_related("user").order_by("name")
        if _roles(member, places) or user_of(request).is_superuser
    ]


def _roles(member: StaffMember, places: dict[str, str]) -> list[str]:
    return [
        f"{ROLE_WORDS.get(said['role'], said['role'])} at {places[said['location']]}"
        for said in member.roles
        if said.get("location") in places
    ]


@require_POST
@tunes
def invite_staff(request: HttpRequest, pk: int) -> HttpResponse:
    member = next((row["member"] for row in _staff(request) if row["member"].pk == pk), None)
    if member is None:
        raise Http404
    return _invite(request, staff=member, email=request.POST.get("email", ""))


@require_POST
@tunes
def invite_by_hand(request: HttpRequest) -> HttpResponse:
    """A temp, a virtual receptionist, the owner's partner: one role at one location."""
    wanted = request.POST.get("location", "")
    place = next((one for one in locations_of(request) if str(one.pk) == wanted), None)
    role = request.POST.get("role", "")
    return _invite(
        request,
        location=place,
        role=role if role in ROLES else "",
        email=request.POST.get("email", ""),
        name=request.POST.get("name", ""),
        ends_on=_day(request.POST.get("ends_on", "")),
    )


def _invite(request: HttpRequest, **wanted: Any) -> HttpResponse:
    try:
        invitation, token = invitation_create(actor=user_of(request).as_actor(), **wanted)
        messages.success(request, _went(invitation, token))
    except InvitationError as wrong:
        messages.error(request, wrong.plain)
    return redirect("people")


def _went(invitation: Invitation, token: str) -> str:
    """Without a mail server the link would only be in a log: the inviter passes it on."""
    if not settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        return f"An invitation is on its way to {invitation.email}."
    link = invitation_link(token)
    return (
        f"No mail server is set up, so nothing was sent. Give {invitation.name} this link yourself."
        f" It works once: {link}"
    )


@require_POST
@tunes
def end_grant(request: HttpRequest, pk: int) -> HttpResponse:
    grant = HandGrant.objects.filter(pk=pk, location__in=locations_of(request)).first()
    if grant is None:
        raise Http404
    name = grant.user.name
    grant_end(actor=user_of(request).as_actor(), grant=grant)
    messages.success(request, f"{name} no longer has that role.")
    return redirect("people")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
