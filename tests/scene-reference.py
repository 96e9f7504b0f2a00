#!/usr/bin/env python3
"""What diagrams show, against a reference of its own: boxes, the auxiliary area, what stands beside a box, series, and edges with
their counts, written from the rules that VIZ.md states and not from Leat's sources.

    scene-reference.py [--random N] [GRAPH]...

compares over the given files (GraphDef, .meta, SavedModel), or, without any, over those of ../shared/fixtures, over random graphs
written here field by field, and over networks that TensorFlow makes. It says so where there are no fixtures or no TensorFlow, and is
skipped (77) where the build draws nothing. What VIZ.md leaves open is decided as TensorBoard does, and marked TB below."""
import collections
import glob
import os
import random
import re
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get('LEAT_BUILDDIR', '.'))
SOURCE = os.path.abspath(os.environ.get('LEAT_SRCDIR', '.'))
DRIVER = os.path.join(BUILD, 'scene-driver')
FUNCTIONS = '__function_library__'  # functions have scopes of their own, which are not compared
ALL = 1000
ROOT = ''

Op = collections.namedtuple('Op', 'name type inputs')


# ---- bytes of messages ----

def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """The (number, bytes) of all fields that have a length."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 2:
            size, at = varint(data, at)
            yield key >> 3, data[at:at + size]
            at += size
        elif key & 7 == 0:
            _, at = varint(data, at)
        else:
            at += 8 if key & 7 == 1 else 4


def put(number, data):
    def base128(n):
        return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + base128(n >> 7)
    data = data.encode() if isinstance(data, str) else data
    return base128(number << 3 | 2) + base128(len(data)) + data


def graph_def_of(path):
    """A file's GraphDef bytes: field 2 of a MetaGraphDef, which is field 2 of a SavedModel."""
    data = open(path, 'rb').read()
    for _ in range(path.endswith('.meta') + 2 * path.endswith('saved_model.pb')):
        data = next(value for number, value in fields(data) if number == 2)
    return data


def ops_of(graph_def):
    ops = {}
    for number, value in fields(graph_def):
        if number != 1:
            continue
        name, kind, inputs = '', '', []
        for number, part in fields(value):
            if number == 1:
                name = part.decode()
            elif number == 2:
                kind = part.decode()
            elif number == 3:
                inputs.append(part.decode())
        ops.setdefault(name, Op(name, kind, inputs))
    return ops


# ---- the model ----

Edge = collections.namedtuple('Edge', 'start end control')


def all_edges(ops):
    """Between all ops. An input that is given twice in a row is one edge, none leads from an op to itself (TB)."""
    edges = []
    for op in ops.values():
        last = None
        for text in op.inputs:
            control = text.startswith('^')
            name, _, output = text.lstrip('^').partition(':')
            this = name, output or '0', control
            if this != last and name in ops and name != op.name:
                edges.append(Edge(name, op.name, control))
            last = this
    return edges


