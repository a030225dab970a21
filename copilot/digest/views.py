"""The digest's page, its presses, and its settings."""

from collections.abc import Callable
from datetime import date, time
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from approvals.counter_mode import covered_page
from approvals.errors import AlreadyDecided, DecisionError, NoRight
from approvals.permissions import MANAGER_RIGHT, Rights, requires
from approvals.services import decisions
from approvals.templatetags.desk import ago, first_name
from approvals.views.plainly import number_in
from copilot.digest import services
from copilot.digest.building import digest_make, row_make
from copilot.digest.models import Digest, DigestChoice
from copilot.digest.pace import pace_of
from copilot.digest.people import UNOPENED_DAYS, Reader, colleagues, reader_of
from copilot.digest.reading import place_asked, places_read
from copilot.digest.reviews import reviews_read
from copilot.digest.week import edition_of
from core import clock
from core.htmx import is_fragment, toast
from integrations.models import Location, User

View = Callable[..., HttpResponse]


def reads_digest(view: View) -> View:
    """For whom the digest is no part of their work, there is no such page."""
    guarded = requires(MANAGER_RIGHT)(view)

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return guarded(request, *args, **kwargs)
        except PermissionDenied as error:
            raise Http404("There is no digest for your role.") from error

    shown.required_rights = (MANAGER_RIGHT,)  # type: ignore[attr-defined]
    return shown


def _user(request: HttpRequest) -> User:
    user: Any = request.user
    return user


def _rights(request: HttpRequest) -> Rights:
    held: Rights = request.rights  # type: ignore[attr-defined]
    return held


@require_GET
@reads_digest
@covered_page("Digest")
def page(request: HttpRequest) -> HttpResponse:
    """Today's digest as it stands now; opening it is kept, and nothing else about the reader."""
    user, rights = _user(request), _rights(request)
    every = places_read(rights)
    chosen = str(request.GET.get("location", ""))
    places = [one for one in every if str(one.pk) == chosen] or every
    day = clock.now().astimezone(every[0].zone).date() if every else clock.now().date()
    row = Digest.objects.filter(user=user, day=day).first()
    last = row or Digest.objects.filter(user=user).order_by("-day").first()
    if row is None or row.opened_at is None:
        services.digest_opened(user=user)
    since = row.since if row is not None else None
    made = digest_make(user, rights, day, since=since, places=places, row=row)
    context = {
        "made": made,
        "chosen": chosen,
        "places": every,
        "last": last,
        "mail": mail_state(last),
        "pace": pace_of(user, places),
    }
    return render(request, "digest/page.html", context)


@require_GET
@reads_digest
@covered_page("The week")
def week(request: HttpRequest) -> HttpResponse:
    """What last week took, what was unusual, and what the coming days should bring."""
    now = clock.now()
    editions = [
        edition_of(place, now.astimezone(place.zone).date())
        for place in places_read(_rights(request))
    ]
    return render(request, "digest/week.html", {"editions": editions})


@require_GET
@reads_digest
@covered_page("Reviews")
def reviews(request: HttpRequest) -> HttpResponse:
    """One location's reviews week by week, by theme and by whose visits they were."""
    rights = _rights(request)
    places, place = place_asked(rights, str(request.GET.get("location", "")))
    shown = reviews_read(rights, place, clock.now()) if place else None
    context = {"places": places, "place": place, "shown": shown}
    return render(request, "digest/reviews.html", context)


def mail_state(row: Digest | None) -> str:
    """What became of the mail, in a sentence; '' where there is nothing to say."""
    if row is None:
        return ""
    if row.state == Digest.State.DEAD:
        return _("The mail was not sent: %(why)s") % {"why": row.last_error}
    if row.state != Digest.State.DONE:
        if row.last_error:
            return _("The mail is not sent yet: %(why)s It is tried again.") % {
                "why": row.last_error
            }
        return ""
    words: dict[str, str] = {
        Digest.Outcome.SKIPPED: _("No mail on this day: %(why)s.") % {"why": _(row.why or "off")},
        Digest.Outcome.LATE: _("No mail: its time had passed when the product was back."),
    }
    return words.get(row.outcome, row.why)


