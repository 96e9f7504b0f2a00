/* Where panels stand on pages: title and legend on top, then rows of panels under the headings of their groups. */
#include "viz/figure-private.h"
#include "base/file-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MARGIN 14.0
#define GAP 18.0 /* between panels */
#define HEADING 24.0
#define FOOT 18.0          /* the line that says what had no room */
#define SINGLE_WIDTH 620.0 /* of a chart that is alone */
#define SINGLE_HEIGHT 370.0
#define LEAST_WIDTH 130.0
#define LEAST_HEIGHT 84.0
#define TALLEST 6000.0 /* of a page that may be as high as it wants */
#define ROWS_MEASURED 64u
#define CROWD 1000u /* of charts: a picture that cannot show them all anyway need not be as large */
#define CROWD_TALLEST 900.0

/* The grid of one call of leat_figure_draw. */
typedef struct grid {
    leat_figure *f;
    leat_canvas *c;
    size_t first, n; /* panels */
    size_t columns;
    double panel_w, panel_h; /* panel_h 0: each its own */
    double width, limit;     /* of a page; the height is at most `limit` */
    bool fixed;              /* pages have exactly that height */
    bool headings;
} grid;

/* The legend's entries that the grid's panels need, *n of them. */
static leat_legend_entry *legend_entries(const grid *g, size_t *n)
{
    const leat_figure *f = g->f;
    leat_legend_entry *e = leat_alloc_zero(f->n_keys, sizeof *e);
    bool *used = leat_alloc_zero(f->n_runs, sizeof *used);
    *n = 0;
    for (size_t i = g->first; used && i < g->first + g->n; i++)
        for (size_t k = f->panels[i].first; k < f->panels[i].first + f->panels[i].n; k++)
            used[f->line_of[f->items[k].run]] = true;
    for (size_t i = 0; e && used && i < f->n_keys; i++)
        if (f->keys[i].run == SIZE_MAX || used[f->line_of[f->keys[i].run]])
            e[(*n)++] = (leat_legend_entry){f->keys[i].label, f->keys[i].look, f->keys[i].kind};
    if (e == NULL || used == NULL) {
        leat_canvas_set_error(g->c, leat_fail_memory(f->n_keys * sizeof *e));
        *n = 0;
    }
    leat_free(used);
    return e;
}

/* Title and legend; returns where the panels begin. */
static double head(const grid *g, bool draw, double page_height)
{
    leat_figure *f = g->f;
    leat_canvas *c = g->c;
    double y = MARGIN, w = g->width - 2 * MARGIN;
    const char *title = f->options.title;
    if (title && title[0]) {
        leat_text_style style = {.font = {.size = w < 300 ? 12 : fmin(24, fmax(15, w / 75)), .bold = true},
                                 .color = f->theme.ink,
                                 .v = LEAT_CENTER};
        double h = leat_text_line(c, title, &style.font);
        if (draw)
            leat_draw_text_within(c, MARGIN, y + h / 2, w, title, &style);
        y += h + 4;
    }
    size_t n;
    leat_legend_entry *entries = legend_entries(g, &n);
    double most = fmax(20, 0.28 * page_height);
    double h = leat_legend(c, &f->theme, entries, n, (leat_box){MARGIN, y, w, most}, draw);
    leat_free(entries);
    return h > 0 ? y + h + 8 : y;
}

static bool new_group(const grid *g, size_t i)
{
    if (!g->headings)
        return false;
    if (i == g->first)
        return true;
    const char *a = g->f->panels[i - 1].tag, *b = g->f->panels[i].tag;
    size_t na = leat_tag_group(a), nb = leat_tag_group(b);
    return na != nb || memcmp(a, b, na) != 0;
}

/* Prepares a panel for this grid's width. */
static void prepare(const grid *g, size_t i)
{
    leat_panel *p = &g->f->panels[i];
    if (p->prepared && p->width != g->panel_w)
        leat_figure_release(g->f, i);
    if (p->prepared == NULL)
        leat_canvas_set_error(g->c, g->f->class->prepare(g->f, p, g->panel_w));
    p->width = g->panel_w;
}

static double row_height(const grid *g, size_t i)
{
    leat_figure *f = g->f;
    leat_panel *p = &f->panels[i];
    if (g->panel_h > 0)
        return g->panel_h;
    prepare(g, i);
    return leat_canvas_status(g->c) == LEAT_OK ? f->class->height(f, g->c, p, g->panel_w) : 1;
}

