from approvals.models.answers import Answer
from approvals.models.conversations import ThreadMark, WrittenText
from approvals.models.decisions import Decision, Effect, StandingGrant, TypedText
from approvals.models.handovers import HandOver
from approvals.models.items import Action, ApprovalItem, Evidence, Revision
from approvals.models.ladders import Offer, OfferStep, Opening
from approvals.models.parking import ParkedSpot
from approvals.models.schedule import ScheduleConflict

__all__ = [
    "Action",
    "Answer",
    "ApprovalItem",
    "Decision",
    "Effect",
    "Evidence",
    "HandOver",
    "Offer",
    "OfferStep",
    "Opening",
    "ParkedSpot",
    "Revision",
    "ScheduleConflict",
    "StandingGrant",
    "ThreadMark",
    "TypedText",
    "WrittenText",
]
