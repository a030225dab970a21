"""Who drafts the answers that no rule gives: an agent that said so, else a standard text here.

``approvals`` knows no agents; one that writes answers declares itself at start-up.
"""

from collections.abc import Callable

WritesHere = Callable[[int], bool]
_writers: dict[str, WritesHere] = {}


def answer_writer_declare(name: str, writes_here: WritesHere) -> None:
    """``writes_here(location_id)``: whether this writer drafts answers at that location now.

    It hears the same message, finds its Answer with the outcome ``person``, and drafts.
    """
    _writers[name] = writes_here


def answer_writer_forget(name: str) -> None:
    _writers.pop(name, None)


def somebody_writes(location_id: int) -> bool:
    return any(writes_here(location_id) for writes_here in _writers.values())
