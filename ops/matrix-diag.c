/* matrix-diag.c - diagonals of matrices: taken out, made into matrices, set; bands; tensors' diagonals. */
#include "ops/grad-private.h"

/* ---- the geometry of a band of diagonals ----
 * Diagonals k_low..k_high of a rows x columns matrix; diagonal d holds the elements (y - min(d, 0), y + max(d, 0)). Packed as
 * rows, the highest first, each padded to the longest on the left or on the right. */

struct band {
    int64_t rows, columns, low, high;
    int64_t longest;
    bool super_left, sub_left; /* alignment */
};

static int64_t diag_length(const struct band *b, int64_t d)
{
    return LEAT_MIN(b->rows + LEAT_MIN(d, 0), b->columns - LEAT_MAX(d, 0));
}

/* The place in the packed row at which diagonal d begins. */
static int64_t diag_offset(const struct band *b, int64_t d)
{
    bool left = (d >= 0 && b->super_left) || (d <= 0 && b->sub_left);
    return left ? 0 : b->longest - diag_length(b, d);
}

/* Version 1: the main diagonal; 2: k, left-aligned; 3: k and the attribute align. */
static int version_of(const char *type)
{
    size_t n = strlen(type);
    return type[n - 1] == '3' ? 3 : type[n - 1] == '2' ? 2 : 1;
}

static void set_alignment(struct band *b, const leat_op *op)
{
    const char *align = version_of(op->type->name) == 3 ? leat_attr_string(op, "align") : "LEFT_LEFT";
    b->super_left = strncmp(align, "LEFT", 4) == 0;
    b->sub_left = strstr(align, "_LEFT") != NULL;
}

static const char *read_k(struct band *b, const leat_tensor *k)
{
    if (k->elements < 1 || k->elements > 2 || leat_shape_rank(&k->shape) > 1)
        return "diag_index must be a scalar or a vector of one or two";
    b->low = leat_index_at(k, 0);
    b->high = leat_index_at(k, k->elements - 1);
    return b->low > b->high ? "lower_diag_index must not be above upper_diag_index" : NULL;
}

/* The band within a matrix whose size is known. */
static const char *measure(struct band *b)
{
    if ((b->low != 0 && (b->low <= -b->rows || b->low >= b->columns)) ||
        (b->high != 0 && (b->high <= -b->rows || b->high >= b->columns)))
        return "a diagonal index is out of bounds";
    b->longest = LEAT_MIN(b->rows + LEAT_MIN(b->high, 0), b->columns - LEAT_MAX(b->low, 0));
    return NULL;
}

/* Copies between packed diagonals and matrices; a NULL padding leaves the packed padding alone. */
static leat_status copy_band(const struct band *b, leat_dtype dtype, int64_t batches, char *packed,
                             char *matrices, bool to_packed, const char *padding)
{
    size_t bytes = leat_dtype_bytes(dtype);
    int64_t diags = b->high - b->low + 1;
    for (int64_t m = 0; m < batches; m++)
        for (int64_t row = 0; row < diags; row++) {
            int64_t d = b->high - row, length = diag_length(b, d), offset = diag_offset(b, d);
            for (int64_t n = 0; n < b->longest; n++) {
                int64_t y = n - offset;
                char *p = packed + (size_t)((m * diags + row) * b->longest + n) * bytes;
                if (y < 0 || y >= length) {
                    if (to_packed && padding != NULL)
                        LEAT_TRY(leat_copy_elements(dtype, p, padding, 1));
                    continue;
                }
                int64_t at = (m * b->rows + y - LEAT_MIN(d, 0)) * b->columns + y + LEAT_MAX(d, 0);
                char *x = matrices + (size_t)at * bytes;
                LEAT_TRY(leat_copy_elements(dtype, to_packed ? p : x, to_packed ? x : p, 1));
            }
        }
    return LEAT_OK;
}

static const char zero_element[sizeof(leat_string)];

/* ---- taking diagonals out ---- */

/* [..., rows, columns] -> [..., (diagonals,) longest] */
static void packed_shape(const leat_shape *matrices, const struct band *b, leat_shape *out)
{
    int rank = leat_shape_rank(matrices);
    *out = *matrices;
    if (b->low == b->high) {
        out->dims[rank - 2] = b->longest;
        out->dims[rank - 1] = 0;
        out->rank_plus_1--;
        return;
    }
    out->dims[rank - 2] = b->high - b->low + 1;
    out->dims[rank - 1] = b->longest;
}

