"""What only a build with the feature `test-hooks` has; the tests of a released wheel do without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blynk_webhooks import _native

force_wakeup: Callable[[str | None], None] | None = getattr(_native, "force_wakeup", None)
panic_once: Callable[[], None] | None = getattr(_native, "panic_once", None)
with_hooks = pytest.mark.skipif(panic_once is None, reason="a build without the feature test-hooks")
