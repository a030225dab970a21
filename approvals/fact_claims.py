"""Claims that need something behind them: promises, money off, medical words, internal words.

A promise needs a hold or a task in the records, money off a line of the salon's offers, and a
medical word or a way to pay the salon's own text. What speaks about the desk, the model or the
client behind their back belongs in no text at all.
"""

import re

_WE = (
    r"(?:\b(?:i|we|someone|somebody|our team|the team|she|he|they)\b"
    r"(?:['\u2019](?:ve|ll|re|m|d))?\s+)"
)
_SOON = (
    r"(?:(?:will|have|are|am|can|just|already|also|gladly|be|going to|would|promise to)\s+){0,3}"
)
PROMISES: tuple[tuple[str, str], ...] = (
    # Another time than the one that is booked: no booking stands behind that.
    (
        "another",
        r"\b(?:reserv|held|hold|sav|kept|keep|guard|apart|book)\w*\s+(?:you\s+|le\s+|te\s+)?"
        r"(?:an?other|an? (?:second|different|earlier|later|extra)|otr[oa]|un[ao]? segund[oa])\b",
    ),
    (
        "hold",
        rf"{_WE}{_SOON}(?:hold(?:ing)?|held|sav(?:e|ed|ing)|reserv(?:e|ed|ing)|kept|keep(?:ing)?|"
        r"block(?:ed|ing)?|set aside|put aside)\b(?!\s+(?:you posted|in mind|in touch|hydrated|"
        r"it dry|your (?:hair|skin)))",
    ),
    (
        "hold",
        r"\b(?:le|te|se lo|se la|lo|la)\s+(?:hemos|he|vamos a|estamos)?\s*(?:reservado|guardado|"
        r"apartado|reservamos|guardamos|apartamos|guardando|reservar|guardar|apartar)\b|"
        r"\b(?:spot|slot|place|time|chair) is (?:held|saved|being held|on hold|secured)\b|"
        r"\bhemos (?:reservado|guardado|apartado)\b",
    ),
    (
        "call",
        rf"{_WE}{_SOON}(?:call(?:ing)?|phon(?:e|ing)|ring(?:ing)?|get back to you|be in touch|"
        r"follow up|reach out|check in with you)\b|"
        r"\b(?:le|te) (?:llamaremos|llamamos|contactaremos|vamos a llamar)\b|"
        r"\bnos pondremos en contacto\b|\bexpect (?:a|our) call\b",
    ),
    (
        "message",
        rf"{_WE}{_SOON}(?:text|e-?mail|write|send|message|remind|notify|let you know|confirm)\b"
        r"(?=\s+(?:you|it|the|a|an|your|by|as soon|when|if)\b)|"
        r"\b(?:le|te) (?:escribiremos|enviaremos|mandaremos|avisaremos|recordaremos|"
        r"confirmaremos)\b",
    ),
    (
        "refund",
        rf"{_WE}{_SOON}(?:refund|reimburse|credit|waive|compensate|pay you back)\w*\b|"
        r"\b(?:le|te) (?:devolveremos|reembolsaremos|abonaremos)\b",
    ),
    (
        "guarantee",
        r"\b(?:we|i) (?:guarantee|promise)\b|\bguaranteed\b|\bgarantiza(?:mos|do)s?\b|"
        r"\b(?:le|se lo) prometemos\b|\bgarantía de\b|\b100\s?% (?:safe|satisfaction|sure)\b",
    ),
)
DISCOUNT = (
    r"\b(?:discounts?(?:ed)?|refunds?|complimentary|on the house|free of charge|for free|at no "
    r"(?:extra )?(?:cost|charge)|no charge|half[\s-](?:price|off)|vouchers?|money back|gift cards?|"
    r"promo(?:tion)? code|coupon|two for one|buy one|store credit|"
    r"(?:your|a|one|another|the next|next) (?:[\w'-]+\s){0,3}(?:is|are|will be) (?:now )?free\b|"
    r"free (?:(?:hot|deep|gel|full|mini|bonus|extra)\s)*"
    r"(?:massage|facial|treatment|upgrade|add-on|gift|service|haircut|manicure|pedicure|session|"
    r"sample|visit|appointment|product)|"
    r"descuentos?|reembolsos?|gratis|gratuit[oa]s?|cortesía de la casa|invita la casa|"
    r"mitad de precio|de regalo|sin (?:costo|coste|cargo)(?: alguno)?|dos por uno|cupón|rebaja)\b|"
    r"[$€£]\s?\d+\s?off\b|\b\d+\s?(?:dollars?|bucks|percent|per cent|%)\s?(?:off|de descuento)|"
    r"\b2\s?(?:x|por|for)\s?1\b"
)
MEDICAL = (
    r"\b(?:ibuprofen\w*|aspirin\w*|paracetamol|acetaminophen|tylenol|advil|antihistamin\w*|"
    r"benadryl|hydrocortison\w*|cortison\w*|antibiotic\w*|antibiótic\w*|retinoid\w*|accutane|"
    r"isotretinoin\w*|prescription\w*|receta médica|dosage|dosis|\d+\s?mg|painkiller\w*|"
    r"analgésic\w*|medicat\w*|medicament\w*|ointment\w*|pomada|"
    r"infect(?:ed|ion)\w*|infecci\w*|infectad\w*|allergic reaction|reacción alérgica|dermatitis|"
    r"eczema|rosacea|psoriasis|fung(?:al|us)|hongos?|melanoma|diagnos\w*|symptoms?|síntomas?|"
    r"cures?|curar|heals? (?:your|the)|treats? (?:your|the) (?:pain|condition|injury)|"
    r"medical(?:ly)?|médic[oa]s?|doctor|dermatologist|dermatólog[oa]|"
    r"safe (?:during|in|for) pregnan\w+|pregnan\w+|embaraz\w*|blood pressure|presión arterial|"
    r"(?:it|that|this) (?:is|looks|sounds) (?:like )?(?:just )?(?:a )?(?:mild )?"
    r"(?:rash|swelling|burn)|perfectly normal after|"
    r"(?:mild|slight|small|bad) (?:rash|swelling|burn|infection)s?|"
    r"you (?:may|might|probably|likely|could) have (?:an?|the)\b)"
)
INTERNAL = (
    r"\b(?:internal(?:ly)? (?:note|only|use)|(?:staff|client|internal|therapist)(?:'s)? notes?\b|"
    r"notas? intern[ao]s?|our (?:notes|records|system|file)s? (?:say|show|mention|flag)\w*|"
    r"(?:likely )?no[\s-]shows?|loss risk|risk score|high[\s-]risk client|flagged as|"
    r"difficult client|do not (?:tell|show) the client|no (?:se lo )?diga al? client[ea]|"
    r"system prompt|(?:my|these|previous|your) instructions|as an ai|language model|ai assistant|"
    r"como (?:una )?ia\b|modelo de lenguaje|i (?:cannot|can't|am unable to) (?:help|comply|assist)|"
    r"developer mode|jailbreak\w*|api key|placeholder)\b|"
    r"\{\{|\}\}|\[(?:name|client|time|date|link|nombre|insert[^\]]*)\]|<\|?\w+\|?>|"
    r"\b(?:CLIENT|STAFF|PHONE|EMAIL|LINK|SALON|BIRTHDAY|ADDRESS|RECORD)_[A-Z0-9]+\b"
)
PAYMENT = (
    r"\b(?:venmo|cash ?app|zelle|paypal|bizum|western union|crypto\w*|bitcoin|wire transfer|"
    r"bank (?:transfer|account|details)|(?:credit |debit )?card (?:number|details)|cvv|iban|"
    r"routing number|pass(?:word|code)s?|verification code|security code|social security|ssn|"
    r"code (?:we|i|that we) (?:just )?(?:texted|sent|e-?mailed)|"
    r"log ?in details|número de (?:tarjeta|cuenta)|tarjeta de crédito|contraseñas?|"
    r"código de (?:verificación|seguridad)|transferencia(?: bancaria)?)\b"
)
CLAIMS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    *(("promise", what, re.compile(words, re.IGNORECASE)) for what, words in PROMISES),
    ("discount", "", re.compile(DISCOUNT, re.IGNORECASE)),
    ("medical", "", re.compile(MEDICAL, re.IGNORECASE)),
    ("payment", "", re.compile(PAYMENT, re.IGNORECASE)),
    ("internal", "", re.compile(INTERNAL, re.IGNORECASE)),
)
# What is wrong with an unverified span of these kinds, for the card and for the model.
WHY: dict[str, str] = {
    "promise": "promises something that no hold and no task stands behind",
    "discount": "gives money off that is not among the salon's offers",
    "medical": "speaks of health, which only the salon's own text may",
    "payment": "asks for money or secrets in a way the salon does not",
    "internal": "is meant for the desk and not for a client",
    "letters": "is written in letters of another language, or that only look like ours",
    "markup": "is markup, which no phone shows as meant",
    "code": "is written for machines and not for a client",
    "encoded": "looks encoded: nobody can read what it says",
    "spelled": "is spelled out letter by letter",
}
