/* Bad event files, numbered as in the catalogue of bad inputs: what is damaged is skipped, counted and shown with its
 * offset, the rest is kept, the input is left alone, and it costs neither time nor memory out of proportion. */
#include "config.h"
#include "check.h"
#include "event-builder.h"
#include "base/file-private.h"
#include "events/export-private.h"
#include "events/reader-private.h"
#include "events/record-private.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what is done to a file of five scalars, x at the steps 1 to 5 ---- */

/* offset[i]: where the record of step i begins; [0] is the version's, [6] the file's end. */
typedef void spoil(leat_buf *file, const uint64_t offset[7]);

static void reframe(leat_buf *file, uint64_t at)
{
    leat_record_frame(file->data + at, (size_t)leat_record_u64(file->data + at));
}

static void cut_in_data(leat_buf *file, const uint64_t offset[7])
{
    file->size = offset[6] - 5;
}

static void cut_in_header(leat_buf *file, const uint64_t offset[7])
{
    file->size = offset[5] + 7;
}

static void bad_length(leat_buf *file, const uint64_t offset[7])
{
    file->data[offset[3]] ^= 1;
}

static void bad_length_crc(leat_buf *file, const uint64_t offset[7])
{
    file->data[offset[3] + 8] ^= 0x40;
}

static void bad_data(leat_buf *file, const uint64_t offset[7])
{
    file->data[offset[3] + 20] ^= 0x10;
}

static void bad_data_crc(leat_buf *file, const uint64_t offset[7])
{
    file->data[offset[4] - 1] ^= 0x80;
}

static void bad_last_data(leat_buf *file, const uint64_t offset[7])
{
    file->data[offset[6] - 6] ^= 0x10;
}

/* Bytes are gone from the middle: the length leads to the wrong place. */
static void lost_bytes(leat_buf *file, const uint64_t offset[7])
{
    memmove(file->data + offset[3] + 20, file->data + offset[3] + 27, file->size - offset[3] - 27);
    file->size -= 7;
}

static void zeros_within(leat_buf *file, const uint64_t offset[7])
{
    memset(file->data + offset[2], 0, offset[4] - offset[2]);
}

static void zeros_behind(leat_buf *file, const uint64_t offset[7])
{
    static const char zeros[5000];
    (void)offset;
    leat_buf_append(file, zeros, sizeof zeros);
}

static void noise_before(leat_buf *file, const uint64_t offset[7])
{
    leat_buf b = {0};
    (void)offset;
    for (uint32_t i = 0, r = 1; i < 3000; i++, r = r * 1664525 + 1013904223)
        leat_buf_putc(&b, (char)(r >> 24));
    leat_buf_append(&b, file->data, file->size);
    leat_buf_free(file);
    *file = b;
}

/* A record that claims `length` bytes, with a valid checksum. */
static void set_length(leat_buf *file, uint64_t at, uint64_t length)
{
    memcpy(file->data + at, &length, sizeof length);
    uint32_t crc = leat_crc32c_mask(leat_crc32c(&length, 8));
    memcpy(file->data + at + 8, &crc, sizeof crc);
}

static void huge_length(leat_buf *file, const uint64_t offset[7])
{
    set_length(file, offset[3], UINT64_C(1) << 63);
}

static void large_length(leat_buf *file, const uint64_t offset[7])
{
    set_length(file, offset[3], UINT64_C(1) << 30);
}

/* As a disk leaves it that was full for a while: the rest of a large record is missing, others follow. */
static void full_for_a_while(leat_buf *file, const uint64_t offset[7])
{
    static const char large[5000];
    (void)offset;
    size_t at = file->size;
    build_value(file, "i", 6, LEAT_VALUE_IMAGE, large, sizeof large, NULL);
    file->size = at + 700;
    build_scalar(file, "x", 6, 6);
    build_scalar(file, "x", 7, 7);
}

static void bad_proto(leat_buf *file, const uint64_t offset[7])
{
    file->data[offset[3] + LEAT_RECORD_HEADER] = 0x0f; /* an unknown wire type */
    reframe(file, offset[3]);
}

