#include "config.h"
#include "file-private.h"
#include "fault-private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Linux transfers at most this many bytes a call. */
#define LARGEST_TRANSFER ((size_t)0x7ffff000)

static leat_status fail_errno(const char *path, int error)
{
    char text[128];
    leat_status status = error == ENOENT || error == ENOTDIR ? LEAT_ERR_NOT_FOUND
                         : error == EEXIST                   ? LEAT_ERR_ALREADY_EXISTS
                         : error == ENOMEM                   ? LEAT_ERR_NO_MEMORY
                                                             : LEAT_ERR_IO;
    return leat_fail(status, "%s: %s", path, strerror_r(error, text, sizeof text));
}

/* open(2) with a chance to fail; -1 with errno as usual. */
static int checked_open(const char *path, int flags, mode_t mode)
{
    int error = leat_fault_check(LEAT_FAULT_OPEN);
    if (error != 0) {
        errno = error;
        return -1;
    }
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

leat_status leat_file_open(leat_file *f, const char *path)
{
    *f = (leat_file)LEAT_FILE_CLOSED;
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int fd = checked_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return fail_errno(path, errno);
    struct stat st;
    leat_status status = LEAT_OK;
    if (fstat(fd, &st) != 0)
        status = fail_errno(path, errno);
    else if (S_ISDIR(st.st_mode))
        status = leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: is a directory", path);
    else if (!S_ISREG(st.st_mode))
        status = leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: not a regular file", path);
    else if ((f->path = leat_strdup(path)) == NULL)
        status = leat_fail_memory(strlen(path) + 1);
    if (status != LEAT_OK) {
        close(fd);
        return status;
    }
    f->fd = fd;
    f->size = (uint64_t)st.st_size;
    f->device = (uint64_t)st.st_dev;
    f->inode = (uint64_t)st.st_ino;
    return LEAT_OK;
}

/* As a disk that is busy, until the time is over or the fault is disarmed. */
static void stall(void)
{
    for (int ms = leat_fault_check(LEAT_FAULT_STALL); ms > 0 && leat_fault_fired(); ms--)
        usleep(1000);
}

/* One read or write, as the armed fault wants it: fails, is interrupted, or moves one byte. */
static ssize_t transfer(const leat_file *f, void *to, const void *from, size_t n, uint64_t offset)
{
    int error = leat_fault_check(to != NULL ? LEAT_FAULT_READ : LEAT_FAULT_WRITE);
    if (error == 0 && leat_fault_check(LEAT_FAULT_EINTR) != 0)
        error = EINTR;
    if (error != 0) {
        errno = error;
        return -1;
    }
    /* The count of calls must go up once: no macro that looks at its argument twice. */
    size_t most = leat_fault_check(LEAT_FAULT_SHORT) != 0 ? 1 : LARGEST_TRANSFER;
    n = LEAT_MIN(n, most);
    if (to == NULL)
        stall();
    return to != NULL ? pread(f->fd, to, n, (off_t)offset) : write(f->fd, from, n);
}

leat_status leat_file_read_some(leat_file *f, uint64_t offset, void *to, size_t n, size_t *got)
{
    *got = 0;
    while (*got < n) {
        if (offset > INT64_MAX - *got)
            return LEAT_OK;
        ssize_t r = transfer(f, (char *)to + *got, NULL, n - *got, offset + *got);
        if (r == 0)
            return LEAT_OK;
        if (r < 0 && errno != EINTR)
            return fail_errno(f->path, errno);
        if (r > 0)
            *got += (size_t)r;
    }
    return LEAT_OK;
}

bool leat_file_read_small(const char *path, char *text, size_t size)
{
    leat_file f = LEAT_FILE_CLOSED;
    size_t got = 0;
    text[0] = '\0';
    f.fd = checked_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (f.fd < 0)
        return false;
    while (got < size - 1) {
        ssize_t r = transfer(&f, text + got, NULL, size - 1 - got, got);
        if (r == 0 || (r < 0 && errno != EINTR))
            break;
        got += r > 0 ? (size_t)r : 0;
    }
    close(f.fd);
    text[got] = '\0';
    return got > 0;
}

leat_status leat_file_read_at(leat_file *f, uint64_t offset, void *to, size_t n)
{
    size_t got;
    LEAT_TRY(leat_file_read_some(f, offset, to, n, &got));
    if (got < n)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:%llu: the file ends %zu bytes too early", f->path,
                         (unsigned long long)(offset + got), n - got);
    return LEAT_OK;
}

