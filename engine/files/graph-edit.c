/* graph-edit.c - nodes of a serialized GraphDef dropped and rewritten; the rest is copied as it came. */
#include <string.h>
#include "graph-edit-private.h"

void leat_graph_edit_free(leat_graph_edit *e)
{
    leat_free(e->nodes);
    leat_map_free(&e->index);
    memset(e, 0, sizeof *e);
}

static leat_status add_node(leat_graph_edit *e, const leat_wire *outer, const leat_field *field)
{
    leat_edit_node node = {.span = leat_wire_sub(outer, field), .name = {"", 0}, .op = {"", 0}};
    leat_wire w = node.span;
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number >= 1 && f.number <= 5 && f.type != LEAT_WIRE_BYTES)
            return leat_fail(LEAT_ERR_DATA_LOSS, "offset %llu: a node's field %u is of the wrong wire type",
                             (unsigned long long)f.offset, f.number);
        if (f.number == 1)
            node.name = (leat_bytes){(const char *)f.bytes, f.size};
        else if (f.number == 2)
            node.op = (leat_bytes){(const char *)f.bytes, f.size};
    }
    LEAT_TRY(leat_wire_status(&w));
    if (!leat_name_valid(node.name.data, node.name.size))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "offset %llu: node '%.*s': not a valid name",
                         (unsigned long long)field->offset, (int)LEAT_MIN(node.name.size, (size_t)200),
                         node.name.data);
    if (leat_map_get(&e->index, node.name.data, node.name.size) != NULL)
        return leat_fail(
            LEAT_ERR_INVALID_ARGUMENT, "offset %llu: node '%.*s': the name is taken by an earlier node",
            (unsigned long long)field->offset, (int)LEAT_MIN(node.name.size, (size_t)200), node.name.data);
    LEAT_TRY(leat_grow(&e->nodes, &e->capacity, e->n + 1, sizeof *e->nodes));
    e->nodes[e->n++] = node;
    return leat_map_put(&e->index, node.name.data, node.name.size, (void *)(uintptr_t)e->n);
}

leat_status leat_graph_edit_open(leat_graph_edit *e, const void *bytes, size_t size, uint64_t offset)
{
    memset(e, 0, sizeof *e);
    e->graph = leat_wire_from(bytes, size, offset);
    leat_wire w = e->graph;
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 1 && f.type != LEAT_WIRE_BYTES)
            return leat_fail(LEAT_ERR_DATA_LOSS,
                             "offset %llu: field 1 is of the wrong wire type: this is no GraphDef",
                             (unsigned long long)f.offset);
        if (f.number == 1)
            LEAT_TRY(add_node(e, &w, &f));
    }
    return leat_wire_status(&w);
}

leat_edit_node *leat_graph_edit_find(const leat_graph_edit *e, leat_bytes name)
{
    size_t i = (size_t)(uintptr_t)leat_map_get(&e->index, name.data, name.size);
    return i > 0 ? &e->nodes[i - 1] : NULL;
}

leat_bytes leat_input_node(leat_bytes input, bool *control)
{
    *control = input.size > 0 && input.data[0] == '^';
    if (*control)
        return (leat_bytes){input.data + 1, input.size - 1};
    size_t n = input.size;
    while (n > 0 && input.data[n - 1] >= '0' && input.data[n - 1] <= '9')
        n--;
    if (n > 0 && n < input.size && input.data[n - 1] == ':')
        input.size = n - 1;
    return input;
}

bool leat_edit_next_input(leat_wire *at, leat_bytes *input)
{
    leat_field f;
    while (leat_wire_next(at, &f))
        if (f.number == 3 && f.type == LEAT_WIRE_BYTES) {
            *input = (leat_bytes){(const char *)f.bytes, f.size};
            return true;
        }
    return false;
}

/* ---- strip ---- */

typedef struct stack {
    uint32_t *items;
    size_t n, capacity;
} stack;

static leat_status visit(leat_graph_edit *e, stack *s, leat_edit_node *node)
{
    if (!node->dropped)
        return LEAT_OK;
    node->dropped = false;
    LEAT_TRY(leat_grow(&s->items, &s->capacity, s->n + 1, sizeof *s->items));
    s->items[s->n++] = (uint32_t)(node - e->nodes);
    return LEAT_OK;
}

static leat_status visit_outputs(leat_graph_edit *e, stack *s, const leat_bytes *outputs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool control;
        leat_edit_node *node = leat_graph_edit_find(e, leat_input_node(outputs[i], &control));
        if (node == NULL)
            return leat_fail(LEAT_ERR_NOT_FOUND, "output '%.*s' is not in the graph",
                             (int)LEAT_MIN(outputs[i].size, (size_t)200), outputs[i].data);
        LEAT_TRY(visit(e, s, node));
    }
    return LEAT_OK;
}

