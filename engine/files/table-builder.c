#include "config.h"
#include "table-private.h"

#include <string.h>
#include <snappy-c.h>
#include "base/crc-private.h"
#include "proto/wire-private.h"

static void put32(leat_buf *b, uint32_t value)
{
    leat_buf_append(b, &value, sizeof value);
}

void leat_table_builder_init(leat_table_builder *b)
{
    *b = (leat_table_builder){.limit = LEAT_TABLE_BLOCK_SIZE};
    b->data.interval = LEAT_TABLE_RESTART_INTERVAL;
    b->index.interval = 1; /* every index key is stored whole, so that a search needs no scan */
}

static void block_free(leat_table_block_builder *b)
{
    leat_buf_free(&b->bytes);
    leat_buf_free(&b->restarts);
}

void leat_table_builder_free(leat_table_builder *b)
{
    block_free(&b->data);
    block_free(&b->index);
    leat_buf_free(&b->file);
    leat_buf_free(&b->last_key);
    leat_buf_free(&b->block_key);
    *b = (leat_table_builder){0};
}

/* `last`: the key added before, empty where there is none. */
static void block_add(leat_table_block_builder *b, const char *last, size_t last_size, const char *key,
                      size_t key_size, const void *value, size_t value_size)
{
    size_t shared = 0;
    if (b->bytes.size == 0 || b->since_restart >= b->interval) {
        put32(&b->restarts, (uint32_t)b->bytes.size);
        b->since_restart = 0;
    } else {
        size_t common = LEAT_MIN(last_size, key_size);
        while (shared < common && last[shared] == key[shared])
            shared++;
    }
    leat_put_varint(&b->bytes, shared);
    leat_put_varint(&b->bytes, key_size - shared);
    leat_put_varint(&b->bytes, value_size);
    leat_buf_append(&b->bytes, key + shared, key_size - shared);
    leat_buf_append(&b->bytes, value, value_size);
    b->since_restart++;
}

/* Writes the block and its trailer to the file and empties it. */
static leat_status write_block(leat_table_builder *b, leat_table_block_builder *block)
{
    if (block->restarts.size == 0)
        put32(&block->restarts, 0); /* even an empty block has one */
    uint32_t restarts = (uint32_t)(block->restarts.size / 4);
    leat_buf_append(&block->bytes, block->restarts.data, block->restarts.size);
    put32(&block->bytes, restarts);
    LEAT_TRY(leat_buf_status(&block->restarts));
    LEAT_TRY(leat_buf_status(&block->bytes));
    if (block->bytes.size > UINT32_MAX)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "a table's block would be larger than 4 GiB");

    b->block_offset = b->file.size;
    size_t packed = 0;
    if (b->snappy) {
        size_t most = snappy_max_compressed_length(block->bytes.size);
        char *to = leat_buf_reserve(&b->file, most);
        if (to == NULL)
            return leat_buf_status(&b->file);
        if (snappy_compress(block->bytes.data, block->bytes.size, to, &most) == SNAPPY_OK &&
            most < block->bytes.size - block->bytes.size / 8)
            packed = most;
    }
    if (packed > 0)
        b->file.size += packed;
    else
        leat_buf_append(&b->file, block->bytes.data, block->bytes.size);
    leat_buf_putc(&b->file, packed > 0);
    LEAT_TRY(leat_buf_status(&b->file));
    b->block_size = b->file.size - 1 - b->block_offset;
    put32(&b->file, leat_crc32c_mask(leat_crc32c(b->file.data + b->block_offset, b->block_size + 1)));
    leat_buf_clear(&block->bytes);
    leat_buf_clear(&block->restarts);
    return leat_buf_status(&b->file);
}

static void put_handle(leat_buf *b, uint64_t offset, uint64_t size)
{
    leat_put_varint(b, offset);
    leat_put_varint(b, size);
}

/* Gives the finished data block its index entry: a short key >= its last one and < `next` (NULL: there is none),
 * as LevelDB shortens them. Changes b->block_key. */
static leat_status put_index_entry(leat_table_builder *b, const char *next, size_t next_size)
{
    uint8_t *key = (uint8_t *)b->block_key.data;
    size_t n = b->block_key.size, i = 0;
    if (next == NULL) {
        while (i < n && key[i] == 0xff)
            i++;
        if (i < n) {
            key[i]++;
            b->block_key.size = i + 1;
        }
    } else {
        size_t common = LEAT_MIN(n, next_size);
        while (i < common && key[i] == (uint8_t)next[i])
            i++;
        if (i < common && key[i] < 0xff && key[i] + 1 < (uint8_t)next[i]) {
            key[i]++;
            b->block_key.size = i + 1;
        }
    }
    leat_buf handle = {0};
    put_handle(&handle, b->block_offset, b->block_size);
    leat_status status = leat_buf_status(&handle);
    if (status == LEAT_OK)
        block_add(&b->index, "", 0, b->block_key.data, b->block_key.size, handle.data, handle.size);
    leat_buf_free(&handle);
    b->pending = false;
    return status;
}

static leat_status flush_block(leat_table_builder *b)
{
    LEAT_TRY(write_block(b, &b->data));
    leat_buf_clear(&b->block_key);
    leat_buf_append(&b->block_key, b->last_key.data, b->last_key.size);
    b->pending = true;
    return leat_buf_status(&b->block_key);
}

leat_status leat_table_builder_add(leat_table_builder *b, const void *key, size_t key_size, const void *value,
                                   size_t value_size)
{
    if (b->any && leat_table_compare(b->last_key.data, b->last_key.size, key, key_size) >= 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "table key '%.*s' does not follow '%.*s'",
                         (int)LEAT_MIN(key_size, 200), (const char *)key,
                         (int)LEAT_MIN(b->last_key.size, 200), b->last_key.data);
    if (key_size > UINT32_MAX || value_size > UINT32_MAX)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "a table's entry is larger than 4 GiB");
    if (b->pending)
        LEAT_TRY(put_index_entry(b, key, key_size));
    block_add(&b->data, b->last_key.data, b->last_key.size, key, key_size, value, value_size);
    leat_buf_clear(&b->last_key);
    leat_buf_append(&b->last_key, key, key_size);
    LEAT_TRY(leat_buf_status(&b->data.bytes));
    LEAT_TRY(leat_buf_status(&b->last_key));
    b->any = true;
    if (b->data.bytes.size + b->data.restarts.size + 4 >= b->limit)
        return flush_block(b);
    return LEAT_OK;
}

leat_status leat_table_builder_finish(leat_table_builder *b)
{
    if (b->data.bytes.size > 0)
        LEAT_TRY(flush_block(b));
    leat_table_block_builder meta = {.interval = LEAT_TABLE_RESTART_INTERVAL};
    uint64_t block_offset = b->block_offset, block_size = b->block_size;
    leat_status status = write_block(b, &meta);
    block_free(&meta);
    LEAT_TRY(status);
    uint64_t meta_offset = b->block_offset, meta_size = b->block_size;
    b->block_offset = block_offset;
    b->block_size = block_size;
    if (b->pending)
        LEAT_TRY(put_index_entry(b, NULL, 0));
    LEAT_TRY(write_block(b, &b->index));
    size_t footer = b->file.size;
    put_handle(&b->file, meta_offset, meta_size);
    put_handle(&b->file, b->block_offset, b->block_size);
    static const char zeros[40] = {0};
    leat_buf_append(&b->file, zeros, 40 - (b->file.size - footer));
    uint64_t magic = LEAT_TABLE_MAGIC;
    leat_buf_append(&b->file, &magic, sizeof magic);
    return leat_buf_status(&b->file);
}
