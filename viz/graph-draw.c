/* graph-draw.c - the boxes of a scene in pre-order, each in a group of its own; the page around it. */
#include "config.h"
#include "viz/graph-draw-private.h"

#include <math.h>
#include <stdio.h>

#define MARGIN 18.0
#define TITLE 13.0 /* height of the title's letters */
#define TITLE_LINE 26.0
#define LEGEND_GAP 14.0
#define MIN_WIDTH 260.0 /* of a page */
#define MAX_PIXELS 60e6
#define GROUPS_UP_TO 20000 /* boxes and edges */

static double page_x(const leat_gpaint *p, double x)
{
    return p->dx + x * p->scale;
}

static double page_y(const leat_gpaint *p, double y)
{
    return p->dy + y * p->scale;
}

/* ---- groups ---- */

/* What a pointer over a box is told: its full name and what it is. */
static void put_title(const leat_gmodel *m, uint32_t index, leat_buf *out)
{
    const leat_gnode *node = &m->nodes[index];
    leat_gmodel_put_name(m, index, out);
    if (node->op != LEAT_G_NONE) {
        leat_buf_puts(out, "\n");
        leat_buf_append(out, m->ops.texts[node->op].at, m->ops.texts[node->op].size);
    }
    if (node->kind != LEAT_G_OP)
        leat_buf_printf(out, "\n%u op%s", node->cardinality, node->cardinality == 1 ? "" : "s");
    if (node->device != LEAT_G_NONE) {
        leat_buf_puts(out, "\n");
        leat_buf_append(out, m->devices.texts[node->device].at, m->devices.texts[node->device].size);
    }
    if (m->stats && m->stats[index].seen)
        leat_buf_printf(out, "\n%.3g us, %.0f bytes", m->stats[index].micros, m->stats[index].bytes);
}

static const char *class_of(const leat_gpaint *p, const leat_sbox *b)
{
    const leat_gnode *node = &p->s->model->nodes[b->node];
    if (node->kind == LEAT_G_SERIES)
        return b->kind == LEAT_S_OPEN ? "series open" : "series";
    if (node->kind == LEAT_G_OP)
        return b->place == LEAT_S_AUX ? "op auxiliary" : "op";
    if (node->flags & LEAT_G_FUNCTION)
        return b->kind == LEAT_S_OPEN ? "function open" : "function";
    if (b->place == LEAT_S_AUX)
        return b->kind == LEAT_S_OPEN ? "namespace open auxiliary" : "namespace auxiliary";
    return b->kind == LEAT_S_OPEN ? "namespace open" : "namespace";
}

static void push_box(leat_gpaint *p, uint32_t box, leat_buf *scratch)
{
    const leat_sbox *b = &p->s->boxes[box];
    char id[32];
    snprintf(id, sizeof id, "node-%u", b->node);
    leat_buf_clear(scratch);
    put_title(p->s->model, b->node, scratch);
    if (leat_buf_status(scratch) != LEAT_OK)
        leat_canvas_set_error(p->canvas, leat_buf_status(scratch));
    leat_push_group(p->canvas, &(leat_group){.id = id, .class = class_of(p, b), .title = scratch->data});
}

/* ---- boxes ---- */

/* A dotted line between an open scope's main graph and its auxiliary area. */
static void draw_divider(const leat_gpaint *p, const leat_sbox *b, leat_color fill)
{
    double u = p->scale, x = b->x + b->aux.x - LEAT_S_AUX_GAP / 2, y = b->y + b->aux.y - 7;
    leat_style style = {.stroke = leat_gpaint_stroke(p, fill), .width = 0.5 * u, .dash = {u, 2 * u}};
    if (b->aux.w <= 0)
        return;
    if (b->aux.x > LEAT_S_AUX_GAP)
        leat_draw_line(p->canvas, page_x(p, x), page_y(p, b->y + LEAT_S_HEAD), page_x(p, x),
                       page_y(p, b->y + b->h - LEAT_S_PAD), &style);
    else if (b->aux.y > 2 * LEAT_S_HEAD)
        leat_draw_line(p->canvas, page_x(p, b->x + LEAT_S_PAD), page_y(p, y),
                       page_x(p, b->x + b->w - LEAT_S_PAD), page_y(p, y), &style);
}

