"""Which column holds what: a guess from the column's name, to be seen and changed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrations.people import fold

KINDS = {
    "clients": "Clients",
    "appointments": "Appointments",
    "waitlist": "Waitlist",
}


@dataclass(frozen=True)
class Field:
    """``names`` are column names seen in exports, in plain lower case."""

    label: str
    names: str


CLIENT: dict[str, Field] = {
    "client_id": Field("Client number", "client id;client number;client no;clientid"),
    "client_name": Field(
        "Client, whole name", "client;client name;name;full name;customer;guest;guest name"
    ),
    "client_phone": Field(
        "Phone", "mobile phone;phone;mobile;cell;cell phone;phone number;client phone;telephone"
    ),
    "client_email": Field("E-mail", "email;e mail;email address;client email"),
}
FIELDS: dict[str, dict[str, Field]] = {
    "clients": {
        **CLIENT,
        "client_id": Field("Client number", "client id;id;client number;client no;clientid"),
        "first_name": Field("First name", "first name;firstname;first;given name"),
        "last_name": Field("Last name", "last name;lastname;last;surname;family name"),
        "birthday": Field("Birthday", "birthday;birth date;date of birth;dob"),
        "postal_code": Field("Postal code", "postal code;zip;zip code;postcode"),
        "locale": Field("Language", "language;locale"),
        "sms_transactional": Field(
            "May get texts", "sms reminders;text reminders;sms;sms notifications;sms consent"
        ),
        "sms_marketing": Field("May get marketing texts", "sms marketing;text marketing"),
        "email_transactional": Field(
            "May get e-mails", "email reminders;email notifications;email consent"
        ),
        "email_marketing": Field("May get marketing e-mails", "email marketing;newsletter"),
        "created_on_platform": Field(
            "Client since", "client since;created;created at;date added;added on"
        ),
        "last_visit_on": Field("Last visit", "last visit;last appointment;last seen"),
        "visit_count": Field("Visits", "visits;visit count;appointments;total visits"),
        "no_show_count": Field("No-shows", "no shows;noshows;no show count"),
        "late_cancel_count": Field("Late cancels", "late cancels;late cancellations"),
        "total_spend": Field(
            "Spent in total", "total spend;total spent;lifetime value;total sales"
        ),
        "notes": Field("Notes", "notes;note;client notes;comments"),
        "tags": Field("Tags", "tags;tag;labels"),
    },
    "appointments": {
        "id": Field("Appointment number", "appointment id;booking id;id;appointment number"),
        **CLIENT,
        "service": Field("Service", "service;service name;services;treatment"),
        "staff": Field("Staff", "staff;staff name;provider;therapist;stylist;employee;with"),
        "location": Field("Location", "location;branch;salon;site"),
        "start": Field("Start", "start;start time;starts at;date time;datetime;start date time"),
        "date": Field("Date", "date;appointment date;start date;day"),
        "time": Field("Time", "time;appointment time;from"),
        "end": Field("End", "end;end time;ends at;until"),
        "status": Field("Status", "status;state;appointment status"),
        "price": Field("Price", "price;amount;total;cost;service price"),
        "source": Field("Source", "source;booked via;booking source;channel"),
        "booked_at": Field("Booked at", "booked at;created;created at;booking date;booked on"),
        "cancelled_at": Field("Cancelled at", "cancelled at;canceled at;cancellation date"),
        "notes": Field("Notes", "notes;note;comments;appointment notes"),
    },
    "waitlist": {
        "id": Field("Entry number", "entry id;waitlist id;id"),
        **CLIENT,
        "service": Field("Service", "service;service name;services;treatment"),
        "staff": Field("Staff", "staff;staff name;provider;therapist;stylist;preferred staff"),
        "location": Field("Location", "location;branch;salon;site"),
        "windows": Field("Times wanted", "windows;times;availability;preferred times;time"),
        "earliest": Field("From day", "earliest;from;start date;date from;date"),
        "latest": Field("Until day", "latest;until;to;end date;date to"),
        "status": Field("Status", "status;state"),
        "waiting_since": Field("Waiting since", "added;created;created at;added on;requested"),
        "notes": Field("Notes", "notes;note;comments"),
    },
}
Mapped = Mapping[str, int]


def words(header: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", fold(header)).split())


def guess(kind: str, header: Sequence[str]) -> dict[str, int]:
    """{field: column}: exact names first, in the order of how usual they are; no column twice."""
    named = [words(cell) for cell in header]
    found: dict[str, int] = {}
    ranked = sorted(
        (rank, name, usual)
        for name, field in FIELDS[kind].items()
        for rank, usual in enumerate(field.names.split(";"))
    )
    for _, name, usual in ranked:
        if name not in found and usual in named and named.index(usual) not in found.values():
            found[name] = named.index(usual)
    return found


def lacking(kind: str, mapping: Mapped) -> list[str]:
    """In words, what no column was chosen for and the rows cannot do without."""
    problems = []
    who = {"client_id", "client_name", "client_phone", "client_email"}
    if kind == "clients":
        who |= {"first_name", "last_name"}
    if not who & set(mapping):
        problems.append("Choose the column that says which client it is.")
    if kind == "appointments" and not {"start", "date"} & set(mapping):
        problems.append("Choose the column with the start, or the one with the date.")
    return problems
