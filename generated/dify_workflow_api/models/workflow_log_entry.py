from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.log_account import LogAccount
    from ..models.log_end_user import LogEndUser
    from ..models.workflow_log_run import WorkflowLogRun


T = TypeVar("T", bound="WorkflowLogEntry")


@_attrs_define
class WorkflowLogEntry:
    """One run in the log.

    Attributes:
        id (str): Id of the log entry, not of the run. Example: 092a2f08-178e-4e5c-8b2c-7f7a51e3f433.
        workflow_run (WorkflowLogRun): The run of a log entry. It has no inputs and outputs; GET
            /workflows/run/{workflow_run_id} has.
        details (Any): Details of runs that a trigger started; null for runs over the API. Dify 1.9.2 and later.
            Example: {}.
        created_from (str): `service-api`, `web-app` or `installed-app`. Example: service-api.
        created_by_role (str): `end_user` or `account`. Example: end_user.
        created_by_account (LogAccount | None): The member of the workspace who started the run; null for runs over the
            API. Example: {'id': '0e2a1b8e-6b76-4a0e-9d3e-6f3a8f0f4a11', 'name': 'lab', 'email': 'lab@example.com'}.
        created_by_end_user (LogEndUser | None): The end user who started the run; null when a member of the workspace
            did. Example: {'id': '2a708d93-2924-4f7b-b64e-cd6369810a4d', 'type': 'service-api', 'is_anonymous': False,
            'session_id': 'user-1'}.
        created_at (int): Start of the run (until Dify 1.10 its end), unix seconds. Example: 1795336242.
    """

    id: str
    workflow_run: WorkflowLogRun
    details: Any
    created_from: str
    created_by_role: str
    created_by_account: LogAccount | None
    created_by_end_user: LogEndUser | None
    created_at: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.log_account import LogAccount  # noqa: PLC0415
        from ..models.log_end_user import LogEndUser  # noqa: PLC0415

        id = self.id

        workflow_run = self.workflow_run.to_dict()

        details = self.details

        created_from = self.created_from

        created_by_role = self.created_by_role

        created_by_account: dict[str, Any] | None
        if isinstance(self.created_by_account, LogAccount):
            created_by_account = self.created_by_account.to_dict()
        else:
            created_by_account = self.created_by_account

        created_by_end_user: dict[str, Any] | None
        if isinstance(self.created_by_end_user, LogEndUser):
            created_by_end_user = self.created_by_end_user.to_dict()
        else:
            created_by_end_user = self.created_by_end_user

        created_at = self.created_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "workflow_run": workflow_run,
                "details": details,
                "created_from": created_from,
                "created_by_role": created_by_role,
                "created_by_account": created_by_account,
                "created_by_end_user": created_by_end_user,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.log_account import LogAccount  # noqa: PLC0415
        from ..models.log_end_user import LogEndUser  # noqa: PLC0415
        from ..models.workflow_log_run import WorkflowLogRun  # noqa: PLC0415

        d = {**src_dict}
        id = d.pop("id", None)

        workflow_run = WorkflowLogRun.from_dict(d.pop("workflow_run", None))

        details = d.pop("details", None)

        created_from = d.pop("created_from", None)

        created_by_role = d.pop("created_by_role", None)

        def _parse_created_by_account(data: object) -> LogAccount | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            created_by_account_type_0 = LogAccount.from_dict(data)

            return created_by_account_type_0

        created_by_account = _parse_created_by_account(d.pop("created_by_account", None))

        def _parse_created_by_end_user(data: object) -> LogEndUser | None:
            if data is None:
                return data
            if not isinstance(data, dict):
                raise TypeError()
            created_by_end_user_type_0 = LogEndUser.from_dict(data)

            return created_by_end_user_type_0

        created_by_end_user = _parse_created_by_end_user(d.pop("created_by_end_user", None))

        created_at = d.pop("created_at", None)

        workflow_log_entry = cls(
            id=id,
            workflow_run=workflow_run,
            details=details,
            created_from=created_from,
            created_by_role=created_by_role,
            created_by_account=created_by_account,
            created_by_end_user=created_by_end_user,
            created_at=created_at,
        )

        workflow_log_entry.additional_properties = d
        return workflow_log_entry

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
