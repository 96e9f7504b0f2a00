"""Ops that move, select, join and part: shapes and indices."""
import numpy as np
import tensorflow.compat.v1 as tf
from elementwise import FLOATS, spec


@spec("Shape", "Size", "Rank")
def shape_of(g, op):
    kw = {} if op == "Rank" else {"out_type": g.index_dtype()}
    g.apply(op, input=g.leaf(g.dtype(op), g.shape(0, 5)), **kw)


@spec("ShapeN")
def shape_n(g, op):
    t = g.dtype(op)
    g.apply(op, input=[g.leaf(t, g.shape()) for _ in range(g.rng.randint(1, 4))], out_type=g.index_dtype())


@spec("Reshape")
def reshape(g, op):
    t, shape = g.dtype(op), g.shape(0, 5)
    n = int(np.prod(shape))
    new = [int(i) for i in g.pick([[n], [1, n], [n, 1, 1], list(reversed(shape)), [-1] if n else [0, 3]])]
    g.apply(op, tensor=g.value(t, shape), shape=g.const(new, g.index_dtype()))


@spec("EnsureShape")
def ensure(g, op):
    shape = g.shape()
    g.apply(op, input=g.value(g.dtype(op), shape), shape=[None if g.chance(0.3) else d for d in shape])


@spec("ExpandDims")
def expand(g, op):
    shape = g.shape(0, 4)
    g.apply(op, input=g.value(g.dtype(op), shape), dim=g.const(int(g.rng.randint(-len(shape) - 1, len(shape) + 1)), g.index_dtype()))


@spec("Squeeze")
def squeeze(g, op):
    shape = [1 if g.chance(0.5) else d for d in g.shape(1, 5)]
    ones = [i for i, d in enumerate(shape) if d == 1]
    ones = [i - len(shape) if g.chance(0.3) else i for i in ones if g.chance(0.6)]
    g.apply(op, input=g.value(g.dtype(op), shape, known=True), squeeze_dims=g.pick([ones, []]))


@spec("Transpose", "ConjugateTranspose")
def transpose(g, op):
    shape = g.shape(0, 5)
    perm = np.array(g.rng.permutation(len(shape)), dtype=np.int32)
    among = set(g.known[op]["T"]) - {tf.string} if op == "ConjugateTranspose" else None  # of strings, TensorFlow dies
    g.apply(op, x=g.value(g.dtype(op, among=among), shape), perm=g.const(perm, g.index_dtype()))


@spec("InvertPermutation")
def invert(g, op):
    t = g.index_dtype()
    g.apply(op, x=g.fed(g.rng.permutation(g.rng.randint(0, 9)), t))


@spec("Tile")
def tile(g, op):
    shape, t = g.shape(0, 4, most=4), g.dtype(op)
    t = tf.int64 if t in (tf.uint16, tf.uint32, tf.uint64) else t  # TensorFlow refuses them in the run
    g.apply(op, input=g.value(t, shape), multiples=g.const([int(g.rng.randint(0 if g.chance(0.1) else 1, 4)) for _ in shape],
            g.index_dtype()))  # fmt: skip


@spec("BroadcastTo")
def broadcast_to(g, op):
    shape = g.shape(0, 4)
    g.apply(op, input=g.value(g.dtype(op), g.broadcast(shape)), shape=g.const(shape, g.index_dtype()))


@spec("Fill")
def fill(g, op):
    g.apply(op, dims=g.const(g.shape(), g.index_dtype()), value=g.value(g.dtype(op), []))


def parts(g, lo=1):
    shape = g.shape(1, 4)
    axis = int(g.rng.randint(len(shape)))
    out = []
    for _ in range(g.rng.randint(lo, 5)):
        s = list(shape)
        s[axis] = int(g.rng.randint(0, 4))
        out.append(s)
    return out, axis, axis - len(shape) if g.chance(0.3) else axis


