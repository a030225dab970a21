"""What holds for a draft at the moment of deciding, read anew from the working copy."""

from approvals import policy
from approvals.actions import SendMessage
from approvals.autonomy.policy import Case
from approvals.models import ApprovalItem, Effect, Mishap, Revision, StandingGrant
from core import clock
from integrations.models import Appointment, Client, Message


def case_of(grant: StandingGrant, item: ApprovalItem, revision: Revision) -> Case:
    """The draft in plain values; ``grant`` brings the limits that hold for it."""
    return Case(
        item_id=item.pk,
        stage=item.stage,
        seeded=item.seeded,
        care=item.care,
        facts_ok=item.facts_ok,
        writer=revision.writer,
        value=item.value,
        most_value=grant.most_value,
        written_before=written_before(item.client),
        visits_before=visits_before(item.client),
        sensitive=sensitive_words(item, revision),
        sample_percent=grant.sample_percent,
    )


def written_before(client: Client | None) -> bool:
    """Whether a message surely reached them before: sent by us, or in the platform's log."""
    if client is None:
        return False
    ours = Effect.objects.filter(
        item__client=client, type=SendMessage.name, outcome=Effect.Outcome.SENT
    )
    return ours.exists() or Message.objects.filter(client=client, incoming=False).exists()


def visits_before(client: Client | None) -> int:
    """Visits that certainly took place. What is not known does not count as known."""
    if client is None:
        return 0
    done = Appointment.objects.filter(
        client=client,
        status=Appointment.Status.COMPLETED,
        starts_at__lt=clock.now(),
        deleted_at=None,
    ).count()
    return max(done, client.visit_count or 0)


def sensitive_words(item: ApprovalItem, revision: Revision) -> str:
    """Health, a minor, money off, or something that went wrong lately; '' where nothing is."""
    now, client = clock.now(), item.client
    reasons = policy.press_hold_reasons(
        f"{revision.subject}\n{revision.body}",
        birthday=client.birthday if client else None,
        today=now.astimezone(item.location.zone).date(),
    )
    open_now = Mishap.objects.filter(client=client, ended_at=None, until__gt=now)
    if client is not None and open_now.exists():
        reasons.append("something went wrong lately")
    return ", ".join(reasons)
