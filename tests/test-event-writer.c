#include "config.h"
#include "check.h"
#include "faults.h"
#include "base/file-private.h"
#include "events/event-private.h"
#include "events/histogram-private.h"
#include "events/png-private.h"
#include "events/record-private.h"
#include "leat/events.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Walks the records of a file by the format's description alone. Returns how many are whole and valid; *rest is
 * what lies behind them. */
static size_t count_records(const char *path, size_t *rest)
{
    leat_buf b = {0};
    size_t n = 0, at = 0;
    if (!CHECK_OK(leat_file_read_all(path, 0, &b)))
        return 0;
    while (at + LEAT_RECORD_OVERHEAD <= b.size) {
        uint64_t size;
        if (!leat_record_header_valid(b.data + at, &size) || size > b.size - at - LEAT_RECORD_OVERHEAD ||
            !leat_record_data_valid(b.data + at + LEAT_RECORD_HEADER, (size_t)size))
            break;
        at += (size_t)size + LEAT_RECORD_OVERHEAD;
        n++;
    }
    *rest = b.size - at;
    leat_buf_free(&b);
    return n;
}

static char *only_file(const char *dir)
{
    static char path[4096];
    leat_dir_entry *e;
    size_t n;
    if (!CHECK_OK(leat_dir_list(dir, &e, &n)))
        return NULL;
    CHECK(n == 1);
    snprintf(path, sizeof path, "%s/%s", dir, n > 0 ? e[0].name : "");
    leat_dir_free(e, n);
    return path;
}

LEAT_TEST(writer_names_its_file)
{
    const char *dir = check_temp_dir();
    char deep[4096];
    snprintf(deep, sizeof deep, "%s/a/b", dir);
    leat_event_writer *w, *second;
    leat_event_writer_options o = {.size = sizeof o, .filename_suffix = ".x"};
    REQUIRE_OK(leat_event_writer_open(&w, deep, &o));
    const char *name = leat_path_base(leat_event_writer_path(w));
    CHECK(strncmp(name, "events.out.tfevents.", 20) == 0 && strspn(name + 20, "0123456789") == 10);
    CHECK(name[30] == '.' && strcmp(name + strlen(name) - 2, ".x") == 0);
    REQUIRE_OK(leat_event_writer_open(&second, deep, NULL));
    /* The later one sorts behind, in the same second too. */
    CHECK(strcmp(leat_event_writer_path(w), leat_event_writer_path(second)) < 0);
    CHECK_OK(leat_event_writer_close(w));
    CHECK_OK(leat_event_writer_close(second));
    CHECK_OK(leat_event_writer_close(NULL));
}

