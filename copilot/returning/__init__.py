"""Clients coming back, for managers: who is slipping away, segments, and what asking brought."""
