/* cast.c - Cast between all number types, Bitcast, CheckNumerics. */
#include <math.h>
#include "ops/elementwise-private.h"
#include "leat/raw-ops.h"

/* ---- one value from real to integer, as C on x86 gives it ----
 * Towards zero. What fits neither int32 nor int64 (NaN included) becomes the lowest of them; int8, int16 and their unsigned kin
 * are the low bits of the int32, uint32 and uint64 those of the int64. TensorFlow does the same for short arrays and for the
 * ends of long ones, where its vectors end; inside of long ones the narrow types saturate instead. */

static inline int32_t to_int32(double v)
{
    return v > -2147483649.0 && v < 2147483648.0 ? (int32_t)v : INT32_MIN;
}
static inline int64_t to_int64(double v)
{
    return v >= -9223372036854775808.0 && v < 9223372036854775808.0 ? (int64_t)v : INT64_MIN;
}

/* ---- the loops: from each of eleven C types to each ---- */

#define CAST_FROM_INT(s_, type_)                                                                             \
    LEAT_LOOP1(cast_##s_##_BOOL, type_, uint8_t, x != 0)                                                     \
    LEAT_LOOP1(cast_##s_##_INT8, type_, int8_t, x)                                                           \
    LEAT_LOOP1(cast_##s_##_INT16, type_, int16_t, x)                                                         \
    LEAT_LOOP1(cast_##s_##_INT32, type_, int32_t, x)                                                         \
    LEAT_LOOP1(cast_##s_##_INT64, type_, int64_t, x)                                                         \
    LEAT_LOOP1(cast_##s_##_FLOAT, type_, float, x)                                                           \
    LEAT_LOOP1(cast_##s_##_DOUBLE, type_, double, x)                                                         \
    LEAT_LOOP1(cast_##s_##_UINT8, type_, uint8_t, x)                                                         \
    LEAT_LOOP1(cast_##s_##_UINT16, type_, uint16_t, x)                                                       \
    LEAT_LOOP1(cast_##s_##_UINT32, type_, uint32_t, x)                                                       \
    LEAT_LOOP1(cast_##s_##_UINT64, type_, uint64_t, x)
#define CAST_FROM_REAL(s_, type_)                                                                            \
    LEAT_LOOP1(cast_##s_##_BOOL, type_, uint8_t, x != 0)                                                     \
    LEAT_LOOP1(cast_##s_##_INT8, type_, int8_t, to_int32((double)x))                                         \
    LEAT_LOOP1(cast_##s_##_INT16, type_, int16_t, to_int32((double)x))                                       \
    LEAT_LOOP1(cast_##s_##_INT32, type_, int32_t, to_int32((double)x))                                       \
    LEAT_LOOP1(cast_##s_##_INT64, type_, int64_t, to_int64((double)x))                                       \
    LEAT_LOOP1(cast_##s_##_FLOAT, type_, float, x)                                                           \
    LEAT_LOOP1(cast_##s_##_DOUBLE, type_, double, x)                                                         \
    LEAT_LOOP1(cast_##s_##_UINT8, type_, uint8_t, to_int32((double)x))                                       \
    LEAT_LOOP1(cast_##s_##_UINT16, type_, uint16_t, to_int32((double)x))                                     \
    LEAT_LOOP1(cast_##s_##_UINT32, type_, uint32_t, to_int64((double)x))                                     \
    LEAT_LOOP1(cast_##s_##_UINT64, type_, uint64_t, to_int64((double)x))
CAST_FROM_INT(BOOL, uint8_t)
CAST_FROM_INT(INT8, int8_t)
CAST_FROM_INT(INT16, int16_t)
CAST_FROM_INT(INT32, int32_t)
CAST_FROM_INT(INT64, int64_t)
CAST_FROM_INT(UINT8, uint8_t)
CAST_FROM_INT(UINT16, uint16_t)
CAST_FROM_INT(UINT32, uint32_t)
CAST_FROM_INT(UINT64, uint64_t)
CAST_FROM_REAL(FLOAT, float)
CAST_FROM_REAL(DOUBLE, double)

#define CAST_ROW(s_)                                                                                         \
    [LEAT_##s_] = {[LEAT_BOOL] = cast_##s_##_BOOL,     [LEAT_INT8] = cast_##s_##_INT8,                       \
                   [LEAT_INT16] = cast_##s_##_INT16,   [LEAT_INT32] = cast_##s_##_INT32,                     \
                   [LEAT_INT64] = cast_##s_##_INT64,   [LEAT_FLOAT] = cast_##s_##_FLOAT,                     \
                   [LEAT_DOUBLE] = cast_##s_##_DOUBLE, [LEAT_UINT8] = cast_##s_##_UINT8,                     \
                   [LEAT_UINT16] = cast_##s_##_UINT16, [LEAT_UINT32] = cast_##s_##_UINT32,                   \
                   [LEAT_UINT64] = cast_##s_##_UINT64},
static leat_loop1 *const cast_loops[24][24] = {
    CAST_ROW(BOOL) CAST_ROW(INT8) CAST_ROW(INT16) CAST_ROW(INT32) CAST_ROW(INT64) CAST_ROW(UINT8)
        CAST_ROW(UINT16) CAST_ROW(UINT32) CAST_ROW(UINT64) CAST_ROW(FLOAT) CAST_ROW(DOUBLE)};

/* half, bfloat16 and complex numbers go through float or double: a value's computed dtype. */
static leat_dtype computed_dtype(leat_dtype d)
{
    return leat_dtype_is_16bit_float(d) || d == LEAT_COMPLEX64 ? LEAT_FLOAT
           : d == LEAT_COMPLEX128                              ? LEAT_DOUBLE
                                                               : d;
}

struct cast_run {
    const char *x;
    char *out;
    leat_dtype from, to;
    leat_loop1 *loop;
    bool truncate;
};

/* Real parts of n elements of `dtype` from `x` into `block` of the computed dtype. */
static void unpack_block(leat_dtype dtype, void *block, const char *x, size_t n)
{
    if (dtype == LEAT_COMPLEX64)
        for (size_t i = 0; i < n; i++)
            ((float *)block)[i] = ((const float *)x)[2 * i];
    else if (dtype == LEAT_COMPLEX128)
        for (size_t i = 0; i < n; i++)
            ((double *)block)[i] = ((const double *)x)[2 * i];
    else
        leat_floats_from_16(dtype, block, (const uint16_t *)x, n);
}

static void pack_block(leat_dtype dtype, char *out, const void *block, size_t n)
{
    if (dtype == LEAT_COMPLEX64)
        for (size_t i = 0; i < n; i++) {
            ((float *)out)[2 * i] = ((const float *)block)[i];
            ((float *)out)[2 * i + 1] = 0;
        }
    else if (dtype == LEAT_COMPLEX128)
        for (size_t i = 0; i < n; i++) {
            ((double *)out)[2 * i] = ((const double *)block)[i];
            ((double *)out)[2 * i + 1] = 0;
        }
    else
        leat_floats_to_16(dtype, (uint16_t *)out, block, n);
}

/* Truncate = true drops the bits that the narrower type has no room for, instead of rounding. */
static void truncate_block(leat_dtype to, leat_dtype computed, void *block, size_t n)
{
    unsigned kept = to == LEAT_HALF ? 10 : to == LEAT_BFLOAT16 ? 7 : to == LEAT_FLOAT ? 23 : 52;
    if (computed == LEAT_FLOAT && kept < 23)
        for (size_t i = 0; i < n; i++)
            ((uint32_t *)block)[i] &= UINT32_MAX << (23 - kept);
    if (computed == LEAT_DOUBLE && kept < 52)
        for (size_t i = 0; i < n; i++)
            ((uint64_t *)block)[i] &= UINT64_MAX << (52 - kept);
}

#define CAST_BLOCK 256
static void cast_range(int64_t begin, int64_t end, void *arg)
{
    const struct cast_run *r = arg;
    size_t in_bytes = leat_dtype_bytes(r->from), out_bytes = leat_dtype_bytes(r->to);
    leat_dtype from = computed_dtype(r->from), to = computed_dtype(r->to);
    if (from == r->from && to == r->to && !r->truncate) {
        r->loop(r->x + (size_t)begin * in_bytes, r->out + (size_t)begin * out_bytes, (size_t)(end - begin));
        return;
    }
    for (int64_t at = begin; at < end; at += CAST_BLOCK) {
        double a[CAST_BLOCK], b[CAST_BLOCK];
        size_t n = (size_t)LEAT_MIN(end - at, CAST_BLOCK);
        const char *x = r->x + (size_t)at * in_bytes;
        if (from != r->from)
            unpack_block(r->from, a, x, n);
        else
            memcpy(a, x, n * in_bytes);
        if (r->truncate)
            truncate_block(r->to, from, a, n);
        char *out = r->out + (size_t)at * out_bytes;
        r->loop(a, to == r->to ? (void *)out : (void *)b, n);
        if (to != r->to)
            pack_block(r->to, out, b, n);
    }
}

static void cast_complex_range(int64_t begin, int64_t end, void *arg)
{
    const struct cast_run *r = arg;
    for (int64_t i = 2 * begin; i < 2 * end; i++)
        if (r->from == LEAT_COMPLEX64)
            ((double *)r->out)[i] = ((const float *)r->x)[i];
        else
            ((float *)r->out)[i] = (float)((const double *)r->x)[i];
}

static leat_status cast_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    leat_dtype from = x->dtype, to = k->op->outputs[0].dtype;
    struct cast_run r = {.x = x->data, .from = from, .to = to, .truncate = leat_attr_bool(k->op, "Truncate")};
    r.truncate = r.truncate && leat_dtype_is_floating(from) && leat_dtype_is_floating(to);
    if (from == to) {
        LEAT_TRY(leat_out_reuse(k, 0, 0, &x->shape));
        return k->out[0].data == x->data ? LEAT_OK
                                         : leat_copy_elements(to, k->out[0].data, x->data, x->elements);
    }
    bool complex_pair = (from == LEAT_COMPLEX64 && to == LEAT_COMPLEX128) ||
                        (from == LEAT_COMPLEX128 && to == LEAT_COMPLEX64);
    r.loop = cast_loops[computed_dtype(from)][computed_dtype(to)];
    if (r.loop == NULL)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "%s is not cast to %s", leat_dtype_name(from),
                                leat_dtype_name(to));
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    r.out = k->out[0].data;
    leat_ranges(k, x->elements, LEAT_GRAIN_CHEAP, complex_pair ? cast_complex_range : cast_range, &r);
    return LEAT_OK;
}

static void cast_grad(leat_grad *g)
{
    leat_dtype from = leat_out_dtype(leat_grad_in(g, 0)), to = leat_out_dtype(leat_grad_out(g, 0));
    if (leat_dtype_is_floating(from) && leat_dtype_is_floating(to))
        g->dx[0] = leat_raw_cast(g->dy[0], from);
}

const leat_op_def leat_op_Cast = LEAT_OP(
    "Cast(x: SrcT) -> y: DstT; SrcT: type; DstT: type; Truncate: bool = false",
    .doc =
        "x as another type: towards zero to an integer; to a float rounded to nearest, or cut off by Truncate.",
    .shape = leat_shape_same, .kernels = {{cast_kernel}}, .gradient = cast_grad, .cost = leat_cost_moves,
    .flags = LEAT_OP_INPLACE);

LEAT_ROW(Cast, "(double[2,3] -3..3) {DstT: float} nograd tol 1e-6", x);
LEAT_ROW(Cast, "(double[2,3] -3..3) {DstT: double}", x);
LEAT_ROW(Cast,
         "(float[8] nan inf -inf 3e9 -3e9 1.9 -1.9 1e20) {DstT: int32} -> int32[8] -2147483648 -2147483648 "
         "-2147483648 -2147483648 -2147483648 1 -1 -2147483648");
LEAT_ROW(
    Cast,
    "(double[5] nan 3e9 -2147483648.5 1e20 -1.9) {DstT: int64} -> int64[5] -9223372036854775808 3000000000 "
    "-2147483648 -9223372036854775808 -1");
LEAT_ROW(Cast, "(float[5] nan 300 -1 1.9 -300) {DstT: int8} -> int8[5] 0 44 -1 1 -44");
LEAT_ROW(Cast, "(float[4] nan 300 -1 256.7) {DstT: uint8} -> uint8[4] 0 44 255 0");
LEAT_ROW(Cast, "(float[4] nan 3e9 -1 1e20) {DstT: uint32} -> uint32[4] 0 3000000000 4294967295 0");
LEAT_ROW(
    Cast,
    "(float[3] nan 3e9 -1) {DstT: uint64} -> uint64[3] 9223372036854775808 3000000000 18446744073709551615");
LEAT_ROW(Cast, "(float[4] nan 0 -0 0.1) {DstT: bool} -> bool[4] true false false true");
LEAT_ROW(Cast, "(bool[2] true false) {DstT: float} -> float[2] 1 0");
LEAT_ROW(Cast, "(int32[3] 300 -1 70000) {DstT: uint8} -> uint8[3] 44 255 112");
LEAT_ROW(Cast, "(int64[2] 9007199254740993 -3) {DstT: double} -> double[2] 9007199254740992 -3");
LEAT_ROW(Cast, "(float[5] 1.9 65519 65520 1e-8 nan) {DstT: half} -> half[5] 1.9 65504 inf 0 nan");
LEAT_ROW(Cast, "(half[3] 1.5 -inf 6e-8) {DstT: int16} -> int16[3] 1 0 0");
LEAT_ROW(Cast, "(float[2] 1.0000001 3.14159274) {DstT: bfloat16; Truncate: true} -> bfloat16[2] 1 3.140625");
LEAT_ROW(Cast, "(float[2] 1.0000001 3.14159274) {DstT: bfloat16} -> bfloat16[2] 1 3.140625");
LEAT_ROW(Cast, "(bfloat16[2] 1.5 -3) {DstT: half} -> half[2] 1.5 -3");
LEAT_ROW(Cast, "(complex64[2] 1+2j 2j) {DstT: float} -> float[2] 1 0");
LEAT_ROW(Cast, "(complex64[2] 1+2j 2j) {DstT: bool} -> bool[2] true false");
LEAT_ROW(Cast, "(complex64[2] 1+2j 2j) {DstT: complex128} -> complex128[2] 1+2j 2j");
LEAT_ROW(Cast, "(complex128[1] 1+2j) {DstT: complex64} -> complex64[1] 1+2j");
LEAT_ROW(Cast, "(int32[1] 7) {DstT: complex64} -> complex64[1] 7");
LEAT_ROW(Cast, "(string[1] 'a') {DstT: float} fails 'not cast'");

/* ---- Bitcast ---- */

/* Narrower elements make a new last dimension; wider ones take one up. */
static leat_status bitcast_shape_of(const leat_shape *in, size_t from, size_t to, leat_shape *out)
{
    int rank = leat_shape_rank(in);
    *out = *in;
    if (rank < 0 || from == to)
        return LEAT_OK;
    if (from > to) {
        if (rank == LEAT_MAX_RANK)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the result has more than %d dimensions",
                             LEAT_MAX_RANK);
        out->dims[rank] = (int64_t)(from / to);
        out->rank_plus_1++;
        return LEAT_OK;
    }
    if (rank == 0 || (in->dims[rank - 1] >= 0 && in->dims[rank - 1] != (int64_t)(to / from)))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the last dimension must be %zu", to / from);
    out->dims[rank - 1] = 0;
    out->rank_plus_1--;
    return LEAT_OK;
}

static leat_status bitcast_shape(leat_infer *c)
{
    size_t from = leat_dtype_bytes(leat_attr_type(c->op, "T")),
           to = leat_dtype_bytes(leat_attr_type(c->op, "type"));
    if (bitcast_shape_of(c->in[0], from, to, &c->out[0]) != LEAT_OK)
        return leat_infer_fail(c, "%s", leat_message());
    return LEAT_OK;
}

static leat_status bitcast_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    leat_dtype to = k->op->outputs[0].dtype;
    leat_shape out;
    if (bitcast_shape_of(&x->shape, leat_dtype_bytes(x->dtype), leat_dtype_bytes(to), &out) != LEAT_OK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", leat_message());
    LEAT_TRY(leat_out_new(k, 0, &out));
    if (x->elements > 0)
        memcpy(k->out[0].data, x->data, (size_t)x->elements * leat_dtype_bytes(x->dtype));
    return LEAT_OK;
}

const leat_op_def leat_op_Bitcast = LEAT_OP(
    "Bitcast(input: T) -> output: type; T: {bfloat16, half, float, double, int64, int32, uint8, uint16, int8, "
    "int16, complex64, complex128, uint32, uint64}; type: {bfloat16, half, float, double, int64, int32, uint8, "
    "uint16, uint32, uint64, int8, int16, complex64, complex128}",
    .doc = "The bytes of input as another type.", .shape = bitcast_shape, .kernels = {{bitcast_kernel}},
    .gradient = leat_grad_missing, .cost = leat_cost_moves);

LEAT_ROW(Bitcast, "(float[2] 1 -2) {type: int32} -> int32[2] 1065353216 -1073741824");
LEAT_ROW(Bitcast, "(int32[1] 67305985) {type: uint8} -> uint8[1,4] 1 2 3 4");
LEAT_ROW(Bitcast, "(uint8[1,4] 1 2 3 4) {type: int32} -> int32[1] 67305985");
LEAT_ROW(Bitcast, "(uint8[1,3] 1 2 3) {type: int32} fails 'last dimension'");

/* ---- CheckNumerics ---- */

static leat_status check_numerics_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    bool has_nan = false, has_inf = false;
    for (int64_t i = 0; i < x->elements; i++) {
        float f = 0;
        if (x->dtype == LEAT_DOUBLE) {
            double d = ((const double *)x->data)[i];
            has_nan |= isnan(d), has_inf |= isinf(d) != 0;
            continue;
        }
        if (x->dtype == LEAT_FLOAT)
            f = ((const float *)x->data)[i];
        else
            leat_floats_from_16(x->dtype, &f, (const uint16_t *)x->data + i, 1);
        has_nan |= isnan(f), has_inf |= isinf(f) != 0;
    }
    if (has_nan || has_inf)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s : Tensor had %s values",
                                leat_attr_string(k->op, "message"),
                                has_nan && has_inf ? "Inf and NaN"
                                : has_nan          ? "NaN"
                                                   : "Inf");
    return leat_out_alias(k, &x->shape);
}

static void check_numerics_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_check_numerics(g->dy[0],
                                       "Not a number (NaN) or infinity (Inf) values detected in gradient.");
}

const leat_op_def leat_op_CheckNumerics =
    LEAT_OP("CheckNumerics(tensor: T) -> output: T; T: floating; message: string",
            .doc = "The input; an error if it holds NaN or an infinity.", .shape = leat_shape_same,
            .kernels = {{check_numerics_kernel}}, .gradient = check_numerics_grad, .flags = LEAT_OP_ALIAS);

LEAT_ROW(CheckNumerics, "(double[2,3] -3..3) {message: 'm'} -> input 0");
LEAT_ROW(CheckNumerics, "(float[2] 1 nan) {message: 'here'} fails 'here : Tensor had NaN values'");
LEAT_ROW(CheckNumerics, "(half[2] inf nan) {message: 'here'} fails 'Inf and NaN'");
