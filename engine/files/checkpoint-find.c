/* Which checkpoint is meant: the latest of a directory, or what a path stands for. */
#include "config.h"
#include "checkpoint-private.h"

#include <stdlib.h>
#include <string.h>
#include "bundle-writer-private.h"

/* ---- the latest ---- */

/* Is it whole? `deep`: every CRC; else the index and the places of all tensors. */
static leat_status check_bundle(const char *prefix, bool deep)
{
    leat_bundle *b;
    leat_bundle_entry e = {0};
    LEAT_TRY(leat_bundle_open(&b, prefix));
    leat_status status = LEAT_OK;
    if (deep) {
        status = bundle_verify(b);
    } else {
        status = leat_bundle_first(b, &e);
        while (status == LEAT_OK && e.valid) {
            status = e.status != LEAT_OK ? leat_fail(e.status, "%s", e.error.data) : leat_bundle_next(b, &e);
        }
    }
    leat_bundle_entry_free(&e);
    leat_bundle_close(b);
    return status;
}

static bool ends_in_index(const char *name)
{
    size_t n = strlen(name);
    return n > 6 && strcmp(name + n - 6, ".index") == 0;
}

static int newest_first(const void *a, const void *b)
{
    const leat_dir_entry *x = a, *y = b;
    if (x->mtime != y->mtime)
        return x->mtime > y->mtime ? -1 : 1;
    return -strcmp(x->name, y->name);
}

/* The newest index of the directory that verifies to the last byte. */
static leat_status find_newest(const char *dir, char **prefix)
{
    leat_dir_entry *entries;
    size_t count, indices = 0;
    LEAT_TRY(leat_dir_list(dir, &entries, &count));
    for (size_t i = 0; i < count; i++)
        if (entries[i].is_file && ends_in_index(entries[i].name)) {
            leat_dir_entry swap = entries[indices];
            entries[indices++] = entries[i];
            entries[i] = swap;
        }
    if (indices > 1)
        qsort(entries, indices, sizeof *entries, newest_first);
    leat_status status = leat_fail(LEAT_ERR_NOT_FOUND, "%s: no checkpoint in this directory", dir);
    for (size_t i = 0; i < indices; i++) {
        char *path = leat_path_join(dir, entries[i].name);
        if (path == NULL) {
            status = leat_fail_memory(strlen(dir));
            break;
        }
        path[strlen(path) - 6] = 0;
        status = check_bundle(path, true);
        if (status == LEAT_OK) {
            leat_note(LEAT_LOG_WARNING, "%s: using %s, the newest checkpoint that verifies", dir, path);
            *prefix = path;
            break;
        }
        leat_free(path);
        if (status == LEAT_ERR_NO_MEMORY)
            break;
        leat_note(LEAT_LOG_WARNING, "passed over: %s", leat_message());
        status = leat_fail(LEAT_ERR_NOT_FOUND, "%s: no checkpoint in this directory is whole", dir);
    }
    leat_dir_free(entries, count);
    return status;
}

static leat_status latest_of(const char *dir, const char *file, char **prefix)
{
    leat_checkpoint_state state = {0};
    leat_status status = leat_checkpoint_state_read(&state, dir, file);
    if (status == LEAT_OK) {
        char *path = leat_path_join(dir, state.latest);
        status = path != NULL ? check_bundle(path, false) : leat_fail_memory(strlen(dir));
        if (status == LEAT_OK)
            *prefix = path;
        else
            leat_free(path);
    } else if (status == LEAT_ERR_INVALID_ARGUMENT) {
        return status; /* a path outside of the directory: nobody guesses what was meant */
    }
    leat_checkpoint_state_free(&state);
    if (status == LEAT_OK || status == LEAT_ERR_NO_MEMORY || status == LEAT_ERR_UNIMPLEMENTED)
        return status;
    leat_note(LEAT_LOG_WARNING, "%s", leat_message());
    return find_newest(dir, prefix);
}

leat_status leat_checkpoint_latest(const char *dir, char **prefix)
{
    return latest_of(dir, LEAT_CHECKPOINT_STATE, prefix);
}

/* ---- what a path stands for ---- */

bool leat_checkpoint_exists(const char *prefix)
{
    char *index = leat_asprintf("%s.index", prefix);
    bool exists = false;
    if (index != NULL && leat_path_kind_of(index) != LEAT_PATH_DIR)
        exists = leat_path_kind_of(index) != LEAT_PATH_ABSENT;
    leat_free(index);
    return exists;
}

/* Bytes of `path` before ".index" or ".data-SSSSS-of-NNNNN"; 0 where it ends in neither. */
static size_t prefix_length(const char *path)
{
    const char *base = leat_path_base(path), *data = NULL;
    int shard, shards;
    if (ends_in_index(base))
        return strlen(path) - 6;
    for (const char *at = base; (at = strstr(at, ".data-")) != NULL; at++)
        data = at;
    if (data == NULL || data == base)
        return 0;
    char *name = leat_strndup(base, (size_t)(data - base));
    bool is = name != NULL && bundle_data_name(base, name, &shard, &shards);
    leat_free(name);
    return is ? (size_t)(data - path) : 0;
}

/* Does the file begin with a field of a state file, of whatever name? */
static bool is_state_file(const char *path)
{
    static const char *const fields[] = {"model_checkpoint_path:", "all_model_checkpoint_paths:"};
    char start[32] = "";
    size_t got = 0;
    leat_file f;
    bool is = false;
    if (leat_path_kind_of(path) != LEAT_PATH_FILE || leat_file_open(&f, path) != LEAT_OK)
        return false;
    if (leat_file_read_some(&f, 0, start, sizeof start - 1, &got) == LEAT_OK)
        for (size_t i = 0; i < LEAT_LEN(fields); i++)
            is |= strncmp(start, fields[i], strlen(fields[i])) == 0;
    (void)leat_file_close(&f);
    return is;
}

bool leat_checkpoint_is_one(const char *path)
{
    return leat_checkpoint_exists(path) ||
           (prefix_length(path) > 0 && leat_path_kind_of(path) == LEAT_PATH_FILE) || is_state_file(path) ||
           bundle_is_v1(path);
}

leat_status leat_checkpoint_resolve(const char *path, char **prefix)
{
    size_t length = prefix_length(path);
    if (leat_path_kind_of(path) == LEAT_PATH_DIR)
        return leat_checkpoint_latest(path, prefix);
    if (leat_checkpoint_exists(path)) /* whatever it is called */
        length = 0;
    else if (is_state_file(path)) {
        char *dir = leat_path_dir(path);
        leat_status status =
            dir != NULL ? latest_of(dir, leat_path_base(path), prefix) : leat_fail_memory(strlen(path));
        leat_free(dir);
        return status;
    }
    *prefix = leat_strndup(path, length > 0 ? length : strlen(path));
    return *prefix != NULL ? LEAT_OK : leat_fail_memory(strlen(path));
}
