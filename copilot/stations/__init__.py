"""Shared devices: who is there, taking over by PIN, and the pages a manager sets them up with."""