@spec("Concat", "ConcatV2")
def concat(g, op):
    t = g.dtype(op)
    shapes, axis, at = parts(g, 2)
    if op == "Concat":
        g.apply(op, concat_dim=g.const(axis), values=[g.value(t, s) for s in shapes])
    else:
        ti = g.index_dtype()  # TensorFlow's gradient of ConcatV2 takes int32 only where the axis is fed
        g.apply(op, smooth=ti == tf.int32, values=[g.value(t, s) for s in shapes], axis=g.const(at, ti))


@spec("ConcatOffset")
def concat_offset(g, op):
    shapes, axis, _ = parts(g, 2)
    g.apply(op, concat_dim=g.const(axis), shape=[g.const(s) for s in shapes])


@spec("Pack")
def pack(g, op):
    t, shape = g.dtype(op), g.shape(0, 4)
    g.apply(op, values=[g.value(t, shape) for _ in range(g.rng.randint(1, 5))], axis=int(g.rng.randint(-len(shape) - 1, len(shape) + 1)))


@spec("Unpack")
def unpack(g, op):
    shape = g.shape(1, 4, zero=False)
    axis = int(g.rng.randint(-len(shape), len(shape)))
    g.apply(op, value=g.value(g.dtype(op), shape, known=True), num=shape[axis], axis=axis)


@spec("Split")
def split(g, op):
    shape = g.shape(1, 4, zero=False)
    axis, n = int(g.rng.randint(len(shape))), int(g.rng.randint(1, 4))
    shape[axis] = n * int(g.rng.randint(1, 4))
    g.apply(op, split_dim=g.const(axis), value=g.value(g.dtype(op), shape), num_split=n)


@spec("SplitV")
def split_v(g, op):
    shape = g.shape(1, 4, zero=False)
    axis = int(g.rng.randint(len(shape)))
    sizes = [int(g.rng.randint(0, 4)) for _ in range(g.rng.randint(1, 4))]
    shape[axis] = sum(sizes)
    if g.chance(0.3) and len(sizes) > 1:
        sizes[g.rng.randint(len(sizes))] = -1
    # TensorFlow's gradient joins by the first size where one is to be found out
    g.apply(op, -1 not in sizes, value=g.value(g.dtype(op), shape), size_splits=g.const(sizes, g.index_dtype()), split_dim=tf.constant(axis), num_split=len(sizes))


@spec("Slice")
def slice_(g, op):
    shape = g.shape(0, 4)
    begin = [int(g.rng.randint(0, d + 1)) for d in shape]
    size = [-1 if g.chance(0.2) else int(g.rng.randint(0, d - b + 1)) for d, b in zip(shape, begin)]
    t = g.index_dtype()
    g.apply(op, input=g.value(g.dtype(op), shape), begin=tf.constant(np.array(begin, np.int32), t) if g.chance(0.5) else g.const(begin, t),
            size=g.const(np.array(size, np.int32), t))  # fmt: skip


def strides(g, shape):
    """begin, end, strides and masks of a strided slice that is valid for the shape."""
    n = int(g.rng.randint(0, len(shape) + 1))
    begin, end, step, masks, i = [], [], [], dict(begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0), 0
    while i < n or (len(begin) < 6 and g.chance(0.1)):
        bit = 1 << len(begin)
        kind = g.rng.rand()
        if kind < 0.1:
            masks["new_axis_mask"] |= bit
            begin, end, step = begin + [0], end + [0], step + [1]
            continue
        if kind < 0.2 and not masks["ellipsis_mask"] and i < n:
            masks["ellipsis_mask"] |= bit
            begin, end, step = begin + [0], end + [0], step + [1]
            skip = len(shape) - n
            i, n = i + skip, n + skip
            continue
        if i >= n:
            break
        d = shape[i]
        i += 1
        if kind < 0.4 and d > 0:
            masks["shrink_axis_mask"] |= bit
            b = int(g.rng.randint(-d, d))
            begin, end, step = begin + [b], end + [b + 1], step + [1]
            continue
        masks["begin_mask"] |= bit if g.chance(0.2) else 0
        masks["end_mask"] |= bit if g.chance(0.2) else 0
        s = int(g.pick([1, 1, 1, 2, -1, -2, 3]))
        begin, end, step = begin + [int(g.rng.randint(-d - 1, d + 2))], end + [int(g.rng.randint(-d - 1, d + 2))], step + [s]
    t = g.index_dtype()
    c = lambda v: g.const(np.array(v, np.int32), t)  # noqa: E731
    return dict(begin=c(begin), end=c(end), strides=c(step), **masks)


