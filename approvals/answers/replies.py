"""What no rule settles goes to a person, with a drafted answer they can send or change."""

from collections.abc import Sequence

from approvals.answers import drafting, texts
from approvals.answers.drafting import Made, drafted
from approvals.answers.questions import Question
from approvals.answers.reading import Came, Heard
from approvals.answers.writers import somebody_writes
from approvals.ladders.words import moment
from approvals.models import Answer
from approvals.proposals import KnownFact
from integrations.models import Appointment

REPLY = "reply"


def left_to_a_person(heard: Heard, why: str, questions: Sequence[Question] = ()) -> Came:
    """The desk reads it. A burst of messages makes one draft: the newest takes its place.

    Where an agent writes answers it drafts this one; otherwise the standard text waits here.
    """
    came = Came(Answer.Outcome.PERSON, why)
    asks_which = _distinct(questions)
    if heard.known is None and len(heard.people) > 1:
        # Several people share this number: whom to answer is for the desk to find out.
        return came
    came.wanted = not asks_which
    if came.wanted and somebody_writes(heard.location.pk):
        return came
    item = _draft(heard, why, asks_which)
    came.item_id = item
    return came


def _draft(heard: Heard, why: str, asks_which: Sequence[Question]) -> int | None:
    client, location = heard.client, heard.location
    voice = texts.voice_of(location, client)
    body, known = _which(voice, asks_which) if asks_which else (voice.said(texts.REPLY), ())
    text = drafting.text_to(client, location, heard.message, body, _subject(heard))
    if text is None:
        return None
    item = drafted(
        Made(
            location=location,
            client=client,
            occasion=REPLY,
            title=f"Answer {client.short_name}",
            tag="which one?" if asks_which else "wrote to you",
            actions=(text,),
            version=texts.REPLY_VERSION,
            reasons=(f"They wrote: “{drafting.shown_words(heard.message)}”", why),
            evidence=(drafting.nobody_answered(client),),
            known=(*drafting.salon_facts(voice), *known),
            language=voice.language,
        ),
        heard.message,
    )
    return item.pk if item else None


def _distinct(questions: Sequence[Question]) -> list[Question]:
    """Several open questions whose digits tell them apart; [] where asking again would not help."""
    live = [one for one in questions if one.live and one.yes]
    return live if len(live) > 1 and len({one.yes for one in live}) == len(live) else []


def _which(voice: texts.Voice, questions: Sequence[Question]) -> tuple[str, tuple[KnownFact, ...]]:
    choices: list[str] = []
    known: list[KnownFact] = []
    for question in questions[:3]:
        words, facts = _named(question, voice.language)
        choices.append(texts.CHOICE[voice.language].format(digit=question.yes, what=words))
        known += facts
    return voice.said(texts.WHICH, choices=" ".join(choices)), tuple(known)


def _named(question: Question, language: str) -> tuple[str, tuple[KnownFact, ...]]:
    if question.offer is not None:
        opening = question.offer.opening
        when = moment(opening.starts_at, opening.location.zone, language)
        facts = drafting.moment_facts(opening.starts_at, opening.location)
        return texts.SLOT[language].format(when), facts
    line = question.line
    visit: Appointment = line.appointment if line else question.appointments[0]
    when = moment(visit.starts_at, visit.location.zone, language)
    return texts.VISIT[language].format(when), drafting.moment_facts(
        visit.starts_at, visit.location
    )


def _subject(heard: Heard) -> str:
    subject = heard.message.subject.strip()
    return f"Re: {subject.removeprefix('Re:').strip()}"[:300] if subject else "Your message"
