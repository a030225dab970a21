"""Rules of what the desk writes by itself. No database, no clock of its own."""

from datetime import timedelta

# In place of an agent's name on a draft: a person wrote it.
WRITTEN = "desk"
# … or said it on the phone, and pressed what the call led to.
CALLED = "phone"
# The purpose of what answers a client: not counted among the day's messages.
ANSWER = "answer"
RIGHT = "review_messages"
# How long after a client wrote an answer to them may go in quiet hours …
ANSWER_WITHIN = timedelta(hours=1)
# … and how much longer one that was approved in time may take on its way.
ANSWER_SLACK = timedelta(minutes=15)
# What was not sent by then is of no use any more.
USEFUL_FOR = timedelta(days=2)
