#include "config.h"
#include "merge-private.h"

#include <stdlib.h>

/* ---- slots ---- */

/* A tag in one form, or of one kind as the run had it before. The slots of one tag are linked from the first. When
 * all are known, the array becomes that of the series, in place: a log may have millions of tags. */
struct slot {
    const char *tag;
    const leat_summary_metadata
        *metadata; /* in the first slot of a tag: the earliest; later in all of them */
    uint32_t head, next;
    uint32_t tag_size;
    uint8_t form; /* leat_value_form, if not old */
    uint8_t kind; /* leat_series_kind, set by decide_kinds if not old */
    bool old, has_numbers;
};
_Static_assert(sizeof(struct slot) == sizeof(leat_series), "slots become series in place");

struct slots {
    leat_merge *m;
    struct slot *at;
    size_t n, capacity;
    uint32_t *table; /* index of a tag's first slot + 1, by hash; at most half full */
    uint64_t mask;
};

static uint32_t *table_place(const struct slots *s, const char *tag, uint32_t n)
{
    /* The address is another one in every process: tags cannot be chosen to collide. */
    uint64_t i = leat_hash(tag, n, (uintptr_t)s->table) & s->mask;
    for (;; i = (i + 1) & s->mask) {
        const struct slot *slot = s->table[i] > 0 ? &s->at[s->table[i] - 1] : NULL;
        if (slot == NULL || (slot->tag_size == n && memcmp(slot->tag, tag, n) == 0))
            return &s->table[i];
    }
}

static leat_status add_slot(struct slots *s, const char *tag, uint32_t n, uint8_t form, bool old,
                            uint32_t *index)
{
    uint32_t *place = table_place(s, tag, n), head = *place - 1, last = LEAT_NO_INDEX;
    for (uint32_t at = head; at != LEAT_NO_INDEX; last = at, at = s->at[at].next)
        if (!old && !s->at[at].old && s->at[at].form == form) {
            *index = at;
            return LEAT_OK;
        }
    LEAT_TRY(leat_grow(&s->at, &s->capacity, s->n + 1, sizeof *s->at));
    *index = (uint32_t)s->n++;
    if (last != LEAT_NO_INDEX)
        s->at[last].next = *index;
    else
        *place = (head = *index) + 1;
    s->at[*index] = (struct slot){
        .tag = tag, .tag_size = n, .head = head, .next = LEAT_NO_INDEX, .form = form, .old = old};
    return LEAT_OK;
}

static leat_status make_table(struct slots *s)
{
    size_t most = s->m->state->run.n_series, capacity = 16;
    for (size_t k = 0; k < s->m->n_chunks; k++)
        most += s->m->chunks[k].n_series;
    if (most >= LEAT_NO_INDEX)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "too many tags");
    while (capacity < 2 * most)
        capacity *= 2;
    s->table = leat_alloc_zero(capacity, sizeof *s->table);
    s->mask = capacity - 1;
    return s->table != NULL ? LEAT_OK : leat_fail_memory(capacity * sizeof *s->table);
}

/* The old series' slots have the same indices as the series. */
static leat_status collect_old(struct slots *s)
{
    const leat_log_run *run = &s->m->state->run;
    for (size_t i = 0; i < run->n_series; i++) {
        const leat_series *old = &run->series[i];
        uint32_t index;
        LEAT_TRY(add_slot(s, old->tag, old->tag_size, 0, true, &index));
        s->at[index].kind = old->kind;
        s->at[index].has_numbers = old->has_numbers;
        struct slot *head = &s->at[s->at[index].head];
        if (head->metadata == NULL)
            head->metadata = old->metadata;
    }
    return LEAT_OK;
}

