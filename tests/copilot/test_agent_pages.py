"""The pages on which an admin tunes agents, as they are posted: where, what, and what not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client as Browser

from agents import trying
from agents.config import config_for
from agents.diffs import word_diff
from agents.models import AgentConfig, PromptVersion, TryRun
from agents.prompting import shipped_prompt
from approvals.models import ApprovalItem, Effect
from core.models import AuditEvent
from integrations.models import Connection, Location, Service
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
BASE = "/admin/agents/agentconfig/"
PAGE = f"{BASE}agent/confirmation/"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


def signed_in(person: Any) -> Browser:
    browser = Browser()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.fixture
def mona(desk: Desk) -> Browser:
    """Tunes the first location only."""
    return signed_in(desk.person("Mona Manager", "manager", desk.location))


@pytest.fixture
def ada(desk: Desk) -> Browser:
    return signed_in(desk.person("Ada Admin", "owner", is_superuser=True))


def typed(browser: Browser, address: str, **changes: Any) -> dict[str, Any]:
    """What the page's own form would send, with some fields changed."""
    form = browser.get(address).context["form"]
    data: dict[str, Any] = {}
    for field in form:
        value = field.value()
        if value is True:
            data[field.html_name] = "on"
        elif value is not None and value is not False:
            data[field.html_name] = value
    return {"act": "save"} | data | changes


def here(desk: Desk, page: str = PAGE) -> str:
    return f"{page}?at={desk.location.pk}"


def test_the_overview_names_every_agent_and_own_places_only(mona: Browser, ada: Browser) -> None:
    page = mona.get(BASE).content.decode()
    assert "Confirmation" in page and "Maple Street" in page
    assert "Harbor" not in page
    assert "Harbor" in ada.get(BASE).content.decode()


def test_every_setting_is_a_field_with_its_words_and_a_broken_range_says_the_range(
    desk: Desk, mona: Browser
) -> None:
    page = mona.get(here(desk)).content.decode()
    assert "Minutes a moved booking must be still" in page
    assert "While a booking is being moved about on the calendar nothing is drafted." in page
    answer = mona.post(here(desk), typed(mona, here(desk), own_still_minutes="90"))
    assert answer.status_code == 422
    assert "Between 0 and 60, please." in answer.content.decode()
    assert not AgentConfig.objects.exists()


def test_a_share_that_would_compare_nothing_is_not_saved_in_silence(
    desk: Desk, mona: Browser
) -> None:
    answer = mona.post(here(desk), typed(mona, here(desk), holdout_percent="10"))
    assert answer.status_code == 422
    assert "Let the model write plain confirmations too" in answer.content.decode()
    data = typed(mona, here(desk), holdout_percent="10", own_write_calm="on")
    data.pop("own_use_model")
    assert "The model writes nothing here" in mona.post(here(desk), data).content.decode()
    assert not AgentConfig.objects.exists()


def test_a_save_counts_for_that_place_and_the_history_says_what_was_and_is(
    desk: Desk, mona: Browser
) -> None:
    facial = Service.objects.create(connection=desk.connection, external_id="s1", name="Facial")
    data = typed(
        mona, here(desk), own_still_minutes="9", services=[str(facial.pk)], holdout_percent="10",
        own_write_calm="on",
    )  # fmt: skip
    assert mona.post(here(desk), data).status_code == 302
    held, elsewhere = (config_for("confirmation", place) for place in desk.locations)
    assert held.settings.model_dump()["still_minutes"] == 9
    assert (held.services, held.holdout_percent) == ((facial.pk,), 10)
    assert elsewhere.services == ()
    page = mona.get(here(desk)).content.decode()
    assert "Mona Manager</b> changed it, Maple Street" in page
    assert "Minutes a moved booking must be still: <del>nothing</del> <ins>9</ins>" in page


