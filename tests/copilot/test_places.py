"""The navigation: every place is a page, and nobody is shown a door that is closed to them."""

from __future__ import annotations

from django.test import RequestFactory
from django.urls import get_resolver, resolve, reverse

from approvals.permissions import MANAGER_RIGHT, Rights
from copilot.places import ENTRIES, groups_for


def names(rights: tuple[str, ...], is_staff: bool = False) -> list[list[str]]:
    held = Rights(1, None, {1: dict.fromkeys(rights, frozenset({"x"}))})
    groups = groups_for(RequestFactory().get("/"), held, is_staff)
    return [[one.name for one in group.places] for group in groups]


def test_every_place_and_every_page_under_one_has_an_address() -> None:
    assert {resolve(reverse(one.name)).view_name for one in ENTRIES} == {
        one.name for one in ENTRIES
    }
    known = get_resolver().reverse_dict
    assert [page for one in ENTRIES for page in one.pages if page not in known] == []


def test_each_sees_the_places_that_are_theirs() -> None:
    (desk,) = names(("review_messages", "review_offers", "ask"))
    assert desk[:4] == ["queue", "conversations", "to-call", "today"]
    assert names(()) == [["queue", "today", "activity"]]
    assert "quality" in names((MANAGER_RIGHT, "read_digest"))[1]
    assert names((), is_staff=True)[-1][-1] == "admin:index"
    assert [group for group in names((MANAGER_RIGHT,)) if "connect" in group] == []


def test_a_page_under_a_place_marks_that_place() -> None:
    request = RequestFactory().get(reverse("item", args=[1]))
    request.resolver_match = resolve(request.path)
    places = groups_for(request, Rights(1), False)[0].places
    assert [one.name for one in places if one.current] == ["queue"]


def test_what_is_set_up_once_is_folded_unless_one_is_there() -> None:
    held = Rights(1, None, {1: dict.fromkeys((MANAGER_RIGHT, "tune_agents"), frozenset({"x"}))})
    for path, opened in ((reverse("digest"), False), (reverse("people"), True)):
        request = RequestFactory().get(path)
        request.resolver_match = resolve(path)
        groups = groups_for(request, held, True)
        assert [group.folded for group in groups] == [False, False, True]
        assert groups[-1].unfolded is opened
