/* clear.c - looks at every path densely, by a way of its own: graph-route.c must not judge itself. */
#include "config.h"
#include "tests/viz-graph/clear.h"
#include <math.h>

#define STEPS 64   /* of each part of a path */
#define SLACK 0.25 /* roundings of places to whole units */

leat_status clear_place(clear_scene *c, const leat_buf *g, int depth, double ranksep)
{
    *c = (clear_scene){.session.ranksep = ranksep};
    LEAT_TRY(leat_canvas_new(&c->canvas, &leat_canvas_trace,
                             &(leat_canvas_options){.metrics = LEAT_METRICS_FIXED}));
    LEAT_TRY(leat_gmodel_read(&c->m, g->data, g->size, NULL));
    leat_schoice choice = {leat_alloc_zero(c->m.n_nodes, 1), leat_alloc_zero(c->m.n_nodes, 1)};
    leat_status st = choice.open && choice.place ? LEAT_OK : leat_fail_memory(c->m.n_nodes);
    for (size_t i = c->m.n_ops; st == LEAT_OK && i < c->m.n_nodes; i++)
        choice.open[i] =
            i == c->m.root || (c->m.nodes[i].kind == LEAT_G_SCOPE && c->m.nodes[i].level < depth);
    if (st == LEAT_OK)
        st = leat_scene_build(&c->s, &c->m, &choice);
    if (st == LEAT_OK)
        st = leat_scene_place(&c->s, c->canvas, &c->session);
    leat_free(choice.open);
    leat_free(choice.place);
    return st;
}

void clear_free(clear_scene *c)
{
    leat_scene_free(&c->s);
    leat_lay_session_end(&c->session);
    leat_gmodel_free(&c->m);
    leat_canvas_free(c->canvas);
}

static leat_point on_path(const leat_point *part, double u)
{
    double v = 1 - u, w[4] = {v * v * v, 3 * v * v * u, 3 * v * u * u, u * u * u};
    leat_point at = {0, 0};
    for (int i = 0; i < 4; i++) {
        at.x += w[i] * part[i].x;
        at.y += w[i] * part[i].y;
    }
    return at;
}

/* Does the path with its width, which it has to both sides and not beyond its ends, touch the box? */
static bool touches(const leat_sedge *e, leat_box box)
{
    double half = LEAT_MAX(leat_scene_edge_width(e) / 2 - SLACK, 0);
    for (size_t part = 0; part + 3 < e->n_points; part += 3)
        for (int k = 1; k <= STEPS; k++) {
            leat_point a = on_path(e->points + part, (k - 1.0) / STEPS),
                       b = on_path(e->points + part, (double)k / STEPS);
            double length = LEAT_MAX(hypot(b.x - a.x, b.y - a.y), 1e-9);
            double aside = half * fabs(b.y - a.y) / length, above = half * fabs(b.x - a.x) / length;
            if (b.x > box.x - aside && b.x < box.x + box.w + aside && b.y > box.y - above &&
                b.y < box.y + box.h + above)
                return true;
        }
    return false;
}

static bool is_drawn(const leat_sedge *e)
{
    return !e->cut && e->n_points >= 4;
}

size_t clear_paths_over_boxes(const leat_scene *s)
{
    size_t bad = 0;
    for (size_t i = 0; i < s->n_edges; i++) {
        const leat_sedge *e = &s->edges[i];
        uint32_t scope = s->boxes[e->from].scope;
        for (uint32_t k = s->boxes[scope].first; is_drawn(e) && k != LEAT_G_NONE; k = s->boxes[k].next) {
            const leat_sbox *b = &s->boxes[k];
            if (k != e->from && k != e->to)
                bad += touches(e, (leat_box){b->x + SLACK, b->y + SLACK, b->w - 2 * SLACK, b->h - 2 * SLACK});
        }
    }
    return bad;
}

static leat_box letters(const leat_sedge *e)
{
    double w = e->label_w - 3, h = e->label_h - 2; /* both have room about the text */
    return (leat_box){e->label_at.x - w / 2, e->label_at.y - h / 2, w, h};
}

size_t clear_paths_under_labels(const leat_scene *s)
{
    size_t bad = 0;
    for (size_t i = 0; i < s->n_edges; i++) {
        const leat_sedge *e = &s->edges[i];
        uint32_t scope = s->boxes[e->from].scope;
        const leat_sbox *b = &s->boxes[scope];
        if (!is_drawn(e))
            continue;
        if (b->scope != LEAT_G_NONE)
            bad += touches(e, (leat_box){b->x + b->label_x, b->y + 3, b->label_w, LEAT_S_FONT});
        for (uint32_t k = b->first_edge; k != LEAT_G_NONE; k = s->edges[k].next)
            bad += is_drawn(&s->edges[k]) && s->edges[k].label && touches(e, letters(&s->edges[k]));
    }
    return bad;
}
