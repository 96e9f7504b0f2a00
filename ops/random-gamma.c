/* random-gamma.c - numbers drawn from Gamma and Poisson distributions, by rejection.
 *
 * Each output has its own part of the stream, so that it does not matter how many numbers another one took. */
#include <math.h>
#include "ops/elementwise-private.h"
#include "ops/grad-private.h"
#include "ops/random-private.h"
#include "ops/special-private.h"

/* Uniform doubles, two a group, the later one first. */
typedef struct uniforms {
    leat_philox gen;
    double pair[2];
    int left;
} uniforms;

static double draw(uniforms *u)
{
    if (u->left == 0) {
        uint32_t x[4];
        leat_philox_next(&u->gen, x);
        u->pair[0] = leat_uniform_double(x[0], x[1]);
        u->pair[1] = leat_uniform_double(x[2], x[3]);
        u->left = 2;
    }
    return u->pair[--u->left];
}

/* ---- Gamma ---- */

/* Marsaglia and Tsang, A simple method for generating gamma variables, 2000. Below 1, alpha + 1 is drawn and scaled. */
static double draw_gamma(double alpha, leat_philox gen)
{
    uniforms u = {.gen = gen};
    if (alpha == 1)
        return -log1p(-draw(&u));
    if (!(alpha > 0)) /* no distribution: rejection might never end */
        return NAN;
    const double d = alpha + (alpha < 1 ? 2.0 / 3 : -1.0 / 3), c = 1.0 / 3 / sqrt(d);
    double pair[2];
    for (int left = 0;;) {
        if (left == 0) {
            leat_philox_normals(&u.gen, pair);
            left = 2;
        }
        double x = pair[--left], v = 1 + c * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        double y = draw(&u);
        if (y < 1 - 0.0331 * (x * x) * (x * x) || log(y) < 0.5 * x * x + d * (1 - v + log(v)))
            return d * v * (alpha < 1 ? pow(draw(&u), 1 / alpha) : 1);
    }
}

/* ---- Poisson ---- */

/* Knuth's product of uniforms; `most` is the greatest number of the output's dtype. */
static double draw_few(double rate, double most, leat_philox gen)
{
    uniforms u = {.gen = gen};
    const double limit = exp(-rate);
    double product = 1;
    for (double n = 0;; n++) {
        product *= draw(&u);
        if (product <= limit && n <= most)
            return n;
    }
}

/* Hoermann, The transformed rejection method for generating Poisson random variables, 1993; rates from 10 on. */
static double draw_many(double rate, double most, leat_philox gen)
{
    uniforms source = {.gen = gen};
    const double b = 0.931 + 2.53 * sqrt(rate), a = -0.059 + 0.02483 * b,
                 inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    for (;;) {
        double u = draw(&source) - 0.5, v = draw(&source), shifted = 0.5 - fabs(u);
        double n = floor((2 * a / shifted + b) * u + rate + 0.43);
        if (n > most)
            continue;
        if (shifted >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2))
            return n;
        if (n < 0 || (shifted < 0.013 && v > shifted))
            continue;
        if (log(v * inverse_alpha / (a / (shifted * shifted) + b)) <= -rate + n * log(rate) - lgamma(n + 1))
            return n;
    }
}

static double draw_poisson(double rate, double most, leat_philox gen)
{
    if (!(rate >= 0) || isinf(rate)) /* no distribution: rejection might never end */
        return NAN;
    return rate < 10 ? draw_few(rate, most, gen) : draw_many(rate, most, gen);
}

/* ---- outputs: shape + the parameters' shape ---- */

typedef struct samples {
    const leat_tensor *parameters;
    leat_tensor *out;
    leat_philox gen;
    bool poisson;
    double most;
    int64_t each; /* samples of a parameter */
} samples;

/* Samples are counted parameter by parameter, and lie sample by sample. */
static void draw_range(int64_t begin, int64_t end, void *arg)
{
    const samples *s = arg;
    for (int64_t i = begin; i < end; i++) {
        int64_t parameter = i / s->each, at = i % s->each * s->parameters->elements + parameter;
        double p = leat_element_get(s->parameters, parameter);
        leat_philox gen = leat_philox_of_element(s->gen, i);
        double value = s->poisson ? draw_poisson(p, s->most, gen) : draw_gamma(p, gen);
        leat_element_put(s->out, at, value);
    }
}

