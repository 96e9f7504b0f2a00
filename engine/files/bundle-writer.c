/* The data files of a bundle that is being written. */
#include "config.h"
#include "bundle-writer-private.h"

#include <string.h>
#include "base/crc-private.h"
#include "proto/wire-private.h"

enum {
    GATHER = 256 * 1024,         /* smaller tensors are gathered to writes of this size */
    PIECE = 1024 * 1024,         /* of a large one: its CRC is taken and it is written while in the cache */
    WRITE_BACK = 8 * 1024 * 1024 /* the disk begins before the fsync */
};

typedef struct data_file {
    leat_commit commit;
    leat_buf gathered;
    uint64_t size, written,
        started; /* bytes so far, gathered ones too; of those, how many were written, and how many of these the
                                        disk was told to begin with */
} data_file;

struct leat_bundle_writer {
    bundle_place place;
    bundle_index index;
    leat_bundle_options options;
    data_file *files;   /* place.shards */
    leat_status status; /* the first failure */
    char *error;
};

static leat_status create_files(leat_bundle_writer *w)
{
    w->files = leat_alloc_zero((size_t)w->place.shards, sizeof *w->files);
    if (w->files == NULL)
        return leat_fail_memory((size_t)w->place.shards * sizeof *w->files);
    for (int i = 0; i < w->place.shards; i++)
        w->files[i].commit.file = (leat_file)LEAT_FILE_CLOSED;
    leat_status status = LEAT_OK;
    for (int i = 0; i < w->place.shards && status == LEAT_OK; i++) {
        char *path = bundle_data_path(w->place.prefix, i, w->place.shards);
        status = path != NULL ? leat_commit_begin(&w->files[i].commit, path, LEAT_SAVE_INFIX, false)
                              : leat_fail_memory(0);
        leat_free(path);
    }
    return status;
}

leat_status leat_bundle_writer_open(leat_bundle_writer **out, const char *prefix,
                                    const leat_bundle_options *options)
{
    leat_bundle_writer *w = leat_alloc_zero(1, sizeof *w);
    if (w == NULL)
        return leat_fail_memory(sizeof *w);
    w->options = options != NULL ? *options : (leat_bundle_options){0};
    w->place.lock = (leat_file)LEAT_FILE_CLOSED;
    int shards = LEAT_MAX(w->options.shards, 1);
    leat_status status =
        shards < LEAT_BUNDLE_SHARDS
            ? bundle_place_open(&w->place, prefix, shards, w->options.staged)
            : leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: %d data files are too many", prefix, shards);
    if (status == LEAT_OK)
        status = create_files(w);
    if (status != LEAT_OK) {
        leat_bundle_writer_abandon(w);
        return status;
    }
    *out = w;
    return LEAT_OK;
}

void leat_bundle_writer_abandon(leat_bundle_writer *w)
{
    if (w == NULL)
        return;
    for (int i = 0; w->files != NULL && i < w->place.shards; i++) {
        leat_commit_abandon(&w->files[i].commit);
        leat_buf_free(&w->files[i].gathered);
    }
    leat_free(w->files);
    bundle_index_free(&w->index);
    bundle_place_close(&w->place);
    leat_free(w->error);
    leat_free(w);
}

/* ---- bytes ---- */

static leat_status write_out(data_file *f, const char *at, size_t n)
{
    LEAT_TRY(leat_file_write(&f->commit.file, at, n));
    f->written += n;
    if (f->written - f->started >= WRITE_BACK) {
        leat_file_start_writing_back(&f->commit.file, f->started, f->written - f->started);
        f->started = f->written;
    }
    return LEAT_OK;
}

static leat_status flush_gathered(data_file *f)
{
    LEAT_TRY(leat_buf_status(&f->gathered));
    if (f->gathered.size > 0)
        LEAT_TRY(write_out(f, f->gathered.data, f->gathered.size));
    leat_buf_clear(&f->gathered);
    return LEAT_OK;
}

/* Writes bytes and extends *crc over them. What reaches the file before the commit are multiples of GATHER, so that no page is written
 * in two goes. */
