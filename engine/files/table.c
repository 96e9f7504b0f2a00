#include "config.h"
#include "table-private.h"

#include <string.h>
#include <snappy-c.h>
#include "base/crc-private.h"

typedef struct table_block {
    uint64_t offset, size; /* in the file, without the trailer */
    char *last;            /* the index key: no key of this block is greater, all of the next are */
    size_t last_size;
    uint8_t *data;            /* NULL: not loaded */
    size_t entries, restarts; /* bytes of entries; number of restart offsets, which follow them */
    bool compressed;
} table_block;

struct leat_table {
    leat_file file;
    table_block *blocks;
    size_t count;
    uint64_t index_offset, meta_offset, meta_size;
    size_t loaded, budget, hand; /* bytes of loaded blocks, and how many may be; the next to be dropped */
    leat_arena keys;
};

/* One entry as it stands in a block; `end` is the offset after it. */
typedef struct entry_view {
    size_t shared, rest, value_size, end;
    const uint8_t *key_rest, *value;
} entry_view;

static const size_t cache_floor = (size_t)32 << 20;

static uint32_t load32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

int leat_table_compare(const void *a, size_t a_size, const void *b, size_t b_size)
{
    size_t common = LEAT_MIN(a_size, b_size);
    int order = common > 0 ? memcmp(a, b, common) : 0;
    if (order != 0)
        return order;
    return a_size < b_size ? -1 : a_size > b_size;
}

static leat_status damaged(const leat_table *t, uint64_t offset, const char *reason)
{
    return leat_fail(LEAT_ERR_DATA_LOSS, "%s:%llu: %s", t->file.path, (unsigned long long)offset, reason);
}

/* A damaged entry: in a compressed block there is no offset in the file but the block's. */
static leat_status damaged_at(const leat_table *t, const table_block *b, size_t at, const char *reason)
{
    if (!b->compressed)
        return damaged(t, b->offset + at, reason);
    return leat_fail(LEAT_ERR_DATA_LOSS, "%s:%llu: byte %zu of the expanded block: %s", t->file.path,
                     (unsigned long long)b->offset, at, reason);
}

/* A varint of at most `bits` bits. Returns the position after it, or NULL. */
static const uint8_t *get_varint(const uint8_t *at, const uint8_t *end, unsigned bits, uint64_t *value)
{
    uint64_t result = 0;
    for (unsigned shift = 0; at < end && shift < bits; shift += 7) {
        uint64_t byte = *at++;
        if (shift + 7 > bits && (byte & 0x7f) >> (bits - shift) != 0)
            return NULL;
        result |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = result;
            return at;
        }
    }
    return NULL;
}

static bool get_handle(const uint8_t **at, const uint8_t *end, uint64_t *offset, uint64_t *size)
{
    const uint8_t *next = get_varint(*at, end, 64, offset);
    if (next != NULL)
        next = get_varint(next, end, 64, size);
    if (next == NULL)
        return false;
    *at = next;
    return true;
}

/* Reads the entry at `at`; every length is checked against what is left, except `shared`, which only the
 * caller can check. */
static const char *read_entry(const table_block *b, size_t at, entry_view *e)
{
    const uint8_t *end = b->data + b->entries, *p = b->data + at;
    uint64_t shared, rest, value_size;
    if ((p = get_varint(p, end, 32, &shared)) == NULL || (p = get_varint(p, end, 32, &rest)) == NULL ||
        (p = get_varint(p, end, 32, &value_size)) == NULL)
        return "an entry's lengths are damaged or cut off";
    if (rest > (uint64_t)(end - p) || value_size > (uint64_t)(end - p) - rest)
        return "an entry reaches past the end of its block";
    e->shared = shared;
    e->rest = rest;
    e->value_size = value_size;
    e->key_rest = p;
    e->value = p + rest;
    e->end = (size_t)(e->value + value_size - b->data);
    return NULL;
}

/* Checks that the entry's key, put together from `key` (that of the entry before), follows it, and makes it. */
static const char *follow_key(leat_buf *key, const entry_view *e, bool first)
{
    if (e->shared > key->size)
        return "a key shares more bytes than the key before it has";
    if (!first && leat_table_compare(e->shared > 0 ? key->data + e->shared : key->data, key->size - e->shared,
                                     e->key_rest, e->rest) >= 0)
        return "keys are not in ascending order";
    key->size = e->shared;
    leat_buf_append(key, e->key_rest, e->rest);
    return NULL;
}

/* Walks every entry: lengths, the order of keys and the restart offsets, on which later look-ups rely. Keys must
 * lie after `after` (NULL: no bound) and not after b->last (NULL: no bound). */
