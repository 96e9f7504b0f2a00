/* bundle-private.h - TensorFlow's V2 checkpoints ("tensor bundles"), read and written.
 *
 * PREFIX.index is a sorted string table (table-private.h). Its empty key holds a BundleHeaderProto; each other key
 * is a tensor's name, its value a BundleEntryProto: dtype, shape, the number of the data file ("shard"), offset,
 * size and masked CRC32C of its bytes. PREFIX.data-SSSSS-of-NNNNN hold the bytes: numbers raw, little-endian, in C
 * order; strings as their lengths (varints), the masked CRC of the lengths, and all their bytes. A tensor saved in
 * slices has an entry with dtype, full shape and the list of slices, and each slice has one of its own under an
 * encoded key (bundle-key.c). Source: TensorFlow's tensorflow/core/util/tensor_bundle and tensor_bundle.proto.
 *
 * All of an index is verified when it is opened; a damaged index is not used at all. What is wrong with one tensor
 * (its entry, its data) is told when that tensor is asked for, and costs only that tensor. */
#ifndef LEAT_BUNDLE_PRIVATE_H
#define LEAT_BUNDLE_PRIVATE_H

#include "base/file-private.h"
#include "engine/files/data-type-private.h"
#include "engine/files/table-private.h"

enum {
    LEAT_BUNDLE_RANK = 254,      /* TensorFlow's largest */
    LEAT_BUNDLE_SHARDS = 100000, /* the names of data files have five digits */
    LEAT_BUNDLE_SLICES = 8192    /* of one tensor */
};

/* A part of a dimension. length -1 is all of it (then start is 0). */
typedef struct leat_bundle_extent {
    int64_t start, length;
} leat_bundle_extent;

/* ---- entries ---- */

/* A BundleEntryProto taken apart. */
typedef struct leat_bundle_meta {
    int64_t dtype;
    int rank;
    int64_t dims[LEAT_BUNDLE_RANK];
    int64_t shard, offset, size;
    uint32_t crc; /* masked, as stored */
    size_t slices;
} leat_bundle_meta;

/* What is wrong with the message (static text), or NULL. */
const char *leat_bundle_meta_parse(leat_bundle_meta *m, const void *bytes, size_t size, uint64_t offset);

/* Walks over the slices of an entry; a slice has as many extents as the tensor dimensions, checked to lie in it.
 * *cursor starts at 0; false after the last, or with *reason set. */
bool leat_bundle_meta_slice(const leat_bundle_meta *m, const leat_buf *bytes, size_t *cursor,
                            leat_bundle_extent extents[LEAT_BUNDLE_RANK], const char **reason);

/* Appends the key of a slice of the tensor of that name. */
void leat_bundle_slice_key(leat_buf *b, const char *name, size_t name_size, int rank,
                           const leat_bundle_extent *extents);

/* What a saver's graph says of a tensor: "10 4 0,6:-" is a slice of the first 6 rows of a tensor of shape [10,4]. */
typedef struct leat_bundle_spec {
    int rank; /* -1: nothing is said, the whole tensor is meant */
    int64_t dims[LEAT_BUNDLE_RANK];
    leat_bundle_extent extents[LEAT_BUNDLE_RANK];
} leat_bundle_spec;

/* LEAT_ERR_INVALID_ARGUMENT where the text is none, or its slice does not lie in its shape. */
leat_status leat_bundle_spec_parse(leat_bundle_spec *s, const char *text, size_t size) LEAT_MUST_CHECK;

/* ---- reading ---- */

typedef struct leat_bundle leat_bundle;

/* A tensor of a bundle, and a position among all of them; starts as all zero, freed by leat_bundle_entry_free. */
typedef struct leat_bundle_entry {
    bool valid;       /* stands on a tensor */
    const char *name; /* NUL-terminated; valid until the entry moves or is freed */
    size_t name_size;
    leat_status status; /* not LEAT_OK: this tensor cannot be read, for what `error` says */
    leat_buf error;
    bool described; /* the fields below hold, even where status is not LEAT_OK */
    const leat_data_type *type;
    int64_t elements;
    leat_bundle_meta meta; /* dtype, rank, dims, number of slices (0: stored whole) */
    leat_table_cursor at;
} leat_bundle_entry;

