"""Names of the salon's other clients in a text: nobody is told of somebody else.

A capital in the middle of a sentence gives most names away (approvals/fact_names.py). A whole name
in small letters, or one shouted in capitals, is only known by asking who the clients are.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import Q

from approvals.fact_names import MONTHS_AND_DAYS, ORDINARY
from integrations.folding import fold
from integrations.models import Client

WORD = re.compile(r"[^\W\d_]+")
LEAST = 4
MOST = 40


def strangers_in(connection_id: UUID | str, body: str, known: Sequence[Any]) -> tuple[str, ...]:
    """The words of ``body`` that name a client of this connection who is not in ``known``.

    Whole names in any letters, first names with a capital only. One query along the search index.
    """
    words = WORD.findall(body)
    ours = {fold(one) for fact in known for text in _names(fact) for one in WORD.findall(text)}
    whole = {
        f"{fold(one)} {fold(other)}": f"{one} {other}"
        for one, other in pairwise(words)
        if fold(one) not in ours
    }
    first = {
        fold(word): word
        for word in words
        if len(word) >= LEAST and word[0].isupper() and _is_no_word(fold(word), ours)
    }
    wanted = Q(search_key__in=list(whole))
    for name in list(first)[:MOST]:
        wanted |= Q(search_key__gt=f"{name} ", search_key__lt=f"{name}!")
    keys = Client.objects.filter(wanted, connection_id=connection_id, deleted_at=None)
    found = set()
    for key in keys.values_list("search_key", flat=True)[:100]:
        found |= {whole.get(key, ""), first.get(key.split(" ")[0], "")}
    return tuple(sorted(found - {""}))


def _is_no_word(word: str, ours: set[str]) -> bool:
    return word not in ours and word not in ORDINARY and word not in MONTHS_AND_DAYS


def _names(fact: Any) -> Sequence[str]:
    kind, texts = (
        (fact["kind"], fact["texts"]) if isinstance(fact, dict) else (fact.kind, fact.texts)
    )
    return texts if kind in {"name", "service", "product", "address"} else ()
