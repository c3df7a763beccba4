#!/bin/sh
# Checks the documentation: every example runs, every link leads somewhere, and the site works in Chromium.
# `make test-docs` builds the packages and the site first.
#   PICTURES=folder  keeps pictures of the site there
set -eu
cd "$(dirname "$0")/../.."
python=.venv/bin/python

$python -m pip install --quiet --disable-pip-version-check -r tests/docs/requirements.txt
if ! command -v chromedriver >/dev/null || ! { command -v chromium || command -v google-chrome; } >/dev/null; then
    echo "== Documentation: Chromium"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null
    elif [ -n "${CI:-}" ]; then
        echo "install chromium and its chromedriver" >&2
        exit 1
    else
        echo "no Chromium with its chromedriver is here: the tests of the pages in a browser are left out" >&2
        set -- --ignore tests/docs/test_site.py
    fi
fi

echo "== Documentation: ruff"
$python -m ruff check --config tests/docs/ruff.toml docs tests/docs
$python -m ruff format --check --config tests/docs/ruff.toml docs tests/docs
echo "== Documentation: examples, links, pages"
$python -m pytest -c tests/docs/pytest.ini tests/docs -q "$@"
