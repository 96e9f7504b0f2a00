/* file-private.h - all file I/O of the project. Interrupted and short calls are retried; a failure returns
 * LEAT_ERR_IO (LEAT_ERR_NOT_FOUND where a file is absent) with "PATH: reason" as detail. */
#ifndef LEAT_FILE_PRIVATE_H
#define LEAT_FILE_PRIVATE_H

#include <sys/types.h>
#include "base-private.h"

typedef struct leat_file {
    int fd; /* -1: closed */
    char *path;
    uint64_t size; /* of a file opened for reading, at opening time */
    uint64_t device, inode;
} leat_file;
/* clang-format off */
#define LEAT_FILE_CLOSED {.fd = -1}
/* clang-format on */

/* Opens a regular file for reading (follows symbolic links; refuses FIFOs, devices and directories). */
leat_status leat_file_open(leat_file *f, const char *path) LEAT_PRIV(file_open) LEAT_MUST_CHECK;
/* Reads exactly n bytes at `offset`; fewer is LEAT_ERR_DATA_LOSS, naming the offset. Thread-safe. */
leat_status leat_file_read_at(leat_file *f, uint64_t offset, void *to, size_t n)
    LEAT_PRIV(file_read_at) LEAT_MUST_CHECK;
/* Reads up to n bytes at `offset`; *got is short only at end of file. Thread-safe. */
leat_status leat_file_read_some(leat_file *f, uint64_t offset, void *to, size_t n, size_t *got)
    LEAT_PRIV(file_read_some) LEAT_MUST_CHECK;
/* The begin of a file whose size the system does not tell, as those of /proc: up to size - 1 bytes and a NUL. false, with an empty
 * text, where it cannot be read, without a message: only for what one can do without. Allocates nothing. */
bool leat_file_read_small(const char *path, char *text, size_t size);
/* One preadv into `n` pieces: *got may be less than all of them, 0 too, which is no failure. */
struct iovec;
leat_status leat_file_read_vector(leat_file *f, uint64_t offset, const struct iovec *to, int n, size_t *got)
    LEAT_PRIV(file_read_vector) LEAT_MUST_CHECK;
/* Appends a whole file to *out, refusing one of more than `limit` bytes (0: no limit). */
leat_status leat_file_read_all(const char *path, uint64_t limit, leat_buf *out)
    LEAT_PRIV(file_read_all) LEAT_MUST_CHECK;

/* Creates a file for writing. `exclusive`: fails with LEAT_ERR_ALREADY_EXISTS if there is one. */
leat_status leat_file_create(leat_file *f, const char *path, bool exclusive)
    LEAT_PRIV(file_create) LEAT_MUST_CHECK;
leat_status leat_file_write(leat_file *f, const void *from, size_t n) LEAT_PRIV(file_write) LEAT_MUST_CHECK;
/* As leat_file_write; where it fails, *done bytes were written before. */
leat_status leat_file_write_some(leat_file *f, const void *from, size_t n, size_t *done)
    LEAT_PRIV(file_write_some) LEAT_MUST_CHECK;
/* Cuts the file and goes on writing at its new end. */
leat_status leat_file_truncate(leat_file *f, uint64_t size) LEAT_PRIV(file_truncate) LEAT_MUST_CHECK;
leat_status leat_file_sync(leat_file *f) LEAT_PRIV(file_sync) LEAT_MUST_CHECK;
/* Lets the disk begin with a range that was written and will be synced: a hint, which never fails. */
void leat_file_start_writing_back(leat_file *f, uint64_t offset, uint64_t size)
    LEAT_PRIV(file_start_writing_back);
leat_status leat_file_close(leat_file *f) LEAT_PRIV(file_close); /* checked when writing; frees path */

leat_status leat_file_rename(const char *from, const char *to) LEAT_PRIV(file_rename) LEAT_MUST_CHECK;
leat_status leat_file_remove(const char *path) LEAT_PRIV(file_remove); /* LEAT_ERR_NOT_FOUND where absent */
leat_status leat_dir_remove(const char *path) LEAT_PRIV(dir_remove);   /* an empty one */
leat_status leat_dir_sync(const char *path) LEAT_PRIV(dir_sync) LEAT_MUST_CHECK;
/* The directory that `path` is an entry of. */
leat_status leat_dir_sync_parent(const char *path) LEAT_PRIV(dir_sync_parent) LEAT_MUST_CHECK;
/* Takes the one lock that writers of a directory hold (flock; each call locks anew, within a process too), waiting
 * up to `seconds`: then LEAT_ERR_FAILED_PRECONDITION. lock->size is 0 where the file system has no locks. Unlocked
 * by leat_file_close, and by the system when the process ends. */
leat_status leat_dir_lock(leat_file *lock, const char *path, double seconds)
    LEAT_PRIV(dir_lock) LEAT_MUST_CHECK;
/* With parents; there already: OK. `durable`: each that is made is synced into its parent. */
leat_status leat_dir_make(const char *path, bool durable) LEAT_PRIV(dir_make) LEAT_MUST_CHECK;

/* Writes `size` bytes beside `path` under a temporary name (O_EXCL) and renames: a reader sees the old or
 * the new content whole. `durable`: fsync file and directory. The temporary name holds LEAT_TEMP_INFIX, by which
 * leftovers of a crash are known; a failure leaves none. A device or pipe, /dev/stdout too, is no file: it is written to. */
#define LEAT_TEMP_INFIX ".leat-tmp-"
leat_status leat_file_replace(const char *path, const void *data, size_t size, bool durable)
    LEAT_PRIV(file_replace) LEAT_MUST_CHECK;
/* The same, where `fill` writes the content, piece by piece. */
typedef leat_status leat_file_fill(void *user, leat_file *f);
leat_status leat_file_replace_by(const char *path, leat_file_fill *fill, void *user, bool durable)
    LEAT_PRIV(file_replace_by) LEAT_MUST_CHECK;

typedef struct leat_dir_entry {
    char *name;           /* without the directory */
    bool is_dir, is_file; /* a symbolic link counts as what it points to, */
    bool is_link;         /* and says so here */
    uint64_t size, device, inode;
    double mtime;
} leat_dir_entry;
/* Entries sorted by name's bytes, without "." and "..". Free with leat_dir_free. */
leat_status leat_dir_list(const char *path, leat_dir_entry **entries, size_t *count)
    LEAT_PRIV(dir_list) LEAT_MUST_CHECK;
void leat_dir_free(leat_dir_entry *entries, size_t count) LEAT_PRIV(dir_free);

typedef enum leat_path_kind {
    LEAT_PATH_ABSENT,
    LEAT_PATH_FILE,
    LEAT_PATH_DIR,
    LEAT_PATH_OTHER
} leat_path_kind;
leat_path_kind leat_path_kind_of(const char *path) LEAT_PRIV(path_kind_of);

/* The device and inode of what `path` leads to; false where there is nothing. */
bool leat_path_identity(const char *path, uint64_t identity[2]) LEAT_PRIV(path_identity);
/* Are both the same directory, by whatever path? */
bool leat_path_same_dir(const char *a, const char *b) LEAT_PRIV(path_same_dir);

/* "dir/name" ("name" where dir is empty or "."); NULL when out of memory. */
char *leat_path_join(const char *dir, const char *name) LEAT_PRIV(path_join);
/* The directory part ("." if none) as a new string. */
char *leat_path_dir(const char *path) LEAT_PRIV(path_dir);
const char *leat_path_base(const char *path) LEAT_PRIV(path_base);

#endif