@spec("StridedSlice")
def strided_slice(g, op):
    shape = g.shape(1, 5)
    g.apply(op, input=g.value(g.dtype(op), shape), **strides(g, shape))


@spec("StridedSliceGrad")
def strided_slice_grad(g, op):
    shape, t = [4, 5], g.index_dtype()
    c = lambda v: g.const(v, t)  # noqa: E731
    g.apply(op, shape=c(shape), begin=c([1, 4]), end=c([3, 0]), strides=c([1, -2]), dy=g.value(g.dtype(op), [2, 2]))


@spec("Pad", "PadV2", "MirrorPad", "MirrorPadGrad")
def pad(g, op):
    shape = g.shape(1, 4, zero=not op.startswith("Mirror"))
    mode = g.pick(["REFLECT", "SYMMETRIC"])
    most = [(d - 1 if mode == "REFLECT" else d) if op.startswith("Mirror") else 3 for d in shape]
    pads = [[int(g.rng.randint(0, min(m, 3) + 1)) for _ in range(2)] for m in most]
    t = g.dtype(op)
    if op == "MirrorPadGrad":
        shape = [d + a + b for d, (a, b) in zip(shape, pads)]
    kw = {"mode": mode} if op.startswith("Mirror") else {"constant_values": g.value(t, [])} if op == "PadV2" else {}
    g.apply(op, input=g.value(t, shape), paddings=g.const(pads, g.index_dtype()), **kw)


@spec("Gather", "GatherV2", "GatherNd", "ResourceGather", "ResourceGatherNd")
def gather(g, op):
    shape, t = g.shape(1, 4, zero=False), g.dtype(op, {"ResourceGather": "dtype", "ResourceGatherNd": "dtype"}.get(op, "Tparams"))
    if op.startswith("Resource"):
        params = g.variable(g.random(t, shape, -2, 2), t, True)
    else:  # the rank is needed by TensorFlow's gradients
        params = g.value(t, shape, known=True)
    kw = {"dtype": t} if op.startswith("Resource") else {}
    name = "resource" if op.startswith("Resource") else "params"
    if op.endswith("Nd"):
        n = int(g.rng.randint(1, len(shape) + 1))
        lead = g.shape(1, 2)  # TensorFlow has no gradient of a single element
        idx = np.stack([g.rng.randint(0, shape[i], size=lead) for i in range(n)], -1)
        kw["indices"] = g.fed(idx, g.index_dtype(), True)
    elif op == "GatherV2":
        axis = int(g.rng.randint(len(shape)))
        batch = int(g.rng.randint(0, axis + 1)) if g.chance(0.4) else 0
        lead = shape[:batch] + g.shape(0, 2)
        kw.update(indices=g.fed(g.rng.randint(0, shape[axis], size=lead), g.index_dtype(), True), batch_dims=batch)
        axis = np.int32(axis - len(shape) if g.chance(0.3) else axis)
        kw["axis"] = g.const(axis, g.index_dtype()) if batch == 0 else tf.constant(axis)
    else:
        kw["indices"] = g.indices(g.shape(0, 3), shape[0])
    g.apply(op, smooth=not op.startswith("Resource"), **{name: params}, **kw)


@spec("ScatterNd")
def scatter_nd(g, op):
    shape, n, ti = g.shape(1, 3, zero=False), 1, g.index_dtype()
    n = int(g.rng.randint(1, len(shape) + 1))
    lead = g.shape(1, 2, zero=False)
    idx = np.stack([g.rng.randint(0, shape[i], size=lead) for i in range(n)], -1)
    t = g.dtype(op, among=FLOATS + (tf.int32, tf.int64))
    g.apply(op, indices=g.fed(idx, ti), updates=g.value(t, lead + shape[n:]), shape=g.const(shape, ti))


