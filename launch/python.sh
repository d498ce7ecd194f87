# shellcheck shell=bash
# What start.sh and test.sh need before there is a Python of ours. Sourced, from the project's folder.

# The locale, by the same rule as the program: LC_ALL, LC_MESSAGES or LANG, the first that is set.
terminal_locale() {
    echo "${LC_ALL:-${LC_MESSAGES:-${LANG:-es}}}"
}

# The first Python that is new enough: our own, then the versions the locked requirements are tested with.
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
