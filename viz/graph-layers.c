/* graph-layers.c - an own layering in linear time, for parts that are too large for dot: layers by the
 * longest path, order in a layer by a few sweeps of means over neighbours, wide layers in several rows. */
#include "config.h"
#include "viz/layout-private.h"

#include <math.h>
#include <stdlib.h>

#define SWEEPS 4
#define ROW_WIDTH 4000.0 /* a layer wider than this, and than the whole is high, takes several rows */

/* Edges sorted by one end: first[i] .. first[i + 1] of list belong to box i. */
typedef struct ends {
    uint32_t *first, *list;
} ends;

static leat_status sort_ends(const leat_lay_graph *g, bool by_to, ends *out)
{
    out->first = leat_alloc_zero(g->n_boxes + 2, sizeof *out->first);
    out->list = leat_alloc_zero(g->n_edges, sizeof *out->list);
    if (!out->first || !out->list)
        return leat_fail_memory(g->n_edges * sizeof *out->list);
    for (size_t i = 0; i < g->n_edges; i++)
        out->first[(by_to ? g->edges[i].to : g->edges[i].from) + 2]++;
    for (size_t i = 1; i < g->n_boxes + 2; i++)
        out->first[i] += out->first[i - 1];
    for (size_t i = 0; i < g->n_edges; i++)
        out->list[out->first[(by_to ? g->edges[i].to : g->edges[i].from) + 1]++] = (uint32_t)i;
    return LEAT_OK;
}

static void free_ends(ends *e)
{
    leat_free(e->first);
    leat_free(e->list);
}

size_t leat_layout_ranks(const leat_lay_graph *g, uint32_t *ranks)
{
    ends from = {0};
    uint32_t *waiting = leat_alloc_zero(g->n_boxes, sizeof *waiting);
    uint32_t *queue = leat_alloc_zero(g->n_boxes, sizeof *queue);
    size_t head = 0, tail = 0, top = 0;
    if (!waiting || !queue || sort_ends(g, false, &from) != LEAT_OK) {
        leat_free(waiting);
        leat_free(queue);
        free_ends(&from);
        return 0;
    }
    for (size_t i = 0; i < g->n_edges; i++)
        waiting[g->edges[i].to]++;
    for (size_t i = 0; i < g->n_boxes; i++) {
        ranks[i] = g->boxes[i].rank == LEAT_LAY_BOTTOM ? 0 : 1;
        if (waiting[i] == 0)
            queue[tail++] = (uint32_t)i;
    }
    while (head < tail) {
        uint32_t at = queue[head++];
        top = LEAT_MAX(top, (size_t)ranks[at]);
        for (uint32_t i = from.first[at]; i < from.first[at + 1]; i++) {
            uint32_t to = g->edges[from.list[i]].to;
            ranks[to] = LEAT_MAX(ranks[to], ranks[at] + 1);
            if (--waiting[to] == 0)
                queue[tail++] = to;
        }
    }
    for (size_t i = 0; i < g->n_boxes; i++)
        if (g->boxes[i].rank == LEAT_LAY_TOP)
            ranks[i] = (uint32_t)top;
    leat_free(waiting);
    leat_free(queue);
    free_ends(&from);
    return top + 1;
}

/* ---- order within layers ---- */

typedef struct place {
    uint32_t rank, box;
    double key;
} place;

static int by_rank_and_key(const void *a, const void *b)
{
    const place *p = a, *q = b;
    if (p->rank != q->rank)
        return p->rank < q->rank ? -1 : 1;
    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    return p->box < q->box ? -1 : p->box > q->box;
}

/* Gives each box the middle of its neighbours on one side as key, where it has any. */
static void pull(const leat_lay_graph *g, place *places, const ends *e, bool down, const double *middle)
{
    for (size_t i = 0; i < g->n_boxes; i++) {
        uint32_t box = places[i].box, n = e->first[box + 1] - e->first[box];
        double sum = 0;
        for (uint32_t k = e->first[box]; k < e->first[box + 1]; k++)
            sum += middle[down ? g->edges[e->list[k]].from : g->edges[e->list[k]].to];
        if (n > 0)
            places[i].key = sum / n;
        else
            places[i].key = middle[box];
    }
}

/* Middles by the order in each layer, layers centred on each other. */
static void spread(const leat_lay_graph *g, const place *places, double *middle)
{
    for (size_t begin = 0, end; begin < g->n_boxes; begin = end) {
        double w = 0, x;
        for (end = begin; end < g->n_boxes && places[end].rank == places[begin].rank; end++)
            w += g->boxes[places[end].box].w + g->nodesep;
        x = -w / 2;
        for (size_t i = begin; i < end; i++) {
            middle[places[i].box] = x + g->boxes[places[i].box].w / 2;
            x += g->boxes[places[i].box].w + g->nodesep;
        }
    }
}

/* ---- positions ---- */

