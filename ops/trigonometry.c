/* trigonometry.c - circular and hyperbolic functions. */
#include <math.h>
#include "ops/elementwise-private.h"
#include "leat/raw-ops.h"

LEAT_VECTOR_KERNEL1(sin_kernel, SIN, MATH)
LEAT_VECTOR_KERNEL1(cos_kernel, COS, MATH)
LEAT_LIBM_KERNEL1(tan_kernel, tanf(x), tan(x))
LEAT_LIBM_KERNEL1(asin_kernel, asinf(x), asin(x))
LEAT_LIBM_KERNEL1(acos_kernel, acosf(x), acos(x))
LEAT_LIBM_KERNEL1(atan_kernel, atanf(x), atan(x))
LEAT_LIBM_KERNEL1(sinh_kernel, sinhf(x), sinh(x))
LEAT_LIBM_KERNEL1(cosh_kernel, coshf(x), cosh(x))
LEAT_LIBM_KERNEL1(asinh_kernel, asinhf(x), asinh(x))
LEAT_LIBM_KERNEL1(acosh_kernel, acoshf(x), acosh(x))
LEAT_LIBM_KERNEL1(atanh_kernel, atanhf(x), atanh(x))

static leat_out one(leat_grad *g)
{
    return leat_scalar_float(g->graph, 1.0);
}

static void sin_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_cos(leat_grad_in(g, 0)));
}
static void cos_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(leat_raw_neg(g->dy[0]), leat_raw_sin(leat_grad_in(g, 0)));
}
static void tan_grad(leat_grad *g)
{
    leat_out secant = leat_raw_reciprocal(leat_raw_cos(leat_grad_in(g, 0)));
    g->dx[0] = leat_raw_mul(leat_raw_square(secant), g->dy[0]);
}
/* 1 / sqrt(1 - x^2) */
static leat_out asin_slope(leat_grad *g)
{
    return leat_raw_rsqrt(leat_raw_sub(one(g), leat_raw_square(leat_grad_in(g, 0))));
}
static void asin_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], asin_slope(g));
}
static void acos_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(leat_raw_neg(g->dy[0]), asin_slope(g));
}
static void atan_grad(leat_grad *g)
{
    leat_out slope = leat_raw_reciprocal(leat_raw_add_v2(one(g), leat_raw_square(leat_grad_in(g, 0))));
    g->dx[0] = leat_raw_mul(g->dy[0], slope);
}
static void sinh_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_cosh(leat_grad_in(g, 0)));
}
static void cosh_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_sinh(leat_grad_in(g, 0)));
}
static void asinh_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_real_div(g->dy[0], leat_raw_cosh(leat_grad_out(g, 0)));
}
static void acosh_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_real_div(g->dy[0], leat_raw_sinh(leat_grad_out(g, 0)));
}
static void atanh_grad(leat_grad *g)
{
    leat_out slope = leat_raw_reciprocal(leat_raw_sub(one(g), leat_raw_square(leat_grad_in(g, 0))));
    g->dx[0] = leat_raw_mul(g->dy[0], slope);
}

