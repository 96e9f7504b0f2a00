/* graph-extract.c - what leaves the main graph of a scope: TensorBoard's rules of extraction, edges that
 * become annotations, edges across a scope's border; and the direction of what stays.
 *
 * The order of the steps matters: each sees the graph that the one before it left. Source: VIZ.md's
 * figures, which are those of TensorBoard's render.ts. */
#include "config.h"
#include "viz/scene-private.h"

#include <stdlib.h>

/* The main graph of one scope while it is being taken apart. */
typedef struct part {
    leat_scene *s;
    uint32_t *boxes; /* of the scope, ports too, by local number */
    size_t n;
    uint32_t *edges; /* each twice: first[i] .. first[i + 1] are those of box i */
    uint32_t *first;
    uint32_t *degree; /* edges not cut */
} part;

static bool joins_port(const leat_scene *s, const leat_sedge *e)
{
    return s->boxes[e->from].kind == LEAT_S_PORT || s->boxes[e->to].kind == LEAT_S_PORT;
}

static void part_free(part *p)
{
    leat_free(p->boxes);
    leat_free(p->edges);
    leat_free(p->first);
    leat_free(p->degree);
}

static leat_status part_alloc(part *p, size_t n_edges)
{
    p->boxes = leat_alloc_zero(p->n, sizeof *p->boxes);
    p->edges = leat_alloc_zero(2 * n_edges, sizeof *p->edges);
    p->first = leat_alloc_zero(p->n + 2, sizeof *p->first);
    p->degree = leat_alloc_zero(p->n, sizeof *p->degree);
    if (p->boxes && p->edges && p->first && p->degree)
        return LEAT_OK;
    return leat_fail_memory(2 * n_edges * sizeof *p->edges);
}

/* Numbers the boxes of a scope and lists the edges of each; `ports`: with the ports and their edges. */
static leat_status part_make(part *p, leat_scene *s, uint32_t scope, bool ports)
{
    *p = (part){.s = s};
    size_t n_edges = 0;
    uint32_t i;
    for (i = s->boxes[scope].first; i != LEAT_G_NONE; i = s->boxes[i].next)
        s->boxes[i].local = (uint32_t)p->n++;
    for (i = s->boxes[scope].first_port; ports && i != LEAT_G_NONE; i = s->boxes[i].next)
        s->boxes[i].local = (uint32_t)p->n++;
    for (i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next)
        n_edges++;
    leat_status st = part_alloc(p, n_edges);
    if (st != LEAT_OK) {
        part_free(p);
        return st;
    }
    for (i = s->boxes[scope].first; i != LEAT_G_NONE; i = s->boxes[i].next)
        p->boxes[s->boxes[i].local] = i;
    for (i = s->boxes[scope].first_port; ports && i != LEAT_G_NONE; i = s->boxes[i].next)
        p->boxes[s->boxes[i].local] = i;
    for (int fill = 0; fill < 2; fill++) {
        for (i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next) {
            const leat_sedge *e = &s->edges[i];
            if (e->cut || (!ports && joins_port(s, e)))
                continue;
            uint32_t ends[2] = {s->boxes[e->from].local, s->boxes[e->to].local};
            for (int k = 0; k < 2; k++) {
                if (fill)
                    p->edges[p->first[ends[k] + 1]++] = i;
                else
                    p->first[ends[k] + 2]++;
            }
        }
        for (size_t k = 1; !fill && k < p->n + 2; k++)
            p->first[k] += p->first[k - 1];
    }
    for (size_t k = 0; k < p->n; k++)
        p->degree[k] = p->first[k + 1] - p->first[k];
    return LEAT_OK;
}

/* ---- cutting ---- */

/* Annotations at both ends stand for the edge, unless the user wants one of them in the main graph. */
static leat_status cut(part *p, uint32_t edge, const leat_schoice *choice)
{
    leat_sedge *e = &p->s->edges[edge];
    uint32_t from = p->s->boxes[e->from].node, to = p->s->boxes[e->to].node;
    if (e->cut)
        return LEAT_OK;
    if ((choice->place[from] > 0 || choice->place[to] > 0) && choice->place[from] >= 0 &&
        choice->place[to] >= 0)
        return LEAT_OK;
    e->cut = true;
    p->degree[p->s->boxes[e->from].local]--;
    p->degree[p->s->boxes[e->to].local]--;
    leat_snote note = {.kind = LEAT_S_SHORTCUT, .control = e->data == 0, .ref = e->ref > 0};
    note.node = to;
    LEAT_TRY(leat_scene_note(p->s, e->from, false, note));
    note.node = from;
    return leat_scene_note(p->s, e->to, true, note);
}

