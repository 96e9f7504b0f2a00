#include "config.h"
#include "check.h"
#include "faults.h"
#include "event-builder.h"
#include "base/file-private.h"
#include "events/decode-private.h"
#include "events/export-private.h"
#include "events/reader-private.h"
#include "events/record-private.h"
#include "leat/events.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define NAME "events.out.tfevents.1500000000.box"

/* The steps of a scalar series as "1 2 3", "-" if there is none. Static storage. */
static const char *steps_of(const leat_log_run *run, const char *tag)
{
    static char text[4096];
    const leat_series *s = run != NULL ? leat_log_run_find(run, LEAT_SERIES_SCALAR, tag) : NULL;
    size_t used = 0;
    if (s == NULL)
        return "-";
    text[0] = '\0';
    for (size_t i = 0; i < s->n && used < sizeof text - 30; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", i > 0 ? " " : "",
                                 (long long)leat_series_steps(run, s)[i]);
    return text;
}

static leat_logdir *open_log(const char *dir, const leat_logdir_options *options)
{
    leat_logdir *log = NULL;
    CHECK_OK(leat_logdir_open(&log, dir, options));
    return log;
}

/* ---- which files, which runs ---- */

LEAT_TEST(logdir_finds_runs)
{
    const char *dir = check_temp_dir();
    leat_buf b = {0};
    char path[4200];
    build_version(&b, 2);
    build_scalar(&b, "x", 1, 1);
    build_save(&b, dir, NAME);
    static const char *const dirs[] = {"b", "a/deep/er", "a", "not-a-run"};
    static const char *const names[] = {"my.tfevents.x", NAME ".v2", "tfevents", "events.txt"};
    for (size_t i = 0; i < LEAT_LEN(dirs); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, dirs[i]);
        build_save(&b, path, names[i]);
    }
    snprintf(path, sizeof path, "%s/empty-profile", dir);
    build_save(&b, path, NAME ".profile-empty");
    /* A link to a run, one to a parent, one outside. */
    const char *other = check_temp_dir();
    build_save(&b, other, NAME);
    snprintf(path, sizeof path, "%s/0-latest", dir);
    CHECK(symlink("b", path) == 0);
    snprintf(path, sizeof path, "%s/a/up", dir);
    CHECK(symlink("..", path) == 0);
    snprintf(path, sizeof path, "%s/outside", dir);
    CHECK(symlink(other, path) == 0);
    leat_buf_free(&b);

    leat_logdir *log = open_log(dir, NULL);
    REQUIRE(log != NULL);
    static const char *const want[] = {".", "a", "a/deep/er", "b", "empty-profile", "outside"};
    CHECK(leat_logdir_runs(log) == LEAT_LEN(want));
    for (size_t i = 0; i < LEAT_LEN(want) && i < leat_logdir_runs(log); i++) {
        CHECK_STR(leat_logdir_run(log, i)->name, want[i]);
        CHECK_STR(steps_of(leat_logdir_run(log, i), "x"), i == 4 ? "-" : "1");
    }
    CHECK(leat_logdir_find_run(log, "a/deep") == NULL);
    leat_logdir_close(log);

    snprintf(path, sizeof path, "%s/b/%s", dir, names[0]);
    log = open_log(path, NULL);
    REQUIRE(log != NULL);
    CHECK(leat_logdir_runs(log) == 1);
    CHECK_STR(steps_of(leat_logdir_find_run(log, "."), "x"), "1");
    leat_logdir_close(log);
    CHECK_FAILS(leat_logdir_open(&log, "/proc/nonexistent/x", NULL), LEAT_ERR_NOT_FOUND,
                "/proc/nonexistent/x");
    CHECK_FAILS(leat_logdir_open(&log, "/dev/null", NULL), LEAT_ERR_INVALID_ARGUMENT, "not a regular file");
    CHECK(log == NULL);
}

LEAT_TEST(logdir_reads_files_in_order_of_name)
{
    const char *dir = check_temp_dir();
    for (int i = 3; i > 0; i--) {
        leat_buf b = {0};
        char name[64];
        build_version(&b, 2);
        build_scalar(&b, "x", i, 1);
        snprintf(name, sizeof name, "events.out.tfevents.150000000%d.box", i);
        build_save(&b, dir, name);
        leat_buf_free(&b);
    }
    leat_logdir *log = open_log(dir, NULL);
    REQUIRE(log != NULL);
    CHECK_STR(steps_of(leat_logdir_run(log, 0), "x"), "1 2 3");
    leat_logdir_close(log);
}

/* ---- restarts ---- */

