#!/usr/bin/env python3
"""Graphs made at random of every op that Leat has, computed by TensorFlow and by Leat. Skipped (77) without TensorFlow.

usage: test-random.py [--only N,N...] [--op NAME] [--other N] [--keep DIR] [--table]

Compared are: the graph's values; the gradients by TensorFlow's own gradient graph, run by Leat (so that the gradient ops are
run); and the gradients that Leat derives from the forward graph. The line N of the file `seeds` is the seed of graph N; an op
must be in the graphs that its name chooses, so that a new op changes few of them. Fails for any difference, and for an op that
is used fewer than 3 times and not in CANNOT."""
import argparse
import collections
import os
import sys
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import judge  # noqa: E402
from judge import BUILD, tf  # noqa: E402
import numpy as np  # noqa: E402
import elementwise  # noqa: E402
from driver import Leat, dump, load  # noqa: E402
import graphs  # noqa: E402
import layers  # noqa: E402,F401
import more  # noqa: E402,F401
import shapes  # noqa: E402,F401
import state  # noqa: E402
import tables  # noqa: E402,F401
import words  # noqa: E402,F401

judge.graphs_as_in_tensorflow_1()
CANNOT = {
    "DestroyResourceOp": "gives nothing that could be compared",
    "DisableCopyOnRead": "gives nothing that could be compared",
    "MergeV2Checkpoints": "files: tests/bundle-tensorflow.py",
    "MutableDenseHashTable": "no kernel in TensorFlow that its own op fits",
    "Placeholder": "every graph has some",
    "PlaceholderV2": "no kernel in TensorFlow that differs from Placeholder's",
    "TopK": "TensorFlow has kept no kernel",
    "Print": "writes to stderr",
    "PrintV2": "writes to stderr",
    "RandomPoisson": "TensorFlow has kept no kernel",
    "RestoreV2": "files: tests/bundle-tensorflow.py",
    "SaveV2": "files: tests/bundle-tensorflow.py",
}
REMOVED = ("AudioSummary", "AdjustContrast", "BatchNormWithGlobalNormalization", "BatchNormWithGlobalNormalizationGrad", "Conv3DBackpropFilter",
           "Conv3DBackpropInput", "SelfAdjointEig")  # TensorFlow loads them of old files only
SUMS = set("""Sum Mean Prod EuclideanNorm Cumsum Cumprod MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum BiasAddGrad Conv2D
Conv2DBackpropInput Conv2DBackpropFilter Conv3D Conv3DBackpropInputV2 Conv3DBackpropFilterV2 DepthwiseConv2dNative L2Loss Softmax
DepthwiseConv2dNativeBackpropInput DepthwiseConv2dNativeBackpropFilter LRN LRNGrad LogSoftmax SoftmaxCrossEntropyWithLogits
SparseSoftmaxCrossEntropyWithLogits AddN AccumulateNV2 AvgPool AvgPoolGrad AvgPool3D ResizeArea ResizeBicubic Cholesky CholeskyGrad
MatrixInverse MatrixDeterminant LogMatrixDeterminant MatrixSolve MatrixTriangularSolve MatrixSolveLs Qr Svd SelfAdjointEigV2
SegmentSum UnsortedSegmentSum SegmentMean SparseSegmentSum SparseSegmentMean SparseSegmentSqrtN FusedBatchNorm FusedBatchNormV2
FusedBatchNormV3 FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3 MirrorPadGrad ResizeBilinearGrad Bincount
CropAndResizeGradImage CropAndResizeGradBoxes""".split())
TIMES, EXTRA = 3, 3


# ---- making ----


def add_gradients(g):
    """TensorFlow's gradients of all smooth results, each weighted at random. Returns [(x, gradient or None)], [(y, dy)]."""
    ys = [y for y in g.ys if y.op.type != "Const"]
    if not ys or not g.xs:
        return [], []
    dys = []
    for y in ys:
        if y.shape.is_fully_defined():
            v = g.rng.uniform(0.5, 1.5, size=y.shape.as_list())
            dys.append(tf.constant(v.astype(y.dtype.as_numpy_dtype), y.dtype))
        else:
            dys.append(tf.ones_like(y))
    forward = g.graph.as_graph_def(add_shapes=False)
    grads = tf.gradients(ys, g.xs, dys)
    g.forward = forward
    return list(zip(g.xs, [None if d is None else tf.convert_to_tensor(d) for d in grads])), list(zip(ys, dys))


