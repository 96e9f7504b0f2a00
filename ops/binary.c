/* binary.c - arithmetic of two operands: sum, difference, product, extremes. */
#include "ops/elementwise-private.h"
#include "ops/grad-private.h"

#define SMALL_INT_LOOPS(X)                                                                                   \
    X(LEAT_INT8, int8_t, uint32_t)                                                                           \
    X(LEAT_INT16, int16_t, uint32_t)                                                                         \
    X(LEAT_UINT8, uint8_t, uint32_t)                                                                         \
    X(LEAT_UINT16, uint16_t, uint32_t)                                                                       \
    X(LEAT_UINT32, uint32_t, uint32_t)                                                                       \
    X(LEAT_UINT64, uint64_t, uint64_t)

/* Integers that have no vector loop; they wrap. */
#define ADD_LOOP(d_, type_, u_) LEAT_LOOP2(add_##d_, type_, type_, (u_)x + (u_)y)
#define SUB_LOOP(d_, type_, u_) LEAT_LOOP2(sub_##d_, type_, type_, (u_)x - (u_)y)
#define MUL_LOOP(d_, type_, u_) LEAT_LOOP2(mul_##d_, type_, type_, ((u_)x) * ((u_)y))
#define MAX_LOOP(d_, type_, u_) LEAT_LOOP2(max_##d_, type_, type_, x > y ? x : y)
#define MIN_LOOP(d_, type_, u_) LEAT_LOOP2(min_##d_, type_, type_, x < y ? x : y)
#define SQD_LOOP(d_, type_, u_) LEAT_LOOP2(sqd_##d_, type_, type_, ((u_)x - (u_)y) * ((u_)x - (u_)y))
SMALL_INT_LOOPS(ADD_LOOP)
SMALL_INT_LOOPS(SUB_LOOP)
SMALL_INT_LOOPS(MUL_LOOP)
SMALL_INT_LOOPS(MAX_LOOP)
SMALL_INT_LOOPS(MIN_LOOP)
SMALL_INT_LOOPS(SQD_LOOP)

