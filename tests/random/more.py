"""Ops of records, hashes, random numbers by seeds, images' colours and sparse tensors."""
import numpy as np
import tensorflow.compat.v1 as tf
from elementwise import spec
from words import VALID, words


# ---- strings ----
@spec("StringToHashBucket", "StringToHashBucketFast", "StringToHashBucketStrong")
def hashes(g, op):
    kw = {"key": [int(g.rng.randint(-9, 9)), int(g.rng.randint(1 << 40))]} if op.endswith("Strong") else {}
    among = VALID + [b"x" * int(n) for n in g.rng.randint(1, 200, 6)]
    x = words(g, among=among)
    g.apply(op, **{"string_tensor" if op == "StringToHashBucket" else "input": x}, num_buckets=int(g.rng.randint(1, 10**6)), **kw)


@spec("StringFormat")
def string_format(g, op):
    dtypes = [tf.float32, tf.float64, tf.int32, tf.int64, tf.bool, tf.uint8, tf.float16]
    n = int(g.rng.randint(1, 4))
    inputs = [g.leaf(g.pick(dtypes), g.shape(0, 3, most=9), -50, 50) for _ in range(n)]
    inputs.append(words(g, g.shape(0, 2), VALID))
    g.apply(op, inputs=inputs, template=" and ".join(["{}"] * (n + 1)), placeholder="{}", summarize=int(g.pick([-1, 1, 3])))


@spec("DecodeCSV")
def decode_csv(g, op):
    make = {
        tf.int32: lambda: "%d" % g.rng.randint(-99, 99),
        tf.int64: lambda: " %d" % g.rng.randint(10**12),
        tf.float32: lambda: "%.4g" % g.rng.randn(),
        tf.float64: lambda: "%e" % g.rng.randn(),
        tf.string: lambda: g.pick(["word", '"a, b"', '"say ""x"""', "two words"]),
    }
    types = [g.pick(list(make)) for _ in range(g.rng.randint(1, 5))]
    lines = [",".join("" if g.chance(0.2) else make[t]() for t in types) or "7" for _ in range(g.rng.randint(1, 5))]
    if len(types) == 1:
        types = [tf.string]
    defaults = [tf.constant([b"d"] if t == tf.string else [3], t) for t in types]
    g.apply(op, records=g.fed(np.array([x.encode() for x in lines], dtype=object), tf.string), record_defaults=defaults)


# ---- random numbers ----
def where(g, shape):
    return g.const(np.array(shape, np.int32))


def seed(g):
    return g.fed(g.rng.randint(-(2**31), 2**31, 2), g.index_dtype(), True)


@spec("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal", "StatelessRandomUniformFullInt")
def stateless(g, op):
    g.apply(op, shape=where(g, g.shape(0, 3, most=20)), seed=seed(g), dtype=g.dtype(op, "dtype"))


@spec("StatelessRandomUniformInt")
def stateless_int(g, op):
    t = g.dtype(op, "dtype")
    lo, hi = tf.constant(int(g.rng.randint(-50, 1)), t), tf.constant(int(g.rng.randint(1, 99)), t)
    g.apply(op, shape=where(g, g.shape(0, 3, most=20)), seed=seed(g), minval=lo, maxval=hi)


@spec("StatelessRandomUniformV2", "StatelessRandomNormalV2", "StatelessTruncatedNormalV2", "StatelessRandomUniformFullIntV2")
def stateless_v2(g, op):
    g.apply(op, shape=where(g, g.shape(0, 3, most=20)), dtype=g.dtype(op, "dtype"), **stream(g))


@spec("StatelessRandomUniformIntV2")
def stateless_int_v2(g, op):
    t = g.dtype(op, "dtype", [tf.int32, tf.int64])
    lo, hi = tf.constant(int(g.rng.randint(0, 5)), t), tf.constant(int(g.rng.randint(6, 99)), t)
    g.apply(op, shape=where(g, g.shape(0, 3, most=20)), minval=lo, maxval=hi, **stream(g))