def make(number, seed, must, known, extra=EXTRA):
    g = graphs.Graph(seed, known)
    optional = sorted(set(elementwise.SPECS) & set(known))
    with g.graph.as_default():
        todo = [op for op in must if op in elementwise.SPECS]
        todo += [optional[g.rng.randint(len(optional))] for _ in range(extra)]
        for i in g.rng.permutation(len(todo)):
            g.making = todo[i]
            if todo[i] in REMOVED:  # as in a graph that such a version wrote
                old = tf.GraphDef()
                old.versions.producer = 1
                tf.import_graph_def(old)
            elementwise.SPECS[todo[i]](g, todo[i])
        g.making = "gradients"
        with tf.control_dependencies(g.inits):
            g.init = tf.no_op("init").name if g.inits else "-"
        g.forward = g.graph.as_graph_def(add_shapes=False)
        g.pairs, g.weights = add_gradients(g)
    return g


def ancestors(t):
    seen, todo = set(), [t.op]
    while todo:
        op = todo.pop()
        if op in seen:
            continue
        seen.add(op)
        todo += [i.op for i in op.inputs] + list(op.control_inputs)
    return seen


# ---- comparing ----


def tolerance(t, loose):
    """By the coarsest type of what the value is made of."""
    family = ancestors(t)
    types = {o.dtype.base_dtype for op in family for o in op.outputs}
    if tf.bfloat16 in types:
        return 5e-2
    if tf.float16 in types:
        return 6e-3
    if tf.float32 in types or t.dtype != tf.float64:
        return 1e-4 if loose or any(op.type in SUMS for op in family) else 1e-5
    return 1e-9


def summary_parts(data):
    """A Summary as comparable values; pictures as pixels."""
    out = []
    try:
        s = tf.Summary.FromString(data)
    except Exception:  # noqa: BLE001 - whatever protobuf raises
        return ["no Summary", data]
    for v in s.value:
        if v.HasField("image"):
            with tf.Graph().as_default(), tf.Session() as session:
                pixels = session.run(tf.image.decode_png(v.image.encoded_image_string))
            out.append((v.tag, v.image.height, v.image.width, v.image.colorspace, pixels.tolist()))
        elif v.HasField("histo"):
            h = v.histo
            out.append((v.tag, h.min, h.max, h.num, np.float32(h.sum), list(h.bucket), list(h.bucket_limit)))
        else:
            out.append((v.tag, v.SerializeToString()))
    return out


def differs(got, want, rtol, how):
    """None, or in words why the two are not the same."""
    if (got is None) != (want is None):
        return "TensorFlow has %s, Leat has %s" % ("none" if want is None else "one", "none" if got is None else "one")
    if want is None:
        return None
    want = np.array(want, dtype=object) if isinstance(want, bytes) else np.asarray(want)
    if got.dtype != want.dtype or got.shape != want.shape:
        return "%s%s, TensorFlow has %s%s" % (got.dtype, list(got.shape), want.dtype, list(want.shape))
    if want.dtype == object:
        a, b = [list(v.ravel()) for v in (got, want)]
        if how == "summary":
            a, b = [[summary_parts(s) for s in v] for v in (a, b)]
        return None if a == b else "%r, TensorFlow has %r" % (a[:4], b[:4])
    if want.dtype.kind == "c":
        got, want = [np.ascontiguousarray(v).reshape(-1).view(v.real.dtype) for v in (got, want)]
    if want.dtype.kind in "iub":
        bad = got != want
    else:
        a, b = got.astype(np.float64), want.astype(np.float64)
        # Of what is 0 but for rounding, nothing can be said. TensorFlow's softmax in half rounds after every step: differences of
        # numbers about 1 that are 0 come out as an ulp of those.
        scale = max(np.abs(b[np.isfinite(b)]).max(initial=0), 0.05 if rtol < 6e-3 else 0.5)
        with np.errstate(all="ignore"):
            bad = ~((np.abs(a - b) <= rtol * np.abs(b) + rtol * scale) | (a == b) | (np.isnan(a) & np.isnan(b)))
    if not bad.any():
        return None
    i = np.flatnonzero(bad)[0]
    return "%d of %d differ, the first at %d: %r, TensorFlow has %r" % (bad.sum(), bad.size, i, got.ravel()[i], want.ravel()[i])


# ---- running ----


def session_config():
    c = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    c.graph_options.optimizer_options.opt_level = tf.OptimizerOptions.L0
    c.graph_options.rewrite_options.disable_meta_optimizer = True
    return c


def tensorflow_values(g):
    grads = [d for _, d in g.pairs if d is not None]
    with tf.Session(graph=g.graph, config=session_config()) as s:
        if g.init != "-":
            s.run(g.init)
        values = s.run(g.fetches + grads, g.feeds)
    rest = values[len(g.fetches) :]
    return values[: len(g.fetches)], [None if d is None else rest.pop(0) for _, d in g.pairs]


