/* vector-math.h - elementary functions of float over whole vectors, and of double by libm; part of vector-body.h.
 *
 * A rest shorter than a vector is computed in a padded one: a value does not depend on where it stands. EXP, LOG, TANH,
 * SIGMOID and ERF work in float; the others work in double, which needs no care with cancellation. The polynomials are
 * least-maximum fits; the errors, over all floats, are at most 2 units in the last place (tests/test-vector.c). */
#include <string.h>

typedef float vf __attribute__((vector_size(LEAT_VECTOR_BYTES)));
typedef int32_t vi __attribute__((vector_size(LEAT_VECTOR_BYTES)));
typedef uint32_t vu
    __attribute__((vector_size(LEAT_VECTOR_BYTES))); /* bits: what overflows is garbage, not an error */
typedef double vd __attribute__((vector_size(LEAT_VECTOR_BYTES)));
typedef int64_t vl __attribute__((vector_size(LEAT_VECTOR_BYTES)));
typedef uint64_t vw __attribute__((vector_size(LEAT_VECTOR_BYTES)));
typedef float vh __attribute__((vector_size(LEAT_VECTOR_BYTES / 2)));
typedef float vf_unaligned __attribute__((vector_size(LEAT_VECTOR_BYTES), aligned(4), may_alias));
#define LANES (LEAT_VECTOR_BYTES / 4)

static inline vf pick(vi mask, vf yes, vf no)
{
    return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}
static inline vd pick_d(vl mask, vd yes, vd no)
{
    return (vd)((mask & (vl)yes) | (~mask & (vl)no));
}
static inline vf abs_v(vf x)
{
    return (vf)((vi)x & 0x7fffffff);
}
static inline vf with_sign_of(vf magnitude, vf x)
{
    return (vf)(((vi)x & (int32_t)0x80000000) | ((vi)magnitude & 0x7fffffff));
}
static inline vf all(float x)
{
    return x - (vf){0};
}
static inline vd all_d(double x)
{
    return x - (vd){0};
}

/* Adding 1.5 * 2^23 rounds to an integer, which then stands in the lowest bits. */
#define ROUNDER 12582912.0f
#define ROUNDER_BITS UINT32_C(0x4b400000)

/* ---- in float ---- */

/* e^x = 2^n * e^r, |r| <= ln 2 / 2. ln 2 = 0.693359375 - 2.12194440e-4; n * 0.693359375 is exact. The factor 2^n is applied in
 * two steps, so that results below the normal range are rounded once. *rest is what the last addition rounded away. */
static inline vf exp_with_rest(vf x, vf *rest)
{
    x = pick(x > 89.0f, all(89.0f), x);
    x = pick(x < -104.0f, all(-104.0f), x);
    vf t = x * 1.44269504088896341f + ROUNDER;
    vu n = (vu)t - ROUNDER_BITS;
    t -= ROUNDER;
    vf r = (x - t * 0.693359375f) + t * 2.12194440e-4f;
    vf p = r * 1.98791013e-4f + 1.39430200e-3f;
    p = p * r + 8.33333377e-3f;
    p = p * r + 4.16665003e-2f;
    p = p * r + 1.66666657e-1f;
    p = p * r + 0.5f;
    p = p * (r * r) + r;
    vf y = p + 1.0f;
    vu half = (vu)((vi)n >> 1);
    vf power = (vf)((half + 127) << 23), power2 = (vf)((n - half + 127) << 23);
    *rest = (p - (y - 1.0f)) * power * power2;
    return y * power * power2;
}
static inline vf exp_v(vf x)
{
    vf rest;
    return exp_with_rest(x, &rest);
}

/* log x = e * ln 2 + log m, m in [sqrt(1/2), sqrt 2). */
static inline vf log_v(vf x)
{
    vi tiny = x < 1.17549435e-38f;
    vf scaled = pick(tiny, x * 8388608.0f, x);
    vu bits = (vu)scaled - 0x3f3504f3;
    vf e = __builtin_convertvector((vi)bits >> 23, vf) - pick(tiny, all(23.0f), all(0.0f));
    vf m = (vf)((bits & 0x007fffff) + 0x3f3504f3) - 1.0f;
    vf z = m * m;
    vf p = m * 7.0376836292e-2f - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    p = p * m * z - e * 2.12194440e-4f;
    p = p - 0.5f * z;
    vf y = (m + p) + e * 0.693359375f;
    y = pick(x == INFINITY, all(INFINITY), y);
    y = pick(x == 0.0f, all(-INFINITY), y);
    y = pick(x < 0.0f, all(NAN), y);
    return pick(x != x, x, y);
}

