"""Admin of agents: pages of their own for agents and prompts, and the runs as rows."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from agents.models import AgentConfig, AgentRun, PromptVersion
from agents.runs import runs_queue
from copilot.admin import (
    agent_pages,
    flag_pages,
    forget_pages,
    learned_pages,
    prompt_pages,
    try_pages,
)
from copilot.admin.agent_pages import address
from copilot.admin.base import OwnLocations, WorkAdmin
from copilot.admin.spots import spots_of


@admin.register(AgentConfig)
class AgentConfigAdmin(OwnLocations):
    """The rows are read and written on the agents' own pages, one per agent."""

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        pages: list[tuple[str, Any, str]] = [
            ("agent/<slug:name>/", agent_pages.page, "agents_agent"),
            ("agent/<slug:name>/at/<int:place>/", agent_pages.switch, "agents_switch"),
            ("agent/<slug:name>/prompt/", prompt_pages.prompt, "agents_prompt"),
            ("agent/<slug:name>/learned/", learned_pages.learned, "agents_learned"),
            ("flags/", flag_pages.flags, "agents_flags"),
            ("forget/<int:pk>/", forget_pages.forget, "agents_forget"),
            ("try/<int:pk>/", try_pages.tried, "agents_try"),
            ("try/<int:pk>/rows/", try_pages.rows, "agents_try_rows"),
        ]
        own = []
        for route, view, name in pages:
            guarded = guard(view)
            # As Django marks its own: whose page this is, for whoever walks the addresses.
            guarded.model_admin = self
            own.append(path(route, guarded, name=name))
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return agent_pages.index(request)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A row's address leads to its agent's page."""
        if object_id is None:
            return redirect("admin:agents_agentconfig_changelist")
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404("There is no such agent.")
        key = str(row.location_id or row.connection_id)
        spot = next((one for one in spots_of(request) if one.key == key), None)
        return redirect(address(row.agent, spot))


@admin.register(PromptVersion)
class PromptVersionAdmin(OwnLocations):
    """Versions are added on the prompt's own page, never changed: each run says which it used."""

    superuser_only = True
    list_display = ("agent", "number", "note", "connection", "created_by", "created_at")
    list_filter = ("agent",)
    ordering = ("agent", "-number")


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