class Model:
    """Ops, embedded ones apart, in scopes and series; `parent` of each by name, the root's name is empty."""

    def __init__(self, ops):
        self.ops = ops
        raw = all_edges(ops)
        self.choose_embedded(raw)
        self.embed(raw)
        self.nest()
        self.find_series()
        self.children = collections.defaultdict(list)
        for name, parent in self.parent.items():
            self.children[parent].append(name)

    def choose_embedded(self, raw):
        """Constants that something takes, and summaries of something: no other has a place beside another box."""
        taken, given = {e.start for e in raw}, {e.end for e in raw}
        self.constants = {n for n, op in self.ops.items() if op.type == 'Const' and n in taken}
        self.summaries = {n for n, op in self.ops.items() if re.match('^[a-zA-Z]+Summary$', op.type) and n in given}

    def embed(self, raw):
        """Edges among what is drawn. What leads into an embedded op leads to whatever takes that op (TB)."""
        embedded = self.constants | self.summaries
        into = collections.defaultdict(list)
        for e in raw:
            into[e.end].append(e)
        self.edges, self.beside_in, self.beside_out = [], collections.defaultdict(set), collections.defaultdict(set)
        for e in raw:
            if e.start not in embedded and e.end not in embedded:
                self.edges.append(e)
            elif e.end in self.summaries and e.start not in embedded:
                self.beside_out[e.start].add(e.end)
            elif e.start in embedded and e.end not in embedded:
                if e.start in self.constants:
                    self.beside_in[e.end].add(e.start)
                for before in into[e.start]:
                    control = before.control if e.start in self.constants else e.control
                    if before.start not in embedded and before.start != e.end:
                        self.edges.append(Edge(before.start, e.end, control))
        self.drawn = [n for n in self.ops if n not in embedded]

    def nest(self):
        self.scopes = set()
        self.parent = {}
        for name in self.drawn:
            parts = name.split('/')
            for i in range(1, len(parts)):
                self.scopes.add('/'.join(parts[:i]))
                self.parent['/'.join(parts[:i])] = '/'.join(parts[:i - 1])
        self.shown = {n: n + '/(' + n.split('/')[-1] + ')' if n in self.scopes else n for n in self.ops}
        for name in self.drawn:
            self.parent[self.shown[name]] = name if name in self.scopes else name.rpartition('/')[0]
        self.op_of = {self.shown[n]: self.ops[n] for n in self.drawn}

    def find_series(self):
        """Five or more of one op in one scope with consecutive numbers. An underscore before the number is no part of the
        name, and what has no number is number 0: of those with an underscore, if there are any."""
        self.series = set()
        numbered, plain = collections.defaultdict(list), []
        for name in self.drawn:
            if name in self.scopes:
                continue
            scope, _, leaf = name.rpartition('/')
            match = re.match(r'^(\D*)(\d+)$', leaf)
            if match:
                stem = match.group(1)
                numbered[scope, self.ops[name].type, stem].append((int(match.group(2)), name))
            else:
                plain.append((scope, self.ops[name].type, leaf, name))
        for scope, kind, leaf, name in plain:
            key = (scope, kind, leaf + '_')
            if 1 not in [number for number, _ in numbered.get(key, [])]:
                key = (scope, kind, leaf)
            numbered[key].append((0, name))
        for (scope, kind, stem), members in numbered.items():
            run = []
            for number, name in sorted(members) + [(-1, None)]:
                if run and number != run[-1][0] + 1:
                    self.add_series(scope, stem, run)
                    run = []
                run.append((number, name))

    def add_series(self, scope, stem, run):
        if len(run) < 5:
            return
        stem = stem[:-1] if stem.endswith('_') else stem
        name = '%s%s[%d-%d]' % (scope + '/' if scope else '', stem, run[0][0], run[-1][0])
        self.series.add(name)
        self.parent[name] = scope
        for _, member in run:
            self.parent[member] = name

    def path(self, name):
        """From the root to the node itself."""
        way = [name]
        while way[-1] != ROOT:
            way.append(self.parent[way[-1]])
        return way[::-1]

    def ops_below(self, name):
        if name in self.op_of:
            return 1
        return sum(self.ops_below(child) for child in self.children[name])

    def gathers_control(self, name):
        """A NoOp, or a scope whose own op is one (TB)."""
        op = self.op_of.get(name) or (self.ops.get(name) if name in self.scopes else None)
        return op is not None and op.type == 'NoOp'


# ---- the scene ----

