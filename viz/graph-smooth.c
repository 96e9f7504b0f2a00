/* graph-smooth.c - dot's paths made pleasant: no corners, and no dips on the way up where nothing stands
 * in the way. */
#include "config.h"
#include "viz/layout-private.h"

#include <math.h>
#include <string.h>

#define CORNER 14.0 /* how far from a corner its rounding reaches at least */
#define FEW 500     /* boxes and paths up to which wider roundings are tried */
#define UPRIGHT 9.0 /* of a path at its ends */
#define CLEAR 1.5   /* between a path and a box */
#define SAMPLES 12  /* of each part of a path, when looking for what it hits */

/* From `at` towards the handle, or the far end where the handle is too short to show. Returns the third of the
 * way there, which suits a smooth part. */
static double heading(leat_lay_point at, leat_lay_point handle, leat_lay_point far, leat_lay_point *unit)
{
    double third = hypot(far.x - at.x, far.y - at.y) / 3, length = hypot(handle.x - at.x, handle.y - at.y);
    leat_lay_point to = length < 0.3 * third ? far : handle;
    double d = hypot(to.x - at.x, to.y - at.y);
    *unit = d > 0 ? (leat_lay_point){(to.x - at.x) / d, (to.y - at.y) / d} : (leat_lay_point){0, 0};
    return third;
}

bool leat_layout_round(leat_lay_point *points, size_t n, double reach)
{
    bool any = false;
    for (size_t k = 3; k + 3 < n; k += 3) {
        leat_lay_point at = points[k], back, on;
        double i = heading(at, points[k - 1], points[k - 3], &back);
        double o = heading(at, points[k + 1], points[k + 3], &on);
        double dx = on.x - back.x, dy = on.y - back.y, d = hypot(dx, dy);
        if (i < 1e-6 || o < 1e-6 || d < 1e-6)
            continue;
        i = LEAT_MIN(i, reach);
        o = LEAT_MIN(o, reach);
        bool turns = back.x * on.x + back.y * on.y > -0.995;
        bool tight = hypot(at.x - points[k - 1].x, at.y - points[k - 1].y) < 0.8 * i ||
                     hypot(at.x - points[k + 1].x, at.y - points[k + 1].y) < 0.8 * o;
        if (!turns && !tight)
            continue;
        any = true;
        points[k - 1] = (leat_lay_point){at.x - dx / d * i, at.y - dy / d * i};
        points[k + 1] = (leat_lay_point){at.x + dx / d * o, at.y + dy / d * o};
    }
    return any;
}

leat_lay_point leat_layout_on_part(const leat_lay_point *p, double u)
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
static bool hits(const leat_lay_graph *g, const leat_lay_edge *e, bool labels)
{
    double clear = CLEAR + e->width / 2;
    for (size_t part = 0; part + 3 < e->n_points; part += 3)
        for (int i = 0; i <= SAMPLES; i++) {
            leat_lay_point at = leat_layout_on_part(e->points + part, (double)i / SAMPLES);
            for (size_t k = 0; k < g->n_boxes; k++)
                if (k != e->from && k != e->to &&
                    within(at, g->boxes[k].x - clear, g->boxes[k].y, g->boxes[k].w + 2 * clear,
                           g->boxes[k].h))
                    return true;
            for (size_t k = 0; labels && k < g->n_edges; k++) {
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

/* As gently as no box stands in the way; labels of few paths make room later. */
static void round_gently(const leat_lay_graph *g, leat_lay_edge *e, leat_lay_point *before)
{
    static const double reaches[] = {80, 30, CORNER};
    size_t first = g->n_boxes + g->n_edges <= FEW ? 0 : LEAT_LEN(reaches) - 1;
    memcpy(before, e->points, e->n_points * sizeof *before);
    for (size_t i = first; i < LEAT_LEN(reaches); i++) {
        memcpy(e->points, before, e->n_points * sizeof *before);
        if (!leat_layout_round(e->points, e->n_points, reaches[i]) || i + 1 == LEAT_LEN(reaches) ||
            !hits(g, e, false))
            return;
    }
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
            if (!hits(g, &probe, true))
                memcpy(e->points, rising, e->n_points * sizeof *rising);
        }
        round_gently(g, e, rising);
    }
    leat_free(rising);
    return LEAT_OK;
}
