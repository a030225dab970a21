"""Cannot come: calling a visit off, as against moving it, asking about it, or keeping it."""

import re

VISIT = (
    r"(?:appointments?|app|booking|bookings|visit|session|massage|facial|haircut|cut|color|colour|"
    r"manicure|pedicure|wax|service|cita|citas|reserva|turno|spot|slot|one|"
    r"\d{1,2}(?: ?\d\d)?(?: ?(?:am|pm))?|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"today|tomorrow)"
)
OFF = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:cancel|cancell?ing|cancle|cancelar|cancele|cancelen|cancela|cancelo)\b.{0,30}"
        rf"\b{VISIT}\b",
        rf"\b{VISIT}\b.{{0,30}}\b(?:cancel|cancell?ed|cancell?ing|cancelar)\b",
        r"\b(?:can not|will not|not able to|unable to|not going to|no longer able to|"
        r"do not think i "
        r"can)\b.{0,15}"
        r"\b(?:make (?:it|the|my)|come|coming|be there|attend|be able|make)\b",
        r"\b(?:need|have|want|like|going|gotta|got|must) (?:to )?cancel\b|\bi (?:will )?cancel\b",
        r"\bplease cancel\b|\bcancel (?:it|that|please|me|my)\b|\bcancelling\b|\bcanceling\b",
        r"\b(?:take|remove) (?:me|us) (?:off|from|out of) .{0,12}\b(?:schedule|book|calendar|books|"
        r"monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?\b",
        r"^(?:please |sorry |hi )*cancel(?: please| it| me| sorry)*$",
        r"^(?:sorry |hi )*(?:i am |we are )?not coming(?: in| today| tomorrow| sorry)*$",
        r"\b(?:no longer|not) (?:need|coming|want) .{0,14}\bappointment\b|\bi am not coming\b",
        r"\bno (?:puedo|podre|voy a poder|podemos|puede) (?:ir|venir|asistir|llegar|acudir)\b",
        r"\b(?:quiero|necesito|tengo que|quisiera|debo) cancelar\b|^cancelar$|^cancele(?:n|la)?$",
        r"\bcancel(?:ar|en|e) (?:mi|la|por favor)\b|\bno voy a ir\b|\bno ire\b",
    )
)
KEPT = re.compile(
    r"\b(?:do not|did not|never|not to|no need to|not going to) cancel\b|\bno cancel\w*\b"
    r"|\bcancel\w* (?:fee|policy|charge|list|window)\b|\bif i (?:need to |have to )?cancel\b"
    r"|\b(?:did|have|has|was|is|were) (?:you|it|my|the|she|he|they)\b.{0,25}\bcancell?(?:ed)?\b"
    r"|\b(?:any|the|your) cancel\b|\bcancel \w+ (?:fee|policy|charge)\b"
    r"|\b(?:last minute cancel\w*|any cancel\w*|a cancell?ation|cancell?ations)\b"
)
# Another time is wanted: a person finds one; the visit stays until then.
MOVED = re.compile(
    r"\b(?:resched\w*|re schedule|move (?:it|my|the|our)|push (?:it|my)|postpone|"
    r"change (?:it|my|the|our)|switch|another (?:day|time)|different (?:day|time)|earlier|instead|"
    r"later (?:time|in the)|"
    r"next week|other (?:days?|times?)|available|availability|opening|do you have|could we|can we|"
    r"can i (?:come|move|do)|"
    r"reprogram\w*|reagend\w*|cambiar\w*|mover\w*|otro (?:dia|horario)|otra hora|keep)\b"
)


def calls_off(text: str) -> bool:
    """Whether a ``spelled`` text says that the writer does not come, and wants nothing instead."""
    if KEPT.search(text) or MOVED.search(text):
        return False
    return any(pattern.search(text) for pattern in OFF)
