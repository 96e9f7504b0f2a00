/* graph-place.c - one open box after another, the innermost first: its main graph by layers, beside it the
 * auxiliary area; then all positions made absolute, and paths led on from a box's border to the shape in
 * it. */
#include "config.h"
#include "viz/layout-private.h"
#include "viz/scene-private.h"

#include <math.h>

#define NODE_SEP 5.0
#define RANK_SEP 25.0
#define ASPECT 1.0
#define TITLE_W 56.0  /* of "Auxiliary nodes" */
#define SAMPLES 16    /* of each part of a path, when looking how far it reaches */
#define PORT_SEP 14.0 /* between a border and the boxes next to it, where paths cross it */

/* ---- one scope's main graph ---- */

typedef struct inner {
    leat_lay_graph g;
    uint32_t *boxes; /* of the scene, by number in g */
    uint32_t *edges;
} inner;

static bool in_core(const leat_sbox *b)
{
    return b->place == LEAT_S_CORE;
}

static leat_status inner_alloc(leat_scene *s, uint32_t scope, inner *in)
{
    size_t boxes = 0, edges = 0;
    for (uint32_t i = s->boxes[scope].first; i != LEAT_G_NONE; i = s->boxes[i].next)
        boxes += in_core(&s->boxes[i]);
    for (uint32_t i = s->boxes[scope].first_port; i != LEAT_G_NONE; i = s->boxes[i].next)
        boxes += in_core(&s->boxes[i]);
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next)
        edges += !s->edges[i].cut;
    in->boxes = leat_alloc_zero(boxes, sizeof *in->boxes);
    in->edges = leat_alloc_zero(edges, sizeof *in->edges);
    in->g.boxes = leat_alloc_zero(boxes, sizeof *in->g.boxes);
    in->g.edges = leat_alloc_zero(edges, sizeof *in->g.edges);
    if (in->boxes && in->edges && in->g.boxes && in->g.edges)
        return LEAT_OK;
    return leat_fail_memory(boxes * sizeof *in->g.boxes + edges * sizeof *in->g.edges);
}

static void inner_free(inner *in)
{
    leat_free(in->boxes);
    leat_free(in->edges);
    leat_free(in->g.boxes);
    leat_free(in->g.edges);
}

/* Where an edge meets a box, from its left end. An open box has a port for it, unless nothing inside goes
 * on. */
static double meeting(const leat_scene *s, uint32_t box, uint32_t other, bool out)
{
    const leat_sbox *b = &s->boxes[box];
    if (b->kind == LEAT_S_PORT)
        return b->w / 2;
    if (b->kind != LEAT_S_OPEN)
        return b->core_x + b->core_w / 2;
    if (s->boxes[other].kind == LEAT_S_PORT) /* a path through several borders: named by its far end */
        other = s->boxes[other].node;
    uint32_t port = leat_scene_port(s, box, out, other);
    if (port == LEAT_G_NONE || s->boxes[port].place != LEAT_S_CORE)
        return b->w / 2;
    return s->boxes[port].x + s->boxes[port].w / 2;
}

/* Scopes of one structure are alike, and ops of one type. */
static uint32_t kin(const leat_scene *s, const leat_sbox *b)
{
    const leat_gnode *node = &s->model->nodes[b->node];
    if (b->kind == LEAT_S_OP)
        return 2 * node->op + 1;
    bool scope = (b->kind == LEAT_S_SCOPE || b->kind == LEAT_S_OPEN) && node->structure != LEAT_G_NONE;
    return scope ? 2 * (node->structure + 1) : 0;
}

static void add_boxes(leat_scene *s, uint32_t first, inner *in)
{
    for (uint32_t i = first; i != LEAT_G_NONE; i = s->boxes[i].next) {
        leat_sbox *b = &s->boxes[i];
        if (!in_core(b))
            continue;
        leat_lay_rank rank = b->kind != LEAT_S_PORT ? LEAT_LAY_ANY : b->top ? LEAT_LAY_TOP : LEAT_LAY_BOTTOM;
        b->local = (uint32_t)in->g.n_boxes;
        in->boxes[in->g.n_boxes] = i;
        in->g.boxes[in->g.n_boxes++] = (leat_lay_box){.w = b->w, .h = b->h, .rank = rank, .kin = kin(s, b)};
    }
}

