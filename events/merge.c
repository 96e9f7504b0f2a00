#include "config.h"
#include "merge-private.h"

#include <stdlib.h>

/* ---- slots ---- */

static leat_status add_slot(leat_merge *m, const char *tag, uint32_t n, uint8_t form, bool old,
                            uint32_t *index)
{
    uint32_t head = (uint32_t)(uintptr_t)leat_map_get(&m->tags, tag, n) - 1, last = LEAT_NO_INDEX;
    for (uint32_t at = head; at != LEAT_NO_INDEX; last = at, at = m->slots[at].next)
        if (m->slots[at].form == form && m->slots[at].old == old && !old) {
            *index = at;
            return LEAT_OK;
        }
    if (m->n_slots == LEAT_NO_INDEX)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "too many tags");
    LEAT_TRY(leat_grow(&m->slots, &m->slots_capacity, m->n_slots + 1, sizeof *m->slots));
    *index = (uint32_t)m->n_slots;
    if (head == LEAT_NO_INDEX)
        LEAT_TRY(leat_map_put(&m->tags, tag, n, (void *)((uintptr_t)*index + 1)));
    else
        m->slots[last].next = *index;
    m->slots[m->n_slots++] = (leat_merge_slot){
        .tag = tag,
        .tag_size = n,
        .head = head == LEAT_NO_INDEX ? *index : head,
        .next = LEAT_NO_INDEX,
        .form = form,
        .old = old,
    };
    return LEAT_OK;
}

/* The old series' slots have the same indices as the series. */
static leat_status collect_slots(leat_merge *m)
{
    const leat_log_run *run = &m->state->run;
    uint32_t index;
    for (size_t i = 0; i < run->n_series; i++) {
        const leat_series *s = &run->series[i];
        LEAT_TRY(add_slot(m, s->tag, s->tag_size, s->kind, true, &index));
        m->slots[index].old_has_numbers = s->has_numbers;
        leat_merge_slot *head = &m->slots[m->slots[index].head];
        if (head->metadata == NULL)
            head->metadata = s->metadata;
    }
    for (size_t k = 0; k < m->n_chunks; k++) {
        leat_chunk *c = &m->chunks[k];
        for (size_t i = 0; i < c->n_series; i++)
            LEAT_TRY(add_slot(m, c->series[i].tag, c->series[i].tag_size, c->series[i].form, false,
                              &c->series[i].run_series));
        for (size_t i = 0; i < c->n_metadata; i++) {
            const leat_merge_slot *slot = &m->slots[c->series[c->metadata[i].series].run_series];
            leat_summary_metadata *kept = leat_arena_alloc(&c->text, sizeof *kept);
            if (kept == NULL)
                return leat_fail_memory(sizeof *kept);
            *kept = c->metadata[i].metadata;
            if (m->slots[slot->head].metadata == NULL)
                m->slots[slot->head].metadata = kept;
        }
    }
    return LEAT_OK;
}

/* ---- series ---- */

static const struct {
    const char *plugin;
    leat_series_kind kind;
} plugins[] = {
    {"scalars", LEAT_SERIES_SCALAR}, {"histograms", LEAT_SERIES_HISTOGRAM},
    {"images", LEAT_SERIES_IMAGE},   {"audio", LEAT_SERIES_AUDIO},
    {"text", LEAT_SERIES_TEXT},
};

static leat_series_kind kind_of_plugin(const char *plugin)
{
    for (size_t i = 0; i < LEAT_LEN(plugins); i++)
        if (strcmp(plugins[i].plugin, plugin) == 0)
            return plugins[i].kind;
    return LEAT_SERIES_TENSOR;
}

const char *leat_series_plugin(const leat_series *s)
{
    if (s->metadata != NULL && *s->metadata->plugin != '\0')
        return s->metadata->plugin;
    for (size_t i = 0; i < LEAT_LEN(plugins); i++)
        if (plugins[i].kind == s->kind)
            return plugins[i].plugin;
    return "";
}

static bool tag_has_simple_values(const leat_merge *m, uint32_t head)
{
    for (uint32_t at = head; at != LEAT_NO_INDEX; at = m->slots[at].next)
        if (m->slots[at].old ? m->slots[at].form == LEAT_SERIES_SCALAR
                             : m->slots[at].form == LEAT_FORM_SIMPLE)
            return true;
    return false;
}

