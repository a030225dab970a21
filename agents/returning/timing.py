"""When to write after a visit: one to seven days, by the service and by what was said of it.

Hand-written: colour and skin want days to settle before anybody knows how it turned out, a massage
is remembered best the next day, and who sounded lukewarm should not wait.
"""

import re

from agents.returning.outlook import is_colour

SKIN = re.compile(r"facial|peel|laser|micro|derm|skin|wax|lash|brow|piel|ceja|pesta", re.IGNORECASE)
TREATMENT = re.compile(r"keratin|perm|relax|extension|straighten|alisado", re.IGNORECASE)
BODY = re.compile(r"massage|stone|body|sauna|bath|masaje|float", re.IGNORECASE)
DAYS = {"treatment": 7, "skin": 5, "colour": 4, "body": 1, "": 2}
AT_ONCE = 1


def kind_of(service: str) -> str:
    if TREATMENT.search(service):
        return "treatment"
    if is_colour(service):
        return "colour"
    if SKIN.search(service):
        return "skin"
    return "body" if BODY.search(service) else ""


def days_after(service: str, rating: int | None) -> int:
    """Days between a visit and the word after it. ``rating``: stars given meanwhile, if any."""
    if rating is not None:
        return AT_ONCE
    return DAYS[kind_of(service)]
