#!/usr/bin/env python3
"""TensorFlow loads every graph that Leat's examples build, and evaluates it to the same values. Skipped (77) where TensorFlow is not
installed. Each example runs with export-shim preloaded, which writes its graphs; placeholders are fed and variables are set
with the same numbers on both sides, all that does not depend on an unseeded random op is fetched, and where there is
something to train, three steps are made and the variables compared."""
import glob
import os
import shutil
import subprocess
import tempfile

import judge
from judge import BUILD, SOURCE, check, tf
import numpy as np

tf.disable_eager_execution()
LEAT = judge.built('leat')
HOUSING = os.path.join(SOURCE, '..', 'shared', 'data', 'california_housing.csv')
ON_HOUSING = {'gd_manual', 'gd_autodiff', 'gd_optimizer', 'gd_momentum', 'normal_equation', 'mini_batch', 'summaries'}
VARIABLES = {'VariableV2', 'Variable', 'VarHandleOp'}
SKIPPED_OPS = {'NoOp', 'SaveV2', 'RestoreV2', 'Placeholder', 'ShardedFilename', 'MergeV2Checkpoints', 'Assert', 'Print'}


def fail(what, why):
    check(False, '%s: %s' % (what, why))


def export_graphs(to):
    """Runs every example; what it frees is written."""
    shim = os.path.join(BUILD, '.libs', 'export-shim.so')
    if not os.path.exists(shim):
        judge.skip('there is no %s (a static build?)' % shim)
    env = dict(os.environ, LD_PRELOAD=shim, LEAT_EXPORT=to, ASAN_OPTIONS='verify_asan_link_order=0')
    examples = [os.path.basename(p)[:-2] for p in sorted(glob.glob(os.path.join(SOURCE, 'examples', '*.c')))]
    missing = []
    for name in examples:
        if name in ON_HOUSING and not os.path.exists(HOUSING):
            missing.append(name)
            continue
        arguments = [HOUSING] if name in ON_HOUSING else []
        arguments += [os.path.join(to, 'model.ckpt')] if name == 'save_restore' else []
        arguments += [os.path.join(SOURCE, 'data', 'digits-train.csv')] if name == 'watching' else []
        arguments += [os.path.join(to, 'logs')] if name in ('summaries', 'watching') else []
        p = subprocess.run([os.path.join(BUILD, 'examples', name)] + arguments, cwd=to, env=env, capture_output=True, text=True)
        if p.returncode != 0 or not glob.glob(os.path.join(to, '*%s-*.pb' % name)):
            fail(name, 'no graph was exported: ' + p.stderr)
    if missing:
        print('left out, since ../shared/data is not there: ' + ', '.join(missing))


