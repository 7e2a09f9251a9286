from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ExecutionMetadata")


@_attrs_define
class ExecutionMetadata:
    """Usage and place of a node, iteration or loop. Which fields there are depends on the node.

    Attributes:
        total_tokens (int | None): Tokens used. LLM, agent, iteration and loop nodes. Example: 16.
        total_price (float | None | str): Price of the tokens: text for LLM, iteration and loop nodes, a number for
            agent nodes. Dify's published document says number. Example: 0.00003.
        currency (None | str): Currency of the price. Example: USD.
        iteration_id (None | str): Id of the iteration node around this node. Example: iter.
        iteration_index (int | None): Number of the item this node worked on, from 0. Example: 0.
        loop_id (None | str): Id of the loop node around this node. Example: loop.
        loop_index (int | None): Number of the round this node worked in, from 0. Example: 0.
        error_strategy (None | str): What took over after an error, `default-value` or `fail-branch`. Example: default-
            value.
        tool_info (Any): The tool that a tool node used. Example: {'provider_type': 'builtin', 'provider_id': 'time'}.
        agent_log (Any): Log of an agent node, items like `AgentLogData`. Example: [{'id': 'r1', 'label': 'ROUND 1',
            'status': 'success'}].
        iteration_duration_map (Any): Duration in seconds by number of the item. Only in iterations. Dify 1.9 and later.
            Example: {'0': 0.370742}.
        loop_duration_map (Any): Duration in seconds by number of the round. Loops. Example: {'0': 0.336362, '1':
            0.313841}.
        loop_variable_map (Any): Values of the loop's variables by number of the round. Loops. Example: {'0': {'num':
            2}, '1': {'num': 3}}.
        completed_reason (None | str): Why a loop ended, `loop_break` or `loop_completed`. Example: loop_break.
        parallel_id (None | str): Id of the parallel part of the workflow. Until Dify 1.8. Example:
            78b16149-c5d2-4b11-8eab-2d5de171f30a.
        parallel_start_node_id (None | str): Id of the first node of the branch. Until Dify 1.8. Example: p1.
        parallel_mode_run_id (None | str): Id of one run of a parallel iteration. Until Dify 1.8. Example:
            9d1a6a52-3f5c-4f3e-8f0e-5f1b5b8f8d11.
    """

    total_tokens: int | None
    total_price: float | None | str
    currency: None | str
    iteration_id: None | str
    iteration_index: int | None
    loop_id: None | str
    loop_index: int | None
    error_strategy: None | str
    tool_info: Any
    agent_log: Any
    iteration_duration_map: Any
    loop_duration_map: Any
    loop_variable_map: Any
    completed_reason: None | str
    parallel_id: None | str
    parallel_start_node_id: None | str
    parallel_mode_run_id: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        total_tokens: int | None
        total_tokens = self.total_tokens

        total_price: float | None | str
        total_price = self.total_price

        currency: None | str
        currency = self.currency

        iteration_id: None | str
        iteration_id = self.iteration_id

        iteration_index: int | None
        iteration_index = self.iteration_index

        loop_id: None | str
        loop_id = self.loop_id

        loop_index: int | None
        loop_index = self.loop_index

        error_strategy: None | str
        error_strategy = self.error_strategy

        tool_info = self.tool_info

        agent_log = self.agent_log

        iteration_duration_map = self.iteration_duration_map

        loop_duration_map = self.loop_duration_map

        loop_variable_map = self.loop_variable_map

        completed_reason: None | str
        completed_reason = self.completed_reason

        parallel_id: None | str
        parallel_id = self.parallel_id

        parallel_start_node_id: None | str
        parallel_start_node_id = self.parallel_start_node_id

        parallel_mode_run_id: None | str
        parallel_mode_run_id = self.parallel_mode_run_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "total_tokens": total_tokens,
                "total_price": total_price,
                "currency": currency,
                "iteration_id": iteration_id,
                "iteration_index": iteration_index,
                "loop_id": loop_id,
                "loop_index": loop_index,
                "error_strategy": error_strategy,
                "tool_info": tool_info,
                "agent_log": agent_log,
                "iteration_duration_map": iteration_duration_map,
                "loop_duration_map": loop_duration_map,
                "loop_variable_map": loop_variable_map,
                "completed_reason": completed_reason,
                "parallel_id": parallel_id,
                "parallel_start_node_id": parallel_start_node_id,
                "parallel_mode_run_id": parallel_mode_run_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = {**src_dict}
        total_tokens = cast(int | None, d.pop("total_tokens", None))

        total_price = cast(float | None | str, d.pop("total_price", None))

        currency = cast(None | str, d.pop("currency", None))

        iteration_id = cast(None | str, d.pop("iteration_id", None))

        iteration_index = cast(int | None, d.pop("iteration_index", None))

        loop_id = cast(None | str, d.pop("loop_id", None))

        loop_index = cast(int | None, d.pop("loop_index", None))

        error_strategy = cast(None | str, d.pop("error_strategy", None))

        tool_info = d.pop("tool_info", None)

        agent_log = d.pop("agent_log", None)

        iteration_duration_map = d.pop("iteration_duration_map", None)

        loop_duration_map = d.pop("loop_duration_map", None)

        loop_variable_map = d.pop("loop_variable_map", None)

        completed_reason = cast(None | str, d.pop("completed_reason", None))

        parallel_id = cast(None | str, d.pop("parallel_id", None))

        parallel_start_node_id = cast(None | str, d.pop("parallel_start_node_id", None))

        parallel_mode_run_id = cast(None | str, d.pop("parallel_mode_run_id", None))

        execution_metadata = cls(
            total_tokens=total_tokens,
            total_price=total_price,
            currency=currency,
            iteration_id=iteration_id,
            iteration_index=iteration_index,
            loop_id=loop_id,
            loop_index=loop_index,
            error_strategy=error_strategy,
            tool_info=tool_info,
            agent_log=agent_log,
            iteration_duration_map=iteration_duration_map,
            loop_duration_map=loop_duration_map,
            loop_variable_map=loop_variable_map,
            completed_reason=completed_reason,
            parallel_id=parallel_id,
            parallel_start_node_id=parallel_start_node_id,
            parallel_mode_run_id=parallel_mode_run_id,
        )

        execution_metadata.additional_properties = d
        return execution_metadata

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
