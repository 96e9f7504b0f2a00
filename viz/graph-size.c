/* graph-size.c - labels, shortened to fit, and the sizes of closed boxes: TensorBoard's shapes with the
 * label of an op beside it, where no edge passes. */
#include "config.h"
#include "viz/scene-private.h"

#include <math.h>
#include <stdio.h>

#define OP_W 15.0
#define OP_H 6.0
#define SCOPE_W 60.0
#define SCOPE_H_MIN 15.0
#define SCOPE_H_MAX 60.0
#define SCOPE_H_NODES 200.0 /* from this many ops on a closed scope is highest */
#define SCOPE_W_MOST 160.0  /* for the sake of the paths that meet it */
#define LABEL_MAX 76.0
#define NOTE_MAX 52.0
#define LONGEST 4000 /* bytes of a name that are looked at */
#define MANY 3000    /* boxes: from here on widths of texts are estimated */

/* ---- texts ---- */

typedef struct fitter {
    leat_scene *s;
    leat_canvas *canvas;
    double *ends; /* by box, for its upper and lower side: what the paths that meet it need */
    bool estimate;
    leat_buf text, safe;
} fitter;

static double text_width(const fitter *f, const char *text, double size)
{
    size_t characters = 0;
    if (!f->estimate)
        return leat_text_width(f->canvas, text, &(leat_font){.size = size});
    for (const char *c = text; *c; c++)
        characters += ((unsigned char)*c & 0xc0) != 0x80;
    return 0.62 * size * (double)characters;
}

/* f->text made harmless and, where it is wider than `limit`, shortened in the middle; a copy in the arena. */
static leat_status fit(fitter *f, double size, double limit, char **out, double *width)
{
    leat_buf_clear(&f->safe);
    leat_text_clean(&f->safe, f->text.data ? f->text.data : "", LEAT_MIN(f->text.size, (size_t)LONGEST));
    LEAT_TRY(leat_buf_status(&f->safe));
    const char *text = f->safe.data ? f->safe.data : "";
    char *shorter = NULL;
    *width = *text ? text_width(f, text, size) : 0;
    if (*width > limit) {
        text = shorter = leat_shorten_text(f->canvas, text, &(leat_font){.size = size}, limit);
        LEAT_TRY(leat_canvas_status(f->canvas));
        *width = LEAT_MIN(text_width(f, text, size), limit);
    }
    *out = leat_arena_strndup(&f->s->arena, text, strlen(text));
    leat_free(shorter);
    return *out ? LEAT_OK : leat_fail_memory(LONGEST);
}

static leat_status fit_node(fitter *f, uint32_t node, double size, double limit, char **out, double *width)
{
    leat_buf_clear(&f->text);
    leat_gmodel_put_label(f->s->model, node, &f->text);
    if (f->text.size == 0)
        leat_buf_puts(&f->text, "(no name)");
    LEAT_TRY(leat_buf_status(&f->text));
    return fit(f, size, limit, out, width);
}

/* ---- annotations ---- */

static leat_status size_notes(fitter *f, leat_snotes *notes)
{
    if (!notes)
        return LEAT_OK;
    notes->width = 0;
    for (uint32_t i = 0; i < notes->count; i++) {
        leat_snote *n = &notes->at[i];
        LEAT_TRY(fit_node(f, n->node, LEAT_S_SMALL, NOTE_MAX, &n->label, &n->label_w));
        notes->width = LEAT_MAX(notes->width, n->label_w);
    }
    if (notes->more > 0) {
        char text[48];
        snprintf(text, sizeof text, "\u2026 %u more", notes->more);
        notes->width = LEAT_MAX(notes->width, text_width(f, text, LEAT_S_SMALL));
    }
    return LEAT_OK;
}

static double notes_width(const leat_snotes *notes)
{
    return notes ? notes->width + LEAT_S_GAP + LEAT_S_ICON + LEAT_S_LEAD : 0;
}

static double notes_height(const leat_snotes *notes)
{
    return notes ? (notes->count + (notes->more > 0)) * LEAT_S_LINE : 0;
}

/* ---- boxes ---- */

/* Adds up by box and side what the ends of paths need. */
static void add_ends(fitter *f)
{
    const leat_scene *s = f->s;
    for (size_t i = 0; i < s->n_edges; i++) {
        const leat_sedge *e = &s->edges[i];
        bool head_last = leat_scene_head_is_last(e);
        if (e->cut)
            continue;
        f->ends[2 * e->from + e->reversed] += leat_scene_end_width(e, !head_last);
        f->ends[2 * e->to + !e->reversed] += leat_scene_end_width(e, head_last);
    }
}

static void core_size(const fitter *f, leat_sbox *b)
{
    const leat_scene *s = f->s;
    const double *ends = f->ends + 2 * (b - s->boxes);
    const leat_gnode *node = &s->model->nodes[b->node];
    b->core_w = OP_W + 1; /* even */
    b->core_h = OP_H;
    if (b->kind == LEAT_S_SCOPE) {
        double part = LEAT_MIN((node->cardinality - 1.0) / (SCOPE_H_NODES - 1), 1);
        double paths = LEAT_MIN(LEAT_MAX(ends[0], ends[1]) + 2 * LEAT_S_CORNER, SCOPE_W_MOST);
        b->core_w = 2 * ceil(LEAT_MAX(LEAT_MAX(SCOPE_W, b->label_w + 10), paths) / 2);
        b->core_h = SCOPE_H_MIN + LEAT_MAX(part, 0) * (SCOPE_H_MAX - SCOPE_H_MIN);
    } else if (b->kind == LEAT_S_SERIES) {
        bool tower = node->flags & LEAT_G_CONNECTED;
        b->core_w = tower ? 16 : 24;
        b->core_h = tower ? 13 : 8;
    }
}

