"""One word for what has several: on both sides, in both languages, and nothing merged by chance."""

import hashlib
import importlib
import json

import pytest
from django.apps import apps
from django.db import connection

from agents.knowledge.embedders import embedder_refit
from agents.knowledge.embedding import buckets
from agents.knowledge.vocabulary import CANONICAL, ENGLISH, KINDS, LABELS, SPANISH, one_word
from agents.knowledge.words import asked_words, plain, telling_stems, words_of
from agents.models import FitWanted, KnowledgeChunk, KnowledgeWord, LocalEmbedder
from integrations.folding import fold
from tests.agents.conftest import Salon
from tests.agents.knowledge.test_searching import ask, put

# Of the vocabulary when agents.0018 was written.
SPELLED = "26260bc540dafaeb"
MENU = """# Men's hair cut
45 minutes. 52 dollars.
# Highlights half head
120 minutes. Color service.
# Highlights half head and color
150 minutes. Color service.
# Color correction
By appointment after a consultation.
# Consultation
Free of charge, half an hour.
# Children (under 12)
30 minutes. Hair cut.
# Deep tissue massage
60 or 90 minutes.
# Silver sh 300ml
Brand: LOREAL. Retail.
"""


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("Gents haircut", "men hair cut"),
        ("a gent's cut", "a men cut"),
        ("MEN’S BLOW-DRY", "men blowdry"),
        ("it went orange", "it color correction"),
        ("corte de pelo para hombre", "hair cut para men"),
        ("¿Hacen depilación de cejas?", "¿hacen waxing de brow?"),
        ("Silver sh 300ml", "silver shampoo  300ml"),
        ("cleansing oil sh400ml", "cleansing oil shampoo 400ml"),
        ("masaje con 2 personas", "massage con 2 personas"),
        ("tan bueno", "tan bueno"),
        ("brazilian blowout", "brazilian smoothing"),
        ("a male therapist", "a male therapist"),
        ("can I make up the appointment", "can i make up the appointment"),
        ("is Nina free", "is nina free"),
        ("a gift card, or by credit card", "a gift card, or by card"),
        ("tarjeta de regalo", "gift card"),
        ("phone number of the salon", "phone of the salon"),
        ("a romance of tomatoes", "a romance of tomatoes"),
    ],
)
def test_what_is_said_in_several_ways_is_one_word(said: str, means: str) -> None:
    assert one_word(fold(said.replace("’", "'"))) == means


def test_spanish_peanuts_and_what_was_asked_for_are_no_manicure_and_no_pedicure() -> None:
    assert plain("mani pedi on Friday") == "manicure pedicure on friday"
    assert plain("es alérgica al aceite de maní") == "es alergica al oil de mani"
    assert plain("Pedí una cita para mañana con Kim").startswith("pedi una")


def test_an_answer_about_one_thing_is_none_about_what_it_is_a_kind_of() -> None:
    assert telling_stems("Do you take American Express?") != telling_stems("Do you take cards?")
    assert telling_stems("Do you do acrylics?") != telling_stems("Do you do manicures?")


def test_what_is_kept_was_spelled_by_the_same_words() -> None:
    said = json.dumps([ENGLISH, SPANISH, [short.pattern for short, _ in LABELS]], sort_keys=True)
    assert hashlib.sha256(said.encode()).hexdigest()[:16] == SPELLED, (
        "The vocabulary changed: pieces in salons' databases are still spelled by the old one. "
        "Write a migration like 0018_words_of_the_trade, then put the new digest here."
    )


def test_nothing_is_brought_to_two_words_and_every_word_stays_where_it_is_brought_to() -> None:
    spelled = [
        one for table in (ENGLISH, SPANISH) for said in table.values() for one in said.split(", ")
    ]
    assert len(spelled) == len(set(spelled))
    assert all(one == fold(one) for one in spelled)
    for word in {*ENGLISH, *SPANISH, *KINDS}:
        assert one_word(word) == word
    assert set(CANONICAL) >= KINDS


def test_one_word_has_one_stem_whatever_language_stands_around_it() -> None:
    assert words_of("masajes relajantes", "es")[0] == words_of("massages", "en")[0]
    assert words_of("mechas", "es") == words_of("foils", "en")
    assert buckets("mechas") == buckets("foils")
    assert asked_words("¿cuánto cuesta la manicura?").kinds == words_of("manicure")
    assert asked_words("is there parking").kinds == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("gents cut price", "Men's hair cut"),
        ("half head of foils and a base tint", "Highlights half head and color"),
        ("half head of foils", "Highlights half head"),
        ("I dyed it at home and it went orange, please fix", "Color correction"),
        ("can I talk to a stylist first", "Consultation"),
        ("¿cuánto cuesta un masaje?", "Deep tissue massage"),
        ("corte de caballero", "Men's hair cut"),
        ("corte para niños", "Children (under 12)"),
        ("silver shampoo", "Silver sh 300ml"),
    ],
)
def test_a_menu_is_found_by_what_clients_say(salon: Salon, question: str, heading: str) -> None:
    put(salon, MENU)
    found = ask(salon, question)
    assert found.known
    assert found.pieces[0].heading == heading


@pytest.mark.django_db
def test_a_kind_of_treatment_that_is_spoken_of_nowhere_is_not_offered(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(salon, MENU)
    asked = ("ear piercing for a child", "a massage and a pedicure", "¿hacen tatuajes de color?")
    for question in asked:
        assert not ask(salon, question).known, question
    assert ask(salon, "a massage for a child").known
    assert ask(salon, "a massage after a peel").known
    monkeypatch.setattr("agents.knowledge.words._kind_stems", frozenset)
    assert ask(salon, asked[0]).known


@pytest.mark.django_db
def test_a_heading_that_says_more_of_the_question_comes_first(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(salon, MENU)
    question = "half head of foils and a base tint"
    assert ask(salon, question).pieces[0].heading == "Highlights half head and color"
    monkeypatch.setattr("agents.knowledge.searching.BY_HEADING", 0.0)
    assert ask(salon, question).pieces[0].heading == "Highlights half head"


@pytest.mark.django_db
def test_what_was_kept_with_fewer_words_is_spelled_anew(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("agents.knowledge.words.one_word", lambda folded, **_: folded)
        put(salon, MENU.replace("Men's hair", "Gents hair"))
    assert not KnowledgeWord.objects.filter(word="men").exists()
    FitWanted.objects.all().delete()
    migration = importlib.import_module("agents.migrations.0018_words_of_the_trade")
    with connection.schema_editor() as editor:
        migration.spell_anew(apps, editor)
    assert not LocalEmbedder.objects.exists()
    assert FitWanted.objects.get().connection_id == salon.connection.pk
    assert ask(salon, "price of a men's cut").pieces[0].heading == "Gents hair cut"
    embedder_refit(salon.connection)
    chunk = KnowledgeChunk.objects.get(heading="Gents hair cut")
    words = KnowledgeWord.objects.filter(chunk=chunk)
    assert sum(words.values_list("times", flat=True)) == chunk.length
    assert set(words.values_list("connection_id", flat=True)) == {salon.connection.pk}
