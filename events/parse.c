#include "config.h"
#include "chunk-private.h"
#include "tensor-private.h"

#include <math.h>

/* ---- series ---- */

static leat_status new_series(leat_chunk *c, const uint8_t *tag, size_t n, leat_value_form form,
                              uint32_t *index)
{
    if (n > UINT32_MAX || c->n_series == LEAT_NO_INDEX)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "too many tags");
    LEAT_TRY(leat_grow(&c->series, &c->series_capacity, c->n_series + 1, sizeof *c->series));
    char *copy = leat_arena_strndup(&c->text, (const char *)tag, n);
    if (copy == NULL)
        return leat_fail_memory(n + 1);
    *index = (uint32_t)c->n_series++;
    c->series[*index] = (leat_chunk_series){
        .tag = copy,
        .tag_size = (uint32_t)n,
        .following = LEAT_NO_INDEX,
        .next_form = LEAT_NO_INDEX,
        .form = (uint8_t)form,
    };
    return LEAT_OK;
}

static inline bool is_series(const leat_chunk_series *s, const uint8_t *tag, size_t n, leat_value_form form)
{
    return s->tag_size == n && s->form == form && memcmp(s->tag, tag, n) == 0;
}

/* Where in the table the tag is, or belongs. */
static uint32_t *table_place(const leat_chunk *c, const void *tag, size_t n)
{
    /* The address is another one in every process: tags cannot be chosen to collide. */
    uint64_t mask = c->tags_capacity - 1, i = leat_hash(tag, n, (uintptr_t)c->tags) & mask;
    for (;; i = (i + 1) & mask) {
        const leat_chunk_series *s = c->tags[i] > 0 ? &c->series[c->tags[i] - 1] : NULL;
        if (s == NULL || (s->tag_size == n && memcmp(s->tag, tag, n) == 0))
            return &c->tags[i];
    }
}

/* Room for one more tag: the table is at most half full. */
static leat_status grow_table(leat_chunk *c)
{
    if (2 * c->n_tags < c->tags_capacity)
        return LEAT_OK;
    size_t old = c->tags_capacity, capacity = LEAT_MAX(2 * old, (size_t)64);
    uint32_t *tags = c->tags, *grown = leat_alloc_zero(capacity, sizeof *grown);
    if (grown == NULL)
        return leat_fail_memory(capacity * sizeof *grown);
    c->tags = grown;
    c->tags_capacity = capacity;
    for (size_t i = 0; i < old; i++)
        if (tags[i] > 0)
            *table_place(c, c->series[tags[i] - 1].tag, c->series[tags[i] - 1].tag_size) = tags[i];
    leat_free(tags);
    return LEAT_OK;
}

static leat_status look_up(leat_chunk *c, const uint8_t *tag, size_t n, leat_value_form form, uint32_t *index)
{
    LEAT_TRY(grow_table(c));
    uint32_t *place = table_place(c, tag, n), at = *place - 1, last = LEAT_NO_INDEX;
    for (; at != LEAT_NO_INDEX; last = at, at = c->series[at].next_form)
        if (c->series[at].form == form) {
            *index = at;
            return LEAT_OK;
        }
    LEAT_TRY(new_series(c, tag, n, form, index));
    if (last != LEAT_NO_INDEX) {
        c->series[last].next_form = *index;
        return LEAT_OK;
    }
    *place = *index + 1;
    c->n_tags++;
    return LEAT_OK;
}

/* Writers put the same tags one after the other again and again: the one that followed last time is tried first. */
static inline leat_status find_series(leat_chunk *c, const uint8_t *tag, size_t n, leat_value_form form,
                                      uint32_t *index)
{
    uint32_t previous = c->previous_series;
    if (previous != LEAT_NO_INDEX) {
        uint32_t guess = c->series[previous].following;
        if (guess != LEAT_NO_INDEX && is_series(&c->series[guess], tag, n, form)) {
            *index = c->previous_series = guess;
            return LEAT_OK;
        }
    }
    LEAT_TRY(look_up(c, tag, n, form, index));
    if (previous != LEAT_NO_INDEX)
        c->series[previous].following = *index;
    c->previous_series = *index;
    return LEAT_OK;
}

