/* read-crc.c - reading on several threads. What is to be read is cut where one huge page of the destination ends and the next one
 * begins, and a thread takes all that goes into one: new memory is then had once, by the thread that fills it while it is in its
 * cache. */
#include "config.h"
#include "read-crc-private.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/cpus-private.h"
#include "base/crc-private.h"

enum {
    SHARE =
        4 * 1024 * 1024, /* bytes that are worth a thread: it takes 20 us to start, and these 1 ms to read */
    MOST_THREADS = 4,    /* two saturate the memory of a small machine */
    FRAME = 2 * 1024 * 1024,
    TOGETHER = 64 /* pieces of memory that one call fills */
};

/* A part of a range that goes into one frame of memory. */
typedef struct part {
    size_t range, at, size;
    uint32_t crc;
} part;

typedef struct reading {
    const leat_read_range *ranges;
    part *parts;
    size_t count, page;
    atomic_size_t next;   /* the part that nobody has begun with; always the first of a frame, or `count` */
    atomic_size_t failed; /* the first that failed, or SIZE_MAX: those behind it are not begun */
    pthread_mutex_t lock; /* guards the rest */
    leat_status status;
    char message[512]; /* messages are per thread */
} reading;

static uintptr_t frame_of(const reading *r, size_t i)
{
    return ((uintptr_t)r->ranges[r->parts[i].range].to + r->parts[i].at) / FRAME;
}

/* Memory that was never touched gets its pages at once, not one by one as the bytes arrive in it: half the time of reading into a
 * new tensor. Only a wish: older kernels refuse. */
static void touch(char *to, size_t n, size_t page)
{
#ifdef MADV_POPULATE_WRITE
    unsigned char resident = 0;
    char *begin = to - (uintptr_t)to % page;
    char *inside =
        begin +
        (n >= 2 * page ? page : 0); /* the first page may hold something else, and be there for that */
    if (mincore(inside, 1, &resident) == 0 && !(resident & 1))
        (void)madvise(begin, (size_t)(to + n - begin), MADV_POPULATE_WRITE);
#else
    (void)to, (void)n, (void)page;
#endif
}

static leat_status read_part(const reading *r, part *p)
{
    const leat_read_range *range = &r->ranges[p->range];
    for (size_t at = 0; at < p->size;) {
        char *to = (char *)range->to + p->at + at;
        size_t n = LEAT_MIN(p->size - at, (size_t)LEAT_READ_PIECE);
        touch(to, n, r->page);
        LEAT_TRY(leat_file_read_at(range->file, range->offset + p->at + at, to, n));
        p->crc = leat_crc32c_extend(p->crc, to, n);
        at += n;
    }
    return LEAT_OK;
}

/* At once where they lie side by side, as the tensors of a span do. */
static void touch_together(const struct iovec *to, int n, size_t bytes, size_t page)
{
    char *begin = to[0].iov_base, *end = (char *)to[n - 1].iov_base + to[n - 1].iov_len;
    if (end > begin && (size_t)(end - begin) <= bytes + bytes / 2) {
        touch(begin, (size_t)(end - begin), page);
        return;
    }
    for (int k = 0; k < n; k++)
        touch(to[k].iov_base, to[k].iov_len, page);
}

/* Small parts that follow each other in their file, from i on, are had by one call. Returns the part after the last that was read, or
 * i where they are not small or it read less: then they are read one by one. */
static size_t read_together(const reading *r, size_t i, size_t end, leat_status *status)
{
    struct iovec to[TOGETHER];
    const leat_read_range *first = &r->ranges[r->parts[i].range];
    uint64_t offset = first->offset + r->parts[i].at, next = offset;
    int n = 0;
    size_t bytes = 0, got;
    for (size_t k = i; k < end && n < TOGETHER; k++) {
        const part *p = &r->parts[k];
        const leat_read_range *range = &r->ranges[p->range];
        if (range->file != first->file || range->offset + p->at != next || bytes + p->size > LEAT_READ_PIECE)
            break;
        to[n++] = (struct iovec){(char *)range->to + p->at, p->size};
        bytes += p->size;
        next += p->size;
    }
    if (n < 2)
        return i;
    touch_together(to, n, bytes, r->page);
    *status = leat_file_read_vector(first->file, offset, to, n, &got);
    if (*status != LEAT_OK || got < bytes)
        return i;
    for (int k = 0; k < n; k++)
        r->parts[i + (size_t)k].crc = leat_crc32c(to[k].iov_base, to[k].iov_len);
    return i + (size_t)n;
}