static leat_series_kind kind_of(const leat_merge *m, const leat_merge_slot *slot)
{
    if (slot->old)
        return slot->form;
    const leat_summary_metadata *metadata = m->slots[slot->head].metadata;
    leat_series_kind by_plugin = metadata != NULL ? kind_of_plugin(metadata->plugin) : LEAT_SERIES_TENSOR;
    switch (slot->form) {
    case LEAT_FORM_SIMPLE: return LEAT_SERIES_SCALAR;
    case LEAT_FORM_HISTO: return LEAT_SERIES_HISTOGRAM;
    case LEAT_FORM_IMAGE: return LEAT_SERIES_IMAGE;
    case LEAT_FORM_AUDIO: return LEAT_SERIES_AUDIO;
    case LEAT_FORM_TENSOR_NUMBER:
        return by_plugin == LEAT_SERIES_SCALAR || (metadata == NULL && tag_has_simple_values(m, slot->head))
                   ? LEAT_SERIES_SCALAR
                   : LEAT_SERIES_TENSOR;
    case LEAT_FORM_TENSOR: return by_plugin != LEAT_SERIES_SCALAR ? by_plugin : LEAT_SERIES_TENSOR;
    default: return LEAT_SERIES_TENSOR;
    }
}

/* The series that an earlier slot of the same tag has made, if it is of the same kind. */
static uint32_t same_series(const leat_merge *m, const leat_merge_slot *slot, leat_series_kind kind,
                            bool numbers)
{
    for (uint32_t at = slot->head; &m->slots[at] != slot; at = m->slots[at].next) {
        const leat_series *s = &m->series[m->slots[at].series];
        if (s->kind == kind && s->has_numbers == numbers)
            return m->slots[at].series;
    }
    return LEAT_NO_INDEX;
}

static int by_tag(const void *a, const void *b)
{
    const leat_series *x = a, *y = b;
    int order = memcmp(x->tag, y->tag, LEAT_MIN(x->tag_size, y->tag_size));
    if (order == 0)
        order = (x->tag_size > y->tag_size) - (x->tag_size < y->tag_size);
    return order != 0 ? order : x->kind - y->kind;
}

static leat_status sort_series(leat_merge *m)
{
    bool sorted = true;
    for (size_t i = 1; i < m->n_series && sorted; i++)
        sorted = by_tag(&m->series[i - 1], &m->series[i]) <= 0;
    if (sorted)
        return LEAT_OK;
    uint32_t *place = leat_realloc_array(NULL, m->n_series, sizeof *place);
    if (place == NULL)
        return leat_fail_memory(m->n_series * sizeof *place);
    for (size_t i = 0; i < m->n_series; i++)
        m->series[i].first = i;
    qsort(m->series, m->n_series, sizeof *m->series, by_tag);
    for (size_t i = 0; i < m->n_series; i++)
        place[m->series[i].first] = (uint32_t)i;
    for (size_t i = 0; i < m->n_slots; i++)
        m->slots[i].series = place[m->slots[i].series];
    leat_free(place);
    return LEAT_OK;
}

static leat_status make_series(leat_merge *m)
{
    m->series = leat_alloc_zero(m->n_slots, sizeof *m->series);
    if (m->series == NULL)
        return leat_fail_memory(m->n_slots * sizeof *m->series);
    for (size_t i = 0; i < m->n_slots; i++) {
        leat_merge_slot *slot = &m->slots[i];
        leat_series_kind kind = kind_of(m, slot);
        bool numbers = slot->old ? slot->old_has_numbers : leat_form_is_number(slot->form);
        slot->series = same_series(m, slot, kind, numbers);
        if (slot->series != LEAT_NO_INDEX)
            continue;
        slot->series = (uint32_t)m->n_series;
        m->series[m->n_series++] = (leat_series){
            .tag = slot->tag,
            .tag_size = slot->tag_size,
            .metadata = m->slots[slot->head].metadata,
            .kind = (uint8_t)kind,
            .has_numbers = numbers,
        };
    }
    LEAT_TRY(sort_series(m));
    leat_map_free(&m->tags);
    for (size_t k = 0; k < m->n_chunks; k++)
        for (size_t i = 0; i < m->chunks[k].n_series; i++) {
            leat_chunk_series *s = &m->chunks[k].series[i];
            s->run_series = m->slots[s->run_series].series;
        }
    return LEAT_OK;
}

/* ---- the rest of the run ---- */

