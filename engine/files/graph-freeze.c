/* graph-freeze.c - variables into constants, as tensorflow/python/framework/convert_to_constants.py does it. */
#include <string.h>
#include "graph-edit-private.h"

static bool is(leat_bytes text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

static leat_status fail_at(const leat_edit_node *node, const char *reason, leat_bytes name)
{
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "node '%.*s' (%.*s): %s '%.*s'",
                     (int)LEAT_MIN(node->name.size, (size_t)200), node->name.data,
                     (int)LEAT_MIN(node->op.size, (size_t)100), node->op.data, reason,
                     (int)LEAT_MIN(name.size, (size_t)200), name.data);
}

/* What an op that passes on a variable, or reads it, becomes; NULL: it needs the variable itself, "": it takes the value as it is. */
static const char *reader_of(leat_bytes op, bool is_resource)
{
    static const struct {
        const char *op, *as;
        bool resource;
    } readers[] = {
        {"ReadVariableOp", "Identity", true}, {"ResourceGather", "GatherV2", true},
        {"Identity", "Identity", true},       {"Enter", "Enter", true},
        {"Switch", "Switch", true},           {"RefIdentity", "Identity", false},
        {"RefEnter", "Enter", false},         {"RefSwitch", "Switch", false},
    };
    for (size_t i = 0; i < LEAT_LEN(readers); i++)
        if (readers[i].resource == is_resource && is(op, readers[i].op))
            return readers[i].as;
    return is_resource ? NULL : "";
}

/* Does the op, which has a ref variable as input i, write it or ask for more than its value? */
static bool needs_ref(const leat_op_sig *type, size_t i)
{
    unsigned flags = type != NULL && type->def != NULL ? type->def->flags : 0;
    return (flags & LEAT_OP_WRITES_VARS) || ((flags & (LEAT_OP_WRITES_VAR | LEAT_OP_REF_RAW)) && i == 0);
}

static bool is_saver(leat_bytes op)
{
    static const char *const savers[] = {
        "Save",      "SaveV2",       "SaveSlices",         "Restore",
        "RestoreV2", "RestoreSlice", "MergeV2Checkpoints", "ShardedFilename"};
    for (size_t i = 0; i < LEAT_LEN(savers); i++)
        if (is(op, savers[i]))
            return true;
    return false;
}

/* What is known of a node's output 0 while the variables' values flow. */
typedef struct flow {
    leat_dtype dtype; /* of the variable that it is, by ref or handle; NONE: it is an ordinary value */
    bool is_resource;
} flow;

typedef struct edge {
    uint32_t to, input;
    bool control;
} edge;

typedef struct freezer {
    leat_graph_edit *e;
    flow *flows;
    bool drop;
    edge *edges; /* of node i: from begin[i] up to begin[i + 1] */
    size_t *begin;
    uint32_t *
        work; /* nodes whose consumers are to be looked at; each comes at most twice: its flow known, then dropped */
    size_t n_work;
} freezer;

static void push(freezer *f, const leat_edit_node *node)
{
    f->work[f->n_work++] = (uint32_t)(node - f->e->nodes);
}

static void drop(freezer *f, leat_edit_node *node)
{
    if (!node->dropped)
        push(f, node);
    node->dropped = true;
}

typedef leat_status edge_fn(freezer *f, size_t from, size_t to, size_t input, bool control);

static leat_status each_edge(freezer *f, edge_fn *fn)
{
    for (size_t i = 0; i < f->e->n; i++) {
        leat_edit_node *node = &f->e->nodes[i];
        leat_wire w = node->span;
        leat_bytes input;
        bool control;
        for (size_t k = 0; !node->dropped && leat_edit_next_input(&w, &input); k++) {
            leat_edit_node *from = leat_graph_edit_find(f->e, leat_input_node(input, &control));
            if (from == NULL)
                return fail_at(node, "an input is not in the graph:", input);
            LEAT_TRY(fn(f, (size_t)(from - f->e->nodes), i, k, control));
        }
    }
    return LEAT_OK;
}

static leat_status count_edge(freezer *f, size_t from, size_t to, size_t input, bool control)
{
    (void)to, (void)input, (void)control;
    f->begin[from + 1]++;
    return LEAT_OK;
}

static leat_status fill_edge(freezer *f, size_t from, size_t to, size_t input, bool control)
{
    f->edges[f->begin[from]++] = (edge){(uint32_t)to, (uint32_t)input, control};
    return LEAT_OK;
}

