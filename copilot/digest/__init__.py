"""The daily digest: what was risky, what is risky today, and what waits, on a page and by mail."""
