"""How clients behave, by stated assumptions; the same people for every way of asking.

- Each client answers a share of offers of their own, drawn once from Beta(2, 3): 40 % on average,
  some nearly always, some hardly ever. What is published for appointment texts is a third (24 to
  39 % by the hour of the day, over 40,000 texts of one reminder service); who asked to be put on a
  list is taken to answer a little more often.
- Who answers does so after a log-normal time with median 6 minutes (one in six takes more than a
  quarter of an hour, one in fifty more than forty minutes), stretched by a pace of their own.
- Of those who answer, 52 % take it; 10 points less inside three hours, 12 points more when it is
  the therapist they asked for. So one text in five is a yes.
- One answer in seven comes by the link, one in five as a word instead of the digit; one in twelve
  comes twice, one in twenty is followed by its opposite within five minutes. One text in a hundred
  is answered with STOP.

The draw hangs on seed, client and slot alone, so that each way of asking meets the same people.
"""

import math
from dataclasses import dataclass
from random import Random

MEDIAN_MINUTES = 6.0
SPREAD = 0.9
TAKES_IT = 0.52
BY_LINK, BY_WORD = 1 / 7, 1 / 5
TWICE, OPPOSITE, STOPS = 1 / 12, 1 / 20, 1 / 100
YES = ("yes", "Yes please!", "YES", "ok", "I'll take it", "sí")
NO = ("no", "No thanks", "can't, sorry", "no gracias")


@dataclass(frozen=True)
class Behaviour:
    """What a client would do when asked about one slot. ``after``: minutes; None is silence.

    ``by``: digit, word or link. ``twice`` and ``opposite``: minutes later, where it happens.
    """

    after: float | None
    yes: bool = False
    by: str = "digit"
    word: str = ""
    twice: float | None = None
    opposite: float | None = None
    stops: bool = False


def answer_of(
    seed: int, client: str, slot: str, *, hours_ahead: float, wished: bool = False
) -> Behaviour:
    """Their answer, had they been asked so long before the slot."""
    nature = Random(f"{seed}:{client}")
    willing, pace = nature.betavariate(2, 3), nature.lognormvariate(0, 0.4)
    dice = Random(f"{seed}:{client}:{slot}")
    answers, after = (
        dice.random() < willing,
        pace * dice.lognormvariate(math.log(MEDIAN_MINUTES), SPREAD),
    )
    chance = TAKES_IT - (0.10 if hours_ahead < 3 else 0) + (0.12 if wished else 0)
    yes, how, odd = dice.random() < chance, dice.random(), dice.random()
    if dice.random() < STOPS:
        return Behaviour(after, stops=True)
    if not answers:
        return Behaviour(None)
    return Behaviour(
        after,
        yes,
        "link" if how < BY_LINK else "word" if how < BY_LINK + BY_WORD else "digit",
        dice.choice(YES if yes else NO),
        twice=dice.uniform(0.1, 3) if odd < TWICE else None,
        opposite=dice.uniform(0.5, 5) if TWICE <= odd < TWICE + OPPOSITE else None,
    )
