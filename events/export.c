#include "config.h"
#include "export-private.h"
#include "decode-private.h"

#include <inttypes.h>
#include <regex.h>

struct export
{
    const leat_export_options *options;
    leat_export_sink *sink;
    void *user;
    leat_buf out, scratch;
    double *smoothed; /* of the series at hand, NULL where not wanted */
    size_t smoothed_capacity;
    regex_t runs, tags;
    bool has_runs, has_tags;
};

/* ---- the frame ---- */

static leat_status compile(regex_t *to, bool *has, const char *pattern, const char *what)
{
    if (pattern == NULL)
        return LEAT_OK;
    int error = regcomp(to, pattern, REG_EXTENDED | REG_NOSUB);
    if (error != 0) {
        char text[200];
        regerror(error, to, text, sizeof text);
        return leat_fail(error == REG_ESPACE ? LEAT_ERR_NO_MEMORY : LEAT_ERR_INVALID_ARGUMENT,
                         "pattern '%s' for %s: %s", pattern, what, text);
    }
    *has = true;
    return LEAT_OK;
}

static leat_status begin(struct export *e, const leat_export_options *options, leat_export_sink *sink,
                         void *user)
{
    static const leat_export_options all;
    *e = (struct export){.options = options != NULL ? options : &all, .sink = sink, .user = user};
    LEAT_TRY(compile(&e->runs, &e->has_runs, e->options->runs, "runs"));
    return compile(&e->tags, &e->has_tags, e->options->tags, "tags");
}

static leat_status flush(struct export *e, size_t at_least)
{
    if (e->out.size < at_least && !e->out.failed)
        return LEAT_OK;
    LEAT_TRY(leat_buf_status(&e->out));
    LEAT_TRY(e->sink(e->user, e->out.data, e->out.size));
    leat_buf_clear(&e->out);
    return LEAT_OK;
}

static leat_status end(struct export *e, leat_status status)
{
    if (status == LEAT_OK)
        status = flush(e, 1);
    if (e->has_runs)
        regfree(&e->runs);
    if (e->has_tags)
        regfree(&e->tags);
    leat_buf_free(&e->out);
    leat_buf_free(&e->scratch);
    leat_free(e->smoothed);
    return status;
}

static bool wants_run(const struct export *e, const leat_log_run *run)
{
    return !e->has_runs || regexec(&e->runs, run->name, 0, NULL, 0) == 0;
}

static bool wants_tag(const struct export *e, const leat_series *s)
{
    regmatch_t whole = {.rm_so = 0, .rm_eo = (regoff_t)s->tag_size}; /* a tag may hold a NUL */
    return !e->has_tags || regexec(&e->tags, s->tag, 1, &whole, REG_STARTEND) == 0;
}

static bool wants(const struct export *e, const leat_series *s, leat_series_kind kind)
{
    return s->kind == kind && s->n > 0 && wants_tag(e, s);
}

static leat_status smooth(struct export *e, const leat_log_run *run, const leat_series *s)
{
    if (!e->options->smoothed)
        return LEAT_OK;
    LEAT_TRY(leat_grow(&e->smoothed, &e->smoothed_capacity, (size_t)s->n, sizeof *e->smoothed));
    leat_smooth_values(leat_series_values(run, s), (size_t)s->n, e->options->smoothing, e->smoothed);
    return LEAT_OK;
}

static void put_f64(leat_buf *b, double value)
{
    char number[32];
    leat_buf_puts(b, leat_format_f64(number, value));
}

/* ---- CSV ---- */

static leat_status csv_series(struct export *e, const leat_log_run *run, const leat_series *s)
{
    leat_buf prefix = {0};
    leat_csv_put(&prefix, run->name, strlen(run->name));
    leat_buf_putc(&prefix, ',');
    leat_csv_put(&prefix, s->tag, s->tag_size);
    leat_buf_putc(&prefix, ',');
    leat_status status = leat_buf_status(&prefix);
    if (status == LEAT_OK)
        status = smooth(e, run, s);
    for (uint64_t i = 0; i < s->n && status == LEAT_OK; i++) {
        leat_buf_append(&e->out, prefix.data, prefix.size);
        leat_buf_put_i64(&e->out, leat_series_steps(run, s)[i]);
        leat_buf_putc(&e->out, ',');
        put_f64(&e->out, leat_series_wall_times(run, s)[i]);
        leat_buf_putc(&e->out, ',');
        put_f64(&e->out, leat_series_values(run, s)[i]);
        if (e->options->smoothed) {
            leat_buf_putc(&e->out, ',');
            put_f64(&e->out, e->smoothed[i]);
        }
        leat_buf_putc(&e->out, '\n');
        status = flush(e, LEAT_EXPORT_PIECE);
    }
    leat_buf_free(&prefix);
    return status;
}

