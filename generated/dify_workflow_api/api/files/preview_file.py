from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    file_id: str,
    *,
    as_attachment: bool | Unset = False,
    user: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["as_attachment"] = as_attachment

    params["user"] = user

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/files/{file_id}/preview".format(
            file_id=quote(str(file_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | File | None:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

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

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | File]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    file_id: str,
    *,
    client: AuthenticatedClient | Client,
    as_attachment: bool | Unset = False,
    user: str | Unset = UNSET,
) -> Response[Error | File]:
    """Download an uploaded file

     Returns the bytes of a file that a message of the app refers to. Workflow apps have no messages, so
    for them
    the answer is **always 404** `file_not_found`: use the `url` of a file in the outputs instead.
    Dify 1.7.2 and later.

    Args:
        file_id (str):
        as_attachment (bool | Unset):  Default: False.
        user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | File]
    """

    kwargs = _get_kwargs(
        file_id=file_id,
        as_attachment=as_attachment,
        user=user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    file_id: str,
    *,
    client: AuthenticatedClient | Client,
    as_attachment: bool | Unset = False,
    user: str | Unset = UNSET,
) -> Error | File | None:
    """Download an uploaded file

     Returns the bytes of a file that a message of the app refers to. Workflow apps have no messages, so
    for them
    the answer is **always 404** `file_not_found`: use the `url` of a file in the outputs instead.
    Dify 1.7.2 and later.

    Args:
        file_id (str):
        as_attachment (bool | Unset):  Default: False.
        user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | File
    """

    return sync_detailed(
        file_id=file_id,
        client=client,
        as_attachment=as_attachment,
        user=user,
    ).parsed


async def asyncio_detailed(
    file_id: str,
    *,
    client: AuthenticatedClient | Client,
    as_attachment: bool | Unset = False,
    user: str | Unset = UNSET,
) -> Response[Error | File]:
    """Download an uploaded file

     Returns the bytes of a file that a message of the app refers to. Workflow apps have no messages, so
    for them
    the answer is **always 404** `file_not_found`: use the `url` of a file in the outputs instead.
    Dify 1.7.2 and later.

    Args:
        file_id (str):
        as_attachment (bool | Unset):  Default: False.
        user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | File]
    """

    kwargs = _get_kwargs(
        file_id=file_id,
        as_attachment=as_attachment,
        user=user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    file_id: str,
    *,
    client: AuthenticatedClient | Client,
    as_attachment: bool | Unset = False,
    user: str | Unset = UNSET,
) -> Error | File | None:
    """Download an uploaded file

     Returns the bytes of a file that a message of the app refers to. Workflow apps have no messages, so
    for them
    the answer is **always 404** `file_not_found`: use the `url` of a file in the outputs instead.
    Dify 1.7.2 and later.

    Args:
        file_id (str):
        as_attachment (bool | Unset):  Default: False.
        user (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | File
    """

    return (
        await asyncio_detailed(
            file_id=file_id,
            client=client,
            as_attachment=as_attachment,
            user=user,
        )
    ).parsed
