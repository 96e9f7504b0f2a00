#include "config.h"
#include "decode-private.h"

#include <stdlib.h>

/* The payload of a Summary.Value in field `number`, as a message. */
static bool find_payload(const void *bytes, size_t size, uint32_t number, leat_wire *payload)
{
    leat_wire w = leat_wire_from(bytes, size, 0);
    leat_field f;
    bool found = false;
    while (leat_wire_next(&w, &f))
        if (f.number == number && f.type == LEAT_WIRE_BYTES) {
            *payload = leat_wire_sub(&w, &f);
            found = true;
        }
    return found && w.error == NULL;
}

static leat_status no_such(const char *what)
{
    return leat_fail(LEAT_ERR_DATA_LOSS, "the summary holds no %s", what);
}

/* ---- histograms ---- */

/* Appends the doubles of a repeated field, packed or not. */
static leat_status add_doubles(const leat_field *f, double **values, size_t *n, size_t *capacity)
{
    double one = leat_field_double(f);
    const void *from = f->type == LEAT_WIRE_BYTES ? (const void *)f->bytes : &one;
    size_t more = f->type == LEAT_WIRE_BYTES ? f->size / 8 : 1;
    LEAT_TRY(leat_grow(values, capacity, *n + more, sizeof **values));
    memcpy(*values + *n, from, more * sizeof **values);
    *n += more;
    return LEAT_OK;
}

struct legacy {
    double *limits, *counts;
    size_t n_limits, n_counts, limits_capacity, counts_capacity;
};

static leat_status read_legacy(leat_wire *w, struct legacy *l, leat_histogram_value *h)
{
    leat_field f;
    double *fields[] = {NULL, &h->min, &h->max, &h->num, &h->sum, &h->sum_squares};
    while (leat_wire_next(w, &f)) {
        if (f.number < LEAT_LEN(fields) && f.type == LEAT_WIRE_FIXED64)
            *fields[f.number] = leat_field_double(&f);
        else if (f.number == 6)
            LEAT_TRY(add_doubles(&f, &l->limits, &l->n_limits, &l->limits_capacity));
        else if (f.number == 7)
            LEAT_TRY(add_doubles(&f, &l->counts, &l->n_counts, &l->counts_capacity));
    }
    if (w->error != NULL || l->n_limits != l->n_counts)
        return leat_fail(LEAT_ERR_DATA_LOSS, "histogram with %zu limits and %zu buckets", l->n_limits,
                         l->n_counts);
    return LEAT_OK;
}

/* Empty buckets go from both ends; what is left begins at the smallest and ends at the largest value. */
static leat_status make_buckets(const struct legacy *l, leat_histogram_value *h)
{
    size_t begin = 0, end = l->n_counts;
    while (begin < end && !(l->counts[begin] > 0))
        begin++;
    while (end > begin && !(l->counts[end - 1] > 0))
        end--;
    h->buckets = leat_realloc_array(NULL, end - begin, sizeof *h->buckets);
    if (h->buckets == NULL)
        return leat_fail_memory((end - begin) * sizeof *h->buckets);
    for (size_t i = begin; i < end; i++)
        h->buckets[h->n++] = (leat_bucket){
            .left = i == begin ? h->min : l->limits[i - 1],
            .right = i + 1 == end ? h->max : l->limits[i],
            .count = l->counts[i],
        };
    return LEAT_OK;
}

static void sum_up(leat_histogram_value *h)
{
    h->min = h->n > 0 ? h->buckets[0].left : 0;
    h->max = h->n > 0 ? h->buckets[h->n - 1].right : 0;
    for (size_t i = 0; i < h->n; i++) {
        const leat_bucket *b = &h->buckets[i];
        double middle = b->left + (b->right - b->left) / 2;
        h->num += b->count;
        h->sum += b->count * middle;
        h->sum_squares += b->count * middle * middle;
    }
}

static leat_status decode_tensor_histogram(const leat_wire *tensor, leat_histogram_value *h)
{
    leat_tensor_head head;
    double *values;
    LEAT_TRY(leat_tensor_numbers(tensor, &head, &values));
    if (head.rank != 2 || head.dims[1] != 3) {
        leat_free(values);
        return leat_fail(LEAT_ERR_DATA_LOSS, "a histogram's tensor has the shape [k, 3]");
    }
    h->n = (size_t)head.dims[0];
    h->buckets = leat_realloc_array(NULL, h->n, sizeof *h->buckets);
    if (h->buckets != NULL)
        for (size_t i = 0; i < h->n; i++)
            h->buckets[i] = (leat_bucket){values[3 * i], values[3 * i + 1], values[3 * i + 2]};
    leat_free(values);
    if (h->buckets == NULL)
        return leat_fail_memory(h->n * sizeof *h->buckets);
    sum_up(h);
    return LEAT_OK;
}

