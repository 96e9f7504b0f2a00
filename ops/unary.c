/* unary.c - functions of one operand: signs, rounding, powers, exponentials, tests. */
#include <math.h>
#include "ops/elementwise-private.h"
#include "ops/grad-private.h"
#include "ops/special-private.h"

/* ---- Neg, Abs, Sign, Square ---- */

/* Integers wrap (the arithmetic is unsigned): -INT_MIN is INT_MIN. */
LEAT_LOOP1(neg_8, uint8_t, uint8_t, 0U - x)
LEAT_LOOP1(neg_16, uint16_t, uint16_t, 0U - x)
LEAT_LOOP1(neg_32, uint32_t, uint32_t, 0U - x)
LEAT_LOOP1(neg_64, uint64_t, uint64_t, UINT64_C(0) - x)
#define INT_UNARY_LOOPS(dtype_, type_)                                                                       \
    LEAT_LOOP1(abs_##dtype_, type_, type_, x < (type_)1 && x != 0 ? UINT64_C(0) - (uint64_t)x : (uint64_t)x) \
    LEAT_LOOP1(sign_##dtype_, type_, type_, x < (type_)1 && x != 0 ? (type_)-1 : (type_)(x != 0))            \
    LEAT_LOOP1(square_##dtype_, type_, type_, (uint64_t)x *(uint64_t)x)
LEAT_FOR_INTS(INT_UNARY_LOOPS)
#define ABS_ENTRY(dtype_, type_) [dtype_] = abs_##dtype_,
#define SIGN_ENTRY(dtype_, type_) [dtype_] = sign_##dtype_,
#define SQUARE_ENTRY(dtype_, type_) [dtype_] = square_##dtype_,

static leat_status neg_kernel(leat_kernel *k)
{
    static const leat_unary_loops loops = {.float1 = LEAT_VECTOR_NEG + 1,
                                           .of_complex = LEAT_COMPLEX_NEG + 1,
                                           .by_dtype = {[LEAT_INT8] = neg_8,
                                                        [LEAT_UINT8] = neg_8,
                                                        [LEAT_INT16] = neg_16,
                                                        [LEAT_UINT16] = neg_16,
                                                        [LEAT_INT32] = neg_32,
                                                        [LEAT_UINT32] = neg_32,
                                                        [LEAT_INT64] = neg_64,
                                                        [LEAT_UINT64] = neg_64}};
    return leat_unary(k, &loops);
}
static leat_status abs_kernel(leat_kernel *k)
{
    static const leat_unary_loops loops = {.float1 = LEAT_VECTOR_ABS + 1,
                                           .by_dtype = {LEAT_FOR_INTS(ABS_ENTRY)}};
    return leat_unary(k, &loops);
}
static leat_status sign_kernel(leat_kernel *k)
{
    static const leat_unary_loops loops = {.float1 = LEAT_VECTOR_SIGN + 1,
                                           .by_dtype = {LEAT_FOR_INTS(SIGN_ENTRY)}};
    return leat_unary(k, &loops);
}
static leat_status square_kernel(leat_kernel *k)
{
    static const leat_unary_loops loops = {.float1 = LEAT_VECTOR_SQUARE + 1,
                                           .of_complex = LEAT_COMPLEX_SQUARE + 1,
                                           .by_dtype = {LEAT_FOR_INTS(SQUARE_ENTRY)}};
    return leat_unary(k, &loops);
}

static void neg_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_neg(g->dy[0]);
}
static void abs_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_sign(leat_grad_in(g, 0)));
}
static void sign_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_zeros_like(leat_grad_in(g, 0));
}
static void square_grad(leat_grad *g)
{
    leat_out two = leat_scalar_float(g->graph, 2.0);
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_mul(leat_grad_conj(leat_grad_in(g, 0)), two));
}

