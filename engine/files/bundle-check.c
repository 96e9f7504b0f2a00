/* Checking the checksums of a whole bundle: in the order of the data files, a window of memory at a time, on several threads. */
#include "config.h"
#include "bundle-reader-private.h"

#include <stdlib.h>
#include "base/crc-private.h"
#include "read-crc-private.h"

enum { WINDOW = 16 * 1024 * 1024 };

/* Where the bytes of a tensor of numbers are. */
typedef struct place {
    size_t tensor; /* its number, in the order of names */
    leat_file *file;
    uint64_t offset, size;
    uint32_t crc, want; /* of what was read; masked */
    int shard;
} place;

typedef struct sweep {
    leat_bundle_check *check;
    place *places;
    size_t count, capacity;
    char *window;
    size_t filled, size; /* bytes of the window */
    leat_read_range *ranges;
    size_t *owners; /* the place of each range */
    size_t ranges_count, ranges_capacity, owners_capacity;
} sweep;

static int by_place(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->shard != y->shard)
        return x->shard < y->shard ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Notes every tensor, and the place of those that are stored as plain bytes. */
static leat_status collect(sweep *s, leat_bundle *b)
{
    leat_bundle_check *c = s->check;
    leat_bundle_entry e = {0};
    size_t capacity = 0;
    leat_status status = leat_bundle_first(b, &e);
    while (status == LEAT_OK && e.valid) {
        status = leat_grow(&c->tensors, &capacity, c->count + 1, sizeof *c->tensors);
        if (status == LEAT_OK && e.status == LEAT_OK && e.meta.slices == 0 && e.type->size > 0) {
            status = leat_grow(&s->places, &s->capacity, s->count + 1, sizeof *s->places);
            if (status == LEAT_OK)
                s->places[s->count++] = (place){.tensor = c->count,
                                                .file = &b->shards[e.meta.shard].file,
                                                .offset = (uint64_t)e.meta.offset,
                                                .size = (uint64_t)e.meta.size,
                                                .want = e.meta.crc,
                                                .shard = (int)e.meta.shard};
        }
        if (status == LEAT_OK) {
            c->tensors[c->count++] = (leat_bundle_checked){0};
            status = leat_bundle_next(b, &e);
        }
    }
    leat_bundle_entry_free(&e);
    return status;
}

/* Reads what the window is to hold. A failure costs the tensor that it met; those behind it stay unchecked. */
static leat_status read_window(sweep *s)
{
    size_t done;
    leat_status status = leat_file_read_ranges(s->ranges, s->ranges_count, &done);
    for (size_t i = 0; i < done; i++) {
        place *p = &s->places[s->owners[i]];
        p->crc = s->ranges[i].offset == p->offset
                     ? s->ranges[i].crc
                     : leat_crc32c_combine(p->crc, s->ranges[i].crc, s->ranges[i].size);
    }
    for (size_t i = done; i < s->ranges_count; i++) {
        leat_bundle_checked *t = &s->check->tensors[s->places[s->owners[i]].tensor];
        t->unchecked = true;
        if (i == done && status != LEAT_OK && status != LEAT_ERR_NO_MEMORY && t->error == NULL) {
            t->status = status;
            t->error = leat_strdup(leat_message());
        }
    }
    s->filled = s->ranges_count = 0;
    return status == LEAT_ERR_NO_MEMORY ? status : LEAT_OK;
}

static leat_status sweep_place(sweep *s, size_t number)
{
    const place *p = &s->places[number];
    for (uint64_t at = 0; at < p->size;) {
        size_t n = (size_t)LEAT_MIN(p->size - at, (uint64_t)(s->size - s->filled));
        LEAT_TRY(leat_grow(&s->ranges, &s->ranges_capacity, s->ranges_count + 1, sizeof *s->ranges));
        LEAT_TRY(leat_grow(&s->owners, &s->owners_capacity, s->ranges_count + 1, sizeof *s->owners));
        s->owners[s->ranges_count] = number;
        s->ranges[s->ranges_count++] = (leat_read_range){
            .file = p->file, .offset = p->offset + at, .to = s->window + s->filled, .size = n};
        at += n;
        s->filled += n;
        if (s->filled == s->size)
            LEAT_TRY(read_window(s));
    }
    return LEAT_OK;
}

static leat_status sweep_all(sweep *s)
{
    uint64_t total = 0;
    for (size_t i = 0; i < s->count; i++)
        total = LEAT_MIN(total + s->places[i].size, (uint64_t)WINDOW);
    s->size = (size_t)LEAT_MAX(total, 1);
    s->window = leat_alloc(s->size);
    if (s->window == NULL)
        return leat_fail_memory(s->size);
    if (s->count > 1)
        qsort(s->places, s->count, sizeof *s->places, by_place);
    for (size_t i = 0; i < s->count; i++)
        LEAT_TRY(sweep_place(s, i));
    LEAT_TRY(read_window(s));
    for (size_t i = 0; i < s->count; i++) {
        leat_bundle_checked *t = &s->check->tensors[s->places[i].tensor];
        t->good = !t->unchecked && leat_crc32c_mask(s->places[i].crc) == s->places[i].want;
        s->check->good += t->good;
    }
    return LEAT_OK;
}

leat_status leat_bundle_check_all(leat_bundle *b, leat_bundle_check *check)
{
    sweep s = {.check = check};
    *check = (leat_bundle_check){0};
    leat_status status = collect(&s, b);
    if (status == LEAT_OK)
        status = sweep_all(&s);
    leat_free(s.places);
    leat_free(s.window);
    leat_free(s.ranges);
    leat_free(s.owners);
    if (status != LEAT_OK)
        leat_bundle_check_free(check);
    return status;
}

leat_status leat_bundle_check_tell(leat_bundle *b, const leat_bundle_check *check, size_t i,
                                   const leat_bundle_entry *e)
{
    const leat_bundle_checked *t = &check->tensors[i];
    if (t->good)
        return LEAT_OK;
    return t->error != NULL ? leat_fail(t->status, "tensor '%s': %s", e->name, t->error)
                            : leat_bundle_scan(b, e, NULL, NULL);
}

void leat_bundle_check_free(leat_bundle_check *check)
{
    for (size_t i = 0; i < check->count; i++)
        leat_free(check->tensors[i].error);
    leat_free(check->tensors);
    *check = (leat_bundle_check){0};
}
