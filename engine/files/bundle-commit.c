/* Where a checkpoint goes and how it gets there durably. */
#include "config.h"
#include "bundle-writer-private.h"

#include <stdio.h>
#include <string.h>

char *bundle_data_path(const char *prefix, int shard, int shards)
{
    return leat_asprintf("%s.data-%05d-of-%05d", prefix, shard, shards);
}

/* Takes five digits, or more without a leading zero. */
static const char *take_number(const char *at, int *value)
{
    const char *start = at;
    *value = 0;
    while (*at >= '0' && *at <= '9' && at - start < 9)
        *value = 10 * *value + (*at++ - '0');
    return at - start == 5 || (at - start > 5 && *start != '0') ? at : NULL;
}

bool bundle_data_name(const char *name, const char *base, int *shard, int *shards)
{
    size_t n = strlen(base);
    if (strncmp(name, base, n) != 0 || strncmp(name + n, ".data-", 6) != 0)
        return false;
    const char *at = take_number(name + n + 6, shard);
    if (at == NULL || strncmp(at, "-of-", 4) != 0)
        return false;
    at = take_number(at + 4, shards);
    return at != NULL && *at == 0;
}

/* "NAME.leat-save-<digits>-<digits>": a temporary file of a writer that died, as we hold the lock. */
static bool is_temporary(const char *name)
{
    const char *at = strstr(name, LEAT_SAVE_INFIX);
    if (at == NULL || at == name)
        return false;
    at += strlen(LEAT_SAVE_INFIX);
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || at[digits] != '-')
        return false;
    at += digits + 1;
    digits = strspn(at, "0123456789");
    return digits > 0 && at[digits] == 0;
}

static leat_status remove_in(const char *dir, const char *name)
{
    char *path = leat_path_join(dir, name);
    if (path == NULL)
        return leat_fail_memory(strlen(dir));
    leat_status status = leat_file_remove(path);
    leat_free(path);
    return status == LEAT_ERR_NOT_FOUND ? LEAT_OK : status;
}

static leat_status survey(bundle_place *p, int shards, bool sweep)
{
    leat_dir_entry *entries;
    size_t count;
    LEAT_TRY(leat_dir_list(p->dir, &entries, &count));
    leat_status status = LEAT_OK;
    bool taken = true;
    for (size_t i = 0; sweep && i < count && status == LEAT_OK; i++)
        if (is_temporary(entries[i].name) && !entries[i].is_dir) {
            leat_note(LEAT_LOG_INFO, "%s/%s: removed, left by a writer that did not finish", p->dir,
                      entries[i].name);
            status = remove_in(p->dir, entries[i].name);
        }
    for (; taken && status == LEAT_OK; shards++) {
        int shard, of;
        taken = false;
        for (size_t i = 0; i < count && !taken; i++)
            taken = bundle_data_name(entries[i].name, p->base, &shard, &of) && of == shards;
        p->shards = shards;
    }
    leat_dir_free(entries, count);
    return status;
}

/* Without a committed index no data file counts: those of a writer that died may be replaced. */
static bool has_index(const bundle_place *p, leat_status *status)
{
    char *path = leat_asprintf("%s.index", p->prefix);
    *status = path != NULL ? LEAT_OK : leat_fail_memory(strlen(p->prefix));
    bool has = path != NULL && leat_path_kind_of(path) != LEAT_PATH_ABSENT;
    leat_free(path);
    return has;
}

leat_status leat_bundle_check_prefix(const char *prefix)
{
    const char *base = leat_path_base(prefix);
    if (*base != 0 && strcmp(base, ".") != 0 && strcmp(base, "..") != 0)
        return LEAT_OK;
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "'%s': a checkpoint's prefix must end in a name", prefix);
}

