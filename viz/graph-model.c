/* graph-model.c - reading a model as a whole; shapes of tensors. */
#include "config.h"
#include "viz/graph-private.h"

void leat_gmodel_free(leat_gmodel *m)
{
    leat_free(m->nodes);
    leat_free(m->edges);
    leat_free(m->embeds);
    leat_free(m->stats);
    leat_free(m->ops.texts);
    leat_free(m->devices.texts);
    leat_map_free(&m->ops.ids);
    leat_map_free(&m->devices.ids);
    leat_map_free(&m->names);
    leat_map_free(&m->scopes);
    leat_arena_free(&m->arena);
    *m = (leat_gmodel){0};
}

static leat_status read_steps(leat_gmodel *m, const void *graph_def, size_t size)
{
    LEAT_TRY(leat_gmodel_parse(m, graph_def, size));
    LEAT_TRY(leat_gmodel_connect(m));
    LEAT_TRY(leat_gmodel_nest(m));
    return leat_gmodel_compare(m);
}

leat_status leat_gmodel_read(leat_gmodel *m, const void *graph_def, size_t size, const char *source)
{
    leat_status st = read_steps(m, graph_def, size);
    if (st != LEAT_OK)
        return source ? leat_wire_context(st, source) : st;
    if (m->n_dangling > 0)
        leat_note(LEAT_LOG_WARNING, "%s: %zu inputs name no node of the graph; drawn without them",
                  source ? source : "graph", m->n_dangling);
    if (m->n_duplicates > 0)
        leat_note(LEAT_LOG_WARNING, "%s: %zu nodes have a name that another one has already",
                  source ? source : "graph", m->n_duplicates);
    return LEAT_OK;
}

/* ---- shapes ---- */

/* A TensorShapeProto: dim = 2 (size = 1), unknown_rank = 3. */
static void read_shape(leat_wire w, leat_gshape *shape)
{
    *shape = (leat_gshape){.known = true, .elements = 1};
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 3 && f.type == LEAT_WIRE_VARINT && f.varint != 0)
            shape->known = false;
        if (f.number != 2 || f.type != LEAT_WIRE_BYTES)
            continue;
        int64_t size;
        (void)!leat_wire_dim(&w, &f, &size); /* of a damaged one, what could be read */
        if (shape->rank < LEAT_G_DIMS)
            shape->dims[shape->rank] = LEAT_MAX(size, -1);
        if (shape->rank < UINT32_MAX)
            shape->rank++;
        if (size >= 0)
            shape->elements *= (double)size;
    }
    if (!shape->known)
        shape->elements = 1;
}

/* The bytes of one attribute's AttrValue. */
static bool find_attr(const leat_gnode *node, const char *key, leat_wire *value)
{
    size_t n = strlen(key);
    leat_wire w = leat_wire_from(node->def, node->def_size, 0);
    leat_field f, a;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 5 || f.type != LEAT_WIRE_BYTES)
            continue;
        bool match = false, has_value = false;
        leat_wire entry = leat_wire_sub(&w, &f);
        while (leat_wire_next(&entry, &a)) {
            if (a.type != LEAT_WIRE_BYTES)
                continue;
            if (a.number == 1)
                match = a.size == n && memcmp(a.bytes, key, n) == 0;
            if (a.number == 2) {
                has_value = true;
                *value = leat_wire_sub(&entry, &a);
            }
        }
        if (match && has_value)
            return true;
    }
    return false;
}

/* AttrValue.list (1) .shape (7), the one of that index; `count` gets how many there are. */
static bool listed_shape(leat_wire value, uint32_t index, leat_gshape *shape, uint32_t *count)
{
    leat_field f, s;
    bool found = false;
    *count = 0;
    while (leat_wire_next(&value, &f)) {
        if (f.number != 1 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire list = leat_wire_sub(&value, &f);
        while (leat_wire_next(&list, &s)) {
            if (s.number != 7 || s.type != LEAT_WIRE_BYTES)
                continue;
            if (*count == index) {
                read_shape(leat_wire_sub(&list, &s), shape);
                found = true;
            }
            ++*count;
        }
    }
    return found;
}

/* AttrValue.shape (7). */
static bool plain_shape(leat_wire value, leat_gshape *shape)
{
    leat_field f;
    while (leat_wire_next(&value, &f))
        if (f.number == 7 && f.type == LEAT_WIRE_BYTES) {
            read_shape(leat_wire_sub(&value, &f), shape);
            return true;
        }
    return false;
}

bool leat_gmodel_shape(const leat_gmodel *m, uint32_t index, uint32_t output, leat_gshape *shape)
{
    static const char *const holders[] = {"Placeholder", "PlaceholderV2", "PlaceholderWithDefault",
                                          "Variable", "VariableV2"};
    const leat_gnode *node = &m->nodes[index];
    leat_wire value;
    uint32_t count;
    if (find_attr(node, "_output_shapes", &value))
        return listed_shape(value, output, shape, &count);
    if (node->op == LEAT_G_NONE || output != 0)
        return false;
    for (size_t i = 0; i < LEAT_LEN(holders); i++)
        if (leat_gmodel_op_is(m, index, holders[i]))
            return find_attr(node, "shape", &value) && plain_shape(value, shape);
    return false;
}

double leat_gmodel_edge_elements(leat_gmodel *m, size_t edge)
{
    leat_gedge *e = &m->edges[edge];
    if (e->elements < 0) {
        leat_gshape shape;
        bool known = !e->control && leat_gmodel_shape(m, e->from, e->output, &shape);
        e->elements = known ? (float)LEAT_MIN(shape.elements, 1e30) : 1;
    }
    return e->elements;
}

void leat_gshape_put(leat_buf *out, const leat_gshape *shape)
{
    if (!shape->known) {
        leat_buf_puts(out, "?");
        return;
    }
    if (shape->rank == 0)
        leat_buf_puts(out, "scalar");
    for (uint32_t i = 0; i < LEAT_MIN(shape->rank, LEAT_G_DIMS); i++) {
        if (i > 0)
            leat_buf_puts(out, "\u00d7");
        if (shape->dims[i] < 0)
            leat_buf_puts(out, "?");
        else
            leat_buf_printf(out, "%lld", (long long)shape->dims[i]);
    }
    if (shape->rank > LEAT_G_DIMS)
        leat_buf_puts(out, "\u00d7\u2026");
}
