/* inspect-graph.c - what `leat inspect` says about a graph. */
#include <stdlib.h>
#include <string.h>
#include "engine/graph/graph-private.h"
#include "engine/files/graphdef-private.h"
#include "engine/plan-private.h"
#include "tools/inspect-private.h"

typedef struct type_count {
    const char *type;
    size_t n;
    bool missing;
} type_count;

typedef struct names {
    const char **items;
    size_t n, capacity;
} names;

typedef struct graph_facts {
    type_count *types;
    size_t n_types, types_capacity;
    leat_map by_type; /* type -> index + 1 */
    names inputs, outputs, variables;
    size_t edges, controls, depth, width, constant_bytes;
    double variable_bytes;
    leat_cost cost;
    bool unknown; /* a dimension that counts in the cost or the variables is unknown */
} graph_facts;

static leat_status add_name(names *list, const char *name)
{
    LEAT_TRY(leat_grow(&list->items, &list->capacity, list->n + 1, sizeof *list->items));
    list->items[list->n++] = name;
    return LEAT_OK;
}

static leat_status count_type(graph_facts *f, const leat_op *op)
{
    size_t i = (size_t)(uintptr_t)leat_map_get(&f->by_type, op->type_name, strlen(op->type_name));
    if (i == 0) {
        LEAT_TRY(leat_grow(&f->types, &f->types_capacity, f->n_types + 1, sizeof *f->types));
        f->types[f->n_types++] = (type_count){op->type_name, 0, false};
        i = f->n_types;
        LEAT_TRY(leat_map_put(&f->by_type, op->type_name, strlen(op->type_name), (void *)(uintptr_t)i));
    }
    f->types[i - 1].n++;
    f->types[i - 1].missing |= op->type->def == NULL; /* a known op may have a dtype that is not */
    return LEAT_OK;
}

static int by_type(const void *a, const void *b)
{
    return strcmp(((const type_count *)a)->type, ((const type_count *)b)->type);
}

static bool is_placeholder(const leat_op *op)
{
    return strncmp(op->type_name, "Placeholder", 11) == 0;
}

/* Level of each op: one more than its inputs'. The widest level is how much could run side by side. */
static leat_status shape_of_graph(const leat_graph *g, graph_facts *f, bool *used)
{
    size_t n = leat_graph_op_count(g);
    uint32_t *level = leat_alloc_zero(n + 1, sizeof *level), *width = leat_alloc_zero(n + 2, sizeof *width);
    leat_status status = level != NULL && width != NULL ? LEAT_OK : leat_fail_memory(n * sizeof *level);
    for (size_t i = 0; status == LEAT_OK && i < n; i++) {
        const leat_op *op = leat_graph_op_at(g, i);
        for (uint32_t k = 0; k < op->n_inputs; k++) {
            used[op->inputs[k].op->id] = true;
            if (op->inputs[k].op->id < i)
                level[i] = LEAT_MAX(level[i], level[op->inputs[k].op->id] + 1);
        }
        for (uint32_t k = 0; k < op->n_controls; k++)
            level[i] = LEAT_MAX(level[i], level[op->controls[k]->id] + 1);
        f->edges += op->n_inputs;
        f->controls += op->n_controls;
        f->depth = LEAT_MAX(f->depth, (size_t)level[i] + 1);
        width[level[i]]++;
        f->width = LEAT_MAX(f->width, (size_t)width[level[i]]);
    }
    leat_free(level);
    leat_free(width);
    return status;
}

static void add_cost(const leat_op *op, graph_facts *f)
{
    leat_cost cost;
    if (op->n_inputs > 0) { /* what is fed, or there already, costs nothing */
        f->unknown |= !leat_op_static_cost(op, 1, &cost);
        f->cost.flops += cost.flops;
        f->cost.bytes += cost.bytes;
    }
    if (!leat_op_is_variable(op))
        return;
    leat_shape shape = leat_attr_shape(op, "shape");
    double bytes = (double)leat_dtype_bytes(leat_attr_type(op, "dtype"));
    f->unknown |= shape.rank_plus_1 == 0;
    for (int i = 0; i < leat_shape_rank(&shape); i++) {
        f->unknown |= shape.dims[i] < 0;
        bytes *= shape.dims[i] < 0 ? 1 : (double)shape.dims[i];
    }
    f->variable_bytes += bytes;
}

