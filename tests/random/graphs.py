"""Graphs made at random, of the ops that Leat has: a builder with inputs, variables and a pool of results to go on with.

An op's inputs come from a placeholder, fed with random values of a range where the op is defined, or from the results of
other ops of the graph, cut to the shape that is wanted and squashed into that range."""
import re
import zlib

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.framework import kernels, op_def_library, op_def_registry, ops

COMPLEX = (tf.complex64, tf.complex128)
WORDS = {
    "floating": "bfloat16 half float double",
    "inexact": "bfloat16 half float double",
    "integer": "int8 int16 int32 int64 uint8 uint16 uint32 uint64",
    "real": "bfloat16 half float double int8 int16 int32 int64 uint8 uint16 uint32 uint64",
    "numeric": "bfloat16 half float double int8 int16 int32 int64 uint8 uint16 uint32 uint64",
    "type": "bfloat16 half float double int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool string",
}
TF_NAMES = {"half": "float16", "float": "float32", "double": "float64"}


def dtype_of(name):
    return tf.as_dtype(TF_NAMES.get(name, name))


def leat_ops(reference):
    """{op: {attribute: set of dtypes}} of Leat's reference of ops (doc/ops.md), without the complex types."""
    found = {}
    for line in open(reference):
        m = re.match(r"`(\w+)\((.*)`$", line.strip())
        if m is None:
            continue
        types = {}
        for name, spec in re.findall(r"(\w+): (\{[^}']*\}|%s)" % "|".join(WORDS), m.group(2)):
            words = WORDS.get(spec) or spec.strip("{}").replace(",", " ")
            types[name] = {dtype_of(w) for w in words.split() if not w.startswith("complex")}
        found[m.group(1)] = types
    return found


_kernel_types = {}


def kernel_types(op, attr):
    """The dtypes for which TensorFlow registers a kernel on the CPU; None: any."""
    if (op, attr) not in _kernel_types:
        allowed, seen = set(), False
        for k in kernels.get_registered_kernels_for_op(op).kernel:
            if k.device_type != "CPU":
                continue
            seen = True
            c = [set(c.allowed_values.list.type) for c in k.constraint if c.name == attr]
            if not c:
                allowed = None
                break
            allowed |= c[0]
        _kernel_types[op, attr] = allowed if seen else None
    return _kernel_types[op, attr]


def plain(a):
    """An AttrValue as Python's value."""
    kind = a.WhichOneof("value")
    if kind == "list":
        return [x for field in ("s", "i", "f", "b", "type", "shape") for x in getattr(a.list, field)]
    value = getattr(a, kind)
    return tf.as_dtype(value) if kind == "type" else tf.TensorShape(value) if kind == "shape" else value


def add(op, **kw):
    """The op by the names of its OpDef, attributes that are not given with their defaults."""
    d = op_def_registry.get(op)
    if d is None:
        raise ValueError("TensorFlow has no %s" % op)
    inferred = {x for a in d.input_arg for x in (a.type_attr, a.number_attr, a.type_list_attr)}
    for a in d.attr:
        if a.name not in kw and a.name not in inferred and a.HasField("default_value"):
            kw[a.name] = plain(a.default_value)
    return op_def_library.apply_op(op, name=kw.pop("name", None), **kw)