static void draw_heading(const grid *g, size_t i, double y)
{
    leat_text_style style = {
        .font = {.size = 13, .bold = true}, .color = g->f->theme.muted, .v = LEAT_CENTER};
    const char *tag = g->f->panels[i].tag;
    char *name = leat_strndup(tag, leat_tag_group(tag));
    if (name == NULL)
        leat_canvas_set_error(g->c, leat_fail_memory(1));
    else if (name[0])
        leat_draw_text_within(g->c, MARGIN, y + HEADING / 2, g->width - 2 * MARGIN, name, &style);
    leat_free(name);
}

static void draw_panel(const grid *g, size_t i, leat_box box)
{
    prepare(g, i);
    if (leat_canvas_status(g->c) == LEAT_OK)
        g->f->class->draw(g->f, g->c, &g->f->panels[i], box);
}

/* The width that a panel takes in its row. */
static double taken_width(const grid *g, size_t i)
{
    leat_figure *f = g->f;
    if (f->class->used_width == NULL)
        return g->panel_w;
    prepare(g, i);
    return leat_canvas_status(g->c) == LEAT_OK ? f->class->used_width(f, g->c, &f->panels[i], g->panel_w)
                                               : g->panel_w;
}

/* The first panel behind the row that begins with panel i. */
static size_t row_end(const grid *g, size_t i, size_t end)
{
    size_t k = i + 1;
    double room = g->f->class->used_width ? g->panel_w - taken_width(g, i) : 0;
    for (; k < end && !new_group(g, k); k++) {
        if (g->f->class->used_width == NULL && k - i == g->columns)
            break;
        if (g->f->class->used_width && (room -= GAP + taken_width(g, k)) < 0)
            break;
    }
    return k;
}

#define ALIGNED 0.12 /* of a chart's width: wider numbers do not push the others' plots aside */

/* The plots of a row end at one height, and those of a column begin at one place. */
static void align_page(const grid *g, size_t from, size_t to)
{
    leat_figure *f = g->f;
    double *widest = f->class->chart ? leat_alloc_zero(g->columns, sizeof *widest) : NULL;
    if (f->class->chart && widest == NULL)
        leat_canvas_set_error(g->c, leat_fail_memory(g->columns * sizeof *widest));
    for (size_t i = from, end; widest && i < to; i = end) {
        bool notes = false;
        end = row_end(g, i, to);
        for (size_t k = i; k < end; k++) {
            prepare(g, k);
            if (leat_canvas_status(g->c) != LEAT_OK)
                break;
            notes |= leat_chart_has_notes(f->class->chart(&f->panels[k]));
        }
        for (size_t k = i; k < end && leat_canvas_status(g->c) == LEAT_OK; k++) {
            leat_chart *chart = f->class->chart(&f->panels[k]);
            chart->keep_notes_row = notes;
            double w =
                leat_chart_numbers_width(g->c, &f->theme, chart, (leat_box){0, 0, g->panel_w, g->panel_h});
            if (w <= ALIGNED * g->panel_w)
                widest[k - i] = fmax(widest[k - i], w);
        }
    }
    for (size_t i = from, end; widest && i < to && leat_canvas_status(g->c) == LEAT_OK; i = end) {
        end = row_end(g, i, to);
        for (size_t k = i; k < end; k++)
            f->class->chart(&f->panels[k])->numbers_width = widest[k - i];
    }
    leat_free(widest);
}

/* Places the panels from `i` on that one page holds, below `y`; returns the first that it does not. *end is where
 * they end. Draws if `draw`; the two passes decide alike. A first panel that is too high is cut to the page. */
static size_t fill_page(const grid *g, size_t i, double y, bool draw, double *end)
{
    size_t last = g->first + g->n, next;
    bool empty = true;
    for (*end = y; i < last; i = next) {
        double heading = new_group(g, i) ? HEADING : 0, row = 0, x = MARGIN;
        next = row_end(g, i, last);
        for (size_t k = i; k < next; k++)
            row = fmax(row, row_height(g, k));
        if (leat_canvas_status(g->c) != LEAT_OK)
            return last;
        y = *end + (empty ? 0 : GAP);
        double room = g->limit - MARGIN - y - heading;
        if (row > room + 0.5) {
            if (!empty || room < 20)
                break;
            row = room;
        }
        if (heading > 0 && draw)
            draw_heading(g, i, y);
        y += heading;
        for (size_t k = i; k < next && draw; k++) {
            double w = taken_width(g, k);
            draw_panel(g, k, (leat_box){x, y, w, row});
            x += w + GAP;
        }
        *end = y + row;
        empty = false;
    }
    return i;
}

