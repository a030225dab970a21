"""One line per figure: ``name: value (goal …, baseline …) ok|short``."""

from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True)
class Figure:
    """One measured figure. ``ok`` is decided where the goal is stated; nothing is rounded up."""

    name: str
    value: str
    goal: str
    baseline: str
    ok: bool

    def line(self) -> str:
        verdict = "ok" if self.ok else "short"
        return f"{self.name}: {self.value} (goal {self.goal}, baseline {self.baseline}) {verdict}"


class Unavailable(Exception):
    """The subject needs something this machine has not; the message says what."""


def at_least(name: str, value: float, goal: float, baseline: str, unit: str = "") -> Figure:
    return Figure(name, f"{value:.3g}{unit}", f"at least {goal:g}{unit}", baseline, value >= goal)


def at_most(name: str, value: float, goal: float, baseline: str, unit: str = "") -> Figure:
    return Figure(name, f"{value:.3g}{unit}", f"at most {goal:g}{unit}", baseline, value <= goal)


def none_of(name: str, bad: int, n: int, baseline: str) -> Figure:
    """ "0 of n" always prints n; a run that tried nothing is short."""
    return Figure(name, f"{bad} of {n}", f"0 of {n}", baseline, bad == 0 and n > 0)


def percentile(values: list[float], percent: int) -> float:
    """The percentile of measured values (inclusive method); needs at least two."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
