"""The addresses of Connect and People."""

from django.urls import path

from copilot.connect import channels, files, people, views

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
    path("connect/<uuid:pk>/channels/", channels.index, name="connect-channels"),
    path("connect/<uuid:pk>/channels/choose/", channels.choose, name="connect-channel-choose"),
    path(
        "connect/<uuid:pk>/channels/<slug:channel>/new/", channels.new, name="connect-channel-new"
    ),
    path("connect/<uuid:pk>/channels/<uuid:account>/", channels.one, name="connect-channel"),
    path(
        "connect/<uuid:pk>/channels/<uuid:account>/test/",
        channels.test,
        name="connect-channel-test",
    ),
    path(
        "connect/<uuid:pk>/channels/<uuid:account>/switch/",
        channels.switch,
        name="connect-channel-switch",
    ),
    path("people/", people.index, name="people"),
    path("people/by-hand/", people.invite_by_hand, name="people-by-hand"),
    path("people/<int:pk>/invite/", people.invite_staff, name="people-invite"),
    path("people/grants/<int:pk>/end/", people.end_grant, name="people-end"),
]
