from agents.models.config import AgentConfig, PromptVersion
from agents.models.runs import AgentRun

__all__ = ["AgentConfig", "AgentRun", "PromptVersion"]
