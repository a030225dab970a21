"""What a manager sets for a location's trust."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

RANGE = _("Between %(low)s and %(high)s, please.")


def _errors(low: int, high: int) -> dict[str, str]:
    said = RANGE % {"low": low, "high": high}
    return dict.fromkeys(("min_value", "max_value", "invalid", "required"), said)


class TrustForm(forms.Form):
    """What is out of range says the range."""

    seeded_percent = forms.IntegerField(
        label=_("Tests in a hundred drafts"),
        min_value=0,
        max_value=10,
        error_messages=_errors(0, 10),
        help_text=_("0: none. A test has a wrong name or a wrong day and can never be sent."),
    )
    earn_after = forms.IntegerField(
        label=_("Approvals in a row before anything is proposed"),
        min_value=20,
        max_value=1000,
        error_messages=_errors(20, 1000),
        help_text=_("All of one standard text, unedited and without regret."),
    )
    most_value = forms.DecimalField(
        label=_("A visit worth more always waits for a person"),
        min_value=Decimal(0),
        max_value=Decimal(100_000),
        decimal_places=2,
        error_messages=_errors(0, 100_000),
    )