static leat_status size_box(fitter *f, leat_sbox *b)
{
    bool inside = b->kind == LEAT_S_SCOPE;
    LEAT_TRY(fit_node(f, b->node, LEAT_S_FONT, LABEL_MAX, &b->label, &b->label_w));
    LEAT_TRY(size_notes(f, b->in_notes));
    LEAT_TRY(size_notes(f, b->out_notes));
    core_size(f, b);
    double in = ceil(notes_width(b->in_notes)), out = notes_width(b->out_notes);
    double beside = inside ? 0 : LEAT_S_GAP + b->label_w;
    b->w = 2 * ceil((in + b->core_w + beside + out) / 2); /* even: graphviz halves them in whole numbers */
    b->h = LEAT_MAX(b->core_h, LEAT_S_FONT + 2);
    b->h = LEAT_MAX(b->h, LEAT_MAX(notes_height(b->in_notes), notes_height(b->out_notes)));
    b->h = 2 * ceil(b->h / 2);
    b->core_x = in;
    b->core_y = (b->h - b->core_h) / 2;
    b->label_x = inside ? in + (b->core_w - b->label_w) / 2 : in + b->core_w + LEAT_S_GAP;
    b->label_y = b->h / 2;
    return LEAT_OK;
}

/* ---- edges ---- */

/* The shape for one tensor, "N tensors" for several; nothing for control and at a border, where the other
 * half of the path has the label. */
static leat_status label_edge(fitter *f, leat_sedge *e)
{
    const leat_scene *s = f->s;
    e->label = NULL;
    e->label_w = e->label_h = 0;
    if (e->cut || e->data == 0 || s->boxes[e->from].kind == LEAT_S_PORT ||
        s->boxes[e->to].kind == LEAT_S_PORT)
        return LEAT_OK;
    leat_buf_clear(&f->text);
    if (e->data > 1) {
        leat_buf_printf(&f->text, "%u tensors", e->data);
    } else {
        leat_gshape shape;
        const leat_gedge *base = &s->model->edges[e->base];
        if (!leat_gmodel_shape(s->model, base->from, base->output, &shape))
            return LEAT_OK;
        leat_gshape_put(&f->text, &shape);
    }
    LEAT_TRY(leat_buf_status(&f->text));
    LEAT_TRY(fit(f, LEAT_S_SMALL, LABEL_MAX, &e->label, &e->label_w));
    e->label_w += 3;
    e->label_h = LEAT_S_SMALL + 2;
    return LEAT_OK;
}

/* As wide as the widest path that meets it, inside the border or outside. */
static void size_ports(leat_scene *s)
{
    for (size_t i = s->n_nodes; i < s->n_boxes; i++) {
        uint32_t edge = leat_scene_adjoining(s, (uint32_t)i);
        s->boxes[i].w = edge == LEAT_G_NONE ? 0 : leat_scene_edge_width(&s->edges[edge]);
        s->boxes[i].h = 1;
    }
    for (size_t i = 0; i < s->n_edges; i++) {
        const leat_sedge *e = &s->edges[i];
        uint32_t port = s->boxes[e->from].kind == LEAT_S_PORT ? e->from : e->to;
        if (!e->cut && s->boxes[port].kind == LEAT_S_PORT)
            s->boxes[port].w = LEAT_MAX(s->boxes[port].w, leat_scene_edge_width(e));
    }
    for (size_t i = s->n_nodes; i < s->n_boxes; i++)
        s->boxes[i].w = LEAT_MAX(2, 2 * ceil(s->boxes[i].w / 2)); /* even, as all widths */
}

static leat_status size_all(fitter *f)
{
    leat_scene *s = f->s;
    f->ends = leat_alloc_zero(2 * s->n_boxes, sizeof *f->ends);
    if (!f->ends)
        return leat_fail_memory(2 * s->n_boxes * sizeof *f->ends);
    add_ends(f);
    for (uint32_t i = 0; i < s->n_nodes; i++) {
        leat_sbox *b = &s->boxes[i];
        if (b->kind != LEAT_S_OPEN)
            LEAT_TRY(size_box(f, b));
        else if (b->scope != LEAT_G_NONE)
            LEAT_TRY(fit_node(f, b->node, LEAT_S_FONT, 2 * LABEL_MAX, &b->label, &b->label_w));
    }
    size_ports(s);
    for (size_t i = 0; i < s->n_edges && s->n_edges <= MANY; i++)
        LEAT_TRY(label_edge(f, &s->edges[i]));
    return LEAT_OK;
}

leat_status leat_scene_size(leat_scene *s, leat_canvas *canvas)
{
    fitter f = {.s = s, .canvas = canvas, .estimate = s->n_nodes > MANY};
    leat_status st = size_all(&f);
    leat_buf_free(&f.text);
    leat_buf_free(&f.safe);
    leat_free(f.ends);
    return st;
}
