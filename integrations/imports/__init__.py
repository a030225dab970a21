"""Clients, appointments and waitlist from CSV files, where a platform can be read no other way."""

from integrations.imports.columns import FIELDS, KINDS, guess, lacking
from integrations.imports.run import (
    Report,
    file_keep,
    file_preview,
    file_run,
    import_ask,
)
from integrations.imports.table import FileProblem, Table, table_read

__all__ = [
    "FIELDS",
    "KINDS",
    "FileProblem",
    "Report",
    "Table",
    "file_keep",
    "file_preview",
    "file_run",
    "guess",
    "import_ask",
    "lacking",
    "table_read",
]
