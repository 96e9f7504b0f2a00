/* ops-private.h - what the families of ops share: dtypes in loops, half precision, tiles, copying of elements. */
#ifndef LEAT_OPS_PRIVATE_H
#define LEAT_OPS_PRIVATE_H

#include <string.h>
#include "engine/op-private.h"

/* Beside a descriptor, LEAT_ROW(Op, "row", expression); is data of the op's tests (tests/ops-rows.h has the grammar):
 * build-aux/scan-rows.awk copies it into the test program; here it is an empty declaration. */
#define LEAT_ROW(...) struct leat_op_def

/* X(dtype, C type) for the dtypes that C computes with. */
#define LEAT_FOR_SIGNED_INTS(X)                                                                              \
    X(LEAT_INT8, int8_t)                                                                                     \
    X(LEAT_INT16, int16_t)                                                                                   \
    X(LEAT_INT32, int32_t)                                                                                   \
    X(LEAT_INT64, int64_t)
#define LEAT_FOR_UNSIGNED_INTS(X)                                                                            \
    X(LEAT_UINT8, uint8_t)                                                                                   \
    X(LEAT_UINT16, uint16_t)                                                                                 \
    X(LEAT_UINT32, uint32_t)                                                                                 \
    X(LEAT_UINT64, uint64_t)
#define LEAT_FOR_INTS(X) LEAT_FOR_SIGNED_INTS(X) LEAT_FOR_UNSIGNED_INTS(X)
#define LEAT_FOR_FLOATS(X)                                                                                   \
    X(LEAT_FLOAT, float)                                                                                     \
    X(LEAT_DOUBLE, double)
#define LEAT_FOR_REALS(X) LEAT_FOR_FLOATS(X) LEAT_FOR_INTS(X)

/* Loops whose iterations touch only their own element, in place or not. */
#ifdef __clang__
#define LEAT_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define LEAT_IVDEP _Pragma("GCC ivdep")
#endif

/* ---- half and bfloat16: stored as 16 bits, computed in float ---- */

static inline float leat_half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = (h >> 10) & 31, mantissa = h & 1023, bits;
    float f;
    if (exponent == 31) {
        bits = sign | 0x7f800000 | mantissa << 13;
    } else if (exponent != 0) {
        bits = sign | (exponent + 112) << 23 | mantissa << 13;
    } else { /* zero or subnormal: mantissa * 2^-24 is exact */
        f = (float)mantissa * 0x1p-24f;
        return sign ? -f : f;
    }
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint16_t leat_float_to_half(float f) /* to nearest even */
{
    uint32_t bits, sign;
    memcpy(&bits, &f, sizeof bits);
    sign = bits >> 16 & 0x8000;
    bits &= 0x7fffffff;
    if (bits > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (bits >> 13 & 0x1ff));
    if (bits >= 0x477ff000) /* 65520 and more round to infinity */
        return (uint16_t)(sign | 0x7c00);
    if (bits >= 0x38800000) /* normal: add half an ulp less one, and the lowest kept bit */
        return (uint16_t)(sign | ((bits + 0xfff + (bits >> 13 & 1) - 0x38000000) >> 13));
    if (bits < 0x33000000)
        return (uint16_t)sign;
    uint32_t shift = 126 - (bits >> 23), mantissa = (bits & 0x7fffff) | 0x800000;
    uint32_t half = UINT32_C(1) << (shift - 1);
    return (uint16_t)(sign | ((mantissa + half - 1 + (mantissa >> shift & 1)) >> shift));
}

