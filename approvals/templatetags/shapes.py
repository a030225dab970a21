"""Sentences that services write with a name or an hour in them, in the reader's language.

Services know no interface language (what they write may go to clients), so a filled-in sentence is
recognised by its shape when it is shown. A shape stands in django.po with %(…)s for each part; a
new sentence needs a line here and one there, else it is shown in English.
"""

import re
from functools import cache

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
)
PART = re.compile(r"%\((\w+)\)s")


@cache
def _pattern(shape: str) -> re.Pattern[str]:
    parts = PART.split(shape)
    found = [re.escape(one) if n % 2 == 0 else f"(?P<{one}>.+?)" for n, one in enumerate(parts)]
    return re.compile("".join(found), re.DOTALL)


def spoken(words: str) -> str:
    """Words from code or a record as the reader says them; unknown ones as they are."""
    if not words or (get_language() or "en").startswith("en"):
        return words
    said = gettext(words)
    if said != words:
        return said
    for shape in SHAPES:
        if found := _pattern(shape).fullmatch(words):
            return gettext(shape) % {
                name: gettext(part) for name, part in found.groupdict().items()
            }
    return words
