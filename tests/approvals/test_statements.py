"""What a press may cost: statements, counted, so that a machine's speed plays no part."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals.models import ApprovalItem
from tests.support.desks import Desk, desk_make

# Sign-in, rights and the three reads of a draft included; BEGIN and COMMIT count too.
PRESS, CARD = 28, 11


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
    browser = _browser(desk)
    # The first press of a process also reads what is kept for good.
    assert _pressed(desk, browser, desk.draft()) <= PRESS
    other = _pressed(desk, browser, desk.draft(location=desk.locations[1]))
    # What the next draft shares with the one before it is not read again.
    assert _pressed(desk, browser, desk.draft()) == other - 1


def _pressed(desk: Desk, browser: Client, following: ApprovalItem) -> int:
    """Statements of approving one at the first place while the page shows ``following`` next."""
    first = desk.draft()
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
    return taken


def test_a_card_alone_takes_few_statements(db: None) -> None:
    desk = desk_make("Maple Street", "Harbor")
    item, browser = desk.draft(), _browser(desk)
    taken = _counted(lambda: browser.get(f"/drafts/{item.pk}/", HTTP_HX_REQUEST="true"))
    assert taken <= CARD, taken
