"""Which model server a connection uses: its row in admin, the row for all, or the environment."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import F, Q

from agents.models import LanguageModel
from core import secrets
from core.errors import OutsideError

DEFAULT_URL = "https://api.openai.com/v1"
# Servers on one's own machine ask for no key; the client library insists on one.
NO_KEY = "none"


@dataclass(frozen=True)
class Door:
    """Where to ask and how long to wait. ``problem``: why it cannot be used at all."""

    base_url: str
    key: str
    model: str
    fallback_model: str = ""
    embedding_model: str = ""
    seconds: float = 20
    breaker: str = "all"
    problem: str = ""

    @property
    def open(self) -> bool:
        return bool(self.key) and not self.problem


def door_for(connection_id: object = None) -> Door:
    """The door of a connection; ``problem`` says what an admin has to do."""
    own = Q(connection_id=connection_id) if connection_id else Q(pk=None)
    rows = LanguageModel.objects.filter(own | Q(connection=None))
    row = rows.order_by(F("connection").asc(nulls_last=True)).first()
    if row is not None:
        return door_of(row)
    return door_of_environment(str(connection_id or "all"))


def door_of_environment(breaker: str = "all") -> Door:
    return Door(
        base_url=settings.OPENAI_BASE_URL or DEFAULT_URL,
        key=settings.OPENAI_API_KEY,
        model=settings.OPENAI_MODEL,
        fallback_model=settings.OPENAI_FALLBACK_MODEL,
        embedding_model=settings.OPENAI_EMBEDDING_MODEL,
        seconds=float(settings.MODEL_BUDGET_SECONDS),
        breaker=breaker,
    )


def door_of(row: LanguageModel) -> Door:
    key, problem = NO_KEY, ""
    if row.key_ref:
        try:
            key = secrets.resolve(row.key_ref)
        except OutsideError as error:
            problem = f"the model's key is missing ({error.plain})"
    return Door(
        base_url=row.base_url or DEFAULT_URL,
        key=key,
        model=row.model,
        fallback_model=row.fallback_model,
        embedding_model=row.embedding_model,
        seconds=float(row.seconds),
        breaker=str(row.connection_id or "all"),
        problem=problem,
    )
