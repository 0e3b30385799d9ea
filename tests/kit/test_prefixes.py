from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kit.intervals import IntervalSet
from seawall.kit.prefixes import Address, PrefixSet, address, prefix


@given(st.ip_addresses())
def test_addresses_read_as_the_library_reads_them(one: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    found = address(str(one))
    mapped = getattr(one, "ipv4_mapped", None)
    expected = mapped or one
    assert found == (expected.version, int(expected))
    assert str(found) == str(expected)


@pytest.mark.parametrize(
    "text",
    ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "fe80::1%eth0", "::g", "1.2.3.-4", "١.2.3.4"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="not an IP address"):
        address(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("fd00::1/64", "fd00::/64"),
        ("::/0", "::/0"),
        ("192.0.2.1/32", "192.0.2.1/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
    ],
)
def test_prefixes_mask_their_host_bits(text: str, shown: str) -> None:
    assert str(prefix(text)) == shown


@pytest.mark.parametrize(
    "text", ["10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "x/8", "10.0.0.0/"]
)
def test_what_is_no_prefix(text: str) -> None:
    with pytest.raises(ValueError, match="not a CIDR block"):
        prefix(text)


@given(st.lists(st.ip_addresses(v=4).map(int), min_size=1, max_size=6))
def test_the_fewest_prefixes_cover_the_set(values: list[int]) -> None:
    spans = [(value, min(value + 1000, (1 << 32) - 1)) for value in values]
    found = PrefixSet(IntervalSet(spans))
    again = PrefixSet.of(found.prefixes())
    assert again == found
    expected = ipaddress.collapse_addresses(
        net
        for low, high in found.v4
        for net in ipaddress.summarize_address_range(ipaddress.IPv4Address(low), ipaddress.IPv4Address(high))
    )
    assert [str(one) for one in found.prefixes()] == [str(net) for net in expected]


def test_membership_knows_the_family() -> None:
    found = PrefixSet.of([prefix("0.0.0.0/0")])
    assert address("10.0.0.1") in found
    assert address("::1") not in found
    assert Address(6, 1) in PrefixSet.of([prefix("::/64")])
