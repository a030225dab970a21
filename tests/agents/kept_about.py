"""A row of every table that can speak of a client, with a canary in every field that holds words.

Found by following foreign keys, so that a table or a field is in from its first day. What is not
filled here is named below with its reason; a table in no list makes a test ask what it is.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import NOT_PROVIDED

from agents.models import AgentRun, TryRow
from approvals.models import (
    Absence,
    Action,
    ApprovalItem,
    Decision,
    Effect,
    Evidence,
    Offer,
    OfferStep,
    Opening,
    Revision,
    SeededDraft,
)
from integrations.models import (
    Appointment,
    Client,
    ClientWord,
    Consent,
    Feedback,
    FormResponse,
    Message,
    WaitlistEntry,
)

Model = type[models.Model]
OURS = {
    "core", "integrations", "approvals", "agents", "copilot", "digest", "ask", "visits", "impact",
    "leaving",
}  # fmt: skip
WORDY = (
    models.CharField, models.TextField, models.JSONField, models.DateField, models.BinaryField,
)  # fmt: skip
# Planted one by one in canaries.py, where a person's own words belong in them.
PLANTED: frozenset[Model] = frozenset(
    {Client, Consent, Message, Feedback, FormResponse, WaitlistEntry, Appointment}
)
# Written by services and triggers from the planted ones; the database refuses rows made by hand.
DERIVED: frozenset[Model] = frozenset(
    {
        ClientWord, AgentRun, ApprovalItem, Revision, Action, Evidence, Decision, Effect, Opening,
        Offer, OfferStep, SeededDraft, Absence, TryRow,
    }
)  # fmt: skip
# Tables without a way to a client, and why none of them holds one's words.
ELSEWHERE: dict[str, str] = {
    "digest.DigestChoice digest.DigestMark digest.DigestUnopened": "a manager's own choices",
    "digest.Digest": "counts and ids; its sentences are made of figures",
    "ask.CannedAnswer": "the salon's own answers, written by managers",
    "impact.ImpactAssumption approvals.LocationTrust": "settings",
    "leaving.Leaving leaving.LeavingPart": "the salon's own copy, on its way to it",
    "agents.PromptVersion agents.AgentConfig agents.LanguageModel agents.ModelPrice": "settings",
    "agents.CheckoutSettings agents.RetailRule agents.LocationRules agents.PriceOffer": "settings",
    "agents.LowStarsModel agents.ReturnModel agents.RiskModel agents.RetailShelf": "fitted figures",
    "agents.KnowledgeSource agents.KnowledgeVersion agents.KnowledgeChunk": "the salon's material",
    "agents.KnowledgeWord agents.LocalEmbedder agents.FitWanted": "words of the salon's material",
    "agents.HouseRule": "wording without names, checked when it is kept",
    "agents.TryRun": "what an admin tries: prompt and settings",
    "approvals.SendingPause approvals.StandingGrant approvals.PushDevice": "of the staff",
    "approvals.HandOver approvals.Notice": "ids of drafts, and who of the staff",
    "approvals.ScheduleConflict approvals.CalendarLook": "ids and times",
    "integrations.User integrations.HandGrant integrations.Invitation integrations.Pin": "staff",
    "integrations.StaffMember integrations.Station integrations.LocationRole": "staff",
    "integrations.RoleRight integrations.LocationUserPermission": "rights",
    "integrations.LocationGroupPermission": "rights",
    "integrations.Shift integrations.Service integrations.Product": "what the salon offers",
    "integrations.Connection integrations.Location integrations.SyncRun": "the salon itself",
    "integrations.ChannelAccount integrations.ChannelChoice integrations.QuietRule": "the salon",
    "integrations.InboundEvent integrations.ListenerRetry": "planted as deliveries",
    "core.AuditEvent core.AuditDetail core.AuditSeal core.AuditProof": "written by services",
    "core.Secret core.Heartbeat": "of the installation",
}
# Fields of linked tables that programs or the staff's names fill, wherever they stand; an error is
# kept as its kind alone (shown in test_canaries by an exception that quotes a client).
BY_PROGRAMS = frozenset(
    {
        "agent", "model", "writer", "key", "batch", "channel", "language", "why", "as_of", "kind",
        "external_id", "visit_id", "currency", "resource_id", "user_name", "prompt_text", "event",
        "segments", "tagged", "meaning", "digit", "last_visit_on", "left_out", "answered_on",
        "planted", "stand_ins", "outcome", "house_rules", "look", "why_not", "field",
        "last_error",
    }
)  # fmt: skip
# The shape some of them have to have, or a row that could not be of this client at all.
SHAPED: dict[tuple[str, str], Any] = {
    ("AskTurn", "clients"): lambda who: [who.client.pk],
    ("AskTurn", "blocks"): lambda who: [],
    ("AskTurn", "sources"): lambda who: [],
    ("AskTalk", "veil"): lambda who: {},
    ("ThreadMark", "sender"): lambda who: "",
    ("ParkedSpot", "path"): lambda who: "/drafts/",
    ("AbsenceLine", "parts"): lambda who: [
        [who.visit.pk, who.visit.starts_at.isoformat(), who.visit.ends_at.isoformat()]
    ],
    ("AbsenceLine", "choice"): lambda who: {},
    ("AbsenceLine", "others"): lambda who: [],
    # What was sold, as the catalogue calls it.
    ("SaleLine", "name"): lambda who: "Argan oil",
}
SHORT = 12


def ours() -> list[Model]:
    return [one for one in apps.get_models() if one._meta.app_label in OURS]


def speaks_of_clients() -> list[Model]:
    """Every table of ours from which a chain of foreign keys leads to a client."""
    found: set[Model] = {Client}
    grew = True
    while grew:
        more = {one for one in ours() if one not in found and _parents(one) & found}
        grew = bool(more)
        found |= more
    return [one for one in ours() if one in found]


def _parents(model: Model) -> set[Model]:
    fields = model._meta.concrete_fields
    return {one.related_model for one in fields if one.is_relation}  # type: ignore[misc]


def unexplained() -> list[str]:
    """Tables of ours that are neither planted, derived, filled here, nor named with a reason."""
    named = {label for labels in ELSEWHERE for label in labels.split()}
    linked = set(speaks_of_clients())
    return sorted(
        one._meta.label for one in ours() if one not in linked and one._meta.label not in named
    )


def filled() -> list[Model]:
    """The tables that get a row of their own here."""
    known = PLANTED | DERIVED
    return [one for one in speaks_of_clients() if one not in known]


def word_fields(model: Model) -> list[Any]:
    """Fields in which somebody's words could stand."""
    return [
        one
        for one in model._meta.concrete_fields
        if isinstance(one, WORDY) and not isinstance(one, models.DateTimeField)
        and not one.choices and one.name not in BY_PROGRAMS and not one.name.endswith("_name")
        and (model.__name__, one.name) not in SHAPED
        and not (one.max_length and one.max_length < SHORT)
    ]  # fmt: skip