def press(view: Callable[..., str]) -> View:
    """A press on a row: answered with the row as it is now, and with a sentence."""

    @wraps(view)
    def pressing(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        place = _place(request)
        said, kind = "", "good"
        try:
            said = view(request, place, *args, **kwargs)
        except NoRight as error:
            raise Http404(error.plain) from error
        except AlreadyDecided as error:
            who = error.who or _("Somebody")
            said = _("%(who)s was faster, %(ago)s.") % {"who": who, "ago": ago(error.when)}
            kind = "bad"
        except DecisionError as error:
            said, kind = error.plain, "bad"
        return _answer(request, place, said, kind)

    guarded: View = require_POST(reads_digest(pressing))
    guarded.required_rights = (MANAGER_RIGHT,)  # type: ignore[attr-defined]
    return guarded


def _place(request: HttpRequest) -> Location:
    """A location whose digest this person reads; any other is not there."""
    pk = number_in(request, "location")
    if not _rights(request).has(pk, MANAGER_RIGHT):
        raise Http404("No such location.")
    return Location.objects.select_related("connection").get(pk=pk)


def _day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(str(request.POST.get("day", "")))
    except ValueError:
        return clock.now().date()


def _key(request: HttpRequest) -> str:
    return str(request.POST.get("key", ""))[:40]


def _answer(request: HttpRequest, place: Location, said: str, kind: str) -> HttpResponse:
    if not is_fragment(request):
        (messages.success if kind == "good" else messages.warning)(request, said)
        return redirect("digest")
    row = row_make(_user(request), _rights(request), _day(request), place, _key(request))
    context = {"row": row, "day": _day(request), "several": len(_rights(request).locations) > 1}
    response = render(request, "digest/_row.html", context)
    return toast(response, said, kind)


@press
def fine(request: HttpRequest, place: Location) -> str:
    words = {"location_id": place.pk, "day": _day(request), "key": _key(request)}
    if request.POST.get("back_again"):
        services.row_not_fine(user=_user(request), **words)  # type: ignore[arg-type]
        return _("It is on the list again.")
    services.row_fine(user=_user(request), **words)  # type: ignore[arg-type]
    return _("Marked as fine.")


@press
def approve(request: HttpRequest, place: Location, item_id: int) -> str:
    """The ordinary approval, of exactly the text that stands in the row."""
    made = decisions.item_approve(
        user=_user(request),
        item_id=item_id,
        revision_id=number_in(request, "revision"),
        evidence_sha256=str(request.POST.get("evidence", ""))[:64],
    )
    name = first_name(made.item.client) if made.item else ""
    return _("Goes to %(name)s.") % {"name": name}


@press
def undo(request: HttpRequest, place: Location, item_id: int) -> str:
    decisions.item_undo(user=_user(request), item_id=item_id)
    return _("Taken back. Nothing was sent.")


@reads_digest
@require_http_methods(["GET", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    """When it comes, on which days not, who covers, and what happens when it is never opened."""
    reader = reader_of(_user(request))
    if reader is None:
        raise Http404("There is no digest for your role.")
    wrong = ""
    if request.method == "POST":
        try:
            services.choice_save(user=reader.user, **_wishes(request))
        except (DecisionError, ValueError) as error:
            wrong = getattr(error, "plain", "") or _("Please give the time as hours and minutes.")
        else:
            messages.success(request, _("Saved."))
            return redirect("digest-settings")
    context = _settings_context(reader) | {"wrong": wrong}
    return render(request, "digest/settings.html", context, status=422 if wrong else 200)


def _wishes(request: HttpRequest) -> dict[str, Any]:
    """The form as the service takes it; raises ValueError where a time or a day is none."""
    said = request.POST
    days = [int(one) for one in said.getlist("off") if one in tuple("0123456")]
    away = tuple(
        date.fromisoformat(said[name]) if said.get(name) else None
        for name in ("away_from", "away_until")
    )
    return {
        "at": time.fromisoformat(said.get("at", "")),
        "by_mail": said.get("by_mail") == "1",
        "place_id": number_in(request, "place") or None,
        "days_off": days,
        "away": away,
        "cover_id": number_in(request, "cover") or None,
    }


def _settings_context(reader: Reader) -> dict[str, Any]:
    last = Digest.objects.filter(user=reader.user).order_by("-day").first()
    return {
        "reader": reader,
        "choice": DigestChoice.objects.filter(user=reader.user).first() or reader.choice,
        "weekdays": [(number, name) for number, name in sorted(WEEKDAYS.items())],
        "colleagues": colleagues(reader),
        "unopened_days": UNOPENED_DAYS,
        "last": last,
        "mail": mail_state(last),
    }