LEAT_TEST(writer_refuses)
{
    const char *dir = check_temp_dir();
    leat_event_writer *w;
    leat_event_writer_options o = {.size = 3};
    CHECK_FAILS(leat_event_writer_open(&w, dir, &o), LEAT_ERR_INVALID_ARGUMENT, "size is 3");
    o = (leat_event_writer_options){.size = sizeof o, .flush_secs = -1};
    CHECK_FAILS(leat_event_writer_open(&w, dir, &o), LEAT_ERR_INVALID_ARGUMENT, "flush_secs");
    o = (leat_event_writer_options){.size = sizeof o, .filename_suffix = "/../x"};
    CHECK_FAILS(leat_event_writer_open(&w, dir, &o), LEAT_ERR_INVALID_ARGUMENT, "slash");
    CHECK_FAILS(leat_event_writer_open(&w, "", NULL), LEAT_ERR_INVALID_ARGUMENT, "log directory");
    CHECK_FAILS(leat_event_writer_open(&w, "/dev/null/x", NULL), LEAT_ERR_NOT_FOUND, "Not a directory");
    CHECK(w == NULL);
    REQUIRE_OK(leat_event_writer_open(&w, dir, NULL));
    double counts[2] = {1, -1}, limits[2] = {1, 2}, back[2] = {2, 1}, ones[2] = {1, 1};
    uint8_t pixels[12] = {0};
    CHECK_FAILS(leat_add_scalar(w, "", 1, 1), LEAT_ERR_INVALID_ARGUMENT, "needs a tag");
    CHECK_FAILS(leat_add_scalar(w, NULL, 1, 1), LEAT_ERR_INVALID_ARGUMENT, "needs a tag");
    CHECK_FAILS(leat_add_scalar(w, "a\xff", 1, 1), LEAT_ERR_INVALID_ARGUMENT, "not UTF-8");
    CHECK_FAILS(leat_add_scalar_f64(w, "", 1, 1), LEAT_ERR_INVALID_ARGUMENT, "needs a tag");
    CHECK_FAILS(leat_add_text(w, "t", "\xff", 1), LEAT_ERR_INVALID_ARGUMENT, "not UTF-8");
    CHECK_FAILS(leat_add_histogram_buckets(w, "h", limits, counts, 2, 0, 2, 1), LEAT_ERR_INVALID_ARGUMENT,
                "-1");
    CHECK_FAILS(leat_add_histogram_buckets(w, "h", back, ones, 2, 0, 2, 1), LEAT_ERR_INVALID_ARGUMENT,
                "limit 1");
    CHECK_FAILS(leat_add_image(w, "i", pixels, 2, 2, 5, 1), LEAT_ERR_INVALID_ARGUMENT, "channels");
    CHECK_FAILS(leat_add_image(w, "i", pixels, 0, 2, 3, 1), LEAT_ERR_INVALID_ARGUMENT, "0 x 2");
    CHECK_FAILS(leat_add_image(w, "i", pixels, SIZE_MAX / 2, 2, 3, 1), LEAT_ERR_INVALID_ARGUMENT,
                "too large");
    CHECK_FAILS(leat_add_image_png(w, "i", "GIF89a", 6, 1), LEAT_ERR_INVALID_ARGUMENT, "not a PNG");
    CHECK_FAILS(leat_event_writer_add_summary_bytes(w, "\x0a\x7f", 2, 1), LEAT_ERR_INVALID_ARGUMENT,
                "Summary");
    CHECK_FAILS(leat_event_writer_add_graph_bytes(w, "\x0f", 1), LEAT_ERR_INVALID_ARGUMENT, "GraphDef");
    leat_event_writer_statistics s;
    leat_event_writer_stats(w, &s);
    CHECK(s.events == 1);
    CHECK_OK(leat_event_writer_close(w));
}

LEAT_TEST(writer_first_events)
{
    const char *dir = check_temp_dir();
    leat_event_writer *w;
    leat_event_writer_options o = {.size = sizeof o, .session_start = 1, .session_step = 7};
    REQUIRE_OK(leat_event_writer_open(&w, dir, &o));
    REQUIRE_OK(leat_event_writer_close(w));
    leat_buf b = {0};
    uint64_t size;
    leat_field f;
    REQUIRE_OK(leat_file_read_all(only_file(dir), 0, &b));
    REQUIRE(leat_record_header_valid(b.data, &size));
    leat_wire first = leat_wire_from(b.data + LEAT_RECORD_HEADER, (size_t)size, 0);
    CHECK(leat_wire_next(&first, &f) && f.number == 1 && fabs(leat_field_double(&f) - leat_wall_time()) < 60);
    CHECK(leat_wire_next(&first, &f) && f.number == 3 && f.size == 13 &&
          memcmp(f.bytes, "brain.Event:2", 13) == 0);
    char *at = b.data + LEAT_RECORD_OVERHEAD + size;
    REQUIRE(leat_record_header_valid(at, &size));
    leat_wire second = leat_wire_from(at + LEAT_RECORD_HEADER, (size_t)size, 0);
    CHECK(leat_wire_next(&second, &f) && f.number == 1);
    CHECK(leat_wire_next(&second, &f) && f.number == 2 && f.varint == 7);
    CHECK(leat_wire_next(&second, &f) && f.number == 7 && f.size == 2 && memcmp(f.bytes, "\x08\x01", 2) == 0);
    leat_buf_free(&b);
}

