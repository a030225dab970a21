"""Addresses of the audit page."""

from django.urls import path

from copilot.audit import views

urlpatterns = [
    path("audit/", views.page, name="audit"),
    path("audit/export/", views.export, name="audit-export"),
    path("audit/verify/", views.verify, name="audit-verify"),
]
