from agents.models.config import AgentConfig, PromptVersion
from agents.models.door import LanguageModel, ModelCall, ModelPrice
from agents.models.feedback import LowStarsModel
from agents.models.knowledge import (
    FitWanted,
    KnowledgeChunk,
    KnowledgeSource,
    KnowledgeVersion,
    KnowledgeWord,
    LocalEmbedder,
)
from agents.models.learning import Correction, HouseRule
from agents.models.retail import (
    CheckoutCard,
    CheckoutIdea,
    CheckoutSettings,
    RetailRule,
    RetailShelf,
)
from agents.models.returning import ClientOutlook, Outreach, ReturnModel
from agents.models.rules import LocationRules, PriceOffer
from agents.models.runs import AgentRun
from agents.models.scoring import RiskModel, VisitRisk
from agents.models.tries import TryRow, TryRun

__all__ = [
    "AgentConfig",
    "AgentRun",
    "CheckoutCard",
    "CheckoutIdea",
    "CheckoutSettings",
    "ClientOutlook",
    "Correction",
    "FitWanted",
    "HouseRule",
    "KnowledgeChunk",
    "KnowledgeSource",
    "KnowledgeVersion",
    "KnowledgeWord",
    "LanguageModel",
    "LocalEmbedder",
    "LocationRules",
    "LowStarsModel",
    "ModelCall",
    "ModelPrice",
    "Outreach",
    "PriceOffer",
    "PromptVersion",
    "RetailRule",
    "RetailShelf",
    "ReturnModel",
    "RiskModel",
    "TryRow",
    "TryRun",
    "VisitRisk",
]
