#include "config.h"
#include "bundle-reader-private.h"
#include "bundle-writer-private.h"

#include <stdlib.h>
#include <string.h>
#include "proto/wire-private.h"

enum {
    BUNDLE_VERSION = 1
}; /* TensorFlow's kTensorBundleVersion; a reader of 1 reads all that want at least 0 or 1 */

static leat_status damaged_header(const leat_bundle *b, const leat_table_cursor *at, const char *reason)
{
    return leat_fail(LEAT_ERR_DATA_LOSS, "%s.index:%llu: header: %s", b->prefix,
                     (unsigned long long)at->offset, reason);
}

/* ---- opening ---- */

static const char *parse_version(leat_wire w)
{
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 2 && (int64_t)f.varint > BUNDLE_VERSION)
            return "this checkpoint wants a newer reader";
        if (f.number != 3)
            continue;
        leat_wire packed = f.type == LEAT_WIRE_BYTES ? leat_wire_sub(&w, &f) : w;
        uint64_t bad = f.varint;
        while (f.type != LEAT_WIRE_BYTES || leat_wire_varint(&packed, &bad)) {
            if (bad == BUNDLE_VERSION)
                return "this checkpoint is not for readers of version 1";
            if (f.type != LEAT_WIRE_BYTES)
                break;
        }
    }
    return w.error;
}

static leat_status parse_header(leat_bundle *b, const leat_table_cursor *at)
{
    leat_wire w = leat_wire_from(at->value.data, at->value.size, at->offset);
    leat_field f;
    int64_t shards = 0;
    bool big_endian = false;
    const char *reason = NULL;
    while (reason == NULL && leat_wire_next(&w, &f))
        switch (f.number) {
        case 1:
            shards = (int64_t)f.varint;
            if (f.type != LEAT_WIRE_VARINT)
                reason = "the number of data files is no number";
            break;
        case 2: big_endian = f.varint != 0 || f.type != LEAT_WIRE_VARINT; break;
        case 3: reason = parse_version(leat_wire_sub(&w, &f)); break;
        default: break;
        }
    if (reason == NULL)
        reason = w.error;
    if (reason == NULL && big_endian)
        reason = "the values are big-endian";
    if (reason != NULL)
        return damaged_header(b, at, reason);
    if (shards < 1 || shards > LEAT_BUNDLE_SHARDS)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s.index:%llu: header: %lld data files, not 1 to %d", b->prefix,
                         (unsigned long long)at->offset, (long long)shards, LEAT_BUNDLE_SHARDS);
    b->shards_count = (int)shards;
    return LEAT_OK;
}

static int by_place(const void *a, const void *b)
{
    const bundle_range *x = a, *y = b;
    if (x->shard != y->shard)
        return x->shard < y->shard ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->size < y->size ? -1 : x->size > y->size;
}

/* Keeps of `ranges` those that share bytes with another one: no writer makes such. Of those that begin earlier, the
 * one that reaches furthest stands for all: whoever overlaps a later range overlaps that one too, and was marked. */
static void keep_overlaps(leat_bundle *b, bundle_range *ranges, size_t count)
{
    size_t furthest = 0, kept = 0;
    size_t sorted = 1; /* tensors written in the order of their names are */
    while (sorted < count && by_place(&ranges[sorted - 1], &ranges[sorted]) <= 0)
        sorted++;
    if (sorted < count)
        qsort(ranges, count, sizeof *ranges, by_place);
    for (size_t i = 1; i < count; i++) {
        bundle_range *r = &ranges[i], *f = &ranges[furthest];
        if (r->shard == f->shard && r->offset < f->offset + f->size)
            r->overlaps = f->overlaps = true;
        if (r->shard != f->shard || r->offset + r->size > f->offset + f->size)
            furthest = i;
    }
    for (size_t i = 0; i < count; i++)
        if (ranges[i].overlaps)
            ranges[kept++] = ranges[i];
    b->overlaps_count = kept;
}

static bool is_overlapping(const leat_bundle *b, const leat_bundle_meta *m)
{
    bundle_range key = {.shard = m->shard, .offset = (uint64_t)m->offset, .size = (uint64_t)m->size};
    return b->overlaps_count > 0 &&
           bsearch(&key, b->overlaps, b->overlaps_count, sizeof key, by_place) != NULL;
}

