/* graph-nest.c - the hierarchy of scopes by the `/` in names, and series of numbered ops. */
#include "config.h"
#include "viz/graph-private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- scopes ---- */

static uint32_t map_index(const leat_map *map, const char *key, size_t n)
{
    void *value = leat_map_get(map, key, n);
    return value ? (uint32_t)((uintptr_t)value - 1) : LEAT_G_NONE;
}

/* A `/` divides where both sides hold something: `a//b`, `/a` and `a/` have no empty scopes. */
static bool divides(const char *name, uint32_t size, uint32_t i)
{
    return name[i] == '/' && i > 0 && name[i - 1] != '/' && i + 1 < size;
}

static leat_status add_scope(leat_gmodel *m, const char *name, uint32_t size, uint32_t leaf, uint32_t parent,
                             uint32_t *index)
{
    leat_gnode scope = {
        .name = name, .name_size = size, .leaf = leaf, .op = LEAT_G_NONE, .device = LEAT_G_NONE};
    scope.kind = LEAT_G_SCOPE;
    scope.structure = LEAT_G_NONE;
    scope.level = (uint16_t)(m->nodes[parent].level + 1);
    size_t prefix = sizeof LEAT_G_FUNCTION_PREFIX - 1;
    if (parent == m->root && size > prefix && memcmp(name, LEAT_G_FUNCTION_PREFIX, prefix) == 0) {
        scope.flags |= LEAT_G_FUNCTION;
        scope.leaf = (uint32_t)prefix;
    }
    LEAT_TRY(leat_gmodel_add_node(m, scope, index));
    m->nodes[*index].parent = parent;
    return leat_map_put(&m->scopes, name, size, (void *)(uintptr_t)(*index + 1));
}

/* The scope an op stands in, made with those above it where new; sets the op's leaf. */
static leat_status scope_of(leat_gmodel *m, uint32_t op, uint32_t *scope)
{
    const char *name = m->nodes[op].name;
    uint32_t size = m->nodes[op].name_size, ends[LEAT_G_LEVELS], n = 0, leaf = 0;
    for (uint32_t i = 0; i < size && n < LEAT_G_LEVELS; i++)
        if (divides(name, size, i)) {
            ends[n++] = i;
            leaf = i + 1;
        }
    m->nodes[op].leaf = leaf;
    uint32_t known = n; /* how many of the scopes there are already */
    *scope = m->root;
    for (; known > 0; known--) {
        uint32_t found = map_index(&m->scopes, name, ends[known - 1]);
        if (found == LEAT_G_NONE)
            continue;
        *scope = found;
        break;
    }
    for (uint32_t i = known; i < n; i++)
        LEAT_TRY(add_scope(m, name, ends[i], i > 0 ? ends[i - 1] + 1 : 0, *scope, scope));
    return LEAT_OK;
}

static leat_status make_scopes(leat_gmodel *m)
{
    leat_gnode root = {.name = "", .op = LEAT_G_NONE, .device = LEAT_G_NONE, .kind = LEAT_G_SCOPE};
    root.structure = LEAT_G_NONE;
    LEAT_TRY(leat_gmodel_add_node(m, root, &m->root));
    m->nodes[m->root].flags |= LEAT_G_LINKED;
    for (uint32_t i = 0; i < m->n_ops; i++) {
        uint32_t scope = LEAT_G_NONE;
        if (m->nodes[i].flags & (LEAT_G_EMBED_IN | LEAT_G_EMBED_OUT)) {
            for (uint32_t k = 0; k < m->nodes[i].name_size; k++)
                if (divides(m->nodes[i].name, m->nodes[i].name_size, k))
                    m->nodes[i].leaf = k + 1;
            continue;
        }
        LEAT_TRY(scope_of(m, i, &scope));
        m->nodes[i].parent = scope;
    }
    for (uint32_t i = 0; i < m->n_ops; i++) {
        leat_gnode *node = &m->nodes[i];
        uint32_t scope = map_index(&m->scopes, node->name, node->name_size);
        if (scope == LEAT_G_NONE)
            continue;
        node->flags |= LEAT_G_STRICT;
        if (node->parent != LEAT_G_NONE)
            node->parent = scope;
    }
    return LEAT_OK;
}

