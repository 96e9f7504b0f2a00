/* Scalars: a line for every run (or for the mean of several), what was smoothed away behind it. */
#include "viz/figure-private.h"
#include "viz/series-private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct mark {
    leat_mark kind;
    double x, y; /* y NaN: the plot's middle */
} mark;

/* A line as it will be drawn; in the values of the axes. */
typedef struct line {
    leat_run_look look;
    const char *name;
    leat_points main, raw;         /* raw is empty where nothing was smoothed */
    leat_points main_low, raw_low; /* where points fill the columns: the other side of an area */
    leat_points lower, upper;      /* of a band; equal in number */
    mark *marks;
    size_t n_marks, marks_capacity;
} line;

typedef struct prepared {
    leat_chart chart;
    line *lines;
    size_t n_lines;
    char remark[64];
} prepared;

/* A series (or band) at full length, while its panel is prepared. */
typedef struct full {
    double *x, *y, *raw; /* raw is the caller's */
    double *deviation;   /* of a band */
    size_t n;
} full;

leat_scalar_series leat_scalars_at(const leat_plot_data *d, size_t i)
{
    leat_scalar_series s;
    if (d->scalars != NULL || d->scalar_at == NULL)
        return d->scalars[i];
    d->scalar_at(d->user, i, &s);
    return s;
}

static bool scalar_at(const leat_plot_data *d, size_t i, leat_found *s)
{
    if (i >= d->n_scalars)
        return false;
    leat_scalar_series from = leat_scalars_at(d, i);
    *s = (leat_found){from.run, from.tag, from.n, 0, 0};
    if (from.n > 0) {
        s->first = from.wall[0];
        s->last = from.wall[from.n - 1];
    }
    return true;
}

/* ---- which lines there are ---- */

static bool same_line(const leat_figure *f, const leat_item *a, const leat_item *b)
{
    return strcmp(a->tag, b->tag) == 0 && f->line_of[a->run] == f->line_of[b->run];
}

/* A run keeps its colour; tags in one chart differ by dashes, or by colour where there is one run only. */
static leat_run_look look_of(const leat_figure *f, const leat_item *item)
{
    const leat_panel *all = &f->panels[0];
    if (f->n_panels > 1 || all->tag != NULL)
        return leat_theme_run(&f->theme, f->look_of[item->run]);
    size_t nth = 0;
    for (const leat_item *i = f->items; i < item; i++)
        nth += strcmp(i->tag, i[1].tag) != 0;
    if (all->run != SIZE_MAX)
        return leat_theme_run(&f->theme, nth);
    leat_run_look look = leat_theme_run(&f->theme, f->look_of[item->run]);
    leat_run_look dashed = leat_theme_run(&f->theme, nth * f->theme.n_palette);
    memcpy(look.dash, dashed.dash, sizeof look.dash);
    return look;
}

/* `tag` "": the label says no tag; run SIZE_MAX: it says no run. */
static char *label_of(const leat_figure *f, size_t run, const char *tag, size_t members)
{
    size_t from = 0, to = 0;
    const char *name = run == SIZE_MAX ? "" : leat_run_name(f, run), *colon = tag[0] && name[0] ? ": " : "";
    if (members <= 1)
        return leat_asprintf("%s%s%s", name, colon, tag);
    if (f->band.regex.re_nsub > 0)
        leat_pattern_find(&f->band, name, &from, &to);
    if (to > from)
        return leat_asprintf("%.*s%s%s (mean of %zu runs ± sd)", (int)(to - from), name + from, colon, tag,
                             members);
    return leat_asprintf("%s%smean of %zu runs ± sd", tag, colon, members);
}

/* One chart of several tags: an entry for each of its lines. */
static leat_status legend_by_line(leat_figure *f)
{
    bool *seen = leat_alloc_zero(f->n_items, sizeof *seen);
    leat_status status = seen ? LEAT_OK : leat_fail_memory(f->n_items);
    bool one_run = f->panels[0].run != SIZE_MAX;
    for (size_t i = 0; i < f->n_items && status == LEAT_OK; i++) {
        const leat_item *item = &f->items[i];
        size_t members = 0;
        if (seen[i])
            continue;
        /* Items are sorted by tag: those of one line stand together. */
        for (size_t k = i; k < f->n_items && strcmp(f->items[k].tag, item->tag) == 0; k++)
            if (same_line(f, item, &f->items[k])) {
                seen[k] = true;
                members++;
            }
        status = leat_figure_add_key(f, label_of(f, one_run ? SIZE_MAX : item->run, item->tag, members),
                                     look_of(f, item), members > 1 ? LEAT_LEGEND_BAND : LEAT_LEGEND_LINE,
                                     SIZE_MAX);
    }
    leat_free(seen);
    return status;
}

