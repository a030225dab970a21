"""How messages of channels are named in the working copy, where platforms have ids of their own."""

import hashlib
import re
import unicodedata

from integrations.models import ChannelAccount

LONGEST = 80
# Everything that some reader of headers takes for the end of a line.
LINE_BREAKS = "\n\r\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def message_id(channel: str, reference: str) -> str:
    """The external id of a message: short, and of no other channel or platform."""
    plain = f"{channel}:{reference}"
    if len(plain) <= LONGEST and re.fullmatch(r"[\w:.\-]+", plain, re.ASCII):
        return plain
    digest = hashlib.sha256(reference.encode("utf-8", "replace")).hexdigest()[:40]
    return f"{channel}:{digest}"


def delivery_id(account: ChannelAccount, given: str) -> str:
    """The delivery id of a row of the inbox; it also says which account the row belongs to."""
    return f"{account.pk}/{given}"[:200]


def split_delivery(value: str) -> tuple[str, str]:
    """(account id, the channel's own delivery id) of what ``delivery_id`` made."""
    account, _, given = value.partition("/")
    return account, given


def clean(text: str) -> str:
    """Text that the database takes: what no text holds is taken out, invisible marks stay."""
    return "".join(
        char for char in text if char in "\t\n" or unicodedata.category(char) not in {"Cc", "Cs"}
    )
