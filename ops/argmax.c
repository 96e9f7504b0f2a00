/* argmax.c - ArgMax, ArgMin. */
#include <float.h>
#include "ops/ops-private.h"

struct arg_run {
    const leat_tensor *x;
    leat_tensor *out;
    int64_t n, inner; /* [outer, n, inner] */
    bool max;
};

/* The first of the largest. As TensorFlow's search, it begins below all finite values at index 0 and takes what is above: NaN
 * is passed over, and a line of NaN or -infinity gives 0. */
#define ARG_CASE(dtype_, type_, low_, high_)                                                                 \
    case dtype_: {                                                                                           \
        const type_ *x = (const type_ *)r->x->data + first;                                                  \
        type_ value = r->max ? (type_)low_ : (type_)high_;                                                   \
        if (r->max) {                                                                                        \
            for (int64_t i = 0; i < r->n; i++)                                                               \
                if (x[i * r->inner] > value) {                                                               \
                    value = x[i * r->inner];                                                                 \
                    best = i;                                                                                \
                }                                                                                            \
        } else {                                                                                             \
            for (int64_t i = 0; i < r->n; i++)                                                               \
                if (x[i * r->inner] < value) {                                                               \
                    value = x[i * r->inner];                                                                 \
                    best = i;                                                                                \
                }                                                                                            \
        }                                                                                                    \
        break;                                                                                               \
    }

static void arg_line(const struct arg_run *r, int64_t line)
{
    int64_t first = line / r->inner * r->n * r->inner + line % r->inner, best = 0;
    switch (r->x->dtype) {
        ARG_CASE(LEAT_FLOAT, float, -FLT_MAX, FLT_MAX)
        ARG_CASE(LEAT_DOUBLE, double, -DBL_MAX, DBL_MAX)
        ARG_CASE(LEAT_INT8, int8_t, INT8_MIN, INT8_MAX)
        ARG_CASE(LEAT_INT16, int16_t, INT16_MIN, INT16_MAX)
        ARG_CASE(LEAT_INT32, int32_t, INT32_MIN, INT32_MAX)
        ARG_CASE(LEAT_INT64, int64_t, INT64_MIN, INT64_MAX)
        ARG_CASE(LEAT_UINT8, uint8_t, 0, UINT8_MAX)
        ARG_CASE(LEAT_UINT16, uint16_t, 0, UINT16_MAX)
        ARG_CASE(LEAT_UINT32, uint32_t, 0, UINT32_MAX)
        ARG_CASE(LEAT_UINT64, uint64_t, 0, UINT64_MAX)
        ARG_CASE(LEAT_BOOL, uint8_t, 0, 1)
    default: { /* half, bfloat16 */
        float highest = r->x->dtype == LEAT_HALF ? 65504 : 0x1.fep+127f, value = r->max ? -highest : highest,
              v;
        for (int64_t i = 0; i < r->n; i++) {
            leat_floats_from_16(r->x->dtype, &v, (const uint16_t *)r->x->data + first + i * r->inner, 1);
            if (r->max ? v > value : v < value) {
                value = v;
                best = i;
            }
        }
    }
    }
    leat_index_put(r->out, line, best);
}

static void arg_lines(int64_t begin, int64_t end, void *arg)
{
    for (; begin < end; begin++)
        arg_line(arg, begin);
}

static leat_shape without_axis(const leat_shape *in, int axis)
{
    leat_shape out = {.rank_plus_1 = in->rank_plus_1 - 1};
    for (int d = 0; d < leat_shape_rank(&out); d++)
        out.dims[d] = in->dims[d < axis ? d : d + 1];
    return out;
}

static leat_status arg_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape), axis;
    char text[128];
    LEAT_TRY(leat_kernel_want_scalar(k, 1, "dimension"));
    LEAT_TRY(leat_kernel_axis(k, k->in[1], rank, &axis));
    leat_shape out = without_axis(&x->shape, axis);
    int64_t n = x->shape.dims[axis];
    if (n == 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Reduction axis %d is empty in shape %s", axis,
                                leat_shape_print(x->shape, text, sizeof text));
    if (n - 1 > leat_index_limit(k->op->outputs[0].dtype))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "an index may not fit %s",
                                leat_dtype_name(k->op->outputs[0].dtype));
    LEAT_TRY(leat_out_new(k, 0, &out));
    struct arg_run r = {.x = x,
                        .out = &k->out[0],
                        .n = n,
                        .inner = leat_dims_product(&x->shape, axis + 1, rank),
                        .max = strcmp(k->op->type->name, "ArgMax") == 0};
    leat_ranges(k, k->out[0].elements, LEAT_MAX(LEAT_GRAIN_CHEAP / n, 1), arg_lines, &r);
    return LEAT_OK;
}

