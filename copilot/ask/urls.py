"""Addresses of Ask."""

from django.urls import path

from copilot.ask import booking_views, canned_views, views

urlpatterns = [
    path("ask/", views.ask, name="ask"),
    path("ask/turn/<int:turn_id>/", views.turn, name="ask-turn"),
    path("ask/draft/<int:item_id>/", views.panel, name="ask-panel"),
    path("ask/source/<int:source_id>/", views.source, name="ask-source"),
    path("ask/book/", booking_views.book, name="ask-book"),
    path("ask/answers/", canned_views.canned, name="ask-canned"),
]
