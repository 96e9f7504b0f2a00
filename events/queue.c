#include "config.h"
#include "record-private.h"
#include "writer-private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

/* Enough to make the system call small beside the copying, few enough to stay in the cache. */
#define WAKE_AT ((size_t)256 << 10)

/* ---- the thread ---- */

/* What the thread writes at one go: the bytes of the ring, in two parts where they wrap, or a big record. */
struct extent {
    const char *part[2];
    size_t size[2];
};

static uint64_t record_size_at(const struct extent *e, uint64_t offset)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < 8; i++) {
        uint64_t at = offset + i;
        bytes[i] = (unsigned char)(at < e->size[0] ? e->part[0][at] : e->part[1][at - e->size[0]]);
    }
    return leat_record_u64(bytes) + LEAT_RECORD_OVERHEAD;
}

/* Of the records in `e`, those that lie whole in its first `written` bytes: *whole bytes. Returns how many do not. */
static uint64_t count_lost(const struct extent *e, uint64_t written, uint64_t *whole)
{
    uint64_t total = e->size[0] + e->size[1], lost = 0;
    *whole = 0;
    for (uint64_t offset = 0; offset < total;) {
        offset += record_size_at(e, offset);
        if (offset <= written)
            *whole = offset;
        else
            lost++;
    }
    return lost;
}

static void keep_error(leat_event_queue *q, leat_status status, const char *text)
{
    if (q->error == LEAT_OK) {
        q->error = status;
        snprintf(q->message, sizeof q->message, "%s", text);
    }
    if (q->flush_error == LEAT_OK) {
        q->flush_error = status;
        snprintf(q->flush_message, sizeof q->flush_message, "%s", text);
    }
}

/* After a failed write: cuts the file back to whole records, counts the others as dropped. */
static void give_up(leat_event_queue *q, const struct extent *e, uint64_t written, leat_status status)
{
    char text[LEAT_QUEUE_MESSAGE];
    snprintf(text, sizeof text, "%s", leat_message());
    uint64_t whole, lost = count_lost(e, written, &whole);
    if (!q->broken)
        q->broken = leat_file_truncate(&q->file, q->file_size + whole) != LEAT_OK;
    pthread_mutex_lock(&q->mutex);
    bool first = q->error == LEAT_OK;
    keep_error(q, status, text);
    if (!q->broken) {
        q->file_size += whole;
        q->stats.bytes = q->file_size;
    }
    q->stats.dropped += lost;
    pthread_mutex_unlock(&q->mutex);
    if (first)
        leat_note(LEAT_LOG_WARNING, "%s; events are being dropped", text);
}

static void write_extent(leat_event_queue *q, const struct extent *e)
{
    uint64_t written = 0;
    leat_status status = LEAT_OK;
    if (q->broken)
        status = leat_fail(LEAT_ERR_IO, "%s: no longer writable", q->file.path);
    for (int i = 0; i < 2 && status == LEAT_OK; i++) {
        size_t done;
        status = leat_file_write_some(&q->file, e->part[i], e->size[i], &done);
        written += done;
    }
    if (status != LEAT_OK) {
        give_up(q, e, written, status);
        return;
    }
    q->file_size += written;
}

static void sync_file(leat_event_queue *q)
{
    if (!q->durable || q->broken)
        return;
    leat_status status = leat_file_sync(&q->file);
    if (status == LEAT_OK)
        return;
    pthread_mutex_lock(&q->mutex);
    keep_error(q, status, leat_message());
    pthread_mutex_unlock(&q->mutex);
}

/* With the mutex held: waits until there is something to do. false: the queue is closed and empty. */
static bool wait_for_work(leat_event_queue *q)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    double seconds = LEAT_MIN(q->flush_secs, 1e9);
    until.tv_sec += (time_t)seconds;
    until.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (q->used < q->wake_at && (q->stalled == 0 || q->used == 0) && q->big == NULL &&
           q->flush_end <= q->flushed && !q->closing) {
        if (pthread_cond_timedwait(&q->work, &q->mutex, &until) != ETIMEDOUT)
            continue;
        if (q->used > 0)
            return true;
        until.tv_sec += LEAT_MAX((time_t)seconds, (time_t)1);
    }
    return q->used > 0 || q->big != NULL || q->flush_end > q->flushed || !q->closing;
}

