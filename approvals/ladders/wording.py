"""The salon's own way to say things, put to the texts of an offer.

Who keeps the rules of wording stands above this app and registers here how to put them to a text;
where nobody did, texts stay as they are rendered.
"""

from collections.abc import Callable, Sequence

from approvals.proposals import KnownFact

# (text, its language, what it may state) -> the text as this salon says it.
Say = Callable[[str, str, Sequence[KnownFact]], str]
_keepers: list[Callable[[int], Say]] = []


def wording_declare(keeper: Callable[[int], Say]) -> None:
    """Register ``keeper(location id)``; asked once for each list of offers that is rendered."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def wording_of(location_id: int) -> Say:
    """How this salon says things, as of now."""
    ways = [way for keeper in _keepers if (way := keeper(location_id)) is not as_written]
    if not ways:
        return as_written

    def say(text: str, language: str, known: Sequence[KnownFact]) -> str:
        for way in ways:
            text = way(text, language, known)
        return text

    return say


def as_written(text: str, language: str, known: Sequence[KnownFact]) -> str:
    """No wording of anybody's own."""
    return text
