"""Sentences that services write with a name or an hour in them, in the reader's language.

Services know no interface language (what they write may go to clients), so a filled-in sentence is
recognised by its shape when it is shown. A shape stands in django.po with %(…)s for each part; a
new sentence needs a line here and one there, else it is shown in English.
"""

import re
from functools import cache

from django.utils.dates import MONTHS_3
from django.utils.translation import get_language, gettext

SHAPES = (
    "%(who)s gets no more texts.",
    "%(who)s comes %(at)s.",
    "%(who)s's appointment %(at)s is cancelled.",
    "%(who)s comes %(at)s instead.",
    "Noted: %(who)s comes %(minutes)s minutes late. %(staff)s is told.",
    "Noted: %(who)s comes %(minutes)s minutes late. Please tell %(staff)s.",
    "Taken back. Nothing about %(who)s was told to the platform.",
    "Sending is paused at %(place)s. Nothing leaves.",
    "Sending is on again at %(place)s.",
    "%(who)s is being added. It takes a few seconds.",
    "%(who)s is being taken off the list. It takes a few seconds.",
    "The entry of %(who)s is being changed. It takes a few seconds.",
    "%(who)s gets everything again.",
    "%(who)s is in. What was approved stays as it is.",
    "%(who)s handed over already. Accept that first.",
    "%(who)s waits for %(service)s already.",
    "%(who)s does not do %(service)s.",
    "%(who)s was asked already.",
    "%(who)s is proposed that already. Choose another one for them first.",
    "The text is longer than %(count)s characters. Please shorten it.",
    "The text is longer than %(count)s characters.",
    "%(who)s, you are here now.",
    "%(who)s, you are here now. %(other)s left off here.",
    "Here is where you left off.",
    "%(who)s handed over to you",
    "Time to hand over",
    "The appointment is %(state)s already.",
    # Of somebody who comes late, of what clashes, and of the ways out of both.
    "%(who)s comes %(minutes)s minutes late for %(at)s and is not here yet",
    "%(who)s comes %(minutes)s minutes late for %(at)s",
    "%(who)s comes late for %(at)s",
    "%(who)s comes late: %(more)s",
    "It still fits, until %(until)s",
    "Up to %(count)s minutes still fit",
    "It does not fit: %(more)s and %(other)s",
    "It does not fit: %(more)s",
    "%(who)s is next at %(at)s, %(minutes)s minutes too soon",
    "they have another appointment at %(at)s",
    "the shift of %(who)s ends at %(at)s",
    "the house closes at %(at)s",
    "the room is taken from %(at)s",
    "%(room)s is free from %(at)s",
    "Shorten: %(service)s (%(minutes)s minutes) instead of %(other)s",
    "Leave out %(service)s (%(minutes)s minutes)",
    "%(who)s begins %(minutes)s minutes later, at %(at)s",
    "%(who)s is here already and could go first; %(other)s follows at %(at)s",
    "%(who)s is free at %(at)s and does the same",
    "%(who)s could keep %(at)s with %(staff)s",
    "Next free: %(at)s with %(staff)s",
    "%(who)s has been told",
    "Please tell %(who)s: nothing reaches them from here",
    "%(minutes)s min late",
    "Take %(room)s",
    "Leave out %(service)s",
    "Move %(who)s to %(at)s",
    "Give %(who)s to %(staff)s",
    "Pressed by %(who)s",
    "%(who)s has two at once, %(at)s",
    "%(who)s has two shifts at once, %(at)s",
    "%(room)s is taken twice, %(at)s",
    "%(who)s is not trained for this, %(at)s",
    "%(who)s (%(service)s, %(begin)s to %(end)s) and %(other)s (%(second)s, %(since)s to %(till)s)",
    "%(who)s (%(service)s, %(begin)s to %(end)s)",
    "%(begin)s to %(end)s at %(place)s and %(since)s to %(till)s at %(other)s",
    "%(who)s: %(room)s is free then",
    "%(who)s: %(first)s or %(last)s could do it at the same time",
    "%(who)s: %(staff)s could do it at the same time",
    "%(who)s: free at %(at)s with %(staff)s",
    # Of the waitlist, ladders and the hand-over; without the full stop they may end with.
    "offered to %(names)s until %(until)s",
    "%(who)s said yes, but the calendar shows it taken",
    "%(who)s said yes, but it could not be booked. %(why)s",
    "%(who)s said yes. Please book it, then press done",
    "%(who)s has it, after %(count)s offer",
    "%(who)s has it, after %(count)s offers",
    "%(who)s has it",
    "%(who)s has %(at)s",
    "Nobody took it: %(each)s",
    "%(who)s stopped offering it",
    "Given to somebody at the desk by %(who)s",
    "asked, until %(until)s, may not have arrived",
    "asked, until %(until)s",
    "skipped: %(why)s",
    "could not be reached: %(why)s",
    "Offered to %(who)s until %(until)s, which may not have arrived",
    "Offered to %(who)s until %(until)s",
    "Offered to %(who)s",
    "%(who)s did not answer",
    "%(who)s said no",
    "%(who)s said yes, late",
    "%(who)s said yes",
    "%(who)s could not be reached",
    "%(who)s is next in line",
    "%(who)s was too late",
    "%(who)s was skipped",
    "%(who)s is told kindly that it is gone",
    "Booked for %(who)s",
    "%(what)s, too late",
    "%(what)s by text",
    "%(what)s with the link",
    "%(what)s at the desk",
    "%(who)s approved the list",
    "%(who)s changed the list",
    "%(who)s turned the draft down",
    "%(who)s took it back",
    "%(who)s asked for another list",
    "%(who)s dealt with it at the desk",
    "%(who)s did it by hand",
    "%(who)s looked at the platform",
    "%(who)s cancelled",
    "%(who)s moved",
    "%(who)s did not come",
    "Waits for %(service)s, which fits as well",
    "Waits for %(service)s",
    "Asked for %(who)s",
    "Was with %(who)s once",
    "Was with %(who)s %(count)s times",
    "Has waited %(count)s days",
    "%(count)s visits so far",
    "Answered the one offer at short notice, mostly within %(minutes)s minutes",
    "Answered %(some)s of %(all)s at short notice, mostly within %(minutes)s minutes",
    "Did not answer the last %(count)s offers",
    "Did not answer the last %(count)s offers; in peace for a week",
    "Priority on the waitlist: %(priority)s",
    "Tagged %(tag)s",
    "Has a later one, %(at)s, and could come sooner",
    "Missed or cancelled late %(count)s times",
    "Their note: %(note)s",
    "%(service)s takes %(minutes)s minutes; the slot has %(slot)s",
    "%(service)s needs a %(kind)s; this is a %(other)s",
    "Can come %(hours)s only",
    "%(form)s is missing",
    "Has %(service)s at that time",
    "Has %(service)s %(at)s already",
    "Was offered %(count)s slots today already",
    "%(minutes)s min each, from sending",
    "asked about %(at)s, can answer until %(until)s",
    "put aside by %(who)s, %(at)s",
    "%(who)s was writing, %(at)s",
    "comes back %(at)s",
    "%(count)s messages, the last %(at)s",
    "sends nothing since %(at)s, by %(who)s: %(why)s",
    "sends nothing since %(at)s, by %(who)s",
    "sends nothing since %(at)s: %(why)s",
    "sends nothing since %(at)s",
    "%(count)s hours before",
    "%(count)s days before",
    "%(platform)s does not let us change its waitlist. Add or change people there; it shows up "
    "here within minutes.",
    "%(what)s: %(more)s",
)
# As ``integrations/moments.py`` spells them.
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# A sentence, and the next one that begins with a capital: "Ana R. said yes" is one.
SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z%\u201c])")
PART = re.compile(r"%\((\w+)\)s")