/* Lines look the same in every chart: an entry for each run, or for each mean of several. */
static leat_status legend_by_run(leat_figure *f)
{
    bool *shown = leat_alloc_zero(f->n_runs, sizeof *shown);
    size_t *members = leat_alloc_zero(f->n_runs, sizeof *members);
    leat_status status = shown && members ? LEAT_OK : leat_fail_memory(f->n_runs * sizeof *members);
    for (size_t i = 0; status == LEAT_OK && i < f->n_items; i++) {
        size_t run = f->items[i].run;
        members[f->line_of[run]] += !shown[run];
        shown[run] = true;
    }
    for (size_t run = 0; status == LEAT_OK && run < f->n_runs; run++) {
        size_t first = f->line_of[run];
        if (!shown[run] || members[first] == 0)
            continue;
        status = leat_figure_add_key(f, label_of(f, run, "", members[first]),
                                     leat_theme_run(&f->theme, f->look_of[run]),
                                     members[first] > 1 ? LEAT_LEGEND_BAND : LEAT_LEGEND_LINE, first);
        members[first] = 0;
    }
    leat_free(shown);
    leat_free(members);
    return status;
}

static leat_status scalar_legend(leat_figure *f)
{
    return f->n_panels == 1 && f->panels[0].tag == NULL ? legend_by_line(f) : legend_by_run(f);
}

/* ---- full series ---- */

static void full_free(full *s)
{
    leat_free(s->x);
    leat_free(s->y);
    leat_free(s->deviation);
    *s = (full){0};
}

static leat_status full_load(full *out, const leat_figure *f, const leat_scalar_series *s)
{
    *out = (full){.n = s->n, .raw = (double *)s->value};
    out->x = leat_alloc_zero(s->n, sizeof *out->x);
    out->y = leat_alloc_zero(s->n, sizeof *out->y);
    if (out->x == NULL || out->y == NULL) {
        full_free(out);
        return leat_fail_memory(s->n * sizeof *out->y);
    }
    leat_series_x(s, f->options.x_axis, out->x);
    leat_smooth(s->value, s->n, f->options.smoothing, out->y);
    return LEAT_OK;
}

/* Stable insertion into order of x; series are nearly always in order already, so this is linear for them, and
 * those that went back (restarts kept) are merged by runs. */
static leat_status sort_by_x(full *s)
{
    size_t falls = 0;
    for (size_t i = 1; i < s->n; i++)
        falls += s->x[i] < s->x[i - 1];
    if (falls == 0)
        return LEAT_OK;
    double *tx = leat_alloc_zero(s->n, sizeof *tx), *ty = leat_alloc_zero(s->n, sizeof *ty);
    if (tx == NULL || ty == NULL) {
        leat_free(tx);
        leat_free(ty);
        return leat_fail_memory(2 * s->n * sizeof *tx);
    }
    for (size_t width = 1; width < s->n; width *= 2) { /* merge sort, bottom up */
        for (size_t a = 0; a < s->n; a += 2 * width) {
            size_t i = a, mid = LEAT_MIN(a + width, s->n), j = mid, end = LEAT_MIN(a + 2 * width, s->n);
            for (size_t k = a; k < end; k++) {
                size_t from = j >= end || (i < mid && s->x[i] <= s->x[j]) ? i++ : j++;
                tx[k] = s->x[from];
                ty[k] = s->y[from];
            }
        }
        memcpy(s->x, tx, s->n * sizeof *tx);
        memcpy(s->y, ty, s->n * sizeof *ty);
    }
    leat_free(tx);
    leat_free(ty);
    return LEAT_OK;
}

