#!/usr/bin/env python3
"""Event files between Leat, TensorBoard and TensorFlow. Exits with 77 (skipped) where TensorBoard is not installed.

What Leat writes, both of TensorBoard's event accumulators read, equal point by point with Leat's own exports; what
TensorFlow writes, Leat reads with the same points (where TensorFlow is installed too).
"""
import collections, csv, io, json, math, os, shutil, subprocess, sys, tempfile

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '')
try:
    from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
    from tensorboard.util import tensor_util
except ImportError:
    print('TensorBoard is not installed: skipped')
    sys.exit(77)
try:
    import numpy as np
    import tensorflow as tf
except ImportError:
    tf = None
    print('TensorFlow is not installed: only reading by TensorBoard is tested')

DRIVER = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.environ.get('LEAT_BUILDDIR', '.'), 'events-driver')
failures = 0


def check(good, what):
    global failures
    if not good:
        failures += 1
        print('FAILED:', what)


def leat(*args):
    p = subprocess.run([DRIVER, *args], capture_output=True)
    check(p.returncode == 0, '%s: %s' % (' '.join(args), p.stderr.decode(errors='replace').strip()))
    return p.stdout.decode()


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def same_points(a, b):
    return len(a) == len(b) and all(x[0] == y[0] and x[1] == y[1] and same(x[2], y[2]) for x, y in zip(a, b))


def accumulated(path):
    """{tag: [(step, wall_time, value)]} of all scalars, in either form, as the older accumulator has them."""
    a = event_accumulator.EventAccumulator(path, size_guidance={k: 0 for k in
        ('scalars', 'histograms', 'compressedHistograms', 'images', 'audio', 'tensors')})
    a.Reload()
    scalars = {t: [(e.step, e.wall_time, e.value) for e in a.Scalars(t)] for t in a.Tags()['scalars']}
    for t in a.Tags()['tensors']:
        if a.SummaryMetadata(t).plugin_data.plugin_name == 'scalars':
            scalars[t] = [(e.step, e.wall_time, tensor_util.make_ndarray(e.tensor_proto).item()) for e in a.Tensors(t)]
    return a, scalars


def plugin_scalars(path):
    """The same by the accumulator that TensorBoard itself uses."""
    a = plugin_event_accumulator.EventAccumulator(path, size_guidance={'tensors': 0})
    a.Reload()
    return {t: [(e.step, e.wall_time, tensor_util.make_ndarray(e.tensor_proto).item()) for e in a.Tensors(t)]
            for t in a.Tags()['tensors'] if a.SummaryMetadata(t).plugin_data.plugin_name == 'scalars'}


def number(x):
    return float(x) if not isinstance(x, str) else {'NaN': math.nan, 'Infinity': math.inf, '-Infinity': -math.inf}[x]


def compare_scalars(logdir, run, exported, table):
    a, scalars = accumulated(os.path.join(logdir, run))
    ours = exported['runs'][run]['scalars']
    check(sorted(ours) == sorted(scalars), '%s: tags %s, not %s' % (run, sorted(ours), sorted(scalars)))
    check(scalars == {} or same_tables(scalars, plugin_scalars(os.path.join(logdir, run))), run + ': both accumulators')
    for tag, want in scalars.items():
        s = ours[tag]
        check(same_points([(i, number(t), number(v)) for i, t, v in zip(s['steps'], s['wall_times'], s['values'])], want),
              '%s, %s: JSON' % (run, tag))
        check(same_points(table[run, tag], want), '%s, %s: CSV' % (run, tag))
    return a, sum(map(len, scalars.values()))


def same_tables(a, b):
    return sorted(a) == sorted(b) and all(same_points(a[t], b[t]) for t in a)


def read_table(text):
    """The CSV's points by run and tag; the apostrophe before a formula is taken away again."""
    table = collections.defaultdict(list)
    for row in csv.DictReader(io.StringIO(text)):
        run, tag = (row[k][1:] if row[k][:2] in ("'=", "'+", "'-", "'@") else row[k] for k in ('run', 'tag'))
        table[run, tag].append((int(row['step']), float(row['wall_time']), float(row['value'])))
    return table


def compare_histograms(a, ours):
    for tag in a.Tags()['histograms']:
        for e, mine in zip(a.Histograms(tag), ours[tag]):
            h, buckets = e.histogram_value, mine['buckets']
            check(mine['step'] == e.step and number(mine['wall_time']) == e.wall_time, tag + ': step and wall time')
            check(sum(b[2] for b in buckets) == sum(h.bucket) == h.num, tag + ': counts')
            check(not buckets or (buckets[0][0] == h.min and buckets[-1][1] == h.max), tag + ': extremes')


def value(i):
    return ((i * 7919) % 1000 - 500) / 37.0 * (1e-14, 1e-6, 0.001, 1, 1000, 1e9, 1e21)[i % 7]