static void add_one_of_each(leat_event_writer *w, int64_t step, size_t *failures)
{
    double values[] = {-1, 0, 2.5, NAN, INFINITY}, limits[] = {0, 1, DBL_MAX}, counts[] = {0, 3, 1};
    float floats[] = {1e-20f, -1e30f};
    uint8_t pixels[24] = {0, 255, 3};
    leat_buf png = {0};
    char wide[300];
    memset(wide, 'w', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    *failures += leat_add_scalar(w, "s", 0.5, step) != LEAT_OK;
    *failures += leat_add_scalar(w, wide, 0.5, step) != LEAT_OK;
    *failures += leat_add_scalar_f64(w, "d", 0.1, step) != LEAT_OK;
    *failures += leat_add_histogram(w, "h", values, LEAT_LEN(values), step) != LEAT_OK;
    *failures += leat_add_histogram(w, "h0", NULL, 0, step) != LEAT_OK;
    *failures += leat_add_histogram_f32(w, "h", floats, LEAT_LEN(floats), step) != LEAT_OK;
    *failures += leat_add_histogram_buckets(w, "b", limits, counts, 3, 0.25, 2, step) != LEAT_OK;
    *failures += leat_add_image(w, "i", pixels, 2, 3, 4, step) != LEAT_OK;
    if (leat_png_encode(&png, pixels, 2, 3, 1) == LEAT_OK)
        *failures += leat_add_image_png(w, "p", png.data, png.size, step) != LEAT_OK;
    else
        ++*failures;
    leat_buf_free(&png);
    *failures += leat_add_text(w, "t", "text", step) != LEAT_OK;
    *failures += leat_event_writer_add_graph_bytes(w, "", 0) != LEAT_OK;
    *failures += leat_event_writer_add_meta_graph_bytes(w, "", 0) != LEAT_OK;
    *failures += leat_event_writer_add_run_metadata_bytes(w, "m", "", 0, step) != LEAT_OK;
    *failures += leat_event_writer_add_summary_bytes(w, "", 0, step) != LEAT_OK;
    *failures += leat_event_writer_add_session_start(w, step) != LEAT_OK;
    *failures += leat_event_writer_add_event_bytes(w, "\x10\x05", 2) != LEAT_OK;
}

LEAT_TEST(writer_when_each_allocation_fails)
{
    const char *dir = check_temp_dir();
    leat_fault_disarm();
    uint64_t before = leat_live_allocations();
    size_t survived = 0;
    for (uint64_t nth = 1; nth < 500; nth++) {
        leat_event_writer *w;
        size_t failures = 0, rest = 0;
        leat_fault_arm(LEAT_FAULT_ALLOC, nth, ENOMEM);
        leat_status status = leat_event_writer_open(&w, dir, NULL);
        if (status == LEAT_OK) {
            add_one_of_each(w, 3, &failures);
            char path[4096];
            snprintf(path, sizeof path, "%s", leat_event_writer_path(w));
            bool fired = leat_fault_fired();
            leat_fault_disarm();
            CHECK_OK(leat_event_writer_close(w));
            CHECK(count_records(path, &rest) == 17 - failures && rest == 0);
            CHECK(failures == fired);
            CHECK_OK(leat_file_remove(path));
            if (!fired)
                survived++;
        } else {
            CHECK(w == NULL && leat_fault_fired() && status == LEAT_ERR_NO_MEMORY);
        }
        leat_fault_disarm();
        if (survived > 0)
            break;
        if (!CHECK(leat_live_allocations() == before))
            break;
    }
    CHECK(survived > 0);
    CHECK(leat_live_allocations() == before);
}

LEAT_TEST(writer_when_each_call_of_the_disk_fails)
{
    static const struct {
        leat_fault_kind kind;
        int error;
        bool lost, fails;
    } rows[] = {
        {LEAT_FAULT_WRITE, ENOSPC, true, true}, {LEAT_FAULT_WRITE, EIO, true, true},
        {LEAT_FAULT_SYNC, EIO, false, true},    {LEAT_FAULT_CLOSE, EIO, false, true},
        {LEAT_FAULT_SHORT, 1, false, false},    {LEAT_FAULT_EINTR, EINTR, false, false},
    };
    leat_fault_disarm();
    uint64_t before = leat_live_allocations();
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        const char *dir = check_temp_dir();
        leat_event_writer *w;
        leat_event_writer_options o = {.size = sizeof o, .durable = 1};
        REQUIRE_OK(leat_event_writer_open(&w, dir, &o));
        CHECK_OK(leat_event_writer_flush(w));
        leat_fault_arm(rows[i].kind, 1, rows[i].error);
        CHECK_OK(leat_add_scalar(w, "a", 1, 1));
        CHECK_OK(leat_add_scalar(w, "b", 1, 1));
        leat_status flushed = leat_event_writer_flush(w);
        CHECK((flushed != LEAT_OK) == (rows[i].fails && rows[i].kind != LEAT_FAULT_CLOSE));
        CHECK_OK(leat_add_scalar(w, "c", 1, 1));
        CHECK_OK(leat_event_writer_flush(w));
        leat_event_writer_statistics s;
        leat_event_writer_stats(w, &s);
        CHECK(s.events == 4 && s.dropped == (rows[i].lost ? 2 : 0));
        leat_status closed = leat_event_writer_close(w);
        CHECK((closed != LEAT_OK) == rows[i].fails);
        CHECK(leat_fault_fired());
        if (rows[i].lost)
            CHECK(strstr(leat_message(), "2 events were dropped") != NULL);
        leat_fault_disarm();
        size_t rest;
        CHECK(count_records(only_file(dir), &rest) == (rows[i].lost ? 2 : 4) && rest == 0);
    }
    CHECK(leat_live_allocations() == before);
}

