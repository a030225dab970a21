"""What Ask can look up. Each tool reads with the asker's rights, and none of them writes."""

from copilot.ask.tools import calendar, clients, free, salon, staff
from copilot.ask.tools.base import Found, Tool, tools

__all__ = ["Found", "Tool", "calendar", "clients", "free", "salon", "staff", "tools"]
