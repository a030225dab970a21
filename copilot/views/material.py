"""What the salon answers from: its texts and files, looked after by whoever tunes agents there."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from agents.knowledge.files import MEGABYTE, MOST_BYTES, READERS, Unreadable
from agents.knowledge.fitting import fit_wanted
from agents.knowledge.indexing import (
    About,
    Kept,
    knowledge_file_put,
    knowledge_retire,
    knowledge_revert,
    knowledge_text_put,
)
from agents.models import KnowledgeSource, KnowledgeVersion
from approvals.permissions import requires
from copilot.ask.asker import place_chosen
from copilot.shell import Shell
from core import clock
from integrations.folding import fold
from integrations.models import Location

RIGHT = "tune_agents"
LONGEST_TEXT = 200_000
TOO_LARGE = "{name} has {size:.0f} MB; at most {most} MB can be read. Split it, or paste the part."


class MaterialForm(forms.Form):
    """One text or file. Either is enough; both is one too many."""

    title = forms.CharField(max_length=160, help_text="As the desk will see it: “Our policies”.")
    kind = forms.ChoiceField(
        choices=[one for one in KnowledgeSource.Kind.choices if one[0] != "hours"], initial="policy"
    )
    text = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Headings begin with #. A line that ends with a question mark is a question.",
    )
    file = forms.FileField(
        required=False,
        help_text=f"{', '.join(sorted(READERS))}, at most {MOST_BYTES // MEGABYTE} MB.",
        widget=forms.FileInput(attrs={"accept": ",".join(sorted(READERS))}),
    )
    valid_from = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    valid_until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("valid_from"), said.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", "This is before the first day.")
        if bool(said.get("text", "").strip()) == bool(said.get("file")):
            self.add_error("text", "Type or paste a text, or choose a file: one of the two.")
        upload = said.get("file")
        if upload and upload.size > MOST_BYTES:
            size, most = upload.size / MEGABYTE, MOST_BYTES // MEGABYTE
            self.add_error("file", TOO_LARGE.format(name=upload.name, size=size, most=most))
        return said


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def index(request: HttpRequest) -> HttpResponse:
    """Every source of a location; ``act`` is add or read (the platform once more)."""
    shell, place, places = _where(request)
    form = MaterialForm()
    if request.method == "POST" and request.POST.get("act") == "read":
        fit_wanted(place.connection, read=True)
        messages.success(request, "It is being read. What changed stands here in a moment.")
        return redirect(f"{request.path}?at={place.pk}")
    if request.method == "POST":
        form = MaterialForm(request.POST, request.FILES)
        if form.is_valid() and _added(request, place, form):
            return redirect(f"{request.path}?at={place.pk}")
    sources = [(one, _problem(one)) for one in _sources(place)]
    context = {"shell": shell, "place": place, "places": places, "form": form, "sources": sources}
    return render(request, "ask/material.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source as it is searched, its versions; ``act`` is retire or revert."""
    shell, place, _ = _where(request)
    tuned = shell.rights.locations_with(RIGHT)
    found = get_object_or_404(_seen(shell, tuned), pk=pk)
    user: Any = request.user
    if request.method == "POST":
        _allowed(found, tuned)
        if request.POST.get("act") == "retire":
            knowledge_retire(actor=user.as_actor(), source=found)
            messages.success(request, f"{found.title} is no longer answered from.")
        else:
            _reverted(request, found)
        return redirect("material-source", pk=pk)
    versions = list(found.versions.defer("pieces"))
    current = found.versions.filter(current=True).first()
    context = {
        "shell": shell,
        "source": found,
        "place": place,
        "versions": versions,
        "current": current,
        "today": clock.now().astimezone(place.zone).date(),
    }
    return render(request, "ask/source.html", context)


def _where(request: HttpRequest) -> tuple[Shell, Location, list[Location]]:
    shell = Shell(request)
    places = [place for place in shell.locations if shell.rights.has(place.pk, RIGHT)]
    said = str(request.POST.get("at") or request.GET.get("at", ""))
    return shell, place_chosen(places, said), places


def _sources(place: Location) -> list[KnowledgeSource]:
    rows = KnowledgeSource.objects.filter(connection=place.connection_id)
    mine = rows.filter(location=place) | rows.filter(location=None)
    counted = mine.annotate(pieces=Count("chunks")).order_by("retired_at", "kind", "title", "pk")
    # A list needs no version's text, and a salon's whole menu lies in each.
    newest = KnowledgeVersion.objects.defer("pieces")
    return list(counted.prefetch_related(Prefetch("versions", newest)))


def _problem(found: KnowledgeSource) -> str:
    """Why the newest version was not taken, if it was not."""
    newest = next(iter(found.versions.all()), None)
    return newest.problem if newest is not None else ""


def _seen(shell: Shell, tuned: list[int]) -> QuerySet[KnowledgeSource]:
    accounts = {place.connection_id for place in shell.locations if place.pk in tuned}
    rows = KnowledgeSource.objects.filter(connection__in=accounts)
    return rows.filter(location__in=tuned) | rows.filter(location=None)


def _allowed(found: KnowledgeSource, tuned: list[int]) -> None:
    """What every location answers from is changed by who tunes every one of them."""
    every = Location.objects.filter(connection=found.connection_id, deleted_at=None)
    if found.location_id is None and every.exclude(pk__in=tuned).exists():
        raise PermissionDenied("This is used at locations that you do not look after.")


def _added(request: HttpRequest, place: Location, form: MaterialForm) -> bool:
    said = form.cleaned_data
    try:
        kept = _put(request, place, said)
    except Unreadable as error:
        form.add_error("file" if said["file"] else "text", str(error))
        return False
    fit_wanted(place.connection)
    what = "is answered from now" if kept.changed else "says the same as before"
    messages.success(request, f"{said['title']} {what}.")
    return True


def _put(request: HttpRequest, place: Location, said: dict[str, Any]) -> Kept:
    user: Any = request.user
    upload: UploadedFile | None = said["file"]
    about = About(
        key=f"own:{fold(said['title'])}"[:160],
        title=said["title"],
        kind=said["kind"],
        origin=KnowledgeSource.Origin.FILE if upload else KnowledgeSource.Origin.TEXT,
        valid_from=_day(said["valid_from"]),
        valid_until=_day(said["valid_until"]),
    )
    where: dict[str, Any] = {
        "actor": user.as_actor(),
        "connection": place.connection,
        "location": place,
        "about": about,
    }
    if upload is None:
        return knowledge_text_put(**where, text=said["text"])
    return knowledge_file_put(**where, name=str(upload.name), data=upload.read())


def _day(said: Any) -> date | None:
    return said if isinstance(said, date) else None


def _reverted(request: HttpRequest, found: KnowledgeSource) -> None:
    number, user = str(request.POST.get("number", "")), request.user
    if not number.isdigit() or not found.versions.filter(number=number, problem="").exists():
        raise Http404("There is no such version.")
    actor: Any = user
    knowledge_revert(actor=actor.as_actor(), source=found, number=int(number))
    fit_wanted(found.connection)
    messages.success(request, f"Version {number} is answered from again.")
