"""Addresses that platforms call. Everything else of integrations is shown by pages of copilot."""

from django.urls import path

from integrations.views import hook

urlpatterns = [
    path("hooks/<slug:platform>/<uuid:connection_id>/", hook, name="hook"),
    path("hooks/<slug:platform>/<uuid:connection_id>/<str:key>/", hook, name="hook-key"),
]
