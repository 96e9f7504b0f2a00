/* topk.c - TopK, TopKV2, NthElement, LowerBound, UpperBound. */
#include <math.h>
#include "ops/grad-private.h"

/* ---- order: NaN above all, so that sorting is total; equal values by their index ---- */

#define LESS_NAN(a_, b_) ((a_) != (a_) && (b_) == (b_))
#define ABOVE(row_, i_, j_)                                                                                  \
    ((row_)[i_] > (row_)[j_] || LESS_NAN((row_)[i_], (row_)[j_]) ||                                          \
     (((row_)[i_] == (row_)[j_] || ((row_)[i_] != (row_)[i_] && (row_)[j_] != (row_)[j_])) && (i_) < (j_)))

/* The indices of the k greatest of n, the greatest first: a heap of the k best, its worst at the root. */
#define SELECT_TOP(dtype_, type_)                                                                            \
    static void sift_##dtype_(const type_ *row, int64_t *heap, int64_t n, int64_t at)                        \
    {                                                                                                        \
        for (;;) {                                                                                           \
            int64_t child = 2 * at + 1;                                                                      \
            if (child >= n)                                                                                  \
                return;                                                                                      \
            if (child + 1 < n && ABOVE(row, heap[child], heap[child + 1]))                                   \
                child++;                                                                                     \
            if (!ABOVE(row, heap[at], heap[child]))                                                          \
                return;                                                                                      \
            int64_t swap = heap[at];                                                                         \
            heap[at] = heap[child];                                                                          \
            heap[child] = swap;                                                                              \
            at = child;                                                                                      \
        }                                                                                                    \
    }                                                                                                        \
    static void select_##dtype_(const void *row_, int64_t n, int64_t k, int64_t *top)                        \
    {                                                                                                        \
        const type_ *row = row_;                                                                             \
        for (int64_t i = 0; i < k; i++)                                                                      \
            top[i] = i;                                                                                      \
        for (int64_t i = k / 2; i-- > 0;)                                                                    \
            sift_##dtype_(row, top, k, i);                                                                   \
        for (int64_t i = k; i < n && k > 0; i++) /* a later equal is not above */                            \
            if (row[i] > row[top[0]] || LESS_NAN(row[i], row[top[0]])) {                                     \
                top[0] = i;                                                                                  \
                sift_##dtype_(row, top, k, 0);                                                               \
            }                                                                                                \
        for (int64_t left = k; left-- > 1;) { /* the worst goes to the end */                                \
            int64_t swap = top[0];                                                                           \
            top[0] = top[left];                                                                              \
            top[left] = swap;                                                                                \
            sift_##dtype_(row, top, left, 0);                                                                \
        }                                                                                                    \
    }
LEAT_FOR_REALS(SELECT_TOP)

typedef void select_fn(const void *row, int64_t n, int64_t k, int64_t *top);

/* half and bfloat16 are compared as float: *as_float. */
static select_fn *selection_of(leat_dtype dtype, bool *as_float)
{
    *as_float = leat_dtype_is_16bit_float(dtype);
    switch (*as_float ? LEAT_FLOAT : dtype) {
#define SELECT_CASE(dtype_, type_)                                                                           \
    case dtype_: return select_##dtype_;
        LEAT_FOR_REALS(SELECT_CASE)
#undef SELECT_CASE
    default: return NULL;
    }
}

/* One row; `floats` has room for it where it must be converted. */
static void select_row(leat_dtype dtype, const char *x, int64_t n, int64_t k, int64_t *top, float *floats)
{
    bool as_float;
    select_fn *select = selection_of(dtype, &as_float);
    if (as_float)
        leat_floats_from_16(dtype, floats, (const uint16_t *)(const void *)x, (size_t)n);
    select(as_float ? (const void *)floats : x, n, k, top);
}

struct top_run {
    const leat_tensor *x;
    leat_tensor *values, *indices;
    int64_t n, k;
    int64_t *top;  /* rows * k */
    float *floats; /* as many as x has elements, for half and bfloat16; else NULL */
};

static void top_rows(int64_t begin, int64_t end, void *arg)
{
    const struct top_run *r = arg;
    size_t bytes = leat_dtype_bytes(r->x->dtype);
    for (int64_t row = begin; row < end; row++) {
        const char *x = (const char *)r->x->data + (size_t)(row * r->n) * bytes;
        int64_t *top = r->top + row * r->k;
        select_row(r->x->dtype, x, r->n, r->k, top, r->floats != NULL ? r->floats + row * r->n : NULL);
        for (int64_t i = 0; i < r->k; i++) {
            memcpy((char *)r->values->data + (size_t)(row * r->k + i) * bytes, x + (size_t)top[i] * bytes,
                   bytes);
            leat_index_put(r->indices, row * r->k + i, top[i]);
        }
    }
}

