/* sparse-segment.c - segments of the rows that an index list picks: sums, means, sums over the root of the count. */
#include <math.h>
#include <stdlib.h>
#include "ops/grad-private.h"

typedef enum scale { SUM, MEAN, SQRT_N } scale;

static double factor_of(scale how, int64_t count)
{
    return how == SUM || count == 0 ? 1 : how == MEAN ? 1 / (double)count : 1 / sqrt((double)count);
}

/* Checks indices and segment ids (ascending ones, but for the gradients); *n is the number of segments that the ids need. */
static leat_status check_lists(const leat_kernel *k, int64_t rows, bool ascending, int64_t *n)
{
    const leat_tensor *indices = k->in[1], *ids = k->in[2];
    if (leat_shape_rank(&indices->shape) != 1 || leat_shape_rank(&ids->shape) != 1 ||
        indices->elements != ids->elements)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "segment_ids and indices should have same size.");
    int64_t last = 0;
    for (int64_t i = 0; i < ids->elements; i++) {
        int64_t at = leat_index_at(indices, i), id = leat_index_at(ids, i);
        if (rows >= 0 && (at < 0 || at >= rows))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "Bad: indices[%lld] == %lld out of range [0, %lld)", (long long)i,
                                    (long long)at, (long long)rows);
        if (id < 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "segment ids must be >= 0");
        if (ascending && id < last)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "segment ids are not increasing");
        last = LEAT_MAX(last, id);
    }
    if (last == INT64_MAX)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "segment id %lld is too large",
                                (long long)last);
    *n = ids->elements > 0 ? last + 1 : 0;
    return LEAT_OK;
}

/* One segment's sum, in double: rows begin..end of the lists. */
static void sum_segment(leat_kernel *k, int64_t begin, int64_t end, int64_t run, double factor)
{
    const leat_tensor *data = k->in[0];
    int64_t id = leat_index_at(k->in[2], begin);
    for (int64_t j = 0; j < run; j++) {
        double sum = 0;
        uint64_t whole = 0;
        for (int64_t i = begin; i < end; i++) {
            int64_t from = leat_index_at(k->in[1], i) * run + j;
            if (data->dtype == LEAT_INT64 || data->dtype == LEAT_UINT64)
                whole += ((const uint64_t *)data->data)[from];
            else
                sum += leat_element_get(data, from);
        }
        if (data->dtype == LEAT_INT64 || data->dtype == LEAT_UINT64)
            ((uint64_t *)k->out[0].data)[id * run + j] = whole;
        else if (leat_dtype_is_integer(data->dtype)) /* wraps, as the type does */
            memcpy((char *)k->out[0].data + (size_t)(id * run + j) * leat_dtype_bytes(data->dtype),
                   &(int64_t){(int64_t)sum}, leat_dtype_bytes(data->dtype));
        else
            leat_element_put(&k->out[0], id * run + j, sum * factor);
    }
}

static leat_status segments(leat_kernel *k, scale how)
{
    static const char zero[sizeof(double)];
    const leat_tensor *data = k->in[0], *ids = k->in[2];
    leat_shape out = data->shape;
    int rank = leat_shape_rank(&out);
    int64_t n;
    if (rank < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "data must have at least one dimension");
    LEAT_TRY(check_lists(k, out.dims[0], true, &n));
    if (k->n_in > 3) {
        LEAT_TRY(leat_kernel_want_scalar(k, 3, "num_segments"));
        if (leat_index_at(k->in[3], 0) < n)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "segment ids must be < num_segments");
        n = leat_index_at(k->in[3], 0);
    }
    out.dims[0] = n;
    LEAT_TRY(leat_out_fill(k, &out, zero));
    int64_t run = leat_dims_product(&out, 1, rank);
    for (int64_t begin = 0, end; begin < ids->elements; begin = end) {
        for (end = begin + 1; end < ids->elements && leat_index_at(ids, end) == leat_index_at(ids, begin);)
            end++;
        sum_segment(k, begin, end, run, factor_of(how, end - begin));
    }
    return LEAT_OK;
}

