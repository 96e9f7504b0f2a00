/* test-interleave.c - the deque and the eventcount under every interleaving of small programs. Each kind of program also
 * runs with a known mistake, which the checker must find: so that a pass means something. */
#define LEAT_INTERLEAVE 1
#include "check.h"
#include "interleave.h"
#include "scheduler/deque.c"
#include "scheduler/eventcount.c"
#include <stdio.h>
#include <string.h>

#define MAX_STATES 4000000u

static void check_scenario(const interleave_scenario *s, const char *want_wrong, uint64_t at_least)
{
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
static _Atomic uint32_t slots[8];
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

static void take_id(int thread, uint32_t id)
{
    if (id != LEAT_DEQUE_EMPTY && id != LEAT_DEQUE_LOST)
        got[thread].taken[got[thread].n++] = id;
}

static void deque_thread(int i)
{
    if (i > 0) {
        for (int k = 0; k < steals; k++)
            take_id(i, leat_deque_steal(&deque));
        return;
    }
    for (const char *c = script; *c; c++) {
        if (*c == '+') {
            if (leat_deque_push(&deque, pushed))
                pushed++;
        } else {
            take_id(0, *c == '-' ? leat_deque_pop(&deque) : leat_deque_steal(&deque));
        }
    }
    /* What thieves left: exactly the rest, which no thread takes any more once all are done. */
    for (uint32_t id; (id = leat_deque_pop(&deque)) != LEAT_DEQUE_EMPTY;)
        take_id(0, id);
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
        {"+-", 2, 2, 1},     {"+-", 2, 3, 1},      {"++--", 2, 2, 2},    {"++--", 4, 3, 1}, {"+-+-", 2, 2, 2},
        {"+-+-+-", 2, 2, 3}, {"+++", 2, 2, 2},     {"++-+-+-", 2, 2, 2}, {"++s-", 2, 2, 2}, {"+s+s", 2, 2, 2},
        {"+++-+-", 4, 2, 3}, {"++-+--", 2, 3, 1},  {"+", 2, 4, 1},       {"++", 2, 3, 2},   {"-+-+", 1, 2, 2},
        {"+-+-", 1, 3, 1},   {"++++---", 4, 2, 2}, {"+-+-", 2, 3, 2},
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
        {"two sleepers, two changes, notify all", 3, 2, INT_MAX, NONE, NULL},
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
