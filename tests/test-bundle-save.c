/* Saving: which checkpoints are kept, what a failure leaves, and what a crash leaves. */
#include "config.h"
#include "check.h"
#include "faults.h"
#include "bundle-numbered.h"
#include "engine/files/checkpoint-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Is `wanted`, of names with blanks between, all that is in the directory? */
static bool holds(const char *dir, const char *wanted)
{
    leat_dir_entry *entries;
    size_t count;
    leat_buf text = {0};
    if (leat_dir_list(dir, &entries, &count) != LEAT_OK)
        return false;
    for (size_t i = 0; i < count; i++)
        leat_buf_printf(&text, "%s%s", i > 0 ? " " : "", entries[i].name);
    leat_dir_free(entries, count);
    bool good = strcmp(text.data != NULL ? text.data : "", wanted) == 0;
    if (!good)
        printf("[%s] ", text.data);
    leat_buf_free(&text);
    return good;
}

/* ---- saving over ---- */

LEAT_TEST(a_prefix_can_be_saved_over)
{
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    const char *prefix = in_dir(dir, "m");
    static const char *const files[] = {
        "m.data-00000-of-00001 m.index", "m.data-00000-of-00002 m.data-00001-of-00002 m.index",
        "m.data-00000-of-00001 m.index", "m.data-00000-of-00002 m.data-00001-of-00002 m.index"};
    for (int i = 0; i < 4; i++) {
        REQUIRE_OK(save(prefix, i, 1));
        CHECK(number_of(prefix) == i);
        CHECK(holds(dir, files[i]));
    }
    REQUIRE_OK(save(prefix, 9, 2));
    CHECK(number_of(prefix) == 9 &&
          holds(dir, "m.data-00000-of-00003 m.data-00001-of-00003 m.data-00002-of-00003 m.index"));
    REQUIRE_OK(save(in_dir(dir, "new/sub/m"), 3, 1));
    CHECK(number_of(in_dir(dir, "new/sub/m")) == 3);
}

/* Sizes about those that are gathered, written at once and read at once: the data file is the tensors one after the other, and a
 * changed byte of any is found, and costs that tensor only. */
