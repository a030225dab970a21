"""What the platform already says about the salon, as material to answer from: menu, products, the
aftercare of each service, opening hours. Read from the working copy; nothing of a client is in it.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from agents.knowledge.indexing import About, knowledge_put, knowledge_retire
from agents.knowledge.splitting import Piece, cut
from agents.models import KnowledgeSource
from agents.wording import money
from approvals.hygiene import clean_text
from core.audit import Actor
from integrations.models import Connection, Location, Product, Service

BY = Actor.system("what the platform says")
DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
Kind = KnowledgeSource.Kind


def platform_read(connection: Connection) -> int:
    """Bring the material of a connection up to what the working copy says now; returns how many
    sources changed. An emptied list retires its source: nothing is answered from what is gone."""
    changed = sum(
        _brought(
            connection,
            None,
            About(f"platform:{kind}", title, kind, _PLATFORM),
            read(connection),
        )
        for kind, title, read in READ
    )
    for place in Location.objects.filter(connection=connection, deleted_at=None).order_by("pk"):
        about = About("platform:hours", f"Opening hours of {place.name}", Kind.HOURS, _PLATFORM)
        changed += _brought(connection, place, about, hours_pieces(place))
    return changed


def platforms_read() -> int:
    """Every connection; returns how many sources changed."""
    found = Connection.objects.filter(status=Connection.Status.OK).order_by("pk")
    return sum(platform_read(connection) for connection in found)


def _brought(
    connection: Connection, location: Location | None, about: About, pieces: Sequence[Piece]
) -> bool:
    if pieces:
        return knowledge_put(
            actor=BY, connection=connection, location=location, about=about, pieces=pieces
        ).changed
    old = KnowledgeSource.objects.filter(
        connection=connection, location=location, key=about.key, retired_at=None
    ).first()
    if old is not None:
        knowledge_retire(actor=BY, source=old)
    return old is not None


def menu_pieces(connection: Connection) -> list[Piece]:
    services = Service.objects.filter(connection=connection, active=True, deleted_at=None)
    pieces = []
    for service in services.order_by("name", "pk"):
        facts = [
            f"{service.minutes} minutes" if service.minutes else "",
            _price(service.price, service.currency),
            service.category,
            f"Needs the form {service.form_required}" if service.form_required else "",
        ]
        said = ". ".join(fact for fact in facts if fact)
        told = f"{said}.\n{service.description}" if said else service.description
        pieces += _cut(service.name, told)
    return pieces


def aftercare_pieces(connection: Connection) -> list[Piece]:
    services = Service.objects.filter(connection=connection, active=True, deleted_at=None)
    rows = services.exclude(aftercare="").order_by("name", "pk")
    return [piece for row in rows for piece in _cut(f"Aftercare: {row.name}", row.aftercare)]


def product_pieces(connection: Connection) -> list[Piece]:
    """Without stock: that changes by the hour and is asked where it is needed."""
    products = Product.objects.filter(connection=connection, active=True, deleted_at=None)
    pieces = []
    for product in products.order_by("name", "pk"):
        facts = [
            product.brand,
            product.category,
            _price(product.price, product.currency),
            f"Ingredients: {product.ingredients}" if product.ingredients else "",
        ]
        pieces += _cut(product.name, ". ".join(fact for fact in facts if fact) or product.name)
    return pieces


def hours_pieces(place: Location) -> list[Piece]:
    """When a place is open, and where it is: two pieces, for they are asked for apart."""
    where = [
        f"{name}: {said}"
        for name, said in (("Address", place.address), ("Phone", place.phone))
        if said
    ]
    found = _cut("Address and phone, where we are", "\n".join(where)) if where else []
    if not place.opening_hours:
        return found
    lines = []
    for key, name in DAYS.items():
        spans = place.opening_hours.get(key) or []
        said = ", ".join(f"{_clock(start)} to {_clock(end)}" for start, end in spans)
        lines.append(f"{name}: {said or 'closed'}")
    return [*_cut("Opening hours, when we are open", "\n".join(lines)), *found]


def _cut(heading: str, text: str) -> list[Piece]:
    return list(cut(clean_text(heading), clean_text(text).strip() or clean_text(heading)))


def _price(price: Decimal | None, currency: str) -> str:
    return money(price, currency) if price else ""


def _clock(text: str) -> str:
    """``18:00`` → ``6 pm``."""
    hours, minutes = int(text[:2]), text[3:5]
    said = f"{(hours - 1) % 12 + 1}" + ("" if minutes == "00" else f":{minutes}")
    return f"{said} {'am' if hours < 12 else 'pm'}"


_PLATFORM = KnowledgeSource.Origin.PLATFORM
READ: tuple[tuple[str, str, Callable[[Connection], list[Piece]]], ...] = (
    (Kind.MENU, "Services and prices", menu_pieces),
    (Kind.AFTERCARE, "Aftercare", aftercare_pieces),
    (Kind.PRODUCTS, "Products", product_pieces),
)
