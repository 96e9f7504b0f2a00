"""The models of run-tensorflow.py: each function builds one and says what is fed, run and fetched."""
import os

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.ops import lookup_ops

class Case:
    """What a model's function fills in."""

    def __init__(self, folder):
        self.folder = folder
        self.feeds, self.fetches, self.targets, self.steps = {}, [], [], 0
        self.init = self.restore = self.saver = None
        self.meta = False
        self.rtol, self.atol, self.variables = 1e-4, 1e-5, True
        self.older = {}  # op types that Leat gets under these older names
        self.prepare = None  # run in a session before the case is, to leave a checkpoint

    def feed(self, tensor, value):
        self.feeds[tensor.name] = np.asarray(value, dtype=None if tensor.dtype == tf.string else tensor.dtype.as_numpy_dtype)

    def feed_flags(self):
        """The feeds as files, and what gives them to leat."""
        flags = []
        for i, (name, v) in enumerate(self.feeds.items()):
            path = os.path.join(self.folder, "feed%d.npy" % i)
            np.save(path, v.astype("S") if v.dtype == object else v)
            flags += ["--feed", "%s=%s" % (name, path)]
        return flags

    def target_flags(self):
        return [flag for t in self.targets for flag in ("--target", t)]

    def fetch(self, *tensors):
        self.fetches += [t if isinstance(t, str) else t.name for t in tensors]


MODELS = {}


def model(f):
    MODELS[f.__name__] = f
    return f


def data(*shape, seed=0, scale=1.0):
    return (np.random.RandomState(seed).randn(*shape) * scale).astype(np.float32)


def labels(n, classes, seed=0):
    return np.random.RandomState(seed).randint(0, classes, size=n)


def weights(name, shape, seed, use_resource=None):
    start = tf.random_normal_initializer(stddev=0.3, seed=seed)
    return tf.get_variable(name, shape, initializer=start, use_resource=use_resource)


def dense(x, name, units, seed, activation=None, use_resource=None):
    with tf.variable_scope(name):
        w = weights("kernel", [x.shape[-1], units], seed, use_resource)
        b = tf.get_variable("bias", [units], initializer=tf.zeros_initializer(), use_resource=use_resource)
        y = tf.nn.bias_add(tf.matmul(x, w), b)
        return activation(y) if activation else y


def conv(x, name, channels, seed, size=3, stride=1, padding="SAME"):
    with tf.variable_scope(name):
        return tf.nn.conv2d(x, weights("kernel", [size, size, x.shape[-1], channels], seed), [1, stride, stride, 1], padding)


def norm(x, name, training, fused=True):
    """Batch normalisation with moving averages, as tf.layers builds it."""
    with tf.variable_scope(name):
        c = [x.shape[-1]]
        gamma = tf.get_variable("gamma", c, initializer=tf.ones_initializer())
        beta = tf.get_variable("beta", c, initializer=tf.zeros_initializer())
        mean = tf.get_variable("moving_mean", c, initializer=tf.zeros_initializer(), trainable=False)
        var = tf.get_variable("moving_variance", c, initializer=tf.ones_initializer(), trainable=False)

        def train():
            if fused:
                return tf.nn.fused_batch_norm(x, gamma, beta, epsilon=1e-3)
            m, v = tf.nn.moments(x, [0])
            return tf.nn.batch_normalization(x, m, v, beta, gamma, 1e-3), m, v

        def test():
            if fused:
                return tf.nn.fused_batch_norm(x, gamma, beta, mean=mean, variance=var, epsilon=1e-3, is_training=False)[0:3]
            return tf.nn.batch_normalization(x, mean, var, beta, gamma, 1e-3), tf.identity(mean), tf.identity(var)

        y, m, v = train() if training is True else tf.cond(training, train, test)
        for moving, now in ((mean, m), (var, v)):
            rate = 0.1 if training is True else tf.where(training, 0.1, 0.0)
            tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, tf.assign_sub(moving, (moving - now) * rate).op)
        return y


def classify(c, logits, y, optimizer, steps, updates=True):
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits), name="loss")
    total = loss + tf.add_n(tf.get_collection("reg")) if tf.get_collection("reg") else loss
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS) if updates else []):
        train = optimizer.minimize(total, name="train")
    c.targets, c.steps = [train.name], steps
    c.fetch(loss, tf.reduce_mean(tf.cast(tf.nn.in_top_k(logits, y, 1), tf.float32)))


