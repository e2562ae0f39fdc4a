# Creates .venv and installs a locked requirements file. Sourced by bin/serve and bin/test.
#
# A complete .venv has a stamp with its requirements and the Python version they were installed for. An incomplete one
# (after a power failure or Ctrl-C) is created again, because pip can mistake a partial installation for a complete one.

venv="$root/.venv"

say()  { printf '%s\n' "$*" >&2; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }

apt_install() { # packages; prints apt's output only if it fails
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

# Commands started at the same time set up .venv one by one. The lock is held until unlock_environment or the process ends.
lock_environment() {
    exec 9<"$root"
    if command -v flock >/dev/null && ! flock --nonblock 9; then
        say "Waiting for another bin/serve or bin/test to finish setting up …"
        flock 9
    fi
}
unlock_environment() { exec 9<&-; }

ensure_environment() { # requirements file [further requirements files that it includes]
    is_installed "$1" && return
    lock_environment
    if ! is_installed "$1"; then
        ensure_venv
        install_requirements "$@"
    fi
    unlock_environment
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
    say "Creating .venv with $base_python ($("$base_python" -V)) …"
    mkdir -p "$venv" && touch "$venv/.unfinished" || fail "Cannot write to $root: run this as the owner of the directory."
    "$base_python" -m venv --clear "$venv" || fail "$base_python could not create .venv. See the lines above."
    touch "$venv/.unfinished" # --clear removed it
}

# ensurepip installs pip in a .venv that was created without it.
has_pip() { "$1" -m pip --version >/dev/null 2>&1 || "$1" -m ensurepip >/dev/null 2>&1; }

find_python() { # sets $base_python
    local package
    if base_python=$(suitable_python); then
        can_create_venv "$base_python" && return
        package="$(basename "$base_python")-venv"
    else
        package="python3 python3-venv"
    fi
    # shellcheck disable=SC2086 # two packages are two words
    if can_apt; then apt_install $package || say "apt-get could not install $package."; fi
    if base_python=$(suitable_python) && can_create_venv "$base_python"; then return; fi
    if [ -z "$base_python" ]; then
        fail "Python 3.11 or newer is required and was not found. On Debian or Ubuntu run: sudo apt-get install -y --no-install-recommends $package"
    fi
    fail "$base_python cannot create a virtual environment. On Debian or Ubuntu run: sudo apt-get install -y --no-install-recommends $package"
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

can_create_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

install_requirements() { # requirements file [further requirements files that it includes]
    local file
    say "Installing $(grep -c '==' "$1") locked packages from $(basename "$1") (a minute or two the first time) …"
    touch "$venv/.unfinished"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r "$1" >&2 ||
        fail "The packages could not be installed: see the lines above. Fix the problem (is the network up?) and run this again."
    for file in "$@"; do fingerprint "$file" >"$(stamp_of "$file")"; done
    rm "$venv/.unfinished"
}
