"""The audit: append-only for the app, chained by the sealer, proved by verify."""

from __future__ import annotations

import json
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, Never

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.audit import Actor, audit_erase, audit_record, canonical, detail_digest, storable
from core.audit_chain import audit_heads, audit_seal, audit_seal_and_publish
from core.audit_verify import ChainReport, Head, audit_verify
from core.models import AuditDetail, AuditEvent, AuditSeal, Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)
DANA = Actor("person", "7", "Dana Hale", "sta_101")
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def write(count: int = 1, connection: str = "c1", **fields: Any) -> list[AuditEvent]:
    return [
        audit_record(
            action="item.approved",
            actor=DANA,
            connection=connection,
            client=f"{number}",
            facts={"revision": number, "sha256": "ab" * 32},
            detail={"text": f"See you tomorrow, client {number}"},
            **fields,
        )
        for number in range(count)
    ]


def whole() -> bool:
    return audit_verify().whole


def the_chain(name: str = "c1") -> ChainReport:
    return next(chain for chain in audit_verify().chains if chain.connection == name)


# Rights of the database role


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("table", ["core_auditevent", "core_auditseal"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET connection = 'x'",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {}",
        "CREATE TRIGGER t BEFORE INSERT ON {} EXECUTE FUNCTION now()",
        "INSERT INTO {0} SELECT * FROM {0} ON CONFLICT (id) DO UPDATE SET connection = 'x'",
    ],
)
def test_the_apps_role_cannot_change_what_is_written(table: str, statement: str) -> None:
    write()
    audit_seal()
    with pytest.raises(Exception, match=r"permission denied|must be owner"):
        execute(statement.format(table))
    assert AuditEvent.objects.count() == AuditSeal.objects.count() == 1
    assert whole()


def test_the_apps_role_can_erase_a_detail_and_not_rewrite_it() -> None:
    write()
    for statement in ("UPDATE core_auditdetail SET salt = 'x'", "TRUNCATE core_auditdetail"):
        with pytest.raises(Exception, match="permission denied"):
            execute(statement)
    assert audit_erase(client="0") == 1


def test_the_tests_run_as_the_apps_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("copilot_app",)


# Writing


def test_a_row_says_who_did_what_to_whom() -> None:
    (event,) = write(subject="item:5", correlation="r1", location="loc_1")
    row = AuditEvent.objects.get(pk=event.pk)
    assert (row.actor_kind, row.actor_id, row.actor_name, row.actor_platform_id) == (
        "person",
        "7",
        "Dana Hale",
        "sta_101",
    )
    assert (row.action, row.client, row.subject) == ("item.approved", "0", "item:5")
    assert row.detail_sha256
    assert AuditDetail.objects.get().data == {"text": "See you tomorrow, client 0"}


def test_a_row_belongs_to_its_business_transaction() -> Never:
    with pytest.raises(RuntimeError), transaction.atomic():
        write()
        raise RuntimeError
    assert not AuditEvent.objects.exists()
    assert not AuditDetail.objects.exists()


def test_text_that_the_database_refuses_does_not_stop_the_business() -> None:
    audit_record(
        action="message.received",
        actor=Actor.system("inbox\x00"),
        facts={"when": NOON, "odd": float("inf")},
        detail={"text": "nul \x00, half an emoji \ud83d, whole 👍", 7: {"a", "b"}},
    )
    audit_seal()
    assert whole()
    assert "\ufffd" in AuditDetail.objects.get().data["text"]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(detail=st.dictionaries(st.text(), values, min_size=1, max_size=4))
def test_a_digest_taken_before_storing_holds_afterwards(detail: Any) -> None:
    kept = storable(detail)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb", [canonical(kept)])
        back = cursor.fetchone()[0]
    back = json.loads(back) if isinstance(back, str) else back
    assert detail_digest("salt", kept) == detail_digest("salt", back)


# Sealing


def test_rows_are_linked_per_connection_in_order() -> None:
    write(3, "c1")
    write(2, "c2")
    write(1, "")
    assert audit_seal() == 6
    assert audit_seal() == 0
    for name, count in (("c1", 3), ("c2", 2), ("", 1)):
        seals = list(AuditSeal.objects.filter(connection=name).order_by("sequence"))
        assert [seal.sequence for seal in seals] == list(range(1, count + 1))
        assert [seal.previous for seal in seals[1:]] == [seal.digest for seal in seals[:-1]]
    assert [chain.sealed for chain in audit_verify().chains] == [1, 3, 2]


