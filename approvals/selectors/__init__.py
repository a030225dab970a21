"""Reads. Every one starts from what this person may see."""

from approvals.selectors.activity import ActivityFilters, ActivityPage, ActivityRow, activity_page
from approvals.selectors.card import ItemCard, item_card, item_for
from approvals.selectors.queue import (
    Counts,
    QueueFilters,
    QueueGroup,
    QueuePage,
    QueueRow,
    Told,
    counts,
    queue_page,
    told,
)

__all__ = [
    "ActivityFilters",
    "ActivityPage",
    "ActivityRow",
    "Counts",
    "ItemCard",
    "QueueFilters",
    "QueueGroup",
    "QueuePage",
    "QueueRow",
    "Told",
    "activity_page",
    "counts",
    "item_card",
    "item_for",
    "queue_page",
    "told",
]