static leat_status arg_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]), axis;
    if (rank < 0)
        return LEAT_OK;
    if (rank == 0)
        return leat_infer_fail(c, "the input must have at least one dimension");
    c->out[0] = leat_shape_ranked(rank - 1);
    leat_tensor *value = leat_infer_value(c, 1);
    if (value == NULL)
        return LEAT_OK;
    int64_t asked = value->elements == 1 ? leat_index_at(value, 0) : INT64_MAX;
    leat_tensor_unref(value);
    if (!leat_axis_normal(asked, rank, &axis))
        return leat_infer_fail(c, "the axis is out of range for rank %d", rank);
    c->out[0] = without_axis(c->in[0], axis);
    return LEAT_OK;
}

const leat_op_def leat_op_ArgMax = LEAT_OP(
    "ArgMax(input: T, dimension: Tidx) -> output: output_type; T: {bfloat16, half, float, double, int8, int16, "
    "int32, int64, uint8, uint16, uint32, uint64, bool}; Tidx: {int32, int64} = int32; "
    "output_type: {int16, uint16, int32, int64} = int64",
    .doc = "The index of the largest element along a dimension, the first of equals.", .shape = arg_shape,
    .kernels = {{arg_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_ArgMin = LEAT_OP(
    "ArgMin(input: T, dimension: Tidx) -> output: output_type; T: {bfloat16, half, float, double, int8, int16, "
    "int32, int64, uint8, uint16, uint32, uint64, bool}; Tidx: {int32, int64} = int32; "
    "output_type: {int32, int64} = int64",
    .doc = "The index of the smallest element along a dimension, the first of equals.", .shape = arg_shape,
    .kernels = {{arg_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(ArgMax, "(float[2,3] 1 5 2 9 9 -1, int32[] 1) -> int64[2] 1 0");
LEAT_ROW(ArgMax, "(float[2,3] 1 5 2 9 9 -1, int64[] 0) {output_type: int32} -> int32[3] 1 1 0");
LEAT_ROW(ArgMax, "(float[3,3] 1 nan 3 nan nan nan inf -inf 2, int32[] -1) -> int64[3] 2 0 0");
LEAT_ROW(ArgMax, "(float[3,2] nan -inf nan nan -inf -inf, int32[] 0) -> int64[2] 0 0");
LEAT_ROW(ArgMax, "(half[3] 1 3 2, int32[] 0) -> int64[] 1");
LEAT_ROW(ArgMax, "(bool[3] false true true, int32[] 0) -> int64[] 1");
LEAT_ROW(ArgMax, "(float[0,2], int32[] 0) fails 'is empty'");
LEAT_ROW(ArgMax, "(float[2,2] 0..1, int32[] 2) fails 'out of range'");
LEAT_ROW(ArgMax,
         "(float[2,3] 1 5 2 9 9 -1, int32[1] 1) fails 'dimension must be a scalar, not of shape (1,)'");
LEAT_ROW(ArgMax, "(float[2,3] 1 5 2 9 9 -1, int32[] 1) {output_type: uint16} -> uint16[2] 1 0");
LEAT_ROW(ArgMax, "(float[40000] 0..1, int32[] 0) {output_type: int16} fails 'may not fit int16'");
LEAT_ROW(ArgMin, "(int32[2,3] 1 5 2 9 9 -1, int32[] 1) -> int64[2] 0 2");
LEAT_ROW(ArgMin, "(float[3,3] 1 nan 3 nan nan nan inf -inf 2, int32[] 0) -> int64[3] 0 2 2");
LEAT_ROW(ArgMin, "(float[2,3] 1 5 2 9 9 -1, int32[1] 1) fails 'dimension must be a scalar'");
