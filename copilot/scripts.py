"""The scripts of a page in one file, instead of one request for each of a dozen.

On a tablet's slow line every request costs a trip there and back, and a browser makes six at a
time: what a page cannot start without comes together. The scripts stay files of their own, in the
order given here; the words they say in another language stand before them.
"""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from copilot.access import public
from copilot.script_words import words_script

HTMX = "django_htmx/htmx-2.min.js"
LIST = ("js/list.js",)
# In the order in which a page needs them: htmx and ``desk.js`` are there before everything else.
BUNDLES: dict[str, tuple[str, ...]] = {
    "door": (HTMX, "js/desk.js"),
    "shell": (HTMX, "js/desk.js", "js/offline.js", "js/live.js", "js/park.js", "js/notice.js"),
    "queue": (*LIST, "js/queue.js", "js/press.js", "js/editor.js", "js/ask.js"),
    "conversations": (*LIST, "js/conversations.js", "js/press.js", "js/editor.js"),
}
WITH_WORDS = frozenset({"door", "shell"})
# A browser keeps a file for good: other contents have another address.
KEPT = "public, max-age=31536000, immutable"
ASKED_AGAIN = "no-cache"


@cache
def script(name: str, language: str) -> str:
    """One file: the reader's words where it begins with them, then its scripts."""
    parts = []
    if name in WITH_WORDS and not language.startswith("en"):
        parts.append(words_script(language))
    for path in BUNDLES[name]:
        found = finders.find(path)
        if not isinstance(found, str):
            raise LookupError(f"script {path} is not among the static files")
        parts.append(Path(found).read_text("utf-8"))
    # A script that ends without its semicolon must not swallow the next one.
    return "\n;\n".join(parts)


def digest(name: str, language: str) -> str:
    return hashlib.sha256(script(name, language).encode()).hexdigest()[:12]


def script_url(name: str, language: str) -> str:
    """Where a page's file is. ``name``: a key of ``BUNDLES``; ``language``: the reader's."""
    spoken = language if language in dict(settings.LANGUAGES) and name in WITH_WORDS else "en"
    return reverse("scripts", args=[name, spoken, digest(name, spoken)])


@public("The page's own scripts and their words; the page that asks who is there needs them, too.")
@require_GET
def scripts(request: HttpRequest, name: str, language: str, known: str) -> HttpResponse:
    if name not in BUNDLES or language not in dict(settings.LANGUAGES):
        raise Http404("There is no such script.")
    answer = HttpResponse(script(name, language), content_type="text/javascript; charset=utf-8")
    # While two versions run side by side, a page of the other one gets what there is, for once.
    answer.headers["Cache-Control"] = KEPT if known == digest(name, language) else ASKED_AGAIN
    return answer