/* Goes through the whole index once: that verifies every block, and finds entries that share bytes. */
static leat_status read_index(leat_bundle *b)
{
    leat_table_cursor at = {0};
    leat_status status = leat_table_seek(b->table, &at, "", 0);
    if (status == LEAT_OK && (!at.valid || at.key.size != 0))
        status = leat_fail(LEAT_ERR_DATA_LOSS, "%s.index:0: no header: not a checkpoint's index", b->prefix);
    if (status == LEAT_OK)
        status = parse_header(b, &at);
    size_t count = 0, capacity = 0;
    leat_bundle_meta *m = leat_alloc(sizeof *m);
    if (status == LEAT_OK && m == NULL)
        status = leat_fail_memory(sizeof *m);
    while (status == LEAT_OK && (status = leat_table_next(b->table, &at)) == LEAT_OK && at.valid) {
        if (leat_bundle_meta_parse(m, at.value.data, at.value.size, at.offset) != NULL || m->slices > 0 ||
            m->offset < 0 || m->size <= 0 || m->offset > INT64_MAX - m->size)
            continue; /* told when the tensor is asked for */
        status = leat_grow(&b->overlaps, &capacity, count + 1, sizeof *b->overlaps);
        if (status == LEAT_OK)
            b->overlaps[count++] =
                (bundle_range){.shard = m->shard, .offset = (uint64_t)m->offset, .size = (uint64_t)m->size};
    }
    leat_free(m);
    leat_table_cursor_free(&at);
    LEAT_TRY(status);
    keep_overlaps(b, b->overlaps, count);
    if (b->overlaps_count == 0) {
        leat_free(b->overlaps);
        b->overlaps = NULL;
    }
    b->shards = leat_alloc_zero((size_t)b->shards_count, sizeof *b->shards);
    if (b->shards == NULL)
        return leat_fail_memory((size_t)b->shards_count * sizeof *b->shards);
    return LEAT_OK;
}

leat_status bundle_open_index(leat_bundle **out, const char *prefix, const char *index_path)
{
    leat_bundle *b = leat_alloc_zero(1, sizeof *b);
    if (b == NULL)
        return leat_fail_memory(sizeof *b);
    b->prefix = leat_strdup(prefix);
    leat_status status =
        b->prefix == NULL ? leat_fail_memory(strlen(prefix)) : leat_table_open(&b->table, index_path);
    if (status == LEAT_OK)
        status = read_index(b);
    if (status != LEAT_OK) {
        leat_bundle_close(b);
        return status;
    }
    *out = b;
    return LEAT_OK;
}

bool bundle_is_v1(const char *path)
{
    leat_table *t;
    leat_table_cursor at = {0};
    if (leat_path_kind_of(path) != LEAT_PATH_FILE || leat_table_open(&t, path) != LEAT_OK)
        return false;
    /* Its first value is a SavedTensorSlices, of which `meta` is field 1; a bundle's is a header, which begins with a number. */
    bool is = leat_table_seek(t, &at, "", 0) == LEAT_OK && at.valid && at.key.size == 0 &&
              at.value.size > 0 && at.value.data[0] == (1 << 3 | LEAT_WIRE_BYTES);
    leat_table_cursor_free(&at);
    leat_table_close(t);
    return is;
}

/* There is no index. Is that since TensorFlow's V1 format has none? Of several files it names all by "-?????-of-00002". */
static leat_status no_index(const char *prefix, const char *index)
{
    char *path = leat_strdup(prefix), *pattern = path != NULL ? strstr(path, "-????"
                                                                             "?-of-")
                                                              : NULL;
    if (pattern != NULL)
        memset(pattern + 1, '0', 5);
    bool v1 = path != NULL && bundle_is_v1(path);
    leat_free(path);
    if (v1)
        return leat_fail(
            LEAT_ERR_UNIMPLEMENTED,
            "%s: a checkpoint of TensorFlow's V1 format, which is not read; in TensorFlow, restore it "
            "and save it with a Saver of write_version V2, which is the default",
            prefix);
    return leat_fail(LEAT_ERR_NOT_FOUND, "%s: No such file or directory", index);
}

leat_status leat_bundle_open(leat_bundle **out, const char *prefix)
{
    char *index = leat_asprintf("%s.index", prefix);
    if (index == NULL)
        return leat_fail_memory(strlen(prefix));
    leat_status status = bundle_open_index(out, prefix, index);
    if (status == LEAT_ERR_NOT_FOUND)
        status = no_index(prefix, index);
    leat_free(index);
    return status;
}

void leat_bundle_close(leat_bundle *b)
{
    if (b == NULL)
        return;
    for (int i = 0; b->shards != NULL && i < b->shards_count; i++) {
        if (b->shards[i].state == SHARD_OPEN)
            (void)leat_file_close(&b->shards[i].file);
        leat_free(b->shards[i].error);
    }
    leat_free(b->shards);
    leat_free(b->overlaps);
    leat_table_close(b->table);
    leat_free(b->prefix);
    leat_free(b);
}