@model
def conv_net(c):
    x, y = tf.placeholder(tf.float32, [None, 10, 10, 1], "X"), tf.placeholder(tf.int32, [None], "y")
    c.feed(x, data(12, 10, 10, 1)), c.feed(y, labels(12, 4))
    h = tf.nn.relu(norm(conv(x, "c1", 8, 1), "bn1", True))
    h = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    h = tf.nn.elu(norm(conv(h, "c2", 6, 2, stride=2), "bn2", True))
    h = tf.nn.dropout(tf.reshape(h, [-1, 3 * 3 * 6]), rate=0.4, seed=7)
    classify(c, dense(h, "out", 4, 3), y, tf.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True), 5)
    c.rtol, c.atol = 1e-3, 1e-4


@model
def denoising_autoencoder(c):
    x = tf.placeholder(tf.float32, [None, 12], "X")
    c.feed(x, data(20, 12))
    noisy = x + tf.random_normal(tf.shape(x), stddev=0.5, seed=3)
    code = dense(noisy, "encode", 5, 1, tf.nn.elu)
    out = dense(code, "decode", 12, 2)
    rho = tf.reduce_mean(tf.sigmoid(code), axis=0)
    kl = 0.1 * tf.log(0.1 / rho) + 0.9 * tf.log(0.9 / (1 - rho))
    loss = tf.reduce_mean(tf.square(out - x)) + 0.2 * tf.reduce_sum(kl)
    c.targets, c.steps = [tf.train.AdamOptimizer(0.01).minimize(loss, name="train").name], 10
    c.fetch(code, loss)
    c.rtol = 1e-3


def word_vectors(c, loss_of, sampler):
    words, context = tf.placeholder(tf.int32, [None], "words"), tf.placeholder(tf.int64, [None, 1], "context")
    c.feed(words, labels(16, 30)), c.feed(context, labels((16, 1), 30, 1))
    table = tf.get_variable("embeddings", [30, 8], initializer=tf.random_uniform_initializer(-1, 1, seed=1))
    v = tf.nn.embedding_lookup(table, words)
    w, b = weights("w", [30, 8], 2), tf.get_variable("b", [30], initializer=tf.zeros_initializer())
    sampled = sampler(context)
    loss = tf.reduce_mean(loss_of(weights=w, biases=b, labels=context, inputs=v, num_sampled=6, num_classes=30, sampled_values=sampled))
    c.targets, c.steps = [tf.train.AdagradOptimizer(0.5).minimize(loss, name="train").name], 6
    normed = table / tf.sqrt(tf.reduce_sum(tf.square(table), 1, keepdims=True))
    c.fetch(loss, tf.nn.top_k(tf.matmul(normed, normed, transpose_b=True), 3)[1])
    c.rtol = 1e-3


@model
def word2vec_nce(c):
    word_vectors(c, tf.nn.nce_loss, lambda t: tf.nn.log_uniform_candidate_sampler(t, 1, 6, True, 30, seed=5))


@model
def sampled_softmax(c):
    word_vectors(c, tf.nn.sampled_softmax_loss, lambda t: tf.nn.uniform_candidate_sampler(t, 1, 6, True, 30, seed=5))


@model
def unigram_samples(c):
    word_vectors(c, tf.nn.sampled_softmax_loss, lambda t: tf.nn.fixed_unigram_candidate_sampler(
        t, 1, 6, True, 30, unigrams=[float(i + 1) for i in range(30)], distortion=0.75, seed=5))  # fmt: skip


def conditional_norm(c, training):
    x, y = tf.placeholder(tf.float32, [None, 9], "X"), tf.placeholder(tf.int32, [None], "y")
    flag = tf.placeholder_with_default(False, [], "training")
    c.feed(x, data(15, 9)), c.feed(y, labels(15, 3)), c.feed(flag, training)
    h = tf.nn.relu(norm(dense(x, "h1", 12, 1), "bn1", flag, fused=False))
    h = tf.cond(flag, lambda: tf.nn.dropout(h, rate=0.3, seed=4), lambda: h)
    classify(c, dense(h, "out", 3, 2), y, tf.train.MomentumOptimizer(0.1, 0.9), 6)  # Adam blows the bias's noise up to steps
    c.rtol = 1e-3


@model
def norm_by_cond_training(c):
    conditional_norm(c, True)


@model
def norm_by_cond_testing(c):
    conditional_norm(c, False)


