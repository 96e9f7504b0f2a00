/* transpose.c - Transpose, ConjugateTranspose, InvertPermutation. */
#include "ops/strided-private.h"
#include "leat/raw-ops.h"

struct transpose {
    leat_strided s; /* the output's merged dimensions over the input */
    const char *x;
    char *out;
    size_t bytes;
};

/* A block of 16 rows of the last two dimensions is walked by columns, so that each cache line of the input is used
 * whole: the case where the input's innermost dimension becomes the output's last but one. */
#define BLOCK 16

static int64_t plane_source(const struct transpose *t, int64_t plane)
{
    int64_t from = 0;
    for (int d = t->s.rank - 3; d >= 0; d--) {
        from += plane % t->s.dims[d] * t->s.stride[d];
        plane /= t->s.dims[d];
    }
    return from;
}

static void transpose_block(const struct transpose *t, int64_t tile)
{
    int64_t rows = t->s.dims[t->s.rank - 2], columns = t->s.dims[t->s.rank - 1],
            stride = t->s.stride[t->s.rank - 1];
    int64_t blocks = (rows + BLOCK - 1) / BLOCK, plane = tile / blocks, row = tile % blocks * BLOCK;
    int64_t to = plane * rows * columns, from = plane_source(t, plane);
    int64_t n = LEAT_MIN(rows - row, BLOCK);
    switch (t->bytes) {
#define BLOCK_CASE(bytes_, type_)                                                                            \
    case bytes_: {                                                                                           \
        const type_ *x = (const type_ *)t->x + from + row;                                                   \
        type_ *out = (type_ *)t->out + to + row * columns;                                                   \
        for (int64_t c = 0; c < columns; c += BLOCK) {                                                       \
            int64_t m = LEAT_MIN(columns - c, BLOCK);                                                        \
            for (int64_t r = 0; r < n; r++)                                                                  \
                for (int64_t i = 0; i < m; i++)                                                              \
                    out[r * columns + c + i] = x[(c + i) * stride + r];                                      \
        }                                                                                                    \
        return;                                                                                              \
    }
        BLOCK_CASE(1, uint8_t)
        BLOCK_CASE(2, uint16_t)
        BLOCK_CASE(4, uint32_t)
        BLOCK_CASE(8, uint64_t)
#undef BLOCK_CASE
    default:
        for (int64_t r = 0; r < n; r++)
            for (int64_t i = 0; i < columns; i++)
                memcpy(t->out + (size_t)(to + (row + r) * columns + i) * t->bytes,
                       t->x + (size_t)(from + i * stride + row + r) * t->bytes, t->bytes);
    }
}

static void transpose_blocks(int64_t begin, int64_t end, void *arg)
{
    for (; begin < end; begin++)
        transpose_block(arg, begin);
}

static void conjugate(leat_tensor *t)
{
    for (int64_t i = 0; i < t->elements; i++)
        if (t->dtype == LEAT_COMPLEX64)
            ((float *)t->data)[2 * i + 1] = -((float *)t->data)[2 * i + 1];
        else
            ((double *)t->data)[2 * i + 1] = -((double *)t->data)[2 * i + 1];
}

/* perm as a list of axes: every axis once. */
static const char *read_permutation(const leat_tensor *perm, int rank, int *axes)
{
    unsigned seen = 0;
    if (leat_shape_rank(&perm->shape) != 1 || perm->elements != rank)
        return "perm must be a vector of as many elements as the input has dimensions";
    for (int d = 0; d < rank; d++) {
        if (!leat_axis_normal(leat_index_at(perm, d), rank, &axes[d]))
            return "an element of perm is out of range";
        if (seen >> axes[d] & 1)
            return "perm names an axis twice";
        seen |= 1U << axes[d];
    }
    return NULL;
}

