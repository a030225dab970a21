"""Words of health and wishes, found by rules; nothing is advised and nothing denied is flagged."""

from __future__ import annotations

import pytest

from agents.health import health_in, sentences_of, touching, wishes_in


def said(text: str) -> list[str]:
    return [one.text for one in health_in(sentences_of(text, "notes"))]


@pytest.mark.parametrize(
    "text",
    ["Allergic to nuts", "Pregnant, 5 months", "Alérgica al látex", "on blood thinners",
     "uses Retin-A at night", "had knee surgery in May", "Heart condition", "stroke last year",
     "gets cold sores", "hip replacement in 2024", "slipped disc", "Botox two days ago",
     "clotting disorder", "Had a heart transplant", "was feeling faint", "broke her wrist",
     "hemofilia", "pie de atleta", "embolism", "sciatic nerve pain", "dermatitis",
     "still breastfeeding", "fainted at the last visit", "hongos en las uñas"],
)  # fmt: skip
def test_what_concerns_health_is_found_as_it_was_written(text: str) -> None:
    assert said(f"Likes tea. {text}. Comes on Fridays") == [text]


@pytest.mark.parametrize(
    "text", ["No known allergies", "not pregnant", "sin alergias", "Any allergies: none given",
             "Likes tea", "", "\x00", "prefers a faint scent", "loves long strokes", "big heart",
             "nursing student", "Mi corazon, muchas gracias", "lymphatic drainage",
             "brush stroke balayage",
             "never had a stroke", "no cold sores"]
)  # fmt: skip
def test_what_is_denied_or_concerns_nothing_is_left_alone(text: str) -> None:
    found = said(text)
    assert found == [] or "none given" in text


@pytest.mark.parametrize(
    ("service", "text", "touches"),
    [
        ("Hot stone massage", "on blood thinners", True),
        ("Hot stone massage", "uses retinol", False),
        ("Glow facial", "uses retinol", True),
        ("Balayage", "allergic to ppd", True),
        ("Balayage", "knee surgery", False),
        ("Something new", "knee surgery", True),
        ("Deep tissue massage", "blood clot in her leg", True),
        ("Deep tissue massage", "gets cold sores", False),
        ("Glow facial", "Botox two days ago", True),
        ("Gel manicure", "fungal infection", True),
        ("Balayage", "alopecia", True),
        ("Balayage", "scoliosis", False),
        ("Infrared sauna", "faints easily", True),
    ],
)
def test_only_what_touches_the_service_is_flagged(service: str, text: str, touches: bool) -> None:
    assert bool(touching(service, sentences_of(text, "notes"))) is touches


def test_a_wish_keeps_its_sentence_and_the_later_one_wins() -> None:
    found = wishes_in(sentences_of("Firm pressure! Later: light pressure please", "notes"))
    assert [(one.name, one.value) for one in found] == [("pressure", "light")]
    assert found[0].sentence.text == "Later: light pressure please"


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("No firm pressure please", {}),
        ("Does not like deep pressure", {}),
        ("Don\u2019t use deep pressure; light pressure only", {"pressure": "light"}),
        ("Sin presi\u00f3n fuerte", {}),
        ("Hates the quiet room", {}),
        ("Sensitive scalp: no", {}),
        ("Sensitive scalp: yes", {"scalp": "sensitive"}),
        ("No male therapist, female therapist only", {"therapist": "a woman"}),
        ("Not too hot, quiet room please", {"room": "quiet"}),
        ("Prefers no small talk, no fragrance", {"talking": "rather not", "fragrance": "none"}),
    ],
)
def test_what_somebody_does_not_want_is_no_wish_for_it(note: str, found: dict[str, str]) -> None:
    assert {one.name: one.value for one in wishes_in(sentences_of(note, "notes"))} == found


def test_a_no_behind_the_question_is_no_health_note_and_half_a_no_is() -> None:
    for note in ("Allergies: none", "Allergies - none known", "Embarazo: no", "Latex: no"):
        assert not health_in(sentences_of(note, "notes")), note
    for note in ("Allergies: no nuts", "Allergies: none but latex", "Pregnant: no longer sure"):
        assert health_in(sentences_of(note, "notes")), note
