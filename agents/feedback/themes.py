"""What a review is about, by words written down by hand. A review may speak of several things.

Nothing here was fitted, and no model reads it: a theme is what a manager would file it under.
"""

import re

THEMES = {
    "waiting": r"wait(?:ed|ing)?|late|delay\w*|behind schedule|on time|punctual|rush\w*|hurr\w+|"
    r"started|minutes|"
    r"half an hour|an hour|espera\w*|esper[eé]|tarde|retras\w*|puntual\w*|prisas?",
    "result": r"results?|colou?r|(?:dark|light|short|long)er|came out|agreed|"
    r"uneven|patchy|faded|chipped|fell off|orange|brassy|too short|too dark|"
    r"too light|not what i (?:asked|wanted)|redo|redone|fix(?:ed)?|hair ?cut|highlights?|blow ?out|"
    r"looks?|glow\w*|resultado|corte|mechas|desigual|no es lo que ped[ií]|qued[oó]",
    "manner": r"rude|friendly|kind|attitude|listen\w*|ignored|unprofessional|professional|polite|"
    r"nobody was|at the desk|"
    r"welcom\w*|warm|sweet|caring|attentive|talk\w*|gossip\w*|amables?|grosera?o?s?|trato|"
    r"atent[ao]s?|ignor\w+",
    "price": r"expensive|overpriced|pric\w+|charg\w+|costs?|worth|value|money|refund|upsell\w*|"
    r"pushy|deposit|fee|car[oa]s?|precios?|cobr\w+|dinero|reembolso",
    "clean": r"dirty|clean\w*|hygien\w*|dust\w*|smell\w*|stain\w*|towels?|suci[ao]s?|limpi\w+|"
    r"higiene|huele|ol[ií]a",
    "body": r"hurt\w*|pain\w*|burn\w*|burnt|rash\w*|irritat\w*|was red|redness|"
    r"allerg\w*|broke out|bruis\w*|bled|"
    r"bleeding|swollen|sore|too hard|dol[ií]a|dolor\w*|quem\w+|irrit\w+|alergi\w*",
    "booking": r"book\w*|appointments?|reschedul\w*|cancel\w*|double.?booked|phone|called|calls?|"
    r"reply|replied|texts?|reminders?|website|app|citas?|reserv\w*|llam\w+|cancel\w+",
    "room": r"rooms?|music|nois[ey]\w*|loud|cold|hot|temperature|parking|comfort\w*|relax\w*|"
    r"quiet|ambian?ence|atmosphere|salas?|m[uú]sica|ruid\w+|fr[ií]o|calor|ambiente",
}
FOUND = {name: re.compile(rf"\b(?:{words})\b") for name, words in THEMES.items()}


def themes_of(text: str) -> tuple[str, ...]:
    """Names of ``THEMES`` that a text speaks of, in their order; empty for none of them."""
    low = text.casefold().replace("\u2019", "'")
    return tuple(name for name, words in FOUND.items() if words.search(low))