def stream(g):
    numbers = [int(x) for x in g.rng.randint(0, 2**62, 3)]
    return {"key": tf.constant(numbers[:1], tf.uint64), "counter": tf.constant(numbers[1:], tf.uint64), "alg": tf.constant(1)}


@spec("StatelessRandomGetKeyCounter", "StatelessRandomGetKeyCounterAlg", "StatelessRandomGetAlg")
def key_counter(g, op):
    g.apply(op, **({} if op.endswith("GetAlg") else {"seed": seed(g)}))


@spec("StatelessMultinomial")
def stateless_multinomial(g, op):
    logits = g.leaf(g.pick([tf.float32, tf.float64]), [int(g.rng.randint(1, 5)), int(g.rng.randint(1, 7))])
    g.apply(op, logits=logits, num_samples=g.const(g.rng.randint(0, 9)), seed=seed(g), output_dtype=g.index_dtype())


def node_seed(g):
    return {"seed": int(g.rng.randint(1, 1000)), "seed2": int(g.rng.randint(1000))}


@spec("RandomGamma")
def random_gamma(g, op):
    alpha = g.leaf(g.pick([tf.float32, tf.float64]), g.shape(0, 2), 0.2, 9.0)
    g.apply(op, shape=where(g, g.shape(0, 2)), alpha=alpha, pool=False, **node_seed(g))


@spec("RandomPoissonV2")
def random_poisson(g, op):
    rate = g.leaf(g.dtype(op, "R"), g.shape(0, 2), 1.0, 40.0)
    g.apply(op, shape=where(g, g.shape(0, 2)), rate=rate, dtype=g.dtype(op, "dtype"), **node_seed(g))


@spec("RandomGammaGrad")
def random_gamma_grad(g, op):
    t, shape = g.pick([tf.float32, tf.float64]), g.shape()
    g.apply(op, alpha=g.leaf(t, shape, 0.3, 9.0), sample=g.leaf(t, g.broadcast(shape), 0.1, 9.0), smooth=False)


# ---- sparse tensors ----
def sparse(g, dtype, shape, sort=True, lo=-2.0, hi=2.0, full=0.4):
    """Indices, values, shape; the values are a leaf, so that there is a gradient by them."""
    at = np.argwhere(g.rng.rand(*shape) < full).astype(np.int64)
    if not sort:
        g.rng.shuffle(at)
    values = words(g, [len(at)]) if dtype == tf.string else g.leaf(dtype, [len(at)], lo, hi)
    return g.fed(at, tf.int64), values, g.fed(shape, tf.int64, True)


def shape_of(g, lo=1, hi=3):
    return g.shape(lo, hi, zero=False, most=6)


@spec("SparseReorder")
def sparse_reorder(g, op):
    i, v, s = sparse(g, g.dtype(op), shape_of(g), sort=False)
    g.apply(op, input_indices=i, input_values=v, input_shape=s)


@spec("SparseReshape")
def sparse_reshape(g, op):
    shape = shape_of(g)
    i, _, s = sparse(g, tf.float32, shape)
    to = [int(np.prod(shape))] if g.chance(0.3) else [shape[0], -1] if g.chance(0.5) else [1] + shape[::-1]
    g.apply(op, input_indices=i, input_shape=s, new_shape=g.const(to, tf.int64))


@spec("SparseFillEmptyRows")
def sparse_fill(g, op):
    t = g.dtype(op, among=[tf.float32, tf.float64, tf.int32, tf.string])
    i, v, s = sparse(g, t, shape_of(g), sort=g.chance(0.6), full=0.2)
    g.apply(op, indices=i, values=v, dense_shape=s, default_value=words(g, [], [b"x"]) if t == tf.string else g.leaf(t, []))


@spec("SparseFillEmptyRowsGrad")
def sparse_fill_grad(g, op):
    n = int(g.rng.randint(1, 8))
    some = g.rng.permutation(n)[: g.rng.randint(0, n + 1)]
    g.apply(op, reverse_index_map=g.fed(some, tf.int64), grad_values=g.leaf(g.dtype(op, among=[tf.float32, tf.float64]), [n]))


