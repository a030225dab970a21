"""What a manager sets for the impact page."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

MINUTES = _("Between half a minute and 30 minutes, please.")


class AssumptionForm(forms.Form):
    """What is out of range says the range."""

    call_minutes = forms.DecimalField(
        label=_("Minutes of a call that an answer replaced"),
        min_value=Decimal("0.5"),
        max_value=Decimal(30),
        decimal_places=1,
        max_digits=4,
        error_messages=dict.fromkeys(("min_value", "max_value", "invalid", "required",
                                      "max_decimal_places", "max_digits"), MINUTES),
        help_text=_("With dialling and voicemail."),
    )  # fmt: skip
    hour_cost = forms.DecimalField(
        label=_("What an hour at the desk costs"),
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(10_000),
        decimal_places=2,
        max_digits=8,
        error_messages=dict.fromkeys(
            ("min_value", "max_value", "invalid", "max_decimal_places", "max_digits"),
            _("An amount up to 10,000, please, or nothing."),
        ),
        help_text=_("Empty: hours are not turned into money."),
    )
    everywhere = forms.BooleanField(label=_("For all of my locations"), required=False)
