"""What notes say to avoid is kept off the card; what cannot be read keeps everything off."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.retail.avoiding import FAMILIES, avoid_read, clashes


@pytest.mark.parametrize(
    ("note", "ingredients", "why"),
    [
        ("Allergic to lavender.", "Sunflower oil, Lavender oil", "ingredient"),
        ("Allergic to lavender.", "Sunflower oil, Vitamin E", ""),
        ("Allergic to almond oil.", "Argan oil, Almond oil", "ingredient"),
        ("ALLERGIES: nuts, latex", "Water, Shea butter", "ingredient"),
        ("Tree nut allergy", "Prunus Amygdalus Dulcis Oil", "ingredient"),
        ("Sensitive to fragrance.", "Water, Parfum", "ingredient"),
        ("no fragrance please", "Water, Fragrance", "ingredient"),
        ("Alérgica a la lavanda y a las nueces", "Lavender oil", "ingredient"),
        ("Avoid retinol", "Retinol, Water", "ingredient"),
        ("Bad reaction to oat", "Water, Oat extract", "ingredient"),
        ("Bad reaction to oat", "Coated mica, Goat milk", ""),
        ("Pregnant, due in spring.", "Water, Salicylic acid", "expecting"),
        ("Pregnant, due in spring.", "Water, Glycerin", ""),
        ("No known allergies. Likes tea.", "Lavender oil", ""),
        ("Allergies: none", "Almond oil", ""),
        ("Allergic to latex gloves.", "", "unlisted"),
        ("Has an allergy!", "Water", "unclear"),
        ("Severe allergies, ask Dana before anything new", "Water", "unclear"),
        ("Allergies: yes, ask", "Water", "unclear"),
        ("Allergic to many", "Water", "unclear"),
        ("Sensitive skin, patch test first.", "Water", ""),
        ("Sensitive teeth. No small talk.", "Water", ""),
        ("Prefers a quiet room.", "", ""),
        ("Uses only fragrance-free", "Water, Parfum", "ingredient"),
        ("sulphate-free products only", "Sodium Laureth Sulfate", "ingredient"),
        ("Feel free to call", "Water, Parfum", ""),
        ("coconut gives her a rash", "Cocos Nucifera oil", "ingredient"),
        ("Tea-tree oil makes her break out.", "Melaleuca alternifolia", "ingredient"),
        ("Essential oils trigger migraine", "Lavandula oil", "ingredient"),
        ("El coco le da sarpullido", "Water, Parfum", ""),
        ("El perfume le da dolor de cabeza", "Water, Parfum", "ingredient"),
        ("Skin gets red from retinol", "Retinol", "ingredient"),
        ("Nails get red from the sun", "Retinol", ""),
        ("hates the smell of lavender", "Lavandula oil", "ingredient"),
        ("loves the smell of lavender", "Lavandula oil", ""),
        ("can't stand small talk", "Water", ""),
        ("Vegan", "Water, Cera Alba", "ingredient"),
        ("no beeswax please", "Cera Alba", "ingredient"),
        ("Alérgica a las nueces", "Juglans regia", "ingredient"),
        ("Allergic to everything, she says", "Water", "unclear"),
        ("Allergic to lavender oil", "Lavandula Angustifolia Oil", "ingredient"),
        ("allergic to peppermint oil", "Peppermint Extract", "ingredient"),
        ("allergic to almond milk", "Almond, Water", "ingredient"),
        ("Allergic to strawberries", "Strawberry extract", "ingredient"),
        ("Nut and shellfish allergy", "Shellfish", "unclear"),
        ("lavender, coconut and tea tree give her hives", "Lavender", "ingredient"),
        ("Fragrance in the new shampoo gave her a rash", "Parfum", "ingredient"),
        ("can't stand the smell of eucalyptus and tea tree", "Melaleuca", "ingredient"),
        ("no strong fragrance or essential oils", "Tea tree", "ingredient"),
        ("gluten, dairy and soy free", "Wheat", "ingredient"),
        ("prefers sulfate and paraben free", "Sodium Laureth Sulfate", "ingredient"),
        ("No allergies except latex", "Rubber", "ingredient"),
        ("No known allergies other than nuts", "Almond", "ingredient"),
        ("Client can\u2019t use sulfates", "SLS", "ingredient"),
        ("Not vegan", "Honey", ""),
        ("hates honey blonde, no orange tones", "Honey, Orange", ""),
        ("loves lavender, feel free to call", "Lavender", ""),
        ("allergic to everything lol", "Water", "unclear"),
    ],
)
def test_what_a_note_means_for_a_bottle(note: str, ingredients: str, why: str) -> None:
    assert clashes(avoid_read([note]), name="Body oil", ingredients=ingredients) == why


def test_the_name_of_a_product_counts_as_what_is_in_it() -> None:
    avoid = avoid_read(["", "allergic to honey"])
    assert clashes(avoid, name="Honey mask", ingredients="Water") == "ingredient"


@pytest.mark.parametrize(
    ("note", "name"),
    [
        ("prefers sulfate-free", "Sulfate-Free Shampoo"),
        ("fragrance-free please", "Cleanser, free of fragrance"),
        ("Vegan", "Vegan repair mask"),
        ("Vegan", "Silky smooth"),
    ],
)
def test_the_very_bottle_somebody_wants_is_not_kept_back(note: str, name: str) -> None:
    assert clashes(avoid_read([note]), name=name, ingredients="Water, Glycerin") == ""


def test_more_than_anybody_lists_is_not_dropped_in_silence() -> None:
    note = "Allergic to " + ", ".join(
        f"nut{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(80)
    )
    assert avoid_read([note]).unclear


@pytest.mark.parametrize(
    "wording", ["Allergic to {}.", "{} allergy", "avoid {} please", "sensitive to {}, likes tea"]
)
def test_every_known_family_is_found_in_every_wording(wording: str) -> None:
    for word, others in FAMILIES.items():
        avoid = avoid_read([wording.format(word), "Prefers a quiet room."])
        # Vegan is on no list of ingredients, and on the bottles they want.
        for bottle in {word, *others} - {"vegan"}:
            assert clashes(avoid, name="Cream", ingredients=f"Water, {bottle}, Zinc"), bottle


@settings(max_examples=25)
@given(st.text(max_size=300))
def test_no_text_makes_it_stumble(text: str) -> None:
    avoid = avoid_read([text, "allergic to " + text])
    assert isinstance(clashes(avoid, name=text, ingredients=text), str)
