/* The pool, the state of its threads, CPU counts; the deque and the eventcount under real threads. */
#include "config.h"
#include "check.h"
#include <fenv.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/base-private.h"
#include "base/file-private.h"
#include "base/cpus-private.h"
#include "scheduler/deque-private.h"
#include "scheduler/eventcount-private.h"
#include "scheduler/pool-private.h"

/* ---- the pool ---- */

typedef struct seen_by {
    _Atomic uint32_t runs;
    uint32_t n, omp_threads, fp;
    bool signals_blocked;
    float denormal;
} seen_by;

static volatile float tiny = 1e-38f;

static uint32_t fp_state(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_stmxcsr();
#else
    return (uint32_t)fegetround();
#endif
}

/* Not fegetround: on x86 that is the old floating-point unit's. */
static bool rounds_to_nearest(void)
{
    static volatile float one = 1, little = 1e-10f;
    return one + little == 1 && one - little == 1;
}

static void look_around(uint32_t index, uint32_t n, void *arg)
{
    seen_by *s = (seen_by *)arg + index;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    atomic_fetch_add(&s->runs, 1);
    s->n = n;
    s->omp_threads = (uint32_t)omp_get_max_threads();
    s->signals_blocked =
        sigismember(&mask, SIGINT) && sigismember(&mask, SIGTERM) && sigismember(&mask, SIGUSR1);
    s->denormal = tiny * 0.5f;
    s->fp = fp_state();
}

LEAT_TEST(pool_threads_are_fit_for_kernels)
{
    static const uint32_t sizes[] = {1, 2, 3, 7, 2, 4};
    uint32_t fp = fp_state();
    int omp_threads = omp_get_max_threads();
    sigset_t before = {0}, after = {0};
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    for (size_t k = 0; k < LEAT_LEN(sizes); k++) {
        leat_pool *pool = NULL;
        seen_by seen[7] = {0};
        REQUIRE_OK(leat_pool_new(&pool, sizes[k]));
        CHECK(leat_pool_size(pool) == sizes[k]);
        CHECK_OK(leat_pool_run(pool, 0, look_around, seen));
        CHECK_OK(leat_pool_run(pool, sizes[k], look_around, seen));
        for (uint32_t i = 0; i < 7; i++) {
            CHECK(seen[i].runs == (i < sizes[k] ? 2 : 0));
            if (i >= sizes[k])
                continue;
            CHECK(seen[i].n == sizes[k] && seen[i].omp_threads == 1 && seen[i].denormal == 0);
            CHECK(seen[i].signals_blocked == (i > 0));
#if defined(__x86_64__)
            CHECK((seen[i].fp & ~0x3fu) == (0x9fc0u & ~0x3fu)); /* but for the sticky flags */
#endif
        }
        leat_pool_free(pool);
    }
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    CHECK(fp_state() == fp && omp_get_max_threads() == omp_threads);
    CHECK(tiny * 0.5f > 0);
}

LEAT_TEST(kernel_scope_gives_back_what_it_found)
{
    leat_kernel_scope outer, inner;
    uint32_t fp = fp_state();
    fesetround(FE_UPWARD);
    uint32_t upward = fp_state();
    int threads = omp_get_max_threads();
    leat_kernel_scope_enter(&outer);
    CHECK(rounds_to_nearest() && tiny * 0.5f == 0 && omp_get_max_threads() == 1);
    leat_kernel_scope_enter(&inner);
    leat_kernel_scope_leave(&inner);
    CHECK(rounds_to_nearest() && tiny * 0.5f == 0 && omp_get_max_threads() == 1);
    leat_kernel_scope_leave(&outer);
    CHECK(fp_state() == upward && omp_get_max_threads() == threads);
    fesetround(FE_TONEAREST);
    CHECK((fp_state() & ~0x3fu) == (fp & ~0x3fu));
}

LEAT_TEST(pool_refuses_absurd_sizes)
{
    leat_pool *pool = NULL;
    CHECK_FAILS(leat_pool_new(&pool, 100000), LEAT_ERR_INVALID_ARGUMENT, "at most 1024");
    CHECK(pool == NULL);
    REQUIRE_OK(leat_pool_new(&pool, 0));
    CHECK(leat_pool_size(pool) == leat_cpu_count() && leat_cpu_count() >= 1 &&
          leat_cpu_count() <= LEAT_POOL_MAX);
    leat_pool_free(pool);
}

/* Tests link one runtime, and the names say which. */
LEAT_TEST(one_openmp_runtime_answers)
{
    char names[160];
    CHECK(leat_check_openmp(names, sizeof names) == LEAT_OPENMP_ONE);
    CHECK(strstr(names, "omp") != NULL);
    CHECK(leat_check_runtimes());
}

