"""Reading JSON that strangers sent: no input may end in anything but a value or NotReadable."""

import json
from typing import Any

from integrations.platforms.base import NotReadable

DEEPEST = 60


def parsed(body: bytes) -> Any:
    """The JSON value of a body; NotReadable when it is none, or is nested absurdly deep.

    The limit is ours, not the interpreter's: a body that the web process could just read must not
    overflow the deeper stack of a worker later.
    """
    if body.count(b"[") + body.count(b"{") > DEEPEST and depth(body) > DEEPEST:
        raise NotReadable("nested too deep")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotReadable("not JSON") from None


def depth(body: bytes) -> int:
    """How deep brackets nest, strings left out; never less than the real depth of valid JSON."""
    level = deepest = 0
    inside = escaped = False
    for byte in body:
        if inside:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                inside = False
        elif byte == 0x22:
            inside = True
        elif byte in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"]}":
            level -= 1
    return deepest
