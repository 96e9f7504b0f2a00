/* graph-edges.c - edges with arrow heads and labels; annotations beside boxes. */
#include "config.h"
#include "viz/graph-draw-private.h"

#include <math.h>
#include <stdio.h>

static leat_gedge_kind edge_kind(const leat_sedge *e)
{
    return e->data == 0 ? LEAT_GEDGE_CONTROL : e->ref > 0 ? LEAT_GEDGE_REF : LEAT_GEDGE_DATA;
}

static leat_point on_page(const leat_gpaint *p, leat_point at)
{
    return (leat_point){p->dx + at.x * p->scale, p->dy + at.y * p->scale};
}

/* Moves the end of a path back to where its arrow head begins; returns the tip. */
static leat_point shorten(leat_point *points, size_t n, double length)
{
    leat_point tip = points[n - 1], *last = &points[n - 1], *control = &points[n - 2];
    const leat_point *from = control;
    for (size_t i = n - 1; i-- > 0 && hypot(tip.x - from->x, tip.y - from->y) < 1e-6;)
        from = &points[i];
    double dx = tip.x - from->x, dy = tip.y - from->y, d = hypot(dx, dy);
    if (d < 1e-6)
        return tip;
    length = LEAT_MIN(length, 0.9 * d);
    *last = (leat_point){tip.x - dx / d * length, tip.y - dy / d * length};
    control->x -= dx / d * length * 0.5;
    control->y -= dy / d * length * 0.5;
    return tip;
}

/* How long an arrow head is; the line ends that much earlier. Between near boxes it leaves half of the way to the
 * line. */
static double head_length(const leat_gpaint *p, const leat_sedge *e)
{
    double size = LEAT_S_HEAD_MIN + LEAT_S_HEAD_PER_WIDTH * leat_scene_edge_width(e);
    double way = fabs(e->points[0].y - e->points[e->n_points - 1].y);
    return LEAT_MIN(size, LEAT_MAX(way / 2, LEAT_S_HEAD_MIN)) * p->scale;
}

/* The path, in the direction of its arrow: towards the variable for a reference, as TensorBoard draws it. */
static void draw_path(const leat_gpaint *p, const leat_sedge *e, leat_point *points, char *verbs)
{
    leat_gedge_kind kind = edge_kind(e);
    bool back = kind == LEAT_GEDGE_REF;
    double width = leat_scene_edge_width(e) * p->scale;
    leat_color color = leat_gpaint_edge(p, kind);
    leat_style style = {.stroke = color, .width = width};
    size_t n = e->n_points;
    if (kind == LEAT_GEDGE_CONTROL)
        style.dash[0] = style.dash[1] = 2 * p->scale;
    for (size_t i = 0; i < n; i++)
        points[i] = on_page(p, e->points[back ? n - 1 - i : i]);
    uint32_t end = back ? e->from : e->to, other = back ? e->to : e->from;
    leat_point tip = {0, 0};
    bool head = !leat_scene_goes_on(p->s, end, other, back);
    if (head)
        tip = shorten(points, n, 0.7 * head_length(p, e));
    memset(verbs, 'C', 1 + n / 3);
    verbs[0] = 'M';
    verbs[1 + n / 3] = '\0';
    leat_draw_path(p->canvas, verbs, points, n, &style);
    if (head)
        leat_gpaint_arrow(p, tip, points[n - 1], head_length(p, e), color);
}

/* What a pointer over the edge is told. */
static leat_status edge_title(const leat_gpaint *p, const leat_sedge *e, leat_buf *title)
{
    const leat_gmodel *m = p->s->model;
    const leat_gedge *base = &m->edges[e->base];
    leat_buf_clear(title);
    leat_gmodel_put_name(m, base->from, title);
    leat_buf_puts(title, " \u2192 ");
    leat_gmodel_put_name(m, base->to, title);
    uint32_t more = e->data + e->control - 1;
    if (more > 0)
        leat_buf_printf(title, " and %u more", more);
    else if (e->label)
        leat_buf_printf(title, ": %s", e->label);
    return leat_buf_status(title);
}

/* After all paths. */
static void draw_labels(const leat_gpaint *p, uint32_t scope)
{
    const leat_scene *s = p->s;
    leat_color behind = leat_gpaint_fill(p, scope), ink = leat_color_readable(p->theme.muted, behind, 4.6);
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next) {
        const leat_sedge *e = &s->edges[i];
        if (e->cut || e->n_points < 4 || !e->label)
            continue;
        leat_point at = on_page(p, e->label_at);
        leat_gpaint_text(p, at.x, at.y, e->label, LEAT_S_SMALL, LEAT_MIDDLE, ink);
    }
}

