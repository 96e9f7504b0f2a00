/* chunk-private.h - one part of one event file, parsed: what the threads of a load produce, and what is then merged
 * into the columns of the run.
 *
 * A chunk is a log in file order. Events with their number of entries stand in three columns, entries (one a
 * summary value) in two. No memory is allocated per event: columns double, texts go to an arena that the run takes
 * over. */
#ifndef LEAT_CHUNK_PRIVATE_H
#define LEAT_CHUNK_PRIVATE_H

#include "base/file-private.h"
#include "event-private.h"
#include "reader-private.h"

/* The form in which a value is written. A chunk's series is a tag in one form; which kind it is, only the run
 * knows, for the metadata may stand in an earlier chunk. */
typedef enum leat_value_form {
    LEAT_FORM_SIMPLE,        /* simple_value */
    LEAT_FORM_TENSOR_NUMBER, /* a tensor of one number */
    LEAT_FORM_TENSOR,        /* any other tensor */
    LEAT_FORM_HISTO,
    LEAT_FORM_IMAGE,
    LEAT_FORM_AUDIO,
    LEAT_FORM_NONE /* metadata alone */
} leat_value_form;

static inline bool leat_form_is_number(leat_value_form form)
{
    return form == LEAT_FORM_SIMPLE || form == LEAT_FORM_TENSOR_NUMBER;
}

#define LEAT_NO_INDEX UINT32_MAX

typedef struct leat_chunk_series {
    const char *tag;
    uint32_t tag_size;
    uint32_t following; /* a guess: the series that came after this one last time */
    uint32_t next_form; /* the same tag in another form, or LEAT_NO_INDEX */
    uint8_t form;
    bool has_metadata;
} leat_chunk_series;

typedef struct leat_chunk_metadata {
    uint32_t series;
    const leat_summary_metadata
        *metadata; /* in the chunk's texts; shared by tags that follow each other and say the same */
} leat_chunk_metadata;

typedef struct leat_chunk_start { /* a SessionLog START before entry `entry` */
    uint64_t entry;
    int64_t step;
    double wall_time;
} leat_chunk_start;

/* Points with that step or a later one are superseded, by which of the run's restarts. */
typedef struct leat_threshold {
    int64_t step; /* LEAT_NO_THRESHOLD: none are */
    uint32_t restart;
} leat_threshold;
#define LEAT_NO_THRESHOLD INT64_MAX

typedef struct leat_chunk {
    /* The task. */
    uint32_t run, file;
    uint64_t begin, limit; /* records that start in [begin, limit) */
    bool at_record; /* `begin` is known to be the start of a record, else the first one is searched for */
    bool lost;      /* damage before `begin` is reported already */

    /* Where it began and ended: the first record's offset and that of the first one at or behind `limit`, which the
     * next chunk of the file must agree with. UINT64_MAX: no record was found. */
    uint64_t first, next;
    bool truncated, ends_lost;
    bool headless; /* the file's first record, which states the version, is damaged */

    leat_arena text;
    uint32_t *tags; /* by hash: index of a tag's first series + 1; while the chunk is parsed */
    size_t n_tags, tags_capacity;
    leat_chunk_series *series;
    uint32_t *counts; /* by series: its entries, once all are there */
    size_t n_series, series_capacity;
    uint32_t previous_series;

    int64_t *event_step;
    double *event_wall;
    uint32_t *event_entries;
    size_t n_events, events_capacity[3];

    uint32_t *entry_series;
    double *entry_value; /* a number, or the index of its blob */
    size_t n_entries, entries_capacity[2];
    leat_log_blob *blobs;
    size_t n_blobs, blobs_capacity;

    leat_chunk_metadata *metadata;
    size_t n_metadata, metadata_capacity;
    leat_buf last_metadata; /* the message that the last of them was made from; while the chunk is parsed */
    leat_chunk_start *starts;
    size_t n_starts, starts_capacity;
    leat_tagged_metadata *tagged;
    size_t n_tagged, tagged_capacity;
    leat_damage *damage;
    size_t n_damage, damage_capacity;
    uint64_t n_damage_found;

    /* For the merge. A log may have a million tags: `series` goes when run_series takes its place, `counts` when the
     * columns are laid out, the rest as the columns fill. */
    uint32_t
        *run_series; /* by series: which of the run's it is; where there are cursors, which of them is its */
    uint64_t *cursors; /* where the next points go; NULL where chunks are scattered one after the other */
    /* Points with that step or a later one are dropped, before the chunk's first START, ... and behind its last. */
    leat_threshold *thresholds; /* n_starts + 1, or NULL where nothing is dropped */

    int32_t file_version; /* the first; 0: none seen */
    bool has_graph, has_meta_graph, has_graph_of_meta;
    leat_log_blob graph, meta_graph, graph_of_meta; /* the newest */
    uint64_t graph_events;
} leat_chunk;

/* Parses the chunk, using `window` for reading. Failing input is damage, lack of memory a failure. */
leat_status leat_chunk_read(leat_chunk *c, leat_file *file, leat_buf *window) LEAT_MUST_CHECK;
void leat_chunk_free(leat_chunk *c);

/* Parses one event of `size` bytes that stands at `offset` of the file. Damage is kept in the chunk; fails only for
 * lack of memory. */
leat_status leat_chunk_event(leat_chunk *c, const uint8_t *bytes, size_t size,
                             uint64_t offset) LEAT_MUST_CHECK;
leat_status leat_chunk_damage(leat_chunk *c, uint64_t offset, const char *reason) LEAT_MUST_CHECK;

#endif
