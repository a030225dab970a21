"""The audit in a receptionist's words: one phrase per kind of row, said after who did it."""

from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as n_

from approvals.policy import REJECT_REASONS

PHRASES: dict[str, str] = {
    "absence.agreed": n_("heard the client's yes to another time"),
    "absence.ended": n_("ended an absence"),
    "absence.line_chosen": n_("chose another way for a client during an absence"),
    "absence.line_edited": n_("changed what a client is told about an absence"),
    "absence.line_settled": n_("settled a line of an absence"),
    "absence.opened": n_("wrote down that somebody is out"),
    "account.unlocked": n_("unlocked somebody's PIN"),
    "agent.configured": n_("changed an agent's settings"),
    "agent.disabled": n_("switched an agent off"),
    "agent.enabled": n_("switched an agent on"),
    "agent.tried": n_("tried changed settings on past drafts"),
    "ask.asked": n_("asked the salon's material"),
    "audit.exported": n_("exported audit rows"),
    "budget.warned": n_("warned that the model's budget is nearly used"),
    "call.cancelled": n_("called: the visit is called off"),
    "call.confirmed": n_("called: the visit is confirmed"),
    "call.late": n_("called: the client comes late"),
    "call.moved": n_("called: the visit is moved"),
    "call.stopped": n_("called: the client wants no more texts"),
    "call.undone": n_("took back what a call led to"),
    "call.voicemail": n_("called and left a voicemail"),
    "call.wanted": n_("put the client on To call"),
    "checkout.answered": n_("answered a suggestion at the counter"),
    "checkout.sold": n_("joined a sale to what was suggested"),
    "checkout.suggested": n_("suggested something at the counter"),
    "client.erased": n_("erased the client's data"),
    "client.merged": n_("joined two records of one client"),
    "client.no_drafts": n_("changed whether drafts are made for this client"),
    "client.opened": n_("read the client's page"),
    "client.plain_texts": n_("changed whether this client gets plain texts only"),
    "conflict.dismissed": n_("put a clash on the calendar aside"),
    "connection.erase_asked": n_("asked to have the connection erased"),
    "connection.erase_stopped": n_("stopped the erasure of the connection"),
    "connection.erased": n_("erased all client data of the connection"),
    "connection.export_asked": n_("asked for the connection's data"),
    "connection.exported": n_("had the connection's data exported"),
    "consent.given": n_("recorded the client's consent"),
    "consent.withdrawn": n_("recorded that the client wants no messages"),
    "data.downloaded": n_("downloaded the connection's data"),
    "desk.parked": n_("put their work aside on a shared device"),
    "desk.resumed": n_("took their work up again"),
    "digest.choice": n_("changed when the digest comes"),
    "digest.fine": n_("marked a line of the digest as fine"),
    "digest.not_fine": n_("put a line back on the digest"),
    "effect.failed": n_("could not send it"),
    "effect.follow_up_failed": n_("sent it, but could not write it down at the platform"),
    "effect.follow_up_unknown": n_("sent it; whether the platform's note was written is unknown"),
    "effect.half_done": n_("did a part of it only"),
    "effect.proved": n_("proved that it was sent"),
    "effect.refused": n_("did not send it: something had changed"),
    "effect.sent": n_("sent it"),
    "effect.undelivered": n_("learned that it did not arrive"),
    "effect.unknown": n_("may have sent it: somebody has to check"),
    "handover.accepted": n_("took over the shift"),
    "handover.offered": n_("handed over the shift"),
    "impact.assumed": n_("changed what the impact page assumes"),
    "item.approved": n_("approved the draft"),
    "item.by_hand": n_("closed the draft: done by hand"),
    "item.decided.by_hand": n_("said that it was done by hand"),
    "item.decided.edit": n_("edited the draft"),
    "item.decided.handled": n_("said that it was handled already"),
    "item.decided.regenerate": n_("asked for another draft"),
    "item.decided.reject": n_("turned the draft down"),
    "item.decided.settled": n_("settled by hand whether it was sent"),
    "item.decided.snooze": n_("put the draft off"),
    "item.decided.undo": n_("took the approval back"),
    "item.drafted": n_("wrote the draft"),
    "item.edited": n_("changed the draft's text"),
    "item.failed": n_("put the draft back: it could not be sent"),
    "item.flag_settled": n_("answered a flag on the draft"),
    "item.flagged": n_("flagged the draft"),
    "item.kept": n_("kept the earlier draft"),
    "item.left_to_person": n_("left the draft to a person"),
    "item.manual": n_("left it to be sent by hand"),
    "item.missed": n_("let the draft go: its moment had passed"),
    "item.opened": n_("began a draft"),
    "item.refitted": n_("fitted the draft to a new time"),
    "item.rejected": n_("turned the draft down"),
    "item.rewritten": n_("wrote the draft anew"),
    "item.risk_changed": n_("found another chance that the visit is lost"),
    "item.stale": n_("stopped the draft: something it rests on changed"),
    "item.superseded": n_("put a newer draft in its place"),
    "item.unknown": n_("does not know whether it was sent"),
    "item.withdrawn": n_("withdrew the draft"),
    "item.woken": n_("took the draft up again"),
    "ladder.begun": n_("began to offer the open slot"),
    "ladder.empty": n_("found nobody left to offer the slot to"),
    "ladder.filled": n_("filled the open slot"),
    "ladder.lost": n_("lost the open slot"),
    "ladder.released": n_("let the next offer go out"),
    "ladder.reordered": n_("changed who is asked first"),
    "message.answered": n_("read the client's message"),
    "mishap.ended": n_("said that what went wrong is settled"),
    "mishap.reported": n_("reported that something went wrong"),
    "offer.declined": n_("heard a no to the offer"),
    "offer.late_yes": n_("heard a yes that came too late"),
    "opening.booked": n_("booked the open slot"),
    "opening.found": n_("found an open slot"),
    "opening.held": n_("held the open slot for the first yes"),
    "opening.open": n_("gave the slot free again"),
    "rights.granted": n_("gave somebody rights by hand"),
    "rights.ended": n_("ended somebody's rights"),
    "rights.held": n_("held back a change of many people's rights"),
    "rights.mirrored": n_("took over people's roles from the platform"),
    "sending.paused": n_("paused sending"),
    "sending.resumed": n_("let sending go on"),
    "standing.given": n_("approved a fixed text beforehand"),
    "standing.revoked": n_("ended an approval beforehand"),
    "station.taken_over": n_("took over a shared device"),
    "thread.reopened": n_("reopened a conversation"),
    "thread.settled": n_("settled a conversation"),
    "trust.set": n_("changed what trust is made of"),
}
# What one looks for, and the beginnings of the actions that are meant.
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "read": (n_("Read"), ("client.opened", "item.drafted", "message.answered", "ask.", "audit.",
                          "data.", "connection.exported")),
    "drafted": (n_("Drafted"), ("item.opened", "item.drafted", "item.rewritten", "item.refitted",
                                "item.edited", "item.kept", "item.superseded", "opening.found")),
    "decided": (n_("Decided"), ("item.approved", "item.decided.", "item.rejected", "ladder.begun",
                                "ladder.reordered", "standing.", "absence.", "digest.")),
    "sent": (n_("Sent"), ("effect.", "item.manual", "ladder.released")),
    "clients": (n_("Wishes and calls"), ("client.", "consent.", "call.", "mishap.", "offer.")),
}  # fmt: skip
ACTOR_KINDS = {"agent": n_("agent"), "person": n_("person"), "system": n_("by itself")}


@dataclass(frozen=True)
class Said:
    """What a row says: ``what`` after the actor's name, ``more`` the reason that was chosen."""

    what: str
    more: str = ""


def said(action: str, facts: dict[str, object]) -> Said:
    """An action without words of its own is named as it stands: a row is never left out."""
    phrase = PHRASES.get(action)
    what = gettext(phrase) if phrase else action.replace(".", ": ").replace("_", " ")
    reason = facts.get("reason")
    more = REJECT_REASONS.get(reason, reason) if isinstance(reason, str) else ""
    return Said(what, more)


def beginnings(kind: str) -> tuple[str, ...]:
    return KINDS[kind][1] if kind in KINDS else ()
