/* graph-compare.c - which scopes have the same structure; times and memory of a run.
 *
 * TensorBoard compares depth, numbers of nodes and edges and the ops below, then walks candidates in
 * step. Here two rounds of hashing say the same in linear time: first the ops below each node, then the
 * edges between children in terms of these hashes, summed so that order does not count. */
#include "config.h"
#include "viz/graph-private.h"

#include <stdlib.h>

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t pair[2] = {a, b};
    return leat_hash(pair, sizeof pair, 0x9e3779b97f4a7c15u);
}

/* The nodes of the tree, parents before children. */
static uint32_t *tree_order(const leat_gmodel *m, size_t *count)
{
    uint32_t *order = leat_alloc_zero(m->n_nodes, sizeof *order);
    size_t n = 0;
    if (order)
        for (uint32_t i = m->root; i != LEAT_G_NONE; i = leat_gmodel_next(m, i, true))
            order[n++] = i;
    *count = n;
    return order;
}

/* The children of the lowest common scope that hold the two ends; false where one end holds the other. */
static bool meet(const leat_gmodel *m, uint32_t *a, uint32_t *b)
{
    const leat_gnode *nodes = m->nodes;
    while (nodes[*a].parent != nodes[*b].parent) {
        if (nodes[*a].level >= nodes[*b].level && nodes[*a].parent != LEAT_G_NONE)
            *a = nodes[*a].parent;
        else
            *b = nodes[*b].parent;
        if (*a == LEAT_G_NONE || *b == LEAT_G_NONE)
            return false;
    }
    return *a != *b;
}

static void hash_scopes(leat_gmodel *m, const uint32_t *order, size_t n, uint64_t *ops, uint64_t *whole)
{
    for (size_t i = n; i-- > 0;) {
        const leat_gnode *node = &m->nodes[order[i]];
        if (node->kind == LEAT_G_OP)
            ops[order[i]] = leat_hash(m->ops.texts[node->op].at, m->ops.texts[node->op].size, 1);
        else /* children came before: make a scope of three ops differ from the three ops */
            ops[order[i]] = mix(ops[order[i]], node->kind);
        if (node->parent != LEAT_G_NONE)
            ops[node->parent] += ops[order[i]];
    }
    for (size_t i = 0; i < m->n_edges; i++) {
        uint32_t a = m->edges[i].from, b = m->edges[i].to;
        if (meet(m, &a, &b))
            whole[m->nodes[a].parent] += mix(mix(ops[a], ops[b]), m->edges[i].control);
    }
    for (size_t i = n; i-- > 0;) {
        const leat_gnode *node = &m->nodes[order[i]];
        if (node->kind == LEAT_G_OP)
            continue;
        whole[order[i]] = mix(mix(whole[order[i]], ops[order[i]]), node->children);
        if (node->parent != LEAT_G_NONE)
            whole[node->parent] += whole[order[i]];
    }
}

typedef struct group {
    uint64_t hash;
    uint32_t place, node, level; /* place: position in pre-order */
} group;