static void add_edges(leat_scene *s, uint32_t scope, inner *in)
{
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next) {
        const leat_sedge *e = &s->edges[i];
        if (e->cut)
            continue;
        double from_x = meeting(s, e->from, e->to, true), to_x = meeting(s, e->to, e->from, false);
        leat_lay_edge lay = {.from = s->boxes[e->from].local,
                             .to = s->boxes[e->to].local,
                             .from_x = from_x,
                             .to_x = to_x,
                             .width = leat_scene_edge_width(e),
                             .label_w = s->session->ranksep > 0 ? 0 : e->label_w,
                             .label_h = e->label_h};
        if (e->reversed) {
            lay.from = s->boxes[e->to].local;
            lay.to = s->boxes[e->from].local;
            lay.from_x = to_x;
            lay.to_x = from_x;
        }
        in->edges[in->g.n_edges] = i;
        in->g.edges[in->g.n_edges++] = lay;
    }
}

/* The rank of ports needs less room than one of boxes: `gap[0]` above and `gap[1]` below are made PORT_SEP
 * high. Points and boxes beyond a gap move as one, points within it proportionally. */
typedef struct squeeze {
    double from[2], to[2], factor[2];
} squeeze;

static squeeze find_squeeze(const leat_scene *s, const inner *in)
{
    squeeze q = {{0, in->g.h}, {0, in->g.h}, {1, 1}};
    bool port[2] = {false, false};
    double top = in->g.h, bottom = 0;
    for (size_t i = 0; i < in->g.n_boxes; i++) {
        const leat_lay_box *b = &in->g.boxes[i];
        if (s->boxes[in->boxes[i]].kind == LEAT_S_PORT) {
            port[b->rank == LEAT_LAY_TOP ? 0 : 1] = true;
            continue;
        }
        top = LEAT_MIN(top, b->y);
        bottom = LEAT_MAX(bottom, b->y + b->h);
    }
    q.to[0] = top;
    q.from[1] = bottom;
    for (int i = 0; i < 2; i++) {
        double gap = q.to[i] - q.from[i];
        if (port[i] && gap > PORT_SEP)
            q.factor[i] = PORT_SEP / gap;
    }
    return q;
}

static double squeezed(const squeeze *q, double y)
{
    double out = 0;
    out += q->factor[0] * (LEAT_MIN(y, q->to[0]) - q->from[0]);
    out += LEAT_MAX(LEAT_MIN(y, q->from[1]) - q->to[0], 0);
    out += q->factor[1] * LEAT_MAX(y - q->from[1], 0);
    return out;
}

static void squeeze_ports(const leat_scene *s, inner *in)
{
    squeeze q = find_squeeze(s, in);
    if (in->g.n_boxes == 0 || (q.factor[0] >= 1 && q.factor[1] >= 1))
        return;
    for (size_t i = 0; i < in->g.n_boxes; i++)
        in->g.boxes[i].y = squeezed(&q, in->g.boxes[i].y);
    for (size_t i = 0; i < in->g.n_edges; i++) {
        for (size_t k = 0; k < in->g.edges[i].n_points; k++)
            in->g.edges[i].points[k].y = squeezed(&q, in->g.edges[i].points[k].y);
        in->g.edges[i].label.y = squeezed(&q, in->g.edges[i].label.y);
    }
    in->g.h = squeezed(&q, in->g.h);
}

