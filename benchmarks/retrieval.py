"""Finding an answer in a salon's own material, on real questions, by the product's own statement.

Every arm searches the same pieces in the same database. The arms beside it are what one would take
from a shelf: BM25 over words, TF-IDF over pieces of words, and the product's two halves alone.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from benchmarks._shared_data import rows_of
from benchmarks.figures import Figure, Unavailable, at_least, at_most, none_of, percentile
from benchmarks.stack import analyze, stack

SEED = 20260615
RESAMPLES = 1_000
TODAY = date(2026, 6, 15)
PLACES, PIECES_EACH, ASKED = 50, 400, 400
SPLITS = 5


@dataclass(frozen=True)
class Material:
    """Pieces as (group, heading, text) and questions as (group, words); the right answer to a
    question is any piece of its group."""

    name: str
    pieces: Sequence[tuple[str, str, str]]
    questions: Sequence[tuple[frozenset[str], str]]


def run() -> Iterator[Figure]:
    threads, menu = _threads(), _menu()
    with stack():
        yield from _size(threads)
        yield from _quality(threads)
        yield from _quality(menu)
        yield from _refusals(threads, menu)


def _threads() -> Material:
    docs, asked = rows_of("stackfaq_docs"), rows_of("stackfaq_queries")
    return Material(
        "questions of forums",
        [(row["thread"], row["question"], row["text"]) for row in docs],
        [(frozenset({row["thread"]}), row["query"]) for row in asked],
    )


def _menu() -> Material:
    services = [
        (f"S:{row['code']}", row["description"], f"{row['category'].lower()} service")
        for row in rows_of("salon_services")
        if row["description"]
    ]
    products = [
        (f"P:{row['code']}", row["description"], f"{row['brand']} {row['category'].lower()}")
        for row in rows_of("salon_products")
        if row["description"]
    ]
    asked = rows_of("salon_menu_queries")
    return Material(
        "a salon's menu",
        services + products,
        [(frozenset(row["gold"].split("|")), row["query"]) for row in asked],
    )


def _quality(material: Material) -> Iterator[Figure]:
    asked = [(gold, words) for gold, words in material.questions if "NONE" not in gold]
    place = _indexed(material.name, material.pieces)
    groups = [group for group, _, _ in material.pieces]
    ours = {
        arm: np.array([_first(place, words, arm) in gold for gold, words in asked])
        for arm in ("both", "words", "vectors")
    }
    arms = {
        "its words alone": ours["words"],
        "its vectors alone": ours["vectors"],
        **{
            name: np.array([group in gold for group, (gold, _) in zip(found, asked, strict=True)])
            for name, found in _shelf(material, groups, [words for _, words in asked]).items()
        },
    }
    best = max(arms, key=lambda name: arms[name].mean())
    low, high = _interval(ours["both"], arms[best])
    beside = ", ".join(f"{name} {hits.mean():.3f}" for name, hits in arms.items())
    yield at_least(
        f"{material.name}: first piece right, over the best single arm",
        float(ours["both"].mean() / arms[best].mean()),
        1.03,
        f"ours {ours['both'].mean():.3f}; {beside}; difference to {best} {low:+.3f} to {high:+.3f} "
        f"in 95%, n={len(asked)}",
    )


def _interval(ours: Any, theirs: Any) -> tuple[float, float]:
    """Paired bootstrap of the difference of the shares, 95 %."""
    rng = np.random.default_rng(SEED)
    some = rng.integers(0, len(ours), (RESAMPLES, len(ours)))
    differences = ours[some].mean(axis=1) - theirs[some].mean(axis=1)
    return float(np.quantile(differences, 0.025)), float(np.quantile(differences, 0.975))


def _shelf(material: Material, groups: Sequence[str], asked: Sequence[str]) -> dict[str, list[str]]:
    """arm → the group of its first piece, one a question."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [f"{heading}. {text}" for _, heading, text in material.pieces]
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True)
    table = letters.fit_transform(texts)
    by_letters = (letters.transform(asked) @ table.T).toarray().argmax(axis=1)
    by_words = _bm25(texts, asked).argmax(axis=1)
    return {
        "BM25": [groups[at] for at in by_words],
        "TF-IDF of letters": [groups[at] for at in by_letters],
    }


def _bm25(texts: Sequence[str], asked: Sequence[str], k1: float = 1.2, b: float = 0.75) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer()
    table = counter.fit_transform(texts).astype(float).tocsr()
    lengths = np.asarray(table.sum(axis=1)).ravel()
    seen = np.asarray((table > 0).sum(axis=0)).ravel()
    idf = np.log(1 + (len(texts) - seen + 0.5) / (seen + 0.5))
    rows = np.repeat(np.arange(len(texts)), np.diff(table.indptr))
    norm = k1 * (1 - b + b * lengths / lengths.mean())
    table.data = table.data * (k1 + 1) / (table.data + norm[rows]) * idf[table.indices]
    return np.asarray(((counter.transform(asked) > 0).astype(float) @ table.T).toarray())