@spec("OneHot")
def one_hot(g, op):
    shape, t = g.shape(0, 3), g.dtype(op)
    ti = g.dtype(op, "TI")
    lo = -1 if not ti.is_unsigned else 0
    g.apply(op, indices=g.fed(g.rng.randint(lo, 6, size=shape), ti), depth=g.const(int(g.rng.randint(0, 6))), on_value=g.value(t, [], 0, 3),
            off_value=g.value(t, [], 0, 3), axis=int(g.rng.randint(-1, len(shape) + 1)))  # fmt: skip


@spec("Reverse", "ReverseV2")
def reverse(g, op):
    shape, t = g.shape(1, 4, zero=False), g.dtype(op)
    if op == "Reverse":
        g.apply(op, tensor=g.value(t, shape), dims=g.const([bool(g.chance(0.5)) for _ in shape], tf.bool))
        return
    a = [int(i) for i in g.rng.permutation(len(shape))[: g.rng.randint(0, len(shape) + 1)]]
    a = np.array([i - len(shape) if g.chance(0.3) else i for i in a], np.int32)
    g.apply(op, tensor=g.value(t, shape), axis=g.const(a, g.index_dtype()))


@spec("ReverseSequence")
def reverse_sequence(g, op):
    shape, t = g.shape(2, 4, zero=False), g.dtype(op)
    seq, batch = [int(i) for i in g.rng.permutation(len(shape))[:2]]
    n = g.rng.randint(0, shape[seq] + 1, size=shape[batch])
    g.apply(op, input=g.value(t, shape), seq_lengths=g.fed(n, g.index_dtype()), seq_dim=seq, batch_dim=batch)


@spec("Range")
def range_(g, op):
    t = g.dtype(op, "Tidx", (tf.float32, tf.float64, tf.int32, tf.int64))
    c = lambda v: g.const(v, t)  # noqa: E731
    start, limit, delta = g.pick([(0, 7, 2), (5, -4, -3), (3, 3, 1), (1, 20, 4)])
    g.apply(op, smooth=False, start=c(start), limit=c(limit), delta=c(delta))


@spec("LinSpace")
def linspace(g, op):
    t = g.dtype(op)
    g.apply(op, smooth=False, start=g.value(t, [], -1, 1), stop=g.value(t, [], 2, 5), num=g.const(int(g.rng.randint(1, 9)), g.index_dtype()))


@spec("BroadcastArgs", "BroadcastGradientArgs")
def broadcast_args(g, op):
    t, shape = g.index_dtype(), g.shape(0, 5, zero=False)
    g.apply(op, s0=g.const(g.broadcast(shape), t), s1=g.const(g.broadcast(shape), t))


@spec("Diag", "DiagPart", "MatrixDiag", "MatrixDiagPart")
def diag(g, op):
    t = g.dtype(op)
    shape = g.shape(1, 2 if op == "Diag" else 3, zero=False)
    if op == "DiagPart":
        shape = shape[:2] + shape[:2]
    if op == "MatrixDiagPart":
        shape = g.shape(2, 4, zero=False)
    x = g.value(t, shape)
    g.apply(op, **{"input" if op.endswith("Part") else "diagonal": x})


@spec("MatrixSetDiag")
def set_diag(g, op):
    t, shape = g.dtype(op), g.shape(2, 4, zero=False)
    g.apply(op, input=g.value(t, shape), diagonal=g.value(t, shape[:-2] + [min(shape[-2:])]))


