"""Cells of a CSV that somebody opens in a spreadsheet."""

import json
from typing import Any


def harmless(value: Any) -> str:
    """A cell that a spreadsheet shows and never computes."""
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    number = isinstance(value, int | float)
    return f"'{text}" if not number and text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