static leat_status band_of_matrix(leat_kernel *k, const leat_shape *matrices, const leat_tensor *which,
                                  struct band *b)
{
    int rank = leat_shape_rank(matrices);
    *b = (struct band){0};
    set_alignment(b, k->op);
    if (rank < 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be at least 2-dim");
    b->rows = matrices->dims[rank - 2];
    b->columns = matrices->dims[rank - 1];
    const char *reason = which != NULL ? read_k(b, which) : NULL;
    if (reason == NULL)
        reason = measure(b);
    return reason != NULL ? leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason) : LEAT_OK;
}

static leat_status diag_part_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    bool v1 = k->n_in == 1;
    struct band b;
    leat_shape out;
    LEAT_TRY(band_of_matrix(k, &x->shape, v1 ? NULL : k->in[1], &b));
    if (!v1 && k->in[2]->elements != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "padding_value must be a scalar");
    packed_shape(&x->shape, &b, &out);
    LEAT_TRY(leat_out_new(k, 0, &out));
    int64_t batches = leat_dims_product(&x->shape, 0, leat_shape_rank(&x->shape) - 2);
    return copy_band(&b, x->dtype, batches, k->out[0].data, x->data, true,
                     v1 ? zero_element : k->in[2]->data);
}

/* The band of input `i` as far as it is known: false where k or the size is not. */
static leat_status infer_band(leat_infer *c, const leat_shape *matrices, int which, struct band *b,
                              bool *known)
{
    int rank = leat_shape_rank(matrices);
    *b = (struct band){0};
    *known = false;
    set_alignment(b, c->op);
    if (rank < 0)
        return LEAT_OK;
    if (rank < 2)
        return leat_infer_fail(c, "input must be at least 2-dim");
    b->rows = matrices->dims[rank - 2];
    b->columns = matrices->dims[rank - 1];
    leat_tensor *value = which < 0 ? NULL : leat_infer_value(c, which);
    if (which >= 0 && value == NULL)
        return LEAT_OK;
    const char *reason = value != NULL ? read_k(b, value) : NULL;
    leat_tensor_unref(value);
    if (reason == NULL && b->rows >= 0 && b->columns >= 0) {
        reason = measure(b);
        *known = true;
    }
    return reason != NULL ? leat_infer_fail(c, "%s", reason) : LEAT_OK;
}

static leat_status diag_part_shape(leat_infer *c)
{
    struct band b;
    bool known;
    LEAT_TRY(infer_band(c, c->in[0], c->op->n_inputs == 1 ? -1 : 1, &b, &known));
    if (known)
        packed_shape(c->in[0], &b, &c->out[0]);
    else if (c->op->n_inputs == 1 && leat_shape_rank(c->in[0]) >= 2) {
        b.longest = -1;
        packed_shape(c->in[0], &b, &c->out[0]);
    }
    return LEAT_OK;
}

static void diag_part_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_matrix_set_diag(leat_raw_zeros_like(leat_grad_in(g, 0)), g->dy[0]);
}
static void diag_part_v2_grad(leat_grad *g)
{
    g->dx[0] =
        leat_raw_matrix_set_diag_v2(leat_raw_zeros_like(leat_grad_in(g, 0)), g->dy[0], leat_grad_in(g, 1));
}
static void diag_part_v3_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_matrix_set_diag_v3(leat_raw_zeros_like(leat_grad_in(g, 0)), g->dy[0],
                                           leat_grad_in(g, 1), .align = leat_attr_string(g->op, "align"));
}

const leat_op_def leat_op_MatrixDiagPart =
    LEAT_OP("MatrixDiagPart(input: T) -> diagonal: T; T: type", .doc = "The main diagonal of each matrix.",
            .shape = diag_part_shape, .kernels = {{diag_part_kernel}}, .gradient = diag_part_grad);

