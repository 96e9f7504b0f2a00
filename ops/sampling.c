/* sampling.c - candidate samplers: classes drawn for losses that look at a few of many (NCE, sampled softmax), and how often each
 * was to be expected. The numbers are TensorFlow's, bit for bit, for its seeds. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include "ops/random-private.h"

typedef struct sampler {
    int64_t range;
    double log_range; /* of LogUniform */
    /* Unigram: how often each class was seen, as a binary indexed tree of range + 1; the one that each has at first not counted */
    int32_t *seen;
    int64_t total;
    /* FixedUnigram: a weight a class, and Walker's tables */
    const float *weights;
    float weight_sum;
    const float *keep;
    const int32_t *other;
    /* A class; its probability. NULL: every class, each for sure. */
    int64_t (*draw)(const struct sampler *s, leat_philox_single *random);
    float (*probability)(const struct sampler *s, int64_t value);
} sampler;

/* ---- what is common ---- */

static leat_status candidates_shape(leat_infer *c)
{
    int64_t num_true = leat_attr_int(c->op, "num_true"), num_sampled = leat_attr_int(c->op, "num_sampled");
    LEAT_TRY(leat_infer_want_rank(c, 0, 2));
    c->out[0] = c->out[2] = leat_shape_1d(num_sampled);
    c->out[1] = LEAT_SHAPE(c->in[0]->rank_plus_1 ? c->in[0]->dims[0] : -1, num_true);
    return LEAT_OK;
}

/* How often a class of probability p is expected among n draws: if it took more tries, for they had to be distinct, then as though
 * that were the number of tries always. */
static float expected_count(float p, int64_t n, int64_t tries)
{
    return tries == n ? p * (float)n : -expm1f((float)tries * log1pf(-p));
}

/* Enters a value into an open hash table of `mask` + 1 entries, -1 where free; false: it is there already. */
static bool insert(int64_t *table, uint64_t mask, int64_t value)
{
    uint64_t at = (uint64_t)value * UINT64_C(0x9E3779B97F4A7C15) >> 20 & mask;
    while (table[at] != -1 && table[at] != value)
        at = (at + 1) & mask;
    bool fresh = table[at] == -1;
    table[at] = value;
    return fresh;
}

static leat_status draw_unique(leat_kernel *k, const sampler *s, leat_philox_single *random, int64_t *out,
                               int64_t n, int64_t *tries)
{
    uint64_t size = 16;
    while (size < (uint64_t)n * 2)
        size *= 2;
    int64_t *table = leat_scratch(k, size * sizeof *table), picked = 0;
    if (table == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld distinct samples", (long long)n);
    memset(table, 0xff, size * sizeof *table);
    for (*tries = 0; picked < n; ++*tries) {
        if (*tries == INT32_MAX)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "%lld distinct samples were not found in %d tries", (long long)n,
                                    INT32_MAX);
        int64_t value = s->draw(s, random);
        if (insert(table, size - 1, value))
            out[picked++] = value;
    }
    return LEAT_OK;
}

static leat_status check_classes(const leat_kernel *k)
{
    const leat_shape *shape = &k->in[0]->shape;
    int64_t num_true = leat_attr_int(k->op, "num_true");
    if (leat_shape_rank(shape) != 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "true_classes must be a matrix");
    if (shape->dims[1] != num_true)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "true_classes must have num_true columns, expected: %lld was: %lld",
                                (long long)num_true, (long long)shape->dims[1]);
    return LEAT_OK;
}

