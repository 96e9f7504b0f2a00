#!/bin/sh
# leat train --model cnn: accuracy on the held-out digits with five seeds, bits on any number of threads and over interruptions,
# predict's metric, and what is no image.
. "${LEAT_SRCDIR:-.}/tests/check.sh"
digits="$top/data/digits-train.csv --target digit --classes --standardize --model cnn --batch 50"
latest() { sed -n 's/^model_checkpoint_path: "\(.*\)"/\1/p' "runs/$1/checkpoint"; }
same() { cmp "runs/$1/$(latest "$1").data-00000-of-00001" "runs/$2/$(latest "$2").data-00000-of-00001"; }
accuracy() { sed -n 's/.*accuracy \([0-9.e-]*\) on.*/\1/p' "$1"; }

for seed in 1 2 3 4 5; do
    $leat train $digits --epochs 15 --test "$top/data/digits-test.csv" --seed $seed --run seed$seed >seed$seed.txt 2>err.txt ||
        { bad "seed $seed"; cat err.txt; }
    got=$(accuracy seed$seed.txt)
    check "seed $seed: 98 % of the held-out digits ($got)" awk -v a="${got:-0}" 'BEGIN { exit !(a >= 0.98) }'
done
$leat predict runs/seed1 "$top/data/digits-test.csv" -o out.csv 2>predict.txt || bad "predict"
check "predict's metric is training's" [ -n "$(accuracy seed1.txt)" -a "$(accuracy seed1.txt)" = "$(accuracy predict.txt)" ]

$leat train $digits --epochs 2 --run one --threads 1 >/dev/null 2>err.txt || { bad "train on one thread"; cat err.txt; }
$leat train $digits --epochs 2 --run four --threads 4 --image 8x8x1 >/dev/null 2>err.txt || { bad "train on four threads"; cat err.txt; }
check "1 and 4 threads, the image given or not: the same bits" same one four
$leat train $digits --epochs 1 --run parts >/dev/null 2>&1
$leat train $digits --epochs 2 --run parts --resume >/dev/null 2>err.txt || { bad "resume"; cat err.txt; }
check "resumed: the bits of an uninterrupted run" same one parts
$leat train $digits --epochs 3 --run one --resume --image 4x16x1 >/dev/null 2>err.txt
check "resume refuses another shape of the image" [ $? = 2 ]
check "and names it" grep -q -- '--image was 8x8x1 and is 4x16x1' err.txt

# Images in colour, not square, whose number is to be found: a regression.
awk 'BEGIN { for (i = 0; i < 36; i++) printf "p%d,", i; print "red"
    for (r = 0; r < 64; r++) { s = 0
        for (i = 0; i < 36; i++) { v = (r * 7 + i * 13 + r * i) % 11; if (i % 3 == 0) s += v; printf "%d,", v }
        print s / 12 } }' >colour.csv
$leat train colour.csv --target red --model cnn --image 3x4x3 --epochs 2 --run colour >/dev/null 2>err.txt || { bad "colour"; cat err.txt; }
$leat predict runs/colour colour.csv >out.csv 2>err.txt || { bad "predict colour"; cat err.txt; }
check "a row a row" [ "$(wc -l <out.csv)" = 65 ]

refused() { # refused NAME TEXT OPTION...: exit code 2 and TEXT
    name=$1 text=$2; shift 2
    $leat train "$@" --run refused >/dev/null 2>err.txt
    if [ $? = 2 ] && grep -qF -- "$text" err.txt && [ ! -e runs/refused ]; then ok "$name"; else bad "$name"; cat err.txt; fi
}
refused "an image of another size" "--image 8x8x3 has 192 values, the rows have 64" $digits --image 8x8x3
for image in 8x8 8x8x1x1 x8x1 8x8x0 8x8x1.5 99999x1x1 8X8X1 ''; do
    refused "--image '$image'" "height x width x channels" $digits --image "$image"
done
refused "an image for a model that has none" "--image is for --model cnn" colour.csv --target red --image 6x6x1
sed 's/^p0,p1,/p0,/; 2,$s/^[0-9]*,//' colour.csv >odd.csv
refused "no square" "35 columns are no square image" odd.csv --target red --model cnn
awk -F, -v OFS=, 'NR > 1 { $2 = "blue" } { print }' colour.csv >category.csv
refused "a category among the pixels" "'p1' holds categories" category.csv --target red --model cnn

finish