def kept_about(who: Any, pool: dict[Model, Any], mark: str) -> list[str]:
    """One row of each, about ``who``; what was planted. ``pool``: rows that it may point at."""
    pool, said = dict(pool), []
    for model in filled():
        if model not in pool:
            pool[model] = _made(model, who, pool, mark)
        said += [canary(one, mark) for one in word_fields(model)]
    return said


def _made(model: Model, who: Any, pool: dict[Model, Any], mark: str) -> Any:
    values: dict[str, Any] = {}
    planted = set(word_fields(model))
    for one in model._meta.concrete_fields:
        if (model.__name__, one.name) in SHAPED:
            values[one.name] = SHAPED[model.__name__, one.name](who)
        elif one.is_relation:
            values[one.name] = _pointed(one, who, pool, mark)
        elif one in planted:
            values[one.name] = in_its_shape(one, canary(one, mark))
        elif one.default is NOT_PROVIDED and not (one.null or one.blank or one.primary_key):
            values[one.name] = _anything(one, mark)
    return model._default_manager.create(**values)


def _pointed(one: Any, who: Any, pool: dict[Model, Any], mark: str) -> Any:
    target = one.related_model
    if target not in pool and not one.null:
        pool[target] = _made(target, who, pool, mark)
    return pool.get(target)


def canary(one: Any, mark: str) -> str:
    """A word of its own for a field, cut to what fits."""
    word = f"{one.model._meta.model_name}{one.name.replace('_', '')}{mark}"
    return word[-one.max_length :] if one.max_length else word


def in_its_shape(one: Any, word: str) -> Any:
    if isinstance(one, models.JSONField):
        return {"said": word} if one.default is dict else [word]
    return word.encode() if isinstance(one, models.BinaryField) else word


def _anything(one: Any, mark: str) -> Any:
    """A value for a field that has to have one and holds nobody's words."""
    from core import clock

    if isinstance(one, models.DateTimeField):
        return clock.now()
    if isinstance(one, models.DateField):
        return clock.now().date()
    if isinstance(one, (models.CharField, models.TextField)):
        return one.choices[0][0] if one.choices else mark[: one.max_length]
    return 1


def not_planted(mark: str) -> list[str]:
    """Fields of the filled tables in which no row holds its canary."""
    missing = []
    with connection.cursor() as cursor:
        for model in filled():
            for one in word_fields(model):
                column = connection.ops.quote_name(one.column)
                cursor.execute(
                    f"SELECT 1 FROM {connection.ops.quote_name(model._meta.db_table)} "
                    f"WHERE strpos({column}::text, %s) > 0",
                    [canary(one, mark)],
                )
                if cursor.fetchone() is None:
                    missing.append(f"{model.__name__}.{one.name}")
    return missing
