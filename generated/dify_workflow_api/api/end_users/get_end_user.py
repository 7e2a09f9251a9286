from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ...types import Response

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.end_user import EndUser
    from ...models.error import Error


def _get_kwargs(
    end_user_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/end-users/{end_user_id}".format(
            end_user_id=quote(str(end_user_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> EndUser | Error | None:
    from ... import errors  # noqa: PLC0415
    from ...models.end_user import EndUser  # noqa: PLC0415
    from ...models.error import Error  # noqa: PLC0415

    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        return None  # the events are in the content
    try:
        if response.status_code == 200:
            response_200 = EndUser.from_dict(response.json())

            return response_200

        if response.status_code == 401:
            response_401 = Error.from_dict(response.json())

            return response_401

        if response.status_code == 403:
            response_403 = Error.from_dict(response.json())

            return response_403

        if response.status_code == 404:
            response_404 = Error.from_dict(response.json())

            return response_404

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
) -> Response[EndUser | Error]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    end_user_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[EndUser | Error]:
    """Get an end user

     Looks up an end user of the app by the id that events, logs and uploads name (`created_by`). Dify
    makes one
    for every new value of `user`. Dify 1.13 and later.

    Args:
        end_user_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EndUser | Error]
    """

    kwargs = _get_kwargs(
        end_user_id=end_user_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    end_user_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> EndUser | Error | None:
    """Get an end user

     Looks up an end user of the app by the id that events, logs and uploads name (`created_by`). Dify
    makes one
    for every new value of `user`. Dify 1.13 and later.

    Args:
        end_user_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EndUser | Error
    """

    return sync_detailed(
        end_user_id=end_user_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    end_user_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[EndUser | Error]:
    """Get an end user

     Looks up an end user of the app by the id that events, logs and uploads name (`created_by`). Dify
    makes one
    for every new value of `user`. Dify 1.13 and later.

    Args:
        end_user_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EndUser | Error]
    """

    kwargs = _get_kwargs(
        end_user_id=end_user_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    end_user_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> EndUser | Error | None:
    """Get an end user

     Looks up an end user of the app by the id that events, logs and uploads name (`created_by`). Dify
    makes one
    for every new value of `user`. Dify 1.13 and later.

    Args:
        end_user_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EndUser | Error
    """

    return (
        await asyncio_detailed(
            end_user_id=end_user_id,
            client=client,
        )
    ).parsed