/* Output dimensions that are adjacent in the input too are merged. */
static void transpose_plan(leat_strided *s, const leat_shape *in, const int *axes)
{
    int64_t stride[LEAT_MAX_RANK];
    leat_shape_strides(in, stride);
    for (int d = 0; d < leat_shape_rank(in); d++) {
        int64_t size = in->dims[axes[d]], step = stride[axes[d]];
        if (size == 1)
            continue;
        if (s->rank > 0 && s->stride[s->rank - 1] == step * size) {
            s->dims[s->rank - 1] *= size;
            s->stride[s->rank - 1] = step;
            continue;
        }
        s->dims[s->rank] = size;
        s->stride[s->rank++] = step;
    }
}

static leat_status transpose_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape), axes[LEAT_MAX_RANK];
    const char *reason = read_permutation(k->in[1], rank, axes);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s (rank %d)", reason, rank);
    leat_shape out = x->shape;
    for (int d = 0; d < rank; d++)
        out.dims[d] = x->shape.dims[axes[d]];
    LEAT_TRY(leat_out_new(k, 0, &out));
    if (x->elements == 0)
        return LEAT_OK;
    struct transpose t = {.x = x->data, .out = k->out[0].data, .bytes = leat_dtype_bytes(x->dtype)};
    transpose_plan(&t.s, &x->shape, axes);
    if (x->dtype != LEAT_STRING && t.s.rank >= 2 && t.s.stride[t.s.rank - 2] == 1 && x->elements >= 4096) {
        int64_t rows = t.s.dims[t.s.rank - 2], columns = t.s.dims[t.s.rank - 1];
        int64_t blocks = x->elements / (rows * columns) * ((rows + BLOCK - 1) / BLOCK);
        leat_ranges(k, blocks, LEAT_MAX(LEAT_GRAIN_CHEAP / (BLOCK * columns), 1), transpose_blocks, &t);
    } else {
        LEAT_TRY(leat_copy_strided(k, x->dtype, k->out[0].data, x->data, &t.s, false));
    }
    if (strcmp(k->op->type->name, "ConjugateTranspose") == 0 &&
        (x->dtype == LEAT_COMPLEX64 || x->dtype == LEAT_COMPLEX128))
        conjugate(&k->out[0]);
    return LEAT_OK;
}

static leat_status transpose_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]), axes[LEAT_MAX_RANK];
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    int64_t length = leat_shape_rank(c->in[1]) == 1 ? c->in[1]->dims[0] : -1;
    if (rank >= 0 && length >= 0 && length != rank)
        return leat_infer_fail(c, "perm has %lld elements for rank %d", (long long)length, rank);
    if (rank < 0 && length > LEAT_MAX_RANK)
        return leat_infer_fail(c, "more than %d dimensions", LEAT_MAX_RANK);
    if (rank < 0)
        rank = (int)length;
    if (rank < 0)
        return LEAT_OK;
    c->out[0] = leat_shape_ranked(rank);
    leat_tensor *perm = leat_infer_value(c, 1);
    if (perm == NULL)
        return LEAT_OK;
    const char *reason = read_permutation(perm, rank, axes);
    leat_tensor_unref(perm);
    if (reason != NULL)
        return leat_infer_fail(c, "%s", reason);
    for (int d = 0; d < rank && leat_shape_rank(c->in[0]) >= 0; d++)
        c->out[0].dims[d] = c->in[0]->dims[axes[d]];
    return LEAT_OK;
}

static void transpose_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_transpose(g->dy[0], leat_raw_invert_permutation(leat_grad_in(g, 1)));
}
static void conjugate_transpose_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_conjugate_transpose(g->dy[0], leat_raw_invert_permutation(leat_grad_in(g, 1)));
}

