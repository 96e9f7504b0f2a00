#!/usr/bin/env python3
"""The RunMetadata that `leat profile --logdir` records, beside TensorFlow's own (FULL_TRACE) of the same graph, both as TensorBoard
reads them. Skipped (77) without TensorFlow.

usage: profile-tensorflow.py [NAME-PART]

Every node that Leat ran is one that TensorFlow ran, of the same op, with outputs of the same slots, dtypes and shapes, and as many
bytes. What TensorFlow ran besides, Leat had no need to run: it follows from constants and known shapes, or another node computes the
same. The models are in run_models.py."""
import glob
import os
import re
import subprocess
import sys
import tempfile

import judge
from judge import check, tf
import run_models
from tensorboard.backend.event_processing import event_accumulator

judge.graphs_as_in_tensorflow_1()
LEAT = judge.built("leat")
WARMUP = 2  # steps before the one that is recorded: both draw the same random numbers


def as_written():
    """A session that runs the graph's own nodes, none folded, shared or replaced."""
    c = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    c.graph_options.optimizer_options.opt_level = -1
    c.graph_options.rewrite_options.disable_meta_optimizer = True
    return tf.Session(config=c)


def by_tensorflow(c):
    metadata = tf.RunMetadata()
    with as_written() as s:
        if c.init:
            s.run(c.init)
        for _ in range(WARMUP):
            s.run(c.targets, c.feeds)
        s.run(c.targets, c.feeds, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=metadata)
    return metadata


def by_leat(c, graph):
    log = os.path.join(c.folder, "log")
    command = [LEAT, "profile", graph, "--no-peak", "--steps", "1", "--warmup", str(WARMUP), "--threads", "2", "--logdir", log]
    command += ["--init", c.init] if c.init else []
    command += c.feed_flags() + c.target_flags()
    p = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if not check(p.returncode == 0, "leat profile: " + p.stderr.strip()[-300:]):
        return None
    a = event_accumulator.EventAccumulator(log)
    a.Reload()
    tags = a.Tags()["run_metadata"]
    return a.RunMetadata(tags[0]) if check(len(tags) == 1, "one step is recorded, not %s" % tags) else None


def executions(metadata):
    """{node: (op, {slot: (dtype, shape, bytes)}, NodeExecStats)}; of nodes that ran in pieces, that which tells the memory."""
    nodes = {}
    for device in metadata.step_stats.dev_stats:
        for n in device.node_stats:
            label = re.search(r" = (\w+)\(", n.timeline_label)
            outputs = {}
            for o in n.output:
                t = o.tensor_description
                # as TensorBoard's graph tab does: every output has a shape, be it an empty one
                check(t.HasField("shape"), n.node_name + ": an output without shape")
                outputs[o.slot] = (t.dtype, tuple(d.size for d in t.shape.dim), t.allocation_description.requested_bytes)
            # of a node that ran in pieces TensorBoard keeps the outputs of the first, and the most memory
            check(nodes.get(n.node_name, (0, outputs))[1] == outputs, n.node_name + ": its pieces tell different outputs")
            if n.node_name not in nodes or n.memory:
                nodes[n.node_name] = (label.group(1) if label else "", outputs, n)
    return nodes


def needless(graph, fed):
    """Names of nodes that no run need compute: what follows from constants and from shapes that the graph knows."""
    known = set()
    for op in graph.get_operations():  # in an order in which inputs come first, but for loops
        static = op.type in ("Shape", "Size", "Rank", "ShapeN") and all(t.shape.is_fully_defined() for t in op.inputs)
        constant = op.type == "Const" or (op.inputs and all(t.op.name in known for t in op.inputs) and not op.op_def.is_stateful)
        if op.name not in fed and (static or constant):
            known.add(op.name)
    return known


def forms(graph):
    """{node: its op, attributes and inputs}: nodes of one form compute the same."""
    form = {}
    for op in graph.get_operations():
        attributes = sorted((k, v.SerializeToString()) for k, v in op.node_def.attr.items() if not k.startswith("_") and k != "container")
        inputs = [(form[t.op.name], t.value_index) for t in op.inputs if t.op.name in form]
        form[op.name] = hash((op.type, str(attributes), str(inputs), op.name if op.op_def.is_stateful else ""))
    return form


