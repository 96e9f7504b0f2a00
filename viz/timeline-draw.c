/* timeline-draw.c - lanes of workers, bars of ops. What is narrower than a pixel is gathered by pixel. */
#include "config.h"
#include "viz/ticks-private.h"
#include "viz/timeline-private.h"

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 960.0
#define MARGIN 16.0
#define LANE 24.0 /* of up to MANY workers; less for more */
#define MANY 24
#define LANE_GAP 5.0
#define BUSY_H 40.0  /* the strip that counts busy workers */
#define LABEL_W 74.0 /* "worker 12" */
#define SHARE_W 58.0 /* "93 % busy" */
#define AXIS_H 30.0
#define KINDS 7    /* with a colour of their own; the others share one */
#define NARROW 0.8 /* bars below are gathered */
#define FONT 10.0

typedef struct drawing {
    leat_canvas *c;
    const leat_timeline *run;
    const leat_tfigures *f;
    leat_theme theme;
    double x0, x1, y, lane, scale; /* scale: page units a nanosecond */
} drawing;

static leat_color kind_color(const drawing *d, uint32_t kind)
{
    leat_color other = d->theme.dark ? LEAT_RGB(0x70757a) : LEAT_RGB(0xbdc1c6);
    return kind < KINDS ? d->theme.palette[(kind + 1) % d->theme.n_palette] : other;
}

static double lane_y(const drawing *d, uint32_t worker)
{
    return d->y + worker * (d->lane + LANE_GAP);
}

static double at_time(const drawing *d, double ns)
{
    return d->x0 + LEAT_MIN(ns, d->f->ns) * d->scale;
}

static double bar_width(const drawing *d, const leat_timeline_event *e)
{
    return ((double)e->end_ns - (double)e->start_ns) * d->scale;
}

static leat_text_style style_of(const drawing *d, leat_halign h, double size)
{
    return (leat_text_style){.font = {.size = size}, .color = d->theme.muted, .h = h, .v = LEAT_CENTER};
}

/* ---- lanes ---- */

static void draw_lanes(const drawing *d)
{
    leat_color bare = leat_color_mix(d->theme.page, d->theme.ink, 0.05);
    double size = LEAT_MIN(FONT, d->lane * 0.9);
    for (uint32_t i = 0; i < d->f->n_workers; i++) {
        char text[48];
        double y = lane_y(d, i), busy = d->f->ns > 0 ? d->f->worker_ns[i] / d->f->ns : 0;
        leat_text_style style = style_of(d, LEAT_RIGHT, size);
        leat_draw_rect(d->c, d->x0, y, d->x1 - d->x0, d->lane, 2, &(leat_style){.fill = bare});
        if (size < 4)
            continue;
        snprintf(text, sizeof text, "worker %u", i);
        leat_draw_text(d->c, d->x0 - 6, y + d->lane / 2, text, &style);
        style.h = LEAT_LEFT;
        snprintf(text, sizeof text, "%.0f %% busy", 100 * LEAT_MIN(busy, 1));
        leat_draw_text(d->c, d->x1 + 6, y + d->lane / 2, text, &style);
    }
}

/* ---- bars ---- */

static void draw_bar(const drawing *d, size_t i)
{
    const leat_timeline_event *e = &d->run->events[i];
    double x = at_time(d, (double)e->start_ns), w = LEAT_MAX(bar_width(d, e), NARROW),
           y = lane_y(d, e->worker);
    leat_color fill = kind_color(d, d->f->kind_of[i]);
    leat_style style = {.fill = fill};
    if (w > 3) /* neighbours of one colour stay apart */
        style.stroke = d->theme.page, style.width = 0.5;
    leat_draw_rect(d->c, x, y, w, d->lane, LEAT_MIN(2, w / 4), &style);
    if (w < 26 || d->lane < 12)
        return;
    leat_text_style text = {.font = {.size = 9}, .color = leat_color_ink_on(fill), .v = LEAT_CENTER};
    char *shown = leat_shorten_text(d->c, e->name, &text.font, w - 6);
    if (shown && strlen(shown) > 3)
        leat_draw_text(d->c, x + 3, y + d->lane / 2, shown, &text);
    leat_free(shown);
}

/* Busy time of each coloured kind in one pixel column of one lane. */
typedef struct pixel {
    float ns[KINDS + 1];
} pixel;

