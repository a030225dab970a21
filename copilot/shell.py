"""The frame around every page: where one can go, who is signed in, which theme."""

from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True)
class Shell:
    """Read by templates/shell.html. Every property is computed when a template asks for it."""

    request: HttpRequest
