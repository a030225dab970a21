"""The page behind a claim link: no sign-in, no script, no cookie; a GET changes nothing.

Link scanners and previews fetch without asking, so only the POST of one of its buttons answers.
The unguessable link is the right to answer: there is no session to protect, hence no CSRF token.
"""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from approvals.ladders import claims, texts, words
from approvals.ladders.claims import ClaimResult
from approvals.ladders.policy import policy_from
from approvals.ladders.since import since_filled
from approvals.ladders.throttle import too_many
from approvals.models import Offer, Opening
from core import clock
from integrations.hours import client_zone

STATUS = {"unknown": 404}
ANSWERS = {"yes": False, "yes_keep": True}


@csrf_exempt
def claim(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the slot; POST takes it (``answer=yes`` or ``yes_keep``) or declines (``no``)."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})
    if too_many(request.META.get("REMOTE_ADDR", ""), token):
        return _page(ClaimResult("unknown"), {"outcome": "too_many"}, 429)
    if request.method != "POST":
        return _page(claims.seen(token), {"token": token})
    answer = request.POST.get("answer", "")
    if answer in ANSWERS:
        result = claims.claim(token=token, by="link", keep_old=ANSWERS[answer])
    elif answer == "no":
        result = claims.decline(token=token, by="link")
    else:
        result = claims.seen(token)
    if result.outcome in {"won", "already_yours", "request_received", "declined"}:
        # A reload of the page that follows repeats nothing.
        return _private(redirect("claim", token=token))
    return _page(result, {"token": token})


def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """The appointment for the phone's calendar, for who has it."""
    result = claims.seen(token)
    offer, opening = result.offer, result.opening
    if offer is None or opening is None or offer.state != Offer.State.ACCEPTED:
        return _page(ClaimResult("unknown"), {}, 404)
    visit = since_filled(opening, clock.now())
    if visit.became in {"cancelled", "past"}:
        return _page(result, {"token": token}, 404)
    # In memory only: the file holds the hour the visit has by now.
    opening.starts_at, opening.ends_at = visit.starts_at, visit.ends_at
    response = HttpResponse(ics(offer, opening), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return _private(response)


def ics(offer: Offer, opening: Opening) -> str:
    """One event (RFC 5545), lines folded at 75 octets."""
    place = opening.location
    service = _service(offer, opening)
    at = "en" if words.language_of(offer.client) == "es" else "at"
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Front Desk Copilot//EN",
        "BEGIN:VEVENT",
        f"UID:offer-{offer.pk}-{offer.token_sha256[:12]}@front-desk-copilot",
        f"DTSTAMP:{_stamp(clock.now())}",
        f"DTSTART:{_stamp(opening.starts_at)}",
        f"DTEND:{_stamp(opening.ends_at)}",
        f"SUMMARY:{_ics_text(f'{service} {at} {place.name}')}",
        f"LOCATION:{_ics_text(place.address or place.name)}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _folded(line: str) -> list[str]:
    parts, part = [], ""
    for char in line:
        if len((part + char).encode()) > 73:
            parts.append(part)
            part = " "
        part += char
    return [*parts, part]


def _ics_text(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text.replace("\r", "")


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _service(offer: Offer, opening: Opening) -> str:
    if offer.entry is not None and offer.entry.service is not None:
        return offer.entry.service.name
    return texts.service_name(opening) or "appointment"


def _page(result: ClaimResult, more: dict[str, object], status: int = 0) -> HttpResponse:
    """Rendered without the request: no session is read and no cookie set."""
    context: dict[str, object] = {"outcome": result.outcome, "language": "en"}
    if result.offer is not None and result.opening is not None:
        context |= _facts(result.offer, result.opening, result)
    context |= more
    code = status or STATUS.get(result.outcome, 200)
    if "token" in more:
        context["calendar"] = reverse("claim-calendar", args=[more["token"]])
    return _private(HttpResponse(render_to_string("claim/page.html", context), status=code))


def _facts(offer: Offer, opening: Opening, result: ClaimResult) -> dict[str, object]:
    """What the page may show: the slot and a first name, nothing else about the client."""
    place, language = opening.location, words.language_of(offer.client)
    visit = since_filled(opening, clock.now()) if result.booked else None
    price = opening.price
    if offer.entry is not None and offer.entry.service_id not in {None, opening.service_id}:
        price = offer.entry.service.price if offer.entry.service else None
    return {
        "language": language,
        "salon": place,
        "first_name": "" if offer.client.plain_texts else offer.client.first_name,
        "service": _service(offer, opening),
        "staff": opening.staff.name if opening.staff else "",
        "day": words.day(opening.starts_at, place.zone, language),
        "hour": words.hour(opening.starts_at, place.zone),
        "their_hour": _their_hour(offer, opening),
        "price": words.money(price, opening.currency),
        "rule": policy_from(opening.terms).cancellation_rule,
        "instead": texts.instead_words(offer.instead_of, opening, language),
        "gave_up": offer.gives_up,
        "booked": result.booked,
        "became": visit.became if visit else "",
        "now_at": words.moment(visit.starts_at, place.zone, language) if visit else "",
        "suggestions": [
            {
                "when": words.moment(one.starts_at, place.zone, language),
                "staff": one.staff_name,
            }
            for one in result.suggestions
        ],
    }


def _their_hour(offer: Offer, opening: Opening) -> str:
    """The hour on the client's own clock, where it shows another one."""
    zone, _ = client_zone(offer.client, opening.location)
    here, there = (words.hour(opening.starts_at, one) for one in (opening.location.zone, zone))
    return there if here != there else ""


def _private(response: HttpResponse) -> HttpResponse:
    """The address itself is the right to answer: it must not travel on, be stored or be found."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store, private"
    return response
