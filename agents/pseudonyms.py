"""Pseudonyms: nothing that identifies a client leaves for the model.

Names, phones, e-mails, birthdays, addresses and ids are replaced by placeholders before a call,
wherever they stand (also inside free notes), and put back into the answer. The mapping lives for
one call; it is built from one context, which holds one contact.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from agents.context import Context
from agents.facts import dates, links, phones

EMAIL = re.compile(r"[^\s@<>()\"']+@[^\s@<>()\"']+\.[A-Za-z]{2,}")
PHONE = re.compile(r"(?<![\w/])\+?\(?\d[\d\s().\u2010-\u2015-]{5,}\d(?!\w)")
RECORD_ID = re.compile(r"\b[a-z]{2,4}_[A-Za-z0-9]{2,}\b")
STREET = re.compile(
    r"\b\d{1,6}\s+(?:[NSEW]{1,2}\.?\s+)?(?:[A-Z][\w'.]*\s+){1,4}"
    r"(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Ln|Lane|Dr|Drive|Ct|Court|Way|Pl|Place)\b\.?"
)
BORN = re.compile(
    r"(?i)\b(?:dob|born|birthday|date of birth)\b\W{0,3}(?:on\s+)?[\w/.-]+"
    r"(?:\s+\d{1,2},?)?(?:\s+\d{4})?"
)
PLACEHOLDER = re.compile(
    r"\b(?:CLIENT|STAFF|PHONE|EMAIL|LINK|SALON|BIRTHDAY|ADDRESS|RECORD)_[A-Z0-9]+\b"
)


class UnknownPlaceholder(Exception):
    """The answer names somebody or something that was never sent."""


@dataclass
class Pseudonyms:
    """Placeholders of one call: ``hide`` before sending, ``restore`` in what came back."""

    real: dict[str, str] = field(default_factory=dict)
    spellings: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, context: Context) -> "Pseudonyms":
        """Built from everything in the context that could point at a person."""
        made = cls()
        made.add("SALON", context.salon.name, [context.salon.name, context.salon.external_id])
        made.add("PHONE", context.salon.phone, phones(context.salon.phone), "SALON")
        made.add("LINK", context.salon.booking_url, links(context.salon.booking_url), "SALON")
        made.add("ADDRESS", context.salon.address, [context.salon.address], "SALON")
        for number, person in enumerate(context.people, 1):
            made._person(person.fields, person.external_id, number)
        staff = dict.fromkeys(visit.staff for visit in context.appointments if visit.staff)
        for number, name in enumerate(staff, 1):
            made.add("STAFF", name.split(" ")[0], _names(name), str(number))
        for number, form in enumerate(context.forms, 1):
            made.add("LINK", form.link, links(form.link), f"FORM{number}")
        made._longest_first()
        return made

    def add(self, kind: str, real: str, spelled: list[str], label: str = "1") -> None:
        """``real`` is what comes back for the placeholder; every spelling is hidden behind it."""
        token = f"{kind}_{label}"
        found = [one for one in spelled if one and len(one.strip()) > 1]
        if real and found:
            self.real[token] = real
            self.spellings += [(one.strip(), token) for one in found]

    def hide(self, text: str) -> str:
        folded = _Folded.of(text)
        for spelled, token in self.spellings:
            folded = folded.with_token(spelled, token)
        text = folded.text
        text = EMAIL.sub("EMAIL_OTHER", text)
        text = BORN.sub("BIRTHDAY_OTHER", text)
        text = STREET.sub("ADDRESS_OTHER", text)
        text = PHONE.sub(_phone_or_date, text)
        return RECORD_ID.sub("RECORD_OTHER", text)

    def restore(self, text: str) -> str:
        """Real words for placeholders; UnknownPlaceholder for one that was never given out."""

        def back(found: re.Match[str]) -> str:
            token = found.group(0)
            if token not in self.real:
                raise UnknownPlaceholder(token)
            return self.real[token]

        return PLACEHOLDER.sub(back, text)

    def _person(self, fields: dict[str, object], external_id: str, number: int) -> None:
        label = str(number)
        first, last = str(fields.get("first_name") or ""), str(fields.get("last_name") or "")
        full = f"{first} {last}".strip()
        self.add("CLIENT", first or full, [full, first, external_id], label)
        # A token of its own: a last name that is also a word ("May") must come back as it was.
        self.add("CLIENT", last, [last], f"{label}L")
        phone, email = str(fields.get("phone") or ""), str(fields.get("email") or "")
        postal_code = str(fields.get("postal_code") or "")
        self.add("PHONE", phone, phones(phone), label)
        self.add("EMAIL", email, [email], label)
        self.add("ADDRESS", postal_code, [postal_code], label)
        born = _date(fields.get("birthday"))
        if born:
            self.add("BIRTHDAY", born.isoformat(), _birthdays(born), label)

    def _longest_first(self) -> None:
        """ "Ana Maria" goes before "Ana", so that no half of a name is left standing."""
        self.spellings.sort(key=lambda pair: -len(pair[0]))


def _names(full: str) -> list[str]:
    return [full, *full.split(" ")]


@dataclass(frozen=True)
class _Folded:
    """A text, the same in lower case without accents, and for each letter of that its place.

    Folded once and again only where something was put in: a prompt's dozen values are looked
    through for some twenty spellings each, and nearly none of them stands there.
    """

    text: str
    folded: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "_Folded":
        if text.isascii():
            return cls(text, text.casefold(), tuple(range(len(text))))
        letters: list[str] = []
        places: list[int] = []
        for place, letter in enumerate(text):
            for part in unicodedata.normalize("NFKD", letter).casefold():
                if not unicodedata.combining(part):
                    letters.append(part)
                    places.append(place)
        return cls(text, "".join(letters), tuple(places))

    def with_token(self, spelled: str, token: str) -> "_Folded":
        """Every occurrence as a word of its own, whatever its case and accents, replaced."""
        wanted, text = _fold(spelled), self.text
        if wanted not in self.folded:
            return self
        pattern = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)")
        for found in reversed(list(pattern.finditer(self.folded))):
            start, end = self.places[found.start()], self.places[found.end() - 1] + 1
            text = text[:start] + token + text[end:]
        return self if text == self.text else _Folded.of(text)


def _fold(text: str) -> str:
    return text.casefold() if text.isascii() else _Folded.of(text).folded


def _phone_or_date(found: re.Match[str]) -> str:
    """Seven digits or more in a row are a phone; a date or an hour has fewer or a slash."""
    digits = re.sub(r"\D", "", found.group(0))
    is_date = re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", found.group(0)) is not None
    return "PHONE_OTHER" if len(digits) >= 7 and not is_date else found.group(0)


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def _birthdays(born: date) -> list[str]:
    at = datetime(born.year, born.month, born.day, 12, tzinfo=UTC)
    # Without the year it could be the day of the visit, which the text needs.
    spelled = [one for one in dates(at, ZoneInfo("UTC")) if str(born.year) in one]
    short = [f"{born.month}/{born.day}/{born:%y}", f"{born:%m/%d/%y}", f"{born:%d.%m.%Y}"]
    return [*spelled, *short]
