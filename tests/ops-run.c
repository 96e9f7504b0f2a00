/* ops-run.c - builds the op of a row and runs it; its gradient against central differences. */
#include "ops-rows.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "leat/raw-ops.h"
#include "leat/session.h"

static leat_out constant(leat_graph *g, leat_tensor *t)
{
    leat_op_builder *b = leat_op_begin(g, "Const", NULL);
    leat_op_set_tensor(b, "value", t);
    leat_op_set_type(b, "dtype", t->dtype);
    return (leat_out){leat_op_end(b), 0};
}

static leat_out placeholder(leat_graph *g, leat_dtype dtype, leat_shape shape)
{
    leat_op_builder *b = leat_op_begin(g, "Placeholder", NULL);
    leat_op_set_type(b, "dtype", dtype);
    leat_op_set_shape(b, "shape", shape);
    return (leat_out){leat_op_end(b), 0};
}

static leat_out variable(leat_graph *g, const row_input *in, leat_dtype dtype)
{
    leat_op_builder *b = leat_op_begin(g, in->source == ROW_REF ? "VariableV2" : "VarHandleOp", NULL);
    leat_op_set_type(b, "dtype", dtype);
    leat_op_set_shape(b, "shape", in->value->shape);
    return (leat_out){leat_op_end(b), 0};
}

static leat_shape unknown_dims(leat_shape s)
{
    for (int d = 0; d < leat_shape_rank(&s); d++)
        s.dims[d] = -1;
    return s;
}

static leat_dtype input_dtype(const row_case *r, int i, uint32_t as_double)
{
    return as_double >> i & 1 ? LEAT_DOUBLE : r->in[i].value->dtype;
}

/* In the gradient check (as_double != 0) only the inputs differentiated are fed; the others stay constant. */
static leat_out input_out(const row_graph *g, const row_case *r, int i, row_mode mode, uint32_t as_double)
{
    const row_input *in = &r->in[i];
    leat_dtype dtype = input_dtype(r, i, as_double);
    if (in->source != ROW_VALUE)
        return variable(g->graph, in, dtype);
    bool fed = mode != ROW_CONSTANTS && (as_double == 0 || (as_double >> i & 1));
    if (!fed)
        return constant(g->graph, in->value);
    leat_shape shape = mode == ROW_FED_STATIC ? in->value->shape
                       : as_double != 0       ? unknown_dims(in->value->shape)
                                              : LEAT_UNKNOWN_SHAPE;
    return placeholder(g->graph, dtype, shape);
}

void row_build(row_graph *g, const row_case *r, row_mode mode, uint32_t as_double)
{
    *g = (row_graph){.graph = leat_graph_new()};
    if (g->graph == NULL)
        return;
    leat_graph_set_seed(g->graph, 1);
    for (int i = 0; i < r->n_in; i++) {
        g->in[i] = input_out(g, r, i, mode, as_double);
        if (r->in[i].source != ROW_VALUE)
            g->var[i] = g->in[i].op;
    }
    leat_op_builder *b = leat_op_begin(g->graph, r->row->op, NULL);
    for (int i = 0; i < r->n_in;) {
        int n = 1;
        while (i + n < r->n_in && r->in[i + n].group == r->in[i].group)
            n++;
        if (r->in[i].in_list)
            leat_op_add_input_list(b, &g->in[i], (size_t)n);
        else
            leat_op_add_input(b, g->in[i]);
        i += n;
    }
    row_case *writable = (row_case *)r;
    if (!row_set_attributes(writable, b, as_double != 0))
        leat_op_set_int(b, "an attribute that could not be read", 0);
    g->op = leat_op_end(b);
}

void row_graph_free(row_graph *g)
{
    if (g->graph != NULL)
        leat_graph_free(g->graph);
}

leat_status row_set_variables(const row_graph *g, const row_case *r, leat_session *s)
{
    for (int i = 0; i < r->n_in; i++)
        if (g->var[i] != NULL)
            LEAT_TRY(leat_session_set_variable(s, g->var[i], r->in[i].value));
    return LEAT_OK;
}

