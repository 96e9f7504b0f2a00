#include "viz/chart-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool some(const char *text)
{
    return text != NULL && text[0] != '\0';
}

leat_box leat_draw_text_within(leat_canvas *c, double x, double y, double width, const char *text,
                               const leat_text_style *style)
{
    leat_box box = {x, y, 0, 0};
    char *fit = leat_shorten_text(c, text, &style->font, width);
    if (fit && fit[0])
        box = leat_draw_text(c, x, y, fit, style);
    leat_free(fit);
    return box;
}

double leat_text_line(leat_canvas *c, const char *text, const leat_font *font)
{
    leat_extents e;
    leat_measure_text(c, text, font, &e);
    return fmax(leat_line_height(font), e.logical.h);
}

/* ---- marks ---- */

void leat_draw_mark(leat_canvas *c, leat_mark mark, double x, double y, leat_color color,
                    const leat_theme *theme)
{
    const double r = 5;
    bool up = mark != LEAT_MARK_MINUS_INF && mark != LEAT_MARK_CLIP_BELOW;
    double s = up ? 1 : -1;
    if (mark == LEAT_MARK_POINT) {
        leat_draw_ellipse(c, x, y, 4, 4, &(leat_style){.fill = color});
    } else if (mark == LEAT_MARK_CLIP_ABOVE || mark == LEAT_MARK_CLIP_BELOW) {
        leat_point p[3] = {{x - 3.5, y + 3.5 * s}, {x, y}, {x + 3.5, y + 3.5 * s}};
        leat_draw_polyline(c, p, 3, &(leat_style){.stroke = color, .width = 1.5, .round_cap = true});
    } else {
        leat_point p[3] = {{x, y - r * s}, {x + 0.9 * r, y + 0.6 * r * s}, {x - 0.9 * r, y + 0.6 * r * s}};
        bool empty = mark == LEAT_MARK_NAN;
        leat_style style = {.fill = empty ? theme->panel : color, .stroke = empty ? color : theme->panel};
        style.width = empty ? 1.5 : 1;
        leat_draw_polygon(c, p, 3, &style);
    }
}

/* ---- the frame's layout ---- */

typedef struct frame {
    leat_canvas *c;
    const leat_theme *theme;
    const leat_chart *chart;
    leat_box box, plot;
    leat_font title, small, tick;
    double tick_height; /* of a line of numbers */
    leat_ticks x, y;
    double y_width; /* of the widest number of the y axis */
} frame;

/* Small charts have somewhat smaller letters, down to what print still shows; large ones larger letters, since
 * they will be shrunk. */
static double letters(leat_box box)
{
    double large = fmin(box.w / 640, box.h / 380);
    return large > 1 ? fmin(1.6, large) : fmin(1, fmax(0.72, fmin(box.w / 340, box.h / 220)));
}

double leat_chart_line_scale(leat_box box)
{
    return fmax(1, letters(box));
}

leat_font leat_chart_number_font(leat_box box)
{
    return (leat_font){.size = 10 * letters(box)};
}

static void choose_fonts(frame *f)
{
    double k = letters(f->box);
    f->title = (leat_font){.size = 12.5 * k, .bold = true};
    f->small = (leat_font){.size = 10.5 * k};
    f->tick = leat_chart_number_font(f->box);
    f->tick_height = leat_text_line(f->c, "10⁻⁸", &f->tick);
}

/* Every text below the plot, from the bottom up; each only while the plot stays higher than wide lines are. */
static double take_bottom(frame *f, const char *text, double height, double *left)
{
    (void)f;
    if (!some(text) || *left - height < 40)
        return 0;
    *left -= height;
    return height;
}

