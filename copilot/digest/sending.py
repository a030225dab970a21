"""Mailing digests: each once. A mail server that is down is tried again and shown; what may have
been sent is not sent a second time.
"""

import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.utils import translation

from approvals.permissions import Rights, rights_of
from copilot.digest.building import Made, digest_make
from copilot.digest.mail import mail_of
from copilot.digest.models import Digest, DigestChoice, DigestUnopened
from copilot.digest.people import DRAIN
from copilot.digest.rows import Line
from copilot.digest.summary import summary_of
from copilot.digest.week import edition_of, is_owner, lines_of
from core import clock
from core.errors import Permanent, Temporary, UnknownOutcome
from core.work import Queue
from integrations.idle import give_back_connection
from integrations.models import User

digest_queue: Queue[Digest] = Queue(
    Digest, task=DRAIN, lease=timedelta(seconds=120), most_attempts=40
)
Outcome = Digest.Outcome
NO_SERVER = "No mail server is set up here."
DOWN = "The mail server does not answer."
MAYBE = "The line to the mail server broke off: it may have been sent."
GIVEN_UP_AFTER = timedelta(hours=10)


def digests_drain() -> int:
    """Mail what is due; returns how many rows were taken."""
    return digest_queue.drain(digest_handle, batch=5)


def digest_handle(row: Digest) -> None:
    """One row: not theirs any more, only on the page, or mailed."""
    user = User.objects.get(pk=row.user_id)
    rights = rights_of(user)
    if not user.is_active or not rights.any("read_digest"):
        digest_queue.finish(row, outcome=Outcome.NOBODY)
        return
    if row.begun_at is not None:
        raise UnknownOutcome(MAYBE)
    if clock.now() - row.due_at > GIVEN_UP_AFTER:
        raise Permanent(f"{DOWN} It is on the page.")
    notes = list(DigestUnopened.objects.filter(owner=user, told_in=None).select_related("user"))
    tells = [note.user.get_short_name() for note in notes]
    choice = DigestChoice.objects.filter(user=user).first()
    by_mail = choice is None or choice.by_mail or bool(notes)
    if not by_mail or not _server():
        why = "" if not by_mail else NO_SERVER
        _finish(row, notes, outcome=Outcome.PAGE, why=why, tells=tells)
        return
    made = _made(user, rights, row, tells)
    _send(row, notes, made, mail_of(user, made))


def _server() -> bool:
    """Without a mail server Django would print mails into the log."""
    return not settings.EMAIL_BACKEND.endswith("console.EmailBackend")


def _made(user: User, rights: Rights, row: Digest, tells: list[str]) -> Made:
    made = digest_make(user, rights, row.day, since=row.since, row=row)
    made.tells = tells
    made.summary = row.summary or summary_of(user, made)
    if row.day.weekday() == 0 and is_owner(user):
        _week_add(user, made)
    return made


def _week_add(user: User, made: Made) -> None:
    """On Mondays an owner's mail begins each location with its week."""
    with translation.override(user.language or "en"):
        for section in made.sections:
            said = lines_of(edition_of(section.location, made.day))
            section.lines = [*(Line(words) for words in said), *section.lines]


def _send(
    row: Digest, notes: list[DigestUnopened], made: Made, message: EmailMultiAlternatives
) -> None:
    """Reach the server first, then write down that it begins, then tell it. Nothing of that holds
    a database connection."""
    connection = get_connection()
    give_back_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise Temporary(DOWN) from error
    with transaction.atomic():
        if not digest_queue.still_ours(row):
            return
        Digest.objects.filter(pk=row.pk).update(begun_at=clock.now(), summary=made.summary)
    give_back_connection()
    try:
        connection.send_messages([message])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        _refused(row, error)
    except (OSError, smtplib.SMTPException) as error:
        raise UnknownOutcome(MAYBE) from error
    finally:
        _close(connection)
    _finish(row, notes, outcome=Outcome.MAILED, mailed_at=clock.now(), why="", tells=made.tells)


def _refused(row: Digest, error: Exception) -> None:
    """The server said no in so many words, so nothing was sent: later, or never."""
    Digest.objects.filter(pk=row.pk).update(begun_at=None)
    codes = [getattr(error, "smtp_code", 0)]
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    if any(500 <= code < 600 for code in codes):
        raise Permanent("The mail server does not take mail to this address.") from error
    raise Temporary("The mail server asks to try again later.") from error


def _close(connection: object) -> None:
    """The mail is in the server's hands; how the line ends changes nothing about it."""
    try:
        connection.close()  # type: ignore[attr-defined]
    except (OSError, smtplib.SMTPException):
        return


def _finish(row: Digest, notes: list[DigestUnopened], **fields: object) -> None:
    """With the row it is settled that the owner was told."""
    with transaction.atomic():
        if digest_queue.finish(row, **fields) and notes:
            pks = [note.pk for note in notes]
            DigestUnopened.objects.filter(pk__in=pks).update(told_in=row)