static leat_status sum_kernel(leat_kernel *k)
{
    return segments(k, SUM);
}
static leat_status mean_kernel(leat_kernel *k)
{
    return segments(k, MEAN);
}
static leat_status sqrt_n_kernel(leat_kernel *k)
{
    return segments(k, SQRT_N);
}

static leat_status sparse_segment_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    LEAT_TRY(leat_infer_want_rank(c, 2, 1));
    if (leat_shape_rank(c->in[0]) == 0)
        return leat_infer_fail(c, "data must have at least one dimension");
    c->out[0] = *c->in[0];
    if (leat_shape_rank(c->in[0]) < 0)
        return LEAT_OK;
    c->out[0].dims[0] = -1;
    leat_tensor *last = leat_infer_value(c, c->op->n_inputs > 3 ? 3 : 2);
    if (last != NULL && c->op->n_inputs > 3)
        c->out[0].dims[0] = LEAT_MAX(leat_index_at(last, 0), -1);
    else if (last != NULL)
        c->out[0].dims[0] =
            last->elements == 0 ? 0 : LEAT_MAX(leat_index_at(last, last->elements - 1), -2) + 1;
    leat_tensor_unref(last);
    return LEAT_OK;
}

static leat_out rows_of_data(leat_grad *g)
{
    leat_out zero = leat_scalar_int(g->graph, 0);
    return leat_raw_gather_v2(leat_raw_shape(leat_grad_in(g, 0)), zero, zero);
}
static void sum_grad(leat_grad *g)
{
    g->dx[0] =
        leat_raw_sparse_segment_sum_grad(g->dy[0], leat_grad_in(g, 1), leat_grad_in(g, 2), rows_of_data(g));
}
static void mean_grad(leat_grad *g)
{
    g->dx[0] =
        leat_raw_sparse_segment_mean_grad(g->dy[0], leat_grad_in(g, 1), leat_grad_in(g, 2), rows_of_data(g));
}
static void sqrt_n_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_sparse_segment_sqrt_n_grad(g->dy[0], leat_grad_in(g, 1), leat_grad_in(g, 2),
                                                   rows_of_data(g));
}

const leat_op_def leat_op_SparseSegmentSum = LEAT_OP(
    "SparseSegmentSum(data: T, indices: Tidx, segment_ids: Tsegmentids) -> output: T; T: real; Tidx: {int32, int64} = "
    "int32; Tsegmentids: {int32, int64} = int32; sparse_gradient: bool = false",
    .doc = "Sums of the rows data[indices] of each segment.", .shape = sparse_segment_shape,
    .kernels = {{sum_kernel}}, .gradient = sum_grad);

const leat_op_def leat_op_SparseSegmentMean = LEAT_OP(
    "SparseSegmentMean(data: T, indices: Tidx, segment_ids: Tsegmentids) -> output: T; T: floating; Tidx: {int32, "
    "int64} = int32; Tsegmentids: {int32, int64} = int32; sparse_gradient: bool = false",
    .doc = "Means of the rows data[indices] of each segment.", .shape = sparse_segment_shape,
    .kernels = {{mean_kernel}}, .gradient = mean_grad);

const leat_op_def leat_op_SparseSegmentSqrtN = LEAT_OP(
    "SparseSegmentSqrtN(data: T, indices: Tidx, segment_ids: Tsegmentids) -> output: T; T: floating; Tidx: {int32, "
    "int64} = int32; Tsegmentids: {int32, int64} = int32; sparse_gradient: bool = false",
    .doc = "Sums of the rows data[indices] of each segment over the root of their number.",
    .shape = sparse_segment_shape, .kernels = {{sqrt_n_kernel}}, .gradient = sqrt_n_grad);