static void choose_y_ticks(frame *f)
{
    f->y = (leat_ticks){0};
    f->y_width = 0;
    if (f->chart->no_y || f->plot.h < f->tick_height)
        return;
    /* A scale is read from three numbers or more: as many as stand apart by more than half a line; two of them
     * also where they only just do. */
    size_t want = (size_t)fmin(7, fmax(2, f->plot.h / (1.6 * f->tick_height)));
    for (;; want--) {
        double apart = want > 2 ? 1.6 : 1.05;
        leat_axis_ticks(&f->chart->y, want, &f->y);
        double last = INFINITY;
        bool fits = true;
        for (size_t i = 0; i < f->y.n; i++) {
            double y = leat_chart_y(f->chart, f->plot, f->y.at[i].value);
            if (f->y.at[i].minor)
                continue;
            fits = fits && last - y >= apart * f->tick_height;
            last = y;
        }
        if (fits)
            break;
        if (want == 2) { /* one number is better than two on one another */
            f->y.n = LEAT_MIN(f->y.n, 1u);
            break;
        }
    }
    for (size_t i = 0; i < f->y.n; i++)
        if (!f->y.at[i].minor)
            f->y_width = fmax(f->y_width, leat_text_width(f->c, f->y.at[i].label, &f->tick));
    if (f->y_width > 0.45 * f->box.w) { /* no room for both the numbers and the plot */
        f->y.n = 0;
        f->y_width = 0;
    }
}

/* The number's box on the x axis: centred on its tick, moved in where it would leave the chart. */
static double label_left(const frame *f, double x, double width)
{
    return fmax(f->box.x, fmin(x - width / 2, f->box.x + f->box.w - width));
}

/* Are the labels `gap` apart? With `drop` those that are not are taken away. */
static bool x_labels_fit(frame *f, double gap, bool drop)
{
    double end = -INFINITY;
    bool all = true;
    for (size_t i = 0; i < f->x.n; i++) {
        leat_tick *t = &f->x.at[i];
        if (t->minor)
            continue;
        double w = leat_text_width(f->c, t->label, &f->tick);
        double left = label_left(f, leat_chart_x(f->chart, f->plot, t->value), w);
        if (left < end + gap || w > f->box.w) {
            all = false;
            if (drop)
                t->label[0] = '\0';
            continue;
        }
        end = left + w;
    }
    return all;
}

static void choose_x_ticks(frame *f)
{
    size_t want = (size_t)fmin(8, fmax(2, f->plot.w / 40));
    double least = 0.6 * f->tick.size;
    for (;; want--) {
        leat_axis_ticks(&f->chart->x, want, &f->x);
        if (x_labels_fit(f, want > 3 ? 1.6 * f->tick.size : least, false))
            return;
        if (want == 2)
            break;
    }
    x_labels_fit(f, least, true);
}

/* ---- drawing ---- */

static void draw_y_axis(frame *f, double left)
{
    leat_style grid = {.stroke = f->theme->grid, .width = 1};
    leat_text_style text = {.font = f->tick, .color = f->theme->muted, .h = LEAT_RIGHT, .v = LEAT_CENTER};
    for (size_t i = 0; i < f->y.n; i++) {
        const leat_tick *t = &f->y.at[i];
        double y = leat_chart_y(f->chart, f->plot, t->value);
        if (t->minor) {
            leat_draw_line(f->c, f->plot.x - 3, y, f->plot.x, y,
                           &(leat_style){.stroke = f->theme->axis, .width = 0.75});
            continue;
        }
        leat_draw_line(f->c, f->plot.x, y, f->plot.x + f->plot.w, y, &grid);
        leat_draw_text(f->c, left, y, t->label, &text);
    }
}

static void draw_x_axis(frame *f)
{
    double bottom = f->plot.y + f->plot.h;
    leat_style axis = {.stroke = f->theme->axis, .width = 1};
    leat_text_style text = {.font = f->tick, .color = f->theme->muted, .v = LEAT_TOP};
    for (size_t i = 0; i < f->x.n; i++) {
        const leat_tick *t = &f->x.at[i];
        double x = leat_chart_x(f->chart, f->plot, t->value);
        if (!t->minor)
            leat_draw_line(f->c, x, f->plot.y, x, bottom,
                           &(leat_style){.stroke = f->theme->grid, .width = 1});
        leat_draw_line(f->c, x, bottom, x, bottom + (t->minor ? 3 : 4), &axis);
        if (t->minor || t->label[0] == '\0')
            continue;
        double w = leat_text_width(f->c, t->label, &f->tick);
        leat_draw_text(f->c, label_left(f, x, w), bottom + 3 + f->tick_height / 2, t->label, &text);
    }
    leat_draw_line(f->c, f->plot.x, bottom, f->plot.x + f->plot.w, bottom, &axis);
    if (!f->chart->no_y)
        leat_draw_line(f->c, f->plot.x, f->plot.y, f->plot.x, bottom, &axis);
}