static struct extent next_extent(const leat_event_queue *q)
{
    if (q->used == 0 && q->big != NULL)
        return (struct extent){.part = {q->big, NULL}, .size = {q->big_size, 0}};
    size_t tail = (q->head + q->capacity - q->used) % q->capacity;
    size_t straight = LEAT_MIN(q->used, q->capacity - tail);
    return (struct extent){.part = {q->ring + tail, q->ring}, .size = {straight, q->used - straight}};
}

/* With the mutex held: writes what is queued now. */
static void drain(leat_event_queue *q)
{
    struct extent e = next_extent(q);
    uint64_t size = e.size[0] + e.size[1];
    bool big = q->used == 0;
    if (size == 0)
        return;
    pthread_mutex_unlock(&q->mutex);
    write_extent(q, &e);
    pthread_mutex_lock(&q->mutex);
    if (big)
        q->big = NULL;
    else
        q->used -= size;
    q->done += size;
    q->stats.bytes = q->file_size;
    if (q->used == 0)
        q->head = 0; /* the same few pages of the ring, while they suffice */
}

static void *run(void *argument)
{
    leat_event_queue *q = argument;
    pthread_mutex_lock(&q->mutex);
    while (wait_for_work(q)) {
        drain(q);
        if (q->flush_end > q->flushed && q->done >= q->flush_end) {
            uint64_t end = q->done;
            pthread_mutex_unlock(&q->mutex);
            sync_file(q);
            pthread_mutex_lock(&q->mutex);
            q->flushed = end;
        }
        if (q->waiting > 0)
            pthread_cond_broadcast(&q->room);
    }
    pthread_mutex_unlock(&q->mutex);
    return NULL;
}

/* ---- the callers ---- */