def test_a_limit_seals_the_oldest_first() -> None:
    write(5)
    assert audit_seal(2) == 2
    sealed = set(AuditSeal.objects.values_list("event_id", flat=True))
    assert sealed == set(AuditEvent.objects.order_by("pk").values_list("pk", flat=True)[:2])
    assert the_chain().unsealed == 3
    assert audit_seal(100) == 3


def test_a_transaction_that_commits_late_with_a_lower_id_is_still_sealed() -> None:
    inserted, commit = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                write(1)
                inserted.set()
                commit.wait(60)
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(slow)
        inserted.wait(60)
        write(3)
        assert audit_seal() == 3
        commit.set()
        waiting.result()
    assert (
        AuditSeal.objects.order_by("event_id").first().event_id
        > AuditEvent.objects.order_by("pk").values_list("pk", flat=True)[0]
    )
    assert audit_seal() == 1
    assert whole()


def test_a_transaction_of_an_hour_is_found_by_the_complete_look() -> None:
    with clock.frozen(NOON) as held:
        late = write(1)[0]
        for _ in range(2):
            write(1)
            _seal_without(late)
            held.move(timedelta(hours=1))
        write(1)
        audit_seal()
        assert not AuditSeal.objects.filter(event_id=late.pk).exists()
        assert audit_seal_and_publish() == 1
    assert AuditSeal.objects.filter(event_id=late.pk).exists()
    assert whole()


def _seal_without(event: AuditEvent) -> None:
    """As if ``event`` had not been committed yet when the sealer looked."""
    from core.audit_chain import _seal_connection

    others = AuditEvent.objects.exclude(pk=event.pk).values_list("pk", flat=True)
    _seal_connection("c1", list(others))


def test_sealers_at_the_same_time_make_one_chain() -> None:
    write(200)
    together = threading.Barrier(6)

    def seal(_: int) -> int:
        try:
            together.wait()
            return sum(audit_seal(40) for _ in range(6))
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(seal, range(6))) == 200
    assert the_chain().sealed == 200
    assert whole()


def test_sealing_costs_the_same_with_a_long_history(django_assert_max_num_queries: Any) -> None:
    write(300)
    audit_seal()
    write(5)
    with django_assert_max_num_queries(12):
        audit_seal()


def test_the_head_is_logged_once_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="core.audit_chain")
    with clock.frozen(NOON) as held:
        write(2)
        audit_seal_and_publish()
        ((name, sequence, digest),) = audit_heads()
        assert [record.getMessage() for record in caplog.records] == [f"audit head c1 2 {digest}"]
        held.move(timedelta(minutes=30))
        write(1)
        audit_seal_and_publish()
        assert len(caplog.records) == 1
        held.move(timedelta(minutes=31))
        audit_seal_and_publish()
    assert caplog.records[1].getMessage() == f"audit head c1 3 {audit_heads()[0][2]}"
    assert (name, sequence) == ("c1", 2)


# Proving


@pytest.fixture
def sealed(owner: psycopg.Connection) -> list[int]:
    """Five sealed rows of c1 and two of c2; returns the ids of c1's."""
    write(5, "c1")
    write(2, "c2")
    audit_seal()
    assert whole()
    return list(
        AuditEvent.objects.filter(connection="c1").order_by("pk").values_list("pk", flat=True)
    )


@pytest.mark.parametrize(
    "column, value",
    [
        ("action", "item.rejected"),
        ("actor_name", "Somebody Else"),
        ("actor_platform_id", "sta_999"),
        ("client", "99"),
        ("at", "2020-01-01T00:00Z"),
        ("facts", '{"revision": 99}'),
        ("location", "loc_2"),
        ("detail_sha256", "00" * 32),
        ("connection", "c2"),
    ],
)
def test_a_row_changed_by_the_owner_is_found(
    sealed: list[int], owner: psycopg.Connection, column: str, value: str
) -> None:
    owner.execute(f"UPDATE core_auditevent SET {column} = %s WHERE id = %s", [value, sealed[2]])
    assert the_chain().changed == [sealed[2]]
    assert not whole()
    assert the_chain("c2").whole


