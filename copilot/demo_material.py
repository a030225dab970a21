"""What the sandbox salon would have pasted in: its policies, and questions it hears every day."""

from agents.knowledge.fitting import fit_wanted
from agents.knowledge.indexing import About, knowledge_text_put
from agents.models import KnowledgeSource
from core.audit import Actor
from integrations.models import Connection

POLICIES = """# Cancelling and moving
Up to 24 hours before the appointment you may cancel or move it at no charge. Later than that, or
when nobody comes, half of the price is due.
# Coming late
Up to ten minutes late we do what was booked. Later than that we shorten it or find another time.
# Deposits
Color and keratin treatments of more than two hours need a deposit of $50. It is taken off the
price, and given back when you cancel in time.
# Children
Children under 14 come with a grown-up. For a massage, one of the parents signs the form.
# Dogs
Small dogs may come along if they stay on their blanket. Please say so when you book.
# Patch test
A first color or lash tint needs a patch test two days before. It takes five minutes and is free.
# Refunds and returns
Unopened products can be brought back within 14 days with the receipt. Tell us within a week if you
are not happy with a service, and we do it again at no charge.
"""
QUESTIONS = """Q: Where can I park?
A: Behind the house. The first hour is free with our stamp.
Q: Do you sell gift cards?
A: Yes, of any amount from $25, at the desk and on our website. They are good for five years.
Q: How should I pay?
A: By card, phone or in cash. Tips can be added to a card.
Q: Do you have wifi?
A: Yes. The word of the day is on the board beside the desk.
Q: Is there a step at the door?
A: No. The entrance, one treatment room and the restroom are fit for a wheelchair.
"""
TEXTS = (
    ("Our policies", KnowledgeSource.Kind.POLICY, POLICIES),
    ("What clients ask", KnowledgeSource.Kind.QUESTIONS, QUESTIONS),
)


def demo_material(connection: Connection) -> None:
    """Written once: a text that somebody takes away in the demo stays away."""
    own = KnowledgeSource.objects.filter(connection=connection, key__startswith="own:")
    if not own.exists():
        for title, kind, text in TEXTS:
            knowledge_text_put(
                actor=Actor.system("demo"),
                connection=connection,
                location=None,
                about=About(f"own:{title.casefold()}", title, kind),
                text=text,
            )
    fit_wanted(connection, read=True)
