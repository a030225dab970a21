"""What a page says when it is put aside."""

from django import forms


class Parked(forms.Form):
    """The place on the page; whatever is missing counts as the top of it."""

    path = forms.CharField(max_length=500, required=False)
    field = forms.CharField(max_length=60, required=False)
    text = forms.CharField(max_length=500, required=False, strip=False)
    caret = forms.IntegerField(min_value=0, max_value=100_000, required=False)
    scroll = forms.IntegerField(min_value=0, max_value=10_000_000, required=False)
    list_scroll = forms.IntegerField(min_value=0, max_value=10_000_000, required=False)
