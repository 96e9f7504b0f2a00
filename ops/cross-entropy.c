/* cross-entropy.c - the softmax cross entropies, with labels as probabilities or as class numbers. Output 1 is what the
 * gradient needs: softmax - labels. */
#include <math.h>
#include "ops/grad-private.h"
#include "ops/softmax-private.h"

typedef struct entropy {
    leat_dtype label_dtype;
    bool is_double, sparse;
    const char *logits;
    const void *labels;
    char *loss, *backprop;
    int64_t classes;
    /* dense operands of one row or one class are broadcast; strides in elements */
    int64_t logits_row, labels_row, logits_class, labels_class;
} entropy;

#define ENTROPY_ROWS(name_, type_, member_, log_)                                                            \
    static void name_(const entropy *e, int64_t row, size_t rows, const leat_row_values *tops,               \
                      const leat_row_values *sums)                                                           \
    {                                                                                                        \
        size_t n = (size_t)e->classes;                                                                       \
        for (size_t r = 0; r < rows; r++) {                                                                  \
            int64_t at = row + (int64_t)r;                                                                   \
            const type_ log_sum = log_(sums->member_[r]), top = tops->member_[r];                            \
            const type_ *x = (const type_ *)(const void *)e->logits + at * e->logits_row;                    \
            type_ *back = (type_ *)(void *)e->backprop + (size_t)at * n, loss = 0;                           \
            if (e->sparse) {                                                                                 \
                size_t label = (size_t)(e->label_dtype == LEAT_INT64 ? ((const int64_t *)e->labels)[at]      \
                                                                     : ((const int32_t *)e->labels)[at]);    \
                loss = log_sum - (x[label] - top);                                                           \
                back[label] -= 1;                                                                            \
            } else {                                                                                         \
                const type_ *p = (const type_ *)e->labels + at * e->labels_row;                              \
                for (size_t i = 0; i < n; i++) {                                                             \
                    const type_ y = p[(int64_t)i * e->labels_class];                                         \
                    loss += y * (log_sum - (x[(int64_t)i * e->logits_class] - top));                         \
                    back[i] -= y;                                                                            \
                }                                                                                            \
            }                                                                                                \
            ((type_ *)(void *)e->loss)[at] = loss;                                                           \
        }                                                                                                    \
    }
ENTROPY_ROWS(entropy_rows_f32, float, f, logf)
ENTROPY_ROWS(entropy_rows_f64, double, d, log)

/* x - top and top of `rows` rows whose classes or rows are broadcast. */
static void shift_broadcast(const entropy *e, int64_t row, size_t rows, char *back, leat_row_values *tops)
{
    size_t n = (size_t)e->classes, bytes = e->is_double ? sizeof(double) : sizeof(float);
    for (size_t i = 0; i < rows * n; i++) {
        int64_t from = (row + (int64_t)(i / n)) * e->logits_row + (int64_t)(i % n) * e->logits_class;
        memcpy(back + i * bytes, e->logits + (size_t)from * bytes, bytes);
    }
    leat_nn_vector_get()->softmax[e->is_double].shift(back, back, tops, rows, n);
}

static void entropy_range(int64_t begin, int64_t end, void *arg)
{
    const entropy *e = arg;
    const leat_softmax_loops *loops = &leat_nn_vector_get()->softmax[e->is_double];
    size_t n = (size_t)e->classes, row_bytes = n * (e->is_double ? sizeof(double) : sizeof(float));
    leat_row_values tops, sums;
    for (int64_t row = begin; row < end; row += LEAT_SOFTMAX_BLOCK) {
        size_t rows = (size_t)LEAT_MIN(end - row, LEAT_SOFTMAX_BLOCK);
        char *back = e->backprop + (size_t)row * row_bytes;
        if (e->logits_row == e->classes && e->logits_class == 1)
            loops->shift(e->logits + (size_t)row * row_bytes, back, &tops, rows, n);
        else
            shift_broadcast(e, row, rows, back, &tops);
        leat_exp_all(e->is_double, back, rows * n);
        loops->sums(back, &sums, rows, n);
        loops->divide(back, &sums, rows, n);
        if (e->is_double)
            entropy_rows_f64(e, row, rows, &tops, &sums);
        else
            entropy_rows_f32(e, row, rows, &tops, &sums);
    }
}

