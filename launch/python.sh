# shellcheck shell=bash
# Functions for start.sh and test.sh, before .venv exists. Source it from the project's folder.

# Print the locale by the program's rule: the first one set of LC_ALL, LC_MESSAGES and LANG.
terminal_locale() {
    echo "${LC_ALL:-${LC_MESSAGES:-${LANG:-es}}}"
}

# Print the first Python that is new enough: .venv's, then the versions tested with the locked requirements.
find_python() {
    local candidate
    for candidate in .venv/bin/python python3.11 python3.12 python3.13 python3.14 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

say_no_python() {
    case "$(terminal_locale)" in
    es* | ES*)
        echo "Hace falta Python 3.11 o posterior, y aquí no está: https://www.python.org/downloads/" >&2
        ;;
    *)
        echo "Python 3.11 or later is needed and was not found: https://www.python.org/downloads/" >&2
        ;;
    esac
}