LEAT_TEST(sizes_about_the_buffers)
{
    enum { KIB = 1024, MIB = 1024 * 1024 };
    static const int64_t sizes[] = {
        1,       3,        256 * KIB - 4, 256 * KIB, 256 * KIB + 1, 0,         100, MIB,
        MIB - 1, 17 * MIB, 256 * KIB - 1, 5,         16 * MIB,      128 * KIB, 7};
    char name[32], *data = malloc(17 * MIB), *at;
    const char *prefix = in_dir(quick_dir(), "m");
    leat_bundle_writer *w;
    leat_buf file = {0}, want = {0}, text = {0};
    for (size_t i = 0; i < 17 * MIB; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    REQUIRE_OK(leat_bundle_writer_open(&w, prefix, NULL));
    for (size_t i = 0; i < LEAT_LEN(sizes); i++) {
        snprintf(name, sizeof name, "%02zu", LEAT_LEN(sizes) - i); /* not in the order of the file */
        CHECK_OK(leat_bundle_writer_add(
            w, &(leat_bundle_tensor){
                   .name = name, .dtype = LEAT_DATA_TYPE_UINT8, .rank = 1, .dims = &sizes[i], .data = data}));
        leat_buf_append(&want, data, (size_t)sizes[i]);
    }
    REQUIRE_OK(leat_bundle_writer_commit(w));
    at = leat_asprintf("%s.data-00000-of-00001", prefix);
    REQUIRE_OK(leat_file_read_all(at, 0, &file));
    CHECK(file.size == want.size && memcmp(file.data, want.data, want.size) == 0);
    size_t end = 0;
    for (size_t i = 0; i <= LEAT_LEN(sizes); end += i < LEAT_LEN(sizes) ? (size_t)sizes[i] : 0, i++) {
        bool change = i < LEAT_LEN(sizes) && sizes[i] > 0; /* the last byte of each; once none */
        leat_listing_count count;
        FILE *f = fopen(at, "r+b");
        if (change) {
            fseek(f, (long)(end + (size_t)sizes[i]) - 1, SEEK_SET);
            fputc(data[sizes[i] - 1] ^ 1, f);
            fflush(f);
        }
        leat_buf_clear(&text);
        CHECK_OK(leat_checkpoint_list(prefix, &(leat_listing){.verify = true}, &text, &count));
        CHECK(count.tensors == LEAT_LEN(sizes) && count.unreadable == change);
        snprintf(name, sizeof name, "\n%02zu  uint8[", LEAT_LEN(sizes) - i);
        if (change && i + 1 < LEAT_LEN(sizes)) {
            char *line = strstr(text.data, name);
            CHECK(line != NULL && strncmp(strchr(line, ']'), "]  UNREADABLE: ", 14) == 0);
        }
        if (change) {
            fseek(f, (long)(end + (size_t)sizes[i]) - 1, SEEK_SET);
            fputc(data[sizes[i] - 1], f);
        }
        fclose(f);
    }
    char *dir = leat_path_dir(prefix);
    remove_quick_dir(dir);
    leat_free(dir);
    leat_free(at);
    leat_buf_free(&file);
    leat_buf_free(&want);
    leat_buf_free(&text);
    free(data);
}

LEAT_TEST(what_a_writer_refuses)
{
    static const int64_t dims[] = {2}, negative[] = {-2}, huge[] = {INT64_MAX, 2};
    static const leat_bundle_extent out[] = {{1, 2}}, in[] = {{0, 1}}, rest[] = {{1, 1}};
    static const float values[2] = {1, 2};
    static const struct {
        leat_bundle_tensor t;
        leat_status status;
        const char *text;
    } rows[] = {
        {{.name = "", .dtype = 1, .data = values}, LEAT_ERR_INVALID_ARGUMENT, "without a name"},
        {{.name = "x", .dtype = 0, .data = values}, LEAT_ERR_UNIMPLEMENTED, "'x': dtype ?"},
        {{.name = "x", .dtype = 20, .data = values}, LEAT_ERR_UNIMPLEMENTED, "dtype resource"},
        {{.name = "x", .dtype = 1, .rank = 1, .dims = negative, .data = values},
         LEAT_ERR_INVALID_ARGUMENT,
         "not a shape"},
        {{.name = "x", .dtype = 1, .rank = 2, .dims = huge, .data = values},
         LEAT_ERR_INVALID_ARGUMENT,
         "not a shape"},
        {{.name = "x", .dtype = 1, .rank = 255, .dims = dims, .data = values},
         LEAT_ERR_INVALID_ARGUMENT,
         "not a shape"},
        {{.name = "x", .dtype = 1, .data = values, .shard = 1},
         LEAT_ERR_INVALID_ARGUMENT,
         "data file 1 of 1"},
        {{.name = "x", .dtype = 1, .rank = 1, .dims = dims, .slice = out, .data = values},
         LEAT_ERR_INVALID_ARGUMENT,
         "reaches out"},
        {{.name = "a", .dtype = 1, .data = values}, LEAT_ERR_ALREADY_EXISTS, "tensor 'a' is there already"},
        {{.name = "a", .dtype = 1, .rank = 1, .dims = dims, .slice = in, .data = values},
         LEAT_ERR_ALREADY_EXISTS,
         "tensor 'a' is there"},
        {{.name = "p", .dtype = 1, .rank = 1, .dims = dims, .slice = in, .data = values},
         LEAT_ERR_ALREADY_EXISTS,
         "a slice of tensor 'p'"},
        {{.name = "p", .dtype = 3, .rank = 1, .dims = dims, .slice = rest, .data = values},
         LEAT_ERR_INVALID_ARGUMENT,
         "differ in its dtype"},
        {{.name = "p", .dtype = 1, .rank = 1, .dims = dims, .data = values},
         LEAT_ERR_ALREADY_EXISTS,
         "'p' is there already"},
    };
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_bundle_writer *w;
        REQUIRE_OK(leat_bundle_writer_open(&w, in_dir(dir, "m"), NULL));
        CHECK_OK(leat_bundle_writer_add(w, &(leat_bundle_tensor){.name = "a", .dtype = 1, .data = values}));
        CHECK_OK(leat_bundle_writer_add(
            w, &(leat_bundle_tensor){
                   .name = "p", .dtype = 1, .rank = 1, .dims = dims, .slice = in, .data = values}));
        CHECK_FAILS(leat_bundle_writer_add(w, &rows[i].t), rows[i].status, rows[i].text);
        /* the failure sticks */
        CHECK_FAILS(leat_bundle_writer_add(w, &(leat_bundle_tensor){.name = "b", .dtype = 1, .data = values}),
                    rows[i].status, rows[i].text);
        CHECK_FAILS(leat_bundle_writer_commit(w), rows[i].status, rows[i].text);
        CHECK(holds(dir, ""));
    }
    leat_bundle_writer *w;
    CHECK_FAILS(leat_bundle_writer_open(&w, in_dir(dir, ""), NULL), LEAT_ERR_INVALID_ARGUMENT,
                "must end in a name");
    CHECK_FAILS(leat_bundle_writer_open(&w, "/dev/null/m", NULL), LEAT_ERR_ALREADY_EXISTS, "/dev/null");
    CHECK(mkfifo(in_dir(dir, "f.index"), 0666) == 0);
    CHECK_FAILS(save(in_dir(dir, "f"), 1, 1), LEAT_ERR_INVALID_ARGUMENT, "f.index: not a regular file");
    CHECK(holds(dir, "f.index"));
}

