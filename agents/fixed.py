"""Which fixed template a standard text was written from: what a standing decision is about.

The version is a digest of the code that words the text and of the settings that shape it. A changed
word, a changed slot or a changed setting is another template, for which nothing was approved.
"""

import hashlib
import inspect
import json
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from agents.base import Agent, BaseSettings, Drafted
from agents.context import Context
from agents.learning.policy import Wording
from agents.models import AgentRun

# Whether a model is asked changes nothing in the standard text.
NO_PART = frozenset({"use_model", "use_examples", "write_calm"})
DIGITS = 16


def template_version(
    agent: type[Agent], settings: BaseSettings, rules: Sequence[Wording] = ()
) -> str:
    """``confirmation:3f8a…``: the agent's standard text as it is now, with these settings and
    house rules."""
    kept = {key: value for key, value in settings.model_dump().items() if key not in NO_PART}
    said = json.dumps(kept, sort_keys=True, default=str)
    code = _sources(agent.__module__, agent.name)
    if rules:
        said += json.dumps([(one.avoid, one.use, one.language) for one in rules])
    digest = hashlib.sha256(f"{code}\n{said}".encode()).hexdigest()
    return f"{agent.name}:{digest[:DIGITS]}"


@cache
def _sources(module: str, name: str) -> str:
    names = (module, f"agents.texts.{name}", "agents.texts.common")
    found = [import_module(one) for one in names if _is_there(one)]
    return "\n".join(inspect.getsource(one) for one in found)


def _is_there(name: str) -> bool:
    return find_spec(name) is not None


def version_written(agent: Agent, run: AgentRun, context: Context, drafted: Drafted) -> str:
    """The template a draft was written from, or '' where it is more than a template with slots.

    What a person asked for, a client's own words and a remembered wish are free text: such a
    draft is never one that somebody approved beforehand.
    """
    free = run.instruction or context.tainted or context.remembered
    if drafted.writer != "template" or free:
        return ""
    return template_version(type(agent), agent.settings, agent.setup.writer.rules)