const leat_op_def leat_op_Neg =
    LEAT_OP("Neg(x: T) -> y: T; T: numeric", .doc = "y = -x.", .shape = leat_shape_same,
            .kernels = {{neg_kernel}}, .gradient = neg_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Abs =
    LEAT_OP("Abs(x: T) -> y: T; T: real", .doc = "y = |x|.", .shape = leat_shape_same,
            .kernels = {{abs_kernel}}, .gradient = abs_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Sign =
    LEAT_OP("Sign(x: T) -> y: T; T: numeric", .doc = "y = -1, 0 or 1; NaN stays.", .shape = leat_shape_same,
            .kernels = {{sign_kernel}}, .gradient = sign_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Square =
    LEAT_OP("Square(x: T) -> y: T; T: numeric", .doc = "y = x * x.", .shape = leat_shape_same,
            .kernels = {{square_kernel}}, .gradient = square_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(Neg, "(float[2,3] -3..3)", -x);
LEAT_ROW(Neg, "(double[70000] -3..3) nograd", -x);
LEAT_ROW(Neg, "(int8[3] 1 -128 5) -> int8[3] -1 -128 -5");
LEAT_ROW(Neg, "(half[2] 1.5 -2) -> half[2] -1.5 2");
LEAT_ROW(Neg, "(complex64[1] 1-2j) -> complex64[1] -1+2j");
LEAT_ROW(Abs, "(double[2,3] -3..3)", fabs(x));
LEAT_ROW(Abs, "(int32[2] -2147483648 -5) -> int32[2] -2147483648 5");
LEAT_ROW(Sign, "(float[5] nan 2 -0 0 -inf) nograd -> float[5] nan 1 0 0 -1");
LEAT_ROW(Sign, "(int64[3] -7 0 7) -> int64[3] -1 0 1");
LEAT_ROW(Square, "(double[2,3] -3..3)", (x * x));
LEAT_ROW(Square, "(int16[2] 300 -3) -> int16[2] 24464 9");
LEAT_ROW(Square, "(complex128[2] 1-2j 1j) -> complex128[2] -3-4j -1");

/* ---- rounding ---- */

/* Integers are their own roundings. */
static leat_status copy_kernel(leat_kernel *k)
{
    LEAT_TRY(leat_out_reuse(k, 0, 0, &k->in[0]->shape));
    if (k->out[0].data != k->in[0]->data)
        return leat_copy_elements(k->in[0]->dtype, k->out[0].data, k->in[0]->data, k->in[0]->elements);
    return LEAT_OK;
}
LEAT_VECTOR_KERNEL1(floor_kernel, FLOOR, CHEAP)
LEAT_VECTOR_KERNEL1(ceil_kernel, CEIL, CHEAP)
LEAT_VECTOR_KERNEL1(rint_kernel, RINT, CHEAP)
static leat_status round_kernel(leat_kernel *k)
{
    return leat_dtype_is_integer(k->in[0]->dtype) ? copy_kernel(k) : rint_kernel(k);
}

const leat_op_def leat_op_Floor =
    LEAT_OP("Floor(x: T) -> y: T; T: floating", .doc = "The largest integer that is not above x.",
            .shape = leat_shape_same, .kernels = {{floor_kernel}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Ceil =
    LEAT_OP("Ceil(x: T) -> y: T; T: floating", .doc = "The smallest integer that is not below x.",
            .shape = leat_shape_same, .kernels = {{ceil_kernel}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Rint =
    LEAT_OP("Rint(x: T) -> y: T; T: floating", .doc = "The nearest integer; halves go to the even one.",
            .shape = leat_shape_same, .kernels = {{rint_kernel}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Round =
    LEAT_OP("Round(x: T) -> y: T; T: numeric", .doc = "The nearest integer; halves go to the even one.",
            .shape = leat_shape_same, .kernels = {{round_kernel}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(Floor, "(float[100] -9..9)", floor(x));
LEAT_ROW(Floor, "(float[4] -0.5 nan inf 3e9) -> float[4] -1 nan inf 3e9");
LEAT_ROW(Ceil, "(double[100] -9..9)", ceil(x));
LEAT_ROW(Rint, "(float[6] 0.5 1.5 2.5 -0.5 -1.5 -2.5) -> float[6] 0 2 2 -0 -2 -2");
LEAT_ROW(Round, "(double[6] 0.5 1.5 2.5 -0.5 -1.5 -2.5) -> double[6] 0 2 2 -0 -2 -2");
LEAT_ROW(Round, "(int32[2] 5 -7) -> int32[2] 5 -7");

/* ---- roots and reciprocals ---- */

LEAT_VECTOR_KERNEL1_COMPLEX(sqrt_kernel, SQRT, CHEAP)
LEAT_VECTOR_KERNEL1(rsqrt_kernel, RSQRT, CHEAP)
LEAT_VECTOR_KERNEL1_COMPLEX(reciprocal_kernel, RECIPROCAL, CHEAP)

static void sqrt_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_sqrt_grad(leat_grad_out(g, 0), g->dy[0]);
}
static void rsqrt_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_rsqrt_grad(leat_grad_out(g, 0), g->dy[0]);
}
static void reciprocal_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_reciprocal_grad(leat_grad_out(g, 0), g->dy[0]);
}
static void inv_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_inv_grad(leat_grad_out(g, 0), g->dy[0]);
}

const leat_op_def leat_op_Sqrt =
    LEAT_OP("Sqrt(x: T) -> y: T; T: inexact", .doc = "The square root.", .shape = leat_shape_same,
            .kernels = {{sqrt_kernel}}, .gradient = sqrt_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Rsqrt =
    LEAT_OP("Rsqrt(x: T) -> y: T; T: inexact", .doc = "y = 1 / sqrt(x).", .shape = leat_shape_same,
            .kernels = {{rsqrt_kernel}}, .gradient = rsqrt_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Reciprocal =
    LEAT_OP("Reciprocal(x: T) -> y: T; T: numeric", .doc = "y = 1 / x.", .shape = leat_shape_same,
            .kernels = {{reciprocal_kernel}}, .gradient = reciprocal_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Inv =
    LEAT_OP("Inv(x: T) -> y: T; T: numeric", .doc = "y = 1 / x (the old name of Reciprocal).",
            .shape = leat_shape_same, .kernels = {{reciprocal_kernel}}, .gradient = inv_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(Sqrt, "(double[2,3] 0.5..3)", sqrt(x));
LEAT_ROW(Sqrt, "(float[100] 0..9) nograd", sqrt(x));
LEAT_ROW(Sqrt, "(complex64[2] -3-4j -1) -> complex64[2] 1-2j 1j");
LEAT_ROW(Rsqrt, "(double[2,3] 0.5..3)", 1 / sqrt(x));
LEAT_ROW(Rsqrt, "(float[4] 0 -0 inf -1) nograd -> float[4] inf -inf 0 nan");
LEAT_ROW(Reciprocal, "(double[2,3] 0.5..3)", 1 / x);
LEAT_ROW(Reciprocal, "(complex64[1] 2j) -> complex64[1] -0.5j");
LEAT_ROW(Inv, "(double[2,3] 0.5..3)", 1 / x);
LEAT_ROW(Inv, "(complex128[1] 1+1j) -> complex128[1] 0.5-0.5j");

/* ---- exponentials and logarithms ---- */

LEAT_VECTOR_KERNEL1_COMPLEX(exp_kernel, EXP, MATH)
LEAT_VECTOR_KERNEL1(expm1_kernel, EXPM1, MATH)
LEAT_VECTOR_KERNEL1_COMPLEX(log_kernel, LOG, MATH)
LEAT_VECTOR_KERNEL1(log1p_kernel, LOG1P, MATH)

static void exp_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], leat_grad_conj(leat_grad_out(g, 0)));
}
static void expm1_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_exp(leat_grad_in(g, 0)));
}
static void log_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_reciprocal(leat_grad_conj(leat_grad_in(g, 0))));
}
static void log1p_grad(leat_grad *g)
{
    leat_out one_x = leat_raw_add_v2(leat_grad_in(g, 0), leat_scalar_float(g->graph, 1.0));
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_reciprocal(one_x));
}

const leat_op_def leat_op_Exp =
    LEAT_OP("Exp(x: T) -> y: T; T: inexact", .doc = "y = e to the power x.", .shape = leat_shape_same,
            .kernels = {{exp_kernel, .label = "vector"}}, .gradient = exp_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Expm1 = LEAT_OP(
    "Expm1(x: T) -> y: T; T: inexact", .doc = "y = exp(x) - 1, exact near 0.", .shape = leat_shape_same,
    .kernels = {{expm1_kernel, .label = "vector"}}, .gradient = expm1_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Log =
    LEAT_OP("Log(x: T) -> y: T; T: inexact", .doc = "The natural logarithm.", .shape = leat_shape_same,
            .kernels = {{log_kernel, .label = "vector"}}, .gradient = log_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Log1p = LEAT_OP(
    "Log1p(x: T) -> y: T; T: inexact", .doc = "y = log(1 + x), exact near 0.", .shape = leat_shape_same,
    .kernels = {{log1p_kernel, .label = "vector"}}, .gradient = log1p_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(Exp, "(double[2,3] -3..3)", exp(x));
LEAT_ROW(Exp, "(float[20001] -80..80) tol 2e-7 nograd", exp(x));
LEAT_ROW(Exp, "(float[4] nan inf -inf 100) nograd -> float[4] nan inf 0 inf");
LEAT_ROW(Exp, "(bfloat16[2] 0 1) -> bfloat16[2] 1 2.71875");
LEAT_ROW(
    Exp,
    "(complex128[2] 1j 1) tol 1e-12 -> complex128[2] 0.5403023058681398+0.8414709848078965j 2.718281828459045");
LEAT_ROW(Expm1, "(double[2,3] -3..3)", expm1(x));
LEAT_ROW(Expm1, "(float[101] -3..3) tol 2e-7", expm1(x));
LEAT_ROW(Expm1, "(float[2] 1e-10 -1e-10) nograd -> float[2] 1e-10 -1e-10");
LEAT_ROW(Log, "(double[2,3] 0.5..3)", log(x));
LEAT_ROW(Log, "(float[101] 0.5..30) tol 2e-7", log(x));
LEAT_ROW(Log, "(float[4] 0 -0 -1 inf) nograd -> float[4] -inf -inf nan inf");
LEAT_ROW(Log, "(complex128[2] -1 1j) tol 1e-12 -> complex128[2] 3.141592653589793j 1.5707963267948966j");
LEAT_ROW(Log1p, "(double[2,3] -0.5..3)", log1p(x));
LEAT_ROW(Log1p, "(float[101] -0.9..3) tol 2e-7 nograd", log1p(x));
LEAT_ROW(Log1p, "(float[3] -1 -2 1e-12) nograd -> float[3] -inf nan 1e-12");

/* ---- error and gamma functions ---- */

LEAT_VECTOR_KERNEL1(erf_kernel, ERF, MATH)
LEAT_LIBM_KERNEL1(erfc_kernel, erfcf(x), erfc(x))

/* libm's lgamma writes to a global; these do not. */
static inline double lgamma_one(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}
static inline float lgamma_onef(float x)
{
    int sign;
    return lgammaf_r(x, &sign);
}
LEAT_LIBM_KERNEL1(lgamma_kernel, lgamma_onef(x), lgamma_one(x))

/* Reflection below 0, recurrence up to 10, then the asymptotic series. */
double leat_digamma_at(double x)
{
    double reflected = 0, shift = 0;
    if (x <= 0) {
        if (x == floor(x))
            return NAN;
        reflected = M_PI / tan(M_PI * (x - floor(x)));
        x = 1 - x;
    }
    if (isinf(x))
        return x;
    for (; x < 10; x++)
        shift += 1 / x;
    double z = 1 / (x * x);
    double series =
        z *
        (1.0 / 12 - z * (1.0 / 120 -
                         z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132 - z * (691.0 / 32760 - z / 12))))));
    return log(x) - 0.5 / x - series - shift - reflected;
}
LEAT_LIBM_KERNEL1(digamma_kernel, (float)leat_digamma_at(x), leat_digamma_at(x))

static void erf_grad(leat_grad *g)
{
    /* 2 / sqrt(pi) * exp(-x^2), with the factor inside of the exponential */
    leat_out factor = leat_scalar_float(g->graph, log(M_2_SQRTPI));
    leat_out slope = leat_raw_exp(leat_raw_sub(factor, leat_raw_square(leat_grad_in(g, 0))));
    g->dx[0] = leat_raw_mul(g->dy[0], slope);
}
static void erfc_grad(leat_grad *g)
{
    leat_out minus_two_rsqrt_pi = leat_scalar_float(g->graph, -M_2_SQRTPI);
    leat_out bell = leat_raw_exp(leat_raw_neg(leat_raw_square(leat_grad_in(g, 0))));
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_mul(minus_two_rsqrt_pi, bell));
}
static void lgamma_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_digamma(leat_grad_in(g, 0)));
}
static void digamma_grad(leat_grad *g)
{
    leat_out one = leat_raw_ones_like(leat_grad_in(g, 0));
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_polygamma(one, leat_grad_in(g, 0)));
}

const leat_op_def leat_op_Erf =
    LEAT_OP("Erf(x: T) -> y: T; T: floating", .doc = "The error function.", .shape = leat_shape_same,
            .kernels = {{erf_kernel, .label = "vector"}}, .gradient = erf_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Erfc = LEAT_OP(
    "Erfc(x: T) -> y: T; T: floating", .doc = "y = 1 - erf(x), exact where erf(x) is near 1.",
    .shape = leat_shape_same, .kernels = {{erfc_kernel}}, .gradient = erfc_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Lgamma =
    LEAT_OP("Lgamma(x: T) -> y: T; T: floating",
            .doc = "The logarithm of the absolute value of the gamma function.", .shape = leat_shape_same,
            .kernels = {{lgamma_kernel}}, .gradient = lgamma_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Digamma = LEAT_OP(
    "Digamma(x: T) -> y: T; T: floating", .doc = "The derivative of Lgamma.", .shape = leat_shape_same,
    .kernels = {{digamma_kernel}}, .gradient = digamma_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(Erf, "(double[2,3] -3..3)", erf(x));
LEAT_ROW(Erf, "(float[1001] -5..5) tol 2e-7 nograd", erf(x));
LEAT_ROW(Erf, "(float[3] nan inf -inf) nograd -> float[3] nan 1 -1");
LEAT_ROW(Erfc, "(double[2,3] -3..3)", erfc(x));
LEAT_ROW(Erfc, "(float[1001] -5..5) nograd", erfc(x));
LEAT_ROW(Erfc, "(float[4] nan inf -inf 0) nograd -> float[4] nan 0 2 1");
LEAT_ROW(Erfc, "(double[1] 10) nograd tol 1e-58 -> double[1] 2.088487583762545e-45"); /* 1 - erf(10) is 0 */
LEAT_ROW(Erfc, "(half[2] 0 -9) -> half[2] 1 2");
LEAT_ROW(Erfc, "(bfloat16[2] 0 -9) -> bfloat16[2] 1 2");
LEAT_ROW(Lgamma, "(double[2,3] 0.5..5)", lgamma(x));
LEAT_ROW(Lgamma, "(float[3] -1 0 0.5) nograd tol 2e-7 -> float[3] inf inf 0.572364943");
LEAT_ROW(Digamma, "(double[5] 0.25 1 3.5 -0.5 12) tol 1e-12 gradtol 1e-4 -> double[5] -4.227453533376265 "
                  "-0.5772156649015329 1.1031566406452432 0.03648997397857652 2.4426616799758123");
LEAT_ROW(Digamma, "(float[2] 0 -2) nograd -> float[2] nan nan");

/* Hurwitz's zeta(s, q) for s > 1: terms up to 12 or more, then Euler and Maclaurin. */
static double zeta_one(double s, double q)
{
    static const double bernoulli[] = {1.0 / 12,           -1.0 / 720,     1.0 / 30240,
                                       -1.0 / 1209600,     1.0 / 47900160, -691.0 / 1307674368000.0,
                                       1.0 / 74724249600.0};
    if (s == 1)
        return INFINITY;
    if (s < 1 || isnan(s) || isnan(q))
        return NAN;
    if (q <= 0 && q == floor(q))
        return INFINITY;
    if (q < 0 && (s != floor(s) || q < -1e4)) /* powers of negative numbers; many terms */
        return NAN;
    double sum = 0, n = q;
    for (int i = 0; i < 12 || n < 12; i++, n++)
        sum += pow(n, -s);
    double power = pow(n, -s);
    sum += power * n / (s - 1) + 0.5 * power;
    double factor = s * power / n;
    for (int i = 0; i < 7; i++) {
        sum += bernoulli[i] * factor;
        factor *= (s + 2 * i + 1) * (s + 2 * i + 2) / (n * n);
    }
    return sum;
}

static double polygamma_one(double n, double x)
{
    if (n == 0)
        return leat_digamma_at(x);
    if (n < 0 || n != floor(n))
        return NAN;
    return (fmod(n, 2) == 0 ? -1 : 1) * tgamma(n + 1) * zeta_one(n + 1, x);
}

LEAT_LOOP2(zeta_f32, float, float, zeta_one(x, y))
LEAT_LOOP2(zeta_f64, double, double, zeta_one(x, y))
LEAT_LOOP2(polygamma_f32, float, float, polygamma_one(x, y))
LEAT_LOOP2(polygamma_f64, double, double, polygamma_one(x, y))

static leat_status zeta_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {.by_dtype = {[LEAT_FLOAT] = zeta_f32, [LEAT_DOUBLE] = zeta_f64},
                                            .grain = LEAT_GRAIN_HEAVY};
    return leat_binary(k, &loops);
}
static leat_status polygamma_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {
        .by_dtype = {[LEAT_FLOAT] = polygamma_f32, [LEAT_DOUBLE] = polygamma_f64}, .grain = LEAT_GRAIN_HEAVY};
    return leat_binary(k, &loops);
}

static void zeta_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), q = leat_grad_in(g, 1), one = leat_scalar_float(g->graph, 1.0);
    leat_out slope = leat_raw_mul(leat_raw_neg(x), leat_raw_zeta(leat_raw_add_v2(x, one), q));
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_mul(g->dy[0], slope), 1, 0);
}
static void polygamma_grad(leat_grad *g)
{
    leat_out a = leat_grad_in(g, 0), x = leat_grad_in(g, 1), one = leat_scalar_float(g->graph, 1.0);
    leat_out slope = leat_raw_polygamma(leat_raw_add_v2(a, one), x);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_mul(g->dy[0], slope), 1, 0);
}