static void count_waiting(void *user, leat_log_level level, const char *text)
{
    *(int *)user += level == LEAT_LOG_WARNING && strstr(text, ": waiting for another writer") != NULL;
}

LEAT_TEST(who_waits_for_a_writer_is_told_once)
{
    leat_file lock, second;
    int told = 0;
    const char *dir = check_temp_dir();
    REQUIRE_OK(leat_dir_lock(&lock, dir, 0));
    leat_set_log(count_waiting, &told);
    CHECK_FAILS(leat_dir_lock(&second, dir, 0.6), LEAT_ERR_FAILED_PRECONDITION, "another writer holds");
    leat_set_log(NULL, NULL);
    CHECK(told == 1);
    CHECK_OK(leat_file_close(&lock));
}

LEAT_TEST(writers_exclude_each_other)
{
    leat_file lock;
    const char *dir = check_temp_dir();
    REQUIRE_OK(leat_dir_lock(&lock, dir, 0));
    leat_file second;
    CHECK_FAILS(leat_dir_lock(&second, dir, 0.03), LEAT_ERR_FAILED_PRECONDITION, "another writer holds");
    CHECK_OK(leat_file_close(&lock));
    CHECK_OK(leat_dir_lock(&second, dir, 0));
    CHECK_OK(leat_file_close(&second));
}

LEAT_TEST(temporary_files_are_swept)
{
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    static const char *const names[] = {"x.leat-save-12-0", "m.index.leat-save-9999999-3",
                                        "y.leat-save-",     ".leat-save-1-1",
                                        "z.leat-save-1-1x", "w.leat-tmp-1-1"};
    for (size_t i = 0; i < LEAT_LEN(names); i++)
        CHECK_OK(leat_file_replace(in_dir(dir, names[i]), "x", 1, false));
    REQUIRE_OK(save(in_dir(dir, "m"), 1, 1));
    CHECK(holds(dir,
                ".leat-save-1-1 m.data-00000-of-00001 m.index w.leat-tmp-1-1 y.leat-save- z.leat-save-1-1x"));
}

/* ---- merging ---- */