leat_status leat_file_read_vector(leat_file *f, uint64_t offset, const struct iovec *to, int n, size_t *got)
{
    *got = 0;
    int error = leat_fault_check(LEAT_FAULT_READ);
    if (error == 0 && leat_fault_check(LEAT_FAULT_EINTR) != 0)
        return LEAT_OK;
    if (error == 0 && leat_fault_check(LEAT_FAULT_SHORT) != 0)
        n = 1;
    if (offset > INT64_MAX)
        return LEAT_OK;
    ssize_t r = error == 0 ? preadv(f->fd, to, n, (off_t)offset) : -1;
    if (r < 0 && error == 0)
        error = errno;
    if (r < 0 && error != EINTR)
        return fail_errno(f->path, error);
    *got = r > 0 ? (size_t)r : 0;
    return LEAT_OK;
}

leat_status leat_file_read_all(const char *path, uint64_t limit, leat_buf *out)
{
    leat_file f;
    LEAT_TRY(leat_file_open(&f, path));
    leat_status status = LEAT_OK;
    size_t got = 0;
    char *to = NULL;
    if ((limit > 0 && f.size > limit) || f.size > SIZE_MAX / 4)
        status = leat_fail(LEAT_ERR_OUT_OF_RANGE, "%s: %llu bytes, more than the limit of %llu", path,
                           (unsigned long long)f.size, (unsigned long long)limit);
    else if ((to = leat_buf_reserve(out, (size_t)f.size)) == NULL)
        status = leat_fail_memory((size_t)f.size);
    else
        status = leat_file_read_some(&f, 0, to, (size_t)f.size, &got);
    if (status == LEAT_OK) {
        out->size += got;
        out->data[out->size] = '\0';
    }
    leat_file_close(&f);
    return status;
}

leat_status leat_file_create(leat_file *f, const char *path, bool exclusive)
{
    *f = (leat_file)LEAT_FILE_CLOSED;
    char *copy = leat_strdup(path);
    if (copy == NULL)
        return leat_fail_memory(strlen(path) + 1);
    int fd = checked_open(path, O_RDWR | O_CREAT | (exclusive ? O_EXCL : O_TRUNC), 0666);
    if (fd < 0) {
        leat_free(copy);
        return fail_errno(path, errno);
    }
    f->fd = fd;
    f->path = copy;
    leat_trace(&(leat_trace_event){LEAT_TRACE_CREATE, .path = path});
    return LEAT_OK;
}

leat_status leat_file_write_some(leat_file *f, const void *from, size_t n, size_t *done)
{
    *done = 0;
    while (*done < n) {
        ssize_t r = transfer(f, NULL, (const char *)from + *done, n - *done, 0);
        if (r < 0 && errno != EINTR)
            return fail_errno(f->path, errno);
        if (r == 0)
            return fail_errno(f->path, EIO);
        if (r > 0) {
            leat_trace(&(leat_trace_event){LEAT_TRACE_WRITE, .path = f->path,
                                           .bytes = (const char *)from + *done, .size = (size_t)r});
            *done += (size_t)r;
        }
    }
    return LEAT_OK;
}

leat_status leat_file_write(leat_file *f, const void *from, size_t n)
{
    size_t done;
    return leat_file_write_some(f, from, n, &done);
}

void leat_file_start_writing_back(leat_file *f, uint64_t offset, uint64_t size)
{
    (void)sync_file_range(f->fd, (off_t)offset, (off_t)size, SYNC_FILE_RANGE_WRITE);
}

