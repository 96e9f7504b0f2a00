/* segment.c - sums, means and extremes of the rows that share a segment number. */
#include <math.h>
#include "ops/grad-private.h"

typedef enum kind { SUM, MEAN, PROD, MAX, MIN } kind;

/* ---- rows: to = to <kind> from ---- */

#define ROW_CASE(dtype_, type_, compute_)                                                                    \
    case dtype_: {                                                                                           \
        type_ *t = to;                                                                                       \
        const type_ *f = from;                                                                               \
        for (int64_t i = 0; i < n; i++)                                                                      \
            t[i] = how == MAX    ? (f[i] > t[i] || f[i] != f[i] ? f[i] : t[i])                               \
                   : how == MIN  ? (f[i] < t[i] || f[i] != f[i] ? f[i] : t[i])                               \
                   : how == PROD ? (type_)((compute_)t[i] * (compute_)f[i])                                  \
                                 : (type_)((compute_)t[i] + (compute_)f[i]);                                 \
        return;                                                                                              \
    }

static void combine_row(leat_dtype dtype, kind how, void *to, const void *from, int64_t n)
{
    switch (dtype) {
        ROW_CASE(LEAT_FLOAT, float, float)
        ROW_CASE(LEAT_DOUBLE, double, double)
        ROW_CASE(LEAT_INT8, int8_t, uint32_t)
        ROW_CASE(LEAT_UINT8, uint8_t, uint32_t)
        ROW_CASE(LEAT_INT16, int16_t, uint32_t)
        ROW_CASE(LEAT_UINT16, uint16_t, uint32_t)
        ROW_CASE(LEAT_INT32, int32_t, uint32_t)
        ROW_CASE(LEAT_UINT32, uint32_t, uint32_t)
        ROW_CASE(LEAT_INT64, int64_t, uint64_t)
        ROW_CASE(LEAT_UINT64, uint64_t, uint64_t)
    default: break;
    }
    for (int64_t i = 0; i < n; i++) {
        float a, b;
        leat_floats_from_16(dtype, &a, (uint16_t *)to + i, 1);
        leat_floats_from_16(dtype, &b, (const uint16_t *)from + i, 1);
        a = how == MAX    ? (b > a || b != b ? b : a)
            : how == MIN  ? (b < a || b != b ? b : a)
            : how == PROD ? a * b
                          : a + b;
        leat_floats_to_16(dtype, (uint16_t *)to + i, &a, 1);
    }
}

/* What a segment without rows holds (and each starts from): sums 0, products 1, extremes the type's opposite end. */
static void fill_identity(leat_tensor *t, kind how)
{
    double v = how == PROD ? 1 : 0;
    if (how == MAX || how == MIN)
        switch (t->dtype) {
#define END_CASE(dtype_, type_, low_, high_)                                                                 \
    case dtype_:                                                                                             \
        for (int64_t i = 0; i < t->elements; i++)                                                            \
            ((type_ *)t->data)[i] = how == MAX ? (type_)low_ : (type_)high_;                                 \
        return;
            END_CASE(LEAT_INT8, int8_t, INT8_MIN, INT8_MAX)
            END_CASE(LEAT_INT16, int16_t, INT16_MIN, INT16_MAX)
            END_CASE(LEAT_INT32, int32_t, INT32_MIN, INT32_MAX)
            END_CASE(LEAT_INT64, int64_t, INT64_MIN, INT64_MAX)
            END_CASE(LEAT_UINT8, uint8_t, 0, UINT8_MAX)
            END_CASE(LEAT_UINT16, uint16_t, 0, UINT16_MAX)
            END_CASE(LEAT_UINT32, uint32_t, 0, UINT32_MAX)
            END_CASE(LEAT_UINT64, uint64_t, 0, UINT64_MAX)
#undef END_CASE
        case LEAT_FLOAT: v = 0x1.fffffep+127; break;
        case LEAT_DOUBLE: v = 0x1.fffffffffffffp+1023; break;
        case LEAT_HALF: v = 65504; break;
        default: v = 0x1.fep+127; break;
        }
    if (how == MAX)
        v = -v;
    for (int64_t i = 0; i < t->elements; i++)
        leat_element_put(t, i, v);
}

static bool computable(leat_dtype dtype)
{
    return leat_dtype_is_floating(dtype) || leat_dtype_is_integer(dtype);
}

/* ---- sorted segments ---- */