size_t row_feeds(const row_graph *g, const row_case *r, leat_feed *feeds)
{
    size_t n = 0;
    for (int i = 0; i < r->n_in; i++)
        if (g->in[i].op != NULL && strcmp(leat_op_type(g->in[i].op), "Placeholder") == 0)
            feeds[n++] = (leat_feed){g->in[i], r->in[i].value};
    return n;
}

/* The variables' values: ReadVariableOp of a resource, the ref itself. */
static leat_out variable_value(const row_graph *g, const row_case *r, int i)
{
    if (r->in[i].source == ROW_REF)
        return g->in[i];
    leat_op_builder *b = leat_op_begin(g->graph, "ReadVariableOp", NULL);
    leat_op_add_input(b, g->in[i]);
    leat_op_set_type(b, "dtype", r->in[i].value->dtype);
    return (leat_out){leat_op_end(b), 0};
}

static leat_status read_variables(const row_graph *g, const row_case *r, leat_session *s,
                                  leat_tensor **variables)
{
    for (int i = 0; i < r->n_in; i++) {
        bool asked = false;
        for (int k = 0; k < r->n_out; k++)
            asked |= r->out[k].kind == ROW_VARIABLE && r->out[k].input == i;
        if (r->in[i].source == ROW_VALUE || variables == NULL || !asked)
            continue;
        leat_fetch fetch = {variable_value(g, r, i), &variables[i]};
        LEAT_TRY(leat_run(s, LEAT_NO_FEEDS, (leat_fetch_list){&fetch, 1}, LEAT_NO_TARGETS));
    }
    return LEAT_OK;
}

leat_status row_run(const row_graph *g, const row_case *r, int threads, leat_tensor **out,
                    leat_tensor **variables)
{
    leat_session *s;
    leat_session_options options = {.size = sizeof options, .threads = threads};
    LEAT_TRY(leat_session_open(&s, g->graph, &options));
    leat_feed feeds[ROW_MAX_INPUTS];
    size_t n_feeds = row_feeds(g, r, feeds);
    int n_out = leat_op_outputs(g->op);
    leat_fetch *fetches = calloc((size_t)n_out + 1, sizeof *fetches);
    for (int i = 0; i < n_out; i++)
        fetches[i] = (leat_fetch){leat_op_output(g->op, i), &out[i]};
    leat_status status = row_set_variables(g, r, s);
    if (status == LEAT_OK)
        status = leat_run(s, (leat_feed_list){feeds, n_feeds}, (leat_fetch_list){fetches, (size_t)n_out},
                          LEAT_TARGETS(g->op));
    if (status == LEAT_OK)
        status = read_variables(g, r, s, variables);
    leat_session_free(s);
    free(fetches);
    return status;
}

/* ---- gradients ---- */

#define MAX_ELEMENTS 200

/* Which inputs are differentiated, in double: those of a floating type that may be double. 0: none. */
static uint32_t differentiable_inputs(const row_case *r)
{
    uint32_t mask = 0;
    int64_t elements = 0;
    int arg = 0;
    for (int i = 0; i < r->n_in; i++) {
        if (i > 0 && r->in[i].group != r->in[i - 1].group)
            arg++;
        leat_dtype dtype = r->in[i].value->dtype;
        if (r->in[i].source != ROW_VALUE)
            return 0;
        if ((dtype != LEAT_FLOAT && dtype != LEAT_DOUBLE) || (r->gradin != 0 && !(r->gradin >> i & 1)))
            continue;
        const leat_arg_sig *a = &r->sig->in[arg];
        if (a->type_attr < 0 && a->type != LEAT_DOUBLE)
            return 0; /* of fixed type float: float32 differences say too little */
        if (a->type_attr >= 0) {
            uint32_t allowed = r->sig->attrs[a->type_attr].dtypes;
            if (allowed != 0 && !(allowed & LEAT_BIT(LEAT_DOUBLE)))
                return 0;
        }
        elements += r->in[i].value->elements;
        mask |= UINT32_C(1) << i;
    }
    return elements <= MAX_ELEMENTS ? mask : 0;
}

