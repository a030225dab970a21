"""The scripts of a page: few requests, every script in its order, and the reader's words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client as Visitor

from copilot.scripts import BUNDLES, digest, script, script_url
from tests.support.desks import Desk, desk_make

SCRIPT = re.compile(r'<script src="([^"]+)"')


def read(path: str) -> str:
    found = finders.find(path)
    assert isinstance(found, str), path
    with open(found, encoding="utf-8") as file:
        return file.read()


@pytest.mark.parametrize("name", BUNDLES)
def test_every_script_stands_in_its_file_once_and_in_its_order(name: str) -> None:
    whole = script(name, "en")
    places = [whole.index(read(path)) for path in BUNDLES[name]]
    assert places == sorted(places)
    assert [whole.count(read(path)) for path in BUNDLES[name]] == [1] * len(places)


def test_each_language_has_its_own_words_and_its_own_address() -> None:
    assert "window.deskWords = {" not in script("shell", "en")
    assert script("shell", "es").startswith("window.deskWords = {")
    assert "window.deskWords = {" not in script("queue", "es")
    assert script_url("shell", "es") != script_url("shell", "en") == script_url("shell", "fr")
    assert script_url("queue", "es") == script_url("queue", "en")


def test_a_browser_keeps_what_it_asked_for_by_its_contents_and_nothing_else() -> None:
    browser = Visitor()
    kept = browser.get(script_url("queue", "en"))
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert kept.content.decode() == script("queue", "en")
    # The page of another release, served by this one for once.
    assert browser.get("/scripts/queue.en.000000000000.js").headers["Cache-Control"] == "no-cache"
    known = digest("queue", "en")
    assert browser.get(f"/scripts/queue.fr.{known}.js").status_code == 404
    assert browser.get(f"/scripts/settings.en.{known}.js").status_code == 404
    assert browser.post(script_url("queue", "en")).status_code == 405


@pytest.fixture
def desk(db: None) -> Desk:
    return desk_make()


def signed_in(desk: Desk, **preferences: Any) -> Visitor:
    browser, maria = Visitor(), desk.person("Maria Ruiz")
    maria.preferences = preferences
    maria.save()
    browser.force_login(maria)
    return browser


def test_the_queue_asks_for_two_scripts(desk: Desk) -> None:
    desk.draft(desk.client("Dana", "King"))
    page = signed_in(desk).get("/").content.decode()
    assert SCRIPT.findall(page) == [script_url("shell", "en"), script_url("queue", "en")]


def test_a_page_in_spanish_has_its_scripts_words_with_it(desk: Desk) -> None:
    page = signed_in(desk, language="es").get("/today/").content.decode()
    assert SCRIPT.findall(page)[0] == script_url("shell", "es")
