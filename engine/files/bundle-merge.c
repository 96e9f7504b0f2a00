/* One checkpoint of staged ones. */
#include "config.h"
#include "bundle-reader-private.h"
#include "bundle-writer-private.h"

#include <string.h>

typedef struct merge {
    bundle_place place;
    bundle_index index;
    leat_bundle **parts;
    size_t count;
    int moved; /* data files that have their new names */
    int files; /* data files of the parts */
    leat_bundle_meta meta;
    leat_bundle_extent extents[LEAT_BUNDLE_RANK];
} merge;

/* A sliced tensor may have slices in several parts: their lists are joined. */
static leat_status merge_sliced(merge *m, const leat_table_cursor *at)
{
    leat_buf value = {0};
    bundle_put_entry(&value, m->meta.dtype, m->meta.rank, m->meta.dims, -1, 0, 0, 0);
    leat_status status = leat_buf_status(&value);
    bundle_row *row = bundle_index_find(&m->index, at->key.data, at->key.size);
    if (status == LEAT_OK && row == NULL) {
        status = bundle_index_add(&m->index, at->key.data, at->key.size, &row);
        if (status == LEAT_OK) {
            row->value = value;
            row->sliced = true;
            value = (leat_buf){0};
        }
    } else if (status == LEAT_OK && (!row->sliced || row->value.size != value.size ||
                                     memcmp(row->value.data, value.data, value.size) != 0)) {
        status = leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                           "tensor '%s' differs between the parts in dtype or shape", at->key.data);
    }
    leat_buf_free(&value);
    const char *reason = NULL;
    size_t cursor = 0;
    while (status == LEAT_OK && leat_bundle_meta_slice(&m->meta, &at->value, &cursor, m->extents, &reason)) {
        bundle_put_slice(&row->slices, m->meta.rank, m->extents);
        status = leat_buf_status(&row->slices);
    }
    if (status == LEAT_OK && reason != NULL)
        status = leat_fail(LEAT_ERR_DATA_LOSS, "tensor '%s': %s", at->key.data, reason);
    return status;
}

static leat_status merge_entry(merge *m, const leat_table_cursor *at)
{
    const char *reason = leat_bundle_meta_parse(&m->meta, at->value.data, at->value.size, at->offset);
    if (reason != NULL)
        return leat_fail(LEAT_ERR_DATA_LOSS, "tensor '%s': %s", at->key.data, reason);
    if (m->meta.slices > 0)
        return merge_sliced(m, at);
    if (m->meta.shard < 0 || m->meta.shard >= LEAT_BUNDLE_SHARDS)
        return leat_fail(LEAT_ERR_DATA_LOSS, "tensor '%s': data file %lld", at->key.data,
                         (long long)m->meta.shard);
    bundle_row *row;
    LEAT_TRY(bundle_index_add(&m->index, at->key.data, at->key.size, &row));
    bundle_put_entry(&row->value, m->meta.dtype, m->meta.rank, m->meta.dims, m->files + m->meta.shard,
                     (uint64_t)m->meta.offset, (uint64_t)m->meta.size, m->meta.crc);
    return leat_buf_status(&row->value);
}

static leat_status merge_index(merge *m, leat_bundle *part)
{
    leat_table_cursor at = {0};
    leat_status status = leat_table_seek(part->table, &at, "\0", 1);
    while (status == LEAT_OK && at.valid) {
        status = merge_entry(m, &at);
        if (status != LEAT_OK)
            status = leat_fail_context(status, "%s", part->prefix);
        else
            status = leat_table_next(part->table, &at);
    }
    leat_table_cursor_free(&at);
    m->files += part->shards_count;
    return status;
}

/* Syncs a data file of a part, whoever wrote it, and gives it its place. */
static leat_status move_file(merge *m, const leat_bundle *part, int shard)
{
    char *from = bundle_data_path(part->prefix, shard, part->shards_count);
    char *to = bundle_data_path(m->place.prefix, m->moved, m->place.shards);
    leat_status status = from != NULL && to != NULL ? LEAT_OK : leat_fail_memory(strlen(part->prefix));
    leat_file f = LEAT_FILE_CLOSED;
    if (status == LEAT_OK)
        status = leat_file_open(&f, from);
    if (status == LEAT_OK)
        status = leat_file_sync(&f);
    (void)leat_file_close(&f);
    if (status == LEAT_OK)
        status = leat_file_rename(from, to);
    m->moved += status == LEAT_OK;
    leat_free(from);
    leat_free(to);
    return status;
}

