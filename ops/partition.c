/* partition.c - DynamicStitch, DynamicPartition, ListDiff. */
#include "ops/ops-private.h"
#include "leat/raw-ops.h"

/* ---- DynamicStitch: data[i] goes to the rows indices[i]; later ones win ---- */

/* The shape of one row: data[i]'s without the leading dimensions of indices[i]. */
static bool row_shape(const leat_shape *indices, const leat_shape *data, leat_shape *row)
{
    int ir = leat_shape_rank(indices), dr = leat_shape_rank(data);
    if (ir < 0 || dr < ir)
        return false;
    for (int d = 0; d < ir; d++)
        if (indices->dims[d] >= 0 && data->dims[d] >= 0 && indices->dims[d] != data->dims[d])
            return false;
    *row = (leat_shape){.rank_plus_1 = dr - ir + 1};
    for (int d = ir; d < dr; d++)
        row->dims[d - ir] = data->dims[d];
    return true;
}

/* Far more rows than data: a stray index, which must not cost gigabytes. TensorFlow leaves such rows undefined. */
enum { MOST_GAPS = 1 << 20 };

static leat_status stitch_kernel(leat_kernel *k)
{
    static const char zero[sizeof(leat_string)];
    uint32_t n = k->n_in / 2;
    leat_shape row = {0}, out;
    int64_t rows = 0, given = 0;
    for (uint32_t i = 0; i < n; i++) {
        leat_shape r;
        given += k->in[i]->elements;
        if (!row_shape(&k->in[i]->shape, &k->in[n + i]->shape, &r) || (i > 0 && !leat_shape_equal(r, row)))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "data[%u] must begin with the shape of indices[%u], and end as data[0]",
                                    i, i);
        row = r;
        for (int64_t j = 0; j < k->in[i]->elements; j++) {
            int64_t at = leat_index_at(k->in[i], j);
            if (at < 0)
                return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "indices[%u] holds %lld", i,
                                        (long long)at);
            rows = LEAT_MAX(rows, at + 1);
        }
    }
    if (rows > given && rows - given > MOST_GAPS && rows / 64 > given)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "index %lld leaves most rows without data: there are %lld",
                                (long long)rows - 1, (long long)given);
    if (leat_shape_rank(&row) == LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "more than %d dimensions", LEAT_MAX_RANK);
    int64_t run = leat_dims_product(&row, 0, leat_shape_rank(&row));
    out = (leat_shape){.rank_plus_1 = row.rank_plus_1 + 1, .dims = {rows}};
    memcpy(out.dims + 1, row.dims, (size_t)leat_shape_rank(&row) * sizeof *row.dims);
    LEAT_TRY(leat_out_fill(k, &out, zero)); /* rows that no index names are zero */
    size_t bytes = leat_dtype_bytes(k->out[0].dtype);
    for (uint32_t i = 0; i < n; i++)
        for (int64_t j = 0; j < k->in[i]->elements; j++)
            LEAT_TRY(leat_copy_elements(
                k->out[0].dtype, (char *)k->out[0].data + (size_t)(leat_index_at(k->in[i], j) * run) * bytes,
                (const char *)k->in[n + i]->data + (size_t)(j * run) * bytes, run));
    return LEAT_OK;
}

static leat_status stitch_shape(leat_infer *c)
{
    uint32_t n = c->op->n_inputs / 2;
    leat_shape row = {0};
    int64_t rows = 0;
    for (uint32_t i = 0; i < n; i++) {
        leat_shape r;
        if (leat_shape_rank(c->in[i]) < 0 || leat_shape_rank(c->in[n + i]) < 0)
            rows = -1;
        else if (!row_shape(c->in[i], c->in[n + i], &r) || !leat_shape_merge(&row, &r, &row))
            return leat_infer_fail(c, "data[%u] must begin with the shape of indices[%u], and end as data[0]",
                                   i, i);
        leat_tensor *indices = rows < 0 ? NULL : leat_infer_value(c, (int)i);
        if (indices == NULL)
            rows = -1;
        for (int64_t j = 0; indices != NULL && j < indices->elements; j++)
            rows = LEAT_MAX(rows, leat_index_at(indices, j) + 1);
        leat_tensor_unref(indices);
    }
    if (leat_shape_rank(&row) < 0 || leat_shape_rank(&row) == LEAT_MAX_RANK)
        return LEAT_OK;
    c->out[0] = (leat_shape){.rank_plus_1 = row.rank_plus_1 + 1, .dims = {rows}};
    memcpy(c->out[0].dims + 1, row.dims, (size_t)leat_shape_rank(&row) * sizeof *row.dims);
    return LEAT_OK;
}

static void stitch_grad(leat_grad *g)
{
    uint32_t n = g->op->n_inputs / 2;
    leat_out zero = leat_scalar_int(g->graph, 0);
    for (uint32_t i = 0; i < n; i++)
        g->dx[n + i] = leat_raw_gather_v2(g->dy[0], leat_grad_in(g, (int)i), zero);
}

