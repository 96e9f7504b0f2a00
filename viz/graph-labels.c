/* graph-labels.c - labels of edges that came to lie on each other are moved along their paths, or left
 * out. */
#include "config.h"
#include "viz/scene-private.h"

#include <math.h>

#define ROOM 0.5  /* between two labels */
#define ASIDE 2.0 /* from the path to a label beside it */

static leat_box label_box(const leat_sedge *e, leat_point at)
{
    return (leat_box){at.x - e->label_w / 2, at.y - e->label_h / 2, e->label_w, e->label_h};
}

static bool overlap(leat_box a, leat_box b)
{
    return a.x < b.x + b.w + ROOM && b.x < a.x + a.w + ROOM && a.y < b.y + b.h + ROOM &&
           b.y < a.y + a.h + ROOM;
}

/* Is the place free of the labels set before, and of boxes? `moved`: dot kept boxes away from its own
 * places. */
static bool is_free(const leat_scene *s, uint32_t scope, uint32_t edge, leat_box at, bool moved)
{
    for (uint32_t i = s->boxes[scope].first_edge; i != edge; i = s->edges[i].next)
        if (s->edges[i].label && overlap(at, label_box(&s->edges[i], s->edges[i].label_at)))
            return false;
    for (uint32_t i = s->boxes[scope].first; moved && i != LEAT_G_NONE; i = s->boxes[i].next) {
        const leat_sbox *b = &s->boxes[i];
        if (b->place == LEAT_S_CORE && overlap(at, (leat_box){b->x, b->y, b->w, b->h}))
            return false;
    }
    return true;
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

static void settle(leat_scene *s, uint32_t scope, uint32_t edge)
{
    static const double places[] = {0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82};
    leat_sedge *e = &s->edges[edge];
    if (is_free(s, scope, edge, label_box(e, e->label_at), false))
        return;
    for (size_t i = 0; i < 2 * LEAT_LEN(places); i++) {
        leat_point at = on_path(e, places[i / 2]);
        at.x += (i % 2 ? -1 : 1) * (e->label_w / 2 + ASIDE);
        if (at.x < e->label_w / 2 || !is_free(s, scope, edge, label_box(e, at), true))
            continue;
        e->label_at = at;
        return;
    }
    e->label = NULL;
}

void leat_scene_settle_labels(leat_scene *s, uint32_t scope)
{
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next)
        if (s->edges[i].label && !s->edges[i].cut && s->edges[i].n_points >= 4)
            settle(s, scope, i);
        else
            s->edges[i].label = NULL;
}