LEAT_TEST(merging_needs_parts_that_fit)
{
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    static const float value = 1;
    for (int i = 0; i < 3; i++) {
        leat_bundle_writer *w;
        REQUIRE_OK(leat_bundle_writer_open(&w,
                                           in_dir(dir, i == 0   ? "t/a"
                                                       : i == 1 ? "t/b"
                                                                : "t/c"),
                                           &(leat_bundle_options){.staged = true}));
        CHECK_OK(leat_bundle_writer_add(
            w, &(leat_bundle_tensor){.name = i == 0 ? "x" : "y", .dtype = 1, .data = &value}));
        REQUIRE_OK(leat_bundle_writer_commit(w));
    }
    char paths[3][4200];
    const char *parts[3];
    for (int i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/t/%c", dir, 'a' + i);
        parts[i] = paths[i];
    }
    CHECK_FAILS(leat_bundle_merge(parts, 3, in_dir(dir, "m"), true), LEAT_ERR_ALREADY_EXISTS,
                "tensor 'y' is there already");
    CHECK(holds(in_dir(dir, "t"),
                "a.data-00000-of-00001 a.index b.data-00000-of-00001 b.index c.data-00000-of-00001 c.index"));
    CHECK(holds(dir, "t"));
    for (int i = 0; i < 2; i++) { /* the second time over itself: a file more, which is empty */
        REQUIRE_OK(leat_bundle_merge(parts, 2, in_dir(dir, "m"), true));
        CHECK(holds(dir,
                    i == 0 ? "m.data-00000-of-00002 m.data-00001-of-00002 m.index t"
                           : "m.data-00000-of-00003 m.data-00001-of-00003 m.data-00002-of-00003 m.index t"));
        CHECK(holds(in_dir(dir, "t"), "c.data-00000-of-00001 c.index"));
        for (int k = 0; k < 2 && i == 0; k++) {
            leat_bundle_writer *w;
            REQUIRE_OK(leat_bundle_writer_open(&w, parts[k], &(leat_bundle_options){.staged = true}));
            CHECK_OK(leat_bundle_writer_add(
                w, &(leat_bundle_tensor){.name = k ? "x" : "y", .dtype = 1, .data = &value}));
            REQUIRE_OK(leat_bundle_writer_commit(w));
        }
    }
    leat_listing_count count;
    leat_buf text = {0};
    CHECK_OK(leat_checkpoint_list(in_dir(dir, "m"), &(leat_listing){.verify = true}, &text, &count));
    CHECK(count.tensors == 2 && count.unreadable == 0 && count.shards == 3);
    leat_buf_free(&text);
    CHECK_FAILS(leat_bundle_merge(parts, 1, in_dir(dir, "m"), true), LEAT_ERR_NOT_FOUND, "t/a.index");
}

/* ---- keeping ---- */

static void publish(leat_checkpoint_keeper *k, const char *dir, int n, double now)
{
    char name[32];
    snprintf(name, sizeof name, "m-%d", n);
    REQUIRE_OK(save(in_dir(dir, name), n, 1));
    strcat(name, ".meta");
    CHECK_OK(leat_file_replace(in_dir(dir, name), "", 0, false));
    name[strlen(name) - 5] = 0;
    REQUIRE_OK(leat_checkpoint_keeper_add(k, in_dir(dir, name), now));
}

#define FILES(n_) "m-" #n_ ".data-00000-of-00001 m-" #n_ ".index m-" #n_ ".meta"

