"""Where a request comes from, and which token it may bring."""

from __future__ import annotations

import pytest

from bidhall.accounts.admission import client_address, cookie_name, from_own_page, token_of

HOST = {"host": "hall.example.org"}
OWN = "https://hall.example.org"


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        # Browsers of today say it themselves.
        ({"sec-fetch-site": "same-origin", "origin": OWN, "cookie": "a=b"}, True),
        ({"sec-fetch-site": "none", "cookie": "a=b"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, False),
        ({"sec-fetch-site": "same-site", "origin": "https://other.example.org"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "rubbish", "origin": OWN}, False),
        # Both must agree.
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, False),
        # Older ones send the origin alone.
        ({"origin": OWN, "cookie": "a=b"}, True),
        ({"origin": "http://hall.example.org"}, True),
        ({"origin": "https://hall.example.org.evil.example"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://hall.example.org:8443"}, False),
        ({"origin": "null", "cookie": "a=b"}, False),
        ({"origin": ""}, False),
        ({"origin": "ftp://hall.example.org"}, False),
        # Programs send neither, and have no cookie.
        ({}, True),
        ({"authorization": "Bearer x"}, True),
        ({"cookie": "bidhall_session=x"}, False),
    ],
)
def test_pages_and_programs(headers: dict[str, str], *, own: bool) -> None:
    assert from_own_page({**HOST, **headers}) is own


def test_an_origin_that_is_allowed_by_name() -> None:
    headers = {"host": "10.0.0.5:8000", "origin": OWN, "cookie": "a=b"}
    assert not from_own_page(headers)
    assert from_own_page(headers, {OWN})
    assert not from_own_page({**headers, "origin": "https://evil.example"}, {OWN})


def test_without_a_host_no_origin_is_ours() -> None:
    assert not from_own_page({"origin": "https://"})


@pytest.mark.parametrize(
    ("headers", "cookies", "token"),
    [
        ({"authorization": "Bearer abc"}, {}, "abc"),
        ({"authorization": "bearer  abc "}, {"__Host-bidhall_session": "x"}, "abc"),
        ({"authorization": "Basic abc"}, {"__Host-bidhall_session": "x"}, "x"),
        ({"authorization": "Bearer "}, {}, ""),
        ({}, {"__Host-bidhall_session": "x"}, "x"),
        ({}, {"bidhall_session": "tossed"}, ""),
        ({}, {}, ""),
    ],
)
def test_tokens_over_https(headers: dict[str, str], cookies: dict[str, str], token: str) -> None:
    assert token_of(headers, cookies, secure=True) == token


def test_a_cookie_another_site_of_the_domain_can_set_counts_over_http_alone() -> None:
    assert token_of({}, {"bidhall_session": "x"}, secure=False) == "x"
    assert cookie_name(secure=True).startswith("__Host-")


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxied", "address"),
    [
        ("192.0.2.7", "", False, "192.0.2.7"),
        ("127.0.0.1", "203.0.113.9", False, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", True, "203.0.113.9"),
        ("10.1.2.3", "1.1.1.1, 203.0.113.9", True, "203.0.113.9"),
        ("", "203.0.113.9", True, "203.0.113.9"),
        ("8.8.8.8", "203.0.113.9", True, "8.8.8.8"),
        ("127.0.0.1", "rubbish", True, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, ", True, "127.0.0.1"),
    ],
)
def test_the_address_is_believed_from_a_near_proxy_alone(
    peer: str, forwarded: str, address: str, *, proxied: bool
) -> None:
    assert client_address(peer, forwarded, proxied=proxied) == address