static leat_status put_bytes(data_file *f, const char *at, size_t n, uint32_t *crc)
{
    f->size += n;
    while (n > 0) {
        bool direct = f->gathered.size == 0 && n >= GATHER;
        size_t part =
            direct ? LEAT_MIN(n - n % GATHER, (size_t)PIECE) : LEAT_MIN(n, GATHER - f->gathered.size);
        *crc = leat_crc32c_extend(*crc, at, part);
        if (direct)
            LEAT_TRY(write_out(f, at, part));
        else
            leat_buf_append(&f->gathered, at, part);
        if (f->gathered.size == GATHER)
            LEAT_TRY(flush_gathered(f));
        at += part;
        n -= part;
    }
    return leat_buf_status(&f->gathered);
}

/* The lengths, their checksum, the bytes; bundle-data.c says what the CRCs are over. */
static leat_status put_strings(data_file *f, const leat_bytes *strings, int64_t count, uint32_t *crc)
{
    uint32_t over_lengths = 0, ignored = 0;
    leat_buf lengths = {0};
    leat_status status = LEAT_OK;
    for (int64_t i = 0; i < count && status == LEAT_OK; i++) {
        uint64_t n = strings[i].size;
        over_lengths = leat_crc32c_extend(over_lengths, &n, n <= UINT32_MAX ? 4 : 8);
        leat_put_varint(&lengths, n);
        if (lengths.size >= GATHER / 2 || i + 1 == count) {
            status = leat_buf_status(&lengths);
            if (status == LEAT_OK)
                status = put_bytes(f, lengths.data, lengths.size, &ignored);
            leat_buf_clear(&lengths);
        }
    }
    leat_buf_free(&lengths);
    LEAT_TRY(status);
    uint32_t masked = leat_crc32c_mask(over_lengths);
    *crc = leat_crc32c_extend(over_lengths, &masked, sizeof masked);
    LEAT_TRY(put_bytes(f, (const char *)&masked, sizeof masked, &ignored));
    for (int64_t i = 0; i < count; i++)
        LEAT_TRY(put_bytes(f, strings[i].data, strings[i].size, crc));
    return LEAT_OK;
}

/* ---- tensors ---- */

/* Checks a tensor; sets the shape of what is stored and its elements. */
static leat_status check_tensor(const leat_bundle_writer *w, const leat_bundle_tensor *t,
                                const leat_data_type **type, int64_t *dims, int64_t *elements)
{
    *type = leat_data_type_find(t->dtype);
    if (t->name == NULL || *t->name == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: a tensor without a name", w->place.prefix);
    if (*type == NULL || ((*type)->size == 0 && (*type)->number != LEAT_DATA_TYPE_STRING))
        return leat_fail(LEAT_ERR_UNIMPLEMENTED, "%s: tensor '%s': dtype %s cannot be saved", w->place.prefix,
                         t->name, *type != NULL ? (*type)->name : "?");
    if (t->rank < 0 || t->rank > LEAT_BUNDLE_RANK ||
        !leat_dims_elements(t->dims, t->rank, (*type)->size, elements))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: tensor '%s': not a shape that can be saved",
                         w->place.prefix, t->name);
    if (t->shard < 0 || t->shard >= w->place.shards)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: tensor '%s': data file %d of %d", w->place.prefix,
                         t->name, t->shard, w->place.shards);
    for (int i = 0; i < t->rank; i++) {
        leat_bundle_extent e = t->slice != NULL ? t->slice[i] : (leat_bundle_extent){0, -1};
        if (e.start < 0 || e.length < -1 || (e.length == -1 && e.start != 0) || e.start > t->dims[i] ||
            e.length > t->dims[i] - e.start)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: tensor '%s': the slice reaches out of it",
                             w->place.prefix, t->name);
        dims[i] = e.length == -1 ? t->dims[i] : e.length;
    }
    (void)leat_dims_elements(dims, t->rank, (*type)->size, elements);
    return LEAT_OK;
}

