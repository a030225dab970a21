"""Answer: a draft for a client's message that no rule understood.

It is written from the conversation and from records the message asks about (their visits, services
they name, the desk's hours), and always read by a person: client's words go in, so the card has to
be opened. A complaint, or words that read like orders to a machine, get the standard text only.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from agents import answering
from agents.base import Agent, Drafted, Opening, Skip, Text, register
from agents.context import Context, Offered, Said
from agents.messages import Shown, message_proposal
from agents.pieces import ANSWER_EXAMPLE, CLIENT_FIELDS, shared_words, visits_words
from agents.reading import Reader
from agents.remembered import suspicious
from agents.texts.answer import answer_text
from agents.wording import day, hour, money
from approvals.answers.questions import asked_digit
from approvals.news import AnswerWanted
from approvals.proposals import EvidenceItem, Proposal, Reason
from approvals.writing_rules import ANSWER, USEFUL_FOR
from integrations.events import Event
from integrations.models import Client, Location, Message

OCCASION = "reply"
MOST_VISITS = 3
SHOWN = 300
# Nothing was done when an answer is drafted: a text must not say so.
DONE = re.compile(
    r"\b(?:(?:i|we)(?:'ve|\u2019ve| have)?|(?:has|have) been|(?:is|are) now)\s+"
    r"(?:just\s+|already\s+)?(?:booked|moved|rescheduled|cancell?ed|changed|refunded|confirmed|added|reserved|held|"
    r"noted|passed)\b|\b(?:hemos|he|ha sido|fue)\s+(?:reservad|cambiad|cancelad|anulad|confirmad|"
    r"añadid|reembolsad)\w*",
    re.IGNORECASE,
)
COMPLAINS = "It may be a complaint: no model wrote this. Better call."
ORDERS = "It reads like an order to a machine or holds a link: no model was given it."


@register
class Answer(Agent):
    name = "answer"
    label = "Answers"
    about = "Drafts an answer where a client wrote something that no rule understands."
    listens_to = (AnswerWanted,)
    writes_answers = True
    reads = CLIENT_FIELDS
    variables = ("salon", "client", "message", "earlier", "visits", "services", "hours", "address",
                 "call", "booking", "tone", "language", "channel")  # fmt: skip
    meanings: ClassVar[Mapping[str, str]] = {
        "message": "What the client wrote, without the names of other clients.",
        "earlier": "What was said before it in the last three days, one line each, or nothing.",
        "services": "Services the client names: minutes and list price, one line each.",
        "hours": "When the desk is open in the coming week, where the client asks for it.",
        "address": "The salon's address.",
        "booking": "The salon's booking page.",
    }
    example = ANSWER_EXAMPLE

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        found = self._found(event, as_of)
        if isinstance(found, Skip):
            return found
        _, client = found
        return Opening(
            subject=_subject(client),
            occasion=OCCASION,
            title=f"Answer {client.short_name}",
            due_at=as_of + USEFUL_FOR,
            tag="wrote to you",
            client_id=client.pk,
        )

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        found = self._found(event, as_of)
        if isinstance(found, Skip):
            return found
        message, client = found
        location = message.location
        if location is None:
            return Skip("Nobody knows which location they wrote to.")
        contact = answering.contact_of(client, message)
        if isinstance(contact, Skip):
            return contact
        reader = Reader(type(self), as_of)
        said = answering.conversation_of(client, message, as_of)
        # One or the other: an hour at which the desk opens must never pass for that of a visit.
        opening = answering.opening_of(location, as_of) if answering.asks_hours(said) else ()
        rows = [] if opening else reader.upcoming([client], location)[:MOST_VISITS]
        return Context(
            as_of=as_of,
            event_at=event.at,
            kind="answer",
            subject=_subject(client),
            occasion=OCCASION,
            salon=reader.salon(location, message.connection),
            contact=contact,
            people=reader.people([client]),
            appointments=[reader.facts_of(row) for row in rows],
            due_at=as_of + USEFUL_FOR,
            tainted=True,
            conversation=said,
            asked_about=answering.services_named(message.connection_id, said),
            opening=opening,
        )

    def template(self, context: Context) -> Text:
        return answer_text(context)

    def wants_model(self, context: Context) -> bool:
        newest = _newest(context)
        if newest is None or not newest.words:
            return False
        return not (answering.complains(context.conversation) or _orders(context))

    def words(self, context: Context) -> dict[str, str]:
        salon = context.salon
        newest = _newest(context)
        return {
            **shared_words(context, self.settings.tone),
            "message": newest.told if newest else "nothing",
            "earlier": _earlier(context) or "nothing",
            "visits": visits_words(context) if context.appointments else "none known here",
            "services": _services(context) or "none named",
            "hours": _hours(context) or "not known here",
            "address": salon.address or "not known",
            "booking": salon.booking_url or "none",
        }

    def problem(self, context: Context, text: Text) -> str:
        if asked_digit(text.body):
            return "the model asked for an answer by number, which nobody would understand here"
        if DONE.search(text.body):
            return "the model said that something was done, and nothing was"
        return ""

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        who = context.addressee.short_name
        made = message_proposal(
            self,
            context,
            drafted,
            Shown(
                title=f"Answer {who}",
                origin="Answer",
                tag="wrote to you",
                moment="it is of use",
                reasons=_reasons(context),
                evidence=_evidence(context),
            ),
        )
        # What the platform sends by itself meanwhile answers nothing.
        evidence = [one for one in made.evidence if one.check_kind != "not_yet_sent"]
        return [
            replace(
                made,
                evidence=tuple(evidence),
                purpose=ANSWER,
                appointment_id=None,
                staff_id=None,
                value=None,
                complaint=answering.complains(context.conversation),
            )
        ]

    def _found(self, event: Event, as_of: datetime) -> tuple[Message, Client] | Skip:
        message = (
            Message.objects.select_related("client", "location", "connection")
            .filter(pk=getattr(event, "message_id", 0), incoming=True, deleted_at=None)
            .first()
        )
        client = Client.objects.filter(
            pk=event.client_id or 0, deleted_at=None, merged_into=None
        ).first()
        if message is None or client is None:
            return Skip("The message or the client is gone.")
        if message.location is None:
            message.location = _place(event)
        if answering.answered_since(client, message, as_of):
            return Skip("Somebody wrote to the client already.")
        return message, client


def _place(event: Event) -> Location | None:
    return Location.objects.filter(pk=event.location_id or 0, deleted_at=None).first()


def _subject(client: Client) -> str:
    return f"thread:{client.pk}"


def _newest(context: Context) -> Said | None:
    theirs = [one for one in context.conversation if one.by == "client"]
    return theirs[-1] if theirs else None


def _orders(context: Context) -> bool:
    return any(suspicious(one.words) for one in context.conversation if one.by == "client")


def _earlier(context: Context) -> str:
    newest = _newest(context)
    said = [one for one in context.conversation if one is not newest]
    who = {"client": "Client", "salon": "Salon"}
    return "\n".join(f"- {who[one.by]}: {one.told}" for one in said)


def _services(context: Context) -> str:
    return "\n".join(f"- {_offered(one)}" for one in context.asked_about)


def _offered(one: Offered) -> str:
    minutes = f", {one.minutes} minutes" if one.minutes else ""
    price = f", {money(one.price, one.currency)}" if one.price is not None else ""
    return f"{one.name}{minutes}{price}"


def _hours(context: Context) -> str:
    zone, language = context.salon.zone, context.contact.language
    return "\n".join(
        f"- {day(one.opens, zone, language)}: {hour(one.opens, zone)} to {hour(one.closes, zone)}"
        for one in context.opening
    )


def _shown(context: Context) -> str:
    newest = _newest(context)
    words = newest.words if newest else ""
    return (words if len(words) <= SHOWN else words[: SHOWN - 1] + "…") or "a picture or file"


def _reasons(context: Context) -> list[Reason]:
    found = [
        Reason(f"They wrote: “{_shown(context)}”", "conversation"),
        Reason("No rule says what it means.", "conversation"),
    ]
    if answering.complains(context.conversation):
        found.append(Reason(COMPLAINS, "conversation"))
    elif _orders(context):
        found.append(Reason(ORDERS, "conversation"))
    if context.contact.plain:
        found.append(Reason("The client asked for plain texts without personal detail.", "client"))
    return found


def _evidence(context: Context) -> list[EvidenceItem]:
    """What they wrote, and what of the salon's own an answer may state."""
    said = [("They wrote", _shown(context), "message")]
    said += [("Offered here", _offered(one), "service") for one in context.asked_about]
    if context.opening:
        said.append(("Open", _hours(context).replace("- ", "").replace("\n", "; "), "location"))
    return [
        EvidenceItem(
            label=label,
            value=value,
            source_kind=kind,
            source_id=context.salon.external_id if kind == "location" else "",
            source_label=kind,
            read_at=context.as_of,
        )
        for label, value, kind in said
    ]
