/* graph-parse.c - from the bytes of a GraphDef to nodes, names and edges.
 *
 * GraphDef: node = 1, library = 2 (FunctionDefLibrary: function = 1). NodeDef: name = 1, op = 2, input =
 * 3, device = 4, attr = 5. FunctionDef: signature = 1 (OpDef: name = 1, input_arg = 2, output_arg = 3;
 * ArgDef: name = 1), node_def = 3, ret = 4 (map). Source: TensorFlow's graph.proto, node_def.proto,
 * function.proto. */
#include "config.h"
#include "viz/graph-private.h"

#include <ctype.h>

/* Inputs of an embedded node that move to each of its consumers; more would only clutter, and a hostile file
 * could make them many times many. */
#define MOVED_INPUTS 16

leat_status leat_gtable_add(leat_gtable *t, const char *text, size_t size, uint32_t *id)
{
    void *found = leat_map_get(&t->ids, text, size);
    if (found) {
        *id = (uint32_t)((uintptr_t)found - 1);
        return LEAT_OK;
    }
    LEAT_TRY(leat_grow(&t->texts, &t->capacity, t->count + 1, sizeof *t->texts));
    LEAT_TRY(leat_map_put(&t->ids, text, size, (void *)(uintptr_t)(t->count + 1)));
    t->texts[t->count] = (leat_gtext){text, (uint32_t)size};
    *id = (uint32_t)t->count++;
    return LEAT_OK;
}

leat_status leat_gmodel_add_node(leat_gmodel *m, leat_gnode node, uint32_t *index)
{
    if (m->n_nodes >= LEAT_G_NONE - 1)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "more than %u nodes", LEAT_G_NONE - 2);
    LEAT_TRY(leat_grow(&m->nodes, &m->nodes_capacity, m->n_nodes + 1, sizeof *m->nodes));
    node.parent = node.first = node.last = node.next = LEAT_G_NONE;
    m->nodes[m->n_nodes] = node;
    *index = (uint32_t)m->n_nodes++;
    return LEAT_OK;
}

/* ---- nodes ---- */

static bool is_summary(const char *op, size_t n)
{
    if (n <= 7 || memcmp(op + n - 7, "Summary", 7) != 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalpha((unsigned char)op[i]))
            return false;
    return true;
}

/* The name as the whole graph knows it: with the function's name before it. */
static leat_status full_name(leat_gmodel *m, const leat_gtext *function, leat_gnode *node)
{
    if (!function)
        return LEAT_OK;
    size_t size = (size_t)function->size + 1 + node->name_size;
    if (size > UINT32_MAX)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "a name of more than 4 GiB");
    char *joined = leat_arena_alloc(&m->arena, size);
    if (!joined)
        return leat_fail_memory(size);
    memcpy(joined, function->at, function->size);
    joined[function->size] = '/';
    memcpy(joined + function->size + 1, node->name, node->name_size);
    node->name = joined;
    node->name_size = (uint32_t)size;
    return LEAT_OK;
}

static leat_status add_op(leat_gmodel *m, const leat_gtext *function, leat_gnode node, const char *op,
                          size_t op_size)
{
    uint32_t index;
    LEAT_TRY(full_name(m, function, &node));
    LEAT_TRY(leat_gtable_add(&m->ops, op, op_size, &node.op));
    node.kind = LEAT_G_OP;
    node.cardinality = 1;
    if (op_size == 5 && memcmp(op, "Const", 5) == 0)
        node.flags |= LEAT_G_EMBED_IN;
    else if (is_summary(op, op_size))
        node.flags |= LEAT_G_EMBED_OUT;
    LEAT_TRY(leat_gmodel_add_node(m, node, &index));
    m->n_ops = (uint32_t)m->n_nodes;
    if (leat_map_get(&m->names, node.name, node.name_size)) {
        m->n_duplicates++;
        return LEAT_OK;
    }
    return leat_map_put(&m->names, node.name, node.name_size, (void *)(uintptr_t)(index + 1));
}