LEAT_TEST(the_newest_are_kept)
{
    char dir[4000], *latest;
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    leat_checkpoint_keeper k;
    leat_checkpoint_keeper_init(&k, 2, 0, 1000);
    for (int n = 1; n <= 4; n++)
        publish(&k, dir, n, 1000 + n);
    CHECK(holds(dir, "checkpoint " FILES(3) " " FILES(4)));
    publish(&k, dir, 3, 1010); /* again: it becomes the newest; its data file gets another number */
    CHECK(k.state.count == 2 && strcmp(k.state.items[0].name, "m-4") == 0);
    leat_checkpoint_keeper_free(&k);
    leat_buf text = {0};
    CHECK_OK(leat_file_read_all(in_dir(dir, "checkpoint"), 0, &text));
    CHECK_STR(text.data, "model_checkpoint_path: \"m-3\"\nall_model_checkpoint_paths: \"m-4\"\n"
                         "all_model_checkpoint_paths: \"m-3\"\nall_model_checkpoint_timestamps: 1004\n"
                         "all_model_checkpoint_timestamps: 1010\n");
    leat_buf_free(&text);

    /* another process goes on */
    leat_checkpoint_keeper_init(&k, 2, 0, 2000);
    publish(&k, dir, 5, 2001);
    CHECK(k.state.count == 2);
    CHECK(holds(dir,
                "checkpoint m-3.data-00000-of-00002 m-3.data-00001-of-00002 m-3.index m-3.meta " FILES(5)));
    CHECK_OK(leat_checkpoint_latest(dir, &latest));
    CHECK_STR(latest, in_dir(dir, "m-5"));
    leat_free(latest);
    leat_checkpoint_keeper_free(&k);
}

/* Whoever writes in turn: each counts what the others have. */
LEAT_TEST(two_savers_share_a_directory)
{
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    leat_checkpoint_keeper a, b;
    leat_checkpoint_keeper_init(&a, 3, 0, 1000);
    leat_checkpoint_keeper_init(&b, 3, 0, 1000);
    for (int n = 1; n <= 6; n++)
        publish(n % 2 == 0 ? &a : &b, dir, n, 1000 + n);
    CHECK(holds(dir, "checkpoint " FILES(4) " " FILES(5) " " FILES(6)));
    /* Somebody's state file names its own only, as a new tf.train.Saver's does. */
    static const char state[] = "model_checkpoint_path: 'm-6' all_model_checkpoint_paths: 'm-6'";
    REQUIRE_OK(leat_file_replace(in_dir(dir, "checkpoint"), state, strlen(state), false));
    publish(&a, dir, 7, 1007);
    CHECK(holds(dir, "checkpoint " FILES(5) " " FILES(6) " " FILES(7)));
    REQUIRE_OK(leat_file_replace(in_dir(dir, "checkpoint"), "{", 1, false));
    publish(&a, dir, 8, 1008);
    CHECK(holds(dir, "checkpoint " FILES(6) " " FILES(7) " " FILES(8)));
    leat_checkpoint_keeper_free(&a);
    leat_checkpoint_keeper_free(&b);
}

LEAT_TEST(all_are_kept)
{
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    leat_checkpoint_keeper k;
    leat_checkpoint_keeper_init(&k, 0, 0, 1000);
    for (int n = 1; n <= 3; n++)
        publish(&k, dir, n, 1000 + n);
    CHECK(holds(dir, "checkpoint " FILES(1) " " FILES(2) " " FILES(3)));
    CHECK(k.state.count == 1 && strcmp(k.state.latest, "m-3") == 0);
    leat_checkpoint_keeper_free(&k);
}

/* As tf.train.Saver: one that is about to go stays for good if it is younger than the next hour's mark. */
LEAT_TEST(one_is_kept_every_n_hours)
{
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    leat_checkpoint_keeper k;
    leat_checkpoint_keeper_init(&k, 1, 2, 0);
    publish(&k, dir, 1, 3600);  /* goes: 1 h */
    publish(&k, dir, 2, 7201);  /* stays: past 2 h */
    publish(&k, dir, 3, 10000); /* goes: before 4 h */
    leat_checkpoint_keeper_free(&k);
    leat_checkpoint_keeper_init(&k, 1, 2, 1e9); /* the mark is in the state file */
    publish(&k, dir, 4, 14402);                 /* stays: 2 h after 7201 */
    publish(&k, dir, 5, 14500);
    CHECK(holds(dir, "checkpoint " FILES(2) " " FILES(4) " " FILES(5)));
    leat_checkpoint_keeper_free(&k);
}

