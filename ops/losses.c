/* losses.c - L2Loss, and the accuracy ops InTopK. */
#include <math.h>
#include "ops/grad-private.h"

/* ---- L2Loss ---- */

typedef struct squares {
    leat_dtype dtype;
    const void *x;
    int64_t n, parts;
    double sums[8];
} squares;

static void squares_part(size_t part, void *arg)
{
    squares *s = arg;
    int64_t begin = (int64_t)part * s->n / s->parts, end = ((int64_t)part + 1) * s->n / s->parts;
    double sum[4] = {0, 0, 0, 0};
    for (int64_t i = begin; i < end; i++) {
        double x = s->dtype == LEAT_FLOAT    ? (double)((const float *)s->x)[i]
                   : s->dtype == LEAT_DOUBLE ? ((const double *)s->x)[i]
                   : s->dtype == LEAT_HALF   ? (double)leat_half_to_float(((const uint16_t *)s->x)[i])
                                             : (double)leat_bfloat16_to_float(((const uint16_t *)s->x)[i]);
        sum[(i - begin) & 3] += x * x;
    }
    s->sums[part] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static leat_status l2_loss_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    squares s = {.dtype = x->dtype, .x = x->data, .n = x->elements};
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SCALAR));
    s.parts = LEAT_MAX(1, LEAT_MIN(8, x->elements / LEAT_GRAIN_CHEAP));
    leat_tiles(k, (size_t)s.parts, squares_part, &s);
    double sum = 0;
    for (int64_t p = 0; p < s.parts; p++)
        sum += s.sums[p];
    leat_element_put(&k->out[0], 0, sum / 2);
    return LEAT_OK;
}

static void l2_loss_grad(leat_grad *g)
{
    g->dx[0] = leat_mul(leat_grad_in(g, 0), g->dy[0]);
}

const leat_op_def leat_op_L2Loss =
    LEAT_OP("L2Loss(t: T) -> output: T; T: floating", .doc = "Half the sum of the squares.",
            .shape = leat_shape_scalar, .kernels = {{.fn = l2_loss_kernel}}, .gradient = l2_loss_grad);

LEAT_ROW(L2Loss, "(float[3] 1 2 3) -> float[] 7");
LEAT_ROW(L2Loss, "(double[2,2] 1 -2 3 0) -> double[] 7");
LEAT_ROW(L2Loss, "(half[2] 1 3) -> half[] 5");
LEAT_ROW(L2Loss, "(float[0]) -> float[] 0");

/* ---- InTopK ---- */

/* Is the target among the k most probable? Classes as probable as the target do not push it out; where anything that counts
 * is not finite, or the target is no class, the answer is no. */
static bool in_top_k(const float *row, int64_t classes, int64_t target, int64_t k)
{
    int64_t better = 0;
    if (target < 0 || target >= classes || !isfinite(row[target]))
        return false;
    for (int64_t i = 0; i < classes && better <= k; i++) {
        if (!isfinite(row[i]))
            return false;
        better += row[i] > row[target];
    }
    return better < k;
}

static leat_status in_top_k_run(leat_kernel *k, int64_t n)
{
    const leat_tensor *predictions = k->in[0], *targets = k->in[1];
    char a[128], b[128];
    if (leat_shape_rank(&predictions->shape) != 2 || leat_shape_rank(&targets->shape) != 1 ||
        targets->elements != predictions->shape.dims[0])
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT, "there must be a target for every row: %s and %s",
            leat_shape_print(predictions->shape, a, sizeof a), leat_shape_print(targets->shape, b, sizeof b));
    LEAT_TRY(leat_out_new(k, 0, &targets->shape));
    int64_t classes = predictions->shape.dims[1];
    for (int64_t i = 0; i < targets->elements; i++)
        ((bool *)k->out[0].data)[i] =
            in_top_k((const float *)predictions->data + i * classes, classes, leat_index_at(targets, i), n);
    return LEAT_OK;
}

static leat_status in_top_k_kernel(leat_kernel *k)
{
    return in_top_k_run(k, leat_attr_int(k->op, "k"));
}

static leat_status in_top_k_v2_kernel(leat_kernel *k)
{
    LEAT_TRY(leat_kernel_want_scalar(k, 2, "k"));
    return in_top_k_run(k, leat_index_at(k->in[2], 0));
}

static leat_status in_top_k_shape(leat_infer *c)
{
    leat_shape rows;
    char a[128], b[128];
    LEAT_TRY(leat_infer_want_rank(c, 0, 2));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    if (c->op->n_inputs > 2)
        LEAT_TRY(leat_infer_want_rank(c, 2, 0));
    rows = LEAT_SHAPE(c->in[0]->rank_plus_1 != 0 ? c->in[0]->dims[0] : -1);
    if (!leat_shape_merge(&rows, c->in[1], &c->out[0]))
        return leat_infer_fail(c, "there must be a target for every row: %s and %s",
                               leat_shape_print(*c->in[0], a, sizeof a),
                               leat_shape_print(*c->in[1], b, sizeof b));
    return LEAT_OK;
}

const leat_op_def leat_op_InTopK =
    LEAT_OP("InTopK(predictions: float, targets: T) -> precision: bool; k: int; T: {int32, int64} = int32",
            .doc = "Whether the target of every row is among its k most probable classes.",
            .shape = in_top_k_shape, .kernels = {{.fn = in_top_k_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(InTopK, "(float[3,3] 1 2 3  3 2 1  1 1 1, int32[3] 1 1 2) {k: 2} -> bool[3] true true true");
LEAT_ROW(InTopK, "(float[3,3] 1 2 3  3 2 1  nan 1 2, int64[3] 0 3 2) {k: 2} -> bool[3] false false false");

const leat_op_def leat_op_InTopKV2 =
    LEAT_OP("InTopKV2(predictions: float, targets: T, k: T) -> precision: bool; T: {int32, int64} = int32",
            .doc = "Whether the target of every row is among its k most probable classes.",
            .shape = in_top_k_shape, .kernels = {{.fn = in_top_k_v2_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(InTopKV2, "(float[3,3] 1 2 3  3 2 1  1 1 1, int32[3] 2 1 2, int32[] 1) -> bool[3] true false true");
LEAT_ROW(InTopKV2, "(float[1,2] 1 inf, int64[1] 0, int64[] 2) -> bool[1] false");
LEAT_ROW(InTopKV2, "(float[2,3] -2..2, int32[3] 0 0 0, int32[] 1) fails 'every row'");
LEAT_ROW(InTopKV2, "(float[1,3] 1 3 2, int32[1] 1, int32[1] 1) fails ''");
