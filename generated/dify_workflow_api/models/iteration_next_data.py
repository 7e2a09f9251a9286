from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="IterationNextData")


@_attrs_define
class IterationNextData:
    """The item that begins.

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
        index (int): Number of the item, from 0. Example: 0.
        pre_iteration_output (Any): Output of the item before, any JSON value. Dify 0.6.12 to 1.8. Example: item 0 at 0.
        parallel_mode_run_id (None | str): Id of one run of a parallel iteration. Dify 0.11 to 1.8. Example:
            9d1a6a52-3f5c-4f3e-8f0e-5f1b5b8f8d11.
        duration (float | None): Duration of the item before in seconds. Dify 0.12 to 1.8. Example: 0.39922.
    """

    id: str
    node_id: str
    node_type: str
    title: str
    created_at: int
    extras: Any
    parallel_id: None | str
    parallel_start_node_id: None | str
    index: int
    pre_iteration_output: Any
    parallel_mode_run_id: None | str
    duration: float | None
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

        index = self.index

        pre_iteration_output = self.pre_iteration_output

        parallel_mode_run_id: None | str
        parallel_mode_run_id = self.parallel_mode_run_id

        duration: float | None
        duration = self.duration

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
                "index": index,
                "pre_iteration_output": pre_iteration_output,
                "parallel_mode_run_id": parallel_mode_run_id,
                "duration": duration,
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

        index = d.pop("index", None)

        pre_iteration_output = d.pop("pre_iteration_output", None)

        parallel_mode_run_id = cast(None | str, d.pop("parallel_mode_run_id", None))

        duration = cast(float | None, d.pop("duration", None))

        iteration_next_data = cls(
            id=id,
            node_id=node_id,
            node_type=node_type,
            title=title,
            created_at=created_at,
            extras=extras,
            parallel_id=parallel_id,
            parallel_start_node_id=parallel_start_node_id,
            index=index,
            pre_iteration_output=pre_iteration_output,
            parallel_mode_run_id=parallel_mode_run_id,
            duration=duration,
        )

        iteration_next_data.additional_properties = d
        return iteration_next_data

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