/* TensorFlow's Saver writes no times: those of the files count, as when it recovers itself. */
LEAT_TEST(times_that_nobody_wrote)
{
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    REQUIRE_OK(save(in_dir(dir, "m-1"), 1, 1));
    REQUIRE(utimensat(AT_FDCWD, in_dir(dir, "m-1.index"), (struct timespec[]){{5000, 0}, {5000, 0}}, 0) == 0);
    static const char state[] = "model_checkpoint_path: 'm-1' all_model_checkpoint_paths: 'm-1'";
    REQUIRE_OK(leat_file_replace(in_dir(dir, "checkpoint"), state, strlen(state), false));
    leat_checkpoint_keeper k;
    leat_checkpoint_keeper_init(&k, 1, 1, 0); /* an hour's mark is at 3600 */
    publish(&k, dir, 2, 6000);
    CHECK(leat_checkpoint_exists(in_dir(dir, "m-1"))); /* kept for good */
    CHECK(k.state.preserved == 5000);
    leat_checkpoint_keeper_free(&k);
}

/* ---- what a path stands for ---- */

LEAT_TEST(paths_of_a_checkpoint)
{
    static const char state[] = "model_checkpoint_path: \"m-2\"\n";
    static const struct {
        const char *path, *prefix; /* NULL: none; no checkpoint is meant */
    } rows[] = {
        {"m-1", "m-1"},
        {"m-1.index", "m-1"},
        {"m-1.data-00000-of-00002", "m-1"},
        {"m-1.data-00001-of-00002", "m-1"},
        {"m-1.data-00002-of-00002", NULL}, /* not there */
        {"m-1.data-0-of-00002", NULL},
        {"m-1.meta", NULL},
        {"", "m-2"},
        {"checkpoint", "m-2"},
        {"other_state", "m-1"},     /* Saver.save(latest_filename=...) */
        {"odd.index", "odd.index"}, /* odd.index.index is there */
        {"m-3", NULL},
    };
    char dir[4000], path[4200], want[4200];
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    REQUIRE_OK(save(in_dir(dir, "m-1"), 1, 2));
    REQUIRE_OK(save(in_dir(dir, "m-2"), 2, 1));
    REQUIRE_OK(save(in_dir(dir, "odd.index"), 3, 1));
    REQUIRE_OK(leat_file_replace(in_dir(dir, "m-1.meta"), "\n", 1, false));
    REQUIRE_OK(leat_file_replace(in_dir(dir, "checkpoint"), state, strlen(state), false));
    REQUIRE_OK(leat_file_replace(in_dir(dir, "other_state"), "model_checkpoint_path: 'm-1'", 28, false));
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char *prefix = NULL;
        snprintf(path, sizeof path, "%s/%s", dir, rows[i].path);
        snprintf(want, sizeof want, "%s/%s", dir, rows[i].prefix != NULL ? rows[i].prefix : "");
        if (rows[i].path[0] != 0)
            CHECK(leat_checkpoint_is_one(path) == (rows[i].prefix != NULL));
        if (rows[i].prefix == NULL)
            continue;
        REQUIRE_OK(leat_checkpoint_resolve(path, &prefix));
        CHECK_STR(prefix, want);
        leat_free(prefix);
    }
}

/* ---- each call fails, once ---- */

static const struct fault_kind {
    leat_fault_kind kind;
    int error;
    bool fatal; /* the save must fail */
} fault_kinds[] = {
    {LEAT_FAULT_ALLOC, ENOMEM, true}, {LEAT_FAULT_OPEN, EMFILE, true}, {LEAT_FAULT_READ, EIO, true},
    {LEAT_FAULT_WRITE, ENOSPC, true}, {LEAT_FAULT_SHORT, 1, false},    {LEAT_FAULT_EINTR, 1, false},
    {LEAT_FAULT_SYNC, EIO, true},     {LEAT_FAULT_RENAME, EIO, true},  {LEAT_FAULT_CLOSE, EIO, true},
};

/* A call fails in a save over a checkpoint, or beside it. Whatever the save says, one of the two is
 * whole and found; where it failed before the commit, the old one and no temporary file. */