const leat_op_def leat_op_SparseSegmentSumWithNumSegments = LEAT_OP(
    "SparseSegmentSumWithNumSegments(data: T, indices: Tidx, segment_ids: Tsegmentids, num_segments: Tnumsegments) -> "
    "output: T; T: real; Tidx: {int32, int64} = int32; Tnumsegments: {int32, int64} = int32; Tsegmentids: {int32, "
    "int64} = int32; sparse_gradient: bool = false",
    .doc = "As SparseSegmentSum; the number of segments is given.", .shape = sparse_segment_shape,
    .kernels = {{sum_kernel}}, .gradient = sum_grad);

const leat_op_def leat_op_SparseSegmentMeanWithNumSegments = LEAT_OP(
    "SparseSegmentMeanWithNumSegments(data: T, indices: Tidx, segment_ids: Tsegmentids, num_segments: Tnumsegments) -> "
    "output: T; T: floating; Tidx: {int32, int64} = int32; Tnumsegments: {int32, int64} = int32; Tsegmentids: {int32, "
    "int64} = int32; sparse_gradient: bool = false",
    .doc = "As SparseSegmentMean; the number of segments is given.", .shape = sparse_segment_shape,
    .kernels = {{mean_kernel}}, .gradient = mean_grad);

const leat_op_def leat_op_SparseSegmentSqrtNWithNumSegments = LEAT_OP(
    "SparseSegmentSqrtNWithNumSegments(data: T, indices: Tidx, segment_ids: Tsegmentids, num_segments: Tnumsegments) "
    "-> output: T; T: floating; Tidx: {int32, int64} = int32; Tnumsegments: {int32, int64} = int32; Tsegmentids: "
    "{int32, int64} = int32; sparse_gradient: bool = false",
    .doc = "As SparseSegmentSqrtN; the number of segments is given.", .shape = sparse_segment_shape,
    .kernels = {{sqrt_n_kernel}}, .gradient = sqrt_n_grad);

LEAT_ROW(SparseSegmentSum,
         "(double[3,2] 1 2 3 4 5 6, int32[3] 0 2 0, int32[3] 0 0 2) -> double[3,2] 6 8 0 0 1 2");
LEAT_ROW(SparseSegmentSum, "(int8[2] 100 100, int64[2] 0 1, int64[2] 0 0) -> int8[1] -56");
LEAT_ROW(SparseSegmentSum, "(float[2] 1 2, int32[1] 2, int32[1] 0) fails 'out of range'");
LEAT_ROW(SparseSegmentSum, "(float[2] 1 2, int32[2] 0 1, int32[2] 1 0) fails 'not increasing'");
LEAT_ROW(SparseSegmentMean,
         "(double[3,2] 1 2 3 4 5 6, int32[3] 0 2 0, int32[3] 0 0 2) -> double[3,2] 3 4 0 0 1 2");
LEAT_ROW(SparseSegmentSqrtN, "(double[3] 1 2 3, int32[4] 0 1 2 0, int32[4] 0 0 0 0) -> double[1] 3.5");
LEAT_ROW(SparseSegmentSumWithNumSegments,
         "(double[2] 1 2, int32[2] 0 1, int32[2] 0 1, int32[] 3) -> double[3] 1 2 0");
LEAT_ROW(SparseSegmentSumWithNumSegments,
         "(double[2] 1 2, int32[2] 0 1, int32[2] 0 1, int32[] 1) fails 'num_segments'");
LEAT_ROW(SparseSegmentSumWithNumSegments, "(float[2] 1 2, int32[1] 0, int32[1] 0, int32[1] 2) fails ''");
LEAT_ROW(SparseSegmentMeanWithNumSegments,
         "(double[2] 1 2, int32[2] 0 1, int32[2] 1 1, int64[] 3) -> double[3] 0 1.5 0");
LEAT_ROW(SparseSegmentSqrtNWithNumSegments,
         "(double[2] 1 3, int32[2] 0 1, int32[2] 0 0, int32[] 1) tol 1e-9 -> double[1] 2.8284271247");

/* ---- the gradients' ops: each row of grad goes back to the rows that made its segment ---- */

