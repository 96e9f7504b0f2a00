/* meta-scan.c - MetaGraphDef and SavedModel taken apart, without copies (tensorflow/core/protobuf/meta_graph.proto). */
#include <string.h>
#include "graphdef-private.h"

void leat_meta_graph_free(leat_meta_graph *m)
{
    leat_buf_free(&m->file);
    leat_buf_free(&m->tags);
    leat_free(m->saver_filename);
    leat_free(m->saver_save);
    leat_free(m->saver_restore);
    leat_free(m->parts);
    leat_text_places_free(&m->places);
    memset(m, 0, sizeof *m);
}

void leat_meta_graph_free_bytes(leat_meta_graph *m)
{
    leat_buf_free(&m->file);
    leat_text_places_free(&m->places);
    m->meta = (leat_bytes){NULL, 0};
    m->graph_def = NULL;
    m->graph_def_size = m->n_parts = 0;
}

static leat_status take_text(const leat_field *f, char **text)
{
    leat_free(*text);
    *text = leat_strndup((const char *)f->bytes, f->size);
    return *text != NULL ? LEAT_OK : leat_fail_memory(f->size);
}

static leat_status scan_saver(leat_meta_graph *m, leat_wire w)
{
    leat_field f;
    m->saver_max_to_keep = 5;
    m->saver_keep_hours = 10000;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 4 && f.type == LEAT_WIRE_VARINT)
            m->saver_max_to_keep = (int)f.varint;
        if (f.number == 5 && f.type == LEAT_WIRE_VARINT)
            m->saver_sharded = f.varint != 0;
        if (f.number == 7 && f.type == LEAT_WIRE_VARINT)
            m->saver_version = (int)f.varint;
        if (f.number == 6 && f.type == LEAT_WIRE_FIXED32)
            m->saver_keep_hours = (double)leat_field_float(&f);
        if (f.type != LEAT_WIRE_BYTES)
            continue;
        if (f.number == 1)
            LEAT_TRY(take_text(&f, &m->saver_filename));
        else if (f.number == 2)
            LEAT_TRY(take_text(&f, &m->saver_save));
        else if (f.number == 3)
            LEAT_TRY(take_text(&f, &m->saver_restore));
    }
    return leat_wire_status(&w);
}

leat_status leat_scan_meta_graph(leat_meta_graph *m, leat_wire w)
{
    leat_field f;
    uint64_t begin = leat_wire_offset(&w);
    m->meta = (leat_bytes){(const char *)w.at, (size_t)(w.end - w.at)};
    while (leat_wire_next(&w, &f)) {
        if (f.number >= 1 && f.number <= 7 && f.type != LEAT_WIRE_BYTES)
            return leat_fail(LEAT_ERR_DATA_LOSS,
                             "offset %llu: field %u is of the wrong wire type: this is no MetaGraphDef",
                             (unsigned long long)f.offset, f.number);
        if (f.number == 2) {
            leat_wire graph = leat_wire_sub(&w, &f);
            m->graph_def = f.bytes;
            m->graph_def_size = f.size;
            m->graph_def_offset = leat_wire_offset(&graph);
        } else if (f.number == 3) {
            LEAT_TRY(scan_saver(m, leat_wire_sub(&w, &f)));
        } else if (f.type == LEAT_WIRE_BYTES) {
            LEAT_TRY(leat_grow(&m->parts, &m->parts_capacity, m->n_parts + 1, sizeof *m->parts));
            m->parts[m->n_parts++] = (leat_meta_part){f.number, {(const char *)f.bytes, f.size}};
        }
    }
    LEAT_TRY(leat_wire_status(&w));
    if (m->graph_def == NULL)
        return leat_fail(LEAT_ERR_DATA_LOSS, "offset %llu: no graph in the meta graph",
                         (unsigned long long)begin);
    return LEAT_OK;
}

/* ---- SavedModel ---- */

/* Is the word one of the list "serve,gpu"? */
static bool in_list(const char *list, const uint8_t *word, size_t n)
{
    for (const char *at = list; *at != '\0';) {
        size_t size = strcspn(at, ",");
        if (size == n && memcmp(at, word, n) == 0)
            return true;
        at += size + (at[size] == ',');
    }
    return false;
}

