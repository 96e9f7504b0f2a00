/* writer-private.h - the queue of an event writer, and the thread that empties it into the file.
 *
 * The queue is a ring of framed records. Callers append whole records under the mutex; the thread writes what
 * is there without holding it, so that a caller never waits for the disk while there is room. `used` counts the
 * bytes from the oldest unwritten one to `head`, those in the thread's hands included. A record larger than the
 * ring is handed over as `big`, when the ring is empty, and its caller waits until it is written. */
#ifndef LEAT_WRITER_PRIVATE_H
#define LEAT_WRITER_PRIVATE_H

#include <pthread.h>
#include "base/file-private.h"
#include "leat/events.h"

#define LEAT_QUEUE_MESSAGE 512

typedef struct leat_event_queue {
    pthread_mutex_t mutex;
    pthread_cond_t work; /* to the thread */
    pthread_cond_t room; /* to callers that wait for room, for a flush or for their big record */
    pthread_t thread;
    leat_fork_mark
        mark; /* a forked child has the memory, but not the thread, and a mutex that may be locked */

    char *ring;
    size_t capacity, head, used;
    const char *big;
    size_t big_size;
    uint64_t queued, done;       /* bytes ever appended, bytes taken care of: written or dropped */
    uint64_t flush_end, flushed; /* bytes that a flush was asked for, that a flush has covered */
    size_t wake_at;              /* the thread is woken when so many bytes are queued */
    bool closing, durable;
    unsigned waiting; /* callers on `room`, */
    unsigned stalled; /* those among them that need the queue emptied */
    double flush_secs;

    /* The thread's alone while it runs. */
    leat_file file;
    uint64_t file_size; /* of whole records */
    bool broken;        /* the file could not be cut back to whole records: nothing more is written */

    /* Under the mutex. */
    leat_event_writer_statistics stats;
    leat_status error, flush_error; /* the first since opening, the first since the last flush */
    char message[LEAT_QUEUE_MESSAGE], flush_message[LEAT_QUEUE_MESSAGE];
} leat_event_queue;

/* Takes `file` over, also on failure. */
leat_status leat_event_queue_start(leat_event_queue *q, leat_file *file, size_t capacity, double flush_secs,
                                   bool durable) LEAT_MUST_CHECK;
/* Appends one framed record; may wait for room. */
leat_status leat_event_queue_put(leat_event_queue *q, const char *record, size_t size) LEAT_MUST_CHECK;
leat_status leat_event_queue_flush(leat_event_queue *q) LEAT_MUST_CHECK;
void leat_event_queue_stats(leat_event_queue *q, leat_event_writer_statistics *statistics);
/* Flushes, ends the thread, closes the file, frees what the queue owns. */
leat_status leat_event_queue_stop(leat_event_queue *q) LEAT_MUST_CHECK;

#endif