static leat_status csv(struct export *e, const leat_logdir *log)
{
    leat_buf_puts(&e->out, "run,tag,step,wall_time,value");
    leat_buf_puts(&e->out, e->options->smoothed ? ",smoothed\n" : "\n");
    for (size_t r = 0; r < leat_logdir_runs(log); r++) {
        const leat_log_run *run = leat_logdir_run(log, r);
        for (size_t i = 0; i < run->n_series && wants_run(e, run); i++)
            if (wants(e, &run->series[i], LEAT_SERIES_SCALAR))
                LEAT_TRY(csv_series(e, run, &run->series[i]));
    }
    return LEAT_OK;
}

leat_status leat_logdir_export_csv(const leat_logdir *log, const leat_export_options *options,
                                   leat_export_sink *sink, void *user)
{
    struct export e;
    leat_status status = begin(&e, options, sink, user);
    if (status == LEAT_OK)
        status = csv(&e, log);
    return end(&e, status);
}

/* ---- JSON ---- */

static leat_status json_steps(struct export *e, const int64_t *steps, uint64_t n)
{
    leat_buf_puts(&e->out, "\"steps\": [");
    for (uint64_t i = 0; i < n; i++) {
        if (i > 0)
            leat_buf_putc(&e->out, ',');
        leat_buf_put_i64(&e->out, steps[i]);
        LEAT_TRY(flush(e, LEAT_EXPORT_PIECE));
    }
    leat_buf_putc(&e->out, ']');
    return LEAT_OK;
}

static leat_status json_numbers(struct export *e, const char *name, const double *values, uint64_t n)
{
    leat_buf_puts(&e->out, name);
    for (uint64_t i = 0; i < n; i++) {
        if (i > 0)
            leat_buf_putc(&e->out, ',');
        leat_buf_put_json_f64(&e->out, values[i]);
        LEAT_TRY(flush(e, LEAT_EXPORT_PIECE));
    }
    leat_buf_putc(&e->out, ']');
    return LEAT_OK;
}

static leat_status json_scalars(struct export *e, const leat_log_run *run, const leat_series *s)
{
    leat_buf_putc(&e->out, '{');
    LEAT_TRY(json_steps(e, leat_series_steps(run, s), s->n));
    LEAT_TRY(json_numbers(e, ", \"wall_times\": [", leat_series_wall_times(run, s), s->n));
    LEAT_TRY(json_numbers(e, ", \"values\": [", leat_series_values(run, s), s->n));
    if (e->options->smoothed) {
        LEAT_TRY(smooth(e, run, s));
        LEAT_TRY(json_numbers(e, ", \"smoothed\": [", e->smoothed, s->n));
    }
    leat_buf_putc(&e->out, '}');
    return LEAT_OK;
}

/* What one point holds besides step and time, from the bytes of its Summary.Value in e->scratch. */
typedef leat_status json_content(struct export *e);

static leat_status json_histogram(struct export *e)
{
    leat_histogram_value h;
    LEAT_TRY(leat_decode_histogram(e->scratch.data, e->scratch.size, &h));
    leat_buf_puts(&e->out, ", \"buckets\": [");
    for (size_t i = 0; i < h.n; i++) {
        const double parts[3] = {h.buckets[i].left, h.buckets[i].right, h.buckets[i].count};
        for (int k = 0; k < 3; k++) {
            leat_buf_puts(&e->out, k > 0 ? ", " : i > 0 ? ", [" : "[");
            leat_buf_put_json_f64(&e->out, parts[k]);
        }
        leat_buf_putc(&e->out, ']');
    }
    leat_buf_putc(&e->out, ']');
    leat_free(h.buckets);
    return LEAT_OK;
}

typedef void put_media(leat_buf *b, const void *data, size_t n);

static void put_string(leat_buf *b, const void *data, size_t n)
{
    leat_buf_put_json(b, data, n);
}

static void put_base64(leat_buf *b, const void *data, size_t n)
{
    leat_buf_putc(b, '"');
    leat_buf_put_base64(b, data, n);
    leat_buf_putc(b, '"');
}