/* In a child: runs of threads are refused, at once, and runs of one thread work. */
LEAT_TEST(forked_children_are_told)
{
    leat_pool *pool = NULL;
    seen_by seen[2] = {0};
    REQUIRE_OK(leat_pool_new(&pool, 2));
    REQUIRE_OK(leat_pool_run(pool, 0, look_around, seen));
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        leat_pool *own = NULL;
        alarm(10);
        bool good = leat_pool_run(pool, 2, look_around, seen) == LEAT_ERR_FORKED &&
                    strstr(leat_message(), "forked") != NULL;
        good = good && leat_pool_run(pool, 1, look_around, seen) == LEAT_OK;
        good = good && leat_pool_new(&own, 2) == LEAT_OK;
#ifndef LEAT_POOL_PTHREAD /* this thread's team stayed in the parent: libgomp would wait for it for ever */
        good = good && leat_pool_run(own, 2, look_around, seen) == LEAT_ERR_FORKED;
#endif
        _exit(good ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_OK(leat_pool_run(pool, 2, look_around, seen));
    leat_pool_free(pool);
}

/* ---- CPU quotas ---- */

static void write_text(const char *dir, const char *name, const char *text)
{
    char path[4096], *parent;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    parent = leat_path_dir(path);
    CHECK_OK(leat_dir_make(parent, false));
    CHECK_OK(leat_file_replace(path, text, strlen(text), false));
    leat_free(parent);
}

LEAT_TEST(cpu_quotas)
{
    static const struct {
        const char *cgroup, *files[3][2];
        uint32_t want;
    } rows[] = {
        {"0::/\n", {{"cpu.max", "max 100000\n"}}, UINT32_MAX},
        {"0::/\n", {{"cpu.max", "250000 100000\n"}}, 3},
        {"0::/a/b\n", {{"a/b/cpu.max", "max 100000\n"}, {"a/cpu.max", "150000 100000\n"}}, 2},
        {"0::/a/b\n", {{"a/b/cpu.max", "50000 100000\n"}, {"a/cpu.max", "400000 100000\n"}}, 1},
        {"0::/not/mounted\n", {{"cpu.max", "400000 100000\n"}}, 4},
        {"5:memory:/m\n4:cpu,cpuacct:/c\n",
         {{"cpu/c/cpu.cfs_quota_us", "300000\n"}, {"cpu/c/cpu.cfs_period_us", "100000\n"}},
         3},
        {"4:cpuset:/c\n",
         {{"cpu/c/cpu.cfs_quota_us", "300000\n"}, {"cpu/c/cpu.cfs_period_us", "100000\n"}},
         UINT32_MAX},
        {"4:cpu:/c\n",
         {{"cpu/c/cpu.cfs_quota_us", "-1\n"}, {"cpu/c/cpu.cfs_period_us", "100000\n"}},
         UINT32_MAX},
        {"0::/\n", {{"cpu.max", "nonsense\n"}}, UINT32_MAX},
        {"0::/\n", {{"cpu.max", ""}}, UINT32_MAX},
        {"nonsense\n::\n0:\n", {{"cpu.max", "100000 100000\n"}}, UINT32_MAX},
        {"0::/\n", {{"cpu.max", "99999999999999999999 1\n"}}, LEAT_POOL_MAX},
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        char cgroup[4200], dir[4096];
        snprintf(dir, sizeof dir, "%s", check_temp_dir());
        write_text(dir, "cgroup", rows[i].cgroup);
        for (int k = 0; k < 3 && rows[i].files[k][0] != NULL; k++)
            write_text(dir, rows[i].files[k][0], rows[i].files[k][1]);
        snprintf(cgroup, sizeof cgroup, "%s/cgroup", dir);
        CHECK(leat_cpu_quota(cgroup, dir) == rows[i].want);
    }
    CHECK(leat_cpu_quota("/proc/nonexistent", "/proc/nonexistent") == UINT32_MAX);
}

LEAT_TEST(cpu_affinity)
{
    cpu_set_t old, one;
    REQUIRE(sched_getaffinity(0, sizeof old, &old) == 0);
    CHECK(leat_cpu_affinity() == (uint32_t)CPU_COUNT(&old));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &old))
            CPU_SET(i, &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    CHECK(leat_cpu_affinity() == 1 && leat_cpu_count() == 1);
    sched_setaffinity(0, sizeof old, &old);
}

/* ---- the deque under real threads ---- */

#define THIEVES 3
#define ITEMS 200000u