/* The mean of the members of one line. */
static leat_status full_band(full *out, const leat_figure *f, const leat_item *const *members, size_t n)
{
    full *each = leat_alloc_zero(n, sizeof *each);
    leat_curve *curves = leat_alloc_zero(n, sizeof *curves);
    leat_band band = {0};
    leat_status status = each && curves ? LEAT_OK : leat_fail_memory(n * sizeof *each);
    for (size_t i = 0; i < n && status == LEAT_OK; i++) {
        status = full_load(&each[i], f, &members[i]->scalars);
        if (status == LEAT_OK)
            status = sort_by_x(&each[i]);
        curves[i] = (leat_curve){each[i].x, each[i].y, each[i].n};
    }
    if (status == LEAT_OK)
        status = leat_band_make(curves, n, &band);
    for (size_t i = 0; each && i < n; i++)
        full_free(&each[i]);
    leat_free(each);
    leat_free(curves);
    *out = (full){.x = band.x, .y = band.mean, .deviation = band.deviation, .n = band.n};
    return status;
}

/* ---- ranges of the axes ---- */

static bool shown(double v, const leat_axis *a)
{
    return isfinite(v) && (!a->log || v > 0);
}

static bool within(double v, const double limits[2])
{
    return !(v < limits[0]) && !(v > limits[1]); /* true where a limit is NaN */
}

/* Outliers are left out for the sake of the rest: where the rest would hardly gain, a curve that falls smoothly
 * would lose its beginning for nothing. */
static bool worth_hiding(leat_extent inner, leat_extent all, const leat_axis *a)
{
    double (*at)(double) = a->log ? log10 : NULL;
    double part = at ? at(inner.hi) - at(inner.lo) : inner.hi / 2 - inner.lo / 2,
           whole = at ? at(all.hi) - at(all.lo) : all.hi / 2 - all.lo / 2;
    return whole > 1.5 * part;
}

/* TensorBoard fits the axis to the smoothed lines, and so do we; but where little more shows the pale unsmoothed
 * ones too, it is given to them. */
static void add_pale_extent(const leat_figure *f, const prepared *p, const full *s, leat_extent *e)
{
    leat_extent pale = *e;
    for (size_t i = 0; s->raw && i < s->n; i++)
        if (shown(s->raw[i], &p->chart.y) && shown(s->x[i], &p->chart.x) && within(s->x[i], f->options.xlim))
            leat_extent_add(&pale, s->raw[i]);
    if (!worth_hiding(*e, pale, &p->chart.y))
        *e = pale;
}

/* Adds one line's range of y: TensorBoard's percentiles, of this line by itself. */
static leat_status add_y_extent(const leat_figure *f, const prepared *p, const full *s, leat_extent *out)
{
    double *values = leat_alloc_zero(s->n, sizeof *values);
    size_t n = 0;
    leat_extent e = LEAT_EXTENT_EMPTY;
    if (values == NULL)
        return leat_fail_memory(s->n * sizeof *values);
    for (size_t i = 0; i < s->n; i++) {
        if (!shown(s->y[i], &p->chart.y) || !shown(s->x[i], &p->chart.x) || !within(s->x[i], f->options.xlim))
            continue;
        values[n++] = s->y[i];
        leat_extent_add(&e, s->y[i]);
        if (s->deviation && s->deviation[i] > 0 && shown(s->y[i] - s->deviation[i], &p->chart.y))
            leat_extent_add(&e, s->y[i] - s->deviation[i]);
        if (s->deviation)
            leat_extent_add(&e, s->y[i] + s->deviation[i]);
    }
    if (!f->options.keep_outliers && !s->deviation && n > 0) {
        leat_extent inner = leat_outlier_extent(values, n);
        if (worth_hiding(inner, e, &p->chart.y))
            e = inner;
    }
    leat_free(values);
    if (n > 0) {
        add_pale_extent(f, p, s, &e);
        leat_extent_add(out, e.lo);
        leat_extent_add(out, e.hi);
    }
    return LEAT_OK;
}

static leat_status fit_axes(const leat_figure *f, prepared *p, const full *s, size_t n)
{
    leat_extent x = LEAT_EXTENT_EMPTY, y = LEAT_EXTENT_EMPTY;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < s[i].n; k++)
            if (shown(s[i].x[k], &p->chart.x))
                leat_extent_add(&x, s[i].x[k]);
        LEAT_TRY(add_y_extent(f, p, &s[i], &y));
    }
    leat_axis_fit(&p->chart.x, x, f->options.xlim, true);
    leat_axis_fit(&p->chart.y, y, f->options.ylim, false);
    return LEAT_OK;
}

/* ---- marks ---- */

