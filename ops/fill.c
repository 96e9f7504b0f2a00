/* fill.c - tensors made from few values: Fill, zeros and ones, Range, LinSpace, OneHot. */
#include <math.h>
#include "ops/ops-private.h"
#include "ops/grad-private.h"

/* ---- Fill, ZerosLike, OnesLike ---- */

struct fill_run {
    char *out;
    const char *value;
    size_t bytes;
};

static void fill_range(int64_t begin, int64_t end, void *arg)
{
    const struct fill_run *r = arg;
    switch (r->bytes) {
    case 1: memset(r->out + begin, *r->value, (size_t)(end - begin)); return;
#define FILL_CASE(bytes_, type_)                                                                             \
    case bytes_: {                                                                                           \
        type_ v, *out = (type_ *)r->out;                                                                     \
        memcpy(&v, r->value, sizeof v);                                                                      \
        for (int64_t i = begin; i < end; i++)                                                                \
            out[i] = v;                                                                                      \
        return;                                                                                              \
    }
        FILL_CASE(2, uint16_t)
        FILL_CASE(4, uint32_t)
        FILL_CASE(8, uint64_t)
#undef FILL_CASE
    default:
        for (int64_t i = begin; i < end; i++)
            memcpy(r->out + (size_t)i * r->bytes, r->value, r->bytes);
    }
}

/* Output 0, of this shape, filled with the element at `value`. */
leat_status leat_out_fill(leat_kernel *k, const leat_shape *shape, const void *value)
{
    LEAT_TRY(leat_out_new(k, 0, shape));
    leat_tensor *out = &k->out[0];
    if (out->dtype == LEAT_STRING) {
        const leat_string *s = value;
        for (int64_t i = 0; i < out->elements; i++)
            LEAT_TRY(leat_string_set((leat_string *)out->data + i, s->data, s->size));
        return LEAT_OK;
    }
    struct fill_run r = {out->data, value, leat_dtype_bytes(out->dtype)};
    leat_ranges(k, out->elements, LEAT_GRAIN_CHEAP, fill_range, &r);
    return LEAT_OK;
}

static leat_status fill_kernel(leat_kernel *k)
{
    leat_shape shape;
    leat_tensor dims = *k->in[0];
    if (leat_shape_rank(&dims.shape) ==
        0) /* as old graphs say a length; value, too, may be a vector of one */
        dims.shape = leat_shape_1d(1);
    LEAT_TRY(leat_kernel_shape(k, &dims, &shape));
    if (k->in[1]->elements != 1 || leat_shape_rank(&k->in[1]->shape) > 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "value must be a scalar");
    return leat_out_fill(k, &shape, k->in[1]->data);
}

static leat_status fill_shape(leat_infer *c)
{
    c->out[0] = leat_infer_value_as_shape(c, 0);
    if (leat_shape_rank(c->in[0]) == 0) {
        leat_tensor *length = leat_infer_value(c, 0);
        c->out[0] = leat_shape_1d(length != NULL ? LEAT_MAX(leat_index_at(length, 0), -1) : -1);
        leat_tensor_unref(length);
    }
    int64_t elements = 1;
    for (int d = 0; d < leat_shape_rank(&c->out[0]); d++)
        if (c->out[0].dims[d] > 0 && __builtin_mul_overflow(elements, c->out[0].dims[d], &elements))
            return leat_infer_fail(c, "the shape has too many elements");
    return LEAT_OK;
}

static void fill_grad(leat_grad *g)
{
    g->dx[1] = leat_raw_sum(g->dy[0], leat_grad_all_axes(g, g->dy[0]));
}

const leat_op_def leat_op_Fill =
    LEAT_OP("Fill(dims: index_type, value: T) -> output: T; T: type; index_type: {int32, int64} = int32",
            .doc = "A tensor of the shape `dims`, every element `value`.", .shape = fill_shape,
            .kernels = {{fill_kernel}}, .gradient = fill_grad, .cost = leat_cost_moves);

