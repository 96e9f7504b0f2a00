#include "config.h"
#include "export-private.h"
#include "decode-private.h"
#include "base/file-private.h"

#include <inttypes.h>
#include <stdlib.h>

static void put_text(leat_buf *b, const char *text)
{
    leat_buf_put_json(b, text, strlen(text));
}

/* The text, and where it goes. */
struct listing {
    leat_buf out;
    leat_export_sink *sink;
    void *user;
};

static leat_status flush(struct listing *l, size_t at_least)
{
    if (l->out.size < at_least && !l->out.failed)
        return LEAT_OK;
    LEAT_TRY(leat_buf_status(&l->out));
    LEAT_TRY(l->sink(l->user, l->out.data, l->out.size));
    leat_buf_clear(&l->out);
    return LEAT_OK;
}

static leat_status end(struct listing *l, leat_status status)
{
    if (status == LEAT_OK)
        status = flush(l, 1);
    leat_buf_free(&l->out);
    return status;
}

/* ---- JSON ---- */

static const struct {
    leat_series_kind kind;
    const char *name;
    bool always;
} groups[] = {
    {LEAT_SERIES_SCALAR, "scalars", true}, {LEAT_SERIES_HISTOGRAM, "histograms", true},
    {LEAT_SERIES_IMAGE, "images", true},   {LEAT_SERIES_TEXT, "text", true},
    {LEAT_SERIES_AUDIO, "audio", false},   {LEAT_SERIES_TENSOR, "tensors", false},
};

static void put_point(leat_buf *b, const char *name, const leat_log_run *run, const leat_series *s,
                      uint64_t i)
{
    leat_buf_puts(b, name);
    leat_buf_put_i64(b, leat_series_steps(run, s)[i]);
    leat_buf_puts(b, ", ");
    leat_buf_put_json_f64(b, leat_series_values(run, s)[i]);
    leat_buf_putc(b, ']');
}

static leat_status put_group(struct listing *l, const leat_log_run *run, leat_series_kind kind,
                             const char *name, bool always)
{
    leat_buf *b = &l->out;
    bool any = false;
    for (size_t i = 0; i < run->n_series; i++) {
        const leat_series *s = &run->series[i];
        uint64_t n = s->n;
        if (s->kind != kind)
            continue;
        while (i + 1 < run->n_series && leat_series_same_tag(s, &run->series[i + 1]))
            n += run->series[++i].n;
        if (n == 0)
            continue;
        if (any)
            leat_buf_puts(b, ", ");
        else
            leat_buf_printf(b, "\"%s\": {", name);
        any = true;
        leat_buf_put_json(b, s->tag, s->tag_size);
        leat_buf_puts(b, ": {\"n\": ");
        leat_buf_put_i64(b, (int64_t)n);
        if (kind == LEAT_SERIES_SCALAR) {
            put_point(b, ", \"first\": [", run, s, 0);
            put_point(b, ", \"last\": [", run, s, s->n - 1);
        } else if (kind == LEAT_SERIES_TENSOR) {
            leat_buf_puts(b, ", \"plugin\": ");
            put_text(b, leat_series_plugin(s));
        }
        leat_buf_putc(b, '}');
        LEAT_TRY(flush(l, LEAT_EXPORT_PIECE));
    }
    if (any)
        leat_buf_puts(b, "}, ");
    else if (always)
        leat_buf_printf(b, "\"%s\": {}, ", name);
    return LEAT_OK;
}

/* Each tag once, with the number of its RunMetadata. */
static leat_status put_run_metadata(leat_buf *b, const leat_log_run *run)
{
    leat_map counts = {0};
    leat_status status = LEAT_OK;
    for (size_t i = 0; i < run->n_metadata && status == LEAT_OK; i++) {
        const leat_tagged_metadata *m = &run->metadata[i];
        uintptr_t n = (uintptr_t)leat_map_get(&counts, m->tag, m->tag_size);
        status = leat_map_put(&counts, m->tag, m->tag_size, (void *)(n + 1));
    }
    for (size_t i = 0, shown = 0; i < run->n_metadata && status == LEAT_OK; i++) {
        const leat_tagged_metadata *m = &run->metadata[i];
        uintptr_t n = (uintptr_t)leat_map_remove(&counts, m->tag, m->tag_size);
        if (n == 0)
            continue;
        leat_buf_puts(b, shown++ > 0 ? ", " : "\"run_metadata\": {");
        leat_buf_put_json(b, m->tag, m->tag_size);
        leat_buf_printf(b, ": {\"n\": %zu}", (size_t)n);
    }
    if (run->n_metadata > 0)
        leat_buf_puts(b, "}, ");
    leat_map_free(&counts);
    return status;
}