static void save_with_fault(fault_rounds *f, const char *name)
{
    char dir[4000], *latest = NULL;
    snprintf(dir, sizeof dir, "%s", quick_dir());
    CHECK_OK(save_and_publish(dir, "m", 1, 1));
    leat_clear_message();
    fault_start(f);
    leat_status status = save_and_publish(dir, name, 2, 1);
    CHECK(fault_end(f) ? status == LEAT_OK || leat_message()[0] != 0 : status == LEAT_OK);
    REQUIRE_OK(leat_checkpoint_latest(dir, &latest));
    int number = number_of(latest);
    CHECK(status == LEAT_OK ? number == 2 : number == 1 || number == 2);
    leat_free(latest);
    leat_dir_entry *entries;
    size_t count;
    REQUIRE_OK(leat_dir_list(dir, &entries, &count));
    for (size_t i = 0; i < count; i++)
        CHECK(strstr(entries[i].name, "leat-save") == NULL);
    leat_dir_free(entries, count);
    CHECK_OK(save_and_publish(dir, name, 3, 1)); /* and all goes on */
    CHECK(number_of(in_dir(dir, name)) == 3);
    remove_quick_dir(dir);
}

LEAT_TEST(each_call_can_fail)
{
    for (size_t i = 0; i < LEAT_LEN(fault_kinds); i++)
        for (int over = 0; over < 2; over++)
            EACH_FAULT (f, fault_kinds[i].kind, fault_kinds[i].error) {
                save_with_fault(&f, over ? "m" : "new");
                CHECK(f.fired || f.nth > 3);
            }
}

/* What did not reach the disk for certain is not saved: no failure of these calls in a save alone is passed over. Files
 * that are only read (the verification's, the lock) may fail to close. */
LEAT_TEST(what_must_not_fail)
{
    static const struct {
        leat_fault_kind kind;
        int error;
        uint64_t calls;                    /* that must succeed: of two data files and an index */
    } rows[] = {{LEAT_FAULT_SYNC, EIO, 5}, /* with the directory twice */
                {LEAT_FAULT_CLOSE, EIO, 3},
                {LEAT_FAULT_WRITE, ENOSPC, 3},
                {LEAT_FAULT_RENAME, EIO, 3}};
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        uint64_t failed = 0;
        EACH_FAULT (f, rows[i].kind, rows[i].error) {
            char dir[4000];
            snprintf(dir, sizeof dir, "%s", quick_dir());
            fault_start(&f);
            leat_status status = save(in_dir(dir, "m"), 1, 2);
            bool fired = fault_end(&f);
            CHECK(fired || status == LEAT_OK);
            failed += status != LEAT_OK;
            remove_quick_dir(dir);
        }
        if (!CHECK(failed >= rows[i].calls))
            printf("[kind %d: %llu] ", (int)rows[i].kind, (unsigned long long)failed);
    }
}

/* A temporary name that somebody took, be it to have another file overwritten, is left alone. (Where writers hold the lock they sweep
 * such names first; staged ones do not.) */
LEAT_TEST(temporary_names_are_not_followed)
{
    char dir[4000], name[200], victim[4200], text[8] = "";
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    snprintf(victim, sizeof victim, "%s/victim", dir);
    REQUIRE_OK(leat_file_replace(victim, "kept", 4, false));
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s.leat-save-%ld-0", i == 0 ? "m.data-00000-of-00001" : "m.index",
                 (long)getpid());
        REQUIRE(symlink(victim, in_dir(dir, name)) == 0);
    }
    leat_bundle_writer *w;
    static const int32_t value = 5;
    REQUIRE_OK(leat_bundle_writer_open(&w, in_dir(dir, "m"), &(leat_bundle_options){.staged = true}));
    CHECK_OK(leat_bundle_writer_add(
        w, &(leat_bundle_tensor){.name = "x", .dtype = LEAT_DATA_TYPE_INT32, .data = &value}));
    CHECK_OK(leat_bundle_writer_commit(w));
    FILE *f = fopen(victim, "r");
    REQUIRE(f != NULL && fgets(text, sizeof text, f) != NULL);
    fclose(f);
    CHECK_STR(text, "kept");
}

