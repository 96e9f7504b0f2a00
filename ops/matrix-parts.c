/* matrix-parts.c - diagonals of matrices: putting in, taking out. */
#include "ops/linalg-private.h"

/* ---- diagonals ----
 * V3 takes a range of diagonals k0 <= k <= k1 (0 is the main one, positive ones are above it). Several diagonals are the rows
 * of a matrix, the uppermost first, each padded to the longest, at its left or right end as `align` says. */

typedef struct band {
    int64_t rows, columns, k0, k1, longest;
    bool upper_left, lower_left; /* diagonals above (below) the main one begin at the left end */
} band;

static int64_t diagonal_length(const band *b, int64_t k)
{
    return LEAT_MIN(b->rows + LEAT_MIN(k, 0), b->columns - LEAT_MAX(k, 0));
}

/* Where diagonal k's first element stands in its padded row. */
static int64_t diagonal_offset(const band *b, int64_t k)
{
    bool left = k >= 0 ? b->upper_left : b->lower_left;
    return left ? 0 : b->longest - diagonal_length(b, k);
}

static void read_align(const leat_op *op, band *b)
{
    const leat_attr_value *v = leat_attr(op, "align");
    const char *text = v != NULL ? v->s : "LEFT_LEFT"; /* V2 */
    b->upper_left = strncmp(text, "LEFT", 4) == 0;
    b->lower_left = strstr(text, "_LEFT") != NULL;
}

/* Input i of V2 and V3: one k or two. V1 has none: the main diagonal. */
static leat_status read_k(const leat_kernel *k, int i, band *b)
{
    if (i < 0)
        return LEAT_OK;
    const leat_tensor *t = k->in[i];
    if (t->elements < 1 || t->elements > 2 || leat_shape_rank(&t->shape) > 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "k must be one number or two");
    b->k0 = leat_index_at(t, 0);
    b->k1 = leat_index_at(t, t->elements - 1);
    if (b->k0 > b->k1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "k: %lld is above %lld", (long long)b->k0,
                                (long long)b->k1);
    return LEAT_OK;
}

static leat_status check_band(const leat_kernel *k, band *b)
{
    if ((b->k0 != 0 && (b->k0 <= -b->rows || b->k0 >= b->columns)) ||
        (b->k1 != 0 && (b->k1 <= -b->rows || b->k1 >= b->columns)))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "diagonals %lld to %lld are beyond a matrix of %lld x %lld", (long long)b->k0,
                                (long long)b->k1, (long long)b->rows, (long long)b->columns);
    b->longest = LEAT_MIN(b->rows + LEAT_MIN(b->k1, 0), b->columns - LEAT_MAX(b->k0, 0));
    return LEAT_OK;
}

/* Copies the diagonals of one matrix out of it or, with `in`, into it. */
static void move_diagonals(const band *b, size_t bytes, char *matrix, char *diagonals, bool in)
{
    for (int64_t k = b->k1; k >= b->k0; k--) {
        int64_t length = diagonal_length(b, k), row = LEAT_MAX(-k, 0), column = LEAT_MAX(k, 0);
        char *d = diagonals + (size_t)((b->k1 - k) * b->longest + diagonal_offset(b, k)) * bytes;
        for (int64_t i = 0; i < length; i++, d += bytes) {
            char *m = matrix + (size_t)((row + i) * b->columns + column + i) * bytes;
            memcpy(in ? m : d, in ? d : m, bytes);
        }
    }
}

/* The batch, then (k1 - k0 + 1 unless that is 1), then the longest diagonal. */
static leat_shape diagonal_shape(const leat_shape *matrices, const band *b)
{
    int64_t n = b->k1 - b->k0 + 1;
    return n == 1 ? leat_batch_shape(matrices, b->longest, INT64_MIN)
                  : leat_batch_shape(matrices, n, b->longest);
}

static void fill_with(char *to, size_t bytes, int64_t n, const void *value)
{
    for (int64_t i = 0; i < n; i++, to += bytes)
        if (value != NULL)
            memcpy(to, value, bytes);
        else
            memset(to, 0, bytes);
}

