"""The interface in English and Spanish: what staff read is translated, what clients read is not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Visitor
from django.utils import formats, translation
from django.utils.translation.template import templatize

from approvals import policy
from approvals.models import ApprovalItem, Effect
from approvals.templatetags.desk import when
from approvals.templatetags.shapes import SHAPES, spoken
from approvals.templatetags.waiting import title_said
from approvals.views.rows import TROUBLE
from copilot.script_words import marked_words
from copilot.shell import Shell
from core import clock
from integrations.models import User
from tests.support.desks import Desk, desk_make
from tests.support.guards import sources

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "locale/es/LC_MESSAGES"
NOW = datetime(2026, 6, 15, 17, tzinfo=UTC)
# Clients' own pages, which are in the client's language, and the owner's pages, in English so far.
NOT_THE_DESK = ("claim/", "channels/", "connect/", "admin/", "agents/", "ask/m", "ask/s")
CALL = re.compile(r"(?<!\w)(gettext|ngettext|_)\(\s*(u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))")
WORD = re.compile(r"[A-Za-z]{3,}")
MAY_STAND = {"Front Desk Copilot", "English", "Español"}


def spanish() -> dict[Any, str]:
    """The compiled texts, by their English words (plurals: words and number of the form)."""
    with (FOLDER / "django.mo").open("rb") as file:
        return dict(GNUTranslations(file)._catalog)  # type: ignore[attr-defined]


def desk_templates() -> list[Path]:
    found = sorted((ROOT / "templates").rglob("*.html"))
    return [p for p in found if not str(p.relative_to(ROOT / "templates")).startswith(NOT_THE_DESK)]


def marked(path: Path) -> set[str]:
    """What a template asks to have translated, found the way Django's own tools find it."""
    python = templatize(path.read_text(), origin=str(path))
    return {ast.literal_eval(found[2]) for found in CALL.finditer(python)}


@cache
def written() -> dict[str, list[str]]:
    """English words and their Spanish forms, as the .po file has them."""
    found: dict[str, list[str]] = {}
    for block in (FOLDER / "django.po").read_text().split("\n\n"):
        said = re.findall(r'^(msgid|msgstr(?:\[\d\])?) (".*")$', block, re.MULTILINE)
        if said and said[0][1] != '""':
            texts = [ast.literal_eval(text) for _kind, text in said]
            found[texts[0]] = texts[1:]
    return found


