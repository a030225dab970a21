"""What is known of a client before a visit, from the working copy: for the brief and the desk."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from agents.health import Sentence, health_in, sentences_of, touching
from approvals.models import Mishap
from integrations.models import Appointment, Client, Feedback, FormResponse

LAST = 3
LOW_STARS = 2
YEARS = timedelta(days=800)
# Answers of a form that say there is nothing to say.
NOTHING = re.compile(r"(?i)(?:no(?:ne|thing)?|n/?a|ningun[ao]?|nada|nunca|never|-)\W*")


@dataclass(frozen=True)
class Known:
    """``visits``: the last ones, newest first. ``problems``: what went wrong at them, in words.
    ``health``: sentences that speak of health; ``touching``: of these, those about this service.
    ``forms``: names of forms that are missing or expired."""

    visits: Sequence[Appointment] = ()
    problems: Sequence[str] = ()
    wishes: Sequence[tuple[str, str]] = ()
    goals: Sequence[str] = ()
    health: Sequence[Sentence] = ()
    touching: Sequence[Sentence] = ()
    forms: Sequence[str] = ()


def known_of(visit: Appointment, as_of: datetime) -> Known:
    """Of one visit; it comes with client, service and location."""
    return knowns_of([visit], as_of).get(visit.pk, Known())


def knowns_of(
    visits: Sequence[Appointment], as_of: datetime, past_of: Iterable[Appointment] | None = None
) -> dict[int, Known]:
    """{visit: what is known}, in four queries however many there are.

    ``past_of``: the visits before which earlier ones and their problems are wanted (all of them
    when None); where there is none, one query is left.
    """
    visits = [one for one in visits if one.client_id is not None]
    everybody = {one.client_id for one in visits}
    if not everybody:
        return {}
    clients = everybody if past_of is None else everybody & {one.client_id for one in past_of}
    past = _by_client(
        Appointment.objects.filter(
            client__in=clients,
            starts_at__lt=as_of,
            starts_at__gt=as_of - YEARS,
            status=Appointment.Status.COMPLETED,
            deleted_at=None,
        ).order_by("-starts_at", "-pk")
    )
    forms = _by_client(
        FormResponse.objects.filter(client__in=everybody, deleted_at=None).order_by("name", "pk")
    )
    wrong = _by_client(Mishap.objects.filter(client__in=clients).order_by("-at"))
    low = _by_client(
        Feedback.objects.filter(
            client__in=clients, rating__gt=0, rating__lte=LOW_STARS, deleted_at=None
        ).order_by("-given_at")
    )
    return {
        one.pk: _known(one, past[one.client_id], forms[one.client_id], wrong[one.client_id],
                       low[one.client_id])
        for one in visits
    }  # fmt: skip


def _by_client(rows: Iterable[Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.client_id].append(row)
    return found


def _known(
    visit: Appointment,
    past: Sequence[Appointment],
    forms: Sequence[FormResponse],
    wrong: Sequence[Mishap],
    low: Sequence[Feedback],
) -> Known:
    client = visit.client
    if client is None:
        return Known()
    here = [one for one in past if one.location_id == visit.location_id and one.pk != visit.pk]
    last = [one for one in here if one.starts_at < visit.starts_at][:LAST]
    written = written_in(client, forms)
    service = visit.service_name or (visit.service.name if visit.service else "")
    return Known(
        visits=last,
        problems=_problems(last, wrong, low),
        wishes=_wishes(client),
        goals=[one.text for one in written if one.text.casefold().startswith(("goal", "meta"))],
        health=health_in(written),
        touching=touching(service, written),
        forms=forms_missing(visit, forms),
    )


def written_of(client: Client) -> list[Sentence]:
    """Notes and the answers of forms, sentence by sentence; never read by a model."""
    forms = FormResponse.objects.filter(client=client, deleted_at=None)
    return written_in(client, list(forms.order_by("name", "pk")))


def written_in(client: Client, forms: Sequence[FormResponse]) -> list[Sentence]:
    found = sentences_of(client.notes, "notes")
    for form in [one for one in forms if one.complete][:20]:
        answers = form.answers if isinstance(form.answers, dict) else {}
        for asked, answer in answers.items():
            if isinstance(answer, str) and answer.strip() and not NOTHING.fullmatch(answer.strip()):
                # With its question mark the question would stand alone, and name what nobody has.
                found += sentences_of(f"{asked.rstrip('?: ')}: {answer}", form.name)
    return list(dict.fromkeys(found))


def _problems(
    last: Sequence[Appointment], wrong: Sequence[Mishap], low: Sequence[Feedback]
) -> list[str]:
    """Something went wrong, few stars, or a redo: at one of the last visits."""
    ids = {one.pk for one in last}
    found = [
        f"Something went wrong: {one.words}" if one.words else "Something went wrong"
        for one in wrong
        if one.appointment_id in ids
    ]
    found += [
        f"{one.rating} star{'' if one.rating == 1 else 's'}: {one.text[:160]}".rstrip(": ")
        for one in low
        if one.appointment_id in ids
    ]
    redone = [one for one in last if "redo" in f"{one.service_name} {one.notes}".casefold()]
    return [*found, *(f"Redo of {one.service_name}" for one in redone)]


def _wishes(client: Client) -> list[tuple[str, str]]:
    held = client.preferences if isinstance(client.preferences, dict) else {}
    # Lists of hours and of staff are for the calendar, not for reading out.
    return [
        (str(name).replace("_", " "), str(value))
        for name, value in held.items()
        if isinstance(value, str | int) and value != "" and name != "channel"
    ]


def forms_missing(visit: Appointment, forms: Sequence[FormResponse]) -> list[str]:
    """Forms asked of the client that are not filled in or have expired, and the one this service
    needs where there is none at all."""
    day = visit.starts_at.astimezone(visit.location.zone).date()
    good = {one.name for one in forms if _good(one, day)}
    missing = [one.name for one in forms if not _good(one, day)]
    wanted = visit.service.form_required if visit.service else ""
    if wanted:
        missing.append(wanted)
    return list(dict.fromkeys(name for name in missing if name not in good))


def _good(form: FormResponse, day: date) -> bool:
    return form.complete and (form.expires_on is None or form.expires_on >= day)
