#include "config.h"
#include "viz/figure-private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* By leat_plot_kind. */
static const leat_plot_class *const classes[] = {
    [LEAT_PLOT_SCALARS] = &leat_plot_scalars, [LEAT_PLOT_HISTOGRAMS] = &leat_plot_ridges,
    [LEAT_PLOT_OVERLAY] = &leat_plot_overlay, [LEAT_PLOT_DISTRIBUTIONS] = &leat_plot_distributions,
    [LEAT_PLOT_IMAGES] = &leat_plot_images,   [LEAT_PLOT_TEXT] = &leat_plot_texts,
};

/* ---- patterns ---- */

/* POSIX knows no \d and \D, which users of other expressions write. */
static leat_status posix_pattern(const char *text, leat_buf *out)
{
    bool in_brackets = false;
    for (const char *p = text; *p; p++) {
        if (!in_brackets && p[0] == '\\' && p[1] != '\0') {
            p++;
            if (*p == 'd' || *p == 'D')
                leat_buf_puts(out, *p == 'd' ? "[0-9]" : "[^0-9]");
            else
                leat_buf_printf(out, "\\%c", *p);
            continue;
        }
        if (*p == '[' && !in_brackets) {
            in_brackets = true;
            leat_buf_putc(out, *p);
            if (p[1] == '^')
                leat_buf_putc(out, *++p);
            if (p[1] == ']') /* stands for itself here */
                leat_buf_putc(out, *++p);
            continue;
        }
        if (*p == ']')
            in_brackets = false;
        leat_buf_putc(out, *p);
    }
    leat_buf_putc(out, '\0');
    return leat_buf_status(out);
}

leat_status leat_pattern_init(leat_pattern *p, const char *text, const char *what)
{
    *p = (leat_pattern){0};
    if (text == NULL)
        return LEAT_OK;
    leat_buf b = {0};
    leat_status status = posix_pattern(text, &b);
    if (status == LEAT_OK) {
        int error = regcomp(&p->regex, b.data, REG_EXTENDED);
        char reason[120];
        if (error == 0)
            p->set = true;
        else {
            regerror(error, &p->regex, reason, sizeof reason);
            status = error == REG_ESPACE
                         ? leat_fail_memory(b.size)
                         : leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: '%s' is no regular expression: %s", what,
                                     text, reason);
        }
    }
    leat_buf_free(&b);
    return status;
}

bool leat_pattern_matches(const leat_pattern *p, const char *text)
{
    return !p->set || regexec(&p->regex, text, 0, NULL, 0) == 0;
}

bool leat_pattern_find(const leat_pattern *p, const char *text, size_t *from, size_t *to)
{
    regmatch_t m[2];
    if (!p->set || regexec(&p->regex, text, 2, m, 0) != 0)
        return false;
    const regmatch_t *k = p->regex.re_nsub > 0 && m[1].rm_so >= 0 ? &m[1] : &m[0];
    *from = (size_t)k->rm_so;
    *to = (size_t)k->rm_eo;
    return true;
}

void leat_pattern_free(leat_pattern *p)
{
    if (p->set)
        regfree(&p->regex);
    p->set = false;
}

/* ---- options ---- */

void leat_plot_options_init(leat_plot_options *o)
{
    *o = (leat_plot_options){
        .size = sizeof *o,
        .smoothing = 0.6,
        .xlim = {NAN, NAN},
        .ylim = {NAN, NAN},
    };
}

static leat_status check_limits(const char *name, const double limits[2], bool log)
{
    for (int i = 0; i < 2; i++) {
        if (isinf(limits[i]))
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: a limit must be finite", name);
        if (log && limits[i] <= 0)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: a logarithmic axis begins above 0, not at %g",
                             name, limits[i]);
    }
    if (limits[0] >= limits[1]) /* false where one is NaN */
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: %g is not below %g", name, limits[0], limits[1]);
    return LEAT_OK;
}

static leat_status check_options(const leat_plot_options *o)
{
    if (o->size != sizeof *o)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "plot options were not set up by leat_plot_options_init");
    if ((size_t)o->kind >= LEAT_LEN(classes))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "plot kind %d does not exist", (int)o->kind);
    if (!(o->smoothing >= 0 && o->smoothing <= 0.999))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "smoothing %g is not between 0 and 0.999", o->smoothing);
    if (!(o->scale >= 0 && o->scale <= 16))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "scale %g is not between 0 and 16", o->scale);
    if ((o->width != 0) != (o->height != 0) || !(o->width >= 0 && o->height >= 0) ||
        (o->width != 0 && (o->width < 120 || o->height < 100 || o->width > LEAT_CANVAS_MAX_SIDE ||
                           o->height > LEAT_CANVAS_MAX_SIDE)))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a page of %gx%g is not between 120x100 and %dx%d",
                         o->width, o->height, LEAT_CANVAS_MAX_SIDE, LEAT_CANVAS_MAX_SIDE);
    if (o->log_x && o->x_axis == LEAT_X_WALL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "dates have no logarithmic axis: use steps or relative time");
    LEAT_TRY(check_limits("xlim", o->xlim, o->log_x));
    return check_limits("ylim", o->ylim, o->log_y);
}

/* ---- the figure ---- */

leat_status leat_figure_add_key(leat_figure *f, char *label, leat_run_look look, leat_legend_kind kind,
                                size_t run)
{
    leat_status status =
        label ? leat_grow(&f->keys, &f->keys_capacity, f->n_keys + 1, sizeof *f->keys) : leat_fail_memory(1);
    if (status != LEAT_OK) {
        leat_free(label);
        return status;
    }
    f->keys[f->n_keys++] = (leat_key){label, look, kind, run};
    return LEAT_OK;
}