leat_status bundle_place_open(bundle_place *p, const char *prefix, int shards, bool staged)
{
    *p = (bundle_place){.lock = LEAT_FILE_CLOSED, .shards = shards};
    p->prefix = leat_strdup(prefix);
    p->dir = leat_path_dir(prefix);
    if (p->prefix == NULL || p->dir == NULL)
        return leat_fail_memory(strlen(prefix));
    p->base = leat_path_base(p->prefix);
    LEAT_TRY(leat_bundle_check_prefix(prefix));
    LEAT_TRY(leat_dir_make(p->dir, true));
    if (staged)
        return LEAT_OK;
    LEAT_TRY(leat_dir_lock(&p->lock, p->dir, LEAT_DIR_LOCK_SECONDS));
    LEAT_TRY(survey(p, shards, p->lock.size > 0));
    leat_status status;
    if (!has_index(p, &status))
        p->shards = shards;
    return status;
}

void bundle_place_close(bundle_place *p)
{
    (void)leat_file_close(&p->lock);
    leat_free(p->prefix);
    leat_free(p->dir);
    *p = (bundle_place){.lock = LEAT_FILE_CLOSED};
}

/* Of what is not known to be good yet. */
static leat_status verify_others(leat_bundle *b, const leat_bundle_check *check)
{
    leat_bundle_entry e = {0};
    leat_status status = leat_bundle_first(b, &e);
    for (size_t i = 0; status == LEAT_OK && e.valid; i++) {
        status = leat_bundle_check_tell(b, check, i, &e);
        if (status == LEAT_OK)
            status = leat_bundle_next(b, &e);
    }
    leat_bundle_entry_free(&e);
    return status;
}

leat_status bundle_verify(leat_bundle *b)
{
    leat_bundle_check check;
    LEAT_TRY(leat_bundle_verify_rest(b));
    LEAT_TRY(leat_bundle_check_all(b, &check));
    leat_status status = check.good < check.count ? verify_others(b, &check) : LEAT_OK;
    leat_bundle_check_free(&check);
    return status;
}

static leat_status verify_new(const bundle_place *p, const char *index_path)
{
    leat_bundle *b;
    LEAT_TRY(bundle_open_index(&b, p->prefix, index_path));
    leat_status status = bundle_verify(b);
    leat_bundle_close(b);
    return leat_fail_context(status, "what was just written reads back wrong");
}

/* Data files of this prefix that the committed index does not name. They go last, and it is no failure of the save
 * that they can't. */
static void remove_stale(const bundle_place *p)
{
    leat_dir_entry *entries;
    size_t count;
    int shard, shards;
    if (leat_dir_list(p->dir, &entries, &count) != LEAT_OK) {
        leat_note(LEAT_LOG_WARNING, "%s: old data files are kept: %s", p->prefix, leat_message());
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (bundle_data_name(entries[i].name, p->base, &shard, &shards) && shards != p->shards &&
            remove_in(p->dir, entries[i].name) != LEAT_OK)
            leat_note(LEAT_LOG_WARNING, "an old data file is kept: %s", leat_message());
    leat_dir_free(entries, count);
}

static leat_status write_index(leat_commit *c, const char *path, const leat_table_builder *table)
{
    leat_status status = leat_commit_begin(c, path, LEAT_SAVE_INFIX, false);
    if (status == LEAT_OK)
        status = leat_file_write(&c->file, table->file.data, table->file.size);
    if (status == LEAT_OK)
        status = leat_commit_flush(c);
    return status;
}

leat_status bundle_commit_index(bundle_place *p, bundle_index *x, bool snappy, bool staged, bool *committed)
{
    leat_table_builder table = {0};
    leat_commit c = {.file = LEAT_FILE_CLOSED};
    char *path = leat_asprintf("%s.index", p->prefix);
    leat_status status =
        path != NULL ? bundle_index_build(x, p->shards, snappy, &table) : leat_fail_memory(0);
    if (status == LEAT_OK)
        status = leat_dir_sync(p->dir); /* the data files' names, before anything names them */
    if (status == LEAT_OK)
        status = write_index(&c, path, &table);
    if (status == LEAT_OK && !staged)
        status = verify_new(p, c.temporary);
    status = leat_commit_end(&c, status, false);
    *committed = status == LEAT_OK;
    if (*committed)
        status = leat_dir_sync(p->dir);
    if (status == LEAT_OK && !staged)
        remove_stale(p);
    leat_table_builder_free(&table);
    leat_free(path);
    return status;
}