/* Adds a row of the gradient to one of output 0; places in elements. */
static void add_row(leat_kernel *k, int64_t to, int64_t from, int64_t run, double factor)
{
    for (int64_t j = 0; j < run; j++) {
        double sum = leat_element_get(&k->out[0], to + j) + leat_element_get(k->in[0], from + j) * factor;
        leat_element_put(&k->out[0], to + j, sum);
    }
}

/* As check_lists; counts[id] is how many rows made that segment of grad. It is of this worker's scratch memory. */
static leat_status count_segments(leat_kernel *k, int64_t rows, int64_t **counts)
{
    const leat_tensor *ids = k->in[2];
    int64_t n, segments = k->in[0]->shape.dims[0];
    LEAT_TRY(check_lists(k, rows, false, &n));
    if (n > segments)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "segment id %lld is out of range [0, %lld)",
                                (long long)n - 1, (long long)segments);
    *counts = leat_scratch(k, (size_t)segments * sizeof **counts);
    if (*counts == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld segments", (long long)segments);
    memset(*counts, 0, (size_t)segments * sizeof **counts);
    for (int64_t i = 0; i < ids->elements; i++)
        (*counts)[leat_index_at(ids, i)]++;
    return LEAT_OK;
}

static leat_status segments_grad(leat_kernel *k, scale how)
{
    static const char zero[sizeof(double)];
    const leat_tensor *grad = k->in[0], *indices = k->in[1], *ids = k->in[2];
    leat_shape out = grad->shape;
    int rank = leat_shape_rank(&out);
    int64_t *counts;
    LEAT_TRY(leat_kernel_want_scalar(k, 3, "output_dim0"));
    if (rank < 1 || leat_index_at(k->in[3], 0) < 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "grad must be at least a vector, output_dim0 not negative");
    out.dims[0] = leat_index_at(k->in[3], 0);
    LEAT_TRY(count_segments(k, out.dims[0], &counts));
    LEAT_TRY(leat_out_fill(k, &out, zero));
    int64_t run = leat_dims_product(&out, 1, rank);
    for (int64_t i = 0; i < ids->elements; i++) {
        int64_t id = leat_index_at(ids, i);
        add_row(k, leat_index_at(indices, i) * run, id * run, run, factor_of(how, counts[id]));
    }
    return LEAT_OK;
}
static leat_status sum_grad_kernel(leat_kernel *k)
{
    return segments_grad(k, SUM);
}
static leat_status mean_grad_kernel(leat_kernel *k)
{
    return segments_grad(k, MEAN);
}
static leat_status sqrt_n_grad_kernel(leat_kernel *k)
{
    return segments_grad(k, SQRT_N);
}

static leat_status segments_grad_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 3, 0));
    c->out[0] = *c->in[0];
    if (leat_shape_rank(c->in[0]) < 1)
        return LEAT_OK;
    leat_tensor *rows = leat_infer_value(c, 3);
    c->out[0].dims[0] = rows != NULL ? LEAT_MAX(leat_index_at(rows, 0), -1) : -1;
    leat_tensor_unref(rows);
    return LEAT_OK;
}

const leat_op_def leat_op_SparseSegmentSumGrad = LEAT_OP(
    "SparseSegmentSumGrad(grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32) -> output: T; T: "
    "floating; Tidx: {int32, int64} = int32; Tsegmentids: {int32, int64} = int32",
    .doc = "The gradient of SparseSegmentSum.", .shape = segments_grad_shape, .kernels = {{sum_grad_kernel}},
    .gradient = leat_grad_missing);

const leat_op_def leat_op_SparseSegmentMeanGrad = LEAT_OP(
    "SparseSegmentMeanGrad(grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32) -> output: T; T: "
    "floating; Tidx: {int32, int64} = int32; Tsegmentids: {int32, int64} = int32",
    .doc = "The gradient of SparseSegmentMean.", .shape = segments_grad_shape,
    .kernels = {{mean_grad_kernel}}, .gradient = leat_grad_missing);

