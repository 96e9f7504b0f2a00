/* Reading the bytes of tensors: straight into the caller's buffer where the tensor, or the slice of it, lies there
 * in one piece, else by way of a buffer of its own. */
#include "config.h"
#include "bundle-reader-private.h"

#include <string.h>
#include "base/crc-private.h"
#include "read-crc-private.h"

static leat_status bad_data(const leat_file *f, uint64_t offset, const leat_bundle_entry *e,
                            const char *reason)
{
    return leat_fail(LEAT_ERR_DATA_LOSS, "%s:%llu: tensor '%s': %s", f->path, (unsigned long long)offset,
                     e->name, reason);
}

/* Reads the m->size bytes of numbers at m->offset into `to`. */
static leat_status read_numbers(leat_bundle *b, const leat_bundle_entry *e, const leat_bundle_meta *m,
                                char *to)
{
    leat_bundle_item item = {.name = e->name,
                             .to = to,
                             .size = (size_t)m->size,
                             .offset = (uint64_t)m->offset,
                             .shard = (int)m->shard,
                             .crc = m->crc};
    return leat_bundle_read_all(b, &item, 1);
}

/* Reads them piece by piece into `piece` of LEAT_READ_PIECE bytes, handing each to `use`. */
static leat_status scan_numbers(leat_bundle *b, const leat_bundle_entry *e, const leat_bundle_meta *m,
                                char *piece, void (*use)(void *, const void *, size_t), void *user)
{
    leat_file *f = &b->shards[m->shard].file;
    uint64_t offset = (uint64_t)m->offset, left = (uint64_t)m->size;
    uint32_t crc = 0;
    while (left > 0) {
        size_t n = (size_t)LEAT_MIN(left, (uint64_t)LEAT_READ_PIECE);
        leat_status status = leat_file_read_at(f, offset, piece, n);
        if (status != LEAT_OK)
            return leat_fail_context(status, "tensor '%s'", e->name);
        crc = leat_crc32c_extend(crc, piece, n);
        if (use != NULL)
            use(user, piece, n);
        offset += n;
        left -= n;
    }
    return leat_crc32c_mask(crc) == m->crc
               ? LEAT_OK
               : bad_data(f, (uint64_t)m->offset, e, "the checksum does not match");
}

/* ---- strings ---- */

static const uint8_t *get_length(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; at < end && shift < 64; shift += 7) {
        uint8_t byte = *at++;
        if (shift == 63 && byte > 1)
            return NULL;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return at;
    }
    return NULL;
}

/* Takes apart `bytes` of `size`: lengths, the checksum of the lengths, then the strings. The tensor's checksum is
 * over the lengths as fixed 32-bit numbers (64-bit ones where they must be), that checksum, and the strings. */
static const char *split_strings(const uint8_t *bytes, size_t size, uint32_t want, leat_bytes *to,
                                 int64_t count)
{
    const uint8_t *at = bytes, *end = bytes + size;
    uint64_t total = 0;
    uint32_t crc = 0, stored;
    for (int64_t i = 0; i < count; i++) {
        uint64_t length;
        if ((at = get_length(at, end, &length)) == NULL)
            return "the lengths of the strings are damaged or cut off";
        if (length > size || __builtin_add_overflow(total, length, &total) || total > size)
            return "the strings are longer than the entry";
        crc = leat_crc32c_extend(crc, &length, length <= UINT32_MAX ? 4 : 8);
        to[i].size = length;
    }
    if (end - at < 4)
        return "the lengths of the strings are damaged or cut off";
    memcpy(&stored, at, sizeof stored);
    if (leat_crc32c_mask(crc) != stored)
        return "the checksum of the lengths of the strings does not match";
    crc = leat_crc32c_extend(crc, at, 4);
    at += 4;
    if (total != (uint64_t)(end - at))
        return total > (uint64_t)(end - at) ? "the strings are longer than the entry"
                                            : "bytes follow the strings of the entry";
    if (leat_crc32c_mask(leat_crc32c_extend(crc, at, (size_t)total)) != want)
        return "the checksum does not match";
    for (int64_t i = 0; i < count; i++) {
        to[i].data = (const char *)at;
        at += to[i].size;
    }
    return NULL;
}

