#include "config.h"
#include "event-private.h"
#include "histogram-private.h"
#include "png-private.h"
#include "record-private.h"
#include "writer-private.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_FLUSH_SECS 120.0
#define DEFAULT_QUEUE_BYTES ((size_t)8 << 20)
#define LEAST_QUEUE_BYTES ((size_t)4 << 10)
#define LARGEST_IMAGE_BYTES ((size_t)1 << 28)

struct leat_event_writer {
    leat_event_queue queue;
};

/* ---- opening ---- */

/* The ten digits behind "tfevents." in a file's name, or 0. */
static long long time_in_name(const char *name)
{
    const char *at = strstr(name, "tfevents.");
    long long time = 0;
    if (at == NULL)
        return 0;
    at += strlen("tfevents.");
    for (int i = 0; i < 10; i++) {
        if (at[i] < '0' || at[i] > '9')
            return 0;
        time = 10 * time + (at[i] - '0');
    }
    return time;
}

/* Readers take the files of a run in the order of their names: the new one's must come last. */
static leat_status choose_time(const char *logdir, long long *time_part)
{
    leat_dir_entry *entries;
    size_t count;
    LEAT_TRY(leat_dir_list(logdir, &entries, &count));
    *time_part = (long long)time(NULL);
    for (size_t i = 0; i < count; i++) {
        long long there = time_in_name(entries[i].name);
        if (there >= *time_part && there < 9999999999)
            *time_part = there + 1;
    }
    leat_dir_free(entries, count);
    return LEAT_OK;
}

static leat_status create_file(leat_file *file, const char *logdir, const char *suffix)
{
    char host[HOST_NAME_MAX + 1] = "localhost";
    long long time_part = 0;
    gethostname(host, sizeof host - 1);
    for (char *at = host; *at != '\0'; at++)
        if (*at == '/')
            *at = '_';
    LEAT_TRY(leat_dir_make(logdir, false));
    LEAT_TRY(choose_time(logdir, &time_part));
    for (unsigned n = 0; n < 100000; n++) {
        char *path = leat_asprintf("%s%sevents.out.tfevents.%010lld.%s.%ld.%u%s", logdir,
                                   logdir[strlen(logdir) - 1] == '/' ? "" : "/", time_part, host,
                                   (long)getpid(), n, suffix != NULL ? suffix : "");
        if (path == NULL)
            return leat_fail_memory(strlen(logdir) + 100);
        leat_status status = leat_file_create(file, path, true);
        leat_free(path);
        if (status != LEAT_ERR_ALREADY_EXISTS)
            return status;
    }
    return leat_fail(LEAT_ERR_IO, "%s: no free name for an event file", logdir);
}

/* Frames the event that `b` holds behind LEAT_RECORD_HEADER bytes left free at its start, and queues it. */
static leat_status put_record(leat_event_writer *w, leat_buf *b)
{
    leat_buf_append(b, "\0\0\0", LEAT_RECORD_FOOTER);
    LEAT_TRY(leat_buf_status(b));
    size_t size = b->size - LEAT_RECORD_OVERHEAD;
    if (size > LEAT_RECORD_LARGEST)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "an event of %zu bytes: 2 GiB are the limit", size);
    return leat_event_queue_put(&w->queue, b->data, leat_record_frame(b->data, size));
}

static void begin_event(leat_buf *b, int64_t step)
{
    static const char header[LEAT_RECORD_HEADER];
    leat_buf_append(b, header, sizeof header);
    leat_put_event_head(b, leat_wall_time(), step);
}

static leat_status put_bytes_event(leat_event_writer *w, uint32_t field, const void *bytes, size_t size,
                                   int64_t step)
{
    leat_buf b = {0};
    begin_event(&b, step);
    leat_put_bytes(&b, field, bytes, size);
    leat_status status = put_record(w, &b);
    leat_buf_free(&b);
    return status;
}

/* The event that tells readers the version, and who wrote it. */
static leat_status put_version(leat_event_writer *w)
{
    leat_buf b = {0};
    begin_event(&b, 0);
    leat_put_string(&b, LEAT_EVENT_FILE_VERSION, "brain.Event:2");
    size_t source = leat_put_begin(&b, LEAT_EVENT_SOURCE_METADATA);
    leat_put_string(&b, 1, "leat");
    leat_put_end(&b, source);
    leat_status status = put_record(w, &b);
    leat_buf_free(&b);
    return status;
}

