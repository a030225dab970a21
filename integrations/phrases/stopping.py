"""An opt-out in free words. Any reasonable wording counts, so the rules look for what is asked for:
no more of *something sent*, or to be off a list; never for the word "stop" alone in a sentence.

Clauses are read one by one: what one of them denies ("I didn't get your text") says nothing about
the next ("please stop").
"""

import re

from integrations.phrases.plain import plain, sentences, spelled
from integrations.phrases.words import STOP_TOO

SENT = (
    r"(?:text(?:s|ed|ing)?|messag(?:e|es|ed|ing)|sms|notifications?|reminders?|promos?|"
    r"promotions?|promotional|spam(?:ming)?|marketing|e ?mails?|e ?mailing|communications?|"
    r"communicating|contact(?:ed|ing)?|ads|adverts?|blasts?|alerts?|updates|newsletters?|"
    r"deals|solicit\w*|automated)"
)
SENDING = r"(?:text(?:ing)?|messag(?:e|ing)|contact(?:ing)?|sms|spam(?:ming)?|e ?mail(?:ing)?)"
GETTING = r"(?:get|gets|getting|receiv\w+|seeing|hearing)"
WHO = r"(?:me|us|my (?:number|phone|cell|mobile|name|info)|this (?:number|phone|cell|mobile))"
NUMBER = r"(?:my|this|the|that) (?:cell ?)?(?:phone ?)?(?:number|phone|cell|mobile|contact)"
LIST = (
    r"(?:(?:(?:text(?:ing)?|messag(?:e|ing)|mailing|marketing|contact|your|this|that|the|whatever"
    r"|any|all|sms|phone) )*(?:lists?|system|database|data base|records?|contacts|texts|messages|"
    r"marketing|promotions))"
)
# "No me manden a otra persona", "quítenme el masaje": something else than what is sent.
NO_THING = (
    r"(?! (?:(?:el|la|los|las|un|una) (?!listas?\b|mensajes?\b|textos?\b|sms\b|promo|avisos?\b|"
    r"recordatorios?\b|ofertas?\b|publicidad)|(?:a|con) (?!este\b|ese\b|mi\b|por\b)|otr[oa]s? ))"
)
OFTEN = r"(?:all |any |these |the |those |this |your |my |of |sending |me |with )*"
HALT = (
    r"(?:stop|quit|cease|discontinue|halt|disable|suspend|end|cancel|deactivate|pause|mute|skip|"
    r"kill|"
    r"drop|ditch|hold|spare me|lay off|cut(?: it)?(?: out)?|pass on|good on)"
)

