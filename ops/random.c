/* random.c - tensors of random numbers, permutations, and draws from categories. */
#include <math.h>
#include "ops/random-private.h"

leat_status leat_random_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 1));
    c->out[0] = leat_infer_value_as_shape(c, 0);
    return LEAT_OK;
}

static leat_status random_kernel(leat_kernel *k, leat_random_kind kind)
{
    leat_shape shape;
    leat_philox gen;
    LEAT_TRY(leat_kernel_shape(k, k->in[0], &shape));
    LEAT_TRY(leat_out_new(k, 0, &shape));
    leat_tensor *out = &k->out[0];
    LEAT_TRY(leat_random_reserve(k, (uint64_t)out->elements * LEAT_RANDOM_RESERVE, &gen));
    leat_random_fill(k, kind, out->dtype, out->data, out->elements, gen);
    return LEAT_OK;
}

static leat_status uniform_kernel(leat_kernel *k)
{
    return random_kernel(k, LEAT_RANDOM_UNIFORM);
}

static leat_status normal_kernel(leat_kernel *k)
{
    return random_kernel(k, LEAT_RANDOM_NORMAL);
}

static leat_status truncated_kernel(leat_kernel *k)
{
    return random_kernel(k, LEAT_RANDOM_TRUNCATED);
}