const leat_op_def leat_op_MatrixDiagPartV2 =
    LEAT_OP("MatrixDiagPartV2(input: T, k: int32, padding_value: T) -> diagonal: T; T: type",
            .doc = "Diagonals k of each matrix, left-aligned.", .shape = diag_part_shape,
            .kernels = {{diag_part_kernel}}, .gradient = diag_part_v2_grad);

const leat_op_def leat_op_MatrixDiagPartV3 = LEAT_OP(
    "MatrixDiagPartV3(input: T, k: int32, padding_value: T) -> diagonal: T; T: type; align: {'LEFT_RIGHT', "
    "'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'",
    .doc = "Diagonals k of each matrix, the highest first, padded to one length.", .shape = diag_part_shape,
    .kernels = {{diag_part_kernel}}, .gradient = diag_part_v3_grad);

LEAT_ROW(MatrixDiagPart, "(double[2,3] 1 2 3 4 5 6) -> double[2] 1 5");
LEAT_ROW(MatrixDiagPartV2, "(double[2,3] 1 2 3 4 5 6, int32[2] 0 2, double[] 9) -> double[3,2] 3 9 2 6 1 5");
LEAT_ROW(MatrixDiagPartV3, "(double[2,3] 1 2 3 4 5 6, int32[] 1, double[] 0) -> double[2] 2 6");
LEAT_ROW(MatrixDiagPartV3, "(double[3,4] 1 2 3 4 5 6 7 8 9 8 7 6, int32[2] -1 2, double[] 0) -> "
                           "double[4,3] 0 3 8 2 7 6 1 6 7 5 8 0");
LEAT_ROW(MatrixDiagPartV3,
         "(double[3,4] 1 2 3 4 5 6 7 8 9 8 7 6, int32[2] -1 2, double[] 0) {align: 'LEFT_RIGHT'} -> "
         "double[4,3] 3 8 0 2 7 6 1 6 7 0 5 8");
LEAT_ROW(MatrixDiagPartV3, "(float[2,2] 0..1, int32[] 3, float[] 0) fails 'out of bounds'");

/* ---- making matrices ---- */

/* Rows and columns from the diagonals' length, and what is asked for (-1: whatever is needed). */
static const char *matrix_size(struct band *b, int64_t longest, int64_t rows, int64_t columns)
{
    int64_t least_rows = longest - LEAT_MIN(b->high, 0), least_columns = longest + LEAT_MAX(b->low, 0);
    if (rows == -1 && columns == -1)
        rows = columns = LEAT_MAX(least_rows, least_columns);
    if (rows == -1)
        rows = least_rows;
    if (columns == -1)
        columns = least_columns;
    if (rows < least_rows || columns < least_columns || (rows != least_rows && columns != least_columns))
        return "the number of rows or columns does not fit the diagonals";
    b->rows = rows;
    b->columns = columns;
    b->longest = longest;
    return NULL;
}

static leat_status matrix_diag_kernel(leat_kernel *k)
{
    const leat_tensor *diagonal = k->in[0];
    int rank = leat_shape_rank(&diagonal->shape);
    struct band b = {0};
    const char *reason = NULL;
    int64_t rows = -1, columns = -1;
    set_alignment(&b, k->op);
    for (uint32_t i = 2; i < k->n_in; i++)
        if (k->in[i]->elements != 1)
            reason = "num_rows, num_cols and padding_value must be scalars";
    if (k->n_in > 1 && reason == NULL) {
        reason = read_k(&b, k->in[1]);
        rows = leat_index_at(k->in[2], 0);
        columns = leat_index_at(k->in[3], 0);
    }
    int64_t diags = b.high - b.low + 1;
    if (reason == NULL && (rank < 1 + (diags > 1) || rank + (diags == 1) > LEAT_MAX_RANK))
        reason = "diagonal has too few or too many dimensions";
    if (reason == NULL && diags > 1 && diagonal->shape.dims[rank - 2] != diags)
        reason = "the number of diagonals provided is not that of k";
    if (reason == NULL)
        reason = matrix_size(&b, diagonal->shape.dims[rank - 1], rows, columns);
    if (reason == NULL)
        reason = measure(&b);
    if (reason != NULL)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s", reason);
    leat_shape out = diagonal->shape;
    int lead = rank - 1 - (diags > 1);
    out.rank_plus_1 = lead + 3;
    out.dims[lead] = b.rows;
    out.dims[lead + 1] = b.columns;
    LEAT_TRY(leat_out_fill(k, &out, k->n_in > 1 ? k->in[4]->data : zero_element));
    return copy_band(&b, diagonal->dtype, leat_dims_product(&out, 0, lead), diagonal->data, k->out[0].data,
                     false, NULL);
}