LEAT_ROW(Fill, "(int32[2] 2 3, double[] 1.5) -> double[2,3] 1.5 1.5 1.5 1.5 1.5 1.5");
LEAT_ROW(Fill, "(int64[0], int8[] 5) -> int8[] 5");
LEAT_ROW(Fill, "(int32[1] 2, string[] 'ab') -> string[2] 'ab' 'ab'");
LEAT_ROW(Fill, "(int32[1] -2, float[] 1) fails ''");
LEAT_ROW(Fill, "(int32[] 2, float[] 7) -> float[2] 7 7");
LEAT_ROW(Fill, "(int32[1] 2, float[1] 7) nograd -> float[2] 7 7");
LEAT_ROW(Fill, "(int32[1,1] 2, float[] 7) fails 'vector'");
LEAT_ROW(Fill, "(int32[] -2, float[] 7) fails 'negative'");

static leat_status zeros_like_kernel(leat_kernel *k)
{
    static const char zero[sizeof(leat_string)];
    return leat_out_fill(k, &k->in[0]->shape, zero);
}

static leat_status ones_like_kernel(leat_kernel *k)
{
    union {
        double d[2];
        float f[2];
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
    } one = {.d = {0, 0}};
    switch (k->in[0]->dtype) {
    case LEAT_FLOAT:
    case LEAT_COMPLEX64: one.f[0] = 1; break;
    case LEAT_DOUBLE:
    case LEAT_COMPLEX128: one.d[0] = 1; break;
    case LEAT_HALF: one.u16 = leat_float_to_half(1); break;
    case LEAT_BFLOAT16: one.u16 = leat_float_to_bfloat16(1); break;
    case LEAT_INT8:
    case LEAT_UINT8:
    case LEAT_BOOL: one.u8 = 1; break;
    case LEAT_INT16:
    case LEAT_UINT16: one.u16 = 1; break;
    case LEAT_INT32:
    case LEAT_UINT32: one.u32 = 1; break;
    default: one.u64 = 1; break;
    }
    return leat_out_fill(k, &k->in[0]->shape, &one);
}

const leat_op_def leat_op_ZerosLike =
    LEAT_OP("ZerosLike(x: T) -> y: T; T: type", .doc = "Zeros (false, empty strings) of the shape of x.",
            .shape = leat_shape_same, .kernels = {{zeros_like_kernel}}, .gradient = leat_grad_none,
            .cost = leat_cost_moves);