static leat_status verify_block(const leat_table *t, const table_block *b, const table_block *after)
{
    const uint8_t *restarts = b->data + b->entries;
    const char *reason = NULL;
    size_t at = 0, restart = 0;
    leat_buf key = {0};
    while (at < b->entries && reason == NULL) {
        entry_view e;
        reason = read_entry(b, at, &e);
        bool whole = reason == NULL && restart < b->restarts && load32(restarts + 4 * restart) == at;
        if (whole)
            restart++;
        if (whole && e.shared != 0)
            reason = "the key at a restart is not stored whole";
        if (reason == NULL)
            reason = follow_key(&key, &e, at == 0);
        if (reason == NULL && at == 0 && after != NULL &&
            leat_table_compare(after->last, after->last_size, key.data, key.size) >= 0)
            reason = "keys are not in ascending order across blocks";
        if (reason == NULL)
            at = e.end;
    }
    if (reason == NULL && b->last != NULL &&
        leat_table_compare(key.data, key.size, b->last, b->last_size) > 0)
        reason = "a key is greater than the index says";
    /* An empty block may say that its restart is at 0. */
    if (reason == NULL && restart < b->restarts &&
        !(b->entries == 0 && b->restarts == 1 && load32(restarts) == 0))
        reason = "a restart offset is not that of an entry";
    if (reason == NULL && b->entries > 0 && load32(restarts) != 0)
        reason = "the first key is not a restart";
    leat_status status = leat_buf_status(&key);
    leat_buf_free(&key);
    LEAT_TRY(status);
    return reason == NULL ? LEAT_OK : damaged_at(t, b, at, reason);
}

static leat_status expand(const leat_table *t, table_block *b, const uint8_t *stored, size_t *expanded)
{
    size_t size;
    if (snappy_uncompressed_length((const char *)stored, b->size, &size) != SNAPPY_OK)
        return damaged(t, b->offset, "a snappy block without its length");
    /* Snappy's best copy makes 64 bytes of 3: more than that is a lie, told to make the reader allocate. */
    if (size > LEAT_TABLE_EXPANDED || size / 22 > b->size)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:%llu: a snappy block of %llu bytes claims to expand to %zu",
                         t->file.path, (unsigned long long)b->offset, (unsigned long long)b->size, size);
    uint8_t *data = leat_alloc(size);
    if (data == NULL)
        return leat_fail_memory(size);
    *expanded = size;
    if (snappy_uncompress((const char *)stored, b->size, (char *)data, expanded) != SNAPPY_OK ||
        *expanded != size) {
        leat_free(data);
        return damaged(t, b->offset, "a snappy block does not expand");
    }
    b->data = data;
    return LEAT_OK;
}

/* Splits a loaded block into entries and restarts. */
static leat_status split_block(const leat_table *t, table_block *b, size_t size)
{
    if (size < 4)
        return damaged(t, b->offset, "a block is too short for its number of restarts");
    b->restarts = load32(b->data + size - 4);
    if (b->restarts > (size - 4) / 4)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:%llu: a block of %zu bytes claims %zu restarts",
                         t->file.path, (unsigned long long)b->offset, size, b->restarts);
    b->entries = size - 4 - 4 * b->restarts;
    if (b->restarts == 0 && b->entries > 0)
        return damaged(t, b->offset, "a block with entries has no restart");
    return LEAT_OK;
}

/* Reads a block, checks its CRC and expands it; the entries are not looked at yet. The handle was checked. */
static leat_status read_block(leat_table *t, table_block *b, size_t *size)
{
    size_t n = b->size;
    uint8_t *stored = leat_alloc(n + LEAT_TABLE_TRAILER);
    if (stored == NULL)
        return leat_fail_memory(n + LEAT_TABLE_TRAILER);
    leat_status status = leat_file_read_at(&t->file, b->offset, stored, n + LEAT_TABLE_TRAILER);
    if (status == LEAT_OK && leat_crc32c_unmask(load32(stored + n + 1)) != leat_crc32c(stored, n + 1))
        status = damaged(t, b->offset, "a block's checksum does not match");
    b->compressed = status == LEAT_OK && stored[n] != 0;
    if (status == LEAT_OK && stored[n] > 1)
        status = leat_fail(LEAT_ERR_DATA_LOSS, "%s:%llu: unknown compression type %d", t->file.path,
                           (unsigned long long)b->offset, stored[n]);
    if (status == LEAT_OK && !b->compressed) {
        b->data = stored;
        *size = n;
    } else if (status == LEAT_OK) {
        status = expand(t, b, stored, size);
    }
    if (b->data != stored)
        leat_free(stored);
    return status;
}

static void drop_block(leat_table *t, table_block *b)
{
    if (b->data == NULL)
        return;
    t->loaded -= b->entries + 4 * b->restarts;
    leat_free(b->data);
    b->data = NULL;
}

