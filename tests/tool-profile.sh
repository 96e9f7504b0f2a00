#!/bin/sh
# `leat run` and `leat profile` on what an example leaves behind: checkpoint, event file, trace, tables, pictures.
build=$LEAT_BUILDDIR
leat=$build/leat
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
failed=0
fail() { echo "FAIL: $*"; failed=1; }
json() { python3 -c "import json, sys; d = json.load(open(sys.argv[1])); assert $2, d" "$1" || fail "$1: not $2"; }

"$build/examples/save_restore" "$dir/m.ckpt" >/dev/null || exit 99
run="m.ckpt-10.meta --restore m.ckpt-10 --target GradientDescent"
have_python=$(command -v python3 || echo "")

# ---- run ----
$leat run $run --steps 3 --save out --logdir log --trace trace.json >stdout.txt || fail "run"
$leat run $run --steps 3 --fetch theta:0=a.npy || fail "run to fetch"
$leat run m.ckpt-10.meta --restore out --fetch theta:0=b.npy || fail "what --save wrote is not restored"
cmp -s a.npy b.npy || fail "--save wrote another value"
[ -s out.meta ] && [ -s checkpoint ] || fail "--save left out the meta graph or the state"
$leat inspect log --json >log.json || fail "inspect log"
[ -z "$have_python" ] || json log.json "d['runs']['.']['graph_nodes'] > 10"
$leat inspect log | grep -q 'profiles *1' || fail "--logdir has no statistics: $($leat inspect log)"
[ -z "$have_python" ] || json trace.json "{e['ph'] for e in d['traceEvents']} == {'M', 'X'}"
[ -z "$have_python" ] || json trace.json "sum(e['name'].startswith('run ') for e in d['traceEvents'] if e['ph'] == 'X') == 3"
[ -z "$have_python" ] || json trace.json "all(e['dur'] >= 0 and e['ts'] >= 0 for e in d['traceEvents'] if e['ph'] == 'X')"
# statistics are of the step that their tag names: of those traced, the one of median length
$leat run $run --steps 5 --logdir five --trace five.json >/dev/null || fail "run of five steps"
step=$(cat five/* | tr -c 'a-z0-9_' '\n' | sed -n 's/^step_//p')
[ -z "$have_python" ] || json five.json "(lambda t: t[$step - 1] == sorted(t)[2])([e['dur'] for e in sorted(d['traceEvents'], key=lambda e: e.get('ts', 0)) if e['name'].startswith('run ')])"
# a GraphDef has no saver: variables by their names
if $leat graph --help | grep -q 'color' && $leat graph log -o time.svg --color time && $leat graph log -o memory.svg --color memory; then
    ! command -v xmllint >/dev/null || xmllint --noout time.svg memory.svg || fail "graph diagrams are no XML"
fi

# A signal stops it, also between two steps, and the log is closed.
for round in 1 2 3 4 5; do
    $leat run m.ckpt-10.meta --restore m.ckpt-10 --target theta/read --steps 1000000000000 --threads 1 --logdir stopped >/dev/null 2>&1 &
    pid=$!
    for wait in 1 2 3 4 5 6 7 8 9; do [ -d stopped ] || sleep 0.1; done
    sleep 0.1
    kill -TERM $pid
    for wait in $(seq 100); do ! kill -0 $pid 2>/dev/null || sleep 0.1; done
    kill -KILL $pid 2>/dev/null
    wait $pid
    status=$?
    [ $status = 143 ] || fail "stopped by SIGTERM, 'leat run' ends with $status"
    $leat inspect stopped | grep -q damage && fail "stopped by SIGTERM, 'leat run' leaves $($leat inspect stopped)"
    rm -rf stopped
done

# ---- profile ----
$leat profile $run --steps 6 --warmup 3 --no-peak -o p.json >table.txt || fail "profile"
for text in '6 runs of' 'op type' 'ApplyGradientDescent' 'critical path:' 'workers busy' 'memory:' 'idle'; do
    grep -q "$text" table.txt || fail "the tables lack '$text': $(cat table.txt)"
done
$leat profile $run --steps 5 --json --threads 1 >profile.json || fail "profile --json"
if [ -n "$have_python" ]; then
    json p.json "len(d['traceEvents']) > 60"
    json profile.json "d['runs'] == 5 and d['workers'] == 1 and d['machine']['flops_per_s'] > 1e8"
    json profile.json "abs(sum(o['time_ns'] for o in d['ops']) - sum(n['time_ns'] for n in d['nodes'])) < 1"
    json profile.json "d['critical_path']['time_ns'] <= d['median_ns'] and len(d['words']) > 0"
    json profile.json "abs(d['busy_ns'] + d['idle_ns'] - d['workers'] * d['median_ns']) < 1"
    json profile.json "abs(sum(d['busy_workers_ns']) - d['median_ns']) < 1"
    json profile.json "abs(sum(n['share'] for n in d['nodes']) - 1) < 1e-6"
fi
$leat profile $run --fetch theta:0=c.npy --steps 7 --warmup 3 --no-peak --logdir plog --save psave >/dev/null || fail "profile --save"
$leat run $run --steps 10 --fetch theta:0=d.npy || fail "run to compare with"
cmp -s c.npy d.npy || fail "profiled steps compute something else"
$leat inspect plog | grep -q 'profiles *1' || fail "profile --logdir has no statistics"

# ---- pictures, where this build has them ----
if $leat --help | grep -q '^  plot'; then
    for theme in light dark; do
        $leat profile $run --steps 2 --no-peak --theme $theme --width 480 -o t.svg -o t.png -o t.pdf >/dev/null || fail "pictures"
        ! command -v xmllint >/dev/null || xmllint --noout t.svg || fail "t.svg is no XML"
        [ "$(head -c 8 t.png | od -An -c | tr -d ' ')" = '211PNG\r\n032\n' ] || fail "t.png is no PNG"
        ! command -v pdftotext >/dev/null || pdftotext t.pdf - | grep -q 'critical path' || fail "t.pdf has no legend"
    done
fi

# ---- what is wrong is told in one line, and nothing is written ----
expect() {
    code=$1 text=$2
    shift 2
    "$@" >out.txt 2>err.txt
    got=$?
    [ $got -eq "$code" ] && [ "$(wc -l <err.txt)" = 1 ] && grep -qF -- "$text" err.txt || fail "$*: exit $got: $(cat err.txt)"
}
expect 2 'nothing to run' $leat profile m.ckpt-10.meta
expect 2 '--steps' $leat profile $run --steps 0
expect 2 '--warmup' $leat profile $run --warmup=-1
expect 2 'p.xyz' $leat profile $run -o p.xyz
expect 2 '--theme' $leat profile $run --theme blue
expect 2 "target 'nowhere' is not in the graph" $leat profile m.ckpt-10.meta --target nowhere -o never.json
expect 2 'time limit' $leat run $run --steps 1000000000 --timeout 0.2
expect 2 'time limit' $leat profile $run --steps 1000000000 --timeout 0.2
expect 2 '/dev/null' $leat run $run --save /dev/null/x
expect 2 '/dev/null/x' $leat run $run --logdir /dev/null/x
expect 2 'nothing ran' $leat run m.ckpt-10.meta --trace t2.json
[ ! -e never.json ] && [ ! -e t2.json ] || fail "files of failed runs are there"
exit $failed