def test_a_row_removed_by_the_owner_is_found(sealed: list[int], owner: psycopg.Connection) -> None:
    owner.execute("DELETE FROM core_auditevent WHERE id = %s", [sealed[2]])
    assert the_chain().missing == [sealed[2]]


def test_a_row_removed_with_its_seal_is_found(sealed: list[int], owner: psycopg.Connection) -> None:
    owner.execute("DELETE FROM core_auditevent WHERE id = %s", [sealed[2]])
    owner.execute("DELETE FROM core_auditseal WHERE event_id = %s", [sealed[2]])
    assert the_chain().broken_at == 4


def test_a_row_removed_and_the_numbers_closed_up_is_found(
    sealed: list[int], owner: psycopg.Connection
) -> None:
    owner.execute("DELETE FROM core_auditevent WHERE id = %s", [sealed[2]])
    owner.execute("DELETE FROM core_auditseal WHERE event_id = %s", [sealed[2]])
    owner.execute(
        "UPDATE core_auditseal SET sequence = sequence - 1 WHERE connection = 'c1' AND sequence > 3"
    )
    assert the_chain().broken_at == 3


def test_a_chain_put_into_another_order_is_found(
    sealed: list[int], owner: psycopg.Connection
) -> None:
    for sequence, event in ((102, sealed[3]), (103, sealed[2])):
        owner.execute(
            "UPDATE core_auditseal SET sequence = %s WHERE event_id = %s", [sequence, event]
        )
    owner.execute("UPDATE core_auditseal SET sequence = sequence - 99 WHERE sequence > 100")
    chain = the_chain()
    assert chain.broken_at == 3
    assert set(chain.changed) == {sealed[2], sealed[3]}


def test_an_inserted_fake_with_a_seal_of_its_own_is_found(
    sealed: list[int], owner: psycopg.Connection
) -> None:
    fake = owner.execute(
        "INSERT INTO core_auditevent (at, connection, location, action, actor_kind, actor_id,"
        " actor_name, actor_platform_id, client, subject, correlation, facts, detail_sha256)"
        " VALUES ('2026-06-01T10:00Z', 'c1', '', 'item.approved', 'person', '7', 'Dana Hale', '',"
        " '1', '', '', '{}', '') RETURNING id"
    ).fetchone()[0]
    owner.execute(
        "UPDATE core_auditseal SET sequence = sequence + 1 WHERE connection = 'c1' AND sequence = 5"
    )
    owner.execute(
        "INSERT INTO core_auditseal (connection, sequence, event_id, sealed_at, previous, digest)"
        " SELECT 'c1', 5, %s, now(), digest, repeat('ab', 32) FROM core_auditseal"
        " WHERE connection = 'c1' AND sequence = 4",
        [fake],
    )
    chain = the_chain()
    assert chain.broken_at == 6
    assert fake in chain.changed


def test_a_fake_without_a_seal_is_counted_as_not_sealed(sealed: list[int]) -> None:
    write(1, "c1")
    assert the_chain().unsealed == 1
    assert the_chain().whole


def test_a_seal_computed_again_for_a_changed_row_breaks_the_next_link(
    sealed: list[int], owner: psycopg.Connection
) -> None:
    from core.audit_chain import link_digest

    owner.execute("UPDATE core_auditevent SET client = '99' WHERE id = %s", [sealed[2]])
    seal = AuditSeal.objects.get(event_id=sealed[2])
    digest = link_digest(seal, AuditEvent.objects.get(pk=sealed[2]))
    owner.execute("UPDATE core_auditseal SET digest = %s WHERE id = %s", [digest, seal.pk])
    chain = the_chain()
    assert (chain.changed, chain.broken_at) == ([], 4)


def rewrite_all(owner: psycopg.Connection) -> None:
    """What only an owner can do: every seal of c1 computed again."""
    from core.audit_chain import START, link_digest

    previous = START
    for seal in AuditSeal.objects.filter(connection="c1").order_by("sequence"):
        seal.previous = previous
        previous = link_digest(seal, AuditEvent.objects.get(pk=seal.event_id))
        owner.execute(
            "UPDATE core_auditseal SET previous = %s, digest = %s WHERE id = %s",
            [seal.previous, previous, seal.pk],
        )


