"""Which IP addresses are on the public internet."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Not public by what answers there, or only in the tables of newer versions of Python.
_DENIED: tuple[Network, ...] = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # the platform of Azure, from its virtual machines
    ipaddress.IPv4Network("192.0.0.0/24"),  # protocol assignments, also metadata of Oracle's cloud
    ipaddress.IPv6Network("64:ff9b:1::/48"),  # NAT64 within a network
    ipaddress.IPv6Network("3fff::/20"),  # documentation
    ipaddress.IPv6Network("5f00::/16"),  # segment routing
    ipaddress.IPv6Network("fec0::/10"),  # site-local
)


def parse(text: str) -> Address:
    """Parse an address, with or without a zone. Raises ValueError."""
    return ipaddress.ip_address(text.partition("%")[0])


def is_public(text: str) -> bool:
    """Return whether an IP address is on the public internet, also if it contains an IPv4 address."""
    address = parse(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour is not None or address.teredo is not None:
            return False
        if address in _NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        elif address.ipv4_mapped is not None:
            address = address.ipv4_mapped
    if any(address in network for network in _DENIED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
