/* graphdef-read.c - a serialized GraphDef into a graph.
 *
 * Two passes over the wire: the first finds every node's span and name and which nodes feed it; then the order is made
 * (topological, ties by the node's index), and each node's span is read again and built. Nothing is recursive, and a node costs a
 * few words beside what it is in the graph. Back edges of loops (NextIteration into Merge) do not count for the order. */
#include <stdlib.h>
#include "graphdef-reader-private.h"

uint32_t leat_reader_place(const reader *r, uint64_t offset)
{
    return r->places != NULL ? leat_text_line_of(r->places, offset)
                             : (uint32_t)offset; /* files have 2 GiB at most */
}

leat_status leat_reader_at_offset(const reader *r, uint64_t offset, leat_status status)
{
    return leat_fail_context(status, "%s:%u", r->origin, leat_reader_place(r, offset));
}

leat_status leat_reader_at(const reader *r, const node *n, leat_status status)
{
    char name[256], type[128]; /* escaped here: either may hold a NUL */
    leat_escape(name, sizeof name, n->name, n->name_size);
    leat_escape(type, sizeof type, n->type, n->type_size);
    leat_fail_context(status, "node '%s' (%s)", name, type);
    return leat_reader_at_offset(r, leat_wire_offset(&n->span), status);
}

/* ---- pass 1 ---- */

bool leat_reader_is_plain_text(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 32 || text[i] == 127)
            return false;
    return leat_utf8_valid(text, n);
}

