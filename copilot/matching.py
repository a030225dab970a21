"""How people are chosen for a free slot, per location: the form, trying it, and saving it.

A change is saved only after it was tried on openings of the past: what was tried is signed, and
anything else is refused.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from django import forms
from django.core import signing
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from agents.config import config_for
from agents.configuring import agent_configure, own_row
from agents.matching.facts import Ranked
from agents.matching.settings import OpenSlotSettings
from agents.matching.tryout import AGENT, Tryout, tryout
from agents.models import AgentConfig
from core.audit import Actor
from integrations.models import Client, Location

SALT = "copilot.matching"
# Long enough to talk it over, short enough that the slots of the past are still the newest ones.
TRIED_FOR_SECONDS = 3600
SHOWN = 5
FIELDS: dict[str, FieldInfo] = {
    name: field
    for name, field in OpenSlotSettings.model_fields.items()
    if name in OpenSlotSettings.__annotations__
}


class MatchForm(forms.Form):
    """One field per setting, with its own words; limits are those of the settings themselves."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in FIELDS.items():
            self.fields[name] = _field(field)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                OpenSlotSettings.model_validate(data)
            except ValidationError as error:
                for one in error.errors():
                    self.add_error(str(one["loc"][0]), str(one["msg"]))
        return data

    def settings(self) -> OpenSlotSettings:
        """What was chosen; only after ``is_valid``."""
        return OpenSlotSettings.model_validate(self.cleaned_data)


def _field(field: FieldInfo) -> forms.Field:
    said: dict[str, Any] = {"label": field.title, "help_text": field.description}
    kind = field.annotation
    if kind is bool:
        return forms.BooleanField(required=False, **said)
    if get_origin(kind) is Literal:
        choices = [(one, WAYS.get(str(one), str(one))) for one in get_args(kind)]
        return forms.ChoiceField(choices=choices, label=field.title)
    limits = {type(one).__name__: one for one in field.metadata}
    if kind is int:
        low, high = limits.get("Ge"), limits.get("Le")
        return forms.IntegerField(
            min_value=getattr(low, "ge", None), max_value=getattr(high, "le", None), **said
        )
    longest = limits.get("MaxLen")
    return forms.CharField(required=False, max_length=getattr(longest, "max_length", 200), **said)


WAYS = {
    "soon": "The more together, the sooner it starts",
    "one": "One after the other",
    "waves": "A few at a time",
    "all": "Everybody at once",
}


@dataclass(frozen=True)
class Place:
    """One client in an order. ``moved``: places up, negative for down; ``took``: got the slot."""

    name: str
    moved: int
    took: bool
    is_new: bool = False

    @property
    def words(self) -> str:
        if self.is_new:
            return "new"
        if not self.moved:
            return ""
        return f"{abs(self.moved)} {'up' if self.moved > 0 else 'down'}"


@dataclass(frozen=True)
class Compared:
    """One past slot: the order as it was and as it would be."""

    what: str
    changed: bool
    old: list[Place]
    new: list[Place]


def settings_of(location: Location) -> OpenSlotSettings:
    """What holds at a location now."""
    held = config_for(AGENT, location).settings.model_dump()
    return OpenSlotSettings.model_validate(held)


def compared(tried: Tryout) -> list[Compared]:
    """The first few of every slot by name; one query."""
    ids = {one.client_id for row in tried.rows for one in [*row.old[:SHOWN], *row.new[:SHOWN]]}
    clients = Client.objects.in_bulk(ids)
    names = {pk: client.short_name for pk, client in clients.items()}
    return [
        Compared(
            row.what,
            row.changed,
            _places(row.old, row.old, names, row.took),
            _places(row.new, row.old, names, row.took),
        )
        for row in tried.rows
    ]


def _places(
    shown: list[Ranked], before: list[Ranked], names: dict[int, str], took: int | None
) -> list[Place]:
    was = {one.client_id: place for place, one in enumerate(before)}
    return [
        Place(
            name=names.get(one.client_id, "Somebody who left"),
            moved=was.get(one.client_id, place) - place,
            took=one.client_id == took,
            is_new=one.client_id not in was,
        )
        for place, one in enumerate(shown[:SHOWN])
    ]


def try_it(location: Location, settings: OpenSlotSettings) -> Tryout:
    return tryout(location, settings)


def tried_token(location: Location, settings: OpenSlotSettings) -> str:
    """Proof that exactly these settings were tried at this location."""
    return signing.dumps(_digest(location, settings), salt=SALT)


def was_tried(token: str, location: Location, settings: OpenSlotSettings) -> bool:
    try:
        said = signing.loads(token, salt=SALT, max_age=TRIED_FOR_SECONDS)
    except signing.BadSignature:
        return False
    return bool(said == _digest(location, settings))


def _digest(location: Location, settings: OpenSlotSettings) -> str:
    said = json.dumps([location.pk, settings.model_dump(mode="json")], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def changed_names(location: Location, settings: OpenSlotSettings) -> list[str]:
    held = settings_of(location)
    return [name for name in FIELDS if getattr(held, name) != getattr(settings, name)]


def settings_save(*, actor: Actor, location: Location, settings: OpenSlotSettings) -> AgentConfig:
    """Save for this location alone: the other locations of the connection keep theirs."""
    changed = changed_names(location, settings)
    row = own_row(connection=location.connection, location=location, agent=AGENT)
    kept = {name: getattr(settings, name) for name in FIELDS}
    row.settings = {**row.settings, **kept}
    return agent_configure(actor=actor, config=row, changed=[f"settings.{one}" for one in changed])
