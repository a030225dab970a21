"""Twilio's error numbers in our own words, and in which family each belongs."""

from datetime import timedelta

from core.errors import NeedsAttention, OutsideError, Permanent, Temporary

# code: (our code, what the desk reads). Certainly not sent, and trying again cannot work.
REFUSED: dict[str, tuple[str, str]] = {
    "21211": ("bad_number", "The client's phone number is not a number that can be called."),
    "21214": ("bad_number", "The client's phone number cannot be reached."),
    "21217": ("bad_number", "The client's phone number is not a number that can be called."),
    "21265": ("bad_number", "The client's phone number is a short code; no text can go there."),
    "21408": ("not_allowed", "Texts to this country are not switched on for our number."),
    "21602": ("empty_text", "The text was empty."),
    "21604": ("bad_number", "There is no phone number to send to."),
    "21608": ("not_allowed", "Our number is on trial and this client's number is not verified."),
    "21610": ("opted_out", "The client told the carrier to stop texts from our number."),
    "21612": ("bad_number", "This client's phone number cannot be reached from our number."),
    "21614": ("bad_number", "The client's phone number is not a mobile number."),
    "21617": ("too_long", "The text is longer than 1,600 characters."),
    "21635": ("bad_number", "The client's phone number is a landline and takes no texts."),
    "30003": ("unreachable", "The client's phone is off or out of reach."),
    "30004": ("blocked", "The client's phone or carrier blocks our texts."),
    "30005": ("bad_number", "The client's phone number does not exist (any more)."),
    "30006": ("bad_number", "The client's phone number is a landline or cannot get texts."),
    "30007": ("filtered", "The carrier took the text for spam."),
    "30008": ("unreachable", "The carrier did not deliver the text and gave no reason."),
    "30036": ("too_late", "The text could not be delivered in time and was dropped."),
    "30410": ("unreachable", "The carrier did not answer in time."),
}
# An admin has to mend the account first.
ACCOUNT: dict[str, str] = {
    "20003": "Twilio refused the auth token. Enter a valid one.",
    "20005": "The Twilio account is not active. Look into the Twilio console.",
    "20006": "The Twilio account may not do this. Look into the Twilio console.",
    "21603": "No number to send from is set.",
    "21606": "Twilio says that our number cannot send texts. Check the number.",
    "21609": "Twilio cannot reach our address for delivery reports. Check WEB_ORIGIN.",
    "21659": "Our number does not belong to this Twilio account. Check the number.",
    "21660": "Our number does not belong to this Twilio account. Check the number.",
    "21701": "The messaging service does not exist. Check its SID.",
    "21703": "The messaging service has no numbers. Add one in the Twilio console.",
    "21705": "The messaging service is not valid. Check its SID.",
    "30002": "The Twilio account is suspended. Look into the Twilio console.",
    "30032": "Our toll-free number is not verified yet; carriers block it.",
    "30034": "Our number is not registered for business texting (10DLC); carriers block it.",
}
LATER: dict[str, timedelta | None] = {
    "14107": timedelta(seconds=30),
    "20429": timedelta(seconds=5),
    "21611": timedelta(minutes=2),
    "30001": timedelta(minutes=2),
    "30022": timedelta(seconds=30),
    "63038": timedelta(hours=1),
}


def translated(error: Permanent) -> OutsideError:
    """What a refused call means. Twilio's own text is left out: it can hold the number."""
    if error.code in ACCOUNT:
        return NeedsAttention(ACCOUNT[error.code])
    if error.code in LATER:
        return Temporary("Twilio takes no more texts at the moment.", LATER[error.code])
    if error.code in REFUSED:
        ours, plain = REFUSED[error.code]
        return Permanent(plain, code=ours)
    if error.code == "address_refused":
        return NeedsAttention(error.plain)
    number = f" ({error.code})" if error.code.isdigit() else ""
    return Permanent(f"Twilio refused the text{number}.", code=error.code or "refused")


def reason(code: str) -> tuple[str, str]:
    """(our code, plain words) for a message that failed after it was taken."""
    if code in REFUSED:
        return REFUSED[code]
    if code in ACCOUNT:
        return "account", ACCOUNT[code]
    number = f" (Twilio's number for it is {code})" if code.isdigit() else ""
    return "failed", f"The text was not delivered{number}."
