"""Admin of what was learned about lost visits: read-only, every fit with the figures behind it."""

from django.contrib import admin

from agents.models import RiskModel
from copilot.admin.base import OwnLocations


@admin.register(RiskModel)
class RiskModelAdmin(OwnLocations):
    """A row of a connection holds for all its locations, so only the superuser reads it."""

    superuser_only = True
    list_display = ("connection", "state", "fitted_at", "rows", "lost", "brier", "brier_before")
    list_filter = ("state", "connection")
    ordering = ("-fitted_at",)

    @admin.display(description="error (Brier)")
    def brier(self, row: RiskModel) -> object:
        return row.figures.get("brier", "")

    @admin.display(description="of the one in use then")
    def brier_before(self, row: RiskModel) -> object:
        return row.figures.get("brier_in_use", "")
