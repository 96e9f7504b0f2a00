/* graph-order.c - what dot is told beyond the boxes and edges: which boxes stand between the ports, and which of a row come
 * before which. */
#include "config.h"
#include "viz/layout-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- between the borders ---- */

#define INSIDE_TRIES 4

/* Marks boxes that came to stand beyond a port: its path, led on to the border, would run over them. */
static bool mark_outside(leat_lay_graph *g)
{
    bool any = false;
    for (size_t p = 0; p < g->n_boxes; p++)
        for (size_t i = 0; g->boxes[p].rank != LEAT_LAY_ANY && i < g->n_boxes; i++) {
            const leat_lay_box *port = &g->boxes[p];
            leat_lay_box *b = &g->boxes[i];
            bool top = port->rank == LEAT_LAY_TOP, *mark = top ? &b->under_top : &b->over_bottom;
            bool beyond = top ? b->y + b->h < port->y : b->y > port->y + port->h;
            if (b->rank != LEAT_LAY_ANY || *mark || !beyond)
                continue;
            any = *mark = true;
        }
    return any;
}

/* dot gives what must stand at the bottom one layer, and what has no edges to it perhaps a lower one. */
static leat_status lay_out_inside(leat_lay_graph *g, leat_arena *arena)
{
    for (int i = 0; i < INSIDE_TRIES; i++) {
        LEAT_TRY(leat_layout_dot(g, arena));
        if (!mark_outside(g))
            break;
    }
    return LEAT_OK;
}

/* ---- which way round ---- */

#define TURNED_UP_TO 150 /* boxes: a larger part is not laid out a second time */

typedef struct place {
    double x, y;
    size_t box;
} place;

static int by_row(const void *a, const void *b)
{
    const place *p = a, *q = b;
    return p->y != q->y ? (p->y > q->y) - (p->y < q->y) : (p->x > q->x) - (p->x < q->x);
}

/* Do more pairs in a row stand against the order of the graph than with it? */
static bool runs_backwards(const leat_lay_graph *g)
{
    place row[TURNED_UP_TO];
    size_t n = 0, with = 0, against = 0;
    for (size_t i = 0; i < g->n_boxes; i++)
        row[n++] = (place){g->boxes[i].x, round(g->boxes[i].y + g->boxes[i].h / 2), i};
    qsort(row, n, sizeof *row, by_row);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n && row[k].y == row[i].y; k++)
            if (g->boxes[row[i].box].rank == g->boxes[row[k].box].rank)
                *(row[i].box < row[k].box ? &with : &against) += 1;
    return against > with;
}

static void turn_ends(leat_lay_graph *g)
{
    for (size_t i = 0; i < g->n_edges; i++) {
        leat_lay_edge *e = &g->edges[i];
        e->from_x = g->boxes[e->from].w - e->from_x;
        e->to_x = g->boxes[e->to].w - e->to_x;
    }
}

static void turn(leat_lay_graph *g)
{
    turn_ends(g);
    for (size_t i = 0; i < g->n_boxes; i++)
        g->boxes[i].x = g->w - g->boxes[i].x - g->boxes[i].w;
    for (size_t i = 0; i < g->n_edges; i++) {
        leat_lay_edge *e = &g->edges[i];
        for (size_t k = 0; k < e->n_points; k++)
            e->points[k].x = g->w - e->points[k].x;
        e->label.x = g->w - e->label.x;
    }
}

/* dot begins rows at either end. Where it wrote relu_3, relu_2, relu_1, it lays out the mirrored part, which is
 * mirrored again then: the same drawing but for the boxes' own sides, with relu_1 first. */
static leat_status lay_out_turned(leat_lay_graph *g, leat_arena *arena)
{
    LEAT_TRY(lay_out_inside(g, arena));
    if (g->n_boxes > TURNED_UP_TO || !runs_backwards(g))
        return LEAT_OK;
    turn_ends(g);
    leat_status st = lay_out_inside(g, arena);
    if (st == LEAT_OK)
        turn(g);
    else
        turn_ends(g);
    return st;
}

/* ---- what is alike ---- */

#define KEPT_UP_TO 80 /* boxes: in a larger part nobody looks for an order */
#define LARGER 1.1    /* so much, a side of the drawing may grow for the sake of order */
#define SAMPLES 6     /* lines that stand for one part of a path */

static double row_of(const leat_lay_box *b)
{
    return round(b->y + b->h / 2);
}

/* Does something of another kind stand between the two, which are in one row? dot finds no way for an unseen edge
 * across it at places, and says so where all can read it. */
