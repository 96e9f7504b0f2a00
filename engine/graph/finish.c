/* finish.c - leat_op_end: from what the builder collected to a checked node of the graph. */
#include <stdio.h>
#include <string.h>
#include "graph-private.h"

/* What is found out about the op before it is made. */
typedef struct draft {
    leat_op_builder *b;
    leat_graph *g;
    const leat_op_sig *type;
    leat_attr_value attrs[LEAT_MAX_ATTRS];     /* by the signature's index; kind NONE: not known yet */
    const leat_op_attr *extra[LEAT_MAX_ATTRS]; /* unknown attributes */
    size_t n_extra;
    uint32_t arg_start[64], arg_count[64]; /* inputs of each input argument */
} draft;

static leat_status fail(draft *d, const char *format, ...) LEAT_PRINTF(2, 3);
static leat_status fail(draft *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leat_fail_v(LEAT_ERR_INVALID_ARGUMENT, format, args);
    va_end(args);
    leat_fail_context(LEAT_ERR_INVALID_ARGUMENT, "node '%s' (%s)", d->b->name, d->b->type_name);
    return leat_graph_keep(d->g, LEAT_ERR_INVALID_ARGUMENT);
}

static const char *kind_name(unsigned kind)
{
    static const char *const names[] = {"nothing", "string", "int",    "float", "bool",
                                        "type",    "shape",  "tensor", "func"};
    return kind & LEAT_ATTR_LIST ? "list" : kind < LEAT_LEN(names) ? names[kind] : "?";
}

/* ---- attributes as given ---- */

static leat_status check_attr(draft *d, const leat_attr_sig *sig, const leat_attr_value *v)
{
    if (v->kind != sig->kind)
        return fail(d, "attribute '%s' is a %s, not a %s", sig->name, kind_name(v->kind),
                    kind_name(sig->kind));
    if (sig->kind == LEAT_ATTR_TYPE || sig->kind == LEAT_ATTR_LIST + LEAT_ATTR_TYPE) {
        uint32_t n = sig->kind == LEAT_ATTR_TYPE ? 1 : v->n;
        const leat_dtype *types = sig->kind == LEAT_ATTR_TYPE ? &v->type : v->list;
        for (uint32_t i = 0; i < n; i++) {
            if (leat_dtype_bytes(types[i]) == 0)
                return fail(d, "attribute '%s' is dtype %d, which is none that Leat knows", sig->name,
                            (int)types[i]);
            if (sig->dtypes != 0 && !(sig->dtypes & LEAT_BIT(types[i])))
                return fail(d, "attribute '%s' can't be %s", sig->name, leat_dtype_name(types[i]));
        }
    }
    if (sig->kind == LEAT_ATTR_STRING && sig->strings != NULL) {
        const char *const *s = sig->strings;
        while (*s != NULL && (strlen(*s) != v->n || memcmp(*s, v->s, v->n) != 0))
            s++;
        if (*s == NULL)
            return fail(d, "attribute '%s' can't be '%.*s'", sig->name, (int)LEAT_MIN(v->n, 100), v->s);
    }
    if (sig->kind == LEAT_ATTR_INT && v->i < sig->minimum)
        return fail(d, "attribute '%s' is %lld, less than %lld", sig->name, (long long)v->i,
                    (long long)sig->minimum);
    if ((sig->kind & LEAT_ATTR_LIST) && (int64_t)v->n < sig->minimum)
        return fail(d, "attribute '%s' has %u items, fewer than %lld", sig->name, v->n,
                    (long long)sig->minimum);
    return LEAT_OK;
}

