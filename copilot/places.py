"""Where one can go: the navigation as a table, one line a place."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as said

from approvals.permissions import MANAGER_RIGHT, Rights

# The desk's own come first and need no heading.
DESK, MANAGEMENT, SET_UP = "", said("Management"), said("Set-up")


@dataclass(frozen=True)
class Entry:
    """A place and who sees it. Any one of ``rights`` opens it; without any it is everybody's.

    ``name`` is the address's name, ``pages`` the names of pages that stand under it. ``staff``:
    whoever may open the admin sees it as well.
    """

    group: str
    name: str
    label: str
    rights: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    staff: bool = False

    def open_to(self, rights: Rights, is_staff: bool) -> bool:
        free = not self.rights and not self.staff
        return free or (self.staff and is_staff) or bool(self.rights and rights.any(*self.rights))


TUNE = ("tune_agents",)
TALK = ("review_messages",)
ENTRIES = (
    Entry(DESK, "queue", said("Queue"), pages=("item",)),
    Entry(DESK, "conversations", said("Conversations"), TALK, ("conversation", "stranger")),
    Entry(DESK, "to-call", said("To call"), TALK, ("client",)),
    Entry(DESK, "checkout", said("Checkout"), ("review_retail",)),
    Entry(DESK, "today", said("Today"), pages=("visit-brief",)),
    Entry(
        DESK,
        "waitlist",
        said("Waitlist"),
        ("review_offers",),
        ("waitlist-add", "waitlist-entry", "matching"),
    ),
    Entry(
        DESK,
        "ask",
        said("Ask"),
        ("ask",),
        ("material", "material-source", "ask-panel", "ask-source", "ask-book", "ask-canned"),
    ),
    Entry(DESK, "activity", said("Activity")),
    Entry(
        MANAGEMENT,
        "digest",
        said("Digest"),
        ("read_digest",),
        ("digest-settings", "digest-week", "digest-reviews"),
    ),
    Entry(MANAGEMENT, "coming-back", said("Coming back"), ("read_digest",)),
    Entry(MANAGEMENT, "quality", said("Quality"), (MANAGER_RIGHT, *TUNE)),
    Entry(
        MANAGEMENT,
        "impact",
        said("Impact"),
        (MANAGER_RIGHT, *TUNE),
        ("impact-letter", "leaving", "leaving-proof"),
    ),
    Entry(MANAGEMENT, "audit", said("Audit"), ("read_audit",)),
    Entry(SET_UP, "admin:agents_agentconfig_changelist", said("Agents"), TUNE),
    Entry(SET_UP, "connect", said("Connect"), TUNE, staff=True),
    Entry(SET_UP, "people", said("People"), TUNE, ("standing",), staff=True),
    Entry(SET_UP, "stations", said("Stations"), TUNE, staff=True),
    Entry(SET_UP, "admin:index", said("Admin"), staff=True),
)


@dataclass(frozen=True)
class Place:
    """One link of the navigation."""

    name: str
    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class Group:
    """Places under one heading ('' for none). ``folded``: seldom used, so it opens by a press on
    its heading, or by itself while one is on one of its pages."""

    title: str
    places: tuple[Place, ...]
    folded: bool = False

    @property
    def unfolded(self) -> bool:
        return any(place.current for place in self.places)


def groups_for(request: HttpRequest, rights: Rights, is_staff: bool) -> list[Group]:
    """The navigation of one person on one page, without groups in which nothing is theirs."""
    mine = [one for one in ENTRIES if one.open_to(rights, is_staff)]
    here = request.resolver_match.view_name if request.resolver_match else ""
    found = []
    for title in (DESK, MANAGEMENT, SET_UP):
        places = tuple(_places((one for one in mine if one.group == title), here))
        if places:
            named = gettext(title) if title else ""
            found.append(Group(named, places, folded=title == SET_UP))
    return found


def _places(entries: Iterable[Entry], here: str) -> Iterable[Place]:
    for one in entries:
        try:
            url = reverse(one.name)
        except NoReverseMatch:  # an address this process does not serve (the sandbox, a test's)
            continue
        yield Place(one.name, gettext(one.label), url, here in (one.name, *one.pages))
