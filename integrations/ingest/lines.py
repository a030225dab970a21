"""The lines of a sale. They have no ids of their own: the sale's lines are replaced as a whole."""

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.ingest.fields import clean_line, decimal
from integrations.ingest.references import LINE_REFS, References
from integrations.models import Sale, SaleLine

QUANTITY: Any = SaleLine._meta.get_field("quantity")
AMOUNT: Any = SaleLine._meta.get_field("amount")


def lines_store(
    references: References, sale: Sale, said: Iterable[Mapping[str, Any]], *, created: bool
) -> None:
    lines = [_line(references, sale, row) for row in said]
    if not created:
        held = [_shape(line) for line in sale.lines.order_by("pk")]
        if held == [_shape(line) for line in lines]:
            return
        sale.lines.all().delete()
    SaleLine.objects.bulk_create(lines)


def _line(references: References, sale: Sale, said: Mapping[str, Any]) -> SaleLine:
    line = SaleLine(
        sale=sale,
        kind=clean_line(said.get("kind"))[:12],
        name=clean_line(said.get("name"))[:200],
        quantity=decimal(said.get("quantity", 1), QUANTITY) or 1,
        amount=decimal(said.get("amount"), AMOUNT) or 0,
    )
    for kind in LINE_REFS:
        setattr(line, kind, references.get(kind, said.get(kind)))
    return line


def _shape(line: SaleLine) -> tuple[Any, ...]:
    return (
        line.kind,
        line.name,
        line.quantity,
        line.amount,
        line.service_id,
        line.product_id,
        line.staff_id,
    )
