#include "config.h"
#include "logdir-private.h"
#include "parallel-private.h"

#define PART_BYTES ((uint64_t)4 << 20)

/* ---- runs ---- */

void leat_run_state_reset(leat_run_state *s)
{
    leat_log_run *run = &s->run;
    for (size_t i = 0; i < s->n_texts; i++)
        leat_arena_free(&s->texts[i]);
    leat_free(s->texts);
    leat_free(run->series);
    leat_free(run->step);
    leat_free(run->wall_time);
    leat_free(run->value);
    leat_free(run->blob);
    leat_free(run->metadata);
    leat_free(run->restarts);
    leat_free(run->damage);
    *s = (leat_run_state){
        .name = s->name,
        .dir = s->dir,
        .files_capacity = s->files_capacity,
        .run = {.name = s->name, .files = run->files, .n_files = run->n_files},
    };
    for (size_t i = 0; i < run->n_files; i++)
        run->files[i] = (leat_event_file){
            .path = run->files[i].path, .device = run->files[i].device, .inode = run->files[i].inode};
}

void leat_run_state_free(leat_run_state *s)
{
    leat_run_state_reset(s);
    for (size_t i = 0; i < s->run.n_files; i++)
        leat_free(s->run.files[i].path);
    leat_free(s->run.files);
    leat_free(s->name);
    leat_free(s->dir);
    leat_free(s);
}

/* ---- loading ---- */

struct load {
    leat_logdir *log;
    unsigned threads;
    leat_chunk *chunks; /* in the order of runs, files and offsets */
    size_t n_chunks, capacity;
    leat_buf windows[LEAT_PARALLEL_MOST];
    size_t *run_begin; /* by run, the index of its first chunk; one more at the end */
};

static leat_event_file *file_of(const struct load *l, const leat_chunk *c)
{
    return &l->log->runs[c->run]->run.files[c->file];
}

/* Opens the file of a run if it is still the one that was listed. */
static leat_status open_listed(leat_file *f, const leat_event_file *listed)
{
    LEAT_TRY(leat_file_open(f, listed->path));
    if (f->device == listed->device && f->inode == listed->inode)
        return LEAT_OK;
    leat_file_close(f);
    return leat_fail(LEAT_ERR_DATA_LOSS, "%s: replaced while it was read", listed->path);
}

static leat_status plan_file(struct load *l, size_t run, size_t file)
{
    leat_event_file *e = &l->log->runs[run]->run.files[file];
    uint64_t part = l->log->options.part_bytes > 0 ? l->log->options.part_bytes : PART_BYTES;
    leat_file f;
    leat_status status = open_listed(&f, e);
    if (status == LEAT_ERR_NO_MEMORY)
        return status;
    e->unreadable = status != LEAT_OK;
    if (e->unreadable) {
        leat_note(LEAT_LOG_WARNING, "%s; skipped", leat_message());
        return LEAT_OK;
    }
    uint64_t size = f.size, known = e->size;
    leat_file_close(&f);
    if (size <= known)
        return LEAT_OK;
    e->size = size;
    for (uint64_t begin = e->offset; begin < size; begin += part) {
        LEAT_TRY(leat_grow(&l->chunks, &l->capacity, l->n_chunks + 1, sizeof *l->chunks));
        l->chunks[l->n_chunks++] = (leat_chunk){
            .run = (uint32_t)run,
            .file = (uint32_t)file,
            .begin = begin,
            .limit = size - begin > part ? begin + part : size,
            .at_record = begin == e->offset && !e->lost,
            .lost = begin == e->offset && e->lost,
        };
    }
    return LEAT_OK;
}

static leat_status plan(struct load *l)
{
    const leat_logdir *log = l->log;
    l->run_begin = leat_alloc_zero(log->n_runs + 1, sizeof *l->run_begin);
    if (l->run_begin == NULL)
        return leat_fail_memory((log->n_runs + 1) * sizeof *l->run_begin);
    for (size_t r = 0; r < log->n_runs; r++) {
        l->run_begin[r] = l->n_chunks;
        for (size_t f = 0; f < log->runs[r]->run.n_files; f++)
            LEAT_TRY(plan_file(l, r, f));
    }
    l->run_begin[log->n_runs] = l->n_chunks;
    return LEAT_OK;
}

