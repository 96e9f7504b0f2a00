/* The files of a report's directory: their names, the pictures, the numbers. */
#include "viz/report-private.h"
#include "viz/graph-draw-private.h"
#include "base/file-private.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_NAME 80u
#define CHUNK ((size_t)1 << 20)

/* ---- names ---- */

/* Bytes that mean nothing to any shell, URL or file system stay; a run of others becomes one "_". */
static size_t plain_name(const char *from, char *to, size_t room)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t n = 0;
    for (; *from && n < room; from++) {
        bool ok = strchr(good, *from) != NULL && !(*from == '.' && n == 0) && !(*from == '-' && n == 0);
        if (ok)
            to[n++] = *from;
        else if (n == 0 || to[n - 1] != '_')
            to[n++] = '_';
    }
    return n;
}

/* Names are told apart without regard to case, for file systems that do so. */
static void lower(char *text)
{
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

char *leat_report_file_name(leat_report_job *j, const leat_report_section *section, const char *tag,
                            const char *run)
{
    char stem[2 * LONGEST_NAME + 8], key[sizeof stem + 40];
    size_t n = plain_name(tag, stem, LONGEST_NAME);
    if (run) {
        stem[n++] = '.';
        n += plain_name(run, stem + n, LONGEST_NAME);
    }
    if (n == 0)
        stem[n++] = '_';
    stem[n] = '\0';
    for (size_t i = 1;; i++) {
        if (i == 1)
            snprintf(key, sizeof key, "%s/%s", section->id, stem);
        else
            snprintf(key, sizeof key, "%s/%s.%zu", section->id, stem, i);
        char *name = leat_arena_strndup(&j->names, key, strlen(key));
        lower(key);
        char *taken = name ? leat_arena_strndup(&j->names, key, strlen(key)) : NULL;
        if (taken == NULL)
            return NULL;
        if (leat_map_get(&j->files, taken, strlen(taken)) != NULL)
            continue;
        return leat_map_put(&j->files, taken, strlen(taken), name) == LEAT_OK ? name : NULL;
    }
}

static char *path_of(const leat_report_job *j, const leat_picture *p, const char *suffix)
{
    char *name = leat_asprintf("%s.%s", p->file, suffix);
    char *path = name ? leat_path_join(j->dir, name) : NULL;
    leat_free(name);
    return path;
}

/* ---- numbers ---- */

/* As a URL holds them: letters, digits and what has no meaning there. */
static leat_status put_escaped(leat_buf *out, const leat_buf *b)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = leat_buf_reserve(out, 3 * b->size + 1), *start = to;
    if (to == NULL)
        return leat_buf_status(out);
    for (size_t i = 0; i < b->size; i++) {
        unsigned char c = (unsigned char)b->data[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ',' ||
            c == '.' || c == '-' || c == '_' || c == '/') {
            *to++ = (char)c;
        } else {
            *to++ = '%';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
        }
    }
    *to = '\0';
    out->size += (size_t)(to - start);
    return LEAT_OK;
}

leat_status leat_sink_flush(leat_sink *sink, leat_buf *b, bool all)
{
    if (b->size < CHUNK && !all)
        return LEAT_OK;
    LEAT_TRY(leat_buf_status(b));
    if (sink->page) {
        LEAT_TRY(put_escaped(sink->page, b));
        leat_buf_clear(b);
        b = sink->page;
        if (b->size < CHUNK)
            return LEAT_OK;
    }
    LEAT_TRY(leat_file_write(sink->file, b->data, b->size));
    leat_buf_clear(b);
    return LEAT_OK;
}

static char *put_integer(char *to, int64_t v)
{
    char digits[24];
    int n = 0;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        digits[n++] = (char)('0' + u % 10);
    while ((u /= 10) > 0);
    if (v < 0)
        *to++ = '-';
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

/* Seconds to the microsecond, which is what clocks in event files mean. */
static char *put_seconds(char *to, double s)
{
    if (!(fabs(s) < 9e9)) {
        leat_format_f64(to, s);
        return to + strlen(to);
    }
    int64_t us = llround(s * 1e6);
    to = put_integer(to, us / 1000000);
    if (us < 0 && us > -1000000) { /* "-0" */
        to[-1] = '-';
        *to++ = '0';
    }
    int64_t part = llabs(us % 1000000);
    if (part == 0)
        return to;
    *to++ = '.';
    for (int64_t unit = 100000; part > 0; unit /= 10) {
        *to++ = (char)('0' + part / unit);
        part %= unit;
    }
    return to;
}

/* Event files hold most values as float32: written with the digits of that, they read back the same. */
static char *put_value(char *to, double v)
{
    if ((double)(float)v == v)
        leat_format_f32(to, (float)v);
    else
        leat_format_f64(to, v);
    return to + strlen(to);
}

leat_status leat_csv_scalars(const leat_figure *f, const leat_panel *p, leat_buf *b, leat_sink *sink)
{
    leat_status status = LEAT_OK;
    leat_buf run = {0};
    leat_buf_puts(b, "run,step,wall_time,value\n");
    for (size_t i = p->first; i < p->first + p->n && status == LEAT_OK; i++) {
        const leat_scalar_series *s = f->items[i].series;
        leat_buf_clear(&run);
        leat_csv_put(&run, s->run, strlen(s->run));
        leat_buf_putc(&run, ',');
        status = leat_buf_status(&run);
        for (size_t k = 0; k < s->n && status == LEAT_OK; k++) {
            char *to = leat_buf_reserve(b, run.size + 128), *start = to;
            if (to == NULL) {
                status = leat_buf_status(b);
                break;
            }
            memcpy(to, run.data, run.size);
            to = put_integer(to + run.size, s->step[k]);
            *to++ = ',';
            to = put_seconds(to, s->wall[k]);
            *to++ = ',';
            to = put_value(to, s->value[k]);
            *to++ = '\n';
            b->size += (size_t)(to - start);
            status = leat_sink_flush(sink, b, false);
        }
    }
    leat_buf_free(&run);
    return status;
}

leat_status leat_csv_histograms(const leat_figure *f, const leat_panel *p, leat_buf *b, leat_sink *sink)
{
    const leat_histogram_series *s = f->items[p->first].series;
    leat_buf_puts(b, "step,wall_time,left,right,count\n");
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->at[i].n; k++) {
            char *to = leat_buf_reserve(b, 192), *start = to;
            if (to == NULL)
                return leat_buf_status(b);
            to = put_integer(to, s->at[i].step);
            *to++ = ',';
            to = put_seconds(to, s->at[i].wall);
            for (int m = 0; m < 3; m++) {
                *to++ = ',';
                to = put_value(to, s->at[i].buckets[3 * k + (size_t)m]);
            }
            *to++ = '\n';
            b->size += (size_t)(to - start);
            LEAT_TRY(leat_sink_flush(sink, b, false));
        }
    return LEAT_OK;
}

