"""Whether a host is this very machine: where secrets may travel unencrypted and clocks may be rehearsed."""

from ipaddress import ip_address


def is_this_machine(host: str) -> bool:
    """True for localhost and loopback addresses; names are not looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