static leat_status read_chunk(void *argument, size_t turn, unsigned worker)
{
    struct load *l = argument;
    leat_chunk *c = &l->chunks[turn];
    leat_event_file *e = file_of(l, c);
    leat_file f;
    leat_status status = open_listed(&f, e);
    if (status == LEAT_ERR_NO_MEMORY)
        return status;
    if (status != LEAT_OK) {
        c->first = c->next = c->begin;
        return leat_chunk_damage(c, c->begin, "no longer readable");
    }
    /* What is appended meanwhile is left for the next time. */
    f.size = LEAT_MIN(f.size, e->size);
    status = leat_chunk_read(c, &f, &l->windows[worker]);
    leat_file_close(&f);
    return status;
}

/* Back to a chunk that is not read yet, to begin at a record at `begin`. */
static void restart_chunk(leat_chunk *c, uint64_t begin)
{
    leat_chunk task = {.run = c->run, .file = c->file, .begin = begin, .limit = c->limit, .at_record = true};
    leat_chunk_free(c);
    *c = task;
}

/* A chunk that does not begin at the beginning of its file has searched for its first record, and bytes within a
 * large record may have looked like one. Right is what the chunk before leads to. */
static leat_status agree(struct load *l)
{
    for (size_t i = 1; i < l->n_chunks; i++) {
        const leat_chunk *before = &l->chunks[i - 1];
        leat_chunk *c = &l->chunks[i];
        if (c->run != before->run || c->file != before->file || c->first == before->next)
            continue;
        if (before->truncated || before->ends_lost || before->next >= c->limit) {
            bool truncated = before->truncated, lost = before->ends_lost;
            restart_chunk(c, before->next);
            c->first = c->next = before->next;
            c->truncated = truncated;
            c->ends_lost = lost;
        } else {
            restart_chunk(c, before->next);
            LEAT_TRY(read_chunk(l, i, 0));
        }
    }
    return LEAT_OK;
}

static leat_status merge_run(struct load *l, size_t r, unsigned threads)
{
    size_t begin = l->run_begin[r], end = l->run_begin[r + 1];
    if (begin == end)
        return LEAT_OK;
    /* The chunks are emptied on the way; where they end is what the next refresh begins with. */
    leat_run_state *s = l->log->runs[r];
    LEAT_TRY(leat_run_merge(s, l->chunks + begin, end - begin, l->log->options.restarts, threads));
    for (size_t i = begin; i < end; i++) {
        leat_event_file *e = file_of(l, &l->chunks[i]);
        e->offset = l->chunks[i].next;
        e->truncated = l->chunks[i].truncated;
        e->lost = l->chunks[i].ends_lost;
        leat_chunk_free(&l->chunks[i]);
    }
    return LEAT_OK;
}

static leat_status merge_one(void *argument, size_t turn, unsigned worker)
{
    (void)worker;
    return merge_run(argument, turn, 1);
}

static leat_status merge(struct load *l)
{
    size_t n = l->log->n_runs;
    if (n >= 2 * (size_t)l->threads)
        return leat_parallel(n, l->threads, merge_one, l);
    for (size_t r = 0; r < n; r++)
        LEAT_TRY(merge_run(l, r, l->threads));
    return LEAT_OK;
}

static leat_status load(leat_logdir *log, bool *changed)
{
    struct load l = {.log = log, .threads = log->options.threads};
    if (l.threads == 0)
        l.threads = leat_parallel_cpus();
    leat_status status = plan(&l);
    *changed = l.n_chunks > 0;
    if (status == LEAT_OK)
        status = leat_parallel(l.n_chunks, l.threads, read_chunk, &l);
    if (status == LEAT_OK)
        status = agree(&l);
    for (size_t i = 0; i < LEAT_LEN(l.windows); i++)
        leat_buf_free(&l.windows[i]);
    if (status == LEAT_OK)
        status = merge(&l);
    for (size_t i = 0; i < l.n_chunks; i++)
        leat_chunk_free(&l.chunks[i]);
    leat_free(l.chunks);
    leat_free(l.run_begin);
    /* Half of it may be in: the next time everything is read anew. */
    for (size_t r = 0; r < log->n_runs && status != LEAT_OK; r++)
        leat_run_state_reset(log->runs[r]);
    return status;
}

