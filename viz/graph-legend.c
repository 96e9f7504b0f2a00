/* graph-legend.c - the meaning of the symbols and colours that occur, in lines below the drawing. */
#include "config.h"
#include "viz/graph-draw-private.h"

#include <stdio.h>

#define SIZE 8.0 /* of the letters, on the page */
#define LINE 15.0
#define ENTRY_GAP 14.0
#define SYMBOL_GAP 4.0
#define MAX_DEVICES 12

typedef enum entry_kind {
    ENTRY_SCOPE,
    ENTRY_OP,
    ENTRY_SERIES,
    ENTRY_TOWER,
    ENTRY_CONST,
    ENTRY_SUMMARY,
    ENTRY_DATA,
    ENTRY_CONTROL,
    ENTRY_REF,
    ENTRY_SWATCH, /* a colour */
    ENTRY_UNUSED,
    ENTRY_HEAT, /* the bar of times or bytes */
    ENTRY_KINDS
} entry_kind;

/* Where the next entry goes. */
typedef struct flow {
    const leat_gpaint *p;
    double x0, x, y, width;
    bool draw;
} flow;

static double symbol_width(entry_kind kind)
{
    static const double widths[ENTRY_KINDS] = {22, 15, 18, 12, 5, 7, 20, 20, 20, 14, 14, 60};
    return widths[kind];
}

/* ---- symbols ---- */

static void draw_line(const leat_gpaint *p, double x, double y, leat_gedge_kind kind)
{
    leat_style style = {.stroke = leat_gpaint_edge(p, kind), .width = 1.2};
    leat_point tip = {kind == LEAT_GEDGE_REF ? x : x + 20, y}, from = {x + 10, y};
    if (kind == LEAT_GEDGE_CONTROL)
        style.dash[0] = style.dash[1] = 2.5;
    leat_draw_line(p->canvas, x + (kind == LEAT_GEDGE_REF ? 3 : 0), y, x + (kind == LEAT_GEDGE_REF ? 20 : 17),
                   y, &style);
    leat_gpaint_arrow(p, tip, from, LEAT_S_HEAD_MIN * p->scale + LEAT_S_HEAD_PER_WIDTH * style.width,
                      style.stroke);
}

static void draw_bar(const leat_gpaint *p, double x, double y)
{
    enum { STEPS = 30 };
    for (int i = 0; i < STEPS; i++)
        leat_draw_rect(p->canvas, x + 60.0 * i / STEPS, y - 4, 60.0 / STEPS + (i + 1 < STEPS ? 0.3 : 0), 8, 0,
                       &(leat_style){.fill = leat_gpaint_heat(p, (i + 0.5) / STEPS)});
    leat_draw_rect(p->canvas, x, y - 4, 60, 8, 0, &(leat_style){.stroke = p->theme.axis, .width = 0.5});
}

static void draw_symbol(const leat_gpaint *page, double x, double y, entry_kind kind, leat_color color)
{
    leat_gpaint p = *page;
    double w = symbol_width(kind);
    leat_color plain = p.theme.dark ? LEAT_RGB(0x2d2f33) : LEAT_RGB(0xffffff);
    p.scale = 1;
    switch (kind) {
    case ENTRY_SCOPE:
        leat_gpaint_scope(&p, x, y - 5, w, 10, leat_gpaint_structure(&p, LEAT_G_NONE, false));
        break;
    case ENTRY_OP: leat_gpaint_op(&p, x, y - 3, w, 6, plain); break;
    case ENTRY_SERIES: leat_gpaint_series(&p, (leat_box){x, y - 4, w, 8}, false, plain); break;
    case ENTRY_TOWER: leat_gpaint_series(&p, (leat_box){x, y - 5, w, 10}, true, plain); break;
    case ENTRY_CONST: leat_gpaint_constant(&p, x + 2.5, y); break;
    case ENTRY_SUMMARY: leat_gpaint_summary(&p, x + 3, y); break;
    case ENTRY_DATA: draw_line(&p, x, y, LEAT_GEDGE_DATA); break;
    case ENTRY_CONTROL: draw_line(&p, x, y, LEAT_GEDGE_CONTROL); break;
    case ENTRY_REF: draw_line(&p, x, y, LEAT_GEDGE_REF); break;
    case ENTRY_SWATCH: leat_gpaint_scope(&p, x, y - 5, w, 10, color); break;
    case ENTRY_UNUSED:
        leat_gpaint_scope(&p, x, y - 5, w, 10, plain);
        leat_gpaint_hatch(&p, (leat_box){x, y - 5, w, 10});
        break;
    case ENTRY_HEAT: draw_bar(&p, x, y); break;
    case ENTRY_KINDS: break;
    }
}

static void add(flow *f, entry_kind kind, const char *text, leat_color color)
{
    leat_font font = {.size = SIZE};
    double symbol = symbol_width(kind), room = f->width - symbol - SYMBOL_GAP;
    char *shown = leat_shorten_text(f->p->canvas, text, &font, room);
    if (!shown)
        return;
    double w = symbol + SYMBOL_GAP + leat_text_width(f->p->canvas, shown, &font);
    if (f->x > f->x0 && f->x + w > f->x0 + f->width) {
        f->x = f->x0;
        f->y += LINE;
    }
    if (f->draw) {
        leat_text_style style = {.font = font, .color = f->p->theme.muted, .v = LEAT_CENTER};
        draw_symbol(f->p, f->x, f->y + LINE / 2, kind, color);
        leat_draw_text(f->p->canvas, f->x + symbol + SYMBOL_GAP, f->y + LINE / 2, shown, &style);
    }
    f->x += w + ENTRY_GAP;
    leat_free(shown);
}

