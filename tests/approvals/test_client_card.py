"""What the card says about a client: words, whatever shape the platform keeps them in."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.selectors.card import client_card
from tests.approvals.desk import Desk, client_make, person_make, staff_make


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ({"channel": "sms", "staffIds": [], "windows": []}, [("Likes", "texts")]),
        ({"channel": None, "staffIds": ["sta_1"]}, [("With", "Sarah Lind")]),
        (
            {"windows": [{"days": "MTW----", "from": "17:00", "to": "20:00"}]},
            [("Best times", "Mon Tue Wed 5 pm to 8 pm")],
        ),
        ({"Drink": "peppermint tea", "odd": {"nested": [1]}}, [("Drink", "peppermint tea")]),
        ({}, []),
        ([], []),
    ],
)
def test_wishes_are_words_and_never_raw_data(desk: Desk, kept: Any, shown: Any) -> None:
    staff_make(desk, person_make("Sarah Lind", desk.location, "provider"))
    client = client_make(desk.connection, "cli_wishes", preferences=kept)
    assert client_card(client).wishes == shown
