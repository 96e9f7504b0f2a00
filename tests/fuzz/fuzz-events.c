/* fuzz-events.c - any bytes as an event file: points and damage, the same however the work is split, and outputs that
 * are well-formed. The first byte chooses the rule for restarts, the second the size of the parts. Mutations change
 * single records; they get right checksums three times out of four. */
#include "config.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "events/decode-private.h"
#include "events/export-private.h"
#include "events/reader-private.h"
#include "events/record-private.h"

#define OPTIONS ((size_t)2)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);

#define check(good_)                                                                                         \
    do {                                                                                                     \
        if (!(good_)) {                                                                                      \
            fprintf(stderr, "line %d: %s\n", __LINE__, #good_);                                              \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

/* ---- mutation ---- */

/* Gives every record, as far as the lengths lead, right checksums; a length beyond the end ends at the end. */
static void repair(uint8_t *at, size_t left)
{
    while (left >= LEAT_RECORD_OVERHEAD) {
        uint64_t size = LEAT_MIN(leat_record_u64(at), (uint64_t)(left - LEAT_RECORD_OVERHEAD));
        size_t whole = leat_record_frame((char *)at, (size_t)size);
        at += whole;
        left -= whole;
    }
}

/* Mutates the data of the nth record that is whole, moving what follows. Returns the new size, 0 if there is none. */
static size_t mutate_record(uint8_t *bytes, size_t size, size_t most, unsigned nth)
{
    for (size_t at = 0; size - at >= LEAT_RECORD_OVERHEAD; nth--) {
        uint64_t length = leat_record_u64(bytes + at);
        if (length > size - at - LEAT_RECORD_OVERHEAD)
            return 0;
        size_t n = (size_t)length, end = at + n + LEAT_RECORD_OVERHEAD;
        if (nth > 0 && size - end >= LEAT_RECORD_OVERHEAD) {
            at = end;
            continue;
        }
        size_t room = LEAT_MIN(most - size + n, n + 64), tail = size - end;
        uint8_t *copy = malloc(room + LEAT_RECORD_OVERHEAD + 1);
        check(copy != NULL);
        memcpy(copy + LEAT_RECORD_HEADER, bytes + at + LEAT_RECORD_HEADER, n);
        size_t changed = room > 0 ? LLVMFuzzerMutate(copy + LEAT_RECORD_HEADER, n, room) : 0;
        size_t whole = leat_record_frame((char *)copy, changed);
        memmove(bytes + at + whole, bytes + end, tail);
        memcpy(bytes + at, copy, whole);
        free(copy);
        return at + whole + tail;
    }
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
    size_t changed = 0;
    if (seed % 4 != 0 && size > OPTIONS)
        changed = mutate_record(bytes + OPTIONS, size - OPTIONS, most - OPTIONS, seed / 4 % 16);
    if (changed > 0)
        return changed + OPTIONS;
    size = LLVMFuzzerMutate(bytes, size, most);
    if (seed % 16 != 0 && size > OPTIONS)
        repair(bytes + OPTIONS, size - OPTIONS);
    return size;
}

/* ---- what must hold ---- */

static leat_status append(void *user, const void *bytes, size_t n)
{
    leat_buf_append(user, bytes, n);
    return leat_buf_status(user);
}

static void decode_blob(const leat_buf *b)
{
    leat_histogram_value h;
    leat_media_list list;
    leat_tensor_head head;
    double *values;
    if (leat_decode_histogram(b->data, b->size, &h) == LEAT_OK)
        leat_free(h.buckets);
    if (leat_decode_images(b->data, b->size, &list) == LEAT_OK)
        leat_free(list.items);
    if (leat_decode_audio(b->data, b->size, &list) == LEAT_OK)
        leat_free(list.items);
    if (leat_decode_texts(b->data, b->size, &list, &head) == LEAT_OK)
        leat_free(list.items);
    if (leat_decode_tensor(b->data, b->size, &head, &values) == LEAT_OK)
        leat_free(values);
}

static void check_run(const leat_log_run *run)
{
    leat_buf b = {0};
    leat_hparams h;
    uint64_t nodes, points = 0;
    for (size_t i = 0; i < run->n_series; i++) {
        const leat_series *s = &run->series[i];
        points += s->n;
        check(s->first + s->n <= (s->has_numbers ? run->n_numbers : run->n_points));
        check(strlen(s->tag) <= s->tag_size && (s->kind != LEAT_SERIES_SCALAR || s->has_numbers));
        for (uint64_t k = 0; k < s->n; k++) {
            check(isfinite(leat_series_wall_times(run, s)[k]));
            if (s->has_numbers)
                continue;
            leat_buf_clear(&b);
            check(leat_log_run_read(run, &leat_series_blobs(run, s)[k], &b) == LEAT_OK);
            decode_blob(&b);
        }
    }
    check(points <= run->n_points);
    (void)!leat_log_run_graph_nodes(run, &b, &nodes);
    if (leat_log_run_hparams(run, &h) == LEAT_OK)
        leat_hparams_free(&h);
    leat_buf_free(&b);
}

/* It is JSON. Jansson takes no NUL in a name: U+FDD0, which is no character, stands for it. */
static void check_json(leat_buf *b, size_t flags)
{
    for (char *at = b->data, *end = b->data + b->size; at + 5 < end; at += *at == '\\' ? 2 : 1)
        if (memcmp(at, "\\u0000", 6) == 0)
            memcpy(at, "\\ufdd0", 6);
    json_t *parsed = json_loadb(b->data, b->size, flags, NULL);
    check(parsed != NULL);
    json_decref(parsed);
}

/* The listing; with `out`, which the caller frees. */
static void list(const leat_logdir *log, leat_buf *out)
{
    check(leat_logdir_list_json(log, append, out) == LEAT_OK);
    check_json(out, JSON_REJECT_DUPLICATES);
}

static void export(const leat_logdir *log)
{
    leat_buf out = {0};
    leat_export_options o = {.smoothed = true, .smoothing = 0.6};
    check(leat_logdir_export_csv(log, &o, append, &out) == LEAT_OK);
    leat_buf_clear(&out);
    check(leat_logdir_export_json(log, &o, append, &out) == LEAT_OK);
    check_json(&out, 0);
    leat_buf_clear(&out);
    check(leat_logdir_list_text(log, append, &out) == LEAT_OK);
    check(leat_utf8_valid(out.data, out.size) && memchr(out.data, '\033', out.size) == NULL);
    leat_buf_free(&out);
}

/* A file that grows under an open log ends like one read at once, where nothing is damaged, and its version, which
 * decides how restarts are treated, comes first. */
static void check_growing(int fd, const char *path, const uint8_t *bytes, size_t size, leat_restart_mode mode,
                          const leat_buf *want)
{
    leat_logdir *log;
    leat_buf out = {0};
    bool changed;
    check(ftruncate(fd, 0) == 0);
    for (int part = 0; part < 3; part++) {
        size_t begin = size * (size_t)part / 3, end = size * (size_t)(part + 1) / 3;
        check(pwrite(fd, bytes + begin, end - begin, (off_t)begin) == (ssize_t)(end - begin));
        if (part == 0)
            check(leat_logdir_open(&log, path, &(leat_logdir_options){.restarts = mode, .threads = 1}) ==
                  LEAT_OK);
        else
            check(leat_logdir_refresh(log, &changed) == LEAT_OK);
    }
    bool damaged = leat_logdir_run(log, 0)->n_damage_found > 0 || strstr(want->data, "\"reason\"") != NULL;
    bool versioned =
        mode != LEAT_RESTARTS_BY_START || memmem(bytes, LEAT_MIN(size, (size_t)40), "brain.Event:", 12);
    if (!damaged && versioned) {
        list(log, &out);
        check(strcmp(out.data, want->data) == 0);
    }
    leat_buf_free(&out);
    leat_logdir_close(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (size < OPTIONS)
        return 0;
    if (fd < 0) {
        fd = memfd_create("fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    leat_logdir_options one = {.restarts = bytes[0] % 3, .threads = 1, .part_bytes = UINT64_C(1) << 40};
    leat_logdir_options many = {.restarts = bytes[0] % 3, .threads = 1, .part_bytes = 1 + bytes[1]};
    bytes += OPTIONS;
    size -= OPTIONS;
    check(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size);

    leat_logdir *log;
    leat_buf whole = {0}, parts = {0};
    check(leat_logdir_open(&log, path, &one) == LEAT_OK && leat_logdir_runs(log) == 1);
    check_run(leat_logdir_run(log, 0));
    list(log, &whole);
    export(log);
    leat_logdir_close(log);

    check(leat_logdir_open(&log, path, &many) == LEAT_OK);
    list(log, &parts);
    check(strcmp(whole.data, parts.data) == 0);
    leat_logdir_close(log);

    check_growing(fd, path, bytes, size, one.restarts, &whole);
    leat_buf_free(&whole);
    leat_buf_free(&parts);
    return 0;
}