class Scene:
    """What is seen with the nodes of `opened` open; `moved` has +1 for what stays in the main graph, -1 for what leaves it."""

    def __init__(self, model, opened, moved):
        self.m, self.opened, self.moved = model, opened | {ROOT}, moved
        self.boxes, self.place = {}, {}
        self.edges = collections.defaultdict(lambda: [0, 0])
        self.across = collections.defaultdict(lambda: [0, 0])
        self.cut = set()
        for name in model.parent:
            path = model.path(name)
            if all(p in self.opened for p in path[:-1]):
                self.boxes[name] = path[-2]
                self.place[name] = 'core'
        for e in model.edges:
            self.add_edge(e)
        self.of_scope = collections.defaultdict(list)
        for edge in self.edges:
            self.of_scope[edge[0]].append(edge)
        for scope in self.opened:
            if scope not in model.series and (scope == ROOT or scope in self.boxes):
                self.extract(scope)

    def seen(self, op):
        """The boxes that the op is in, from the outermost one in."""
        path = self.m.path(self.m.shown[op])
        n = 1
        while n < len(path) - 1 and path[n] in self.opened:
            n += 1
        return path[:n + 1]

    def add_edge(self, e):
        a, b = self.seen(e.start), self.seen(e.end)
        if a[-1] == b[-1]:
            return
        n = 1
        while a[n] == b[n]:
            n += 1
        self.edges[a[n - 1], a[n], b[n]][e.control] += 1
        for k in range(n + 1, len(a)):
            self.across['out', a[k - 1], a[k], b[n]][e.control] += 1
        for k in range(n + 1, len(b)):
            self.across['in', b[k - 1], b[k], a[n]][e.control] += 1

    # -- extraction --

    def is_data(self, edge):
        return self.edges[edge][0] > 0

    def left(self, name, scope, side):
        """The edges that are not cut, where the box is at that side: 1 its start, 2 its end, 0 either."""
        return [e for e in self.of_scope[scope]
                if e not in self.cut and (e[1] == name and side != 2 or e[2] == name and side != 1)]

    def cut_edge(self, edge):
        wishes = [self.moved.get(edge[1], 0), self.moved.get(edge[2], 0)]
        if not (1 in wishes and -1 not in wishes):
            self.cut.add(edge)

    def take_out(self, name, scope):
        for edge in self.left(name, scope, 0):
            self.cut_edge(edge)
        if not self.left(name, scope, 0):
            self.place[name] = 'aux'

    def degree(self, name, scope, side):
        edges = self.left(name, scope, side)
        return len([e for e in edges if self.is_data(e)]) or len(edges)

    def free(self, scope):
        return [n for n, s in self.boxes.items() if s == scope and self.place[n] == 'core' and self.moved.get(n, 0) == 0]

    def extract(self, scope):
        """In TensorBoard's order; every step sees what the one before left."""
        for name in [n for n, s in self.boxes.items() if s == scope and self.moved.get(n, 0) < 0]:
            self.take_out(name, scope)
        for name in self.free(scope):
            if self.m.gathers_control(name):
                self.take_out(name, scope)
        self.extract_by_degree(scope)
        self.cut_control(scope)
        for name in self.free(scope):
            self.move_alone(name, scope)

    def extract_by_degree(self, scope):
        free = self.free(scope)
        if len(free) < 15:
            return
        degrees = {side: {name: self.degree(name, scope, side) for name in free} for side in (1, 2)}
        for side, factor in ((2, 1), (1, 4)):
            ordered = sorted(degrees[side].values())
            q1, q3 = (ordered[int(len(ordered) * part + 0.5)] for part in (0.25, 0.75))
            bound = max(q3 + factor * (q3 - q1), 4)
            for name in free:
                if degrees[side][name] > bound and self.place[name] == 'core':
                    self.take_out(name, scope)

    def cut_control(self, scope):
        of = collections.defaultdict(list)
        for edge in self.of_scope[scope]:
            if edge not in self.cut and not self.is_data(edge):
                of[edge[1]].append(edge)
                of[edge[2]].append(edge)
        for edges in of.values():
            if len(edges) > 4:
                for edge in edges:
                    self.cut_edge(edge)

    def move_alone(self, name, scope):
        """What lost its last edge and has annotations on one side only stands apart (TB)."""
        mine = [e for e in self.of_scope[scope] if name in e[1:]]
        before, after = self.annotations(name)
        if mine and not self.left(name, scope, 0) and bool(before) != bool(after):
            self.place[name] = 'aux'

    def annotations(self, name):
        """Beside the box, on its two sides: (kind, name). Those of edges across the scope's border are not among them."""
        scope = self.boxes[name]
        before = {('box', e[1]) for e in self.of_scope[scope] if e in self.cut and e[2] == name}
        after = {('box', e[2]) for e in self.of_scope[scope] if e in self.cut and e[1] == name}
        if name in self.m.op_of:
            op = self.m.op_of[name].name
            before |= {('constant', self.m.shown[n]) for n in self.m.beside_in[op]}
            after |= {('summary', self.m.shown[n]) for n in self.m.beside_out[op]}
        return before, after


# ---- Leat's ----

class Shown:
    def __init__(self, path, depth, words):
        run = subprocess.run([DRIVER, path, str(depth), *words], capture_output=True)
        if run.returncode != 0:
            raise RuntimeError(run.stderr.decode(errors='replace').strip())
        self.boxes, self.edges, self.across = {}, {}, {}
        self.notes, self.more = collections.defaultdict(set), collections.Counter()
        for line in run.stdout.decode().split('\n')[:-1]:
            word, *rest = line.split('\t')
            if any(part.startswith(FUNCTIONS) for part in rest):
                continue
            if word == 'box':
                self.boxes[rest[0]] = (rest[1], rest[2], rest[3], int(rest[4]))
            elif word == 'edge':
                self.edges[tuple(rest[:3])] = (int(rest[3]), int(rest[4]), rest[5])
            elif word in ('in', 'out'):
                self.across[(word, *rest[:3])] = (int(rest[3]), int(rest[4]))
            elif word == 'note':
                self.notes[rest[0], rest[1]].add((rest[2], rest[3]))
            elif word == 'more':
                self.more[rest[0], rest[1]] = int(rest[2])