@spec("MatrixDiagV2", "MatrixDiagV3", "MatrixDiagPartV2", "MatrixDiagPartV3", "MatrixSetDiagV2", "MatrixSetDiagV3")
def diag_k(g, op):
    t, shape = g.dtype(op), g.shape(2, 3, zero=False)
    r, c = shape[-2:]
    lo = int(g.rng.randint(-r + 1, c))
    hi = int(g.rng.randint(lo, c))
    most = min(r + min(hi, 0), c - max(lo, 0))
    rows = [] if lo == hi else [hi - lo + 1]
    d = shape[:-2] + rows + [most]
    kw = {"align": g.pick(["LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"])} if op.endswith("V3") else {}
    kw["k"] = g.const(lo if lo == hi else [lo, hi])
    pad = g.value(t, [])
    # TensorFlow differentiates the second versions as if they were the third, which aligns short diagonals differently.
    smooth = op.endswith("V3") or lo == hi
    if op.startswith("MatrixDiagPart"):
        g.apply(op, smooth, input=g.value(t, shape, known=True), padding_value=pad, **kw)
    elif op.startswith("MatrixDiag"):
        g.apply(op, smooth, diagonal=g.value(t, d, known=True), num_rows=tf.constant(r), num_cols=tf.constant(c), padding_value=pad, **kw)
    else:
        g.apply(op, smooth, input=g.value(t, shape, known=True), diagonal=g.value(t, d, known=True), **kw)


@spec("MatrixBandPart")
def band(g, op):
    t, ti = g.dtype(op), g.index_dtype()
    shape = [2] + g.shape(2, 2, zero=False)
    low, up = [g.const(int(g.rng.randint(-1, d + 1)), ti) for d in shape[1:]]
    g.apply(op, input=g.value(t, shape), num_lower=low, num_upper=up)


@spec("DynamicPartition")
def dynamic_partition(g, op):
    t, shape, n = g.dtype(op), g.shape(1, 3), int(g.rng.randint(1, 4))
    part = shape[: g.rng.randint(1, len(shape) + 1)]
    g.apply(op, data=g.value(t, shape), partitions=g.indices(part, n, tf.int32), num_partitions=n)


@spec("DynamicStitch", "ParallelDynamicStitch")
def dynamic_stitch(g, op):
    t, n, cell = g.dtype(op), int(g.rng.randint(3, 8)), g.shape(0, 2, zero=False)
    order = g.rng.permutation(n)
    cut = int(g.rng.randint(1, n))
    groups = [order[:cut], order[cut:]]
    g.apply(op, indices=[g.fed(i, tf.int32, True) for i in groups], data=[g.value(t, [len(i)] + cell) for i in groups])


@spec("Where")
def where(g, op):
    t = g.dtype(op)
    g.apply(op, input=g.leaf(t, g.shape(1, 4), 0, 2 if t.is_integer else 1))


@spec("Unique", "UniqueWithCounts", "UniqueV2", "UniqueWithCountsV2")
def unique(g, op):
    t = g.dtype(op)
    shape = [int(g.rng.randint(0, 12))] if not op.endswith("V2") else g.shape(1, 2, zero=False, most=6)
    v = g.random(t, shape, 0, 4)
    kw = {"out_idx": g.index_dtype()}
    if op.endswith("V2"):
        axis = [int(g.rng.randint(len(shape)))] if len(shape) > 1 or g.chance(0.5) else []
        kw["axis"] = g.const(np.array(axis, np.int32), g.index_dtype())
        if t in FLOATS and len(shape) > 1:
            return unique(g, op)
    g.apply(op, x=g.fed(np.round(v) if t in FLOATS else v, t), **kw)


@spec("ListDiff")
def list_diff(g, op):
    t = g.dtype(op)
    v = [g.random(t, [int(g.rng.randint(0, 9))], 0, 5) for _ in range(2)]
    x, y = [g.fed(np.round(a) if t in FLOATS else a, t) for a in v]
    g.apply(op, x=x, y=y, out_idx=g.index_dtype())


@spec("TopKV2")
def top_k(g, op):
    t, shape = g.dtype(op), g.shape(1, 3, zero=False)
    k = int(g.rng.randint(0, shape[-1] + 1))
    v = g.random(t, shape, 0, 9)
    x = g.leaf(t, shape, 0, 9) if t in FLOATS else g.fed(v, t)
    g.apply(op, input=x, k=g.const(k))