def compare_buckets_with_tensorflow(a):
    values = np.array([value(i) for i in range(500)])
    for tag, given in ('f64', values), ('f32', values.astype(np.float32)), ('one', values[:1]), ('empty', values[:0]):
        summary = tf.compat.v1.Summary.FromString(tf.raw_ops.HistogramSummary(tag='x', values=given).numpy())
        want, got = summary.value[0].histo, a.Histograms('histograms/' + tag)[0].histogram_value
        for field in 'min', 'max', 'num', 'sum', 'sum_squares':
            check(getattr(want, field) == getattr(got, field), 'histograms/%s: %s' % (tag, field))
        check(list(want.bucket) == list(got.bucket), 'histograms/%s: buckets' % tag)
        check(list(want.bucket_limit) == list(got.bucket_limit), 'histograms/%s: limits' % tag)


def compare_images(a):
    pixels = bytes(i * 4 % 256 for i in range(60))
    images = a.Images('image')
    check([e.step for e in images] == [1, 2, 3, 4], 'image: steps')
    for channels, e in enumerate(images, 1):
        check((e.width, e.height) == (5, 3), 'image: size')
        if tf is not None:
            decoded = tf.io.decode_png(e.encoded_image_string).numpy()
            check(decoded.shape == (3, 5, channels) and decoded.tobytes() == pixels[:15 * channels],
                  'image: pixels of %d channels' % channels)


def written_by_leat(logdir):
    leat('write', logdir)
    exported, table = json.loads(leat('json', logdir)), read_table(leat('csv', logdir))
    a, points = compare_scalars(logdir, 'run', exported, table)
    check(points == 2 * 1000 + 2 * 9 + 1, 'run: %d points' % points)
    _, restarted = compare_scalars(logdir, 'restarted', exported, table)
    check(restarted == 10, 'restarted: %d points' % restarted)
    compare_histograms(a, exported['runs']['run']['histograms'])
    if tf is not None:
        compare_buckets_with_tensorflow(a)
    compare_images(a)
    text = tensor_util.make_ndarray(a.Tensors('note')[0].tensor_proto).item().decode()
    check(text == '**bold** café\n</script>', 'note: text')
    check(exported['runs']['run']['text']['note'][0]['text'] == [text], 'note: exported text')
    check([n.name for n in a.Graph().node] == ['x'], 'graph')
    stats = a.RunMetadata('step 7').step_stats
    check(stats.dev_stats[0].device == '/cpu:0' and stats.dev_stats[0].node_stats[0].node_name == 'nod', 'run metadata')
    check(a.GetSourceWriter() == 'leat', 'source writer')
    print('written by Leat: %d points equal' % (points + restarted))


def write_with_tensorflow(logdir):
    w = tf.summary.create_file_writer(os.path.join(logdir, 'tf2'))
    with w.as_default():
        for step in range(50):
            tf.summary.scalar('loss', 1 / (step + 1), step)
            tf.summary.histogram('weights', np.random.default_rng(step).normal(size=100), step)
            tf.summary.text('words', ['a', 'b%d' % step], step)
        for dtype in (tf.float16, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16,
                      tf.uint32, tf.uint64, tf.bool):
            meta = tf.compat.v1.SummaryMetadata(plugin_data={'plugin_name': 'scalars'})
            tf.summary.write('dtypes/' + dtype.name, tf.cast(tf.constant(1), dtype), 1, metadata=meta)
    w.close()
    with tf.Graph().as_default():
        w = tf.compat.v1.summary.FileWriter(os.path.join(logdir, 'tf1'), filename_suffix='.x')
    for step in range(2000):
        w.add_summary(tf.compat.v1.Summary(value=[tf.compat.v1.Summary.Value(tag='t%d' % k, simple_value=step * k / 7)
                                                  for k in range(5)]), step)
    w.close()


def written_by_tensorflow(logdir):
    write_with_tensorflow(logdir)
    exported, table = json.loads(leat('json', logdir)), read_table(leat('csv', logdir))
    total = 0
    for run in 'tf1', 'tf2':
        a, points = compare_scalars(logdir, run, exported, table)
        total += points
    for e, mine in zip(a.Tensors('weights'), exported['runs']['tf2']['histograms']['weights']):
        check(tensor_util.make_ndarray(e.tensor_proto).tolist() == mine['buckets'], 'weights: buckets')
    for e, mine in zip(a.Tensors('words'), exported['runs']['tf2']['text']['words']):
        check([s.decode() for s in tensor_util.make_ndarray(e.tensor_proto).tolist()] == mine['text'], 'words: text')
    print('written by TensorFlow: %d points equal' % total)


def main():
    logdir = tempfile.mkdtemp(prefix='leat-roundtrip-')
    try:
        written_by_leat(os.path.join(logdir, 'leat'))
        if tf is not None:
            written_by_tensorflow(os.path.join(logdir, 'tensorflow'))
    finally:
        shutil.rmtree(logdir)
    return 1 if failures else 0


sys.exit(main())