/* Checks that the ids ascend from 0 or more; *n is the last one + 1. */
static leat_status check_sorted(const leat_kernel *k, const leat_tensor *ids, int64_t *n)
{
    int64_t last = 0;
    if (leat_shape_rank(&ids->shape) != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "segment_ids should be a vector.");
    for (int64_t i = 0; i < ids->elements; i++) {
        int64_t id = leat_index_at(ids, i);
        if (id < 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "segment ids must be >= 0, got %lld",
                                    (long long)id);
        if (id < last)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "segment ids are not increasing");
        last = id;
    }
    *n = ids->elements > 0 ? last : -1;
    if (*n == INT64_MAX)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "segment id %lld is too large",
                                (long long)last);
    ++*n;
    return LEAT_OK;
}

/* Rows that belong to no segment keep this: zero, but for products 1. */
static void finish_empty(leat_tensor *out, const leat_tensor *ids, int64_t run, kind how)
{
    size_t bytes = leat_dtype_bytes(out->dtype);
    int64_t next = 0;
    if (how == PROD || how == SUM || how == MEAN)
        return;
    for (int64_t i = 0; i <= ids->elements && run > 0; i++) {
        int64_t id = i < ids->elements ? leat_index_at(ids, i) : out->elements / run;
        for (; next < id; next++)
            memset((char *)out->data + (size_t)(next * run) * bytes, 0, (size_t)run * bytes);
        next = LEAT_MAX(next, id + 1);
    }
}

static void divide_row(leat_tensor *out, int64_t row, int64_t run, double by)
{
    for (int64_t i = row * run; i < (row + 1) * run; i++)
        leat_element_put(out, i, leat_element_get(out, i) / by);
}

static leat_status segment_kernel(leat_kernel *k, kind how)
{
    const leat_tensor *data = k->in[0], *ids = k->in[1];
    int64_t n;
    leat_shape shape = data->shape;
    LEAT_TRY(check_sorted(k, ids, &n));
    if (leat_shape_rank(&shape) < 1 || shape.dims[0] != ids->elements)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "segment_ids should be the same size as dimension 0 of input.");
    if (!computable(data->dtype))
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(data->dtype));
    shape.dims[0] = n;
    LEAT_TRY(leat_out_new(k, 0, &shape));
    fill_identity(&k->out[0], how);
    int64_t run = leat_dims_product(&shape, 1, leat_shape_rank(&shape)), count = 0;
    size_t bytes = leat_dtype_bytes(data->dtype);
    for (int64_t i = 0; i < ids->elements; i++) {
        int64_t id = leat_index_at(ids, i);
        combine_row(data->dtype, how, (char *)k->out[0].data + (size_t)(id * run) * bytes,
                    (const char *)data->data + (size_t)(i * run) * bytes, run);
        count++;
        if (i + 1 == ids->elements || leat_index_at(ids, i + 1) != id) {
            if (how == MEAN)
                divide_row(&k->out[0], id, run, (double)count);
            count = 0;
        }
    }
    finish_empty(&k->out[0], ids, run, how);
    return LEAT_OK;
}

static leat_status segment_sum_kernel(leat_kernel *k)
{
    return segment_kernel(k, SUM);
}
static leat_status segment_mean_kernel(leat_kernel *k)
{
    return segment_kernel(k, MEAN);
}
static leat_status segment_prod_kernel(leat_kernel *k)
{
    return segment_kernel(k, PROD);
}
static leat_status segment_max_kernel(leat_kernel *k)
{
    return segment_kernel(k, MAX);
}
static leat_status segment_min_kernel(leat_kernel *k)
{
    return segment_kernel(k, MIN);
}

static leat_status segment_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    if (leat_shape_rank(c->in[0]) == 0)
        return leat_infer_fail(c, "data must have at least one dimension");
    c->out[0] = *c->in[0];
    if (leat_shape_rank(c->in[0]) > 0)
        c->out[0].dims[0] = -1;
    leat_tensor *ids = leat_infer_value(c, 1);
    if (ids != NULL && leat_shape_rank(c->in[0]) > 0 && leat_shape_rank(&ids->shape) == 1) {
        int64_t last = ids->elements == 0 ? -1 : leat_index_at(ids, ids->elements - 1);
        if (last >= -1 && last < INT64_MAX) /* others are the kernel's to refuse */
            c->out[0].dims[0] = last + 1;
    }
    leat_tensor_unref(ids);
    return LEAT_OK;
}

static void segment_sum_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_gather_v2(g->dy[0], leat_grad_in(g, 1), leat_scalar_int(g->graph, 0));
}

