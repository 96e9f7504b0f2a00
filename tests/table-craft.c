#include "config.h"
#include "table-craft.h"

#include <string.h>
#include <snappy-c.h>
#include "base/crc-private.h"
#include "engine/files/table-private.h"
#include "proto/wire-private.h"

static uint64_t pick(craft_number number, uint64_t otherwise)
{
    return number.set ? number.value : otherwise;
}

static void put32(leat_buf *b, uint64_t value)
{
    uint32_t bits = (uint32_t)value;
    leat_buf_append(b, &bits, sizeof bits);
}

static void put_trailer(leat_buf *out, size_t start, int type, bool broken)
{
    leat_buf_putc(out, (char)type);
    put32(out, leat_crc32c_mask(leat_crc32c(out->data + start, out->size - start)) ^ broken);
}

static void put_block(const craft_entry *entries, size_t count, const craft *how, leat_buf *block)
{
    leat_buf restarts = {0};
    const craft none = {0};
    for (size_t i = 0; i < count; i++) {
        const craft_entry *e = &entries[i];
        const craft *h =
            how->at != NULL && strlen(how->at) == e->key_size && memcmp(how->at, e->key, e->key_size) == 0
                ? how
                : &none;
        size_t shared = 0;
        if (i % LEAT_TABLE_RESTART_INTERVAL == 0)
            put32(&restarts,
                  i + LEAT_TABLE_RESTART_INTERVAL >= count ? pick(how->restart, block->size) : block->size);
        else
            while (shared < e->key_size && shared < e[-1].key_size && e->key[shared] == e[-1].key[shared])
                shared++;
        leat_put_varint(block, pick(h->shared, shared));
        leat_put_varint(block, pick(h->rest, e->key_size - shared));
        leat_put_varint(block, pick(h->value, e->value_size));
        leat_buf_append(block, e->key + shared, e->key_size - shared);
        leat_buf_append(block, e->value, e->value_size);
    }
    leat_buf_append(block, restarts.data, restarts.size);
    put32(block, pick(how->restarts, restarts.size / 4));
    leat_buf_free(&restarts);
}

static void put_data_block(const leat_buf *block, const craft *how, leat_buf *out)
{
    char packed[65536];
    size_t size = sizeof packed;
    if (!how->snappy) {
        leat_buf_append(out, block->data, block->size);
        put_trailer(out, 0, (int)pick(how->type, 0), how->break_data);
        return;
    }
    snappy_compress(block->data, block->size, packed, &size);
    size_t length = 0;
    while (packed[length++] & 0x80)
        continue;
    leat_put_varint(out, pick(how->expanded, block->size));
    leat_buf_append(out, packed + length, size - length);
    if (how->break_snappy)
        out->size -= 5;
    put_trailer(out, 0, (int)pick(how->type, 1), how->break_data);
}

/* The index block, whose one entry names the data block; or the empty meta-index block. */
static size_t put_small_block(leat_buf *out, const char *key, size_t key_size, uint64_t offset, uint64_t size,
                              bool empty, bool broken)
{
    size_t start = out->size;
    if (!empty) {
        leat_buf handle = {0};
        leat_put_varint(&handle, offset);
        leat_put_varint(&handle, size);
        leat_put_varint(out, 0);
        leat_put_varint(out, key_size);
        leat_put_varint(out, handle.size);
        leat_buf_append(out, key, key_size);
        leat_buf_append(out, handle.data, handle.size);
        leat_buf_free(&handle);
    }
    put32(out, 0);
    put32(out, 1);
    size_t bytes = out->size - start;
    put_trailer(out, start, 0, broken);
    return bytes;
}

void craft_table(const craft_entry *entries, size_t count, const craft *how, leat_buf *out)
{
    leat_buf block = {0};
    put_block(entries, count, how, &block);
    put_data_block(&block, how, out);
    leat_buf_free(&block);
    size_t data_size = out->size - LEAT_TABLE_TRAILER, meta = out->size;
    size_t meta_size = put_small_block(out, NULL, 0, 0, 0, true, how->break_meta);
    size_t index = out->size;
    const char *last = how->index_key != NULL ? how->index_key : count > 0 ? entries[count - 1].key : "";
    size_t last_size = how->index_key != NULL ? strlen(last) : count > 0 ? entries[count - 1].key_size : 0;
    size_t index_size = put_small_block(out, last, last_size, pick(how->data_offset, 0),
                                        pick(how->data_size, data_size), false, how->break_index);
    size_t footer = out->size;
    leat_put_varint(out, pick(how->meta_offset, meta));
    leat_put_varint(out, pick(how->meta_size, meta_size));
    leat_put_varint(out, pick(how->index_offset, index));
    leat_put_varint(out, pick(how->index_size, index_size));
    while (out->size < footer + 40)
        leat_buf_putc(out, 0);
    uint64_t magic = pick(how->magic, LEAT_TABLE_MAGIC);
    leat_buf_append(out, &magic, sizeof magic);
}