/* Cuts all edges of a box and moves it to the auxiliary area if that leaves it alone. */
static leat_status extract(part *p, size_t local, const leat_schoice *choice)
{
    for (uint32_t i = p->first[local]; i < p->first[local + 1]; i++)
        LEAT_TRY(cut(p, p->edges[i], choice));
    if (p->degree[local] == 0)
        p->s->boxes[p->boxes[local]].place = LEAT_S_AUX;
    return LEAT_OK;
}

/* Is the box there, with no word from the user? */
static bool free_to_move(const part *p, size_t local, const leat_schoice *choice)
{
    const leat_sbox *b = &p->s->boxes[p->boxes[local]];
    return b->place == LEAT_S_CORE && choice->place[b->node] == 0;
}

/* A NoOp, or a scope `A` with a NoOp `A/(A)`: it gathers control edges. */
static bool is_sink(const leat_gmodel *m, uint32_t node)
{
    const leat_gnode *g = &m->nodes[node];
    if (g->kind == LEAT_G_OP)
        return leat_gmodel_op_is(m, node, "NoOp");
    if (g->kind != LEAT_G_SCOPE)
        return false;
    void *op = leat_map_get(&m->names, g->name, g->name_size);
    return op && leat_gmodel_op_is(m, (uint32_t)((uintptr_t)op - 1), "NoOp");
}

/* ---- high degrees ---- */

/* Neighbours over data edges on one side; over control edges if there are none of data. */
static uint32_t side_degree(const part *p, size_t local, bool in)
{
    uint32_t data = 0, all = 0;
    for (uint32_t i = p->first[local]; i < p->first[local + 1]; i++) {
        const leat_sedge *e = &p->s->edges[p->edges[i]];
        if (e->cut || p->s->boxes[in ? e->to : e->from].local != local)
            continue;
        all++;
        data += e->data > 0;
    }
    return data > 0 ? data : all;
}

typedef struct rank {
    uint32_t degree, local;
} rank;

static int by_degree(const void *a, const void *b)
{
    const rank *x = a, *y = b;
    if (x->degree != y->degree)
        return x->degree < y->degree ? -1 : 1;
    return x->local < y->local ? -1 : 1;
}

/* Boxes with more than max(Q3 + factor (Q3 - Q1), 4) neighbours on one side. */
static leat_status extract_side(part *p, rank *ranks, size_t n, uint32_t factor, const leat_schoice *choice)
{
    qsort(ranks, n, sizeof *ranks, by_degree);
    uint32_t q1 = ranks[(size_t)((double)n * 0.25 + 0.5)].degree,
             q3 = ranks[(size_t)((double)n * 0.75 + 0.5)].degree;
    uint64_t bound = LEAT_MAX((uint64_t)q3 + (uint64_t)factor * (q3 - q1), (uint64_t)LEAT_S_EXTRACT_DEGREE);
    for (size_t i = n; i-- > 0 && ranks[i].degree > bound;)
        if (p->s->boxes[p->boxes[ranks[i].local]].place == LEAT_S_CORE)
            LEAT_TRY(extract(p, ranks[i].local, choice));
    return LEAT_OK;
}

static leat_status extract_high(part *p, const leat_schoice *choice)
{
    size_t n = 0;
    rank *in = leat_alloc_zero(p->n, sizeof *in), *out = leat_alloc_zero(p->n, sizeof *out);
    leat_status st = in && out ? LEAT_OK : leat_fail_memory(p->n * sizeof *in);
    for (size_t i = 0; st == LEAT_OK && i < p->n; i++) {
        if (!free_to_move(p, i, choice))
            continue;
        in[n] = (rank){side_degree(p, i, true), (uint32_t)i};
        out[n++] = (rank){side_degree(p, i, false), (uint32_t)i};
    }
    if (st == LEAT_OK && n >= LEAT_S_EXTRACT_NODES) {
        st = extract_side(p, in, n, 1, choice);
        if (st == LEAT_OK)
            st = extract_side(p, out, n, 4, choice);
    }
    leat_free(in);
    leat_free(out);
    return st;
}

/* ---- control edges ---- */

