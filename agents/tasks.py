"""Celery tasks: doorbells for the drafts queue."""

import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down

from agents import autonomy, erasing, llm, runs, trying
from agents.feedback.nightly import low_stars_night_all
from agents.retail import cards
from agents.returning import joining, nightly
from agents.scoring import rescoring
from core import clock


@shared_task(name="agents.runs_drain", queue="drafts")
def runs_drain() -> None:
    runs.runs_start()


@shared_task(name="agents.tries_drain", queue="drafts")
def tries_drain() -> None:
    trying.tries_start()


@shared_task(name="agents.runs_expire", queue="routine")
def runs_expire() -> None:
    """Empty what runs kept long enough."""
    erasing.runs_expire(clock.now())
    erasing.corrections_expire(clock.now())
    trying.tries_expire(clock.now())
    cards.cards_expire(clock.now())


@shared_task(name="agents.risk_refit", queue="routine")
def risk_refit() -> int:
    """By night: learn which visits are lost. The library it takes is large, so not at start-up."""
    from agents.scoring.refitting import risk_refit_all

    return risk_refit_all()


@shared_task(name="agents.risk_rescore", queue="routine", ignore_result=True)
def risk_rescore() -> None:
    """Score what changed."""
    rescoring.visits_rescore()


@shared_task(name="agents.risk_look", queue="routine", ignore_result=True)
def risk_look() -> None:
    """Have what comes near and was never scored looked at, too; no placeholder stays behind where
    nothing rings for its run any more; and what was regretted does not go by itself."""
    rescoring.risks_look(clock.now())
    runs.buried_drop()
    autonomy.regrets_look()


@shared_task(name="agents.returning_night", queue="routine", ignore_result=True)
def returning_night() -> None:
    """By night: who is expected back, what came of writing first, how unhappy reviews sound."""
    nightly.returning_night_all()
    joining.outreach_join(clock.now())
    low_stars_night_all()


@shared_task(name="agents.returning_first", queue="routine", ignore_result=True)
def returning_first() -> None:
    """After a first reading: who slips away is known within a minute, not after a night."""
    nightly.returning_first()


@shared_task(name="agents.outlooks_look", queue="routine", ignore_result=True)
def outlooks_look() -> None:
    """After a visit: that client's outlook."""
    nightly.outlooks_drain()


@shared_task(name="agents.knowledge_read", queue="routine", ignore_result=True)
def knowledge_read() -> None:
    """By night: the platform's menu, products and hours as material to answer from."""
    from agents.knowledge.embedders import embedders_refit
    from agents.knowledge.fitting import fits_want
    from agents.knowledge.platform import platforms_read

    platforms_read()
    embedders_refit()
    fits_want()


@shared_task(name="agents.checkout_cards", queue="routine", ignore_result=True)
def checkout_cards() -> None:
    """Choose what to mention to who has come to the counter."""
    cards.cards_drain()


@shared_task(name="agents.retail_refit", queue="routine", ignore_result=True)
def retail_refit() -> None:
    """By night: learn what goes with what. The library it takes is large, so not at start-up."""
    from agents.retail.shelves import shelves_refit_all

    shelves_refit_all()


@shared_task(name="agents.knowledge_fit", queue="routine", ignore_result=True)
def knowledge_fit() -> None:
    """Give texts that changed their vectors."""
    from agents.knowledge.fitting import fits_drain

    fits_drain()


@worker_ready.connect
def model_library_load(sender: Any, **kwargs: Any) -> None:
    """Where drafts are written the first of them finds the model's library loaded."""
    if "drafts" in sender.app.amqp.queues.consume_from:
        threading.Thread(target=llm.library_load, name="library", daemon=True).start()


@worker_shutting_down.connect
def lanes_close(**kwargs: Any) -> None:
    """A worker that is told to stop begins no other draft; the process waits for those begun."""
    runs.lanes.closed = trying.lanes.closed = True