/* The data files beyond those of the parts, where there are such, are empty. */
static leat_status add_empty_file(merge *m)
{
    char *path = bundle_data_path(m->place.prefix, m->moved, m->place.shards);
    if (path == NULL)
        return leat_fail_memory(strlen(m->place.prefix));
    leat_commit c;
    leat_status status = leat_commit_begin(&c, path, LEAT_SAVE_INFIX, false);
    status = leat_commit_end(&c, status, true);
    m->moved += status == LEAT_OK;
    leat_free(path);
    return status;
}

/* Puts the data files back where they came from. */
static void move_back(merge *m)
{
    int at = 0;
    for (size_t i = 0; i < m->count; i++)
        for (int shard = 0; shard < m->parts[i]->shards_count && at < m->moved; shard++, at++) {
            char *from = bundle_data_path(m->place.prefix, at, m->place.shards);
            char *to = bundle_data_path(m->parts[i]->prefix, shard, m->parts[i]->shards_count);
            if (from != NULL && to != NULL && leat_file_rename(from, to) != LEAT_OK)
                leat_note(LEAT_LOG_WARNING, "%s: not moved back: %s", from, leat_message());
            leat_free(from);
            leat_free(to);
        }
    for (; at < m->moved; at++) {
        char *path = bundle_data_path(m->place.prefix, at, m->place.shards);
        if (path != NULL)
            (void)leat_file_remove(path);
        leat_free(path);
    }
}

static void remove_part(const leat_bundle *part, bool remove_dir)
{
    char *index = leat_asprintf("%s.index", part->prefix);
    if (index != NULL)
        (void)leat_file_remove(index);
    char *dir = leat_path_dir(part->prefix);
    if (remove_dir && dir != NULL)
        (void)leat_dir_remove(dir); /* the last part empties it */
    leat_free(index);
    leat_free(dir);
}

static leat_status run_merge(merge *m, const char *const *prefixes, size_t count, const char *to,
                             bool *committed)
{
    int files = 0;
    for (; m->count < count; m->count++) {
        LEAT_TRY(leat_bundle_open(&m->parts[m->count], prefixes[m->count]));
        files += m->parts[m->count]->shards_count;
        if (files >= LEAT_BUNDLE_SHARDS)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: %d data files are too many", to, files);
    }
    LEAT_TRY(bundle_place_open(&m->place, to, LEAT_MAX(files, 1), false));
    for (size_t i = 0; i < count; i++)
        LEAT_TRY(merge_index(m, m->parts[i]));
    for (size_t i = 0; i < count; i++)
        for (int shard = 0; shard < m->parts[i]->shards_count; shard++)
            LEAT_TRY(move_file(m, m->parts[i], shard));
    while (m->moved < m->place.shards)
        LEAT_TRY(add_empty_file(m));
    return bundle_commit_index(&m->place, &m->index, false, false, committed);
}

leat_status leat_bundle_merge(const char *const *prefixes, size_t count, const char *to, bool remove_dirs)
{
    merge *m = leat_alloc_zero(1, sizeof *m);
    bool committed = false;
    if (m == NULL)
        return leat_fail_memory(sizeof *m);
    m->place.lock = (leat_file)LEAT_FILE_CLOSED;
    m->parts = leat_alloc_zero(count, sizeof *m->parts);
    leat_status status = m->parts != NULL ? run_merge(m, prefixes, count, to, &committed)
                                          : leat_fail_memory(count * sizeof *m->parts);
    if (!committed)
        move_back(m);
    for (size_t i = 0; i < m->count; i++) {
        if (status == LEAT_OK)
            remove_part(m->parts[i], remove_dirs);
        leat_bundle_close(m->parts[i]);
    }
    leat_free(m->parts);
    bundle_index_free(&m->index);
    bundle_place_close(&m->place);
    leat_free(m);
    return status;
}