static leat_status add_mark(line *l, leat_mark kind, double x, double y)
{
    LEAT_TRY(leat_grow(&l->marks, &l->marks_capacity, l->n_marks + 1, sizeof *l->marks));
    l->marks[l->n_marks++] = (mark){kind, x, y};
    return LEAT_OK;
}

/* Marks closer than this to the last of their kind would only hide it. */
#define MARK_SPACING 12.0

static leat_status find_marks(prepared *p, line *l, const full *s, double width)
{
    double last_at[LEAT_MARKS];
    double last_y = NAN;
    for (int i = 0; i < LEAT_MARKS; i++)
        last_at[i] = -INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        double x = s->x[i], y = s->y[i];
        if (!shown(x, &p->chart.x) || (isfinite(y) && !shown(y, &p->chart.y))) {
            p->chart.not_positive++;
            continue;
        }
        double at = leat_axis_at(&p->chart.x, x);
        if (at < 0 || at > 1)
            continue;
        leat_mark kind = isnan(y)            ? LEAT_MARK_NAN
                         : isinf(y)          ? (y > 0 ? LEAT_MARK_INF : LEAT_MARK_MINUS_INF)
                         : y > p->chart.y.hi ? LEAT_MARK_CLIP_ABOVE
                         : y < p->chart.y.lo ? LEAT_MARK_CLIP_BELOW
                                             : LEAT_MARK_POINT;
        if (isfinite(y))
            last_y = y;
        if (kind == LEAT_MARK_POINT) {
            p->chart.pale_outside += s->raw && (s->raw[i] > p->chart.y.hi || s->raw[i] < p->chart.y.lo);
            continue;
        }
        p->chart.notes[kind]++;
        if (fabs(at - last_at[kind]) * width < MARK_SPACING)
            continue;
        last_at[kind] = at;
        LEAT_TRY(add_mark(l, kind, x, last_y));
    }
    return LEAT_OK;
}

/* Points with no neighbour to draw a line to. */
static leat_status find_points(prepared *p, line *l)
{
    const leat_points *m = &l->main;
    if (l->main_low.n > 0)
        return LEAT_OK;
    for (size_t i = 0; i < m->n; i++) {
        bool alone = !isnan(m->at[i].y) && (i == 0 || isnan(m->at[i - 1].y)) &&
                     (i + 1 == m->n || isnan(m->at[i + 1].y));
        if (alone && m->at[i].y >= p->chart.y.lo && m->at[i].y <= p->chart.y.hi)
            LEAT_TRY(add_mark(l, LEAT_MARK_POINT, m->at[i].x, m->at[i].y));
    }
    return LEAT_OK;
}

/* ---- reduction to what is drawn ---- */

static leat_status reduce_band(prepared *p, line *l, const full *s, size_t columns)
{
    double *edge = leat_alloc_zero(s->n, sizeof *edge);
    if (edge == NULL)
        return leat_fail_memory(s->n * sizeof *edge);
    leat_status status = LEAT_OK;
    for (int side = 0; side < 2 && status == LEAT_OK; side++) {
        for (size_t i = 0; i < s->n; i++) {
            edge[i] = s->y[i] + (side ? 1 : -1) * s->deviation[i];
            if (p->chart.y.log && edge[i] < p->chart.y.lo / 2)
                edge[i] = p->chart.y.lo / 2; /* below the plot, where the clip hides it */
        }
        status = leat_series_reduce(s->x, edge, s->n, &p->chart.x, &p->chart.y, columns,
                                    side ? &l->upper : &l->lower, NULL);
    }
    leat_free(edge);
    return status;
}

static leat_status reduce_line(const leat_figure *f, prepared *p, line *l, const full *s, size_t columns)
{
    bool dashed = l->look.dash[0] > 0; /* an area has no dashes */
    LEAT_TRY(leat_series_reduce(s->x, s->y, s->n, &p->chart.x, &p->chart.y, columns, &l->main,
                                dashed ? NULL : &l->main_low));
    if (s->deviation)
        LEAT_TRY(reduce_band(p, l, s, columns));
    else if (f->options.smoothing > 0 && s->n > 1)
        LEAT_TRY(
            leat_series_reduce(s->x, s->raw, s->n, &p->chart.x, &p->chart.y, columns, &l->raw, &l->raw_low));
    LEAT_TRY(find_marks(p, l, s, (double)columns));
    return find_points(p, l);
}