static inline leat_status add_entry(leat_chunk *c, uint32_t series, double value)
{
    size_t n = c->n_entries;
    if (__builtin_expect(n >= c->entries_capacity[0] || n >= c->entries_capacity[1], 0)) {
        LEAT_TRY(leat_grow(&c->entry_series, &c->entries_capacity[0], n + 1, sizeof *c->entry_series));
        LEAT_TRY(leat_grow(&c->entry_value, &c->entries_capacity[1], n + 1, sizeof *c->entry_value));
    }
    c->entry_series[n] = series;
    c->entry_value[n] = value;
    c->n_entries++;
    return LEAT_OK;
}

/* ---- metadata ---- */

static const char *keep_text(leat_chunk *c, const leat_field *f)
{
    return leat_arena_strndup(&c->text, (const char *)f->bytes, f->size);
}

/* The plugin of the tag before, where that is the same. */
static const char *keep_plugin(leat_chunk *c, const leat_field *f)
{
    const char *last = c->n_metadata > 0 ? c->metadata[c->n_metadata - 1].metadata->plugin : "";
    bool same = strlen(last) == f->size && memcmp(last, f->bytes, f->size) == 0;
    return same ? last : keep_text(c, f);
}

static void copy_plugin_data(leat_chunk *c, const leat_wire *metadata, const leat_field *data,
                             leat_summary_metadata *m)
{
    leat_wire w = leat_wire_sub(metadata, data);
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.type != LEAT_WIRE_BYTES)
            continue;
        if (f.number == 1)
            m->plugin = keep_plugin(c, &f);
        else if (f.number == 2) {
            m->content = keep_text(c, &f);
            m->content_size = f.size;
        }
    }
}

/* A text for which there was no memory is NULL. */
static void copy_metadata(leat_chunk *c, const leat_wire *value, const leat_field *field,
                          leat_summary_metadata *m)
{
    leat_wire w = leat_wire_sub(value, field);
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
            copy_plugin_data(c, &w, &f, m);
        else if (f.number == 2 && f.type == LEAT_WIRE_BYTES)
            m->display_name = keep_text(c, &f);
        else if (f.number == 3 && f.type == LEAT_WIRE_BYTES)
            m->description = keep_text(c, &f);
        else if (f.number == 4 && f.type == LEAT_WIRE_VARINT)
            m->data_class = (uint32_t)f.varint;
    }
}

/* The metadata that a message says: those of the tag before, where they are the same bytes, as most writers' are. */
static leat_status find_metadata(leat_chunk *c, const leat_wire *value, const leat_field *field,
                                 const leat_summary_metadata **found)
{
    if (c->n_metadata > 0 && field->size > 0 && c->last_metadata.size == field->size &&
        memcmp(c->last_metadata.data, field->bytes, field->size) == 0) {
        *found = c->metadata[c->n_metadata - 1].metadata;
        return LEAT_OK;
    }
    leat_summary_metadata *m = leat_arena_alloc(&c->text, sizeof *m);
    if (m == NULL)
        return leat_fail_memory(sizeof *m);
    *m = (leat_summary_metadata){.plugin = "", .display_name = "", .description = "", .content = ""};
    copy_metadata(c, value, field, m);
    if (m->plugin == NULL || m->display_name == NULL || m->description == NULL || m->content == NULL)
        return leat_fail_memory(field->size);
    leat_buf_clear(&c->last_metadata);
    leat_buf_append(&c->last_metadata, field->bytes, field->size);
    *found = m;
    return leat_buf_status(&c->last_metadata);
}

/* Of a tag's metadata the first counts. */
static leat_status add_metadata(leat_chunk *c, uint32_t series, const leat_wire *value,
                                const leat_field *field)
{
    const leat_summary_metadata *m = NULL;
    if (c->series[series].has_metadata)
        return LEAT_OK;
    LEAT_TRY(find_metadata(c, value, field, &m));
    LEAT_TRY(leat_grow(&c->metadata, &c->metadata_capacity, c->n_metadata + 1, sizeof *c->metadata));
    c->metadata[c->n_metadata++] = (leat_chunk_metadata){series, m};
    c->series[series].has_metadata = true;
    return LEAT_OK;
}

/* ---- values ---- */

/* What is wrong with the event at hand, or NULL. */
typedef const char *problem;

#define MALFORMED "malformed event"

/* A Summary.Value taken apart. */
struct value {
    const uint8_t *tag;
    size_t tag_size;
    leat_field payload, metadata; /* number 0: absent */
    leat_value_form form;
    double number;
};

static bool well_formed(const leat_wire *outer, const leat_field *field)
{
    leat_wire w = leat_wire_sub(outer, field);
    leat_field f;
    while (leat_wire_next(&w, &f))
        ;
    return w.error == NULL;
}

