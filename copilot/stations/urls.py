"""The addresses of stations."""

from django.urls import path

from copilot.stations import manage, parking, views
from copilot.views import accounts

urlpatterns = [
    path("station/", views.station, name="station"),
    path("station/pin/", views.own_pin, name="station-pin"),
    path("station/leave/", views.station_leave, name="station-leave"),
    path("station/here/", views.station_here, name="station-here"),
    path("park/", parking.park, name="park"),
    path("parked/", parking.parked, name="parked"),
    path("parked/resume/", parking.resume, name="resume"),
    path("demo/tablet/", views.demo_tablet, name="demo-tablet"),
    path("stations/", manage.stations, name="stations"),
    path("stations/add/", manage.add, name="station-add"),
    path("stations/<int:pk>/end/", manage.end, name="station-end"),
    path("stations/<int:pk>/counter/", manage.counter, name="station-counter"),
    path("preferences/pin/", views.my_pin, name="my-pin"),
    path("people/<int:pk>/pin/", manage.give_pin, name="people-pin"),
    path("people/<int:pk>/no-pin/", manage.take_pin, name="people-no-pin"),
    path("password/new/<uidb64>/<token>/", accounts.new_password, name="new-password"),
    path("people/<int:pk>/password/", manage.password_link, name="people-password"),
    path("people/<int:pk>/unlock/", manage.unlock, name="people-unlock"),
]
