"""Reading what clients write after a visit: whether they are unhappy, and about what."""
