"""Ladders: proposing, reordering and climbing them, one rung or wave after the other."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from approvals.ladders.policy import Candidate, OfferPolicy, Skipped
from approvals.models import Opening, Revision
from approvals.proposals import Proposal
from integrations.models import User


def ladder_propose(
    opening: Opening,
    candidates: Sequence[Candidate],
    policy: OfferPolicy,
    skipped: Sequence[Skipped] = (),
) -> Proposal | None:
    """The whole ladder as one Proposal for ``item_fill``, best candidate first.

    Subject ``slot:<opening id>``, occasion ``fill``, group ``offers``, right ``review_offers``. Every rung's texts
    and claim link are rendered here; ``item_fill`` stores them and writes the Offers. None when
    nobody can be asked (no channel, no consent, no time); ``skipped`` are shown as "why not".
    """
    raise NotImplementedError


def ladder_reorder(
    *, user: User, item_id: int, order: Sequence[int], skips: Mapping[int, str]
) -> Revision:
    """Another order is another Revision, hence another Decision.

    ``order``: offer ids as wanted; ``skips``: offer id → why not (kept). Only while the ladder is
    not running; raises NoRight, AlreadyDecided or NotPossible.
    """
    raise NotImplementedError


def tick(now: datetime) -> int:
    """Look at every slot that is offered or held; returns how many changed."""
    raise NotImplementedError