static leat_status top_k(leat_kernel *k, int64_t count)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape);
    if (rank < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be >= 1-D");
    int64_t n = x->shape.dims[rank - 1];
    if (count < 0 || count > n)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "input must have at least k columns. Had %lld, needed %lld", (long long)n,
                                (long long)count);
    if (n - 1 > leat_index_limit(k->op->outputs[1].dtype))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "an index may not fit %s",
                                leat_dtype_name(k->op->outputs[1].dtype));
    leat_shape out = x->shape;
    out.dims[rank - 1] = count;
    LEAT_TRY(leat_out_new(k, 0, &out));
    LEAT_TRY(leat_out_new(k, 1, &out));
    if (k->out[0].elements == 0)
        return LEAT_OK;
    size_t top_bytes = (size_t)k->out[0].elements * sizeof(int64_t);
    bool as_float;
    (void)selection_of(x->dtype, &as_float);
    struct top_run r = {x, &k->out[0], &k->out[1], n, count, NULL, NULL};
    r.top = leat_scratch(k, top_bytes + (as_float ? (size_t)x->elements * sizeof(float) : 0));
    if (r.top == NULL)
        return leat_fail_memory(top_bytes);
    if (as_float)
        r.floats = (float *)(r.top + k->out[0].elements);
    leat_ranges(k, x->elements / n, LEAT_MAX(LEAT_GRAIN_MATH / n, 1), top_rows, &r);
    return LEAT_OK;
}

static leat_status top_k_kernel(leat_kernel *k)
{
    return top_k(k, leat_attr_int(k->op, "k"));
}
static leat_status top_k_v2_kernel(leat_kernel *k)
{
    LEAT_TRY(leat_kernel_want_scalar(k, 1, "k"));
    return top_k(k, leat_index_at(k->in[1], 0));
}

static leat_status top_shape(leat_infer *c, int64_t k)
{
    int rank = leat_shape_rank(c->in[0]);
    if (rank < 0)
        return LEAT_OK;
    if (rank == 0)
        return leat_infer_fail(c, "input must be >= 1-D");
    if (k < -1 || (k >= 0 && c->in[0]->dims[rank - 1] >= 0 && c->in[0]->dims[rank - 1] < k))
        return leat_infer_fail(c, "input must have at least k = %lld columns", (long long)k);
    c->out[0] = *c->in[0];
    c->out[0].dims[rank - 1] = k;
    c->out[1] = c->out[0];
    return LEAT_OK;
}

static leat_status top_k_shape(leat_infer *c)
{
    return top_shape(c, leat_attr_int(c->op, "k"));
}
static leat_status top_k_v2_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 0));
    leat_tensor *k = leat_infer_value(c, 1);
    int64_t count = k != NULL ? leat_index_at(k, 0) : -1;
    bool negative = k != NULL && count < 0;
    leat_tensor_unref(k);
    return negative ? leat_infer_fail(c, "k must not be negative") : top_shape(c, count);
}

/* Scattered back to where the values came from: rows are told apart by offsets added to the indices. */
static void top_k_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), indices = leat_grad_out(g, 1);
    if (g->dy[0].op == NULL)
        return;
    if (leat_out_dtype(indices) != LEAT_INT32)
        indices = leat_raw_cast(indices, LEAT_INT32);
    leat_out zero = leat_scalar_int(g->graph, 0), minus_one = leat_scalar_int(g->graph, -1);
    leat_out flat = leat_grad_dims(g, (const int64_t[]){-1}, 1), shape = leat_raw_shape(x),
             size = leat_raw_size(x);
    leat_out out_shape = leat_raw_shape(leat_grad_out(g, 1));
    leat_out rank_less_one = leat_raw_sub(leat_raw_size(shape), leat_scalar_int(g->graph, 1));
    leat_out columns = leat_raw_gather_v2(shape, rank_less_one, zero),
             k = leat_raw_gather_v2(out_shape, rank_less_one, zero);
    leat_out by_row = leat_raw_reshape(indices, leat_raw_pack(LEAT_OUTS(minus_one, k)));
    leat_out starts = leat_raw_expand_dims(leat_raw_range(zero, size, columns), minus_one);
    leat_out at = leat_raw_expand_dims(leat_raw_reshape(leat_raw_add_v2(by_row, starts), flat), minus_one);
    leat_out all =
        leat_raw_scatter_nd(at, leat_raw_reshape(g->dy[0], flat), leat_raw_expand_dims(size, zero));
    g->dx[0] = leat_raw_reshape(all, shape);
}

