"""Addresses of the impact page."""

from django.urls import path

from copilot.impact import views

urlpatterns = [
    path("impact/", views.page, name="impact"),
    path("impact/assumptions/", views.assume, name="impact-assume"),
    path("impact/letter/", views.letter, name="impact-letter"),
]
