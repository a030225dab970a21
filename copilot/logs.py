"""Log lines for people who may not read clients' texts."""

import logging
from types import TracebackType

from core.errors import OutsideError

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WithoutWords(logging.Formatter):
    """Where an exception came from, without what it says.

    A database error quotes the row it refused, a parser the text it tripped over: names, numbers
    and notes of clients. The kind of exception and the lines of code are enough to find the fault;
    our own errors are written for people without client data and are said in full.
    """

    def formatException(self, ei: ExcInfo) -> str:
        lines = super().formatException(ei).splitlines()
        kept = [line for line in lines if line.startswith(("  File ", "Traceback"))]
        if isinstance(ei[1], OutsideError):
            kept.append(f"{type(ei[1]).__name__}: {ei[1].plain}")
        else:
            kept.append(ei[0].__name__ if ei[0] else "")
        return "\n".join(kept)