/* Makes sure that data block `number` is in memory and verified; may drop others. */
static leat_status load_block(leat_table *t, size_t number)
{
    table_block *b = &t->blocks[number];
    if (b->data != NULL)
        return LEAT_OK;
    size_t size = 0;
    leat_status status = read_block(t, b, &size);
    if (status == LEAT_OK)
        status = split_block(t, b, size);
    if (status == LEAT_OK)
        status = verify_block(t, b, number > 0 ? b - 1 : NULL);
    if (status != LEAT_OK) {
        leat_free(b->data);
        b->data = NULL;
        return status;
    }
    t->loaded += b->entries + 4 * b->restarts;
    for (size_t i = 0; i < t->count && t->loaded > t->budget; i++) {
        t->hand = (t->hand + 1) % t->count;
        if (t->hand != number)
            drop_block(t, &t->blocks[t->hand]);
    }
    return LEAT_OK;
}

/* Does a block and its trailer lie within [from, end)? */
static bool handle_fits(uint64_t offset, uint64_t size, uint64_t from, uint64_t end)
{
    return offset >= from && offset <= end && size <= end - offset &&
           end - offset - size >= LEAT_TABLE_TRAILER;
}

/* Takes the handles of the data blocks out of the index block. */
static leat_status read_handles(leat_table *t, const table_block *index)
{
    leat_buf key = {0};
    size_t capacity = 0;
    uint64_t from = 0;
    leat_status status = LEAT_OK;
    entry_view e = {0};
    for (size_t at = 0; at < index->entries && status == LEAT_OK; at = e.end) {
        uint64_t offset, size;
        (void)read_entry(index, at, &e); /* verified before */
        const uint8_t *p = e.value, *end = e.value + e.value_size;
        key.size = e.shared;
        leat_buf_append(&key, e.key_rest, e.rest);
        if (!get_handle(&p, end, &offset, &size) || p != end)
            status = damaged_at(t, index, at, "a block handle is damaged");
        else if (!handle_fits(offset, size, from, t->index_offset))
            status = leat_fail(LEAT_ERR_DATA_LOSS,
                               "%s:%llu: a block handle names %llu bytes at %llu, outside the data blocks",
                               t->file.path, (unsigned long long)(index->offset + at),
                               (unsigned long long)size, (unsigned long long)offset);
        if (status == LEAT_OK)
            status = leat_grow(&t->blocks, &capacity, t->count + 1, sizeof *t->blocks);
        if (status == LEAT_OK)
            status = leat_buf_status(&key);
        if (status != LEAT_OK)
            break;
        table_block *b = &t->blocks[t->count++];
        *b = (table_block){.offset = offset, .size = size, .last_size = key.size};
        b->last = leat_arena_strndup(&t->keys, key.size > 0 ? key.data : "", key.size);
        if (b->last == NULL)
            status = leat_fail_memory(key.size);
        from = offset + size + LEAT_TABLE_TRAILER;
    }
    leat_buf_free(&key);
    return status;
}

static leat_status read_index(leat_table *t)
{
    uint8_t footer[LEAT_TABLE_FOOTER];
    if (t->file.size < sizeof footer)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:0: %llu bytes are too few for a table's footer of %d",
                         t->file.path, (unsigned long long)t->file.size, LEAT_TABLE_FOOTER);
    uint64_t footer_offset = t->file.size - sizeof footer, magic;
    LEAT_TRY(leat_file_read_at(&t->file, footer_offset, footer, sizeof footer));
    memcpy(&magic, footer + 40, sizeof magic);
    if (magic != LEAT_TABLE_MAGIC)
        return damaged(t, footer_offset + 40, "bad magic number: not a checkpoint's index");
    const uint8_t *at = footer;
    table_block index = {0};
    if (!get_handle(&at, footer + 40, &t->meta_offset, &t->meta_size) ||
        !get_handle(&at, footer + 40, &index.offset, &index.size))
        return damaged(t, footer_offset, "the footer's block handles are damaged");
    if (!handle_fits(t->meta_offset, t->meta_size, 0, footer_offset) ||
        !handle_fits(index.offset, index.size, 0, footer_offset))
        return damaged(t, footer_offset, "the footer names a block past the end of the file");
    t->index_offset = index.offset;
    size_t size = 0;
    leat_status status = read_block(t, &index, &size);
    if (status == LEAT_OK)
        status = split_block(t, &index, size);
    if (status == LEAT_OK)
        status = verify_block(t, &index, NULL);
    if (status == LEAT_OK)
        status = read_handles(t, &index);
    leat_free(index.data);
    return status;
}

