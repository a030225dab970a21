"""What the scripts say, in the reader's language: each of their words is marked ``t("…")``, stands
in django.po like every other, and comes with the scripts (``copilot/scripts.py``).

Whoever reads English gets none: the words in the scripts are theirs.
"""

import json
import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

SCRIPTS = Path(settings.BASE_DIR) / "static/js"
MARKED = re.compile(r"""\bt\("((?:[^"\\]|\\.)*)\"""")


@cache
def marked_words() -> tuple[str, ...]:
    """Every text a script shows or says."""
    found = {
        words for path in SCRIPTS.glob("*.js") for words in MARKED.findall(path.read_text("utf-8"))
    }
    return tuple(sorted(found))


@cache
def words_script(language: str) -> str:
    """The words of one language: English, and how they are said there."""
    with translation.override(language):
        said = {words: gettext(words) for words in marked_words()}
    return f"window.deskWords = {json.dumps(said, ensure_ascii=False)};\n"