void leat_gpaint_edges(leat_gpaint *p, uint32_t scope)
{
    static const char *const classes[] = {"edge data", "edge control", "edge reference"};
    const leat_scene *s = p->s;
    leat_buf title = {0}, points = {0}, verbs = {0};
    for (uint32_t i = s->boxes[scope].first_edge; i != LEAT_G_NONE; i = s->edges[i].next) {
        const leat_sedge *e = &s->edges[i];
        if (e->cut || e->n_points < 4)
            continue;
        leat_buf_clear(&points);
        leat_buf_clear(&verbs);
        leat_point *at = leat_buf_reserve(&points, e->n_points * sizeof *at);
        char *letters = leat_buf_reserve(&verbs, e->n_points / 3 + 2);
        if (!at || !letters || (p->groups && edge_title(p, e, &title) != LEAT_OK)) {
            leat_canvas_set_error(p->canvas, leat_fail_memory(e->n_points * sizeof *at));
            break;
        }
        if (p->groups)
            leat_push_group(p->canvas, &(leat_group){.class = classes[edge_kind(e)], .title = title.data});
        draw_path(p, e, at, letters);
        if (p->groups)
            leat_pop_group(p->canvas);
    }
    draw_labels(p, scope);
    leat_buf_free(&title);
    leat_buf_free(&points);
    leat_buf_free(&verbs);
}

/* ---- annotations ---- */

/* The symbol of what an annotation stands for; returns its width in the scene's units. */
static double draw_symbol(const leat_gpaint *p, const leat_snote *note, double right, double cy, bool in)
{
    const leat_gnode *node = &p->s->model->nodes[note->node];
    double u = p->scale, w;
    if (note->kind == LEAT_S_CONST || note->kind == LEAT_S_SUMMARY) {
        double cx = right + (in ? -2 : 2) * u;
        if (note->kind == LEAT_S_CONST)
            leat_gpaint_constant(p, cx, cy);
        else
            leat_gpaint_summary(p, cx, cy);
        return 4;
    }
    w = node->kind == LEAT_G_SCOPE ? 10 : 9;
    double x = in ? right - w * u : right;
    bool structure = p->color == LEAT_GRAPH_BY_STRUCTURE;
    if (node->kind == LEAT_G_SCOPE)
        leat_gpaint_scope(p, x, cy - 2 * u, w * u, 4 * u,
                          leat_gpaint_structure(p, structure ? node->structure : LEAT_G_NONE, false));
    else
        leat_gpaint_op(p, x, cy - 2 * u, w * u, 4 * u,
                       p->theme.dark ? LEAT_RGB(0x2d2f33) : LEAT_RGB(0xffffff));
    return w;
}

/* One side's annotations in rows about the box's middle. `edge` is the shape's end on that side. */
static void draw_side(const leat_gpaint *p, const leat_sbox *b, const leat_snotes *notes, bool in,
                      leat_color ink)
{
    double u = p->scale, side = in ? -1 : 1;
    double rows = notes->count + (notes->more > 0), radius = b->kind == LEAT_S_SCOPE ? 5 : 3;
    double middle = b->y + b->h / 2,
           reach = LEAT_MAX(0, LEAT_MIN(b->core_h / 2 - radius, rows * LEAT_S_LINE / 2));
    double edge = b->x + b->core_x + (in ? 0 : b->core_w), begin = edge;
    if (!in && b->kind != LEAT_S_SCOPE) /* the label stands between */
        begin = b->x + b->label_x + b->label_w + LEAT_S_GAP;
    double symbol = begin + side * LEAT_S_LEAD;
    for (uint32_t i = 0; i < notes->count; i++) {
        const leat_snote *n = &notes->at[i];
        double y = middle + (i + 0.5 - rows / 2) * LEAT_S_LINE;
        double touch = middle + (notes->count > 1 ? reach * (2.0 * i / (notes->count - 1) - 1) : 0);
        leat_gedge_kind kind = n->ref ? LEAT_GEDGE_REF : n->control ? LEAT_GEDGE_CONTROL : LEAT_GEDGE_DATA;
        leat_style line = {.stroke = leat_gpaint_edge(p, kind), .width = 0.75 * u};
        if (n->control)
            line.dash[0] = line.dash[1] = 2 * u;
        leat_point a = on_page(p, (leat_point){begin, in || b->kind == LEAT_S_SCOPE ? touch : middle});
        leat_point z = on_page(p, (leat_point){symbol, y});
        leat_draw_line(p->canvas, a.x, a.y, z.x, z.y, &line);
        double w = draw_symbol(p, n, z.x, z.y, in);
        leat_gpaint_text(p, z.x + side * (w + LEAT_S_GAP) * u, z.y, n->label, LEAT_S_SMALL,
                         in ? LEAT_RIGHT : LEAT_LEFT, ink);
    }
    if (notes->more > 0) {
        char text[48];
        snprintf(text, sizeof text, "\u2026 %u more", notes->more);
        leat_point at = on_page(p, (leat_point){symbol + side * LEAT_S_GAP,
                                                middle + (notes->count + 0.5 - rows / 2) * LEAT_S_LINE});
        leat_gpaint_text(p, at.x, at.y, text, LEAT_S_SMALL, in ? LEAT_RIGHT : LEAT_LEFT, ink);
    }
}

void leat_gpaint_notes(const leat_gpaint *p, uint32_t box, leat_color background)
{
    const leat_sbox *b = &p->s->boxes[box];
    leat_color ink = leat_color_readable(p->theme.muted, background, 4.6);
    if (b->in_notes)
        draw_side(p, b, b->in_notes, true, ink);
    if (b->out_notes)
        draw_side(p, b, b->out_notes, false, ink);
}
