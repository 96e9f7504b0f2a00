#!/bin/sh
# The tool on graphs in text and binary: what it converts, what it refuses, with one line on standard error and code 2, and that it
# leaves its inputs alone.
. "${LEAT_SRCDIR:-.}/tests/check.sh"

# same NAME FILE FILE
same() { if cmp -s "$2" "$3"; then ok "$1"; else bad "$1" "$2 and $3 differ"; fi; }

# refused NAME PART COMMAND...: exit code 2, one line with that part, nothing printed
refused() {
    name=$1 part=$2
    shift 2
    "$@" >"$dir/out" 2>"$dir/err"
    code=$?
    if [ $code = 2 ] && [ "$(wc -l <"$dir/err")" = 1 ] && [ ! -s "$dir/out" ] && grep -qF -- "$part" "$dir/err"; then
        ok "$name"
    else
        bad "$name" "code $code: $(cat "$dir/err" "$dir/out")"
    fi
}

cat >"$dir/g.pbtxt" <<'EOT'
node {
  name: "x"
  op: "Placeholder"
  attr {
    key: "dtype"
    value {
      type: DT_FLOAT
    }
  }
}
node {
  name: "y"
  op: "Square"
  input: "x"
  attr {
    key: "T"
    value {
      type: DT_FLOAT
    }
  }
}
node {
  name: "z"
  op: "Neg"
  input: "y"
  attr {
    key: "T"
    value {
      type: DT_FLOAT
    }
  }
}
versions {
  producer: 134
}
EOT
cp "$dir/g.pbtxt" "$dir/before"
"$leat" convert "$dir/g.pbtxt" -o "$dir/g.pb" || bad convert "text to binary"
"$leat" convert "$dir/g.pb" -o "$dir/again.pbtxt" || bad convert "binary to text"
same "text to binary and back" "$dir/g.pbtxt" "$dir/again.pbtxt"
"$leat" convert "$dir/g.pb" -o "$dir/copy.pb" && same "binary to binary" "$dir/g.pb" "$dir/copy.pb"
for graph in g.pb g.pbtxt; do
    said=$("$leat" run "$dir/$graph" --feed x=3 --fetch z)
    if [ "$said" = "z = -9" ] || [ "$said" = "z = -9." ]; then ok "run $graph"; else bad "run $graph" "$said"; fi
done
"$leat" convert "$dir/g.pb" -o "$dir/y.pb" --outputs y:0
"$leat" inspect "$dir/g.pb" --diff "$dir/y.pb" >"$dir/out"
if [ $? = 1 ] && grep -q '^- z (Neg)' "$dir/out"; then ok "stripped, compared"; else bad "stripped, compared" "$(cat "$dir/out")"; fi
if "$leat" inspect "$dir/g.pb" --diff "$dir/g.pbtxt" >"$dir/out"; then ok "no difference"; else bad "no difference" "$(cat "$dir/out")"; fi

sed 's/op: "Square"/operation: "Square"/' "$dir/g.pbtxt" >"$dir/bad.pbtxt"
for command in inspect "run --fetch z" "convert -o $dir/o.pb" "convert -o $dir/o.pb --outputs z"; do
    refused "$command of a wrong field" "bad.pbtxt:13:3: NodeDef has no field 'operation'" "$leat" $command "$dir/bad.pbtxt"
done
sed 's/input: "x"/input: "w"/' "$dir/g.pbtxt" >"$dir/bad.pbtxt"
refused "absent input" "bad.pbtxt:11: node 'y' (Square): input 'w' is not in the graph" "$leat" inspect "$dir/bad.pbtxt"
refused "absent input, stripped" "node 'y' (Square): input 'w' is not in the graph" \
    "$leat" convert "$dir/bad.pbtxt" -o "$dir/o.pb" --outputs z
