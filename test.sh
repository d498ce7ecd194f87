#!/usr/bin/env bash
# Runs every check and test; arguments go to pytest (./test.sh -k sentences).
# On a bare machine it first installs what they need: .venv, and PostgreSQL, Chromium and Python where it may (root, apt).
# ./test.sh --update-contract rewrites what tests/contract holds of what users see, and prints what changed.
# With CI=true whatever had to be skipped is a failure. Written for bash 3.2, which macOS has.
set -u

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. launch/python.sh

passed="" failed="" skipped=""

# check NAME COMMAND...: run it, show it, remember how it went.
check() {
    local name=$1 began=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    if "$@"; then
        passed="$passed
  ok       $name ($((SECONDS - began)) s)"
    else
        failed="$failed
  FAILED   $name ($((SECONDS - began)) s)"
    fi
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
    # shellcheck disable=SC2086 # an empty word must vanish
    .venv/bin/python -m pytest -n "${TEST_PROCESSES:-2}" --dist worksteal $strict "$@" </dev/null
}

if ! find_python >/dev/null || ! "$(find_python)" -c 'import ensurepip' 2>/dev/null; then
    if may_install; then apt_install python3 python3-venv; fi
fi
python=$(find_python) || { say_no_python "$(terminal_language)"; exit 1; }
"$python" -I launch/install.py --language "$(terminal_language)" requirements.txt requirements-dev.txt || exit 1

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

check "format" .venv/bin/ruff format --check .
check "lint" .venv/bin/ruff check .
check "types" .venv/bin/mypy
check "imports" .venv/bin/lint-imports
check "shell" shell_syntax
check "Dockerfile" .venv/bin/hadolint Dockerfile
check "tests" tests "$@"

printf '\n== summary%s%s%s\n' "$passed" "$skipped" "$failed"
[ -z "$failed" ] || exit 1
[ -z "$skipped" ] || [ "${CI:-}" != true ] || { echo "CI=true: nothing may be skipped"; exit 1; }