/* Reads the `count` strings of an entry, whose bytes (with those that frame them) will be in the arena. */
static leat_status read_strings(leat_bundle *b, const leat_bundle_entry *e, const leat_bundle_meta *m,
                                leat_bytes *to, int64_t count, leat_arena *arena)
{
    leat_file *f = &b->shards[m->shard].file;
    char *bytes = leat_arena_alloc(arena, (size_t)m->size);
    if (bytes == NULL)
        return leat_fail_memory((size_t)m->size);
    leat_status status = leat_file_read_at(f, (uint64_t)m->offset, bytes, (size_t)m->size);
    if (status != LEAT_OK)
        return leat_fail_context(status, "tensor '%s'", e->name);
    const char *reason = split_strings((const uint8_t *)bytes, (size_t)m->size, m->crc, to, count);
    return reason == NULL ? LEAT_OK : bad_data(f, (uint64_t)m->offset, e, reason);
}

/* ---- variants ---- */

/* Of each element its length, a serialized message, and the masked checksum of all before it (of lengths as fixed 64-bit numbers),
 * which goes into the next ones and into that of the tensor. Source: tensor_bundle.cc, WriteVariantTensor. */
static const char *check_variants(const uint8_t *at, size_t size, int64_t count, uint32_t want)
{
    const uint8_t *end = at + size;
    uint32_t crc = 0, stored;
    for (int64_t i = 0; i < count; i++) {
        uint64_t length;
        if ((at = get_length(at, end, &length)) == NULL || (uint64_t)(end - at) < sizeof stored ||
            length > (uint64_t)(end - at) - sizeof stored)
            return "a variant is damaged or cut off";
        crc = leat_crc32c_extend(crc, &length, sizeof length);
        crc = leat_crc32c_extend(crc, at, (size_t)length);
        at += length;
        memcpy(&stored, at, sizeof stored);
        if (leat_crc32c_mask(crc) != stored)
            return "the checksum does not match";
        crc = leat_crc32c_extend(crc, at, sizeof stored);
        at += sizeof stored;
    }
    if (at != end)
        return "bytes follow the variants of the entry";
    return leat_crc32c_mask(crc) == want ? NULL : "the checksum does not match";
}

static leat_status scan_variants(leat_bundle *b, const leat_bundle_entry *e)
{
    leat_file *f = &b->shards[e->meta.shard].file;
    char *bytes = leat_alloc((size_t)e->meta.size);
    if (bytes == NULL)
        return leat_fail_memory((size_t)e->meta.size);
    leat_status status = leat_file_read_at(f, (uint64_t)e->meta.offset, bytes, (size_t)e->meta.size);
    if (status != LEAT_OK) {
        status = leat_fail_context(status, "tensor '%s'", e->name);
    } else {
        const char *reason =
            check_variants((const uint8_t *)bytes, (size_t)e->meta.size, e->elements, e->meta.crc);
        if (reason != NULL)
            status = bad_data(f, (uint64_t)e->meta.offset, e, reason);
    }
    leat_free(bytes);
    return status;
}

/* ---- regions ---- */

/* A box of a tensor: all extents have their lengths spelt out. */
typedef struct box {
    int rank;
    int64_t elements;
    leat_bundle_extent at[LEAT_BUNDLE_RANK];
} box;

/* The extents of a tensor as a box; `extents` NULL: all of it. False where they do not lie in it. */
static bool make_box(box *x, const leat_bundle_meta *m, const leat_bundle_extent *extents)
{
    x->rank = m->rank;
    x->elements = 1;
    for (int i = 0; i < m->rank; i++) {
        leat_bundle_extent e = extents != NULL ? extents[i] : (leat_bundle_extent){0, -1};
        if (e.length == -1)
            e.length = m->dims[i] - e.start;
        if (e.start < 0 || e.length < 0 || e.start > m->dims[i] || e.length > m->dims[i] - e.start)
            return false;
        x->at[i] = e;
        x->elements *= e.length; /* at most the elements of the tensor, or 0 */
    }
    return true;
}