@spec("SparseTensorDenseMatMul")
def sparse_matmul(g, op):
    t = g.dtype(op, among=[tf.float32, tf.float64, tf.int32])
    rows, inner, columns = [int(x) for x in g.rng.randint(1, 7, 3)]
    a, b = g.chance(0.5), g.chance(0.5)
    i, v, s = sparse(g, t, [inner, rows] if a else [rows, inner], sort=False)
    other = g.value(t, [columns, inner] if b else [inner, columns])
    g.apply(op, a_indices=i, a_values=v, a_shape=s, b=other, adjoint_a=a, adjoint_b=b)


@spec("SparseReduceSum", "SparseReduceMax", "SparseReduceSumSparse", "SparseReduceMaxSparse")
def sparse_reduce(g, op):
    shape = shape_of(g)
    t = g.dtype(op, among=[tf.float32, tf.float64, tf.int32, tf.int64])
    i, v, s = sparse(g, t, shape)
    axes = [int(a) for a in g.rng.permutation(len(shape))[: g.rng.randint(0, len(shape) + 1)]]
    keep = g.chance(0.5) and not op.endswith("Sparse")
    axes = g.const([a - len(shape) if g.chance(0.3) else a for a in axes])
    g.apply(op, input_indices=i, input_values=v, input_shape=s, reduction_axes=axes, keep_dims=keep, smooth=len(shape) < 4)


@spec("SparseSoftmax")
def sparse_softmax(g, op):
    i, v, s = sparse(g, g.dtype(op, among=[tf.float32, tf.float64]), shape_of(g, 2, 3))
    g.apply(op, sp_indices=i, sp_values=v, sp_shape=s)


@spec("SparseDenseCwiseAdd", "SparseDenseCwiseMul", "SparseDenseCwiseDiv")
def sparse_cwise(g, op):
    shape, t = shape_of(g), g.dtype(op, among=[tf.float32, tf.float64, tf.int32])
    i, v, s = sparse(g, t, shape)
    dense = g.leaf(t, g.broadcast(shape), 1.0, 4.0)
    # TensorFlow's gradient fails where dimensions are missing, and there is none of the sum
    smooth = dense.shape.ndims == len(shape) and not op.endswith("Add")
    g.apply(op, sp_indices=i, sp_values=v, sp_shape=s, dense=dense, smooth=smooth)


@spec("SparseTensorDenseAdd")
def sparse_dense_add(g, op):
    shape, t = shape_of(g), g.dtype(op, among=[tf.float32, tf.float64, tf.int32])
    i, v, s = sparse(g, t, shape, sort=False)
    g.apply(op, a_indices=i, a_values=v, a_shape=s, b=g.value(t, shape))


@spec("SparseAdd", "SparseSparseMaximum", "SparseSparseMinimum")
def sparse_merge(g, op):
    shape, t = shape_of(g), g.dtype(op, among=[tf.float32, tf.float64, tf.int32])
    a, b = sparse(g, t, shape), sparse(g, t, shape)
    kw = {"thresh": tf.constant(g.pick([0, 1]), t)} if op == "SparseAdd" else {}
    names = ("a_indices", "a_values", "a_shape", "b_indices", "b_values", "b_shape")
    g.apply(op, **dict(zip(names, a + b)), smooth=op == "SparseAdd", **kw)


@spec("SparseAddGrad")
def sparse_add_grad(g, op):
    at = [np.unique(g.rng.randint(0, 9, g.rng.randint(1, 6)))[:, None] for _ in range(2)]
    total = np.unique(np.concatenate(at))[:, None]
    a, b, s = [g.fed(x, tf.int64) for x in at + [total]]
    dy = g.leaf(g.pick([tf.float32, tf.float64]), [len(total)])
    g.apply(op, backprop_val_grad=dy, a_indices=a, b_indices=b, sum_indices=s)


