"""Who writes: the template writer, and the model with the template writer behind it.

The product works without any account: whatever keeps the model from answering, the standard text
is the draft, and the item's note says so.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from agents.base import Agent, Drafted, Text
from agents.context import Context
from agents.instructions import NEEDS_MODEL, UNDERSTOOD, closing, wish_of
from agents.llm import FellBack, draft_text
from agents.prompting import render
from agents.pseudonyms import Pseudonyms, UnknownPlaceholder
from agents.wording import gsm

# Carriers read these as commands of their own, so an answer of that kind may never be asked for.
KEYWORD_ASK = re.compile(
    r"\b(?:reply|text|answer|send|write|respond|responda|responde|conteste|contesta|env[ií]e)\b"
    r"[^.!?\n]{0,40}?\b(?:yes|stop|end|cancel|quit|start|help|s[ií]|cancelar|alto)\b",
    re.IGNORECASE,
)
MOST_CHARACTERS = {"sms": 480, "email": 3000}
HTML = re.compile(r"<\s*/?\s*[a-zA-Z!]")


@dataclass(frozen=True)
class TemplateWriter:
    """Writes the agent's standard text; ``why`` is added to the note when it stands in."""

    instruction: str = ""
    why: str = ""

    def write(self, agent: Agent, context: Context) -> Drafted:
        context, note = self._asked(context)
        text = finished(agent.template(context), context)
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
    """Asks the model with one prompt; falls back to the standard text."""

    prompt: str
    model: str = ""
    instruction: str = ""

    def write(self, agent: Agent, context: Context) -> Drafted:
        if context.contact.plain or not (agent.wants_model(context) or self.instruction):
            return TemplateWriter(self.instruction).write(agent, context)
        answer = self._ask(agent, context)
        if isinstance(answer, FellBack):
            drafted = TemplateWriter(self.instruction, answer.reason).write(agent, context)
            return replace(drafted, use=answer.use)
        return answer

    def _ask(self, agent: Agent, context: Context) -> Drafted | FellBack:
        names = Pseudonyms.of(context)
        values = {name: names.hide(value) for name, value in agent.words(context).items()}
        system, user = render(self.prompt, values)
        if self.instruction:
            user += f"\n\nThe desk read a first draft and asks: {names.hide(self.instruction)}"
        answer = draft_text(system=system, user=user, output=agent.Output, model=self.model)
        if isinstance(answer, FellBack):
            return answer
        if not getattr(answer.value, "body", "").strip():
            return FellBack("the model answered nothing", answer.use)
        try:
            text = self._text(answer.value, names, context)
        except UnknownPlaceholder:
            return FellBack("the model wrote of somebody it was not told about", answer.use)
        reason = unusable(text, context) or agent.problem(context, text)
        if reason:
            return FellBack(reason, answer.use)
        return Drafted(text=text, writer="model", use=answer.use)

    def _text(self, value: Any, names: Pseudonyms, context: Context) -> Text:
        is_email = context.contact.channel == "email"
        body, subject = value.body.strip(), value.subject.strip() if is_email else ""
        text = Text(names.restore(body), names.restore(subject), context.contact.language)
        return finished(text, context)


def writer_for(
    *, prompt: str, model: str, use_model: bool, instruction: str = ""
) -> TemplateWriter | ModelWriter:
    """The writer of a run. Without a key the model's writer falls back by itself, and says so."""
    if not use_model or not prompt:
        return TemplateWriter(instruction)
    return ModelWriter(prompt, model, instruction)


def finished(text: Text, context: Context) -> Text:
    """The salon's name first and, in a text message, letters that fit one."""
    body = text.body.strip()
    salon = context.salon.name
    if context.contact.channel == "sms":
        if not body.casefold().startswith(salon.casefold()):
            body = f"{salon}: {body}"
        body = gsm(body)
    return replace(text, body=body)


def unusable(text: Text, context: Context) -> str:
    """Why no draft may read like this, whoever wrote it; '' when it may."""
    if len(text.body) > MOST_CHARACTERS[context.contact.channel]:
        return "the model's text was too long"
    if HTML.search(text.body):
        return "the model's text held markup"
    if KEYWORD_ASK.search(text.body):
        return "the model asked for an answer that phone companies read as a command"
    if context.contact.channel == "email" and not text.subject:
        return "the model left out the subject"
    return ""
