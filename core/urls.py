"""The pages for machines. Public on purpose; see ``core.views``."""

from django.urls import path
from django.views.decorators.cache import never_cache

from core import views

urlpatterns = [
    path("healthz", never_cache(views.healthz), name="healthz"),
    path("readyz", never_cache(views.readyz), name="readyz"),
    path("metrics", never_cache(views.metrics), name="metrics"),
]