@spec("SparseConcat")
def sparse_concat(g, op):
    shape, t = shape_of(g, 1, 3), g.dtype(op, among=[tf.float32, tf.float64, tf.int32, tf.string])
    axis, parts = int(g.rng.randint(len(shape))), []
    for _ in range(g.rng.randint(2, 4)):
        own = list(shape)
        own[axis] = int(g.rng.randint(1, 5))
        parts.append(sparse(g, t, own))
    i, v, s = [list(x) for x in zip(*parts)]
    g.apply(op, indices=i, values=v, shapes=s, concat_dim=axis - (len(shape) if g.chance(0.3) else 0), smooth=False)


@spec("SparseSlice")
def sparse_slice(g, op):
    shape = shape_of(g)
    i, v, s = sparse(g, g.dtype(op, among=[tf.float32, tf.int64, tf.string]), shape)
    start = [int(g.rng.randint(0, n)) for n in shape]
    size = [int(g.rng.randint(1, n + 2)) for n in shape]
    g.apply(op, indices=i, values=v, shape=s, start=g.const(start, tf.int64), size=g.const(size, tf.int64), smooth=False)


@spec("SparseSegmentSumGradV2", "SparseSegmentMeanGradV2", "SparseSegmentSqrtNGradV2")
def sparse_segment_grad(g, op):
    rows, n = int(g.rng.randint(1, 6)), int(g.rng.randint(1, 9))
    ids = np.sort(g.rng.randint(0, rows, n))
    t = g.dtype(op, among=[tf.float32, tf.float64])
    dy = g.leaf(t, [rows] + g.shape(0, 2))
    index = g.indices([n], 8, g.index_dtype())
    g.apply(op, grad=dy, indices=index, segment_ids=g.fed(ids, g.index_dtype()), dense_output_dim0=tf.constant(8))


# ---- images ----
def pixels(g, op, lo=0.0, hi=1.0, rank=3):
    shape = g.shape(0, 1, zero=False) + [int(x) for x in g.rng.randint(1, 6, rank - 1)] + [3]
    return g.leaf(g.dtype(op), shape, lo, hi)


@spec("AdjustContrastv2")
def adjust_contrast(g, op):
    g.apply(op, images=pixels(g, op), contrast_factor=g.leaf(tf.float32, [], 0.3, 2.0), smooth=False)


@spec("AdjustContrast")
def adjust_and_clip(g, op):
    kw = {name: g.leaf(tf.float32, [], *limits) for name, limits in (("contrast_factor", (0.3, 2.0)), ("min_value", (0.0, 0.3)), ("max_value", (0.6, 1.0)))}
    g.apply(op, images=g.value(g.dtype(op, among=(tf.float32, tf.float64, tf.uint8)), [2, 3, 4, 2], 0, 9), smooth=False, **kw)


@spec("AdjustHue", "AdjustSaturation")
def adjust_colour(g, op):
    amount = g.leaf(tf.float32, [], -1.0, 1.0) if op == "AdjustHue" else g.leaf(tf.float32, [], 0.0, 2.0)
    g.apply(op, images=pixels(g, op), **{"delta" if op == "AdjustHue" else "scale": amount}, smooth=False)


@spec("RGBToHSV", "HSVToRGB")
def colour_space(g, op):
    g.apply(op, images=pixels(g, op, rank=1), smooth=False)


@spec("ExtractImagePatches")
def extract_patches(g, op):
    x = g.value(g.dtype(op), [int(g.rng.randint(1, 3)), int(g.rng.randint(4, 8)), int(g.rng.randint(4, 8)), int(g.rng.randint(1, 4))])
    sizes, strides, rates = ([1, int(g.rng.randint(1, 4)), int(g.rng.randint(1, 4)), 1] for _ in range(3))
    if g.chance(0.5):
        rates = [1, 1, 1, 1]
    fits = all((s - 1) * r < 4 for s, r in zip(sizes, rates))
    padding = g.pick(["SAME", "VALID"]) if fits else "SAME"
    g.apply(op, images=x, ksizes=sizes, strides=strides, rates=rates, padding=padding)


