#!/usr/bin/env python3
"""Checkpoints between Leat and TensorFlow, both ways. Exits with 77 (skipped) where TensorFlow is not installed.

What TensorFlow writes, Leat lists with the same values; what Leat writes of it (whole, in slices, over several data
files, with a compressed index, merged of parts), TensorFlow loads with the same values; where both write the same
thing the files are the same bytes.
"""
import hashlib, json, os, shutil, struct, subprocess, tempfile

import judge
from judge import check
import numpy as np
import tensorflow as tf
from tensorflow.python.checkpoint import checkpoint_management

DRIVER = judge.built('bundle-driver')


def leat(*args, ok=True):
    p = subprocess.run([DRIVER, *map(str, args)], capture_output=True, text=True)
    check((p.returncode == 0) == ok, '%s: %s' % (' '.join(map(str, args)), p.stderr.strip()))
    return p.stdout


def save(prefix, tensors, slices=None):
    names = list(tensors)
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=[n.split('#')[0] for n in names],
                      shape_and_slices=[(slices or {}).get(n, '') for n in names],
                      tensors=[tensors[n] for n in names])


def digest(value):
    """As the fixtures' listing hashes a value."""
    if value.dtype == object or value.dtype.kind == 'S':
        h = hashlib.sha256()
        for s in value.ravel().tolist():
            h.update(struct.pack('<I', len(s)) + s)
        return h.hexdigest()
    return hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()


def load(prefix):
    reader = tf.train.load_checkpoint(prefix)
    types = reader.get_variable_to_dtype_map()
    values = {}
    for name in sorted(types, key=lambda n: n.encode()):
        try:
            value = reader.get_tensor(name)
        except ValueError as e:  # TensorFlow does not put slices of some types together
            check('not supported' in str(e), '%s: %s' % (name, e))
            continue
        if types[name] == tf.string and not isinstance(value, np.ndarray):
            value = np.array(value, dtype=object)
        values[name] = (types[name].name, list(np.shape(value)), digest(np.asarray(value)))
    return values


def listed(prefix):
    out = leat('list', prefix)
    return {t['name']: (t['dtype'], t['shape'], t.get('sha256', t.get('error')))
            for t in json.loads(out or '{"tensors": []}')['tensors']}


def common(a, b):
    """Equal in all that both have: TensorFlow loads no slices of some types."""
    both = set(a) & set(b)
    return len(both) >= 0.6 * len(a) and len(both) >= 0.6 * len(b) and all(a[n] == b[n] for n in both)


def same_bytes(a, b, suffixes):
    return all(open(a + s, 'rb').read() == open(b + s, 'rb').read() for s in suffixes)


def all_types(rng):
    t = {}
    numeric = ['float32', 'float64', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64',
               'float16', 'bfloat16', 'complex64', 'complex128', 'bool']
    for name in numeric:
        dtype = tf.as_dtype(name)
        for shape in [(), (7,), (3, 5), (0, 4), (2, 1, 3, 2), (1000, 33)]:
            raw = rng.standard_normal(shape) * 50
            value = raw + 1j * rng.standard_normal(shape) if dtype.is_complex else raw
            t['%s/%s' % (name, 'x'.join(map(str, shape)))] = tf.cast(
                tf.constant(np.abs(value) if dtype.is_unsigned else value), dtype)
    for name in ['qint8', 'quint8', 'qint16', 'quint16', 'qint32']:
        t[name] = tf.bitcast(tf.constant(rng.integers(0, 100, (5,)), {'qint8': 'int8', 'quint8': 'uint8',
                             'qint16': 'int16', 'quint16': 'uint16', 'qint32': 'int32'}[name]), name)
    t['strings'] = tf.constant([b'hello', b'', b'\x00\xff\x80', 'caf\u00e9'.encode(), b'x' * 300])
    t['strings/scalar'] = tf.constant(b'one')
    t['strings/empty'] = tf.constant([], tf.string)
    t['strings/long'] = tf.constant([b'y' * 70000, b'z'])
    t['strings/many'] = tf.constant([[b'%d' % i for i in range(50)] for _ in range(40)])
    t['unicode/\u540d\u524d'] = tf.constant(1.0)
    return t


