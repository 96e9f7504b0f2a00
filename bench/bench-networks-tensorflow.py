#!/usr/bin/env python3
"""Well-known networks, run by Leat and by TensorFlow: bench-networks-tensorflow.py LEAT [NAME...]

Builds networks of tf.keras.applications with drawn weights, saves each as a .meta with its checkpoint, compares what `leat run` fetches
with TensorFlow's value, and times a step of both on two threads. Leat's step is the difference of a run of many steps and one of few,
so that process, import and restore do not count; the last column is the whole command.
"""
import os, subprocess, sys, tempfile, time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ['TF_USE_LEGACY_KERAS'] = '1'
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
BATCH, FEW, MANY, ROUNDS = 4, 3, 23, 3
NETWORKS = {'MobileNet': 96, 'MobileNetV2': 96, 'MobileNetV3Small': 96, 'EfficientNetB0': 96, 'ResNet50': 96, 'InceptionV3': 139,
            'Xception': 96, 'DenseNet121': 96, 'NASNetMobile': 96, 'VGG16': 64}  # name: pixels of a side


def fastest(f, n):
    best = 1e9
    for _ in range(n):
        start = time.time()
        f()
        best = min(best, time.time() - start)
    return best


def by_tensorflow(name, size, where):
    """Seconds of a step, the names of input and output, the output's value; writes model.meta, its checkpoint and x.npy."""
    config = tf.ConfigProto(intra_op_parallelism_threads=2, inter_op_parallelism_threads=2)
    with tf.Graph().as_default(), tf.Session(config=config) as s:
        tf.set_random_seed(1)
        tf.keras.backend.set_session(s)
        tf.keras.backend.set_learning_phase(0)
        m = getattr(tf.keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
        s.run(tf.global_variables_initializer())
        tf.train.Saver().save(s, where + '/model')
        x = np.random.RandomState(0).rand(BATCH, size, size, 3).astype(np.float32)
        np.save(where + '/x.npy', x)
        step = s.make_callable(m.output, feed_list=[m.input])
        value = step(x)
        return fastest(lambda: step(x), 8), m.input.name, m.output.name, value


def by_leat(leat, feed, fetch, where):
    """Seconds of a step and of a whole command of one, the output's value."""
    command = [leat, 'run', where + '/model.meta', '--restore', where + '/model', '--feed', '%s=%s/x.npy' % (feed, where)]
    run = lambda *more: subprocess.run(command + list(more), check=True, stdout=subprocess.DEVNULL)
    steps = lambda n: fastest(lambda: run('--threads', '2', '--target', fetch.split(':')[0], '--steps', str(n)), ROUNDS)
    whole = fastest(lambda: run('--fetch', '%s=%s/y.npy' % (fetch, where)), ROUNDS)
    return (steps(MANY) - steps(FEW)) / (MANY - FEW), whole, np.load(where + '/y.npy')


for name in sys.argv[2:] or NETWORKS:
    with tempfile.TemporaryDirectory() as where:
        theirs, feed, fetch, value = by_tensorflow(name, NETWORKS[name], where)
        ours, whole, got = by_leat(sys.argv[1], feed, fetch, where)
        np.testing.assert_allclose(got, value, rtol=1e-4)
        print('%-18s TensorFlow %7.1f ms   Leat %7.1f ms   %.2f times as fast   command %.2f s'
              % (name, theirs * 1e3, ours * 1e3, theirs / ours, whole), flush=True)
