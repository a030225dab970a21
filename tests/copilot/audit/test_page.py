"""The audit page: for whom, in words, by client, page by page, as CSV, and whether it is whole."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from approvals.models import ApprovalItem
from approvals.permissions import rights_of
from approvals.services.decisions import item_approve, item_reject
from approvals.services.erasing import client_erase
from approvals.services.steps import item_audit
from copilot.audit import views
from copilot.audit.reading import AuditFilters, AuditPage, audit_page, chains_of
from copilot.audit.words import KINDS, PHRASES
from core import clock
from core.audit import Actor, audit_record
from core.audit_chain import audit_seal
from core.models import AuditEvent, AuditProof
from integrations.models import User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
PAGE = "/audit/"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor View")


@pytest.fixture
def manager(desk: Desk) -> User:
    return desk.person("Ines Marlow", "manager", desk.location)


def browser_of(user: User) -> Visitor:
    browser = Visitor()
    browser.force_login(user)
    return browser


def shown(user: User, query: str = "") -> str:
    answer = browser_of(user).get(PAGE + query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def read(desk: Desk, user: User, **filters: Any) -> AuditPage:
    limit = filters.pop("limit", 50)
    places = [one for one in desk.locations if rights_of(user).has(one.pk, "read_audit")]
    return audit_page(
        rights=rights_of(user), places=places, filters=AuditFilters(**filters), limit=limit
    )


def decided(desk: Desk, user: User, name: str = "Dana", **fields: Any) -> ApprovalItem:
    item = desk.draft(desk.client(name, "King"), **fields)
    assert item.revision is not None
    item_approve(
        user=user,
        item_id=item.pk,
        revision_id=item.revision.pk,
        evidence_sha256=item.revision.evidence_sha256,
    )
    return item


def test_only_who_may_read_the_audit_finds_it(desk: Desk, manager: User) -> None:
    for role in ("front_desk", "provider"):
        person = browser_of(desk.person(f"{role.title()} Person", role))
        assert person.get(PAGE).status_code == 403
        assert person.post(f"{PAGE}export/").status_code == 403
        assert person.post(f"{PAGE}verify/").status_code == 403
        assert PAGE not in person.get("/").content.decode()
    assert PAGE in browser_of(manager).get("/").content.decode()


def test_who_drafted_decided_and_what_an_agent_may_read_is_said_in_words(
    desk: Desk, manager: User
) -> None:
    item = decided(desk, manager)
    said = shown(manager)
    assert "approved the draft" in said and "wrote the draft" in said
    assert "Ines Marlow" in said and "Confirmation" in said
    assert "May read of a client:" in said
    assert f'href="/drafts/{item.pk}/"' in said
    assert "item.approved" not in said


def test_rows_of_another_location_never_appear(desk: Desk, manager: User) -> None:
    owner = desk.person("Olga Owner", "owner")
    decided(desk, owner, "Zelda", location=desk.locations[1])
    assert "Zelda" not in shown(manager)
    assert "Zelda" not in shown(manager, f"?location={desk.locations[1].pk}")
    assert "Zelda" in shown(owner, f"?location={desk.locations[1].pk}")


def test_what_belongs_to_the_whole_connection_takes_all_of_its_locations(
    desk: Desk, manager: User
) -> None:
    owner, client = desk.person("Olga Owner", "owner"), desk.client()
    client_erase(actor=Actor.system("test"), client=client)
    assert "erased the client" not in shown(manager)
    assert "erased the client" in shown(owner)
    assert "no longer kept" in shown(owner, f"?client={client.pk}")


def test_the_rows_of_one_client_are_found_by_name_and_by_link(desk: Desk, manager: User) -> None:
    dana, zoe = decided(desk, manager, "Dana"), decided(desk, manager, "Zoe")
    for item in (dana, zoe):
        assert item.client is not None
        desk.appointment(item.client)
    by_name = shown(manager, "?q=zoe")
    assert "Zoe K." in by_name and "Dana K." not in by_name
    by_link = shown(manager, f"?client={dana.client_id}")
    assert "Dana K." in by_link and "Zoe K." not in by_link
    assert "No row fits" in shown(manager, "?q=nobody")
    assert "No row fits" in shown(manager, "?client=99999999")


def test_it_is_narrowed_by_person_agent_and_kind(desk: Desk, manager: User) -> None:
    maria = desk.person("Maria Ruiz")
    decided(desk, manager)
    rejected = desk.draft(desk.client("Zoe"))
    item_reject(
        user=maria, item_id=rejected.pk, revision_id=rejected.revision_id or 0, reason="wrong_tone"
    )
    actions = {one.event.action for one in read(desk, manager, person=str(maria.pk)).rows}
    assert actions == {"item.decided.reject"}
    by_agent = read(desk, manager, agent="confirmation").rows
    assert {one.event.actor_kind for one in by_agent} == {"agent"} and len(by_agent) == 4
    kinds = {one.event.action for one in read(desk, manager, kind="decided").rows}
    assert kinds == {"item.approved", "item.decided.approve", "item.decided.reject"} & kinds
    assert "item.approved" in kinds and "item.drafted" not in kinds
    assert "Wrong tone" in shown(manager, "?kind=decided")
    for key in KINDS:
        shown(manager, f"?kind={key}")


@pytest.mark.parametrize(
    "query", ["?before=nonsense", "?before=2026-13-01_x", "?client=-1", "?kind=x&agent=y",
              "?location=abc", "?q=%00%27%3C", "?person=1e9", "?client=99999999999999999999"],
)  # fmt: skip
def test_a_mangled_address_shows_a_page(desk: Desk, manager: User, query: str) -> None:
    shown(manager, query)


def test_pages_meet_without_a_gap_even_within_one_moment(desk: Desk, manager: User) -> None:
    at = clock.now()
    for number in range(7):
        audit_record(
            action="item.opened", actor=Actor.agent("confirmation"), subject=f"x:{number}",
            connection=desk.connection.pk, location=desk.location.pk,
        )  # fmt: skip
    AuditEvent.objects.bulk_create(
        AuditEvent(action="item.opened", actor_kind="agent", subject=f"y:{number}", at=at,
                   connection=str(desk.connection.pk), location=str(desk.location.pk))
        for number in range(7)
    )  # fmt: skip
    seen: list[int] = []
    before = None
    for _ in range(10):
        page = read(desk, manager, limit=3, before=before)
        seen += [one.event.pk for one in page.rows]
        before = page.next_before
        if before is None:
            break
    assert len(seen) == len(set(seen)) == 14
    assert "Show older" not in shown(manager)


def test_a_test_of_attention_leaves_no_trace_here(desk: Desk, manager: User) -> None:
    item = ApprovalItem.objects.create(
        connection=desk.connection, location=desk.location, agent="confirmation",
        subject="seeded:1", state="withdrawn", pending_at=clock.now(), seeded=True,
    )  # fmt: skip
    item_audit(item, "item.decided.reject", manager.as_actor())
    assert "turned the draft down" not in shown(manager)


def test_names_and_words_that_clients_typed_stay_text(desk: Desk, manager: User) -> None:
    audit_record(
        action="mishap.reported", actor=manager.as_actor(), connection=desk.connection.pk,
        location=desk.location.pk, detail={"words": "<script>alert(1)</script>\u202e"},
    )  # fmt: skip
    said = shown(manager)
    assert "<script>alert" not in said and "&lt;script&gt;" in said and "\u202e" not in said


def test_the_export_says_the_same_computes_nothing_and_is_a_row_itself(
    desk: Desk, manager: User
) -> None:
    decided(desk, manager, "=HYPERLINK(1)")
    answer = browser_of(manager).post(f"{PAGE}export/", {"kind": "decided"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.DictReader(StringIO(text)))
    assert rows and {row["who"] for row in rows} == {"Ines Marlow"}
    assert rows[0]["client"].startswith("'=HYPERLINK")
    assert "drafted" not in {row["action"] for row in rows}
    assert AuditEvent.objects.get(action="audit.exported").actor_name == "Ines Marlow"


def test_the_export_goes_on_past_its_own_pages(
    desk: Desk, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "EXPORT_PAGE", 2)
    for _ in range(3):
        decided(desk, manager)
    answer = browser_of(manager).post(f"{PAGE}export/", {"kind": "drafted"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert len(list(csv.DictReader(StringIO(text)))) == 6


def test_it_asks_the_database_the_same_few_things_whatever_there_is(
    desk: Desk, manager: User
) -> None:
    owner = desk.person("Olga Owner", "owner")
    rights_of(owner)

    def asked(do: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            do()
        return len(captured)

    decided(desk, owner)
    few = asked(lambda: shown(owner))
    for number in range(12):
        decided(desk, owner, f"P{number}", location=desk.locations[number % 2])
    assert asked(lambda: shown(owner)) == few
    assert few <= 40
    assert asked(lambda: read(desk, owner)) <= 10


def test_the_chain_s_state_is_shown_and_proved_by_a_press(desk: Desk, manager: User) -> None:
    decided(desk, manager)
    assert "Nothing is sealed yet" in shown(manager)
    audit_seal(completely=True)
    (chain,) = chains_of(desk.locations)
    assert chain.sealed_until is not None and chain.waiting == 0
    assert "not verified yet" in shown(manager)
    browser_of(manager).post(f"{PAGE}verify/")
    proof = AuditProof.objects.get()
    assert (
        proof.whole
        and proof.sealed == AuditEvent.objects.filter(connection=str(desk.connection.pk)).count()
    )
    assert "last verified" in shown(manager)
    AuditProof.objects.create(
        connection=str(desk.connection.pk), whole=False, sealed=1, head="x",
        at=clock.now() + timedelta(seconds=1),
    )  # fmt: skip
    assert "do not fit together any more" in shown(manager)


def test_looking_at_a_client_is_a_row_once_and_a_covered_page_is_none(
    desk: Desk, manager: User
) -> None:
    client = desk.client()
    desk.appointment(client)
    browser = browser_of(manager)
    for _ in range(3):
        assert browser.get(f"/clients/{client.pk}/").status_code == 200
    (row,) = AuditEvent.objects.filter(action="client.opened")
    assert (row.actor_id, row.client) == (str(manager.pk), str(client.pk))
    assert "read the client" in shown(manager, f"?client={client.pk}&kind=read")
    nosy = desk.person("Cora Counter", "manager", preferences={"counter": "on"})
    browser_of(nosy).get(f"/clients/{client.pk}/")
    assert AuditEvent.objects.filter(action="client.opened").count() == 1


def test_every_phrase_follows_a_name(desk: Desk) -> None:
    assert all(words[0].islower() and not words.endswith(".") for words in PHRASES.values())
