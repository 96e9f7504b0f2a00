/* train-directory.c - where `leat train` puts a run: a new directory below the root, or that of the run it goes on with. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/file-private.h"
#include "tools/train-private.h"

static bool is_run(const char *root, const leat_dir_entry *e)
{
    char *dir = e->is_dir ? leat_path_join(root, e->name) : NULL;
    char *file = dir != NULL ? leat_path_join(dir, "train.json") : NULL;
    bool is = file != NULL && leat_path_kind_of(file) == LEAT_PATH_FILE;
    leat_free(dir);
    leat_free(file);
    return is;
}

/* The newest run below the root: the one whose directory changed last; NULL where there is none. */
static leat_status newest_run(const char *root, char **name)
{
    leat_dir_entry *entries;
    size_t n, best = SIZE_MAX;
    *name = NULL;
    if (leat_path_kind_of(root) != LEAT_PATH_DIR)
        return LEAT_OK;
    LEAT_TRY(leat_dir_list(root, &entries, &n));
    for (size_t i = 0; i < n; i++)
        if (is_run(root, &entries[i]) && (best == SIZE_MAX || entries[i].mtime >= entries[best].mtime))
            best = i;
    leat_status status = LEAT_OK;
    if (best != SIZE_MAX && (*name = leat_strdup(entries[best].name)) == NULL)
        status = leat_fail_memory(64);
    leat_dir_free(entries, n);
    return status;
}

/* The directory that --run names is there: it will do if nothing is in it, as where training was stopped at once. */
static leat_status take_directory(const char *path)
{
    leat_dir_entry *entries;
    size_t n, runs = 0;
    LEAT_TRY(leat_dir_list(path, &entries, &n));
    for (size_t i = 0; i < n; i++)
        runs += strcmp(entries[i].name, "train.json") == 0;
    leat_dir_free(entries, n);
    if (n == 0)
        return LEAT_OK;
    return leat_fail(LEAT_ERR_ALREADY_EXISTS, "%s: %s", path,
                     runs > 0 ? "the run is there already (--resume goes on with it)"
                              : "the directory is not empty, and no run");
}

/* Is it a name below the root? */
static bool names_run(const char *name)
{
    if (*name == '\0' || *name == '/')
        return false;
    for (const char *s = name; s != NULL; s = strchr(s, '/')) {
        s += *s == '/';
        size_t n = strcspn(s, "/");
        if (n == 2 && s[0] == '.' && s[1] == '.')
            return false;
    }
    return true;
}

/* A directory that is not there yet: with --run the name given, else the time, with -2, -3, ... where it is taken. */
static leat_status new_directory(const leat_train_args *args, char **directory)
{
    char name[64];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(name, sizeof name, "run-%Y%m%d%H%M%S", &utc);
    size_t stem = strlen(name);
    for (int i = 1;; i++) {
        if (i > 1)
            snprintf(name + stem, sizeof name - stem, "-%d", i);
        leat_free(*directory);
        *directory = leat_path_join(args->logdir, args->run != NULL ? args->run : name);
        if (*directory == NULL)
            return leat_fail_memory(64);
        if (leat_path_kind_of(*directory) == LEAT_PATH_ABSENT)
            return leat_dir_make(*directory, true);
        if (args->run != NULL)
            return take_directory(*directory);
    }
}

leat_status leat_train_directory(const leat_train_args *args, char **directory, bool *resumed)
{
    char *name = NULL;
    *directory = NULL;
    *resumed = false;
    if (args->run != NULL && !names_run(args->run))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "--run '%s': a name below %s is needed", args->run,
                         args->logdir);
    if (args->resume && args->run != NULL) {
        name = leat_strdup(args->run);
        if (name == NULL)
            return leat_fail_memory(64);
    } else if (args->resume) {
        LEAT_TRY(newest_run(args->logdir, &name));
    }
    if (name != NULL) {
        *directory = leat_path_join(args->logdir, name);
        char *file = *directory != NULL ? leat_path_join(*directory, "train.json") : NULL;
        *resumed = file != NULL && leat_path_kind_of(file) == LEAT_PATH_FILE;
        leat_free(file);
        leat_free(name);
    }
    return *resumed ? LEAT_OK : new_directory(args, directory);
}
