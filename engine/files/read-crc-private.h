/* read-crc-private.h - reading a large part of a file together with its CRC. */
#ifndef LEAT_READ_CRC_PRIVATE_H
#define LEAT_READ_CRC_PRIVATE_H

#include <pthread.h>
#include "base/file-private.h"

/* Small enough to be in the cache still when the CRC looks at what was read. */
enum { LEAT_READ_PIECE = 128 * 1024 };

enum { LEAT_READ_THREADS = 4 }; /* at most: two saturate the memory of a small machine */
/* Threads that so many bytes are worth, of those that the process may run on; the caller is one of them. */
size_t leat_read_threads(size_t bytes);
/* Starts one that gets none of the program's signals; false where there is none to be had. */
bool leat_read_thread(pthread_t *thread, void *(*run)(void *), void *user);

/* As leat_file_read_at, and *crc is the CRC32C of the bytes. From some megabytes on, threads of its own share the
 * work: one copies hardly as fast as `cat`. */
leat_status leat_file_read_crc(leat_file *f, uint64_t offset, void *to, size_t n,
                               uint32_t *crc) LEAT_MUST_CHECK;

#endif
