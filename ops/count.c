/* count.c - Bincount, DenseBincount, HistogramFixedWidth, Bucketize. */
#include <math.h>
#include "ops/ops-private.h"

/* ---- bins ---- */

/* bins[value] += weight (or 1). A binary output says only whether a value came. */
static void add_to_bin(leat_tensor *bins, int64_t at, const leat_tensor *weights, int64_t i, bool binary)
{
    bool weighted = weights->elements > 0 && !binary;
    switch (bins->dtype) {
#define BIN_CASE(dtype_, type_, compute_)                                                                    \
    case dtype_: {                                                                                           \
        type_ *bin = (type_ *)bins->data + at;                                                               \
        type_ w = weighted ? ((const type_ *)weights->data)[i] : (type_)1;                                   \
        *bin = binary ? (type_)1 : (type_)((compute_)*bin + (compute_)w);                                    \
        return;                                                                                              \
    }
        BIN_CASE(LEAT_INT32, int32_t, uint32_t)
        BIN_CASE(LEAT_INT64, int64_t, uint64_t)
        BIN_CASE(LEAT_FLOAT, float, float)
        BIN_CASE(LEAT_DOUBLE, double, double)
#undef BIN_CASE
    default: return;
    }
}

/* values: [rows, n] -> bins: [rows, size] */
static leat_status count_rows(leat_kernel *k, const leat_shape *out, int64_t size, bool binary)
{
    static const double zero;
    const leat_tensor *values = k->in[0], *weights = k->in[2];
    if (weights->elements > 0 && !leat_shape_equal(weights->shape, values->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "weights must have the shape of the values, or be empty");
    for (int64_t i = 0; i < values->elements; i++)
        if (leat_index_at(values, i) < 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Input must be non-negative, got %lld",
                                    (long long)leat_index_at(values, i));
    LEAT_TRY(leat_out_fill(k, out, &zero));
    bool rows = leat_shape_rank(out) == 2; /* else any shape is one list */
    int64_t n = rows ? values->shape.dims[1] : 1;
    for (int64_t i = 0; i < values->elements; i++) {
        int64_t at = leat_index_at(values, i);
        if (at < size)
            add_to_bin(&k->out[0], (rows ? i / n : 0) * size + at, weights, i, binary);
    }
    return LEAT_OK;
}

static leat_status read_size(const leat_kernel *k, int64_t *size)
{
    LEAT_TRY(leat_kernel_want_scalar(k, 1, "size"));
    if (leat_index_at(k->in[1], 0) < 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "size must be a non-negative scalar");
    *size = leat_index_at(k->in[1], 0);
    return LEAT_OK;
}

static leat_status bincount_kernel(leat_kernel *k)
{
    int64_t size;
    LEAT_TRY(read_size(k, &size));
    leat_shape out = leat_shape_1d(size);
    return count_rows(k, &out, size, false);
}

static leat_status dense_bincount_kernel(leat_kernel *k)
{
    int64_t size;
    int rank = leat_shape_rank(&k->in[0]->shape);
    LEAT_TRY(read_size(k, &size));
    if (rank > 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Shape must be at most rank 2 but is rank %d",
                                rank);
    leat_shape out = rank == 2 ? (leat_shape){3, {k->in[0]->shape.dims[0], size}} : leat_shape_1d(size);
    return count_rows(k, &out, size, leat_attr_bool(k->op, "binary_output"));
}

static leat_status bincount_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 0));
    leat_tensor *size = leat_infer_value(c, 1);
    int64_t n = size != NULL ? leat_index_at(size, 0) : -1;
    bool negative = size != NULL && n < 0;
    leat_tensor_unref(size);
    if (negative)
        return leat_infer_fail(c, "size must be a non-negative scalar");
    bool dense = strcmp(c->op->type->name, "DenseBincount") == 0;
    if (dense && leat_shape_rank(c->in[0]) < 0)
        return LEAT_OK;
    c->out[0] =
        dense && leat_shape_rank(c->in[0]) == 2 ? (leat_shape){3, {c->in[0]->dims[0], n}} : leat_shape_1d(n);
    return LEAT_OK;
}

