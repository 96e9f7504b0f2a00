#!/usr/bin/env python3
"""Random log directories, read by Leat and by TensorBoard. Exits with 77 (skipped) where TensorBoard is not installed.

    tests/tensorboard-random.py [--seeds N] [--seed FIRST] [--keep DIR]

Each seed makes a directory of runs from raw events: every kind and form of summary, odd tags, steps and times, restarts,
several files, damage. What TensorBoard's accumulator reads of the files without their damaged records is what `leat
inspect --json` must list and `leat export` must hold, point by point.
"""
import argparse, base64, collections, csv, io, json, logging, math, os, random, shutil, struct, subprocess, sys, tempfile, warnings

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '')
try:
    import numpy as np
    from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
    from tensorboard.compat.proto import event_pb2, graph_pb2, meta_graph_pb2, summary_pb2, tensor_pb2, types_pb2
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
except ImportError:
    print('TensorBoard is not installed: skipped')
    sys.exit(77)
logging.disable(logging.CRITICAL)
warnings.simplefilter('ignore')

LEAT = os.path.join(os.environ.get('LEAT_BUILDDIR', '.'), 'leat')

TAGS = ['', 'loss', 'a', 'a/b', 'a/b/c', '/', '//x', 'x' * 3000, '日本/語', '\u202ertl', 'tab\tand\nline', '\x1b[31m',
        '=1+1', '-x', '@x', '+1e3', '1e3', 'nul\0inside', '😀', '\ufeffbom', ' lead', 'trail ', 'q"uo,te', '</script>',
        'back\\x00slash', 'e\u0301', '\u00e9', '\u2028', '.', '..', '../x', '%s%n', "'", 'scalars', 'a_b', 'a b', 'A/B']
STEPS = [0, 1, 2, 3, 5, 10, 100, -1, -5, 2**31, 2**53 + 1, 2**62, -2**63]
WALLS = [0.0, -1.5, 1.5e9, 1.6e9 + 1 / 3, 1e-300, 1e18, 1.7e308]
FLOATS = [0.0, -0.0, 1.0, 0.1, -2.5, math.nan, math.inf, -math.inf, 1e-45, 3.4028234663852886e38, 1 / 3]

FIELDS = {  # dtype: (how an element stands in tensor_content, the repeated field)
    types_pb2.DT_FLOAT: ('f', 'float_val'), types_pb2.DT_DOUBLE: ('d', 'double_val'), types_pb2.DT_INT8: ('b', 'int_val'),
    types_pb2.DT_INT16: ('h', 'int_val'), types_pb2.DT_INT32: ('i', 'int_val'), types_pb2.DT_INT64: ('q', 'int64_val'),
    types_pb2.DT_UINT8: ('B', 'int_val'), types_pb2.DT_UINT16: ('H', 'int_val'), types_pb2.DT_UINT32: ('I', 'uint32_val'),
    types_pb2.DT_UINT64: ('Q', 'uint64_val'), types_pb2.DT_BOOL: ('?', 'bool_val'), types_pb2.DT_HALF: ('e', 'half_val'),
    types_pb2.DT_BFLOAT16: (None, 'half_val')}


def tensor(r, values, dtype, shape):
    t = tensor_pb2.TensorProto(dtype=dtype)
    for n in shape:
        t.tensor_shape.dim.add(size=n)
    if dtype == types_pb2.DT_STRING:
        t.string_val.extend(values)
        return t
    form, field = FIELDS[dtype]
    if dtype == types_pb2.DT_BFLOAT16:
        content = b''.join(struct.pack('<f', v)[2:] for v in values)
    else:
        content = b''.join(struct.pack('<' + form, v) for v in values)
    if r.random() < 0.5 and values:
        t.tensor_content = content
    elif field == 'half_val':
        t.half_val.extend(struct.unpack('<%dH' % len(values), content))
    else:
        getattr(t, field).extend(values)
    return t


def number(r, dtype):
    form = FIELDS[dtype][0]
    if form is None or form in 'fde':
        limit = 6e4 if form == 'e' else 1e30
        v = r.choice(FLOATS + [r.uniform(-9, 9)])
        return v if not math.isfinite(v) or abs(v) < limit else 7.0
    if form == '?':
        return r.random() < 0.5
    bits = 8 * struct.calcsize(form)
    low = -(1 << (bits - 1)) if form.islower() else 0
    return r.choice([low, low + (1 << bits) - 1, 0, 1, r.randrange(low, low + (1 << bits))])


