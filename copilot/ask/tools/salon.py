"""The salon itself: prices, stock, and what its own material says. Nothing about clients."""

from collections.abc import Sequence

from django.urls import reverse
from pydantic import Field

from agents.knowledge.searching import Found as Piece
from agents.knowledge.searching import knowledge_search
from agents.wording import money
from copilot.ask.asker import Asker
from copilot.ask.tools.base import Found, Params, tool
from copilot.ask.tools.matching import offered_named, products_named, staff_here
from copilot.ask.veil import Veil, hidden
from integrations.models import Product, Service

QUOTED = 700
# Beside the best piece stand those that are at least half as near: what is shown has to be read.
NEAR = 0.5


class Said(Params):
    what: str = Field(max_length=200, description="A service or a product, in plain words.")


class Question(Params):
    question: str = Field(max_length=300, description="What shall be looked up, in plain words.")


@tool("prices", "What services and products cost and how long services take.", Said)
def prices(asker: Asker, said: Said, veil: Veil) -> Found:
    rows = [
        {"name": one.name, "price": _price(one), "minutes": getattr(one, "minutes", None)}
        for one in offered_named(asker.location, said.what)
    ]
    told = "\n".join(
        f"{row['name']}: {row['price'] or 'no price'}"
        + (f", {row['minutes']} minutes" if row["minutes"] else "")
        for row in rows
    )
    return Found(told or "Nothing of that name is offered.", ({"kind": "prices", "rows": rows},))


def _price(one: Service | Product) -> str:
    return money(one.price, one.currency) if one.price is not None else ""


@tool("stock", "How many of a product are in stock.", Said)
def stock(asker: Asker, said: Said, veil: Veil) -> Found:
    found = Product.objects.in_bulk(products_named(asker.location, said.what))
    rows = [
        {
            "name": one.name,
            "brand": one.brand,
            "price": _price(one),
            "stock": one.stock,
            "read": one.synced_at.isoformat(),
        }
        for one in found.values()
    ]
    told = "\n".join(
        f"{row['name']}: {row['stock'] if row['stock'] is not None else 'not known'}"
        for row in rows
    )
    return Found(told or "No product of that name is sold.", ({"kind": "stock", "rows": rows},))


@tool(
    "material",
    "The salon's own texts: policies, aftercare, questions and answers, opening hours.",
    Question,
)
def material(asker: Asker, said: Question, veil: Veil) -> Found:
    place = asker.location
    answer = knowledge_search(
        location=place,
        question=said.question,
        today=asker.today,
        outward=lambda: hidden(said.question, veil, place, staff_here(place)),
    )
    near = _near(answer.pieces)
    pieces = [
        {
            "heading": one.heading or one.title,
            "title": one.title,
            "text": one.text,
            "source": one.source_id,
        }
        for one in near
    ]
    block = {"kind": "pieces", "known": answer.known, "pieces": pieces}
    sources = tuple(
        dict.fromkeys(
            (one.title, f"{reverse('ask-source', args=[one.source_id])}?at={asker.location.pk}")
            for one in near
        )
    )
    if not answer.known:
        return Found("This is not in our material.", (block,))
    told = "\n\n".join(
        f"[{place}] {one['heading']}: {str(one['text'])[:QUOTED]}"
        for place, one in enumerate(pieces[:3], 1)
    )
    return Found(told, (block,), sources[:3], reads_documents=True)


def _near(pieces: Sequence[Piece]) -> list[Piece]:
    return [one for one in pieces if one.score >= NEAR * pieces[0].score]