/* dy / rows of the segment; the counts are broadcast over the rest of each row. */
static void segment_mean_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), ids = leat_grad_in(g, 1), zero = leat_scalar_int(g->graph, 0);
    leat_out one = leat_scalar_int(g->graph, 1), minus = leat_grad_dims(g, (const int64_t[]){1}, 1);
    leat_out rank_less_one =
        leat_raw_reshape(leat_raw_sub(leat_raw_rank(x), one), leat_grad_dims(g, (const int64_t[]){1}, 1));
    leat_out ones_shape =
        leat_raw_concat_v2(LEAT_OUTS(leat_raw_shape(ids), leat_raw_fill(rank_less_one, one)), zero);
    leat_out ones = leat_raw_fill(ones_shape, leat_raw_cast(one, leat_out_dtype(x)));
    (void)minus;
    leat_out scaled = leat_raw_real_div(g->dy[0], leat_raw_segment_sum(ones, ids));
    g->dx[0] = leat_raw_gather_v2(scaled, ids, zero);
}

/* Shared among the rows that are the extreme. */
static void segment_extreme_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), ids = leat_grad_in(g, 1), zero = leat_scalar_int(g->graph, 0);
    leat_out gathered = leat_raw_gather_v2(leat_grad_out(g, 0), ids, zero);
    leat_out selected = leat_raw_equal(x, gathered);
    leat_out count = leat_raw_segment_sum(leat_raw_cast(selected, leat_out_dtype(x)), ids);
    leat_out weighted = leat_raw_gather_v2(leat_raw_real_div(g->dy[0], count), ids, zero);
    g->dx[0] = leat_raw_select_v2(selected, weighted, leat_raw_zeros_like(x));
}

/* The product of the other rows: of all, or of all but the one zero. */
static void segment_prod_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), ids = leat_grad_in(g, 1), zero = leat_scalar_int(g->graph, 0);
    leat_out is_zero = leat_raw_equal(x, leat_raw_zeros_like(x));
    leat_out zeros_count = leat_raw_segment_sum(leat_raw_cast(is_zero, LEAT_INT32), ids);
    leat_out two = leat_scalar_int(g->graph, 2);
    leat_out many = leat_raw_greater_equal(zeros_count, two);
    leat_out dy = leat_raw_select_v2(many, leat_raw_zeros_like(g->dy[0]), g->dy[0]);
    leat_out others = leat_raw_segment_prod(leat_raw_select_v2(is_zero, leat_raw_ones_like(x), x), ids);
    leat_out without_zero = leat_raw_gather_v2(others, ids, zero);
    leat_out prod = leat_raw_gather_v2(leat_grad_out(g, 0), ids, zero);
    leat_out slope = leat_raw_select_v2(is_zero, without_zero, leat_raw_real_div(prod, x));
    g->dx[0] = leat_raw_mul(leat_raw_gather_v2(dy, ids, zero), slope);
}

const leat_op_def leat_op_SegmentSum =
    LEAT_OP("SegmentSum(data: T, segment_ids: Tindices) -> output: T; T: numeric; Tindices: {int32, int64}",
            .doc = "Sums of the rows of each segment; the ids ascend.", .shape = segment_shape,
            .kernels = {{segment_sum_kernel}}, .gradient = segment_sum_grad);

const leat_op_def leat_op_SegmentMean =
    LEAT_OP("SegmentMean(data: T, segment_ids: Tindices) -> output: T; T: numeric; Tindices: {int32, int64}",
            .doc = "Means of the rows of each segment; the ids ascend.", .shape = segment_shape,
            .kernels = {{segment_mean_kernel}}, .gradient = segment_mean_grad);

const leat_op_def leat_op_SegmentProd =
    LEAT_OP("SegmentProd(data: T, segment_ids: Tindices) -> output: T; T: numeric; Tindices: {int32, int64}",
            .doc = "Products of the rows of each segment; the ids ascend.", .shape = segment_shape,
            .kernels = {{segment_prod_kernel}}, .gradient = segment_prod_grad);

const leat_op_def leat_op_SegmentMax =
    LEAT_OP("SegmentMax(data: T, segment_ids: Tindices) -> output: T; T: real; Tindices: {int32, int64}",
            .doc = "Largest elements of the rows of each segment; the ids ascend.", .shape = segment_shape,
            .kernels = {{segment_max_kernel}}, .gradient = segment_extreme_grad);

