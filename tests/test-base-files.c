/* test-base-files.c - files, directories, paths and their faults; checksums. */
#include "config.h"
#include "check.h"
#include "base/base-private.h"
#include "base/crc-private.h"
#include "base/fault-private.h"
#include "base/file-private.h"
#include "base/sha256-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *in_dir(const char *dir, const char *name)
{
    static char path[4][4200];
    static unsigned next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

/* ---- files ---- */

LEAT_TEST(file_write_and_read)
{
    const char *dir = check_temp_dir();
    char *path = in_dir(dir, "f");
    uint64_t before = leat_live_allocations();
    leat_file f;
    REQUIRE_OK(leat_file_create(&f, path, true));
    CHECK_OK(leat_file_write(&f, "hello world", 11));
    CHECK_OK(leat_file_truncate(&f, 6));
    CHECK_OK(leat_file_write(&f, "there", 5));
    CHECK_OK(leat_file_sync(&f));
    CHECK_OK(leat_file_close(&f));
    CHECK_OK(leat_file_close(&f));
    CHECK_FAILS(leat_file_create(&f, path, true), LEAT_ERR_ALREADY_EXISTS, path);

    REQUIRE_OK(leat_file_open(&f, path));
    char text[20] = {0};
    size_t got;
    CHECK(f.size == 11);
    CHECK_OK(leat_file_read_at(&f, 2, text, 9));
    CHECK_STR(text, "llo there");
    CHECK_FAILS(leat_file_read_at(&f, 8, text, 10), LEAT_ERR_DATA_LOSS,
                ":11: the file ends 7 bytes too early");
    CHECK_OK(leat_file_read_some(&f, 8, text, 10, &got));
    CHECK(got == 3);
    CHECK_OK(leat_file_read_some(&f, UINT64_MAX, text, 10, &got));
    CHECK(got == 0);
    leat_file_close(&f);

    leat_buf b = {0};
    CHECK_OK(leat_file_read_all(path, 11, &b));
    CHECK_STR(b.data, "hello there");
    CHECK_FAILS(leat_file_read_all(path, 10, &b), LEAT_ERR_OUT_OF_RANGE, "limit of 10");
    leat_buf_free(&b);
    CHECK_OK(leat_file_remove(path));
    CHECK_FAILS(leat_file_remove(path), LEAT_ERR_NOT_FOUND, "No such file");
    CHECK_FAILS(leat_file_open(&f, path), LEAT_ERR_NOT_FOUND, path);
    CHECK(leat_live_allocations() == before);
}

LEAT_TEST(file_refuses_what_is_no_file)
{
    const char *dir = check_temp_dir();
    leat_file f;
    CHECK_FAILS(leat_file_open(&f, dir), LEAT_ERR_INVALID_ARGUMENT, "is a directory");
    CHECK_FAILS(leat_file_open(&f, "/dev/null"), LEAT_ERR_INVALID_ARGUMENT, "not a regular file");
    char *fifo = in_dir(dir, "fifo");
    REQUIRE(mkfifo(fifo, 0600) == 0);
    CHECK_FAILS(leat_file_open(&f, fifo), LEAT_ERR_INVALID_ARGUMENT, "not a regular file");
    CHECK(f.fd == -1);
    CHECK_OK(leat_file_close(&f));
}

LEAT_TEST(file_faults)
{
    const char *dir = check_temp_dir();
    char *path = in_dir(dir, "f");
    uint64_t before = leat_live_allocations();
    static const struct row {
        leat_fault_kind kind;
        int error, fails;
    } rows[] = {
        {LEAT_FAULT_WRITE, ENOSPC, 1}, {LEAT_FAULT_WRITE, EIO, 1},   {LEAT_FAULT_SHORT, 1, 0},
        {LEAT_FAULT_EINTR, EINTR, 0},  {LEAT_FAULT_SYNC, EIO, 1},    {LEAT_FAULT_RENAME, EACCES, 1},
        {LEAT_FAULT_CLOSE, EIO, 1},    {LEAT_FAULT_OPEN, EMFILE, 1}, {LEAT_FAULT_ALLOC, ENOMEM, 1},
    };
    REQUIRE_OK(leat_file_replace(path, "old", 3, true));
    for (size_t i = 0; i < 2 * LEAT_LEN(rows); i++) {
        leat_buf b = {0};
        bool durable = i < LEAT_LEN(rows);
        const struct row *r = &rows[i % LEAT_LEN(rows)];
        if (r->kind == LEAT_FAULT_SYNC && !durable)
            continue;
        leat_fault_arm(r->kind, 1, r->error);
        leat_status status = leat_file_replace(path, "newer", 5, durable);
        CHECK(leat_fault_fired());
        CHECK((status != LEAT_OK) == r->fails);
        leat_fault_disarm();
        CHECK_OK(leat_file_read_all(path, 0, &b));
        CHECK_STR(b.data, r->fails ? "old" : "newer");
        leat_buf_free(&b);
        CHECK_OK(leat_file_replace(path, "old", 3, false));
        leat_dir_entry *entries;
        size_t count;
        CHECK_OK(leat_dir_list(dir, &entries, &count));
        CHECK(count == 1);
        leat_dir_free(entries, count);
    }
    for (int i = 0; i < 3; i++) {
        leat_buf b = {0};
        leat_fault_arm(i == 0 ? LEAT_FAULT_READ : i == 1 ? LEAT_FAULT_SHORT : LEAT_FAULT_EINTR, 1, EIO);
        leat_status status = leat_file_read_all(path, 0, &b);
        CHECK(leat_fault_fired() && (status == LEAT_OK) == (i > 0));
        if (i > 0)
            CHECK_STR(b.data, "old");
        leat_buf_free(&b);
    }
    leat_fault_disarm();
    CHECK(leat_live_allocations() == before);
}

struct entries_meanwhile {
    const char *dir;
    size_t count;
    leat_status ends;
};

static leat_status write_and_count(void *user, leat_file *f)
{
    struct entries_meanwhile *m = user;
    leat_dir_entry *entries;
    LEAT_TRY(leat_file_write(f, "new", 3));
    LEAT_TRY(leat_dir_list(m->dir, &entries, &m->count));
    leat_dir_free(entries, m->count);
    return m->ends != LEAT_OK ? leat_fail(m->ends, "%s: no more", f->path) : LEAT_OK;
}

/* Who is killed while it writes leaves nothing behind, where the file system has files without names. */
LEAT_TEST(a_file_has_no_name_before_it_is_whole)
{
    const char *dir = check_temp_dir();
    char *path = in_dir(dir, "f"), says[400];
    int fd = open(dir, O_TMPFILE | O_WRONLY, 0600);
    if (fd >= 0)
        close(fd);
    if (fd < 0 || access("/proc/self/fd", X_OK) != 0) /* which name them afterwards */
        SKIP("no files without names here");
    struct entries_meanwhile m = {.dir = dir};
    CHECK_OK(leat_file_replace_by(path, write_and_count, &m, false));
    CHECK(m.count == 0 && leat_path_kind_of(path) == LEAT_PATH_FILE);
    /* another process of this id left the first temporary name behind */
    char *left = leat_asprintf("%s" LEAT_TEMP_INFIX "%ld-0", path, (long)getpid());
    CHECK_OK(leat_file_replace(left, "kept", 4, true));
    CHECK_OK(leat_file_replace_by(path, write_and_count, &m, false));
    CHECK(m.count == 2 && leat_path_kind_of(left) == LEAT_PATH_FILE);
    CHECK_OK(leat_file_remove(left));
    /* failures call the file as its user does */
    m.ends = LEAT_ERR_IO;
    snprintf(says, sizeof says, "%s: no more", path);
    for (int durable = 0; durable < 2; durable++) {
        CHECK_FAILS(leat_file_replace_by(path, write_and_count, &m, durable), LEAT_ERR_IO, says);
        CHECK_OK(leat_file_remove(path));
        m.ends = LEAT_OK;
        CHECK_OK(leat_file_replace_by(path, write_and_count, &m, false));
        CHECK(m.count == 0);
        m.ends = LEAT_ERR_IO;
    }
    leat_free(left);
}

static void note_sync(void *user, const leat_trace_event *e)
{
    if (e->kind == LEAT_TRACE_DIR_SYNC)
        leat_buf_printf(user, "%s ", leat_path_base(e->path));
}

/* What is no file is written to, and is there afterwards; a name for what is open is such a name. */
LEAT_TEST(what_is_no_file_is_not_replaced)
{
    const char *dir = check_temp_dir();
    char fifo[1024], name[64], bytes[8] = "";
    struct stat st;
    snprintf(fifo, sizeof fifo, "%s/fifo", dir);
    REQUIRE(mkfifo(fifo, 0600) == 0);
    CHECK_FAILS(leat_file_replace(fifo, "new", 3, true), LEAT_ERR_IO, "fifo: No such device or address");
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    REQUIRE(reader >= 0);
    CHECK_OK(leat_file_replace(fifo, "new", 3, true));
    CHECK(read(reader, bytes, sizeof bytes) == 3 && strcmp(bytes, "new") == 0);
    CHECK(stat(fifo, &st) == 0 && S_ISFIFO(st.st_mode));
    close(reader);

    const char *path = in_dir(dir, "opened");
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    REQUIRE(fd >= 0);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (access(name, W_OK) != 0)
        SKIP("no /proc here");
    CHECK_OK(leat_file_replace(name, "new", 3, false));
    CHECK(pread(fd, bytes, sizeof bytes, 0) == 3 && fstat(fd, &st) == 0 && st.st_nlink == 1);
    close(fd);
}

LEAT_TEST(directories)
{
    const char *dir = check_temp_dir();
    char *deep = in_dir(dir, "a//b/c/");
    leat_buf synced = {0};
    leat_trace_files(note_sync, &synced);
    CHECK_OK(leat_dir_make(in_dir(dir, "a"), false));
    CHECK(synced.size == 0);
    CHECK_OK(leat_dir_make(in_dir(dir, "a/b/c"), true));
    CHECK_OK(leat_dir_make(deep, true)); /* there already */
    leat_trace_files(NULL, NULL);
    CHECK_STR(synced.data, "a b ");
    leat_buf_free(&synced);
    CHECK(leat_path_kind_of(deep) == LEAT_PATH_DIR);
    REQUIRE_OK(leat_file_replace(in_dir(dir, "z"), "12", 2, false));
    REQUIRE(symlink("nowhere", in_dir(dir, "link")) == 0 && symlink("z", in_dir(dir, "y")) == 0);
    CHECK_FAILS(leat_dir_make(in_dir(dir, "z/q"), false), LEAT_ERR_NOT_FOUND, "Not a directory");
    CHECK_FAILS(leat_dir_make(in_dir(dir, "z"), false), LEAT_ERR_ALREADY_EXISTS, "not a directory");
    CHECK_FAILS(leat_dir_make("", false), LEAT_ERR_NOT_FOUND, "");
    /* where no directory can be made, the reason is that, not that there is none yet */
    if (leat_path_kind_of("/sys/kernel") == LEAT_PATH_DIR) /* it is mounted */
        CHECK_FAILS(leat_dir_make("/sys/leat-test/a", false), LEAT_ERR_IO, "/sys/leat-test/a: ");
    leat_dir_entry *e;
    size_t count;
    REQUIRE_OK(leat_dir_list(dir, &e, &count));
    REQUIRE(count == 4);
    CHECK(strcmp(e[0].name, "a") == 0 && e[0].is_dir && !e[0].is_file);
    CHECK(strcmp(e[1].name, "link") == 0 && !e[1].is_dir && !e[1].is_file);
    CHECK(strcmp(e[2].name, "y") == 0 && e[2].is_file && e[2].size == 2);
    CHECK(strcmp(e[3].name, "z") == 0 && e[3].is_file && e[3].mtime > 1.5e9);
    leat_dir_free(e, count);
    CHECK_FAILS(leat_dir_list(in_dir(dir, "none"), &e, &count), LEAT_ERR_NOT_FOUND, "none");
    CHECK(e == NULL && count == 0);
    leat_fault_disarm();
    uint64_t before = leat_live_allocations();
    for (uint64_t nth = 1; nth <= 5; nth++) {
        leat_fault_arm(LEAT_FAULT_ALLOC, nth, ENOMEM);
        CHECK_FAILS(leat_dir_list(dir, &e, &count), LEAT_ERR_NO_MEMORY, "out of memory");
    }
    leat_fault_disarm();
    CHECK(leat_live_allocations() == before);
}

LEAT_TEST(paths)
{
    static const struct {
        const char *dir, *name, *joined;
    } joins[] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {".", "b", "b"}, {"", "b", "b"}, {"/", "b", "/b"}};
    for (size_t i = 0; i < LEAT_LEN(joins); i++) {
        char *p = leat_path_join(joins[i].dir, joins[i].name);
        CHECK_STR(p, joins[i].joined);
        leat_free(p);
    }
    static const struct {
        const char *path, *dir, *base;
    } splits[] = {{"a/b/c", "a/b", "c"}, {"c", ".", "c"}, {"/c", "/", "c"}, {"a/", "a", ""}};
    for (size_t i = 0; i < LEAT_LEN(splits); i++) {
        char *d = leat_path_dir(splits[i].path);
        CHECK_STR(d, splits[i].dir);
        CHECK_STR(leat_path_base(splits[i].path), splits[i].base);
        leat_free(d);
    }
}

