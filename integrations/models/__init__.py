from integrations.models.accounts import HandGrant, Invitation, User
from integrations.models.calendar import Appointment, Shift, WaitlistEntry
from integrations.models.catalogue import Product, Service
from integrations.models.channels import ChannelAccount, ChannelChoice
from integrations.models.clients import (
    Client,
    ClientWord,
    Consent,
    Feedback,
    FormResponse,
    Message,
)
from integrations.models.commerce import Sale, SaleLine
from integrations.models.connections import Connection, Location, StaffMember, SyncRun
from integrations.models.inbox import InboundEvent, ListenerRetry
from integrations.models.quiet import QuietRule
from integrations.models.rights import (
    RIGHTS,
    ROLES,
    LocationGroupPermission,
    LocationRole,
    LocationUserPermission,
    RoleRight,
)
from integrations.models.stations import Pin, Station

__all__ = [
    "RIGHTS",
    "ROLES",
    "Appointment",
    "ChannelAccount",
    "ChannelChoice",
    "Client",
    "ClientWord",
    "Connection",
    "Consent",
    "Feedback",
    "FormResponse",
    "HandGrant",
    "InboundEvent",
    "Invitation",
    "ListenerRetry",
    "Location",
    "LocationGroupPermission",
    "LocationRole",
    "LocationUserPermission",
    "Message",
    "Pin",
    "Product",
    "QuietRule",
    "RoleRight",
    "Sale",
    "SaleLine",
    "Service",
    "Shift",
    "StaffMember",
    "Station",
    "SyncRun",
    "User",
    "WaitlistEntry",
]
