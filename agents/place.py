"""What holds at the place a draft is written for: its rules, and what the salon offers."""

from dataclasses import dataclass

from agents.budgets import Asker
from agents.context import Context
from agents.here import rules_of
from approvals.services.filling import catalogue_of


@dataclass(frozen=True)
class Place:
    """Rules of one location as the writer needs them; the defaults where it has none."""

    catalogue: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()
    longest_text: int = 0
    health_to_model: bool = False


def place_of(context: Context, asker: Asker | None) -> Place:
    """Two short reads before the model is asked. Without an asker (examples) the defaults."""
    if asker is None or asker.connection_id is None:
        return Place()
    rules = rules_of(context.salon.id)
    catalogue = tuple(catalogue_of(asker.connection_id))
    if rules is None:
        return Place(catalogue)
    return Place(catalogue, rules.banned, rules.longest_text, rules.health_to_model)
