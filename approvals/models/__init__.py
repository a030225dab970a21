from approvals.models.decisions import Decision, Effect, StandingGrant, TypedText
from approvals.models.items import Action, ApprovalItem, Evidence, Revision

__all__ = [
    "Action",
    "ApprovalItem",
    "Decision",
    "Effect",
    "Evidence",
    "Revision",
    "StandingGrant",
    "TypedText",
]