static int by_hash(const void *a, const void *b)
{
    const group *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static int by_level(const void *a, const void *b)
{
    const group *x = a, *y = b;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Numbers the structures that more than one scope has, those that stand higher first, as TensorBoard gives
 * its colours; every other scope stands alone. */
static void number_structures(leat_gmodel *m, group *groups, size_t n)
{
    size_t kept = 0;
    qsort(groups, n, sizeof *groups, by_hash);
    for (size_t begin = 0, end; begin < n; begin = end) {
        group head = groups[begin];
        for (end = begin + 1; end < n && groups[end].hash == head.hash; end++)
            head.level = LEAT_MIN(head.level, groups[end].level);
        for (size_t i = begin; i < end; i++) {
            leat_gnode *node = &m->nodes[groups[i].node];
            node->structure = groups[begin].node; /* for now: the first of its kind */
            if (end - begin == 1 && !(node->flags & LEAT_G_FUNCTION))
                node->flags |= LEAT_G_ALONE;
        }
        if (!(m->nodes[head.node].flags & LEAT_G_ALONE))
            groups[kept++] = head;
    }
    qsort(groups, kept, sizeof *groups, by_level);
    m->n_structures = (uint32_t)kept;
}

static leat_status colour_structures(leat_gmodel *m, group *groups, size_t n)
{
    uint32_t *number = leat_alloc_zero(m->n_nodes, sizeof *number);
    if (!number)
        return leat_fail_memory(m->n_nodes * sizeof *number);
    number_structures(m, groups, n);
    for (uint32_t i = 0; i < m->n_structures; i++)
        number[groups[i].node] = i;
    for (size_t i = m->n_ops; i < m->n_nodes; i++) {
        leat_gnode *node = &m->nodes[i];
        if (node->kind == LEAT_G_SCOPE && node->structure != LEAT_G_NONE)
            node->structure = node->flags & LEAT_G_ALONE ? LEAT_G_NONE : number[node->structure];
    }
    leat_free(number);
    return LEAT_OK;
}

leat_status leat_gmodel_compare(leat_gmodel *m)
{
    size_t n, n_groups = 0;
    uint32_t *order = tree_order(m, &n);
    uint64_t *ops = leat_alloc_zero(m->n_nodes, sizeof *ops),
             *whole = leat_alloc_zero(m->n_nodes, sizeof *whole);
    group *groups = leat_alloc_zero(m->n_nodes - m->n_ops, sizeof *groups);
    leat_status st = order && ops && whole && groups ? LEAT_OK : leat_fail_memory(m->n_nodes * sizeof *ops);
    if (st == LEAT_OK) {
        hash_scopes(m, order, n, ops, whole);
        for (size_t i = 1; i < n; i++)
            if (m->nodes[order[i]].kind == LEAT_G_SCOPE)
                groups[n_groups++] =
                    (group){whole[order[i]], (uint32_t)i, order[i], m->nodes[order[i]].level};
        st = colour_structures(m, groups, n_groups);
    }
    leat_free(order);
    leat_free(ops);
    leat_free(whole);
    leat_free(groups);
    return st;
}

/* ---- RunMetadata: step_stats = 1; StepStats: dev_stats = 1; DeviceStepStats: device = 1, node_stats = 2;
 * NodeExecStats: node_name = 1, all_end_rel_micros = 5, memory = 6 (AllocatorMemoryUsed: total_bytes = 2),
 * all_end_rel_nanos = 16. Source: step_stats.proto. ---- */

static leat_status add_node_stats(leat_gmodel *m, const leat_wire *outer, const leat_field *field,
                                  uint32_t device)
{
    leat_wire w = leat_wire_sub(outer, field);
    leat_field f, a;
    double micros = 0, nanos = 0, bytes = 0;
    uint32_t node = LEAT_G_NONE;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES) {
            void *found = leat_map_get(&m->names, (const char *)f.bytes, f.size);
            node = found ? (uint32_t)((uintptr_t)found - 1) : LEAT_G_NONE;
        } else if (f.number == 5 && f.type == LEAT_WIRE_VARINT) {
            micros = (double)LEAT_MAX((int64_t)f.varint, 0);
        } else if (f.number == 16 && f.type == LEAT_WIRE_VARINT) {
            nanos = (double)LEAT_MAX((int64_t)f.varint, 0);
        } else if (f.number == 6 && f.type == LEAT_WIRE_BYTES) {
            leat_wire memory = leat_wire_sub(&w, &f);
            while (leat_wire_next(&memory, &a))
                if (a.number == 2 && a.type == LEAT_WIRE_VARINT)
                    bytes += (double)LEAT_MAX((int64_t)a.varint, 0);
            LEAT_TRY(leat_wire_status(&memory));
        }
    }
    LEAT_TRY(leat_wire_status(&w));
    if (node == LEAT_G_NONE)
        return LEAT_OK;
    m->stats[node].micros += nanos > 0 ? nanos / 1e3 : micros;
    m->stats[node].bytes += bytes;
    m->stats[node].seen = true;
    if (device != LEAT_G_NONE)
        m->nodes[node].device = device;
    return LEAT_OK;
}

static leat_status add_device_stats(leat_gmodel *m, const leat_wire *outer, const leat_field *field)
{
    leat_field f, s;
    leat_gtext name = {"", 0};
    uint32_t device = LEAT_G_NONE;
    leat_wire w = leat_wire_sub(outer, field);
    while (leat_wire_next(&w, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
            name = (leat_gtext){(const char *)f.bytes, (uint32_t)f.size};
    LEAT_TRY(leat_wire_status(&w));
    if (memmem(name.at, name.size, "/stream:", 8)) /* a GPU's kernels, seen a second time */
        return LEAT_OK;
    if (name.size > 0) {
        char *copy = leat_arena_strndup(&m->arena, name.at, name.size);
        if (!copy)
            return leat_fail_memory(name.size);
        LEAT_TRY(leat_gtable_add(&m->devices, copy, name.size, &device));
    }
    w = leat_wire_sub(outer, field);
    while (leat_wire_next(&w, &s))
        if (s.number == 2 && s.type == LEAT_WIRE_BYTES)
            LEAT_TRY(add_node_stats(m, &w, &s, device));
    return leat_wire_status(&w);
}

static leat_status add_step_stats(leat_gmodel *m, const leat_wire *outer, const leat_field *field)
{
    leat_field f;
    leat_wire w = leat_wire_sub(outer, field);
    while (leat_wire_next(&w, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
            LEAT_TRY(add_device_stats(m, &w, &f));
    return leat_wire_status(&w);
}

leat_status leat_gmodel_add_stats(leat_gmodel *m, const void *run_metadata, size_t size)
{
    leat_field f;
    leat_wire w = leat_wire_from(run_metadata, size, 0);
    if (!m->stats)
        m->stats = leat_alloc_zero(m->n_nodes, sizeof *m->stats);
    if (!m->stats)
        return leat_fail_memory(m->n_nodes * sizeof *m->stats);
    while (leat_wire_next(&w, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
            LEAT_TRY(add_step_stats(m, &w, &f));
    LEAT_TRY(leat_wire_status(&w));
    for (size_t i = m->n_ops; i < m->n_nodes; i++)
        m->stats[i] = (leat_gstat){0};
    for (uint32_t i = 0; i < m->n_ops; i++)
        for (uint32_t at = m->nodes[i].parent; m->stats[i].seen && at != LEAT_G_NONE;
             at = m->nodes[at].parent) {
            m->stats[at].micros += m->stats[i].micros;
            m->stats[at].bytes += m->stats[i].bytes;
            m->stats[at].seen = true;
        }
    return LEAT_OK;
}