static void add_to_pixels(const drawing *d, size_t i, pixel *row, size_t n)
{
    const leat_timeline_event *e = &d->run->events[i];
    uint32_t kind = LEAT_MIN(d->f->kind_of[i], (uint32_t)KINDS);
    double at = LEAT_MIN((double)e->start_ns, d->f->ns) * d->scale;
    size_t column = LEAT_MIN((size_t)LEAT_MAX(at, 0), n - 1);
    row[column].ns[kind] += (float)((double)e->end_ns - (double)e->start_ns);
}

/* A column is as high as it was busy, in the colour of what took most of it. */
static void draw_pixels(const drawing *d, uint32_t worker, const pixel *row, size_t n)
{
    double column_ns = 1 / d->scale;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        uint32_t most = 0;
        for (uint32_t k = 0; k <= KINDS; k++) {
            sum += row[i].ns[k];
            if (row[i].ns[k] > row[i].ns[most])
                most = k;
        }
        if (sum <= 0)
            continue;
        double h = d->lane * LEAT_MAX(LEAT_MIN(sum / column_ns, 1), 0.12);
        leat_draw_rect(d->c, d->x0 + (double)i, lane_y(d, worker) + d->lane - h, 1, h, 0,
                       &(leat_style){.fill = kind_color(d, most)});
    }
}

static leat_status draw_bars(const drawing *d)
{
    size_t n = (size_t)ceil(d->x1 - d->x0) + 1;
    pixel *pixels = leat_alloc_zero(n * d->f->n_workers, sizeof *pixels);
    if (!pixels)
        return leat_fail_memory(n * d->f->n_workers * sizeof *pixels);
    for (size_t i = 0; i < d->run->n_events; i++)
        if (bar_width(d, &d->run->events[i]) < NARROW)
            add_to_pixels(d, i, pixels + n * d->run->events[i].worker, n);
    for (uint32_t w = 0; w < d->f->n_workers; w++)
        draw_pixels(d, w, pixels + n * w, n);
    leat_free(pixels);
    for (size_t i = 0; i < d->run->n_events; i++)
        if (bar_width(d, &d->run->events[i]) >= NARROW)
            draw_bar(d, i);
    return LEAT_OK;
}

/* ---- the critical path ---- */

typedef struct stop {
    const leat_timeline_event *e;
} stop;

static int by_start(const void *a, const void *b)
{
    const stop *p = a, *q = b;
    return p->e->start_ns < q->e->start_ns ? -1 : p->e->start_ns > q->e->start_ns;
}

/* Fills `points` with the path: along the lower end of each critical bar, stepping from lane to lane. What
 * would lie within a pixel of what is there on the same lane is left out; `reach` has how far each lane is
 * done. */
static size_t trace_critical(const drawing *d, const stop *stops, size_t n, double *reach, leat_point *points)
{
    size_t k = 0;
    for (uint32_t w = 0; w < d->f->n_workers; w++)
        reach[w] = -1;
    for (size_t i = 0; i < n; i++) {
        uint32_t w = stops[i].e->worker;
        double y = lane_y(d, w) + d->lane + 1.5;
        double x = at_time(d, (double)stops[i].e->start_ns), end = at_time(d, (double)stops[i].e->end_ns);
        if (end - reach[w] < 1)
            continue;
        reach[w] = end;
        points[k++] = (leat_point){x, y};
        points[k++] = (leat_point){end, y};
    }
    return k;
}

static leat_status draw_critical(const drawing *d)
{
    stop *stops = leat_alloc_zero(d->f->n_critical, sizeof *stops);
    leat_point *points = leat_alloc_zero(2 * d->f->n_critical, sizeof *points);
    double *reach = leat_alloc_zero(d->f->n_workers, sizeof *reach);
    leat_status st = stops && points && reach ? LEAT_OK : leat_fail_memory(d->f->n_critical * sizeof *points);
    size_t n = 0;
    if (st == LEAT_OK) {
        for (size_t i = 0; i < d->run->n_events; i++)
            if (d->run->events[i].critical)
                stops[n++].e = &d->run->events[i];
        qsort(stops, n, sizeof *stops, by_start);
        n = trace_critical(d, stops, n, reach, points);
        leat_draw_polyline(d->c, points, n, &(leat_style){.stroke = d->theme.alert, .width = 1.6});
    }
    leat_free(stops);
    leat_free(points);
    leat_free(reach);
    return st;
}

/* ---- how many were busy ---- */

