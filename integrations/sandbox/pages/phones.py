"""The clients' phones: what they got, and answering as the client."""

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import clients, messages
from integrations.sandbox.salon.acts import perform
from integrations.sandbox.salon.lookup import home_zone, name, need
from integrations.sandbox.store import Record, store

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
    query = request.GET.get("q", "").strip()
    found = [c for c in clients.search(query, 30) if c["phone"]] if query else []
    return render(request, "sandbox/phones.html", {"talks": _talks(), "q": query, "found": found})


def one(request: HttpRequest, ident: str) -> HttpResponse:
    try:
        client = need("client", ident)
    except Refused:
        return render(request, "sandbox/missing.html", status=404)
    if request.method == "POST":
        return _typed(request, ident)
    phone = client["phone"]
    texts = messages.thread(phone) if phone else []
    shared = messages.sharing(phone) if phone else []
    named = {c["id"]: name(c) for c in shared}
    for text in texts:
        text["about"] = named.get(text["clientId"], "") if len(shared) > 1 else ""
    mails = store().select(
        "message",
        "client_id = ? AND json_extract(data, '$.channel') = 'email'",
        (ident,),
        order="json_extract(data, '$.createdAt') DESC",
        limit=5,
    )
    return render(
        request,
        "sandbox/phone.html",
        {
            "talks": _talks(),
            "client": client,
            "texts": texts,
            "shared": shared,
            "mails": mails,
            "quick": QUICK,
            "opted_out": (client["consent"].get("sms") or {}).get("optedOutAt"),
            "phone": phone,
            "zone": home_zone(client),
        },
    )


def _typed(request: HttpRequest, ident: str) -> HttpResponse:
    body = request.POST.get("quick") or request.POST.get("body", "")
    try:
        perform("text", {"clientId": ident, "body": body}, "client")
    except Refused as no:
        notices.error(request, no.message)
    return redirect("phone", ident=ident)