/* ---- MatrixDiagPart ---- */

static leat_status diag_part_run(leat_kernel *k, int k_input, const void *padding)
{
    const leat_tensor *in = k->in[0];
    int rank = leat_shape_rank(&in->shape);
    LEAT_TRY(leat_want_plain(k, in->dtype));
    if (rank < 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be matrices, not of rank %d", rank);
    band b = {.rows = in->shape.dims[rank - 2], .columns = in->shape.dims[rank - 1]};
    LEAT_TRY(read_k(k, k_input, &b));
    LEAT_TRY(check_band(k, &b));
    read_align(k->op, &b);
    leat_shape shape = diagonal_shape(&in->shape, &b);
    LEAT_TRY(leat_out_new(k, 0, &shape));
    size_t bytes = leat_dtype_bytes(in->dtype);
    int64_t count = leat_dims_product(&in->shape, 0, rank - 2), per = (b.k1 - b.k0 + 1) * b.longest;
    if (b.k0 != b.k1)
        fill_with(k->out[0].data, bytes, k->out[0].elements, padding);
    for (int64_t i = 0; i < count; i++)
        move_diagonals(&b, bytes, (char *)in->data + (size_t)(i * b.rows * b.columns) * bytes,
                       (char *)k->out[0].data + (size_t)(i * per) * bytes, false);
    return LEAT_OK;
}

static leat_status diag_part_kernel(leat_kernel *k)
{
    return diag_part_run(k, -1, NULL);
}

static leat_status diag_part_v3_kernel(leat_kernel *k)
{
    if (k->in[2]->elements != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "padding_value must be one value");
    return diag_part_run(k, 1, k->in[2]->data);
}

/* The diagonals' range where it is known while building; false: it is not. */
static bool infer_k(leat_infer *c, int i, band *b)
{
    if (i < 0)
        return true;
    leat_tensor *t = leat_infer_value(c, i);
    bool known = t != NULL && t->elements >= 1 && t->elements <= 2;
    if (known) {
        b->k0 = leat_index_at(t, 0);
        b->k1 = leat_index_at(t, t->elements - 1);
    }
    leat_tensor_unref(t);
    return known && b->k0 <= b->k1;
}

static leat_status diag_part_infer(leat_infer *c, int k_input)
{
    band b = {0};
    LEAT_TRY(leat_infer_matrices(c, 0, false, &b.rows, &b.columns));
    if (c->in[0]->rank_plus_1 == 0 || !infer_k(c, k_input, &b))
        return LEAT_OK;
    b.longest = b.rows < 0 || b.columns < 0
                    ? -1
                    : LEAT_MIN(b.rows + LEAT_MIN(b.k1, 0), b.columns - LEAT_MAX(b.k0, 0));
    c->out[0] = diagonal_shape(c->in[0], &b);
    return LEAT_OK;
}

static leat_status diag_part_shape(leat_infer *c)
{
    return diag_part_infer(c, -1);
}

static leat_status diag_part_v3_shape(leat_infer *c)
{
    return diag_part_infer(c, 1);
}

/* The gradient is put back onto the diagonals of a matrix of zeros. */
static void diag_part_grad(leat_grad *g)
{
    leat_out zeros = LEAT_GRAD_CALL(g, "ZerosLike", leat_grad_in(g, 0));
    if (g->op->n_inputs == 1)
        g->dx[0] = leat_raw_matrix_set_diag(zeros, g->dy[0]);
    else if (leat_attr(g->op, "align") == NULL)
        g->dx[0] = leat_raw_matrix_set_diag_v2(zeros, g->dy[0], leat_grad_in(g, 1));
    else
        g->dx[0] = leat_raw_matrix_set_diag_v3(zeros, g->dy[0], leat_grad_in(g, 1),
                                               .align = leat_attr_string(g->op, "align"));
}

const leat_op_def leat_op_MatrixDiagPart =
    LEAT_OP("MatrixDiagPart(input: T) -> diagonal: T; T: type", .doc = "The main diagonal of each matrix.",
            .shape = diag_part_shape, .kernels = {{.fn = diag_part_kernel}}, .gradient = diag_part_grad,
            .cost = leat_cost_moves);

LEAT_ROW(MatrixDiagPart, "(double[2,2,3] 1 2 3 4 5 6 7 8 9 10 11 12) -> double[2,2] 1 5 7 11");

const leat_op_def leat_op_MatrixDiagPartV2 =
    LEAT_OP("MatrixDiagPartV2(input: T, k: int32, padding_value: T) -> diagonal: T; T: type",
            .doc = "Diagonals k[0] to k[1] of each matrix, the uppermost first, padded at the right end.",
            .shape = diag_part_v3_shape, .kernels = {{.fn = diag_part_v3_kernel}}, .gradient = diag_part_grad,
            .cost = leat_cost_moves);

LEAT_ROW(MatrixDiagPartV2,
         "(double[2,3] 1 2 3 4 5 6, int32[2] -1 1, double[] 9) dynamic nograd -> double[3,2] 2 6 1 5 4 9");

const leat_op_def leat_op_MatrixDiagPartV3 =
    LEAT_OP("MatrixDiagPartV3(input: T, k: int32, padding_value: T) -> diagonal: T; T: type; "
            "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'",
            .doc = "Diagonals k[0] to k[1] of each matrix, the uppermost first, padded as align says.",
            .shape = diag_part_v3_shape, .kernels = {{.fn = diag_part_v3_kernel}}, .gradient = diag_part_grad,
            .cost = leat_cost_moves);

LEAT_ROW(MatrixDiagPartV3,
         "(int32[2,3] 1 2 3 4 5 6, int32[2] -1 2, int32[] 0) -> int32[4,2] 0 3 2 6 1 5 4 0");
LEAT_ROW(MatrixDiagPartV3, "(int32[2,3] 1 2 3 4 5 6, int32[] 1, int32[] 0) -> int32[2] 2 6");
LEAT_ROW(MatrixDiagPartV3, "(int32[2,3] 1 2 3 4 5 6, int32[] 3, int32[] 0) fails 'beyond'");
LEAT_ROW(MatrixDiagPartV3, "(float[1,1] 1, int32[] 0, float[1] 0) -> float[1] 1");

/* ---- MatrixDiag ---- */

static leat_status diag_run(leat_kernel *k, band *b, const void *padding)
{
    const leat_tensor *in = k->in[0];
    leat_shape shape = in->shape;
    int rank = leat_shape_rank(&shape);
    LEAT_TRY(check_band(k, b));
    if (b->longest != shape.dims[rank - 1])
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "diagonals of %lld elements do not fit a matrix of %lld x %lld",
                                (long long)shape.dims[rank - 1], (long long)b->rows, (long long)b->columns);
    shape.rank_plus_1 = (b->k0 == b->k1 ? rank - 1 : rank - 2) + 3;
    rank = leat_shape_rank(&shape);
    if (rank > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "rank %d is too large", rank);
    shape.dims[rank - 2] = b->rows;
    shape.dims[rank - 1] = b->columns;
    int64_t count = leat_dims_product(&shape, 0, rank - 2), per = (b->k1 - b->k0 + 1) * b->longest;
    LEAT_TRY(leat_out_new(k, 0, &shape));
    read_align(k->op, b);
    size_t bytes = leat_dtype_bytes(in->dtype);
    fill_with(k->out[0].data, bytes, k->out[0].elements, padding);
    for (int64_t i = 0; i < count; i++)
        move_diagonals(b, bytes, (char *)k->out[0].data + (size_t)(i * b->rows * b->columns) * bytes,
                       (char *)in->data + (size_t)(i * per) * bytes, true);
    return LEAT_OK;
}