/* Sets a row of boxes from the bottom upwards; returns its height. */
static double set_row(leat_lay_graph *g, const place *places, size_t n, double bottom)
{
    double w = 0, h = 0, x;
    for (size_t i = 0; i < n; i++) {
        w += g->boxes[places[i].box].w + (i > 0 ? g->nodesep : 0);
        h = LEAT_MAX(h, g->boxes[places[i].box].h);
    }
    x = -w / 2;
    for (size_t i = 0; i < n; i++) {
        leat_lay_box *box = &g->boxes[places[i].box];
        box->x = x;
        box->y = bottom - h / 2 - box->h / 2;
        x += box->w + g->nodesep;
    }
    return h;
}

static void set_layers(leat_lay_graph *g, const place *places)
{
    double bottom = 0, area = 0, limit;
    for (size_t i = 0; i < g->n_boxes; i++)
        area += (g->boxes[i].w + g->nodesep) * (g->boxes[i].h + g->ranksep);
    limit = LEAT_MAX(ROW_WIDTH, 1.5 * sqrt(area));
    for (size_t begin = 0, end; begin < g->n_boxes; begin = end) {
        double w = 0;
        for (end = begin; end < g->n_boxes && places[end].rank == places[begin].rank; end++) {
            w += g->boxes[places[end].box].w + g->nodesep;
            if (w > limit && end > begin)
                break;
        }
        bottom -= set_row(g, places + begin, end - begin, bottom) + g->ranksep;
    }
}

static void shift_to_origin(leat_lay_graph *g)
{
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
    for (size_t i = 0; i < g->n_boxes; i++) {
        x0 = LEAT_MIN(x0, g->boxes[i].x);
        y0 = LEAT_MIN(y0, g->boxes[i].y);
        x1 = LEAT_MAX(x1, g->boxes[i].x + g->boxes[i].w);
        y1 = LEAT_MAX(y1, g->boxes[i].y + g->boxes[i].h);
    }
    for (size_t i = 0; i < g->n_boxes; i++) {
        g->boxes[i].x -= x0;
        g->boxes[i].y -= y0;
    }
    g->w = x1 - x0;
    g->h = y1 - y0;
}

static leat_status draw_edges(leat_lay_graph *g, leat_arena *arena)
{
    for (size_t i = 0; i < g->n_edges; i++) {
        leat_lay_edge *e = &g->edges[i];
        const leat_lay_box *from = &g->boxes[e->from], *to = &g->boxes[e->to];
        leat_lay_point start = {from->x + e->from_x, from->y}, end = {to->x + e->to_x, to->y + to->h};
        double bend = LEAT_MAX((start.y - end.y) / 2, g->ranksep / 2);
        e->points = leat_arena_alloc(arena, 4 * sizeof *e->points);
        if (!e->points)
            return leat_fail_memory(4 * sizeof *e->points);
        e->n_points = 4;
        e->points[0] = start;
        e->points[1] = (leat_lay_point){start.x, start.y - bend};
        e->points[2] = (leat_lay_point){end.x, end.y + bend};
        e->points[3] = end;
        e->label_w = 0; /* no room is kept for labels */
    }
    return LEAT_OK;
}

static leat_status layers(leat_lay_graph *g, place *places, uint32_t *ranks, double *middle,
                          leat_arena *arena)
{
    ends from = {0}, to = {0};
    if (leat_layout_ranks(g, ranks) == 0)
        return leat_fail_memory(g->n_boxes);
    leat_status st = sort_ends(g, false, &from);
    if (st == LEAT_OK)
        st = sort_ends(g, true, &to);
    for (size_t i = 0; st == LEAT_OK && i < g->n_boxes; i++)
        places[i] = (place){ranks[i], (uint32_t)i, (double)i};
    for (int sweep = 0; st == LEAT_OK && sweep < SWEEPS; sweep++) {
        bool down = sweep % 2 == 0;
        if (sweep > 0)
            pull(g, places, down ? &to : &from, down, middle);
        qsort(places, g->n_boxes, sizeof *places, by_rank_and_key);
        spread(g, places, middle);
    }
    free_ends(&from);
    free_ends(&to);
    LEAT_TRY(st);
    set_layers(g, places);
    shift_to_origin(g);
    return draw_edges(g, arena);
}

leat_status leat_layout_layers(leat_lay_graph *g, leat_arena *arena)
{
    place *places = leat_alloc_zero(g->n_boxes, sizeof *places);
    uint32_t *ranks = leat_alloc_zero(g->n_boxes, sizeof *ranks);
    double *middle = leat_alloc_zero(g->n_boxes, sizeof *middle);
    leat_status st = places && ranks && middle ? LEAT_OK : leat_fail_memory(g->n_boxes * sizeof *places);
    if (st == LEAT_OK)
        st = layers(g, places, ranks, middle, arena);
    leat_free(places);
    leat_free(ranks);
    leat_free(middle);
    return st;
}
