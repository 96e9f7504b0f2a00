/* graphdef-build.c - the nodes of a serialized GraphDef built in order. */
#include "graphdef-reader-private.h"

static leat_status add_input(reader *r, leat_op_builder *b, const leat_field *f, uint32_t source,
                             leat_out *first, bool *back)
{
    input in;
    LEAT_TRY(leat_reader_parse_input(f, &in));
    if (source == 0) {
        const leat_out *given = leat_reader_mapped(r, f, &in);
        if (in.control)
            leat_op_add_control(b, given->op);
        else
            leat_op_add_input(b, *given);
        return LEAT_OK;
    }
    leat_out out = {r->nodes[(source & ~BACK_EDGE) - 1].op, (int)in.index};
    if (out.op == NULL) { /* a loop's back edge: stands for the forward one until its node is there */
        *back = true;
        out = *first;
    }
    if (first->op == NULL)
        *first = out;
    if (in.control)
        leat_op_add_control(b, out.op);
    else
        leat_op_add_input(b, out);
    return LEAT_OK;
}

static bool renames(const reader *r)
{
    return r->prefix[0] != '\0' || r->renamed.count > 0;
}

/* "loc:@NODE" of attribute _class names a node, whose full name it becomes. */
static leat_status rename_locations(reader *r, leat_op_builder *b, const char *name)
{
    leat_attr_value *v = b->n_attrs > 0 ? &b->attrs[b->n_attrs - 1].value : NULL;
    if (v == NULL || strcmp(b->attrs[b->n_attrs - 1].name, name) != 0 ||
        v->kind != LEAT_ATTR_LIST + LEAT_ATTR_STRING)
        return LEAT_OK;
    leat_bytes *items = leat_arena_alloc(&r->g->arena, (v->n + 1) * sizeof *items);
    leat_buf full = {0};
    leat_status status = items != NULL ? LEAT_OK : leat_fail_memory(v->n * sizeof *items);
    for (uint32_t i = 0; status == LEAT_OK && i < v->n; i++) {
        items[i] = ((const leat_bytes *)v->list)[i];
        if (items[i].size < 5 || memcmp(items[i].data, "loc:@", 5) != 0)
            continue;
        status = leat_reader_full_name(r, items[i].data + 5, items[i].size - 5, &full);
        if (status != LEAT_OK)
            break;
        size_t size = full.size + 5;
        char *text = leat_arena_alloc(&r->g->arena, size + 1);
        if (text == NULL) {
            status = leat_fail_memory(size);
            break;
        }
        memcpy(text, "loc:@", 5);
        memcpy(text + 5, full.data, full.size);
        text[size] = '\0';
        items[i] = (leat_bytes){text, size};
    }
    leat_buf_free(&full);
    if (status == LEAT_OK)
        v->list = items;
    return status;
}

static leat_status add_attr(reader *r, leat_op_builder *b, leat_wire *outer, const leat_field *f)
{
    leat_wire w = leat_wire_sub(outer, f);
    leat_field e, key = {0}, value = {0};
    while (leat_wire_next(&w, &e)) {
        if (e.number == 1 && e.type == LEAT_WIRE_BYTES)
            key = e;
        if (e.number == 2 && e.type == LEAT_WIRE_BYTES)
            value = e;
    }
    LEAT_TRY(leat_wire_status(&w));
    if (!leat_reader_is_plain_text((const char *)key.bytes, key.size))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "an attribute's name holds control characters or no UTF-8");
    const char *name = leat_graph_intern(r->g, (const char *)key.bytes, key.size);
    if (name == NULL)
        return LEAT_ERR_NO_MEMORY;
    leat_wire v = leat_wire_sub(&w, &value);
    leat_status status = leat_read_attr_value(&v, r->size, b, name);
    if (status == LEAT_OK && renames(r) && strcmp(name, "_class") == 0)
        status = rename_locations(r, b, name);
    return status == LEAT_OK ? status : leat_fail_context(status, "attribute '%s'", name);
}

static leat_status take_device(reader *r, leat_op_builder *b, const leat_field *f)
{
    if (!leat_reader_is_plain_text((const char *)f->bytes, f->size))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the device holds control characters or no UTF-8");
    b->device = leat_graph_intern(r->g, (const char *)f->bytes, f->size);
    return b->device != NULL ? LEAT_OK : leat_graph_status(r->g);
}

