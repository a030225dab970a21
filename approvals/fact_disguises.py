"""What no salon writes: markup, code, encoded words, spelled-out and look-alike letters.

A model under somebody else's control hides a link, a number or an order in these. None of them can
be matched with a record, so each is marked wherever it stands. A known link or name was found
before and is left alone.
"""

import re
import unicodedata

MARKUP = (
    r"<[!/a-zA-Z?][^<>\n]*>?|\]\s?[\[(]|!\[|`+|\*\*|__\w|~~|^\s*#+\s|#{2,}|&#?\w{2,8};|\$\{|\{%|"
    r"^\s*---"
)
CODE = (
    # JSON, calls, assignments and names such as send_message.
    r"[{}\[\]]\s?[\"']|[\"']\s?:\s|\{\}|\b\w+\(\w*\)|\b\w+=\w+|\b[a-z]+_[a-z_]+\b|"
    r"\[/?\s?(?:inst|sys|system|user|assistant)\s?\]|"
    r"(?<!\w)(?:system|assistant|human|user|developer|tool|function)\s?(?::|>|message\b|prompt\b)|"
    # Anything with a scheme, percent signs, entities, escapes.
    r"\w+\s?:\s?/\s?/\s?\S*|\S*(?<!\d)%[0-9a-f]{2}\S*|\\[ux][0-9a-f]{2,6}\S*|=\?[\w-]+\?\S*|"
    r"(?<!\w)(?:data|mailto|tel|sms|intent|file|vbscript|whatsapp|tg|geo):\S+"
)
ENCODED = (
    r"(?<![\w/])(?:(?=[\w+/]*[a-z])(?=[\w+/]*[A-Z])(?=[\w+/]*\d)[A-Za-z0-9+/]{12,}={0,2}|"
    r"[A-Z2-7]{16,}=*|(?=\w*\d)[0-9a-f]{16,}|[A-Za-z0-9+/]{8,}={1,2})(?![\w/])|"
    r"(?<!\w)(?:[01]{8}\s?){2,}|(?<!\w)(?:[0-9a-f]{2}\s){5,}[0-9a-f]{2}\b|(?:[.\u2022-]{1,6}\s+){3,}"
)
# Seven or more letters or figures one by one: "e v i l . c o m".
SPELLED = r"(?<!\w)(?:\w[ .\u00a0\u2009-]){6,}\w(?!\w)"
# Figures with a letter that looks like one between them.
ALMOST_NUMBER = (
    r"(?<![\w-])(?=[\dOIl.\s-]*[OIl])(?=[\dOIl.\s-]*\d{2})"
    r"[\dOIl]{3}[-.\s][\dOIl]{3}[-.\s][\dOIl]{4}(?!\w)|(?<!\w)\d{2,4}(?:_\d{2,4}){2,}(?!\w)"
)
# Any name with a dot in it and something behind a slash, and what ends like a web name.
ADDRESS = (
    r"(?<![\w@./-])[\w-]{2,}(?:\.[\w-]+)+/\S+|(?<![\w@./-])xn--[\w.-]+|"
    r"(?<![\w@./-])(?:[\w-]{3,}\.)+(?-i:[a-z]{2,24})(?![\w-])"
)
TITLED = (
    r"(?<!\w)(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sr|Sra|Srta|Se\u00f1ora?|Se\u00f1orita|Don|Do\u00f1a)\.?\s+"
    r"(?P<fact>[A-Z\u00c1\u00c9\u00cd\u00d3\u00da\u00d1][\w'\u2019-]+)"
)
# Before all patterns: half of it may be a figure that the records do hold.
BEFORE = (("phone", re.compile(f"(?P<fact>{ALMOST_NUMBER})")),)
DISGUISES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("link", re.compile(ADDRESS, re.IGNORECASE)),
    ("markup", re.compile(MARKUP, re.MULTILINE)),
    ("code", re.compile(CODE, re.IGNORECASE)),
    ("encoded", re.compile(ENCODED)),
    ("spelled", re.compile(SPELLED)),
)
TITLE = re.compile(TITLED)
# What no service and nobody is called: words to whatever reads along, in the tongues of attackers.
ORDER = re.compile(
    r"(?<!\w)(?:ignor(?:e|a|ez|en|iere)|disregard|oubliez?|vergiss|olvida|esque[c\u00e7]a)(?!\w)|"
    r"(?<!\w)(?:write|say|send|repeat|escrib[ae]|diga|env\u00ede|schreibe?|sage|[e\u00e9]crivez|dites|"
    r"escreva|envie)(?:\s+exactly)?\s?:",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]+")
# Dots of other scripts: a browser takes them for a dot as well.
DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": ".", "\u2024": ".", "\u2044": "/"})


def mixed(text: str) -> bool:
    """Whether one word is put together from Latin letters and others that look like them."""
    return any(
        any(ord(char) < 0x250 for char in word)
        and any(0x370 <= ord(char) < 0x1680 for char in word)
        for word in WORD.findall(text)
    )


def ornamented(body: str) -> list[tuple[int, int]]:
    """Words with letters that only look like the plain ones: full-width, mathematical, small
    capitals, phonetic signs."""
    return [
        found.span()
        for found in WORD.finditer(body)
        if any(_is_ornament(char) for char in found.group())
    ]


def _is_ornament(char: str) -> bool:
    code = ord(char)
    if code <= 0x24F:
        return False
    odd = 0x250 <= code <= 0x2AF or 0x1D00 <= code <= 0x1DBF or 0x2C60 <= code <= 0x2C7F
    return odd or 0xA720 <= code <= 0xA7FF or unicodedata.normalize("NFKC", char) != char