const leat_op_def leat_op_SparseSegmentSqrtNGrad = LEAT_OP(
    "SparseSegmentSqrtNGrad(grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32) -> output: T; T: "
    "floating; Tidx: {int32, int64} = int32; Tsegmentids: {int32, int64} = int32",
    .doc = "The gradient of SparseSegmentSqrtN.", .shape = segments_grad_shape,
    .kernels = {{sqrt_n_grad_kernel}}, .gradient = leat_grad_missing);

LEAT_ROW(SparseSegmentSumGrad,
         "(float[2] 1 2, int32[3] 0 2 0, int32[3] 0 0 1, int32[] 4) -> float[4] 3 0 1 0");
LEAT_ROW(SparseSegmentSumGrad, "(float[1,1] 1, int32[1] 0, int32[1] 0, int32[1] 2) fails ''");
LEAT_ROW(SparseSegmentSumGrad, "(float[1] 1, int32[1] 0, int32[1] 1, int32[] 2) fails 'out of range'");
LEAT_ROW(SparseSegmentMeanGrad,
         "(double[2] 1 2, int32[3] 0 2 0, int32[3] 0 0 1, int32[] 4) -> double[4] 2.5 0 0.5 0");
LEAT_ROW(SparseSegmentMeanGrad,
         "(double[3] 1 2 4, int32[4] 0 2 0 1, int32[4] 2 0 1 2, int32[] 3) -> double[3] 4 2 1");
LEAT_ROW(SparseSegmentSqrtNGrad,
         "(double[1] 2, int32[4] 0 1 2 3, int32[4] 0 0 0 0, int32[] 4) -> double[4] 1 1 1 1");

/* ---- the second versions: only the rows that some index names, in ascending order, and which those are ---- */

static int compare_indices(const void *a_, const void *b_)
{
    int64_t a = *(const int64_t *)a_, b = *(const int64_t *)b_;
    return a < b ? -1 : a > b;
}

/* The distinct indices, in order: how many; *rows is of this worker's scratch memory. */
static leat_status distinct_rows(leat_kernel *k, int64_t **rows, int64_t *n)
{
    const leat_tensor *indices = k->in[1];
    *rows = leat_scratch(k, (size_t)(indices->elements + 1) * sizeof **rows);
    if (*rows == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld rows",
                                (long long)indices->elements);
    for (int64_t i = 0; i < indices->elements; i++)
        (*rows)[i] = leat_index_at(indices, i);
    qsort(*rows, (size_t)indices->elements, sizeof **rows, compare_indices);
    *n = 0;
    for (int64_t i = 0; i < indices->elements; i++)
        if (i == 0 || (*rows)[i] != (*rows)[*n - 1])
            (*rows)[(*n)++] = (*rows)[i];
    return LEAT_OK;
}

static leat_status segments_grad_v2(leat_kernel *k, scale how)
{
    const leat_tensor *grad = k->in[0], *indices = k->in[1], *ids = k->in[2];
    leat_shape out = grad->shape;
    int64_t *rows, *counts, n;
    LEAT_TRY(leat_kernel_want_scalar(k, 3, "dense_output_dim0"));
    if (leat_shape_rank(&out) < 1 || leat_index_at(k->in[3], 0) < 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "grad must be at least a vector, dense_output_dim0 not negative");
    LEAT_TRY(count_segments(k, leat_index_at(k->in[3], 0), &counts));
    LEAT_TRY(distinct_rows(k, &rows, &n));
    out.dims[0] = n;
    LEAT_TRY(leat_out_fill(k, &out, &(double){0}));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(n)));
    for (int64_t i = 0; i < n; i++)
        leat_index_put(&k->out[1], i, rows[i]);
    int64_t run = leat_dims_product(&out, 1, leat_shape_rank(&out));
    for (int64_t i = 0; i < ids->elements; i++) {
        int64_t id = leat_index_at(ids, i), index = leat_index_at(indices, i);
        int64_t to = (int64_t *)bsearch(&index, rows, (size_t)n, sizeof *rows, compare_indices) - rows;
        add_row(k, to * run, id * run, run, factor_of(how, counts[id]));
    }
    return LEAT_OK;
}
static leat_status sum_grad_v2_kernel(leat_kernel *k)
{
    return segments_grad_v2(k, SUM);
}
static leat_status mean_grad_v2_kernel(leat_kernel *k)
{
    return segments_grad_v2(k, MEAN);
}
static leat_status sqrt_n_grad_v2_kernel(leat_kernel *k)
{
    return segments_grad_v2(k, SQRT_N);
}

