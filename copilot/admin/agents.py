"""Admin of agents: what is on where, its settings, its prompts, and its runs."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from pydantic import ValidationError as SettingsError

from agents.configuring import agent_configure, prompt_save
from agents.models import AgentConfig, AgentRun, PromptVersion
from agents.prompting import prompt_problems
from agents.registry import agents
from agents.runs import runs_queue
from copilot.admin.base import OwnLocations, WorkAdmin


class AgentConfigForm(forms.ModelForm):
    class Meta:
        model = AgentConfig
        fields = (
            "connection",
            "location",
            "agent",
            "enabled",
            "stage",
            "settings",
            "model",
            "prompt",
            "daily_limit",
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        name, values = cleaned.get("agent"), cleaned.get("settings") or {}
        if name:
            _settings_checked(name, values)
            prompt = cleaned.get("prompt")
            if prompt and prompt.agent != name:
                raise ValidationError({"prompt": "This prompt belongs to another agent."})
        return cleaned


def _settings_checked(agent: str, values: dict[str, Any]) -> None:
    """Say which setting is wrong and what it may be, before anything is saved."""
    known = agents.get(agent).Settings.model_fields
    unknown = sorted(set(values) - set(known))
    if unknown:
        there = ", ".join(sorted(known)) or "none"
        raise ValidationError(
            {"settings": f"No such setting: {', '.join(unknown)}. There is: {there}."}
        )
    try:
        agents.get(agent).Settings.model_validate(values)
    except SettingsError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "settings"
        raise ValidationError({"settings": f"{field}: {first['msg']}."}) from error


@admin.register(AgentConfig)
class AgentConfigAdmin(OwnLocations):
    editable = True
    form = AgentConfigForm
    list_display = ("agent", "connection", "location", "enabled", "stage", "prompt", "changed_by")
    list_filter = ("agent", "enabled", "stage")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        agent_configure(actor=user.as_actor(), config=obj, changed=sorted(form.changed_data))


class PromptForm(forms.ModelForm):
    class Meta:
        model = PromptVersion
        fields = ("agent", "text", "note")
        widgets = {"text": forms.Textarea(attrs={"rows": 24, "cols": 100})}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("agent") and cleaned.get("text"):
            problems = prompt_problems(cleaned["agent"], cleaned["text"])
            if problems:
                raise ValidationError({"text": problems})
        return cleaned


@admin.register(PromptVersion)
class PromptVersionAdmin(OwnLocations):
    """Versions are added, never changed: each run says which one it used."""

    superuser_only = True
    form = PromptForm
    list_display = ("agent", "number", "note", "created_by", "created_at")
    list_filter = ("agent",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start from the newest version of the agent that was asked for."""
        name = request.GET.get("agent", "")
        newest = PromptVersion.objects.filter(agent=name).order_by("-number").first()
        return {"agent": name, "text": newest.text if newest else ""}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        saved = prompt_save(actor=user.as_actor(), agent=obj.agent, text=obj.text, note=obj.note)
        obj.pk, obj.number = saved.pk, saved.number


@admin.register(AgentRun)
class AgentRunAdmin(WorkAdmin):
    queue = runs_queue
    list_display = (
        "created_at",
        "agent",
        "location",
        "state",
        "outcome",
        "writer",
        "fallback",
        "latency_ms",
    )
    list_filter = ("agent", "state", "outcome", "writer")
    search_fields = ("event_key",)
    ordering = ("-id",)
    exclude = ("lease_token",)