/* Frees the list. */
static void json_list(struct export *e, const char *name, put_media *put, leat_media_list *list)
{
    leat_buf_printf(&e->out, ", \"%s\": [", name);
    for (size_t i = 0; i < list->n; i++) {
        leat_buf_puts(&e->out, i > 0 ? ", " : "");
        put(&e->out, list->items[i].data, list->items[i].size);
    }
    leat_buf_putc(&e->out, ']');
    leat_free(list->items);
}

static leat_status json_text(struct export *e)
{
    leat_media_list texts;
    leat_tensor_head head;
    LEAT_TRY(leat_decode_texts(e->scratch.data, e->scratch.size, &texts, &head));
    json_list(e, "text", put_string, &texts);
    return LEAT_OK;
}

static leat_status json_images(struct export *e)
{
    leat_media_list images;
    LEAT_TRY(leat_decode_images(e->scratch.data, e->scratch.size, &images));
    leat_buf_printf(&e->out, ", \"width\": %" PRId64 ", \"height\": %" PRId64, images.width, images.height);
    json_list(e, "images", put_base64, &images);
    return LEAT_OK;
}

static leat_status json_audio(struct export *e)
{
    leat_media_list clips;
    LEAT_TRY(leat_decode_audio(e->scratch.data, e->scratch.size, &clips));
    leat_buf_puts(&e->out, ", \"sample_rate\": ");
    leat_buf_put_json_f64(&e->out, clips.sample_rate);
    json_list(e, "clips", put_base64, &clips);
    return LEAT_OK;
}

static void json_shape(struct export *e, const leat_tensor_head *head)
{
    leat_buf_puts(&e->out, ", \"shape\": [");
    for (unsigned i = 0; i < head->rank; i++)
        leat_buf_printf(&e->out, "%s%" PRIu64, i > 0 ? ", " : "", head->dims[i]);
    leat_buf_putc(&e->out, ']');
}

static leat_status json_tensor(struct export *e)
{
    leat_tensor_head head;
    leat_media_list strings;
    double *values;
    leat_status status = leat_decode_texts(e->scratch.data, e->scratch.size, &strings, &head);
    if (status == LEAT_OK) {
        json_shape(e, &head);
        json_list(e, "values", put_string, &strings);
        return LEAT_OK;
    }
    if (status != LEAT_ERR_DATA_LOSS)
        return status;
    LEAT_TRY(leat_decode_tensor(e->scratch.data, e->scratch.size, &head, &values));
    json_shape(e, &head);
    status = json_numbers(e, ", \"values\": [", values, head.elements);
    leat_free(values);
    return status;
}

static leat_status json_blob(struct export *e, const leat_log_run *run, const leat_log_blob *blob,
                             json_content *content)
{
    leat_buf_clear(&e->scratch);
    leat_status status = leat_log_run_read(run, blob, &e->scratch);
    bool unreadable = status != LEAT_OK && status != LEAT_ERR_NO_MEMORY;
    if (status == LEAT_OK) {
        status = content(e);
        if (status ==
            LEAT_ERR_NOT_FOUND) /* metadata alone, such as hyperparameters: a point with nothing in it */
            return LEAT_OK;
        unreadable = status == LEAT_ERR_DATA_LOSS || status == LEAT_ERR_OUT_OF_RANGE;
    }
    if (!unreadable)
        return status;
    leat_buf_puts(&e->out, ", \"error\": ");
    leat_buf_put_json(&e->out, leat_message(), strlen(leat_message()));
    return LEAT_OK;
}

static leat_status json_points(struct export *e, const leat_log_run *run, const leat_series *s,
                               json_content *content, bool *any)
{
    for (uint64_t i = 0; i < s->n; i++) {
        leat_buf_puts(&e->out, *any ? ", {\"step\": " : "{\"step\": ");
        *any = true;
        leat_buf_put_i64(&e->out, leat_series_steps(run, s)[i]);
        leat_buf_puts(&e->out, ", \"wall_time\": ");
        leat_buf_put_json_f64(&e->out, leat_series_wall_times(run, s)[i]);
        if (s->has_numbers)
            LEAT_TRY(json_numbers(e, ", \"values\": [", leat_series_values(run, s) + i, 1));
        else
            LEAT_TRY(json_blob(e, run, &leat_series_blobs(run, s)[i], content));
        leat_buf_putc(&e->out, '}');
        LEAT_TRY(flush(e, LEAT_EXPORT_PIECE));
    }
    return LEAT_OK;
}