static leat_status take_attrs(draft *d)
{
    for (size_t i = 0; i < d->b->n_attrs; i++) {
        leat_op_attr *given = &d->b->attrs[i];
        unsigned k = 0;
        while (k < d->type->n_attrs && strcmp(d->type->attrs[k].name, given->name) != 0)
            k++;
        if (k == d->type->n_attrs) {
            d->extra[d->n_extra++] = given;
            continue;
        }
        const leat_attr_sig *sig = &d->type->attrs[k];
        /* An empty list on the wire does not say what it is a list of. */
        if ((sig->kind & LEAT_ATTR_LIST) && given->value.kind == LEAT_ATTR_LIST && given->value.n == 0)
            given->value.kind = (uint8_t)sig->kind;
        LEAT_TRY(check_attr(d, sig, &given->value));
        d->attrs[k] = given->value;
    }
    return LEAT_OK;
}

/* ---- inputs ---- */

/* How many inputs a list argument takes from position `at`. */
static bool list_length(const draft *d, const leat_arg_sig *arg, size_t at, uint32_t *count)
{
    if (arg->number_attr >= 0 && d->attrs[arg->number_attr].kind == LEAT_ATTR_INT) {
        *count = (uint32_t)LEAT_MIN(d->attrs[arg->number_attr].i, (int64_t)UINT32_MAX);
        return true;
    }
    if (arg->number_attr < 0 && d->attrs[arg->type_attr].kind != LEAT_ATTR_NONE) {
        *count = d->attrs[arg->type_attr].n;
        return true;
    }
    for (size_t i = 0; i < d->b->n_segments; i++)
        if (d->b->segments[i].start == at && d->b->segments[i].is_list) {
            *count = d->b->segments[i].count;
            return true;
        }
    return false;
}

static leat_status place_inputs(draft *d)
{
    size_t at = 0, n = d->b->n_inputs;
    for (unsigned i = 0; i < d->type->n_in; i++) {
        const leat_arg_sig *arg = &d->type->in[i];
        uint32_t count = 1;
        if (arg->is_list && !list_length(d, arg, at, &count))
            return fail(d, "input '%s' is a list: attribute '%s' must say how long", arg->name,
                        d->type->attrs[arg->number_attr >= 0 ? arg->number_attr : arg->type_attr].name);
        if (count > n - at)
            return fail(d, "input '%s' is missing: %zu given", arg->name, n);
        d->arg_start[i] = (uint32_t)at;
        d->arg_count[i] = count;
        at += count;
    }
    if (at != n)
        return fail(d, "%zu inputs given, %zu expected", n, at);
    return LEAT_OK;
}

/* A variable stands for its value where an op wants no variable: its read takes its place. */
static void read_variables(draft *d)
{
    for (unsigned i = 0; i < d->type->n_in && !d->b->literal; i++)
        for (uint32_t k = 0;
             k < d->arg_count[i] && !d->type->in[i].is_ref && d->type->in[i].type != LEAT_RESOURCE; k++) {
            leat_out *in = &d->b->inputs[d->arg_start[i] + k];
            bool may_be = leat_out_is_ref(*in) || leat_out_dtype(*in) == LEAT_RESOURCE;
            const leat_variable_info *v = may_be ? leat_graph_variable(d->g, in->op) : NULL;
            if (v != NULL && v->read.op != NULL)
                *in = v->read;
        }
}

/* Sets an attribute that the inputs imply, or checks the one given. */
static leat_status imply(draft *d, int index, leat_attr_value value, const char *input)
{
    const leat_attr_sig *sig = &d->type->attrs[index];
    leat_attr_value *v = &d->attrs[index];
    if (v->kind == LEAT_ATTR_NONE) {
        if (d->b->literal && !sig->has_default)
            return fail(d, "attribute '%s' is missing", sig->name);
        *v = value;
        return check_attr(d, sig, v);
    }
    if (v->kind == LEAT_ATTR_TYPE && v->type != value.type)
        return fail(d, "input '%s' is %s, but '%s' is %s", input, leat_dtype_name(value.type), sig->name,
                    leat_dtype_name(v->type));
    if (v->kind == LEAT_ATTR_INT && v->i != value.i)
        return fail(d, "input '%s' has %lld items, but '%s' is %lld", input, (long long)value.i, sig->name,
                    (long long)v->i);
    return LEAT_OK;
}

