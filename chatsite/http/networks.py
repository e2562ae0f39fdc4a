"""Groups client addresses by network, for queues and limits per address."""

import ipaddress


def network_of(address: str) -> str:
    """Return the address or, for IPv6, its /64 network, which usually belongs to one customer."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))