const leat_op_def leat_op_TopK = LEAT_OP(
    "TopK(input: T) -> values: T, indices: int32; k: int >= 0; sorted: bool = true; T: real",
    .doc = "The k greatest elements of each row, the greatest first, and their indices.",
    .shape = top_k_shape, .kernels = {{top_k_kernel}}, .gradient = top_k_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_TopKV2 = LEAT_OP(
    "TopKV2(input: T, k: Tk) -> values: T, indices: index_type; sorted: bool = true; T: real; Tk: {int16, int32, int64} = int32; "
    "index_type: {int16, int32, int64} = int32",
    .doc = "The k greatest elements of each row, the greatest first, and their indices.",
    .shape = top_k_v2_shape, .kernels = {{top_k_v2_kernel}}, .gradient = top_k_grad, .cost = leat_cost_moves);

LEAT_ROW(TopK, "(double[2,4] 1 4 2 3 8 5 7 6) {k: 2} -> double[2,2] 4 3 8 7, int32[2,2] 1 3 0 2");
LEAT_ROW(TopK, "(float[2,2] 0..1) {k: 3} fails 'at least k'");
LEAT_ROW(TopKV2,
         "(double[2,4] 1 4 2 3 8 5 7 6, int32[] 3) -> double[2,3] 4 3 2 8 7 6, int32[2,3] 1 3 2 0 2 3");
LEAT_ROW(TopKV2,
         "(float[3,3] 1 nan 3 nan nan nan inf -inf 2, int32[] 2) nograd -> float[3,2] nan 3 nan nan inf 2, "
         "int32[3,2] 1 2 0 1 0 2");
LEAT_ROW(TopKV2, "(int32[5] 7 7 3 7 9, int32[] 4) {index_type: int64} -> int32[4] 9 7 7 7, int64[4] 4 0 1 3");
LEAT_ROW(TopKV2, "(half[3] 1 3 2, int64[] 1) -> half[1] 3, int32[1] 1");
LEAT_ROW(TopKV2, "(float[2,3] 0..1, int32[] 0) nograd -> float[2,0], int32[2,0]");
LEAT_ROW(TopKV2, "(float[3] 0..1, int32[] 4) fails 'at least k'");
LEAT_ROW(TopKV2, "(float[3] 0..1, int32[] -1) fails ''");
LEAT_ROW(TopKV2, "(float[3] 1 3 2, int32[1] 1) fails ''");
LEAT_ROW(TopKV2, "(double[3] 1 3 2, int16[] 2) {index_type: int16} -> double[2] 3 2, int16[2] 1 2");

/* ---- NthElement ---- */

static leat_status nth_element_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape);
    LEAT_TRY(leat_kernel_want_scalar(k, 1, "n"));
    if (rank < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be >= 1-D");
    int64_t size = x->shape.dims[rank - 1], n = leat_index_at(k->in[1], 0);
    if (n < 0 || n >= size)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Input must have last dimension > n = %lld",
                                (long long)n);
    int64_t rankth = leat_attr_bool(k->op, "reverse") ? n : size - 1 - n; /* from above */
    leat_shape out = x->shape;
    out.dims[rank - 1] = 0;
    out.rank_plus_1--;
    int64_t *top = leat_scratch(k, (size_t)(rankth + 1) * sizeof *top + (size_t)size * sizeof(float));
    if (top == NULL)
        return leat_fail_memory((size_t)(rankth + 1) * sizeof *top);
    LEAT_TRY(leat_out_new(k, 0, &out));
    size_t bytes = leat_dtype_bytes(x->dtype);
    for (int64_t row = 0; row < k->out[0].elements; row++) {
        const char *at = (const char *)x->data + (size_t)(row * size) * bytes;
        select_row(x->dtype, at, size, rankth + 1, top, (float *)(top + rankth + 1));
        memcpy((char *)k->out[0].data + (size_t)row * bytes, at + (size_t)top[rankth] * bytes, bytes);
    }
    return LEAT_OK;
}

static leat_status nth_element_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]);
    LEAT_TRY(leat_infer_want_rank(c, 1, 0));
    if (rank < 0)
        return LEAT_OK;
    if (rank == 0)
        return leat_infer_fail(c, "input must be >= 1-D");
    c->out[0] = *c->in[0];
    c->out[0].dims[rank - 1] = 0;
    c->out[0].rank_plus_1--;
    return LEAT_OK;
}

