from approvals.models.absences import Absence, AbsenceLine
from approvals.models.answers import Answer
from approvals.models.brakes import Mishap, SendingPause
from approvals.models.calls import CallOutcome, CallWish
from approvals.models.conversations import ThreadMark, WrittenText
from approvals.models.decisions import Decision, Effect, StandingGrant, TypedText
from approvals.models.flags import Flag
from approvals.models.handovers import HandOver
from approvals.models.items import Action, ApprovalItem, Evidence, Revision
from approvals.models.ladders import Offer, OfferStep, Opening
from approvals.models.notices import Notice, PushDevice
from approvals.models.parking import ParkedSpot
from approvals.models.schedule import CalendarLook, ScheduleConflict
from approvals.models.trust import LocationTrust, ObservedDraft, SeededDraft

__all__ = [
    "Absence",
    "AbsenceLine",
    "Action",
    "Answer",
    "ApprovalItem",
    "CalendarLook",
    "CallOutcome",
    "CallWish",
    "Decision",
    "Effect",
    "Evidence",
    "Flag",
    "HandOver",
    "LocationTrust",
    "Mishap",
    "Notice",
    "ObservedDraft",
    "Offer",
    "OfferStep",
    "Opening",
    "ParkedSpot",
    "PushDevice",
    "Revision",
    "ScheduleConflict",
    "SeededDraft",
    "SendingPause",
    "StandingGrant",
    "ThreadMark",
    "TypedText",
    "WrittenText",
]