static void note_failure(reading *r, size_t i, leat_status status)
{
    pthread_mutex_lock(&r->lock);
    if (i < atomic_load_explicit(&r->failed, memory_order_relaxed)) {
        atomic_store_explicit(&r->failed, i, memory_order_relaxed);
        r->status = status;
        strncpy(r->message, leat_message(), sizeof r->message - 1);
    }
    pthread_mutex_unlock(&r->lock);
}

/* Takes the parts of the next frame: *begin to the end that is returned. Relaxed: a number carries no data with it; what was read is
 * seen after the join. */
static size_t take_frame(reading *r, size_t *begin)
{
    size_t i = atomic_load_explicit(&r->next, memory_order_relaxed), end;
    do {
        for (end = i; end < r->count && frame_of(r, end) == frame_of(r, i);)
            end++;
    } while (!atomic_compare_exchange_weak_explicit(&r->next, &i, end, memory_order_relaxed,
                                                    memory_order_relaxed));
    *begin = i;
    return end;
}

/* A part below the first failure is always read, so that it is the same one whoever reads it. */
static void *read_frames(void *user)
{
    reading *r = user;
    for (;;) {
        size_t i, end = take_frame(r, &i);
        if (i == end)
            return NULL;
        while (i < end && i < atomic_load_explicit(&r->failed, memory_order_relaxed)) {
            leat_status status = LEAT_OK;
            size_t after = read_together(r, i, end, &status);
            if (status == LEAT_OK && after == i)
                status = read_part(r, &r->parts[i]);
            if (status != LEAT_OK)
                note_failure(r, i, status);
            i = LEAT_MAX(after, i + 1);
        }
    }
}

static size_t cut(const leat_read_range *ranges, size_t count, part *parts)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0, size; at < ranges[i].size; at += size) {
            size = LEAT_MIN(ranges[i].size - at, FRAME - ((uintptr_t)ranges[i].to + at) % FRAME);
            if (parts != NULL)
                parts[n] = (part){.range = i, .at = at, .size = size};
            n++;
        }
    return n;
}

static size_t useful_threads(const leat_read_range *ranges, size_t count)
{
    size_t shares = 0;
    for (size_t i = 0, bytes = 0; i < count && shares < MOST_THREADS; i++) {
        bytes += LEAT_MIN(ranges[i].size, (size_t)SHARE * MOST_THREADS);
        shares = bytes / SHARE;
    }
    return shares < 2 ? 1 : LEAT_MIN(LEAT_MIN(shares, (size_t)MOST_THREADS), (size_t)leat_cpu_affinity());
}

/* The program's signals are not for this thread. */
static bool start_thread(pthread_t *thread, reading *r)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool started = pthread_create(thread, NULL, read_frames, r) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started;
}

leat_status leat_file_read_ranges(leat_read_range *ranges, size_t count, size_t *done)
{
    reading r = {.ranges = ranges,
                 .count = cut(ranges, count, NULL),
                 .page = (size_t)sysconf(_SC_PAGESIZE),
                 .failed = SIZE_MAX,
                 .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[MOST_THREADS];
    size_t started = 0, want = useful_threads(ranges, count) - 1;
    *done = 0;
    r.parts = leat_alloc((r.count + 1) * sizeof *r.parts);
    if (r.parts == NULL)
        return leat_fail_memory(r.count * sizeof *r.parts);
    (void)cut(ranges, count, r.parts);
    while (started < want && start_thread(&threads[started], &r))
        started++;
    read_frames(&r);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&r.lock);
    for (size_t i = 0; i < count; i++)
        ranges[i].crc = 0;
    for (size_t i = 0; i < r.count; i++) {
        part *p = &r.parts[i];
        uint32_t *crc = &ranges[p->range].crc;
        *crc = p->at == 0 ? p->crc : leat_crc32c_combine(*crc, p->crc, p->size);
    }
    *done = r.status == LEAT_OK ? count : r.parts[r.failed].range;
    leat_free(r.parts);
    return r.status == LEAT_OK ? LEAT_OK : leat_fail(r.status, "%s", r.message);
}