static leat_status segments_grad_v2_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    LEAT_TRY(leat_infer_want_rank(c, 3, 0));
    c->out[0] = *c->in[0];
    if (leat_shape_rank(c->in[0]) >= 1)
        c->out[0].dims[0] = -1;
    c->out[1] = LEAT_SHAPE(-1);
    return LEAT_OK;
}

const leat_op_def leat_op_SparseSegmentSumGradV2 = LEAT_OP(
    "SparseSegmentSumGradV2(grad: T, indices: Tidx, segment_ids: Tsegmentids, dense_output_dim0: int32) -> output: T, "
    "sorted_unique_indices: Tidx; T: floating; Tidx: {int32, int64} = int32; Tsegmentids: {int32, int64} = int32",
    .doc = "The rows of the gradient of SparseSegmentSum that are not 0, and which rows those are.",
    .shape = segments_grad_v2_shape, .kernels = {{sum_grad_v2_kernel}}, .gradient = leat_grad_missing);

const leat_op_def leat_op_SparseSegmentMeanGradV2 = LEAT_OP(
    "SparseSegmentMeanGradV2(grad: T, indices: Tidx, segment_ids: Tsegmentids, dense_output_dim0: int32) -> output: T, "
    "sorted_unique_indices: Tidx; T: floating; Tidx: {int32, int64} = int32; Tsegmentids: {int32, int64} = int32",
    .doc = "The rows of the gradient of SparseSegmentMean that are not 0, and which rows those are.",
    .shape = segments_grad_v2_shape, .kernels = {{mean_grad_v2_kernel}}, .gradient = leat_grad_missing);

const leat_op_def leat_op_SparseSegmentSqrtNGradV2 = LEAT_OP(
    "SparseSegmentSqrtNGradV2(grad: T, indices: Tidx, segment_ids: Tsegmentids, dense_output_dim0: int32) -> output: T, "
    "sorted_unique_indices: Tidx; T: floating; Tidx: {int32, int64} = int32; Tsegmentids: {int32, int64} = int32",
    .doc = "The rows of the gradient of SparseSegmentSqrtN that are not 0, and which rows those are.",
    .shape = segments_grad_v2_shape, .kernels = {{sqrt_n_grad_v2_kernel}}, .gradient = leat_grad_missing);

LEAT_ROW(SparseSegmentSumGradV2,
         "(float[2,1] 1 2, int32[3] 7 2 7, int32[3] 0 0 1, int32[] 9) dynamic nograd -> "
         "float[2,1] 1 3, int32[2] 2 7");
LEAT_ROW(SparseSegmentSumGradV2,
         "(float[2,1] 1 2, int32[3] 7 2 7, int32[3] 0 0 1, int32[] 7) fails 'out of range'");
LEAT_ROW(SparseSegmentMeanGradV2,
         "(double[2] 1 2, int64[3] 0 2 0, int64[3] 0 0 1, int32[] 4) dynamic nograd -> "
         "double[2] 2.5 0.5, int64[2] 0 2");
LEAT_ROW(SparseSegmentSqrtNGradV2,
         "(double[1] 2, int32[4] 0 1 2 3, int32[4] 0 0 0 0, int32[] 4) dynamic nograd -> "
         "double[4] 1 1 1 1, int32[4] 0 1 2 3");
LEAT_ROW(
    SparseSegmentSqrtNGradV2,
    "(double[2] 1 2, int64[5] 0 2 0 2 2, int64[5] 1 0 1 1 1, int32[] 4) dynamic nograd -> double[2] 2 3, int64[2] 0 2");
