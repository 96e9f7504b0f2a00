/* sets.c - sets in the last dimension: intersections, unions, differences, sizes. */
#include "config.h"
#include <stdlib.h>
#include "ops/sparse-private.h"

typedef struct member {
    int64_t group, at; /* of which set; the element of the values */
} member;

/* The members of all the sets of one operand, by set and value, each once. */
typedef struct sets {
    const leat_tensor *values;
    member *members;
    int64_t n;
    leat_shape groups; /* all dimensions but the last */
} sets;

static int64_t integer_at(const leat_tensor *t, int64_t i)
{
    return t->dtype == LEAT_INT64 ? ((const int64_t *)t->data)[i] : (int64_t)leat_element_get(t, i);
}

static int compare_values(const leat_tensor *a, int64_t i, const leat_tensor *b, int64_t j)
{
    if (a->dtype != LEAT_STRING) {
        int64_t x = integer_at(a, i), y = integer_at(b, j);
        return x < y ? -1 : x > y;
    }
    size_t n, m;
    const void *x = leat_element_key(a, i, &n), *y = leat_element_key(b, j, &m);
    int order = LEAT_MIN(n, m) > 0 ? memcmp(x, y, LEAT_MIN(n, m)) : 0;
    return order != 0 ? order : n < m ? -1 : n > m;
}

static int compare_members(const void *a_, const void *b_, void *values)
{
    const member *a = a_, *b = b_;
    return a->group != b->group ? (a->group < b->group ? -1 : 1)
                                : compare_values(values, a->at, values, b->at);
}

/* Sorts n members and leaves each once. */
static void sort_members(sets *s, int64_t n)
{
    qsort_r(s->members, (size_t)n, sizeof *s->members, compare_members, (void *)s->values);
    for (int64_t i = 0; i < n; i++)
        if (s->n == 0 || compare_members(&s->members[i], &s->members[s->n - 1], (void *)s->values) != 0)
            s->members[s->n++] = s->members[i];
}

static leat_status want_members(leat_kernel *k, sets *s, int64_t n)
{
    s->members = leat_scratch(k, (size_t)(n + 1) * sizeof *s->members);
    return s->members != NULL
               ? LEAT_OK
               : leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld members", (long long)n);
}

static leat_status dense_sets(leat_kernel *k, int input, sets *s)
{
    s->values = k->in[input];
    s->groups = s->values->shape;
    int rank = leat_shape_rank(&s->groups);
    if (rank < 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "sets must have at least 2 dimensions, not %d",
                                rank);
    int64_t size = s->groups.dims[rank - 1];
    s->groups.rank_plus_1--;
    s->groups.dims[rank - 1] = 0;
    LEAT_TRY(want_members(k, s, s->values->elements));
    for (int64_t i = 0; i < s->values->elements; i++)
        s->members[i] = (member){i / size, i};
    sort_members(s, s->values->elements);
    return LEAT_OK;
}

static leat_status sparse_sets(leat_kernel *k, int first, sets *s)
{
    leat_sparse in;
    LEAT_TRY(leat_sparse_in(k, first, &in));
    if (in.rank < 2 || in.rank > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "sets must have 2 to %d dimensions, not %d",
                                LEAT_MAX_RANK, in.rank);
    s->values = in.values;
    s->groups.rank_plus_1 = in.rank;
    memcpy(s->groups.dims, in.shape, (size_t)(in.rank - 1) * sizeof(int64_t));
    int64_t groups;
    LEAT_TRY(leat_shape_measure(&s->groups, LEAT_INT32, &groups, &(size_t){0}));
    LEAT_TRY(want_members(k, s, in.n));
    for (int64_t i = 0; i < in.n; i++) {
        int64_t group = 0;
        for (int d = 0; d + 1 < in.rank; d++)
            group = group * in.shape[d] + leat_sparse_row(&in, i)[d];
        s->members[i] = (member){group, i};
    }
    sort_members(s, in.n);
    return LEAT_OK;
}

/* ---- operations ---- */

/* Which members of a merged pair stay: of the first alone, of the second alone, of both. */
static leat_status read_operation(const leat_kernel *k, bool keep[3])
{
    static const struct {
        const char *name;
        bool keep[3];
    } operations[] = {{"a-b", {true, false, false}},
                      {"b-a", {false, true, false}},
                      {"intersection", {false, false, true}},
                      {"union", {true, true, true}}};
    for (size_t i = 0; i < LEAT_LEN(operations); i++)
        if (strcmp(leat_attr_string(k->op, "set_operation"), operations[i].name) == 0) {
            memcpy(keep, operations[i].keep, sizeof operations[i].keep);
            return LEAT_OK;
        }
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Invalid set_operation %s",
                            leat_attr_string(k->op, "set_operation"));
}