const leat_op_def leat_op_Bincount =
    LEAT_OP("Bincount(arr: int32, size: int32, weights: T) -> bins: T; T: {int32, int64, float, double}",
            .doc = "How often each of 0..size-1 comes in arr, or the sum of its weights.",
            .shape = bincount_shape, .kernels = {{bincount_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_DenseBincount = LEAT_OP(
    "DenseBincount(input: Tidx, size: Tidx, weights: T) -> output: T; Tidx: {int32, int64}; T: {int32, int64, float, "
    "double}; binary_output: bool = false",
    .doc = "How often each of 0..size-1 comes in input, or in each of its rows.", .shape = bincount_shape,
    .kernels = {{dense_bincount_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(Bincount, "(int32[5] 1 1 2 5 0, int32[] 4, int64[0]) -> int64[4] 1 2 1 0");
LEAT_ROW(Bincount, "(int32[3] 1 1 2, int32[] 3, float[3] 0.5 1 2) -> float[3] 0 1.5 2");
LEAT_ROW(Bincount, "(int32[2] 1 -1, int32[] 3, float[0]) fails 'non-negative'");
LEAT_ROW(Bincount, "(int32[2] 1 1, int32[] -1, float[0]) fails ''");
LEAT_ROW(Bincount, "(int32[2] 0 1, int32[1] 3, float[0]) fails ''");
LEAT_ROW(Bincount, "(int32[2,2] 0 1 1 1, int32[] 2, float[2,2] 1 2 3 4) -> float[2] 1 9");
LEAT_ROW(DenseBincount, "(int64[2,3] 1 1 2 0 3 9, int64[] 4, int32[0]) -> int32[2,4] 0 2 1 0 1 0 0 1");
LEAT_ROW(DenseBincount, "(int32[3] 1 1 2, int32[] 3, double[3] 0.5 1 2) -> double[3] 0 1.5 2");
LEAT_ROW(DenseBincount, "(int32[3] 1 1 2, int32[] 3, float[0]) {binary_output: true} -> float[3] 0 1 1");
LEAT_ROW(DenseBincount, "(int32[3] 1 1 2, int32[] 3, float[2] 1 2) fails 'weights'");

/* ---- HistogramFixedWidth ---- */

static leat_status histogram_kernel(leat_kernel *k)
{
    static const double zero;
    const leat_tensor *values = k->in[0], *range = k->in[1];
    LEAT_TRY(leat_kernel_want_scalar(k, 2, "nbins"));
    if (range->elements != 2 || leat_index_at(k->in[2], 0) <= 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "value_range must be two numbers and nbins a positive scalar");
    double lo = leat_element_get(range, 0), hi = leat_element_get(range, 1);
    int64_t n = leat_index_at(k->in[2], 0);
    if (!(lo < hi))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "value_range should satisfy value_range[0] < value_range[1]");
    for (int64_t i = 0; i < values->elements; i++)
        if (isnan(leat_element_get(values, i)))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Histogram values must not contain NaN");
    leat_shape out = leat_shape_1d(n);
    LEAT_TRY(leat_out_fill(k, &out, &zero));
    double step = (hi - lo) / (double)n;
    for (int64_t i = 0; i < values->elements; i++) {
        double at = floor((leat_element_get(values, i) - lo) / step);
        int64_t bin = at < 0 ? 0 : at >= (double)n ? n - 1 : (int64_t)at;
        leat_index_put(&k->out[0], bin, leat_index_at(&k->out[0], bin) + 1);
    }
    return LEAT_OK;
}

static leat_status histogram_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 2, 0));
    leat_tensor *n = leat_infer_value(c, 2);
    c->out[0] = leat_shape_1d(n != NULL && leat_index_at(n, 0) > 0 ? leat_index_at(n, 0) : -1);
    leat_tensor_unref(n);
    return LEAT_OK;
}

const leat_op_def leat_op_HistogramFixedWidth = LEAT_OP(
    "HistogramFixedWidth(values: T, value_range: T, nbins: int32) -> out: dtype; T: {int32, int64, float, double}; "
    "dtype: {int32, int64} = int32",
    .doc =
        "How many values lie in each of nbins equal parts of value_range; the outer bins take what is beyond.",
    .shape = histogram_shape, .kernels = {{histogram_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(HistogramFixedWidth, "(float[6] -1 0 1.5 2 5 15, float[2] 0 5, int32[] 5) -> int32[5] 2 1 1 0 2");
LEAT_ROW(HistogramFixedWidth, "(int32[3] 1 2 9, int32[2] 0 10, int32[] 2) {dtype: int64} -> int64[2] 2 1");
LEAT_ROW(HistogramFixedWidth, "(float[1] 1, float[2] 5 5, int32[] 2) fails 'value_range'");
LEAT_ROW(HistogramFixedWidth, "(float[2] 0 1, float[2] 0 1, int32[1] 4) fails ''");
LEAT_ROW(HistogramFixedWidth, "(float[2] 0 nan, float[2] 0 1, int32[] 4) fails 'NaN'");
LEAT_ROW(HistogramFixedWidth, "(float[2] 0 inf, float[2] 0 1, int32[] 2) -> int32[2] 1 1");

/* ---- Bucketize ---- */

static leat_status bucketize_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    const leat_attr_value *list = leat_attr(k->op, "boundaries");
    const float *limits = list->list;
    int32_t n = (int32_t)list->n;
    for (int32_t i = 1; i < n; i++)
        if (!(limits[i - 1] <= limits[i]))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Expected sorted boundaries");
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    for (int64_t i = 0; i < x->elements; i++) {
        double v = leat_element_get(x, i);
        int32_t low = 0, high = n;
        while (low < high) {
            int32_t mid = low + (high - low) / 2;
            if (v < (double)limits[mid])
                high = mid;
            else
                low = mid + 1;
        }
        ((int32_t *)k->out[0].data)[i] = low;
    }
    return LEAT_OK;
}

const leat_op_def leat_op_Bucketize =
    LEAT_OP("Bucketize(input: T) -> output: int32; T: {int32, int64, float, double}; boundaries: list(float)",
            .doc = "The number of boundaries that are not above each element.", .shape = leat_shape_same,
            .kernels = {{bucketize_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(Bucketize, "(float[6] -5 10000 150 10 5 100) {boundaries: [0 10 100]} -> int32[6] 0 3 3 2 1 3");