static leat_status parse_node(leat_gmodel *m, const leat_wire *outer, const leat_field *field,
                              const leat_gtext *function)
{
    leat_gnode node = {.name = "", .def = field->bytes, .op = LEAT_G_NONE, .device = LEAT_G_NONE};
    const char *op = "";
    size_t op_size = 0;
    leat_wire w = leat_wire_sub(outer, field);
    leat_field f;
    if (field->size > UINT32_MAX)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "offset %llu: a node of more than 4 GiB",
                         (unsigned long long)field->offset);
    node.def_size = (uint32_t)field->size;
    while (leat_wire_next(&w, &f)) {
        if (f.type != LEAT_WIRE_BYTES)
            continue;
        if (f.number == 1) {
            node.name = (const char *)f.bytes;
            node.name_size = (uint32_t)f.size;
        } else if (f.number == 2) {
            op = (const char *)f.bytes;
            op_size = f.size;
        } else if (f.number == 4 && f.size > 0) {
            LEAT_TRY(leat_gtable_add(&m->devices, (const char *)f.bytes, f.size, &node.device));
        }
    }
    LEAT_TRY(leat_wire_status(&w));
    return add_op(m, function, node, op, op_size);
}

/* ---- functions ---- */

/* The ArgDefs of a signature become nodes, so that a function shows where it begins. */
static leat_status parse_arguments(leat_gmodel *m, const leat_wire *outer, const leat_field *signature,
                                   const leat_gtext *function)
{
    leat_wire w = leat_wire_sub(outer, signature);
    leat_field f, a;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 2 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_gnode node = {.name = "", .op = LEAT_G_NONE, .device = LEAT_G_NONE};
        leat_wire arg = leat_wire_sub(&w, &f);
        while (leat_wire_next(&arg, &a))
            if (a.number == 1 && a.type == LEAT_WIRE_BYTES) {
                node.name = (const char *)a.bytes;
                node.name_size = (uint32_t)a.size;
            }
        LEAT_TRY(leat_wire_status(&arg));
        LEAT_TRY(add_op(m, function, node, "input_arg", 9));
    }
    return leat_wire_status(&w);
}

/* An entry of `ret`: key = 1 is the result's name, value = 2 the tensor, which stands where a NodeDef's
 * inputs would: leat_gmodel_connect reads it by the op's name. */
static leat_status parse_result(leat_gmodel *m, const leat_wire *outer, const leat_field *entry,
                                const leat_gtext *function)
{
    leat_gnode node = {.name = "", .op = LEAT_G_NONE, .device = LEAT_G_NONE, .def = entry->bytes};
    leat_wire w = leat_wire_sub(outer, entry);
    leat_field f;
    while (leat_wire_next(&w, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES) {
            node.name = (const char *)f.bytes;
            node.name_size = (uint32_t)f.size;
        }
    LEAT_TRY(leat_wire_status(&w));
    node.def_size = (uint32_t)LEAT_MIN(entry->size, UINT32_MAX);
    leat_gtext whole;
    leat_gnode probe = node;
    LEAT_TRY(full_name(m, function, &probe));
    whole = (leat_gtext){probe.name, probe.name_size};
    if (leat_map_get(&m->names, whole.at, whole.size)) /* a node of the body has the result's name already */
        return LEAT_OK;
    return add_op(m, function, node, "output_arg", 10);
}

static leat_status function_name(leat_gmodel *m, const leat_wire *outer, const leat_field *field,
                                 leat_gtext *name)
{
    const char prefix[] = LEAT_G_FUNCTION_PREFIX;
    leat_wire w = leat_wire_sub(outer, field);
    leat_field f, s;
    const uint8_t *at = (const uint8_t *)"";
    size_t size = 0;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 1 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire signature = leat_wire_sub(&w, &f);
        while (leat_wire_next(&signature, &s))
            if (s.number == 1 && s.type == LEAT_WIRE_BYTES) {
                at = s.bytes;
                size = s.size;
            }
        LEAT_TRY(leat_wire_status(&signature));
    }
    LEAT_TRY(leat_wire_status(&w));
    char *text = leat_arena_alloc(&m->arena, sizeof prefix - 1 + size);
    if (!text)
        return leat_fail_memory(size);
    memcpy(text, prefix, sizeof prefix - 1);
    for (size_t i = 0; i < size; i++) /* one scope, whatever the name */
        text[sizeof prefix - 1 + i] = at[i] == '/' ? '|' : (char)at[i];
    *name = (leat_gtext){text, (uint32_t)(sizeof prefix - 1 + size)};
    return LEAT_OK;
}

