#!/bin/sh
# leat train and predict, as a user runs them: bits on any number of threads, over interruptions, and between training's metric and
# prediction's.
. "${LEAT_SRCDIR:-.}/tests/check.sh"
digits="$top/data/digits-train.csv --target digit --classes --standardize --model mlp:20 --batch 50 --validation 0.2"
same() { cmp "runs/$1/$(latest "$1").data-00000-of-00001" "runs/$2/$(latest "$2").data-00000-of-00001"; }
latest() { sed -n 's/^model_checkpoint_path: "\(.*\)"/\1/p' "runs/$1/checkpoint"; }

$leat train $digits --epochs 6 --run one --threads 1 >one.txt 2>/dev/null || bad "train"
$leat train $digits --epochs 6 --run four --threads 4 >four.txt 2>/dev/null || bad "train on 4 threads"
check "1 and 4 threads: the same bits" same one four

$leat train $digits --epochs 2 --run parts >/dev/null 2>&1
$leat train $digits --epochs 4 --run parts --resume >/dev/null 2>&1
$leat train $digits --epochs 6 --run parts --resume >parts.txt 2>/dev/null
check "resumed twice: the bits of an uninterrupted run" same one parts

# Every 40th step's times into the log: the same bits.
$leat train $digits --epochs 6 --run traced --trace-step 40 >/dev/null 2>&1 || bad "train --trace-step"
check "traced steps: the same bits" same one traced
traced=$(sed -n 's/^model_checkpoint_path: ".*-\([0-9]*\)"/\1/p' runs/traced/checkpoint)
check "and a profile each" sh -c "$leat inspect runs/traced | grep -q 'profiles *$((traced / 40))\$'"

# A run that is finished, resumed: nothing is logged twice.
before=$($leat inspect runs/parts | grep points)
$leat train $digits --epochs 6 --run parts --resume >/dev/null 2>&1
check "a finished run, resumed, logs nothing twice" [ "$before" != "" -a "$before" = "$($leat inspect runs/parts | sed 's/^\(.*: \)[0-9]* files/\1X/' | grep points | sed 's/X/3 files/')" ]

# A learning rate that is far too high: said once. An empty directory is free to take.
mkdir -p runs/diverges
$leat train $digits --epochs 2 --run diverges --lr 1e6 --optimizer sgd >/dev/null 2>err.txt || bad "train with a high learning rate"
check "divergence is told once" [ "$(grep -c 'training diverges' err.txt)" = 1 ]

# A disk that takes no more events, in the middle of one: what is whole stays, the rest is counted, the checkpoint is saved all the same;
# and where that does not fit either, both are told. A file's largest size stands for the disk (ulimit: in 512 bytes).
seq 400 | awk 'BEGIN { print "a,b,y" } { print $1 % 7 "," $1 % 5 "," $1 % 7 * 2 + $1 % 5 }' >small.csv
limited() { (trap '' XFSZ; ulimit -f "$1"; shift; exec $leat train small.csv --target y --batch 20 --summary-every 1 "$@") 2>err.txt; }
limited 60 --epochs 300 --run full; status=$?
check "events on a full disk: exit status" [ $status = 3 ]
check "... warned once, and told at the end how many are missing" [ "$(grep -c 'events are being dropped' err.txt),$(grep -c '[0-9] events were dropped$' err.txt)" = 1,1 ]
check "... the checkpoint is there" [ -f "runs/full/$(latest full).index" ]
check "... and the events that fitted, whole" sh -c "$leat inspect --json runs/full | grep -q '\"damage\": *\\[\\]'"
limited 8 --epochs 300 --run fuller; status=$?
check "nor a checkpoint: exit status" [ $status = 3 ]
check "... and a line each" [ "$(grep -c '^leat: no checkpoint of step 6000: .*File too large' err.txt),$(grep -c '^leat: .*events were dropped$' err.txt)" = 1,1 ]

# A signal in the middle: the step is finished and saved, the exit status tells.
$leat train $digits --epochs 100000 --run stopped >/dev/null 2>&1 &
pid=$!
while [ ! -f runs/stopped/train.json ]; do sleep 0.1; kill -0 $pid 2>/dev/null || break; done
sleep 0.5
kill -TERM $pid
wait $pid
check "SIGTERM ends with 143" [ $? = 143 ]
check "and leaves a checkpoint" [ -f "runs/stopped/$(latest stopped).index" ]

# The metric of prediction on the validation rows is the one last logged, bit for bit: the last fifth of the rows.
rows=$(($(wc -l <"$top/data/digits-train.csv") - 1))
held=$(awk -v r="$rows" 'BEGIN { printf "%d", r * 0.2 + 0.5 }')
{ head -n 1 "$top/data/digits-train.csv"; tail -n "$held" "$top/data/digits-train.csv"; } >held.csv
$leat predict runs/one held.csv -o out.csv 2>predict.txt || bad "predict"
logged=$(sed -n 's/.*accuracy \([0-9.e-]*\) on.*/\1/p' one.txt)
told=$(sed -n 's/.*accuracy \([0-9.e-]*\) on.*/\1/p' predict.txt)
check "predict's metric is training's ($logged)" [ -n "$logged" -a "$logged" = "$told" ]
check "a row a row" [ "$(wc -l <out.csv)" = $((held + 1)) ]

# Refusals: changed flags and data, by name.
$leat train $digits --epochs 7 --run one --resume --lr 0.5 >/dev/null 2>err.txt
check "resume refuses another learning rate" [ $? = 2 ]
check "and names it" grep -q lr err.txt
$leat train $digits --run one >/dev/null 2>err.txt
check "two runs never mix" [ $? != 0 ]

# A table as they come: BOM, CRLF, quotes, gaps, categories, Chinese names; reordered columns and unseen categories when predicting.
awk 'BEGIN {
    printf "\357\273\277\345\237\216\345\270\202,\"size, m2\",rooms,price\r\n"
    for (i = 0; i < 200; i++) {
        city = i % 3 == 0 ? "\345\214\227\344\272\254" : i % 3 == 1 ? "\344\270\212\346\265\267" : "\"K\303\266ln, DE\""
        printf "%s,%s,%d,%.2f\r\n", city, i % 17 == 5 ? "" : 30 + i % 50, 1 + i % 4, 10 + (i % 3) * 5 + (30 + i % 50) * 0.3 + (i % 4)
    } }' >homes.csv
$leat train homes.csv --target price --model normal --validation 0.1 --run homes >homes.txt 2>err.txt || { bad "train on homes"; cat err.txt; }
printf 'rooms,\345\237\216\345\270\202,"size, m2"\n2,\344\270\212\346\265\267,40\n3,Atlantis,50\n' >new.csv
$leat predict runs/homes new.csv >new.txt 2>err.txt || { bad "predict with reordered columns"; cat err.txt; }
check "two predictions" [ "$(wc -l <new.txt)" = 3 ]
printf 'rooms,\345\237\216\345\270\202\n2,x\n' >lacking.csv
$leat predict runs/homes lacking.csv >/dev/null 2>err.txt
check "a missing column is refused" [ $? = 2 ]
check "and named" grep -q 'size, m2' err.txt

finish
