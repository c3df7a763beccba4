#!/bin/sh
# Checks the documentation: every example runs, every link leads somewhere, and the site works in Chromium.
# `make test-docs` builds the packages and the site first.
#   PICTURES=folder  keeps pictures of the site there
set -eu
cd "$(dirname "$0")/../.."
python=.venv/bin/python

$python -m pip install --quiet --disable-pip-version-check -r tests/docs/requirements.txt
if ! sh tests/chromium.sh; then
    [ -z "${CI:-}" ] || exit 1
    set -- --ignore tests/docs/test_site.py "$@"
fi

echo "== Documentation: ruff"
$python -m ruff check --config tests/docs/ruff.toml docs tests/docs
$python -m ruff format --check --config tests/docs/ruff.toml docs tests/docs
echo "== Documentation: examples, links, pages"
$python -m pytest -c tests/docs/pytest.ini tests/docs -q "$@"