class Graph:
    def __init__(self, path, work):
        self.path, self.work = path, work
        self.name = os.path.basename(path)
        self.definition = tf.GraphDef()
        with open(path, 'rb') as f:
            self.definition.ParseFromString(f.read())
        self.graph = tf.Graph()
        with self.graph.as_default():
            tf.import_graph_def(self.definition, name='')
        self.ops = self.graph.get_operations()
        self.random = np.random.RandomState(1)
        # A float32 inverse of an ill-conditioned matrix: TensorFlow's own is off by more than half a percent, Leat works in double.
        self.rtol = 1e-2 if any(op.type == 'MatrixInverse' for op in self.ops) else 1e-4
        self.values()

    def values(self):
        """Numbers for placeholders, and for variables: as a checkpoint, and as what is fed to their initial Assign."""
        self.feeds, self.variables = {}, {}
        for op in self.ops:
            if op.type == 'Placeholder' and not op.name.startswith('save'):
                shape = [3 if d is None else d for d in (op.outputs[0].shape.as_list() if op.outputs[0].shape.rank is not None else [])]
                self.feeds[op.outputs[0].name] = self.draw(op.outputs[0].dtype, shape)
            elif op.type in VARIABLES:
                self.variables[op.name] = self.draw(tf.as_dtype(op.get_attr('dtype')), tf.TensorShape(op.get_attr('shape')).as_list())

    def draw(self, dtype, shape):
        dtype = dtype.base_dtype.as_numpy_dtype
        if np.issubdtype(dtype, np.floating):
            return np.asarray(self.random.uniform(-0.1, 0.1, shape), dtype)
        return np.asarray(self.random.randint(0, 2, shape), dtype)

    def unseeded(self):
        """Ops whose values nobody can foretell, and what depends on them."""
        bad = set()
        for op in self.ops:
            random = 'Random' in op.type or 'TruncatedNormal' in op.type
            if (random and not (op.get_attr('seed') or op.get_attr('seed2'))) or any(i.op in bad for i in op.inputs):
                bad.add(op)
        return bad

    def writers(self):
        return [op for op in self.ops if op.type.startswith(('Apply', 'Assign', 'ResourceApply', 'Scatter'))]

    def fetches(self):
        bad, writers = self.unseeded(), set(self.writers())
        behind = set()
        for op in self.ops:
            if op in writers or any(i.op in behind for i in op.inputs):
                behind.add(op)
        return [t.name for op in self.ops if op not in bad and op not in behind and op.type not in SKIPPED_OPS
                and not op.name.startswith('save/') for t in op.outputs if t.dtype.base_dtype != tf.resource]

    def training(self):
        """Ops that nobody takes anything from, behind a writer that is no initializer."""
        consumers = {i.op for op in self.ops for i in op.inputs} | {c for op in self.ops for c in op.control_inputs}
        changing = set()
        for op in self.ops:
            initial = op.type in ('Assign', 'AssignVariableOp') and op.name.endswith('/Assign')
            if (op in self.writers() and not initial) or any(i.op in changing for i in op.inputs) or any(c in changing for c in op.control_inputs):
                changing.add(op)
        return [op.name for op in self.ops if op in changing and op not in consumers and not op.name.startswith('save')]

    def tensorflow(self, targets, fetches):
        feeds = dict(self.feeds)
        assigns = []
        for op in self.ops:
            if op.type in ('Assign', 'AssignVariableOp') and op.inputs[0].op.name in self.variables and op.name.endswith('/Assign'):
                feeds[op.inputs[1].name] = self.variables[op.inputs[0].op.name]
                assigns.append(op.name)
        with tf.Session(graph=self.graph) as session:
            if assigns:
                session.run(assigns, feeds)
            for _ in range(3 if targets else 0):
                session.run(targets, self.feeds)
            return session.run(fetches, self.feeds)

    def leat(self, targets, fetches):
        command = [LEAT, 'run', self.path, '--threads', '2']
        if self.variables:
            prefix = os.path.join(self.work, 'values')
            with tf.Graph().as_default(), tf.Session() as session:
                names = list(self.variables)
                session.run(tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[''] * len(names),
                                              tensors=[tf.constant(self.variables[n]) for n in names]))
            command += ['--restore', prefix]
        for i, (name, value) in enumerate(self.feeds.items()):
            np.save(os.path.join(self.work, 'in%d.npy' % i), value)
            command += ['--feed', '%s=%s' % (name, os.path.join(self.work, 'in%d.npy' % i))]
        for name in targets:
            command += ['--target', name]
        command += ['--steps', '3'] if targets else []
        for i, name in enumerate(fetches):
            command += ['--fetch', '%s=%s' % (name, os.path.join(self.work, 'out%d.npy' % i))]
        p = subprocess.run(command, capture_output=True, text=True)
        if p.returncode != 0:
            raise RuntimeError(p.stderr.strip())
        return [np.load(os.path.join(self.work, 'out%d.npy' % i)) for i in range(len(fetches))]

    def compare(self, targets, fetches):
        if not fetches:
            return 0
        for name, want, got in zip(fetches, self.tensorflow(targets, fetches), self.leat(targets, fetches)):
            want = np.asarray(want)
            if want.dtype == object or want.dtype.kind in 'SU':
                continue  # summaries: their bytes are another test's
            if want.shape != got.shape or not np.allclose(got, want, rtol=self.rtol, atol=self.rtol * max(1.0, float(np.max(np.abs(want), initial=0)))):
                fail(self.name, '%s is %s, not %s' % (name, got.ravel()[:4], want.ravel()[:4]))
        return len(fetches)

    def check(self):
        values = self.compare([], self.fetches())
        targets = self.training()
        if targets:
            values += self.compare(targets, [v + ':0' for v in self.variables if self.graph.get_operation_by_name(v).type != 'VarHandleOp'])
        return values


work = tempfile.mkdtemp()
try:
    export_graphs(work)
    graphs = sorted(glob.glob(os.path.join(work, '*.pb')))
    values = 0
    for path in graphs:
        try:
            values += Graph(path, work).check()
        except Exception as error:  # whatever TensorFlow says of the graph
            fail(os.path.basename(path), str(error).splitlines()[0])
    check(graphs, 'the examples wrote no graph')
finally:
    shutil.rmtree(work)
judge.finish('%d graphs, %d values compared' % (len(graphs), values))
