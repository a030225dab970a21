"""Admin of the checkout card: what goes with what, and what a location allows."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from agents.models import CheckoutCard, CheckoutIdea, CheckoutSettings, RetailRule, RetailShelf
from agents.retail.cards import cards_queue
from copilot.admin.base import OwnLocations, WorkAdmin, tuned_locations
from copilot.admin.language import Recorded
from integrations.models import Connection, Location, Product, Service

WHICH = (
    "One product, or all whose name and brand fit. What is not in stock, was bought lately, "
    "clashes with notes or is against the location's limits is left out whatever a rule says."
)


class RetailRuleForm(forms.ModelForm):
    """Says what is missing in words, before the database does."""

    class Meta:
        model = RetailRule
        fields = (
            "connection",
            "location",
            "service",
            "service_category",
            "product",
            "product_words",
            "brand",
            "strength",
            "because",
            "active",
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not any(said.get(name) for name in ("product", "product_words", "brand")):
            self.add_error("product", "Choose a product, or give words of its name, or a brand.")
        connection = said.get("connection")
        for name in ("location", "service", "product"):
            chosen = said.get(name)
            if chosen is not None and connection and chosen.connection_id != connection.pk:
                self.add_error(name, "This belongs to another connection.")
        return said


@admin.register(RetailRule)
class RetailRuleAdmin(Recorded):
    """A rule of all locations is seen by who tunes one of them, and changed by who tunes all."""

    connection_path = "connection"
    said = "retail_rule"
    form = RetailRuleForm
    list_display = ("__str__", "where", "strength", "because", "active")
    list_filter = ("strength", "active")
    search_fields = ("service_category", "product_words", "brand", "because")
    fieldsets = (
        ("Where", {"fields": ("connection", "location")}),
        (
            "After which treatment",
            {
                "fields": ("service", "service_category"),
                "description": "Leave both empty for every treatment.",
            },
        ),
        (
            "Which product",
            {
                "fields": ("product", "product_words", "brand"),
                "description": WHICH,
            },
        ),
        ("What then", {"fields": ("strength", "because", "active")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows, own = super().get_queryset(request), tuned_locations(request)
        return rows if own is None else rows.filter(Q(location=None) | Q(location__in=own))

    @admin.display(description="where")
    def where(self, rule: RetailRule) -> str:
        return str(rule.location or "every location")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Offer only what belongs to one's own connections; a rule for every location only to who
        tunes them all."""
        form = super().get_form(request, obj, change, **kwargs)
        own = tuned_locations(request)
        fields: dict[str, Any] = form.base_fields
        if own is None or "connection" not in fields:
            return form
        mine = Connection.objects.filter(location__in=own).distinct()
        fields["connection"].queryset = mine
        fields["location"].required = not self._tunes_all(own)
        for name, model in (("service", Service), ("product", Product)):
            rows: Any = model._default_manager.filter(connection__in=mine, deleted_at=None)
            fields[name].queryset = rows.order_by("name")
        return form

    def _tunes_all(self, own: list[int], connection: Any = None) -> bool:
        rows = Location.objects.filter(connection__location__in=own, deleted_at=None)
        if connection is not None:
            rows = Location.objects.filter(connection=connection, deleted_at=None)
        return not rows.exclude(pk__in=own).exists()

    def _may_touch(self, request: HttpRequest, obj: RetailRule | None) -> bool:
        own = tuned_locations(request)
        if obj is None or own is None:
            return True
        if obj.location_id is not None:
            return obj.location_id in own
        return self._tunes_all(own, obj.connection_id)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One at a time: a rule that holds everywhere is not swept away from one location."""
        if obj is None:
            return tuned_locations(request) is None
        return self._may(request) and self._may_touch(request, obj)


@admin.register(CheckoutSettings)
class CheckoutSettingsAdmin(Recorded):
    said = "checkout_settings"
    list_display = ("location", "products", "add_ons", "next_visits", "most", "margin_percent")
    fieldsets = (
        ("What is suggested", {"fields": ("location", "products", "add_ons", "next_visits")}),
        (
            "Which products",
            {"fields": ("most", "margin_percent", "price_up_to", "keep_in_stock")},
        ),
        ("To whom, and how often", {"fields": ("only_with_consent", "rest_days")}),
    )


@admin.register(CheckoutCard)
class CheckoutCardAdmin(WorkAdmin):
    """Cards and how their work stands; to look at, and to put back to work."""

    queue = cards_queue
    list_display = ("opened_at", "location", "moment", "finished", "state", "closed", "last_error")
    list_filter = ("state", "closed", "moment")
    ordering = ("-id",)
    exclude = ("lease_token",)


@admin.register(CheckoutIdea)
class CheckoutIdeaAdmin(OwnLocations):
    """What was suggested, what the desk did with it and what was bought. The client is not shown:
    this list is about products."""

    list_display = ("made_at", "location", "kind", "name", "answer", "sold_at", "sold_amount")
    list_filter = ("kind", "answer", ("sold_at", admin.EmptyFieldListFilter))
    search_fields = ("name",)
    ordering = ("-id",)
    exclude = ("client", "card", "answered_by", "sale")


@admin.register(RetailShelf)
class RetailShelfAdmin(OwnLocations):
    """What was learned by night, of how much, and how its columns count."""

    superuser_only = True
    list_display = ("connection", "kind", "occasions", "fitted_at")
    fields = ("connection", "kind", "occasions", "weights", "fitted_at")
