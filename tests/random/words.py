"""Ops of strings."""
import base64

import numpy as np
import tensorflow.compat.v1 as tf
from elementwise import spec

WORDS = [b"", b"a", b"leat", b"Graph node", b"  tensor, flow ", b"x=1,y=22", b"caf\xc3\xa9 \xe6\xb5\x81", b"a\x00b", b"AbC", b"aaa--bb"]
VALID = [w for w in WORDS if w != b"a\x00b"]


def words(g, shape=None, among=WORDS):
    shape = g.shape(0, 3) if shape is None else shape
    v = np.array([g.pick(among) for _ in range(int(np.prod(shape)))], dtype=object).reshape(shape)
    return g.fed(v, tf.string)


@spec("StringLower", "StringUpper", "StringStrip", "StringLength")
def whole(g, op):
    kw = {"unit": g.pick(["BYTE", "UTF8_CHAR"])} if op == "StringLength" else {}
    if op in ("StringLower", "StringUpper"):
        kw["encoding"] = g.pick(["", "utf-8"])
    g.apply(op, input=words(g, among=VALID if kw.get("encoding") else WORDS), **kw)


@spec("EncodeBase64", "DecodeBase64")
def base_64(g, op):
    if op == "EncodeBase64":
        g.apply(op, input=words(g), pad=g.chance(0.5))
        return
    coded = [base64.urlsafe_b64encode(w) for w in WORDS]
    g.apply(op, input=words(g, among=coded + [c.rstrip(b"=") for c in coded]))


@spec("StringJoin")
def join(g, op):
    shape = g.shape(0, 2)
    g.apply(op, inputs=[words(g, g.pick([shape, []])) for _ in range(g.rng.randint(1, 4))], separator=g.pick(["", ", "]))


@spec("ReduceJoin")
def reduce_join(g, op):
    shape = g.shape(1, 3, zero=False)
    axes = [int(i) for i in g.rng.permutation(len(shape))[: g.rng.randint(1, len(shape) + 1)]]
    axes = np.array([a - len(shape) if g.chance(0.3) else a for a in axes], np.int32)
    g.apply(op, inputs=words(g, shape), reduction_indices=g.const(axes), keep_dims=g.chance(0.5), separator=g.pick(["", "-"]))


@spec("StringSplit", "StringSplitV2")
def split(g, op):
    x = words(g, [int(g.rng.randint(0, 5))], VALID)
    if op == "StringSplit":
        g.apply(op, input=x, delimiter=tf.constant(g.pick([b" ", b",", b"-=", b""])), skip_empty=g.chance(0.5))
    else:
        g.apply(op, input=x, sep=tf.constant(g.pick([b"", b",", b"--"])), maxsplit=int(g.pick([-1, 1, 2])))


@spec("Substr")
def substr(g, op):
    t = g.index_dtype()
    g.apply(op, input=words(g, [3], [b"tensor", b"flowing", b"graphs"]), pos=g.const(int(g.rng.randint(-4, 5)), t),
            len=g.const(int(g.rng.randint(0, 9)), t), unit=g.pick(["BYTE", "UTF8_CHAR"]))  # fmt: skip


@spec("RegexFullMatch", "StaticRegexFullMatch", "RegexReplace", "StaticRegexReplace")
def regex(g, op):
    pattern = g.pick(["a+", "[a-z]*", "(\\w+)=(\\d+)", "\\s+", "^a|b$", "."])
    rewrite = g.pick(["", "<\\0>", "-"])
    kw = {"replace_global": g.chance(0.5)} if op.endswith("Replace") else {}
    c = (lambda s: s) if op.startswith("Static") else tf.constant
    if op.endswith("Replace"):
        kw["rewrite"] = c(rewrite)
    g.apply(op, input=words(g, among=[b"", b"aaa", b"leat", b"x=1,y=22", b"  b ", b"AbC"]), pattern=c(pattern), **kw)


@spec("StringToNumber")
def to_number(g, op):
    t = g.dtype(op, "out_type")
    among = [b"7", b"-12", b"120"] if t.is_integer else [b"7", b"-1.5", b" 2e3", b"inf", b".25", b"0x10"]
    g.apply(op, string_tensor=words(g, among=among[:1] + among[2:] if t.is_integer and t.is_unsigned else among), out_type=t)


@spec("AsString")
def as_string(g, op):
    t = g.dtype(op, among=(tf.float32, tf.float64, tf.int32, tf.int64, tf.uint8, tf.int8, tf.bool))
    kw = {}
    if t.is_floating:
        kw = g.pick([{}, {"precision": 3}, {"scientific": True}, {"shortest": True}, {"precision": 2, "width": 9, "fill": "0"}])
    elif t.is_integer:
        kw = g.pick([{}, {"width": 5, "fill": " "}, {"width": 6, "fill": "0"}])
    g.apply(op, input=g.leaf(t, g.shape(), -90, 90), **kw)


@spec("DecodeRaw")
def decode_raw(g, op):
    t = g.dtype(op, "out_type", (tf.float32, tf.float64, tf.int8, tf.uint8, tf.int16, tf.int32, tf.int64))
    n = int(g.rng.randint(1, 4)) * t.size
    v = np.array([bytes(g.rng.randint(0, 60, size=n).astype(np.uint8)) for _ in range(3)], dtype=object)
    g.apply(op, smooth=False, pool=False, bytes=g.fed(v, tf.string), out_type=t, little_endian=g.chance(0.7))


@spec("ShardedFilespec")
def filespec(g, op):
    g.apply(op, basename=tf.constant("a/model"), num_shards=g.const(5))
