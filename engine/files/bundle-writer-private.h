/* bundle-writer-private.h - what bundle-index.c (the entries of a bundle under construction), bundle-commit.c (the
 * commit protocol), bundle-writer.c (data files) and bundle-merge.c share. */
#ifndef LEAT_BUNDLE_WRITER_PRIVATE_H
#define LEAT_BUNDLE_WRITER_PRIVATE_H

#include "bundle-private.h"
#include "commit-private.h"

#define LEAT_SAVE_INFIX                                                                                      \
    ".leat-save-" /* in the names of temporary files of checkpoints, and of nothing else */
enum { LEAT_DIR_LOCK_SECONDS = 60 };

/* ---- the index under construction; starts as all zero ---- */

typedef struct bundle_row {
    char *key; /* a name, or the key of a slice */
    size_t key_size;
    leat_buf value;  /* BundleEntryProto; of a sliced tensor without its slices */
    leat_buf slices; /* their fields of BundleEntryProto */
    bool sliced;
} bundle_row;

typedef struct bundle_index {
    bundle_row **rows;
    size_t count, capacity;
    leat_map by_key;
    leat_arena keys;
} bundle_index;

/* A new row: LEAT_ERR_ALREADY_EXISTS where there is one of that key. */
leat_status bundle_index_add(bundle_index *x, const char *key, size_t key_size,
                             bundle_row **row) LEAT_MUST_CHECK;
bundle_row *bundle_index_find(const bundle_index *x, const char *key, size_t key_size);
/* Appends a BundleEntryProto without slices; shard < 0: without place and CRC. */
void bundle_put_entry(leat_buf *b, int64_t dtype, int rank, const int64_t *dims, int64_t shard,
                      uint64_t offset, uint64_t size, uint32_t crc);
/* Appends the field of BundleEntryProto that holds a slice. */
void bundle_put_slice(leat_buf *b, int rank, const leat_bundle_extent *extents);
/* Makes the table. Sorts the rows. */
leat_status bundle_index_build(bundle_index *x, int shards, bool snappy,
                               leat_table_builder *out) LEAT_MUST_CHECK;
void bundle_index_free(bundle_index *x);

/* ---- the place of a checkpoint ---- */

typedef struct bundle_place {
    char *prefix, *dir;
    const char *base; /* of prefix */
    leat_file lock;   /* closed for staged ones */
    int shards;       /* data files of the new checkpoint, as their names will say */
} bundle_place;

/* Locks the directory, sweeps it, and chooses the number of data files (at least `shards`) so that none of them has
 * the name of one that is there. */
leat_status bundle_place_open(bundle_place *p, const char *prefix, int shards, bool staged) LEAT_MUST_CHECK;
void bundle_place_close(bundle_place *p);
char *bundle_data_path(const char *prefix, int shard, int shards); /* NULL when out of memory */
/* The number of this data file, and of how many, where `name` is one of the prefix whose last part is `base`. */
bool bundle_data_name(const char *name, const char *base, int *shard, int *shards);

/* The second half of a commit, after the data files have their names: index, verification, commit record, and the
 * removal of data files of other numbers. *committed: the commit record is in place, though it may not be durable
 * where the status is a failure. Until then the data files are nobody's, and the caller removes them. */
leat_status bundle_commit_index(bundle_place *p, bundle_index *x, bool snappy, bool staged,
                                bool *committed) LEAT_MUST_CHECK;
/* Opens a bundle whose index stands in a file of another name. */
leat_status bundle_open_index(leat_bundle **out, const char *prefix, const char *index_path) LEAT_MUST_CHECK;
/* Reads everything of a bundle and checks every CRC. */
leat_status bundle_verify(leat_bundle *b) LEAT_MUST_CHECK;

#endif
