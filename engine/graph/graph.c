/* graph.c - the graph's life, its first error, interning, look-ups. */
#include <stdio.h>
#include <string.h>
#include "graph-private.h"

const leat_shape leat_shape_nothing = {0};

leat_graph *leat_graph_new(void)
{
    leat_graph *g = leat_alloc_zero(1, sizeof *g);
    if (g == NULL) {
        leat_fail_memory(sizeof *g);
        return NULL;
    }
    g->seed = LEAT_UNSET;
    g->producer = LEAT_GRAPH_VERSION;
    g->scopes = leat_alloc_zero(8, sizeof *g->scopes);
    if (g->scopes == NULL) {
        leat_fail_memory(8 * sizeof *g->scopes);
        leat_free(g);
        return NULL;
    }
    g->scopes_capacity = 8;
    g->n_scopes = 1;
    g->scopes[0] = (leat_scope_frame){.name_scope = "", .var_scope = "", .device = ""};
    return g;
}

void leat_attr_free(const leat_attr_value *v)
{
    if (v->kind == LEAT_ATTR_TENSOR)
        leat_tensor_unref(v->tensor);
    if (v->kind == LEAT_ATTR_LIST + LEAT_ATTR_TENSOR)
        for (uint32_t i = 0; i < v->n; i++)
            leat_tensor_unref(((leat_tensor *const *)v->list)[i]);
}

void leat_graph_free(leat_graph *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->n_ops; i++)
        for (unsigned a = 0; a < g->ops[i]->n_attrs; a++)
            leat_attr_free(&g->ops[i]->attrs[a].value);
    for (size_t i = 0; i < g->n_values; i++)
        leat_tensor_unref(g->values[i]);
    leat_free(g->values);
    leat_free(g->ops);
    leat_map_free(&g->names);
    leat_map_free(&g->name_counts);
    leat_map_free(&g->strings);
    leat_map_free(&g->shapes);
    leat_map_free(&g->variables_by_op);
    leat_map_free(&g->variables);
    leat_map_free(&g->scope_counts);
    leat_collections_free(g);
    leat_free(g->parts);
    leat_free(g->scopes);
    for (size_t a = 0; a < g->builder.n_attrs; a++)
        leat_attr_free(&g->builder.attrs[a].value);
    leat_free(g->builder.inputs);
    leat_free(g->builder.segments);
    leat_free(g->builder.controls);
    leat_buf_free(&g->builder.rest);
    leat_free(g->bad_consumers);
    leat_free(g->origins);
    leat_free(g->message);
    leat_arena_free(&g->arena);
    leat_free(g);
}

leat_status leat_graph_keep(leat_graph *g, leat_status status)
{
    if (g->status == LEAT_OK && status != LEAT_OK) {
        g->status = status;
        g->message = leat_strdup(leat_message()); /* NULL: the status's text serves */
    }
    return g->status;
}

leat_status leat_graph_fail(leat_graph *g, leat_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leat_fail_v(status, format, args);
    va_end(args);
    return leat_graph_keep(g, status);
}