static leat_status visit_ancestors(leat_graph_edit *e, stack *s)
{
    while (s->n > 0) {
        const leat_edit_node *node = &e->nodes[s->items[--s->n]];
        leat_wire w = node->span;
        leat_bytes input;
        bool control;
        while (leat_edit_next_input(&w, &input)) {
            leat_edit_node *from = leat_graph_edit_find(e, leat_input_node(input, &control));
            if (from == NULL)
                return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                                 "node '%.*s' (%.*s): input '%.*s' is not in the graph",
                                 (int)LEAT_MIN(node->name.size, (size_t)200), node->name.data,
                                 (int)LEAT_MIN(node->op.size, (size_t)100), node->op.data,
                                 (int)LEAT_MIN(input.size, (size_t)200), input.data);
            LEAT_TRY(visit(e, s, from));
        }
    }
    return LEAT_OK;
}

leat_status leat_graph_edit_strip(leat_graph_edit *e, const leat_bytes *outputs, size_t n)
{
    stack s = {0};
    for (size_t i = 0; i < e->n; i++)
        e->nodes[i].dropped = true;
    leat_status status = visit_outputs(e, &s, outputs, n);
    if (status == LEAT_OK)
        status = visit_ancestors(e, &s);
    leat_free(s.items);
    return status;
}

/* ---- writing ---- */

/* Is the text "loc:@NODE" of a node that is gone? TensorFlow refuses such a colocation. */
static bool is_gone(const leat_graph_edit *e, const leat_field *text)
{
    if (text->size < 5 || memcmp(text->bytes, "loc:@", 5) != 0)
        return false;
    const leat_edit_node *node =
        leat_graph_edit_find(e, (leat_bytes){(const char *)text->bytes + 5, text->size - 5});
    return node == NULL || node->dropped;
}

