/* machine.c - what the machine can do at most: float multiply-adds in registers, and sums over arrays beyond the caches, by all
 * threads at the same time (processors share clocks, caches and memory, and two of them may be one core). The best of several
 * short rounds counts: everything else on the machine only takes away. */
#include "config.h"
#include "base/cpus-private.h"
#include "profile/figures-private.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#define FMA_ROUNDS 60 /* a tenth of a millisecond each: on a busy machine some find all threads running */
#define READ_ROUNDS 12
#define ROUNDS (FMA_ROUNDS + READ_ROUNDS)
#define CHAINS 12                /* independent sums: as many as latency times throughput asks for */
#define FMA_STEPS 40000          /* of a round */
#define ARRAYS_BYTES (96u << 20) /* of all threads; but a thread's are */
#define ARRAY_BYTES (8u << 20)   /* no less than this */

typedef float fma_loop(int steps, const float *start);
typedef uint64_t read_loop(const uint64_t *words, size_t n);

/* Sums of vectors of `lanes_` floats; the compiler sees vectors of GCC's kind, which it may not reorder. Each sum begins with another
 * value of `start`: of equal ones it would make one, which waits for itself. */
#define FMA_LOOP(name_, lanes_, madd_, ...)                                                                  \
    __VA_ARGS__ static float name_(int steps, const float *start)                                            \
    {                                                                                                        \
        typedef float vec __attribute__((vector_size(4 * (lanes_))));                                        \
        vec s[CHAINS], a, b;                                                                                 \
        memset(&a, 0, sizeof a);                                                                             \
        memset(&b, 0, sizeof b);                                                                             \
        a += start[CHAINS], b += start[CHAINS + 1];                                                          \
        memset(s, 0, sizeof s);                                                                              \
        for (int k = 0; k < CHAINS; k++)                                                                     \
            s[k] += start[k];                                                                                \
        for (int i = 0; i < steps; i++)                                                                      \
            _Pragma("GCC unroll 12") for (int k = 0; k < CHAINS; k++)                                        \
            {                                                                                                \
                s[k] = madd_(s[k], a, b);                                                                    \
            }                                                                                                \
        float sum = 0;                                                                                       \
        for (int k = 0; k < CHAINS; k++)                                                                     \
            for (int l = 0; l < (lanes_); l++)                                                               \
                sum += s[k][l];                                                                              \
        return sum;                                                                                          \
    }

#define READ_LOOP(name_, lanes_, ...)                                                                        \
    __VA_ARGS__ static uint64_t name_(const uint64_t *words, size_t n)                                       \
    {                                                                                                        \
        typedef uint64_t vec __attribute__((vector_size(8 * (lanes_))));                                     \
        vec s[4];                                                                                            \
        memset(s, 0, sizeof s);                                                                              \
        for (size_t i = 0; i + 4 * (lanes_) <= n; i += 4 * (lanes_))                                         \
            for (int k = 0; k < 4; k++) {                                                                    \
                vec v;                                                                                       \
                memcpy(&v, words + i + (size_t)k * (lanes_), sizeof v);                                      \
                s[k] += v;                                                                                   \
            }                                                                                                \
        uint64_t sum = 0;                                                                                    \
        for (int k = 0; k < 4; k++)                                                                          \
            for (int l = 0; l < (lanes_); l++)                                                               \
                sum += s[k][l];                                                                              \
        return sum;                                                                                          \
    }

#if defined(__x86_64__)
FMA_LOOP(fma_avx512, 16, _mm512_fmadd_ps, __attribute__((target("avx512f"))))
FMA_LOOP(fma_avx2, 8, _mm256_fmadd_ps, __attribute__((target("avx2,fma"))))
READ_LOOP(read_avx2, 4, __attribute__((target("avx2"))))
#endif
#define MADD_BASE(s_, a_, b_) ((s_) * (a_) + (b_))
FMA_LOOP(fma_base, 4, MADD_BASE, )
READ_LOOP(read_base, 2, )

typedef struct bench {
    fma_loop *fma;
    read_loop *read;
    int lanes;
    uint32_t threads;
    size_t array_bytes;
    atomic_uint arrived;
    atomic_int stopped;
    _Atomic uint64_t sum; /* so that nothing is left out */
} bench;

typedef struct part {
    bench *b;
    pthread_t thread;
    uint64_t *words;
    double begin[ROUNDS], end[ROUNDS];
} part;

