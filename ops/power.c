/* power.c - powers, x log y and their like, angles. */
#include <math.h>
#include "ops/elementwise-private.h"
#include "leat/raw-ops.h"

/* ---- Pow ---- */

LEAT_LOOP2(pow_f32, float, float, y == 2 ? (x * x) : powf(x, y))
LEAT_LOOP2(pow_f64, double, double, y == 2 ? (x * x) : pow(x, y))

/* By squaring; wraps. */
static inline uint64_t power_u64(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent > 0; exponent >>= 1, base *= base)
        if (exponent & 1)
            result *= base;
    return result;
}
#define POW_LOOP(dtype_, type_) LEAT_LOOP2(pow_##dtype_, type_, type_, power_u64((uint64_t)x, (uint64_t)y))
LEAT_FOR_INTS(POW_LOOP)

static bool has_negative(const leat_tensor *t)
{
    switch (t->dtype) {
#define NEGATIVE_CASE(dtype_, type_)                                                                         \
    case dtype_:                                                                                             \
        for (int64_t i = 0; i < t->elements; i++)                                                            \
            if (((const type_ *)t->data)[i] < 0)                                                             \
                return true;                                                                                 \
        return false;
        LEAT_FOR_SIGNED_INTS(NEGATIVE_CASE)
#undef NEGATIVE_CASE
    default: return false;
    }
}

static leat_status pow_kernel(leat_kernel *k)
{
#define POW_ENTRY(dtype_, type_) [dtype_] = pow_##dtype_,
    static const leat_binary_loops loops = {
        .by_dtype = {LEAT_FOR_INTS(POW_ENTRY)[LEAT_FLOAT] = pow_f32, [LEAT_DOUBLE] = pow_f64},
        .grain = LEAT_GRAIN_HEAVY};
#undef POW_ENTRY
    if (k->in[0]->elements > 0 && has_negative(k->in[1]))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "Integers to negative integer powers are not allowed");
    return leat_binary(k, &loops);
}

/* log x where x > 0, else 0: log 1 stands in where the logarithm is not wanted. */
static void pow_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), y = leat_grad_in(g, 1), one = leat_scalar_float(g->graph, 1.0);
    if (leat_grad_wanted(g, 0)) {
        leat_out slope = leat_raw_mul(y, leat_raw_pow(x, leat_raw_sub(y, one)));
        g->dx[0] = leat_grad_unbroadcast(g, leat_raw_mul(g->dy[0], slope), 0, 1);
    }
    if (!leat_grad_wanted(g, 1))
        return;
    leat_out positive = leat_raw_greater(x, leat_scalar_float(g->graph, 0.0));
    leat_out log_x = leat_raw_log(leat_raw_select_v2(positive, x, leat_raw_ones_like(x)));
    leat_out dy = leat_raw_mul(leat_raw_mul(g->dy[0], leat_grad_out(g, 0)), log_x);
    g->dx[1] = leat_grad_unbroadcast(g, dy, 1, 0);
}

const leat_op_def leat_op_Pow =
    LEAT_OP("Pow(x: T, y: T) -> z: T; T: numeric", .doc = "z = x to the power y; integers wrap.",
            .shape = leat_shape_broadcast2, .kernels = {{pow_kernel}}, .gradient = pow_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(Pow, "(double[2,3] 0.2..3, double[3] -2..2)", pow(x, y));
LEAT_ROW(Pow, "(float[2,3] 0.2..3, float[] 2)", (x * x));
LEAT_ROW(Pow, "(float[3] -2 0 -2, float[3] 3 0 0.5) nograd -> float[3] -8 1 nan");
LEAT_ROW(Pow, "(int32[4] 2 -3 0 3, int32[4] 10 3 0 21) -> int32[4] 1024 -27 1 1870418611");
LEAT_ROW(Pow, "(int8[2] 2 3, int8[] 5) -> int8[2] 32 -13");
LEAT_ROW(Pow, "(int32[2] 2 3, int32[2] 3 -1) fails 'negative integer powers'");

/* ---- x / y, x log y, x log(1 + y); 0 where x is 0 ---- */

LEAT_LOOP2(xdivy_f32, float, float, x == 0 ? x : x / y)
LEAT_LOOP2(xdivy_f64, double, double, x == 0 ? x : x / y)
LEAT_LOOP2(xlogy_f32, float, float, x == 0 ? x : (x * logf(y)))
LEAT_LOOP2(xlogy_f64, double, double, x == 0 ? x : (x * log(y)))
LEAT_LOOP2(xlog1py_f32, float, float, x == 0 ? x : (x * log1pf(y)))
LEAT_LOOP2(xlog1py_f64, double, double, x == 0 ? x : (x * log1p(y)))
LEAT_LOOP2(atan2_f32, float, float, atan2f(x, y))
LEAT_LOOP2(atan2_f64, double, double, atan2(x, y))

#define FLOAT_KERNEL(name_, grain_)                                                                          \
    static leat_status name_##_kernel(leat_kernel *k)                                                        \
    {                                                                                                        \
        static const leat_binary_loops loops = {                                                             \
            .by_dtype = {[LEAT_FLOAT] = name_##_f32, [LEAT_DOUBLE] = name_##_f64}, .grain = grain_};         \
        return leat_binary(k, &loops);                                                                       \
    }
FLOAT_KERNEL(xdivy, LEAT_GRAIN_MATH)
FLOAT_KERNEL(xlogy, LEAT_GRAIN_HEAVY)
FLOAT_KERNEL(xlog1py, LEAT_GRAIN_HEAVY)
FLOAT_KERNEL(atan2, LEAT_GRAIN_HEAVY)

/* 1 where x is not 0, as a number. */
static leat_out not_zero(leat_grad *g, leat_out x)
{
    return leat_raw_cast(leat_raw_not_equal(x, leat_scalar_float(g->graph, 0.0)), leat_out_dtype(x));
}

static void xdivy_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), y = leat_grad_in(g, 1);
    leat_out dx = leat_raw_mul(leat_raw_xdivy(not_zero(g, x), y), g->dy[0]);
    leat_out dy = leat_raw_mul(leat_raw_xdivy(leat_raw_neg(x), leat_raw_square(y)), g->dy[0]);
    g->dx[0] = leat_grad_unbroadcast(g, dx, 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, dy, 1, 0);
}

static void xlogy_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), y = leat_grad_in(g, 1);
    leat_out dx = leat_raw_mul(leat_raw_xlogy(not_zero(g, x), y), g->dy[0]);
    leat_out dy = leat_raw_mul(leat_raw_xdivy(x, y), g->dy[0]);
    g->dx[0] = leat_grad_unbroadcast(g, dx, 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, dy, 1, 0);
}

