"""Words and short phrases that mean something by themselves, in ``plain`` form."""


def _said(words: str) -> list[str]:
    return words.split()


# The union of what the large carriers and providers obey. CANCEL and END are opt-outs by law and by
# every carrier, also where an appointment was meant.
STOP = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"}
    | {"revoke", "optout", "opt out", "remove", "arret", "td"}
)
# No carrier's words, but nobody who sends one alone wants another text.
STOP_TOO = frozenset(
    {"stop it", "stop now", "stop this", "unsuscribe", "unsubscibe", "unsubcribe"}
    | {"parar", "pare", "paren", "alto", "basta", "basta ya", "detener", "detente", "salir"}
    | {"baja", "dar de baja", "darme de baja", "desuscribir"}
)
MEANT_A_VISIT = frozenset({"cancel", "end", "remove"})
START = frozenset({"start", "unstop"})
HELP = frozenset({"help", "info"})
# No carrier's words, and as plain as theirs.
START_TOO = frozenset({"iniciar", "comenzar", "empezar", "reanudar", "darme de alta"})
HELP_TOO = frozenset({"ayuda", "ayudeme", "ayudame"})

YES = [
    *_said(
        "y yes ye yas yep yeah yup ya yessir ok okay okey okie k kk sure certainly "
        "absolutely definitely great perfect awesome fine good wonderful works "
        "si sip sipi claro vale perfecto bueno dale listo excelente correcto simon"
    ),
    "of course", "okey dokey", "okie dokie", "i can do that", "i can do it",
    "deal", "sounds good", "sounds great", "sounds perfect", "that works", "works for me",
    "works for us", "that works for me", "sure thing", "all good", "por supuesto", "claro que si",
    "de acuerdo", "esta bien", "muy bien", "me parece bien", "va bien", "yes please",
    "si por favor",
]  # fmt: skip
CONFIRM = [
    *_said("confirm confirmed confirming confirmo confirmado confirmada confirmar c"),
    "i confirm", "yes i confirm", "see you then", "see you there", "see you", "i will be there",
    "we will be there", "will be there", "be there", "i am coming", "we are coming",
    "i can make it", "i will make it", "looking forward to it", "cant wait", "can not wait",
    "still on", "still coming", "ahi estare", "ahi estaremos", "alli estare", "nos vemos",
    "si confirmo", "si voy", "voy a ir", "si asistire", "asistire", "estare ahi",
]  # fmt: skip
ACCEPT = [
    *_said("accept accepted acepto aceptado mine"),
    "i accept", "i will take it", "i take it", "i would take it", "take it", "i will take that",
    "i will take the spot", "i will take this", "book it", "book me", "book me in", "i want it",
    "i would like it", "i would love it", "i would love to", "i would love that", "i will have it",
    "sign me up", "count me in", "i am in", "put me in", "give it to me", "i can take it", "dibs",
    "lo quiero", "la quiero", "la tomo", "lo tomo", "me la quedo", "me lo quedo", "me interesa",
    "reservame", "reservela", "apuntame", "me apunto", "grab it", "grab it for me", "la acepto",
]  # fmt: skip
NO = [
    *_said("n no nope nah nop negative"),
    "no thanks", "no thank you", "not really", "no gracias",
]  # fmt: skip
DECLINE = [
    *_said("decline declined pass paso rechazo"),
    "i pass", "i will pass", "not this time", "maybe next time", "next time", "not today",
    "not for me", "not interested", "i am not interested", "i am good", "esta vez no", "no puedo",
    "no me interesa", "hoy no", "no esta vez", "i can not", "can not", "sorry i can not",
    "i can not do that time", "can not do that time", "no puedo hoy",
    "hoy no puedo", "already booked elsewhere", "does not work", "does not work for me",
    "that does not work", "no me sirve", "no la quiero",
]  # fmt: skip
NUMBERS = {"one": "1", "two": "2", "three": "3", "uno": "1", "dos": "2", "tres": "3"}
# Said around an answer without changing it.
FILLERS = frozenset(
    _said(
        "please thanks thank you very much so hi hello hey hola gracias muchas por favor porfa "
        "porfavor dear there all lovely xo xoxo lol haha ha yay omg awww aww oh ah well and y e "
        "reply option number respondo opcion numero "
        "que con mucho gusto im sorry sounds the for that it me a lot guys girl ladies muchisimas"
    )
)
# Alone they answer nothing: a thank-you is none of our questions.
THANKS = frozenset(
    _said(
        "thanks thank you very much so gracias muchas muchisimas ty great awesome appreciate it "
        "appreciated cheers lovely perfect wonderful you too have a day nice good"
    )
)
# A whole message of this says that the matter is settled: nobody waits for an answer to it.
_BEFORE_THANKS = [
    "", "ok", "okay", "oh", "all good", "no all good", "great", "perfect", "got it", "cool",
    "sounds good", "wonderful", "awesome", "vale", "perfecto",
]  # fmt: skip
_THANKED = [
    "thanks", "thank you", "thx", "ty", "thank you so much", "thanks so much", "thanks a lot",
    "thank you very much", "gracias", "muchas gracias",
]  # fmt: skip
_PARTING = ["see you", "see you soon", "see you then", "see you tomorrow", "nos vemos"]
_NO_TROUBLE = ["no problem", "no worries", "no hay problema"]
COURTESIES = frozenset(
    [f"{b} {thanks} {after}".strip() for b in _BEFORE_THANKS for thanks in _THANKED
     for after in ("", *_PARTING)]
    + [f"{b} {word}".strip() for b in ("", "ok", "okay") for word in _NO_TROUBLE]
    + [*_PARTING, "youre welcome", "you too", "de nada"]
)  # fmt: skip
# Long enough that one slip still shows what was meant, and no other word is that close.
MISSPELT = _said(
    "confirm confirmed confirmo accept acepto decline definitely absolutely perfect perfecto "
    "gracias thanks unsubscribe claro"
)
