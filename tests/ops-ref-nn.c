/* ops-ref-nn.c - reference functions of the ops of neural networks. */
#include "ops-rows.h"
#include <string.h>

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

/* a b over the last two dimensions, the others broadcast; either may be transposed. */
void ref_mat_mul(leat_ref *r)
{
    bool batch = strncmp(r->op->type->name, "Batch", 5) == 0;
    bool ta = leat_attr_bool(r->op, batch ? "adj_x" : "transpose_a"),
         tb = leat_attr_bool(r->op, batch ? "adj_y" : "transpose_b");
    const leat_shape *sa = &r->in_shape[0], *sb = &r->in_shape[1], *so = &r->out_shape[0];
    int ra = leat_shape_rank(sa), rb = leat_shape_rank(sb), ro = leat_shape_rank(so);
    int64_t m = sa->dims[ra - 1 - !ta], k = sa->dims[ra - 1 - ta], n = sb->dims[rb - 1 - tb];
    r->wrong_shape = ro < 2 || so->dims[ro - 2] != m || so->dims[ro - 1] != n;
    int64_t batches = r->wrong_shape ? 0 : rows_of(so) / LEAT_MAX(m, 1);
    for (int64_t b = 0; b < batches; b++) {
        int64_t at_a = 0, at_b = 0, left = b, step_a = 1, step_b = 1;
        for (int d = ro - 3; d >= 0; d--) {
            int64_t i = left % so->dims[d], da = d - ro + ra, db = d - ro + rb;
            left /= so->dims[d];
            if (da >= 0) {
                at_a += sa->dims[da] == 1 ? 0 : i * step_a;
                step_a *= sa->dims[da];
            }
            if (db >= 0) {
                at_b += sb->dims[db] == 1 ? 0 : i * step_b;
                step_b *= sb->dims[db];
            }
        }
        const double *x = r->in[0] + at_a * m * k, *y = r->in[1] + at_b * k * n;
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                long double sum = 0;
                for (int64_t l = 0; l < k; l++)
                    sum += (long double)x[ta ? l * m + i : i * k + l] * y[tb ? j * k + l : l * n + j];
                r->out[0][(b * m + i) * n + j] = (double)sum;
            }
    }
}
