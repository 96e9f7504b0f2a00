/* divide.c - quotients and remainders. Integers: a zero divisor is an error of the node, INT_MIN / -1 wraps. */
#include <math.h>
#include "ops/elementwise-private.h"
#include "ops/grad-private.h"

#define INT_LOOPS(X)                                                                                         \
    X(LEAT_INT8, int8_t, uint32_t)                                                                           \
    X(LEAT_INT16, int16_t, uint32_t)                                                                         \
    X(LEAT_INT32, int32_t, uint32_t)                                                                         \
    X(LEAT_INT64, int64_t, uint64_t)                                                                         \
    X(LEAT_UINT8, uint8_t, uint32_t)                                                                         \
    X(LEAT_UINT16, uint16_t, uint32_t)                                                                       \
    X(LEAT_UINT32, uint32_t, uint32_t)                                                                       \
    X(LEAT_UINT64, uint64_t, uint64_t)

#define BY_DTYPE(prefix_)                                                                                    \
    [LEAT_INT8] = prefix_##_LEAT_INT8, [LEAT_INT16] = prefix_##_LEAT_INT16,                                  \
    [LEAT_INT32] = prefix_##_LEAT_INT32, [LEAT_INT64] = prefix_##_LEAT_INT64,                                \
    [LEAT_UINT8] = prefix_##_LEAT_UINT8, [LEAT_UINT16] = prefix_##_LEAT_UINT16,                              \
    [LEAT_UINT32] = prefix_##_LEAT_UINT32, [LEAT_UINT64] = prefix_##_LEAT_UINT64

/* A divisor of all ones is -1 in the signed types: the quotient is then the wrapped negative, the remainder 0. In the
 * unsigned types `is_minus_one` is never true. */
#define IS_MINUS_ONE(type_, y_) ((type_)-1 < (type_)1 && (y_) == (type_)-1)
#define TRUNC_DIV(type_, u_) (IS_MINUS_ONE(type_, y) ? (type_)((u_)0 - (u_)x) : (type_)(x / y))
#define TRUNC_MOD(type_) (IS_MINUS_ONE(type_, y) ? (type_)0 : (type_)(x % y))
#define SIGNS_DIFFER(type_, a_, b_) (((a_) < (type_)1 && (a_) != 0) != ((b_) < (type_)1 && (b_) != 0))
#define TRUNC_DIV_LOOP(d_, type_, u_) LEAT_LOOP2(tdiv_##d_, type_, type_, TRUNC_DIV(type_, u_))
#define TRUNC_MOD_LOOP(d_, type_, u_) LEAT_LOOP2(tmod_##d_, type_, type_, TRUNC_MOD(type_))
#define FLOOR_DIV_LOOP(d_, type_, u_)                                                                        \
    LEAT_LOOP2(fdiv_##d_, type_, type_,                                                                      \
               TRUNC_DIV(type_, u_) - (TRUNC_MOD(type_) != 0 && SIGNS_DIFFER(type_, x, y)))
#define FLOOR_MOD_LOOP(d_, type_, u_)                                                                        \
    LEAT_LOOP2(fmod_##d_, type_, type_,                                                                      \
               TRUNC_MOD(type_) + (TRUNC_MOD(type_) != 0 && SIGNS_DIFFER(type_, x, y) ? y : (type_)0))
INT_LOOPS(TRUNC_DIV_LOOP)
INT_LOOPS(TRUNC_MOD_LOOP)
INT_LOOPS(FLOOR_DIV_LOOP)
INT_LOOPS(FLOOR_MOD_LOOP)

LEAT_LOOP2(trunc_div_f32, float, float, truncf(x / y))
LEAT_LOOP2(trunc_div_f64, double, double, trunc(x / y))
LEAT_LOOP2(floor_div_f32, float, float, floorf(x / y))
LEAT_LOOP2(floor_div_f64, double, double, floor(x / y))
LEAT_LOOP2(trunc_mod_f32, float, float, fmodf(x, y))
LEAT_LOOP2(trunc_mod_f64, double, double, fmod(x, y))