/* Allocates the outputs and runs `e`, whose strides are set. */
static leat_status entropy_run(leat_kernel *k, entropy *e, int64_t rows)
{
    leat_as_floats as;
    leat_tensor *loss = &k->out[0], *backprop = &k->out[1];
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(rows)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(rows, e->classes)));
    LEAT_TRY(leat_as_floats_of(k, e->sparse ? 1 : 2, loss->elements + backprop->elements, &as));
    e->is_double = loss->dtype == LEAT_DOUBLE;
    e->logits = as.in[0];
    e->labels = e->sparse ? k->in[1]->data : as.in[1];
    e->loss = as.room != NULL ? (char *)as.room : loss->data;
    e->backprop = as.room != NULL ? (char *)(as.room + loss->elements) : backprop->data;
    leat_softmax_rows(k, rows, e->classes, entropy_range, e);
    if (as.room != NULL) {
        leat_floats_to_16(loss->dtype, loss->data, as.room, (size_t)loss->elements);
        leat_floats_to_16(loss->dtype, backprop->data, as.room + loss->elements, (size_t)backprop->elements);
    }
    return LEAT_OK;
}

/* ---- dense ---- */

static leat_status dense_shape(leat_infer *c)
{
    leat_shape shape;
    char a[128], b[128];
    if (!leat_shape_broadcast(c->in[0], c->in[1], &shape) ||
        (shape.rank_plus_1 != 0 && leat_shape_rank(&shape) != 2))
        return leat_infer_fail(c, "logits and labels must broadcast to one matrix: %s and %s",
                               leat_shape_print(*c->in[0], a, sizeof a),
                               leat_shape_print(*c->in[1], b, sizeof b));
    c->out[0] = LEAT_SHAPE(shape.rank_plus_1 != 0 ? shape.dims[0] : -1);
    c->out[1] = shape.rank_plus_1 != 0 ? shape : leat_shape_ranked(2);
    return LEAT_OK;
}

static leat_status dense_kernel(leat_kernel *k)
{
    leat_shape shape, x = k->in[0]->shape, y = k->in[1]->shape;
    char a[128], b[128];
    if (leat_shape_rank(&x) != 2 || leat_shape_rank(&y) != 2 || !leat_shape_broadcast(&x, &y, &shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "logits and labels must broadcast to one matrix: %s and %s",
                                leat_shape_print(x, a, sizeof a), leat_shape_print(y, b, sizeof b));
    if (shape.dims[1] == 0) { /* no classes, no loss */
        LEAT_TRY(leat_out_fill(k, &LEAT_SHAPE(shape.dims[0]), &(double){0}));
        return leat_out_new(k, 1, &shape);
    }
    entropy e = {.classes = shape.dims[1],
                 .logits_row = x.dims[0] == 1 ? 0 : x.dims[1],
                 .labels_row = y.dims[0] == 1 ? 0 : y.dims[1],
                 .logits_class = x.dims[1] == 1 ? 0 : 1,
                 .labels_class = y.dims[1] == 1 ? 0 : 1};
    if (x.dims[0] == 1 && shape.dims[0] == 1)
        e.logits_row = x.dims[1];
    if (x.dims[1] == 1 && shape.dims[1] == 1)
        e.logits_class = 1;
    return entropy_run(k, &e, shape.dims[0]);
}

/* grad_loss * backprop, and the second derivative, the softmax's own, where something flows into output 1. */
static leat_out logits_grad(leat_grad *g)
{
    leat_out grad = LEAT_NO_OUT;
    if (leat_grad_flows(g, 0))
        grad = leat_mul(LEAT_GRAD_CALL(g, "ExpandDims", g->dy[0], leat_grad_int(g, -1)), leat_grad_out(g, 1));
    if (!leat_grad_flows(g, 1))
        return grad;
    leat_out softmax = leat_raw_softmax(leat_grad_in(g, 0)), second = g->dy[1];
    leat_out dot = leat_grad_sum(g, leat_mul(second, softmax), leat_grad_int(g, 1), true);
    second = leat_mul(leat_sub(second, dot), softmax);
    return grad.op != NULL ? leat_add(grad, second) : second;
}

static void dense_grad(leat_grad *g)
{
    g->dx[0] = logits_grad(g);
    if (!leat_grad_flows(g, 0))
        return;
    leat_out minus = leat_raw_neg(leat_raw_log_softmax(leat_grad_in(g, 0)));
    g->dx[1] = leat_mul(LEAT_GRAD_CALL(g, "ExpandDims", g->dy[0], leat_grad_int(g, -1)), minus);
}

/* Softmax (5), and minus the label; labels that are probabilities also weight the logarithms (2). */
static void entropy_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                         leat_cost *cost)
{
    (void)op;
    double labels = (double)in[1]->elements, all = (double)out[1].elements;
    cost->flops = 5 * all + (labels < all ? labels : 3 * all);
}

const leat_op_def leat_op_SoftmaxCrossEntropyWithLogits = LEAT_OP(
    "SoftmaxCrossEntropyWithLogits(features: T, labels: T) -> loss: T, backprop: T; T: floating",
    .doc =
        "The cross entropy of softmax(features) and labels, which are probabilities, for every row; backprop is "
        "its derivative by features.",
    .shape = dense_shape, .kernels = {{.fn = dense_kernel, .label = "vector"}}, .gradient = dense_grad,
    .cost = entropy_cost);

