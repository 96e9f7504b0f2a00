/* read-crc-private.h - reading large parts of files together with their CRCs. */
#ifndef LEAT_READ_CRC_PRIVATE_H
#define LEAT_READ_CRC_PRIVATE_H

#include "base/file-private.h"

/* Small enough to be in the cache still when the CRC looks at what was read. */
enum { LEAT_READ_PIECE = 128 * 1024 };

/* A part of a file that is wanted in memory. */
typedef struct leat_read_range {
    leat_file *file;
    uint64_t offset;
    void *to;
    size_t size;
    uint32_t crc; /* is set: the CRC32C of the bytes */
} leat_read_range;

/* leat_file_read_at of every range, and its CRC. From some megabytes on, threads of its own share the work: one copies hardly as
 * fast as `cat`. Of several failures that of the first range is told, *done being its number; the ranges before it are read.
 * *done is `count` where all are. */
leat_status leat_file_read_ranges(leat_read_range *ranges, size_t count, size_t *done) LEAT_MUST_CHECK;

#endif
