"""The desk's own figures: somebody is on the phone, and their name is typed."""

from collections.abc import Iterator

from benchmarks import _finding
from benchmarks.figures import Figure
from benchmarks.stack import stack


def run() -> Iterator[Figure]:
    with stack():
        yield from _finding.figures()
