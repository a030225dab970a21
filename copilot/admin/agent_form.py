"""The form of an agent at one place: its own settings and what every agent has."""

from typing import Any, Literal, get_args, get_origin

from django import forms
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from agents.base import Agent
from agents.config import settings_of
from agents.configuring import prompts_seen
from agents.models import AgentConfig
from agents.trying import Change, service_names
from copilot.admin.spots import Spot
from integrations.models import Service

# Set on a page of their own, where they are tried on past openings before they are saved.
OWN_PAGE = {"open_slot": "matching"}
STAGES = (
    ("observe", "Watch only: drafts are kept for comparison and shown to managers"),
    ("review", "A person decides about every draft"),
    ("auto", "Sends by itself what a standing decision allows, the rest waits for a person"),
)
PREFIX = "own_"


def field_of(info: FieldInfo) -> forms.Field:
    """A form field with the setting's own words; its limits are said where they are broken."""
    said: dict[str, Any] = {"label": info.title, "help_text": info.description or ""}
    kind = info.annotation
    if kind is bool:
        return forms.BooleanField(required=False, **said)
    if get_origin(kind) is Literal:
        return forms.ChoiceField(choices=[(one, one) for one in get_args(kind)], **said)
    limits = {name: getattr(one, name) for one in info.metadata for name in ("ge", "le")
              if hasattr(one, name)}  # fmt: skip
    if kind in (int, float):
        return _number(kind, limits, said)
    longest = next((one.max_length for one in info.metadata if hasattr(one, "max_length")), 200)
    return forms.CharField(required=False, max_length=longest, **said)


def _number(kind: Any, limits: dict[str, Any], said: dict[str, Any]) -> forms.Field:
    low, high = limits.get("ge"), limits.get("le")
    if low is not None and high is not None:
        wrong = f"Between {low:g} and {high:g}, please."
    elif low is not None:
        wrong = f"At least {low:g}, please."
    else:
        wrong = f"At most {high:g}, please." if high is not None else "A number, please."
    errors = {"min_value": wrong, "max_value": wrong, "invalid": f"That is no number. {wrong}"}
    said = {"min_value": low, "max_value": high, "error_messages": errors, **said}
    if kind is int:
        return forms.IntegerField(**said)
    return forms.FloatField(widget=forms.NumberInput(attrs={"step": "0.01"}), **said)


def _whole(label: str, help_text: str, low: int, high: int) -> forms.Field:
    return _number(int, {"ge": low, "le": high}, {"label": label, "help_text": help_text})


