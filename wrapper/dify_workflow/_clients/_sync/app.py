# Written from ../_async/app.py by `make generate`: change that one.
"""The app's own data and its end users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

import dify_workflow_api.models as models

from ..._api.app import fetch, fetch_user
from ...options import CallOptions, Options
from .driver import Driver


class AppMethods:
    """What `DifyWorkflow` tells of the app."""

    if TYPE_CHECKING:

        def _driver(self) -> Driver: ...
        def _options(self, given: Mapping[str, Any]) -> Options: ...

    def app_info(self, **options: Unpack[CallOptions]) -> models.AppInfo:
        """Fetch the app's name, description, tags, mode and author (GET /info)."""
        info: models.AppInfo = self._driver().run(
            fetch("getAppInfo", "AppInfo", self._options(options))
        )
        return info

    def parameters(self, **options: Unpack[CallOptions]) -> models.AppParameters:
        """Fetch the app's input form and file limits (GET /parameters).

        Raises `AppUnavailable` when the workflow is not published.
        """
        parameters: models.AppParameters = self._driver().run(
            fetch("getAppParameters", "AppParameters", self._options(options))
        )
        return parameters

    def meta(self, **options: Unpack[CallOptions]) -> models.AppMeta:
        """Fetch the icons of the app's tools (GET /meta)."""
        meta: models.AppMeta = self._driver().run(
            fetch("getAppMeta", "AppMeta", self._options(options))
        )
        return meta

    def site(self, **options: Unpack[CallOptions]) -> models.AppSite:
        """Fetch the settings of the app's web page (GET /site); Dify 1.4 and later."""
        site: models.AppSite = self._driver().run(
            fetch("getAppSite", "AppSite", self._options(options))
        )
        return site

    def end_user(self, end_user_id: str, **options: Unpack[CallOptions]) -> models.EndUser:
        """Fetch an end user by the id in a log entry (GET /end-users/{end_user_id}).

        Its times are ISO 8601 text in UTC. Dify 1.13 and later. Raises `NotFound`.
        """
        return self._driver().run(fetch_user(self._options(options), end_user_id))
