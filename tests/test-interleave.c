/* test-interleave.c - the deque and the eventcount under every interleaving of small programs. Each kind of program also
 * also run with a known mistake, which the checker must find: so that a pass means something. */
#define LEAT_INTERLEAVE 1
#include "check.h"
#include "interleave.h"
#include "scheduler/deque.c"
#include "scheduler/eventcount.c"
#include "scheduler/tilejob.c"
#include "scheduler/arrive-private.h"
#include <stdio.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LEAT_CLANG_TSAN 1
#endif
#endif
#ifndef LEAT_CLANG_TSAN
#define LEAT_CLANG_TSAN 0
#endif

#define MAX_STATES 4000000u

static void check_scenario(const interleave_scenario *s, const char *want_wrong, uint64_t at_least)
{
#if defined(__SANITIZE_THREAD__) || LEAT_CLANG_TSAN
    SKIP("ThreadSanitizer does not know the checker's fibers, and nothing here runs in parallel");
#endif
    interleave_result r = interleave_explore(s, MAX_STATES);
    printf("\n    %s: %llu states, %llu executions%s%s ", s->name, (unsigned long long)r.states,
           (unsigned long long)r.executions, r.wrong ? ", " : "", r.wrong ? r.wrong : "");
    CHECK(!r.incomplete);
    if (want_wrong != NULL) {
        CHECK(r.wrong != NULL && strstr(r.wrong, want_wrong) != NULL);
        return;
    }
    CHECK(r.states >= at_least);
    CHECK(r.wrong == NULL);
    if (r.wrong != NULL)
        printf("\n    schedule %s\n", r.schedule);
}

/* ---- the deque: an owner's script of pushes and pops against thieves ---- */

#define MAX_IDS 16

static leat_deque deque;
static _Atomic uint32_t slots[8 * LEAT_BUNDLE_WORDS];
static const char *script; /* of the owner: '+' push the next id, '-' pop, 's' steal from itself */
static uint32_t capacity;
static int steals; /* attempts of each thief */
static struct {
    uint32_t taken[MAX_IDS];
    int n;
} got[INTERLEAVE_THREADS];
static uint32_t pushed; /* by the owner: it alone writes it */

static void deque_init(void)
{
    leat_deque_init(&deque, slots, capacity);
    memset(got, 0, sizeof got);
    pushed = 0;
}

static void take_bundle(int thread, const uint32_t *ids, uint32_t n)
{
    for (uint32_t i = 0; i < n && n != LEAT_DEQUE_LOST; i++)
        got[thread].taken[got[thread].n++] = ids[i];
}

static void deque_thread(int i)
{
    uint32_t ids[LEAT_BUNDLE];
    if (i > 0) {
        for (int k = 0; k < steals; k++)
            take_bundle(i, ids, leat_deque_steal(&deque, ids));
        return;
    }
    for (const char *c = script; *c; c++) {
        uint32_t n = *c == '+' ? 1 : *c == '2' ? 2 : 0;
        if (n > 0) {
            if (leat_deque_push(&deque, (const uint32_t[]){pushed, pushed + 1}, n))
                pushed += n;
        } else {
            take_bundle(0, ids, *c == '-' ? leat_deque_pop(&deque, ids) : leat_deque_steal(&deque, ids));
        }
    }
    /* What thieves left: exactly the rest, which no thread takes any more once all are done. */
    for (uint32_t n; (n = leat_deque_pop(&deque, ids)) > 0;)
        take_bundle(0, ids, n);
}

static const char *deque_check(void)
{
    int times[MAX_IDS] = {0};
    for (int i = 0; i < INTERLEAVE_THREADS; i++)
        for (int k = 0; k < got[i].n; k++) {
            if (got[i].taken[k] >= pushed)
                return "an item that was never pushed";
            times[got[i].taken[k]]++;
        }
    for (uint32_t id = 0; id < pushed; id++)
        if (times[id] != 1)
            return times[id] == 0 ? "an item lost" : "an item taken twice";
    return NULL;
}

LEAT_TEST(deque_all_interleavings)
{
    static const struct {
        const char *script;
        uint32_t capacity;
        int threads, steals;
    } rows[] = {
        {"+-", 2, 2, 1},   {"+-", 2, 3, 1},     {"++--", 2, 2, 2},   {"++--", 4, 3, 1},
        {"+-+-", 2, 2, 2}, {"+-+-+-", 2, 2, 3}, {"+++", 2, 2, 2},    {"++-+-+-", 2, 2, 2},
        {"++s-", 2, 2, 2}, {"+s+s", 2, 2, 2},   {"+++-+-", 4, 2, 3}, {"++-+--", 2, 3, 1},
        {"+", 2, 4, 1},    {"++", 2, 3, 2},     {"-+-+", 1, 2, 2},   {"+-+-", 1, 3, 1},
        {"2-", 2, 2, 1},   {"2+-", 1, 2, 2},    {"+2--", 2, 2, 2},   {"++++---", 4, 2, 2},
        {"+-+-", 2, 3, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "owner %s, capacity %u, %d thieves of %d", rows[i].script,
                 rows[i].capacity, rows[i].threads - 1, rows[i].steals);
        script = rows[i].script;
        capacity = rows[i].capacity;
        steals = rows[i].steals;
        check_scenario(
            &(interleave_scenario){name, rows[i].threads, deque_init, deque_thread, deque_check, false}, NULL,
            50);
    }
}