/* Two parts, with value n in each; then merged. */
static void stage(const char *dir, int n)
{
    for (int i = 0; i < 2; i++) {
        leat_bundle_writer *w;
        REQUIRE_OK(leat_bundle_writer_open(&w, in_dir(dir, i == 0 ? "part-0" : "part-1"),
                                           &(leat_bundle_options){.staged = true}));
        CHECK_OK(leat_bundle_writer_add(
            w, &(leat_bundle_tensor){.name = i == 0 ? "x" : "y", .dtype = LEAT_DATA_TYPE_INT32, .data = &n}));
        CHECK_OK(leat_bundle_writer_commit(w));
    }
}

static leat_status merge(const char *dir)
{
    char paths[2][4200];
    snprintf(paths[0], sizeof paths[0], "%s/part-0", dir);
    snprintf(paths[1], sizeof paths[1], "%s/part-1", dir);
    return leat_bundle_merge((const char *const[]){paths[0], paths[1]}, 2, in_dir(dir, "m"), false);
}

static int merged_number(const char *dir)
{
    leat_bundle *b;
    leat_bundle_entry e = {0};
    int32_t x = -1, y = -2;
    if (leat_bundle_open(&b, in_dir(dir, "m")) != LEAT_OK)
        return -1;
    bool good = leat_bundle_find(b, "x", 1, &e) == LEAT_OK &&
                leat_bundle_read(b, &e, NULL, &x, 4) == LEAT_OK &&
                leat_bundle_find(b, "y", 1, &e) == LEAT_OK && leat_bundle_read(b, &e, NULL, &y, 4) == LEAT_OK;
    leat_bundle_entry_free(&e);
    leat_bundle_close(b);
    return good && x == y ? x : -1;
}

/* Before the commit a failure puts the parts back, so that the merge can be tried again. */
static void merge_with_fault(fault_rounds *f)
{
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", quick_dir());
    stage(dir, 1);
    CHECK_OK(merge(dir));
    stage(dir, 2);
    leat_clear_message();
    fault_start(f);
    leat_status status = merge(dir);
    CHECK(fault_end(f) ? status == LEAT_OK || leat_message()[0] != 0 : status == LEAT_OK);
    int number = merged_number(dir);
    CHECK(status == LEAT_OK ? number == 2 : number == 1 || number == 2);
    if (number == 1)
        CHECK_OK(merge(dir));
    CHECK(merged_number(dir) == 2);
    remove_quick_dir(dir);
}

LEAT_TEST(each_call_of_a_merge_can_fail)
{
    for (size_t i = 0; i < LEAT_LEN(fault_kinds); i++)
        EACH_FAULT (f, fault_kinds[i].kind, fault_kinds[i].error) {
            merge_with_fault(&f);
            CHECK(f.fired || f.nth > 1);
        }
}

LEAT_TEST(each_call_of_a_reader_can_fail)
{
    const char *prefix = in_dir(check_temp_dir(), "m");
    REQUIRE_OK(save(prefix, 7, 2));
    for (size_t i = 0; i < LEAT_LEN(fault_kinds); i++)
        EACH_FAULT (f, fault_kinds[i].kind, fault_kinds[i].error) {
            leat_listing_count count;
            leat_buf text = {0};
            fault_start(&f);
            leat_status status =
                leat_checkpoint_list(prefix, &(leat_listing){.json = true, .verify = true}, &text, &count);
            if (fault_end(&f) && fault_kinds[i].fatal && fault_kinds[i].kind != LEAT_FAULT_CLOSE)
                CHECK(status != LEAT_OK || count.unreadable > 0);
            else
                CHECK(status == LEAT_OK && count.unreadable == 0 && count.tensors == 4);
            leat_buf_free(&text);
        }
}