static void take_results(leat_scene *s, inner *in, double x, double y)
{
    squeeze_ports(s, in);
    for (size_t i = 0; i < in->g.n_boxes; i++) {
        s->boxes[in->boxes[i]].x = in->g.boxes[i].x + x;
        s->boxes[in->boxes[i]].y = in->g.boxes[i].y + y;
    }
    for (size_t i = 0; i < in->g.n_edges; i++) {
        leat_sedge *e = &s->edges[in->edges[i]];
        const leat_lay_edge *lay = &in->g.edges[i];
        e->points = (leat_point *)lay->points; /* both are x, y */
        e->n_points = lay->n_points;
        e->folded = lay->folded;
        for (size_t k = 0; k < e->n_points; k++) {
            e->points[k].x += x;
            e->points[k].y += y;
        }
        for (size_t k = 0; e->reversed && k < e->n_points / 2; k++) {
            leat_point other = e->points[e->n_points - 1 - k];
            e->points[e->n_points - 1 - k] = e->points[k];
            e->points[k] = other;
        }
        if (lay->label_w <= 0 && s->session->ranksep == 0)
            e->label = NULL;
        e->label_at = (leat_point){lay->label.x + x, lay->label.y + y};
    }
}
/* Roundings may bulge beyond the layout's sides: the main graph grows by that, so that no path is cut off or leaves
 * its scope. */
static void contain_paths(leat_scene *s, inner *in, double left)
{
    double x0 = left, x1 = left + in->g.w;
    for (size_t i = 0; i < in->g.n_edges; i++) {
        const leat_sedge *e = &s->edges[in->edges[i]];
        double half = leat_scene_edge_width(e) / 2;
        for (size_t part = 0; part + 3 < e->n_points; part += 3)
            for (int k = 0; k <= SAMPLES; k++) {
                double x = leat_scene_on_part(e->points + part, (double)k / SAMPLES).x;
                x0 = LEAT_MIN(x0, x - half);
                x1 = LEAT_MAX(x1, x + half);
            }
    }
    double aside = left - x0;
    in->g.w = x1 - x0;
    if (aside <= 0)
        return;
    for (size_t i = 0; i < in->g.n_boxes; i++)
        s->boxes[in->boxes[i]].x += aside;
    for (size_t i = 0; i < in->g.n_edges; i++) {
        leat_sedge *e = &s->edges[in->edges[i]];
        for (size_t k = 0; k < e->n_points; k++)
            e->points[k].x += aside;
        e->label_at.x += aside;
    }
}

/* Paths keep half of this from boxes and from each other: as much as the widest needs. */
static double node_sep(const leat_scene *s, uint32_t scope)
{
    double widest = 0;
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next)
        if (!s->edges[i].cut)
            widest = LEAT_MAX(widest, leat_scene_edge_width(&s->edges[i]));
    bool narrow = s->session->ranksep > 0 && s->session->ranksep < 14;
    return LEAT_MAX(NODE_SEP, ceil(narrow ? 0.8 * widest : widest) + 2);
}

static leat_status lay_out_scope(leat_scene *s, uint32_t scope)
{
    inner in = {.g = {.session = s->session,
                      .nodesep = node_sep(s, scope),
                      .ranksep = s->session->ranksep > 0 ? s->session->ranksep : RANK_SEP,
                      .aspect = ASPECT}};
    leat_sbox *b = &s->boxes[scope];
    bool root = b->scope == LEAT_G_NONE;
    leat_status st = inner_alloc(s, scope, &in);
    if (st == LEAT_OK) {
        add_boxes(s, b->first, &in);
        add_boxes(s, b->first_port, &in);
        add_edges(s, scope, &in);
        st = leat_layout(&in.g, &s->arena);
    }
    if (st == LEAT_OK) {
        double left = root ? 0 : LEAT_S_PAD, top = root ? LEAT_S_HEAD : LEAT_S_HEAD + LEAT_S_PAD / 2;
        take_results(s, &in, left, top);
        st = leat_scene_fan(s, scope);
        if (st == LEAT_OK)
            st = leat_scene_route(s, scope);
        contain_paths(s, &in, left);
        if (st == LEAT_OK)
            st = leat_scene_settle_labels(s, scope, (leat_box){left, top, in.g.w, in.g.h});
        leat_scene_set_areas(s, scope, left, top, in.g.w, in.g.h);
    }
    inner_free(&in);
    return st;
}

