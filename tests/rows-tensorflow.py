#!/usr/bin/env python3
"""Asks TensorFlow what it makes of the test rows of the ops (tests/ops-rows.h has their grammar).

usage: rows-tensorflow.py SOURCE.c...

Every row with literal results is run through tf.raw_ops and compared with the tolerance that the C test uses; rows that must
fail must fail there too, or are listed. A development tool: make check does not need it. Exit 0: no row differs."""
import os
import re
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.framework import op_def_registry

tf.disable_eager_execution()
# tf.raw_ops renames a few arguments of the OpDefs.
RAW_NAMES = {}
for _op in ("Split", "SplitV"):
    RAW_NAMES[(_op, "split_dim")] = "axis"
for _op in ("Sum", "Mean", "Prod", "Max", "Min", "All", "Any", "EuclideanNorm"):
    RAW_NAMES[(_op, "reduction_indices")] = "axis"
RAW_NAMES[("ExpandDims", "dim")] = "axis"
RAW_NAMES[("Select", "t")] = "x"
RAW_NAMES[("Select", "e")] = "y"
RAW_NAMES[("Where", "input")] = "condition"
RAW_NAMES[("Squeeze", "squeeze_dims")] = "axis"
NAMES = {"float": "float32", "double": "float64", "half": "float16"}


def rows_of(path):
    text = open(path).read()
    for m in re.finditer(r"^LEAT_ROW\(\s*(\w+),", text, re.M):
        at, literal = m.end(), ""
        while True:
            s = re.match(r'\s*"((?:[^"\\]|\\.)*)"', text[at:])
            if not s:
                break
            literal += s.group(1)
            at += s.end()
        yield m.group(1), literal.replace('\\"', '"'), bool(re.match(r"\s*,", text[at:]))


class Reader:
    def __init__(self, text):
        self.text, self.at = text, 0

    def blanks(self):
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def eat(self, token):
        self.blanks()
        if not self.text.startswith(token, self.at):
            return False
        end = self.at + len(token)
        if token[0].isalpha() and end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
            return False
        self.at = end
        return True

    def match(self, pattern):
        self.blanks()
        m = re.compile(pattern).match(self.text, self.at)
        if m is None:
            raise ValueError("%r expected at %r" % (pattern, self.text[self.at : self.at + 30]))
        self.at = m.end()
        return m

    def quoted(self):
        s = self.match(r"'([^']*)'").group(1)
        return re.sub(rb"\\x(..)", lambda m: bytes([int(m.group(1), 16)]), s.encode())

    def dtype(self):
        name = self.match(r"[a-z0-9]+").group(0)
        return tf.as_dtype(NAMES.get(name, name))

    def dims(self):
        inner = self.match(r"\[([^\]]*)\]").group(1)
        return [None if d.strip() == "?" else int(d) for d in inner.split(",") if d.strip()]

    def tensor(self):
        dtype, dims = self.dtype(), self.dims()
        n = int(np.prod(dims)) if dims else 1
        self.blanks()
        r = re.compile(r"(-?[0-9.]*?[0-9])\.\.(-?[0-9.]+)").match(self.text, self.at)
        if r:
            self.at = r.end()
            lo, hi = float(r.group(1)), float(r.group(2))
            u = np.random.RandomState(1).rand(n)
            whole = not (dtype.is_floating or dtype.is_complex)
            v = np.floor(lo + u * (hi - lo + 1)) if whole else lo + u * (hi - lo)
            return v.astype(dtype.as_numpy_dtype).reshape(dims)
        out = []
        for _ in range(n):
            if dtype == tf.string:
                out.append(self.quoted())
            elif dtype.is_complex:
                out.append(complex(self.match(r"[-+0-9.j]+").group(0)))
            else:
                w = self.match(r"[^\s,)\]}]+").group(0)
                out.append(w == "true" if dtype == tf.bool else float(w) if dtype.is_floating else int(w))
        return np.array(out, dtype=object if dtype == tf.string else dtype.as_numpy_dtype).reshape(dims)


