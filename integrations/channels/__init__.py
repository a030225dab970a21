"""Channels: the salon's own number and mailbox, beside the platform's own communications.

A channel is one file in this folder that registers a class (see ``base``); what several of them
share lies beside it. Callers use ``accounts``: which account a location has, and sending.
"""