/* Without the order of pop's store and load the owner and a thief both take the last-but-one item. */
LEAT_TEST(deque_checker_finds_the_missing_order)
{
    script = "++--";
    capacity = 2;
    steals = 2;
    check_scenario(&(interleave_scenario){"owner ++--, pop's store only release", 2, deque_init, deque_thread,
                                          deque_check, true},
                   "an item taken twice", 0);
}

/* ---- the eventcount: thread 0 makes changes, the others sleep until there is one for them ---- */

enum mistake { NONE, LATE_PREPARE, RELEASED_CHANGE, NO_EPOCH };

static leat_eventcount events;
static _Atomic uint32_t available;
static enum mistake mistake;
static int changes, wake; /* changes made one by one; wake: n of notify */

static void events_init(void)
{
    leat_eventcount_init(&events);
    atomic_init(&available, 0);
}

/* Takes one of what is available: the "something" that sleepers look for. */
static bool take_one(void)
{
    uint32_t n = LEAT_LOAD(&available, seq_cst);
    while (n > 0)
        if (LEAT_CAS(&available, &n, n - 1, seq_cst, seq_cst))
            return true;
    return false;
}

static void make_change(void)
{
    if (mistake == RELEASED_CHANGE)
        LEAT_STORE(&available, LEAT_LOAD(&available, relaxed) + 1, release);
    else
        LEAT_FETCH_ADD(&available, 1, seq_cst);
    if (mistake == NO_EPOCH) {
        if (LEAT_LOAD(&events.waiters, seq_cst) != 0)
            LEAT_FUTEX_WAKE(&events.epoch, wake);
    } else {
        leat_eventcount_notify(&events, wake);
    }
}

static void events_thread(int i)
{
    if (i == 0) {
        for (int k = 0; k < changes; k++)
            make_change();
        return;
    }
    while (!take_one()) {
        bool there = mistake == LATE_PREPARE && LEAT_LOAD(&available, seq_cst) != 0;
        uint32_t key = leat_eventcount_prepare(&events);
        if (mistake != LATE_PREPARE)
            there = LEAT_LOAD(&available, seq_cst) != 0;
        if (there)
            leat_eventcount_cancel(&events);
        else
            leat_eventcount_wait(&events, key);
    }
}

static const char *events_check(void)
{
    if (atomic_load(&available) != 0)
        return "not all was taken";
    return atomic_load(&events.waiters) == 0 ? NULL : "waiters miscounted";
}