static bool parted(const leat_lay_graph *g, const leat_lay_box *a, const leat_lay_box *b)
{
    for (size_t i = 0; i < g->n_boxes; i++) {
        const leat_lay_box *c = &g->boxes[i];
        if (c->kin != a->kin && row_of(c) == row_of(a) && (c->x > a->x) != (c->x > b->x))
            return true;
    }
    return false;
}

/* Lets every box follow the one of its kind before it, in its row. Says whether any two stood otherwise. */
static bool order_rows(leat_lay_graph *g)
{
    bool any = false;
    for (size_t i = 0; i < g->n_boxes; i++) {
        leat_lay_box *b = &g->boxes[i];
        for (size_t k = i; k-- > 0 && b->kin != 0 && b->after == 0;) {
            const leat_lay_box *other = &g->boxes[k];
            if (other->kin != b->kin || row_of(other) != row_of(b))
                continue;
            if (parted(g, other, b))
                break;
            b->after = (uint32_t)k + 1;
            any |= other->x > b->x;
        }
    }
    return any;
}

static bool lines_cross(leat_lay_point a, leat_lay_point b, leat_lay_point c, leat_lay_point d)
{
    double abc = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    double abd = (b.x - a.x) * (d.y - a.y) - (b.y - a.y) * (d.x - a.x);
    double cda = (d.x - c.x) * (a.y - c.y) - (d.y - c.y) * (a.x - c.x);
    double cdb = (d.x - c.x) * (b.y - c.y) - (d.y - c.y) * (b.x - c.x);
    return abc * abd < 0 && cda * cdb < 0;
}

static leat_lay_point on_line(const leat_lay_edge *e, size_t i)
{
    size_t part = LEAT_MIN(i / SAMPLES, (e->n_points - 1) / 3 - 1);
    return leat_layout_on_part(e->points + 3 * part, (double)(i - SAMPLES * part) / SAMPLES);
}

static size_t edges_cross(const leat_lay_edge *e, const leat_lay_edge *f)
{
    size_t n = (e->n_points - 1) / 3 * SAMPLES, m = (f->n_points - 1) / 3 * SAMPLES, found = 0;
    if (e->from == f->from || e->to == f->to)
        return 0;
    leat_lay_point before = on_line(e, 0);
    for (size_t i = 1; i <= n; i++) {
        leat_lay_point at = on_line(e, i), low = on_line(f, 0);
        for (size_t k = 1; k <= m; k++) {
            leat_lay_point high = on_line(f, k);
            found += lines_cross(before, at, low, high);
            low = high;
        }
        before = at;
    }
    return found;
}

static size_t count_crossings(const leat_lay_graph *g)
{
    size_t found = 0;
    for (size_t i = 0; i < g->n_edges; i++)
        for (size_t k = i + 1; k < g->n_edges; k++)
            found += edges_cross(&g->edges[i], &g->edges[k]);
    return found;
}

/* A layout without what was given. Paths stay in the arena. */
typedef struct saved {
    leat_lay_box boxes[KEPT_UP_TO];
    leat_lay_edge *edges;
    double w, h;
} saved;

static void restore(leat_lay_graph *g, const saved *before)
{
    memcpy(g->boxes, before->boxes, g->n_boxes * sizeof *g->boxes);
    memcpy(g->edges, before->edges, g->n_edges * sizeof *g->edges);
    g->w = before->w;
    g->h = before->h;
}

/* Tries the order that was asked for, and keeps it where no more paths cross and the whole is hardly larger. */
static leat_status try_order(leat_lay_graph *g, const saved *before, leat_arena *arena)
{
    size_t crossings = count_crossings(g);
    leat_status st = lay_out_inside(g, arena);
    if (st == LEAT_OK && count_crossings(g) <= crossings && g->w <= LARGER * before->w &&
        g->h <= LARGER * before->h)
        return LEAT_OK;
    restore(g, before);
    return st == LEAT_ERR_UNIMPLEMENTED ? LEAT_OK : st;
}

leat_status leat_layout_ordered(leat_lay_graph *g, leat_arena *arena)
{
    saved before = {.w = 0};
    LEAT_TRY(lay_out_turned(g, arena));
    if (g->n_boxes > KEPT_UP_TO || g->n_edges > 4 * KEPT_UP_TO)
        return LEAT_OK;
    before.w = g->w;
    before.h = g->h;
    before.edges = leat_arena_alloc(arena, g->n_edges * sizeof *before.edges);
    if (!before.edges)
        return leat_fail_memory(g->n_edges * sizeof *before.edges);
    memcpy(before.boxes, g->boxes, g->n_boxes * sizeof *g->boxes);
    memcpy(before.edges, g->edges, g->n_edges * sizeof *g->edges);
    return order_rows(g) ? try_order(g, &before, arena) : LEAT_OK;
}
