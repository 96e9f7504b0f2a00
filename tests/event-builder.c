#include "config.h"
#include "event-builder.h"
#include "check.h"
#include "base/file-private.h"
#include "events/record-private.h"

#include <stdio.h>
#include <stdlib.h>

void build_record(leat_buf *file, const void *data, size_t size)
{
    char *to = leat_buf_reserve(file, size + LEAT_RECORD_OVERHEAD);
    if (!CHECK(to != NULL))
        return;
    if (size > 0)
        memcpy(to + LEAT_RECORD_HEADER, data, size);
    file->size += leat_record_frame(to, size);
}

void build_event(leat_buf *file, double wall_time, int64_t step, uint32_t field, const void *bytes,
                 size_t size)
{
    leat_buf event = {0};
    leat_put_event_head(&event, wall_time, step);
    leat_put_bytes(&event, field, bytes, size);
    build_record(file, event.data, event.size);
    leat_buf_free(&event);
}

void build_version(leat_buf *file, int version)
{
    char text[32];
    snprintf(text, sizeof text, "brain.Event:%d", version);
    build_event(file, 1000, 0, LEAT_EVENT_FILE_VERSION, text, strlen(text));
}

void build_start(leat_buf *file, int64_t step)
{
    build_event(file, 1000 + (double)step, step, LEAT_EVENT_SESSION_LOG, "\x08\x01", 2);
}

static void build_summary(leat_buf *file, int64_t step, const leat_buf *value)
{
    leat_buf summary = {0};
    leat_put_bytes(&summary, 1, value->data, value->size);
    build_event(file, 1000 + (double)step, step, LEAT_EVENT_SUMMARY, summary.data, summary.size);
    leat_buf_free(&summary);
}

void build_tags(leat_buf *file, const char *format, int n, int together, const char *plugin)
{
    leat_buf summary = {0}, one = {0};
    build_tensor(&one, LEAT_DT_FLOAT, "", 5, "\0\0\x80\x3f", 4);
    build_version(file, 2);
    for (int i = 0; i < n; i++) {
        char tag[32];
        size_t value = leat_put_begin(&summary, 1);
        snprintf(tag, sizeof tag, format, i);
        leat_put_string(&summary, LEAT_VALUE_TAG, tag);
        if (plugin == NULL) {
            leat_put_float(&summary, LEAT_VALUE_SIMPLE, 1);
        } else {
            leat_put_plugin_metadata(&summary, plugin);
            leat_put_bytes(&summary, LEAT_VALUE_TENSOR, one.data, one.size);
        }
        leat_put_end(&summary, value);
        if ((i + 1) % together != 0 && i + 1 < n)
            continue;
        build_event(file, 1000.0 + i, i, LEAT_EVENT_SUMMARY, summary.data, summary.size);
        leat_buf_clear(&summary);
    }
    leat_buf_free(&summary);
    leat_buf_free(&one);
}

void build_scalar(leat_buf *file, const char *tag, int64_t step, float value)
{
    build_scalar_n(file, tag, strlen(tag), step, value);
}

void build_scalar_n(leat_buf *file, const char *tag, size_t tag_size, int64_t step, float value)
{
    leat_buf b = {0};
    leat_put_bytes(&b, LEAT_VALUE_TAG, tag, tag_size);
    leat_put_float(&b, LEAT_VALUE_SIMPLE, value);
    build_summary(file, step, &b);
    leat_buf_free(&b);
}

void build_value(leat_buf *file, const char *tag, int64_t step, uint32_t field, const void *payload,
                 size_t size, const char *plugin)
{
    leat_buf b = {0};
    leat_put_string(&b, LEAT_VALUE_TAG, tag);
    if (field != 0)
        leat_put_bytes(&b, field, payload, size);
    if (plugin != NULL)
        leat_put_plugin_metadata(&b, plugin);
    build_summary(file, step, &b);
    leat_buf_free(&b);
}

void build_tensor(leat_buf *b, int dtype, const char *shape, uint32_t field, const void *bytes, size_t size)
{
    leat_put_uint(b, 1, (uint64_t)dtype);
    size_t mark = leat_put_begin(b, 2);
    while (*shape != '\0') {
        size_t dim = leat_put_begin(b, 2);
        leat_put_uint(b, 1, strtoull(shape, (char **)&shape, 10));
        leat_put_end(b, dim);
        shape += *shape == ',';
    }
    leat_put_end(b, mark);
    leat_put_bytes(b, field, bytes, size);
}

leat_status append_to(void *buf, const void *bytes, size_t n)
{
    leat_buf_append(buf, bytes, n);
    return leat_buf_status(buf);
}

void build_save(const leat_buf *file, const char *dir, const char *name)
{
    char *path = leat_path_join(dir, name);
    CHECK_OK(leat_dir_make(dir, false));
    CHECK_OK(leat_file_replace(path, file->data, file->size, false));
    leat_free(path);
}
