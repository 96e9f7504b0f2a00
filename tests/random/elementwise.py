"""Elementwise ops, casts, comparisons, reductions, scans."""
import numpy as np
import tensorflow.compat.v1 as tf

SPECS = {}  # op -> function(graph, op)


def spec(*names):
    def add(f):
        for n in names:
            SPECS[n] = f
        return f

    return add


# Where the function is defined, and not so steep that float32 has no digits left.
UNARY = {
    "Abs": (-3, 3), "Acos": (-0.9, 0.9), "Acosh": (1.2, 5), "Asin": (-0.9, 0.9), "Asinh": (-4, 4), "Atan": (-4, 4),
    "Atanh": (-0.9, 0.9), "Cos": (-6, 6), "Cosh": (-3, 3), "Digamma": (0.6, 5), "Elu": (-3, 3), "Erf": (-2, 2),
    "Erfc": (-2, 2), "Exp": (-3, 3), "GuaranteeConst": (-3, 3), "Expm1": (-2, 2), "Identity": (-3, 3), "Inv": (0.5, 3),
    "Lgamma": (2.3, 6), "Log": (0.3, 6), "Log1p": (-0.6, 4), "Neg": (-3, 3), "OnesLike": (-3, 3), "Reciprocal": (0.5, 3),
    "Relu": (-3, 3), "Relu6": (-3, 9), "Rsqrt": (0.3, 5), "Selu": (-3, 3), "Sigmoid": (-5, 5), "Sin": (-6, 6),
    "Sinh": (-3, 3), "Snapshot": (-3, 3), "Softplus": (-4, 4), "Softsign": (-3, 3), "Sqrt": (0.2, 5), "Square": (-3, 3),
    "StopGradient": (-3, 3), "PreventGradient": (-3, 3), "Tan": (-1.2, 1.2), "Tanh": (-3, 3), "ZerosLike": (-3, 3),
    "Erfinv": (-0.9, 0.9), "Ndtri": (0.1, 0.9), "BesselI0e": (-3, 3), "BesselI1e": (-3, 3), "BesselI0": (-3, 3), "BesselI1": (-3, 3),
    "BesselJ0": (0.5, 5), "BesselJ1": (0.5, 5), "BesselY0": (0.8, 5), "BesselY1": (0.8, 5), "BesselK0": (0.5, 3), "BesselK1": (0.5, 3),
    "BesselK0e": (0.5, 3), "BesselK1e": (0.5, 3), "DeepCopy": (-3, 3),
}  # fmt: skip
STEPS = {"Ceil": (-5, 5), "Floor": (-5, 5), "Rint": (-5, 5), "Round": (-5, 5), "Sign": (-2, 2), "Invert": (-99, 99),
         "IsFinite": (-2, 2), "IsInf": (-2, 2), "IsNan": (-2, 2), "PopulationCount": (-99, 99)}  # fmt: skip
BINARY = {
    "Add": (-3, 3), "AddV2": (-3, 3), "Sub": (-3, 3), "Mul": (-3, 3), "MulNoNan": (-3, 3), "Maximum": (-3, 3),
    "Minimum": (-3, 3), "SquaredDifference": (-3, 3), "Atan2": (0.3, 3), "Div": (0.5, 4), "RealDiv": (0.5, 4),
    "DivNoNan": (0.5, 4), "Xdivy": (0.5, 4), "Xlogy": (0.5, 4), "Xlog1py": (0.5, 4), "Pow": (0.5, 2.5),
    "TruncateDiv": (1, 50), "Polygamma": (1, 3), "Zeta": (1.5, 4), "Igamma": (0.6, 4), "Igammac": (0.6, 4),
}  # fmt: skip
JUMPS = {
    "FloorDiv": (1, 20), "FloorMod": (1, 20), "Mod": (1, 20), "TruncateMod": (1, 20), "Equal": (0, 3), "NotEqual": (0, 3),
    "Greater": (0, 3), "GreaterEqual": (0, 3), "Less": (0, 3), "LessEqual": (0, 3), "BitwiseAnd": (-99, 99),
    "BitwiseOr": (-99, 99), "BitwiseXor": (-99, 99), "LeftShift": (0, 6), "RightShift": (0, 6), "LogicalAnd": (0, 1),
    "LogicalOr": (0, 1),
}  # fmt: skip
HALVES = (tf.bfloat16, tf.float16)
FLOATS = (tf.bfloat16, tf.float16, tf.float32, tf.float64)