/* How well do the meta graph's tags (meta_info_def: 1, tags: 4) fit? 2: they are these, 1: these are among them, 0: not. */
static int fits(leat_wire meta, const char *tags, leat_buf *seen)
{
    leat_field f, t;
    size_t wanted = 1, found = 0, n = 0;
    for (const char *at = tags; (at = strchr(at, ',')) != NULL; at++)
        wanted++;
    leat_buf_puts(seen, seen->size > 0 ? "; " : "");
    while (leat_wire_next(&meta, &f)) {
        if (f.number != 1 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire info = leat_wire_sub(&meta, &f);
        while (leat_wire_next(&info, &t)) {
            if (t.number != 4 || t.type != LEAT_WIRE_BYTES)
                continue;
            leat_buf_puts(seen, n++ > 0 ? "," : "");
            leat_buf_append(seen, t.bytes, t.size);
            found += in_list(tags, t.bytes, t.size);
        }
    }
    return found < wanted ? 0 : n == wanted ? 2 : 1;
}

leat_status leat_scan_saved_model(leat_meta_graph *m, const char *tags)
{
    leat_wire w = leat_wire_from(m->file.data, m->file.size, 0), chosen = {0};
    leat_field f;
    leat_buf seen = {0};
    int best = 0;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 2 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire meta = leat_wire_sub(&w, &f);
        size_t before = seen.size > 0 ? seen.size + 2 : 0;
        int fit = tags != NULL ? fits(meta, tags, &seen) : 1 + fits(meta, "serve", &seen);
        if (fit > best) {
            best = fit;
            chosen = meta;
            m->tags_begin = before;
            m->tags_size = seen.size - LEAT_MIN(before, seen.size);
        }
    }
    leat_status status = leat_wire_status(&w);
    if (status == LEAT_OK && best == 0)
        status =
            leat_fail(LEAT_ERR_NOT_FOUND, "no meta graph of the SavedModel is tagged '%s'; there are: %s",
                      tags, seen.size > 0 && !seen.failed ? seen.data : "none");
    m->tags = seen;
    return status == LEAT_OK ? leat_scan_meta_graph(m, chosen) : status;
}

/* ---- signatures ---- */

void leat_signature_def_free(leat_signature_def *s)
{
    leat_free(s->items);
    memset(s, 0, sizeof *s);
}

/* An entry of the map `inputs` or `outputs`: key 1, TensorInfo 2 {name 1, dtype 2, tensor_shape 3}. */
static leat_status add_tensor(leat_signature_def *s, leat_wire w, bool output)
{
    leat_signature_tensor item = {.output = output};
    leat_field f, t;
    while (leat_wire_next(&w, &f)) {
        if (f.type != LEAT_WIRE_BYTES)
            continue;
        if (f.number == 1)
            item.key = (leat_bytes){(const char *)f.bytes, f.size};
        if (f.number != 2)
            continue;
        leat_wire info = leat_wire_sub(&w, &f);
        while (leat_wire_next(&info, &t)) {
            if (t.number == 1 && t.type == LEAT_WIRE_BYTES)
                item.tensor = (leat_bytes){(const char *)t.bytes, t.size};
            else if (t.number == 2 && t.type == LEAT_WIRE_VARINT)
                item.dtype = (int64_t)t.varint;
            else if (t.number == 3 && t.type == LEAT_WIRE_BYTES)
                item.shape = leat_wire_sub(&info, &t);
        }
        LEAT_TRY(leat_wire_status(&info));
    }
    LEAT_TRY(leat_wire_status(&w));
    LEAT_TRY(leat_grow(&s->items, &s->capacity, s->n + 1, sizeof *s->items));
    s->items[s->n++] = item;
    return LEAT_OK;
}

static leat_status read_signature_def(leat_signature_def *s, leat_wire w)
{
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.type == LEAT_WIRE_BYTES && (f.number == 1 || f.number == 2))
            LEAT_TRY(add_tensor(s, leat_wire_sub(&w, &f), f.number == 2));
        else if (f.type == LEAT_WIRE_BYTES && f.number == 3)
            s->method = (leat_bytes){(const char *)f.bytes, f.size};
    }
    return leat_wire_status(&w);
}

leat_status leat_signature_def_read(leat_bytes entry, uint64_t offset, leat_signature_def *s)
{
    leat_wire w = leat_wire_from(entry.data, entry.size, offset);
    leat_field f;
    leat_status status = LEAT_OK;
    memset(s, 0, sizeof *s);
    while (status == LEAT_OK && leat_wire_next(&w, &f)) {
        if (f.type == LEAT_WIRE_BYTES && f.number == 1)
            s->key = (leat_bytes){(const char *)f.bytes, f.size};
        else if (f.type == LEAT_WIRE_BYTES && f.number == 2)
            status = read_signature_def(s, leat_wire_sub(&w, &f));
    }
    if (status == LEAT_OK)
        status = leat_wire_status(&w);
    if (status != LEAT_OK)
        leat_signature_def_free(s);
    return status;
}
