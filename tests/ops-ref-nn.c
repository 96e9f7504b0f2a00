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

/* ---- convolution ---- */

struct window { /* of one spatial dimension */
    int64_t in, out, size, stride, dilation, before;
};

static void window_of(const leat_ref *r, struct window *w, int axis, int filter_axis)
{
    const int64_t *strides, *dilations, *explicit_pads;
    size_t n_pads = leat_attr_ints(r->op, "explicit_paddings", &explicit_pads);
    leat_attr_ints(r->op, "strides", &strides);
    size_t n_dilations = leat_attr_ints(r->op, "dilations", &dilations);
    const char *padding = leat_attr_string(r->op, "padding");
    *w = (struct window){.in = r->in_shape[0].dims[axis],
                         .size = r->in_shape[1].dims[filter_axis],
                         .stride = strides[axis],
                         .dilation = n_dilations > 0 ? dilations[axis] : 1};
    int64_t reach = (w->size - 1) * w->dilation + 1, padded = w->in;
    if (strcmp(padding, "SAME") == 0) {
        w->out = (w->in + w->stride - 1) / w->stride;
        w->before = LEAT_MAX((w->out - 1) * w->stride + reach - w->in, 0) / 2;
    } else {
        if (n_pads > 0) {
            w->before = explicit_pads[2 * axis];
            padded += explicit_pads[2 * axis] + explicit_pads[2 * axis + 1];
        }
        w->out = (padded - reach) / w->stride + 1;
    }
}

/* Images [N, H, W, C] or [N, C, H, W], filter [h, w, C / groups, outputs]. */
void ref_conv2d(leat_ref *r)
{
    bool nchw = strcmp(leat_attr_string(r->op, "data_format"), "NCHW") == 0;
    const leat_shape *x = &r->in_shape[0], *f = &r->in_shape[1], *y = &r->out_shape[0];
    int ah = nchw ? 2 : 1, aw = nchw ? 3 : 2, ac = nchw ? 1 : 3;
    struct window h, w;
    window_of(r, &h, ah, 0);
    window_of(r, &w, aw, 1);
    int64_t channels = x->dims[ac], per_group = f->dims[2], outputs = f->dims[3],
            groups = channels / per_group;
    r->wrong_shape = leat_shape_rank(y) != 4 || y->dims[0] != x->dims[0] || y->dims[ah] != h.out ||
                     y->dims[aw] != w.out || y->dims[ac] != outputs;
    for (int64_t i = 0; !r->wrong_shape && i < x->dims[0] * h.out * w.out * outputs; i++) {
        int64_t o = i % outputs, ow = i / outputs % w.out, oh = i / outputs / w.out % h.out,
                n = i / outputs / w.out / h.out;
        long double sum = 0;
        for (int64_t k = 0; k < h.size * w.size * per_group; k++) {
            int64_t c = k % per_group, kw = k / per_group % w.size, kh = k / per_group / w.size;
            int64_t ih = oh * h.stride + kh * h.dilation - h.before,
                    iw = ow * w.stride + kw * w.dilation - w.before;
            int64_t channel = o / (outputs / groups) * per_group + c;
            if (ih < 0 || ih >= h.in || iw < 0 || iw >= w.in)
                continue;
            int64_t at = nchw ? ((n * channels + channel) * h.in + ih) * w.in + iw
                              : ((n * h.in + ih) * w.in + iw) * channels + channel;
            sum += (long double)r->in[0][at] * r->in[1][((kh * w.size + kw) * per_group + c) * outputs + o];
        }
        r->out[0][nchw ? ((n * outputs + o) * h.out + oh) * w.out + ow : i] = (double)sum;
    }
}
