"""Addresses of leaving."""

from django.urls import path

from copilot.leaving import views

urlpatterns = [
    path("leaving/", views.page, name="leaving"),
    path("leaving/export/", views.export, name="leaving-export"),
    path("leaving/erase/", views.erase, name="leaving-erase"),
    path("leaving/<int:pk>/stop/", views.stop, name="leaving-stop"),
    path("leaving/<int:pk>/take/", views.take, name="leaving-take"),
    path("leaving/<int:pk>/proof/", views.proof, name="leaving-proof"),
]