/* ---- what occurs ---- */

static void find_notes(const leat_snotes *notes, bool *seen)
{
    for (uint32_t i = 0; notes && i < notes->count; i++) {
        seen[ENTRY_CONST] |= notes->at[i].kind == LEAT_S_CONST;
        seen[ENTRY_SUMMARY] |= notes->at[i].kind == LEAT_S_SUMMARY;
        seen[ENTRY_CONTROL] |= notes->at[i].control;
        seen[ENTRY_REF] |= notes->at[i].ref;
    }
}

static void find_entries(const leat_gpaint *p, bool *seen)
{
    const leat_scene *s = p->s;
    for (uint32_t i = 1; i < s->n_nodes; i++) {
        const leat_sbox *b = &s->boxes[i];
        bool tower = s->model->nodes[b->node].flags & LEAT_G_CONNECTED;
        seen[ENTRY_OP] |= b->kind == LEAT_S_OP;
        seen[ENTRY_SCOPE] |= b->kind == LEAT_S_SCOPE || b->kind == LEAT_S_OPEN;
        seen[tower ? ENTRY_TOWER : ENTRY_SERIES] |= b->kind == LEAT_S_SERIES;
        seen[ENTRY_UNUSED] |= leat_gpaint_is_unused(p, i);
        find_notes(b->in_notes, seen);
        find_notes(b->out_notes, seen);
    }
    for (size_t i = 0; i < s->n_edges; i++) {
        const leat_sedge *e = &s->edges[i];
        seen[e->data == 0 ? ENTRY_CONTROL : e->ref > 0 ? ENTRY_REF : ENTRY_DATA] |= !e->cut;
    }
}

static void add_structures(flow *f)
{
    const leat_scene *s = f->p->s;
    bool alike = false;
    for (uint32_t i = 1; i < s->n_nodes && !alike; i++)
        alike = s->model->nodes[s->boxes[i].node].structure != LEAT_G_NONE &&
                s->model->nodes[s->boxes[i].node].kind == LEAT_G_SCOPE;
    if (alike)
        add(f, ENTRY_SWATCH, "one colour: the same structure", leat_gpaint_structure(f->p, 0, false));
}

static void add_devices(flow *f)
{
    const leat_gtable *devices = &f->p->s->model->devices;
    leat_buf name = {0};
    for (size_t i = 0; i < LEAT_MIN(devices->count, (size_t)MAX_DEVICES); i++) {
        leat_buf_clear(&name);
        leat_text_clean(&name, devices->texts[i].at, LEAT_MIN(devices->texts[i].size, 400u));
        if (leat_buf_status(&name) == LEAT_OK && name.size > 0)
            add(f, ENTRY_SWATCH, name.data, leat_gpaint_structure(f->p, (uint32_t)i, false));
    }
    if (devices->count > MAX_DEVICES) {
        char text[48];
        snprintf(text, sizeof text, "and %zu more devices", devices->count - MAX_DEVICES);
        add(f, ENTRY_SWATCH, text, f->p->theme.page);
    }
    add(f, ENTRY_SWATCH, "no device said", leat_gpaint_structure(f->p, LEAT_G_NONE, false));
    leat_buf_free(&name);
}

static void put_time(char *text, size_t n, double micros)
{
    if (micros >= 1e6)
        snprintf(text, n, "computing time, 0 to %.3g s", micros / 1e6);
    else if (micros >= 1e3)
        snprintf(text, n, "computing time, 0 to %.3g ms", micros / 1e3);
    else
        snprintf(text, n, "computing time, 0 to %.3g \u00b5s", micros);
}

static void put_bytes(char *text, size_t n, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < LEAT_LEN(units); unit++)
        bytes /= 1024;
    snprintf(text, n, "memory, 0 to %.3g %s", bytes, units[unit]);
}

static void add_run(flow *f)
{
    char text[80];
    if (f->p->color == LEAT_GRAPH_BY_TIME)
        put_time(text, sizeof text, f->p->max_micros);
    else
        put_bytes(text, sizeof text, f->p->max_bytes);
    add(f, ENTRY_HEAT, text, 0);
}

double leat_gpaint_legend(const leat_gpaint *p, double x, double y, double width, bool draw)
{
    static const char *const texts[] = {
        "Namespace", "Op",        "Series", "Connected series", "Constant", "Summary", "Data (width: size)",
        "Control",   "Reference", "",       "not run"};
    flow f = {.p = p, .x0 = x, .x = x, .y = y, .width = width, .draw = draw};
    bool seen[ENTRY_KINDS] = {false};
    find_entries(p, seen);
    for (int i = 0; i <= ENTRY_UNUSED; i++)
        if (seen[i])
            add(&f, (entry_kind)i, texts[i], 0);
    if (p->color == LEAT_GRAPH_BY_STRUCTURE)
        add_structures(&f);
    else if (p->color == LEAT_GRAPH_BY_DEVICE)
        add_devices(&f);
    else
        add_run(&f);
    return f.y + LINE - y;
}
