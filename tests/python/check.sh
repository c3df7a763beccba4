#!/bin/sh
# Checks the Python package: linters, types, stubs, and the tests on this machine's CPythons.
#   PYTHON       the interpreter to develop with (default: python3)
#   INTERPRETERS "all" (default) tests the wheel on every CPython from 3.10 on that is found, "one" on PYTHON only
set -eu
cd "$(dirname "$0")/../.."
venv=.venv
[ -x $venv/bin/python ] || "${PYTHON:-python3}" -m venv $venv
VIRTUAL_ENV=$PWD/$venv
PATH=$VIRTUAL_ENV/bin:$PATH
export VIRTUAL_ENV PATH
python -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt

echo "== Python: build"
maturin develop --release --locked --quiet --features test-hooks
echo "== Python: ruff"
ruff check
ruff format --check
echo "== Python: workflows"
check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
zizmor --offline --quiet .github/workflows/*.yml
echo "== Python: mypy --strict"
mypy
echo "== Python: pyright"
pyright
echo "== Python: stubtest"
python -m mypy.stubtest blynk_webhooks --allowlist tests/python/stubtest_allowlist.txt --mypy-config-file pyproject.toml
echo "== Python: pytest, $(python -V)"
python -m pytest -q
[ "${INTERPRETERS:-all}" = one ] || sh tests/python/interpreters.sh