def copies(prefix, where):
    """Leat reads PREFIX and writes it again in several ways; TensorFlow must see the same. Returns the copies' folder."""
    want = load(prefix)
    where = tempfile.mkdtemp(dir=where)
    check(common(listed(prefix), want), 'Leat lists %s as TensorFlow' % os.path.basename(prefix))
    for i, how in enumerate([[], ['1', 'sliced'], ['3'], ['3', 'sliced'], ['1', 'snappy'], ['2', 'sliced', 'snappy']]):
        out = os.path.join(where, 'copy%d' % i)
        leat('copy', prefix, out, *how)
        got = load(out)
        check(common(got, want), 'TensorFlow loads the copy %s of %s' % (how, os.path.basename(prefix)))
        check(len(got) == len(want) or 'sliced' in how, 'the number of tensors')
        check(common(listed(out), want), 'Leat lists the copy %s of %s' % (how, os.path.basename(prefix)))
    # over itself: the data files get another number, and the old ones go
    out = os.path.join(where, 'copy0')
    n = len(data_files(out))
    for extra in (1, 0):
        leat('copy', prefix, out)
        check(common(load(out), want), 'TensorFlow loads what was saved over')
        check(data_files(out) == ['copy0.data-%05d-of-%05d' % (i, n + extra) for i in range(n + extra)],
              'data files of what was saved over: %s' % data_files(out))
    return where


def data_files(prefix):
    where, base = os.path.split(prefix)
    return sorted(f for f in os.listdir(where) if f.startswith(base + '.data-'))


def test_types(where):
    rng = np.random.default_rng(1)
    prefix = os.path.join(where, 'types')
    save(prefix, all_types(rng))
    copies(prefix, where)
    leat('copy', prefix, os.path.join(where, 'same'))
    check(same_bytes(prefix, os.path.join(where, 'same'), ['.index', '.data-00000-of-00001']),
          'the copy of all types is the same bytes')


def test_many(where):
    rng = np.random.default_rng(2)
    prefix = os.path.join(where, 'many')
    save(prefix, {'scope_%d/layer_%03d/%s' % (i % 7, i, 'kernel' if i % 2 else 'bias'):
                  tf.constant(rng.standard_normal((i % 5, 3)).astype(np.float32)) for i in range(2000)})
    copies(prefix, where)


def test_large_index(where):
    prefix = os.path.join(where, 'large')
    save(prefix, {'%05d/%s' % (i, hashlib.sha256(b'%d' % i).hexdigest()[:i % 60]): tf.constant(i)
                  for i in range(20000)})
    out = os.path.join(where, 'copy')
    leat('copy', prefix, out)
    check(os.path.getsize(prefix + '.index') > 3 * 262144, 'several blocks')
    check(same_bytes(prefix, out, ['.index', '.data-00000-of-00001']), 'an index of several blocks is the same bytes')
    check(listed(prefix) == load(prefix), 'an index of several blocks')


def test_slices(where):
    rng = np.random.default_rng(3)
    table = rng.standard_normal((200, 70)).astype(np.float32)
    names = np.array([[b'%d,%d' % (i, j) for j in range(6)] for i in range(9)], dtype=object)
    parts, slices = {}, {}
    for k, (i, n) in enumerate([(0, 63), (63, 1), (64, 64), (128, 72)]):
        for m, (j, w) in enumerate([(0, 64), (64, 6)]):
            key = 'emb/table#%d%d' % (k, m)
            parts[key], slices[key] = tf.constant(table[i:i + n, j:j + w]), '200 70 %d,%d:%d,%d' % (i, n, j, w)
    parts['plain'] = tf.constant([1.0, 2.0])
    prefix = os.path.join(where, 'sliced')
    save(prefix, parts, slices)
    out = os.path.join(copies(prefix, where), 'copy1')
    got = tf.raw_ops.RestoreV2(prefix=out, tensor_names=['emb/table'], shape_and_slices=['200 70 60,80:10,57'],
                               dtypes=[tf.float32])
    check(np.array_equal(got[0].numpy(), table[60:140, 10:67]), 'TensorFlow restores a part of what Leat sliced')
    # TensorFlow writes slices of strings, but never reads them
    for k, (i, n) in enumerate([(0, 4), (4, 5)]):
        parts['names#%d' % k], slices['names#%d' % k] = tf.constant(names[i:i + n]), '9 6 %d,%d:-' % (i, n)
    save(prefix, parts, slices)
    check(listed(prefix)['names'] == ('string', [9, 6], digest(names)), 'Leat reads strings that TensorFlow sliced')


