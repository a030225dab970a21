"""Which product is mentioned, which is left out and why: the rules without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.retail.avoiding import avoid_read
from agents.retail.choosing import (
    FIRST,
    NEVER,
    PREFER,
    Bought,
    Limits,
    Rule,
    Seen,
    Tally,
    Treatment,
    Ware,
    choose,
)

NOW = datetime(2026, 6, 15, 20, tzinfo=UTC)
COLOR = Treatment(7, "Full color", "Hair")
SHAMPOO = Ware(1, "Tamarack shampoo", "Tamarack", "Hair", Decimal(24), Decimal(12), stock=9)
OIL = Ware(
    2, "Tamarack hair oil", "Tamarack", "Hair", Decimal(34), stock=4, ingredients="Argan oil"
)
CREAM = Ware(3, "Northlight face cream", "Northlight", "Skin", Decimal(48), stock=5)
OTHER = Ware(4, "Northlight shampoo", "Northlight", "Hair", Decimal(26), stock=5)
SHELF = (SHAMPOO, OIL, CREAM, OTHER)


def seen(**more: Any) -> Seen:
    return Seen(**{"now": NOW, "services": [COLOR], "wares": SHELF} | more)


def names(**more: Any) -> list[str]:
    return [pick.ware.name for pick in choose(seen(**more)).picks]


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def test_on_the_first_day_what_is_of_the_treatments_field_is_mentioned_one_of_a_sort() -> None:
    chosen = choose(seen())
    assert [pick.ware.name for pick in chosen.picks] == ["Tamarack shampoo", "Tamarack hair oil"]
    assert chosen.picks[0].reasons[0]["kind"] == "field"
    assert names(limits=Limits(most=1)) == ["Tamarack shampoo"]
    assert names(services=[Treatment(8, "Swedish massage", "Massage")]) == []


def test_what_should_be_used_up_comes_first_with_its_rhythm() -> None:
    bought = [Bought(OTHER, ago(80)), Bought(OTHER, ago(150)), Bought(OTHER, ago(220))]
    (first, *_) = choose(seen(bought=bought)).picks
    assert first.ware == OTHER
    assert first.reasons[0] == {"kind": "due", "on": ago(80).isoformat(), "weeks": 10, "times": 3}


def test_what_was_bought_lately_is_left_out_whatever_its_brand() -> None:
    chosen = choose(seen(bought=[Bought(OTHER, ago(10))]))
    assert [pick.ware.name for pick in chosen.picks] == [
        "Tamarack hair oil",
        "Northlight face cream",
    ]
    assert chosen.left_out == {"lately": 2}
    assert chosen.picks[1].reasons[0]["kind"] == "brand"
    assert "Northlight shampoo" in names(bought=[Bought(OTHER, ago(20))], usual={4: 20.0, 1: 20.0})


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"limits": Limits(keep_in_stock=10)}, "stock"),
        ({"limits": Limits(price_up_to=Decimal(20))}, "price"),
        ({"limits": Limits(margin_percent=60)}, "margin"),
        ({"rules": [Rule(NEVER, words=("shampoo",))]}, "rule"),
        ({"avoid": avoid_read(["Allergic to something"])}, "avoid"),
        ({"answers": {1: ("not_now", ago(29))}}, "answered"),
        ({"answers": {1: ("wrong", ago(300))}}, "answered"),
    ],
)
def test_each_limit_keeps_a_product_off_the_card_and_is_counted(
    more: dict[str, Any], why: str
) -> None:
    chosen = choose(seen(wares=[SHAMPOO], **more))
    assert chosen.picks == () and chosen.left_out == {why: 1}


def test_after_its_rest_what_was_not_now_may_be_said_again() -> None:
    assert names(wares=[SHAMPOO], answers={1: ("not_now", ago(31))}) == ["Tamarack shampoo"]


def test_an_ingredient_to_avoid_keeps_only_what_holds_it_off() -> None:
    wares = [OIL, Ware(5, "Plain oil", "", "Hair", stock=3, ingredients="Jojoba oil")]
    assert names(wares=wares, avoid=avoid_read(["nut allergy"])) == ["Plain oil"]


def test_a_rule_comes_before_what_was_learned_and_says_why() -> None:
    rule = Rule(FIRST, service_category="hair", words=("face",), because="color dries the skin")
    learned = {1: (9.0, 0.4)}
    (first, second) = choose(seen(rules=[rule], learned=learned)).picks
    assert first.ware == CREAM and first.reasons[0]["because"] == "color dries the skin"
    assert second.ware == SHAMPOO and second.reasons[0]["kind"] in {"together", "field"}
    assert names(rules=[Rule(PREFER, brand="northlight", words=("shampoo",))])[0] == OTHER.name
    assert names(rules=[Rule(FIRST, service_id=99, product_id=3)]) == names()


def test_what_sold_after_it_was_said_is_said_sooner_and_what_was_wrong_later() -> None:
    good, bad = {4: Tally(said=20, sold=12)}, {1: Tally(wrong=3)}
    assert names(tallies=good)[0] == OTHER.name
    assert names(tallies=bad)[0] != SHAMPOO.name
    assert Tally().worth == 0
    assert Tally(said=1, sold=1).worth < Tally(said=30, sold=30).worth <= 1.5


wares = st.builds(
    Ware,
    st.integers(1, 50),
    st.sampled_from(["Shampoo", "Oil", "Mask", "Cream", "Serum"]),
    st.sampled_from(["", "Tamarack", "Northlight"]),
    st.sampled_from(["", "Hair", "Skin"]),
    st.none() | st.decimals(1, 90, places=2),
    st.none() | st.decimals(0, 90, places=2),
    st.just("USD"),
    st.none() | st.integers(-1, 9),
    st.none() | st.integers(0, 5),
    st.sampled_from(["", "Argan oil", "Water"]),
)


@settings(max_examples=25)
@given(
    st.lists(wares, max_size=8, unique_by=lambda ware: ware.id),
    st.lists(st.tuples(wares, st.floats(0, 400)), max_size=5),
    st.integers(0, 60),
    st.sampled_from(["", "nut allergy", "allergic", "pregnant"]),
    st.integers(1, 2),
)
def test_whatever_is_known_nothing_forbidden_is_mentioned_and_every_pick_has_a_reason(
    shelf: list[Ware], bought: list[tuple[Ware, float]], margin: int, note: str, most: int
) -> None:
    given_to = seen(
        wares=shelf,
        bought=[Bought(ware, ago(days)) for ware, days in bought],
        limits=Limits(most=most, margin_percent=margin),
        avoid=avoid_read([note]),
    )
    chosen = choose(given_to)
    assert len(chosen.picks) <= most
    assert len({pick.ware.sort for pick in chosen.picks}) == len(chosen.picks)
    assert sum(chosen.left_out.values()) + len(chosen.picks) <= len(shelf)
    for pick in chosen.picks:
        ware = pick.ware
        assert pick.reasons
        assert ware.stock is None or ware.stock >= 1
        assert not margin or (ware.margin is not None and ware.margin * 100 >= margin)
        assert note != "allergic"
        assert not note or not (note.startswith("nut") and ware.ingredients != "Water")
        assert all(
            days >= 0.5 * 70 or one.sort != ware.sort
            for one, days in bought[:1]
            if len(bought) == 1
        )
    assert choose(given_to) == chosen