def test_another_place_and_another_salons_prompt_are_not_there(desk: Desk, mona: Browser) -> None:
    elsewhere = desk.locations[1]
    assert mona.get(f"{PAGE}?at={elsewhere.pk}").status_code == 404
    assert mona.post(f"{PAGE}?at={elsewhere.pk}", {"act": "save"}).status_code == 404
    assert mona.post(f"{PAGE}at/{elsewhere.pk}/", {"act": "on"}).status_code == 404
    assert mona.get(f"{PAGE}?at={desk.connection.pk}").status_code == 404
    other = Connection.objects.create(name="Other", platform="mangomint")
    theirs = PromptVersion.objects.create(
        agent="confirmation", number=9, text="x", sha256="x", connection=other, created_by="Eve"
    )
    assert mona.get(f"{here(desk, PAGE + 'prompt/')}&version={theirs.pk}").status_code == 404
    data = typed(mona, here(desk), prompt=str(theirs.pk))
    assert mona.post(here(desk), data).status_code == 422
    assert signed_in(desk.person("Flo Desk", "front_desk")).get(PAGE).status_code == 302
    assert not AgentConfig.objects.exists()


def test_two_people_on_one_page_do_not_overwrite_each_other(
    desk: Desk, mona: Browser, ada: Browser
) -> None:
    mona.post(here(desk), typed(mona, here(desk), daily_limit="80"))
    old = typed(mona, here(desk), daily_limit="90")
    ada.post(here(desk), typed(ada, here(desk), daily_limit="70"))
    answer = mona.post(here(desk), old)
    assert answer.status_code == 409
    assert "Ada Admin saved this page while you were on it." in answer.content.decode()
    assert config_for("confirmation", desk.location).daily_limit == 70


def test_switching_on_asks_about_what_is_booked_and_off_keeps_the_drafts(
    desk: Desk, mona: Browser
) -> None:
    desk.appointment(desk.client("Dana"))
    address = f"{PAGE}at/{desk.location.pk}/"
    assert "Also the 1 upcoming one that is booked already" in mona.get(address).content.decode()
    answer = mona.post(address, {"act": "on"}, follow=True)
    assert "is on at Maple Street, from now on." in answer.content.decode()
    assert not ApprovalItem.objects.exists()
    assert config_for("confirmation", desk.location).enabled
    assert not config_for("confirmation", desk.locations[1]).enabled
    mona.post(address, {"act": "off"})
    mona.post(address, {"act": "on", "also": "on"})
    assert ApprovalItem.objects.count() == 1
    mona.post(address, {"act": "off"})
    assert ApprovalItem.objects.count() == 1
    names = AuditEvent.objects.filter(subject="agent:confirmation").values_list("action", flat=True)
    assert list(names).count("agent.enabled") == 2


def prompt_text(old: str = "", new: str = "") -> str:
    shipped = shipped_prompt("confirmation")
    assert shipped is not None
    return shipped.text.replace("\n---\n", "\nSound like a pirate.\n---\n", 1).replace(old, new)


def test_a_prompt_with_an_unknown_variable_is_kept_on_the_page_and_named(
    desk: Desk, mona: Browser
) -> None:
    address, before = here(desk, f"{PAGE}prompt/"), PromptVersion.objects.count()
    page = mona.get(address).content.decode()
    assert "{{visits}}" in page and "What is booked: service, with whom" in page
    for act in ("save", "try"):
        answer = mona.post(address, {"act": act, "text": "My text.\n---\n{{ secrets }}"})
        assert answer.status_code == 422
        assert "Not known here: secrets. You can use:" in answer.content.decode()
        assert "My text." in answer.content.decode()
    assert PromptVersion.objects.count() == before
    assert not TryRun.objects.exists()


def test_a_saved_prompt_is_used_where_it_was_ticked_compared_and_brought_back(
    desk: Desk, mona: Browser, ada: Browser
) -> None:
    address, place = here(desk, f"{PAGE}prompt/"), desk.location
    shipped = shipped_prompt("confirmation")
    assert shipped is not None
    mona.post(
        address,
        {"act": "save", "text": prompt_text(), "note": "pirate", "use_at": [str(place.pk)]},
    )
    mine = PromptVersion.objects.latest("number")
    assert (mine.note, mine.created_by, mine.connection_id) == (
        "pirate",
        "Mona Manager",
        desk.connection.pk,
    )
    assert config_for("confirmation", place).prompt() == mine
    assert config_for("confirmation", desk.locations[1]).prompt() == shipped
    page = mona.get(f"{address}&compare={shipped.pk}").content.decode()
    added = re.findall(r"<ins>(.*?)</ins>", page, re.S)
    assert any("pirate" in part for part in added)
    mona.post(address, {"act": "revert", "version": shipped.pk})
    back = PromptVersion.objects.latest("number")
    assert (back.number, back.text, back.note) == (
        mine.number + 1,
        shipped.text,
        f"back to version {shipped.number}",
    )
    assert config_for("confirmation", place).prompt() == back