static leat_dtype dtype_of(leat_out out)
{
    return out.op->pending ? ((const leat_pending *)out.op)->tensor != NULL
                                 ? ((const leat_pending *)out.op)->tensor->dtype
                                 : LEAT_DTYPE_NONE
                           : leat_out_dtype(out);
}

/* The dtype that operands without one of their own take where no other input says: TensorFlow's for Python numbers. */
static leat_dtype number_dtype(const draft *d, unsigned i)
{
    for (uint32_t k = 0; k < d->arg_count[i]; k++) {
        const leat_out in = d->b->inputs[d->arg_start[i] + k];
        if (in.op->pending && !((const leat_pending *)in.op)->is_int)
            return LEAT_FLOAT;
    }
    return LEAT_INT32;
}

static leat_status infer_list_types(draft *d, unsigned i)
{
    const leat_arg_sig *arg = &d->type->in[i];
    leat_dtype *types = leat_arena_alloc(&d->g->arena, d->arg_count[i] * sizeof *types + 1);
    if (types == NULL)
        return leat_graph_keep(d->g, leat_fail_memory(d->arg_count[i] * sizeof *types));
    for (uint32_t k = 0; k < d->arg_count[i]; k++) {
        leat_out in = d->b->inputs[d->arg_start[i] + k];
        types[k] = dtype_of(in);
        if (types[k] == LEAT_DTYPE_NONE && in.op->pending)
            types[k] = ((const leat_pending *)in.op)->is_int ? LEAT_INT32 : LEAT_FLOAT;
    }
    const leat_attr_value *v = &d->attrs[arg->type_attr];
    for (uint32_t k = 0; v->kind != LEAT_ATTR_NONE && k < v->n; k++)
        if (types[k] != LEAT_DTYPE_NONE && ((const leat_dtype *)v->list)[k] != types[k])
            return fail(d, "input '%s' item %u is %s, but '%s' says %s", arg->name, k,
                        leat_dtype_name(types[k]), d->type->attrs[arg->type_attr].name,
                        leat_dtype_name(((const leat_dtype *)v->list)[k]));
    return imply(
        d, arg->type_attr,
        (leat_attr_value){.kind = LEAT_ATTR_LIST + LEAT_ATTR_TYPE, .n = d->arg_count[i], .list = types},
        arg->name);
}

/* Two passes: inputs that have a dtype say what the type attributes are; then operands without one follow. */
static leat_status infer_types(draft *d)
{
    for (int pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < d->type->n_in; i++) {
            const leat_arg_sig *arg = &d->type->in[i];
            if (pass == 0 && arg->number_attr >= 0)
                LEAT_TRY(imply(d, arg->number_attr,
                               (leat_attr_value){.kind = LEAT_ATTR_INT, .i = d->arg_count[i]}, arg->name));
            if (arg->type_attr < 0)
                continue;
            if (d->type->attrs[arg->type_attr].kind & LEAT_ATTR_LIST) {
                if (pass == 0)
                    LEAT_TRY(infer_list_types(d, i));
                continue;
            }
            for (uint32_t k = 0; k < d->arg_count[i]; k++) {
                leat_dtype dtype = dtype_of(d->b->inputs[d->arg_start[i] + k]);
                if (pass == 1 && dtype == LEAT_DTYPE_NONE &&
                    d->attrs[arg->type_attr].kind == LEAT_ATTR_NONE &&
                    d->b->inputs[d->arg_start[i] + k].op->pending)
                    dtype = d->type->attrs[arg->type_attr].has_default
                                ? d->type->attrs[arg->type_attr].value.type
                                : number_dtype(d, i);
                if (dtype != LEAT_DTYPE_NONE &&
                    (pass == 0 || d->attrs[arg->type_attr].kind == LEAT_ATTR_NONE))
                    LEAT_TRY(imply(d, arg->type_attr,
                                   (leat_attr_value){.kind = LEAT_ATTR_TYPE, .type = dtype}, arg->name));
            }
        }
    return LEAT_OK;
}

