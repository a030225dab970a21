"""Leaving: everything as one file, once; then erased, with proof, and the audit still whole."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client as Visitor

from approvals.errors import NotPossible
from approvals.models import ApprovalItem, Decision, Effect, Revision
from approvals.services.decisions import item_approve
from copilot.leaving import services, work
from copilot.leaving.models import Leaving, LeavingPart
from copilot.leaving.packing import Pieces
from copilot.leaving.tables import (
    ELSEWHERE,
    EMPTIED,
    STAYS,
    erased_in_order,
    models_of_ours,
    tables,
)
from copilot.leaving.work import leaving_drain, leaving_tidy
from copilot.sheets import harmless
from core import clock
from core.audit_verify import audit_verify
from core.models import AuditDetail, AuditEvent, Secret
from core.secrets import store
from integrations.models import Appointment, Client, Connection, Location, Message, User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
PAGE = "/leaving/"
CANARY = "Zanzibar-Quill"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor View")


@pytest.fixture
def owner(desk: Desk) -> User:
    return desk.person("Olga Owner", "owner")


def browser_of(user: User) -> Visitor:
    browser = Visitor()
    browser.force_login(user)
    return browser


def filled(desk: Desk, user: User) -> ApprovalItem:
    """Clients, visits, messages and drafts in several states, all of them with a canary's name."""
    desk.connection.token_ref = store("token", "s3cret-token")
    desk.connection.save()
    client = desk.client(CANARY, "King", notes=f"{CANARY} likes tea")
    desk.appointment(client, notes=f"{CANARY}: door code")
    desk.message(client, f"It is {CANARY}")
    desk.draft(client)
    sent = desk.draft(client, evidence=())
    assert sent.revision is not None
    item_approve(
        user=user, item_id=sent.pk, revision_id=sent.revision.pk,
        evidence_sha256=sent.revision.evidence_sha256,
    )  # fmt: skip
    return sent


def packed(desk: Desk, user: User) -> Leaving:
    row = services.export_ask(user=user, connection_id=desk.connection.pk)
    leaving_drain()
    row.refresh_from_db()
    assert row.outcome == "ready", row.last_error
    return row


def erased(desk: Desk, user: User) -> Leaving:
    row = services.erase_ask(user=user, connection_id=desk.connection.pk, name="Maple Street Spa")
    Leaving.objects.filter(pk=row.pk).update(not_before=clock.now())
    leaving_drain()
    row.refresh_from_db()
    assert row.outcome == "erased", row.last_error
    return row


def opened(row: Leaving) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(services.pieces_of(row))))


def test_every_table_is_packed_or_is_elsewhere_for_a_reason() -> None:
    known = {one.label for one in tables()}
    ours = {str(model._meta.label) for model in models_of_ours()}
    assert ours - known == set(ELSEWHERE), "say in ELSEWHERE why it is not a connection's"
    assert known >= STAYS | EMPTIED
    order = [one.label for one in erased_in_order()]
    assert set(order) == known - STAYS - EMPTIED
    assert order.index("integrations.SaleLine") < order.index("integrations.Sale")
    assert order.index("integrations.Consent") < order.index("integrations.Client")


def test_nothing_that_stays_needs_a_row_that_goes() -> None:
    gone = {one.model for one in erased_in_order()}
    for model in set(models_of_ours()) - gone:
        for key in model._meta.concrete_fields:
            assert not (key.related_model in gone and not key.null), f"{model}.{key.name}"


def test_no_column_that_opens_a_door_is_packed() -> None:
    names = {f"{one.name}.{column.name}" for one in tables() for column in one.columns()}
    assert not [name for name in names if "password" in name or "token_ref" in name]
    assert "connection.token_ref" not in names and "connection.name" in names
    assert "channelaccount.secrets" not in names and "station.secret_sha256" not in names


