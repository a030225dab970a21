"""Links that keep what the person narrowed the queue to."""

from django import template
from django.urls import reverse

from approvals.selectors import QueueFilters
from approvals.views.context import query_of

register = template.Library()


@register.simple_tag
def narrowed(filters: QueueFilters, **changed: str) -> str:
    """The queue's address with some of its filters changed."""
    return reverse("queue") + query_of(filters, **changed)
