from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import httpx

from ...models.list_workflow_logs_status import (
    ListWorkflowLogsStatus,
)
from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error import Error
    from ...models.workflow_log_page import WorkflowLogPage


def _get_kwargs(
    *,
    keyword: str | Unset = UNSET,
    status: ListWorkflowLogsStatus | Unset = UNSET,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    created_at_before: datetime.datetime | Unset = UNSET,
    created_at_after: datetime.datetime | Unset = UNSET,
    created_by_end_user_session_id: str | Unset = UNSET,
    created_by_account: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["keyword"] = keyword

    json_status: str | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = status

    params["status"] = json_status

    params["page"] = page

    params["limit"] = limit

    json_created_at_before: str | Unset = UNSET
    if not isinstance(created_at_before, Unset):
        json_created_at_before = created_at_before.isoformat()
    params["created_at__before"] = json_created_at_before

    json_created_at_after: str | Unset = UNSET
    if not isinstance(created_at_after, Unset):
        json_created_at_after = created_at_after.isoformat()
    params["created_at__after"] = json_created_at_after

    params["created_by_end_user_session_id"] = created_by_end_user_session_id

    params["created_by_account"] = created_by_account

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/workflows/logs",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | WorkflowLogPage | None:
    from ... import errors  # noqa: PLC0415
    from ...models.error import Error  # noqa: PLC0415
    from ...models.workflow_log_page import WorkflowLogPage  # noqa: PLC0415

    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        return None  # the events are in the content
    try:
        if response.status_code == 200:
            response_200 = WorkflowLogPage.from_dict(response.json())

            return response_200

        if response.status_code == 400:
            response_400 = Error.from_dict(response.json())

            return response_400

        if response.status_code == 401:
            response_401 = Error.from_dict(response.json())

            return response_401

        if response.status_code == 403:
            response_403 = Error.from_dict(response.json())

            return response_403

        if response.status_code == 500:
            response_500 = Error.from_dict(response.json())

            return response_500

    except (AttributeError, KeyError, TypeError, ValueError):
        pass  # not what the document says: a proxy's page, say
    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | WorkflowLogPage]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    keyword: str | Unset = UNSET,
    status: ListWorkflowLogsStatus | Unset = UNSET,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    created_at_before: datetime.datetime | Unset = UNSET,
    created_at_after: datetime.datetime | Unset = UNSET,
    created_by_end_user_session_id: str | Unset = UNSET,
    created_by_account: str | Unset = UNSET,
) -> Response[Error | WorkflowLogPage]:
    """List the app's runs

     Lists the app's runs, newest first. Entries are ordered by second only, so entries of one second can
    change
    places between two requests and pages can overlap. Running and paused runs are listed from their
    start.
    Parameters the server does not know are ignored.

    Args:
        keyword (str | Unset):
        status (ListWorkflowLogsStatus | Unset):
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        created_at_before (datetime.datetime | Unset):
        created_at_after (datetime.datetime | Unset):
        created_by_end_user_session_id (str | Unset):
        created_by_account (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | WorkflowLogPage]
    """

    kwargs = _get_kwargs(
        keyword=keyword,
        status=status,
        page=page,
        limit=limit,
        created_at_before=created_at_before,
        created_at_after=created_at_after,
        created_by_end_user_session_id=created_by_end_user_session_id,
        created_by_account=created_by_account,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    keyword: str | Unset = UNSET,
    status: ListWorkflowLogsStatus | Unset = UNSET,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    created_at_before: datetime.datetime | Unset = UNSET,
    created_at_after: datetime.datetime | Unset = UNSET,
    created_by_end_user_session_id: str | Unset = UNSET,
    created_by_account: str | Unset = UNSET,
) -> Error | WorkflowLogPage | None:
    """List the app's runs

     Lists the app's runs, newest first. Entries are ordered by second only, so entries of one second can
    change
    places between two requests and pages can overlap. Running and paused runs are listed from their
    start.
    Parameters the server does not know are ignored.

    Args:
        keyword (str | Unset):
        status (ListWorkflowLogsStatus | Unset):
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        created_at_before (datetime.datetime | Unset):
        created_at_after (datetime.datetime | Unset):
        created_by_end_user_session_id (str | Unset):
        created_by_account (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | WorkflowLogPage
    """

    return sync_detailed(
        client=client,
        keyword=keyword,
        status=status,
        page=page,
        limit=limit,
        created_at_before=created_at_before,
        created_at_after=created_at_after,
        created_by_end_user_session_id=created_by_end_user_session_id,
        created_by_account=created_by_account,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    keyword: str | Unset = UNSET,
    status: ListWorkflowLogsStatus | Unset = UNSET,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    created_at_before: datetime.datetime | Unset = UNSET,
    created_at_after: datetime.datetime | Unset = UNSET,
    created_by_end_user_session_id: str | Unset = UNSET,
    created_by_account: str | Unset = UNSET,
) -> Response[Error | WorkflowLogPage]:
    """List the app's runs

     Lists the app's runs, newest first. Entries are ordered by second only, so entries of one second can
    change
    places between two requests and pages can overlap. Running and paused runs are listed from their
    start.
    Parameters the server does not know are ignored.

    Args:
        keyword (str | Unset):
        status (ListWorkflowLogsStatus | Unset):
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        created_at_before (datetime.datetime | Unset):
        created_at_after (datetime.datetime | Unset):
        created_by_end_user_session_id (str | Unset):
        created_by_account (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | WorkflowLogPage]
    """

    kwargs = _get_kwargs(
        keyword=keyword,
        status=status,
        page=page,
        limit=limit,
        created_at_before=created_at_before,
        created_at_after=created_at_after,
        created_by_end_user_session_id=created_by_end_user_session_id,
        created_by_account=created_by_account,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    keyword: str | Unset = UNSET,
    status: ListWorkflowLogsStatus | Unset = UNSET,
    page: int | Unset = 1,
    limit: int | Unset = 20,
    created_at_before: datetime.datetime | Unset = UNSET,
    created_at_after: datetime.datetime | Unset = UNSET,
    created_by_end_user_session_id: str | Unset = UNSET,
    created_by_account: str | Unset = UNSET,
) -> Error | WorkflowLogPage | None:
    """List the app's runs

     Lists the app's runs, newest first. Entries are ordered by second only, so entries of one second can
    change
    places between two requests and pages can overlap. Running and paused runs are listed from their
    start.
    Parameters the server does not know are ignored.

    Args:
        keyword (str | Unset):
        status (ListWorkflowLogsStatus | Unset):
        page (int | Unset):  Default: 1.
        limit (int | Unset):  Default: 20.
        created_at_before (datetime.datetime | Unset):
        created_at_after (datetime.datetime | Unset):
        created_by_end_user_session_id (str | Unset):
        created_by_account (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | WorkflowLogPage
    """

    return (
        await asyncio_detailed(
            client=client,
            keyword=keyword,
            status=status,
            page=page,
            limit=limit,
            created_at_before=created_at_before,
            created_at_after=created_at_after,
            created_by_end_user_session_id=created_by_end_user_session_id,
            created_by_account=created_by_account,
        )
    ).parsed
