"""The lines that a storm prints: its zeros, and how slots were filled beside two other ways."""

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks._storm.baselines import Way
from benchmarks._storm.witness import EVERYBODY, LADDER, LINE, ZEROS, Tally
from benchmarks.figures import Figure, at_least, at_most, none_of

PER_SEED = 150
OF_OFFERS = "offers "


def lines(account: Tally, seeds: Sequence[int]) -> Iterator[Figure]:
    """Every figure of one storm, or of several added up."""
    said = f"seeds {seeds[0]} to {seeds[-1]}, {account.openings} openings, {account.offers} offers"
    said += f", {account.answers} answers, {account.two_questions} with two questions open"
    said += f", {account.to_a_person} to a person, {account.stops} STOP"
    for name in ZEROS:
        n = account.offers if name.startswith(OF_OFFERS) else account.openings
        yield none_of(f"storm: {name}", account.bad[name], n, said)
        said = "none: it is a count"
    yield from _fills(account)


def _fills(account: Tally) -> Iterator[Figure]:
    ours, line, everybody = (account.ways[name] for name in (LADDER, LINE, EVERYBODY))
    n = len(ours)
    yield at_least(
        "storm: slots filled", share(ours), share(line),
        f"{LINE} {share(line):.1f}%, {EVERYBODY} {share(everybody):.1f}%, n={n}", "%",
    )  # fmt: skip
    yield at_most(
        "storm: median minutes to fill", middle(ours), middle(line),
        f"{LINE} {middle(line):.0f}, {EVERYBODY} {middle(everybody):.0f}, n={n}",
    )  # fmt: skip
    yield at_most(
        "storm: texts for each slot filled", texts(ours), texts(everybody),
        f"{LINE} {texts(line):.1f}, {EVERYBODY} {texts(everybody):.1f}",
    )  # fmt: skip
    away = sum(way.turned_away for way in everybody)
    yield at_most(
        "storm: clients who said yes and were told no, for each slot",
        account.turned_away / max(1, n), away / max(1, n), f"{EVERYBODY} {away / max(1, n):.2f}",
    )  # fmt: skip


def share(ways: Sequence[Way]) -> float:
    """Per cent of the slots that somebody took."""
    return 100 * sum(1 for way in ways if way.minutes is not None) / max(1, len(ways))


def middle(ways: Sequence[Way]) -> float:
    """Median minutes from the cancellation to the yes, of the slots that were filled."""
    taken = [way.minutes for way in ways if way.minutes is not None]
    return median(taken) if taken else 0.0


def texts(ways: Sequence[Way]) -> float:
    taken = sum(1 for way in ways if way.minutes is not None)
    return sum(way.texts for way in ways) / max(1, taken)