def test_hostile_text_in_a_prompt_and_a_note_is_shown_as_text(desk: Desk, mona: Browser) -> None:
    address, bad = here(desk, f"{PAGE}prompt/"), "<script>alert(1)</script>"
    mona.post(address, {"act": "save", "text": prompt_text("pirate", bad), "note": bad})
    newest = PromptVersion.objects.latest("number")
    page = mona.get(f"{address}&compare={newest.pk}&version={newest.pk}").content.decode()
    assert bad not in page
    assert "&lt;script&gt;" in page
    assert bad not in mona.get(here(desk)).content.decode()


def drafted(desk: Desk) -> None:
    from agents.runs import runs_drain
    from agents.services import agent_enable
    from core.audit import Actor

    Location.objects.filter(pk=desk.location.pk).update(phone="+15035550100")
    desk.appointment(desk.client("Dana", "<b>King</b>"))
    agent_enable(
        actor=Actor("person", "1", "Ada"),
        connection=desk.connection,
        location=desk.location,
        agent="confirmation",
        also_upcoming=True,
    )
    runs_drain()


def test_unsaved_values_are_tried_shown_beside_the_old_and_still_there_on_coming_back(
    desk: Desk, mona: Browser
) -> None:
    drafted(desk)
    data = typed(mona, here(desk), act="try", own_medium_from="0.01", own_high_from="0.02")
    answer = mona.post(here(desk), data)
    made = TryRun.objects.get()
    assert answer["Location"] == f"{BASE}try/{made.pk}/"
    page = mona.get(answer["Location"]).content.decode()
    assert "0 of 1 written" in page and 'hx-trigger="every 1s"' in page
    trying.tries_drain()
    part = mona.get(f"{BASE}try/{made.pk}/rows/").content.decode()
    assert "All 1 written" in part and "every 1s" not in part
    assert '<mark class="fact"' in part and "No model was asked" in part
    assert "High risk from: 0.02" in mona.get(answer["Location"]).content.decode()
    assert "<b>King</b>" not in page + part
    assert not AgentConfig.objects.exclude(settings={}).exists()
    assert not Effect.objects.exists()
    back = mona.get(f"{here(desk)}&tried={made.pk}").context["form"]
    assert back["own_medium_from"].value() == 0.01
    stranger = signed_in(desk.person("Hal Harbor", "manager", desk.locations[1]))
    assert stranger.get(f"{BASE}try/{made.pk}/").status_code == 404
    assert stranger.get(f"{BASE}try/{made.pk}/rows/").status_code == 404


def test_without_an_earlier_draft_trying_says_so(desk: Desk, mona: Browser) -> None:
    answer = mona.post(here(desk), typed(mona, here(desk), act="try"), follow=True)
    assert "No earlier draft to try it on" in answer.content.decode()


def test_an_agent_with_fixed_texts_has_neither_prompt_nor_try(desk: Desk, mona: Browser) -> None:
    page = mona.get(f"{BASE}agent/open_slot/?at={desk.location.pk}").content.decode()
    assert "/waitlist/matching/" in page
    assert "Try it on" not in page
    assert mona.get(f"{BASE}agent/open_slot/prompt/").status_code == 404
    data = typed(mona, f"{BASE}agent/open_slot/?at={desk.location.pk}", daily_limit="40")
    assert mona.post(f"{BASE}agent/open_slot/?at={desk.location.pk}", data).status_code == 302
    assert config_for("open_slot", desk.location).daily_limit == 40
    assert mona.get(f"{BASE}agent/nobody/").status_code == 404


@pytest.mark.parametrize(
    ("old", "new"),
    [("", "new"), ("gone", ""), ("a b c", "a x c"), ("one\ntwo", "one\n\ntwo three"), ("é ü", "é")],
)
def test_a_difference_joined_again_gives_both_texts(old: str, new: str) -> None:
    found = word_diff(old, new)
    assert "".join(one.text for one in found if one.kind != "added") == old
    assert "".join(one.text for one in found if one.kind != "removed") == new