/* Opens PREFIX.index and verifies it. Data files are opened when a tensor needs them. On success *out is the
 * caller's, to be closed. LEAT_ERR_UNIMPLEMENTED where PREFIX is of TensorFlow's V1 format. A bundle serves one thread at a time, except as leat_bundle_read says. */
leat_status leat_bundle_open(leat_bundle **out, const char *prefix) LEAT_MUST_CHECK;
void leat_bundle_close(leat_bundle *b); /* NULL is fine */
/* Is this file a checkpoint of the V1 format: a table too, which holds the tensors' values itself? */
bool bundle_is_v1(const char *path);
int leat_bundle_shards(const leat_bundle *b);

/* The tensor of that name: LEAT_ERR_NOT_FOUND where there is none; e->status where it is damaged. */
leat_status leat_bundle_find(leat_bundle *b, const char *name, size_t name_size,
                             leat_bundle_entry *e) LEAT_MUST_CHECK;
/* The first tensor, the next one; in the order of their names' bytes. Not e->valid: that was the last. A damaged
 * tensor is no failure here: look at e->status. */
leat_status leat_bundle_first(leat_bundle *b, leat_bundle_entry *e) LEAT_MUST_CHECK;
leat_status leat_bundle_next(leat_bundle *b, leat_bundle_entry *e) LEAT_MUST_CHECK;
void leat_bundle_entry_free(leat_bundle_entry *e);

/* Reads a tensor, or a part of it (`region`: an extent for each dimension), and checks its CRC. `size` is that of
 * the buffer and must be right; what the buffer holds after a failure is undefined. Several threads may read
 * entries stored whole (meta.slices == 0) at once. LEAT_ERR_DATA_LOSS names file, offset and tensor. */
leat_status leat_bundle_read(leat_bundle *b, const leat_bundle_entry *e, const leat_bundle_extent *region,
                             void *to, size_t size) LEAT_MUST_CHECK;
/* The same for many tensors of numbers that are stored whole, on threads of its own where that pays. Of several failures that of
 * the first item is told. An item is a fraction of its entry, which is not needed any more. */
typedef struct leat_bundle_item {
    const char *name; /* for messages */
    void *to;         /* `size` bytes, which are elements times dtype */
    size_t size;
    uint64_t offset;
    int shard;
    uint32_t crc;
} leat_bundle_item;
/* Of a good entry; the name is borrowed. */
leat_bundle_item leat_bundle_item_of(const leat_bundle_entry *e, const char *name, void *to);
leat_status leat_bundle_read_all(leat_bundle *b, const leat_bundle_item *items, size_t count) LEAT_MUST_CHECK;
/* As leat_bundle_read, for strings: `count` of them, whose bytes live in the arena. */
leat_status leat_bundle_read_strings(leat_bundle *b, const leat_bundle_entry *e,
                                     const leat_bundle_extent *region, leat_bytes *to, int64_t count,
                                     leat_arena *arena) LEAT_MUST_CHECK;
/* Reads a tensor of any type in pieces and checks every CRC; use (may be NULL) gets the bytes of a tensor of
 * numbers in C order, piece by piece. A tensor in slices is held whole for that, strings are not handed on. */
leat_status leat_bundle_scan(leat_bundle *b, const leat_bundle_entry *e,
                             void (*use)(void *user, const void *bytes, size_t n),
                             void *user) LEAT_MUST_CHECK;
/* The checksums of all tensors of plain bytes, read on several threads in the order of the files. Asked for tensor by tensor
 * afterwards, in the order of leat_bundle_first and _next: leat_bundle_check_tell says what leat_bundle_scan would, and scans what
 * was not read here (strings, tensors in slices) or was not good. Freed by leat_bundle_check_free, after LEAT_OK only. */
typedef struct leat_bundle_checked {
    bool good, unchecked;
    leat_status status; /* of `error`: the bytes could not be read */
    char *error;
} leat_bundle_checked;
typedef struct leat_bundle_check {
    leat_bundle_checked *tensors;
    size_t count, good;
} leat_bundle_check;
leat_status leat_bundle_check_all(leat_bundle *b, leat_bundle_check *check) LEAT_MUST_CHECK;
leat_status leat_bundle_check_tell(leat_bundle *b, const leat_bundle_check *check, size_t i,
                                   const leat_bundle_entry *e) LEAT_MUST_CHECK;