/* A file system that takes no more, in the middle of a record: the limit of a file's size behaves so. */
LEAT_TEST(writer_on_a_full_disk_keeps_whole_records)
{
    const char *dir = check_temp_dir();
    leat_event_writer *w;
    REQUIRE_OK(leat_event_writer_open(&w, dir, NULL));
    REQUIRE_OK(leat_event_writer_flush(w));
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, low = {0};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    low = (struct rlimit){.rlim_cur = 5000, .rlim_max = old.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &low) == 0);
    for (int i = 0; i < 300; i++)
        CHECK_OK(leat_add_scalar(w, "tag", 1, i));
    leat_status full = leat_event_writer_flush(w);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, handler);
    CHECK(full == LEAT_ERR_IO && strstr(leat_message(), "File too large") != NULL);

    leat_event_writer_statistics s;
    leat_event_writer_stats(w, &s);
    size_t rest, kept = count_records(only_file(dir), &rest);
    CHECK(rest == 0 && kept > 90 && kept + s.dropped == 301 && s.bytes <= 5000 && s.bytes > 4940);
    /* There is room again: the next events go behind the last whole one. */
    CHECK_OK(leat_add_scalar(w, "later", 1, 1000));
    CHECK_OK(leat_event_writer_flush(w));
    CHECK(count_records(only_file(dir), &rest) == kept + 1 && rest == 0);
    CHECK_FAILS(leat_event_writer_close(w), LEAT_ERR_IO, "events were dropped");
}

LEAT_TEST(writer_flushes_by_time)
{
    const char *dir = check_temp_dir();
    leat_event_writer *w;
    leat_event_writer_options o = {.size = sizeof o, .flush_secs = 0.05};
    REQUIRE_OK(leat_event_writer_open(&w, dir, &o));
    CHECK_OK(leat_add_scalar(w, "a", 1, 1));
    char *path = only_file(dir);
    size_t n = 0, rest;
    for (int i = 0; i < 3000 && n < 2; i++) {
        usleep(10000);
        n = count_records(path, &rest);
    }
    CHECK(n == 2);
    CHECK_OK(leat_event_writer_close(w));
}

static void *flush_it(void *writer)
{
    CHECK_OK(leat_event_writer_flush(writer));
    return NULL;
}

static long waits_of_this_thread(void)
{
    struct rusage u;
    getrusage(RUSAGE_THREAD, &u);
    return u.ru_nvcsw;
}

static void *add_past_the_bound(void *writer)
{
    static const char text[100000] = {0};
    char *filled = malloc(sizeof text);
    memset(filled, 'x', sizeof text - 1);
    filled[sizeof text - 1] = '\0';
    for (int i = 0; i < 100; i++)
        CHECK_OK(leat_add_text(writer, "text", filled, i));
    free(filled);
    return NULL;
}

/* With a disk that blocks for good, in a write or in an fsync: until the queue is full no call waits for anything. Not even for a
 * lock, or the system would have counted that the thread gave up its CPU. What comes then waits, and is counted, until
 * the disk goes on. How long a call takes is measured by bench-events. */