leat_status leat_decode_histogram(const void *bytes, size_t size, leat_histogram_value *h)
{
    leat_wire payload;
    *h = (leat_histogram_value){0};
    if (find_payload(bytes, size, LEAT_VALUE_TENSOR, &payload))
        return decode_tensor_histogram(&payload, h);
    if (!find_payload(bytes, size, LEAT_VALUE_HISTO, &payload))
        return no_such("histogram");
    struct legacy l = {0};
    leat_status status = read_legacy(&payload, &l, h);
    if (status == LEAT_OK)
        status = make_buckets(&l, h);
    leat_free(l.limits);
    leat_free(l.counts);
    return status;
}

/* ---- strings, images, audio ---- */

static leat_status add_item(leat_media_list *list, size_t *capacity, const uint8_t *data, size_t size)
{
    LEAT_TRY(leat_grow(&list->items, capacity, list->n + 1, sizeof *list->items));
    list->items[list->n++] = (leat_media){data, size};
    return LEAT_OK;
}

static leat_status collect_strings(const leat_wire *tensor, leat_media_list *list, leat_tensor_head *head)
{
    if (!leat_tensor_read_head(tensor, head) || head->dtype != LEAT_DT_STRING)
        return leat_fail(LEAT_ERR_DATA_LOSS, "the summary's tensor holds no strings");
    leat_wire cursor = *tensor;
    const uint8_t *data;
    size_t size, capacity = 0;
    while (list->n < head->elements && leat_tensor_next_string(&cursor, &data, &size)) {
        leat_status status = add_item(list, &capacity, data, size);
        if (status != LEAT_OK) {
            leat_free(list->items);
            *list = (leat_media_list){0};
            return status;
        }
    }
    return LEAT_OK;
}

static int64_t decimal(const leat_media *m)
{
    int64_t v = 0;
    for (size_t i = 0; i < m->size && m->data[i] >= '0' && m->data[i] <= '9' && v < 1000000000; i++)
        v = 10 * v + (m->data[i] - '0');
    return v;
}

/* One that is not in a tensor: its bytes in field 4, as of images so of audio; absent where there are none. */
static leat_status decode_single(leat_wire *payload, leat_media_list *list, bool image)
{
    leat_field f;
    leat_media media = {(const uint8_t *)"", 0};
    size_t capacity = 0;
    while (leat_wire_next(payload, &f)) {
        if (f.number == 4 && f.type == LEAT_WIRE_BYTES)
            media = (leat_media){f.bytes, f.size};
        else if (image && f.number == 1 && f.type == LEAT_WIRE_VARINT)
            list->height = (int64_t)f.varint;
        else if (image && f.number == 2 && f.type == LEAT_WIRE_VARINT)
            list->width = (int64_t)f.varint;
        else if (!image && f.number == 1 && f.type == LEAT_WIRE_FIXED32)
            list->sample_rate = (double)leat_field_float(&f);
    }
    return add_item(list, &capacity, media.data, media.size);
}

leat_status leat_decode_images(const void *bytes, size_t size, leat_media_list *images)
{
    leat_wire payload;
    leat_tensor_head head;
    *images = (leat_media_list){0};
    if (find_payload(bytes, size, LEAT_VALUE_IMAGE, &payload))
        return decode_single(&payload, images, true);
    if (!find_payload(bytes, size, LEAT_VALUE_TENSOR, &payload))
        return no_such("image");
    LEAT_TRY(collect_strings(&payload, images, &head));
    if (images->n < 2) {
        leat_free(images->items);
        *images = (leat_media_list){0};
        return leat_fail(LEAT_ERR_DATA_LOSS, "an image's tensor begins with width and height");
    }
    images->width = decimal(&images->items[0]);
    images->height = decimal(&images->items[1]);
    images->n -= 2;
    memmove(images->items, images->items + 2, images->n * sizeof *images->items);
    return LEAT_OK;
}

leat_status leat_decode_audio(const void *bytes, size_t size, leat_media_list *clips)
{
    leat_wire payload;
    leat_tensor_head head;
    *clips = (leat_media_list){0};
    if (find_payload(bytes, size, LEAT_VALUE_AUDIO, &payload))
        return decode_single(&payload, clips, false);
    if (!find_payload(bytes, size, LEAT_VALUE_TENSOR, &payload))
        return no_such("audio");
    LEAT_TRY(collect_strings(&payload, clips, &head));
    /* [k, 2]: each clip with its label. */
    if (head.rank == 2 && head.dims[1] > 0) {
        size_t kept = 0;
        for (size_t i = 0; i < clips->n; i += (size_t)head.dims[1])
            clips->items[kept++] = clips->items[i];
        clips->n = kept;
    }
    return LEAT_OK;
}

