/* bundle-reader-private.h - what bundle-reader.c (the index) and bundle-data.c (the tensors' bytes) share. */
#ifndef LEAT_BUNDLE_READER_PRIVATE_H
#define LEAT_BUNDLE_READER_PRIVATE_H

#include "bundle-private.h"

typedef struct bundle_shard {
    leat_file file;
    enum { SHARD_NEW, SHARD_OPEN, SHARD_FAILED } state;
    leat_status status; /* of a failed one */
    char *error;
} bundle_shard;

/* Where the bytes of an entry are. */
typedef struct bundle_range {
    int64_t shard;
    uint64_t offset, size;
    bool overlaps;
} bundle_range;

struct leat_bundle {
    char *prefix;
    leat_table *table;
    int shards_count;
    bundle_shard *shards;
    bundle_range *overlaps; /* entries that share bytes, sorted; NULL where there are none */
    size_t overlaps_count;
};

/* The entry of one slice of e, checked against e. */
leat_status leat_bundle_find_slice(leat_bundle *b, const leat_bundle_entry *e,
                                   const leat_bundle_extent *extents, leat_table_cursor *at,
                                   leat_bundle_meta *m) LEAT_MUST_CHECK;

#endif
