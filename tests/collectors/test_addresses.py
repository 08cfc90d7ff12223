"""Which addresses a forum's links and redirects may lead to: public ones, whatever form a private one is written in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.settings import Settings

from collectors.forums.polite import HOSTS, LOOPBACK, Boundary, GuardedResolver, check_address

PRIVATE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "[::1]", "[::]",
    "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_is_refused(host: str) -> None:
    with pytest.raises(IgnoreRequest, match="private network"):
        check_address(host, loopback=False)


@pytest.mark.parametrize("host", ["93.184.216.34", "[2606:2800:220:1::1]", "forum.example.kz"])
def test_a_public_address_passes(host: str) -> None:
    check_address(host, loopback=False)


def test_loopback_passes_only_where_it_is_configured_and_alone() -> None:
    check_address("127.0.0.1", loopback=True)
    with pytest.raises(IgnoreRequest):
        check_address("192.168.1.1", loopback=True)


def boundary(loopback: bool = False) -> Boundary:
    settings = Settings({HOSTS: ["forum.example.kz", "10.0.0.5", "127.0.0.1:8080"], LOOPBACK: loopback})
    return Boundary(SimpleNamespace(settings=settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/",
        "http://forum.example.kz.evil.example/",
        "http://forum.example.kz:22/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.5/",
        "ftp://forum.example.kz/",
        "file:///etc/passwd",
        "data:text/html,x",
        "http://forum.example.kz@evil.example/",
        "http://127.0.0.1:8080/",
    ],
)
def test_a_link_that_leads_elsewhere_is_not_followed(url: str) -> None:
    with pytest.raises(IgnoreRequest):
        boundary().process_request(Request(url))


def test_a_name_that_leads_into_a_private_network_is_refused() -> None:
    resolver: Any = GuardedResolver.__new__(GuardedResolver)
    with pytest.raises(IgnoreRequest):
        resolver._checked("10.0.0.1")
    assert resolver._checked("93.184.216.34") == "93.184.216.34"