/* With E = e^2|x| - 1 = 2^n * (e^r - 1) + (2^n - 1), which is exact near 0: E / (E + 2), or 1 - 2 / (E + 2) where E is large. */
static inline vf tanh_v(vf x)
{
    vf a = abs_v(x);
    a = pick(a > 10.0f, all(10.0f), a) * 2.0f;
    vf t = a * 1.44269504088896341f + ROUNDER;
    vf power = (vf)(((vu)t - (ROUNDER_BITS - 127)) << 23);
    t -= ROUNDER;
    vf r = (a - t * 0.693359375f) + t * 2.12194440e-4f;
    vf p = r * 1.98791013e-4f + 1.39430200e-3f;
    p = p * r + 8.33333377e-3f;
    p = p * r + 4.16665003e-2f;
    p = p * r + 1.66666657e-1f;
    p = p * r + 0.5f;
    p = p * (r * r) + r;
    vf e = p * power + (power - 1.0f), den = e + 2.0f;
    vi large = e > 2.0f;
    vf y = pick(large, all(2.0f), e) / den;
    vf rest = 0.5f * (e - (den - 2.0f)); /* half of what den was rounded by; 1 / den is (1 - y) / 2 */
    y = pick(large, 1.0f - y, y - y * (1.0f - y) * rest);
    return pick(x != x, x, with_sign_of(y, x));
}

/* With e = e^-|x| there is neither overflow nor cancellation: e / (1 + e) or 1 / (1 + e). The rests of e and of the
 * denominator, times the derivative of the quotient, make up for what they rounded. */
static inline vf sigmoid_v(vf x)
{
    vi negative = x < 0.0f;
    vf rest, e = exp_with_rest((vf)((vi)x | (int32_t)0x80000000), &rest);
    vf den = 1.0f + e, den_rest = (e - (den - 1.0f)) + rest;
    vf y = pick(negative, e, all(1.0f)) / den;
    return y + (pick(negative, rest, all(0.0f)) - y * den_rest) * pick(negative, 1.0f - y, y);
}

/* erf of x * x <= 1/2 by a polynomial; beyond, 1 - e^q(x) where q fits log erfc. */
static inline vf erf_v(vf x)
{
    vf z = x * x;
    vf p = z * -7.1862729185728552e-04f + 5.1665047286219108e-03f;
    p = p * z - 2.6856109163371261e-02f;
    p = p * z + 1.1283729668124584e-01f;
    p = p * z - 3.7612638291261380e-01f;
    vf small = x + x * (p * z + 0.12837916709551256f);
    vf a = abs_v(x);
    a = pick(a > 4.0f, all(4.0f), a);
    vf q = a * -1.5829853819755444e-05f + 3.7689305964948592e-04f;
    q = q * a - 3.9085177953893562e-03f;
    q = q * a + 2.4471701400439673e-02f;
    q = q * a - 1.0734573880089016e-01f;
    q = q * a - 6.3413573320229233e-01f;
    q = q * a - 1.1291536153141235f;
    q = q * a + 1.0532768451230574e-04f;
    vf large = with_sign_of(1.0f - exp_v(q), x);
    return pick(z <= 0.5f, small, pick(x != x, x, large));
}

/* ---- in double ---- */