static inline double floor_mod_one(double x, double y)
{
    double r = fmod(x, y);
    return r != 0 && (y < 0) != (r < 0) ? r + y : r;
}
static inline float floor_mod_onef(float x, float y)
{
    float r = fmodf(x, y);
    return r != 0 && (y < 0) != (r < 0) ? r + y : r;
}
LEAT_LOOP2(floor_mod_f32, float, float, floor_mod_onef(x, y))
LEAT_LOOP2(floor_mod_f64, double, double, floor_mod_one(x, y))

/* Is there a zero among the elements of an integer tensor? */
static bool has_zero(const leat_tensor *t)
{
    switch (t->dtype) {
#define ZERO_CASE(dtype_, type_)                                                                             \
    case dtype_:                                                                                             \
        for (int64_t i = 0; i < t->elements; i++)                                                            \
            if (((const type_ *)t->data)[i] == 0)                                                            \
                return true;                                                                                 \
        return false;
        LEAT_FOR_INTS(ZERO_CASE)
#undef ZERO_CASE
    default: return false;
    }
}

static leat_status divide(leat_kernel *k, const leat_binary_loops *loops)
{
    if (k->in[0]->elements > 0 && has_zero(k->in[1]))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Integer division by zero");
    return leat_binary(k, loops);
}

static leat_status real_div_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {.float2 = LEAT_VECTOR_DIV + 1,
                                            .of_complex = LEAT_COMPLEX_DIV + 1};
    return leat_binary(k, &loops);
}
static leat_status div_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {
        .float2 = LEAT_VECTOR_DIV + 1, .of_complex = LEAT_COMPLEX_DIV + 1, .by_dtype = {BY_DTYPE(tdiv)}};
    return divide(k, &loops);
}
static leat_status truncate_div_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {
        .by_dtype = {BY_DTYPE(tdiv), [LEAT_FLOAT] = trunc_div_f32, [LEAT_DOUBLE] = trunc_div_f64}};
    return divide(k, &loops);
}
static leat_status floor_div_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {
        .by_dtype = {BY_DTYPE(fdiv), [LEAT_FLOAT] = floor_div_f32, [LEAT_DOUBLE] = floor_div_f64}};
    return divide(k, &loops);
}
static leat_status floor_mod_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {
        .by_dtype = {BY_DTYPE(fmod), [LEAT_FLOAT] = floor_mod_f32, [LEAT_DOUBLE] = floor_mod_f64},
        .grain = LEAT_GRAIN_MATH};
    return divide(k, &loops);
}
static leat_status truncate_mod_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {
        .by_dtype = {BY_DTYPE(tmod), [LEAT_FLOAT] = trunc_mod_f32, [LEAT_DOUBLE] = trunc_mod_f64},
        .grain = LEAT_GRAIN_MATH};
    return divide(k, &loops);
}
static leat_status div_no_nan_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {.float2 = LEAT_VECTOR_DIV_NO_NAN + 1,
                                            .of_complex = LEAT_COMPLEX_DIV_NO_NAN + 1};
    return leat_binary(k, &loops);
}
LEAT_VECTOR_KERNEL2(mul_no_nan_kernel, MUL_NO_NAN)

/* ---- true division ---- */

static void real_div_grad(leat_grad *g)
{
    leat_out x = leat_grad_conj(leat_grad_in(g, 0)), y = leat_grad_conj(leat_grad_in(g, 1));
    g->dx[0] = leat_grad_unbroadcast(g, leat_raw_real_div(g->dy[0], y), 0, 1);
    if (!leat_grad_wanted(g, 1))
        return;
    leat_out slope = leat_raw_real_div(leat_raw_real_div(leat_raw_neg(x), y), y);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_mul(g->dy[0], slope), 1, 0);
}

