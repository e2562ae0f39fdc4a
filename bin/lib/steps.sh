# How bin/test says what it does, and those of its steps that are more than one command.

step() { # title, command and its arguments
    local title=$1 begun=$SECONDS
    shift
    say "── $title"
    if ! "$@"; then
        say "── $title: failed after $((SECONDS - begun)) s. Nothing after it was run."
        exit 1
    fi
    say "── $title: $((SECONDS - begun)) s"
}

check_scripts() {
    local file
    for file in bin/serve bin/test bin/lock bin/vendor bin/lib/*.sh .ci/run; do
        bash -n "$file" || return 1
    done
    # Parses every module in one process; `node --check` takes one file, and a fifth of a second for it.
    find static tests -name '*.js' -not -path '*/vendor/*' -print0 |
        xargs -0 "$(node)" --no-warnings --experimental-vm-modules --input-type=commonjs --eval '
            const { readFileSync } = require("node:fs"), { SourceTextModule } = require("node:vm");
            for (const file of process.argv.slice(1)) new SourceTextModule(readFileSync(file, "utf8"), { identifier: file });'
}

test_javascript() {
    "$(node)" --import ./tests/js/resolve.mjs --test --test-reporter spec tests/js/*.test.js
}

node() { # the one that comes with Playwright: Debian's is often too old for the test runner
    compgen -G "$venv/lib/python3*/site-packages/playwright/driver/node" || fail "Playwright's Node is not where it was."
}

check_deployment() { # as on a server of its own behind HTTPS
    SITE_URL=https://chat.example.org "$python" manage.py check --deploy --fail-level WARNING
}