static leat_status candidates(leat_kernel *k, const sampler *s)
{
    int64_t n = leat_attr_int(k->op, "num_sampled"), tries = n;
    bool unique = leat_attr_bool(k->op, "unique");
    if (unique && n > s->range)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Sampler's range is too small.");
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(n)));
    LEAT_TRY(leat_out_new(k, 1, &k->in[0]->shape));
    LEAT_TRY(leat_out_new(k, 2, &LEAT_SHAPE(n)));
    int64_t *out = k->out[0].data;
    leat_philox gen;
    LEAT_TRY(leat_random_reserve(k, (uint64_t)n * 512, &gen)); /* as TensorFlow does: 2048 numbers a sample */
    leat_philox_single random = leat_philox_single_of(gen);
    if (unique)
        LEAT_TRY(draw_unique(k, s, &random, out, n, &tries));
    for (int64_t i = 0; !unique && i < n; i++)
        out[i] = s->draw(s, &random);
    const int64_t *classes = k->in[0]->data;
    for (int64_t i = 0; i < k->in[0]->elements; i++)
        ((float *)k->out[1].data)[i] = expected_count(s->probability(s, classes[i]), n, tries);
    for (int64_t i = 0; i < n; i++)
        ((float *)k->out[2].data)[i] = expected_count(s->probability(s, out[i]), n, tries);
    return LEAT_OK;
}

/* ---- Uniform, LogUniform, All ---- */

static int64_t uniform_draw(const sampler *s, leat_philox_single *random)
{
    return (int64_t)leat_draw_below_64(random, (uint64_t)s->range);
}

static float uniform_probability(const sampler *s, int64_t value)
{
    (void)value;
    return (float)(1.0 / (double)s->range);
}

static leat_status uniform_kernel(leat_kernel *k)
{
    const sampler s = {
        .range = leat_attr_int(k->op, "range_max"), .draw = uniform_draw, .probability = uniform_probability};
    LEAT_TRY(check_classes(k));
    return candidates(k, &s);
}

static int64_t log_uniform_draw(const sampler *s, leat_philox_single *random)
{
    return ((int64_t)exp(leat_draw_double(random) * s->log_range) - 1) % s->range;
}

static float log_uniform_probability(const sampler *s, int64_t value)
{
    return (float)(log(((double)value + 2.0) / ((double)value + 1.0)) / s->log_range);
}

static leat_status log_uniform_kernel(leat_kernel *k)
{
    sampler s = {.range = leat_attr_int(k->op, "range_max"),
                 .draw = log_uniform_draw,
                 .probability = log_uniform_probability};
    s.log_range = log1p((double)s.range);
    LEAT_TRY(check_classes(k));
    return candidates(k, &s);
}

static leat_status all_kernel(leat_kernel *k)
{
    int64_t n = leat_attr_int(k->op, "num_sampled");
    LEAT_TRY(check_classes(k));
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(n)));
    LEAT_TRY(leat_out_new(k, 1, &k->in[0]->shape));
    LEAT_TRY(leat_out_new(k, 2, &LEAT_SHAPE(n)));
    for (int64_t i = 0; i < n; i++) {
        ((int64_t *)k->out[0].data)[i] = i;
        ((float *)k->out[2].data)[i] = 1;
    }
    for (int64_t i = 0; i < k->in[0]->elements; i++)
        ((float *)k->out[1].data)[i] = 1;
    return LEAT_OK;
}