static leat_status scan_node(reader *r, const leat_wire *outer, const leat_field *field)
{
    node n = {.span = leat_wire_sub(outer, field), .name = "", .type = ""};
    leat_wire w = n.span;
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number > 5 || f.number == 0)
            continue;
        if (f.type != LEAT_WIRE_BYTES)
            return leat_reader_at_offset(
                r, f.offset,
                leat_fail(LEAT_ERR_DATA_LOSS, "a node's field %u is of the wrong wire type", f.number));
        if (f.number == 1) {
            n.name = (const char *)f.bytes;
            n.name_size = (uint32_t)f.size;
            leat_map_prefetch(&r->index, n.name, n.name_size); /* while the rest of the node is scanned */
        } else if (f.number == 2) {
            n.type = (const char *)f.bytes;
            n.type_size = (uint32_t)f.size;
        }
        n.n_inputs += f.number == 3;
    }
    leat_status status = leat_wire_status(&w);
    if (status != LEAT_OK)
        return leat_wire_context(status, r->origin);
    if (!leat_reader_is_plain_text(n.type, n.type_size))
        return leat_reader_at(
            r, &n,
            leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the op's name holds control characters or no UTF-8"));
    if (!leat_name_valid(n.name, n.name_size) && n.name_size > 0)
        return leat_reader_at(r, &n, leat_fail(LEAT_ERR_INVALID_ARGUMENT, "not a valid name"));
    if (n.name_size == 0)
        return leat_reader_at(r, &n, leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the name is empty"));
    if (r->n >= BACK_EDGE - 1 || n.n_inputs > UINT32_MAX - r->n_sources)
        return leat_reader_at(r, &n,
                              leat_fail(LEAT_ERR_OUT_OF_RANGE, "more nodes or edges than a graph can have"));
    n.first_source = (uint32_t)r->n_sources;
    r->n_sources += n.n_inputs;
    LEAT_TRY(leat_grow(&r->nodes, &r->capacity, r->n + 1, sizeof *r->nodes));
    r->nodes[r->n++] = n;
    LEAT_TRY(leat_map_put(&r->index, n.name, n.name_size, (void *)(uintptr_t)r->n));
    if (r->index.count < r->n)
        return leat_reader_at(r, &n,
                              leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the name is taken by an earlier node"));
    return LEAT_OK;
}

static leat_status add_bad_consumer(reader *r, const leat_field *f, uint64_t version)
{
    leat_graph *g = r->g;
    if ((int32_t)version == LEAT_GRAPH_VERSION)
        return leat_reader_at_offset(r, f->offset,
                                     leat_fail(LEAT_ERR_UNIMPLEMENTED,
                                               "the graph refuses consumers of version %d, as this one is",
                                               LEAT_GRAPH_VERSION));
    LEAT_TRY(leat_grow(&g->bad_consumers, &g->bad_consumers_capacity, g->n_bad_consumers + 1,
                       sizeof *g->bad_consumers));
    g->bad_consumers[g->n_bad_consumers++] = (int32_t)version;
    return LEAT_OK;
}

/* VersionDef: producer 1, min_consumer 2, bad_consumers 3. */
static leat_status scan_versions(reader *r, const leat_wire *outer, const leat_field *field)
{
    leat_wire w = leat_wire_sub(outer, field);
    leat_field f;
    uint64_t version;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_VARINT)
            r->producer = (int32_t)f.varint;
        if (f.number == 2 && f.type == LEAT_WIRE_VARINT)
            r->min_consumer = (int32_t)f.varint;
        if (r->min_consumer > LEAT_GRAPH_VERSION)
            return leat_reader_at_offset(r, f.offset,
                                         leat_fail(LEAT_ERR_UNIMPLEMENTED,
                                                   "the graph asks for a consumer of version %d at least",
                                                   r->min_consumer));
        if (f.number == 3 && f.type == LEAT_WIRE_VARINT)
            LEAT_TRY(add_bad_consumer(r, &f, f.varint));
        if (f.number != 3 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire packed = leat_wire_sub(&w, &f);
        while (leat_wire_varint(&packed, &version))
            LEAT_TRY(add_bad_consumer(r, &f, version));
        LEAT_TRY(leat_wire_context(leat_wire_status(&packed), r->origin));
    }
    return leat_wire_context(leat_wire_status(&w), r->origin);
}

static int by_version(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The graph is as old as the oldest that was imported into it, and asks for the newest consumer; as TensorFlow has it. */
static void take_versions(reader *r)
{
    leat_graph *g = r->g;
    size_t n = 0;
    g->producer = LEAT_MIN(g->producer, r->producer);
    g->min_consumer = LEAT_MAX(g->min_consumer, r->min_consumer);
    if (g->n_bad_consumers > 1)
        qsort(g->bad_consumers, g->n_bad_consumers, sizeof *g->bad_consumers, by_version);
    for (size_t i = 0; i < g->n_bad_consumers; i++)
        if (n == 0 || g->bad_consumers[n - 1] != g->bad_consumers[i])
            g->bad_consumers[n++] = g->bad_consumers[i];
    g->n_bad_consumers = n;
}

/* Several libraries of one file are one, as protobuf has it. They are put together before any is looked at: a file may have as many
 * as it has bytes. */
static leat_status collect_library(reader *r, const leat_wire *outer, const leat_field *f)
{
    leat_wire w = leat_wire_sub(outer, f);
    leat_field item;
    if (r->n_libraries++ == 0)
        r->library = w;
    while (leat_wire_next(&w, &item))
        ;
    LEAT_TRY(leat_wire_context(leat_wire_status(&w), r->origin));
    if (r->n_libraries == 1)
        return LEAT_OK;
    if (r->n_libraries == 2)
        leat_buf_append(&r->libraries, r->library.at, (size_t)(r->library.end - r->library.at));
    leat_buf_append(&r->libraries, f->bytes, f->size);
    return leat_buf_status(&r->libraries);
}

static leat_status take_library(reader *r)
{
    uint64_t offset, within; /* of a merged one, which is no file */
    leat_graph *g = r->g;
    if (r->n_libraries == 0)
        return LEAT_OK;
    uint64_t first = leat_wire_offset(&r->library);
    if (r->n_libraries > 1)
        r->library = leat_wire_from(r->libraries.data, r->libraries.size, first);
    leat_status status = leat_check_library(r->library, &offset);
    if (status == LEAT_OK && g->library_size > 0) {
        status = leat_merge_library(g, r->library, &offset);
        if (status == LEAT_OK)
            status = leat_check_library(leat_wire_from(g->library, g->library_size, 0), &within);
    } else if (status == LEAT_OK)
        status = leat_keep_library(g, r->library.at, (size_t)(r->library.end - r->library.at));
    return status == LEAT_OK ? LEAT_OK
                             : leat_reader_at_offset(r, r->n_libraries > 1 ? first : offset, status);
}

static leat_status scan(reader *r, const void *bytes, size_t size, uint64_t offset)
{
    leat_wire w = leat_wire_from(bytes, size, offset);
    leat_field f;
    if (size == 0)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s: empty", r->origin);
    while (leat_wire_next(&w, &f)) {
        if (f.number >= 1 && f.number <= 4 && f.type != (f.number == 3 ? LEAT_WIRE_VARINT : LEAT_WIRE_BYTES))
            return leat_reader_at_offset(r, f.offset,
                                         leat_fail(LEAT_ERR_DATA_LOSS,
                                                   "field %u is of the wrong wire type: this is no GraphDef",
                                                   f.number));
        if (f.number == 1)
            LEAT_TRY(scan_node(r, &w, &f));
        else if (f.number == 4)
            LEAT_TRY(scan_versions(r, &w, &f));
        else if (f.number == 2)
            LEAT_TRY(collect_library(r, &w, &f));
    }
    leat_status status = leat_wire_status(&w);
    if (status != LEAT_OK)
        return leat_wire_context(status, r->origin);
    take_versions(r);
    return take_library(r);
}

/* Ops that are made from now on come from there. */
static leat_status note_origin(reader *r)
{
    leat_graph *g = r->g;
    const char *origin = leat_graph_intern(g, r->origin, strlen(r->origin));
    if (origin == NULL)
        return leat_graph_status(g);
    LEAT_TRY(leat_grow(&g->origins, &g->origins_capacity, g->n_origins + 1, sizeof *g->origins));
    g->origins[g->n_origins++] = (struct leat_origin){g->n_ops, origin};
    return LEAT_OK;
}

leat_status leat_import_graph_def_at(leat_graph *g, const void *bytes, size_t size, uint64_t offset,
                                     const leat_text_places *places, const leat_import_options *o)
{
    LEAT_TRY(leat_graph_status(g));
    reader r = {.g = g, .o = o, .size = size, .places = places};
    r.origin = o != NULL && o->origin != NULL ? o->origin : "graph";
    leat_status status = note_origin(&r);
    if (status == LEAT_OK)
        status = leat_reader_take_options(&r);
    if (status == LEAT_OK)
        status = scan(&r, bytes, size, offset);
    if (status == LEAT_OK)
        status = leat_reader_make_order(&r);
    if (status == LEAT_OK && (o == NULL || o->n_map == 0)) /* a mapped input may stand in a loop */
        status = leat_reader_check_loops(&r);
    if (status == LEAT_OK)
        status = leat_reader_make_names_unique(&r);
    if (status == LEAT_OK)
        status = leat_reader_build(&r);
    if (status == LEAT_OK)
        status = leat_reader_check_map(&r);
    if (status == LEAT_OK)
        status = leat_reader_give_returns(&r);
    leat_free(r.map_used);
    leat_free(r.nodes);
    leat_free(r.order);
    leat_free(r.sources);
    leat_map_free(&r.index);
    leat_map_free(&r.mapped);
    leat_map_free(&r.renamed);
    leat_buf_free(&r.libraries);
    if (status != LEAT_OK)
        leat_graph_keep(g, status);
    return status;
}

leat_status leat_import_graph_def(leat_graph *g, const void *bytes, size_t size, const leat_import_options *o)
{
    return leat_import_graph_def_at(g, bytes, size, 0, NULL, o);
}