const leat_op_def leat_op_OnesLike = LEAT_OP(
    "OnesLike(x: T) -> y: T; T: {bfloat16, half, float, double, int8, uint8, int16, uint16, int32, uint32, "
    "int64, uint64, complex64, complex128, bool}",
    .doc = "Ones (true) of the shape of x.", .shape = leat_shape_same, .kernels = {{ones_like_kernel}},
    .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(ZerosLike, "(float[2,3] -3..3) -> float[2,3] 0 0 0 0 0 0");
LEAT_ROW(ZerosLike, "(string[2] 'a' 'b') -> string[2] '' ''");
LEAT_ROW(OnesLike, "(half[2] 5 6) -> half[2] 1 1");
LEAT_ROW(OnesLike, "(bool[2] false true) -> bool[2] true true");
LEAT_ROW(OnesLike, "(complex64[1] 3) -> complex64[1] 1");
LEAT_ROW(OnesLike, "(int64[0]) -> int64[0]");

/* ---- Range ---- */

/* What arithmetic in this dtype gives where double's gives x: TensorFlow computes the size in it. */
static double rounded(leat_dtype dtype, double x)
{
    float f = (float)x;
    uint16_t bits;
    if (dtype == LEAT_DOUBLE)
        return x;
    if (dtype != LEAT_FLOAT) {
        leat_floats_to_16(dtype, &bits, &f, 1);
        leat_floats_from_16(dtype, &f, &bits, 1);
    }
    return f;
}

/* The number of elements, or a reason why there is none. `start` and the others are scalars. */
static const char *range_size_real(leat_dtype dtype, double start, double limit, double delta, int64_t *n)
{
    if (delta == 0)
        return "Requires delta != 0";
    if (!isfinite(start) || !isfinite(limit) || !isfinite(delta))
        return "start, limit and delta must be finite";
    if (delta > 0 ? start > limit : start < limit)
        return delta > 0 ? "Requires start <= limit when delta > 0"
                         : "Requires start >= limit when delta < 0";
    double count = ceil(fabs(rounded(dtype, rounded(dtype, limit - start) / delta)));
    if (!(count < 9e18))
        return "the range has too many elements";
    *n = (int64_t)count;
    return NULL;
}

static const char *range_size_int(int64_t start, int64_t limit, int64_t delta, int64_t *n)
{
    if (delta == 0)
        return "Requires delta != 0";
    if (delta > 0 ? start > limit : start < limit)
        return delta > 0 ? "Requires start <= limit when delta > 0"
                         : "Requires start >= limit when delta < 0";
    uint64_t distance = delta > 0 ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    uint64_t step = delta > 0 ? (uint64_t)delta : UINT64_C(0) - (uint64_t)delta;
    uint64_t count = distance / step + (distance % step != 0);
    if (count > INT64_MAX)
        return "the range has too many elements";
    *n = (int64_t)count;
    return NULL;
}

static int64_t int_value(const leat_tensor *t)
{
    switch (t->dtype) {
#define INT_CASE(dtype_, type_)                                                                              \
    case dtype_: return (int64_t) * (const type_ *)t->data;
        LEAT_FOR_INTS(INT_CASE)
#undef INT_CASE
    default: return 0;
    }
}

static double real_value(const leat_tensor *t)
{
    float f;
    if (t->dtype == LEAT_DOUBLE)
        return *(const double *)t->data;
    if (t->dtype == LEAT_FLOAT)
        return *(const float *)t->data;
    leat_floats_from_16(t->dtype, &f, t->data, 1);
    return f;
}

static const char *range_size(const leat_tensor *const *in, int64_t *n)
{
    for (int i = 0; i < 3; i++)
        if (in[i]->elements != 1 || leat_shape_rank(&in[i]->shape) > 1) /* TensorFlow takes a vector of one */
            return "start, limit and delta must be scalars";
    if (leat_dtype_is_integer(in[0]->dtype))
        return range_size_int(int_value(in[0]), int_value(in[1]), int_value(in[2]), n);
    return range_size_real(in[0]->dtype, real_value(in[0]), real_value(in[1]), real_value(in[2]), n);
}

static leat_status range_kernel(leat_kernel *k)
{
    int64_t n = 0;
    const char *reason = range_size(k->in, &n);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason);
    leat_shape shape = leat_shape_1d(n);
    LEAT_TRY(leat_out_new(k, 0, &shape));
    void *out = k->out[0].data;
    switch (k->in[0]->dtype) {
#define RANGE_CASE(dtype_, type_)                                                                            \
    case dtype_: {                                                                                           \
        uint64_t start = (uint64_t)int_value(k->in[0]), delta = (uint64_t)int_value(k->in[2]);               \
        for (int64_t i = 0; i < n; i++)                                                                      \
            ((type_ *)out)[i] = (type_)(start + (uint64_t)i * delta);                                        \
        return LEAT_OK;                                                                                      \
    }
        LEAT_FOR_INTS(RANGE_CASE)
#undef RANGE_CASE
#define RANGE_CASE(dtype_, type_)                                                                            \
    case dtype_: {                                                                                           \
        type_ start = *(const type_ *)k->in[0]->data, delta = *(const type_ *)k->in[2]->data;                \
        for (int64_t i = 0; i < n; i++)                                                                      \
            ((type_ *)out)[i] = start + (type_)i * delta;                                                    \
        return LEAT_OK;                                                                                      \
    }
        LEAT_FOR_FLOATS(RANGE_CASE)
#undef RANGE_CASE
    default: {
        float start = (float)real_value(k->in[0]), delta = (float)real_value(k->in[2]);
        for (int64_t i = 0; i < n; i++) {
            leat_dtype dtype = k->in[0]->dtype; /* each step rounds, as in TensorFlow */
            float v = start + (float)rounded(dtype, rounded(dtype, (double)i) * (double)delta);
            leat_floats_to_16(dtype, (uint16_t *)out + i, &v, 1);
        }
        return LEAT_OK;
    }
    }
}