def judge(number, g, where, leat, counts):
    """Prints what differs; returns how many."""
    path = os.path.join(where, "%d" % number)
    try:
        values, grads = tensorflow_values(g)
    except Exception as e:  # noqa: BLE001
        print("graph %d: TensorFlow: %s" % (number, str(e).replace("\n", " ")[:60] + " ... " + str(e).split("Original stack")[0].replace("\n", " ")[-200:]))
        return 1
    with open(path + ".pb", "wb") as f:
        f.write(g.forward.SerializeToString())
    with open(path + "-grad.pb", "wb") as f:
        f.write(g.graph.as_graph_def(add_shapes=False).SerializeToString())
    dump(path + ".feeds", g.feeds)
    for op in {o for t in g.fetches + [d for _, d in g.pairs if d is not None] for o in ancestors(t)}:
        counts[op.type] += 1
    bad, by_x = 0, {x.name: d for x, d in g.pairs}

    def check(kind, graph, fetches, expected, xs, ys):
        nonlocal bad
        label = "%d-%s" % (number, kind.replace(" ", "-"))
        lines = ["job %s %s %s.feeds %s.out %d %s" % (label, graph, path, path, 1 + number % 3, g.init)]
        lines += ["fetch " + t.name for t in fetches] + ["y %s %s" % (y.name, d.name) for y, d in ys] + ["x " + x.name for x in xs]
        problem = leat.run(label, lines)
        if problem:
            print("graph %d, %s: %s" % (number, kind, problem))
            bad += 1
            return
        got = load(path + ".out")
        for t, a, b in zip(fetches + xs, got, expected):
            whole = t if kind != "gradients" else by_x[t.name]
            problem = differs(a, b, tolerance(whole if whole is not None else t, kind != "forward"), g.compare.get(t.name))
            if problem:
                about = t.op.type + (" of " + ", ".join(i.op.type for i in t.op.inputs) if len(t.op.inputs) else "")
                if t.op.type == "Placeholder":
                    about = "used by " + ", ".join(sorted({o.type for o in t.consumers()}))
                print("graph %d, %s: %s for %s (%s): %s" % (number, kind, t.name, g.maker.get(t.name), about, problem))
                bad += 1

    check("forward", path + ".pb", g.fetches, values, [], [])
    with_grad = [(x, d, v) for (x, d), v in zip(g.pairs, grads) if d is not None]
    if with_grad:
        check("TensorFlow's gradients", path + "-grad.pb", [d for _, d, _ in with_grad], [v for _, _, v in with_grad], [], [])
        check("gradients", path + ".pb", [], grads, [x for x, _ in g.pairs], g.weights)
    return bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--only", help="numbers of graphs")
    p.add_argument("--op", help="twelve graphs of this op (or these, with commas) and nothing else")
    p.add_argument("--keep", help="folder for the graphs")
    p.add_argument("--other", type=int, default=0, help="other graphs than the usual: this is added to the seeds")
    p.add_argument("--table", action="store_true", help="print the ops with their counts")
    args = p.parse_args()
    known = graphs.leat_ops(os.path.join(BUILD, "doc", "ops.md"))
    state.add_updates(known)
    seeds = [int(line) for line in open(os.path.join(HERE, "seeds")) if not line.startswith("#")]
    must = collections.defaultdict(list)
    for op in sorted(known):
        for n in graphs.graphs_of(op, len(seeds), TIMES):
            must[n].append(op)
    leat, counts, bad, made = Leat(), collections.Counter(), 0, 0
    where = args.keep or tempfile.mkdtemp(prefix="leat-random-")
    os.makedirs(where, exist_ok=True)
    if args.op:
        todo = [(n, 7919 * n + 1, args.op.split(","), 0) for n in range(12)]
    else:
        chosen = [int(n) for n in args.only.split(",")] if args.only else range(len(seeds))
        todo = [(n, seeds[n] + args.other, must[n], EXTRA) for n in chosen]
    for n, seed, ops, extra in todo:
        try:
            g = make(n, seed, ops, known, extra)
        except Exception as e:  # noqa: BLE001
            at = traceback.extract_tb(e.__traceback__)
            place = [f.name for f in at if HERE in f.filename or "_grad" in f.filename][-1]
            print("graph %d was not made: %s: %s" % (n, place, str(e).split("\n")[0][:400]))
            bad += 1
            continue
        made += 1
        bad += judge(n, g, where, leat, counts) > 0
    if not args.only and not args.op:
        missing = sorted(op for op in known if counts[op] < TIMES and op not in CANNOT)
        for op in missing:
            print("%s: in %d graphs%s" % (op, counts[op], "" if op in elementwise.SPECS else "; it has no generator"))
        bad += len(missing)
        if args.table:
            for op in sorted(known):
                print("%-40s %4d %s" % (op, counts[op], CANNOT.get(op, "")))
    print("%d graphs, %d ops, %d bad" % (made, sum(1 for op in known if counts[op] >= TIMES), bad))
    if not args.keep:
        for f in os.listdir(where):
            os.unlink(os.path.join(where, f))
        os.rmdir(where)
    return 1 if bad else 0


sys.exit(main())