static leat_status matrix_diag_shape(leat_infer *c)
{
    const leat_shape *d = c->in[0];
    int rank = leat_shape_rank(d);
    struct band b = {0};
    if (rank < 0)
        return LEAT_OK;
    if (rank < 1)
        return leat_infer_fail(c, "diagonal must have at least one dimension");
    if (c->op->n_inputs == 1) {
        if (rank == LEAT_MAX_RANK)
            return leat_infer_fail(c, "more than %d dimensions", LEAT_MAX_RANK);
        c->out[0] = *d;
        c->out[0].dims[rank] = d->dims[rank - 1];
        c->out[0].rank_plus_1++;
        return LEAT_OK;
    }
    leat_tensor *k = leat_infer_value(c, 1), *rows = leat_infer_value(c, 2),
                *columns = leat_infer_value(c, 3);
    const char *reason = k != NULL ? read_k(&b, k) : NULL;
    int64_t diags = b.high - b.low + 1, longest = d->dims[rank - 1];
    int lead = rank - 1 - (diags > 1);
    if (reason == NULL && k != NULL && lead >= 0 && lead + 2 <= LEAT_MAX_RANK) {
        bool known = rows != NULL && columns != NULL && longest >= 0;
        b.rows = b.columns = -1;
        if (known)
            reason = matrix_size(&b, longest, leat_index_at(rows, 0), leat_index_at(columns, 0));
        c->out[0] = *d;
        c->out[0].rank_plus_1 = lead + 3;
        c->out[0].dims[lead] = b.rows;
        c->out[0].dims[lead + 1] = b.columns;
    }
    leat_tensor_unref(k);
    leat_tensor_unref(rows);
    leat_tensor_unref(columns);
    return reason != NULL ? leat_infer_fail(c, "%s", reason) : LEAT_OK;
}

static leat_out zero_like(leat_grad *g, leat_out x)
{
    return leat_raw_cast(leat_scalar_int(g->graph, 0), leat_out_dtype(x));
}
static void matrix_diag_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_matrix_diag_part(g->dy[0]);
}
static void matrix_diag_v2_grad(leat_grad *g)
{
    leat_out k = leat_grad_in(g, 1);
    g->dx[0] = leat_raw_matrix_diag_part_v2(g->dy[0], k, zero_like(g, g->dy[0]));
    g->dx[4] = leat_raw_sub(leat_raw_sum(g->dy[0], leat_grad_all_axes(g, g->dy[0])),
                            leat_raw_sum(g->dx[0], leat_grad_all_axes(g, g->dx[0])));
}
static void matrix_diag_v3_grad(leat_grad *g)
{
    leat_out k = leat_grad_in(g, 1);
    g->dx[0] = leat_raw_matrix_diag_part_v3(g->dy[0], k, zero_like(g, g->dy[0]),
                                            .align = leat_attr_string(g->op, "align"));
    g->dx[4] = leat_raw_sub(leat_raw_sum(g->dy[0], leat_grad_all_axes(g, g->dy[0])),
                            leat_raw_sum(g->dx[0], leat_grad_all_axes(g, g->dx[0])));
}

const leat_op_def leat_op_MatrixDiag = LEAT_OP(
    "MatrixDiag(diagonal: T) -> output: T; T: type", .doc = "Square matrices with these main diagonals.",
    .shape = matrix_diag_shape, .kernels = {{matrix_diag_kernel}}, .gradient = matrix_diag_grad);

const leat_op_def leat_op_MatrixDiagV2 = LEAT_OP(
    "MatrixDiagV2(diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T) -> output: T; T: type",
    .doc = "Matrices with these diagonals, left-aligned.", .shape = matrix_diag_shape,
    .kernels = {{matrix_diag_kernel}}, .gradient = matrix_diag_v2_grad);