/* Files of a run as scripts: "2" the version; "s5" a START at step 5; "a7" tag a at step 7. */
static const struct {
    const char *files[2];
    leat_restart_mode mode;
    const char *a, *b;
    uint64_t dropped;
    size_t restarts;
} restarts[] = {
    {{"2 a1 a2 a3", "2 s2 a2 a3"}, LEAT_RESTARTS_BY_START, "1 2 3 2 3", "-", 0, 0},
    {{"2 s0 a1 a2 a3 b2", "2 s2 a2 a3"}, LEAT_RESTARTS_BY_START, "1 2 3", "-", 3, 1},
    {{"2 s0 a1 a2 a3 b1 s2 a2", "2 s1 a1"}, LEAT_RESTARTS_BY_START, "1", "-", 5, 2},
    {{"2 s0 a1 a5 s9 a9 s4 a4", ""}, LEAT_RESTARTS_BY_START, "1 4", "-", 2, 2},
    {{"2 s0 a1 a2", "2 s2 a2"}, LEAT_RESTARTS_KEPT, "1 2 2", "-", 0, 1},
    {{"2 a1 a3 a2", ""}, LEAT_RESTARTS_BY_START, "1 3 2", "-", 0, 0},
    {{"2 a1 a3 b3 a2 b4", ""}, LEAT_RESTARTS_BY_STEP, "1 2", "3 4", 1, 0},
    {{"1 a1 a3 b3 a2 b4", ""}, LEAT_RESTARTS_BY_START, "1 2", "3 4", 1, 0},
    {{"a1 a3 b3 a2 b4", ""}, LEAT_RESTARTS_BY_START, "1 2", "3 4", 1, 0},
    {{"2 a1 a2 a3", "2 a2 a1 a9"}, LEAT_RESTARTS_BY_STEP, "1 9", "-", 4, 0},
    {{"2 a5 a4 a3 a2 a1", ""}, LEAT_RESTARTS_BY_STEP, "1", "-", 4, 0},
    {{"2 a5 a4 a3 a2 a1", ""}, LEAT_RESTARTS_KEPT, "5 4 3 2 1", "-", 0, 0},
    {{"2 b1 a1 a2", "2 b0 a2"}, LEAT_RESTARTS_BY_STEP, "1 2 2", "0", 1, 0},
    {{"2 a1 b1 a2 b2 a3 b3", "2 a2 b2"}, LEAT_RESTARTS_BY_STEP, "1 2", "1 2", 4, 0},
    {{"a1 a3 a2 a7 a6", "a4 a2 b1"}, LEAT_RESTARTS_BY_START, "1 2", "1", 5, 0},
    {{"a1 a3 a2", "2 a1"}, LEAT_RESTARTS_BY_STEP, "1", "-", 3, 0},
};

static void run_script(leat_buf *b, const char *script)
{
    char copy[256], *rest = copy;
    snprintf(copy, sizeof copy, "%s", script);
    for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL;) {
        int64_t step = 0;
        const char tag[2] = {word[0], '\0'};
        CHECK(leat_parse_i64(word + (word[0] > '9'), &step));
        if (word[0] <= '9')
            build_version(b, (int)step);
        else if (word[0] == 's')
            build_start(b, step);
        else
            build_scalar(b, tag, step, (float)step);
    }
}

LEAT_TEST(restarts_by_start_by_step_and_kept)
{
    for (size_t i = 0; i < LEAT_LEN(restarts); i++) {
        const char *dir = check_temp_dir();
        for (int k = 0; k < 2; k++) {
            leat_buf b = {0};
            run_script(&b, restarts[i].files[k]);
            build_save(&b, dir, k == 0 ? "tfevents.0" : "tfevents.1");
            leat_buf_free(&b);
        }
        for (int parts = 0; parts < 2; parts++) {
            leat_logdir *log = open_log(
                dir, &(leat_logdir_options){.restarts = restarts[i].mode, .part_bytes = parts ? 20 : 0});
            REQUIRE(log != NULL);
            const leat_log_run *run = leat_logdir_run(log, 0);
            CHECK_STR(steps_of(run, "a"), restarts[i].a);
            CHECK_STR(steps_of(run, "b"), restarts[i].b);
            CHECK(run->dropped == restarts[i].dropped);
            CHECK(run->n_restarts == restarts[i].restarts);
            leat_logdir_close(log);
        }
    }
}

