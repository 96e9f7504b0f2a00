/* compare.c - comparisons, logic, bits. */
#include <math.h>
#include "ops/elementwise-private.h"
#include "leat/raw-ops.h"

/* ---- comparisons ---- */

#define OTHER_INTS(X, name_, operator_)                                                                      \
    X(name_, LEAT_INT8, int8_t, operator_)                                                                   \
    X(name_, LEAT_INT16, int16_t, operator_)                                                                 \
    X(name_, LEAT_UINT8, uint8_t, operator_)                                                                 \
    X(name_, LEAT_UINT16, uint16_t, operator_)                                                               \
    X(name_, LEAT_UINT32, uint32_t, operator_)                                                               \
    X(name_, LEAT_UINT64, uint64_t, operator_)
#define COMPARE_LOOP(name_, dtype_, type_, operator_)                                                        \
    LEAT_LOOP2(name_##_##dtype_, type_, uint8_t, x operator_ y)
#define COMPARE_ENTRY(name_, dtype_, type_, operator_) [dtype_] = name_##_##dtype_,

#define COMPARE_KERNEL(name_, vector_, operator_)                                                            \
    OTHER_INTS(COMPARE_LOOP, name_, operator_)                                                               \
    static leat_status name_##_kernel(leat_kernel *k)                                                        \
    {                                                                                                        \
        static const leat_binary_loops loops = {                                                             \
            .vector = LEAT_VECTOR_##vector_ + 1,                                                             \
            .by_dtype = {[LEAT_BOOL] = name_##_LEAT_UINT8, OTHER_INTS(COMPARE_ENTRY, name_, operator_)}};    \
        return leat_binary(k, &loops);                                                                       \
    }
COMPARE_KERNEL(equal_number, EQ, ==)
COMPARE_KERNEL(not_equal_number, NE, !=)
COMPARE_KERNEL(less, LT, <)
COMPARE_KERNEL(less_equal, LE, <=)
COMPARE_KERNEL(greater, GT, >)
COMPARE_KERNEL(greater_equal, GE, >=)

static bool same_complex(const leat_tensor *t, int64_t i, const leat_tensor *u, int64_t j)
{
    if (t->dtype == LEAT_COMPLEX64) {
        const float *a = (const float *)t->data + 2 * i, *b = (const float *)u->data + 2 * j;
        return a[0] == b[0] && a[1] == b[1];
    }
    const double *a = (const double *)t->data + 2 * i, *b = (const double *)u->data + 2 * j;
    return a[0] == b[0] && a[1] == b[1];
}

static bool same_string(const leat_tensor *t, int64_t i, const leat_tensor *u, int64_t j)
{
    const leat_string *a = (const leat_string *)t->data + i, *b = (const leat_string *)u->data + j;
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

/* Strings and complex numbers: equal or not; no order. */
static leat_status equal_other(leat_kernel *k, bool want)
{
    const leat_tensor *a = k->in[0], *c = k->in[1];
    leat_shape out;
    LEAT_TRY(leat_kernel_broadcast(k, &a->shape, &c->shape, &out));
    LEAT_TRY(leat_out_new(k, 0, &out));
    leat_broadcast b;
    leat_broadcast_plan(&b, &out, (const leat_shape *const[]){&a->shape, &c->shape}, 2);
    for (int64_t i = 0; i < b.elements; i++) {
        int64_t at[2], left;
        leat_broadcast_at(&b, i, 2, at, &left);
        bool same =
            a->dtype == LEAT_STRING ? same_string(a, at[0], c, at[1]) : same_complex(a, at[0], c, at[1]);
        ((uint8_t *)k->out[0].data)[i] = same == want;
    }
    return LEAT_OK;
}

static bool is_other(leat_dtype d)
{
    return d == LEAT_STRING || d == LEAT_COMPLEX64 || d == LEAT_COMPLEX128;
}

/* incompatible_shape_error = false: shapes that do not broadcast are simply not equal. */
static bool shapes_just_differ(leat_kernel *k)
{
    leat_shape out;
    return !leat_attr_bool(k->op, "incompatible_shape_error") &&
           !leat_shape_broadcast(&k->in[0]->shape, &k->in[1]->shape, &out);
}
static leat_status out_bool(leat_kernel *k, bool value)
{
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SCALAR));
    *(uint8_t *)k->out[0].data = value;
    return LEAT_OK;
}

static leat_status equal_kernel(leat_kernel *k)
{
    if (shapes_just_differ(k))
        return out_bool(k, false);
    return is_other(k->in[0]->dtype) ? equal_other(k, true) : equal_number_kernel(k);
}
static leat_status not_equal_kernel(leat_kernel *k)
{
    if (shapes_just_differ(k))
        return out_bool(k, true);
    return is_other(k->in[0]->dtype) ? equal_other(k, false) : not_equal_number_kernel(k);
}

static leat_status equal_shape(leat_infer *c)
{
    if (leat_attr_bool(c->op, "incompatible_shape_error"))
        return leat_shape_broadcast2(c);
    if (leat_shape_known(c->in[0]) && leat_shape_known(c->in[1]) &&
        !leat_shape_broadcast(c->in[0], c->in[1], &c->out[0]))
        c->out[0] = LEAT_SCALAR;
    return LEAT_OK;
}

const leat_op_def leat_op_Equal = LEAT_OP(
    "Equal(x: T, y: T) -> z: bool; T: type; incompatible_shape_error: bool = true", .doc = "z = (x == y).",
    .shape = equal_shape, .kernels = {{equal_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_NotEqual = LEAT_OP(
    "NotEqual(x: T, y: T) -> z: bool; T: type; incompatible_shape_error: bool = true", .doc = "z = (x != y).",
    .shape = equal_shape, .kernels = {{not_equal_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_Less =
    LEAT_OP("Less(x: T, y: T) -> z: bool; T: real", .doc = "z = (x < y).", .shape = leat_shape_broadcast2,
            .kernels = {{less_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_LessEqual =
    LEAT_OP("LessEqual(x: T, y: T) -> z: bool; T: real", .doc = "z = (x <= y).",
            .shape = leat_shape_broadcast2, .kernels = {{less_equal_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_Greater =
    LEAT_OP("Greater(x: T, y: T) -> z: bool; T: real", .doc = "z = (x > y).", .shape = leat_shape_broadcast2,
            .kernels = {{greater_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_GreaterEqual =
    LEAT_OP("GreaterEqual(x: T, y: T) -> z: bool; T: real", .doc = "z = (x >= y).",
            .shape = leat_shape_broadcast2, .kernels = {{greater_equal_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(Equal, "(float[2,3] -3..3, float[3] -3..3)", x == y);
LEAT_ROW(Equal, "(float[3] nan 0 1, float[3] nan -0 2) -> bool[3] false true false");
LEAT_ROW(Equal, "(string[2] 'a' 'b', string[] 'b') -> bool[2] false true");
LEAT_ROW(Equal, "(bool[2] true false, bool[] false) -> bool[2] false true");
LEAT_ROW(Equal, "(complex64[2] 1+2j 1, complex64[] 1+2j) -> bool[2] true false");
LEAT_ROW(Equal, "(int32[2] 1 2, int32[3] 1 2 3) {incompatible_shape_error: false} -> bool[] false");
LEAT_ROW(Equal, "(int32[2] 1 2, int32[3] 1 2 3) fails 'broadcast'");
LEAT_ROW(NotEqual, "(uint8[3] 1 2 3, uint8[3] 1 5 3) -> bool[3] false true false");
LEAT_ROW(NotEqual, "(float[2] nan 1, float[2] nan 1) -> bool[2] true false");
LEAT_ROW(Less, "(int8[3] 1 -2 3, int8[3] 1 5 -3) -> bool[3] false true false");
LEAT_ROW(Less, "(half[2] 1 2, half[] 1.5) -> bool[2] true false");
LEAT_ROW(LessEqual, "(double[2,3] -3..3, double[2,1] -3..3)", x <= y);
LEAT_ROW(LessEqual, "(uint64[2] 18446744073709551615 1, uint64[] 1) -> bool[2] false true");
LEAT_ROW(Greater, "(float[200] -3..3, float[200] -3..3)", x > y);
LEAT_ROW(GreaterEqual, "(int64[3] 1 2 3, int64[] 2) -> bool[3] false true true");

/* ---- nearly equal ---- */

static leat_status approximate_equal_shape(leat_infer *c)
{
    return leat_shape_same_merged(c);
}

static leat_status approximate_equal_kernel(leat_kernel *k)
{
    const leat_tensor *a = k->in[0], *b = k->in[1];
    if (!leat_shape_equal(a->shape, b->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "x and y must be of the same shape");
    float tolerance = leat_attr_float(k->op, "tolerance");
    LEAT_TRY(leat_out_new(k, 0, &a->shape));
    uint8_t *out = k->out[0].data;
    switch (a->dtype) {
#define APPROXIMATE_CASE(dtype_, type_)                                                                      \
    case dtype_:                                                                                             \
        for (int64_t i = 0; i < a->elements; i++) {                                                          \
            type_ x = ((const type_ *)a->data)[i], y = ((const type_ *)b->data)[i];                          \
            out[i] = (double)(x > y ? x - y : y - x) < (double)tolerance;                                    \
        }                                                                                                    \
        return LEAT_OK;
        LEAT_FOR_FLOATS(APPROXIMATE_CASE)
#undef APPROXIMATE_CASE
#define APPROXIMATE_CASE(dtype_, type_)                                                                      \
    case dtype_:                                                                                             \
        for (int64_t i = 0; i < a->elements; i++) {                                                          \
            type_ x = ((const type_ *)a->data)[i], y = ((const type_ *)b->data)[i];                          \
            out[i] =                                                                                         \
                (double)(x > y ? (uint64_t)x - (uint64_t)y : (uint64_t)y - (uint64_t)x) < (double)tolerance; \
        }                                                                                                    \
        return LEAT_OK;
        LEAT_FOR_INTS(APPROXIMATE_CASE)
#undef APPROXIMATE_CASE
    default:
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(a->dtype));
    }
}

const leat_op_def leat_op_ApproximateEqual =
    LEAT_OP("ApproximateEqual(x: T, y: T) -> z: bool; T: numeric; tolerance: float = 1e-5",
            .doc = "z = |x - y| < tolerance.", .shape = approximate_equal_shape,
            .kernels = {{approximate_equal_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(ApproximateEqual, "(float[3] 1 nan inf, float[3] 1.000001 nan inf) -> bool[3] true false false");
LEAT_ROW(ApproximateEqual, "(int32[2] 1 5, int32[2] 2 7) {tolerance: 1.5} -> bool[2] true false");

/* ---- logic ---- */

LEAT_LOOP2(and_loop, uint8_t, uint8_t, x &y)
LEAT_LOOP2(or_loop, uint8_t, uint8_t, x | y)
LEAT_LOOP1(not_loop, uint8_t, uint8_t, !x)

static leat_status logical_and_kernel(leat_kernel *k)
{
    return leat_binary_run(k, and_loop, LEAT_GRAIN_CHEAP);
}
static leat_status logical_or_kernel(leat_kernel *k)
{
    return leat_binary_run(k, or_loop, LEAT_GRAIN_CHEAP);
}
static leat_status logical_not_kernel(leat_kernel *k)
{
    return leat_unary_run(k, not_loop, LEAT_GRAIN_CHEAP);
}

const leat_op_def leat_op_LogicalAnd =
    LEAT_OP("LogicalAnd(x: bool, y: bool) -> z: bool", .doc = "z = x and y.", .shape = leat_shape_broadcast2,
            .kernels = {{logical_and_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_LogicalOr =
    LEAT_OP("LogicalOr(x: bool, y: bool) -> z: bool", .doc = "z = x or y.", .shape = leat_shape_broadcast2,
            .kernels = {{logical_or_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_LogicalNot =
    LEAT_OP("LogicalNot(x: bool) -> y: bool", .doc = "y = not x.", .shape = leat_shape_same,
            .kernels = {{logical_not_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_INPLACE);

LEAT_ROW(LogicalAnd,
         "(bool[4] true true false false, bool[4] true false true false) -> bool[4] true false false false");
LEAT_ROW(LogicalOr,
         "(bool[4] true true false false, bool[4] true false true false) -> bool[4] true true true false");
LEAT_ROW(LogicalOr, "(bool[2] true false, bool[] true) -> bool[2] true true");
LEAT_ROW(LogicalNot, "(bool[2] true false) -> bool[2] false true");

/* ---- bits: the same for signed and unsigned of one width ---- */

#define BIT_LOOPS(name_, value_)                                                                             \
    LEAT_LOOP2(name_##_8, uint8_t, uint8_t, value_)                                                          \
    LEAT_LOOP2(name_##_16, uint16_t, uint16_t, value_)                                                       \
    LEAT_LOOP2(name_##_32, uint32_t, uint32_t, value_)                                                       \
    LEAT_LOOP2(name_##_64, uint64_t, uint64_t, value_)                                                       \
    static leat_status name_##_kernel(leat_kernel *k)                                                        \
    {                                                                                                        \
        static const leat_binary_loops loops = {.by_dtype = {[LEAT_INT8] = name_##_8,                        \
                                                             [LEAT_UINT8] = name_##_8,                       \
                                                             [LEAT_INT16] = name_##_16,                      \
                                                             [LEAT_UINT16] = name_##_16,                     \
                                                             [LEAT_INT32] = name_##_32,                      \
                                                             [LEAT_UINT32] = name_##_32,                     \
                                                             [LEAT_INT64] = name_##_64,                      \
                                                             [LEAT_UINT64] = name_##_64}};                   \
        return leat_binary(k, &loops);                                                                       \
    }
BIT_LOOPS(bit_and, (x & y))
BIT_LOOPS(bit_or, x | y)
BIT_LOOPS(bit_xor, x ^ y)

LEAT_LOOP1(invert_8, uint8_t, uint8_t, ~x)
LEAT_LOOP1(invert_16, uint16_t, uint16_t, ~x)
LEAT_LOOP1(invert_32, uint32_t, uint32_t, ~x)
LEAT_LOOP1(invert_64, uint64_t, uint64_t, ~x)
static leat_status invert_kernel(leat_kernel *k)
{
    static const leat_unary_loops loops = {.by_dtype = {[LEAT_INT8] = invert_8,
                                                        [LEAT_UINT8] = invert_8,
                                                        [LEAT_INT16] = invert_16,
                                                        [LEAT_UINT16] = invert_16,
                                                        [LEAT_INT32] = invert_32,
                                                        [LEAT_UINT32] = invert_32,
                                                        [LEAT_INT64] = invert_64,
                                                        [LEAT_UINT64] = invert_64}};
    return leat_unary(k, &loops);
}

/* Shift counts outside the width are taken as the nearest one inside, as TensorFlow does. */
#define SHIFT_COUNT(type_)                                                                                   \
    (y < (type_)1 ? 0U : y > (type_)(8 * sizeof(type_) - 1) ? (unsigned)(8 * sizeof(type_) - 1) : (unsigned)y)
#define SHIFT_LOOPS(dtype_, type_)                                                                           \
    LEAT_LOOP2(shl_##dtype_, type_, type_, (uint64_t)x << SHIFT_COUNT(type_))                                \
    LEAT_LOOP2(shr_##dtype_, type_, type_, x >> SHIFT_COUNT(type_))
LEAT_FOR_INTS(SHIFT_LOOPS)
#define SHL_ENTRY(dtype_, type_) [dtype_] = shl_##dtype_,
#define SHR_ENTRY(dtype_, type_) [dtype_] = shr_##dtype_,
static leat_status left_shift_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {.by_dtype = {LEAT_FOR_INTS(SHL_ENTRY)}};
    return leat_binary(k, &loops);
}
static leat_status right_shift_kernel(leat_kernel *k)
{
    static const leat_binary_loops loops = {.by_dtype = {LEAT_FOR_INTS(SHR_ENTRY)}};
    return leat_binary(k, &loops);
}

const leat_op_def leat_op_BitwiseAnd =
    LEAT_OP("BitwiseAnd(x: T, y: T) -> z: T; T: integer", .doc = "z = x & y.", .shape = leat_shape_broadcast2,
            .kernels = {{bit_and_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_BitwiseOr =
    LEAT_OP("BitwiseOr(x: T, y: T) -> z: T; T: integer", .doc = "z = x | y.", .shape = leat_shape_broadcast2,
            .kernels = {{bit_or_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_BitwiseXor =
    LEAT_OP("BitwiseXor(x: T, y: T) -> z: T; T: integer", .doc = "z = x ^ y.", .shape = leat_shape_broadcast2,
            .kernels = {{bit_xor_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Invert =
    LEAT_OP("Invert(x: T) -> y: T; T: integer", .doc = "y = ~x.", .shape = leat_shape_same,
            .kernels = {{invert_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_LeftShift =
    LEAT_OP("LeftShift(x: T, y: T) -> z: T; T: integer",
            .doc = "z = x << y, y taken into 0 to the width less one.", .shape = leat_shape_broadcast2,
            .kernels = {{left_shift_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_RightShift =
    LEAT_OP("RightShift(x: T, y: T) -> z: T; T: integer",
            .doc = "z = x >> y, y taken into 0 to the width less one.", .shape = leat_shape_broadcast2,
            .kernels = {{right_shift_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_INPLACE);

LEAT_ROW(BitwiseAnd, "(int32[2] 12 -1, int32[] 10) -> int32[2] 8 10");
LEAT_ROW(BitwiseOr, "(uint8[2] 12 1, uint8[] 10) -> uint8[2] 14 11");
LEAT_ROW(BitwiseXor, "(int64[2] 12 -1, int64[] 10) -> int64[2] 6 -11");
LEAT_ROW(Invert, "(int16[2] 12 -1) -> int16[2] -13 0");
LEAT_ROW(LeftShift, "(int32[4] 1 1 1 -5, int32[4] 33 -1 31 1) -> int32[4] -2147483648 1 -2147483648 -10");
LEAT_ROW(LeftShift, "(int8[4] 1 1 1 -5, int8[4] 9 -1 7 1) -> int8[4] -128 1 -128 -10");
LEAT_ROW(RightShift, "(int32[4] 1 -1 8 -5, int32[4] 33 -1 31 1) -> int32[4] 0 -1 0 -3");
LEAT_ROW(RightShift, "(uint8[2] 200 7, uint8[] 2) -> uint8[2] 50 1");
