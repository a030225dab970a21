"""By night: learn from a salon's own reviews which words go with few stars, and use it where it is
better than the words that ship."""

from collections.abc import Sequence
from uuid import UUID

from agents.feedback.learning import LEAST_REVIEWS, LowStars, low_stars_judged
from agents.feedback.words import displeasure
from agents.models import LowStarsModel
from core import clock
from integrations.models import Connection, Feedback

LOW = 2
MOST = 20_000
# Fewer new reviews than this change nothing that is worth a fit.
NEW = 20
# Stars that say little by themselves: here the text decides.
DOUBTFUL = (None, 0, 3)


def low_stars_night(*, connection: Connection) -> LowStarsModel | None:
    """Fit anew where there are enough reviews, and new ones; None where nothing was fitted."""
    rows = Feedback.objects.filter(connection=connection, deleted_at=None, rating__gte=1)
    rows = rows.exclude(text="").order_by("-given_at")
    count = rows.count()
    before = LowStarsModel.objects.filter(connection=connection).first()
    if count < LEAST_REVIEWS or (before is not None and count - before.reviews < NEW):
        return None
    read = list(rows.values_list("text", "rating")[:MOST])
    texts, low = [text for text, _ in read], [(rating or LOW) <= LOW for _, rating in read]
    judged = low_stars_judged(texts, low)
    if judged is None:
        return None
    fitted, figures = judged
    words = area_of_words(texts, low)
    row, _ = LowStarsModel.objects.update_or_create(
        connection=connection,
        defaults={
            "fitted_at": clock.now(),
            "reviews": count,
            "in_use": figures["auc"] > words,
            "figures": {**figures, "auc_words": words},
            "fitted": fitted.as_json(),
        },
    )
    return row


def low_stars_night_all() -> int:
    """Every live connection; returns how many were fitted."""
    live = Connection.objects.filter(status=Connection.Status.OK).order_by("pk")
    return sum(low_stars_night(connection=one) is not None for one in live)


def area_of_words(texts: Sequence[str], low: Sequence[bool]) -> float:
    from sklearn.metrics import roc_auc_score

    return round(float(roc_auc_score(low, [displeasure(text) for text in texts])), 4)


def reads_as_low(connection_id: UUID, rating: int | None, text: str) -> bool:
    """Whether a text with doubtful stars, or none, sounds as this salon's low ones do."""
    if rating not in DOUBTFUL or not text.strip():
        return False
    row = LowStarsModel.objects.filter(connection=connection_id, in_use=True).first()
    if row is None:
        return False
    fitted = LowStars.from_json(row.fitted)
    return fitted.chance(text) >= fitted.alert_from
