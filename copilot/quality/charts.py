"""The page's one chart, drawn here: stacked bars that print, follow the theme and need no script.

Nothing in it carries a style of its own (the pages' policy forbids that); colours come from the
stylesheet by class, and a table with the same numbers follows every chart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 180
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 10, 24
MOST_TICKS = 4
# A bar no wider than this, however few there are.
WIDEST = 46


@dataclass(frozen=True)
class Piece:
    """One rectangle; ``kind`` names its class, ``said`` what a pointer held over it shows."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    said: str


@dataclass(frozen=True)
class Tick:
    """A line of the scale, or a label below a bar, at ``at``."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """Everything a template draws, in the units of ``viewBox``."""

    pieces: list[Piece]
    scale: list[Tick]
    labels: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    baseline: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Bar:
    """``parts``: (kind, label, how many), from the bottom up."""

    label: str
    parts: Sequence[tuple[str, str, int]]

    @property
    def total(self) -> int:
        return sum(n for _, _, n in self.parts)


def stacked(bars: Sequence[Bar]) -> Chart | None:
    """A chart of these bars; None where there is nothing to draw."""
    most = max((bar.total for bar in bars), default=0)
    if most == 0:
        return None
    step = scale_step(most)
    top = -(-most // step) * step
    room, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    each = room / len(bars)
    wide = min(each * 0.7, WIDEST)
    pieces, labels = [], []
    # Labels must not run into each other on a phone.
    every = -(-len(bars) // 9)
    for place, bar in enumerate(bars):
        x = LEFT + each * (place + 0.5) - wide / 2
        if place % every == 0:
            labels.append(Tick(round(x + wide / 2, 1), bar.label))
        pieces += _pieces(bar, x, wide, high / top)
    ticks = range(0, top + 1, step)
    scale = [Tick(round(HEIGHT - BOTTOM - n * high / top, 1), str(n)) for n in ticks]
    return Chart(pieces, scale, labels)


def _pieces(bar: Bar, x: float, wide: float, unit: float) -> list[Piece]:
    found, foot = [], float(HEIGHT - BOTTOM)
    for kind, label, n in bar.parts:
        if n:
            tall = n * unit
            foot -= tall
            said = f"{bar.label}: {label} {n}"
            found.append(
                Piece(round(x, 1), round(foot, 1), round(wide, 1), round(tall, 1), kind, said)
            )
    return found


def scale_step(most: int) -> int:
    """A round step that gives at most four lines above zero: 1, 2, 5, 10, 20, 50 ..."""
    tens = 1
    while True:
        for step in (tens, 2 * tens, 5 * tens):
            if most <= step * MOST_TICKS:
                return step
        tens *= 10
