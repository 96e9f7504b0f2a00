#!/usr/bin/env python3
"""Graphs made at random of variables that are read, handed on and written in one run, computed by TensorFlow and by Leat.
Skipped (77) without TensorFlow.

usage: test-writes.py [--graphs N] [--other N] [--only N] [--keep DIR]

Control inputs order every read of a buffer with every write of it, directly or through other nodes; ops that only hand on a ref
variable's buffer (Identity, Reshape, Switch, ...) mostly have none, and come when they like. So there is one right answer, which
TensorFlow gives with 1 and with 4 threads; if it does not, the graph was made badly, and the test fails, too."""
import argparse
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import judge  # noqa: E402
from judge import tf  # noqa: E402
import numpy as np  # noqa: E402
from driver import Leat, dump, load  # noqa: E402
from graphs import add  # noqa: E402

judge.graphs_as_in_tensorflow_1()
SIZES = (2, 3, 4, 6)


class Variable:
    """kind: ref, flex (another size from time to time), string, resource, counter. Its value has `size` elements."""

    def __init__(self, kind, size, handle):
        self.kind, self.size, self.handle = kind, size, handle
        self.ref = handle  # or what the last write handed on
        self.writer, self.readers = None, []


class Value:
    """shows: the variable whose buffer it may show, or None."""

    def __init__(self, tensor, size, shows=None):
        self.tensor, self.size, self.shows = tensor, size, shows