static leat_status make_edges(freezer *f)
{
    size_t n = f->e->n;
    f->flows = leat_alloc_zero(n + 1, sizeof *f->flows);
    f->begin = leat_alloc_zero(n + 2, sizeof *f->begin);
    f->work = leat_alloc_zero(2 * n + 1, sizeof *f->work);
    if (f->flows == NULL || f->begin == NULL || f->work == NULL)
        return leat_fail_memory(n * sizeof *f->flows);
    LEAT_TRY(each_edge(f, count_edge));
    for (size_t i = 0; i < n; i++)
        f->begin[i + 1] += f->begin[i];
    f->edges = leat_alloc_zero(f->begin[n] + 1, sizeof *f->edges);
    if (f->edges == NULL)
        return leat_fail_memory(f->begin[n] * sizeof *f->edges);
    LEAT_TRY(each_edge(f, fill_edge));
    for (size_t i = n; i > 0; i--) /* the fill moved each begin to the next one's */
        f->begin[i] = f->begin[i - 1];
    f->begin[0] = 0;
    return LEAT_OK;
}

static leat_status look_at(freezer *f, const leat_edit_node *from, const edge *way)
{
    leat_edit_node *node = &f->e->nodes[way->to];
    flow in = f->flows[from - f->e->nodes];
    if (from->dropped)
        drop(f, node);
    if (node->dropped || way->control || in.dtype == LEAT_DTYPE_NONE)
        return LEAT_OK;
    const char *as = way->input == 0 || !in.is_resource ? reader_of(node->op, in.is_resource) : NULL;
    if (as == NULL || needs_ref(leat_op_sig_find(node->op.data, node->op.size), way->input)) {
        if (!f->drop)
            return fail_at(node, "it needs the variable itself, not its value:", from->name);
        drop(f, node);
    } else if (*as != '\0' && node->new_op == NULL && way->input == 0) {
        node->new_op = as;
        node->dtype = in.dtype;
        if (!is(node->op, "ReadVariableOp") && !is(node->op, "ResourceGather")) {
            f->flows[way->to] = in;
            push(f, node);
        }
    }
    return LEAT_OK;
}

static leat_status set_value(freezer *f, const char *name, const leat_tensor *value)
{
    leat_edit_node *node = leat_graph_edit_find(f->e, (leat_bytes){name, strlen(name)});
    if (node == NULL)
        return leat_fail(LEAT_ERR_NOT_FOUND, "variable '%s' is not in the graph", name);
    node->value = value;
    node->dtype = value->dtype;
    f->flows[node - f->e->nodes] = (flow){value->dtype, is(node->op, "VarHandleOp")};
    push(f, node);
    return LEAT_OK;
}

/* The name of the constant that a GatherV2 needs is free. */
static leat_status check_axes(const leat_graph_edit *e)
{
    for (size_t i = 0; i < e->n; i++) {
        const leat_edit_node *node = &e->nodes[i];
        if (node->dropped || node->new_op == NULL || strcmp(node->new_op, "GatherV2") != 0)
            continue;
        char *name = leat_asprintf("%.*s/axis", (int)node->name.size, node->name.data);
        if (name == NULL)
            return leat_fail_memory(node->name.size);
        bool taken = leat_graph_edit_find(e, (leat_bytes){name, strlen(name)}) != NULL;
        leat_free(name);
        if (taken)
            return fail_at(node, "its axis would have a name that is taken:", node->name);
    }
    return LEAT_OK;
}

leat_status leat_graph_edit_freeze(leat_graph_edit *e, const char *const *variables,
                                   leat_tensor *const *values, size_t n, bool drop_users)
{
    freezer f = {.e = e, .drop = drop_users};
    leat_status status = make_edges(&f);
    for (size_t i = 0; status == LEAT_OK && i < n; i++)
        status = set_value(&f, variables[i], values[i]);
    for (size_t i = 0; status == LEAT_OK && drop_users && i < e->n; i++)
        if (is_saver(e->nodes[i].op))
            drop(&f, &e->nodes[i]);
    while (status == LEAT_OK && f.n_work > 0) {
        size_t i = f.work[--f.n_work];
        for (size_t k = f.begin[i]; status == LEAT_OK && k < f.begin[i + 1]; k++)
            status = look_at(&f, &e->nodes[i], &f.edges[k]);
    }
    leat_free(f.flows);
    leat_free(f.begin);
    leat_free(f.edges);
    leat_free(f.work);
    return status == LEAT_OK ? check_axes(e) : status;
}
