/* table-craft.h - sorted tables with one thing wrong and every checksum right: for tests of bad input. */
#ifndef LEAT_TABLE_CRAFT_H
#define LEAT_TABLE_CRAFT_H

#include "base/base-private.h"

/* A number that is to stand where another one belongs. */
typedef struct craft_number {
    bool set;
    uint64_t value;
} craft_number;
#define SET(value_)                                                                                          \
    {                                                                                                        \
        true, (value_)                                                                                       \
    }

typedef struct craft_entry {
    char *key, *value; /* malloc'd */
    size_t key_size, value_size;
} craft_entry;

/* What is to be wrong; all zero: nothing. The table has one data block. */
typedef struct craft {
    const char *at;                      /* the key of the entry that the next three are about */
    craft_number shared, rest, value;    /* its three lengths */
    craft_number restarts, restart;      /* their number in the data block; the last of them */
    craft_number data_offset, data_size; /* the data block's handle, in the index block */
    craft_number meta_offset, meta_size; /* handles in the footer */
    craft_number index_offset, index_size;
    craft_number magic;
    craft_number type;                        /* compression type of the data block */
    craft_number expanded;                    /* what a snappy block says it expands to */
    const char *index_key;                    /* instead of the data block's last key */
    bool snappy;                              /* compress the data block */
    bool break_data, break_index, break_meta; /* the checksum of that block */
    bool break_snappy;                        /* cut the compressed bytes, under a right checksum */
} craft;

void craft_table(const craft_entry *entries, size_t count, const craft *how, leat_buf *out);

#endif