static void draw_open(leat_gpaint *p, uint32_t box)
{
    const leat_sbox *b = &p->s->boxes[box];
    leat_color fill = leat_gpaint_fill(p, box), ink = leat_gpaint_ink(p, fill);
    double u = p->scale, x = page_x(p, b->x), y = page_y(p, b->y);
    leat_gpaint_scope(p, x, y, b->w * u, b->h * u, fill);
    leat_gpaint_edges(p, box);
    draw_divider(p, b, fill);
    double label = x + b->label_x * u, middle = y + (LEAT_S_HEAD / 2 + 1) * u;
    leat_draw_rect(p->canvas, label - u, middle - LEAT_S_FONT * 0.6 * u, (b->label_w + 2) * u,
                   LEAT_S_FONT * 1.2 * u, u, &(leat_style){.fill = fill});
    leat_gpaint_text(p, label, middle, b->label, LEAT_S_FONT, LEAT_LEFT, ink);
}

/* A closed scope; one whose ops are on several devices is striped with their colours. */
static void draw_scope(const leat_gpaint *p, uint32_t box, leat_box core, leat_color fill)
{
    leat_gshare shares[LEAT_GPAINT_SHARES];
    size_t n = p->color == LEAT_GRAPH_BY_DEVICE ? leat_gpaint_devices(p, box, shares) : 0;
    double x = core.x;
    leat_gpaint_scope(p, core.x, core.y, core.w, core.h, fill);
    for (size_t i = 0; n > 1 && i < n; i++) {
        double w = shares[i].part * core.w;
        leat_push_clip(p->canvas, (leat_box){x, core.y - 2, i + 1 < n ? w : w + 2, core.h + 4});
        leat_gpaint_scope(p, core.x, core.y, core.w, core.h,
                          leat_gpaint_structure(p, shares[i].device, false));
        leat_pop_clip(p->canvas);
        x += w;
    }
}

static void draw_closed(leat_gpaint *p, uint32_t box, leat_color background)
{
    const leat_sbox *b = &p->s->boxes[box];
    leat_color fill = leat_gpaint_fill(p, box);
    double u = p->scale, x = page_x(p, b->x + b->core_x), y = page_y(p, b->y + b->core_y);
    leat_box core = {x, y, b->core_w * u, b->core_h * u};
    bool unused = leat_gpaint_is_unused(p, box);
    leat_gpaint_notes(p, box, background);
    if (b->kind == LEAT_S_SCOPE) {
        draw_scope(p, box, core, fill);
        if (unused)
            leat_gpaint_hatch(p, core);
        if (unused) /* letters stay legible on the hatching */
            leat_draw_rect(p->canvas, page_x(p, b->x + b->label_x - 1.5),
                           page_y(p, b->y + b->label_y - LEAT_S_FONT * 0.62), (b->label_w + 3) * u,
                           LEAT_S_FONT * 1.24 * u, 2 * u, &(leat_style){.fill = fill});
    } else if (b->kind == LEAT_S_SERIES) {
        bool tower = p->s->model->nodes[b->node].flags & LEAT_G_CONNECTED;
        leat_gpaint_series(p, core, tower, unused ? leat_gpaint_unused(p) : fill);
    } else {
        leat_gpaint_op(p, core.x, core.y, core.w, core.h, unused ? leat_gpaint_unused(p) : fill);
    }
    leat_gpaint_text(p, page_x(p, b->x + b->label_x), page_y(p, b->y + b->label_y), b->label, LEAT_S_FONT,
                     LEAT_LEFT, leat_gpaint_ink(p, b->kind == LEAT_S_SCOPE ? fill : background));
}

static void draw_area_title(const leat_gpaint *p, leat_box area, const char *text)
{
    if (area.w > 0)
        leat_gpaint_text(p, page_x(p, area.x), page_y(p, area.y - LEAT_S_HEAD + LEAT_S_FONT / 2), text,
                         LEAT_S_FONT, LEAT_LEFT, p->theme.muted);
}

/* The root has no frame: its paths, and the titles of the areas beside its main graph. */
static void draw_root(leat_gpaint *p)
{
    const leat_sbox *root = &p->s->boxes[0];
    leat_gpaint_edges(p, 0);
    draw_area_title(p, root->aux, "Auxiliary nodes");
    draw_area_title(p, root->library, "Functions");
}

