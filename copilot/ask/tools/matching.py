"""The salon's own names in what was typed: services, products, people."""

from collections.abc import Iterable, Mapping

from agents.knowledge.words import SMALL, words_of
from copilot.ask.wishes import Names, Offered
from integrations.folding import fold
from integrations.models import Location, Product, Service, StaffMember


def names_of(location: Location) -> Names:
    """Everybody who works here and everything that can be booked: two queries."""
    return Names(
        staff=staff_here(location),
        services={
            pk: Offered(name, minutes)
            for pk, name, minutes in Service.objects.filter(
                connection=location.connection_id, active=True, deleted_at=None
            )
            .order_by("name", "pk")
            .values_list("pk", "name", "minutes")
        },
    )


def staff_here(location: Location) -> dict[int, str]:
    rows = StaffMember.objects.filter(
        connection=location.connection_id, active=True, deleted_at=None
    ).order_by("name", "pk")
    return {
        pk: name
        for pk, name, roles in rows.values_list("pk", "name", "roles")
        if _works_at(roles, location)
    }


def _works_at(roles: object, location: Location) -> bool:
    places = [one.get("location") for one in roles if isinstance(one, dict)] if isinstance(
        roles, list
    ) else []  # fmt: skip
    return not places or location.external_id in places


def staff_named(location: Location, text: str) -> list[int]:
    return named_among(staff_here(location), text)


def named_among(here: Mapping[int, str], text: str) -> list[int]:
    """Those of that name; by any part of it where nobody has all of it."""
    whole = [pk for pk, name in here.items() if fold(name) == fold(text)]
    wanted = set(fold(text).split())
    return whole or [pk for pk, name in here.items() if wanted & set(fold(name).split())]


def services_named(location: Location, text: str) -> list[int]:
    rows = Service.objects.filter(connection=location.connection_id, deleted_at=None, active=True)
    return best_named(text, rows.order_by("name", "pk").values_list("pk", "name"))


def products_named(location: Location, text: str) -> list[int]:
    rows = Product.objects.filter(connection=location.connection_id, deleted_at=None, active=True)
    spelled = [(pk, f"{brand} {name}") for pk, brand, name in rows.order_by("name", "pk")
               .values_list("pk", "brand", "name")]  # fmt: skip
    return best_named(text, spelled)


def offered_named(location: Location, text: str) -> list[Service | Product]:
    """Services and products that are meant, whichever shares the most words: two queries."""
    here = {"connection": location.connection_id, "deleted_at": None, "active": True}
    rows: list[Service | Product] = [
        *Service.objects.filter(**here).order_by("name", "pk"),
        *Product.objects.filter(**here).order_by("name", "pk"),
    ]
    found = best_named(text, ((place, one.name) for place, one in enumerate(rows)))
    return [rows[place] for place in found]


def best_named(text: str, named: Iterable[tuple[int, str]], most: int = 8) -> list[int]:
    """Those that share the most words with the text; none where no telling word is shared."""
    said = set(words_of(text)) - SMALL
    scored = []
    for pk, name in named:
        words = set(words_of(name)) - SMALL
        hits = said & words
        if hits:
            scored.append((-len(hits), len(words), pk))
    best = min(scored, default=(0, 0, 0))[0]
    return [pk for hits, _, pk in sorted(scored) if hits == best][:most]