# ---- values: each maker fills a Summary.Value and returns the plugin whose metadata a tensor needs ----

def scalar(r, v):
    v.simple_value = r.choice(FLOATS + [r.uniform(-1, 1)] * 9)


def tensor_scalar(r, v):
    dtype = r.choice(list(FIELDS))
    v.tensor.CopyFrom(tensor(r, [number(r, dtype)], dtype, r.choice([[], [], [], [1], [1, 1]])))
    return 'scalars'


def histo(r, v):
    limits = sorted(r.uniform(-3, 3) for _ in range(r.choice([0, 1, 3, 30])))
    if limits and r.random() < 0.5:
        limits[-1] = sys.float_info.max
        limits[0] = -sys.float_info.max if len(limits) > 1 else limits[0]
    h = v.histo
    h.min, h.max, h.sum, h.sum_squares = -3, 3, r.random(), 1
    h.bucket_limit.extend(limits)
    h.bucket.extend(float(r.choice([0, 0, 1, 7])) for _ in limits)
    h.num = sum(h.bucket)


def tensor_histo(r, v):
    k = r.choice([0, 1, 30])
    v.tensor.CopyFrom(tensor(r, [r.uniform(-3, 3) for _ in range(3 * k)], r.choice([types_pb2.DT_DOUBLE, types_pb2.DT_FLOAT]), [k, 3]))
    return 'histograms'


def image(r, v):
    v.image.height, v.image.width, v.image.colorspace = 2, 3, 3
    v.image.encoded_image_string = r.randbytes(r.choice([0, 10, 300]))


def tensor_image(r, v):
    v.tensor.CopyFrom(tensor(r, [b'3', b'2'] + [r.randbytes(9) for _ in range(r.choice([0, 1, 3]))], types_pb2.DT_STRING, []))
    v.tensor.tensor_shape.dim.add(size=len(v.tensor.string_val))
    return 'images'


def audio(r, v):
    v.audio.sample_rate, v.audio.num_channels, v.audio.length_frames = 44100, 1, 4
    v.audio.encoded_audio_string = r.randbytes(20)


def tensor_audio(r, v):
    k = r.choice([1, 2])
    v.tensor.CopyFrom(tensor(r, [r.randbytes(9) for _ in range(2 * k)], types_pb2.DT_STRING, [k, 2]))
    return 'audio'


def text(r, v):
    shape = r.choice([[], [1], [3], [2, 2], [0]])
    texts = [r.choice(TAGS).encode() for _ in range(math.prod(shape))]
    v.tensor.CopyFrom(tensor(r, texts, types_pb2.DT_STRING, shape))
    return 'text'


def other(r, v):
    shape = [[], [1], [6, 4], [0], [2, 3, 1]][len(v.tag) % 5]  # one of a tag: a single number is another series
    dtype = r.choice(list(FIELDS))
    v.tensor.CopyFrom(tensor(r, [number(r, dtype) for _ in range(math.prod(shape))], dtype, shape))
    return r.choice(['pr_curves', 'custom_scalars', 'mesh', 'my plugin', 'hparams', '=x'])


MAKERS = [scalar] * 6 + [tensor_scalar] * 3 + [histo, tensor_histo, image, tensor_image, audio, tensor_audio, text, text, other]


