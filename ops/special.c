/* special.c - incomplete gamma and beta functions, quantiles of the normal distribution. All compute in double. */
#include <float.h>
#include <math.h>
#include "ops/elementwise-private.h"
#include "ops/grad-private.h"
#include "ops/special-private.h"

enum { MOST_TERMS = 2000 };

/* ---- incomplete gamma functions: a series where x is small, a continued fraction elsewhere (Abramowitz and Stegun, 6.5) ----
 * Each comes with its derivative by a, which follows the same recurrence term by term. */

typedef struct gamma_value {
    double value, by_a;
} gamma_value;

/* x^a e^-x / gamma(a + shift), times what the series or the fraction gave. */
static gamma_value scaled(double a, double x, double shift, double sum, double sum_by_a)
{
    double factor = exp(a * log(x) - x - lgamma(a + shift));
    return (gamma_value){sum * factor, factor * ((log(x) - leat_digamma_at(a + shift)) * sum + sum_by_a)};
}

/* P(a, x) */
static gamma_value lower_series(double a, double x)
{
    double r = a, c = 1, sum = 1, dc = 0, dsum = 0;
    for (int i = 0; i < MOST_TERMS; i++) {
        r += 1;
        double term = x / r, dterm = -x / (r * r);
        dc = term * dc + dterm * c;
        dsum += dc;
        c *= term;
        sum += c;
        if (c <= DBL_EPSILON * sum && fabs(dc) <= DBL_EPSILON * fabs(dsum))
            break;
    }
    return scaled(a, x, 1, sum, dsum);
}

/* Q(a, x) = 1 - P(a, x) */
static gamma_value upper_fraction(double a, double x)
{
    const double big = 1 / DBL_EPSILON;
    double y = 1 - a, z = x + y + 1, p[2] = {1, x + 1}, q[2] = {x, z * x}, dp[2] = {0, 0}, dq[2] = {0, -x};
    double value = p[1] / q[1], slope = (dp[1] - value * dq[1]) / q[1];
    for (int c = 1; c < MOST_TERMS; c++) {
        y += 1;
        z += 2;
        double yc = y * c, pk = p[1] * z - p[0] * yc, qk = q[1] * z - q[0] * yc;
        double dpk = dp[1] * z - p[1] - dp[0] * yc + p[0] * c, dqk = dq[1] * z - q[1] - dq[0] * yc + q[0] * c;
        bool done = false;
        if (qk != 0) {
            double next = pk / qk, next_slope = (dpk - next * dqk) / qk;
            done = fabs(next - value) <= DBL_EPSILON * fabs(next) && fabs(next_slope - slope) <= DBL_EPSILON;
            value = next;
            slope = next_slope;
        }
        p[0] = p[1], p[1] = pk, q[0] = q[1], q[1] = qk;
        dp[0] = dp[1], dp[1] = dpk, dq[0] = dq[1], dq[1] = dqk;
        for (int i = 0; fabs(pk) > big && i < 2; i++)
            p[i] /= big, q[i] /= big, dp[i] /= big, dq[i] /= big;
        if (done)
            break;
    }
    return scaled(a, x, 0, value, slope);
}

static bool outside(double a, double x)
{
    return !(a > 0) || !(x >= 0);
}

static double igamma_one(double a, double x)
{
    if (x == 0)
        return 0;
    if (outside(a, x))
        return (double)NAN;
    if (isinf(x))
        return isinf(a) ? (double)NAN : 1;
    if (isinf(a))
        return 0;
    return x > 1 && x > a ? 1 - upper_fraction(a, x).value : lower_series(a, x).value;
}

static double igammac_one(double a, double x)
{
    if (outside(a, x))
        return (double)NAN;
    if (x == 0)
        return 1;
    if (isinf(x))
        return isinf(a) ? (double)NAN : 0;
    if (isinf(a))
        return 1;
    return x < 1 || x < a ? 1 - lower_series(a, x).value : upper_fraction(a, x).value;
}

double leat_igamma_by_a(double a, double x)
{
    if (outside(a, x))
        return (double)NAN;
    if (x == 0 || isinf(x) || isinf(a))
        return 0;
    return x > 1 && x > a ? -upper_fraction(a, x).by_a : lower_series(a, x).by_a;
}

