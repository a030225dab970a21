"""The scenarios there are, by name."""

from integrations.sandbox.errors import Refused
from integrations.sandbox.salon.busy_friday import busy_friday
from integrations.sandbox.salon.rush import rush
from integrations.sandbox.salon.scenario import Scenario
from integrations.sandbox.salon.storm import storm

SCENARIOS: dict[str, Scenario] = {one.name: one for one in (busy_friday, storm, rush)}
FRIDAY = busy_friday.name


def scenario_named(name: object) -> Scenario:
    found = SCENARIOS.get(str(name))
    if found is None:
        raise Refused(400, "unknown_scenario", f"name is one of {', '.join(SCENARIOS)}.")
    return found