struct gradient_check {
    const row_case *r;
    row_graph g;
    uint32_t mask;
    leat_out ys[32], weights[32], loss;
    int n_y, n_x;
    int x_input[ROW_MAX_INPUTS];
    leat_out xs[ROW_MAX_INPUTS], dx[ROW_MAX_INPUTS];
    leat_tensor *value[ROW_MAX_INPUTS]; /* of xs, in double */
    leat_session *session;
    char *why;
    size_t size;
};

static bool fails(struct gradient_check *c, const char *what)
{
    snprintf(c->why, c->size, "%s: %s", what, leat_message());
    return false;
}

static leat_tensor *as_double(const leat_tensor *t)
{
    leat_tensor *d = leat_tensor_new(LEAT_DOUBLE, t->shape);
    for (int64_t i = 0; d != NULL && i < t->elements; i++)
        ((double *)d->data)[i] = row_element(t, i);
    return d;
}

/* loss = sum over outputs of sum(output * weight), with fixed weights that differ from element to element. */
static bool build_loss(struct gradient_check *c, leat_tensor *const *outputs)
{
    leat_graph *g = c->g.graph;
    c->n_y = 0;
    for (int i = 0; i < leat_op_outputs(c->g.op) && c->n_y < 32; i++) {
        leat_out y = leat_op_output(c->g.op, i);
        if (leat_out_dtype(y) != LEAT_DOUBLE)
            continue;
        leat_tensor *w = leat_tensor_new(LEAT_DOUBLE, leat_tensor_shape(outputs[i]));
        for (int64_t k = 0; k < w->elements; k++)
            ((double *)w->data)[k] = 0.5 + (double)((k * 37 + i * 11) % 17) / 16;
        c->ys[c->n_y] = y;
        c->weights[c->n_y] = constant(g, w);
        leat_tensor_unref(w);
        int32_t minus_one = -1, zero = 0;
        leat_tensor *flat = leat_tensor_from(LEAT_INT32, LEAT_SHAPE(1), &minus_one);
        leat_tensor *axis = leat_tensor_from(LEAT_INT32, LEAT_SCALAR, &zero);
        leat_out product = leat_raw_mul(y, c->weights[c->n_y++]);
        leat_out sum = leat_raw_sum(leat_raw_reshape(product, leat_value(g, flat)), leat_value(g, axis));
        leat_tensor_unref(flat);
        leat_tensor_unref(axis);
        c->loss = c->loss.op == NULL ? sum : leat_raw_add_v2(c->loss, sum);
    }
    return c->n_y > 0;
}

static bool eval_loss(struct gradient_check *c, double *loss)
{
    leat_feed feeds[ROW_MAX_INPUTS];
    leat_tensor *out = NULL;
    for (int i = 0; i < c->n_x; i++)
        feeds[i] = (leat_feed){c->xs[i], c->value[i]};
    leat_fetch fetch = {c->loss, &out};
    if (leat_run(c->session, (leat_feed_list){feeds, (size_t)c->n_x}, (leat_fetch_list){&fetch, 1},
                 LEAT_NO_TARGETS) != LEAT_OK)
        return fails(c, "running the loss");
    *loss = row_element(out, 0);
    leat_tensor_unref(out);
    return true;
}

static bool compare_one(struct gradient_check *c, int i, const leat_tensor *dx)
{
    double *x = c->value[i]->data, tol = c->r->gradtol < 0 ? 1e-5 : c->r->gradtol;
    for (int64_t k = 0; k < c->value[i]->elements; k++) {
        double old = x[k], h = 1e-5 * fmax(1, fabs(old)), up, down;
        x[k] = old + h;
        if (!eval_loss(c, &up))
            return false;
        x[k] = old - h;
        if (!eval_loss(c, &down))
            return false;
        x[k] = old;
        double numeric = (up - down) / (2 * h), got = dx == NULL ? 0 : row_element(dx, k);
        if (!(fabs(got - numeric) <= tol * (1 + fmax(fabs(got), fabs(numeric))))) {
            snprintf(c->why, c->size, "gradient of input %d, element %lld: %s%.10g, by differences %.10g",
                     c->x_input[i], (long long)k, dx == NULL ? "none, " : "", got, numeric);
            return false;
        }
    }
    return true;
}