/* One explained mark, or a remark without one, at *x; only where there is room for it whole, but for the first. */
static void draw_note(frame *f, double *x, double y, int mark, const char *text)
{
    double w = leat_text_width(f->c, text, &f->small), sign = mark >= 0 ? 14 : 0, right = f->box.x + f->box.w;
    if (mark < 0 && *x == f->box.x && *x + w > right)
        w = fmax(0, right - *x);
    if (*x + sign + w > right)
        return;
    if (mark >= 0)
        leat_draw_mark(f->c, (leat_mark)mark, *x + 5,
                       y + (mark == LEAT_MARK_CLIP_ABOVE   ? -2
                            : mark == LEAT_MARK_CLIP_BELOW ? 2
                                                           : 0),
                       f->theme->muted, f->theme);
    leat_draw_text_within(f->c, *x + sign, y, w + 0.1, text,
                          &(leat_text_style){.font = f->small, .color = f->theme->muted, .v = LEAT_CENTER});
    *x += sign + w + 14;
}

bool leat_chart_has_notes(const leat_chart *chart)
{
    for (size_t i = 0; i < LEAT_MARK_POINT; i++)
        if (chart->notes[i] > 0)
            return true;
    return chart->not_positive > 0 || chart->pale_outside > 0 || some(chart->remark);
}

static void draw_notes(frame *f, double y)
{
    bool above = f->chart->notes[LEAT_MARK_CLIP_ABOVE] > 0;
    const char *const texts[] = {"%s NaN", "%s +∞", "%s −∞", "%s above the range",
                                 above ? "%s below it" : "%s below the range"};
    double x = f->box.x;
    char text[96], count[LEAT_NUMBER_SIZE];
    if (some(f->chart->remark))
        draw_note(f, &x, y, -1, f->chart->remark);
    for (int i = 0; i < LEAT_MARK_POINT; i++) {
        if (f->chart->notes[i] == 0)
            continue;
        snprintf(text, sizeof text, texts[i], leat_format_count(count, (int64_t)f->chart->notes[i]));
        draw_note(f, &x, y, i, text);
    }
    if (f->chart->not_positive > 0) {
        snprintf(text, sizeof text, "%s ≤ 0 not shown",
                 leat_format_count(count, (int64_t)f->chart->not_positive));
        draw_note(f, &x, y, -1, text);
    }
    if (f->chart->pale_outside > 0) {
        snprintf(text, sizeof text, "%s unsmoothed outside",
                 leat_format_count(count, (int64_t)f->chart->pale_outside));
        draw_note(f, &x, y, -1, text);
    }
}

static double titles_height(const frame *f)
{
    const leat_chart *k = f->chart;
    double h = 0;
    if (some(k->title))
        h = leat_text_line(f->c, k->title, &f->title);
    if (some(k->subtitle))
        h = fmax(h, leat_text_line(f->c, k->subtitle, &f->small));
    return h > f->box.h / 3 ? 0 : h;
}

/* Title and subtitle on one line: the subtitle to the right, in what the title leaves. */
static void draw_titles(frame *f, double h)
{
    const leat_chart *k = f->chart;
    double y = f->box.y + h / 2, room = f->box.w;
    if (h == 0)
        return;
    leat_text_style title = {.font = f->title, .color = f->theme->ink, .v = LEAT_CENTER};
    leat_text_style sub = {.font = f->small, .color = f->theme->muted, .v = LEAT_CENTER, .h = LEAT_RIGHT};
    if (some(k->title)) {
        double limit = some(k->subtitle)
                           ? fmax(0.6 * room, room - 12 - leat_text_width(f->c, k->subtitle, &f->small))
                           : room;
        leat_box b = leat_draw_text_within(f->c, f->box.x, y, limit, k->title, &title);
        room -= b.w + 12;
    }
    if (some(k->subtitle) && room > 0)
        leat_draw_text_within(f->c, f->box.x + f->box.w, y, room, k->subtitle, &sub);
}