refused "absent output" "output 'q' is not in the graph" "$leat" convert "$dir/g.pb" -o "$dir/o.pb" --outputs q
refused "no output" "--outputs names no node" "$leat" convert "$dir/g.pb" -o "$dir/o.pb" --outputs ,
refused "a GraphDef as .meta" "would be a MetaGraphDef" "$leat" convert "$dir/g.pb" -o "$dir/o.meta"
cp "$dir/g.pbtxt" "$dir/text.pb"
refused "text named .pb" "text.pb:0: this is text" "$leat" inspect "$dir/text.pb"
cp "$dir/g.pb" "$dir/binary.pbtxt"
refused "binary named .pbtxt" "binary.pbtxt:" "$leat" inspect "$dir/binary.pbtxt"
head -c 40 "$dir/g.pb" >"$dir/short.pb"
refused "cut short" "short.pb" "$leat" inspect "$dir/short.pb"
: >"$dir/empty.pb"
refused "empty" "empty.pb:0: the file is empty" "$leat" inspect "$dir/empty.pb"
refused "a graph and a checkpoint" "two graphs or two checkpoints" "$leat" inspect "$dir/g.pb" --diff "$dir"
for bytes in '\012\012\012\002a\377\022\004NoOp' '\012\007\012\001a\022\004NoOp' 'nonsense'; do
    printf "$bytes" >"$dir/bad.pb"
    for o in o.pb o.pbtxt; do
        refused "bytes that are no graph, to $o" "bad.pb:" "$leat" convert "$dir/bad.pb" -o "$dir/$o"
    done
done
same "the input is unchanged" "$dir/g.pbtxt" "$dir/before"
if [ -e "$dir/o.pb" ] || [ -e "$dir/o.meta" ]; then bad "no output of what failed" "$(ls "$dir")"; else ok "no output of what failed"; fi

# Standard output, pipes and devices are written to, not replaced.
"$leat" convert "$dir/g.pbtxt" -o - >"$dir/o.pb"
same "to standard output" "$dir/o.pb" "$dir/g.pb"
"$leat" convert "$dir/g.pbtxt" -o /dev/stdout | cat >"$dir/o.pb"
same "to /dev/stdout, a pipe" "$dir/o.pb" "$dir/g.pb"
mkfifo "$dir/fifo"
exec 3<>"$dir/fifo"
"$leat" convert "$dir/g.pbtxt" -o "$dir/fifo" || bad "to a pipe" "code $?"
timeout 10 head -c "$(wc -c <"$dir/g.pb")" <&3 >"$dir/o.pb"
exec 3>&-
same "to a pipe" "$dir/o.pb" "$dir/g.pb"
if [ -p "$dir/fifo" ]; then ok "the pipe stays"; else bad "the pipe stays" "$(ls -l "$dir/fifo")"; fi

# A SavedModel of two meta graphs, which its tags tell apart; tensors by the keys of a signature.
mkdir "$dir/model"
for tag in serve train; do
    cat <<EOT
meta_graphs {
  meta_info_def { tags: "$tag" }
  graph_def {
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "$tag/y" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
  }
  signature_def {
    key: "negate"
    value {
      inputs { key: "in" value { name: "x:0" dtype: DT_FLOAT tensor_shape { dim { size: -1 } } } }
      outputs { key: "out" value { name: "$tag/y:0" dtype: DT_FLOAT tensor_shape { unknown_rank: true } } }
    }
  }
}
EOT
done >"$dir/model/saved_model.pbtxt"

# prints NAME LINE COMMAND...: a line of what the command prints
prints() {
    name=$1 line=$2
    shift 2
    if "$@" >"$dir/out" 2>&1 && grep -qxF -- "$line" "$dir/out"; then ok "$name"; else bad "$name" "$(cat "$dir/out")"; fi
}
prints "a signature's keys" "out = [-1. -2.]" "$leat" run "$dir/model" --signature negate --feed in='[1, 2]' --fetch out
prints "names beside a signature" "train/y = -3." \
    "$leat" run "$dir/model" --tags train --signature negate --feed x=3 --fetch train/y
prints "which meta graphs there are" "meta graphs: serve; train; this is serve" "$leat" inspect "$dir/model"
prints "another meta graph" "meta graphs: serve; train; this is train" "$leat" inspect "$dir/model" --tags train
prints "an input of the signature" "  input in  x:0  float32 (?,)" "$leat" inspect "$dir/model"
prints "an output of the signature" "  output out  serve/y:0  float32 <unknown>" "$leat" inspect "$dir/model"
refused "a key without the signature" "feed 'in' is not in the graph" "$leat" run "$dir/model" --feed in=1 --fetch serve/y
refused "an output's key fed" "feed 'out' is not in the graph" \
    "$leat" run "$dir/model" --signature negate --feed out=1 --fetch out
refused "an absent signature" "the graph has no signature 'nil'; there are: negate" \
    "$leat" run "$dir/model" --signature nil --feed in=1 --fetch out
refused "absent tags" "is tagged 'gpu'; there are: serve; train" "$leat" inspect "$dir/model" --tags gpu
finish