static leat_status build(leat_figure *f)
{
    LEAT_TRY(check_options(&f->options));
    f->class = classes[f->options.kind];
    f->theme = leat_theme_make(f->options.theme == LEAT_THEME_DARK,
                               f->options.safe_colors ? LEAT_PALETTE_SAFE : LEAT_PALETTE_TENSORBOARD);
    LEAT_TRY(leat_pattern_init(&f->tag, f->options.tag, "tag"));
    LEAT_TRY(leat_pattern_init(&f->run, f->options.run, "run"));
    LEAT_TRY(leat_pattern_init(&f->band, f->options.band, "band"));
    LEAT_TRY(leat_figure_select(f));
    return f->class->legend ? f->class->legend(f) : LEAT_OK;
}

leat_status leat_figure_new(leat_figure **out, const leat_plot_data *data, const leat_plot_options *options)
{
    leat_figure *f = leat_alloc_zero(1, sizeof *f);
    *out = NULL;
    if (f == NULL)
        return leat_fail_memory(sizeof *f);
    f->data = data;
    if (options)
        f->options = *options;
    else
        leat_plot_options_init(&f->options);
    leat_status status = build(f);
    if (status != LEAT_OK) {
        leat_figure_free(f);
        return status;
    }
    *out = f;
    return LEAT_OK;
}

leat_status leat_figure_twin(leat_figure **out, const leat_figure *of, leat_plot_theme theme)
{
    leat_figure *f = leat_alloc_zero(1, sizeof *f);
    *out = NULL;
    if (f == NULL)
        return leat_fail_memory(sizeof *f);
    *f = *of;
    f->is_twin = true;
    f->keys = NULL;
    f->n_keys = f->keys_capacity = 0;
    f->options.theme = theme;
    f->theme = leat_theme_make(theme == LEAT_THEME_DARK,
                               f->options.safe_colors ? LEAT_PALETTE_SAFE : LEAT_PALETTE_TENSORBOARD);
    f->panels = leat_alloc_zero(LEAT_MAX(f->n_panels, (size_t)1), sizeof *f->panels);
    leat_status status = f->panels ? LEAT_OK : leat_fail_memory(f->n_panels * sizeof *f->panels);
    for (size_t i = 0; status == LEAT_OK && i < f->n_panels; i++) {
        f->panels[i] = of->panels[i];
        f->panels[i].prepared = NULL;
    }
    if (status == LEAT_OK && f->class->legend)
        status = f->class->legend(f);
    if (status == LEAT_OK)
        *out = f;
    else
        leat_figure_free(f);
    return status;
}

void leat_figure_release(leat_figure *f, size_t panel)
{
    leat_panel *p = &f->panels[panel];
    if (p->prepared)
        f->class->release(p);
    p->prepared = NULL;
}

void leat_figure_free(leat_figure *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; f->panels && i < f->n_panels; i++)
        leat_figure_release(f, i);
    for (size_t i = 0; i < f->n_keys; i++)
        leat_free(f->keys[i].label);
    leat_free(f->keys);
    leat_free(f->panels);
    if (f->is_twin) { /* the rest belongs to the other */
        leat_free(f);
        return;
    }
    leat_free(f->items);
    leat_free(f->runs);
    leat_free(f->line_of);
    leat_free(f->look_of);
    leat_map_free(&f->run_index);
    leat_pattern_free(&f->tag);
    leat_pattern_free(&f->run);
    leat_pattern_free(&f->band);
    leat_free(f);
}

void leat_figure_x_axis(const leat_figure *f, leat_axis *a)
{
    static const leat_axis_kind kinds[] = {[LEAT_X_STEP] = LEAT_AXIS_INTEGER,
                                           [LEAT_X_RELATIVE] = LEAT_AXIS_DURATION,
                                           [LEAT_X_WALL] = LEAT_AXIS_WALL};
    *a = (leat_axis){.kind = kinds[f->options.x_axis], .log = f->options.log_x};
}

const char *leat_figure_xlabel(const leat_figure *f)
{
    static const char *const names[] = {
        [LEAT_X_STEP] = "step", [LEAT_X_RELATIVE] = "relative time", [LEAT_X_WALL] = "time"};
    return f->options.xlabel ? f->options.xlabel : names[f->options.x_axis];
}

const char *leat_shown_name(const char *name)
{
    return name[strspn(name, " \t\r\n")] == '\0' ? "(no name)" : name;
}

const char *leat_run_name(const leat_figure *f, size_t run)
{
    return f->data->root && strcmp(f->runs[run], ".") == 0 ? f->data->root : f->runs[run];
}

const char *leat_panel_title(const leat_figure *f, const leat_panel *p)
{
    bool said = f->options.title && f->options.title[0] && f->n_panels == 1;
    return said || p->tag == NULL ? NULL : leat_shown_name(p->tag);
}

const char *leat_panel_subtitle(const leat_figure *f, const leat_panel *p)
{
    bool told = f->n_keys == 1 || (f->apart && f->n_keys > 0);
    return f->class->by_run && p->run != SIZE_MAX && !told ? leat_run_name(f, p->run) : NULL;
}

bool leat_blob_series_at(const leat_blob_series *all, size_t n, size_t i, leat_found *s)
{
    if (i >= n)
        return false;
    const leat_blob_series *from = &all[i];
    *s = (leat_found){from->run, from->tag, from->n, 0, 0};
    if (from->n > 0) {
        s->first = from->at[0].wall;
        s->last = from->at[from->n - 1].wall;
    }
    return true;
}

leat_status leat_blob_with(const leat_blob_series *s, size_t i, leat_blob_use *use, void *to)
{
    if (s->at[i].data == NULL && s->at[i].size > 0 && s->load)
        return s->load(s->user, i, use, to);
    return use(to, s->at[i].data, s->at[i].size);
}
