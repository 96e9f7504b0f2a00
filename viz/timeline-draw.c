/* timeline-draw.c - the page of a timeline: words, how many workers were busy, lanes, axis, legend. */
#include "config.h"
#include "viz/ticks-private.h"
#include "viz/timeline-private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 960.0
#define MARGIN 16.0
#define LANE 24.0 /* of up to MANY workers; less for more */
#define LANE_GAP 7.0
#define MANY 16
#define BUSY_H 40.0  /* the strip that counts busy workers */
#define LABEL_W 74.0 /* "worker 12" */
#define SHARE_W 62.0 /* "93 % busy" */
#define AXIS_H 30.0
#define FONT 10.0
#define WORD_LINES 6 /* of words under the title */
#define KINDS LEAT_TIMELINE_KINDS

static leat_text_style style_of(const leat_tdrawing *d, leat_halign h)
{
    return (leat_text_style){.font = {.size = FONT}, .color = d->theme.muted, .h = h, .v = LEAT_CENTER};
}

static leat_color idle_color(const leat_tdrawing *d)
{
    return leat_color_mix(d->theme.page, d->theme.ink, 0.07);
}

/* ---- lanes ---- */

/* Thin lanes are named as far apart as names are high. */
static void draw_lanes(const leat_tdrawing *d)
{
    uint32_t step = (uint32_t)ceil((FONT + 3) / (d->lane + d->gap));
    for (uint32_t i = 0; i < d->f->n_workers; i++) {
        char text[48];
        double y = leat_tlane_y(d, i), busy = d->f->ns > 0 ? d->f->worker_ns[i] / d->f->ns : 0;
        leat_text_style style = style_of(d, LEAT_RIGHT);
        leat_draw_rect(d->c, d->x0, y, d->x1 - d->x0, d->lane, 2, &(leat_style){.fill = idle_color(d)});
        if (i % LEAT_MAX(step, 1u) != 0)
            continue;
        snprintf(text, sizeof text, "worker %u", i);
        leat_draw_text(d->c, d->x0 - 6, y + d->lane / 2, text, &style);
        style.h = LEAT_LEFT;
        snprintf(text, sizeof text, "%.0f %% busy", 100 * LEAT_MIN(busy, 1));
        leat_draw_text(d->c, d->x1 + 6, y + d->lane / 2, text, &style);
    }
}

/* ---- how many were busy ---- */

static void add_busy(const leat_tdrawing *d, double *busy, size_t n)
{
    for (size_t i = 0; i < d->run->n_events; i++) {
        double a = leat_tat(d, (double)d->run->events[i].start_ns) - d->x0;
        double b = leat_tat(d, (double)d->run->events[i].end_ns) - d->x0;
        for (size_t k = (size_t)a; k <= (size_t)b && k < n; k++)
            busy[k] += LEAT_MAX(0, LEAT_MIN(b, (double)k + 1) - LEAT_MAX(a, (double)k));
    }
}