LEAT_TEST(writer_callers_do_not_wait_for_a_stalling_disk)
{
    for (uint64_t nth = 1; nth <= 2; nth++) { /* the first write; the fsync after it */
        const char *dir = check_temp_dir();
        leat_event_writer *w;
        leat_event_writer_statistics s;
        pthread_t thread, flusher;
        leat_event_writer_options o = {.size = sizeof o, .durable = 1};
        REQUIRE_OK(leat_event_writer_open(&w, dir, &o));
        REQUIRE_OK(leat_event_writer_flush(w));
        leat_fault_arm(LEAT_FAULT_STALL, nth, 600000);
        CHECK_OK(leat_add_scalar(w, "first", 1, 0));
        REQUIRE(pthread_create(&flusher, NULL, flush_it, w) == 0);
        while (!leat_fault_fired())
            usleep(1000);
        long waits = waits_of_this_thread();
        for (int i = 0; i < 100000; i++) /* 5 MB: beyond what wakes the thread, within the bound */
            CHECK_OK(leat_add_scalar(w, "loss", i, i));
        CHECK(waits_of_this_thread() == waits);
        leat_event_writer_stats(w, &s);
        CHECK(s.stalls == 0 && s.queued_bytes > 4000000);
        REQUIRE(pthread_create(&thread, NULL, add_past_the_bound, w) == 0);
        uint64_t events = 0;
        for (int still = 0; still < 20;) { /* until no more goes in */
            usleep(10000);
            leat_event_writer_stats(w, &s);
            still = s.events == events ? still + 1 : 0;
            events = s.events;
        }
        CHECK(s.events < 100101 && s.stalls == 0 && s.queued_bytes > (8u << 20) - 110000 &&
              s.queued_bytes <= 8u << 20);
        leat_fault_disarm();
        pthread_join(thread, NULL);
        pthread_join(flusher, NULL);
        leat_event_writer_stats(w, &s);
        CHECK(s.events == 100102 && s.stalls > 0 && s.longest_stall > 0.1);
        CHECK_OK(leat_event_writer_close(w));
        size_t rest;
        CHECK(count_records(only_file(dir), &rest) == 100102 && rest == 0);
    }
}

LEAT_TEST(writer_full_queue_waits_and_says_so)
{
    const char *dir = check_temp_dir();
    leat_event_writer *w;
    leat_event_writer_options o = {.size = sizeof o, .queue_bytes = 8192};
    REQUIRE_OK(leat_event_writer_open(&w, dir, &o));
    leat_fault_arm(LEAT_FAULT_STALL, 1, 400);
    for (int i = 0; i < 1000; i++)
        CHECK_OK(leat_add_scalar(w, "loss", i, i));
    leat_event_writer_statistics s;
    leat_event_writer_stats(w, &s);
    CHECK(s.stalls > 0 && s.longest_stall > 0.05 && s.stall_seconds >= s.longest_stall &&
          s.queued_bytes <= 8192);
    CHECK_OK(leat_event_writer_close(w));
    size_t rest;
    CHECK(count_records(only_file(dir), &rest) == 1001 && rest == 0);
    leat_fault_disarm();
}

LEAT_TEST(writer_takes_records_larger_than_its_queue)
{
    const char *dir = check_temp_dir();
    leat_event_writer *w;
    leat_event_writer_options o = {.size = sizeof o, .queue_bytes = 4096};
    REQUIRE_OK(leat_event_writer_open(&w, dir, &o));
    char *text = leat_alloc_zero(100001, 1);
    REQUIRE(text != NULL);
    memset(text, 'x', 100000);
    for (int i = 0; i < 10; i++) {
        CHECK_OK(leat_add_scalar(w, "loss", i, i));
        CHECK_OK(leat_add_text(w, "text", text, i));
    }
    leat_free(text);
    CHECK_OK(leat_event_writer_close(w));
    size_t rest;
    CHECK(count_records(only_file(dir), &rest) == 21 && rest == 0);
}

static void *add_many(void *writer)
{
    size_t failures = 0;
    for (int i = 0; i < 20000; i++)
        failures += leat_add_scalar(writer, "many", i, i) != LEAT_OK;
    for (int i = 0; i < 20; i++) {
        add_one_of_each(writer, i, &failures);
        failures += leat_event_writer_flush(writer) != LEAT_OK;
    }
    return (void *)failures;
}

