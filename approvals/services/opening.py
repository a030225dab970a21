"""That somebody read a client's page is a row of the audit, once in a quarter of an hour."""

from core.audit import audit_record
from core.redis import attempt
from integrations.models import Client, User

SAME_LOOK_SECONDS = 900


def client_opened(*, user: User, client: Client, location_id: int | None = None) -> bool:
    """Write down who looked. Going back and forth is one look; without Redis every look is a row.

    Returns whether a row was written.
    """
    key = f"opened:{user.pk}:{client.pk}"
    fresh = attempt("client opened", lambda r: r.set(key, 1, nx=True, ex=SAME_LOOK_SECONDS) or 0)
    if fresh == 0:
        return False
    audit_record(
        action="client.opened",
        actor=user.as_actor(),
        connection=client.connection_id,
        location=location_id or "",
        client=client.pk,
        subject=f"client:{client.pk}",
    )
    return True
