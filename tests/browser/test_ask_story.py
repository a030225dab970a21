"""A receptionist asks for a time and books it by a draft; a provider is told no; what axe says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from agents.knowledge.indexing import About, knowledge_text_put
from agents.models import KnowledgeSource
from approvals.models import ApprovalItem, Effect
from copilot.ask.models import AskTurn
from core import clock
from core.audit import Actor
from integrations.models import Service, Shift, StaffMember
from tests.support.desks import Desk
from tests.support.scan import findings, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def salon_of(desk: Desk) -> tuple[StaffMember, Service]:
    """Sarah works around the clock for a week, so that no hour of the run matters."""
    service = Service.objects.create(
        connection=desk.connection, external_id="svc", name="Hot stone massage", minutes=90
    )
    sarah = desk.staff("Sarah Lind")
    for day in range(-1, 8):
        begins = clock.now() + timedelta(days=day)
        Shift.objects.create(
            connection=desk.connection, external_id=f"shf_{day}", staff=sarah,
            location=desk.location, starts_at=begins, ends_at=begins + timedelta(days=1),
        )  # fmt: skip
    knowledge_text_put(
        actor=Actor.system("test"), connection=desk.connection, location=desk.location,
        about=About("own:rules", "Our rules", KnowledgeSource.Kind.POLICY),
        text="# Dogs\nSmall dogs are welcome.",
    )  # fmt: skip
    return sarah, service


def test_a_receptionist_asks_for_a_time_and_books_it_by_a_draft(
    desk: Desk, page: Any, web_server: Any, sign_in: Callable[..., Any]
) -> None:
    sarah, _ = salon_of(desk)
    dora = desk.client("Dora", "King")
    desk.appointment(dora, staff=sarah, starts_at=clock.now() - timedelta(days=20))
    maria = desk.person("Maria Ruiz")
    sign_in(page, maria)
    page.goto(web_server.url + "/ask/")
    page.get_by_label("Your question").fill("are small dogs welcome?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("Small dogs are welcome.").wait_for()
    page.get_by_text("From:").get_by_role("link", name="Our rules").wait_for()

    page.get_by_label("Your question").fill("a hot stone massage with Sarah tomorrow")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("Looked for: Hot stone massage").wait_for()
    assert page.get_by_role("link", name="the calendar").last.is_visible()
    page.get_by_role("link", name="with Sarah Lind").first.click()
    page.get_by_label("Who comes?").fill("Dora")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="Dora King").click()
    page.get_by_role("button", name="Make it a draft").click()
    page.locator("#card[data-ready]").wait_for()
    assert not Effect.objects.exists()
    item = ApprovalItem.objects.get()
    assert (item.client, item.state, item.agent) == (dora, "pending", "ask")
    page.locator("#approve").click()
    page.locator(f"#row-{item.pk}").wait_for(state="detached")
    effect = Effect.objects.select_related("decision").get()
    assert (effect.type, effect.decision.actor) == ("book_appointment", maria)
    assert AskTurn.objects.count() == 2


def test_a_provider_is_told_no_about_somebody_elses_client(
    desk: Desk, page: Any, web_server: Any, sign_in: Callable[..., Any]
) -> None:
    salon_of(desk)
    kim = desk.staff("Kim Sato")
    desk.appointment(desk.client("Dora", "King"), staff=kim)
    tess = desk.person("Tess Lind", "provider")
    StaffMember.objects.filter(name="Sarah Lind").update(user=tess)
    sign_in(page, tess)
    page.goto(web_server.url + "/ask/")
    page.get_by_label("Your question").fill("when does Dora King come?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("Nobody of that name is among the clients that you may see here.").wait_for()
    assert "503555" not in page.content()

    sign_in(page, desk.person("Mona Manager", "manager"))
    for url in ("/ask/answers/", "/ask/material/", "/quality/", "/digest/"):
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.goto(web_server.url + url)
            assert findings(page) == [], url
        assert too_wide(page, "phone", "narrow") == [], url