@spec("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3", "NonMaxSuppressionV4", "NonMaxSuppressionV5", "NonMaxSuppressionWithOverlaps")
def suppress(g, op):
    n = int(g.rng.randint(1, 12))
    at = g.rng.rand(n, 2)
    boxes = np.concatenate([at, at + 0.1 + 0.5 * g.rng.rand(n, 2)], 1)
    kw = {"scores": g.fed(g.rng.permutation(n) / 8.0, tf.float32), "max_output_size": g.const(g.rng.randint(0, 9))}
    if op.endswith("Overlaps"):
        kw["overlaps"] = g.fed(g.rng.rand(n, n), tf.float32)
        kw["overlap_threshold"] = g.leaf(tf.float32, [], 0.1, 0.9)
    else:
        kw["boxes"] = g.fed(boxes, tf.float32)
    if op == "NonMaxSuppression":
        kw["iou_threshold"] = float(np.float32(g.rng.rand()))
    elif not op.endswith("Overlaps"):
        kw["iou_threshold"] = g.leaf(tf.float32, [], 0.1, 0.9)
    if op[-1] in "345s":
        kw["score_threshold"] = g.leaf(tf.float32, [], 0.0, 0.5)
    if op[-1] in "45":
        kw["pad_to_max_output_size"] = g.chance(0.5)
    if op.endswith("V5"):
        kw["soft_nms_sigma"] = g.const(g.pick([0.0, 0.3]), tf.float32)
    g.apply(op, **kw, smooth=False)


@spec("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxArgsGradient")
def fake_quant_args(g, op):
    shape = g.shape()
    x = g.leaf(tf.float32, shape, -8.0, 8.0)
    kw = {"min": float(-g.rng.randint(1, 6)), "max": float(g.rng.randint(1, 6)), "num_bits": int(g.rng.randint(2, 9))}
    kw["narrow_range"] = g.chance(0.5)
    if op.endswith("Gradient"):
        g.apply(op, gradients=g.leaf(tf.float32, shape), inputs=x, smooth=False, **kw)
    else:
        g.apply(op, inputs=x, smooth=False, **kw)


@spec("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsGradient", "FakeQuantWithMinMaxVarsPerChannel", "FakeQuantWithMinMaxVarsPerChannelGradient")
def fake_quant_vars(g, op):
    shape = g.pick([[4], [2, 3], [3, 2, 2, 5]])
    ends = [shape[-1]] if "PerChannel" in op else []
    kw = {"inputs": g.leaf(tf.float32, shape, -8.0, 8.0, True), "num_bits": int(g.rng.randint(2, 9)), "narrow_range": g.chance(0.5)}
    kw["min"], kw["max"] = g.leaf(tf.float32, ends, -5.0, -1.0), g.leaf(tf.float32, ends, 1.0, 5.0)
    if op.endswith("Gradient"):
        kw["gradients"] = g.leaf(tf.float32, shape, known=True)
    g.apply(op, smooth=False, **kw)


# ---- indices ----
@spec("UnravelIndex")
def unravel(g, op):
    t, dims = g.index_dtype(), [int(x) for x in g.rng.randint(1, 6, g.rng.randint(1, 4))]
    at = g.indices(g.shape(0, 1, zero=False), int(np.prod(dims)), t)
    g.apply(op, indices=at, dims=g.const(dims, t))


@spec("PopulationCount")
def population(g, op):
    g.apply(op, x=g.leaf(g.dtype(op), g.shape(), -100, 100))


@spec("DataFormatDimMap", "DataFormatVecPermute")
def data_format(g, op):
    a, b = g.pick([("NHWC", "NCHW"), ("NCHW", "NHWC"), ("NDHWC", "NCDHW")])
    n, t = len(a), g.index_dtype()
    if op == "DataFormatDimMap":
        x = g.leaf(t, g.shape(0, 2), -n, n - 1)
    else:
        x = g.leaf(t, [n] if g.chance(0.5) else [n, 2], 0, 9)
    g.apply(op, x=x, src_format=a, dst_format=b)


