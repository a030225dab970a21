"""What a draft says, in the reviewer's language, where the draft is in one they do not read.

Built by code from what the draft is about, never by a model: a translation that nobody here can
check would be worse than a short line that is right.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from approvals.models import ApprovalItem, Revision
from approvals.templatetags.desk import first_name, when

LONGEST_LIST = 4


def reading_line(
    item: ApprovalItem, revision: Revision | None, reads: Sequence[str], stated: Sequence[str] = ()
) -> str:
    """One line for whoever does not read the text, or ''. ``stated``: the facts found in it."""
    if revision is None or not revision.language or revision.language.split("-")[0] in reads:
        return ""
    line = _("%(language)s In short: %(short)s.") % {
        "language": _language(revision.language.split("-")[0]),
        "short": in_short(item, revision),
    }
    named = list(dict.fromkeys(stated))[:LONGEST_LIST]
    return f"{line} {_('It states: %(facts)s.') % {'facts': ', '.join(named)}}" if named else line


def _language(code: str) -> str:
    known = {"es": _("Spanish text."), "en": _("English text.")}
    return known.get(code, _("A text in a language you do not read."))


def in_short(item: ApprovalItem, revision: Revision) -> str:
    """``asks Dana to confirm Friday at 2:30 pm``, from the kind of draft and its appointment."""
    said = {"name": first_name(item.client)}
    if item.purpose == "answer":
        return _("answers %(name)s") % said
    visit = item.appointment
    if visit is None:
        return _without_visit(item.group) % said
    said |= {"when": when(visit.starts_at, item.location.zone), "service": visit.service_name}
    return _about_visit(item.group, "?" in revision.body) % said


def _about_visit(group: str, asks: bool) -> str:
    if group == "confirmations":
        if asks:
            return _("asks %(name)s to confirm %(when)s")
        return _("tells %(name)s that %(when)s is booked")
    if group == "reminders":
        return _("reminds %(name)s of %(when)s")
    if group == "aftercare":
        return _("writes to %(name)s after %(service)s")
    if group == "offers":
        return _("offers %(name)s another time than %(when)s")
    return _("writes to %(name)s about %(when)s")


def _without_visit(group: str) -> str:
    known = {
        "offers": _("offers %(name)s a free time"),
        "retail": _("suggests a product to %(name)s"),
        "aftercare": _("writes to %(name)s after a visit"),
    }
    return known.get(group, _("writes to %(name)s"))
