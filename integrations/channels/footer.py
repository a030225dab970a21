"""The end of every e-mail: who writes, from where, and how to get no more of them.

It is added in code before a draft is shown, so that what is approved is what goes out. The link
holds no time, because the same draft must have the same bytes whenever it is rendered; it works
for as long as the client is known.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from core.errors import NeedsAttention, Permanent
from integrations.models import ChannelAccount, Client, Location

MARK = "--"
SALT = "channels.unsubscribe"
WORDS = {
    "en": "You get this e-mail as our client. To get no more news from us: {link}",
    "es": "Recibe este correo como cliente nuestro. Para no recibir más novedades: {link}",
}


@dataclass(frozen=True)
class Unsubscribe:
    """Whom an unsubscribe link is about."""

    client_id: int
    location_id: int


def unsubscribe_token(client: Client, location: Location) -> str:
    return _signer().sign(f"{client.pk}-{location.pk}")


def unsubscribe_read(token: str) -> Unsubscribe | None:
    """Whom a token is about; None when it is not one of ours."""
    try:
        client, _, location = _signer().unsign(token).partition("-")
        return Unsubscribe(int(client), int(location))
    except (BadSignature, ValueError):
        return None


def unsubscribe_url(client: Client, location: Location) -> str:
    path = reverse("unsubscribe", args=[unsubscribe_token(client, location)])
    return str(settings.WEB_ORIGIN) + path


def with_footer(
    account: ChannelAccount, body: str, location: Location, purpose: str, client: Client | None
) -> str:
    """``body`` with the footer as its end; a footer of ours that is there already is renewed."""
    text = without_footer(body.replace("\r\n", "\n").replace("\r", "\n"), location)
    lines = [MARK, _one_line(location.name), *_address_lines(account, location, purpose)]
    if purpose != "transactional":
        if client is None:
            raise Permanent("News can only go to a client we know.", code="no_client")
        words = WORDS.get(client.locale[:2].lower(), WORDS["en"])
        lines.append(words.format(link=unsubscribe_url(client, location)))
    return text.rstrip() + "\n\n" + "\n".join(lines) + "\n"


def without_footer(body: str, location: Location) -> str:
    """The text a person wrote, without the footer this location puts below it."""
    text, found, tail = body.rpartition(f"\n{MARK}\n")
    first = tail.partition("\n")[0].strip()
    return text if found and first == _one_line(location.name) else body


def _address_lines(account: ChannelAccount, location: Location, purpose: str) -> list[str]:
    address = str(account.setting("postal_address")) or location.address
    if not address.strip() and purpose != "transactional":
        raise NeedsAttention("News by e-mail must name a postal address. Enter the salon's.")
    return [line for line in (_one_line(address), _one_line(location.phone)) if line]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _signer() -> Signer:
    return Signer(sep=".", salt=SALT)
