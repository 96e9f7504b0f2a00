#!/bin/sh
# Runs every example and compares what it prints with what the course shows. Those on California housing are skipped where
# ../shared/data is not there.
. "${LEAT_SRCDIR:-.}/tests/check.sh"

# expect NAME "ARGUMENTS" <<EOF: each line of the input must be printed, in this order.
expect() {
    want=$dir/want
    cat >"$want"
    if (cd "$dir" && "$build/examples/$1" $2) >"$dir/out" 2>"$dir/err" && awk '
        NR == FNR { want[++n] = $0; next }
        at < n && index($0, want[at + 1]) { at++ }
        END { if (at < n) { print "not printed, or not in order: " want[at + 1]; exit 1 } }' "$want" "$dir/out" >"$dir/why"; then
        passed=$((passed + 1)); echo "ok $1"
    else
        failed=$((failed + 1)); echo "FAILED $1: $(cat "$dir/why" "$dir/err")"; cat "$dir/out"
    fi
}

expect first_graph "" <<'EOF'
x/initial_value
x
x/Assign
x/read
y/initial_value
y/read
mul
mul_1
add
add_1/y
add_1
Tensor("add_1:0", shape=(), dtype=int32)
42
EOF
expect managing_graphs "" <<'EOF'
x1 is in the first graph: yes
x2 is in the first graph: no
is of another graph
EOF
expect node_lifecycle "" <<'EOF'
10
15
10
15
EOF
expect placeholders "" <<'EOF'
[[6. 7. 8.]]
[[9. 10. 11.] [12. 13. 14.]]
node 'A' (Placeholder): You must feed a value for placeholder tensor 'A'
EOF
expect name_scopes "" <<'EOF'
a
a_1
param/a
param_1/a
loss/sub
EOF
expect get_variable "" <<'EOF'
my_scope/x
my_scope/x_1
my_scope/x_2
my_scope/x
my_scope_1/x
my_scope/x
one variable: yes
EOF
expect modularity "" <<'EOF'
max_4
weights_1 is in the graph
relu_4/max
relu_2/weights is in the graph
EOF
expect sharing_variables "" <<'EOF'
passed as a parameter
relu/max
relu_4/max
  threshold
kept by the function
relu/threshold
made outside, reused inside
relu_1/max
relu_5/max
relu/threshold
made at the first call
relu/max
relu_1/max
relu_4/max
relu/threshold
EOF
expect save_restore "$dir/model.ckpt" <<'EOF'
trained:  [[0.53687
restored: [[0.53687
imported: [[0.53687
EOF

expect profiling "" <<'EOF'
20 runs of
op type
MatMul
node (* on the critical path)
critical path:
memory: buffers of a run
machine:
idle
EOF

digits=$(cd "$top/data" && pwd)/digits-train.csv
if [ -f "$digits" ]; then
    expect watching "$digits $dir/watched/run" <<'EOF'
loss 0.0
EOF
fi

housing=$top/../shared/data/california_housing.csv
if [ -f "$housing" ]; then
    housing=$(cd "$(dirname "$housing")" && pwd)/california_housing.csv
    if [ -x "$build/examples/summaries" ]; then
        expect summaries "$housing $dir/logs" <<'EOF'
events.out.tfevents
EOF
    fi
    for how in gd_manual gd_autodiff gd_optimizer; do
        expect $how "$housing" <<'EOF'
Epoch 0 MSE = 9.16154
Epoch 100 MSE = 0.71450
Epoch 200 MSE = 0.56670
Epoch 300 MSE = 0.55557
Epoch 400 MSE = 0.54881
Epoch 500 MSE = 0.54363
Epoch 600 MSE = 0.53962
Epoch 700 MSE = 0.53650
Epoch 800 MSE = 0.53406
Epoch 900 MSE = 0.53214
Best theta: 2.06855
EOF
    done
    expect gd_momentum "$housing" <<'EOF'
Epoch 0 MSE = 9.16154
Epoch 100 MSE = 0.53056
Epoch 200 MSE = 0.52501
Epoch 300 MSE = 0.52441
Epoch 900 MSE = 0.52432
EOF
    expect normal_equation "$housing" <<'EOF'
-36.9
EOF
    expect mini_batch "$housing" <<'EOF'
Epoch 0 MSE = 0.57
Epoch 9 MSE = 0.52
EOF
else
    skipped=7
    echo "SKIPPED the examples on California housing: ../shared/data is not there"
fi
finish
