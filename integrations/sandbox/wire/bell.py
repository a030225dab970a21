"""Wakes the sender when there is something to send, so that nobody has to wait for a poll."""

import threading

bell = threading.Event()