/* The result's members: at >= 0 in a's values, else ~at in b's. */
static int64_t operate(const sets *a, const sets *b, const bool keep[3], member *out)
{
    int64_t n = 0;
    for (int64_t i = 0, j = 0; i < a->n || j < b->n;) {
        int64_t of_a = i < a->n ? a->members[i].group : INT64_MAX,
                of_b = j < b->n ? b->members[j].group : INT64_MAX;
        int order = of_a != of_b ? (of_a < of_b ? -1 : 1)
                                 : compare_values(a->values, a->members[i].at, b->values, b->members[j].at);
        if (keep[order < 0 ? 0 : order > 0 ? 1 : 2])
            out[n++] = order <= 0 ? a->members[i] : (member){of_b, ~b->members[j].at};
        i += order <= 0;
        j += order >= 0;
    }
    return n;
}

/* Coordinates and values; members of a set are counted from 0. */
static leat_status write_sets(leat_kernel *k, const sets *a, const sets *b, const member *m, int64_t n)
{
    int rank = leat_shape_rank(&a->groups);
    int64_t widest = 0, column = 0;
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(n, rank + 1)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(n)));
    LEAT_TRY(leat_out_new(k, 2, &LEAT_SHAPE(rank + 1)));
    size_t bytes = leat_dtype_bytes(a->values->dtype);
    for (int64_t i = 0; i < n; i++) {
        int64_t *to = (int64_t *)k->out[0].data + i * (rank + 1), left = m[i].group;
        column = i > 0 && m[i].group == m[i - 1].group ? column + 1 : 0;
        widest = LEAT_MAX(widest, column + 1);
        to[rank] = column;
        for (int d = rank - 1; d >= 0; d--) {
            to[d] = left % a->groups.dims[d];
            left /= a->groups.dims[d];
        }
        bool of_a = m[i].at >= 0;
        const char *from = (of_a ? a : b)->values->data;
        LEAT_TRY(leat_copy_elements(a->values->dtype, (char *)k->out[1].data + (size_t)i * bytes,
                                    from + (size_t)(of_a ? m[i].at : ~m[i].at) * bytes, 1));
    }
    memcpy(k->out[2].data, a->groups.dims, (size_t)rank * sizeof(int64_t));
    ((int64_t *)k->out[2].data)[rank] = widest;
    return LEAT_OK;
}

static leat_status set_operation(leat_kernel *k, sets *a, sets *b)
{
    bool keep[3];
    LEAT_TRY(read_operation(k, keep));
    if (!leat_shape_equal(a->groups, b->groups))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the sets' shapes do not match");
    member *out = leat_scratch(k, (size_t)(a->n + b->n + 1) * sizeof *out);
    if (out == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld members",
                                (long long)(a->n + b->n));
    return write_sets(k, a, b, out, operate(a, b, keep, out));
}

static leat_status dense_dense_kernel(leat_kernel *k)
{
    sets a = {0}, b = {0};
    LEAT_TRY(dense_sets(k, 0, &a));
    LEAT_TRY(dense_sets(k, 1, &b));
    return set_operation(k, &a, &b);
}
static leat_status dense_sparse_kernel(leat_kernel *k)
{
    sets a = {0}, b = {0};
    LEAT_TRY(dense_sets(k, 0, &a));
    LEAT_TRY(sparse_sets(k, 1, &b));
    return set_operation(k, &a, &b);
}
static leat_status sparse_sparse_kernel(leat_kernel *k)
{
    sets a = {0}, b = {0};
    LEAT_TRY(sparse_sets(k, 0, &a));
    LEAT_TRY(sparse_sets(k, 3, &b));
    return set_operation(k, &a, &b);
}

static leat_status sets_shape(leat_infer *c)
{
    int dense = leat_shape_rank(c->in[0]);
    int64_t rank = c->op->n_inputs == 6 ? leat_sparse_rank(c, 0) : dense >= 0 ? dense : -1;
    leat_sparse_out(c, 0, -1, rank);
    return LEAT_OK;
}

static leat_status size_kernel(leat_kernel *k)
{
    sets s = {0};
    LEAT_TRY(sparse_sets(k, 0, &s));
    LEAT_TRY(leat_out_fill(k, &s.groups, &(int32_t){0}));
    for (int64_t i = 0; i < s.n; i++)
        ((int32_t *)k->out[0].data)[s.members[i].group]++;
    return LEAT_OK;
}

