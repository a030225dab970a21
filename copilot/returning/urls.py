"""Addresses of the page about clients coming back."""

from django.urls import path

from copilot.returning import views

urlpatterns = [
    path("clients-coming-back/", views.page, name="coming-back"),
    path("clients-coming-back/segments.csv", views.segments_csv, name="coming-back-csv"),
    path("clients-coming-back/draft/", views.draft, name="coming-back-draft"),
    path("clients-coming-back/tags/", views.tags, name="coming-back-tags"),
]
