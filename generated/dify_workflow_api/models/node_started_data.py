from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.agent_strategy import AgentStrategy


T = TypeVar("T", bound="NodeStartedData")


@_attrs_define
class NodeStartedData:
    """The node that begins.

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
        extras (Any): Reserved; empty. Example: {}.
        agent_strategy (AgentStrategy | None): Strategy of an agent node; null for other nodes. Absent in snapshots.
            Missing in Dify's published document. Dify 1.0 and later. Example: {'name': 'fc', 'icon': None}.
        parallel_run_id (None | str): Id of one run of a parallel iteration. Dify 0.11 to 1.9. Example:
            9d1a6a52-3f5c-4f3e-8f0e-5f1b5b8f8d11.
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
    extras: Any
    agent_strategy: AgentStrategy | None
    parallel_run_id: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.agent_strategy import AgentStrategy  # noqa: PLC0415

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

        extras = self.extras

        agent_strategy: dict[str, Any] | None
        if isinstance(self.agent_strategy, AgentStrategy):
            agent_strategy = self.agent_strategy.to_dict()
        else:
            agent_strategy = self.agent_strategy

        parallel_run_id: None | str
        parallel_run_id = self.parallel_run_id

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
                "extras": extras,
                "agent_strategy": agent_strategy,
                "parallel_run_id": parallel_run_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.agent_strategy import AgentStrategy  # noqa: PLC0415

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

        extras = d.pop("extras", None)

        def _parse_agent_strategy(data: object) -> AgentStrategy | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            agent_strategy_type_0 = AgentStrategy.from_dict(data)

            return agent_strategy_type_0

        agent_strategy = _parse_agent_strategy(d.pop("agent_strategy", None))

        parallel_run_id = cast(None | str, d.pop("parallel_run_id", None))

        node_started_data = cls(
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
            extras=extras,
            agent_strategy=agent_strategy,
            parallel_run_id=parallel_run_id,
        )

        node_started_data.additional_properties = d
        return node_started_data

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