static leat_status put_first_events(leat_event_writer *w, const leat_event_writer_options *o)
{
    LEAT_TRY(put_version(w));
    if (o->session_start)
        LEAT_TRY(leat_event_writer_add_session_start(w, o->session_step));
    if (o->graph_def != NULL)
        LEAT_TRY(leat_event_writer_add_graph_bytes(w, o->graph_def, o->graph_def_size));
    return LEAT_OK;
}

static leat_status check_options(const char *logdir, const leat_event_writer_options *o)
{
    if (logdir == NULL || *logdir == '\0')
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "an event writer needs a log directory");
    if (o->size != sizeof *o)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "leat_event_writer_options.size is %zu, not %zu", o->size,
                         sizeof *o);
    if (!(o->flush_secs >= 0))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "flush_secs is negative");
    if (o->filename_suffix != NULL && strchr(o->filename_suffix, '/') != NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "filename_suffix '%s' holds a slash", o->filename_suffix);
    return LEAT_OK;
}

/* Takes `file` over; a failure removes it. */
static leat_status start_writer(leat_event_writer *w, leat_file *file, const leat_event_writer_options *o)
{
    size_t bytes = o->queue_bytes > 0 ? LEAT_MAX(o->queue_bytes, LEAST_QUEUE_BYTES) : DEFAULT_QUEUE_BYTES;
    double secs = o->flush_secs > 0 ? o->flush_secs : DEFAULT_FLUSH_SECS;
    char detail[LEAT_QUEUE_MESSAGE], path[PATH_MAX];
    snprintf(path, sizeof path, "%s", file->path);
    leat_status status = leat_event_queue_start(&w->queue, file, bytes, secs, o->durable != 0);
    bool started = status == LEAT_OK;
    if (started)
        status = put_first_events(w, o);
    if (status == LEAT_OK)
        return LEAT_OK;
    snprintf(detail, sizeof detail, "%s", leat_message());
    if (started)
        (void)!leat_event_queue_stop(&w->queue); /* the first failure is the one to report */
    leat_file_remove(path);
    return leat_fail(status, "%s", detail);
}

leat_status leat_event_writer_open(leat_event_writer **writer, const char *logdir,
                                   const leat_event_writer_options *options)
{
    static const leat_event_writer_options defaults = {.size = sizeof defaults};
    const leat_event_writer_options *o = options != NULL ? options : &defaults;
    *writer = NULL;
    LEAT_TRY(check_options(logdir, o));
    leat_event_writer *w = leat_alloc(sizeof *w);
    if (w == NULL)
        return leat_fail_memory(sizeof *w);
    leat_file file = LEAT_FILE_CLOSED;
    leat_status status = create_file(&file, logdir, o->filename_suffix);
    if (status == LEAT_OK)
        status = start_writer(w, &file, o);
    if (status != LEAT_OK)
        leat_free(w);
    else
        *writer = w;
    return status;
}

const char *leat_event_writer_path(const leat_event_writer *w)
{
    return w->queue.file.path;
}

/* ---- summaries ---- */

static leat_status check_tag(const char *tag, size_t n)
{
    if (n == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a summary needs a tag");
    if (!leat_utf8_valid(tag, n))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "tag '%s' is not UTF-8", tag);
    return LEAT_OK;
}

/* A value under construction: event, summary, value and their marks. */
struct value {
    leat_buf b;
    size_t summary, value;
};

static leat_status begin_value(struct value *v, const char *tag, int64_t step)
{
    *v = (struct value){0};
    size_t n = tag != NULL ? strlen(tag) : 0;
    LEAT_TRY(check_tag(tag, n));
    begin_event(&v->b, step);
    v->summary = leat_put_begin(&v->b, LEAT_EVENT_SUMMARY);
    v->value = leat_put_begin(&v->b, 1);
    leat_put_bytes(&v->b, LEAT_VALUE_TAG, tag, n);
    return LEAT_OK;
}

static leat_status end_value(leat_event_writer *w, struct value *v)
{
    leat_put_end(&v->b, v->value);
    leat_put_end(&v->b, v->summary);
    leat_status status = put_record(w, &v->b);
    leat_buf_free(&v->b);
    return status;
}

