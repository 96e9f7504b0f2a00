/* where.c - Where, Unique and its kin. */
#include <math.h>
#include "ops/ops-private.h"

/* ---- Where ---- */

static bool is_nonzero(const leat_tensor *t, int64_t i)
{
    switch (t->dtype) {
#define NONZERO_CASE(dtype_, type_)                                                                          \
    case dtype_: return ((const type_ *)t->data)[i] != 0;
        LEAT_FOR_REALS(NONZERO_CASE)
        NONZERO_CASE(LEAT_BOOL, uint8_t)
#undef NONZERO_CASE
    case LEAT_COMPLEX64:
        return ((const float *)t->data)[2 * i] != 0 || ((const float *)t->data)[2 * i + 1] != 0;
    case LEAT_COMPLEX128:
        return ((const double *)t->data)[2 * i] != 0 || ((const double *)t->data)[2 * i + 1] != 0;
    default: return (((const uint16_t *)t->data)[i] & 0x7fff) != 0; /* half, bfloat16 */
    }
}

static leat_status where_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape);
    if (rank < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be at least a vector");
    if (x->dtype == LEAT_STRING || x->dtype == LEAT_RESOURCE || x->dtype == LEAT_VARIANT)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(x->dtype));
    int64_t n = 0, at = 0;
    for (int64_t i = 0; i < x->elements; i++)
        n += is_nonzero(x, i);
    leat_shape shape = {3, {n, rank}};
    LEAT_TRY(leat_out_new(k, 0, &shape));
    int64_t *out = k->out[0].data;
    for (int64_t i = 0; i < x->elements; i++) {
        if (!is_nonzero(x, i))
            continue;
        int64_t left = i;
        for (int d = rank - 1; d >= 0; d--) {
            out[at * rank + d] = left % x->shape.dims[d];
            left /= x->shape.dims[d];
        }
        at++;
    }
    return LEAT_OK;
}

static leat_status where_shape(leat_infer *c)
{
    c->out[0] = (leat_shape){3, {-1, leat_shape_rank(c->in[0])}};
    return LEAT_OK;
}