static leat_status gather(const leat_graph *g, graph_facts *f)
{
    size_t n = leat_graph_op_count(g);
    bool *used = leat_alloc_zero(n + 1, sizeof *used);
    leat_status status = used != NULL ? shape_of_graph(g, f, used) : leat_fail_memory(n);
    for (size_t i = 0; status == LEAT_OK && i < n; i++) {
        const leat_op *op = leat_graph_op_at(g, i);
        status = count_type(f, op);
        if (status == LEAT_OK && is_placeholder(op))
            status = add_name(&f->inputs, op->name);
        else if (status == LEAT_OK && leat_op_is_variable(op))
            status = add_name(&f->variables, op->name);
        else if (status == LEAT_OK && op->n_outputs > 0 && !used[i] && strcmp(op->type_name, "Const") != 0)
            status = add_name(&f->outputs, op->name);
        add_cost(op, f);
        const leat_tensor *value = strcmp(op->type_name, "Const") == 0 ? leat_attr_tensor(op, "value") : NULL;
        f->constant_bytes += value != NULL ? leat_tensor_bytes(value) : 0;
    }
    leat_free(used);
    if (status == LEAT_OK && f->n_types > 0)
        qsort(f->types, f->n_types, sizeof *f->types, by_type);
    return status;
}

static void put_json_names(leat_buf *b, const char *key, const names *list)
{
    leat_buf_printf(b, ", \"%s\": [", key);
    for (size_t i = 0; i < list->n; i++) {
        leat_buf_puts(b, i ? ", " : "");
        leat_buf_put_json(b, list->items[i], strlen(list->items[i]));
    }
    leat_buf_putc(b, ']');
}

static void put_graph_json(leat_buf *b, const leat_graph *g, const graph_facts *f)
{
    leat_buf_printf(b, "{\"nodes\": %zu, \"ops\": {", leat_graph_op_count(g));
    for (size_t i = 0; i < f->n_types; i++) {
        leat_buf_puts(b, i ? ", " : "");
        leat_buf_put_json(b, f->types[i].type, strlen(f->types[i].type));
        leat_buf_printf(b, ": %zu", f->types[i].n);
    }
    leat_buf_puts(b, "}, \"missing_ops\": [");
    for (size_t i = 0, k = 0; i < f->n_types; i++)
        if (f->types[i].missing) {
            leat_buf_puts(b, k++ ? ", " : "");
            leat_buf_put_json(b, f->types[i].type, strlen(f->types[i].type));
        }
    leat_buf_putc(b, ']');
    put_json_names(b, "inputs", &f->inputs);
    put_json_names(b, "outputs", &f->outputs);
    put_json_names(b, "variables", &f->variables);
    leat_buf_puts(b, "}\n");
}

static void put_names(leat_buf *b, const leat_graph *g, const char *what, const names *list)
{
    char shape[160];
    leat_buf_printf(b, "%s: %zu\n", what, list->n);
    for (size_t i = 0; i < list->n; i++) {
        const leat_op *op = leat_graph_find(g, list->items[i]);
        leat_buf_printf(
            b, "  %s  %s %s\n", op->name, leat_dtype_name(op->outputs[0].dtype),
            leat_shape_print(leat_op_is_variable(op) ? leat_attr_shape(op, "shape") : *op->outputs[0].shape,
                             shape, sizeof shape));
    }
}

/* "  float32 (?, 3)", as the signature says it. */
static void put_type(leat_buf *b, const leat_signature_tensor *t)
{
    char text[160];
    leat_shape shape;
    leat_wire w = t->shape;
    if (t->tensor.size > 0 && t->dtype > 0 && t->dtype < 200 && leat_read_shape_proto(&w, &shape) == LEAT_OK)
        leat_buf_printf(b, "  %s %s", leat_dtype_name((leat_dtype)t->dtype),
                        leat_shape_print(shape, text, sizeof text));
}