/* The same files, growing event by event under an open log, end in the same points. */
LEAT_TEST(restarts_in_a_growing_log)
{
    for (size_t i = 0; i < LEAT_LEN(restarts); i++) {
        const char *dir = check_temp_dir();
        leat_logdir *log = open_log(dir, &(leat_logdir_options){.restarts = restarts[i].mode});
        REQUIRE(log != NULL);
        for (int k = 0; k < 2; k++) {
            leat_buf b = {0};
            char path[4200];
            run_script(&b, restarts[i].files[k]);
            snprintf(path, sizeof path, "%s/tfevents.%d", dir, k);
            FILE *f = fopen(path, "wb");
            REQUIRE(f != NULL);
            for (size_t at = 0; at < b.size; at += 11) {
                bool changed;
                fwrite(b.data + at, 1, LEAT_MIN((size_t)11, b.size - at), f);
                fflush(f);
                CHECK_OK(leat_logdir_refresh(log, &changed));
                CHECK(changed);
                CHECK_OK(leat_logdir_refresh(log, &changed));
                CHECK(!changed);
            }
            fclose(f);
            leat_buf_free(&b);
        }
        const leat_log_run *run = leat_logdir_run(log, 0);
        CHECK_STR(steps_of(run, "a"), restarts[i].a);
        CHECK_STR(steps_of(run, "b"), restarts[i].b);
        CHECK(run->dropped == restarts[i].dropped && run->n_damage == 0);
        leat_logdir_close(log);
    }
}

LEAT_TEST(restarts_count_what_they_superseded)
{
    const char *dir = check_temp_dir();
    leat_buf b = {0};
    run_script(&b, "2 s0 a1 a2 a3 a4 s3 a3 a4 s2 a2");
    build_save(&b, dir, NAME);
    leat_buf_free(&b);
    leat_logdir *log = open_log(dir, NULL);
    REQUIRE(log != NULL);
    const leat_log_run *run = leat_logdir_run(log, 0);
    REQUIRE(run->n_restarts == 2);
    CHECK(run->restarts[0].step == 3 && run->restarts[1].step == 2 && run->restarts[1].wall_time == 1002);
    CHECK(run->restarts[0].dropped + run->restarts[1].dropped == 5 && run->dropped == 5);
    leat_logdir_close(log);
}

/* ---- growing, replaced and deleted files ---- */

LEAT_TEST(logdir_refreshes)
{
    const char *dir = check_temp_dir();
    char path[4200], sub[4200];
    bool changed;
    leat_buf b = {0};
    build_version(&b, 2);
    build_scalar(&b, "x", 1, 1);
    build_save(&b, dir, "tfevents.1");
    leat_logdir *log = open_log(dir, NULL);
    REQUIRE(log != NULL);
    CHECK_STR(steps_of(leat_logdir_run(log, 0), "x"), "1");

    /* A new file at the end, a new run. */
    snprintf(sub, sizeof sub, "%s/sub", dir);
    leat_buf_clear(&b);
    build_version(&b, 2);
    build_scalar(&b, "x", 2, 1);
    build_scalar(&b, "new", 2, 1);
    build_save(&b, dir, "tfevents.2");
    build_save(&b, sub, "tfevents");
    CHECK_OK(leat_logdir_refresh(log, &changed));
    CHECK(changed && leat_logdir_runs(log) == 2);
    CHECK_STR(steps_of(leat_logdir_find_run(log, "."), "x"), "1 2");
    CHECK_STR(steps_of(leat_logdir_find_run(log, "."), "new"), "2");
    CHECK_STR(steps_of(leat_logdir_find_run(log, "sub"), "x"), "2");

    /* A file before the others: order counts, so the run is read anew. */
    leat_buf_clear(&b);
    build_version(&b, 2);
    build_scalar(&b, "x", 0, 1);
    build_save(&b, dir, "tfevents.0");
    CHECK_OK(leat_logdir_refresh(log, &changed));
    CHECK_STR(steps_of(leat_logdir_find_run(log, "."), "x"), "0 1 2");

    /* Replaced, cut, deleted. */
    build_scalar(&b, "x", 7, 1);
    build_save(&b, dir, "tfevents.1");
    CHECK_OK(leat_logdir_refresh(log, &changed));
    CHECK_STR(steps_of(leat_logdir_find_run(log, "."), "x"), "0 0 7 2");
    snprintf(path, sizeof path, "%s/tfevents.1", dir);
    CHECK(truncate(path, 10) == 0);
    CHECK_OK(leat_logdir_refresh(log, &changed));
    CHECK_STR(steps_of(leat_logdir_find_run(log, "."), "x"), "0 2");
    CHECK(leat_logdir_find_run(log, ".")->files[1].truncated);
    snprintf(path, sizeof path, "%s/sub/tfevents", dir);
    CHECK_OK(leat_file_remove(path));
    CHECK_OK(leat_logdir_refresh(log, &changed));
    CHECK(changed && leat_logdir_runs(log) == 1);
    leat_buf_free(&b);
    leat_logdir_close(log);
}