const leat_op_def leat_op_Transpose =
    LEAT_OP("Transpose(x: T, perm: Tperm) -> y: T; T: type; Tperm: {int32, int64} = int32",
            .doc = "Dimension d of y is dimension perm[d] of x.", .shape = transpose_shape,
            .kernels = {{transpose_kernel}}, .gradient = transpose_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_ConjugateTranspose =
    LEAT_OP("ConjugateTranspose(x: T, perm: Tperm) -> y: T; T: type; Tperm: {int32, int64} = int32",
            .doc = "As Transpose; complex numbers are conjugated.", .shape = transpose_shape,
            .kernels = {{transpose_kernel}}, .gradient = conjugate_transpose_grad, .cost = leat_cost_moves);

LEAT_ROW(Transpose, "(double[2,3] 1 2 3 4 5 6, int32[2] 1 0) -> double[3,2] 1 4 2 5 3 6");
LEAT_ROW(Transpose, "(double[2,1,3] 1 2 3 4 5 6, int64[3] 2 0 1) -> double[3,2,1] 1 4 2 5 3 6");
LEAT_ROW(Transpose, "(double[2,3] 1 2 3 4 5 6, int32[2] -2 -1) nograd -> double[2,3] 1 2 3 4 5 6");
LEAT_ROW(Transpose, "(float[70,90] -1..1, int32[2] 1 0) nograd", ref_transpose);
LEAT_ROW(Transpose, "(float[17,20,30] -1..1, int32[3] 0 2 1) nograd", ref_transpose);
LEAT_ROW(Transpose, "(int8[5,20,30,3] -100..100, int32[4] 3 1 0 2) nograd", ref_transpose);
LEAT_ROW(Transpose, "(string[1,2] 'a' 'b', int32[2] 1 0) -> string[2,1] 'a' 'b'");
LEAT_ROW(Transpose, "(complex128[1,2] 1+2j 3, int32[2] 1 0) -> complex128[2,1] 1+2j 3");
LEAT_ROW(Transpose, "(double[] 5, int32[0]) -> double[] 5");
LEAT_ROW(Transpose, "(float[2,3] 0..1, int32[2] 0 0) fails ''");
LEAT_ROW(Transpose, "(float[2,3] 0..1, int32[2] 0 2) fails ''");
LEAT_ROW(Transpose, "(float[2,3] 0..1, int32[1] 0) fails ''");
LEAT_ROW(ConjugateTranspose, "(complex64[1,2] 1+2j 3, int32[2] 1 0) -> complex64[2,1] 1-2j 3-0j");
LEAT_ROW(ConjugateTranspose, "(double[2,2] 1 2 3 4, int32[2] 1 0) -> double[2,2] 1 3 2 4");

static leat_status invert_permutation_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    if (leat_shape_rank(&x->shape) != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "invert_permutation expects a 1D vector.");
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    for (int64_t i = 0; i < x->elements; i++)
        leat_index_put(&k->out[0], i, -1);
    for (int64_t i = 0; i < x->elements; i++) {
        int64_t to = leat_index_at(x, i);
        if (to < 0 || to >= x->elements)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%lld is not between 0 and %lld",
                                    (long long)to, (long long)x->elements);
        if (leat_index_at(&k->out[0], to) != -1)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%lld is duplicated in the input.",
                                    (long long)to);
        leat_index_put(&k->out[0], to, i);
    }
    return LEAT_OK;
}

static leat_status invert_permutation_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 1));
    c->out[0] = leat_shape_rank(c->in[0]) == 1 ? *c->in[0] : leat_shape_1d(-1);
    return LEAT_OK;
}

const leat_op_def leat_op_InvertPermutation = LEAT_OP(
    "InvertPermutation(x: T) -> y: T; T: {int32, int64} = int32", .doc = "y with y[x[i]] = i.",
    .shape = invert_permutation_shape, .kernels = {{invert_permutation_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(InvertPermutation, "(int32[5] 3 4 0 2 1) -> int32[5] 2 4 3 0 1");
LEAT_ROW(InvertPermutation, "(int64[2] 0 0) fails 'duplicated'");
LEAT_ROW(InvertPermutation, "(int64[2] 0 2) fails ''");
