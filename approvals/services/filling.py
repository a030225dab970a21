"""Turning a Proposal into a Revision with Actions and Evidence."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from approvals import facts, policy
from approvals.actions import Action as TypedAction
from approvals.actions import SendMessage, action_from
from approvals.hygiene import clean_text, hidden_characters
from approvals.models import Action, ApprovalItem, Evidence, Revision
from approvals.proposals import EvidenceItem, Proposal
from approvals.services.strangers import strangers_in
from approvals.services.ways import fitted, written_part
from core import clock
from core.audit import canonical
from integrations import consent
from integrations.models import Client, Consent, Product, Service

PREVIEW = 200


@dataclass(frozen=True)
class Read:
    """A text as the checks in code read it."""

    spans: list[dict[str, Any]]
    facts_ok: bool
    care: policy.CareVerdict
    warnings: list[str]


def actions_cleaned(actions: Iterable[TypedAction]) -> list[TypedAction]:
    """The actions with their texts in the form in which they are shown, hashed and sent."""
    return [_cleaned(action) for action in actions]


def _cleaned(action: TypedAction) -> TypedAction:
    texts = {name: getattr(action, name, None) for name in ("body", "subject")}
    return action.model_copy(
        update={name: clean_text(text) for name, text in texts.items() if isinstance(text, str)}
    )


def first_message(actions: Iterable[TypedAction]) -> SendMessage | None:
    return next((action for action in actions if isinstance(action, SendMessage)), None)


def action_rows(revision: Revision) -> list[Action]:
    return list(revision.actions.order_by("position"))


def actions_from(rows: Iterable[Action]) -> list[TypedAction]:
    return [action_from(row.type, bytes(row.payload)) for row in rows if row.payload is not None]


def actions_of(revision: Revision) -> list[TypedAction]:
    """The typed actions of a revision, in order; none when its texts were erased."""
    return actions_from(action_rows(revision))


def text_read(
    item: ApprovalItem,
    body: str,
    known: Sequence[Any],
    *,
    writer: str,
    first: bool,
    tainted: bool,
    channel: str = "",
    hidden: bool = False,
    complaint: bool = False,
) -> Read:
    """Check every fact of the text and say what approving it demands."""
    body = written_part(item, body, channel)
    spans = facts.facts_check(
        body,
        known,
        catalogue=catalogue_of(item.connection_id),
        strangers=strangers_in(item.connection_id, body, known),
        today=day_of_sending(item),
    )
    facts_ok = all(span.verified for span in spans)
    client = item.client
    verdict = policy.care_of(
        body=body,
        writer=writer,
        first_message=first,
        tainted=tainted,
        facts_ok=facts_ok,
        old_consent=client is not None and consent_is_old(client, channel, consent_purpose(item)),
        complaint=complaint,
        birthday=client.birthday if client else None,
        today=_today(item),
        hidden=hidden,
    )
    warnings = [f"“{span.text}” {span.why}." for span in spans if not span.verified]
    keyword = policy.asks_for_keyword(body)
    if keyword:
        warnings.append(f"Asks for {keyword}: phone carriers act on that word. Ask for a digit.")
    return Read([asdict(span) for span in spans], facts_ok, verdict, warnings)


def catalogue_of(connection_id: UUID | str) -> list[str]:
    """Names of everything the salon offers: a service the records do not know here is marked."""
    services = Service.objects.filter(connection_id=connection_id, active=True)
    products = Product.objects.filter(connection_id=connection_id, active=True)
    return list(
        services.values_list("name", flat=True).union(products.values_list("name", flat=True))
    )


def consent_purpose(item: ApprovalItem) -> str:
    """An answer to what the client asked needs no more than the consent to be written to at all."""
    return item.purpose if item.purpose in consent.PURPOSES else "transactional"


def consent_is_old(client: Client, channel: str, purpose: str) -> bool:
    """Consent known from a file alone may have been taken back since."""
    return bool(channel) and consent.allowed(client, channel, purpose).origin == Consent.Origin.FILE


def evidence_digest(evidence: Iterable[EvidenceItem | Evidence]) -> str:
    """The hash of the evidence snapshot a person approves together with the text."""
    rows = [
        [
            fact.label,
            fact.value,
            fact.source_kind,
            str(fact.source_id),
            fact.read_at.isoformat(),
            fact.check_kind,
            dict(fact.check_params),
        ]
        for fact in evidence
    ]
    return hashlib.sha256(canonical(rows).encode()).hexdigest()


def revision_write(
    item: ApprovalItem,
    *,
    writer: str,
    actions: Sequence[TypedAction],
    evidence: Sequence[EvidenceItem | Evidence],
    read: Read,
    reasons: list[dict[str, str]],
    language: str,
    author_id: int | None = None,
    template_version: str = "",
) -> Revision:
    """Store one exact text with its actions and evidence. Call with the item's row locked.

    The texts are stored as they will go out, with what the mailbox adds below them.
    """
    actions, problem = fitted(item, actions)
    message = first_message(actions)
    last = 0
    if item.revision_id is not None:
        last = item.revisions.order_by("-number").values_list("number", flat=True).first() or 0
    revision = Revision.objects.create(
        item=item,
        number=last + 1,
        writer=writer,
        author_id=author_id,
        channel=message.channel if message else "",
        subject=message.subject if message else "",
        body=message.body if message else _spoken(actions),
        language=language,
        template_version=template_version,
        facts=read.spans,
        warnings=[*read.warnings, *([problem] if problem else [])],
        reasons=reasons,
        evidence_sha256=evidence_digest(evidence),
    )
    _actions_write(revision, actions)
    _evidence_write(revision, evidence)
    return revision


def _actions_write(revision: Revision, actions: Sequence[TypedAction]) -> None:
    Action.objects.bulk_create(
        Action(
            revision=revision,
            position=position,
            type=action.name,
            payload=action.payload_bytes(),
            body_sha256=action.digest(),
        )
        for position, action in enumerate(actions)
    )


def _short(label: str, most: int = 120) -> str:
    """A label names its record; a service may be called something longer than a line holds."""
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _evidence_write(revision: Revision, evidence: Sequence[EvidenceItem | Evidence]) -> None:
    Evidence.objects.bulk_create(
        Evidence(
            revision=revision,
            position=position,
            label=_short(fact.label),
            value=fact.value,
            source_kind=fact.source_kind,
            source_id=str(fact.source_id),
            source_label=_short(fact.source_label),
            read_at=fact.read_at,
            check_kind=fact.check_kind,
            check_params=dict(fact.check_params),
        )
        for position, fact in enumerate(evidence)
    )


def proposal_read(item: ApprovalItem, proposal: Proposal, actions: Sequence[TypedAction]) -> Read:
    """Read what is to be shown; whether it was changed by cleaning is seen from the raw text."""
    raw, clean = first_message(proposal.actions), first_message(actions)
    raw_body = raw.body if raw else ""
    return text_read(
        item,
        clean.body if clean else "",
        proposal.known_facts,
        channel=clean.channel if clean else "",
        writer=proposal.writer,
        first=proposal.first_message,
        tainted=proposal.tainted,
        hidden=bool(hidden_characters(raw_body)),
        complaint=proposal.complaint,
    )


def preview_of(body: str) -> str:
    return " ".join(body.split())[:PREVIEW]


def _spoken(actions: Sequence[TypedAction]) -> str:
    """What a draft without a message shows as its text."""
    return "\n".join(
        str(getattr(action, "body", "") or getattr(action, "spoken", "") or action.label)
        for action in actions
    )


def _today(item: ApprovalItem) -> date:
    return clock.now().astimezone(item.location.zone).date()


def day_of_sending(item: ApprovalItem) -> date:
    """The salon's day on which a text leaves that is approved now: what "tomorrow" is counted from.

    Whoever approves it after midnight is protected by the guard that reads it again.
    """
    at = clock.now()
    if item.send_at is not None:
        at = max(at, item.send_at)
    return at.astimezone(item.location.zone).date()