static leat_status size_shape(leat_infer *c)
{
    LEAT_TRY(leat_sparse_want(c, 0));
    leat_shape shape = leat_infer_value_as_shape(c, 2);
    int64_t rank = leat_sparse_rank(c, 0);
    if (leat_shape_rank(&shape) >= 1)
        shape.rank_plus_1--;
    c->out[0] = shape.rank_plus_1 > 0                ? shape
                : rank >= 1 && rank <= LEAT_MAX_RANK ? leat_shape_ranked((int)rank - 1)
                                                     : shape;
    for (int d = LEAT_MAX(leat_shape_rank(&c->out[0]), 0); d < LEAT_MAX_RANK; d++)
        c->out[0].dims[d] = 0;
    return LEAT_OK;
}

const leat_op_def leat_op_DenseToDenseSetOperation = LEAT_OP(
    "DenseToDenseSetOperation(set1: T, set2: T) -> result_indices: int64, result_values: T, result_shape: int64; "
    "set_operation: string; validate_indices: bool = true; T: {int8, int16, int32, int64, uint8, uint16, string}",
    .doc = "a-b, b-a, intersection or union of the sets in the last dimension of two tensors, sorted.",
    .shape = sets_shape, .kernels = {{dense_dense_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_DenseToSparseSetOperation = LEAT_OP(
    "DenseToSparseSetOperation(set1: T, set2_indices: int64, set2_values: T, set2_shape: int64) -> result_indices: int64, "
    "result_values: T, result_shape: int64; set_operation: string; validate_indices: bool = true; T: {int8, int16, int32, "
    "int64, uint8, uint16, string}",
    .doc = "As DenseToDenseSetOperation; the second sets are a sparse tensor.", .shape = sets_shape,
    .kernels = {{dense_sparse_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_SparseToSparseSetOperation = LEAT_OP(
    "SparseToSparseSetOperation(set1_indices: int64, set1_values: T, set1_shape: int64, set2_indices: int64, set2_values: T, "
    "set2_shape: int64) -> result_indices: int64, result_values: T, result_shape: int64; set_operation: string; "
    "validate_indices: bool = true; T: {int8, int16, int32, int64, uint8, uint16, string}",
    .doc = "As DenseToDenseSetOperation; both are sparse tensors.", .shape = sets_shape,
    .kernels = {{sparse_sparse_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_SetSize = LEAT_OP(
    "SetSize(set_indices: int64, set_values: T, set_shape: int64) -> size: int32; validate_indices: bool = true; T: {int8, "
    "int16, int32, int64, uint8, uint16, string}",
    .doc = "How many different values each set in the last dimension of a sparse tensor has.",
    .shape = size_shape, .kernels = {{size_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(DenseToDenseSetOperation,
         "(int32[2,3] 1 2 3 4 5 5, int32[2,2] 3 1 6 5) {set_operation: 'intersection'} dynamic -> "
         "int64[3,2] 0 0 0 1 1 0, int32[3] 1 3 5, int64[2] 2 2");
LEAT_ROW(DenseToDenseSetOperation,
         "(string[1,2] 'b' 'a', string[1,2] 'c' 'a') {set_operation: 'union'} dynamic -> "
         "int64[3,2] 0 0 0 1 0 2, string[3] 'a' 'b' 'c', int64[2] 1 3");
LEAT_ROW(DenseToDenseSetOperation,
         "(int32[1,2] 1 2, int32[2,2] 3 1 6 5) {set_operation: 'a-b'} fails 'match'");
LEAT_ROW(DenseToDenseSetOperation,
         "(int32[1,2] 1 2, int32[1,2] 3 1) {set_operation: 'xor'} fails 'set_operation'");
LEAT_ROW(DenseToSparseSetOperation,
         "(int64[2,2] 1 2 3 4, int64[2,2] 0 0 1 0, int64[2] 2 5, int64[2] 2 1) {set_operation: 'a-b'} "
         "dynamic -> int64[3,2] 0 0 1 0 1 1, int64[3] 1 3 4, int64[2] 2 2");
LEAT_ROW(SparseToSparseSetOperation,
         "(int64[2,2] 0 0 1 0, int8[2] 7 8, int64[2] 2 1, int64[2,2] 0 0 1 0, int8[2] 7 9, int64[2] 2 1) "
         "{set_operation: 'b-a'} dynamic -> int64[1,2] 1 0, int8[1] 9, int64[2] 2 1");
LEAT_ROW(SetSize, "(int64[3,2] 0 0 0 1 2 0, int32[3] 5 5 6, int64[2] 3 2) -> int32[3] 1 0 1");
