"""What came of writing first, and of leaving alone: joined back by night from the records.

Asked and left alone are watched over the same stretch from the draw, so that the two compare. A
client whose draft nobody approved counts in neither: they were not asked and not drawn out.
"""

from datetime import datetime

from django.db import connection

# One statement for all: what was sent, answered, booked, kept and paid between the draw and the
# end of the watch. ``occasion`` of an item is the outreach's key.
JOIN = """
UPDATE agents_outreach o SET
  asked_at = said.asked_at, answered_at = said.answered_at, booked_at = said.booked_at,
  came_at = said.came_at, spent = said.spent, joined_at = %(now)s
FROM (
  SELECT o.id,
    (SELECT min(i.closed_at) FROM approvals_approvalitem i
      WHERE i.client_id = o.client_id AND i.agent = o.agent AND i.occasion = o.key
        AND i.state = 'sent') AS asked_at,
    (SELECT min(m.sent_at) FROM integrations_message m
      WHERE m.client_id = o.client_id AND m.incoming AND m.deleted_at IS NULL
        AND m.sent_at BETWEEN o.drawn_at AND o.watched_until) AS answered_at,
    (SELECT min(coalesce(a.booked_at, a.starts_at)) FROM integrations_appointment a
      WHERE a.client_id = o.client_id AND a.deleted_at IS NULL AND a.status <> 'cancelled'
        AND coalesce(a.booked_at, a.starts_at) BETWEEN o.drawn_at AND o.watched_until)
      AS booked_at,
    (SELECT min(a.starts_at) FROM integrations_appointment a
      WHERE a.client_id = o.client_id AND a.deleted_at IS NULL
        AND a.status IN ('completed', 'checked_in')
        AND a.starts_at BETWEEN o.drawn_at AND o.watched_until) AS came_at,
    coalesce((SELECT sum(s.total) FROM integrations_sale s
      WHERE s.client_id = o.client_id AND s.deleted_at IS NULL
        AND s.closed_at BETWEEN o.drawn_at AND o.watched_until), 0) AS spent
  FROM agents_outreach o
  WHERE o.watched_until > %(now)s - interval '7 days' OR o.joined_at IS NULL
) said
WHERE o.id = said.id
"""


def outreach_join(now: datetime) -> int:
    """Bring every outreach that is still watched up to date; returns how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(JOIN, {"now": now})
        return cursor.rowcount