static void bad_inner_length(leat_buf *file, const uint64_t offset[7])
{
    file->data[offset[4] - 4 - 8] = 0x7f; /* of the tag */
    reframe(file, offset[3]);
}

static void set_time(leat_buf *file, uint64_t at, double t)
{
    memcpy(file->data + at + LEAT_RECORD_HEADER + 1, &t, sizeof t);
    reframe(file, at);
}

static void nan_time(leat_buf *file, const uint64_t offset[7])
{
    set_time(file, offset[3], NAN);
}

static void infinite_time(leat_buf *file, const uint64_t offset[7])
{
    set_time(file, offset[3], INFINITY);
}

static void decreasing_step(leat_buf *file, const uint64_t offset[7])
{
    file->data[offset[3] + LEAT_RECORD_HEADER + 10] = 0;
    reframe(file, offset[3]);
}

/* Two limits, one bucket. */
static void bucket_mismatch(leat_buf *file, const uint64_t offset[7])
{
    leat_buf histogram = {0};
    const double limits[2] = {1, 2}, counts[1] = {1};
    (void)offset;
    leat_put_bytes(&histogram, 6, limits, sizeof limits);
    leat_put_bytes(&histogram, 7, counts, sizeof counts);
    build_value(file, "h", 6, LEAT_VALUE_HISTO, histogram.data, histogram.size, NULL);
    leat_buf_free(&histogram);
}

/* An image that says it has 2^31 - 1 pixels in each direction. */
static void png_bomb(leat_buf *file, const uint64_t offset[7])
{
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\0\0\0";
    leat_buf image = {0};
    (void)offset;
    leat_put_bytes(&image, 4, png, sizeof png);
    build_value(file, "i", 6, LEAT_VALUE_IMAGE, image.data, image.size, NULL);
    leat_buf_free(&image);
}

