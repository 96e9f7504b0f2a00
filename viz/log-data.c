#include "viz/log-data-private.h"
#include "events/decode-private.h"
#include "base/file-private.h"
#include "viz/figure-private.h"
#include "viz/histogram-private.h"
#include <string.h>

/* More of one tag are sampled: far more than a picture has columns. */
#define MOST_HISTOGRAMS 4096u
/* Of several images in one summary these are shown, a series each; their tags say of how many. */
#define MOST_IMAGES 64u

/* One series whose blobs stay in the event file. */
typedef struct source {
    const leat_log_run *run;
    const leat_series *series;
    size_t item; /* of several images in one summary */
} source;

/* Grows an array member of the data by one element, which is returned cleared. */
#define ADD(d_, member_)                                                                                     \
    (leat_grow(&(d_)->member_, &(d_)->member_##_capacity, (d_)->n_##member_ + 1, sizeof *(d_)->member_) ==   \
             LEAT_OK                                                                                         \
         ? memset(&(d_)->member_[(d_)->n_##member_++], 0, sizeof *(d_)->member_)                             \
         : NULL)

static leat_status out_of_memory(void)
{
    return leat_fail_memory(sizeof(leat_log_scalars));
}

static leat_status add_note(leat_log_data *d, char *owned)
{
    const char **note = owned ? ADD(d, notes) : NULL;
    char *kept = note ? leat_arena_strndup(&d->arena, owned, strlen(owned)) : NULL;
    leat_free(owned);
    if (kept == NULL) {
        if (note)
            d->n_notes--;
        return out_of_memory();
    }
    *note = kept;
    return LEAT_OK;
}

/* ---- tags ---- */

/* A tag with a NUL in it, which only a bad file has, is called by what it is printed as, "a\\x00b". */
static leat_status name_tag(leat_log_data *d, const char *tag, size_t size)
{
    if (memchr(tag, '\0', size) == NULL || leat_map_get(&d->names, (const char *)&tag, sizeof tag) != NULL)
        return LEAT_OK;
    leat_buf b = {0};
    for (size_t i = 0; i < size; i++)
        leat_buf_append(&b, tag[i] ? tag + i : "\\x00", tag[i] ? 1 : 4);
    leat_status status = leat_buf_status(&b);
    char *name = status == LEAT_OK ? leat_arena_strndup(&d->arena, b.data, b.size) : NULL;
    char *key = name ? leat_arena_strndup(&d->arena, (const char *)&tag, sizeof tag) : NULL;
    leat_buf_free(&b);
    LEAT_TRY(key ? LEAT_OK : out_of_memory());
    return leat_map_put(&d->names, key, sizeof tag, name);
}

static const char *tag_of(const leat_log_data *d, const char *tag)
{
    const char *name = d->names.count > 0 ? leat_map_get(&d->names, (const char *)&tag, sizeof tag) : NULL;
    return name ? name : tag;
}

/* ---- numbers ---- */

static bool is_scalar(const leat_series *s)
{
    return s->kind == LEAT_SERIES_SCALAR && s->has_numbers && s->n > 0;
}

static size_t scalars_end(const leat_log_data *d)
{
    const leat_log_scalars *last = d->n_scalars > 0 ? &d->scalars[d->n_scalars - 1] : NULL;
    return last ? last->first + last->run->n_series : 0;
}

static leat_status add_scalars(leat_log_data *d, const char *name, const leat_log_run *run)
{
    size_t first = scalars_end(d);
    leat_log_scalars *out = ADD(d, scalars);
    if (out == NULL)
        return out_of_memory();
    *out = (leat_log_scalars){run, name, first};
    return LEAT_OK;
}

/* Of leat_plot_data. */
static void scalar_at(void *data, size_t i, leat_scalar_series *out)
{
    const leat_log_data *d = data;
    size_t low = 0, high = d->n_scalars; /* the run is in [low, high) */
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        *(d->scalars[mid].first <= i ? &low : &high) = mid;
    }
    const leat_log_run *run = d->scalars[low].run;
    const leat_series *s = &run->series[i - d->scalars[low].first];
    *out = (leat_scalar_series){.run = d->scalars[low].name, .tag = tag_of(d, s->tag)};
    if (!is_scalar(s))
        return;
    out->n = s->n;
    out->step = leat_series_steps(run, s);
    out->wall = leat_series_wall_times(run, s);
    out->value = leat_series_values(run, s);
}

/* ---- histograms ---- */

static leat_status decode_histogram(leat_log_data *d, const leat_log_run *run, const leat_log_blob *blob,
                                    leat_buf *scratch, leat_histogram *out)
{
    leat_histogram_value v = {0};
    leat_buf_clear(scratch);
    LEAT_TRY(leat_log_run_read(run, blob, scratch));
    LEAT_TRY(leat_decode_histogram(scratch->data, scratch->size, &v));
    double *b = leat_arena_alloc(&d->arena, LEAT_MAX(v.n, (size_t)1) * 3 * sizeof *b);
    for (size_t i = 0; b && i < v.n; i++) {
        b[3 * i] = v.buckets[i].left;
        b[3 * i + 1] = v.buckets[i].right;
        b[3 * i + 2] = v.buckets[i].count;
    }
    leat_free(v.buckets);
    if (b == NULL)
        return out_of_memory();
    out->n = v.n;
    out->buckets = b;
    return LEAT_OK;
}

static leat_status add_histograms(leat_log_data *d, const char *name, const leat_log_run *run,
                                  const leat_series *s)
{
    size_t want = LEAT_MIN(s->n, (uint64_t)MOST_HISTOGRAMS), n = 0, bad = 0;
    leat_histogram *at = leat_arena_zero(&d->arena, want * sizeof *at);
    leat_buf scratch = {0};
    leat_status status = at ? LEAT_OK : out_of_memory();
    for (size_t i = 0; i < want && status == LEAT_OK; i++) {
        size_t from = leat_sample(i, MOST_HISTOGRAMS, s->n);
        status = decode_histogram(d, run, &leat_series_blobs(run, s)[from], &scratch, &at[n]);
        if (status == LEAT_OK) {
            at[n].step = leat_series_steps(run, s)[from];
            at[n++].wall = leat_series_wall_times(run, s)[from];
        } else if (status != LEAT_ERR_NO_MEMORY) {
            bad++;
            status = LEAT_OK;
        }
    }
    leat_buf_free(&scratch);
    LEAT_TRY(status);
    leat_histogram_series *out = ADD(d, histograms);
    if (out == NULL)
        return out_of_memory();
    *out = (leat_histogram_series){name, tag_of(d, s->tag), n, at};
    if (want < s->n)
        LEAT_TRY(add_note(d, leat_asprintf("%s: %s: %zu of %llu histograms are taken", name,
                                           tag_of(d, s->tag), want, (unsigned long long)s->n)));
    if (bad > 0)
        LEAT_TRY(add_note(d, leat_asprintf("%s: %s: %zu histograms cannot be read (%s)", name,
                                           tag_of(d, s->tag), bad, leat_message())));
    return LEAT_OK;
}

/* ---- images and texts, read when they are drawn ---- */

typedef leat_status decode_fn(const void *bytes, size_t size, leat_media_list *out);

static leat_status read_media(const source *from, size_t i, decode_fn *decode, leat_buf *bytes,
                              leat_media_list *list)
{
    LEAT_TRY(leat_log_run_read(from->run, &leat_series_blobs(from->run, from->series)[i], bytes));
    return decode(bytes->data, bytes->size, list);
}

static leat_status load_image(void *user, size_t i, leat_blob_use *use, void *to)
{
    const source *from = user;
    leat_buf bytes = {0};
    leat_media_list list = {0};
    leat_status status = read_media(from, i, leat_decode_images, &bytes, &list);
    if (status == LEAT_OK && from->item >= list.n)
        status = leat_fail(LEAT_ERR_DATA_LOSS, "no image at this step");
    if (status == LEAT_OK)
        status = use(to, list.items[from->item].data, list.items[from->item].size);
    leat_free(list.items);
    leat_buf_free(&bytes);
    return status;
}

static leat_status decode_texts(const void *bytes, size_t size, leat_media_list *out)
{
    leat_tensor_head head;
    return leat_decode_texts(bytes, size, out, &head);
}

/* The strings of a tensor, a line each. */
static leat_status load_text(void *user, size_t i, leat_blob_use *use, void *to)
{
    leat_buf bytes = {0}, text = {0};
    leat_media_list list = {0};
    leat_status status = read_media(user, i, decode_texts, &bytes, &list);
    for (size_t k = 0; k < list.n && status == LEAT_OK; k++) {
        if (k > 0)
            leat_buf_putc(&text, '\n');
        leat_buf_append(&text, list.items[k].data, list.items[k].size);
    }
    if (status == LEAT_OK)
        status = leat_buf_status(&text);
    if (status == LEAT_OK)
        status = use(to, text.data ? text.data : "", text.size);
    leat_free(list.items);
    leat_buf_free(&bytes);
    leat_buf_free(&text);
    return status;
}

static const leat_blob *blobs_of(leat_log_data *d, const leat_log_run *run, const leat_series *s)
{
    leat_blob *at = leat_arena_zero(&d->arena, s->n * sizeof *at);
    for (size_t i = 0; at && i < s->n; i++)
        at[i] = (leat_blob){.step = leat_series_steps(run, s)[i],
                            .wall = leat_series_wall_times(run, s)[i],
                            .size = LEAT_MAX(leat_series_blobs(run, s)[i].size, 1u)};
    return at;
}

static source *source_of(leat_log_data *d, const leat_log_run *run, const leat_series *s, size_t item)
{
    source *from = leat_arena_zero(&d->arena, sizeof *from);
    if (from)
        *from = (source){run, s, item};
    return from;
}

static leat_status add_texts(leat_log_data *d, const char *name, const leat_log_run *run,
                             const leat_series *s)
{
    const leat_blob *at = blobs_of(d, run, s);
    source *from = source_of(d, run, s, 0);
    leat_blob_series *out = at && from ? ADD(d, texts) : NULL;
    if (out == NULL)
        return out_of_memory();
    *out = (leat_blob_series){name, tag_of(d, s->tag), s->n, at, load_text, from};
    return LEAT_OK;
}

/* How many images the first summary of the series holds; 1 where it cannot be read: drawing it says why. */
static size_t images_per_step(const leat_log_run *run, const leat_series *s)
{
    source from = {run, s, 0};
    leat_buf bytes = {0};
    leat_media_list list = {0};
    size_t n = read_media(&from, 0, leat_decode_images, &bytes, &list) == LEAT_OK ? list.n : 1;
    leat_free(list.items);
    leat_buf_free(&bytes);
    leat_clear_message();
    return LEAT_MAX(n, (size_t)1);
}

static leat_status add_images(leat_log_data *d, const char *name, const leat_log_run *run,
                              const leat_series *s)
{
    const leat_blob *at = blobs_of(d, run, s);
    size_t n = images_per_step(run, s);
    for (size_t i = 0; at && i < LEAT_MIN(n, (size_t)MOST_IMAGES); i++) {
        const char *tag = tag_of(d, s->tag);
        if (n > 1) {
            char *numbered = leat_asprintf("%s (%zu of %zu)", tag, i + 1, n);
            tag = numbered ? leat_arena_strndup(&d->arena, numbered, strlen(numbered)) : NULL;
            leat_free(numbered);
        }
        source *from = tag ? source_of(d, run, s, i) : NULL;
        leat_blob_series *out = from ? ADD(d, images) : NULL;
        if (out == NULL)
            return out_of_memory();
        *out = (leat_blob_series){name, tag, s->n, at, load_image, from};
    }
    return at ? LEAT_OK : out_of_memory();
}

/* ---- graphs ---- */

/* What cannot be read of them is a note, not the end of the report. */
static leat_status add_bytes(leat_log_data *d, const char *name, const leat_log_run *run,
                             const leat_log_blob *blob, const char *tag)
{
    leat_buf bytes = {0};
    leat_status status = leat_log_run_read(run, blob, &bytes);
    leat_report_blob *out = NULL;
    char *kept = NULL;
    if (status == LEAT_OK) {
        out = tag ? ADD(d, metadata) : ADD(d, graphs);
        kept = leat_arena_alloc(&d->arena, LEAT_MAX(bytes.size, (size_t)1));
        status = out && kept ? LEAT_OK : out_of_memory();
    }
    if (status == LEAT_OK) {
        memcpy(kept, bytes.size ? bytes.data : "", bytes.size);
        *out = (leat_report_blob){name, tag, kept, bytes.size};
    } else if (status != LEAT_ERR_NO_MEMORY) {
        status = add_note(d, leat_asprintf("%s: the graph cannot be read: %s", name, leat_message()));
    }
    leat_buf_free(&bytes);
    return status;
}

static leat_status add_graphs(leat_log_data *d, const char *name, const leat_log_run *run)
{
    if (run->has_graph)
        LEAT_TRY(add_bytes(d, name, run, &run->graph, NULL));
    if (run->n_metadata > 0) {
        const leat_tagged_metadata *last = &run->metadata[run->n_metadata - 1];
        LEAT_TRY(name_tag(d, last->tag, last->tag_size));
        LEAT_TRY(add_bytes(d, name, run, &last->blob, tag_of(d, last->tag)));
    }
    return LEAT_OK;
}

/* ---- runs ---- */

static leat_status add_run_notes(leat_log_data *d, const char *name, const leat_log_run *run, unsigned what)
{
    if (run->dropped > 0)
        LEAT_TRY(add_note(d, leat_asprintf("%s: %llu points were superseded at a restart and are left out",
                                           name, (unsigned long long)run->dropped)));
    if (run->graph_events > 1 && (what & LEAT_LOG_GRAPHS))
        LEAT_TRY(add_note(d, leat_asprintf("%s: the newest of %llu graphs is shown", name,
                                           (unsigned long long)run->graph_events)));
    if (run->n_damage_found > 0 && run->n_damage > 0) {
        const leat_damage *first = &run->damage[0];
        LEAT_TRY(add_note(d, leat_asprintf("%s: damaged at %llu %s, first in %s at offset %llu: %s", name,
                                           (unsigned long long)run->n_damage_found,
                                           run->n_damage_found == 1 ? "place" : "places",
                                           leat_path_base(run->files[first->file].path),
                                           (unsigned long long)first->offset, first->reason)));
    }
    return LEAT_OK;
}

/* What a report has no pictures of is counted by its plugin. */
static void count_undrawn(leat_log_data *d, const leat_series *s)
{
    const char *plugin = s->metadata ? s->metadata->plugin : "";
    size_t i = 0;
    if (s->kind == LEAT_SERIES_AUDIO)
        plugin = "audio";
    else if (s->kind != LEAT_SERIES_TENSOR)
        return;
    if (plugin[0] == '\0')
        plugin = "tensors";
    while (i + 1 < LEAT_LEN(d->undrawn) && d->undrawn[i].n > 0 && strcmp(d->undrawn[i].kind, plugin) != 0)
        i++;
    d->undrawn[i].kind = i + 1 < LEAT_LEN(d->undrawn) ? plugin : "other kinds";
    d->undrawn[i].n++;
}

static leat_status note_undrawn(leat_log_data *d)
{
    leat_buf b = {0};
    for (size_t i = 0; i < LEAT_LEN(d->undrawn) && d->undrawn[i].n > 0; i++)
        leat_buf_printf(&b, "%s%s (%zu)", i > 0 ? ", " : "not drawn: ", d->undrawn[i].kind, d->undrawn[i].n);
    leat_status status = leat_buf_status(&b);
    if (status == LEAT_OK && b.size > 0)
        status = add_note(d, leat_strndup(b.data, b.size));
    leat_buf_free(&b);
    return status;
}

static leat_status add_run(leat_log_data *d, const char *name, const leat_log_run *run, unsigned what)
{
    const char **known = ADD(d, runs);
    if (known == NULL)
        return out_of_memory();
    *known = name;
    LEAT_TRY(add_run_notes(d, name, run, what));
    if (what & LEAT_LOG_SCALARS)
        LEAT_TRY(add_scalars(d, name, run));
    for (size_t i = 0; i < run->n_series; i++) {
        const leat_series *s = &run->series[i];
        leat_status status = LEAT_OK;
        LEAT_TRY(name_tag(d, s->tag, s->tag_size));
        if (s->n == 0 || is_scalar(s))
            continue;
        if (s->kind == LEAT_SERIES_HISTOGRAM && !s->has_numbers && (what & LEAT_LOG_HISTOGRAMS))
            status = add_histograms(d, name, run, s);
        else if (s->kind == LEAT_SERIES_IMAGE && !s->has_numbers && (what & LEAT_LOG_IMAGES))
            status = add_images(d, name, run, s);
        else if (s->kind == LEAT_SERIES_TEXT && !s->has_numbers && (what & LEAT_LOG_TEXTS))
            status = add_texts(d, name, run, s);
        else if (what == LEAT_LOG_ALL)
            count_undrawn(d, s);
        LEAT_TRY(status);
    }
    return what & LEAT_LOG_GRAPHS ? add_graphs(d, name, run) : LEAT_OK;
}

/* A run's name in the report: with several log directories, each comes before the names of its runs. */
static const char *name_of(leat_log_data *d, const char *dir, size_t n_dirs, const char *run)
{
    if (n_dirs == 1)
        return run;
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    char *name = strcmp(run, ".") == 0 ? leat_asprintf("%.*s", (int)n, dir)
                                       : leat_asprintf("%.*s/%s", (int)n, dir, run);
    char *kept = name ? leat_arena_strndup(&d->arena, name, strlen(name)) : NULL;
    leat_free(name);
    return kept;
}

static leat_status add_log(leat_log_data *d, const char *dir, size_t n_dirs,
                           const leat_logdir_options *options, unsigned what)
{
    leat_logdir *log;
    LEAT_TRY(leat_logdir_open(&log, dir, options));
    d->logs[d->n_logs++] = log;
    for (size_t i = 0; i < leat_logdir_runs(log); i++) {
        const leat_log_run *run = leat_logdir_run(log, i);
        const char *name = name_of(d, dir, n_dirs, run->name);
        LEAT_TRY(name ? add_run(d, name, run, what) : out_of_memory());
    }
    return LEAT_OK;
}

leat_status leat_log_data_open(leat_log_data *d, const char *const *dirs, size_t n_dirs,
                               leat_plot_restarts restarts, unsigned what)
{
    static const leat_restart_mode modes[] = {LEAT_RESTARTS_BY_START, LEAT_RESTARTS_BY_STEP,
                                              LEAT_RESTARTS_KEPT};
    *d = (leat_log_data){0};
    if ((size_t)restarts >= LEAT_LEN(modes))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "restarts %d: no such way to treat them", (int)restarts);
    leat_logdir_options options = {.restarts = modes[restarts]};
    d->logs = leat_alloc_zero(n_dirs, sizeof *d->logs);
    leat_status status = d->logs ? LEAT_OK : out_of_memory();
    for (size_t i = 0; i < n_dirs && status == LEAT_OK; i++)
        status = add_log(d, dirs[i], n_dirs, &options, what);
    if (status == LEAT_OK)
        status = note_undrawn(d);
    if (status != LEAT_OK) {
        leat_log_data_free(d);
        return status;
    }
    d->report = (leat_report_data){
        .plots = {.runs = d->runs,
                  .n_runs = d->n_runs,
                  .n_scalars = scalars_end(d),
                  .scalar_at = scalar_at,
                  .user = d,
                  .histograms = d->histograms,
                  .n_histograms = d->n_histograms,
                  .images = d->images,
                  .n_images = d->n_images,
                  .texts = d->texts,
                  .n_texts = d->n_texts},
        .graphs = d->graphs,
        .n_graphs = d->n_graphs,
        .run_metadata = d->metadata,
        .n_run_metadata = d->n_metadata,
        .notes = d->notes,
        .n_notes = d->n_notes,
    };
    return LEAT_OK;
}

void leat_log_data_free(leat_log_data *d)
{
    for (size_t i = 0; i < d->n_logs; i++)
        leat_logdir_close(d->logs[i]);
    leat_free(d->logs);
    leat_free(d->runs);
    leat_free(d->scalars);
    leat_free(d->histograms);
    leat_free(d->images);
    leat_free(d->texts);
    leat_free(d->graphs);
    leat_free(d->metadata);
    leat_free(d->notes);
    leat_map_free(&d->names);
    leat_arena_free(&d->arena);
    *d = (leat_log_data){0};
}

/* ---- the public calls ---- */

/* Of a directory without runs there is nothing to draw: most likely it is not the one that was meant. */
static leat_status open_log_data(leat_log_data *d, const char *const *dirs, size_t n_dirs,
                                 leat_plot_restarts restarts, unsigned what)
{
    leat_status status = leat_log_data_open(d, dirs, n_dirs, restarts, what);
    for (size_t i = 0; i < n_dirs && status == LEAT_OK; i++)
        if (leat_logdir_runs(d->logs[i]) == 0) {
            status = leat_fail(LEAT_ERR_NOT_FOUND, "%s: no event files found", dirs[i]);
            leat_log_data_free(d);
        }
    return status;
}

/* The last part of a path; NULL where that names nothing ("..", a file), or without memory: then "." does. */
static char *directory_name(const char *dir)
{
    size_t end = strlen(dir);
    while (end > 0 && dir[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && dir[begin - 1] != '/')
        begin--;
    char *name = strspn(dir + begin, "./") < end - begin ? leat_strndup(dir + begin, end - begin) : NULL;
    if (name == NULL || strstr(name, "tfevents") == NULL)
        return name;
    leat_free(name);
    return NULL;
}

/* Once the figure knows its series, the tables of what may be a million others make room for the picture. */
static leat_status draw(const char *path, const leat_log_data *d, const leat_plot_options *options)
{
    leat_figure *f;
    LEAT_TRY(leat_figure_new(&f, &d->report.plots, options));
    for (size_t i = 0; i < d->n_logs && d->n_scalars > 0; i++)
        leat_logdir_drop_series(d->logs[i]);
    leat_status status = leat_figure_write(f, path);
    leat_figure_free(f);
    return status;
}

leat_status leat_plot_log(const char *path, const char *const *logdirs, size_t n_logdirs,
                          leat_plot_restarts restarts, const leat_plot_options *options)
{
    static const unsigned wanted[] = {
        [LEAT_PLOT_SCALARS] = LEAT_LOG_SCALARS,    [LEAT_PLOT_HISTOGRAMS] = LEAT_LOG_HISTOGRAMS,
        [LEAT_PLOT_OVERLAY] = LEAT_LOG_HISTOGRAMS, [LEAT_PLOT_DISTRIBUTIONS] = LEAT_LOG_HISTOGRAMS,
        [LEAT_PLOT_IMAGES] = LEAT_LOG_IMAGES,      [LEAT_PLOT_TEXT] = LEAT_LOG_TEXTS,
    };
    leat_plot_kind kind = options ? options->kind : LEAT_PLOT_SCALARS;
    leat_log_data d;
    if ((size_t)kind >= LEAT_LEN(wanted))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "plot kind %d does not exist", (int)kind);
    if (leat_canvas_class_of_path(path) == NULL) /* before a long reading */
        return leat_figure_unknown_suffix(path);
    LEAT_TRY(open_log_data(&d, logdirs, n_logdirs, restarts, wanted[kind]));
    for (size_t i = 0; i < d.n_notes; i++)
        leat_note(LEAT_LOG_WARNING, "%s", d.notes[i]);
    char *root = n_logdirs == 1 ? directory_name(logdirs[0]) : NULL;
    d.report.plots.root = root;
    leat_status status = draw(path, &d, options);
    leat_free(root);
    leat_log_data_free(&d);
    return status;
}

leat_status leat_report_log(const char *path, const char *const *logdirs, size_t n_logdirs,
                            leat_plot_restarts restarts, const leat_report_options *options)
{
    leat_log_data d;
    LEAT_TRY(open_log_data(&d, logdirs, n_logdirs, restarts, LEAT_LOG_ALL));
    for (size_t i = 0; i < d.n_notes; i++)
        leat_note(LEAT_LOG_WARNING, "%s", d.notes[i]);
    leat_status status = leat_report(path, &d.report, options);
    leat_log_data_free(&d);
    return status;
}