leat_status leat_file_truncate(leat_file *f, uint64_t size)
{
    int r;
    do
        r = ftruncate(f->fd, (off_t)size);
    while (r != 0 && errno == EINTR);
    if (r != 0 || lseek(f->fd, (off_t)size, SEEK_SET) < 0)
        return fail_errno(f->path, errno);
    leat_trace(&(leat_trace_event){LEAT_TRACE_TRUNCATE, .path = f->path, .size = (size_t)size});
    return LEAT_OK;
}

leat_status leat_file_sync(leat_file *f)
{
    int error = leat_fault_check(LEAT_FAULT_SYNC);
    stall();
    if (error == 0 && fsync(f->fd) != 0)
        error = errno;
    if (error != 0)
        return fail_errno(f->path, error);
    leat_trace(&(leat_trace_event){LEAT_TRACE_SYNC, .path = f->path});
    return LEAT_OK;
}

leat_status leat_file_close(leat_file *f)
{
    if (f->fd < 0)
        return LEAT_OK;
    int error = leat_fault_check(LEAT_FAULT_CLOSE);
    /* Linux has closed the descriptor even where close fails, so it is never tried again. */
    if (close(f->fd) != 0 && errno != EINTR && error == 0)
        error = errno;
    leat_status status = error != 0 ? fail_errno(f->path, error) : LEAT_OK;
    leat_free(f->path);
    *f = (leat_file)LEAT_FILE_CLOSED;
    return status;
}

leat_status leat_file_rename(const char *from, const char *to)
{
    int error = leat_fault_check(LEAT_FAULT_RENAME);
    if (error == 0 && rename(from, to) != 0)
        error = errno;
    if (error != 0)
        return fail_errno(to, error);
    leat_trace(&(leat_trace_event){LEAT_TRACE_RENAME, .path = from, .to = to});
    return LEAT_OK;
}

leat_status leat_file_remove(const char *path)
{
    if (unlink(path) != 0)
        return fail_errno(path, errno);
    leat_trace(&(leat_trace_event){LEAT_TRACE_REMOVE, .path = path});
    return LEAT_OK;
}

leat_status leat_dir_remove(const char *path)
{
    return rmdir(path) != 0 ? fail_errno(path, errno) : LEAT_OK;
}

