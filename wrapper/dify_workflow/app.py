"""The app's own data and its end users; sync and async."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Unpack

from . import calls
from .options import CallOptions
from .reading import read, reader
from .retrying import ask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dify_workflow_api.models import AppInfo, AppMeta, AppParameters, AppSite, EndUser

    from .async_drivers import AsyncDriver
    from .commands import Flow
    from .drivers import Driver
    from .options import Options


def _fetch(operation: str, model: str, options: Options) -> Flow[Any]:
    answer = yield from ask(calls.call(operation, options))
    return answer.read(reader(model))


def _fetch_user(options: Options, end_user_id: str) -> Flow[EndUser]:
    path = calls.identifier("end_user_id", end_user_id)
    answer = yield from ask(calls.call("getEndUser", options, path))
    user: EndUser = answer.read(lambda raw: read("EndUser", _with_zones(raw)))
    return user


def _with_zones(raw: Any) -> Any:
    """The server leaves the zone of these times out: it is UTC."""
    if not isinstance(raw, dict):
        return raw
    times = {name: datetime.fromisoformat(raw[name]) for name in ("created_at", "updated_at")}
    return raw | {
        name: time.isoformat() if time.tzinfo else time.replace(tzinfo=UTC).isoformat()
        for name, time in times.items()
    }


class AppMethods:
    """What `DifyWorkflow` tells of the app."""

    if TYPE_CHECKING:

        def _driver(self) -> Driver: ...
        def _options(self, given: Mapping[str, Any]) -> Options: ...

    def app_info(self, **options: Unpack[CallOptions]) -> AppInfo:
        """Fetch the app's name, description, tags, mode and author (GET /info)."""
        info: AppInfo = self._driver().run(_fetch("getAppInfo", "AppInfo", self._options(options)))
        return info

    def parameters(self, **options: Unpack[CallOptions]) -> AppParameters:
        """Fetch the app's input form and file limits (GET /parameters).

        Raises `AppUnavailable` when the workflow is not published.
        """
        parameters: AppParameters = self._driver().run(
            _fetch("getAppParameters", "AppParameters", self._options(options))
        )
        return parameters

    def meta(self, **options: Unpack[CallOptions]) -> AppMeta:
        """Fetch the icons of the app's tools (GET /meta)."""
        meta: AppMeta = self._driver().run(_fetch("getAppMeta", "AppMeta", self._options(options)))
        return meta

    def site(self, **options: Unpack[CallOptions]) -> AppSite:
        """Fetch the settings of the app's web page (GET /site); Dify 1.4 and later."""
        site: AppSite = self._driver().run(_fetch("getAppSite", "AppSite", self._options(options)))
        return site

    def end_user(self, end_user_id: str, **options: Unpack[CallOptions]) -> EndUser:
        """Fetch an end user by the id in a log entry (GET /end-users/{end_user_id}).

        Its times are ISO 8601 text in UTC. Dify 1.13 and later. Raises `NotFound`.
        """
        return self._driver().run(_fetch_user(self._options(options), end_user_id))


class AsyncAppMethods:
    """What `AsyncDifyWorkflow` tells of the app."""

    if TYPE_CHECKING:

        def _driver(self) -> AsyncDriver: ...
        def _options(self, given: Mapping[str, Any]) -> Options: ...

    async def app_info(self, **options: Unpack[CallOptions]) -> AppInfo:
        """Fetch the app's name, description, tags, mode and author (GET /info)."""
        info: AppInfo = await self._driver().run(
            _fetch("getAppInfo", "AppInfo", self._options(options))
        )
        return info

    async def parameters(self, **options: Unpack[CallOptions]) -> AppParameters:
        """Fetch the app's input form and file limits (GET /parameters).

        Raises `AppUnavailable` when the workflow is not published.
        """
        parameters: AppParameters = await self._driver().run(
            _fetch("getAppParameters", "AppParameters", self._options(options))
        )
        return parameters

    async def meta(self, **options: Unpack[CallOptions]) -> AppMeta:
        """Fetch the icons of the app's tools (GET /meta)."""
        meta: AppMeta = await self._driver().run(
            _fetch("getAppMeta", "AppMeta", self._options(options))
        )
        return meta

    async def site(self, **options: Unpack[CallOptions]) -> AppSite:
        """Fetch the settings of the app's web page (GET /site); Dify 1.4 and later."""
        site: AppSite = await self._driver().run(
            _fetch("getAppSite", "AppSite", self._options(options))
        )
        return site

    async def end_user(self, end_user_id: str, **options: Unpack[CallOptions]) -> EndUser:
        """Fetch an end user by the id in a log entry (GET /end-users/{end_user_id}).

        Its times are ISO 8601 text in UTC. Dify 1.13 and later. Raises `NotFound`.
        """
        return await self._driver().run(_fetch_user(self._options(options), end_user_id))