/* ---- the interface ---- */

leat_status leat_logdir_open(leat_logdir **log, const char *path, const leat_logdir_options *options)
{
    *log = NULL;
    leat_path_kind kind = leat_path_kind_of(path);
    if (kind == LEAT_PATH_ABSENT)
        return leat_fail(LEAT_ERR_NOT_FOUND, "%s: no such file or directory", path);
    leat_logdir *l = leat_alloc_zero(1, sizeof *l);
    if (l == NULL)
        return leat_fail_memory(sizeof *l);
    l->is_file = kind != LEAT_PATH_DIR;
    if (options != NULL)
        l->options = *options;
    bool changed;
    l->path = leat_strdup(path);
    leat_status status = l->path != NULL ? leat_logdir_refresh(l, &changed) : leat_fail_memory(strlen(path));
    if (status == LEAT_OK)
        *log = l;
    else
        leat_logdir_close(l);
    return status;
}

leat_status leat_logdir_refresh(leat_logdir *log, bool *changed)
{
    size_t runs = log->n_runs;
    LEAT_TRY(leat_logdir_discover(log));
    LEAT_TRY(load(log, changed));
    *changed |= runs != log->n_runs;
    return LEAT_OK;
}

void leat_logdir_drop_series(leat_logdir *log)
{
    for (size_t i = 0; i < log->n_runs; i++) {
        leat_log_run *run = &log->runs[i]->run;
        leat_free(run->series);
        run->series = NULL;
        run->n_series = 0;
    }
}

void leat_logdir_close(leat_logdir *log)
{
    if (log == NULL)
        return;
    for (size_t i = 0; i < log->n_runs; i++)
        leat_run_state_free(log->runs[i]);
    leat_free(log->runs);
    leat_free(log->path);
    leat_free(log);
}

size_t leat_logdir_runs(const leat_logdir *log)
{
    return log->n_runs;
}

const leat_log_run *leat_logdir_run(const leat_logdir *log, size_t i)
{
    return &log->runs[i]->run;
}

const leat_log_run *leat_logdir_find_run(const leat_logdir *log, const char *name)
{
    for (size_t i = 0; i < log->n_runs; i++)
        if (strcmp(log->runs[i]->name, name) == 0)
            return &log->runs[i]->run;
    return NULL;
}

const leat_series *leat_log_run_find(const leat_log_run *run, leat_series_kind kind, const char *tag)
{
    size_t size = strlen(tag);
    for (size_t i = 0; i < run->n_series; i++) {
        const leat_series *s = &run->series[i];
        if (s->kind == kind && s->tag_size == size && memcmp(s->tag, tag, size) == 0)
            return s;
    }
    return NULL;
}

leat_status leat_log_run_read(const leat_log_run *run, const leat_log_blob *blob, leat_buf *out)
{
    const leat_event_file *e = &run->files[blob->file];
    leat_file f;
    LEAT_TRY(open_listed(&f, e));
    char *to = leat_buf_reserve(out, blob->size);
    leat_status status =
        to != NULL ? leat_file_read_at(&f, blob->offset, to, blob->size) : leat_buf_status(out);
    leat_file_close(&f);
    if (status == LEAT_OK) {
        out->size += blob->size;
        out->data[out->size] = '\0';
    }
    return status;
}

leat_status leat_log_run_graph_nodes(const leat_log_run *run, leat_buf *scratch, uint64_t *nodes)
{
    *nodes = 0;
    leat_buf_clear(scratch);
    if (!run->has_graph)
        return LEAT_OK;
    LEAT_TRY(leat_log_run_read(run, &run->graph, scratch));
    leat_wire w = leat_wire_from(scratch->data, scratch->size, run->graph.offset);
    leat_field f;
    while (leat_wire_next(&w, &f))
        *nodes += f.number == 1 && f.type == LEAT_WIRE_BYTES;
    leat_status status = leat_wire_status(&w);
    return leat_fail_context(status, "%s: graph", run->files[run->graph.file].path);
}
