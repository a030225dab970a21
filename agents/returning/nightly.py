"""By night: fit who comes back, and write every client's outlook. After a visit: one client's.

Hearing of a visit costs one statement; looking again is work of the routine queue. A night without
any past leaves everything as it was.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from statistics import fmean
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from agents.models import ClientOutlook, ReturnModel
from agents.returning.fitting import Returning, returning_fit
from agents.returning.histories import History, salon_rhythm
from agents.returning.outlook import (
    AHEAD_DAYS,
    House,
    Known,
    chance_by_rhythm,
    outlook_of,
    yearly_worth,
)
from agents.returning.past import CAME, clients_known
from core import clock
from core.announce import listen
from core.doorbell import ring_on_commit
from core.work import Queue, WorkRow
from integrations.events import SaleCompleted, ServiceCompleted
from integrations.models import Appointment, Client, Connection, Sale

DRAIN = "agents.outlooks_look"
outlook_queue: Queue[ClientOutlook] = Queue(
    ClientOutlook, task=DRAIN, lease=timedelta(seconds=60), most_attempts=4
)
Kind = ReturnModel.Kind
KEPT_FITS = 30
AT_ONCE = 1000
TOP_SHARE = 0.9
WRITTEN = (
    "location_id", "visits", "last_visit_on", "rhythm_days", "chance", "expected_visits", "worth",
    "at_risk", "slipping", "segments", "scored_at", "state",
)  # fmt: skip

ASK_AGAIN = """
INSERT INTO agents_clientoutlook
  (client_id, location_id, state, attempts, not_before, last_error, visits, rhythm_days, chance,
   expected_visits, worth, at_risk, slipping, segments, tagged)
SELECT c.id, %(location)s, 'waiting', 0, %(now)s, '', 0, 0, 0, 0, 0, 0, false, '[]', '[]'
FROM integrations_client c
WHERE c.id = %(client)s AND c.deleted_at IS NULL AND c.merged_into_id IS NULL
ON CONFLICT (client_id) DO UPDATE SET state = 'waiting', attempts = 0,
  not_before = EXCLUDED.not_before, lease_token = NULL, lease_until = NULL