const leat_op_def leat_op_Where = LEAT_OP(
    "Where(input: T) -> index: int64; T: {float, double, int32, uint8, int16, int8, complex64, int64, bfloat16, "
    "uint16, complex128, half, uint32, uint64, bool} = bool",
    .doc = "The coordinates of the elements that are true, or not zero, in row-major order.",
    .shape = where_shape, .kernels = {{where_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves);

LEAT_ROW(Where, "(bool[2,2] true false true true) dynamic -> int64[3,2] 0 0 1 0 1 1");
LEAT_ROW(Where, "(float[4] 0 nan -0 2) dynamic -> int64[2,1] 1 3");
LEAT_ROW(Where, "(int8[2,0]) dynamic -> int64[0,2]");
LEAT_ROW(Where, "(bool[] true) fails 'at least a vector'");
LEAT_ROW(Where, "(half[2] 0 1) dynamic -> int64[1,1] 1");

/* ---- Unique ---- */

/* The key of a slice: its bytes, where -0 counts as 0. NaN equals nothing: false. */
static bool slice_key(const leat_tensor *x, int64_t outer, int64_t axis_size, int64_t inner, int64_t slice,
                      leat_buf *key)
{
    leat_buf_clear(key);
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < inner; i++) {
            int64_t at = (o * axis_size + slice) * inner + i;
            if (leat_dtype_is_floating(x->dtype)) {
                double v = leat_element_get(x, at);
                if (isnan(v))
                    return false;
                v = v == 0 ? 0 : v;
                leat_buf_append(key, &v, sizeof v);
                continue;
            }
            size_t size;
            const void *bytes = leat_element_key(x, at, &size);
            if (x->dtype == LEAT_STRING)
                leat_buf_append(key, &size, sizeof size);
            leat_buf_append(key, bytes, size);
        }
    return true;
}

struct unique {
    const leat_tensor *x;
    int64_t outer, n, inner; /* [outer, n, inner]: n slices */
    int64_t *first;          /* of each distinct slice */
    int64_t *count;
    int64_t found;
};

/* Fills idx (the output) and u's lists. The map's values are the numbers of the distinct slices, plus one. */
static leat_status find_unique(struct unique *u, leat_tensor *idx)
{
    leat_map seen = {0};
    leat_arena keys = {0};
    leat_buf key = {0};
    leat_status status = LEAT_OK;
    for (int64_t i = 0; i < u->n && status == LEAT_OK; i++) {
        bool comparable = slice_key(u->x, u->outer, u->n, u->inner, i, &key);
        uintptr_t number =
            comparable ? (uintptr_t)leat_map_get(&seen, key.data ? key.data : "", key.size) : 0;
        status = leat_buf_status(&key);
        if (number == 0) {
            u->first[u->found] = i;
            u->count[u->found++] = 0;
            number = (uintptr_t)u->found;
            char *kept = comparable ? leat_arena_strndup(&keys, key.data ? key.data : "", key.size) : NULL;
            if (comparable && kept == NULL)
                status = leat_fail_memory(key.size);
            if (kept != NULL && status == LEAT_OK)
                status = leat_map_put(&seen, kept, key.size, (void *)number);
        }
        u->count[number - 1]++;
        leat_index_put(idx, i, (int64_t)number - 1);
    }
    leat_map_free(&seen);
    leat_arena_free(&keys);
    leat_buf_free(&key);
    return status;
}

static leat_status unique_axis(leat_kernel *k, int axis)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape);
    struct unique u = {.x = x,
                       .outer = leat_dims_product(&x->shape, 0, axis),
                       .n = x->shape.dims[axis],
                       .inner = leat_dims_product(&x->shape, axis + 1, rank)};
    leat_shape idx = leat_shape_1d(u.n), y = x->shape;
    size_t room = 2 * (size_t)LEAT_MAX(u.n, 1) * sizeof *u.first;
    u.first = leat_scratch(k, room);
    if (u.first == NULL)
        return leat_fail_memory(room);
    u.count = u.first + LEAT_MAX(u.n, 1);
    LEAT_TRY(leat_out_new(k, 1, &idx));
    LEAT_TRY(find_unique(&u, &k->out[1]));
    y.dims[axis] = u.found;
    LEAT_TRY(leat_out_new(k, 0, &y));
    size_t bytes = leat_dtype_bytes(x->dtype);
    for (int64_t o = 0; o < u.outer; o++)
        for (int64_t i = 0; i < u.found; i++)
            LEAT_TRY(leat_copy_elements(
                x->dtype, (char *)k->out[0].data + (size_t)((o * u.found + i) * u.inner) * bytes,
                (const char *)x->data + (size_t)((o * u.n + u.first[i]) * u.inner) * bytes, u.inner));
    if (k->n_out < 3)
        return LEAT_OK;
    leat_shape counts = leat_shape_1d(u.found);
    LEAT_TRY(leat_out_new(k, 2, &counts));
    for (int64_t i = 0; i < u.found; i++)
        leat_index_put(&k->out[2], i, u.count[i]);
    return LEAT_OK;
}

static leat_status unique_kernel(leat_kernel *k)
{
    if (leat_shape_rank(&k->in[0]->shape) != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "unique expects a 1D vector.");
    return unique_axis(k, 0);
}

static leat_status unique_v2_kernel(leat_kernel *k)
{
    int axis = 0, rank = leat_shape_rank(&k->in[0]->shape);
    if (k->in[1]->elements == 0 && rank == 1)
        return unique_axis(k, 0);
    LEAT_TRY(leat_kernel_axis(k, k->in[1], rank, &axis));
    return unique_axis(k, axis);
}

static leat_status unique_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 1));
    for (uint32_t i = 0; i < c->op->n_outputs; i++)
        c->out[i] = leat_shape_1d(-1);
    if (leat_shape_rank(c->in[0]) == 1)
        c->out[1] = *c->in[0];
    return LEAT_OK;
}

