/* checkpoint-private.h - checkpoints as a saver and the tool see them: the state file named "checkpoint", which of
 * them to keep, which is the latest, and what is in one. bundle-private.h is the level below.
 *
 * The state file is TensorFlow's CheckpointState in protobuf's text format: model_checkpoint_path (the latest),
 * all_model_checkpoint_paths with all_model_checkpoint_timestamps (the oldest first), last_preserved_timestamp.
 * Source: tensorflow/python/training/checkpoint_state.proto. */
#ifndef LEAT_CHECKPOINT_PRIVATE_H
#define LEAT_CHECKPOINT_PRIVATE_H

#include "engine/files/bundle-private.h"

#define LEAT_CHECKPOINT_STATE "checkpoint" /* the state file's name */

/* ---- the state file ---- */

typedef struct leat_checkpoint_item {
    char *name;  /* of the prefix, within the directory */
    double time; /* seconds since 1970; 0: unknown */
} leat_checkpoint_item;

/* Starts as all zero; freed by leat_checkpoint_state_free. */
typedef struct leat_checkpoint_state {
    char *latest; /* NULL: none */
    leat_checkpoint_item *items;
    size_t count, capacity;
    double preserved; /* when the last one was kept for good; 0: never */
} leat_checkpoint_state;

/* Reads DIR/FILE, which is mostly LEAT_CHECKPOINT_STATE: LEAT_ERR_NOT_FOUND where there is none, LEAT_ERR_DATA_LOSS with the offset where it is
 * damaged. Absolute paths to another place (TensorFlow's, of a run that was copied since) mean the checkpoints of the same
 * names in DIR, and leat_log says so: LEAT_ERR_INVALID_ARGUMENT where the latest is not there, or a relative path leads
 * out of DIR; older ones that are not there are left out. Unknown fields are passed over. */
leat_status leat_checkpoint_state_read(leat_checkpoint_state *s, const char *dir,
                                       const char *file) LEAT_MUST_CHECK;
/* Replaces DIR/checkpoint durably. Hold the directory's lock. */
leat_status leat_checkpoint_state_write(const leat_checkpoint_state *s, const char *dir) LEAT_MUST_CHECK;
void leat_checkpoint_state_free(leat_checkpoint_state *s);

/* The prefix of the latest checkpoint of a directory, as a new string: the one that the state file names. Where that
 * file is missing or damaged, or what it names is not whole, the newest checkpoint that verifies to the last byte,
 * and leat_log says what was passed over. LEAT_ERR_NOT_FOUND where there is none; LEAT_ERR_INVALID_ARGUMENT where
 * the state file names one outside of the directory: nobody guesses then. */
leat_status leat_checkpoint_latest(const char *dir, char **prefix)
    LEAT_PRIV(checkpoint_latest) LEAT_MUST_CHECK;

/* What a user means by PATH, as a new string: a prefix, the latest of a directory or of a state file, the checkpoint that an index
 * or a data file belongs to. */
leat_status leat_checkpoint_resolve(const char *path, char **prefix)
    LEAT_PRIV(checkpoint_resolve) LEAT_MUST_CHECK;

/* Is there a PREFIX.index? */
bool leat_checkpoint_exists(const char *prefix);

/* Does PATH, not a directory, mean a checkpoint to leat_checkpoint_resolve; or is it one that bundle_is_v1 knows? */
bool leat_checkpoint_is_one(const char *path) LEAT_PRIV(checkpoint_is_one);

/* ---- keeping the newest, as tf.train.Saver does ---- */

/* Starts with leat_checkpoint_keeper_init; freed by leat_checkpoint_keeper_free. */
typedef struct leat_checkpoint_keeper {
    leat_checkpoint_state state;
    size_t max_to_keep;  /* 0: all, and the state file names only the latest */
    double keep_seconds; /* one for good each so many seconds; 0 or infinite: none */
    double next_keep;    /* seconds since 1970: a checkpoint younger than this that goes is kept */
} leat_checkpoint_keeper;

void leat_checkpoint_keeper_init(leat_checkpoint_keeper *k, size_t max_to_keep, double keep_hours,
                                 double now);
/* Publishes a checkpoint that was just committed, under the directory's lock: takes over what other writers, now or earlier, have named
 * in the state file and is there still (one that is missing or damaged is no failure: nothing is taken over then), writes the state file durably, and only then deletes those that
 * are too many (index first, then data files and PREFIX.meta). What can't be deleted is logged, and no failure. */
leat_status leat_checkpoint_keeper_add(leat_checkpoint_keeper *k, const char *prefix,
                                       double now) LEAT_MUST_CHECK;
void leat_checkpoint_keeper_free(leat_checkpoint_keeper *k);

/* ---- listing ---- */

typedef struct leat_listing {
    bool json;   /* {"tensors": [{"name", "dtype", "shape", "sha256" or "error"}]}; reads everything */
    bool verify; /* check every checksum */
} leat_listing;

typedef struct leat_listing_count {
    size_t tensors, unreadable;
    int64_t elements;
    int shards;
} leat_listing_count;

/* Appends the list of tensors. A tensor that cannot be read is counted and listed with the reason; a damaged index is
 * a failure. sha256 is over the raw little-endian bytes; for strings over the length (u32, little-endian) and the
 * bytes of each. */
leat_status leat_checkpoint_list(const char *prefix, const leat_listing *how, leat_buf *out,
                                 leat_listing_count *count) LEAT_PRIV(checkpoint_list) LEAT_MUST_CHECK;

#endif