def test_a_chain_rewritten_as_a_whole_is_found_by_a_head_kept_elsewhere(
    sealed: list[int], owner: psycopg.Connection
) -> None:
    kept = [Head(*head) for head in audit_heads()]
    write(2, "c1")
    audit_seal()
    assert audit_verify(kept_heads=kept).whole
    owner.execute("UPDATE core_auditevent SET client = '99' WHERE id = %s", [sealed[2]])
    rewrite_all(owner)
    assert whole(), "a chain alone cannot show this"
    report = audit_verify(kept_heads=kept)
    assert not report.whole
    assert "5 " in report.chains[0].unmet[0]


def test_a_tail_cut_off_is_found_by_a_head_kept_elsewhere(
    sealed: list[int], owner: psycopg.Connection
) -> None:
    kept = [Head(*head) for head in audit_heads()]
    owner.execute("DELETE FROM core_auditseal WHERE connection = 'c1' AND sequence > 3")
    owner.execute("DELETE FROM core_auditevent WHERE id = ANY(%s)", [sealed[3:]])
    assert whole()
    assert not audit_verify(kept_heads=kept).whole
    owner.execute("DELETE FROM core_auditseal WHERE connection = 'c1'")
    owner.execute("DELETE FROM core_auditevent WHERE connection = 'c1'")
    assert not audit_verify(kept_heads=kept).whole


def test_a_rewritten_detail_is_found_and_an_erased_one_is_not_a_fault(
    sealed: list[int], owner: psycopg.Connection
) -> None:
    assert audit_erase(client="1") == 2, "one of each connection"
    assert whole()
    assert the_chain().details_erased == 1
    owner.execute(
        'UPDATE core_auditdetail SET data = \'{"text": "other"}\' WHERE event_id = %s',
        [sealed[2]],
    )
    assert the_chain().details_changed == [sealed[2]]
    assert not whole()


def test_nobody_is_erased_by_an_empty_name(sealed: list[int]) -> None:
    assert audit_erase(client="") == 0


def test_one_connection_can_be_verified_alone(sealed: list[int], owner: psycopg.Connection) -> None:
    owner.execute("DELETE FROM core_auditevent WHERE id = %s", [sealed[2]])
    assert audit_verify("c2").whole
    assert not audit_verify("c1").whole


# The command


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("audit", *arguments, stdout=out, no_color=True)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_proves_and_ends_with_1_when_broken(
    sealed: list[int], owner: psycopg.Connection
) -> None:
    code, said = run("verify")
    assert code == 0
    assert "c1: whole\n  5 sealed, 0 not sealed yet, 0 details erased" in said
    owner.execute("UPDATE core_auditevent SET client = '99' WHERE id = %s", [sealed[2]])
    code, said = run("verify")
    assert code == 1
    assert f"1 rows changed: {sealed[2]}" in said
    assert run("verify", "--connection", "c2")[0] == 0


def test_the_command_prints_heads_that_it_can_be_given_back(
    sealed: list[int], owner: psycopg.Connection
) -> None:
    _, said = run("head")
    heads = said.splitlines()
    assert [re.fullmatch(r"(c1 5|c2 2) [0-9a-f]{64}", head) for head in heads].count(None) == 0
    assert run("head", "--connection", "c2")[1].splitlines() == heads[1:]
    assert run("verify", "--kept-head", heads[0], "--kept-head", heads[1])[0] == 0
    code, said = run("verify", "--kept-head", f"c1 5 {'00' * 32}")
    assert code == 1
    assert "The kept head is not in the chain" in said


def test_rows_without_a_connection_are_named_with_a_dash() -> None:
    write(1, "")
    audit_seal()
    assert run("verify", "--connection", "-")[1].startswith("-: whole")
    head = run("head")[1].strip()
    assert run("verify", "--kept-head", head)[0] == 0


def test_an_empty_audit_is_whole() -> None:
    assert run("verify") == (0, "The audit is empty.\n")


def test_a_head_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="CONNECTION SEQUENCE HASH"):
        run("verify", "--kept-head", "nonsense")


def test_heartbeat_rows_are_not_the_audits_business() -> None:
    audit_seal_and_publish()
    assert Heartbeat.objects.filter(name="audit.head").exists()
    assert whole()
