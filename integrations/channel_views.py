"""What providers post to us, and the page behind the unsubscribe link.

Both are reached without a session: a provider is known by its signature, a client by the signed
link. Mail programs and scanners fetch links on their own, so a GET changes nothing.
"""

from urllib.parse import parse_qsl
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from core.audit import Actor
from core.counters import count
from core.doorbell import ring
from core.errors import NeedsAttention
from integrations import hooks
from integrations.channels.accounts import account_needs_attention
from integrations.channels.base import NotGenuine, NotReadable, Params, channel_of, channels
from integrations.channels.footer import Unsubscribe, unsubscribe_read
from integrations.channels.references import delivery_id
from integrations.consent import opt_out_record
from integrations.models import ChannelAccount, Client, Connection, Location
from integrations.views import TooLarge, read_body

NEWS = ("marketing", "care")
WORDING = "unsubscribe link in an e-mail"


@csrf_exempt
def channel_hook(request: HttpRequest, channel: str, account_id: UUID) -> HttpResponse:
    """Verify over the raw bytes, store, commit, and only then answer as the provider wants it."""
    if request.method != "POST":
        return JsonResponse({"error": "Send a POST."}, status=405, headers={"Allow": "POST"})
    account = _account(channel, account_id)
    if account is None:
        return _refused(404, "There is no such number or mailbox.")
    try:
        return _accept(request, account)
    except TooLarge:
        count("channels.too_large", account.connection_id)
        return _refused(413, "The body is too large.")
    except NotGenuine:
        count("channels.refused", account.connection_id)
        return _refused(403, "The signature, key or time is not right.")
    except NotReadable:
        count("channels.unreadable", account.connection_id)
        return _refused(400, "The body cannot be read.")
    except NeedsAttention as error:
        account_needs_attention(account, error.plain)
        return _refused(503, "This account's secret is not in place yet.")


def _account(channel: str, account_id: UUID) -> ChannelAccount | None:
    """Switched off or not: what a client wrote to us is never thrown away."""
    if channel not in channels:
        return None
    accounts = ChannelAccount.objects.filter(pk=account_id, channel=channel)
    return (
        accounts.exclude(connection__status=Connection.Status.OFF)
        .select_related("connection")
        .first()
    )


def _accept(request: HttpRequest, account: ChannelAccount) -> HttpResponse:
    channel = channel_of(account)
    body = read_body(request, channel.largest_delivery)
    verified = channel.verify(
        account=account,
        body=body,
        headers=request.headers,
        url=str(settings.WEB_ORIGIN) + request.get_full_path(),
        params=_params(request, body),
    )
    name = delivery_id(account, verified.delivery_id)
    kind = f"channel.{account.channel}.{verified.kind}"
    try:
        stored = hooks.delivery_store(account.connection, name, kind, body)
    except IntegrityError:
        return _refused(404, "There is no such number or mailbox.")
    if stored:
        ring("integrations.inbox_drain")
    receipt = channel.receipt
    return HttpResponse(receipt.body, content_type=receipt.content_type, status=receipt.status)


def _params(request: HttpRequest, body: bytes) -> Params:
    if request.content_type != "application/x-www-form-urlencoded":
        return ()
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise NotReadable("not a form") from None


def _refused(status: int, said: str) -> JsonResponse:
    return JsonResponse({"error": said}, status=status)


@csrf_exempt
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows one button; POST, by the button or by a mail program (RFC 8058), opts out.

    No CSRF token: mail programs have none, and the signed link itself is the right to do this.
    """
    about = unsubscribe_read(token)
    if about is None:
        return _page(request, {"state": "unknown"}, 404)
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})
    location = Location.objects.filter(pk=about.location_id).first()
    if request.method != "POST":
        return _page(request, {"state": "ask", "location": location})
    _opt_out(about)
    return _page(request, {"state": "done", "location": location})


def _opt_out(about: Unsubscribe) -> None:
    """Recorded for whom the client is now; a client who is gone gets no mail anyway."""
    with transaction.atomic():
        client = Client.objects.filter(pk=about.client_id).select_related("merged_into").first()
        if client is None:
            return
        opt_out_record(
            actor=Actor("client", str(client.pk), "the client, by e-mail link"),
            client=client.merged_into or client,
            channel="email",
            purposes=NEWS,
            wording=WORDING,
        )


def _page(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    response = render(request, "channels/unsubscribe.html", context, status=status)
    # The address itself is the right to act: it must not travel on, be stored or be found.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store, private"
    return response
