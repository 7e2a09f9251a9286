from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="IterationStartedData")


@_attrs_define
class IterationStartedData:
    """The iteration that begins.

    Attributes:
        id (str): Id of the node; equal to `node_id` (no UUID, Dify 1.9 and later). Example: iter.
        node_id (str): Id of the node in the workflow. Example: iter.
        node_type (str): `iteration` or `loop`. Example: iteration.
        title (str): Title of the node. Example: Iteration.
        created_at (int): Time of the event, unix seconds. Example: 1795335287.
        extras (Any): Reserved; empty. Example: {}.
        parallel_id (None | str): Id of the parallel part of the workflow the node stands in. Until Dify 1.9.1. Example:
            78b16149-c5d2-4b11-8eab-2d5de171f30a.
        parallel_start_node_id (None | str): Id of the first node of the node's branch. Until Dify 1.9.1. Example: p1.
        metadata (Any): `iteration_length`: number of items. Example: {'iteration_length': 3}.
        inputs (Any): `iterator_selector`: the items. Example: {'iterator_selector': [0, 1, 2]}.
        inputs_truncated (bool | None): Whether `inputs` was shortened. Dify 1.9 and later. Example: False.
    """

    id: str
    node_id: str
    node_type: str
    title: str
    created_at: int
    extras: Any
    parallel_id: None | str
    parallel_start_node_id: None | str
    metadata: Any
    inputs: Any
    inputs_truncated: bool | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        node_id = self.node_id

        node_type = self.node_type

        title = self.title

        created_at = self.created_at

        extras = self.extras

        parallel_id: None | str
        parallel_id = self.parallel_id

        parallel_start_node_id: None | str
        parallel_start_node_id = self.parallel_start_node_id

        metadata = self.metadata

        inputs = self.inputs

        inputs_truncated: bool | None
        inputs_truncated = self.inputs_truncated

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "node_id": node_id,
                "node_type": node_type,
                "title": title,
                "created_at": created_at,
                "extras": extras,
                "parallel_id": parallel_id,
                "parallel_start_node_id": parallel_start_node_id,
                "metadata": metadata,
                "inputs": inputs,
                "inputs_truncated": inputs_truncated,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        id = d.pop("id", None)

        node_id = d.pop("node_id", None)

        node_type = d.pop("node_type", None)

        title = d.pop("title", None)

        created_at = d.pop("created_at", None)

        extras = d.pop("extras", None)

        parallel_id = cast(None | str, d.pop("parallel_id", None))

        parallel_start_node_id = cast(None | str, d.pop("parallel_start_node_id", None))

        metadata = d.pop("metadata", None)

        inputs = d.pop("inputs", None)

        inputs_truncated = cast(bool | None, d.pop("inputs_truncated", None))

        iteration_started_data = cls(
            id=id,
            node_id=node_id,
            node_type=node_type,
            title=title,
            created_at=created_at,
            extras=extras,
            parallel_id=parallel_id,
            parallel_start_node_id=parallel_start_node_id,
            metadata=metadata,
            inputs=inputs,
            inputs_truncated=inputs_truncated,
        )

        iteration_started_data.additional_properties = d
        return iteration_started_data

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