/* The dtype of one input or output of an argument, once the attributes are known. */
static leat_dtype arg_dtype(const draft *d, const leat_arg_sig *arg, uint32_t k)
{
    if (arg->type_attr < 0)
        return arg->type;
    const leat_attr_value *v = &d->attrs[arg->type_attr];
    if (v->kind == LEAT_ATTR_TYPE)
        return v->type;
    return v->kind == LEAT_ATTR_LIST + LEAT_ATTR_TYPE && k < v->n ? ((const leat_dtype *)v->list)[k]
                                                                  : LEAT_DTYPE_NONE;
}

/* Makes pending operands nodes, and checks every edge's dtype. */
static leat_status settle_inputs(draft *d)
{
    char name[160];
    for (unsigned i = 0; i < d->type->n_in; i++) {
        const leat_arg_sig *arg = &d->type->in[i];
        for (uint32_t k = 0; k < d->arg_count[i]; k++) {
            leat_out *in = &d->b->inputs[d->arg_start[i] + k];
            leat_dtype want = arg_dtype(d, arg, k);
            if (in->op->pending) {
                if (arg->is_ref)
                    return fail(d, "input '%s' must be a variable, not a number", arg->name);
                snprintf(name, sizeof name, arg->is_list ? "%s_%u" : "%s", arg->name, k);
                *in = leat_pending_resolve(d->g, *in, d->b->name, name, want);
                LEAT_TRY(leat_graph_status(d->g));
            }
            bool is_ref = leat_out_is_ref(*in);
            leat_dtype have = leat_out_dtype(*in);
            if (have == LEAT_DTYPE_NONE) /* of an unknown op: a run that needs it will be refused */
                continue;
            if (arg->is_ref && !is_ref)
                return fail(d, "input '%s' must be a variable (a ref), '%s:%d' is none", arg->name,
                            in->op->name, in->index);
            if (have != want)
                return fail(d, "input '%s' from '%s:%d' is %s, expected %s", arg->name, in->op->name,
                            in->index, leat_dtype_name(have), leat_dtype_name(want));
        }
    }
    return LEAT_OK;
}

static leat_status default_attrs(draft *d)
{
    for (unsigned k = 0; k < d->type->n_attrs; k++)
        if (d->attrs[k].kind == LEAT_ATTR_NONE) {
            if (!d->type->attrs[k].has_default)
                return fail(d, "attribute '%s' is missing", d->type->attrs[k].name);
            d->attrs[k] = d->type->attrs[k].value;
        }
    return LEAT_OK;
}

/* ---- the node ---- */

/* A few bytes of a file must not claim much memory: no op has more outputs. */
#define MOST_OUTPUTS 65536

static uint32_t output_count(const draft *d, const leat_arg_sig *arg)
{
    if (!arg->is_list)
        return 1;
    if (arg->number_attr < 0)
        return d->attrs[arg->type_attr].n;
    int64_t n = d->attrs[arg->number_attr].i;
    return n < 0 ? 0 : (uint32_t)LEAT_MIN(n, MOST_OUTPUTS + 1);
}

static uint32_t count_outputs(const draft *d)
{
    uint64_t n = d->type == NULL ? d->b->unknown_outputs : 0;
    for (unsigned i = 0; d->type != NULL && i < d->type->n_out; i++)
        n += output_count(d, &d->type->out[i]);
    return (uint32_t)LEAT_MIN(n, MOST_OUTPUTS + 1);
}