/* The area of busy workers by pixel, above the lanes. */
static leat_status draw_busy(const drawing *d, double top)
{
    size_t n = (size_t)ceil(d->x1 - d->x0) + 1;
    double *busy = leat_alloc_zero(n + 1, sizeof *busy);
    leat_point *points = leat_alloc_zero(n + 2, sizeof *points);
    if (!busy || !points) {
        leat_free(busy);
        leat_free(points);
        return leat_fail_memory(n * sizeof *points);
    }
    for (size_t i = 0; i < d->run->n_events; i++) {
        double a = at_time(d, (double)d->run->events[i].start_ns) - d->x0;
        double b = at_time(d, (double)d->run->events[i].end_ns) - d->x0;
        for (size_t k = (size_t)a; k <= (size_t)b && k < n; k++)
            busy[k] += LEAT_MAX(0, LEAT_MIN(b, (double)k + 1) - LEAT_MAX(a, (double)k));
    }
    points[0] = (leat_point){d->x0, top + BUSY_H};
    for (size_t i = 0; i < n; i++) {
        double part = LEAT_MIN(busy[i] / d->f->n_workers, 1);
        points[i + 1] = (leat_point){LEAT_MIN(d->x0 + (double)i + 0.5, d->x1), top + BUSY_H * (1 - part)};
    }
    points[n + 1] = (leat_point){d->x1, top + BUSY_H};
    leat_draw_polygon(d->c, points, n + 2,
                      &(leat_style){.fill = leat_color_mix(d->theme.page, d->theme.ink, 0.25)});
    leat_draw_line(d->c, d->x0, top + BUSY_H, d->x1, top + BUSY_H,
                   &(leat_style){.stroke = d->theme.axis, .width = 0.7});
    leat_free(busy);
    leat_free(points);
    leat_text_style style = style_of(d, LEAT_RIGHT, FONT);
    char text[32];
    snprintf(text, sizeof text, "%u", d->f->n_workers);
    leat_draw_text(d->c, d->x0 - 6, top + 4, text, &style);
    leat_draw_text(d->c, d->x0 - 6, top + BUSY_H / 2, "busy", &style);
    leat_draw_text(d->c, d->x0 - 6, top + BUSY_H - 3, "0", &style);
    return LEAT_OK;
}

/* ---- axis ---- */

static void draw_axis(const drawing *d, double y)
{
    static const struct {
        double ns;
        const char *name;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "\u00b5s"}, {1, "ns"}};
    size_t unit = 0;
    leat_ticks ticks;
    while (unit + 1 < LEAT_LEN(units) && d->f->ns < 2 * units[unit].ns)
        unit++;
    leat_ticks_linear(&ticks, 0, LEAT_MAX(d->f->ns, 1) / units[unit].ns, 8);
    leat_style line = {.stroke = d->theme.axis, .width = 0.7};
    leat_draw_line(d->c, d->x0, y, d->x1, y, &line);
    leat_text_style style = style_of(d, LEAT_MIDDLE, FONT);
    for (size_t i = 0; i < ticks.n; i++) {
        double x = at_time(d, ticks.at[i].value * units[unit].ns);
        leat_draw_line(d->c, x, y, x, y + (ticks.at[i].minor ? 2 : 4), &line);
        if (!ticks.at[i].minor)
            leat_draw_text(d->c, x, y + 12, ticks.at[i].label, &style);
    }
    style.h = LEAT_LEFT;
    leat_draw_text(d->c, d->x1 + 6, y + 12, units[unit].name, &style);
}

/* ---- legend ---- */

static void add_entry(const drawing *d, double *x, double *y, const char *text, leat_color color, bool line,
                      bool draw)
{
    leat_text_style style = style_of(d, LEAT_LEFT, FONT);
    double w = 16 + leat_text_width(d->c, text, &style.font), left = MARGIN;
    if (*x > left && *x + w > d->x1 + SHARE_W) {
        *x = left;
        *y += 16;
    }
    if (draw && line)
        leat_draw_line(d->c, *x, *y + 8, *x + 11, *y + 8, &(leat_style){.stroke = color, .width = 1.6});
    else if (draw)
        leat_draw_rect(d->c, *x, *y + 3, 10, 10, 2, &(leat_style){.fill = color});
    if (draw)
        leat_draw_text(d->c, *x + 15, *y + 8, text, &style);
    *x += w + 16;
}

static void put_kind(leat_buf *b, const char *op, double ns, double all)
{
    leat_buf_clear(b);
    leat_text_clean(b, op, LEAT_MIN(strlen(op), (size_t)60));
    leat_buf_puts(b, " ");
    leat_put_duration_ns(b, ns);
    leat_buf_printf(b, " (%.0f %%)", all > 0 ? 100 * ns / all : 0);
}

