"""Public data for evaluation on a developer's machine. It has no licence for the product, so it is
read from beside the checkout and never copied into it."""

import csv
import gzip
import os
from pathlib import Path

from benchmarks.figures import Unavailable

Row = dict[str, str]


def rows_of(name: str) -> list[Row]:
    """The rows of ``<name>_train.csv.gz`` in ``../shared/data`` or in ``$SHARED_DATA``."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get("SHARED_DATA") or beside)
    path = folder / f"{name}_train.csv.gz"
    if not path.is_file():
        raise Unavailable(f"needs {path.name} in ../shared/data or in the folder SHARED_DATA names")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