static void gzip(leat_buf *file, const uint64_t offset[7])
{
    (void)offset;
    memcpy(file->data, "\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
    for (size_t i = 10; i < file->size; i++)
        file->data[i] = (char)(i * 7919 >> 3);
}

static const struct row {
    int number;
    const char *what;
    spoil *spoil;
    const char *steps;  /* that are kept */
    const char *reason; /* NULL: no damage */
    int at, plus;       /* the damage's offset: offset[at] + plus */
} rows[] = {
    {98, "truncated in the data", cut_in_data, "1 2 3 4", "truncated record", 5, 0},
    {98, "truncated in the header", cut_in_header, "1 2 3 4", "truncated record", 5, 0},
    {99, "bad length", bad_length, "1 2 4 5", "length checksum mismatch", 3, 0},
    {99, "bad length CRC", bad_length_crc, "1 2 4 5", "length checksum mismatch", 3, 0},
    {99, "zeros in the middle", zeros_within, "1 4 5", "length checksum mismatch", 2, 0},
    {99, "zeros at the end", zeros_behind, "1 2 3 4 5", "length checksum mismatch", 6, 0},
    {99, "noise at the beginning", noise_before, "1 2 3 4 5", "length checksum mismatch", 0, 0},
    {100, "bad data", bad_data, "1 2 4 5", "data checksum mismatch", 3, 0},
    {100, "bad data CRC", bad_data_crc, "1 2 4 5", "data checksum mismatch", 3, 0},
    {100, "bad data in the last record", bad_last_data, "1 2 3 4", "data checksum mismatch", 5, 0},
    {100, "bytes lost", lost_bytes, "1 2 4 5", "data checksum mismatch", 3, 0},
    {101, "length 2^63", huge_length, "1 2 4 5", "record of more than 2 GiB", 3, 0},
    {101, "length 2^30", large_length, "1 2 4 5", "record cut short", 3, 0},
    {101, "rest of a record missing", full_for_a_while, "1 2 3 4 5 6 7", "record cut short", 6, 0},
    {102, "bad wire type", bad_proto, "1 2 4 5", "malformed event", 3, 0},
    {102, "bad length within", bad_inner_length, "1 2 4 5", "malformed event", 3, 0},
    {103, "NaN time", nan_time, "1 2 4 5", "wall time is not a number", 3, 0},
    {103, "infinite time", infinite_time, "1 2 4 5", "wall time is not a number", 3, 0},
    {104, "decreasing step", decreasing_step, "1 2 0 4 5", NULL, 0, 0},
    {106, "bucket mismatch", bucket_mismatch, "1 2 3 4 5",
     "histogram with different numbers of limits and buckets", 6, 0},
    {107, "PNG bomb", png_bomb, "1 2 3 4 5", NULL, 0, 0},
    {108, "gzip file", gzip, "-", "compressed with gzip, not an event file", 0, 0},
};

static void build_five(leat_buf *b, uint64_t offset[7])
{
    offset[0] = 0;
    build_version(b, 2);
    for (int i = 1; i <= 5; i++) {
        offset[i] = b->size;
        build_scalar(b, "x", i, (float)i);
    }
    offset[6] = b->size;
}

static void check_row(const struct row *r, const char *dir, const uint64_t offset[7], uint64_t part)
{
    leat_logdir *log;
    char text[300], steps[200] = "";
    if (!CHECK_OK(leat_logdir_open(&log, dir, &(leat_logdir_options){.part_bytes = part})))
        return;
    const leat_log_run *run = leat_logdir_run(log, 0);
    const leat_series *s = leat_log_run_find(run, LEAT_SERIES_SCALAR, "x");
    for (size_t i = 0; s != NULL && i < s->n; i++)
        snprintf(steps + strlen(steps), sizeof steps - strlen(steps), "%s%lld", i > 0 ? " " : "",
                 (long long)leat_series_steps(run, s)[i]);
    snprintf(text, sizeof text, "%d, %s, parts of %llu: kept %s", r->number, r->what,
             (unsigned long long)part, steps);
    CU_assertImplementation(strcmp(s != NULL ? steps : "-", r->steps) == 0, __LINE__, text, __FILE__, "",
                            CU_FALSE);

    uint64_t at = offset[r->at] + (uint64_t)r->plus;
    bool truncated = r->reason != NULL && strcmp(r->reason, "truncated record") == 0;
    bool good = truncated ? run->files[0].truncated && run->files[0].offset == at && run->n_damage == 0
                          : run->n_damage == (r->reason != NULL) && !run->files[0].truncated;
    if (good && run->n_damage > 0)
        good = run->damage[0].offset == at && strcmp(run->damage[0].reason, r->reason) == 0;
    snprintf(text, sizeof text, "%d, %s: %zu damages, the first at %llu: %s", r->number, r->what,
             run->n_damage, run->n_damage > 0 ? (unsigned long long)run->damage[0].offset : 0,
             run->n_damage > 0 ? run->damage[0].reason : "");
    CU_assertImplementation(good, __LINE__, text, __FILE__, "", CU_FALSE);
    leat_logdir_close(log);
}

LEAT_TEST(bad_events_are_skipped_and_shown)
{
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        const char *dir = check_temp_dir();
        uint64_t offset[7];
        leat_buf b = {0}, after = {0};
        build_five(&b, offset);
        rows[i].spoil(&b, offset);
        build_save(&b, dir, "tfevents");
        check_row(&rows[i], dir, offset, 0);
        check_row(&rows[i], dir, offset, 40);
        check_row(&rows[i], dir, offset, 100);
        char *path = leat_path_join(dir, "tfevents");
        CHECK_OK(leat_file_read_all(path, 0, &after));
        CHECK(after.size == b.size && memcmp(after.data, b.data, b.size) == 0);
        leat_free(path);
        leat_buf_free(&after);
        leat_buf_free(&b);
    }
}

