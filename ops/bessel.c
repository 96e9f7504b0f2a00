/* bessel.c - Bessel functions of order 0 and 1. The modified ones, of the first kind: for arguments up to 30 the series, whose terms
 * are all positive, above it the asymptotic one, whose terms fall below a double's precision there (Abramowitz and Stegun, 9.6.10
 * and 9.7.1). */
#include <float.h>
#include <math.h>
#include "ops/elementwise-private.h"
#include "leat/raw-ops.h"

/* e^-|x| I_n(x), n 0 or 1 */
static double scaled_i(int n, double x)
{
    double z = fabs(x), sum = 1, term = 1;
    if (isnan(x))
        return x;
    if (z <= 30) {
        for (int k = 1; k < 200 && term > sum * DBL_EPSILON / 4; k++) {
            term *= z * z / 4 / ((double)k * (k + n));
            sum += term;
        }
        sum *= exp(-z) * (n == 1 ? z / 2 : 1);
    } else {
        for (int k = 1; k < 60 && fabs(term) > DBL_EPSILON / 4; k++) {
            term *= -(4.0 * n * n - (2.0 * k - 1) * (2.0 * k - 1)) / (8 * k * z);
            sum += term;
        }
        sum /= sqrt(2 * M_PI) * sqrt(z); /* 2 pi z may overflow */
    }
    return n == 1 && x < 0 ? -sum : sum;
}

/* e^|x| overflows before the product does. */
static double unscaled_i(int n, double x)
{
    double half = exp(fabs(x) / 2);
    return scaled_i(n, x) * half * half;
}

#define BESSEL_KERNEL(name_, value_) LEAT_LIBM_KERNEL1(name_, (float)value_((double)x), value_(x))
#define I0E(x_) scaled_i(0, x_)
#define I1E(x_) scaled_i(1, x_)
#define I0(x_) unscaled_i(0, x_)
#define I1(x_) unscaled_i(1, x_)
BESSEL_KERNEL(i0e_kernel, I0E)
BESSEL_KERNEL(i1e_kernel, I1E)
BESSEL_KERNEL(i0_kernel, I0)
BESSEL_KERNEL(i1_kernel, I1)
BESSEL_KERNEL(j0_kernel, j0)
BESSEL_KERNEL(j1_kernel, j1)
BESSEL_KERNEL(y0_kernel, y0)
BESSEL_KERNEL(y1_kernel, y1)

/* Of order 1: what order 0 gives, minus y / x; at 0, where that is 0 / 0, it is `at_zero`. */
static leat_out minus_quotient(leat_grad *g, leat_out order_0, double at_zero)
{
    leat_out x = leat_grad_in(g, 0), zero = leat_scalar_float(g->graph, 0);
    leat_out at = leat_raw_equal(x, zero);
    leat_out safe = leat_raw_select_v2(at, leat_scalar_float(g->graph, 1), x);
    leat_out slope = leat_raw_sub(order_0, leat_raw_real_div(leat_grad_out(g, 0), safe));
    return leat_raw_select_v2(at, leat_scalar_float(g->graph, at_zero), slope);
}

static void i0_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], leat_raw_bessel_i1(leat_grad_in(g, 0)));
}
static void i1_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], minus_quotient(g, leat_raw_bessel_i0(leat_grad_in(g, 0)), 0.5));
}
static void i0e_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0);
    g->dx[0] = leat_raw_mul(
        g->dy[0], leat_raw_sub(leat_raw_bessel_i1e(x), leat_raw_mul(leat_raw_sign(x), leat_grad_out(g, 0))));
}
static void i1e_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0);
    leat_out rest = leat_raw_mul(leat_grad_out(g, 0), leat_raw_sign(x));
    leat_out slope = leat_raw_sub(minus_quotient(g, leat_raw_bessel_i0e(x), 0.5), rest);
    g->dx[0] = leat_raw_mul(g->dy[0], slope);
}
static void j0_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(leat_raw_neg(g->dy[0]), leat_raw_bessel_j1(leat_grad_in(g, 0)));
}
static void j1_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(g->dy[0], minus_quotient(g, leat_raw_bessel_j0(leat_grad_in(g, 0)), 0.5));
}
static void y0_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_mul(leat_raw_neg(g->dy[0]), leat_raw_bessel_y1(leat_grad_in(g, 0)));
}
static void y1_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0);
    g->dx[0] = leat_raw_mul(g->dy[0],
                            leat_raw_sub(leat_raw_bessel_y0(x), leat_raw_real_div(leat_grad_out(g, 0), x)));
}