leat_status leat_graph_status(const leat_graph *g)
{
    if (g == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the graph is NULL");
    if (g->status == LEAT_OK)
        return LEAT_OK;
    return leat_fail(g->status, "%s", g->message != NULL ? g->message : leat_status_text(g->status));
}

void leat_graph_set_seed(leat_graph *g, int64_t seed)
{
    g->seed = seed;
}

const char *leat_graph_intern(leat_graph *g, const char *text, size_t n)
{
    const char *there = leat_map_get(&g->strings, text, n);
    if (there != NULL)
        return there;
    char *copy = leat_arena_strndup(&g->arena, text, n);
    if (copy == NULL || leat_map_put(&g->strings, copy, n, copy) != LEAT_OK) {
        leat_graph_keep(g, leat_fail_memory(n));
        return NULL;
    }
    return copy;
}

const leat_shape *leat_graph_intern_shape(leat_graph *g, const leat_shape *shape)
{
    if (shape->rank_plus_1 == 0)
        return &leat_shape_nothing;
    leat_shape clean =
        leat_shape_of(leat_shape_rank(shape), shape->dims); /* no stray bytes behind the rank */
    const leat_shape *there = leat_map_get(&g->shapes, (const char *)&clean, sizeof clean);
    if (there != NULL)
        return there;
    leat_shape *copy = leat_arena_alloc(&g->arena, sizeof *copy);
    if (copy != NULL)
        memcpy(copy, &clean, sizeof clean);
    if (copy == NULL || leat_map_put(&g->shapes, (const char *)copy, sizeof *copy, copy) != LEAT_OK) {
        leat_graph_keep(g, leat_fail_memory(sizeof clean));
        return &leat_shape_nothing;
    }
    return copy;
}

leat_variable_info *leat_graph_variable(const leat_graph *g, const leat_op *op)
{
    return leat_map_get(&g->variables_by_op, (const char *)&op, sizeof op);
}

leat_variable_info *leat_graph_add_variable(leat_graph *g, const leat_variable_info *info)
{
    leat_variable_info *kept = leat_arena_alloc(&g->arena, sizeof *kept);
    if (kept != NULL) {
        *kept = *info;
        if (leat_map_put(&g->variables_by_op, (const char *)&kept->op, sizeof kept->op, kept) == LEAT_OK)
            return kept;
    }
    leat_graph_keep(g, leat_fail_memory(sizeof *kept));
    return NULL;
}

size_t leat_graph_op_count(const leat_graph *g)
{
    return g->n_ops;
}

leat_op *leat_graph_op_at(const leat_graph *g, size_t i)
{
    return i < g->n_ops ? g->ops[i] : NULL;
}

leat_op *leat_graph_find(const leat_graph *g, const char *name)
{
    return leat_map_get(&g->names, name, strlen(name));
}

leat_out leat_graph_get(const leat_graph *g, const char *name)
{
    const char *colon = strrchr(name, ':');
    int64_t index = 0;
    size_t n = colon != NULL ? (size_t)(colon - name) : strlen(name);
    if (colon != NULL && (!leat_parse_i64(colon + 1, &index) || index < 0))
        return LEAT_NO_OUT;
    leat_op *op = leat_map_get(&g->names, name, n);
    if (op == NULL || index >= op->n_outputs)
        return LEAT_NO_OUT;
    return (leat_out){op, (int)index};
}

/* ---- what an op and an output tell ---- */

const char *leat_op_name(const leat_op *op)
{
    return op->name;
}

const char *leat_op_type(const leat_op *op)
{
    return op->type_name;
}

const char *leat_op_device(const leat_op *op)
{
    return op->device;
}

leat_graph *leat_op_graph(const leat_op *op)
{
    return op->graph;
}

int leat_op_inputs(const leat_op *op)
{
    return (int)op->n_inputs;
}

leat_out leat_op_input(const leat_op *op, int i)
{
    return i >= 0 && i < (int)op->n_inputs ? op->inputs[i] : LEAT_NO_OUT;
}

int leat_op_control_inputs(const leat_op *op)
{
    return (int)op->n_controls;
}

leat_op *leat_op_control_input(const leat_op *op, int i)
{
    return i >= 0 && i < (int)op->n_controls ? op->controls[i] : NULL;
}

int leat_op_outputs(const leat_op *op)
{
    return (int)op->n_outputs;
}

leat_out leat_op_output(leat_op *op, int i)
{
    return op != NULL && i >= 0 && i < (int)op->n_outputs ? (leat_out){op, i} : LEAT_NO_OUT;
}

/* A pending operand has no outputs yet: its value tells. */
static const leat_op_out *out_of(leat_out out)
{
    return out.op != NULL && !out.op->pending && out.index >= 0 && out.index < (int)out.op->n_outputs
               ? &out.op->outputs[out.index]
               : NULL;
}

leat_dtype leat_out_dtype(leat_out out)
{
    const leat_op_out *o = out_of(out);
    return o != NULL ? o->dtype : LEAT_DTYPE_NONE;
}

bool leat_out_is_ref(leat_out out)
{
    const leat_op_out *o = out_of(out);
    return o != NULL && o->is_ref;
}

leat_shape leat_out_shape(leat_out out)
{
    const leat_op_out *o = out_of(out);
    return o != NULL ? *o->shape : leat_shape_nothing;
}

int leat_rank(leat_out out)
{
    leat_shape s = leat_out_shape(out);
    return leat_shape_rank(&s);
}

int64_t leat_dim(leat_out out, int axis)
{
    leat_shape s = leat_out_shape(out);
    int rank = leat_shape_rank(&s);
    if (axis < 0)
        axis += rank;
    return axis >= 0 && axis < rank ? s.dims[axis] : -1;
}

char *leat_out_print(leat_out out, char *text, size_t size)
{
    char shape[160];
    leat_shape s = leat_out_shape(out);
    leat_shape_print(s, shape, sizeof shape);
    if (out.op == NULL)
        snprintf(text, size, "Tensor(none)");
    else
        snprintf(text, size, "Tensor(\"%s:%d\"%s%s, dtype=%s%s)", out.op->name, out.index, ", shape=", shape,
                 leat_dtype_name(leat_out_dtype(out)), leat_out_is_ref(out) ? "_ref" : "");
    return text;
}

void leat_out_set_shape(leat_out out, leat_shape shape)
{
    char a[160], b[160];
    leat_shape merged;
    if (out_of(out) == NULL)
        return;
    leat_op_out *o = &out.op->outputs[out.index];
    if (!leat_shape_merge(o->shape, &shape, &merged)) {
        leat_graph_fail(out.op->graph, LEAT_ERR_INVALID_ARGUMENT,
                        "node '%s' (%s): shape %s is not compatible with %s", out.op->name, out.op->type_name,
                        leat_shape_print(*o->shape, a, sizeof a), leat_shape_print(shape, b, sizeof b));
        return;
    }
    o->shape = leat_graph_intern_shape(out.op->graph, &merged);
}

leat_status leat_op_fail(const leat_op *op, leat_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leat_fail_v(status, format, args);
    va_end(args);
    return leat_fail_context(status, "node '%.300s' (%.300s)", op->name, op->type_name);
}

leat_status leat_op_fail_at_origin(const leat_op *op, leat_status status)
{
    const leat_graph *g = op->graph;
    size_t i = g->n_origins;
    while (i > 0 && g->origins[i - 1].first > op->id)
        i--;
    if (i == 0 || op->place == 0)
        return status;
    return leat_fail_context(status, "%s:%u", g->origins[i - 1].name, op->place);
}

static const leat_op_sig *find_in_table(const char *name, size_t n)
{
    size_t low = 0, high = leat_op_table_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *there = leat_op_table[middle].name;
        int order = strncmp(name, there, n);
        if (order == 0 && there[n] != '\0')
            order = -1;
        if (order == 0)
            return &leat_op_table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* What versions before 1.0 had two ops for: one of a matrix, and one of batches of them, which is today's by another name. */
static const char *const batch_names[] = {"BatchCholesky",
                                          "BatchCholeskyGrad",
                                          "BatchMatrixDeterminant",
                                          "BatchMatrixDiag",
                                          "BatchMatrixBandPart",
                                          "BatchMatrixDiagPart",
                                          "BatchMatrixInverse",
                                          "BatchMatrixSetDiag",
                                          "BatchMatrixSolve",
                                          "BatchMatrixSolveLs",
                                          "BatchMatrixTriangularSolve",
                                          "BatchSelfAdjointEig",
                                          "BatchSelfAdjointEigV2",
                                          "BatchSvd"};

const leat_op_sig *leat_op_sig_find(const char *name, size_t n)
{
    const leat_op_sig *type = find_in_table(name, n);
    for (size_t i = 0; type == NULL && i < LEAT_LEN(batch_names); i++)
        if (strlen(batch_names[i]) == n && memcmp(batch_names[i], name, n) == 0)
            return find_in_table(name + strlen("Batch"), n - strlen("Batch"));
    return type;
}
