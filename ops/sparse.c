/* sparse.c - sparse tensors: order, shape, rows, products with matrices. */
#include "config.h"
#include <stdlib.h>
#include "ops/sparse-private.h"

leat_status leat_sparse_in(const leat_kernel *k, int first, leat_sparse *s)
{
    const leat_tensor *indices = k->in[first], *values = k->in[first + 1], *shape = k->in[first + 2];
    *s = (leat_sparse){indices->data, values, shape->data, values->elements, (int)shape->elements};
    if (leat_shape_rank(&indices->shape) != 2 || leat_shape_rank(&values->shape) != 1 ||
        leat_shape_rank(&shape->shape) != 1)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "a sparse tensor has a matrix of indices, a vector of values and a vector for its "
            "shape");
    if (indices->shape.dims[0] != s->n || indices->shape.dims[1] != shape->elements)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "indices of %lld rows and %lld columns do not go with %lld values of %lld dimensions",
            (long long)indices->shape.dims[0], (long long)indices->shape.dims[1], (long long)s->n,
            (long long)shape->elements);
    if (s->rank < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "a sparse tensor needs dimensions");
    for (int d = 0; d < s->rank; d++)
        if (s->shape[d] < 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "dimension %d is negative: %lld", d,
                                    (long long)s->shape[d]);
    for (int64_t i = 0; i < s->n * s->rank; i++)
        if (s->indices[i] < 0 || s->indices[i] >= s->shape[i % s->rank])
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "indices[%lld,%lld] = %lld is out of bounds: the dimension is %lld",
                                    (long long)(i / s->rank), (long long)(i % s->rank),
                                    (long long)s->indices[i], (long long)s->shape[i % s->rank]);
    return LEAT_OK;
}

int64_t leat_sparse_rank(const leat_infer *c, int first)
{
    const leat_shape *indices = c->in[first], *shape = c->in[first + 2];
    int64_t rank = leat_shape_rank(indices) == 2 ? indices->dims[1] : -1;
    return rank >= 0 || leat_shape_rank(shape) != 1 ? rank : shape->dims[0];
}

leat_status leat_sparse_want(leat_infer *c, int first)
{
    LEAT_TRY(leat_infer_want_rank(c, first, 2));
    LEAT_TRY(leat_infer_want_rank(c, first + 1, 1));
    return leat_infer_want_rank(c, first + 2, 1);
}

void leat_sparse_out(leat_infer *c, int i, int64_t n, int64_t rank)
{
    c->out[i] = LEAT_SHAPE(n, rank);
    c->out[i + 1] = LEAT_SHAPE(n);
    if (c->op->n_outputs > (uint32_t)i + 2)
        c->out[i + 2] = LEAT_SHAPE(rank);
}

int leat_sparse_compare(const int64_t *a, const int64_t *b, int rank)
{
    for (int d = 0; d < rank; d++)
        if (a[d] != b[d])
            return a[d] < b[d] ? -1 : 1;
    return 0;
}

typedef struct sorting {
    const int64_t *indices;
    int rank, by;
} sorting;

static int compare_entries(const void *a_, const void *b_, void *arg)
{
    const sorting *s = arg;
    int64_t a = *(const int64_t *)a_, b = *(const int64_t *)b_;
    int order = leat_sparse_compare(s->indices + a * s->rank, s->indices + b * s->rank, s->by);
    return order != 0 ? order : a < b ? -1 : a > b;
}

int64_t *leat_sparse_order(leat_kernel *k, const int64_t *indices, int64_t n, int rank, int by)
{
    int64_t *order = leat_scratch(k, (size_t)LEAT_MAX(n, 1) * sizeof *order);
    if (order == NULL)
        return NULL;
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, (size_t)n, sizeof *order, compare_entries, &(sorting){indices, rank, by});
    return order;
}

/* ---- SparseReorder ---- */