int leat_bundle_shards(const leat_bundle *b)
{
    return b->shards_count;
}

leat_status leat_bundle_verify_rest(leat_bundle *b)
{
    return leat_table_verify_rest(b->table);
}

/* ---- entries ---- */

static leat_status open_shard(leat_bundle *b, bundle_shard *s, int number)
{
    if (s->state == SHARD_NEW) {
        char *path = leat_asprintf("%s.data-%05d-of-%05d", b->prefix, number, b->shards_count);
        if (path == NULL)
            return leat_fail_memory(strlen(b->prefix) + 32);
        leat_status status = leat_file_open(&s->file, path);
        leat_free(path);
        if (status == LEAT_ERR_NO_MEMORY)
            return status;
        s->state = status == LEAT_OK ? SHARD_OPEN : SHARD_FAILED;
        s->status = status;
        if (status != LEAT_OK)
            s->error = leat_strdup(leat_message());
    }
    if (s->state == SHARD_FAILED)
        return leat_fail(s->status, "%s", s->error != NULL ? s->error : "a data file cannot be opened");
    return LEAT_OK;
}

static leat_status damaged(const leat_bundle *b, const leat_table_cursor *at, const char *name,
                           const char *reason)
{
    return leat_fail(LEAT_ERR_DATA_LOSS, "%s.index:%llu: tensor '%s': %s", b->prefix,
                     (unsigned long long)at->offset, name, reason);
}

/* Checks where an entry says its bytes are. `smallest`: bytes that it must have at least; `exact`: or exactly. */
static leat_status check_place(leat_bundle *b, const leat_table_cursor *at, const char *name,
                               const leat_bundle_meta *m, int64_t smallest, bool exact)
{
    unsigned long long offset = at->offset;
    if (m->shard < 0 || m->shard >= b->shards_count)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s.index:%llu: tensor '%s': data file %lld of %d", b->prefix,
                         offset, name, (long long)m->shard, b->shards_count);
    if (m->size < 0 || (exact ? m->size != smallest : m->size < smallest))
        return leat_fail(
            LEAT_ERR_DATA_LOSS, "%s.index:%llu: tensor '%s': %lld bytes stored, %s%lld needed by its shape",
            b->prefix, offset, name, (long long)m->size, exact ? "" : "at least ", (long long)smallest);
    bundle_shard *s = &b->shards[m->shard];
    leat_status status = open_shard(b, s, (int)m->shard);
    if (status != LEAT_OK)
        return leat_fail_context(status, "tensor '%s'", name);
    if (m->offset < 0 || (uint64_t)m->offset > s->file.size ||
        (uint64_t)m->size > s->file.size - (uint64_t)m->offset)
        return leat_fail(
            LEAT_ERR_DATA_LOSS,
            "%s.index:%llu: tensor '%s': %lld bytes at %lld, past the end of the data file (%llu bytes)",
            b->prefix, offset, name, (long long)m->size, (long long)m->offset,
            (unsigned long long)s->file.size);
    if (is_overlapping(b, m))
        return damaged(b, at, name, "shares bytes of the data file with another tensor");
    return LEAT_OK;
}

/* Checks an entry that has parsed; *type and *elements are set where it describes a tensor at all. */
static leat_status check_entry(leat_bundle *b, const leat_table_cursor *at, const char *name,
                               const leat_bundle_meta *m, const leat_data_type **type, int64_t *elements)
{
    *type = NULL;
    const leat_data_type *found = leat_data_type_find(m->dtype);
    if (found == NULL)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s.index:%llu: tensor '%s': dtype %lld is none of TensorFlow's",
                         b->prefix, (unsigned long long)at->offset, name, (long long)m->dtype);
    if (!leat_dims_elements(m->dims, m->rank, found->size, elements))
        return damaged(b, at, name, "the shape has more elements than 64 bits can count");
    *type = found;
    if (m->slices > LEAT_BUNDLE_SLICES)
        return damaged(b, at, name, "more than 8192 slices");
    if (found->number == LEAT_DATA_TYPE_RESOURCE)
        return damaged(b, at, name, "a resource is no value that a file could hold");
    if (found->number == LEAT_DATA_TYPE_VARIANT && m->slices > 0)
        return damaged(b, at, name, "variants have no slices");
    if (m->slices > 0)
        return LEAT_OK;                              /* check_slices looks at each */
    int64_t size = *elements * (int64_t)found->size; /* leat_dims_elements saw that it fits */
    /* At least a byte for the length of each string, and a checksum; of each variant both. */
    if (found->number == LEAT_DATA_TYPE_STRING && __builtin_add_overflow(*elements, 4, &size))
        return damaged(b, at, name, "the shape has more elements than 64 bits can count");
    if (found->number == LEAT_DATA_TYPE_VARIANT && __builtin_mul_overflow(*elements, 5, &size))
        return damaged(b, at, name, "the shape has more elements than 64 bits can count");
    return check_place(b, at, name, m, size, found->size > 0);
}

