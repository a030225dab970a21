"""What a prompt may use: every variable of an agent with its meaning and an example."""

from dataclasses import dataclass

from agents.base import Agent, Setup
from agents.registry import agents
from agents.writer import TemplateWriter

# Those that several agents have. An agent explains its own in ``Agent.meanings``.
MEANINGS: dict[str, str] = {
    "salon": "The salon's name.",
    "client": "The client's first name. The model reads a stand-in for it.",
    "kind": "What happened: booked, moved to a new time, or booked again.",
    "visits": "What is booked: service, with whom, day and time, one line each.",
    "asks": "Which answer is wanted and how: a digit, or a call.",
    "remembered": "A harmless wish from the client's notes, or nothing.",
    "form": "A form that is not filled in yet, with its link, or nothing.",
    "call": "The salon's phone number.",
    "tone": "How it should sound, from the settings.",
    "language": "The client's language.",
    "channel": "Text message or e-mail.",
    "first_visit": "Whether this is the client's first visit: yes or no.",
    "service": "The service of the visit.",
    "staff": "The first name of who did it.",
    "aftercare": "The care advice the salon wrote for that service, or nothing.",
    "notes": "The therapist's note of the visit, for the model's eyes only.",
}


@dataclass(frozen=True)
class Variable:
    """One name for double braces; ``example`` is its value in the agent's own example."""

    name: str
    meaning: str
    example: str


def variables_of(agent: type[Agent]) -> list[Variable]:
    """In the agent's own order; none for an agent whose texts are fixed."""
    if not agent.variables:
        return []
    made = agent(Setup(settings=agent.Settings(), writer=TemplateWriter()))
    words = made.words(made.reread(agent.example))
    known = MEANINGS | dict(agent.meanings)
    return [Variable(name, known.get(name, ""), words[name]) for name in agent.variables]


def without_meaning() -> list[str]:
    """Variables nobody explained."""
    return [
        f"{agent.name}.{one.name}"
        for agent in agents
        for one in variables_of(agent)
        if not one.meaning
    ]
