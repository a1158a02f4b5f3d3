"""Which hosts are this machine and nobody else."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a server on `host`, an address or a name, is reached by this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
