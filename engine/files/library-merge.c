/* library-merge.c - libraries of functions of several imports in one graph: FunctionDefLibrary {function 1, gradient 2}. */
#include <string.h>
#include "engine/files/graph-schema-private.h"
#include "graphdef-private.h"

leat_status leat_keep_library(leat_graph *g, const void *bytes, size_t size)
{
    g->library = leat_arena_strndup(&g->arena, bytes, size);
    g->library_size = size;
    return g->library != NULL ? LEAT_OK : leat_fail_memory(size);
}

/* FunctionDef: signature 1 {name 1}; GradientDef: function_name 1. */
static leat_bytes name_of(const leat_wire *library, const leat_field *item)
{
    leat_wire w = leat_wire_sub(library, item);
    leat_field f, inner;
    leat_bytes name = {"", 0};
    while (leat_wire_next(&w, &f)) {
        if (f.number != 1 || f.type != LEAT_WIRE_BYTES)
            continue;
        name = (leat_bytes){(const char *)f.bytes, f.size};
        if (item->number != 1)
            continue;
        leat_wire signature = leat_wire_sub(&w, &f);
        name = (leat_bytes){"", 0};
        while (leat_wire_next(&signature, &inner))
            if (inner.number == 1 && inner.type == LEAT_WIRE_BYTES)
                name = (leat_bytes){(const char *)inner.bytes, inner.size};
    }
    return name;
}

/* A function or gradient as text, whose maps have an order. */
static leat_status print(const leat_field *item, leat_buf *text)
{
    leat_buf graph = {0};
    size_t unknown, library = leat_put_begin(&graph, 2);
    leat_put_bytes(&graph, item->number, item->bytes, item->size);
    leat_put_end(&graph, library);
    leat_status status = leat_buf_status(&graph);
    if (status == LEAT_OK)
        status = leat_text_write(leat_graph_def_message, graph.data, graph.size, text, &unknown);
    leat_buf_free(&graph);
    return status;
}

static leat_status compare(const leat_field *a, const leat_field *b, bool *same)
{
    leat_buf x = {0}, y = {0};
    *same = a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
    leat_status status = *same ? LEAT_OK : print(a, &x);
    if (status == LEAT_OK && !*same)
        status = print(b, &y);
    if (status == LEAT_OK && !*same)
        *same = x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
    leat_buf_free(&x);
    leat_buf_free(&y);
    return status;
}

typedef struct merge {
    leat_map functions, gradients; /* name -> leat_field * */
    leat_field *items;             /* of the library that is there */
    leat_buf more;                 /* what the other one adds to it */
} merge;

static leat_status index_library(merge *m, leat_wire library)
{
    leat_field f;
    size_t n = 0;
    for (leat_wire w = library; leat_wire_next(&w, &f);)
        n++;
    m->items = leat_alloc_zero(n + 1, sizeof *m->items);
    if (m->items == NULL)
        return leat_fail_memory(n * sizeof *m->items);
    for (n = 0; leat_wire_next(&library, &f); n++) {
        m->items[n] = f;
        if ((f.number != 1 && f.number != 2) || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_bytes name = name_of(&library, &f);
        LEAT_TRY(
            leat_map_put(f.number == 1 ? &m->functions : &m->gradients, name.data, name.size, &m->items[n]));
    }
    return leat_wire_status(&library);
}

static leat_status add_item(merge *m, const leat_wire *library, const leat_field *f)
{
    leat_bytes name = name_of(library, f);
    const leat_field *there =
        leat_map_get(f->number == 1 ? &m->functions : &m->gradients, name.data, name.size);
    bool same = false;
    if (there == NULL) {
        leat_put_bytes(&m->more, f->number, f->bytes, f->size);
        return leat_buf_status(&m->more);
    }
    LEAT_TRY(compare(there, f, &same));
    return same
               ? LEAT_OK
               : leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s '%.*s' is in the graph already, and is another one",
                           f->number == 1 ? "function" : "the gradient of function",
                           (int)LEAT_MIN(name.size, (size_t)200), name.data);
}

leat_status leat_merge_library(leat_graph *g, leat_wire library, uint64_t *offset)
{
    merge m = {0};
    leat_field f;
    leat_status status = index_library(&m, leat_wire_from(g->library, g->library_size, 0));
    while (status == LEAT_OK && leat_wire_next(&library, &f)) {
        *offset = f.offset;
        if ((f.number == 1 || f.number == 2) && f.type == LEAT_WIRE_BYTES)
            status = add_item(&m, &library, &f);
    }
    if (status == LEAT_OK && m.more.size > 0) {
        leat_buf whole = {0};
        leat_buf_append(&whole, g->library, g->library_size);
        leat_buf_append(&whole, m.more.data, m.more.size);
        status = leat_buf_status(&whole);
        if (status == LEAT_OK)
            status = leat_keep_library(g, whole.data, whole.size);
        leat_buf_free(&whole);
    }
    leat_map_free(&m.functions);
    leat_map_free(&m.gradients);
    leat_free(m.items);
    leat_buf_free(&m.more);
    return status;
}
