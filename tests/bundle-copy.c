#include "config.h"
#include "bundle-copy.h"

#include <stdlib.h>
#include <string.h>

typedef struct place_of {
    char *name;
    int64_t shard, offset;
} place_of;

static int by_place(const void *a, const void *b)
{
    const place_of *x = a, *y = b;
    return x->shard != y->shard ? (x->shard < y->shard ? -1 : 1)
                                : (x->offset > y->offset) - (x->offset < y->offset);
}

/* Copies a tensor, or a slice of it that is a slice there too. */
static leat_status copy_part(leat_bundle *b, const leat_bundle_entry *e, leat_bundle_writer *w,
                             const leat_bundle_extent *slice, int shard)
{
    leat_bundle_tensor t = {.name = e->name,
                            .dtype = (int)e->meta.dtype,
                            .rank = e->meta.rank,
                            .dims = e->meta.dims,
                            .slice = slice,
                            .shard = shard};
    int64_t elements = 1;
    for (int i = 0; i < t.rank; i++)
        elements *= slice != NULL && slice[i].length >= 0 ? slice[i].length : t.dims[i];
    leat_arena arena = {0};
    char *bytes = malloc((size_t)elements * 16 + 1);
    leat_status status;
    if (t.dtype == LEAT_DATA_TYPE_STRING) {
        status = leat_bundle_read_strings(b, e, slice, (leat_bytes *)bytes, elements, &arena);
        t.strings = (leat_bytes *)bytes;
    } else {
        status = leat_bundle_read(b, e, slice, bytes, (size_t)elements * e->type->size);
        t.data = bytes;
    }
    if (status == LEAT_OK)
        status = leat_bundle_writer_add(w, &t);
    leat_arena_free(&arena);
    free(bytes);
    return status;
}

static leat_status copy_tensor(leat_bundle *b, const leat_bundle_entry *e, leat_bundle_writer *w, int shard,
                               const bundle_copy_options *options)
{
    int cut = 0;
    while (cut < e->meta.rank && e->meta.dims[cut] < 2)
        cut++;
    if (!options->slice || cut == e->meta.rank)
        return copy_part(b, e, w, NULL, shard);
    leat_bundle_extent extents[LEAT_BUNDLE_RANK];
    for (int i = 0; i < e->meta.rank; i++) /* -1 and the length itself are two ways to say all */
        extents[i] = (leat_bundle_extent){0, i % 2 == 0 ? -1 : e->meta.dims[i]};
    int64_t middle = e->meta.dims[cut] / 2;
    extents[cut] = (leat_bundle_extent){0, middle};
    LEAT_TRY(copy_part(b, e, w, extents, shard));
    extents[cut] = (leat_bundle_extent){middle, e->meta.dims[cut] - middle};
    return copy_part(b, e, w, extents, options->shards > 0 ? (shard + 1) % options->shards : shard);
}

static leat_status list_places(leat_bundle *b, leat_bundle_entry *e, place_of **places, size_t *count)
{
    size_t capacity = 0;
    LEAT_TRY(leat_bundle_first(b, e));
    while (e->valid) {
        LEAT_TRY(leat_grow(places, &capacity, *count + 1, sizeof **places));
        (*places)[(*count)++] = (place_of){strdup(e->name), e->meta.shard, e->meta.offset};
        LEAT_TRY(leat_bundle_next(b, e));
    }
    if (*count > 1)
        qsort(*places, *count, sizeof **places, by_place);
    return LEAT_OK;
}

leat_status bundle_copy(const char *from, const char *to, const bundle_copy_options *options)
{
    leat_bundle *b;
    leat_bundle_writer *w = NULL;
    leat_bundle_entry e = {0};
    place_of *places = NULL;
    size_t count = 0;
    LEAT_TRY(leat_bundle_open(&b, from));
    int shards = options->shards > 0 ? options->shards : leat_bundle_shards(b);
    leat_status status =
        leat_bundle_writer_open(&w, to, &(leat_bundle_options){.shards = shards, .snappy = options->snappy});
    if (status == LEAT_OK)
        status = list_places(b, &e, &places, &count);
    for (size_t i = 0; i < count && status == LEAT_OK; i++) {
        status = leat_bundle_find(b, places[i].name, strlen(places[i].name), &e);
        int shard = options->shards > 0 ? (int)(i % (size_t)shards) : (int)e.meta.shard;
        if (status == LEAT_OK)
            status = copy_tensor(b, &e, w, shard, options);
    }
    if (status == LEAT_OK)
        status = leat_bundle_writer_commit(w);
    else
        leat_bundle_writer_abandon(w);
    for (size_t i = 0; i < count; i++)
        free(places[i].name);
    leat_free(places);
    leat_bundle_entry_free(&e);
    leat_bundle_close(b);
    return status;
}
