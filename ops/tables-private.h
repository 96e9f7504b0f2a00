/* tables-private.h - lookup tables: what a session keeps under the name of a HashTable and the like.
 *
 * A table lies in a leat_var as its object; so the plan orders who reads and who changes it as it does for variables, and the
 * session frees it. A key is the bytes of its numbers, or of its string. */
#ifndef LEAT_TABLES_PRIVATE_H
#define LEAT_TABLES_PRIVATE_H

#include "ops/strings-private.h"

typedef enum leat_lookup_kind {
    LEAT_LOOKUP_FIXED,   /* filled once: HashTable */
    LEAT_LOOKUP_MUTABLE, /* MutableHashTable and its kin */
} leat_lookup_kind;

/* Entries keep the order in which they came, which is the order of an export (TensorFlow promises none). */
typedef struct leat_lookup_entry {
    struct leat_lookup_entry *next, *previous;
    leat_bytes key;     /* lies behind the values */
    max_align_t data[]; /* the value's elements, then the key */
} leat_lookup_entry;

typedef struct leat_lookup {
    leat_lookup_kind kind;
    bool filled; /* a fixed table has its entries */
    leat_dtype key_dtype, value_dtype;
    leat_shape key_shape, value_shape; /* of one */
    int64_t key_elements, value_elements;
    leat_bytes reserved[2]; /* keys that nobody may use: empty_key and deleted_key of MutableDenseHashTable */
    leat_map index;         /* key -> entry */
    leat_lookup_entry *first, *last;
} leat_lookup;

/* The table of a handle-making op: made at its first run, after `like`; checked against it later. */
leat_status leat_lookup_of_op(leat_kernel *k, const leat_lookup *like, leat_lookup **table) LEAT_MUST_CHECK;
/* The table that input 0 denotes. */
leat_status leat_lookup_in(const leat_kernel *k, leat_lookup **table) LEAT_MUST_CHECK;

/* Key number i of a tensor of keys, in its memory. */
leat_bytes leat_lookup_key(const leat_lookup *t, const leat_tensor *keys, int64_t i);
static inline leat_lookup_entry *leat_lookup_find(const leat_lookup *t, leat_bytes key)
{
    return leat_map_get(&t->index, key.data, key.size);
}
/* Gives the key a value (value_elements elements), new or over the old one. */
leat_status leat_lookup_set(leat_lookup *t, leat_bytes key, const void *value) LEAT_MUST_CHECK;
void leat_lookup_remove(leat_lookup *t, leat_bytes key); /* nothing where there is none */
void leat_lookup_clear(leat_lookup *t);

#endif