/* Calls for every text of attribute "_class" (value 2 {list 1 {s 2}}): counts the gone, and writes the others where out is given. */
static size_t walk_class(const leat_graph_edit *e, leat_wire entry, leat_buf *out, size_t *left)
{
    leat_field f, list, item;
    size_t gone = 0;
    *left = 0;
    while (leat_wire_next(&entry, &f)) {
        if (f.number != 2 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire value = leat_wire_sub(&entry, &f);
        while (leat_wire_next(&value, &list)) {
            if (list.number != 1 || list.type != LEAT_WIRE_BYTES)
                continue;
            leat_wire items = leat_wire_sub(&value, &list);
            while (leat_wire_next(&items, &item)) {
                bool is = item.number == 2 && item.type == LEAT_WIRE_BYTES && is_gone(e, &item);
                gone += is;
                *left += !is;
                if (out != NULL && !is && item.type == LEAT_WIRE_BYTES)
                    leat_put_bytes(out, item.number, item.bytes, item.size);
            }
        }
    }
    return gone;
}

static leat_bytes attr_key(leat_wire entry)
{
    leat_field f;
    while (leat_wire_next(&entry, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
            return (leat_bytes){(const char *)f.bytes, f.size};
    return (leat_bytes){"", 0};
}

static bool is_text(leat_bytes text, const char *word)
{
    return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

static void put_class(const leat_graph_edit *e, leat_wire entry, const leat_field *raw, leat_buf *out)
{
    size_t left;
    if (walk_class(e, entry, NULL, &left) == 0) {
        leat_put_bytes(out, 5, raw->bytes, raw->size);
    } else if (left > 0) {
        size_t attr = leat_put_begin(out, 5);
        leat_put_string(out, 1, "_class");
        size_t value = leat_put_begin(out, 2), list = leat_put_begin(out, 1);
        walk_class(e, entry, out, &left);
        leat_put_end(out, list);
        leat_put_end(out, value);
        leat_put_end(out, attr);
    }
}

static void put_type_attr(leat_buf *out, const char *name, leat_dtype dtype)
{
    size_t attr = leat_put_begin(out, 5);
    leat_put_string(out, 1, name);
    size_t value = leat_put_begin(out, 2);
    leat_put_uint(out, 6, (uint64_t)dtype);
    leat_put_end(out, value);
    leat_put_end(out, attr);
}

static void put_field(leat_buf *out, const leat_field *f)
{
    if (f->type == LEAT_WIRE_BYTES)
        leat_put_bytes(out, f->number, f->bytes, f->size);
    else if (f->type == LEAT_WIRE_VARINT)
        leat_put_uint(out, f->number, f->varint);
    else if (f->type == LEAT_WIRE_FIXED32)
        leat_put_float(out, f->number, leat_field_float(f));
    else
        leat_put_double(out, f->number, leat_field_double(f));
}

static void put_const(const leat_edit_node *node, leat_buf *out)
{
    leat_put_bytes(out, 1, node->name.data, node->name.size);
    leat_put_string(out, 2, "Const");
    put_type_attr(out, "dtype", node->dtype);
    size_t attr = leat_put_begin(out, 5);
    leat_put_string(out, 1, "value");
    size_t value = leat_put_begin(out, 2);
    leat_put_tensor_proto(out, 8, node->value);
    leat_put_end(out, value);
    leat_put_end(out, attr);
}

/* What the attributes of a read are called in the op that takes its place; NULL: the attribute goes. */
static const char *new_attr(const leat_edit_node *node, leat_bytes key)
{
    bool gather = strcmp(node->new_op, "GatherV2") == 0;
    if (is_text(key, "dtype"))
        return gather ? "Tparams" : "T";
    /* What passed on a handle, a scalar, now passes on the value. */
    return is_text(key, "validate_indices") || is_text(key, "_output_shapes") ? NULL : "";
}

static void put_changed(const leat_graph_edit *e, const leat_edit_node *node, leat_buf *out)
{
    leat_wire w = node->span;
    leat_field f;
    bool gather = strcmp(node->new_op, "GatherV2") == 0, added = false;
    while (leat_wire_next(&w, &f)) {
        leat_wire entry = f.type == LEAT_WIRE_BYTES ? leat_wire_sub(&w, &f) : w;
        bool input = f.number == 3 && f.type == LEAT_WIRE_BYTES;
        if (gather && !added && (f.number > 3 || (input && f.size > 0 && f.bytes[0] == '^'))) {
            size_t axis = leat_put_begin(out, 3); /* behind the data inputs */
            leat_buf_append(out, node->name.data, node->name.size);
            leat_buf_puts(out, "/axis");
            leat_put_end(out, axis);
            added = true;
        }
        if (f.number == 2) {
            leat_put_string(out, 2, node->new_op);
        } else if (f.number == 5) {
            leat_bytes key = attr_key(entry);
            const char *name = is_text(key, "T") && !gather ? "T" : new_attr(node, key);
            if (name != NULL && *name != '\0')
                put_type_attr(out, name, node->dtype);
            else if (name != NULL)
                is_text(key, "_class") ? put_class(e, entry, &f, out) : put_field(out, &f);
        } else {
            put_field(out, &f);
        }
    }
    if (gather)
        put_type_attr(out, "Taxis", LEAT_INT32);
}

static bool touches_class(const leat_graph_edit *e, const leat_edit_node *node)
{
    leat_wire w = node->span;
    leat_field f;
    size_t left;
    while (leat_wire_next(&w, &f))
        if (f.number == 5 && is_text(attr_key(leat_wire_sub(&w, &f)), "_class") &&
            walk_class(e, leat_wire_sub(&w, &f), NULL, &left) > 0)
            return true;
    return false;
}

static void put_without_gone(const leat_graph_edit *e, const leat_edit_node *node, leat_buf *out)
{
    leat_wire w = node->span;
    leat_field f;
    while (leat_wire_next(&w, &f))
        if (f.number == 5 && is_text(attr_key(leat_wire_sub(&w, &f)), "_class"))
            put_class(e, leat_wire_sub(&w, &f), &f, out);
        else
            put_field(out, &f);
}

/* The axis of a ResourceGather that became a GatherV2. */
static void put_axis(const leat_edit_node *node, leat_buf *out)
{
    size_t mark = leat_put_begin(out, 1), name = leat_put_begin(out, 1);
    leat_buf_append(out, node->name.data, node->name.size);
    leat_buf_puts(out, "/axis");
    leat_put_end(out, name);
    leat_put_string(out, 2, "Const");
    put_type_attr(out, "dtype", LEAT_INT32);
    size_t attr = leat_put_begin(out, 5);
    leat_put_string(out, 1, "value");
    size_t value = leat_put_begin(out, 2), tensor = leat_put_begin(out, 8);
    leat_put_uint(out, 1, LEAT_INT32);
    leat_put_end(out, leat_put_begin(out, 2));
    leat_put_uint(out, 7, 0);
    leat_put_end(out, tensor);
    leat_put_end(out, value);
    leat_put_end(out, attr);
    leat_put_end(out, mark);
}

static void put_node(const leat_graph_edit *e, const leat_edit_node *node, const leat_field *raw,
                     leat_buf *out)
{
    if (node->value == NULL && node->new_op == NULL && !touches_class(e, node)) {
        leat_put_bytes(out, 1, raw->bytes, raw->size);
        return;
    }
    if (node->new_op != NULL && strcmp(node->new_op, "GatherV2") == 0)
        put_axis(node, out);
    size_t mark = leat_put_begin(out, 1);
    if (node->value != NULL)
        put_const(node, out);
    else if (node->new_op != NULL)
        put_changed(e, node, out);
    else
        put_without_gone(e, node, out);
    leat_put_end(out, mark);
}

leat_status leat_graph_edit_write(const leat_graph_edit *e, leat_buf *out)
{
    leat_wire w = e->graph;
    leat_field f;
    size_t i = 0;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 1)
            put_field(out, &f);
        else if (!e->nodes[i++].dropped)
            put_node(e, &e->nodes[i - 1], &f, out);
    }
    return leat_buf_status(out);
}
