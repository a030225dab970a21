"""Secrets are kept by reference and are never shown."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from core.errors import NeedsAttention
from core.models import Secret
from core.secrets import MissingSecret, forget, resolve, store, store_again

OTHER_KEY = "another-key-" + "y" * 40


def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALON_TOKEN", " abc \n")
    assert resolve("env:SALON_TOKEN") == "abc"


def test_a_variable_may_name_a_file_instead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("from-file\n")
    monkeypatch.delenv("SALON_TOKEN", raising=False)
    monkeypatch.setenv("SALON_TOKEN_FILE", str(tmp_path / "token"))
    assert resolve("env:SALON_TOKEN") == "from-file"


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    assert resolve(f"file:{tmp_path / 'token'}") == "from-file"


@pytest.mark.parametrize(
    "ref, said",
    [
        ("", "No secret is set"),
        ("env:NOT_THERE", "Set NOT_THERE"),
        ("env:", "env:NAME"),
        ("the-token-itself", "env:NAME"),
        ("file:/not/there", "/not/there cannot be read"),
        ("file:/proc/self/environ", "no place for a secret"),
        ("file:/", "cannot be read"),
        ("db:0", "Type it in anew"),
        ("db:x", "env:NAME"),
    ],
)
@pytest.mark.django_db
def test_a_reference_that_leads_nowhere_says_what_to_do(ref: str, said: str) -> None:
    with pytest.raises(MissingSecret) as raised:
        resolve(ref)
    assert said in raised.value.plain
    assert "the-token-itself" not in raised.value.plain
    assert isinstance(raised.value, NeedsAttention), "the work waits until it is mended"


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "SECRET_KEY_FILE", "DATABASE_URL", "MIGRATE_DATABASE_URL", "REDIS_URL"]
)
def test_our_own_keys_are_not_given_to_a_connection(name: str) -> None:
    with pytest.raises(MissingSecret, match="belongs to this server"):
        resolve(f"env:{name}")


def test_an_empty_a_large_and_a_binary_file_are_refused(tmp_path: Path) -> None:
    for content in (b"", b" \n", b"x" * 20_000, b"\xff\xfe\x00"):
        (tmp_path / "token").write_bytes(content)
        with pytest.raises(MissingSecret):
            resolve(f"file:{tmp_path / 'token'}")


@pytest.mark.django_db
def test_a_typed_secret_is_encrypted_and_comes_back() -> None:
    ref = store("Riverside token", "tok_123")
    row = Secret.objects.get()
    assert resolve(ref) == "tok_123"
    assert b"tok_123" not in bytes(row.encrypted)
    assert "tok_123" not in f"{row} {row!r} {ref}"
    forget(ref)
    assert not Secret.objects.exists()


@pytest.mark.django_db
def test_the_same_secret_looks_different_every_time() -> None:
    store("one", "tok_123")
    store("two", "tok_123")
    one, two = Secret.objects.order_by("pk")
    assert bytes(one.encrypted) != bytes(two.encrypted)


@pytest.mark.django_db
def test_an_empty_secret_is_not_stored() -> None:
    with pytest.raises(ValueError, match="empty"):
        store("token", "  ")


@pytest.mark.django_db
def test_a_changed_key_still_opens_with_the_old_one_as_fallback(settings: Any) -> None:
    ref = store("token", "tok_123")
    old = settings.SECRET_KEY
    settings.SECRET_KEY = OTHER_KEY
    with pytest.raises(MissingSecret, match="SECRET_KEY_FALLBACKS"):
        resolve(ref)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert resolve(ref) == "tok_123"
    assert store_again() == 1
    settings.SECRET_KEY_FALLBACKS = []
    assert resolve(ref) == "tok_123"


@pytest.mark.django_db
def test_no_secret_is_ever_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SALON_TOKEN", "tok_env")
    ref = store("token", "tok_db")
    resolve("env:SALON_TOKEN"), resolve(ref)
    settings.SECRET_KEY = OTHER_KEY
    with pytest.raises(MissingSecret) as raised:
        resolve(ref)
    assert "tok_" not in caplog.text + str(raised.value)