@spec("NthElement")
def nth(g, op):
    t, shape = g.dtype(op), g.shape(1, 3, zero=False)
    g.apply(op, input=g.leaf(t, shape, 0, 9), n=g.const(int(g.rng.randint(shape[-1]))), reverse=g.chance(0.5))


@spec("InTopK", "InTopKV2")
def in_top_k(g, op):
    n, c, ti = int(g.rng.randint(1, 5)), int(g.rng.randint(2, 6)), g.index_dtype()
    k = int(g.rng.randint(1, c))
    g.apply(op, predictions=g.leaf(tf.float32, [n, c]), targets=g.fed(g.rng.randint(0, c, size=n), ti), k=k if op == "InTopK" else g.const(k, ti))


@spec("LowerBound", "UpperBound")
def bound(g, op):
    t, n = g.dtype(op), int(g.rng.randint(1, 6))
    v = np.sort(g.random(t, [2, n], 0, 9), -1) if t != tf.string else np.sort(np.array(g.random(t, [2, n], 0, 9), dtype="S")).astype(object)
    g.apply(op, sorted_inputs=g.fed(v, t), values=g.leaf(t, [2, 3], 0, 9), out_type=g.index_dtype())


@spec("SegmentSum", "SegmentMean", "SegmentProd", "SegmentMax", "SegmentMin")
def segment(g, op):
    shape, t, ti = g.shape(1, 3, zero=False), g.dtype(op), g.index_dtype()
    ids = np.cumsum(g.rng.randint(0, 2 if op in ("SegmentProd", "SegmentMax", "SegmentMin") else 3, size=shape[0]))
    if op in ("SegmentProd", "SegmentMax", "SegmentMin"):
        ids -= ids[0]
    g.apply(op, data=g.value(t, shape, 0.5, 2), segment_ids=g.fed(ids, ti))


@spec("UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMax", "UnsortedSegmentMin")
def unsorted_segment(g, op):
    shape, t, n = g.shape(1, 3), g.dtype(op), int(g.rng.randint(1, 5))
    ids = shape[: g.rng.randint(1, len(shape) + 1)]
    data = g.value(t, shape, 0.5, 2)
    lo = -1 if g.chance(0.3) else 0
    g.apply(op, pool=False, data=data, segment_ids=g.fed(g.rng.randint(lo, n, size=ids), g.index_dtype()), num_segments=g.const(n))


SPARSE = ["SparseSegment" + k + s for k in ("Sum", "Mean", "SqrtN") for s in ("", "Grad", "WithNumSegments")]


@spec(*SPARSE)
def sparse_segment(g, op):
    t, cell, rows, n = g.dtype(op), g.shape(0, 2, zero=False), int(g.rng.randint(2, 6)), int(g.rng.randint(1, 8))
    ids = np.cumsum(g.rng.randint(0, 2, size=n))
    ids -= ids[0] if op.endswith("Grad") else 0
    kw = dict(indices=g.indices([n], rows), segment_ids=g.fed(ids, g.index_dtype()))
    if op.endswith("Grad"):
        g.apply(op, grad=g.value(t, [int(ids[-1]) + 1] + cell), output_dim0=g.const(rows), **kw)
        return
    if op.endswith("NumSegments"):
        kw["num_segments"] = g.const(int(ids[-1]) + int(g.rng.randint(1, 3)))
    g.apply(op, data=g.value(t, [rows] + cell), **kw)


@spec("IdentityN")
def identity_n(g, op):
    g.apply(op, input=[g.value(t, g.shape()) for t in (tf.float32, tf.int32, tf.float64)[: g.rng.randint(1, 4)]])


@spec("PlaceholderWithDefault")
def with_default(g, op):
    shape = g.shape()
    g.apply(op, input=g.value(g.dtype(op, "dtype"), shape, known=True), shape=[None if g.chance(0.3) else d for d in shape])