/* The chunk's series become indices of slots. */
static leat_status collect_chunk(struct slots *s, leat_chunk *c)
{
    c->run_series = leat_realloc_array(NULL, c->n_series, sizeof *c->run_series);
    if (c->run_series == NULL)
        return leat_fail_memory(c->n_series * sizeof *c->run_series);
    for (size_t i = 0; i < c->n_series; i++) {
        const leat_chunk_series *new = &c->series[i];
        LEAT_TRY(add_slot(s, new->tag, new->tag_size, new->form, false, &c->run_series[i]));
        s->at[c->run_series[i]].has_numbers = leat_form_is_number(new->form);
    }
    leat_free(c->series);
    c->series = NULL;
    for (size_t i = 0; i < c->n_metadata; i++) {
        struct slot *head = &s->at[s->at[c->run_series[c->metadata[i].series]].head];
        if (head->metadata == NULL)
            head->metadata = c->metadata[i].metadata;
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

static bool tag_has_simple_values(const struct slots *s, uint32_t head)
{
    for (uint32_t at = head; at != LEAT_NO_INDEX; at = s->at[at].next)
        if (s->at[at].old ? s->at[at].kind == LEAT_SERIES_SCALAR : s->at[at].form == LEAT_FORM_SIMPLE)
            return true;
    return false;
}

static leat_series_kind kind_of(const struct slots *s, const struct slot *slot)
{
    const leat_summary_metadata *metadata = slot->metadata;
    leat_series_kind by_plugin = metadata != NULL ? kind_of_plugin(metadata->plugin) : LEAT_SERIES_TENSOR;
    switch (slot->form) {
    case LEAT_FORM_SIMPLE: return LEAT_SERIES_SCALAR;
    case LEAT_FORM_HISTO: return LEAT_SERIES_HISTOGRAM;
    case LEAT_FORM_IMAGE: return LEAT_SERIES_IMAGE;
    case LEAT_FORM_AUDIO: return LEAT_SERIES_AUDIO;
    case LEAT_FORM_TENSOR_NUMBER:
        return by_plugin == LEAT_SERIES_SCALAR || (metadata == NULL && tag_has_simple_values(s, slot->head))
                   ? LEAT_SERIES_SCALAR
                   : LEAT_SERIES_TENSOR;
    case LEAT_FORM_TENSOR: return by_plugin != LEAT_SERIES_SCALAR ? by_plugin : LEAT_SERIES_TENSOR;
    default: return LEAT_SERIES_TENSOR;
    }
}

/* same[i]: the first slot of i's tag with i's kind. */
static void decide_kinds(struct slots *s, uint32_t *same)
{
    for (uint32_t i = 0; i < s->n; i++) {
        struct slot *slot = &s->at[i];
        slot->metadata = s->at[slot->head].metadata;
        if (!slot->old)
            slot->kind = (uint8_t)kind_of(s, slot);
        uint32_t at = slot->head;
        while (at != i && (s->at[at].kind != slot->kind || s->at[at].has_numbers != slot->has_numbers))
            at = s->at[at].next;
        same[i] = at;
    }
}

static int by_tag(const leat_series *x, const leat_series *y)
{
    int order = memcmp(x->tag, y->tag, LEAT_MIN(x->tag_size, y->tag_size));
    if (order == 0)
        order = (x->tag_size > y->tag_size) - (x->tag_size < y->tag_size);
    if (order == 0)
        order = (int)x->kind - (int)y->kind;
    return order != 0 ? order : (int)y->has_numbers - (int)x->has_numbers;
}

static int by_tag_of_index(const void *a, const void *b, void *series)
{
    const leat_series *all = series;
    return by_tag(&all[*(const uint32_t *)a], &all[*(const uint32_t *)b]);
}

/* Moves every series to the index that its `first` holds. */
static void permute(leat_merge *m)
{
    for (size_t i = 0; i < m->n_series; i++)
        while (m->series[i].first != i) {
            leat_series moved = m->series[i];
            m->series[i] = m->series[moved.first];
            m->series[moved.first] = moved;
        }
}

/* Sorts; place[i], an index before, becomes the one behind. Indices are sorted rather than series: that takes a
 * fraction of the memory. */
static leat_status sort_series(leat_merge *m, uint32_t *place, size_t n)
{
    bool sorted = true;
    for (size_t i = 1; i < m->n_series && sorted; i++)
        sorted = by_tag(&m->series[i - 1], &m->series[i]) <= 0;
    if (sorted)
        return LEAT_OK;
    uint32_t *order = leat_realloc_array(NULL, m->n_series, sizeof *order);
    if (order == NULL)
        return leat_fail_memory(m->n_series * sizeof *order);
    for (size_t i = 0; i < m->n_series; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, m->n_series, sizeof *order, by_tag_of_index, m->series);
    for (size_t i = 0; i < m->n_series; i++)
        m->series[order[i]].first = i;
    leat_free(order);
    for (size_t i = 0; i < n; i++)
        place[i] = (uint32_t)m->series[place[i]].first;
    permute(m);
    return LEAT_OK;
}

/* Slots of one tag and kind become one series: place[i], the first such slot, becomes the series' index. A slot is
 * read before a series takes its place, which is never behind it. */
static void make_series(struct slots *s, uint32_t *place)
{
    leat_merge *m = s->m;
    m->series = (leat_series *)s->at;
    for (uint32_t i = 0; i < s->n; i++) {
        struct slot slot = s->at[i];
        if (place[i] != i) {
            place[i] = place[place[i]];
            continue;
        }
        place[i] = (uint32_t)m->n_series;
        m->series[m->n_series++] = (leat_series){
            .tag = slot.tag,
            .tag_size = slot.tag_size,
            .metadata = slot.metadata,
            .kind = slot.kind & 7,
            .has_numbers = slot.has_numbers,
        };
    }
    s->at = NULL;
}

static leat_status place_series(struct slots *s)
{
    leat_merge *m = s->m;
    size_t old = m->state->run.n_series;
    m->old_series = leat_realloc_array(NULL, s->n, sizeof *m->old_series);
    if (m->old_series == NULL)
        return leat_fail_memory(s->n * sizeof *m->old_series);
    decide_kinds(s, m->old_series);
    make_series(s, m->old_series);
    LEAT_TRY(sort_series(m, m->old_series, s->n));
    for (size_t k = 0; k < m->n_chunks; k++)
        for (size_t i = 0; i < m->chunks[k].n_series; i++)
            m->chunks[k].run_series[i] = m->old_series[m->chunks[k].run_series[i]];
    uint32_t *shorter = leat_realloc_array(m->old_series, old, sizeof *m->old_series);
    if (shorter != NULL)
        m->old_series = shorter;
    return LEAT_OK;
}

static leat_status merge_series(leat_merge *m)
{
    struct slots s = {.m = m};
    leat_status status = make_table(&s);
    if (status == LEAT_OK)
        status = collect_old(&s);
    for (size_t k = 0; k < m->n_chunks && status == LEAT_OK; k++)
        status = collect_chunk(&s, &m->chunks[k]);
    leat_free(s.table);
    if (status == LEAT_OK)
        status = place_series(&s);
    leat_free(s.at);
    return status;
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
    leat_status status = merge_series(&m);
    if (status == LEAT_OK)
        status = leat_merge_restarts(&m);
    if (status == LEAT_OK)
        status = leat_merge_columns(&m);
    if (status == LEAT_OK)
        status = reserve(&m);
    if (status == LEAT_OK) {
        leat_merge_drop_by_step(&m);
        take_over(&m);
    } else {
        s->file_version = file_version;
        s->has_start = has_start;
    }
    leat_free(m.series);
    leat_free(m.old_series);
    leat_free(m.step);
    leat_free(m.wall_time);
    leat_free(m.value);
    leat_free(m.blob);
    leat_free(m.restarts);
    return status;
}