FREE = tuple(
    re.compile(pattern)
    for pattern in (
        # Stop, and what is sent.
        rf"\bstop(?! (?:by|in|over|off|at|for|using|taking)\b).{{0,30}}\b{SENT}\b",
        rf"\bstop (?:bothering|harassing|annoying|pestering|sending|writing|{GETTING})\b",
        rf"\b(?:quit|cease|discontinue|halt)\b.{{0,14}}\b(?:{SENT}|sending|desist|bothering)\b",
        rf"\b{HALT} {OFTEN}(?:{SENT}|(?:text |sms )?subscription)\b",
        rf"\bstop {OFTEN}(?:these|them)(?: please| now| already)*$",
        rf"\b(?:turn|shut|switch|knock|cut)\b.{{0,24}}\boff\b.{{0,20}}\b{SENT}\b",
        rf"\b(?:turn|shut|switch) (?:these|this|those|them|(?:the )?{SENT}|it) off\b",
        rf"\b(?:enough|no more|no further|no additional|too many|too much)\b.{{0,12}}\b{SENT}\b",
        rf"\bno (?:marketing |promo |more )?{SENT}s?\b(?! (?:needed|necessary|required|from|yet|"
        r"came|arrived|received|so far|today|this time|problem))",
        rf"\b{SENT} off\b|\bno thanks (?:to|on) {OFTEN}{SENT}\b|"
        rf"\bcount me out\b.{{0,12}}\b{SENT}\b",
        r"\bblowing up my phone\b|\bdo not disturb\b|\benough is enough\b",
        rf"\b{SENDING} (?:me|us|this \w+|here)\b.{{0,12}}\b(?:not (?:ok|okay|allowed|acceptable)|"
        r"unacceptable|illegal|harass\w*)\b",
        r"\b(?:will|going to|am|i) (?:report|block)(?:ing)? (?:you|this number)\b|"
        r"\bharass(?:ing|ment)\b",
        rf"\b(?:refrain|avoid|abstain|desist)(?: from)? (?:{SENDING}|sending)\b",
        rf"\b(?:grateful|appreciate|glad|better|rather|prefer)\b.{{0,24}}\bnot {SENDING}\b",
        r"\bnot (?:by )?(?:texts?|texting|sms)$",
        r"\bleave (?:me|us|my (?:phone|number)) (?:off|out|alone)\b(?!.{0,12} (?:waitlist|"
        r"schedule))",
        r"\bget rid of (?:my|this) (?:number|info|phone|contact)\b",
        r"\b(?:no|not have|without)(?: my| the)? (?:right|permission|consent)\b",
        rf"\b(?:sick|tired|fed up|done) (?:and tired )?(?:of|with) .{{0,18}}\b{SENT}\b",
        # Do not write.
        rf"\b(?:do not|never|not to|please not|not) (?:ever |please |again |be )?{SENDING}\b",
        rf"\bno need to (?:{SENDING}|remind)\b.{{0,20}}\b(?:anymore|any more|again)\b",
        r"\b(?:do not|never|please not|not) (?:ever |please )?(?:send|write|reply|reach out|remind|"
        rf"bother|use)\b (?:to )?(?:\w+ )?(?:any\w*|{SENT}|me|us|here|again)\b(?! with)",
        r"\b(?:do not|no longer|not|never) (?:really |even )?(?:want|wish|like|need|care|consent|"
        rf"agree|permit|allow|interested|sign(?:ed)? up)\b.{{0,25}}\b(?:{SENT}|be (?:contacted|"
        rf"notified|reminded|bothered)|hear from you|on {LIST})\b",
        rf"\b(?:rather|prefer)\b.{{0,12}}\bnot\b.{{0,20}}\b(?:{SENT}|be contacted)\b",
        rf"\bprefer you did not {SENDING}\b",
        rf"\b(?:to|want|wish|like) (?:to )?not {GETTING}\b|\bto not {GETTING}\b",
        rf"\b{SENT}\b.{{0,25}}\b(?:do not|never) want (?:them|these|it|any|that|this)\b",
        rf"\b{SENT}\b.{{0,25}}\bplease do not$",
        # Another way only.
        r"\b(?:only|just) (?:contact|reach|write|e ?mail|call|phone) (?:me|us)?.{0,6}\b"
        r"(?:by|via|on|e ?mail|phone)\b",
        r"\b(?:e ?mail|mail|phone|calls?) only\b",
        # Off a list.
        rf"\b(?:remove|removed|take|taken|get|drop|delete|scrub|pull|exclude|omit|cut) (?:(?:{WHO}|"
        rf"my \w+(?: \w+)?|this \w+) )?(?:off|from|out)(?: of)? {LIST}\b",
        rf"\b(?:be|get|getting|been) (?:off|removed from|taken off|out of)\b.{{0,10}}\b{LIST}\b",
        rf"\b(?:delete|remove|lose|forget|erase|block) {NUMBER}\b(?! (?:changed|is new))",
        rf"\btake {NUMBER} (?:off|out)\b",
        rf"\bblock (?:me|this|us)\b.{{0,15}}\b{SENT}\b",
        r"\bi want out\b",
        # The words of the law.
        r"\bunsubscri\w*\b|\bun ?su[bs]\w{0,3}i\w{0,2}b\w*\b|\bopt(?:ing|ed)? (?:me |us )?out\b"
        rf"(?! (?:of|from) (?!(?:\w+ ){{0,5}}{SENT}\b)(?:\w+ ){{0,2}}(?:deposit|fees?|charges?|"
        r"tips?|gratuity|upgrades?|add ?ons?|photos?|treatments?|mask|blow ?dry|raffle)\b)",
        r"\b(?:do not|did not|never|not) sign(?:ed)? up (?:for|to) (?:this|these|it|that)$",
        r"\b(?:revok|withdraw)\w*\b.{0,20}\b(?:consent|permission)\b",
        r"\b(?:consent|permission)\b.{0,20}\b(?:revoked|withdrawn)\b",
        # Spanish.
        r"\b(?:dejar|dejo) de recibir\b|\bfavor de no (?:mand|envi|escrib|text|contact)\w*\b",
        r"\bya no (?:me )?(?:mand|envi|escrib|contact|text|molest)\w*\b",
        rf"\bno (?:me )?(?:mand|envi|escrib|contact|molest)(?:e|en|ar)\b{NO_THING}",
        r"\bno (?:quiero|deseo) que (?:me|nos) (?:mand|envi|escrib|text|contact)\w*\b",
        r"\bno (?:autorizo|doy)\b.{0,20}\b(?:permiso|consentimiento|mensajes)\b",
        rf"\b(?:elimin|borr|saqu|quit)\w{{1,4}}(?:me|nos)\b(?!.{{0,20}}(?:cita|espera|agenda))"
        rf"{NO_THING}",
        rf"\bno (?:me |nos )(?:vuelvan? a )?(?:envi|mand|escrib|text|contact|moleste|llen)"
        rf"(?!(?:aron|ieron|aste|iste|o)\b)\w*\b"
        rf"{NO_THING}",
        r"\bno (?:vuelvan a )?(?:escrib|envi|mand)\w* (?:mas|nada|mensajes)\b",
        r"\bno (?:quiero|deseo|necesito)\b.{0,12}\b(?:recib\w+|mas (?:mensajes|textos|sms|"
        r"promociones|avisos)|(?:sus )?(?:mensajes|promociones))\b",
        r"\bno mas (?:mensajes|textos|sms|recordatorios|promociones)\b",
        r"\b(?:dej|par|ces)\w{1,3} (?:ya )?de (?:envi|mand|escrib|contact|text|molest)\w*\b",
        r"\b(?:quit|borr|elimin|saqu|sac|retir)\w*\b.{0,20}\b(?:lista(?! de espera)|mi numero|"
        r"este numero|mis datos|los mensajes)\b",
        r"\b(?:dar|darme|denme|deme|dame) de baja\b|\bcancel\w* (?:los|mis|sus) (?:mensajes|"
        r"textos)\b",
    )
)
# What looks like one and asks for the opposite, or for nothing of the kind.
NOT_MEANT = re.compile(
    r"\b(?:did not|never|have not|stopped|does not|can not|not|do not|no)\b(?: \w+){0,2}? "
    r"(?:get|got|getting|receive|received|receiving|see|seen|read|reading|open|check|text back)\b"
    r"|\b(?:got|have|had|see|received|was|were|is|are) no (?:text|message|reminder)"
    r"|\b(?:not|never) (?:forget|worry|hesitate|miss|lose|mind|need to reply)\b"
    r"|\b(?:why|when|how come|did you)\b.{0,20}\bstop\b|\b(?:should|shall) (?:i|we) stop\b"
    r"|\b(?:can|could) not stop\b|\bi (?:do not|can not|could not|did not|never|will not|am not|"
    r"was not) (?:really |usually )?(?:text|message|e ?mail|contact)(?:ing)?\b"
    r"|\bnot (?:text|texting) and driv"
    r"|\bno (?:recibi|me llego|he recibido|veo)\b|\bdo not send (?:it|that|them) to\b"
    r"|\bwait(?:ing|list)?(?: ?list)?\b.{0,25}\b(?:off|from)\b|\b(?:wait(?:ing)? ?|standby )list\b"
    r"|(?<!if )\b(?:you|they|have|has|it)(?: guys)? stopped\b|\bsorry\b.{0,16}\bnot (?:text|messag)"
    r"|\bnot (?:text|texting|message|send|e ?mail) (?:me |us )?(?:the|a|an|your|back)\b"
    r"|\bneed an? (?:reminder|text|message|e ?mail)\b|\bold (?:number|phone|e ?mail)\b"
    r"|\bi (?:do not|can not|never) (?:have|use|check) (?:my |any )?(?:text|e ?mail|sms|message)"
    r"|\bnot (?:text|texting|message|messaging) .{0,14}\b(?:before|after|until|during|while|"
    r"so early|"
    r"so late|at night|tonight)\b"
    r"|\bmembership\b|\binstead of (?:me|calling)\b"
)
# "I don't want to receive texts" has "receive" after a no, as has "I didn't receive it": these win.
SURE = re.compile(
    r"\b(?:do not|no longer|not) (?:want|wish|consent|agree|care|need|like)\b.{0,25}"
    rf"\b{GETTING}\b.{{0,20}}\b(?:{SENT}|these|them|anything)\b"
    rf"|\brather not\b.{{0,10}}\b{GETTING}\b.{{0,15}}\b(?:{SENT}|these|them)\b"
    rf"|\b(?:way|how|want|like|wish|prefer|rather)\b.{{0,8}} (?:to )?not (?:to )?{GETTING}\b"
    rf"|\bnot (?:interested|keen) (?:in|on) (?:{GETTING} )?(?:any |these |your |the |"
    rf"more )*{SENT}\b"
    rf"|\bno longer (?:want|wish|interested)\b.{{0,12}}\b{GETTING}\b"
    r"|\b(?:stop|quit)\b.{0,10}\b(?:texting|messaging|contacting)\b(?!.{0,40}\bwhy\b)"
    rf"|\b(?:would like to|want to|wish to|can i|please|how do i) stop {GETTING}\b"
    r"|\b(?:not|never) (?:agree|agreed|consent|consented|ask|asked) (?:to|for) (?:(?:receiv\w+|"
    rf"get|getting) (?:\w+ ){{0,2}}?(?:{SENT}\b|(?:this|these)$)|(?:be|being) (?:texted|"
    r"messaged|contacted|e ?mailed|spammed)\b)"
    r"|\bno (?:quiero|deseo) recibir\b|\bunsubscribe me\b"
)
SOFT = frozenset(
    {"please", "thanks", "thank", "you", "now", "already", "it", "this", "just", "ok", "okay"}
    | {"hey", "hi", "i", "said", "repeat", "all", "everything", "immediately", "make", "these"}
    | {"them", "the", "at", "once", "so", "guys", "everyone", "lol", "por", "favor", "ya"}
)
# Few: "so alto" and "lol basta" order nothing.
POLITE = frozenset({"please", "ok", "okay", "now", "por", "favor", "ya"})
AWAY = re.compile(
    r"^(?:please )?(?:go away|(?:please )?leave (?:me|us) (?:alone|be)|knock it off|quit it|"
    r"(?:this|it) is spam|spam|get lost|do not bother (?:me|us)|stop bothering (?:me|us))\b"
    r"(?! next| for| on| until)"
)
# "please remove", "take me off", "remove from list": a whole clause, with nothing else to remove.
OUT = re.compile(
    r"^(?:please |just |kindly )*(?:remove|take|delete|get|drop)(?: me| us| this| my number)?"
    r"(?: off| from| out)*(?: of)?(?: (?:the|your|this|that))?(?: lists?| texts)?"
    r"(?: please| now| thanks| asap)*$"
)
ASKED_BEFORE = re.compile(
    r"\b(?:said|told you(?: guys)?(?: to)?|asked you(?: to)?) stop\b"
    r"|\basked\b.{0,20}\bremoved\b"
)
WRONG = re.compile(
    r"\b(?:wrong|incorrect) (?:number|person)\b|\b(?:numero|persona) equivocad[oa]\b"
    r"|\bnot (?:\w+ ){1,2}number\b|\bbelongs to (?:someone|somebody) else\b|\bdeceased\b"
    r"|\bpassed away\b|\bhow you got (?:my|this) number\b|\bno longer a (?:client|customer)\b"
    r"|\bnot a (?:client|customer)\b|\b(?:no one|nobody) (?:by|with) that name\b"
    r"|\bdoes not have this (?:number|phone)\b|\bnew owner\b|\bnot (?:his|her|my) (?:phone|"
    r"number)\b"
)
# They ask to be written to, by text, whatever else they do not want.
WANTED = re.compile(
    r"(?<!not )(?<!never )(?<!stop )(?<!to )\btext me(?: instead| please| only| rather)*$"
)
GO = re.compile(
    r"\b(?:remove|delete|take|stop|lose|no mas|escriban|do not (?:text|use|message|contact|call)|"
    r"no me)\b"
)