def differences(scene, shown):
    m = scene.m

    def kind(name):
        if name in m.op_of:
            return 'op'
        if name in m.series:
            return 'open-series' if name in scene.opened else 'series'
        return 'open' if name in scene.opened else 'scope'

    def compare(what, want, got):
        for key in sorted(set(want) | set(got)):
            if want.get(key) != got.get(key):
                yield '%s %s: the reference has %s, Leat %s' % (what, key, want.get(key), got.get(key))

    yield from compare('box', {n: (s, kind(n), scene.place[n], m.ops_below(n)) for n, s in scene.boxes.items()}, shown.boxes)
    yield from compare('edge', {e: (*c, 'cut' if e in scene.cut else 'drawn') for e, c in scene.edges.items()}, shown.edges)
    yield from compare('across', {k: tuple(c) for k, c in scene.across.items()}, shown.across)
    across = {(k[0], k[2]) for k in scene.across}
    for name in scene.boxes:
        for side, want in zip(('in', 'out'), scene.annotations(name)):
            got, more = shown.notes[name, side], shown.more[name, side]
            # an edge across the border may be one more annotation
            own = {note for note in got if note[0] != 'box' or scene.boxes.get(note[1]) == scene.boxes[name]}
            if not own <= want:
                yield 'beside %s (%s): Leat has also %s' % (name, side, sorted(own - want))
            if more == 0 and own != want:
                yield 'beside %s (%s): Leat lacks %s' % (name, side, sorted(want - own))
            if (side, name) not in across and len(got) + more != len(want):
                yield 'beside %s (%s): Leat has %d and %d more of %d' % (name, side, len(got), more, len(want))


# ---- graphs ----

def random_graph(seed):
    """Scopes, numbered names with gaps, constants and summaries in chains, hubs and many control edges."""
    dice = random.Random(seed)
    scopes = ['', 'a/', 'b/', 'a/b/', 'a/b/c/', 'out/', 'train/'][:dice.randrange(1, 8)]
    types = ['MatMul', 'Add', 'Relu', 'Const', 'Const', 'ScalarSummary', 'HistogramSummary', 'MergeSummary', 'NoOp', 'Assign',
             'V2Summary', 'Identity']
    names, hubs, data = [], [], b''
    for i in range(dice.randrange(5, 150)):
        kind = dice.choice(types[:3]) if dice.random() < 0.5 else dice.choice(types)
        stem = dice.choice(['MatMul', 'x', 'layer', 'b', 'conv2d', 'a', 'c'])
        leaf = dice.choice([stem, '%s_%d' % (stem, dice.randrange(9)), '%s%d' % (stem, dice.randrange(9)), 'n%d_' % i])
        if dice.random() < 0.4:
            kind = {'MatMul': 'MatMul', 'x': 'Relu', 'layer': 'Add'}.get(stem, kind)
        name = dice.choice(scopes) + leaf
        if name in names:
            continue
        inputs = []
        for _ in range(dice.choice([0, 1, 1, 2, 2, 3, 9])):
            pool = hubs if hubs and dice.random() < 0.3 else names
            if pool:
                other = dice.choice(pool)
                inputs.append(dice.choice([other] * 4 + [other + ':1', '^' + other, '^' + other]))
                if dice.random() < 0.1:
                    inputs.append(inputs[-1])
        inputs.sort(key=lambda text: text.startswith('^'))
        if dice.random() < 0.06:
            hubs.append(name)
        names.append(name)
        data += put(1, put(1, name) + put(2, kind) + b''.join(put(3, text) for text in inputs))
    return data