# ---- sets ----
@spec("DenseToDenseSetOperation", "DenseToSparseSetOperation", "SparseToSparseSetOperation", "SetSize")
def set_operation(g, op):
    shape = [int(x) for x in g.rng.randint(1, 5, g.rng.randint(2, 4))]
    t = g.pick([tf.int32, tf.int64, tf.string])

    def dense():
        own = shape[:-1] + [int(g.rng.randint(1, 5))]
        return words(g, own, VALID) if t == tf.string else g.leaf(t, own, 0, 5)

    if op == "SetSize":
        g.apply(op, **dict(zip(("set_indices", "set_values", "set_shape"), sparse(g, t, shape, lo=0, hi=4))))
        return
    kw = {"set_operation": g.pick(["a-b", "b-a", "intersection", "union"])}
    for n, kind in enumerate(("Dense" if op.startswith("Dense") else "Sparse", "Dense" if "ToDense" in op else "Sparse"), 1):
        if kind == "Dense":
            kw["set%d" % n] = dense()
        else:
            names = ["set%d_%s" % (n, part) for part in ("indices", "values", "shape")]
            kw.update(zip(names, sparse(g, t, shape, lo=0, hi=4)))
    g.apply(op, **kw)


def complex_functions(g, t):
    """{name: a function of two complex tensors of one shape}"""
    axis = int(g.rng.randint(2))
    transposes = {"transpose_a": g.chance(0.5), "transpose_b": g.chance(0.5)}

    def product(x, y):
        a, b = (x[0] if x.shape.rank > 2 else x), (y[0] if y.shape.rank > 2 else y)
        if not transposes["transpose_a"] and not transposes["transpose_b"] or all(transposes.values()):
            b = tf.transpose(b)
        return tf.matmul(a, b, **transposes)

    def batches(x, y):
        return tf.matmul(x, y, **{"adjoint_" + ("b" if g.chance(0.5) else "a"): True})

    return {
        "add": tf.add, "sub": tf.subtract, "mul": tf.multiply, "row": lambda x, y: x * y[:, :1], "div": tf.divide, "div_no_nan": tf.math.divide_no_nan,
        "neg": lambda x, y: -x, "square": lambda x, y: tf.square(x), "exp": lambda x, y: tf.exp(x), "log": lambda x, y: tf.math.log(x),
        "sqrt": lambda x, y: tf.sqrt(x), "reciprocal": lambda x, y: tf.math.reciprocal(x), "sum": lambda x, y: tf.reduce_sum(x * y, axis),
        "mean": lambda x, y: tf.reduce_mean(x, axis, keepdims=True) * y, "add_n": lambda x, y: tf.add_n([x, y, x]), "matmul": product,
        "batches": batches,
    }  # fmt: skip


@spec("Complex", "Real", "Imag", "Conj", "ComplexAbs", "Angle")
def complex_numbers(g, op):
    """Arithmetic of complex numbers that are made of real ones, by which both differentiate, and taken apart again."""
    t, c = g.pick([(tf.float32, tf.complex64), (tf.float64, tf.complex128)])
    functions = complex_functions(g, t)
    how = g.pick(sorted(functions))
    n = int(g.rng.randint(1, 5))
    shape = ([int(g.rng.randint(1, 4))] if how == "batches" else []) + [int(g.rng.randint(1, 5)) if how != "batches" else n, n]
    x, y = [g.apply("Complex", real=g.leaf(t, shape, 0.5, 2.0), imag=g.leaf(t, shape, -1.5, 1.5), Tout=c) for _ in range(2)]
    z = functions[how](x, y)
    if op == "Conj":
        z = g.apply(op, input=z)
    if op in ("ComplexAbs", "Angle"):
        g.apply(op, Tout=t, **{"x" if op == "ComplexAbs" else "input": z})
    else:
        for part in ("Real", "Imag"):
            g.apply(part, input=z, Tout=t)
