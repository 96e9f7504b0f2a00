#!/usr/bin/env python3
"""Leat and TensorFlow train one network in turns, 100 steps each, through checkpoints. Skipped (77) without TensorFlow.

The network is built by Leat or by TensorFlow, with variables of either kind, whole or in slices, and each of the optimizers. The
300 losses must be those of 300 steps at a stretch, by Leat and by TensorFlow, within a relative 1e-6."""
import os
import shutil
import subprocess
import tempfile

import judge
from judge import tf
import numpy as np

judge.graphs_as_in_tensorflow_1()
DRIVER = judge.built("train-driver")
BATCH, INPUTS, CLASSES, TURN = 32, 8, 4, 100
where = tempfile.mkdtemp(prefix="leat-turns-")

def data():
    r = np.random.RandomState(5)
    centers = r.randn(CLASSES, INPUTS)
    out = []
    with open(os.path.join(where, "data"), "wb") as f:
        for _ in range(3 * TURN):
            y = r.randint(0, CLASSES, size=BATCH).astype(np.int32)
            x = (centers[y] + 0.8 * r.randn(BATCH, INPUTS)).astype(np.float32)
            f.write(x.tobytes() + y.tobytes())
            out.append((x, y))
    return out


def leat(*args):
    p = subprocess.run([DRIVER, *map(str, args)], capture_output=True, text=True)
    if p.returncode != 0:
        raise RuntimeError("%s: %s" % (" ".join(map(str, args)), p.stderr.strip()))
    return [float(line) for line in p.stdout.split()]


def session(graph):
    return tf.Session(graph=graph, config=tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1))


def steps(s, batches):
    losses = []
    for x, y in batches:
        losses.append(float(s.run("loss:0", {"X:0": x, "y:0": y})))
        s.run("train", {"X:0": x, "y:0": y})
    return losses


def tensorflow(meta, restore, batches, save=None):
    with tf.Graph().as_default() as g, session(g) as s:
        saver = tf.train.import_meta_graph(meta)
        saver.restore(s, restore)
        losses = steps(s, batches)
        if save:
            saver.save(s, save)
    return losses


def optimizer(name, step):
    rate = tf.train.exponential_decay(0.01, step, 50, 0.9)
    return {
        "momentum": lambda: tf.train.MomentumOptimizer(rate, 0.9, use_nesterov=True),
        "rmsprop": lambda: tf.train.RMSPropOptimizer(rate, momentum=0.5),
        "adagrad": lambda: tf.train.AdagradOptimizer(rate),
        "adam": lambda: tf.train.AdamOptimizer(rate),
    }[name]()


def tensorflow_builds(name, resource, sliced, prefix):
    """Saves a network with its initial values."""
    with tf.Graph().as_default() as g, session(g) as s:
        tf.set_random_seed(3)
        x = tf.placeholder(tf.float32, [None, INPUTS], name="X")
        y = tf.placeholder(tf.int32, [None], name="y")
        cut = tf.fixed_size_partitioner(3) if sliced else None
        with tf.variable_scope("net", use_resource=resource, partitioner=cut):
            w1 = tf.convert_to_tensor(tf.get_variable("w1", [INPUTS, 20]))
            b1 = tf.get_variable("b1", [20], initializer=tf.zeros_initializer(), partitioner=None)
            w2 = tf.convert_to_tensor(tf.get_variable("w2", [20, CLASSES]))
            hidden = tf.tanh(tf.matmul(x, w1) + tf.convert_to_tensor(b1))
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=tf.matmul(hidden, w2))
        loss = tf.reduce_mean(each, name="loss")
        step = tf.train.get_or_create_global_step()
        optimizer(name, step).minimize(loss, global_step=step, name="train")
        s.run(tf.global_variables_initializer())
        tf.train.Saver().save(s, prefix)


def same(what, got, want):
    worst = max(abs(a - b) / abs(b) for a, b in zip(got, want))
    good = len(got) == len(want) == 3 * TURN and worst <= 1e-6 and want[-1] < 0.5 * want[0]
    print("%-60s worst %.2g, loss %.4f -> %.4f" % (what, worst, want[0], want[-1]))
    judge.check(good, what)


def turns(what, start, batches):
    """From the checkpoint `start`, saved before the first step."""
    meta, file = start + ".meta", os.path.join(where, "data")
    a, b = start + "-a", start + "-b"
    mixed = leat("go", meta, start, file, 0, TURN, a)
    mixed += tensorflow(a + ".meta", a, batches[TURN : 2 * TURN], b)
    mixed += leat("go", b + ".meta", b, file, 2 * TURN, TURN, "-")
    whole = leat("go", meta, start, file, 0, 3 * TURN, "-")
    same(what + ": turns, Leat's 300", mixed, whole)
    same(what + ": turns, TensorFlow's 300", mixed, tensorflow(meta, start, batches))


def main():
    batches = data()
    for name in ("adam", "momentum", "rmsprop", "adagrad"):
        for kind in ("ref", "resource") if name == "adam" else ("ref",):
            start = os.path.join(where, "leat-%s-%s" % (name, kind))
            leat("new", name, kind, os.path.join(where, "data"), 0, 0, start)
            turns("Leat's, %s, %s" % (name, kind), start, batches)
    for name, resource, sliced in (("adam", False, True), ("adam", True, True), ("momentum", True, False), ("rmsprop", False, True),
                                   ("adagrad", True, True)):  # fmt: skip
        start = os.path.join(where, "tf-%s-%d-%d" % (name, resource, sliced))
        tensorflow_builds(name, resource, sliced, start)
        turns("TensorFlow's, %s, %s%s" % (name, "resource" if resource else "ref", ", sliced" if sliced else ""), start, batches)


try:
    main()
finally:
    shutil.rmtree(where)
judge.finish()