LEAT_TEST(writer_serves_many_threads)
{
    const char *dir = check_temp_dir();
    leat_event_writer *w;
    leat_event_writer_options o = {.size = sizeof o, .queue_bytes = 20000};
    REQUIRE_OK(leat_event_writer_open(&w, dir, &o));
    pthread_t threads[4];
    for (size_t i = 0; i < LEAT_LEN(threads); i++)
        REQUIRE(pthread_create(&threads[i], NULL, add_many, w) == 0);
    for (size_t i = 0; i < LEAT_LEN(threads); i++) {
        void *failures;
        pthread_join(threads[i], &failures);
        CHECK(failures == NULL);
    }
    CHECK_OK(leat_event_writer_close(w));
    size_t rest;
    CHECK(count_records(only_file(dir), &rest) == 1 + 4 * (20000 + 20 * 16) && rest == 0);
}

struct adder {
    leat_event_writer *w;
    _Atomic bool stop;
};

static void *add_until_stopped(void *argument)
{
    struct adder *a = argument;
    leat_status status = LEAT_OK;
    for (int64_t i = 0; !a->stop && status == LEAT_OK; i++)
        status = leat_add_scalar(a->w, "x", 1, i);
    return status == LEAT_OK ? NULL : a;
}

/* What a child may call, and that it does not wait for a mutex which a thread of the parent held at the fork. */
static int use_in_child(leat_event_writer *w)
{
    leat_event_writer_statistics s;
    alarm(20);
    bool good =
        leat_add_scalar(w, "x", 1, 1) == LEAT_ERR_FORKED && leat_add_text(w, "t", "t", 1) == LEAT_ERR_FORKED;
    leat_event_writer_stats(w, &s);
    good = good && leat_event_writer_flush(w) == LEAT_ERR_FORKED &&
           leat_event_writer_close(w) == LEAT_ERR_FORKED;
    return good ? 0 : 1;
}

LEAT_TEST(writer_in_forked_children)
{
    struct adder a = {0};
    pthread_t threads[2];
    REQUIRE_OK(leat_event_writer_open(&a.w, check_temp_dir(), NULL));
    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&threads[i], NULL, add_until_stopped, &a) == 0);
    int bad = 0;
    for (int i = 0; i < 50; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0)
            _exit(use_in_child(a.w));
        bad += !(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    }
    CHECK(bad == 0);
    a.stop = true;
    for (int i = 0; i < 2; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        CHECK(failed == NULL);
    }
    CHECK_OK(leat_event_writer_close(a.w));
}

LEAT_TEST(writer_speed)
{
    const char *dir = check_temp_dir();
    leat_event_writer *w;
    REQUIRE_OK(leat_event_writer_open(&w, dir, NULL));
    enum { N = 1000000 };
    struct rusage a, b;
    getrusage(RUSAGE_SELF, &a);
    size_t failures = 0;
    for (int i = 0; i < N; i++)
        failures += leat_add_scalar(w, "train/loss", i, i) != LEAT_OK;
    CHECK_OK(leat_event_writer_close(w));
    getrusage(RUSAGE_SELF, &b);
    double cpu =
        (double)(b.ru_utime.tv_sec - a.ru_utime.tv_sec + b.ru_stime.tv_sec - a.ru_stime.tv_sec) +
        1e-6 * (double)(b.ru_utime.tv_usec - a.ru_utime.tv_usec + b.ru_stime.tv_usec - a.ru_stime.tv_usec);
    printf("(%.2f million scalars a second of one core) ", N / cpu * 1e-6);
    CHECK(failures == 0 && cpu < 30);
}

/* ---- histograms: TensorFlow's buckets ---- */