leat_status leat_event_queue_start(leat_event_queue *q, leat_file *file, size_t capacity, double flush_secs,
                                   bool durable)
{
    *q = (leat_event_queue){
        .capacity = capacity,
        .wake_at = LEAT_MIN(WAKE_AT, capacity / 2),
        .flush_secs = flush_secs,
        .durable = durable,
        .file = *file,
        .mark = leat_fork_mark_new(),
    };
    *file = (leat_file)LEAT_FILE_CLOSED;
    q->ring = leat_alloc(capacity);
    if (q->ring == NULL) {
        leat_fork_mark_free(&q->mark);
        leat_file_close(&q->file);
        return leat_fail_memory(capacity);
    }
    /* No caller waits for a disk: the thread holds the mutex for some hundred nanoseconds, never while it writes. Where it loses its
     * CPU just then, a caller of higher priority lends it its own. */
    pthread_mutexattr_t inherit;
    pthread_mutexattr_init(&inherit);
    pthread_mutexattr_setprotocol(&inherit, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&q->mutex, &inherit);
    pthread_mutexattr_destroy(&inherit);
    pthread_cond_init(&q->room, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&q->work, &monotonic);
    pthread_condattr_destroy(&monotonic);

    /* Signals are the program's: its own threads handle them. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&q->thread, NULL, run, q);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        return LEAT_OK;
    pthread_mutex_destroy(&q->mutex);
    pthread_cond_destroy(&q->work);
    pthread_cond_destroy(&q->room);
    leat_free(q->ring);
    leat_fork_mark_free(&q->mark);
    leat_file_close(&q->file);
    return leat_fail(LEAT_ERR_NO_MEMORY, "the event writer's thread cannot be created");
}

/* Before each lock: at the fork, another thread may have held the mutex. */
static leat_status check_process(const leat_event_queue *q)
{
    if (!leat_is_forked(&q->mark))
        return LEAT_OK;
    return leat_fail(LEAT_ERR_FORKED, "%s: the event writer belongs to the parent process", q->file.path);
}

static void wait_for_room(leat_event_queue *q)
{
    q->waiting++;
    pthread_cond_wait(&q->room, &q->mutex);
    q->waiting--;
}

/* With the mutex held. `ready` tells whether the wait is over; the wait is counted. */
static void stall(leat_event_queue *q, bool (*ready)(const leat_event_queue *, size_t), size_t size)
{
    double start = leat_now();
    q->stalled++;
    pthread_cond_signal(&q->work);
    while (!ready(q, size))
        wait_for_room(q);
    q->stalled--;
    double waited = leat_now() - start;
    q->stats.stalls++;
    q->stats.stall_seconds += waited;
    q->stats.longest_stall = LEAT_MAX(q->stats.longest_stall, waited);
}

static bool fits(const leat_event_queue *q, size_t size)
{
    return q->big == NULL && size <= q->capacity - q->used;
}

static bool is_empty(const leat_event_queue *q, size_t unused)
{
    (void)unused;
    return q->big == NULL && q->used == 0;
}

static void append(leat_event_queue *q, const char *record, size_t size)
{
    size_t straight = LEAT_MIN(size, q->capacity - q->head);
    memcpy(q->ring + q->head, record, straight);
    memcpy(q->ring, record + straight, size - straight);
    q->head = (q->head + size) % q->capacity;
    q->used += size;
}

static void hand_over(leat_event_queue *q, const char *record, size_t size)
{
    uint64_t end = q->queued;
    q->big = record;
    q->big_size = size;
    pthread_cond_signal(&q->work);
    while (q->done < end)
        wait_for_room(q);
}

leat_status leat_event_queue_put(leat_event_queue *q, const char *record, size_t size)
{
    LEAT_TRY(check_process(q));
    pthread_mutex_lock(&q->mutex);
    bool big = size > q->capacity;
    if (!(big ? is_empty(q, 0) : fits(q, size)))
        stall(q, big ? is_empty : fits, size);
    q->queued += size;
    q->stats.events++;
    size_t before = q->used;
    if (big)
        hand_over(q, record, size);
    else
        append(q, record, size);
    bool wake = before < q->wake_at && q->used >= q->wake_at;
    pthread_mutex_unlock(&q->mutex);
    if (wake) /* after unlocking: else the thread might take the caller's CPU only to find the mutex locked */
        pthread_cond_signal(&q->work);
    return LEAT_OK;
}

/* In a forked child there is no other thread, and the mutex may be locked for ever. */
void leat_event_queue_stats(leat_event_queue *q, leat_event_writer_statistics *statistics)
{
    bool forked = leat_is_forked(&q->mark);
    if (!forked)
        pthread_mutex_lock(&q->mutex);
    *statistics = q->stats;
    statistics->queued_bytes = q->used;
    if (!forked)
        pthread_mutex_unlock(&q->mutex);
}

leat_status leat_event_queue_flush(leat_event_queue *q)
{
    LEAT_TRY(check_process(q));
    pthread_mutex_lock(&q->mutex);
    uint64_t end = q->queued;
    q->flush_end = end;
    pthread_cond_signal(&q->work);
    while (q->flushed < end)
        wait_for_room(q);
    leat_status status = q->flush_error;
    if (status != LEAT_OK)
        leat_fail(status, "%s", q->flush_message);
    q->flush_error = LEAT_OK;
    pthread_mutex_unlock(&q->mutex);
    return status;
}

leat_status leat_event_queue_stop(leat_event_queue *q)
{
    leat_status status = check_process(q);
    if (status == LEAT_OK) {
        pthread_mutex_lock(&q->mutex);
        q->closing = true;
        q->flush_end = q->queued;
        pthread_cond_signal(&q->work);
        pthread_mutex_unlock(&q->mutex);
        pthread_join(q->thread, NULL);
        pthread_mutex_destroy(&q->mutex);
        pthread_cond_destroy(&q->work);
        pthread_cond_destroy(&q->room);
    }
    leat_free(q->ring);
    leat_fork_mark_free(&q->mark);
    leat_status closed = leat_file_close(&q->file);
    if (status == LEAT_OK && q->error != LEAT_OK)
        return leat_fail(q->error, "%s; %llu events were dropped", q->message,
                         (unsigned long long)q->stats.dropped);
    return status != LEAT_OK ? status : closed;
}
