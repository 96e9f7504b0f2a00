/* complex.c - complex numbers: the loops of elementwise ops over them, and what takes them apart and puts them together. */
#include <complex.h>
#include <math.h>
#include "ops/elementwise-private.h"
#include "ops/grad-private.h"

typedef float complex c64;
typedef double complex c128;

/* ---- the loops ----
 * Products are the plain formula, as in TensorFlow's vectors: C's operator looks for infinities among not-a-numbers, by a call for each
 * product. Quotients are C's, which scales: squares of large numbers do not overflow. */

#define COMPLEX_ARITHMETIC(type_, real_, s_)                                                                 \
    static inline type_ made##s_(real_ re, real_ im)                                                         \
    {                                                                                                        \
        union {                                                                                              \
            real_ parts[2];                                                                                  \
            type_ whole;                                                                                     \
        } z = {{re, im}}; /* CMPLX is not in every compiler */                                               \
        return z.whole;                                                                                      \
    }                                                                                                        \
    static inline type_ product##s_(type_ x, type_ y)                                                        \
    {                                                                                                        \
        real_ a = creal##s_(x), b = cimag##s_(x), c = creal##s_(y), d = cimag##s_(y);                        \
        return made##s_(a * c - b * d, a * d + b * c);                                                       \
    }                                                                                                        \
    static inline type_ scaled##s_(type_ x, real_ by)                                                        \
    {                                                                                                        \
        return made##s_(creal##s_(x) * by, cimag##s_(x) * by);                                               \
    }
COMPLEX_ARITHMETIC(c64, float, f)
COMPLEX_ARITHMETIC(c128, double, )

