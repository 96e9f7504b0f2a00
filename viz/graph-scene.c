/* graph-scene.c - the boxes that are seen and the edges between them. */
#include "config.h"
#include "viz/scene-private.h"

/* Key of the hash table: an edge (from, to), or a port (scope, other) with its direction. */
enum { PAIR_EDGE, PAIR_IN, PAIR_OUT };

struct leat_spair {
    uint32_t a, b, what;
    uint32_t index; /* + 1; 0: free */
};

static size_t pair_slot(const leat_scene *s, uint32_t a, uint32_t b, uint32_t what)
{
    uint32_t key[3] = {a, b, what};
    size_t mask = s->pairs_capacity - 1, i = leat_hash(key, sizeof key, 0) & mask;
    while (s->pairs[i].index != 0 && (s->pairs[i].a != a || s->pairs[i].b != b || s->pairs[i].what != what))
        i = (i + 1) & mask;
    return i;
}

static uint32_t find_pair(const leat_scene *s, uint32_t a, uint32_t b, uint32_t what)
{
    return s->n_pairs == 0 ? LEAT_G_NONE : s->pairs[pair_slot(s, a, b, what)].index - 1;
}

static leat_status grow_pairs(leat_scene *s)
{
    struct leat_spair *old = s->pairs;
    size_t n = s->pairs_capacity;
    if (2 * (s->n_pairs + 1) <= n)
        return LEAT_OK;
    struct leat_spair *bigger = leat_alloc_zero(LEAT_MAX(2 * n, (size_t)256), sizeof *bigger);
    if (!bigger)
        return leat_fail_memory(2 * n * sizeof *bigger);
    s->pairs = bigger;
    s->pairs_capacity = LEAT_MAX(2 * n, (size_t)256);
    for (size_t i = 0; i < n; i++)
        if (old[i].index != 0)
            s->pairs[pair_slot(s, old[i].a, old[i].b, old[i].what)] = old[i];
    leat_free(old);
    return LEAT_OK;
}

static leat_status put_pair(leat_scene *s, uint32_t a, uint32_t b, uint32_t what, size_t index)
{
    if (index >= LEAT_G_NONE)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "more than %u edges to draw", LEAT_G_NONE - 1);
    LEAT_TRY(grow_pairs(s));
    s->pairs[pair_slot(s, a, b, what)] = (struct leat_spair){a, b, what, (uint32_t)index + 1};
    s->n_pairs++;
    return LEAT_OK;
}

static uint32_t find_edge(const leat_scene *s, uint32_t from, uint32_t to)
{
    return find_pair(s, from, to, PAIR_EDGE);
}

uint32_t leat_scene_port(const leat_scene *s, uint32_t scope, bool out, uint32_t other)
{
    return find_pair(s, scope, other, out ? PAIR_OUT : PAIR_IN);
}

/* ---- boxes ---- */

static leat_status add_box(leat_scene *s, leat_sbox box, uint32_t *index)
{
    LEAT_TRY(leat_grow(&s->boxes, &s->boxes_capacity, s->n_boxes + 1, sizeof *s->boxes));
    box.first = box.next = box.first_edge = box.last_edge = box.first_port = box.last_port = LEAT_G_NONE;
    s->boxes[s->n_boxes] = box;
    *index = (uint32_t)s->n_boxes++;
    return LEAT_OK;
}

static leat_skind box_kind(const leat_gnode *node, bool open)
{
    if (node->kind == LEAT_G_OP)
        return LEAT_S_OP;
    if (open)
        return LEAT_S_OPEN;
    return node->kind == LEAT_G_SERIES ? LEAT_S_SERIES : LEAT_S_SCOPE;
}