static leat_status diag_kernel(leat_kernel *k)
{
    int rank = leat_shape_rank(&k->in[0]->shape);
    LEAT_TRY(leat_want_plain(k, k->in[0]->dtype));
    if (rank < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "a diagonal must be a vector");
    int64_t n = k->in[0]->shape.dims[rank - 1];
    band b = {.rows = n, .columns = n, .longest = n};
    return diag_run(k, &b, NULL);
}

static leat_status diag_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]);
    if (rank < 0)
        return LEAT_OK;
    if (rank < 1 || rank >= LEAT_MAX_RANK)
        return leat_infer_fail(c, "a diagonal of rank %d makes no matrix", rank);
    c->out[0] = *c->in[0];
    c->out[0].rank_plus_1++;
    c->out[0].dims[rank] = c->in[0]->dims[rank - 1];
    return LEAT_OK;
}

static void diag_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_matrix_diag_part(g->dy[0]);
}

const leat_op_def leat_op_MatrixDiag = LEAT_OP(
    "MatrixDiag(diagonal: T) -> output: T; T: type", .doc = "Matrices of zeros with these main diagonals.",
    .shape = diag_shape, .kernels = {{.fn = diag_kernel}}, .gradient = diag_grad, .cost = leat_cost_moves);

LEAT_ROW(MatrixDiag, "(double[2,2] 1 2 3 4) -> double[2,2,2] 1 0 0 2 3 0 0 4");

