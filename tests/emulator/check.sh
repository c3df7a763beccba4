#!/bin/sh
# Checks the emulator as a program: its tests with every feature, kill -9, schemathesis, and the page in Chromium.
#   PYTHON  an interpreter from 3.10 on (default: the newest found; schemathesis stumbles over a bug of CPython 3.11)
#   FULL=1  kills it 200 times and makes 2,000 cases of each half of the API
#   PICTURES=folder  keeps pictures of the page there
set -eu
cd "$(dirname "$0")/../.."
venv=target/emulator-venv

echo "== Emulator: clippy and tests of the program"
cargo clippy --quiet --package blynk-webhooks-emulator --features program --all-targets -- --deny warnings
[ "${FULL:-}" = 1 ] && : "${CRASH_ROUNDS:=200}"
CRASH_ROUNDS=${CRASH_ROUNDS:-20} cargo test --package blynk-webhooks-emulator --features program \
    --test crash --test database --test program -- --nocapture
cargo build --quiet --package blynk-webhooks-emulator --features program

if [ ! -x $venv/bin/python ]; then
    for candidate in ${PYTHON:-} "$HOME"/.pyenv/versions/3.13.*/bin/python "$HOME"/.pyenv/versions/3.12.*/bin/python \
        python3.14 python3.13 python3.12 python3; do
        # A name on the path may lead nowhere, as pyenv's do.
        "$candidate" -c 'import venv' 2>/dev/null && "$candidate" -m venv $venv && break
    done
fi
$venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/emulator/requirements.txt
if ! sh tests/chromium.sh; then
    [ -z "${CI:-}" ] || exit 1
    set -- --ignore tests/emulator/test_page.py "$@"
fi

echo "== Emulator: the OpenAPI document and the page"
$venv/bin/ruff check tests/emulator
$venv/bin/ruff format --check tests/emulator
$venv/bin/python -m pytest -c tests/emulator/pytest.ini tests/emulator -q -s "$@"