const leat_op_def leat_op_RandomUniform = LEAT_OP(
    "RandomUniform(shape: T) -> output: dtype; seed: int = 0; seed2: int = 0; dtype: floating; T: {int32, int64}",
    .doc = "Uniform numbers of [0, 1).", .shape = leat_random_shape,
    .kernels = {{.fn = uniform_kernel, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

LEAT_ROW(
    RandomUniform,
    "(int32[1] 5) {dtype: float; seed: 3; seed2: 4} tol 0 -> float[5] 0.9237367 0.37043047 0.94819844 0.8158295 0.539564");

const leat_op_def leat_op_RandomStandardNormal = LEAT_OP(
    "RandomStandardNormal(shape: T) -> output: dtype; seed: int = 0; seed2: int = 0; dtype: floating; "
    "T: {int32, int64}",
    .doc = "Normal numbers of mean 0 and standard deviation 1.", .shape = leat_random_shape,
    .kernels = {{.fn = normal_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves,
    .flags = LEAT_OP_STATEFUL);

LEAT_ROW(
    RandomStandardNormal,
    "(int64[1] 5) {dtype: float; seed: 3; seed2: 4} tol 0 -> float[5] 0.28962207 -0.27345106 -0.29865932 0.13109374 -0.28239992");

const leat_op_def leat_op_TruncatedNormal =
    LEAT_OP("TruncatedNormal(shape: T) -> output: dtype; seed: int = 0; seed2: int = 0; dtype: floating; "
            "T: {int32, int64}",
            .doc = "Normal numbers; those beyond 2 standard deviations are drawn again.",
            .shape = leat_random_shape, .kernels = {{.fn = truncated_kernel}}, .gradient = leat_grad_none,
            .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

LEAT_ROW(
    TruncatedNormal,
    "(int32[1] 5) {dtype: double; seed: 3; seed2: 4} tol 0 -> double[5] -0.7030205923675534 -1.1787800830679616 -0.7363534042407097 -1.7311353165860213 -0.10372449552883542");

static leat_status uniform_int_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 0));
    LEAT_TRY(leat_infer_want_rank(c, 2, 0));
    return leat_random_shape(c);
}

static leat_status uniform_int_kernel(leat_kernel *k)
{
    leat_shape shape;
    leat_philox gen;
    LEAT_TRY(leat_kernel_shape(k, k->in[0], &shape));
    LEAT_TRY(leat_kernel_want_scalar(k, 1, "minval"));
    LEAT_TRY(leat_kernel_want_scalar(k, 2, "maxval"));
    LEAT_TRY(leat_out_new(k, 0, &shape));
    leat_tensor *out = &k->out[0];
    if (out->elements == 0)
        return LEAT_OK;
    int64_t lo = leat_index_at(k->in[1], 0), hi = leat_index_at(k->in[2], 0);
    if (lo >= hi)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "minval %lld is not below maxval %lld",
                                (long long)lo, (long long)hi);
    LEAT_TRY(leat_random_reserve(k, (uint64_t)out->elements * LEAT_RANDOM_RESERVE, &gen));
    leat_random_fill_int(k, out->dtype, out->data, out->elements, lo, hi, gen);
    return LEAT_OK;
}

const leat_op_def leat_op_RandomUniformInt = LEAT_OP(
    "RandomUniformInt(shape: T, minval: Tout, maxval: Tout) -> output: Tout; seed: int = 0; seed2: int = 0; "
    "Tout: {int32, int64}; T: {int32, int64}",
    .doc = "Uniform integers, minval <= x < maxval.", .shape = uniform_int_shape,
    .kernels = {{.fn = uniform_int_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves,
    .flags = LEAT_OP_STATEFUL);

LEAT_ROW(RandomUniformInt,
         "(int32[1] 5, int32[] -10, int32[] 10) {seed: 3; seed2: 4} -> int32[5] -9 -10 -9 4 9");
LEAT_ROW(RandomUniformInt, "(int32[1] 5, int32[] 10, int32[] 10) {seed: 3; seed2: 4} fails ''");
LEAT_ROW(RandomUniformInt, "(int32[1] 2, int32[] 0, int32[1] 5) fails ''");

/* ---- RandomShuffle ---- */

static leat_status shuffle_kernel(leat_kernel *k)
{
    const leat_tensor *in = k->in[0];
    leat_philox gen;
    LEAT_TRY(leat_out_new(k, 0, &in->shape));
    int64_t rows = leat_shape_rank(&in->shape) > 0 ? in->shape.dims[0] : 1;
    if (in->elements <= 1 || rows <= 1)
        return leat_copy_elements(in->dtype, k->out[0].data, in->data, in->elements);
    int64_t inner = in->elements / rows, *from = leat_scratch(k, (size_t)rows * sizeof *from);
    if (from == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for a permutation of %lld rows",
                                (long long)rows);
    LEAT_TRY(leat_random_reserve(k, (uint64_t)(rows - 1 + 3) / 4, &gen));
    leat_philox_single s = leat_philox_single_of(gen);
    for (int64_t i = 0; i < rows; i++)
        from[i] = i;
    for (int64_t i = 0; i < rows - 1; i++) {
        int64_t j = i + leat_philox_draw(&s) % (uint32_t)(rows - i), old = from[i];
        from[i] = from[j];
        from[j] = old;
    }
    size_t bytes = (size_t)inner * leat_dtype_bytes(in->dtype);
    for (int64_t i = 0; i < rows; i++)
        LEAT_TRY(leat_copy_elements(in->dtype, (char *)k->out[0].data + (size_t)i * bytes,
                                    (const char *)in->data + (size_t)from[i] * bytes, inner));
    return LEAT_OK;
}

const leat_op_def leat_op_RandomShuffle =
    LEAT_OP("RandomShuffle(value: T) -> output: T; seed: int = 0; seed2: int = 0; T: type",
            .doc = "The rows of value (its first dimension) in random order.", .shape = leat_shape_same,
            .kernels = {{.fn = shuffle_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves,
            .flags = LEAT_OP_STATEFUL);

LEAT_ROW(RandomShuffle, "(int32[6] 1 2 3 4 5 6) {seed: 3; seed2: 4} -> int32[6] 4 2 1 6 3 5");

/* ---- Multinomial ---- */

typedef struct multinomial {
    const leat_tensor *logits;
    leat_tensor *out;
    int64_t classes, samples;
    leat_philox gen;
    double *cdf; /* classes of each row */
} multinomial;

/* The first element of cdf that is above x. */
static int64_t upper_bound(const double *cdf, int64_t n, double x)
{
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (x < cdf[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void multinomial_row(size_t row, void *arg)
{
    const multinomial *m = arg;
    int64_t first = (int64_t)row * m->classes;
    double *cdf = m->cdf + first, top = -INFINITY, total = 0;
    for (int64_t j = 0; j < m->classes; j++) {
        cdf[j] = leat_element_get(m->logits, first + j);
        if (isfinite(cdf[j]))
            top = LEAT_MAX(top, cdf[j]);
    }
    for (int64_t j = 0; j < m->classes; j++) {
        if (isfinite(cdf[j]))
            total += exp(cdf[j] - top);
        cdf[j] = total;
    }
    leat_philox_single s = leat_philox_single_of(m->gen);
    leat_philox_single_skip(&s, (uint64_t)row * (uint64_t)m->samples * 2);
    for (int64_t j = 0; j < m->samples; j++)
        leat_index_put(m->out, (int64_t)row * m->samples + j,
                       upper_bound(cdf, m->classes, leat_draw_double(&s) * total));
}

leat_status leat_multinomial_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 2));
    LEAT_TRY(leat_infer_want_rank(c, 1, 0));
    leat_tensor *samples = leat_infer_value(c, 1);
    c->out[0] =
        LEAT_SHAPE(c->in[0]->rank_plus_1 ? c->in[0]->dims[0] : -1, samples ? leat_index_at(samples, 0) : -1);
    leat_tensor_unref(samples);
    return LEAT_OK;
}

leat_status leat_multinomial_run(leat_kernel *k, const leat_philox *gen)
{
    const leat_tensor *logits = k->in[0];
    multinomial m = {.logits = logits, .out = &k->out[0]};
    if (leat_shape_rank(&logits->shape) != 2 || logits->shape.dims[1] < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "logits must be a matrix with at least one class");
    LEAT_TRY(leat_kernel_want_scalar(k, 1, "num_samples"));
    if (leat_index_at(k->in[1], 0) < 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "num_samples must be 0 or more");
    m.classes = logits->shape.dims[1];
    m.samples = leat_index_at(k->in[1], 0);
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(logits->shape.dims[0], m.samples)));
    if (k->out[0].elements == 0)
        return LEAT_OK;
    m.cdf = leat_scratch(k, (size_t)logits->elements * sizeof *m.cdf);
    if (m.cdf == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld probabilities",
                                (long long)logits->elements);
    uint64_t per_row = (uint64_t)(m.samples + 3) / 4 * 4 * 2; /* two numbers a double */
    if (gen != NULL)
        m.gen = *gen;
    else
        LEAT_TRY(
            leat_random_reserve(k, (uint64_t)logits->shape.dims[0] * per_row * LEAT_RANDOM_RESERVE, &m.gen));
    leat_tiles(k, (size_t)logits->shape.dims[0], multinomial_row, &m);
    return LEAT_OK;
}

static leat_status multinomial_kernel(leat_kernel *k)
{
    return leat_multinomial_run(k, NULL);
}

const leat_op_def leat_op_Multinomial = LEAT_OP(
    "Multinomial(logits: T, num_samples: int32) -> output: output_dtype; seed: int = 0; seed2: int = 0; T: real; "
    "output_dtype: {int32, int64} = int64",
    .doc = "For every row of logits, num_samples classes drawn with the probabilities softmax(logits).",
    .shape = leat_multinomial_shape, .kernels = {{.fn = multinomial_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

LEAT_ROW(Multinomial,
         "(float[2,3] 0 1 2 2 0 0, int32[] 4) {seed: 3; seed2: 4} -> int64[2,4] 2 2 1 2 0 0 0 0");
