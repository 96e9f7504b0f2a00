/* gradients.c - reverse-mode differentiation: the walk over the graph. The ops' own gradients stand beside their kernels.
 *
 * The order of the walk and of the sums is that of tf.gradients, so that sums of several gradients have its bits and nodes its
 * names: a queue of ops whose every use on a path from xs to ys has been differentiated. */
#include <stdio.h>
#include <string.h>
#include "graph-private.h"

typedef struct contribution { /* one summand of the gradient of an output */
    leat_out value;
    int32_t next; /* in order of arrival; -1: the last */
} contribution;

typedef struct walk {
    leat_graph *g;
    size_t n_ops;           /* ops there were before */
    uint8_t *marks;         /* by op id */
    uint32_t *pending;      /* by op id: uses on paths not yet differentiated */
    uint32_t *first_output; /* by op id: index of output 0 in heads and tails */
    int32_t *heads, *tails; /* by output: its contributions */
    contribution *items;
    size_t n_items, items_capacity;
    leat_op **queue;
    size_t head, tail, queue_capacity;
    bool gate;
    leat_out *scratch; /* dy and dx of one op */
    size_t scratch_capacity;
} walk;

enum { TO = 1, BETWEEN = 2, STOP = 4, REACHED = 8 };

/* ---- helpers for the ops' gradient functions ---- */

void leat_grad_none(leat_grad *g)
{
    (void)g;
}

void leat_grad_missing(leat_grad *g)
{
    leat_graph_fail(g->graph, LEAT_ERR_UNIMPLEMENTED, "node '%s' (%s): the op is not differentiable",
                    g->op->name, g->op->type_name);
}

leat_out leat_grad_dy(leat_grad *g, int i)
{
    if (g->dy[i].op != NULL)
        return g->dy[i];
    leat_op_builder *b = leat_op_begin(g->graph, "ZerosLike", NULL);
    leat_op_add_input(b, leat_grad_out(g, i));
    return (leat_out){leat_op_end(b), 0};
}

static leat_out int_constant(leat_graph *g, const int32_t *values, int n, const char *name)
{
    leat_tensor *t = leat_tensor_from(LEAT_INT32, (leat_shape){2, {n}}, values);
    if (t == NULL) {
        leat_graph_keep(g, LEAT_ERR_NO_MEMORY);
        return LEAT_NO_OUT;
    }
    leat_out out = leat_pending_resolve(g, leat_value(g, t), NULL, name, LEAT_INT32);
    leat_tensor_unref(t);
    return out;
}

static leat_out sum_and_reshape(leat_grad *g, leat_out dx, leat_out axes, leat_out shape)
{
    leat_op_builder *b = leat_op_begin(g->graph, "Sum", NULL);
    leat_op_add_input(b, dx);
    leat_op_add_input(b, axes);
    leat_out sum = {leat_op_end(b), 0};
    b = leat_op_begin(g->graph, "Reshape", NULL);
    leat_op_add_input(b, sum);
    leat_op_add_input(b, shape);
    return (leat_out){leat_op_end(b), 0};
}

/* Which axes of the result are summed, where the static shapes tell for certain; -1: they don't. */
static int static_axes(const leat_shape *own, const leat_shape *other, int32_t *axes)
{
    int n = 0, ro = leat_shape_rank(own), rt = leat_shape_rank(other), rank = LEAT_MAX(ro, rt);
    if (own->rank_plus_1 == 0 || other->rank_plus_1 == 0)
        return -1;
    for (int i = 0; i < rank; i++) {
        int64_t a = i < rank - ro ? 0 : own->dims[i - (rank - ro)]; /* 0: absent */
        int64_t b = i < rank - rt ? 1 : other->dims[i - (rank - rt)];
        if (a < 0 && b != 1)
            return -1; /* it might be a 1 that is broadcast */
        if (i < rank - ro || (a == 1 && b != 1))
            axes[n++] = i;
    }
    return n;
}

void leat_grad_fail(leat_grad *g, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    leat_graph_keep(g->graph, leat_op_fail(g->op, LEAT_ERR_UNIMPLEMENTED, "%s", text));
}

bool leat_grad_wanted(const leat_grad *g, int i)
{
    return g->marks == NULL || (g->marks[g->op->inputs[i].op->id] & BETWEEN) != 0;
}

