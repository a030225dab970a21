"""What an agent is.

An agent is one file in ``agents/definitions`` (a class decorated with ``@register``), one prompt
in ``agents/prompts/<name>.md`` (unless its texts are fixed) and one test file
``tests/agents/test_<name>.py``. Nothing else is edited: agents are discovered, and the contract
tests run over everything discovered.

A run goes ``opening -> gather -> draft -> propose``. ``gather`` reads the working copy and is the
only step that does; ``draft`` and ``propose`` work on the plain data it returned, which is kept on
the AgentRun, so that a changed prompt can be tried on the very same facts later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field

from approvals.proposals import Proposal
from core.registry import Registry
from integrations.events import AppointmentEvent, Event

if TYPE_CHECKING:
    from agents.context import Context
    from agents.learning.policy import Wording
    from integrations.models import Client


@dataclass(frozen=True)
class Offset:
    """A moment the clock should announce: ``AppointmentSoon(offset=name)`` so many hours before."""

    name: str
    hours_before: float


@dataclass(frozen=True)
class Skip:
    """Nothing to draft, and why in words an admin reads. ``missed``: it would be too late."""

    why: str
    missed: bool = False


@dataclass(frozen=True)
class Opening:
    """The placeholder that appears at once, before anything is written.

    ``subject`` and ``occasion`` must be those of the later Proposal. ``not_before`` puts the run
    off; then nothing is shown until it is due.
    """

    subject: str
    occasion: str
    title: str
    due_at: datetime | None
    tag: str = ""
    client_id: int | None = None
    appointment_id: int | None = None
    staff_id: int | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AppointmentDue(AppointmentEvent):
    """One contact's share of a batch: what was due while the desk is closed.

    ``offset`` is the clock's name of it, ``batch`` joins the drafts, ``send_at`` (UTC ISO) is the
    hour at which it would have been due.
    """

    offset: str
    batch: str
    send_at: str


@dataclass(frozen=True)
class Text:
    """A finished text in one language; ``subject`` for e-mail only."""

    body: str
    subject: str = ""
    language: str = "en"


@dataclass(frozen=True)
class ModelUse:
    """What a model call took. ``cost`` in US dollars, 0 when the price is not known."""

    model: str = ""
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    milliseconds: int = 0

    def plus(self, other: "ModelUse") -> "ModelUse":
        """Both together: what a draft took that was corrected once."""
        return ModelUse(
            other.model or self.model,
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.cost + other.cost,
            self.milliseconds + other.milliseconds,
        )


@dataclass(frozen=True)
class Refused:
    """A text of the model that was not used, and why."""

    text: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class Drafted:
    """A text and who wrote it (``writer``: "model" or "template").

    ``note`` is shown on the card, ``fallback`` says in plain words why the model did not write it,
    ``refused`` are texts of the model that were not used.
    """

    text: Text
    writer: str = "template"
    note: str = ""
    fallback: str = ""
    refused: tuple[Refused, ...] = ()
    use: ModelUse = field(default_factory=ModelUse)


class ModelText(BaseModel):
    """The typed output asked of the model. Agents with other needs name their own class."""

    model_config = ConfigDict(extra="forbid")
    subject: str = Field(description="Subject line when the channel is e-mail, else empty.")
    body: str = Field(description="The message, ready to send.")


class BaseSettings(BaseModel):
    """Settings of an agent as admin shows them: titles and help come from the fields."""

    model_config = ConfigDict(extra="ignore")
    tone: str = Field(
        default="warm and short",
        title="Tone",
        description="How the model should sound. The standard texts do not change with it.",
        max_length=120,
    )
    use_examples: bool = Field(
        default=True,
        title="Learn the tone from approved messages",
        description="The model is shown up to three messages that people here approved, without "
        "names, times or anything said to one client only.",
    )
    use_model: bool = Field(
        default=True,
        title="Let the model write",
        description="Off: every draft is the standard text, also when a model is set up.",
    )


class UndeclaredField(Exception):
    """An agent read a client field that is not in its ``reads``."""


class ClientView:
    """A client as one agent may see them. Reading a field outside ``reads`` raises.

    Not an AttributeError: ``getattr(view, name, default)`` must not hide the mistake.
    """

    ALWAYS = frozenset({"id", "external_id", "plain_texts", "no_drafts"})
    # Free notes hold everything: an agent may look for something in them, but they are not kept.
    NOT_KEPT = frozenset({"notes"})

    def __init__(self, client: "Client", reads: Sequence[str]) -> None:
        self._client = client
        self._reads = frozenset(reads) | self.ALWAYS

    def __getattr__(self, name: str) -> Any:
        if name not in self._reads:
            raise UndeclaredField(f"this agent does not declare that it reads client.{name}")
        return getattr(self._client, name)

    def facts(self) -> dict[str, Any]:
        """The declared fields as plain data, for the context; never the notes as a whole."""
        kept = sorted(self._reads - self.NOT_KEPT)
        return {name: plain(getattr(self._client, name)) for name in kept}


def plain(value: Any) -> Any:
    """JSON's own types only: dates as ISO text, money as text."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