const leat_op_def leat_op_MatrixDiagV3 = LEAT_OP(
    "MatrixDiagV3(diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T) -> output: T; T: type; "
    "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'",
    .doc = "Matrices with these diagonals, padding_value elsewhere.", .shape = matrix_diag_shape,
    .kernels = {{matrix_diag_kernel}}, .gradient = matrix_diag_v3_grad);

LEAT_ROW(MatrixDiag, "(double[2,2] 1 2 3 4) -> double[2,2,2] 1 0 0 2 3 0 0 4");
LEAT_ROW(
    MatrixDiagV2,
    "(double[2,2] 3 9 1 2, int32[2] 0 1, int32[] -1, int32[] -1, double[] 0) nograd -> double[2,2] 1 3 0 2");
LEAT_ROW(MatrixDiagV3,
         "(double[2] 1 2, int32[] 0, int32[] -1, int32[] -1, double[] 7) -> double[2,2] 1 7 7 2");
LEAT_ROW(MatrixDiagV3,
         "(double[2] 1 2, int32[] 1, int32[] -1, int32[] -1, double[] 0) -> double[3,3] 0 1 0 0 0 2 0 0 0");
LEAT_ROW(MatrixDiagV3, "(double[2] 1 2, int32[] -1, int32[] 3, int32[] 4, double[] 9) fails ''");
LEAT_ROW(MatrixDiagV3, "(double[3] 1 2 3, int32[] -1, int32[] 4, int32[] 4, double[] 0) -> "
                       "double[4,4] 0 0 0 0 1 0 0 0 0 2 0 0 0 0 3 0");

/* ---- setting diagonals ---- */

static leat_status set_diag_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0], *diagonal = k->in[1];
    struct band b;
    leat_shape want;
    char a[128], c[128];
    LEAT_TRY(band_of_matrix(k, &x->shape, k->n_in > 2 ? k->in[2] : NULL, &b));
    packed_shape(&x->shape, &b, &want);
    if (!leat_shape_equal(want, diagonal->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "diagonal must have the shape %s, not %s",
                                leat_shape_print(want, a, sizeof a),
                                leat_shape_print(diagonal->shape, c, sizeof c));
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    LEAT_TRY(leat_copy_elements(x->dtype, k->out[0].data, x->data, x->elements));
    int64_t batches = leat_dims_product(&x->shape, 0, leat_shape_rank(&x->shape) - 2);
    return copy_band(&b, x->dtype, batches, diagonal->data, k->out[0].data, false, NULL);
}

static leat_status set_diag_shape(leat_infer *c)
{
    struct band b;
    bool known;
    leat_shape want;
    LEAT_TRY(infer_band(c, c->in[0], c->op->n_inputs > 2 ? 2 : -1, &b, &known));
    c->out[0] = *c->in[0];
    if (!known)
        return LEAT_OK;
    packed_shape(c->in[0], &b, &want);
    if (!leat_shape_merge(&want, c->in[1], NULL))
        return leat_infer_fail(c, "diagonal does not fit the input");
    return LEAT_OK;
}

static void set_diag_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_matrix_set_diag(g->dy[0], leat_raw_zeros_like(leat_grad_in(g, 1)));
    g->dx[1] = leat_raw_matrix_diag_part(g->dy[0]);
}
static void set_diag_v2_grad(leat_grad *g)
{
    leat_out k = leat_grad_in(g, 2);
    g->dx[0] = leat_raw_matrix_set_diag_v2(g->dy[0], leat_raw_zeros_like(leat_grad_in(g, 1)), k);
    g->dx[1] = leat_raw_matrix_diag_part_v2(g->dy[0], k, zero_like(g, g->dy[0]));
}
static void set_diag_v3_grad(leat_grad *g)
{
    leat_out k = leat_grad_in(g, 2);
    const char *align = leat_attr_string(g->op, "align");
    g->dx[0] =
        leat_raw_matrix_set_diag_v3(g->dy[0], leat_raw_zeros_like(leat_grad_in(g, 1)), k, .align = align);
    g->dx[1] = leat_raw_matrix_diag_part_v3(g->dy[0], k, zero_like(g, g->dy[0]), .align = align);
}

