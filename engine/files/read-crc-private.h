/* read-crc-private.h - reading a large part of a file together with its CRC. */
#ifndef LEAT_READ_CRC_PRIVATE_H
#define LEAT_READ_CRC_PRIVATE_H

#include "base/file-private.h"

/* Small enough to be in the cache still when the CRC looks at what was read. */
enum { LEAT_READ_PIECE = 128 * 1024 };

/* As leat_file_read_at, and *crc is the CRC32C of the bytes. From some megabytes on, threads of its own share the
 * work: one copies hardly as fast as `cat`. */
leat_status leat_file_read_crc(leat_file *f, uint64_t offset, void *to, size_t n,
                               uint32_t *crc) LEAT_MUST_CHECK;

#endif
