"""Every address of the product."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

PARTS = ("core.urls", "integrations.urls", "approvals.urls", "copilot.pages")

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    *(path("", include(name)) for name in PARTS),
]
