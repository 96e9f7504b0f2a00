#include "config.h"
#include "file-private.h"
#include "fault-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

leat_path_kind leat_path_kind_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return LEAT_PATH_ABSENT;
    return S_ISREG(st.st_mode) ? LEAT_PATH_FILE : S_ISDIR(st.st_mode) ? LEAT_PATH_DIR : LEAT_PATH_OTHER;
}

bool leat_path_same_dir(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISDIR(x.st_mode) && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

bool leat_path_identity(const char *path, uint64_t identity[2])
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    identity[0] = (uint64_t)st.st_dev;
    identity[1] = (uint64_t)st.st_ino;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const leat_dir_entry *)a)->name, ((const leat_dir_entry *)b)->name);
}

static leat_status add_entry(DIR *dir, const char *name, leat_dir_entry **entries, size_t *count,
                             size_t *capacity)
{
    LEAT_TRY(leat_grow(entries, capacity, *count + 1, sizeof **entries));
    leat_dir_entry *e = &(*entries)[*count];
    *e = (leat_dir_entry){.name = leat_strdup(name)};
    if (e->name == NULL)
        return leat_fail_memory(strlen(name) + 1);
    (*count)++;
    struct stat st, link;
    /* A dangling link, or an entry that has just gone, is neither file nor directory. */
    if (fstatat(dirfd(dir), name, &st, 0) == 0) {
        e->is_dir = S_ISDIR(st.st_mode);
        e->is_file = S_ISREG(st.st_mode);
        e->size = (uint64_t)st.st_size;
        e->device = (uint64_t)st.st_dev;
        e->inode = (uint64_t)st.st_ino;
        e->is_link = fstatat(dirfd(dir), name, &link, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(link.st_mode);
        e->mtime = (double)st.st_mtim.tv_sec + 1e-9 * (double)st.st_mtim.tv_nsec;
    }
    return LEAT_OK;
}

leat_status leat_dir_list(const char *path, leat_dir_entry **entries, size_t *count)
{
    *entries = NULL;
    *count = 0;
    size_t capacity = 0;
    int error = leat_fault_check(LEAT_FAULT_OPEN);
    DIR *dir = error == 0 ? opendir(path) : NULL;
    if (dir == NULL) {
        char text[128];
        error = error != 0 ? error : errno;
        return leat_fail(error == ENOENT || error == ENOTDIR ? LEAT_ERR_NOT_FOUND : LEAT_ERR_IO, "%s: %s",
                         path, strerror_r(error, text, sizeof text));
    }
    leat_status status = LEAT_OK;
    while (status == LEAT_OK) {
        errno = 0;
        const struct dirent *d = readdir(dir);
        if (d == NULL) {
            if (errno != 0)
                status = leat_fail(LEAT_ERR_IO, "%s: the directory cannot be read", path);
            break;
        }
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            status = add_entry(dir, d->d_name, entries, count, &capacity);
    }
    closedir(dir);
    if (status != LEAT_OK) {
        leat_dir_free(*entries, *count);
        *entries = NULL;
        *count = 0;
        return status;
    }
    if (*count > 1)
        qsort(*entries, *count, sizeof **entries, by_name);
    return LEAT_OK;
}

void leat_dir_free(leat_dir_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        leat_free(entries[i].name);
    leat_free(entries);
}

char *leat_path_join(const char *dir, const char *name)
{
    if (*dir == '\0' || strcmp(dir, ".") == 0)
        return leat_strdup(name);
    return leat_asprintf("%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/", name);
}

char *leat_path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return leat_strdup(".");
    return leat_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

const char *leat_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}