leat_out leat_grad_unbroadcast(leat_grad *g, leat_out dx, int i, int other)
{
    int32_t axes[LEAT_MAX_RANK], dims[LEAT_MAX_RANK];
    leat_out x = leat_grad_in(g, i);
    leat_shape own = leat_out_shape(x), their = leat_out_shape(leat_grad_in(g, other));
    int unknown = 0, n = static_axes(&own, &their, axes);
    if (n == 0 || dx.op == NULL || !leat_grad_wanted(g, i))
        return dx;
    for (int k = 0; k < leat_shape_rank(&own); k++) {
        dims[k] = (int32_t)own.dims[k];
        unknown += own.dims[k] < 0;
    }
    if (n > 0 && unknown <= 1) {
        leat_out sum_axes = int_constant(g->graph, axes, n, "Sum/reduction_indices");
        return sum_and_reshape(g, dx, sum_axes,
                               int_constant(g->graph, dims, leat_shape_rank(&own), "Reshape/shape"));
    }
    if (g->broadcast == NULL) {
        int first = LEAT_MIN(i, other), second = LEAT_MAX(i, other);
        for (int k = 0; k < 2; k++) {
            leat_op_builder *b = leat_op_begin(g->graph, "Shape", NULL);
            leat_op_add_input(b, leat_grad_in(g, k == 0 ? first : second));
            g->broadcast_shapes[k] = (leat_out){leat_op_end(b), 0};
        }
        leat_op_builder *b = leat_op_begin(g->graph, "BroadcastGradientArgs", NULL);
        leat_op_add_input(b, g->broadcast_shapes[0]);
        leat_op_add_input(b, g->broadcast_shapes[1]);
        g->broadcast = leat_op_end(b);
    }
    int which = i > other;
    return sum_and_reshape(g, dx, leat_op_output(g->broadcast, which), g->broadcast_shapes[which]);
}

/* ---- the walk ---- */

static bool trainable(leat_dtype d)
{
    return leat_dtype_is_floating(d) || d == LEAT_COMPLEX64 || d == LEAT_COMPLEX128 || d == LEAT_RESOURCE ||
           d == LEAT_VARIANT;
}

/* Ops on a path: reached from an x forwards, by floating-point tensors, and from a y backwards. Inputs have lower ids, so one sweep each way does. */
static void mark_between(walk *w, const leat_out *ys, size_t n_ys)
{
    for (size_t i = 0; i < w->n_ops; i++) {
        const leat_op *op = w->g->ops[i];
        for (uint32_t k = 0; k < op->n_inputs && !(w->marks[i] & REACHED); k++)
            if ((w->marks[op->inputs[k].op->id] & REACHED) && trainable(leat_out_dtype(op->inputs[k])))
                w->marks[i] |= REACHED;
    }
    for (size_t i = 0; i < n_ys; i++)
        if (w->marks[ys[i].op->id] & REACHED)
            w->marks[ys[i].op->id] |= BETWEEN;
    for (size_t i = w->n_ops; i-- > 0;) {
        const leat_op *op = w->g->ops[i];
        if (!(w->marks[i] & BETWEEN))
            continue;
        for (uint32_t k = 0; k < op->n_inputs; k++) {
            uint32_t id = op->inputs[k].op->id;
            if (!(w->marks[id] & REACHED))
                continue;
            w->marks[id] |= BETWEEN;
            w->pending[id]++;
        }
    }
}

/* Differentiation stops at an x, unless another x lies behind it. */
static void mark_stops(walk *w, const leat_out *xs, size_t n_xs, const leat_out *stop, size_t n_stop)
{
    for (size_t i = 0; i < n_xs; i++) {
        const leat_op *op = xs[i].op;
        bool stops = true;
        for (uint32_t k = 0; k < op->n_inputs; k++)
            stops &= w->pending[op->inputs[k].op->id] == 0;
        if (stops)
            w->marks[op->id] |= STOP;
    }
    for (size_t i = 0; i < n_stop; i++)
        if (stop[i].op != NULL)
            w->marks[stop[i].op->id] |= STOP;
}

static bool keep(walk *w, leat_status status)
{
    if (status != LEAT_OK)
        leat_graph_keep(w->g, status);
    return status == LEAT_OK;
}

static void contribute(walk *w, leat_out to, leat_out value)
{
    if (value.op == NULL || w->g->status != LEAT_OK ||
        !keep(w, leat_grow(&w->items, &w->items_capacity, w->n_items + 1, sizeof *w->items)))
        return;
    uint32_t o = w->first_output[to.op->id] + (uint32_t)to.index;
    w->items[w->n_items] = (contribution){value, -1};
    if (w->heads[o] < 0)
        w->heads[o] = (int32_t)w->n_items;
    else
        w->items[w->tails[o]].next = (int32_t)w->n_items;
    w->tails[o] = (int32_t)w->n_items++;
}