/* ---- series ---- */

/* One op that may belong to a series: `key` stands for scope, op type and name without the number. */
typedef struct candidate {
    uint64_t key;
    uint32_t number, node;
} candidate;

static int by_key_and_number(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->node < y->node ? -1 : 1;
}

/* The leaf without its number: `MatMul` of `MatMul_3` and of `MatMul` (number 0), `layer` of `layer3`. What has no
 * number is taken for one with an underscore; see has_second. */
static uint32_t leaf_stem(const leat_gnode *node, uint32_t *number, bool *underscore)
{
    uint32_t end = node->name_size;
    *number = 0;
    *underscore = true;
    while (end > node->leaf && isdigit((unsigned char)node->name[end - 1]))
        end--;
    if (end == node->name_size || node->name_size - end > 9)
        return node->name_size;
    for (uint32_t i = node->leaf; i < end; i++)
        if (isdigit(
                (unsigned char)node->name[i])) /* the front part holds no digit: TensorBoard's (\D*)(\d+) */
            return node->name_size;
    for (uint32_t i = end; i < node->name_size; i++)
        *number = *number * 10 + (uint32_t)(node->name[i] - '0');
    *underscore = end > node->leaf && node->name[end - 1] == '_';
    return end - *underscore;
}

/* Is there a `MatMul_1` beside this `MatMul`? Without it, the op can only be number 0 of `MatMul1`, `MatMul2`... */
static leat_status has_second(const leat_gmodel *m, const leat_gnode *node, leat_buf *scratch, bool *second)
{
    leat_buf_clear(scratch);
    leat_buf_append(scratch, node->name, node->name_size);
    leat_buf_puts(scratch, "_1");
    LEAT_TRY(leat_buf_status(scratch));
    uint32_t found = map_index(&m->names, scratch->data, scratch->size);
    *second =
        found != LEAT_G_NONE && m->nodes[found].parent == node->parent && m->nodes[found].op == node->op;
    return LEAT_OK;
}

static leat_status find_candidates(const leat_gmodel *m, leat_buf *scratch, candidate *out, size_t *count)
{
    size_t n = 0;
    for (uint32_t i = 0; i < m->n_ops; i++) {
        const leat_gnode *node = &m->nodes[i];
        if (node->parent == LEAT_G_NONE || (node->flags & LEAT_G_STRICT) ||
            leat_gmodel_op_is(m, i, "input_arg") || leat_gmodel_op_is(m, i, "output_arg"))
            continue;
        uint32_t number;
        bool underscore;
        uint32_t stem = leaf_stem(node, &number, &underscore);
        if (stem == node->name_size)
            LEAT_TRY(has_second(m, node, scratch, &underscore));
        uint64_t seed = (uint64_t)node->parent << 32 | node->op;
        out[n++] = (candidate){leat_hash(node->name + node->leaf, stem - node->leaf, seed * 2 + underscore),
                               number, i};
    }
    *count = n;
    return LEAT_OK;
}

/* "MatMul[0-4]" in the members' scope. */
static leat_status name_series(leat_gmodel *m, leat_gnode *series, const candidate *c, size_t n)
{
    const leat_gnode *first = &m->nodes[c[0].node];
    uint32_t number;
    bool underscore;
    uint32_t stem = leaf_stem(first, &number, &underscore);
    size_t room = (size_t)stem + 32;
    char *name = leat_arena_alloc(&m->arena, room);
    if (!name)
        return leat_fail_memory(room);
    memcpy(name, first->name, stem);
    int digits = snprintf(name + stem, 32, "[%u-%u]", c[0].number, c[n - 1].number);
    series->name = name;
    series->name_size = stem + (uint32_t)digits;
    series->leaf = first->leaf;
    return LEAT_OK;
}

static leat_status add_series(leat_gmodel *m, const candidate *c, size_t n)
{
    leat_gnode series = {.kind = LEAT_G_SERIES, .device = LEAT_G_NONE, .structure = LEAT_G_NONE};
    uint32_t index, parent = m->nodes[c[0].node].parent;
    series.op = m->nodes[c[0].node].op;
    LEAT_TRY(name_series(m, &series, c, n));
    LEAT_TRY(leat_gmodel_add_node(m, series, &index));
    m->nodes[index].parent = parent;
    for (size_t i = 0; i < n; i++)
        m->nodes[c[i].node].parent = index;
    m->n_series++;
    return leat_map_put(&m->scopes, m->nodes[index].name, m->nodes[index].name_size,
                        (void *)(uintptr_t)(index + 1));
}