/* One kernel: the vector loops of LEAT_VECTOR_<vector>, and <prefix>_<dtype> for the small integers. */
#define ARITHMETIC_KERNEL(name_, vector_, prefix_, complex_)                                                 \
    static leat_status name_(leat_kernel *k)                                                                 \
    {                                                                                                        \
        static const leat_binary_loops loops = {.vector = LEAT_VECTOR_##vector_ + 1,                         \
                                                .of_complex = complex_,                                      \
                                                .by_dtype = {[LEAT_INT8] = prefix_##_LEAT_INT8,              \
                                                             [LEAT_INT16] = prefix_##_LEAT_INT16,            \
                                                             [LEAT_UINT8] = prefix_##_LEAT_UINT8,            \
                                                             [LEAT_UINT16] = prefix_##_LEAT_UINT16,          \
                                                             [LEAT_UINT32] = prefix_##_LEAT_UINT32,          \
                                                             [LEAT_UINT64] = prefix_##_LEAT_UINT64}};        \
        return leat_binary(k, &loops);                                                                       \
    }
ARITHMETIC_KERNEL(add_kernel, ADD, add, LEAT_COMPLEX_ADD + 1)
ARITHMETIC_KERNEL(sub_kernel, SUB, sub, LEAT_COMPLEX_SUB + 1)
ARITHMETIC_KERNEL(mul_kernel, MUL, mul, LEAT_COMPLEX_MUL + 1)
ARITHMETIC_KERNEL(maximum_kernel, MAX, max, 0)
ARITHMETIC_KERNEL(minimum_kernel, MIN, min, 0)
ARITHMETIC_KERNEL(squared_difference_kernel, SQUARED_DIFFERENCE, sqd, 0)

/* ---- sum and difference ---- */

/* Add of strings concatenates, with broadcasting. */
static leat_status add_strings(leat_kernel *k)
{
    const leat_tensor *a = k->in[0], *c = k->in[1];
    leat_shape out;
    if (!leat_shape_broadcast(&a->shape, &c->shape, &out))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the shapes do not broadcast");
    LEAT_TRY(leat_out_new(k, 0, &out));
    leat_broadcast b;
    leat_broadcast_plan(&b, &out, (const leat_shape *const[]){&a->shape, &c->shape}, 2);
    for (int64_t i = 0; i < b.elements; i++) {
        int64_t at[2], left;
        leat_broadcast_at(&b, i, 2, at, &left);
        const leat_string *x = (const leat_string *)a->data + at[0],
                          *y = (const leat_string *)c->data + at[1];
        leat_string *z = (leat_string *)k->out[0].data + i;
        if (x->size + y->size == 0)
            continue;
        char *text = leat_alloc(x->size + y->size + 1);
        if (text == NULL)
            return leat_fail_memory(x->size + y->size + 1);
        if (x->size > 0)
            memcpy(text, x->data, x->size);
        if (y->size > 0)
            memcpy(text + x->size, y->data, y->size);
        text[x->size + y->size] = '\0';
        *z = (leat_string){text, x->size + y->size};
    }
    return LEAT_OK;
}

static leat_status add_or_concat_kernel(leat_kernel *k)
{
    return k->in[0]->dtype == LEAT_STRING ? add_strings(k) : add_kernel(k);
}

static void add_grad(leat_grad *g)
{
    g->dx[0] = leat_grad_unbroadcast(g, g->dy[0], 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, g->dy[0], 1, 0);
}

const leat_op_def leat_op_Add = LEAT_OP(
    "Add(x: T, y: T) -> z: T; T: {bfloat16, half, float, double, uint8, uint16, uint32, uint64, int8, int16, int32, "
    "int64, complex64, complex128, string}",
    .doc = "z = x + y; strings are concatenated.", .shape = leat_shape_broadcast2,
    .kernels = {{add_or_concat_kernel}}, .gradient = add_grad, .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_AddV2 =
    LEAT_OP("AddV2(x: T, y: T) -> z: T; T: numeric", .doc = "z = x + y.", .shape = leat_shape_broadcast2,
            .kernels = {{add_kernel}}, .gradient = add_grad, .flags = LEAT_OP_INPLACE);

static void sub_grad(leat_grad *g)
{
    g->dx[0] = leat_grad_unbroadcast(g, g->dy[0], 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_neg(g->dy[0]), 1, 0);
}

const leat_op_def leat_op_Sub =
    LEAT_OP("Sub(x: T, y: T) -> z: T; T: numeric", .doc = "z = x - y.", .shape = leat_shape_broadcast2,
            .kernels = {{sub_kernel}}, .gradient = sub_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(AddV2, "(float[2,3] -3..3, float[3] -3..3)", x + y);
LEAT_ROW(AddV2, "(float[2,3,5] -3..3, float[3,1] -3..3)", x + y);
LEAT_ROW(AddV2, "(float[4,1] -3..3, float[1,5] -3..3)", x + y);
LEAT_ROW(AddV2, "(float[100000] -3..3, float[100000] -3..3)", x + y);
LEAT_ROW(AddV2, "(float[0,3] -3..3, float[1] -3..3)", x + y);
LEAT_ROW(AddV2, "(int8[3] 127 -128 5, int8[] 1) -> int8[3] -128 -127 6");
LEAT_ROW(AddV2, "(int32[2] 2147483647 1, int32[2] 1 2) -> int32[2] -2147483648 3");
LEAT_ROW(AddV2, "(half[2] 1 2, half[2] 0.0001 0.5) -> half[2] 1 2.5");
LEAT_ROW(AddV2, "(bfloat16[1] 1, bfloat16[1] 0.01) -> bfloat16[1] 1.0078125");
LEAT_ROW(AddV2, "(float[2] 1 2, float[3] 1 2 3) fails 'do not broadcast'");
LEAT_ROW(Add, "(complex64[2] 1+2j -1, complex64[] 3-1j) -> complex64[2] 4+1j 2-1j");
LEAT_ROW(AddV2, "(complex128[2,1] 1 2j, complex128[3] 1 2 3) -> complex128[2,3] 2 3 4 1+2j 2+2j 3+2j");
LEAT_ROW(AddV2, "(complex64[0,2], complex64[2] 1 2) -> complex64[0,2]");
LEAT_ROW(Sub, "(complex64[2] 1+2j -1, complex64[2] 1j 1) -> complex64[2] 1+1j -2");
LEAT_ROW(Add, "(string[2] 'a' '', string[] 'bc') -> string[2] 'abc' 'bc'");
LEAT_ROW(Add, "(double[2,3] -3..3, double[2,1] -3..3)", x + y);
LEAT_ROW(Sub, "(double[2,3] -3..3, double[2,1] -3..3)", x - y);
LEAT_ROW(Sub, "(uint8[2] 3 0, uint8[] 1) -> uint8[2] 2 255");

/* ---- product ---- */

static void mul_grad(leat_grad *g)
{
    leat_out x = leat_grad_conj(leat_grad_in(g, 0)), y = leat_grad_conj(leat_grad_in(g, 1));
    g->dx[0] = leat_grad_unbroadcast(g, leat_raw_mul(g->dy[0], y), 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_mul(x, g->dy[0]), 1, 0);
}

const leat_op_def leat_op_Mul =
    LEAT_OP("Mul(x: T, y: T) -> z: T; T: numeric", .doc = "z = x * y.", .shape = leat_shape_broadcast2,
            .kernels = {{mul_kernel}}, .gradient = mul_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(Mul, "(float[2,3] -3..3, float[3] -3..3)", (x) * (y));
LEAT_ROW(Mul, "(double[3,1,2] -3..3, double[4,1] -3..3)", (x) * (y));
LEAT_ROW(Mul, "(complex64[3] 1+2j 3 1j, complex64[] 2-1j) -> complex64[3] 4+3j 6-3j 1+2j");
LEAT_ROW(
    Mul,
    "(complex128[3,2,2] 1 2 3 4 5 6 7 8 9 10 11 1j, complex128[2,1] 1 1j) -> complex128[3,2,2] 1 2 3j 4j 5 6 7j 8j 9 10 11j -1");
LEAT_ROW(Mul, "(uint16[1] 65535, uint16[1] 65535) -> uint16[1] 1");
LEAT_ROW(Mul, "(int64[2] 4611686018427387904 3, int64[2] 2 -4) -> int64[2] -9223372036854775808 -12");

/* ---- extremes ---- */

/* TensorFlow's: the gradient goes to x where x wins or the two are equal. */
static void extreme_grad(leat_grad *g, leat_out x_wins)
{
    leat_out zeros = leat_raw_zeros_like(g->dy[0]);
    g->dx[0] = leat_grad_unbroadcast(g, leat_raw_select_v2(x_wins, g->dy[0], zeros), 0, 1);
    g->dx[1] = leat_grad_unbroadcast(g, leat_raw_select_v2(x_wins, zeros, g->dy[0]), 1, 0);
}

static void maximum_grad(leat_grad *g)
{
    extreme_grad(g, leat_raw_greater_equal(leat_grad_in(g, 0), leat_grad_in(g, 1)));
}

static void minimum_grad(leat_grad *g)
{
    extreme_grad(g, leat_raw_less_equal(leat_grad_in(g, 0), leat_grad_in(g, 1)));
}

const leat_op_def leat_op_Maximum =
    LEAT_OP("Maximum(x: T, y: T) -> z: T; T: real", .doc = "z = max(x, y); NaN where either is.",
            .shape = leat_shape_broadcast2, .kernels = {{maximum_kernel}}, .gradient = maximum_grad,
            .flags = LEAT_OP_INPLACE);

const leat_op_def leat_op_Minimum =
    LEAT_OP("Minimum(x: T, y: T) -> z: T; T: real", .doc = "z = min(x, y); NaN where either is.",
            .shape = leat_shape_broadcast2, .kernels = {{minimum_kernel}}, .gradient = minimum_grad,
            .flags = LEAT_OP_INPLACE);

LEAT_ROW(Maximum, "(float[2,3] -3..3, float[3] -3..3)", fmax(x, y));
LEAT_ROW(Maximum, "(float[3] nan 1 nan, float[3] 1 nan nan) nograd -> float[3] nan nan nan");
LEAT_ROW(Maximum, "(int64[3] 1 2 3, int64[] 2) -> int64[3] 2 2 3");
LEAT_ROW(Maximum, "(uint8[2] 200 3, uint8[] 4) -> uint8[2] 200 4");
LEAT_ROW(Minimum, "(double[2,3] -3..3, double[] 0.5)", fmin(x, y));
LEAT_ROW(Minimum, "(float[3] nan 1 nan, float[3] 1 nan nan) nograd -> float[3] nan nan nan");
LEAT_ROW(Minimum, "(int8[3] 1 -2 3, int8[] 2) -> int8[3] 1 -2 2");

/* ---- squared difference ---- */

static void squared_difference_grad(leat_grad *g)
{
    leat_out two = leat_scalar_float(g->graph, 2.0);
    leat_out dx =
        leat_raw_mul(leat_raw_mul(two, g->dy[0]), leat_raw_sub(leat_grad_in(g, 0), leat_grad_in(g, 1)));
    g->dx[0] = leat_grad_unbroadcast(g, dx, 0, 1);
    g->dx[1] = leat_raw_neg(leat_grad_unbroadcast(g, dx, 1, 0));
}

const leat_op_def leat_op_SquaredDifference = LEAT_OP(
    "SquaredDifference(x: T, y: T) -> z: T; T: {bfloat16, half, float, double, int32, int64, complex64, complex128}",
    .doc = "z = (x - y) * (x - y).", .shape = leat_shape_broadcast2, .kernels = {{squared_difference_kernel}},
    .gradient = squared_difference_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(SquaredDifference, "(double[2,3] -3..3, double[2,1] -3..3)", (x - y) * (x - y));
LEAT_ROW(SquaredDifference, "(int32[2] 3 -4, int32[] 1) -> int32[2] 4 25");