/* The sum of an output's contributions, which becomes its only one. */
static leat_out total(walk *w, leat_out of)
{
    uint32_t o = w->first_output[of.op->id] + (uint32_t)of.index;
    int32_t first = w->heads[o];
    if (first < 0)
        return LEAT_NO_OUT;
    if (w->items[first].next < 0)
        return w->items[first].value;
    size_t n = 0;
    for (int32_t c = first; c >= 0; c = w->items[c].next)
        n++;
    leat_out *all = leat_alloc(n * sizeof *all);
    if (all == NULL) {
        keep(w, leat_fail_memory(n * sizeof *all));
        return LEAT_NO_OUT;
    }
    n = 0;
    for (int32_t c = first; c >= 0; c = w->items[c].next)
        all[n++] = w->items[c].value;
    leat_op_builder *b = leat_op_begin(w->g, "AddN", NULL);
    leat_op_add_input_list(b, all, n);
    leat_op_set_device(b, of.op->device);
    leat_out sum = {leat_op_end(b), 0};
    leat_free(all);
    w->items[first].value = sum;
    w->items[first].next = -1;
    w->tails[o] = first;
    return sum;
}

static void enqueue(walk *w, leat_op *op)
{
    if (keep(w, leat_grow(&w->queue, &w->queue_capacity, w->tail + 1, sizeof *w->queue)))
        w->queue[w->tail++] = op;
}

static bool flows_to(const walk *w, leat_out input)
{
    return (w->marks[input.op->id] & BETWEEN) && trainable(leat_out_dtype(input));
}

/* control_flow_ops.tuple: none of an op's gradients goes on before all are there. Where variables are refs, an update may
 * otherwise come before another gradient has read the old value: Leat's runs keep the order of the graph, TensorFlow's do not. */
static void gate(walk *w, const leat_op *op, leat_out *dx)
{
    uint32_t some = 0, n = op->n_inputs;
    for (uint32_t i = 0; i < n; i++) {
        if (!flows_to(w, op->inputs[i]))
            dx[i] = LEAT_NO_OUT;
        some += dx[i].op != NULL;
    }
    if (some < 2 || w->g->status != LEAT_OK)
        return;
    LEAT_NAME_SCOPE (w->g, "tuple") {
        leat_op_builder *b = leat_op_begin(w->g, "NoOp", "group_deps");
        for (uint32_t i = 0; i < n; i++)
            if (dx[i].op != NULL)
                leat_op_add_control(b, dx[i].op);
        leat_op *all = leat_op_end(b);
        for (uint32_t i = 0; i < n; i++) {
            if (dx[i].op == NULL)
                continue;
            b = leat_op_begin(w->g, "Identity", "control_dependency");
            leat_op_add_input(b, dx[i]);
            leat_op_add_control(b, all);
            dx[i] = (leat_out){leat_op_end(b), 0};
        }
    }
}

static void differentiate(walk *w, leat_op *op)
{
    if (!keep(w, leat_grow(&w->scratch, &w->scratch_capacity, op->n_outputs + op->n_inputs + 1u,
                           sizeof *w->scratch)))
        return;
    leat_out *dy = w->scratch, *dx = w->scratch + op->n_outputs;
    bool any = false;
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        dy[i] = total(w, (leat_out){op, (int)i});
        any |= dy[i].op != NULL;
    }
    if (any && !(w->marks[op->id] & STOP) && op->n_inputs > 0 && w->g->status == LEAT_OK) {
        char scope[4096];
        int n = snprintf(scope, sizeof scope, "%s_grad", op->name);
        if (n < 0 || (size_t)n >= sizeof scope) {
            leat_graph_fail(w->g, LEAT_ERR_INVALID_ARGUMENT, "node '%.100s...': the name is too long",
                            op->name);
            return;
        }
        if (op->type->def == NULL || op->type->def->gradient == NULL) {
            leat_graph_fail(w->g, LEAT_ERR_UNIMPLEMENTED, "node '%s' (%s): the op has no gradient", op->name,
                            op->type_name);
            return;
        }
        for (uint32_t i = 0; i < op->n_inputs; i++)
            dx[i] = LEAT_NO_OUT;
        LEAT_DEVICE (w->g, op->device)
            LEAT_NAME_SCOPE (w->g, scope) {
                op->type->def->gradient(
                    &(leat_grad){.graph = w->g, .op = op, .dy = dy, .dx = dx, .marks = w->marks});
                if (w->gate)
                    gate(w, op, dx);
            }
        for (uint32_t i = 0; i < op->n_inputs; i++)
            if (flows_to(w, op->inputs[i]) && dx[i].op != NULL)
                contribute(w, op->inputs[i], dx[i]);
    }
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        leat_op *from = op->inputs[i].op;
        if (w->pending[from->id] > 0 && --w->pending[from->id] == 0)
            enqueue(w, from);
    }
}

static leat_out seed(walk *w, leat_out y, size_t i)
{
    char name[32];
    snprintf(name, sizeof name, "grad_ys_%zu", i);
    leat_op_builder *b = leat_op_begin(w->g, "Shape", NULL);
    leat_op_add_input(b, y);
    leat_out shape = {leat_op_end(b), 0};
    leat_out one = leat_pending_resolve(w->g, leat_scalar_int(w->g, 1), NULL, name, leat_out_dtype(y));
    b = leat_op_begin(w->g, "Fill", NULL);
    leat_op_add_input(b, shape);
    leat_op_add_input(b, one);
    return (leat_out){leat_op_end(b), 0};
}