const leat_op_def leat_op_MatrixSetDiag =
    LEAT_OP("MatrixSetDiag(input: T, diagonal: T) -> output: T; T: type",
            .doc = "The input with other main diagonals.", .shape = set_diag_shape,
            .kernels = {{set_diag_kernel}}, .gradient = set_diag_grad);

const leat_op_def leat_op_MatrixSetDiagV2 =
    LEAT_OP("MatrixSetDiagV2(input: T, diagonal: T, k: int32) -> output: T; T: type",
            .doc = "The input with other diagonals k, left-aligned.", .shape = set_diag_shape,
            .kernels = {{set_diag_kernel}}, .gradient = set_diag_v2_grad);

const leat_op_def leat_op_MatrixSetDiagV3 = LEAT_OP(
    "MatrixSetDiagV3(input: T, diagonal: T, k: int32) -> output: T; T: type; align: {'LEFT_RIGHT', 'RIGHT_LEFT', "
    "'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'",
    .doc = "The input with other diagonals k.", .shape = set_diag_shape, .kernels = {{set_diag_kernel}},
    .gradient = set_diag_v3_grad);

LEAT_ROW(MatrixSetDiag, "(double[2,3] 1 2 3 4 5 6, double[2] 8 9) -> double[2,3] 8 2 3 4 9 6");
LEAT_ROW(MatrixSetDiagV2,
         "(double[2,2] 1 2 3 4, double[2,2] 7 0 8 9, int32[2] 0 1) nograd -> double[2,2] 8 7 3 9");
LEAT_ROW(MatrixSetDiagV3,
         "(double[3,3] 1 2 3 4 5 6 7 8 9, double[2] 0 -1, int32[] 1) -> double[3,3] 1 0 3 4 5 -1 7 8 9");
LEAT_ROW(MatrixSetDiagV3, "(float[2,2] 1 2 3 4, float[3] 0 0 0, int32[] 0) fails ''");

/* ---- MatrixBandPart ---- */

static leat_status band_part_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape);
    if (rank < 2 || k->in[1]->elements != 1 || k->in[2]->elements != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "input must be at least 2-dim, num_lower and num_upper scalars");
    int64_t rows = x->shape.dims[rank - 2], columns = x->shape.dims[rank - 1];
    int64_t lower = leat_index_at(k->in[1], 0), upper = leat_index_at(k->in[2], 0);
    if (lower > rows || upper > columns)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "num_lower %lld or num_upper %lld is larger than the matrix",
                                (long long)lower, (long long)upper);
    LEAT_TRY(leat_out_fill(k, &x->shape, zero_element));
    size_t bytes = leat_dtype_bytes(x->dtype);
    for (int64_t line = 0; line < leat_dims_product(&x->shape, 0, rank - 1); line++) {
        int64_t i = line % rows;
        int64_t from = lower < 0 ? 0 : LEAT_MAX(i - lower, 0);
        int64_t to = upper < 0 ? columns : LEAT_MIN(i + upper + 1, columns);
        size_t at = (size_t)(line * columns + from) * bytes;
        LEAT_TRY(
            leat_copy_elements(x->dtype, (char *)k->out[0].data + at, (const char *)x->data + at, to - from));
    }
    return LEAT_OK;
}

static void band_part_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_matrix_band_part(g->dy[0], leat_grad_in(g, 1), leat_grad_in(g, 2));
}

const leat_op_def leat_op_MatrixBandPart = LEAT_OP(
    "MatrixBandPart(input: T, num_lower: Tindex, num_upper: Tindex) -> band: T; T: type; Tindex: {int32, int64} = int64",
    .doc = "The input with zeros outside the band; a negative number keeps the whole triangle.",
    .shape = leat_shape_same, .kernels = {{band_part_kernel}}, .gradient = band_part_grad);

LEAT_ROW(MatrixBandPart,
         "(double[3,3] 1 2 3 4 5 6 7 8 9, int64[] 1, int64[] 0) -> double[3,3] 1 0 0 4 5 0 0 8 9");
LEAT_ROW(MatrixBandPart, "(double[2,3] 1 2 3 4 5 6, int32[] -1, int32[] 1) -> double[2,3] 1 2 0 4 5 6");
LEAT_ROW(MatrixBandPart, "(float[2] 1 2, int64[] 0, int64[] 0) fails ''");

/* ---- Diag, DiagPart: tensors of twice the rank ---- */