const leat_op_def leat_op_RealDiv =
    LEAT_OP("RealDiv(x: T, y: T) -> z: T; T: numeric", .doc = "z = x / y of floating-point numbers.",
            .shape = leat_shape_broadcast2, .kernels = {{real_div_kernel}}, .gradient = real_div_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Div =
    LEAT_OP("Div(x: T, y: T) -> z: T; T: numeric", .doc = "z = x / y; of integers, rounded towards zero.",
            .shape = leat_shape_broadcast2, .kernels = {{div_kernel}}, .gradient = real_div_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(RealDiv, "(float[2,3] -3..3, float[3] 1..3)", x / y);
LEAT_ROW(RealDiv, "(double[2,3] -3..3, double[2,1] -3..-1)", x / y);
LEAT_ROW(RealDiv, "(float[3] 1 -1 0, float[] 0) nograd -> float[3] inf -inf nan");
LEAT_ROW(RealDiv, "(complex64[2] 4+3j 1, complex64[2] 2-1j 1j) -> complex64[2] 1+2j -1j");
LEAT_ROW(Div, "(double[2,3] -3..3, double[2,1] 1..2)", x / y);
LEAT_ROW(Div, "(int32[5] -2147483648 5 -5 7 -7, int32[5] -1 3 3 -3 -3) -> int32[5] -2147483648 1 -1 -2 2");
LEAT_ROW(Div, "(int32[2] 1 2, int32[2] 1 0) fails 'division by zero'");
LEAT_ROW(Div, "(complex128[2] 4+3j 1, complex128[2] 2-1j 1j) -> complex128[2] 1+2j -1j");

/* ---- integer division ---- */

const leat_op_def leat_op_TruncateDiv =
    LEAT_OP("TruncateDiv(x: T, y: T) -> z: T; T: numeric", .doc = "z = x / y, rounded towards zero.",
            .shape = leat_shape_broadcast2, .kernels = {{truncate_div_kernel}}, .gradient = leat_grad_none,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_FloorDiv = LEAT_OP(
    "FloorDiv(x: T, y: T) -> z: T; T: numeric", .doc = "z = floor(x / y).", .shape = leat_shape_broadcast2,
    .kernels = {{floor_div_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_INPLACE);

LEAT_ROW(TruncateDiv, "(int64[4] 5 -5 7 -7, int64[4] 3 3 -3 -3) -> int64[4] 1 -1 -2 2");
LEAT_ROW(TruncateDiv, "(float[4] 5.5 -5.5 1.5 -1.5, float[4] 2 2 -2 -2) -> float[4] 2 -2 -0 0");
LEAT_ROW(TruncateDiv, "(half[2] 7 -7, half[] 2) -> half[2] 3 -3");
LEAT_ROW(TruncateDiv, "(int8[2] -128 100, int8[2] -1 7) -> int8[2] -128 14");
LEAT_ROW(TruncateDiv, "(uint8[2] 255 100, uint8[2] 255 7) -> uint8[2] 1 14");
LEAT_ROW(FloorDiv,
         "(int32[5] -2147483648 5 -5 7 -7, int32[5] -1 3 3 -3 -3) -> int32[5] -2147483648 1 -2 -3 2");
LEAT_ROW(FloorDiv, "(int16[2] -32768 -7, int16[] -1) -> int16[2] -32768 7");
LEAT_ROW(FloorDiv, "(uint32[2] 4294967295 7, uint32[] 2) -> uint32[2] 2147483647 3");
LEAT_ROW(FloorDiv, "(float[4] 5.5 -5.5 5.5 -5.5, float[4] 2 2 -2 -2) -> float[4] 2 -3 -3 2");
LEAT_ROW(FloorDiv, "(int32[2] 1 2, int32[] 0) fails 'division by zero'");
LEAT_ROW(FloorDiv, "(int64[1] 1, int64[1] 0) fails 'FloorDiv'");

/* ---- remainders ---- */

static void floor_mod_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), y = leat_grad_in(g, 1);
    g->dx[0] = leat_grad_unbroadcast(g, g->dy[0], 0, 1);
    leat_out slope = leat_raw_neg(leat_raw_floor_div(x, y));
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_mul(g->dy[0], slope), 1, 0);
}

const leat_op_def leat_op_FloorMod =
    LEAT_OP("FloorMod(x: T, y: T) -> z: T; T: real",
            .doc = "The remainder of FloorDiv: it has the sign of y.", .shape = leat_shape_broadcast2,
            .kernels = {{floor_mod_kernel}}, .gradient = floor_mod_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_TruncateMod =
    LEAT_OP("TruncateMod(x: T, y: T) -> z: T; T: real",
            .doc = "The remainder of TruncateDiv: it has the sign of x.", .shape = leat_shape_broadcast2,
            .kernels = {{truncate_mod_kernel}}, .gradient = leat_grad_missing, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Mod =
    LEAT_OP("Mod(x: T, y: T) -> z: T; T: real", .doc = "As TruncateMod.", .shape = leat_shape_broadcast2,
            .kernels = {{truncate_mod_kernel}}, .gradient = leat_grad_missing, .flags = LEAT_OP_INPLACE);

LEAT_ROW(FloorMod, "(int32[5] -2147483648 5 -5 7 -7, int32[5] -1 3 3 -3 -3) -> int32[5] 0 2 1 -2 -1");
LEAT_ROW(FloorMod,
         "(float[5] 5.5 -5.5 5.5 -5.5 0, float[5] 2 2 -2 -2 -3) nograd -> float[5] 1.5 0.5 -0.5 -1.5 0");
LEAT_ROW(FloorMod, "(double[2,2] 5.3 -7.1 2.2 9.9, double[2,1] 2 -3.5)", x - y * floor(x / y));
LEAT_ROW(FloorMod, "(uint8[2] 200 7, uint8[] 5) -> uint8[2] 0 2");
LEAT_ROW(TruncateMod,
         "(int64[5] -9223372036854775808 5 -5 7 -7, int64[5] -1 3 3 -3 -3) -> int64[5] 0 2 -2 1 -1");
LEAT_ROW(TruncateMod, "(float[2] 5.5 -5.5, float[] 2) -> float[2] 1.5 -1.5");
LEAT_ROW(TruncateMod, "(int32[] 5, int32[] 0) fails 'division by zero'");
LEAT_ROW(Mod, "(int32[2] -5 5, int32[] 3) -> int32[2] -2 2");

/* ---- zero wins ---- */

static void div_no_nan_grad(leat_grad *g)
{
    leat_out x = leat_grad_conj(leat_grad_in(g, 0)), y = leat_grad_conj(leat_grad_in(g, 1));
    g->dx[0] = leat_grad_unbroadcast(g, leat_raw_div_no_nan(g->dy[0], y), 0, 1);
    if (!leat_grad_wanted(g, 1))
        return;
    leat_out slope = leat_raw_div_no_nan(leat_raw_div_no_nan(leat_raw_neg(x), y), y);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_mul(g->dy[0], slope), 1, 0);
}

static void mul_no_nan_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), y = leat_grad_in(g, 1);
    g->dx[0] = leat_grad_unbroadcast(g, leat_raw_mul_no_nan(g->dy[0], y), 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_mul_no_nan(x, g->dy[0]), 1, 0);
}

const leat_op_def leat_op_DivNoNan =
    LEAT_OP("DivNoNan(x: T, y: T) -> z: T; T: inexact", .doc = "z = x / y, and 0 where y is 0.",
            .shape = leat_shape_broadcast2, .kernels = {{div_no_nan_kernel}}, .gradient = div_no_nan_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_MulNoNan =
    LEAT_OP("MulNoNan(x: T, y: T) -> z: T; T: inexact", .doc = "z = x * y, and 0 where y is 0 whatever x is.",
            .shape = leat_shape_broadcast2, .kernels = {{mul_no_nan_kernel}}, .gradient = mul_no_nan_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(DivNoNan, "(double[2,3] -3..3, double[3] 1..3)", x / y);
LEAT_ROW(DivNoNan, "(float[4] 1 nan 0 nan, float[4] 0 0 0 1) nograd -> float[4] 0 0 0 nan");
LEAT_ROW(DivNoNan, "(complex64[2] 4+3j 1, complex64[2] 2-1j 0) -> complex64[2] 1+2j 0");
LEAT_ROW(MulNoNan, "(double[2,3] -3..3, double[3] 1..3)", (x * y));
LEAT_ROW(MulNoNan, "(float[3] inf nan 2, float[3] 0 0 3) nograd -> float[3] 0 0 6");
