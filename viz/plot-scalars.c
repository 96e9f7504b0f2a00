/* Scalars: a line for every run (or for the mean of several), what was smoothed away behind it. */
#include "viz/plot-scalars-private.h"
#include <math.h>
#include <string.h>

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

static void full_free(leat_full_series *s)
{
    leat_free(s->x);
    leat_free(s->y);
    leat_free(s->deviation);
    *s = (leat_full_series){0};
}

static leat_status full_load(leat_full_series *out, const leat_figure *f, const leat_scalar_series *s)
{
    *out = (leat_full_series){.n = s->n, .raw = (double *)s->value};
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
static leat_status sort_by_x(leat_full_series *s)
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
static leat_status full_band(leat_full_series *out, const leat_figure *f, const leat_item *const *members,
                             size_t n)
{
    leat_full_series *each = leat_alloc_zero(n, sizeof *each);
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
    *out = (leat_full_series){.x = band.x, .y = band.mean, .deviation = band.deviation, .n = band.n};
    return status;
}

/* ---- panels ---- */

/* The panel's lines at full length: s[i] belongs to p->lines[i]. */
static leat_status load_lines(leat_figure *f, const leat_panel *panel, leat_scalar_panel *p,
                              leat_full_series *s)
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
        leat_scalar_line *l = &p->lines[p->n_lines];
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
    leat_scalar_panel *p = panel->prepared;
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
    leat_scalar_panel *p = leat_alloc_zero(1, sizeof *p);
    leat_full_series *s = leat_alloc_zero(panel->n, sizeof *s);
    leat_status status = p && s ? LEAT_OK : leat_fail_memory(sizeof *p);
    panel->prepared = p;
    if (status == LEAT_OK) {
        p->lines = leat_alloc_zero(panel->n, sizeof *p->lines);
        set_up_chart(f, panel, &p->chart);
        status = p->lines ? load_lines(f, panel, p, s) : leat_fail_memory(panel->n * sizeof *p->lines);
    }
    if (status == LEAT_OK)
        status = leat_scalar_fit(f, p, s, p->n_lines);
    for (size_t i = 0; status == LEAT_OK && i < p->n_lines; i++)
        status = leat_scalar_reduce(f, p, &p->lines[i], &s[i], (size_t)fmax(width, 50));
    for (size_t i = 0; s && i < panel->n; i++)
        full_free(&s[i]);
    leat_free(s);
    if (status != LEAT_OK && p)
        leat_figure_release(f, (size_t)(panel - f->panels));
    return status;
}

static leat_chart *scalar_chart(leat_panel *panel)
{
    return &((leat_scalar_panel *)panel->prepared)->chart;
}

const leat_plot_class leat_plot_scalars = {
    .width = 340,
    .panel_height = 240,
    .series = scalar_at,
    .legend = scalar_legend,
    .prepare = scalar_prepare,
    .draw = leat_scalar_draw,
    .chart = scalar_chart,
    .release = scalar_release,
};
