#include "viz/report-private.h"
#include "viz/graph-draw-private.h"
#include "base/file-private.h"
#include "events/parallel-private.h"
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The chapters, in their order; the scalars come first (leat_report_summary counts on it). */
const leat_report_section leat_report_sections[LEAT_REPORT_SECTIONS] = {
    {"scalars", "Scalars", LEAT_REPORT_PLOTS, LEAT_PLOT_SCALARS, 2, 4, &leat_csv_scalars},
    {"distributions", "Distributions", LEAT_REPORT_PLOTS, LEAT_PLOT_DISTRIBUTIONS, 2, 4, NULL},
    {"histograms", "Histograms", LEAT_REPORT_PLOTS, LEAT_PLOT_HISTOGRAMS, 2, 3, &leat_csv_histograms},
    {"images", "Images", LEAT_REPORT_PLOTS, LEAT_PLOT_IMAGES, 0, 0, NULL},
    {"text", "Text", LEAT_REPORT_PLOTS, LEAT_PLOT_TEXT, 0, 0, NULL},
    {"graphs", "Graphs", LEAT_REPORT_GRAPHS, LEAT_PLOT_SCALARS, 0, 0, NULL},
    {"profiles", "Profiles", LEAT_REPORT_PROFILES, LEAT_PLOT_SCALARS, 0, 0, NULL},
};

#define PICTURE_WIDTH                                                                                        \
    480.0 /* of a chart; the page shows it as wide as there is room, so that letters are legible */
#define PICTURE_HEIGHT 300.0
#define MOST_THREADS 16

void leat_report_options_init(leat_report_options *o)
{
    *o = (leat_report_options){.size = sizeof *o, .smoothing = 0.6, .theme = LEAT_THEME_AUTO};
}

const char *leat_report_title(const leat_report_job *j)
{
    return j->options.title && j->options.title[0] ? j->options.title : "Training log";
}

static leat_status check_options(leat_report_options *o)
{
    if (o->size != sizeof *o)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "report options were not set up by leat_report_options_init");
    if (!(o->smoothing >= 0 && o->smoothing <= 0.999))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "smoothing %g is not between 0 and 0.999", o->smoothing);
    if (o->threads < 0 || o->threads > 1024)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%d threads are not between 0 and 1024", o->threads);
    return LEAT_OK;
}

/* ---- the plan: figures and their pictures ---- */

/* How many of `n` pictures of a kind are drawn. Nobody pages through a log of more than 10,000 tags: there the first
 * show what the others look like, and the time goes into reading. */
static size_t limit(const leat_report_job *j, size_t n)
{
    size_t most = j->options.max_pictures;
    if (most == 0)
        most = n > LEAT_MOST_PANELS ? 50 : 500;
    return LEAT_MIN(n, most);
}

static leat_status add_picture(leat_report_job *j, leat_picture p)
{
    char id[64];
    snprintf(id, sizeof id, "%s-%zu", p.section->id, j->n_pictures + 1);
    LEAT_TRY(leat_grow(&j->pictures, &j->pictures_capacity, j->n_pictures + 1, sizeof *j->pictures));
    p.id = leat_arena_strndup(&j->names, id, strlen(id));
    p.file = leat_report_file_name(j, p.section, p.tag, p.run);
    if (p.id == NULL || p.file == NULL)
        return leat_fail_memory(sizeof id);
    j->pictures[j->n_pictures++] = p;
    return LEAT_OK;
}

static leat_status plan_figure(leat_report_job *j, size_t section)
{
    const leat_report_section *s = &leat_report_sections[section];
    leat_plot_options o;
    leat_plot_options_init(&o);
    o.kind = s->kind;
    o.smoothing = j->options.smoothing;
    o.theme = j->options.theme;
    o.safe_colors = j->options.safe_colors;
    if (s->rows > 0) {
        o.width = PICTURE_WIDTH;
        o.height = PICTURE_HEIGHT;
    }
    leat_figure *f;
    leat_status status = leat_figure_new(&f, &j->data->plots, &o);
    if (status == LEAT_ERR_NOT_FOUND) {
        leat_clear_message();
        return LEAT_OK;
    }
    LEAT_TRY(status);
    f->keep = true;
    f->apart = !j->pdf;
    j->figures[section] = f;
    if (j->both)
        LEAT_TRY(leat_figure_twin(&j->dark[section], f, LEAT_THEME_DARK));
    size_t all = f->n_panels + f->n_left_out, n = LEAT_MIN(limit(j, all), f->n_panels);
    j->not_drawn[section] = all - n;
    for (size_t i = 0; i < n; i++) {
        const leat_panel *p = &f->panels[i];
        const char *run = f->class->by_run ? f->runs[p->run] : NULL;
        LEAT_TRY(
            add_picture(j, (leat_picture){.section = s, .figure = f, .panel = i, .tag = p->tag, .run = run}));
    }
    if (j->dir == NULL || s->csv == NULL || all == n)
        return LEAT_OK;
    j->others[section] = leat_report_file_name(j, s, "others", NULL);
    return j->others[section] ? LEAT_OK : leat_fail_memory(1);
}

