"""A day's calendar as plain data: what clashes on it, and how those whose person is out keep it.

Everything here except ``loading`` is pure: times are whole minutes since 1970 (UTC), nothing is
read and nothing is written.
"""
