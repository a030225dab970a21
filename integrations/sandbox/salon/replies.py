"""Phones that answer by themselves: what each does when a text of the desk asks for something.

A phone has a rule of its own, or the one of all phones. Which digit means yes is read from the
text, as its owner would read it. Minutes pass faster while a scenario plays faster.
"""

import json
import random
import re
from typing import Any

from integrations.sandbox import clock, history
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import messages
from integrations.sandbox.salon.lookup import need
from integrations.sandbox.store import Record, store
from integrations.sandbox.wire.bell import bell

# name → (what it says on the page, (what comes back, minutes after the one before)…)
RULES: dict[str, tuple[str, tuple[tuple[str, float], ...]]] = {
    "hand": ("by hand", ()),
    "silent": ("never answers", ()),
    "yes": ("says yes", (("yes", 0),)),
    "no": ("says no", (("no", 0),)),
    "twice": ("says yes twice", (("yes", 0), ("yes", 0.5))),
    "contradictory": ("says yes, then no", (("yes", 0), ("no", 1))),
    "word": ("says yes in words", (("word", 0),)),
    "stop": ("asks for no more texts", (("stop", 0),)),
}
MIXED = "mixed"
# A crowd: most never answer, a few are awkward. For "mixed", drawn anew for each text.
CROWD = {"silent": 58, "yes": 17, "no": 13, "twice": 3, "contradictory": 3, "word": 5, "stop": 1}
MOST_MINUTES = 24 * 60.0
WORDS = ("yes please!", "Yes", "ok 👍", "I'll take it", "sí, gracias")
_ASKS = re.compile(r"\b(?:reply|responda|text back)\s+(\d)\b", re.IGNORECASE)
_OTHER = re.compile(r"\b(?:or|o)\s+(\d)\b", re.IGNORECASE)


def scripts() -> Record:
    """``{"all": {rule, minutes, speed}, "phones": {number: {rule, minutes}}}``."""
    kept = json.loads(store().setting("phone_scripts") or "{}")
    everybody = {"rule": "hand", "minutes": 1.0, "speed": 1.0} | kept.get("all", {})
    return {"all": everybody, "phones": kept.get("phones", {})}


def set_script(order: Record, actor: str) -> Record:
    """Takes ``{"clientId"?, "rule", "minutes"?, "speed"?}``: for one phone, or for all without a
    rule of their own (which ``"forget": true`` takes from the others)."""
    with store().write():
        held = scripts()
        if order.get("clientId"):
            phone = need("client", str(order["clientId"]), status=422).get("phone")
            if not phone:
                raise Refused(422, "no_contact", "This client has no phone.")
            held["phones"][phone] = _script(order, held["all"], RULES)
        else:
            speed = _number(order.get("speed", held["all"]["speed"]), "speed", 1000)
            held["all"] = _script(order, held["all"], {**RULES, MIXED: ()}) | {"speed": speed}
            if order.get("forget"):
                held["phones"] = {}
        store().keep("phone_scripts", json.dumps(held))
        history.add("knob", "phones.told", actor, **{k: v for k, v in order.items() if k != "id"})
    return held


def _script(order: Record, before: Record, rules: Record) -> Record:
    rule = str(order.get("rule", before["rule"]))
    if rule not in rules:
        raise Refused(400, "bad_rule", f"rule is one of {', '.join(rules)}.")
    minutes = _number(order.get("minutes", before["minutes"]), "minutes", MOST_MINUTES)
    return {"rule": rule, "minutes": minutes}


def _number(value: Any, name: str, most: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= most or (name == "speed" and number == 0):
        raise Refused(400, f"bad_{name}", f"{name} is a number up to {most:g}.")
    return number


def script_of(phone: str) -> Record:
    held = scripts()
    script: Record = held["phones"].get(phone) or held["all"]
    return script


def plan(message: Record) -> None:
    """A text reached a phone: what comes back is written down. Call inside a transaction."""
    if message["channel"] != "sms" or message["direction"] != "outbound":
        return
    held, script = scripts(), script_of(message["to"])
    dice = random.Random(f"{message['to']}:{message['body']}")
    rule = script["rule"]
    if rule == MIXED:
        rule = dice.choices(list(CROWD), list(CROWD.values()))[0]
    spread = dice.lognormvariate(0, 0.7) if script["rule"] == MIXED else 1.0
    at = clock.machine_seconds()
    for number, (what, later) in enumerate(RULES[rule][1]):
        said = _said(what, message["body"], dice)
        minutes = later if number else script["minutes"] * spread
        at += minutes * 60 / held["all"]["speed"]
        if said:
            store().put("reply", _reply(message, said, at))


def _reply(message: Record, said: str, due: float) -> Record:
    return {
        "id": store().next_id("rep"), "clientId": message["clientId"], "body": said,
        "status": "waiting", "_due": due,
    }  # fmt: skip


def _said(what: str, body: str, dice: random.Random) -> str:
    """The answer in the text's own terms; '' where it asks for none."""
    if what == "stop":
        return "STOP"
    asked = _ASKS.search(body)
    if asked is None:
        return ""
    other = _OTHER.search(body, asked.end())
    if what == "word":
        return dice.choice(WORDS)
    return asked[1] if what == "yes" else other[1] if other else "no thanks"


def answer_due() -> None:
    """Answers whose time has come are typed."""
    waiting = store().select("reply", "status = 'waiting'", order="id")
    for reply in waiting:
        if reply["_due"] > clock.machine_seconds():
            continue
        with store().write():
            reply["status"] = "said"
            store().put("reply", reply)
            try:
                with store().part():
                    messages.receive(reply["clientId"], reply["body"], "script")
            except Refused:
                # The client was removed or lost their phone meanwhile: nobody is there to type.
                continue
            store().after_commit(bell.set)