class Run:
    """The events of one run: tags with their kinds, restarts, files."""

    def __init__(self, r):
        self.r = r
        self.series = [(tag, r.choice(MAKERS)) for tag in r.sample(TAGS, r.randint(0, 8))]
        self.plugins, self.described = {}, set()
        self.metadata = r.choice(['first', 'always', 'often'])
        self.version = r.choice([2] * 6 + [1, 0])
        self.one_event = self.version < 2 or r.random() < 0.5
        self.steps = r.choice(['up', 'up', 'same', 'any'] if self.version == 2 else ['up'])
        self.starts = self.version == 2 and r.random() < 0.4
        self.step = 0

    def value(self, summary, tag, maker):
        r, v = self.r, summary.value.add(tag=tag)
        plugin = maker(r, v)
        if plugin is None:
            return
        self.plugins.setdefault(tag, plugin)
        if tag not in self.described or self.metadata == 'always' or (self.metadata == 'often' and r.random() < 0.5):
            v.metadata.plugin_data.plugin_name = self.plugins[tag]
            v.metadata.display_name = 'shown as ' + tag
            v.metadata.plugin_data.content = r.randbytes(3)
            self.described.add(tag)

    def event(self, **more):
        e = event_pb2.Event(wall_time=self.r.choice(WALLS + [1.5e9 + self.r.random()] * 20), **more)
        if self.step:
            e.step = self.step
        return e

    def special(self):
        r, what = self.r, self.r.randrange(7)
        e = self.event()
        if what == 0:
            g = graph_pb2.GraphDef()
            for i in range(r.randrange(4)):
                g.node.add(name='n%d' % i, op='NoOp')
            e.graph_def = g.SerializeToString()
        elif what == 1:
            m = meta_graph_pb2.MetaGraphDef()
            m.graph_def.node.add(name='m', op='NoOp')
            e.meta_graph_def = m.SerializeToString()
        elif what == 2:
            e.tagged_run_metadata.tag = r.choice(['step 1', 'step 2'])
            e.tagged_run_metadata.run_metadata = b'\x0a\x00'
        elif what == 3:
            e.log_message.message = 'hello'
        elif what == 4:
            e.session_log.status = r.choice([event_pb2.SessionLog.STOP, event_pb2.SessionLog.CHECKPOINT])
            e.session_log.checkpoint_path = '/x'
        elif what == 5:
            e.summary.SetInParent()
        else:
            return e.SerializeToString() + r.choice([b'\xf8\x07\x01', b'\xfa\x07\x02hi'])  # a field from the future
        return e.SerializeToString()

    def start(self):
        e = self.event()
        e.session_log.status = event_pb2.SessionLog.START
        return e.SerializeToString()

    def round(self):
        r = self.r
        if r.random() < 0.1 and self.version == 2:
            yield self.special()
        if self.steps == 'up':
            self.step += r.choice([1, 1, 1, 10])
        elif self.steps == 'any':
            self.step = r.choice(STEPS)
        chosen = self.series if self.one_event else r.sample(self.series, min(len(self.series), 3))
        e = self.event()
        for tag, maker in chosen:
            for _ in range(2 if r.random() < 0.05 and self.version == 2 else 1):
                self.value(e.summary, tag, maker)
            if not self.one_event:
                yield e.SerializeToString()
                e = self.event()
        if self.one_event:
            yield e.SerializeToString()

    def file(self):
        r, records = self.r, []
        if self.version:
            records.append(event_pb2.Event(wall_time=1.5e9, file_version='brain.Event:%d' % self.version).SerializeToString())
        if self.starts:
            if self.steps == 'up':
                self.step = max(0, self.step - r.randint(0, 12))
            records.append(self.start())
        elif self.version < 2:
            self.step = max(0, self.step - r.randint(0, 12))
        for _ in range(r.choice([0, 1, 5, 30])):
            records.extend(self.round())
            if self.starts and r.random() < 0.05:
                self.step = max(0, self.step - r.randint(0, 12)) if self.steps == 'up' else r.choice(STEPS)
                records.append(self.start())
        return records


# ---- files and their damage ----

def frame(data):
    length = struct.pack('<Q', len(data))
    return length + struct.pack('<I', masked_crc32c(length)) + data + struct.pack('<I', masked_crc32c(data))


def damage(r, frames):
    """The file's bytes, damaged, and which records are whole."""
    whole = b''.join(frames)
    ends = np.cumsum([len(f) for f in frames]).tolist()
    what = r.choice(['flip', 'flip', 'cut', 'insert', 'remove', 'zero', 'none'])
    at = r.randrange(len(whole)) if whole else 0
    n = min(r.choice([1, 2, 20, 500]), len(whole) - at)
    good = [not (end - len(f) < at + n and at < end) for f, end in zip(frames, ends)]
    if not whole or what == 'none':
        return whole, [True] * len(frames)
    if what == 'flip':
        return whole[:at] + bytes([whole[at] ^ (1 << r.randrange(8))]) + whole[at + 1:], \
            [not (end - len(f) <= at < end) for f, end in zip(frames, ends)]
    if what == 'cut':
        return whole[:at], [end <= at for end in ends]
    if what == 'insert':
        return whole[:at] + r.choice([bytes(n), r.randbytes(n)]) + whole[at:], \
            [not (end - len(f) < at < end) for f, end in zip(frames, ends)]
    if what == 'remove':
        return whole[:at] + whole[at + n:], good
    if whole[at:at + n] == bytes(n):
        return whole, [True] * len(frames)
    return whole[:at] + bytes(n) + whole[at + n:], good


