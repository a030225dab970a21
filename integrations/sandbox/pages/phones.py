"""The clients' phones: what they got, and answering as the client."""

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import clients, messages, replies
from integrations.sandbox.salon.acts import perform
from integrations.sandbox.salon.lookup import home_zone, name, need
from integrations.sandbox.store import Record, store

_RULES = tuple((name, label) for name, (label, _) in replies.RULES.items())
_CROWD = (replies.MIXED, "answers as a crowd does")
QUICK = ("1", "2", "yes, thanks", "Running 10 minutes late", "Can we move it?")


def _talks(limit: int = 40) -> list[Record]:
    """The latest text of each phone, newest first."""
    rows = store().select(
        "message",
        "json_extract(data, '$.channel') = 'sms'",
        order="json_extract(data, '$.createdAt') DESC, id DESC",
        limit=1500,
    )
    talks: dict[str, Record] = {}
    for message in rows:
        if message["to"] not in talks and len(talks) < limit:
            talks[message["to"]] = message
    for phone, message in talks.items():
        people = messages.sharing(phone)
        message["who"] = ", ".join(name(p) for p in people[:3]) or phone
        message["zone"] = home_zone(people[0] if people else None)
    return list(talks.values())


def index(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        _told(request, {})
        return redirect("phones")
    query = request.GET.get("q", "").strip()
    found = [c for c in clients.search(query, 30) if c["phone"]] if query else []
    shown = {"talks": _talks(), "q": query, "found": found, "script": replies.scripts()["all"]}
    return render(request, "sandbox/phones.html", shown | {"rules": (*_RULES, _CROWD)})


def one(request: HttpRequest, ident: str) -> HttpResponse:
    try:
        client = need("client", ident)
    except Refused:
        return render(request, "sandbox/missing.html", status=404)
    if "script" in request.POST:
        _told(request, {"clientId": ident})
        return redirect("phone", ident=ident)
    if "into" in request.POST:
        return _merged(request, ident)
    if request.method == "POST":
        return _typed(request, ident)
    phone = client["phone"]
    texts = messages.thread(phone) if phone else []
    shared = messages.sharing(phone) if phone else []
    named = {c["id"]: name(c) for c in shared}
    for text in texts:
        text["about"] = named.get(text["clientId"], "") if len(shared) > 1 else ""
    return render(
        request,
        "sandbox/phone.html",
        {
            "talks": _talks(),
            "client": client,
            "texts": texts,
            "shared": shared,
            "mails": _mails(ident),
            "quick": QUICK,
            "opted_out": (client["consent"].get("sms") or {}).get("optedOutAt"),
            "phone": phone,
            "zone": home_zone(client),
            "script": _script(phone),
            "rules": _RULES,
            **_same(request, client),
        },
    )


def _mails(ident: str) -> list[Record]:
    return store().select(
        "message",
        "client_id = ? AND json_extract(data, '$.channel') = 'email'",
        (ident,),
        order="json_extract(data, '$.createdAt') DESC",
        limit=5,
    )


def _same(request: HttpRequest, client: Record) -> Record:
    """Who may be the same person: asked for by name or number, else whoever shares a name."""
    asked = request.GET.get("same", "").strip()
    found = clients.search(asked or name(client), 9)
    alike = [one for one in found if one["id"] != client["id"]]
    return {"same": asked, "alike": alike, "gone": bool(client.get("deletedAt"))}


def _merged(request: HttpRequest, ident: str) -> HttpResponse:
    """This record goes into the other one, as a salon does it at its platform."""
    into = request.POST["into"]
    try:
        perform("merge_clients", {"id": ident, "into": into}, "page")
    except Refused as no:
        notices.error(request, no.message)
        return redirect("phone", ident=ident)
    notices.success(request, f"One record now: {name(need('client', into))}.")
    return redirect("phone", ident=into)


def _script(phone: str | None) -> Record:
    """What this phone does by itself, in words."""
    script = replies.script_of(phone or "")
    labels = dict((*_RULES, _CROWD))
    own = phone in replies.scripts()["phones"]
    return script | {"label": labels[script["rule"]], "own": own}


def _told(request: HttpRequest, order: Record) -> None:
    order |= {name: request.POST[name] for name in ("rule", "minutes") if name in request.POST}
    try:
        replies.set_script(order, "page")
        notices.success(request, "Set.")
    except Refused as no:
        notices.error(request, no.message)


def _typed(request: HttpRequest, ident: str) -> HttpResponse:
    body = request.POST.get("quick") or request.POST.get("body", "")
    try:
        perform("text", {"clientId": ident, "body": body}, "client")
    except Refused as no:
        notices.error(request, no.message)
    return redirect("phone", ident=ident)
