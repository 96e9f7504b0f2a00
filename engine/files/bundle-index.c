/* The entries of a bundle that is being written. */
#include "config.h"
#include "bundle-writer-private.h"

#include <stdlib.h>
#include <string.h>
#include "proto/wire-private.h"

bundle_row *bundle_index_find(const bundle_index *x, const char *key, size_t key_size)
{
    return leat_map_get(&x->by_key, key, key_size);
}

leat_status bundle_index_add(bundle_index *x, const char *key, size_t key_size, bundle_row **row)
{
    if (bundle_index_find(x, key, key_size) != NULL)
        return leat_fail(LEAT_ERR_ALREADY_EXISTS, "tensor '%.*s' is there already",
                         (int)LEAT_MIN(key_size, 4096), key);
    LEAT_TRY(leat_grow(&x->rows, &x->capacity, x->count + 1, sizeof *x->rows));
    bundle_row *r = leat_arena_zero(&x->keys, sizeof *r);
    char *copy = leat_arena_strndup(&x->keys, key, key_size);
    if (r == NULL || copy == NULL)
        return leat_fail_memory(key_size + sizeof *r);
    r->key = copy;
    r->key_size = key_size;
    LEAT_TRY(leat_map_put(&x->by_key, copy, key_size, r));
    x->rows[x->count++] = r;
    *row = r;
    return LEAT_OK;
}

void bundle_index_free(bundle_index *x)
{
    for (size_t i = 0; i < x->count; i++) {
        leat_buf_free(&x->rows[i]->value);
        leat_buf_free(&x->rows[i]->slices);
    }
    leat_free(x->rows);
    leat_map_free(&x->by_key);
    leat_arena_free(&x->keys);
    *x = (bundle_index){0};
}

/* Proto3 does not write what is zero. */
static void put_nonzero(leat_buf *b, uint32_t number, uint64_t value)
{
    if (value != 0)
        leat_put_uint(b, number, value);
}

void bundle_put_entry(leat_buf *b, int64_t dtype, int rank, const int64_t *dims, int64_t shard,
                      uint64_t offset, uint64_t size, uint32_t crc)
{
    put_nonzero(b, 1, (uint64_t)dtype);
    size_t shape = leat_put_begin(b, 2);
    for (int i = 0; i < rank; i++) {
        size_t dim = leat_put_begin(b, 2);
        put_nonzero(b, 1, (uint64_t)dims[i]);
        leat_put_end(b, dim);
    }
    leat_put_end(b, shape);
    if (shard < 0)
        return;
    put_nonzero(b, 3, (uint64_t)shard);
    put_nonzero(b, 4, offset);
    put_nonzero(b, 5, size);
    if (crc != 0) {
        leat_put_varint(b, 6 << 3 | LEAT_WIRE_FIXED32);
        leat_buf_append(b, &crc, sizeof crc);
    }
}

void bundle_put_slice(leat_buf *b, int rank, const leat_bundle_extent *extents)
{
    size_t slice = leat_put_begin(b, 7);
    for (int i = 0; i < rank; i++) {
        size_t extent = leat_put_begin(b, 1);
        put_nonzero(b, 1, (uint64_t)extents[i].start);
        if (extents[i].length != -1)
            leat_put_uint(b, 2, (uint64_t)extents[i].length);
        leat_put_end(b, extent);
    }
    leat_put_end(b, slice);
}

static int by_key(const void *a, const void *b)
{
    const bundle_row *x = *(bundle_row *const *)a, *y = *(bundle_row *const *)b;
    return leat_table_compare(x->key, x->key_size, y->key, y->key_size);
}

leat_status bundle_index_build(bundle_index *x, int shards, bool snappy, leat_table_builder *out)
{
    leat_buf header = {0};
    leat_table_builder_init(out);
    out->snappy = snappy;
    put_nonzero(&header, 1, (uint64_t)shards);
    size_t version = leat_put_begin(&header, 3);
    put_nonzero(&header, 1, 1); /* the producer's version: TensorFlow's own */
    leat_put_end(&header, version);
    leat_status status = leat_buf_status(&header);
    if (status == LEAT_OK)
        status = leat_table_builder_add(out, "", 0, header.data, header.size);
    leat_buf_free(&header);
    if (x->count > 1)
        qsort(x->rows, x->count, sizeof *x->rows, by_key);
    for (size_t i = 0; i < x->count && status == LEAT_OK; i++) {
        bundle_row *r = x->rows[i];
        leat_buf_append(&r->value, r->slices.data, r->slices.size);
        leat_buf_clear(&r->slices);
        status = leat_buf_status(&r->value);
        if (status == LEAT_OK)
            status = leat_table_builder_add(out, r->key, r->key_size, r->value.data, r->value.size);
    }
    return status == LEAT_OK ? leat_table_builder_finish(out) : status;
}