/* Groups nest as the scopes do: before a box is drawn, those are closed that it does not stand in. */
static void paint_scene(leat_gpaint *p)
{
    const leat_scene *s = p->s;
    leat_buf scratch = {0};
    uint32_t at = 0; /* the innermost open box whose group is open */
    draw_root(p);
    for (uint32_t i = 1; i < s->n_nodes; i++) {
        const leat_sbox *b = &s->boxes[i];
        for (; at != b->scope; at = s->boxes[at].scope)
            if (p->groups)
                leat_pop_group(p->canvas);
        if (p->groups)
            push_box(p, i, &scratch);
        if (b->kind == LEAT_S_OPEN) {
            draw_open(p, i);
            at = i;
            continue;
        }
        draw_closed(p, i, b->scope == 0 ? p->theme.page : leat_gpaint_fill(p, b->scope));
        if (p->groups)
            leat_pop_group(p->canvas);
    }
    for (; at != 0; at = s->boxes[at].scope)
        if (p->groups)
            leat_pop_group(p->canvas);
    leat_buf_free(&scratch);
}

/* ---- the page ---- */

typedef struct page {
    double w, h, top, legend_y, legend_w;
} page;

static page page_of(const leat_gpaint *p, const char *title)
{
    page g;
    double title_w = title ? leat_text_width(p->canvas, title, &(leat_font){.size = TITLE, .bold = true}) : 0;
    g.top = MARGIN + (title ? TITLE_LINE : 0);
    g.legend_w =
        LEAT_MAX(p->s->w * p->scale, LEAT_MIN(LEAT_MAX(title_w, MIN_WIDTH), LEAT_A4_SHORT - 2 * MARGIN));
    g.w = ceil(g.legend_w + 2 * MARGIN);
    g.legend_y = g.top + p->s->h * p->scale + LEGEND_GAP;
    g.h = ceil(g.legend_y + leat_gpaint_legend(p, MARGIN, 0, g.legend_w, false) + MARGIN);
    return g;
}

static bool fits(const page *g)
{
    return LEAT_MIN(g->w, g->h) <= LEAT_A4_SHORT && LEAT_MAX(g->w, g->h) <= LEAT_A4_LONG;
}

double leat_gpaint_a4_scale(const leat_gpaint *p, const char *title)
{
    leat_gpaint probe = *p;
    probe.scale = 1.5;
    for (; probe.scale > 0.3; probe.scale *= 0.98) {
        page g = page_of(&probe, title);
        if (fits(&g))
            return probe.scale;
    }
    return 0;
}

/* A picture has at most MAX_SIDE units and pixels a side, and a PNG MAX_PIXELS in all. */
static void limit_scale(leat_gpaint *p)
{
    bool pixels = p->canvas->class == &leat_canvas_png;
    double zoom = pixels ? LEAT_MAX(p->canvas->options.scale, 1) : 1, w = LEAT_MAX(p->s->w, 1),
           h = LEAT_MAX(p->s->h, 1);
    double room = (LEAT_CANVAS_MAX_SIDE - 800) / zoom;
    p->scale = LEAT_MIN(p->scale, room / LEAT_MAX(w, h));
    if (pixels)
        p->scale = LEAT_MIN(p->scale, sqrt(MAX_PIXELS / (w * h)) / zoom);
}

leat_status leat_gpaint_page(leat_gpaint *p, const char *title)
{
    limit_scale(p);
    page g = page_of(p, title);
    p->dx = LEAT_MAX(MARGIN, (g.w - p->s->w * p->scale) / 2);
    p->dy = g.top;
    p->groups = p->s->n_nodes + p->s->n_edges <= GROUPS_UP_TO;
    leat_canvas_begin_page(p->canvas, g.w, g.h, title);
    leat_draw_rect(p->canvas, 0, 0, g.w, g.h, 0, &(leat_style){.fill = p->theme.page});
    if (title) {
        leat_text_style style = {.font = {.size = TITLE, .bold = true}, .color = p->theme.ink, .v = LEAT_TOP};
        char *shown = leat_shorten_text(p->canvas, title, &style.font, g.w - 2 * MARGIN);
        if (shown)
            leat_draw_text(p->canvas, MARGIN, MARGIN - 4, shown, &style);
        leat_free(shown);
    }
    paint_scene(p);
    leat_gpaint_legend(p, MARGIN, g.legend_y, g.legend_w, true);
    leat_canvas_end_page(p->canvas);
    return leat_canvas_status(p->canvas);
}