const leat_op_def leat_op_Sin =
    LEAT_OP("Sin(x: T) -> y: T; T: inexact", .doc = "The sine.", .shape = leat_shape_same,
            .kernels = {{sin_kernel, .label = "vector"}}, .gradient = sin_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Cos =
    LEAT_OP("Cos(x: T) -> y: T; T: inexact", .doc = "The cosine.", .shape = leat_shape_same,
            .kernels = {{cos_kernel, .label = "vector"}}, .gradient = cos_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Tan =
    LEAT_OP("Tan(x: T) -> y: T; T: inexact", .doc = "The tangent.", .shape = leat_shape_same,
            .kernels = {{tan_kernel}}, .gradient = tan_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Asin = LEAT_OP(
    "Asin(x: T) -> y: T; T: inexact", .doc = "The inverse of the sine, in [-pi/2, pi/2].",
    .shape = leat_shape_same, .kernels = {{asin_kernel}}, .gradient = asin_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Acos = LEAT_OP(
    "Acos(x: T) -> y: T; T: inexact", .doc = "The inverse of the cosine, in [0, pi].",
    .shape = leat_shape_same, .kernels = {{acos_kernel}}, .gradient = acos_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Atan = LEAT_OP(
    "Atan(x: T) -> y: T; T: inexact", .doc = "The inverse of the tangent, in (-pi/2, pi/2).",
    .shape = leat_shape_same, .kernels = {{atan_kernel}}, .gradient = atan_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Sinh =
    LEAT_OP("Sinh(x: T) -> y: T; T: inexact", .doc = "The hyperbolic sine.", .shape = leat_shape_same,
            .kernels = {{sinh_kernel}}, .gradient = sinh_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Cosh =
    LEAT_OP("Cosh(x: T) -> y: T; T: inexact", .doc = "The hyperbolic cosine.", .shape = leat_shape_same,
            .kernels = {{cosh_kernel}}, .gradient = cosh_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Asinh = LEAT_OP(
    "Asinh(x: T) -> y: T; T: inexact", .doc = "The inverse of the hyperbolic sine.", .shape = leat_shape_same,
    .kernels = {{asinh_kernel}}, .gradient = asinh_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Acosh = LEAT_OP(
    "Acosh(x: T) -> y: T; T: inexact", .doc = "The inverse of the hyperbolic cosine.",
    .shape = leat_shape_same, .kernels = {{acosh_kernel}}, .gradient = acosh_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Atanh = LEAT_OP(
    "Atanh(x: T) -> y: T; T: inexact", .doc = "The inverse of the hyperbolic tangent.",
    .shape = leat_shape_same, .kernels = {{atanh_kernel}}, .gradient = atanh_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(Sin, "(double[2,3] -3..3)", sin(x));
LEAT_ROW(Sin, "(float[1001] -30..30) tol 2e-7 nograd", sin(x));
LEAT_ROW(Sin, "(float[3] inf nan 1e10) nograd tol 2e-7 -> float[3] nan nan -0.487506032");
LEAT_ROW(Cos, "(double[2,3] -3..3)", cos(x));
LEAT_ROW(Cos, "(float[1001] -30..30) tol 2e-7 nograd", cos(x));
LEAT_ROW(Tan, "(double[2,3] -1..1)", tan(x));
LEAT_ROW(Asin, "(double[2,3] -0.9..0.9)", asin(x));
LEAT_ROW(Acos, "(double[2,3] -0.9..0.9)", acos(x));
LEAT_ROW(Atan, "(double[2,3] -3..3)", atan(x));
LEAT_ROW(Sinh, "(double[2,3] -3..3)", sinh(x));
LEAT_ROW(Cosh, "(double[2,3] -3..3)", cosh(x));
LEAT_ROW(Asinh, "(double[2,3] -3..3)", asinh(x));
LEAT_ROW(Acosh, "(double[2,3] 1.5..3)", acosh(x));
LEAT_ROW(Atanh, "(double[2,3] -0.9..0.9)", atanh(x));
LEAT_ROW(Tan, "(half[2] 0.5 1) -> half[2] 0.5463 1.558");
LEAT_ROW(Atan, "(float[3000] -3..3) tol 2e-7 nograd", atan(x));

/* ---- Tanh and Sigmoid: their gradients are ops of the output ---- */

LEAT_VECTOR_KERNEL1(tanh_kernel, TANH, MATH)
LEAT_VECTOR_KERNEL1(sigmoid_kernel, SIGMOID, MATH)

static void tanh_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_tanh_grad(leat_grad_out(g, 0), g->dy[0]);
}
static void sigmoid_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_sigmoid_grad(leat_grad_out(g, 0), g->dy[0]);
}

const leat_op_def leat_op_Tanh =
    LEAT_OP("Tanh(x: T) -> y: T; T: inexact", .doc = "The hyperbolic tangent.", .shape = leat_shape_same,
            .kernels = {{tanh_kernel, .label = "vector"}}, .gradient = tanh_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Sigmoid = LEAT_OP(
    "Sigmoid(x: T) -> y: T; T: inexact", .doc = "y = 1 / (1 + exp(-x)).", .shape = leat_shape_same,
    .kernels = {{sigmoid_kernel, .label = "vector"}}, .gradient = sigmoid_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(Tanh, "(double[2,3] -3..3)", tanh(x));
LEAT_ROW(Tanh, "(float[10001] -30..30) tol 2e-7 nograd", tanh(x));
LEAT_ROW(Tanh, "(float[5] nan inf -inf -0 1e-20) nograd -> float[5] nan 1 -1 -0 1e-20");
LEAT_ROW(Sigmoid, "(double[2,3] -3..3)", 1 / (1 + exp(-x)));
LEAT_ROW(Sigmoid, "(float[10001] -30..30) tol 2e-7 nograd", 1 / (1 + exp(-x)));
LEAT_ROW(Sigmoid, "(float[3] nan inf -inf) nograd -> float[3] nan 1 0");
