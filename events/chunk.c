#include "config.h"
#include "chunk-private.h"
#include "record-private.h"

#define WINDOW ((size_t)1 << 20)
#define NOWHERE UINT64_MAX

/* The bytes of a file that are in memory: `have` of them from `start` on. */
struct window {
    leat_file *file;
    leat_buf *buf;
    uint64_t start;
    size_t have;
    uint64_t search_budget; /* bytes of data that a search may still check */
    leat_status status;     /* LEAT_ERR_NO_MEMORY ends the load, anything else the chunk */
};

/* The n bytes at `offset`, which must lie within the file as it was when opened; NULL where they cannot be had: the
 * file has become shorter, or w->status says why. Valid until the next call. */
static const uint8_t *need(struct window *w, uint64_t offset, size_t n)
{
    if (offset >= w->start && offset - w->start <= w->have && n <= w->have - (size_t)(offset - w->start))
        return (const uint8_t *)w->buf->data + (offset - w->start);
    size_t kept = 0;
    if (offset >= w->start && offset - w->start < w->have) {
        kept = w->have - (size_t)(offset - w->start);
        memmove(w->buf->data, w->buf->data + (offset - w->start), kept);
    }
    w->start = offset;
    w->have = kept;
    uint64_t left = w->file->size - offset;
    size_t wanted = (size_t)LEAT_MIN(left, (uint64_t)LEAT_MAX(n, WINDOW)), got;
    w->buf->size = 0;
    if (leat_buf_reserve(w->buf, LEAT_MAX(wanted, WINDOW)) == NULL) {
        w->status = leat_buf_status(w->buf);
        return NULL;
    }
    if (wanted > kept) {
        w->status = leat_file_read_some(w->file, offset + kept, w->buf->data + kept, wanted - kept, &got);
        w->have += got;
    }
    return w->status == LEAT_OK && n <= w->have ? (const uint8_t *)w->buf->data : NULL;
}

/* The first of n places at `at` with a valid header, of a length that a record may have; n if there is none.
 * Zeros are no header, and files may hold many: they are passed over in larger steps. */
static size_t find_header(const uint8_t *at, size_t n, uint64_t *length)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t claimed = leat_record_u64(at + i);
        if (claimed > LEAT_RECORD_LARGEST)
            continue;
        if (claimed == 0 && i + 5 < n && leat_record_u64(at + i + 8) == 0)
            i += 4; /* sixteen zeros: five places */
        else if (leat_record_header_valid(at + i, length))
            return i;
    }
    return n;
}

/* The first record at or behind `from` and before `bound`, or NOWHERE. *resume is the first place that later bytes
 * of a growing file could make a record.
 *
 * Checking the data of false headers costs time in proportion to the lengths they claim; a file made of such
 * headers would take forever. So the data is checked as long as the budget lasts, and then the header alone. */
static uint64_t search(struct window *w, uint64_t from, uint64_t bound, uint64_t *resume)
{
    uint64_t size = w->file->size;
    *resume = LEAT_MAX(from, size < LEAT_RECORD_HEADER ? 0 : size - LEAT_RECORD_HEADER + 1);
    for (uint64_t at = from; at < bound && size - at >= LEAT_RECORD_HEADER && at < size;) {
        const uint8_t *bytes = need(w, at, LEAT_RECORD_HEADER);
        if (bytes == NULL)
            return NOWHERE;
        size_t there = w->have - (size_t)(at - w->start) - LEAT_RECORD_HEADER + 1;
        there = (size_t)LEAT_MIN((uint64_t)there, bound - at);
        uint64_t length = 0;
        size_t i = find_header(bytes, there, &length);
        at += i;
        if (i == there)
            continue;
        if (size - at < LEAT_RECORD_OVERHEAD || length > size - at - LEAT_RECORD_OVERHEAD) {
            *resume = LEAT_MIN(*resume, at);
        } else if (w->search_budget < length) {
            return at;
        } else {
            w->search_budget -= length;
            bytes = need(w, at, (size_t)length + LEAT_RECORD_OVERHEAD);
            if (bytes == NULL)
                return NOWHERE;
            if (leat_record_data_valid(bytes + LEAT_RECORD_HEADER, (size_t)length))
                return at;
        }
        at++;
    }
    return NOWHERE;
}

