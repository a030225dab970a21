"""How unhappy a text sounds: by words written down, and as learned from a salon's own reviews."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.feedback.learning import LowStars, low_stars_fit, low_stars_judged
from agents.feedback.nightly import low_stars_night, reads_as_low
from agents.feedback.words import displeasure, sounds_angry
from agents.models import LowStarsModel
from core import clock
from integrations.models import Feedback
from tests.agents.conftest import Salon

KIND = "Sarah was lovely and my hair feels soft, I love it"
LOW = "Forty minutes in the chair and the colour came out patchy and grey"
PLAIN = "Sarah took her time and the cut suits me"


@pytest.mark.parametrize(
    ("text", "angry"),
    [
        ("Terrible. The worst cut of my life, what a waste.", True),
        ("I was not happy, not pleased, and it was not worth it", True),
        ("Great place but my scalp burned and it was painful and awful", True),
        ("Lovely, amazing, no complaints, not bad at all", False),
        ("Pésimo, decepcionante, quiero mi reembolso", True),
        ("", False),
    ],
)
def test_words_written_by_hand_know_denial_and_but(text: str, angry: bool) -> None:
    assert sounds_angry(text) is angry


def test_kind_and_unkind_fall_on_either_side() -> None:
    assert displeasure(KIND) < 0 < displeasure("rude and dirty")
    assert displeasure("It was fine.") == 0


def reviews(n: int) -> tuple[list[str], list[bool]]:
    """Every sixth is low, in words that the shipped list does not know."""
    texts = [
        f"{LOW} visit {place}" if place % 6 == 0 else f"{PLAIN} visit {place}" for place in range(n)
    ]
    return texts, [place % 6 == 0 for place in range(n)]


def test_a_salons_own_words_are_learned_and_kept_as_json() -> None:
    texts, low = reviews(60)
    fitted = low_stars_fit(texts, low)
    assert fitted.chance(LOW) > 0.5 > fitted.chance(PLAIN)
    again = LowStars.from_json(fitted.as_json())
    assert again.chance(LOW) == fitted.chance(LOW)
    assert 0 <= fitted.chance("") <= 1
    assert low_stars_judged(texts, low) is None


def test_by_night_it_is_used_where_better_and_only_for_doubtful_stars(salon: Salon) -> None:
    texts, low = reviews(210)
    Feedback.objects.bulk_create(
        Feedback(
            connection=salon.connection, external_id=f"fb_{place}", location=salon.location,
            rating=1 if bad else 5, text=text, given_at=clock.now() - timedelta(days=place),
        )
        for place, (text, bad) in enumerate(zip(texts, low, strict=True))
    )  # fmt: skip
    row = low_stars_night(connection=salon.connection)
    assert row is not None and row.in_use
    assert row.figures["auc"] > row.figures["auc_words"]
    at = salon.connection.pk
    assert reads_as_low(at, None, LOW) and reads_as_low(at, 3, LOW)
    assert not reads_as_low(at, 5, LOW) and not reads_as_low(at, None, PLAIN)
    assert low_stars_night(connection=salon.connection) is None


def test_few_reviews_teach_nothing(salon: Salon) -> None:
    assert low_stars_night(connection=salon.connection) is None
    assert LowStarsModel.objects.count() == 0
    assert not reads_as_low(salon.connection.pk, None, LOW)
