"""What a correction says, when it is a habit, and how a house rule is kept. No database.

A fact is never learned and never touched: before two texts are compared, every name, time, price
and link becomes one word of its kind (``_time_``), and a rule is not put to any stretch that the
check of facts found.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents.diffs import Difference, word_diff
from approvals.facts import Known, facts_check
from approvals.hygiene import clean_text, hidden_characters
from approvals.policy import HEALTH, MONEY_OFF, asks_for_keyword

# So many drafts, to so many clients, make a habit: what is done for one person is for them alone.
DRAFTS, CLIENTS = 3, 2
MOST_AVOID, MOST_USE = 6, 8
CONTEXT_WORDS = 3
WORD = re.compile(r"\w+")
MASK = re.compile(r"(?<!\w)_[a-z]+(?:_[a-z]+)*_(?!\w)")
LINKS = re.compile(r"(?i)\b(?:https?://|www\.)\S+|\b\S+@\S+|\b[\w-]+\.(?:com|net|org|io|co)\b\S*")
TOLD = "House rules, for wording only. They never change a name, a time, a price or a link."
FIGURES = re.compile(r"\d")


@dataclass(frozen=True)
class Change:
    """One stretch that a person replaced, with a few words on either side. Either may be empty."""

    removed: str
    inserted: str
    before: str = ""
    after: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The same for the same replacement, however it was capitalised."""
        removed, inserted = plain(self.removed), plain(self.inserted)
        if removed.casefold() == inserted.casefold():
            return removed, inserted
        return removed.casefold(), inserted.casefold()


@dataclass(frozen=True)
class Wording:
    """A house rule: never ``avoid``, but ``use`` ('' leaves it out), in texts of one language."""

    avoid: str
    use: str
    language: str = "en"
    pk: int = 0

    @property
    def said(self) -> str:
        """In plain words: ``say “Hi”, not “Hey”``."""
        return f"say “{self.use}”, not “{self.avoid}”" if self.use else f"leave out “{self.avoid}”"


@dataclass(frozen=True)
class Seen:
    """A change as it was kept: of which draft, to whom."""

    change: Change
    item_id: int
    client_id: int | None


def plain(text: str) -> str:
    return " ".join(text.split())