/* ---- checksums ---- */

LEAT_TEST(crc32c_of_known_bytes)
{
    char zeros[32] = {0}, bytes[1000];
    CHECK(leat_crc32c("123456789", 9) == 0xe3069283);
    CHECK(leat_crc32c(zeros, 32) == 0x8a9136aa); /* RFC 3720, B.4 */
    CHECK(leat_crc32c(NULL, 0) == 0);
    CHECK(leat_crc32c_unmask(leat_crc32c_mask(0x12345678)) == 0x12345678);
    CHECK(leat_crc32c_mask(0) == 0xa282ead8);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * i >> 3);
    uint32_t whole = leat_crc32c(bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut += 13) {
        uint32_t head = leat_crc32c(bytes, cut), tail = leat_crc32c(bytes + cut, sizeof bytes - cut);
        CHECK(leat_crc32c_extend(head, bytes + cut, sizeof bytes - cut) == whole);
        CHECK(leat_crc32c_combine(head, tail, sizeof bytes - cut) == whole);
    }
}

/* FIPS 180-4's examples, and every way to cut one message in two. */
LEAT_TEST(sha256_of_known_bytes)
{
    static const struct {
        const char *text;
        unsigned times;
        const char *hex;
    } rows[] = {
        {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    leat_sha256 s;
    char hex[65], first[65], bytes[300];
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_sha256_init(&s);
        for (unsigned k = 0; k < rows[i].times; k++)
            leat_sha256_update(&s, rows[i].text, strlen(rows[i].text));
        leat_sha256_hex(&s, hex);
        CHECK_STR(hex, rows[i].hex);
    }
    memset(bytes, 'q', sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        leat_sha256_init(&s);
        leat_sha256_update(&s, bytes, cut);
        leat_sha256_update(&s, bytes + cut, sizeof bytes - cut);
        leat_sha256_hex(&s, cut == 0 ? first : hex);
        CHECK(cut == 0 || strcmp(first, hex) == 0);
    }
}
