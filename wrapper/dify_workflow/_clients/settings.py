"""What a client is made of, besides its connections; the same for both clients."""

from __future__ import annotations

import inspect
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, Unpack

import attrs
import httpx
from dify_workflow_api.filters import LogFilters
from dify_workflow_api.operations import OPERATIONS

from .._api.input_forms import InputForms
from .._api.versions import Server, Version
from .._runs.handle import refuse_other_half
from .._runs.run import Run, plan
from .._transport.pools import TransportSettings
from ..errors import DifyError, InvalidArgument, invalid
from ..options import (
    CallOptions,
    Options,
    RunArguments,
    RunOptions,
    checked_headers,
    show_options,
    unknown,
)
from ..types.requests import seal_key

_ARGUMENTS = ("base_url", "default_headers", "http_client")
DEFAULT_BASE_URL = "https://api.dify.ai/v1"

# The first parts of the API's own paths: a base URL that holds one is an endpoint's URL.
_ENDPOINT_STARTS = frozenset(path.split("/")[1] for _, path, _ in OPERATIONS.values())


def normalise_base_url(text: str) -> httpx.URL:
    """Return the API root, ending in ``/v1``, for a root with or without it.

    Raises `InvalidArgument` for anything else (a console page, an endpoint), with what to write.
    """
    url = _parsed(text)
    if url.userinfo:
        raise invalid("base_url", "it must not hold a user name or password; use api_key")
    if url.port is not None and not 0 < url.port < 65_536:
        raise invalid("base_url", "the port must be from 1 to 65535")
    parts = [part for part in url.raw_path.decode().partition("?")[0].split("/") if part]
    at = next((i for i, part in enumerate(parts) if part.lower() == "v1"), None)
    if at is not None:
        rest = parts[at + 1 :]
    else:
        at = next((i for i, part in enumerate(parts) if part in _NOT_API), len(parts))
        rest = parts[at:]
    path = "/".join(["", *parts[:at], "v1"])
    good = url.copy_with(raw_path=path.encode(), query=None, fragment=None)
    if url.host in _CLOUD_PAGES:
        good, rest = httpx.URL(DEFAULT_BASE_URL), [url.host]
    if url.query or url.fragment:
        raise invalid("base_url", f"it must not have a query or a fragment; write {good}")
    if rest:
        raise invalid("base_url", f"{url} is not the API's root; write {good}")
    return good


_NOT_API = _ENDPOINT_STARTS | {"console", "api", "app", "apps", "workflow", "datasets", "signin"}
_CLOUD_PAGES = frozenset({"cloud.dify.ai", "dify.ai", "www.dify.ai", "udify.app"})


# Of a link-local address, as RFC 6874 writes it; systems know it without the 25.
_ZONE = re.compile(r"(//\[[0-9a-f:.]+)%25(?=[^]]+\])", re.I)


def _parsed(text: str) -> httpx.URL:
    if not isinstance(text, str):
        raise invalid("base_url", f"text is needed, not a {type(text).__name__}")
    text = text.strip()
    if re.search(r"[\s\\]", text):
        raise invalid("base_url", "it must not hold spaces or backslashes")
    try:
        url = httpx.URL(_ZONE.sub(r"\1%", text))
        host = url.host
        url.raw_host.decode().encode("idna")  # as it is when a connection is made
    except (httpx.InvalidURL, ValueError):  # the latter for a bad host name
        raise invalid("base_url", f"it is not a URL such as {DEFAULT_BASE_URL}") from None
    if url.scheme not in ("http", "https") or not host:
        raise invalid(
            "base_url", f"it must start with http:// or https://, as in {DEFAULT_BASE_URL}"
        )
    return url


@attrs.frozen(kw_only=True)
class ClientSettings:
    """The arguments of a client, checked."""

    options: Options
    base_url: httpx.URL
    transport: TransportSettings = attrs.field(repr=False)

    @classmethod
    def of(
        cls,
        options: Mapping[str, Any],
        base_url: str | None,
        default_headers: Mapping[str, str] | None,
        http_client: Any,
        http_kind: type[Any],
        **others: Any,
    ) -> ClientSettings:
        """Check a client's arguments; what is missing comes from the environment."""
        seal_key(options)
        for name in options:
            if name not in RunOptions.__annotations__:
                raise unknown(name, [*RunOptions.__annotations__, *_ARGUMENTS, *others])
        if not isinstance(http_client, http_kind | None):
            given = type(http_client)
            package = given.__module__.partition(".")[0]
            hint = " (call httpx2.alias_httpx() before anything imports httpx)"
            raise invalid(
                "http_client",
                f"an httpx.{http_kind.__name__} is needed, not "
                f"{package}.{given.__name__}{hint if package == 'httpx2' else ''}",
            )
        checked, url = from_environment(options, base_url, default_headers)
        transport = TransportSettings(**others)
        if http_client is None:  # else nothing of the environment is used
            transport.check(url)
        return cls(options=checked, base_url=url, transport=transport)


