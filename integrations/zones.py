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