const leat_op_def leat_op_UniformCandidateSampler = LEAT_OP(
    "UniformCandidateSampler(true_classes: int64) -> sampled_candidates: int64, true_expected_count: float, "
    "sampled_expected_count: float; num_true: int >= 1; num_sampled: int >= 1; unique: bool; range_max: int >= 1; "
    "seed: int = 0; seed2: int = 0",
    .doc = "Classes below range_max, all equally likely, and how often each was to be expected.",
    .shape = candidates_shape, .kernels = {{uniform_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

const leat_op_def leat_op_LogUniformCandidateSampler = LEAT_OP(
    "LogUniformCandidateSampler(true_classes: int64) -> sampled_candidates: int64, true_expected_count: float, "
    "sampled_expected_count: float; num_true: int >= 1; num_sampled: int >= 1; unique: bool; range_max: int >= 1; "
    "seed: int = 0; seed2: int = 0",
    .doc =
        "Classes below range_max, small ones more often (Zipf's law), and how often each was to be expected.",
    .shape = candidates_shape, .kernels = {{log_uniform_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

const leat_op_def leat_op_AllCandidateSampler = LEAT_OP(
    "AllCandidateSampler(true_classes: int64) -> sampled_candidates: int64, true_expected_count: float, "
    "sampled_expected_count: float; num_true: int >= 1; num_sampled: int >= 1; unique: bool; seed: int = 0; "
    "seed2: int = 0",
    .doc = "Every class below num_sampled.", .shape = candidates_shape, .kernels = {{all_kernel}},
    .gradient = leat_grad_none, .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

LEAT_ROW(
    UniformCandidateSampler,
    "(int64[2,2] 1 2 3 7) {num_true: 2; num_sampled: 6; unique: true; range_max: 10; seed: 3; seed2: 4} tol 0 -> int64[6] 1 5 9 7 3 4, float[2,2] 0.521703124 0.521703124 0.521703124 0.521703124, float[6] 0.521703124 0.521703124 0.521703124 0.521703124 0.521703124 0.521703124");
LEAT_ROW(
    LogUniformCandidateSampler,
    "(int64[2,2] 1 2 3 70) {num_true: 2; num_sampled: 6; unique: true; range_max: 100; seed: 3; seed2: 4} tol 0 -> int64[6] 5 13 3 53 0 4, float[2,2] 0.474655122 0.362713128 0.293130815 0.0210217852, float[6] 0.211641625 0.10006725 0.293130815 0.0275013503 0.679925442 0.245837539");
LEAT_ROW(
    UniformCandidateSampler,
    "(int64[2,2] 1 2 3 7) {num_true: 2; num_sampled: 6; unique: false; range_max: 10; seed: 3; seed2: 4} tol 0 -> int64[6] 1 5 9 9 7 3, float[2,2] 0.600000024 0.600000024 0.600000024 0.600000024, float[6] 0.600000024 0.600000024 0.600000024 0.600000024 0.600000024 0.600000024");
LEAT_ROW(
    LogUniformCandidateSampler,
    "(int64[2,2] 1 2 3 70) {num_true: 2; num_sampled: 6; unique: false; range_max: 100; seed: 3; seed2: 4} tol 0 -> int64[6] 5 13 3 53 0 0, float[2,2] 0.527134776 0.374008089 0.290103197 0.018183155, float[6] 0.200407356 0.0896958634 0.290103197 0.0238552466 0.901142955 0.901142955");
LEAT_ROW(
    UniformCandidateSampler,
    "(int64[1,1] 1) {num_true: 1; num_sampled: 3; unique: false; range_max: 8; seed: 3; seed2: 4} tol 0 -> int64[3] 1 1 7, float[1,1] 0.375, float[3] 0.375 0.375 0.375");
LEAT_ROW(
    LogUniformCandidateSampler,
    "(int64[1,1] 1) {num_true: 1; num_sampled: 20; unique: true; range_max: 20; seed: 3; seed2: 4} tol 0 -> int64[20] 2 4 1 12 0 5 10 14 8 6 9 3 11 19 7 13 17 16 15 18, float[1,1] 1, float[20] 0.999999642 0.999899089 1 0.974567831 1 0.999565721 0.986705482 0.95893079 0.994740486 0.998747647 0.991253376 0.999988139 0.98112154 0.909928203 0.99720186 0.967136145 0.930737138 0.940628767 0.950059772 0.920476198");
LEAT_ROW(
    AllCandidateSampler,
    "(int64[1,2] 1 2) {num_true: 2; num_sampled: 3; unique: true; seed: 3; seed2: 4} tol 0 -> int64[3] 0 1 2, float[1,2] 1 1, float[3] 1 1 1");

LEAT_ROW(UniformCandidateSampler,
         "(int64[1,2] 1 2) {num_true: 2; num_sampled: 6; unique: true; range_max: 5} fails "
         "'range is too small'");
LEAT_ROW(LogUniformCandidateSampler,
         "(int64[2,1] 1 2) {num_true: 2; num_sampled: 6; unique: true; range_max: 9} fails "
         "'true_classes must have num_true columns, expected: 2 was: 1'");

/* ---- Unigram: as often as the classes were seen, plus one ---- */

/* The class in whose share the number `at` of 0..total-1 lies. Entry i of the tree is the sum of the i & -i classes before i. */
static int64_t unigram_draw(const sampler *s, leat_philox_single *random)
{
    int64_t at = leat_draw_below_32(random, (uint32_t)s->total), found = 0, step = 1;
    while (step * 2 <= s->range)
        step *= 2;
    for (; step > 0; step /= 2)
        if (found + step <= s->range && step + s->seen[found + step] <= at) {
            found += step;
            at -= step + s->seen[found];
        }
    return found;
}

static int64_t times_seen(const sampler *s, int64_t value)
{
    int64_t sum = 0;
    for (int64_t i = value + 1; i > 0; i -= i & -i)
        sum += s->seen[i];
    for (int64_t i = value; i > 0; i -= i & -i)
        sum -= s->seen[i];
    return sum;
}

static float unigram_probability(const sampler *s, int64_t value)
{
    return (float)(times_seen(s, value) + 1) / (float)s->total;
}

static leat_status unigram_kernel(leat_kernel *k)
{
    sampler s = {
        .range = leat_attr_int(k->op, "range_max"), .draw = unigram_draw, .probability = unigram_probability};
    const int64_t *classes = k->in[0]->data;
    LEAT_TRY(check_classes(k));
    if (s.range >= INT32_MAX)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "range_max %lld is too large",
                                (long long)s.range);
    for (int64_t i = 0; i < k->in[0]->elements; i++)
        if (classes[i] < 0 || classes[i] >= s.range)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "true class %lld is not in [0, %lld)",
                                    (long long)classes[i], (long long)s.range);
    s.seen = leat_random_state(k, ((size_t)s.range + 1) * sizeof *s.seen); /* entry 0: how many in all */
    if (s.seen == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld classes", (long long)s.range);
    s.total = s.range + s.seen[0];
    LEAT_TRY(candidates(k, &s));
    for (int64_t i = 0; i < k->in[0]->elements && s.range + s.seen[0] < INT32_MAX; i++, s.seen[0]++)
        for (int64_t at = classes[i] + 1; at <= s.range; at += at & -at)
            s.seen[at]++;
    return LEAT_OK;
}

const leat_op_def leat_op_LearnedUnigramCandidateSampler = LEAT_OP(
    "LearnedUnigramCandidateSampler(true_classes: int64) -> sampled_candidates: int64, true_expected_count: float, "
    "sampled_expected_count: float; num_true: int >= 1; num_sampled: int >= 1; unique: bool; range_max: int >= 1; "
    "seed: int = 0; seed2: int = 0",
    .doc = "Classes below range_max, as often as they were among the true classes of the runs before.",
    .shape = candidates_shape, .kernels = {{unigram_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

const leat_op_def leat_op_ThreadUnsafeUnigramCandidateSampler = LEAT_OP(
    "ThreadUnsafeUnigramCandidateSampler(true_classes: int64) -> sampled_candidates: int64, "
    "true_expected_count: float, sampled_expected_count: float; num_true: int >= 1; num_sampled: int >= 1; "
    "unique: bool; range_max: int >= 1; seed: int = 0; seed2: int = 0",
    .doc = "As LearnedUnigramCandidateSampler (and just as safe).", .shape = candidates_shape,
    .kernels = {{unigram_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves,
    .flags = LEAT_OP_STATEFUL);

LEAT_ROW(
    LearnedUnigramCandidateSampler,
    "(int64[2,2] 1 2 3 7) {num_true: 2; num_sampled: 6; unique: true; range_max: 11; seed: 3; seed2: 4} tol 0 -> int64[6] 7 4 9 3 10 8, float[2,2] 0.545454562 0.545454562 0.545454562 0.545454562, float[6] 0.545454562 0.545454562 0.545454562 0.545454562 0.545454562 0.545454562");
LEAT_ROW(
    LearnedUnigramCandidateSampler,
    "(int64[2,2] 1 2 3 7) {num_true: 2; num_sampled: 6; unique: false; range_max: 11; seed: 3; seed2: 4} tol 0 -> int64[6] 7 4 9 3 10 8, float[2,2] 0.545454562 0.545454562 0.545454562 0.545454562, float[6] 0.545454562 0.545454562 0.545454562 0.545454562 0.545454562 0.545454562");
LEAT_ROW(
    ThreadUnsafeUnigramCandidateSampler,
    "(int64[1,1] 5) {num_true: 1; num_sampled: 3; unique: true; range_max: 6; seed: 3; seed2: 4} tol 0 -> int64[3] 3 4 5, float[1,1] 0.5, float[3] 0.5 0.5 0.5");

LEAT_ROW(LearnedUnigramCandidateSampler,
         "(int64[1,1] 9) {num_true: 1; num_sampled: 3; unique: true; range_max: 9} fails "
         "'true class 9'");

/* ---- FixedUnigram: weights that stand in the graph; Walker's alias method ---- */

static int64_t fixed_draw(const sampler *s, leat_philox_single *random)
{
    float r = leat_uniform_float(leat_philox_draw(random));
    uint32_t i = leat_draw_below_32(random, (uint32_t)s->range);
    return r < s->keep[i] ? (int64_t)i : s->other[i];
}

static float fixed_probability(const sampler *s, int64_t value)
{
    return value < 0 || value >= s->range ? 0 : s->weights[value] / s->weight_sum;
}

/* Classes of this shard: reserved ones have weight 0, the others follow them. As TensorFlow counts, which goes on with the number of
 * the reserved ones in this shard, not with that of all. false: not as many as range_max says. */
static bool fixed_weights(const leat_op *op, float *weights, int64_t range)
{
    const leat_attr_value *unigrams = leat_attr(op, "unigrams");
    int64_t reserved = leat_attr_int(op, "num_reserved_ids"), shards = leat_attr_int(op, "num_shards");
    int64_t shard = leat_attr_int(op, "shard"), n = 0;
    for (int64_t id = shard; id < reserved && n < range; id += shards)
        weights[n++] = 0;
    int64_t first = n;
    for (int64_t i = 0; i < unigrams->n; i++) {
        if ((first + i) % shards != shard)
            continue;
        if (n == range)
            return false;
        weights[n++] = powf(((const float *)unigrams->list)[i], leat_attr_float(op, "distortion"));
    }
    return n == range;
}

/* A class below its fair share is filled up by one above it, until all have the same. */
static void walker(const float *weights, int64_t n, double *share, int32_t *high, int32_t *low, float *keep,
                   int32_t *other)
{
    int64_t n_high = 0, n_low = 0;
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)weights[i];
    for (int32_t i = 0; i < n; i++) {
        share[i] = (double)(weights[i] * (float)n) / sum;
        if (share[i] < 1.0)
            low[n_low++] = i;
        else
            high[n_high++] = i;
    }
    while (n_high > 0 && n_low > 0) {
        int32_t l = low[--n_low], h = high[--n_high];
        other[l] = h;
        share[h] -= 1.0 - share[l];
        if (share[h] < 1.0)
            low[n_low++] = h;
        else
            high[n_high++] = h;
    }
    for (int64_t i = 0; i < n; i++)
        keep[i] = (float)share[i];
    while (n_high + n_low > 0) { /* what is left by rounding is as good as full */
        int32_t i = n_high > 0 ? high[--n_high] : low[--n_low];
        keep[i] = 1;
        other[i] = i;
    }
}

static leat_status fixed_kernel(leat_kernel *k)
{
    sampler s = {
        .range = leat_attr_int(k->op, "range_max"), .draw = fixed_draw, .probability = fixed_probability};
    size_t n = (size_t)s.range;
    LEAT_TRY(check_classes(k));
    if (leat_attr_string(k->op, "vocab_file")[0] != '\0')
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED,
                                "a graph may not read a file: give the counts as unigrams, not vocab_file");
    if (s.range > leat_attr_int(k->op, "num_reserved_ids") + (int64_t)leat_attr(k->op, "unigrams")->n)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "range_max is %lld, beyond the unigrams",
                                (long long)s.range);
    double *share = leat_scratch(k, n * (sizeof *share + 2 * sizeof(float) + 3 * sizeof(int32_t)));
    if (share == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld classes", (long long)s.range);
    float *weights = (float *)(share + n), *keep = weights + n;
    int32_t *other = (int32_t *)(keep + n);
    if (!fixed_weights(k->op, weights, s.range))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "range_max is %lld, not the number of this shard's classes",
                                (long long)s.range);
    walker(weights, s.range, share, other + n, other + 2 * n, keep, other);
    for (size_t i = 0; i < n; i++)
        s.weight_sum += weights[i];
    s.weights = weights, s.keep = keep, s.other = other;
    return candidates(k, &s);
}

const leat_op_def leat_op_FixedUnigramCandidateSampler = LEAT_OP(
    "FixedUnigramCandidateSampler(true_classes: int64) -> sampled_candidates: int64, true_expected_count: float, "
    "sampled_expected_count: float; num_true: int >= 1; num_sampled: int >= 1; unique: bool; range_max: int >= 1; "
    "vocab_file: string = ''; distortion: float = 1.0; num_reserved_ids: int = 0; num_shards: int >= 1 = 1; "
    "shard: int >= 0 = 0; unigrams: list(float) = []; seed: int = 0; seed2: int = 0",
    .doc = "Classes as often as their counts in unigrams, raised to the power distortion, say.",
    .shape = candidates_shape, .kernels = {{fixed_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

LEAT_ROW(
    FixedUnigramCandidateSampler,
    "(int64[2,2] 1 2 3 4) {num_true: 2; num_sampled: 4; unique: true; range_max: 6; distortion: 0.75; num_reserved_ids: 1; unigrams: [4.0, 1.0, 7.0, 2.0, 3.0]; seed: 3; seed2: 4} tol 0 -> int64[4] 5 3 4 1, float[2,2] 0.90908277 0.540122926 0.980909586 0.740153968, float[4] 0.847375453 0.980909586 0.740153968 0.90908277");
LEAT_ROW(
    FixedUnigramCandidateSampler,
    "(int64[2,2] 1 2 3 4) {num_true: 2; num_sampled: 4; unique: false; range_max: 6; distortion: 0.75; num_reserved_ids: 1; unigrams: [4.0, 1.0, 7.0, 2.0, 3.0]; seed: 3; seed2: 4} tol 0 -> int64[4] 5 3 4 3, float[2,2] 0.935539544 0.330763191 1.42344487 0.556275129, float[4] 0.75397706 1.42344487 0.556275129 1.42344487");
LEAT_ROW(
    FixedUnigramCandidateSampler,
    "(int64[2,1] 1 2) {num_true: 1; num_sampled: 4; unique: false; range_max: 3; num_reserved_ids: 2; num_shards: 2; shard: 1; unigrams: [4.0, 1.0, 7.0, 2.0]; seed: 3; seed2: 4} tol 0 -> int64[4] 1 1 1 2, float[2,1] 1.4545455 2.5454545, float[4] 1.4545455 1.4545455 1.4545455 2.5454545");

LEAT_ROW(FixedUnigramCandidateSampler,
         "(int64[1,1] 1) {num_true: 1; num_sampled: 1; unique: false; range_max: 3; "
         "unigrams: [1.0, 2.0]} fails 'range_max is 3'");
LEAT_ROW(FixedUnigramCandidateSampler,
         "(int64[1,1] 1) {num_true: 1; num_sampled: 1; unique: false; range_max: 3; "
         "vocab_file: '/etc/passwd'} fails 'may not read a file'");

/* ---- ComputeAccidentalHits ---- */

static leat_status hits_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 2));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    c->out[0] = c->out[1] = c->out[2] = leat_shape_ranked(1);
    return LEAT_OK;
}

/* Where the sample that equals `value` stands, the last one if it was drawn several times; -1: nowhere. */
typedef struct position {
    int64_t value;
    int32_t at;
} position;

static int by_value(const void *a, const void *b)
{
    const position *x = a, *y = b;
    return x->value != y->value ? (x->value > y->value) - (x->value < y->value)
                                : (x->at > y->at) - (x->at < y->at);
}

static int32_t position_of(const position *sorted, int64_t n, int64_t value)
{
    int64_t low = 0, high = n; /* the first one above */
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle].value <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && sorted[low - 1].value == value ? sorted[low - 1].at : -1;
}

static leat_status hits_kernel(leat_kernel *k)
{
    const leat_tensor *classes = k->in[0], *sampled = k->in[1];
    const int64_t *values = sampled->data;
    LEAT_TRY(check_classes(k));
    if (leat_shape_rank(&sampled->shape) != 1 || sampled->elements > INT32_MAX)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "sampled_candidates must be a vector, which is typically an output from CandidateSampler");
    position *sorted = leat_scratch(k, (size_t)(sampled->elements + 1) * sizeof *sorted);
    if (sorted == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld samples",
                                (long long)sampled->elements);
    for (int64_t i = 0; i < sampled->elements; i++)
        sorted[i] = (position){values[i], (int32_t)i};
    qsort(sorted, (size_t)sampled->elements, sizeof *sorted, by_value);
    int64_t hits = 0, columns = leat_attr_int(k->op, "num_true");
    for (int64_t i = 0; i < classes->elements; i++)
        hits += position_of(sorted, sampled->elements, ((const int64_t *)classes->data)[i]) >= 0;
    for (int o = 0; o < 3; o++)
        LEAT_TRY(leat_out_new(k, o, &LEAT_SHAPE(hits)));
    int64_t n = 0;
    for (int64_t i = 0; i < classes->elements; i++) {
        int32_t at = position_of(sorted, sampled->elements, ((const int64_t *)classes->data)[i]);
        if (at < 0)
            continue;
        ((int32_t *)k->out[0].data)[n] = (int32_t)(i / columns);
        ((int64_t *)k->out[1].data)[n] = at;
        ((float *)k->out[2].data)[n++] = -FLT_MAX;
    }
    return LEAT_OK;
}

const leat_op_def leat_op_ComputeAccidentalHits = LEAT_OP(
    "ComputeAccidentalHits(true_classes: int64, sampled_candidates: int64) -> indices: int32, ids: int64, "
    "weights: float; num_true: int; seed: int = 0; seed2: int = 0",
    .doc = "Where samples are true classes by chance: row, position among the samples, and the lowest float.",
    .shape = hits_shape, .kernels = {{hits_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(
    ComputeAccidentalHits,
    "(int64[3,2] 1 2 3 4 5 1, int64[5] 4 7 1 9 4) {num_true: 2} dynamic -> int32[3] 0 1 2, int64[3] 2 4 2, "
    "float[3] -3.4028234663852886e38 -3.4028234663852886e38 -3.4028234663852886e38");
LEAT_ROW(ComputeAccidentalHits,
         "(int64[1,2] 1 2, int64[2] 3 4) {num_true: 2} dynamic -> int32[0], int64[0], float[0]");
LEAT_ROW(ComputeAccidentalHits, "(int64[1,2] 1 2, int64[2,1] 3 4) {num_true: 2} fails ''");
