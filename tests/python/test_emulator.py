"""The emulator from Python, and the pytest fixture."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from blynk_webhooks import (
    AuthError,
    ConfigError,
    ConnectError,
    RequestTimeoutError,
    ValidationError,
    WebhookClient,
    WebhookSpec,
)
from blynk_webhooks.emulator import Emulator

pytest_plugins = ["pytester"]


def test_it_runs_from_the_moment_it_is_made(spec: WebhookSpec) -> None:
    emulator = Emulator()
    with emulator.client(max_retries=0) as client:
        assert client.create(spec).spec.replace(status=None) == spec
        assert repr(emulator) == f"<Emulator {emulator.url}>"
        assert emulator.client_secret not in repr(emulator)
        emulator.close()
        emulator.close()
        with pytest.raises(ConnectError):
            client.list()


def test_async_with(spec: WebhookSpec) -> None:
    async def main() -> None:
        async with Emulator(port=0) as emulator, emulator.async_client() as client:
            made = await client.create(spec)
            assert await client.list() == [made]

    asyncio.run(main())


def test_a_port_that_cannot_be_had() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            Emulator(port=port)
    with Emulator(port=port) as emulator:
        assert emulator.url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("port", [-1, 65536, "80", None, 1.5])
def test_a_port_that_is_none(port: Any) -> None:
    with pytest.raises(ConfigError, match="port"):
        Emulator(port)


def test_a_wrong_secret() -> None:
    with Emulator() as emulator:
        client = WebhookClient(emulator.url, client_id=emulator.client_id, client_secret="hunter2")
        with pytest.raises(AuthError) as caught:
            client.list()
        assert caught.value.error == "invalid_client"
        assert "hunter2" not in str(caught.value)


def test_the_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_one(blynk_emulator):
            with blynk_emulator.client() as client:
                client.create(
                    name="Doors", trigger="DEVICE_ADDED", url="https://example.com", method="GET",
                    content_type="JSON", auth_type="NONE",
                )
                assert len(client.list()) == 1

        def test_each_test_has_its_own(blynk_emulator):
            with blynk_emulator.client() as client:
                assert client.list() == []
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    "faults",
    [{"reset": True, "status": 500}, {"status": "500"}, {"status": 2**20}, {"delay": -1}, {"times": -1}],
)
def test_faults_that_cannot_be(blynk_emulator: Emulator, faults: dict[str, Any]) -> None:
    with pytest.raises((ConfigError, ValidationError)):
        blynk_emulator.fail_next(**faults)


def test_bad_commands(blynk_emulator: Emulator) -> None:
    for call in (
        lambda: blynk_emulator.trigger("DEVICE_ADED"),
        lambda: blynk_emulator.trigger("DEVICE_ADDED", {"device_id": float("nan")}),
        lambda: blynk_emulator.trigger("DEVICE_ADDED", 5),  # type: ignore[arg-type]
        lambda: blynk_emulator.redeliver(5),
        lambda: blynk_emulator.deliveries(outcome="lost"),  # type: ignore[arg-type]
        lambda: blynk_emulator.test({"name": 5}),
    ):
        with pytest.raises(ValidationError):
            call()
    with pytest.raises(RequestTimeoutError):
        blynk_emulator.wait_for_delivery(0.05)
    blynk_emulator.close()
    with pytest.raises(ConfigError, match="stopped"):
        blynk_emulator.trigger("DEVICE_ADDED")


def test_time(blynk_emulator: Emulator) -> None:
    noon = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
    blynk_emulator.set_time(noon)
    assert blynk_emulator.now() == noon
    blynk_emulator.advance_time(90)
    blynk_emulator.advance_time(timedelta(milliseconds=5))
    assert blynk_emulator.now() == noon + timedelta(seconds=90, milliseconds=5)


@pytest.mark.parametrize("state", [{"webhook": []}, {"webhooks": [{"id": 1, "name": 5}]}, {"clock": "now"}])
def test_a_state_that_cannot_be(state: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="state"):
        Emulator(state=state)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_is_told_whose_the_emulator_is(blynk_emulator: Emulator) -> None:
    child = os.fork()
    if child == 0:
        try:
            blynk_emulator.trigger("DEVICE_ADDED")
        except ConfigError:
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert blynk_emulator.trigger("DEVICE_ADDED") == []


def test_a_state_that_is_neither_mapping_nor_path_is_refused_and_its_descriptor_stays_open() -> None:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    try:
        with pytest.raises(ConfigError, match="mapping or a path, is int"):
            Emulator(state=descriptor)  # type: ignore[arg-type]
        os.fstat(descriptor)
    finally:
        os.close(descriptor)
