"""Prepared for the visit: briefs and who read them, and what the desk should see before."""
