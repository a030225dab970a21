"""Takings ahead: the product's forecast beside simple ones, on shops' weeks and a salon's days.

Eight weeks of every shop from one day in the past; four weeks of the salon's open days likewise.
What counts as known ahead is what a salon plans itself: open days, and offers that run.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import fmean
from typing import Any

from benchmarks._offline import prepare_django
from benchmarks._shared_data import rows_of
from benchmarks.figures import Figure

WEEKS_AHEAD = 8
DAYS_AHEAD = 28
SMOOTHING = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)


def run() -> Iterator[Figure]:
    prepare_django()
    yield shops()
    yield salon()


def shops() -> Figure:
    from agents.forecasting.weeks import Weeks, push_effect, weeks_forecast

    every = _weeks_of_shops()
    cut = min(len(one["sales"]) for one in every) - WEEKS_AHEAD
    known = [
        Weeks(one["sales"][:cut], one["open"], [min(p / max(o, 1), 1.0) for p, o in one["push"]])
        for one in every
    ]
    effect = push_effect(known)
    truth = [one["sales"][cut : cut + WEEKS_AHEAD] for one in every]
    ours = [weeks_forecast(one, WEEKS_AHEAD, effect) for one in known]
    simple: Mapping[str, Callable[[list[float]], list[float]]] = {
        "seasonal naive": lambda sales: sales[-52:][:WEEKS_AHEAD],
        "seasonal naive with growth": lambda sales: _grown(sales, 52, WEEKS_AHEAD),
        "mean of the last four": lambda sales: [fmean(sales[-4:])] * WEEKS_AHEAD,
        "ETS": lambda sales: _ets(sales, WEEKS_AHEAD),
    }
    arms = {
        name: wape(truth, [guess(one["sales"][:cut]) for one in every])
        for name, guess in simple.items()
    }
    name = f"shops' weeks, {WEEKS_AHEAD} ahead: WAPE"
    return _figure(
        name, wape(truth, ours), arms, f"{len(every)} shops; a push is worth {effect:+.2f}"
    )


def salon() -> Figure:
    from agents.forecasting.days import days_forecast

    took: dict[date, float] = defaultdict(float)
    for row in rows_of("salon_receipts"):
        took[date.fromisoformat(row["date"])] += float(row["amount"])
    cut = max(took) - timedelta(days=DAYS_AHEAD)
    past = {day: value for day, value in took.items() if day <= cut}
    ahead = sorted(day for day in took if day > cut)
    truth = [[took[day] for day in ahead]]
    ours = days_forecast(past, ahead)
    assert ours is not None
    arms = {
        "seasonal naive": wape(truth, [[_before(past, day, 1) for day in ahead]]),
        "mean of four same weekdays": wape(truth, [[_before(past, day, 4) for day in ahead]]),
        "seasonal naive with growth": wape(truth, [_grown_days(past, ahead)]),
        "ETS": wape(truth, [_ets_days(past, ahead)]),
    }
    return _figure(
        f"salon's days, {DAYS_AHEAD} ahead: WAPE", wape(truth, [ours]), arms, f"{len(ahead)} days"
    )


def wape(truth: Sequence[Sequence[float]], said: Sequence[Sequence[float]]) -> float:
    pairs = [
        pair for row, guess in zip(truth, said, strict=True)
        for pair in zip(row, guess, strict=True)
    ]  # fmt: skip
    return sum(abs(real - guess) for real, guess in pairs) / sum(abs(real) for real, _ in pairs)


def _figure(name: str, ours: float, arms: Mapping[str, float], more: str) -> Figure:
    best = min(arms, key=lambda arm: arms[arm])
    beside = ", ".join(f"{arm} {value:.4f}" for arm, value in arms.items())
    return Figure(
        name, f"{ours:.4f}", f"at most {arms[best]:.4f}", f"the best of {beside}; {more}",
        ours <= arms[best],
    )  # fmt: skip


def _weeks_of_shops() -> list[dict[str, Any]]:
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows_of("rossmann_weekly"):
        rows[row["store"]].append(row)
    found = []
    for _, own in sorted(rows.items()):
        own.sort(key=lambda row: row["week"])
        opened = [float(row["open_days"]) for row in own]
        pushes = [float(row["promo_days"]) for row in own]
        found.append(
            {
                "sales": [float(row["sales"]) for row in own],
                "open": opened,
                "push": list(zip(pushes, opened, strict=True)),
            }
        )
    return found


def _grown(sales: list[float], season: int, ahead: int) -> list[float]:
    """Last season's weeks times the growth of the last eight over the same eight then."""
    growth = sum(sales[-8:]) / (sum(sales[-season - 8 : -season]) or 1)
    return [value * growth for value in sales[-season:][:ahead]]


def _before(past: Mapping[date, float], day: date, count: int) -> float:
    """The mean of the last ``count`` same weekdays; of all days where there was none."""
    same = [past[one] for one in sorted(past) if one.weekday() == day.weekday()]
    return fmean(same[-count:]) if same else fmean(past.values())


def _grown_days(past: Mapping[date, float], ahead: Sequence[date]) -> list[float]:
    days = sorted(past)
    half = len(days) // 2
    growth = fmean(past[day] for day in days[-half:]) / fmean(past[day] for day in days[:half])
    return [_before(past, day, 1) * growth for day in ahead]


def _ets(values: Sequence[float], ahead: int) -> list[float]:
    """Damped trend, its two constants chosen by the squared error of one step ahead."""
    best: tuple[float, float, float] | None = None
    for alpha in SMOOTHING:
        for beta in (0.0, 0.05, 0.2):
            level, trend, error = values[0], 0.0, 0.0
            for value in values[1:]:
                error += (value - level - 0.9 * trend) ** 2
                new = alpha * value + (1 - alpha) * (level + 0.9 * trend)
                trend = beta * (new - level) + (1 - beta) * 0.9 * trend
                level = new
            if best is None or error < best[0]:
                best = (error, level, trend)
    assert best is not None
    steps = [sum(0.9**step for step in range(1, count + 1)) for count in range(1, ahead + 1)]
    return [best[1] + best[2] * step for step in steps]


def _ets_days(past: Mapping[date, float], ahead: Sequence[date]) -> list[float]:
    """The same on days whose weekday's share was taken out first."""
    whole = fmean(past.values())
    shares = {day.weekday(): _before(past, day, 99) / whole for day in [*past, *ahead]}
    flat = [past[day] / (shares[day.weekday()] or 1) for day in sorted(past)]
    level = _ets(flat, len(ahead))
    return [value * shares[day.weekday()] for value, day in zip(level, ahead, strict=True)]