class Writer(Protocol):
    """Who turns a context into a text: the template writer, or the model with it behind.

    ``rules`` are the house rules that its texts keep to.
    """

    @property
    def rules(self) -> "tuple[Wording, ...]": ...

    def write(self, agent: "Agent", context: "Context") -> Drafted: ...


@dataclass(frozen=True)
class Setup:
    """What one run of an agent is given: its settings at this location, who writes, and the desk's
    instruction when a person asked for another draft."""

    settings: BaseSettings
    writer: Writer
    instruction: str = ""


class Agent:
    """Subclass in ``agents/definitions``; one instance per run.

    ``name`` is lower case and also names the prompt and the test file. ``listens_to`` are Event
    classes, ``offsets`` moments of the clock. ``reads`` are the client fields it may see.
    ``free_hours`` asks for SlotFree so many hours before a free stretch. ``one_message``: its
    draft is a single text to one contact (an offer ladder is not). ``writes_answers``: where it is
    on, no standard text is drafted for what no rule understood; it hears ``AnswerWanted``.
    ``purpose`` is the consent it needs: transactional, care or marketing. ``variables`` are the
    names the prompt may use in double braces; ``meanings`` explains those that only it has (the
    common ones are in ``agents/variables.py``). ``about`` tells an admin in a sentence what it
    does. ``example`` is a context (plain data) that the contract tests draft from.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    listens_to: ClassVar[tuple[type[Event], ...]]
    offsets: ClassVar[tuple[Offset, ...]] = ()
    free_hours: ClassVar[float | None] = None
    one_message: ClassVar[bool] = True
    writes_answers: ClassVar[bool] = False
    reads: ClassVar[tuple[str, ...]]
    purpose: ClassVar[str] = "transactional"
    group: ClassVar[str] = "messages"
    right: ClassVar[str] = "review_messages"
    Settings: ClassVar[type[BaseSettings]] = BaseSettings
    Output: ClassVar[type[BaseModel]] = ModelText
    variables: ClassVar[tuple[str, ...]] = ()
    meanings: ClassVar[Mapping[str, str]] = {}
    about: ClassVar[str] = ""
    # Pages show the class; a template would otherwise make an instance of it.
    do_not_call_in_templates: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]]

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.settings: Any = setup.settings

    def spread(self, event: Event, as_of: datetime) -> list[Event]:
        """The events of single contacts that one event of a location stands for (a batch).

        Empty: the event is handled as it is. Each gets a run of its own, because a context never
        holds two strangers.
        """
        return []

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        """The placeholder of this event, from two or three cheap reads; runs in the inbox."""
        raise NotImplementedError

    def upcoming(self, location_id: int, as_of: datetime) -> list[Event]:
        """What switching on could also draft for ("also the n upcoming ones?")."""
        return []

    def gather(self, event: Event, as_of: datetime) -> "Context | Skip":
        """Read what the draft needs, nothing later than ``as_of`` and of one contact only."""
        raise NotImplementedError

    def template(self, context: "Context") -> Text:
        """The standard text in the client's language, of one or two text segments."""
        raise NotImplementedError

    def wants_model(self, context: "Context") -> bool:
        """Whether the model should write this one; clients who asked for plain texts never."""
        return True

    @classmethod
    def why_no_holdout(cls, settings: Any) -> str:
        """Why keeping some clients on the standard text would compare nothing, or ''."""
        return "" if settings.use_model else "The model writes nothing here, so there is no share."

    def words(self, context: "Context") -> dict[str, str]:
        """Values for the prompt's ``variables``. Names and numbers are replaced before sending."""
        raise NotImplementedError

    def problem(self, context: "Context", text: Text) -> str:
        """Why a text of the model cannot be used, in plain words, or ''."""
        return ""

    def reread(self, kept: Mapping[str, Any]) -> "Context":
        """The context as a run kept it; an agent with a class of its own names it here."""
        from agents.context import Context

        return Context.model_validate(kept)

    def retuned(self, context: "Context") -> "Context":
        """A kept context as these settings would have it, for trying a change: what a setting
        leaves out is left out. What was never gathered cannot be added."""
        return context

    def draft(self, context: "Context") -> Drafted:
        """The text: the model's where one is set up and wanted, else the template's."""
        return self.setup.writer.write(self, context)

    def propose(self, context: "Context", drafted: Drafted) -> list[Proposal]:
        """The items to be. The first fills the placeholder."""
        raise NotImplementedError


agents: Registry[type[Agent]] = Registry("agent", "agents.definitions")


def register(cls: type[Agent]) -> type[Agent]:
    """Register an agent (a class decorator)."""
    return agents.register(cls.name, cls)
