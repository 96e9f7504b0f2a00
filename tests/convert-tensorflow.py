#!/usr/bin/env python3
"""`leat convert` against TensorFlow: graphs frozen and stripped evaluate in TensorFlow to what the session did, and have the nodes that
convert_variables_to_constants leaves; texts and binaries go both ways. Skipped (77) where TensorFlow is not installed."""
import os
import shutil
import subprocess
import tempfile

import judge
from judge import check, tf
import numpy as np
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2

tf.disable_v2_behavior()
LEAT = judge.built('leat')


def leat(*arguments, code=0):
    p = subprocess.run([LEAT, *map(str, arguments)], capture_output=True, text=True)
    check(p.returncode == code, '%s: %s' % (' '.join(map(str, arguments)), p.stderr.strip()))
    return p.stdout


def build(resource):
    """A model with all that freezing has to understand, its loss and its optimizer."""
    x = tf.placeholder(tf.float32, [None, 4], name='x')
    ids = tf.placeholder(tf.int32, [None], name='ids')
    with tf.variable_scope('m', use_resource=resource):
        w = tf.get_variable('w', [4, 3], initializer=tf.random_normal_initializer(seed=1))
        b = tf.get_variable('b', [3], initializer=tf.random_normal_initializer(seed=2))
        table = tf.get_variable('table', [10, 3], initializer=tf.random_normal_initializer(seed=3))
        parts = tf.get_variable('parts', [6, 3], partitioner=tf.fixed_size_partitioner(2),
                                initializer=tf.random_normal_initializer(seed=4))
        count = tf.get_variable('count', [], tf.int64, initializer=tf.constant_initializer(5), trainable=False)
    rows = tf.gather(table, ids) + tf.nn.embedding_lookup(parts, ids)
    flag = tf.cond(tf.reduce_sum(x) > 0, lambda: b * 2, lambda: b)
    y = tf.add(tf.matmul(x, w) + flag + rows, tf.cast(count, tf.float32), name='y')
    loss = tf.reduce_mean(tf.square(y), name='loss')
    tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, name='train')
    return {'x:0': np.random.RandomState(0).randn(2, 4).astype(np.float32), 'ids:0': np.array([5, 1], np.int32)}


def evaluate(definition, feeds):
    with tf.Graph().as_default():
        tf.import_graph_def(definition, name='')
        with tf.Session() as session:
            return session.run('y:0', feeds)


def read_graph(path):
    definition = tf.GraphDef()
    with open(path, 'rb') as f:
        if path.endswith('.pbtxt'):
            text_format.Parse(f.read(), definition)
        else:
            definition.ParseFromString(f.read())
    return definition


def freeze(resource, work):
    prefix = os.path.join(work, 'model%d' % resource)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        feeds = build(resource)
        session.run(tf.global_variables_initializer())
        session.run('train', feeds)
        tf.train.Saver().save(session, prefix)
        want = session.run('y:0', feeds)
        theirs = tf.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), ['y'])
    for name in ('frozen.pb', 'frozen.pbtxt'):
        out = os.path.join(work, name)
        leat('convert', prefix + '.meta', '-o', out, '--freeze', prefix, '--outputs', 'y')
        ours = read_graph(out)
        check(np.allclose(evaluate(ours, feeds), want, rtol=1e-5), '%s evaluates to other values' % out)
        check({n.name for n in ours.node} == {n.name for n in theirs.node},
              'nodes of %s: %s' % (out, sorted({n.name for n in ours.node} ^ {n.name for n in theirs.node})))
        check({n.name: n.op for n in ours.node} == {n.name: n.op for n in theirs.node}, 'ops of %s' % out)
    whole = os.path.join(work, 'whole.pb')
    leat('convert', prefix + '.meta', '-o', whole, '--freeze', prefix)
    check(np.allclose(evaluate(read_graph(whole), feeds), want, rtol=1e-5), 'frozen without --outputs: other values')
    stripped = os.path.join(work, 'stripped.pb')
    leat('convert', prefix + '.meta', '-o', stripped, '--outputs', 'loss,y')
    with tf.Graph().as_default() as graph:
        full = tf.train.import_meta_graph(prefix + '.meta')
        names = {n.name for n in tf.graph_util.extract_sub_graph(graph.as_graph_def(), ['loss', 'y']).node}
        del full
    check({n.name for n in read_graph(stripped).node} == names, 'stripped to other nodes')


