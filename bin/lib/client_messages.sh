#!/usr/bin/env bash
# Updates and compiles the translations of the programs in client/: bash bin/lib/client_messages.sh de pt_BR
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../client"

domain=chatsite
template=$(mktemp)
trap 'rm -f "$template"' EXIT
find chatsite_* -name '*.py' | sort |
    xgettext --files-from - --language Python --from-code UTF-8 --keyword=_ --keyword=ngettext:1,2 --add-comments=Translators \
        --package-name Chatsite --output "$template"

for language in "$@"; do
    folder=chatsite_client/locale/$language/LC_MESSAGES
    mkdir -p "$folder"
    if [ -e "$folder/$domain.po" ]; then
        msgmerge --quiet --update --backup none "$folder/$domain.po" "$template"
    else
        msginit --no-translator --input "$template" --locale "$language" --output-file "$folder/$domain.po" 2>/dev/null
    fi
    msgfmt --check --output-file "$folder/$domain.mo" "$folder/$domain.po"
done
