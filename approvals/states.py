"""The life of a draft as two tables: which steps exist, and what befalls it from outside.

The database refuses every other step (a trigger generated from ``TRANSITIONS``), the services ask
``REACTIONS`` which drafts a happening reaches, and docs/states.md is printed from both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from approvals.models import ApprovalItem

State = ApprovalItem.State


class Happening(StrEnum):
    NEWER_DRAFT = "newer draft"
    STOP = "STOP"
    STAFF_REPLY = "staff reply"
    FACT_CHANGED = "fact changed"
    MOMENT_PASSED = "moment passed"
    UNDO = "undo"
    LEASE_LOST = "lease lost"


# From each state, the states a draft may go to. What is missing here cannot happen.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.DRAFTING: frozenset({State.PENDING, State.SUPERSEDED, State.WITHDRAWN, State.MISSED}),
    State.PENDING: frozenset(
        {
            State.DRAFTING,
            State.APPROVED,
            State.MANUAL,
            State.REJECTED,
            State.SUPERSEDED,
            State.STALE,
            State.MISSED,
            State.WITHDRAWN,
            State.BY_HAND,
        }
    ),
    State.APPROVED: frozenset(
        {
            State.PENDING,
            State.SENDING,
            State.MANUAL,
            State.STALE,
            State.MISSED,
            State.WITHDRAWN,
            State.SUPERSEDED,
            State.FAILED,
        }
    ),
    # Back to approved, or superseded, only when certainly nothing was applied.
    State.SENDING: frozenset(
        {State.SENT, State.FAILED, State.UNKNOWN, State.APPROVED, State.SUPERSEDED}
    ),
    # The platform may report hours later that a message could not be delivered.
    State.SENT: frozenset({State.FAILED}),
    State.STALE: frozenset(
        {
            State.DRAFTING,
            State.PENDING,
            State.REJECTED,
            State.SUPERSEDED,
            State.MISSED,
            State.WITHDRAWN,
            State.BY_HAND,
        }
    ),
    State.FAILED: frozenset(
        {
            State.DRAFTING,
            State.PENDING,
            State.APPROVED,
            State.MANUAL,
            State.REJECTED,
            State.SUPERSEDED,
            State.STALE,
            State.MISSED,
            State.WITHDRAWN,
            State.BY_HAND,
            State.SENT,
        }
    ),
    State.UNKNOWN: frozenset({State.SENT, State.FAILED, State.SUPERSEDED}),
    State.MANUAL: frozenset(
        {
            State.PENDING,
            State.BY_HAND,
            State.REJECTED,
            State.SUPERSEDED,
            State.STALE,
            State.MISSED,
            State.WITHDRAWN,
        }
    ),
    State.REJECTED: frozenset(),
    State.SUPERSEDED: frozenset(),
    State.MISSED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.BY_HAND: frozenset(),
}

FINAL = (State.REJECTED, State.SUPERSEDED, State.MISSED, State.WITHDRAWN, State.BY_HAND)


@dataclass(frozen=True)
class Reaction:
    """What a happening does to a draft in one state: the state afterwards, and why in words."""

    after: str
    words: str


def _waiting(state: str) -> dict[Happening, Reaction]:
    """A draft that waits for a person: everything may still take it away."""
    return {
        Happening.NEWER_DRAFT: Reaction(
            State.SUPERSEDED, "the newer one takes its place; typed text moves over"
        ),
        Happening.STOP: Reaction(State.WITHDRAWN, "withdrawn: the client wants no more texts"),
        Happening.STAFF_REPLY: Reaction(State.WITHDRAWN, "closed as already handled"),
        Happening.FACT_CHANGED: Reaction(
            State.STALE, "says what changed and keeps the person's edit"
        ),
        Happening.MOMENT_PASSED: Reaction(State.MISSED, "labelled missed, with its value"),
        Happening.UNDO: Reaction(state, "refused: nothing was approved"),
        Happening.LEASE_LOST: Reaction(state, "nothing: no worker holds it"),
    }


def _untouched(state: str, why: str) -> dict[Happening, Reaction]:
    return {happening: Reaction(state, why) for happening in Happening}


REACTIONS: dict[str, dict[Happening, Reaction]] = {
    State.DRAFTING: _waiting(State.DRAFTING)
    | {
        Happening.FACT_CHANGED: Reaction(
            State.DRAFTING, "nothing yet: the facts are read again before anything goes out"
        ),
        Happening.STAFF_REPLY: Reaction(
            State.DRAFTING, "nothing yet: whoever writes it reads the conversation first"
        ),
        Happening.LEASE_LOST: Reaction(State.DRAFTING, "another worker writes it"),
    },
    State.PENDING: _waiting(State.PENDING),
    State.STALE: _waiting(State.STALE)
    | {Happening.FACT_CHANGED: Reaction(State.STALE, "the new change is added to the list")},
    State.FAILED: _waiting(State.FAILED),
    State.MANUAL: _waiting(State.MANUAL)
    | {Happening.UNDO: Reaction(State.PENDING, "back in the queue")},
    State.APPROVED: {
        Happening.NEWER_DRAFT: Reaction(
            State.SUPERSEDED, "voided, its approver is told; the newer one waits"
        ),
        Happening.STOP: Reaction(State.WITHDRAWN, "voided, its approver is told"),
        Happening.STAFF_REPLY: Reaction(State.WITHDRAWN, "voided as already handled"),
        Happening.FACT_CHANGED: Reaction(
            State.STALE, "not sent; back in the queue with what changed and the person's edit"
        ),
        Happening.MOMENT_PASSED: Reaction(State.MISSED, "not sent; labelled missed"),
        Happening.UNDO: Reaction(State.PENDING, "back in the queue with the edited text"),
        Happening.LEASE_LOST: Reaction(
            State.APPROVED, "another worker checks everything again; nothing had left"
        ),
    },
    State.SENDING: _untouched(State.SENDING, "nothing: what is going out is never voided")
    | {
        Happening.UNDO: Reaction(State.SENDING, "refused: it is going out"),
        Happening.LEASE_LOST: Reaction(
            State.SENDING, "looked up by its reference first; without proof it becomes unknown"
        ),
    },
    State.UNKNOWN: _untouched(State.UNKNOWN, "nothing: a person has to check whether it was sent")
    | {Happening.UNDO: Reaction(State.UNKNOWN, "refused: it may have been sent")},
    State.SENT: _untouched(State.SENT, "nothing: it was sent")
    | {Happening.UNDO: Reaction(State.SENT, "refused: it was sent")},
    **{state: _untouched(state, "nothing: it is closed") for state in FINAL},
}


def reached_by(happening: Happening) -> dict[str, list[str]]:
    """Which states a happening moves, by the state they end in."""
    found: dict[str, list[str]] = {}
    for state, reactions in REACTIONS.items():
        after = reactions[happening].after
        if after != state:
            found.setdefault(after, []).append(str(state))
    return found


def may_become(after: str, among: Iterable[str] | None = None) -> list[str]:
    """The states from which ``after`` can be reached (for the WHERE of a conditional update)."""
    allowed = set(among) if among is not None else set(TRANSITIONS)
    return sorted(str(s) for s, to in TRANSITIONS.items() if after in to and s in allowed)


def states_page() -> str:
    """docs/states.md, as it has to be."""
    lines = [
        "# What happens to a draft",
        "",
        "Printed from `approvals/states.py` by `manage.py states_page`; a test compares the two.",
        "",
        "## From outside",
        "",
        "| state | " + " | ".join(Happening) + " |",
        "|---|" + "---|" * len(Happening),
    ]
    for state, reactions in REACTIONS.items():
        lines.append(f"| **{state}** | " + " | ".join(_cell(state, reactions)) + " |")
    lines += ["", "## Steps the database allows", "", "| from | to |", "|---|---|"]
    for state, after in TRANSITIONS.items():
        lines.append(f"| **{state}** | {', '.join(sorted(after)) or 'nothing: it is closed'} |")
    return "\n".join(lines) + "\n"


def _cell(state: str, reactions: dict[Happening, Reaction]) -> list[str]:
    cells = []
    for happening in Happening:
        reaction = reactions[happening]
        arrow = f"→ **{reaction.after}**: " if reaction.after != state else ""
        cells.append(f"{arrow}{reaction.words}")
    return cells