"""


@listen("returning", ServiceCompleted, SaleCompleted)
def returning_hear(event: Any) -> None:
    """A visit or a sale: what is expected of that client changes. A booking changes it by night;
    whoever is written to is looked at for one anyway."""
    if not event.history and event.client_id is not None and event.location_id is not None:
        outlook_ask_again(client_id=event.client_id, location_id=event.location_id)


def outlook_ask_again(*, client_id: int, location_id: int) -> int:
    """Have one client looked at again. One statement; 0 where there is no such client any more."""
    values: dict[str, Any] = {"client": client_id, "location": location_id, "now": clock.now()}
    with database.cursor() as cursor:
        cursor.execute(ASK_AGAIN, values)
        asked = cursor.rowcount
    if asked:
        ring_on_commit(DRAIN)
    return asked


def outlooks_drain() -> int:
    """Look again at the clients who are due; returns how many rows were taken."""
    return outlook_queue.drain(outlook_look, batch=20)


def outlook_look(work: ClientOutlook) -> None:
    """One client by the model of last night. Who never came has no outlook and is only settled."""
    client = Client.objects.select_related("connection").get(pk=work.client_id)
    now = clock.now()
    known = clients_known(client.connection, now, only=[client.pk]).get(client.pk)
    model = model_in_use(client.connection)
    if known is None or model is None:
        outlook_queue.finish(work)
        return
    row = _rows([known], model, now)[0]
    outlook_queue.finish(work, **{name: getattr(row, name) for name in WRITTEN if name != "state"})


def model_in_use(connection: Connection) -> ReturnModel | None:
    return ReturnModel.objects.filter(connection=connection).first()


def returning_night(*, connection: Connection, now: datetime | None = None) -> int:
    """Fit anew and write the outlook of everyone who ever came; returns how many.

    Fits outside any transaction. Rows of clients who were deleted or merged go.
    """
    at = now or clock.now()
    known = clients_known(connection, at)
    _gone_drop(connection)
    if not known:
        return 0
    today = at.date()
    model = _fit(connection, list(known.values()), today, at)
    rows = _rows(list(known.values()), model, at)
    with transaction.atomic():
        for first in range(0, len(rows), AT_ONCE):
            ClientOutlook.objects.bulk_create(
                rows[first : first + AT_ONCE],
                update_conflicts=True,
                unique_fields=["client"],
                update_fields=list(WRITTEN),
            )
    return len(rows)


def returning_night_all(now: datetime | None = None) -> int:
    """Every live connection, one after the other."""
    live = Connection.objects.filter(status=Connection.Status.OK).order_by("pk")
    return sum(returning_night(connection=connection, now=now) for connection in live)


def returning_first(now: datetime | None = None) -> int:
    """Connections that were read for the first time: their list does not wait for the night.
    One small query where there is none; returns how many clients were looked at."""
    of_it = {"connection": OuterRef("pk"), "deleted_at": None, "client__isnull": False}
    past = Q(Exists(Appointment.objects.filter(status__in=CAME, **of_it)))
    past |= Q(Exists(Sale.objects.filter(**of_it)))
    new = Connection.objects.filter(past, status=Connection.Status.OK, return_models=None)
    return sum(returning_night(connection=one, now=now) for one in new.order_by("pk"))


def _gone_drop(connection: Connection) -> None:
    rows = ClientOutlook.objects.filter(client__connection=connection)
    rows.exclude(client__deleted_at=None, client__merged_into=None).delete()


def _fit(connection: Connection, known: list[Known], on: date, at: datetime) -> ReturnModel:
    histories = [one.history for one in known]
    fitted = returning_fit(histories, on, AHEAD_DAYS)
    house = _house(histories)
    kind = Kind.RHYTHM if fitted is None else Kind.LEARNED if fitted.learned else Kind.EXPECTED
    row = ReturnModel.objects.create(
        connection=connection,
        kind=kind,
        fitted_at=at,
        data_from=min(one.days[0] for one in histories),
        data_to=max(one.days[-1] for one in histories),
        clients=len(histories),
        figures={"house": vars(house), **(fitted.figures if fitted else {})},
        fitted=fitted.as_json() if fitted else {},
    )
    older = ReturnModel.objects.filter(connection=connection).values_list("pk", flat=True)
    ReturnModel.objects.filter(pk__in=list(older[KEPT_FITS:])).delete()
    return row


def _house(histories: Sequence[History]) -> House:
    mean = fmean(one.mean_spent for one in histories)
    house = House(salon_rhythm(histories), mean, 0.0)
    worths = sorted(yearly_worth(one, house) for one in histories)
    return House(house.rhythm, mean, worths[int(len(worths) * TOP_SHARE)])


def _rows(known: Iterable[Known], model: ReturnModel, at: datetime) -> list[ClientOutlook]:
    every, on = list(known), at.date()
    histories = [one.history for one in every]
    house = House(**model.figures["house"])
    if model.fitted:
        fitted = Returning.from_json(model.fitted)
        said = zip(fitted.chances(histories, on), fitted.visits(histories, on), strict=True)
        pairs = [(float(chance), float(visits)) for chance, visits in said]
    else:
        pairs = [chance_by_rhythm(one, house, on) for one in histories]
    return [_row(one, house, pair, on, at) for one, pair in zip(every, pairs, strict=True)]


def _row(
    known: Known, house: House, pair: tuple[float, float], on: date, at: datetime
) -> ClientOutlook:
    found = outlook_of(known, house, chance=pair[0], visits=pair[1], on=on)
    return ClientOutlook(
        client_id=int(known.history.client),
        location_id=known.location_id,
        visits=len(known.history.days),
        last_visit_on=known.history.days[-1],
        scored_at=at,
        state=WorkRow.State.DONE,
        **{**vars(found), "segments": list(found.segments)},
    )
