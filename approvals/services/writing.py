"""Writing freely: a person's own words go the way of every draft.

A draft, a revision by that person, a decision and an effect, in one transaction: the same checks
of consent, address and hours, the same hold, the same audit.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from approvals.actions import SendMessage
from approvals.errors import AlreadyDecided, Changed, NoRight, NotPossible
from approvals.hygiene import clean_text
from approvals.models import ApprovalItem, Decision, TypedText, WrittenText
from approvals.permissions import Rights, rights_of
from approvals.proposals import EvidenceItem, KnownFact, Proposal
from approvals.selectors.thread import client_seen, place_of
from approvals.selectors.threads import messages_seen
from approvals.services import editing
from approvals.services.approving import approve_locked, care_taken
from approvals.services.decisions import decided
from approvals.services.items import item_fill, item_open
from approvals.services.locking import item_for_decision
from approvals.services.steps import effects_void, item_step
from approvals.writing_rules import ANSWER, RIGHT, USEFUL_FOR, WRITTEN
from core import clock
from integrations import consent
from integrations.models import Client, Location, Message, User

State = ApprovalItem.State
CHANNELS = {"sms": "phone", "email": "email"}
WRITE_LOCK = 7311
# History that is imported while somebody writes is no news.
NEWS = timedelta(days=3)
GOING = (State.APPROVED, State.SENDING, State.SENT, State.MANUAL, State.BY_HAND, State.UNKNOWN)


@dataclass(frozen=True)
class Words:
    """What a person sends. ``key`` comes with the form: two presses of one form are one message.

    ``seen``: (newest message, newest written draft) that were on the page; newer ones are read
    first. ``item_id``: one taken back or come back, sent again, from its revision ``base``.
    """

    key: str
    channel: str
    body: str
    subject: str = ""
    advertising: bool = False
    reason: str = ""
    seen: tuple[int, int] = (0, 0)
    item_id: int | None = None
    base: int = 0


class Unread(NotPossible):
    """Something new came in that was not on the page."""


def message_write(*, user: User, client_id: int, words: Words) -> ApprovalItem:
    """Send a person's own words to a client; returns the draft they went as.

    The same ``words.key`` again returns the same draft and sends nothing more. Raises NotPossible
    in plain words (no consent, too late, something unread), NoRight; then nothing was written.
    """
    with transaction.atomic():
        # People who write to the same client take turns; so do the presses of a double click.
        _client_lock(client_id)
        before = written_before(client_id, words.key)
        if before is not None:
            return before
        client, rights = _client(user, client_id)
        _unread(user, rights, client, words.seen)
        item = _again(user, words) if words.item_id else None
        if item is None:
            item = _fresh(user, rights, client, words)
        WrittenText.objects.filter(user=user, client=client).delete()
        return item


def _client_lock(client_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [WRITE_LOCK, client_id % 2**31])


def written_before(client_id: int, key: str) -> ApprovalItem | None:
    """The draft that these very words already went as."""
    return ApprovalItem.objects.filter(
        client_id=client_id, agent=WRITTEN, occasion=occasion_of(key)
    ).first()


def occasion_of(key: str) -> str:
    return f"written:{key}"[:120]


def _client(user: User, client_id: int) -> tuple[Client, Rights]:
    rights = rights_of(user)
    if not rights.any(RIGHT):
        raise NoRight
    return client_seen(rights, client_id), rights


def _unread(user: User, rights: Rights, client: Client, seen: tuple[int, int]) -> None:
    """What came in since the page was drawn is read before anything is sent."""
    by_hand = Q(incoming=False, reference="") & ~Q(source__in=Message.AUTOMATIC)
    newer = Message.objects.filter(
        messages_seen(rights),
        Q(incoming=True) | by_hand,
        client=client,
        pk__gt=seen[0],
        sent_at__gt=clock.now() - NEWS,
    )
    last = newer.order_by("-sent_at").first()
    if last is not None:
        who = client.short_name if last.incoming else "Somebody of the salon"
        raise Unread(f"{who} wrote in the meantime. Read it, and then send.")
    theirs = Decision.objects.filter(
        item__client=client, item__agent=WRITTEN, item_id__gt=seen[1], kind=Decision.Kind.APPROVE
    ).exclude(actor=user)
    other = theirs.order_by("-id").first()
    if other is not None:
        why = f"{other.actor_name} wrote to {client.short_name} in the meantime. Read it first."
        raise Unread(why)


def _again(user: User, words: Words) -> ApprovalItem | None:
    """Words that were taken back or came back, changed or not. None: they go another way now."""
    item_id = words.item_id or 0
    item = ApprovalItem.objects.select_related("revision").filter(pk=item_id, agent=WRITTEN).first()
    if item is None or item.revision is None:
        return None
    if item.revision.channel != words.channel and item.state in editing.EDITABLE:
        message_discard(user=user, item_id=item.pk, why="Sent another way instead")
        return None
    try:
        decision = editing.item_edit_and_approve(
            user=user,
            item_id=item.pk,
            base_revision=words.base,
            body=words.body,
            subject=words.subject,
            reason=words.reason,
        )
    except (AlreadyDecided, Changed):
        item.refresh_from_db()
        if item.state in GOING:
            return item
        raise
    return decision.item


def _fresh(user: User, rights: Rights, client: Client, words: Words) -> ApprovalItem:
    place = place_of(rights, client, _recent(rights, client))
    if place is None:
        raise NotPossible("This client belongs to no location of yours.")
    body, subject = clean_text(words.body).strip(), clean_text(words.subject).strip()
    if not body:
        raise NotPossible("The text is empty.")
    if len(body) > editing.LONGEST:
        raise NotPossible(f"The text is longer than {editing.LONGEST} characters.")
    if words.channel == "email" and not subject:
        raise NotPossible("An e-mail needs a subject.")
    item = _opened(user, rights, client, place, words)
    proposal = proposal_of(item, client, place, words, body, subject)
    filled = item_fill(actor=user.as_actor(), item_id=item.pk, proposal=proposal, author_id=user.pk)
    if filled is None or filled.revision is None:
        item.refresh_from_db()
        raise NotPossible(item.state_reason)
    care_taken(filled, user, None, words.reason)
    approve_locked(item=filled, user=user, revision_id=filled.revision.pk, reason=words.reason)
    return filled


def _recent(rights: Rights, client: Client) -> list[Message]:
    mine = Message.objects.filter(messages_seen(rights), client=client)
    return list(reversed(mine.select_related("location").order_by("-sent_at", "-id")[:20]))


def _opened(
    user: User, rights: Rights, client: Client, place: Location, words: Words
) -> ApprovalItem:
    own = rights.provider_only(place.pk, RIGHT)
    return item_open(
        actor=user.as_actor(),
        connection_id=client.connection_id,
        location_id=place.pk,
        agent=WRITTEN,
        subject=f"contact:{client.pk}",
        occasion=occasion_of(words.key),
        stage=ApprovalItem.Stage.REVIEW,
        title=title_of(client),
        tag="",
        group="messages",
        right=RIGHT,
        due_at=clock.now() + USEFUL_FOR,
        client_id=client.pk,
        # A provider sees the drafts of their own appointments, and what they wrote themselves.
        staff_id=rights.staff_id if own else None,
        event_at=clock.now(),
    )


def title_of(client: Client) -> str:
    return f"Your words to {client.short_name}"


def proposal_of(
    item: ApprovalItem, client: Client, place: Location, words: Words, body: str, subject: str
) -> Proposal:
    purpose = "marketing" if words.advertising else "transactional"
    message = SendMessage(
        client=client.external_id,
        location=place.external_id,
        channel=words.channel,
        address=str(getattr(client, CHANNELS[words.channel])),
        subject=subject if words.channel == "email" else "",
        body=body,
        purpose=purpose,
    )
    names = tuple(filter(None, (client.first_name, client.last_name, client.name)))
    return Proposal(
        subject=item.subject,
        occasion=item.occasion,
        title=item.title,
        origin="Written at the desk",
        tag="",
        group=item.group,
        actions=(message,),
        evidence=evidence_of(client, words, message),
        reasons=(),
        known_facts=(KnownFact("name", names, "client"),),
        writer="person",
        due_at=item.due_at or clock.now() + USEFUL_FOR,
        moment="of use until",
        purpose=purpose if words.advertising else ANSWER,
        client_id=client.pk,
    )


def evidence_of(client: Client, words: Words, message: SendMessage) -> tuple[EvidenceItem, ...]:
    """What is read again right before it leaves."""
    said = consent.allowed(client, message.channel, message.purpose)
    to = {"client": client.pk, "channel": message.channel}
    since = seen_until(client, words.seen[0]).isoformat()
    return (
        _fact(client, "Permission", f"{said.why}.", "consent", to | {"purpose": message.purpose}),
        _fact(client, "Address", message.address, "address", to | {"address": message.address}),
        _fact(
            client,
            "From the client",
            "Nothing new",
            "no_newer_message",
            {"client": client.pk, "since": since},
        ),
    )


def seen_until(client: Client, message_id: int) -> datetime:
    """The client's last message that was on the page: one on its way here would be newer."""
    seen = Message.objects.filter(pk=message_id, client=client).first()
    last = Message.objects.filter(client=client, incoming=True).order_by("-sent_at").first()
    moments = [one.sent_at for one in (seen, last) if one is not None]
    return max(moments, default=clock.now())


