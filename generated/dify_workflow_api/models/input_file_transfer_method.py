from typing import Literal

InputFileTransferMethod = Literal["local_file", "remote_url"]

INPUT_FILE_TRANSFER_METHOD_VALUES: set[InputFileTransferMethod] = {
    "local_file",
    "remote_url",
}


def check_input_file_transfer_method(value: str) -> InputFileTransferMethod:
    if value in INPUT_FILE_TRANSFER_METHOD_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {INPUT_FILE_TRANSFER_METHOD_VALUES!r}"
    )