leat_status leat_table_open(leat_table **out, const char *path)
{
    leat_table *t = leat_alloc_zero(1, sizeof *t);
    if (t == NULL)
        return leat_fail_memory(sizeof *t);
    t->file = (leat_file)LEAT_FILE_CLOSED;
    leat_status status = leat_file_open(&t->file, path);
    if (status == LEAT_OK) {
        t->budget = LEAT_MAX(cache_floor, t->file.size);
        status = read_index(t);
    }
    if (status != LEAT_OK) {
        leat_table_close(t);
        return status;
    }
    *out = t;
    return LEAT_OK;
}

void leat_table_close(leat_table *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->count; i++)
        leat_free(t->blocks[i].data);
    leat_free(t->blocks);
    leat_arena_free(&t->keys);
    if (t->file.fd >= 0)
        (void)leat_file_close(&t->file);
    leat_free(t);
}

/* Moves the cursor onto the entry at c->at of its block, whose predecessor's key is in c->key. */
static leat_status take_entry(leat_table *t, leat_table_cursor *c)
{
    const table_block *b = &t->blocks[c->block];
    entry_view e = {0};
    (void)read_entry(b, c->at, &e); /* verified when the block was loaded */
    c->offset = b->offset + (b->compressed ? 0 : c->at);
    c->key.size = e.shared;
    leat_buf_append(&c->key, e.key_rest, e.rest);
    leat_buf_clear(&c->value);
    leat_buf_append(&c->value, e.value, e.value_size);
    c->at = e.end;
    c->valid = true;
    LEAT_TRY(leat_buf_status(&c->key));
    return leat_buf_status(&c->value);
}

leat_status leat_table_next(leat_table *t, leat_table_cursor *c)
{
    c->valid = false;
    while (c->block < t->count) {
        LEAT_TRY(load_block(t, c->block));
        if (c->at < t->blocks[c->block].entries)
            return take_entry(t, c);
        c->block++;
        c->at = 0;
        leat_buf_clear(&c->key);
    }
    return LEAT_OK;
}

/* The last restart of a block whose key is < the key given, or the first. */
static size_t find_restart(const table_block *b, const char *key, size_t n)
{
    size_t low = 0, high = b->restarts - 1; /* called with entries, so there is a restart */
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        entry_view e = {0};
        (void)read_entry(b, load32(b->data + b->entries + 4 * middle), &e);
        if (leat_table_compare(e.key_rest, e.rest, key, n) < 0)
            low = middle;
        else
            high = middle - 1;
    }
    return load32(b->data + b->entries + 4 * low);
}

/* Names are mostly asked for in their order: is the first key >= the one sought where the cursor stands, or shortly after? */
static leat_status seek_near(leat_table *t, leat_table_cursor *c, const char *key, size_t n, bool *done)
{
    enum { NEAR = 8 };
    int order = c->valid ? leat_table_compare(c->key.data, c->key.size, key, n) : 1;
    *done = order == 0;
    for (int step = 0; order < 0 && step < NEAR; step++) {
        LEAT_TRY(leat_table_next(t, c));
        order = c->valid ? leat_table_compare(c->key.data, c->key.size, key, n) : 1;
        *done = order >= 0;
    }
    return LEAT_OK;
}

leat_status leat_table_seek(leat_table *t, leat_table_cursor *c, const char *key, size_t n)
{
    size_t low = 0, high = t->count;
    bool done;
    LEAT_TRY(seek_near(t, c, key, n, &done));
    if (done)
        return LEAT_OK;
    while (low < high) { /* the first block whose last key is >= key */
        size_t middle = low + (high - low) / 2;
        if (leat_table_compare(t->blocks[middle].last, t->blocks[middle].last_size, key, n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    c->valid = false;
    c->block = low;
    c->at = 0;
    leat_buf_clear(&c->key);
    if (low == t->count)
        return LEAT_OK;
    LEAT_TRY(load_block(t, low));
    if (t->blocks[low].entries > 0)
        c->at = find_restart(&t->blocks[low], key, n);
    do
        LEAT_TRY(leat_table_next(t, c));
    while (c->valid && leat_table_compare(c->key.data, c->key.size, key, n) < 0);
    return LEAT_OK;
}

void leat_table_cursor_free(leat_table_cursor *c)
{
    leat_buf_free(&c->key);
    leat_buf_free(&c->value);
    *c = (leat_table_cursor){0};
}

leat_status leat_table_verify_rest(leat_table *t)
{
    table_block meta = {.offset = t->meta_offset, .size = t->meta_size};
    size_t size = 0;
    leat_status status = read_block(t, &meta, &size);
    if (status == LEAT_OK)
        status = split_block(t, &meta, size);
    if (status == LEAT_OK)
        status = verify_block(t, &meta, NULL);
    leat_free(meta.data);
    return status;
}