static leat_status stream_csv(void *user, leat_file *file)
{
    const leat_picture *p = user;
    leat_sink sink = {.file = file};
    leat_buf b = {0};
    leat_status status = p->section->csv(p->figure, &p->figure->panels[p->panel], &b, &sink);
    if (status == LEAT_OK)
        status = leat_sink_flush(&sink, &b, true);
    leat_buf_free(&b);
    return status;
}

leat_status leat_picture_csv(leat_report_job *j, leat_picture *p)
{
    if (p->section->csv == NULL || j->dir == NULL)
        return LEAT_OK;
    char *path = path_of(j, p, "csv");
    leat_status status = path ? leat_file_replace_by(path, stream_csv, p, false) : leat_fail_memory(1);
    leat_free(path);
    return status;
}

/* ---- pictures ---- */

static leat_status draw_graph(const leat_report_job *j, const leat_picture *p, leat_canvas *c,
                              const char *title)
{
    leat_plot_graph_options o = {.size = sizeof o, .dark = j->theme.dark, .source = "graph", .title = title};
    if (p->stats) {
        o.color = LEAT_GRAPH_BY_TIME;
        o.run_metadata = p->stats->data;
        o.run_metadata_size = p->stats->size;
    }
    return leat_plot_graph_on(c, p->graph->data, p->graph->size, &o);
}

leat_status leat_picture_draw_page(const leat_report_job *j, const leat_picture *p, leat_canvas *c,
                                   const char *title)
{
    return p->graph ? draw_graph(j, p, c, title) : leat_report_draw_profile(j, p, c, title);
}

static leat_status draw_on(leat_report_job *j, leat_picture *p, leat_canvas *c)
{
    if (p->figure == NULL)
        return leat_picture_draw_page(j, p, c, NULL);
    leat_figure_draw(p->figure, c, p->panel, 1);
    return leat_canvas_status(c);
}

static leat_status draw_as(leat_report_job *j, leat_picture *p, const leat_canvas_class *class,
                           const leat_canvas_options *options, leat_buf *out)
{
    leat_canvas *c;
    LEAT_TRY(leat_canvas_new(&c, class, options));
    leat_status status = draw_on(j, p, c);
    if (status == LEAT_OK)
        status = leat_canvas_finish(c, out);
    leat_canvas_free(c);
    return status;
}

static leat_status write_files(leat_report_job *j, leat_picture *p, const leat_canvas_options *options)
{
    leat_buf file = {0};
    char *svg = path_of(j, p, "svg"), *png = path_of(j, p, "png");
    leat_status status = svg && png ? LEAT_OK : leat_fail_memory(1);
    leat_buf_puts(&file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    leat_buf_append(&file, p->svg.data, p->svg.size);
    if (status == LEAT_OK)
        status = leat_buf_status(&file);
    if (status == LEAT_OK)
        status = leat_file_replace(svg, file.data, file.size, false);
    leat_buf_clear(&file);
    leat_canvas_options png_options = {.title = options->title, .scale = 2};
    if (status == LEAT_OK)
        status = draw_as(j, p, &leat_canvas_png, &png_options, &file);
    if (status == LEAT_OK)
        status = leat_file_replace(png, file.data, file.size, false);
    leat_buf_free(&file);
    leat_free(svg);
    leat_free(png);
    return status;
}

leat_status leat_picture_draw(leat_report_job *j, leat_picture *p)
{
    char *prefix = leat_asprintf("%s-", p->id);
    leat_canvas_options options = {.title = p->tag, .fragment = true, .prefix = prefix};
    leat_status status = prefix ? draw_as(j, p, &leat_canvas_svg, &options, &p->svg) : leat_fail_memory(1);
    if (status == LEAT_OK && j->dir)
        status = write_files(j, p, &options);
    leat_free(prefix);
    if (p->figure)
        leat_figure_release(p->figure, p->panel);
    return status;
}
