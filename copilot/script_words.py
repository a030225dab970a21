"""What the scripts say, in the reader's language: each of their words is marked ``t("…")``, stands
in django.po like every other, and is served as one small file that a browser keeps.

Whoever reads English gets no file at all: the words in the scripts are theirs.
"""

import hashlib
import json
import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from copilot.access import public

SCRIPTS = Path(settings.BASE_DIR) / "static/js"
MARKED = re.compile(r"""\bt\("((?:[^"\\]|\\.)*)\"""")
KEPT = "public, max-age=31536000, immutable"


@cache
def marked_words() -> tuple[str, ...]:
    """Every text a script shows or says."""
    found = {
        words for path in SCRIPTS.glob("*.js") for words in MARKED.findall(path.read_text("utf-8"))
    }
    return tuple(sorted(found))


@cache
def words_script(language: str) -> str:
    """The file for one language: English words and how they are said there."""
    with translation.override(language):
        said = {words: gettext(words) for words in marked_words()}
    return f"window.deskWords = {json.dumps(said, ensure_ascii=False)};\n"


def words_url(language: str) -> str:
    """Where the file is; '' for English. Another text has another address."""
    if language.startswith("en"):
        return ""
    digest = hashlib.sha256(words_script(language).encode()).hexdigest()[:12]
    return reverse("script-words", args=[language, digest])


@public("The words of the page's own scripts; the page that asks who is there needs them, too.")
@require_GET
def script_words(request: HttpRequest, language: str, digest: str) -> HttpResponse:
    if language not in dict(settings.LANGUAGES):
        raise Http404("There is no such language.")
    answer = HttpResponse(words_script(language), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = KEPT
    return answer
