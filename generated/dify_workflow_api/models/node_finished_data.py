from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.execution_metadata import ExecutionMetadata
    from ..models.output_file import OutputFile


T = TypeVar("T", bound="NodeFinishedData")


@_attrs_define
class NodeFinishedData:
    """Result of a node.

    Attributes:
        id (str): Id of this execution of the node, equal in its events (not so in retries up to Dify 1.8). A node that
            waited for a form begins again with the same id. Example: 996eb359-5bfa-4a00-bc1a-ad9ffa3b4c52.
        node_id (str): Id of the node in the workflow. Example: llm.
        node_type (str): Type of the node, such as `start`, `llm`, `code`, `http-request`, `human-input`, `end`.
            Example: llm.
        title (str): Title of the node. Example: LLM.
        index (int): Position in the run, from 1, in snapshots and up to Dify 1.8. In live events of newer servers it is
            always 1, although Dify's published document calls it the sequence index. Example: 1.
        predecessor_node_id (None | str): Id of the node before. Dify 1.9 and later always send null. Example: start.
        inputs (Any): Values the node took; null in `node_started` and in snapshots. Example: {'query': 'hi'}.
        inputs_truncated (bool | None): Whether `inputs` was shortened. Absent in snapshots. Dify 1.9 and later.
            Example: False.
        created_at (int): Start of the node, unix seconds. Example: 1795337346.
        iteration_id (None | str): Id of the iteration node around this node. Example: iter.
        loop_id (None | str): Id of the loop node around this node. Dify 1.0.1 and later. Example: loop.
        parallel_id (None | str): Id of the parallel part of the workflow the node stands in. Until Dify 1.9.1. Example:
            78b16149-c5d2-4b11-8eab-2d5de171f30a.
        parallel_start_node_id (None | str): Id of the first node of the node's branch. Until Dify 1.9.1. Example: p1.
        parent_parallel_id (None | str): Id of the parallel part around that one. Until Dify 1.9.1. Example:
            abea55af-a305-4aa4-8691-f4f290270658.
        parent_parallel_start_node_id (None | str): Id of the first node of the branch around that one. Until Dify
            1.9.1. Example: p2.
        process_data (Any): What the node did, such as the prompts of a model or the text of a request. Example:
            {'model_mode': 'chat'}.
        process_data_truncated (bool | None): Whether `process_data` was shortened. Absent in snapshots. Dify 1.9 and
            later. Example: False.
        outputs (Any): Values the node made. Example: {'text': 'tok0 tok1'}.
        outputs_truncated (bool | None): Whether `outputs` was shortened. Only 1.9 really does it. Absent in snapshots.
            Dify 1.9 and later. Example: False.
        status (str): `succeeded`, `failed`, `exception` (failed, and its error strategy took over), `retry`, `stopped`,
            or in snapshots `paused`. Example: succeeded.
        error (None | str): Why the node failed. With status `exception` the real text is in `outputs.error_message`.
            Example: the fake model fell over.
        elapsed_time (float): Duration in seconds. Example: 1.211462.
        execution_metadata (ExecutionMetadata | None): Usage and place of the node; null for most nodes. Example:
            {'total_tokens': 16, 'total_price': '0.00003', 'currency': 'USD'}.
        finished_at (int): End of the node, unix seconds. Example: 1795337348.
        files (list[OutputFile] | None): The files among the outputs. Example: [].
    """

    id: str
    node_id: str
    node_type: str
    title: str
    index: int
    predecessor_node_id: None | str
    inputs: Any
    inputs_truncated: bool | None
    created_at: int
    iteration_id: None | str
    loop_id: None | str
    parallel_id: None | str
    parallel_start_node_id: None | str
    parent_parallel_id: None | str
    parent_parallel_start_node_id: None | str
    process_data: Any
    process_data_truncated: bool | None
    outputs: Any
    outputs_truncated: bool | None
    status: str
    error: None | str
    elapsed_time: float
    execution_metadata: ExecutionMetadata | None
    finished_at: int
    files: list[OutputFile] | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.execution_metadata import ExecutionMetadata  # noqa: PLC0415

        id = self.id

        node_id = self.node_id

        node_type = self.node_type

        title = self.title

        index = self.index

        predecessor_node_id: None | str
        predecessor_node_id = self.predecessor_node_id

        inputs = self.inputs

        inputs_truncated: bool | None
        inputs_truncated = self.inputs_truncated

        created_at = self.created_at

        iteration_id: None | str
        iteration_id = self.iteration_id

        loop_id: None | str
        loop_id = self.loop_id

        parallel_id: None | str
        parallel_id = self.parallel_id

        parallel_start_node_id: None | str
        parallel_start_node_id = self.parallel_start_node_id

        parent_parallel_id: None | str
        parent_parallel_id = self.parent_parallel_id

        parent_parallel_start_node_id: None | str
        parent_parallel_start_node_id = self.parent_parallel_start_node_id

        process_data = self.process_data

        process_data_truncated: bool | None
        process_data_truncated = self.process_data_truncated

        outputs = self.outputs

        outputs_truncated: bool | None
        outputs_truncated = self.outputs_truncated

        status = self.status

        error: None | str
        error = self.error

        elapsed_time = self.elapsed_time

        execution_metadata: dict[str, Any] | None
        if isinstance(self.execution_metadata, ExecutionMetadata):
            execution_metadata = self.execution_metadata.to_dict()
        else:
            execution_metadata = self.execution_metadata

        finished_at = self.finished_at

        files: list[dict[str, Any]] | None
        if isinstance(self.files, list):
            files = []
            for files_type_0_item_data in self.files:
                files_type_0_item = files_type_0_item_data.to_dict()
                files.append(files_type_0_item)

        else:
            files = self.files

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "node_id": node_id,
                "node_type": node_type,
                "title": title,
                "index": index,
                "predecessor_node_id": predecessor_node_id,
                "inputs": inputs,
                "inputs_truncated": inputs_truncated,
                "created_at": created_at,
                "iteration_id": iteration_id,
                "loop_id": loop_id,
                "parallel_id": parallel_id,
                "parallel_start_node_id": parallel_start_node_id,
                "parent_parallel_id": parent_parallel_id,
                "parent_parallel_start_node_id": parent_parallel_start_node_id,
                "process_data": process_data,
                "process_data_truncated": process_data_truncated,
                "outputs": outputs,
                "outputs_truncated": outputs_truncated,
                "status": status,
                "error": error,
                "elapsed_time": elapsed_time,
                "execution_metadata": execution_metadata,
                "finished_at": finished_at,
                "files": files,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.execution_metadata import ExecutionMetadata  # noqa: PLC0415
        from ..models.output_file import OutputFile  # noqa: PLC0415

        d = {**src_dict}
        id = d.pop("id", None)

        node_id = d.pop("node_id", None)

        node_type = d.pop("node_type", None)

        title = d.pop("title", None)

        index = d.pop("index", None)

        predecessor_node_id = cast(None | str, d.pop("predecessor_node_id", None))

        inputs = d.pop("inputs", None)

        inputs_truncated = cast(bool | None, d.pop("inputs_truncated", None))

        created_at = d.pop("created_at", None)

        iteration_id = cast(None | str, d.pop("iteration_id", None))

        loop_id = cast(None | str, d.pop("loop_id", None))

        parallel_id = cast(None | str, d.pop("parallel_id", None))

        parallel_start_node_id = cast(None | str, d.pop("parallel_start_node_id", None))

        parent_parallel_id = cast(None | str, d.pop("parent_parallel_id", None))

        parent_parallel_start_node_id = cast(
            None | str, d.pop("parent_parallel_start_node_id", None)
        )

        process_data = d.pop("process_data", None)

        process_data_truncated = cast(bool | None, d.pop("process_data_truncated", None))

        outputs = d.pop("outputs", None)

        outputs_truncated = cast(bool | None, d.pop("outputs_truncated", None))

        status = d.pop("status", None)

        error = cast(None | str, d.pop("error", None))

        elapsed_time = d.pop("elapsed_time", None)

        def _parse_execution_metadata(data: object) -> ExecutionMetadata | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            execution_metadata_type_0 = ExecutionMetadata.from_dict(data)

            return execution_metadata_type_0

        execution_metadata = _parse_execution_metadata(d.pop("execution_metadata", None))

        finished_at = d.pop("finished_at", None)

        def _parse_files(data: object) -> list[OutputFile] | None:
            if data is None:
                return data
            if not isinstance(data, list):
                raise TypeError()
            files_type_0 = []
            _files_type_0 = data
            for files_type_0_item_data in _files_type_0:
                files_type_0_item = OutputFile.from_dict(files_type_0_item_data)

                files_type_0.append(files_type_0_item)

            return files_type_0

        files = _parse_files(d.pop("files", None))

        node_finished_data = cls(
            id=id,
            node_id=node_id,
            node_type=node_type,
            title=title,
            index=index,
            predecessor_node_id=predecessor_node_id,
            inputs=inputs,
            inputs_truncated=inputs_truncated,
            created_at=created_at,
            iteration_id=iteration_id,
            loop_id=loop_id,
            parallel_id=parallel_id,
            parallel_start_node_id=parallel_start_node_id,
            parent_parallel_id=parent_parallel_id,
            parent_parallel_start_node_id=parent_parallel_start_node_id,
            process_data=process_data,
            process_data_truncated=process_data_truncated,
            outputs=outputs,
            outputs_truncated=outputs_truncated,
            status=status,
            error=error,
            elapsed_time=elapsed_time,
            execution_metadata=execution_metadata,
            finished_at=finished_at,
            files=files,
        )

        node_finished_data.additional_properties = d
        return node_finished_data

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