leat_status leat_bundle_find_slice(leat_bundle *b, const leat_bundle_entry *e,
                                   const leat_bundle_extent *extents, leat_table_cursor *at,
                                   leat_bundle_meta *m)
{
    leat_buf key = {0};
    leat_bundle_slice_key(&key, e->name, e->name_size, e->meta.rank, extents);
    leat_status status = leat_buf_status(&key);
    if (status == LEAT_OK)
        status = leat_table_seek(b->table, at, key.data, key.size);
    if (status == LEAT_OK &&
        (!at->valid || leat_table_compare(at->key.data, at->key.size, key.data, key.size) != 0))
        status = damaged(b, &e->at, e->name, "one of its slices is missing");
    leat_buf_free(&key);
    LEAT_TRY(status);
    const leat_data_type *type;
    int64_t elements;
    const char *reason = leat_bundle_meta_parse(m, at->value.data, at->value.size, at->offset);
    if (reason == NULL && (m->slices > 0 || m->dtype != e->meta.dtype || m->rank != e->meta.rank))
        reason = "a slice differs in dtype or rank";
    for (int i = 0; reason == NULL && i < m->rank; i++)
        if (m->dims[i] != (extents[i].length == -1 ? e->meta.dims[i] : extents[i].length))
            reason = "a slice has another shape than its tensor says";
    if (reason != NULL)
        return damaged(b, at, e->name, reason);
    return check_entry(b, at, e->name, m, &type, &elements);
}

/* Every slice must be there and lie in the data, and their elements add up to those of the tensor: so nobody
 * allocates for more than the data files hold. (That they do not overlap is seen when they are read.) */
static leat_status check_slices(leat_bundle *b, const leat_bundle_entry *e)
{
    struct work {
        leat_bundle_extent extents[LEAT_BUNDLE_RANK];
        leat_bundle_meta meta;
        leat_table_cursor at;
    } *w = leat_alloc_zero(1, sizeof *w);
    if (w == NULL)
        return leat_fail_memory(sizeof *w);
    const char *reason = NULL;
    int64_t left = e->elements;
    size_t cursor = 0;
    leat_status status = LEAT_OK;
    while (status == LEAT_OK &&
           leat_bundle_meta_slice(&e->meta, &e->at.value, &cursor, w->extents, &reason)) {
        int64_t elements = 1; /* no overflow: a slice is at most its tensor */
        for (int i = 0; i < e->meta.rank; i++)
            elements *= w->extents[i].length == -1 ? e->meta.dims[i] : w->extents[i].length;
        status = leat_bundle_find_slice(b, e, w->extents, &w->at, &w->meta);
        if (status == LEAT_OK && elements > left)
            status = damaged(b, &e->at, e->name, "its slices overlap");
        left -= elements;
    }
    leat_table_cursor_free(&w->at);
    leat_free(w);
    if (status == LEAT_OK && reason == NULL && left > 0)
        reason = "its slices do not cover it";
    return status == LEAT_OK && reason != NULL ? damaged(b, &e->at, e->name, reason) : status;
}

/* Fills e from the table's entry that e->at stands on; returns what is wrong with it. */
static leat_status fill_entry(leat_bundle *b, leat_bundle_entry *e)
{
    e->valid = true;
    e->name = e->at.key.data;
    e->name_size = e->at.key.size;
    const char *reason = leat_bundle_meta_parse(&e->meta, e->at.value.data, e->at.value.size, e->at.offset);
    if (reason != NULL)
        return damaged(b, &e->at, e->name, reason);
    leat_status status = check_entry(b, &e->at, e->name, &e->meta, &e->type, &e->elements);
    e->described = e->type != NULL;
    if (status == LEAT_OK && e->meta.slices > 0)
        status = check_slices(b, e);
    return status;
}

/* As fill_entry, and keeps what is wrong. */
static leat_status take_entry(leat_bundle *b, leat_bundle_entry *e)
{
    e->status = fill_entry(b, e);
    if (e->status != LEAT_OK)
        leat_buf_puts(&e->error, leat_message());
    return e->status;
}