static leat_status reorder_kernel(leat_kernel *k)
{
    leat_sparse s;
    LEAT_TRY(leat_sparse_in(k, 0, &s));
    int64_t *order = leat_sparse_order(k, s.indices, s.n, s.rank, s.rank);
    if (order == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld entries", (long long)s.n);
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    LEAT_TRY(leat_out_new(k, 1, &s.values->shape));
    size_t row = (size_t)s.rank * sizeof(int64_t), bytes = leat_dtype_bytes(s.values->dtype);
    for (int64_t i = 0; i < s.n; i++) {
        memcpy((char *)k->out[0].data + (size_t)i * row, leat_sparse_row(&s, order[i]), row);
        LEAT_TRY(leat_copy_elements(s.values->dtype, (char *)k->out[1].data + (size_t)i * bytes,
                                    leat_sparse_value(&s, order[i]), 1));
    }
    return LEAT_OK;
}

static leat_status reorder_shape(leat_infer *c)
{
    LEAT_TRY(leat_sparse_want(c, 0));
    leat_sparse_out(c, 0, leat_shape_rank(c->in[1]) == 1 ? c->in[1]->dims[0] : -1, leat_sparse_rank(c, 0));
    return LEAT_OK;
}

/* The values' gradient goes the way back: by the inverse of the permutation that the order of 0, 1, 2... shows. */
static void reorder_grad(leat_grad *g)
{
    leat_out zero = leat_grad_int(g, 0), one = leat_grad_int(g, 1);
    leat_out numbers = leat_raw_range(zero, leat_raw_size(leat_grad_in(g, 1)), one);
    leat_out sorted = LEAT_GRAD_CALL(g, "SparseReorder", leat_grad_in(g, 0), numbers, leat_grad_in(g, 2));
    if (sorted.op == NULL)
        return;
    leat_out back = leat_raw_invert_permutation(((leat_out){sorted.op, 1}));
    g->dx[1] = leat_raw_gather_v2(g->dy[1], back, zero);
}

const leat_op_def leat_op_SparseReorder = LEAT_OP(
    "SparseReorder(input_indices: int64, input_values: T, input_shape: int64) -> output_indices: int64, output_values: T; "
    "T: type",
    .doc = "The sparse tensor with its entries in row-major order.", .shape = reorder_shape,
    .kernels = {{reorder_kernel}}, .gradient = reorder_grad, .cost = leat_cost_moves);

LEAT_ROW(
    SparseReorder,
    "(int64[3,2] 1 2 0 3 1 0, double[3] 1 2 3, int64[2] 2 4) -> int64[3,2] 0 3 1 0 1 2, double[3] 2 3 1");
LEAT_ROW(SparseReorder,
         "(int64[2,1] 1 0, string[2] 'a' 'b', int64[1] 2) -> int64[2,1] 0 1, string[2] 'b' 'a'");
LEAT_ROW(SparseReorder, "(int64[2,1] 1 2, float[2] 1 2, int64[1] 2) fails 'out of bounds'");
LEAT_ROW(SparseReorder, "(int64[2,1] 1 0, float[1] 1, int64[1] 2) fails 'do not go with'");

/* ---- SparseReshape ---- */

static leat_status new_shape(const leat_kernel *k, int64_t *shape)
{
    const int64_t *from = k->in[1]->data, *to = k->in[2]->data;
    int64_t elements = 1, known = 1, open = -1, n = k->in[2]->elements;
    for (int64_t d = 0; d < k->in[1]->elements; d++)
        if (from[d] < 0 || __builtin_mul_overflow(elements, from[d], &elements))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the input's shape has too many elements");
    for (int64_t d = 0; d < n; d++) {
        shape[d] = to[d];
        if (to[d] == -1 && open < 0)
            open = d;
        else if (to[d] < 0 || __builtin_mul_overflow(known, to[d], &known))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "size %lld must be non-negative, not %lld",
                                    (long long)d, (long long)to[d]);
    }
    if (open >= 0 && known > 0)
        shape[open] = elements / known;
    if (open >= 0 ? known == 0 || elements % known != 0 : elements != known)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "Input to reshape is a tensor with %lld dense values, which do not fill the shape",
            (long long)elements);
    return LEAT_OK;
}

static leat_status reshape_kernel(leat_kernel *k)
{
    const leat_tensor *indices = k->in[0];
    int64_t from_rank = k->in[1]->elements, rank = k->in[2]->elements;
    if (leat_shape_rank(&indices->shape) != 2 || leat_shape_rank(&k->in[1]->shape) != 1 ||
        leat_shape_rank(&k->in[2]->shape) != 1 || indices->shape.dims[1] != from_rank)
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "indices must be a matrix of a column for each dimension of the input's shape");
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(indices->shape.dims[0], rank)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(rank)));
    int64_t *shape = k->out[1].data, *out = k->out[0].data;
    const int64_t *in = indices->data, *from = k->in[1]->data;
    LEAT_TRY(new_shape(k, shape));
    for (int64_t i = 0; i < indices->shape.dims[0]; i++) {
        int64_t at = 0;
        for (int64_t d = 0; d < from_rank; d++) {
            int64_t x = in[i * from_rank + d];
            if (x < 0 || x >= from[d])
                return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "indices[%lld] is out of bounds",
                                        (long long)i);
            at = at * from[d] + x;
        }
        for (int64_t d = rank - 1; d >= 0; d--) {
            out[i * rank + d] = at % shape[d];
            at /= shape[d];
        }
    }
    return LEAT_OK;
}