/* Where every tag has a panel for each of a few runs: so many columns, so that runs stand below one another; else 0. */
static size_t runs_abreast(const grid *g)
{
    const leat_panel *p = g->f->panels;
    size_t run = 0, runs = 0, end = g->first + g->n;
    for (size_t i = g->first; g->f->class->by_run && i < end; i++) {
        run = i > g->first && strcmp(p[i].tag, p[i - 1].tag) == 0 ? run + 1 : 1;
        if (i + 1 < end && strcmp(p[i].tag, p[i + 1].tag) == 0)
            continue;
        if (runs > 0 && run != runs)
            return 0;
        runs = run;
    }
    return runs >= 2 && runs <= 4 ? runs : 0;
}

/* The grid of `n` charts on a page of fixed size that makes them largest, in a shape that suits charts. */
static void fit_grid(grid *g, double room_h)
{
    double w = g->width - 2 * MARGIN, best = -1;
    const leat_figure *f = g->f;
    if (f->page_columns > 0 && f->page_rows > 0) {
        g->columns = f->page_columns;
        g->panel_w = (w - GAP * (double)(f->page_columns - 1)) / (double)f->page_columns;
        g->panel_h = (room_h - GAP * (double)(f->page_rows - 1)) / (double)f->page_rows;
        return;
    }
    for (size_t columns = 1; columns <= g->n; columns++) {
        double pw = (w - GAP * (double)(columns - 1)) / (double)columns;
        size_t rows = (g->n + columns - 1) / columns;
        double ph = (room_h - GAP * (double)(rows - 1)) / (double)rows;
        if (pw < LEAST_WIDTH && columns > 1)
            break;
        if (ph < LEAST_HEIGHT) { /* not all have room: as many rows as do */
            rows = (size_t)fmax(1, floor((room_h + GAP) / (LEAST_HEIGHT + GAP)));
            ph = (room_h - GAP * (double)(rows - 1)) / (double)rows;
        }
        double shown = fmin((double)g->n, (double)(rows * columns));
        double score = shown * 1e4 + fmin(pw / 1.5, ph);
        if (score > best) {
            best = score;
            g->columns = columns;
            g->panel_w = pw;
            g->panel_h = ph;
        }
    }
}

/* Headings help where there are many charts and few groups have one only. Sets the columns too: no more than the
 * largest group fills. */
static void choose_headings(grid *g)
{
    size_t groups = 0, single = 0, size = 0, largest = 0;
    g->headings = true;
    for (size_t i = g->first; i < g->first + g->n; i++) {
        bool begins = new_group(g, i), ends = i + 1 == g->first + g->n || new_group(g, i + 1);
        size = begins ? 1 : size + 1;
        groups += begins;
        single += begins && ends;
        largest = LEAT_MAX(largest, size);
    }
    g->headings = groups > 1 && 4 * single <= groups && g->n > 6;
    if (g->headings)
        g->columns = LEAT_MIN(g->columns, LEAT_MAX(largest, (size_t)2));
}

/* How wide the rows are. Where panels take what they need, the widest of them, but a title has room. */
static double rows_width(const grid *g)
{
    size_t last = g->first + g->n, next;
    const char *title = g->f->options.title;
    double widest = title && title[0] ? fmin(g->panel_w, SINGLE_WIDTH) : 0;
    if (g->f->class->used_width == NULL)
        return (double)g->columns * (g->panel_w + GAP) - GAP;
    for (size_t i = g->first, row = 0; i < last; i = next, row++) {
        double w = -GAP;
        if (row == ROWS_MEASURED) /* more than one page shows */
            return g->panel_w;
        next = row_end(g, i, last);
        for (size_t k = i; k < next; k++)
            w += GAP + taken_width(g, k);
        widest = fmax(widest, w);
    }
    return widest;
}

static void choose_grid(grid *g, double foot)
{
    const leat_plot_class *k = g->f->class;
    const leat_plot_options *o = &g->f->options;
    bool own_height = k->height != NULL;
    if (o->width > 0) {
        g->fixed = true;
        g->width = o->width;
        g->limit = o->height - foot;
        g->columns = 1;
        g->panel_w = g->width - 2 * MARGIN;
        if (!own_height)
            fit_grid(g, fmax(10, g->limit - head(g, false, o->height) - MARGIN));
        return;
    }
    bool one = g->n == 1 && !own_height;
    size_t abreast = runs_abreast(g);
    g->columns = own_height || one ? 1 : abreast > 0 ? abreast : g->n == 2 || g->n == 4 ? 2 : 3;
    g->panel_w = one ? SINGLE_WIDTH : k->width;
    g->panel_h = own_height ? 0 : one ? SINGLE_HEIGHT : k->panel_height;
    if (g->f->panels[g->first].tag != NULL && g->columns > 1)
        choose_headings(g);
    g->width = rows_width(g) + 2 * MARGIN;
    g->limit = (g->c->class->many_pages ? 1.38 * fmax(g->width, 640)
                : g->n > CROWD          ? CROWD_TALLEST
                                        : TALLEST) -
               foot;
}