LEAT_TEST(blobs_of_a_replaced_file_are_refused)
{
    const char *dir = check_temp_dir();
    leat_buf b = {0}, out = {0};
    build_version(&b, 2);
    build_value(&b, "h", 1, LEAT_VALUE_HISTO, "", 0, NULL);
    build_save(&b, dir, NAME);
    leat_logdir *log = open_log(dir, NULL);
    REQUIRE(log != NULL);
    const leat_log_run *run = leat_logdir_run(log, 0);
    const leat_series *s = leat_log_run_find(run, LEAT_SERIES_HISTOGRAM, "h");
    REQUIRE(s != NULL);
    CHECK_OK(leat_log_run_read(run, leat_series_blobs(run, s), &out));
    CHECK(truncate(run->files[0].path, 50) == 0);
    CHECK_FAILS(leat_log_run_read(run, leat_series_blobs(run, s), &out), LEAT_ERR_DATA_LOSS, "too early");
    build_save(&b, dir, NAME);
    CHECK_FAILS(leat_log_run_read(run, leat_series_blobs(run, s), &out), LEAT_ERR_DATA_LOSS, "replaced");
    CHECK_OK(leat_file_remove(run->files[0].path));
    CHECK_FAILS(leat_log_run_read(run, leat_series_blobs(run, s), &out), LEAT_ERR_NOT_FOUND, NAME);
    leat_buf_free(&b);
    leat_buf_free(&out);
    leat_logdir_close(log);
}

/* ---- large files in parts ---- */

/* A payload that holds a whole event file: a part that begins within it must not take its records for the file's. */
LEAT_TEST(parts_are_not_misled_by_records_within_records)
{
    const char *dir = check_temp_dir();
    leat_buf inner = {0}, b = {0}, text = {0}, whole = {0};
    for (int i = 0; i < 50; i++)
        build_scalar(&inner, "false", i, (float)i);
    build_version(&b, 2);
    build_tensor(&text, LEAT_DT_STRING, "", 8, inner.data, inner.size);
    for (int i = 0; i < 20; i++) {
        build_scalar(&b, "true", i, (float)i);
        build_value(&b, "text", i, LEAT_VALUE_TENSOR, text.data, text.size, "text");
    }
    build_save(&b, dir, NAME);
    for (uint64_t part = 50; part < 20000; part = part * 3 / 2) {
        leat_logdir *log = open_log(dir, &(leat_logdir_options){.part_bytes = part, .threads = 2});
        leat_buf out = {0};
        REQUIRE(log != NULL);
        CHECK(leat_log_run_find(leat_logdir_run(log, 0), LEAT_SERIES_SCALAR, "false") == NULL);
        CHECK_OK(leat_logdir_list_json(log, append_to, &out));
        if (whole.data == NULL)
            leat_buf_puts(&whole, out.data);
        CHECK_STR(out.data, whole.data);
        CHECK(strstr(out.data, "\"n\": 20") != NULL && strstr(out.data, "\"damage\": []") != NULL);
        leat_buf_free(&out);
        leat_logdir_close(log);
    }
    leat_buf_free(&inner);
    leat_buf_free(&b);
    leat_buf_free(&text);
    leat_buf_free(&whole);
}

/* ---- without memory, without files ---- */

LEAT_TEST(logdir_when_each_allocation_fails)
{
    const char *dir = check_temp_dir();
    leat_buf b = {0};
    char sub[4200];
    run_script(&b, "2 s0 a1 a2 b2 s2 a2");
    build_value(&b, "h", 1, LEAT_VALUE_HISTO, "", 0, "histograms");
    build_event(&b, 1, 0, LEAT_EVENT_GRAPH_DEF, "\x0a\x00", 2);
    build_event(&b, 1, 0, LEAT_EVENT_TAGGED_RUN_METADATA, "\x0a\x01x\x12\x01y", 6);
    leat_buf_append(&b, "garbage, and more garbage", 25);
    run_script(&b, "a3 a1");
    build_save(&b, dir, "tfevents.0");
    snprintf(sub, sizeof sub, "%s/sub", dir);
    build_save(&b, sub, "tfevents.0");
    leat_buf_free(&b);
    size_t failed = 0;
    EACH_FAULT (f, LEAT_FAULT_ALLOC, ENOMEM) {
        leat_logdir *log;
        leat_logdir_options o = {.threads = 1 + f.nth % 2, .part_bytes = 200, .restarts = f.nth % 3};
        fault_start(&f);
        leat_status status = leat_logdir_open(&log, dir, &o);
        bool fired = fault_end(&f);
        /* Giving memory back may fail without harm. */
        CHECK(status == LEAT_OK || (fired && status == LEAT_ERR_NO_MEMORY));
        CHECK((log == NULL) == (status != LEAT_OK));
        failed += status != LEAT_OK;
        leat_logdir_close(log);
    }
    CHECK(failed > 50);
}