def test_variants(where):
    """Leat checks their checksums, and has no value to show."""
    prefix = os.path.join(where, 'variant')
    rows = tf.raw_ops.TensorListFromTensor(tensor=tf.constant([[1.0, 2.0], [3.0, 4.0]]), element_shape=tf.constant([2]))
    save(prefix, {'list': rows, 'lists': tf.stack([rows, rows]), 'x': tf.constant(1.0)})
    verify = [judge.built('leat'), 'inspect', prefix, '--verify']
    check(subprocess.run(verify, stdout=subprocess.DEVNULL).returncode == 0, 'variants that TensorFlow wrote verify')
    data = bytearray(open(prefix + '.data-00000-of-00001', 'rb').read())
    for at in range(0, len(data), 7):
        data[at] ^= 1
        with open(prefix + '.data-00000-of-00001', 'wb') as f:
            f.write(data)
        data[at] ^= 1
        check(subprocess.run(verify, stdout=subprocess.DEVNULL).returncode == 1, 'byte %d changed' % at)


def test_merge(where):
    rng = np.random.default_rng(4)
    table = rng.standard_normal((10, 4)).astype(np.float32)
    for kind in ('tf', 'leat'):
        part = [os.path.join(where, kind + '_temp', 'part-%05d-of-00003' % i) for i in range(3)]
        save(part[0], {'a': tf.constant(1.0), 'table': tf.constant(table[:6])}, {'table': '10 4 0,6:-'})
        save(part[1], {'b': tf.constant([b'x', b'yy']), 'table': tf.constant(table[6:])}, {'table': '10 4 6,4:-'})
        save(part[2], {'c': tf.constant(np.arange(100))})
        if kind == 'tf':
            tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=part, destination_prefix=os.path.join(where, kind))
        else:
            leat('merge', os.path.join(where, kind), *part)
            check(not os.path.exists(os.path.dirname(part[0])), 'the directory of the parts is removed')
    check(same_bytes(os.path.join(where, 'tf'), os.path.join(where, 'leat'),
                     ['.index'] + ['.data-%05d-of-00003' % i for i in range(3)]), 'merged checkpoints are the same bytes')
    check(listed(os.path.join(where, 'leat')) == load(os.path.join(where, 'tf')), 'merged checkpoints list the same')


def test_state(where):
    prefixes = [os.path.join(where, 'model.ckpt-%d' % i) for i in range(4)]
    for p in prefixes:
        save(p, {'x': tf.constant(1.0)})
        open(p + '.meta', 'w').close()
        leat('publish', '2', *prefixes[:prefixes.index(p) + 1]) if p == prefixes[-1] else None
    state = tf.train.get_checkpoint_state(where)
    check(state is not None and state.model_checkpoint_path == prefixes[3], 'TensorFlow reads the state file')
    check(state is not None and list(state.all_model_checkpoint_paths) == prefixes[2:], 'and what is kept')
    check(tf.train.latest_checkpoint(where) == prefixes[3], 'latest_checkpoint')
    check(sorted(f for f in os.listdir(where) if f.startswith('model.ckpt-0') or f.startswith('model.ckpt-1')) == [],
          'old ones are deleted')
    # and the other way, with relative and absolute paths as TensorFlow writes them
    for relative in (False, True):
        checkpoint_management.update_checkpoint_state_internal(where, prefixes[2], prefixes[2:],
                                                               save_relative_paths=relative)
        check(leat('latest', where).strip() == prefixes[2], 'Leat reads the state file of TensorFlow')


def test_session(where):
    """A graph's own saver, with partitioned and resource variables."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as s:
        v1.get_variable('part', [11, 3], partitioner=v1.fixed_size_partitioner(4))
        v1.get_variable('res', [5], use_resource=True)
        v1.get_variable('ref', [2, 2], use_resource=False)
        s.run(v1.global_variables_initializer())
        for sharded in (False, True):
            saver = v1.train.Saver(sharded=sharded)
            prefix = saver.save(s, os.path.join(where, 'sess%d' % sharded))
            before = {v.name: s.run(v) for v in v1.global_variables()}
            copies(prefix, where)
            for how in ([], ['2', 'sliced']):
                out = os.path.join(where, 'back%d' % len(how))
                leat('copy', prefix, out, *how)
                s.run(v1.global_variables_initializer())
                saver.restore(s, out)
                check(all(np.array_equal(s.run(v), before[v.name]) for v in v1.global_variables()),
                      'a saver restores what Leat wrote %s' % how)


for test in (test_types, test_many, test_large_index, test_slices, test_variants, test_merge, test_state, test_session):
    top = tempfile.mkdtemp(prefix='leat-bundle-')
    try:
        test(top)
    finally:
        shutil.rmtree(top)
    print(test.__name__, 'done')
judge.finish()
