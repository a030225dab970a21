"""What a press may cost: statements, counted, so that a machine's speed plays no part."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support.desks import Desk, desk_make

# Sign-in, rights and the three reads of a draft included; BEGIN and COMMIT count too.
PRESS, CARD = 28, 13


def _browser(desk: Desk) -> Client:
    browser = Client()
    browser.force_login(desk.person(), backend="django.contrib.auth.backends.ModelBackend")
    return browser


def _counted(ask: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert ask().status_code == 200
    return len(captured)


def test_an_approval_with_the_next_card_takes_few_statements(db: None) -> None:
    desk = desk_make("Maple Street", "Harbor")
    first, following = desk.draft(), desk.draft(location=desk.locations[1])
    browser = _browser(desk)
    assert first.revision is not None
    form = {
        "revision": first.revision.pk,
        "evidence": first.revision.evidence_sha256,
        "seconds": "5",
        "next": following.pk,
    }
    asked = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "pane"}
    taken = _counted(lambda: browser.post(f"/drafts/{first.pk}/approve/", form, **asked))
    first.refresh_from_db()
    assert first.state == "approved"
    assert taken <= PRESS


def test_a_card_alone_takes_few_statements(db: None) -> None:
    desk = desk_make("Maple Street", "Harbor")
    item, browser = desk.draft(), _browser(desk)
    taken = _counted(lambda: browser.get(f"/drafts/{item.pk}/", HTTP_HX_REQUEST="true"))
    assert taken <= CARD
