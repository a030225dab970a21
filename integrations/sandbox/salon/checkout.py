"""Checkout: a sale from a finished visit, with what was taken from the shelf."""

from decimal import Decimal, InvalidOperation

from integrations.sandbox import clock, history, knobs
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import appointments, clients, messages
from integrations.sandbox.salon.clients import dollars
from integrations.sandbox.salon.lookup import living, need
from integrations.sandbox.store import Record, store
from integrations.sandbox.wire import webhooks


def _money(text: object) -> Decimal:
    try:
        amount = Decimal(str(text or "0").strip())
    except InvalidOperation:
        raise Refused(400, "bad_amount", f"{text!r} is not an amount.") from None
    if not amount.is_finite() or not 0 <= amount < 10_000:
        raise Refused(400, "bad_amount", "An amount is between 0 and 9,999.99.")
    return amount.quantize(Decimal("0.01"))


def service_line(appointment: Record) -> Record:
    return {
        "type": "service",
        "serviceId": appointment["serviceId"],
        "name": appointment["serviceName"],
        "staffId": appointment["staffId"],
        "quantity": 1,
        "amount": appointment["price"],
    }


def product_line(product: Record, quantity: int, staff_id: str) -> Record:
    total = Decimal(product["price"]["amount"]) * quantity
    return {
        "type": "product",
        "productId": product["id"],
        "name": product["name"],
        "staffId": staff_id,
        "quantity": quantity,
        "amount": dollars(total),
    }


def extra_line(kind: str, amount: Decimal, staff_id: str) -> Record:
    signed = -amount if kind == "discount" else amount
    return {
        "type": kind,
        "name": kind.capitalize(),
        "staffId": staff_id,
        "quantity": 1,
        "amount": dollars(signed),
    }


def total_of(lines: list[Record]) -> Decimal:
    return sum((Decimal(line["amount"]["amount"]) for line in lines), Decimal(0))


def _finished_visit(ident: str, actor: str) -> list[Record]:
    """The visit's appointments ready to be paid; one still in the chair is completed first."""
    asked = need("appointment", ident)
    if asked.get("_saleId"):
        raise Refused(409, "already_paid", "This visit is already checked out.")
    if asked["status"] != "completed":
        asked = appointments.patch(ident, {"status": "completed"}, actor)
    same = store().select(
        "appointment",
        "client_id = ? AND status IN ('checked_in', 'completed')",
        (asked["clientId"],),
        order="starts_at, id",
    )
    visit = [a for a in same if a["visitId"] == asked["visitId"] and not a.get("_saleId")]
    return [
        a
        if a["status"] == "completed"
        else appointments.patch(a["id"], {"status": "completed"}, actor)
        for a in visit
    ]


def check_out(ident: str, order: Record, actor: str) -> Record:
    """Takes {products: [{productId, quantity}], tip, discount} and makes the sale."""
    tip, discount = _money(order.get("tip")), _money(order.get("discount"))
    visit = _finished_visit(ident, actor)
    first = visit[0]
    lines = [service_line(a) for a in visit]
    for wish in order.get("products") or []:
        lines.append(_from_shelf(wish, first["staffId"], actor))
    for kind, amount in (("discount", discount), ("tip", tip)):
        if amount:
            lines.append(extra_line(kind, amount, first["staffId"]))
    sale = store().put(
        "sale",
        {
            "id": store().next_id("sal"),
            "clientId": first["clientId"],
            "locationId": first["locationId"],
            "visitId": first["visitId"],
            "appointmentIds": [a["id"] for a in visit],
            "lines": lines,
            "total": dollars(total_of(lines)),
            "completedAt": clock.seconds(clock.now()),
        },
    )
    for appointment in visit:
        appointment["_saleId"] = sale["id"]
        store().put("appointment", appointment)
    clients.spent(first["clientId"], total_of(lines))
    known = {"clientId": sale["clientId"], "total": sale["total"]["amount"]}
    history.add("effect", "sale.completed", actor, sale["id"], **known)
    webhooks.thin("sale.completed", sale)
    if knobs.get("sends_receipts"):
        text = f"Thank you for your visit. Total: ${sale['total']['amount']}."
        messages.platform_says(sale["clientId"], "email", "Your receipt", text)
    return sale


def _from_shelf(wish: Record, staff_id: str, actor: str) -> Record:
    product = living("product", wish.get("productId"))
    try:
        quantity = int(wish.get("quantity") or 1)
    except (TypeError, ValueError):
        raise Refused(400, "bad_quantity", "quantity is a whole number.") from None
    if quantity < 1:
        raise Refused(400, "bad_quantity", "quantity is at least 1.")
    set_stock(product, product["stock"] - quantity, actor)
    return product_line(product, quantity, staff_id)


def set_stock(product: Record, stock: int, actor: str) -> Record:
    product["stock"] = max(0, stock)
    store().put("product", product)
    history.add("effect", "product.stock_changed", actor, product["id"], stock=product["stock"])
    webhooks.thin("product.stock_changed", product)
    return product