static void draw_labels(frame *f, double ylabel_w, double xlabel_y)
{
    const leat_chart *k = f->chart;
    leat_text_style text = {.font = f->small, .color = f->theme->ink, .h = LEAT_MIDDLE, .v = LEAT_CENTER};
    if (ylabel_w > 0) {
        text.angle = -90;
        leat_draw_text_within(f->c, f->box.x + ylabel_w / 2, f->plot.y + f->plot.h / 2, f->plot.h, k->ylabel,
                              &text);
        text.angle = 0;
    }
    if (xlabel_y > 0) {
        char *label = f->x.note[0] ? leat_asprintf("%s (%s)", k->xlabel, f->x.note) : leat_strdup(k->xlabel);
        if (label == NULL)
            leat_canvas_set_error(f->c, leat_fail_memory(1));
        else
            leat_draw_text_within(f->c, f->plot.x + f->plot.w / 2, xlabel_y, f->plot.w, label, &text);
        leat_free(label);
    }
}

/* Where texts below and beside the plot stand. */
typedef struct chart_rows {
    double ticks_h, xlabel_h, notes_h, ylabel_w;
} chart_rows;

/* The plot's box, from the title's height on, but for the numbers of the y axis, which are chosen then. */
static chart_rows lay_out(frame *f, double top)
{
    const leat_chart *chart = f->chart;
    leat_canvas *c = f->c;
    leat_box box = f->box;
    double left = box.h - top - f->tick_height * 0.6;
    double small = leat_line_height(&f->small) + 3;
    double ticks_h = left > 40 + f->tick_height ? 1.5 * f->tick_height + 5 : 0;
    left -= ticks_h;
    double xlabel_h = take_bottom(
        f, chart->xlabel, some(chart->xlabel) ? fmax(small, leat_text_line(c, chart->xlabel, &f->small)) : 0,
        &left);
    double notes_h =
        take_bottom(f, leat_chart_has_notes(chart) || chart->keep_notes_row ? "yes" : NULL, small, &left);
    double ylabel_w =
        some(chart->ylabel) && box.w > 120 ? leat_text_line(c, chart->ylabel, &f->small) + 3 : 0;
    f->plot = (leat_box){box.x + ylabel_w, box.y + top + f->tick_height * 0.6, box.w - ylabel_w, left};
    if (ticks_h > 0)
        choose_y_ticks(f);
    return (chart_rows){ticks_h, xlabel_h, notes_h, ylabel_w};
}

double leat_chart_numbers_width(leat_canvas *c, const leat_theme *theme, const leat_chart *chart,
                                leat_box box)
{
    frame f = {.c = c, .theme = theme, .chart = chart, .box = box};
    choose_fonts(&f);
    lay_out(&f, titles_height(&f));
    return f.y_width;
}

leat_box leat_chart_frame(leat_canvas *c, const leat_theme *theme, const leat_chart *chart, leat_box box,
                          double right)
{
    frame f = {.c = c, .theme = theme, .chart = chart, .box = box};
    choose_fonts(&f);
    double top = titles_height(&f);
    draw_titles(&f, top);
    chart_rows r = lay_out(&f, top);
    double numbers_w = f.y_width > 0 ? fmax(f.y_width, chart->numbers_width) + 8 : 2;
    f.plot.x += numbers_w;
    f.plot.w -= numbers_w + fmax(6, right);
    if (f.plot.w < 10 || f.plot.h < 8)
        return (leat_box){0};
    leat_draw_rect(c, f.plot.x, f.plot.y, f.plot.w, f.plot.h, 0, &(leat_style){.fill = theme->panel});
    if (r.ticks_h > 0)
        choose_x_ticks(&f);
    draw_y_axis(&f, f.plot.x - 6);
    draw_x_axis(&f);
    double bottom = f.plot.y + f.plot.h + r.ticks_h;
    draw_labels(&f, r.ylabel_w, r.xlabel_h > 0 ? bottom + r.xlabel_h / 2 : 0);
    if (r.notes_h > 0)
        draw_notes(&f, bottom + r.xlabel_h + r.notes_h / 2);
    return f.plot;
}

/* ---- legend ---- */

#define SAMPLE 20      /* width of a legend's line sample */
#define MEASURED 1000u /* entries beyond are shortened to the width of these */

