"""What pages send when somebody decides: read strictly, answered in plain words."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from approvals.policy import HOLD_REASONS, REJECT_REASONS
from approvals.services.editing import LONGEST
from core import clock

# A card that lay open over lunch says nothing about reading.
LONGEST_LOOK = 3600.0


class Seen(forms.Form):
    """What was on the card: the exact revision and the evidence under it."""

    revision = forms.IntegerField(min_value=1)
    evidence = forms.CharField(max_length=64, required=False)
    seconds = forms.FloatField(min_value=0, required=False)
    reason = forms.ChoiceField(choices=[("", ""), *HOLD_REASONS.items()], required=False)

    def clean_seconds(self) -> float | None:
        seconds: float | None = self.cleaned_data["seconds"]
        return None if seconds is None else min(seconds, LONGEST_LOOK)


class Waited(forms.Form):
    """A press that was kept while there was no connection: for how many seconds, and whose."""

    waited = forms.FloatField(min_value=0)
    person = forms.IntegerField(min_value=1)


class Edited(forms.Form):
    """A person's own words. ``strip`` stays off: what was typed is what is read."""

    base_revision = forms.IntegerField(min_value=0)
    subject = forms.CharField(max_length=300, required=False)
    body = forms.CharField(
        max_length=LONGEST,
        strip=False,
        error_messages={
            "required": "The text is empty. Write something, or choose Not this one.",
            "max_length": f"The text is longer than {LONGEST} characters. Please shorten it.",
        },
    )
    seconds = forms.FloatField(min_value=0, required=False)
    reason = forms.ChoiceField(choices=[("", ""), *HOLD_REASONS.items()], required=False)


class Typed(forms.Form):
    """What somebody is typing, as they type it."""

    body = forms.CharField(max_length=4 * LONGEST, strip=False, required=False)
    subject = forms.CharField(max_length=300, strip=False, required=False)
    caret = forms.IntegerField(min_value=0, required=False)
    base_revision = forms.IntegerField(min_value=0, required=False)
    offer = forms.IntegerField(min_value=1, required=False)


class Rejected(forms.Form):
    revision = forms.IntegerField(min_value=1, required=False)
    reason = forms.ChoiceField(
        choices=list(REJECT_REASONS.items()),
        error_messages={"required": "Please choose one of the reasons."},
    )
    words = forms.CharField(max_length=500, required=False)


class Regenerated(forms.Form):
    instruction = forms.CharField(max_length=500, required=False)


class Snoozed(forms.Form):
    """A choice or a time of one's own, both in the location's time."""

    later = forms.CharField(max_length=40)
    until = forms.DateTimeField(
        required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    )

    def __init__(self, *args: Any, zone: ZoneInfo, opening: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.opening = opening

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        moment = self.moment(str(data.get("later", "")), data.get("until"))
        if moment is None:
            raise forms.ValidationError("Please choose when it should come back.")
        data["moment"] = moment
        return data

    def moment(self, later: str, until: datetime | None) -> datetime | None:
        """When the draft comes back; None for a choice that there is not."""
        if later == "half-hour":
            return clock.now() + timedelta(minutes=30)
        if later == "lunch":
            return after_lunch(clock.now(), self.zone)
        if later == "opening":
            return self.opening
        # Read as the location's wall clock, whatever zone the form library assumed.
        return until.replace(tzinfo=self.zone) if later == "pick" and until else None


def after_lunch(now: datetime, zone: ZoneInfo) -> datetime:
    """Two in the afternoon where the location is, tomorrow's when today's has passed."""
    local = now.astimezone(zone)
    lunch = local.replace(hour=14, minute=0, second=0, microsecond=0)
    return lunch if lunch > local else lunch + timedelta(days=1)
