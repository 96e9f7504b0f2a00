/* diag.c - bands of matrices, and the diagonals of tensors whose dimensions come twice. */
#include "ops/linalg-private.h"

/* ---- bands ---- */

static leat_status band_part_kernel(leat_kernel *k)
{
    const leat_tensor *in = k->in[0];
    int rank = leat_shape_rank(&in->shape);
    LEAT_TRY(leat_want_plain(k, in->dtype));
    if (rank < 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be matrices");
    LEAT_TRY(leat_kernel_want_scalar(k, 1, "num_lower"));
    LEAT_TRY(leat_kernel_want_scalar(k, 2, "num_upper"));
    int64_t rows = in->shape.dims[rank - 2], columns = in->shape.dims[rank - 1],
            lower = leat_index_at(k->in[1], 0);
    int64_t upper = leat_index_at(k->in[2], 0), count = leat_dims_product(&in->shape, 0, rank - 1);
    if (lower > rows || upper > columns)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "num_lower %lld or num_upper %lld is beyond a matrix of %lld x "
                                "%lld",
                                (long long)lower, (long long)upper, (long long)rows, (long long)columns);
    LEAT_TRY(leat_out_new(k, 0, &in->shape));
    size_t b = leat_dtype_bytes(in->dtype), row_bytes = (size_t)columns * b;
    const char *from = in->data;
    char *to = k->out[0].data;
    for (int64_t i = 0; i < count; i++, from += row_bytes, to += row_bytes) {
        int64_t r = i % rows, first = lower < 0 ? 0 : LEAT_MIN(LEAT_MAX(r - lower, 0), columns);
        int64_t end = upper < 0 ? columns : LEAT_MAX(first, LEAT_MIN(r + upper + 1, columns));
        memset(to, 0, (size_t)first * b);
        memcpy(to + (size_t)first * b, from + (size_t)first * b, (size_t)(end - first) * b);
        memset(to + (size_t)end * b, 0, (size_t)(columns - end) * b);
    }
    return LEAT_OK;
}

static leat_status band_part_shape(leat_infer *c)
{
    int64_t rows, columns;
    LEAT_TRY(leat_infer_matrices(c, 0, false, &rows, &columns));
    LEAT_TRY(leat_infer_want_rank(c, 1, 0));
    LEAT_TRY(leat_infer_want_rank(c, 2, 0));
    c->out[0] = *c->in[0];
    return LEAT_OK;
}

static void band_part_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_matrix_band_part(g->dy[0], leat_grad_in(g, 1), leat_grad_in(g, 2));
}

const leat_op_def leat_op_MatrixBandPart = LEAT_OP(
    "MatrixBandPart(input: T, num_lower: Tindex, num_upper: Tindex) -> band: T; T: type; "
    "Tindex: {int32, int64} = int64",
    .doc =
        "Keeps num_lower diagonals below the main one and num_upper above (all, if negative); the rest is 0.",
    .shape = band_part_shape, .kernels = {{.fn = band_part_kernel}}, .gradient = band_part_grad,
    .cost = leat_cost_moves);

LEAT_ROW(MatrixBandPart,
         "(double[3,3] 1 2 3 4 5 6 7 8 9, int64[] 1, int64[] 0) -> double[3,3] 1 0 0 4 5 0 0 8 9");
LEAT_ROW(MatrixBandPart, "(int32[2,3] 1 2 3 4 5 6, int32[] -1, int32[] 1) -> int32[2,3] 1 2 0 4 5 6");
LEAT_ROW(MatrixBandPart, "(float[2,2] 1 2 3 4, int64[] 3, int64[] 0) fails 'beyond'");
LEAT_ROW(MatrixBandPart, "(float[2,2] 0..1, int64[1] 1, int64[] 0) fails ''");

/* ---- Diag and DiagPart: of tensors, whose dimensions come twice ---- */