@cache
def _pattern(shape: str) -> re.Pattern[str]:
    parts = PART.split(shape)
    found = [re.escape(one) if n % 2 == 0 else _group(one) for n, one in enumerate(parts)]
    return re.compile("".join(found), re.DOTALL)


def _group(name: str) -> str:
    """No name of a person has a comma in it: what has one tells of several."""
    return f"(?P<{name}>{'[^,]' if name == 'who' else '.'}+?)"


@cache
def _shapes(sentences: int) -> tuple[str, ...]:
    """Those of so many sentences: a part must not swallow the sentence before it."""
    return tuple(shape for shape in SHAPES if len(SENTENCES.split(shape)) == sentences)


# Longer ones are nobody's fixed words.
LONGEST = 300
MOMENTS = frozenset({"at", "until"})


def spoken(words: str) -> str:
    """Words from code or a record as the reader says them; unknown ones as they are."""
    if not words or len(words) > LONGEST or (get_language() or "en").startswith("en"):
        return words
    return _said(words) or words


def _said(words: str) -> str:
    """The words in the reader's language; '' where they are none of ours."""
    bare = words.removesuffix(".")
    if not bare:
        return ""
    for known, end in ((words, ""), (bare, "." if bare != words else "")):
        if gettext(known) != known:
            return f"{gettext(known)}{end}"
    for shape in _shapes(len(SENTENCES.split(words))):
        stop = "." if words.endswith(".") and not shape.endswith(".") else ""
        found = _pattern(shape).fullmatch(words.removesuffix(stop))
        if found and (parts := _parts(found.groupdict())):
            return f"{gettext(shape) % parts}{stop}"
    return _pieces(words)


