from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.execution_metadata import ExecutionMetadata


T = TypeVar("T", bound="IterationCompletedData")


@_attrs_define
class IterationCompletedData:
    """Result of an iteration.

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
        outputs_truncated (bool | None): Whether `outputs` was shortened. Dify 1.9 and later. Example: False.
        inputs (Any): As in the event that began it. Example: {'iterator_selector': [0, 1, 2]}.
        inputs_truncated (bool | None): Whether `inputs` was shortened. Dify 1.9 and later. Example: False.
        status (str): `succeeded` or `failed`. Example: succeeded.
        error (None | str): Why it failed; mostly null even then, the node inside that failed has the text. Example:
            boom: 1.
        elapsed_time (float): Duration in seconds. Example: 0.739874.
        total_tokens (int): Tokens used inside. Example: 0.
        execution_metadata (ExecutionMetadata): Usage and place of a node, iteration or loop. Which fields there are
            depends on the node.
        finished_at (int): End, unix seconds. Example: 1795335292.
        outputs (Any): `output`: the list of results, with null for an item whose error was ignored. Example: {'output':
            ['item 0 at 0']}.
        steps (int): Number of items. Example: 3.
    """

    id: str
    node_id: str
    node_type: str
    title: str
    created_at: int
    extras: Any
    parallel_id: None | str
    parallel_start_node_id: None | str
    outputs_truncated: bool | None
    inputs: Any
    inputs_truncated: bool | None
    status: str
    error: None | str
    elapsed_time: float
    total_tokens: int
    execution_metadata: ExecutionMetadata
    finished_at: int
    outputs: Any
    steps: int
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

        outputs_truncated: bool | None
        outputs_truncated = self.outputs_truncated

        inputs = self.inputs

        inputs_truncated: bool | None
        inputs_truncated = self.inputs_truncated

        status = self.status

        error: None | str
        error = self.error

        elapsed_time = self.elapsed_time

        total_tokens = self.total_tokens

        execution_metadata = self.execution_metadata.to_dict()

        finished_at = self.finished_at

        outputs = self.outputs

        steps = self.steps

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
                "outputs_truncated": outputs_truncated,
                "inputs": inputs,
                "inputs_truncated": inputs_truncated,
                "status": status,
                "error": error,
                "elapsed_time": elapsed_time,
                "total_tokens": total_tokens,
                "execution_metadata": execution_metadata,
                "finished_at": finished_at,
                "outputs": outputs,
                "steps": steps,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.execution_metadata import ExecutionMetadata  # noqa: PLC0415

        d = {**src_dict}
        id = d.pop("id", None)

        node_id = d.pop("node_id", None)

        node_type = d.pop("node_type", None)

        title = d.pop("title", None)

        created_at = d.pop("created_at", None)

        extras = d.pop("extras", None)

        parallel_id = cast(None | str, d.pop("parallel_id", None))

        parallel_start_node_id = cast(None | str, d.pop("parallel_start_node_id", None))

        outputs_truncated = cast(bool | None, d.pop("outputs_truncated", None))

        inputs = d.pop("inputs", None)

        inputs_truncated = cast(bool | None, d.pop("inputs_truncated", None))

        status = d.pop("status", None)

        error = cast(None | str, d.pop("error", None))

        elapsed_time = d.pop("elapsed_time", None)

        total_tokens = d.pop("total_tokens", None)

        execution_metadata = ExecutionMetadata.from_dict(d.pop("execution_metadata", None))

        finished_at = d.pop("finished_at", None)

        outputs = d.pop("outputs", None)

        steps = d.pop("steps", None)

        iteration_completed_data = cls(
            id=id,
            node_id=node_id,
            node_type=node_type,
            title=title,
            created_at=created_at,
            extras=extras,
            parallel_id=parallel_id,
            parallel_start_node_id=parallel_start_node_id,
            outputs_truncated=outputs_truncated,
            inputs=inputs,
            inputs_truncated=inputs_truncated,
            status=status,
            error=error,
            elapsed_time=elapsed_time,
            total_tokens=total_tokens,
            execution_metadata=execution_metadata,
            finished_at=finished_at,
            outputs=outputs,
            steps=steps,
        )

        iteration_completed_data.additional_properties = d
        return iteration_completed_data

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