/* Walks the tree in pre-order, not below what is closed. `last` has the latest box of each open box. */
static leat_status make_boxes(leat_scene *s, const uint8_t *open, uint32_t *last)
{
    leat_gmodel *m = s->model;
    bool below = true;
    for (uint32_t i = m->root; i != LEAT_G_NONE; i = leat_gmodel_next(m, i, below)) {
        const leat_gnode *node = &m->nodes[i];
        uint32_t scope = node->parent == LEAT_G_NONE ? LEAT_G_NONE : s->shown[node->parent], index;
        leat_sbox box = {
            .node = i, .scope = scope, .kind = (uint8_t)box_kind(node, open[i]), .level = node->level};
        below = box.kind == LEAT_S_OPEN;
        if (node->flags & LEAT_G_FUNCTION)
            box.place = LEAT_S_LIBRARY;
        LEAT_TRY(add_box(s, box, &index));
        s->shown[i] = index;
        if (scope == LEAT_G_NONE)
            continue;
        if (s->boxes[scope].first == LEAT_G_NONE)
            s->boxes[scope].first = index;
        else
            s->boxes[last[node->parent]].next = index;
        last[node->parent] = index;
    }
    s->n_nodes = (uint32_t)s->n_boxes;
    return LEAT_OK;
}

/* Nodes below something closed are seen in it. Embedded ones and those of no scope are seen nowhere. */
static void show_hidden(leat_scene *s)
{
    const leat_gmodel *m = s->model;
    for (uint32_t i = m->root; i != LEAT_G_NONE; i = leat_gmodel_next(m, i, true))
        if (s->shown[i] == LEAT_G_NONE)
            s->shown[i] = s->shown[m->nodes[i].parent];
}

/* ---- edges ---- */

static leat_status join(leat_scene *s, uint32_t scope, uint32_t from, uint32_t to, size_t base)
{
    const leat_gedge *g = &s->model->edges[base];
    uint32_t index = find_edge(s, from, to);
    if (index == LEAT_G_NONE) {
        LEAT_TRY(leat_grow(&s->edges, &s->edges_capacity, s->n_edges + 1, sizeof *s->edges));
        index = (uint32_t)s->n_edges;
        LEAT_TRY(put_pair(s, from, to, PAIR_EDGE, index));
        s->edges[s->n_edges++] =
            (leat_sedge){.from = from, .to = to, .base = (uint32_t)base, .next = LEAT_G_NONE};
        leat_sbox *b = &s->boxes[scope];
        *(b->last_edge == LEAT_G_NONE ? &b->first_edge : &s->edges[b->last_edge].next) = index;
        b->last_edge = index;
    }
    leat_sedge *e = &s->edges[index];
    if (e->data == 0 && !g->control)
        e->base = (uint32_t)base;
    e->control += g->control;
    e->data += !g->control;
    e->ref += g->ref;
    if (!g->control)
        e->elements += leat_gmodel_edge_elements(s->model, base);
    return LEAT_OK;
}

static leat_status port_of(leat_scene *s, uint32_t scope, bool out, uint32_t other, uint32_t *port)
{
    *port = leat_scene_port(s, scope, out, other);
    if (*port != LEAT_G_NONE)
        return LEAT_OK;
    leat_sbox box = {.node = other, .scope = scope, .kind = LEAT_S_PORT, .out = out};
    box.level = (uint16_t)(s->boxes[scope].level + 1);
    LEAT_TRY(add_box(s, box, port));
    leat_sbox *b = &s->boxes[scope]; /* in the order of the graph, which the paths then keep where they can */
    *(b->first_port == LEAT_G_NONE ? &b->first_port : &s->boxes[b->last_port].next) = *port;
    b->last_port = *port;
    return put_pair(s, scope, other, out ? PAIR_OUT : PAIR_IN, *port);
}

/* One edge of the model: an edge where the two ends' scopes meet, and one to a port for every open scope
 * that it leaves or enters. */
static leat_status add_edge(leat_scene *s, size_t base)
{
    uint32_t a = s->shown[s->model->edges[base].from], b = s->shown[s->model->edges[base].to];
    if (a == LEAT_G_NONE || b == LEAT_G_NONE || a == b)
        return LEAT_OK;
    uint32_t from = a, to = b, port;
    while (s->boxes[from].scope != s->boxes[to].scope) {
        if (s->boxes[from].level >= s->boxes[to].level)
            from = s->boxes[from].scope;
        else
            to = s->boxes[to].scope;
    }
    if (from == to) /* cannot be: the ends are not open */
        return LEAT_OK;
    LEAT_TRY(join(s, s->boxes[from].scope, from, to, base));
    for (; a != from; a = s->boxes[a].scope) {
        LEAT_TRY(port_of(s, s->boxes[a].scope, true, to, &port));
        LEAT_TRY(join(s, s->boxes[a].scope, a, port, base));
    }
    for (; b != to; b = s->boxes[b].scope) {
        LEAT_TRY(port_of(s, s->boxes[b].scope, false, from, &port));
        LEAT_TRY(join(s, s->boxes[b].scope, port, b, base));
    }
    return LEAT_OK;
}

