#!/usr/bin/env python3
"""Graphs as text, compared with google.protobuf.text_format: what Leat prints is what it prints, and what it prints
Leat reads to the same message. Skipped (77) where TensorFlow is not installed."""
import glob
import os
import struct
import subprocess

import judge
from judge import SOURCE, tf
from google.protobuf import text_format
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

DRIVER = judge.built("text-driver")


def convert(kind, direction, data):
    result = subprocess.run([DRIVER, kind, direction], input=data, capture_output=True)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.decode())
    return result.stdout


def check(what, kind, message):
    text = text_format.MessageToString(message, as_utf8=False).encode()
    raw = message.SerializeToString(deterministic=True)
    try:
        if convert(kind, "write", raw) != text:
            raise RuntimeError("the text differs")
        for form in (text, text_format.MessageToString(message).encode(),
                     text_format.MessageToString(message, as_one_line=True).encode(),
                     text_format.MessageToString(message, pointy_brackets=True).encode(),
                     text_format.MessageToString(message, use_short_repeated_primitives=True).encode()):
            back = type(message)()
            back.ParseFromString(convert(kind, "read", form))
            if back.SerializeToString(deterministic=True) != raw:
                raise RuntimeError("the message that was read differs")
    except RuntimeError as error:
        judge.check(False, f"{what}: {error}")


def made_here():
    """Every kind of attribute, and numbers that are hard to print."""
    graph = tf.GraphDef()
    node = graph.node.add(name="n", op="Op", input=["a:1", "^b"], device="/cpu:0")
    for i in range(2000):
        bits = (i * 2654435761 + 12345) % 2**32
        value = struct.unpack("<f", struct.pack("<I", bits))[0]
        node.attr[f"f{i}"].f = value if value == value else float("nan")
    for i, value in enumerate([0.0, -0.0, 1e16, 1e15, 123456.7, 1e-4, 9.99e-5, float("inf"), -float("inf")]):
        node.attr[f"g{i}"].tensor.double_val.append(value)
    node.attr["s"].s = bytes(range(256))
    node.attr["unicode"].placeholder = "\u00e9\u4e2d\U0001f600"
    node.attr["func"].func.name = "g"
    node.attr["func"].func.attr["T"].type = 1
    node.attr["list"].list.type.extend([1, 2, 101, 4711])
    node.attr["list2"].list.func.add(name="h")
    node.attr["empty"].SetInParent()
    tensor = node.attr["tensor"].tensor
    tensor.dtype = 10
    tensor.tensor_shape.dim.add(size=-1, name="batch")
    tensor.bool_val.extend([True, False])
    tensor.scomplex_val.extend([1.5, -2.25])
    tensor.uint64_val.append(2**64 - 1)
    tensor.int64_val.append(-2**63)
    function = graph.library.function.add()
    function.signature.name = "f"
    function.signature.attr.add(name="N", type="int", has_minimum=True, minimum=-1).default_value.i = 3
    function.arg_attr[0].attr["x"].i = 1
    function.arg_attr[7].attr["x"].i = 1
    function.ret["y"] = "z:0"
    graph.library.gradient.add(function_name="f", gradient_func="g")
    graph.versions.producer = 2421
    return graph


def with_anys():
    """Any as what it holds, where its type is known; as it is otherwise."""
    meta = meta_graph_pb2.MetaGraphDef()
    held = meta.collection_def["saved_model_assets"].any_list
    held.value.add().Pack(meta_graph_pb2.AssetFileDef(filename="vocabulary.txt"))
    held.value.add().Pack(tf.NodeDef(name="n", op="Op", attr={"T": tf.AttrValue(type=1)}))
    held.value.add().Pack(tf.NodeDef(), type_url_prefix="somewhere.else/")
    held.value.add(type_url="type.googleapis.com/none.Such", value=b"\1\2")
    held.value.add(type_url="tensorflow.NodeDef", value=b"\1\2")
    meta.meta_info_def.any_info.Pack(meta_graph_pb2.TensorInfo(name="x:0", dtype=1))
    return meta


check("made here", "graph", made_here())
check("with Any", "meta", with_anys())
count = 2
cases = os.path.join(SOURCE, "..", "shared", "fixtures", "cases", "*")
for path in sorted(glob.glob(os.path.join(cases, "*.pb")) + glob.glob(os.path.join(cases, "*.meta"))
                   + glob.glob(os.path.join(cases, "*", "saved_model.pb"))):
    meta, saved = path.endswith(".meta"), path.endswith("saved_model.pb")
    message = meta_graph_pb2.MetaGraphDef() if meta else saved_model_pb2.SavedModel() if saved else tf.GraphDef()
    with open(path, "rb") as file:
        message.ParseFromString(file.read())
    check(path, "meta" if meta else "saved_model" if saved else "graph", message)
    count += 1
judge.finish(f"{count} messages")
