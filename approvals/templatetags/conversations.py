"""What clients wrote, drawn so that nothing in it can hide."""

from django import template

from approvals.hygiene import made_visible
from approvals.permissions import Rights

register = template.Library()


@register.filter
def shown(text: object) -> str:
    """Text with every invisible character spelled out (names, numbers, subjects)."""
    return made_visible(str(text or ""))


@register.filter
def has_right(rights: Rights, name: str) -> bool:
    """Whether the person holds a right anywhere."""
    return rights.any(name)