static bool prepare(walk *w)
{
    w->n_ops = w->g->n_ops;
    size_t outputs = 0;
    w->first_output = leat_alloc((w->n_ops + 1) * sizeof *w->first_output);
    w->marks = leat_alloc_zero(w->n_ops + 1, 1);
    w->pending = leat_alloc_zero(w->n_ops + 1, sizeof *w->pending);
    for (size_t i = 0; w->first_output != NULL && i < w->n_ops; i++) {
        w->first_output[i] = (uint32_t)outputs;
        outputs += w->g->ops[i]->n_outputs;
    }
    w->heads = leat_alloc((outputs + 1) * sizeof *w->heads);
    w->tails = leat_alloc((outputs + 1) * sizeof *w->tails);
    if (!w->first_output || !w->marks || !w->pending || !w->heads || !w->tails)
        return keep(w, leat_fail_memory(outputs * sizeof *w->heads));
    memset(w->heads, 0xff, (outputs + 1) * sizeof *w->heads);
    return true;
}

static void run(walk *w, const leat_out *ys, size_t n_ys, const leat_out *xs, size_t n_xs, leat_out *grads,
                const leat_out *grad_ys, const leat_out *stop, size_t n_stop)
{
    for (size_t i = 0; i < n_xs; i++)
        w->marks[xs[i].op->id] |= REACHED;
    mark_between(w, ys, n_ys);
    mark_stops(w, xs, n_xs, stop, n_stop);
    for (size_t i = 0; i < n_ys; i++) {
        leat_out given = grad_ys != NULL ? grad_ys[i] : LEAT_NO_OUT;
        contribute(w, ys[i], given.op != NULL ? given : seed(w, ys[i], i));
        if (w->pending[ys[i].op->id] == 0 && (w->marks[ys[i].op->id] & (TO | REACHED)) == REACHED)
            enqueue(w, ys[i].op);
        w->marks[ys[i].op->id] |= TO;
    }
    while (w->head < w->tail && w->g->status == LEAT_OK)
        differentiate(w, w->queue[w->head++]);
    for (size_t i = 0; i < n_xs; i++)
        grads[i] = w->marks[xs[i].op->id] & BETWEEN ? total(w, xs[i]) : LEAT_NO_OUT;
}

static bool check_outs(leat_graph *g, const leat_out *outs, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        if (outs[i].op == NULL || outs[i].op->pending || outs[i].op->graph != g) {
            leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "gradients: %s %zu is not a tensor of the graph",
                            what, i);
            return false;
        }
        if (!trainable(leat_out_dtype(outs[i]))) {
            leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT,
                            "gradients: %s '%s:%d' is %s, not a floating-point tensor", what,
                            outs[i].op->name, outs[i].index, leat_dtype_name(leat_out_dtype(outs[i])));
            return false;
        }
    }
    return true;
}

static void gradients(const leat_out *ys, size_t n_ys, const leat_out *xs, size_t n_xs, leat_out *grads,
                      const leat_out *grad_ys, const leat_out *stop, size_t n_stop, bool gated)
{
    leat_graph *g = NULL;
    for (size_t i = 0; i < n_xs; i++)
        grads[i] = LEAT_NO_OUT;
    for (size_t i = 0; i < n_ys && g == NULL; i++)
        g = ys[i].op != NULL ? ys[i].op->graph : NULL;
    if (g == NULL || g->status != LEAT_OK || !check_outs(g, ys, n_ys, "y") || !check_outs(g, xs, n_xs, "x"))
        return;
    walk w = {.g = g, .gate = gated};
    LEAT_NAME_SCOPE (g, "gradients")
        if (prepare(&w))
            run(&w, ys, n_ys, xs, n_xs, grads, grad_ys, stop, n_stop);
    leat_free(w.marks);
    leat_free(w.pending);
    leat_free(w.first_output);
    leat_free(w.heads);
    leat_free(w.tails);
    leat_free(w.items);
    leat_free(w.queue);
    leat_free(w.scratch);
}

void leat_gradients(const leat_out *ys, size_t n_ys, const leat_out *xs, size_t n_xs, leat_out *grads,
                    const leat_out *grad_ys, const leat_out *stop, size_t n_stop)
{
    gradients(ys, n_ys, xs, n_xs, grads, grad_ys, stop, n_stop, false);
}

void leat_gated_gradients(leat_out y, const leat_out *xs, size_t n_xs, leat_out *grads)
{
    gradients(&y, 1, xs, n_xs, grads, NULL, NULL, 0, true);
}
