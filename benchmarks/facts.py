"""Facts: planted errors that are marked, and clean drafts that are left alone.

500 drafts with an error each and 500 without, from a seed, once with the phrasings that were known
while the checker was made and once with phrasings that were kept out of sight. The known facts are
the product's own, from a context of the kind a run keeps. The baseline is a checker that looks for
the records' own spelling of a fact and for nothing else.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from benchmarks import _drafts as drafts
from benchmarks._offline import prepare_django
from benchmarks.figures import Figure, at_least, at_most

N = 500
SEED = 20260619


def run() -> Iterator[Figure]:
    prepare_django()
    for held_out in (False, True):
        which = "phrasings kept out of sight" if held_out else "phrasings known"
        planted = list(drafts.samples(N, SEED, planted=True, held_out=held_out))
        clean = list(drafts.samples(N, SEED + 1, planted=False, held_out=held_out))
        missed = Counter(
            sample.wrong[2] for sample in planted if sample.wrong and not marked(sample)
        )
        share = 100 * (N - missed.total()) / N
        by_kind = ", ".join(f"{kind} {n}" for kind, n in sorted(missed.items())) or "none"
        naive = 100 * sum(naively(sample) for sample in planted) / N
        said = f"n={N}, missed: {by_kind}; spelling alone {naive:.0f}%"
        yield at_least(f"planted errors marked, {which}", share, 99, said, "%")
        false = [sample for sample in clean if wrong_spans(sample)]
        most = Counter(span.kind for sample in false for span in wrong_spans(sample))
        kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(most.items())) or "none"
        share = 100 * len(false) / N
        yield at_most(f"clean drafts with a false mark, {which}", share, 2, f"n={N}: {kinds}", "%")


def marked(sample: drafts.Sample) -> bool:
    """Whether an unverified span lies on the planted words."""
    assert sample.wrong is not None
    start, end, _ = sample.wrong
    return any(span.start < end and start < span.end for span in wrong_spans(sample))


def wrong_spans(sample: drafts.Sample) -> list[Any]:
    from agents.facts import known_facts
    from approvals.facts import facts_check

    known = known_facts(context_of(sample))
    spans = facts_check(sample.text, known, catalogue=drafts.SERVICES)
    return [span for span in spans if not span.verified]


def naively(sample: drafts.Sample) -> bool:
    """The baseline: is there a figure or a capital that the records do not spell just so?"""
    from agents.facts import known_facts

    assert sample.wrong is not None
    start, end, _ = sample.wrong
    spelled: Sequence[str] = [
        text.casefold() for fact in known_facts(context_of(sample)) for text in fact.texts
    ]
    word = sample.text[start:end].casefold()
    return any(char.isdigit() for char in word) and word not in spelled


def context_of(sample: drafts.Sample) -> Any:
    from agents.context import Context
    from agents.pieces import example

    record = sample.record
    visit = example()["appointments"][0] | {
        "starts_at": record.at,
        "ends_at": record.at + timedelta(minutes=record.minutes),
        "service": record.service,
        "minutes": record.minutes,
        "price": record.price,
        "staff": record.staff,
    }
    client = {"first_name": record.first, "last_name": record.last, "phone": "+15035550142"}
    changed = example(
        appointments=[visit],
        people=[{"id": 1, "external_id": "cli_1", "fields": client}],
        due_at=record.at,
    )
    changed["salon"] = changed["salon"] | {
        "timezone": record.zone,
        "phone": record.phone,
        "booking_url": f"https://{record.link}",
    }
    changed["contact"] = changed["contact"] | {"zone": record.zone, "language": sample.language}
    return Context.model_validate(changed)
