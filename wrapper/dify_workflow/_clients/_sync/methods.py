# Written from ../_async/methods.py by `make generate`: change that one.
# Written from openapi/dify-workflow.yaml by `make generate`: do not edit.
"""Methods of the client that send one request and return its response: those with an `x-method`."""

from __future__ import annotations

from typing import Unpack

import dify_workflow_api.models as models

from ...options import CallOptions
from .driver import Core


class PlainMethods(Core):
    """What `DifyWorkflow` can do by one request."""

    def end_user(self, end_user_id: str, **options: Unpack[CallOptions]) -> models.EndUser:
        """Get an end user (GET /end-users/{end_user_id}).

        Looks up an end user of the app by the id that events, logs and uploads name
        (`created_by`). Dify makes one for every new value of `user`. Dify 1.13 and later.

        Args:
            end_user_id: Id of the end user, not the `user` of the requests. A malformed id is
                answered 404 with HTML.

        Raises:
            NotFound: `end_user_not_found`: the app has no such end user.
        """
        response: models.EndUser = self._send("getEndUser", options, {"end_user_id": end_user_id})
        return response

    def app_info(self, **options: Unpack[CallOptions]) -> models.AppInfo:
        """Get the app's name and mode (GET /info).

        Works for apps of every mode, published or not; a cheap way to check a key.
        """
        response: models.AppInfo = self._send("getAppInfo", options, {})
        return response

    def parameters(self, **options: Unpack[CallOptions]) -> models.AppParameters:
        """Get the app's input form and limits (GET /parameters).

        Tells which inputs the published workflow takes and how large files may be.

        Raises:
            AppUnavailable: `app_unavailable`: the workflow was never published.
        """
        response: models.AppParameters = self._send("getAppParameters", options, {})
        return response

    def meta(self, **options: Unpack[CallOptions]) -> models.AppMeta:
        """Get the icons of the app's tools (GET /meta).

        Returns the icons of the tools that the app uses.
        """
        response: models.AppMeta = self._send("getAppMeta", options, {})
        return response

    def site(self, **options: Unpack[CallOptions]) -> models.AppSite:
        """Get the settings of the app's web page (GET /site).

        Returns how the app presents itself as a web app. Dify 1.4 and later.
        """
        response: models.AppSite = self._send("getAppSite", options, {})
        return response
