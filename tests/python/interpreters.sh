#!/bin/sh
# Builds the wheel once and runs the tests with it on every CPython from 3.10 on that this machine has.
set -eu
cd "$(dirname "$0")/../.."
work=target/python
rm -rf $work/wheels
"${VIRTUAL_ENV:-.venv}/bin/maturin" build --release --locked --quiet --out $work/wheels
cargo build --quiet --locked --package scripted-server
tested=
for version in 3.10 3.11 3.12 3.13 3.14; do
    for candidate in $HOME/.pyenv/versions/$version.*/bin/python "$(command -v python$version || true)"; do
        # A name on the path may lead nowhere, as pyenv's do.
        [ -n "$candidate" ] && "$candidate" -c 'import venv' 2>/dev/null || continue
        venv=$work/venv-$version
        [ -x $venv/bin/python ] || "$candidate" -m venv $venv
        $venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/python/requirements-run.txt
        $venv/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps $work/wheels/*.whl
        echo "== Python: pytest on the wheel, $($venv/bin/python -V)"
        $venv/bin/python -m pytest -q -p no:cacheprovider
        tested="$tested $version"
        break
    done
done
[ -n "$tested" ] || { echo "no CPython from 3.10 on was found" >&2; exit 1; }
echo "the wheel was tested on CPython$tested"
