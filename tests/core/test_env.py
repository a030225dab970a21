"""A wrong setting stops the process with the variable's name and the remedy."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from copilot.env import Env, WrongSetting

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "DATABASE_URL": "postgresql://copilot_app:sesame@db:5432/copilot",
    "MIGRATE_DATABASE_URL": "postgresql://copilot_owner:sesame@db:5432/copilot",
    "REDIS_URL": "redis://redis:6379/0",
    "WEB_ORIGIN": "https://copilot.example.com",
    "STREAM_ORIGIN": "https://copilot.example.com",
    "ALLOWED_HOSTS": "copilot.example.com",
}


def check(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in (PRODUCTION | changes).items() if value is not None
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is not set. Set SECRET_KEY, or SECRET_KEY_FILE"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is shorter than 32 characters"),
        ({"SECRET_KEY": None, "SECRET_KEY_FILE": "/not/there"}, "SECRET_KEY_FILE points at"),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL must look like postgresql://"),
        ({"REDIS_URL": None}, "REDIS_URL is not set"),
        ({"REDIS_URL": "127.0.0.1:6379"}, "REDIS_URL must look like redis://"),
        ({"DATABASE_URL": "postgresql://db:port/x"}, "DATABASE_URL must look like postgresql://"),
        ({"WEB_ORIGIN": "copilot.example.com"}, "WEB_ORIGIN must look like https://"),
        ({"OUTBOUND_ALLOW": "http://sandbox:8001"}, "OUTBOUND_ALLOW"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL='LOUD': give one of"),
        ({"DEBUG": "maybe"}, "DEBUG='maybe': give 1 or 0"),
        ({"MODEL_BUDGET_SECONDS": "soon"}, "MODEL_BUDGET_SECONDS='soon': give a whole number"),
    ],
)
def test_a_wrong_setting_is_refused_in_words(changes: Any, said: str, capsys: Any) -> None:
    given = {name: value for name, value in (PRODUCTION | changes).items() if value is not None}
    with mock.patch.dict(os.environ, given, clear=True), pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(ROOT / "copilot" / "settings.py"))
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert said in told
    assert "sesame" not in told


def test_a_wrong_setting_stops_the_process() -> None:
    done = check(DATABASE_URL="postgresql://copilot_app:sesame@db:port/x")
    assert done.returncode == 2
    assert "DATABASE_URL must look like postgresql://" in done.stderr
    assert "Traceback" not in done.stderr
    assert "sesame" not in done.stderr


def test_production_settings_pass_every_deploy_check() -> None:
    done = check("--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


def test_one_role_for_everything_is_warned_about_and_plain_http_is_not_called_safe() -> None:
    wrong = {
        "MIGRATE_DATABASE_URL": PRODUCTION["DATABASE_URL"],
        "WEB_ORIGIN": "http://copilot.example.com",
    }
    done = check("--deploy", "--fail-level", "WARNING", **wrong)
    assert done.returncode == 1
    assert "core.W001" in done.stderr
    assert "copilot_owner" in done.stderr
    assert "security." in done.stderr


@pytest.mark.parametrize(
    "url, expected",
    [
        (
            "postgresql://app:p%40ss@db.example:6432/copilot",
            {"HOST": "db.example", "PORT": "6432", "USER": "app", "PASSWORD": "p@ss"},
        ),
        (
            "postgresql://app@/copilot?host=/run/pg&port=5433",
            {"HOST": "/run/pg", "PORT": "5433", "USER": "app", "PASSWORD": ""},
        ),
        ("postgres://db/copilot", {"HOST": "db", "PORT": "", "USER": "", "NAME": "copilot"}),
    ],
)
def test_a_database_address_is_taken_apart(url: str, expected: Any) -> None:
    entry = Env({"X": url}).database("X")
    assert {key: entry[key] for key in expected} == expected


@pytest.mark.parametrize("url", ["mysql://db/x", "postgresql://db", "postgresql://db/", "x", ""])
def test_what_is_no_database_address_is_refused(url: str) -> None:
    with pytest.raises(WrongSetting, match="X "):
        Env({"X": url}).database("X")


@pytest.mark.parametrize("raw", ["1.5", "ten", "-1", "201", "--5", "5-", "²", ""])
def test_a_number_outside_its_range_is_refused(raw: str) -> None:
    if raw == "":
        assert Env({"X": raw}).number("X", 7, 0, 200) == 7
        return
    with pytest.raises(WrongSetting, match="X="):
        Env({"X": raw}).number("X", 7, 0, 200)


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    (tmp_path / "value").write_text(" from-file \n")
    assert Env({"X": "", "X_FILE": str(tmp_path / "value")}).text("X") == "from-file"
    assert Env({"X": ""}).text("X", "default") == "default"
    with pytest.raises(WrongSetting, match="X is not set"):
        Env({}).text("X")


def test_words_are_split_at_commas() -> None:
    assert Env({"X": " a, b ,,c "}).words("X") == ["a", "b", "c"]
