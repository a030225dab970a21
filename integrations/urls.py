"""Addresses that platforms call. Everything else of integrations is shown by pages of copilot."""

from django.urls import path

from integrations.channel_views import channel_hook, unsubscribe
from integrations.views import hook

urlpatterns = [
    path("hooks/<slug:platform>/<uuid:connection_id>/", hook, name="hook"),
    path("hooks/channel/<slug:channel>/<uuid:account_id>/", channel_hook, name="hook-channel"),
    path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
    path("hooks/<slug:platform>/<uuid:connection_id>/<str:key>/", hook, name="hook-key"),
]