/* One bit wrong anywhere costs at most one record, or adds a damage; never a wrong value. */
LEAT_TEST(any_flipped_bit_is_noticed)
{
    uint64_t offset[7];
    leat_buf b = {0};
    build_five(&b, offset);
    size_t bad = 0;
    const char *dir = check_temp_dir();
    for (size_t bit = 0; bit < 8 * b.size; bit += 3) {
        b.data[bit / 8] ^= (char)(1 << bit % 8);
        build_save(&b, dir, "tfevents");
        leat_logdir *log;
        REQUIRE_OK(leat_logdir_open(&log, dir, &(leat_logdir_options){.threads = 1}));
        const leat_log_run *run = leat_logdir_run(log, 0);
        const leat_series *s = leat_log_run_find(run, LEAT_SERIES_SCALAR, "x");
        bad += s == NULL || s->n < 4 || run->n_damage + run->files[0].truncated != 1;
        for (size_t i = 0; s != NULL && i < s->n; i++)
            bad += leat_series_values(run, s)[i] != (double)leat_series_steps(run, s)[i];
        leat_logdir_close(log);
        b.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    CHECK(bad == 0);
    leat_buf_free(&b);
}

/* Cut anywhere, the whole records are there; when the rest comes, the rest. */
LEAT_TEST(a_file_cut_at_any_byte_waits)
{
    uint64_t offset[7];
    leat_buf b = {0};
    build_five(&b, offset);
    size_t bad = 0;
    for (size_t size = 0; size <= b.size; size++) {
        const char *dir = check_temp_dir();
        leat_buf start = {.data = b.data, .size = size};
        build_save(&start, dir, "tfevents");
        leat_logdir *log;
        REQUIRE_OK(leat_logdir_open(&log, dir, &(leat_logdir_options){.threads = 1}));
        uint64_t whole = 0, n = 0;
        while (whole < 6 && offset[whole + 1] <= size)
            whole++;
        const leat_log_run *run = leat_logdir_run(log, 0);
        const leat_series *s = leat_log_run_find(run, LEAT_SERIES_SCALAR, "x");
        n = s != NULL ? s->n : 0;
        bad += n + (whole > 0) != whole || run->n_damage > 0 || run->files[0].offset != offset[whole] ||
               run->files[0].truncated != (size > offset[whole]);
        char *path = leat_path_join(dir, "tfevents");
        FILE *f = fopen(path, "ab");
        REQUIRE(f != NULL);
        CHECK(fwrite(b.data + size, 1, b.size - size, f) == b.size - size);
        fclose(f);
        leat_free(path);
        bool changed;
        CHECK_OK(leat_logdir_refresh(log, &changed));
        s = leat_log_run_find(run, LEAT_SERIES_SCALAR, "x");
        bad += changed != (size < b.size) || s == NULL || s->n != 5 || run->n_damage > 0 ||
               run->files[0].truncated;
        leat_logdir_close(log);
    }
    CHECK(bad == 0);
    leat_buf_free(&b);
}

/* A file that has lost its version is one of today's: only a START drops points. */
LEAT_TEST(a_file_without_its_beginning_keeps_its_rule)
{
    for (int how = 0; how < 3; how++) {
        const char *dir = check_temp_dir();
        uint64_t offset[7];
        leat_buf b = {0};
        leat_logdir *log;
        build_five(&b, offset);
        build_scalar(&b, "x", 2, 2);
        b.data[how == 0   ? 3
               : how == 1 ? 15
                          : offset[1] + 2] ^= 1; /* its length, its data, another record's length */
        build_save(&b, dir, "tfevents");
        leat_buf_free(&b);
        REQUIRE_OK(leat_logdir_open(&log, dir, NULL));
        const leat_series *s = leat_log_run_find(leat_logdir_run(log, 0), LEAT_SERIES_SCALAR, "x");
        CHECK(s != NULL && s->n == (how < 2 ? 6 : 5));
        leat_logdir_close(log);
    }
}

/* ---- time and memory ---- */

/* Opens the log in a child process. Returns what it took beyond an idle child, in MiB; -1 where it failed. *seconds:
 * of CPU, for the machine may be busy. */
static double memory_of_opening(const char *dir, double *seconds)
{
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        struct rusage before, after;
        leat_logdir *log;
        double result[2];
        mallopt(M_MMAP_THRESHOLD, 128 << 10); /* whatever the tests before have freed, large blocks are new */
        getrusage(RUSAGE_SELF, &before);
        bool good = leat_logdir_open(&log, dir, NULL) == LEAT_OK;
        getrusage(RUSAGE_SELF, &after);
        result[0] = good ? (double)(after.ru_maxrss - before.ru_maxrss) / 1024 : -1;
        result[1] = (double)(after.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_utime.tv_sec -
                             before.ru_stime.tv_sec) +
                    1e-6 * (double)(after.ru_utime.tv_usec + after.ru_stime.tv_usec -
                                    before.ru_utime.tv_usec - before.ru_stime.tv_usec);
        _exit(write(pipe_ends[1], result, sizeof result) == sizeof result ? 0 : 1);
    }
    double result[2] = {-1, 0};
    close(pipe_ends[1]);
    if (read(pipe_ends[0], result, sizeof result) != sizeof result)
        result[0] = -1;
    close(pipe_ends[0]);
    waitpid(child, NULL, 0);
    *seconds = result[1];
    return result[0];
}

