from functools import partial

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AgentsConfig(AppConfig):
    name = "agents"

    def ready(self) -> None:
        # Importing them registers listeners and queues.
        from agents import listeners, rescuing, runs, trying  # noqa: F401
        from agents.answering import writes_here
        from agents.knowledge import fitting  # noqa: F401
        from agents.learning import offers  # noqa: F401
        from agents.prompting import seed_after_migrate
        from agents.registry import agents, declared_offsets
        from agents.retail import listening  # noqa: F401
        from agents.returning import nightly, stopping  # noqa: F401
        from agents.scoring import rescoring  # noqa: F401
        from approvals.answers.writers import answer_writer_declare
        from integrations.clock_events import offset_declare
        from integrations.clock_free import free_declare

        for agent in agents:
            if agent.free_hours is not None:
                free_declare(agent.free_hours)
            if agent.writes_answers:
                answer_writer_declare(agent.name, partial(writes_here, agent.name))
        for offset in (*declared_offsets(), rescuing.CALL):
            offset_declare(offset.name, offset.hours_before)
        post_migrate.connect(seed_after_migrate, sender=self, dispatch_uid="agents.prompts_seed")
