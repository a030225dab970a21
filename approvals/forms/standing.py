"""The form of a standing decision: which template, where, how many a day, until when."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms

from approvals.answers.beforehand import TEMPLATES, Template
from approvals.services.standing import MOST_A_DAY
from core import clock
from integrations.models import Location

MONTHS_OF_USE = timedelta(days=90)


class StandingForm(forms.Form):
    """Only the person's own locations can be chosen. Times are days of the location."""

    template = forms.ChoiceField(
        label="What", choices=[(one.version, one.label) for one in TEMPLATES]
    )
    location = forms.TypedChoiceField(label="Where", coerce=int)
    daily_limit = forms.IntegerField(
        label="At most so many a day", min_value=1, max_value=MOST_A_DAY, initial=20
    )
    last_day = forms.DateField(
        label="Last day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, places: Sequence[Location], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {place.pk: place for place in places}
        choices = [(place.pk, place.name) for place in places]
        self.fields["location"].choices = choices  # type: ignore[attr-defined]
        self.fields["last_day"].initial = (clock.now() + MONTHS_OF_USE).date()

    @property
    def chosen(self) -> Template:
        """Only after ``is_valid``."""
        return next(one for one in TEMPLATES if one.version == self.cleaned_data["template"])

    @property
    def place(self) -> Location:
        return self.places[self.cleaned_data["location"]]

    @property
    def expires_at(self) -> datetime:
        """The end of the last day, where the salon is."""
        end = datetime.combine(
            self.cleaned_data["last_day"], time(23, 59, 59), tzinfo=self.place.zone
        )
        return end.astimezone(UTC)
