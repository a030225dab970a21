"""Planted wrong drafts: whether the desk still reads. Off unless a manager asks for it.

Their marks are as honest as everywhere: what no record knows is marked in them too. Nothing can be
sent from one: the services refuse it (``locking``), and so does the database.
"""
