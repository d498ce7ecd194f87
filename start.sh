#!/usr/bin/env bash
# Starts the assistant on a machine that has Python 3.11 or later and nothing else:
# makes .venv, installs the locked requirements, prepares the database, runs the web server and the worker.
# ^C or TERM ends it. Settings: .env (see .env.example). Written for bash 3.2, which macOS has.
set -eu

cd "$(dirname "${BASH_SOURCE[0]}")"
. launch/python.sh

python=$(find_python) || { say_no_python; exit 1; }
"$python" -I launch/install.py --language="$(terminal_locale)" requirements.txt

# glibc keeps a heap for each of many threads; two are enough for threads that mostly wait.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
# settings/ reads .env. A .venv made by an older version does not keep flask from reading it too.
export FLASK_SKIP_DOTENV=1
exec .venv/bin/python -m launch