static leat_status reshape_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 2));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    LEAT_TRY(leat_infer_want_rank(c, 2, 1));
    int64_t rank = leat_shape_rank(c->in[2]) == 1 ? c->in[2]->dims[0] : -1;
    c->out[0] = LEAT_SHAPE(leat_shape_rank(c->in[0]) == 2 ? c->in[0]->dims[0] : -1, rank);
    c->out[1] = LEAT_SHAPE(rank);
    return LEAT_OK;
}

const leat_op_def leat_op_SparseReshape = LEAT_OP(
    "SparseReshape(input_indices: int64, input_shape: int64, new_shape: int64) -> output_indices: int64, output_shape: "
    "int64",
    .doc = "Where the entries of a sparse tensor are in another shape; -1 in it is what remains.",
    .shape = reshape_shape, .kernels = {{reshape_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(SparseReshape,
         "(int64[2,2] 0 3 1 2, int64[2] 2 6, int64[3] 3 -1 2) -> int64[2,3] 0 1 1 2 0 0, int64[3] 3 2 2");
LEAT_ROW(SparseReshape, "(int64[1,1] 3, int64[1] 4, int64[2] 2 3) fails 'do not fill'");
LEAT_ROW(SparseReshape, "(int64[1,1] 4, int64[1] 4, int64[2] 2 2) fails 'out of bounds'");
LEAT_ROW(SparseReshape, "(int64[1,1] 3, int64[1] 4, int64[2] -1 -1) fails 'non-negative'");

/* ---- SparseFillEmptyRows ---- */

/* Where each row's entries go: starts[row], the first place of its entries in the output. *empty: rows without any. */
static int64_t *row_starts(leat_kernel *k, const leat_sparse *s, int64_t *empty)
{
    int64_t rows = s->shape[0];
    int64_t *starts = leat_scratch(k, (size_t)(rows + 1) * sizeof *starts);
    if (starts == NULL)
        return NULL;
    memset(starts, 0, (size_t)(rows + 1) * sizeof *starts);
    for (int64_t i = 0; i < s->n; i++)
        starts[leat_sparse_row(s, i)[0] + 1]++;
    *empty = 0;
    for (int64_t r = 0; r < rows; r++) {
        ((bool *)k->out[2].data)[r] = starts[r + 1] == 0;
        *empty += starts[r + 1] == 0;
        starts[r + 1] = starts[r] + LEAT_MAX(starts[r + 1], 1);
    }
    return starts;
}

static leat_status fill_rows_kernel(leat_kernel *k)
{
    leat_sparse s;
    int64_t empty;
    LEAT_TRY(leat_sparse_in(k, 0, &s));
    if (leat_shape_rank(&k->in[3]->shape) != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "default_value must be a scalar");
    LEAT_TRY(leat_out_new(k, 2, &LEAT_SHAPE(s.shape[0])));
    int64_t *starts = row_starts(k, &s, &empty);
    if (starts == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld rows", (long long)s.shape[0]);
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(s.n + empty, s.rank)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(s.n + empty)));
    LEAT_TRY(leat_out_new(k, 3, &LEAT_SHAPE(s.n)));
    int64_t *out = k->out[0].data, *map = k->out[3].data;
    size_t bytes = leat_dtype_bytes(s.values->dtype);
    for (int64_t r = 0; r < s.shape[0]; r++) {
        if (!((const bool *)k->out[2].data)[r])
            continue;
        memset(out + starts[r] * s.rank, 0, (size_t)s.rank * sizeof *out);
        out[starts[r] * s.rank] = r;
        LEAT_TRY(leat_copy_elements(s.values->dtype, (char *)k->out[1].data + (size_t)starts[r] * bytes,
                                    k->in[3]->data, 1));
    }
    for (int64_t i = 0; i < s.n; i++) {
        int64_t to = map[i] = starts[leat_sparse_row(&s, i)[0]]++;
        memcpy(out + to * s.rank, leat_sparse_row(&s, i), (size_t)s.rank * sizeof *out);
        LEAT_TRY(leat_copy_elements(s.values->dtype, (char *)k->out[1].data + (size_t)to * bytes,
                                    leat_sparse_value(&s, i), 1));
    }
    return LEAT_OK;
}

static leat_status fill_rows_shape(leat_infer *c)
{
    LEAT_TRY(leat_sparse_want(c, 0));
    LEAT_TRY(leat_infer_want_rank(c, 3, 0));
    leat_tensor *shape = leat_infer_value(c, 2);
    c->out[0] = LEAT_SHAPE(-1, leat_sparse_rank(c, 0));
    c->out[1] = LEAT_SHAPE(-1);
    c->out[2] = LEAT_SHAPE(shape != NULL && shape->elements > 0 ? LEAT_MAX(leat_index_at(shape, 0), -1) : -1);
    c->out[3] = LEAT_SHAPE(leat_shape_rank(c->in[1]) == 1 ? c->in[1]->dims[0] : -1);
    leat_tensor_unref(shape);
    return LEAT_OK;
}

static void fill_rows_grad(leat_grad *g)
{
    leat_out d = LEAT_GRAD_CALL(g, "SparseFillEmptyRowsGrad", leat_grad_out(g, 3), leat_grad_dy(g, 1));
    g->dx[1] = d;
    g->dx[3] = d.op != NULL ? (leat_out){d.op, 1} : LEAT_NO_OUT;
}

const leat_op_def leat_op_SparseFillEmptyRows = LEAT_OP(
    "SparseFillEmptyRows(indices: int64, values: T, dense_shape: int64, default_value: T) -> output_indices: int64, "
    "output_values: T, empty_row_indicator: bool, reverse_index_map: int64; T: type",
    .doc =
        "The sparse tensor with an entry of the default in each row that has none; which rows those are, and where "
        "each entry went.",
    .shape = fill_rows_shape, .kernels = {{fill_rows_kernel}}, .gradient = fill_rows_grad,
    .cost = leat_cost_moves);

static leat_status fill_rows_grad_kernel(leat_kernel *k)
{
    const leat_tensor *map = k->in[0], *dy = k->in[1];
    if (leat_shape_rank(&map->shape) != 1 || leat_shape_rank(&dy->shape) != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "reverse_index_map and grad_values must be vectors");
    LEAT_TRY(leat_out_new(k, 0, &map->shape));
    LEAT_TRY(leat_out_new(k, 1, &(leat_shape){.rank_plus_1 = 1}));
    bool *seen = leat_scratch(k, (size_t)dy->elements + 1);
    if (seen == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld entries", (long long)dy->elements);
    memset(seen, 0, (size_t)dy->elements + 1);
    double rest = 0;
    for (int64_t i = 0; i < map->elements; i++) {
        int64_t at = leat_index_at(map, i);
        if (at < 0 || at >= dy->elements)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "Elements in reverse index must be in [0, %lld) but got %lld",
                                    (long long)dy->elements, (long long)at);
        leat_element_put(&k->out[0], i, leat_element_get(dy, at));
        seen[at] = true;
    }
    for (int64_t i = 0; i < dy->elements; i++)
        rest += seen[i] ? 0 : leat_element_get(dy, i);
    leat_element_put(&k->out[1], 0, rest);
    return LEAT_OK;
}

static leat_status fill_rows_grad_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 1));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    c->out[0] = *c->in[0];
    c->out[1] = (leat_shape){.rank_plus_1 = 1};
    return LEAT_OK;
}

