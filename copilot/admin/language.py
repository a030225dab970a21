"""Admin of the model: where it is, what it costs, what it may say, and every call that was made."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Sum, URLField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html

from agents.budgets import WARN_AT, spending
from agents.costs import prices_forget
from agents.knowledge.fitting import searched_anew
from agents.model_testing import model_test, searching_test
from agents.models import LanguageModel, LocationRules, ModelCall, ModelPrice, PriceOffer
from copilot.admin.base import OwnLocations
from core import clock, secrets
from core.audit import audit_record


def _formfield(field: Any, **kwargs: Any) -> Any:
    """Django asks for a scheme even where the form brings a field of its own."""
    if isinstance(field, URLField):
        kwargs["assume_scheme"] = "https"
    return field.formfield(**kwargs)


class LanguageModelForm(forms.ModelForm):
    """The key is typed into a field of its own: kept encrypted, never shown again."""

    base_url = forms.URLField(
        required=False,
        assume_scheme="https",
        label="Address",
        help_text="Empty for OpenAI. Anthropic, Azure, Ollama, vLLM and LiteLLM have an address of "
        "their own that mostly ends in /v1.",
    )
    key = forms.CharField(
        required=False,
        max_length=400,
        label="Key",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="From the provider's page. Kept encrypted and never shown again. Empty: the one "
        "that is kept stays; a server of your own may need none.",
    )

    class Meta:
        model = LanguageModel
        fields = (
            "connection", "base_url", "key", "model", "fallback_model", "embedding_model",
            "seconds",
        )  # fmt: skip
        formfield_callback = _formfield

    def clean(self) -> dict[str, Any]:
        """One row for all connections: the database says it, but not in words."""
        data = super().clean() or {}
        others = LanguageModel.objects.filter(connection=data.get("connection"))
        if "connection" in data and others.exclude(pk=self.instance.pk).exists():
            self.add_error("connection", "There is a model for this already. Change that one.")
        return data

    def save(self, commit: bool = True) -> Any:
        row: LanguageModel = super().save(commit=False)
        if self.cleaned_data["key"]:
            row.key_ref = secrets.store(f"{row.model} key", self.cleaned_data["key"].strip())
        if commit:
            row.save()
        return row


class Recorded(OwnLocations):
    """Whoever saves is in the audit, with the names of the fields; never their values."""

    editable = True
    said = ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._record(request, obj, "changed" if change else "added", sorted(form.changed_data))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._record(request, obj, "removed", [])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for obj in queryset:
            self.delete_model(request, obj)

    def _record(self, request: HttpRequest, obj: Any, what: str, fields: list[str]) -> None:
        user: Any = request.user
        audit_record(
            action=f"{self.said}.{what}",
            actor=user.as_actor(),
            connection=getattr(obj, "connection_id", None) or "",
            location=getattr(obj, "location_id", None) or "",
            subject=f"{self.said}:{obj.pk}",
            facts={"fields": fields},
        )


@admin.register(LanguageModel)
class LanguageModelAdmin(Recorded):
    superuser_only = True
    said = "model"
    form = LanguageModelForm
    change_form_template = "admin/language_model.html"
    list_display = ("model", "where", "has_key", "fallback_model", "seconds", "changed_by")

    @admin.display(description="for")
    def where(self, row: LanguageModel) -> str:
        return str(row.connection or "every connection")

    @admin.display(description="key", boolean=True)
    def has_key(self, row: LanguageModel) -> bool:
        return bool(row.key_ref)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        obj.changed_by, obj.changed_at = user.as_actor().name[:160], clock.now()
        super().save_model(request, obj, form, change)
        if {"embedding_model", "base_url", "key", "connection"} & set(form.changed_data):
            searched_anew(obj.connection)
        request.model_saved = obj  # type: ignore[attr-defined]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """ "Save and test": saved first, then asked, because a model is never asked inside a
        transaction."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        row = getattr(request, "model_saved", None)
        if row is None or "_test" not in request.POST:
            return response
        user: Any = request.user
        tests = [model_test(actor=user.as_actor(), model=row)]
        if row.embedding_model:
            tests.append(searching_test(actor=user.as_actor(), model=row))
        for tested in tests:
            said = tested.said
            if tested.provider:
                said += f" The provider said: “{tested.provider}”"
            self.message_user(request, said, messages.SUCCESS if tested.ok else messages.ERROR)
        return redirect("admin:agents_languagemodel_change", row.pk)