static size_t put_varint(char *to, uint64_t value)
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        to[n++] = (char)(value | 0x80);
    to[n++] = (char)value;
    return n;
}

/* The one event that is written millions of times: encoded on the stack, in one pass from the front. */
#define SHORT_TAG 100

static leat_status add_short_scalar(leat_event_writer *w, const char *tag, size_t n, float value,
                                    int64_t step)
{
    char record[LEAT_RECORD_OVERHEAD + 9 + 11 + 4 + 2 + SHORT_TAG + 5], *to = record + LEAT_RECORD_HEADER;
    double wall_time = leat_wall_time();
    *to++ = LEAT_EVENT_WALL_TIME << 3 | LEAT_WIRE_FIXED64;
    memcpy(to, &wall_time, sizeof wall_time);
    to += sizeof wall_time;
    if (step != 0) {
        *to++ = LEAT_EVENT_STEP << 3 | LEAT_WIRE_VARINT;
        to += put_varint(to, (uint64_t)step);
    }
    size_t in_value = 2 + n + 5; /* below 128, as is all that holds it */
    *to++ = LEAT_EVENT_SUMMARY << 3 | LEAT_WIRE_BYTES;
    *to++ = (char)(in_value + 2);
    *to++ = 1 << 3 | LEAT_WIRE_BYTES;
    *to++ = (char)in_value;
    *to++ = LEAT_VALUE_TAG << 3 | LEAT_WIRE_BYTES;
    *to++ = (char)n;
    memcpy(to, tag, n);
    to += n;
    *to++ = LEAT_VALUE_SIMPLE << 3 | LEAT_WIRE_FIXED32;
    memcpy(to, &value, sizeof value);
    to += sizeof value;
    size_t size = (size_t)(to - record) - LEAT_RECORD_HEADER;
    return leat_event_queue_put(&w->queue, record, leat_record_frame(record, size));
}

leat_status leat_add_scalar(leat_event_writer *w, const char *tag, double value, int64_t step)
{
    size_t n = tag != NULL ? strlen(tag) : 0;
    if (n <= SHORT_TAG) {
        LEAT_TRY(check_tag(tag, n));
        return add_short_scalar(w, tag, n, (float)value, step);
    }
    struct value v;
    LEAT_TRY(begin_value(&v, tag, step));
    leat_put_float(&v.b, LEAT_VALUE_SIMPLE, (float)value);
    return end_value(w, &v);
}

leat_status leat_add_scalar_f64(leat_event_writer *w, const char *tag, double value, int64_t step)
{
    struct value v;
    LEAT_TRY(begin_value(&v, tag, step));
    size_t tensor = leat_put_begin(&v.b, LEAT_VALUE_TENSOR);
    leat_put_uint(&v.b, 1, LEAT_DT_DOUBLE);
    leat_put_bytes(&v.b, 2, NULL, 0);
    leat_put_bytes(&v.b, 6, &value, sizeof value);
    leat_put_end(&v.b, tensor);
    leat_put_plugin_metadata(&v.b, "scalars");
    return end_value(w, &v);
}

leat_status leat_add_text(leat_event_writer *w, const char *tag, const char *text, int64_t step)
{
    if (text == NULL || !leat_utf8_valid(text, strlen(text)))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the text of '%s' is not UTF-8", tag != NULL ? tag : "");
    struct value v;
    LEAT_TRY(begin_value(&v, tag, step));
    size_t tensor = leat_put_begin(&v.b, LEAT_VALUE_TENSOR);
    leat_put_uint(&v.b, 1, LEAT_DT_STRING);
    leat_put_bytes(&v.b, 2, NULL, 0);
    leat_put_string(&v.b, 8, text);
    leat_put_end(&v.b, tensor);
    leat_put_plugin_metadata(&v.b, "text");
    return end_value(w, &v);
}