static void fill_outputs(const draft *d, leat_op *op)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < op->n_outputs; i++)
        op->outputs[i] = (leat_op_out){&leat_shape_nothing, LEAT_DTYPE_NONE, false};
    for (unsigned i = 0; d->type != NULL && i < d->type->n_out; i++) {
        uint32_t n = output_count(d, &d->type->out[i]);
        for (uint32_t k = 0; k < n; k++) {
            op->outputs[at].dtype = arg_dtype(d, &d->type->out[i], k);
            op->outputs[at++].is_ref = d->type->out[i].is_ref;
        }
    }
}

static void *carve(char **at, size_t bytes)
{
    void *p = *at;
    *at += (bytes + 7) / 8 * 8;
    return p;
}

/* The type whose descriptor is NULL: stands for every op that Leat does not know. */
static const leat_op_sig unknown_type = {.name = "unknown"};

static bool keep_rest(leat_graph *g, const leat_buf *from, leat_op *op)
{
    if (from->size == 0)
        return true;
    leat_bytes *rest = leat_arena_alloc(&g->arena, sizeof *rest);
    char *bytes = leat_arena_strndup(&g->arena, from->data, from->size);
    if (rest == NULL || bytes == NULL) {
        leat_graph_keep(g, leat_fail_memory(from->size));
        return false;
    }
    *rest = (leat_bytes){bytes, from->size};
    op->rest = rest;
    return true;
}

static leat_op *make(draft *d)
{
    leat_op_builder *b = d->b;
    leat_graph *g = d->g;
    leat_scope_frame *scope = leat_graph_scope(g);
    size_t scope_controls = b->literal ? 0 : scope->n_controls;
    for (size_t i = 0; i < scope_controls; i++)
        leat_op_add_control(b, scope->controls[i]);
    size_t n_attrs = (d->type != NULL ? d->type->n_attrs : 0) + d->n_extra;
    uint32_t n_out = count_outputs(d);
    size_t bytes = sizeof(leat_op) + 8 + b->n_inputs * sizeof(leat_out) + b->n_controls * sizeof(leat_op *) +
                   n_attrs * sizeof(leat_op_attr) + n_out * sizeof(leat_op_out);
    char *at = leat_arena_alloc(&g->arena, bytes);
    leat_status status = at == NULL ? leat_fail_memory(bytes)
                                    : leat_grow(&g->ops, &g->ops_capacity, g->n_ops + 1, sizeof *g->ops);
    if (status == LEAT_OK && g->n_ops >= UINT32_MAX - 1)
        status = leat_fail(LEAT_ERR_OUT_OF_RANGE, "a graph holds at most 4294967294 nodes");
    if (status != LEAT_OK) {
        leat_graph_keep(g, status);
        return NULL;
    }
    leat_op *op = carve(&at, sizeof *op);
    *op = (leat_op){.graph = g,
                    .type = d->type != NULL ? d->type : &unknown_type,
                    .name = b->name,
                    .type_name = b->type_name,
                    .device = b->device != NULL ? b->device : "",
                    .id = (uint32_t)g->n_ops,
                    .n_inputs = (uint32_t)b->n_inputs,
                    .n_controls = (uint32_t)b->n_controls,
                    .n_outputs = n_out,
                    .n_attrs = (uint16_t)n_attrs,
                    .place = b->place};
    if (!keep_rest(g, &b->rest, op))
        return NULL;
    op->inputs = carve(&at, b->n_inputs * sizeof(leat_out));
    op->controls = carve(&at, b->n_controls * sizeof(leat_op *));
    op->attrs = carve(&at, n_attrs * sizeof(leat_op_attr));
    op->outputs = carve(&at, n_out * sizeof(leat_op_out));
    if (b->n_inputs > 0)
        memcpy(op->inputs, b->inputs, b->n_inputs * sizeof(leat_out));
    if (b->n_controls > 0)
        memcpy(op->controls, b->controls, b->n_controls * sizeof(leat_op *));
    size_t k = 0;
    for (; d->type != NULL && k < d->type->n_attrs; k++)
        op->attrs[k] = (leat_op_attr){d->type->attrs[k].name, d->attrs[k]};
    for (size_t i = 0; i < d->n_extra; i++)
        op->attrs[k++] = *d->extra[i];
    fill_outputs(d, op);
    size_t names = g->names.count;
    if (leat_map_put(&g->names, op->name, strlen(op->name), op) != LEAT_OK) {
        leat_graph_keep(g, leat_fail_memory(64));
        return NULL;
    }
    if (g->names.count == names) { /* the graph has failed for good: what the map now says does not matter */
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "node '%s' (%s): the name is taken", op->name,
                        op->type_name);
        return NULL;
    }
    g->ops[g->n_ops++] = op;
    b->n_attrs = 0; /* tensors' references are the op's now */
    return op;
}

