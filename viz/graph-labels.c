/* graph-labels.c - labels of edges that came to lie on each other or under paths are moved along their own
 * path, or left out where there is no room. */
#include "config.h"
#include "viz/scene-private.h"

#include <math.h>

#define ROOM 0.5  /* between two labels */
#define ASIDE 1.5 /* from a path to the label beside it */
#define SAMPLES 6 /* lines that stand for one part of a path */
#define MANY 400  /* paths of a scope beyond which labels only keep off each other */

/* A path as a polyline, and the box around it. */
typedef struct line {
    uint32_t edge;
    leat_point *at;
    size_t n;
    leat_box around;
} line;

typedef struct labels {
    leat_scene *s;
    uint32_t scope;
    leat_box core; /* the main graph: labels stay in it */
    line *lines;
    size_t n;
    leat_point *points;
} labels;

static leat_box label_box(const leat_sedge *e, leat_point at)
{
    return (leat_box){at.x - e->label_w / 2, at.y - e->label_h / 2, e->label_w, e->label_h};
}

static bool overlap(leat_box a, leat_box b)
{
    return a.x < b.x + b.w + ROOM && b.x < a.x + a.w + ROOM && a.y < b.y + b.h + ROOM &&
           b.y < a.y + a.h + ROOM;
}

/* The point of the whole path at t in 0..1. */
static leat_point on_path(const leat_sedge *e, double t)
{
    size_t parts = (e->n_points - 1) / 3, part = (size_t)(t * (double)parts);
    part = LEAT_MIN(part, parts - 1);
    double u = t * (double)parts - (double)part, v = 1 - u;
    const leat_point *p = e->points + 3 * part;
    return (leat_point){
        v * v * v * p[0].x + 3 * v * v * u * p[1].x + 3 * v * u * u * p[2].x + u * u * u * p[3].x,
        v * v * v * p[0].y + 3 * v * v * u * p[1].y + 3 * v * u * u * p[2].y + u * u * u * p[3].y};
}

/* ---- paths as lines ---- */

static void trace(line *l, const leat_sedge *e, leat_point *points)
{
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
    l->at = points;
    l->n = (e->n_points - 1) / 3 * SAMPLES + 1;
    for (size_t i = 0; i < l->n; i++) {
        points[i] = on_path(e, (double)i / (double)(l->n - 1));
        x0 = LEAT_MIN(x0, points[i].x);
        y0 = LEAT_MIN(y0, points[i].y);
        x1 = LEAT_MAX(x1, points[i].x);
        y1 = LEAT_MAX(y1, points[i].y);
    }
    l->around = (leat_box){x0, y0, x1 - x0, y1 - y0};
}