/* What two boxes have in common; false where that is nothing. */
static bool intersect(box *out, const box *a, const box *b)
{
    out->rank = a->rank;
    out->elements = 1;
    for (int i = 0; i < a->rank; i++) {
        int64_t start = LEAT_MAX(a->at[i].start, b->at[i].start);
        int64_t end = LEAT_MIN(a->at[i].start + a->at[i].length, b->at[i].start + b->at[i].length);
        if (end <= start)
            return false;
        out->at[i] = (leat_bundle_extent){start, end - start};
        out->elements *= end - start;
    }
    return true;
}

/* Does `part`, which lies in `whole`, lie there in one piece? Where it does, *first is its first element. */
static bool in_one_piece(const box *whole, const box *part, int64_t *first)
{
    bool partial = false; /* some dimension to the right is not covered whole */
    int64_t stride = 1;
    *first = 0;
    for (int i = whole->rank - 1; i >= 0; i--) {
        *first += (part->at[i].start - whole->at[i].start) * stride;
        stride *= whole->at[i].length;
        if (partial && part->at[i].length != 1)
            return false;
        partial = partial || part->at[i].length != whole->at[i].length;
    }
    return true;
}

/* Copies `part` (not empty), which lies in both, from the elements of `from` to those of `to`. */
static void copy_box(const box *part, const box *from, const char *source, const box *to, char *target,
                     size_t size)
{
    int64_t index[LEAT_BUNDLE_RANK] = {0}, source_at = 0, target_at = 0;
    int64_t source_stride[LEAT_BUNDLE_RANK], target_stride[LEAT_BUNDLE_RANK];
    int last = part->rank - 1;
    if (part->rank == 0) {
        memcpy(target, source, size);
        return;
    }
    for (int i = last; i >= 0; i--) {
        source_stride[i] = i == last ? 1 : source_stride[i + 1] * from->at[i + 1].length;
        target_stride[i] = i == last ? 1 : target_stride[i + 1] * to->at[i + 1].length;
        source_at += (part->at[i].start - from->at[i].start) * source_stride[i];
        target_at += (part->at[i].start - to->at[i].start) * target_stride[i];
    }
    for (;;) {
        memcpy(target + (size_t)target_at * size, source + (size_t)source_at * size,
               (size_t)part->at[last].length * size);
        int i = last - 1;
        for (; i >= 0; i--) { /* the next row */
            source_at += source_stride[i];
            target_at += target_stride[i];
            if (++index[i] < part->at[i].length)
                break;
            source_at -= source_stride[i] * part->at[i].length;
            target_at -= target_stride[i] * part->at[i].length;
            index[i] = 0;
        }
        if (i < 0)
            return;
    }
}

/* ---- tensors ---- */

/* A read under way: of numbers (arena NULL) or strings, whose elements are leat_bytes. */
typedef struct request {
    leat_bundle *bundle;
    const leat_bundle_entry *entry;
    box want;
    char *to;
    size_t element; /* bytes of an element in memory */
    leat_arena *arena;
} request;

static leat_status read_stored(const request *r, const leat_bundle_meta *m, char *to, int64_t elements)
{
    if (r->arena != NULL)
        return read_strings(r->bundle, r->entry, m, (leat_bytes *)to, elements, r->arena);
    return read_numbers(r->bundle, r->entry, m, to);
}