BAD = [b'\x0a', b'\x09\0\0', b'\x2a\x05\x0a\xff\xff', b'\xff' * 12, b'\x2a\x06\x0a\x04\x0a\x09xy',
       event_pb2.Event(wall_time=math.nan, step=1, summary=summary_pb2.Summary(
           value=[summary_pb2.Summary.Value(tag='loss', simple_value=1)])).SerializeToString()]

NAMES = ['events.out.tfevents.15%08d.box', 'events.out.tfevents.15%08d.box.v2', 'tfevents%d', 'x.tfevents.%d.gz', '%d-tfevents.tmp']
RUNS = ['.', 'train', 'eval', 'a/b/c', 'a', 'with space', 'λ', '=cmd', '-', 'new\nline']


def make(seed, root):
    """Writes root/log and root/whole; returns the names of the runs that have damage."""
    r = random.Random(seed)
    damaged = {}
    for name in r.sample(RUNS, r.randint(1, 4)):
        run, form = Run(r), r.choice(NAMES)
        for k in sorted(r.sample(range(100), r.choice([1, 1, 2, 3]))):
            records = run.file()
            good = [True] * len(records)
            if r.random() < 0.2:
                at = r.randint(min(1, len(records)), len(records))
                records.insert(at, r.choice(BAD))
                good.insert(at, False)
            frames = [frame(x) for x in records]
            content = b''.join(frames)
            if r.random() < 0.3 and run.version == 2:
                content, kept = damage(r, frames)
                good = [a and b for a, b in zip(good, kept)]
                good[0] = True  # where the version is lost, it is taken for the newest
            for kind, data in ('log', content), ('whole', b''.join(f for f, g in zip(frames, good) if g)):
                path = os.path.join(root, kind, name, form % k)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, 'wb') as f:
                    f.write(data)
            damaged[name] = damaged.get(name, False) or content != b''.join(f for f, g in zip(frames, good) if g)
    return damaged


# ---- what TensorBoard reads ----

def numbers(t):
    """Those of a tensor, as doubles."""
    if t.dtype == types_pb2.DT_STRING:
        return []
    form, field = FIELDS[t.dtype]
    n = math.prod(d.size for d in t.tensor_shape.dim)
    if field == 'half_val' and not t.tensor_content:
        content = struct.pack('<%dH' % len(t.half_val), *t.half_val)
    elif t.tensor_content:
        content = t.tensor_content
    else:
        return [float(v) for v in getattr(t, field)]
    if form is None:
        return [struct.unpack('<f', b'\0\0' + content[i:i + 2])[0] for i in range(0, 2 * n, 2)]
    return [float(v) for v in struct.unpack('<%d%s' % (n, form), content)]


GROUPS = {'scalars': 'scalars', 'histograms': 'histograms', 'images': 'images', 'audio': 'audio', 'text': 'text'}


def accumulate(path, **options):
    a = plugin_event_accumulator.EventAccumulator(path, size_guidance={'tensors': 0}, **options)
    a.Reload()
    points = {t: a.Tensors(t) for t in a.Tags()['tensors'] if plugin_of(a, t) not in ('graph', 'graphs', 'graph_tagged_run_metadata')}
    return a, {t: p for t, p in points.items() if p}


def plugin_of(a, tag):
    m = a.summary_metadata.get(tag)
    return m.plugin_data.plugin_name if m is not None else ''


class Mismatch(Exception):
    pass


def check(good, what, *detail):
    if not good:
        raise Mismatch(what + ''.join('\n    %.600r' % (d,) for d in detail))


def no_duplicates(pairs):
    d = dict(pairs)
    check(len(d) == len(pairs), 'duplicate keys', [k for k, _ in pairs])
    return d


def leat(*args):
    p = subprocess.run([LEAT, *args], capture_output=True)
    check(p.returncode == 0, 'leat %s: exit %d' % (args[0], p.returncode), p.stderr)
    return p.stdout


def as_json(x):
    return x if math.isfinite(x) else 'NaN' if math.isnan(x) else 'Infinity' if x > 0 else '-Infinity'


def shown(tag):
    """As Leat writes a NUL in CSV; in JSON it is one."""
    return tag.replace('\0', '\\x00')