static leat_status add_histogram(leat_event_writer *w, const char *tag, const double *f64, const float *f32,
                                 size_t n, int64_t step)
{
    struct value v;
    LEAT_TRY(begin_value(&v, tag, step));
    leat_histogram_counter *h = leat_alloc(sizeof *h);
    if (h == NULL) {
        leat_buf_free(&v.b);
        return leat_fail_memory(sizeof *h);
    }
    leat_histogram_init(h);
    if (f64 != NULL)
        leat_histogram_add_f64(h, f64, n);
    else
        leat_histogram_add_f32(h, f32, n);
    if (h->not_finite > 0)
        leat_note(LEAT_LOG_WARNING,
                  "histogram '%s', step %lld: %llu of %zu values are not finite and left out", tag,
                  (long long)step, (unsigned long long)h->not_finite, n);
    leat_histogram_put(&v.b, LEAT_VALUE_HISTO, h);
    leat_free(h);
    return end_value(w, &v);
}

leat_status leat_add_histogram(leat_event_writer *w, const char *tag, const double *values, size_t n,
                               int64_t step)
{
    static const double none;
    return add_histogram(w, tag, n > 0 ? values : &none, NULL, n, step);
}

leat_status leat_add_histogram_f32(leat_event_writer *w, const char *tag, const float *values, size_t n,
                                   int64_t step)
{
    return add_histogram(w, tag, NULL, values, n, step);
}

static leat_status sum_buckets(leat_histogram_sums *s, const double *limits, const double *counts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(counts[i] >= 0 && counts[i] <= DBL_MAX))
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "bucket %zu of a histogram counts %g values", i,
                             counts[i]);
        if (!(limits[i] >= (i > 0 ? limits[i - 1] : -INFINITY)))
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "limit %zu of a histogram is below the one before",
                             i);
        if (counts[i] == 0)
            continue;
        double left = fmax(i > 0 ? limits[i - 1] : s->min, s->min), right = fmin(limits[i], s->max);
        double middle = left + (right - left) / 2;
        s->num += counts[i];
        s->sum += counts[i] * middle;
        s->sum_squares += counts[i] * middle * middle;
    }
    return LEAT_OK;
}

leat_status leat_add_histogram_buckets(leat_event_writer *w, const char *tag, const double *limits,
                                       const double *counts, size_t buckets, double min, double max,
                                       int64_t step)
{
    leat_histogram_sums sums = {.min = min, .max = max};
    LEAT_TRY(sum_buckets(&sums, limits, counts, buckets));
    struct value v;
    LEAT_TRY(begin_value(&v, tag, step));
    leat_put_histogram(&v.b, LEAT_VALUE_HISTO, &sums, limits, counts, buckets);
    return end_value(w, &v);
}

static leat_status end_image(leat_event_writer *w, struct value *v, const void *png, size_t size,
                             uint32_t height, uint32_t width, uint32_t colorspace)
{
    size_t image = leat_put_begin(&v->b, LEAT_VALUE_IMAGE);
    leat_put_uint(&v->b, 1, height);
    leat_put_uint(&v->b, 2, width);
    leat_put_uint(&v->b, 3, colorspace);
    leat_put_bytes(&v->b, 4, png, size);
    leat_put_end(&v->b, image);
    return end_value(w, v);
}

leat_status leat_add_image(leat_event_writer *w, const char *tag, const uint8_t *pixels, size_t height,
                           size_t width, size_t channels, int64_t step)
{
    size_t bytes;
    if (__builtin_mul_overflow(height, width, &bytes) || __builtin_mul_overflow(bytes, channels, &bytes) ||
        bytes > LARGEST_IMAGE_BYTES)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "image '%s' of %zu x %zu x %zu bytes is too large",
                         tag != NULL ? tag : "", height, width, channels);
    struct value v;
    LEAT_TRY(begin_value(&v, tag, step));
    leat_buf png = {0};
    leat_status status = leat_png_encode(&png, pixels, height, width, channels);
    if (status == LEAT_OK)
        status = end_image(w, &v, png.data, png.size, (uint32_t)height, (uint32_t)width, (uint32_t)channels);
    leat_buf_free(&v.b);
    leat_buf_free(&png);
    return status;
}

leat_status leat_add_image_png(leat_event_writer *w, const char *tag, const void *png, size_t size,
                               int64_t step)
{
    /* Colour types of PNG 0 (grey), 2 (RGB), 3 (palette), 4 (grey and alpha), 6 (RGBA) as TensorFlow counts them. */
    static const uint32_t colorspaces[] = {1, 1, 3, 3, 2, 1, 4};
    uint32_t width, height;
    if (png == NULL || !leat_png_dimensions(png, size, &width, &height) || size < 26)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "image '%s' is not a PNG", tag != NULL ? tag : "");
    uint8_t type = ((const uint8_t *)png)[25];
    struct value v;
    LEAT_TRY(begin_value(&v, tag, step));
    return end_image(w, &v, png, size, height, width, type < LEAT_LEN(colorspaces) ? colorspaces[type] : 3);
}

