/* event-builder.h - event files made in memory, byte by byte, for the tests of the reader. */
#ifndef LEAT_EVENT_BUILDER_H
#define LEAT_EVENT_BUILDER_H

#include "events/event-private.h"

/* Appends one framed record of `size` bytes. */
void build_record(leat_buf *file, const void *data, size_t size);
/* An event with one field of bytes; the version event; a SessionLog START. */
void build_event(leat_buf *file, double wall_time, int64_t step, uint32_t field, const void *bytes,
                 size_t size);
void build_version(leat_buf *file, int version);
void build_start(leat_buf *file, int64_t step);
/* A scalar as simple_value, at wall time 1000 + step. */
void build_scalar(leat_buf *file, const char *tag, int64_t step, float value);
/* The same, where the tag may hold a NUL. */
void build_scalar_n(leat_buf *file, const char *tag, size_t tag_size, int64_t step, float value);
/* A summary of one value: tag, payload in `field`, and a plugin's metadata unless NULL. */
void build_value(leat_buf *file, const char *tag, int64_t step, uint32_t field, const void *payload,
                 size_t size, const char *plugin);
/* A million tags, or `n`: the version, then a scalar of each, `together` of them in an event. plugin NULL: simple values, else
 * tensors of TensorFlow 2 with that plugin's metadata. */
void build_tags(leat_buf *file, const char *format, int n, int together, const char *plugin);
/* Appends a TensorProto's fields: dtype, shape ("" scalar, "2,3"), and one field of raw bytes. */
void build_tensor(leat_buf *b, int dtype, const char *shape, uint32_t field, const void *bytes, size_t size);
/* A leat_export_sink: `buf` is a leat_buf. */
leat_status append_to(void *buf, const void *bytes, size_t n);
/* Writes the file to dir/name (directories are made). */
void build_save(const leat_buf *file, const char *dir, const char *name);

#endif