/* Shared among the elements that are the value. */
static void nth_element_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), minus_one = leat_scalar_int(g->graph, -1);
    leat_out chosen = leat_raw_cast(leat_raw_equal(leat_raw_expand_dims(leat_grad_out(g, 0), minus_one), x),
                                    leat_out_dtype(x));
    leat_out n = leat_raw_expand_dims(leat_raw_sum(chosen, minus_one), minus_one);
    g->dx[0] = leat_raw_mul(leat_raw_real_div(chosen, n), leat_raw_expand_dims(g->dy[0], minus_one));
}

const leat_op_def leat_op_NthElement =
    LEAT_OP("NthElement(input: T, n: int32) -> values: T; reverse: bool = false; T: real",
            .doc = "The element of rank n in each row: the smallest for n = 0, or the greatest if reversed.",
            .shape = nth_element_shape, .kernels = {{nth_element_kernel}}, .gradient = nth_element_grad,
            .cost = leat_cost_moves);

LEAT_ROW(NthElement, "(double[2,3] 5 1 3 2 9 4, int32[] 1) -> double[2] 3 4");
LEAT_ROW(NthElement, "(int32[3] 5 1 3, int32[] 0) {reverse: true} -> int32[] 5");
LEAT_ROW(NthElement, "(float[3] 5 1 3, int32[] 3) fails 'last dimension'");
LEAT_ROW(NthElement, "(float[3] 1 3 2, int32[1] 1) fails ''");

/* ---- LowerBound, UpperBound: how many elements of a sorted row are below (or not above) each value ---- */

static leat_status bound_kernel(leat_kernel *k)
{
    const leat_tensor *sorted = k->in[0], *values = k->in[1];
    bool upper = strcmp(k->op->type->name, "UpperBound") == 0;
    if (leat_shape_rank(&sorted->shape) != 2 || leat_shape_rank(&values->shape) != 2 ||
        sorted->shape.dims[0] != values->shape.dims[0])
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "both inputs must be matrices of as many rows");
    if (!leat_dtype_is_floating(sorted->dtype) && !leat_dtype_is_integer(sorted->dtype))
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s",
                                leat_dtype_name(sorted->dtype));
    int64_t n = sorted->shape.dims[1], m = values->shape.dims[1];
    if (k->op->outputs[0].dtype == LEAT_INT32 && n > INT32_MAX)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "an index may not fit int32");
    LEAT_TRY(leat_out_new(k, 0, &values->shape));
    for (int64_t i = 0; i < values->elements; i++) {
        int64_t row = i / m, low = 0, high = n;
        while (low < high) {
            int64_t mid = low + (high - low) / 2;
            double s = 0, v = 0;
            bool left;
            if (sorted->dtype == LEAT_INT64 ||
                sorted->dtype == LEAT_UINT64) { /* a double does not hold them */
                int64_t a = ((const int64_t *)sorted->data)[row * n + mid],
                        b = ((const int64_t *)values->data)[i];
                bool below = sorted->dtype == LEAT_INT64 ? a < b : (uint64_t)a < (uint64_t)b;
                left = below || (upper && a == b);
            } else {
                s = leat_element_get(sorted, row * n + mid);
                v = leat_element_get(values, i);
                left = s < v || (upper && s == v);
            }
            if (left)
                low = mid + 1;
            else
                high = mid;
        }
        leat_index_put(&k->out[0], i, low);
    }
    return LEAT_OK;
}

static leat_status bound_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 2));
    LEAT_TRY(leat_infer_want_rank(c, 1, 2));
    c->out[0] = *c->in[1];
    return LEAT_OK;
}

const leat_op_def leat_op_LowerBound = LEAT_OP(
    "LowerBound(sorted_inputs: T, values: T) -> output: out_type; T: type; out_type: {int32, int64} = int32",
    .doc = "For each value the first place in its sorted row that is not below it.", .shape = bound_shape,
    .kernels = {{bound_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

const leat_op_def leat_op_UpperBound = LEAT_OP(
    "UpperBound(sorted_inputs: T, values: T) -> output: out_type; T: type; out_type: {int32, int64} = int32",
    .doc = "For each value the first place in its sorted row that is above it.", .shape = bound_shape,
    .kernels = {{bound_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(LowerBound, "(float[2,4] 0 3 9 9 1 2 3 4, float[2,2] 9 4 0 5) -> int32[2,2] 2 2 0 4");
LEAT_ROW(UpperBound,
         "(int64[2,4] 0 3 9 9 1 2 3 4, int64[2,2] 9 4 0 5) {out_type: int64} -> int64[2,2] 4 2 0 4");
LEAT_ROW(LowerBound, "(float[2,4] 0..1, float[1,2] 0..1) fails ''");