@admin.register(ModelPrice)
class ModelPriceAdmin(Recorded):
    superuser_only = True
    said = "price"
    list_display = ("name", "fresh", "cached", "written")
    ordering = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def _record(self, request: HttpRequest, obj: Any, what: str, fields: list[str]) -> None:
        super()._record(request, obj, what, fields)
        prices_forget()


@admin.register(LocationRules)
class LocationRulesAdmin(Recorded):
    said = "rules"
    list_display = ("location", "today", "this_month", "health_to_model", "longest_text")
    readonly_fields = ("today", "this_month")
    fieldsets = (
        (
            "What a draft may say",
            {"fields": ("location", "links", "never_say", "longest_text", "health_to_model")},
        ),
        (
            "What the model may cost",
            {"fields": ("daily_budget", "today", "monthly_budget", "this_month")},
        ),
    )

    @admin.display(description="spent today")
    def today(self, rules: LocationRules) -> str:
        return self._spent(rules, "day")

    @admin.display(description="spent this month")
    def this_month(self, rules: LocationRules) -> str:
        return self._spent(rules, "month")

    def _spent(self, rules: LocationRules, per: str) -> str:
        if rules.pk is None:
            return "Nothing yet."
        used: Decimal = getattr(spending(rules.location, clock.now()), per)
        limit = rules.daily_budget if per == "day" else rules.monthly_budget
        if limit is None:
            return f"${used:.2f}, no limit"
        said = f"${used:.2f} of ${limit:.2f}"
        if used >= limit:
            return format_html(
                '<strong class="budget-gone">{}: used up, drafts are the standard texts</strong>',
                said,
            )
        if used >= limit * WARN_AT:
            return format_html(
                '<strong class="budget-near">{}: more than 80 % is used</strong>', said
            )
        return said


@admin.register(PriceOffer)
class PriceOfferAdmin(Recorded):
    said = "offer"
    list_display = ("words", "location", "starts_on", "ends_on")
    list_filter = ("ends_on",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)


@admin.register(ModelCall)
class ModelCallAdmin(OwnLocations):
    """Read only; what the chosen calls took stands above them."""

    change_list_template = "admin/model_calls.html"
    list_display = (
        "at",
        "location",
        "agent",
        "purpose",
        "model",
        "came_of_it",
        "tokens",
        "cost",
        "milliseconds",
    )
    list_filter = ("purpose", "agent", "model", ("at", admin.DateFieldListFilter))
    list_select_related = ("location",)
    date_hierarchy = "at"
    ordering = ("-id",)

    @admin.display(description="came of it")
    def came_of_it(self, call: ModelCall) -> str:
        return call.outcome or "a usable answer"

    @admin.display(description="tokens in / out")
    def tokens(self, call: ModelCall) -> str:
        return f"{call.input_tokens} / {call.output_tokens}"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        titled = {"title": "Model calls"} | (extra_context or {})
        response = super().changelist_view(request, titled)
        if isinstance(response, TemplateResponse) and response.context_data:
            shown = response.context_data.get("cl")
            if shown is not None:
                response.context_data["sums"] = shown.queryset.order_by().aggregate(
                    cost=Sum("cost"), read=Sum("input_tokens"), written=Sum("output_tokens")
                )
                response.context_data["calls"] = shown.result_count
        return response
