"""Secrets by reference: a Connection keeps where a secret is, never the secret.

``env:NAME`` reads a variable (or the file named by NAME_FILE), ``file:/path`` a mounted file,
``db:<id>`` a row of Secret, encrypted under a key that is derived from SECRET_KEY. To change
SECRET_KEY, put the old one into SECRET_KEY_FALLBACKS and store the secrets again.
"""

import base64
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from core.errors import NeedsAttention
from core.models import Secret

LARGEST = 16_384
# Our own keys: a connection that named one would send it to the address typed in beside it.
NOT_FOR_CONNECTIONS = frozenset(
    {
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "DATABASE_URL",
        "MIGRATE_DATABASE_URL",
        "REDIS_URL",
        "EMAIL_HOST_PASSWORD",
    }
)


class MissingSecret(NeedsAttention):
    """A reference leads to nothing usable; the message names it and the remedy.

    Needs attention rather than permanent: the work that wanted the secret waits until an admin
    has put it in place, and nothing is lost.
    """


def resolve(ref: str) -> str:
    """The secret behind a reference; raises MissingSecret with what to do."""
    kind, _, rest = ref.partition(":")
    if kind == "env" and rest:
        return _from_environment(rest)
    if kind == "file" and rest:
        return _from_file(rest)
    if kind == "db" and rest.isdigit():
        return _from_database(int(rest))
    if not ref:
        raise MissingSecret("No secret is set here. Enter one on the connection's page.")
    raise MissingSecret(
        "This is not a reference to a secret. Use env:NAME or file:/path, or type it in anew."
    )


def store(name: str, value: str) -> str:
    """Encrypt and keep a secret; returns its reference (``db:<id>``)."""
    if not value.strip():
        raise ValueError("an empty secret cannot be stored")
    return f"db:{Secret.objects.create(name=name, encrypted=_seal(value)).pk}"


def forget(ref: str) -> None:
    """Delete a stored secret; a reference to a variable or a file is left alone."""
    kind, _, rest = ref.partition(":")
    if kind == "db" and rest.isdigit():
        Secret.objects.filter(pk=int(rest)).delete()


def store_again() -> int:
    """Encrypt every stored secret under the newest key; returns how many."""
    rows = list(Secret.objects.all())
    for row in rows:
        row.encrypted = _fernet().rotate(bytes(row.encrypted))
        row.save(update_fields=["encrypted"])
    return len(rows)


def _from_environment(name: str) -> str:
    base = name.removesuffix("_FILE")
    if base in NOT_FOR_CONNECTIONS:
        raise MissingSecret(f"{name} belongs to this server and is not given to a connection.")
    value = os.environ.get(name, "").strip()
    if value:
        return value
    path = os.environ.get(f"{name}_FILE", "")
    if path:
        return _from_file(path, f"{name}_FILE points at {path}, which")
    raise MissingSecret(
        f"The environment variable {name} is not set. Set {name} (or {name}_FILE) for every "
        "process and start them again."
    )


def _from_file(path: str, said: str = "") -> str:
    said = said or f"The file {path}"
    resolved = Path(path).resolve()
    if resolved.parts[1:2] in {("proc",), ("sys",), ("dev",)}:
        raise MissingSecret(f"{said} is no place for a secret.")
    try:
        with resolved.open("rb") as file:
            raw = file.read(LARGEST + 1)
        value = raw.decode().strip()
    except OSError as error:
        raise MissingSecret(f"{said} cannot be read ({error.strerror}). Mount it.") from None
    except UnicodeDecodeError:
        raise MissingSecret(f"{said} holds no text.") from None
    if not value or len(raw) > LARGEST:
        raise MissingSecret(f"{said} is empty or too large. Put only the secret in it.")
    return value


def _from_database(pk: int) -> str:
    row = Secret.objects.filter(pk=pk).first()
    if row is None:
        raise MissingSecret("The stored secret is gone. Type it in anew on the connection's page.")
    try:
        return _fernet().decrypt(bytes(row.encrypted)).decode()
    except InvalidToken:
        raise MissingSecret(
            f"The stored secret {row.name!r} was encrypted under another SECRET_KEY. Put the old "
            "key into SECRET_KEY_FALLBACKS, or type the secret in anew."
        ) from None


def _seal(value: str) -> bytes:
    return _fernet().encrypt(value.strip().encode())


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(key: str) -> bytes:
    # No salt: the input is a long random key and the output must be the same in every process.
    derived = HKDF(SHA256(), length=32, salt=None, info=b"front desk copilot: stored secrets")
    return base64.urlsafe_b64encode(derived.derive(key.encode()))
