"""The manager's five minutes on a phone: a call, a yes, a "fine", and nobody else gets in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from agents.models import VisitRisk
from approvals.models import Decision
from copilot.digest.models import DigestMark
from core import clock
from integrations.models import Appointment, Location
from tests.support.desks import Desk
from tests.support.scan import SIZES, findings, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def morning_here() -> None:
    """The salon lies where it is between eight and nine now, so that later is still today."""
    offset = (8 - clock.now().hour + 12) % 24 - 12
    Location.objects.update(timezone=f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT")


def risky(desk: Desk, name: str, hours: float, chance: float) -> Appointment:
    visit = desk.appointment(
        desk.client(name, "King"), starts_at=clock.now() + timedelta(hours=hours)
    )
    VisitRisk.objects.create(
        appointment=visit, state="done", level="high", was_high=True, chance=chance,
        reasons=["Missed twice out of 6 bookings."], starts_at=visit.starts_at,
    )  # fmt: skip
    return visit


def test_the_manager_calls_approves_and_marks_from_the_digest(
    desk: Desk, page: Any, web_server: Any, sign_in: Callable[..., Any], maria: Any
) -> None:
    morning_here()
    manager = desk.person("Ines Marlow", "manager")
    first, second = risky(desk, "Ada", 3, 0.6), risky(desk, "Sam", 4, 0.4)
    draft = desk.draft(
        first.client, agent="rescue", appointment_id=first.pk, due_at=first.starts_at,
        loss_risk="high",
    )  # fmt: skip
    page.set_viewport_size({"width": SIZES["phone"][0], "height": SIZES["phone"][1]})
    sign_in(page, manager)
    page.goto(web_server.url + "/digest/")

    ada, sam = page.locator(f"#row-visit-{first.pk}"), page.locator(f"#row-visit-{second.pk}")
    call = ada.get_by_role("link", name="Call")
    assert call.get_attribute("href") == f"tel:{first.client.phone}"  # type: ignore[union-attr]
    assert findings(page) == []
    assert too_wide(page, "phone", "tablet", "narrow") == []
    page.set_viewport_size({"width": SIZES["phone"][0], "height": SIZES["phone"][1]})

    ada.get_by_role("button", name="Send to Ada").click()
    ada.get_by_text("A message is on its way.").wait_for()
    assert Decision.objects.get(item=draft).actor == manager
    sam.get_by_role("button", name="Fine").click()
    sam.get_by_text("Fine, said Ines Marlow").wait_for()
    assert DigestMark.objects.get().key == f"visit:{second.pk}"

    page.goto(web_server.url + "/digest/settings/")
    page.emulate_media(color_scheme="dark")
    assert findings(page) == []
    assert too_wide(page, "narrow", "tablet") == []

    sign_in(page, maria)
    assert page.goto(web_server.url + "/digest/").status == 404