/* The area of busy workers by pixel, above the lanes. */
static leat_status draw_busy(const leat_tdrawing *d, double top)
{
    size_t n = (size_t)ceil(d->x1 - d->x0), k = 0;
    double *busy = leat_alloc_zero(n + 1, sizeof *busy), before = -1;
    leat_point *points = leat_alloc_zero(2 * n + 6, sizeof *points);
    if (!busy || !points) {
        leat_free(busy);
        leat_free(points);
        return leat_fail_memory(n * sizeof *points);
    }
    add_busy(d, busy, n);
    points[k++] = (leat_point){d->x0, top + BUSY_H};
    for (size_t i = 0; i < n; i++) {
        double y = top + round(4 * BUSY_H * (1 - LEAT_MIN(busy[i] / d->f->n_workers, 1))) / 4;
        if (y == before)
            continue;
        if (i > 0)
            points[k++] = (leat_point){d->x0 + (double)i, before};
        points[k++] = (leat_point){d->x0 + (double)i, y};
        before = y;
    }
    if (n > 0)
        points[k++] = (leat_point){d->x1, before};
    points[k++] = (leat_point){d->x1, top + BUSY_H};
    leat_draw_polygon(d->c, points, k,
                      &(leat_style){.fill = leat_color_mix(d->theme.page, d->theme.ink, 0.3)});
    leat_free(busy);
    leat_free(points);
    leat_style line = {.stroke = d->theme.axis, .width = 0.7},
               full = {.stroke = d->theme.axis, .width = 0.5, .dash = {2, 2}};
    leat_draw_line(d->c, d->x0, top, d->x1, top, &full);
    leat_draw_line(d->c, d->x0, top + BUSY_H, d->x1, top + BUSY_H, &line);
    leat_text_style style = style_of(d, LEAT_RIGHT);
    char text[32];
    snprintf(text, sizeof text, "%u", d->f->n_workers);
    leat_draw_text(d->c, d->x0 - 6, top + 3, text, &style);
    leat_draw_text(d->c, d->x0 - 6, top + BUSY_H / 2, "busy", &style);
    leat_draw_text(d->c, d->x0 - 6, top + BUSY_H - 3, "0", &style);
    if (d->n_cpus > 0 && d->n_cpus < d->f->n_workers) {
        double y = top + BUSY_H * (1 - (double)d->n_cpus / d->f->n_workers);
        leat_draw_line(d->c, d->x0, y, d->x1, y, &full);
        snprintf(text, sizeof text, d->n_cpus == 1 ? "%u CPU" : "%u CPUs", d->n_cpus);
        style.h = LEAT_LEFT;
        leat_draw_text(d->c, d->x1 + 6, LEAT_MIN(y, top + BUSY_H - 3), text, &style);
    }
    return LEAT_OK;
}

/* ---- axis ---- */

static void draw_axis(const leat_tdrawing *d, double y)
{
    static const struct {
        double ns;
        const char *name;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "\u00b5s"}, {1, "ns"}};
    size_t unit = 0;
    leat_ticks ticks;
    while (unit + 1 < LEAT_LEN(units) && d->f->ns < 2 * units[unit].ns)
        unit++;
    leat_ticks_linear(&ticks, 0, LEAT_MAX(d->f->ns, 1) / units[unit].ns, LEAT_MIN(8, (d->x1 - d->x0) / 70));
    leat_style line = {.stroke = d->theme.axis, .width = 0.7};
    leat_draw_line(d->c, d->x0, y, d->x1, y, &line);
    leat_text_style style = style_of(d, LEAT_MIDDLE);
    for (size_t i = 0; i < ticks.n; i++) {
        double x = leat_tat(d, ticks.at[i].value * units[unit].ns);
        leat_draw_line(d->c, x, y, x, y + (ticks.at[i].minor ? 2 : 4), &line);
        if (!ticks.at[i].minor)
            leat_draw_text(d->c, x, y + 12, ticks.at[i].label, &style);
    }
    /* Beside the axis, unless the last number reaches there. */
    bool room = ticks.n == 0 || leat_tat(d, ticks.at[ticks.n - 1].value * units[unit].ns) < d->x1 - 24;
    style.h = room ? LEAT_LEFT : LEAT_RIGHT;
    leat_draw_text(d->c, room ? d->x1 + 6 : d->x1 + SHARE_W, y + 12, units[unit].name, &style);
}

/* ---- legend ---- */

typedef enum swatch { SWATCH_BOX, SWATCH_LINE, SWATCH_IDLE, SWATCH_HELPED } swatch;

static void draw_swatch(const leat_tdrawing *d, double x, double y, leat_color color, swatch kind)
{
    leat_style style = {.fill = color};
    if (kind == SWATCH_LINE) {
        leat_draw_line(d->c, x, y + 8, x + 11, y + 8, &(leat_style){.stroke = color, .width = 2.4});
        return;
    }
    if (kind == SWATCH_HELPED)
        style = leat_thelped_style(d, 0);
    else if (kind == SWATCH_IDLE)
        style.stroke = d->theme.axis, style.width = 0.5;
    leat_draw_rect(d->c, x, y + 3, 10, 10, 2, &style);
}