static leat_status fill_node(reader *r, leat_op_builder *b, node *n, bool *back)
{
    leat_wire w = n->span;
    leat_field f;
    leat_out first = LEAT_NO_OUT;
    uint32_t k = n->first_source;
    for (const uint8_t *at = w.at; leat_wire_next(&w, &f); at = w.at) {
        if (f.number == 3)
            LEAT_TRY(add_input(r, b, &f, r->sources[k++], &first, back));
        else if (f.number == 4)
            LEAT_TRY(take_device(r, b, &f));
        else if (f.number == 5)
            LEAT_TRY(add_attr(r, b, &w, &f));
        else if (f.number > 5)
            leat_buf_append(&b->rest, at, (size_t)(w.at - at));
    }
    return leat_buf_status(&b->rest);
}

/* With the name as it is, or as the prefix and the graph's other names make it. */
static leat_op_builder *begin_node(reader *r, const node *n)
{
    if (!renames(r))
        return leat_op_begin_literal(r->g, n->type, n->type_size, n->name, n->name_size);
    leat_buf name = {0};
    leat_op_builder *b = NULL;
    leat_status status = leat_reader_full_name(r, n->name, n->name_size, &name);
    if (status == LEAT_OK)
        b = leat_op_begin_literal(r->g, n->type, n->type_size, name.data, name.size);
    else
        leat_graph_keep(r->g, status);
    leat_buf_free(&name);
    return b;
}

static leat_status build_node(reader *r, node *n, bool *back)
{
    leat_op_builder *b = begin_node(r, n);
    if (b == NULL)
        return leat_graph_status(r->g);
    b->place = leat_reader_place(r, leat_wire_offset(&n->span));
    b->unknown_outputs = LEAT_MAX(n->outputs_named, 1);
    leat_status status = fill_node(r, b, n, back);
    if (status != LEAT_OK)
        leat_graph_keep(r->g, leat_reader_at(r, n, status));
    n->op = leat_op_end(b);
    if (n->op == NULL && status == LEAT_OK) {
        status = leat_graph_status(r->g);
        leat_reader_at_offset(r, leat_wire_offset(&n->span), status);
    }
    return status;
}

/* Puts a loop's back edges in their places. */
static leat_status patch(reader *r, node *n)
{
    leat_wire w = n->span;
    leat_field f;
    input in;
    uint32_t i = 0;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 3)
            continue;
        LEAT_TRY(leat_reader_parse_input(&f, &in));
        size_t from = (size_t)(uintptr_t)leat_map_get(&r->index, in.name, in.size);
        if (in.control || leat_reader_mapped(r, &f, &in) != NULL || i >= n->op->n_inputs || from == 0)
            continue;
        leat_out out = {r->nodes[from - 1].op, (int)in.index};
        if (in.index >= out.op->n_outputs || leat_out_dtype(out) != leat_out_dtype(n->op->inputs[i]))
            return leat_reader_at(r, n,
                                  leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                                            "the back edge from '%s:%d' does not fit", out.op->name,
                                            out.index));
        n->op->inputs[i++] = out;
    }
    return LEAT_OK;
}

/* Of a million names each would be waited for once, where the graph notes it. */
static void prefetch_name(const reader *r, size_t i)
{
    const node *n = i < r->n ? &r->nodes[r->order[i]] : NULL;
    if (n != NULL && !renames(r))
        leat_map_prefetch(&r->g->names, n->name, n->name_size);
}

leat_status leat_reader_build(reader *r)
{
    enum { AHEAD = 4 };
    bool any_back = false;
    LEAT_TRY(leat_map_reserve(&r->g->names, r->g->names.count + r->n));
    for (size_t i = 0; i < r->n; i++) {
        prefetch_name(r, i + AHEAD);
        LEAT_TRY(build_node(r, &r->nodes[r->order[i]], &any_back));
    }
    for (size_t i = 0; any_back && i < r->n; i++)
        if (type_is(&r->nodes[i], "Merge") || type_is(&r->nodes[i], "RefMerge"))
            LEAT_TRY(patch(r, &r->nodes[i]));
    return LEAT_OK;
}