leat_status leat_dir_sync(const char *path)
{
    int fd = checked_open(path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fail_errno(path, errno);
    int error = leat_fault_check(LEAT_FAULT_SYNC);
    if (error == 0 && fsync(fd) != 0)
        error = errno;
    close(fd);
    /* Some file systems cannot sync a directory and say so with EINVAL; there is nothing to be done then. */
    if (error != 0 && error != EINVAL)
        return fail_errno(path, error);
    leat_trace(&(leat_trace_event){LEAT_TRACE_DIR_SYNC, .path = path});
    return LEAT_OK;
}

leat_status leat_dir_lock(leat_file *lock, const char *path, double seconds)
{
    *lock = (leat_file)LEAT_FILE_CLOSED;
    int fd = checked_open(path, O_RDONLY | O_DIRECTORY, 0), error;
    if (fd < 0)
        return fail_errno(path, errno);
    const double silent = 0.5; /* seconds: who waits longer wants to know for what */
    double start = leat_now(), end = start + seconds;
    bool told = false;
    while ((error = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno) == EINTR || error == EWOULDBLOCK) {
        if (error == EWOULDBLOCK && leat_now() >= end)
            break;
        if (!told && leat_now() - start >= silent) {
            leat_note(LEAT_LOG_WARNING, "%s: waiting for another writer of this directory", path);
            told = true;
        }
        struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
        nanosleep(&pause, NULL);
    }
    if (error != EWOULDBLOCK && (lock->path = leat_strdup(path)) != NULL) {
        lock->fd = fd;
        lock->size = error == 0; /* else the file system has no such locks */
        return LEAT_OK;
    }
    close(fd);
    if (error != EWOULDBLOCK)
        return leat_fail_memory(strlen(path) + 1);
    return leat_fail(LEAT_ERR_FAILED_PRECONDITION, "%s: another writer holds this directory's lock", path);
}

leat_status leat_dir_sync_parent(const char *path)
{
    char *parent = leat_path_dir(path);
    if (parent == NULL)
        return leat_fail_memory(strlen(path));
    leat_status status = leat_dir_sync(parent);
    leat_free(parent);
    return status;
}

leat_status leat_dir_make(const char *path, bool durable)
{
    leat_status status = LEAT_OK;
    char *copy = leat_strdup(path);
    if (copy == NULL)
        return leat_fail_memory(strlen(path) + 1);
    int error = *path == '\0' ? ENOENT : leat_fault_check(LEAT_FAULT_OPEN);
    for (char *at = copy + 1; error == 0 && status == LEAT_OK && at[-1] != '\0'; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        int made = mkdir(copy, 0777) == 0 ? 0 : errno; /* the next look at the path has an errno of its own */
        if (made == 0)
            status = durable ? leat_dir_sync_parent(copy) : LEAT_OK;
        else if (made != EEXIST && leat_path_kind_of(copy) != LEAT_PATH_DIR)
            error = made;
        *at = kept;
    }
    leat_free(copy);
    if (error != 0)
        return fail_errno(path, error);
    LEAT_TRY(status);
    if (leat_path_kind_of(path) != LEAT_PATH_DIR)
        return leat_fail(LEAT_ERR_ALREADY_EXISTS, "%s: there already, and not a directory", path);
    return LEAT_OK;
}

/* A failure's message begins with the name that the user knows, not with the temporary one. */
static leat_status tell_of(leat_status status, const char *path, const char *temporary)
{
    size_t length = strlen(temporary);
    if (status == LEAT_OK || strncmp(leat_message(), temporary, length) != 0)
        return status;
    char reason[200];
    snprintf(reason, sizeof reason, "%s", leat_message() + length);
    return leat_fail(status, "%s%s", path, reason);
}

static char *temporary_name(const char *path, unsigned n)
{
    return leat_asprintf("%s" LEAT_TEMP_INFIX "%ld-%u", path, (long)getpid(), n);
}

/* Creates PATH.leat-tmp-<pid>-<n>; n counts up past leftovers of a crashed process of the same id. */
static leat_status create_temporary(leat_file *f, const char *path)
{
    for (unsigned n = 0; n < 1000; n++) {
        char *name = temporary_name(path, n);
        if (name == NULL)
            return leat_fail_memory(strlen(path) + 40);
        leat_status status = tell_of(leat_file_create(f, name, true), path, name);
        leat_free(name);
        if (status != LEAT_ERR_ALREADY_EXISTS)
            return status;
    }
    return leat_fail(LEAT_ERR_IO, "%s: no free temporary name beside it", path);
}

/* A file of no name in the path's directory, which a process that is killed takes with it. None (f->fd -1) where the file system has no
 * such, or where it could not be named afterwards. f->path is the name that it is going to have for a moment. */
static leat_status create_unnamed(leat_file *f, const char *path)
{
    *f = (leat_file)LEAT_FILE_CLOSED;
    int error = leat_fault_check(LEAT_FAULT_OPEN);
    if (error != 0)
        return fail_errno(path, error);
    char *dir = leat_path_dir(path), *name = temporary_name(path, 0);
    leat_status status = dir != NULL && name != NULL ? LEAT_OK : leat_fail_memory(strlen(path) + 40);
    if (status == LEAT_OK && access("/proc/self/fd", X_OK) == 0)
        f->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    leat_free(dir);
    if (f->fd < 0) {
        leat_free(name);
        return status;
    }
    f->path = name;
    leat_trace(&(leat_trace_event){LEAT_TRACE_CREATE, .path = name});
    return LEAT_OK;
}

static leat_status name_unnamed(leat_file *f, const char *path)
{
    char open_file[40];
    snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", f->fd);
    for (unsigned n = 0; n < 1000; n++) {
        char *name = temporary_name(path, n);
        if (name == NULL)
            return leat_fail_memory(strlen(path) + 40);
        leat_free(f->path);
        f->path = name;
        if (linkat(AT_FDCWD, open_file, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0)
            return LEAT_OK;
        if (errno != EEXIST)
            return fail_errno(path, errno);
    }
    return leat_fail(LEAT_ERR_IO, "%s: no free temporary name beside it", path);
}

/* Is the path a device or a pipe, or a name for what this process has open, such as /dev/stdout? Those are written to as they are: a
 * file put in their place would be the end of them. */
static bool is_written_in_place(const char *path)
{
    static const char *const opened[] = {"/proc/", "/dev/fd/"};
    char target[64];
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    for (size_t i = 0; i < LEAT_LEN(opened); i++)
        if (strncmp(path, opened[i], strlen(opened[i])) == 0 ||
            strncmp(target, opened[i], strlen(opened[i])) == 0)
            return true;
    return leat_path_kind_of(path) == LEAT_PATH_OTHER;
}

static leat_status write_in_place(const char *path, leat_file_fill *fill, void *user)
{
    leat_file f = LEAT_FILE_CLOSED;
    /* O_NONBLOCK: opening a FIFO must not wait for a reader; writing may. */
    int fd = checked_open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK, 0);
    if (fd < 0)
        return fail_errno(path, errno);
    f.path = leat_strdup(path);
    leat_status status = f.path != NULL ? LEAT_OK : leat_fail_memory(strlen(path) + 1);
    if (status == LEAT_OK && fcntl(fd, F_SETFL, O_APPEND) != 0)
        status = fail_errno(path, errno);
    f.fd = fd;
    if (status == LEAT_OK)
        status = fill(user, &f);
    leat_status closed = leat_file_close(&f);
    return status != LEAT_OK ? status : closed;
}

/* Fills a new file, which then has a name beside `path`; none where that fails. *named: the name, to be freed. */
static leat_status fill_beside(const char *path, leat_file_fill *fill, void *user, bool durable, char **named)
{
    leat_file f = LEAT_FILE_CLOSED;
    /* What is durable has its own ways to be rid of leftovers, which the replays of crashes know. */
    if (!durable)
        LEAT_TRY(create_unnamed(&f, path));
    bool unnamed = f.fd >= 0;
    if (!unnamed)
        LEAT_TRY(create_temporary(&f, path));
    leat_status status = fill(user, &f);
    if (status == LEAT_OK && durable)
        status = leat_file_sync(&f);
    if (status == LEAT_OK && unnamed) {
        status = name_unnamed(&f, path);
        unnamed = status != LEAT_OK;
    }
    *named = leat_strdup(f.path);
    if (*named == NULL && status == LEAT_OK)
        status = leat_fail_memory(strlen(path) + 40);
    status = tell_of(status, path, f.path);
    if (status != LEAT_OK && !unnamed)
        unlink(f.path);
    leat_status closed = leat_file_close(&f);
    if (status == LEAT_OK && closed != LEAT_OK) {
        status = tell_of(closed, path, *named);
        unlink(*named);
    }
    return status;
}

leat_status leat_file_replace_by(const char *path, leat_file_fill *fill, void *user, bool durable)
{
    if (leat_path_kind_of(path) == LEAT_PATH_DIR) /* before the work that `fill` may be */
        return fail_errno(path, EISDIR);
    if (is_written_in_place(path))
        return write_in_place(path, fill, user);
    char *temporary = NULL, *dir = leat_path_dir(path);
    leat_status status =
        dir != NULL ? fill_beside(path, fill, user, durable, &temporary) : leat_fail_memory(strlen(path) + 1);
    if (status == LEAT_OK) {
        status = leat_file_rename(temporary, path);
        if (status != LEAT_OK)
            unlink(temporary);
        else if (durable)
            status = leat_dir_sync(dir);
    }
    leat_free(temporary);
    leat_free(dir);
    return status;
}

struct bytes {
    const void *data;
    size_t size;
};

static leat_status write_bytes(void *user, leat_file *f)
{
    const struct bytes *b = user;
    return leat_file_write(f, b->data, b->size);
}

leat_status leat_file_replace(const char *path, const void *data, size_t size, bool durable)
{
    struct bytes b = {data, size};
    return leat_file_replace_by(path, write_bytes, &b, durable);
}