/* Kinds of ops with their time, the critical path, idle; returns the height. */
static double draw_legend(const drawing *d, double top, bool draw)
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
            add_entry(d, &x, &y, b.data, kind_color(d, (uint32_t)i), false, draw);
    }
    if (d->f->n_kinds > KINDS) {
        char others[48];
        snprintf(others, sizeof others, "%zu other kinds", d->f->n_kinds - KINDS);
        put_kind(&b, others, rest, d->f->busy_ns);
        if (leat_buf_status(&b) == LEAT_OK)
            add_entry(d, &x, &y, b.data, kind_color(d, KINDS), false, draw);
    }
    if (d->f->n_critical > 0)
        add_entry(d, &x, &y, "critical path", d->theme.alert, true, draw);
    add_entry(d, &x, &y, "idle", leat_color_mix(d->theme.page, d->theme.ink, 0.05), false, draw);
    if (leat_buf_status(&b) != LEAT_OK)
        leat_canvas_set_error(d->c, leat_buf_status(&b));
    leat_buf_free(&b);
    return y + 16 - top;
}

/* ---- the page ---- */

/* Title and verdict; returns where the drawing begins. Measures only, where `draw` is false. */
static double draw_head(const drawing *d, const char *title, double width, bool draw)
{
    double y = MARGIN;
    leat_buf verdict = {0};
    char **lines = NULL;
    size_t n = 0;
    leat_text_style style = {.font = {.size = 14, .bold = true}, .color = d->theme.ink, .v = LEAT_TOP};
    if (title) {
        char *shown = leat_shorten_text(d->c, title, &style.font, width - 2 * MARGIN);
        if (shown && draw)
            leat_draw_text(d->c, MARGIN, y - 2, shown, &style);
        leat_free(shown);
        y += 21;
    }
    style.font = (leat_font){.size = 11};
    leat_timeline_put_verdict(d->f, &verdict);
    if (leat_buf_status(&verdict) == LEAT_OK)
        leat_wrap_text(d->c, verdict.data, &style.font, width - 2 * MARGIN, 3, &lines, &n);
    else
        leat_canvas_set_error(d->c, leat_buf_status(&verdict));
    for (size_t i = 0; i < n; i++, y += 15)
        if (draw)
            leat_draw_text(d->c, MARGIN, y, lines[i], &style);
    leat_free_lines(lines, n);
    leat_buf_free(&verdict);
    return y + 8;
}

static leat_status draw_page(drawing *d, const char *title, double width)
{
    d->x0 = MARGIN + LABEL_W;
    d->x1 = width - MARGIN - SHARE_W;
    d->lane = d->f->n_workers <= MANY ? LANE : LEAT_MAX(3, LANE * MANY / d->f->n_workers);
    d->scale = (d->x1 - d->x0) / LEAT_MAX(d->f->ns, 1);
    double busy = draw_head(d, title, width, false);
    d->y = busy + BUSY_H + 10;
    double axis = lane_y(d, d->f->n_workers) + 2, legend = axis + AXIS_H;
    double height = ceil(legend + draw_legend(d, 0, false) + MARGIN);
    leat_canvas_begin_page(d->c, width, height, title);
    leat_draw_rect(d->c, 0, 0, width, height, 0, &(leat_style){.fill = d->theme.page});
    draw_head(d, title, width, true);
    LEAT_TRY(draw_busy(d, busy));
    draw_lanes(d);
    LEAT_TRY(draw_bars(d));
    if (d->f->n_critical > 0)
        LEAT_TRY(draw_critical(d));
    draw_axis(d, axis);
    draw_legend(d, legend, true);
    leat_canvas_end_page(d->c);
    return leat_canvas_status(d->c);
}

leat_status leat_plot_timeline_on(leat_canvas *canvas, const leat_timeline *run,
                                  const leat_timeline_options *options)
{
    leat_timeline_options o = {0};
    leat_tfigures f = {0};
    if (options)
        memcpy(&o, options, LEAT_MIN(options->size, sizeof o));
    drawing d = {
        .c = canvas, .run = run, .f = &f, .theme = leat_theme_make(o.dark, LEAT_PALETTE_TENSORBOARD)};
    double width = o.width > 0 ? LEAT_MIN(LEAT_MAX(o.width, 320), 9000) : WIDTH;
    leat_status st = leat_timeline_figures(run, &f);
    if (st == LEAT_OK)
        st = draw_page(&d, o.title, width);
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
