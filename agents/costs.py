"""What a model's tokens cost: the table in admin first, then the list prices known here."""

import time
from decimal import Decimal

from agents.models import ModelPrice

Price = tuple[Decimal, Decimal, Decimal]
# US dollars per million tokens: fresh input, cached input, output. List prices of the maker as of
# 2025-09; a model that is in neither table counts as 0, and admin then shows no cost.
PRICES: dict[str, Price] = {
    "gpt-5": (Decimal("1.25"), Decimal("0.125"), Decimal("10")),
    "gpt-5-mini": (Decimal("0.25"), Decimal("0.025"), Decimal("2")),
    "gpt-5-nano": (Decimal("0.05"), Decimal("0.005"), Decimal("0.40")),
    "gpt-4.1": (Decimal("2"), Decimal("0.50"), Decimal("8")),
    "gpt-4.1-mini": (Decimal("0.40"), Decimal("0.10"), Decimal("1.60")),
    "gpt-4o-mini": (Decimal("0.15"), Decimal("0.075"), Decimal("0.60")),
}
FRESH_SECONDS = 30.0
_kept: tuple[float, dict[str, Price]] = (0.0, {})


def prices() -> dict[str, Price]:
    """Both tables; admin's are read at most every half minute, and at once after a change there."""
    global _kept
    if time.monotonic() - _kept[0] > FRESH_SECONDS or not _kept[0]:
        rows = ModelPrice.objects.values_list("name", "fresh", "cached", "written")
        _kept = (time.monotonic(), {name: (fresh, old, new) for name, fresh, old, new in rows})
    return PRICES | _kept[1]


def prices_forget() -> None:
    global _kept
    _kept = (0.0, {})


def cost_of(
    model: str, input_tokens: int, cached_tokens: int, output_tokens: int, table: dict[str, Price]
) -> Decimal:
    """US dollars; ``input_tokens`` include the cached ones. 0 for a model without a price."""
    # A dated name ("gpt-5-mini-2025-08-07") costs what its family costs: the longest match wins.
    family = max((name for name in table if model.startswith(name)), key=len, default="")
    if not family:
        return Decimal(0)
    fresh_price, cached_price, output_price = table[family]
    cached = min(cached_tokens, input_tokens)
    total = (input_tokens - cached) * fresh_price + cached * cached_price
    return (total + output_tokens * output_price) / 1_000_000
