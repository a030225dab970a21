"""The digest as a mail. It leaves the house, so it says less than the page: first names only, no
service, no note, no number, no address; whoever wants more opens the page.
"""

import re
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext as _

from approvals.policy import HEALTH
from copilot.digest.building import Made
from copilot.digest.rows import Row
from integrations.models import Client, User
from integrations.moments import hour

# Letters of any script with the marks that names have; the rest of a name field stays here.
NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u2019'-]){0,23}")


@dataclass(frozen=True)
class Said:
    """One row in the mail's words."""

    who: str
    at: str
    why: str
    planned: str
    url: str


def first_name_only(client: Client | None) -> str:
    """``Dana``: one word that is a name and nothing else, or "A client"."""
    anonymous = _("A client")
    if client is None:
        return anonymous
    word = client.first_name.split()[0] if client.first_name.split() else ""
    surnames = {part.casefold() for part in client.last_name.split()}
    if not NAME.fullmatch(word) or word.casefold() in surnames or HEALTH.search(word):
        return anonymous
    return word


def _at(row: Row, day: date) -> str:
    """``2:30 pm``, with the weekday where it is not the digest's own day."""
    if row.visit is None:
        return ""
    local = row.visit.starts_at.astimezone(row.location.zone)
    named = "" if local.date() == day else f"{formats.date_format(local, 'l')} "
    return f"{named}{hour(local)}"


def said(row: Row, day: date) -> Said:
    """Reasons come from the scorer's own sentences; what people typed is left out."""
    fixed = row.kind in ("today", "repeat")
    page = f"{settings.WEB_ORIGIN}{reverse('digest')}#row-{row.anchor}"
    return Said(
        who=first_name_only(row.client),
        at=_at(row, day),
        why=" ".join(row.reasons) if fixed else "",
        planned=row.planned,
        url=page,
    )


def mail_of(user: User, made: Made) -> EmailMultiAlternatives:
    """Plain text and HTML, in the reader's language."""
    with translation.override(user.language or "en"):
        context = {
            "made": made,
            "name": user.get_short_name(),
            "day": formats.date_format(made.day, "l, F j"),
            "sections": [
                {
                    "name": section.location.name,
                    "clear": section.clear,
                    "rows": [said(row, made.day) for row in section.rows],
                    "lines": section.lines,
                    "more": section.more,
                }
                for section in made.sections
            ],
            "page": f"{settings.WEB_ORIGIN}{reverse('digest')}",
            "choices": f"{settings.WEB_ORIGIN}{reverse('digest-settings')}",
        }
        subject = _subject(made)
        text = render_to_string("digest/mail.txt", context)
        html = render_to_string("digest/mail.html", context)
    message = EmailMultiAlternatives(subject, text, None, [user.email])
    message.attach_alternative(html, "text/html")
    return message


def _subject(made: Made) -> str:
    risky = sum(row.kind == "today" for row in made.rows)
    if made.clear:
        return _("All clear for today")
    if risky:
        return _("Today: %(n)d to look after") % {"n": risky}
    return _("Today at a glance")
