"""Who writes: the template writer, and the model with the template writer behind it.

The product works without any account: whatever keeps the model from answering, the standard text
is the draft, and the item's note says so.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agents.answers import FellBack, Written
from agents.base import Agent, Drafted, ModelUse, Refused, Text
from agents.budgets import Asker
from agents.checking import problems
from agents.context import Context
from agents.doors import Door, door_for, door_of_environment
from agents.facts import known_facts
from agents.instructions import NEEDS_MODEL, UNDERSTOOD, closing, wish_of
from agents.learning import examples, policy
from agents.learning.policy import Wording
from agents.llm import Request, draft_text
from agents.models import ModelCall
from agents.place import Place, place_of
from agents.prompting import render
from agents.pseudonyms import Pseudonyms, UnknownPlaceholder
from agents.wording import gsm
from approvals.hygiene import clean_text
from approvals.policy import HEALTH
from approvals.services.strangers import strangers_in

STRANGER = "the model wrote of somebody it was not told about"
NOTHING = "the model answered nothing"
# A correction is only asked for while there is time to read the answer.
CORRECTION_SECONDS = 1.0
# What a person wrote about a client: only these may hold health.
NOTES = frozenset({"notes", "remembered", "message", "earlier", "answers"})
CORRECT = (
    "That text cannot be used: {why}. Write it once more without that. Keep to the facts given; "
    "where one is missing, leave the sentence out."
)


@dataclass(frozen=True)
class TemplateWriter:
    """Writes the agent's standard text; ``why`` is added to the note when it stands in."""

    instruction: str = ""
    why: str = ""
    rules: tuple[Wording, ...] = ()

    def write(self, agent: Agent, context: Context) -> Drafted:
        context, note = self._asked(context)
        text = finished(agent.template(context), context, self.rules)
        wish = wish_of(self.instruction)
        if wish.add:
            text = replace(text, body=f"{text.body} {wish.add}")
        if self.why:
            note = f"{note} Written from the template because {self.why}.".strip()
        return Drafted(text=text, writer="template", note=note[:300], fallback=self.why[:200])

    def _asked(self, context: Context) -> tuple[Context, str]:
        """The context as the instruction wants it, and what to tell the desk."""
        if not self.instruction:
            return context, ""
        wish = wish_of(self.instruction)
        if not wish.understood:
            return context, NEEDS_MODEL
        contact = context.contact
        if wish.language:
            contact = contact.model_copy(update={"language": wish.language})
        changes: dict[str, Any] = {"contact": contact}
        if wish.shorter:
            changes |= {"remembered": "", "forms": [], "brief": True}
        if wish.warmer:
            changes |= {"closing": closing(contact.language)}
        return context.model_copy(update=changes), UNDERSTOOD


@dataclass(frozen=True)
class ModelWriter:
    """Asks the model with one prompt, has a wrong text corrected once, else the standard text."""

    prompt: str
    model: str = ""
    instruction: str = ""
    asker: Asker | None = None
    door: Door | None = None
    rules: tuple[Wording, ...] = ()

    def write(self, agent: Agent, context: Context) -> Drafted:
        if context.contact.plain or not (agent.wants_model(context) or self.instruction):
            return TemplateWriter(self.instruction, rules=self.rules).write(agent, context)
        return _Writing(self, agent, context).drafted()


