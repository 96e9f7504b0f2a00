# What the tests in shell begin with: . "${LEAT_SRCDIR:-.}/tests/check.sh". They run in a directory of their own, $dir, removed at
# the end; $top is the source tree, $build the build, $leat the tool. They end with `finish`.
top=$(cd "${LEAT_SRCDIR:-.}" && pwd) && build=$(cd "${LEAT_BUILDDIR:-build}" && pwd) || exit 99
leat=$build/leat
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); echo "ok $1"; }
bad() { failed=$((failed + 1)); echo "FAILED $1${2:+: $2}"; } # bad NAME [WHY]
check() { # check NAME COMMAND...
    name=$1; shift
    if "$@"; then ok "$name"; else bad "$name"; fi
}
finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ]
    exit
}