def asks_to_stop(body: str) -> bool:
    """Whether a text asks for no more of them, in whatever words. Single keywords are elsewhere."""
    clauses = [spelled(clause) for clause in sentences(body)]
    if not clauses:
        return False
    text = " ".join(clauses)
    if ASKED_BEFORE.search(text) or (WRONG.search(text) and GO.search(text)):
        return True
    if _ordered(clauses) or _shouted(body):
        return True
    if WANTED.search(text):
        return False
    return any(_asks(clause) for clause in clauses)


def _asks(clause: str) -> bool:
    if SURE.search(clause) or AWAY.search(clause):
        return True
    return not NOT_MEANT.search(clause) and any(pattern.search(clause) for pattern in FREE)


def _ordered(clauses: list[str]) -> bool:
    """A clause that says only "stop" or "take me off" counts at the end of a text, or where the
    rest is about what is sent: "Stop! That's too kind" is a compliment."""
    orders = [_is_order(clause) for clause in clauses]
    if not any(orders):
        return False
    rest = [clause for clause, order in zip(clauses, orders, strict=True) if not order]
    soft = all(set(clause.split()) <= SOFT for clause in rest)
    return orders[-1] or soft or any(re.search(rf"\b{SENT}\b", clause) for clause in rest)


def _is_order(clause: str) -> bool:
    if clause in STOP_TOO or OUT.search(clause):
        return True
    words = clause.split()
    if " ".join(word for word in words if word not in POLITE) in STOP_TOO:
        return True
    return "stop" in words and set(words) <= SOFT | {"stop"}


def _shouted(body: str) -> bool:
    """STOP in capitals as a sentence of its own, wherever it stands."""
    parts = re.split(r"[.!?,;:\n\r]+", body)
    return any(part.strip() == "STOP" for part in parts) and plain(body) != "stop"
