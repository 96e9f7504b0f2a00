/* Texts: each sample under its step, broken into lines. */
#include "viz/figure-private.h"
#include "viz/histogram-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_SAMPLES 12u
#define MOST_LINES 30u /* of one sample */
#define PARAGRAPH_GAP 6.0

typedef struct row {
    char *text;
    bool head;
    double height;
} row;

typedef struct prepared {
    row *rows;
    size_t n, capacity;
    double height;
    bool broken; /* into lines for this width */
} prepared;

static const leat_font body_font = {.size = 11}, head_font = {.size = 10, .bold = true};

static bool texts_at(const leat_plot_data *d, size_t i, leat_found *s)
{
    return leat_blob_series_at(d->texts, d->n_texts, i, s);
}

static leat_status texts_prepare(leat_figure *f, leat_panel *panel, double width)
{
    (void)f, (void)width; /* lines need a canvas's fonts: see break_lines */
    panel->prepared = leat_alloc_zero(1, sizeof(prepared));
    return panel->prepared ? LEAT_OK : leat_fail_memory(sizeof(prepared));
}

static void texts_release(leat_panel *panel)
{
    prepared *p = panel->prepared;
    for (size_t i = 0; i < p->n; i++)
        leat_free(p->rows[i].text);
    leat_free(p->rows);
    leat_free(p);
}

/* Takes the text; "" parts paragraphs. */
static void add_row(leat_canvas *c, prepared *p, char *text, bool head)
{
    leat_status status =
        text ? leat_grow(&p->rows, &p->capacity, p->n + 1, sizeof *p->rows) : leat_fail_memory(1);
    if (status != LEAT_OK) {
        leat_canvas_set_error(c, status);
        leat_free(text);
        return;
    }
    const leat_font *font = head ? &head_font : &body_font;
    double h = text[0] ? leat_text_line(c, text, font) + (head && p->n > 0 ? 6 : 0) : PARAGRAPH_GAP;
    p->rows[p->n++] = (row){text, head, h};
    p->height += h;
}

/* One paragraph of a sample, at most `left` lines; returns how many it took. */
static size_t add_paragraph(leat_canvas *c, prepared *p, const char *from, size_t n, double width,
                            size_t left)
{
    char *copy = leat_strndup(from, n), **lines = NULL;
    size_t n_lines = 0;
    if (copy == NULL)
        leat_canvas_set_error(c, leat_fail_memory(n + 1));
    else
        leat_wrap_text(c, copy, &body_font, width, left, &lines, &n_lines);
    leat_free(copy);
    for (size_t i = 0; i < n_lines; i++) {
        add_row(c, p, lines[i], false);
        lines[i] = NULL;
    }
    leat_free_lines(lines, n_lines);
    return LEAT_MAX(n_lines, (size_t)1);
}

static bool is_blank(const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strchr(" \t\r", line[i]) == NULL)
            return false;
    return true;
}

/* What add_body needs beside the text. */
typedef struct sample {
    leat_canvas *c;
    prepared *p;
    double width;
} sample;

static leat_status add_body(void *to, const void *data, size_t size)
{
    const sample *k = to;
    const char *at = data, *end = at + size;
    size_t left = MOST_LINES;
    bool begun = false, blank = false; /* blank lines part paragraphs: none at the ends, one of several */
    while (at < end && left > 0 && leat_canvas_status(k->c) == LEAT_OK) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        const char *stop = line ? line : end;
        size_t n = LEAT_MIN((size_t)(stop - at), (size_t)20000);
        if (is_blank(at, n)) {
            blank = true;
            left--;
        } else {
            if (begun && blank)
                add_row(k->c, k->p, leat_strdup(""), false);
            begun = true;
            blank = false;
            size_t took = add_paragraph(k->c, k->p, at, n, k->width, left);
            left -= LEAT_MIN(left, took);
        }
        at = line ? line + 1 : end;
    }
    if (!begun)
        add_row(k->c, k->p, leat_strdup("(empty)"), false);
    if (at < end)
        add_row(k->c, k->p, leat_asprintf("… and %lld more bytes", (long long)(end - at)), false);
    return LEAT_OK;
}

static void add_sample(leat_canvas *c, prepared *p, const leat_blob_series *s, size_t i, double width)
{
    sample k = {c, p, width};
    add_row(c, p, leat_asprintf("step %lld", (long long)s->at[i].step), true);
    leat_status status = leat_blob_with(s, i, add_body, &k);
    if (status == LEAT_ERR_NO_MEMORY)
        leat_canvas_set_error(c, status);
    else if (status != LEAT_OK)
        add_row(c, p, leat_strdup(leat_message()), false);
}

static void break_lines(leat_figure *f, leat_canvas *c, leat_panel *panel, double width)
{
    prepared *p = panel->prepared;
    const leat_blob_series *s = &f->data->texts[f->items[panel->first].series];
    if (p->broken)
        return;
    p->broken = true;
    size_t n = LEAT_MIN(s->n, MOST_SAMPLES);
    for (size_t i = 0; i < n; i++)
        add_sample(c, p, s, leat_sample(i, n, s->n), width - 12);
    if (n < s->n)
        add_row(c, p, leat_asprintf("%zu of %zu texts", n, s->n), true);
}

static double texts_height(leat_figure *f, leat_canvas *c, leat_panel *panel, double width)
{
    const prepared *p = panel->prepared;
    break_lines(f, c, panel, width);
    return p->height + leat_sheet_title_height(f, c, panel);
}

static void texts_draw(leat_figure *f, leat_canvas *c, leat_panel *panel, leat_box box)
{
    const prepared *p = panel->prepared;
    break_lines(f, c, panel, box.w);
    double y = box.y + leat_sheet_title(f, c, panel, box);
    for (size_t i = 0; i < p->n && y + p->rows[i].height <= box.y + box.h + 1; i++) {
        const row *r = &p->rows[i];
        leat_text_style style = {.font = r->head ? head_font : body_font, .v = LEAT_BOTTOM};
        style.color = r->head ? f->theme.muted : f->theme.ink;
        y += r->height;
        leat_draw_text_within(c, box.x + (r->head ? 0 : 12), y, box.w - (r->head ? 0 : 12), r->text, &style);
    }
}

const leat_plot_class leat_plot_texts = {
    .by_run = true,
    .width = 640,
    .series = texts_at,
    .prepare = texts_prepare,
    .height = texts_height,
    .draw = texts_draw,
    .release = texts_release,
};