class Row:
    def __init__(self, op, text):
        self.op, self.inputs, self.attrs, self.results = op, [], {}, None
        self.tol, self.fails = None, False
        r = Reader(text)
        r.match(r"\(")
        while not r.eat(")"):
            if r.eat("["):
                group = []
                while not r.eat("]"):
                    group.append(("value", r.tensor()))
                    r.eat(",")
                self.inputs.append(group)
            else:
                kind = "ref" if r.eat("ref") else "var" if r.eat("var") else "value"
                self.inputs.append((kind, r.tensor()))
            r.eat(",")
        self.op_def = op_def_registry.get(op)
        if r.eat("{"):
            while not r.eat("}"):
                name = r.match(r"(\w+)\s*:").group(1)
                self.attrs[name] = self.attribute(name, r)
                r.eat(";") or r.eat(",")
        while True:
            if r.eat("tol"):
                self.tol = float(r.match(r"[-0-9.e]+").group(0))
            elif r.eat("gradtol"):
                r.match(r"[-0-9.e]+")
            elif r.eat("gradin"):
                r.match(r"[0-9 ]+")
            elif r.eat("fails"):
                r.quoted()
                self.fails = True
            elif not (r.eat("nograd") or r.eat("dynamic") or r.eat("gradstatic")):
                break
        if r.eat("->"):
            self.results = []
            r.blanks()
            while r.at < len(r.text):
                if r.eat("any"):
                    self.results.append(("any", None))
                elif r.eat("input"):
                    self.results.append(("input", int(r.match(r"[0-9]+").group(0))))
                elif r.eat("after"):
                    n = int(r.match(r"([0-9]+)\s*:").group(1))
                    self.results.append(("after", (n, r.tensor())))
                else:
                    self.results.append(("value", r.tensor()))
                r.eat(",")
                r.blanks()

    def attribute(self, name, r):
        a = [a for a in self.op_def.attr if a.name == name] if self.op_def else []
        kind = a[0].type if a else "unknown"
        if kind.startswith("list("):
            items = []
            r.match(r"\[")
            while not r.eat("]"):
                items.append(self.scalar(kind[5:-1], r))
                r.eat(",")
            return items
        return self.scalar(kind, r)

    def scalar(self, kind, r):
        if kind == "type":
            return r.dtype()
        if kind == "shape":
            r.match("shape")
            return None if r.eat("?") else r.dims()
        if kind == "tensor":
            return r.tensor()
        if kind == "string":
            return r.quoted().decode()
        w = r.match(r"[^\s;,}\]]+").group(0)
        return w == "true" if kind == "bool" else float(w) if kind == "float" else int(w)

    def run(self):
        """Outputs, and the values of the variables by input number."""
        with tf.Graph().as_default() as g:
            g.seed = None
            args, variables, feeds, flat = {}, {}, {}, []
            for i, (a, v) in enumerate(zip(self.op_def.input_arg, self.inputs)):
                if isinstance(v, list):
                    args[a.name] = [self.placeholder(t, feeds) for _, t in v]
                    flat += [t for _, t in v]
                    continue
                kind, t = v
                flat.append(t)
                if kind == "value":
                    args[a.name] = self.placeholder(t, feeds)
                else:
                    variables[i] = tf.Variable(t, use_resource=kind == "var", dtype=self.tf_dtype(t))
                    args[a.name] = variables[i]._ref() if kind == "ref" else variables[i].handle
            if self.op == "Const":
                return [self.attrs["value"]], {}, flat
            attrs = dict(self.attrs)
            args = {RAW_NAMES.get((self.op, k), k): v for k, v in args.items()}
            attrs = {RAW_NAMES.get((self.op, k), k): v for k, v in attrs.items()}
            out = getattr(tf.raw_ops, self.op)(**args, **attrs)
            op = out if isinstance(out, tf.Operation) else (out[0] if isinstance(out, (list, tuple)) else out).op
            with tf.Session() as s:
                s.run(tf.global_variables_initializer())
                values = s.run(list(op.outputs), feeds)
                if not op.outputs:
                    s.run(op, feeds)
                return values, {i: s.run(v) for i, v in variables.items()}, flat

    def tf_dtype(self, t):
        return tf.string if t.dtype == object else tf.as_dtype(t.dtype)

    def placeholder(self, t, feeds):
        p = tf.placeholder_with_default(tf.constant(t, dtype=self.tf_dtype(t)), t.shape)
        return tf.get_default_graph().get_operation_by_name(p.op.inputs[0].op.name).outputs[0]