@model
def residual_block(c):
    x, y = tf.placeholder(tf.float32, [None, 8, 8, 3], "X"), tf.placeholder(tf.int32, [None], "y")
    c.feed(x, data(6, 8, 8, 3)), c.feed(y, labels(6, 3))
    h = conv(x, "stem", 8, 1)
    for i in range(2):
        with tf.variable_scope("block%d" % i):
            r = tf.nn.relu(norm(conv(h, "a", 8, 2 + i), "na", True))
            h = tf.nn.relu(h + norm(conv(r, "b", 8, 5 + i), "nb", True))
    h = tf.nn.avg_pool(h, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")
    for v in tf.trainable_variables():
        if "kernel" in v.name:
            tf.add_to_collection("reg", 1e-3 * tf.nn.l2_loss(v))
    classify(c, dense(tf.reduce_mean(h, [1, 2]), "out", 3, 9), y, tf.train.MomentumOptimizer(0.05, 0.9), 4)
    c.rtol, c.atol = 2e-3, 2e-4


@model
def alex_net_piece(c):
    x = tf.placeholder(tf.float32, [2, 13, 13, 4], "X")
    c.feed(x, data(2, 13, 13, 4))
    h = tf.nn.lrn(tf.nn.relu(conv(x, "c1", 8, 1, 5, 2, "VALID")), depth_radius=2, bias=1.0, alpha=2e-2, beta=0.75)
    h = tf.nn.max_pool(h, 3, 2, "VALID")
    halves = [conv(part, "g%d" % i, 3, 2 + i) for i, part in enumerate(tf.split(h, 2, axis=3))]
    out = tf.concat(halves, 3)
    depth = tf.nn.depthwise_conv2d(x, weights("dw", [3, 3, 4, 2], 6), [1, 1, 1, 1], "SAME")
    separable = tf.nn.separable_conv2d(x, weights("dw2", [3, 3, 4, 1], 7), weights("pw", [1, 1, 4, 5], 8), [1, 2, 2, 1], "VALID")
    wider = tf.nn.conv2d_transpose(out, weights("up", [3, 3, 2, 6], 9), [2, 4, 4, 2], [1, 2, 2, 1])
    atrous = tf.nn.atrous_conv2d(x, weights("at", [3, 3, 4, 2], 10), 2, "SAME")
    total = sum(tf.reduce_mean(tf.square(t)) for t in (out, depth, separable, wider, atrous))
    c.fetch(out, depth, separable, wider, atrous, *tf.gradients(total, tf.trainable_variables()))


@model
def images(c):
    x = tf.placeholder(tf.uint8, [None, None, None, 3], "X")
    c.feed(x, np.random.RandomState(2).randint(0, 256, size=(2, 9, 7, 3)))
    f = tf.cast(x, tf.float32) / 255.0
    for way in (tf.image.resize_bilinear, tf.image.resize_bicubic, tf.image.resize_area, tf.image.resize_nearest_neighbor):
        c.fetch(way(f, [5, 11]), way(f, [13, 4]))
    c.fetch(tf.image.resize_bilinear(f, [4, 4], align_corners=True), tf.image.resize_bilinear(f, [4, 6], half_pixel_centers=True))
    c.fetch(tf.reverse(f, [2]), tf.image.flip_left_right(f[0]), tf.image.crop_to_bounding_box(f, 1, 2, 4, 4), tf.image.central_crop(f[0], 0.5))
    c.fetch(tf.image.pad_to_bounding_box(f, 1, 1, 12, 12), tf.image.adjust_brightness(f, 0.2))
    c.fetch(tf.image.rgb_to_grayscale(f), tf.image.per_image_standardization(f[0]), tf.image.transpose(f[0]))
    boxes = tf.constant([[0.1, 0.1, 0.8, 0.9], [0.0, 0.3, 1.0, 0.6]], tf.float32)
    c.fetch(tf.image.crop_and_resize(f, boxes, [0, 1], [3, 5]), tf.image.convert_image_dtype(f, tf.uint8))
    c.fetch(tf.image.total_variation(f), tf.image.image_gradients(f)[0])


@model
def linear_algebra(c):
    a, b = tf.placeholder(tf.float64, [3, 4, 4], "A"), tf.placeholder(tf.float64, [3, 4, 2], "B")
    v = np.random.RandomState(3).randn(3, 4, 4)
    c.feed(a, v + 4 * np.eye(4)), c.feed(b, np.random.RandomState(4).randn(3, 4, 2))
    spd = tf.matmul(a, a, transpose_b=True)
    outs = [tf.linalg.inv(a), tf.linalg.det(a), tf.linalg.slogdet(a)[1], tf.linalg.cholesky(spd), tf.linalg.solve(a, b),
            tf.linalg.triangular_solve(a, b), tf.linalg.cholesky_solve(tf.linalg.cholesky(spd), b), tf.linalg.logdet(spd),
            tf.linalg.eigvalsh(spd), tf.linalg.svd(a, compute_uv=False), tf.linalg.lstsq(a, b, l2_regularizer=0.1), tf.linalg.trace(a),
            tf.linalg.diag_part(a), tf.linalg.band_part(a, 1, 0), tf.norm(a, axis=[1, 2]), tf.abs(tf.linalg.qr(a)[1]), tf.linalg.adjoint(a),
            tf.einsum("bij,bjk->bik", a, b), tf.tensordot(a, b, [[2], [1]])]  # fmt: skip
    c.fetch(*outs)
    for o in outs[:10]:
        c.fetch(*[d for d in tf.gradients(o, [a, b]) if d is not None])
    c.rtol, c.atol = 1e-9, 1e-9


def sliced_embeddings(c, optimizer, resource):
    ids, y = tf.placeholder(tf.int32, [None, 3], "ids"), tf.placeholder(tf.int32, [None], "y")
    c.feed(ids, labels((10, 3), 23)), c.feed(y, labels(10, 4))
    cut = tf.fixed_size_partitioner(3)
    table = tf.get_variable("table", [23, 6], initializer=tf.random_normal_initializer(seed=1), partitioner=cut, use_resource=resource)
    bag = tf.reduce_mean(tf.nn.embedding_lookup(table, ids, partition_strategy="div"), 1)
    classify(c, dense(bag, "out", 4, 2, use_resource=resource), y, optimizer, 5)
    c.rtol = 1e-3


for _name, _make in {"adam": lambda: tf.train.AdamOptimizer(0.05), "ftrl": lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
                     "rmsprop": lambda: tf.train.RMSPropOptimizer(0.02, momentum=0.3), "adagrad": lambda: tf.train.AdagradOptimizer(0.2),
                     "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9), "adadelta": lambda: tf.train.AdadeltaOptimizer(1.0),
                     "proximal": lambda: tf.train.ProximalAdagradOptimizer(0.1, l1_regularization_strength=0.01),
                     "centered": lambda: tf.train.RMSPropOptimizer(0.02, centered=True)}.items():  # fmt: skip
    for _resource in (False, True):
        MODELS["embeddings_%s_%s" % (_name, "resource" if _resource else "ref")] = (
            lambda c, make=_make, resource=_resource: sliced_embeddings(c, make(), resource))  # fmt: skip


@model
def embedding_lookup_sparse(c):
    table = weights("table", [20, 4], 1)
    ids = tf.SparseTensor(tf.constant([[0, 0], [0, 1], [1, 0], [2, 0], [2, 1], [2, 2]], tf.int64), tf.constant([3, 5, 3, 19, 0, 7], tf.int64), [3, 3])
    for how in ("sum", "mean", "sqrtn"):
        v = tf.nn.embedding_lookup_sparse(table, ids, None, combiner=how)
        c.fetch(v, tf.convert_to_tensor(tf.gradients(tf.reduce_sum(v * v), table)[0]))


@model
def decays(c):
    step = tf.train.get_or_create_global_step()
    t = tf.train
    for rate in (t.exponential_decay(0.1, step, 4, 0.7), t.exponential_decay(0.1, step, 4, 0.7, staircase=True),
                 t.piecewise_constant(step, [2, 6], [0.1, 0.05, 0.01]), t.polynomial_decay(0.1, step, 10, 0.001, power=2.0),
                 t.polynomial_decay(0.1, step, 4, 0.001, cycle=True), t.natural_exp_decay(0.1, step, 5, 0.3),
                 t.inverse_time_decay(0.1, step, 5, 0.3), t.cosine_decay(0.1, step, 20), t.cosine_decay_restarts(0.1, step, 4),
                 t.linear_cosine_decay(0.1, step, 20), t.noisy_linear_cosine_decay(0.1, step, 20, initial_variance=0.0)):  # fmt: skip
        c.fetch(rate)
    c.targets, c.steps = [tf.assign_add(step, 1).op.name], 7


@model
def averages_and_metrics(c):
    x, y = tf.placeholder(tf.float32, [None, 4], "X"), tf.placeholder(tf.int64, [None], "y")
    c.feed(x, data(11, 4)), c.feed(y, labels(11, 3))
    logits = dense(x, "d", 3, 1)
    loss = tf.losses.sparse_softmax_cross_entropy(y, logits)
    step = tf.train.get_or_create_global_step()
    ema = tf.train.ExponentialMovingAverage(0.9, step)
    opt = tf.train.GradientDescentOptimizer(0.3)
    grads, variables = zip(*opt.compute_gradients(loss))
    clipped, size = tf.clip_by_global_norm(grads, 0.5)
    with tf.control_dependencies([opt.apply_gradients(zip(clipped, variables), step)]):
        train = tf.group(ema.apply(tf.trainable_variables()), name="train_and_average")
    updates = [tf.metrics.accuracy(y, tf.argmax(logits, 1))[1], tf.metrics.mean(loss)[1], tf.metrics.precision(tf.equal(y, 1), logits[:, 1] > 0)[1],
               tf.metrics.recall(tf.equal(y, 1), logits[:, 1] > 0)[1], tf.metrics.mean_squared_error(logits, logits * 1.1)[1]]  # fmt: skip
    c.targets, c.steps = [train.name] + [u.op.name for u in updates], 5
    c.fetch(loss, size, ema.average(tf.trainable_variables()[0]).read_value())
    for v in tf.local_variables():
        c.fetch(v.read_value())
    c.variables = False


@model
def words_and_summaries(c):
    x = tf.placeholder(tf.float32, [None, 4], "X")  # whose sums are exact: summaries are compared byte by byte
    names = tf.placeholder(tf.string, [None], "names")
    c.feed(x, np.round(data(8, 4) * 8) / 8), c.feed(names, np.array([b"weights/a", b"bias", b"x y z"], dtype=object))
    tf.summary.scalar("mean", tf.reduce_mean(x)), tf.summary.histogram("values", x)
    with tf.name_scope("scope"):
        tf.summary.scalar("max", tf.reduce_max(x))
    c.fetch(tf.summary.merge_all())
    c.fetch(tf.strings.join([names, names], "|"), tf.strings.length(names), tf.strings.upper(names), tf.strings.substr(names, 1, 3))
    c.fetch(tf.strings.regex_replace(names, "[aeiou]", "*"), tf.strings.reduce_join(names, 0, separator=","), tf.as_string(x, precision=2))
    c.fetch(tf.strings.to_number(tf.constant([b"1.5", b"-2e3"])), tf.string_split(names, " ").values, tf.equal(names, "bias"))


@model
def frozen_old_style(c):
    """Ops and defaults as TensorFlow 1.0 wrote them, variables frozen into constants."""
    with tf.Graph().as_default() as g, tf.Session() as s:
        x = tf.placeholder(tf.float32, [None, 4], "X")
        h = tf.raw_ops.Add(x=tf.matmul(x, weights("w", [4, 5], 1)), y=weights("b", [5], 2))
        parts = tf.raw_ops.Split(axis=1, value=tf.nn.relu6(h), num_split=5)
        out = tf.raw_ops.Concat(concat_dim=1, values=[tf.raw_ops.Sub(x=p, y=tf.raw_ops.Div(x=p, y=2.0)) for p in parts])
        tf.identity(out, "out")
        tf.raw_ops.BatchMatMul(x=tf.expand_dims(out, 0), y=tf.expand_dims(out, 0), adj_y=True, name="batch")
        tf.raw_ops.InTopK(predictions=out, targets=[0, 1, 2, 3, 4, 0], k=2, name="top")
        s.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(s, g.as_graph_def(), ["out", "batch", "top"])
    for n in frozen.node:
        for key in ("_class", "grad_x", "grad_y", "grad_a", "grad_b"):
            n.attr.pop(key, None)
    frozen.versions.producer = 21
    tf.import_graph_def(frozen, name="")
    c.feed(tf.get_default_graph().get_tensor_by_name("X:0"), data(6, 4))
    c.fetch("out:0", "batch:0", "top:0")


@model
def saver_with_other_keys(c):
    """A meta graph whose checkpoint has other names; one variable keeps what init gave; a tensor in the middle is fed."""
    x = tf.placeholder(tf.float32, [None, 4], "X")
    c.feed(x, data(6, 4))
    h = dense(x, "h", 5, 1, tf.tanh)
    out = dense(h, "out", 2, 2, use_resource=True)
    other = tf.get_variable("other", initializer=tf.constant([1.0, 2.0]))
    by_name = {v.op.name: v for v in tf.global_variables()}
    c.saver = tf.train.Saver({"old/w": by_name["h/kernel"], "old/b": by_name["h/bias"], "top": by_name["out/kernel"], "zero": by_name["out/bias"]})
    c.restore = os.path.join(c.folder, "model.ckpt")
    start = tf.global_variables_initializer()
    change = [tf.assign_add(v, tf.ones_like(v) * 0.5) for v in tf.global_variables()]

    def prepare(s):
        s.run(start)
        s.run(change)
        c.saver.save(s, c.restore, write_meta_graph=False)

    c.prepare, c.init, c.meta = prepare, start.name, True
    middle, a, b = tf.unstack(tf.stack([h[:, 0], h[:, 1], h[:, 2]], name="middle"))
    c.feed(tf.get_default_graph().get_tensor_by_name("middle:0"), data(3, 7, seed=9))
    c.fetch(out, middle, a, b, x)  # a placeholder, too


@model
def restore_by_name(c):
    x = tf.placeholder(tf.float32, [None, 4], "X")
    c.feed(x, data(6, 4))
    out = dense(dense(x, "h", 5, 1, tf.tanh), "out", 2, 2, use_resource=True)
    fresh = tf.get_variable("fresh", initializer=tf.constant(3.0))
    saved = [v for v in tf.global_variables() if v is not fresh]
    c.saver, c.restore = tf.train.Saver(saved), os.path.join(c.folder, "model.ckpt")
    start = tf.global_variables_initializer()
    change = [tf.assign_add(v, tf.ones_like(v) * 0.25) for v in tf.global_variables()]

    def prepare(s):
        s.run(start)
        s.run(change)
        c.saver.save(s, c.restore, write_meta_graph=False)

    c.prepare, c.init = prepare, start.name
    c.targets, c.steps = [tf.assign_add(fresh, tf.reduce_sum(out)).op.name], 3
    c.fetch(out)


@model
def losses_and_activations(c):
    x, y = tf.placeholder(tf.float32, [None, 5], "X"), tf.placeholder(tf.float32, [None, 5], "Y")
    c.feed(x, data(7, 5)), c.feed(y, np.abs(data(7, 5, seed=1)) / 4)
    outs = [tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x), tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.nn.softmax(y), logits=x),
            tf.nn.weighted_cross_entropy_with_logits(targets=y, logits=x, pos_weight=2.0), tf.losses.huber_loss(y, x), tf.losses.hinge_loss(tf.round(y), x),
            tf.losses.log_loss(tf.clip_by_value(y, 0.1, 0.9), tf.sigmoid(x)), tf.losses.mean_squared_error(y, x), tf.losses.absolute_difference(y, x),
            tf.losses.cosine_distance(tf.nn.l2_normalize(x, 1), tf.nn.l2_normalize(y, 1), 1), tf.nn.log_poisson_loss(y, x), tf.nn.crelu(x),
            tf.nn.selu(x), tf.nn.leaky_relu(x), tf.nn.softsign(x), tf.nn.swish(x), tf.nn.relu_layer(x, tf.ones([5, 2]), tf.ones([2])),
            tf.reduce_logsumexp(x, 1), tf.nn.log_softmax(x), tf.nn.moments(x, [0])[1], tf.nn.normalize_moments(3.0, x, y, None)[0],
            tf.nn.zero_fraction(tf.nn.relu(x)), tf.math.cumsum(x, 1, reverse=True), tf.sequence_mask([1, 3], 4), tf.clip_by_norm(x, 1.0, [1]),
            tf.math.erf(x), tf.math.lbeta(y + 0.5), tf.math.confusion_matrix([1, 2, 0], [1, 1, 0]), tf.boolean_mask(x, x[:, 0] > 0),
            tf.space_to_batch(tf.reshape(x[:4, :4], [1, 4, 4, 1]), [[0, 0], [0, 0]], 2), tf.unique_with_counts(tf.cast(y * 5, tf.int32)[:, 0])[2],
            tf.scatter_nd([[1], [3]], x[:2], [5, 5]), tf.meshgrid(x[0], x[1])[0], tf.where(x > 0), tf.where_v2(x > 0, x, y), tf.searchsorted([1.0, 3.0], [2.0]),
            tf.gather(x, [2, 0], axis=1), tf.batch_gather(x, tf.constant([[1]] * 7)), tf.histogram_fixed_width(x, [-1.0, 1.0], 5), tf.math.bincount([1, 1, 3])]  # fmt: skip
    c.fetch(*outs)
    floats = [tf.reduce_sum(o * o) for o in outs if o.dtype == tf.float32]
    c.fetch(*[d for d in tf.gradients(floats, [x, y]) if d is not None])