static bool compare_gradients(struct gradient_check *c)
{
    leat_feed feeds[ROW_MAX_INPUTS];
    leat_fetch fetches[ROW_MAX_INPUTS];
    leat_tensor *dx[ROW_MAX_INPUTS] = {0};
    size_t n = 0;
    bool good = true;
    for (int i = 0; i < c->n_x; i++) {
        feeds[i] = (leat_feed){c->xs[i], c->value[i]};
        if (c->dx[i].op != NULL)
            fetches[n++] = (leat_fetch){c->dx[i], &dx[i]};
    }
    if (leat_run(c->session, (leat_feed_list){feeds, (size_t)c->n_x}, (leat_fetch_list){fetches, n},
                 LEAT_NO_TARGETS) != LEAT_OK)
        good = fails(c, "running the gradient");
    for (int i = 0; i < c->n_x && good; i++) {
        if (dx[i] != NULL && !leat_shape_equal(leat_tensor_shape(dx[i]), leat_tensor_shape(c->value[i])))
            good = fails(c, "the gradient has another shape than its input");
        good = good && compare_one(c, i, dx[i]);
    }
    for (int i = 0; i < c->n_x; i++)
        leat_tensor_unref(dx[i]);
    return good;
}

static bool check_in_mode(struct gradient_check *c, row_mode mode)
{
    leat_tensor *outputs[64] = {0};
    row_build(&c->g, c->r, mode, c->mask);
    if (c->g.op == NULL || leat_op_outputs(c->g.op) > 64 || leat_graph_status(c->g.graph) != LEAT_OK)
        return fails(c, "building in double");
    for (int i = 0; i < c->r->n_in; i++)
        if (c->mask >> i & 1) {
            c->x_input[c->n_x] = i;
            c->xs[c->n_x] = c->g.in[i];
            c->value[c->n_x++] = as_double(c->r->in[i].value);
        }
    leat_session *once;
    if (leat_session_open(&once, c->g.graph, NULL) != LEAT_OK)
        return fails(c, "opening a session");
    leat_feed feeds[ROW_MAX_INPUTS];
    leat_fetch fetches[64];
    for (int i = 0; i < c->n_x; i++)
        feeds[i] = (leat_feed){c->xs[i], c->value[i]};
    for (int i = 0; i < leat_op_outputs(c->g.op); i++)
        fetches[i] = (leat_fetch){leat_op_output(c->g.op, i), &outputs[i]};
    leat_status status =
        leat_run(once, (leat_feed_list){feeds, (size_t)c->n_x},
                 (leat_fetch_list){fetches, (size_t)leat_op_outputs(c->g.op)}, LEAT_NO_TARGETS);
    leat_session_free(once);
    bool some = status == LEAT_OK && build_loss(c, outputs);
    for (int i = 0; i < leat_op_outputs(c->g.op); i++)
        leat_tensor_unref(outputs[i]);
    if (status != LEAT_OK)
        return fails(c, "running in double");
    if (!some)
        return true; /* nothing to differentiate */
    leat_gradients(c->ys, (size_t)c->n_y, c->xs, (size_t)c->n_x, c->dx, c->weights, NULL, 0);
    if (leat_graph_status(c->g.graph) != LEAT_OK)
        return fails(c, "building the gradient");
    leat_session_options one = {.size = sizeof one, .threads = 1};
    if (leat_session_open(&c->session, c->g.graph, &one) != LEAT_OK)
        return fails(c, "opening a session");
    return compare_gradients(c);
}

bool row_check_gradient(const row_case *r, char *why, size_t size)
{
    uint32_t mask = differentiable_inputs(r);
    bool good = true;
    if (mask == 0)
        return true;
    for (int m = 0; m < (r->gradstatic ? 1 : 2) && good; m++) {
        struct gradient_check c = {.r = r, .mask = mask, .why = why, .size = size};
        good = check_in_mode(&c, m == 0 ? ROW_FED_STATIC : ROW_FED);
        if (!good && m == 1) {
            char text[512];
            snprintf(text, sizeof text, "with unknown dimensions: %s", why);
            snprintf(why, size, "%s", text);
        }
        for (int i = 0; i < c.n_x; i++)
            leat_tensor_unref(c.value[i]);
        leat_session_free(c.session);
        row_graph_free(&c.g);
    }
    return good;
}
