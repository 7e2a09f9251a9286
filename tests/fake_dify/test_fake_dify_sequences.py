"""Recorded requests that build on each other get answers of the same shape from FakeDify."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from fake_dify import FakeDify, Gate
from fake_dify_calls import Plain
from fake_dify_recorded import Session, broken_answers
from fake_dify_twins import add_twins, slow

VERSIONS = ["1.14.2", "1.15.0", "1.16.1"]
every_version = pytest.mark.parametrize("dify", VERSIONS, indirect=True)


@pytest.fixture(params=["1.14.2"])
def dify(request: pytest.FixtureRequest) -> Iterator[FakeDify]:
    dify = FakeDify(request.param, eof_delay=0.0, idle_limit=5.0).start()
    add_twins(dify)
    yield dify
    dify.stop()
    assert broken_answers(dify) == []


@pytest.fixture
def session(dify: FakeDify) -> Session:
    return Session(dify)


@contextmanager
def meanwhile(session: Session, case: str, *, text: bool = True) -> Iterator[None]:
    """Play a recorded stream beside what is done; in the end it has to be as it was recorded."""
    with ThreadPoolExecutor() as pool:
        readers = len(session.dify.runs[0].readers) if session.dify.runs else 0
        stream = pool.submit(session.play, case, text=text)
        session.dify.wait_for(lambda: bool(session.dify.runs))
        session.dify.wait_for(lambda: len(session.dify.runs[0].readers) > readers)
        yield
        stream.result()


def left(dify: FakeDify) -> None:
    """Wait until the stream of the run's start has been left."""
    dify.wait_for(lambda: not dify.runs[0].readers)


@every_version
def test_one_form_and_every_way_to_fill_it_in(session: Session, dify: FakeDify) -> None:
    session.play("human one_start one_detail_paused one_form_get one_logs_paused")
    session.play("human form_get_by_form_id one_form_get_other_app one_submit_other_app")
    dify.world.idle_limit = 0.1
    session.play("human one_events_paused_plain_6s one_events_paused_snapshot")
    session.play("human one_events_paused_snapshot_wronguser one_submit_bad_action")
    session.play("human one_submit_missing_input one_submit_no_action one_submit_no_inputs")
    session.play("human one_submit_no_user one_submit_bad_type")
    dify.wait_idle()
    session.play("human one_submit_ok one_resubmit one_form_get_after one_detail_done")
    session.play("human one_events_follow one_events_after_finish")


@every_version
@pytest.mark.parametrize("follow", ["ok_follow_plain", "ok_follow_snapshot_cont"])
def test_a_form_is_filled_in_while_the_run_is_followed(
    session: Session, dify: FakeDify, follow: str
) -> None:
    session.play("human ok_start")
    left(dify)
    with meanwhile(session, f"human {follow}"):
        session.play("human ok_submit")
    session.play("human ok_detail ok_resubmit")


@every_version
def test_every_kind_of_field(session: Session, dify: FakeDify) -> None:
    session.play("human rich_start rich_upload rich_form_get rich_bad_file")
    session.play("human rich_bad_select rich_too_many")
    left(dify)
    with meanwhile(session, "human rich_follow"):
        session.play("human rich_ok")
    session.play("human rich_detail")


def test_two_forms_one_after_the_other(session: Session, dify: FakeDify) -> None:
    session.play("human two_start two_follow_snapshot_close")
    left(dify)
    # Here the recorded server left text out, which a server may or may not do.
    with meanwhile(session, "human two_follow_snapshot_cont", text=False):
        with meanwhile(session, "human two_follow_plain_close", text=False):
            session.play("human two_submit1")
        session.play("human two_detail_paused2 two_events_paused2_snapshot")
        session.play("human two_form2_get two_submit2")
    session.play("human two_detail_done")


