/* table-private.h - sorted string tables, as the index of a checkpoint is one: keys in ascending byte order,
 * each with a value.
 *
 * The file is a row of blocks and a footer of 48 bytes. A block is entries (bytes shared with the previous key,
 * further key bytes, value size: three varints; then the key's rest and the value), the offsets of the entries
 * whose key is stored whole ("restarts", u32), and their number. After each block stand a compression type
 * (0 none, 1 snappy) and the masked CRC32C of block and type. The index block maps a key >= the last of each data
 * block to that block's offset and size. Source: LevelDB's doc/table_format.md; TensorFlow's tables have the
 * same magic number and no filters.
 *
 * A table that leat_table_open accepts has its footer and index block verified; each data block is verified whole
 * (checksum, lengths, order of keys) before anything in it is used. Failures are LEAT_ERR_DATA_LOSS
 * "PATH:OFFSET: reason". A table serves one thread at a time. */
#ifndef LEAT_TABLE_PRIVATE_H
#define LEAT_TABLE_PRIVATE_H

#include "base/base-private.h"
#include "base/file-private.h"

enum {
    LEAT_TABLE_FOOTER = 48,         /* two block handles, padded to 40 bytes, and the magic number */
    LEAT_TABLE_TRAILER = 5,         /* compression type and checksum after each block */
    LEAT_TABLE_EXPANDED = 16 << 20, /* largest snappy block once expanded; TensorFlow's hold 256 KiB */
    LEAT_TABLE_BLOCK_SIZE =
        262144, /* a data block ends with the entry that reaches this, as TensorFlow's do */
    LEAT_TABLE_RESTART_INTERVAL = 16 /* keys from one whole key to the next */
};
#define LEAT_TABLE_MAGIC 0xdb4775248b80fb57u

/* ---- reading ---- */

typedef struct leat_table leat_table;

/* On success *out is owned by the caller, who calls leat_table_close (NULL is fine). */
leat_status leat_table_open(leat_table **out, const char *path) LEAT_MUST_CHECK;
void leat_table_close(leat_table *t);

/* A position in a table; starts as all zero; free with leat_table_cursor_free. Key and value are copies. */
typedef struct leat_table_cursor {
    bool valid; /* stands on an entry */
    leat_buf key, value;
    uint64_t offset;  /* of the entry in the file; of its block where that is compressed: for messages */
    size_t block, at; /* where the next entry is: the number of its block, the offset in it */
} leat_table_cursor;

/* To the first entry with a key >= the n bytes given; not valid where there is none. */
leat_status leat_table_seek(leat_table *t, leat_table_cursor *c, const char *key, size_t n) LEAT_MUST_CHECK;
/* To the next entry (of a valid cursor). */
leat_status leat_table_next(leat_table *t, leat_table_cursor *c) LEAT_MUST_CHECK;
void leat_table_cursor_free(leat_table_cursor *c);

/* Verifies what reading never looks at: the meta-index block. */
leat_status leat_table_verify_rest(leat_table *t) LEAT_MUST_CHECK;

/* The order of keys: by bytes, a prefix first. */
int leat_table_compare(const void *a, size_t a_size, const void *b, size_t b_size);

/* ---- writing ---- */

typedef struct leat_table_block_builder {
    leat_buf bytes, restarts;
    size_t since_restart; /* entries since the last whole key */
    size_t interval;
} leat_table_block_builder;

/* Builds a table in memory. Set up by leat_table_builder_init, freed by leat_table_builder_free. */
typedef struct leat_table_builder {
    leat_buf file; /* the finished table after leat_table_builder_finish */
    leat_table_block_builder data, index;
    leat_buf last_key,
        block_key; /* of the entry added last; of the last one in the block not yet in `index` */
    uint64_t block_offset, block_size;
    bool any, pending; /* entries were added; a block waits for its index entry */
    bool snappy;       /* may be set before the first entry: blocks that shrink by an eighth are compressed */
    size_t limit;      /* LEAT_TABLE_BLOCK_SIZE; may be set before the first entry */
} leat_table_builder;

void leat_table_builder_init(leat_table_builder *b);
/* Keys must come in ascending order, each once (LEAT_ERR_INVALID_ARGUMENT). */
leat_status leat_table_builder_add(leat_table_builder *b, const void *key, size_t key_size, const void *value,
                                   size_t value_size) LEAT_MUST_CHECK;
leat_status leat_table_builder_finish(leat_table_builder *b) LEAT_MUST_CHECK;
void leat_table_builder_free(leat_table_builder *b);

#endif
