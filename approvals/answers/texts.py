"""The fixed texts of answers, English and Spanish. Salon's name first; short characters only.

A change of one of them needs another number in its version: a standing decision covers one version.
"""

from dataclasses import dataclass

from approvals.ladders import words
from integrations.models import Client, Location
from integrations.people import telephone

FIXED_VERSION = "answers:fixed-1"
CALL_OFF_VERSION = "answers:call-off-1"
CONFIRM_VERSION = "answers:confirm-1"
LATE_VERSION = "answers:late-1"
REPLY_VERSION = "answers:reply-1"

FIXED: dict[tuple[str, str], str] = {
    ("stop", "en"): "{salon}: you won't get more texts from us.{call} {again}",
    ("stop", "es"): "{salon}: no recibirá más mensajes de texto nuestros.{call} {again}",
    ("visit", "en"): (
        "{salon}: you won't get more texts from us. If you meant your appointment, please call"
        "{number}. {again}"
    ),
    ("visit", "es"): (
        "{salon}: no recibirá más mensajes de texto nuestros. Si se refería a su cita, llámenos"
        "{number}. {again}"
    ),
    ("start", "en"): "{salon}: texts about your appointments are on again.{call} {out}",
    ("start", "es"): "{salon}: vuelve a recibir mensajes sobre sus citas.{call} {out}",
    ("help", "en"): "{salon}: texts about your appointments.{call} Rates may apply. {out}",
    ("help", "es"): "{salon}: mensajes sobre sus citas.{call} Pueden aplicarse tarifas. {out}",
}
AGAIN = {
    "en": "Text START to get texts again.",
    "es": "Escriba START para recibir mensajes de nuevo.",
}
OUT = {"en": "Text STOP to opt out.", "es": "Escriba STOP para no recibir más."}
CALL = {"en": " Call us: {}.", "es": " Llámenos: {}."}
NUMBER = {"en": ": {}", "es": ": {}"}

CALLED_OFF = {
    "en": "{salon}: thank you for telling us. We take your {what} on {when} off our calendar.",
    "es": "{salon}: gracias por avisar. Anulamos su cita de {what} del {when}.",
}
LATE = {
    "en": "{salon}: thank you for telling us. We pass it on.",
    "es": "{salon}: gracias por avisar. Se lo decimos al equipo.",
}
REPLY = {
    "en": "{salon}: thank you for your message. We read it and get back to you.{call}",
    "es": "{salon}: gracias por su mensaje. Lo leemos y le respondemos.{call}",
}
WHICH = {
    "en": "{salon}: thank you. Which one do you mean? {choices}",
    "es": "{salon}: gracias. ¿A cuál se refiere? {choices}",
}
CHOICE = {"en": "Reply {digit} for {what}.", "es": "Responda {digit} para {what}."}
VISIT = {"en": "your appointment on {}", "es": "su cita del {}"}
SLOT = {"en": "the open spot on {}", "es": "la hora libre del {}"}


@dataclass(frozen=True)
class Voice:
    """Who writes, in which language."""

    salon: str
    phone: str
    language: str

    def said(self, texts: dict[str, str], **values: str) -> str:
        call = CALL[self.language].format(self.phone) if self.phone else ""
        return texts[self.language].format(salon=self.salon, call=call, **values)


def voice_of(location: Location, client: Client | None, language: str = "") -> Voice:
    spoken = language or (words.language_of(client) if client else "en")
    return Voice(location.name, telephone(location.phone), spoken)


def fixed(voice: Voice, kind: str) -> str:
    """One fixed answer. ``kind``: stop, visit (CANCEL and END), start, help."""
    language = voice.language
    number = NUMBER[language].format(voice.phone) if voice.phone else ""
    texts = {language: FIXED[kind, language]}
    return voice.said(texts, number=number, again=AGAIN[language], out=OUT[language])


def opt_out_texts(location: Location) -> set[str]:
    """Every text that may go to somebody who has just opted out."""
    voices = [voice_of(location, None, language) for language in ("en", "es")]
    return {fixed(voice, kind) for voice in voices for kind in ("stop", "visit")}
