"""The right to listen to live hints: a signed token of a minute, made here and read by the stream.

The stream has neither session nor database, so the token carries all it needs. A right that was
taken away ends with the stream itself, which closes after a few minutes and asks for a new token.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.core import signing

SALT = "copilot.stream"
TOKEN_SECONDS = 60


@dataclass(frozen=True)
class Listening:
    """Whose stream it is and which locations it may hear of."""

    user: int
    locations: frozenset[int]


def token_make(user_id: int, locations: Collection[int]) -> str:
    return signing.dumps(
        {"user": user_id, "locations": sorted(locations)}, salt=SALT, compress=True
    )


def token_read(token: str) -> Listening | None:
    """What a token allows, or None when it is forged, altered or older than a minute."""
    try:
        said = signing.loads(token, salt=SALT, max_age=TOKEN_SECONDS)
        return Listening(int(said["user"]), frozenset(map(int, said["locations"])))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