/* All threads begin a round together; spinning only as long as it is likely to help. */
static bool meet(bench *b, unsigned round)
{
    atomic_fetch_add(&b->arrived, 1);
    for (unsigned spins = 0; atomic_load(&b->arrived) < (round + 1) * b->threads; spins++) {
        if (atomic_load(&b->stopped))
            return false;
        if (spins > 1000)
            sched_yield();
    }
    return true;
}

static void *work(void *arg)
{
    part *p = arg;
    bench *b = p->b;
    float start[CHAINS + 2] = {[CHAINS] = 0.999999f, [CHAINS + 1] = 1e-7f}; /* factor and summand */
    for (int k = 0; k < CHAINS; k++)
        start[k] = 0.01f * (float)k;
    memset(p->words, 1, b->array_bytes); /* the pages are there, near this thread */
    for (unsigned k = 0; k < ROUNDS; k++) {
        if (!meet(b, k))
            return NULL;
        p->begin[k] = leat_now();
        if (k < FMA_ROUNDS)
            atomic_fetch_add(&b->sum, (uint64_t)b->fma(FMA_STEPS, start));
        else
            atomic_fetch_add(&b->sum, b->read(p->words, b->array_bytes / sizeof(uint64_t)));
        p->end[k] = leat_now();
    }
    return NULL;
}

/* The most that the threads did together in a round, from the first's begin to the last's end. */
static double best(const part *parts, uint32_t n, unsigned from, unsigned to, double each)
{
    double most = 0;
    for (unsigned k = from; k < to; k++) {
        double begin = parts[0].begin[k], end = parts[0].end[k];
        for (uint32_t i = 1; i < n; i++) {
            begin = LEAT_MIN(begin, parts[i].begin[k]);
            end = LEAT_MAX(end, parts[i].end[k]);
        }
        if (end > begin)
            most = LEAT_MAX(most, each * n / (end - begin));
    }
    return most;
}

static void choose(bench *b, leat_machine *m)
{
    *b = (bench){.fma = fma_base, .read = read_base, .lanes = 4};
    m->how = "SSE2 multiply and add, and sums over arrays larger than the caches";
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        *b = (bench){.fma = fma_avx2, .read = read_avx2, .lanes = 8};
        m->how = "AVX2 multiply-add, and sums over arrays larger than the caches";
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) {
        *b = (bench){.fma = fma_avx512, .read = read_avx2, .lanes = 16};
        m->how = "AVX-512 multiply-add, and sums over arrays larger than the caches";
    }
#else
    m->how = "vector multiply and add, and sums over arrays larger than the caches";
#endif
}

static leat_status run_threads(bench *b, part *parts)
{
    leat_status status = LEAT_OK;
    uint32_t started = 0;
    for (; status == LEAT_OK && started < b->threads; started++)
        if (pthread_create(&parts[started].thread, NULL, work, &parts[started]) != 0) {
            atomic_store(&b->stopped, 1);
            status = leat_fail(LEAT_ERR_NO_MEMORY, "the system refuses a thread to measure the machine with");
            break;
        }
    for (uint32_t i = 0; i < started; i++)
        pthread_join(parts[i].thread, NULL);
    return status;
}

leat_status leat_machine_measure(leat_machine *m, uint32_t threads)
{
    bench b;
    leat_status status = LEAT_OK;
    *m = (leat_machine){0};
    choose(&b, m);
    uint32_t cpus = leat_cpu_count();
    b.threads = threads > 0 ? LEAT_MIN(threads, cpus) : cpus;
    b.array_bytes = LEAT_MAX(ARRAYS_BYTES / b.threads, ARRAY_BYTES) / 64 * 64;
    part *parts = leat_alloc_zero(b.threads, sizeof *parts);
    if (parts == NULL)
        return leat_fail_memory(b.threads * sizeof *parts);
    for (uint32_t i = 0; status == LEAT_OK && i < b.threads; i++) {
        parts[i].b = &b;
        parts[i].words = leat_alloc_aligned(b.array_bytes);
        if (parts[i].words == NULL)
            status = leat_fail_memory(b.array_bytes);
    }
    if (status == LEAT_OK)
        status = run_threads(&b, parts);
    if (status == LEAT_OK) {
        m->flops = best(parts, b.threads, 0, FMA_ROUNDS, 2.0 * b.lanes * CHAINS * FMA_STEPS);
        m->bytes = best(parts, b.threads, FMA_ROUNDS, ROUNDS, (double)b.array_bytes);
        m->threads = b.threads;
    }
    for (uint32_t i = 0; i < b.threads; i++)
        leat_free_aligned(parts[i].words);
    leat_free(parts);
    return status;
}