@spec(*UNARY)
def unary(g, op):
    t = g.dtype(op)
    x = g.value(t, g.shape(0, 5), *UNARY[op])
    arg = {"Elu": "features", "Relu": "features", "Relu6": "features", "Selu": "features", "Softplus": "features",
           "Softsign": "features", "Identity": "input", "Snapshot": "input", "StopGradient": "input",
           "PreventGradient": "input", "GuaranteeConst": "input"}.get(op, "x")  # fmt: skip
    # TensorFlow cannot differentiate half's Digamma: its Polygamma has none.
    g.apply(op, smooth=op != "PreventGradient" and not (op == "Digamma" and t in HALVES), **{arg: x})


@spec(*STEPS)
def step(g, op):
    t = g.dtype(op)
    shape = g.shape(0, 5)
    if op == "Round" and t.is_integer:
        t = tf.float32  # TensorFlow 2.21's gives zeros of integers
    v = g.random(t, shape, *STEPS[op])
    if op.startswith("Is") and v.size:
        v = np.array(v)
        v.flat[g.rng.randint(v.size)] = g.pick([np.nan, np.inf, -np.inf])
    g.apply(op, smooth=t in FLOATS and op not in ("IsFinite", "IsInf", "IsNan"), x=g.fed(v, t))


@spec(*BINARY)
def binary(g, op):
    t = g.dtype(op)
    shape = g.shape(0, 4)
    a, b = g.broadcast(shape), g.broadcast(shape)
    lo, hi = BINARY[op]
    if t.is_integer and op in ("Pow",):
        lo, hi = 0, 3
    if op == "Polygamma":
        x, y = g.fed(np.floor(g.random(t, a, 1, 3.9)), t), g.value(t, b, 1, 3)
        g.apply(op, a=x, x=y)
        return
    if op == "Zeta":
        g.apply(op, smooth=False, x=g.leaf(t, a, 1.5, 4), q=g.value(t, b, 0.7, 3))
        return
    names = {"Atan2": ("y", "x"), "Igamma": ("a", "x"), "Igammac": ("a", "x")}.get(op, ("x", "y"))
    g.apply(op, **{names[0]: g.value(t, a, lo, hi), names[1]: g.value(t, b, lo, hi)})


@spec(*JUMPS)
def jump(g, op):
    t = tf.bool if op.startswith("Logical") else g.dtype(op)
    shape = g.shape(0, 4)
    lo, hi = JUMPS[op]
    low = -hi if t in FLOATS or (t.is_integer and not t.is_unsigned and op in ("FloorDiv", "FloorMod", "TruncateMod")) else lo
    v = g.random(t, g.broadcast(shape), lo, hi)
    if t in FLOATS and op in ("Equal", "NotEqual", "GreaterEqual", "LessEqual"):
        v = np.round(v)
    x = g.random(t, g.broadcast(shape), low, hi)
    g.apply(op, x=g.fed(np.round(x) if t in FLOATS else x, t), y=g.fed(v, t))


@spec("NextAfter")
def next_after(g, op):
    t, shape = g.dtype(op), g.shape()
    g.apply(op, x1=g.value(t, g.broadcast(shape)), x2=g.value(t, g.broadcast(shape)))


@spec("Betainc")
def betainc(g, op):
    t, shape = g.dtype(op), g.shape()
    g.apply(op, a=g.leaf(t, shape, 0.6, 3), b=g.leaf(t, shape, 0.6, 3), x=g.value(t, shape, 0.1, 0.9))


@spec("LogicalNot")
def logical_not(g, op):
    g.apply(op, x=g.leaf(tf.bool, g.shape()))