static leat_status tensor_diag_kernel(leat_kernel *k)
{
    const leat_tensor *in = k->in[0];
    int rank = leat_shape_rank(&in->shape);
    if (rank < 1 || 2 * rank > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "a diagonal of rank %d", rank);
    leat_shape shape = {.rank_plus_1 = 2 * rank + 1};
    for (int i = 0; i < 2 * rank; i++)
        shape.dims[i] = in->shape.dims[i % rank];
    LEAT_TRY(leat_out_new(k, 0, &shape));
    size_t b = leat_dtype_bytes(in->dtype);
    memset(k->out[0].data, 0, (size_t)k->out[0].elements * b);
    for (int64_t i = 0; i < in->elements; i++)
        memcpy((char *)k->out[0].data + (size_t)(i * (in->elements + 1)) * b,
               (const char *)in->data + (size_t)i * b, b);
    return LEAT_OK;
}

static leat_status tensor_diag_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]);
    if (rank < 0)
        return LEAT_OK;
    if (rank < 1 || 2 * rank > LEAT_MAX_RANK)
        return leat_infer_fail(c, "a diagonal of rank %d", rank);
    c->out[0].rank_plus_1 = 2 * rank + 1;
    for (int i = 0; i < 2 * rank; i++)
        c->out[0].dims[i] = c->in[0]->dims[i % rank];
    return LEAT_OK;
}

static void tensor_diag_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_diag_part(g->dy[0]);
}

const leat_op_def leat_op_Diag = LEAT_OP(
    "Diag(diagonal: T) -> output: T; T: {bfloat16, half, float, double, int32, int64, complex64, complex128}",
    .doc = "A tensor of zeros with twice the dimensions and this diagonal.", .shape = tensor_diag_shape,
    .kernels = {{.fn = tensor_diag_kernel}}, .gradient = tensor_diag_grad, .cost = leat_cost_moves);

LEAT_ROW(Diag, "(double[2] 1 2) -> double[2,2] 1 0 0 2");
LEAT_ROW(Diag, "(int32[2,1] 1 2) -> int32[2,1,2,1] 1 0 0 2");
LEAT_ROW(Diag, "(float[] 1) fails 'rank 0'");

/* The halves of the shape must agree; *half is what they say. */
static bool halves_agree(const leat_shape *s, leat_shape *half)
{
    int rank = leat_shape_rank(s);
    if (rank < 2 || rank % 2 != 0)
        return false;
    leat_shape first = leat_shape_of(rank / 2, s->dims), second = leat_shape_of(rank / 2, s->dims + rank / 2);
    return leat_shape_merge(&first, &second, half);
}

static leat_status tensor_diag_part_kernel(leat_kernel *k)
{
    const leat_tensor *in = k->in[0];
    leat_shape half;
    char text[128];
    if (!halves_agree(&in->shape, &half))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the two halves of the shape must agree: %s",
                                leat_shape_print(in->shape, text, sizeof text));
    LEAT_TRY(leat_out_new(k, 0, &half));
    size_t b = leat_dtype_bytes(in->dtype);
    int64_t n = k->out[0].elements;
    for (int64_t i = 0; i < n; i++)
        memcpy((char *)k->out[0].data + (size_t)i * b, (const char *)in->data + (size_t)(i * (n + 1)) * b, b);
    return LEAT_OK;
}

static leat_status tensor_diag_part_shape(leat_infer *c)
{
    char text[128];
    if (c->in[0]->rank_plus_1 == 0 || halves_agree(c->in[0], &c->out[0]))
        return LEAT_OK;
    return leat_infer_fail(c, "the two halves of the shape must agree: %s",
                           leat_shape_print(*c->in[0], text, sizeof text));
}

static void tensor_diag_part_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_diag(g->dy[0]);
}

const leat_op_def leat_op_DiagPart = LEAT_OP(
    "DiagPart(input: T) -> diagonal: T; T: {bfloat16, half, float, double, int32, int64, complex64, complex128}",
    .doc = "The diagonal of a tensor whose dimensions come twice.", .shape = tensor_diag_part_shape,
    .kernels = {{.fn = tensor_diag_part_kernel}}, .gradient = tensor_diag_part_grad, .cost = leat_cost_moves);

LEAT_ROW(DiagPart, "(double[2,2] 1 2 3 4) -> double[2] 1 4");
LEAT_ROW(DiagPart, "(double[2,3] 1..2) fails 'halves'");
