/* timeline-table.c - under a timeline: the op types and the nodes that took most time, with their rates. */
#include "config.h"
#include "viz/timeline-private.h"

#include <stdio.h>
#include <string.h>

#define MARGIN 16.0
#define ROW 15.0
#define ROWS 8
#define FONT 10.0
#define BESIDE 760.0 /* pages as wide have the tables side by side */
#define BETWEEN 28.0

/* From the right end: where the cells end that stand there. */
enum { CELL_COUNT, CELL_TIME, CELL_SHARE, CELL_FLOPS, CELL_BYTES, CELLS };
static const double cell_right[CELLS] = {224, 174, 136, 62, 0};
static const char *const cell_heads[CELLS] = {"count", "time", "share", "arithmetic", "memory"};

/* A node's count is one, but for what lay in a branch that some runs did not take: names need the room more. */
static int first_cell(const leat_profile_row *rows)
{
    return rows->node == UINT32_MAX ? CELL_COUNT : CELL_TIME;
}

static double cells_width(int first)
{
    return first == CELL_COUNT ? 262 : 220;
}

static void put_cell(const leat_tdrawing *d, leat_buf *b, double x, double y, leat_color color)
{
    leat_text_style style = {.font = {.size = FONT}, .color = color, .h = LEAT_RIGHT, .v = LEAT_CENTER};
    if (leat_buf_status(b) != LEAT_OK)
        leat_canvas_set_error(d->c, leat_buf_status(b));
    else if (b->size > 0)
        leat_draw_text(d->c, x, y, b->data, &style);
    leat_buf_clear(b);
}

static void draw_name(const leat_tdrawing *d, const char *name, double x, double y, double width,
                      leat_color color)
{
    leat_text_style style = {.font = {.size = FONT}, .color = color, .v = LEAT_CENTER};
    char *shown = leat_shorten_text(d->c, name, &style.font, width);
    if (shown != NULL)
        leat_draw_text(d->c, x, y, shown, &style);
    leat_free(shown);
}

static void put_rate(leat_buf *b, double amount, double ns, const char *unit)
{
    if (amount > 0 && ns > 0)
        leat_put_scaled(b, amount / ns * 1e9, unit);
}

static void draw_row(const leat_tdrawing *d, const leat_figures *f, const leat_profile_row *r, double x,
                     double y, double width)
{
    leat_buf b = {0};
    double right = x + width;
    int first = first_cell(r);
    draw_name(d, r->name, x, y, width - cells_width(first), d->theme.ink);
    if (first == CELL_COUNT) {
        leat_put_count(&b, r->count);
        put_cell(d, &b, right - cell_right[CELL_COUNT], y, d->theme.ink);
    }
    leat_put_duration_ns(&b, r->busy_ns);
    put_cell(d, &b, right - cell_right[CELL_TIME], y, d->theme.ink);
    int percent = leat_percent(r->busy_ns, f->mean_busy_ns);
    leat_buf_printf(&b, percent > 0 || r->busy_ns <= 0 ? "%d %%" : "< 1 %%", percent);
    put_cell(d, &b, right - cell_right[CELL_SHARE], y, d->theme.ink);
    put_rate(&b, r->peak_flops > 0 ? r->flops : 0, r->rate_ns, "FLOP/s");
    put_cell(d, &b, right - cell_right[CELL_FLOPS], y, d->theme.ink);
    put_rate(&b, r->bytes, r->rate_ns, "B/s");
    put_cell(d, &b, right - cell_right[CELL_BYTES], y, d->theme.ink);
    leat_buf_free(&b);
}

static void draw_table(const leat_tdrawing *d, const leat_figures *f, const char *what,
                       const leat_profile_row *rows, size_t n, double x, double y, double width)
{
    leat_buf b = {0};
    int first = n > 0 ? first_cell(rows) : CELL_COUNT;
    leat_buf_puts(&b, what);
    if (f->n_steps > 2)
        leat_buf_printf(&b, ", mean of %zu runs", f->n_steps);
    if (leat_buf_status(&b) == LEAT_OK)
        draw_name(d, b.data, x, y + ROW / 2, width - cells_width(first), d->theme.muted);
    leat_buf_clear(&b);
    for (int i = first; i < CELLS; i++) {
        leat_buf_puts(&b, cell_heads[i]);
        put_cell(d, &b, x + width - cell_right[i], y + ROW / 2, d->theme.muted);
    }
    leat_draw_line(d->c, x, y + ROW + 1, x + width, y + ROW + 1,
                   &(leat_style){.stroke = d->theme.axis, .width = 0.7});
    for (size_t i = 0; i < LEAT_MIN(n, (size_t)ROWS); i++)
        draw_row(d, f, &rows[i], x, y + 3 + ROW * ((double)i + 1.5), width);
    if (n > ROWS) {
        char more[48];
        snprintf(more, sizeof more, "and %zu more", n - ROWS);
        draw_name(d, more, x, y + 3 + ROW * (ROWS + 1.5), width, d->theme.muted);
    }
    leat_buf_free(&b);
}

static double table_height(size_t n)
{
    return 3 + ROW * (double)(LEAT_MIN(n, (size_t)ROWS) + 1 + (n > ROWS));
}

double leat_timeline_table(const leat_tdrawing *d, const leat_figures *f, double top, double width, bool draw)
{
    double ops = table_height(f->n_ops), nodes = table_height(f->n_nodes);
    bool beside = width >= BESIDE;
    double each = beside ? (width - 2 * MARGIN - BETWEEN) / 2 : width - 2 * MARGIN;
    if (draw) {
        draw_table(d, f, "op types", f->ops, f->n_ops, MARGIN, top, each);
        draw_table(d, f, "nodes", f->nodes, f->n_nodes, beside ? MARGIN + each + BETWEEN : MARGIN,
                   beside ? top : top + ops + ROW, each);
    }
    return beside ? LEAT_MAX(ops, nodes) : ops + ROW + nodes;
}