@model
def records_and_words(c):
    lines = tf.placeholder(tf.string, [None], "lines")
    c.feed(lines, np.array([b'1,2.5,"a, b",x', b"-4,,word,y", b'7,1e3,"say ""hi""",']))
    number, real, text, last = tf.decode_csv(lines, [[0], [0.5], [""], ["none"]])
    tokens = tf.string_split(tf.strings.lower(text), " ,")
    c.fetch(number, real, text, last, tf.sparse.to_dense(tokens, default_value="-"))
    c.fetch(tf.string_to_hash_bucket_fast(text, 1000), tf.string_to_hash_bucket_strong(text, 1000, [3, 5]), tf.string_to_hash_bucket(text, 1000))
    c.fetch(tf.strings.format("numbers {} and {}", [number, real]), tf.strings.regex_replace(text, "[aeiou]", "_"))


@model
def sparse_features(c):
    ids = tf.placeholder(tf.int64, [None], "ids")
    c.feed(ids, [1, 3, -1, 9, 3])
    rows = tf.SparseTensor([[0, 0], [0, 1], [2, 0], [3, 0], [3, 2]], ids, [5, 3])
    table = weights("table", [10, 4], 1)
    mean = tf.nn.safe_embedding_lookup_sparse(table, rows, combiner="mean")
    wide = tf.SparseTensor(rows.indices, tf.constant([1.0, 0.5, 2.0, -1.0, 3.0]), rows.dense_shape)
    out = mean + tf.sparse_tensor_dense_matmul(wide, weights("wide", [3, 4], 2))
    loss = tf.reduce_mean(tf.square(out)) + tf.sparse_reduce_sum(tf.sparse.softmax(wide)) * 0.01
    c.targets, c.steps = [tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01).minimize(loss).name], 4
    both = tf.sparse_add(wide, tf.sparse_reorder(tf.SparseTensor([[4, 1], [0, 1]], [1.0, -0.5], [5, 3])))
    c.fetch(out, loss, both.indices, both.values, tf.sparse.to_dense(tf.sparse_reshape(wide, [3, 5])))
    c.rtol = 1e-3