def compare_listing(got, a, points, all_points, damaged):
    want = collections.defaultdict(dict)
    for tag, p in points.items():
        plugin = plugin_of(a, tag)
        one = {'n': len(p)}
        if plugin == 'scalars':
            value = lambda e: [e.step, as_json(numbers(e.tensor_proto)[0])]
            one.update(first=value(p[0]), last=value(p[-1]))
        elif plugin not in GROUPS:
            one['plugin'] = plugin
        want[GROUPS.get(plugin, 'tensors')][tag] = one
    for group in 'scalars', 'histograms', 'images', 'text', 'audio', 'tensors':
        check(got.get(group, {}) == want[group], 'listing of ' + group, got.get(group, {}), want[group])
    check(all(group in got for group in ('scalars', 'histograms', 'images', 'text')), 'groups', list(got))
    try:
        nodes = len(a.Graph().node)
    except ValueError:
        nodes = None
    check(got['graph_nodes'] == nodes, 'graph_nodes', got['graph_nodes'], nodes)
    profiles = [t for t in a.summary_metadata if plugin_of(a, t) == 'graph_tagged_run_metadata']
    check(sorted(got.get('run_metadata', {})) == sorted(profiles), 'run_metadata', got.get('run_metadata'), profiles)
    dropped = sum(map(len, all_points.values())) - sum(map(len, points.values()))
    check(got['dropped'] == dropped, 'dropped', got['dropped'], dropped)
    check(bool(got['damage']) == damaged, 'damage', got['damage'], damaged)


def compare_export(got, a, points):
    for tag, p in points.items():
        plugin = plugin_of(a, tag)
        group = got.get(GROUPS.get(plugin, 'tensors'), {})
        check(tag in group, 'export lacks', tag, plugin)
        if plugin == 'scalars':
            mine = list(zip(group[tag]['steps'], group[tag]['wall_times'], group[tag]['values']))
            want = [(e.step, e.wall_time, as_json(numbers(e.tensor_proto)[0])) for e in p]
            check(mine == want, 'export of scalars', tag, mine, want)
            continue
        check([(e['step'], e['wall_time']) for e in group[tag]] == [(e.step, e.wall_time) for e in p], 'export of ' + plugin, tag)
        for mine, e in zip(group[tag], p):
            check('error' not in mine, 'export', tag, mine)
            strings = list(e.tensor_proto.string_val)
            if plugin == 'histograms':
                flat = np.array(mine['buckets'], dtype=float).ravel()
                check(np.array_equal(flat.astype(np.float32), np.array(numbers(e.tensor_proto), dtype=np.float32)), 'buckets', tag)
            elif plugin == 'images':
                check([str(mine['width']).encode(), str(mine['height']).encode()] + decoded(mine['images']) == strings, 'images', tag)
            elif plugin == 'audio':
                labels = 2 if len(e.tensor_proto.tensor_shape.dim) > 1 else 1
                check(decoded(mine['clips']) == strings[::labels], 'audio', tag, mine, strings)
            elif plugin not in GROUPS:
                want = [s.decode(errors='replace') for s in strings] or [as_json(v) for v in numbers(e.tensor_proto)]
                check(strings or want == mine.get('values', []), 'values', tag, mine, want)
                check(mine.get('shape', [1]) == [d.size for d in e.tensor_proto.tensor_shape.dim] or 'shape' not in mine, 'shape', mine)
            elif plugin == 'text':
                check([t.encode() for t in mine['text']] == strings, 'text', tag, mine, strings)


def decoded(items):
    return [base64.b64decode(x) for x in items]


def read_csv(text):
    table = collections.defaultdict(list)
    for row in csv.DictReader(io.StringIO(text.decode(), newline='')):
        run, tag = (row[k][1:] if row[k][:2] in ("'=", "'+", "'-", "'@", "'\t", "'\r") else row[k] for k in ('run', 'tag'))
        table[run, tag].append((int(row['step']), as_json(float(row['wall_time'])), as_json(float(row['value']))))
    return table