const leat_op_def leat_op_SegmentMin =
    LEAT_OP("SegmentMin(data: T, segment_ids: Tindices) -> output: T; T: real; Tindices: {int32, int64}",
            .doc = "Smallest elements of the rows of each segment; the ids ascend.", .shape = segment_shape,
            .kernels = {{segment_min_kernel}}, .gradient = segment_extreme_grad);

LEAT_ROW(SegmentSum, "(double[3,2] 1 2 3 4 5 6, int32[3] 0 0 2) -> double[3,2] 4 6 0 0 5 6");
LEAT_ROW(SegmentSum, "(float[2] 1 2, int32[2] 1 0) fails 'not increasing'");
LEAT_ROW(SegmentSum, "(float[2] 1 2, int32[2] -1 0) fails '>= 0'");
LEAT_ROW(SegmentSum, "(float[2] 1 2, int64[2] 0 4611686018427387904) fails ''");
LEAT_ROW(SegmentSum, "(int8[0,2], int32[0]) -> int8[0,2]");
LEAT_ROW(SegmentMean, "(double[3,2] 1 2 3 4 5 6, int64[3] 0 0 1) -> double[2,2] 2 3 5 6");
LEAT_ROW(SegmentMean, "(double[3] 1 2 4, int64[3] 0 0 2) -> double[3] 1.5 0 4");
LEAT_ROW(SegmentProd, "(double[3] 2 3 4, int32[3] 0 0 2) -> double[3] 6 1 4");
LEAT_ROW(SegmentProd, "(double[5] 2 0 4 0 0, int32[5] 0 0 0 1 1) -> double[2] 0 0");
LEAT_ROW(SegmentMax, "(double[3] 2 3 4, int32[3] 0 0 2) -> double[3] 3 0 4");
LEAT_ROW(SegmentMin, "(double[3,1] 2 3 4, int32[3] 0 0 2) -> double[3,1] 2 0 4");
LEAT_ROW(SegmentMin, "(int32[2] -5 7, int32[2] 0 0) -> int32[1] -5");

/* ---- segments in any order: negative ids are dropped ---- */

static leat_status unsorted_kernel(leat_kernel *k, kind how)
{
    const leat_tensor *data = k->in[0], *ids = k->in[1];
    int d_rank = leat_shape_rank(&data->shape), i_rank = leat_shape_rank(&ids->shape);
    LEAT_TRY(leat_kernel_want_scalar(k, 2, "num_segments"));
    int64_t n = leat_index_at(k->in[2], 0);
    if (n < 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "num_segments must not be negative");
    leat_shape shape = {.rank_plus_1 = d_rank - i_rank + 2, .dims = {n}};
    for (int d = 0; d < i_rank; d++)
        if (d >= d_rank || data->shape.dims[d] != ids->shape.dims[d])
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "data must begin with the shape of segment_ids");
    if (d_rank - i_rank + 1 > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "more than %d dimensions", LEAT_MAX_RANK);
    if (!computable(data->dtype))
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(data->dtype));
    for (int d = i_rank; d < d_rank; d++)
        shape.dims[d - i_rank + 1] = data->shape.dims[d];
    for (int64_t i = 0; i < ids->elements; i++)
        if (leat_index_at(ids, i) >= n)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "segment_ids[%lld] = %lld is out of range [0, %lld)", (long long)i,
                                    (long long)leat_index_at(ids, i), (long long)n);
    LEAT_TRY(leat_out_new(k, 0, &shape));
    fill_identity(&k->out[0], how);
    int64_t run = leat_dims_product(&data->shape, i_rank, d_rank);
    size_t bytes = leat_dtype_bytes(data->dtype);
    for (int64_t i = 0; i < ids->elements; i++) {
        int64_t id = leat_index_at(ids, i);
        if (id >= 0)
            combine_row(data->dtype, how, (char *)k->out[0].data + (size_t)(id * run) * bytes,
                        (const char *)data->data + (size_t)(i * run) * bytes, run);
    }
    return LEAT_OK;
}

static leat_status unsorted_sum_kernel(leat_kernel *k)
{
    return unsorted_kernel(k, SUM);
}
static leat_status unsorted_prod_kernel(leat_kernel *k)
{
    return unsorted_kernel(k, PROD);
}
static leat_status unsorted_max_kernel(leat_kernel *k)
{
    return unsorted_kernel(k, MAX);
}
static leat_status unsorted_min_kernel(leat_kernel *k)
{
    return unsorted_kernel(k, MIN);
}