@pytest.mark.parametrize(
    "path", desk_templates(), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_every_marked_word_of_the_desk_is_in_spanish(path: Path) -> None:
    known = written()
    missing = [words for words in marked(path) if not all(known.get(words, [""]))]
    assert not missing, f"add them to django.po, and compile it: {missing}"


def test_the_compiled_texts_are_as_new_as_the_written_ones() -> None:
    catalog, compiled = spanish(), 0
    for words, forms in written().items():
        kept = (
            [catalog.get((words, number)) for number in range(2)]
            if len(forms) > 1
            else [catalog.get(words)]
        )
        assert kept == forms, f"compile django.po again: {words}"
        compiled += len(forms)
    assert compiled == len([key for key in catalog if key])


def test_no_spanish_text_lost_a_part_that_is_filled_in() -> None:
    for words, forms in written().items():
        wanted = set(re.findall(r"%\(\w+\)s", words))
        for form in forms:
            assert set(re.findall(r"%\(\w+\)s", form)) == wanted, words


@pytest.mark.parametrize(
    "path", desk_templates(), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_no_sentence_of_the_desk_stands_unmarked(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"\{% blocktranslate.*?endblocktranslate %\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{[{%].*?[}%]\}", "", text, flags=re.DOTALL)
    text = re.sub(r"<(kbd|script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    runs = [run.strip(" \n·") for run in re.findall(r">([^<>]+)<", text)]
    left = [run for run in runs if WORD.search(run) and run not in MAY_STAND]
    assert not left


def test_words_that_code_chooses_from_a_list_are_in_spanish() -> None:
    words = [group.label for group in policy.GROUPS.values()]
    words += [*policy.REJECT_REASONS.values(), *policy.HOLD_REASONS.values()]
    words += [said for said, _tone in TROUBLE.values()]
    words += [str(state.label) for state in ApprovalItem.State]
    assert not [word for word in words if word not in spanish()]


def test_every_word_of_the_scripts_is_in_spanish_and_marked() -> None:
    words = marked_words()
    assert len(words) > 40
    assert not [one for one in words if one not in spanish()]
    said = re.compile(r"""(?:say\(|text: |textContent = |aria-label", )["`][A-Za-z$][A-Za-z{]""")
    for script in sorted((ROOT / "static/js").glob("*.js")):
        assert not said.findall(script.read_text()), f"mark it t(…) in {script.name}"


def test_who_reads_spanish_gets_the_scripts_words_once_and_english_none(desk: Desk) -> None:
    maria = desk.person("Maria Ruiz", preferences={"language": "es"})
    html = visitor(maria).get("/preferences/").content.decode()
    url = re.findall(r'src="(/scripts/shell\.es\.[0-9a-f]+\.js)"', html)[0]
    answer = Visitor().get(url)
    assert answer.content.decode().count("Siga presionando") == 1
    User.objects.filter(pk=maria.pk).update(preferences={"language": "en"})
    html = visitor(maria).get("/preferences/").content.decode()
    url = re.findall(r'src="(/scripts/shell\.en\.[0-9a-f]+\.js)"', html)[0]
    assert "Siga presionando" not in Visitor().get(url).content.decode()


def test_sentences_of_services_are_said_in_spanish_with_what_is_filled_in(desk: Desk) -> None:
    assert not [shape for shape in SHAPES if shape not in spanish()]
    with translation.override("es"):
        assert spoken("Dana gets no more texts.") == "Dana no recibe más SMS."
        assert spoken("It is settled already.") == "Ya está resuelto."
        hostile = "<b>%(who)s</b> gets no more texts."
        assert spoken(hostile) == "<b>%(who)s</b> no recibe más SMS."
        assert spoken("Nobody wrote this.") == "Nobody wrote this."
    assert spoken("Dana gets no more texts.") == "Dana gets no more texts."
    maria = desk.person("Maria Ruiz", preferences={"language": "es"})
    form = {"location": desk.location.pk, "reason": " "}
    page = visitor(maria).post("/sending/pause/", form, follow=True).content.decode()
    assert "Diga por qué, para que todos lo sepan." in page


CLASHES = {
    "Ana R. comes 10 minutes late for 2 pm and is not here yet":
        "Ana R. llega 10 minutos tarde a su cita (2 pm) y todavía no está aquí",
    "It does not fit: Bea W. is next at 3 pm, 15 minutes too soon and the house closes at 6 pm.":
        "No cabe: Bea W. sigue a las 3 pm, 15 minutos demasiado pronto y el local cierra a las "
        "6 pm.",
    "They did not say by how much. Up to 10 minutes still fit.":
        "No dijo cuánto. Hasta 10 minutos todavía caben.",
    "Bea W. begins 15 minutes later, at 3:15 pm. Nothing after that is touched.":
        "Bea W. empieza 15 minutos más tarde, a las 3:15 pm. Lo de después no se toca.",
    "Shorten: Express (30 minutes) instead of Long facial.":
        "Acortar: Express (30 minutos) en lugar de Long facial.",
    "Next free: 4:30 pm with Sarah Lind.": "Siguiente hora libre: 4:30 pm con Sarah Lind.",
    "Move Ana R. to 4:30 pm": "Pasar a Ana R. a las 4:30 pm",
    "Sarah Lind has been told.": "Sarah Lind ya está al tanto.",
    "10 min late · does not fit": "10 min tarde · no cabe",
    "Sarah Lind has two at once, Fri 2:30 pm": "Sarah Lind tiene dos citas a la vez, vie 2:30 pm",
    "Ana R. (Massage, 2 pm to 3 pm) and Bea W. (Facial, 2:30 pm to 3:30 pm)":
        "Ana R. (Massage, 2 pm a 3 pm) y Bea W. (Facial, 2:30 pm a 3:30 pm)",
    "Ana R.: Marcus, Tess or Joy could do it at the same time.":
        "Ana R.: Marcus, Tess o Joy podrían hacerlo a la misma hora.",
    "Nobody and nothing else is free that day. Please call one of them.":
        "Nadie ni nada más está libre ese día. Por favor, llame a uno de los dos.",
}  # fmt: skip


@pytest.mark.parametrize("said", CLASHES)
def test_a_clash_a_late_client_and_the_ways_out_are_said_in_spanish(said: str) -> None:
    with translation.override("es"):
        assert spoken(said) == CLASHES[said]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with clock.frozen(NOW):
        yield desk_make()


def visitor(user: User) -> Visitor:
    browser = Visitor()
    browser.force_login(user)
    return browser


def test_a_person_who_chose_spanish_reads_spanish_on_every_desk_page(desk: Desk) -> None:
    maria = desk.person("Maria Ruiz", preferences={"language": "es"})
    desk.draft()
    pages = {
        "/": "1 borrador por revisar",
        "/today/": "Alguien no está",
        "/preferences/": "Preferencias",
        "/nowhere/": "Aquí no hay nada para usted",
    }
    for path, words in pages.items():
        html = visitor(maria).get(path, headers={"Accept-Language": "en"}).content.decode()
        assert words in html, path
        assert '<html lang="es"' in html, path
        assert "Por llamar" in html or path == "/nowhere/", path


def test_the_browser_decides_until_a_person_chooses(desk: Desk) -> None:
    sign_in = Visitor().get("/sign-in/", headers={"Accept-Language": "es-MX,es;q=0.9"})
    assert "Contraseña" in sign_in.content.decode()
    assert sign_in.headers["Content-Language"] == "es"
    maria = desk.person("Maria Ruiz")
    browser = visitor(maria)
    browser.post("/preferences/", {"language": "en"})
    html = browser.get("/preferences/", headers={"Accept-Language": "es"}).content.decode()
    assert "Preferences" in html


def test_preferences_keep_the_language_and_what_is_read(desk: Desk) -> None:
    maria = desk.person("Maria Ruiz")
    browser = visitor(maria)
    browser.post("/preferences/", {"language": "es", "reads_asked": "1", "reads": ["es", "xx"]})
    maria.refresh_from_db()
    assert (maria.language, maria.languages) == ("es", ["es"])
    browser.post("/preferences/", {"language": "klingon", "reads_asked": "1"})
    maria.refresh_from_db()
    assert (maria.language, maria.languages) == ("es", ["en", "es"])


def test_a_press_is_answered_in_the_persons_language(desk: Desk) -> None:
    maria = desk.person("Maria Ruiz", preferences={"language": "es"})
    item = desk.draft()
    said = {"revision": item.revision_id, "reason": "bad_timing"}
    answer = visitor(maria).post(f"/drafts/{item.pk}/reject/", said, headers={"HX-Request": "true"})
    toasts = answer.headers["HX-Trigger-After-Settle"].encode().decode("unicode_escape")
    assert "No se envió: mal momento." in toasts


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("offered to Grace L. and Ana R. until 10:20 am",
         "se ofreció a Grace L. y Ana R. hasta las 10:20 am"),
        ("Ana R. has it, after 2 offers.", "La tiene Ana R., tras 2 ofertas."),
        ("Nobody took it: Grace W. did not answer, Owen W. said no.",
         "Nadie la tomó: Grace W. no contestó, Owen W. dijo que no."),
        ("Grace L. said yes. It is being booked.", "Grace L. dijo que sí. Se está reservando."),
        ("Owen W. said yes by text, too late.",
         "Owen W. dijo que sí por mensaje, demasiado tarde."),
        ("Waits for Facial · Asked for Sarah · Has waited 12 days",
         "Espera Facial · Pidió a Sarah · Espera desde hace 12 días"),
        ("asked about today at 4 pm, can answer until Friday at 9 am",
         "se le preguntó por hoy a las 4 pm, puede contestar hasta el viernes a las 9 am"),
        ("Nobody in time.", "Nadie a tiempo."),
        ("My cat is by text", "My cat is by text"),
        ("A note: of theirs, and more", "A note: of theirs, and more"),
        ("Was asked for the same hour and said no.",
         "Ya se le preguntó por la misma hora y dijo que no."),
        ("." * 300, "." * 300),
        (", , . ", ", , . "),
        ("x: " * 60 + "by text" * 10, "x: " * 60 + "by text" * 10),
    ],
)  # fmt: skip
def test_what_happened_with_a_slot_is_said_in_the_readers_language(words: str, said: str) -> None:
    assert spoken(words) == words
    with translation.override("es"):
        assert spoken(words) == said


def test_a_title_says_its_weekday_in_the_readers_language() -> None:
    assert title_said("Sun 2:30 pm: Facial") == "Sun 2:30 pm: Facial"
    with translation.override("es"):
        assert title_said("Sun 2:30 pm: Facial") == "dom 2:30 pm: Facial"
        assert title_said("Sun Lee") == "Sun Lee"


def test_what_an_english_client_reads_does_not_depend_on_who_approves(desk: Desk) -> None:
    item = desk.draft()
    assert item.revision is not None
    maria = desk.person("Maria Ruiz", preferences={"language": "es"})
    seen = {"revision": item.revision.pk, "evidence": item.revision.evidence_sha256}
    visitor(maria).post(f"/drafts/{item.pk}/approve/", seen, headers={"HX-Request": "true"})
    effect = Effect.objects.get(item=item)
    assert b"Hi Dana, see you soon at Maple Street." in bytes(effect.body or b"")


def test_nothing_that_writes_texts_asks_for_the_interfaces_language() -> None:
    may = ("approvals/views/", "approvals/templatetags/", "approvals/reading_line.py", "copilot/")
    for source in sources():
        path = str(source.path)
        if path.startswith(("agents/", "approvals/", "integrations/")) and not path.startswith(may):
            assert "django.utils.translation" not in source.text, path
            assert "django.utils.formats" not in source.text, path


def test_numbers_are_spelled_alike_in_both_languages() -> None:
    with translation.override("es"):
        assert formats.number_format(1250.5, 2) == "1250.50"
        assert formats.number_format(1250.5, 2, use_l10n=True, force_grouping=True) == "1,250.50"


def test_hours_are_said_in_the_readers_language() -> None:
    with clock.frozen(NOW), translation.override("es"):
        assert when(NOW, UTC) == "hoy a las 5 pm"
        assert when(datetime(2026, 6, 19, 21, 30, tzinfo=UTC), UTC) == "el viernes a las 9:30 pm"
        assert when(datetime(2026, 8, 3, 21, 30, tzinfo=UTC), UTC) == "ago 3 a las 9:30 pm"


def test_every_place_of_the_navigation_is_in_spanish(desk: Desk) -> None:
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.user = desk.person("Maria Ruiz", "owner")
    groups = Shell(request).groups
    labels = [group.title for group in groups if group.title]
    labels += [place.label for group in groups for place in group.places]
    assert labels
    assert not [label for label in labels if label not in spanish()]
