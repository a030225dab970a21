"""What somebody waits for, as the desk chooses it."""

from typing import Any

from django import forms

from approvals.services.waiting import LONGEST_NOTE, Wish
from approvals.waiting_words import DAYS, window_made
from integrations.models import Location, Service, StaffMember

HOURS = ["%H:%M", "%H:%M:%S"]


class Waiting(forms.Form):
    """A service, with whom, when, and a note. ``seen`` and ``key`` come with the page."""

    service = forms.ModelChoiceField(
        queryset=Service.objects.none(),
        label="Waits for",
        empty_label="Choose a service",
        error_messages={
            "required": "Choose what they wait for.",
            "invalid_choice": "Choose a service of this location.",
        },
    )
    staff = forms.ModelChoiceField(
        queryset=StaffMember.objects.none(),
        required=False,
        label="With",
        empty_label="Anybody",
        error_messages={"invalid_choice": "This therapist is not here any more."},
    )
    days = forms.TypedMultipleChoiceField(
        choices=list(enumerate(DAYS)), coerce=int, required=False, label="Days"
    )
    opens = forms.TimeField(required=False, label="From", input_formats=HOURS)
    closes = forms.TimeField(required=False, label="Until", input_formats=HOURS)
    earliest = forms.DateField(required=False, label="First day")
    latest = forms.DateField(required=False, label="Last day")
    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        error_messages={"max_length": f"Please keep the note below {LONGEST_NOTE} characters."},
    )

    def __init__(self, *args: Any, location: Location, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = {"connection_id": location.connection_id, "active": True, "deleted_at": None}
        fields: dict[str, Any] = self.fields
        fields["service"].queryset = Service.objects.filter(**here).order_by("name")
        fields["staff"].queryset = StaffMember.objects.filter(**here).order_by("name")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        opens, closes = data.get("opens"), data.get("closes")
        if opens and closes and opens >= closes:
            self.add_error("closes", "The end is not after the beginning.")
        earliest, latest = data.get("earliest"), data.get("latest")
        if earliest and latest and earliest > latest:
            self.add_error("latest", "The last day is before the first.")
        return data

    def wish(self) -> Wish:
        """What was chosen; only after ``is_valid``."""
        said = self.cleaned_data
        return Wish(
            service_id=said["service"].pk,
            staff_id=said["staff"].pk if said["staff"] else None,
            window=window_made(
                said["days"], said["opens"], said["closes"], said["earliest"], said["latest"]
            ),
            note=said["note"],
        )