/* Reads what the request wants of a stored piece, which is `have` of the tensor. */
static leat_status read_piece(const request *r, const leat_bundle_meta *m, const box *have, const box *common)
{
    int64_t first;
    if (common->elements == have->elements && in_one_piece(&r->want, common, &first))
        return read_stored(r, m, r->to + (size_t)first * r->element, have->elements);
    size_t bytes;
    if (__builtin_mul_overflow((size_t)have->elements, r->element, &bytes))
        return leat_fail_memory(SIZE_MAX);
    char *whole = leat_alloc(bytes);
    if (whole == NULL)
        return leat_fail_memory(bytes);
    leat_status status = read_stored(r, m, whole, have->elements);
    if (status == LEAT_OK)
        copy_box(common, have, whole, &r->want, r->to, r->element);
    leat_free(whole);
    return status;
}

/* Does x overlap one of the boxes before it, of which only the extents are kept, one box after the other? */
static bool overlaps_earlier(const leat_bundle_extent *all, size_t count, const box *x)
{
    for (size_t i = 0; i < count; i++, all += x->rank) {
        int d = 0;
        while (d < x->rank && x->at[d].start < all[d].start + all[d].length &&
               all[d].start < x->at[d].start + x->at[d].length)
            d++;
        if (d == x->rank)
            return true;
    }
    return false;
}

typedef struct slice_work {
    box slice, common;
    leat_bundle_extent extents[LEAT_BUNDLE_RANK];
    leat_bundle_meta meta;
    leat_table_cursor at;
} slice_work;

/* Reads all slices that have a part of what is wanted. The parts must not overlap, and their elements add up: so
 * they cover it. */
static leat_status read_slices(const request *r, slice_work *w)
{
    const leat_bundle_entry *e = r->entry;
    const char *reason = NULL;
    int64_t covered = 0;
    size_t cursor = 0, count = 0, capacity = 0;
    leat_bundle_extent *parts = NULL;
    size_t rank = (size_t)e->meta.rank;
    leat_status status = LEAT_OK;
    while (status == LEAT_OK &&
           leat_bundle_meta_slice(&e->meta, &e->at.value, &cursor, w->extents, &reason)) {
        if (!make_box(&w->slice, &e->meta, w->extents) || !intersect(&w->common, &w->slice, &r->want))
            continue;
        if (overlaps_earlier(parts, count, &w->common)) {
            reason = "its slices overlap";
            break;
        }
        status = leat_grow(&parts, &capacity, (count + 1) * rank + 1, sizeof *parts);
        if (status == LEAT_OK) {
            memcpy(parts + count++ * rank, w->common.at, rank * sizeof *parts);
            status = leat_bundle_find_slice(r->bundle, e, w->extents, &w->at, &w->meta);
        }
        if (status == LEAT_OK)
            status = read_piece(r, &w->meta, &w->slice, &w->common);
        covered += w->common.elements;
    }
    leat_free(parts);
    if (status == LEAT_OK && reason == NULL && covered != r->want.elements)
        reason = "its slices do not cover it";
    if (status == LEAT_OK && reason != NULL)
        status = leat_fail(LEAT_ERR_DATA_LOSS, "%s.index:%llu: tensor '%s': %s", r->bundle->prefix,
                           (unsigned long long)e->at.offset, e->name, reason);
    return status;
}

static leat_status read_request(request *r, const leat_bundle_extent *region)
{
    const leat_bundle_entry *e = r->entry;
    if (e->status != LEAT_OK)
        return leat_fail(e->status, "%s", e->error.size > 0 ? e->error.data : "a damaged tensor");
    if (!make_box(&r->want, &e->meta, region))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: tensor '%s': the slice wanted reaches out of it",
                         r->bundle->prefix, e->name);
    if (e->meta.slices > 0) {
        if (r->want.elements == 0)
            return LEAT_OK;
        slice_work *w = leat_alloc_zero(1, sizeof *w);
        if (w == NULL)
            return leat_fail_memory(sizeof *w);
        leat_status status = read_slices(r, w);
        leat_table_cursor_free(&w->at);
        leat_free(w);
        return status;
    }
    if (region == NULL || r->want.elements == e->elements)
        return read_stored(r, &e->meta, r->to, e->elements);
    if (r->want.elements == 0)
        return LEAT_OK;
    box have;
    (void)make_box(&have, &e->meta, NULL);
    return read_piece(r, &e->meta, &have, &r->want);
}

