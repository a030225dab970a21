"""Every address of the product."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

PARTS = ["core.urls", "integrations.urls", "approvals.urls"]
if find_spec("approvals.permissions"):
    PARTS.append("copilot.pages")

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    *(path("", include(name)) for name in PARTS if find_spec(name)),
]