class Maker:
    def __init__(self, seed):
        self.rng = np.random.RandomState(seed)
        self.graph = tf.Graph()
        self.variables, self.values, self.events, self.fetches, self.inits = [], [], [], [], []

    def chance(self, p):
        return self.rng.rand() < p

    def pick(self, items):
        return items[self.rng.randint(len(items))]

    def numbers(self, size):
        return np.round(self.rng.uniform(1, 5, size=size), 2).astype(np.float32)

    def words(self, size):
        return np.array([self.pick("abcdef") for _ in range(size)], dtype=object)

    # ---- order ----

    def waiting(self, reads, writes):
        """What an op must wait for that reads and writes these variables' buffers."""
        wait = [v.writer for v in reads | writes if v.writer is not None]
        for v in writes:
            wait += v.readers
        if self.events and self.chance(0.2):
            wait.append(self.pick(self.events))
        wait = [op for i, op in enumerate(wait) if op not in wait[:i]]
        if len(wait) > 1 and self.chance(0.3):
            with tf.control_dependencies(wait):
                wait = [tf.no_op()]
        return tf.control_dependencies(wait)

    def done(self, op, reads, writes):
        self.events.append(op)
        for v in writes:
            v.writer, v.readers = op, []
        for v in reads - writes:
            v.readers.append(op)

    # ---- variables ----

    def variable(self):
        kind = self.pick(("ref", "ref", "ref", "flex", "string", "resource", "counter"))
        size, t = self.pick(SIZES), tf.string if kind == "string" else tf.int32 if kind == "counter" else tf.float32
        shape = [] if kind == "counter" else None if kind == "flex" else [size]
        if kind == "resource":
            handle = add("VarHandleOp", dtype=t, shape=shape, shared_name="v%d" % len(self.variables))
            self.inits.append(add("AssignVariableOp", resource=handle, value=tf.constant(self.numbers(size))))
        else:
            handle = add("VariableV2", dtype=t, shape=shape)
            start = tf.constant(3) if kind == "counter" else self.fresh(kind, size).tensor
            self.inits.append(add("Assign", ref=handle, value=start, validate_shape=kind != "flex").op)
        self.variables.append(Variable(kind, 1 if kind == "counter" else size, handle))

    def fresh(self, kind, size):
        return Value(tf.constant(self.words(size) if kind == "string" else self.numbers(size)), size)

    # ---- what hands on ----

    def look(self, v):
        """A value that shows the variable's buffer; of a resource, its content."""
        if v.kind == "resource":
            with self.waiting({v}, set()):
                t = add("ReadVariableOp", resource=v.handle, dtype=tf.float32)
            self.done(t.op, {v}, set())
            return Value(t, v.size)
        if v.kind == "flex":  # which buffer it shows depends on when
            with self.waiting({v}, set()):
                t = tf.identity(v.handle)
            self.done(t.op, {v}, set())
        elif self.events and self.chance(0.3):
            with tf.control_dependencies([self.pick(self.events)]):
                t = tf.identity(v.handle)
        else:
            t = self.hand_on(v.handle, v.size) if self.chance(0.3) else tf.identity(v.handle)
        return Value(t, v.size, v)

    def hand_on(self, t, size):
        way = self.rng.randint(7)
        if way == 0:
            return add("Reshape", tensor=t, shape=tf.constant(self.pick([[size], [1, size], [size, 1], [-1]])))
        if way == 1:
            return add("ExpandDims", input=t, dim=tf.constant(0))
        if way == 2:
            return add("Squeeze", input=add("Reshape", tensor=t, shape=tf.constant([1, size, 1])), squeeze_dims=[0])
        if way == 3:
            s = add("Switch", data=t, pred=tf.constant(self.chance(0.5)) if self.chance(0.5) else self.flag)
            return add("Merge", inputs=[add("Identity", input=s[0]), s[1]])[0]
        return add(("StopGradient", "Identity", "PreventGradient")[way - 4], input=t)

    def flat(self, x):
        """The value with shape [size]."""
        return Value(add("Reshape", tensor=x.tensor, shape=tf.constant([x.size])), x.size, x.shows)

    def alias(self):
        shown = [x for x in self.values if x.shows is not None]
        refs = [v for v in self.variables if v.kind != "counter"]
        if shown and self.chance(0.5) or not refs:
            if shown:
                x = self.pick(shown)
                self.keep(Value(self.hand_on(x.tensor, x.size), x.size, x.shows))
            return
        self.keep(self.look(self.pick(refs)))

    def keep(self, x):
        self.values.append(x)
        if self.chance(0.7):
            self.fetches.append(x.tensor)

    # ---- events ----

    def operand(self, kind, size=None):
        """A value to compute with, and what it may show; of this size, if given."""
        fitting = [x for x in self.values if (x.tensor.dtype.base_dtype == tf.string) == (kind == "string") and size in (None, x.size)]
        if fitting and self.chance(0.85):
            return self.flat(self.pick(fitting)) if self.chance(0.7) or size else self.pick(fitting)
        return self.fresh(kind, size or self.pick(SIZES))

    def read(self):
        v = self.pick(self.variables)
        if self.chance(0.2) and v.kind in ("ref", "string"):
            x = Value(v.ref if self.chance(0.5) else v.handle, v.size, v)
        else:
            x = self.operand(self.pick(("number", "number", "number", "string")))
        reads = {x.shows} - {None}
        with self.waiting(reads, set()):
            if x.tensor.dtype.base_dtype == tf.string:
                t = add("StringJoin", inputs=[x.tensor, x.tensor])
            elif self.chance(0.2) and x.shows is not None:
                t = self.in_a_branch(x)
            else:
                t = self.pick((lambda a: add("Neg", x=a), lambda a: add("AddV2", x=a, y=a), lambda a: add("Square", x=a)))(x.tensor)
        self.done(t.op, reads, set())
        self.keep(Value(t, x.size, x.shows if t.op.type == "Merge" else None))

    def in_a_branch(self, x):
        """One branch computes, the other hands on."""
        s = add("Switch", data=x.tensor, pred=self.flag)
        a, b = add("Neg", x=s[0]), add("Identity", input=s[1])
        return add("Merge", inputs=[a, b] if self.chance(0.5) else [b, a])[0]

    def write(self):
        v = self.pick(self.variables)
        if v.kind == "counter":
            reads, writes = set(), {v}
            with self.waiting(reads, writes):
                t = add("CountUpTo", ref=v.handle, limit=99)
            self.fetches.append(t)
            return self.done(t.op, reads, writes)
        size = self.pick(SIZES) if v.kind == "flex" and self.chance(0.5) else v.size
        x = self.operand(v.kind, size)
        if len(x.tensor.shape) != 1:
            x = self.flat(x)
        reads, writes = {x.shows} - {None}, {v}
        ref = v.ref if v.kind in ("ref", "string") and self.chance(0.4) else v.handle
        with self.waiting(reads, writes):
            out = self.write_op(v, ref, x)
        self.done(out if isinstance(out, tf.Operation) else out.op, reads, writes)
        v.size = size
        if not isinstance(out, tf.Operation):
            v.ref = out
            if v.kind != "flex" and self.chance(0.5):
                self.fetches.append(out)

    def write_op(self, v, ref, x):
        if v.kind == "resource":  # TensorFlow's Assign would make a buffer shown the resource's own, too, which no one would expect
            x = x if x.shows is None else self.fresh(v.kind, v.size)
            return add(self.pick(("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp")), resource=ref, value=x.tensor)
        if v.kind == "string" or x.size != v.size:
            return add("Assign", ref=ref, value=x.tensor, validate_shape=v.kind == "string")
        way = self.rng.randint(7)
        if way == 0:
            return add("ScatterAdd", ref=ref, indices=tf.constant(self.rng.permutation(v.size)), updates=x.tensor)
        if way == 1:
            return add("ScatterUpdate", ref=ref, indices=tf.constant(self.rng.permutation(v.size)), updates=x.tensor)
        if way == 2:
            return add("ApplyGradientDescent", var=ref, alpha=tf.constant(0.5), delta=x.tensor)
        if way == 3:
            return add("StridedSliceAssign", ref=ref, begin=tf.constant([1]), end=tf.constant([2]), strides=tf.constant([1]), value=tf.constant([7.0]))
        if way == 4:
            return add("Assign", ref=ref, value=x.tensor, validate_shape=v.kind != "flex")
        return add(("AssignAdd", "AssignSub")[way - 5], ref=ref, value=x.tensor)

    def make(self):
        with self.graph.as_default():
            self.flag = tf.placeholder(tf.bool, [])
            self.feeds = {self.flag.name: np.array(self.chance(0.5))}
            for _ in range(self.rng.randint(1, 5)):
                self.variable()
            for _ in range(self.rng.randint(5, 40)):
                self.pick((self.alias, self.alias, self.read, self.write, self.write))()
            self.fetches += [v.handle for v in self.variables if v.kind in ("ref", "string", "counter")]
            self.fetches += [x.tensor for x in (self.look(v) for v in self.variables if v.kind in ("flex", "resource"))]
            with tf.control_dependencies(self.inits):
                self.init = tf.no_op("init").name
        return self


