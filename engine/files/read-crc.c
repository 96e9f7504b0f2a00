#include "config.h"
#include "read-crc-private.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/crc-private.h"

/* Bytes that are worth a thread: it takes 20 us to start, and these 1 ms to read. */
enum { SHARE = 4 * 1024 * 1024 };

typedef struct share {
    leat_file *file;
    uint64_t offset;
    char *to;
    size_t size;
    uint32_t crc;
    leat_status status;
    char message[512]; /* messages are per thread */
    pthread_t thread;
    bool started;
} share;

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

static void read_share(share *s)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    s->crc = 0;
    for (size_t at = 0; at < s->size;) {
        size_t n = LEAT_MIN(s->size - at, (size_t)LEAT_READ_PIECE);
        touch(s->to + at, n, page);
        s->status = leat_file_read_at(s->file, s->offset + at, s->to + at, n);
        if (s->status != LEAT_OK)
            return;
        s->crc = leat_crc32c_extend(s->crc, s->to + at, n);
        at += n;
    }
}

static void *run_share(void *user)
{
    share *s = user;
    read_share(s);
    if (s->status != LEAT_OK)
        strncpy(s->message, leat_message(), sizeof s->message - 1);
    return NULL;
}

size_t leat_read_threads(size_t bytes)
{
    cpu_set_t set;
    if (bytes / SHARE < 2 || sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int usable = LEAT_MAX(1, LEAT_MIN(CPU_COUNT(&set), (int)LEAT_READ_THREADS));
    return LEAT_MIN((size_t)usable, bytes / SHARE);
}

bool leat_read_thread(pthread_t *thread, void *(*run)(void *), void *user)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* the program's signals are not for our threads */
    bool started = pthread_create(thread, NULL, run, user) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started;
}

leat_status leat_file_read_crc(leat_file *f, uint64_t offset, void *to, size_t n, uint32_t *crc)
{
    share shares[LEAT_READ_THREADS] = {{0}};
    size_t count = leat_read_threads(n);
    size_t each = n / count / LEAT_READ_PIECE * LEAT_READ_PIECE;
    for (size_t i = 0; i < count; i++) {
        shares[i].file = f;
        shares[i].offset = offset + i * each;
        shares[i].to = (char *)to + i * each;
        shares[i].size = i + 1 < count ? each : n - i * each;
        if (i > 0)
            shares[i].started = leat_read_thread(&shares[i].thread, run_share, &shares[i]);
    }
    for (size_t i = 0; i < count; i++) /* its own share, and those that no thread could be had for */
        if (!shares[i].started)
            read_share(&shares[i]);
    leat_status status = shares[0].status;
    *crc = shares[0].crc;
    for (size_t i = 1; i < count; i++) {
        if (shares[i].started)
            pthread_join(shares[i].thread, NULL);
        if (status == LEAT_OK && shares[i].status != LEAT_OK)
            status =
                shares[i].started ? leat_fail(shares[i].status, "%s", shares[i].message) : shares[i].status;
        *crc = leat_crc32c_combine(*crc, shares[i].crc, shares[i].size);
    }
    return status;
}
