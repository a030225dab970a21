"""Reviews week by week, what they are about, and whose visits they were. For managers only.

Read from the working copy with two statements; a review counts as unhappy as it does where it
raises a draft: few stars, or angry words under any number of them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agents.definitions.feedback import VISIT_WITHIN, unhappy
from agents.feedback.themes import THEMES, themes_of
from approvals.models import ApprovalItem
from approvals.permissions import Rights
from copilot.digest.windows import midnight
from copilot.quality.charts import Bar, Chart, stacked
from copilot.quality.stats import LEAST_MEAN, Sample, difference_or_none, mean_interval
from integrations.models import Appointment, Feedback, Location

WEEKS = 12
# What is new is told against as many weeks before.
LATELY = timedelta(weeks=4)
KIND_FROM = 4
MOST = 4000
LATEST = 10
Status = Appointment.Status


@dataclass(frozen=True)
class Review:
    """One review. ``on``: its local day; ``stars`` None where it has none."""

    pk: int
    on: date
    stars: int | None
    text: str
    unhappy: bool
    themes: tuple[str, ...]
    staff: str
    client_id: int | None
    client: str
    service: str

    @property
    def kind(self) -> bool:
        return not self.unhappy and (self.stars or 0) >= KIND_FROM


@dataclass(frozen=True)
class Week:
    monday: date
    kind: int = 0
    so_so: int = 0
    unhappy: int = 0

    @property
    def total(self) -> int:
        return self.kind + self.so_so + self.unhappy


@dataclass(frozen=True)
class ThemeLine:
    """``unhappy``/``kind``: reviews of the last four weeks that speak of it; ``before``: unhappy
    ones of the four weeks before. ``said``: what can be told of the change."""

    label: str
    unhappy: int
    kind: int
    before: int
    said: str


@dataclass(frozen=True)
class StaffLine:
    """``mean`` is a sentence with its interval and n, or that there is not enough yet."""

    name: str
    n: int
    unhappy: int
    mean: str
    about: str
    lately: str


@dataclass(frozen=True)
class Shown:
    """One location's reviews of the last twelve weeks. ``cut``: there were more than are read."""

    place: Location
    reviews: list[Review]
    weeks: list[Week]
    chart: Chart | None
    themes: list[ThemeLine]
    staff: list[StaffLine]
    latest: list[Review]
    drafts: dict[int, int] = field(default_factory=dict)
    cut: bool = False


def reviews_read(rights: Rights, place: Location, now: datetime) -> Shown:
    """Everything of the page. Whoever asks must hold the right to the location's digest."""
    today = now.astimezone(place.zone).date()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    found = list(_reviews(place, first, now))
    weeks = _weeks(found, first)
    latest = [one for one in found if one.unhappy][:LATEST]
    return Shown(
        place=place,
        reviews=found,
        weeks=weeks,
        chart=_chart(weeks),
        themes=_themes(found, today),
        staff=_staff(found, today),
        latest=latest,
        drafts=_drafts(rights, latest),
        cut=len(found) >= MOST,
    )


def theme_label(name: str) -> str:
    return {
        "waiting": _("Waiting, time"),
        "result": _("The result"),
        "manner": _("Manner, listening"),
        "price": _("Price, selling"),
        "clean": _("Cleanliness"),
        "body": _("Pain, skin"),
        "booking": _("Booking, being reached"),
        "room": _("Room, comfort"),
    }[name]


def _reviews(place: Location, first: date, now: datetime) -> Iterable[Review]:
    """Newest first. Whose visit it was: as the platform says, else the client's last one."""
    last = Appointment.objects.filter(
        client=OuterRef("client"),
        location=OuterRef("location"),
        status__in=[Status.COMPLETED, Status.CHECKED_IN],
        starts_at__lte=OuterRef("given_at"),
        starts_at__gte=OuterRef("given_at") - VISIT_WITHIN,
        deleted_at=None,
    ).order_by("-starts_at", "-pk")
    rows = Feedback.objects.filter(
        Q(location=place),
        given_at__gte=midnight(first, place.zone),
        given_at__lte=now,
        deleted_at=None,
    ).annotate(
        whose=Coalesce(
            "appointment__staff__name", F("appointment__staff_name"),
            Subquery(last.values("staff__name")[:1]),
        ),
        what=Coalesce("appointment__service_name", Subquery(last.values("service_name")[:1])),
    )  # fmt: skip
    for row in rows.select_related("client").order_by("-given_at", "-pk")[:MOST]:
        yield _review(row, place)


