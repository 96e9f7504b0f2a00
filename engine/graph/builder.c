/* builder.c - collecting one op's inputs and attributes: what importers, bindings and the typed wrappers call.
 * Every function does nothing for NULL, and for a graph that has failed. */
#include <string.h>
#include "graph-private.h"
#include "proto/wire-private.h"

static leat_op_builder *begin(leat_graph *g, const char *type, size_t type_size)
{
    if (g == NULL || g->status != LEAT_OK)
        return NULL;
    leat_op_builder *b = &g->builder;
    if (b->open) {
        leat_graph_fail(g, LEAT_ERR_FAILED_PRECONDITION, "op '%.*s' was begun before '%s' (%s) was ended",
                        (int)type_size, type, b->name, b->type_name);
        return NULL;
    }
    b->graph = g;
    b->type = leat_op_sig_find(type, type_size);
    bool same_name = b->type != NULL && strlen(b->type->name) == type_size;
    b->type_name = same_name ? b->type->name : leat_graph_intern(g, type, type_size);
    b->n_inputs = b->n_segments = b->n_controls = b->n_attrs = 0;
    b->unknown_outputs = b->place = 0;
    leat_buf_clear(&b->rest);
    b->device = "";
    b->literal = false;
    b->open = true;
    return b->type_name != NULL ? b : NULL;
}

leat_op_builder *leat_op_begin(leat_graph *g, const char *type, const char *name)
{
    leat_op_builder *b = begin(g, type, strlen(type));
    if (b == NULL)
        return NULL;
    if (name == NULL)
        name = type;
    size_t n = strlen(name);
    if (b->type == NULL) {
        b->open = false;
        leat_graph_fail(g, LEAT_ERR_NOT_FOUND, "node '%s': op '%s' is not known", name, type);
        return NULL;
    }
    if (n > 0 && name[n - 1] == '/')
        b->name = leat_arena_strndup(&g->arena, name, n - 1);
    else if (leat_name_valid(name, n))
        b->name = leat_graph_unique_name(g, leat_graph_scope(g)->name_scope, name);
    else
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "'%s' is not a valid node name (op %s)", name, type);
    if (g->status != LEAT_OK || b->name == NULL) {
        b->open = false;
        leat_graph_keep(g, leat_fail_memory(n));
        return NULL;
    }
    b->device = leat_graph_scope(g)->device;
    return b;
}

leat_op_builder *leat_op_begin_literal(leat_graph *g, const char *type, size_t type_size, const char *name,
                                       size_t name_size)
{
    leat_op_builder *b = begin(g, type, type_size);
    if (b == NULL)
        return NULL;
    b->literal = true;
    b->name = leat_arena_strndup(&g->arena, name, name_size);
    if (b->name == NULL) {
        b->open = false;
        leat_graph_keep(g, leat_fail_memory(name_size));
        return NULL;
    }
    return b;
}

static bool usable(leat_op_builder *b)
{
    return b != NULL && b->open && b->graph->status == LEAT_OK;
}

static bool grow(leat_op_builder *b, void *array, size_t *capacity, size_t need, size_t size)
{
    leat_status status = leat_grow(array, capacity, need, size);
    if (status != LEAT_OK)
        leat_graph_keep(b->graph, status);
    return status == LEAT_OK;
}

static void add_segment(leat_op_builder *b, const leat_out *inputs, size_t n, bool is_list)
{
    if (!usable(b) || !grow(b, &b->inputs, &b->inputs_capacity, b->n_inputs + n + 1, sizeof *b->inputs) ||
        !grow(b, &b->segments, &b->segments_capacity, b->n_segments + 1, sizeof *b->segments))
        return;
    b->segments[b->n_segments++] = (struct leat_segment){(uint32_t)b->n_inputs, (uint32_t)n, is_list};
    for (size_t i = 0; i < n; i++)
        b->inputs[b->n_inputs++] = inputs[i];
}

void leat_op_add_input(leat_op_builder *b, leat_out input)
{
    add_segment(b, &input, 1, false);
}

void leat_op_add_input_list(leat_op_builder *b, const leat_out *inputs, size_t n)
{
    add_segment(b, inputs, n, true);
}

void leat_op_add_control(leat_op_builder *b, leat_op *op)
{
    if (op == NULL || !usable(b))
        return;
    for (size_t i = 0; i < b->n_controls && b->n_controls < 64;
         i++) /* a few repeats are dropped; many are left to the plan */
        if (b->controls[i] == op)
            return;
    if (grow(b, &b->controls, &b->controls_capacity, b->n_controls + 1, sizeof *b->controls))
        b->controls[b->n_controls++] = op;
}

void leat_op_set_device(leat_op_builder *b, const char *device)
{
    if (usable(b))
        b->device = leat_graph_intern(b->graph, device, strlen(device));
}

void leat_op_add_attr(leat_op_builder *b, const char *name, leat_attr_value value)
{
    if (!usable(b))
        return;
    leat_graph *g = b->graph;
    for (size_t i = 0; i < b->n_attrs; i++)
        if (strcmp(b->attrs[i].name, name) == 0) {
            leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "node '%s' (%s): attribute '%s' is given twice",
                            b->name, b->type_name, name);
            return;
        }
    if (b->n_attrs == LEAT_MAX_ATTRS) {
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT, "node '%s' (%s): more than %d attributes", b->name,
                        b->type_name, LEAT_MAX_ATTRS);
        return;
    }
    const char *kept = leat_graph_intern(g, name, strlen(name));
    if (kept == NULL)
        return;
    if (value.kind == LEAT_ATTR_TENSOR)
        leat_tensor_ref(value.tensor);
    b->attrs[b->n_attrs++] = (leat_op_attr){kept, value};
}