static leat_status unique_v2_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]), axis = 0;
    for (uint32_t i = 1; i < c->op->n_outputs; i++)
        c->out[i] = leat_shape_1d(-1);
    leat_tensor *value = leat_infer_value(c, 1);
    bool known = value != NULL && rank >= 0;
    int64_t asked = value != NULL && value->elements == 1 ? leat_index_at(value, 0) : 0;
    leat_tensor_unref(value);
    if (!known) {
        if (rank >= 0)
            c->out[0] = leat_shape_ranked(rank);
        return LEAT_OK;
    }
    if (!leat_axis_normal(asked, rank, &axis))
        return leat_infer_fail(c, "the axis is out of range for rank %d", rank);
    c->out[0] = *c->in[0];
    c->out[0].dims[axis] = -1;
    c->out[1] = leat_shape_1d(c->in[0]->dims[axis]);
    return LEAT_OK;
}

const leat_op_def leat_op_Unique = LEAT_OP(
    "Unique(x: T) -> y: T, idx: out_idx; T: type; out_idx: {int32, int64} = int32",
    .doc = "The distinct elements in the order in which they come first, and for each element its number.",
    .shape = unique_shape, .kernels = {{unique_kernel}}, .gradient = leat_grad_missing,
    .cost = leat_cost_moves);

const leat_op_def leat_op_UniqueWithCounts = LEAT_OP(
    "UniqueWithCounts(x: T) -> y: T, idx: out_idx, count: out_idx; T: type; out_idx: {int32, int64} = int32",
    .doc = "As Unique, and how often each comes.", .shape = unique_shape, .kernels = {{unique_kernel}},
    .gradient = leat_grad_missing, .cost = leat_cost_moves);

const leat_op_def leat_op_UniqueV2 = LEAT_OP(
    "UniqueV2(x: T, axis: Taxis) -> y: T, idx: out_idx; T: type; Taxis: {int32, int64} = int64; out_idx: {int32, int64} = "
    "int32",
    .doc = "The distinct slices along an axis.", .shape = unique_v2_shape, .kernels = {{unique_v2_kernel}},
    .gradient = leat_grad_missing, .cost = leat_cost_moves);

const leat_op_def leat_op_UniqueWithCountsV2 = LEAT_OP(
    "UniqueWithCountsV2(x: T, axis: Taxis) -> y: T, idx: out_idx, count: out_idx; T: type; Taxis: {int32, int64} "
    "= int64; out_idx: {int32, int64} = int32",
    .doc = "As UniqueV2, and how often each slice comes.", .shape = unique_v2_shape,
    .kernels = {{unique_v2_kernel}}, .gradient = leat_grad_missing, .cost = leat_cost_moves);

LEAT_ROW(Unique, "(int32[9] 1 1 2 4 4 4 7 8 8) dynamic -> int32[5] 1 2 4 7 8, int32[9] 0 0 1 2 2 2 3 4 4");
LEAT_ROW(Unique, "(string[3] 'b' 'a' 'b') {out_idx: int64} dynamic -> string[2] 'b' 'a', int64[3] 0 1 0");
LEAT_ROW(Unique, "(float[5] nan 0 nan -0 1) dynamic -> float[4] nan 0 nan 1, int32[5] 0 1 2 1 3");
LEAT_ROW(Unique, "(int32[0]) dynamic -> int32[0], int32[0]");
LEAT_ROW(Unique, "(int32[2,2] 0..1) fails ''");
LEAT_ROW(UniqueWithCounts, "(int32[4] 3 3 5 3) dynamic -> int32[2] 3 5, int32[4] 0 0 1 0, int32[2] 3 1");
LEAT_ROW(UniqueV2, "(int32[3,2] 1 2 3 4 1 2, int64[1] 0) dynamic -> int32[2,2] 1 2 3 4, int32[3] 0 1 0");
LEAT_ROW(UniqueV2, "(int32[2,3] 1 2 1 3 4 3, int32[1] 1) dynamic -> int32[2,2] 1 2 3 4, int32[3] 0 1 0");
LEAT_ROW(UniqueV2, "(int32[2] 1 1, int64[0]) dynamic -> int32[1] 1, int32[2] 0 0");
LEAT_ROW(UniqueWithCountsV2,
         "(int32[3,1] 1 2 1, int64[1] 0) dynamic -> int32[2,1] 1 2, int32[3] 0 1 0, int32[2] 2 1");