/* num_rows and num_cols may be -1: as few as the diagonals need; one of them given sets the other free to fit. */
static leat_status diag_v3_kernel(leat_kernel *k)
{
    band b = {.rows = 0};
    int rank = leat_shape_rank(&k->in[0]->shape);
    LEAT_TRY(leat_want_plain(k, k->in[0]->dtype));
    LEAT_TRY(read_k(k, 1, &b));
    LEAT_TRY(leat_kernel_want_scalar(k, 4, "padding_value"));
    LEAT_TRY(leat_kernel_want_scalar(k, 2, "num_rows"));
    LEAT_TRY(leat_kernel_want_scalar(k, 3, "num_cols"));
    bool several = b.k0 != b.k1;
    if (rank < (several ? 2 : 1) || (several && k->in[0]->shape.dims[rank - 2] != b.k1 - b.k0 + 1))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%lld diagonals need as many rows",
                                (long long)(b.k1 - b.k0 + 1));
    int64_t longest = k->in[0]->shape.dims[rank - 1], rows = leat_index_at(k->in[2], 0),
            columns = leat_index_at(k->in[3], 0);
    int64_t least_rows = longest - LEAT_MIN(b.k1, 0), least_columns = longest + LEAT_MAX(b.k0, 0);
    if (rows == -1 && columns == -1)
        rows = columns = LEAT_MAX(least_rows, least_columns);
    b.rows = rows == -1 ? least_rows : rows;
    b.columns = columns == -1 ? least_columns : columns;
    if (b.rows < least_rows || b.columns < least_columns ||
        (b.rows != least_rows && b.columns != least_columns))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "diagonals of %lld elements do not fit a matrix of %lld x %lld",
                                (long long)longest, (long long)b.rows, (long long)b.columns);
    return diag_run(k, &b, k->in[4]->data);
}

static leat_status diag_v3_shape(leat_infer *c)
{
    band b = {0};
    int rank = leat_shape_rank(c->in[0]);
    bool known = infer_k(c, 1, &b);
    if (rank < 0 || !known)
        return LEAT_OK;
    int batch = b.k0 == b.k1 ? rank - 1 : rank - 2;
    if (batch < 0 || batch + 2 > LEAT_MAX_RANK)
        return leat_infer_fail(c, "diagonals of rank %d make no matrix", rank);
    c->out[0] = *c->in[0];
    c->out[0].rank_plus_1 = batch + 3;
    c->out[0].dims[batch] = c->out[0].dims[batch + 1] = -1;
    leat_tensor *r = leat_infer_value(c, 2), *n = leat_infer_value(c, 3);
    int64_t longest = c->in[0]->dims[rank - 1], rows = r != NULL ? leat_index_at(r, 0) : -2;
    int64_t columns = n != NULL ? leat_index_at(n, 0) : -2;
    leat_tensor_unref(r);
    leat_tensor_unref(n);
    int64_t least_rows = longest - LEAT_MIN(b.k1, 0), least_columns = longest + LEAT_MAX(b.k0, 0);
    if (longest >= 0 && rows == -1 && columns == -1)
        rows = columns = LEAT_MAX(least_rows, least_columns);
    /* -1 means what is needed at least only if the other is a number */
    bool least = longest >= 0 && rows != -2 && columns != -2;
    c->out[0].dims[batch] = rows >= 0 ? rows : least ? least_rows : -1;
    c->out[0].dims[batch + 1] = columns >= 0 ? columns : least ? least_columns : -1;
    return LEAT_OK;
}