static bool same_graph(const leat_report_blob *a, const leat_report_blob *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* One picture for every different graph, and one more coloured by time where its run was traced. */
static leat_status plan_graphs(leat_report_job *j, size_t section)
{
    const leat_report_section *s = &leat_report_sections[section];
    const leat_report_data *d = j->data;
    size_t drawn = 0;
    for (size_t i = 0; i < d->n_graphs; i++) {
        const leat_report_blob *g = &d->graphs[i];
        bool known = false;
        for (size_t k = 0; k < i && !known; k++)
            known = same_graph(&d->graphs[k], g);
        if (known)
            continue;
        if (drawn++ >= limit(j, d->n_graphs)) {
            j->not_drawn[section]++;
            continue;
        }
        LEAT_TRY(add_picture(j, (leat_picture){.section = s, .graph = g, .tag = "graph", .run = g->run}));
        for (size_t k = 0; k < d->n_run_metadata; k++)
            if (strcmp(d->run_metadata[k].run, g->run) == 0) {
                const leat_report_blob *stats = &d->run_metadata[k];
                LEAT_TRY(add_picture(
                    j, (leat_picture){
                           .section = s, .graph = g, .stats = stats, .tag = "graph by time", .run = g->run}));
                break;
            }
    }
    return LEAT_OK;
}

static leat_status plan_profiles(leat_report_job *j, size_t section)
{
    for (size_t i = 0; i < j->data->n_run_metadata; i++) {
        const leat_report_blob *m = &j->data->run_metadata[i];
        if (i >= limit(j, j->data->n_run_metadata)) {
            j->not_drawn[section]++;
            continue;
        }
        LEAT_TRY(add_picture(j, (leat_picture){.section = &leat_report_sections[section],
                                               .stats = m,
                                               .tag = m->tag && m->tag[0] ? m->tag : "step",
                                               .run = m->run}));
    }
    return LEAT_OK;
}

static leat_status plan(leat_report_job *j)
{
    static leat_status (*const plans[])(leat_report_job *, size_t) = {[LEAT_REPORT_PLOTS] = plan_figure,
                                                                      [LEAT_REPORT_GRAPHS] = plan_graphs,
                                                                      [LEAT_REPORT_PROFILES] = plan_profiles};
    for (size_t i = 0; i < LEAT_REPORT_SECTIONS; i++)
        LEAT_TRY(plans[leat_report_sections[i].matter](j, i));
    return leat_report_summary(j);
}

/* ---- drawing on several threads ---- */

/* Tasks are files of numbers (the longest, so they come first: of what is not drawn, by section, then of the
 * pictures), and then the pictures. A picture's members belong to the thread that took it until all have ended. */
typedef struct crew {
    leat_report_job *job;
    atomic_size_t next;
    atomic_bool stop; /* something failed for good */
    leat_status csv_status;
    char csv_detail[240];
    pthread_mutex_t lock; /* of csv_* */
} crew;

/* Failures of one picture's data are shown in its place; others end the report. */
static bool only_this_picture(leat_status status)
{
    return status != LEAT_ERR_NO_MEMORY && status != LEAT_ERR_IO && status != LEAT_ERR_NOT_FOUND;
}

static void check_csv(crew *w, leat_status status)
{
    if (status == LEAT_OK)
        return;
    pthread_mutex_lock(&w->lock);
    if (w->csv_status == LEAT_OK) {
        w->csv_status = status;
        snprintf(w->csv_detail, sizeof w->csv_detail, "%s", leat_message());
    }
    pthread_mutex_unlock(&w->lock);
    w->stop = true;
}

static void draw_one(crew *w, leat_picture *p)
{
    p->status = leat_picture_draw(w->job, p);
    if (p->status == LEAT_OK)
        return;
    snprintf(p->detail, sizeof p->detail, "%s", leat_message());
    if (!only_this_picture(p->status))
        w->stop = true;
}

static void *work(void *user)
{
    crew *w = user;
    leat_report_job *j = w->job;
    while (!w->stop) {
        size_t i = atomic_fetch_add(&w->next, 1);
        if (i < LEAT_REPORT_SECTIONS)
            check_csv(w, leat_csv_others(j, i));
        else if ((i -= LEAT_REPORT_SECTIONS) < j->n_pictures)
            check_csv(w, leat_csv_picture(j, &j->pictures[i]));
        else if ((i -= j->n_pictures) < j->n_pictures)
            draw_one(w, &j->pictures[i]);
        else
            break;
    }
    return NULL;
}

static leat_status draw_all(leat_report_job *j)
{
    crew w = {.job = j, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[MOST_THREADS];
    size_t want = j->options.threads > 0 ? (size_t)j->options.threads : leat_parallel_cpus(), n = 0;
    want = LEAT_MIN(LEAT_MIN(want, (size_t)MOST_THREADS), LEAT_MAX(j->n_pictures, (size_t)1));
    while (n + 1 < want && pthread_create(&threads[n], NULL, work, &w) == 0)
        n++;
    work(&w); /* the caller works too, alone if need be */
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    if (w.csv_status != LEAT_OK)
        return leat_fail(w.csv_status, "%s", w.csv_detail);
    for (size_t i = 0; i < j->n_pictures; i++) {
        const leat_picture *p = &j->pictures[i];
        if (p->status != LEAT_OK && !only_this_picture(p->status))
            return leat_fail(p->status, "%s", p->detail);
    }
    return LEAT_OK;
}

/* ---- the whole ---- */

static bool ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n > m && strcasecmp(path + n - m, suffix) == 0;
}

static leat_status make_folders(const leat_report_job *j)
{
    LEAT_TRY(leat_dir_make(j->dir, false));
    for (size_t i = 0; i < LEAT_REPORT_SECTIONS; i++) {
        bool used = false;
        for (size_t k = 0; k < j->n_pictures && !used; k++)
            used = j->pictures[k].section == &leat_report_sections[i];
        if (!used)
            continue;
        char *path = leat_path_join(j->dir, leat_report_sections[i].id);
        leat_status status = path ? leat_dir_make(path, false) : leat_fail_memory(1);
        leat_free(path);
        LEAT_TRY(status);
    }
    return LEAT_OK;
}

static leat_status fill_page(void *user, leat_file *file)
{
    return leat_report_html(user, file);
}

static leat_status write_page(leat_report_job *j, const char *path)
{
    char *index = j->dir ? leat_path_join(j->dir, "index.html") : leat_strdup(path);
    leat_status status = index ? draw_all(j) : leat_fail_memory(1);
    if (status == LEAT_OK)
        status = leat_file_replace_by(index, fill_page, j, false);
    leat_free(index);
    return status;
}

static void job_free(leat_report_job *j)
{
    for (size_t i = 0; i < LEAT_REPORT_SECTIONS; i++) {
        leat_figure_free(j->dark[i]);
        leat_figure_free(j->figures[i]);
    }
    leat_color_classes_free(&j->classes);
    for (size_t i = 0; i < j->n_pictures; i++)
        leat_buf_free(&j->pictures[i].svg);
    leat_free(j->pictures);
    leat_free(j->rows);
    leat_map_free(&j->files);
    leat_arena_free(&j->names);
}

leat_status leat_report(const char *path, const leat_report_data *data, const leat_report_options *options)
{
    leat_report_job j = {.data = data, .classes.lock = PTHREAD_MUTEX_INITIALIZER};
    if (options)
        j.options = *options;
    else
        leat_report_options_init(&j.options);
    LEAT_TRY(check_options(&j.options));
    j.theme = leat_theme_make(j.options.theme == LEAT_THEME_DARK,
                              j.options.safe_colors ? LEAT_PALETTE_SAFE : LEAT_PALETTE_TENSORBOARD);
    j.pdf = ends_in(path, ".pdf");
    if (!j.pdf && !ends_in(path, ".html") && !ends_in(path, ".htm"))
        j.dir = path;
    j.both = !j.pdf && j.options.theme == LEAT_THEME_AUTO;
    leat_status status = plan(&j);
    if (status == LEAT_OK && j.dir)
        status = make_folders(&j);
    if (status == LEAT_OK)
        status = j.pdf ? leat_report_pdf(&j, path) : write_page(&j, path);
    job_free(&j);
    return status;
}
