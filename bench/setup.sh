#!/bin/sh
# Everything the benchmark needs, into target/bench and bench/node/node_modules: the peers, our packages built from this
# tree, the facts of the contract, and the client that is generated from the emulator's document. Argument: a Python.
set -eu
cd "$(dirname "$0")/.."
bench=target/bench
python=$bench/venv/bin/python

missing=
for program in nginx wrk strace valgrind openssl; do
    PATH=$PATH:/usr/sbin command -v $program >/dev/null || missing="$missing $program"
done
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # The run level keeps the distribution's own nginx from starting.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive sh -c "apt-get -qq update && apt-get -qq install --no-install-recommends $missing" >/dev/null
elif [ -n "$missing" ]; then
    echo "missing:$missing; install with the system's package manager" >&2
    exit 1
fi

test -x $python || "$1" -m venv $bench/venv
# One by one: a peer that cannot be had is named in the table, and the others still take part.
grep -v '^#' bench/requirements.txt | while read -r package; do
    $python -m pip install --quiet --disable-pip-version-check "$package" || echo "no $package" >&2
done

rm -rf $bench/dist
mkdir -p $bench/dist
$bench/venv/bin/maturin build --release --quiet --compression-level 9 --out $bench/dist
$python -m pip install --quiet --disable-pip-version-check --force-reinstall $bench/dist/*.whl

test -e node_modules/.package-lock.json || npm ci --silent
npm run --silent build
npm pack --silent --pack-destination $bench/dist >/dev/null
test -e bench/node/node_modules/.package-lock.json || npm --prefix bench/node ci --silent
# As npm would install it; it has no dependencies.
rm -rf bench/node/node_modules/blynk-webhooks
mkdir bench/node/node_modules/blynk-webhooks
tar -xzf $bench/dist/*.tgz --strip-components=1 -C bench/node/node_modules/blynk-webhooks

$python bench/prepare.py $bench
rm -rf $bench/generated
mkdir $bench/generated
$bench/venv/bin/openapi-python-client generate --meta none --path $bench/openapi.json --output-path $bench/generated/generated_client \
    >$bench/generated.log 2>&1 || echo "openapi-python-client generated nothing; see $bench/generated.log" >&2
