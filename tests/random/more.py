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