class AgentForm(forms.Form):
    """``row`` is what holds at ``spot``; fields whose name begins with ``own_`` are the agent's."""

    def __init__(
        self, agent: type[Agent], spot: Spot, row: AgentConfig, connections: Any, *args: Any,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.agent, self.spot, self.row = agent, spot, row
        if agent.name not in OWN_PAGE:
            for name, info in agent.Settings.model_fields.items():
                self.fields[PREFIX + name] = field_of(info)
        self._everyones(list(prompts_seen(agent.name, connections)))
        self.fields["seen"] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.initial = {**self._held(), **self.initial}

    def _everyones(self, versions: list[Any]) -> None:
        rows = Service.objects.filter(connection=self.spot.connection, active=True).order_by("name")
        if self.agent.variables:
            choices = [("", "The newest that came with the product")]
            choices += [(str(one.pk), f"Version {one.number}: {one.note or one.created_by}")
                        for one in versions]  # fmt: skip
            self.fields["prompt"] = forms.ChoiceField(
                choices=choices, required=False, label="Prompt",
                help_text="What the model is told. Change it on the prompt's own page.",
            )  # fmt: skip
            self.fields["model"] = forms.CharField(
                required=False, max_length=80, label="Another model for this agent",
                help_text="Its name at the same provider. Empty: the one that is set up.",
            )  # fmt: skip
        self.fields["stage"] = forms.ChoiceField(
            choices=STAGES, label="How far it may go", widget=forms.RadioSelect
        )
        self.fields["daily_limit"] = _whole(
            "Most drafts in a day", "Per location. A busy day needs more than you think.", 1, 5000
        )
        if self.agent.variables:
            self.fields["holdout_percent"] = _whole(
                "Clients who keep the standard text, %",
                "To see what the model adds. Risky and first visits never count. 0: nobody.", 0, 50,
            )  # fmt: skip
        self.fields["new_clients_only"] = forms.BooleanField(
            required=False, label="New clients only",
            help_text="Only who is surely here for the first time.",
        )  # fmt: skip
        self.fields["services"] = forms.MultipleChoiceField(
            choices=[(str(row.pk), row.name) for row in rows], required=False,
            label="Only for these services", widget=forms.CheckboxSelectMultiple,
            help_text="None ticked: for all of them.",
        )  # fmt: skip

    def _held(self) -> dict[str, Any]:
        row = self.row
        settings = settings_of(self.agent, row.settings).model_dump()
        return {PREFIX + name: value for name, value in settings.items()} | {
            "prompt": str(row.prompt_id or ""),
            "model": row.model,
            "stage": row.stage,
            "daily_limit": row.daily_limit,
            "holdout_percent": row.holdout_percent,
            "new_clients_only": row.new_clients_only,
            "services": [str(pk) for pk in row.services],
            "seen": row.changed_at.isoformat() if row.pk else "",
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                self.agent.Settings.model_validate(self.settings())
            except ValidationError as error:
                for one in error.errors():
                    name = PREFIX + str(one["loc"][0]) if one["loc"] else ""
                    self.add_error(name if name in self.fields else None, str(one["msg"]))
            else:
                self._holdout_check(data)
        return data

    def _holdout_check(self, data: dict[str, Any]) -> None:
        """A share that would compare nothing is said so, instead of being saved in silence."""
        why = self.agent.why_no_holdout(self.agent.Settings.model_validate(self.settings()))
        if data.get("holdout_percent") and why:
            self.add_error("holdout_percent", why)

    def settings(self) -> dict[str, Any]:
        """The agent's own values as typed, over what is kept and not on this page."""
        own = {
            name.removeprefix(PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(PREFIX)
        }
        return {**self.row.settings, **own}

    def is_late(self, row: AgentConfig) -> bool:
        """Whether somebody else saved since this form was opened."""
        now = row.changed_at.isoformat() if row.pk else ""
        return bool(now) and self.cleaned_data["seen"] != now

    def apply(self, row: AgentConfig) -> list[str]:
        """Write the values into ``row`` (not saved); the names of what differs."""
        data = self.cleaned_data
        new: dict[str, Any] = {
            "settings": self.settings(),
            "stage": data["stage"],
            "daily_limit": data["daily_limit"],
            "new_clients_only": data["new_clients_only"],
            "services": [int(pk) for pk in data["services"]],
        }
        if self.agent.variables:
            new["prompt_id"] = int(data["prompt"]) if data["prompt"] else None
            new["model"] = data["model"].strip()
            new["holdout_percent"] = data["holdout_percent"]
        changed = [name for name, value in new.items() if getattr(row, name) != value]
        for name, value in new.items():
            setattr(row, name, value)
        return changed

    def change(self, prompt_text: str) -> Change:
        """What is tried: these values, saved or not."""
        ids = [int(pk) for pk in self.cleaned_data["services"]]
        return Change(
            prompt_text=prompt_text,
            settings=self.settings(),
            model=self.cleaned_data.get("model", "").strip(),
            services=service_names(self.spot.connection.pk, ids),
            new_clients_only=self.cleaned_data["new_clients_only"],
            said=tuple(self._said()),
        )

    def _said(self) -> list[str]:
        found = []
        for name in self.changed_data:
            if name != "seen" and name in self.cleaned_data:
                value = self.cleaned_data[name]
                shown = {True: "on", False: "off"}.get(value) if isinstance(value, bool) else value
                if isinstance(value, (str, int, float)):
                    found.append(f"{self.fields[name].label}: {shown or 'empty'}")
        return found

    @property
    def own_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith(PREFIX)]

    @property
    def model_fields(self) -> list[forms.BoundField]:
        names = ("prompt", "model", "holdout_percent")
        return [self[name] for name in names if name in self.fields]

    @property
    def scope_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("daily_limit", "new_clients_only")]