static leat_status diag_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape);
    leat_shape out = x->shape;
    if (rank < 1 || 2 * rank > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "diagonal must have 1 to %d dimensions",
                                LEAT_MAX_RANK / 2);
    out.rank_plus_1 = 2 * rank + 1;
    memcpy(out.dims + rank, x->shape.dims, (size_t)rank * sizeof *out.dims);
    LEAT_TRY(leat_out_fill(k, &out, zero_element));
    size_t bytes = leat_dtype_bytes(x->dtype);
    for (int64_t i = 0; i < x->elements; i++)
        memcpy((char *)k->out[0].data + (size_t)(i * (x->elements + 1)) * bytes,
               (const char *)x->data + (size_t)i * bytes, bytes);
    return LEAT_OK;
}

static leat_status tensor_diag_part_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape), half = rank / 2;
    bool fits = rank > 0 && rank % 2 == 0;
    for (int d = 0; d < half; d++)
        fits = fits && x->shape.dims[d] == x->shape.dims[d + half];
    if (!fits)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the input's shape must be two equal halves");
    leat_shape out = {.rank_plus_1 = half + 1};
    memcpy(out.dims, x->shape.dims, (size_t)half * sizeof *out.dims);
    LEAT_TRY(leat_out_new(k, 0, &out));
    size_t bytes = leat_dtype_bytes(x->dtype);
    int64_t n = k->out[0].elements;
    for (int64_t i = 0; i < n; i++)
        memcpy((char *)k->out[0].data + (size_t)i * bytes,
               (const char *)x->data + (size_t)(i * (n + 1)) * bytes, bytes);
    return LEAT_OK;
}

static leat_status diag_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]);
    if (rank < 0)
        return LEAT_OK;
    if (rank < 1 || 2 * rank > LEAT_MAX_RANK)
        return leat_infer_fail(c, "diagonal must have 1 to %d dimensions", LEAT_MAX_RANK / 2);
    c->out[0] = *c->in[0];
    c->out[0].rank_plus_1 = 2 * rank + 1;
    memcpy(c->out[0].dims + rank, c->in[0]->dims, (size_t)rank * sizeof *c->out[0].dims);
    return LEAT_OK;
}

static leat_status tensor_diag_part_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]);
    if (rank < 0)
        return LEAT_OK;
    if (rank == 0 || rank % 2 != 0)
        return leat_infer_fail(c, "the input must have an even number of dimensions");
    c->out[0] = leat_shape_ranked(rank / 2);
    for (int d = 0; d < rank / 2; d++) {
        int64_t a = c->in[0]->dims[d], b = c->in[0]->dims[d + rank / 2];
        if (a >= 0 && b >= 0 && a != b)
            return leat_infer_fail(c, "the input's shape must be two equal halves");
        c->out[0].dims[d] = a < 0 ? b : a;
    }
    return LEAT_OK;
}

static void diag_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_diag_part(g->dy[0]);
}
static void tensor_diag_part_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_diag(g->dy[0]);
}

const leat_op_def leat_op_Diag = LEAT_OP(
    "Diag(diagonal: T) -> output: T; T: {bfloat16, half, float, double, int32, int64, complex64, complex128}",
    .doc = "A tensor of twice the rank that holds the input on its diagonal.", .shape = diag_shape,
    .kernels = {{diag_kernel}}, .gradient = diag_grad);

const leat_op_def leat_op_DiagPart = LEAT_OP(
    "DiagPart(input: T) -> diagonal: T; T: {bfloat16, half, float, double, int32, int64, complex64, complex128}",
    .doc = "The diagonal of a tensor whose shape is two equal halves.", .shape = tensor_diag_part_shape,
    .kernels = {{tensor_diag_part_kernel}}, .gradient = tensor_diag_part_grad);

LEAT_ROW(Diag, "(double[2] 1 2) -> double[2,2] 1 0 0 2");
LEAT_ROW(Diag, "(int32[1,2] 1 2) -> int32[1,2,1,2] 1 0 0 2");
LEAT_ROW(DiagPart, "(double[2,2] 1 2 3 4) -> double[2] 1 4");
LEAT_ROW(DiagPart, "(float[2,3] 0..1) fails ''");