/* ---- whole messages ---- */

/* Well-formed on the outside: the fields of the message and of the messages in field `number`. */
static leat_status check_message(const char *what, const void *bytes, size_t size, uint32_t number)
{
    leat_wire w = leat_wire_from(bytes, size, 0);
    leat_field f, inner;
    while (leat_wire_next(&w, &f)) {
        if (number == 0 || f.number != number)
            continue;
        leat_wire sub = leat_wire_sub(&w, &f);
        while (leat_wire_next(&sub, &inner))
            ;
        if (sub.error != NULL)
            w = sub;
    }
    if (leat_wire_status(&w) == LEAT_OK)
        return LEAT_OK;
    leat_fail_context(LEAT_ERR_INVALID_ARGUMENT, "not a serialized %s", what);
    return LEAT_ERR_INVALID_ARGUMENT;
}

leat_status leat_event_writer_add_summary_bytes(leat_event_writer *w, const void *summary, size_t size,
                                                int64_t step)
{
    LEAT_TRY(check_message("Summary", summary, size, 1));
    return put_bytes_event(w, LEAT_EVENT_SUMMARY, summary, size, step);
}

leat_status leat_event_writer_add_graph_bytes(leat_event_writer *w, const void *graph_def, size_t size)
{
    LEAT_TRY(check_message("GraphDef", graph_def, size, 0));
    return put_bytes_event(w, LEAT_EVENT_GRAPH_DEF, graph_def, size, 0);
}

leat_status leat_event_writer_add_meta_graph_bytes(leat_event_writer *w, const void *meta_graph_def,
                                                   size_t size)
{
    LEAT_TRY(check_message("MetaGraphDef", meta_graph_def, size, 0));
    return put_bytes_event(w, LEAT_EVENT_META_GRAPH_DEF, meta_graph_def, size, 0);
}

leat_status leat_event_writer_add_run_metadata_bytes(leat_event_writer *w, const char *tag,
                                                     const void *run_metadata, size_t size, int64_t step)
{
    size_t n = tag != NULL ? strlen(tag) : 0;
    LEAT_TRY(check_tag(tag, n));
    LEAT_TRY(check_message("RunMetadata", run_metadata, size, 0));
    leat_buf b = {0};
    begin_event(&b, step);
    size_t tagged = leat_put_begin(&b, LEAT_EVENT_TAGGED_RUN_METADATA);
    leat_put_bytes(&b, 1, tag, n);
    leat_put_bytes(&b, 2, run_metadata, size);
    leat_put_end(&b, tagged);
    leat_status status = put_record(w, &b);
    leat_buf_free(&b);
    return status;
}

leat_status leat_event_writer_add_session_start(leat_event_writer *w, int64_t step)
{
    static const char start[] = {1 << 3 | LEAT_WIRE_VARINT, LEAT_SESSION_START};
    return put_bytes_event(w, LEAT_EVENT_SESSION_LOG, start, sizeof start, step);
}

leat_status leat_event_writer_add_event_bytes(leat_event_writer *w, const void *event, size_t size)
{
    static const char header[LEAT_RECORD_HEADER];
    LEAT_TRY(check_message("Event", event, size, LEAT_EVENT_SUMMARY));
    leat_buf b = {0};
    leat_buf_append(&b, header, sizeof header);
    leat_buf_append(&b, event, size);
    leat_status status = put_record(w, &b);
    leat_buf_free(&b);
    return status;
}

/* ---- flushing and closing ---- */

leat_status leat_event_writer_flush(leat_event_writer *w)
{
    return leat_event_queue_flush(&w->queue);
}

leat_status leat_event_writer_close(leat_event_writer *w)
{
    if (w == NULL)
        return LEAT_OK;
    leat_status status = leat_event_queue_stop(&w->queue);
    leat_free(w);
    return status;
}

void leat_event_writer_stats(leat_event_writer *w, leat_event_writer_statistics *statistics)
{
    leat_event_queue_stats(&w->queue, statistics);
}