LEAT_ROW(SoftmaxCrossEntropyWithLogits, "(float[4,5] -2..2, float[4,5] 0..1) nograd", ref_cross_entropy);
LEAT_ROW(SoftmaxCrossEntropyWithLogits, "(double[4,5] -2..2, double[1,5] 0..1) nograd", ref_cross_entropy);
LEAT_ROW(SoftmaxCrossEntropyWithLogits, "(double[1,5] -2..2, double[4,5] 0..1) nograd", ref_cross_entropy);
LEAT_ROW(SoftmaxCrossEntropyWithLogits, "(float[4,5] -2..2, float[4,6] 0..1) fails 'broadcast'");
LEAT_ROW(SoftmaxCrossEntropyWithLogits, "(half[0,4], half[0,4]) -> half[0], half[0,4]");
LEAT_ROW(SoftmaxCrossEntropyWithLogits, "(float[2,0], float[2,0]) nograd -> float[2] 0 0, float[2,0]");

/* ---- sparse ---- */

static leat_status sparse_shape(leat_infer *c)
{
    leat_shape rows, labels = *c->in[1];
    char a[128], b[128];
    LEAT_TRY(leat_infer_want_rank(c, 0, 2));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    leat_shape logits = c->in[0]->rank_plus_1 != 0 ? *c->in[0] : leat_shape_ranked(2);
    if (!leat_shape_merge(&labels, &LEAT_SHAPE(logits.dims[0]), &rows))
        return leat_infer_fail(c, "there must be a label for every row: logits %s, labels %s",
                               leat_shape_print(logits, a, sizeof a), leat_shape_print(labels, b, sizeof b));
    c->out[0] = rows;
    c->out[1] = LEAT_SHAPE(rows.dims[0], logits.dims[1]);
    return LEAT_OK;
}

static leat_status sparse_kernel(leat_kernel *k)
{
    const leat_tensor *logits = k->in[0], *labels = k->in[1];
    char a[128], b[128];
    if (leat_shape_rank(&logits->shape) != 2 || leat_shape_rank(&labels->shape) != 1 ||
        labels->elements != logits->shape.dims[0])
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT, "there must be a label for every row: logits %s, labels %s",
            leat_shape_print(logits->shape, a, sizeof a), leat_shape_print(labels->shape, b, sizeof b));
    int64_t rows = logits->shape.dims[0], classes = logits->shape.dims[1];
    if (classes == 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "there must be at least one class");
    for (int64_t i = 0; i < rows; i++) {
        int64_t label = leat_index_at(labels, i);
        if (label < 0 || label >= classes)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "label %lld of row %lld is outside of [0, %lld)", (long long)label,
                                    (long long)i, (long long)classes);
    }
    entropy e = {.sparse = true,
                 .label_dtype = labels->dtype,
                 .classes = classes,
                 .logits_row = classes,
                 .logits_class = 1};
    return entropy_run(k, &e, rows);
}

static void sparse_grad(leat_grad *g)
{
    g->dx[0] = logits_grad(g);
}

const leat_op_def leat_op_SparseSoftmaxCrossEntropyWithLogits = LEAT_OP(
    "SparseSoftmaxCrossEntropyWithLogits(features: T, labels: Tlabels) -> loss: T, backprop: T; T: floating; "
    "Tlabels: {int32, int64} = int64",
    .doc =
        "The cross entropy of softmax(features) and labels, which are class numbers, for every row; backprop is "
        "its derivative by features.",
    .shape = sparse_shape, .kernels = {{.fn = sparse_kernel, .label = "vector"}}, .gradient = sparse_grad,
    .cost = entropy_cost);

LEAT_ROW(SparseSoftmaxCrossEntropyWithLogits, "(float[4,5] -2..2, int64[4] 0 4 2 2) nograd",
         ref_sparse_cross_entropy);
LEAT_ROW(SparseSoftmaxCrossEntropyWithLogits, "(double[4,5] -2..2, int32[4] 0 4 2 2) nograd",
         ref_sparse_cross_entropy);
LEAT_ROW(SparseSoftmaxCrossEntropyWithLogits, "(half[4,5] -2..2, int32[4] 0 4 2 2) nograd",
         ref_sparse_cross_entropy);
LEAT_ROW(SparseSoftmaxCrossEntropyWithLogits, "(float[2,3] -2..2, int32[2] 0 3) fails 'label 3 of row 1'");
LEAT_ROW(SparseSoftmaxCrossEntropyWithLogits, "(float[2,3] -2..2, int32[2] -1 0) fails 'label -1 of row 0'");
LEAT_ROW(SparseSoftmaxCrossEntropyWithLogits, "(float[2,3] -2..2, int32[3] 0 0 0) fails 'every row'");