_making = threading.Lock()


def _renew_lock() -> None:
    global _making
    _making = threading.Lock()  # another thread may have held it when the process was forked


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


_SHOWN = {kind.__name__: kind for kind in (CallOptions, RunOptions, RunArguments, LogFilters)}


def _show_all_options(cls: type[Any]) -> None:
    """Let the methods that a class has of its own show their options."""
    for name, member in vars(cls).items():
        if inspect.isfunction(member) and (name == "__init__" or not name.startswith("_")):
            for keywords in ("options", "filters"):
                annotation = str(member.__annotations__.get(keywords, ""))
                if kind := _SHOWN.get(annotation.removeprefix("Unpack[").removesuffix("]")):
                    show_options(member, kind)


class ClientBase:
    """A client's settings, and copies of it that share its connections."""

    def __init_subclass__(cls) -> None:
        refuse_other_half(cls)
        _show_all_options(cls)

    def _open(self, settings: ClientSettings, http: Any = None) -> None:
        self._settings = settings
        self._given_http = http  # which the caller gave, and will close
        self._http: Any = None  # ours, made on first use
        self._server = Server()
        self._forms = InputForms()
        self._closed = False
        self._parent: ClientBase | None = None  # whose connections a copy uses

    def _connections(self) -> Any:
        """Return the httpx client to send with; raises `DifyError` when this client is closed."""
        if self._closed:
            raise DifyError("the client is closed")
        if self._parent is not None:
            return self._parent._connections()
        if self._given_http is not None:
            return self._given_http
        http = self._http
        if http is None:
            with _making:  # threads that begin together share one
                http = self._http = self._http or self._new_http()
        return http

    def _new_http(self) -> Any:
        raise NotImplementedError

    @property
    def base_url(self) -> str:
        """The API's root."""
        return str(self._settings.base_url)

    @property
    def server_version(self) -> Version | None:
        """The server's version, learned from the `X-Version` header of any answer."""
        return self._server.version

    def with_options(
        self, *, default_headers: Mapping[str, str] | None = None, **options: Unpack[RunOptions]
    ) -> Self:
        """Return a client with other defaults over the same connections.

        Closing it leaves the connections open.
        """
        if default_headers is not None:
            options["extra_headers"] = checked_headers(default_headers, "default_headers")
        copy = object.__new__(type(self))
        vars(copy).update(self._of_subclass())
        copy._open(attrs.evolve(self._settings, options=self._options(options)))
        copy._server = self._server
        copy._forms = self._forms
        copy._parent = self._parent or self
        return copy

    def _options(self, options: Mapping[str, Any]) -> Options:
        seal_key(options)
        return self._settings.options.merged(options)

    def _plan(
        self,
        request: Any,
        options: Mapping[str, Any],
        clock: Callable[[], float],
        *,
        result_only: bool = False,
    ) -> Run:
        seal_key(options)
        defaults = self._settings.options
        return plan(
            request, defaults, options, self._server, clock, self._forms, result_only=result_only
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def _of_subclass(self) -> dict[str, Any]:
        """The attributes that a class of the caller's has set."""
        return {name: value for name, value in vars(self).items() if name not in _OWN}

    def __getstate__(self) -> tuple[ClientSettings, dict[str, Any]]:
        return self._settings, self._of_subclass()  # live connections stay behind

    def __setstate__(self, state: tuple[ClientSettings, dict[str, Any]]) -> None:
        settings, of_subclass = state
        vars(self).update(of_subclass)
        self._open(settings)


_show_all_options(ClientBase)

# What `_open` sets.
_OWN = {"_settings", "_given_http", "_http", "_server", "_forms", "_closed", "_parent"}


def from_environment(
    arguments: Mapping[str, Any],
    base_url: str | None,
    default_headers: Mapping[str, str] | None = None,
) -> tuple[Options, httpx.URL]:
    """Return a client's options and base URL; what is not given comes from the environment."""
    options = Options()
    if default_headers is not None:
        options = Options(extra_headers=checked_headers(default_headers, "default_headers"))
    for name in ("api_key", "user"):
        variable = f"DIFY_{name.upper()}"
        with _naming(variable):
            if arguments.get(name) is None:
                options = options.merged({name: os.environ.get(variable) or None})
    options = options.merged(arguments)
    if base_url is not None:
        return options, normalise_base_url(base_url)
    with _naming("DIFY_BASE_URL"):
        return options, normalise_base_url(os.environ.get("DIFY_BASE_URL") or DEFAULT_BASE_URL)


@contextmanager
def _naming(variable: str) -> Iterator[None]:
    """Let errors name the variable of the environment that a value comes from."""
    try:
        yield
    except InvalidArgument as error:
        raise InvalidArgument(f"{error} (from {variable})", field=error.field) from None
