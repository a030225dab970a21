"""The built-in embedder: a salon's own texts, no account, no download.

Pieces of three and four letters within words are hashed into buckets, weighted by how rare they
are, and brought down to a few hundred axes by a truncated singular value decomposition (latent
semantic indexing: Deerwester et al., 1990). Pieces of words stand up to typing mistakes, which
whole words do not. The scikit-learn parts are imported where something is fitted, not at start-up.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.words import WORD, plain

Floats = NDArray[np.float32]
BUCKETS = 2**13
DIMENSIONS = 192
SHORT, LONG = 3, 4
# Fitting on more texts than this changes the axes little and costs memory.
MOST_TEXTS = 20_000
# Fewer span nothing that a question could lie in.
FEWEST_TEXTS = 4
SEED = 20260615


@dataclass(frozen=True)
class Embedder:
    """``weights``: one for each bucket; ``axes``: buckets by dimensions. ``name`` is a digest."""

    name: str
    weights: Floats
    axes: Floats

    @property
    def dimensions(self) -> int:
        return int(self.axes.shape[1])

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row a text. What of a text lies outside everything learned shortens its row (to
        zeros at worst), so that the product of two rows falls where a question asks for more."""
        return np.stack([self._one(text) for text in texts])

    def _one(self, text: str) -> Floats:
        counts = buckets(text)
        if not counts:
            return np.zeros(self.dimensions, dtype=np.float32)
        places = np.fromiter(counts, dtype=np.int64)
        times = np.fromiter(counts.values(), dtype=np.float32)
        heavy = (1 + np.log(times)) * self.weights[places]
        row: Floats = (heavy @ self.axes[places]) / np.linalg.norm(heavy)
        return row


def buckets(text: str) -> Counter[int]:
    """bucket → how many pieces of the text's words fall into it. Stable across processes."""
    found: Counter[int] = Counter()
    for word in WORD.findall(plain(text)):
        padded = f" {word} "
        for size in (SHORT, LONG):
            for start in range(max(1, len(padded) - size + 1)):
                found[crc32(padded[start : start + size].encode()) % BUCKETS] += 1
    return found


def embedder_fit(texts: Sequence[str]) -> Embedder | None:
    """Fit on these texts; None where there are too few to span anything."""
    if len(texts) < FEWEST_TEXTS:
        return None
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import TruncatedSVD

    rows = [buckets(text) for text in _some(texts)]
    pointers = np.cumsum([0, *(len(row) for row in rows)])
    places = np.fromiter((place for row in rows for place in row), dtype=np.int64)
    times = np.fromiter((n for row in rows for n in row.values()), dtype=np.float64)
    seen = np.bincount(places, minlength=BUCKETS)
    weights = np.log((1 + len(rows)) / (1 + seen)) + 1
    table = csr_matrix(
        ((1 + np.log(times)) * weights[places], places, pointers), shape=(len(rows), BUCKETS)
    )
    # Longer texts would pull the axes towards themselves.
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    table = table.multiply(1 / np.maximum(lengths, 1e-9)[:, None]).tocsr()
    width = min(DIMENSIONS, len(rows) - 1)
    axes = TruncatedSVD(width, random_state=SEED).fit(table).components_.T
    return embedder_of(weights.astype("<f4").tobytes(), axes.astype("<f2").tobytes(), width)


def embedder_of(weights: bytes, axes: bytes, dimensions: int) -> Embedder:
    """An embedder from its kept bytes."""
    digest = hashlib.sha256(weights + axes).hexdigest()[:16]
    return Embedder(
        f"local-{dimensions}-{digest}",
        np.frombuffer(weights, dtype="<f4"),
        np.frombuffer(axes, dtype="<f2").reshape(BUCKETS, dimensions).astype(np.float32),
    )


def _some(texts: Sequence[str]) -> Sequence[str]:
    if len(texts) <= MOST_TEXTS:
        return texts
    chosen = np.random.default_rng(SEED).choice(len(texts), MOST_TEXTS, replace=False)
    return [texts[place] for place in sorted(chosen)]