def _review(row: Any, place: Location) -> Review:
    client = row.client if row.client and row.client.deleted_at is None else None
    return Review(
        pk=row.pk,
        on=row.given_at.astimezone(place.zone).date(),
        stars=row.rating or None,
        text=row.text,
        unhappy=unhappy(row.rating, row.text),
        themes=themes_of(row.text),
        staff=row.whose or "",
        client_id=client.pk if client else None,
        client=client.short_name if client else "",
        service=row.what or "",
    )


def _weeks(found: Sequence[Review], first: date) -> list[Week]:
    counted: Counter[tuple[int, str]] = Counter()
    for one in found:
        kind = "unhappy" if one.unhappy else "kind" if one.kind else "so_so"
        counted[(one.on - first).days // 7, kind] += 1
    return [
        Week(
            first + timedelta(weeks=number),
            *(counted[number, kind] for kind in ("kind", "so_so", "unhappy")),
        )
        for number in range(WEEKS)
    ]


def _chart(weeks: Sequence[Week]) -> Chart | None:
    named = {"kind": _("kind"), "so_so": _("so-so"), "unhappy": _("unhappy")}
    return stacked(
        [
            Bar(
                date_format(week.monday, "M j"),
                [
                    (kind.replace("_", "-"), said, getattr(week, kind))
                    for kind, said in named.items()
                ],
            )
            for week in weeks
        ]
    )


def _themes(found: Sequence[Review], today: date) -> list[ThemeLine]:
    """What unhappy reviews are about lately, most often first; a theme nobody names is left out."""
    now = [one for one in found if one.on > today - LATELY]
    before = [one for one in found if today - 2 * LATELY < one.on <= today - LATELY]
    lines = []
    for name in THEMES:
        low, then = _about(now, name), _about(before, name)
        kind = sum(name in one.themes for one in now if one.kind)
        if low or then or kind:
            said = _change(low, len(now), then, len(before))
            lines.append(ThemeLine(theme_label(name), low, kind, then, said))
    return sorted(lines, key=lambda one: (-one.unhappy, -one.before, -one.kind))


def _about(reviews: Sequence[Review], name: str) -> int:
    return sum(name in one.themes for one in reviews if one.unhappy)


def _change(low: int, n: int, then: int, before: int) -> str:
    found = difference_or_none(low, n, then, before)
    if found is None:
        return _("not enough data yet")
    if found.has_zero:
        return _("no change can be told")
    return _("more than before") if found.value > 0 else _("less than before")


def _staff(found: Sequence[Review], today: date) -> list[StaffLine]:
    """Who has most unhappy ones first; those whose visits nobody knows stand last."""
    by_name: dict[str, list[Review]] = {}
    for one in found:
        by_name.setdefault(one.staff, []).append(one)
    lines = [_staff_line(name, mine, today) for name, mine in by_name.items()]
    return sorted(lines, key=lambda one: (not one.name, -one.unhappy, -one.n, one.name))


def _staff_line(name: str, mine: Sequence[Review], today: date) -> StaffLine:
    stars = Sample.of([float(one.stars) for one in mine if one.stars])
    about = Counter(theme for one in mine if one.unhappy for theme in one.themes)
    recent = [one for one in mine if one.on > today - LATELY]
    return StaffLine(
        name=name,
        n=len(mine),
        unhappy=sum(one.unhappy for one in mine),
        mean=_mean_said(stars),
        about=", ".join(theme_label(theme) for theme, _n in about.most_common(2)),
        lately=_("%(low)s of %(n)s") % {"low": sum(one.unhappy for one in recent), "n": len(recent)}
        if recent
        else "",
    )


def _mean_said(stars: Sample) -> str:
    found = mean_interval(stars)
    if found is None:
        return _("not enough data yet (n = %(n)s of %(least)s)") % {
            "n": stars.n,
            "least": LEAST_MEAN,
        }
    words = _("%(mean)s, between %(low)s and %(high)s (n = %(n)s)")
    low, high = max(found.low, 1.0), min(found.high, 5.0)
    return words % {
        "mean": f"{found.value:.1f}",
        "low": f"{low:.1f}",
        "high": f"{high:.1f}",
        "n": stars.n,
    }


def _drafts(rights: Rights, latest: Sequence[Review]) -> dict[int, int]:
    """{review: the draft that answers it} of those this person may see."""
    subjects = {f"feedback:{one.pk}": one.pk for one in latest}
    rows = ApprovalItem.real.filter(
        rights.visible(), agent="feedback", subject__in=subjects
    ).exclude(state=ApprovalItem.State.SUPERSEDED)
    return {
        subjects[subject]: pk for subject, pk in rows.order_by("pk").values_list("subject", "pk")
    }
