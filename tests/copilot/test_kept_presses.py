"""A press that waited for the connection: taken once, while its moment lasts, from whom it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.models import ApprovalItem, Decision, Effect
from core import clock
from integrations.models import User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 17, tzinfo=UTC)


@pytest.fixture
def frozen() -> Iterator[clock.Frozen]:
    with clock.frozen(NOW) as stopped:
        yield stopped


@pytest.fixture
def desk(frozen: clock.Frozen) -> Desk:
    return desk_make()


@pytest.fixture
def maria(desk: Desk) -> User:
    return desk.person("Maria Ruiz")


def press(who: User, item: ApprovalItem, **said: Any) -> Any:
    """A press of ``who``; ``waited`` and ``person`` are what a kept one says beside the rest."""
    browser = Visitor()
    browser.force_login(who)
    seen = {
        "revision": item.revision_id,
        "evidence": item.revision.evidence_sha256 if item.revision else "",
    }
    return browser.post(f"/drafts/{item.pk}/approve/", seen | said, headers={"HX-Request": "true"})


def test_a_kept_press_is_taken_while_its_moment_lasts(desk: Desk, maria: User) -> None:
    item = desk.draft()
    assert press(maria, item, waited="90.5", person=maria.pk).status_code == 200
    assert Decision.objects.filter(item=item).count() == 1


def test_the_same_kept_press_delivered_twice_decides_once(desk: Desk, maria: User) -> None:
    item = desk.draft()
    following = desk.draft(desk.client("Grace", "Hopper"))
    press(maria, item)
    # The answer was lost on the line; nobody is told that they were faster than themselves.
    again = press(maria, item, waited="30", person=maria.pk)
    assert again.status_code == 200
    assert f'data-item="{following.pk}"' in again.content.decode()
    assert Decision.objects.filter(item=item).count() == 1
    assert Effect.objects.filter(item=item).count() == 1


@pytest.mark.parametrize("changed", ["person", "revision", "long ago", "undone"])
def test_a_kept_press_on_what_was_decided_otherwise_is_a_conflict(
    desk: Desk, maria: User, frozen: clock.Frozen, changed: str
) -> None:
    item, said = desk.draft(), {"waited": "30", "person": maria.pk}
    press(desk.person("Ana Lopez") if changed == "person" else maria, item)
    if changed == "revision":
        said["revision"] = (item.revision_id or 0) + 1
    if changed == "long ago":
        frozen.move(timedelta(minutes=3))
    if changed == "undone":
        Decision.objects.create(
            item=item, kind="undo", revision=item.revision, actor=maria, actor_name=maria.name
        )
    assert press(maria, item, **said).status_code == 409
    assert Effect.objects.filter(item=item).count() == 1


@pytest.mark.parametrize("waited", ["601", "-1", "nan", "inf", "yesterday", ""])
def test_a_kept_press_that_waited_too_long_or_says_nonsense_is_refused(
    desk: Desk, maria: User, waited: str
) -> None:
    item = desk.draft()
    assert press(maria, item, waited=waited, person=maria.pk).status_code == 422
    assert not Decision.objects.filter(item=item).exists()


def test_a_kept_press_is_refused_once_the_moment_of_its_draft_has_passed(
    desk: Desk, maria: User, frozen: clock.Frozen
) -> None:
    item = desk.draft(due_at=NOW + timedelta(minutes=3))
    frozen.move(timedelta(minutes=3))
    browser = Visitor()
    browser.force_login(maria)
    said = {"revision": item.revision_id, "reason": "bad_timing", "person": maria.pk}
    late = browser.post(
        f"/drafts/{item.pk}/reject/", said | {"waited": "180"}, headers={"HX-Request": "true"}
    )
    assert late.status_code == 422
    assert "its moment has passed" in late.content.decode()
    assert not Decision.objects.filter(item=item).exists()


def test_a_kept_press_of_somebody_else_is_refused(desk: Desk, maria: User) -> None:
    item, ana = desk.draft(), desk.person("Ana Lopez")
    answer = press(ana, item, waited="5", person=maria.pk)
    assert answer.status_code == 422
    assert "Somebody else pressed this" in answer.content.decode()
    assert not Decision.objects.filter(item=item).exists()
