/* fuzz-records.c - the framing of event files: lengths, checksums, how the reader finds back after damage. The input is a
 * program that writes records and spoils some; what must be read is what a reader in twenty lines, below, finds, however
 * the work is split. The first byte chooses the size of the parts. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "events/event-private.h"
#include "events/reader-private.h"
#include "events/record-private.h"

#define MOST_BYTES ((size_t)8 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define check(good_)                                                                                         \
    do {                                                                                                     \
        if (!(good_)) {                                                                                      \
            fprintf(stderr, "line %d: %s\n", __LINE__, #good_);                                              \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

/* ---- the program ---- */

typedef struct input {
    const uint8_t *at, *end;
    int64_t step; /* of the next event: it tells the records apart */
} input;

static unsigned take(input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

/* A record that holds a scalar "s", and `inside` in a field that nobody reads. */
static void put_scalar(input *in, leat_buf *file, const void *inside, size_t n)
{
    leat_buf value = {0}, summary = {0}, event = {0};
    leat_put_string(&value, LEAT_VALUE_TAG, "s");
    leat_put_float(&value, LEAT_VALUE_SIMPLE, 1);
    leat_put_bytes(&summary, 1, value.data, value.size);
    leat_put_event_head(&event, 1000, in->step++);
    leat_put_bytes(&event, LEAT_EVENT_SUMMARY, summary.data, summary.size);
    if (n > 0)
        leat_put_bytes(&event, 100, inside, n);
    char *to = leat_buf_reserve(file, event.size + LEAT_RECORD_OVERHEAD);
    check(to != NULL);
    memcpy(to + LEAT_RECORD_HEADER, event.data, event.size);
    file->size += leat_record_frame(to, event.size);
    leat_buf_free(&value);
    leat_buf_free(&summary);
    leat_buf_free(&event);
}

/* A record within a record, so that a search behind damage of the outer one meets the inner one. */
static void put_nested(input *in, leat_buf *file)
{
    leat_buf inner = {0};
    put_scalar(in, &inner, NULL, 0);
    put_scalar(in, file, inner.data, inner.size);
    leat_buf_free(&inner);
}

static void put_header(leat_buf *file, uint64_t length)
{
    uint32_t crc = leat_crc32c_mask(leat_crc32c(&length, 8));
    leat_buf_append(file, &length, 8);
    leat_buf_append(file, &crc, 4);
}

static void put_raw(input *in, leat_buf *file, size_t n)
{
    n = LEAT_MIN(n, (size_t)(in->end - in->at));
    leat_buf_append(file, in->at, n);
    in->at += n;
}

static void write_file(input *in, leat_buf *file)
{
    static const char zeros[256];
    while (in->at < in->end && file->size < MOST_BYTES) {
        size_t start = file->size;
        unsigned what = take(in), with = take(in);
        switch (what % 10) {
        case 0: put_scalar(in, file, zeros, with); break;
        case 1: put_nested(in, file); break;
        case 2: put_raw(in, file, with); break;
        case 3: leat_buf_append(file, zeros, with); break;
        case 4: put_header(file, (uint64_t)take(in) << with % 64); break; /* a length that may be too long */
        case 5: file->size -= LEAT_MIN(file->size, (size_t)with); break;
        default: /* a bit of the length, of its checksum, of the data or of theirs is wrong */
            put_nested(in, file);
            size_t n = file->size - start;
            static const size_t areas[4][2] = {{0, 8}, {8, 4}, {12, 0}, {0, 4}};
            size_t area = what % 10 - 6, first = area == 3 ? n - 4 : areas[area][0],
                   bytes = area == 2 ? n - LEAT_RECORD_OVERHEAD : areas[area][1];
            file->data[start + first + (with >> 3) % bytes] ^= (char)(1 << with % 8);
            break;
        }
    }
    leat_buf_append(file, "", 0);
    check(leat_buf_status(file) == LEAT_OK);
}

/* ---- what must be found ---- */

typedef struct found {
    uint64_t *records, *damage; /* their offsets */
    size_t n_records, n_damage;
    bool truncated;
} found;

static bool whole_header(const leat_buf *f, size_t at, uint64_t *length)
{
    return f->size - at >= LEAT_RECORD_HEADER && leat_record_header_valid(f->data + at, length);
}

static bool whole_record(const leat_buf *f, size_t at, uint64_t *length)
{
    return whole_header(f, at, length) && f->size - at >= LEAT_RECORD_OVERHEAD &&
           *length <= f->size - at - LEAT_RECORD_OVERHEAD;
}

static bool good_record(const leat_buf *f, size_t at)
{
    uint64_t length;
    return whole_record(f, at, &length) &&
           leat_record_data_valid(f->data + at + LEAT_RECORD_HEADER, (size_t)length);
}

static size_t next_good_record(const leat_buf *f, size_t at)
{
    while (at < f->size && !good_record(f, at))
        at++;
    return LEAT_MIN(at, f->size);
}

/* The plain rule: go on behind a record whose length can be believed; else at the next good record. A record that is longer
 * than what there is waits for the rest, unless a good one follows. */
static void read_plainly(const leat_buf *f, found *to)
{
    for (size_t at = 0, next; at < f->size; at = next) {
        uint64_t length = 0, other;
        bool possible = whole_header(f, at, &length) && length <= LEAT_RECORD_LARGEST;
        bool whole = possible && whole_record(f, at, &length);
        if (good_record(f, at) && possible) {
            to->records[to->n_records++] = at;
            next = at + (size_t)length + LEAT_RECORD_OVERHEAD;
            continue;
        }
        next = next_good_record(f, possible ? at + LEAT_RECORD_HEADER : at + 1);
        if (f->size - at < LEAT_RECORD_HEADER || (possible && !whole && next == f->size)) {
            to->truncated = true;
            return;
        }
        to->damage[to->n_damage++] = at;
        size_t end = at + (size_t)length + LEAT_RECORD_OVERHEAD;
        if (whole && (end == f->size || whole_header(f, end, &other)))
            next = end;
    }
}

/* ---- what is found ---- */

/* The event's step, of a good record that this program wrote or that raw bytes happen to be; false: no scalar "s". */
static bool step_of(const leat_buf *f, uint64_t at, int64_t *step)
{
    uint64_t length = leat_record_u64(f->data + at);
    leat_wire w = leat_wire_from(f->data + at + LEAT_RECORD_HEADER, (size_t)length, 0);
    leat_field field;
    bool summary = false;
    *step = 0;
    while (leat_wire_next(&w, &field)) {
        if (field.number == LEAT_EVENT_STEP && field.type == LEAT_WIRE_VARINT)
            *step = (int64_t)field.varint;
        summary |= field.number == LEAT_EVENT_SUMMARY;
    }
    return summary && leat_wire_status(&w) == LEAT_OK;
}

static void compare(const leat_logdir *log, const leat_buf *f, const found *want)
{
    const leat_log_run *run = leat_logdir_run(log, 0);
    const leat_series *s = leat_log_run_find(run, LEAT_SERIES_SCALAR, "s");
    size_t n = 0;
    for (size_t i = 0; i < want->n_records; i++) {
        int64_t step;
        if (step_of(f, want->records[i], &step)) {
            check(s != NULL && n < s->n && leat_series_steps(run, s)[n] == step);
            n++;
        }
    }
    check(n == (s != NULL ? s->n : 0));
    size_t framing = 0; /* a good record's content may be damaged, too: raw bytes with a right checksum */
    for (size_t i = 0; i < run->n_damage; i++)
        if (framing < want->n_damage && run->damage[i].offset == want->damage[framing])
            framing++;
    check(framing == want->n_damage && run->files[0].truncated == want->truncated);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (size < 1)
        return 0;
    if (fd < 0) {
        fd = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    input in = {bytes + 1, bytes + size, 0};
    leat_buf file = {0};
    write_file(&in, &file);
    found want = {calloc(file.size + 1, 8), calloc(file.size + 1, 8), 0, 0, false};
    check(want.records != NULL && want.damage != NULL);
    read_plainly(&file, &want);
    check(ftruncate(fd, 0) == 0 && pwrite(fd, file.data, file.size, 0) == (ssize_t)file.size);

    const uint64_t parts[] = {UINT64_C(1) << 40, 1 + bytes[0], 64 * (1 + (uint64_t)bytes[0])};
    for (size_t i = 0; i < LEAT_LEN(parts) && want.n_damage < LEAT_DAMAGE_KEPT; i++) {
        leat_logdir *log;
        leat_logdir_options o = {.restarts = LEAT_RESTARTS_KEPT, .threads = 1, .part_bytes = parts[i]};
        check(leat_logdir_open(&log, path, &o) == LEAT_OK && leat_logdir_runs(log) == 1);
        compare(log, &file, &want);
        leat_logdir_close(log);
    }
    leat_buf_free(&file);
    free(want.records);
    free(want.damage);
    return 0;
}