def _fact(
    client: Client, label: str, value: str, check: str, params: dict[str, object]
) -> EvidenceItem:
    return EvidenceItem(
        label=label,
        value=value,
        source_kind="client",
        source_id=client.external_id,
        source_label="client",
        read_at=clock.now(),
        check_kind=check,
        check_params=params,
    )


def message_discard(*, user: User, item_id: int, why: str = "Thrown away") -> None:
    """Words taken back are not to be sent after all."""
    with transaction.atomic():
        item = item_for_decision(user, item_id)
        if item.agent != WRITTEN:
            raise NotPossible("This is a draft of the copilot. Please decide on it in the queue.")
        if not item_step(item, State.REJECTED, state_reason=f"{why} ({user.name})"):
            raise editing.already_decided(item.pk)
        effects_void(item.pk, why)
        decided(user, item, Decision.Kind.REJECT, revision_id=item.revision_id, words=why)
        TypedText.objects.filter(item=item).delete()


def written_save(
    *, user: User, client: Client, key: str, channel: str, subject: str, body: str, caret: int
) -> bool:
    """Keep what is being written. False: it was sent in the meantime, or there is nothing."""
    with transaction.atomic():
        _client_lock(client.pk)
        mine = WrittenText.objects.filter(user=user, client=client)
        if not body.strip() or written_before(client.pk, key) is not None:
            mine.delete()
            return False
        kept = {"channel": channel, "subject": subject, "body": body, "caret": caret}
        clean = {
            name: value.replace("\x00", "") if isinstance(value, str) else value
            for name, value in kept.items()
        }
        WrittenText.objects.update_or_create(
            user=user,
            client=client,
            defaults={**clean, "updated_at": clock.now(), "station": user.at_station},
        )
        return True


def written_drop(*, user: User, client: Client) -> None:
    """Throw away what this person was writing to a client."""
    WrittenText.objects.filter(user=user, client=client).delete()
