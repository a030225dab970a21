"""Finding people: folded names, searching clients, households on one phone."""

import re
from collections.abc import Collection

import phonenumbers
from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.folding import fold
from integrations.models import Appointment, Client, Location, Message, Sale, WaitlistEntry

__all__ = ["client_search", "clients_at", "fold", "household", "of_places", "telephone"]


def telephone(number: str) -> str:
    """A number as a person would write it: ``(213) 555-0100``, and ``+44 20 7946 0958`` abroad."""
    try:
        parsed = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException:
        return number
    forms = phonenumbers.PhoneNumberFormat
    at_home = parsed.country_code == 1
    return phonenumbers.format_number(parsed, forms.NATIONAL if at_home else forms.INTERNATIONAL)


def of_places(location_ids: Collection[int]) -> Q:
    """Clients that belong to one of these locations, for somebody who sees all of it.

    Whoever has, had or waits for an appointment there, or bought something there. A client who has
    not been anywhere yet, just written down at the platform, is no other location's: each of the
    connection's may look them up and book them.
    """
    here = {"client": OuterRef("pk"), "location_id__in": list(location_ids)}
    theirs = Location.objects.filter(pk__in=list(location_ids)).values("connection_id")
    been = {"client": OuterRef("pk")}
    return (
        Q(Exists(Appointment.objects.filter(**here)))
        | Q(Exists(WaitlistEntry.objects.filter(**here)))
        | Q(Exists(Sale.objects.filter(**here)))
        | Q(connection__in=theirs)
        & ~Exists(Appointment.objects.filter(**been))
        & ~Exists(WaitlistEntry.objects.filter(**been))
        & ~Exists(Sale.objects.filter(**been))
        & ~Exists(Message.objects.filter(**been, location__isnull=False))
    )


def clients_at(location_ids: Collection[int]) -> QuerySet[Client]:
    """Live clients of these locations, and those of their connection who have not been anywhere."""
    return Client.objects.filter(
        of_places(location_ids),
        deleted_at=None,
        merged_into=None,
        connection__location__in=list(location_ids),
    ).distinct()


def client_search(location_ids: Collection[int], text: str, limit: int = 20) -> list[Client]:
    """Clients of these locations by name (accents and case do not matter), phone or e-mail."""
    words = fold(text).split()
    if not words or not location_ids:
        return []
    digits = re.sub(r"\D", "", text)
    match = Q()
    for word in words:
        match &= Q(search_key__contains=word)
    if len(digits) >= 4:
        match |= Q(phone_last4=digits[-4:], phone__contains=digits[-10:])
    if "@" in text:
        match |= Q(email__istartswith=text.strip())
    return list(clients_at(location_ids).filter(match).order_by("search_key", "pk")[:limit])


def household(client: Client) -> list[Client]:
    """Everybody on the same phone, this client among them; only the client where there is none."""
    if not client.phone:
        return [client]
    same = Client.objects.filter(
        connection_id=client.connection_id,
        phone=client.phone,
        deleted_at=None,
        merged_into=None,
    )
    return list(same.order_by("pk")) or [client]
