/* softmax.c - Softmax and LogSoftmax over the last dimension. */
#include <math.h>
#include "ops/grad-private.h"
#include "ops/softmax-private.h"

void leat_softmax_rows(leat_kernel *k, int64_t rows, int64_t classes, leat_range_fn *fn, void *arg)
{
    leat_ranges(k, rows, LEAT_MAX(1, LEAT_GRAIN_MATH / LEAT_MAX(1, classes)), fn, arg);
}

leat_status leat_as_floats_of(leat_kernel *k, int n_in, int64_t n_room, leat_as_floats *out)
{
    *out = (leat_as_floats){.room = NULL};
    for (int i = 0; i < n_in; i++) {
        out->in[i] = k->in[i]->data;
        n_room += k->in[i]->elements;
    }
    if (!leat_dtype_is_16bit_float(k->in[0]->dtype))
        return LEAT_OK;
    float *room = leat_scratch(k, (size_t)n_room * sizeof *room);
    if (room == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld floats", (long long)n_room);
    for (int i = 0; i < n_in; i++) {
        leat_floats_from_16(k->in[0]->dtype, room, k->in[i]->data, (size_t)k->in[i]->elements);
        out->in[i] = room;
        room += k->in[i]->elements;
    }
    out->room = room;
    return LEAT_OK;
}

typedef struct softmax {
    const char *x;
    char *out;
    int64_t classes;
    bool is_double, log;
} softmax;

/* The logarithm of the row's sum of e^(x - top): by blocks, since the shifted values themselves are still needed. */
static void log_sums(const softmax *s, const char *shifted, size_t rows, leat_row_values *out)
{
    const leat_softmax_loops *loops = &leat_nn_vector_get()->softmax[s->is_double];
    size_t bytes = s->is_double ? sizeof(double) : sizeof(float), n = (size_t)s->classes;
    union {
        float f[512];
        double d[512];
    } block;
    for (size_t r = 0; r < rows; r++) {
        double sum = 0;
        for (size_t i = 0; i < n; i += 512) {
            size_t m = LEAT_MIN(n - i, 512);
            leat_row_values part;
            memcpy(&block, shifted + (r * n + i) * bytes, m * bytes);
            leat_exp_all(s->is_double, &block, m);
            loops->sums(&block, &part, 1, m);
            sum += s->is_double ? part.d[0] : (double)part.f[0];
        }
        if (s->is_double)
            out->d[r] = log(sum);
        else
            out->f[r] = logf((float)sum);
    }
}

static void softmax_range(int64_t begin, int64_t end, void *arg)
{
    const softmax *s = arg;
    const leat_softmax_loops *loops = &leat_nn_vector_get()->softmax[s->is_double];
    size_t n = (size_t)s->classes, row_bytes = n * (s->is_double ? sizeof(double) : sizeof(float));
    leat_row_values tops, sums;
    for (int64_t row = begin; row < end; row += LEAT_SOFTMAX_BLOCK) {
        size_t rows = (size_t)LEAT_MIN(end - row, LEAT_SOFTMAX_BLOCK);
        char *out = s->out + (size_t)row * row_bytes;
        loops->shift(s->x + (size_t)row * row_bytes, out, &tops, rows, n);
        if (s->log) {
            log_sums(s, out, rows, &sums);
            loops->subtract(out, &sums, rows, n);
        } else {
            leat_exp_all(s->is_double, out, rows * n);
            loops->sums(out, &sums, rows, n);
            loops->scale(out, &sums, rows, n);
        }
    }
}

static leat_status softmax_run(leat_kernel *k, bool log)
{
    leat_as_floats as;
    leat_tensor *out = &k->out[0];
    int rank = leat_shape_rank(&k->in[0]->shape);
    if (rank < 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "logits must have a dimension of classes");
    LEAT_TRY(leat_out_reuse(k, 0, 0, &k->in[0]->shape));
    if (out->elements == 0)
        return LEAT_OK;
    LEAT_TRY(leat_as_floats_of(k, 1, out->elements, &as));
    softmax s = {.x = as.in[0],
                 .out = as.room != NULL ? (char *)as.room : out->data,
                 .classes = k->in[0]->shape.dims[rank - 1],
                 .is_double = out->dtype == LEAT_DOUBLE,
                 .log = log};
    leat_softmax_rows(k, out->elements / s.classes, s.classes, softmax_range, &s);
    if (as.room != NULL)
        leat_floats_to_16(out->dtype, out->data, as.room, (size_t)out->elements);
    return LEAT_OK;
}

static leat_status softmax_kernel(leat_kernel *k)
{
    return softmax_run(k, false);
}

static leat_status log_softmax_kernel(leat_kernel *k)
{
    return softmax_run(k, true);
}

static leat_status softmax_shape(leat_infer *c)
{
    if (leat_shape_rank(c->in[0]) == 0)
        return leat_infer_fail(c, "logits must have a dimension of classes");
    c->out[0] = *c->in[0];
    return LEAT_OK;
}

/* dx = (dy - sum(dy * y)) * y */
static void softmax_grad(leat_grad *g)
{
    leat_out y = leat_grad_out(g, 0), dy = g->dy[0];
    leat_out sum = leat_grad_sum(g, leat_mul(dy, y), leat_grad_int(g, -1), true);
    g->dx[0] = leat_mul(leat_sub(dy, sum), y);
}

/* dx = dy - sum(dy) * e^y */
static void log_softmax_grad(leat_grad *g)
{
    leat_out dy = g->dy[0], exp_y = LEAT_GRAD_CALL(g, "Exp", leat_grad_out(g, 0));
    leat_out sum = leat_grad_sum(g, dy, leat_grad_int(g, -1), true);
    g->dx[0] = leat_sub(dy, leat_mul(sum, exp_y));
}

static void softmax_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                         leat_cost *cost)
{
    (void)op;
    (void)out;
    cost->flops = 5.0 * (double)in[0]->elements; /* the largest, a difference, e^x, the sum, a quotient */
    cost->bytes = 2.0 * (double)in[0]->elements * (double)leat_dtype_bytes(in[0]->dtype);
}

