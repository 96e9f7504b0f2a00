/* einsum-grad.c - the gradient of Einsum, made of Einsum: the labels change places. Labels that are summed in the forward
 * direction and that nobody else has are stretched. */
#include <stdio.h>
#include "ops/einsum-private.h"

/* Text of labels: "ab...c". */
static void spell(const char *labels, int n, char *text)
{
    for (int i = 0; i < n; i++) {
        size_t used = labels[i] == '.' ? 3 : 1;
        memcpy(text, labels[i] == '.' ? "..." : &labels[i], used);
        text += used;
    }
    *text = '\0';
}

static leat_out einsum(leat_grad *g, leat_out a, leat_out b, const char *from_a, const char *from_b,
                       const char *to)
{
    char equation[128];
    leat_out in[2] = {a, b};
    int n = b.op != NULL ? 2 : 1;
    snprintf(equation, sizeof equation, n == 2 ? "%s,%s->%s" : "%s%s->%s", from_a, n == 2 ? from_b : "", to);
    leat_op_builder *builder = leat_op_begin(g->graph, "Einsum", NULL);
    leat_op_add_input_list(builder, in, (size_t)n);
    leat_op_set_string(builder, "equation", equation, strlen(equation));
    return (leat_out){leat_op_end(builder), 0};
}

/* The axis of the i-th of n labels: from the front, or from the back (negative) behind "...". */
static int axis_of(const char *labels, int n, int i)
{
    const char *dots = memchr(labels, '.', (size_t)n);
    return dots != NULL && dots - labels < i ? i - n : i;
}

/* shape[axis : axis + 1] */
static leat_out one_dim(leat_grad *g, leat_out shape, int axis)
{
    int32_t begin = axis, end = axis + 1, one = 1;
    return leat_raw_strided_slice(shape, leat_grad_ints(g, &begin, 1), leat_grad_ints(g, &end, 1),
                                  leat_grad_ints(g, &one, 1), .end_mask = axis == -1);
}

static bool repeats(const char *labels, int n)
{
    for (int i = 0; i < n; i++)
        if (memchr(labels + i + 1, labels[i], (size_t)(n - i - 1)) != NULL)
            return true;
    return false;
}

/* The gradient of a tensor with `labels` whose labels `gone` were summed away, from that of what was left, `kept`, in
 * order `order` (of n_order). */
static leat_out stretch(leat_grad *g, leat_out dy, const char *order, int n_order, const char *labels, int n,
                        const char *gone, int n_gone, leat_out x)
{
    char kept[LEAT_EINSUM_LABELS + 1], in[64], out[64], all[2 * LEAT_EINSUM_LABELS + 2];
    int n_kept = 0;
    for (int i = 0; i < n; i++)
        if (memchr(gone, labels[i], (size_t)n_gone) == NULL)
            kept[n_kept++] = labels[i];
    leat_out shape = leat_raw_shape(x);
    if (!repeats(labels, n) && n_kept == n_order && memcmp(kept, order, (size_t)n_order) == 0) {
        for (int i = 0; i < n; i++) /* axes from the front, in order */
            if (memchr(gone, labels[i], (size_t)n_gone) != NULL && axis_of(labels, n, i) >= 0)
                dy = leat_raw_expand_dims(dy, leat_grad_int(g, axis_of(labels, n, i)));
        for (int i = n - 1; i >= 0; i--) /* then from the back */
            if (memchr(gone, labels[i], (size_t)n_gone) != NULL && axis_of(labels, n, i) < 0)
                dy = leat_raw_expand_dims(dy, leat_grad_int(g, axis_of(labels, n, i)));
        return leat_raw_broadcast_to(dy, shape);
    }
    /* the labels that are gone in front, then an Einsum puts all in their places */
    leat_out dims[LEAT_EINSUM_LABELS + 1];
    int count = 0;
    for (int i = 0; i < n_gone; i++) {
        int at = (int)((const char *)memchr(labels, gone[i], (size_t)n) - labels);
        dims[count++] = one_dim(g, shape, axis_of(labels, n, at));
    }
    dims[count++] = leat_raw_shape(dy);
    leat_out full = leat_raw_concat_v2(((leat_out_list){dims, (size_t)count}), leat_grad_int(g, 0));
    memcpy(all, gone, (size_t)n_gone);
    memcpy(all + n_gone, order, (size_t)n_order);
    spell(all, n_gone + n_order, in);
    spell(labels, n, out);
    return einsum(g, leat_raw_broadcast_to(dy, full), LEAT_NO_OUT, in, "", out);
}