static void draw_sample(leat_canvas *c, const leat_legend_entry *e, double x, double y)
{
    leat_style line = {.stroke = e->look.color, .width = 2.5, .dash = {e->look.dash[0], e->look.dash[1]}};
    if (e->kind == LEAT_LEGEND_BAND)
        leat_draw_rect(c, x, y - 5, SAMPLE, 10, 2,
                       &(leat_style){.fill = leat_color_alpha(e->look.color, 0.25)});
    if (e->kind == LEAT_LEGEND_FILL)
        leat_draw_rect(c, x, y - 5, SAMPLE, 10, 2, &(leat_style){.fill = e->look.color});
    else
        leat_draw_line(c, x, y, x + SAMPLE, y, &line);
}

/* The bytes of the folders that all labels begin with, "experiments/2026/": 0 where there are none. */
static size_t common_folders(const leat_legend_entry *entries, size_t n)
{
    size_t same = strlen(entries[0].label);
    for (size_t i = 1; i < n; i++) {
        size_t k = 0;
        while (k < same && entries[i].label[k] == entries[0].label[k])
            k++;
        same = k;
    }
    while (same > 0 && entries[0].label[same - 1] != '/')
        same--;
    return n > 1 ? same : 0;
}

/* The entry's label without what all have in common. */
static char *short_label(leat_canvas *c, const leat_legend_entry *e, size_t common)
{
    char *label = common > 0 ? leat_asprintf("…/%s", e->label + common) : leat_strdup(e->label);
    if (label == NULL)
        leat_canvas_set_error(c, leat_fail_memory(strlen(e->label) + 4));
    return label;
}

typedef struct label_size {
    double width, above, below; /* of the widest and highest */
} label_size;

static label_size measure_labels(leat_canvas *c, const leat_legend_entry *entries, size_t n, size_t common,
                                 const leat_font *font)
{
    label_size s = {0, 0.9 * font->size, 0.35 * font->size};
    for (size_t i = 0; i < LEAT_MIN(n, MEASURED); i++) {
        leat_extents e;
        char *label = short_label(c, &entries[i], common);
        if (label == NULL)
            break;
        leat_measure_text(c, label, font, &e);
        leat_free(label);
        s.width = fmax(s.width, e.logical.w);
        s.above = fmax(s.above, -e.logical.y);
        s.below = fmax(s.below, e.logical.y + e.logical.h);
    }
    return s;
}

double leat_legend(leat_canvas *c, const leat_theme *theme, const leat_legend_entry *entries, size_t n,
                   leat_box box, bool draw)
{
    leat_font font = {.size = box.w > 1100 ? fmin(17, box.w / 100) : fmin(11, fmax(9, box.w / 50))};
    double most = 0.9 * box.w - SAMPLE - 8;
    if (n == 0 || most < 20)
        return 0;
    if (n > 1)
        most = fmin(most, fmax(0.45 * box.w - SAMPLE - 8, 160));
    size_t common = 0;
    label_size size = measure_labels(c, entries, n, 0, &font);
    if (size.width > most && (common = common_folders(entries, n)) > 0)
        size = measure_labels(c, entries, n, common, &font);
    double row = size.above + size.below + 2, text_w = fmin(size.width, most);
    double cell = SAMPLE + 8 + text_w + 18;
    size_t columns = LEAT_MAX((size_t)((box.w + 18) / cell), (size_t)1), rows = (n + columns - 1) / columns;
    size_t max_rows = LEAT_MAX((size_t)(box.h / row), (size_t)1), shown = n;
    if (rows > max_rows) {
        rows = max_rows;
        shown = rows * columns - 1;
    }
    leat_text_style style = {.font = font, .color = theme->ink, .v = LEAT_BASELINE};
    for (size_t i = 0; draw && i < shown; i++) { /* down the columns: sorted names are read like a list */
        double x = box.x + cell * (double)(i / rows), y = box.y + row * (double)(i % rows) + 1 + size.above;
        char *label = short_label(c, &entries[i], common);
        if (label == NULL)
            break;
        draw_sample(c, &entries[i], x, y - 0.35 * font.size);
        leat_draw_text_within(c, x + SAMPLE + 6, y, text_w, label, &style);
        leat_free(label);
    }
    if (draw && shown < n) {
        char text[40];
        snprintf(text, sizeof text, "and %zu more", n - shown);
        style.color = theme->muted;
        leat_draw_text_within(c, box.x + cell * (double)(shown / rows),
                              box.y + row * (double)(shown % rows) + 1 + size.above, cell - 18, text, &style);
    }
    return row * (double)rows;
}
