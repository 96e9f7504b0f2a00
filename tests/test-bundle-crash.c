/* What a crash leaves of checkpoints: the process is killed, or the machine is. A checkpoint that was reported as
 * committed must always be found, whole; or one that was saved after it. */
#include "config.h"
#include "bundle-numbered.h"
#include "check.h"
#include "base/fault-private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Of the checkpoints of this test, every third has a prefix of its own, and the others share one. */
static const char *name_of(int n)
{
    static char name[32];
    snprintf(name, sizeof name, n % 3 == 0 ? "m-%d" : "m", n);
    return name;
}

static void count_warnings(void *user, leat_log_level level, const char *text)
{
    (void)text;
    *(int *)user += level == LEAT_LOG_WARNING;
}

/* An index is the last that comes and the first that goes: what it names is there, for every reader. */
static void check_indices(const char *dir)
{
    leat_dir_entry *entries;
    size_t count;
    REQUIRE_OK(leat_dir_list(dir, &entries, &count));
    for (size_t i = 0; i < count; i++) {
        char *end = strstr(entries[i].name, ".index");
        if (end == NULL || end[6] != 0 || strncmp(entries[i].name, PART, strlen(PART)) == 0)
            continue;
        *end = 0;
        if (!CHECK(number_of(in_dir(dir, entries[i].name)) >= 0))
            printf("[%s] ", entries[i].name);
    }
    leat_dir_free(entries, count);
}

/* Every fourth is merged of parts; one or two are kept. */
static leat_status save_number(const char *dir, int n)
{
    size_t keep = 1 + (size_t)n % 2;
    if (n % 4 != 0)
        return save_and_publish(dir, name_of(n), n, keep);
    LEAT_TRY(save_merged(in_dir(dir, name_of(n)), n));
    return publish_number(dir, name_of(n), n, keep);
}

/* Is the latest checkpoint whole, and number `least` or one that may have come after it? Once there is a state file, it says so
 * itself. */
static void check_latest(const char *dir, int least, int most)
{
    char *latest = NULL;
    int warnings = 0;
    leat_set_log(count_warnings, &warnings);
    leat_status status = leat_checkpoint_latest(dir, &latest);
    leat_set_log(NULL, NULL);
    check_indices(dir);
    CHECK(least == 0 || warnings == 0);
    if (least == 0 && status != LEAT_OK) {
        CHECK(status == LEAT_ERR_NOT_FOUND);
        return;
    }
    REQUIRE_OK(status);
    int n = number_of(latest);
    CHECK(n >= least && n <= most);
    if (n < least || n > most)
        printf("[%s is %d, not %d to %d] ", latest, n, least, most);
    leat_free(latest);
}

/* ---- the process is killed ---- */

static void save_until_killed(const char *dir, int from, int report)
{
    for (int n = from;; n++) {
        if (save_number(dir, n) != LEAT_OK)
            _exit(1);
        if (write(report, &n, sizeof n) != sizeof n)
            _exit(0);
    }
}

/* Kills a writer at a time that nobody chose; *last is the number of the last commit that it reported. A time that nobody chose is
 * up to `longest` nanoseconds: several saves long, be the disk quick or slow. */
static void kill_one(const char *dir, int *last, uint64_t *random, uint64_t longest)
{
    int ends[2], status, n;
    REQUIRE(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        save_until_killed(dir, *last + 1, ends[1]);
    }
    close(ends[1]);
    uint64_t wait = next_random(random) % longest;
    struct timespec pause = {.tv_sec = (time_t)(wait / 1000000000), .tv_nsec = (long)(wait % 1000000000)};
    nanosleep(&pause, NULL);
    kill(child, SIGKILL);
    while (read(ends[0], &n, sizeof n) == sizeof n)
        *last = n;
    close(ends[0]);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    check_latest(dir, *last, *last + 1);
}

