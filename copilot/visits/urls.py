"""Addresses of what is prepared for a visit."""

from django.urls import path

from copilot.visits import views

urlpatterns = [path("visits/<int:visit_id>/brief/", views.brief, name="visit-brief")]
