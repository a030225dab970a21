"""The addresses of Connect and People."""

from django.urls import path

from copilot.connect import files, people, views

urlpatterns = [
    path("connect/", views.index, name="connect"),
    path("connect/new/", views.new, name="connect-new"),
    path("connect/<uuid:pk>/", views.one, name="connect-one"),
    path("connect/<uuid:pk>/progress/", views.progress, name="connect-progress"),
    path("connect/<uuid:pk>/test/", views.test, name="connect-test"),
    path("connect/<uuid:pk>/read/", views.read, name="connect-read"),
    path("connect/<uuid:pk>/key/", views.new_key, name="connect-key"),
    path("connect/<uuid:pk>/switch/", views.switch, name="connect-switch"),
    path("connect/<uuid:pk>/they-left/", views.they_left, name="connect-they-left"),
    path("connect/<uuid:pk>/place/", views.place, name="connect-place"),
    path("connect/<uuid:pk>/first-step/", views.first_step, name="connect-first-step"),
    path("connect/<uuid:pk>/odd/", views.odd, name="connect-odd"),
    path("connect/<uuid:pk>/files/", files.upload, name="connect-upload"),
    path("connect/<uuid:pk>/files/<int:file>/", files.columns, name="connect-file"),
    path("people/", people.index, name="people"),
    path("people/by-hand/", people.invite_by_hand, name="people-by-hand"),
    path("people/<int:pk>/invite/", people.invite_staff, name="people-invite"),
    path("people/grants/<int:pk>/end/", people.end_grant, name="people-end"),
]