@dataclass
class _Writing:
    """One draft in the making: at most two answers, and what was wrong with each."""

    writer: ModelWriter
    agent: Agent
    context: Context
    use: ModelUse = field(default_factory=ModelUse)
    refused: list[Refused] = field(default_factory=list)

    def drafted(self) -> Drafted:
        place = place_of(self.context, self.writer.asker)
        asked = self.writer.asker
        door = self.writer.door or (
            door_for(asked.connection_id) if asked else door_of_environment()
        )
        deadline = time.monotonic() + door.seconds
        names = Pseudonyms.of(self.context)
        request = self._request(names, place)
        answer = self._ask(request, door, deadline, asked)
        first = self._checked(answer, names, place)
        if isinstance(first, Text):
            return Drafted(text=first, writer="model", use=self.use)
        left = deadline - time.monotonic()
        if self.refused and isinstance(answer, Written) and left >= CORRECTION_SECONDS:
            said = answer.value.model_dump_json()
            why = names.hide(first)
            turns = (("assistant", said), ("user", CORRECT.format(why=why)))
            again = _correcting(asked)
            answer = self._ask(replace(request, turns=turns), door, deadline, again)
            second = self._checked(answer, names, place)
            if isinstance(second, Text):
                note = f"The model corrected itself once: {first}."
                return self._kept(Drafted(text=second, writer="model", note=note[:300]))
            first = second if isinstance(answer, Written) else first
        standard = TemplateWriter(self.writer.instruction, first, self.writer.rules)
        return self._kept(standard.write(self.agent, self.context))

    def _kept(self, drafted: Drafted) -> Drafted:
        """The texts that were not used stay with the run: nothing is hidden."""
        return replace(drafted, use=self.use, refused=tuple(self.refused))

    def _request(self, names: Pseudonyms, place: Place) -> Request[Any]:
        words = {
            name: clean_text(value if place.health_to_model or name not in NOTES else calm(value))
            for name, value in self.agent.words(self.context).items()
        }
        values = {name: names.hide(value) for name, value in words.items()}
        system, user = self._with_what_was_learned(*render(self.writer.prompt, values))
        if self.writer.instruction:
            wish = names.hide(clean_text(self.writer.instruction))
            user += f"\n\nThe desk read a first draft and asks: {wish}"
        return Request(system, user, self.agent.Output)

    def _with_what_was_learned(self, system: str, user: str) -> tuple[str, str]:
        """House rules end the part that stays the same from draft to draft; examples change."""
        contact, asker = self.context.contact, self.writer.asker
        rules = policy.as_told(self.writer.rules, contact.language)
        told = ""
        if asker is not None and asker.location_id and self.agent.settings.use_examples:
            found = examples.examples_for(
                location_id=asker.location_id,
                agent=self.agent.name,
                language=contact.language,
                client_id=contact.client_id,
            )
            told = examples.as_told(found)
        return "\n\n".join(filter(None, [system, rules])), "\n\n".join(filter(None, [told, user]))

    def _ask(
        self, request: Request[Any], door: Door, deadline: float, asker: Asker | None
    ) -> Written[Any] | FellBack:
        answer = draft_text(
            request,
            model=self.writer.model,
            seconds=max(0.1, deadline - time.monotonic()),
            asker=asker,
            door=door,
        )
        self.use = self.use.plus(answer.use)
        return answer

    def _checked(
        self, answer: Written[Any] | FellBack, names: Pseudonyms, place: Place
    ) -> Text | str:
        """The text when it may be used, else the first reason why not."""
        if isinstance(answer, FellBack):
            return answer.reason
        if not getattr(answer.value, "body", "").strip():
            return NOTHING
        try:
            text = self._text(answer.value, names)
        except UnknownPlaceholder:
            self.refused.append(Refused(answer.value.body.strip(), (STRANGER,)))
            return STRANGER
        why = self._problems(text, place)
        if why:
            self.refused.append(Refused(text.body, tuple(why)))
            return why[0] if len(why) == 1 else f"{why[0]} (and {len(why) - 1} more)"
        return text

    def _problems(self, text: Text, place: Place) -> Sequence[str]:
        asker, known = self.writer.asker, known_facts(self.context)
        strangers = (
            strangers_in(asker.connection_id, f"{text.subject} {text.body}", known)
            if asker and asker.connection_id
            else ()
        )
        return problems(
            self.agent,
            self.context,
            text,
            catalogue=place.catalogue,
            strangers=strangers,
            banned=place.banned,
            longest=place.longest_text,
            instruction=self.writer.instruction,
        )

    def _text(self, value: Any, names: Pseudonyms) -> Text:
        is_email = self.context.contact.channel == "email"
        body, subject = value.body.strip(), value.subject.strip() if is_email else ""
        restored = names.restore(body), names.restore(subject)
        text = Text(*restored, self.context.contact.language)
        return finished(text, self.context, self.writer.rules)


def _correcting(asked: Asker | None) -> Asker | None:
    """A draft's second call is a correction; a try stays a try."""
    if asked is None or asked.purpose != ModelCall.Purpose.DRAFT:
        return asked
    return replace(asked, purpose=ModelCall.Purpose.CORRECTION)


def calm(text: str) -> str:
    """The sentences of a note that say nothing about health."""
    pieces = re.split(r"(?<=[.!?;])\s+|\n", text)
    return " ".join(piece for piece in pieces if not HEALTH.search(piece)) or "nothing"


def writer_for(
    *,
    prompt: str,
    model: str,
    use_model: bool,
    instruction: str = "",
    asker: Asker | None = None,
    rules: tuple[Wording, ...] = (),
) -> TemplateWriter | ModelWriter:
    """The writer of a run. Without a key the model's writer falls back by itself, and says so."""
    if not use_model or not prompt:
        return TemplateWriter(instruction, rules=rules)
    return ModelWriter(prompt, model, instruction, asker, rules=rules)


def finished(text: Text, context: Context, rules: Sequence[Wording] = ()) -> Text:
    """House rules kept, the salon's name first and, in a text message, letters that fit one."""
    body = in_house_words(text.body.strip(), text.language, context, rules)
    salon = context.salon.name
    if context.contact.channel == "sms":
        if not body.casefold().startswith(salon.casefold()):
            body = f"{salon}: {body}"
        body = gsm(body)
    return replace(text, body=body)


def in_house_words(body: str, language: str, context: Context, rules: Sequence[Wording]) -> str:
    """The text with the location's rules kept; a stretch that states a fact stays as it is."""
    return policy.in_house(body, language, known_facts(context), rules) if rules else body