@model
def augmented_images(c):
    x = tf.placeholder(tf.float32, [None, 9, 8, 3], "X")
    c.feed(x, np.random.RandomState(0).rand(2, 9, 8, 3).astype(np.float32))
    one = tf.image.random_flip_left_right(tf.image.random_brightness(x[0], 0.2, seed=1), seed=2)
    one = tf.image.random_contrast(tf.image.random_hue(tf.image.random_saturation(one, 0.5, 1.5, seed=3), 0.2, seed=4), 0.5, 1.5, seed=5)
    c.fetch(one, tf.image.rgb_to_hsv(x), tf.image.hsv_to_rgb(x), tf.image.per_image_standardization(x), tf.image.total_variation(x))
    patches = tf.image.extract_image_patches(x, [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME")
    c.fetch(patches, tf.gradients(tf.square(patches), x)[0], tf.nn.max_pool(x, [1, 1, 1, 3], [1, 1, 1, 3], "VALID"))
    corner = tf.random.stateless_uniform([12, 2], [3, 4])
    boxes = tf.concat([corner, corner + 0.4], 1)
    c.fetch(tf.image.non_max_suppression(boxes, tf.random.stateless_normal([12], [5, 6]), 6, 0.2), tf.image.sobel_edges(x))
    c.fetch(tf.quantization.fake_quant_with_min_max_args(x, -0.5, 0.7, 4), tf.image.ssim(x, x[::-1], 1.0, filter_size=5))


@model
def drawn_numbers(c):
    alpha = tf.placeholder(tf.float32, [3], "alpha")
    c.feed(alpha, [0.5, 1.0, 4.0])
    drawn = tf.random_gamma([4, 2], alpha, seed=1)
    c.fetch(drawn, tf.gradients(drawn, alpha)[0], tf.random_poisson([0.5, 7.0, 30.0], [5], seed=2))
    c.fetch(tf.random.stateless_multinomial(tf.log([[0.1, 0.2, 0.7]]), 6, [1, 2]), tf.random.stateless_truncated_normal([5], [1, 2]))
    step = tf.get_variable("step", [3], initializer=tf.zeros_initializer())
    c.targets, c.steps = [tf.assign_add(step, tf.random_gamma([], alpha, seed=3)).op.name], 3


@model
def partitioned_table(c):
    with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(3, axis=0)):
        table = tf.get_variable("table", [10, 4], initializer=tf.random_normal_initializer(seed=2))
    w = weights("w", [4, 2], 3)
    words = tf.placeholder(tf.int32, [None], "words")
    c.feed(words, [0, 9, 4, 4, 7])
    y = tf.matmul(tf.nn.embedding_lookup(table, words, partition_strategy="div"), w)
    c.targets, c.steps = [tf.train.AdagradOptimizer(0.1).minimize(tf.reduce_sum(tf.square(y))).name], 3
    c.saver, c.restore = tf.train.Saver(sharded=True), os.path.join(c.folder, "model.ckpt")
    start = tf.global_variables_initializer()

    def prepare(s):
        s.run(start)
        s.run(c.targets, {words.name: [1, 2, 8]})
        c.saver.save(s, c.restore, write_meta_graph=False)

    c.prepare, c.init, c.meta = prepare, start.name, True
    c.fetch(y, tf.convert_to_tensor(table))
    c.rtol = 1e-3


@model
def ranking_metrics(c):
    r, m = np.random.RandomState(0), tf.metrics
    classes, scores = tf.placeholder(tf.int64, [None, 1], "classes"), tf.placeholder(tf.float32, [None, 5], "scores")
    c.feed(classes, r.randint(0, 5, (6, 1))), c.feed(scores, r.rand(6, 5))
    likely = scores[:, 1]
    pairs = [m.recall_at_k(classes, scores, 2), m.precision_at_k(classes, scores, 2, class_id=1), m.average_precision_at_k(classes, scores, 3),
             m.auc(classes[:, 0] > 2, likely), m.mean_iou(classes[:, 0], tf.argmax(scores, 1), 5), m.precision_at_thresholds(classes[:, 0] > 2, likely, [0.2, 0.6])]  # fmt: skip
    c.fetch(*[value for value, _ in pairs])
    c.targets, c.steps = [tf.group(*[update.op for _, update in pairs]).name], 2
    c.init = tf.local_variables_initializer().name


@model
def vocabulary(c):
    """Words through a table to embeddings, counted in a table that changes."""
    words = tf.placeholder(tf.string, [None], "words")
    c.feed(words, np.array([b"graph", b"new", b"node", b"graph"]))
    ids = lookup_ops.index_table_from_tensor(["graph", "node", "edge"], num_oov_buckets=2).lookup(words)
    names = lookup_ops.index_to_string_table_from_tensor(["a", "b", "c"], "other").lookup(ids)
    seen = lookup_ops.MutableHashTable(tf.string, tf.int64, -1)
    c.targets, c.steps = [seen.insert(words, seen.lookup(words) + 2).name], 3
    c.fetch(tf.nn.embedding_lookup(weights("table", [5, 3], 1), ids), names, seen.lookup(words), seen.size())
    c.init = tf.group(tf.global_variables_initializer(), tf.tables_initializer(), name="init_tables").name


@model
def graph_of_2015(c):
    """One op of batches of matrices where later versions have the same for both; dtypes that Leat lacks in a part that is not run."""
    x, images = tf.placeholder(tf.float64, [2, 3, 3], "X"), tf.placeholder(tf.float32, [2, 4, 4, 3], "images")
    c.feed(x, np.random.RandomState(1).randn(2, 3, 3) + 4 * np.eye(3)), c.feed(images, data(2, 4, 4, 3))
    c.fetch(tf.linalg.inv(x), tf.linalg.det(x), tf.linalg.solve(x, x), tf.raw_ops.MatrixDiagPart(input=x))
    c.older = {name: "Batch" + name for name in ("MatrixInverse", "MatrixDeterminant", "MatrixSolve", "MatrixDiagPart")}
    old = tf.GraphDef()
    old.versions.producer = 6
    tf.import_graph_def(old)
    norm = [tf.constant(v) for v in np.abs(data(4, 3)) + 0.5]
    y = tf.raw_ops.BatchNormWithGlobalNormalization(t=images, m=norm[0], v=norm[1], beta=norm[2], gamma=norm[3], variance_epsilon=0.01, scale_after_normalization=True)
    c.fetch(y, *tf.gradients(tf.square(y), [images] + norm), tf.matmul(y[0, 0], y[1, 1], a_is_sparse=True, transpose_b=True))
    tf.dequantize(*tf.quantize_v2(images, -1.0, 1.0, tf.quint8))