/* Does a whole record follow within one that claims more bytes than there are? Then the rest of it will not come: its
 * writer found the disk full, and went on when it no longer was. */
static bool goes_on_behind(struct window *w, uint64_t offset)
{
    uint64_t unused;
    return search(w, offset + LEAT_RECORD_HEADER, w->file->size, &unused) != NOWHERE;
}

/* Is `offset` where a record begins, or the file ends? */
static bool plausible(struct window *w, uint64_t offset)
{
    uint64_t left = w->file->size - offset, length;
    if (left < LEAT_RECORD_HEADER)
        return left == 0;
    const uint8_t *bytes = need(w, offset, LEAT_RECORD_HEADER);
    return bytes != NULL && leat_record_header_valid(bytes, &length);
}

static leat_status lose_record(leat_chunk *c, uint64_t offset, const char *reason)
{
    c->headless |= offset == 0;
    return leat_chunk_damage(c, offset, reason);
}

/* One record at *offset, moving it on; sets c->truncated where it is not whole. *reason: what is wrong with it, and
 * *offset is then where the search for the next one begins. */
static leat_status read_record(leat_chunk *c, struct window *w, uint64_t *offset, const char **reason)
{
    uint64_t left = w->file->size - *offset, length;
    const uint8_t *bytes;
    if (left < LEAT_RECORD_HEADER || (bytes = need(w, *offset, LEAT_RECORD_HEADER)) == NULL) {
        c->truncated = true;
        return LEAT_OK;
    }
    bool valid = leat_record_header_valid(bytes, &length);
    if (!valid || length > LEAT_RECORD_LARGEST) {
        *reason = valid ? "record of more than 2 GiB"
                  : *offset == 0 && bytes[0] == 0x1f && bytes[1] == 0x8b
                      ? "compressed with gzip, not an event file"
                      : "length checksum mismatch";
        *offset += 1;
        return LEAT_OK;
    }
    bool whole = left >= LEAT_RECORD_OVERHEAD && length <= left - LEAT_RECORD_OVERHEAD;
    if (!whole && goes_on_behind(w, *offset)) {
        *reason = "record cut short";
        *offset += LEAT_RECORD_HEADER;
        return LEAT_OK;
    }
    if (!whole || (bytes = need(w, *offset, (size_t)length + LEAT_RECORD_OVERHEAD)) == NULL) {
        c->truncated = true;
        return LEAT_OK;
    }
    uint64_t next = *offset + length + LEAT_RECORD_OVERHEAD;
    if (leat_record_data_valid(bytes + LEAT_RECORD_HEADER, (size_t)length)) {
        LEAT_TRY(
            leat_chunk_event(c, bytes + LEAT_RECORD_HEADER, (size_t)length, *offset + LEAT_RECORD_HEADER));
        *offset = next;
    } else if (plausible(w, next)) {
        LEAT_TRY(lose_record(c, *offset, "data checksum mismatch"));
        *offset = next;
    } else {
        *reason = "data checksum mismatch";
        *offset += LEAT_RECORD_HEADER;
    }
    return LEAT_OK;
}

static leat_status read_records(leat_chunk *c, struct window *w)
{
    uint64_t offset = c->begin, resume;
    if (!c->at_record) {
        c->first = search(w, offset, c->lost ? w->file->size : c->limit, &resume);
        c->next = c->lost ? resume : NOWHERE;
        c->ends_lost = c->lost && c->first == NOWHERE;
        offset = c->first;
        if (offset == NOWHERE)
            return LEAT_OK;
    }
    c->first = offset;
    while (offset < c->limit && offset < w->file->size && !c->truncated && w->status == LEAT_OK) {
        const char *reason = NULL;
        uint64_t at = offset;
        LEAT_TRY(read_record(c, w, &offset, &reason));
        if (reason == NULL)
            continue;
        LEAT_TRY(lose_record(c, at, reason));
        offset = search(w, offset, w->file->size, &resume);
        c->ends_lost = offset == NOWHERE;
        if (c->ends_lost)
            offset = resume;
        if (c->ends_lost)
            break;
    }
    c->next = offset;
    return LEAT_OK;
}

