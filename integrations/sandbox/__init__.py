"""A salon platform of our own: its own process and state, spoken to over HTTP only.

It plays the other side for the demo, tests and training, so it imports nothing of the product.
"""
