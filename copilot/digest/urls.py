"""Addresses of the digest."""

from django.urls import path

from copilot.digest import views

urlpatterns = [
    path("digest/", views.page, name="digest"),
    path("digest/fine/", views.fine, name="digest-fine"),
    path("digest/approve/<int:item_id>/", views.approve, name="digest-approve"),
    path("digest/undo/<int:item_id>/", views.undo, name="digest-undo"),
    path("digest/week/", views.week, name="digest-week"),
    path("digest/reviews/", views.reviews, name="digest-reviews"),
    path("digest/settings/", views.settings_page, name="digest-settings"),
]