static void xlog1py_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), y = leat_grad_in(g, 1);
    leat_out dx = leat_raw_mul(leat_raw_xlog1py(not_zero(g, x), y), g->dy[0]);
    leat_out one_y = leat_raw_add_v2(y, leat_scalar_float(g->graph, 1.0));
    leat_out dy = leat_raw_mul(leat_raw_xdivy(x, one_y), g->dy[0]);
    g->dx[0] = leat_grad_unbroadcast(g, dx, 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, dy, 1, 0);
}

const leat_op_def leat_op_Xdivy =
    LEAT_OP("Xdivy(x: T, y: T) -> z: T; T: inexact", .doc = "z = x / y, and 0 where x is 0.",
            .shape = leat_shape_broadcast2, .kernels = {{xdivy_kernel}}, .gradient = xdivy_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Xlogy =
    LEAT_OP("Xlogy(x: T, y: T) -> z: T; T: inexact", .doc = "z = x * log(y), and 0 where x is 0.",
            .shape = leat_shape_broadcast2, .kernels = {{xlogy_kernel}}, .gradient = xlogy_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Xlog1py =
    LEAT_OP("Xlog1py(x: T, y: T) -> z: T; T: inexact", .doc = "z = x * log(1 + y), and 0 where x is 0.",
            .shape = leat_shape_broadcast2, .kernels = {{xlog1py_kernel}}, .gradient = xlog1py_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(Xdivy, "(double[2,3] 1..3, double[3] 1..3)", x / y);
LEAT_ROW(Xdivy, "(float[3] 0 0 1, float[3] 0 nan 4) nograd -> float[3] 0 0 0.25");
LEAT_ROW(Xlogy, "(double[2,3] 1..3, double[3] 1..3)", (x * log(y)));
LEAT_ROW(Xlogy, "(float[3] 0 0 1, float[3] 0 nan 1) nograd -> float[3] 0 0 0");
LEAT_ROW(Xlog1py, "(double[2,3] 1..3, double[3] 1..3)", (x * log1p(y)));

/* ---- Atan2(y, x) ---- */

static void atan2_grad(leat_grad *g)
{
    leat_out y = leat_grad_in(g, 0), x = leat_grad_in(g, 1);
    leat_out d = leat_raw_real_div(g->dy[0], leat_raw_add_v2(leat_raw_square(x), leat_raw_square(y)));
    g->dx[0] = leat_grad_unbroadcast(g, leat_raw_mul(x, d), 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_mul(leat_raw_neg(y), d), 1, 0);
}

const leat_op_def leat_op_Atan2 =
    LEAT_OP("Atan2(y: T, x: T) -> z: T; T: floating", .doc = "The angle of the point (x, y), in (-pi, pi].",
            .shape = leat_shape_broadcast2, .kernels = {{atan2_kernel}}, .gradient = atan2_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(Atan2, "(double[2,3] 1..3, double[3] -3..3)", atan2(x, y));
LEAT_ROW(Atan2, "(float[4] 0 -0 0 1, float[4] 1 1 -1 0) nograd -> float[4] 0 -0 3.14159274 1.57079637");
