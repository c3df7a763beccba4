"""The pytest fixture ``blynk_emulator``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .emulator import Emulator


def pytest_configure(config: pytest.Config) -> None:
    """Declares the marker that passes options to the fixture."""
    config.addinivalue_line(
        "markers", "blynk_emulator(**options): options of the emulator of the fixture blynk_emulator"
    )


@pytest.fixture
def blynk_emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator for one test, during which no client reaches another host.

    The marker ``blynk_emulator`` passes options, as ``Emulator`` takes them; so does ``indirect`` parametrization.

    Example::

        def test_doors(blynk_emulator):
            with blynk_emulator.client() as client:
                assert client.list() == []

        @pytest.mark.blynk_emulator(state={"limits": {"webhooks": 1000}})
        def test_many(blynk_emulator):
            ...
    """
    from .emulator import Emulator

    options = dict(getattr(request, "param", {}))
    for marker in reversed(list(request.node.iter_markers("blynk_emulator"))):
        options.update(marker.kwargs)
    monkeypatch.setenv("BLYNK_LOOPBACK_ONLY", "1")
    with Emulator(**options) as emulator:
        yield emulator
