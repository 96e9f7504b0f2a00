/* Reading many tensors of a bundle: those that are too small to be worth several threads each are worth some together. */
#include "config.h"
#include "bundle-reader-private.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "read-crc-private.h"

typedef struct batch {
    leat_bundle *bundle;
    const leat_bundle_item *items;
    size_t count;
    atomic_size_t next;   /* item nobody has begun with */
    atomic_size_t failed; /* the first that failed, or SIZE_MAX: those behind it are not begun */
    pthread_mutex_t lock; /* guards the rest */
    leat_status status;
    char message[512]; /* messages are per thread */
} batch;

static void note_failure(batch *t, size_t i, leat_status status)
{
    pthread_mutex_lock(&t->lock);
    if (i < atomic_load_explicit(&t->failed, memory_order_relaxed)) {
        atomic_store_explicit(&t->failed, i, memory_order_relaxed);
        t->status = status;
        strncpy(t->message, leat_message(), sizeof t->message - 1);
    }
    pthread_mutex_unlock(&t->lock);
}

/* Relaxed: an item's number carries no data with it; what was read is seen after the join. An item below the first failure
 * is always read, so that it is the same one whoever reads it. */
static void *read_some(void *user)
{
    batch *t = user;
    for (;;) {
        size_t i = atomic_fetch_add_explicit(&t->next, 1, memory_order_relaxed);
        if (i >= t->count || i > atomic_load_explicit(&t->failed, memory_order_relaxed))
            return NULL;
        const leat_bundle_item *item = &t->items[i];
        leat_status status = leat_bundle_read(t->bundle, item->entry, NULL, item->to, item->size);
        if (status != LEAT_OK)
            note_failure(t, i, status);
    }
}

leat_status leat_bundle_read_all(leat_bundle *b, const leat_bundle_item *items, size_t count)
{
    batch t = {
        .bundle = b, .items = items, .count = count, .failed = SIZE_MAX, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[LEAT_READ_THREADS];
    size_t bytes = 0, started = 0;
    for (size_t i = 0; i < count; i++)
        bytes += LEAT_MIN(items[i].size, SIZE_MAX - bytes);
    size_t want = LEAT_MIN(leat_read_threads(bytes), LEAT_MAX(count, (size_t)1)) - 1;
    while (started < want && leat_read_thread(&threads[started], read_some, &t))
        started++;
    read_some(&t);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&t.lock);
    return t.status == LEAT_OK ? LEAT_OK : leat_fail(t.status, "%s", t.message);
}