#define COMPLEX2(name_, value_f_, value_)                                                                    \
    LEAT_LOOP2(name_##_64, c64, c64, value_f_)                                                               \
    LEAT_LOOP2(name_##_128, c128, c128, value_)
#define COMPLEX1(name_, value_f_, value_)                                                                    \
    LEAT_LOOP1(name_##_64, c64, c64, value_f_)                                                               \
    LEAT_LOOP1(name_##_128, c128, c128, value_)

COMPLEX2(add, x + y, x + y)
COMPLEX2(sub, x - y, x - y)
COMPLEX2(mul, productf(x, y), product(x, y))
COMPLEX2(quotient, x / y, x / y)
COMPLEX2(div_no_nan, y == 0 ? 0 : x / y, y == 0 ? 0 : x / y)
COMPLEX2(sqrt_grad, scaledf(y, 0.5f) / conjf(x), scaled(y, 0.5) / conj(x))
COMPLEX2(inv_grad, productf(-y, conjf(productf(x, x))), product(-y, conj(product(x, x))))
COMPLEX1(neg, -x, -x)
COMPLEX1(square, productf(x, x), product(x, x))
COMPLEX1(reciprocal, 1 / x, 1 / x)
COMPLEX1(root, csqrtf(x), csqrt(x))
COMPLEX1(exponential, cexpf(x), cexp(x))
COMPLEX1(logarithm, clogf(x), clog(x))
COMPLEX1(conjugate, conjf(x), conj(x))

leat_loop2 *const leat_complex_loops2[LEAT_COMPLEX_LOOPS2][2] = {
    [LEAT_COMPLEX_ADD] = {add_64, add_128},
    [LEAT_COMPLEX_SUB] = {sub_64, sub_128},
    [LEAT_COMPLEX_MUL] = {mul_64, mul_128},
    [LEAT_COMPLEX_DIV] = {quotient_64, quotient_128},
    [LEAT_COMPLEX_DIV_NO_NAN] = {div_no_nan_64, div_no_nan_128},
    [LEAT_COMPLEX_SQRT_GRAD] = {sqrt_grad_64, sqrt_grad_128},
    [LEAT_COMPLEX_INV_GRAD] = {inv_grad_64, inv_grad_128}};

leat_loop1 *const leat_complex_loops1[LEAT_COMPLEX_LOOPS1][2] = {
    [LEAT_COMPLEX_NEG] = {neg_64, neg_128},
    [LEAT_COMPLEX_SQUARE] = {square_64, square_128},
    [LEAT_COMPLEX_RECIPROCAL] = {reciprocal_64, reciprocal_128},
    [LEAT_COMPLEX_SQRT] = {root_64, root_128},
    [LEAT_COMPLEX_EXP] = {exponential_64, exponential_128},
    [LEAT_COMPLEX_LOG] = {logarithm_64, logarithm_128}};

/* ---- Real, Imag, Conj, ComplexAbs, Angle, Complex ---- */

/* The dtype of the other side must be of the same width. */
static leat_status want_width(const leat_kernel *k, leat_dtype real)
{
    leat_dtype in = k->in[0]->dtype, out = k->op->outputs[0].dtype;
    leat_dtype wide = real == LEAT_DOUBLE ? LEAT_COMPLEX128 : LEAT_COMPLEX64;
    if (real == in ? out == wide : in == wide)
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel from %s to %s", leat_dtype_name(in),
                            leat_dtype_name(out));
}

#define PART_KERNEL(name_, value_f_, value_)                                                                 \
    LEAT_LOOP1(name_##_64, c64, float, value_f_)                                                             \
    LEAT_LOOP1(name_##_128, c128, double, value_)                                                            \
    static leat_status name_##_kernel(leat_kernel *k)                                                        \
    {                                                                                                        \
        static const leat_unary_loops loops = {                                                              \
            .by_dtype = {[LEAT_COMPLEX64] = name_##_64, [LEAT_COMPLEX128] = name_##_128}};                   \
        LEAT_TRY(want_width(k, k->op->outputs[0].dtype));                                                    \
        return leat_unary(k, &loops);                                                                        \
    }
PART_KERNEL(real_part, crealf(x), creal(x))
PART_KERNEL(imaginary_part, cimagf(x), cimag(x))
PART_KERNEL(absolute, cabsf(x), cabs(x))
PART_KERNEL(angle, cargf(x), carg(x))

static leat_status conj_kernel(leat_kernel *k)
{
    static const leat_unary_loops loops = {
        .by_dtype = {[LEAT_COMPLEX64] = conjugate_64, [LEAT_COMPLEX128] = conjugate_128}};
    return leat_unary(k, &loops);
}

LEAT_LOOP2(complex_64, float, c64, madef(x, y))
LEAT_LOOP2(complex_128, double, c128, made(x, y))
static leat_status complex_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {
        .by_dtype = {[LEAT_FLOAT] = complex_64, [LEAT_DOUBLE] = complex_128}};
    LEAT_TRY(want_width(k, k->in[0]->dtype));
    return leat_binary(k, &loops);
}

/* ---- gradients: dy of a real loss is dL/dRe + i dL/dIm, as in TensorFlow ---- */

static leat_out complex_of(leat_grad *g, leat_out re, leat_out im)
{
    leat_dtype dtype = leat_out_dtype(leat_grad_in(g, 0));
    return leat_raw_complex(re, im, .Tout = dtype);
}

static leat_out zero_like_real(leat_grad *g)
{
    return leat_grad_zero(g, leat_out_dtype(g->dy[0]));
}

static void real_grad(leat_grad *g)
{
    g->dx[0] = complex_of(g, g->dy[0], zero_like_real(g));
}
static void imag_grad(leat_grad *g)
{
    g->dx[0] = complex_of(g, zero_like_real(g), g->dy[0]);
}
static void conj_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_conj(g->dy[0]);
}
/* dy x / |x|, and 0 where x is 0 */
static void abs_grad(leat_grad *g)
{
    leat_out dy = complex_of(g, g->dy[0], zero_like_real(g)),
             y = complex_of(g, leat_grad_out(g, 0), zero_like_real(g));
    g->dx[0] = leat_raw_div_no_nan(leat_raw_mul(dy, leat_grad_in(g, 0)), y);
}
/* -dy / (Im x + i Re x) */
static void angle_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), dy = complex_of(g, g->dy[0], zero_like_real(g));
    leat_dtype real = leat_out_dtype(g->dy[0]);
    leat_out turned = complex_of(g, leat_raw_imag(x, .Tout = real), leat_raw_real(x, .Tout = real));
    g->dx[0] = leat_raw_mul(leat_raw_neg(dy), leat_raw_reciprocal(turned));
}
static void complex_grad(leat_grad *g)
{
    leat_dtype real = leat_out_dtype(leat_grad_in(g, 0));
    g->dx[0] = leat_grad_unbroadcast(g, leat_raw_real(g->dy[0], .Tout = real), 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_imag(g->dy[0], .Tout = real), 1, 0);
}

const leat_op_def leat_op_Real = LEAT_OP(
    "Real(input: T) -> output: Tout; T: {complex64, complex128} = complex64; Tout: {float, double} = float",
    .doc = "The real parts.", .shape = leat_shape_same, .kernels = {{.fn = real_part_kernel}},
    .gradient = real_grad);

const leat_op_def leat_op_Imag = LEAT_OP(
    "Imag(input: T) -> output: Tout; T: {complex64, complex128} = complex64; Tout: {float, double} = float",
    .doc = "The imaginary parts.", .shape = leat_shape_same, .kernels = {{.fn = imaginary_part_kernel}},
    .gradient = imag_grad);

const leat_op_def leat_op_Conj =
    LEAT_OP("Conj(input: T) -> output: T; T: {complex64, complex128, variant} = complex64",
            .doc = "The complex conjugates.", .shape = leat_shape_same, .kernels = {{.fn = conj_kernel}},
            .gradient = conj_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_ComplexAbs = LEAT_OP(
    "ComplexAbs(x: T) -> y: Tout; T: {complex64, complex128} = complex64; Tout: {float, double} = float",
    .doc = "The absolute values.", .shape = leat_shape_same, .kernels = {{.fn = absolute_kernel}},
    .gradient = abs_grad);

const leat_op_def leat_op_Angle = LEAT_OP(
    "Angle(input: T) -> output: Tout; T: {complex64, complex128} = complex64; Tout: {float, double} = float",
    .doc = "The angles, from -pi to pi.", .shape = leat_shape_same, .kernels = {{.fn = angle_kernel}},
    .gradient = angle_grad);

const leat_op_def leat_op_Complex = LEAT_OP(
    "Complex(real: T, imag: T) -> out: Tout; T: {float, double} = float; Tout: {complex64, complex128} = complex64",
    .doc = "Complex numbers of their real and imaginary parts.", .shape = leat_shape_broadcast2,
    .kernels = {{.fn = complex_kernel}}, .gradient = complex_grad);

LEAT_ROW(Real, "(complex64[2] 1+2j -3) -> float[2] 1 -3");
LEAT_ROW(Real, "(complex128[2] 1+2j -3) {Tout: double} -> double[2] 1 -3");
LEAT_ROW(Real, "(complex128[1] 1+2j) fails 'no kernel from complex128 to float'");
LEAT_ROW(Imag, "(complex64[2] 1+2j -3) -> float[2] 2 0");
LEAT_ROW(Conj, "(complex64[2] 1+2j -3-1j) -> complex64[2] 1-2j -3+1j");
LEAT_ROW(Conj, "(complex128[2,0]) -> complex128[2,0]");
LEAT_ROW(ComplexAbs, "(complex64[2] 3+4j 0) -> float[2] 5 0");
LEAT_ROW(ComplexAbs, "(complex128[1] 3e200+4e200j) {Tout: double} -> double[1] 5e200");
LEAT_ROW(
    Angle,
    "(complex128[3] 1j -1 1-1j) {Tout: double} -> double[3] 1.5707963267948966 3.141592653589793 -0.7853981633974483");
LEAT_ROW(Complex, "(float[2,1] 1 2, float[2] 3 4) nograd -> complex64[2,2] 1+3j 1+4j 2+3j 2+4j");
LEAT_ROW(Complex, "(double[2] 1 2, double[] 3) {Tout: complex128} nograd -> complex128[2] 1+3j 2+3j");
LEAT_ROW(Complex, "(double[1] 1, double[1] 3) fails 'no kernel'");