const leat_op_def leat_op_DynamicStitch = LEAT_OP(
    "DynamicStitch(indices: N * int32, data: N * T) -> merged: T; N: int >= 1; T: type",
    .doc = "merged[indices[i][j]] = data[i][j]; where an index comes twice, the later one wins.",
    .shape = stitch_shape, .kernels = {{stitch_kernel}}, .gradient = stitch_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_ParallelDynamicStitch =
    LEAT_OP("ParallelDynamicStitch(indices: N * int32, data: N * T) -> merged: T; N: int >= 1; T: type",
            .doc = "As DynamicStitch.", .shape = stitch_shape, .kernels = {{stitch_kernel}},
            .gradient = stitch_grad, .cost = leat_cost_moves);

LEAT_ROW(DynamicStitch,
         "([int32[] 1, int32[2] 0 2], [double[2] 1 2, double[2,2] 3 4 5 6]) -> double[3,2] 3 4 1 2 5 6");
LEAT_ROW(DynamicStitch, "([int32[2] 0 4], [float[2] 1 2]) nograd -> float[5] 1 0 0 0 2");
LEAT_ROW(DynamicStitch, "([int32[2] 0 1, int32[1] 1], [int32[2] 5 6, int32[1] 7]) -> int32[2] 5 7");
LEAT_ROW(DynamicStitch, "([int32[1] -1], [float[1] 1]) fails ''");
LEAT_ROW(DynamicStitch, "([int32[2] 0 1], [float[3] 1 2 3]) fails ''");
LEAT_ROW(ParallelDynamicStitch, "([int32[1] 1, int32[1] 0], [int8[1] 5, int8[1] 6]) -> int8[2] 6 5");

/* ---- DynamicPartition ---- */

static leat_status partition_kernel(leat_kernel *k)
{
    const leat_tensor *data = k->in[0], *parts = k->in[1];
    leat_shape row;
    uint32_t n = k->n_out;
    if (!row_shape(&parts->shape, &data->shape, &row) || leat_shape_rank(&row) == LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "data must begin with the shape of partitions");
    int64_t *count = leat_scratch(k, n * sizeof *count);
    if (count == NULL)
        return leat_fail_memory(n * sizeof *count);
    memset(count, 0, n * sizeof *count);
    for (int64_t i = 0; i < parts->elements; i++) {
        int64_t p = leat_index_at(parts, i);
        if (p < 0 || p >= n)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "partitions[%lld] = %lld is not in [0, %u)",
                                    (long long)i, (long long)p, n);
        count[p]++;
    }
    int64_t run = leat_dims_product(&row, 0, leat_shape_rank(&row));
    for (uint32_t p = 0; p < n; p++) {
        leat_shape out = {.rank_plus_1 = row.rank_plus_1 + 1, .dims = {count[p]}};
        memcpy(out.dims + 1, row.dims, (size_t)leat_shape_rank(&row) * sizeof *row.dims);
        LEAT_TRY(leat_out_new(k, (int)p, &out));
        count[p] = 0;
    }
    size_t bytes = leat_dtype_bytes(data->dtype);
    for (int64_t i = 0; i < parts->elements; i++) {
        int64_t p = leat_index_at(parts, i);
        LEAT_TRY(leat_copy_elements(data->dtype, (char *)k->out[p].data + (size_t)(count[p]++ * run) * bytes,
                                    (const char *)data->data + (size_t)(i * run) * bytes, run));
    }
    return LEAT_OK;
}

static leat_status partition_shape(leat_infer *c)
{
    leat_shape row;
    if (leat_shape_rank(c->in[0]) < 0 || leat_shape_rank(c->in[1]) < 0)
        return LEAT_OK;
    if (!row_shape(c->in[1], c->in[0], &row) || leat_shape_rank(&row) == LEAT_MAX_RANK)
        return leat_infer_fail(c, "data must begin with the shape of partitions");
    for (uint32_t p = 0; p < c->op->n_outputs; p++) {
        c->out[p] = (leat_shape){.rank_plus_1 = row.rank_plus_1 + 1, .dims = {-1}};
        memcpy(c->out[p].dims + 1, row.dims, (size_t)leat_shape_rank(&row) * sizeof *row.dims);
    }
    return LEAT_OK;
}

