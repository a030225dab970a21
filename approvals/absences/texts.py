"""What clients read when somebody is not in. Never why: a guard in code keeps health out."""

import re
from dataclasses import dataclass
from datetime import datetime

from approvals.answers.drafting import moment_facts, salon_facts
from approvals.answers.texts import Voice
from approvals.ladders import words
from approvals.policy import HEALTH
from approvals.proposals import KnownFact
from integrations.models import Location

VERSION = "out_today:standard-1"
# Why somebody is out, in the words people use for it. Beside policy.HEALTH, which knows diagnoses.
REASONS = re.compile(
    r"\b(sick\w*|ill|illness\w*|unwell|not (?:feeling )?well|feeling (?:bad|poorly|rough)|flu|"
    r"influenza|fever\w*|covid\w*|corona\w*|virus\w*|stomach\w*|migraine\w*|headache\w*|"
    r"vomit\w*|throw(?:ing)? up|nause\w*|hospital\w*|clinic\w*|doctor\w*|dentist\w*|emergency room|"
    r"injur\w*|hurt\w*|accident\w*|broke (?:her|his|their|a)\b|broken (?:arm|leg|wrist|foot|hand)|"
    r"sprain\w*|operation\w*|miscarr\w*|maternity|labou?r pains|burn(?:ed|t)?[ -]?out|anxiety|"
    r"panic attack|mental health|health\w*|recover\w*|quarantine\w*|contagious|test(?:ed|s)? "
    r"positive|period pains?|cramps?|therapy appointment|medical\w*|caught (?:a|the) \w+|"
    r"has a cold|with a cold|a bad cold|"
    r"enferm\w*|mal de salud|indispuest\w*|gripe\w*|fiebre\w*|resfriad\w*|resfrío|constipad\w*|"
    r"hospitaliz\w*|médic[oa]s?|doctora?|dentista|accidente\w*|lesion\w*|lesión|operaci\w*|operad\w*|"
    r"jaqueca\w*|dolor\w*|náusea\w*|vómit\w*|salud|baja médica|de baja|cuarentena|contagi\w*|"
    r"se encuentra mal|se siente mal|ansiedad)\b",
    re.IGNORECASE,
)

TOLD = {
    "en": (
        "{salon}: {person} is not in {day}. {who} takes over your {what} at {hour}, as planned. "
        "If that does not suit you, reply {no} and we call you."
    ),
    "es": (
        "{salon}: {person} no está {day}. {who} se encarga de su {what} a las {hour}, como estaba "
        "previsto. Si no le viene bien, responda {no} y le llamamos."
    ),
}
ASKED = {
    "en": (
        "{salon}: {person} is not in {day}, so your {what} at {hour} cannot be as planned. We "
        "could do {new} with {who}. Reply {yes} to take it, or {no} and we call you."
    ),
    "es": (
        "{salon}: {person} no está {day} y su {what} a las {hour} no puede ser como estaba "
        "previsto. Podemos ofrecerle {new} con {who}. Responda {yes} para aceptar, o {no} y le "
        "llamamos."
    ),
}
DONE = {
    "en": "{salon}: thank you. Your {what} is now {new} with {who}.",
    "es": "{salon}: gracias. Su {what} es ahora {new} con {who}.",
}
TODAY = {"en": "today", "es": "hoy"}
ON = {"en": "on {}", "es": "el {}"}
AND = {"en": " and ", "es": " y "}
PLAIN = {"en": "appointment", "es": "cita"}


@dataclass(frozen=True)
class Telling:
    """What one line's texts speak of. ``was`` and ``new`` are moments; ``now`` when it is read."""

    voice: Voice
    location: Location
    person: str
    who: str
    services: tuple[str, ...]
    was: datetime
    new: datetime
    now: datetime
    yes: str
    no: str

    def values(self) -> dict[str, str]:
        zone, language = self.location.zone, self.voice.language
        return {
            "person": first_name(self.person),
            "who": first_name(self.who),
            "what": AND[language].join(self.services) or PLAIN[language],
            "day": self._day(self.was),
            "hour": words.hour(self.was, zone),
            "new": self._new(),
            "yes": self.yes,
            "no": self.no,
        }

    def _day(self, at: datetime) -> str:
        language = self.voice.language
        zone = self.location.zone
        if at.astimezone(zone).date() == self.now.astimezone(zone).date():
            return TODAY[language]
        return ON[language].format(words.day(at, zone, language))

    def _new(self) -> str:
        zone, language = self.location.zone, self.voice.language
        if self.new.astimezone(zone).date() == self.now.astimezone(zone).date():
            joint = "a las" if language == "es" else "at"
            return f"{TODAY[language]} {joint} {words.hour(self.new, zone)}"
        return words.moment(self.new, zone, language)

    def said(self, texts: dict[str, str]) -> str:
        return self.voice.said(texts, **self.values())

    def facts(self) -> tuple[KnownFact, ...]:
        """What these texts may state."""
        names = {self.person, self.who, first_name(self.person), first_name(self.who)}
        services = tuple(KnownFact("service", (name,), "appointment") for name in self.services)
        return (
            *salon_facts(self.voice),
            KnownFact("name", tuple(sorted(names)), "staff"),
            # Whoever says no stands on *To call*: that is the task behind "we call you".
            KnownFact("promise", ("call",), "to call"),
            *services,
            *moment_facts(self.was, self.location),
            *(moment_facts(self.new, self.location) if self.new != self.was else ()),
        )


def first_name(name: str) -> str:
    return name.split()[0] if name.split() else "Your therapist"


def health_word(body: str, allowed: tuple[str, ...] = ()) -> str:
    """The word that would tell a client about somebody's health, or ''.

    ``allowed`` are names of the salon's own (services, people, itself): "Sick of stress" may be a
    massage, and is no reason.
    """
    text = body
    for name in sorted(allowed, key=len, reverse=True):
        if name:
            text = re.sub(re.escape(name), " ", text, flags=re.IGNORECASE)
    # Letters between which something invisible or a dot was put are still the word.
    bare = re.sub(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]", "", text)
    joined = re.sub(r"(?<=\b\w)[.\-_* ](?=\w\b)", "", bare)
    for candidate in (bare, joined):
        for pattern in (REASONS, HEALTH):
            found = pattern.search(candidate)
            if found:
                return found.group(0)
    return ""