static void diag_v3_grad(leat_grad *g)
{
    leat_out padding = LEAT_GRAD_CALL(g, "ZerosLike", leat_grad_in(g, 4)), k = leat_grad_in(g, 1);
    if (leat_attr(g->op, "align") == NULL)
        g->dx[0] = leat_raw_matrix_diag_part_v2(g->dy[0], k, padding);
    else
        g->dx[0] =
            leat_raw_matrix_diag_part_v3(g->dy[0], k, padding, .align = leat_attr_string(g->op, "align"));
}

const leat_op_def leat_op_MatrixDiagV2 = LEAT_OP(
    "MatrixDiagV2(diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T) -> output: T; T: type",
    .doc = "Matrices with these diagonals, k[0] to k[1], and padding_value elsewhere.",
    .shape = diag_v3_shape, .kernels = {{.fn = diag_v3_kernel}}, .gradient = diag_v3_grad,
    .cost = leat_cost_moves);

LEAT_ROW(MatrixDiagV2,
         "(int32[2] 1 2, int32[] 1, int32[] -1, int32[] -1, int32[] 9) -> int32[3,3] 9 1 9 9 9 2 9 9 9");

const leat_op_def leat_op_MatrixDiagV3 = LEAT_OP(
    "MatrixDiagV3(diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T) -> output: T; T: type; "
    "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'",
    .doc =
        "Matrices with these diagonals, k[0] to k[1], and padding_value elsewhere; align says where shorter "
        "diagonals are padded.",
    .shape = diag_v3_shape, .kernels = {{.fn = diag_v3_kernel}}, .gradient = diag_v3_grad,
    .cost = leat_cost_moves);

LEAT_ROW(MatrixDiagV3,
         "(double[2] 1 2, int32[] 0, int32[] 2, int32[] 3, double[] 0) nograd -> double[2,3] 1 0 0 0 2 0");
LEAT_ROW(MatrixDiagV3,
         "(int32[3,2] 0 3 1 2 4 0, int32[2] -1 1, int32[] -1, int32[] -1, int32[] 0) -> int32[2,2] 1 3 4 2");
LEAT_ROW(MatrixDiagV3, "(int32[2] 1 2, int32[] 0, int32[] 3, int32[] 3, int32[] 0) fails 'do not fit'");
LEAT_ROW(MatrixDiagV3,
         "(float[1] 1, int32[] 0, int32[1] 1, int32[] 1, float[] 0) fails 'num_rows must be a scalar'");

/* ---- MatrixSetDiag ---- */

