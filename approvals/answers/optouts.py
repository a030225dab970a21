"""STOP, START and HELP. An opt-out counts at once, for everybody on that phone, whatever it meant.

CANCEL and END are opt-outs too, and clients use them for appointments: then the desk is asked to
call, and no text is offered.
"""

from datetime import timedelta

from approvals.actions_answers import CallClient
from approvals.answers import drafting, texts
from approvals.answers.drafting import Made, drafted
from approvals.answers.fixed import AGENT, OPT_OUT, WITHIN
from approvals.answers.offers import offers_declined
from approvals.answers.questions import offer_questions
from approvals.answers.reading import Came, Heard
from approvals.answers.visits import visits_ahead
from approvals.ladders.words import moment, short_moment
from approvals.models import Answer, ApprovalItem
from approvals.policy import Happening
from approvals.services.items import items_withdraw_for
from approvals.services.steps import item_step
from core import clock
from core.audit import Actor
from integrations import consent
from integrations.models import Appointment, Client, Consent, Message

Outcome, State = Answer.Outcome, ApprovalItem.State
# By this a platform knows the one confirmation that it may let through.
OPT_OUT_TAG = "opt_out_answer"
LISTENER = Actor.system("listener")
# Platforms write the moment of an opt-out in whole seconds, by a clock of their own.
SAME_WORD = timedelta(seconds=5)


def opted_out(heard: Heard) -> Came:
    """Record it, take everything back that has not left, confirm once, and call where it helps."""
    already = all(_was_off_before(one, heard.message) for one in heard.people)
    for client in heard.people:
        _record(heard, client)
    questions = offer_questions(
        [one.pk for one in heard.people], heard.message.channel, clock.now()
    )
    offers_declined(heard, questions)
    visits = visits_ahead(heard.people) if heard.found.probably_a_visit else []
    if visits:
        _please_call(heard, visits)
    # A second STOP gets no second text, and a provider that confirmed it needs none from us.
    item = None
    if not already and not heard.by_provider and heard.message.channel == "sms":
        item = _fixed(heard, "visit" if heard.found.probably_a_visit else "stop", OPT_OUT)
    words = f"{heard.client.short_name} asked for no more messages."
    if visits:
        words += f" Probably meant {_when(visits[0])}; please call."
    return Came(Outcome.STOPPED, words, None, item.pk if item else None)


def _was_off_before(client: Client, message: Message) -> bool:
    """Whether this word changes nothing. A platform that reads the texts too has recorded it by
    the time we hear of it: that row is this very opt-out, and no earlier one."""
    rows = [
        row
        for row in consent.rows_of(client, message.channel)
        if row.origin != Consent.Origin.PLATFORM
        or row.granted
        or row.at is None
        or row.at < message.sent_at - SAME_WORD
    ]
    return consent.decide(rows, message.channel, "transactional").denied


def _record(heard: Heard, client: Client) -> None:
    """A no by text counts for everybody on that phone: ``opt_out_record`` sees to that."""
    channel = heard.message.channel
    rows = consent.opt_out_record(
        actor=Actor("client", str(client.pk), client.name),
        client=client,
        channel=channel,
        purposes=None,
        wording=heard.message.body[:200],
    )
    for client_id in {client.pk, *(row.client_id for row in rows)}:
        items_withdraw_for(
            actor=LISTENER,
            client_id=client_id,
            channel=channel,
            reason=f"{client.short_name} asked for no more messages.",
            happening=Happening.STOP,
        )


def _please_call(heard: Heard, visits: list[Appointment]) -> ApprovalItem | None:
    """An urgent card: nothing to approve and nothing to send, only a call."""
    visit = visits[0]
    client = visit.client or heard.client
    word = heard.found.word.upper()
    when = short_moment(visit.starts_at, visit.location.zone)
    long = moment(visit.starts_at, visit.location.zone)
    about = f"{word} probably meant {drafting.what_of(visit)}, {long}. Please call."
    item = drafted(
        Made(
            location=visit.location,
            client=client,
            occasion=f"call:{visit.pk}",
            title=f"{word} probably meant {when}, please call {client.short_name}",
            tag="please call",
            actions=(CallClient(client=client.external_id, phone=client.phone, about=about),),
            version="",
            reasons=(
                f"They wrote: “{drafting.shown_words(heard.message)}”",
                "Phone carriers read that word as an opt-out, so no text may be sent.",
            ),
            evidence=(drafting.visit_as_was(visit, ("booked", "confirmed")),),
            group="check",
            due_at=visit.starts_at,
            moment="the visit starts",
            appointment=visit,
        ),
        heard.message,
    )
    if item is not None:
        item_step(item, State.MANUAL, among=[State.PENDING], state_reason=about[:400])
    return item


def opted_in(heard: Heard) -> Came:
    """START turns texts on again; a yes to news stays what it was before."""
    for client in heard.people:
        consent.opt_in_record(
            actor=Actor("client", str(client.pk), client.name),
            client=client,
            channel=heard.message.channel,
            wording=heard.message.body[:200],
        )
    item = None
    if not heard.by_provider:
        item = _fixed(heard, "start", "opted-in:")
    words = f"{heard.client.short_name} wants messages again."
    return Came(Outcome.STARTED, words, None, item.pk if item else None)


def helped(heard: Heard) -> Came:
    item = None if heard.by_provider else _fixed(heard, "help", "help:")
    words = f"{heard.client.short_name} asked for help."
    return Came(Outcome.HELPED, words, None, item.pk if item else None)


def _fixed(heard: Heard, kind: str, occasion: str) -> ApprovalItem | None:
    """One of the fixed texts: gone at once under a standing decision, else one press away."""
    client, location = heard.client, heard.location
    voice = texts.voice_of(location, client)
    tags = (AGENT, OPT_OUT_TAG) if occasion == OPT_OUT else (AGENT,)
    body = texts.fixed(voice, kind)
    text = drafting.text_to(client, location, heard.message, body, "Texts", tags)
    if text is None:
        return None
    titles = {
        "stop": f"Tell {client.short_name} that texts are off",
        "visit": f"Tell {client.short_name} that texts are off",
        "start": f"Tell {client.short_name} that texts are on again",
        "help": f"Answer {client.short_name}'s HELP",
    }
    return drafted(
        Made(
            location=location,
            client=client,
            occasion=f"{occasion}{heard.message.pk}",
            title=titles[kind],
            tag="fixed answer",
            actions=(text,),
            version=texts.FIXED_VERSION,
            reasons=(
                f"They wrote: “{drafting.shown_words(heard.message)}”",
                "A fixed text. It cannot be changed, and nothing else may be sent."
                if occasion == OPT_OUT
                else "A fixed text.",
            ),
            known=drafting.salon_facts(voice),
            language=voice.language,
            due_at=clock.now() + WITHIN if occasion == OPT_OUT else None,
            moment="five minutes after it",
        ),
        heard.message,
    )


def _when(visit: Appointment) -> str:
    return short_moment(visit.starts_at, visit.location.zone)