/* The labels of `labels` that neither `a` nor `b` has, each once. "..." stretches by itself. */
static int missing(const char *labels, int n, const char *a, int na, const char *b, int nb, char *gone)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        if (labels[i] != '.' && memchr(a, labels[i], (size_t)na) == NULL &&
            memchr(b, labels[i], (size_t)nb) == NULL && memchr(gone, labels[i], (size_t)count) == NULL)
            gone[count++] = labels[i];
    return count;
}

static void unary_grad(leat_grad *g, const leat_einsum *e)
{
    char gone[LEAT_EINSUM_LABELS], in[64], out[64];
    int n = missing(e->labels[0], e->n[0], e->labels[2], e->n[2], "", 0, gone);
    if (leat_einsum_has(e, 0, '.') && !leat_einsum_has(e, 2, '.')) {
        leat_grad_fail(g, "no gradient where '...' is summed");
        return;
    }
    spell(e->labels[2], e->n[2], in);
    spell(e->labels[0], e->n[0], out);
    g->dx[0] = n == 0 ? einsum(g, g->dy[0], LEAT_NO_OUT, in, "", out)
                      : stretch(g, g->dy[0], e->labels[2], e->n[2], e->labels[0], e->n[0], gone, n,
                                leat_grad_in(g, 0));
}

/* The gradient of input t, before its broadcast dimensions are summed. `labels`: of the inputs, with "..." where the result has
 * it. */
static leat_out binary_grad(leat_grad *g, const leat_einsum *e, int t)
{
    char gone[LEAT_EINSUM_LABELS], left[LEAT_EINSUM_LABELS + 1], out[64], other[64], to[64];
    int n_left = 0,
        n_gone = missing(e->labels[t], e->n[t], e->labels[2], e->n[2], e->labels[1 - t], e->n[1 - t], gone);
    for (int i = 0; i < e->n[t]; i++)
        if (memchr(gone, e->labels[t][i], (size_t)n_gone) == NULL)
            left[n_left++] = e->labels[t][i];
    spell(e->labels[2], e->n[2], out);
    spell(e->labels[1 - t], e->n[1 - t], other);
    spell(left, n_left, to);
    leat_out reduced = einsum(g, g->dy[0], leat_grad_in(g, 1 - t), out, other, to);
    return n_gone == 0
               ? reduced
               : stretch(g, reduced, left, n_left, e->labels[t], e->n[t], gone, n_gone, leat_grad_in(g, t));
}

/* shape(x) of the dimensions that "..." stands for, and where those begin. */
static leat_out dots_shape(leat_grad *g, const leat_einsum *e, int t, leat_out shape, int *begin)
{
    int32_t at = (int32_t)((const char *)memchr(e->labels[t], '.', (size_t)e->n[t]) - e->labels[t]),
            end = at + 1 - e->n[t];
    *begin = at;
    return leat_raw_strided_slice(shape, leat_grad_ints(g, &at, 1), leat_grad_ints(g, &end, 1),
                                  leat_grad_ints(g, &(int32_t){1}, 1), .end_mask = end == 0);
}

/* Sums over the dimensions of "..." in which the inputs were broadcast to each other. */
static void unbroadcast(leat_grad *g, const leat_einsum *e)
{
    leat_out shapes[2], dots[2];
    int begin[2];
    for (int t = 0; t < 2; t++) {
        shapes[t] = leat_raw_shape(leat_grad_in(g, t));
        dots[t] = dots_shape(g, e, t, shapes[t], &begin[t]);
    }
    leat_op *axes = leat_raw_broadcast_gradient_args(dots[0], dots[1]);
    for (int t = 0; axes != NULL && t < 2; t++) {
        leat_out at = leat_add(leat_op_output(axes, t), leat_grad_int(g, begin[t]));
        g->dx[t] = leat_raw_reshape(leat_grad_sum(g, g->dx[t], at, false), shapes[t]);
    }
}

void leat_einsum_grad(leat_grad *g)
{
    leat_einsum e;
    if (leat_einsum_parse(&e, leat_attr_string(g->op, "equation"), (int)g->op->n_inputs) != NULL)
        return; /* the shape function has told */
    if (e.n_inputs == 1) {
        unary_grad(g, &e);
        return;
    }
    bool dots = leat_einsum_has(&e, 2, '.');
    if (!dots && (leat_einsum_has(&e, 0, '.') || leat_einsum_has(&e, 1, '.'))) {
        leat_grad_fail(g, "no gradient where '...' is summed");
        return;
    }
    for (int t = 0; t < 2; t++) /* an empty "..." so that both can be broadcast */
        if (dots && !leat_einsum_has(&e, t, '.'))
            e.labels[t][e.n[t]++] = '.';
    g->dx[0] = binary_grad(g, &e, 0);
    g->dx[1] = binary_grad(g, &e, 1);
    if (dots)
        unbroadcast(g, &e);
}