/* Checked for every value, also where it is not kept: which value of a tag is the first depends on the parts in which
 * the file is read. */
static problem check_metadata(const leat_wire *value, const leat_field *field)
{
    leat_wire w = leat_wire_sub(value, field);
    leat_field f;
    while (leat_wire_next(&w, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES && !well_formed(&w, &f))
            return MALFORMED;
    return w.error != NULL ? MALFORMED : NULL;
}

static problem check_histogram(const leat_wire *value, const leat_field *field)
{
    leat_wire w = leat_wire_sub(value, field);
    leat_field f;
    size_t bytes[2] = {0};
    while (leat_wire_next(&w, &f))
        if (f.number == 6 || f.number == 7) {
            if (f.type != LEAT_WIRE_BYTES && f.type != LEAT_WIRE_FIXED64)
                return MALFORMED;
            bytes[f.number - 6] += f.type == LEAT_WIRE_BYTES ? f.size : 8;
        }
    if (w.error != NULL || bytes[0] % 8 != 0 || bytes[1] % 8 != 0)
        return MALFORMED;
    return bytes[0] != bytes[1] ? "histogram with different numbers of limits and buckets" : NULL;
}

/* Sets the form, and the number where it is one. */
static problem look_at_payload(struct value *v, const leat_wire *value)
{
    const leat_field *p = &v->payload;
    if (p->number == LEAT_VALUE_SIMPLE) {
        v->form = LEAT_FORM_SIMPLE;
        v->number = (double)leat_field_float(p);
        return p->type == LEAT_WIRE_FIXED32 ? NULL : MALFORMED;
    }
    if (p->number == 0) {
        v->form = LEAT_FORM_NONE;
        return NULL;
    }
    if (p->type != LEAT_WIRE_BYTES || !well_formed(value, p))
        return MALFORMED;
    leat_wire tensor = leat_wire_sub(value, p);
    switch (p->number) {
    case LEAT_VALUE_HISTO: v->form = LEAT_FORM_HISTO; return check_histogram(value, p);
    case LEAT_VALUE_IMAGE: v->form = LEAT_FORM_IMAGE; return NULL;
    case LEAT_VALUE_AUDIO: v->form = LEAT_FORM_AUDIO; return NULL;
    default:
        v->form = leat_tensor_one_number(&tensor, &v->number) ? LEAT_FORM_TENSOR_NUMBER : LEAT_FORM_TENSOR;
        return NULL;
    }
}

static problem read_value(struct value *v, leat_wire *w)
{
    const uint8_t *node_name = NULL;
    size_t node_name_size = 0;
    leat_field f;
    *v = (struct value){.tag = (const uint8_t *)""};
    while (leat_wire_next(w, &f)) {
        switch (f.number) {
        case LEAT_VALUE_TAG:
        case LEAT_VALUE_NODE_NAME:
            if (f.type != LEAT_WIRE_BYTES)
                return MALFORMED;
            if (f.number == LEAT_VALUE_TAG) {
                v->tag = f.bytes;
                v->tag_size = f.size;
            } else {
                node_name = f.bytes;
                node_name_size = f.size;
            }
            break;
        case LEAT_VALUE_METADATA: v->metadata = f; break;
        case LEAT_VALUE_SIMPLE:
        case LEAT_VALUE_IMAGE:
        case LEAT_VALUE_HISTO:
        case LEAT_VALUE_AUDIO:
        case LEAT_VALUE_TENSOR: v->payload = f; break;
        default: break;
        }
    }
    if (w->error != NULL)
        return MALFORMED;
    if (v->tag_size == 0 && node_name != NULL) {
        v->tag = node_name;
        v->tag_size = node_name_size;
    }
    return NULL;
}

static leat_status add_blob_entry(leat_chunk *c, uint32_t series, uint64_t offset, size_t size)
{
    LEAT_TRY(leat_grow(&c->blobs, &c->blobs_capacity, c->n_blobs + 1, sizeof *c->blobs));
    c->blobs[c->n_blobs] = (leat_log_blob){.offset = offset, .size = (uint32_t)size, .file = c->file};
    return add_entry(c, series, (double)c->n_blobs++);
}

/* The general case of add_values: any field in any order. */
static leat_status add_value(leat_chunk *c, const leat_wire *summary, const leat_field *field, problem *wrong)
{
    struct value v;
    uint32_t series;
    leat_wire w = leat_wire_sub(summary, field);
    uint64_t offset = leat_wire_offset(&w);
    *wrong = read_value(&v, &w);
    if (*wrong == NULL)
        *wrong = look_at_payload(&v, &w);
    if (*wrong == NULL && v.metadata.number != 0)
        *wrong = check_metadata(&w, &v.metadata);
    if (*wrong != NULL || (v.form == LEAT_FORM_NONE && v.metadata.number == 0))
        return LEAT_OK;
    LEAT_TRY(find_series(c, v.tag, v.tag_size, v.form, &series));
    if (v.metadata.number != 0)
        LEAT_TRY(add_metadata(c, series, &w, &v.metadata));
    if (leat_form_is_number(v.form))
        return add_entry(c, series, v.number);
    return add_blob_entry(c, series, offset, field->size);
}

/* Is at `at` a value of exactly a tag and a simple_value, all lengths in one byte? Then *size is the whole's and
 * *tag_size the tag's. */
static inline bool is_plain_scalar(const uint8_t *at, size_t left, size_t *size, size_t *tag_size)
{
    if (left < 9 || at[0] != (1 << 3 | LEAT_WIRE_BYTES) || at[1] >= 0x80 || at[1] < 7 || left - 2 < at[1])
        return false;
    *tag_size = at[3];
    *size = (size_t)at[1] + 2;
    return at[2] == (LEAT_VALUE_TAG << 3 | LEAT_WIRE_BYTES) && at[3] > 0 && at[3] + 7u == at[1] &&
           at[4 + at[3]] == (LEAT_VALUE_SIMPLE << 3 | LEAT_WIRE_FIXED32);
}

/* All values of a Summary. */
static leat_status add_values(leat_chunk *c, leat_wire *w, problem *wrong)
{
    leat_field f;
    uint32_t series;
    while (*wrong == NULL && w->at < w->end) {
        size_t size, tag_size;
        if (is_plain_scalar(w->at, (size_t)(w->end - w->at), &size, &tag_size)) {
            float number;
            memcpy(&number, w->at + 5 + tag_size, sizeof number);
            LEAT_TRY(find_series(c, w->at + 4, tag_size, LEAT_FORM_SIMPLE, &series));
            LEAT_TRY(add_entry(c, series, (double)number));
            w->at += size;
            continue;
        }
        if (!leat_wire_next(w, &f))
            break;
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
            LEAT_TRY(add_value(c, w, &f, wrong));
        else if (f.number == 1)
            *wrong = MALFORMED;
    }
    if (w->error != NULL)
        *wrong = MALFORMED;
    return LEAT_OK;
}

/* ---- events ---- */

struct event {
    double wall_time;
    int64_t step;
    leat_field what;
    uint64_t record; /* offset, for damage */
};

static leat_status add_event(leat_chunk *c, const struct event *e, size_t entries)
{
    size_t n = c->n_events;
    LEAT_TRY(leat_grow(&c->event_step, &c->events_capacity[0], n + 1, sizeof *c->event_step));
    LEAT_TRY(leat_grow(&c->event_wall, &c->events_capacity[1], n + 1, sizeof *c->event_wall));
    LEAT_TRY(leat_grow(&c->event_entries, &c->events_capacity[2], n + 1, sizeof *c->event_entries));
    c->event_step[n] = e->step;
    c->event_wall[n] = e->wall_time;
    c->event_entries[n] = (uint32_t)entries;
    c->n_events++;
    return LEAT_OK;
}

static leat_status read_summary(leat_chunk *c, const struct event *e, leat_wire *w)
{
    size_t entries = c->n_entries, blobs = c->n_blobs;
    problem wrong = NULL;
    LEAT_TRY(add_values(c, w, &wrong));
    if (wrong != NULL) {
        c->n_entries = entries;
        c->n_blobs = blobs;
        return leat_chunk_damage(c, e->record, wrong);
    }
    return c->n_entries > entries ? add_event(c, e, c->n_entries - entries) : LEAT_OK;
}

static leat_status read_session_log(leat_chunk *c, const struct event *e, leat_wire *w)
{
    leat_field f;
    uint64_t status = 0;
    while (leat_wire_next(w, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_VARINT)
            status = f.varint;
    if (w->error != NULL)
        return leat_chunk_damage(c, e->record, MALFORMED);
    if (status != LEAT_SESSION_START)
        return LEAT_OK;
    LEAT_TRY(leat_grow(&c->starts, &c->starts_capacity, c->n_starts + 1, sizeof *c->starts));
    c->starts[c->n_starts++] = (leat_chunk_start){c->n_entries, e->step, e->wall_time};
    return LEAT_OK;
}

static leat_status read_tagged_metadata(leat_chunk *c, const struct event *e, leat_wire *w)
{
    leat_tagged_metadata m = {.tag = "", .step = e->step, .wall_time = e->wall_time};
    leat_field f;
    m.blob.file = c->file;
    while (leat_wire_next(w, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES) {
            m.tag = keep_text(c, &f);
            m.tag_size = (uint32_t)f.size;
        } else if (f.number == 2 && f.type == LEAT_WIRE_BYTES) {
            m.blob.offset = leat_wire_offset(w) - f.size;
            m.blob.size = (uint32_t)f.size;
        }
    }
    if (w->error != NULL)
        return leat_chunk_damage(c, e->record, MALFORMED);
    if (m.tag == NULL)
        return leat_fail_memory(e->what.size);
    LEAT_TRY(leat_grow(&c->tagged, &c->tagged_capacity, c->n_tagged + 1, sizeof *c->tagged));
    c->tagged[c->n_tagged++] = m;
    return LEAT_OK;
}

/* A MetaGraphDef may hold a GraphDef in its field 2. */
static void read_meta_graph(leat_chunk *c, leat_wire *w, leat_log_blob whole)
{
    leat_field f;
    c->has_meta_graph = true;
    c->meta_graph = whole;
    while (leat_wire_next(w, &f))
        if (f.number == 2 && f.type == LEAT_WIRE_BYTES && f.size > 0) {
            c->has_graph_of_meta = true;
            c->graph_of_meta = (leat_log_blob){leat_wire_offset(w) - f.size, (uint32_t)f.size, c->file};
        }
}

static void read_file_version(leat_chunk *c, const leat_field *f)
{
    static const char prefix[] = "brain.Event:";
    size_t n = sizeof prefix - 1;
    if (c->file_version > 0 || f->size <= n || memcmp(f->bytes, prefix, n) != 0)
        return;
    int32_t version = 0;
    for (size_t i = n; i < f->size && f->bytes[i] >= '0' && f->bytes[i] <= '9' && version < 1000; i++)
        version = 10 * version + (f->bytes[i] - '0');
    c->file_version = version;
}

static bool needs_wall_time(uint32_t field)
{
    return field == LEAT_EVENT_SUMMARY || field == LEAT_EVENT_SESSION_LOG ||
           field == LEAT_EVENT_TAGGED_RUN_METADATA;
}

leat_status leat_chunk_event(leat_chunk *c, const uint8_t *bytes, size_t size, uint64_t offset)
{
    leat_wire w = leat_wire_from(bytes, size, offset);
    struct event e = {.record = offset - 12};
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number == LEAT_EVENT_WALL_TIME && f.type == LEAT_WIRE_FIXED64)
            e.wall_time = leat_field_double(&f);
        else if (f.number == LEAT_EVENT_STEP && f.type == LEAT_WIRE_VARINT)
            e.step = (int64_t)f.varint;
        else if (f.number > LEAT_EVENT_META_GRAPH_DEF)
            continue;
        else if (f.number >= LEAT_EVENT_FILE_VERSION && f.type == LEAT_WIRE_BYTES)
            e.what = f;
        else
            return leat_chunk_damage(c, e.record, MALFORMED);
    }
    if (w.error != NULL)
        return leat_chunk_damage(c, e.record, MALFORMED);
    if (!isfinite(e.wall_time) && needs_wall_time(e.what.number))
        return leat_chunk_damage(c, e.record, "wall time is not a number");
    if (e.what.number == 0)
        return LEAT_OK;
    leat_wire inner = leat_wire_sub(&w, &e.what);
    leat_log_blob whole = {leat_wire_offset(&inner), (uint32_t)e.what.size, c->file};
    switch (e.what.number) {
    case LEAT_EVENT_SUMMARY: return read_summary(c, &e, &inner);
    case LEAT_EVENT_SESSION_LOG: return read_session_log(c, &e, &inner);
    case LEAT_EVENT_TAGGED_RUN_METADATA: return read_tagged_metadata(c, &e, &inner);
    case LEAT_EVENT_META_GRAPH_DEF: read_meta_graph(c, &inner, whole); return LEAT_OK;
    case LEAT_EVENT_FILE_VERSION: read_file_version(c, &e.what); return LEAT_OK;
    case LEAT_EVENT_GRAPH_DEF:
        c->has_graph = true;
        c->graph = whole;
        c->graph_events++;
        return LEAT_OK;
    default: return LEAT_OK;
    }
}