static void put_restarts(leat_buf *b, const leat_log_run *run)
{
    for (size_t i = 0; i < run->n_restarts; i++) {
        const leat_restart *r = &run->restarts[i];
        leat_buf_printf(b, "%s{\"step\": %" PRId64 ", \"wall_time\": ", i > 0 ? ", " : "\"restarts\": [",
                        r->step);
        leat_buf_put_json_f64(b, r->wall_time);
        leat_buf_printf(b, ", \"dropped\": %" PRIu64 "}%s", r->dropped,
                        i + 1 == run->n_restarts ? "], " : "");
    }
}

/* All that is wrong with a run, one after the other: *at starts as 0; false at the end. */
static bool next_damage(const leat_log_run *run, const char *graph_error, size_t *at, leat_damage *d)
{
    const size_t files = run->n_damage, graph = files + run->n_files;
    for (; *at <= graph; ++*at) {
        size_t i = *at;
        const leat_event_file *f = i >= files && i < graph ? &run->files[i - files] : NULL;
        if (i < files)
            *d = run->damage[i];
        else if (f != NULL && (f->unreadable || f->truncated))
            *d = (leat_damage){f->offset, f->unreadable ? "cannot be opened" : "truncated record",
                               (uint32_t)(i - files)};
        else if (i == graph && graph_error != NULL)
            *d = (leat_damage){run->graph.offset, graph_error, run->graph.file};
        else
            continue;
        ++*at;
        return true;
    }
    return false;
}

static void put_damage(leat_buf *b, const leat_log_run *run, const char *graph_error)
{
    leat_damage d;
    leat_buf_puts(b, "\"damage\": [");
    for (size_t at = 0, n = 0; next_damage(run, graph_error, &at, &d); n++) {
        leat_buf_puts(b, n > 0 ? ", {\"file\": " : "{\"file\": ");
        put_text(b, leat_path_base(run->files[d.file].path));
        leat_buf_printf(b, ", \"offset\": %" PRIu64 ", \"reason\": ", d.offset);
        put_text(b, d.reason);
        leat_buf_putc(b, '}');
    }
    leat_buf_putc(b, ']');
    if (run->n_damage_found > run->n_damage)
        leat_buf_printf(b, ", \"damage_found\": %" PRIu64, run->n_damage_found);
}

static leat_status count_nodes(const leat_log_run *run, uint64_t *nodes, const char **error)
{
    leat_buf scratch = {0};
    leat_status status = leat_log_run_graph_nodes(run, &scratch, nodes);
    leat_buf_free(&scratch);
    if (status == LEAT_ERR_NO_MEMORY)
        return status;
    *error = status != LEAT_OK ? "malformed graph" : NULL;
    return LEAT_OK;
}

static leat_status put_run(struct listing *l, const leat_log_run *run)
{
    leat_buf *b = &l->out;
    uint64_t nodes = 0;
    const char *graph_error = NULL;
    for (size_t i = 0; i < LEAT_LEN(groups); i++)
        LEAT_TRY(put_group(l, run, groups[i].kind, groups[i].name, groups[i].always));
    LEAT_TRY(count_nodes(run, &nodes, &graph_error));
    if (run->has_graph && graph_error == NULL)
        leat_buf_printf(b, "\"graph_nodes\": %" PRIu64 ", ", nodes);
    else
        leat_buf_puts(b, "\"graph_nodes\": null, ");
    LEAT_TRY(put_run_metadata(b, run));
    leat_buf_printf(b, "\"dropped\": %" PRIu64 ", ", run->dropped);
    put_restarts(b, run);
    put_damage(b, run, graph_error);
    return LEAT_OK;
}