def differs(got, want, tol):
    got = np.asarray(got)
    if want.dtype == object:
        return got.shape != want.shape or not all(a == b for a, b in zip(got.ravel(), want.ravel()))
    if got.dtype != want.dtype or got.shape != want.shape:
        return True
    if got.dtype.kind in "iub":
        return not np.array_equal(got, want)
    if tol is None:
        tol = {"float64": 1e-12, "complex128": 1e-12, "float16": 2e-3, "bfloat16": 1e-2}.get(got.dtype.name, 1e-6)
    wide = np.complex128 if got.dtype.kind == "c" else np.float64
    with np.errstate(all="ignore"):
        a, b = got.astype(wide), want.astype(wide)
        return not np.all((np.abs(a - b) <= tol + tol * np.abs(b)) | (a == b) | (np.isnan(a) & np.isnan(b)))


def check(op, text):
    row = Row(op, text)
    if row.op_def is None:
        return "TensorFlow has no such op"
    if not row.fails and not row.results:
        return None
    try:
        values, variables, flat = row.run()
    except Exception as e:  # noqa: BLE001 - whatever TensorFlow says
        return None if row.fails else "fails in TensorFlow: %s" % str(e).split("\n")[0][:200]
    if row.fails:
        return "does not fail in TensorFlow: %s" % [np.asarray(v).tolist() for v in values]
    values = list(values)
    for kind, want in row.results:
        if kind == "after":
            if differs(variables[want[0]], want[1], row.tol):
                return "variable %d is %s" % (want[0], variables[want[0]].tolist())
            continue
        got = values.pop(0)
        want = flat[want] if kind == "input" else want
        if kind != "any" and differs(got, want, row.tol):
            return "TensorFlow gives %s %s" % (np.asarray(got).dtype, np.asarray(got).tolist())
    return None


def check_from(rows, first, report):
    """The rows from number first on; what is said of each goes to the pipe."""
    for i, (path, op, text) in enumerate(rows[first:], first):
        report.write("at %d\n" % i)
        report.flush()
        try:
            problem = check(op, text)
        except Exception as e:  # noqa: BLE001
            problem = "the row was not understood: %r" % e
        if problem:
            report.write("%s: %s %s\n    %s\n" % (path, op, text, problem))
            report.flush()


def main():
    rows = [(path, op, text) for path in sys.argv[1:] for op, text, computed in rows_of(path) if not computed or "->" in text]
    first = bad = 0
    while first < len(rows):  # a child does the work: some rows abort TensorFlow
        get, put = os.pipe()
        if os.fork() == 0:
            os.close(get)
            check_from(rows, first, os.fdopen(put, "w"))
            os._exit(0)
        os.close(put)
        for line in os.fdopen(get):
            if line.startswith("at "):
                first = int(line[3:])
                continue
            print(line, end="")
            bad += line.startswith("    ")
        if os.wait()[1] != 0:
            print("%s: %s %s\n    TensorFlow dies" % rows[first])
        first += 1
    print("%d rows, %d differ" % (len(rows), bad))
    return 1 if bad else 0


sys.exit(main())
