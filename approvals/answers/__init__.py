"""What clients answer by text, acted on in code: which question it answers, and what follows.

``questions`` finds what a client was asked, ``joining`` decides which of it a message answers (or
that nobody can tell), ``handling`` hears each message once, ``offers``, ``visits``, ``optouts`` and
``replies`` do what follows. Whatever is not clear goes to a person and changes nothing.
"""
