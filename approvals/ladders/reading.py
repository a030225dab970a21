"""The texts of a ladder as the checks in code read them: the first, and all that a person wrote."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from approvals import policy
from approvals.actions import SendMessage
from approvals.ladders import texts
from approvals.ladders.tokens import link_of, token_hash
from approvals.models import ApprovalItem, Offer, Opening
from approvals.proposals import KnownFact
from approvals.services import filling

Care = ApprovalItem.Care
# From the least to the most that approving demands.
CARES = (Care.ONE_KEY, Care.OPEN_CARD, Care.PRESS_HOLD)
TOKEN = re.compile(r"/c/([\w-]{22})(?![\w-])")


@dataclass(frozen=True)
class RungText:
    """One rung's offer, as it would go out."""

    offer: Offer
    message: SendMessage

    @property
    def link(self) -> str:
        """The link of this very offer in its text; '' when it is not in there (any more)."""
        for token in TOKEN.findall(self.message.body):
            if token_hash(token) == self.offer.token_sha256:
                return link_of(token)
        return ""


def rungs_read(item: ApprovalItem, opening: Opening, rungs: Sequence[RungText]) -> filling.Read:
    """What approving the whole ladder demands: the worst of the first text and of those a person
    wrote. The standard texts of the other rungs are rendered from the records.

    Sets ``item.known_facts`` to those of the first text, which is the one on the card.
    """
    reads: list[filling.Read] = []
    for place, rung in enumerate(rungs):
        if place and not rung.offer.edited_by:
            continue
        known = known_of(opening, rung)
        if not place:
            item.known_facts = [
                {"kind": fact.kind, "texts": list(fact.texts), "source": fact.source}
                for fact in known
            ]
        read = _read(item, opening, rung, known)
        reads.append(read if not place else _named(rung, read))
    return merged(reads)


def known_of(opening: Opening, rung: RungText) -> tuple[KnownFact, ...]:
    offer = rung.offer
    service = offer.entry.service if offer.entry else None
    return texts.known_facts(
        opening, offer.client, offer.answer_minutes, rung.link, offer.instead_of, service
    )


def _read(
    item: ApprovalItem, opening: Opening, rung: RungText, known: Sequence[KnownFact]
) -> filling.Read:
    writer = "person" if rung.offer.edited_by else "template"
    read = filling.text_read(
        item,
        rung.message.body,
        known,
        writer=writer,
        first=False,
        tainted=False,
        channel=rung.message.channel,
    )
    if rung.offer.edited_by:
        read.warnings.extend(missing_in(opening, rung))
    return read


def text_warnings(item: ApprovalItem, opening: Opening, rung: RungText) -> list[str]:
    """What deserves a second look in one rung's text."""
    return _read(item, opening, rung, known_of(opening, rung)).warnings


def missing_in(opening: Opening, rung: RungText) -> list[str]:
    """What an offer cannot do without, in plain words."""
    found = []
    if not rung.message.body.startswith(opening.location.name):
        found.append(f"Does not begin with {opening.location.name}: they may not know who writes.")
    if not rung.link:
        found.append("The link to take it is missing.")
    if not re.search(rf"(?<!\d){rung.offer.digit}(?!\d)", TOKEN.sub("", rung.message.body)):
        found.append(f"Does not say that the answer {rung.offer.digit} takes it.")
    return found


def _named(rung: RungText, read: filling.Read) -> filling.Read:
    who = rung.offer.client.short_name
    warnings = [f"To {who}: {warning}" for warning in read.warnings]
    return filling.Read(read.spans, read.facts_ok, read.care, warnings)


def merged(reads: Sequence[filling.Read]) -> filling.Read:
    """One reading of several texts: the first one's marks, the worst of everything else."""
    first = reads[0]
    care = max((read.care.care for read in reads), key=lambda one: CARES.index(Care(one)))
    reasons = dict.fromkeys(reason for read in reads for reason in read.care.reasons)
    warnings = [warning for read in reads for warning in read.warnings]
    verdict = policy.CareVerdict(care, tuple(reasons))
    return filling.Read(first.spans, all(read.facts_ok for read in reads), verdict, warnings)
