"""Somebody is not in: who is affected, what each of them is offered, and what they said to it.

How a salon does it. Where somebody else is free at the same hour, the appointment is changed at the
platform first, then the client is told, and may say that it does not suit them. Where only another
hour is free, nothing is moved: the client is asked, and their yes moves it. Whoever is not written
to, does not answer or says no stays on *To call*.
"""

AGENT = "out_today"
SUBJECT = "absence"
TOLD, ASKED, ON_YES = "told", "asked", "on-yes"
RIGHT = "review_changes"
