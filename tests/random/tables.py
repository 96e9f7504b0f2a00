"""Lookup tables, and what graphs of 2015 have."""
import numpy as np
import tensorflow.compat.v1 as tf
from elementwise import spec
from graphs import add
from words import VALID

FILLS = ["InitializeTable", "InitializeTableV2", "LookupTableImport", "LookupTableImportV2"]
MAKERS = ["HashTable", "MutableHashTable", "MutableHashTableOfTensors", "MutableDenseHashTable"]
HELPERS = ["LookupTableFind", "LookupTableSize", "LookupTableInsert", "LookupTableExport"]


def entries(g, shape, numbers=False):
    """Of a table with values of this shape: dtype and distinct keys, of which n are put in, with these values and their dtype."""
    n = int(g.rng.randint(2, 6))
    if not numbers and g.chance(0.5):
        keys, dtype = np.array(VALID, dtype=object)[g.rng.permutation(len(VALID))], tf.string
    else:
        keys, dtype = g.rng.permutation(20), tf.int64
    if not numbers and shape == [] and dtype == tf.int64 and g.chance(0.5):
        return dtype, keys, n, tf.string, np.array([g.pick(VALID) for _ in range(n)], dtype=object)
    t = g.pick([tf.int64, tf.float32])
    return dtype, keys, n, t, g.random(t, [n] + shape, -9, 9)


def make(g, maker, v2, shape, kt, vt):
    kw = {"key_dtype": kt, "value_dtype": vt}
    if maker.endswith("Tensors"):
        kw["value_shape"] = shape
    if maker.endswith("DenseHashTable"):
        kw = {"value_dtype": vt, "value_shape": shape, "empty_key": tf.constant(-1, kt), "deleted_key": tf.constant(-2, kt)}
    g.n += 1
    name = maker + "V2" * v2
    g.used.append(name)
    return add(name, shared_name="table%d" % g.n, **kw)


def after(done, op, **kw):
    with tf.control_dependencies([done]):
        return add(op, **kw)


@spec(*FILLS, *[name + v2 for name in MAKERS[:3] + HELPERS for v2 in ("", "V2")], "MutableDenseHashTableV2", "LookupTableRemoveV2")
def table(g, op):
    v2 = op.endswith("V2")
    end = "V2" * v2
    maker = op[: len(op) - len(end)]
    if maker not in MAKERS:
        maker = "MutableHashTable" if maker in ("LookupTableInsert", "LookupTableRemove") else g.pick(MAKERS[:2])
    if op in FILLS[:2]:
        maker = "HashTable"
    shape = g.shape(1, 1, zero=False) if maker in MAKERS[2:] else []
    kt, keys, n, vt, values = entries(g, shape, maker == "MutableDenseHashTable")
    t = make(g, maker, v2, shape, kt, vt)
    kw = {"keys": g.fed(keys[:n], kt, True), "values": g.fed(values, vt, True)}
    fill = op if op in FILLS else ("LookupTableImport" if maker == "HashTable" else "LookupTableInsert") + end
    done = add(fill, table_handle=t, **kw)
    g.used.append(fill)
    if op == "LookupTableRemoveV2":
        done = after(done, op, table_handle=t, keys=g.fed(keys[1 : n + 1], kt, True))
        g.used.append(op)
    other = "none" if vt == tf.string else 7
    asked = keys[g.rng.permutation(len(keys))][:6]
    found = after(done, "LookupTableFind" + end, table_handle=t, keys=g.fed(asked, kt, True), default_value=tf.fill(shape, tf.constant(other, vt)))
    g.result(found, smooth=False, pool=False)
    g.result(after(done, "LookupTableSize" + end, table_handle=t), smooth=False, pool=False)
    out = after(done, "LookupTableExport" + end, table_handle=t, Tkeys=kt, Tvalues=vt)
    if vt != tf.string and "Dense" not in op:  # in any order; of a dense table all buckets, the empty ones too
        g.result(tf.sort(out[1], axis=0), smooth=False, pool=False)
    g.used += [name + end for name in ("LookupTableFind", "LookupTableSize", "LookupTableExport")]


@spec("Dilation2D", "Dilation2DBackpropInput", "Dilation2DBackpropFilter")
def dilation(g, op):
    t = g.pick([tf.float32, tf.float64, tf.int32])
    depth, size = int(g.rng.randint(1, 4)), [int(g.rng.randint(1, 4)) for _ in range(2)]
    strides, rates = ([1, int(g.rng.randint(1, 3)), int(g.rng.randint(1, 3)), 1] for _ in range(2))
    kw = {"input": g.leaf(t, [int(g.rng.randint(1, 3)), 6, 7, depth], -9, 9, known=True), "filter": g.leaf(t, size + [depth], -3, 3, known=True)}
    kw.update(strides=strides, rates=rates, padding=g.pick(["SAME", "VALID"]))
    if op != "Dilation2D":
        kw["out_backprop"] = g.leaf(t, add("Dilation2D", **kw).shape.as_list(), -2, 2)
    g.apply(op, **kw)


@spec("SparseMatMul")
def sparse_mat_mul(g, op):
    m, k, n = (int(g.rng.randint(1, 7)) for _ in range(3))
    ta, tb = g.chance(0.5), g.chance(0.5)
    a, b = g.value(tf.float32, [k, m] if ta else [m, k]), g.value(tf.float32, [n, k] if tb else [k, n])
    if g.chance(0.3):
        b = tf.cast(b, tf.bfloat16)
    g.apply(op, a=a, b=b, transpose_a=ta, transpose_b=tb, a_is_sparse=g.chance(0.5), b_is_sparse=g.chance(0.5))


@spec("BatchNormWithGlobalNormalization", "BatchNormWithGlobalNormalizationGrad")
def global_norm(g, op):
    c = int(g.rng.randint(1, 5))
    shape = [int(g.rng.randint(1, 3)), 2, 3, c]
    kw = {name: g.leaf(tf.float32, [c], 0.3, 1.5) for name in ("m", "v", "beta", "gamma")}
    if op.endswith("Grad"):
        del kw["beta"]
        kw["backprop"] = g.leaf(tf.float32, shape)
    t = g.value(tf.float32, shape)
    g.apply(op, t=t, variance_epsilon=0.01, scale_after_normalization=g.chance(0.5), **kw)
