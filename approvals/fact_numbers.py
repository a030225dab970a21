"""Numbers written as words, English and Spanish, up to a few thousand."""

import re

UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
    "quince dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres "
    "veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve",
}
TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
}
HUNDREDS = (
    "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos "
    "novecientos"
)
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
VALUES: dict[str, int] = {
    **{word: number for words in UNITS.values() for number, word in enumerate(words.split())},
    **{w: 10 * n for words in TENS.values() for n, w in enumerate(words.split(), start=2)},
    **{word: 100 * n for n, word in enumerate(HUNDREDS.split(), start=1)},
    "a": 1, "an": 1, "un": 1, "una": 1, "veintiun": 21, "veintiuna": 21, "cien": 100,
}  # fmt: skip
SCALES = {"hundred": 100, "thousand": 1000, "mil": 1000}
ORDINAL_VALUES: dict[str, int] = {
    **{word: number for number, word in enumerate(ORDINALS.split(), start=1)},
    "thirtieth": 30,
    "primero": 1,
}
ACCENTED = {
    "dieciseis": "dieciséis", "veintidos": "veintidós", "veintitres": "veintitrés",
    "veintiseis": "veintiséis", "veintiun": "veintiún",
}  # fmt: skip


def _longest_first(words: list[str]) -> str:
    return "|".join(sorted({*words}, key=lambda word: (-len(word), word)))


_SPELLED = [ACCENTED[word] for word in VALUES if word in ACCENTED]
NUMBER_WORD = f"(?:{_longest_first([*VALUES, *SCALES, *_SPELLED])})"
NUMBER_WORDS = rf"(?:{NUMBER_WORD}(?:[\s-]+(?:and\s+|y\s+)?{NUMBER_WORD})*)"
DAY_WORD = (
    rf"(?:(?:twenty|thirty)[\s-](?:{_longest_first(ORDINALS.split()[:9])})|"
    rf"{_longest_first([*ORDINAL_VALUES])})"
)
DIGIT_WORD = f"(?:{_longest_first([w for v in UNITS.values() for w in v.split()[:10]] + ['oh'])})"


def number_of(words: str) -> int | None:
    """The number that folded words mean, or None; figures count as well."""
    total, part, seen = 0, 0, False
    for word in re.split(r"[\s-]+", words.strip()):
        if word in {"and", "y"}:
            continue
        if word.isdigit():
            part += int(word)
        elif word in VALUES:
            part += VALUES[word]
        elif word in SCALES:
            part = max(part, 1) * SCALES[word]
            if SCALES[word] == 1000:
                total, part = total + part, 0
        else:
            return None
        seen = True
    return total + part if seen else None


def day_of(words: str) -> int | None:
    """The day of the month that folded ordinal words mean ("twenty-first"), or None."""
    parts = re.split(r"[\s-]+", words.strip())
    if parts[-1] not in ORDINAL_VALUES:
        return None
    before = number_of(" ".join(parts[:-1])) if len(parts) > 1 else 0
    return None if before is None else before + ORDINAL_VALUES[parts[-1]]


def digits_of(words: str) -> str:
    """The digits of a number that was spelled out one by one ("five oh three 555")."""
    spoken = {"oh": "0", **{w: str(v) for w, v in VALUES.items() if v < 10}}
    return "".join(
        one if one.isdigit() else spoken.get(one, "")
        for one in re.split(r"[\s().,+-]+", words.casefold())
    )
