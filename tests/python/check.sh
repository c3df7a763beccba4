#!/bin/sh
# Checks the Python package: what is generated, linters, types, stubs, and the tests on this machine's CPythons.
#   PYTHON       the interpreter to develop with (default: python3)
#   FAST         "1": the loop of development: an unoptimized build, types, and the tests of PYTHON but the soak
#   INTERPRETERS "all" (default) tests the wheel on every CPython from 3.10 on that is found, "one" on PYTHON only
set -eu
cd "$(dirname "$0")/../.."
venv=.venv
[ -x $venv/bin/python ] || "${PYTHON:-python3}" -m venv $venv
VIRTUAL_ENV=$PWD/$venv
PATH=$VIRTUAL_ENV/bin:$PATH
export VIRTUAL_ENV PATH
fast=${FAST:-0}
# The loop of development asks the registry only where the list has changed.
if [ "$fast" = 0 ] || [ ! -e $venv/requirements ] || [ tests/python/requirements.txt -nt $venv/requirements ]; then
    python -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
    touch $venv/requirements
fi

echo "== Python: what is generated"
cargo run --quiet --locked --package xtask -- generate --check
echo "== Python: build"
[ "$fast" = 0 ] && profile=--release || profile=
maturin develop $profile --locked --quiet --features test-hooks
cargo build --quiet --locked --package scripted-server
echo "== Python: ruff"
ruff check bindings-python tests/python examples/python bench
ruff format --check bindings-python tests/python examples/python bench
echo "== Python: mypy --strict"
mypy
echo "== Python: pyright"
pyright
if [ "$fast" = 1 ]; then
    echo "== Python: pytest, $(python -V)"
    exec python -m pytest -q -n 4 --ignore tests/python/test_soak.py
fi
echo "== Python: workflows"
check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
zizmor --offline --quiet .github/workflows/*.yml
echo "== Python: stubtest"
python -m mypy.stubtest blynk_webhooks --allowlist tests/python/stubtest_allowlist.txt --mypy-config-file pyproject.toml
echo "== Python: pytest, $(python -V)"
python -m pytest -q
[ "${INTERPRETERS:-all}" = one ] || sh tests/python/interpreters.sh