static inline float leat_bfloat16_to_float(uint16_t b)
{
    uint32_t bits = (uint32_t)b << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint16_t leat_float_to_bfloat16(float f) /* to nearest even */
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline bool leat_dtype_is_16bit_float(leat_dtype d)
{
    return d == LEAT_HALF || d == LEAT_BFLOAT16;
}
/* n elements of half or bfloat16 to and from float. */
void leat_floats_from_16(leat_dtype dtype, float *to, const uint16_t *from, size_t n);
void leat_floats_to_16(leat_dtype dtype, uint16_t *to, const float *from, size_t n);

/* ---- elements ---- */

/* Copies n elements between tensors of one dtype; strings are copied deeply (the old ones in `to` are freed). */
leat_status leat_copy_elements(leat_dtype dtype, void *to, const void *from, int64_t n) LEAT_MUST_CHECK;
leat_status leat_string_set(leat_string *to, const char *data, size_t size) LEAT_MUST_CHECK;

/* Copies `rows` runs of `run` elements each, in tiles; the strides are in elements. */
leat_status leat_copy_rows(leat_kernel *k, leat_dtype dtype, void *to, int64_t to_stride, const void *from,
                           int64_t from_stride, int64_t rows, int64_t run) LEAT_MUST_CHECK;

/* Element i of an int32 or int64 tensor, or of int16, which some ops take as indices. */
static inline int64_t leat_index_at(const leat_tensor *t, int64_t i)
{
    if (t->dtype == LEAT_INT32)
        return ((const int32_t *)t->data)[i];
    if (t->dtype == LEAT_INT64)
        return ((const int64_t *)t->data)[i];
    return ((const int16_t *)t->data)[i];
}
static inline void leat_index_put(leat_tensor *t, int64_t i, int64_t value)
{
    if (t->dtype == LEAT_INT32)
        ((int32_t *)t->data)[i] = (int32_t)value;
    else if (t->dtype == LEAT_INT64)
        ((int64_t *)t->data)[i] = value;
    else
        ((int16_t *)t->data)[i] = (int16_t)value;
}
/* The largest index that an output of this dtype can hold. */
static inline int64_t leat_index_limit(leat_dtype dtype)
{
    return dtype == LEAT_INT64    ? INT64_MAX
           : dtype == LEAT_INT32  ? INT32_MAX
           : dtype == LEAT_UINT16 ? UINT16_MAX
                                  : INT16_MAX;
}
/* Element i of a tensor of real numbers as double, and back (rounded; integers cut). */
double leat_element_get(const leat_tensor *t, int64_t i);
void leat_element_put(leat_tensor *t, int64_t i, double value);
/* Reads an int32/int64 tensor of any shape as axes of a tensor of that rank: negative ones count from the end.
 * *mask has a bit for every axis named. */
leat_status leat_kernel_axes(const leat_kernel *k, const leat_tensor *axes, int rank,
                             unsigned *mask) LEAT_MUST_CHECK;
/* Input i, which the op's documentation calls `name`, must be a scalar: a vector of one element is none. */
leat_status leat_kernel_want_scalar(const leat_kernel *k, int i, const char *name) LEAT_MUST_CHECK;
/* The axis that a tensor of one element names, checked against rank. */
leat_status leat_kernel_axis(const leat_kernel *k, const leat_tensor *axis, int rank,
                             int *out) LEAT_MUST_CHECK;

/* The shape to which two broadcast; an error that names both where they do not. */
leat_status leat_kernel_broadcast(const leat_kernel *k, const leat_shape *a, const leat_shape *b,
                                  leat_shape *out) LEAT_MUST_CHECK;
/* The shape that an int32 or int64 vector says: at most LEAT_MAX_RANK dimensions, none negative. */
leat_status leat_kernel_shape(const leat_kernel *k, const leat_tensor *t, leat_shape *shape) LEAT_MUST_CHECK;

/* Output i, a 0-D or 1-D int tensor computed from shapes. */
leat_status leat_out_scalar_int(leat_kernel *k, int i, int64_t value) LEAT_MUST_CHECK;

/* The bytes of element i, by which elements are compared and hashed (strings: their text). */
const void *leat_element_key(const leat_tensor *t, int64_t i, size_t *size);
/* Output 0, of this shape, filled with the element at `value`. */
leat_status leat_out_fill(leat_kernel *k, const leat_shape *shape, const void *value) LEAT_MUST_CHECK;

/* Output 0 = slices of input 0 along an axis, or at coordinates, by input 1 (gather.c). */
leat_status leat_gather_run(leat_kernel *k, int axis, int batch_dims) LEAT_MUST_CHECK;
leat_status leat_gather_nd_run(leat_kernel *k) LEAT_MUST_CHECK;

/* ---- tiles of flat loops ----
 * Tile t covers elements [t * grain, min(n, (t + 1) * grain)). The grain depends on the op only, so that the tiles of
 * a shape are the same on any machine. */
#define LEAT_GRAIN_CHEAP 32768 /* elements: one operation each */
#define LEAT_GRAIN_MATH 8192   /* a vectorised function */
#define LEAT_GRAIN_HEAVY 1024  /* a scalar function of libm */

typedef void leat_range_fn(int64_t begin, int64_t end, void *arg);
void leat_ranges(leat_kernel *k, int64_t n, int64_t grain, leat_range_fn *fn, void *arg);

/* ---- shapes ---- */

static inline leat_shape leat_shape_1d(int64_t n)
{
    return (leat_shape){.rank_plus_1 = 2, .dims = {n}};
}
static inline leat_shape leat_shape_ranked(int rank) /* every dimension unknown */
{
    leat_shape s = {.rank_plus_1 = rank + 1};
    for (int i = 0; i < rank; i++)
        s.dims[i] = -1;
    return s;
}
/* Does `axis` (negative ones count from the end) exist in this rank? *out is then 0..rank-1. */
static inline bool leat_axis_normal(int64_t axis, int rank, int *out)
{
    if (axis < -(int64_t)rank || axis >= rank)
        return false;
    *out = (int)(axis < 0 ? axis + rank : axis);
    return true;
}
/* Product of dims[from..to). */
static inline int64_t leat_dims_product(const leat_shape *s, int from, int to)
{
    int64_t n = 1;
    for (int i = from; i < to; i++)
        n *= s->dims[i];
    return n;
}

#endif
