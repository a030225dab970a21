"""Matching: who of those waiting is asked about a free slot, in which order, and why.

``query`` reads (two queries, whatever the length of the list), ``rules`` say who is not asked,
``scoring`` says in which order, both pure; ``ranking`` joins them and ``tryout`` compares settings
on slots of the past.
"""