/* Elements of a region; -1 where it does not lie in the tensor. */
static int64_t region_elements(const leat_bundle_entry *e, const leat_bundle_extent *region)
{
    box x;
    return make_box(&x, &e->meta, region) ? x.elements : -1;
}

static leat_status wrong_type(const leat_bundle *b, const leat_bundle_entry *e, const char *reason)
{
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: tensor '%s' is of type %s: %s", b->prefix, e->name,
                     e->type != NULL ? e->type->name : "?", reason);
}

leat_status leat_bundle_read(leat_bundle *b, const leat_bundle_entry *e, const leat_bundle_extent *region,
                             void *to, size_t size)
{
    request r = {.bundle = b, .entry = e, .to = to};
    if (e->status == LEAT_OK) {
        if (e->type->size == 0)
            return wrong_type(b, e, "it has no raw bytes to read");
        r.element = e->type->size;
        int64_t elements = region_elements(e, region);
        if (elements >= 0 && (uint64_t)elements * r.element != size)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                             "%s: tensor '%s': %lld elements for a buffer of %zu bytes", b->prefix, e->name,
                             (long long)elements, size);
    }
    return read_request(&r, region);
}

leat_status leat_bundle_read_strings(leat_bundle *b, const leat_bundle_entry *e,
                                     const leat_bundle_extent *region, leat_bytes *to, int64_t count,
                                     leat_arena *arena)
{
    request r = {.bundle = b, .entry = e, .to = (char *)to, .element = sizeof *to, .arena = arena};
    if (e->status == LEAT_OK) {
        if (e->type->number != LEAT_DATA_TYPE_STRING)
            return wrong_type(b, e, "strings are wanted");
        int64_t elements = region_elements(e, region);
        if (elements >= 0 && elements != count)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: tensor '%s': %lld elements, not %lld", b->prefix,
                             e->name, (long long)elements, (long long)count);
    }
    return read_request(&r, region);
}

/* ---- scanning ---- */

static leat_status scan_whole(leat_bundle *b, const leat_bundle_entry *e,
                              void (*use)(void *user, const void *bytes, size_t n), void *user)
{
    if (e->type->number == LEAT_DATA_TYPE_STRING) {
        leat_arena arena = {0};
        leat_bytes *strings = leat_alloc((size_t)e->elements * sizeof *strings);
        leat_status status = strings == NULL
                                 ? leat_fail_memory((size_t)e->elements)
                                 : leat_bundle_read_strings(b, e, NULL, strings, e->elements, &arena);
        leat_free(strings);
        leat_arena_free(&arena);
        return status;
    }
    size_t bytes = (size_t)e->elements * e->type->size;
    char *all = leat_alloc(bytes);
    if (all == NULL)
        return leat_fail_memory(bytes);
    leat_status status = leat_bundle_read(b, e, NULL, all, bytes);
    if (status == LEAT_OK && use != NULL)
        use(user, all, bytes);
    leat_free(all);
    return status;
}

leat_status leat_bundle_scan(leat_bundle *b, const leat_bundle_entry *e,
                             void (*use)(void *user, const void *bytes, size_t n), void *user)
{
    if (e->status != LEAT_OK)
        return leat_fail(e->status, "%s", e->error.size > 0 ? e->error.data : "a damaged tensor");
    if (e->type->number == LEAT_DATA_TYPE_VARIANT)
        return use == NULL ? scan_variants(b, e) : wrong_type(b, e, "it has no raw bytes to read");
    if (e->meta.slices > 0 || e->type->number == LEAT_DATA_TYPE_STRING)
        return scan_whole(b, e, use, user);
    char *piece = leat_alloc(LEAT_READ_PIECE);
    if (piece == NULL)
        return leat_fail_memory(LEAT_READ_PIECE);
    leat_status status = scan_numbers(b, e, &e->meta, piece, use, user);
    leat_free(piece);
    return status;
}
