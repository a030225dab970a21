"""The shape of a tool, and the one way to use it: rights first, and a row for the audit."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import transaction
from pydantic import BaseModel, ConfigDict, ValidationError

from copilot.ask.asker import Asker, MayNot
from copilot.ask.veil import Veil
from core.audit import audit_record
from core.registry import Registry


class Params(BaseModel):
    """Base of every tool's parameters; anything else a model adds is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Found:
    """What a tool found.

    ``told``: what a model may read of it: handles and counts, never a client's name or words.
    ``blocks``: what the page draws ({"kind": …, ids and plain facts}); clients by id only, drawn
    for a reader who may see them. ``sources``: (words, address). ``reads_documents``: free text of
    documents is in ``told``.
    """

    told: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    clients: tuple[int, ...] = ()
    reads_documents: bool = False


@dataclass(frozen=True)
class Tool:
    """``rights``: what it takes beside ``ask``, at the location asked about. ``about``: for the
    model. ``of_clients``: it names clients, and is not used once documents were read."""

    name: str
    about: str
    Params: type[Params]
    run: Callable[[Asker, Any, Veil], Found]
    rights: tuple[str, ...] = ()
    of_clients: bool = False

    def schema(self) -> dict[str, Any]:
        """As chat completions take it."""
        said = self.Params.model_json_schema()
        said.pop("title", None)
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.about, "parameters": said},
        }


tools: Registry[Tool] = Registry("tool of Ask")
ParamsT = TypeVar("ParamsT", bound=Params)
NOT_YOURS = "You may not look at this here."
BROKEN = "One look-up did not work just now. Please try again, or look on the calendar."
logger = logging.getLogger(__name__)


def tool(
    name: str,
    about: str,
    params: type[ParamsT],
    *,
    rights: tuple[str, ...] = (),
    of_clients: bool = False,
) -> Callable[[Callable[[Asker, ParamsT, Veil], Found]], Callable[[Asker, ParamsT, Veil], Found]]:
    """Register a function as a tool (a decorator)."""

    def mark(
        run: Callable[[Asker, ParamsT, Veil], Found],
    ) -> Callable[[Asker, ParamsT, Veil], Found]:
        tools.register(name, Tool(name, about, params, run, rights, of_clients))
        return run

    return mark


@dataclass
class Use:
    """The tools as one question uses them: ``veil`` and ``found`` grow with every look."""

    veil: Veil = field(default_factory=Veil)
    found: list[Found] = field(default_factory=list)
    correlation: str = ""


def tool_use(asker: Asker, use: Use, name: str, said: Mapping[str, Any]) -> Found:
    """Use a tool for its asker. Raises MayNot where they may not; every use is audited.

    ``asker`` has to be read anew for every call (``asker_now``): a role that was taken away a
    moment ago counts.
    """
    one = tools.get(name) if name in tools else None
    if one is None:
        raise MayNot("There is no such look-up.")
    try:
        params = one.Params.model_validate(dict(said))
    except ValidationError:
        raise MayNot("It was asked for in a way that this look-up does not know.") from None
    if not asker.may(*one.rights):
        _audit(asker, use, name, refused=True)
        raise MayNot(NOT_YOURS)
    try:
        # A statement that fails takes nothing else with it.
        with transaction.atomic():
            found = one.run(asker, params, use.veil)
    except MayNot:
        _audit(asker, use, name, refused=True)
        raise
    except Exception as error:
        # Its words may quote a client.
        logger.error("look-up %s failed: %s", name, type(error).__name__)
        _audit(asker, use, name, refused=True)
        raise MayNot(BROKEN) from None
    use.found.append(found)
    _audit(asker, use, name, clients=found.clients)
    return found


def _audit(
    asker: Asker, use: Use, name: str, *, refused: bool = False, clients: tuple[int, ...] = ()
) -> None:
    audit_record(
        action="ask.looked",
        actor=asker.user.as_actor(),
        connection=asker.location.connection_id,
        location=asker.location.pk,
        client=clients[0] if len(clients) == 1 else "",
        correlation=use.correlation,
        facts={"tool": name, "refused": refused, "clients": list(clients)},
    )