/* ---- the whole ---- */

/* Leads the path on from its n-th end (0: first, 1: last) straight to y. */
static leat_status lead_on(leat_scene *s, leat_sedge *e, int end, double y)
{
    leat_point *at = &e->points[end ? e->n_points - 1 : 0];
    if (fabs(at->y - y) < 2) {
        at->y = y;
        return LEAT_OK;
    }
    leat_point *longer = leat_arena_alloc(&s->arena, (e->n_points + 3) * sizeof *longer);
    if (!longer)
        return leat_fail_memory((e->n_points + 3) * sizeof *longer);
    leat_point from = *at, to = {at->x, y};
    leat_point third = {from.x, from.y + (y - from.y) / 3}, two = {from.x, from.y + (y - from.y) * 2 / 3};
    memcpy(longer + (end ? 0 : 3), e->points, e->n_points * sizeof *longer);
    e->points = longer;
    if (end) {
        longer[e->n_points] = third;
        longer[e->n_points + 1] = two;
        longer[e->n_points + 2] = to;
    } else {
        longer[0] = to;
        longer[1] = two;
        longer[2] = third;
    }
    e->n_points += 3;
    return LEAT_OK;
}

/* Where a path that comes to the box from above or below ends: on an ellipse the later the farther from
 * its middle. */
static double end_of_path(const leat_scene *s, uint32_t box, bool above, double x)
{
    const leat_sbox *b = &s->boxes[box];
    if (b->kind == LEAT_S_OPEN)
        return above ? b->y : b->y + b->h;
    if (b->kind != LEAT_S_PORT) {
        double off = (x - b->x - b->core_x - b->core_w / 2) / (b->core_w / 2), inset = 0;
        if (b->kind == LEAT_S_OP && fabs(off) < 1)
            inset = b->core_h / 2 * (1 - sqrt(1 - off * off));
        return above ? b->y + b->core_y + inset : b->y + b->core_y + b->core_h - inset;
    }
    const leat_sbox *scope = &s->boxes[b->scope];
    return b->top ? scope->y : scope->y + scope->h;
}

static leat_status finish_edges(leat_scene *s, uint32_t scope)
{
    const leat_sbox *b = &s->boxes[scope];
    for (uint32_t i = b->first_edge; i != LEAT_G_NONE; i = s->edges[i].next) {
        leat_sedge *e = &s->edges[i];
        if (e->cut || e->n_points == 0)
            continue;
        for (size_t k = 0; k < e->n_points; k++) {
            e->points[k].x += b->x;
            e->points[k].y += b->y;
        }
        e->label_at.x += b->x;
        e->label_at.y += b->y;
        LEAT_TRY(lead_on(s, e, 0, end_of_path(s, e->from, !e->reversed, e->points[0].x)));
        LEAT_TRY(lead_on(s, e, 1, end_of_path(s, e->to, e->reversed, e->points[e->n_points - 1].x)));
    }
    return LEAT_OK;
}

leat_status leat_scene_place(leat_scene *s, leat_canvas *canvas, leat_lay_session *session)
{
    s->session = session;
    LEAT_TRY(leat_scene_size(s, canvas));
    for (uint32_t i = s->n_nodes; i-- > 0;)
        if (s->boxes[i].kind == LEAT_S_OPEN)
            LEAT_TRY(lay_out_scope(s, i));
    for (uint32_t i = 0; i < s->n_boxes; i++)
        if (s->boxes[i].scope != LEAT_G_NONE) {
            s->boxes[i].x += s->boxes[s->boxes[i].scope].x;
            s->boxes[i].y += s->boxes[s->boxes[i].scope].y;
        }
    for (uint32_t i = 0; i < s->n_nodes; i++)
        if (s->boxes[i].kind == LEAT_S_OPEN)
            LEAT_TRY(finish_edges(s, i));
    s->w = s->boxes[0].w;
    s->h = s->boxes[0].h;
    return LEAT_OK;
}