/* Nanoseconds. */
static uint64_t time_of_a_save(const char *dir)
{
    double began = leat_now();
    for (int i = 0; i < 4; i++)
        CHECK_OK(save_and_publish(dir, name_of(0), 0, 2));
    return (uint64_t)((leat_now() - began) / 4 * 1e9) + 100000;
}

LEAT_TEST(a_killed_writer_loses_nothing)
{
    const char *wanted = getenv("LEAT_KILLS"), *seed = getenv("LEAT_SEED");
    int kills = wanted != NULL ? atoi(wanted) : 1000, last = 0;
    uint64_t random = seed != NULL ? strtoull(seed, NULL, 0) | 1 : 88172645463325252u;
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", quick_dir());
    uint64_t longest = 6 * time_of_a_save(dir);
    for (int i = 0; i < kills; i++)
        kill_one(dir, &last, &random, longest);
    CHECK(kills < 20 || last > kills / 2); /* else nothing was ever committed */
    REQUIRE_OK(save_and_publish(dir, "end", last + 1, 1));
    leat_dir_entry *entries;
    size_t count;
    REQUIRE_OK(leat_dir_list(dir, &entries, &count));
    for (size_t i = 0; i < count; i++)
        CHECK(strstr(entries[i].name, ".leat-save-") == NULL); /* swept */
    leat_dir_free(entries, count);
    remove_quick_dir(dir);
}

/* ---- the machine is ---- */

/* The operations of some saves, to be replayed up to any point. A file is an inode; a directory's entries say which.
 * fsync of a file makes its content durable, fsync of the directory all changes of its entries so far. */
enum { COMMITTED = 1000 }; /* an event of ours: number `size` was reported */

typedef struct event {
    int kind;
    char path[64], to[64];
    char *bytes;
    size_t size;
} event;

typedef struct recording {
    event *events;
    size_t count, capacity;
} recording;

static void record(void *user, const leat_trace_event *e)
{
    recording *r = user;
    if (r->count == r->capacity) {
        r->capacity = 2 * r->capacity + 64;
        r->events = realloc(r->events, r->capacity * sizeof *r->events);
    }
    event *to = &r->events[r->count++];
    *to = (event){.kind = (int)e->kind, .size = e->size};
    snprintf(to->path, sizeof to->path, "%s", e->path != NULL ? leat_path_base(e->path) : "");
    snprintf(to->to, sizeof to->to, "%s", e->to != NULL ? leat_path_base(e->to) : "");
    if (e->bytes != NULL) {
        to->bytes = malloc(e->size + 1);
        memcpy(to->bytes, e->bytes, e->size);
    }
}

enum { INODES = 256, ENTRIES = 64 };

typedef struct inode {
    char *bytes;
    size_t size, durable; /* bytes written; of those, how many would be there after a crash */
} inode;

typedef struct dir_entry {
    char name[64];
    int inode; /* -1: no such entry */
} dir_entry;

typedef struct disk {
    inode inodes[INODES];
    int inodes_count;
    dir_entry now[ENTRIES], durable[ENTRIES];
    /* changes of entries since the last fsync of the directory: each may be on the disk, or not */
    dir_entry changes[ENTRIES];
    int changes_count;
} disk;

static dir_entry *find_entry(dir_entry *entries, const char *name)
{
    for (int i = 0; i < ENTRIES; i++) {
        if (entries[i].name[0] == 0) {
            strcpy(entries[i].name, name);
            entries[i].inode = -1;
        }
        if (strcmp(entries[i].name, name) == 0)
            return &entries[i];
    }
    abort();
}

static void set_entry(disk *d, const char *name, int number)
{
    find_entry(d->now, name)->inode = number;
    dir_entry *e = &d->changes[d->changes_count++];
    strcpy(e->name, name);
    e->inode = number;
}