typedef struct deque_test {
    leat_deque d;
    _Atomic uint32_t slots[16 * LEAT_BUNDLE_WORDS];
    _Atomic bool done;
    unsigned char *taken;    /* by id: each is written by the one thread that took it */
    uint32_t payload[ITEMS]; /* plain memory that push makes visible to the thief */
    _Atomic uint32_t twice, wrong_payload, stolen;
} deque_test;

static void take_item(deque_test *t, uint32_t id)
{
    if (t->payload[id] != id * 7 + 1)
        atomic_fetch_add(&t->wrong_payload, 1);
    if (t->taken[id]++)
        atomic_fetch_add(&t->twice, 1);
}

static void *steal_items(void *arg)
{
    deque_test *t = arg;
    uint32_t n = 0;
    while (!atomic_load(&t->done)) {
        uint32_t ids[LEAT_BUNDLE], got = leat_deque_steal(&t->d, ids);
        for (uint32_t i = 0; i < got && got != LEAT_DEQUE_LOST; i++, n++)
            take_item(t, ids[i]);
    }
    atomic_fetch_add(&t->stolen, n);
    return NULL;
}

LEAT_TEST(deque_with_thieves)
{
    static deque_test t;
    pthread_t threads[THIEVES];
    uint64_t random = 5;
    memset(&t, 0, sizeof t);
    leat_deque_init(&t.d, t.slots, 16);
    t.taken = calloc(ITEMS, 1);
    for (int i = 0; i < THIEVES; i++)
        pthread_create(&threads[i], NULL, steal_items, &t);
    for (uint32_t next = 0; next < ITEMS || leat_deque_size(&t.d) > 0;) {
        uint32_t ids[LEAT_BUNDLE], n = 0;
        random = random * 6364136223846793005u + 1442695040888963407u;
        for (uint32_t burst = (random >> 40) % 12; burst > 0 && next < ITEMS; burst--) {
            uint32_t size = 1 + (uint32_t)(random >> 33) % LEAT_BUNDLE;
            for (n = 0; n < size && next + n < ITEMS; n++) {
                ids[n] = next + n;
                t.payload[next + n] = (next + n) * 7 + 1;
            }
            if (!leat_deque_push(&t.d, ids, n))
                break;
            next += n;
        }
        for (uint32_t burst = (random >> 50) % 12; burst > 0; burst--) {
            n = leat_deque_pop(&t.d, ids);
            for (uint32_t i = 0; i < n; i++)
                take_item(&t, ids[i]);
        }
    }
    atomic_store(&t.done, true);
    for (int i = 0; i < THIEVES; i++)
        pthread_join(threads[i], NULL);
    uint32_t missing = 0;
    for (uint32_t i = 0; i < ITEMS; i++)
        missing += t.taken[i] == 0;
    CHECK(missing == 0 && t.twice == 0 && t.wrong_payload == 0);
    free(t.taken);
}

/* ---- the eventcount under real threads: a producer of tickets and sleeping consumers ---- */

#define TICKETS 20000u

static leat_eventcount tickets_event;
static _Atomic uint32_t tickets, consumed;

static bool take_ticket(void)
{
    uint32_t n = atomic_load(&tickets);
    while (n > 0)
        if (atomic_compare_exchange_weak(&tickets, &n, n - 1))
            return true;
    return false;
}

static void *consume(void *arg)
{
    (void)arg;
    while (atomic_load(&consumed) < TICKETS) {
        if (take_ticket()) {
            if (atomic_fetch_add(&consumed, 1) + 1 == TICKETS)
                leat_eventcount_notify(&tickets_event, INT_MAX);
            continue;
        }
        uint32_t key = leat_eventcount_prepare(&tickets_event);
        if (atomic_load(&tickets) > 0 || atomic_load(&consumed) == TICKETS)
            leat_eventcount_cancel(&tickets_event);
        else
            leat_eventcount_wait(&tickets_event, key);
    }
    return NULL;
}

LEAT_TEST(eventcount_with_sleepers)
{
    pthread_t threads[THIEVES];
    leat_eventcount_init(&tickets_event);
    atomic_store(&tickets, 0);
    atomic_store(&consumed, 0);
    alarm(120); /* a lost wake-up is a hang */
    for (int i = 0; i < THIEVES; i++)
        pthread_create(&threads[i], NULL, consume, NULL);
    for (uint32_t i = 0; i < TICKETS; i++) {
        atomic_fetch_add(&tickets, 1);
        leat_eventcount_notify(&tickets_event, 1);
        if (i % 16 == 0) /* let them all fall asleep now and then */
            while (atomic_load(&consumed) < i)
                sched_yield();
    }
    for (int i = 0; i < THIEVES; i++)
        pthread_join(threads[i], NULL);
    alarm(0);
    CHECK(consumed == TICKETS && tickets == 0 && tickets_event.waiters == 0);
}