static leat_status find_series(leat_gmodel *m)
{
    candidate *c = leat_alloc_zero(m->n_ops, sizeof *c);
    if (!c)
        return leat_fail_memory(m->n_ops * sizeof *c);
    size_t n = 0;
    leat_buf scratch = {0};
    leat_status st = find_candidates(m, &scratch, c, &n);
    leat_buf_free(&scratch);
    qsort(c, n, sizeof *c, by_key_and_number);
    for (size_t begin = 0, end; st == LEAT_OK && begin < n; begin = end) {
        for (end = begin + 1;
             end < n && c[end].key == c[begin].key && c[end].number == c[end - 1].number + 1;)
            end++;
        if (end - begin >= LEAT_G_SERIES_MIN)
            st = add_series(m, c + begin, end - begin);
    }
    leat_free(c);
    return st;
}

/* ---- crowds ---- */

/* Scopes with more ops than anybody can see apart show one stack an op type: "Add (5000 nodes)". */
static leat_status add_crowd(leat_gmodel *m, const candidate *c, size_t n)
{
    leat_gnode crowd = {.kind = LEAT_G_SERIES, .device = LEAT_G_NONE, .structure = LEAT_G_NONE};
    uint32_t index, parent = m->nodes[c[0].node].parent;
    const leat_gnode *scope = &m->nodes[parent];
    crowd.op = m->nodes[c[0].node].op;
    leat_gtext op = m->ops.texts[crowd.op];
    size_t room = (size_t)scope->name_size + 1 + op.size + 40;
    char *name = leat_arena_alloc(&m->arena, room);
    if (!name)
        return leat_fail_memory(room);
    size_t at = scope->name_size;
    memcpy(name, scope->name, at);
    if (at > 0)
        name[at++] = '/';
    crowd.leaf = (uint32_t)at;
    memcpy(name + at, op.at, op.size);
    at += op.size;
    at += (size_t)snprintf(name + at, 40, " (%zu nodes)", n);
    crowd.name = name;
    crowd.name_size = (uint32_t)at;
    LEAT_TRY(leat_gmodel_add_node(m, crowd, &index));
    m->nodes[index].parent = parent;
    for (size_t i = 0; i < n; i++)
        m->nodes[c[i].node].parent = index;
    m->n_series++;
    return leat_map_put(&m->scopes, name, at, (void *)(uintptr_t)(index + 1));
}

/* The ops that stand in crowded scopes themselves, each with its scope and op type as key. */
static leat_status find_crowded(const leat_gmodel *m, candidate **out, size_t *count)
{
    uint32_t *children = leat_alloc_zero(m->n_nodes, sizeof *children);
    candidate *c = leat_alloc_zero(m->n_ops, sizeof *c);
    *out = c;
    *count = 0;
    if (!children || !c) {
        leat_free(children);
        return leat_fail_memory(m->n_ops * sizeof *c);
    }
    for (uint32_t i = 0; i < m->n_ops; i++)
        if (m->nodes[i].parent != LEAT_G_NONE)
            children[m->nodes[i].parent]++;
    for (uint32_t i = 0; i < m->n_ops; i++) {
        const leat_gnode *node = &m->nodes[i];
        if (node->parent != LEAT_G_NONE && children[node->parent] > LEAT_G_CROWD &&
            m->nodes[node->parent].kind == LEAT_G_SCOPE)
            c[(*count)++] = (candidate){(uint64_t)node->parent << 32 | node->op, i, i};
    }
    leat_free(children);
    return LEAT_OK;
}

static leat_status gather_crowds(leat_gmodel *m)
{
    candidate *c;
    size_t n;
    leat_status st = find_crowded(m, &c, &n);
    if (st == LEAT_OK)
        qsort(c, n, sizeof *c, by_key_and_number);
    for (size_t begin = 0, end; st == LEAT_OK && begin < n; begin = end) {
        for (end = begin + 1; end < n && c[end].key == c[begin].key;)
            end++;
        if (end - begin >= LEAT_G_SERIES_MIN)
            st = add_crowd(m, c + begin, end - begin);
    }
    leat_free(c);
    return st;
}