@spec("SpaceToBatch", "BatchToSpace", "SpaceToDepth", "DepthToSpace")
def space(g, op):
    t, b = g.dtype(op), int(g.rng.randint(2, 4))
    n, h, w, c = [int(g.rng.randint(1, 3)) for _ in range(4)]
    kw = {}
    if op == "SpaceToBatch":
        shape, kw["paddings"] = [n, h * b - 1, w * b, c], g.const([[1, 0], [0, 0]])
    elif op == "BatchToSpace":
        shape, kw["crops"] = [n * b * b, h, w, c], g.const([[1, 0], [0, 1]])
    elif op == "SpaceToDepth":
        shape = [n, h * b, w * b, c]
    else:
        shape = [n, h, w, c * b * b]
    g.apply(op, input=g.value(t, shape), block_size=b, **kw)


@spec("SpaceToBatchND", "BatchToSpaceND")
def space_nd(g, op):
    t, m = g.dtype(op), int(g.rng.randint(1, 4))
    block = [int(g.rng.randint(1, 4)) for _ in range(m)]
    dims, pads, tail = [int(g.rng.randint(1, 3)) for _ in range(m)], [], g.shape(0, 2, zero=False)
    for i in range(m):
        a = int(g.rng.randint(0, block[i]))
        pads.append([a, int(g.rng.randint(0, block[i] - a))])
    ti = g.index_dtype()
    if op == "SpaceToBatchND":
        shape = [2] + [max(d * b - p[0] - p[1], 0) for d, b, p in zip(dims, block, pads)] + tail
        kw = {"paddings": g.const(pads, ti)}
    else:
        shape = [2 * int(np.prod(block))] + dims + tail
        kw = {"crops": g.const(pads, ti)}
    g.apply(op, input=g.value(t, shape), block_shape=g.const(block, ti), **kw)


@spec("Cross")
def cross(g, op):
    t, shape = g.dtype(op), g.shape(0, 2) + [3]
    g.apply(op, a=g.value(t, shape, 0, 5), b=g.value(t, shape, 0, 5))


@spec("Roll")
def roll(g, op):
    t, shape, n = g.dtype(op), g.shape(1, 4, zero=False), int(g.rng.randint(1, 4))
    shift, axis = g.rng.randint(-5, 6, size=n), g.rng.randint(-len(shape), len(shape), size=n)
    g.apply(op, input=g.value(t, shape), shift=g.const(shift, g.index_dtype()), axis=g.const(axis, g.index_dtype()))


@spec("ScatterNdNonAliasingAdd", *["TensorScatter" + k for k in ("Add", "Sub", "Max", "Min", "Update")])
def tensor_scatter(g, op):
    t = g.dtype(op, among=FLOATS + (tf.int32, tf.int64))
    shape, n = g.shape(1, 3, zero=False), int(g.rng.randint(1, 6))
    k = int(g.rng.randint(1, len(shape) + 1))
    room = int(np.prod(shape[:k]))
    flat = g.rng.permutation(room)[:n] if not op.endswith(("Add", "Sub")) else g.rng.randint(0, room, size=n)
    idx = g.fed(np.stack(np.unravel_index(flat, shape[:k]), -1), g.index_dtype(), True)
    x = {"input" if op.startswith("Scatter") else "tensor": g.value(t, shape, known=True)}
    g.apply(op, indices=idx, updates=g.value(t, [len(flat)] + shape[k:], known=True), **x)


@spec("SparseToDense")
def sparse_to_dense(g, op):
    t, ti, shape = g.dtype(op), g.index_dtype(), g.shape(1, 3, zero=False)
    n = int(g.rng.randint(1, 5))
    flat = np.sort(g.rng.permutation(int(np.prod(shape)))[:n])
    idx = np.stack(np.unravel_index(flat, shape), -1)
    values = g.pick([[], [len(flat)]])  # TensorFlow has no gradient by a single value
    g.apply(op, len(values) > 0, sparse_indices=g.fed(idx, ti), output_shape=g.const(shape, ti), sparse_values=g.value(t, values),
            default_value=g.value(t, []))  # fmt: skip
