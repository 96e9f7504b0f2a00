/* graph-labels.c - labels of edges that came to lie on each other or under paths are moved along their own
 * path, or left out where there is no room. */
#include "config.h"
#include "viz/scene-private.h"

#include <math.h>

#define ROOM 0.5      /* between two labels */
#define ASIDE 1.5     /* from a path to the label beside it */
#define FURTHER 5.0   /* where nothing is good so near */
#define SAMPLES 12    /* lines that stand for one part of a path */
#define CROSSED 100.0 /* the badness of a place under which a path runs */
#define MANY 1500     /* paths of a scope beyond which labels only keep off each other */

/* A path as a polyline, and the box around it; its arrow head. */
typedef struct line {
    uint32_t edge;
    leat_point *at;
    size_t n;
    leat_box around, head;
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
    return leat_scene_on_part(e->points + 3 * part, t * (double)parts - (double)part);
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

/* Where the path's arrow head will be; at nothing, where it goes on through a border. */
static leat_box find_head(const leat_scene *s, const leat_sedge *e)
{
    bool last = leat_scene_head_is_last(e);
    leat_point tip = e->points[last ? e->n_points - 1 : 0], other = e->points[last ? 0 : e->n_points - 1];
    double size = LEAT_S_HEAD_MIN + LEAT_S_HEAD_PER_WIDTH * leat_scene_edge_width(e);
    if (leat_scene_goes_on(s, last ? e->to : e->from, last ? e->from : e->to, !last))
        return (leat_box){tip.x, tip.y, 0, 0};
    return (leat_box){tip.x - size / 2, other.y < tip.y ? tip.y - size : tip.y, size, size};
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
            l->lines[l->n].head = find_head(s, &s->edges[i]);
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
        double x = half - 1, y = half - 0.5; /* a label's box has room about its letters */
        leat_box wide = {box.x - x, box.y - y, box.w + 2 * x, box.h + 2 * y};
        if (overlap(box, p->head)) {
            found++;
            continue;
        }
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

static double distance(const labels *l, size_t own, leat_box box)
{
    double least = INFINITY;
    for (size_t i = 0; i < l->lines[own].n; i++) {
        leat_point p = l->lines[own].at[i];
        double dx = LEAT_MAX(LEAT_MAX(box.x - p.x, p.x - box.x - box.w), 0);
        double dy = LEAT_MAX(LEAT_MAX(box.y - p.y, p.y - box.y - box.h), 0);
        least = LEAT_MIN(least, hypot(dx, dy));
    }
    return least;
}

/* How bad a place is: paths under the label, and then whether another path is as near as its own. Less than 1 is
 * as good as it gets. */
static double badness(const labels *l, size_t own, leat_box box)
{
    size_t under = crossings(l, box);
    if (under > 0)
        return CROSSED * (double)under;
    double d = distance(l, own, box), r = LEAT_MIN(d, 12) + 2;
    size_t near = crossings(l, (leat_box){box.x - r, box.y - r, box.w + 2 * r, box.h + 2 * r});
    return (near > 1 ? 2 + LEAT_MIN((double)near, 8) : 0) + d / 6;
}

/* The ith place to try, of PLACES: beside the path and, where it runs flat, above and below it; near its middle first,
 * and where nothing is good there, all the same ones again a little further aside. */
#define ALONG 17
#define PLACES (2 * 4 * ALONG)
static leat_point nth_place(const leat_sedge *e, size_t i)
{
    size_t step = i / 4 % ALONG;
    double t = 0.5 + 0.05 * (double)((step + 1) / 2) * (step % 2 ? -1 : 1), side = i % 2 ? -1 : 1;
    double aside = leat_scene_edge_width(e) / 2 + (i < 4 * ALONG ? ASIDE : FURTHER);
    leat_point at = on_path(e, t), before = on_path(e, t - 0.02);
    double dx = LEAT_MAX(fabs(at.x - before.x), 1e-3), dy = LEAT_MAX(fabs(at.y - before.y), 1e-3);
    if (i % 4 < 2) /* a slanting path reaches far */
        at.x += side * (e->label_w / 2 + aside + LEAT_MIN(dx / dy * e->label_h / 2, e->label_h));
    else
        at.y -= side * (e->label_h / 2 + aside + LEAT_MIN(dy / dx * e->label_w / 2, e->label_h));
    return at;
}

static bool inside(leat_box a, leat_box b)
{
    return a.x >= b.x && a.y >= b.y && a.x + a.w <= b.x + b.w && a.y + a.h <= b.y + b.h;
}

/* The place that is least bad: dot's, if nothing is better. Where paths run under each there is no label: it would be
 * taken for theirs, and hard to read. */
static void settle(labels *l, uint32_t edge)
{
    leat_sedge *e = &l->s->edges[edge];
    leat_point best = e->label_at;
    size_t own = 0;
    while (own < l->n && l->lines[own].edge != edge)
        own++;
    bool reserved = l->s->session->ranksep == 0, known = own < l->n;
    bool any = reserved && is_free(l, edge, label_box(e, best), false);
    double least = !any ? INFINITY : known ? badness(l, own, label_box(e, best)) : 0;
    for (size_t i = 0; least > 1 && i < PLACES; i++) {
        leat_point at = nth_place(e, i);
        if (!inside(label_box(e, at), l->core) || !is_free(l, edge, label_box(e, at), true))
            continue;
        double here = known ? badness(l, own, label_box(e, at)) + (double)(i / 4) / 20 : 0;
        if (here >= least)
            continue;
        least = here;
        best = at;
        any = true;
    }
    if (any && least < CROSSED)
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