/* The panel's lines at full length: s[i] belongs to p->lines[i]. */
static leat_status load_lines(leat_figure *f, const leat_panel *panel, prepared *p, full *s)
{
    const leat_item *items = &f->items[panel->first];
    const leat_item **members = leat_alloc_zero(panel->n, sizeof *members);
    bool *done = leat_alloc_zero(panel->n, sizeof *done);
    leat_status status = members && done ? LEAT_OK : leat_fail_memory(panel->n * sizeof *members);
    for (size_t i = 0; i < panel->n && status == LEAT_OK; i++) {
        size_t n = 0;
        if (done[i])
            continue;
        for (size_t k = i; k < panel->n; k++)
            if (same_line(f, &items[i], &items[k])) {
                done[k] = true;
                members[n++] = &items[k];
            }
        line *l = &p->lines[p->n_lines];
        l->look = look_of(f, &items[i]);
        l->name = leat_run_name(f, items[i].run);
        status = n > 1 ? full_band(&s[p->n_lines], f, members, n)
                       : full_load(&s[p->n_lines], f, &items[i].scalars);
        p->n_lines++;
    }
    leat_free(members);
    leat_free(done);
    return status;
}

static void set_up_chart(const leat_figure *f, const leat_panel *panel, leat_chart *k)
{
    k->title = leat_panel_title(f, panel);
    k->xlabel = leat_figure_xlabel(f);
    k->ylabel = f->options.ylabel ? f->options.ylabel : k->title == NULL ? panel->tag : NULL;
    leat_figure_x_axis(f, &k->x);
    k->y = (leat_axis){.kind = LEAT_AXIS_NUMBER, .log = f->options.log_y};
}

static void scalar_release(leat_panel *panel)
{
    prepared *p = panel->prepared;
    for (size_t i = 0; i < p->n_lines; i++) {
        leat_points_free(&p->lines[i].main);
        leat_points_free(&p->lines[i].raw);
        leat_points_free(&p->lines[i].main_low);
        leat_points_free(&p->lines[i].raw_low);
        leat_points_free(&p->lines[i].lower);
        leat_points_free(&p->lines[i].upper);
        leat_free(p->lines[i].marks);
    }
    leat_free(p->lines);
    leat_free(p);
}

static leat_status scalar_prepare(leat_figure *f, leat_panel *panel, double width)
{
    prepared *p = leat_alloc_zero(1, sizeof *p);
    full *s = leat_alloc_zero(panel->n, sizeof *s);
    leat_status status = p && s ? LEAT_OK : leat_fail_memory(sizeof *p);
    panel->prepared = p;
    if (status == LEAT_OK) {
        p->lines = leat_alloc_zero(panel->n, sizeof *p->lines);
        set_up_chart(f, panel, &p->chart);
        status = p->lines ? load_lines(f, panel, p, s) : leat_fail_memory(panel->n * sizeof *p->lines);
    }
    if (status == LEAT_OK)
        status = fit_axes(f, p, s, p->n_lines);
    for (size_t i = 0; status == LEAT_OK && i < p->n_lines; i++)
        status = reduce_line(f, p, &p->lines[i], &s[i], (size_t)fmax(width, 50));
    for (size_t i = 0; s && i < panel->n; i++)
        full_free(&s[i]);
    leat_free(s);
    if (status != LEAT_OK && p)
        leat_figure_release(f, (size_t)(panel - f->panels));
    return status;
}

/* ---- drawing ---- */

/* Far outside the plot a coordinate says nothing but overflows what formats hold. */
static double bounded(double v, double from, double size)
{
    return fmin(fmax(v, from - 4 * size - 50), from + 5 * size + 50);
}

static leat_point place(const leat_chart *k, leat_box b, leat_point v)
{
    return (leat_point){bounded(leat_chart_x(k, b, v.x), b.x, b.w),
                        bounded(leat_chart_y(k, b, v.y), b.y, b.h)};
}

/* An area at least as high as the line is wide, and never too narrow to be seen. */
static void draw_area(leat_canvas *c, leat_point *p, size_t n, double width, leat_color color)
{
    for (size_t i = 0; i < n; i++)
        p[i].y -= width / 2;
    for (size_t i = n; i < 2 * n; i++)
        p[i].y += width / 2;
    if (p[n - 1].x - p[0].x < width) {
        p[0].x -= width / 2;
        p[2 * n - 1].x -= width / 2;
        p[n - 1].x += width / 2;
        p[n].x += width / 2;
    }
    leat_draw_polygon(c, p, 2 * n, &(leat_style){.fill = color});
}

