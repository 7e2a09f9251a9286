from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ParallelBranchStartedData")


@_attrs_define
class ParallelBranchStartedData:
    """The branch that begins.

    Attributes:
        parallel_id (str): Id of the parallel part of the workflow. Example: 78b16149-c5d2-4b11-8eab-2d5de171f30a.
        parallel_branch_id (str): Id of the first node of the branch. Example: p0.
        parent_parallel_id (None | str): Id of the parallel part around it. Example:
            abea55af-a305-4aa4-8691-f4f290270658.
        parent_parallel_start_node_id (None | str): Id of the first node of the branch around it. Example: p2.
        iteration_id (None | str): Id of the iteration node around it. Example: iter.
        loop_id (None | str): Id of the loop node around it. Dify 1.0.1 and later. Example: loop.
        created_at (int): Time of the event, unix seconds. Example: 1795338524.
    """

    parallel_id: str
    parallel_branch_id: str
    parent_parallel_id: None | str
    parent_parallel_start_node_id: None | str
    iteration_id: None | str
    loop_id: None | str
    created_at: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        parallel_id = self.parallel_id

        parallel_branch_id = self.parallel_branch_id

        parent_parallel_id: None | str
        parent_parallel_id = self.parent_parallel_id

        parent_parallel_start_node_id: None | str
        parent_parallel_start_node_id = self.parent_parallel_start_node_id

        iteration_id: None | str
        iteration_id = self.iteration_id

        loop_id: None | str
        loop_id = self.loop_id

        created_at = self.created_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "parallel_id": parallel_id,
                "parallel_branch_id": parallel_branch_id,
                "parent_parallel_id": parent_parallel_id,
                "parent_parallel_start_node_id": parent_parallel_start_node_id,
                "iteration_id": iteration_id,
                "loop_id": loop_id,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        parallel_id = d.pop("parallel_id", None)

        parallel_branch_id = d.pop("parallel_branch_id", None)

        parent_parallel_id = cast(None | str, d.pop("parent_parallel_id", None))

        parent_parallel_start_node_id = cast(
            None | str, d.pop("parent_parallel_start_node_id", None)
        )

        iteration_id = cast(None | str, d.pop("iteration_id", None))

        loop_id = cast(None | str, d.pop("loop_id", None))

        created_at = d.pop("created_at", None)

        parallel_branch_started_data = cls(
            parallel_id=parallel_id,
            parallel_branch_id=parallel_branch_id,
            parent_parallel_id=parent_parallel_id,
            parent_parallel_start_node_id=parent_parallel_start_node_id,
            iteration_id=iteration_id,
            loop_id=loop_id,
            created_at=created_at,
        )

        parallel_branch_started_data.additional_properties = d
        return parallel_branch_started_data

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