static leat_status cut_control(part *p, const leat_schoice *choice)
{
    uint32_t *counts = leat_alloc_zero(p->n, sizeof *counts);
    if (!counts)
        return leat_fail_memory(p->n * sizeof *counts);
    for (size_t k = 0; k < p->n; k++)
        for (uint32_t i = p->first[k]; i < p->first[k + 1]; i++)
            counts[k] += !p->s->edges[p->edges[i]].cut && p->s->edges[p->edges[i]].data == 0;
    leat_status st = LEAT_OK;
    for (size_t k = 0; k < p->n; k++)
        for (uint32_t i = p->first[k]; counts[k] > LEAT_S_CONTROL_DEGREE && i < p->first[k + 1]; i++)
            if (st == LEAT_OK && p->s->edges[p->edges[i]].data == 0)
                st = cut(p, p->edges[i], choice);
    leat_free(counts);
    return st;
}

/* What stands alone with annotations on one side only belongs to the auxiliary area. */
static void move_isolated(part *p, const leat_schoice *choice)
{
    for (size_t i = 0; i < p->n; i++) {
        leat_sbox *b = &p->s->boxes[p->boxes[i]];
        if (p->degree[i] == 0 && free_to_move(p, i, choice) && !b->in_notes != !b->out_notes &&
            p->first[i + 1] > p->first[i])
            b->place = LEAT_S_AUX;
    }
}

leat_status leat_scene_extract(leat_scene *s, uint32_t scope, const leat_schoice *choice)
{
    part p;
    if (s->model->nodes[s->boxes[scope].node].kind == LEAT_G_SERIES)
        return LEAT_OK;
    LEAT_TRY(part_make(&p, s, scope, false));
    leat_status st = LEAT_OK;
    for (size_t i = 0; st == LEAT_OK && i < p.n; i++)
        if (choice->place[s->boxes[p.boxes[i]].node] < 0 && s->boxes[p.boxes[i]].place == LEAT_S_CORE)
            st = extract(&p, i, choice);
    for (size_t i = 0; st == LEAT_OK && i < p.n; i++)
        if (free_to_move(&p, i, choice) && is_sink(s->model, s->boxes[p.boxes[i]].node))
            st = extract(&p, i, choice);
    if (st == LEAT_OK)
        st = extract_high(&p, choice);
    if (st == LEAT_OK)
        st = cut_control(&p, choice);
    if (st == LEAT_OK)
        move_isolated(&p, choice);
    part_free(&p);
    return st;
}

/* ---- across the border ---- */

/* Can a path be drawn from the port outwards? Not where the edge around it became an annotation, nor
 * against the drawing's direction for the sake of control alone. */
static bool reaches_out(const leat_scene *s, uint32_t port)
{
    uint32_t index = leat_scene_adjoining(s, port);
    if (index == LEAT_G_NONE || s->edges[index].cut)
        return false;
    return s->edges[index].data > 0 || !s->edges[index].reversed;
}

/* Edges to a port are drawn if it leads on and not too many do; otherwise the box inside gets an
 * annotation. */
static leat_status bridge_port(leat_scene *s, uint32_t port, const uint32_t *edges, size_t n)
{
    leat_sbox *box = &s->boxes[port];
    bool open = reaches_out(s, port);
    size_t data = 0, control = 0, drawn = 0;
    for (size_t i = 0; i < n; i++) {
        data += s->edges[edges[i]].data > 0;
        control += s->edges[edges[i]].data == 0;
    }
    for (size_t i = 0; i < n; i++) {
        leat_sedge *e = &s->edges[edges[i]];
        uint32_t inner = box->out ? e->from : e->to;
        bool crowd = e->data > 0 ? data > LEAT_S_BRIDGE_DEGREE : control > LEAT_S_CONTROL_DEGREE;
        if (open && !crowd && s->boxes[inner].place == LEAT_S_CORE) {
            drawn++;
            continue;
        }
        e->cut = true;
        LEAT_TRY(leat_scene_note(s, inner, !box->out,
                                 (leat_snote){.node = s->boxes[box->node].node,
                                              .kind = LEAT_S_SHORTCUT,
                                              .control = e->data == 0,
                                              .ref = e->ref > 0}));
    }
    if (drawn == 0) {
        box->place = LEAT_S_UNUSED;
        return LEAT_OK;
    }
    box->top = box->out != s->edges[leat_scene_adjoining(s, port)].reversed;
    return LEAT_OK;
}

leat_status leat_scene_bridge(leat_scene *s, uint32_t scope)
{
    part p;
    if (s->boxes[scope].first_port == LEAT_G_NONE)
        return LEAT_OK;
    LEAT_TRY(part_make(&p, s, scope, true));
    leat_status st = LEAT_OK;
    for (size_t i = 0; st == LEAT_OK && i < p.n; i++)
        if (s->boxes[p.boxes[i]].kind == LEAT_S_PORT)
            st = bridge_port(s, p.boxes[i], p.edges + p.first[i], p.first[i + 1] - p.first[i]);
    part_free(&p);
    return st;
}