static void draw_lines(leat_canvas *c, const leat_chart *k, leat_box b, const leat_points *points,
                       const leat_points *low, const leat_style *style)
{
    leat_point *p = leat_alloc_zero(points->n + 1, 2 * sizeof *p);
    if (p == NULL) {
        leat_canvas_set_error(c, leat_fail_memory(points->n * 2 * sizeof *p));
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < points->n; i++) {
        if (!isnan(points->at[i].y)) {
            p[n++] = place(k, b, points->at[i]);
            continue;
        }
        for (size_t m = 0; low->n > 0 && m < n; m++)
            p[n + m] = place(k, b, low->at[i - 1 - m]);
        if (low->n > 0)
            draw_area(c, p, n, style->width, style->stroke);
        else
            leat_draw_polyline(c, p, n, style);
        n = 0;
    }
    leat_free(p);
}

static void draw_band(leat_canvas *c, const leat_chart *k, leat_box b, const line *l)
{
    size_t n = 0;
    leat_point *p = leat_alloc_zero(l->lower.n + l->upper.n, sizeof *p);
    if (p == NULL) {
        leat_canvas_set_error(c, leat_fail_memory(2 * l->lower.n * sizeof *p));
        return;
    }
    for (size_t i = 0; i < l->upper.n; i++)
        if (!isnan(l->upper.at[i].y))
            p[n++] = place(k, b, l->upper.at[i]);
    for (size_t i = l->lower.n; i-- > 0;)
        if (!isnan(l->lower.at[i].y))
            p[n++] = place(k, b, l->lower.at[i]);
    leat_draw_polygon(c, p, n, &(leat_style){.fill = leat_color_alpha(l->look.color, 0.2)});
    leat_free(p);
}

static void draw_marks(leat_canvas *c, const leat_theme *theme, const leat_chart *k, leat_box b,
                       const line *l)
{
    for (size_t i = 0; i < l->n_marks; i++) {
        const mark *m = &l->marks[i];
        double x = leat_chart_x(k, b, m->x);
        double y = isnan(m->y) ? b.y + b.h / 2 : bounded(leat_chart_y(k, b, m->y), b.y, b.h);
        y = m->kind == LEAT_MARK_CLIP_ABOVE   ? b.y + 1.5
            : m->kind == LEAT_MARK_CLIP_BELOW ? b.y + b.h - 1.5
                                              : y;
        leat_draw_mark(c, m->kind, x, fmin(b.y + b.h, fmax(b.y, y)), l->look.color, theme);
    }
}

static void scalar_draw(leat_figure *f, leat_canvas *c, leat_panel *panel, leat_box box)
{
    const prepared *p = panel->prepared;
    leat_box b = leat_chart_frame(c, &f->theme, &p->chart, box, 8);
    if (b.w <= 0)
        return;
    double wider = leat_chart_line_scale(box);
    leat_push_clip(c, b);
    for (size_t i = 0; i < p->n_lines; i++) {
        const line *l = &p->lines[i];
        draw_band(c, &p->chart, b, l);
        draw_lines(c, &p->chart, b, &l->raw, &l->raw_low,
                   &(leat_style){.stroke = leat_color_alpha(l->look.color, 0.25), .width = 1.5 * wider});
    }
    for (size_t i = 0; i < p->n_lines; i++) {
        const line *l = &p->lines[i];
        leat_push_group(c, &(leat_group){.class = "run", .title = l->name});
        draw_lines(c, &p->chart, b, &l->main, &l->main_low,
                   &(leat_style){.stroke = l->look.color,
                                 .width = 2 * wider,
                                 .dash = {l->look.dash[0] * wider, l->look.dash[1] * wider}});
        leat_pop_group(c);
    }
    leat_pop_clip(c);
    for (size_t i = 0; i < p->n_lines; i++)
        draw_marks(c, &f->theme, &p->chart, b, &p->lines[i]);
}

static leat_chart *scalar_chart(leat_panel *panel)
{
    return &((prepared *)panel->prepared)->chart;
}

const leat_plot_class leat_plot_scalars = {
    .width = 340,
    .panel_height = 240,
    .series = scalar_at,
    .legend = scalar_legend,
    .prepare = scalar_prepare,
    .draw = scalar_draw,
    .chart = scalar_chart,
    .release = scalar_release,
};
