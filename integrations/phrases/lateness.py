"""Late by how much: "running 10 min late", "llego 15 minutos tarde", "half an hour behind"."""

import re

LATE = re.compile(
    r"\b(?:late|behind|delayed|held up|tarde|retrasad[oa]|atrasad[oa]|retraso|atraso)\b"
)
TRAFFIC = re.compile(r"\b(?:traffic|trafico|taxi|bus|train|parking|estacionando|tren)\b")
# About lateness in general, somebody else's, or none at all.
NOT_LATE = re.compile(
    r"\b(?:too late|want to be late|not (?:be |going to be )?late|never late|late (?:fee|cancel|"
    r"reply|response|"
    r"answer|night|afternoon|evening|morning|policy)|is it late|sorry for the late|tan tarde|"
    r"demasiado tarde|mas tarde|por la tarde|en la tarde|de la tarde|esta tarde|la tarde|"
    r"buenas? tardes?|is (?:she|he|sarah) (?:running )?late|you are (?:running )?late)\b"
)
COUNTS = {
    "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "cinco": 5,
    "diez": 10, "quince": 15, "veinte": 20, "treinta": 30,
}  # fmt: skip
# In this order: the longer ones hold the shorter ones.
LONG = {
    "three quarters of an hour": 45, "tres cuartos de hora": 45, "quarter of an hour": 15,
    "quarter hour": 15, "cuarto de hora": 15, "hour and a half": 90, "hora y media": 90,
    "half an hour": 30, "half hour": 30, "media hora": 30, "couple minutes": 5,
    "couple of minutes": 5, "few minutes": 5,
}  # fmt: skip
HOURS = re.compile(
    r"\b(?P<count>\d|an?|one|two|una|dos) ?(?:hours?|hrs?|h|horas?)\b(?: (?:and|y)\b)?"
)
COUNTED_HOURS = {"a": 1, "an": 1, "one": 1, "una": 1, "two": 2, "dos": 2}
MINUTES = re.compile(
    r"\b(?P<count>\d{1,3}|{'|'.join(COUNTS)})(?: ?(?P<unit>mins?|minutes?|minutos?|m))?\b"
)
CLOCK = re.compile(
    r"\b\d{1,2}(?: \d\d)? ?(?:am|pm|oclock)\b"
    r"|\b(?:at|by|a las|until|from|las|for|my|the) \d{1,2}(?: \d\d)?\b(?! ?m)"
    # How long the visit is, not how late they are.
    r"|\b(?:cita|masaje|sesion|visita) de (?:\d|una|dos) horas?\b"
)
MOST = 180


def is_late(text: str) -> bool:
    """Whether a ``spelled`` text says that the writer comes late."""
    if NOT_LATE.search(text):
        return False
    return bool(LATE.search(text) or (TRAFFIC.search(text) and _counted(text)))


def late_minutes(text: str) -> int | None:
    """By how many minutes; None where it is not said, or could be a time of day."""
    for phrase, minutes in LONG.items():
        if phrase in text:
            return minutes
    return _counted(text)


def _counted(text: str) -> int | None:
    """Minutes, hours, or both ("1 hour 15 min"); two of a kind are not guessed at."""
    text = CLOCK.sub(" ", text)
    hours = [COUNTED_HOURS.get(one["count"]) or int(one["count"]) for one in HOURS.finditer(text)]
    found = {
        COUNTS.get(match["count"]) or int(match["count"])
        for match in MINUTES.finditer(HOURS.sub(" ", text))
    }
    if len(hours) > 1 or len(found) > 1 or not (hours or found):
        return None
    minutes = 60 * sum(hours) + sum(found)
    return minutes if 0 < minutes <= MOST else None
