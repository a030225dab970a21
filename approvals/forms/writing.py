"""What the composer of a conversation sends."""

from django import forms

from approvals.policy import HOLD_REASONS
from approvals.services.editing import LONGEST

KEY = r"^[0-9a-f]{32}$"


class Written(forms.Form):
    """A person's own words to a client. ``strip`` stays off: what was typed is what is read."""

    key = forms.RegexField(KEY, error_messages={"required": "Please load the page again."})
    channel = forms.ChoiceField(
        choices=[("sms", "Text"), ("email", "E-mail")],
        error_messages={"required": "Please choose text or e-mail."},
    )
    subject = forms.CharField(max_length=300, required=False)
    body = forms.CharField(
        max_length=LONGEST,
        strip=False,
        error_messages={
            "required": "The text is empty. Write something first.",
            "max_length": f"The text is longer than {LONGEST} characters. Please shorten it.",
        },
    )
    advertising = forms.BooleanField(required=False)
    reason = forms.ChoiceField(choices=[("", ""), *HOLD_REASONS.items()], required=False)
    seen_message = forms.IntegerField(min_value=0, required=False)
    seen_item = forms.IntegerField(min_value=0, required=False)
    item = forms.IntegerField(min_value=1, required=False)
    base = forms.IntegerField(min_value=0, required=False)


class Writing(forms.Form):
    """What is being written, as it is typed."""

    key = forms.RegexField(KEY)
    channel = forms.CharField(max_length=10, required=False)
    subject = forms.CharField(max_length=300, strip=False, required=False)
    body = forms.CharField(max_length=4 * LONGEST, strip=False, required=False)
    caret = forms.IntegerField(min_value=0, required=False)