static leat_status trace_all(labels *l)
{
    size_t n = 0, points = 0;
    const leat_scene *s = l->s;
    for (uint32_t i = s->boxes[l->scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next)
        if (!s->edges[i].cut && s->edges[i].n_points >= 4) {
            n++;
            points += (s->edges[i].n_points - 1) / 3 * SAMPLES + 1;
        }
    if (n > MANY)
        return LEAT_OK;
    l->lines = leat_alloc_zero(n, sizeof *l->lines);
    l->points = leat_alloc_zero(points, sizeof *l->points);
    if (!l->lines || !l->points)
        return leat_fail_memory(points * sizeof *l->points);
    points = 0;
    for (uint32_t i = s->boxes[l->scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next)
        if (!s->edges[i].cut && s->edges[i].n_points >= 4) {
            l->lines[l->n].edge = i;
            trace(&l->lines[l->n], &s->edges[i], l->points + points);
            points += l->lines[l->n++].n;
        }
    return LEAT_OK;
}

/* Does the segment meet the box? By cutting it to the box's x range, then comparing y. */
static bool meets(leat_point a, leat_point b, leat_box box)
{
    double t0 = 0, t1 = 1, dx = b.x - a.x;
    if (fabs(dx) < 1e-9) {
        if (a.x < box.x || a.x > box.x + box.w)
            return false;
    } else {
        double u = (box.x - a.x) / dx, v = (box.x + box.w - a.x) / dx;
        t0 = LEAT_MAX(t0, LEAT_MIN(u, v));
        t1 = LEAT_MIN(t1, LEAT_MAX(u, v));
    }
    if (t0 > t1)
        return false;
    double y0 = a.y + t0 * (b.y - a.y), y1 = a.y + t1 * (b.y - a.y);
    return LEAT_MAX(y0, y1) >= box.y && LEAT_MIN(y0, y1) <= box.y + box.h;
}

/* How many paths run under the box. */
static size_t crossings(const labels *l, leat_box box)
{
    size_t found = 0;
    for (size_t i = 0; i < l->n; i++) {
        const line *p = &l->lines[i];
        double half = leat_scene_edge_width(&l->s->edges[p->edge]) / 2;
        leat_box wide = {box.x - half + 1, box.y - half + 1, box.w + 2 * half - 2, box.h + 2 * half - 2};
        if (!overlap(wide, p->around))
            continue;
        for (size_t k = 0; k + 1 < p->n; k++)
            if (meets(p->at[k], p->at[k + 1], wide)) {
                found++;
                break;
            }
    }
    return found;
}

/* ---- places ---- */

/* Is the place free of the labels set before, and of boxes? `moved`: dot kept boxes away from its own
 * places. */
static bool is_free(const labels *l, uint32_t edge, leat_box at, bool moved)
{
    const leat_scene *s = l->s;
    for (uint32_t i = s->boxes[l->scope].first_edge; i != edge; i = s->edges[i].next)
        if (s->edges[i].label && overlap(at, label_box(&s->edges[i], s->edges[i].label_at)))
            return false;
    for (uint32_t i = s->boxes[l->scope].first; moved && i != LEAT_G_NONE; i = s->boxes[i].next) {
        const leat_sbox *b = &s->boxes[i];
        if (b->place == LEAT_S_CORE && overlap(at, (leat_box){b->x, b->y, b->w, b->h}))
            return false;
    }
    return true;
}

/* The place with the fewest paths under it: dot's, if nothing is better. */
static void settle(labels *l, uint32_t edge)
{
    static const double places[] = {0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82};
    leat_sedge *e = &l->s->edges[edge];
    leat_point best = e->label_at;
    bool any = is_free(l, edge, label_box(e, best), false);
    size_t fewest = any ? crossings(l, label_box(e, best)) : SIZE_MAX;
    for (size_t i = 0; fewest > 0 && i < 2 * LEAT_LEN(places); i++) {
        leat_point at = on_path(e, places[i / 2]), before = on_path(e, places[i / 2] - 0.02);
        double slope =
            fabs(at.x - before.x) / LEAT_MAX(fabs(at.y - before.y), 1e-3); /* a slanting path reaches far */
        double aside = leat_scene_edge_width(e) / 2 + ASIDE + LEAT_MIN(slope * e->label_h / 2, e->label_h);
        at.x += (i % 2 ? -1 : 1) * (e->label_w / 2 + aside);
        if (at.x - e->label_w / 2 < l->core.x || at.x + e->label_w / 2 > l->core.x + l->core.w ||
            !is_free(l, edge, label_box(e, at), true))
            continue;
        size_t here = crossings(l, label_box(e, at));
        if (here >= fewest)
            continue;
        fewest = here;
        best = at;
        any = true;
    }
    if (any)
        e->label_at = best;
    else
        e->label = NULL;
}

leat_status leat_scene_settle_labels(leat_scene *s, uint32_t scope, leat_box core)
{
    labels l = {.s = s, .scope = scope, .core = core};
    leat_status st = trace_all(&l);
    for (uint32_t i = s->boxes[scope].first_edge; st == LEAT_OK && i != LEAT_G_NONE; i = s->edges[i].next)
        if (s->edges[i].label && !s->edges[i].cut && s->edges[i].n_points >= 4)
            settle(&l, i);
        else
            s->edges[i].label = NULL;
    leat_free(l.lines);
    leat_free(l.points);
    return st;
}