const leat_op_def leat_op_Softmax = LEAT_OP(
    "Softmax(logits: T) -> softmax: T; T: floating", .doc = "e^x over its sum, along the last dimension.",
    .shape = softmax_shape, .kernels = {{.fn = softmax_kernel, .label = "vector"}}, .gradient = softmax_grad,
    .cost = softmax_cost, .flags = LEAT_OP_INPLACE);

LEAT_ROW(Softmax, "(float[3,10] -3..3)", ref_softmax);
LEAT_ROW(Softmax, "(double[2,3,17] -3..3)", ref_softmax);
LEAT_ROW(Softmax, "(half[5,4] -3..3)", ref_softmax);
LEAT_ROW(Softmax, "(float[2,2] 1000 1000 -1000 -1000) -> float[2,2] 0.5 0.5 0.5 0.5");
LEAT_ROW(Softmax, "(float[300,40] -3..3) nograd", ref_softmax);
LEAT_ROW(Softmax, "(float[] 1) fails 'classes'");

const leat_op_def leat_op_LogSoftmax =
    LEAT_OP("LogSoftmax(logits: T) -> logsoftmax: T; T: floating",
            .doc = "The logarithm of Softmax, computed without cancellation.", .shape = softmax_shape,
            .kernels = {{.fn = log_softmax_kernel, .label = "vector"}}, .gradient = log_softmax_grad,
            .cost = softmax_cost, .flags = LEAT_OP_INPLACE);

LEAT_ROW(LogSoftmax, "(float[3,10] -3..3)", ref_log_softmax);
LEAT_ROW(LogSoftmax, "(double[2,3,700] -3..3) nograd", ref_log_softmax);
LEAT_ROW(LogSoftmax, "(bfloat16[5,4] -3..3)", ref_log_softmax);
