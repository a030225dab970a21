"""Every address of the product."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

# Webhooks first: the busiest address should not be compared with every page before.
PARTS = ("integrations.urls", "core.urls", "approvals.urls", "copilot.pages")

urlpatterns: list[URLPattern | URLResolver] = [
    *(path("", include(name)) for name in PARTS),
    path("admin/", admin.site.urls),
]