def masked(body: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """``body`` with every (start, end, kind) as one word of its kind, and every figure, too."""
    found, at = [], 0
    for start, end, kind in sorted(spans):
        if start < at:
            continue
        found += [body[at:start], f"_{kind.replace(' ', '_')}_"]
        at = end
    text = LINKS.sub("_link_", "".join([*found, body[at:]]))
    return re.sub(r"\w*\d\w*(?:[.,:]\d+)*", "_number_", text)


def changes_of(old: str, new: str) -> list[Change]:
    """What was replaced, in reading order. Stretches with nothing but a space between are one.

    Nothing gets lost: the words of ``old`` are those that stayed and those that were removed, the
    words of ``new`` those that stayed and those that were inserted.
    """
    parts = _joined(word_diff(old, new))
    found = []
    for place, (removed, inserted, same) in enumerate(parts):
        if same is not None:
            continue
        before = parts[place - 1][2] or "" if place else ""
        after = parts[place + 1][2] or "" if place + 1 < len(parts) else ""
        found.append(Change(removed.strip(), inserted.strip(), _last(before), _first(after)))
    return [one for one in found if one.removed or one.inserted]


def _joined(differences: list[Difference]) -> list[tuple[str, str, str | None]]:
    """(removed, inserted, None) and ("", "", what stayed), by turns."""
    parts: list[tuple[str, str, str | None]] = []
    for place, one in enumerate(differences):
        between = 0 < place < len(differences) - 1 and not one.text.strip()
        if one.kind == "same" and not (between and "\n" not in one.text):
            parts.append(("", "", one.text))
            continue
        removed = "" if one.kind == "added" else one.text
        inserted = "" if one.kind == "removed" else one.text
        if parts and parts[-1][2] is None:
            was, now, _ = parts.pop()
            removed, inserted = was + removed, now + inserted
        parts.append((removed, inserted, None))
    return parts


def _last(text: str) -> str:
    return " ".join(text.split()[-CONTEXT_WORDS:])


def _first(text: str) -> str:
    return " ".join(text.split()[:CONTEXT_WORDS])


def is_habit(change: Change) -> bool:
    """Whether this replacement could be a rule: words for words, no fact, no mask, not long."""
    return bool(change.removed) and not wording_problems(change.removed, change.inserted)


def wording_problems(avoid: str, use: str) -> list[str]:
    """Why these words cannot be a house rule, for whoever typed them; empty when they can."""
    avoid, use = plain(avoid), plain(use)
    both = f"{avoid}\n{use}"
    wrong = [
        (not avoid, "Say which words are to be replaced."),
        (avoid == use, "Both are the same."),
        (bool(avoid) and not re.search(r"[^\W\d_]|!", avoid), "A rule needs a word to look for."),
        (len(WORD.findall(avoid)) > MOST_AVOID, f"At most {MOST_AVOID} words to be replaced."),
        (len(WORD.findall(use)) > MOST_USE, f"At most {MOST_USE} words to say instead."),
        (len(both) > 160, "That is too long for a rule."),
        (bool(FIGURES.search(both) or LINKS.search(both) or MASK.search(both)),
         "A rule is about wording: no names, times, prices, figures or links."),
        (bool(HEALTH.search(use)), "A rule cannot speak of health."),
        (bool(MONEY_OFF.search(use)), "A rule cannot promise money off."),
        (bool(asks_for_keyword(use)), "Phone companies read that word as a command."),
        (bool(hidden_characters(both)), "There is a hidden character in it."),
    ]  # fmt: skip
    found = [words for applies, words in wrong if applies]
    return found or _facts_in(avoid, use)


def _facts_in(avoid: str, use: str) -> list[str]:
    """What the check of facts would stop at anywhere; a day or a promise is no wording."""
    spans = [*facts_check(avoid, ()), *facts_check(use, ())]
    return [f"“{span.text}” is a fact, not wording: it {span.why}." for span in spans[:3]]


def habits(seen: Sequence[Seen]) -> list[tuple[Change, int]]:
    """The replacements made on three drafts and to two clients at least, with how many drafts;
    each spelled as it was most often."""
    grouped: dict[tuple[str, str], list[Seen]] = {}
    for one in seen:
        grouped.setdefault(one.change.key, []).append(one)
    found = []
    for group in grouped.values():
        drafts = {one.item_id for one in group}
        clients = {one.client_id for one in group}
        if len(drafts) >= DRAFTS and len(clients) >= CLIENTS and is_habit(group[0].change):
            found.append((_commonest([one.change for one in group]), len(drafts)))
    return found


def _commonest(changes: Sequence[Change]) -> Change:
    """The spelling seen most often; of two the first, so that the same rows give the same rule."""
    return max(changes, key=lambda one: (changes.count(one), -changes.index(one)))


def obey(
    text: str, rules: Sequence[Wording], kept: Iterable[tuple[int, int]], language: str
) -> str:
    """``text`` with the rules of its language kept. The stretches ``kept`` stay byte for byte.

    One pass: what a rule wrote is not changed by another.
    """
    ours = {_key(rule): rule for rule in rules if rule.language == language and rule.avoid}
    if not ours:
        return text
    free = _free(text, [*kept, *(found.span() for found in LINKS.finditer(text))])
    found: list[str] = []
    at = 0
    for match in _pattern(list(ours.values())).finditer(text):
        rule = ours.get(match.group(0)) or ours.get(match.group(0).casefold())
        start, end = match.span()
        if rule is None or not all(free[start:end]):
            continue
        start, end, said = _put(text, rule, start, end, free)
        found += [text[at:start], said]
        at = end
    return "".join([*found, text[at:]])


def in_house(body: str, language: str, known: Sequence[Known], rules: Sequence[Wording]) -> str:
    """The text with the rules kept; a stretch that states a fact stays as it is.

    Words that are harmless alone may state something beside others: a text that would then say
    other facts than before, or ask for a carrier's keyword, is left as it was.
    """
    if not rules:
        return body
    spans = facts_check(body, known)
    kept = obey(body, rules, [(span.start, span.end) for span in spans], language)
    same = [span.text for span in facts_check(kept, known)] == [span.text for span in spans]
    asks = asks_for_keyword(kept) and not asks_for_keyword(body)
    return kept if same and not asks else body


def _key(rule: Wording) -> str:
    is_case = rule.avoid.casefold() == rule.use.casefold()
    return rule.avoid if is_case else rule.avoid.casefold()


def _free(text: str, kept: Iterable[tuple[int, int]]) -> list[bool]:
    free = [True] * len(text)
    for start, end in kept:
        free[start:end] = [False] * (min(end, len(text)) - start)
    return free


def _pattern(rules: Sequence[Wording]) -> re.Pattern[str]:
    """Longest first, as words of their own."""
    longest = sorted((rule.avoid for rule in rules), key=len, reverse=True)
    return re.compile("|".join(_as_words(one) for one in longest), re.IGNORECASE)


def _as_words(avoid: str) -> str:
    start = r"(?<!\w)" if avoid[0].isalnum() else ""
    end = r"(?!\w)" if avoid[-1].isalnum() else ""
    return start + re.escape(avoid) + end


def _put(
    text: str, rule: Wording, start: int, end: int, free: Sequence[bool]
) -> tuple[int, int, str]:
    """Where the replacement goes and how it is spelled there."""
    was = text[start:end]
    if rule.use:
        return start, end, _as_it_stood(was, rule)
    # Left out: the space before it goes too, and what follows a capital begins with one.
    if start and text[start - 1] == " " and free[start - 1]:
        return start - 1, end, ""
    while end < len(text) and text[end] == " " and free[end]:
        end += 1
    if was[0].isupper() and end < len(text) and free[end]:
        return start, end + 1, text[end].upper()
    return start, end, ""


def _as_it_stood(was: str, rule: Wording) -> str:
    """A replacement at the start of a sentence begins like what it replaces."""
    use = rule.use
    if rule.avoid.casefold() == use.casefold():
        return use
    if was[0].isupper() and rule.avoid[0].islower():
        return use[0].upper() + use[1:]
    if was[0].islower() and rule.avoid[0].isupper():
        return use[0].lower() + use[1:]
    return use


def as_told(rules: Sequence[Wording], language: str) -> str:
    """The rules as the model reads them, '' when there are none."""
    ours = [rule for rule in rules if rule.language == language]
    if not ours:
        return ""
    lines = "\n".join(f"- {rule.said[0].upper()}{rule.said[1:]}." for rule in ours)
    return f"{TOLD}\n{lines}"


def rules_cleaned(avoid: str, use: str) -> tuple[str, str]:
    """As typed by a person: nothing hidden, single spaces, no quotes around it."""
    return tuple(plain(clean_text(one)).strip('“”"') for one in (avoid, use))  # type: ignore[return-value]
