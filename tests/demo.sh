#!/bin/sh
# demo.sh LEAT DATA-DIR OUT-DIR - what `./bootstrap demo` shows: a regression and a classifier trained on the data that ships, their
# curves and graphs drawn.
set -eu
leat=$1 data=$2 out=$3
if [ -e "$out" ]; then
    n=2
    while [ -e "$out-$n" ]; do n=$((n + 1)); done
    out=$out-$n
fi
mkdir -p "$out"
logs=$out/runs
say() { printf '\n== %s\n' "$*"; }

say "a linear regression: how far diabetes progresses in a year (442 patients)"
"$leat" train "$data/diabetes.csv" --target progression --standardize --validation 0.2 --epochs 100 --logdir "$logs" --run diabetes-linear

say "the same by the normal equation"
"$leat" train "$data/diabetes.csv" --target progression --model normal --standardize --validation 0.2 --logdir "$logs" --run diabetes-normal

say "a classifier of handwritten digits (1,438 to train on, 359 held out)"
"$leat" train "$data/digits-train.csv" --target digit --classes --standardize --model mlp:300,100 --batch 50 --epochs 20 \
    --test "$data/digits-test.csv" --logdir "$logs" --run digits

say "its predictions for the held-out digits"
"$leat" predict "$logs/digits" "$data/digits-test.csv" -o "$out/digits-predictions.csv"

if "$leat" plot --help >/dev/null 2>&1; then
    say "pictures"
    "$leat" plot "$logs" -o "$out/curves.png"
    "$leat" plot "$logs" -o "$out/curves.svg"
fi
if "$leat" graph --help >/dev/null 2>&1; then
    "$leat" graph "$logs/digits" -o "$out/digits-graph.png"
    "$leat" graph "$logs/digits" -o "$out/digits-graph.svg"
fi
if "$leat" report --help >/dev/null 2>&1; then
    "$leat" report "$logs" -o "$out/report"
fi

say "written"
for file in "$out"/*.png "$out"/*.svg "$out"/*.csv "$out"/report/index.html; do
    [ -f "$file" ] && printf '%s\n' "$file"
done
printf '%s\n' "$logs (the runs: tensorboard --logdir reads them too)"