def by_tensorflow(g, threads):
    c = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=threads)
    c.graph_options.optimizer_options.opt_level = tf.OptimizerOptions.L0
    c.graph_options.rewrite_options.disable_meta_optimizer = True
    with tf.Session(graph=g.graph, config=c) as s:
        s.run(g.init)
        return [np.asarray(x) for x in s.run(g.fetches, g.feeds)]


def same(a, b):
    return a.shape == b.shape and (a.tolist() == b.tolist() if a.dtype == object or b.dtype == object else np.allclose(a, b, 1e-5, 1e-5))


def compare(what, g, got, want):
    for t, a, b in zip(g.fetches, got, want):
        if not judge.check(same(a, b), "%s: %s (%s): %r, TensorFlow has %r" % (what, t.name, t.op.type, a.tolist(), b.tolist())):
            return


def run(number, g, where, leat):
    path = os.path.join(where, "writes%d" % number)
    want = by_tensorflow(g, 1)
    compare("graph %d, TensorFlow with 4 threads" % number, g, by_tensorflow(g, 4), want)
    with open(path + ".pb", "wb") as f:
        f.write(g.graph.as_graph_def().SerializeToString())
    dump(path + ".feeds", g.feeds)
    for threads in (1, 2, 4):
        label = "%d-%d" % (number, threads)
        lines = ["job %s %s.pb %s.feeds %s.out %d %s" % (label, path, path, path, threads, g.init)]
        problem = leat.run(label, lines + ["fetch " + t.name for t in g.fetches])
        if judge.check(not problem, "graph %d, %d threads: %s" % (number, threads, problem)):
            compare("graph %d, %d threads" % (number, threads), g, load(path + ".out"), want)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--graphs", type=int, default=150)
    p.add_argument("--other", type=int, default=0, help="other graphs than the usual: this is added to the seeds")
    p.add_argument("--only", type=int, help="number of a graph")
    p.add_argument("--keep", help="folder for the graphs")
    args = p.parse_args()
    leat, writes = Leat(), 0
    with tempfile.TemporaryDirectory(prefix="leat-writes-") as temporary:
        os.makedirs(args.keep or temporary, exist_ok=True)
        for number in [args.only] if args.only is not None else range(args.graphs):
            g = Maker(1000003 * args.other + number).make()
            writes += sum(v.writer is not None for v in g.variables)
            run(number, g, args.keep or temporary, leat)
    judge.finish("%d graphs, %d variables written" % (args.graphs, writes))


main()
