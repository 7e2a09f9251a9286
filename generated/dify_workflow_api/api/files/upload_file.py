from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from ...models.file_upload_body import FileUploadBody
from ...types import Response

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error import Error
    from ...models.uploaded_file import UploadedFile


def _get_kwargs(
    *,
    body: FileUploadBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/files/upload",
    }

    _kwargs["files"] = body.to_multipart()

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | UploadedFile | None:
    from ... import errors  # noqa: PLC0415
    from ...models.error import Error  # noqa: PLC0415
    from ...models.uploaded_file import UploadedFile  # noqa: PLC0415

    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        return None  # the events are in the content
    try:
        if response.status_code == 201:
            response_201 = UploadedFile.from_dict(response.json())

            return response_201

        if response.status_code == 400:
            response_400 = Error.from_dict(response.json())

            return response_400

        if response.status_code == 401:
            response_401 = Error.from_dict(response.json())

            return response_401

        if response.status_code == 403:
            response_403 = Error.from_dict(response.json())

            return response_403

        if response.status_code == 413:
            response_413 = Error.from_dict(response.json())

            return response_413

        if response.status_code == 415:
            response_415 = Error.from_dict(response.json())

            return response_415

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
) -> Response[Error | UploadedFile]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: FileUploadBody,
) -> Response[Error | UploadedFile]:
    """Upload a file

     Stores one file, whose id can then be used in the inputs of a run of the same user. The limits in
    megabytes
    are in GET /parameters (`system_parameters`).

    Args:
        body (FileUploadBody): One file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | UploadedFile]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: FileUploadBody,
) -> Error | UploadedFile | None:
    """Upload a file

     Stores one file, whose id can then be used in the inputs of a run of the same user. The limits in
    megabytes
    are in GET /parameters (`system_parameters`).

    Args:
        body (FileUploadBody): One file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | UploadedFile
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: FileUploadBody,
) -> Response[Error | UploadedFile]:
    """Upload a file

     Stores one file, whose id can then be used in the inputs of a run of the same user. The limits in
    megabytes
    are in GET /parameters (`system_parameters`).

    Args:
        body (FileUploadBody): One file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | UploadedFile]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: FileUploadBody,
) -> Error | UploadedFile | None:
    """Upload a file

     Stores one file, whose id can then be used in the inputs of a run of the same user. The limits in
    megabytes
    are in GET /parameters (`system_parameters`).

    Args:
        body (FileUploadBody): One file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | UploadedFile
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
