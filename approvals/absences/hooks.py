"""Absences join the rest at start-up: their one draft is approved as a whole."""

from approvals.absences import SUBJECT
from approvals.absences.approving import absence_approve
from approvals.services.approving import wholes

wholes[SUBJECT] = absence_approve