static void apply(disk *d, const event *e)
{
    int number =
        e->kind < COMMITTED && e->kind != LEAT_TRACE_DIR_SYNC ? find_entry(d->now, e->path)->inode : -1;
    inode *file = number >= 0 ? &d->inodes[number] : NULL;
    switch (e->kind) {
    case LEAT_TRACE_CREATE: set_entry(d, e->path, d->inodes_count++); break;
    case LEAT_TRACE_WRITE:
        file->bytes = realloc(file->bytes, file->size + e->size);
        memcpy(file->bytes + file->size, e->bytes, e->size);
        file->size += e->size;
        break;
    case LEAT_TRACE_SYNC: file->durable = file->size; break;
    case LEAT_TRACE_RENAME: /* in one step, or not at all */
        find_entry(d->now, e->path)->inode = -1;
        set_entry(d, e->to, number);
        break;
    case LEAT_TRACE_REMOVE: set_entry(d, e->path, -1); break;
    case LEAT_TRACE_DIR_SYNC:
        memcpy(d->durable, d->now, sizeof d->now);
        d->changes_count = 0;
        break;
    default: break;
    }
}

/* What a crash may leave of changes that were not synced. */
enum { NOTHING, ENTRIES_ONLY, SOME_ENTRIES, SOME_OF_ALL, WAYS };

static void write_disk(const disk *d, int way, uint64_t *random, const char *dir)
{
    dir_entry left[ENTRIES];
    memcpy(left, d->durable, sizeof left);
    for (int i = 0; i < d->changes_count; i++)
        if (way == ENTRIES_ONLY || (way >= SOME_ENTRIES && next_random(random) % 2 == 0))
            find_entry(left, d->changes[i].name)->inode = d->changes[i].inode;
    for (int i = 0; i < ENTRIES && left[i].name[0] != 0; i++) {
        if (left[i].inode < 0)
            continue;
        const inode *file = &d->inodes[left[i].inode];
        size_t size = file->durable;
        size_t more = file->size - file->durable, kept;
        if (way == SOME_OF_ALL && more > 0)
            size += next_random(random) % 3 == 0 ? more : next_random(random) % (more + 1);
        /* A file may have its size before its content: zeros. */
        kept = size > file->durable && next_random(random) % 3 == 0 ? file->durable : size;
        FILE *f = fopen(in_dir(dir, left[i].name), "wb");
        if (kept > 0)
            fwrite(file->bytes, 1, kept, f);
        for (size_t k = kept; k < size; k++)
            fputc(0, f);
        fclose(f);
    }
}

static void record_saves(recording *r, int count)
{
    char dir[4000];
    snprintf(dir, sizeof dir, "%s", quick_dir());
    leat_trace_files(record, r);
    for (int n = 1; n <= count; n++) {
        CHECK_OK(save_number(dir, n));
        record(r, &(leat_trace_event){.kind = (leat_trace_kind)COMMITTED, .size = (size_t)n});
    }
    leat_trace_files(NULL, NULL);
    remove_quick_dir(dir);
}

LEAT_TEST(a_crashed_machine_loses_nothing)
{
    recording r = {0};
    uint64_t random = 88172645463325252u;
    int committed = 0, most = 8;
    record_saves(&r, most);
    CHECK(r.count > 100);
    disk *d = calloc(1, sizeof *d);
    for (size_t i = 0; i < r.count; i++) {
        apply(d, &r.events[i]);
        if (r.events[i].kind == COMMITTED)
            committed = (int)r.events[i].size;
        for (int way = 0; way < WAYS; way++)
            for (int time = 0; time < (way >= SOME_ENTRIES ? 4 : 1); time++) {
                char dir[4000];
                snprintf(dir, sizeof dir, "%s", quick_dir());
                write_disk(d, way, &random, dir);
                check_latest(dir, committed, LEAT_MIN(committed + 1, most));
                remove_quick_dir(dir);
            }
    }
    CHECK(committed == most);
    for (int i = 0; i < d->inodes_count; i++)
        free(d->inodes[i].bytes);
    for (size_t i = 0; i < r.count; i++)
        free(r.events[i].bytes);
    free(r.events);
    free(d);
}