/* (e^r - 1) / r for |r| <= ln 2 / 2, within 2^-37. */
static inline vd expm1_quotient(vd r)
{
    vd p = r * 2.4886124313789475e-05 + 0.000199089060819701;
    p = p * r + 0.0013888800806622743;
    p = p * r + 0.0083332815109195893;
    p = p * r + 0.041666667015897378;
    p = p * r + 0.16666666793692234;
    p = p * r + 0.499999999996109;
    return p * r + 0.99999999999513511;
}
#define ROUNDER_D 6755399441055744.0 /* 1.5 * 2^52 */
#define ROUNDER_D_BITS UINT64_C(0x4338000000000000)
/* x = n * ln 2 + r; *power is 2^n. x is clamped to what float can tell apart. */
static inline vd reduce_d(vd x, vd *power)
{
    x = pick_d(x > 130.0, all_d(130.0), x);
    x = pick_d(x < -130.0, all_d(-130.0), x);
    vd t = x * 1.4426950408889634 + ROUNDER_D;
    vw n = (vw)t - ROUNDER_D_BITS;
    t -= ROUNDER_D;
    *power = (vd)((n + 1023) << 52);
    return x - t * 0.69314718055994531;
}
static inline vd expm1_core(vd x)
{
    vd power, r = reduce_d(x, &power);
    return power * (expm1_quotient(r) * r) + (power - 1.0);
}
static inline vd exp_core(vd x)
{
    vd power, r = reduce_d(x, &power);
    return power * (expm1_quotient(r) * r + 1.0);
}

/* log u for normal positive u. */
static inline vd log_core(vd u)
{
    vw bits = (vw)u - UINT64_C(0x3fe6a09e667f3bcd);
    vd e = __builtin_convertvector((vl)bits >> 52, vd);
    vd m = (vd)((bits & UINT64_C(0x000fffffffffffff)) + UINT64_C(0x3fe6a09e667f3bcd));
    vd s = (m - 1.0) / (m + 1.0), z = s * s;
    vd p = z * 0.67600572971369366 + 0.1442870612369494;
    p = p * z + 0.22315718427333864;
    p = p * z + 0.28570515436815763;
    p = p * z + 0.40000002696826986;
    p = p * z + 0.66666666667036378;
    return e * 0.69314718055994531 + (s * z * p + 2.0 * s);
}
static inline vd log1p_core(vd x)
{
    vd small = x * (1.0 - x * (0.5 - x * (1.0 / 3.0)));
    vd y = pick_d((x < 0.00024414062) & (x > -0.00024414062), small, log_core(1.0 + x));
    y = pick_d(x == (double)INFINITY, all_d((double)INFINITY), y);
    y = pick_d(x == -1.0, all_d(-(double)INFINITY), y);
    y = pick_d(x < -1.0, all_d((double)NAN), y);
    return pick_d(x != x, x, y);
}
/* log(1 + e^x) */
static inline vd softplus_core(vd x)
{
    vd y = log1p_core(exp_core(x));
    return pick_d((x > 60.0) | (x != x), x, y);
}
static inline vd elu_core(vd x)
{
    return pick_d(x < 0.0, expm1_core(x), x);
}
static inline vd selu_core(vd x)
{
    return pick_d(x < 0.0, expm1_core(x) * 1.7580993408473768599402175208123,
                  x * 1.0507009873554804934193349852946);
}

/* sin x (quadrant 0) or cos x (1) for |x| < 2^20: x = n * pi/2 + r; the first part of pi/2 has 33 bits. */
static inline vd sin_cos(vd x, uint64_t quadrant)
{
    vd t = x * 0.63661977236758134 + ROUNDER_D;
    vw n = (vw)t - ROUNDER_D_BITS + quadrant;
    t -= ROUNDER_D;
    vd r = (x - t * 1.57079632673412561417e+00) - t * 6.07710050650619224932e-11;
    vd z = r * r;
    vd s = z * 2.7203125698892247e-06 - 0.00019839795043191078;
    s = s * z + 0.0083333317874399043;
    s = s * z - 0.16666666670072719;
    s = s * z * r + r;
    vd c = z * -2.7293454930409651e-07 + 2.4800534096150068e-05;
    c = c * z - 0.0013888887513590375;
    c = c * z + 0.041666666663454456;
    c = c * (z * z) - 0.5 * z + 1.0;
    vd y = pick_d((vl) - (n & 1), c, s);
    return (vd)((vw)y ^ ((n & 2) << 62));
}
static inline vd sin_core(vd x)
{
    return sin_cos(x, 0);
}
static inline vd cos_core(vd x)
{
    return sin_cos(x, 1);
}

