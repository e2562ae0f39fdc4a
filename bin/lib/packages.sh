# The programs that the tests use, and their Debian packages. Sourced by bin/test.

ensure_packages() {
    local missing
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086 # one word for each package
    if can_apt; then apt_install $missing || say "apt-get could not install all of: $missing."; fi
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    say "Some programs are missing, so tests will be skipped. To install them: sudo apt-get install -y --no-install-recommends $missing"
    [ "${CI:-}" != true ] || return 1
}

missing_packages() {
    local missing=
    has chromium || has google-chrome || missing+=" chromium fonts-liberation"
    has firefox-esr || has firefox || missing+=" firefox-esr"
    has WebKitWebDriver || missing+=" webkit2gtk-driver"
    has Xvfb || missing+=" xvfb"
    has redis-server || missing+=" redis-server"
    has postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=" postgresql"
    has curl || missing+=" curl"
    has xgettext || missing+=" gettext"
    has nginx || [ -x /usr/sbin/nginx ] || missing+=" nginx"
    printf '%s' "${missing# }"
}

has() { command -v "$1" >/dev/null; }