def networks():
    """GraphDefs that TensorFlow makes, by name; none where it is not installed."""
    try:
        for name, value in (('TF_CPP_MIN_LOG_LEVEL', '3'), ('CUDA_VISIBLE_DEVICES', ''), ('TF_ENABLE_ONEDNN_OPTS', '0')):
            os.environ.setdefault(name, value)
        import tensorflow.compat.v1 as tf
    except ImportError:
        print('(TensorFlow is not installed: no networks of its making)')
        return
    tf.disable_eager_execution()
    tf.logging.set_verbosity(tf.logging.ERROR)

    def layered(x):
        for i in range(8):
            w = tf.get_variable('w%d' % i, [8, 8])
            x = tf.nn.relu(tf.matmul(x, w) + tf.get_variable('b%d' % i, [8]))
            tf.summary.histogram('activations', x)
        return x

    def scoped(x):
        for i in range(6):
            with tf.variable_scope('layer_%d' % i):
                x = tf.nn.dropout(tf.nn.relu(tf.matmul(x, tf.get_variable('w', [8, 8]))), 0.5)
        return x

    def towers(x):
        parts = []
        for i in range(5):
            with tf.name_scope('tower_%d' % i), tf.variable_scope('model', reuse=tf.AUTO_REUSE):
                parts.append(tf.matmul(x, tf.get_variable('w', [8, 8])))
        return tf.add_n(parts)

    def steps(x):
        cell = tf.get_variable('cell', [8, 8])
        for _ in range(12):
            x = tf.tanh(tf.matmul(x, cell))
        return x

    def loop(x):
        w = tf.get_variable('w', [8, 8])
        return tf.while_loop(lambda i, h: i < 5, lambda i, h: (i + 1, tf.tanh(tf.matmul(h, w))), [tf.constant(0), x])[1]

    def branches(x):
        w = tf.get_variable('w', [8, 8])
        return tf.cond(tf.reduce_sum(x) > 0, lambda: tf.matmul(x, w), lambda: x * 2)

    for make in (layered, scoped, towers, steps, loop, branches):
        for functions in ([False, True] if make in (loop, branches) else [False]):
            (tf.enable_control_flow_v2 if functions else tf.disable_control_flow_v2)()
            with tf.Graph().as_default() as graph:
                y = make(tf.placeholder(tf.float32, [None, 8], name='x'))
                with tf.name_scope('loss'):
                    loss = tf.reduce_mean(tf.square(y), name='mse')
                tf.summary.scalar('loss', loss)
                with tf.name_scope('train'):
                    tf.train.AdamOptimizer().minimize(loss)
                tf.global_variables_initializer()
                tf.train.Saver()
                tf.summary.merge_all()
                yield make.__name__ + ('_v2' if functions else ''), graph.as_graph_def(add_shapes=True).SerializeToString()


# ---- the whole ----

def choices(model, dice):
    """(depth, opened by name, moved): as collapsed as it gets, deeper, and some of everything."""
    for depth in (1, 2, 3, ALL):
        yield depth, [], {}
    can_open = sorted(model.scopes | model.series)
    boxes = sorted(model.parent)
    for _ in range(4):
        opened = dice.sample(can_open, min(len(can_open), dice.randrange(1, 4)))
        moved = {name: dice.choice([1, -1]) for name in dice.sample(boxes, min(len(boxes), dice.randrange(0, 4)))}
        yield 1, opened, moved


def compare_graph(what, graph_def, path):
    """Compares one graph, which lies in `path`, in several states; returns how many were, and how many differed."""
    with open(path, 'wb') as f:
        f.write(graph_def)
    model, done, failed = Model(ops_of(graph_def)), 0, 0
    for depth, names, moved in choices(model, random.Random(what)):
        opened = {n for n in model.scopes if n.count('/') + 1 < depth}
        for name in names:
            opened |= set(model.path(name))
        words = ['expand=' + n for n in names] + [('main=' if to > 0 else 'aux=') + n for n, to in moved.items()]
        try:
            found = list(differences(Scene(model, opened, moved), Shown(path, depth, words)))
        except RuntimeError as error:
            found = [str(error)]
        done += 1
        failed += bool(found)
        for line in found[:6]:
            print('FAILED %s, depth %d %s: %s' % (what, depth, ' '.join(words), line))
    return done, failed


def graphs(arguments):
    count, files = 60, arguments
    if arguments[:1] == ['--random']:
        count, files = int(arguments[1]), arguments[2:]
    if not files:
        fixtures = os.path.join(SOURCE, '..', 'shared', 'fixtures', 'cases', '*')
        files = sorted(sum((glob.glob(os.path.join(fixtures, f)) for f in
                            ('graph.pb', '*.meta', 'saved_model/saved_model.pb')), []))
        if not files:
            print('(no fixtures beside the sources)')
        for seed in range(count):
            yield 'random %d' % seed, random_graph(seed)
        yield from networks()
    for path in files:
        yield path, graph_def_of(path)


def main():
    if not os.path.exists(DRIVER):
        print('scene-driver is not built (no diagrams): skipped')
        sys.exit(77)
    total = done = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for what, graph_def in graphs(sys.argv[1:]):
            a, b = compare_graph(what, graph_def, os.path.join(folder, 'graph.pb'))
            total, done, failed = total + 1, done + a, failed + b
    print('%d graphs in %d states, %d differ' % (total, done, failed))
    sys.exit(failed != 0)


main()
