"""Open slots: what is free, whom it is offered to in which order, and who gets it.

The Opening's row is the arbiter: everything that changes what becomes of a slot locks it first,
then the draft, then its offers and effects. The state is in rows alone; ``ladders.tick`` looks at
them every second and on every ring.
"""