def compare(root, log, whole, damaged):
    """Leat's reading of `log` with TensorBoard's of `whole`; damaged: by run, whether there is damage."""
    listing = json.loads(leat('inspect', log, '--json').decode(), object_pairs_hook=no_duplicates)['runs']
    leat('inspect', log)
    exported = json.loads(leat('export', log, '--json').decode(), object_pairs_hook=no_duplicates)['runs']
    table = read_csv(leat('export', log))
    check(sorted(listing) == sorted(damaged) == sorted(exported), 'runs', sorted(listing), sorted(damaged))
    rows = total = 0
    for run in damaged:
        path = os.path.join(whole, run)
        a, points = accumulate(path)
        all_points = accumulate(path, purge_orphaned_data=False)[1]
        compare_listing(listing[run], a, points, all_points, damaged[run])
        compare_export(exported[run], a, points)
        for tag, mine in exported[run]['scalars'].items():
            rows += len(mine['steps'])
            want = list(zip(mine['steps'], mine['wall_times'], mine['values']))
            key = run, shown(tag)
            check(table[key] == want, 'CSV', tag, table[key], want)
        total += sum(map(len, points.values()))
    check(sum(map(len, table.values())) == rows, 'rows of the CSV')
    return total


# ---- what Leat's own commands write ----

def graph_of_summaries(path):
    import tensorflow.compat.v1 as tf
    with tf.Graph().as_default() as g:
        step = tf.Variable(0.0, use_resource=False, name='step')
        x = tf.random.stateless_normal([50], [1, 2]) * tf.assign_add(step, 1.0)
        tf.summary.scalar('mean', tf.reduce_mean(x))
        tf.summary.scalar('nan', tf.math.log(-tf.abs(x[0])))
        tf.summary.histogram('values', x)
        tf.summary.image('picture', tf.reshape(x, [1, 5, 10, 1]), max_outputs=2)
        tf.summary.image('picture in colours', tf.cast(tf.reshape(tf.range(48), [1, 4, 4, 3]), tf.uint8))
        tf.summary.text('note', tf.strings.as_string(x[:2]))
        merged = tf.summary.merge_all().name
        tf.group(tf.global_variables_initializer(), name='init')
    with open(path, 'wb') as f:
        f.write(g.as_graph_def().SerializeToString())
    return merged


def compare_own(root):
    data = os.path.join(os.environ.get('LEAT_SRCDIR', '.'), 'data', 'digits-train.csv')
    runs, ran, graph = (os.path.join(root, name) for name in ('runs', 'ran', 'graph.pb'))
    leat('train', data, '--target', 'digit', '--classes', '--model', 'mlp:20', '--epochs', '2', '--logdir', runs, '--run', 'one',
         '--trace-step', '5', '--validation', '0.2', '--summary-every', '3')
    leat('train', data, '--target', 'digit', '--classes', '--model', 'mlp:20', '--epochs', '3', '--logdir', runs, '--run', 'one',
         '--validation', '0.2', '--summary-every', '2', '--resume')
    total = compare(root, runs, runs, {'one': False})
    # TensorBoard's fast loader passes over scalars that are no float32: those in tensors of another dtype.
    a = event_accumulator.EventAccumulator(os.path.join(runs, 'one'))
    a.Reload()
    check({'loss', 'validation/loss', 'validation/accuracy'} <= set(a.Tags()['scalars']), 'scalars of leat train', a.Tags())
    try:
        merged = graph_of_summaries(graph)
    except ImportError:
        return total
    leat('run', graph, '--init', 'init', '--steps', '20', '--fetch', merged, '--logdir', ran)
    written = compare(root, ran, ran, {'.': False})
    check(written == 20 * 6, 'leat run wrote %d points' % written)
    return total + written


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--seeds', type=int, default=30)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--keep')
    o = p.parse_args()
    root = tempfile.mkdtemp(prefix='leat-own-')
    failures, total = 0, 0
    try:
        total = compare_own(root)
    except Mismatch as e:
        failures += 1
        print('written by Leat: %s' % e)
    shutil.rmtree(root)
    print('written by Leat: %d points' % total)
    total = 0
    for seed in range(o.seed, o.seed + o.seeds):
        root = tempfile.mkdtemp(prefix='leat-random-') if not o.keep else os.path.join(o.keep, str(seed))
        try:
            total += compare(root, os.path.join(root, 'log'), os.path.join(root, 'whole'), make(seed, root))
        except Mismatch as e:
            failures += 1
            print('seed %d: %s' % (seed, e))
        if not o.keep:
            shutil.rmtree(root)
    print('%d logs of %d points, %d failed' % (o.seeds, total, failures))
    return 1 if failures else 0


sys.exit(main())