def round_trips(work):
    prefix = os.path.join(work, 'model0')
    with tf.Graph().as_default() as graph:
        tf.train.import_meta_graph(prefix + '.meta')
        tf.train.write_graph(graph, work, 'tf.pbtxt', as_text=True)
        tf.train.write_graph(graph, work, 'tf.pb', as_text=False)
        tf.train.export_meta_graph(os.path.join(work, 'tf.meta.pbtxt'), as_text=True)
    a, b = os.path.join(work, 'a.pb'), os.path.join(work, 'a.pbtxt')
    leat('convert', os.path.join(work, 'tf.pbtxt'), '-o', a)
    check(read_graph(a) == read_graph(os.path.join(work, 'tf.pb')), 'text to binary')
    leat('convert', os.path.join(work, 'tf.pb'), '-o', b)
    check(read_graph(b) == read_graph(os.path.join(work, 'tf.pb')), 'binary to text')
    leat('inspect', os.path.join(work, 'tf.pb'), '--diff', b)
    leat('inspect', os.path.join(work, 'tf.pb'), '--diff', os.path.join(work, 'stripped.pb'), code=1)
    meta, again = os.path.join(work, 'b.meta'), os.path.join(work, 'b.meta.pbtxt')
    leat('convert', os.path.join(work, 'tf.meta.pbtxt'), '-o', meta)
    leat('convert', meta, '-o', again)
    want, got = tf.MetaGraphDef(), tf.MetaGraphDef()
    with open(os.path.join(work, 'tf.meta.pbtxt'), 'rb') as f:
        text_format.Parse(f.read(), want)
    with open(again, 'rb') as f:
        text_format.Parse(f.read(), got)
    check(want == got, 'meta graph to binary and back')


def saved_model(work):
    """With an asset and a main op; loaded by Leat from binary and from text."""
    root = os.path.join(work, 'saved')
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable([1.0, 2.0], name='v')
        path = os.path.join(work, 'words.txt')
        with open(path, 'w') as f:
            f.write('word')
        asset = tf.constant(path, name='asset')
        tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, asset)
        kept = tf.Variable('', name='kept', collections=[])
        session.run([tf.global_variables_initializer(), kept.initializer])
        y = tf.multiply(v, 3, name='y')
        builder = tf.saved_model.builder.SavedModelBuilder(root)
        signature = tf.saved_model.signature_def_utils.predict_signature_def({'v': v}, {'y': y})
        builder.add_meta_graph_and_variables(session, ['serve'], {'serving_default': signature}, main_op=kept.assign(asset).op,
                                             assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS))
        builder.save()
    for form in ('binary', 'text'):
        printed = leat('run', root, '--fetch', 'y', '--fetch', 'kept')
        check('[3. 6.]' in printed and 'saved/assets/words.txt' in printed, '%s SavedModel: %s' % (form, printed))
        text = os.path.join(root, 'saved_model.pbtxt')
        if form == 'binary':
            leat('convert', root, '-o', text)
            want, got = saved_model_pb2.SavedModel(), saved_model_pb2.SavedModel()
            with open(os.path.join(root, 'saved_model.pb'), 'rb') as f:
                want.ParseFromString(f.read())
            with open(text, 'rb') as f:
                text_format.Parse(f.read(), got)
            check(want == got, 'SavedModel to text')
            os.remove(os.path.join(root, 'saved_model.pb'))


work = tempfile.mkdtemp()
try:
    freeze(False, work)
    freeze(True, work)
    round_trips(work)
    saved_model(work)
finally:
    shutil.rmtree(work)
judge.finish()
