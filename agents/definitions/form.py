"""Form: two days before a visit, the link to the form that is missing or has run out.

One text to the contact with the first form's link; where the link went out lately, nothing is said.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from agents.base import Agent, BaseSettings, Drafted, Offset, Opening, Skip, Text, register
from agents.contact import contact_for
from agents.context import Context, Form
from agents.messages import Shown, channel_reasons, form_evidence, message_proposal
from agents.pieces import (
    CLIENT_FIELDS,
    FORM_EXAMPLE,
    desk_title,
    forms_words,
    shared_words,
    visit_origin,
    visits_words,
)
from agents.reading import Reader, client_of
from agents.texts.form import form_text
from approvals.models import ApprovalItem
from approvals.proposals import Proposal, Reason
from integrations.events import AppointmentSoon, Event
from integrations.models import Appointment, FormResponse

TWO_DAYS_BEFORE = Offset("form-48h", 48)
TOO_LATE = timedelta(hours=2)
# A link that went out this lately is not sent again.
LATELY = timedelta(days=4)


@register
class FormReminder(Agent):
    name = "form"
    label = "Forms"
    about = "Sends the link to a form that is missing or has run out, two days before the visit."
    listens_to = (AppointmentSoon,)
    offsets = (TWO_DAYS_BEFORE,)
    reads = (*CLIENT_FIELDS, "birthday", "postal_code")
    group = "reminders"
    Settings = BaseSettings
    variables = ("salon", "client", "visits", "form", "call", "tone", "language", "channel")
    example = FORM_EXAMPLE

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        found = self._appointment(event, as_of)
        if isinstance(found, Skip):
            return found
        form = form_wanted(found)
        if form is None:
            return Skip("No form is missing, or it has no link.")
        reader = Reader(type(self), as_of)
        return Opening(
            subject=reader.subject(reader.household(client_of(found))),
            occasion=_occasion(found),
            title=desk_title("Form for", found, as_of, found.location.zone),
            due_at=found.starts_at,
            tag="form missing",
            client_id=found.client_id,
            appointment_id=found.pk,
            staff_id=found.staff_id,
        )

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        visit = self._appointment(event, as_of)
        if isinstance(visit, Skip):
            return visit
        form = form_wanted(visit)
        if form is None:
            return Skip("No form is missing, or it has no link.")
        if _sent_lately(visit, form, as_of):
            return Skip("The link was sent a few days ago.")
        client, reader = client_of(visit), Reader(type(self), as_of)
        contact = contact_for(
            candidates=[client], location=visit.location, purpose=self.purpose, as_of=as_of
        )
        if isinstance(contact, Skip):
            return contact
        known = {"written_before": reader.written_before(client)}
        return Context(
            as_of=as_of,
            event_at=event.at,
            kind="form",
            subject=reader.subject(reader.household(client)),
            occasion=_occasion(visit),
            salon=reader.salon(visit.location, visit.connection),
            contact=contact.model_copy(update=known),
            people=[reader.person(client)],
            appointments=[reader.facts_of(visit)],
            forms=[form],
            due_at=visit.starts_at,
        )

    def template(self, context: Context) -> Text:
        return form_text(context)

    def words(self, context: Context) -> dict[str, str]:
        return {
            **shared_words(context, self.settings.tone),
            "visits": visits_words(context),
            "form": forms_words(context),
        }

    def problem(self, context: Context, text: Text) -> str:
        return "" if context.forms[0].link in text.body else "the model left out the form's link"

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        first, zone, form = context.first, context.salon.zone, context.forms[0]
        return [
            message_proposal(
                self,
                context,
                drafted,
                Shown(
                    title=desk_title("Form for", first, context.as_of, zone),
                    origin=visit_origin("Form", first.starts_at, context.as_of, zone),
                    tag="form missing",
                    moment="the visit starts",
                    reasons=[
                        Reason(f"The form {form.name} is missing or has run out.", "form"),
                        *channel_reasons(context),
                    ],
                    status_in=("booked", "confirmed"),
                    evidence=tuple(form_evidence(context)),
                ),
            )
        ]

    def _appointment(self, event: Event, as_of: datetime) -> Appointment | Skip:
        found = Reader(type(self), as_of).row_of(event)
        if isinstance(found, Skip):
            return found
        if not found.is_upcoming:
            return Skip("It is no longer booked.")
        if found.starts_at <= as_of + TOO_LATE:
            return Skip("It is too late for a form.", missed=True)
        return found


def form_wanted(visit: Appointment) -> Form | None:
    """The first form with a link that is not filled in, or runs out before the visit."""
    day = visit.starts_at.astimezone(visit.location.zone).date()
    rows = FormResponse.objects.filter(
        Q(complete=False) | Q(expires_on__lt=day), client=visit.client, deleted_at=None
    ).exclude(link="")
    needed = visit.service.form_required if visit.service else ""
    found = sorted(rows, key=lambda one: (one.name != needed, one.pk))
    if not found:
        return None
    one = found[0]
    return Form(id=one.pk, external_id=one.external_id, name=one.name, link=one.link)


def _sent_lately(visit: Appointment, form: Form, as_of: datetime) -> bool:
    """Whether some draft with this very link went out, or is about to."""
    live = (
        ApprovalItem.State.APPROVED,
        ApprovalItem.State.SENDING,
        ApprovalItem.State.SENT,
        ApprovalItem.State.BY_HAND,
        ApprovalItem.State.MANUAL,
    )
    rows = ApprovalItem.objects.filter(
        client=visit.client, state__in=live, created_at__gte=as_of - LATELY
    )
    return rows.filter(revision__body__contains=form.link).exists()


def _occasion(visit: Appointment) -> str:
    """One such text per contact and day of the visit."""
    return f"form:{visit.starts_at.astimezone(visit.location.zone).date().isoformat()}"
