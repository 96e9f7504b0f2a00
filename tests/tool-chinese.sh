#!/bin/sh
# Chinese column names, run names and tags, from the table to the last picture: every text that is drawn is there as it was given,
# and drawn by a font that has it.
cd "$LEAT_BUILDDIR" || exit 99
failed=0
fail() { echo "FAIL: $*"; failed=1; }
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
leat=$PWD/leat driver=$PWD/events-driver
cd "$dir" || exit 99

awk 'BEGIN { print "城市,面积,房间数,价格"
    for (i = 0; i < 90; i++) print (i % 3 ? "北京" : "上海") "," 30 + i ",\"" 1 + i % 4 "\"," 20 + i % 3 * 5 + i * 0.3 }' >房价.csv
"$leat" train 房价.csv --target 价格 --standardize --validation 0.2 --epochs 3 --run 第一次 >out.txt 2>err.txt || fail "train: $(cat err.txt)"
grep -q 'runs/第一次$' out.txt || fail "train does not name its run: $(cat out.txt)"
for name in 城市 面积 房间数 价格 北京 上海; do
    grep -q "\"$name\"" runs/第一次/train.json || fail "no $name in train.json"
done
awk 'BEGIN { print "房间数,城市,面积"; print "2,上海,40" }' >新.csv
"$leat" predict runs/第一次 新.csv -o 预测.csv 2>err.txt || fail "predict: $(cat err.txt)"
[ "$(head -n 1 预测.csv)" = 价格 ] || fail "the prediction's column is $(head -n 1 预测.csv)"
"$leat" predict runs/第一次 预测.csv >/dev/null 2>err.txt && fail "predicts without columns"
grep -q '城市\|面积\|房间数' err.txt || fail "the missing column is not named: $(cat err.txt)"

# The driver's log has a scalar "odd 损失 ...", and curves that are not drawn here.
"$driver" write runs/标签 >/dev/null || fail "events-driver"
for format in svg png pdf; do
    "$leat" plot runs -o "图.$format" --tag "loss|损失" --title 房价预测 --xlabel 步数 2>err.txt || fail "plot $format: $(cat err.txt)"
    "$leat" graph runs/第一次 -o "计算图.$format" 2>err.txt || fail "graph $format: $(cat err.txt)"
done
"$leat" report runs -o 报告.html 2>err.txt || fail "report: $(cat err.txt)"
"$leat" report runs -o 报告 2>err.txt || fail "report: $(cat err.txt)"
"$leat" export runs -o 表.csv 2>err.txt || fail "export: $(cat err.txt)"
"$leat" export runs 2>err.txt >打印.csv || fail "export: $(cat err.txt)"
cmp 表.csv 打印.csv || fail "export prints something else than it writes"
"$leat" export runs --json --tag 损失 --smooth 0.6 2>err.txt >打印.json || fail "export: $(cat err.txt)"
grep -qF 损失 打印.json && grep -qF '"smoothed": [' 打印.json || fail "export --json --smooth: $(cat 打印.json)"
for text in 第一次 标签 损失; do
    for file in 图.svg 报告.html 报告/index.html 表.csv; do
        grep -qF "$text" "$file" || fail "no $text in $file"
    done
done
for text in 房价预测 步数; do
    grep -qF ">$text<" 图.svg || fail "no $text in 图.svg"
done

# In a PDF the fonts are told: one of those that the system has for Chinese must be among them.
if command -v pdffonts >/dev/null && command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh family)" ]; then
    fc-list :lang=zh family | tr , '\n' | tr -d ' ' | sort -u | grep -v '^$' >families
    pdffonts 图.pdf | grep -qiFf families || fail "no font with Chinese in: $(pdffonts 图.pdf)"
    pdftotext 图.pdf - | grep -q 第一次 || fail "no run's name in the PDF's text"
else
    echo "skipped: which font a PDF draws Chinese with (needs poppler-utils and a font)"
fi
exit $failed