static void reset_entry(leat_bundle_entry *e)
{
    e->valid = e->described = false;
    e->type = NULL;
    e->name = "";
    e->name_size = 0;
    e->elements = 0;
    e->status = LEAT_OK;
    leat_buf_clear(&e->error);
}

leat_status leat_bundle_find(leat_bundle *b, const char *name, size_t name_size, leat_bundle_entry *e)
{
    reset_entry(e);
    if (name_size > 0 && name[0] != 0) {
        LEAT_TRY(leat_table_seek(b->table, &e->at, name, name_size));
        if (e->at.valid && leat_table_compare(e->at.key.data, e->at.key.size, name, name_size) == 0)
            return take_entry(b, e);
    }
    return leat_fail(LEAT_ERR_NOT_FOUND, "%s: no tensor '%.*s' in this checkpoint", b->prefix,
                     (int)LEAT_MIN(name_size, 4096), name);
}

/* The entry that e->at stands on, or the next one that is a tensor: the header has an empty key, and the keys of
 * slices begin with 0. */
static leat_status settle(leat_bundle *b, leat_bundle_entry *e)
{
    while (e->at.valid && (e->at.key.size == 0 || e->at.key.data[0] == 0))
        LEAT_TRY(leat_table_next(b->table, &e->at));
    if (!e->at.valid)
        return LEAT_OK;
    if (take_entry(b, e) == LEAT_ERR_NO_MEMORY)
        return e->status;
    return leat_buf_status(&e->error);
}

leat_status leat_bundle_first(leat_bundle *b, leat_bundle_entry *e)
{
    reset_entry(e);
    LEAT_TRY(leat_table_seek(b->table, &e->at, "\1", 1));
    return settle(b, e);
}

leat_status leat_bundle_next(leat_bundle *b, leat_bundle_entry *e)
{
    reset_entry(e);
    LEAT_TRY(leat_table_next(b->table, &e->at));
    return settle(b, e);
}

void leat_bundle_entry_free(leat_bundle_entry *e)
{
    leat_table_cursor_free(&e->at);
    leat_buf_free(&e->error);
    reset_entry(e);
}

/* ---- what is expected ---- */

static bool fits(const leat_bundle_want *w, const leat_bundle_entry *e)
{
    if (w->dtype != e->meta.dtype)
        return false;
    if (w->rank == -1)
        return true;
    if (w->rank != e->meta.rank)
        return false;
    for (int i = 0; i < w->rank; i++)
        if (w->dims[i] != -1 && w->dims[i] != e->meta.dims[i])
            return false;
    return true;
}

static void put_difference(leat_buf *text, const leat_bundle_want *w, const leat_bundle_entry *e)
{
    const leat_data_type *type = leat_data_type_find(w->dtype);
    leat_buf_printf(text, "%s'%s' is %s", text->size > 0 ? "; " : "", w->name, e->type->name);
    leat_bundle_put_shape(text, e->meta.rank, e->meta.dims);
    leat_buf_printf(text, " where %s", type != NULL ? type->name : "another dtype");
    if (w->rank >= 0)
        leat_bundle_put_shape(text, w->rank, w->dims);
    leat_buf_puts(text, " is wanted");
}

leat_status leat_bundle_match(leat_bundle *b, const leat_bundle_want *wants, size_t count,
                              leat_bundle_found *found, void *user)
{
    leat_status result = LEAT_OK;
    leat_buf text = {0};
    leat_bundle_entry e = {0};
    for (size_t i = 0; i < count; i++) {
        const leat_bundle_want *w = &wants[i];
        leat_status status = leat_bundle_find(b, w->name, strlen(w->name), &e);
        if (status == LEAT_OK && found != NULL && fits(w, &e))
            status = found(user, i, &e);
        if (status == LEAT_ERR_NO_MEMORY || status == LEAT_ERR_IO) {
            result = status;
            leat_buf_clear(&text);
            break;
        }
        if (!e.valid) {
            leat_buf_printf(&text, "%s'%s' is missing", text.size > 0 ? "; " : "", w->name);
            result = LEAT_ERR_NOT_FOUND;
        } else if (status != LEAT_OK) {
            leat_buf_printf(&text, "%s%s", text.size > 0 ? "; " : "", leat_message());
            result = result == LEAT_OK ? status : result;
        } else if (!fits(w, &e)) {
            put_difference(&text, w, &e);
            result = result == LEAT_OK ? LEAT_ERR_INVALID_ARGUMENT : result;
        }
    }
    if (text.failed)
        result = leat_buf_status(&text);
    else if (text.size > 0)
        result = leat_fail(result, "%s: %s", b->prefix, text.data);
    leat_bundle_entry_free(&e);
    leat_buf_free(&text);
    return result;
}
