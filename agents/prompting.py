"""Prompts: files that become numbered rows, and rows that become a request.

A prompt has two halves divided by a line of three dashes. Above it stands what never changes from
draft to draft (servers cache equal beginnings, which makes them cheap); below it the facts of one
draft, as ``{{name}}`` for every variable the agent lists.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max

from agents.models import PromptVersion
from agents.registry import agents

FOLDER = Path(__file__).parent / "prompts"
SHIPPED = "shipped with the product"
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
DIVIDER = re.compile(r"^---\s*$", re.MULTILINE)


def prompts_seed(using: str = "default") -> list[PromptVersion]:
    """Keep every shipped prompt as a row; returns the new ones. Safe to call at any time.

    A changed file becomes the next number, and locations that did not choose a version follow it.
    """
    made = []
    for agent in agents:
        if not prompt_file(agent.name).exists():
            continue
        text = prompt_file(agent.name).read_text()
        digest = hashlib.sha256(text.encode()).hexdigest()
        with transaction.atomic(using=using):
            rows = PromptVersion.objects.using(using).filter(agent=agent.name)
            if not rows.filter(sha256=digest, created_by=SHIPPED).exists():
                number = (rows.aggregate(most=Max("number"))["most"] or 0) + 1
                row = PromptVersion(
                    agent=agent.name, number=number, text=text, sha256=digest, created_by=SHIPPED
                )
                row.save(using=using)
                made.append(row)
    return made


def seed_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """Receiver of ``post_migrate``."""
    prompts_seed(using)


def prompt_file(agent: str) -> Path:
    return FOLDER / f"{agent}.md"


def shipped_prompt(agent: str) -> PromptVersion | None:
    """The newest prompt that came with the product."""
    rows = PromptVersion.objects.filter(agent=agent, created_by=SHIPPED)
    return rows.order_by("-number").first()


def prompt_problems(agent: str, text: str) -> list[str]:
    """What is wrong with a prompt, in words for whoever edits it; empty when nothing is."""
    known = set(agents.get(agent).variables)
    head, facts = split(text)
    problems = []
    if not facts.strip():
        problems.append("There is no line of three dashes with the facts below it.")
    if VARIABLE.search(head):
        problems.append("Variables belong below the line of three dashes.")
    unknown = sorted(set(VARIABLE.findall(text)) - known)
    if unknown:
        allowed = ", ".join(sorted(known))
        problems.append(f"Not known here: {', '.join(unknown)}. You can use: {allowed}.")
    return problems


def split(text: str) -> tuple[str, str]:
    """The unchanging half and the half with the facts."""
    parts = DIVIDER.split(text, maxsplit=1)
    return parts[0].strip(), parts[1].strip() if len(parts) > 1 else ""


def render(text: str, values: Mapping[str, str]) -> tuple[str, str]:
    """System and user message of a request. KeyError names a variable without a value.

    Values are put in once: a brace inside a client's note stays a brace.
    """
    head, facts = split(text)
    return head, VARIABLE.sub(lambda found: values[found.group(1)], facts)
