/* random-stateless.c - random numbers that a seed given as a tensor decides: the same in every run. */
#include "ops/random-private.h"

/* The stream of a seed of two numbers: one round of Philox under a fixed key scrambles it. */
static leat_status seeded_stream(const leat_kernel *k, const leat_tensor *seed, leat_philox *gen)
{
    uint32_t mix[4];
    if (leat_shape_rank(&seed->shape) != 1 || seed->elements != 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "seed must have shape [2]");
    uint64_t s0 = (uint64_t)leat_index_at(seed, 0), s1 = (uint64_t)leat_index_at(seed, 1);
    leat_philox scramble = {
        .counter = {(uint32_t)s0, (uint32_t)(s0 >> 32), (uint32_t)s1, (uint32_t)(s1 >> 32)},
        .key = {0x3ec8f720, 0x02461e29}};
    leat_philox_next(&scramble, mix);
    *gen = (leat_philox){.counter = {0, 0, mix[2], mix[3]}, .key = {mix[0], mix[1]}};
    return LEAT_OK;
}

/* The stream of inputs key, counter, alg of the ops' second versions. */
static leat_status counted_stream(const leat_kernel *k, leat_philox *gen)
{
    const leat_tensor *key = k->in[1], *counter = k->in[2], *algorithm = k->in[3];
    if (algorithm->elements != 1 || (leat_index_at(algorithm, 0) != 1 && leat_index_at(algorithm, 0) != 3))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "alg must be 1 (Philox) or 3 (the machine's choice, which is Philox)");
    if (leat_shape_rank(&key->shape) != 1 || key->elements != 1 || leat_shape_rank(&counter->shape) != 1 ||
        counter->elements < 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "key must have shape [1] and counter at least 2 elements");
    const uint64_t *c = counter->data, *s = key->data;
    *gen = (leat_philox){
        .counter = {(uint32_t)c[0], (uint32_t)(c[0] >> 32), (uint32_t)c[1], (uint32_t)(c[1] >> 32)},
        .key = {(uint32_t)s[0], (uint32_t)(s[0] >> 32)}};
    return LEAT_OK;
}

/* Which stream: `counted` ops have inputs shape, key, counter, alg; the others shape, seed. */
static leat_status begin(leat_kernel *k, bool counted, leat_philox *gen)
{
    leat_shape shape;
    LEAT_TRY(leat_kernel_shape(k, k->in[0], &shape));
    LEAT_TRY(counted ? counted_stream(k, gen) : seeded_stream(k, k->in[1], gen));
    return leat_out_new(k, 0, &shape);
}

static leat_status fill(leat_kernel *k, leat_random_kind kind, bool counted)
{
    leat_philox gen;
    LEAT_TRY(begin(k, counted, &gen));
    leat_random_fill(k, kind, k->out[0].dtype, k->out[0].data, k->out[0].elements, gen);
    return LEAT_OK;
}

static leat_dtype signed_twin(leat_dtype dtype)
{
    return dtype == LEAT_UINT64 ? LEAT_INT64 : dtype == LEAT_UINT32 ? LEAT_INT32 : dtype;
}

/* `limits`: the index of minval, behind which maxval is; 0: all integers of the dtype. */
static leat_status fill_int(leat_kernel *k, bool counted, int limits)
{
    leat_philox gen;
    int64_t lo = 0, hi = 0;
    leat_tensor *out = &k->out[0];
    LEAT_TRY(begin(k, counted, &gen));
    if (limits > 0) {
        const leat_tensor *low = k->in[limits], *high = k->in[limits + 1];
        LEAT_TRY(leat_kernel_want_scalar(k, limits, "minval"));
        LEAT_TRY(leat_kernel_want_scalar(k, limits + 1, "maxval"));
        bool is_64 = leat_dtype_bytes(low->dtype) == 8;
        lo = is_64 ? *(const int64_t *)low->data : (int64_t)leat_element_get(low, 0);
        hi = is_64 ? *(const int64_t *)high->data : (int64_t)leat_element_get(high, 0);
        if (low->dtype == LEAT_UINT64 ? (uint64_t)lo >= (uint64_t)hi : lo >= hi)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Need minval < maxval");
    }
    leat_random_fill_int(k, signed_twin(out->dtype), out->data, out->elements, lo, hi, gen);
    return LEAT_OK;
}

#define KERNELS(name_, call_)                                                                                \
    static leat_status name_(leat_kernel *k)                                                                 \
    {                                                                                                        \
        return call_;                                                                                        \
    }
