"""One spelling for comparing and searching texts. Nothing else is imported: rules use it bare."""

import unicodedata

# Letters that carry no combining mark to take off.
PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


def fold(text: str) -> str:
    """No accents, no case, single spaces, no hidden characters."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    kept = (char for char in spread if unicodedata.category(char) not in {"Mn", "Cf", "Cc", "Cs"})
    return " ".join("".join(kept).translate(PLAIN).split())


def unpatterned(text: str) -> str:
    """What was typed as LIKE finds it: letters, never a pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