static double greatest(leat_dtype dtype)
{
    return dtype == LEAT_INT32  ? (double)INT32_MAX
           : dtype == LEAT_HALF ? 65504.0
                                : (double)(dtype == LEAT_INT64 ? 0x1p63 : HUGE_VAL);
}

static leat_status draw_samples(leat_kernel *k, bool poisson)
{
    samples s = {
        .parameters = k->in[1], .out = &k->out[0], .poisson = poisson, .most = greatest(k->out[0].dtype)};
    leat_shape shape;
    LEAT_TRY(leat_kernel_shape(k, k->in[0], &shape));
    int rank = leat_shape_rank(&shape), more = leat_shape_rank(&s.parameters->shape);
    s.each = leat_dims_product(&shape, 0, rank);
    if (rank + more > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "more than %d dimensions", LEAT_MAX_RANK);
    for (int i = 0; i < more; i++)
        shape.dims[rank + i] = s.parameters->shape.dims[i];
    shape.rank_plus_1 += more;
    LEAT_TRY(leat_out_new(k, 0, &shape));
    if (s.out->elements == 0)
        return LEAT_OK;
    LEAT_TRY(leat_random_reserve(k, (uint64_t)s.out->elements * LEAT_RANDOM_RESERVE, &s.gen));
    leat_ranges(k, s.out->elements, 64, draw_range, &s);
    return LEAT_OK;
}

static leat_status gamma_kernel(leat_kernel *k)
{
    return draw_samples(k, false);
}
static leat_status poisson_kernel(leat_kernel *k)
{
    return draw_samples(k, true);
}

static leat_status samples_shape(leat_infer *c)
{
    LEAT_TRY(leat_random_shape(c));
    int rank = leat_shape_rank(&c->out[0]), more = leat_shape_rank(c->in[1]);
    if (rank < 0 || more < 0) {
        c->out[0] = (leat_shape){0};
        return LEAT_OK;
    }
    if (rank + more > LEAT_MAX_RANK)
        return leat_infer_fail(c, "more than %d dimensions", LEAT_MAX_RANK);
    for (int i = 0; i < more; i++)
        c->out[0].dims[rank + i] = c->in[1]->dims[i];
    c->out[0].rank_plus_1 += more;
    return LEAT_OK;
}

/* By alpha: the samples' derivatives, summed over the samples. */
static void gamma_grad(leat_grad *g)
{
    leat_out alpha = leat_grad_in(g, 1), zero = leat_grad_int(g, 0), one = leat_grad_int(g, 1);
    leat_out ones = leat_raw_tile(leat_grad_ints(g, (const int32_t[]){1}, 1),
                                  leat_raw_expand_dims(leat_raw_size(leat_grad_in(g, 0)), zero));
    leat_out shape = leat_raw_concat_v2(LEAT_OUTS(ones, leat_raw_shape(alpha)),
                                        zero); /* alpha's, as many axes as there are */
    leat_out by_alpha = leat_raw_random_gamma_grad(leat_raw_reshape(alpha, shape), leat_grad_out(g, 0));
    leat_out axes = leat_raw_range(zero, leat_raw_size(leat_grad_in(g, 0)), one);
    g->dx[1] = leat_grad_sum(g, leat_raw_mul(g->dy[0], by_alpha), axes, false);
}

