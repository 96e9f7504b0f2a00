#!/bin/sh
# The tool itself: --help, the man page and the completions name the same commands and options, and what is wrong on a
# command line or with standard output ends with one line and the right code.
cd "$LEAT_BUILDDIR" || exit 99
failed=0
fail() { echo "FAIL: $*"; failed=1; }

commands=$(./leat --help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on && /^  [a-z]/ { print $1 }')
[ -n "$commands" ] || fail "leat --help names no command"
case " $commands " in
*[!a-z]plot[!a-z]*) ! ./leat --help | grep -q "without pictures" || fail "leat --help denies the pictures that it names" ;;
*) ./leat --help | grep -q "without pictures" || fail "leat --help does not say that pictures are left out" ;;
esac
for command in $commands; do
    ./leat "$command" --help > tool-texts.tmp || fail "leat $command --help"
    grep -qF ".SS leat $command" doc/leat.1 || fail "the man page lacks $command"
    grep -qF "    $command)" doc/leat || fail "the bash completion lacks $command"
    grep -qF "    $command)" doc/_leat || fail "the zsh completion lacks $command"
    for option in $(awk '/^ +(-[a-z], )?--[a-z]/ { sub(/^ +(-[a-z], )?/, ""); sub(/[= ].*/, ""); print }' tool-texts.tmp); do
        [ "$option" = --help ] && continue
        roff=$(printf '%s' "$option" | sed 's/-/\\-/g')
        awk -v c=".SS leat $command" '$0 ~ /^\.S[SH]/ { on = ($1 " " $2 " " $3 == c) } on' doc/leat.1 | grep -qF -- "$roff" ||
            fail "the man page lacks $command $option"
        awk -v c="    $command)" '$0 == c { on = 1 } on; /;;$/ && /esac/ { on = 0 }' doc/leat | grep -q -- "[' ]$option " ||
            fail "the bash completion lacks $command $option"
        awk -v c="    $command)" '$0 == c { on = 1 } on; /;;$/ { on = 0 }' doc/_leat | grep -qF -- "$option" ||
            fail "the zsh completion lacks $command $option"
    done
done
# Lines are shorter than 80, and fit a narrow terminal, but for what cannot be broken.
for command in "" $commands; do
    for columns in 80 40; do
        COLUMNS=$columns ./leat $command --help | awk -v most="$columns" 'length($0) > most && NF > 1' |
            grep . && fail "leat $command --help has lines of more than $columns columns"
    done
done
rm -f tool-texts.tmp

if command -v groff > /dev/null; then
    warnings=$(groff -man -Tutf8 -ww -z doc/leat.1 2>&1) && [ -z "$warnings" ] || fail "groff: $warnings"
fi
! command -v bash > /dev/null || bash -n doc/leat || fail "bash does not read its completion"
! command -v zsh > /dev/null || zsh -n doc/_leat || fail "zsh does not read its completion"

# expect CODE TEXT COMMAND...: the exit code, and TEXT in the one line on standard error
expect() {
    code=$1 text=$2
    shift 2
    lines=$("$@" 2>&1 > /dev/null)
    got=$?
    [ $got -eq "$code" ] || fail "$*: exit $got, not $code"
    [ "$(printf '%s\n' "$lines" | wc -l)" -eq 1 ] || fail "$*: more than one line: $lines"
    case $lines in "leat: "*"$text"*) ;; *) fail "$*: '$lines'" ;; esac
}
expect 2 "a command is missing" ./leat
expect 2 "unknown command 'nonsense'" ./leat nonsense
expect 2 "did you mean help?" ./leat hlep
expect 2 "unknown option --nonsense" ./leat help --nonsense
[ -w /dev/full ] && expect 3 "standard output" sh -c './leat --help > /dev/full'
exit $failed
