"""The few statistics of the quality page, as pure functions.

A share has Wilson's score interval (1927), a difference of two shares Newcombe's hybrid score
interval (Statistics in Medicine 1998, 17:873-890, method 10), a difference of two means Welch's
interval (1947) with Satterthwaite's degrees of freedom. The t quantile is the expansion 26.7.5 of
Abramowitz and Stegun, right to 0.02 from five degrees of freedom on; loading a numerical library
would cost every process 1.5 s for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean, variance

Z95 = NormalDist().inv_cdf(0.975)
# Below these a page says that there is not enough yet, whatever the interval would be.
LEAST_SHARE = 20
LEAST_MEAN = 10


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def has_zero(self) -> bool:
        return self.low <= 0 <= self.high


def share(hits: int, n: int) -> Interval:
    """``hits`` of ``n`` with Wilson's interval. ValueError for what is no share."""
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"{hits} of {n} is no share")
    p, z2 = hits / n, Z95 * Z95
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At the ends the root is exact only on paper.
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == n else min(1.0, middle + half)
    return Interval(p, low, high)


def difference(hits: int, n: int, other_hits: int, other_n: int) -> Interval:
    """The first share minus the second, with Newcombe's interval."""
    one, two = share(hits, n), share(other_hits, other_n)
    value = one.value - two.value
    down = sqrt((one.value - one.low) ** 2 + (two.high - two.value) ** 2)
    up = sqrt((one.high - one.value) ** 2 + (two.value - two.low) ** 2)
    return Interval(value, max(-1.0, value - down), min(1.0, value + up))


@dataclass(frozen=True)
class Sample:
    """A mean as the database adds it up: how many, their mean, their variance (n - 1)."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Sample":
        spread = variance(values) if len(values) > 1 else 0.0
        return cls(len(values), fmean(values) if values else 0.0, spread)


def mean_difference(one: Sample, two: Sample) -> Interval:
    """The first mean minus the second, with Welch's interval. ValueError below two values each."""
    if one.n < 2 or two.n < 2:
        raise ValueError("two values each are needed")
    value = one.mean - two.mean
    a, b = one.variance / one.n, two.variance / two.n
    if a + b == 0:
        return Interval(value, value, value)
    freedom = (a + b) ** 2 / (a * a / (one.n - 1) + b * b / (two.n - 1))
    half = t_quantile(freedom) * sqrt(a + b)
    return Interval(value, value - half, value + half)


def t_quantile(freedom: float) -> float:
    """The 97.5 % point of Student's t."""
    z, v = Z95, freedom
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4)
    )


def share_or_none(hits: int, n: int, least: int = LEAST_SHARE) -> Interval | None:
    """None: not enough data yet."""
    return share(hits, n) if n >= least else None


def difference_or_none(
    hits: int, n: int, other_hits: int, other_n: int, least: int = LEAST_SHARE
) -> Interval | None:
    return difference(hits, n, other_hits, other_n) if min(n, other_n) >= least else None


def mean_difference_or_none(one: Sample, two: Sample, least: int = LEAST_MEAN) -> Interval | None:
    return mean_difference(one, two) if min(one.n, two.n) >= least else None


def mean_interval(sample: Sample) -> Interval | None:
    """A mean with its interval (Student); None below ten values."""
    if sample.n < LEAST_MEAN:
        return None
    half = t_quantile(sample.n - 1) * sqrt(sample.variance / sample.n)
    return Interval(sample.mean, sample.mean - half, sample.mean + half)
