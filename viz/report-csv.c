/* The numbers behind the pictures as CSV: written piece by piece, for there may be very many. */
#include "viz/report-private.h"
#include "base/file-private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)1 << 20)

/* ---- where they go ---- */

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

/* ---- rows ---- */

/* Seconds to the microsecond, which is what clocks in event files mean. */
static char *put_seconds(char *to, double s)
{
    if (!(fabs(s) < 9e9)) {
        leat_format_f64(to, s);
        return to + strlen(to);
    }
    int64_t us = llround(s * 1e6);
    to = leat_put_i64(to, us / 1000000);
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

static leat_status scalar_rows(const leat_plot_data *d, size_t series, const leat_buf *names, leat_buf *b,
                               leat_sink *sink)
{
    leat_scalar_series s = leat_scalars_at(d, series);
    for (size_t k = 0; k < s.n; k++) {
        char *to = leat_buf_reserve(b, names->size + 128), *start = to;
        if (to == NULL)
            return leat_buf_status(b);
        memcpy(to, names->data, names->size);
        to = leat_put_i64(to + names->size, s.step[k]);
        *to++ = ',';
        to = put_seconds(to, s.wall[k]);
        *to++ = ',';
        to = put_value(to, s.value[k]);
        *to++ = '\n';
        b->size += (size_t)(to - start);
        LEAT_TRY(leat_sink_flush(sink, b, false));
    }
    return LEAT_OK;
}

static leat_status histogram_rows(const leat_plot_data *d, size_t series, const leat_buf *names, leat_buf *b,
                                  leat_sink *sink)
{
    const leat_histogram_series *s = &d->histograms[series];
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->at[i].n; k++) {
            char *to = leat_buf_reserve(b, names->size + 192), *start = to;
            if (to == NULL)
                return leat_buf_status(b);
            memcpy(to, names->data, names->size);
            to = leat_put_i64(to + names->size, s->at[i].step);
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

const leat_report_csv leat_csv_scalars = {"step,wall_time,value\n", scalar_rows};
const leat_report_csv leat_csv_histograms = {"step,wall_time,left,right,count\n", histogram_rows};

/* ---- tables ---- */

/* What stands before the columns of a series; NULL: not said. */
static leat_status put_names(leat_buf *names, const char *run, const char *tag)
{
    leat_buf_clear(names);
    if (run) {
        leat_csv_put(names, run, strlen(run));
        leat_buf_putc(names, ',');
    }
    if (tag) {
        leat_csv_put(names, tag, strlen(tag));
        leat_buf_putc(names, ',');
    }
    leat_buf_append(names, "", 0); /* even nothing has an address */
    return leat_buf_status(names);
}

leat_status leat_csv_panel(const leat_picture *p, leat_buf *b, leat_sink *sink)
{
    const leat_figure *f = p->figure;
    const leat_panel *panel = &f->panels[p->panel];
    bool runs = !f->class->by_run;
    leat_buf names = {0};
    leat_status status = LEAT_OK;
    leat_buf_puts(b, runs ? "run," : "");
    leat_buf_puts(b, p->section->csv->columns);
    for (size_t i = panel->first; i < panel->first + panel->n && status == LEAT_OK; i++) {
        status = put_names(&names, runs ? f->runs[f->items[i].run] : NULL, NULL);
        if (status == LEAT_OK)
            status = p->section->csv->rows(f->data, f->items[i].series, &names, b, sink);
    }
    leat_buf_free(&names);
    return status;
}

/* Every series of the chapter that no picture shows. */
static leat_status put_others(const leat_report_job *j, size_t section, const leat_map *drawn,
                              leat_sink *sink)
{
    const leat_figure *f = j->figures[section];
    const leat_report_csv *csv = leat_report_sections[section].csv;
    leat_buf b = {0}, names = {0};
    leat_status status = LEAT_OK;
    leat_found s;
    leat_buf_printf(&b, "run,tag,%s", csv->columns);
    for (size_t i = 0; status == LEAT_OK && f->class->series(f->data, i, &s); i++) {
        if (s.points == 0 || leat_map_get(drawn, (const char *)&i, sizeof i) != NULL)
            continue;
        status = put_names(&names, s.run, s.tag);
        if (status == LEAT_OK)
            status = csv->rows(f->data, i, &names, &b, sink);
    }
    if (status == LEAT_OK)
        status = leat_sink_flush(sink, &b, true);
    leat_buf_free(&b);
    leat_buf_free(&names);
    return status;
}

struct others {
    const leat_report_job *job;
    size_t section;
    leat_map drawn; /* the indices of the series that pictures show */
};

static leat_status fill_others(void *user, leat_file *file)
{
    struct others *o = user;
    return put_others(o->job, o->section, &o->drawn, &(leat_sink){.file = file});
}

static leat_status find_drawn(struct others *o)
{
    for (size_t i = 0; i < o->job->n_pictures; i++) {
        const leat_picture *p = &o->job->pictures[i];
        if (p->section != &leat_report_sections[o->section])
            continue;
        const leat_panel *panel = &p->figure->panels[p->panel];
        for (size_t k = panel->first; k < panel->first + panel->n; k++) {
            leat_item *item = &p->figure->items[k];
            LEAT_TRY(leat_map_put(&o->drawn, (const char *)&item->series, sizeof item->series, item));
        }
    }
    return LEAT_OK;
}

leat_status leat_csv_others(const leat_report_job *j, size_t section)
{
    if (j->others[section] == NULL)
        return LEAT_OK;
    struct others o = {.job = j, .section = section};
    char *path = leat_report_path(j, j->others[section], "csv");
    leat_status status = path ? find_drawn(&o) : leat_fail_memory(1);
    if (status == LEAT_OK)
        status = leat_file_replace_by(path, fill_others, &o, false);
    leat_map_free(&o.drawn);
    leat_free(path);
    return status;
}

static leat_status fill_picture(void *user, leat_file *file)
{
    leat_sink sink = {.file = file};
    leat_buf b = {0};
    leat_status status = leat_csv_panel(user, &b, &sink);
    if (status == LEAT_OK)
        status = leat_sink_flush(&sink, &b, true);
    leat_buf_free(&b);
    return status;
}

leat_status leat_csv_picture(const leat_report_job *j, leat_picture *p)
{
    if (p->section->csv == NULL || j->dir == NULL)
        return LEAT_OK;
    char *path = leat_report_path(j, p->file, "csv");
    leat_status status = path ? leat_file_replace_by(path, fill_picture, p, false) : leat_fail_memory(1);
    leat_free(path);
    return status;
}