static leat_status set_diag_run(leat_kernel *k, int k_input)
{
    const leat_tensor *in = k->in[0], *diagonal = k->in[1];
    int rank = leat_shape_rank(&in->shape);
    char text[128], other[128];
    LEAT_TRY(leat_want_plain(k, in->dtype));
    if (rank < 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be matrices, not of rank %d", rank);
    band b = {.rows = in->shape.dims[rank - 2], .columns = in->shape.dims[rank - 1]};
    LEAT_TRY(read_k(k, k_input, &b));
    LEAT_TRY(check_band(k, &b));
    read_align(k->op, &b);
    leat_shape want = diagonal_shape(&in->shape, &b);
    if (!leat_shape_equal(want, diagonal->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the diagonal must have shape %s, not %s",
                                leat_shape_print(want, text, sizeof text),
                                leat_shape_print(diagonal->shape, other, sizeof other));
    LEAT_TRY(leat_out_new(k, 0, &in->shape));
    size_t bytes = leat_dtype_bytes(in->dtype);
    int64_t count = leat_dims_product(&in->shape, 0, rank - 2), per = (b.k1 - b.k0 + 1) * b.longest;
    memcpy(k->out[0].data, in->data, (size_t)in->elements * bytes);
    for (int64_t i = 0; i < count; i++)
        move_diagonals(&b, bytes, (char *)k->out[0].data + (size_t)(i * b.rows * b.columns) * bytes,
                       (char *)diagonal->data + (size_t)(i * per) * bytes, true);
    return LEAT_OK;
}

static leat_status set_diag_kernel(leat_kernel *k)
{
    return set_diag_run(k, -1);
}

static leat_status set_diag_v3_kernel(leat_kernel *k)
{
    return set_diag_run(k, 2);
}

static leat_status set_diag_shape(leat_infer *c)
{
    int64_t rows, columns;
    LEAT_TRY(leat_infer_matrices(c, 0, false, &rows, &columns));
    c->out[0] = *c->in[0];
    return LEAT_OK;
}

static void set_diag_grad(leat_grad *g)
{
    leat_out dy = g->dy[0], zeros = LEAT_GRAD_CALL(g, "ZerosLike", leat_grad_in(g, 1));
    if (g->op->n_inputs == 2) {
        g->dx[0] = leat_raw_matrix_set_diag(dy, zeros);
        g->dx[1] = leat_raw_matrix_diag_part(dy);
        return;
    }
    leat_out k = leat_grad_in(g, 2), nothing = leat_grad_zero(g, leat_out_dtype(dy));
    const leat_attr_value *align = leat_attr(g->op, "align");
    if (align == NULL) {
        g->dx[0] = leat_raw_matrix_set_diag_v2(dy, zeros, k);
        g->dx[1] = leat_raw_matrix_diag_part_v2(dy, k, nothing);
    } else {
        g->dx[0] = leat_raw_matrix_set_diag_v3(dy, zeros, k, .align = align->s);
        g->dx[1] = leat_raw_matrix_diag_part_v3(dy, k, nothing, .align = align->s);
    }
}

const leat_op_def leat_op_MatrixSetDiag =
    LEAT_OP("MatrixSetDiag(input: T, diagonal: T) -> output: T; T: type",
            .doc = "The matrices with other main diagonals.", .shape = set_diag_shape,
            .kernels = {{.fn = set_diag_kernel}}, .gradient = set_diag_grad, .cost = leat_cost_moves);

LEAT_ROW(MatrixSetDiag, "(double[2,2] 1 2 3 4, double[2] 8 9) -> double[2,2] 8 2 3 9");
LEAT_ROW(MatrixSetDiag, "(double[2,2] 1 2 3 4, double[3] 8 9 9) fails 'diagonal'");

const leat_op_def leat_op_MatrixSetDiagV2 =
    LEAT_OP("MatrixSetDiagV2(input: T, diagonal: T, k: int32) -> output: T; T: type",
            .doc = "The matrices with other diagonals k[0] to k[1].", .shape = set_diag_shape,
            .kernels = {{.fn = set_diag_v3_kernel}}, .gradient = set_diag_grad, .cost = leat_cost_moves);

LEAT_ROW(MatrixSetDiagV2, "(double[2,2] 1 2 3 4, double[1] 8, int32[] 1) -> double[2,2] 1 8 3 4");

const leat_op_def leat_op_MatrixSetDiagV3 = LEAT_OP(
    "MatrixSetDiagV3(input: T, diagonal: T, k: int32) -> output: T; T: type; "
    "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'",
    .doc = "The matrices with other diagonals k[0] to k[1]; align says where shorter ones are padded.",
    .shape = set_diag_shape, .kernels = {{.fn = set_diag_v3_kernel}}, .gradient = set_diag_grad,
    .cost = leat_cost_moves);

LEAT_ROW(MatrixSetDiagV3, "(int32[2,2] 1 2 3 4, int32[2,2] 0 9 7 8, int32[2] 0 1) -> int32[2,2] 7 9 3 8");
