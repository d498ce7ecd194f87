#!/usr/bin/env bash
# Runs every check and test; arguments go to pytest (./test.sh -k sentences).
# By day: PostgreSQL as well as SQLite where they can differ, and a tenth of the examples of each property.
# --quick: unit tests and the main journeys, on SQLite. CI=true: both databases everywhere, all examples, the benchmarks;
# whatever had to be skipped is a failure then. It says where it took longer than it should (2, 8, 20 minutes on 2 cores).
# On a bare machine it first installs what they need: .venv, and PostgreSQL, Chromium and Python where it may (root, apt).
# ./test.sh --update-contract rewrites what tests/contract holds of what users see, and prints what changed.
# Written for bash 3.2, which macOS has.
set -u

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. launch/python.sh

# Dozens of processes import the same modules: without their bytecode each would compile them again.
unset PYTHONDONTWRITEBYTECODE

passed="" failed="" skipped=""

# note NAME STATUS SECONDS: remember how a check went.
note() {
    if [ "$2" = 0 ]; then
        passed="$passed
  ok       $1 ($3 s)"
    else
        failed="$failed
  FAILED   $1 ($3 s)"
    fi
}

# check NAME COMMAND...: run it, show it, remember how it went.
check() {
    local name=$1 began=$SECONDS status
    shift
    printf '\n== %s\n' "$name"
    "$@"
    status=$?
    note "$name" "$status" $((SECONDS - began))
}

# What runs while the tests do, one after the other: what each says, its status and its seconds go to files.
beside="" beside_names="" results=""

# later NAME COMMAND...: run it beside the tests; `gather` shows it.
later() {
    beside_names="$beside_names $1"
    beside="$beside
run_beside $*"
}

run_beside() {
    local name=$1 began=$SECONDS status
    shift
    "$@" >"$results/$name.said" 2>&1 </dev/null
    status=$?
    echo "$status $((SECONDS - began))" >"$results/$name.went"
}

begin_beside() {
    results=$(mktemp -d) || exit 1
    trap 'rm -rf "$results"' EXIT
    eval "$beside" &
    beside_job=$!
}

gather() {
    local name status seconds
    wait "$beside_job"
    for name in $beside_names; do
        status=1 seconds=0
        [ -f "$results/$name.went" ] && read -r status seconds <"$results/$name.went"
        printf '\n== %s\n' "$name"
        cat "$results/$name.said"
        note "$name" "$status" "$seconds"
    done
}

skip() {
    skipped="$skipped
  skipped  $1: $2"
}

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() {
    printf '\n== apt-get install %s\n' "$*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update && apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

has_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; }

has_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null; }

shell_syntax() {
    local file
    for file in start.sh test.sh launch/python.sh .ci/run; do
        bash -n "$file" || return 1
    done
}

tests() {
    local strict=""
    [ "${CI:-}" = true ] && strict="-p tests.no_skips"
    # More processes than cores: a test waits half its time, for the answer of a model or for a process to start.
    # shellcheck disable=SC2086 # an empty word must vanish
    .venv/bin/python -m pytest -n "${TEST_PROCESSES:-$(($(cores) * 3))}" --dist worksteal --durations=10 \
        --extent "$extent" $strict "$@" </dev/null
}

cores() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }

# in_memory: whether /dev/shm has room for the tests' files, and lets programs run from it.
in_memory() {
    local probe
    [ -z "${TMPDIR:-}" ] && [ "$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')" -gt 4000000 ] 2>/dev/null || return 1
    probe=$(mktemp /dev/shm/probe.XXXXXX) || return 1
    printf '#!/bin/sh\n' >"$probe" && chmod +x "$probe" && "$probe" 2>/dev/null
    set -- $?
    rm -f "$probe"
    return "$1"
}

extent=day limit_min=8
[ "${CI:-}" = true ] && extent=all limit_min=20
if [ "${1:-}" = --quick ]; then
    extent=quick limit_min=2
    shift
fi

if ! find_python >/dev/null || ! "$(find_python)" -c 'import ensurepip' 2>/dev/null; then
    if may_install; then apt_install python3 python3-venv; fi
fi
python=$(find_python) || { say_no_python; exit 1; }
"$python" -I launch/install.py --language="$(terminal_locale)" requirements.txt requirements-dev.txt || exit 1

if [ "${1:-}" = --update-contract ]; then
    UPDATE_CONTRACT=1 exec .venv/bin/python -m pytest -n 0 tests/contract
fi

if ! has_postgres && [ -z "${TEST_POSTGRES_URL:-}" ]; then
    if may_install; then apt_install postgresql; fi
    has_postgres || skip "tests on PostgreSQL" "it is not installed, and this user or system cannot apt-get it"
fi

if ! has_chromium; then
    if may_install; then apt_install chromium; fi
    has_chromium || skip "the dashboard in a browser" "Chromium is not installed, and this user or system cannot apt-get it"
fi

# Each test has databases of its own, which no disk needs to see.
if in_memory; then export TMPDIR=/dev/shm; fi

began=$SECONDS
later format .venv/bin/ruff format --check .
later lint .venv/bin/ruff check .
later types .venv/bin/mypy
later imports .venv/bin/lint-imports
later shell shell_syntax
later Dockerfile .venv/bin/hadolint Dockerfile
if [ "${CI:-}" = true ]; then later environments .venv/bin/python -m tests.on_every_python --install; fi
begin_beside
check tests tests "$@"
gather
if [ "${CI:-}" = true ]; then check pythons .venv/bin/python -m tests.on_every_python; fi
took_s=$((SECONDS - began))

printf '\n== summary%s%s%s\n' "$passed" "$skipped" "$failed"
printf '  %d min %02d s\n' $((took_s / 60)) $((took_s % 60))
if [ "$took_s" -gt $((limit_min * 60)) ]; then
    echo "  longer than the $limit_min minutes it should take on 2 cores: the slowest tests are listed above"
fi
[ -z "$failed" ] || exit 1
[ -z "$skipped" ] || [ "${CI:-}" != true ] || { echo "CI=true: nothing may be skipped"; exit 1; }