LEAT_TEST(histogram_buckets_are_found)
{
    static leat_histogram_counter h, fresh;
    leat_histogram_init(&fresh);
    CHECK(fresh.limits[0] == -DBL_MAX && fresh.limits[1550] == DBL_MAX && fresh.limits[775] == 0);
    size_t bad = 0;
    for (size_t i = 0; i + 1 < LEAT_HISTOGRAM_BUCKETS; i++) {
        bad += !(fresh.limits[i] < fresh.limits[i + 1]);
        /* A limit belongs into the bucket above it, what is just below it into its own. */
        double values[2] = {fresh.limits[i], nextafter(fresh.limits[i + 1], -INFINITY)};
        h = fresh;
        leat_histogram_add_f64(&h, values, 2);
        bad += h.counts[i + 1] != 2;
    }
    double ends[] = {DBL_MAX, -DBL_MAX, -0.0, 5e-324, -5e-324};
    size_t places[] = {1550, 1, 776, 776, 775};
    for (size_t i = 0; i < LEAT_LEN(ends); i++) {
        h = fresh;
        leat_histogram_add_f64(&h, &ends[i], 1);
        bad += h.counts[places[i]] != 1;
    }
    CHECK(bad == 0);
}

LEAT_TEST(histogram_leaves_out_what_is_not_finite)
{
    static leat_histogram_counter h;
    leat_histogram_init(&h);
    float values[] = {1, 2, NAN, -INFINITY, INFINITY, -4};
    leat_histogram_add_f32(&h, values, LEAT_LEN(values));
    CHECK(h.not_finite == 3 && h.sums.num == 3 && h.sums.min == -4 && h.sums.max == 2);
    CHECK(h.sums.sum == -1 && h.sums.sum_squares == 21);
}

/* ---- images ---- */

LEAT_TEST(png_round_trip)
{
    static uint8_t pixels[4 * 7 * 5];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37);
    for (size_t channels = 1; channels <= 4; channels++) {
        leat_buf b = {0};
        leat_png_image image;
        uint32_t width, height;
        size_t bad = 0;
        REQUIRE_OK(leat_png_encode(&b, pixels, 7, 5, channels));
        CHECK(leat_png_dimensions(b.data, b.size, &width, &height) && width == 5 && height == 7);
        REQUIRE_OK(leat_png_decode(&image, b.data, b.size, 35));
        for (size_t i = 0; i < 35; i++) {
            const uint8_t *in = pixels + i * channels, *out = image.pixels + 4 * i;
            bad += out[0] != in[0] || out[1] != (channels > 2 ? in[1] : in[0]);
            bad += out[2] != (channels > 2 ? in[2] : in[0]);
            bad += out[3] != (channels % 2 == 0 ? in[channels - 1] : 255);
        }
        CHECK(bad == 0);
        leat_free(image.pixels);
        CHECK_FAILS(leat_png_decode(&image, b.data, b.size, 34), LEAT_ERR_OUT_OF_RANGE, "5 x 7");
        uint64_t before = leat_live_allocations();
        for (size_t cut = 0; cut < b.size - 12; cut += 3) {
            CHECK(leat_png_decode(&image, b.data, cut, 35) == LEAT_ERR_DATA_LOSS);
            CHECK(image.pixels == NULL);
        }
        b.data[b.size / 2] ^= 0x10;
        CHECK_FAILS(leat_png_decode(&image, b.data, b.size, 35), LEAT_ERR_DATA_LOSS, "PNG:");
        CHECK(leat_live_allocations() == before);
        leat_buf_free(&b);
    }
}

LEAT_TEST(png_without_memory)
{
    static uint8_t pixels[3 * 40 * 40];
    leat_fault_disarm();
    uint64_t before = leat_live_allocations();
    leat_buf whole = {0};
    REQUIRE_OK(leat_png_encode(&whole, pixels, 40, 40, 3));
    EACH_FAULT (f, LEAT_FAULT_ALLOC, ENOMEM) {
        leat_buf b = {0};
        fault_start(&f);
        leat_status encoded = leat_png_encode(&b, pixels, 40, 40, 3);
        CHECK(fault_end(&f) == (encoded != LEAT_OK));
        leat_buf_free(&b);
    }
    EACH_FAULT (f, LEAT_FAULT_ALLOC, ENOMEM) {
        leat_png_image image;
        fault_start(&f);
        leat_status decoded = leat_png_decode(&image, whole.data, whole.size, 1600);
        CHECK(fault_end(&f) == (decoded != LEAT_OK));
        leat_free(image.pixels);
    }
    leat_buf_free(&whole);
    CHECK(leat_live_allocations() == before);
}