/* Notes a slice in the row of its whole tensor, which the first slice makes. */
static leat_status add_slice_row(leat_bundle_writer *w, const leat_bundle_tensor *t)
{
    bundle_row *row = bundle_index_find(&w->index, t->name, strlen(t->name));
    leat_buf value = {0};
    bundle_put_entry(&value, t->dtype, t->rank, t->dims, -1, 0, 0, 0);
    leat_status status = leat_buf_status(&value);
    if (status == LEAT_OK && row != NULL && !row->sliced)
        status = leat_fail(LEAT_ERR_ALREADY_EXISTS, "tensor '%s' is there already", t->name);
    else if (status == LEAT_OK && row != NULL &&
             (row->value.size != value.size || memcmp(row->value.data, value.data, value.size) != 0))
        status = leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                           "the slices of tensor '%s' differ in its dtype or shape", t->name);
    else if (status == LEAT_OK && row == NULL)
        status = bundle_index_add(&w->index, t->name, strlen(t->name), &row);
    if (status == LEAT_OK && !row->sliced) {
        row->sliced = true;
        row->value = value;
        value = (leat_buf){0};
    }
    leat_buf_free(&value);
    LEAT_TRY(status);
    bundle_put_slice(&row->slices, t->rank, t->slice);
    return leat_buf_status(&row->slices);
}

static leat_status add_row(leat_bundle_writer *w, const leat_bundle_tensor *t, bundle_row **row)
{
    if (t->slice == NULL)
        return bundle_index_add(&w->index, t->name, strlen(t->name), row);
    leat_buf key = {0};
    leat_bundle_slice_key(&key, t->name, strlen(t->name), t->rank, t->slice);
    leat_status status = leat_buf_status(&key);
    if (status == LEAT_OK)
        status = bundle_index_add(&w->index, key.data, key.size, row);
    if (status == LEAT_ERR_ALREADY_EXISTS)
        status = leat_fail(status, "a slice of tensor '%s' is there already", t->name);
    leat_buf_free(&key);
    LEAT_TRY(status);
    return add_slice_row(w, t);
}

static leat_status add_tensor(leat_bundle_writer *w, const leat_bundle_tensor *t)
{
    const leat_data_type *type;
    int64_t dims[LEAT_BUNDLE_RANK], elements;
    LEAT_TRY(check_tensor(w, t, &type, dims, &elements));
    bundle_row *row;
    leat_status status = add_row(w, t, &row);
    if (status != LEAT_OK)
        return leat_fail_context(status, "%s", w->place.prefix);
    data_file *f = &w->files[t->shard];
    uint64_t offset = f->size;
    uint32_t crc = 0;
    if (type->size > 0)
        LEAT_TRY(put_bytes(f, t->data, (size_t)elements * type->size, &crc));
    else
        LEAT_TRY(put_strings(f, t->strings, elements, &crc));
    bundle_put_entry(&row->value, t->dtype, t->rank, dims, t->shard, offset, f->size - offset,
                     leat_crc32c_mask(crc));
    return leat_buf_status(&row->value);
}

leat_status leat_bundle_writer_add(leat_bundle_writer *w, const leat_bundle_tensor *t)
{
    if (w->status == LEAT_OK) {
        w->status = add_tensor(w, t);
        if (w->status != LEAT_OK)
            w->error = leat_strdup(leat_message());
        return w->status;
    }
    return leat_fail(w->status, "%s", w->error != NULL ? w->error : "the checkpoint is not written");
}

/* ---- commit ---- */

/* Takes the data files of this writer away again that got their names. */
static void remove_data(const leat_bundle_writer *w, int count)
{
    for (int i = 0; i < count; i++) {
        char *path = bundle_data_path(w->place.prefix, i, w->place.shards);
        if (path != NULL)
            (void)leat_file_remove(path);
        leat_free(path);
    }
}

static leat_status commit(leat_bundle_writer *w)
{
    int named = 0;
    leat_status status = LEAT_OK;
    for (int i = 0; i < w->place.shards && status == LEAT_OK; i++) {
        status = flush_gathered(&w->files[i]);
        if (status == LEAT_OK)
            status = leat_commit_flush(&w->files[i].commit);
    }
    for (; named < w->place.shards && status == LEAT_OK; named++)
        status = leat_commit_end(&w->files[named].commit, LEAT_OK, false);
    bool committed = false;
    if (status == LEAT_OK)
        status = bundle_commit_index(&w->place, &w->index, w->options.snappy, w->options.staged, &committed);
    if (!committed)
        remove_data(w, named);
    return status;
}

leat_status leat_bundle_writer_commit(leat_bundle_writer *w)
{
    leat_status status = w->status;
    if (status == LEAT_OK)
        status = commit(w);
    else
        (void)leat_fail(status, "%s", w->error != NULL ? w->error : "the checkpoint is not written");
    leat_bundle_writer_abandon(w);
    return status;
}