KERNELS(uniform_kernel, fill(k, LEAT_RANDOM_UNIFORM, false))
KERNELS(normal_kernel, fill(k, LEAT_RANDOM_NORMAL, false))
KERNELS(truncated_kernel, fill(k, LEAT_RANDOM_TRUNCATED, false))
KERNELS(uniform_int_kernel, fill_int(k, false, 2))
KERNELS(full_int_kernel, fill_int(k, false, 0))
KERNELS(uniform_v2_kernel, fill(k, LEAT_RANDOM_UNIFORM, true))
KERNELS(normal_v2_kernel, fill(k, LEAT_RANDOM_NORMAL, true))
KERNELS(truncated_v2_kernel, fill(k, LEAT_RANDOM_TRUNCATED, true))
KERNELS(uniform_int_v2_kernel, fill_int(k, true, 4))
KERNELS(full_int_v2_kernel, fill_int(k, true, 0))

static leat_status stateless_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    for (uint32_t i = 2; i < c->op->n_inputs; i++)
        LEAT_TRY(leat_infer_want_rank(c, (int)i, 0));
    return leat_random_shape(c);
}
static leat_status counted_shape(leat_infer *c)
{
    for (uint32_t i = 1; i < c->op->n_inputs; i++)
        LEAT_TRY(leat_infer_want_rank(c, (int)i, i <= 2 ? 1 : 0));
    return leat_random_shape(c);
}

