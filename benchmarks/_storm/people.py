"""How clients behave, by stated assumptions; the same for every way of asking.

- Each client answers a share of offers of their own, drawn once from Beta(2, 2.4): 45 % on average,
  some nearly always, some hardly ever.
- Who answers does so after a log-normal time with median 6 minutes (one in five takes more than a
  quarter of an hour, one in twenty-five more than forty minutes), stretched by a pace of their own.
- Of those who answer, 52 % take it; 10 points less inside three hours, 12 points more when it is
  the therapist they asked for.
- One answer in ten comes as a word instead of the digit, one in seven by the link; one in twelve
  comes twice, one in twenty is followed by its opposite within five minutes.

The draw hangs on seed, client and slot alone, so that each way of asking meets the same people.
"""

import math
from dataclasses import dataclass
from random import Random

MEDIAN_MINUTES = 6.0
SPREAD = 0.9
TAKES_IT = 0.52


@dataclass(frozen=True)
class Answer:
    """What a client would do when asked about one slot. ``after``: minutes; None is silence."""

    after: float | None
    yes: bool = False
    by: str = "digit"
    twice: float | None = None
    opposite: float | None = None


def answer_of(
    seed: int, client: str, slot: str, *, hours_ahead: float, wished: bool = False
) -> Answer:
    """Their answer, had they been asked so long before the slot."""
    nature = Random(f"{seed}:{client}")
    willing, pace = nature.betavariate(2, 2.4), nature.lognormvariate(0, 0.4)
    dice = Random(f"{seed}:{client}:{slot}")
    if dice.random() > willing:
        return Answer(None)
    after = pace * dice.lognormvariate(math.log(MEDIAN_MINUTES), SPREAD)
    chance = TAKES_IT - (0.10 if hours_ahead < 3 else 0) + (0.12 if wished else 0)
    yes = dice.random() < chance
    how = dice.random()
    by = "link" if how < 1 / 7 else "word" if how < 1 / 7 + 0.1 else "digit"
    odd = dice.random()
    return Answer(
        after,
        yes,
        by,
        twice=dice.uniform(0.1, 3) if odd < 1 / 12 else None,
        opposite=dice.uniform(0.5, 5) if 1 / 12 <= odd < 1 / 12 + 1 / 20 else None,
    )