static leat_status put_runs(struct listing *l, const leat_logdir *log)
{
    leat_buf_puts(&l->out, "{\"runs\": {");
    for (size_t i = 0; i < leat_logdir_runs(log); i++) {
        const leat_log_run *run = leat_logdir_run(log, i);
        leat_buf_puts(&l->out, i > 0 ? ",\n" : "\n");
        put_text(&l->out, run->name);
        leat_buf_puts(&l->out, ": {");
        LEAT_TRY(put_run(l, run));
        leat_buf_putc(&l->out, '}');
    }
    leat_buf_puts(&l->out, "}}\n");
    return LEAT_OK;
}

leat_status leat_logdir_list_json(const leat_logdir *log, leat_export_sink *sink, void *user)
{
    struct listing l = {.sink = sink, .user = user};
    return end(&l, put_runs(&l, log));
}

/* ---- for reading ---- */

/* There may be a million: no printf. */
static void put_series_line(leat_buf *b, const leat_log_run *run, const leat_series *s)
{
    const int64_t *step = leat_series_steps(run, s);
    const char *name = leat_series_plugin(s);
    char number[32];
    leat_buf_puts(b, "  ");
    size_t start = b->size;
    leat_buf_put_escaped(b, name, strlen(name));
    do
        leat_buf_putc(b, ' ');
    while (!b->failed && b->size < start + 11);
    leat_buf_put_escaped(b, s->tag, s->tag_size);
    leat_buf_puts(b, "  ");
    leat_buf_put_i64(b, (int64_t)s->n);
    leat_buf_puts(b, s->n == 1 ? " point, steps " : " points, steps ");
    leat_buf_put_i64(b, step[0]);
    leat_buf_puts(b, " to ");
    leat_buf_put_i64(b, step[s->n - 1]);
    if (s->has_numbers) {
        const double *value = leat_series_values(run, s);
        leat_buf_puts(b, ", ");
        leat_buf_puts(b, leat_format_f64(number, value[0]));
        leat_buf_puts(b, " to ");
        leat_buf_puts(b, leat_format_f64(number, value[s->n - 1]));
    }
    leat_buf_putc(b, '\n');
}

static void put_damage_lines(leat_buf *b, const leat_log_run *run, const char *graph_error)
{
    leat_damage d;
    for (size_t at = 0; next_damage(run, graph_error, &at, &d);) {
        const char *path = run->files[d.file].path;
        leat_buf_puts(b, "  damage     ");
        leat_buf_put_escaped(b, path, strlen(path));
        leat_buf_printf(b, ":%" PRIu64 ": %s\n", d.offset, d.reason);
    }
    if (run->n_damage_found > run->n_damage)
        leat_buf_printf(b, "  damage     in %" PRIu64 " more places\n", run->n_damage_found - run->n_damage);
}

static leat_status put_run_text(struct listing *l, const leat_log_run *run)
{
    leat_buf *b = &l->out;
    uint64_t nodes = 0, points = 0;
    const char *graph_error = NULL;
    for (size_t i = 0; i < run->n_series; i++)
        points += run->series[i].n;
    leat_buf_put_escaped(b, run->name, strlen(run->name));
    leat_buf_printf(b, ": %zu file%s, %" PRIu64 " point%s\n", run->n_files, run->n_files == 1 ? "" : "s",
                    points, points == 1 ? "" : "s");
    for (size_t i = 0; i < run->n_series; i++) {
        if (run->series[i].n > 0)
            put_series_line(b, run, &run->series[i]);
        LEAT_TRY(flush(l, LEAT_EXPORT_PIECE));
    }
    LEAT_TRY(count_nodes(run, &nodes, &graph_error));
    if (run->has_graph)
        leat_buf_printf(b, "  graph      %" PRIu64 " nodes%s\n", nodes,
                        run->graph_events > 1 ? " (the newest of several graphs)" : "");
    if (run->n_metadata > 0)
        leat_buf_printf(b, "  profiles   %zu\n", run->n_metadata);
    if (run->dropped > 0)
        leat_buf_printf(b, "  restarts   %zu; %" PRIu64 " points superseded\n", run->n_restarts,
                        run->dropped);
    put_damage_lines(b, run, graph_error);
    return LEAT_OK;
}

leat_status leat_logdir_list_text(const leat_logdir *log, leat_export_sink *sink, void *user)
{
    struct listing l = {.sink = sink, .user = user};
    leat_status status = LEAT_OK;
    for (size_t i = 0; i < leat_logdir_runs(log) && status == LEAT_OK; i++)
        status = put_run_text(&l, leat_logdir_run(log, i));
    return end(&l, status);
}