static void draw_foot(const grid *g, size_t missing, double y)
{
    char text[80];
    leat_text_style style = {.font = {.size = 11}, .color = g->f->theme.alert, .v = LEAT_CENTER};
    snprintf(text, sizeof text, "%zu more: no room", missing);
    leat_draw_text_within(g->c, MARGIN, y + FOOT / 2, g->width - 2 * MARGIN, text, &style);
}

/* The page's name in the document's outline: its title, else its first tag. */
static void begin_page(const grid *g, size_t i, double height)
{
    const leat_figure *f = g->f;
    const char *name = f->options.title ? f->options.title : f->panels[i].tag;
    char *full = f->chapter && name ? leat_asprintf("%s: %s", f->chapter, leat_shown_name(name)) : NULL;
    if (f->chapter && name && full == NULL)
        leat_canvas_set_error(g->c, leat_fail_memory(1));
    leat_canvas_begin_page(g->c, g->width, height, full ? full : name);
    leat_free(full);
    leat_draw_rect(g->c, 0, 0, g->width, height, 0, &(leat_style){.fill = f->theme.page});
}

/* One page; returns the first panel that it does not hold. */
static size_t draw_page(grid *g, size_t i)
{
    leat_figure *f = g->f;
    leat_canvas *c = g->c;
    double end, foot = 0, y = head(g, false, g->limit);
    size_t last = g->first + g->n, next = fill_page(g, i, y, false, &end);
    size_t missing = f->n_left_out;
    bool cut = last == f->n_panels && missing > 0 && (next == last || !c->class->many_pages);
    if ((next < last && !c->class->many_pages) || cut) {
        foot = FOOT;
        choose_grid(g, foot);
        next = fill_page(g, i, head(g, false, g->limit), false, &end);
    }
    double height = g->fixed ? f->options.height : end + MARGIN + foot;
    begin_page(g, i, ceil(height));
    align_page(g, i, next);
    fill_page(g, i, head(g, true, g->limit), true, &end);
    if (foot > 0)
        draw_foot(g, last - next + (cut ? missing : 0), height - MARGIN / 2 - foot);
    for (size_t k = i; f->page_of && k < next; k++)
        f->page_of[k] = c->n_pages;
    if (f->number_pages) {
        char number[24];
        snprintf(number, sizeof number, "%zu", c->n_pages);
        leat_draw_text(c, g->width / 2, height - 2, number,
                       &(leat_text_style){
                           .font = {.size = 9}, .color = f->theme.muted, .h = LEAT_MIDDLE, .v = LEAT_BOTTOM});
    }
    leat_canvas_end_page(c);
    for (size_t k = i; k < next && !f->keep; k++)
        leat_figure_release(f, k);
    return next;
}

void leat_figure_draw(leat_figure *f, leat_canvas *c, size_t first, size_t n)
{
    grid g = {.f = f, .c = c, .first = first, .n = n};
    if (leat_canvas_status(c) == LEAT_OK)
        choose_grid(&g, 0);
    for (size_t i = first; i < first + n && leat_canvas_status(c) == LEAT_OK;) {
        size_t next = draw_page(&g, i);
        if (next == i && leat_canvas_status(c) == LEAT_OK)
            leat_canvas_set_error(c, leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                                               "a page of %gx%g has no room for a chart", g.width, g.limit));
        if (!c->class->many_pages)
            return;
        i = next;
    }
}

leat_status leat_figure_unknown_suffix(const char *path)
{
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                     "%s: the suffix says no picture format (" LEAT_CANVAS_NAMES ")", path);
}

leat_status leat_figure_write(leat_figure *f, const char *path)
{
    const leat_canvas_class *class = leat_canvas_class_of_path(path);
    if (class == NULL)
        return leat_figure_unknown_suffix(path);
    leat_canvas_options options = {.scale = f->options.scale > 0 ? f->options.scale : 2};
    options.title = f->options.title ? f->options.title : f->n_panels == 1 ? f->panels[0].tag : NULL;
    leat_canvas *c;
    LEAT_TRY(leat_canvas_new(&c, class, &options));
    leat_figure_draw(f, c, 0, f->n_panels);
    leat_status status = leat_canvas_save(c, path);
    leat_canvas_free(c);
    return status;
}

leat_status leat_plot(const char *path, const leat_plot_data *data, const leat_plot_options *options)
{
    leat_figure *f;
    LEAT_TRY(leat_figure_new(&f, data, options));
    leat_status status = leat_figure_write(f, path);
    leat_figure_free(f);
    return status;
}