def same_outputs(op, got, want):
    """`got` and `want`: {slot: (dtype, shape, bytes)}."""
    for slot in want:
        if slot not in got:
            return check(False, "%s (%s): output %d is not told" % (op.name, op.type, slot))
        a, b = got[slot], want[slot]
        sized = b[0] not in (tf.string.as_datatype_enum, tf.resource.as_datatype_enum, tf.variant.as_datatype_enum)
        # TensorFlow counts the whole buffer of a slice
        if not check(a[:2] == b[:2] and (a[2] <= b[2] or not sized),
                     "%s (%s): output %d is %s, TensorFlow has %s" % (op.name, op.type, slot, a, b)):  # fmt: skip
            return False
    # TensorFlow makes some outputs only where something needs them
    more = {slot for slot in set(got) - set(want) if op.outputs[slot].consumers()}
    return check(not more, "%s (%s): outputs %s more than TensorFlow has" % (op.name, op.type, sorted(more)))


def compare(graph, c, got, want):
    fed = {name.split(":")[0] for name in c.feeds}
    got_nodes, want_nodes = executions(got), executions(want)
    known, form = needless(graph, fed), forms(graph)
    ran = {form[n] for n in got_nodes if n in form}
    for name, (op, outputs, stats) in got_nodes.items():
        if not check(name in want_nodes, "%s (%s): TensorFlow did not run it" % (name, op)):
            continue
        check(op == want_nodes[name][0], "%s: %s, not %s" % (name, op, want_nodes[name][0]))
        same_outputs(graph.get_operation_by_name(name), outputs, want_nodes[name][1])
        check(stats.all_start_micros > 0 and stats.all_end_rel_micros > 0 and stats.all_end_rel_nanos >= 0, name + ": times")
        allocated = sum(m.total_bytes for m in stats.memory)
        own = sum(b for _, _, b in outputs.values())
        check(allocated in (0, own) or len(outputs) > 1, "%s: %d bytes of memory, outputs of %d" % (name, allocated, own))
    for name, (op, _, _) in want_nodes.items():
        skipped = name in known or name in fed or op in ("_Arg", "_Retval", "") or name == "_SOURCE"
        check(name in got_nodes or skipped or form.get(name) in ran, "%s (%s): not run by Leat" % (name, op))
    return len(got_nodes), sum(len(o) for _, o, _ in got_nodes.values())


def run(name, build, folder):
    c = run_models.Case(folder)
    before = judge.failures
    with tf.Graph().as_default() as g:
        build(c)
        if not c.targets or c.restore or c.prepare:
            return 0, 0
        if c.init is None and tf.global_variables():
            c.init = tf.group(tf.global_variables_initializer(), tf.local_variables_initializer(), name="init_all").name
        want = by_tensorflow(c)
        graph = os.path.join(folder, "graph.pb")
        with open(graph, "wb") as f:
            f.write(g.as_graph_def().SerializeToString())
        got = by_leat(c, graph)
        counts = compare(g, c, got, want) if got is not None else (0, 0)
    print("%s %s: %d nodes, %d outputs" % ("ok    " if judge.failures == before else "FAILED", name, *counts))
    return counts


def main():
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    nodes = outputs = 0
    with tempfile.TemporaryDirectory(prefix="leat-profile-") as folder:
        for name, build in run_models.MODELS.items():
            for kind, choose in (("resource", tf.enable_resource_variables), ("ref", tf.disable_resource_variables)):
                if part not in name:
                    continue
                choose()
                os.makedirs(os.path.join(folder, name, kind), exist_ok=True)
                n = run("%s, %s" % (name, kind), build, os.path.join(folder, name, kind))
                nodes, outputs = nodes + n[0], outputs + n[1]
    check(part != "" or (nodes > 1000 and outputs > 1000), "only %d nodes were compared" % nodes)
    judge.finish("%d nodes, %d outputs" % (nodes, outputs))


main()
