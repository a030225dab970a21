"""Where a client probably is: from a US postal code, or from a phone number's area."""

from phonenumbers import NumberParseException, parse
from phonenumbers import timezone as numbers

E, C, M, P = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
PHOENIX, ALASKA, HAWAII = "America/Phoenix", "America/Anchorage", "Pacific/Honolulu"
PUERTO_RICO, GUAM = "America/Puerto_Rico", "Pacific/Guam"
# First three digits of a ZIP code, from this number on until the next row. A few counties differ
# from their neighbours; where hints disagree every one of them has to allow the hour.
ZIP_ZONES = (
    (5, E), (6, PUERTO_RICO), (10, E), (324, C), (326, E), (350, C), (373, E), (375, C), (376, E),
    (380, C), (398, E), (420, C), (425, E), (463, C), (465, E), (476, C), (478, E), (500, C),
    (577, M), (580, C), (590, M), (600, C), (692, M), (700, C), (798, M), (800, M), (835, P),
    (836, M), (838, P), (840, M), (850, PHOENIX), (870, M), (889, P), (967, HAWAII), (969, GUAM),
    (970, P), (995, ALASKA),
)  # fmt: skip


def zone_of_zip(postal_code: str) -> str:
    """The zone of a US ZIP code; '' for anything else."""
    digits = postal_code.strip()[:5]
    if len(digits) != 5 or not (digits.isascii() and digits.isdigit()):
        return ""
    prefix, found = int(digits[:3]), ""
    for start, zone in ZIP_ZONES:
        if prefix < start:
            break
        found = zone
    return found


def zones_of_number(phone: str) -> tuple[str, ...]:
    """The zones an E.164 number's area lies in; empty where the number does not tell."""
    try:
        found = numbers.time_zones_for_number(parse(phone, None))
    except NumberParseException:
        return ()
    return tuple(zone for zone in found if zone != numbers.UNKNOWN_TIMEZONE)


# States with hours of their own for marketing: (first, last) three digits of their ZIP codes, and
# the area codes of their phone numbers. From other states only the federal hours count.
STATE_ZIPS: dict[str, tuple[tuple[int, int], ...]] = {
    "CT": ((60, 69),),
    "FL": ((320, 339), (341, 349)),
    "MD": ((206, 219),),
    "MS": ((386, 397),),
    "NJ": ((70, 89),),
    "OK": ((730, 732), (734, 749)),
    "RI": ((28, 29),),
    "TX": ((733, 733), (750, 799), (885, 885)),
}
STATE_AREAS: dict[str, str] = {
    "CT": "203 475 860 959",
    "FL": "239 305 321 324 352 386 407 448 561 645 656 689 727 728 754 772 786 813 850 863 904 "
    "941 954",
    "MD": "227 240 301 410 443 667",
    "MS": "228 471 601 662 769",
    "NJ": "201 551 609 640 732 848 856 862 908 973",
    "OK": "405 539 572 580 918",
    "RI": "401",
    "TX": "210 214 254 281 325 346 361 409 430 432 469 512 621 682 713 726 737 806 817 830 832 "
    "903 915 936 940 945 956 972 979",
}
AREA_STATES = {area: state for state, areas in STATE_AREAS.items() for area in areas.split()}
OTHER = "other"


def state_of_zip(postal_code: str) -> str:
    """A state of STATE_ZIPS; ``other`` for the ZIP code of another one, '' for anything else."""
    digits = postal_code.strip()[:5]
    if not zone_of_zip(digits):
        return ""
    prefix = int(digits[:3])
    for state, spans in STATE_ZIPS.items():
        if any(first <= prefix <= last for first, last in spans):
            return state
    return OTHER


def state_of_number(phone: str) -> str:
    """The state of STATE_AREAS an E.164 number's area belongs to, or ''."""
    return AREA_STATES.get(phone[2:5], "") if phone.startswith("+1") else ""