const leat_op_def leat_op_SparseFillEmptyRowsGrad = LEAT_OP(
    "SparseFillEmptyRowsGrad(reverse_index_map: int64, grad_values: T) -> d_values: T, d_default_value: T; T: "
    "floating",
    .doc = "The gradients of SparseFillEmptyRows by its values and its default.",
    .shape = fill_rows_grad_shape, .kernels = {{fill_rows_grad_kernel}}, .gradient = leat_grad_missing);

LEAT_ROW(
    SparseFillEmptyRows,
    "(int64[3,2] 2 0 0 3 0 1, double[3] 1 2 3, int64[2] 4 4, double[] 9) dynamic -> int64[5,2] 0 3 0 1 1 0 2 0 3 0, "
    "double[5] 2 3 9 1 9, bool[4] false true false true, int64[3] 3 0 1");
LEAT_ROW(SparseFillEmptyRows,
         "(int64[0,2], string[0], int64[2] 1 4, string[] 'x') dynamic -> int64[1,2] 0 0, "
         "string[1] 'x', bool[1] true, int64[0]");
LEAT_ROW(SparseFillEmptyRows, "(int64[1,2] 1 4, float[1] 1, int64[2] 2 4, float[] 9) fails 'out of bounds'");
LEAT_ROW(SparseFillEmptyRowsGrad, "(int64[3] 3 0 1, double[5] 1 2 4 8 16) -> double[3] 8 1 2, double[] 20");
LEAT_ROW(SparseFillEmptyRowsGrad, "(int64[1] 5, float[5] 1 2 4 8 16) fails 'reverse index'");