void leat_op_set_type(leat_op_builder *b, const char *attr, leat_dtype value)
{
    leat_op_add_attr(b, attr, (leat_attr_value){.kind = LEAT_ATTR_TYPE, .type = value});
}

void leat_op_set_int(leat_op_builder *b, const char *attr, int64_t value)
{
    leat_op_add_attr(b, attr, (leat_attr_value){.kind = LEAT_ATTR_INT, .i = value});
}

void leat_op_set_float(leat_op_builder *b, const char *attr, float value)
{
    leat_op_add_attr(b, attr, (leat_attr_value){.kind = LEAT_ATTR_FLOAT, .f = value});
}

void leat_op_set_bool(leat_op_builder *b, const char *attr, bool value)
{
    leat_op_add_attr(b, attr, (leat_attr_value){.kind = LEAT_ATTR_BOOL, .b = value});
}

void leat_op_set_tensor(leat_op_builder *b, const char *attr, leat_tensor *value)
{
    if (usable(b) && value == NULL)
        leat_graph_fail(b->graph, LEAT_ERR_INVALID_ARGUMENT, "node '%s' (%s): attribute '%s' is NULL: %s",
                        b->name, b->type_name, attr, leat_message());
    else
        leat_op_add_attr(b, attr, (leat_attr_value){.kind = LEAT_ATTR_TENSOR, .tensor = value});
}

void leat_op_set_shape(leat_op_builder *b, const char *attr, leat_shape value)
{
    if (!usable(b))
        return;
    const leat_shape *kept = leat_graph_intern_shape(b->graph, &value);
    leat_op_add_attr(b, attr, (leat_attr_value){.kind = LEAT_ATTR_SHAPE, .shape = kept});
}

/* Copies `bytes` bytes into the arena, with a NUL behind. */
static void *keep(leat_op_builder *b, const void *from, size_t bytes)
{
    char *copy = leat_arena_alloc(&b->graph->arena, bytes + 1);
    if (copy == NULL) {
        leat_graph_keep(b->graph, leat_fail_memory(bytes));
        return NULL;
    }
    if (bytes > 0)
        memcpy(copy, from, bytes);
    copy[bytes] = '\0';
    return copy;
}

static void set_bytes(leat_op_builder *b, const char *attr, const void *bytes, size_t size, unsigned kind)
{
    char *copy = usable(b) ? keep(b, bytes, size) : NULL;
    if (copy != NULL)
        leat_op_add_attr(b, attr, (leat_attr_value){.kind = (uint8_t)kind, .n = (uint32_t)size, .s = copy});
}

void leat_op_set_string(leat_op_builder *b, const char *attr, const void *bytes, size_t size)
{
    set_bytes(b, attr, bytes, size, LEAT_ATTR_STRING);
}

/* A func's value is a serialized NameAttrList, as imported ones are. */
void leat_op_set_func(leat_op_builder *b, const char *attr, const char *function_name)
{
    leat_buf bytes = {0};
    leat_put_string(&bytes, 1, function_name);
    if (usable(b) && leat_buf_status(&bytes) != LEAT_OK)
        leat_graph_keep(b->graph, LEAT_ERR_NO_MEMORY);
    else
        set_bytes(b, attr, bytes.data, bytes.size, LEAT_ATTR_FUNC);
    leat_buf_free(&bytes);
}

static void set_list(leat_op_builder *b, const char *attr, const void *values, size_t n, size_t size,
                     unsigned kind)
{
    void *copy = usable(b) ? keep(b, values, n * size) : NULL;
    if (copy != NULL)
        leat_op_add_attr(
            b, attr,
            (leat_attr_value){.kind = (uint8_t)(LEAT_ATTR_LIST + kind), .n = (uint32_t)n, .list = copy});
}

void leat_op_set_int_list(leat_op_builder *b, const char *attr, const int64_t *values, size_t n)
{
    set_list(b, attr, values, n, sizeof *values, LEAT_ATTR_INT);
}

void leat_op_set_float_list(leat_op_builder *b, const char *attr, const float *values, size_t n)
{
    set_list(b, attr, values, n, sizeof *values, LEAT_ATTR_FLOAT);
}

void leat_op_set_type_list(leat_op_builder *b, const char *attr, const leat_dtype *values, size_t n)
{
    set_list(b, attr, values, n, sizeof *values, LEAT_ATTR_TYPE);
}

void leat_op_set_shape_list(leat_op_builder *b, const char *attr, const leat_shape *values, size_t n)
{
    set_list(b, attr, values, n, sizeof *values, LEAT_ATTR_SHAPE);
}

void leat_op_set_string_list(leat_op_builder *b, const char *attr, const char *const *values, size_t n)
{
    leat_bytes *items = usable(b) ? leat_arena_alloc(&b->graph->arena, n * sizeof *items + 1) : NULL;
    if (items == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        items[i].size = strlen(values[i]);
        items[i].data = keep(b, values[i], items[i].size);
        if (items[i].data == NULL)
            return;
    }
    leat_op_add_attr(
        b, attr,
        (leat_attr_value){.kind = LEAT_ATTR_LIST + LEAT_ATTR_STRING, .n = (uint32_t)n, .list = items});
}