void leat_bundle_check_free(leat_bundle_check *check);
/* Verifies what reading the tensors never looks at. */
leat_status leat_bundle_verify_rest(leat_bundle *b) LEAT_MUST_CHECK;

/* A tensor that somebody expects to find; a dimension of -1 is any, rank -1 any shape. */
typedef struct leat_bundle_want {
    const char *name;
    int dtype;
    int rank;
    const int64_t *dims;
} leat_bundle_want;

/* Are they all there, of that dtype and shape? If not, LEAT_ERR_NOT_FOUND (LEAT_ERR_INVALID_ARGUMENT where all are
 * there and some differ), and the message lists every one. `found` (may be NULL) gets want i's entry, if that fits; a failure of
 * its is told with the others. */
typedef leat_status leat_bundle_found(void *user, size_t i, const leat_bundle_entry *e);
leat_status leat_bundle_match(leat_bundle *b, const leat_bundle_want *wants, size_t count,
                              leat_bundle_found *found, void *user) LEAT_MUST_CHECK;

/* Appends "[2,3]" for a shape. */
void leat_bundle_put_shape(leat_buf *b, int rank, const int64_t *dims);

/* ---- writing ---- */

/* A checkpoint is committed so that a crash at any point leaves the old one or the new one, whole: data files under
 * temporary names, fsync, rename, fsync of the directory; then the index the same way, whose rename is the commit.
 * Before that rename all is read again and its CRCs are checked. Where PREFIX is saved over, the new data files get
 * another "-of-NNNNN" than those of the committed index, so that they touch none of its files; the old ones are
 * deleted last. Writers of a directory exclude each other by its lock. */
typedef struct leat_bundle_writer leat_bundle_writer;

typedef struct leat_bundle_options {
    int shards;  /* data files, 0 is 1; a prefix that is saved over may get one more, which is empty */
    bool staged; /* for leat_bundle_merge: no lock, nothing read again, what is there is replaced */
    bool snappy; /* compress the index, as TensorFlow did before 1.3 */
} leat_bundle_options;

/* A tensor, or a slice of one, to be written. Nothing of it is used after the call. */
typedef struct leat_bundle_tensor {
    const char *name;
    int dtype;
    int rank;
    const int64_t *dims;             /* of the whole tensor */
    const leat_bundle_extent *slice; /* an extent for each dimension; NULL: the whole tensor */
    const void *data;                /* numbers: raw, little-endian, C order */
    const leat_bytes *strings;       /* of dtype string */
    int shard;                       /* the data file that gets it */
} leat_bundle_tensor;

/* LEAT_ERR_INVALID_ARGUMENT where the prefix ends in no name of a file: nothing, "." or "..". */
leat_status leat_bundle_check_prefix(const char *prefix) LEAT_MUST_CHECK;
/* Begins a checkpoint (options NULL: defaults) and sweeps temporary files that a crash left in its directory. The
 * caller ends it with leat_bundle_writer_commit or _abandon. */
leat_status leat_bundle_writer_open(leat_bundle_writer **out, const char *prefix,
                                    const leat_bundle_options *options) LEAT_MUST_CHECK;
/* Writes a tensor's bytes: LEAT_ERR_ALREADY_EXISTS for a second one of that name. A failure of one call is that of
 * the commit, too. */
leat_status leat_bundle_writer_add(leat_bundle_writer *w, const leat_bundle_tensor *t) LEAT_MUST_CHECK;
/* Makes the checkpoint durable; only after LEAT_OK it is there. Frees w in any case. */
leat_status leat_bundle_writer_commit(leat_bundle_writer *w) LEAT_MUST_CHECK;
/* Removes what was written and frees w (NULL is fine). */
void leat_bundle_writer_abandon(leat_bundle_writer *w);

/* Makes one checkpoint of staged ones, as MergeV2Checkpoints does: their data files are renamed, not copied, and
 * their indices are removed, with their directories where `remove_dirs` and those are empty then. Slices of one
 * tensor may be spread over the parts; other names must differ. */
leat_status leat_bundle_merge(const char *const *prefixes, size_t count, const char *to,
                              bool remove_dirs) LEAT_MUST_CHECK;

#endif