def _parts(found: dict[str, str]) -> dict[str, str]:
    """Every filled-in part as the reader says it; empty where one had to be known words and is
    not, without a look at those after it: a text of a hundred colons must not take a minute."""
    parts = {}
    for name, part in found.items():
        parts[name] = _part(name, part)
        if not parts[name]:
            return {}
    return parts


def _part(name: str, part: str) -> str:
    if name == "what":
        return _said(part)
    if name == "each":
        return _each(part)
    if name == "names":
        return names_said(part)
    return moment_said(part) if name in MOMENTS else _said(part) or part


def _pieces(words: str) -> str:
    """Several sentences, one that begins with a capital, or reasons in a row."""
    sentences = SENTENCES.split(words)
    if len(sentences) > 1:
        return _some(sentences, " ")
    if " \u00b7 " in words:
        return _some(words.split(" \u00b7 "), " \u00b7 ")
    bare = words.removesuffix(".")
    stop = "." if bare != words else ""
    small = bare[:1].lower() + bare[1:]
    said = gettext(small) if gettext(small) != small else _each(bare) if ", " in bare else ""
    return f"{said[:1].upper() if bare[0].isupper() else said[:1]}{said[1:]}{stop}" if said else ""


def _each(words: str) -> str:
    said = [_said(one) for one in words.split(", ")]
    return ", ".join(said) if all(said) else ""


def _some(parts: list[str], joint: str) -> str:
    said = [_said(part) for part in parts]
    return joint.join(new or old for new, old in zip(said, parts, strict=True)) if any(said) else ""


def names_said(names: str) -> str:
    """``Ana R., Bea W. y Cleo P.``"""
    first, joint, last = names.rpartition(" and ")
    return gettext("%(names)s and %(last)s") % {"names": first, "last": last} if joint else names


def moment_said(said: str) -> str:
    """``Friday at 10 am``, ``today 2:30 pm`` or a mere hour, with its day in the reader's words."""
    day, joint, hour = said.partition(" at ")
    if joint and day_said(day) != day:
        return gettext("%(day)s at %(hour)s") % {"day": day_said(day), "hour": hour}
    day, _, hour = said.partition(" ")
    return f"{day_said(day)} {hour}" if hour and day_said(day) != day else said


def day_said(said: str) -> str:
    """A weekday or "today" in the reader's language; a date with its month in it."""
    if said in DAYS:
        return gettext(f"on {said}")
    month, _, rest = said.partition(" ")
    # Django's own month names: ours would change the dates of every page with them.
    return f"{MONTHS_3[MONTHS.index(month) + 1]} {rest}" if month in MONTHS else gettext(said)