leat_status leat_decode_texts(const void *bytes, size_t size, leat_media_list *texts, leat_tensor_head *head)
{
    leat_wire payload;
    *texts = (leat_media_list){0};
    if (!find_payload(bytes, size, LEAT_VALUE_TENSOR, &payload))
        return no_such("text");
    return collect_strings(&payload, texts, head);
}

leat_status leat_decode_tensor(const void *bytes, size_t size, leat_tensor_head *head, double **values)
{
    leat_wire payload;
    *values = NULL;
    if (!find_payload(bytes, size, LEAT_VALUE_TENSOR, &payload))
        return leat_fail(LEAT_ERR_NOT_FOUND, "the summary holds no tensor");
    return leat_tensor_numbers(&payload, head, values);
}

/* ---- hyperparameters ---- */

/* google.protobuf.Value: number 2, string 3, bool 4. */
static bool read_hparam_value(const leat_wire *entry, const leat_field *field, leat_hparams *all,
                              leat_hparam *h)
{
    leat_wire w = leat_wire_sub(entry, field);
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 2 && f.type == LEAT_WIRE_FIXED64) {
            h->kind = LEAT_HPARAM_NUMBER;
            h->number = leat_field_double(&f);
        } else if (f.number == 3 && f.type == LEAT_WIRE_BYTES) {
            h->kind = LEAT_HPARAM_TEXT;
            h->text = leat_arena_strndup(&all->text, (const char *)f.bytes, f.size);
        } else if (f.number == 4 && f.type == LEAT_WIRE_VARINT) {
            h->kind = LEAT_HPARAM_BOOL;
            h->number = f.varint != 0;
        }
    }
    return w.error == NULL;
}

static leat_status add_hparam(leat_hparams *all, size_t *capacity, const leat_wire *info,
                              const leat_field *entry)
{
    leat_wire w = leat_wire_sub(info, entry);
    leat_field f;
    leat_hparam h = {.name = "", .text = ""};
    bool good = true;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
            h.name = leat_arena_strndup(&all->text, (const char *)f.bytes, f.size);
        else if (f.number == 2 && f.type == LEAT_WIRE_BYTES)
            good = good && read_hparam_value(&w, &f, all, &h);
    }
    if (h.name == NULL || h.text == NULL)
        return leat_fail_memory(entry->size);
    if (!good || w.error != NULL)
        return leat_fail(LEAT_ERR_DATA_LOSS, "malformed hyperparameters");
    LEAT_TRY(leat_grow(&all->items, capacity, all->n + 1, sizeof *all->items));
    all->items[all->n++] = h;
    return LEAT_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const leat_hparam *)a)->name, ((const leat_hparam *)b)->name);
}

/* HParamsPluginData: session_start_info 3, whose field 1 maps names to values. */
static leat_status read_hparams(const leat_summary_metadata *metadata, leat_hparams *all)
{
    leat_wire data = leat_wire_from(metadata->content, metadata->content_size, 0);
    leat_field f, g;
    size_t capacity = 0;
    while (leat_wire_next(&data, &f)) {
        if (f.number != 3 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire info = leat_wire_sub(&data, &f);
        while (leat_wire_next(&info, &g))
            if (g.number == 1 && g.type == LEAT_WIRE_BYTES)
                LEAT_TRY(add_hparam(all, &capacity, &info, &g));
        LEAT_TRY(leat_wire_status(&info));
    }
    LEAT_TRY(leat_wire_status(&data));
    if (all->n > 1)
        qsort(all->items, all->n, sizeof *all->items, by_name);
    return LEAT_OK;
}

leat_status leat_log_run_hparams(const leat_log_run *run, leat_hparams *hparams)
{
    *hparams = (leat_hparams){0};
    const leat_series *s = leat_log_run_find(run, LEAT_SERIES_TENSOR, "_hparams_/session_start_info");
    if (s == NULL || s->metadata == NULL)
        return LEAT_OK;
    leat_status status = read_hparams(s->metadata, hparams);
    if (status != LEAT_OK)
        leat_hparams_free(hparams);
    return leat_fail_context(status, "run '%s'", run->name);
}

void leat_hparams_free(leat_hparams *hparams)
{
    leat_free(hparams->items);
    leat_arena_free(&hparams->text);
    *hparams = (leat_hparams){0};
}
