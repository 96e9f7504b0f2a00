#!/bin/sh
# doc/api.md has a row for every exported function of the headers, and no row for one that is gone.
set -eu
src=${LEAT_SRCDIR:-.}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Declarations span lines: join them, then the name before the first parenthesis behind LEAT_API is the function's.
cat "$src"/include/leat/*.h | tr '\n' ' ' | sed 's/LEAT_API /\n&/g' | grep '^LEAT_API ' |
    sed 's/__attribute__((.*//; s/LEAT_MUST_CHECK//; s/(.*//; s/.*[ *]//' | grep '^leat_' | sort -u >"$dir/headers"
grep '^| `leat_' "$src/doc/api.md" | sed 's/^| \([^|]*\) |.*/\1/' | tr ',' '\n' | tr -d '` ' | sort >"$dir/rows"

[ "$(wc -l <"$dir/headers")" -gt 200 ] || { echo "only $(wc -l <"$dir/headers") functions found in the headers"; exit 1; }
comm -23 "$dir/headers" "$dir/rows" | sed 's/$/: no row in doc\/api.md/' >"$dir/wrong"
comm -13 "$dir/headers" "$dir/rows" | sed 's/$/: in doc\/api.md, not in the headers (or there twice)/' >>"$dir/wrong"
cat "$dir/wrong"
[ ! -s "$dir/wrong" ]
