# Reports the steps of bin/test, and defines those of several commands.

step() { # title, command and its arguments
    local title=$1 begun=$SECONDS
    shift
    say "── $title"
    if ! "$@"; then
        say "── $title: failed after $((SECONDS - begun)) s. The remaining steps were not run."
        exit 1
    fi
    say "── $title: $((SECONDS - begun)) s"
}

check_scripts() {
    local file
    for file in bin/serve bin/terminal bin/install-service bin/test bin/lock bin/vendor bin/lib/*.sh .ci/run; do
        bash -n "$file" || return 1
    done
    # Parse all modules in one process, because `node --check` takes a single file and 0.2 s for each.
    find static tests -name '*.js' -not -path '*/vendor/*' -print0 |
        xargs -0 "$(node)" --no-warnings --experimental-vm-modules --input-type=commonjs --eval '
            const { readFileSync } = require("node:fs"), { SourceTextModule } = require("node:vm");
            for (const file of process.argv.slice(1)) new SourceTextModule(readFileSync(file, "utf8"), { identifier: file });'
}

test_javascript() {
    "$(node)" --import ./tests/js/resolve.mjs --test --test-reporter spec tests/js/*.test.js
}

node() { # Playwright's Node, because Debian's is often too old for the test runner
    compgen -G "$venv/lib/python3*/site-packages/playwright/driver/node" || fail "Playwright's Node was not found."
}

check_deployment() { # as behind HTTPS
    SITE_URL=https://chat.example.org "$python" manage.py check --deploy --fail-level WARNING
}
