"""Everything a person or a script can do in the salon, by name.

The pages, POST /sandbox/act and the scenarios all come through here, so they cannot differ.
"""

from collections.abc import Callable

from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import appointments, checkout, clients, messages, others
from integrations.sandbox.salon.lookup import need
from integrations.sandbox.store import Record, store

Act = Callable[[Record, str], Record]


def _status(status: str) -> Act:
    def act(order: Record, actor: str) -> Record:
        reason = str(order.get("reason") or "")
        return appointments.patch(_id(order), {"status": status}, actor, reason=reason)

    return act


def _id(order: Record, key: str = "id") -> str:
    return str(order.get(key) or "")


def _move(order: Record, actor: str) -> Record:
    changes = {key: order[key] for key in ("startTime", "staffId", "resourceId") if order.get(key)}
    return appointments.patch(_id(order), changes, actor)


def _set_stock(order: Record, actor: str) -> Record:
    return checkout.set_stock(need("product", _id(order)), int(order["stock"]), actor)


ACTS: dict[str, Act] = {
    "book": lambda o, a: appointments.book({"source": "front_desk"} | o, a),
    "move": _move,
    "confirm": _status("confirmed"),
    "check_in": _status("checked_in"),
    "complete": _status("completed"),
    "no_show": _status("no_show"),
    "cancel": _status("cancelled"),
    "reinstate": _status("booked"),
    "note": lambda o, a: appointments.patch(_id(o), {"notes": o.get("notes", "")}, a),
    "delete_appointment": lambda o, a: appointments.delete(_id(o), a),
    "check_out": lambda o, a: checkout.check_out(_id(o), o, a),
    "text": lambda o, a: messages.receive(_id(o, "clientId"), str(o.get("body") or ""), a),
    "add_client": clients.add,
    "edit_client": lambda o, a: clients.edit(_id(o), _without(o, "id"), a),
    "merge_clients": lambda o, a: clients.merge(_id(o), _id(o, "into"), a),
    "delete_client": lambda o, a: clients.delete(_id(o), a),
    "add_note": lambda o, a: clients.add_note(_id(o), o, a),
    "waitlist_add": others.waitlist_add,
    "waitlist_edit": lambda o, a: others.waitlist_patch(_id(o), _without(o, "id"), a),
    "waitlist_remove": lambda o, a: others.waitlist_delete(_id(o), a),
    "feedback": lambda o, a: others.feedback(
        _id(o, "appointmentId"), int(o.get("rating") or 0), str(o.get("comment") or ""), a
    ),
    "submit_form": lambda o, a: others.submit_form(_id(o), o.get("answers"), a),
    "edit_staff": lambda o, a: others.edit_staff(_id(o), _without(o, "id"), a),
    "set_stock": _set_stock,
}


def _without(order: Record, *keys: str) -> Record:
    return {key: value for key, value in order.items() if key not in keys}


def perform(action: str, order: Record, actor: str) -> Record:
    """Does one act in one transaction and answers the record it made or changed."""
    act = ACTS.get(action)
    if act is None:
        raise Refused(400, "unknown_action", f"action is one of {', '.join(sorted(ACTS))}.")
    with store().write():
        return act(order, actor)