static void check_cost(const char *what, const leat_buf *file)
{
    const char *dir = check_temp_dir();
    double seconds, size = (double)file->size / (1 << 20);
    build_save(file, dir, "tfevents");
    double mib = memory_of_opening(dir, &seconds);
    printf("\n    %s: %.1f MiB file, %.1f MiB, %.2f s of CPU ", what, size, mib, seconds);
#if !LEAT_SANITIZED
    CHECK(mib >= 0 && mib <= 64 + 2 * size);
    CHECK(seconds < 1.5);
#else
    CHECK(mib >= 0);
#endif
}

LEAT_TEST(bad_events_105_a_million_tags)
{
    leat_buf b = {0};
    build_tags(&b, "layer/%07d/loss", 1000000, 1, NULL);
    check_cost("a million tags", &b);
    leat_buf_clear(&b);
    build_tags(&b, "t%d", 1000000, 1000, NULL);
    check_cost("a million short ones, a thousand in an event", &b);
    leat_buf_clear(&b);
    build_tags(&b, "t%d", 1000000, 1000, "scalars");
    check_cost("the same as TensorFlow 2 writes them", &b);
    leat_buf_free(&b);
}

LEAT_TEST(bad_events_made_to_be_slow)
{
    leat_buf b = {0};
    /* Headers that are valid, each claiming data up to the end of the file, with wrong checksums. */
    build_version(&b, 2);
    enum { HEADERS = 400000 };
    uint64_t total = b.size + HEADERS * 12 + 1000;
    leat_buf_putc(&b, 'x'); /* out of step, so that they are searched */
    for (int i = 0; i < HEADERS; i++) {
        char header[12];
        uint64_t length = total - b.size - 16;
        uint32_t crc = leat_crc32c_mask(leat_crc32c(&length, 8));
        memcpy(header, &length, 8);
        memcpy(header + 8, &crc, 4);
        leat_buf_append(&b, header, sizeof header);
    }
    while (b.size < total)
        leat_buf_putc(&b, 'y');
    check_cost("false headers", &b);

    leat_buf_clear(&b);
    for (int i = 0; i < 1000000; i++)
        leat_buf_append(&b, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    check_cost("zeros", &b);

    leat_buf_clear(&b);
    build_version(&b, 1);
    for (int i = 0; i < 200000; i++)
        build_scalar(&b, "back", 200000 - i, 1);
    check_cost("steps that only fall", &b);

    leat_buf_clear(&b);
    build_version(&b, 2);
    for (int i = 0; i < 200000; i++) {
        build_start(&b, 200000 - i);
        build_scalar(&b, "x", 200000 - i, 1);
    }
    check_cost("nothing but restarts", &b);

    leat_buf_clear(&b);
    build_version(&b, 2);
    for (int i = 0; i < 200000; i++)
        build_event(&b, NAN, i, LEAT_EVENT_SUMMARY, "", 0);
    check_cost("nothing but damage", &b);

    leat_buf_clear(&b);
    build_version(&b, 2);
    for (int i = 0; i < 100000; i++)
        build_value(&b, "t", i, LEAT_VALUE_TENSOR, "\x08\x01\x12\x04\x12\x02\x08\x02", 8, "own");
    check_cost("tensors", &b);
    leat_buf_free(&b);
}
