"""What a client is made of, besides its connections; the same for both clients."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import attrs
import httpx

from .._api.base_url import DEFAULT_BASE_URL, normalise_base_url
from .._api.input_forms import InputForms
from .._api.versions import Server, Version
from .._runs.run import Run, plan
from .._transport.pools import Connections, TransportSettings
from ..errors import DifyError, InvalidArgument
from ..options import Options
from ..types.requests import seal_key


@attrs.frozen(kw_only=True)
class ClientSettings:
    """The arguments of a client, checked."""

    options: Options
    base_url: httpx.URL
    verify: ssl.SSLContext | bool = True
    proxy: str | None = attrs.field(default=None, repr=False)
    limits: httpx.Limits | None = None
    connections: Connections = "own"

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
        if not isinstance(http_client, http_kind | None):
            given = type(http_client)
            raise InvalidArgument(
                f"http_client: an httpx.{http_kind.__name__} is needed, not "
                f"{given.__module__.partition('.')[0]}.{given.__name__}",
                field="http_client",
            )
        checked, url = from_environment(options, base_url, default_headers)
        transport = TransportSettings(**others)
        if http_client is None:  # else nothing of the environment is used
            transport.check(url)
        return cls(options=checked, base_url=url, **others)


_making = threading.Lock()


def _renew_lock() -> None:
    global _making
    _making = threading.Lock()  # another thread may have held it when the process was forked


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


class ClientBase:
    """A client's settings, and copies of it that share its connections."""

    def _open(self, settings: ClientSettings, http: Any = None) -> None:
        self._settings = settings
        self._given_http = http  # which the caller gave, and will close
        self._http: Any = None  # ours, made on first use
        self._server = Server()
        self._forms = InputForms()
        self._closed = False
        self._parent: ClientBase | None = None  # whose connections a copy uses

    def _connections(self) -> Any:
        """The httpx client to send with; raises `DifyError` when this client is closed."""
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

    def with_options(self, **options: Any) -> Self:
        """Return a client with other defaults over the same connections.

        Takes the options of a run, and `default_headers`. Closing it leaves the connections open.
        """
        if "default_headers" in options:
            options["extra_headers"] = options.pop("default_headers")
        copy = object.__new__(type(self))
        copy._open(attrs.evolve(self._settings, options=self._options(options)))
        copy._server = self._server
        copy._forms = self._forms
        copy._parent = self._parent or self
        return copy

    def _options(self, given: Mapping[str, Any]) -> Options:
        seal_key(given)
        return self._settings.options.merged(given)

    def _plan(
        self, request: Any, given: Mapping[str, Any], clock: Callable[[], float], **how: Any
    ) -> Run:
        seal_key(given)
        options = self._settings.options
        return plan(request, options, given, self._server, clock, self._forms, **how)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __getstate__(self) -> ClientSettings:
        return self._settings  # live connections stay behind

    def __setstate__(self, settings: ClientSettings) -> None:
        self._open(settings)


def from_environment(
    given: Mapping[str, Any],
    base_url: str | None,
    default_headers: Mapping[str, str] | None = None,
) -> tuple[Options, httpx.URL]:
    """Return a client's options and base URL; what is not given comes from the environment."""
    options = Options().merged({"extra_headers": default_headers})
    for name in ("api_key", "user"):
        variable = f"DIFY_{name.upper()}"
        with _naming(variable):
            if given.get(name) is None:
                options = options.merged({name: os.environ.get(variable) or None})
    options = options.merged(given)
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