static leat_status range_shape(leat_infer *c)
{
    leat_tensor *values[3];
    leat_status status = LEAT_OK;
    for (int i = 0; i < 3; i++)
        LEAT_TRY(leat_infer_want_rank(c, i, 0));
    for (int i = 0; i < 3; i++)
        values[i] = leat_infer_value(c, i);
    c->out[0] = leat_shape_1d(-1);
    if (values[0] != NULL && values[1] != NULL && values[2] != NULL) {
        int64_t n;
        const char *reason = range_size((const leat_tensor *const *)values, &n);
        if (reason != NULL)
            status = leat_infer_fail(c, "%s", reason);
        else
            c->out[0] = leat_shape_1d(n);
    }
    for (int i = 0; i < 3; i++)
        leat_tensor_unref(values[i]);
    return status;
}

const leat_op_def leat_op_Range = LEAT_OP(
    "Range(start: Tidx, limit: Tidx, delta: Tidx) -> output: Tidx; Tidx: {bfloat16, half, float, double, int8, "
    "int16, int32, int64, uint16, uint32} = int32",
    .doc = "start, start + delta, ... up to limit, which is not reached.", .shape = range_shape,
    .kernels = {{range_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(Range, "(int32[] 3, int32[] 18, int32[] 5) -> int32[3] 3 8 13");
LEAT_ROW(Range, "(int64[] 10, int64[] 0, int64[] -3) -> int64[4] 10 7 4 1");
LEAT_ROW(
    Range,
    "(float[] 0, float[] 1, float[] 0.1) tol 0 -> float[10] 0 0.1 0.2 0.3 0.4 0.5 0.600000024 0.699999988 0.8 "
    "0.900000036");
LEAT_ROW(Range, "(int32[] 3, int32[] 3, int32[] 1) -> int32[0]");
LEAT_ROW(Range, "(int64[] -9223372036854775808, int64[] 9223372036854775807, int64[] 4611686018427387904) -> "
                "int64[4] -9223372036854775808 -4611686018427387904 0 4611686018427387904");
LEAT_ROW(Range, "(int32[] 5, int32[] 3, int32[] 1) fails 'Requires start <= limit'");
LEAT_ROW(Range, "(int32[] 0, int32[] 10, int32[] 0) fails 'Requires delta != 0'");
LEAT_ROW(Range, "(float[] 0, float[] inf, float[] 1) fails 'finite'");
LEAT_ROW(Range, "(int64[] 0, int64[] 9223372036854775807, int64[] 1) fails ''");
LEAT_ROW(Range, "(int32[1,1] 3, int32[] 9, int32[] 5) fails ''");
LEAT_ROW(Range,
         "(half[] 0, half[] 1, half[] 0.1) tol 1e-2 -> half[10] 0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9");
LEAT_ROW(Range, "(float[] 0, float[] 0.3, float[] 0.1) -> float[3] 0 0.1 0.2");
LEAT_ROW(
    Range,
    "(bfloat16[] 5, bfloat16[] -1, bfloat16[] -0.7) tol 0 -> bfloat16[9] 5 4.3125 3.59375 2.90625 2.203125 1.5 0.8125 0.09375 -0.59375");

/* ---- LinSpace ---- */

static leat_status lin_space_kernel(leat_kernel *k)
{
    static const char *const names[] = {"start", "stop", "num"};
    for (int i = 0; i < 3; i++)
        LEAT_TRY(leat_kernel_want_scalar(k, i, names[i]));
    int64_t n = leat_index_at(k->in[2], 0);
    if (n <= 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Requires num > 0: %lld", (long long)n);
    leat_shape shape = leat_shape_1d(n);
    LEAT_TRY(leat_out_new(k, 0, &shape));
    double start = real_value(k->in[0]), stop = real_value(k->in[1]);
    float fstart = (float)start, fstop = (float)stop, fstep = n > 1 ? (fstop - fstart) / (float)(n - 1) : 0;
    double step = n > 1 ? (stop - start) / (double)(n - 1) : 0;
    for (int64_t i = 0; i < n; i++) {
        bool first = i == 0, last = i == n - 1 && n > 1; /* themselves: a step may be infinite */
        float f = first ? fstart : last ? fstop : fstart + fstep * (float)i;
        if (k->in[0]->dtype == LEAT_DOUBLE)
            ((double *)k->out[0].data)[i] = first ? start : last ? stop : start + step * (double)i;
        else if (k->in[0]->dtype == LEAT_FLOAT)
            ((float *)k->out[0].data)[i] = f;
        else
            leat_floats_to_16(k->in[0]->dtype, (uint16_t *)k->out[0].data + i, &f, 1);
    }
    return LEAT_OK;
}

static leat_status lin_space_shape(leat_infer *c)
{
    for (int i = 0; i < 3; i++)
        LEAT_TRY(leat_infer_want_rank(c, i, 0));
    c->out[0] = leat_shape_1d(-1);
    leat_tensor *num = leat_infer_value(c, 2);
    if (num == NULL)
        return LEAT_OK;
    int64_t n = leat_index_at(num, 0);
    leat_tensor_unref(num);
    if (n <= 0)
        return leat_infer_fail(c, "Requires num > 0: %lld", (long long)n);
    c->out[0] = leat_shape_1d(n);
    return LEAT_OK;
}

const leat_op_def leat_op_LinSpace =
    LEAT_OP("LinSpace(start: T, stop: T, num: Tidx) -> output: T; T: floating; Tidx: {int32, int64} = int32",
            .doc = "num values from start to stop, evenly spaced.", .shape = lin_space_shape,
            .kernels = {{lin_space_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(LinSpace, "(double[] 1, double[] 2, int32[] 5) -> double[5] 1 1.25 1.5 1.75 2");
LEAT_ROW(LinSpace, "(float[] 3, float[] 9, int64[] 1) -> float[1] 3");
LEAT_ROW(LinSpace, "(float[] 3, float[] 9, int32[] 0) fails 'num > 0'");
LEAT_ROW(LinSpace, "(float[1] 3, float[] 9, int32[] 2) fails ''");
LEAT_ROW(LinSpace, "(float[] 3, float[] 9, int32[1] 2) fails ''");
LEAT_ROW(LinSpace, "(float[] inf, float[] 1, int32[] 3) -> float[3] inf nan 1");

/* ---- OneHot ---- */

static int one_hot_axis(const leat_op *op, int rank_of_output)
{
    int64_t axis = leat_attr_int(op, "axis");
    if (axis == -1)
        return rank_of_output - 1;
    return axis < -1 || axis >= rank_of_output ? -1 : (int)axis;
}

static leat_status one_hot_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 0));
    int rank = leat_shape_rank(c->in[0]) + 1;
    leat_tensor *depth_value = leat_infer_value(c, 1);
    int64_t depth = depth_value ? leat_index_at(depth_value, 0) : -1;
    bool negative = depth_value != NULL && depth < 0;
    leat_tensor_unref(depth_value);
    if (negative)
        return leat_infer_fail(c, "depth must be non-negative, got %lld", (long long)depth);
    if (rank == 0)
        return LEAT_OK;
    int axis = one_hot_axis(c->op, rank);
    if (axis < 0 || rank > LEAT_MAX_RANK)
        return leat_infer_fail(c, "axis %lld is out of range", (long long)leat_attr_int(c->op, "axis"));
    c->out[0].rank_plus_1 = rank + 1;
    for (int i = 0; i < rank; i++)
        c->out[0].dims[i] = i == axis ? depth : c->in[0]->dims[i < axis ? i : i - 1];
    return LEAT_OK;
}

static int64_t index_of_any(const leat_tensor *t, int64_t i)
{
    return t->dtype == LEAT_UINT8  ? ((const uint8_t *)t->data)[i]
           : t->dtype == LEAT_INT8 ? ((const int8_t *)t->data)[i]
                                   : leat_index_at(t, i);
}

static leat_status one_hot_kernel(leat_kernel *k)
{
    const leat_tensor *indices = k->in[0];
    for (int i = 1; i < 4; i++)
        if (leat_shape_rank(&k->in[i]->shape) != 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "depth, on_value and off_value must be scalars");
    int64_t depth = leat_index_at(k->in[1], 0);
    int rank = leat_shape_rank(&indices->shape) + 1, axis = one_hot_axis(k->op, rank);
    if (depth < 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "depth must be non-negative, got %lld",
                                (long long)depth);
    if (axis < 0 || rank > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "axis %lld is out of range",
                                (long long)leat_attr_int(k->op, "axis"));
    leat_shape shape = {.rank_plus_1 = rank + 1};
    for (int i = 0; i < rank; i++)
        shape.dims[i] = i == axis ? depth : indices->shape.dims[i < axis ? i : i - 1];
    LEAT_TRY(leat_out_fill(k, &shape, k->in[3]->data));
    int64_t inner = leat_dims_product(&shape, axis + 1, rank);
    size_t bytes = leat_dtype_bytes(k->out[0].dtype);
    for (int64_t i = 0; i < indices->elements; i++) {
        int64_t at = index_of_any(indices, i);
        if (at < 0 || at >= depth)
            continue;
        int64_t to = (i / inner * depth + at) * inner + i % inner;
        if (k->out[0].dtype == LEAT_STRING) {
            const leat_string *on = k->in[2]->data;
            LEAT_TRY(leat_string_set((leat_string *)k->out[0].data + to, on->data, on->size));
        } else {
            memcpy((char *)k->out[0].data + (size_t)to * bytes, k->in[2]->data, bytes);
        }
    }
    return LEAT_OK;
}

const leat_op_def leat_op_OneHot = LEAT_OP(
    "OneHot(indices: TI, depth: int32, on_value: T, off_value: T) -> output: T; axis: int = -1; T: type; TI: {uint8, "
    "int8, int32, int64} = int64",
    .doc = "A new axis of length depth, on_value at each index, off_value elsewhere.", .shape = one_hot_shape,
    .kernels = {{one_hot_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(OneHot, "(int64[3] 0 2 -1, int32[] 3, float[] 1, float[] 0) -> float[3,3] 1 0 0 0 0 1 0 0 0");
LEAT_ROW(
    OneHot,
    "(int32[2,2] 0 -1 2 5, int32[] 3, int32[] 5, int32[] 1) {axis: 0} -> int32[3,2,2] 5 1 1 1 1 1 1 1 1 1 5 1");
LEAT_ROW(OneHot, "(uint8[2] 1 0, int32[] 2, bool[] true, bool[] false) -> bool[2,2] false true true false");
LEAT_ROW(OneHot, "(int32[0], int32[] 3, float[] 1, float[] 0) -> float[0,3]");
LEAT_ROW(OneHot, "(int32[2] 0 1, int32[] 0, float[] 1, float[] 0) -> float[2,0]");
LEAT_ROW(OneHot, "(int32[1] 0, int32[] -1, float[] 1, float[] 0) fails 'depth'");
LEAT_ROW(OneHot, "(int32[1] 0, int32[] 3, float[] 1, float[] 0) {axis: 2} fails 'axis'");
