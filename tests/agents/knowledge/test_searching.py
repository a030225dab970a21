"""What is found in the salon's material, and what never is: another place, another time."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from agents.knowledge.embedders import embedder_in_use, embedder_refit
from agents.knowledge.files import Unreadable
from agents.knowledge.indexing import (
    About,
    knowledge_file_put,
    knowledge_put,
    knowledge_retire,
    knowledge_revert,
    knowledge_text_put,
)
from agents.knowledge.platform import platform_read
from agents.knowledge.searching import Answer, knowledge_search
from agents.knowledge.splitting import Piece
from agents.models import KnowledgeChunk, KnowledgeSource, KnowledgeVersion, LocalEmbedder
from core.audit import Actor
from core.models import AuditEvent
from integrations.models import Location, Product, Service
from tests.agents.conftest import Salon

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 12)
BY = Actor.system("test")
RULES = About("own:rules", "Rules", KnowledgeSource.Kind.POLICY)
SAID = """# Cancelling
Up to 24 hours before the appointment it costs nothing.
# Parking
Behind the house, the first hour is free.
# Dogs
Small dogs may come along if they stay on their blanket.
# Gift cards
They are good for three years and can be split over several appointments.
"""


def put(salon: Salon, text: str = SAID, location: Location | None = None, **about: Any) -> Any:
    kept = knowledge_text_put(
        actor=BY,
        connection=salon.connection,
        location=location,
        about=replace(RULES, **about),
        text=text,
    )
    embedder_refit(salon.connection)
    return kept.version.source


def ask(salon: Salon, question: str, place: Location | None = None, day: date = TODAY) -> Answer:
    return knowledge_search(location=place or salon.location, question=question, today=day)


def other_place(salon: Salon) -> Location:
    return Location.objects.create(
        connection=salon.connection, external_id="loc_2", name="Harbor", timezone="UTC"
    )


def test_the_right_piece_comes_first_also_with_a_typing_mistake(salon: Salon) -> None:
    put(salon)
    assert ask(salon, "Can I bring my dog?").pieces[0].heading == "Dogs"
    assert ask(salon, "is parkng behnd the house").pieces[0].heading == "Parking"
    found = ask(salon, "Until when can I cancel an appointment?")
    assert found.known and found.pieces[0].text.startswith("Up to 24 hours")


def test_what_the_material_does_not_hold_is_not_known(salon: Salon) -> None:
    put(salon)
    for question in ("Do you pierce ears?", "qwertz", "", "\x00", "¿?", "do you sell tires"):
        assert not ask(salon, question).known, question


def test_another_locations_text_is_never_found(salon: Salon) -> None:
    harbor = other_place(salon)
    put(salon, "# Dogs\nNo dogs at the harbor, sorry.", harbor)
    put(salon, "# Gift cards\nEverywhere.", key="own:gifts")
    put(salon, "# Dogs\nSmall dogs are welcome.", salon.location)
    here = {piece.text for piece in ask(salon, "dogs gift cards").pieces}
    assert here == {"Everywhere.", "Small dogs are welcome."}
    there = {piece.text for piece in ask(salon, "dogs gift cards", harbor).pieces}
    assert there == {"Everywhere.", "No dogs at the harbor, sorry."}
    stranger = Salon.__new__(Salon)
    Salon.__init__(stranger)
    assert not ask(stranger, "dogs gift cards").pieces


def test_a_text_holds_from_its_first_to_its_last_day(salon: Salon) -> None:
    put(salon, valid_from=TODAY, valid_until=TODAY + timedelta(days=1))
    days = [ask(salon, "dogs", day=TODAY + timedelta(days=n)).known for n in (-1, 0, 1, 2)]
    assert days == [False, True, True, False]


def test_a_newer_version_replaces_and_an_older_one_comes_back(salon: Salon) -> None:
    source = put(salon)
    assert not knowledge_text_put(
        actor=BY, connection=salon.connection, location=None, about=RULES, text=SAID
    ).changed
    put(salon, "# Dogs\nNo dogs any more.")
    assert [piece.text for piece in ask(salon, "dogs").pieces] == ["No dogs any more."]
    knowledge_revert(actor=BY, source=source, number=1)
    assert ask(salon, "dogs").pieces[0].text.startswith("Small dogs")
    knowledge_retire(actor=BY, source=source)
    assert not ask(salon, "dogs").pieces
    said = AuditEvent.objects.filter(subject=f"knowledge:{source.pk}").order_by("pk")
    names = [event.action.removeprefix("knowledge.") for event in said]
    assert names == ["added", "added", "reverted", "retired"]


def test_a_file_that_cannot_be_read_leaves_the_old_version_in_use(salon: Salon) -> None:
    source = put(salon)
    with pytest.raises(Unreadable, match="line 1"):
        knowledge_file_put(
            actor=BY,
            connection=salon.connection,
            location=None,
            about=RULES,
            name="rules.csv",
            data=b"a,b\n",
        )
    refused, kept = KnowledgeVersion.objects.filter(source=source).order_by("-number")
    assert "needs one column" in refused.problem and not refused.current
    assert kept.current and ask(salon, "dogs").pieces[0].heading == "Dogs"
    with pytest.raises(KnowledgeVersion.DoesNotExist):
        knowledge_revert(actor=BY, source=source, number=refused.number)


def test_vectors_of_another_embedder_are_never_compared(salon: Salon) -> None:
    put(salon)
    near = ask(salon, "doggs")
    assert near.pieces and near.pieces[0].heading == "Dogs"
    KnowledgeChunk.objects.update(embedder="local-3-of-somebody-else")
    assert not ask(salon, "doggs").pieces
    assert ask(salon, "dogs").pieces[0].heading == "Dogs"
    assert embedder_refit(salon.connection) is not None
    assert ask(salon, "doggs").pieces[0].heading == "Dogs"


def test_the_embedder_is_fitted_again_only_where_texts_changed(salon: Salon) -> None:
    put(salon)
    first = LocalEmbedder.objects.get().name
    assert embedder_refit(salon.connection) is None
    put(salon, SAID + "# Wifi\nAsk for the word of the day.")
    assert LocalEmbedder.objects.get().name != first
    fresh = embedder_in_use(salon.connection)
    assert fresh is not None
    assert set(KnowledgeChunk.objects.values_list("embedder", flat=True)) == {fresh.name}


def test_the_platforms_menu_products_and_hours_answer_too(salon: Salon) -> None:
    Service.objects.filter(pk=salon.service.pk).update(aftercare="Drink water.", minutes=90)
    serum = Product.objects.create(
        connection=salon.connection, external_id="p1", name="Rose serum", ingredients="rosehip"
    )
    assert platform_read(salon.connection) == 4
    assert platform_read(salon.connection) == 0
    assert "90 minutes" in str(ask(salon, "how many minutes is a hot stone massage").pieces[:2])
    assert ask(salon, "anything with rosehip").pieces[0].heading == "Rose serum"
    assert "Saturday: 9 am to 6 pm" in ask(salon, "are you open on saturday").pieces[0].text
    serum.delete()
    assert platform_read(salon.connection) == 1
    assert not ask(salon, "rosehip").known


def test_spanish_material_is_found_by_the_stems_of_spanish(salon: Salon) -> None:
    put(
        salon,
        "# Cancelaciones\nLas citas se pueden cancelar sin costo hasta un d\u00eda antes.\n"
        "# Ni\u00f1os\nLos ni\u00f1os vienen con una persona mayor.\n"
        "# Dogs\nSmall dogs are welcome.\n",
    )
    first = [
        knowledge_search(location=salon.location, question=one, today=TODAY, arms="words").pieces[0]
        for one in ("\u00bfPuedo cancelarla?", "\u00bfviene una ni\u00f1a?", "my dog")
    ]
    assert [piece.heading for piece in first] == ["Cancelaciones", "Ni\u00f1os", "Dogs"]


def test_a_question_costs_four_statements_however_much_there_is(
    salon: Salon, django_assert_num_queries: Any
) -> None:
    pieces = [Piece(f"Heading {n // 3}", f"Text {n} about dogs and cats") for n in range(90)]
    knowledge_put(actor=BY, connection=salon.connection, location=None, about=RULES, pieces=pieces)
    embedder_refit(salon.connection)
    place = Location.objects.select_related("connection").get(pk=salon.location.pk)
    with django_assert_num_queries(4):
        ask(salon, "dogs", place)
    with django_assert_num_queries(3):
        assert len(ask(salon, "dogs", place).pieces) == 5