uint32_t leat_scene_adjoining(const leat_scene *s, uint32_t port)
{
    const leat_sbox *p = &s->boxes[port];
    uint32_t scope = p->scope, other = p->node, outer = s->boxes[scope].scope;
    if (outer == LEAT_G_NONE)
        return LEAT_G_NONE;
    if (s->boxes[other].scope != outer) {
        other = leat_scene_port(s, outer, p->out, other);
        if (other == LEAT_G_NONE)
            return LEAT_G_NONE;
    }
    return p->out ? find_edge(s, scope, other) : find_edge(s, other, scope);
}

/* ---- annotations ---- */

leat_status leat_scene_note(leat_scene *s, uint32_t box, bool in, leat_snote note)
{
    leat_snotes **list = in ? &s->boxes[box].in_notes : &s->boxes[box].out_notes;
    if (!*list)
        *list = leat_arena_zero(&s->arena, sizeof **list);
    if (!*list)
        return leat_fail_memory(sizeof **list);
    leat_snotes *notes = *list;
    for (uint32_t i = 0; i < notes->count; i++)
        if (notes->at[i].node == note.node)
            return LEAT_OK;
    if (notes->count < LEAT_S_NOTES)
        notes->at[notes->count++] = note;
    else
        notes->more++;
    return LEAT_OK;
}

static leat_status add_embedded(leat_scene *s)
{
    const leat_gmodel *m = s->model;
    for (size_t i = 0; i < m->n_embeds; i++) {
        const leat_gembed *e = &m->embeds[i];
        uint32_t box = s->shown[e->host];
        bool in = m->nodes[e->node].flags & LEAT_G_EMBED_IN;
        if (box != LEAT_G_NONE && s->boxes[box].node == e->host)
            LEAT_TRY(leat_scene_note(
                s, box, in, (leat_snote){.node = e->node, .kind = in ? LEAT_S_CONST : LEAT_S_SUMMARY}));
    }
    return LEAT_OK;
}

static leat_status build(leat_scene *s, const leat_schoice *choice)
{
    leat_gmodel *m = s->model;
    uint32_t *last = leat_alloc_zero(m->n_nodes, sizeof *last);
    s->shown = leat_alloc_zero(m->n_nodes, sizeof *s->shown);
    if (!last || !s->shown) {
        leat_free(last);
        return leat_fail_memory(m->n_nodes * sizeof *last);
    }
    memset(s->shown, 0xff, m->n_nodes * sizeof *s->shown);
    leat_status st = make_boxes(s, choice->open, last);
    leat_free(last);
    LEAT_TRY(st);
    show_hidden(s);
    for (size_t i = 0; i < m->n_edges; i++)
        LEAT_TRY(add_edge(s, i));
    LEAT_TRY(add_embedded(s));
    for (uint32_t i = 0; i < s->n_nodes; i++) {
        if (s->boxes[i].kind != LEAT_S_OPEN)
            continue;
        LEAT_TRY(leat_scene_extract(s, i, choice));
        LEAT_TRY(leat_scene_bridge(s, i));
        LEAT_TRY(leat_scene_order(s, i));
    }
    return LEAT_OK;
}

leat_status leat_scene_build(leat_scene *s, leat_gmodel *m, const leat_schoice *choice)
{
    *s = (leat_scene){.model = m};
    return build(s, choice);
}

void leat_scene_free(leat_scene *s)
{
    leat_free(s->boxes);
    leat_free(s->edges);
    leat_free(s->shown);
    leat_free(s->pairs);
    leat_arena_free(&s->arena);
    *s = (leat_scene){0};
}