@spec("ApproximateEqual")
def approximate(g, op):
    t = g.dtype(op)
    shape = g.shape()
    g.apply(op, x=g.leaf(t, shape, 0, 3), y=g.leaf(t, shape, 0, 3), tolerance=float(g.pick([0.5, 1.0])))


@spec("LeakyRelu")
def leaky(g, op):
    g.apply(op, features=g.value(g.dtype(op), g.shape()), alpha=float(g.pick([0.2, 0.05, 0.5])))


GRADS = {
    "EluGrad": ("gradients", "outputs", -0.9, 3), "SeluGrad": ("gradients", "outputs", -1.5, 3),
    "ReluGrad": ("gradients", "features", -2, 2), "Relu6Grad": ("gradients", "features", -2, 8),
    "LeakyReluGrad": ("gradients", "features", -2, 2), "SoftplusGrad": ("gradients", "features", -3, 3),
    "SoftsignGrad": ("gradients", "features", -3, 3), "SigmoidGrad": ("dy", "y", 0.1, 0.9),
    "TanhGrad": ("dy", "y", -0.9, 0.9), "SqrtGrad": ("dy", "y", 0.4, 3), "RsqrtGrad": ("dy", "y", 0.4, 3),
    "ReciprocalGrad": ("dy", "y", 0.4, 3), "InvGrad": ("dy", "y", 0.4, 3),
}  # fmt: skip


@spec(*GRADS)
def elementwise_grad(g, op):
    dy, y, lo, hi = GRADS[op]
    t, shape = g.dtype(op), g.shape()
    g.apply(op, **{dy: g.value(t, shape), y: g.value(t, shape, lo, hi)})


@spec("Cast")
def cast(g, op):
    types = [tf.float32, tf.float64, tf.float16, tf.bfloat16, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16,
             tf.uint32, tf.uint64, tf.bool]  # fmt: skip
    a, b = g.pick(types), g.pick(types)
    x = g.value(a, g.shape(), 0, 90) if a in FLOATS and b in FLOATS else g.leaf(a, g.shape(), 0, 90)
    g.apply(op, x=x, DstT=b)


@spec("Bitcast")
def bitcast(g, op):
    same = g.pick([(tf.float32, tf.int32), (tf.int32, tf.float32), (tf.float64, tf.int64), (tf.int8, tf.uint8),
                   (tf.float16, tf.int16), (tf.uint16, tf.int16)])  # fmt: skip
    if g.chance(0.5):
        g.apply(op, pool=False, input=g.leaf(same[0], g.shape(), 1, 90), type=same[1])
    elif g.chance(0.5):
        g.apply(op, pool=False, input=g.leaf(tf.int64, g.shape(0, 3), 0, 90), type=g.pick([tf.int32, tf.uint8, tf.int16]))
    else:
        g.apply(op, pool=False, input=g.leaf(tf.int16, g.shape(0, 3) + [2], 0, 90), type=tf.int32)


@spec("AddN", "AccumulateNV2")
def add_n(g, op):
    t, shape = g.dtype(op), g.shape()
    kw = {"shape": shape} if op == "AccumulateNV2" else {}
    g.apply(op, inputs=[g.value(t, shape, known=True) for _ in range(g.rng.randint(1, 5))], **kw)


@spec("ClipByValue")
def clip(g, op):
    t, shape = g.dtype(op), g.shape(zero=False)
    b = g.pick([[], shape])
    g.apply(op, t=g.value(t, shape, 0, 9), clip_value_min=g.value(t, b, 1, 3), clip_value_max=g.value(t, b, 4, 7))


@spec("Select")
def select(g, op):
    t, shape = g.dtype(op), g.shape(1)
    cond = g.pick([[], shape, shape[:1]])
    g.apply(op, condition=g.leaf(tf.bool, cond, known=True), t=g.value(t, shape, known=True), e=g.value(t, shape, known=True))


@spec("SelectV2")
def select_v2(g, op):
    t, shape = g.dtype(op), g.shape()
    g.apply(op, condition=g.leaf(tf.bool, g.broadcast(shape)), t=g.value(t, g.broadcast(shape)), e=g.value(t, g.broadcast(shape)))


