"""When a digest comes, to whom, and that each is mailed once whatever the mail server does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from agents.breaker import Breaker
from approvals.errors import NotPossible
from approvals.models import Mishap, SendingPause
from copilot.digest.models import Digest, DigestChoice, DigestUnopened
from copilot.digest.people import digests_look, reader_of
from copilot.digest.sending import digest_queue, digests_drain
from copilot.digest.services import choice_save, digest_opened
from copilot.digest.summary import checked
from copilot.digest.views import mail_state
from core import clock
from integrations.models import Connection, Location, User
from tests.agents.model_server import completion, serving
from tests.support.digests import HALF_PAST, Morning, morning_make
from tests.support.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db
TODAY = HALF_PAST.date()
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def at() -> Iterator[clock.Frozen]:
    with clock.frozen(HALF_PAST) as frozen:
        yield frozen


@pytest.fixture
def morning(at: clock.Frozen) -> Morning:
    return morning_make()


@pytest.fixture
def mail(settings: Any) -> Iterator[SmtpServer]:
    """A real SMTP server on a port of its own, and the product set up to use it."""
    with SmtpServer().running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def look_and_send() -> Digest:
    digests_look()
    digests_drain()
    return Digest.objects.latest("pk")


def due_again() -> None:
    Digest.objects.filter(state="waiting").update(not_before=clock.now())
    digests_drain()


def test_it_comes_at_half_past_seven_of_their_clock_and_once(
    morning: Morning, at: clock.Frozen, mail: SmtpServer
) -> None:
    at.move(-MINUTE)
    assert digests_look() == 0
    at.move(MINUTE)
    assert digests_look() == 1
    assert digests_look() == 0
    digests_drain()
    at.move(3 * HOUR)
    assert digests_look() == 0
    (sent,) = mail.taken
    assert sent.recipients == ["ines@example.com"]
    assert Digest.objects.get().outcome == "mailed"


# Local days on which the clocks change, with the moment a digest of that hour is due.
CHANGES = [
    ("America/Los_Angeles", date(2026, 3, 8), time(7, 30), "2026-03-08T14:30"),
    # Half past two does not exist that night: the moment after the gap.
    ("America/Los_Angeles", date(2026, 3, 8), time(2, 30), "2026-03-08T10:30"),
    # Half past one comes twice: the first.
    ("America/Los_Angeles", date(2026, 11, 1), time(1, 30), "2026-11-01T08:30"),
    ("America/Los_Angeles", date(2026, 11, 1), time(7, 30), "2026-11-01T15:30"),
    ("Europe/Berlin", date(2026, 3, 29), time(7, 30), "2026-03-29T05:30"),
    ("Australia/Lord_Howe", date(2026, 4, 5), time(7, 30), "2026-04-04T21:00"),
]


@pytest.mark.parametrize(("zone", "day", "wanted", "moment"), CHANGES)
def test_clock_changes_bring_one_digest_within_five_minutes_of_its_time(
    zone: str, day: date, wanted: time, moment: str
) -> None:
    due = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    with clock.frozen(due - 5 * HOUR) as at:
        morning = morning_make()
        Location.objects.update(timezone=zone)
        DigestChoice.objects.create(user=morning.manager, at=wanted)
        reader = reader_of(morning.manager)
        assert reader is not None
        assert reader.due_at(day) == due
        made = []
        at.move(4 * HOUR)
        for _ in range(24):
            if digests_look():
                made.append(clock.now())
            at.move(5 * MINUTE)
        of_day = Digest.objects.get(day=day)
    assert len([one for one in made if abs(one - due) < 5 * MINUTE]) == 1
    assert of_day.due_at == due


def test_a_location_that_changes_its_time_zone_brings_no_second_one_that_day(
    morning: Morning, at: clock.Frozen
) -> None:
    assert digests_look() == 1
    Location.objects.update(timezone="Pacific/Honolulu")
    for _ in range(4):
        at.move(HOUR)
        digests_look()
    assert Digest.objects.filter(day=TODAY).count() == 1
    # The next comes at half past seven of the new clock.
    reader = reader_of(morning.manager)
    assert reader is not None
    assert reader.due_at(TODAY + timedelta(days=1)) == HALF_PAST + timedelta(days=1, hours=3)


def test_days_off_are_skipped_and_the_next_tells_of_them(
    morning: Morning, at: clock.Frozen
) -> None:
    DigestChoice.objects.create(user=morning.manager, days_off=[2])
    look_and_send()
    at.move(timedelta(days=1))
    assert look_and_send().outcome == "skipped"
    at.move(timedelta(days=1))
    row = look_and_send()
    assert (row.outcome, row.since) == ("mailed", TODAY)


def test_a_day_on_which_every_location_is_closed_is_a_day_off(
    morning: Morning, at: clock.Frozen
) -> None:
    Location.objects.update(opening_hours={"wed": [["09:00", "18:00"]]})
    assert (look_and_send().outcome, look_and_send().why) == ("skipped", "closed")
    at.move(timedelta(days=1))
    assert look_and_send().outcome == "mailed"


def test_cover_is_named_in_the_mail_of_whoever_covers(morning: Morning, mail: SmtpServer) -> None:
    owen = morning.desk.person("Owen Vale", "manager")
    choice_save(
        user=morning.manager, at=time(7, 30), by_mail=True, cover_id=owen.pk, away=(TODAY, TODAY)
    )
    look_and_send()
    (sent,) = mail.taken
    assert sent.recipients == [owen.email]
    assert "You cover for Ines today." in sent.text()


def test_only_who_reads_the_same_locations_can_cover(morning: Morning) -> None:
    desk = morning.desk.person("Dov Arden", "front_desk")
    with pytest.raises(NotPossible):
        choice_save(user=morning.manager, at=time(7), by_mail=True, cover_id=desk.pk)


def test_a_product_that_was_off_mails_nothing_late(morning: Morning, at: clock.Frozen) -> None:
    at.move(3 * HOUR)
    assert look_and_send().outcome == "late"


def test_on_the_day_the_copilot_begins_no_mail_is_missed(
    morning: Morning, at: clock.Frozen
) -> None:
    at.move(3 * HOUR)
    Connection.objects.update(live_since=clock.now() - MINUTE)
    assert digests_look() == 0 and not Digest.objects.exists()
    at.move(21 * HOUR)
    assert digests_look() == 1


def test_who_lost_the_right_meanwhile_gets_nothing(morning: Morning, mail: SmtpServer) -> None:
    digests_look()
    morning.manager.groups.clear()
    digests_drain()
    assert (Digest.objects.get().outcome, mail.taken) == ("nobody", [])


def test_whoever_wants_no_mail_has_it_on_the_page(morning: Morning, mail: SmtpServer) -> None:
    DigestChoice.objects.create(user=morning.manager, by_mail=False)
    assert (look_and_send().outcome, mail.taken) == ("page", [])


def test_without_a_mail_server_nothing_is_written_into_the_log(
    morning: Morning, settings: Any, capsys: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert look_and_send().outcome == "page"
    assert capsys.readouterr().out == ""


def test_a_mail_server_that_is_down_is_tried_again_shown_and_doubled_never(
    morning: Morning, at: clock.Frozen, mail: SmtpServer, settings: Any
) -> None:
    settings.EMAIL_PORT = 9
    row = look_and_send()
    assert (row.state, row.outcome) == ("waiting", "")
    assert "not sent yet" in mail_state(row)
    settings.EMAIL_PORT = mail.port
    at.move(20 * MINUTE)
    for _ in range(3):
        due_again()
    row.refresh_from_db()
    assert (row.outcome, len(mail.taken)) == ("mailed", 1)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "TEXT"])
def test_a_server_that_asks_to_try_later_gets_it_once_later(
    morning: Morning, at: clock.Frozen, mail: SmtpServer, step: str
) -> None:
    mail.answers[step] = "451 try again later"
    row = look_and_send()
    assert (row.state, row.begun_at) == ("waiting", None)
    mail.answers.clear()
    at.move(20 * MINUTE)
    due_again()
    assert len(mail.taken) == 1


def test_a_server_that_refuses_for_good_is_not_asked_again(
    morning: Morning, mail: SmtpServer
) -> None:
    mail.answers["RCPT"] = "550 no such mailbox"
    row = look_and_send()
    assert row.state == "dead"
    assert "does not take mail" in mail_state(row)


def test_a_line_that_breaks_after_the_text_is_no_reason_for_a_second_mail(
    morning: Morning, at: clock.Frozen, mail: SmtpServer
) -> None:
    mail.drop = "TEXT"
    row = look_and_send()
    assert (row.state, len(mail.taken)) == ("dead", 1)
    assert "may have been sent" in mail_state(row)
    mail.drop = ""
    at.move(HOUR)
    due_again()
    assert len(mail.taken) == 1


def test_a_worker_that_died_while_sending_leaves_no_second_mail(
    morning: Morning, at: clock.Frozen, mail: SmtpServer
) -> None:
    digests_look()
    (row,) = digest_queue.claim(1)
    Digest.objects.filter(pk=row.pk).update(begun_at=clock.now())
    at.move(10 * MINUTE)
    digest_queue.reclaim()
    digests_drain()
    row.refresh_from_db()
    assert (row.state, mail.taken) == ("dead", [])


def test_a_worker_that_lost_its_row_sends_nothing(
    morning: Morning, at: clock.Frozen, mail: SmtpServer
) -> None:
    from copilot.digest.sending import digest_handle

    digests_look()
    (slow,) = digest_queue.claim(1)
    at.move(10 * MINUTE)
    digest_queue.reclaim()
    digests_drain()
    digest_handle(slow)
    assert len(mail.taken) == 1


def unopened(user: User, days: int) -> None:
    for back in range(1, days + 1):
        day = TODAY - timedelta(days=back)
        Digest.objects.create(
            user=user, day=day, since=day, due_at=HALF_PAST, outcome="mailed", state="done"
        )


def test_three_working_days_unopened_go_to_the_owner_once(
    morning: Morning, at: clock.Frozen, mail: SmtpServer
) -> None:
    owner = morning.desk.person("Ana Solis", "owner")
    DigestChoice.objects.create(user=owner, by_mail=False)
    unopened(morning.manager, 3)
    digests_look()
    digests_drain()
    told = [one for one in mail.taken if one.recipients == [owner.email]]
    assert len(told) == 1
    assert "Ines has not opened the digest for three working days." in told[0].text()
    at.move(timedelta(days=1))
    digests_look()
    digests_drain()
    assert len([one for one in mail.taken if one.recipients == [owner.email]]) == 1
    assert DigestUnopened.objects.filter(told_in=None).count() == 0


def test_a_month_of_silence_is_told_once_too(morning: Morning, at: clock.Frozen) -> None:
    morning.desk.person("Ana Solis", "owner")
    unopened(morning.manager, 30)
    for _ in range(3):
        look_and_send()
        at.move(timedelta(days=1))
    assert DigestUnopened.objects.filter(user=morning.manager).count() == 1


def test_opening_ends_the_stretch(morning: Morning) -> None:
    morning.desk.person("Ana Solis", "owner")
    unopened(morning.manager, 3)
    digest_opened(user=morning.manager)
    digests_look()
    assert DigestUnopened.objects.count() == 0


def test_two_days_are_no_three(morning: Morning) -> None:
    morning.desk.person("Ana Solis", "owner")
    unopened(morning.manager, 2)
    digests_look()
    assert DigestUnopened.objects.count() == 0


CANARIES = {
    "surname": "Quillfeather",
    "phone": "5035559876",
    "mail": "quill@canary.example",
    "service": "Chemotherapy scalp massage",
    "note": "pregnant",
    "words": "psoriasis flared up",
    "reason": "flood in room two",
    "staff": "Birdwhistle",
}


def test_no_surname_number_address_service_or_note_is_in_the_mail(
    morning: Morning, mail: SmtpServer
) -> None:
    desk = morning.desk
    client = desk.client("Juno", CANARIES["surname"], notes=CANARIES["note"])
    client.phone, client.email = f"+1{CANARIES['phone']}", CANARIES["mail"]
    client.save()
    fields = {"service_name": CANARIES["service"], "staff_name": f"Kit {CANARIES['staff']}"}
    visit = morning.visit(client, **fields)
    morning.rescue(visit, title=f"Ask {CANARIES['surname']} again")
    morning.visit(desk.client(f"Juno {CANARIES['surname']}", ""), hours=6, **fields)
    morning.visit(desk.client("pregnant", CANARIES["surname"]), hours=7, **fields)
    morning.visit(desk.client(CANARIES["surname"], CANARIES["surname"]), hours=8, **fields)
    morning.visit(desk.client("", CANARIES["surname"]), hours=9, **fields)
    morning.visit(desk.client(CANARIES["phone"], "x"), hours=10, **fields)
    morning.visit(desk.client(CANARIES["mail"], "x"), hours=-20, status="no_show", **fields)
    desk.draft(client, right="read_digest", title=CANARIES["words"], body=CANARIES["words"])
    Mishap.objects.create(
        location=morning.place, client=client, words=CANARIES["words"], user_name="Tom",
        at=HALF_PAST - HOUR * 20, until=HALF_PAST + HOUR,
    )  # fmt: skip
    SendingPause.objects.create(
        location=morning.place, reason=CANARIES["reason"], paused_by_name=CANARIES["staff"],
        paused_at=HALF_PAST - HOUR,
    )  # fmt: skip
    look_and_send()
    (sent,) = mail.taken
    for kind in ("plain", "html"):
        said = sent.text(kind)
        assert "Juno" in said
        assert "A client" in said
        found = [name for name, canary in CANARIES.items() if canary.casefold() in said.casefold()]
        assert found == []
        assert "likely no-show" in said or "waits for a yes" in said
    raw = sent.data.decode().casefold()
    assert [name for name, canary in CANARIES.items() if canary.casefold() in raw] == []


def test_hostile_names_are_text_in_the_html_mail(morning: Morning, mail: SmtpServer) -> None:
    morning.visit(morning.desk.client("<b>Bo</b>", "x"))
    Location.objects.update(name="Maple <script>alert(1)</script>\r\nBcc: x@example.com")
    look_and_send()
    (sent,) = mail.taken
    assert "<script>" not in sent.text("html")
    assert sent.recipients == ["ines@example.com"]


def test_the_mail_is_in_the_reader_s_language(morning: Morning, mail: SmtpServer) -> None:
    morning.manager.preferences = {"language": "es"}
    morning.manager.save()
    look_and_send()
    assert "Todo en orden." in mail.taken[0].text()


FIGURES = {"came": 4, "lost": 2, "today": 3}
SENTENCES = [
    ("Lately {came} came, and {lost} did not come.", "Lately 4 came, and 2 did not come."),
    ("{today} likely no-shows come today.", "3 likely no-shows come today."),
    # Its own number, a number in words, a figure not given, a figure of something else.
    ("Since yesterday 9 came.", ""),
    ("Since yesterday {came} came, twice as many.", ""),
    ("Since yesterday {filled} openings were filled.", ""),
    ("Since yesterday {lost} came.", ""),
    ("Since yesterday {came} came and {came} came.", ""),
    # More than a sentence, a link, a name given as instruction, health, praise with a reason.
    ("{came} came. Call them.", ""),
    ("{came} came, see http://evil.example.", ""),
    ("{came} came because the team did well.", ""),
    ("{came} came after surgery.", ""),
    ("All came.", ""),
    ("{came} came {lost} did not come.", ""),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "kept"), SENTENCES)
def test_a_model_s_sentence_is_kept_only_where_every_figure_checks_out(
    sentence: str, kept: str
) -> None:
    assert checked(sentence, FIGURES) == kept


def test_a_model_s_sentence_stands_in_the_mail_and_it_was_told_no_name(
    morning: Morning, mail: SmtpServer, settings: Any
) -> None:
    morning.visit(morning.desk.client("Juno", "Quillfeather"))
    with serving() as server:
        Breaker("all").worked()
        settings.OPENAI_API_KEY = "sk-for-tests"
        settings.OPENAI_BASE_URL = f"http://127.0.0.1:{server.port}/v1"
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
        said = {"sentence": "There is {today} to look after today."}
        server.answers = [completion(json.dumps(said))]
        row = look_and_send()
    assert row.summary == "There is 1 to look after today."
    assert row.summary in mail.taken[0].text()
    assert len(server.requests) == 1
    assert "Juno" not in server.heard
    assert "Quillfeather" not in server.heard


def test_without_a_model_there_is_no_sentence_and_nothing_else_is_missing(
    morning: Morning, mail: SmtpServer
) -> None:
    morning.visit()
    assert look_and_send().summary == ""
    assert "Nothing is planned yet." in mail.taken[0].text()