const leat_op_def leat_op_StatelessRandomUniform = LEAT_OP(
    "StatelessRandomUniform(shape: T, seed: Tseed) -> output: dtype; dtype: floating = float; T: {int32, int64} = int32; "
    "Tseed: {int32, int64} = int64",
    .doc = "Uniform numbers of [0, 1) that the seed decides.", .shape = stateless_shape,
    .kernels = {{.fn = uniform_kernel, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves);

const leat_op_def leat_op_StatelessRandomNormal = LEAT_OP(
    "StatelessRandomNormal(shape: T, seed: Tseed) -> output: dtype; dtype: floating = float; T: {int32, int64} = int32; "
    "Tseed: {int32, int64} = int64",
    .doc = "Normal numbers of mean 0 and standard deviation 1 that the seed decides.",
    .shape = stateless_shape, .kernels = {{.fn = normal_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves);

const leat_op_def leat_op_StatelessTruncatedNormal = LEAT_OP(
    "StatelessTruncatedNormal(shape: T, seed: Tseed) -> output: dtype; dtype: floating = float; T: {int32, int64} = int32; "
    "Tseed: {int32, int64} = int64",
    .doc = "Normal numbers within 2 standard deviations that the seed decides.", .shape = stateless_shape,
    .kernels = {{.fn = truncated_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

const leat_op_def leat_op_StatelessRandomUniformInt = LEAT_OP(
    "StatelessRandomUniformInt(shape: T, seed: Tseed, minval: dtype, maxval: dtype) -> output: dtype; dtype: {int32, "
    "int64}; T: {int32, int64}; Tseed: {int32, int64} = int64",
    .doc = "Uniform integers, minval <= x < maxval, that the seed decides.", .shape = stateless_shape,
    .kernels = {{.fn = uniform_int_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

const leat_op_def leat_op_StatelessRandomUniformFullInt = LEAT_OP(
    "StatelessRandomUniformFullInt(shape: T, seed: Tseed) -> output: dtype; dtype: {int32, int64, uint32, uint64} = uint64; "
    "T: {int32, int64} = int32; Tseed: {int32, int64} = int64",
    .doc = "Uniform integers of the whole range of the dtype that the seed decides.",
    .shape = stateless_shape, .kernels = {{.fn = full_int_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves);

LEAT_ROW(StatelessRandomUniform, "(int32[1] 5, int64[2] 3 5) tol 0 -> "
                                 "float[5] 0.30866754 0.095970035 0.3703704 0.39366353 0.8883836");
LEAT_ROW(StatelessRandomUniform, "(int64[2] 2 1, int32[2] -3 5) {dtype: double} tol 0 -> "
                                 "double[2,1] 0.5899042844184768 0.7884578942811777");
LEAT_ROW(StatelessRandomUniform, "(int32[1] 5, int64[3] 3 5 7) fails 'shape'");
LEAT_ROW(StatelessRandomNormal, "(int32[1] 5, int64[2] 3 5) tol 0 -> "
                                "float[5] 0.8695505 1.2628788 0.8731732 -1.106378 -0.22128268");
LEAT_ROW(StatelessTruncatedNormal, "(int32[1] 5, int64[2] 3 5) tol 0 -> "
                                   "float[5] 0.8695505 1.2628788 0.8731732 -1.106378 -0.35297453");
LEAT_ROW(StatelessRandomUniformInt, "(int32[1] 5, int64[2] 3 5, int32[] -10, int32[] 10) -> "
                                    "int32[5] -3 5 -2 -1 -8");
LEAT_ROW(StatelessRandomUniformInt,
         "(int32[1] 5, int64[2] 3 5, int32[] 10, int32[] 10) fails 'minval < maxval'");
LEAT_ROW(StatelessRandomUniformInt, "(int32[1] 2, int32[2] 1 2, int32[1] 0, int32[] 5) fails ''");
LEAT_ROW(StatelessRandomUniformFullInt, "(int32[1] 3, int64[2] 3 5) {dtype: uint32} -> "
                                        "uint32[3] 3248980587 1091324095 145713228");
LEAT_ROW(StatelessRandomUniformFullInt,
         "(int32[1] 3, int64[2] 3 5) {dtype: int64} -> "
         "int64[3] 4687201300610777707 -8344497684996986804 7599368635277227662");

/* ---- the stream as tensors ---- */

static leat_status key_kernel(leat_kernel *k)
{
    leat_philox gen;
    LEAT_TRY(seeded_stream(k, k->in[0], &gen));
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(1)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(2)));
    *(uint64_t *)k->out[0].data = gen.key[0] | (uint64_t)gen.key[1] << 32;
    ((uint64_t *)k->out[1].data)[0] = 0;
    ((uint64_t *)k->out[1].data)[1] = gen.counter[2] | (uint64_t)gen.counter[3] << 32;
    return k->n_out > 2 ? leat_out_scalar_int(k, 2, 1) : LEAT_OK;
}

static leat_status key_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 1));
    c->out[0] = LEAT_SHAPE(1);
    c->out[1] = LEAT_SHAPE(2);
    if (c->op->n_outputs > 2)
        c->out[2] = (leat_shape){.rank_plus_1 = 1};
    return LEAT_OK;
}

static leat_status algorithm_kernel(leat_kernel *k)
{
    return leat_out_scalar_int(k, 0, 1);
}

const leat_op_def leat_op_StatelessRandomGetKeyCounter = LEAT_OP(
    "StatelessRandomGetKeyCounter(seed: Tseed) -> key: uint64, counter: uint64; Tseed: {int32, int64} = int64",
    .doc = "The key and the counter of the stream that the seed decides.", .shape = key_shape,
    .kernels = {{.fn = key_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

const leat_op_def leat_op_StatelessRandomGetKeyCounterAlg = LEAT_OP(
    "StatelessRandomGetKeyCounterAlg(seed: Tseed) -> key: uint64, counter: uint64, alg: int32; Tseed: {int32, int64} = "
    "int64",
    .doc = "The key and the counter of the stream that the seed decides, and 1: Philox.", .shape = key_shape,
    .kernels = {{.fn = key_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

const leat_op_def leat_op_StatelessRandomGetAlg =
    LEAT_OP("StatelessRandomGetAlg() -> alg: int32", .doc = "The number of the generator: 1, Philox.",
            .shape = leat_shape_scalar, .kernels = {{.fn = algorithm_kernel}}, .gradient = leat_grad_none,
            .cost = leat_cost_moves);

LEAT_ROW(StatelessRandomGetKeyCounter, "(int64[2] 3 5) -> "
                                       "uint64[1] 4551124392215935721, uint64[2] 0 13892792660983712975");
LEAT_ROW(StatelessRandomGetKeyCounterAlg,
         "(int32[2] -3 5) -> "
         "uint64[1] 4583815729385481288, uint64[2] 0 1677688561301068929, int32[] 1");
LEAT_ROW(StatelessRandomGetAlg, "() -> int32[] 1");

/* ---- the second versions ---- */

const leat_op_def leat_op_StatelessRandomUniformV2 = LEAT_OP(
    "StatelessRandomUniformV2(shape: Tshape, key: uint64, counter: uint64, alg: int32) -> output: dtype; dtype: floating = "
    "float; Tshape: {int32, int64} = int32",
    .doc = "Uniform numbers of [0, 1) of the stream given.", .shape = counted_shape,
    .kernels = {{.fn = uniform_v2_kernel, .label = "vector"}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves);

const leat_op_def leat_op_StatelessRandomNormalV2 = LEAT_OP(
    "StatelessRandomNormalV2(shape: Tshape, key: uint64, counter: uint64, alg: int32) -> output: dtype; dtype: floating = "
    "float; Tshape: {int32, int64} = int32",
    .doc = "Normal numbers of mean 0 and standard deviation 1 of the stream given.", .shape = counted_shape,
    .kernels = {{.fn = normal_v2_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

const leat_op_def leat_op_StatelessTruncatedNormalV2 = LEAT_OP(
    "StatelessTruncatedNormalV2(shape: Tshape, key: uint64, counter: uint64, alg: int32) -> output: dtype; dtype: floating "
    "= float; Tshape: {int32, int64} = int32",
    .doc = "Normal numbers within 2 standard deviations of the stream given.", .shape = counted_shape,
    .kernels = {{.fn = truncated_v2_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

const leat_op_def leat_op_StatelessRandomUniformIntV2 = LEAT_OP(
    "StatelessRandomUniformIntV2(shape: Tshape, key: uint64, counter: uint64, alg: int32, minval: dtype, maxval: dtype) -> "
    "output: dtype; dtype: {int32, int64, uint32, uint64}; Tshape: {int32, int64} = int32",
    .doc = "Uniform integers, minval <= x < maxval, of the stream given.", .shape = counted_shape,
    .kernels = {{.fn = uniform_int_v2_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

const leat_op_def leat_op_StatelessRandomUniformFullIntV2 = LEAT_OP(
    "StatelessRandomUniformFullIntV2(shape: Tshape, key: uint64, counter: uint64, alg: int32) -> output: dtype; dtype: "
    "{int32, int64, uint32, uint64} = uint64; Tshape: {int32, int64} = int32",
    .doc = "Uniform integers of the whole range of the dtype, of the stream given.", .shape = counted_shape,
    .kernels = {{.fn = full_int_v2_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(StatelessRandomUniformV2, "(int32[1] 5, uint64[1] 7, uint64[2] 0 9, int32[] 1) tol 0 -> "
                                   "float[5] 0.5363449 0.47323656 0.46388888 0.517418 0.7000724");
LEAT_ROW(StatelessRandomUniformV2, "(int32[1] 5, uint64[1] 7, uint64[2] 0 9, int32[] 2) fails 'alg'");
LEAT_ROW(StatelessRandomUniformV2, "(int32[1] 5, uint64[1] 7, uint64[1] 0, int32[] 1) fails 'counter'");
LEAT_ROW(StatelessRandomNormalV2, "(int32[1] 5, uint64[1] 7, uint64[2] 1 9, int32[] 3) tol 0 -> "
                                  "float[5] -0.8370753 -0.111570336 0.04728153 0.19421336 -0.1248401");
LEAT_ROW(StatelessTruncatedNormalV2, "(int32[1] 5, uint64[1] 7, uint64[2] 1 9, int32[] 1) tol 0 -> "
                                     "float[5] -0.8370753 -0.111570336 0.04728153 0.19421336 0.44335285");
LEAT_ROW(StatelessRandomUniformIntV2,
         "(int32[1] 4, uint64[1] 7, uint64[2] 1 9, int32[] 1, int32[] -7, int32[] 2000000000) -> "
         "int32[4] 1143212011 1185396968 494761947 399460701");
LEAT_ROW(StatelessRandomUniformFullIntV2,
         "(int32[1] 3, uint64[1] 7, uint64[2] 1 9, int32[] 1) -> "
         "uint64[3] 13681175865610312697 10305605299456538594 17401484826562705905");

/* ---- StatelessMultinomial ---- */

static leat_status multinomial_kernel(leat_kernel *k)
{
    leat_philox gen;
    LEAT_TRY(seeded_stream(k, k->in[2], &gen));
    return leat_multinomial_run(k, &gen);
}

static leat_status multinomial_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 2, 1));
    return leat_multinomial_shape(c);
}

const leat_op_def leat_op_StatelessMultinomial = LEAT_OP(
    "StatelessMultinomial(logits: T, num_samples: int32, seed: Tseed) -> output: output_dtype; T: real; Tseed: {int32, "
    "int64} = int64; output_dtype: {int32, int64} = int64",
    .doc = "As Multinomial, with numbers that the seed decides.", .shape = multinomial_shape,
    .kernels = {{.fn = multinomial_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(StatelessMultinomial, "(float[2,3] 0 1 2 2 0 0, int32[] 4, int64[2] 3 5) -> "
                               "int64[2,4] 2 2 1 2 2 0 0 0");
