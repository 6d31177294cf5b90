"""Where a webhook's name leads, looked at before anybody connects: public addresses only, unless it is allowed."""

import asyncio
import ipaddress
import socket


class NotPublic(Exception):
    """The name leads to an address inside somebody's own network."""


class NotFound(Exception):
    """The name leads nowhere, for now."""


async def addresses_of(host: str, port: int, *, private: bool) -> list[str]:
    """Every address of `host`. One that is not public spoils them all: an honest name has none such."""
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotFound from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not private and not all(is_public(address) for address in addresses):
        raise NotPublic
    return addresses


def is_public(address: str) -> bool:
    """Whether anybody on the Internet could mean this address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _behind_nat64(ip)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _behind_nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else None