const leat_op_def leat_op_Zeta =
    LEAT_OP("Zeta(x: T, q: T) -> z: T; T: {float, double}", .doc = "Hurwitz's zeta function.",
            .shape = leat_shape_broadcast2, .kernels = {{zeta_kernel}}, .gradient = zeta_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Polygamma =
    LEAT_OP("Polygamma(a: T, x: T) -> z: T; T: {float, double}",
            .doc = "The derivative of order a of Digamma.", .shape = leat_shape_broadcast2,
            .kernels = {{polygamma_kernel}}, .gradient = polygamma_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(
    Zeta,
    "(double[3] 2 3 5.5, double[3] 1 1 2.5) nograd tol 1e-12 -> double[3] 1.6449340668482266 1.2020569031595942 "
    "0.007902318335332906");
LEAT_ROW(
    Polygamma,
    "(double[2] 1 2, double[2] 1 1) nograd tol 1e-12 -> double[2] 1.6449340668482264 -2.4041138063191885");

/* ---- tests ---- */

LEAT_LOOP1(is_nan_f32, float, uint8_t, x != x)
LEAT_LOOP1(is_nan_f64, double, uint8_t, x != x)
LEAT_LOOP1(is_inf_f32, float, uint8_t, isinf(x) != 0)
LEAT_LOOP1(is_inf_f64, double, uint8_t, isinf(x) != 0)
LEAT_LOOP1(is_finite_f32, float, uint8_t, isfinite(x) != 0)
LEAT_LOOP1(is_finite_f64, double, uint8_t, isfinite(x) != 0)
#define TEST_KERNEL(name_)                                                                                   \
    static leat_status name_##_kernel(leat_kernel *k)                                                        \
    {                                                                                                        \
        static const leat_unary_loops loops = {                                                              \
            .by_dtype = {[LEAT_FLOAT] = name_##_f32, [LEAT_DOUBLE] = name_##_f64}};                          \
        return leat_unary(k, &loops);                                                                        \
    }
TEST_KERNEL(is_nan)
TEST_KERNEL(is_inf)
TEST_KERNEL(is_finite)

const leat_op_def leat_op_IsNan =
    LEAT_OP("IsNan(x: T) -> y: bool; T: floating", .doc = "Is x NaN?", .shape = leat_shape_same,
            .kernels = {{is_nan_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_IsInf =
    LEAT_OP("IsInf(x: T) -> y: bool; T: floating", .doc = "Is x an infinity?", .shape = leat_shape_same,
            .kernels = {{is_inf_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_IsFinite =
    LEAT_OP("IsFinite(x: T) -> y: bool; T: floating", .doc = "Is x neither NaN nor an infinity?",
            .shape = leat_shape_same, .kernels = {{is_finite_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(IsNan, "(float[4] nan 1 inf -inf) -> bool[4] true false false false");
LEAT_ROW(IsInf, "(double[4] nan 1 inf -inf) -> bool[4] false false true true");
LEAT_ROW(IsFinite, "(half[4] nan 1 inf -inf) -> bool[4] false true false false");
