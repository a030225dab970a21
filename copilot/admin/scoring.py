"""Admin of what was learned about lost visits and about who comes back: read-only, every fit with
the figures behind it."""

from django.contrib import admin

from agents.models import ClientOutlook, LowStarsModel, Outreach, ReturnModel, RiskModel
from agents.returning.nightly import outlook_queue
from copilot.admin.base import OwnLocations, WorkAdmin


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


@admin.register(ReturnModel)
class ReturnModelAdmin(OwnLocations):
    """A fit holds for all locations of its connection, so only the superuser reads it."""

    superuser_only = True
    list_display = ("connection", "kind", "fitted_at", "clients", "data_from", "data_to")
    list_filter = ("kind", "connection")
    ordering = ("-fitted_at",)


@admin.register(ClientOutlook)
class ClientOutlookAdmin(WorkAdmin):
    queue = outlook_queue
    list_display = ("client", "location", "chance", "visits", "last_visit_on", "slipping", "worth")
    list_filter = ("slipping", "state", "location")
    ordering = ("-at_risk", "pk")


@admin.register(Outreach)
class OutreachAdmin(OwnLocations):
    list_display = ("client", "agent", "key", "held_out", "drawn_at", "booked_at", "spent")
    list_filter = ("agent", "held_out", "location")
    ordering = ("-drawn_at",)


@admin.register(LowStarsModel)
class LowStarsModelAdmin(OwnLocations):
    """A fit holds for all locations of its connection, so only the superuser reads it."""

    superuser_only = True
    list_display = ("connection", "reviews", "in_use", "fitted_at")
    ordering = ("-fitted_at",)
