/* ops-ref-nn.c - reference functions of the ops of neural networks. */
#include "ops-rows.h"

static int64_t rows_of(const leat_shape *s)
{
    int64_t n = 1;
    for (int d = 0; d < leat_shape_rank(s) - 1; d++)
        n *= s->dims[d];
    return n;
}
static int64_t classes_of(const leat_shape *s)
{
    return s->dims[leat_shape_rank(s) - 1];
}

/* log of the sum of exp of one row, without overflow. */
static double log_sum(const double *x, int64_t n)
{
    double max = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++)
        max = fmax(max, x[i]);
    for (int64_t i = 0; i < n; i++)
        sum += exp(x[i] - max);
    return max + log(sum);
}

static void softmax(leat_ref *r, bool logarithm)
{
    int64_t n = classes_of(&r->in_shape[0]);
    for (int64_t row = 0; row < rows_of(&r->in_shape[0]); row++) {
        const double *x = r->in[0] + row * n;
        double all = log_sum(x, n);
        for (int64_t i = 0; i < n; i++)
            r->out[0][row * n + i] = logarithm ? x[i] - all : exp(x[i] - all);
    }
}
void ref_softmax(leat_ref *r)
{
    softmax(r, false);
}
void ref_log_softmax(leat_ref *r)
{
    softmax(r, true);
}

/* loss = -sum(labels * log_softmax), backprop = softmax - labels; one operand may have one row for all. */
void ref_cross_entropy(leat_ref *r)
{
    int64_t n = classes_of(&r->in_shape[0]), rows = r->out_shape[0].dims[0];
    for (int64_t row = 0; row < rows; row++) {
        const double *x = r->in[0] + (r->in_shape[0].dims[0] == 1 ? 0 : row * n);
        const double *label = r->in[1] + (r->in_shape[1].dims[0] == 1 ? 0 : row * n);
        double all = log_sum(x, n);
        r->out[0][row] = 0;
        for (int64_t i = 0; i < n; i++) {
            r->out[0][row] -= label[i] * (x[i] - all);
            r->out[1][row * n + i] = exp(x[i] - all) - label[i];
        }
    }
}

void ref_sparse_cross_entropy(leat_ref *r)
{
    int64_t n = classes_of(&r->in_shape[0]);
    for (int64_t row = 0; row < rows_of(&r->in_shape[0]); row++) {
        const double *x = r->in[0] + row * n;
        int64_t label = (int64_t)r->in[1][row];
        double all = log_sum(x, n);
        r->out[0][row] = all - x[label];
        for (int64_t i = 0; i < n; i++)
            r->out[1][row * n + i] = exp(x[i] - all) - (i == label);
    }
}
