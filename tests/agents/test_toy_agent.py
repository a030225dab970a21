"""Adding an agent is three new files and nothing else: shown on a copy of the checkout."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import clones, services

# Without the plugin it does not use; importing it takes longer than the contract.
CONTRACT = ("-m", "pytest", "-p", "no:hypothesispytest")
CONTRACT += ("tests/agents/test_contract.py", "tests/agents/test_thank_you.py")
CONTRACT += ("-rA", "--tb=no", "-k", "thank_you or bare_toy")
# What `makemigrations --check` asks, in the same process: another would import everything again.
TOYS_TEST = """
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


def test_thank_you_makes_no_migration() -> None:
    from agents.registry import agents

    assert "thank_you" in agents
    written = MigrationLoader(None, ignore_no_migrations=True)
    found = MigrationAutodetector(written.project_state(), ProjectState.from_apps(apps))
    assert found.changes(graph=written.graph) == {}
"""
DEFINITION = '''
"""Thank-you: a toy."""

from agents.base import Agent, BaseSettings, Skip, Text, register
from agents.messages import Shown, message_proposal
from agents.pieces import CLIENT_FIELDS, REMINDER_EXAMPLE
from approvals.proposals import Reason
from integrations.events import SaleCompleted


@register
class ThankYou(Agent):
    name = "thank_you"
    label = "Thank you"
    about = "Thanks a client for what they bought."
    listens_to = (SaleCompleted,)
    reads = CLIENT_FIELDS
    purpose = "care"
    variables = ("client",)
    Settings = BaseSettings
    example = REMINDER_EXAMPLE

    def opening(self, event, as_of):
        return Skip("A toy.")

    def gather(self, event, as_of):
        return Skip("A toy.")

    def template(self, context):
        return Text("Thank you!", "Thank you", context.contact.language)

    def words(self, context):
        return {"client": context.addressee.first_name}

    def propose(self, context, drafted):
        shown = Shown(title="Thanks", origin="Sale", tag="sale", moment="a week passes",
                      reasons=[Reason("A sale.", "sale")])
        return [message_proposal(self, context, drafted, shown)]
'''


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The checkout with three more files; and with a second toy that lacks a test and a prompt
    with the right words."""
    target = tmp_path / "checkout"
    clones.copied(target, without=(".git", "benchmarks"))
    (target / "agents/definitions/thank_you.py").write_text(DEFINITION)
    (target / "agents/prompts/thank_you.md").write_text("Thank the client.\n---\n{{client}}\n")
    (target / "tests/agents/test_thank_you.py").write_text(TOYS_TEST)
    bare = DEFINITION.replace("ThankYou", "BareToy").replace("thank_you", "bare_toy")
    (target / "agents/definitions/bare_toy.py").write_text(bare)
    (target / "agents/prompts/bare_toy.md").write_text("Thank {{nobody}}.")
    return target


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != services.RUN_FOLDER}
    env[services.NONE_NEEDED] = "1"
    return subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=env, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def outcomes(contract: subprocess.CompletedProcess[str], agent: str) -> dict[str, set[str]]:
    """The contract's tests of one agent, by how they ended."""
    found: dict[str, set[str]] = {"PASSED": set(), "FAILED": set()}
    for how, test, name in re.findall(
        r"^(PASSED|FAILED|ERROR) \S+::(\w+)\[(?:\S+-)?(\w+)\]", contract.stdout, re.M
    ):
        if name == agent:
            found.setdefault(how, set()).add(test)
    return found


def test_a_toy_agent_is_discovered_keeps_the_contract_and_makes_no_migration(copy: Path) -> None:
    contract = run(copy, *CONTRACT)
    complete, bare = outcomes(contract, "thank_you"), outcomes(contract, "bare_toy")
    assert contract.returncode == 1, contract.stdout + contract.stderr
    assert len(complete["PASSED"]) >= 5 and complete["FAILED"] == set(), contract.stdout
    assert bare["FAILED"] >= {
        "test_it_has_a_test_file",
        "test_it_has_a_prompt_whose_variables_it_lists",
    }, contract.stdout
    unchanged = re.search(r"^PASSED \S+::test_thank_you_makes_no_migration$", contract.stdout, re.M)
    assert unchanged, contract.stdout