@spec("CheckNumerics")
def check_numerics(g, op):
    g.apply(op, tensor=g.value(g.dtype(op), g.shape()), message="seen")


# ---- reductions and scans ----


def axes(g, rank, op):
    """Axes to reduce: none, some, all, also negative."""
    n = g.rng.randint(0, rank + 1)
    a = [int(i) for i in g.rng.permutation(rank)[:n]]
    a = [i - rank if g.chance(0.3) else i for i in a]
    if len(a) == 1 and g.chance(0.4):
        a = a[0]
    return g.const(np.array(a, dtype=np.int32), g.dtype(op, "Tidx", (tf.int32, tf.int64)))


@spec("Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm", "All", "Any")
def reduction(g, op):
    t = tf.bool if op in ("All", "Any") else g.dtype(op)
    shape = g.shape(0, 5, zero=op not in ("Max", "Min", "Mean"))
    if g.chance(0.15):
        shape = [int(g.rng.randint(20, 90)), int(g.rng.randint(20, 90))]
    lo, hi = (0.3, 1.7) if op == "Prod" else (0, 3)
    if op in ("Max", "Min"):
        lo, hi = -9, 9
    a = axes(g, len(shape), op)
    smooth = a.dtype == tf.int32 or a.op.type == "Const"  # TensorFlow's gradients take fed axes as int32 only
    g.apply(op, smooth, input=g.value(t, shape, lo, hi, known=True), reduction_indices=a, keep_dims=g.chance(0.5))


@spec("Cumsum", "Cumprod", "CumulativeLogsumexp")
def scan(g, op):
    t = g.dtype(op)
    shape = g.shape(1, 4)
    axis = int(g.rng.randint(-len(shape), len(shape)))
    x = g.value(t, shape, 0.3, 2, known=True)
    g.apply(op, x=x, axis=g.const(axis, g.index_dtype()), exclusive=g.chance(0.5), reverse=g.chance(0.5))


@spec("ArgMax", "ArgMin")
def arg(g, op):
    t = g.dtype(op)
    shape = g.shape(1, 4, zero=False)
    axis = int(g.rng.randint(-len(shape), len(shape)))
    x = g.leaf(t, shape, 0, 9, known=True)
    g.apply(op, input=x, dimension=g.const(axis, g.index_dtype()), output_type=g.index_dtype())


@spec("L2Loss")
def l2loss(g, op):
    g.apply(op, t=g.value(g.dtype(op), g.shape(1)))


@spec("Softmax", "LogSoftmax")
def softmax(g, op):
    g.apply(op, logits=g.value(g.dtype(op), g.shape(1, 4), -3, 3))


@spec("Bucketize")
def bucketize(g, op):
    g.apply(op, input=g.leaf(g.dtype(op), g.shape(), -3, 9), boundaries=[-1.0, 0.5, 2.0, 6.0][: g.rng.randint(0, 5)])


@spec("Bincount")
def bincount(g, op):
    t = g.dtype(op)
    n = int(g.rng.randint(0, 20))
    w = g.leaf(t, [n] if g.chance(0.6) else [0], 0, 5, known=True)
    g.apply(op, arr=g.indices([n], 8, tf.int32), size=g.const(int(g.rng.randint(1, 9))), weights=w)


@spec("DenseBincount")
def dense_bincount(g, op):
    t, ti = g.dtype(op), g.index_dtype()
    shape = g.pick([[7], [2, 5], [3, 4]])
    w = g.leaf(t, shape if g.chance(0.6) else [0], 0, 5, known=True)
    g.apply(op, input=g.fed(g.rng.randint(0, 8, size=shape), ti, True), size=g.const(int(g.rng.randint(4, 9)), ti), weights=w,
            binary_output=g.chance(0.3))  # fmt: skip


@spec("HistogramFixedWidth")
def histogram(g, op):
    t = g.dtype(op)
    g.apply(op, values=g.leaf(t, g.shape(0, 3), -2, 12), value_range=g.const([0, 10], t), nbins=g.const(int(g.rng.randint(1, 7))),
            dtype=g.index_dtype())  # fmt: skip