/* ---- direction ---- */

/* A depth-first walk over data edges alone finds those that close a cycle. `state`: 0 new, 1 on the way, 2
 * done. */
static void reverse_data_cycles(part *p, uint8_t *state, uint32_t *stack, uint32_t *cursor)
{
    for (size_t start = 0; start < p->n; start++) {
        size_t depth = 0;
        if (state[start] != 0)
            continue;
        stack[depth++] = (uint32_t)start;
        state[start] = 1;
        cursor[start] = p->first[start];
        while (depth > 0) {
            uint32_t at = stack[depth - 1];
            if (cursor[at] == p->first[at + 1]) {
                state[at] = 2;
                depth--;
                continue;
            }
            leat_sedge *e = &p->s->edges[p->edges[cursor[at]++]];
            uint32_t to = p->s->boxes[e->to].local;
            if (e->data == 0 || p->s->boxes[e->from].local != at)
                continue;
            if (state[to] == 1)
                e->reversed = true;
            if (state[to] != 0)
                continue;
            state[to] = 1;
            cursor[to] = p->first[to];
            stack[depth++] = to;
        }
    }
}

/* Which end of the edge comes first when drawn? */
static uint32_t drawn_from(const part *p, const leat_sedge *e)
{
    return p->s->boxes[e->reversed ? e->to : e->from].local;
}

/* Orders the boxes so that data edges lead forwards; control edges that then lead back are reversed.
 * `waiting` and `data` count edges into a box that are not satisfied; `queue` has room for twice the
 * boxes. */
static void reverse_control(part *p, uint32_t *waiting, uint32_t *data, uint32_t *queue, uint8_t *done)
{
    size_t head = 0, tail = 0, second = 0;
    uint32_t *blocked = queue + p->n; /* no data edge awaited, but control edges */
    for (size_t k = 0; k < p->n; k++)
        for (uint32_t i = p->first[k]; i < p->first[k + 1]; i++) {
            const leat_sedge *e = &p->s->edges[p->edges[i]];
            if (drawn_from(p, e) == k)
                continue;
            waiting[k]++;
            data[k] += e->data > 0;
        }
    size_t n_blocked = 0;
    for (size_t k = 0; k < p->n; k++) {
        if (waiting[k] == 0)
            queue[tail++] = (uint32_t)k;
        else if (data[k] == 0)
            blocked[n_blocked++] = (uint32_t)k;
    }
    while (head < tail || second < n_blocked) {
        uint32_t at = head < tail ? queue[head++] : blocked[second++];
        if (done[at])
            continue;
        done[at] = 1;
        for (uint32_t i = p->first[at]; i < p->first[at + 1]; i++) {
            leat_sedge *e = &p->s->edges[p->edges[i]];
            uint32_t to = p->s->boxes[e->to].local, from = drawn_from(p, e);
            if (from != at) {
                if (e->data == 0 && !done[from])
                    e->reversed = true;
                continue;
            }
            if (e->reversed)
                to = p->s->boxes[e->from].local;
            if (done[to])
                continue;
            waiting[to]--;
            data[to] -= e->data > 0;
            if (waiting[to] == 0)
                queue[tail++] = to;
            else if (data[to] == 0 && e->data > 0)
                blocked[n_blocked++] = to;
        }
    }
}

leat_status leat_scene_order(leat_scene *s, uint32_t scope)
{
    part p;
    LEAT_TRY(part_make(&p, s, scope, false));
    size_t n = LEAT_MAX(p.n, (size_t)1);
    uint8_t *state = leat_alloc_zero(n, 1);
    uint32_t *work = leat_alloc_zero(4 * n, sizeof *work);
    leat_status st = state && work ? LEAT_OK : leat_fail_memory(4 * n * sizeof *work);
    if (st == LEAT_OK) {
        reverse_data_cycles(&p, state, work, work + n);
        memset(state, 0, n);
        memset(work, 0, 4 * n * sizeof *work);
        reverse_control(&p, work, work + n, work + 2 * n, state);
    }
    leat_free(state);
    leat_free(work);
    part_free(&p);
    for (uint32_t i = s->boxes[scope].first_edge; st == LEAT_OK && i != LEAT_G_NONE; i = s->edges[i].next) {
        leat_sedge *e = &s->edges[i]; /* a port is on the border its path needs: that says the direction */
        if (s->boxes[e->from].kind == LEAT_S_PORT)
            e->reversed = s->boxes[e->from].top;
        else if (s->boxes[e->to].kind == LEAT_S_PORT)
            e->reversed = !s->boxes[e->to].top;
    }
    return st;
}
