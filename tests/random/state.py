"""Variables of both kinds, optimizers' updates, scatters; conditionals."""
import numpy as np
import tensorflow.compat.v1 as tf
from elementwise import FLOATS, SPECS, spec
from graphs import add
from layers import REAL
from shapes import strides
from tensorflow.python.framework import op_def_registry

RANGES = {"accum": (0.2, 1), "ms": (1.1, 2), "v": (0.2, 1), "vhat": (0.2, 1), "mg": (-0.5, 0.5), "gradient_squared_accumulator": (0.3, 1)}
SCALARS = {"lr": (0.01, 0.2), "alpha": (0.01, 0.2), "l1": (0, 0.1), "l2": (0, 0.1), "l2_shrinkage": (0, 0.1), "rho": (0.5, 0.95),
           "epsilon": (0.01, 0.1), "beta1_power": (0.3, 0.9), "beta2_power": (0.3, 0.9), "beta1": (0.5, 0.95), "beta2": (0.5, 0.95),
           "momentum": (0.3, 0.9), "lr_power": (-0.5, -0.5), "logbase": (0.5, 1.5), "sign_decay": (0.5, 1), "beta": (0.5, 0.95)}  # fmt: skip


def apply_update(g, op):
    """Any of the Apply ops: the OpDef's arguments say what is a slot, a step size, a gradient."""
    d = op_def_registry.get(op)
    # Ftrl divides small differences by small numbers: two digits of half are no digits then.
    t, sparse = g.dtype(op, among=REAL if "Ftrl" in op else FLOATS), "Sparse" in op
    shape = g.shape(1, 3, zero=False) if sparse else g.shape(0, 3)
    n = int(g.rng.randint(1, 5))
    kw, slots = {}, []
    for a in d.input_arg:
        if a.is_ref or a.type == tf.resource.as_datatype_enum:
            lo, hi = RANGES.get(a.name, (-1, 1))
            kw[a.name] = g.variable(g.random(t, shape, lo, hi), t, not a.is_ref)
            slots.append(kw[a.name])
        elif a.name == "indices":
            rows = g.rng.permutation(shape[0])[:n] if g.chance(0.7) else g.rng.randint(0, shape[0], size=n)
            kw[a.name] = g.fed(rows, g.index_dtype())
        elif a.name == "global_step":
            kw[a.name] = tf.constant(int(g.rng.randint(1, 9)), tf.int64)
        elif a.name in ("grad", "delta"):
            kw[a.name] = None
        elif op.endswith("GradientDescent") and a.name == "alpha" or a.name in SCALARS:
            kw[a.name] = g.fed(g.random(t, [], *SCALARS[a.name]), t)
        else:
            raise ValueError("%s: argument %s" % (op, a.name))
    for name in ("grad", "delta"):
        if name in kw:
            kw[name] = g.leaf(t, [len(rows)] + shape[1:] if sparse else shape, -1, 1)
    names = [a.name for a in d.attr]
    for flag in ("use_nesterov", "update_slots", "use_locking", "multiply_linear_by_lr"):
        if flag in names and g.chance(0.4):
            kw[flag] = flag != "update_slots"
    out = g.apply(op, smooth=False, **kw)
    for s in slots:
        g.read(s, t, out if isinstance(out, tf.Operation) else out.op)


@spec("Assign", "AssignAdd", "AssignSub", "AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp", "VariableV2", "VarHandleOp",
      "ReadVariableOp", "Variable")  # fmt: skip
def assign(g, op):
    resource = op.endswith("VariableOp") or op == "VarHandleOp"
    name = {"VariableV2": "Assign", "VarHandleOp": "AssignVariableOp", "ReadVariableOp": "AssignAddVariableOp", "Variable": "AssignAdd"}.get(op, op)
    t = g.dtype(name, "dtype" if resource else "T")
    if name not in ("Assign", "AssignVariableOp") and t in (tf.string, tf.bool):
        t = tf.float32
    shape = g.shape()
    v = g.variable(g.random(t, shape, 0, 9), t, resource, "Variable" if op == "Variable" else "VariableV2")
    kw = {"resource" if resource else "ref": v, "value": g.value(t, shape, 0, 5)}
    out = g.apply(name, smooth=False, **kw)
    g.used.append(op)
    g.read(v, t, out if isinstance(out, tf.Operation) else out.op)


@spec("CountUpTo", "ResourceCountUpTo")
def count_up_to(g, op):
    t = g.index_dtype()
    v = g.variable(g.random(t, [], 0, 4), t, op.startswith("Resource"))
    kw = {"resource": v, "T": t} if op.startswith("Resource") else {"ref": v}
    g.read(v, t, g.apply(op, limit=9, **kw).op)


@spec("IsVariableInitialized", "VarIsInitializedOp", "VariableShape")
def about_variable(g, op):
    t, resource = g.pick([tf.float32, tf.int32]), op != "IsVariableInitialized"
    v = g.variable(g.random(t, g.shape(), 0, 4), t, resource)
    kw = {"IsVariableInitialized": {"ref": v}, "VarIsInitializedOp": {"resource": v}, "VariableShape": {"input": v, "out_type": g.index_dtype()}}
    g.apply(op, **kw[op])


KINDS = ("Add", "Sub", "Mul", "Div", "Min", "Max", "Update")