static leat_status unsorted_shape(leat_infer *c)
{
    int d_rank = leat_shape_rank(c->in[0]), i_rank = leat_shape_rank(c->in[1]);
    LEAT_TRY(leat_infer_want_rank(c, 2, 0));
    leat_tensor *n = leat_infer_value(c, 2);
    int64_t segments = n != NULL ? leat_index_at(n, 0) : -1;
    bool negative = n != NULL && segments < 0;
    leat_tensor_unref(n);
    if (negative)
        return leat_infer_fail(c, "num_segments must not be negative");
    if (d_rank < 0 || i_rank < 0)
        return LEAT_OK;
    if (i_rank > d_rank || d_rank - i_rank + 1 > LEAT_MAX_RANK)
        return leat_infer_fail(c, "data must begin with the shape of segment_ids");
    for (int d = 0; d < i_rank; d++)
        if (c->in[0]->dims[d] >= 0 && c->in[1]->dims[d] >= 0 && c->in[0]->dims[d] != c->in[1]->dims[d])
            return leat_infer_fail(c, "data must begin with the shape of segment_ids");
    c->out[0] = (leat_shape){.rank_plus_1 = d_rank - i_rank + 2, .dims = {segments}};
    for (int d = i_rank; d < d_rank; d++)
        c->out[0].dims[d - i_rank + 1] = c->in[0]->dims[d];
    return LEAT_OK;
}

/* Rows of `params` by id, zero where the id is negative. *kept (may be NULL): which rows are not, as wide as they are. */
static leat_out gather_or_zero(leat_grad *g, leat_out params, leat_out ids, leat_out *kept)
{
    leat_out zero = leat_scalar_int(g->graph, 0), like_zero = leat_raw_zeros_like(ids);
    leat_out gathered = leat_raw_gather_v2(params, leat_raw_maximum(ids, like_zero), zero);
    leat_out positive = leat_raw_greater_equal(ids, like_zero);
    leat_shape gs = leat_out_shape(gathered), is = leat_out_shape(ids);
    int extra = leat_shape_rank(&gs) - leat_shape_rank(&is);
    for (int i = 0; i < extra && leat_shape_rank(&gs) >= 0 && leat_shape_rank(&is) >= 0; i++)
        positive = leat_raw_expand_dims(positive, leat_scalar_int(g->graph, -1));
    leat_out wide = leat_raw_logical_and(positive, leat_raw_cast(leat_raw_ones_like(gathered), LEAT_BOOL));
    if (kept != NULL)
        *kept = wide;
    return leat_raw_select_v2(wide, gathered, leat_raw_zeros_like(gathered));
}

static void unsorted_sum_grad(leat_grad *g)
{
    g->dx[0] = gather_or_zero(g, g->dy[0], leat_grad_in(g, 1), NULL);
}

static void unsorted_extreme_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), ids = leat_grad_in(g, 1), kept;
    leat_out gathered = gather_or_zero(g, leat_grad_out(g, 0), ids, &kept);
    leat_out selected = leat_raw_logical_and(leat_raw_equal(x, gathered), kept);
    leat_out count =
        leat_raw_unsorted_segment_sum(leat_raw_cast(selected, leat_out_dtype(x)), ids, leat_grad_in(g, 2));
    leat_out weighted = leat_raw_real_div(g->dy[0], count);
    leat_out spread = gather_or_zero(g, weighted, ids, NULL);
    g->dx[0] = leat_raw_select_v2(selected, spread, leat_raw_zeros_like(x));
}

/* The product of the other rows, from the product of all that are not zero; and the one zero row's own, as TensorFlow
 * takes it. */
static void unsorted_prod_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), ids = leat_grad_in(g, 1), n = leat_grad_in(g, 2);
    leat_out is_zero = leat_raw_equal(x, leat_raw_zeros_like(x));
    leat_out zeros_count = leat_raw_unsorted_segment_sum(leat_raw_cast(is_zero, LEAT_INT32), ids, n);
    leat_out two = leat_scalar_int(g->graph, 2);
    leat_out dy =
        leat_raw_select_v2(leat_raw_greater_equal(zeros_count, two), leat_raw_zeros_like(g->dy[0]), g->dy[0]);
    leat_out others = leat_raw_select_v2(is_zero, leat_raw_ones_like(x), x);
    leat_out other_prod = leat_raw_unsorted_segment_prod(others, ids, n);
    leat_out not_negative = leat_raw_maximum(ids, leat_raw_zeros_like(ids)),
             zero = leat_scalar_int(g->graph, 0);
    leat_out prod = leat_raw_gather_v2(leat_grad_out(g, 0), not_negative, zero);
    leat_out without_zero = leat_raw_gather_v2(other_prod, not_negative, zero);
    leat_out slope = leat_raw_select_v2(is_zero, without_zero, leat_raw_real_div(prod, x));
    g->dx[0] = leat_raw_mul(gather_or_zero(g, dy, ids, NULL), slope);
}