/* Gives back what growing by doubling has left over: a log may have thousands of chunks. */
static void trim(void *array_pointer, size_t *capacity, size_t n, size_t size)
{
    void *array;
    memcpy(&array, array_pointer, sizeof array);
    if (array == NULL || *capacity - n < 1024)
        return;
    array = leat_realloc_array(array, n, size);
    if (array == NULL)
        return; /* the larger one is still there */
    memcpy(array_pointer, &array, sizeof array);
    *capacity = n;
}

static leat_status finish(leat_chunk *c)
{
    c->counts = leat_alloc_zero(c->n_series, sizeof *c->counts);
    if (c->counts == NULL)
        return leat_fail_memory(c->n_series * sizeof *c->counts);
    for (size_t i = 0; i < c->n_entries; i++)
        c->counts[c->entry_series[i]]++;
    leat_free(c->tags);
    c->tags = NULL;
    trim(&c->series, &c->series_capacity, c->n_series, sizeof *c->series);
    trim(&c->event_step, &c->events_capacity[0], c->n_events, sizeof *c->event_step);
    trim(&c->event_wall, &c->events_capacity[1], c->n_events, sizeof *c->event_wall);
    trim(&c->event_entries, &c->events_capacity[2], c->n_events, sizeof *c->event_entries);
    trim(&c->entry_series, &c->entries_capacity[0], c->n_entries, sizeof *c->entry_series);
    trim(&c->entry_value, &c->entries_capacity[1], c->n_entries, sizeof *c->entry_value);
    trim(&c->blobs, &c->blobs_capacity, c->n_blobs, sizeof *c->blobs);
    return LEAT_OK;
}

leat_status leat_chunk_read(leat_chunk *c, leat_file *file, leat_buf *window)
{
    struct window w = {
        .file = file, .buf = window, .search_budget = ((uint64_t)64 << 20) + 4 * (c->limit - c->begin)};
    c->previous_series = LEAT_NO_INDEX;
    LEAT_TRY(read_records(c, &w));
    if (w.status == LEAT_ERR_NO_MEMORY)
        return w.status;
    if (w.status != LEAT_OK) {
        leat_note(LEAT_LOG_WARNING, "%s", leat_message());
        LEAT_TRY(leat_chunk_damage(c, w.start + w.have, "read error"));
    }
    return finish(c);
}

leat_status leat_chunk_damage(leat_chunk *c, uint64_t offset, const char *reason)
{
    if (c->n_damage_found++ >= LEAT_DAMAGE_KEPT)
        return LEAT_OK;
    LEAT_TRY(leat_grow(&c->damage, &c->damage_capacity, c->n_damage + 1, sizeof *c->damage));
    c->damage[c->n_damage++] = (leat_damage){.offset = offset, .reason = reason, .file = c->file};
    return LEAT_OK;
}

void leat_chunk_free(leat_chunk *c)
{
    leat_arena_free(&c->text);
    leat_free(c->tags);
    leat_free(c->series);
    leat_free(c->counts);
    leat_free(c->run_series);
    leat_free(c->event_step);
    leat_free(c->event_wall);
    leat_free(c->event_entries);
    leat_free(c->entry_series);
    leat_free(c->entry_value);
    leat_free(c->blobs);
    leat_free(c->metadata);
    leat_buf_free(&c->last_metadata);
    leat_free(c->starts);
    leat_free(c->tagged);
    leat_free(c->damage);
    leat_free(c->cursors);
    leat_free(c->thresholds);
    *c = (leat_chunk){0};
}
