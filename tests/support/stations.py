"""A shared device for tests: a browser with a station's cookie, and taking it over."""

from __future__ import annotations

from typing import Any

from django.test import Client as Visitor

from core.audit import Actor
from integrations.models import Location, Station, User
from integrations.pins import pin_set
from integrations.stations import station_create

BOSS = Actor("person", "1", "Olga Owner")
PIN = "4729"


def station_make(location: Location, name: str = "Front counter tablet") -> tuple[Station, str]:
    return station_create(actor=BOSS, location=location, name=name)


def browser_of(secret: str) -> Visitor:
    browser = Visitor()
    browser.cookies["station"] = secret
    return browser


def pin_give(user: User, pin: str = PIN) -> None:
    pin_set(actor=BOSS, user=user, pin=pin)


def take_over(browser: Visitor, user: User, pin: str = PIN, **more: str) -> Any:
    return browser.post("/station/", {"person": user.pk, "pin": pin, **more})
