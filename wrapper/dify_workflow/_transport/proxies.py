"""The address of a proxy: what is accepted, and what to write instead of what is not."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
from typing import Any

import httpx

from ..errors import InvalidArgument


def proxy_at(address: Any, field: str) -> httpx.Proxy:
    """Return the proxy at an address; raises `InvalidArgument`, which names the `field`.

    The address itself is not shown, since it may hold a password.
    """
    if not isinstance(address, str):
        raise _refused(field, f"an address such as {_LIKE} is needed")
    try:
        proxy = httpx.Proxy(address.strip())
        host, port = proxy.url.host, proxy.url.port
    except (httpx.InvalidURL, ValueError):
        raise _refused(field, _unusable(address)) from None
    if not host or "%" in host or (port is not None and not 0 < port < 65_536):
        raise _refused(field, f"it needs a host and a port, as in {_LIKE}")
    if proxy.url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise _refused(field, "a SOCKS proxy needs an extra: pip install 'dify-workflow[socks]'")
    return proxy


def is_excluded(url: httpx.URL, no_proxy: str) -> bool:
    """Whether NO_PROXY, as httpx and requests read it, excludes a URL from the proxy.

    Its entries are `*`, hosts (with their subdomains), IP addresses and networks; a host or an
    address may have a port, and a scheme in front.
    """
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    host = url.host.rstrip(".").lower()
    return any(
        _excludes(entry, url.scheme, host, port) for entry in re.split(r"[\s,]+", no_proxy.lower())
    )


def _excludes(entry: str, scheme: str, host: str, port: int | None) -> bool:
    of_scheme, slashes, rest = entry.partition("://")
    if slashes and of_scheme not in ("all", scheme):
        return False
    entry = rest if slashes else entry
    if entry == "*":
        return True
    match = _HOST_AND_PORT(entry)
    name, of_port = match.groups() if match else (entry, None)
    if of_port and int(of_port) != port:
        return False
    try:
        network = ipaddress.ip_network(name.strip("[]"), strict=False)
    except ValueError:
        name = name.lstrip("*").strip(".")
        return bool(name) and (host == name or host.endswith("." + name))
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


_HOST_AND_PORT = re.compile(r"(\[.*\]|[^:]*):([0-9]{1,5})").fullmatch


def variable_of(scheme: str) -> str:
    """Return the name of the variable that gives the proxy for a scheme."""
    names = [
        name for part in (scheme, "all") for name in (f"{part}_proxy", f"{part}_PROXY".upper())
    ]
    return next(filter(os.environ.get, names), "the system's proxy")


_LIKE = "http://127.0.0.1:3128"


def _unusable(address: str) -> str:
    scheme, slashes, _ = address.strip().partition("://")
    if scheme.lower() in ("socks", "socks4", "socks4a"):
        return f"{scheme}:// says not which SOCKS, or an old one; write socks5:// if it is that"
    if not slashes:
        return f"it must start with http://, https:// or socks5://, as in {_LIKE}"
    return f"it is no address; write one such as {_LIKE} (or https://, socks5://)"


def _refused(field: str, why: str) -> InvalidArgument:
    return InvalidArgument(f"{field}: {why}", field=field)
