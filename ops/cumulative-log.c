/* cumulative-log.c - CumulativeLogsumexp: running log(sum(exp(x))), without overflow on the way. */
#include <float.h>
#include <math.h>
#include "ops/grad-private.h"

typedef struct scan {
    const leat_tensor *x;
    leat_tensor *out;
    int64_t length, inner; /* [outer, length, inner] */
    bool exclusive, reverse;
} scan;

/* log(e^a + e^b); -inf is the logarithm of nothing. */
static double log_add(double a, double b)
{
    double high = a > b ? a : b, low = a > b ? b : a;
    if (isnan(a) || isnan(b))
        return a + b;
    return low == -HUGE_VAL || high == HUGE_VAL ? high : high + log1p(exp(low - high));
}

static void scan_lines(int64_t begin, int64_t end, void *arg)
{
    const scan *s = arg;
    for (int64_t line = begin; line < end; line++) {
        int64_t first = line / s->inner * s->length * s->inner + line % s->inner;
        double sum = -HUGE_VAL;
        for (int64_t i = 0; i < s->length; i++) {
            int64_t at = first + (s->reverse ? s->length - 1 - i : i) * s->inner;
            double next = log_add(sum, leat_element_get(s->x, at));
            leat_element_put(s->out, at, s->exclusive ? sum : next);
            sum = next;
        }
    }
}

static leat_status logsumexp_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int rank = leat_shape_rank(&x->shape), axis;
    LEAT_TRY(leat_kernel_want_scalar(k, 1, "axis"));
    LEAT_TRY(leat_kernel_axis(k, k->in[1], rank, &axis));
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    if (x->elements == 0)
        return LEAT_OK;
    scan s = {.x = x,
              .out = &k->out[0],
              .length = x->shape.dims[axis],
              .inner = leat_dims_product(&x->shape, axis + 1, rank),
              .exclusive = leat_attr_bool(k->op, "exclusive"),
              .reverse = leat_attr_bool(k->op, "reverse")};
    leat_ranges(k, x->elements / s.length, LEAT_MAX(LEAT_GRAIN_HEAVY / s.length, 1), scan_lines, &s);
    return LEAT_OK;
}

/* As TensorFlow's: the gradient's positive and negative parts by their logarithms, added up the other way round. */
static leat_out part(leat_grad *g, bool negative)
{
    leat_out dy = negative ? leat_raw_neg(g->dy[0]) : g->dy[0],
             zero = leat_grad_zero(g, leat_out_dtype(g->dy[0]));
    leat_out lowest =
        leat_scalar_float(g->graph, leat_out_dtype(dy) == LEAT_DOUBLE ? -DBL_MAX : (double)-FLT_MAX);
    leat_out log_part = leat_raw_select_v2(leat_raw_greater(dy, zero), leat_raw_log(dy), lowest);
    leat_out sum = leat_raw_cumulative_logsumexp(
        leat_raw_sub(log_part, leat_grad_out(g, 0)), leat_grad_in(g, 1),
        .exclusive = leat_attr_bool(g->op, "exclusive"), .reverse = !leat_attr_bool(g->op, "reverse"));
    return leat_raw_exp(leat_raw_add_v2(sum, leat_grad_in(g, 0)));
}

static void logsumexp_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_sub(part(g, false), part(g, true));
}

const leat_op_def leat_op_CumulativeLogsumexp = LEAT_OP(
    "CumulativeLogsumexp(x: T, axis: Tidx) -> out: T; exclusive: bool = false; reverse: bool = false; "
    "T: {bfloat16, half, float, double}; Tidx: {int32, int64} = int32",
    .doc = "Running log(sum(exp(x))) along an axis.", .shape = leat_shape_same,
    .kernels = {{logsumexp_kernel}}, .gradient = logsumexp_grad);

LEAT_ROW(CumulativeLogsumexp,
         "(double[4] 0 1 -2 3, int32[] 0) -> double[4] 0 1.3132616875182228 1.3490122167681864 "
         "3.1755153626167147");
LEAT_ROW(CumulativeLogsumexp,
         "(float[2,2] 1000 1 1000 2, int32[] 0) {reverse: true} nograd -> float[2,2] 1000.69314718 "
         "2.31326169 1000 2");
LEAT_ROW(CumulativeLogsumexp, "(double[3] 0 1 2, int64[] -1) {exclusive: true} nograd -> double[3] "
                              "-inf 0 1.3132616875182228");
LEAT_ROW(CumulativeLogsumexp, "(float[2] 1 2, int32[] 1) fails 'out of range'");
LEAT_ROW(CumulativeLogsumexp, "(float[2] 1 2, int32[1] 0) fails 'axis must be a scalar'");