const leat_op_def leat_op_UnsortedSegmentSum = LEAT_OP(
    "UnsortedSegmentSum(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T; T: numeric; Tindices: "
    "{int16, int32, int64}; Tnumsegments: {int32, int64} = int32",
    .doc = "Sums of the rows of each segment; rows with a negative id are dropped.", .shape = unsorted_shape,
    .kernels = {{unsorted_sum_kernel}}, .gradient = unsorted_sum_grad);

const leat_op_def leat_op_UnsortedSegmentProd = LEAT_OP(
    "UnsortedSegmentProd(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T; T: numeric; Tindices: "
    "{int32, int64}; Tnumsegments: {int32, int64} = int32",
    .doc = "Products of the rows of each segment; rows with a negative id are dropped.",
    .shape = unsorted_shape, .kernels = {{unsorted_prod_kernel}}, .gradient = unsorted_prod_grad);

const leat_op_def leat_op_UnsortedSegmentMax = LEAT_OP(
    "UnsortedSegmentMax(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T; T: real; Tindices: "
    "{int32, int64}; Tnumsegments: {int32, int64} = int32",
    .doc = "Largest elements of each segment; rows with a negative id are dropped.", .shape = unsorted_shape,
    .kernels = {{unsorted_max_kernel}}, .gradient = unsorted_extreme_grad);

const leat_op_def leat_op_UnsortedSegmentMin = LEAT_OP(
    "UnsortedSegmentMin(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T; T: real; Tindices: "
    "{int32, int64}; Tnumsegments: {int32, int64} = int32",
    .doc = "Smallest elements of each segment; rows with a negative id are dropped.", .shape = unsorted_shape,
    .kernels = {{unsorted_min_kernel}}, .gradient = unsorted_extreme_grad);

LEAT_ROW(UnsortedSegmentSum,
         "(double[3,2] 1 2 3 4 5 6, int32[3] 1 0 1, int32[] 3) -> double[3,2] 3 4 6 8 0 0");
LEAT_ROW(UnsortedSegmentSum, "(double[3] 1 2 3, int64[3] 0 -1 1, int32[] 2) -> double[2] 1 3");
LEAT_ROW(UnsortedSegmentSum, "(double[2,2] 1 2 3 4, int32[2,2] 0 1 1 0, int64[] 2) -> double[2] 5 5");
LEAT_ROW(UnsortedSegmentSum, "(float[3] 1 2 3, int32[3] 0 1 7, int32[] 5) fails 'out of range [0, 5)'");
LEAT_ROW(UnsortedSegmentSum, "(float[3] 1 2 3, int32[3] 0 1 1, int32[] -1) fails ''");
LEAT_ROW(UnsortedSegmentSum, "(float[2] 1 2, int32[2] 0 1, int32[1] 2) fails ''");
LEAT_ROW(UnsortedSegmentSum, "(double[3] 1 2 3, int16[3] 1 -1 1, int32[] 2) -> double[2] 0 4");
LEAT_ROW(UnsortedSegmentProd, "(double[4] 2 3 4 5, int32[4] 1 0 1 -1, int32[] 3) -> double[3] 3 8 1");
LEAT_ROW(UnsortedSegmentMax, "(double[3] 2 3 1, int32[3] 1 0 1, int32[] 2) -> double[2] 3 2");
LEAT_ROW(UnsortedSegmentMax,
         "(float[1] 2, int32[1] 0, int32[] 2) nograd -> float[2] 2 -3.4028234663852886e38");
LEAT_ROW(UnsortedSegmentMax, "(float[2] 1 2, int32[2] 0 1, int32[1] 2) fails ''");
LEAT_ROW(UnsortedSegmentMin, "(double[3,1] 2 3 1, int32[3] 1 0 1, int32[] 2) -> double[2,1] 3 1");
LEAT_ROW(UnsortedSegmentMin, "(int32[1] 2, int32[1] 0, int32[] 2) -> int32[2] 2 2147483647");
