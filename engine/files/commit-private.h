/* commit-private.h - a file that appears whole or not at all: written under a temporary name in the same
 * directory, then renamed.
 *
 *     leat_commit c;
 *     status = leat_commit_begin(&c, path, LEAT_TEMP_INFIX, false);
 *     if (status == LEAT_OK)
 *         status = leat_file_write(&c.file, ...);
 *     return leat_commit_end(&c, status, true);
 */
#ifndef LEAT_COMMIT_PRIVATE_H
#define LEAT_COMMIT_PRIVATE_H

#include "base/file-private.h"

typedef struct leat_commit {
    leat_file file;
    char *path,
        *temporary; /* temporary is NULL where path is a device or a pipe, which is written directly */
    bool created;
} leat_commit;

/* Creates PATH<infix><pid>-<n>, which no other file has as its name. `stream`: a device or a pipe of
 * that path is written directly; else it is refused. */
leat_status leat_commit_begin(leat_commit *c, const char *path, const char *infix,
                              bool stream) LEAT_MUST_CHECK;
/* Where `status` is LEAT_OK: fsync if durable, close, rename, and fsync of the directory if durable; a failure on
 * the way, or any other `status`, removes the temporary file instead. Frees c; returns the first failure. */
leat_status leat_commit_end(leat_commit *c, leat_status status, bool durable) LEAT_MUST_CHECK;
/* The first half of the end, for files that are renamed together: fsync, close. leat_commit_end renames then. */
leat_status leat_commit_flush(leat_commit *c) LEAT_MUST_CHECK;
/* Ends without the file; the thread's message stays as it was. */
void leat_commit_abandon(leat_commit *c);

#endif