LEAT_TEST(eventcount_all_interleavings)
{
    static const struct {
        const char *name;
        int threads, changes, wake;
        enum mistake mistake;
        const char *wrong;
    } rows[] = {
        {"one sleeper", 2, 1, 1, NONE, NULL},
        {"two sleepers, two changes, notify one", 3, 2, 1, NONE, NULL},
        {"look, then prepare", 2, 1, 1, LATE_PREPARE, "deadlock"},
        {"change by a release store", 2, 1, 1, RELEASED_CHANGE, "deadlock"},
        {"wake without moving the epoch", 2, 1, 1, NO_EPOCH, "deadlock"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        changes = rows[i].changes;
        wake = rows[i].wake;
        mistake = rows[i].mistake;
        check_scenario(&(interleave_scenario){rows[i].name, rows[i].threads, events_init, events_thread,
                                              events_check, false},
                       rows[i].wrong, 10);
    }
}

/* ---- the tile descriptor: an owner with two jobs, one after the other, and helpers ---- */

#define MAX_TILES 4

static leat_tile_job tile_job;
static uint32_t job_tiles[2];
static int claims;     /* attempts of each helper */
static bool left_open; /* the mistake: job 1 is opened without closing job 0 */
static int tile_runs[INTERLEAVE_THREADS][2][MAX_TILES];
static _Atomic uint32_t results[2][MAX_TILES];
static const char *tile_wrong[INTERLEAVE_THREADS];

static void tiles_init(void)
{
    leat_tile_job_init(&tile_job);
    memset(tile_runs, 0, sizeof tile_runs);
    memset((void *)results, 0, sizeof results);
    memset(tile_wrong, 0, sizeof tile_wrong);
}

static void run_one_tile(int thread, uint64_t job, uint32_t tile)
{
    if (job > 1 || tile >= job_tiles[job]) {
        tile_wrong[thread] = "a tile that is not there";
        return;
    }
    tile_runs[thread][job][tile]++;
    LEAT_STORE(&results[job][tile], 1, relaxed);
}

static void run_jobs(void)
{
    for (uint32_t job = 0; job < 2; job++) {
        uint32_t n = job_tiles[job], own = 0;
        if (n == 0)
            continue;
        leat_tile_job_open(&tile_job, n, job, job, job, job);
        for (uint32_t tile; (tile = leat_tile_job_next(&tile_job, n)) != LEAT_NO_TILE; own++)
            run_one_tile(0, job, tile);
        while (!leat_tile_job_finished(&tile_job, n, own)) {
            uint32_t helped = LEAT_LOAD(&tile_job.helped, acquire); /* sleeps where the executor spins */
            if (helped != n - own)
                LEAT_FUTEX_WAIT(&tile_job.helped, helped);
        }
        if (!left_open)
            leat_tile_job_close(&tile_job);
        for (uint32_t tile = 0; tile < n; tile++)
            if (LEAT_LOAD(&results[job][tile], relaxed) != 1)
                tile_wrong[0] = "a tile's result is not visible";
    }
}

static void tiles_thread(int i)
{
    leat_tile_claim c;
    if (i == 0) {
        run_jobs();
        return;
    }
    for (int k = 0; k < claims; k++) {
        if (!leat_tile_job_claim(&tile_job, &c))
            continue;
        if (c.fn != c.arg || c.fn != c.first || c.fn != c.node)
            tile_wrong[i] = "fields of two jobs";
        run_one_tile(i, c.fn, c.tile);
        leat_tile_job_done(&tile_job);
        LEAT_FUTEX_WAKE(&tile_job.helped, 1);
    }
}

static const char *tiles_check(void)
{
    for (int job = 0; job < 2; job++)
        for (uint32_t tile = 0; tile < job_tiles[job]; tile++) {
            int runs = 0;
            for (int i = 0; i < INTERLEAVE_THREADS; i++)
                runs += tile_runs[i][job][tile];
            if (runs != 1)
                return runs == 0 ? "a tile was left out" : "a tile run twice";
        }
    for (int i = 0; i < INTERLEAVE_THREADS; i++)
        if (tile_wrong[i] != NULL)
            return tile_wrong[i];
    return NULL;
}

LEAT_TEST(tile_jobs_all_interleavings)
{
    static const struct {
        uint32_t tiles[2];
        int threads, claims;
        bool mistake;
        const char *wrong;
    } rows[] = {
        {{1, 0}, 2, 1, false, NULL}, {{2, 0}, 2, 2, false, NULL},
        {{2, 0}, 3, 1, false, NULL}, {{1, 2}, 2, 1, false, NULL},
        {{2, 1}, 2, 2, false, NULL}, {{1, 3}, 2, 1, true, "a tile that is not there"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[80];
        snprintf(name, sizeof name, "jobs of %u and %u tiles, %d helpers of %d%s", rows[i].tiles[0],
                 rows[i].tiles[1], rows[i].threads - 1, rows[i].claims,
                 rows[i].mistake ? ", not closed" : "");
        memcpy(job_tiles, rows[i].tiles, sizeof job_tiles);
        claims = rows[i].claims;
        left_open = rows[i].mistake;
        check_scenario(
            &(interleave_scenario){name, rows[i].threads, tiles_init, tiles_thread, tiles_check, false},
            rows[i].wrong, 20);
    }
}

/* ---- the count of predecessors: one of them is the last, and sees what the others wrote ---- */

static _Atomic uint32_t to_come, written[INTERLEAVE_THREADS];
static int n_predecessors, lasts[INTERLEAVE_THREADS];
static bool all_seen;

static void arrive_init(void)
{
    atomic_init(&to_come, (uint32_t)n_predecessors);
    memset((void *)written, 0, sizeof written);
    memset(lasts, 0, sizeof lasts);
    all_seen = false;
}

static void arrive_thread(int i)
{
    LEAT_STORE(&written[i], 1, relaxed);
    if (!leat_arrive(&to_come))
        return;
    lasts[i] = 1;
    all_seen = true;
    for (int k = 0; k < n_predecessors; k++)
        all_seen &= LEAT_LOAD(&written[k], relaxed) == 1;
}

static const char *arrive_check(void)
{
    int n = 0;
    for (int i = 0; i < n_predecessors; i++)
        n += lasts[i];
    return n != 1 ? "not one last" : all_seen ? NULL : "the last does not see all";
}

LEAT_TEST(arrivals_all_interleavings)
{
    for (n_predecessors = 2; n_predecessors <= INTERLEAVE_THREADS; n_predecessors++) {
        char name[40];
        snprintf(name, sizeof name, "%d predecessors", n_predecessors);
        check_scenario(
            &(interleave_scenario){name, n_predecessors, arrive_init, arrive_thread, arrive_check, false},
            NULL, 10);
    }
}