static leat_status parse_function(leat_gmodel *m, const leat_wire *outer, const leat_field *field)
{
    leat_gtext name;
    leat_field f;
    if (field->size > UINT32_MAX / 2)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "offset %llu: a function of more than 2 GiB",
                         (unsigned long long)field->offset);
    LEAT_TRY(function_name(m, outer, field, &name));
    m->n_functions++;
    leat_wire w = leat_wire_sub(outer, field);
    while (leat_wire_next(&w, &f)) {
        if (f.type != LEAT_WIRE_BYTES)
            continue;
        if (f.number == 1)
            LEAT_TRY(parse_arguments(m, &w, &f, &name));
        else if (f.number == 3)
            LEAT_TRY(parse_node(m, &w, &f, &name));
        else if (f.number == 4)
            LEAT_TRY(parse_result(m, &w, &f, &name));
    }
    return leat_wire_status(&w);
}

leat_status leat_gmodel_parse(leat_gmodel *m, const void *graph_def, size_t size)
{
    leat_wire w = leat_wire_from(graph_def, size, 0);
    leat_field f, g;
    while (leat_wire_next(&w, &f)) {
        if (f.type != LEAT_WIRE_BYTES)
            continue;
        if (f.number == 1)
            LEAT_TRY(parse_node(m, &w, &f, NULL));
        if (f.number != 2)
            continue;
        leat_wire library = leat_wire_sub(&w, &f);
        while (leat_wire_next(&library, &g))
            if (g.number == 1 && g.type == LEAT_WIRE_BYTES)
                LEAT_TRY(parse_function(m, &library, &g));
        LEAT_TRY(leat_wire_status(&library));
    }
    LEAT_TRY(leat_wire_status(&w));
    if (m->n_ops == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the graph has no nodes");
    return LEAT_OK;
}

/* ---- edges ---- */

/* `name`, `name:1`, or within a function `name:output:1`: the node's part, and the number. */
static size_t split_output(const char *at, size_t size, uint32_t *output)
{
    size_t end = size;
    *output = 0;
    while (end > 0 && isdigit((unsigned char)at[end - 1]))
        end--;
    if (end == 0 || end == size || at[end - 1] != ':')
        return size;
    uint64_t number = 0;
    for (size_t i = end; i < size; i++)
        number = LEAT_MIN(number * 10 + (uint64_t)(at[i] - '0'), (uint64_t)0x3fffffff);
    *output = (uint32_t)number;
    end--;
    const char *colon = memchr(at, ':', end);
    return colon ? (size_t)(colon - at) : end;
}

/* The function a node belongs to, as the part of its name up to the first `/`. */
static size_t function_part(const leat_gnode *node)
{
    size_t prefix = sizeof LEAT_G_FUNCTION_PREFIX - 1;
    if (node->name_size <= prefix || memcmp(node->name, LEAT_G_FUNCTION_PREFIX, prefix) != 0)
        return 0;
    const char *slash = memchr(node->name, '/', node->name_size);
    return slash ? (size_t)(slash - node->name) : 0;
}

/* The node that an input names; `scratch` joins a function's name before it. */
static leat_status look_up(leat_gmodel *m, const leat_gnode *node, const char *at, size_t size,
                           leat_buf *scratch, uint32_t *found)
{
    size_t part = function_part(node);
    if (part > 0) {
        leat_buf_clear(scratch);
        leat_buf_append(scratch, node->name, part);
        leat_buf_putc(scratch, '/');
        leat_buf_append(scratch, at, size);
        LEAT_TRY(leat_buf_status(scratch));
        at = scratch->data;
        size = scratch->size;
    }
    void *value = leat_map_get(&m->names, at, size);
    *found = value ? (uint32_t)((uintptr_t)value - 1) : LEAT_G_NONE;
    return LEAT_OK;
}

static bool starts(const leat_gtext *t, const char *text)
{
    return t->size >= strlen(text) && memcmp(t->at, text, strlen(text)) == 0;
}

/* Input 0 of Assign* and Scatter* is a variable that the op changes. */
static bool is_ref_input(const leat_gmodel *m, const leat_gnode *node, uint32_t slot)
{
    const leat_gtext *op = &m->ops.texts[node->op];
    return slot == 0 && (starts(op, "Assign") || (starts(op, "Scatter") && !leat_gtext_is(op, "ScatterNd")));
}

static leat_status add_edge(leat_gmodel *m, leat_gedge edge)
{
    if (edge.from == edge.to) /* a loop onto itself is not drawn */
        return LEAT_OK;
    LEAT_TRY(leat_grow(&m->edges, &m->edges_capacity, m->n_edges + 1, sizeof *m->edges));
    edge.elements = -1;
    m->edges[m->n_edges++] = edge;
    return LEAT_OK;
}

static leat_status connect_input(leat_gmodel *m, uint32_t to, const char *at, size_t size, uint32_t slot,
                                 leat_buf *scratch)
{
    uint32_t output, from;
    bool control = size > 0 && at[0] == '^';
    at += control;
    size -= control;
    LEAT_TRY(look_up(m, &m->nodes[to], at, split_output(at, size, &output), scratch, &from));
    if (from == LEAT_G_NONE) {
        m->n_dangling++;
        return LEAT_OK;
    }
    const leat_gedge *last = m->n_edges > 0 ? &m->edges[m->n_edges - 1] : NULL;
    if (slot > 0 && last && last->to == to && last->from == from && last->output == output &&
        last->control == control)
        return LEAT_OK; /* x*x is one edge, as in TensorBoard */
    return add_edge(m, (leat_gedge){.from = from,
                                    .to = to,
                                    .output = output,
                                    .control = control,
                                    .ref = !control && is_ref_input(m, &m->nodes[to], slot)});
}

static leat_status connect_node(leat_gmodel *m, uint32_t to, leat_buf *scratch)
{
    const leat_gnode *node = &m->nodes[to];
    uint32_t number = leat_gmodel_op_is(m, to, "output_arg") && function_part(node) > 0 ? 2 : 3;
    uint32_t slot = 0;
    leat_wire w = leat_wire_from(node->def, node->def_size, 0);
    leat_field f;
    while (leat_wire_next(&w, &f))
        if (f.number == number && f.type == LEAT_WIRE_BYTES)
            LEAT_TRY(connect_input(m, to, (const char *)f.bytes, f.size, slot++, scratch));
    return leat_wire_status(&w);
}

/* ---- embedding ---- */

static bool embedded(const leat_gmodel *m, uint32_t node)
{
    return m->nodes[node].flags & (LEAT_G_EMBED_IN | LEAT_G_EMBED_OUT);
}

/* A constant that nothing takes, or a summary of nothing, has no host and stays an op of its own. */
static leat_status free_lonely(leat_gmodel *m)
{
    bool *used = leat_alloc_zero(m->n_ops, sizeof *used);
    if (!used)
        return leat_fail_memory(m->n_ops);
    for (size_t i = 0; i < m->n_edges; i++) {
        const leat_gedge *e = &m->edges[i];
        used[e->from] |= m->nodes[e->from].flags & LEAT_G_EMBED_IN;
        used[e->to] |= m->nodes[e->to].flags & LEAT_G_EMBED_OUT;
    }
    for (uint32_t i = 0; i < m->n_ops; i++)
        if (!used[i])
            m->nodes[i].flags &= (uint8_t) ~(LEAT_G_EMBED_IN | LEAT_G_EMBED_OUT);
    leat_free(used);
    return LEAT_OK;
}

static leat_status add_embed(leat_gmodel *m, uint32_t host, uint32_t node)
{
    LEAT_TRY(leat_grow(&m->embeds, &m->embeds_capacity, m->n_embeds + 1, sizeof *m->embeds));
    m->embeds[m->n_embeds++] = (leat_gembed){host, node};
    return LEAT_OK;
}

/* The edges into embedded nodes move to what takes these nodes: first[n] .. first[n + 1] index them in
 * `into`. An edge takes the flags of its first half, or from a summary those of the second, as TensorBoard
 * does. */
static leat_status move_edges(leat_gmodel *m, const leat_gedge *e, const uint32_t *first,
                              const leat_gedge *into)
{
    uint32_t begin = first[e->from], end = LEAT_MIN(first[e->from + 1], begin + MOVED_INPUTS);
    for (uint32_t i = begin; i < end; i++) {
        leat_gedge moved = into[i];
        if (embedded(m, moved.from))
            continue;
        if (m->nodes[e->from].flags & LEAT_G_EMBED_OUT)
            moved.control = e->control;
        moved.to = e->to;
        moved.ref = 0;
        LEAT_TRY(add_edge(m, moved));
    }
    return LEAT_OK;
}

/* Edges into embedded nodes, in the order of these nodes; `first` has n_ops + 1 entries. */
static void sort_into(const leat_gmodel *m, const leat_gedge *raw, size_t n, uint32_t *first,
                      leat_gedge *into)
{
    for (size_t i = 0; i < n; i++)
        if (embedded(m, raw[i].to))
            first[raw[i].to + 1]++;
    for (uint32_t i = 0; i < m->n_ops; i++)
        first[i + 1] += first[i];
    for (size_t i = 0; i < n; i++)
        if (embedded(m, raw[i].to))
            into[first[raw[i].to]++] = raw[i];
    for (uint32_t i = m->n_ops; i > 0; i--) /* filling moved each entry on by one */
        first[i] = first[i - 1];
    first[0] = 0;
}

/* Replaces the raw edges by those between nodes that are drawn, and lists the embedded nodes' hosts. */
static leat_status embed(leat_gmodel *m)
{
    leat_gedge *raw = m->edges;
    size_t n = m->n_edges;
    m->edges = NULL;
    m->n_edges = m->edges_capacity = 0;
    uint32_t *first = leat_alloc_zero((size_t)m->n_ops + 1, sizeof *first);
    leat_gedge *into = leat_alloc_zero(n, sizeof *into);
    leat_status st = first && into ? LEAT_OK : leat_fail_memory(n * sizeof *into);
    if (st == LEAT_OK)
        sort_into(m, raw, n, first, into);
    for (size_t i = 0; st == LEAT_OK && i < n; i++) {
        const leat_gedge *e = &raw[i];
        bool from = embedded(m, e->from), to = embedded(m, e->to);
        if (!from && !to)
            st = add_edge(m, *e);
        else if (!from && (m->nodes[e->to].flags & LEAT_G_EMBED_OUT))
            st = add_embed(m, e->from, e->to);
        else if (from && !to) {
            if (m->nodes[e->from].flags & LEAT_G_EMBED_IN)
                st = add_embed(m, e->to, e->from);
            if (st == LEAT_OK)
                st = move_edges(m, e, first, into);
        }
    }
    leat_free(first);
    leat_free(into);
    leat_free(raw);
    return st;
}

leat_status leat_gmodel_connect(leat_gmodel *m)
{
    leat_buf scratch = {0};
    leat_status st = LEAT_OK;
    for (uint32_t i = 0; st == LEAT_OK && i < m->n_ops; i++)
        st = connect_node(m, i, &scratch);
    leat_buf_free(&scratch);
    if (st == LEAT_OK && m->n_edges >= UINT32_MAX)
        st = leat_fail(LEAT_ERR_OUT_OF_RANGE, "more than %u edges", UINT32_MAX - 1);
    if (st == LEAT_OK)
        st = free_lonely(m);
    return st == LEAT_OK ? embed(m) : st;
}
