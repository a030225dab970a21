"""The addresses of the pages that span the other parts."""

from django.urls import path

from copilot.views import stream_token

urlpatterns = [
    path("stream-token/", stream_token.stream_token, name="stream-token"),
]