static void put_signatures(leat_buf *b, const leat_graph *g)
{
    for (size_t i = 0; i < g->n_parts; i++) {
        leat_signature_def s;
        if (g->parts[i].number != 5 ||
            leat_signature_def_read((leat_bytes){g->parts[i].bytes, g->parts[i].size}, 0, &s) != LEAT_OK)
            continue;
        leat_buf_puts(b, "signature ");
        leat_buf_put_escaped(b, s.key.data, s.key.size);
        leat_buf_putc(b, '\n');
        for (size_t k = 0; k < s.n; k++) {
            leat_buf_puts(b, s.items[k].output ? "  output " : "  input ");
            leat_buf_put_escaped(b, s.items[k].key.data, s.items[k].key.size);
            leat_buf_puts(b, "  ");
            leat_buf_put_escaped(b, s.items[k].tensor.data, s.items[k].tensor.size);
            put_type(b, &s.items[k]);
            leat_buf_putc(b, '\n');
        }
        leat_signature_def_free(&s);
    }
}

static void put_graph_text(leat_buf *b, const leat_graph *g, const graph_facts *f)
{
    leat_buf_printf(
        b,
        "%zu nodes, %zu edges, %zu control edges; %zu levels deep, up to %zu nodes a level; constants %zu bytes, variables %.0f "
        "bytes\n",
        leat_graph_op_count(g), f->edges, f->controls, f->depth, f->width, f->constant_bytes,
        f->variable_bytes);
    leat_buf_printf(b, "cost of running all of it once: %.4g flops, %.4g bytes moved%s\n", f->cost.flops,
                    f->cost.bytes, f->unknown ? " (unknown dimensions taken as 1)" : "");
    leat_buf_printf(b, "ops: %zu\n", f->n_types);
    for (size_t i = 0; i < f->n_types; i++) {
        leat_buf_puts(b, "  ");
        leat_buf_put_escaped(b, f->types[i].type, strlen(f->types[i].type));
        leat_buf_printf(b, "  %zu%s\n", f->types[i].n,
                        f->types[i].missing ? "  (not known: a run that needs it fails)" : "");
    }
    put_names(b, g, "inputs", &f->inputs);
    put_names(b, g, "outputs", &f->outputs);
    put_names(b, g, "variables", &f->variables);
    put_signatures(b, g);
}

/* Of a SavedModel with several meta graphs: which there are, and which this is. */
static void put_tags(leat_buf *b, const leat_meta_graph *m)
{
    if (m->tags.size == m->tags_size)
        return;
    leat_buf_puts(b, "meta graphs: ");
    leat_buf_put_escaped(b, m->tags.data, m->tags.size);
    leat_buf_puts(b, "; this is ");
    leat_buf_put_escaped(b, m->tags.data + m->tags_begin, m->tags_size);
    leat_buf_putc(b, '\n');
}

leat_status leat_inspect_graph(const char *path, const char *tags, bool json, leat_buf *out)
{
    leat_graph *g = leat_graph_new();
    graph_facts f = {0};
    if (g == NULL)
        return LEAT_ERR_NO_MEMORY;
    leat_meta_graph m;
    leat_graph_file_kind kind;
    leat_import_options o = {.size = sizeof o, .origin = path};
    leat_status status = leat_graph_file_open_tags(&m, path, tags, &kind);
    if (status == LEAT_OK)
        status = leat_import_opened(g, &m, &o);
    if (status == LEAT_OK)
        status = gather(g, &f);
    if (status == LEAT_OK && !json)
        put_tags(out, &m);
    if (status == LEAT_OK && json)
        put_graph_json(out, g, &f);
    else if (status == LEAT_OK)
        put_graph_text(out, g, &f);
    leat_free(f.types);
    leat_free(f.inputs.items);
    leat_free(f.outputs.items);
    leat_free(f.variables.items);
    leat_map_free(&f.by_type);
    leat_meta_graph_free(&m);
    leat_graph_free(g);
    return status;
}