def _refusals(threads: Material, menu: Material) -> Iterator[Figure]:
    """Half of the threads are taken out, again and again: what asks for them has no answer."""
    rng = np.random.default_rng(SEED)
    names = sorted({group for group, _, _ in threads.pieces})
    areas, plain = [], []
    for split in range(SPLITS):
        gone = set(rng.choice(names, len(names) // 2, replace=False))
        kept = [piece for piece in threads.pieces if piece[0] not in gone]
        place = _indexed(f"half {split}", kept)
        asked = [words for _, words in threads.questions]
        inside = np.array([not gold & gone for gold, _ in threads.questions])
        areas.append(_area(inside, [_sure(place, words) for words in asked]))
        plain.append(_area(inside, _bm25([f"{h}. {t}" for _, h, t in kept], asked).max(axis=1)))
    yield at_least(
        "forums: telling what is not in the material, area under the curve",
        float(np.mean(areas)),
        0.85,
        f"lowest of {SPLITS} halves {min(areas):.3f}; best BM25 score {np.mean(plain):.3f}, "
        f"n={len(threads.questions)} each",
    )
    place = _indexed("menu again", menu.pieces)
    inside = np.array(["NONE" not in gold for gold, _ in menu.questions])
    sure = [_sure(place, words) for _, words in menu.questions]
    told = f"{inside.sum()} questions inside, {(~inside).sum()} outside: too few to weigh much"
    yield at_least("a salon's menu: telling what is not offered", _area(inside, sure), 0.85, told)


def _area(inside: Any, sure: Any) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(inside, sure))


def _size(threads: Material) -> Iterator[Figure]:
    """Fifty locations with 400 pieces each, in words of the forums' threads."""
    from agents.knowledge.searching import STATEMENT

    if "location" not in STATEMENT:
        raise Unavailable("the statement asks for no location")
    rng = np.random.default_rng(SEED)
    account, places = _many(threads, rng)
    questions = [words for _, words in threads.questions]
    asked = [questions[at] for at in rng.integers(0, len(questions), ASKED)]
    took, foreign, seen = [], 0, 0
    for at, words in enumerate(asked):
        place = places[at % PLACES]
        before = time.perf_counter()
        found = _search(place, words, "both")
        took.append((time.perf_counter() - before) * 1000)
        foreign += sum(f"[{place.external_id}]" not in piece.text for piece in found.pieces)
        seen += len(found.pieces)
    everywhere = _timed(lambda words: _whole_table(account, words), asked[:100])
    yield at_most(
        f"search in {PLACES * PIECES_EACH:,} pieces over {PLACES} locations p95",
        percentile(took, 95),
        50,
        f"nearest vectors of the whole connection alone p95 {percentile(everywhere, 95):.0f} ms, "
        f"n={ASKED}",
        " ms",
    )
    yield none_of("pieces of another location among those found", foreign, seen, "none allowed")


def _timed(ask: Callable[[str], Any], asked: Sequence[str]) -> list[float]:
    took = []
    for words in asked:
        before = time.perf_counter()
        ask(words)
        took.append((time.perf_counter() - before) * 1000)
    return took


def _whole_table(account: Any, words: str) -> Any:
    from pgvector.django import CosineDistance

    from agents.knowledge.embedders import embedder_in_use
    from agents.models import KnowledgeChunk

    embedder = embedder_in_use(account)
    assert embedder is not None
    vector = embedder.vectors([words])[0]
    chunks = KnowledgeChunk.objects.filter(connection=account)
    return list(chunks.order_by(CosineDistance("vector", vector))[:5])


def _many(threads: Material, rng: Any) -> tuple[Any, list[Any]]:
    """Every location gets pieces in another mixture; each says to whom it belongs."""
    from agents.knowledge.embedders import embedder_refit
    from agents.knowledge.splitting import Piece

    account = _account("chain")
    places = []
    for number in range(PLACES):
        place = _place(account, f"loc_{number}")
        places.append(place)
        picked = rng.integers(0, len(threads.pieces), (PIECES_EACH, 2))
        pieces = [
            Piece(
                f"{threads.pieces[one][1]} ({at // 4})",
                f"{threads.pieces[two][2][:300]} [{place.external_id}]",
            )
            for at, (one, two) in enumerate(picked)
        ]
        _put(account, place, pieces)
    embedder_refit(account)
    analyze()
    return account, places


def _indexed(name: str, pieces: Sequence[tuple[str, str, str]]) -> Any:
    """A location of its own connection that knows these pieces; their group stands behind each."""
    from agents.knowledge.embedders import embedder_refit
    from agents.knowledge.splitting import Piece

    account = _account(name)
    place = _place(account, name)
    _put(account, place, [Piece(heading, text or heading) for _, heading, text in pieces])
    embedder_refit(account)
    GROUPS[place.pk] = [group for group, _, _ in pieces]
    return place


# location → the group of each of its pieces, by place.
GROUPS: dict[int, list[str]] = {}


def _account(name: str) -> Any:
    from integrations.models import Connection

    return Connection.objects.create(name=name, platform="mangomint", status="ok")


def _place(account: Any, name: str) -> Any:
    from integrations.models import Location

    return Location.objects.create(
        connection=account, external_id=name, name=name, timezone="America/Los_Angeles"
    )


def _put(account: Any, place: Any, pieces: Sequence[Any]) -> None:
    from agents.knowledge.indexing import About, knowledge_put
    from core.audit import Actor

    about = About(key="all", title="All", kind="other")
    knowledge_put(
        actor=Actor.system("benchmark"),
        connection=account,
        location=place,
        about=about,
        pieces=pieces,
    )


def _search(place: Any, words: str, arm: str) -> Any:
    from agents.knowledge.searching import knowledge_search

    return knowledge_search(location=place, question=words, today=TODAY, arms=arm)


def _sure(place: Any, words: str) -> float:
    return float(_search(place, words, "both").confidence)


def _first(place: Any, words: str, arm: str) -> str:
    from agents.models import KnowledgeChunk

    found = _search(place, words, arm).pieces
    if not found:
        return ""
    at = KnowledgeChunk.objects.values_list("place", flat=True).get(pk=found[0].chunk_id)
    return GROUPS[place.pk][at]