/* ---- loops ---- */

#define LOOP_V(name_, fn_)                                                                                   \
    static void name_(const void *x, void *out, size_t n)                                                    \
    {                                                                                                        \
        const float *in = x;                                                                                 \
        float *to = out;                                                                                     \
        size_t i = 0;                                                                                        \
        for (; i + LANES <= n; i += LANES)                                                                   \
            *(vf_unaligned *)(to + i) = fn_(*(const vf_unaligned *)(in + i));                                \
        if (i < n) {                                                                                         \
            vf v = {0};                                                                                      \
            memcpy(&v, in + i, (n - i) * sizeof(float));                                                     \
            v = fn_(v);                                                                                      \
            memcpy(to + i, &v, (n - i) * sizeof(float));                                                     \
        }                                                                                                    \
    }
/* Through double: a vector of floats is two of doubles. */
#define VIA_DOUBLE(name_, core_)                                                                             \
    static inline vf name_(vf x)                                                                             \
    {                                                                                                        \
        union {                                                                                              \
            vf f;                                                                                            \
            vh h[2];                                                                                         \
        } u = {x};                                                                                           \
        u.h[0] = __builtin_convertvector(core_(__builtin_convertvector(u.h[0], vd)), vh);                    \
        u.h[1] = __builtin_convertvector(core_(__builtin_convertvector(u.h[1], vd)), vh);                    \
        return u.f;                                                                                          \
    }
VIA_DOUBLE(expm1_v, expm1_core)
VIA_DOUBLE(log1p_v, log1p_core)
VIA_DOUBLE(softplus_v, softplus_core)
VIA_DOUBLE(elu_v, elu_core)
VIA_DOUBLE(selu_v, selu_core)
VIA_DOUBLE(sin_reduced, sin_core)
VIA_DOUBLE(cos_reduced, cos_core)

/* Lanes beyond the range of the reduction, infinities and NaN among them, are libm's. */
#define WITH_LIBM_BEYOND(name_, reduced_, libm_)                                                             \
    static inline vf name_(vf x)                                                                             \
    {                                                                                                        \
        vf y = reduced_(x);                                                                                  \
        for (int i = 0; i < LANES; i++)                                                                      \
            if (!(x[i] < 1e6f && x[i] > -1e6f))                                                              \
                y[i] = (float)libm_((double)x[i]);                                                           \
        return y;                                                                                            \
    }
WITH_LIBM_BEYOND(sin_v, sin_reduced, sin)
WITH_LIBM_BEYOND(cos_v, cos_reduced, cos)

LOOP_V(f32_EXP, exp_v)
LOOP_V(f32_EXPM1, expm1_v)
LOOP_V(f32_LOG, log_v)
LOOP_V(f32_LOG1P, log1p_v)
LOOP_V(f32_TANH, tanh_v)
LOOP_V(f32_SIGMOID, sigmoid_v)
LOOP_V(f32_SIN, sin_v)
LOOP_V(f32_COS, cos_v)
LOOP_V(f32_ERF, erf_v)
LOOP_V(f32_SOFTPLUS, softplus_v)
LOOP_V(f32_ELU, elu_v)
LOOP_V(f32_SELU, selu_v)

LOOP1(f64_EXP, double, exp(x))
LOOP1(f64_EXPM1, double, expm1(x))
LOOP1(f64_LOG, double, log(x))
LOOP1(f64_LOG1P, double, log1p(x))
LOOP1(f64_TANH, double, tanh(x))
LOOP1(f64_SIGMOID, double, 1 / (1 + exp(-x)))
LOOP1(f64_SIN, double, sin(x))
LOOP1(f64_COS, double, cos(x))
LOOP1(f64_ERF, double, erf(x))
LOOP1(f64_SOFTPLUS, double, x > 37 || x != x ? x : log1p(exp(x)))
LOOP1(f64_ELU, double, x < 0 ? expm1(x) : x)
LOOP1(f64_SELU, double,
      x < 0 ? expm1(x) * 1.7580993408473768599402175208123 : x * 1.0507009873554804934193349852946)