/* All memory that taking over needs, so that it cannot fail half-way. */
static leat_status reserve(leat_merge *m)
{
    leat_run_state *s = m->state;
    size_t damage = s->run.n_damage, metadata = s->run.n_metadata;
    for (size_t k = 0; k < m->n_chunks; k++) {
        damage += m->chunks[k].n_damage;
        metadata += m->chunks[k].n_tagged;
    }
    LEAT_TRY(leat_grow(&s->run.damage, &s->damage_capacity, damage, sizeof *s->run.damage));
    LEAT_TRY(leat_grow(&s->run.metadata, &s->metadata_capacity, metadata, sizeof *s->run.metadata));
    LEAT_TRY(leat_grow(&s->run.restarts, &s->restarts_capacity, s->run.n_restarts + m->n_restarts,
                       sizeof *s->run.restarts));
    return leat_grow(&s->texts, &s->texts_capacity, s->n_texts + m->n_chunks, sizeof *s->texts);
}

/* GraphDef events win over graphs within MetaGraphDefs, newer ones over older. */
static void take_graphs(leat_log_run *run, const leat_chunk *c)
{
    run->graph_events += c->graph_events;
    if (c->has_meta_graph) {
        run->has_meta_graph = true;
        run->meta_graph = c->meta_graph;
    }
    if (c->has_graph) {
        run->has_graph = true;
        run->graph_is_from_meta = false;
        run->graph = c->graph;
    } else if (c->has_graph_of_meta && (!run->has_graph || run->graph_is_from_meta)) {
        run->has_graph = run->graph_is_from_meta = true;
        run->graph = c->graph_of_meta;
    }
}

static void take_chunk(leat_run_state *s, leat_chunk *c)
{
    leat_log_run *run = &s->run;
    take_graphs(run, c);
    for (size_t i = 0; i < c->n_tagged; i++)
        run->metadata[run->n_metadata++] = c->tagged[i];
    size_t of_file = 0;
    for (size_t i = 0; i < run->n_damage; i++)
        of_file += run->damage[i].file == c->file;
    for (size_t i = 0; i < c->n_damage && of_file + i < LEAT_DAMAGE_KEPT; i++)
        run->damage[run->n_damage++] = c->damage[i];
    run->n_damage_found += c->n_damage_found;
    s->texts[s->n_texts++] = c->text;
    c->text = (leat_arena){0};
    if (c->has_summary) {
        s->has_summary = true;
        s->last_step = c->last_step;
    }
}

/* Series without points stay only for their metadata, which later points may need. */
static void remove_empty_series(leat_merge *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->n_series; i++)
        if (m->series[i].n > 0 || m->series[i].metadata != NULL)
            m->series[kept++] = m->series[i];
    m->n_series = kept;
}

static void take_over(leat_merge *m)
{
    leat_log_run *run = &m->state->run;
    remove_empty_series(m);
    leat_free(run->series);
    leat_free(run->step);
    leat_free(run->wall_time);
    leat_free(run->value);
    leat_free(run->blob);
    run->series = m->series;
    run->n_series = m->n_series;
    run->step = m->step;
    run->wall_time = m->wall_time;
    run->value = m->value;
    run->blob = m->blob;
    run->n_points = m->n_points;
    run->n_numbers = m->n_numbers;
    run->dropped += m->dropped;
    for (size_t i = 0; i < m->n_restarts; i++)
        run->restarts[run->n_restarts++] = m->restarts[i];
    for (size_t k = 0; k < m->n_chunks; k++)
        take_chunk(m->state, &m->chunks[k]);
    m->series = NULL;
    m->step = NULL;
    m->wall_time = m->value = NULL;
    m->blob = NULL;
}

leat_status leat_run_merge(leat_run_state *s, leat_chunk *chunks, size_t n, leat_restart_mode mode,
                           unsigned threads)
{
    leat_merge m = {.state = s, .chunks = chunks, .n_chunks = n, .mode = mode, .threads = threads};
    int32_t file_version = s->file_version;
    bool has_start = s->has_start;
    leat_status status = collect_slots(&m);
    if (status == LEAT_OK)
        status = make_series(&m);
    if (status == LEAT_OK)
        status = leat_merge_restarts(&m);
    if (status == LEAT_OK)
        status = leat_merge_columns(&m);
    if (status == LEAT_OK && m.any_by_step)
        status = leat_merge_drop_by_step(&m);
    if (status == LEAT_OK)
        status = reserve(&m);
    if (status == LEAT_OK) {
        take_over(&m);
    } else {
        s->file_version = file_version;
        s->has_start = has_start;
    }
    leat_map_free(&m.tags);
    leat_free(m.slots);
    leat_free(m.series);
    leat_free(m.fill);
    leat_free(m.step);
    leat_free(m.wall_time);
    leat_free(m.value);
    leat_free(m.blob);
    leat_free(m.restarts);
    return status;
}