static void add_entry(const leat_tdrawing *d, double *x, double *y, const char *text, leat_color color,
                      swatch kind, bool draw)
{
    leat_text_style style = style_of(d, LEAT_LEFT);
    double room = d->x1 + SHARE_W - MARGIN - 16;
    char *shown = leat_shorten_text(d->c, text, &style.font, room);
    if (shown == NULL)
        return;
    double w = 16 + leat_text_width(d->c, shown, &style.font);
    if (*x > MARGIN && *x + w > d->x1 + SHARE_W) {
        *x = MARGIN;
        *y += 16;
    }
    if (draw) {
        draw_swatch(d, *x, *y, color, kind);
        leat_draw_text(d->c, *x + 15, *y + 8, shown, &style);
    }
    *x += w + 16;
    leat_free(shown);
}

static void put_kind(leat_buf *b, const char *op, double ns, double all)
{
    leat_buf_clear(b);
    leat_text_clean(b, op, LEAT_MIN(strlen(op), (size_t)60));
    leat_buf_puts(b, " ");
    leat_put_duration_ns(b, ns);
    double percent = all > 0 ? 100 * ns / all : 0;
    if (percent > 0 && percent < 0.5)
        leat_buf_puts(b, " (< 1 %)");
    else
        leat_buf_printf(b, " (%.0f %%)", percent);
}

/* Kinds of ops with their time, the critical path, idle; returns the height. */
static double draw_legend(const leat_tdrawing *d, double top, bool draw)
{
    double x = MARGIN, y = top, rest = 0;
    leat_buf b = {0};
    for (size_t i = 0; i < d->f->n_kinds; i++) {
        if (i >= KINDS) {
            rest += d->f->kinds[i].ns;
            continue;
        }
        put_kind(&b, d->f->kinds[i].op, d->f->kinds[i].ns, d->f->busy_ns);
        if (leat_buf_status(&b) == LEAT_OK)
            add_entry(d, &x, &y, b.data, leat_tkind_color(d, (uint32_t)i), SWATCH_BOX, draw);
    }
    if (d->f->n_kinds > KINDS) {
        char others[48];
        size_t n = d->f->n_kinds - KINDS;
        snprintf(others, sizeof others, n == 1 ? "%zu other kind" : "%zu other kinds", n);
        put_kind(&b, others, rest, d->f->busy_ns);
        if (leat_buf_status(&b) == LEAT_OK)
            add_entry(d, &x, &y, b.data, leat_tkind_color(d, KINDS), SWATCH_BOX, draw);
    }
    if (d->f->n_helped > 0)
        add_entry(d, &x, &y, "tiles of another worker's op", 0, SWATCH_HELPED, draw);
    if (d->f->n_critical > 0)
        add_entry(d, &x, &y, "critical path", leat_tpath_color(d), SWATCH_LINE, draw);
    add_entry(d, &x, &y, "idle", idle_color(d), SWATCH_IDLE, draw);
    if (leat_buf_status(&b) != LEAT_OK)
        leat_canvas_set_error(d->c, leat_buf_status(&b));
    leat_buf_free(&b);
    return y + 16 - top;
}

/* ---- the page ---- */

/* A sentence a line, each wrapped; the first in ink, the others muted. Returns the y behind them. */
static double draw_words(const leat_tdrawing *d, const char *words, double y, double width, bool draw)
{
    leat_text_style style = {.font = {.size = 11}, .color = d->theme.ink, .v = LEAT_TOP};
    size_t left = WORD_LINES;
    while (*words != '\0' && left > 0) {
        size_t n = strcspn(words, "\n"), count = 0;
        char *sentence = leat_strndup(words, n), **lines = NULL;
        if (sentence == NULL) {
            leat_canvas_set_error(d->c, leat_fail_memory(n));
            return y;
        }
        leat_wrap_text(d->c, sentence, &style.font, width, LEAT_MIN(left, (size_t)3), &lines, &count);
        for (size_t i = 0; i < count; i++, y += 15)
            if (draw)
                leat_draw_text(d->c, MARGIN, y, lines[i], &style);
        leat_free_lines(lines, count);
        leat_free(sentence);
        left -= LEAT_MIN(left, count);
        style.color = d->theme.muted;
        words += n + (words[n] == '\n');
    }
    return y;
}