/* ---- the tree ---- */

static void link_child(leat_gmodel *m, uint32_t node)
{
    leat_gnode *child = &m->nodes[node], *parent = &m->nodes[child->parent];
    if (parent->last == LEAT_G_NONE)
        parent->first = node;
    else
        m->nodes[parent->last].next = node;
    parent->last = node;
    parent->children++;
    child->flags |= LEAT_G_LINKED;
}

/* Children stand in the order in which the file first names something of them. */
static void link_tree(leat_gmodel *m)
{
    for (uint32_t i = 0; i < m->n_ops; i++) {
        uint32_t at = i;
        if (m->nodes[i].parent == LEAT_G_NONE)
            continue;
        while (!(m->nodes[at].flags & LEAT_G_LINKED)) {
            link_child(m, at);
            at = m->nodes[at].parent;
        }
        for (at = m->nodes[i].parent; at != LEAT_G_NONE; at = m->nodes[at].parent)
            m->nodes[at].cardinality++;
    }
}

static void set_levels(leat_gmodel *m)
{
    for (uint32_t i = leat_gmodel_next(m, m->root, true); i != LEAT_G_NONE; i = leat_gmodel_next(m, i, true))
        m->nodes[i].level = (uint16_t)(m->nodes[m->nodes[i].parent].level + 1);
    for (size_t i = 0; i < m->n_edges; i++) {
        const leat_gedge *e = &m->edges[i];
        uint32_t parent = m->nodes[e->from].parent;
        if (!e->control && parent == m->nodes[e->to].parent && m->nodes[parent].kind == LEAT_G_SERIES)
            m->nodes[parent].flags |= LEAT_G_CONNECTED;
    }
}

leat_status leat_gmodel_nest(leat_gmodel *m)
{
    LEAT_TRY(make_scopes(m));
    LEAT_TRY(find_series(m));
    LEAT_TRY(gather_crowds(m));
    link_tree(m);
    set_levels(m);
    return LEAT_OK;
}

uint32_t leat_gmodel_next(const leat_gmodel *m, uint32_t node, bool below)
{
    if (below && m->nodes[node].first != LEAT_G_NONE)
        return m->nodes[node].first;
    while (node != LEAT_G_NONE && m->nodes[node].next == LEAT_G_NONE)
        node = m->nodes[node].parent;
    return node == LEAT_G_NONE ? LEAT_G_NONE : m->nodes[node].next;
}

uint32_t leat_gmodel_find(const leat_gmodel *m, const char *name)
{
    size_t n = strlen(name);
    uint32_t found = map_index(&m->scopes, name, n);
    if (found == LEAT_G_NONE)
        found = map_index(&m->names, name, n);
    if (found != LEAT_G_NONE || n < 4 || name[n - 1] != ')')
        return found;
    for (size_t i = n; i-- > 1;) /* A/(A) */
        if (name[i] == '(' && name[i - 1] == '/')
            return map_index(&m->names, name, i - 1);
    return LEAT_G_NONE;
}

void leat_gmodel_put_label(const leat_gmodel *m, uint32_t index, leat_buf *out)
{
    const leat_gnode *node = &m->nodes[index];
    bool strict = (node->flags & LEAT_G_STRICT) && !(node->flags & (LEAT_G_EMBED_IN | LEAT_G_EMBED_OUT));
    if (strict)
        leat_buf_putc(out, '(');
    leat_buf_append(out, node->name + node->leaf, node->name_size - node->leaf);
    if (strict)
        leat_buf_putc(out, ')');
}

void leat_gmodel_put_name(const leat_gmodel *m, uint32_t index, leat_buf *out)
{
    const leat_gnode *node = &m->nodes[index];
    leat_buf_append(out, node->name, node->name_size);
    if (!(node->flags & LEAT_G_STRICT))
        return;
    leat_buf_puts(out, "/(");
    leat_buf_append(out, node->name + node->leaf, node->name_size - node->leaf);
    leat_buf_putc(out, ')');
}