class Graph:
    def __init__(self, seed, known):
        self.rng = np.random.RandomState(seed)
        self.known = known
        self.graph = tf.Graph()
        self.feeds = {}  # name -> value
        self.xs = []  # placeholders to differentiate by
        self.ys = []
        self.pool = []
        self.fetches = []
        self.compare = {}  # name -> how
        self.inits = []
        self.used = []
        self.making, self.maker = None, {}  # the op that is being made; name of a result -> what it was made for
        self.n = 0

    # ---- choices ----
    def chance(self, p):
        return self.rng.rand() < p

    def pick(self, items):
        return items[self.rng.randint(len(items))]

    def dtype(self, op, attr="T", among=None):
        """A dtype of the attribute that both have; float32 half of the time."""
        t = set(self.known[op].get(attr) or [dtype_of(w) for w in WORDS["type"].split()])
        k = kernel_types(op, attr)
        t = {d for d in t if (k is None or d.as_datatype_enum in k) and (among is None or d in among)}
        d = [a for a in op_def_registry.get(op).attr if a.name == attr]
        if d and d[0].allowed_values.list.type:
            t = {x for x in t if x.as_datatype_enum in d[0].allowed_values.list.type}
        if not t:
            raise ValueError("no dtype of %s of %s" % (attr, op))
        for first, p in ((tf.float32, 0.45), (tf.float64, 0.3)):
            if first in t and self.chance(p):
                return first
        return self.pick(sorted(t, key=lambda x: x.name))

    def index_dtype(self):
        return self.pick([tf.int32, tf.int64])

    def shape(self, lo=0, hi=4, zero=True, most=5):
        dims = [int(self.rng.randint(1, most + 1)) for _ in range(self.rng.randint(lo, hi + 1))]
        if zero and dims and self.chance(0.06):
            dims[self.rng.randint(len(dims))] = 0
        return dims

    def broadcast(self, shape):
        """A shape that is broadcast to this one."""
        if self.chance(0.4):
            return list(shape)
        out = [d if self.chance(0.6) else 1 for d in shape]
        return out[self.rng.randint(len(out) + 1) :]

    # ---- inputs ----
    def random(self, dtype, shape, lo, hi):
        if dtype == tf.string:
            words = [b"", b"a", b"leat", b"graph \x00\xff", b"tensor"]
            return np.array([self.pick(words) for _ in range(int(np.prod(shape)))], dtype=object).reshape(shape)
        if dtype == tf.bool:
            return self.rng.rand(*shape) < 0.5 if shape else np.bool_(self.rng.rand() < 0.5)
        if dtype.is_integer:
            lo, hi = int(np.ceil(lo)), int(np.floor(hi))
            lo = max(lo, dtype.min)
            return self.rng.randint(lo, max(min(hi, dtype.max), lo) + 1, size=shape).astype(dtype.as_numpy_dtype)
        return self.rng.uniform(lo, hi, size=shape).astype(dtype.as_numpy_dtype)

    def fed(self, value, dtype, known=None):
        """A placeholder of this value; now and then of unknown dimensions, or a constant."""
        value = np.array(value, dtype=object if dtype == tf.string else dtype.as_numpy_dtype)
        kind = self.rng.rand()
        if kind < 0.15:
            return tf.constant(value, dtype)
        self.n += 1
        shape = list(value.shape)
        if known is False or (known is None and kind < 0.3):
            shape = [None if self.chance(0.6) else d for d in shape]
        p = tf.placeholder(dtype, shape, name="x%d" % self.n)
        self.feeds[p.name] = value
        return p

    def leaf(self, dtype, shape, lo=-2.0, hi=2.0, known=None):
        t = self.fed(self.random(dtype, shape, lo, hi), dtype, known)
        if dtype.is_floating and t.op.type == "Placeholder":
            self.xs.append(t)
        self.maker[t.name] = self.making
        return t

    def value(self, dtype, shape, lo=-2.0, hi=2.0, known=None):
        """Floats in the range: new ones, or made of what the graph has."""
        fit = [t for t in self.pool if t.dtype == dtype]
        if not fit or 0 in shape or not self.chance(0.4):
            return self.leaf(dtype, shape, lo, hi, known)
        t = self.pick(fit)
        have, want = t.shape.num_elements(), int(np.prod(shape))
        if t.shape.as_list() != list(shape):
            t = tf.reshape(t, [-1])
            if have < want:
                t = tf.tile(t, [-(-want // have)])
            if have != want:
                t = tf.slice(t, [0], [want])
            t = tf.reshape(t, [int(d) for d in shape])
        return tf.add(tf.multiply(tf.sigmoid(t), tf.constant(hi - lo, dtype)), tf.constant(lo, dtype))

    def const(self, value, dtype=tf.int32):
        value = np.array(value, dtype=dtype.as_numpy_dtype)
        return tf.constant(value, dtype) if self.chance(0.7) else self.fed(value, dtype, True)

    def indices(self, shape, n, dtype=None):
        dtype = dtype or self.index_dtype()
        return self.fed(self.rng.randint(0, n, size=shape), dtype)

    # ---- ops ----
    def apply(self, op, smooth=True, compare=None, pool=True, **kw):
        """Adds the op by the names of its OpDef; every result is fetched. smooth=False: no gradient is asked for."""
        out = add(op, **kw)
        node = out if isinstance(out, tf.Operation) else None
        flat = [] if node is not None else (list(out) if isinstance(out, (list, tuple)) else [out])
        if node is None and flat:
            node = flat[0].op
        flat = list(node.outputs) if node is not None else []
        self.used.append(op)
        try:
            smooth = smooth and ops.get_gradient_function(node) is not None
        except LookupError:
            smooth = False
        for t in flat:
            if t.dtype._is_ref_dtype or t.dtype in (tf.resource, tf.variant):
                continue
            self.result(t, smooth, compare, pool)
        return flat[0] if len(flat) == 1 else (flat if flat else node)

    def result(self, t, smooth=True, compare=None, pool=True):
        self.fetches.append(t)
        self.maker[t.name] = self.making
        if compare:
            self.compare[t.name] = compare
        if smooth and t.dtype.is_floating:
            self.ys.append(t)
        if pool and t.dtype in (tf.float32, tf.float64) and t.shape.is_fully_defined():
            if 0 < t.shape.num_elements() <= 2000:
                self.pool.append(t if smooth else tf.stop_gradient(t))

    def factor(self, op, **kw):
        """Vectors whose signs are free: their squares are compared."""
        out = add(op, **kw)
        self.used.append(op)
        empty = not kw.get("compute_uv", kw.get("compute_v", True))
        for i, t in enumerate(out if isinstance(out, tuple) else [out]):
            if i == 0 and op not in ("Qr", "SelfAdjointEig"):
                self.result(t)
            elif not empty:
                self.result(tf.square(t), op != "SelfAdjointEig", pool=False)

    def norm(self, op, outputs, **kw):
        """Batch normalisation: some outputs are for the gradient's eyes only, and only the first is differentiable."""
        kw = {k: v for k, v in kw.items() if v is not None}
        out = add(op, **kw)
        self.used.append(op)
        for i in outputs:
            self.result(out[i], smooth=i == 0 and "Grad" not in op, pool=i == 0)

    # ---- variables ----
    def variable(self, value, dtype, resource, op="VariableV2"):
        value = np.array(value, dtype=object if dtype == tf.string else dtype.as_numpy_dtype)
        self.n += 1
        name = "v%d" % self.n
        start = tf.constant(value, dtype)
        if resource:
            v = add("VarHandleOp", dtype=dtype, shape=value.shape, shared_name=name, name=name)
            self.inits.append(add("AssignVariableOp", resource=v, value=start))
        else:
            v = add(op, dtype=dtype, shape=value.shape, name=name)
            self.inits.append(add("Assign", ref=v, value=start).op)
        return v

    def read(self, v, dtype, after):
        """The variable's value when `after` has run."""
        with tf.control_dependencies([after]):
            if v.dtype == tf.resource:
                t = add("ReadVariableOp", resource=v, dtype=dtype)
            else:
                t = tf.identity(v) if dtype == tf.string else add("Identity", input=v)
        self.result(t, smooth=False, pool=False)
        return t


def graphs_of(op, n_graphs, times):
    """Which graphs must hold the op: a new op changes only these."""
    return [zlib.crc32(("%s %d" % (op, k)).encode()) % n_graphs for k in range(times)]
