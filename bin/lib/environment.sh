# Makes .venv and fills it from a locked requirements file; sourced by bin/serve and bin/test.
#
# A .venv is finished when it holds a stamp naming the requirements and the Python they were installed for.
# One that was begun and not finished (a power cut, Ctrl-C) is made anew: half an installation can look whole to pip.

venv="$root/.venv"

say()  { printf '%s\n' "$*" >&2; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }

apt_install() { # the packages, as root, without a question and without apt's long report unless it fails
    local report
    say "Installing with apt-get: $*"
    report=$(mktemp)
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"; } \
        >"$report" 2>&1 </dev/null; then
        rm "$report"
    else
        cat "$report" >&2
        rm "$report"
        return 1
    fi
}

can_apt() { is_root && command -v apt-get >/dev/null; }

# Two commands started at once take turns at .venv. The lock ends with the process, or with release_environment.
hold_environment() {
    exec 9<"$root"
    if command -v flock >/dev/null && ! flock --nonblock 9; then
        say "Waiting for another bin/serve or bin/test to finish setting up …"
        flock 9
    fi
}
release_environment() { exec 9<&-; }

ensure_environment() { # requirements file [further requirements files that it includes]
    is_installed "$1" && return
    hold_environment
    if ! is_installed "$1"; then
        ensure_venv
        install_requirements "$@"
    fi
    release_environment
}

is_installed() { # requirements file
    [ -x "$venv/bin/python" ] && [ ! -e "$venv/.unfinished" ] &&
        [ "$(cat "$(stamp_of "$1")" 2>/dev/null)" = "$(fingerprint "$1")" ]
}

stamp_of()    { printf '%s' "$venv/.installed-$(basename "$1")"; }
fingerprint() { { "$venv/bin/python" -V; sha256sum; } <"$1"; }

ensure_venv() {
    if [ ! -e "$venv/.unfinished" ] && has_pip "$venv/bin/python"; then return; fi
    find_python
    say "Making .venv with $base_python ($("$base_python" -V)) …"
    mkdir -p "$venv" && touch "$venv/.unfinished" || fail "Cannot write to $root: run this as the owner of that directory."
    "$base_python" -m venv --clear "$venv" || fail "$base_python could not make .venv. The lines above say why."
    touch "$venv/.unfinished" # --clear took it away
}

# ensurepip puts pip into a .venv made by a tool that leaves it out.
has_pip() { "$1" -m pip --version >/dev/null 2>&1 || "$1" -m ensurepip >/dev/null 2>&1; }

find_python() { # sets $base_python
    local package
    if base_python=$(suitable_python); then
        can_make_venv "$base_python" && return
        package="$(basename "$base_python")-venv"
    else
        package="python3 python3-venv"
    fi
    # shellcheck disable=SC2086 # two packages are two words
    if can_apt; then apt_install $package || say "apt-get could not install $package."; fi
    if base_python=$(suitable_python) && can_make_venv "$base_python"; then return; fi
    if [ -z "$base_python" ]; then
        fail "Python 3.11 or newer is needed and was not found. On Debian or Ubuntu run: sudo apt-get install -y --no-install-recommends $package"
    fi
    fail "$base_python cannot make a virtual environment. On Debian or Ubuntu run: sudo apt-get install -y --no-install-recommends $package"
}

suitable_python() {
    local name path
    for name in python3 python3.13 python3.12 python3.11; do
        path=$(command -v "$name") || continue
        if "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$path"
            return
        fi
    done
    return 1
}

can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

install_requirements() { # requirements file [further requirements files that it includes]
    local file
    say "Installing $(grep -c '==' "$1") locked packages from $(basename "$1") (a minute or two the first time) …"
    touch "$venv/.unfinished"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r "$1" >&2 ||
        fail "The packages could not be installed: the lines above say why. Mend that (is the network there?) and run this again."
    for file in "$@"; do fingerprint "$file" >"$(stamp_of "$file")"; done
    rm "$venv/.unfinished"
}
