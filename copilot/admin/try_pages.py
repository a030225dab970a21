"""What a change would have made of the last drafts: old beside new, while it is being worked."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from agents.diffs import Difference, word_diff
from agents.models import TryRow, TryRun
from agents.registry import agents
from agents.trying import try_progress
from approvals.facts import Span
from approvals.views.context import Piece, visible
from copilot.admin.base import tuned_locations
from core.work import WorkRow

FAILED = "This one could not be written. An admin can see why in the worker's log."


@dataclass(frozen=True)
class Shown:
    """One draft: as it was, and as it would be with every fact drawn."""

    row: TryRow
    title: str
    old: list[Difference]
    pieces: list[Piece]

    @property
    def waits(self) -> bool:
        return self.row.state in (WorkRow.State.WAITING, WorkRow.State.LEASED)

    @property
    def same(self) -> bool:
        return bool(self.row.body) and self.row.body == self.row.old_body

    @property
    def why_nothing(self) -> str:
        return self.row.why_nothing or (FAILED if self.row.state == WorkRow.State.DEAD else "")

    @property
    def odd(self) -> list[str]:
        return [piece.text for piece in self.pieces if piece.kind in ("odd", "unprintable")]

    @property
    def tokens(self) -> int:
        return self.row.input_tokens + self.row.output_tokens


def seen_tries(request: HttpRequest) -> QuerySet[TryRun]:
    rows = TryRun.objects.select_related("location")
    own = tuned_locations(request)
    return rows if own is None else rows.filter(location__in=own)


def tried(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; it asks for its rows again until every one is there."""
    return render(request, "agents/try.html", _context(request, pk))


def rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows alone, for htmx."""
    return render(request, "agents/_try_rows.html", _context(request, pk))


def _context(request: HttpRequest, pk: int) -> dict[str, Any]:
    made = get_object_or_404(seen_tries(request), pk=pk)
    found = made.rows.select_related("run__item").order_by("-run_id")
    join = "&" if "?" in made.back else "?"
    return {
        "made": made,
        "agent": agents.get(made.agent),
        "progress": try_progress(made),
        "rows": [_shown(row) for row in found],
        "back": f"{made.back}{join}tried={made.pk}" if made.back else "",
        "all_standard": all(row.writer == "template" for row in found if row.body),
    }


def _shown(row: TryRow) -> Shown:
    item = row.run.item
    title = item.title if item else f"Draft of {row.run.created_at:%b %d}"
    old = [one for one in word_diff(row.old_body, row.body) if one.kind != "added"]
    plain = [Difference("same", row.old_body)] if row.old_body else []
    return Shown(row, title, old if row.body else plain, _pieces(row))


def _pieces(row: TryRow) -> list[Piece]:
    """The new text cut at its facts, as the desk would see it."""
    found: list[Piece] = []
    at = 0
    for fact in row.facts:
        span = Span(**fact)
        found += visible(row.body[at : span.start])
        said = f"Checked against {span.source or 'the records'}"
        kind, title = ("ok", said) if span.verified else ("odd", f"This {span.why}.")
        found.append(Piece(row.body[span.start : span.end], kind, title))
        at = span.end
    return found + visible(row.body[at:])