LEAT_TEST(refresh_and_listing_when_each_allocation_fails)
{
    const char *dir = check_temp_dir();
    leat_buf b = {0}, want = {0};
    run_script(&b, "2 s0 a1 a2 b2");
    build_save(&b, dir, "tfevents.0");
    leat_fault_disarm();
    uint64_t before = leat_live_allocations();
    bool fired = true;
    size_t failed = 0;
    char path[4200];
    snprintf(path, sizeof path, "%s/tfevents.1", dir);
    for (uint64_t nth = 1; fired && nth < 5000; nth++) {
        leat_logdir *log = open_log(dir, &(leat_logdir_options){.threads = 1});
        REQUIRE(log != NULL);
        leat_buf more = {0}, out = {0};
        bool changed;
        run_script(&more, "2 s2 a2 a3");
        build_value(&more, "h", 1, LEAT_VALUE_HISTO, "", 0, "histograms");
        build_save(&more, dir, "tfevents.1");
        leat_fault_arm(LEAT_FAULT_ALLOC, nth, ENOMEM);
        leat_status status = leat_logdir_refresh(log, &changed);
        if (status == LEAT_OK)
            status = leat_logdir_list_json(log, append_to, &out);
        fired = leat_fault_fired();
        CHECK(status == LEAT_OK || (fired && status == LEAT_ERR_NO_MEMORY));
        failed += status != LEAT_OK;
        leat_fault_disarm();
        /* A failed refresh can be repeated. */
        leat_buf_clear(&out);
        CHECK_OK(leat_logdir_refresh(log, &changed));
        CHECK_OK(leat_logdir_list_json(log, append_to, &out));
        if (want.data == NULL)
            leat_buf_puts(&want, out.data);
        CHECK_STR(out.data, want.data);
        leat_logdir_close(log);
        leat_buf_free(&more);
        leat_buf_free(&out);
        CHECK_OK(leat_file_remove(path));
    }
    CHECK(!fired && failed > 20);
    leat_buf_free(&b);
    leat_buf_free(&want);
    CHECK(leat_live_allocations() < before);
}

LEAT_TEST(logdir_when_reading_fails)
{
    const char *dir = check_temp_dir();
    leat_buf b = {0};
    run_script(&b, "2 a1 a2 a3");
    build_save(&b, dir, "tfevents.0");
    build_save(&b, dir, "tfevents.1");
    leat_buf_free(&b);
    static const struct {
        leat_fault_kind kind;
        uint64_t nth;
        int error;
        const char *steps;
    } rows[] = {
        {LEAT_FAULT_SHORT, 1, 1, "1 2 3 1 2 3"}, {LEAT_FAULT_EINTR, 1, EINTR, "1 2 3 1 2 3"},
        {LEAT_FAULT_READ, 1, EIO, "1 2 3"},      {LEAT_FAULT_READ, 2, EIO, "1 2 3"},
        {LEAT_FAULT_OPEN, 2, EACCES, "1 2 3"},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_logdir *log;
        leat_fault_arm(rows[i].kind, rows[i].nth, rows[i].error);
        CHECK_OK(leat_logdir_open(&log, dir, &(leat_logdir_options){.threads = 1}));
        CHECK(leat_fault_fired());
        REQUIRE(log != NULL);
        CHECK_STR(steps_of(leat_logdir_run(log, 0), "a"), rows[i].steps);
        CHECK((leat_logdir_run(log, 0)->n_damage > 0) == (rows[i].kind == LEAT_FAULT_READ));
        leat_buf out = {0};
        CHECK_OK(leat_logdir_list_json(log, append_to, &out));
        CHECK((strstr(out.data, "\"offset\": 0, \"reason\": \"cannot be opened\"}") != NULL) ==
              (rows[i].kind == LEAT_FAULT_OPEN));
        leat_buf_free(&out);
        leat_fault_disarm();
        leat_logdir_close(log);
    }
    leat_logdir *log;
    leat_fault_arm(LEAT_FAULT_OPEN, 1, EACCES);
    CHECK_FAILS(leat_logdir_open(&log, dir, NULL), LEAT_ERR_IO, "Permission denied");
    leat_fault_disarm();
}