/* The rows' numbers are partitioned the same way, and stitch the gradients together. */
static void partition_grad(leat_grad *g)
{
    leat_out data = leat_grad_in(g, 0), parts = leat_grad_in(g, 1), zero = leat_scalar_int(g->graph, 0);
    uint32_t n = g->op->n_outputs;
    leat_out shape = leat_raw_shape(parts), one = leat_scalar_int(g->graph, 1);
    leat_out numbers = leat_raw_reshape(leat_raw_range(zero, leat_raw_prod(shape, zero), one), shape);
    leat_op *where = leat_raw_dynamic_partition(numbers, parts, (int64_t)n);
    leat_out *lists = leat_alloc_zero(2 * (size_t)n, sizeof *lists);
    if (where != NULL && lists != NULL) {
        for (uint32_t i = 0; i < n; i++) {
            lists[i] = (leat_out){where, (int)i};
            lists[n + i] = leat_grad_dy(g, (int)i);
        }
        leat_out rows =
            leat_raw_parallel_dynamic_stitch(((leat_out_list){lists, n}), ((leat_out_list){lists + n, n}));
        g->dx[0] = leat_raw_reshape(rows, leat_raw_shape(data));
    }
    leat_free(lists);
}

const leat_op_def leat_op_DynamicPartition = LEAT_OP(
    "DynamicPartition(data: T, partitions: int32) -> outputs: num_partitions * T; num_partitions: int >= 1; T: type",
    .doc = "The rows of data, sorted into as many tensors as there are partitions.", .shape = partition_shape,
    .kernels = {{partition_kernel}}, .gradient = partition_grad, .cost = leat_cost_moves);

LEAT_ROW(
    DynamicPartition,
    "(double[3,2] 1 2 3 4 5 6, int32[3] 1 0 1) {num_partitions: 2} dynamic -> double[1,2] 3 4, double[2,2] 1 2 5 6");
LEAT_ROW(DynamicPartition,
         "(int32[3] 1 2 3, int32[3] 0 0 0) {num_partitions: 2} dynamic -> int32[3] 1 2 3, int32[0]");
LEAT_ROW(DynamicPartition, "(float[2] 1 2, int32[2] 0 2) {num_partitions: 2} fails 'is not in [0, 2)'");
LEAT_ROW(DynamicPartition, "(float[2] 1 2, int32[3] 0 1 1) {num_partitions: 2} fails ''");

/* ---- ListDiff ---- */

/* The bytes of element i, by which elements are compared and hashed. */
const void *leat_element_key(const leat_tensor *t, int64_t i, size_t *size)
{
    if (t->dtype == LEAT_STRING) {
        const leat_string *s = (const leat_string *)t->data + i;
        *size = s->size;
        return s->size > 0 ? s->data : "";
    }
    *size = leat_dtype_bytes(t->dtype);
    return (const char *)t->data + (size_t)i * *size;
}

static leat_status list_diff_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0], *y = k->in[1];
    leat_map exclude = {0};
    leat_status status = LEAT_OK;
    int64_t n = 0;
    if (leat_shape_rank(&x->shape) != 1 || leat_shape_rank(&y->shape) != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "x and y should be 1D vectors.");
    int64_t *kept = leat_scratch(k, (size_t)LEAT_MAX(x->elements, 1) * sizeof *kept);
    if (kept == NULL)
        return leat_fail_memory((size_t)x->elements * sizeof *kept);
    size_t size;
    for (int64_t i = 0; i < y->elements && status == LEAT_OK; i++) {
        const void *key = leat_element_key(y, i, &size);
        status = leat_map_put(&exclude, key, size, &exclude);
    }
    for (int64_t i = 0; i < x->elements && status == LEAT_OK; i++) {
        const void *key = leat_element_key(x, i, &size);
        if (leat_map_get(&exclude, key, size) == NULL)
            kept[n++] = i;
    }
    leat_map_free(&exclude);
    LEAT_TRY(status);
    leat_shape shape = leat_shape_1d(n);
    LEAT_TRY(leat_out_new(k, 0, &shape));
    LEAT_TRY(leat_out_new(k, 1, &shape));
    size_t bytes = leat_dtype_bytes(x->dtype);
    for (int64_t i = 0; i < n; i++) {
        LEAT_TRY(leat_copy_elements(x->dtype, (char *)k->out[0].data + (size_t)i * bytes,
                                    (const char *)x->data + (size_t)kept[i] * bytes, 1));
        leat_index_put(&k->out[1], i, kept[i]);
    }
    return LEAT_OK;
}

static leat_status list_diff_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 1));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    c->out[0] = c->out[1] = leat_shape_1d(-1);
    return LEAT_OK;
}

const leat_op_def leat_op_ListDiff =
    LEAT_OP("ListDiff(x: T, y: T) -> out: T, idx: out_idx; T: type; out_idx: {int32, int64} = int32",
            .doc = "The elements of x that are not in y, and where they stand.", .shape = list_diff_shape,
            .kernels = {{list_diff_kernel}}, .gradient = leat_grad_missing);

LEAT_ROW(ListDiff, "(int32[6] 1 2 3 4 5 6, int32[3] 1 3 5) dynamic -> int32[3] 2 4 6, int32[3] 1 3 5");
LEAT_ROW(ListDiff,
         "(string[2] 'a' 'b', string[1] 'a') {out_idx: int64} dynamic -> string[1] 'b', int64[1] 1");
LEAT_ROW(ListDiff, "(int32[0], int32[0]) dynamic -> int32[0], int32[0]");