const leat_op_def leat_op_RandomGamma = LEAT_OP(
    "RandomGamma(shape: S, alpha: T) -> output: T; seed: int = 0; seed2: int = 0; S: {int32, int64}; T: {half, float, "
    "double}",
    .doc = "For each alpha a tensor of that shape of numbers of the Gamma distribution.",
    .shape = samples_shape, .kernels = {{.fn = gamma_kernel}}, .gradient = gamma_grad,
    .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

const leat_op_def leat_op_RandomPoisson = LEAT_OP(
    "RandomPoisson(shape: S, rate: dtype) -> output: dtype; seed: int = 0; seed2: int = 0; S: {int32, int64}; dtype: "
    "{half, float, double}",
    .doc = "For each rate a tensor of that shape of numbers of the Poisson distribution.",
    .shape = samples_shape, .kernels = {{.fn = poisson_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

const leat_op_def leat_op_RandomPoissonV2 = LEAT_OP(
    "RandomPoissonV2(shape: S, rate: R) -> output: dtype; seed: int = 0; seed2: int = 0; S: {int32, int64}; R: {half, "
    "float, double, int32, int64} = double; dtype: {half, float, double, int32, int64} = int64",
    .doc = "For each rate a tensor of that shape of numbers of the Poisson distribution.",
    .shape = samples_shape, .kernels = {{.fn = poisson_kernel}}, .gradient = leat_grad_none,
    .cost = leat_cost_moves, .flags = LEAT_OP_STATEFUL);

LEAT_ROW(RandomGamma,
         "(int32[1] 3, double[3] 0.5 1 3) {seed: 3; seed2: 4} tol 1e-14 nograd -> "
         "double[3,3] 0.030098978607101822 1.4409040920653111 1.085864423303633 0.358395496536684 "
         "0.4698859473298968 1.6920349135474357 0.15078957071898044 0.1677800986538215 "
         "2.883646106442903");
LEAT_ROW(RandomGamma, "(int64[2] 2 1, float[] 20) {seed: 3; seed2: 4} nograd -> "
                      "float[2,1] 14.888612 19.210255");
LEAT_ROW(RandomGamma, "(int32[1] 1, float[] -2) {seed: 3; seed2: 4} nograd -> float[1] nan");
LEAT_ROW(RandomPoisson, "(int32[1] 4, float[2] 0.5 12) {seed: 3; seed2: 4} -> "
                        "float[4,2] 0 11 1 13 1 13 1 12");
LEAT_ROW(RandomPoissonV2, "(int32[1] 4, float[2] 0.5 12) {seed: 3; seed2: 4; dtype: float} -> "
                          "float[4,2] 0 11 1 13 1 13 1 12");
LEAT_ROW(RandomPoissonV2, "(int32[1] 4, double[3] 0.5 3 20) {seed: 3; seed2: 4} -> "
                          "int64[4,3] 0 1 24 1 5 26 1 3 24 1 8 18");
LEAT_ROW(RandomPoissonV2, "(int32[1] 4, int32[] 100) {seed: 3; seed2: 4; dtype: float} -> "
                          "float[4] 102 107 108 108");

/* ---- the derivative of a sample by alpha: what keeps Igamma(alpha, sample) where it is ---- */

static double sample_by_alpha(double alpha, double sample)
{
    if (!(sample > 0))
        return sample == 0 ? 0 : NAN;
    return -leat_igamma_by_a(alpha, sample) / exp((alpha - 1) * log(sample) - sample - lgamma(alpha));
}

LEAT_LOOP2(gamma_grad_f32, float, float, sample_by_alpha((double)x, (double)y))
LEAT_LOOP2(gamma_grad_f64, double, double, sample_by_alpha(x, y))
static leat_status gamma_grad_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {
        .by_dtype = {[LEAT_FLOAT] = gamma_grad_f32, [LEAT_DOUBLE] = gamma_grad_f64},
        .grain = LEAT_GRAIN_HEAVY};
    return leat_binary(k, &loops);
}

const leat_op_def leat_op_RandomGammaGrad =
    LEAT_OP("RandomGammaGrad(alpha: T, sample: T) -> output: T; T: {float, double}",
            .doc = "The derivative of samples of RandomGamma by alpha.", .shape = leat_shape_broadcast2,
            .kernels = {{.fn = gamma_grad_kernel}}, .gradient = leat_grad_missing, .flags = LEAT_OP_INPLACE);

LEAT_ROW(RandomGammaGrad, "(double[3] 0.5 1 3, double[3] 0.2 2 4) tol 1e-7 -> "
                          "double[3] 0.7940505663308433 1.6316914623496996 1.2164969985224419");