/* Title and words; returns where the drawing begins. Measures only, where `draw` is false. */
static double draw_head(const leat_tdrawing *d, const char *title, const char *words, double width, bool draw)
{
    double y = MARGIN;
    leat_text_style style = {.font = {.size = 14, .bold = true}, .color = d->theme.ink, .v = LEAT_TOP};
    if (title) {
        char *shown = leat_shorten_text(d->c, title, &style.font, width - 2 * MARGIN);
        if (shown && draw)
            leat_draw_text(d->c, MARGIN, y - 2, shown, &style);
        leat_free(shown);
        y += 21;
    }
    return draw_words(d, words, y, width - 2 * MARGIN, draw) + 10;
}

static leat_status draw_page(leat_tdrawing *d, const char *title, const char *words, double width,
                             const leat_figures *tables)
{
    d->x0 = MARGIN + LABEL_W;
    d->x1 = width - MARGIN - SHARE_W;
    d->lane = d->f->n_workers <= MANY ? LANE : LEAT_MAX(3, LANE * MANY / d->f->n_workers);
    d->gap = LEAT_MIN(LANE_GAP, LEAT_MAX(1, 0.3 * d->lane));
    d->scale = (d->x1 - d->x0) / LEAT_MAX(d->f->ns, 1);
    double busy = draw_head(d, title, words, width, false);
    d->y = busy + BUSY_H + 10;
    double axis = leat_tlane_y(d, d->f->n_workers) + 2, legend = axis + AXIS_H;
    double table = legend + draw_legend(d, 0, false) + (tables ? MARGIN : 0);
    double height = ceil(table + (tables ? leat_timeline_table(d, tables, 0, width, false) : 0) + MARGIN);
    leat_canvas_begin_page(d->c, width, height, title);
    leat_draw_rect(d->c, 0, 0, width, height, 0, &(leat_style){.fill = d->theme.page});
    draw_head(d, title, words, width, true);
    LEAT_TRY(draw_busy(d, busy));
    draw_lanes(d);
    LEAT_TRY(leat_timeline_bars(d));
    if (d->f->n_critical > 0)
        LEAT_TRY(leat_timeline_critical(d));
    leat_timeline_labels(d);
    draw_axis(d, axis);
    draw_legend(d, legend, true);
    if (tables)
        leat_timeline_table(d, tables, table, width, true);
    leat_canvas_end_page(d->c);
    return leat_canvas_status(d->c);
}

leat_status leat_plot_timeline_on(leat_canvas *canvas, const leat_timeline *run,
                                  const leat_timeline_options *options)
{
    return leat_draw_timeline(canvas, run, options, NULL);
}

leat_status leat_draw_timeline(leat_canvas *canvas, const leat_timeline *run,
                               const leat_timeline_options *options, const leat_figures *tables)
{
    leat_timeline_options o = {0};
    leat_tfigures f = {0};
    leat_buf verdict = {0};
    if (options)
        memcpy(&o, options, LEAT_MIN(options->size, sizeof o));
    leat_tdrawing d = {.c = canvas,
                       .run = run,
                       .f = &f,
                       .n_cpus = o.n_cpus,
                       .theme = leat_theme_make(o.dark, LEAT_PALETTE_SAFE)};
    double width = o.width > 0 ? LEAT_MIN(LEAT_MAX(o.width, 320), 9000) : WIDTH;
    leat_status st = leat_timeline_figures(run, &f);
    if (st == LEAT_OK && o.words == NULL) {
        leat_timeline_put_verdict(&f, &verdict);
        st = leat_buf_status(&verdict);
    }
    if (st == LEAT_OK)
        st = draw_page(&d, o.title, o.words ? o.words : verdict.data, width, tables);
    leat_buf_free(&verdict);
    leat_timeline_figures_free(&f);
    return st;
}

leat_status leat_plot_timeline(const char *path, const leat_timeline *run,
                               const leat_timeline_options *options)
{
    leat_canvas *canvas;
    const leat_canvas_class *class = leat_canvas_class_of_path(path);
    if (!class)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "%s: the suffix says no picture format (" LEAT_CANVAS_NAMES ")", path);
    leat_canvas_options how = {.title = options ? options->title : NULL, .scale = 2};
    LEAT_TRY(leat_canvas_new(&canvas, class, &how));
    leat_status st = leat_plot_timeline_on(canvas, run, options);
    if (st == LEAT_OK)
        st = leat_canvas_save(canvas, path);
    leat_canvas_free(canvas);
    return st;
}
