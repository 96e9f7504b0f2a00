/* record-private.h - the framing of event files: u64 length, u32 masked CRC32C of those eight bytes, the data,
 * u32 masked CRC32C of the data; all little-endian. Source: TensorFlow's record_writer.h (TFRecord). */
#ifndef LEAT_RECORD_PRIVATE_H
#define LEAT_RECORD_PRIVATE_H

#include <string.h>
#include "base/base-private.h"
#include "base/crc-private.h"

#define LEAT_RECORD_HEADER ((size_t)12)
#define LEAT_RECORD_FOOTER ((size_t)4)
#define LEAT_RECORD_OVERHEAD (LEAT_RECORD_HEADER + LEAT_RECORD_FOOTER)
/* protobuf's own limit of a message; a longer length is taken as damage, not as a record still being written. */
#define LEAT_RECORD_LARGEST ((uint64_t)INT32_MAX)

static inline uint64_t leat_record_u64(const void *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

static inline uint32_t leat_record_u32(const void *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

/* Is a valid header at `at`, with *size bytes of data behind it? */
static inline bool leat_record_header_valid(const void *at, uint64_t *size)
{
    *size = leat_record_u64(at);
    return leat_crc32c_mask(leat_crc32c(at, 8)) == leat_record_u32((const char *)at + 8);
}

static inline bool leat_record_data_valid(const void *data, size_t size)
{
    return leat_crc32c_mask(leat_crc32c(data, size)) == leat_record_u32((const char *)data + size);
}

/* Frames the `size` bytes that stand at record + LEAT_RECORD_HEADER; returns the size of the whole. */
static inline size_t leat_record_frame(char *record, size_t size)
{
    uint64_t length = size;
    memcpy(record, &length, sizeof length);
    uint32_t crc = leat_crc32c_mask(leat_crc32c(record, 8));
    memcpy(record + 8, &crc, sizeof crc);
    crc = leat_crc32c_mask(leat_crc32c(record + LEAT_RECORD_HEADER, size));
    memcpy(record + LEAT_RECORD_HEADER + size, &crc, sizeof crc);
    return size + LEAT_RECORD_OVERHEAD;
}

#endif
