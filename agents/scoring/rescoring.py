"""The loss risk of what lies ahead, scored again whenever a fact about it changes.

Hearing of a change costs one statement: it puts the client's rows back to *waiting*. Scoring them
is work of the routine queue, outside the transaction that brought the change. A row that is asked
for again while it is scored loses its token, so the older answer is not written.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from agents.config import Effective, configs_for
from agents.matching.query import waiting_for
from agents.matching.ranking import rank, slot_of_visit
from agents.matching.settings import OpenSlotSettings
from agents.models import VisitRisk
from agents.reading import Reader
from agents.registry import agents
from agents.scoring.appointments import appointment_risk
from approvals.services.risks import items_risk, risks_shown
from core import clock
from core.announce import listen
from core.audit import Actor
from core.doorbell import ring_on_commit
from core.work import Queue
from integrations.events import AppointmentEvent, ClientUpdated, Event
from integrations.models import Appointment, Connection

DRAIN = "agents.risk_rescore"
rescore_queue: Queue[VisitRisk] = Queue(
    VisitRisk, task=DRAIN, lease=timedelta(seconds=60), most_attempts=4
)
AHEAD = timedelta(days=14)
# From here on somebody may have to stand in at short notice.
STAND_INS_WITHIN = timedelta(hours=48)
MOST_STAND_INS = 10
AT_ONCE = 2000
# A calendar just imported is scored in the background: it must not hold up who books meanwhile.
TOGETHER = 30
AT_A_TIME = 60
BY = Actor.system("rescoring")

ASK_AGAIN = """
INSERT INTO agents_visitrisk
  (appointment_id, state, attempts, not_before, last_error, level, chance, reasons, stand_ins,
   was_high)
SELECT a.id, 'waiting', 0, %(now)s, '', '', 0, '[]', '[]', false
FROM integrations_appointment a
WHERE a.client_id = %(client)s AND a.starts_at > %(now)s AND a.starts_at < %(until)s
  AND a.deleted_at IS NULL AND a.status IN ('booked', 'confirmed')
ON CONFLICT (appointment_id) DO UPDATE SET state = 'waiting', attempts = 0,
  not_before = EXCLUDED.not_before, lease_token = NULL, lease_until = NULL
"""


@listen("rescoring")
def rescoring_hear(event: Any) -> None:
    """Booked, moved, confirmed, lost, come: each may change what is to be expected of the client's
    other visits."""
    if not isinstance(event, Event) or event.history or event.client_id is None:
        return
    if isinstance(event, AppointmentEvent | ClientUpdated):
        visits_ask_again(client_id=event.client_id)


def visits_ask_again(*, client_id: int) -> int:
    """Have the upcoming visits of a client scored again; returns how many. One statement.

    Nobody waits for it: the sweep rings within two seconds, and takes what came together. A ring
    per booking had every booking pay for a message and for its client's visits, one by one.
    """
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(ASK_AGAIN, {"client": client_id, "now": now, "until": now + AHEAD})
        return cursor.rowcount


def risks_look(now: datetime) -> int:
    """What came near without any news of it (an imported calendar, a booking of long ago)."""
    live = Connection.objects.filter(
        status__in=[Connection.Status.OK, Connection.Status.NEEDS_ATTENTION]
    )
    known = VisitRisk.objects.filter(appointment=OuterRef("pk"))
    rows = Appointment.objects.filter(
        ~Exists(known),
        location__connection__in=live,
        starts_at__gt=now,
        starts_at__lt=now + AHEAD,
        status__in=Appointment.UPCOMING,
        deleted_at=None,
        client__isnull=False,
    )
    found = rows.order_by("starts_at", "pk").values_list("pk", flat=True)[:AT_ONCE]
    made = [VisitRisk(appointment_id=pk) for pk in found]
    VisitRisk.objects.bulk_create(made, ignore_conflicts=True)
    if made:
        ring_on_commit(DRAIN)
    return len(made)


def visits_rescore() -> int:
    """Score what is due, at a pace; returns how many rows were taken."""
    together = Together()
    return rescore_queue.drain(
        together.visit_rescore, batch=TOGETHER, most=AT_A_TIME, read=together.read
    )


class Together:
    """Visits scored in one go: what they rest on is read once for all of them.

    Nothing is lost by reading early: a visit that is asked for again meanwhile loses its token,
    and the answer is not written.
    """

    def __init__(self) -> None:
        self.now = clock.now()
        self.reader = Reader(agents.get("confirmation"), self.now)
        self.rows: dict[int, Appointment] = {}
        self.configs: dict[int, dict[str, Effective]] = {}
        self.shown: dict[int, set[str]] = {}

    def read(self, works: list[VisitRisk]) -> None:
        self.now = clock.now()
        self.reader = Reader(agents.get("confirmation"), self.now, scorers=self.reader.scorers)
        wanted = [work.appointment_id for work in works]
        rows = Appointment.objects.select_related(
            "client", "location", "connection", "service", "staff"
        )
        self.rows = rows.in_bulk(wanted)
        self.reader.visits_read(row.client_id for row in self.rows.values() if row.client_id)
        self.shown = risks_shown(wanted)
        for row in self.rows.values():
            if row.location_id not in self.configs:
                self.configs[row.location_id] = configs_for(
                    row.location, ["confirmation", "open_slot"]
                )

    def visit_rescore(self, work: VisitRisk) -> None:
        """One row: scored, or settled where the visit is over, off or nobody's."""
        row = self.rows[work.appointment_id]
        if row.client is None or not row.is_upcoming or row.starts_at <= self.now:
            rescore_queue.finish(work)
            return
        bounds: Any = self.configs[row.location_id]["confirmation"].settings
        _, risk = appointment_risk(
            row, self.reader, medium=bounds.medium_from, high=bounds.high_from
        )
        fields = {
            "level": risk.level,
            "chance": risk.chance,
            "reasons": risk.reasons[:4],
            "starts_at": row.starts_at,
            "was_high": risk.level == "high" or (work.was_high and work.starts_at == row.starts_at),
            "scored_at": self.now,
            "stand_ins": self._stand_ins(row, risk.level),
        }
        if self.shown.get(row.pk, set()) <= {risk.level}:
            rescore_queue.finish(work, **fields)
            return
        with transaction.atomic():
            if rescore_queue.finish(work, **fields):
                items_risk(actor=BY, appointment_id=row.pk, level=risk.level)

    def _stand_ins(self, row: Appointment, level: str) -> list[int]:
        if level != "high" or row.starts_at > self.now + STAND_INS_WITHIN:
            return []
        settings: Any = self.configs[row.location_id]["open_slot"].settings
        return _stand_ins(row, settings, self.now)


def _stand_ins(row: Appointment, settings: OpenSlotSettings, now: datetime) -> list[int]:
    """Who of those waiting would fit this time, best first. Ranked only: nobody is asked."""
    slot = slot_of_visit(row)
    found = rank(slot, waiting_for(slot, settings, now), settings, now)
    return [one.entry_id for one in found.ranked[:MOST_STAND_INS]]
