"""What to mention beside what is bought: real baskets of a shop, by the product's own engine.

Three items of each basket of the last month are hidden, one at a time, and every arm ranks the rest
of the shop. Everything is
learned from the months before; the engine weighs its columns on the month before that one by
itself, as it does by night in a salon, and the cosine's own number is chosen there as well.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks._shared_data import rows_of
from benchmarks.figures import Figure, at_least, at_most, percentile
from benchmarks.stack import analyze, stack

SEED = 20260615
RESAMPLES = 2_000
# One client's card over so many products, so often, in at most so many statements.
PRODUCTS, CARDS, STATEMENTS = 5_000, 200, 4
HIDDEN = 3
JUDGED, CHOSEN = datetime(2011, 9, 1, tzinfo=UTC), datetime(2011, 8, 1, tzinfo=UTC)
SHRINKS = (2.0, 5.0, 10.0, 20.0, 50.0)
DAY = 86_400.0


@dataclass(frozen=True)
class Basket:
    at: float
    owner: str
    items: tuple[int, ...]


@dataclass(frozen=True)
class Hidden:
    """A basket without one of its items."""

    basket: Basket
    left: tuple[int, ...]
    item: int


def run() -> Iterator[Figure]:
    # A worker holds no shop's sales in its memory while it ranks: they are let go before.
    yield from _completion()
    yield from _speed()


def _completion() -> Iterator[Figure]:
    baskets, width = _baskets()
    past, month = _split(baskets, JUDGED)
    asked = _hidden(month)
    arms = {
        "popularity": _ranks(asked, _popular(past, width)),
        "shrunk cosine": _ranks(asked, _cosine(past, width, _best_shrink(past, width))),
        "ours": _ranks(asked, _ours(past, month, width)),
    }
    yield from _figures(asked, arms)


def _figures(asked: Sequence[Hidden], arms: dict[str, Any]) -> Iterator[Figure]:
    baskets = [id(one.basket) for one in asked]
    for name, most in (("Recall@5", 5), ("HitRate@2", 2)):
        hits = {arm: _by_basket(ranks < most, baskets) for arm, ranks in arms.items()}
        ours, cosine = hits["ours"], hits["shrunk cosine"]
        low, high = _interval(ours, cosine)
        beside = ", ".join(f"{arm} {found.mean():.4f}" for arm, found in hits.items())
        yield at_least(
            f"basket completion, {name} over shrunk cosine",
            float(ours.mean() / cosine.mean()),
            1.05,
            f"{beside}; difference {low:+.4f} to {high:+.4f} in 95%, "
            f"n={len(ours)} baskets, {len(asked)} items",
        )


def _by_basket(hits: Any, baskets: Sequence[int]) -> Any:
    """The mean of each basket: its hidden items are no independent witnesses."""
    _, of = np.unique(np.array(baskets), return_inverse=True)
    return np.bincount(of, weights=hits) / np.bincount(of)


def _interval(ours: Any, theirs: Any) -> tuple[float, float]:
    """Paired bootstrap of the difference of the shares, 95 %."""
    rng = np.random.default_rng(SEED)
    some = rng.integers(0, len(ours), (RESAMPLES, len(ours)))
    differences = ours[some].mean(axis=1) - theirs[some].mean(axis=1)
    return float(np.quantile(differences, 0.025)), float(np.quantile(differences, 0.975))


def _baskets() -> tuple[list[Basket], int]:
    """Baskets in the order of time (same customer and moment), and how many items there are."""
    held: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows_of("online_retail"):
        if row["customer"] and float(row["quantity"]) > 0:
            held.setdefault((row["ts"], row["customer"]), {})[row["item"]] = None
    names = {item: at for at, item in enumerate(sorted({i for had in held.values() for i in had}))}
    made = [
        Basket(
            _days(datetime.fromisoformat(ts).replace(tzinfo=UTC)),
            owner,
            tuple(names[item] for item in had),
        )
        for (ts, owner), had in sorted(held.items())
    ]
    return made, len(names)


def _days(moment: datetime) -> float:
    return (moment - datetime(2010, 1, 1, tzinfo=UTC)).total_seconds() / DAY


def _split(baskets: Sequence[Basket], at: datetime) -> tuple[list[Basket], list[Basket]]:
    cut = _days(at)
    return [one for one in baskets if one.at < cut], [one for one in baskets if one.at >= cut]


def _hidden(baskets: Sequence[Basket]) -> list[Hidden]:
    rng = np.random.default_rng(SEED)
    found = []
    for one in baskets:
        if len(one.items) < 2:
            continue
        for item in rng.choice(one.items, min(HIDDEN, len(one.items)), replace=False):
            left = tuple(other for other in one.items if other != item)
            found.append(Hidden(one, left, int(item)))
    return found


def _ranks(asked: Sequence[Hidden], scores_of: Any) -> Any:
    """The place of each hidden item, 0 the best; equals share the middle of their places."""
    ranks = []
    for one in asked:
        scores = np.array(scores_of(one), dtype=float)
        scores[list(one.left)] = -np.inf
        mine = scores[one.item]
        ranks.append((scores > mine).sum() + ((scores == mine).sum() - 1) / 2)
    return np.array(ranks)


def _popular(past: Sequence[Basket], width: int) -> Any:
    counts = np.bincount([item for one in past for item in one.items], minlength=width)
    return lambda one: counts


def _cosine(past: Sequence[Basket], width: int, shrink: float) -> Any:
    """Item-item cosine over all baskets, pairs shrunk by n / (n + shrink), summed over what is in
    the basket. Nothing of the engine is used."""
    from scipy.sparse import csr_matrix

    rows = np.repeat(np.arange(len(past)), [len(one.items) for one in past])
    places = np.array([item for one in past for item in one.items])
    table = csr_matrix((np.ones(len(places)), (rows, places)), shape=(len(past), width))
    pairs = (table.T @ table).toarray()
    times = np.maximum(np.diag(pairs).copy(), 1)
    np.fill_diagonal(pairs, 0)
    near = pairs / np.sqrt(np.outer(times, times)) * pairs / (pairs + shrink)
    return lambda one: near[list(one.left)].sum(axis=0)


def _best_shrink(past: Sequence[Basket], width: int) -> float:
    """The number with which cosine does best on the month before."""
    early, late = _split(past, CHOSEN)
    asked = _hidden(late)

    def found(shrink: float) -> float:
        ranks = _ranks(asked, _cosine(early, width, shrink))
        return float((ranks < 5).mean() + (ranks < 2).mean())

    return max(SHRINKS, key=found)


def _ours(past: Sequence[Basket], month: Sequence[Basket], width: int) -> Any:
    """The engine as the product fits and asks it: what the client had, and this basket."""
    from agents.retail.fitting import Occasion, shelf_fit
    from agents.retail.shelf import Past

    keys = [f"p{item}" for item in range(width)]
    occasions = [Occasion(one.at, one.owner, one.items, one.items) for one in past]
    shelf = shelf_fit(occasions, keys, _days(JUDGED))
    had: dict[str, list[Basket]] = {}
    for one in past:
        had.setdefault(one.owner, []).append(one)

    def scores(one: Hidden) -> Any:
        basket = one.basket
        known = had.get(basket.owner, [])
        pairs = [(item, basket.at - before.at) for before in known for item in before.items]
        return shelf.scores(one.left, Past.of(pairs, len(known)))

    return scores


def _speed() -> Iterator[Figure]:
    """A card's ranking as the worker does it: the visit, everything known of the client, the rules
    and the shelf, in a salon with five thousand products and two years of sales."""
    with stack():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        visits = _salon(np.random.default_rng(SEED))
        took, statements, picked = [], 0, 0
        for number in range(CARDS):
            appointment = visits[number % len(visits)]
            if number == 0:
                _chosen(appointment)  # reads the shelf, as a worker's first card of the day does
            before = time.perf_counter()
            picks = _chosen(appointment)
            took.append((time.perf_counter() - before) * 1000)
            picked += bool(picks)
            if number < len(visits):
                with CaptureQueriesContext(connection) as asked:
                    _chosen(appointment)
                statements = max(statements, len(asked))
        yield at_most(
            f"ranking for one client over {PRODUCTS:,} products p95",
            percentile(took, 95),
            30,
            f"p50 {percentile(took, 50):.1f} ms, {picked} of {CARDS} cards with a product",
            " ms",
        )
        yield at_most(
            "from the platform's word to the card p95",
            percentile([_card_made(visits[at % len(visits)], at) for at in range(60)], 95),
            2000,
            "listener, row, ranking and writing; the doorbell adds 50 ms",
            " ms",
        )
        yield at_most("statements for it", statements, STATEMENTS, "the budget is the goal")


def _card_made(appointment: int, number: int) -> float:
    """Milliseconds from announcing a finished service until its card is written."""
    from agents.retail.cards import cards_drain
    from core import clock
    from integrations.events import ServiceCompleted
    from integrations.inbox import events_announce
    from integrations.models import Appointment

    row = Appointment.objects.get(pk=appointment)
    event = ServiceCompleted(
        key=f"completed:{number}", connection_id=str(row.connection_id), at=clock.now(),
        location_id=row.location_id, client_id=row.client_id, appointment_id=row.pk,
    )  # fmt: skip
    before = time.perf_counter()
    events_announce([event])
    assert cards_drain() == 1
    return (time.perf_counter() - before) * 1000


def _chosen(appointment: int) -> Any:
    from agents.retail.choosing import choose
    from agents.retail.reading import seen_of, settings_of, visit_of
    from core import clock

    visit = visit_of(appointment)
    assert visit is not None
    return choose(seen_of(visit, settings_of(visit.location), clock.now())).picks


def _salon(rng: Any) -> list[int]:
    """Fifty clients who come today, each with a past of thirty products."""
    from agents.models import RetailShelf
    from agents.retail.fitting import Occasion, shelf_fit
    from agents.retail.shelves import shelf_keep
    from core import clock
    from integrations.models import Connection, Location, Product, Sale, SaleLine, Service

    now = clock.now()
    account = Connection.objects.create(name="Large", platform="mangomint")
    place = Location.objects.create(connection=account, external_id="l", name="Large")
    service = Service.objects.create(
        connection=account, external_id="s", name="Full color", category="Hair"
    )
    products = Product.objects.bulk_create(
        Product(
            connection=account, external_id=f"p{at}", name=f"Brand{at % 60} sort{at % 400}",
            brand=f"Brand{at % 60}", category=("Hair", "Skin", "Body", "Nails")[at % 4],
            price=10 + at % 70, cost=5 + at % 30, stock=at % 9, reorder_point=2,
            ingredients="Water, Glycerin, Parfum, Panthenol, Sodium benzoate"
            + (", Argan oil" if at % 6 == 0 else ""),
        )
        for at in range(PRODUCTS)
    )  # fmt: skip
    clients, sales = _clients(account, place, rng, now)
    SaleLine.objects.bulk_create(
        SaleLine(sale=sale, kind="product", product=products[int(at)], name="x", amount=20)
        for sale in sales
        for at in rng.integers(0, PRODUCTS, 3)
    )
    assert Sale.objects.count() == len(sales)
    keys = [f"s{service.pk}", *(f"p{one.pk}" for one in products)]
    baskets = [tuple({0, *(1 + int(at) for at in rng.zipf(1.3, 4) % PRODUCTS)})
               for _ in range(20_000)]  # fmt: skip
    occasions = [Occasion(float(at % 700), at % 4000, had, had) for at, had in enumerate(baskets)]
    shelf_keep(account, RetailShelf.Kind.RETAIL, shelf_fit(occasions, keys, 700.0), now)
    visits = _today(account, place, service, clients, now)
    analyze()
    return visits


def _clients(account: Any, place: Any, rng: Any, now: Any) -> tuple[list[Any], list[Any]]:
    from datetime import timedelta

    from integrations.models import Client, Sale

    # One in five has something to avoid, and one bottle in six holds it.
    clients = Client.objects.bulk_create(
        Client(
            connection=account, external_id=f"c{at}", first_name="Dana",
            notes="Prefers a quiet room." if at % 5 else "Nut allergy.",
        )
        for at in range(50)
    )  # fmt: skip
    sales = Sale.objects.bulk_create(
        Sale(
            connection=account, external_id=f"s{at}", client=clients[at % 50], location=place,
            closed_at=now - timedelta(days=int(rng.integers(5, 700))),
        )
        for at in range(500)
    )  # fmt: skip
    return clients, sales


def _today(account: Any, place: Any, service: Any, clients: Any, now: Any) -> list[int]:
    from integrations.models import Appointment

    rows = Appointment.objects.bulk_create(
        Appointment(
            connection=account, external_id=f"a{at}", client=client, location=place,
            service=service, visit_id=f"v{at}", starts_at=now, status="checked_in",
        )
        for at, client in enumerate(clients)
    )  # fmt: skip
    return [row.pk for row in rows]