#define DOUBLE_KERNEL2(name_, value_)                                                                        \
    LEAT_LOOP2(name_##_f32, float, float, value_)                                                            \
    LEAT_LOOP2(name_##_f64, double, double, value_)                                                          \
    static leat_status name_(leat_kernel *k)                                                                 \
    {                                                                                                        \
        static const leat_binary_loops loops = {                                                             \
            .by_dtype = {[LEAT_FLOAT] = name_##_f32, [LEAT_DOUBLE] = name_##_f64},                           \
            .grain = LEAT_GRAIN_HEAVY};                                                                      \
        return leat_binary(k, &loops);                                                                       \
    }
#define DOUBLE_KERNEL1(name_, function_) LEAT_LIBM_KERNEL1(name_, (float)function_((double)x), function_(x))
DOUBLE_KERNEL2(igamma_kernel, igamma_one((double)x, (double)y))
DOUBLE_KERNEL2(igammac_kernel, igammac_one((double)x, (double)y))
DOUBLE_KERNEL2(igamma_grad_a_kernel, leat_igamma_by_a((double)x, (double)y))

/* By a: IgammaGradA; by x: the density e^-x x^(a-1) / gamma(a). */
static void igamma_grad_signed(leat_grad *g, bool negative)
{
    leat_out a = leat_grad_in(g, 0), x = leat_grad_in(g, 1), one = leat_scalar_float(g->graph, 1);
    leat_out by_a = leat_raw_igamma_grad_a(a, x);
    leat_out by_x = leat_raw_exp(
        leat_raw_sub(leat_raw_add_v2(leat_raw_neg(x), leat_raw_mul(leat_raw_sub(a, one), leat_raw_log(x))),
                     leat_raw_lgamma(a)));
    leat_out dy = negative ? leat_raw_neg(g->dy[0]) : g->dy[0];
    g->dx[0] = leat_grad_unbroadcast(g, leat_raw_mul(by_a, dy), 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_mul(by_x, dy), 1, 0);
}

static void igamma_grad(leat_grad *g)
{
    igamma_grad_signed(g, false);
}
static void igammac_grad(leat_grad *g)
{
    igamma_grad_signed(g, true);
}

const leat_op_def leat_op_Igamma =
    LEAT_OP("Igamma(a: T, x: T) -> z: T; T: floating",
            .doc = "The lower regularized incomplete gamma function P(a, x).", .shape = leat_shape_broadcast2,
            .kernels = {{igamma_kernel}}, .gradient = igamma_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Igammac =
    LEAT_OP("Igammac(a: T, x: T) -> z: T; T: floating",
            .doc = "The upper regularized incomplete gamma function Q(a, x).", .shape = leat_shape_broadcast2,
            .kernels = {{igammac_kernel}}, .gradient = igammac_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_IgammaGradA =
    LEAT_OP("IgammaGradA(a: T, x: T) -> z: T; T: {float, double}", .doc = "The derivative of Igamma by a.",
            .shape = leat_shape_broadcast2, .kernels = {{igamma_grad_a_kernel}},
            .gradient = leat_grad_missing, .flags = LEAT_OP_INPLACE);

LEAT_ROW(Igamma, "(double[4] 0.5 1 3 10, double[4] 0.2 3 2 30) gradtol 1e-4 -> double[4] 0.4729107431344619 "
                 "0.950212931632136 0.32332358381693643 0.9999928782491372");
LEAT_ROW(Igamma, "(float[2,1] 2 -1, float[3] 0 1 inf) nograd -> float[2,3] 0 0.26424113 1 0 nan nan");
LEAT_ROW(Igamma, "(half[1] 2, half[1] 1) -> half[1] 0.2642");
LEAT_ROW(Igammac, "(double[4] 0.5 1 3 10, double[4] 0.2 3 2 30) gradtol 1e-4 -> double[4] 0.5270892568655381 "
                  "0.049787068367863944 0.6766764161830635 7.12175086281558e-6");
LEAT_ROW(Igammac, "(float[3] 2 2 0, float[3] 0 inf 1) nograd -> float[3] 1 0 nan");
LEAT_ROW(
    IgammaGradA,
    "(double[3] 0.5 3 2, double[3] 0.2 2 7) tol 1e-9 -> double[3] -0.8201614064863386 -0.23184867204398962 -0.012138651385307177");

/* ---- the incomplete beta function: Lentz's method on the continued fraction 26.5.8 of Abramowitz and Stegun ---- */

static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < MOST_TERMS; m++) {
        double step = 1;
        for (int odd = 0; odd < 2; odd++) {
            double n = a + 2 * m,
                   t = odd ? -(a + m) * (a + b + m) * x / (n * (n + 1)) : m * (b - m) * x / ((n - 1) * n);
            d = 1 + t * d;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = 1 + t / c;
            c = fabs(c) < tiny ? tiny : c;
            step = d * c;
            h *= step;
        }
        if (fabs(step - 1) <= DBL_EPSILON)
            break;
    }
    return h;
}

static double betainc_one(double a, double b, double x)
{
    if (!(a > 0) || !(b > 0) || !(x >= 0) || !(x <= 1))
        return (double)NAN;
    if (x == 0 || x == 1)
        return x;
    double factor = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? factor * beta_fraction(a, b, x) / a
                                     : 1 - factor * beta_fraction(b, a, 1 - x) / b;
}

static leat_status betainc_shape(leat_infer *c)
{
    leat_shape two;
    if (!leat_shape_broadcast(c->in[0], c->in[1], &two) || !leat_shape_broadcast(&two, c->in[2], &c->out[0]))
        return leat_infer_fail(c, "the shapes of a, b and x do not broadcast");
    return LEAT_OK;
}

typedef struct betainc {
    leat_kernel *k;
    leat_broadcast b;
} betainc;

static void betainc_range(int64_t begin, int64_t end, void *arg)
{
    const betainc *s = arg;
    const leat_tensor *const *in = s->k->in;
    for (int64_t i = begin; i < end; i++) {
        int64_t at[3], left;
        leat_broadcast_at(&s->b, i, 3, at, &left);
        leat_element_put(&s->k->out[0], i,
                         betainc_one(leat_element_get(in[0], at[0]), leat_element_get(in[1], at[1]),
                                     leat_element_get(in[2], at[2])));
    }
}

static leat_status betainc_kernel(leat_kernel *k)
{
    const leat_shape *shapes[3] = {&k->in[0]->shape, &k->in[1]->shape, &k->in[2]->shape};
    leat_shape two, out;
    betainc s = {.k = k};
    if (!leat_shape_broadcast(shapes[0], shapes[1], &two) || !leat_shape_broadcast(&two, shapes[2], &out))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the shapes of a, b and x do not broadcast");
    LEAT_TRY(leat_out_new(k, 0, &out));
    leat_broadcast_plan(&s.b, &out, shapes, 3);
    leat_ranges(k, k->out[0].elements, LEAT_GRAIN_HEAVY, betainc_range, &s);
    return LEAT_OK;
}

/* By x only, as TensorFlow's: x^(a-1) (1-x)^(b-1) / B(a, b). */
static void betainc_grad(leat_grad *g)
{
    leat_out a = leat_grad_in(g, 0), b = leat_grad_in(g, 1), x = leat_grad_in(g, 2);
    leat_out one = leat_scalar_float(g->graph, 1);
    leat_out beta = leat_raw_sub(leat_raw_add_v2(leat_raw_lgamma(a), leat_raw_lgamma(b)),
                                 leat_raw_lgamma(leat_raw_add_v2(a, b)));
    leat_out log_density =
        leat_raw_sub(leat_raw_add_v2(leat_raw_mul(leat_raw_sub(b, one), leat_raw_log1p(leat_raw_neg(x))),
                                     leat_raw_mul(leat_raw_sub(a, one), leat_raw_log(x))),
                     beta);
    g->dx[2] = leat_grad_unbroadcast(g, leat_raw_mul(leat_raw_exp(log_density), g->dy[0]), 2, 0);
}

const leat_op_def leat_op_Betainc =
    LEAT_OP("Betainc(a: T, b: T, x: T) -> z: T; T: {float, double}",
            .doc = "The regularized incomplete beta function.", .shape = betainc_shape,
            .kernels = {{betainc_kernel}}, .gradient = betainc_grad);

LEAT_ROW(
    Betainc,
    "(double[4] 0.5 2 5 30, double[4] 0.5 3 1 40, double[4] 0.2 0.4 0.9 0.45) gradin 2 tol 1e-11 -> double[4] "
    "0.2951672353008665 0.5248 0.59049 0.6447480085585576");
LEAT_ROW(Betainc, "(float[] 2, float[] 3, float[3] 0 1 2) nograd -> float[3] 0 1 nan");

/* ---- the normal distribution's quantile: Wichura's algorithm AS 241, 1988, good to 1e-16 ---- */

static double rational(const double *p, const double *q, double x)
{
    double a = p[7], b = q[7];
    for (int i = 6; i >= 0; i--) {
        a = a * x + p[i];
        b = b * x + q[i];
    }
    return a / b;
}

/* At the probability 1/2 + q; `tail`: 1/2 - |q|, which the caller may know more exactly. */
static double quantile(double q, double tail)
{
    static const double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                                1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[8] = {1.0,
                                4.2313330701600911252e1,
                                6.8718700749205790830e2,
                                5.3941960214247511077e3,
                                2.1213794301586595867e4,
                                3.9307895800092710610e4,
                                2.8729085735721942674e4,
                                5.2264952788528545610e3};
    static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[8] = {1.0,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                1.78482653991729133580e0,  2.96560571828504891230e-1,
                                2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[8] = {1.0,
                                5.99832206555887937690e-1,
                                1.36929880922735805310e-1,
                                1.48753612908506148525e-2,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};
    if (fabs(q) <= 0.425)
        return q * rational(a, b, 0.180625 - q * q);
    if (!(tail >= 0))
        return (double)NAN;
    if (tail == 0)
        return q > 0 ? HUGE_VAL : -HUGE_VAL;
    double r = sqrt(-log(tail)), z = r <= 5 ? rational(c, d, r - 1.6) : rational(e, f, r - 5);
    return q > 0 ? z : -z;
}

static double ndtri_one(double p)
{
    return quantile(p - 0.5, p < 0.5 ? p : 1 - p);
}

static double erfinv_one(double x)
{
    return quantile(x / 2, (1 - fabs(x)) / 2) * M_SQRT1_2;
}

DOUBLE_KERNEL1(ndtri_kernel, ndtri_one)
DOUBLE_KERNEL1(erfinv_kernel, erfinv_one)

/* factor e^(y^2 / scale) dy */
static void quantile_grad(leat_grad *g, double factor, double scale)
{
    leat_out y = leat_grad_out(g, 0);
    leat_out square = leat_raw_mul(leat_raw_square(y), leat_scalar_float(g->graph, 1 / scale));
    g->dx[0] =
        leat_raw_mul(leat_raw_mul(g->dy[0], leat_scalar_float(g->graph, factor)), leat_raw_exp(square));
}
static void ndtri_grad(leat_grad *g)
{
    quantile_grad(g, 2.506628274631000502415765284811, 2); /* sqrt(2 pi) */
}
static void erfinv_grad(leat_grad *g)
{
    quantile_grad(g, 0.886226925452758013649083741671, 1); /* sqrt(pi) / 2 */
}

const leat_op_def leat_op_Ndtri = LEAT_OP(
    "Ndtri(x: T) -> y: T; T: floating", .doc = "The quantile of the standard normal distribution.",
    .shape = leat_shape_same, .kernels = {{ndtri_kernel}}, .gradient = ndtri_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Erfinv =
    LEAT_OP("Erfinv(x: T) -> y: T; T: floating", .doc = "The inverse of the error function.",
            .shape = leat_shape_same, .kernels = {{erfinv_kernel}}, .gradient = erfinv_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(Ndtri,
         "(double[5] 0.5 0.1 0.975 1e-10 0.9999) nograd -> double[5] 0 -1.2815515655446004 1.959963984540054 "
         "-6.361340902404056 3.719016485455709");
LEAT_ROW(Ndtri, "(double[3] 0.3 0.5 0.9) -> double[3] -0.5244005127080409 0 1.2815515655446004");
LEAT_ROW(Ndtri, "(float[4] 0 1 2 nan) nograd -> float[4] -inf inf nan nan");
LEAT_ROW(Erfinv,
         "(double[4] 0.5 -0.1 0.999 1e-12) gradtol 1e-4 -> double[4] 0.4769362762044699 -0.08885599049425769 "
         "2.326753765513525 8.862269254527581e-13");
LEAT_ROW(Erfinv, "(float[3] 1 -1 2) nograd -> float[3] inf -inf nan");

/* ---- NextAfter ---- */

LEAT_LOOP2(next_after_f32, float, float, nextafterf(x, y))
LEAT_LOOP2(next_after_f64, double, double, nextafter(x, y))

static leat_status next_after_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {
        .by_dtype = {[LEAT_FLOAT] = next_after_f32, [LEAT_DOUBLE] = next_after_f64}};
    return leat_binary(k, &loops);
}

/* As TensorFlow's: it moves with x1. */
static void next_after_grad(leat_grad *g)
{
    g->dx[0] = leat_grad_unbroadcast(g, g->dy[0], 0, 1);
    if (leat_grad_wanted(g, 1))
        g->dx[1] = leat_raw_zeros_like(leat_grad_in(g, 1));
}

const leat_op_def leat_op_NextAfter =
    LEAT_OP("NextAfter(x1: T, x2: T) -> output: T; T: {double, float} = float",
            .doc = "The number next to x1 in the direction of x2.", .shape = leat_shape_broadcast2,
            .kernels = {{next_after_kernel}}, .gradient = next_after_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(NextAfter,
         "(float[3] 1 1 0, float[3] 2 0 0) nograd tol 0 -> float[3] 1.0000001192092896 0.9999999403953552 0");
LEAT_ROW(NextAfter,
         "(double[2] 1 0, double[] 5) nograd tol 0 -> double[2] 1.0000000000000002 4.9406564584124654e-324");
