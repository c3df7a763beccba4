#!/bin/sh
# Succeeds if Chromium and its driver are here; installs them as root on Debian. Otherwise says what is left out, and fails.
# Outside CI the callers go on without the tests of pages.
there() {
    command -v chromedriver >/dev/null && { command -v chromium || command -v google-chrome; } >/dev/null
}

there && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "== Chromium"
    apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null
    there && exit 0
fi
if [ -n "${CI:-}" ]; then
    echo "error: install chromium and chromedriver; CI requires the tests of pages in a browser" >&2
else
    echo "warning: chromium and chromedriver are not installed, so the tests of pages in a browser are skipped" >&2
fi
exit 1