def test_everything_comes_along_as_json_and_csv_with_a_manifest(desk: Desk, owner: User) -> None:
    client = desk.client("=cmd|' /C calc'!A0", "König")
    filled(desk, owner)
    row = packed(desk, owner)
    assert (row.percent, row.size) == (100, sum(len(one.body) for one in row.parts.all()))
    file = opened(row)
    assert file.testzip() is None
    lines = file.read("tables/client.jsonl").decode().splitlines()
    assert len(lines) == Client.objects.count() == 2
    assert json.loads(lines[0])["last_name"] == "König"
    sheet = list(csv.DictReader(io.StringIO(file.read("tables/client.csv").decode())))
    assert sheet[0]["first_name"] == "'" + client.first_name
    manifest = json.loads(file.read("manifest.json"))
    assert manifest["rows"]["client"] == 2 and manifest["rows"]["approvalitem"] == 2
    assert "core.Secret" in manifest["not_in_here"]
    audit = [json.loads(one) for one in file.read("audit.jsonl").decode().splitlines()]
    assert {"item.approved", "item.drafted"} <= {one["action"] for one in audit}
    everything = b"".join(file.read(name) for name in file.namelist())
    assert b"s3cret-token" not in everything and b"gAAAA" not in everything


def test_another_connection_s_rows_are_not_in_the_file(desk: Desk, owner: User) -> None:
    other = Connection.objects.create(name="Elsewhere", platform="mangomint")
    Client.objects.create(connection=other, external_id="x", first_name="Stranger")
    file = opened(packed(desk, owner))
    assert b"Stranger" not in b"".join(file.read(name) for name in file.namelist())


def test_it_is_downloaded_once_and_is_gone_afterwards(desk: Desk, owner: User) -> None:
    row = packed(desk, owner)
    first = browser_of(owner).post(f"{PAGE}{row.pk}/take/")
    body = b"".join(first.streaming_content)  # type: ignore[attr-defined]
    assert first["Content-Type"] == "application/zip" and len(body) == row.size
    assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None
    assert not LeavingPart.objects.exists()
    again = browser_of(owner).post(f"{PAGE}{row.pk}/take/", follow=True)
    assert "It was taken already" in again.content.decode()
    assert AuditEvent.objects.get(action="data.downloaded").actor_name == "Olga Owner"
    assert "Taken by Olga Owner" in browser_of(owner).get(PAGE).content.decode()


def test_a_file_that_nobody_took_is_thrown_away_after_a_week(desk: Desk, owner: User) -> None:
    row = packed(desk, owner)
    assert leaving_tidy() == 0
    Leaving.objects.filter(pk=row.pk).update(done_at=clock.now() - timedelta(days=8))
    assert leaving_tidy() == 1 and not LeavingPart.objects.exists()
    with pytest.raises(NotPossible):
        services.export_take(user=owner, leaving_id=row.pk)


