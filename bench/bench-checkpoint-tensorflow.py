#!/usr/bin/env python3
"""What bench-checkpoint measures, by TensorFlow: bench-checkpoint-tensorflow.py DIR [MEBIBYTES [TENSORS]]

SaveV2 only flushes; the second figure has an fsync of the data file added, as Leat's save has it. RestoreV2 makes new tensors:
its figure stands beside bench-checkpoint's for a new session. `cat` of the checkpoint's files takes turns with it.
"""
import os, sys, time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np
import tensorflow as tf

where, mebibytes, n = sys.argv[1], int((sys.argv + ['', '512'])[2] or 512), int((sys.argv + ['', '', '20'])[3] or 20)
data = np.frombuffer(np.random.default_rng(1).bytes(mebibytes << 20), np.float32)
values = [tf.constant(v) for v in np.split(data[:len(data) // n * n], n)]
names = ['tensor_%05d' % i for i in range(n)]
prefix, best = os.path.join(where, 'bench-tf'), {}
for _ in range(6):
    start = time.time()
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[''] * n, tensors=values)
    saved = time.time() - start
    fd = os.open(prefix + '.data-00000-of-00001', os.O_RDWR)
    os.fsync(fd)
    os.close(fd)
    synced = time.time() - start
    start = time.time()
    tf.raw_ops.RestoreV2(prefix=prefix, tensor_names=names, shape_and_slices=[''] * n, dtypes=[tf.float32] * n)
    restored = time.time() - start
    start = time.time()
    os.system("cat '%s'.index '%s'.data-* > /dev/null" % (prefix, prefix))
    plain = time.time() - start
    for what, seconds in (('save', saved), ('save, fsync', synced), ('restore', restored), ('cat', plain)):
        best[what] = min(best.get(what, 1e9), seconds)
    for f in os.listdir(where):
        if f.startswith('bench-tf'):
            os.remove(os.path.join(where, f))
for what, seconds in best.items():
    print('%-16s %8.3f s %9.1f MB/s   cat / this %.2f' % (what, seconds, (mebibytes << 20) / seconds / 1e6, best['cat'] / seconds))