const leat_op_def leat_op_BesselI0 = LEAT_OP(
    "BesselI0(x: T) -> y: T; T: floating", .doc = "The modified Bessel function I0.",
    .shape = leat_shape_same, .kernels = {{i0_kernel}}, .gradient = i0_grad, .flags = LEAT_OP_INPLACE);
const leat_op_def leat_op_BesselI1 = LEAT_OP(
    "BesselI1(x: T) -> y: T; T: floating", .doc = "The modified Bessel function I1.",
    .shape = leat_shape_same, .kernels = {{i1_kernel}}, .gradient = i1_grad, .flags = LEAT_OP_INPLACE);
const leat_op_def leat_op_BesselI0e = LEAT_OP(
    "BesselI0e(x: T) -> y: T; T: floating", .doc = "The modified Bessel function I0, times exp(-|x|).",
    .shape = leat_shape_same, .kernels = {{i0e_kernel}}, .gradient = i0e_grad, .flags = LEAT_OP_INPLACE);
const leat_op_def leat_op_BesselI1e = LEAT_OP(
    "BesselI1e(x: T) -> y: T; T: floating", .doc = "The modified Bessel function I1, times exp(-|x|).",
    .shape = leat_shape_same, .kernels = {{i1e_kernel}}, .gradient = i1e_grad, .flags = LEAT_OP_INPLACE);
const leat_op_def leat_op_BesselJ0 =
    LEAT_OP("BesselJ0(x: T) -> y: T; T: floating", .doc = "The Bessel function J0.", .shape = leat_shape_same,
            .kernels = {{j0_kernel}}, .gradient = j0_grad, .flags = LEAT_OP_INPLACE);
const leat_op_def leat_op_BesselJ1 =
    LEAT_OP("BesselJ1(x: T) -> y: T; T: floating", .doc = "The Bessel function J1.", .shape = leat_shape_same,
            .kernels = {{j1_kernel}}, .gradient = j1_grad, .flags = LEAT_OP_INPLACE);
const leat_op_def leat_op_BesselY0 =
    LEAT_OP("BesselY0(x: T) -> y: T; T: floating", .doc = "The Bessel function Y0.", .shape = leat_shape_same,
            .kernels = {{y0_kernel}}, .gradient = y0_grad, .flags = LEAT_OP_INPLACE);
const leat_op_def leat_op_BesselY1 =
    LEAT_OP("BesselY1(x: T) -> y: T; T: floating", .doc = "The Bessel function Y1.", .shape = leat_shape_same,
            .kernels = {{y1_kernel}}, .gradient = y1_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(
    BesselI0,
    "(double[4] 0 -1 5 40) nograd tol 1e-13 -> double[4] 1 1.2660658777520084 27.239871823604442 1.4894774793419898e16");
LEAT_ROW(BesselI0, "(double[3] 1e308 -1.7e308 800) nograd -> double[3] inf inf inf");
LEAT_ROW(BesselI0, "(double[4] -3..3) -> any");
LEAT_ROW(
    BesselI1,
    "(double[4] 0 -1 5 40) nograd tol 1e-13 -> double[4] 0 -0.565159103992485 24.335642142450524 1.4707396163259353e16");
LEAT_ROW(BesselI1, "(double[4] -3..3) -> any");
LEAT_ROW(
    BesselI0e,
    "(double[4] 0 -1 5 700) nograd tol 1e-13 -> double[4] 1 0.46575960759364043 0.1835408126093282 0.015081295651531355");
LEAT_ROW(BesselI0e, "(double[2] 1e308 800) nograd -> double[2] 3.989422804014327e-155 0.014106945005869185");
LEAT_ROW(BesselI0e, "(double[4] -3..3) -> any");
LEAT_ROW(
    BesselI1e,
    "(double[4] 0 -1 5 700) nograd tol 1e-13 -> double[4] 0 -0.2079104153497085 0.16397226694454236 0.015070519444716844");
LEAT_ROW(BesselI1e, "(double[4] -3..3) -> any");
LEAT_ROW(BesselJ0, "(double[3] 0 1 10) -> double[3] 1 0.7651976865579666 -0.2459357644513483");
LEAT_ROW(BesselJ1, "(double[3] 0 1 10) -> double[3] 0 0.44005058574493355 0.04347274616886144");
LEAT_ROW(BesselY0, "(double[2] 1 10) -> double[2] 0.08825696421567697 0.05567116728359939");
LEAT_ROW(BesselY1, "(double[2] 1 10) -> double[2] -0.7812128213002887 0.24901542420695388");
