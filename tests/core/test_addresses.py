"""Which addresses may be reached."""

from __future__ import annotations

import socket
from typing import Any, Never

import pytest

from core.addresses import check_address, check_url
from core.errors import Permanent, Temporary


def leads_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def found(host: str, port: Any, **options: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr("core.addresses.socket.getaddrinfo", found)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001::1",
    ],
)
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    leads_to(monkeypatch, address)
    with pytest.raises(Permanent) as raised:
        check_address("https://salon.example/v1")
    assert raised.value.code == "address_refused"
    assert "OUTBOUND_ALLOW=salon.example:443" in raised.value.plain


def test_one_inside_address_among_public_ones_refuses_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leads_to(monkeypatch, "93.184.215.14", "10.0.0.1")
    with pytest.raises(Permanent):
        check_address("https://salon.example")


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"]
)
def test_a_public_address_is_given_back(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    leads_to(monkeypatch, address)
    assert check_address("https://salon.example/v1") == [address]


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "localhost", "[::1]"])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises((Permanent, Temporary)):
        check_address(f"https://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://salon.example",
        "https://salon.example:8443",
        "http://salon.example:443",
        "ftp://salon.example",
        "file:///etc/passwd",
        "https://user:sesame@salon.example",
        "https://user@salon.example",
        "https://salon.example/v1?x=1",
        "https://salon.example/v1#x",
        "https://",
        "https://[::1",
        "https://salon.example:99999",
        "salon.example",
        "",
    ],
)
def test_what_is_no_plain_https_address_is_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(Permanent) as raised:
        check_url(url)
    assert raised.value.code == "address_refused"
    assert "sesame" not in raised.value.plain


def test_an_address_may_be_allowed_by_host_and_port(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:8001"]
    assert check_address("http://127.0.0.1:8001/v1/") == ["127.0.0.1"]
    assert check_url("http://127.0.0.1:8001/v1/").path == "/v1"
    with pytest.raises(Permanent):
        check_address("http://127.0.0.1:8002/")


def test_a_name_that_cannot_be_found_now_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: Any, **options: Any) -> Never:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr("core.addresses.socket.getaddrinfo", unknown)
    with pytest.raises(Temporary):
        check_address("https://salon.example")