@spec(*["Scatter" + k for k in KINDS], *["ResourceScatter" + k for k in KINDS])
def scatter(g, op):
    resource = op.startswith("Resource")
    t = g.dtype(op, "dtype" if resource else "T", among=FLOATS + (tf.int32, tf.int64))
    shape, n = g.shape(1, 3, zero=False), int(g.rng.randint(1, 6))
    v = g.variable(g.random(t, shape, 1, 9), t, resource)
    idx = g.rng.randint(0, shape[0], size=n)
    if op.endswith("Update"):
        idx = g.rng.permutation(shape[0])[:n]
    one = g.chance(0.15)
    updates = g.leaf(t, [] if one and op != "ScatterUpdate" else [len(idx)] + shape[1:], 1, 3)
    out = g.apply(op, smooth=False, **{"resource" if resource else "ref": v}, indices=g.fed(idx, g.index_dtype()), updates=updates)
    g.read(v, t, out if isinstance(out, tf.Operation) else out.op)


ND = ("Add", "Sub", "Min", "Max", "Update")


@spec(*["ScatterNd" + k for k in ND], *["ResourceScatterNd" + k for k in ND])
def scatter_nd(g, op):
    resource = op.startswith("Resource")
    t = g.dtype(op, among=FLOATS + (tf.int32, tf.int64))
    shape, n = g.shape(1, 3, zero=False), int(g.rng.randint(1, 6))
    k = int(g.rng.randint(1, len(shape) + 1))
    v = g.variable(g.random(t, shape, 1, 9), t, resource)
    flat = g.rng.permutation(int(np.prod(shape[:k])))[:n] if op.endswith("Update") else g.rng.randint(0, int(np.prod(shape[:k])), size=n)
    idx = np.stack(np.unravel_index(flat, shape[:k]), -1)
    out = g.apply(op, smooth=False, ref=v, indices=g.fed(idx, g.index_dtype()), updates=g.leaf(t, [len(flat)] + shape[k:], 1, 3))
    g.read(v, t, out if isinstance(out, tf.Operation) else out.op)


@spec("StridedSliceAssign", "ResourceStridedSliceAssign")
def slice_assign(g, op):
    shape, t = g.shape(1, 3, zero=False), g.dtype(op, among=FLOATS + (tf.int32, tf.int64))
    v = g.variable(g.random(t, shape, 1, 9), t, op.startswith("Resource"))
    kw = strides(g, shape)
    kw.update(begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0)
    ti = g.index_dtype()
    begin = [int(g.rng.randint(0, d)) for d in shape]
    end = [int(g.rng.randint(b, d + 1)) for b, d in zip(begin, shape)]
    kw.update(begin=g.const(begin, ti), end=g.const(end, ti), strides=g.const([1] * len(shape), ti))
    size = [e - b for b, e in zip(begin, end)]
    out = g.apply(op, smooth=False, ref=v, value=g.leaf(t, size, 1, 3), **kw)
    g.read(v, t, out if isinstance(out, tf.Operation) else out.op)


# ---- conditionals ----


@spec("Switch", "Merge")
def cond(g, op):
    t, shape = g.pick([tf.float32, tf.float64]), g.shape()
    x, y = g.value(t, shape, known=True), g.value(t, shape, known=True)
    out = tf.cond(g.leaf(tf.bool, []), lambda: tf.tanh(x) * y, lambda: tf.sin(y) - x)
    g.used.append(op)
    g.result(out)


@spec("RefSwitch", "RefMerge")
def ref_cond(g, op):
    t, shape = tf.float32, g.shape(zero=False)
    v, p = g.variable(g.random(t, shape, 0, 4), t, False), g.leaf(tf.bool, [])
    s = g.apply("RefSwitch", data=v, pred=p)
    a = add("AssignAdd", ref=s[0], value=g.value(t, shape))
    b = add("AssignSub", ref=s[1], value=g.value(t, shape))
    m = g.apply("RefMerge", smooth=False, inputs=[a, b])
    g.read(v, t, m[0].op)


@spec("RefIdentity")
def ref_identity(g, op):
    v = g.variable(g.random(tf.float32, [3], 0, 4), tf.float32, False)
    same = g.apply(op, input=v)
    g.read(v, tf.float32, g.apply("AssignAdd", smooth=False, ref=same, value=g.leaf(tf.float32, [3])).op)


@spec("NoOp", "ControlTrigger")
def no_op(g, op):
    v = g.variable(1.0, tf.float32, False)
    add = g.apply("AssignAdd", smooth=False, ref=v, value=g.leaf(tf.float32, []))
    with tf.control_dependencies([add]):
        done = g.apply(op)
    g.read(v, tf.float32, done)


@spec("Assert")
def assert_(g, op):
    x = g.value(tf.float32, g.shape())
    done = g.apply(op, condition=tf.constant(True), data=[x])
    with tf.control_dependencies([done]):
        g.result(tf.identity(x))


@spec("Const")
def const(g, op):
    t = g.pick([tf.float32, tf.string, tf.bool, tf.int8, tf.float64, tf.float16, tf.uint16])
    v = g.random(t, g.shape(0, 5), 0, 5)
    g.used.append(op)
    g.result(tf.constant(v, t, shape=v.shape if hasattr(v, "shape") else []))


def add_updates(known):
    for op in known:
        if "Apply" in op and op not in SPECS:
            SPECS[op] = apply_update
