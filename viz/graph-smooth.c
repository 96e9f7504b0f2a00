/* graph-smooth.c - dot's paths made pleasant: no corners, and no dips on the way up where nothing stands
 * in the way. */
#include "config.h"
#include "viz/layout-private.h"

#include <math.h>
#include <string.h>

#define CORNER 14.0 /* how far from a corner its rounding reaches */
#define UPRIGHT 9.0 /* of a path at its ends */
#define CLEAR 1.5   /* between a path and a label */
#define SAMPLES 12  /* of each part of a path, when looking for what it hits */

/* Where a straight part meets another: rounds it. */
static void round_corners(leat_lay_edge *e)
{
    for (size_t k = 3; k + 3 < e->n_points; k += 3) {
        leat_lay_point *in = &e->points[k - 1], *at = &e->points[k], *out = &e->points[k + 1];
        double ix = at->x - in->x, iy = at->y - in->y, ox = out->x - at->x, oy = out->y - at->y;
        double i = hypot(ix, iy), o = hypot(ox, oy);
        if (i < 1e-6 || o < 1e-6 || ix * ox + iy * oy > 0.98 * i * o)
            continue;
        double dx = ix / i + ox / o, dy = iy / i + oy / o, d = hypot(dx, dy);
        if (d < 1e-6)
            continue;
        i = LEAT_MIN(i, CORNER);
        o = LEAT_MIN(o, CORNER);
        *in = (leat_lay_point){at->x - dx / d * i, at->y - dy / d * i};
        *out = (leat_lay_point){at->x + dx / d * o, at->y + dy / d * o};
    }
}

/* The point of one part at u in 0..1. */
static leat_lay_point on_part(const leat_lay_point *p, double u)
{
    double v = 1 - u;
    return (leat_lay_point){
        v * v * v * p[0].x + 3 * v * v * u * p[1].x + 3 * v * u * u * p[2].x + u * u * u * p[3].x,
        v * v * v * p[0].y + 3 * v * v * u * p[1].y + 3 * v * u * u * p[2].y + u * u * u * p[3].y};
}

static bool within(leat_lay_point at, double x, double y, double w, double h)
{
    return at.x > x && at.x < x + w && at.y > y && at.y < y + h;
}

/* Does the path touch a box that is none of its ends, or a label? */
static bool hits(const leat_lay_graph *g, const leat_lay_edge *e)
{
    for (size_t part = 0; part + 3 < e->n_points; part += 3)
        for (int i = 0; i <= SAMPLES; i++) {
            leat_lay_point at = on_part(e->points + part, (double)i / SAMPLES);
            for (size_t k = 0; k < g->n_boxes; k++)
                if (k != e->from && k != e->to &&
                    within(at, g->boxes[k].x - CLEAR, g->boxes[k].y, g->boxes[k].w + 2 * CLEAR,
                           g->boxes[k].h))
                    return true;
            for (size_t k = 0; k < g->n_edges; k++) {
                const leat_lay_edge *l = &g->edges[k];
                if (l->label_w > 0 && within(at, l->label.x - l->label_w / 2, l->label.y - l->label_h / 2,
                                             l->label_w, l->label_h))
                    return true;
            }
        }
    return false;
}

/* A path that goes far to the side dips and rises on its way up: takes the middle between what only rises
 * from the start on and what only rises towards the end. Says whether that changed anything to speak of. */
static bool make_rise(const leat_lay_edge *e, leat_lay_point *out)
{
    size_t n = e->n_points;
    double start = e->points[0].y, end = e->points[n - 1].y, low = start, high = end, change = 0;
    double upright = LEAT_MIN(UPRIGHT, (start - end) / 3);
    for (size_t k = 0; k < n; k++) {
        low = LEAT_MIN(low, LEAT_MAX(e->points[k].y, end));
        out[k] = (leat_lay_point){e->points[k].x, low};
    }
    for (size_t k = n; k-- > 0;) {
        high = LEAT_MAX(high, LEAT_MIN(e->points[k].y, start));
        out[k].y = (out[k].y + high) / 2;
        if (k > 0 && k + 1 < n) /* upright at both ends, as arrow heads want it */
            out[k].y = LEAT_MIN(LEAT_MAX(out[k].y, end + upright), start - upright);
        change = LEAT_MAX(change, fabs(out[k].y - e->points[k].y));
    }
    return change > 1;
}

leat_status leat_layout_smooth(leat_lay_graph *g)
{
    leat_lay_point *rising = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < g->n_edges; i++) {
        leat_lay_edge *e = &g->edges[i];
        leat_status st = leat_grow(&rising, &capacity, e->n_points, sizeof *rising);
        if (st != LEAT_OK) {
            leat_free(rising);
            return st;
        }
        if (e->n_points < 4)
            continue;
        if (make_rise(e, rising)) {
            leat_lay_edge probe = *e;
            probe.points = rising;
            if (!hits(g, &probe))
                memcpy(e->points, rising, e->n_points * sizeof *rising);
        }
        round_corners(e);
    }
    leat_free(rising);
    return LEAT_OK;
}
