#!/usr/bin/env python3
"""Models of many kinds, built and run by TensorFlow and by `leat run`, with 1 and 2 threads. Skipped (77) without TensorFlow.

usage: run-tensorflow.py [NAME-PART] [--keep DIR]

A case initialises, perhaps restores a checkpoint, runs its targets some times and fetches; variables are read at the end. Both
see the same random streams. The models are in run_models.py."""
import os
import subprocess
import sys
import tempfile

import judge
from judge import tf
import numpy as np
import run_models

judge.graphs_as_in_tensorflow_1()
LEAT = judge.built("leat")


def compare(got, want, rtol, atol):
    want = np.asarray(want)
    if want.dtype.kind in "OU" or got.dtype.kind == "S":
        a, b = [[bytes(x).rstrip(b"\0") for x in np.asarray(v, dtype=object).ravel()] for v in (got, want)]
        return None if a == b and got.shape == want.shape else "%r, TensorFlow has %r" % (a[:4], b[:4])
    if got.dtype != want.dtype or got.shape != want.shape:
        return "%s%s, TensorFlow has %s%s" % (got.dtype, got.shape, want.dtype, want.shape)
    if want.dtype.kind in "iub":
        good = got == want
    else:
        with np.errstate(all="ignore"):
            a, b = got.astype(np.float64), want.astype(np.float64)
            good = (np.abs(a - b) <= atol + rtol * np.abs(b)) | (a == b) | (np.isnan(a) & np.isnan(b))
    if np.all(good):
        return None
    i = np.flatnonzero(~np.atleast_1d(good))[0]
    return "%d of %d differ, the first at %d: %r, TensorFlow has %r" % ((~np.atleast_1d(good)).sum(), want.size, i, got.ravel()[i], want.ravel()[i])


def session():
    c = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    return tf.Session(config=c)


def by_tensorflow(c):
    if c.prepare:
        with session() as s:
            c.prepare(s)
    with session() as s:
        if c.init:
            s.run(c.init)
        if c.restore:
            c.saver.restore(s, c.restore)
        for _ in range(c.steps):
            s.run(c.targets, c.feeds)
        return s.run(c.fetches, c.feeds)


def by_leat(c, graph, threads):
    command = [LEAT, "run", graph, "--threads", str(threads)]
    if c.init:
        command += ["--init", c.init]
    if c.restore:
        command += ["--restore", c.restore]
    command += c.feed_flags() + c.target_flags()
    if c.targets:
        command += ["--steps", str(c.steps)]
    outs = [os.path.join(c.folder, "out%d-%d.npy" % (i, threads)) for i in range(len(c.fetches))]
    for name, path in zip(c.fetches, outs):
        command += ["--fetch", "%s=%s" % (name, path)]
    p = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if p.returncode != 0:
        return p.stderr.strip()[-400:], None
    return None, [np.load(o) for o in outs]


def run(name, build, folder):
    c = run_models.Case(folder)
    with tf.Graph().as_default() as g:
        build(c)
        if c.init is None and tf.global_variables() and not c.restore:
            c.init = tf.group(tf.global_variables_initializer(), tf.local_variables_initializer(), name="init_all").name
        if c.variables:
            c.fetch(*[v.read_value() if v.dtype._is_ref_dtype is False else v._ref() for v in tf.global_variables()])
        want = by_tensorflow(c)
        graph = os.path.join(folder, "model.meta" if c.meta else "graph.pb")
        if c.meta:
            tf.train.export_meta_graph(graph, saver_def=c.saver.as_saver_def() if c.saver else None)
        else:
            with open(graph, "wb") as f:
                graph_def = g.as_graph_def()
                for node in graph_def.node:
                    node.op = c.older.get(node.op, node.op)
                f.write(graph_def.SerializeToString())
    problems, last = [], None
    for threads in (1, 2):
        error, got = by_leat(c, graph, threads)
        if error:
            problems.append(error)
            break
        for n, a, b in zip(c.fetches, got, want):
            p = compare(a, b, c.rtol, c.atol)
            if p:
                problems.append("%s: %s" % (n, p))
        if last is not None and any(a.tobytes() != b.tobytes() for a, b in zip(got, last)):
            problems.append("1 and 2 threads give different bits")
        last = got
    print("%s %s, %d fetches" % ("FAILED" if problems else "ok    ", name, len(c.fetches)))
    for p in problems[:6]:
        print("       " + p)
    return bool(problems)


def main():
    keep = sys.argv[sys.argv.index("--keep") + 1] if "--keep" in sys.argv else None
    part = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else ""
    bad = n = 0
    with tempfile.TemporaryDirectory(prefix="leat-models-") as temporary:
        for name, build in run_models.MODELS.items():
            if part not in name:
                continue
            folder = os.path.join(keep or temporary, name)
            os.makedirs(folder, exist_ok=True)
            for kind, choose in (("resource", tf.enable_resource_variables), ("ref", tf.disable_resource_variables)):
                choose()
                n += 1
                try:
                    bad += run("%s, %s" % (name, kind), build, folder)
                except Exception as e:  # noqa: BLE001 - of TensorFlow or of the model
                    print("FAILED %s, %s: %s: %s" % (name, kind, type(e).__name__, str(e).split("\n")[0][:300]))
                    bad += 1
    print("%d models, %d failed" % (n, bad))
    return 1 if bad else 0


sys.exit(main())