static const struct group {
    leat_series_kind kind;
    const char *name;
    json_content *content; /* NULL: numbers, as columns */
} groups[] = {
    {LEAT_SERIES_SCALAR, "scalars", NULL},      {LEAT_SERIES_HISTOGRAM, "histograms", json_histogram},
    {LEAT_SERIES_IMAGE, "images", json_images}, {LEAT_SERIES_AUDIO, "audio", json_audio},
    {LEAT_SERIES_TEXT, "text", json_text},      {LEAT_SERIES_TENSOR, "tensors", json_tensor},
};

static leat_status json_tag(struct export *e, const leat_log_run *run, const leat_series *s,
                            const struct group *group)
{
    bool any = false;
    leat_buf_put_json(&e->out, s->tag, s->tag_size);
    leat_buf_puts(&e->out, ": ");
    if (group->content == NULL)
        return json_scalars(e, run, s);
    leat_buf_putc(&e->out, '[');
    const leat_series *end = run->series + run->n_series;
    for (const leat_series *at = s; at < end && leat_series_same_tag(at, s); at++)
        LEAT_TRY(json_points(e, run, at, group->content, &any));
    leat_buf_putc(&e->out, ']');
    return LEAT_OK;
}

static leat_status json_group(struct export *e, const leat_log_run *run, const struct group *group)
{
    const leat_series *before = NULL;
    leat_buf_printf(&e->out, "%s\"%s\": {", group->kind == LEAT_SERIES_SCALAR ? "" : ",\n", group->name);
    for (size_t i = 0; i < run->n_series; i++) {
        const leat_series *s = &run->series[i];
        if (!wants(e, s, group->kind) || (before != NULL && leat_series_same_tag(s, before)))
            continue;
        leat_buf_puts(&e->out, before != NULL ? ",\n" : "\n");
        LEAT_TRY(json_tag(e, run, s, group));
        before = s;
    }
    leat_buf_putc(&e->out, '}');
    return LEAT_OK;
}

static leat_status json_hparams(struct export *e, const leat_log_run *run)
{
    leat_hparams all;
    leat_status status = leat_log_run_hparams(run, &all);
    if (status != LEAT_OK) {
        if (status != LEAT_ERR_NO_MEMORY)
            leat_note(LEAT_LOG_WARNING, "%s; skipped", leat_message());
        return status == LEAT_ERR_NO_MEMORY ? status : LEAT_OK;
    }
    for (size_t i = 0; i < all.n; i++) {
        const leat_hparam *h = &all.items[i];
        leat_buf_puts(&e->out, i > 0 ? ", " : ",\n\"hparams\": {");
        leat_buf_put_json(&e->out, h->name, strlen(h->name));
        leat_buf_puts(&e->out, ": ");
        if (h->kind == LEAT_HPARAM_TEXT)
            leat_buf_put_json(&e->out, h->text, strlen(h->text));
        else if (h->kind == LEAT_HPARAM_BOOL)
            leat_buf_puts(&e->out, h->number != 0 ? "true" : "false");
        else
            leat_buf_put_json_f64(&e->out, h->number);
    }
    if (all.n > 0)
        leat_buf_putc(&e->out, '}');
    leat_hparams_free(&all);
    return LEAT_OK;
}

static leat_status json(struct export *e, const leat_logdir *log)
{
    bool any = false;
    leat_buf_puts(&e->out, "{\"runs\": {");
    for (size_t r = 0; r < leat_logdir_runs(log); r++) {
        const leat_log_run *run = leat_logdir_run(log, r);
        if (!wants_run(e, run))
            continue;
        leat_buf_puts(&e->out, any ? ",\n" : "\n");
        any = true;
        leat_buf_put_json(&e->out, run->name, strlen(run->name));
        leat_buf_puts(&e->out, ": {");
        for (size_t i = 0; i < LEAT_LEN(groups); i++)
            LEAT_TRY(json_group(e, run, &groups[i]));
        LEAT_TRY(json_hparams(e, run));
        leat_buf_putc(&e->out, '}');
    }
    leat_buf_puts(&e->out, "}}\n");
    return LEAT_OK;
}

leat_status leat_logdir_export_json(const leat_logdir *log, const leat_export_options *options,
                                    leat_export_sink *sink, void *user)
{
    struct export e;
    leat_status status = begin(&e, options, sink, user);
    if (status == LEAT_OK)
        status = json(&e, log);
    return end(&e, status);
}
