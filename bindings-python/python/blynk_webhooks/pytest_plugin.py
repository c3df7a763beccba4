"""The pytest fixture ``blynk_emulator``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .emulator import Emulator


@pytest.fixture
def blynk_emulator() -> Iterator[Emulator]:
    """An emulator for one test.

    Example::

        def test_doors(blynk_emulator):
            with blynk_emulator.client() as client:
                assert client.list() == []
    """
    from .emulator import Emulator

    with Emulator() as emulator:
        yield emulator