@pytest.mark.parametrize("dify", ["1.16.1"], indirect=True)
def test_two_forms_without_a_snapshot(session: Session, dify: FakeDify) -> None:
    session.play("human two_start")
    left(dify)
    with meanwhile(session, "human two_follow_plain_close", text=False):
        session.play("human two_submit1")
    session.play("human two_detail_paused2 two_events_paused2_snapshot two_submit2")


def test_a_blocking_run_pauses(session: Session, dify: FakeDify) -> None:
    session.play("human blocking_start blocking_detail blocking_submit")
    dify.wait_idle()
    session.play("human blocking_detail_done")


@every_version
def test_uploads_and_their_use(session: Session, dify: FakeDify) -> None:
    session.play("files upload_txt upload_png upload_txt_other_user upload_no_user")
    session.play("files run_local_doc_blocking run_local_doc_streaming run_local_img_streaming")
    session.play("files run_list_blocking run_list_single_dict_blocking run_type_custom_blocking")
    session.play("files run_type_video_notallowed_blocking run_no_user_file_blocking")
    dify.world.idle_limit = 0.1
    session.play("files run_wrong_user_blocking run_wrong_user_streaming signed_url_bad")
    session.play("endusers default_user other_app")


def test_a_signed_url_opens_until_it_expires(dify: FakeDify) -> None:
    with Plain(dify, "twin-echo") as client:
        files = {"file": ("a.png", b"\x89PNG", "image/png")}
        url = client.post("/files/upload", files=files).json()["source_url"]
        answer = client.get(url)
        assert answer.content == b"\x89PNG"
        assert answer.headers["content-type"] == "application/octet-stream"
        dify.expire_links()
        assert client.get(url).json()["code"] == "not_found"


def test_run_details(session: Session) -> None:
    session.play("detail run_succeeded run_iteration iteration run_empty empty run_http_file upper")


@pytest.mark.parametrize(
    ("run", "case", "recorded"),
    [
        ("fail_code_blocking", "failed", "f8bcabe8-8982-4c56-9c29-9743d07a0b89"),
        ("partial_default_blocking", "partial", "e64bff5a-b6cb-4ff0-a337-b7492851c91f"),
    ],
)
def test_details_of_runs_that_did_not_succeed(
    session: Session, dify: FakeDify, run: str, case: str, recorded: str
) -> None:
    session.play(f"run {run}")
    session.ids[recorded] = dify.runs[0].id
    session.play(f"detail {case}")


def test_the_events_of_a_finished_run(session: Session, dify: FakeDify) -> None:
    session.play("run slow_streaming")
    session.ids["a9574031-f095-4601-867b-91b295d1674d"] = dify.runs[0].id
    session.ids["fe08dd51-ef6b-4448-9dc2-2e28102eafc0"] = dify.runs[0].task_id
    session.play("events finished_bad_bool finished_no_user finished_snapshot other_app by_task_id")


@pytest.fixture
def held(dify: FakeDify) -> Gate:
    """Hold the slow twin at its first node, until this gate is opened."""
    gate = Gate()
    dify.world.apps["twin-slow"].workflow = slow(gate)
    return gate


def test_a_second_reader(session: Session, dify: FakeDify, held: Gate) -> None:
    with meanwhile(session, "run slow_streaming"):
        held.wait()
        session.ids["d8fc6b94-a03d-4308-81ec-b8587c2161d2"] = dify.runs[0].id
        with meanwhile(session, "events after_disconnect_plain"):
            held.open()


def test_a_stopped_run(session: Session, dify: FakeDify, held: Gate) -> None:
    with meanwhile(session, "stop same_user_stream"):
        held.wait()
        session.ids["282800f0-80f4-47c7-900a-969611bb89b7"] = dify.runs[0].id
        session.ids["f7c2a5aa-d1a8-4d55-b17e-2d5f538df8f2"] = dify.runs[0].task_id
        session.play("detail running")
        session.play("stop finished")
    session.play("detail stopped")
    session.play("events finished_stopped")
    session.play("logs slow_status_stopped")
    session.play("stop finished by_run_id")