def test_asking_twice_is_one_job_and_a_second_attempt_begins_anew(
    desk: Desk, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = services.export_ask(user=owner, connection_id=desk.connection.pk)
    assert services.export_ask(user=owner, connection_id=desk.connection.pk).pk == row.pk

    def broken(*_: Any) -> None:
        LeavingPart.objects.create(leaving=row, number=0, body=b"half a file")
        raise OSError("the worker died")

    monkeypatch.setattr(work, "pack", broken)
    leaving_drain()
    row.refresh_from_db()
    assert row.state == "waiting" and row.outcome == ""
    monkeypatch.undo()
    Leaving.objects.update(not_before=clock.now())
    leaving_drain()
    row.refresh_from_db()
    assert row.outcome == "ready" and opened(row).testzip() is None


def test_a_file_of_many_pieces_is_put_together_in_order(desk: Desk, owner: User) -> None:
    row = services.export_ask(user=owner, connection_id=desk.connection.pk)
    pieces, data = Pieces(row), bytes(range(256)) * 9000
    pieces.write(data[:700_000])
    pieces.write(data[700_000:])
    pieces.finish()
    assert row.parts.count() == 3 and b"".join(services.pieces_of(row)) == data


@pytest.mark.parametrize(
    ("value", "cell"),
    [("=1", "'=1"), ("@x", "'@x"), ("-1", "'-1"), (-1, "-1"), (None, ""), ("a", "a"),
     ([1, "é"], '[1, "é"]')],
)  # fmt: skip
def test_no_cell_is_computed_by_a_spreadsheet(value: Any, cell: str) -> None:
    assert harmless(value) == cell


def test_who_runs_all_of_its_locations_may_and_nobody_else(desk: Desk, owner: User) -> None:
    one = desk.person("Ines Marlow", "manager", desk.location)
    for role in ("front_desk", "provider"):
        person = browser_of(desk.person(f"{role.title()} P", role))
        assert person.get(PAGE).status_code == 403
        assert person.post(f"{PAGE}export/").status_code == 403
    browser = browser_of(one)
    assert "Maple Street Spa" not in browser.get(PAGE).content.decode()
    said = {"connection": desk.connection.pk, "name": "Maple Street Spa"}
    assert browser.post(f"{PAGE}export/", said).status_code == 404
    assert browser.post(f"{PAGE}erase/", said).status_code == 404
    row = packed(desk, owner)
    for what in ("take", "stop"):
        assert browser.post(f"{PAGE}{row.pk}/{what}/").status_code == 404
    assert browser.get(f"{PAGE}{row.pk}/proof/").status_code == 404
    assert browser_of(owner).post(f"{PAGE}export/", {"connection": "x"}).status_code == 404
    assert Leaving.objects.count() == 1
    desk.connection.refresh_from_db()
    assert desk.connection.status == "ok"


@pytest.mark.parametrize("typed", ["", "maple street spa", "Maple Street"])
def test_erasing_takes_the_name_typed(desk: Desk, owner: User, typed: str) -> None:
    said = {"connection": desk.connection.pk, "name": typed}
    answer = browser_of(owner).post(f"{PAGE}erase/", said)
    assert answer.status_code == 422 and "Nothing is erased" in answer.content.decode()
    desk.connection.refresh_from_db()
    assert desk.connection.status == "ok" and not Leaving.objects.exists()


def test_it_can_be_stopped_for_five_minutes(desk: Desk, owner: User) -> None:
    client = desk.client()
    said = {"connection": desk.connection.pk, "name": " Maple  Street Spa "}
    browser = browser_of(owner)
    assert (
        "erased in five minutes"
        in browser.post(f"{PAGE}erase/", said, follow=True).content.decode()
    )
    row = Leaving.objects.get()
    leaving_drain()
    assert Client.objects.filter(pk=client.pk).exists()
    assert "Stopped" in browser.post(f"{PAGE}{row.pk}/stop/", follow=True).content.decode()
    Leaving.objects.update(not_before=clock.now())
    leaving_drain()
    assert Client.objects.filter(pk=client.pk).exists()
    desk.connection.refresh_from_db()
    assert desk.connection.status == "off"
    assert (
        "It has begun already"
        in browser.post(f"{PAGE}{row.pk}/stop/", follow=True).content.decode()
    )


def test_a_connection_that_was_switched_on_again_is_not_erased(desk: Desk, owner: User) -> None:
    client = desk.client()
    services.erase_ask(user=owner, connection_id=desk.connection.pk, name="Maple Street Spa")
    Leaving.objects.update(not_before=clock.now())
    Connection.objects.update(status="ok")
    leaving_drain()
    assert Leaving.objects.get().state == "dead" and Client.objects.filter(pk=client.pk).exists()


def canaries() -> list[str]:
    """Every text column of the database in which the canary's name is found."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema ="
            " 'public' AND data_type IN ('text', 'character varying', 'jsonb', 'bytea')"
        )
        found = []
        for table, column in cursor.fetchall():
            name = database.ops.quote_name
            cursor.execute(
                f"SELECT count(*) FROM {name(table)} WHERE"
                f" position(convert_to(%s, 'UTF8') in convert_to({name(column)}::text, 'UTF8')) > 0"
                f" OR position(%s in {name(column)}::text) > 0",
                [CANARY, CANARY.encode().hex()],
            )
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


def test_after_erasing_no_word_about_a_client_is_left_anywhere(desk: Desk, owner: User) -> None:
    sent = filled(desk, owner)
    assert len(canaries()) >= 6
    other = Connection.objects.create(name="Elsewhere", platform="mangomint")
    stays = Client.objects.create(connection=other, external_id="x", first_name="Stranger")
    row = erased(desk, owner)
    assert canaries() == []
    for model in (Client, Appointment, Message):
        assert not model._default_manager.filter(connection=desk.connection).exists()
    assert Client.objects.filter(pk=stays.pk).exists()
    assert Decision.objects.filter(item=sent).exists()
    effect = Effect.objects.get(item=sent)
    assert effect.body is None and effect.outcome == "withdrawn"
    assert not Revision.objects.exclude(body="").exists()
    assert not AuditDetail.objects.filter(
        event_id__in=AuditEvent.objects.filter(connection=str(desk.connection.pk)).values("pk")
    ).exists()
    assert not Secret.objects.exists()
    counted = {one["table"]: one for one in row.tables}
    assert (counted["client"]["before"], counted["client"]["after"]) == (1, 0)
    assert (counted["decision"]["after"], counted["decision"]["words"]) == (1, 0)
    assert all(not one["words"] for one in row.tables)
    assert Location.objects.filter(connection=desk.connection).count() == 2
    assert User.objects.filter(pk=owner.pk).exists()


def test_the_proof_counts_the_tables_and_proves_the_audit(desk: Desk, owner: User) -> None:
    filled(desk, owner)
    row = erased(desk, owner)
    assert row.proof["whole"] and row.proof["unsealed"] == 0
    (chain,) = [c for c in audit_verify().chains if c.connection == str(desk.connection.pk)]
    assert chain.whole and chain.details_erased == row.proof["details_erased"]
    said = browser_of(owner).get(f"{PAGE}{row.pk}/proof/").content.decode()
    assert "Asked for by Olga Owner" in said and str(row.proof["head"]) in said
    assert "sealed rows fit together" in said and "client" in said
    assert "The proof" in browser_of(owner).get(PAGE).content.decode()


def test_a_message_that_is_just_going_out_is_waited_for(desk: Desk, owner: User) -> None:
    sent = filled(desk, owner)
    Effect.objects.filter(item=sent).update(call_started_at=clock.now())
    services.erase_ask(user=owner, connection_id=desk.connection.pk, name="Maple Street Spa")
    Leaving.objects.update(not_before=clock.now())
    leaving_drain()
    row = Leaving.objects.get()
    assert row.state == "waiting" and "just going out" in row.last_error
    assert Client.objects.exists()
    Effect.objects.filter(item=sent).update(call_started_at=clock.now() - timedelta(hours=1))
    Leaving.objects.update(not_before=clock.now())
    leaving_drain()
    assert Leaving.objects.get().outcome == "erased" and not Client.objects.exists()


def test_an_erasure_that_fails_half_way_removed_nothing(
    desk: Desk, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(desk, owner)
    before = Message.objects.count(), ApprovalItem.objects.exclude(title="").count()
    monkeypatch.setattr("copilot.leaving.erasing._doors_close", lambda connection: 1 / 0)
    services.erase_ask(user=owner, connection_id=desk.connection.pk, name="Maple Street Spa")
    Leaving.objects.update(not_before=clock.now())
    leaving_drain()
    assert Leaving.objects.get().state == "waiting"
    assert (Message.objects.count(), ApprovalItem.objects.exclude(title="").count()) == before
