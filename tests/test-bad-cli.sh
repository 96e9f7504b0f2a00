#!/bin/sh
# Bad command lines, feeds and outputs (numbers of the catalogue of bad inputs): one line on standard error that names what is wrong,
# an exit status, nothing changed. A new case is a row.
. "${LEAT_SRCDIR:-.}/tests/check.sh"

# row NUMBER EXIT TEXT COMMAND...: the command's status and its one line.
row() {
    number=$1 want=$2 text=$3; shift 3
    "$@" >out.txt 2>err.txt </dev/null
    status=$?
    if [ "$status" = "$want" ] && [ "$(wc -l <err.txt)" = 1 ] && grep -qF -- "$text" err.txt && grep -q '^leat: ' err.txt; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $number: $*: exit $status, wanted $want and '$text':"
        cat err.txt
    fi
}

# A graph to run: what an example leaves behind.
"$build/examples/save_restore" "$dir/m.ckpt" >/dev/null || exit 99
graph=m.ckpt-10.meta

printf '1,2\n' >headless.csv
row 110 2 '--steps' $leat run $graph --steps=-1
row 110 2 '--steps' $leat run $graph --steps=1e99
row 110 2 '--steps' $leat run $graph --steps=2 --steps=3
row 110 2 '--stesp' $leat run $graph --stesp=2
row 110 2 '--threads' $leat run $graph --threads=99999999999999999999
row 110 2 'frobnicate' $leat frobnicate
row 111 2 "feed 'nowhere:0' is not in the graph" $leat run $graph --feed nowhere:0=1 --fetch theta:0
row 111 2 'has shape' $leat run $graph --feed 'loss:0=[1,2,3]' --fetch loss:0
row 111 2 'NAME=FILE.npy or NAME=VALUE' $leat run $graph --feed theta --fetch theta:0
row 111 2 "fetch 'nothing:0' is not in the graph" $leat run $graph --fetch nothing:0
row 111 2 "the last output of node 'theta' (VariableV2) is 0" $leat run $graph --fetch theta:1
printf 'node { name: "a" op: "NextYear" }' >next-year.pbtxt
row 111 2 "node 'a' (NextYear): the op is not known" $leat run next-year.pbtxt --fetch a:1
row 111 2 'beyond the range of float32' $leat run $graph --feed 'loss:0=1e39' --fetch loss:0
row 111 2 'element 0 is no float32' $leat run $graph --feed 'loss:0=none' --fetch loss:0
# what fails in a step is told with the graph's file, too
cat >step.pbtxt <<END
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "s" op: "Placeholder" attr { key: "dtype" value { type: DT_INT32 } } }
node { name: "r" op: "Reshape" input: "x" input: "s" attr { key: "T" value { type: DT_FLOAT } } }
END
row 41 2 "leat: step.pbtxt: node 'r' (Reshape): " $leat run step.pbtxt --feed 'x:0=[1,2,3]' --feed 's:0=[-1,-1]' --fetch r:0=out.npy
row 41 2 "leat: step.pbtxt: node 'r' (Reshape): " $leat profile step.pbtxt --no-peak --feed 'x:0=[1,2,3]' --feed 's:0=[2,2]' --fetch r:0=out.npy
printf 'node { name: "a" op: "NextYear" }\n' >unknown.pbtxt
row 10 2 "leat: unknown.pbtxt:1: node 'a' (NextYear): " $leat run unknown.pbtxt --target a
row 111 2 "leat: step.pbtxt: fetch 'q' is not in the graph" $leat run step.pbtxt --fetch q
row 111 2 "leat: step.pbtxt: target 'q'" $leat run step.pbtxt --target q
[ ! -e out.npy ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAILED 41: a file of a failed step"; }
for value in nan -inf inf; do
    if $leat run $graph --feed "loss:0=$value" --fetch loss:0 >one.txt 2>err.txt && grep -qi 'nan\|inf' one.txt; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1)); echo "FAILED: --feed loss:0=$value: $(cat err.txt)"
    fi
done
# .npy: a pickle of objects; a shape whose product overflows; a header longer than the file
printf "\223NUMPY\001\000\166\000{'descr': '|O', 'fortran_order': False, 'shape': (1,), }%059d\n" 0 | tr 0 ' ' >object.npy
row 112 2 'object.npy' $leat run $graph --feed theta:0=object.npy --fetch theta:0
printf "\223NUMPY\001\000\166\000{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }%037d\n" 0 | tr 0 ' ' | sed 's/4611686 184273879 4/4611686018427387904/' >overflow.npy
row 112 2 'overflow.npy' $leat run $graph --feed theta:0=overflow.npy --fetch theta:0
printf "\223NUMPY\001\000\377\377{'descr'" >short.npy
row 112 2 'short.npy' $leat run $graph --feed theta:0=short.npy --fetch theta:0
# an expression is text, never evaluated
row 113 2 "__import__" $leat run $graph --feed 'theta:0=__import__("os").system("touch pwned")' --fetch theta:0
row 113 2 '2**3' $leat run $graph --feed 'theta:0=2**3' --fetch theta:0
[ ! -e pwned ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo "FAILED 113: a feed was evaluated"; }
# a temporary file of somebody else is not followed: the target is replaced, what a planted link points to stays
echo precious >victim
ln -s victim out.npy
$leat run $graph --restore m.ckpt-10 --fetch theta:0=out.npy 2>err.txt
if [ "$(cat victim)" = precious ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED 114: a link was followed: $(cat err.txt)"; fi
# output that can't be written
printf 'x,y\n1,2\n2,4\n3,6\n' >t.csv
row 115 3 'standard output' sh -c "$leat run $graph --restore m.ckpt-10 --fetch theta:0 >/dev/full"
row 115 2 'no-such-directory' $leat run $graph --restore m.ckpt-10 --fetch theta:0=no-such-directory/out.npy
row 115 3 'standard output' sh -c "$leat run $graph --restore m.ckpt-10 --fetch theta:0 >&-"
if [ -d /sys/kernel ]; then # mounted, and nobody may make a directory there
    row 115 3 '/sys/leat-test' $leat train t.csv --target y --logdir /sys/leat-test/runs
    row 115 3 '/sys/leat-test' $leat run $graph --restore m.ckpt-10 --fetch theta:0 --logdir /sys/leat-test/log
fi
# names of runs stay below the root, and a directory of other things is nobody's run
mkdir -p runs/taken runs/free && : >runs/taken/file
row 35 2 'a name below runs' $leat train t.csv --target y --run ../out
row 35 2 'a name below runs' $leat train t.csv --target y --run ''
row 35 2 'not empty, and no run' $leat train t.csv --target y --run taken --resume
# points that are lost are not lost in silence
$leat train t.csv --target y --run log --epochs 3 >/dev/null 2>&1
printf X | dd of="$(ls runs/log/events*)" bs=1 seek=100 conv=notrunc 2>/dev/null
row 100 0 ': data checksum mismatch; 1 such place in this run' $leat export runs/log -o log.csv
row 0 2 'not-there.pb' $leat run not-there.pb
: >empty.pb
row 1 2 'empty' $leat run empty.pb
row 70 2 'short' $leat run $graph --restore short --fetch theta:0

finish
