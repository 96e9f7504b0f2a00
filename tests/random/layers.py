"""Neural networks' ops, images, matrices, random streams, summaries."""
import numpy as np
import tensorflow.compat.v1 as tf
from elementwise import FLOATS, spec


@spec("MatMul")
def matmul(g, op):
    t = g.dtype(op)
    n, k, m = [int(g.rng.randint(1, 9 if g.chance(0.8) else 70)) for _ in range(3)]
    k = 0 if g.chance(0.05) else k
    ta, tb = g.chance(0.5), g.chance(0.5)
    g.apply(op, a=g.value(t, [k, n] if ta else [n, k]), b=g.value(t, [m, k] if tb else [k, m]), transpose_a=ta, transpose_b=tb)


@spec("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def batch_matmul(g, op):
    lead = g.shape(0 if op != "BatchMatMul" else 1, 2, zero=False)
    n, k, m = [int(g.rng.randint(1, 6)) for _ in range(3)]
    ta, tb = g.chance(0.5), g.chance(0.5)
    la, lb = (lead, lead) if op == "BatchMatMul" else (g.broadcast(lead), g.broadcast(lead))
    kw = {}
    if op == "BatchMatMulV3":
        t = g.dtype("BatchMatMulV2", among=(tf.float32, tf.float64, tf.int32))
        kw["Tout"] = t
    else:
        t = g.dtype(op)
    g.apply(op, x=g.value(t, la + ([k, n] if ta else [n, k])), y=g.value(t, lb + ([m, k] if tb else [k, m])), adj_x=ta, adj_y=tb, **kw)


@spec("Einsum")
def einsum(g, op):
    size = {c: int(g.rng.randint(1, 5)) for c in "abcdij"}
    eq = g.pick(["ab,bc->ac", "abc,cd->abd", "ab->ba", "aab,bc->ac", "ab,ab->", "a,b->ab", "abc->ac", "...ij,...i->...j", "iab,ibc->iac",
                 "ab,cb->ac", "ii->i"])  # fmt: skip
    t = g.dtype(op, among=(tf.float32, tf.float64))
    ins = eq.split("->")[0].split(",")
    g.apply(op, inputs=[g.value(t, ([2] if "..." in i else []) + [size[c] for c in i if c != "."], known=True) for i in ins], equation=eq)


@spec("BiasAdd", "BiasAddV1", "BiasAddGrad")
def bias(g, op):
    t = g.dtype(op)
    nchw = op != "BiasAddV1" and g.chance(0.4)
    shape = g.shape(3 if nchw else 2, 5 if op != "BiasAddV1" else 4, zero=False)
    c = shape[1] if nchw else shape[-1]
    kw = {} if op == "BiasAddV1" else {"data_format": "NCHW" if nchw else "NHWC"}
    if op == "BiasAddGrad":
        g.apply(op, out_backprop=g.value(t, shape), **kw)
    else:
        g.apply(op, value=g.value(t, shape), bias=g.value(t, [c]), **kw)


# ---- windows ----


def window(g, explicit=False):
    h, w = [int(i) for i in g.rng.randint(3, 8, size=2)]
    kh, kw = [int(i) for i in g.rng.randint(1, 4, size=2)]
    sh, sw = [int(i) for i in g.rng.randint(1, 3, size=2)]
    padding = g.pick(["SAME", "VALID", "EXPLICIT"] if explicit else ["SAME", "VALID"])
    pads = [int(i) for i in g.rng.randint(0, 2, size=4)] if padding == "EXPLICIT" else None
    return h, w, kh, kw, sh, sw, padding, pads


def out_size(n, k, s, padding, pads=(0, 0), d=1):
    k = (k - 1) * d + 1
    if padding == "SAME":
        return -(-n // s)
    return (n + sum(pads if padding == "EXPLICIT" else (0, 0)) - k) // s + 1


@spec("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter", "DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropInput",
      "DepthwiseConv2dNativeBackpropFilter")  # fmt: skip
def conv2d(g, op):
    deep = op.startswith("Depthwise")
    h, w, kh, kw, sh, sw, padding, pads = window(g, explicit=True)
    t = g.dtype(op, among=FLOATS)
    n, c, m, d = int(g.rng.randint(1, 3)), int(g.rng.randint(1, 4)), int(g.rng.randint(1, 4)), 1
    if deep:
        sh = sw
    elif g.chance(0.25) and op == "Conv2D":
        d, sh, sw = 2, 1, 1
        h, w = h + 3, w + 3
    elif g.chance(0.3) and op == "Conv2D" and padding != "EXPLICIT":
        c = 2 * c  # groups
    attrs = dict(strides=[1, sh, sw, 1], padding=padding, dilations=[1, d, d, 1])
    if pads:
        attrs["explicit_paddings"] = [0, 0] + pads + [0, 0]
    ph, pw = (pads[:2], pads[2:]) if pads else ((0, 0), (0, 0))
    oh, ow = out_size(h, kh, sh, padding, ph, d), out_size(w, kw, sw, padding, pw, d)
    x, f, y = [n, h, w, c], [kh, kw, c, m], [n, oh, ow, c * m if deep else m]
    if op.endswith("BackpropInput"):
        g.apply(op, input_sizes=g.const(x), filter=g.value(t, f), out_backprop=g.value(t, y), **attrs)
    elif op.endswith("BackpropFilter"):
        g.apply(op, input=g.value(t, x), filter_sizes=g.const(f), out_backprop=g.value(t, y), **attrs)
    else:
        g.apply(op, smooth=d == 1, input=g.value(t, x), filter=g.value(t, f), **attrs)  # no gradient of dilated ones on CPUs


@spec("Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2", "Conv3DBackpropInput", "Conv3DBackpropFilter")
def conv3d(g, op):
    size, k, s = g.rng.randint(3, 6, size=3), g.rng.randint(1, 3, size=3), int(g.rng.randint(1, 3))
    padding, t = g.pick(["SAME", "VALID"]), g.dtype(op, among=(tf.float32, tf.float64))
    c, m = int(g.rng.randint(1, 3)), int(g.rng.randint(1, 4))
    x, f = [2] + [int(i) for i in size] + [c], [int(i) for i in k] + [c, m]
    y = [2] + [out_size(int(a), int(b), s, padding) for a, b in zip(size, k)] + [m]
    attrs = dict(strides=[1, s, s, s, 1], padding=padding)
    if op == "Conv3D":
        g.apply(op, input=g.value(t, x), filter=g.value(t, f), **attrs)
    elif op == "Conv3DBackpropInputV2":
        g.apply(op, input_sizes=g.const(x), filter=g.value(t, f), out_backprop=g.value(t, y), **attrs)
    elif op == "Conv3DBackpropFilterV2":
        g.apply(op, input=g.value(t, x), filter_sizes=g.const(f), out_backprop=g.value(t, y), **attrs)
    else:
        g.apply(op, input=g.value(t, x), filter=g.value(t, f), out_backprop=g.value(t, y), smooth=False, **attrs)


POOLS = ["AvgPool", "AvgPoolGrad", "MaxPool", "MaxPoolV2", "MaxPoolGrad", "MaxPoolGradV2", "MaxPoolGradGrad", "MaxPoolGradGradV2", "MaxPoolWithArgmax",
         "MaxPoolGradWithArgmax"]  # fmt: skip


def pool_grad(g, op, v, o, x, y, attrs):
    """TensorFlow's MaxPoolGradGrad writes zeros over its input where both have one shape, unless that is fed."""
    kw = dict(orig_input=v, orig_output=o, **attrs)
    if "GradGrad" in op:
        g.apply(op, grad=g.leaf(v.dtype, x), **kw)
    else:
        g.apply(op, x != y, grad=g.value(v.dtype, y), **kw)


@spec(*POOLS)
def pool(g, op):
    h, w, kh, kw, sh, sw, padding, _ = window(g)
    t = g.dtype(op, among=FLOATS)
    x = [int(g.rng.randint(1, 3)), h, w, int(g.rng.randint(1, 4))]
    y = [x[0], out_size(h, kh, sh, padding), out_size(w, kw, sw, padding), x[3]]
    k, s, attrs = [1, kh, kw, 1], [1, sh, sw, 1], dict(padding=padding)
    if op not in ("MaxPoolV2", "MaxPoolGradV2", "MaxPoolGradGradV2"):
        attrs.update(ksize=k, strides=s)
    if op == "AvgPool":
        g.apply(op, value=g.value(t, x), **attrs)
    elif op == "AvgPoolGrad":
        g.apply(op, orig_input_shape=g.const(x), grad=g.value(t, y), **attrs)
    elif op == "MaxPool":
        g.apply(op, input=g.leaf(t, x, -9, 9), **attrs)
    elif op == "MaxPoolV2":
        g.apply(op, input=g.leaf(t, x, -9, 9), ksize=g.const(k), strides=g.const(s), **attrs)
    elif op == "MaxPoolWithArgmax":
        ti = g.index_dtype()  # the gradient's kernels take int64
        g.apply(op, smooth=ti == tf.int64, input=g.leaf(t, x, -9, 9), Targmax=ti, include_batch_in_index=g.chance(0.5), **attrs)
    elif op == "MaxPoolGradWithArgmax":
        v = g.leaf(t, x, -9, 9, known=True)
        whole = g.chance(0.5)
        p = g.apply("MaxPoolWithArgmax", input=v, Targmax=tf.int64, include_batch_in_index=whole, **attrs)
        g.apply(op, smooth=False, input=v, grad=g.value(t, y), argmax=p[1], include_batch_in_index=whole, **attrs)
    else:
        v = g.leaf(t, x, -9, 9, known=True)
        o = g.apply("MaxPool", input=v, ksize=k, strides=s, padding=padding)
        if op in ("MaxPoolGradV2", "MaxPoolGradGradV2"):
            attrs.update(ksize=g.const(k), strides=g.const(s))
        pool_grad(g, op, v, o, x, y, attrs)


@spec("AvgPool3D", "AvgPool3DGrad", "MaxPool3D", "MaxPool3DGrad", "MaxPool3DGradGrad")
def pool3d(g, op):
    size, k, s = g.rng.randint(3, 6, size=3), g.rng.randint(1, 4, size=3), int(g.rng.randint(1, 3))
    padding, t = g.pick(["SAME", "VALID"]), g.dtype(op, among=FLOATS)
    x = [2] + [int(i) for i in size] + [2]
    y = [2] + [out_size(int(a), int(b), s, padding) for a, b in zip(size, k)] + [2]
    attrs = dict(ksize=[1] + [int(i) for i in k] + [1], strides=[1, s, s, s, 1], padding=padding)
    if op == "AvgPool3DGrad":
        g.apply(op, orig_input_shape=g.const(x), grad=g.value(t, y), **attrs)
    elif op.startswith("MaxPool3DGrad"):
        v = g.leaf(t, x, -9, 9, known=True)
        o = g.apply("MaxPool3D", input=v, **attrs)
        pool_grad(g, op, v, o, x, y, attrs)
    else:
        g.apply(op, input=g.leaf(t, x, -9, 9), **attrs)


@spec("LRN", "LRNGrad")
def lrn(g, op):
    shape, t = [2, 3, 2, int(g.rng.randint(1, 9))], g.dtype(op)
    attrs = dict(depth_radius=int(g.rng.randint(1, 4)), bias=1.0, alpha=float(g.pick([0.5, 1e-3])), beta=float(g.pick([0.5, 0.75])))
    x = g.value(t, shape, known=True)
    if op == "LRN":
        g.apply(op, input=x, **attrs)
        return
    y = g.apply("LRN", input=x, **attrs)
    g.apply(op, input_grads=g.value(t, shape), input_image=x, output_image=y, **attrs)


NORMS = ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]


@spec(*NORMS, *[n.replace("Norm", "NormGrad") for n in NORMS])
def batch_norm(g, op):
    t = g.dtype(op, among=(tf.float32,))
    u, c, training = tf.float32, int(g.rng.randint(1, 5)), g.chance(0.6)
    x = g.leaf(t, [3, 4, 2, c])  # nothing that varies little: only noise would be left of it
    scale, mean, var = g.value(u, [c], 0.5, 2), g.value(u, [c]), g.value(u, [c], 0.3, 2)
    attrs = dict(epsilon=0.01, is_training=training)
    if "Grad" in op:
        kw = dict(y_backprop=g.value(t, [3, 4, 2, c]), x=x, scale=scale, reserve_space_1=mean, reserve_space_2=var)
        if op.endswith("V3"):
            kw["reserve_space_3"] = g.leaf(u, [c])
        g.norm(op, [0, 1, 2], **kw, **attrs)
        return
    empty = tf.constant([], u) if training else None
    g.norm(op, [0, 1, 2], x=x, scale=scale, offset=g.value(u, [c]), mean=empty if training else mean, variance=empty if training else var,
           **attrs)  # fmt: skip


@spec("SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits")
def cross_entropy(g, op):
    n, c, t = int(g.rng.randint(1, 6)), int(g.rng.randint(2, 6)), g.dtype(op)
    x = g.value(t, [n, c], -3, 3, known=True)
    if op.startswith("Sparse"):
        g.apply(op, features=x, labels=g.indices([n], c, g.dtype(op, "Tlabels")))
    else:
        g.apply(op, features=x, labels=tf.nn.softmax(g.value(t, [n, c], known=True)) if t != tf.bfloat16 else g.value(t, [n, c], known=True))


# ---- images ----


@spec("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea")
def resize(g, op):
    t = g.dtype(op)
    flags = g.pick([(False, False), (True, False), (False, True)] if op != "ResizeArea" else [(False,), (True,)])
    kw = dict(zip(("align_corners", "half_pixel_centers"), flags))
    size = [int(i) for i in g.rng.randint(1, 9, size=2)]
    g.apply(op, images=g.value(t, [1, int(g.rng.randint(2, 7)), int(g.rng.randint(2, 7)), 2], 0, 9), size=g.const(size), **kw)


@spec("ResizeBilinearGrad", "ResizeNearestNeighborGrad", "ResizeBicubicGrad")
def resize_grad(g, op):
    t = g.dtype(op, among=FLOATS)
    kw = dict(zip(("align_corners", "half_pixel_centers"), g.pick([(False, False), (True, False), (False, True)])))
    a, b = [[int(i) for i in g.rng.randint(2, 7, size=2)] for _ in range(2)]
    if op == "ResizeNearestNeighborGrad":
        g.apply(op, grads=g.value(t, [1] + a + [2]), size=g.const(b), **kw)
    else:
        g.apply(op, grads=g.value(tf.float32, [1] + a + [2]), original_image=g.value(t, [1] + b + [2]), **kw)


@spec("CropAndResize", "CropAndResizeGradImage", "CropAndResizeGradBoxes")
def crop_and_resize(g, op):
    t, size, n = g.dtype(op), [int(i) for i in g.rng.randint(2, 5, size=2)], 3
    lo, hi = g.rng.uniform(-0.1, 0.4, size=(n, 2)), g.rng.uniform(0.5, 1.1, size=(n, 2))
    kw = dict(boxes=g.fed(np.concatenate([lo, hi], 1), tf.float32), box_ind=g.indices([n], 2, tf.int32))
    if op == "CropAndResizeGradBoxes":
        g.apply(op, grads=g.value(tf.float32, [n] + size + [2]), image=g.value(t, [2, 6, 5, 2], 0, 9), method="bilinear", **kw)
    elif op == "CropAndResizeGradImage":
        g.apply(op, grads=g.value(tf.float32, [n] + size + [2]), image_size=g.const([2, 6, 5, 2]), method=g.pick(["bilinear", "nearest"]), T=t, **kw)
    else:
        g.apply(op, image=g.value(t, [2, 6, 5, 2], 0, 9), crop_size=g.const(size), method=g.pick(["bilinear", "nearest"]),
                extrapolation_value=1.5, **kw)  # fmt: skip


# ---- matrices: well conditioned ----
REAL = (tf.float32, tf.float64)


def square(g, t, kind="plain"):
    lead, n = g.shape(0, 2, zero=False, most=3), int(g.rng.randint(1, 6))
    x = g.value(t, lead + [n, n], -0.5, 0.5, known=True)
    if kind == "positive":
        x = tf.matmul(x, x, transpose_b=True)
    if kind == "symmetric":
        return lead, n, tf.add(x, tf.linalg.matrix_transpose(x)) * tf.constant(0.1, t) + tf.constant(np.diag(np.arange(n) + 1.0), t)
    return lead, n, x + tf.constant((1.0 if kind == "positive" else 3.0) * np.eye(n), t)


@spec("Cholesky", "MatrixInverse", "MatrixDeterminant", "LogMatrixDeterminant")
def linear(g, op):
    t = g.dtype(op, among=REAL)
    kw = {"adjoint": g.chance(0.5)} if op == "MatrixInverse" else {}
    g.apply(op, input=square(g, t, "positive" if op == "Cholesky" else "plain")[2], **kw)


@spec("CholeskyGrad")
def cholesky_grad(g, op):
    t = g.dtype(op, among=REAL)
    lead, n, x = square(g, t, "positive")
    g.apply(op, l=tf.linalg.cholesky(x), grad=g.value(t, lead + [n, n]))


@spec("MatrixSolve", "MatrixTriangularSolve", "MatrixSolveLs")
def solve(g, op):
    t = g.dtype(op, among=REAL)
    lead, n, x = square(g, t)
    rhs = g.value(t, lead + [n, int(g.rng.randint(1, 4))], known=True)
    if op == "MatrixSolveLs":
        g.apply(op, matrix=x, rhs=rhs, l2_regularizer=tf.constant(0.1, tf.float64))
    elif op == "MatrixSolve":
        g.apply(op, matrix=x, rhs=rhs, adjoint=g.chance(0.5))
    else:
        g.apply(op, matrix=x, rhs=rhs, adjoint=g.chance(0.5), lower=g.chance(0.5))


@spec("SelfAdjointEig")
def stacked(g, op):
    g.factor(op, input=square(g, g.dtype(op, among=REAL), "symmetric")[2])


@spec("Lu")
def lu(g, op):
    """Pivots are far from each other, so that rounding chooses none."""
    lead, n, x = square(g, g.dtype(op, among=REAL))
    g.apply(op, input=x, output_idx_type=g.pick([tf.int32, tf.int64]), smooth=False)


@spec("Qr", "Svd", "SelfAdjointEigV2")
def factors(g, op):
    """Signs of the vectors are free: they are squared."""
    t = g.dtype(op, among=REAL)
    x = square(g, t, "symmetric")[2]
    kw = {"SelfAdjointEigV2": {"compute_v": g.chance(0.6)}, "Svd": {"compute_uv": g.chance(0.6), "full_matrices": g.chance(0.5)},
          "Qr": {"full_matrices": g.chance(0.5)}}[op]  # fmt: skip
    g.factor(op, input=x, **kw)


# ---- random streams ----


@spec("RandomUniform", "RandomStandardNormal", "TruncatedNormal", "RandomUniformInt", "RandomShuffle", "Multinomial")
def streams(g, op):
    kw = dict(seed=int(g.rng.randint(1, 99)), seed2=int(g.rng.randint(1, 99)))
    shape = g.shape(0, 3)
    if op == "RandomShuffle":
        g.apply(op, smooth=False, value=g.leaf(g.dtype(op), g.shape(1, 3)), **kw)
    elif op == "Multinomial":
        g.apply(op, logits=g.leaf(tf.float32, [2, 5]), num_samples=g.const(7), output_dtype=g.index_dtype(), **kw)
    elif op == "RandomUniformInt":
        t = g.index_dtype()
        g.apply(op, shape=g.const(shape, g.index_dtype()), minval=tf.constant(-3, t), maxval=tf.constant(40, t), **kw)
    else:
        g.apply(op, smooth=False, shape=g.const(shape, g.index_dtype()), dtype=g.dtype(op, "dtype"), **kw)


# ---- words ----


@spec("ScalarSummary", "HistogramSummary", "TensorSummary", "TensorSummaryV2", "AudioSummary", "AudioSummaryV2", "ImageSummary")
def summary(g, op):
    how = dict(compare="summary", smooth=False)
    tag = tf.constant("some/tag")
    if op == "ScalarSummary":
        g.apply(op, tags=tag, values=g.leaf(g.dtype(op, among=REAL), []), **how)
    elif op == "HistogramSummary":
        g.apply(op, tag=tag, values=g.leaf(g.dtype(op, among=REAL), g.shape(1, 3)), **how)
    elif op == "TensorSummary":
        g.apply(op, tensor=g.leaf(g.dtype(op, among=REAL + (tf.int32, tf.string)), g.shape()), **how)
    elif op == "TensorSummaryV2":
        g.apply(op, tag=tag, tensor=g.leaf(tf.float32, g.shape()), serialized_summary_metadata=tf.constant(tf.SummaryMetadata(display_name="d").SerializeToString()), **how)
    elif op == "ImageSummary":
        t = g.dtype(op, among=(tf.float32, tf.uint8))
        g.apply(op, tag=tag, tensor=g.leaf(t, [2, 4, 5, int(g.pick([1, 3, 4]))], 0, 9), max_images=int(g.rng.randint(1, 4)), **how)
    else:
        x = g.leaf(tf.float32, [2, 20, int(g.rng.randint(1, 3))], -1, 1, known=True)
        rate = {"sample_rate": 8000.0} if op == "AudioSummary" else {"sample_rate": tf.constant(8000.0)}
        g.apply(op, tag=tag, tensor=x, max_outputs=2, **rate, **how)


@spec("MergeSummary")
def merge_summary(g, op):
    s = [g.apply("ScalarSummary", smooth=False, compare="summary", tags=tf.constant("t%d" % i), values=g.leaf(tf.float32, [])) for i in range(2)]
    g.apply(op, smooth=False, compare="summary", inputs=s)


@spec("ShardedFilename")
def sharded(g, op):
    g.apply(op, basename=tf.constant("a/model"), shard=g.const(2), num_shards=g.const(5))


# ---- candidates ----


@spec("UniformCandidateSampler", "LogUniformCandidateSampler", "AllCandidateSampler", "LearnedUnigramCandidateSampler",
      "ThreadUnsafeUnigramCandidateSampler", "FixedUnigramCandidateSampler")  # fmt: skip
def candidates(g, op):
    rows, true, n, classes = int(g.rng.randint(1, 4)), int(g.rng.randint(1, 3)), int(g.rng.randint(1, 7)), int(g.rng.randint(8, 60))
    kw = dict(num_true=true, num_sampled=n, unique=g.chance(0.5), seed=int(g.rng.randint(1, 99)), seed2=int(g.rng.randint(1, 99)))
    if op != "AllCandidateSampler":
        kw["range_max"] = classes
    if op.startswith("Fixed"):
        kw.update(unigrams=[float(i) for i in g.rng.randint(1, 9, size=classes)], distortion=float(g.pick([1.0, 0.75])))
    g.apply(op, true_classes=g.fed(g.rng.randint(0, n if op.startswith("All") else classes, size=(rows, true)), tf.int64), **kw)


@spec("ComputeAccidentalHits")
def accidental_hits(g, op):
    rows, true = int(g.rng.randint(1, 4)), int(g.rng.randint(1, 3))
    g.apply(op, true_classes=g.fed(g.rng.randint(0, 5, size=(rows, true)), tf.int64), sampled_candidates=g.fed(g.rng.permutation(6), tf.int64),
            num_true=true)  # fmt: skip
