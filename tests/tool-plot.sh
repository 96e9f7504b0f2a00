#!/bin/sh
# `leat plot` and `leat report` on the log of a short training: formats by suffix, exit codes, nothing left behind.
cd "$LEAT_BUILDDIR" || exit 99
failed=0
fail() { echo "FAIL: $*"; failed=1; }
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

awk 'BEGIN { print "x,y"; for (i = 0; i < 60; i++) print i / 10 "," i / 5 + 1 }' > "$dir/data.csv"
./leat train "$dir/data.csv" --target y --epochs 5 --logdir "$dir/log" --run a > /dev/null 2>&1 || fail "train"

# expect CODE TEXT COMMAND...: the exit code, and TEXT on standard error
expect() {
    code=$1 text=$2
    shift 2
    "$@" > /dev/null 2> "$dir/errors"
    got=$?
    [ $got -eq "$code" ] || fail "$*: exit $got, not $code: $(cat "$dir/errors")"
    [ -z "$text" ] || grep -qF -- "$text" "$dir/errors" || fail "$*: no '$text' in: $(cat "$dir/errors")"
}

for suffix in svg png pdf; do
    expect 0 '' ./leat plot "$dir/log" -o "$dir/plot.$suffix" --smooth 0.9 --x relative --theme dark --ylim 0: --size 500x300
    [ -s "$dir/plot.$suffix" ] || fail "no plot.$suffix"
done
expect 0 '' ./leat plot "$dir/log" -o "$dir/all.svg" --together --log-y --band a --palette safe --outliers show --title T
grep -q '<title>T</title>' "$dir/all.svg" || fail "the title is missing"
expect 0 '' ./leat report "$dir/log" -o "$dir/report"
[ -s "$dir/report/index.html" ] || fail "no index.html"
expect 0 '' ./leat report "$dir/log" -o "$dir/report.html" --title 'A <title>'
expect 0 '' ./leat report "$dir/log" -o "$dir/report.pdf"
expect 2 'x.gif' ./leat plot "$dir/log" -o "$dir/x.gif"
expect 2 'xlim' ./leat plot "$dir/log" -o "$dir/x.svg" --xlim 5
expect 2 'xlim' ./leat plot "$dir/log" -o "$dir/x.svg" --xlim 5:5
expect 2 'size' ./leat plot "$dir/log" -o "$dir/x.svg" --size 640
expect 2 'no regular expression' ./leat plot "$dir/log" -o "$dir/x.svg" --tag '('
expect 2 'nothing to draw: no images in the log' ./leat plot "$dir/log" -o "$dir/x.svg" --kind images
expect 2 'output' ./leat plot "$dir/log"
expect 2 'nowhere' ./leat report "$dir/nowhere" -o "$dir/x"
expect 2 'smooth' ./leat plot "$dir/log" -o "$dir/x.svg" --smooth 1
[ -z "$(ls "$dir" | grep '^x')" ] || fail "a failed command left files: $(ls "$dir")"
ls -A "$dir" | grep -q tmp && fail "a temporary file is left: $(ls -A "$dir")"
exit $failed