/* Of a dtype that TensorFlow has and Leat has not: quantised numbers, 8-bit floats. */
static bool is_foreign(leat_dtype dtype)
{
    int n = (int)dtype & 127;
    return leat_dtype_bytes(dtype) == 0 && ((n >= 11 && n <= 16) || (n >= 24 && n <= 40));
}

/* Such a node of a file is as one of an op that is not known: it stops only a run that needs it. */
static bool has_foreign_dtype(const leat_op_builder *b)
{
    for (size_t i = 0; i < b->n_attrs; i++) {
        const leat_attr_value *v = &b->attrs[i].value;
        const leat_dtype *types = v->kind == LEAT_ATTR_TYPE ? &v->type : v->list;
        uint32_t n = v->kind == LEAT_ATTR_TYPE ? 1 : v->kind == LEAT_ATTR_LIST + LEAT_ATTR_TYPE ? v->n : 0;
        for (uint32_t t = 0; t < n; t++)
            if (is_foreign(types[t]))
                return true;
    }
    return false;
}

static leat_op *finish(draft *d)
{
    leat_op_builder *b = d->b;
    for (size_t i = 0; i < b->n_inputs; i++) {
        if (b->inputs[i].op == NULL) {
            fail(d, "input %zu is none", i);
            return NULL;
        }
        const leat_op *from = b->inputs[i].op;
        if (from->graph != d->g) {
            fail(d, "input %zu, '%s', is of another graph", i, from->name);
            return NULL;
        }
        if (!from->pending && (b->inputs[i].index < 0 || b->inputs[i].index >= (int)from->n_outputs)) {
            fail(d, "input %zu is output %d of '%s' (%s), which has %u", i, b->inputs[i].index, from->name,
                 from->type_name, from->n_outputs);
            return NULL;
        }
    }
    if (d->type == NULL) {
        for (size_t i = 0; i < b->n_attrs; i++)
            d->extra[d->n_extra++] = &b->attrs[i];
    } else {
        if (take_attrs(d) != LEAT_OK || place_inputs(d) != LEAT_OK)
            return NULL;
        read_variables(d);
        if (infer_types(d) != LEAT_OK || default_attrs(d) != LEAT_OK || settle_inputs(d) != LEAT_OK)
            return NULL;
    }
    if (count_outputs(d) > MOST_OUTPUTS) {
        fail(d, "an op has at most %d outputs", MOST_OUTPUTS);
        return NULL;
    }
    leat_op *op = make(d);
    if (op == NULL)
        return NULL;
    leat_status status = leat_infer_op(op);
    if (status != LEAT_OK) {
        leat_graph_keep(d->g, status);
        return NULL;
    }
    return op;
}

leat_op *leat_op_end(leat_op_builder *b)
{
    if (b == NULL || !b->open)
        return NULL;
    leat_op *op = NULL;
    draft d = {.b = b, .g = b->graph, .type = b->type};
    if (b->literal && has_foreign_dtype(b))
        d.type = NULL;
    if (b->graph->status == LEAT_OK)
        op = finish(&d);
    for (size_t i = 0; i < b->n_attrs; i++)
        leat_attr_free(&b->attrs[i].value);
    b->n_attrs = 0;
    b->open = false;
    return op;
}
